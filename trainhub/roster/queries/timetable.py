"""The timetable as concrete lessons, and classes as a term's obligations need them. Statements never grow with rows."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import (
    ClassChange,
    ClassException,
    ClassMembership,
    LessonTime,
    OrgUnit,
    Person,
    PostAssignment,
    SchoolClass,
    SchoolTerm,
    Student,
    TimetableLesson,
)
from trainhub.roster.people_rules import initials
from trainhub.roster.queries.calendar import calendar
from trainhub.roster.queries.classes import ClassRow
from trainhub.roster.queries.staff import during
from trainhub.roster.timetable_rules import (
    Busy,
    ClassLink,
    Lesson,
    LessonTimeRow,
    Slot,
    busy_of,
    expand,
    inherited,
    is_meeting_subject,
    stage_of,
    times_on,
)

__all__ = [
    "Busy",
    "ClassExceptionRow",
    "ClassInTerm",
    "ClassLink",
    "LessonTimeRow",
    "PupilRow",
    "Slot",
    "busy",
    "class_slots",
    "classes_of_term",
    "homeroom_classes",
    "inherited",
    "lesson_times",
    "pupils_of_class",
]


@dataclass(frozen=True, slots=True)
class ClassExceptionRow:
    """A class for which a term runs otherwise (case 44). ``kind`` internship or other; both days inclusive."""

    id: str
    kind: str
    note: str
    document: str
    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class ClassInTerm:
    """A class that existed in a term, as of a day. Closed and empty classes are listed too (cases 32, 43).

    ``predecessors`` and ``successors`` are the splits and mergers it was part of, in order of day; what is credited
    follows from :func:`inherited` over the links of all classes.
    """

    class_id: str
    name: str
    grade: int
    class_no: int
    homeroom_person_id: str
    homeroom_name: str
    pupil_count: int
    opened_on: date
    closed_on: date | None
    exceptions: tuple[ClassExceptionRow, ...]
    predecessors: tuple[ClassLink, ...]
    successors: tuple[ClassLink, ...]


@dataclass(frozen=True, slots=True)
class PupilRow:
    """A pupil of a class on a day: ``from_on`` and ``to_on`` are the days in this class (inclusive)."""

    student_id: str
    number_in_class: str
    name: str
    sort_key: str
    from_on: date
    to_on: date | None

    @property
    def initials(self) -> str:
        """Pinyin initials of the name; worked out when asked for, for most who read a class do not search it."""
        return initials(self.name)


# --- lessons as moments -----------------------------------------------------------------------------


def class_slots(
    session: Session, district_id: str, class_ids: Collection[str], first: date, last: date
) -> dict[str, tuple[Slot, ...]]:
    """Lessons of class meetings of classes between two days (inclusive), by class id; every id asked for is a key.

    Nothing is offered before a class opened, after it closed, or while it is away on an internship (case 44).
    Seven statements where the classes are of one school, three more for each further school.
    """
    found: dict[str, tuple[Slot, ...]] = dict.fromkeys(class_ids, ())
    rows = _classes(session, district_id, class_ids)
    lessons = [one for one in _lessons(session, district_id, rows, first, last, TimetableLesson.subject.like("%班%")
                                       | TimetableLesson.subject.like("%队%")) if is_meeting_subject(one.subject)]
    if not lessons:
        return found
    away = _away(session, district_id, {one.class_id for one in lessons}, first, last)
    times = _times(session, district_id, {row.school_id for row, _ in rows.values()})
    by_school: dict[str, list[Lesson]] = defaultdict(list)
    for one in lessons:
        by_school[rows[one.class_id][0].school_id].append(one)
    for school_id, held in by_school.items():
        days = calendar(session, district_id, school_id, first, last)
        slots: dict[str, list[Slot]] = defaultdict(list)
        for slot in expand(held, days, times[school_id], first, last):
            if not any(a <= slot.day <= b for a, b in away[slot.class_id]):
                slots[slot.class_id].append(slot)
        found |= {key: tuple(value) for key, value in slots.items()}
    return found


def _classes(
    session: Session, district_id: str, class_ids: Collection[str]
) -> dict[str, tuple[SchoolClass, list[str]]]:
    query = (
        select(SchoolClass, OrgUnit.stages)
        .join(OrgUnit, and_(OrgUnit.district_id == SchoolClass.district_id, OrgUnit.id == SchoolClass.school_id))
        .where(SchoolClass.district_id == district_id, SchoolClass.id.in_(class_ids))
    )
    return {row.id: (row, stages) for row, stages in session.execute(query)} if class_ids else {}


def _lessons(
    session: Session, district_id: str, rows: dict[str, tuple[SchoolClass, list[str]]], first: date, last: date,
    only: ColumnElement[bool] | None = None,
) -> list[Lesson]:
    """Lessons of classes that touch the days; a teacher whose records were merged is the one that stands."""
    if not rows:
        return []
    query = (
        select(TimetableLesson, func.coalesce(Person.merged_into_id, Person.id))
        .outerjoin(Person, and_(Person.district_id == TimetableLesson.district_id, Person.id == TimetableLesson.teacher_id))
        .where(
            TimetableLesson.district_id == district_id, TimetableLesson.class_id.in_(list(rows)),
            during(TimetableLesson.from_on, TimetableLesson.to_on, first, last),
        )
        .order_by(TimetableLesson.weekday, TimetableLesson.lesson_no, TimetableLesson.id)
    )
    found = session.execute(query if only is None else query.where(only))
    lessons = [lesson_of(row, teacher, stage_of(rows[row.class_id][0].grade, rows[row.class_id][1])) for row, teacher in found]
    return [_while_open(one, rows[one.class_id][0]) for one in lessons]


def _while_open(one: Lesson, group: SchoolClass) -> Lesson:
    """A lesson within the days of its class: nothing is taught to one that is not open yet or closed."""
    to_on = min((day for day in (one.to_on, group.closed_on) if day is not None), default=None)
    return replace(one, from_on=max(one.from_on, group.opened_on), to_on=to_on)


def lesson_of(row: TimetableLesson, teacher_id: str | None, stage: str) -> Lesson:
    """A stored lesson as the rules know it."""
    return Lesson(
        row.class_id, row.weekday, row.lesson_no, row.subject, row.school_year, row.season, row.from_on, row.to_on,
        "odd" if row.weeks == "odd" else "even" if row.weeks == "even" else "all", teacher_id, row.teacher_name, row.room,
        stage, row.id,
    )


def _away(
    session: Session, district_id: str, class_ids: Collection[str], first: date, last: date
) -> dict[str, list[tuple[date, date]]]:
    query = select(ClassException.class_id, ClassException.from_on, ClassException.to_on).where(
        ClassException.district_id == district_id, ClassException.class_id.in_(class_ids),
        ClassException.kind == "internship", ClassException.revoked_at.is_(None),
        during(ClassException.from_on, ClassException.to_on, first, last),
    )
    found: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for row in session.execute(query):
        found[row.class_id].append((row.from_on, row.to_on))
    return found


def _times(session: Session, district_id: str, school_ids: Collection[str]) -> dict[str, list[LessonTimeRow]]:
    """Lesson times by school: its own, or the bureau's where it has none."""
    query = select(LessonTime).where(
        LessonTime.district_id == district_id, LessonTime.school_id.in_({*school_ids, district_id})
    )
    found: dict[str, list[LessonTimeRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.school_id].append(
            LessonTimeRow(row.from_on, row.stage, row.lesson_no, row.starts_at_minute, row.ends_at_minute)
        )
    return {key: sorted(found.get(key) or found.get(district_id, [])) for key in school_ids}


def lesson_times(session: Session, district_id: str, school_id: str, day: date, stage: str) -> tuple[LessonTimeRow, ...]:
    """The lesson times of a stage in force on a day, in order; empty where none are entered. One statement."""
    return times_on(_times(session, district_id, [school_id])[school_id], day, stage)


def lesson_time_sets(session: Session, scope: Scope, school_id: str) -> tuple[LessonTimeRow, ...]:
    """Every set of lesson times a school (or the bureau for it) has entered. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    return tuple(_times(session, scope.district_id, [school_id])[school_id])


def school_lessons(session: Session, scope: Scope, school_id: str, first: date, last: date) -> list[Lesson]:
    """Every lesson of a school's timetable that touches the days. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    ids = select(SchoolClass, OrgUnit.stages).join(
        OrgUnit, and_(OrgUnit.district_id == SchoolClass.district_id, OrgUnit.id == SchoolClass.school_id)
    ).where(
        SchoolClass.district_id == scope.district_id, SchoolClass.school_id == school_id,
        during(SchoolClass.opened_on, SchoolClass.closed_on, first, last),
    )
    rows = {row.id: (row, stages) for row, stages in session.execute(ids)}
    return _lessons(session, scope.district_id, rows, first, last)


