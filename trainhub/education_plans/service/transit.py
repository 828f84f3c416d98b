"""A plan on its way to another school follows its finding: amended, what goes along says so; fallen, it is taken back (cases 68, 69, 75).

Nothing of a finding that fell waits at another school, and nobody takes over what is not owed.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.service.noticing import settle
from trainhub.cases.service.steps import notify
from trainhub.education_plans.models import EducationPlan, HandOver, PlanStep
from trainhub.education_plans.rules.lifecycle import PlanFacts, PlanState
from trainhub.education_plans.service.steps import move_plan
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Role

TOLD = ("hand_over_waiting", "plan_amended")
SENT_WRONG = "hand_over_wrong"


def on_its_way(session: Session, plan: EducationPlan) -> HandOver | None:
    """The hand-over of a locked plan that the other school has not answered yet, locked too; the plan is always locked first."""
    if plan.state != PlanState.HANDED_OVER.value:
        return None
    query = select(HandOver).where(HandOver.district_id == plan.district_id, HandOver.plan_id == plan.id, HandOver.state == "sent")
    return session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).first()


def take_back(session: Session, plan: EducationPlan, row: HandOver, now: datetime) -> None:
    """End a hand-over that nobody may take over any more. The words that went along go with it; the plan itself holds them."""
    row.state, row.sealed_package, row.owed_minutes = "withdrawn", "", 0
    session.flush()
    settle(session, plan.district_id, TOLD, plan.case_id, now)
    _tell(session, plan, row, "hand_over_withdrawn", now)


def correct(session: Session, actor: Actor, plan: EducationPlan, done: int, now: datetime) -> None:
    """Follow an amendment of a plan that is on its way: the minutes that go along; with nothing owed any more it comes back."""
    row = on_its_way(session, plan)
    if row is None:
        return
    row.done_minutes, row.owed_minutes = done, max(0, plan.total_minutes - done)
    if row.owed_minutes:
        _tell(session, plan, row, "plan_amended", now)
        return
    take_back(session, plan, row, now)
    bring_back(session, actor, plan, row, now)


def bring_back(session: Session, actor: Actor, plan: EducationPlan, row: HandOver, now: datetime) -> None:
    """Let a plan that was sent run on where it was; one that was at rest is at rest again."""
    back, rested_from = PlanState(plan.resume_state), _rested_from(session, plan)
    move_plan(session, actor, plan, back, PlanFacts(resume_state=back.value), now, changes={"hand_over": row.id, "returned": True})
    plan.resume_state = rested_from


def _rested_from(session: Session, plan: EducationPlan) -> str:
    """What a plan that was at rest when it was sent goes back to when the rest ends."""
    sent = session.scalars(select(PlanStep).where(
        PlanStep.district_id == plan.district_id, PlanStep.plan_id == plan.id, PlanStep.to_state == PlanState.HANDED_OVER.value
    ).order_by(PlanStep.recorded_at.desc(), PlanStep.id.desc()).limit(1)).one()
    return str(sent.changes.get("resume", ""))


def _tell(session: Session, plan: EducationPlan, row: HandOver, code: str, now: datetime) -> None:
    """The other school; where that is outside the district, the secretary here, who tells it."""
    if row.to_school_id:
        notify(session, plan.district_id, row.to_school_id, code, now, role=Role.CASE_OFFICER, matter_id=plan.case_id, link="/hand-overs")
    else:
        notify(session, plan.district_id, plan.school_id, SENT_WRONG, now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id, link="/hand-overs")
