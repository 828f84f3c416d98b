"""What stands around a plan, read in a constant number of statements: days, lessons, meetings, people, packs."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting
from trainhub.class_meetings.queries.facts import SUMMER, paused
from trainhub.class_meetings.rules.lifecycle import LIVE
from trainhub.class_meetings.rules.planning import Around, Dated, Held, PlanClass, lesson_spans
from trainhub.courses.models import CoursePack
from trainhub.courses.rules import CLASS_MEETING
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import at, day_bounds
from trainhub.roster.calendar_rules import SchoolCalendar, each_day
from trainhub.roster.models import (
    ClassException,
    ClassMembership,
    Employment,
    OrgUnit,
    Person,
    PostAssignment,
    SchoolClass,
    Student,
)
from trainhub.roster.queries import calendar, policy_book
from trainhub.roster.queries.staff import during
from trainhub.roster.queries.timetable import lesson_time_sets, school_lessons
from trainhub.roster.timetable_rules import Busy, Slot, busy_of, label, stage_of


def around(
    session: Session, district_id: str, school_id: str, class_ids: Collection[str], first: date, last: date, *,
    pack_ids: Collection[str] = (), lock: bool = False, names: bool = False,
) -> Around:
    """Return what stands around plans of classes of one school between two days (inclusive).

    At most fifteen statements, however many classes there are. ``lock`` holds the classes until the end of the
    transaction, so that two people cannot plan the same lesson of one class; ``names`` reads the pupils' names, for texts.
    """
    scope = Scope(district_id, frozenset({school_id}))
    year = date(first.year if first.month >= 8 else first.year - 1, 8, 1)
    days = calendar(session, district_id, school_id, year, max(last, date(year.year + 1, 8, 31)))
    book = policy_book(session, district_id, school_id)
    summer = (day for day in each_day(first, last) if day.month in SUMMER)
    lessons = school_lessons(session, scope, school_id, first, last)
    return Around(
        school_id, days, _classes(session, district_id, school_id, class_ids, first, last, lock=lock, names=names),
        _staff(session, district_id, school_id, first, last), _held(session, district_id, school_id, first, last),
        busy_of(lessons, days, first, last) if lessons else Busy(), lesson_time_sets(session, scope, school_id),
        frozenset(day for day in summer if paused(book.of(school_id, day), day)), _packs(session, pack_ids),
        _class_names(session, district_id, school_id, first, last),
    )


def _classes(
    session: Session, district_id: str, school_id: str, class_ids: Collection[str], first: date, last: date, *, lock: bool, names: bool
) -> dict[str, PlanClass]:
    query = (
        select(SchoolClass, OrgUnit.stages)
        .join(OrgUnit, and_(OrgUnit.district_id == SchoolClass.district_id, OrgUnit.id == SchoolClass.school_id))
        .where(SchoolClass.district_id == district_id, SchoolClass.school_id == school_id, SchoolClass.id.in_(class_ids))
        .order_by(SchoolClass.id)
    )
    if lock:
        query = query.with_for_update(of=SchoolClass, key_share=True)
    pupils = _pupils(session, district_id, class_ids, first, last, names=names)
    homeroom = _homeroom(session, district_id, class_ids, first, last)
    away = _away(session, district_id, class_ids, first, last)
    return {
        row.id: PlanClass(
            row.id, row.name, row.school_year, row.grade, stage_of(row.grade, stages), row.opened_on, row.closed_on,
            tuple(pupils[row.id]), tuple(homeroom[row.id]), tuple(away[row.id]),
        )
        for row, stages in session.execute(query)
    }


def _pupils(
    session: Session, district_id: str, class_ids: Collection[str], first: date, last: date, *, names: bool
) -> dict[str, list[Dated]]:
    place = ClassMembership
    query = (
        select(place.class_id, place.student_id, place.from_on, place.to_on, Student.name, Student.from_on.label("since"), Student.to_on.label("until"))
        .join(Student, and_(Student.district_id == place.district_id, Student.id == place.student_id))
        .where(
            place.district_id == district_id, place.class_id.in_(class_ids), during(place.from_on, place.to_on, first, last),
            during(Student.from_on, Student.to_on, first, last),
        )
    )
    found: dict[str, list[Dated]] = defaultdict(list)
    for row in session.execute(query):
        until = min((day for day in (row.to_on, row.until) if day is not None), default=None)
        found[row.class_id].append(Dated(row.student_id, max(row.from_on, row.since), until, row.name if names else ""))
    return found


def _homeroom(session: Session, district_id: str, class_ids: Collection[str], first: date, last: date) -> dict[str, list[Dated]]:
    query = (
        select(
            PostAssignment.class_id, func.coalesce(Person.merged_into_id, Person.id).label("person_id"), Person.name,
            PostAssignment.from_on, PostAssignment.to_on,
        )
        .join(Person, and_(Person.district_id == PostAssignment.district_id, Person.id == PostAssignment.person_id))
        .where(
            PostAssignment.district_id == district_id, PostAssignment.class_id.in_(class_ids), PostAssignment.post == "homeroom_teacher",
            during(PostAssignment.from_on, PostAssignment.to_on, first, last),
        )
        .order_by(PostAssignment.from_on, PostAssignment.id)
    )
    found: dict[str, list[Dated]] = defaultdict(list)
    for row in session.execute(query):
        found[row.class_id or ""].append(Dated(row.person_id, row.from_on, row.to_on, row.name))
    return found


def _away(session: Session, district_id: str, class_ids: Collection[str], first: date, last: date) -> dict[str, list[Dated]]:
    query = select(ClassException).where(
        ClassException.district_id == district_id, ClassException.class_id.in_(class_ids), ClassException.kind == "internship",
        ClassException.revoked_at.is_(None), during(ClassException.from_on, ClassException.to_on, first, last),
    )
    found: dict[str, list[Dated]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.class_id].append(Dated(row.id, row.from_on, row.to_on))
    return found


def _staff(session: Session, district_id: str, school_id: str, first: date, last: date) -> dict[str, tuple[Dated, ...]]:
    query = (
        select(func.coalesce(Person.merged_into_id, Person.id).label("person_id"), Person.name, Employment.from_on, Employment.to_on)
        .join(Person, and_(Person.district_id == Employment.district_id, Person.id == Employment.person_id))
        .where(
            Employment.district_id == district_id, Employment.school_id == school_id,
            during(Employment.from_on, Employment.to_on, first, last),
        )
        .order_by(Person.sort_key, Person.id)
    )
    found: dict[str, tuple[Dated, ...]] = {}
    for row in session.execute(query):
        found[row.person_id] = (*found.get(row.person_id, ()), Dated(row.person_id, row.from_on, row.to_on, row.name))
    return found


def _held(session: Session, district_id: str, school_id: str, first: date, last: date) -> tuple[Held, ...]:
    query = select(
        ClassMeeting.id, ClassMeeting.class_id, ClassMeeting.title, ClassMeeting.starts_at, ClassMeeting.ends_at, ClassMeeting.room,
        ClassMeeting.held_by_id,
    ).where(
        ClassMeeting.district_id == district_id, ClassMeeting.school_id == school_id,
        ClassMeeting.state.in_([state.value for state in LIVE]), ClassMeeting.starts_at >= day_bounds(first)[0],
        ClassMeeting.starts_at < day_bounds(last)[1],
    )
    return tuple(
        Held(row.id, row.class_id, row.title, row.starts_at, row.ends_at, row.room, row.held_by_id)
        for row in session.execute(query) if row.starts_at is not None and row.ends_at is not None
    )


def _packs(session: Session, pack_ids: Collection[str]) -> dict[tuple[str, str], tuple[str, str]]:
    """Title and theme of every installed version of lesson packs for class meetings, among ``pack_ids``."""
    if not pack_ids:
        return {}
    query = select(CoursePack.pack_id, CoursePack.version, CoursePack.title, CoursePack.content["course"]["theme"]).where(
        CoursePack.pack_id.in_(pack_ids), CoursePack.type_key == CLASS_MEETING
    )
    return {(row[0], row[1]): (row[2], row[3] or "") for row in session.execute(query)}


def _class_names(session: Session, district_id: str, school_id: str, first: date, last: date) -> dict[str, str]:
    query = select(SchoolClass.id, SchoolClass.name).where(
        SchoolClass.district_id == district_id, SchoolClass.school_id == school_id,
        during(SchoolClass.opened_on, SchoolClass.closed_on, first, last),
    )
    return {row.id: row.name for row in session.execute(query)}


def other_slots(facts: Around, klass: PlanClass, first: date, last: date) -> Iterable[Slot]:
    """Lessons between two days at which the timetable has nothing for a class, nearest first, late lessons of a day first."""
    for day in each_day(max(first, facts.calendar.first), min(last, facts.calendar.last)):
        if facts.calendar.timetable_weekday(day) is None or any(one.on(day) for one in klass.away):
            continue
        spans = lesson_spans(facts.times, day, klass.stage)
        for number in sorted(spans, reverse=True):
            if klass.id not in facts.busy.classes(day, number):
                yield slot_at(facts.calendar, klass, day, number, spans[number])


def slot_at(days: SchoolCalendar, klass: PlanClass, day: date, number: int, span: tuple[int, int]) -> Slot:
    """Return a lesson of a class as a moment; ``span`` in minutes from midnight."""
    starts_at, ends_at = (at(day, time()) + timedelta(minutes=minute) for minute in span)
    return Slot(klass.id, day, number, starts_at, ends_at, "", label(day, days, number), follows_weekday=days.follows.get(day))


def lesson_span(facts: Around, klass: PlanClass, day: date, number: int) -> tuple[datetime, datetime] | None:
    """Return when a lesson of a day begins and ends for a class, None where there is no such lesson."""
    span = lesson_spans(facts.times, day, klass.stage).get(number)
    if span is None:
        return None
    slot = slot_at(facts.calendar, klass, day, number, span)
    return slot.starts_at, slot.ends_at
