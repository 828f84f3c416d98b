"""What an event of a device is worth before anybody's roll is looked at. Pure."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from trainhub.attendance.reconciliation import Claim
from trainhub.attendance.rules import Score, score
from trainhub.kernel.clock import local
from trainhub.kernel.minutes import whole_minute
from trainhub.plugin_api import AttendanceReading, PushEvent, SessionFrame

SKEW = timedelta(minutes=5)
"""A device whose clock is further off is set aside with both times (security: device time beside server time)."""
JUST_ENDED = timedelta(hours=24)
"""So long after its end a roll that is still open takes events: a device that was off the network sends them late."""
KEEP = timedelta(days=7)
"""Events outside any session are kept so long, in case a roll is opened late."""
KEEP_NONCES = timedelta(days=2)
REQUESTS, MINUTE = 600, timedelta(minutes=1)
"""A device may call so often in a minute. Counted per device: a school has one address."""
DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Timed:
    """When an event counts, and why it is set aside ("" where it is not)."""

    at: datetime
    reason: str = ""


def skew_of(sent_at: datetime | None, now: datetime) -> int:
    """Return how many seconds the device's clock is ahead; 0 where it did not say the time."""
    return max(-(2**31), min(2**31 - 1, int((sent_at - now).total_seconds()))) if sent_at else 0


def timed(event: PushEvent, skew_seconds: int, now: datetime) -> Timed:
    """Judge the time of an event.

    A wrong clock sets it aside: by what the device said of its own time, by a year before any device, or because
    the event lies ahead of the server's clock. What it would count as, if somebody takes it, is corrected by what
    is known of the skew.
    """
    skew = timedelta(seconds=skew_seconds)
    if "device_clock_reset" in event.flags:
        return Timed(whole_minute(now), "device_clock_reset")
    if abs(skew) > SKEW:
        return Timed(whole_minute(event.at - skew), "clock_skew")
    if event.at - now > SKEW:
        return Timed(whole_minute(now), "from_the_future")
    return Timed(whole_minute(event.at))


def reading_of(event_id: str, staff_no: str, pin: str, card: str) -> AttendanceReading:
    """Return an event as a reading, to be matched like any other."""
    return AttendanceReading(row=0, staff_no=staff_no, device_pin=pin, card_no=card, external_id=event_id)


def claim_of(
    source_key: str, person_id: str, passages: Collection[tuple[str, datetime]], flags: Iterable[str], frame: SessionFrame,
    *, signed: bool = True,
) -> Claim | None:
    """Return what all events of a source say about one person on one roll; None where they prove no presence.

    ``passages`` are (name of the event, time). Without a signature whoever knows the serial number could have sent
    them: such a claim is no stronger than what people say of themselves. A device that saw nobody states nothing: absence is not its to say.
    """
    times = tuple(sorted({at for _name, at in passages}))
    found = score([AttendanceReading(row=0, punches=times, flags=tuple(dict.fromkeys(flags)))], frame)
    status = status_of(found)
    if status is None:
        return None
    said = "\n".join(sorted(name for name, _at in passages))
    return Claim(
        source=f"{DEVICE}:{source_key}", external_id=f"{source_key}@{person_id}", raw_sha256=hashlib.sha256(said.encode()).hexdigest(),
        status=status, trust="device" if signed else "self_report", arrived_at=found.check_in if found.check_in and found.check_in > frame.starts_at else None,
        left_at=found.check_out if found.check_out and found.check_out < frame.ends_at else None,
        late_minutes=found.late_minutes or 0, minutes=found.minutes, cells=tuple(f"{local(at):%H:%M}" for at in times[:12]),
    )


def status_of(found: Score) -> str | None:
    """Return the status of the roll that a score means, None where it is no presence."""
    if found.status not in ("present", "late"):
        return None
    return "left_early" if found.left_early and found.status == "present" else found.status
