"""The life of a training: which step may follow which, and what the rolls say about it.

Source: domain.md section 4 ("Training session"). Opening for sign-in is not a state of its own here: the
roll opens when the training is published, and the clock says whether it is running.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from trainhub.kernel.errors import DomainError, InvalidState


class EventState(StrEnum):
    """Where a training stands. Nothing is ever deleted: moved and cancelled are states with a reason."""

    DRAFT = "draft"
    PUBLISHED = "published"
    HELD = "held"
    SUBMITTED = "submitted"
    VERIFIED = "verified"
    LOCKED = "locked"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    AMENDED = "amended"


_S = EventState

STEPS: dict[EventState, frozenset[EventState]] = {
    _S.DRAFT: frozenset({_S.PUBLISHED, _S.CANCELLED}),
    _S.PUBLISHED: frozenset({_S.HELD, _S.SUBMITTED, _S.VERIFIED, _S.POSTPONED, _S.CANCELLED}),
    _S.POSTPONED: frozenset({_S.PUBLISHED, _S.CANCELLED}),
    _S.HELD: frozenset({_S.PUBLISHED, _S.SUBMITTED, _S.VERIFIED, _S.CANCELLED}),
    _S.SUBMITTED: frozenset({_S.HELD, _S.PUBLISHED, _S.VERIFIED, _S.CANCELLED}),
    _S.VERIFIED: frozenset({_S.LOCKED, _S.AMENDED}),
    _S.AMENDED: frozenset({_S.VERIFIED, _S.LOCKED}),
    _S.LOCKED: frozenset({_S.AMENDED}),
    _S.CANCELLED: frozenset(),
}
"""State -> states that may follow. A roll sent back takes ``submitted`` back to ``held``."""

UPCOMING = frozenset({_S.PUBLISHED, _S.POSTPONED})
"""Planned and not yet held: may be moved."""

LIVE = frozenset({_S.PUBLISHED, _S.HELD, _S.SUBMITTED, _S.VERIFIED, _S.LOCKED, _S.AMENDED})
"""Takes up a room, a trainer and its participants' time."""

FROZEN = frozenset({_S.VERIFIED, _S.LOCKED, _S.AMENDED})
"""Minutes already count: only an amendment changes anything."""

NEEDS_REASON = frozenset({_S.POSTPONED, _S.CANCELLED, _S.AMENDED})
"""Steps that are refused without a reason."""

LADDER = (_S.DRAFT, _S.PUBLISHED, _S.HELD, _S.SUBMITTED, _S.VERIFIED, _S.LOCKED)
"""The straight way, as the page shows it."""


class ReasonMissing(DomainError):
    """A step that others must be able to understand later needs its reason."""

    code = "event_reason_missing"


class AlreadyCounted(InvalidState):
    """The rolls are verified; a cancellation would silently take minutes away."""

    code = "event_already_counted"


@dataclass(frozen=True, slots=True)
class Step:
    """A checked transition: from, to, and the reason as given (trimmed)."""

    before: EventState
    after: EventState
    reason: str


def step(before: EventState, after: EventState, reason: str = "") -> Step:
    """Return the checked transition.

    Raises :class:`ReasonMissing` where the step needs a reason, :class:`AlreadyCounted` for the
    cancellation of a verified training, :class:`InvalidState` for any other step that is not in
    :data:`STEPS`.
    """
    if after is EventState.CANCELLED and before in FROZEN:
        raise AlreadyCounted(state=before.value)
    if after not in STEPS[before]:
        raise InvalidState(state=before.value, wanted=after.value)
    if after in NEEDS_REASON and not reason.strip():
        raise ReasonMissing(field="reason")
    return Step(before, after, reason.strip())


def may(before: EventState, after: EventState) -> bool:
    """Whether the step is open at all (the page shows no button for a step that is not)."""
    return after in STEPS[before]


def state_from_rolls(current: EventState, sheets: Collection[str]) -> EventState:
    """Return the state of a training whose rolls are in the states ``sheets``.

    ``sheets`` holds one of ``open``, ``submitted``, ``verified``, ``void`` per part. All verified:
    verified. All ended: submitted. Some ended: held. A roll reopened after verification makes it
    amended until it is verified again. Draft, postponed, cancelled and locked do not follow rolls.
    """
    if current in (EventState.DRAFT, EventState.POSTPONED, EventState.CANCELLED, EventState.LOCKED):
        return current
    counted = [state for state in sheets if state != "void"]
    if not counted:
        return current
    if all(state == "verified" for state in counted):
        return EventState.VERIFIED
    if current in FROZEN:
        return EventState.AMENDED
    ended = [state for state in counted if state in ("submitted", "verified")]
    if len(ended) == len(counted):
        return EventState.SUBMITTED
    return EventState.HELD if ended else EventState.PUBLISHED
