"""What a cell says: text, identifier, day, clock. The styles are those schools really type.

Nothing here guesses: a cell that can be read in two ways gives None.
"""

import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from trainhub.kernel.clock import SCHOOL_ZONE as SCHOOL_ZONE  # noqa: PLC0414  a plugin may not reach the kernel
from trainhub.kernel.clock import at
from trainhub.plugin_api.tables import Cell

_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day zero is a wall-clock date
_SERIAL_DAYS = range(20_000, 80_000)  # 1954 to 2119: numbers outside are not meant as days
_ZERO_WIDTH = re.compile("[\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_GUARD = re.compile(r'^=\s*"(.*)"$', re.DOTALL)
_DAMAGED = re.compile(r"^[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+$")
_POINT_ZERO = re.compile(r"^([0-9]+)\.0+$")

_COMPACT = re.compile(r"^((?:19|20)[0-9]{2})([01][0-9])([0-3][0-9])(?:([0-2][0-9])([0-5][0-9])([0-5][0-9])?)?$")
_YEAR_FIRST = re.compile(r"^((?:19|20)?[0-9]{2})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})(?![0-9])\s*[日号]?")
_MONTH_DAY = re.compile(r"^([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*[日号]?")
_SHORT = re.compile(r"^([0-9]{1,2})\s*[-/.]\s*([0-9]{1,2})(?=\s|$)")
_YEAR_LAST = re.compile(r"^([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(?![0-9])")
_WEEKDAY = re.compile(r"[(\[]?\s*(?:星期|周|礼拜)[一二三四五六日天]\s*[)\]]?")
_NEXT_DAY = re.compile(r"次日|第二天|翌日")
_CLOCK = re.compile(
    r"^(?:T\s*)?(上午|下午|中午|晚上|晚|早上|早晨|凌晨|傍晚|am|pm)?\s*([0-9]{1,2})\s*(?:[:时点](?:\s*钟)?)\s*"
    r"(半|一刻|三刻|[0-9]{1,2})?\s*分?\s*(?::?\s*([0-9]{1,2})(?:\.[0-9]+)?\s*秒?)?\s*(am|pm)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?$",
    re.IGNORECASE,
)
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}


@lru_cache(maxsize=65_536)
def fold_text(text: str) -> str:
    """Return text in one form: NFKC (full-width digits and marks), no zero-width signs, trimmed."""
    if text.isascii():
        return text.strip()
    return _ZERO_WIDTH.sub("", unicodedata.normalize("NFKC", text)).strip()


def text_of(cell: Cell) -> str:
    """Return the folded text of a cell; ``="00123"`` guards are taken off. Blank gives ""."""
    if cell is None:
        return ""
    if cell.__class__ is str:
        folded = fold_text(cell)
        guarded = _GUARD.match(folded) if folded.startswith("=") else None
        return guarded.group(1).strip() if guarded else folded
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "minutes")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return str(cell)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number that names somebody. ``damaged``: the program that saved the file has lost digits.

    ``numeric`` says that the cell held a number, so zeros in front may be lost.
    """

    text: str
    damaged: bool = False
    numeric: bool = False


_NO_IDENTIFIER = Identifier("")


def identifier_of(cell: Cell) -> Identifier:
    """Read a staff, pupil or card number: ``2001.0`` -> 2001, ``８`` -> 8, ``1.23E+17`` -> damaged."""
    if cell is None or isinstance(cell, (bool, date, time)):
        return _NO_IDENTIFIER
    if isinstance(cell, int):
        return Identifier(str(cell), abs(cell) >= 10**15, numeric=True)
    if isinstance(cell, float):
        if math.isfinite(cell) and abs(cell) < 10**15 and cell.is_integer():
            return Identifier(str(int(cell)), numeric=True)
        return Identifier("", damaged=True, numeric=True)
    return _identifier_of_text(text_of(cell))


def _identifier_of_text(text: str) -> Identifier:
    if text.isascii() and text.isdecimal():
        return Identifier(text)
    squeezed = "".join(text.split()).lstrip("'`\u2018")
    if _DAMAGED.match(squeezed):
        return Identifier("", damaged=True, numeric=True)
    whole = _POINT_ZERO.match(squeezed)
    if whole:
        return Identifier(whole.group(1), numeric=True)
    return Identifier("" if squeezed in {"-", "--", "/", "\\", "无", "暂无"} else squeezed)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a cell says about time: a day, a clock, or both. ``next_day``: 次日 stood there."""

    day: date | None = None
    clock: time | None = None
    next_day: bool = False

    def __bool__(self) -> bool:
        return self.day is not None or self.clock is not None


_NOTHING = Moment()


def moment_of(cell: Cell, year: int | None = None, *, short: bool = False) -> Moment:
    """Read a day, a clock, or both. Clocks are truncated to the minute.

    ``year`` fills in ``3月5日``; ``short`` allows ``3.5`` and ``3/5`` (only where a day is expected).
    """
    if cell is None or isinstance(cell, bool):
        return _NOTHING
    if isinstance(cell, datetime):
        return Moment(cell.date(), cell.time().replace(second=0, microsecond=0, tzinfo=None))
    if isinstance(cell, date):
        return Moment(cell)
    if isinstance(cell, time):
        return Moment(None, cell.replace(second=0, microsecond=0))
    if isinstance(cell, (int, float)):
        return _serial(cell)
    return _moment_of_text(cell, year, short=short)


def _serial(number: float) -> Moment:
    if not math.isfinite(number):
        return _NOTHING
    if 0 < number < 1:
        return Moment(None, _minute(_SERIAL_ZERO + timedelta(seconds=round(number * 86_400))))
    if int(number) in _SERIAL_DAYS:
        # Rounding to the second first: 46283.354166 is 08:30, not 08:29.
        at = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
        return Moment(at.date(), None if number == int(number) else _minute(at))
    return _moment_of_text(str(int(number)), None, short=False) if number == int(number) else _NOTHING


