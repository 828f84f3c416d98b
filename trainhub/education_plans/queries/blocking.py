"""Which cases something in this room still needs: an open plan, a contact that has not been made. For sealing."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, FollowUp, HourEntry, SupportPlan
from trainhub.education_plans.queries.own import awaits_second
from trainhub.education_plans.rules.hours import AFTER_END, EntryKind
from trainhub.education_plans.rules.lifecycle import ENDED


def blocking(session: Session, district_id: str, case_ids: Collection[str]) -> set[str]:
    """Case ids with an open plan of hours, an open plan of support, a follow-up to come, or a correction that nobody has settled. Four statements."""
    plans = select(EducationPlan.case_id).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id.in_(case_ids), or_(
            and_(EducationPlan.ended_at.is_(None), EducationPlan.state.not_in([state.value for state in ENDED])),
            EducationPlan.erratum_at.is_not(None),
        ),
    )
    contacts = select(FollowUp.case_id).where(
        FollowUp.district_id == district_id, FollowUp.case_id.in_(case_ids), FollowUp.state == "scheduled"
    )
    support = select(SupportPlan.case_id).where(
        SupportPlan.district_id == district_id, SupportPlan.case_id.in_(case_ids), SupportPlan.state == "open"
    )
    corrected = select(EducationPlan.id).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id.in_(case_ids), EducationPlan.state.in_([state.value for state in AFTER_END])
    )
    asked = select(EducationPlan.case_id).join(
        HourEntry, and_(HourEntry.district_id == EducationPlan.district_id, HourEntry.plan_id == EducationPlan.id)
    ).where(
        HourEntry.district_id == district_id, HourEntry.plan_id.in_(corrected),
        HourEntry.kind == EntryKind.CORRECTION.value, awaits_second(),
    )
    return {case_id for query in (plans, contacts, support, asked) for case_id in session.scalars(query)}
