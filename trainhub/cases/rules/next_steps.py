"""What a case asks for next, and in which group of the board it stands. Pure; the same for everybody who looks."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from trainhub.cases.rules.clocks import Clock, ClockKind
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState, missing_for

Group = Literal["now", "waiting", "on_time", "over"]
SOON = timedelta(hours=24)
REPORTS = frozenset({ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN})
"""Reports that are counted in minutes or hours: they come before anything else."""
_BY_STATE = {
    CaseState.SUBMITTED: "determine", CaseState.DETERMINED: "serve", CaseState.SERVED: "plan", CaseState.IN_EXECUTION: "run_plan",
    CaseState.FOLLOW_UP: "follow_up", CaseState.CLOSED: "seal", CaseState.SEALED: "none",
}
_BY_MISSING = {"party_actor": "add_parties", "party_target": "add_parties", "party_role": "add_parties", "notices": "notify"}


def next_step(state: CaseState, facts: CaseFacts, clocks: Sequence[Clock], *, police: bool = False) -> str:
    """The next thing to do, as a code: reports that are owed come first, for their time is counted in minutes."""
    if any(clock.open and clock.kind in REPORTS for clock in clocks):
        return "report"
    if state is CaseState.ACCEPTED:
        return "start_procedure"
    if state is CaseState.INVESTIGATING:
        missing = missing_for(CaseState.SUBMITTED, facts)
        if missing:
            return _BY_MISSING[missing[0]]
        return "wait_police" if police else "submit"
    return _BY_STATE[state]


def committee_step(codes: Collection[str], *, has_sitting: bool) -> str:
    """What comes next while the committee has the case, from that of each pupil who is said to have acted.

    ``codes``: propose, agenda, vote, adopt, adopted. ``has_sitting``: one is planned, on whose agenda the case could go.
    """
    for code in ("propose", "agenda", "vote", "adopt"):
        if code in codes:
            return "plan_sitting" if code == "agenda" and not has_sitting else code
    return "determine"


OWNERS: Mapping[str, str] = {
    "report": "officer", "start_procedure": "officer", "add_parties": "officer", "notify": "officer", "submit": "officer", "wait_police": "police",
    "propose": "officer", "agenda": "officer", "plan_sitting": "secretary", "vote": "committee", "adopt": "secretary", "determine": "committee",
    "serve": "officer", "plan": "secretary", "run_plan": "instructors", "follow_up": "officer", "correct": "officer", "release": "county", "seal": "itself",
    "none": "nobody",
}
"""Whose each step is, as a key of ``wording.OWNERS``."""


def after_annulment(state: CaseState, *, owing: bool) -> str:
    """The next thing to do in a case whose finding fell, "" where it goes its ordinary way: whoever was told must hear it, then it closes."""
    if state in {CaseState.CLOSED, CaseState.SEALED}:
        return ""
    if owing:
        return "correct"
    return "" if state is CaseState.FOLLOW_UP else "release"


def group_of(state: CaseState, step: str, clocks: Sequence[Clock], now: datetime) -> Group:
    """Where a case stands: to be dealt with now, with others, on time, or over."""
    if state in {CaseState.CLOSED, CaseState.SEALED}:
        return "over"
    due = [clock for clock in clocks if clock.running and (clock.late(now) or clock.remaining(now) <= SOON)]
    if due or step in {"report", "start_procedure", "correct", "propose", "agenda", "plan_sitting", "adopt"}:
        return "now"
    return "waiting" if step in {"wait_police", "determine", "vote", "plan", "release"} else "on_time"


_CLOCK_OF: Mapping[str, frozenset[ClockKind]] = {
    "report": REPORTS, "notify": frozenset({ClockKind.GUARDIAN_NOTICE}), "serve": frozenset({ClockKind.SERVICE}),
} | dict.fromkeys(
    ("start_procedure", "add_parties", "submit", "propose", "agenda", "plan_sitting", "vote", "adopt", "determine"), frozenset({ClockKind.INVESTIGATION})
)


def due_of(step: str, clocks: Sequence[Clock]) -> Clock | None:
    """The deadline by which a step must be made, None where no clock runs for it."""
    return first_due([clock for clock in clocks if clock.kind in _CLOCK_OF.get(step, frozenset())])


def first_due(clocks: Sequence[Clock]) -> Clock | None:
    """The deadline that ends first among those that run, else one at rest."""
    running = [clock for clock in clocks if clock.running]
    resting = [clock for clock in clocks if clock.open and not clock.running]
    return min(running or resting, key=lambda clock: clock.due_at, default=None)
