"""A wrong hour found after the end of a plan: the red line is an erratum that stays visible, and what it leaves short is decided anew.

Whoever keeps the plan is told, the committee decides by a resolution of its own whether the end stands or the plan is taken up again. What
went to another school goes there corrected. Source: domain.md section 4: a closed period changes only through a reopen with approval and a
visible erratum; case 83.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.service.noticing import settle
from trainhub.cases.service.progress import taken_up_again
from trainhub.cases.service.steps import notify
from trainhub.committees.service.resolving import use_resolution
from trainhub.education_plans.models import EducationPlan, HandOver, PlanStep
from trainhub.education_plans.rules.lifecycle import ENDED, REOPENABLE, PlanFacts, PlanState
from trainhub.education_plans.service.follow_up import drop_contacts, settle_case
from trainhub.education_plans.service.running import Amendment, amend_plan, done_minutes
from trainhub.education_plans.service.steps import locked_plan, move_plan, note_step
from trainhub.education_plans.service.transit import SENT_WRONG
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing, place

FELL_SHORT = "hours_fell_short"
"""The word that waits for the secretary until the committee has decided."""
"""A school outside was given wrong hours: the secretary tells it."""
DECISIONS = ("stands", "reopened")


class ErratumRefused(DomainError):
    """It cannot be decided so; ``why``: nothing_open, resolution (older than the erratum), decision, due_on, state."""

    code = "plan_erratum_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class Erratum:
    """What a red line did to a plan that was over. ``number`` of the line; counted minutes before and after it."""

    number: int
    before: int
    after: int


def note_erratum(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, found: Erratum, now: datetime) -> None:
    """Write an erratum down, and see to what follows from it: the committee's word, or the hours that went to another school."""
    note_step(session, actor, plan, "erratum", now, changes={
        "line": found.number, "before": found.before, "done": found.after, "total_minutes": plan.total_minutes,
        "short": max(0, plan.total_minutes - found.after),
    })
    sent = _sent(session, plan)
    if sent is not None:
        _to_receiver(session, actor, ring, plan, sent, found, now)
    elif found.after < min(found.before, plan.total_minutes) and (plan.state == PlanState.COMPLETED.value or found.before >= plan.total_minutes):
        _to_committee(session, plan, now)


def _sent(session: Session, plan: EducationPlan) -> HandOver | None:
    """The hand-over under which a plan left, if it is on its way or was accepted."""
    query = select(HandOver).where(
        HandOver.district_id == plan.district_id, HandOver.plan_id == plan.id, HandOver.state.in_(("sent", "accepted"))
    ).order_by(HandOver.sent_at.desc()).with_for_update()
    return session.scalars(query).first() if PlanState(plan.state) in {PlanState.HANDED_OVER, PlanState.ACCEPTED} else None


def _to_committee(session: Session, plan: EducationPlan, now: datetime) -> None:
    """A plan that was over for its hours has not got them any more: until the committee has decided it is not over after all."""
    if plan.erratum_at is not None:
        return
    plan.erratum_at = now
    link = f"/plans/{plan.id}/erratum"
    notify(session, plan.district_id, plan.school_id, FELL_SHORT, now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id, link=link)


