"""Which rooms are registered, and who listens to whom."""

from importlib import import_module

from flask import Flask

from trainhub.app import happenings
from trainhub.attendance import registry as subjects
from trainhub.kernel.events import announcer
from trainhub.roster.events import StaffChanged
from trainhub.roster.service.opening import end_rights_with_employment
from trainhub.training import listeners
from trainhub.training.queries.rolls import roll_subjects
from trainhub.web import errors

ROOMS = ("accounts", "roster", "courses", "attendance", "training", "plugin_host")
MESSAGES = ("accounts", "roster", "courses", "attendance", "training", "documents", "plugin_host")


def register_rooms(app: Flask) -> None:
    """Register each room's blueprint and its sentences."""
    for room in ROOMS:
        app.register_blueprint(import_module(f"trainhub.{room}.views").blueprint)
    for room in MESSAGES:
        errors.collect(app, import_module(f"trainhub.{room}.messages").MESSAGES)


def listen() -> None:
    """Let projections follow what lower rooms announce, and lower rooms learn what only higher ones know."""
    subjects.describe_with("training_part", roll_subjects)
    if not announcer.has_listeners():
        announcer.listen(StaffChanged, end_rights_with_employment)
        listeners.register(announcer)
        happenings.listen(announcer)
