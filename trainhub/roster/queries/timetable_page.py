"""What the pages of the timetable and of one class show."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.calendar_rules import SchoolCalendar, each_day, school_year_of
from trainhub.roster.models import ClassChange, ClassException, Person, SchoolClass, SchoolTerm
from trainhub.roster.queries.calendar import calendar
from trainhub.roster.queries.timetable import lesson_time_sets, school_lessons
from trainhub.roster.timetable_rules import (
    Lesson,
    LessonTimeRow,
    Slot,
    expand,
    is_meeting_subject,
    stage_of,
    times_on,
)


@dataclass(frozen=True, slots=True)
class GridDay:
    """A column of the week: the day, whether it is taught and why not, and the weekday it follows."""

    day: date
    teaching: bool
    label: str
    follows_weekday: int | None


@dataclass(frozen=True, slots=True)
class GridRow:
    """A lesson number with its times in minutes (None where classes differ or none are entered), and a cell for each day."""

    lesson_no: int
    starts_at_minute: int | None
    ends_at_minute: int | None
    cells: tuple[tuple[Slot, ...], ...]


@dataclass(frozen=True, slots=True)
class ClassMeetings:
    """A class with its weekly class-meeting lessons in force, and how many lessons its timetable has at all."""

    class_id: str
    name: str
    grade: int
    meetings: tuple[Lesson, ...]
    lesson_count: int


@dataclass(frozen=True, slots=True)
class TimetablePage:
    """A week of a class or a teacher (``grid`` and ``days`` empty where nothing is chosen), and the class-meeting lessons of all."""

    week_first: date
    week_label: str
    season: str
    school_year: str
    term: tuple[date, date] | None
    days: tuple[GridDay, ...]
    grid: tuple[GridRow, ...]
    classes: tuple[ClassMeetings, ...]
    teachers: tuple[tuple[str, str], ...]
    names: dict[str, str]
    estimated: bool

    @property
    def without_meeting(self) -> int:
        """How many classes have no class-meeting lesson."""
        return sum(not one.meetings for one in self.classes)


def timetable_page(
    session: Session, scope: Scope, school_id: str, day: date, *, class_id: str = "", teacher_id: str = ""
) -> TimetablePage:
    """The week of a day; at the weekend the next one, in the vacation the first of the next term. Nine statements. Raises NotFound."""
    if not scope.covers_school(school_id):
        raise NotFound
    shown = _in_term(session, scope.district_id, school_id, day)
    shown += timedelta(days=7 - shown.weekday() if shown.weekday() >= 5 else 0)
    first = shown - timedelta(days=shown.weekday())
    last = first + timedelta(days=6)
    days = calendar(session, scope.district_id, school_id, first, last)
    term = next((t for t in days.terms if t.starts_on <= last and t.ends_on >= first), None)
    lessons = school_lessons(session, scope, school_id, max(first, term.starts_on) if term else first, last)
    year = term.school_year if term else school_year_of(shown)
    groups = _classes(session, scope.district_id, school_id, first, last)
    chosen = [one for one in lessons if (one.class_id == class_id if class_id else teacher_id and one.teacher_id == teacher_id)]
    times = lesson_time_sets(session, scope, school_id)
    slots = expand(chosen, days, times, first, last)
    heads = _days(days, first, slots)
    taught = [one for one in lessons if one.school_year == year and (term is None or one.season == term.season)]
    return TimetablePage(
        first, days.week_label(shown), term.season if term else "", year, (term.starts_on, term.ends_on) if term else None,
        heads, _grid(slots, times, [head.day for head in heads], shown, _stage(groups, class_id)),
        _meetings(groups, taught, year), _teachers(session, scope.district_id, lessons), {g.id: g.name for g in groups},
        any(slot.estimated for slot in slots),
    )


def _in_term(session: Session, district_id: str, school_id: str, day: date) -> date:
    query = select(SchoolTerm.starts_on, SchoolTerm.ends_on).where(
        SchoolTerm.district_id == district_id, SchoolTerm.school_id.in_({school_id, district_id}), SchoolTerm.ends_on >= day,
    ).order_by(SchoolTerm.starts_on).limit(1)
    found = session.execute(query).first()
    return max(day, found.starts_on) if found else day


def _classes(session: Session, district_id: str, school_id: str, first: date, last: date) -> list[SchoolClass]:
    return list(session.scalars(select(SchoolClass).where(
        SchoolClass.district_id == district_id, SchoolClass.school_id == school_id, SchoolClass.opened_on <= last,
        or_(SchoolClass.closed_on.is_(None), SchoolClass.closed_on >= first),
    ).order_by(SchoolClass.grade, SchoolClass.class_no)))


def _stage(groups: list[SchoolClass], class_id: str) -> str:
    return next((stage_of(g.grade) for g in groups if g.id == class_id), "")


def _days(days: SchoolCalendar, first: date, slots: tuple[Slot, ...]) -> tuple[GridDay, ...]:
    used = {slot.day for slot in slots}
    return tuple(
        GridDay(day, days.kind(day).teaching, days.kind(day).label, days.follows.get(day))
        for day in each_day(first, first + timedelta(days=6)) if day.weekday() < 5 or days.kind(day).teaching or day in used
    )


def _grid(
    slots: tuple[Slot, ...], times: tuple[LessonTimeRow, ...], columns: list[date], shown: date, stage: str
) -> tuple[GridRow, ...]:
    if not slots:
        return ()
    cells: dict[tuple[int, date], list[Slot]] = defaultdict(list)
    for slot in slots:
        cells[slot.lesson_no, slot.day].append(slot)
    spans = {row.lesson_no: row for row in times_on(times, shown, stage)}
    rows = range(1, max(slot.lesson_no for slot in slots) + 1)
    return tuple(
        GridRow(number, spans[number].starts_at_minute if number in spans else None, spans[number].ends_at_minute if number in spans else None,
                tuple(tuple(cells[number, day]) for day in columns))
        for number in rows
    )


def _meetings(groups: list[SchoolClass], lessons: list[Lesson], year: str) -> tuple[ClassMeetings, ...]:
    by_class: dict[str, list[Lesson]] = defaultdict(list)
    for one in lessons:
        by_class[one.class_id].append(one)
    return tuple(
        ClassMeetings(g.id, g.name, g.grade, tuple(one for one in by_class[g.id] if is_meeting_subject(one.subject)), len(by_class[g.id]))
        for g in groups if g.school_year == year
    )


def _teachers(session: Session, district_id: str, lessons: list[Lesson]) -> tuple[tuple[str, str], ...]:
    ids = {one.teacher_id for one in lessons if one.teacher_id}
    query = select(Person.id, Person.name).where(Person.district_id == district_id, Person.id.in_(ids)).order_by(Person.sort_key)
    return tuple((row.id, row.name) for row in session.execute(query)) if ids else ()


# --- the page of one class --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A split or merger as listed on the page of a class."""

    id: str
    kind: str
    on_day: date
    reason: str
    from_name: str
    to_name: str
    pupil_count: int
    entered_at: datetime
    undone_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """An exception as listed on the page of a class, revoked ones too."""

    id: str
    kind: str
    school_year: str
    season: str
    note: str
    document: str
    from_on: date
    to_on: date
    revoked_at: datetime | None
    revoked_reason: str


