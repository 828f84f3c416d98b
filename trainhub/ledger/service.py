"""The one write path into the ledger."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from trainhub.kernel.clock import now as clock_now
from trainhub.ledger.models import LedgerEntry, LedgerHead, LedgerPayload
from trainhub.ledger.rules import GENESIS, Link, commitment


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
    head = _locked_head(session, first.district_id, first.school_id)
    seq, previous = head.seq, head.entry_hash
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
    session.execute(insert(LedgerEntry), rows)
    session.execute(insert(LedgerPayload), payloads)
    head.seq, head.entry_hash = seq, previous
    session.flush()
    return refs


def _locked_head(session: Session, district_id: str, school_id: str) -> LedgerHead:
    query = select(LedgerHead).where(
        LedgerHead.district_id == district_id, LedgerHead.school_id == school_id
    ).with_for_update()
    head = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if head is not None:
        return head
    upsert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    session.execute(
        upsert(LedgerHead)
        .values(district_id=district_id, school_id=school_id, seq=0, entry_hash=GENESIS)
        .on_conflict_do_nothing()
    )
    return session.scalars(query, execution_options={"populate_existing": True}).one()
