"""Where others find a plan: the committee that votes on it, who keeps its case."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.registry import PlanLink
from trainhub.committees.registry import Listed
from trainhub.education_plans import hour_wording
from trainhub.education_plans.models import EducationPlan
from trainhub.education_plans.queries.access import those_seen, visible
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission


def plan_paths(session: Session, actor: Actor, items: Sequence[Listed], now: datetime) -> Mapping[str, str]:
    """The plan behind each item, for those for whom it is there. One statement."""
    plans = {one.item_id: one.object_id for one in items if one.object_id and one.kind not in {"determination", "other"}}
    if not plans or not actor.can(Permission.PLAN_READ):
        return {}
    there = those_seen(session, actor, Permission.PLAN_READ, set(plans.values()), now)
    return {item: url_for("education_plans.steps", plan_id=plan) for item, plan in plans.items() if plan in there}


def case_plans(session: Session, actor: Actor, case_id: str, now: datetime) -> Sequence[PlanLink]:
    """The plans of a case for the page of the case, but for what fell with its finding. One statement; codes only."""
    if not actor.can(Permission.PLAN_READ):
        return ()
    query = select(EducationPlan).where(
        visible(actor, Permission.PLAN_READ, now), EducationPlan.case_id == case_id, EducationPlan.state != PlanState.REVOKED.value
    ).order_by(EducationPlan.created_at, EducationPlan.id)
    return tuple(
        PlanLink(code_of(p.year, p.number), str(hour_wording.STATES[p.state]), url_for("education_plans.plan", plan_id=p.id)) for p in session.scalars(query)
    )
