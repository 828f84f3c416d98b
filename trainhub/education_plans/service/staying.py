"""What the room of the appeals does to plans: by the determination they follow from, whoever of the county decided it.

The appeal was checked there; these steps find the plan by its determination, lock it and carry the decision out. A reviewer has no right
over plans of their own: that is why they come through here and nowhere else.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import DeterminationRef, determination_ref
from trainhub.education_plans.models import EducationPlan, PlanLesson
from trainhub.education_plans.registry import under_stay
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.service.follow_up import contacts_to_come, drop_contacts, settle_case
from trainhub.education_plans.service.running import (
    Amendment,
    Rest,
    amend_plan,
    done_minutes,
    rest_plan,
    resume_plan,
    revoke_plan,
)
from trainhub.education_plans.service.steps import note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.sealing import KeyRing


def plan_under(session: Session, district_id: str, determination_id: str) -> EducationPlan | None:
    """The newest plan that follows from a determination, locked; None where there is none."""
    query = select(EducationPlan).where(
        EducationPlan.district_id == district_id, EducationPlan.determination_id == determination_id
    ).order_by(EducationPlan.created_at.desc()).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).first()


def planned_lessons(session: Session, plan: EducationPlan) -> int:
    """How many lessons of a plan are still to come."""
    query = select(func.count()).where(PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state == "planned")
    return int(session.scalar(query) or 0)


def stay_plan(session: Session, actor: Actor, ring: KeyRing, determination_id: str, *, appeal_id: str, words: str, now: datetime) -> bool:
    """Let the plan rest by order of the county. Returns False where nothing is there or to come that could rest.

    A draft, or a plan that is still to be written, needs no rest: while the stay runs it is neither approved nor started.
    """
    plan = plan_under(session, actor.district_id, determination_id)
    if plan is None:
        found = determination_ref(session, actor.district_id, determination_id)
        return found.stands and found.outcome == "bullying"
    if plan.state == PlanState.DRAFTED.value:
        return True
    if PlanState(plan.state) in ENDED | {PlanState.STAYED, PlanState.NOT_COMPLETED, PlanState.HANDED_OVER}:
        return False
    if plan.state == PlanState.PAUSED.value:  # the order of the county goes before the school's own rest
        resume_plan(session, actor, plan, now)
    rest_plan(session, actor, ring, plan, Rest("stayed", local_day(now), words, appeal_id), now)
    return True


def unstay_plan(session: Session, actor: Actor, determination_id: str, *, now: datetime) -> int:
    """End the rest by order of the county and return its days; 0 where none runs. The plan may be under a newer finding by now."""
    found = determination_ref(session, actor.district_id, determination_id)
    plan = _open_plan(session, found)
    if plan is None or plan.state != PlanState.STAYED.value:
        return 0
    return resume_plan(session, actor, plan, now)


def revoke_under(session: Session, actor: Actor, determination_id: str, *, appeal_id: str, now: datetime) -> int:
    """Revoke the plan of an overturned determination and return how many lessons were cancelled.

    Whatever other plans the pupil has in this case, nobody is asked after a finding that fell; and without any plan the case goes on too.
    """
    plan, found = plan_under(session, actor.district_id, determination_id), determination_ref(session, actor.district_id, determination_id)
    cancelled = revoke_plan(session, actor, plan, now, appeal_id=appeal_id) if plan is not None else 0
    _drop_contacts(session, actor, found, now)
    settle_case(session, actor, found.case_id, now)
    return cancelled


def contacts_under(session: Session, district_id: str, determination_id: str) -> str | None:
    """The plan whose contacts with the pupil of a determination are still to come; None where none are."""
    found = determination_ref(session, district_id, determination_id)
    plan = _last_plan(session, found) if contacts_to_come(session, district_id, found.party_id) else None
    return plan.id if plan is not None else None


def _drop_contacts(session: Session, actor: Actor, found: DeterminationRef, now: datetime) -> None:
    """Ask after a pupil no more of whom no bullying is found any longer."""
    plan = _last_plan(session, found)
    if plan is not None:
        drop_contacts(session, actor, plan, now)


def _last_plan(session: Session, found: DeterminationRef) -> EducationPlan | None:
    query = select(EducationPlan).where(
        EducationPlan.district_id == found.district_id, EducationPlan.case_id == found.case_id, EducationPlan.party_id == found.party_id
    ).order_by(EducationPlan.created_at.desc(), EducationPlan.id.desc()).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).first()


def amend_under(session: Session, actor: Actor, determination_id: str, fresh_id: str, total_minutes: int, *, appeal_id: str, now: datetime) -> int:
    """Put the plan under the new version and its new total; done minutes carry over. Returns the surplus, noted and not banked."""
    plan = plan_under(session, actor.district_id, determination_id)
    if plan is None or PlanState(plan.state) in ENDED:
        return 0
    plan.determination_id = fresh_id
    if total_minutes <= 0:
        revoke_plan(session, actor, plan, now, appeal_id=appeal_id)
        return done_minutes(session, plan)
    return amend_plan(session, actor, plan, Amendment(total_minutes), now, by=appeal_id)


def follow_finding(session: Session, actor: Actor, found: DeterminationRef, now: datetime) -> bool:
    """Put the open plan of a pupil under a newer version of the finding in the same case; without bullying in it the plan ends.

    A rest until the school has found anew is over with that; a stay that still runs is not. More minutes are owed where the new version asks
    for more; fewer are a matter for the committee. Returns whether a plan moved.
    """
    if found.outcome != "bullying":
        _drop_contacts(session, actor, found, now)
    plan = _open_plan(session, found)
    if plan is None or plan.determination_id == found.determination_id:
        return False
    before, plan.determination_id = plan.determination_id, found.determination_id
    if found.outcome != "bullying":
        revoke_plan(session, actor, plan, now, appeal_id="")
        return True
    note_step(session, actor, plan, "found_anew", now, changes={"before": before, "determination": found.determination_id})
    if plan.state == PlanState.STAYED.value and not under_stay(session, plan.district_id, (before, found.determination_id)):
        resume_plan(session, actor, plan, now)
    if found.plan_minutes > plan.total_minutes:
        amend_plan(session, actor, plan, Amendment(found.plan_minutes), now, by=found.determination_id)
    return True


def _open_plan(session: Session, found: DeterminationRef) -> EducationPlan | None:
    """The plan of the pupil in this case that is not over, locked, whichever version of the finding it is under."""
    query = select(EducationPlan).where(
        EducationPlan.district_id == found.district_id, EducationPlan.case_id == found.case_id, EducationPlan.party_id == found.party_id,
        EducationPlan.state.not_in([state.value for state in ENDED]),
    ).order_by(EducationPlan.created_at.desc()).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).first()
