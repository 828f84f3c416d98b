"""Which cases something in this room still needs: an open plan, a contact that has not been made. For sealing."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, FollowUp, SupportPlan
from trainhub.education_plans.rules.lifecycle import ENDED


def blocking(session: Session, district_id: str, case_ids: Collection[str]) -> set[str]:
    """Case ids with an open plan of hours, an open plan of support, or a follow-up to come. Three statements."""
    plans = select(EducationPlan.case_id).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id.in_(case_ids), EducationPlan.ended_at.is_(None),
        EducationPlan.state.not_in([state.value for state in ENDED]),
    )
    contacts = select(FollowUp.case_id).where(
        FollowUp.district_id == district_id, FollowUp.case_id.in_(case_ids), FollowUp.state == "scheduled"
    )
    support = select(SupportPlan.case_id).where(
        SupportPlan.district_id == district_id, SupportPlan.case_id.in_(case_ids), SupportPlan.state == "open"
    )
    return {case_id for query in (plans, contacts, support) for case_id in session.scalars(query)}
