"""Who keeps a plan hears that it falls behind while there is still time; if nothing changes, who leads the school hears it too (features H4).

Once per plan and stretch: a stretch begins when the pace says late and ends when it no longer does. Its beginning and end are steps of the
plan, so nobody is told twice, whenever the job runs. Notices lead to a plan and say nothing of it.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.service.noticing import settle
from trainhub.cases.service.steps import notify
from trainhub.education_plans.models import EducationPlan, PlanStep
from trainhub.education_plans.queries.plan_page import pace_today
from trainhub.education_plans.rules.lifecycle import RUNNING
from trainhub.education_plans.rules.pace import Alarm, alarm_of
from trainhub.education_plans.service.steps import note_step
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Role
from trainhub.roster.queries import policy_for

FELL, RAISED, CAUGHT_UP = "fell_behind", "behind_raised", "caught_up"
BEHIND, STILL = "plan_behind", "plan_behind_still"
"""Codes of the notices: to who keeps the plan, and to the principal."""


def watch_plans(session: Session, district_id: str, now: datetime) -> int:
    """Look at every plan of a district that runs and tell who must know. Returns how many stretches began, were raised or ended."""
    today = local_day(now)
    plans = session.scalars(select(EducationPlan).where(
        EducationPlan.district_id == district_id, EducationPlan.state.in_([s.value for s in RUNNING]), EducationPlan.starts_on <= today
    ).order_by(EducationPlan.id)).all()
    last = _last_words(session, district_id, {p.id for p in plans})
    moved = 0
    for plan in plans:
        step, since = last.get(plan.id, ("", None))
        days = (today - local_day(since)).days if since is not None else 0
        after = int(policy_for(session, district_id, plan.school_id, today)["plan_behind_days"])
        alarm = alarm_of(late=pace_today(session, plan, today).level == "late", told=step in {FELL, RAISED}, raised=step == RAISED, days=days, after=after)
        if alarm is not Alarm.NONE:
            moved += 1
            _carry_out(session, plan.id, district_id, alarm, now)
    return moved


def _last_words(session: Session, district_id: str, plan_ids: Collection[str]) -> dict[str, tuple[str, datetime]]:
    """The newest of these steps by plan, and since when it stands. One statement."""
    query = select(PlanStep.plan_id, PlanStep.step, PlanStep.recorded_at).where(
        PlanStep.district_id == district_id, PlanStep.plan_id.in_(plan_ids), PlanStep.step.in_((FELL, RAISED, CAUGHT_UP))
    ).order_by(PlanStep.recorded_at, PlanStep.id)
    return {plan_id: (step, at) for plan_id, step, at in session.execute(query)} if plan_ids else {}


def _carry_out(session: Session, plan_id: str, district_id: str, alarm: Alarm, now: datetime) -> None:
    plan = session.get_one(EducationPlan, (district_id, plan_id), with_for_update=True, populate_existing=True)
    by = Actor(SYSTEM, district_id, "", None, Role.COMMITTEE_SECRETARY, plan.school_id, "")
    link = f"/plans/{plan.id}"
    match alarm:
        case Alarm.TELL:
            note_step(session, by, plan, FELL, now)
            notify(session, district_id, plan.school_id, BEHIND, now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id, link=link)
            for account_id in _lead_accounts(session, plan, now):
                notify(session, district_id, plan.school_id, BEHIND, now, account_id=account_id, matter_id=plan.case_id, link=f"/my-lessons/{plan.id}")
        case Alarm.RAISE:
            note_step(session, by, plan, RAISED, now)
            notify(session, district_id, plan.school_id, STILL, now, role=Role.PRINCIPAL, matter_id=plan.case_id, link=link)
        case Alarm.END:
            note_step(session, by, plan, CAUGHT_UP, now)
            for way in (link, f"/my-lessons/{plan.id}"):
                settle(session, district_id, [BEHIND, STILL], plan.case_id, now, link=way)


def _lead_accounts(session: Session, plan: EducationPlan, now: datetime) -> list[str]:
    """Accounts of the teacher in charge that give lessons at the school today."""
    day = local_day(now)
    query = (
        select(Account.id).join(AccountGrant, and_(AccountGrant.district_id == Account.district_id, AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == plan.district_id, Account.person_id == (plan.lead_person_id or ""), Account.disabled_at.is_(None),
            AccountGrant.org_id == plan.school_id, AccountGrant.role == Role.PLAN_INSTRUCTOR.value, AccountGrant.from_on <= day,
            or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        ).distinct().order_by(Account.id)
    )
    return list(session.scalars(query))
