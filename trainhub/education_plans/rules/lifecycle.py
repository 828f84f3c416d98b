"""The states of a plan and what each step asks for (domain.md section 4, "Education plan" and "Hour entry"). Pure.

Hours never complete a plan: from ``hours_reached`` there is no way to ``completed`` but through the committee's review. A plan whose pupil
never comes gets there too, once its time is over, and ends as not completed or is extended: without the hours it is never completed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trainhub.kernel.errors import DomainError, InvalidState


class PlanState(StrEnum):
    """Where a plan stands."""

    DRAFTED = "drafted"
    APPROVED = "approved"
    NOTIFIED = "notified"
    ACTIVE = "active"
    HOURS_REACHED = "hours_reached"
    REVIEW = "completion_review"
    EXTENDED = "extended"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    ESCALATED = "escalated"
    STAYED = "stayed"
    PAUSED = "paused"
    HANDED_OVER = "handed_over"
    ACCEPTED = "accepted_by_receiver"
    REVOKED = "revoked"


_S = PlanState
RUNNING = frozenset({_S.ACTIVE, _S.EXTENDED})
"""States in which lessons are given and hours may be logged."""
RESTING = frozenset({_S.STAYED, _S.PAUSED})
ENDED = frozenset({_S.COMPLETED, _S.ESCALATED, _S.ACCEPTED, _S.REVOKED})
CHANGEABLE = frozenset({_S.APPROVED, _S.NOTIFIED, _S.ACTIVE, _S.EXTENDED, _S.HOURS_REACHED, _S.PAUSED})
"""States in which a resolution may change the content: approved, and neither stayed, under review nor over."""
REOPENABLE = frozenset({_S.COMPLETED, _S.NOT_COMPLETED})
"""Over, and taken up again only where an erratum left them short and the committee says so."""
BEFORE = frozenset({_S.DRAFTED, _S.APPROVED, _S.NOTIFIED})
_LIVE = frozenset({_S.NOTIFIED, _S.ACTIVE, _S.EXTENDED, _S.HOURS_REACHED, _S.REVIEW})
_REVOKABLE = frozenset(set(PlanState) - {_S.REVOKED})

PLAN_STEPS: Mapping[PlanState, frozenset[PlanState]] = {
    _S.DRAFTED: frozenset({_S.APPROVED}),
    _S.APPROVED: frozenset({_S.NOTIFIED, _S.STAYED}),
    _S.NOTIFIED: frozenset({_S.ACTIVE, _S.STAYED}),
    _S.ACTIVE: frozenset({_S.HOURS_REACHED, _S.REVIEW}),  # reviewed without the hours only when its time is over
    _S.EXTENDED: frozenset({_S.HOURS_REACHED, _S.REVIEW}),
    _S.HOURS_REACHED: frozenset({_S.REVIEW, _S.ACTIVE}),  # a reversal or a changed total may leave hours owed again
    _S.REVIEW: frozenset({_S.COMPLETED, _S.EXTENDED, _S.NOT_COMPLETED, _S.ACTIVE}),
    _S.NOT_COMPLETED: frozenset({_S.ESCALATED, _S.ACTIVE}),
    _S.STAYED: frozenset({_S.APPROVED}) | _LIVE,
    _S.PAUSED: _LIVE,
    _S.HANDED_OVER: frozenset({_S.ACCEPTED, _S.APPROVED, _S.PAUSED, _S.NOT_COMPLETED, _S.ESCALATED}) | _LIVE,  # sent back by the receiver
    _S.COMPLETED: frozenset({_S.ACTIVE}),  # an hour was taken back after the end: a visible erratum, by resolution
    _S.ESCALATED: frozenset(),
    _S.ACCEPTED: frozenset(),
    _S.REVOKED: frozenset(),
}


def may_follow(before: PlanState, after: PlanState) -> bool:
    """Whether a plan may go from one state to another, guards aside."""
    if after is _S.REVOKED:
        return before in _REVOKABLE
    if after in {_S.STAYED, _S.PAUSED}:
        return before in _LIVE or (after is _S.STAYED and before is _S.APPROVED) or (after is _S.PAUSED and before is _S.HANDED_OVER)
    if after is _S.HANDED_OVER:
        return before in _LIVE | RESTING | {_S.APPROVED, _S.NOT_COMPLETED, _S.ESCALATED}  # escalated: placed by the bureau (case 86)
    return after in PLAN_STEPS[before]


class PlanStepRefused(DomainError):
    """What a step asks for is not there; ``missing`` names it by codes of :func:`missing_for`."""

    code = "plan_step_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What the guards look at."""

    total_minutes: int = 0
    module_minutes: int = 0
    done_minutes: int = 0
    time_over: bool = False  # its last day is past, or what is owed does not fit before it any more
    instructors_missing: int = 0
    protection_written: bool = False
    resolution_adopted: bool = False  # of the committee, for exactly this step
    guardian_told: bool = False  # acknowledged, or a recorded refusal to sign
    determination_stands: bool = True
    guardian_parts_open: int = 0
    pupil_heard: bool = False
    guardian_heard: bool = False
    psychologist_concluded: bool = False
    extended_count: int = 0
    reason_given: bool = False
    receiver_accepted: bool = False
    resume_state: str = ""


