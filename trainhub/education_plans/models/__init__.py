"""Tables of education plans. Private to this room.

Whose plan it is stands in the case (``party_id``); here it is a code. Minutes are integers; what counts is what somebody other than
the instructor confirmed, and it only ever follows from append-only entries.
"""

from trainhub.education_plans.models.ending import CompletionReview, Escalation, FollowUp, PlanSummary
from trainhub.education_plans.models.hours import HourEntry, HourNote, HourProof, PlanBalance
from trainhub.education_plans.models.keeping import HandOver, SupportPlan, SupportStep
from trainhub.education_plans.models.plan import (
    EducationPlan,
    GuardianPart,
    PlanAvoid,
    PlanLesson,
    PlanModule,
    PlanPause,
    PlanStep,
)

__all__ = [
    "CompletionReview",
    "EducationPlan",
    "Escalation",
    "FollowUp",
    "GuardianPart",
    "HandOver",
    "HourEntry",
    "HourNote",
    "HourProof",
    "PlanAvoid",
    "PlanBalance",
    "PlanLesson",
    "PlanModule",
    "PlanPause",
    "PlanStep",
    "PlanSummary",
    "SupportPlan",
    "SupportStep",
]
