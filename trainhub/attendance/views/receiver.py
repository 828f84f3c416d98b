"""What devices send. Nobody is signed in: a device is known by its key, or by a serial number that was let in.

These views carry no CSRF token, because no browser calls them and no cookie gives a right here: a forged form of
somebody signed in would still need the device's key.
"""

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

from trainhub.attendance.queries import devices as queries
from trainhub.attendance.queries.devices import Listening
from trainhub.attendance.service import device_events, devices
from trainhub.attendance.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import CannotUnseal
from trainhub.plugin_api import Pushed, PushRefused
from trainhub.web.database import read_session, transaction, write_in_passing
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring

MOST_BYTES = 256 * 1024
ENDPOINTS = frozenset({"attendance.push", "attendance.iclock"})
"""Where a body is bounded before anything reads it."""
_HEADERS = ("content-type", "x-trainhub-timestamp", "x-trainhub-nonce", "x-trainhub-signature")


@blueprint.route("/push/<device_id>", methods=["POST"])
@needs(post=Permission.PUBLIC_WRITE)
def push(device_id: str) -> Response:
    """Take a signed batch."""
    device = queries.listening(read_session(), device_id)
    return _received(device, "") if device else _answer(404, "unknown_device")


@blueprint.route("/iclock/<path:path>", methods=["GET", "POST"])
@needs(get=Permission.PUBLIC_READ, post=Permission.PUBLIC_WRITE)
def iclock(path: str) -> Response:
    """Speak with devices that are known by their serial number, where any was let in."""
    session = read_session()
    device = queries.listening_by_serial(session, request.args.get("SN", "")[:40])
    if device is not None:
        return _received(device, path)
    if not queries.any_by_serial(session):
        return _answer(404, "unknown_device")
    current_app.logger.warning("a device with an unknown serial number called; nothing was kept")
    return Response(b"OK", 200, content_type="text/plain")  # so that it does not call again and again


VIEWS = (push, iclock)


def _received(device: Listening, path: str) -> Response:
    sources: Mapping[str, Any] = current_app.extensions["trainhub.push_sources_in"](device.district_id)
    source, moment = sources.get(device.source_key), now()
    if source is None:
        return _answer(404, "unknown_device")
    try:
        key = devices.key_of_device(key_ring(), device.district_id, device.id, device.sealed_key)
    except CannotUnseal:
        return _refused(device, 401, "key_unreadable")
    try:
        settings = current_app.extensions["trainhub.source_settings"](device.source_key, device.district_id, device.school_id)
    except DomainError as refused:  # a secret of the plugin is sealed under another key
        return _refused(device, refused.status, refused.code)
    batch = source.receive(_pushed(path, moment), key, settings)
    if isinstance(batch, PushRefused):
        return _refused(device, batch.status, batch.code)
    if request.method == "GET" or not (batch.events or batch.nonce):
        write_in_passing(lambda session: device_events.note_seen(session, device.district_id, device.id, moment))
        return Response(batch.answer, 200, content_type=batch.media_type)
    try:
        with transaction() as session:
            device_events.receive(session, device.district_id, device.id, batch, moment)
    except DomainError as refused:
        return _refused(device, refused.status, refused.code, refused.params.get("seconds"))
    return Response(batch.answer, 200, content_type=batch.media_type)


def _pushed(path: str, moment: Any) -> Pushed:
    return Pushed(
        "POST" if request.method == "POST" else "GET", path, dict(request.args),
        {name: request.headers.get(name, "") for name in _HEADERS}, request.get_data(), moment,
    )


def _refused(device: Listening, status: int, code: str, seconds: int | None = None) -> Response:
    moment = now()
    write_in_passing(lambda session: device_events.note_refusal(session, device.district_id, device.id, code, moment))
    answer = _answer(status, code)
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def _answer(status: int, code: str) -> Response:
    return current_app.response_class(f'{{"error": "{code}"}}\n', status, content_type="application/json")