def missing_for(before: PlanState, after: PlanState, facts: PlanFacts) -> tuple[str, ...]:
    """What a plan lacks to go from a state to another, as codes, in the order in which a person would mend it."""
    wanted: dict[PlanState, tuple[tuple[str, bool], ...]] = {
        _S.APPROVED: (
            ("modules", facts.module_minutes >= facts.total_minutes > 0), ("instructors", facts.instructors_missing == 0),
            ("protection", facts.protection_written), ("resolution", facts.resolution_adopted),
            ("determination", facts.determination_stands),
        ),
        _S.NOTIFIED: (("guardian_told", facts.guardian_told),),
        _S.HOURS_REACHED: (("hours", facts.done_minutes >= facts.total_minutes),),
        _S.REVIEW: (
            ("hours_or_time", facts.done_minutes >= facts.total_minutes or (facts.time_over and before in RUNNING)),
        ),
        _S.COMPLETED: (
            ("hours", facts.done_minutes >= facts.total_minutes), ("resolution", facts.resolution_adopted),
            ("pupil_heard", facts.pupil_heard), ("guardian_heard", facts.guardian_heard),
            ("psychologist", facts.psychologist_concluded), ("guardian_parts", facts.guardian_parts_open == 0),
        ),
        _S.EXTENDED: (
            ("resolution", facts.resolution_adopted), ("reason", facts.reason_given), ("extended_once", facts.extended_count == 0),
        ),
        _S.NOT_COMPLETED: (("resolution", facts.resolution_adopted), ("reason", facts.reason_given)),
        _S.ESCALATED: (("resolution", facts.resolution_adopted),),
        _S.ACCEPTED: (("receiver", facts.receiver_accepted),),
    }
    if before in RESTING | {_S.HANDED_OVER} and after is not _S.ACCEPTED:
        return () if after.value == facts.resume_state else ("resume_state",)
    if after is _S.ACTIVE and before in {_S.HOURS_REACHED, _S.REVIEW} | REOPENABLE:
        owed = () if facts.done_minutes < facts.total_minutes else ("hours_owed",)
        return owed if before not in REOPENABLE or facts.resolution_adopted else ("resolution", *owed)
    return tuple(code for code, there in wanted.get(after, ()) if not there)


def check_plan_step(before: PlanState, after: PlanState, facts: PlanFacts) -> None:
    """Raise InvalidState where no such step exists, PlanStepRefused where something is missing."""
    if not may_follow(before, after):
        raise InvalidState(state=before.value, wanted=after.value)
    if after in {_S.STAYED, _S.PAUSED, _S.HANDED_OVER, _S.REVOKED}:
        return
    if missing := missing_for(before, after, facts):
        raise PlanStepRefused(wanted=after.value, missing=missing)
