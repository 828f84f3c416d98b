"""Punches of a machine, put together by person and day while they stream by.

Only the days of the session are kept; of other days a count is, so that a log of years costs what one day costs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from trainhub.plugin_api import AttendanceReading, Problem, SessionFrame, Unreadable
from trainhub.plugin_api.days import in_window, session_days

FIRST_YEAR = 2010
"""A clock that shows an earlier year has lost its battery: the record says that somebody came, and not when."""
MOST_DROPPED = 500
"""So many unreadable rows are told one by one; the rest are a number."""


@dataclass(frozen=True, slots=True)
class Holder:
    """How a machine names somebody. ``pin`` is its own number for them, no staff number."""

    pin: str = ""
    card: str = ""
    name: str = ""
    department: str = ""

    @property
    def key(self) -> str:
        """The strongest identity."""
        if self.pin:
            return f"pin:{self.pin.lstrip('0') or '0'}"
        return f"card:{self.card}" if self.card else f"name:{self.name}|{self.department}"


@dataclass(slots=True)
class _Held:
    holder: Holder
    row: int
    punches: set[datetime] = field(default_factory=set)
    flagged: list[tuple[datetime, str]] = field(default_factory=list)


class PunchBook:
    """Collects punches of the session's days."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.days = session_days(frame)
        self.held: dict[tuple[str, date], _Held] = {}
        self.dropped: list[Unreadable] = []
        self.bad = 0
        self.others: dict[date, list[int]] = {}
        self.reset: dict[str, tuple[Holder, int]] = {}

    def drop(self, row: int, reason: str) -> None:
        """Remember why a row yields nothing."""
        self.bad += 1
        if self.bad <= MOST_DROPPED:
            self.dropped.append(Unreadable(row, reason))

    def other(self, day: date, row: int) -> None:
        """Count a punch of another day."""
        seen = self.others.setdefault(day, [row, 0])
        seen[0] = min(seen[0], row)
        seen[1] += 1

    def clock_was_reset(self, holder: Holder, row: int) -> None:
        """Remember that somebody punched while the clock was wrong."""
        known = self.reset.get(holder.key)
        if known is None or row < known[1]:
            self.reset[holder.key] = (holder, row)

    def wrong_year(self, year: int) -> bool:
        """Whether no machine with a working clock wrote this year."""
        return year < FIRST_YEAR or year > self.frame.day.year + 1

    def take(self, holder: Holder, at: datetime, day: date, row: int, flags: Sequence[str] = ()) -> None:
        """Keep a punch of one of the session's days. ``at`` is a whole minute."""
        held = self.held.setdefault((holder.key, day), _Held(holder, row))
        held.row = min(held.row, row)
        held.punches.add(at)
        held.flagged.extend((at, flag) for flag in flags)

    def readings(self) -> tuple[AttendanceReading, ...]:
        """Return one reading per person and day; whose clock failed and who has no other punch near, is flagged."""
        near = {key for (key, _day), held in self.held.items() if in_window(held.punches, self.frame)}
        lost = {key: told for key, told in self.reset.items() if key not in near}
        made = []
        for (key, day), held in self.held.items():
            inside = set(in_window(held.punches, self.frame))
            flags = dict.fromkeys(sorted({flag for at, flag in held.flagged if at in inside}))
            if lost.pop(key, None):
                flags["device_clock_reset"] = None
            made.append(self._reading(held.holder, day, held.row, tuple(sorted(held.punches)), tuple(flags)))
        made += [self._reading(h, self.frame.day, row, (), ("device_clock_reset",)) for h, row in lost.values()]
        return tuple(sorted(made, key=lambda reading: reading.row))

    @staticmethod
    def _reading(
        holder: Holder, day: date, row: int, punches: tuple[datetime, ...], flags: tuple[str, ...]
    ) -> AttendanceReading:
        return AttendanceReading(
            row=row,
            name=holder.name,
            department=holder.department,
            device_pin=holder.pin,
            card_no=holder.card,
            punches=punches,
            flags=flags,
            external_id=f"{holder.key}@{day.isoformat()}"[:96],
        )

    def told(self) -> tuple[Unreadable, ...]:
        """Return what was left out: unreadable rows, and for each other day its first row and how many."""
        rest = self.bad - len(self.dropped)
        more = [Unreadable(0, "unreadable", str(rest))] if rest else []
        others = [
            Unreadable(first, "other_date", f"{day.isoformat()} × {count}")
            for day, (first, count) in sorted(self.others.items())
        ]
        return (*self.dropped, *more, *others)

    def warnings(self) -> tuple[Problem, ...]:
        """Say so where the file covers other days only."""
        if self.held or not self.others:
            return ()
        said = {"day": self.frame.day, "first": min(self.others), "last": max(self.others)}
        return (Problem("no_rows_for_the_day", params={k: v.isoformat() for k, v in said.items()}),)
