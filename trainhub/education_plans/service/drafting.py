"""From a determination to a plan that runs: draft, approval by the committee, the guardian's knowledge, the first day.

Nobody approves what they alone wrote: the approval is a resolution of the committee, used once. A plan's content changes afterwards
only by another resolution or by a decision on an appeal, and every version stays readable in its steps.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.refs import (
    DeterminationRef,
    case_ref,
    determination_ref,
    is_guardian,
    party_ref,
    party_refs,
)
from trainhub.cases.service.steps import next_number
from trainhub.committees.queries.recusal import is_recused
from trainhub.courses.queries import lesson_packs
from trainhub.education_plans.models import EducationPlan, GuardianPart, PlanAvoid, PlanBalance, PlanModule
from trainhub.education_plans.rules.drafting import (
    ASSESSMENTS,
    Frame,
    GuardianDraft,
    ModuleDraft,
    faults_of,
)
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.rules.scheduling import Avoid
from trainhub.education_plans.service.steps import locked_plan, note_step
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import Policy
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import Person
from trainhub.roster.queries import policy_for

WORDS_LENGTH = 2000


class DraftRefused(DomainError):
    """The draft is not what a plan must be; ``fault`` is a code of :func:`rules.drafting.faults_of`."""

    code = "plan_draft_refused"


class NoPlanForIt(DomainError):
    """The determination does not stand, found no bullying, or already has its plan."""

    code = "plan_not_for_it"
    status = 409


class InstructorConflict(DomainError):
    """The instructor has stepped aside from the case, or is close to the other child (domain.md case 80)."""

    code = "plan_instructor_conflict"


@dataclass(frozen=True, slots=True)
class DraftPlan:
    """A plan as proposed to the committee. Days are local; minutes are integers; texts are sealed."""

    determination_id: str
    total_minutes: int
    starts_on: date
    due_on: date
    goals: str
    protection: str
    modules: tuple[ModuleDraft, ...]
    guardian_parts: tuple[GuardianDraft, ...] = ()
    avoid: tuple[Avoid, ...] = ()
    per_week: int = 1
    lesson_minutes: int = 45
    lead_person_id: str | None = None
    psychologist_id: str | None = None
    assessment: str = "committee"


def draft_plan(session: Session, actor: Actor, ring: KeyRing, command: DraftPlan, now: datetime) -> str:
    """Write a draft for one pupil's determination and return its id.

    Raises NotFound outside the actor's reach, NoPlanForIt, DraftRefused, InstructorConflict.
    """
    found = determination_ref(session, actor.district_id, command.determination_id)
    _refuse_unfit(session, actor, found, now)
    party = party_ref(session, found.district_id, found.party_id)
    policy = policy_for(session, found.district_id, found.school_id, local_day(now))
    _refuse_faults(command, frame_of(policy, found, party.grade))
    _refuse_conflicts(session, ring, found.case_id, actor.district_id, command)
    year = local_day(now).year
    plan_id = new_id()
    plan = EducationPlan(
        district_id=found.district_id, id=plan_id, school_id=party.school_id, case_id=found.case_id, party_id=found.party_id,
        determination_id=found.determination_id, student_mark=party.student_mark, year=year,
        number=next_number(session, found.district_id, party.school_id, "plan", year), grade=party.grade, stage=party.stage,
        state=PlanState.DRAFTED.value, policy_version=policy.version, made_by=actor.account_id, created_at=now, updated_at=now,
        total_minutes=command.total_minutes, starts_on=command.starts_on, due_on=command.due_on,
    )
    session.add(plan)
    session.flush()
    session.add(PlanBalance(district_id=plan.district_id, plan_id=plan.id, updated_at=now))
    _write_content(session, actor, ring, plan, command, now)
    note_step(session, actor, plan, "drafted", now, after=plan.state, changes=_numbers(command) | {"determination": found.determination_id})
    return plan_id


def redraft(session: Session, actor: Actor, ring: KeyRing, plan_id: str, command: DraftPlan, now: datetime, seen_version: int | None = None) -> None:
    """Write a draft anew before the committee has approved it. Raises as :func:`draft_plan`, StaleVersion, InvalidState."""
    plan = locked_plan(session, actor, plan_id, now, seen_version=seen_version)
    if plan.state != PlanState.DRAFTED.value:
        raise DraftRefused(fault="approved_already")
    found = determination_ref(session, plan.district_id, plan.determination_id)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    _refuse_faults(command, frame_of(policy, found, plan.grade))
    _refuse_conflicts(session, ring, plan.case_id, plan.district_id, command)
    for row in session.scalars(select(PlanModule).where(PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id)):
        row.dropped_at = row.dropped_at or now
    for avoid in session.scalars(select(PlanAvoid).where(PlanAvoid.district_id == plan.district_id, PlanAvoid.plan_id == plan.id)):
        avoid.dropped_at = avoid.dropped_at or now
    for part in session.scalars(select(GuardianPart).where(GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id)):
        if part.done_at is None:
            session.delete(part)
    plan.revision += 1
    _write_content(session, actor, ring, plan, command, now)
    note_step(session, actor, plan, "redrafted", now, changes=_numbers(command) | {"revision": plan.revision})


def frame_of(policy: Policy, found: DeterminationRef, grade: int | None) -> Frame:
    """What a draft is measured against: the committee's minutes, or the policy's for the tier where they are more."""
    tier = found.tier if found.tier in {"minor", "heavier"} else "serious"
    return Frame(found.tier, max(found.plan_minutes, int(policy[f"plan_minutes_{tier}"])), grade, int(policy["plan_daily_minutes"]))


def _refuse_unfit(session: Session, actor: Actor, found: DeterminationRef, now: datetime) -> None:
    """A plan follows a standing finding of bullying of a pupil of the actor's school, once."""
    seen_case(session, actor, Permission.CASE_WRITE, found.case_id, now)
    if not actor.scope(Permission.PLAN_WRITE).covers_school(party_ref(session, found.district_id, found.party_id).school_id):
        raise NotFound
    if not found.stands or found.outcome != "bullying" or case_ref(session, found.district_id, found.case_id).sealed:
        raise NoPlanForIt(why="not_standing")
    others = session.scalars(select(EducationPlan.state).where(
        EducationPlan.district_id == found.district_id, EducationPlan.party_id == found.party_id, EducationPlan.case_id == found.case_id
    )).all()
    if any(PlanState(state) not in ENDED for state in others):
        raise NoPlanForIt(why="has_plan")


