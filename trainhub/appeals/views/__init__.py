"""The pages of appeals. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("appeals", "trainhub.appeals", template_folder="templates")

from trainhub.appeals.views import deciding, desk, effects, filing, page  # noqa: E402, F401  the modules add their routes
