"""Which rooms are registered, and who listens to whom."""

from importlib import import_module

from flask import Flask

from trainhub.accounts import registry as persons
from trainhub.app import happenings
from trainhub.attendance import registry as subjects
from trainhub.cases.queries.matters import CaseMatters
from trainhub.class_meetings import listeners as meetings
from trainhub.committees import registry as committee_matters
from trainhub.kernel.events import announcer
from trainhub.roster.events import StaffChanged
from trainhub.roster.service.opening import end_rights_with_employment
from trainhub.training import listeners
from trainhub.training.queries.rolls import roll_subjects
from trainhub.web import errors, today
from trainhub.web.keys import key_ring

ROOMS = ("accounts", "roster", "courses", "committees", "attendance", "training", "class_meetings", "cases", "education_plans", "plugin_host")
MESSAGES = ("accounts", "roster", "courses", "committees", "attendance", "training", "class_meetings", "cases", "education_plans", "documents", "plugin_host")


def register_rooms(app: Flask) -> None:
    """Register each room's blueprint and its sentences, and what rooms add to pages of other rooms."""
    from trainhub.accounts import access_log_messages, access_log_views
    from trainhub.cases.views import today as case_days
    from trainhub.class_meetings.views import calendars, own
    from trainhub.education_plans.views import hours

    for room in ROOMS:
        app.register_blueprint(import_module(f"trainhub.{room}.views").blueprint)
    app.register_blueprint(access_log_views.blueprint)
    errors.collect(app, access_log_messages.MESSAGES)
    today.contribute(app, own.contribute)
    today.contribute(app, hours.contribute)
    today.contribute(app, case_days.contribute)
    persons.contribute(app, calendars.own_items)
    for room in MESSAGES:
        errors.collect(app, import_module(f"trainhub.{room}.messages").MESSAGES)


def listen() -> None:
    """Let projections follow what lower rooms announce, and lower rooms learn what only higher ones know."""
    subjects.describe_with("training_part", roll_subjects)
    committee_matters.use_matters(CaseMatters(key_ring))
    if not announcer.has_listeners():
        announcer.listen(StaffChanged, end_rights_with_employment)
        listeners.register(announcer)
        meetings.register(announcer)
        happenings.listen(announcer)
