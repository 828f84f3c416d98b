"""Sources that speak while a session runs: codes on a projector, printed badges, devices that push.

The plugin knows the code or the protocol and is pure. Core keeps the keys and hands them in, knows who is signed in,
remembers what was used, and files the result as claims; nothing a plugin says makes a record by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from trainhub.plugin_api.contracts import SourceSpec

WhyDeclined = Literal["forged", "expired", "other_session", "not_open", "closed", "unknown_badge"]


@dataclass(frozen=True, slots=True)
class CheckInFrame:
    """What a code may know of a session. ``session`` is an opaque name; times are aware."""

    session: str
    opens_at: datetime
    starts_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What the projector shows from ``shown_at`` to ``next_at``: ``token`` as a picture, ``digits`` to type."""

    token: str
    digits: str
    shown_at: datetime
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Accepted:
    """A code was genuine. ``issued_at`` is when it was first shown, ``how`` what was said."""

    issued_at: datetime
    how: Literal["token", "digits"]


@dataclass(frozen=True, slots=True)
class Declined:
    """A code was not taken, and why."""

    reason: WhyDeclined


class CheckInSource(Protocol):
    """A rotating code. ``key`` is the session's own secret (32 bytes), made by core and never shown."""

    spec: SourceSpec

    def show(self, key: bytes, frame: CheckInFrame, now: datetime, settings: Mapping[str, Any]) -> ShownCode:
        """Return the code of this moment; nothing is made in advance or kept."""
        ...

    def accept(
        self, said: str, key: bytes, frame: CheckInFrame, now: datetime, settings: Mapping[str, Any]
    ) -> Accepted | Declined:
        """Judge what somebody scanned or typed at ``now``. Who they are is core's to know."""
        ...


class BadgeSource(Protocol):
    """Printed codes of people. ``key`` is the school's own secret, so that a badge of another school is not read."""

    spec: SourceSpec

    def badge(self, person_code: str, key: bytes) -> str:
        """Return the text to print for a person's code; it holds no name and no number of a person."""
        ...

    def person_code(self, said: str, key: bytes) -> str | Declined:
        """Return whose badge was scanned."""
        ...


@dataclass(frozen=True, slots=True)
class Pushed:
    """A request of a device as it came. ``headers`` are lower-case; ``path`` is what follows the device's address."""

    method: Literal["GET", "POST"]
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class PushEvent:
    """Somebody passed. ``event_id`` is unique on its device; ``at`` is the device's time, aware."""

    event_id: str
    at: datetime
    staff_no: str = ""
    device_pin: str = ""
    card_no: str = ""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PushBatch:
    """What a request said and what the device wants to hear.

    ``nonce`` is used once ("" where the protocol has none); ``sent_at`` is when the device says it sent it, held
    against the server's clock.
    """

    events: tuple[PushEvent, ...] = ()
    answer: bytes = b"OK"
    media_type: str = "text/plain"
    nonce: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PushRefused:
    """A request that is not taken: ``status`` 400, 401, 404 or 413, and a code for the log."""

    status: int
    code: str


class PushSource(Protocol):
    """A protocol that devices speak. ``key`` is the device's own secret."""

    spec: SourceSpec

    def receive(self, pushed: Pushed, key: bytes, settings: Mapping[str, Any]) -> PushBatch | PushRefused:
        """Check the signature, read the events. Pure."""
        ...
