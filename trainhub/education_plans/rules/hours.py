"""Hours of a plan: what may be logged, who may confirm, what counts. Pure.

Sources: domain.md section 4 ("Hour entry": an instructor logs, somebody else confirms, only then it counts; a wrong entry is reversed,
never edited) and cases 72, 76, 79, 83; security.md section 2 number 4 (no hour twice, no pupil in two places, no race past the total).
Minutes are integers and stay minutes: a lesson of 40 and one of 45 count as 40 and 45.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from trainhub.education_plans.rules.lifecycle import BEFORE, RESTING, RUNNING, PlanState
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError
from trainhub.kernel.minutes import Interval, split_by_local_day

POSTABLE = RUNNING | {PlanState.HOURS_REACHED, PlanState.REVIEW}
"""States in which entries are taken: beyond the total they are kept and count nothing (case 72)."""
AFTER_END = frozenset({PlanState.COMPLETED, PlanState.NOT_COMPLETED, PlanState.ESCALATED, PlanState.HANDED_OVER, PlanState.ACCEPTED})
"""States in which nothing is entered any more, and a wrong hour is still taken back: as a visible erratum (domain.md section 4)."""
LONGEST_TEXT = 1000
EXCUSED = ("illness", "leave", "school", "family")
UNEXCUSED = ("not_come", "refused", "unknown")
CORRECTION_REASONS = ("times", "not_held", "other_pupil", "twice", "paper_differs", "other")
REFUSAL_REASONS = ("not_held", "times", "no_proof", "twice", "paper_differs", "other")
ABSENCE_REFUSALS = ("twice", "paper_differs", "other")
"""Why an absence is taken back: it was noted by mistake."""
REACHED = ("full", "part", "not")
PROOF_KINDS = ("sheet", "work")
"""A signed sheet, a piece of work (domain.md section 5, "Hour record": 作业; features H7)."""
MOST_PROOFS = 5


class HourRefused(DomainError):
    """An entry that cannot be taken; which of the problems is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: Any) -> None:
        super().__init__(field=field, **params)
        self.code = f"hour_{problem}"  # type: ignore[misc]  # the sentence differs by problem


class AnotherPersonWanted(HourRefused):
    """Nobody does both steps: the instructor, whoever logged or asked, and a guardian of the pupil do not confirm."""

    status = 403


class EntryKind(StrEnum):
    """Kinds of lines, all of them. Log, correction and absence say what happened; the others are what somebody else said to them.

    ============ =============================== =========================================================================
    kind         refers to                       what it does
    ============ =============================== =========================================================================
    log          nothing                         an instructor says that a lesson was held; counts nothing by itself
    confirm      a log, or a settled correction  by somebody else: its minutes count, up to the total
    overrun      a log, or a settled correction  confirmed, but nothing was owed any more: kept, counts nothing
    refuse       a log, correction or absence    by somebody else, with a reason: counts nothing, the lesson is open again
    correction   a confirm                       asks for its reversal; its own times, if any, take the place of the old ones
    reversal     a confirm                       by somebody else: takes the counted minutes back
    absence      nothing                         the pupil did not come; the lesson's minutes are to be made up
    ============ =============================== =========================================================================
    """

    LOG = "log"
    CONFIRM = "confirm"
    OVERRUN = "overrun"
    REFUSE = "refuse"
    CORRECTION = "correction"
    REVERSAL = "reversal"
    ABSENCE = "absence"


