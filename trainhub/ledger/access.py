"""The access log: who opened which protected content, when, in which role, why and how. Its own append-only chain per school.

A read that is not in it does not happen: whatever unseals protected content takes an :class:`Opening`, and openings are
issued here only, once the entry is written. An entry holds ids and codes, never what was read (未成年人网络保护条例 36).
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal, cast

from sqlalchemy import Select, Table, and_, bindparam, case, func, insert, or_, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.bulk import upsert
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, Forbidden, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.opening import STAMP, Opening, UnloggedRead
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access_chain import AccessLink
from trainhub.ledger.models import AccessHead, AccessLogEntry, AccessReview
from trainhub.ledger.rules import GENESIS
from trainhub.ledger.service import NewEntry, append

__all__ = [
    "DENIED", "AccessRow", "NothingToReview", "Opening", "OwnReads", "Reading", "ReadsOfMonth", "UnloggedRead", "access_rows", "denied_before",
    "districts_of", "note_denied", "open_many", "open_record", "reads_to_review", "review", "who_saw",
]

Via = Literal["page", "export", "print", "api", "job", "file"]
_CODE = re.compile(r"[a-z][a-z0-9_.]{0,31}")
_VIAS = frozenset({"page", "export", "print", "api", "job", "file"})
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
_PART = 400
"""References asked for at once: SQLite bounds the variables of a statement."""


class OwnReads(DomainError):
    """Nobody reviews what they read themselves."""

    code = "access_own_reads"


class NothingToReview(DomainError):
    """That account read nothing in that month, or all of it has been reviewed."""

    code = "access_nothing_to_review"


@dataclass(frozen=True, slots=True)
class Reading:
    """What somebody is about to open.

    ``object_kind``: a short code (case, plan, file, concern, appeal, ...); ``object_ref``: its id. ``purpose``: a short code
    (handling, committee, review, appeal, guardian_request, break_glass, ...); ``words`` say it for people, at most 120
    characters, FROM THE CATALOGUE and never typed by anybody: nothing here can be taken back, so no name may come in.
    ``about_ref``: the case that the object belongs to; left out where the object is the case itself or belongs to none.
    """

    school_id: str
    object_kind: str
    object_ref: str
    permission: Permission
    purpose: str
    via: Via
    words: str = ""
    about_ref: str = ""

    def __post_init__(self) -> None:
        if not (_CODE.fullmatch(self.object_kind) and len(self.object_kind) <= 24 and _CODE.fullmatch(self.purpose)):
            raise ValueError("object_kind and purpose are short codes")
        if self.via not in _VIAS or not self.object_ref or len(self.words) > 120:
            raise ValueError("via, object_ref or words cannot be recorded")


_ENTRY, _HEAD = cast("Table", AccessLogEntry.__table__), cast("Table", AccessHead.__table__)
_CHAIN = (_HEAD.c.district_id == bindparam("district"), _HEAD.c.school_id == bindparam("school"))
_LOCKED_HEAD = select(_HEAD.c.seq, _HEAD.c.entry_hash).where(*_CHAIN).with_for_update()
_MOVE_HEAD = update(_HEAD).where(*_CHAIN)


def open_record(session: Session, actor: Actor, reading: Reading, now: datetime) -> Opening:
    """Write the opening of one object into the school's chain and return the ticket. Three statements.

    Whether the actor may see this very object is decided by the caller before; a role without the permission is refused
    here as well (Forbidden). Belongs inside ``transaction()``: without its commit nothing was opened.
    """
    return open_many(session, actor, [reading], now)[0]


def open_many(session: Session, actor: Actor, readings: Sequence[Reading], now: datetime) -> list[Opening]:
    """Write openings of several objects, one entry each; tickets in the same order. Three statements per school."""
    for reading in readings:
        if not actor.can(reading.permission):
            raise Forbidden
    found: dict[int, Opening] = {}
    for school_id in sorted({r.school_id for r in readings}):  # always in one order: two requests never wait for each other
        numbered = [(n, r) for n, r in enumerate(readings) if r.school_id == school_id]
        found |= zip((n for n, _ in numbered), _opened(session, actor, school_id, [r for _, r in numbered], now), strict=True)
    return [found[n] for n in range(len(readings))]


def _opened(session: Session, actor: Actor, school_id: str, readings: Sequence[Reading], now: datetime) -> list[Opening]:
    session.flush()  # what is opened is there before it
    chain = {"district": actor.district_id, "school": school_id}
    seq, previous = _locked_head(session, chain)
    rows, openings = [], []
    for reading in readings:
        seq += 1
        link = AccessLink(
            district_id=actor.district_id, school_id=school_id, seq=seq, account_id=actor.account_id,
            person_id=actor.person_id, acting_role=actor.role.value, grant_id=actor.grant_id,
            permission=reading.permission.value, object_kind=reading.object_kind, object_ref=reading.object_ref,
            about_ref=reading.about_ref or reading.object_ref, purpose=reading.purpose, words=reading.words,
            via=reading.via, month=f"{local_day(now):%Y-%m}", recorded_at=now, schema_version=1, alg="sha256",
            prev_hash=previous,
        )
        previous = link.hash()
        rows.append(asdict(link) | {"entry_hash": previous})
        openings.append(Opening(
            actor.district_id, school_id, reading.object_kind, reading.object_ref, actor.account_id, now, seq,
            link.about_ref, STAMP,
        ))
    session.execute(insert(_ENTRY), rows)
    session.execute(_MOVE_HEAD, chain | {"seq": seq, "entry_hash": previous})
    return openings


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


DENIED = "denied"
"""Kind and purpose of an entry of a look-up that showed nothing; its ``object_ref`` is the kind of address, never what was asked for."""


def denied_before(session: Session, actor: Actor, endpoint: str, now: datetime) -> bool:
    """Whether a look-up of this account that showed nothing stands in the log for this kind of address and hour. One statement."""
    entry = AccessLogEntry
    query = select(entry.seq).where(
        entry.district_id == actor.district_id, entry.school_id == actor.org_id, entry.month == f"{local_day(now):%Y-%m}",
        entry.account_id == actor.account_id, entry.purpose == DENIED, entry.object_ref == endpoint[:64],
        entry.recorded_at >= now.replace(minute=0, second=0, microsecond=0),
    )
    return session.scalar(query.limit(1)) is not None


def note_denied(session: Session, actor: Actor, endpoint: str, permission: Permission, now: datetime) -> bool:
    """Write into the chain of the actor's own school that a look-up showed nothing, once an hour; returns whether it was new.

    Domain.md case 64: denied, same answer as not found, logged, reviewed. Belongs inside ``transaction()``. Four statements.
    """
    if denied_before(session, actor, endpoint, now):
        return False
    _opened(session, actor, actor.org_id, [Reading(actor.org_id, DENIED, endpoint[:64], permission, DENIED, "page")], now)
    return True


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One opening as it is shown: ids and codes; names are put to them by whoever may know them."""

    school_id: str
    seq: int
    account_id: str
    person_id: str | None
    acting_role: str
    permission: str
    object_kind: str
    object_ref: str
    about_ref: str
    purpose: str
    words: str
    via: str
    at: datetime


