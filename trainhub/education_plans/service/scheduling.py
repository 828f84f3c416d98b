"""Lessons of a plan are proposed, booked, moved and cancelled, against both calendars as they stand today.

The other child's timetable is looked at here and told to nobody: a proposal names what it kept clear of by kind and number only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import party_refs
from trainhub.cases.queries.whereabouts import places_of_parties
from trainhub.education_plans.models import EducationPlan, HourEntry, PlanAvoid, PlanLesson, PlanModule, PlanPause
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.rules.scheduling import (
    SUBJECT_REST_WEEKS,
    Avoid,
    Calendars,
    Kind,
    Need,
    Placed,
    Proposal,
    Span,
    Window,
    missed_subject,
    objections,
    propose,
)
from trainhub.education_plans.service.balance import lessons_changed
from trainhub.education_plans.service.drafting import conflicts
from trainhub.education_plans.service.steps import locked_plan, note_step
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.queries import calendar, policy_for
from trainhub.roster.queries.timetable import lesson_times, school_lessons
from trainhub.roster.timetable_rules import Slot, expand

WINDOWS = (Window(12 * 60 + 20, 13 * 60 + 40), Window(16 * 60, 17 * 60 + 30))
"""Noon and after school: parts of the day in which no class is taught in most schools. What the timetable teaches then is kept clear of."""
MOST_DAYS = 200


class LessonRefused(DomainError):
    """A lesson may not lie there; ``objections`` are codes of :func:`rules.scheduling.objections`."""

    code = "plan_lesson_refused"


@dataclass(frozen=True, slots=True)
class Booking:
    """A lesson to book: a module's, at a moment, in a room, by its instructor or another."""

    module_id: str
    starts_at: datetime
    minutes: int
    room: str = ""
    instructor_id: str | None = None
    makes_up_id: str | None = None


def propose_lessons(session: Session, actor: Actor, ring: KeyRing, plan_id: str, now: datetime, *, class_time: bool = False) -> Proposal:
    """Fit what a plan still has to book into the free slots of both calendars. Nothing is written. Raises NotFound, InvalidState."""
    plan = seen_plan(session, actor, Permission.PLAN_READ, plan_id, now)
    if plan.state != PlanState.DRAFTED.value:  # a draft may be tried before the committee sees it; nothing is booked for one
        _refuse_resting(plan)
    modules = _modules(session, plan)
    calendars = calendars_of(session, ring, plan, modules, now, class_time=class_time)
    taken = taken_minutes(session, plan)
    needs = [Need(m.id, left, plan.lesson_minutes, m.instructor_id) for m in modules if (left := m.minutes - taken.get(m.id, 0)) > 0]
    return propose(needs, calendars, plan.per_week)


def book_lessons(
    session: Session, actor: Actor, ring: KeyRing, plan_id: str, bookings: Sequence[Booking], now: datetime, *, class_time: bool = False,
    seen_version: int | None = None,
) -> tuple[str, ...]:
    """Book lessons, all or none, each against everything booked before it. Returns their ids. Raises LessonRefused, NotFound, InvalidState."""
    plan = locked_plan(session, actor, plan_id, now, seen_version=seen_version)
    _refuse_resting(plan)
    modules = {m.id: m for m in _modules(session, plan)}
    others = {b.instructor_id for b in bookings if b.instructor_id}
    calendars = calendars_of(session, ring, plan, list(modules.values()), now, class_time=class_time, also=others)
    ids = []
    for one in bookings:
        module = modules.get(one.module_id)
        if module is None:
            raise NotFound
        instructor = one.instructor_id or module.instructor_id
        if instructor is None:  # of a plan that was taken over: nobody could log it
            raise LessonRefused(field="module", objections=("no_instructor",))
        ends_at = one.starts_at + timedelta(minutes=one.minutes)
        lesson = Placed(module.id, one.starts_at, ends_at, instructor, one.room, missed_subject(one.starts_at, ends_at, calendars.pupil))
        if one.starts_at < now or one.minutes <= 0:
            raise LessonRefused(field="starts_at", objections=("past",))
        if against := objections(lesson, calendars):
            raise LessonRefused(field="starts_at", objections=against)
        _refuse_unmissed(session, plan, one)
        ids.append(_write(session, actor, plan, one, instructor, ends_at, now))
        calendars = _with(calendars, lesson)
    session.flush()
    lessons_changed(session, plan, now)
    note_step(session, actor, plan, "lessons_booked", now, changes={"lessons": ids, "minutes": sum(b.minutes for b in bookings)})
    return tuple(ids)


