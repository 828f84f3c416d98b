"""The pages of concerns and cases. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("cases", "trainhub.cases", template_folder="templates")

from trainhub.cases.views import board, case, concerns, determinations, papers, parties, recording, second, today  # noqa: E402, F401  the modules add their routes