class LineState(StrEnum):
    """What became of a log or a correction."""

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    OVERRUN = "overrun"
    REFUSED = "refused"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What rules look at in one line of the hours ledger. ``refers_to`` is a number of the same plan."""

    plan_id: str
    number: int
    kind: str
    refers_to: int | None
    student_mark: str
    instructor_id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    minutes: int
    counted_minutes: int
    recorded_at: datetime | None = None

    @property
    def times(self) -> Interval | None:
        """When it was; None where the line is about no time."""
        return Interval(self.starts_at, self.ends_at) if self.starts_at and self.ends_at else None


_VERDICTS = {EntryKind.CONFIRM: LineState.CONFIRMED, EntryKind.OVERRUN: LineState.OVERRUN, EntryKind.REFUSE: LineState.REFUSED}
_OCCUPYING = frozenset({LineState.WAITING, LineState.CONFIRMED, LineState.OVERRUN})


def line_states(entries: Iterable[EntryFacts]) -> dict[tuple[str, int], LineState]:
    """What became of every log and correction among entries, by plan and number. Entries in order of their numbers, of any plans."""
    states: dict[tuple[str, int], LineState] = {}
    confirmed_line: dict[tuple[str, int], tuple[str, int]] = {}
    asked: dict[tuple[str, int], tuple[str, int]] = {}
    for entry in sorted(entries, key=lambda e: (e.plan_id, e.number)):
        key, target = (entry.plan_id, entry.number), (entry.plan_id, entry.refers_to or 0)
        if entry.kind in {EntryKind.LOG, EntryKind.CORRECTION}:
            states[key] = LineState.WAITING
            if entry.kind == EntryKind.CORRECTION:
                asked[target] = key
        elif entry.kind == EntryKind.REVERSAL:
            if (line := confirmed_line.get(target)) is not None:
                states[line] = LineState.REVERSED
            if (correction := asked.get(target)) is not None:
                states[correction] = LineState.CONFIRMED  # what it asked for is done
        elif entry.kind in _VERDICTS and target in states:
            states[target] = _VERDICTS[EntryKind(entry.kind)]
            confirmed_line[key] = target
    return states


def occupying(entries: Sequence[EntryFacts]) -> list[EntryFacts]:
    """The logs that take somebody's time: waiting, confirmed or beyond the total. A correction does once it is settled."""
    states = line_states(entries)
    return [
        e for e in entries
        if (state := states.get((e.plan_id, e.number))) in _OCCUPYING and not (e.kind == EntryKind.CORRECTION and state is LineState.WAITING)
    ]


@dataclass(frozen=True, slots=True)
class Stated:
    """What an instructor says of one lesson: aware moments, whole minutes of teaching in them."""

    starts_at: datetime
    ends_at: datetime
    minutes: int
    student_mark: str
    instructor_id: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Policy for one plan: the most minutes a pupil has a day, days after which an entry is marked late, first day of the plan."""

    daily_minutes: int
    late_days: int
    starts_on: date


def check_state(state: PlanState) -> None:
    """Refuse entries of a plan that does not run. Raises HourRefused."""
    if state in POSTABLE:
        return
    raise HourRefused("plan_rests" if state in RESTING else "plan_not_begun" if state in BEFORE else "plan_ended")


def check_correction_state(state: PlanState) -> None:
    """As :func:`check_state`, and after the end of a plan as well: a wrong hour survives nowhere. Raises HourRefused."""
    if state not in AFTER_END:
        check_state(state)


def check_stated(stated: Stated, limits: Limits, now: datetime) -> bool:
    """Refuse times that cannot be; return whether the entry comes late (kept and marked, never refused). Raises HourRefused."""
    if stated.ends_at <= stated.starts_at or stated.ends_at - stated.starts_at > timedelta(hours=12):
        raise HourRefused("times", "ends")
    length = int((stated.ends_at - stated.starts_at).total_seconds()) // 60
    if not 0 < stated.minutes <= length:
        raise HourRefused("minutes", "minutes", length=length)
    if stated.ends_at > now:
        raise HourRefused("future", "ends")
    if local_day(stated.starts_at) < limits.starts_on:
        raise HourRefused("before_plan", "day")
    return (local_day(now) - local_day(stated.ends_at)).days > limits.late_days


def minutes_by_day(times: Interval, minutes: int) -> dict[date, int]:
    """Minutes of a lesson by local day; past midnight they are split as the time is, and none is lost."""
    pieces = split_by_local_day(times)
    length, given, split = times.minutes or 1, 0, {}
    for number, (day, piece) in enumerate(pieces):
        share = minutes - given if number == len(pieces) - 1 else minutes * piece.minutes // length
        split[day] = share
        given += share
    return split


def check_free(stated: Stated, others: Sequence[EntryFacts], daily_minutes: int) -> None:
    """Refuse a lesson in which pupil or instructor was elsewhere, and more minutes a day than a pupil may have.

    ``others``: entries of this pupil and this instructor, in whatever plan, of the days of the lesson. Raises HourRefused.
    """
    times, day_sum = Interval(stated.starts_at, stated.ends_at), dict(minutes_by_day(Interval(stated.starts_at, stated.ends_at), stated.minutes))
    for other in occupying(others):
        if (taken := other.times) is None:
            continue
        same_pupil = other.student_mark == stated.student_mark
        if times.overlap(taken) and (same_pupil or other.instructor_id == stated.instructor_id):
            raise HourRefused("pupil_elsewhere" if same_pupil else "instructor_elsewhere", "starts")
        if same_pupil:
            for day, minutes in minutes_by_day(taken, other.minutes).items():
                if day in day_sum:
                    day_sum[day] += minutes
    for day, minutes in day_sum.items():
        if minutes > daily_minutes:
            raise HourRefused("too_many_a_day", "minutes", most=daily_minutes, day=day.isoformat(), minutes=minutes)


def to_count(minutes: int, done: int, total: int) -> int:
    """How many of a lesson's minutes count: never past the total (case 72). Zero where nothing is owed any more."""
    return max(0, min(minutes, total - done))


