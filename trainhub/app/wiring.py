"""Which rooms are registered, and who listens to whom."""

from importlib import import_module

from flask import Flask

from trainhub.accounts import registry as persons
from trainhub.app import happenings
from trainhub.attendance import registry as subjects
from trainhub.class_meetings import listeners as meetings
from trainhub.kernel.events import announcer
from trainhub.roster.events import StaffChanged
from trainhub.roster.service.opening import end_rights_with_employment
from trainhub.training import listeners
from trainhub.training.queries.rolls import roll_subjects
from trainhub.web import errors, today

ROOMS = ("accounts", "roster", "courses", "attendance", "training", "class_meetings", "plugin_host")
MESSAGES = ("accounts", "roster", "courses", "attendance", "training", "class_meetings", "documents", "plugin_host")


def register_rooms(app: Flask) -> None:
    """Register each room's blueprint and its sentences, and what rooms add to pages of other rooms."""
    from trainhub.class_meetings.views import calendars, own

    for room in ROOMS:
        app.register_blueprint(import_module(f"trainhub.{room}.views").blueprint)
    today.contribute(app, own.contribute)
    persons.contribute(app, calendars.own_items)
    for room in MESSAGES:
        errors.collect(app, import_module(f"trainhub.{room}.messages").MESSAGES)


def listen() -> None:
    """Let projections follow what lower rooms announce, and lower rooms learn what only higher ones know."""
    subjects.describe_with("training_part", roll_subjects)
    if not announcer.has_listeners():
        announcer.listen(StaffChanged, end_rights_with_employment)
        listeners.register(announcer)
        meetings.register(announcer)
        happenings.listen(announcer)
