"""The completion review: voices, the committee's decision, what comes of it. Hours open the door; only the committee walks through.

A plan is completed, extended (once, with a reason) or not completed; what follows a plan that did not do is a decision of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import guardian_told
from trainhub.cases.service.noticing import settle
from trainhub.cases.service.readers import NOTICE
from trainhub.committees.service.resolving import use_resolution
from trainhub.education_plans.models import (
    CompletionReview,
    EducationPlan,
    Escalation,
    GuardianPart,
    PlanModule,
    PlanSummary,
)
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.plan_page import time_over
from trainhub.education_plans.rules.lifecycle import BEFORE, ENDED, PlanFacts, PlanState
from trainhub.education_plans.rules.pace import nth_school_day
from trainhub.education_plans.rules.review import (
    AIMS,
    BLOCKING,
    LEVELS,
    Material,
    ReviewOutcome,
    Voice,
    doubts,
    materials,
)
from trainhub.education_plans.service.follow_up import schedule_contacts
from trainhub.education_plans.service.running import cancel_planned, done_minutes
from trainhub.education_plans.service.steps import locked_plan, move_plan, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import calendar, policy_for

CONCLUSIONS = ("enough", "part", "not_yet")
ESCALATIONS = ("stronger_measure", "guardian_duty", "police", "special_school_referral")
VOICE_LENGTH = 4000
WAIVED = ("refused", "not_reached", "not_able", "not_safe", "other_form")
"""Why a part of the guardian is asked no longer."""
SPECIAL_SCHOOL_ANSWERS = ("placed", "not_placed", "returned_home")


class ReviewRefused(DomainError):
    """The review cannot be decided so; ``why`` is a code: aims, other_side, voice, conclusion, doubt, extra, reasons, kind, answer."""

    code = "plan_review_refused"


@dataclass(frozen=True, slots=True)
class Say:
    """A word for the plan's file. Text is sealed; a psychologist gives a conclusion, never content."""

    plan_id: str
    voice: Voice
    text: str
    said_on: date
    conclusion: str = ""


def add_voice(session: Session, actor: Actor, ring: KeyRing, command: Say, now: datetime, *, permission: Permission = Permission.PLAN_WRITE) -> str:
    """Add a mid-term word or one of the voices of the review and return its id. Raises ReviewRefused, NotFound."""
    plan = locked_plan(session, actor, command.plan_id, now, permission=permission)
    if PlanState(plan.state) in ENDED | BEFORE or command.said_on > local_day(now) or len(command.text) > VOICE_LENGTH:
        raise ReviewRefused(field="text", why="voice")
    text = " ".join(command.text.split())
    if command.voice is Voice.PSYCHOLOGIST and (command.conclusion not in CONCLUSIONS or len(text) > 200):
        raise ReviewRefused(field="conclusion", why="conclusion")
    if not text and command.voice is not Voice.PSYCHOLOGIST:
        raise ReviewRefused(field="text", why="voice")
    summary_id = new_id()
    session.add(PlanSummary(
        district_id=plan.district_id, id=summary_id, plan_id=plan.id, kind=command.voice.value, conclusion=command.conclusion,
        sealed_text=ring.seal(text, place("plan_summary", "sealed_text", summary_id)) if text else "", said_on=command.said_on,
        entered_by=actor.account_id, entered_at=now,
    ))
    note_step(session, actor, plan, "voice", now, changes={"voice": command.voice.value, "conclusion": command.conclusion, "id": summary_id})
    return summary_id


def conclude(session: Session, actor: Actor, ring: KeyRing, plan_id: str, conclusion: str, text: str, now: datetime) -> str:
    """The psychologist named in a plan concludes; nobody else gives that word under the own right. Raises NotFound, ReviewRefused."""
    if not actor.can(Permission.PLAN_READ):
        raise NotFound
    plan = seen_plan(session, actor, Permission.PLAN_READ, plan_id, now)
    if actor.person_id is None or actor.person_id != plan.psychologist_id:
        raise NotFound
    key = add_voice(session, actor, ring, Say(plan_id, Voice.PSYCHOLOGIST, text, local_day(now), conclusion), now, permission=Permission.PLAN_READ)
    settle(session, plan.district_id, [NOTICE], plan.case_id, now, link=f"/plans/{plan.id}/review")
    return key