def _refuse_unmissed(session: Session, plan: EducationPlan, one: Booking) -> None:
    """A lesson makes up for a missed one of this plan, each once. Raises NotFound, LessonRefused."""
    if one.makes_up_id is None:
        return
    missed = session.get(PlanLesson, (plan.district_id, one.makes_up_id))
    if missed is None or missed.plan_id != plan.id or not missed.state.startswith("absent"):
        raise NotFound
    again = select(PlanLesson.id).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.makes_up_id == missed.id, PlanLesson.state != "cancelled"
    )
    if session.scalar(again.limit(1)) is not None:
        raise LessonRefused(field="starts_at", objections=("made_up",))


PROTECTIVE = frozenset({"other_child", "same_room", "same_way", "exam", "instructor_conflict"})
"""What stands against every lesson, also one that is planned by hand at short notice."""


def refuse_unprotected(session: Session, ring: KeyRing, plan: EducationPlan, lesson: Placed, now: datetime) -> None:
    """Refuse a lesson near the other child, in an exam, or by somebody in conflict. Raises LessonRefused."""
    also = {lesson.instructor_id} if lesson.instructor_id else set()
    calendars = calendars_of(session, ring, plan, _modules(session, plan), now, class_time=True, also=also)
    if against := tuple(code for code in objections(lesson, calendars) if code in PROTECTIVE):
        raise LessonRefused(field="starts", objections=against)


def lessons_astray(session: Session, ring: KeyRing, plan: EducationPlan, now: datetime) -> list[str]:
    """Booked lessons to come that lie near the other child or in an exam by now, or are given by who may not. A constant number of statements."""
    modules = {m.id: m for m in _modules(session, plan)}
    rows = session.scalars(select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state == "planned", PlanLesson.starts_at > now
    ).order_by(PlanLesson.starts_at)).all()
    if not rows:
        return []
    calendars = calendars_of(session, ring, plan, list(modules.values()), now, class_time=True, also={r.instructor_id for r in rows if r.instructor_id})
    found = []
    for row in rows:
        teacher = row.instructor_id or (modules[row.module_id].instructor_id if row.module_id in modules else None)
        if set(objections(Placed(row.module_id, row.starts_at, row.ends_at, teacher, row.room), calendars)) & PROTECTIVE:
            found.append(row.id)
    return found


def free_for(calendars: Calendars, lesson: PlanLesson, person_id: str) -> bool:
    """Whether somebody else could give a booked lesson: nothing else takes their time then, and the plan does not keep clear of them."""
    codes = objections(Placed(lesson.module_id, lesson.starts_at, lesson.ends_at, person_id, lesson.room), calendars)
    return not {"instructor_busy", "instructor_conflict"} & set(codes)


def cancel_lesson(session: Session, actor: Actor, plan_id: str, lesson_id: str, now: datetime) -> None:
    """Cancel a lesson that was not held: what it was for is to be booked again. Raises NotFound, InvalidState."""
    plan = locked_plan(session, actor, plan_id, now)
    row = session.get(PlanLesson, (plan.district_id, lesson_id))
    if row is None or row.plan_id != plan.id:
        raise NotFound
    if row.state != "planned":
        raise InvalidState(state=row.state, wanted="cancelled")
    row.state = "cancelled"
    row.version += 1
    session.flush()
    lessons_changed(session, plan, now)
    note_step(session, actor, plan, "lesson_cancelled", now, changes={"lesson": row.id})


