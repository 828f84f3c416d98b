"""What an appeal asks for next, by whom, and in which group of the county's desk it stands. Pure; the same for everybody who looks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from trainhub.appeals.rules.lifecycle import ENDED, AppealState

Group = Literal["now", "waiting", "on_time", "over"]
By = Literal["county", "group", "school", "guardian", "nobody"]
SOON = timedelta(hours=48)


@dataclass(frozen=True, slots=True)
class Next:
    """The next step as a code, and whose it is."""

    step: str
    by: By


_BY_STATE: dict[AppealState, Next] = {
    AppealState.SCHOOL_DECIDED: Next("serve", "school"),
    AppealState.ADMITTED: Next("screen", "county"),
    AppealState.RE_EXAMINATION: Next("decide", "group"),
    AppealState.DECIDED: Next("serve", "county"),
    AppealState.SCHOOL_RESULT_STANDS: Next("serve", "county"),
}


def next_of(state: AppealState, track: str, *, school_heard: bool, owed: int, fit: bool | None, grouped: bool, served: bool = False) -> Next:
    """What comes next. ``owed``: corrections and recalls the school still owes; ``fit``: screening found procedure and facts good.

    ``served``: every letter was handed over.
    """
    if state in ENDED:
        return Next("none", "nobody")
    if state is AppealState.FILED:
        return Next("admit", "county") if track == "determination" or school_heard else Next("school_word", "school")
    if state is AppealState.SCREENED:
        return Next("stand" if fit and not grouped else "begin" if grouped else "group", "county")
    if state is AppealState.SERVED:
        return Next("correct", "school") if owed else Next("close", "county" if track == "determination" else "school")
    if state is AppealState.SCHOOL_DECIDED and served:
        return Next("close", "school")
    return _BY_STATE[state]


def group_of(state: AppealState, by: By, due_at: datetime | None, now: datetime, mine: Collection[By] = ()) -> Group:
    """Where it stands for whoever looks: to be dealt with now, with others, on time, or over. ``mine``: whose steps are the reader's."""
    if state in ENDED:
        return "over"
    if by in mine or (due_at is not None and due_at - now <= SOON):
        return "now"
    return "waiting" if by in {"group", "school", "guardian"} else "on_time"