def _refuse_faults(command: DraftPlan, frame: Frame) -> None:
    for field, text in (("goals", command.goals), ("protection", command.protection)):
        if len(text) > WORDS_LENGTH:
            raise DraftRefused(field=field, fault="words_long", most=WORDS_LENGTH)
    if command.assessment not in ASSESSMENTS:
        raise DraftRefused(field="assessment", fault="form")
    faults = faults_of(
        frame, command.total_minutes, command.lesson_minutes, command.starts_on, command.due_on, command.modules, command.guardian_parts
    )
    if faults:
        raise DraftRefused(field=faults[0].field, fault=faults[0].code, **faults[0].params)


def _refuse_conflicts(session: Session, ring: KeyRing, case_id: str, district_id: str, command: DraftPlan) -> None:
    """Nobody who stepped aside from the case teaches in its plan, no guardian of a party, nor whom the plan keeps clear of."""
    barred = {a.person_id for a in command.avoid if a.kind == "person"}
    taught = {m.instructor_id for m in command.modules if m.instructor_id}
    people = taught | {p for p in (command.lead_person_id, command.psychologist_id) if p}
    refuse_unknown(session, district_id, people | {p for p in barred if p})
    if conflicted := (people & barred) | conflicts(session, ring, district_id, case_id, people):
        raise InstructorConflict(field="modules" if conflicted & taught else "lead", person=min(conflicted))


