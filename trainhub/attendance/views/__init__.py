"""Pages and endpoints of the rolls."""

from flask import Blueprint

blueprint = Blueprint("attendance", "trainhub.attendance", template_folder="templates")

from trainhub.attendance.views import imports, review, roll, signin  # noqa: E402, F401 - they register on the blueprint
