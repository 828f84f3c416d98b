"""How many plans there are and what became of them: numbers by school, for tables that hide small ones."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.cases.registry import PlanCount
from trainhub.education_plans.models import EducationPlan, PlanBalance
from trainhub.education_plans.rules.lifecycle import PlanState

_COMPLETED, _NOT_COUNTED = PlanState.COMPLETED.value, frozenset({PlanState.REVOKED.value, PlanState.DRAFTED.value, PlanState.ACCEPTED.value})


def plan_counts(session: Session, district_id: str, first: datetime, end: datetime) -> Mapping[str, PlanCount]:
    """Plans made between two moments as they stood at the end: running, completed, ended otherwise. One statement.

    A plan that was revoked is none, and one that another school took over is counted there.
    """
    query = select(EducationPlan.school_id, EducationPlan.state, EducationPlan.ended_at, PlanBalance.done_minutes).outerjoin(
        PlanBalance, and_(PlanBalance.district_id == EducationPlan.district_id, PlanBalance.plan_id == EducationPlan.id)
    ).where(
        EducationPlan.district_id == district_id, EducationPlan.created_at >= first, EducationPlan.created_at < end,
        EducationPlan.state.not_in(_NOT_COUNTED),
    )
    found: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for school_id, state, ended_at, minutes in session.execute(query):
        over = ended_at is not None and ended_at < end
        found[school_id][(1 if state == _COMPLETED else 2) if over else 0] += 1
        found[school_id][3] += minutes or 0
    return {school: PlanCount(((row[0], row[1], row[2]),), row[3]) for school, row in found.items()}