def note_part_done(session: Session, actor: Actor, plan_id: str, part_id: str, now: datetime) -> None:
    """Note that what was asked of the guardian is done; once. Raises NotFound."""
    plan = locked_plan(session, actor, plan_id, now)
    part = session.get(GuardianPart, (plan.district_id, part_id))
    if part is None or part.plan_id != plan.id:
        raise NotFound
    if part.done_at is None and not part.waived_reason:
        part.done_at, part.done_entered_by = now, actor.account_id
        note_step(session, actor, plan, "guardian_part_done", now, changes={"part": part.id, "kind": part.kind})


def waive_part(session: Session, actor: Actor, plan_id: str, part_id: str, reason: str, now: datetime) -> None:
    """Ask a part of the guardian no longer, with a reason: it counts as settled and never as done. Raises NotFound, ReviewRefused."""
    plan = locked_plan(session, actor, plan_id, now)
    part = session.get(GuardianPart, (plan.district_id, part_id), with_for_update=True, populate_existing=True)
    if part is None or part.plan_id != plan.id:
        raise NotFound
    if reason not in WAIVED or part.done_at is not None or part.waived_reason or PlanState(plan.state) in ENDED:
        raise ReviewRefused(field="waived_reason", why="waived")
    part.waived_reason = reason
    note_step(session, actor, plan, "guardian_part_waived", now, changes={"part": part.id, "kind": part.kind, "reason": reason})


def materials_of(session: Session, plan: EducationPlan) -> tuple[Material, ...]:
    """What the review of a plan has and lacks. Four statements."""
    return materials(
        determination=True, guardian_told=guardian_told(session, plan.district_id, plan.party_id, "plan", plan.id),
        voices=_voices(session, plan), hours=done_minutes(session, plan) >= plan.total_minutes, guardian_parts_open=_parts_open(session, plan),
    )


def open_review(session: Session, actor: Actor, plan_id: str, now: datetime) -> date:
    """Bring a plan to its review and return the day by which it is due. Raises PlanStepRefused, InvalidState.

    Its hours are reached; or its time is over without them, and the committee says what comes of that.
    """
    plan = locked_plan(session, actor, plan_id, now)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    first, last = local_day(now), date(local_day(now).year + 1, 12, 31)
    days = calendar(session, plan.district_id, plan.school_id, first, last)
    school_days = [d for d in _days(first, last) if days.kind(d).teaching and d > first]
    plan.review_due_on = nth_school_day(school_days, int(policy["review_working_days"]), last)
    done = done_minutes(session, plan)
    facts = PlanFacts(total_minutes=plan.total_minutes, done_minutes=done, time_over=time_over(session, plan, first))
    changes = {"due_on": plan.review_due_on.isoformat(), "done": done, "total_minutes": plan.total_minutes}
    move_plan(session, actor, plan, PlanState.REVIEW, facts, now, changes=changes)
    return plan.review_due_on


def _days(first: date, last: date) -> Sequence[date]:
    return [date.fromordinal(n) for n in range(first.toordinal(), min(last.toordinal(), first.toordinal() + 120) + 1)]


@dataclass(frozen=True, slots=True)
class Decide:
    """What the committee decided at the end. ``aims``: key of :data:`AIMS` -> full, part, not. ``reasons`` are sealed."""

    plan_id: str
    item_id: str
    outcome: ReviewOutcome
    aims: Mapping[str, str]
    other_side: str
    reasons: str
    extra_minutes: int = 0
    new_due_on: date | None = None
    extra_module_id: str = ""  # the module that takes the extra minutes; "": the longest


