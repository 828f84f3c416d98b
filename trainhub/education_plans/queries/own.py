"""Lessons of one instructor, and lines that wait for a second person. Neutral: codes, times and rooms, no name, no grounds, no reason of a rest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, func, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from trainhub.education_plans.models import EducationPlan, HourEntry, HourNote, PlanLesson, PlanModule, PlanSummary
from trainhub.education_plans.queries.access import leads, visible
from trainhub.education_plans.queries.ledger import PLAN, names_of
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.hours import POSTABLE, EntryKind
from trainhub.education_plans.rules.lifecycle import RESTING
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.access import Reading

AHEAD = timedelta(days=14)
_Lesson, _Module = aliased(PlanLesson), aliased(PlanModule)
"""Of the rows that are read; whether a plan is there for who asks looks at lessons and modules of its own."""
_POSTABLE, _RESTING = [s.value for s in POSTABLE], [s.value for s in RESTING]


@dataclass(frozen=True, slots=True)
class OwnLesson:
    """A lesson to give or to log. ``shown``: to_log, today, coming, rests (the plan does not run; why is not told)."""

    plan_id: str
    code: str
    lesson_id: str
    module_id: str
    module: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    room: str
    shown: str
    guardian_with: bool
    makes_up: bool


def own_lessons(session: Session, actor: Actor, now: datetime) -> list[OwnLesson]:
    """Lessons the actor gives that are to be logged, are today, or come within two weeks. One statement."""
    if actor.person_id is None:
        return []
    query = (
        select(EducationPlan, _Lesson, _Module.kind, _Module.guardian_with)
        .join(_Lesson, and_(_Lesson.district_id == EducationPlan.district_id, _Lesson.plan_id == EducationPlan.id))
        .join(_Module, and_(_Module.district_id == _Lesson.district_id, _Module.id == _Lesson.module_id))
        .where(
            visible(actor, Permission.HOURS_OWN_READ, now), _Lesson.id.in_(_given_by(actor)), _Lesson.state == "planned",
            _Lesson.starts_at < now + AHEAD,
            EducationPlan.state.in_([*_POSTABLE, *_RESTING]),
        )
        .order_by(_Lesson.starts_at, _Lesson.id)
    )
    return [_own(plan, lesson, kind, now, guardian_with=with_) for plan, lesson, kind, with_ in session.execute(query)]


def _given_by(actor: Actor) -> CompoundSelect[Any]:
    """Ids of the lessons somebody gives, by name or because the module is theirs. Two questions, each with its index: every first page asks."""
    held, taught = aliased(PlanLesson), aliased(PlanModule)
    by_name = select(held.id).where(held.district_id == actor.district_id, held.instructor_id == actor.person_id)
    by_module = select(held.id).join(taught, and_(
        taught.district_id == held.district_id, taught.plan_id == held.plan_id, taught.id == held.module_id
    )).where(taught.district_id == actor.district_id, taught.instructor_id == actor.person_id, held.instructor_id.is_(None))
    return union_all(by_name, by_module)


def _own(plan: EducationPlan, lesson: PlanLesson, kind: str, now: datetime, *, guardian_with: bool) -> OwnLesson:
    today = lesson.starts_at < day_bounds(local_day(now))[1]
    shown = "rests" if plan.state in _RESTING else "to_log" if lesson.ends_at <= now else "today" if today else "coming"
    return OwnLesson(
        plan.id, code_of(plan.year, plan.number), lesson.id, lesson.module_id, kind, lesson.starts_at, lesson.ends_at, lesson.minutes,
        lesson.room, shown, guardian_with, lesson.makes_up_id is not None,
    )


@dataclass(frozen=True, slots=True)
class OwnModule:
    """A module of a plan that the actor gives, for a lesson that was not planned."""

    plan_id: str
    code: str
    module_id: str
    module: str
    lesson_minutes: int


def own_modules(session: Session, actor: Actor, now: datetime) -> list[OwnModule]:
    """Modules the actor gives in plans that take entries. One statement."""
    query = (
        select(EducationPlan, _Module.id, _Module.kind)
        .join(_Module, and_(_Module.district_id == EducationPlan.district_id, _Module.plan_id == EducationPlan.id))
        .where(
            visible(actor, Permission.HOURS_OWN_READ, now), _Module.instructor_id == (actor.person_id or ""), _Module.dropped_at.is_(None),
            EducationPlan.state.in_(_POSTABLE),
        )
        .order_by(EducationPlan.year, EducationPlan.number, _Module.sort_no)
    )
    return [OwnModule(p.id, code_of(p.year, p.number), key, kind, p.lesson_minutes) for p, key, kind in session.execute(query)]


def led_plans(session: Session, actor: Actor, now: datetime) -> list[tuple[str, str]]:
    """Codes and ids of the plans of which the actor is the teacher in charge. One statement."""
    query = select(EducationPlan).where(visible(actor, Permission.HOURS_OWN_READ, now), leads(actor)).order_by(EducationPlan.year, EducationPlan.number)
    return [(code_of(p.year, p.number), p.id) for p in session.scalars(query)]


def conclusions_owed(session: Session, actor: Actor, now: datetime) -> list[str]:
    """Plans that run or are under review and want the actor's conclusion as the psychologist whom they name. One statement; opens nothing."""
    if actor.person_id is None or not actor.can(Permission.HOURS_OWN_WRITE) or not actor.can(Permission.PLAN_READ):
        return []
    said = exists().where(
        PlanSummary.district_id == EducationPlan.district_id, PlanSummary.plan_id == EducationPlan.id, PlanSummary.kind == "psychologist",
    )
    query = select(EducationPlan.id).where(
        visible(actor, Permission.PLAN_READ, now), EducationPlan.psychologist_id == actor.person_id, ~said,
        EducationPlan.state.in_([*_POSTABLE, *_RESTING]),
    ).order_by(EducationPlan.year, EducationPlan.number)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A line that waits for a second person. ``own``: the reader wrote it or gave the lesson, so somebody else looks. ``words`` unsealed."""

    plan_id: str
    code: str
    number: int
    kind: str
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    planned: int | None
    module: str
    room: str
    instructor: str
    reason: str
    late: bool
    guardian_present: bool
    reached: str
    product: bool
    words: str
    own: bool
    undoes: int | None


def waiting_plans(session: Session, actor: Actor, now: datetime) -> list[EducationPlan]:
    """Plans with lines that wait for a second person, as far as they are there for who may confirm. One statement."""
    query = select(EducationPlan).where(visible(actor, Permission.HOURS_CONFIRM, now), _has_waiting()).order_by(
        EducationPlan.year, EducationPlan.number
    )
    return list(session.scalars(query))


def _has_waiting() -> ColumnElement[bool]:
    return exists().where(
        HourEntry.district_id == EducationPlan.district_id, HourEntry.plan_id == EducationPlan.id, awaits_second(),
    )


def awaits_second() -> ColumnElement[bool]:
    """A log without a word on it; a correction neither settled nor refused."""
    word, undone = aliased(HourEntry), aliased(HourEntry)
    of_plan = and_(word.district_id == HourEntry.district_id, word.plan_id == HourEntry.plan_id)
    spoken = select(word.number).where(
        of_plan, word.refers_to == HourEntry.number, word.kind.in_((EntryKind.CONFIRM, EntryKind.OVERRUN, EntryKind.REFUSE))
    ).correlate(HourEntry).exists()
    reversed_ = select(undone.number).where(
        undone.district_id == HourEntry.district_id, undone.plan_id == HourEntry.plan_id, undone.kind == EntryKind.REVERSAL,
        undone.refers_to == HourEntry.refers_to,
    ).correlate(HourEntry).exists()
    return or_(
        and_(HourEntry.kind == EntryKind.LOG, ~spoken), and_(HourEntry.kind == EntryKind.CORRECTION, ~spoken, ~reversed_),
    )


def reading_of(plan: EducationPlan, permission: Permission, purpose: str) -> Reading:
    """What is about to be opened, for the access log."""
    return Reading(plan.school_id, PLAN, plan.id, permission, purpose, "page", about_ref=plan.case_id)


def waiting_lines(session: Session, ring: KeyRing, openings: dict[str, Opening], actor: Actor, plans: list[EducationPlan]) -> list[WaitingLine]:
    """The waiting lines of plans, oldest first, each plan under its own ticket. Three statements. Raises UnloggedRead."""
    by_id = {p.id: p for p in plans}
    for plan in plans:
        openings[plan.id].require(plan.district_id, PLAN, plan.id)
    query = (
        select(HourEntry, HourNote.sealed_done, PlanLesson.minutes, PlanLesson.room, PlanModule.kind)
        .outerjoin(HourNote, and_(
            HourNote.district_id == HourEntry.district_id, HourNote.plan_id == HourEntry.plan_id, HourNote.number == HourEntry.number,
        ))
        .outerjoin(PlanLesson, and_(PlanLesson.district_id == HourEntry.district_id, PlanLesson.id == HourEntry.lesson_id))
        .outerjoin(PlanModule, and_(PlanModule.district_id == HourEntry.district_id, PlanModule.id == HourEntry.module_id))
        .where(HourEntry.district_id == actor.district_id, HourEntry.plan_id.in_(by_id), awaits_second())
        .order_by(HourEntry.recorded_at, HourEntry.plan_id, HourEntry.number)
    )
    rows = session.execute(query).all()
    names = names_of(session, actor.district_id, {r.HourEntry.instructor_id for r in rows if r.HourEntry.instructor_id})
    return [_waiting(ring, actor, by_id[r.HourEntry.plan_id], r, names) for r in rows]


def _waiting(ring: KeyRing, actor: Actor, plan: EducationPlan, row: Any, names: dict[str, str]) -> WaitingLine:
    e = row.HourEntry
    words = ring.unseal(row.sealed_done, place("hour_note", "sealed_done", e.plan_id, e.number)) if row.sealed_done else ""
    own = actor.account_id == e.actor_id or (actor.person_id is not None and actor.person_id in {e.actor_person, e.instructor_id})
    return WaitingLine(
        plan.id, code_of(plan.year, plan.number), e.number, e.kind, e.starts_at, e.ends_at, e.minutes, row.minutes, row.kind or "",
        row.room or "", names.get(e.instructor_id or "", ""), e.reason, e.late, e.guardian_present, e.reached, e.product, words, own, e.refers_to,
    )


def waiting_count(session: Session, actor: Actor, now: datetime) -> int:
    """How many lines wait for a second person among the plans the actor may confirm. One statement; opens nothing."""
    plans = select(EducationPlan.id).where(visible(actor, Permission.HOURS_CONFIRM, now))
    query = select(func.count()).select_from(HourEntry).where(
        HourEntry.district_id == actor.district_id, HourEntry.plan_id.in_(plans), awaits_second(),
        HourEntry.instructor_id.is_distinct_from(actor.person_id), HourEntry.actor_id != actor.account_id,
    )
    return int(session.scalar(query) or 0)

