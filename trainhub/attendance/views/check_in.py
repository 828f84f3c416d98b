"""Checking in on one's own phone: scan, sign in where needed, one button, a result. GET never writes."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from trainhub.accounts.browser import known_device
from trainhub.attendance import service
from trainhub.attendance.check_in_rules import Scan, device_mark, sheet_key
from trainhub.attendance.queries.check_in import Desk, about, desk_of_code, desks_for, own_check_in
from trainhub.attendance.queries.check_in import desk as desk_of
from trainhub.attendance.service import CheckInRefused
from trainhub.attendance.views import blueprint, codes, tickets
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Accepted, Declined
from trainhub.web.context import current_actor, load_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import stable_key
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.CHECK_IN_OWN_READ, Permission.CHECK_IN_OWN_WRITE


@blueprint.route("/check-in/<code>")
@needs(Permission.PUBLIC_READ)
def scan(code: str) -> Any:
    """What the code on the projector opens. A genuine scan is kept; whoever is signed out signs in and finds it again."""
    moment = now()
    actor = load_actor()
    name, _dot, token = code[:200].partition(".")
    try:
        ticket = _ticket(desk_of_code(read_session(), name), token, actor, moment)
    except CheckInRefused as refused:
        return _refusal(refused)
    if actor is not None and not ticket.serves(actor, moment):
        return _refusal(CheckInRefused("not_on_list"))
    if actor is None:
        toast(_("Scanned at %(at)s. Sign in, your scan is kept until %(until)s.", at=time_text(moment), until=time_text(ticket.until)), "info")
        return tickets.keep(redirect_to("accounts.sign_in", next=tickets.PATH), ticket, moment)  # type: ignore[arg-type]
    return tickets.keep(_confirm(actor, ticket, moment), ticket, moment)


def _ticket(desk: Desk | None, token: str, actor: Actor | None, moment: datetime) -> tickets.Ticket:
    if desk is None or not any(sign.isalpha() for sign in token):
        raise CheckInRefused("forged")  # six digits are typed by whoever is signed in, where attempts are counted
    how = _accepted(codes.judged(desk, token, moment), desk, moment)
    return tickets.new_ticket(desk.district_id, desk.sheet_id, desk.opening, how, actor, moment)


def _accepted(found: Accepted | Declined, desk: Desk, moment: datetime) -> Any:
    """Return how a genuine code was said. One that comes a little before the opening is genuine too: it waits."""
    if desk.state != "open":
        raise CheckInRefused("closed")
    if isinstance(found, Accepted):
        if found.how != "token":
            raise CheckInRefused("forged")
        return found.how
    if found.reason == "not_open" and desk.opening.may_wait(moment):
        return "token"
    raise CheckInRefused(found.reason, at=time_text(desk.opening.opens_at))


@blueprint.route("/check-in", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def check_in() -> Any:
    """The kept scan with one big button, or the field for six digits; POST checks in."""
    actor, moment, ticket = current_actor(), now(), tickets.kept()
    if request.method == "GET":
        return _confirm(actor, ticket, moment) if ticket and ticket.serves(actor, moment) else _digits_page()
    digits = request.form.get("digits", "").strip()
    try:
        found = _by_digits(actor, digits, moment) if digits else _by_ticket(actor, ticket, moment)
    except DomainError as refused:
        if getattr(refused, "reason", "") == "not_open" and ticket and not digits:
            return _confirm(actor, ticket, moment, 409)
        return _refusal(refused)
    if found.again:
        toast(_("You had checked in before; nothing changed."), "info")
    return tickets.drop(redirect_to("attendance.checked_in", sheet_id=found.sheet_id))  # type: ignore[arg-type]


def _by_ticket(actor: Actor, ticket: tickets.Ticket | None, moment: datetime) -> service.CheckedIn:
    if ticket is None or not ticket.serves(actor, moment):
        raise CheckInRefused("not_kept")
    return _redeem(actor, Scan(ticket.sheet_id, ticket.scanned_at, ticket.how, ticket.name), moment)


def _by_digits(actor: Actor, digits: str, moment: datetime) -> service.CheckedIn:
    with transaction() as session:
        service.take_attempt(session, actor, moment)
    refused = CheckInRefused("forged")
    for desk in desks_for(read_session(), actor, moment):
        found = codes.judged(desk, digits, moment)
        if isinstance(found, Accepted):
            return _redeem(actor, Scan(desk.sheet_id, moment, "digits"), moment)
        if found.reason != "forged":
            refused = CheckInRefused(found.reason, at=time_text(desk.opening.opens_at))
    raise refused


def _redeem(actor: Actor, seen: Scan, moment: datetime) -> service.CheckedIn:
    mark = device_mark(sheet_key(stable_key(), actor.district_id, seen.sheet_id, 0), known_device(current_app))
    with transaction() as session:
        return service.check_in(session, actor, replace(seen, device=mark), moment)


@blueprint.route("/check-in/done/<sheet_id>")
@needs(READ)
def checked_in(sheet_id: str) -> Any:
    """One's own check-in: when, late or not."""
    return page("attendance/checked_in.html", own=own_check_in(read_session(), current_actor(), sheet_id))


def _confirm(actor: Actor, ticket: tickets.Ticket, moment: datetime, status: int = 200) -> Any:
    """Name, session and one big button; before the opening, when it opens."""
    try:
        desk = desk_of(read_session(), Scope(ticket.district_id, None), ticket.sheet_id)
    except NotFound:
        return _refusal(CheckInRefused("forged"))
    wait = int((desk.opening.opens_at - moment).total_seconds()) + 1 if moment < desk.opening.opens_at else 0
    return page(
        "attendance/check_in.html", status, desk=desk, about=about(read_session(), desk), name=actor.display_name,
        scanned_at=ticket.scanned_at, wait=wait,
    )


def _digits_page() -> Any:
    return page("attendance/check_in.html", desk=None, about=None, name=current_actor().display_name, scanned_at=None, wait=0)


def _refusal(refused: DomainError) -> Any:
    """Say what happened and what to do; nothing was written."""
    return page("attendance/check_in_refused.html", refused.status, problem=sentence(refused), signed_in=load_actor() is not None)