def decide_review(session: Session, actor: Actor, ring: KeyRing, command: Decide, now: datetime) -> tuple[str, ...]:
    """Carry out a resolution on a plan's end and return the doubts that were passed over with a reason.

    Completed: contacts with both children are set. Extended: once, to a later day, with more minutes unless minutes are owed. However it
    ends, lessons still booked are cancelled. Raises ReviewRefused, PlanStepRefused, InvalidState, ResolutionNotUsable.
    """
    plan = locked_plan(session, actor, command.plan_id, now)
    against = _checked(session, plan, command)
    use_resolution(session, actor, command.item_id, kind="completion", matter_id=plan.case_id, object_id=plan.id, now=now)
    review_id = new_id()
    session.add(CompletionReview(
        district_id=plan.district_id, id=review_id, plan_id=plan.id, item_id=command.item_id, aims=dict(command.aims),
        other_side=command.other_side, outcome=command.outcome.value, extra_minutes=command.extra_minutes, new_due_on=command.new_due_on,
        sealed_reasons=ring.seal(command.reasons, place("completion_review", "sealed_reasons", review_id)) if command.reasons else "",
        decided_at=now, entered_by=actor.account_id,
    ))
    facts = _facts(session, plan, command)
    changes = {"item": command.item_id, "review": review_id, "doubts": list(against)}
    if command.outcome is ReviewOutcome.EXTENDED:
        move_plan(session, actor, plan, PlanState.EXTENDED, facts, now, changes=changes | {"extra_minutes": command.extra_minutes})
        if command.extra_minutes:
            _extend_module(session, plan, command)
        plan.total_minutes += command.extra_minutes
        plan.extended_count += 1
        plan.due_on, plan.review_due_on, plan.hours_reached_at = command.new_due_on or plan.due_on, None, None
        return against
    after = PlanState.COMPLETED if command.outcome is ReviewOutcome.COMPLETED else PlanState.NOT_COMPLETED
    move_plan(session, actor, plan, after, facts, now, changes=changes | {"cancelled": cancel_planned(session, plan, now)})
    if after is PlanState.COMPLETED:
        plan.ended_at = now
        schedule_contacts(session, actor, plan, now)
    return against


def _extend_module(session: Session, plan: EducationPlan, command: Decide) -> None:
    """The extra minutes belong to a module, so that lessons can be booked for them. Raises ReviewRefused."""
    rows = session.scalars(select(PlanModule).where(
        PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.minutes.desc(), PlanModule.sort_no)).all()
    chosen = next((m for m in rows if m.id == command.extra_module_id), None) if command.extra_module_id else next(iter(rows), None)
    if chosen is None:
        raise ReviewRefused(field="extra_module", why="extra")
    chosen.minutes += command.extra_minutes


def _checked(session: Session, plan: EducationPlan, command: Decide) -> tuple[str, ...]:
    if set(command.aims) - set(AIMS) or any(level not in LEVELS for level in command.aims.values()):
        raise ReviewRefused(field="aims", why="aims")
    psychologist = session.scalar(
        select(PlanSummary.conclusion).where(
            PlanSummary.district_id == plan.district_id, PlanSummary.plan_id == plan.id, PlanSummary.kind == Voice.PSYCHOLOGIST.value
        ).order_by(PlanSummary.entered_at.desc()).limit(1)
    )
    against = doubts(command.outcome, command.aims, command.other_side, psychologist or "")
    if blocking := BLOCKING & set(against):
        raise ReviewRefused(field="outcome", why="doubt", doubt=min(blocking))
    if against and not command.reasons.strip():
        raise ReviewRefused(field="reasons", why="reasons")
    if command.outcome is ReviewOutcome.EXTENDED:
        _refuse_no_extension(session, plan, command)
    return against


def _refuse_no_extension(session: Session, plan: EducationPlan, command: Decide) -> None:
    """An extension is a later day; it asks for more minutes where none are owed. Raises ReviewRefused."""
    owes = done_minutes(session, plan) < plan.total_minutes
    if command.new_due_on is None or command.new_due_on <= plan.due_on or command.extra_minutes < (0 if owes else 1):
        raise ReviewRefused(field="extra_minutes", why="later" if owes else "extra")


