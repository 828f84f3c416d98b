"""How references to a plan read in the access log: numbers, never names."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, SupportPlan


def reference_numbers(session: Session, district_id: str, refs: Collection[str]) -> dict[str, str]:
    """References among ``refs`` that are of this room, as they are written: 26-03, S26-01. Two statements."""
    plans = select(EducationPlan.id, EducationPlan.year, EducationPlan.number).where(
        EducationPlan.district_id == district_id, EducationPlan.id.in_(refs)
    )
    support = select(SupportPlan.id, SupportPlan.code).where(SupportPlan.district_id == district_id, SupportPlan.id.in_(refs))
    return {row.id: f"{row.year % 100:02d}-{row.number:02d}" for row in session.execute(plans)} | {
        row.id: row.code for row in session.execute(support)
    }
