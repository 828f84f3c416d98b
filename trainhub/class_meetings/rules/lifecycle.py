"""The life of a class meeting: which step may follow which, and what needs a reason.

Source: domain.md section 4 ("Themed session"). That a meeting was held is what its record says; that it counts is derived
from the check (``counting``), so neither is a state of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trainhub.kernel.errors import DomainError, InvalidState


class MeetingState(StrEnum):
    """Where a meeting stands. Nothing is deleted: missed and cancelled are states with a reason."""

    PLANNED = "planned"
    SCHEDULED = "scheduled"
    RECORDED = "recorded"
    RETURNED = "returned"
    CHECKED = "checked"
    MISSED = "missed"
    CANCELLED = "cancelled"


_S = MeetingState

STEPS: Mapping[MeetingState, frozenset[MeetingState]] = {
    _S.PLANNED: frozenset({_S.SCHEDULED, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.SCHEDULED, _S.RECORDED, _S.MISSED, _S.CANCELLED}),
    _S.MISSED: frozenset({_S.SCHEDULED, _S.RECORDED, _S.CANCELLED}),
    _S.RECORDED: frozenset({_S.RECORDED, _S.CHECKED, _S.RETURNED}),
    _S.RETURNED: frozenset({_S.RECORDED, _S.CANCELLED}),
    _S.CHECKED: frozenset({_S.RETURNED, _S.RECORDED}),
    _S.CANCELLED: frozenset(),
}
"""State -> states that may follow. A checked record may be amended (``recorded`` again, with a reason) and is checked anew."""

NEEDS_REASON = frozenset({_S.MISSED, _S.RETURNED, _S.CANCELLED})
OPEN = frozenset({_S.PLANNED, _S.SCHEDULED})
"""Not yet held as far as anybody said."""
LIVE = frozenset({_S.SCHEDULED, _S.RECORDED, _S.RETURNED, _S.CHECKED})
"""Takes up the class's, the teacher's and the room's time."""


class MeetingReasonMissing(DomainError):
    """A step that others must be able to understand later needs its reason."""

    code = "meeting_reason_missing"


@dataclass(frozen=True, slots=True)
class Step:
    """A checked transition with its reason, trimmed to 200 characters."""

    before: MeetingState
    after: MeetingState
    reason: str


def step(before: MeetingState, after: MeetingState, reason: str = "") -> Step:
    """Return the checked transition.

    Moving a scheduled meeting (scheduled to scheduled) and amending a checked record (checked to recorded) need a reason as
    well as :data:`NEEDS_REASON`. Raises :class:`MeetingReasonMissing`, InvalidState.
    """
    if after not in STEPS[before]:
        raise InvalidState(state=before.value, wanted=after.value)
    why = " ".join(reason.split())[:200]
    amends = before is _S.CHECKED and after is _S.RECORDED
    moves = before in {_S.SCHEDULED, _S.MISSED} and after is _S.SCHEDULED
    if (after in NEEDS_REASON or amends or moves) and not why:
        raise MeetingReasonMissing(field="reason")
    return Step(before, after, why)


def may(before: MeetingState, after: MeetingState) -> bool:
    """Whether the step is open at all; the page shows no button for one that is not."""
    return after in STEPS[before]


def to_record(state: MeetingState, ends_at: datetime | None, now: datetime) -> bool:
    """Whether a record is owed: the time is over and nobody said what became of it."""
    return state is _S.RETURNED or (state is _S.SCHEDULED and ends_at is not None and ends_at <= now)


def is_late(ends_at: datetime, now: datetime, late_record_days: int) -> bool:
    """Whether a record entered now comes late: accepted, and marked for ever (domain.md case 38)."""
    return now > ends_at + timedelta(days=late_record_days)