def _write(session: Session, actor: Actor, plan: EducationPlan, one: Booking, instructor: str | None, ends_at: datetime, now: datetime) -> str:
    lesson_id = new_id()
    session.add(PlanLesson(
        district_id=plan.district_id, id=lesson_id, plan_id=plan.id, module_id=one.module_id, state="planned", starts_at=one.starts_at,
        ends_at=ends_at, minutes=one.minutes, room=one.room.strip()[:60], instructor_id=instructor, makes_up_id=one.makes_up_id,
        planned_by=actor.account_id, planned_at=now,
    ))
    return lesson_id


def _with(calendars: Calendars, lesson: Placed) -> Calendars:
    busy = dict(calendars.instructors)
    if lesson.instructor_id is not None:
        busy[lesson.instructor_id] = (*busy.get(lesson.instructor_id, ()), Span(lesson.starts_at, lesson.ends_at))
    return replace(calendars, booked=(*calendars.booked, lesson), instructors=busy)


def _refuse_resting(plan: EducationPlan) -> None:
    if PlanState(plan.state) in ENDED | {PlanState.DRAFTED, PlanState.STAYED, PlanState.PAUSED, PlanState.HANDED_OVER}:
        raise InvalidState(state=plan.state, wanted="lessons")


# --- both calendars ---------------------------------------------------------------------------------


def calendars_of(
    session: Session, ring: KeyRing, plan: EducationPlan, modules: Sequence[PlanModule], now: datetime, *, class_time: bool,
    also: Collection[str] = (),
) -> Calendars:
    """Everything a lesson of a plan must keep clear of, from today to its last day. A constant number of statements."""
    first = max(plan.starts_on, local_day(now))
    last = min(max(plan.due_on, first), first + timedelta(days=MOST_DAYS))
    since = first - timedelta(weeks=SUBJECT_REST_WEEKS)  # what was missed lately counts as well
    days = calendar(session, plan.district_id, plan.school_id, since, last)
    everybody = party_refs(session, plan.district_id, plan.case_id)
    targets = [p.party_id for p in everybody if "target" in p.roles and p.party_id != plan.party_id]
    places = places_of_parties(session, ring, plan.district_id, [plan.party_id, *targets], first)
    lessons = school_lessons(session, Scope(plan.district_id, frozenset({plan.school_id})), plan.school_id, since, last)
    times = list(lesson_times(session, plan.district_id, plan.school_id, first, ""))
    own = places.get(plan.party_id)
    others = {places[t].class_id for t in targets if t in places}
    instructors = {m.instructor_id for m in modules if m.instructor_id} | set(also)
    classes = others | ({own.class_id} if own else set())  # of a big school these are a few lessons of a thousand
    slots = expand([one for one in lessons if one.class_id in classes or one.teacher_id in instructors], days, times, since, last)
    pupil = tuple(Span(s.starts_at, s.ends_at, s.subject, s.room) for s in slots if own and s.class_id == own.class_id)
    policy = policy_for(session, plan.district_id, plan.school_id, first)
    return Calendars(
        first, last, frozenset(d for d in _each(first, last) if days.kind(d).teaching), WINDOWS,
        pupil=pupil, instructors=_busy(session, plan, instructors, slots, first, last), booked=_booked(session, plan, pupil, since, last),
        avoid=(*_avoided(session, plan), *_other_rooms(slots, others, own.class_id if own else "")), resting=_resting(session, plan, first, last),
        no_person=conflicts(session, ring, plan.district_id, plan.case_id, instructors),
        daily_minutes=int(policy["plan_daily_minutes"]), class_time=class_time,
    )


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _other_rooms(slots: Sequence[Slot], classes: set[str], own: str) -> tuple[Avoid, ...]:
    """Rooms in which the other child's class is taught: no lesson there at that time, nor on the way in or out (domain.md section 6)."""
    return tuple(
        Avoid("room", span=Span(s.starts_at, s.ends_at, room=s.room), room=s.room) for s in slots if s.class_id in classes and s.class_id != own and s.room
    )


