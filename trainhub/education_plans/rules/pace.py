"""Where a plan should be today, and whether the rest still fits before its end. Pure.

Sources: features H4 (expected against confirmed hours), domain.md cases 76 and 77: minutes throughout; vacations and pauses do not
count, and the end moves by rule. Days given here are school days on which the plan runs: whoever calls takes vacations and pauses out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Literal

Level = Literal["ok", "watch", "late"]


@dataclass(frozen=True, slots=True)
class Planned:
    """A lesson as it was planned: its local day and minutes. Lessons that make up for others are not among them."""

    day: date
    minutes: int


def expected_by(day: date, total: int, lessons: Sequence[Planned], days: Sequence[date]) -> int:
    """Minutes that should be done by the end of a day.

    Lessons count on their day; what no lesson covers yet is spread evenly over the running school days after the last one.
    ``days``: running school days of the plan, ascending.
    """
    running = set(days)
    kept = [x for x in lessons if x.day in running]
    covered = min(total, sum(x.minutes for x in kept))
    by_lessons = min(total, sum(x.minutes for x in kept if x.day <= day))
    last = max((x.day for x in kept), default=None)
    after = [d for d in days if last is None or d > last]
    gone = sum(d <= day for d in after)
    spread = (total - covered) * gone // len(after) if after else (total - covered if days and day >= days[-1] else 0)
    return min(total, by_lessons + spread)


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether what no lesson covers yet fits before the end. ``lessons`` needed, ``free`` places left at the plan's cadence."""

    lessons: int
    free: int

    @property
    def fits(self) -> bool:
        """It does."""
        return self.lessons <= self.free

    @property
    def tight(self) -> bool:
        """It does, with at most one place to spare: time to plan now."""
        return self.fits and self.lessons > 0 and self.free - self.lessons <= 1


@lru_cache(maxsize=1024)
def _weeks(days: tuple[date, ...]) -> tuple[tuple[tuple[int, int], int], ...]:
    """Days by school week; plans that end together share them."""
    return tuple(Counter(d.isocalendar()[:2] for d in days).items())


def still_reachable(minutes: int, days_left: Sequence[date], per_week: int, lesson_minutes: int, booked: Sequence[date] = ()) -> Fit:
    """Count the lessons that the rest needs and the places left for them: ``per_week`` a school week, less what is booked there.

    ``minutes``: owed and in no lesson yet. ``days_left``: running school days from today to the end.
    """
    taken = Counter(d.isocalendar()[:2] for d in booked)
    free = sum(max(0, min(per_week, count) - taken[week]) for week, count in _weeks(tuple(days_left)))
    return Fit(-(-max(0, minutes) // max(1, lesson_minutes)), free)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a plan stands today, in minutes. ``behind`` is never negative."""

    level: Level
    expected: int
    behind: int
    fit: Fit


@dataclass(frozen=True, slots=True)
class Standing:
    """What pace looks at: minutes throughout. ``unbooked`` owed and in no lesson: unplanned and missed ones without a make-up."""

    total: int
    there: int  # counted, or logged and waiting
    make_up_open: int
    unbooked: int
    lesson_minutes: int


def pace(today: date, due_on: date, expected: int, standing: Standing, fit: Fit) -> Pace:
    """Say ok, watch or late, while there is still time.

    Late: the rest does not fit any more, the end has passed, or a quarter of the total is missing. Watch: a lesson or more behind, a
    missed lesson without its make-up, or at most one place to spare.
    """
    behind = max(0, expected - standing.there)
    owed = standing.total - standing.there
    if owed > 0 and (not fit.fits or today > due_on or 4 * behind > standing.total):
        return Pace("late", expected, behind, fit)
    if owed > 0 and (behind >= standing.lesson_minutes or standing.make_up_open or fit.tight):
        return Pace("watch", expected, behind, fit)
    return Pace("ok", expected, behind, fit)


def last_day_by(days: Sequence[date], minutes: int, per_week: int, lesson_minutes: int) -> date | None:
    """The day by which so many minutes are held at a cadence, over the ascending school days of the calendar; None where they do not reach.

    Vacations and holidays hold no school day: they move the last day by rule, nobody counts weeks by hand (domain.md case 77).
    """
    lessons = -(-minutes // max(1, lesson_minutes))
    weeks: dict[tuple[int, int], list[date]] = {}
    for day in days:
        weeks.setdefault(day.isocalendar()[:2], []).append(day)
    for week in weeks.values():
        lessons -= min(per_week, len(week))
        if lessons <= 0:
            return week[-1]
    return None


class Alarm(StrEnum):
    """What is to be said of a plan's pace today."""

    NONE = "none"
    TELL = "tell"
    RAISE = "raise"
    END = "end"


def alarm_of(*, late: bool, told: bool, raised: bool, days: int, after: int) -> Alarm:
    """Once per stretch: told when it begins, raised after so many days of it, ended when the plan is no longer late.

    ``told``: of this stretch; ``days`` since then; ``after`` by policy.
    """
    if not late:
        return Alarm.END if told else Alarm.NONE
    if not told:
        return Alarm.TELL
    return Alarm.RAISE if not raised and days >= after else Alarm.NONE


def nth_school_day(days: Sequence[date], number: int, otherwise: date) -> date:
    """The ``number``-th of some ascending school days; the last one, or ``otherwise``, where there are fewer."""
    return days[min(number, len(days)) - 1] if days else otherwise