def _minute(at: datetime) -> time:
    return time(at.hour, at.minute)


@lru_cache(maxsize=65_536)
def _moment_of_text(raw: str, year: int | None, *, short: bool) -> Moment:
    text = text_of(raw).replace("\u2236", ":").replace("\u3002", ".").replace("\n", " ")
    compact = _COMPACT.match(text)
    if compact:
        return _compact(compact)
    if re.fullmatch(r"[0-9]{5}(?:\.[0-9]+)?|0\.[0-9]+", text):
        return _serial(float(text))
    next_day = _NEXT_DAY.search(text) is not None
    rest = _WEEKDAY.sub(" ", _NEXT_DAY.sub(" ", text)).strip()
    day, rest = _take_day(rest, year, short=short)
    if not rest:
        return Moment(day, None, next_day) if day else _NOTHING
    clock = _CLOCK.match(rest)
    return _NOTHING if clock is None else _with_clock(day, clock, next_day=next_day)


def _compact(found: re.Match[str]) -> Moment:
    y, m, d, hour, minute, _second = found.groups()
    day = _day(int(y), int(m), int(d))
    if day is None or (hour is not None and int(hour) > 23):
        return _NOTHING
    return Moment(day, time(int(hour), int(minute)) if hour else None)


def _take_day(text: str, year: int | None, *, short: bool) -> tuple[date | None, str]:
    """Cut a day off the front. Returns (day, rest); a rest that is no clock makes the caller give up."""
    found = _YEAR_FIRST.match(text)
    if found:
        y, m, d = (int(g) for g in found.groups())
        day = _day(y + 2000 if y < 100 else y, m, d)
        return (day, text[found.end() :].strip()) if day else (None, text)
    found = _YEAR_LAST.match(text)
    if found:
        first, second, y = (int(g) for g in found.groups())
        # 3/5/2026 may be May or March: only a reading that is the only possible one is taken.
        readings = {_day(y, first, second), _day(y, second, first)} - {None}
        return (readings.pop(), text[found.end() :].strip()) if len(readings) == 1 else (None, text)
    found = _MONTH_DAY.match(text) or (_SHORT.match(text) if short else None)
    if found and year is not None:
        day = _day(year, int(found.group(1)), int(found.group(2)))
        return (day, text[found.end() :].strip()) if day else (None, text)
    return None, text


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _with_clock(day: date | None, found: re.Match[str], *, next_day: bool) -> Moment:
    before, hour_text, minute_text, second, after, zone = found.groups()
    if zone and (day is None or not (second or zone.upper() == "Z")):
        return _NOTHING  # 13:50-16:00 is a stretch of time, not a time zone
    hour = int(hour_text)
    minute = _QUARTERS.get(minute_text or "", -1)
    if minute < 0:
        minute = int(minute_text) if minute_text else 0
    half = (before or after or "").lower()
    if (half in ("下午", "晚上", "晚", "傍晚", "pm") and hour < 12) or (half == "中午" and hour < 11):
        hour += 12
    elif half in ("上午", "凌晨", "am", "早上", "早晨") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        return _NOTHING
    clock = time(hour, minute)
    if zone and day:
        offset = "+00:00" if zone.upper() == "Z" else zone
        local = datetime.fromisoformat(f"{day.isoformat()}T{clock.isoformat()}{offset}").astimezone(SCHOOL_ZONE)
        return Moment(local.date(), _minute(local), next_day)
    return Moment(day, clock, next_day)


def day_of(cell: Cell, year: int | None = None) -> date | None:
    """Return the day a cell of a date column says, or None."""
    return moment_of(cell, year, short=True).day


_SEVERAL = re.compile(r"[\s,;、~至到—–]+|(?<=[0-9分])-(?=[0-9上下])")


def moments_of(cell: Cell, year: int | None = None) -> tuple[Moment, ...]:
    """Return every moment of a cell: one, or several joined by line breaks, spaces, or 至.

    ``1420`` is read as 14:20 here, because the column is known to hold clocks. Gives () where any
    part cannot be read.
    """
    single = moment_of(cell, year)
    if single:
        return (single,)
    text = text_of(cell)
    bare = re.fullmatch(r"([01]?[0-9]|2[0-3])\.?([0-5][0-9])", text) if not isinstance(cell, float) else None
    if bare:
        return (Moment(None, time(int(bare.group(1)), int(bare.group(2)))),)
    if not isinstance(cell, str):
        return ()
    parts = [moment_of(p, year) for p in _SEVERAL.split(text) if p]
    return tuple(parts) if len(parts) > 1 and all(p.clock for p in parts) else ()


@lru_cache(maxsize=16_384)
def school_moment(day: date, clock: time, *, next_day: bool = False) -> datetime:
    """Return the aware moment of a wall-clock time on a school day (Asia/Shanghai)."""
    return at(day + timedelta(days=1) if next_day else day, clock)


def epoch_moment(value: object) -> datetime | None:
    """Return the aware moment of an epoch count, whole minutes; seconds and milliseconds tell themselves apart.

    Anything that is no such count between 2001 and 2099 gives None.
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < 15:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    seconds = value / 1000 if value >= 10**11 else value
    if not 10**9 <= seconds < 4_070_908_800:
        return None
    return datetime.fromtimestamp(seconds // 60 * 60, UTC)


@lru_cache(maxsize=16_384)
def local_day_of(moment: datetime) -> date:
    """Return the school's calendar day of an aware moment."""
    return moment.astimezone(SCHOOL_ZONE).date()
