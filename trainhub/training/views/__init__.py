"""The pages of the yearly training. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("training", "trainhub.training", template_folder="templates")

from trainhub.training.views import (  # noqa: E402, F401  the modules add their routes
    closing,
    coverage,
    event_steps,
    events,
    exemptions,
    exports,
    home,
    hosted,
    ledger,
    overview,
    planning,
    standing,
    statements,
    workbooks,
)
