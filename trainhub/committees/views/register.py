"""The register: seats, who fills them, what the rule set says; founding, filling, ending, a new term."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.committees import forms, wording
from trainhub.committees.queries.composition import OnDay, memberships_of, register
from trainhub.committees.queries.resolutions import defective_items
from trainhub.committees.rules.composition import OWN_STAFF, SeatKind, proposed_seats, rule_set_on
from trainhub.committees.service.register import (
    END_REASONS,
    FoundCommittee,
    add_seat,
    close_seat,
    declare_interests,
    end_membership,
    fill_seat,
    found_committee,
    renew,
)
from trainhub.committees.views import blueprint
from trainhub.committees.views.steps import done
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import StaffOnDay, org, staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

READ, WRITE, OWN = Permission.COMMITTEE_READ, Permission.COMMITTEE_WRITE, Permission.RECUSAL_OWN_WRITE
HOME = "/committee"


def shown_day() -> Any:
    """The day a page is asked for, today without one."""
    try:
        return forms.optional_day(request.args, "day") or local_day(now())
    except DomainError:
        return local_day(now())


@blueprint.get(HOME)
@needs(READ)
def register_page() -> Response:
    """Who sits on the committee on a day, and whether that makes one."""
    actor, session, day = current_actor(), read_session(), shown_day()
    scope = actor.scope(READ)
    found = register(session, scope, actor.org_id, day)
    own = {m for m, _school, _kind in memberships_of(session, actor.district_id, person_id=actor.person_id, account_id=actor.account_id, day=day)}
    defects = defective_items(session, scope, actor.org_id, actor) if actor.can(WRITE) else []
    return page(
        "committees/register.html", found=found, words=wording, own=own, defects=defects, day=day, today=local_day(now()), may_write=actor.can(WRITE),
        unit=org(session, scope, actor.org_id), kinds=list(SeatKind), end_reasons=END_REASONS,
    )  # fmt: skip


@blueprint.route("/committee/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def new_committee() -> Any:
    """Found the committee with the seats that the rule set asks for."""
    actor = current_actor()
    if not actor.can(WRITE):
        raise NotFound
    if request.method == "GET":
        return _new(page)
    try:
        with transaction() as session:
            form = request.form
            found_committee(session, actor, FoundCommittee(
                actor.org_id, form.get("name", ""), forms.day_of(form, "from_on"), forms.optional_day(form, "to_on"), forms.lines_of(form)
            ), now())  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _new(form_page, error)
    toast(_("The committee is founded. Fill its seats now."))
    return redirect_to("committees.register_page")


def _new(answer: Any, error: DomainError | None = None) -> Response:
    actor, session, today = current_actor(), read_session(), local_day(now())
    found = register(session, actor.scope(READ), actor.org_id, today)
    rules = rule_set_on(found.constitution.rule_set, today)
    counts: dict[str, int] = {}
    for line in proposed_seats(rules, found.constitution.stages):
        counts[line.kind.value] = counts.get(line.kind.value, 0) + 1
    shown: Response = answer(
        "committees/new.html", words=wording, kinds=list(SeatKind), counts=counts, rules=rules, fields=request.form, today=today,
        error=wording.refusal_words(error) if error else "", field=error.field if error else "", found=found,
    )  # fmt: skip
    return shown


@blueprint.route("/committee/seats/<seat_id>/fill", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def fill(seat_id: str) -> Any:
    """Let somebody take a seat."""
    if request.method == "GET":
        return _fill(page, seat_id)
    try:
        with transaction() as session:
            fill_seat(session, current_actor(), forms.member_of(request.form, seat_id), now(), ring=key_ring())
    except NotFound:
        raise
    except DomainError as error:
        return _fill(form_page, seat_id, error)
    toast(_("The seat is filled."))
    return redirect_to("committees.register_page")


def _fill(answer: Any, seat_id: str, error: DomainError | None = None) -> Response:
    actor, session, today = current_actor(), read_session(), local_day(now())
    found = register(session, actor.scope(READ), actor.org_id, today)
    seat = next((s for s in found.seats if s.id == seat_id), None)
    if seat is None or not actor.can(WRITE):
        raise NotFound
    number = 1 + sum(1 for s in found.seats if s.kind is seat.kind and s.member is not None)
    shown: Response = answer(
        "committees/fill.html", words=wording, seat=seat, committee=found.committee, fields=request.form, today=today,
        people=_people(session, actor.scope(READ), actor.org_id, today, seat.kind), inside=seat.kind in OWN_STAFF,
        neutral=f"{wording.SEATS[seat.kind]} {number}", error=wording.refusal_words(error) if error else "", field=error.field if error else "",
    )  # fmt: skip
    return shown


def _people(session: Any, scope: Scope, school_id: str, day: Any, kind: SeatKind) -> list[StaffOnDay]:
    """Whom the roster offers for a seat: the staff for the school's own seats, people from outside for the others."""
    if kind is SeatKind.STUDENT:
        return []
    return [s for s in staff_on(session, scope, school_id, day) if (s.category == "external") != (kind in OWN_STAFF)]


@blueprint.post("/committee/seats")
@needs(WRITE)
def more_seats() -> Any:
    """Add a seat."""
    form = request.form
    return done(lambda session, actor, moment: add_seat(session, actor, form.get("committee", "")[:32], forms.seat_of(form), moment),
                _("The seat is there. Fill it now."), HOME)  # fmt: skip


@blueprint.post("/committee/seats/<seat_id>/close")
@needs(WRITE)
def close_one(seat_id: str) -> Any:
    """Close a seat from a day on."""
    return done(lambda session, actor, moment: close_seat(session, actor, seat_id, forms.day_of(request.form, "on"), moment), _("The seat is closed."), HOME)


@blueprint.post("/committee/members/<member_id>/end")
@needs(WRITE)
def end_one(member_id: str) -> Any:
    """End a membership with its last day."""
    form = request.form
    return done(
        lambda session, actor, moment: end_membership(session, actor, member_id, forms.day_of(form, "last_day"), form.get("reason", ""), moment),
        _("The membership ends on that day."), HOME,
    )  # fmt: skip


@blueprint.post("/committee/members/<member_id>/declare")
@needs(OWN)
def declare(member_id: str) -> Any:
    """Declare one's interests, or note a declaration on paper."""
    return done(lambda session, actor, moment: declare_interests(session, actor, member_id, moment), _("Noted: interests were declared today."), HOME)


@blueprint.route("/committee/renew", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def new_term() -> Any:
    """Begin a new term with the same seats."""
    actor = current_actor()
    if not actor.can(WRITE):
        raise NotFound
    if request.method == "GET":
        return _renew(page)
    form = request.form
    try:
        with transaction() as session:
            renew(
                session, actor, form.get("committee", "")[:32], form.get("name", ""), forms.day_of(form, "from_on"), forms.optional_day(form, "to_on"),
                frozenset(form.getlist("keep")[:60]), now(), ring=key_ring(),
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _renew(form_page, error)
    toast(_("The new term is entered. Fill the seats that are empty."))
    return redirect_to("committees.register_page")


def _renew(answer: Any, error: DomainError | None = None) -> Response:
    actor, session, today = current_actor(), read_session(), local_day(now())
    found: OnDay = register(session, actor.scope(READ), actor.org_id, today)
    if found.committee is None:
        raise NotFound
    shown: Response = answer(
        "committees/renew.html", words=wording, found=found, fields=request.form, kept=set(request.form.getlist("keep")),
        error=wording.refusal_words(error) if error else "", field=error.field if error else "", back=url_for("committees.register_page"),
    )  # fmt: skip
    return shown


