"""What the systems call the columns of a person, and how they write names and times."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from trainhub.plugin_api import Problem, SessionFrame
from trainhub.plugin_api.cells import fold_text, identifier_of, local_day_of, moment_of, school_moment, text_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.headers import cell_at
from trainhub.plugin_api.tables import Cell

LABELS: dict[str, tuple[str, ...]] = {
    "surname": ("Surname", "Last name", "Family name", "姓", "姓氏"),
    "first_name": ("First name", "Given name", "名", "名字"),
    "name": ("Name", "Full name", "User full name", "姓名", "用户全名", "全名"),
    "staff_no": ("ID number", "工号", "教职工号", "职工号", "Staff number", "Staff no", "Employee ID", "学号"),
    "department": ("Department", "部门", "系部", "院系"),
    "email": ("Email address", "Email", "E-mail", "电子邮件", "邮箱", "Email地址", "电子邮件地址"),
}

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = re.compile(
    r"([0-9]{1,2})\s+([A-Za-z]{3,9})\.?\s+([0-9]{4}),?\s+([0-9]{1,2})[.:]([0-9]{2})\s*(am|pm)?", re.IGNORECASE
)
_NUMERIC = re.compile(
    r"([0-9]{4})\s*[-/年]\s*([0-9]{1,2})\s*[-/月]\s*([0-9]{1,2})\s*日?\s*(?:\(?(?:星期|周)[一二三四五六日天]\)?)?,?\s*((?:上午|下午)?\s*[0-9]{1,2}[.:][0-9]{2}\s*(?:am|pm)?)",
    re.IGNORECASE,
)


def moment_in(text: str) -> datetime | None:
    """Return the day and clock that stand in a text: ``5 Mar 2026 2.00PM All students``, ``2026年3月5日 14:00``."""
    folded = fold_text(text)
    found = _ENGLISH.search(folded)
    if found:
        day, name, year, hour, minute, half = found.groups()
        month = _MONTHS.index(name[:3].lower()) + 1 if name[:3].lower() in _MONTHS else 0
        return _moment(int(year), month, int(day), f"{hour}:{minute} {half or ''}")
    found = _NUMERIC.search(folded)
    if found:
        year, month_text, day, clock = found.groups()
        return _moment(int(year), int(month_text), int(day), clock.replace(".", ":"))
    return None


def _moment(year: int, month: int, day: int, clock: str) -> datetime | None:
    at: time | None = moment_of(clock.strip()).clock
    try:
        return school_moment(date(year, month, day), at) if at else None
    except ValueError:
        return None


def moment_of_cell(cell: Cell) -> datetime | None:
    """Return the moment of a cell with day and clock, typed or written out."""
    if isinstance(cell, str):
        return moment_in(cell)
    moment = moment_of(cell)
    return school_moment(moment.day, moment.clock) if moment.day and moment.clock else None


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row is about; texts, "" where the export does not say."""

    name: str
    staff_no: str
    department: str
    email: str

    @property
    def key(self) -> str:
        """The strongest identity, for natural keys."""
        return self.email or self.staff_no or f"{''.join(self.name.split())}|{self.department}"

    def __bool__(self) -> bool:
        return bool(self.name or self.staff_no or self.email)


class Keys:
    """Gives natural keys; two rows nobody can tell apart get one each, in the order of the file."""

    def __init__(self, system: str) -> None:
        self.system = system
        self.given: dict[str, int] = {}

    def key(self, person: Person, about: str) -> str:
        """Return the key of a person's row about a session."""
        base = f"{self.system}:{person.key}@{about}"[:110]
        times = self.given[base] = self.given.get(base, 0) + 1
        return base if times == 1 else f"{base}#{times}"


def person_of(row: Sequence[Cell], at: Mapping[str, int]) -> Person:
    """Return the person of a row. Surname and first name are put together as their language does."""

    def text(field: str) -> str:
        found = text_of(cell_at(row, at.get(field)))
        return "" if found == "-" else found

    surname, first = text("surname"), text("first_name")
    joined = surname + first if _HAN.search(surname + first) else f"{first} {surname}".strip()
    return Person(
        joined or text("name"),
        identifier_of(cell_at(row, at.get("staff_no"))).text,
        text("department"),
        text("email").lower(),
    )


def other_days(seen: Sequence[datetime], frame: SessionFrame) -> tuple[Problem, ...]:
    """Say so where a file knows other days only."""
    days = {local_day_of(m) for m in seen}
    if not days or days & session_days(frame):
        return ()
    said = {"day": frame.day, "first": min(days), "last": max(days)}
    return (Problem("no_rows_for_the_day", params={k: v.isoformat() for k, v in said.items()}),)
