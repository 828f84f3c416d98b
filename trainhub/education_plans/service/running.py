"""A plan's way after its draft: approved, known to the guardian, running, at rest, amended, revoked.

What the committee or a re-examination must have decided is checked here, not assumed. A rest moves the day by which a plan is due by
its own length (domain.md cases 68, 77, 84): time under a stay or in a vacation is no delay.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import determination_ref, guardian_told
from trainhub.cases.service.progress import in_execution
from trainhub.cases.service.steps import notify
from trainhub.committees.service.resolving import use_resolution
from trainhub.education_plans.models import EducationPlan, HourEntry, PlanLesson, PlanModule, PlanPause, PlanStep
from trainhub.education_plans.registry import under_stay
from trainhub.education_plans.rules.drafting import ModuleDraft
from trainhub.education_plans.rules.lifecycle import ENDED, PlanFacts, PlanState, PlanStepRefused
from trainhub.education_plans.service.balance import lessons_changed
from trainhub.education_plans.service.drafting import write_modules
from trainhub.education_plans.service.follow_up import drop_contacts, settle_case
from trainhub.education_plans.service.steps import locked_plan, move_plan, note_step
from trainhub.education_plans.service.transit import correct, on_its_way, take_back
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place


class PauseRefused(DomainError):
    """A pause needs its reason, and one for safety the word of the psychologist."""

    code = "plan_pause_refused"


class UnderStay(DomainError):
    """The county has ordered a stay on the finding: its plan may be written, and is approved and started once the stay has ended."""

    code = "plan_under_stay"
    status = 409


@dataclass(frozen=True, slots=True)
class Rest:
    """A time in which a plan does not run. ``kind``: stayed, vacation, illness, safety. ``words`` are sealed; schedules show a rest only.

    ``on_word_of``: the psychologist who said so, by person; a rest for safety needs one (domain.md case 84).
    """

    kind: str
    from_on: date
    words: str = ""
    appeal_id: str | None = None
    on_word_of: str = ""


def approve_plan(session: Session, actor: Actor, plan_id: str, item_id: str, now: datetime, seen_version: int | None = None) -> None:
    """Let a draft become the committee's plan by an adopted resolution about exactly this plan.

    Raises UnderStay, PlanStepRefused, and what ``use_resolution`` refuses.
    """
    plan = locked_plan(session, actor, plan_id, now, seen_version=seen_version)
    _refuse_under_stay(session, plan)
    used = use_resolution(session, actor, item_id, kind="plan", matter_id=plan.case_id, object_id=plan.id, now=now)
    if used.resolved_at is None or used.resolved_at < _written_at(session, plan):  # the committee saw another draft than this one
        raise PlanStepRefused(wanted=PlanState.APPROVED.value, missing=("resolution",))
    modules = _modules(session, plan)
    facts = PlanFacts(
        total_minutes=plan.total_minutes, module_minutes=sum(m.minutes for m in modules),
        instructors_missing=sum(m.instructor_id is None for m in modules), protection_written=bool(plan.sealed_protection),
        resolution_adopted=True, determination_stands=determination_ref(session, plan.district_id, plan.determination_id).stands,
    )
    plan.approval_item_id, plan.approved_at = item_id, now
    move_plan(session, actor, plan, PlanState.APPROVED, facts, now, changes={"item": item_id, "revision": plan.revision})


def _written_at(session: Session, plan: EducationPlan) -> datetime:
    """When the draft was last written. One statement."""
    return session.scalar(select(func.max(PlanStep.recorded_at)).where(
        PlanStep.district_id == plan.district_id, PlanStep.plan_id == plan.id, PlanStep.step.in_(("drafted", "redrafted"))
    )) or plan.created_at


def note_guardian_knows(session: Session, actor: Actor, plan_id: str, now: datetime) -> None:
    """Move an approved plan on once a guardian has been told of it (a recorded refusal to sign is enough). Raises PlanStepRefused."""
    plan = locked_plan(session, actor, plan_id, now)
    told = guardian_told(session, plan.district_id, plan.party_id, "plan", plan.id)
    plan.notified_at = now
    move_plan(session, actor, plan, PlanState.NOTIFIED, PlanFacts(guardian_told=told), now)


def start_plan(session: Session, actor: Actor, plan_id: str, now: datetime) -> None:
    """Let a plan run, and its case with it. Raises UnderStay; InvalidState before the guardian knows of it."""
    plan = locked_plan(session, actor, plan_id, now)
    _refuse_under_stay(session, plan)
    plan.active_since = plan.active_since or now
    move_plan(session, actor, plan, PlanState.ACTIVE, PlanFacts(), now)
    in_execution(session, actor, plan.case_id, now)


def _refuse_under_stay(session: Session, plan: EducationPlan) -> None:
    """Nothing begins while the county has ordered it to wait (domain.md 3.4 and section 4, "Appeal")."""
    if under_stay(session, plan.district_id, (plan.determination_id,)):
        raise UnderStay


def rest_plan(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, rest: Rest, now: datetime) -> str:
    """Let a locked plan rest and return the id of the rest. Planned lessons stay where they are; while it lasts none may be logged.

    Raises PauseRefused, InvalidState.
    """
    if rest.kind not in {"stayed", "vacation", "illness", "safety"} or (rest.kind in {"illness", "safety"} and not rest.words.strip()):
        raise PauseRefused(field="words")
    if rest.kind == "safety" and not rest.on_word_of:
        raise PauseRefused(field="on_word_of", why="psychologist")
    pause_id = new_id()
    session.add(PlanPause(
        district_id=plan.district_id, id=pause_id, plan_id=plan.id, kind=rest.kind, appeal_id=rest.appeal_id, from_on=rest.from_on,
        sealed_reason=ring.seal(rest.words, place("plan_pause", "sealed_reason", pause_id)) if rest.words else "",
        entered_by=actor.account_id, entered_at=now,
    ))
    plan.resume_state = plan.state
    after = PlanState.STAYED if rest.kind == "stayed" else PlanState.PAUSED
    move_plan(session, actor, plan, after, PlanFacts(), now, changes={
        "rest": pause_id, "from_on": rest.from_on.isoformat(), "on_word_of": rest.on_word_of,
    })
    return pause_id


def stop_for_safety(session: Session, actor: Actor, ring: KeyRing, plan_id: str, words: str, now: datetime) -> str:
    """The psychologist named in a plan stops it at once; who keeps it is told, not why. Returns the id of the rest.

    Nobody else stops it under the own right. Source: domain.md case 84. Raises NotFound, PauseRefused, InvalidState.
    """
    if not actor.can(Permission.PLAN_READ):
        raise NotFound
    plan = locked_plan(session, actor, plan_id, now, permission=Permission.PLAN_READ)
    if actor.person_id is None or actor.person_id != plan.psychologist_id:
        raise NotFound
    pause_id = rest_plan(session, actor, ring, plan, Rest("safety", local_day(now), words, on_word_of=actor.person_id), now)
    notify(session, plan.district_id, plan.school_id, "plan_stopped", now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id, link=f"/plans/{plan.id}/steps")
    return pause_id


def resume_plan(session: Session, actor: Actor, plan: EducationPlan, now: datetime) -> int:
    """Let a locked plan run on where it rested, and move its day by the days it rested. Returns those days. Raises InvalidState.

    Lessons that lay in the rest were not missed: they are cancelled and to be booked anew (domain.md case 68).
    """
    query = select(PlanPause).where(
        PlanPause.district_id == plan.district_id, PlanPause.plan_id == plan.id, PlanPause.ended_at.is_(None)
    ).order_by(PlanPause.entered_at.desc())
    pause = session.scalars(query).first()
    if pause is None or PlanState(plan.state) not in {PlanState.STAYED, PlanState.PAUSED}:
        raise InvalidState(state=plan.state, wanted=plan.resume_state)
    pause.ended_at, pause.ended_by, pause.to_on = now, actor.account_id, local_day(now)
    days = max(0, (local_day(now) - pause.from_on).days)
    plan.due_on += timedelta(days=days)
    back, cancelled = PlanState(plan.resume_state), cancel_planned(session, plan, now, until=now)
    move_plan(
        session, actor, plan, back, PlanFacts(resume_state=plan.resume_state), now,
        changes={"rest": pause.id, "days": days, "due_on": plan.due_on.isoformat(), "cancelled": cancelled},
    )
    plan.resume_state = ""
    session.flush()
    settle_hours(session, actor, plan, done_minutes(session, plan), now)  # its total may have changed while it rested
    return days


def revoke_plan(session: Session, actor: Actor, plan: EducationPlan, now: datetime, *, appeal_id: str) -> int:
    """End a locked plan whose determination was overturned: coming lessons are cancelled, hours stay in the sealed file only.

    The contacts to come with this pupil are dropped, a plan on its way to another school is taken back, and the case goes on where this was
    its last plan. Returns how many lessons were
    cancelled. Source: domain.md case 69.
    """
    if plan.state == PlanState.REVOKED.value:
        return 0
    cancelled, sent = cancel_planned(session, plan, now), on_its_way(session, plan)
    plan.ended_at, plan.erratum_at = now, None
    back = {"hand_over": sent.id} if sent is not None else {}
    move_plan(session, actor, plan, PlanState.REVOKED, PlanFacts(), now, changes={"appeal": appeal_id, "cancelled": cancelled} | back)
    if sent is not None:
        take_back(session, plan, sent, now)
    drop_contacts(session, actor, plan, now)
    settle_case(session, actor, plan.case_id, now)
    return cancelled


def cancel_planned(session: Session, plan: EducationPlan, now: datetime, *, until: datetime | None = None) -> int:
    """Cancel lessons that were not held, those of a rest only with ``until``: what began since the rest did. Returns how many."""
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state == "planned"
    )
    if until is not None:
        since = session.scalar(select(func.max(PlanPause.from_on)).where(PlanPause.district_id == plan.district_id, PlanPause.plan_id == plan.id))
        query = query.where(PlanLesson.starts_at < until, PlanLesson.starts_at >= day_bounds(since or local_day(until))[0])
    lessons = session.scalars(query).all()
    for lesson in lessons:
        lesson.state = "cancelled"
        lesson.version += 1
    if lessons:
        lessons_changed(session, plan, now)
    return len(lessons)


@dataclass(frozen=True, slots=True)
class Amendment:
    """A plan's new content by decision: total minutes, modules (empty: the old ones scaled), its last day."""

    total_minutes: int
    modules: tuple[ModuleDraft, ...] = ()
    due_on: date | None = None


