"""The pages of education plans. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("education_plans", "trainhub.education_plans", template_folder="templates")

from trainhub.education_plans.views import (  # noqa: E402, F401  the modules add their routes
    board,
    changing,
    confirming,
    drafting,
    errata,
    follow_ups,
    hand_overs,
    hours,
    papers,
    plan_page,
    proofs,
    reviewing,
    scheduling,
    steps,
    support,
)
