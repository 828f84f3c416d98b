"""Badges: printed for chosen departments, scanned at the door, by the camera or a reader, with or without a network."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from trainhub.attendance import forms, queries, service
from trainhub.attendance.check_in_rules import BadgeCodes, badge_key
from trainhub.attendance.service import BadgeResult, BadgeScan
from trainhub.attendance.views import blueprint
from trainhub.documents import qr
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import BadgeSource, Declined
from trainhub.roster.queries import StaffOnDay, staff_on
from trainhub.roster.queries.identifiers import badge_codes
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import stable_key
from trainhub.web.pages import as_json, page, redirect_to, toast

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE
MOST = 200
"""Scans in one request; a device with more sends several."""


class BadgesOff(DomainError):
    """No plugin reads badges here."""

    code = "badge_off"
    status = 409


def _source() -> BadgeSource:
    found: BadgeSource | None = next(iter(current_app.extensions["trainhub.badges"].values()), None)
    if found is None:
        raise BadgesOff
    return found


@blueprint.route("/rolls/badges")
@needs(READ)
def print_badges() -> Any:
    """Badges of the actor's own school on A4, ten a page, for the departments ticked."""
    actor, moment = current_actor(), now()
    if not actor.can(WRITE):
        raise NotFound  # a badge in other hands lets anybody be scanned
    staff = staff_on(read_session(), actor.scope(READ), actor.org_id, local_day(moment))
    chosen, only = request.args.getlist("department"), request.args.get("person", "")
    codes = _codes(actor.district_id, actor.org_id)
    cards = [_card(p, codes, actor.district_id, actor.org_id) for p in staff if p.person_id == only or (p.department in chosen and not only)]
    return page("attendance/badges_print.html", chosen=chosen, staff=staff, school=actor.org_name, sheets=[cards[i:i + 10] for i in range(0, len(cards), 10)],
                departments=list(dict.fromkeys(p.department for p in staff)), count=len(cards))


@blueprint.route("/rolls/badges/renew", methods=["POST"])
@needs(WRITE)
def renew_badge() -> Any:
    """Make one person's badge anew: the one that was lost, or is in other hands, is worthless from now on."""
    actor, person_id = current_actor(), request.form.get("person_id", "")
    with transaction() as session:
        service.renew_badge(session, actor, person_id, now())
    toast(_("The old badge is worthless from now on. Print the new one."))
    return redirect_to("attendance.print_badges", person=person_id)


def _codes(district_id: str, school_id: str) -> BadgeCodes:
    return BadgeCodes(badge_codes(read_session(), district_id, school_id))


def _card(person: StaffOnDay, codes: BadgeCodes, district_id: str, school_id: str) -> dict[str, Any]:
    text = _source().badge(codes.of(person.person_id), badge_key(stable_key(), district_id, school_id))
    return {"name": person.name, "department": person.department, "code": qr.draw(text)}


@blueprint.route("/rolls/<sheet_id>/badges", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def badges(sheet_id: str) -> Any:
    """The page at the door; a POST is one badge of a page without scripts."""
    if request.method == "GET":
        return _door(sheet_id)
    results, names = _file(sheet_id, [{"op_id": request.form.get("op_id", ""), "code": request.form.get("code", "")}])
    toast(*_said(results[0], names))
    return redirect_to("attendance.badges", sheet_id=sheet_id)


def _door(sheet_id: str) -> Any:
    actor = current_actor()
    whole = queries.roll(read_session(), actor.scope(READ), sheet_id)
    actor.require(WRITE, whole.sheet.school_id)
    source, key = _source(), badge_key(stable_key(), whole.sheet.district_id, whole.sheet.school_id)
    codes = _codes(whole.sheet.district_id, whole.sheet.school_id)
    known = [(_digest(source.badge(codes.of(p.id), key)), p.name) for p in whole.people]
    return page("attendance/badges.html", sheet=whole.sheet, known=known, tally=whole.tally, op_id=new_id(), most=MOST,
                is_open=whole.sheet.state == "open")


def _digest(badge: str) -> str:
    """What the page knows of a badge: enough to name it while offline, not enough to print it."""
    return hashlib.sha256(badge.encode()).hexdigest()[:24]


@blueprint.route("/rolls/<sheet_id>/badges/batch", methods=["POST"])
@needs(WRITE)
def badge_batch(sheet_id: str) -> Any:
    """Scans of a device, maybe kept for hours; sent again, they change nothing. Answers each by its ``op_id``."""
    sent = request.get_json(silent=True)
    scans = sent.get("scans") if isinstance(sent, Mapping) else None
    if not isinstance(scans, list) or not 0 < len(scans) <= MOST or not all(isinstance(s, Mapping) for s in scans):
        raise forms.BadInput
    results, names = _file(sheet_id, scans)
    whole = queries.roll(read_session(), current_actor().scope(READ), sheet_id).tally
    shown = [{"op_id": r.op_id, "outcome": r.outcome, "name": names.get(r.person_id, "")} for r in results]
    return as_json({"results": shown, "there": whole.there, "expected": whole.expected})


def _file(sheet_id: str, sent: list[Any]) -> tuple[list[BadgeResult], dict[str, str]]:
    """Read badges, file those of this school, and name the people."""
    actor, moment = current_actor(), now()
    facts = queries.sheet_facts(read_session(), actor.scope(READ), sheet_id)
    source, key = _source(), badge_key(stable_key(), facts.district_id, facts.school_id)
    codes, scans, unknown = _codes(facts.district_id, facts.school_id), [], []
    for one in sent:
        op_id, code = forms.operation_id(str(one.get("op_id", ""))), source.person_code(str(one.get("code", "")), key)
        person = None if isinstance(code, Declined) else codes.person(code)
        if person is None:
            unknown.append(BadgeResult(op_id, "", "unknown"))
        else:
            scans.append(BadgeScan(op_id, person, _moment(one.get("at"), moment)))
    results: list[BadgeResult] = []
    if scans:
        with transaction() as session:
            results = service.check_in_badges(session, actor, sheet_id, scans, moment)
    return [*results, *unknown], queries.names_of(read_session(), actor.district_id, [s.person_id for s in scans])


def _moment(said: object, moment: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return moment
    return at if at.tzinfo else moment


def _said(result: BadgeResult, names: Mapping[str, str]) -> tuple[str, str]:
    name = names.get(result.person_id, "")
    if result.outcome == "in":
        return _("%(name)s is in", name=name), "ok"
    if result.outcome == "again":
        return _("%(name)s was in before", name=name), "info"
    if result.outcome == "not_on_list":
        return _("%(name)s is neither on this list nor on the staff", name=name or _("This person")), "warn"
    if result.outcome == "closed":
        return _("%(name)s was scanned after the session had ended: mark the person on the roll", name=name), "warn"
    if result.outcome == "refused":
        return _("Not sent and not kept: scan it again"), "error"
    return _("This is no badge of this school. Take the person's name on the roll instead."), "error"