def busy(session: Session, scope: Scope, school_id: str, first: date, last: date) -> Busy:
    """Which teachers, rooms and classes the timetable occupies between two days (inclusive). Five statements."""
    lessons = school_lessons(session, scope, school_id, first, last)
    return busy_of(lessons, calendar(session, scope.district_id, school_id, first, last), first, last)


# --- classes of a term ------------------------------------------------------------------------------


def term_bounds(session: Session, district_id: str, school_id: str, school_year: str, season: str) -> tuple[date, date]:
    """First and last day of a term: the school's own, the bureau's, or the usual months where none is entered."""
    query = select(SchoolTerm).where(
        SchoolTerm.district_id == district_id, SchoolTerm.school_id.in_({school_id, district_id}),
        SchoolTerm.school_year == school_year, SchoolTerm.season == season,
    )
    held = sorted(session.scalars(query), key=lambda t: t.school_id != school_id)
    if held:
        return held[0].starts_on, held[0].ends_on
    return usual_bounds(school_year, season)


def usual_bounds(school_year: str, season: str) -> tuple[date, date]:
    """The usual months of a term that nobody has entered."""
    start = int(school_year[:4])
    return (date(start, 9, 1), date(start + 1, 1, 31)) if season == "autumn" else (date(start + 1, 2, 1), date(start + 1, 8, 31))


