"""The push protocol of ZKTeco devices (``/iclock/...``), as much of it as attendance needs.

The base protocol has no authentication: core lets in only serial numbers that somebody entered and switched on.
A device sends a batch again until it reads ``OK: n``, so a punch is named by its PIN and its time. Names, identity
numbers and pictures that a device tells are not read at all.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from urllib.parse import parse_qs

from trainhub.plugin_api import PushBatch, Pushed, PushEvent, PushRefused, SourceSpec
from trainhub.plugin_api.cells import school_moment
from trainhub_device.punches import FIRST_YEAR

_PIN = re.compile(r"[0-9A-Za-z]{1,24}")
_STAMP = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[ T]([0-9]{2}):([0-9]{2}):([0-9]{2})")
_IDENTITY_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}")
_PASSWORD = "3"  # noqa: S105 - the protocol's code for "verified by password"
_MOST_LINES = 5_000
_OPTIONS = (
    "ATTLOGStamp=None", "OPERLOGStamp=9999", "ATTPHOTOStamp=None", "ErrorDelay=60", "Delay=30", "TransTimes=00:00;14:05",
    "TransInterval=1", "TransFlag=TransData AttLog", "TimeZone=8", "Realtime=1", "Encrypt=None",
)  # fmt: skip
"""What a device is told: send punches at once, and neither users, fingerprints nor pictures."""


class ZktecoPush:
    """Punches that a device sends by itself, and its questions in between."""

    spec = SourceSpec(
        key="zkteco",
        label="ZKTeco device (push)",
        kind="push",
        trust="device",
    )
    protocol = "iclock"
    """Its devices call ``/iclock/...`` and say who they are by ``SN``."""

    def receive(self, pushed: Pushed, key: bytes, settings: Mapping[str, Any]) -> PushBatch | PushRefused:
        """Answer one request of a device. Pure."""
        path = pushed.path.strip("/").lower().removesuffix(".aspx")
        if path in {"getrequest", "ping", "devicecmd", "registry", "push", "fdata", "rtdata"}:
            return PushBatch()
        if path != "cdata":
            return PushRefused(404, "unknown_path")
        if pushed.method == "GET":
            return PushBatch(answer=_options(pushed.query.get("SN", "")))
        table = pushed.query.get("table", "").upper()
        if table == "ATTLOG":
            return _punches(_text(pushed, "ascii"))
        if table in {"OPERLOG", "USERINFO"}:
            return PushBatch(
                answer=_ok(len(_text(pushed, "gb18030").splitlines()))
            )  # names of users: acknowledged, not read
        return PushBatch()  # pictures, options and other tables: heard, not read


def _ok(count: int) -> bytes:
    return f"OK:{count}".encode()


def _options(serial: str) -> bytes:
    safe = "".join(c for c in serial if c.isascii() and c.isalnum())[:40]
    return "\n".join((f"GET OPTION FROM: {safe}", *_OPTIONS, "")).encode()


def _text(pushed: Pushed, encoding: str) -> str:
    body = pushed.body
    if (
        pushed.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        and b"data=" in body[:200]
    ):
        return parse_qs(body.decode("ascii", "replace"), encoding=encoding, errors="replace").get("data", [""])[0]
    return body.decode(encoding, "replace")


def _punches(text: str) -> PushBatch | PushRefused:
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip("\0 ")]
    if len(lines) > _MOST_LINES:
        return PushRefused(413, "too_many_records")
    events: dict[str, PushEvent] = {}
    for line in lines:
        event = _event(line)
        if event is not None:
            events.setdefault(event.event_id, event)
    # Every line is acknowledged, a broken one too: a device repeats what it is not told OK for, for ever.
    return PushBatch(events=tuple(events.values()), answer=_ok(len(lines)))


def _event(line: str) -> PushEvent | None:
    """Read one record: Pin, Time, Status, Verify, Workcode, Reserved1, Reserved2, and more in newer firmware."""
    fields = [field.strip() for field in line.split("\t")]
    stamp = _STAMP.fullmatch(fields[1]) if len(fields) > 1 else None
    if stamp is None or not _PIN.fullmatch(fields[0]) or _is_identity_check(fields):
        return None
    if _IDENTITY_NUMBER.fullmatch(fields[0]):
        return None  # a device that uses citizen numbers as PINs is set up wrongly; they are not stored
    moment = _moment(*(int(part) for part in stamp.groups()))
    if moment is None:
        return None
    flags = (("password_verify",) if len(fields) > 3 and fields[3] == _PASSWORD else ()) + (
        ("device_clock_reset",) if int(stamp.group(1)) < FIRST_YEAR else ()
    )
    return PushEvent(f"{fields[0]}@{fields[1].replace(' ', 'T')}", moment, device_pin=fields[0], flags=flags)


def _is_identity_check(fields: list[str]) -> bool:
    """Whether a record of the sub-protocol for identity cards checks a card and is no attendance."""
    return len(fields) > 8 and bool(_IDENTITY_NUMBER.fullmatch(fields[7])) and fields[8] == "1"


def _moment(year: int, month: int, day: int, hour: int, minute: int, _second: int) -> datetime | None:
    try:
        return school_moment(date(year, month, day), time(hour, minute))
    except ValueError:
        return None