def _busy(
    session: Session, plan: EducationPlan, people: set[str], slots: Sequence[Slot], first: date, last: date
) -> dict[str, tuple[Span, ...]]:
    found: dict[str, list[Span]] = {person: [] for person in people}
    for slot in slots:
        if slot.teacher_id in found:
            found[slot.teacher_id].append(Span(slot.starts_at, slot.ends_at))
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.instructor_id.in_(people), PlanLesson.state == "planned",
        PlanLesson.starts_at >= day_bounds(first)[0], PlanLesson.starts_at < day_bounds(last)[1],
    )
    for row in session.scalars(query) if people else ():
        found[row.instructor_id or ""].append(Span(row.starts_at, row.ends_at))
    return {person: tuple(spans) for person, spans in found.items()}


def _booked(session: Session, plan: EducationPlan, pupil: Sequence[Span], first: date, last: date) -> tuple[Placed, ...]:
    """Lessons of this pupil that are booked or were given, of whatever plan: nobody is in two places."""
    plans = select(EducationPlan.id).where(EducationPlan.district_id == plan.district_id, EducationPlan.student_mark == plan.student_mark)
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id.in_(plans), PlanLesson.state.in_(("planned", "attended")),
        PlanLesson.starts_at >= day_bounds(first)[0], PlanLesson.starts_at < day_bounds(last)[1],
    )
    return tuple(
        Placed(r.module_id, r.starts_at, r.ends_at, r.instructor_id, r.room, missed_subject(r.starts_at, r.ends_at, pupil))
        for r in session.scalars(query)
    )


_KINDS: dict[str, Kind] = {"slot": "slot", "room": "room", "route": "route", "person": "person", "exam": "exam"}


def _avoided(session: Session, plan: EducationPlan) -> tuple[Avoid, ...]:
    query = select(PlanAvoid).where(PlanAvoid.district_id == plan.district_id, PlanAvoid.plan_id == plan.id, PlanAvoid.dropped_at.is_(None))
    return tuple(
        Avoid(
            _KINDS[r.kind], r.weekday, r.from_minute or 0, r.to_minute or 24 * 60,
            Span(r.from_at, r.to_at, room=r.room) if r.from_at and r.to_at else None, r.room, r.person_id,
        )
        for r in session.scalars(query)
    )


def _resting(session: Session, plan: EducationPlan, first: date, last: date) -> frozenset[date]:
    query = select(PlanPause).where(PlanPause.district_id == plan.district_id, PlanPause.plan_id == plan.id, PlanPause.ended_at.is_(None))
    return frozenset(d for r in session.scalars(query) for d in _each(max(first, r.from_on), min(last, r.to_on or last)))


def _modules(session: Session, plan: EducationPlan) -> list[PlanModule]:
    query = select(PlanModule).where(
        PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no)
    return list(session.scalars(query))


def taken_minutes(session: Session, plan: EducationPlan) -> dict[str, int]:
    """Minutes by module that are booked, were given, or counted without a lesson that was booked. Two statements."""
    lessons = select(PlanLesson.module_id, func.sum(PlanLesson.minutes)).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state.in_(("planned", "attended"))
    ).group_by(PlanLesson.module_id)
    loose = select(HourEntry.module_id, func.sum(HourEntry.counted_minutes)).where(
        HourEntry.district_id == plan.district_id, HourEntry.plan_id == plan.id, HourEntry.lesson_id.is_(None)
    ).group_by(HourEntry.module_id)
    taken: dict[str, int] = {}
    for query in (lessons, loose):
        for module_id, minutes in session.execute(query):
            taken[str(module_id)] = taken.get(str(module_id), 0) + int(minutes or 0)  # "None": of no module
    return taken