def changes_of(session: Session, district_id: str, class_id: str) -> tuple[ChangeRow, ...]:
    """Splits and mergers of a class, the latest first. Two statements."""
    rows = list(session.scalars(select(ClassChange).where(
        ClassChange.district_id == district_id, or_(ClassChange.from_class_id == class_id, ClassChange.to_class_id == class_id)
    ).order_by(ClassChange.on_day.desc(), ClassChange.id.desc())))
    ids = {key for row in rows for key in (row.from_class_id, row.to_class_id)}
    query = select(SchoolClass.id, SchoolClass.name).where(SchoolClass.district_id == district_id, SchoolClass.id.in_(ids))
    names = {row.id: row.name for row in session.execute(query)} if ids else {}
    return tuple(
        ChangeRow(r.id, r.kind, r.on_day, r.reason, names.get(r.from_class_id, ""), names.get(r.to_class_id, ""),
                  len(r.moved.get("created", ())), r.entered_at, r.undone_at)
        for r in rows
    )


def exceptions_of(session: Session, district_id: str, class_id: str) -> tuple[ExceptionEntry, ...]:
    """Exceptions of a class, the latest first. One statement."""
    query = select(ClassException).where(
        ClassException.district_id == district_id, ClassException.class_id == class_id
    ).order_by(ClassException.from_on.desc(), ClassException.id.desc())
    return tuple(
        ExceptionEntry(r.id, r.kind, r.school_year, r.season, r.note, r.document, r.from_on, r.to_on, r.revoked_at, r.revoked_reason)
        for r in session.scalars(query)
    )
