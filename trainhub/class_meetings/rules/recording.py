"""What may be recorded of a meeting. Pure.

Presence is the default: only exceptions are noted. Which steps of the pack were done and for how long is kept, because dose and
fidelity decide whether such lessons work.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

ABSENT = frozenset({"absent", "excused"})
STATUSES = ("absent", "excused", "late", "left_early")
LEAVE_TYPES = ("sick", "personal", "official")
ENGAGEMENTS = ("high", "middle", "low")
MOST_TEXT = 2000
MOST_LINE = 200
MOST_STEPS = 40
MOST_PHOTOS = 3
MOST_MINUTES = 240
AHEAD, BEHIND = timedelta(minutes=10), timedelta(days=1)
"""How far a phone's clock may be from the server's before it is held to be wrong."""

TextField = Literal["worked", "again", "agreed"]


@dataclass(frozen=True, slots=True)
class StepDone:
    """One step of the pack: ``planned`` minutes, whether it was done, and the minutes it really took (0 where not done)."""

    title: str
    planned: int
    done: bool
    minutes: int


@dataclass(frozen=True, slots=True)
class Absence:
    """A pupil who was not there or not all the time."""

    student_id: str
    status: str
    leave_type: str = ""


def record_problems(steps: Sequence[StepDone], absences: Sequence[Absence], pupils: Collection[str], engagement: str, texts: Mapping[str, str]) -> list[str]:
    """Return codes of what is wrong with a record, empty when nothing is.

    ``unknown_pupil`` (not in the class on the day: left, or never there), ``pupil_twice``, ``unknown_status``,
    ``unknown_leave_type``, ``step_minutes``, ``nothing_done`` (a meeting without any step was not held),
    ``unknown_engagement``, ``text_too_long``.
    """
    found = []
    ids = [a.student_id for a in absences]
    if not set(ids) <= set(pupils):
        found.append("unknown_pupil")
    if len(ids) != len(set(ids)):
        found.append("pupil_twice")
    if any(a.status not in STATUSES for a in absences):
        found.append("unknown_status")
    if any(a.leave_type and a.leave_type not in LEAVE_TYPES for a in absences):
        found.append("unknown_leave_type")
    if len(steps) > MOST_STEPS or any(not 0 <= s.minutes <= MOST_MINUTES or (s.done and s.minutes == 0) for s in steps):
        found.append("step_minutes")
    if steps and not any(s.done for s in steps):
        found.append("nothing_done")
    if engagement and engagement not in ENGAGEMENTS:
        found.append("unknown_engagement")
    if any(len(text) > MOST_TEXT for text in texts.values()):
        found.append("text_too_long")
    return found


def minutes_held(steps: Sequence[StepDone], scheduled: int) -> int:
    """Return the minutes of the steps that were done; without steps the scheduled minutes."""
    return sum(s.minutes for s in steps if s.done) if steps else scheduled


def there_count(pupils: int, absences: Sequence[Absence]) -> int:
    """Return how many pupils were there: all but the absent and the excused."""
    return pupils - sum(a.status in ABSENT for a in absences)


def device_clock_wrong(device_at: datetime | None, now: datetime, sent_at: datetime | None = None) -> bool:
    """Whether a phone's clock cannot be right (domain.md case 102).

    ``sent_at`` is the phone's clock when it sent the record: it must be the server's, give or take :data:`AHEAD`. Without it
    only ``device_at``, when the record was made, can be judged: ahead of the server, or further behind than a day.
    """
    if sent_at is not None:
        return not now - AHEAD <= sent_at <= now + AHEAD
    return device_at is not None and not now - BEHIND <= device_at <= now + AHEAD


def time_problem(starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Return why a meeting cannot have been held then, "" where it can: ``times`` or ``not_held_yet`` by the server's clock."""
    minutes = (ends_at - starts_at).total_seconds() / 60
    if not 0 < minutes <= MOST_MINUTES:
        return "times"
    return "not_held_yet" if starts_at > now else ""
