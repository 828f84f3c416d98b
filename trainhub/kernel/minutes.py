"""Minutes are integers; periods (学时) are derived, never stored.

Source: form 教基4068 (国统制〔2021〕135号): one period is 45 minutes, remainders are dropped, at most
eight periods a day. Both numbers are policy parameters (domain.md 3.1, 3.6).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, NewType

from trainhub.kernel.clock import local_day

Minutes = NewType("Minutes", int)
Rounding = Literal["session", "day", "course"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A half-open stretch of time ``[start, end)`` of aware datetimes."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError("naive datetime")

    @property
    def minutes(self) -> Minutes:
        """Whole minutes, never negative."""
        return Minutes(max(0, int((self.end - self.start).total_seconds() // 60)))

    def overlap(self, other: "Interval") -> "Interval | None":
        """Return the common stretch, or None where there is none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Merge overlapping and touching stretches, so that no minute is counted twice."""
    merged: list[Interval] = []
    for item in sorted(intervals, key=lambda i: (i.start, i.end)):
        if merged and item.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, item.end))
        elif item.start < item.end:
            merged.append(item)
    return merged


def split_by_local_day(interval: Interval) -> list[tuple[date, Interval]]:
    """Cut a stretch at local midnight (domain.md case 7: the daily cap is per local date)."""
    from trainhub.kernel.clock import day_bounds

    pieces: list[tuple[date, Interval]] = []
    start = interval.start
    while start < interval.end:
        day = local_day(start)
        end = min(interval.end, day_bounds(day)[1])
        pieces.append((day, Interval(start, end)))
        start = end
    return pieces


@dataclass(frozen=True, slots=True)
class PeriodRule:
    """How minutes become periods: length of a period, cap a day, and where remainders drop.

    ``period_minutes`` minutes per period; ``daily_cap`` periods per person and local day;
    ``rounding`` names the scope within which minutes are summed before the one division.
    """

    period_minutes: int = 45
    daily_cap: int = 8
    rounding: Rounding = "session"

    def periods(self, minutes: int) -> int:
        """Whole periods in ``minutes``; a remainder is dropped (domain.md case 15)."""
        return max(0, minutes) // self.period_minutes

    def formula(self, minutes: int) -> str:
        """Return the arithmetic as it is printed beside a figure, e.g. ``80 ÷ 45 = 1``."""
        return f"{minutes} ÷ {self.period_minutes} = {self.periods(minutes)}"


def whole_minute(moment: datetime) -> datetime:
    """Truncate to the minute (FORMATS.md R1), so that every source scores alike."""
    return moment - timedelta(seconds=moment.second, microseconds=moment.microsecond)