def amend_plan(session: Session, actor: Actor, plan: EducationPlan, change: Amendment, now: datetime, *, by: str) -> int:
    """Change a locked plan's content by a decision (``by``: id of the resolution or appeal) and return the surplus minutes.

    Minutes done carry over; where they are enough the hours are reached, and a surplus is noted, not banked. Where the new total is
    more, a plan whose hours were reached owes again.
    """
    if PlanState(plan.state) in ENDED:
        raise InvalidState(state=plan.state, wanted="amended")
    before, done = plan.total_minutes, done_minutes(session, plan)
    plan.total_minutes, plan.revision = change.total_minutes, plan.revision + 1
    if change.due_on is not None:
        plan.due_on = change.due_on
    _refit_modules(session, plan, change, now)
    note_step(session, actor, plan, "amended", now, changes={
        "by": by, "before": before, "total_minutes": plan.total_minutes, "done": done, "revision": plan.revision,
        "surplus": max(0, done - plan.total_minutes),
    })
    correct(session, actor, plan, done, now)
    settle_hours(session, actor, plan, done, now)
    return max(0, done - plan.total_minutes)


def settle_hours(session: Session, actor: Actor, plan: EducationPlan, done: int, now: datetime) -> None:
    """Bring the state in line with the hours: reached where they are there, running again where they are not. Nothing else follows.

    A review that was opened without the hours goes on without them: nothing fell away.
    """
    state, facts = PlanState(plan.state), PlanFacts(total_minutes=plan.total_minutes, done_minutes=done)
    if state in {PlanState.ACTIVE, PlanState.EXTENDED} and done >= plan.total_minutes:
        plan.hours_reached_at = now
        move_plan(session, actor, plan, PlanState.HOURS_REACHED, facts, now)
    elif done < plan.total_minutes and (state is PlanState.HOURS_REACHED or (state is PlanState.REVIEW and plan.hours_reached_at is not None)):
        plan.hours_reached_at = plan.review_due_on = None
        move_plan(session, actor, plan, PlanState.ACTIVE, facts, now)


def done_minutes(session: Session, plan: EducationPlan) -> int:
    """What was counted, from the entries themselves."""
    total = session.scalar(select(func.coalesce(func.sum(HourEntry.counted_minutes), 0)).where(
        HourEntry.district_id == plan.district_id, HourEntry.plan_id == plan.id
    ))
    return int(total or 0)


def _modules(session: Session, plan: EducationPlan) -> list[PlanModule]:
    query = select(PlanModule).where(
        PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no)
    return list(session.scalars(query))


def _refit_modules(session: Session, plan: EducationPlan, change: Amendment, now: datetime) -> None:
    """New modules take the place of the old; without any, the old ones are fitted to the total by their share, the largest takes the rest."""
    old = _modules(session, plan)
    if change.modules:
        for row in old:
            row.dropped_at = now
        write_modules(session, plan, change.modules)
    elif old and (before := sum(m.minutes for m in old)):
        shares = [max(1, m.minutes * plan.total_minutes // before) for m in old]
        largest = shares.index(max(shares))
        shares[largest] = max(1, shares[largest] + plan.total_minutes - sum(shares))
        for row, share in zip(old, shares, strict=True):
            row.minutes = share
    session.flush()
