"""Times of meeting lists: the order of day and month goes by the locale of whoever exported."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache
from typing import Literal

from trainhub.plugin_api.cells import fold_text, moment_of, school_moment, text_of
from trainhub.plugin_api.tables import Cell

Order = Literal["mdy", "dmy"]
_SLASHED = re.compile(r"^([0-9]{1,2})[/.\-]([0-9]{1,2})[/.\-]([0-9]{4}|[0-9]{2}),?\s+(.+)$")
_CLOCK_TOTAL = re.compile(r"^(?:([0-9]+):)?([0-9]{1,3}):([0-9]{2})$")
_WORD_TOTAL = re.compile(
    r"([0-9]+)\s*(h|hr|hrs|hours?|小时|时|m|min|mins|minutes?|分钟|分|s|sec|secs|seconds?|秒)(?![a-z])", re.IGNORECASE
)

_SECONDS = {"h": 3600, "小": 3600, "时": 3600, "m": 60, "分": 60, "s": 1, "秒": 1}


def order_of(cells: Iterable[Cell], days: frozenset[date]) -> tuple[Order, bool]:
    """Return the order of ``3/5/26``, and whether the file or the session shows it.

    An order that gives every cell a day wins; where both do, the one that meets the session's day.
    """
    pairs = {
        (int(m[1]), int(m[2]), _year(m[3])) for c in cells if isinstance(c, str) and (m := _SLASHED.match(fold_text(c)))
    }
    possible: list[Order] = [order for order in ("mdy", "dmy") if all(_day(p, order) for p in pairs)]
    if len(possible) == 1 or not pairs:
        return (possible or ["mdy"])[0], True
    meeting = [order for order in possible if any(_day(p, order) in days for p in pairs)]
    same = all(a == b for a, b, _y in pairs)
    return (meeting or ["mdy"])[0], same or len(meeting) == 1


def _year(text: str) -> int:
    return int(text) + 2000 if len(text) == 2 else int(text)


def _day(parts: tuple[int, int, int], order: str) -> date | None:
    first, second, year = parts
    try:
        return date(year, first, second) if order == "mdy" else date(year, second, first)
    except ValueError:
        return None


@lru_cache(maxsize=16_384)
def moment_at(cell: Cell, order: Order) -> datetime | None:
    """Return the aware moment of a cell with day and clock, else None."""
    if isinstance(cell, str) and (found := _SLASHED.match(fold_text(cell))):
        day = _day((int(found[1]), int(found[2]), _year(found[3])), order)
        cell = f"{day.isoformat()} {found[4]}" if day else None
    moment = moment_of(cell)
    return school_moment(moment.day, moment.clock) if moment.day and moment.clock else None


def minutes_of(cell: Cell) -> int | None:
    """Return the whole minutes of a total: ``2:15:00``, ``1h 13m 42s``, ``90分钟``, or a number of minutes.

    A number below one is what a spreadsheet makes of a clock: a part of a day.
    """
    if isinstance(cell, time):
        return cell.hour * 60 + cell.minute
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return int(cell * 1440) if 0 < cell < 1 else int(cell)
    text = text_of(cell)
    clock = _CLOCK_TOTAL.match(text)
    if clock:
        return int(clock[1] or 0) * 60 + int(clock[2])
    words = _WORD_TOTAL.findall(text)
    if words:
        return sum(int(number) * _SECONDS[unit[0].lower()] for number, unit in words) // 60
    return int(float(text)) if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) else None
