"""The monthly workbook that a stand-alone machine writes to a USB stick: the sheet 刷卡记录.

Somewhere above stand the period (``2026-03-01 ~ 03-31``) and a row of day numbers; then for each person a row with
工号, 姓名, 部门 and below it a row of punches, each ``HH:MM`` on a line of its own in the cell of its day. 工号 on
the machine is its own number for the person, no staff number.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import fold_text, identifier_of, school_moment, text_of
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_device.punches import Holder, PunchBook

_PERIOD = re.compile(
    r"((?:19|20)[0-9]{2})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?\s*(?:~|～|至|到|—|-)+\s*"
    r"(?:((?:19|20)[0-9]{2})[-/.年])?([0-9]{1,2})[-/.月]([0-9]{1,2})"
)
_CLOCK = re.compile(r"(?<![0-9])([01]?[0-9]|2[0-3]):([0-5][0-9])")
_RUN_TOGETHER = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_LABELS = {"pin": ("工号", "登记号", "编号"), "name": ("姓名",), "department": ("部门",)}
_MOST_DAYS = 62


@dataclass(frozen=True, slots=True)
class Month:
    """A sheet that was recognised: the day of each column, and where its people begin."""

    table: Table
    days: dict[int, date]
    first: int


def months_of(tables: Tables) -> list[Month]:
    """Return the sheets of punches, in the order of the file."""
    return [month for table in tables if (month := _month(table)) is not None]


def _month(table: Table) -> Month | None:
    period: tuple[date, date] | None = None
    for index, row in enumerate(table.rows[:15]):
        period = period or next(filter(None, (_period(text_of(cell)) for cell in row)), None)
        if period is None:
            continue
        days = _days(row, *period)
        if len(days) >= max(1, (period[1] - period[0]).days):
            people = any(_identity(below) for below in table.rows[index + 1 : index + 12])
            return Month(table, days, index + 1) if people else None
    return None


def _period(text: str) -> tuple[date, date] | None:
    found = _PERIOD.search(fold_text(text))
    if found is None:
        return None
    year, month, day, last_year, last_month, last_day = found.groups()
    try:
        first = date(int(year), int(month), int(day))
        last = date(int(last_year or year), int(last_month), int(last_day))
        if last < first and not last_year:
            last = last.replace(year=last.year + 1)
    except ValueError:
        return None
    return (first, last) if 0 <= (last - first).days < _MOST_DAYS else None


def _days(row: Sequence[Cell], first: date, last: date) -> dict[int, date]:
    """Return column -> day: the numbers are walked along with the days of the period."""
    days: dict[int, date] = {}
    at = first
    for column, cell in enumerate(row):
        number = re.match(r"^([0-9]{1,2})(?![0-9:/.-])", text_of(cell))
        if number is None:
            continue
        while at <= last and at.day != int(number.group(1)):
            at += timedelta(days=1)
        if at > last:
            return {}
        days[column] = at
        at += timedelta(days=1)
    return days


def _identity(row: Sequence[Cell]) -> Holder | None:
    """Return who a row names: a label, and its value in the same cell or in the next one that is filled."""
    found: dict[str, str] = {}
    wanted = ""
    for cell in row:
        text = text_of(cell)
        if not text:
            continue
        label, _, said = "".join(text.split()).partition(":") if isinstance(cell, str) else ("", "", "")
        field = next((name for name, labels in _LABELS.items() if label in labels), "")
        if field:
            wanted = "" if said else field
            found[field] = said
        elif wanted:
            found[wanted] = identifier_of(cell).text if wanted == "pin" else text
            wanted = ""
    if "pin" not in found or not (found.get("pin") or found.get("name")):
        return None
    return Holder(found["pin"], name=found.get("name", ""), department=found.get("department", ""))


def clocks_of(cell: Cell) -> list[time]:
    """Return the punches of a cell; machines put them on lines, behind blanks or right behind each other."""
    if isinstance(cell, datetime):
        return [cell.time().replace(second=0, microsecond=0)]
    if isinstance(cell, time):
        return [cell.replace(second=0, microsecond=0)]
    if not isinstance(cell, str):
        return []
    text = fold_text(cell)
    pattern = _RUN_TOGETHER if re.search(r"[0-9]{2}:[0-9]{4}", text) else _CLOCK
    return [time(int(hour), int(minute)) for hour, minute in pattern.findall(text)]


def _punch_rows(month: Month) -> Iterator[tuple[int, Holder, Sequence[Cell]]]:
    holder: Holder | None = None
    for index in range(month.first, len(month.table.rows)):
        row = month.table.rows[index]
        named = _identity(row)
        if named is not None:
            holder = named
        elif holder is not None:
            yield index + 1, holder, row


def read(tables: Tables, frame: SessionFrame) -> ReadResult:
    """Return one reading per person who punched on the session's day. Raises :class:`Refused`."""
    months = months_of(tables)
    if not months:
        raise Refused("no_header")
    book = PunchBook(frame)
    for month in months:
        for number, holder, row in _punch_rows(month):
            for column, day in month.days.items():
                clocks = clocks_of(row[column]) if column < len(row) else []
                for clock in clocks:
                    if day in book.days:
                        book.take(holder, school_moment(day, clock), day, number)
                    else:
                        book.other(day, number)
    return ReadResult(
        f"device.usb_report.{tables.container}",
        book.readings(),
        dropped=book.told(),
        warnings=book.warnings(),
        encoding=tables.encoding,
        columns={"device_pin": "工号", "name": "姓名", "department": "部门"},
        confidence=98,
    )
