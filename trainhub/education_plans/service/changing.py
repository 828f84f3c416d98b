"""A plan that has been approved changes: its content by a resolution of the committee, who teaches a module by who keeps the plan.

Sources: features H5 (a change needs a decision and a day), domain.md section 4 (extended once, with a reason), case 80 (who teaches is no relative).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import determination_ref
from trainhub.committees.service.resolving import use_resolution
from trainhub.education_plans.models import EducationPlan, GuardianPart, PlanAvoid, PlanLesson, PlanModule
from trainhub.education_plans.rules.drafting import GuardianDraft, ModuleDraft, faults_of, with_least
from trainhub.education_plans.rules.lifecycle import CHANGEABLE, ENDED, PlanState, PlanStepRefused
from trainhub.education_plans.service.drafting import (
    DraftRefused,
    InstructorConflict,
    conflicts,
    frame_of,
    refuse_unknown,
    write_modules,
)
from trainhub.education_plans.service.running import done_minutes, settle_hours
from trainhub.education_plans.service.scheduling import calendars_of, free_for, taken_minutes
from trainhub.education_plans.service.steps import locked_plan, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.queries import policy_for


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """What the committee resolved. ``minutes``: by id of a module, 0 drops it, one that is not named stays; ``due_on``: the last day.

    ``lesson_minutes`` and ``per_week``: the cadence, 0 keeps it; ``parts``: what is asked of the guardian besides.
    """

    plan_id: str
    item_id: str
    due_on: date
    minutes: Mapping[str, int] = field(default_factory=dict)
    added: tuple[ModuleDraft, ...] = ()
    lesson_minutes: int = 0
    per_week: int = 0
    parts: tuple[GuardianDraft, ...] = ()


def change_plan(session: Session, actor: Actor, ring: KeyRing, command: ChangePlan, now: datetime) -> int:
    """Carry out a resolution on a plan's content and return its new total in minutes. Minutes done carry over.

    A later last day is the one extension a plan may have. Raises NotFound, InvalidState, DraftRefused, InstructorConflict, PlanStepRefused,
    ResolutionNotUsable.
    """
    plan = locked_plan(session, actor, command.plan_id, now)
    if PlanState(plan.state) not in CHANGEABLE:
        raise InvalidState(state=plan.state, wanted="changed")
    rows = _modules(session, plan)
    minutes = {row.id: command.minutes.get(row.id, row.minutes) for row in rows}
    lesson_minutes, per_week = command.lesson_minutes or plan.lesson_minutes, min(5, command.per_week or plan.per_week)
    same = (lesson_minutes, per_week, command.due_on) == (plan.lesson_minutes, plan.per_week, plan.due_on)
    if same and not command.added and not command.parts and all(minutes[row.id] == row.minutes for row in rows):
        raise DraftRefused(field="modules", fault="nothing_changed")
    _refuse_taken(session, plan, rows, minutes)
    kept = tuple(ModuleDraft(r.kind, minutes[r.id], r.pack_id, r.instructor_id, r.guardian_with) for r in rows if minutes[r.id])
    total = sum(m.minutes for m in kept + command.added)
    _refuse_faults(session, plan, kept + command.added, total, lesson_minutes, command.due_on, now)
    refuse_people(session, ring, plan, {m.instructor_id for m in command.added if m.instructor_id})
    later = command.due_on > plan.due_on
    if later and plan.extended_count:
        raise PlanStepRefused(wanted="changed", missing=("extended_once",))
    use_resolution(session, actor, command.item_id, kind="plan_change", matter_id=plan.case_id, object_id=plan.id, now=now)
    before, done = plan.total_minutes, done_minutes(session, plan)
    plan.total_minutes, plan.due_on, plan.revision, plan.extended_count = total, command.due_on, plan.revision + 1, plan.extended_count + later
    plan.lesson_minutes, plan.per_week = lesson_minutes, per_week
    session.add_all(GuardianPart(district_id=plan.district_id, id=new_id(), plan_id=plan.id, kind=p.kind, due_on=p.due_on) for p in command.parts)
    for row in rows:
        if minutes[row.id]:
            row.minutes = minutes[row.id]
        else:
            row.dropped_at = now
    write_modules(session, plan, command.added, after=max((r.sort_no for r in rows), default=0))
    session.flush()
    note_step(session, actor, plan, "amended", now, changes={
        "by": command.item_id, "before": before, "total_minutes": total, "done": done, "revision": plan.revision, "due_on": plan.due_on.isoformat(),
        "surplus": max(0, done - total), "modules": [[m.kind, m.minutes] for m in kept + command.added], "lesson_minutes": lesson_minutes,
        "per_week": per_week, "guardian_parts": [[p.kind, p.due_on.isoformat() if p.due_on else ""] for p in command.parts],
    })
    settle_hours(session, actor, plan, done, now)
    return total


def name_instructor(
    session: Session, actor: Actor, ring: KeyRing, plan_id: str, module_id: str, person_id: str, now: datetime, *, with_lessons: bool = False
) -> int:
    """Let somebody else teach a module from now on; ``with_lessons``: those that are booked to come as well.

    Returns how many of these stay with whom they were booked, because the other has something else at that time: they are booked anew by
    hand. Raises NotFound, InvalidState, DraftRefused, InstructorConflict.
    """
    plan = locked_plan(session, actor, plan_id, now)
    row = session.get(PlanModule, (plan.district_id, module_id))
    if row is None or row.plan_id != plan.id or row.dropped_at is not None:
        raise NotFound
    if PlanState(plan.state) in ENDED | {PlanState.DRAFTED}:  # a draft is written anew
        raise InvalidState(state=plan.state, wanted="changed")
    if not person_id:
        raise DraftRefused(field="modules", fault="person_unknown")
    refuse_people(session, ring, plan, {person_id})
    lessons = _to_come(session, plan, row.id, now) if with_lessons else []
    if person_id == row.instructor_id and all(x.instructor_id in {None, person_id} for x in lessons):
        return 0
    before, row.instructor_id = row.instructor_id, person_id
    moved = _hand_over(session, ring, plan, [x for x in lessons if x.instructor_id != person_id], person_id, now)
    left = sum(x.instructor_id not in {None, person_id} for x in lessons)
    plan.revision += 1
    note_step(session, actor, plan, "instructor_named", now, changes={
        "module": row.id, "before": before or "", "instructor": person_id, "lessons": moved, "left": left, "revision": plan.revision,
    })
    return left


def _to_come(session: Session, plan: EducationPlan, module_id: str, now: datetime) -> list[PlanLesson]:
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.module_id == module_id,
        PlanLesson.state == "planned", PlanLesson.starts_at > now,
    ).order_by(PlanLesson.starts_at)
    return list(session.scalars(query))


def _hand_over(session: Session, ring: KeyRing, plan: EducationPlan, lessons: list[PlanLesson], person_id: str, now: datetime) -> list[str]:
    """Give booked lessons to somebody who is free then, and return which: the others stay with whom they were."""
    if not lessons:
        return []
    calendars = calendars_of(session, ring, plan, _modules(session, plan), now, class_time=True, also={person_id})
    moved = [x for x in lessons if free_for(calendars, x, person_id)]
    for lesson in moved:
        lesson.instructor_id = person_id
        lesson.version += 1
    session.flush()
    return [x.id for x in moved]


def _modules(session: Session, plan: EducationPlan) -> list[PlanModule]:
    query = select(PlanModule).where(
        PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no)
    return list(session.scalars(query))


def _refuse_taken(session: Session, plan: EducationPlan, rows: list[PlanModule], minutes: Mapping[str, int]) -> None:
    """A module keeps at least the minutes that are booked or held in it."""
    taken = taken_minutes(session, plan)
    for row in rows:
        if minutes[row.id] < taken.get(row.id, 0) and minutes[row.id] < row.minutes:
            raise DraftRefused(field="modules", fault="module_taken", given=minutes[row.id], taken=taken[row.id])


def _refuse_faults(
    session: Session, plan: EducationPlan, modules: tuple[ModuleDraft, ...], total: int, lesson_minutes: int, due_on: date, now: datetime
) -> None:
    """What a draft must hold a changed plan holds too; one that owed less than its tier's least (taken over, say) need not owe more now."""
    found = determination_ref(session, plan.district_id, plan.determination_id)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    frame = with_least(frame_of(policy, found, plan.grade), plan.total_minutes)
    parts = session.execute(select(GuardianPart.kind, GuardianPart.due_on).where(
        GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id
    )).all()
    asked = tuple(GuardianDraft(kind, day) for kind, day in parts)
    faults = [
        f for f in faults_of(frame, total, lesson_minutes, plan.starts_on, due_on, modules, asked) if f.code != "guardian_none"
    ]
    if faults:
        raise DraftRefused(field=faults[0].field, fault=faults[0].code, **faults[0].params)
    if due_on < min(plan.due_on, local_day(now)):
        raise DraftRefused(field="due_on", fault="days")


def refuse_people(session: Session, ring: KeyRing, plan: EducationPlan, people: set[str]) -> None:
    """Nobody who is unknown here, stepped aside, is close to one of the children, or whom the plan keeps clear of (case 80)."""
    refuse_unknown(session, plan.district_id, people)
    if conflicted := barred_people(session, ring, plan, people):
        raise InstructorConflict(field="modules", person=min(conflicted))


def barred_people(session: Session, ring: KeyRing, plan: EducationPlan, people: Collection[str]) -> frozenset[str]:
    """Whom of these people a plan keeps clear of, by its own lines or by the case (case 80)."""
    kept_from = set(session.scalars(select(PlanAvoid.person_id).where(
        PlanAvoid.district_id == plan.district_id, PlanAvoid.plan_id == plan.id, PlanAvoid.kind == "person", PlanAvoid.dropped_at.is_(None)
    )))
    return (frozenset(people) & kept_from) | conflicts(session, ring, plan.district_id, plan.case_id, people)
