"""Devices of a school: how they are, adding one, its key, what waits for somebody's word."""

from typing import Any

from flask import current_app, request
from flask_babel import gettext as _

from trainhub.attendance import device_messages
from trainhub.attendance.queries import devices as queries
from trainhub.attendance.service import device_events, devices
from trainhub.attendance.service.device_events import DecideEvent
from trainhub.attendance.service.devices import AddDevice, BadDevice
from trainhub.attendance.views import blueprint
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.ROSTER_READ, Permission.ROSTER_WRITE


def _kinds() -> dict[str, Any]:
    """Return the protocols on offer here: key -> (label, whether its devices are known by serial number)."""
    return {
        key: (str(source.spec.label), getattr(getattr(source, "__wrapped__", source), "protocol", "") == "iclock")
        for key, source in current_app.extensions["trainhub.push_sources"].items()
    }


def _page(status: int = 200, **more: Any) -> Any:
    actor = current_actor()
    session, scope = read_session(), Scope(actor.district_id, frozenset({actor.org_id}))
    waiting = queries.waiting_events(session, scope, actor.org_id)
    unmatched = any(event.state == "unmatched" for event in waiting)
    staff = staff_on(session, scope, actor.org_id, local_day(now())) if unmatched and actor.can(WRITE) else []
    model = {"problem": "", "added": None, "name": "", "form": {}} | more
    return page(
        "attendance/devices.html", status, devices=queries.devices(session, scope, actor.org_id), waiting=waiting, staff=staff,
        kinds=_kinds(), words=device_messages, may_write=actor.can(WRITE), **model,
    )


@blueprint.route("/roster/devices", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def device_list() -> Any:
    """How the devices are; a POST adds one and shows its key, this once."""
    if request.method == "GET":
        return _page()
    form, kinds = request.form, _kinds()
    kind, by_serial = form.get("source_key", ""), kinds.get(form.get("source_key", ""), ("", False))[1]
    serial = form.get("serial_no", "").strip() if by_serial else ""
    try:
        if kind not in kinds or (by_serial and not serial):
            raise BadDevice(field="serial_no" if kind in kinds else "source_key")
        with transaction() as session:
            command = AddDevice(form.get("name", ""), form.get("place", ""), kind, serial)
            added = devices.add_device(session, current_actor(), command, key_ring(), now())
    except DomainError as refused:
        return _page(422, problem=sentence(refused), form=form)
    return _page(added=added, name=form.get("name", ""))


@blueprint.route("/roster/devices/<device_id>/key", methods=["POST"])
@needs(WRITE)
def device_key(device_id: str) -> Any:
    """Give a device a new key and show it, this once."""
    try:
        with transaction() as session:
            actor = current_actor()
            key = devices.rotate_key(session, actor, device_id, key_ring(), now())
            name = devices.device_of(session, actor, device_id).name
    except BadDevice as refused:
        return _page(422, problem=sentence(refused))
    return _page(added=devices.Added(device_id, key), name=name)


@blueprint.route("/roster/devices/<device_id>/switch", methods=["POST"])
@needs(WRITE)
def switch_device(device_id: str) -> Any:
    """Let a device in, or shut it out."""
    enabled = request.form.get("enabled") == "1"
    with transaction() as session:
        devices.switch_device(session, current_actor(), device_id, enabled=enabled, now=now())
    toast(_("The device is let in.") if enabled else _("The device is shut out. What it sent stays."))
    return redirect_to("attendance.device_list")


@blueprint.route("/roster/devices/<device_id>/events", methods=["POST"])
@needs(WRITE)
def decide_event(device_id: str) -> Any:
    """Take an event that was set aside, or discard it with a reason."""
    form = request.form
    command = DecideEvent(
        device_id, form.get("event_id", "")[:64], form.get("do") == "take", form.get("person_id", "")[:32], form.get("reason", "")
    )
    try:
        with transaction() as session:
            state = device_events.decide_event(session, current_actor(), command, now())
        toast(str(device_messages.DECIDED[state]))
    except DomainError as refused:
        if refused.status == 404:
            raise
        toast(sentence(refused), "error")
    return redirect_to("attendance.device_list")