def classes_of_term(
    session: Session, scope: Scope, school_id: str, school_year: str, season: str, day: date
) -> tuple[ClassInTerm, ...]:
    """Every class that existed in a term, with its pupils and homeroom teacher on the day. Six statements.

    Raises NotFound outside the scope.
    """
    if not scope.covers_school(school_id):
        raise NotFound
    tenant = scope.district_id
    first, last = term_bounds(session, tenant, school_id, school_year, season)
    query = select(SchoolClass).where(
        SchoolClass.district_id == tenant, SchoolClass.school_id == school_id, SchoolClass.school_year == school_year,
        during(SchoolClass.opened_on, SchoolClass.closed_on, first, last),
    ).order_by(SchoolClass.grade, SchoolClass.class_no)
    rows = list(session.scalars(query))
    ids = [row.id for row in rows]
    teachers, counts = _homeroom(session, tenant, ids, day), _counts(session, tenant, ids, day)
    exceptions = _exceptions(session, tenant, ids, school_year, season)
    links = _links(session, tenant, ids)
    return tuple(
        ClassInTerm(
            row.id, row.name, row.grade, row.class_no, *teachers.get(row.id, ("", "")), counts.get(row.id, 0), row.opened_on,
            row.closed_on, tuple(exceptions.get(row.id, ())), tuple(one for one in links if one.to_class_id == row.id),
            tuple(one for one in links if one.from_class_id == row.id),
        )
        for row in rows
    )


def _homeroom(session: Session, tenant: str, ids: Collection[str], day: date) -> dict[str, tuple[str, str]]:
    query = (
        select(PostAssignment.class_id, Person.id, Person.name)
        .join(Person, and_(Person.district_id == PostAssignment.district_id, Person.id == PostAssignment.person_id))
        .where(
            PostAssignment.district_id == tenant, PostAssignment.class_id.in_(ids), PostAssignment.post == "homeroom_teacher",
            during(PostAssignment.from_on, PostAssignment.to_on, day, day),
        )
        .order_by(PostAssignment.from_on, PostAssignment.id)
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query) if row[0]}


