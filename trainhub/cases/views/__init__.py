"""The pages of concerns and cases. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("cases", "trainhub.cases", template_folder="templates")

from trainhub.cases.views import (  # noqa: E402, F401  the modules add their routes
    aside,
    board,
    case,
    concerns,
    counts,
    determinations,
    notices,
    own_class,
    papers,
    parties,
    recording,
    relapse,
    reported,
    requests,
    second,
    today,
)
