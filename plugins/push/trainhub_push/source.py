"""The protocol ``push``: JSON, signed with the device's own key.

``X-TrainHub-Signature: v1=<hex>`` is HMAC-SHA256 over ``timestamp + "." + nonce + "." + body``; the key is the text
that was shown once. The time and the nonce are judged by core, which knows the clock and what was used before.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from trainhub.plugin_api import PushBatch, Pushed, PushEvent, PushRefused, SourceSpec

MOST_EVENTS = 1_000
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ID = re.compile(r"[\x21-\x7e]{1,64}")
_WHO = {"staff_no": 40, "device_pin": 24, "card_no": 40}
_UNTIL = 4_102_444_800  # 2100


class SignedPush:
    """Whoever holds the key of a device speaks for it; nobody else does."""

    spec = SourceSpec(
        key="push",
        label="Signed push",
        kind="push",
        trust="device",
    )
    protocol = "signed"
    """Its devices call ``/push/<device>``."""

    def receive(self, pushed: Pushed, key: bytes, settings: Mapping[str, Any]) -> PushBatch | PushRefused:
        """Check the signature before anything of the body is understood. Pure."""
        if pushed.method != "POST":
            return PushRefused(404, "unknown_path")
        stamp, nonce = pushed.headers.get("x-trainhub-timestamp", ""), pushed.headers.get("x-trainhub-nonce", "")
        if not genuine(pushed.headers.get("x-trainhub-signature", ""), key, stamp, nonce, pushed.body):
            return PushRefused(401, "bad_signature")
        if not _NONCE.fullmatch(nonce):
            return PushRefused(400, "bad_nonce")
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 10 and 0 < int(stamp) < _UNTIL):
            return PushRefused(400, "bad_timestamp")
        events = _events(pushed.body)
        if isinstance(events, PushRefused):
            return events
        return PushBatch(
            events,
            answer=json.dumps({"ok": len(events)}).encode(),
            media_type="application/json",
            nonce=nonce,
            sent_at=datetime.fromtimestamp(int(stamp), UTC),
        )


def signature(key: bytes, stamp: str, nonce: str, body: bytes) -> str:
    """Return the signature of a request."""
    said = f"{stamp}.{nonce}.".encode() + body
    return "v1=" + hmac.new(key, said, hashlib.sha256).hexdigest()


def genuine(said: str, key: bytes, stamp: str, nonce: str, body: bytes) -> bool:
    """Whether a signature is that of the key, compared in constant time."""
    return bool(key) and hmac.compare_digest(
        said.encode("utf-8", "replace"), signature(key, stamp, nonce, body).encode()
    )


def _events(body: bytes) -> tuple[PushEvent, ...] | PushRefused:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return PushRefused(400, "bad_json")
    listed = said.get("events") if isinstance(said, dict) else None
    if not isinstance(listed, list):
        return PushRefused(400, "bad_json")
    if len(listed) > MOST_EVENTS:
        return PushRefused(413, "too_many_events")
    found = [_event(item) for item in listed]
    if any(event is None for event in found):
        return PushRefused(400, "bad_event")  # all or nothing: the sender is a program and can be mended
    return tuple({event.event_id: event for event in found if event is not None}.values())


def _event(item: Any) -> PushEvent | None:
    if not isinstance(item, dict) or not isinstance(item.get("id"), str) or not _ID.fullmatch(item["id"]):
        return None
    at = _moment(item.get("at"))
    who = {name: item.get(name, "") for name in _WHO}
    if at is None or not all(isinstance(v, str) and len(v) <= _WHO[n] and v.isprintable() for n, v in who.items()):
        return None
    if not (who["staff_no"] or who["device_pin"] or who["card_no"]):
        return None
    return PushEvent(item["id"], at, **who)


def _moment(value: object) -> datetime | None:
    """Read a time with its offset; a wall clock without one belongs to no time zone and is refused."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(second=0, microsecond=0) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