@dataclass(frozen=True, slots=True)
class Hand:
    """An account and the person behind it."""

    account_id: str
    person_id: str | None


def check_second_person(hand: Hand, wrote: Hand, instructor_id: str | None, *, guardian: bool) -> None:
    """Refuse whoever wrote the line, gave the lesson, or is a guardian of the pupil. Account and person both differ.

    Who stepped aside from the matter does not get here: for them the plan is not there. Raises AnotherPersonWanted.
    """
    if hand.account_id == wrote.account_id or (hand.person_id is not None and hand.person_id == wrote.person_id):
        raise AnotherPersonWanted("own_entry")
    if hand.person_id is not None and hand.person_id == instructor_id:
        raise AnotherPersonWanted("own_lesson")
    if guardian:
        raise AnotherPersonWanted("guardian")


def check_verdict(kind: str, state: LineState | None, *, confirming: bool) -> None:
    """Refuse a second word on a line: one waits, or lay beyond the total and may count now. Raises HourRefused."""
    if kind not in {EntryKind.LOG, EntryKind.CORRECTION} or state is None:
        raise HourRefused("no_such_line")
    if confirming and kind == EntryKind.CORRECTION:
        raise HourRefused("is_correction")
    if state not in {LineState.WAITING, LineState.OVERRUN}:
        raise HourRefused("settled_already")


def check_correctable(entries: Sequence[EntryFacts], number: int) -> EntryFacts:
    """Return the line behind a confirmed one that may still be reversed: once, and asked for once at a time. Raises HourRefused."""
    confirm = next((e for e in entries if e.number == number), None)
    if confirm is None or confirm.kind != EntryKind.CONFIRM:
        raise HourRefused("not_confirmed")
    states = line_states(entries)
    line = next(e for e in entries if e.number == confirm.refers_to)
    if states[line.plan_id, line.number] is LineState.REVERSED:
        raise HourRefused("reversed_already")
    if any(
        e.kind == EntryKind.CORRECTION and e.refers_to == number and states[e.plan_id, e.number] is LineState.WAITING for e in entries
    ):
        raise HourRefused("asked_already")
    return line


@dataclass(frozen=True, slots=True)
class Tally:
    """What a ledger of hours adds up to, in minutes. ``overrun``: confirmed minutes past the total, kept and never carried elsewhere."""

    done: int = 0
    waiting: int = 0
    waiting_count: int = 0
    overrun: int = 0
    entries: int = 0
    last_counted_at: datetime | None = None


def tally(entries: Sequence[EntryFacts]) -> Tally:
    """Add up the entries of one plan. What was done is the sum of what counts, and nothing else (case 83)."""
    states = line_states(entries)
    by_number: Mapping[int, EntryFacts] = {e.number: e for e in entries}
    waiting = [e for e in entries if states.get((e.plan_id, e.number)) is LineState.WAITING]
    overrun = sum(e.minutes for e in entries if states.get((e.plan_id, e.number)) is LineState.OVERRUN)
    for entry in entries:
        if entry.kind == EntryKind.CONFIRM and entry.refers_to is not None:
            line = by_number[entry.refers_to]
            if states[line.plan_id, line.number] is LineState.CONFIRMED:
                overrun += line.minutes - entry.counted_minutes
    counted = [e.recorded_at for e in entries if e.kind == EntryKind.CONFIRM and e.recorded_at is not None]
    return Tally(
        done=sum(e.counted_minutes for e in entries), waiting=sum(e.minutes for e in waiting if e.kind == EntryKind.LOG),
        waiting_count=len(waiting), overrun=overrun, entries=len(entries), last_counted_at=max(counted, default=None),
    )

