"""Trainings as pages show them: the list of a school, one training, what is on now, what I must attend.

Statement counts are constant: they grow neither with people nor with trainings.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import OrgUnit, Person
from trainhub.training.models import (
    EventHistory,
    EventPart,
    EventParticipant,
    EventTrainer,
    TrainingEvent,
)
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.rules.planning import Trainer

_STATUSES = ("present", "late", "left_early", "excused", "absent")


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one roll. ``there`` came at all; ``expected`` leaves walk-ins out; ``unmarked`` undecided."""

    listed: int = 0
    expected: int = 0
    present: int = 0
    late: int = 0
    left_early: int = 0
    excused: int = 0
    absent: int = 0

    @property
    def there(self) -> int:
        """People who came: present, late, left early."""
        return self.present + self.late + self.left_early

    @property
    def unmarked(self) -> int:
        """People nobody decided about yet."""
        return self.listed - self.there - self.excused - self.absent


@dataclass(frozen=True, slots=True)
class PartView:
    """A part with its roll. ``sheet_state`` is "" while the training is a draft."""

    id: str
    position: int
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str
    delivery_mode: str
    sheet_id: str | None
    sheet_state: str
    head_count: int | None
    submitted_by: str | None
    tally: Tally

    @property
    def minutes(self) -> int:
        """Whole minutes of the part."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class EventRow:
    """A training in a list."""

    id: str
    school_id: str
    title: str
    state: EventState
    state_reason: str
    starts_at: datetime
    ends_at: datetime
    year_key: str
    is_make_up: bool
    delivery_mode: str
    pack_id: str | None
    parts: tuple[PartView, ...]
    trainers: tuple[Trainer, ...]
    invited: int

    @property
    def minutes(self) -> int:
        """Minutes of all parts."""
        return sum(part.minutes for part in self.parts)

    @property
    def rooms(self) -> tuple[str, ...]:
        """Rooms of the parts, each once."""
        return tuple(dict.fromkeys(part.room for part in self.parts if part.room))


@dataclass(frozen=True, slots=True)
class ParticipantView:
    """Somebody on the list of a training. ``excluded_reason`` set: taken off, kept visible."""

    person_id: str
    name: str
    serial_no: int
    department: str
    staff_no: str
    reason: str
    added_by_hand: bool
    excluded_reason: str


@dataclass(frozen=True, slots=True)
class HistoryView:
    """A step of a training. ``changes["kind"]`` says what happened; times in it are ISO texts."""

    from_state: str
    to_state: str
    reason: str
    changes: dict[str, Any]
    actor_name: str
    acting_role: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class EventPage:
    """One training with everything its page shows."""

    row: EventRow
    school_name: str
    version: int
    type_key: str
    topic: str
    venue_kind: str
    make_up_year_key: str | None
    pack_version: str | None
    pack_title: str
    pack_minutes: int | None
    details: dict[str, Any]
    participants: tuple[ParticipantView, ...]
    taken_off: tuple[ParticipantView, ...]
    history: tuple[HistoryView, ...]


def events_of(
    session: Session, scope: Scope, school_id: str, *,
    year_key: str | None = None, state: EventState | None = None, first: date | None = None, last: date | None = None,
) -> list[EventRow]:
    """Trainings of a school, earliest first. Four statements. Raises :class:`NotFound` outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    conditions: list[ColumnElement[bool]] = [TrainingEvent.school_id == school_id]
    if year_key is not None:
        conditions.append(TrainingEvent.year_key == year_key)
    if state is not None:
        conditions.append(TrainingEvent.state == state.value)
    if first is not None:
        conditions.append(TrainingEvent.ends_at >= day_bounds(first)[0])
    if last is not None:
        conditions.append(TrainingEvent.starts_at < day_bounds(last)[1])
    return rows_of(session, scope, conditions)


