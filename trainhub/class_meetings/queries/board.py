"""The school's board: every class with its meetings of the term; the queue of the check; the ledger of meetings."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingPhoto, MeetingRecord, MeetingReminder
from trainhub.class_meetings.queries.facts import TermFacts, term_facts
from trainhub.class_meetings.queries.photos import SamePhoto, duplicate_photos
from trainhub.class_meetings.rules.counting import ClassStanding, Coverage, cover
from trainhub.class_meetings.rules.lifecycle import MeetingState, to_record
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.models import Person, SchoolClass
from trainhub.roster.queries import calendar
from trainhub.roster.queries.timetable import ClassInTerm
from trainhub.roster.timetable_rules import season_of

Shown = Literal["planned", "scheduled", "to_record", "recorded", "returned", "checked", "missed"]


@dataclass(frozen=True, slots=True)
class TermKey:
    """A term by school year and season, as addresses carry it: ``2026-2027-autumn``."""

    school_year: str
    season: str

    @property
    def text(self) -> str:
        """The key as an address carries it."""
        return f"{self.school_year}-{self.season}"

    @classmethod
    def parse(cls, text: str) -> "TermKey | None":
        """Read an address; None for anything else."""
        year, _, season = text.rpartition("-")
        digits = year.isascii() and len(year) == 9 and year[:4].isdecimal() and year[5:].isdecimal()
        well = digits and int(year[5:]) == int(year[:4]) + 1 and 1950 < int(year[:4]) < 2150
        return cls(year, season) if well and season in ("autumn", "spring") else None


def term_of(session: Session, district_id: str, school_id: str, day: date) -> TermKey:
    """The term a day lies in; in the vacation the one that the months say. Three statements."""
    found = calendar(session, district_id, school_id, day, day).term(day)
    return TermKey(found.school_year, found.season) if found else TermKey(school_year_of(day), season_of(day))


@dataclass(frozen=True, slots=True)
class BoardCell:
    """One meeting on the board. ``shown`` is its state, ``to_record`` where its time is over and nobody said what became of it."""

    meeting_id: str
    title: str
    shown: Shown
    starts_at: datetime | None
    lesson_no: int | None
    held_by: str
    late: bool
    reason: str
    same_photo: bool = False


@dataclass(frozen=True, slots=True)
class BoardRow:
    """A class with where it stands, its meetings in order of time, and when its teacher was last reminded."""

    klass: ClassInTerm
    standing: ClassStanding
    cells: tuple[BoardCell, ...]
    reminded_at: datetime | None

    def has(self, *shown: Shown) -> bool:
        """Whether one of its meetings is shown as one of these."""
        return any(cell.shown in shown for cell in self.cells)

    @property
    def wants_plan(self) -> bool:
        """Whether meetings are still to be planned."""
        return self.standing.owes and self.standing.to_hold > 0


@dataclass(frozen=True, slots=True)
class Board:
    """The board of a school and term."""

    facts: TermFacts
    rows: tuple[BoardRow, ...]
    coverage: Coverage
    widest: int


def board(session: Session, scope: Scope, school_id: str, key: TermKey, now: datetime) -> Board:
    """Return every class of a term with its meetings. Twelve statements, however many classes. Raises NotFound outside the scope."""
    facts = term_facts(session, scope, school_id, key.school_year, key.season, local_day(now))
    same = duplicate_photos(session, scope, school_id)
    cells = _cells(session, scope, school_id, key, now, same)
    reminded = _reminded(session, scope, school_id)
    rows = tuple(
        BoardRow(klass, standing, tuple(cells.get(klass.class_id, ())), reminded.get(klass.class_id))
        for klass, standing in zip(facts.classes, facts.standings, strict=True)
    )
    return Board(facts, rows, cover(facts.standings), max((len(row.cells) for row in rows), default=0))


def _cells(
    session: Session, scope: Scope, school_id: str, key: TermKey, now: datetime, same: dict[str, tuple[SamePhoto, ...]]
) -> dict[str, list[BoardCell]]:
    query = (
        select(*_CELL, Person.name)
        .outerjoin(Person, and_(Person.district_id == ClassMeeting.district_id, Person.id == ClassMeeting.held_by_id))
        .where(
            ClassMeeting.district_id == scope.district_id, ClassMeeting.school_id == school_id,
            ClassMeeting.school_year == key.school_year, ClassMeeting.season == key.season, ClassMeeting.state != MeetingState.CANCELLED.value,
        )
        .order_by(ClassMeeting.starts_at, ClassMeeting.created_at, ClassMeeting.id)
    )
    found: dict[str, list[BoardCell]] = defaultdict(list)
    for m in session.execute(query):
        found[m.class_id].append(BoardCell(
            m.id, m.title, shown_as(m.state, m.ends_at, now), m.starts_at, m.lesson_no, m.name or "", m.late_recorded, m.state_reason, m.id in same
        ))
    return found


_CELL = (
    ClassMeeting.id, ClassMeeting.class_id, ClassMeeting.title, ClassMeeting.state, ClassMeeting.starts_at, ClassMeeting.ends_at,
    ClassMeeting.lesson_no, ClassMeeting.late_recorded, ClassMeeting.state_reason,
)  # fmt: skip


def shown_state(meeting: ClassMeeting, now: datetime) -> Shown:
    """A meeting's state as people see it."""
    return shown_as(meeting.state, meeting.ends_at, now)


