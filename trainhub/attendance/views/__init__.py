"""Pages and endpoints of the rolls."""

from flask import Blueprint

blueprint = Blueprint("attendance", "trainhub.attendance", template_folder="templates")

from trainhub.attendance.views import (  # noqa: E402 - they register on the blueprint
    badges,  # noqa: F401
    check_in,  # noqa: F401
    columns,  # noqa: F401
    conflicts,  # noqa: F401
    desk,  # noqa: F401
    devices,  # noqa: F401
    imports,  # noqa: F401
    leave,  # noqa: F401
    projector,  # noqa: F401
    receiver,  # noqa: F401
    review,  # noqa: F401
    roll,  # noqa: F401
    signin,  # noqa: F401
)