def _counts(session: Session, tenant: str, ids: Collection[str], day: date) -> dict[str, int]:
    query = select(ClassMembership.class_id, func.count()).where(
        ClassMembership.district_id == tenant, ClassMembership.class_id.in_(ids),
        during(ClassMembership.from_on, ClassMembership.to_on, day, day),
    ).group_by(ClassMembership.class_id)
    return {row[0]: row[1] for row in session.execute(query)}


def _exceptions(
    session: Session, tenant: str, ids: Collection[str], school_year: str, season: str
) -> dict[str, list[ClassExceptionRow]]:
    query = select(ClassException).where(
        ClassException.district_id == tenant, ClassException.class_id.in_(ids), ClassException.school_year == school_year,
        ClassException.season == season, ClassException.revoked_at.is_(None),
    ).order_by(ClassException.from_on, ClassException.id)
    found: dict[str, list[ClassExceptionRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.class_id].append(
            ClassExceptionRow(row.id, row.kind, row.note, row.document, row.from_on, row.to_on)
        )
    return found


def _links(session: Session, tenant: str, ids: Collection[str]) -> list[ClassLink]:
    query = select(ClassChange).where(
        ClassChange.district_id == tenant, ClassChange.undone_at.is_(None),
        or_(ClassChange.from_class_id.in_(ids), ClassChange.to_class_id.in_(ids)),
    ).order_by(ClassChange.on_day, ClassChange.id)
    return [ClassLink(c.from_class_id, c.to_class_id, c.on_day, c.kind, c.reason) for c in session.scalars(query)]


# --- pupils and homeroom teachers -------------------------------------------------------------------


def pupils_of_class(session: Session, scope: Scope, class_id: str, day: date) -> tuple[PupilRow, ...]:
    """The pupils of a class on a day, by number in class, then name. Two statements. Raises NotFound outside the scope."""
    found = session.get(SchoolClass, (scope.district_id, class_id))
    if found is None or not scope.covers_school(found.school_id):
        raise NotFound
    query = (
        select(Student.id, ClassMembership.number_in_class, Student.name, Student.sort_key, ClassMembership.from_on, ClassMembership.to_on)
        .join(ClassMembership, and_(
            ClassMembership.district_id == Student.district_id, ClassMembership.student_id == Student.id
        ))
        .where(
            ClassMembership.district_id == scope.district_id, ClassMembership.class_id == class_id,
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
            during(Student.from_on, Student.to_on, day, day),
        )
    )
    return tuple(sorted((PupilRow(*row) for row in session.execute(query)), key=pupil_order))


def pupil_order(row: PupilRow) -> tuple[Any, ...]:
    """Numbers in class as numbers, pupils without one behind them by name."""
    number = row.number_in_class
    return (not number, int(number) if number.isdecimal() else 10_000, number, row.sort_key, row.student_id)


def homeroom_classes(session: Session, district_id: str, person_id: str, day: date) -> tuple[ClassRow, ...]:
    """The classes whose homeroom teacher a person is on a day, in order of grade and number. Two statements."""
    query = (
        select(SchoolClass, Person.name)
        .join(PostAssignment, and_(
            PostAssignment.district_id == SchoolClass.district_id, PostAssignment.class_id == SchoolClass.id
        ))
        .join(Person, and_(Person.district_id == PostAssignment.district_id, Person.id == PostAssignment.person_id))
        .where(
            SchoolClass.district_id == district_id, PostAssignment.post == "homeroom_teacher",
            or_(Person.id == person_id, Person.merged_into_id == person_id),
            during(PostAssignment.from_on, PostAssignment.to_on, day, day),
            during(SchoolClass.opened_on, SchoolClass.closed_on, day, day),
        )
        .order_by(SchoolClass.grade, SchoolClass.class_no, SchoolClass.id)
    )
    rows = {row.id: (row, name) for row, name in session.execute(query)}
    counts = _counts(session, district_id, list(rows), day)
    return tuple(
        ClassRow(row.id, row.school_id, row.school_year, row.grade, row.class_no, row.name, person_id, name, counts.get(row.id, 0),
                 row.previous_id, row.opened_on, row.closed_on)
        for row, name in rows.values()
    )
