"""The pages of accounts. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("accounts", "trainhub.accounts", template_folder="templates")

from trainhub.accounts.views import second_factor, signing_in  # noqa: E402, F401  the modules add their routes