def _rows(scope: Scope, refs: Sequence[str] = ()) -> Select[AccessLogEntry]:
    """Openings in scope; of these objects, or of what belongs to them. The district stands in each branch, for each has its index."""
    entry, here = AccessLogEntry, AccessLogEntry.district_id == scope.district_id
    query = select(entry).where(or_(and_(here, entry.object_ref.in_(refs)), and_(here, entry.about_ref.in_(refs))) if refs else here)
    return query if scope.school_ids is None else query.where(entry.school_id.in_(scope.school_ids))


def _row(entry: AccessLogEntry) -> AccessRow:
    return AccessRow(
        entry.school_id, entry.seq, entry.account_id, entry.person_id, entry.acting_role, entry.permission,
        entry.object_kind, entry.object_ref, entry.about_ref, entry.purpose, entry.words, entry.via, entry.recorded_at,
    )


def who_saw(session: Session, scope: Scope, object_refs: Collection[str]) -> list[AccessRow]:
    """Return every opening of these objects, and of what belongs to them, oldest first. One statement per 400 references."""
    refs = sorted(set(object_refs))
    found: dict[tuple[str, int], AccessRow] = {}
    for start in range(0, len(refs), _PART):
        part = refs[start : start + _PART]
        found |= {(e.school_id, e.seq): _row(e) for e in session.scalars(_rows(scope, part))}
    return sorted(found.values(), key=lambda row: (row.at, row.school_id, row.seq))


def districts_of(session: Session, ref: str) -> list[str]:
    """Return the districts in whose access logs an object stands; for commands, which run without a district."""
    entry = AccessLogEntry
    query = select(entry.district_id).where(or_(entry.object_ref == ref, entry.about_ref == ref)).distinct()
    return list(session.scalars(query.order_by(entry.district_id)))


