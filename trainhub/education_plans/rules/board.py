"""Where a plan stands on the board of the committee, and what its next step is. Pure. Source: features H6, screen 13.

Three groups: what the reader can do now, by urgency; what waits for somebody else (nothing of it is late); what goes as planned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.rules.pace import Pace

Group = Literal["now", "others", "on_course"]
GROUPS: tuple[Group, ...] = ("now", "others", "on_course")
_S = PlanState


@dataclass(frozen=True, slots=True)
class Stands:
    """What the board looks at. Minutes. ``item``: open, adopted or "" for the committee's word that the next step asks for."""

    state: PlanState
    today: date
    due_on: date
    pace: Pace
    make_up_open: int = 0
    unplanned: int = 0
    waiting: int = 0
    item: str = ""
    told: bool = False
    missing: tuple[str, ...] = ()
    short: bool = False  # under review without the hours: some papers may never come
    review_due_on: date | None = None
    referred: bool = False
    under_stay: bool = False  # the county has ordered that it waits, though it has not begun


@dataclass(frozen=True, slots=True)
class Where:
    """``mark``: the status mark; ``word``: what is said; ``step``: the next step; ``urgency``: smaller is sooner."""

    group: Group
    mark: str
    word: str
    step: str
    urgency: int


_PLAIN: Mapping[PlanState, Where] = {
    _S.NOTIFIED: Where("now", "todo", "notified", "start", 25), _S.STAYED: Where("others", "hold", "stayed", "view_appeal", 50),
    _S.PAUSED: Where("others", "hold", "paused", "steps", 60), _S.HOURS_REACHED: Where("now", "todo", "hours_reached", "open_review", 20),
}


def where(plan: Stands) -> Where:
    """Put one plan in its place."""
    if plan.under_stay:
        return _PLAIN[_S.STAYED]
    if plan.state in _PLAIN:
        return _PLAIN[plan.state]
    match plan.state:
        case _S.DRAFTED:
            return _before_committee(plan, "draft", "agenda_plan", "approve")
        case _S.NOT_COMPLETED:
            return _before_committee(plan, "not_completed", "agenda_escalation", "escalate")
        case _S.APPROVED:
            return Where("now", "todo", "approved", "note_told" if plan.told else "tell", 30)
        case _S.REVIEW:
            return _at_review(plan)
        case _S.ACTIVE | _S.EXTENDED:
            return _running(plan)
    return Where("others", "hold", "referred" if plan.referred else plan.state.value, "review", 70)


def _before_committee(plan: Stands, word: str, agenda: str, carry_out: str) -> Where:
    if plan.item == "adopted":
        return Where("now", "todo", "resolved", carry_out, 15)
    if plan.item == "open":
        return Where("others", "todo", "on_agenda", "view", 55)
    return Where("now", "todo", word, agenda, 35)


def _at_review(plan: Stands) -> Where:
    if plan.item == "adopted":
        return Where("now", "todo", "resolved", "decide", 10)
    if plan.review_due_on is not None and plan.today > plan.review_due_on:
        return Where("now", "gap", "review_late", "review", 5)
    if plan.missing and not plan.short:
        return Where("others", "todo", "review_missing", "review", 40)
    return Where("others", "todo", "on_agenda", "view", 55) if plan.item == "open" else Where("now", "todo", "review_ready", "agenda_completion", 18)


def _running(plan: Stands) -> Where:
    overdue = (plan.today - plan.due_on).days
    step = "book_make_up" if plan.make_up_open else "book_rest" if plan.unplanned else "confirm" if plan.waiting else "view"
    if overdue > 0 and plan.pace.level == "late":  # nothing is booked after the last day: the committee extends it or ends it
        return Where("now", "gap", "overdue", "confirm" if plan.waiting else "open_review", -overdue)
    if plan.pace.level == "late":
        return Where("now", "gap", "behind", step, 2)
    if plan.pace.level == "watch":
        return Where("now", "late", "watch", step, 8)
    return Where("on_course", "ok", "on_course", "view", 90)
