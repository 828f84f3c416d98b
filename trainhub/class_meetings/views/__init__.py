"""The pages of class meetings. One blueprint, one module per group of pages."""

from flask import Blueprint

blueprint = Blueprint("class_meetings", "trainhub.class_meetings", template_folder="templates")

from trainhub.class_meetings.views import (  # noqa: E402, F401  the modules add their routes
    activities,
    board,
    calendars,
    check,
    conventions,
    coverage,
    document,
    offline,
    own,
    planning,
    recording,
    roll_import,
    waves,
)
