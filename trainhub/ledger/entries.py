"""The write chain of a school as auditors read it: ids, codes and hashes, by key, newest first. Never a payload, never a reason in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.ledger.models import LedgerEntry, LedgerHead

PAGE = 100
MOST_EXPORTED = 20_000
OF_CASES = ("case.", "concern.", "committee.", "plan.", "hours.", "support.", "appeal.", "guardian_request.", "follow_up.", "access.", "discipline.")
"""Kinds of entries about children in cases. A school's own reader does not get them here: whoever stepped aside from a matter would
find it again in the chain; the case's page and the access log show them to those for whom the case is there."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. ``kind``: the beginning of a kind (``roll.``); ``first`` to ``end``: recorded in this half-open time; ``ref``: an object or subject."""

    school_id: str
    kind: str = ""
    first: datetime | None = None
    end: datetime | None = None
    ref: str = ""


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry without its payload."""

    seq: int
    kind: str
    subject_ref: str
    object_ref: str
    occurred_at: datetime
    recorded_at: datetime
    actor_ref: str
    acting_role: str
    source: str
    corrects_seq: int | None
    payload_commitment: str
    entry_hash: str


@dataclass(frozen=True, slots=True)
class EntryPage:
    """A page of entries. ``before``: the number of the last one where there are more, else None; ``last``: the chain's newest number."""

    rows: tuple[EntryRow, ...]
    before: int | None
    last: int


_SHOWN = (
    LedgerEntry.seq, LedgerEntry.kind, LedgerEntry.subject_ref, LedgerEntry.object_ref, LedgerEntry.occurred_at, LedgerEntry.recorded_at,
    LedgerEntry.actor_ref, LedgerEntry.acting_role, LedgerEntry.source, LedgerEntry.corrects_seq, LedgerEntry.payload_commitment, LedgerEntry.entry_hash,
)


def chains(session: Session, scope: Scope) -> tuple[str, ...]:
    """Schools and offices of the scope that have a chain. One statement."""
    query = select(LedgerHead.school_id).where(LedgerHead.district_id == scope.district_id).order_by(LedgerHead.school_id)
    return tuple(key for key in session.scalars(query) if scope.covers_school(key))


def entries(session: Session, scope: Scope, wanted: Wanted, *, before: int | None = None, most: int = PAGE) -> EntryPage:
    """One page of a chain, newest first, from ``before`` on. Two statements. Raises NotFound outside the scope."""
    query = _query(scope, wanted)
    if before is not None:
        query = query.where(LedgerEntry.seq < before)
    rows = [EntryRow(*row) for row in session.execute(query.limit(most + 1))]
    head = session.get(LedgerHead, (scope.district_id, wanted.school_id))
    return EntryPage(tuple(rows[:most]), rows[most - 1].seq if len(rows) > most else None, head.seq if head else 0)


def every_entry(session: Session, scope: Scope, wanted: Wanted) -> Iterator[EntryRow]:
    """The entries asked for, newest first, at most :data:`MOST_EXPORTED`. One statement. Raises NotFound outside the scope."""
    for row in session.execute(_query(scope, wanted).limit(MOST_EXPORTED).execution_options(yield_per=1000)):
        yield EntryRow(*row)


def _query(scope: Scope, wanted: Wanted) -> Any:
    if not scope.covers_school(wanted.school_id):
        raise NotFound
    query = select(*_SHOWN).where(LedgerEntry.district_id == scope.district_id, LedgerEntry.school_id == wanted.school_id)
    if scope.school_ids is not None:
        for prefix in OF_CASES:
            query = query.where(~LedgerEntry.kind.startswith(prefix, autoescape=True))
    if wanted.kind:
        query = query.where(LedgerEntry.kind.startswith(wanted.kind, autoescape=True))
    if wanted.first is not None:
        query = query.where(LedgerEntry.recorded_at >= wanted.first)
    if wanted.end is not None:
        query = query.where(LedgerEntry.recorded_at < wanted.end)
    if wanted.ref:
        query = query.where(or_(LedgerEntry.object_ref == wanted.ref, LedgerEntry.subject_ref == wanted.ref))
    return query.order_by(LedgerEntry.seq.desc())