def shown_as(stored: str, ends_at: datetime | None, now: datetime) -> Shown:
    """A stored state as people see it: one whose time is over wants its record."""
    state = MeetingState(stored)
    if state is MeetingState.SCHEDULED and to_record(state, ends_at, now):
        return "to_record"
    shown: Shown = state.value  # type: ignore[assignment]  # cancelled ones are not shown
    return shown


def _reminded(session: Session, scope: Scope, school_id: str) -> dict[str, datetime]:
    """When classes were last reminded of something that is still to be done: a recorded meeting needs its reminder no more."""
    query = (
        select(MeetingReminder.class_id, func.max(MeetingReminder.sent_at))
        .outerjoin(ClassMeeting, and_(
            ClassMeeting.district_id == MeetingReminder.district_id, ClassMeeting.id == MeetingReminder.meeting_id
        ))
        .where(
            MeetingReminder.district_id == scope.district_id, MeetingReminder.school_id == school_id, MeetingReminder.done_at.is_(None),
            or_(MeetingReminder.meeting_id.is_(None), ClassMeeting.state.in_((MeetingState.SCHEDULED.value, MeetingState.RETURNED.value))),
        )
        .group_by(MeetingReminder.class_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


# --- the queue of the check ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record that waits for the check, with what the one who checks should see at once."""

    meeting_id: str
    revision: int
    version: int
    class_name: str
    title: str
    starts_at: datetime
    held_by: str
    recorded_at: datetime
    late: bool
    times_unsure: bool
    there: int
    expected: int
    minutes_held: int
    minutes_planned: int
    steps_done: int
    steps: int
    photos: int
    same_photos: tuple[SamePhoto, ...]
    mine: bool
    substitute: bool

    @property
    def plain(self) -> bool:
        """Whether nothing about it wants a second look, so that it may be counted together with others."""
        return not (self.mine or self.same_photos or self.times_unsure) and self.photos > 0 and 2 * self.steps_done >= self.steps


def waiting(session: Session, scope: Scope, school_id: str, account_id: str, person_id: str | None) -> tuple[Waiting, ...]:
    """Records of a school that wait for the check, oldest first. Three statements. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(ClassMeeting, MeetingRecord, SchoolClass.name, Person.name)
        .join(MeetingRecord, and_(
            MeetingRecord.district_id == ClassMeeting.district_id, MeetingRecord.meeting_id == ClassMeeting.id,
            MeetingRecord.revision == ClassMeeting.revision,
        ))
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMeeting.district_id, SchoolClass.id == ClassMeeting.class_id))
        .outerjoin(Person, and_(Person.district_id == MeetingRecord.district_id, Person.id == MeetingRecord.held_by_id))
        .where(
            ClassMeeting.district_id == scope.district_id, ClassMeeting.school_id == school_id, ClassMeeting.state == MeetingState.RECORDED.value,
        )
        .order_by(MeetingRecord.recorded_at, ClassMeeting.id)
    )
    rows = session.execute(query).all()
    photos = _photo_counts(session, scope, school_id)
    same = duplicate_photos(session, scope, school_id)
    return tuple(
        Waiting(
            m.id, r.revision, m.version, class_name, m.title, r.starts_at, name or "", r.recorded_at, m.late_recorded, m.times_unsure, r.there_count,
            r.expected_count, r.minutes_held, sum(int(s["planned"]) for s in r.steps), sum(bool(s["done"]) for s in r.steps), len(r.steps),
            photos.get(m.id, 0), same.get(m.id, ()), r.recorded_by == account_id or (person_id is not None and r.held_by_id == person_id),
            r.held_by_id != m.responsible_id,
        )
        for m, r, class_name, name in rows
    )


def _photo_counts(session: Session, scope: Scope, school_id: str) -> dict[str, int]:
    query = select(MeetingPhoto.meeting_id, func.count()).where(
        MeetingPhoto.district_id == scope.district_id, MeetingPhoto.school_id == school_id, MeetingPhoto.removed_at.is_(None)
    ).group_by(MeetingPhoto.meeting_id)
    return {row[0]: row[1] for row in session.execute(query)}


# --- the ledger ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One meeting in the ledger of a school (班会台账): counts, never a pupil."""

    class_name: str
    grade: int
    starts_at: datetime | None
    ends_at: datetime | None
    lesson_no: int | None
    room: str
    title: str
    theme: str
    pack: str
    responsible: str
    held_by: str
    guest: str
    expected: int | None
    there: int | None
    minutes_held: int | None
    steps: str
    photos: int
    shown: Shown
    recorded_at: datetime | None
    late: bool
    reason: str


def ledger(session: Session, scope: Scope, school_id: str, key: TermKey, now: datetime) -> tuple[LedgerLine, ...]:
    """Every meeting of a school's term by class and time. Two statements. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    leader = select(Person.district_id, Person.id, Person.name).subquery()
    query = (
        select(ClassMeeting, MeetingRecord, SchoolClass, Person.name, leader.c.name)
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMeeting.district_id, SchoolClass.id == ClassMeeting.class_id))
        .outerjoin(MeetingRecord, and_(
            MeetingRecord.district_id == ClassMeeting.district_id, MeetingRecord.meeting_id == ClassMeeting.id,
            MeetingRecord.revision == ClassMeeting.revision,
        ))
        .outerjoin(Person, and_(Person.district_id == ClassMeeting.district_id, Person.id == ClassMeeting.responsible_id))
        .outerjoin(leader, and_(leader.c.district_id == ClassMeeting.district_id, leader.c.id == ClassMeeting.held_by_id))
        .where(
            ClassMeeting.district_id == scope.district_id, ClassMeeting.school_id == school_id, ClassMeeting.school_year == key.school_year,
            ClassMeeting.season == key.season, ClassMeeting.state != MeetingState.CANCELLED.value,
        )
        .order_by(SchoolClass.grade, SchoolClass.class_no, ClassMeeting.starts_at, ClassMeeting.id)
    )
    photos = _photo_counts(session, scope, school_id)
    return tuple(_line(m, r, c, responsible or "", held_by or "", photos.get(m.id, 0), now) for m, r, c, responsible, held_by in session.execute(query))


def _line(
    m: ClassMeeting, r: MeetingRecord | None, c: SchoolClass, responsible: str, held_by: str, photos: int, now: datetime
) -> LedgerLine:
    done = f"{sum(bool(s['done']) for s in r.steps)} / {len(r.steps)}" if r is not None and r.steps else ""
    return LedgerLine(
        c.name, c.grade, r.starts_at if r else m.starts_at, r.ends_at if r else m.ends_at, m.lesson_no, m.room, m.title, m.theme, f"{m.pack_id} {m.pack_version}" if m.pack_id else "",
        responsible, held_by, m.guest, r.expected_count if r else None, r.there_count if r else None, r.minutes_held if r else None, done, photos,
        shown_state(m, now), m.recorded_at, m.late_recorded, m.state_reason,
    )
