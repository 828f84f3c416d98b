"""Which rooms are registered, and who listens to whom."""

from importlib import import_module

from flask import Flask

from trainhub.accounts import registry as persons
from trainhub.accounts.access_log import describe_with
from trainhub.app import happenings
from trainhub.appeals.queries import numbers as appeal_numbers
from trainhub.appeals.queries.blocking import appeal_facts, stays_on
from trainhub.appeals.queries.held import held_in_appeals
from trainhub.attendance import registry as subjects
from trainhub.cases import listeners as case_listeners
from trainhub.cases.queries import numbers as case_numbers
from trainhub.cases.queries.determinations import with_determinations
from trainhub.cases.queries.held_in_cases import held_in_cases
from trainhub.cases.queries.matters import CaseMatters
from trainhub.cases.registry import count_plans_with, hold, know_facts, list_plans_with
from trainhub.cases.service.determining import note_defects
from trainhub.class_meetings import listeners as meetings
from trainhub.class_meetings.queries.held import held_in_meetings
from trainhub.committees import registry as committee_matters
from trainhub.committees.rules.happenings import ItemsDefective
from trainhub.education_plans import listeners as plans
from trainhub.education_plans.queries import numbers as plan_numbers
from trainhub.education_plans.queries.counts import plan_counts
from trainhub.education_plans.queries.held import held_in_plans, held_in_support
from trainhub.education_plans.registry import know_stays
from trainhub.education_plans.service.follow_up import plan_facts
from trainhub.kernel.events import announcer
from trainhub.kernel.held import Holder
from trainhub.roster.events import StaffChanged
from trainhub.roster.queries.held import held_in_roster
from trainhub.roster.service.opening import end_rights_with_employment
from trainhub.training import listeners
from trainhub.training.queries.rolls import roll_subjects
from trainhub.web import errors, today
from trainhub.web.keys import key_ring

ROOMS = ("accounts", "roster", "courses", "committees", "attendance", "training", "class_meetings", "cases", "education_plans", "appeals", "plugin_host")
MESSAGES = ("accounts", "roster", "courses", "committees", "attendance", "training", "class_meetings", "cases", "education_plans", "appeals", "documents", "plugin_host")

HOLDERS: dict[str, Holder] = {
    "roster": held_in_roster, "meetings": held_in_meetings, "cases": held_in_cases, "plans": held_in_plans, "support": held_in_support,
    "appeals": held_in_appeals,
}
"""Who holds what on a pupil, in the order of the answer to a guardian."""


def register_rooms(app: Flask) -> None:
    """Register each room's blueprint and its sentences, and what rooms add to pages of other rooms."""
    from trainhub.accounts import access_log_messages, access_log_views, denied, write_chain_views
    from trainhub.appeals.views import desk as appeal_desk
    from trainhub.cases.views import agenda as case_agenda
    from trainhub.cases.views import notices as case_notices
    from trainhub.cases.views import owed as case_owed
    from trainhub.cases.views import today as case_days
    from trainhub.class_meetings.views import calendars, own
    from trainhub.education_plans.views import agenda as plan_agenda
    from trainhub.education_plans.views import board as plans_board
    from trainhub.education_plans.views import hours

    for room in ROOMS:
        app.register_blueprint(import_module(f"trainhub.{room}.views").blueprint)
    app.register_blueprint(access_log_views.blueprint)
    app.register_blueprint(write_chain_views.blueprint)
    denied.install(app)
    errors.collect(app, access_log_messages.MESSAGES)
    for numbers in (case_numbers, plan_numbers, appeal_numbers):
        describe_with(app, numbers.reference_numbers)
    committee_matters.lead_to("cases", case_agenda.determination_paths)
    committee_matters.lead_to("education_plans", plan_agenda.plan_paths)
    list_plans_with(plan_agenda.case_plans)
    today.contribute(app, own.contribute)
    today.contribute(app, hours.contribute)
    today.contribute(app, plans_board.contribute)
    today.contribute(app, case_notices.contribute)
    today.contribute(app, case_days.contribute)
    today.contribute(app, case_owed.contribute)
    today.contribute(app, appeal_desk.contribute)
    persons.contribute(app, calendars.own_items)
    for room in MESSAGES:
        errors.collect(app, import_module(f"trainhub.{room}.messages").MESSAGES)


def listen() -> None:
    """Let projections follow what lower rooms announce, and lower rooms learn what only higher ones know."""
    subjects.describe_with("training_part", roll_subjects)
    committee_matters.use_matters(CaseMatters(key_ring))
    know_facts("determinations", with_determinations)
    know_facts("education_plans", plan_facts)
    know_facts("appeals", appeal_facts)
    know_stays("appeals", stays_on)
    for key, holder in HOLDERS.items():
        hold(key, holder)
    count_plans_with(plan_counts)
    if not announcer.has_listeners():
        announcer.listen(StaffChanged, end_rights_with_employment)
        listeners.register(announcer)
        meetings.register(announcer)
        case_listeners.register(announcer)
        plans.register(announcer)
        announcer.listen(ItemsDefective, note_defects)
        happenings.listen(announcer)