def years_of(session: Session, scope: Scope, school_id: str) -> list[str]:
    """Keys of the years in which the school has trainings. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = select(TrainingEvent.year_key).where(
        TrainingEvent.district_id == scope.district_id, TrainingEvent.school_id == school_id
    )
    return list(session.scalars(query.distinct()))


def rows_of(
    session: Session, scope: Scope, conditions: Sequence[ColumnElement[bool]], *, tallies: bool = True
) -> list[EventRow]:
    """Trainings of a district that meet the conditions, earliest first. Four statements.

    ``tallies`` False leaves the counts of the rolls out: every record of every roll would be read for them.
    """
    events = session.scalars(
        select(TrainingEvent)
        .where(TrainingEvent.district_id == scope.district_id, *conditions)
        .order_by(TrainingEvent.starts_at, TrainingEvent.id)
    ).all()
    ids = [event.id for event in events]
    parts = _parts(session, scope.district_id, ids) if tallies else _plain_parts(session, scope.district_id, ids)
    trainers = _trainers(session, scope.district_id, ids)
    invited = (
        select(EventParticipant.event_id, func.count().label("people"))
        .where(
            EventParticipant.district_id == scope.district_id, EventParticipant.event_id.in_(ids),
            EventParticipant.excluded_reason == "",
        )
        .group_by(EventParticipant.event_id)
    )
    counts = {row.event_id: row.people for row in session.execute(invited)}
    return [_row(e, parts[e.id], trainers[e.id], counts.get(e.id, 0)) for e in events]


def _row(event: TrainingEvent, parts: list[PartView], trainers: list[Trainer], invited: int) -> EventRow:
    return EventRow(
        event.id, event.school_id, event.title, EventState(event.state), event.state_reason, event.starts_at,
        event.ends_at, event.year_key, event.is_make_up, event.delivery_mode, event.pack_id, tuple(parts),
        tuple(trainers), invited,
    )


def _parts(session: Session, district_id: str, event_ids: Collection[str]) -> dict[str, list[PartView]]:
    """Parts with the tallies of their rolls, by training. One statement."""
    counts = [func.coalesce(func.sum(case((AttendanceRecord.status == s, 1), else_=0)), 0) for s in _STATUSES]
    expected = func.coalesce(func.sum(case((AttendanceRecord.expected.is_(True), 1), else_=0)), 0)
    query = (
        select(
            EventPart, AttendanceSheet.state, AttendanceSheet.head_count, AttendanceSheet.submitted_by,
            func.count(AttendanceRecord.person_id), expected, *counts,
        )
        .outerjoin(
            AttendanceSheet,
            and_(AttendanceSheet.district_id == EventPart.district_id, AttendanceSheet.id == EventPart.sheet_id),
        )
        .outerjoin(
            AttendanceRecord,
            and_(AttendanceRecord.district_id == EventPart.district_id, AttendanceRecord.sheet_id == EventPart.sheet_id),
        )
        .where(EventPart.district_id == district_id, EventPart.event_id.in_(event_ids))
        .group_by(*EventPart.__table__.columns, AttendanceSheet.state, AttendanceSheet.head_count, AttendanceSheet.submitted_by)
        .order_by(EventPart.event_id, EventPart.position)
    )
    found: dict[str, list[PartView]] = defaultdict(list)
    for part, state, head_count, submitted_by, *tally in session.execute(query):
        found[part.event_id].append(
            PartView(
                part.id, part.position, part.title, part.starts_at, part.ends_at, part.room, part.delivery_mode,
                part.sheet_id, state or "", head_count, submitted_by, Tally(*(int(n) for n in tally)),
            )
        )
    return found


def _plain_parts(session: Session, district_id: str, event_ids: Collection[str]) -> dict[str, list[PartView]]:
    """Parts with the state of their rolls, not counted. One statement."""
    query = (
        select(EventPart, AttendanceSheet.state, AttendanceSheet.head_count, AttendanceSheet.submitted_by)
        .outerjoin(
            AttendanceSheet,
            and_(AttendanceSheet.district_id == EventPart.district_id, AttendanceSheet.id == EventPart.sheet_id),
        )
        .where(EventPart.district_id == district_id, EventPart.event_id.in_(event_ids))
        .order_by(EventPart.event_id, EventPart.position)
    )
    found: dict[str, list[PartView]] = defaultdict(list)
    for part, state, head_count, submitted_by in session.execute(query):
        found[part.event_id].append(
            PartView(
                part.id, part.position, part.title, part.starts_at, part.ends_at, part.room, part.delivery_mode,
                part.sheet_id, state or "", head_count, submitted_by, Tally(),
            )
        )
    return found


def tallies_of(session: Session, district_id: str, sheet_ids: Collection[str]) -> dict[str, Tally]:
    """The counts of these rolls. One statement, none for none."""
    if not sheet_ids:
        return {}
    r = AttendanceRecord
    counts = [func.coalesce(func.sum(case((r.status == s, 1), else_=0)), 0) for s in _STATUSES]
    expected = func.coalesce(func.sum(case((r.expected.is_(True), 1), else_=0)), 0)
    query = (
        select(r.sheet_id, func.count(r.person_id), expected, *counts)
        .where(r.district_id == district_id, r.sheet_id.in_(sheet_ids))
        .group_by(r.sheet_id)
    )
    return {sheet: Tally(*(int(n) for n in tally)) for sheet, *tally in session.execute(query)}


def _trainers(session: Session, district_id: str, event_ids: Collection[str]) -> dict[str, list[Trainer]]:
    query = (
        select(EventTrainer)
        .where(EventTrainer.district_id == district_id, EventTrainer.event_id.in_(event_ids))
        .order_by(EventTrainer.id)
    )
    found: dict[str, list[Trainer]] = defaultdict(list)
    for trainer in session.scalars(query):
        found[trainer.event_id].append(Trainer(trainer.name, trainer.affiliation, trainer.person_id))
    return found


def event_page(session: Session, scope: Scope, event_id: str) -> EventPage:
    """One training with parts, trainers, participants and history. A constant number of statements.

    Raises :class:`NotFound` where there is none in the scope.
    """
    found = session.execute(
        select(TrainingEvent, OrgUnit.name, CoursePack.title, CoursePack.minutes)
        .join(OrgUnit, and_(OrgUnit.district_id == TrainingEvent.district_id, OrgUnit.id == TrainingEvent.school_id))
        .outerjoin(
            CoursePack,
            and_(CoursePack.pack_id == TrainingEvent.pack_id, CoursePack.version == TrainingEvent.pack_version),
        )
        .where(TrainingEvent.district_id == scope.district_id, TrainingEvent.id == event_id)
    ).one_or_none()
    if found is None or not scope.covers_school(found[0].school_id):
        raise NotFound
    event, school_name, pack_title, pack_minutes = found
    parts = _parts(session, scope.district_id, [event_id])[event_id]
    trainers = _trainers(session, scope.district_id, [event_id])[event_id]
    people = _participants(session, event)
    coming = tuple(p for p in people if not p.excluded_reason)
    return EventPage(
        _row(event, parts, trainers, len(coming)), school_name, event.version, event.type_key, event.topic,
        event.venue_kind, event.make_up_year_key, event.pack_version, pack_title or "", pack_minutes,
        dict(event.details), coming, tuple(p for p in people if p.excluded_reason), _history(session, event),
    )


def _participants(session: Session, event: TrainingEvent) -> list[ParticipantView]:
    """Participants with department and number as their roll has them (or the present employment)."""
    first_sheet = (
        select(EventPart.sheet_id)
        .where(EventPart.district_id == event.district_id, EventPart.event_id == event.id)
        .order_by(EventPart.position)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(EventParticipant, Person.name, AttendanceRecord.department, AttendanceRecord.staff_no)
        .join(Person, and_(Person.district_id == EventParticipant.district_id, Person.id == EventParticipant.person_id))
        .outerjoin(
            AttendanceRecord,
            and_(
                AttendanceRecord.district_id == EventParticipant.district_id,
                AttendanceRecord.person_id == EventParticipant.person_id,
                AttendanceRecord.sheet_id == first_sheet,
            ),
        )
        .where(EventParticipant.district_id == event.district_id, EventParticipant.event_id == event.id)
        .order_by(EventParticipant.serial_no, EventParticipant.person_id)
    )
    return [
        ParticipantView(
            p.person_id, name, p.serial_no, department or "", staff_no or "", p.reason, p.added_by_hand, p.excluded_reason
        )
        for p, name, department, staff_no in session.execute(query)
    ]


def _history(session: Session, event: TrainingEvent) -> tuple[HistoryView, ...]:
    query = (
        select(EventHistory, Account.display_name)
        .outerjoin(Account, and_(Account.district_id == EventHistory.district_id, Account.id == EventHistory.actor_id))
        .where(EventHistory.district_id == event.district_id, EventHistory.event_id == event.id)
    )
    steps = [
        HistoryView(h.from_state, h.to_state, h.reason, dict(h.changes), name or "", h.acting_role, h.recorded_at)
        for h, name in session.execute(query)
    ]
    return tuple(sorted(steps, key=lambda h: (h.changes.get("version", 0), h.recorded_at)))
