"""The year within which a training is owed. Its meaning is a bureau's setting (domain.md 3.1)."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

YearKind = Literal["calendar", "school"]


@dataclass(frozen=True, slots=True, order=True)
class RequirementYear:
    """A requirement year. ``start_year`` 2026 is 2026 (calendar) or 2026-27 (school)."""

    start_year: int
    kind: YearKind = "calendar"

    @property
    def first_day(self) -> date:
        """First day, inclusive."""
        return date(self.start_year, 1, 1) if self.kind == "calendar" else date(self.start_year, 9, 1)

    @property
    def last_day(self) -> date:
        """Last day, inclusive."""
        return date(self.start_year, 12, 31) if self.kind == "calendar" else date(self.start_year + 1, 8, 31)

    @property
    def key(self) -> str:
        """Short stable key for URLs and rows: ``2026`` or ``2026-2027``."""
        return str(self.start_year) if self.kind == "calendar" else f"{self.start_year}-{self.start_year + 1}"

    def contains(self, day: date) -> bool:
        """Whether a local day lies in the year."""
        return self.first_day <= day <= self.last_day

    def next(self) -> "RequirementYear":
        """The year after."""
        return RequirementYear(self.start_year + 1, self.kind)

    @classmethod
    def of(cls, day: date, kind: YearKind) -> "RequirementYear":
        """The year of that kind in which ``day`` lies."""
        return cls(day.year if kind == "calendar" or day.month >= 9 else day.year - 1, kind)

    @classmethod
    def parse(cls, key: str) -> "RequirementYear":
        """Read a key made by :attr:`key`. Raises ValueError on anything else."""
        head, dash, tail = key.partition("-")
        if not (head.isdecimal() and len(head) == 4 and 1950 <= int(head) <= 2150):
            raise ValueError(key)
        if not dash:
            return cls(int(head), "calendar")
        if tail != str(int(head) + 1):
            raise ValueError(key)
        return cls(int(head), "school")


def week_of_term(first_monday: date, day: date) -> int:
    """Teaching week as schools count it: the week holding the first day of term is week 1."""
    monday = first_monday - timedelta(days=first_monday.weekday())
    return (day - monday).days // 7 + 1
