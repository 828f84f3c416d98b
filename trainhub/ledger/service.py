"""The one write path into the ledger."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.bulk import upsert
from trainhub.kernel.clock import now as clock_now
from trainhub.ledger.models import LedgerEntry, LedgerHead, LedgerPayload
from trainhub.ledger.rules import GENESIS, Link, commitment

_ENTRY, _PAYLOAD, _HEAD = (
    cast("Table", model.__table__) for model in (LedgerEntry, LedgerPayload, LedgerHead)
)
_CHAIN = (_HEAD.c.district_id == bindparam("district"), _HEAD.c.school_id == bindparam("school"))
_LOCKED_HEAD = select(_HEAD.c.seq, _HEAD.c.entry_hash).where(*_CHAIN).with_for_update()
_MOVE_HEAD = update(_HEAD).where(*_CHAIN)
"""Plain tables and statements built once: every change of the application comes through here."""


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A fact to record. ``payload`` holds ints, strings, booleans, None, lists and dicts; no floats.

    ``subject_ref`` names whom it is about by id, never by name; ``object_ref`` the record changed.
    """

    district_id: str
    school_id: str
    kind: str
    subject_ref: str
    object_ref: str
    payload: dict[str, Any]
    occurred_at: datetime
    recorded_at: datetime | None
    actor_ref: str
    acting_role: str
    source: str = "web"
    evidence_sha256: str = ""
    corrects_seq: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LedgerRef:
    """Where an entry stands: chain, number, hash."""

    school_id: str
    seq: int
    entry_hash: str


def append(session: Session, entry: NewEntry, *, alg: str = "sha256") -> LedgerRef:
    """Append one entry to its school's chain, in the caller's transaction."""
    return append_many(session, [entry], alg=alg)[-1]


def append_many(session: Session, entries: Sequence[NewEntry], *, alg: str = "sha256") -> list[LedgerRef]:
    """Append entries of one school in order. Four statements, however many entries there are.

    The head row is locked for the rest of the transaction (SELECT FOR UPDATE; on SQLite the write
    transaction already began IMMEDIATE), so that numbers have no gaps.
    """
    if not entries:
        return []
    first = entries[0]
    if any((e.district_id, e.school_id) != (first.district_id, first.school_id) for e in entries):
        raise ValueError("one chain at a time")
    session.flush()  # what the entries speak of is there before them
    chain = {"district": first.district_id, "school": first.school_id}
    seq, previous = _locked_head(session, chain)
    rows, payloads, refs = [], [], []
    for entry in entries:
        seq += 1
        salt = secrets.token_hex(16)
        link = Link(
            district_id=entry.district_id, school_id=entry.school_id, seq=seq, kind=entry.kind,
            subject_ref=entry.subject_ref, object_ref=entry.object_ref,
            payload_commitment=commitment(alg, salt, entry.payload),
            occurred_at=entry.occurred_at, recorded_at=entry.recorded_at or clock_now(),
            actor_ref=entry.actor_ref, acting_role=entry.acting_role, source=entry.source,
            evidence_sha256=entry.evidence_sha256, corrects_seq=entry.corrects_seq,
            reason=entry.reason, schema_version=1, alg=alg, prev_hash=previous,
        )
        previous = link.hash()
        rows.append(asdict(link) | {"entry_hash": previous})
        payloads.append({"district_id": entry.district_id, "school_id": entry.school_id, "seq": seq,
                         "salt": salt, "payload": entry.payload})
        refs.append(LedgerRef(entry.school_id, seq, previous))
    session.execute(insert(_ENTRY), rows)
    session.execute(insert(_PAYLOAD), payloads)
    session.execute(_MOVE_HEAD, chain | {"seq": seq, "entry_hash": previous})
    return refs


def _locked_head(session: Session, chain: dict[str, str]) -> tuple[int, str]:
    """Return number and hash of the last entry, locked; the first entry of a school makes its head."""
    held = session.execute(_LOCKED_HEAD, chain).one_or_none()
    if held is None:
        session.execute(
            upsert(session, _HEAD)
            .values(district_id=chain["district"], school_id=chain["school"], seq=0, entry_hash=GENESIS)
            .on_conflict_do_nothing()
        )
        held = session.execute(_LOCKED_HEAD, chain).one()
    return held.seq, held.entry_hash
