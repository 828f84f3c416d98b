"""Closing a year and amending it: preview, freeze, ask, decide."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import schools
from trainhub.training.queries.closing import closing as closing_of
from trainhub.training.queries.facts import year_of
from trainhub.training.queries.standing import school_name
from trainhub.training.service.closing import (
    CloseYear,
    DecideAmendment,
    RequestAmendment,
    close_year,
    decide_amendment,
    request_amendment,
)
from trainhub.training.views import blueprint
from trainhub.training.views.standing import school_asked, year_key
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ = Permission.SNAPSHOT_READ


@blueprint.get("/training/closing")
@needs(READ)
def closing() -> Any:
    """The year of a unit: what closing would do, or what was frozen and amended."""
    return _closing_page(school_asked(current_actor()), year_key())


def _closing_page(school_id: str, year: str | None, error: DomainError | None = None) -> Any:
    actor, session = current_actor(), read_session()
    scope, today = actor.scope(READ), local_day(now())
    present = year_of(session, actor.district_id, today)
    chosen = year_of(session, actor.district_id, today, year) if year else present
    found = closing_of(session, scope, school_id, chosen, now())
    units = schools(session, scope)
    sees_people = actor.can(Permission.STANDING_READ) and actor.scope(Permission.STANDING_READ).covers_school(school_id)
    mine = school_id == actor.org_id
    return page(
        "training/closing.html", 200 if error is None else error.status, found=found, school_id=school_id,
        school=school_name(session, scope, school_id), units=units if len(units) > 1 else [], sees_people=sees_people,
        years=[present.key, type(present)(present.start_year - 1, present.kind).key],
        may_close=mine and actor.can(Permission.SNAPSHOT_WRITE), may_ask=mine and actor.can(Permission.TRAINING_WRITE),
        asked_by_me=found.waiting is not None and found.waiting.closed_by_id == actor.account_id,
        error=sentence(error) if error else "", account_id=actor.account_id, today=today,
    )


@blueprint.post("/training/closing/close")
@needs(Permission.SNAPSHOT_WRITE)
def close() -> Any:
    """Freeze the year."""
    actor = current_actor()
    command = CloseYear(actor.org_id, request.form.get("year", ""), request.form.get("without_unverified") == "yes")
    try:
        with transaction() as session:
            close_year(session, actor, command, now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _closing_page(actor.org_id, command.year_key, error)
    toast(_("The year is closed. Its figures are frozen; later corrections appear beside them."))
    return redirect_to("training.closing", year=command.year_key)


@blueprint.post("/training/closing/amendment")
@needs(Permission.TRAINING_WRITE)
def ask_amendment() -> Any:
    """Ask for a new version of a closed year."""
    actor = current_actor()
    command = RequestAmendment(actor.org_id, request.form.get("year", ""), request.form.get("reason", ""))
    try:
        with transaction() as session:
            request_amendment(session, actor, command, now())
    except DomainError as error:
        if error.status == 404:
            raise
        return _closing_page(actor.org_id, command.year_key, error)
    toast(_("Your request is recorded. Somebody else has to approve it."))
    return redirect_to("training.closing", year=command.year_key)


@blueprint.post("/training/closing/<snapshot_id>/decision")
@needs(Permission.SNAPSHOT_WRITE)
def decide_on_amendment(snapshot_id: str) -> Any:
    """Approve or refuse an amendment."""
    approve = request.form.get("decision") == "approve"
    with transaction() as session:
        decide_amendment(session, current_actor(), DecideAmendment(snapshot_id, approve), now())
    toast(_("The amendment is published with its reason.") if approve else _("The request is refused; nothing changed."))
    return redirect_to("training.closing", year=request.form.get("year", "")[:12] or None)
