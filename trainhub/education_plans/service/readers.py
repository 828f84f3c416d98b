"""The psychologist whom a plan names reads it while it is open: their conclusion gates its end (domain.md sections 4 and 6)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.service.readers import Named, follow_plans
from trainhub.education_plans.models import EducationPlan
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState


def name_readers(session: Session, district_id: str, case_id: str, now: datetime) -> None:
    """Let the duties of psychologists follow the plans of a case that were approved and are not over. Idempotent.

    The teacher in charge gets none: whoever teaches sees their own lessons and the pupil taught, never the case.
    """
    session.flush()
    plans = session.scalars(select(EducationPlan).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id == case_id, EducationPlan.psychologist_id.is_not(None),
        EducationPlan.state.not_in([PlanState.DRAFTED.value, PlanState.HANDED_OVER.value, *(s.value for s in ENDED)]),
    ).order_by(EducationPlan.created_at))
    named = [Named(plan.psychologist_id or "", "psychologist", plan.school_id, f"/plans/{plan.id}/review") for plan in plans]
    follow_plans(session, district_id, case_id, named, now)
