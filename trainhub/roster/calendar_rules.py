"""School calendar: which days are taught, which week of term a day lies in. Pure.

Order of precedence for one day: the school's own day, the bureau's own day, the national notice
(holiday or make-up workday 调休), term and vacation, weekday. A vacation day stays a vacation day
when the notice makes it a workday.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from trainhub.kernel.years import week_of_term

DayCode = Literal["school", "own_school_day", "make_up", "weekend", "holiday", "own_day_off", "vacation"]
_LABELS: dict[str, str] = {
    "school": "",
    "own_school_day": "上课",
    "make_up": "调休上班",
    "weekend": "周末",
    "holiday": "放假",
    "own_day_off": "停课",
    "vacation": "假期",
}


@dataclass(frozen=True, slots=True)
class DayKind:
    """What a day is. ``label`` is the word of the school calendar ("" on an ordinary school day), e.g. 国庆节.

    ``code`` lets a page translate it.
    """

    teaching: bool
    label: str
    code: DayCode = "school"


@dataclass(frozen=True, slots=True)
class Term:
    """A term: first and last day, both inclusive. ``school_year`` like ``2026-2027``."""

    id: str
    school_id: str
    school_year: str
    season: Literal["autumn", "spring"]
    starts_on: date
    ends_on: date

    @property
    def weeks(self) -> int:
        """Number of teaching weeks, counted as schools count them."""
        return week_of_term(self.starts_on, self.ends_on)


@dataclass(frozen=True, slots=True)
class SchoolCalendar:
    """The calendar of one school between two days.

    ``national`` and ``own`` map a day to (kind, words); ``unknown_years`` are years for which no
    official notice is stored: their days follow the weekday, and a page that shows them says so.
    ``follows`` maps an own school day to the weekday (1-7) whose timetable it follows (调休补课).
    """

    first: date
    last: date
    terms: tuple[Term, ...] = ()
    national: Mapping[date, tuple[str, str]] = field(default_factory=dict)
    own: Mapping[date, tuple[str, str]] = field(default_factory=dict)
    unknown_years: tuple[int, ...] = ()
    follows: Mapping[date, int] = field(default_factory=dict)

    def kind(self, day: date) -> DayKind:
        """Tell whether a day is taught and why not."""
        if day in self.own:
            kind, reason = self.own[day]
            return _kind("own_day_off" if kind == "off" else "own_school_day", reason, teaching=kind != "off")
        stated, name = self.national.get(day, ("", ""))
        if stated == "holiday":
            return _kind("holiday", name, teaching=False)
        if self.terms and self.term(day) is None:
            return _kind("vacation", teaching=False)
        if stated == "workday":
            return _kind("make_up", f"{name}调休上班" if name else "", teaching=True)
        if day.weekday() >= 5:
            return _kind("weekend", teaching=False)
        return _kind("school", teaching=True)

    def timetable_weekday(self, day: date) -> int | None:
        """The weekday (1-7) whose lessons are taught on a day, or None where none are.

        A make-up workday is taught by the timetable only where somebody said which weekday it follows.
        """
        kind = self.kind(day)
        if not kind.teaching:
            return None
        if day in self.follows:
            return self.follows[day]
        return None if kind.code == "make_up" else day.isoweekday()

    def term(self, day: date) -> Term | None:
        """The term in which a day lies, or None in the vacation."""
        return next((t for t in self.terms if t.starts_on <= day <= t.ends_on), None)

    def week(self, day: date) -> int | None:
        """Teaching week of the term, from 1; None outside a term."""
        term = self.term(day)
        return week_of_term(term.starts_on, day) if term else None

    def week_label(self, day: date) -> str:
        """``第12周``, or "" outside a term."""
        week = self.week(day)
        return f"第{week}周" if week else ""

    def teaching_days(self) -> int:
        """How many days between first and last are taught."""
        return sum(self.kind(day).teaching for day in each_day(self.first, self.last))


def _kind(code: DayCode, label: str = "", *, teaching: bool) -> DayKind:
    return DayKind(teaching, label or _LABELS[code], code)


def each_day(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both inclusive."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def school_year_of(day: date) -> str:
    """The school year of a day, 1 September to 31 August: ``2026-2027``."""
    start = day.year if day.month >= 9 else day.year - 1
    return f"{start}-{start + 1}"


def next_school_year(year: str, step: int = 1) -> str:
    """The school year ``step`` years after one written like ``2026-2027``."""
    start = int(year[:4]) + step
    return f"{start}-{start + 1}"