def _facts(session: Session, plan: EducationPlan, command: Decide) -> PlanFacts:
    voices = _voices(session, plan)
    return PlanFacts(
        total_minutes=plan.total_minutes, done_minutes=done_minutes(session, plan), resolution_adopted=True,
        pupil_heard=Voice.PUPIL in voices, guardian_heard=Voice.GUARDIAN in voices, psychologist_concluded=Voice.PSYCHOLOGIST in voices,
        guardian_parts_open=_parts_open(session, plan), extended_count=plan.extended_count, reason_given=bool(command.reasons.strip()),
    )


def _voices(session: Session, plan: EducationPlan) -> set[str]:
    return set(session.scalars(select(PlanSummary.kind).where(PlanSummary.district_id == plan.district_id, PlanSummary.plan_id == plan.id)))


def _parts_open(session: Session, plan: EducationPlan) -> int:
    query = select(GuardianPart.id).where(
        GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id, GuardianPart.done_at.is_(None),
        GuardianPart.waived_reason == "",
    )
    return len(session.scalars(query).all())


@dataclass(frozen=True, slots=True)
class Escalate:
    """What follows a plan that did not do, by a resolution of its own. ``kind`` is one of :data:`ESCALATIONS`."""

    plan_id: str
    item_id: str
    kind: str
    reasons: str


def escalate(session: Session, actor: Actor, ring: KeyRing, command: Escalate, now: datetime) -> str:
    """Carry out a further decision and return its id. A special school is only ever referred to: the bureau decides (domain.md case 86).

    Raises ReviewRefused, InvalidState, ResolutionNotUsable.
    """
    plan = locked_plan(session, actor, command.plan_id, now)
    if command.kind not in ESCALATIONS or not command.reasons.strip():
        raise ReviewRefused(field="kind", why="kind")
    use_resolution(session, actor, command.item_id, kind="escalation", matter_id=plan.case_id, object_id=plan.id, now=now)
    escalation_id = new_id()
    session.add(Escalation(
        district_id=plan.district_id, id=escalation_id, plan_id=plan.id, item_id=command.item_id, kind=command.kind,
        sealed_reasons=ring.seal(command.reasons, place("plan_escalation", "sealed_reasons", escalation_id)),
        state="referred" if command.kind in {"special_school_referral", "police"} else "decided", decided_at=now, entered_by=actor.account_id,
    ))
    move_plan(session, actor, plan, PlanState.ESCALATED, PlanFacts(resolution_adopted=True), now, changes={"escalation": escalation_id, "kind": command.kind})
    if command.kind != "special_school_referral":
        plan.ended_at = now
        schedule_contacts(session, actor, plan, now)
    return escalation_id


def answer_referral(session: Session, actor: Actor, escalation_id: str, answer: str, document: str, now: datetime) -> None:
    """Note what the bureau decided on a referral: the pupil stays on the home roll whatever it was, and the return may not be refused.

    Once. Only where the pupil was placed there the return home follows as a second word; every word stays in the steps. Raises NotFound,
    ReviewRefused.
    """
    row = session.get(Escalation, (actor.district_id, escalation_id))
    plan = locked_plan(session, actor, row.plan_id if row else "", now)
    if row is None or row.kind != "special_school_referral" or answer not in SPECIAL_SCHOOL_ANSWERS or not document.strip():
        raise ReviewRefused(field="answer", why="answer")
    session.refresh(row)  # under the lock of its plan
    before, paper_before = row.answer, row.answer_document
    if before and (before, answer) != ("placed", "returned_home"):
        raise ReviewRefused(field="answer", why="answered")
    row.state, row.answer, row.answer_document, row.answered_at = "answered", answer, document.strip()[:80], now
    note_step(session, actor, plan, "referral_answered", now, changes={
        "escalation": row.id, "answer": answer, "paper": row.answer_document, "before": before, "paper_before": paper_before,
    })
    if before:
        return
    plan.ended_at = plan.ended_at or now
    if answer == "placed":
        move_plan(session, actor, plan, PlanState.HANDED_OVER, PlanFacts(), now, changes={"escalation": row.id})
    session.flush()
    schedule_contacts(session, actor, plan, now)