def access_rows(
    session: Session, scope: Scope, month: str, *, account_id: str = "", ref: str = "", most: int = 100, skip: int = 0
) -> list[AccessRow]:
    """Return the openings of a local month (``2026-11``), newest first; of one account, of one case or object."""
    entry = AccessLogEntry
    query = _rows(scope, [ref] if ref else ()).where(entry.month == month)
    if account_id:
        query = query.where(entry.account_id == account_id)
    ordered = query.order_by(entry.recorded_at.desc(), entry.school_id, entry.seq.desc())
    return [_row(e) for e in session.scalars(ordered.limit(most).offset(skip))]


@dataclass(frozen=True, slots=True)
class ReadsOfMonth:
    """One account's openings in one local month at one school, and how far somebody else has looked through them.

    ``denied``: hours in which it asked for what was not there for it, by kind of address; they are looked through as well.
    """

    school_id: str
    month: str
    account_id: str
    person_id: str | None
    reads: int
    objects: int
    last_seq: int
    through_seq: int
    reviewed_by: str
    reviewed_at: datetime | None
    denied: int = 0

    @property
    def reviewed(self) -> bool:
        """Whether no read is newer than the last review."""
        return self.through_seq >= self.last_seq


def reads_to_review(session: Session, scope: Scope, since: str) -> list[ReadsOfMonth]:
    """Return who read how much from the local month ``since`` (``2026-09``) on, newest month first. Two statements."""
    entry = AccessLogEntry
    key, opened = (entry.school_id, entry.month, entry.account_id), entry.purpose != DENIED
    counted = select(
        *key, func.count().filter(opened), func.count(case((opened, entry.about_ref)).distinct()), func.max(entry.seq), func.max(entry.person_id),
        func.count().filter(~opened),
    ).where(entry.district_id == scope.district_id, entry.month >= since).group_by(*key)
    marked = select(AccessReview).where(AccessReview.district_id == scope.district_id, AccessReview.month >= since)
    if scope.school_ids is not None:
        counted = counted.where(entry.school_id.in_(scope.school_ids))
        marked = marked.where(AccessReview.school_id.in_(scope.school_ids))
    last: dict[tuple[str, str, str], AccessReview] = {}
    for mark in session.scalars(marked.order_by(AccessReview.through_seq, AccessReview.id)):
        last[mark.school_id, mark.month, mark.account_id] = mark
    rows = []
    for school_id, month, account_id, reads, objects, seq, person_id, denied in session.execute(counted):
        found = last.get((school_id, month, account_id))
        through, by, at = (found.through_seq, found.reviewed_by, found.reviewed_at) if found else (0, "", None)
        rows.append(ReadsOfMonth(school_id, month, account_id, person_id, reads, objects, seq, through, by, at, denied))
    return sorted(rows, key=lambda row: (row.month, row.reads, row.account_id), reverse=True)


def review(session: Session, actor: Actor, school_id: str, month: str, account_id: str, through_seq: int, now: datetime) -> ReadsOfMonth:
    """Note that the actor looked through an account's openings of a month, up to the last one that the page showed.

    Raises Forbidden, NotFound, OwnReads, NothingToReview. What is opened afterwards asks for another review.
    """
    scope = actor.scope(Permission.ACCESS_LOG_REVIEW)
    if not scope.covers_school(school_id):
        raise NotFound  # as a school that does not exist
    scope = scope.narrowed(school_id)
    asked = (r for r in reads_to_review(session, scope, month) if (r.month, r.account_id) == (month, account_id))
    row = next(asked, None) if _MONTH.fullmatch(month) else None
    if account_id == actor.account_id or (row and row.person_id and row.person_id == actor.person_id):
        raise OwnReads
    if row is None or row.through_seq >= min(through_seq, row.last_seq):
        raise NothingToReview
    mark = AccessReview(
        district_id=actor.district_id, school_id=school_id, id=new_id(), month=month, account_id=account_id,
        through_seq=min(through_seq, row.last_seq), reads=row.reads, reviewed_by=actor.account_id,
        acting_role=actor.role.value, reviewed_at=now,
    )
    session.add(mark)
    append(session, NewEntry(
        actor.district_id, school_id, "access.reviewed", account_id, mark.id,
        {"month": month, "through": mark.through_seq, "reads": row.reads}, occurred_at=now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
    return row
