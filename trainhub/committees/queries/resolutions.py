"""What was resolved, for the rooms that draw their consequences from it; and resolutions that turn out to be defective (case 45)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting, MeetingItem
from trainhub.committees.queries.composition import Book, book
from trainhub.committees.queries.recusal import item_shown
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the committee decided on one item. Counts, never a member's vote.

    ``basis``: {rule_set, policy_version, quorum_percent, quorum, clauses, present}; ``faults``: codes of what the composition
    lacked that day (empty where constituted); ``guardians`` by party code. ``outcome`` None: not decided yet.
    """

    item_id: str
    school_id: str
    meeting_id: str
    meeting_no: str
    held_at: datetime
    kind: str
    matter_id: str
    object_id: str | None
    label: str
    outcome: str | None
    entitled: int | None
    present: int | None
    recused: int | None
    in_favour: int | None
    against: int | None
    abstained: int | None
    basis: dict[str, Any]
    faults: tuple[str, ...]
    guardians: dict[str, Any]
    resolved_at: datetime | None
    used_at: datetime | None
    lapsed_at: datetime | None = None

    @property
    def usable(self) -> bool:
        """Whether a consequence may be drawn from it."""
        return self.outcome == "adopted" and self.used_at is None and self.lapsed_at is None and not self.faults


def _query(district_id: str) -> Any:
    return (
        select(MeetingItem, CommitteeMeeting.year, CommitteeMeeting.number, CommitteeMeeting.starts_at)
        .join(CommitteeMeeting, and_(CommitteeMeeting.district_id == MeetingItem.district_id, CommitteeMeeting.id == MeetingItem.meeting_id))
        .where(MeetingItem.district_id == district_id)
    )


def _row(i: MeetingItem, year: int, number: int, starts_at: datetime) -> Resolution:
    return Resolution(
        i.id, i.school_id, i.meeting_id, f"{year}-{number:02d}", starts_at, i.kind, i.matter_id, i.object_id, i.label, i.outcome,
        i.entitled_count, i.present_count, i.recused_count, i.for_count, i.against_count, i.abstained_count, dict(i.basis),
        tuple(i.composition), dict(i.guardians), i.resolved_at, i.used_at, i.lapsed_at,
    )  # fmt: skip


def resolution(session: Session, district_id: str, item_id: str) -> Resolution:
    """Return one item with what was resolved. One statement. For higher rooms that know the matter. Raises NotFound."""
    row = session.execute(_query(district_id).where(MeetingItem.id == item_id)).one_or_none()
    if row is None:
        raise NotFound
    return _row(*row)


def resolutions_of(session: Session, district_id: str, matter_id: str) -> list[Resolution]:
    """Return every item about a matter, oldest sitting first. One statement. For higher rooms that know the matter."""
    rows = session.execute(_query(district_id).where(MeetingItem.matter_id == matter_id).order_by(CommitteeMeeting.starts_at, MeetingItem.id))
    return [_row(*row) for row in rows]


def resolutions_about(session: Session, district_id: str, object_ids: Collection[str]) -> dict[str, list[Resolution]]:
    """Return the items about these objects, oldest sitting first, by object. One statement. For higher rooms that know the matters."""
    found: dict[str, list[Resolution]] = {}
    if object_ids:
        query = _query(district_id).where(MeetingItem.object_id.in_(object_ids)).order_by(CommitteeMeeting.starts_at, MeetingItem.id)
        for row in session.execute(query):
            found.setdefault(row[0].object_id, []).append(_row(*row))
    return found


@dataclass(frozen=True, slots=True)
class DefectiveItem:
    """A resolution of a committee that was not constituted on its day (case 45). ``noted``: it is marked on the resolution already."""

    item_id: str
    school_id: str
    meeting_id: str
    meeting_no: str
    label: str
    kind: str
    matter_id: str
    object_id: str | None
    day: date
    faults: tuple[str, ...]
    noted: bool


def defective_items(session: Session, scope: Scope, school_id: str, actor: Actor | None = None) -> list[DefectiveItem]:
    """Return the adopted resolutions of a school whose committee, as it is recorded today, was not constituted on their day.

    A constant number of statements. ``actor`` leaves out matters from which that one stepped aside. Raises NotFound outside the scope.
    """
    if not scope.covers_school(school_id):
        raise NotFound
    return defects(session, scope.district_id, book(session, scope.district_id, school_id), actor)


def defects(session: Session, district_id: str, held: Book, actor: Actor | None = None) -> list[DefectiveItem]:
    """Return the defective resolutions of the school of a book. One statement."""
    query = _query(district_id).where(MeetingItem.school_id == held.school_id, MeetingItem.outcome == "adopted")
    if actor is not None:
        query = query.where(item_shown(actor))
    missing: dict[date, tuple[str, ...]] = {}
    done = []
    for item, year, number, starts_at in session.execute(query.order_by(CommitteeMeeting.starts_at, MeetingItem.id)):
        day = local_day(starts_at)
        if day not in missing:
            missing[day] = held.on(day).constitution.missing
        if missing[day]:
            done.append(DefectiveItem(
                item.id, item.school_id, item.meeting_id, f"{year}-{number:02d}", item.label, item.kind, item.matter_id, item.object_id, day,
                missing[day], tuple(item.composition) == missing[day],
            ))
    return done
