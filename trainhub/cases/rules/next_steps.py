"""What a case asks for next, and in which group of the board it stands. Pure; the same for everybody who looks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from trainhub.cases.rules.clocks import Clock, ClockKind
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState, missing_for

Group = Literal["now", "waiting", "on_time", "over"]
SOON = timedelta(hours=24)
_REPORTS = frozenset({ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN, ClockKind.REPORT_FOLLOW_UP})
_BY_STATE = {
    CaseState.SUBMITTED: "determine", CaseState.DETERMINED: "serve", CaseState.SERVED: "plan", CaseState.IN_EXECUTION: "run_plan",
    CaseState.FOLLOW_UP: "follow_up", CaseState.CLOSED: "seal", CaseState.SEALED: "none",
}
_BY_MISSING = {"party_actor": "add_parties", "party_target": "add_parties", "party_role": "add_parties", "notices": "notify"}


def next_step(state: CaseState, facts: CaseFacts, clocks: Sequence[Clock], *, police: bool = False) -> str:
    """The next thing to do, as a code: reports that are owed come first, for their time is counted in minutes."""
    if any(clock.open and clock.kind in _REPORTS - {ClockKind.REPORT_FOLLOW_UP} for clock in clocks):
        return "report"
    if state is CaseState.ACCEPTED:
        return "start_procedure"
    if state is CaseState.INVESTIGATING:
        missing = missing_for(CaseState.SUBMITTED, facts)
        if missing:
            return _BY_MISSING[missing[0]]
        return "wait_police" if police else "submit"
    return _BY_STATE[state]


def group_of(state: CaseState, step: str, clocks: Sequence[Clock], now: datetime) -> Group:
    """Where a case stands: to be dealt with now, with others, on time, or over."""
    if state in {CaseState.CLOSED, CaseState.SEALED}:
        return "over"
    due = [clock for clock in clocks if clock.running and (clock.late(now) or clock.remaining(now) <= SOON)]
    if due or step in {"report", "start_procedure"}:
        return "now"
    return "waiting" if step in {"wait_police", "determine", "plan"} else "on_time"


def first_due(clocks: Sequence[Clock]) -> Clock | None:
    """The deadline that ends first among those that run, else one at rest."""
    running = [clock for clock in clocks if clock.running]
    resting = [clock for clock in clocks if clock.open and not clock.running]
    return min(running or resting, key=lambda clock: clock.due_at, default=None)
