"""What plugins' formats carry away: hours of a school, calendars, a certificate; and one's own calendar address."""

from dataclasses import replace
from datetime import date
from typing import Any

from flask import Response, abort, current_app, request, url_for
from flask_babel import gettext as _

from trainhub.accounts.registry import calendar_items
from trainhub.kernel.clock import now
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import CalendarFeed, Certificate, ExporterSpec, HoursLedger
from trainhub.training.queries.calendar import subscribed_at, subscriber_of, training_sessions, trainings_of
from trainhub.training.queries.hours import hours_ledger
from trainhub.training.queries.statements import Statement, staff_no_of, statement_by_code
from trainhub.training.rules.statements import plain
from trainhub.training.service.calendar import end_subscription, renew_subscription
from trainhub.training.views import blueprint
from trainhub.training.views.formats import exported, formats
from trainhub.training.views.standing import school_asked, year_key
from trainhub.training.wording import MODES
from trainhub.web.context import current_actor, load_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

# --- hours of a school -----------------------------------------------------------------------------


@blueprint.get("/training/standing/exports/<key>")
@needs(Permission.STANDING_EXPORT)
def export_hours(key: str) -> Response:
    """Every verified minute of a school and year in a plugin's format; ``?school=`` and ``?year=`` as on the page."""
    actor = current_actor()
    school_id = school_asked(actor)
    ledger = hours_ledger(read_session(), actor.scope(Permission.STANDING_EXPORT), school_id, now(), year_key())
    return exported(key, _worded(ledger), "hours", actor.district_id, school_id)


def _worded(ledger: HoursLedger) -> HoursLedger:
    return replace(ledger, rows=tuple(replace(row, mode=str(MODES.get(row.mode, row.mode))) for row in ledger.rows))


# --- calendars ---------------------------------------------------------------------------------------


@blueprint.get("/training/events/<event_id>/exports/<key>")
@needs(Permission.TRAINING_READ)
def export_training(event_id: str, key: str) -> Response:
    """One training as a file for a calendar."""
    actor = current_actor()
    found = training_sessions(read_session(), actor.scope(Permission.TRAINING_READ), event_id, url_for("training.event", event_id=event_id, _external=True))
    return exported(key, CalendarFeed(found.title, found.items), "calendar", actor.district_id, found.school_id, found.course_id)


@blueprint.get("/calendar/<token>.ics")
@needs(Permission.PUBLIC_READ)
def calendar_feed(token: str) -> Response:
    """The trainings that the owner of an address is invited to, and what other rooms add. Whoever knows the address may fetch it."""
    owner = subscriber_of(read_session(), token)
    chosen = formats("calendar", owner.district_id)[:1] if owner else []
    if owner is None or not chosen:
        abort(404)
    items = trainings_of(read_session(), owner, now(), url_for("training.my_standing", _external=True))
    items += calendar_items(current_app, read_session(), owner.district_id, owner.person_id, now())
    answer = exported(chosen[0].key, CalendarFeed(_("My trainings"), tuple(sorted(items, key=lambda item: item.starts_at))), "calendar", owner.district_id)
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


@blueprint.route("/account/calendar", methods=["GET", "POST"])
@needs(get=Permission.ACCOUNT_OWN_READ, post=Permission.ACCOUNT_OWN_WRITE)
def own_calendar() -> Any:
    """See whether there is an address; make a new one, which is shown this once."""
    actor, address = current_actor(), ""
    if actor.person_id is None or not formats("calendar", actor.district_id):
        abort(404)
    if request.method == "POST":
        with transaction() as session:
            token = renew_subscription(session, actor, now())
        address = url_for("training.calendar_feed", token=token, _external=True)
    return page("training/own_calendar.html", address=address, since=subscribed_at(read_session(), actor))


@blueprint.post("/account/calendar/end")
@needs(Permission.ACCOUNT_OWN_WRITE)
def end_own_calendar() -> Any:
    """End the address."""
    with transaction() as session:
        end_subscription(session, current_actor())
    toast(_("The address no longer works. Delete the subscription in your calendar as well."))
    return redirect_to("training.own_calendar")


# --- a certificate -----------------------------------------------------------------------------------


@blueprint.get("/verify/<code>/exports/<key>")
@needs(Permission.ACCOUNT_OWN_READ)
def export_certificate(code: str, key: str) -> Response:
    """The statement of somebody who met the yearly duty as a certificate, for that person and their officer."""
    found = statement_by_code(read_session(), code)
    if found is None or not certificate_formats(found):
        abort(404)
    return exported(key, _certificate(found, code), "certificate", current_actor().district_id, found.school_id)


def certificate_formats(found: Statement) -> list[ExporterSpec]:
    """The formats that this reader may take a statement away in: none where the duty is not met or it was revoked."""
    actor = load_actor()
    if actor is None or found.district_id != actor.district_id or found.revoked_at is not None or found.printed["state"] != "met":
        return []
    own = actor.person_id == found.person_id
    if not own and not (actor.can(Permission.TRAINING_WRITE) and actor.scope(Permission.TRAINING_WRITE).covers_school(found.school_id)):
        return []
    return formats("certificate", actor.district_id)


def _certificate(found: Statement, code: str) -> Certificate:
    printed, text = found.printed, plain(code)
    dashed = "-".join(text[i : i + 4] for i in range(0, len(text), 4))
    days = [date.fromisoformat(row[0]) for row in printed["rows"]]
    issued_on = date.fromisoformat(printed["issued_on"])
    return Certificate(
        found.person_id, printed["name"], staff_no_of(read_session(), found), printed["school"], url_for("training.home", _external=True) + f"#{found.school_id}", printed["title"],
        printed["year"], printed["minutes"], printed["period_minutes"], max(days, default=issued_on), found.issued_at,
        url_for("training.verify", code=dashed, _external=True),
    )