def refuse_unknown(session: Session, district_id: str, people: Collection[str]) -> None:
    """Whoever is named is a person of the district's roster. One statement. Raises DraftRefused."""
    query = select(func.count()).select_from(Person).where(Person.district_id == district_id, Person.id.in_(people))
    if people and session.scalar(query) != len(set(people)):
        raise DraftRefused(field="modules", fault="person_unknown")


def conflicts(session: Session, ring: KeyRing, district_id: str, case_id: str, people: Collection[str]) -> frozenset[str]:
    """Whom of these people the case bars from teaching in its plans: stepped aside, or a guardian of one of its children (case 80)."""
    parties = [p.party_id for p in party_refs(session, district_id, case_id)] if people else []
    return frozenset(
        person for person in people
        if is_recused(session, district_id, case_id, person_id=person)
        or any(is_guardian(session, district_id, party, ring.mark("person", person)) for party in parties)
    )


def _write_content(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, command: DraftPlan, now: datetime) -> None:
    plan.total_minutes, plan.starts_on, plan.due_on = command.total_minutes, command.starts_on, command.due_on
    plan.per_week, plan.lesson_minutes = command.per_week, command.lesson_minutes
    plan.lead_person_id, plan.psychologist_id, plan.assessment = command.lead_person_id, command.psychologist_id, command.assessment
    plan.sealed_goals = ring.seal(command.goals, place("education_plan", "sealed_goals", plan.id)) if command.goals else ""
    plan.sealed_protection = ring.seal(command.protection, place("education_plan", "sealed_protection", plan.id)) if command.protection else ""
    write_modules(session, plan, command.modules)
    session.add_all(
        GuardianPart(district_id=plan.district_id, id=new_id(), plan_id=plan.id, kind=part.kind, due_on=part.due_on)
        for part in command.guardian_parts
    )
    session.add_all(avoid_row(plan, one, actor, now) for one in command.avoid)
    session.flush()


def avoid_row(plan: EducationPlan, one: Avoid, actor: Actor, now: datetime) -> PlanAvoid:
    """A line to keep clear of, as the plan keeps it. Not added yet."""
    return PlanAvoid(
        district_id=plan.district_id, id=new_id(), plan_id=plan.id, kind=one.kind, weekday=one.weekday,
        from_minute=one.from_minute if one.span is None else None, to_minute=one.to_minute if one.span is None else None,
        from_at=one.span.starts_at if one.span else None, to_at=one.span.ends_at if one.span else None, room=one.room,
        person_id=one.person_id, entered_by=actor.account_id, entered_at=now,
    )


def write_modules(session: Session, plan: EducationPlan, modules: Sequence[ModuleDraft], *, after: int = 0) -> None:
    """Add modules under the plan's revision, each with the current version of its pack, numbered ``after`` those there. Raises DraftRefused."""
    wanted = {m.pack_id for m in modules if m.pack_id}
    packs = {p.id: p.version for p in lesson_packs(session, Scope(plan.district_id, frozenset()), "plan_module")} if wanted else {}
    if missing := wanted - set(packs):
        raise DraftRefused(field="modules", fault="pack_unknown", given=len(missing))
    session.add_all(
        PlanModule(
            district_id=plan.district_id, id=new_id(), plan_id=plan.id, sort_no=number, kind=m.kind, minutes=m.minutes, pack_id=m.pack_id,
            pack_version=packs[m.pack_id] if m.pack_id else None, instructor_id=m.instructor_id, guardian_with=m.guardian_with,
            revision=plan.revision,
        )
        for number, m in enumerate(modules, start=after + 1)
    )


def _numbers(command: DraftPlan) -> dict[str, object]:
    """What a step keeps of a plan's content: numbers, days and keys, so that every version stays readable."""
    return {
        "total_minutes": command.total_minutes, "lesson_minutes": command.lesson_minutes, "per_week": command.per_week,
        "starts_on": command.starts_on.isoformat(), "due_on": command.due_on.isoformat(),
        "modules": [[m.kind, m.minutes, m.pack_id or "", m.instructor_id or ""] for m in command.modules],
        "guardian_parts": [[p.kind, p.due_on.isoformat() if p.due_on else ""] for p in command.guardian_parts],
    }
