"""Sentences of the refusals of this room."""

from typing import Any

from trainhub.education_plans import keeping_wording
from trainhub.education_plans.hour_messages import HOURS
from trainhub.education_plans.plan_messages import PLANS

MESSAGES: dict[str, Any] = {
    **HOURS, **PLANS, **keeping_wording.MESSAGES,
}
