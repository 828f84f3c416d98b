"""The pages of the committee. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("committees", "trainhub.committees", template_folder="templates")

from trainhub.committees.views import items, papers, register, sittings  # noqa: E402, F401  the modules add their routes
