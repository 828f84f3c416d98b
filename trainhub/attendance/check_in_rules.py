"""Rules of checking in: keys, when a code is taken, what a scan is worth. Pure; the time is an argument.

A code proves that a phone saw the projector, not that its owner sat in the room: a picture relayed at
once to somebody elsewhere cannot be told from a scan. So an entry is a claim, and the roll is closed
against counted heads.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from trainhub.attendance.reconciliation import Claim
from trainhub.kernel.minutes import Interval, whole_minute

OPENS_BEFORE = timedelta(minutes=30)
"""How long before a session its check-in opens."""
WAITS_BEFORE = timedelta(minutes=10)
"""How long before the opening a scan is kept and waits."""
TICKET = timedelta(minutes=10)
"""How long a scan is kept while somebody signs in."""
JUST_NOW = timedelta(minutes=1)
"""What the projector calls "just now"."""

How = Literal["token", "digits", "badge"]
QR, BADGE = "qr", "badge"
SHARED_DEVICE = "shared_device"


def sheet_key(sealing: bytes, district_id: str, sheet_id: str, rotation: int) -> bytes:
    """Return the secret of one sheet (32 bytes). A higher ``rotation`` makes every code shown so far worthless."""
    return _derived(sealing, "trainhub/check-in/1", district_id, sheet_id, str(rotation))


def badge_key(sealing: bytes, district_id: str, school_id: str) -> bytes:
    """Return the secret of one school's badges (32 bytes): a badge of another school is not read."""
    return _derived(sealing, "trainhub/badge/1", district_id, school_id)


def _derived(key: bytes, *parts: str) -> bytes:
    return hmac.new(key, json.dumps(parts).encode(), hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class BadgeCodes:
    """Which code stands on whose badge: the person's id, or a code of its own once the badge was made anew."""

    renewed: Mapping[str, str]

    def of(self, person_id: str) -> str:
        """The code to print."""
        return self.renewed.get(person_id, person_id)

    def person(self, code: str) -> str | None:
        """Whose badge it is; None for one that a newer badge replaced."""
        owner = next((person for person, held in self.renewed.items() if held == code), code)
        return owner if self.of(owner) == code else None


def device_mark(key: bytes, device: str) -> str:
    """Return what is kept of a device: the same within one session, unlinkable to any other. "" stays ""."""
    return hmac.new(key, b"device" + device.encode(), hashlib.sha256).hexdigest()[:32] if device else ""


@dataclass(frozen=True, slots=True)
class Opening:
    """When a session's check-in opens and closes; all aware."""

    opens_at: datetime
    starts_at: datetime
    closes_at: datetime
    grace_minutes: int

    @classmethod
    def of(cls, starts_at: datetime, ends_at: datetime, grace_minutes: int) -> "Opening":
        """Return the opening of a session."""
        return cls(starts_at - OPENS_BEFORE, starts_at, ends_at, grace_minutes)

    @property
    def late_after(self) -> datetime:
        """The last moment that is not late."""
        return self.starts_at + timedelta(minutes=self.grace_minutes)

    def may_wait(self, moment: datetime) -> bool:
        """Whether a scan came before the opening, but so little that it waits for it."""
        return self.opens_at - WAITS_BEFORE <= moment < self.opens_at

    def kept_until(self, scanned_at: datetime) -> datetime:
        """Return until when a scan may be redeemed."""
        return max(scanned_at, self.opens_at) + TICKET


@dataclass(frozen=True, slots=True)
class Scan:
    """A genuine code as it was seen: on which sheet, when by the server's clock, how.

    ``ticket`` names it, so that one scan serves one person; ``device`` is a :func:`device_mark`.
    """

    sheet_id: str
    scanned_at: datetime
    how: How
    ticket: str = ""
    device: str = ""


def claim_of(scan: Scan, person_id: str, opening: Opening, source: str = QR) -> Claim:
    """Return what a scan states: there from that minute on, late after the grace of the sheet."""
    arrived = whole_minute(scan.scanned_at)
    late = arrived > opening.late_after
    said = [scan.sheet_id, person_id, scan.scanned_at.isoformat(), scan.how]
    return Claim(
        source=source, external_id=f"{source}/{person_id}", raw_sha256=hashlib.sha256(json.dumps(said).encode()).hexdigest(),
        status="late" if late else "present", trust="device", arrived_at=arrived,
        late_minutes=int(Interval(opening.starts_at, arrived).minutes) if late else 0,
    )