def _to_receiver(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, row: HandOver, found: Erratum, now: datetime) -> None:
    """The next school owes what was never given: the package says so, and a plan that runs there by now is put right."""
    row.done_minutes, row.owed_minutes = found.after, max(0, plan.total_minutes - found.after)
    spot = place("plan_hand_over", "sealed_package", row.id)
    row.sealed_package = ring.seal(
        json.dumps(json.loads(ring.unseal(row.sealed_package, spot)) | {"done_minutes": found.after}, ensure_ascii=False, sort_keys=True), spot
    )
    if row.state == "sent":
        return
    fresh = session.get(EducationPlan, (plan.district_id, row.new_plan_id), with_for_update=True, populate_existing=True) if row.new_plan_id else None
    if fresh is None:
        notify(session, plan.district_id, plan.school_id, SENT_WRONG, now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id, link="/hand-overs")
        return
    total = max(1, fresh.total_minutes + found.before - found.after)
    if PlanState(fresh.state) not in ENDED | REOPENABLE:
        amend_plan(session, actor, fresh, Amendment(total), now, by=row.id)
        notify(session, fresh.district_id, fresh.school_id, "plan_amended", now, role=Role.COMMITTEE_SECRETARY, matter_id=fresh.case_id, link=f"/plans/{fresh.id}")
        return
    done, before = done_minutes(session, fresh), fresh.total_minutes
    fresh.total_minutes = total
    note_step(session, actor, fresh, "erratum", now, changes={"by": row.id, "before": before, "total_minutes": total, "done": done, "short": max(0, total - done)})
    if PlanState(fresh.state) in REOPENABLE and done >= before and done < total:
        _to_committee(session, fresh, now)


@dataclass(frozen=True, slots=True)
class DecideErratum:
    """What the committee decided. ``decision``: stands (it stays over, short as it is) or reopened, then until ``due_on``."""

    plan_id: str
    item_id: str
    decision: str
    due_on: date | None = None


def decide_erratum(session: Session, actor: Actor, command: DecideErratum, now: datetime) -> None:
    """Carry out the committee's resolution on a plan that an erratum left short. Taken up again it owes what is missing.

    Raises NotFound, ErratumRefused, ResolutionNotUsable, InvalidState.
    """
    plan = locked_plan(session, actor, command.plan_id, now)
    if plan.erratum_at is None:
        raise ErratumRefused(why="nothing_open")
    if command.decision not in DECISIONS:
        raise ErratumRefused(field="decision", why="decision")
    again = command.decision == "reopened"
    if again and PlanState(plan.state) not in REOPENABLE:
        raise ErratumRefused(field="decision", why="state")
    if again and (command.due_on is None or command.due_on <= local_day(now)):
        raise ErratumRefused(field="due_on", why="due_on")
    used = use_resolution(session, actor, command.item_id, kind="plan_change", matter_id=plan.case_id, object_id=plan.id, now=now)
    if used.resolved_at is None or used.resolved_at < _noted_at(session, plan):  # it was about something else than this erratum
        raise ErratumRefused(field="item", why="resolution")
    note_step(session, actor, plan, "erratum_decided", now, changes={"item": command.item_id, "decision": command.decision})
    plan.erratum_at = None
    if again:
        _take_up(session, actor, plan, command, now)
    else:
        settle_case(session, actor, plan.case_id, now)
    settle(session, plan.district_id, [FELL_SHORT], plan.case_id, now, link=f"/plans/{plan.id}/erratum")


def _noted_at(session: Session, plan: EducationPlan) -> datetime:
    """When the last erratum was written down. One statement."""
    query = select(func.max(PlanStep.recorded_at)).where(
        PlanStep.district_id == plan.district_id, PlanStep.plan_id == plan.id, PlanStep.step == "erratum"
    )
    return session.scalar(query) or plan.created_at


def _take_up(session: Session, actor: Actor, plan: EducationPlan, command: DecideErratum, now: datetime) -> None:
    """The plan runs again until a later day; nobody is asked after its end before it has come. The case is carried out again."""
    plan.ended_at = plan.hours_reached_at = plan.review_due_on = None
    plan.due_on = command.due_on or plan.due_on
    facts = PlanFacts(total_minutes=plan.total_minutes, done_minutes=done_minutes(session, plan), resolution_adopted=True)
    move_plan(session, actor, plan, PlanState.ACTIVE, facts, now, changes={"item": command.item_id, "due_on": plan.due_on.isoformat()})
    drop_contacts(session, actor, plan, now)
    taken_up_again(session, actor, plan.case_id, now)
