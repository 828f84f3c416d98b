"""The roll-call grid: people down, days across, signs explained by the legend printed on the sheet."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from trainhub.plugin_api import AttendanceReading, Problem, SessionFrame, Unreadable
from trainhub.plugin_api.cells import day_of, identifier_of, moment_of, text_of
from trainhub.plugin_api.headers import HEADER_ROWS, cell_at, fold_label
from trainhub.plugin_api.tables import Cell, Table
from trainhub_tabular.labels import field_of
from trainhub_tabular.listing import Listing
from trainhub_tabular.marks import claim_of_mark
from trainhub_tabular.sheet import Facts, facts_of, not_data, row_text

_MONTH_GROUP = re.compile(r"^(?:(20[0-9]{2})年)?([0-9]{1,2})月份?$")
_BARE_DAY = re.compile(r"^([0-9]{1,2})[日号]?$")


@dataclass(frozen=True, slots=True)
class GridHeader:
    """Where names, numbers and days stand. ``first``/``last`` are 0-based rows."""

    first: int
    last: int
    columns: dict[str, int]
    days: dict[int, date]
    texts: tuple[str, ...]


def find_grid(table: Table, frame: SessionFrame | None) -> GridHeader | None:
    """Return the header of a grid, or None. One day is enough if its column has a day for a name."""
    best: GridHeader | None = None
    for index in range(min(HEADER_ROWS, len(table.rows))):
        found = _header_at(table, index, frame)
        if found and (best is None or len(found.days) > len(best.days)):
            best = found
    return best


def _header_at(table: Table, index: int, frame: SessionFrame | None) -> GridHeader | None:
    row = table.rows[index]
    columns = _identity(row)
    first = index
    if not columns and index:
        above = _identity(table.rows[index - 1])
        if above and not any(text_of(cell_at(row, c)) for c in above.values()):
            columns, first = above, index - 1
    if not ({"name", "student_no", "staff_no"} & columns.keys()):
        return None
    facts = facts_of(table, first, ())
    months = _months(table.rows[index - 1], len(row)) if index else {}
    taken = set(columns.values())
    cells = {c: cell for c, cell in enumerate(row) if c not in taken and cell is not None}
    full = [d for cell in cells.values() if not isinstance(cell, bool) and (d := day_of(cell)) is not None]
    near = min(full) if full else None
    days = {c: d for c, cell in cells.items() if (d := _day(cell, months.get(c), facts, near, frame)) is not None}
    if not days:
        return None
    width = max(len(row), len(table.rows[first]))
    texts = tuple(text_of(cell_at(row, c)) or text_of(cell_at(table.rows[first], c)) for c in range(width))
    return GridHeader(first, index, columns, days, texts)


def _identity(row: Sequence[Cell]) -> dict[str, int]:
    found: dict[str, int] = {}
    for column, cell in enumerate(row):
        name = field_of(fold_label(cell)) if isinstance(cell, str) else None
        if name in ("name", "student_no", "staff_no", "staff_no_weak", "department", "serial"):
            found.setdefault(name, column)
    return found


def _months(above: Sequence[Cell], width: int) -> dict[int, tuple[int | None, int]]:
    """Spread month names over the columns to their right."""
    spread: dict[int, tuple[int | None, int]] = {}
    current: tuple[int | None, int] | None = None
    for column in range(width):
        text = text_of(cell_at(above, column))
        found = _MONTH_GROUP.match(text.replace(" ", ""))
        if found:
            current = (int(found.group(1)) if found.group(1) else None, int(found.group(2)))
        elif text:
            current = None
        if current:
            spread[column] = current
    return spread


def _day(
    cell: Cell, month: tuple[int | None, int] | None, facts: Facts, near: date | None, frame: SessionFrame | None
) -> date | None:
    if isinstance(cell, bool):
        return None
    text = text_of(cell)
    bare = _BARE_DAY.match(text)
    if bare and month is not None:
        year = month[0] or _year(month[1], facts, near, frame)
        return _checked(year, month[1], int(bare.group(1)))
    if bare and isinstance(cell, (int, str)):
        return None  # a day number without a month above it says nothing
    if isinstance(cell, (int, float)):
        return moment_of(cell).day
    first_month = re.match(r"^([0-9]{1,2})", text)
    year = (
        _year(int(first_month.group(1)), facts, near, frame)
        if first_month and int(first_month.group(1)) <= 12
        else None
    )
    return day_of(cell, year)


def _year(month: int, facts: Facts, near: date | None, frame: SessionFrame | None) -> int | None:
    """The year of a month without one: printed school year, then a full date beside it, then the session."""
    if facts.years is not None:
        return facts.year_of_month(month)
    if near is not None:
        candidates = [
            (abs((y * 12 + month) - (near.year * 12 + near.month)), y)
            for y in (near.year - 1, near.year, near.year + 1)
        ]
        return min(candidates)[1]
    return facts.year or (frame.day.year if frame else 2000)  # without a session only the shape matters


def _checked(year: int | None, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year else None
    except ValueError:
        return None


def read_grid(table: Table, header: GridHeader, frame: SessionFrame) -> Listing:
    """Return one reading per person and day; days other than the session's are marked so."""
    out = Listing()
    body = table.rows[header.last + 1 :]
    footers = [row for row in body if not_data(row, "") in ("totals", "footer")]
    facts = facts_of(table, header.first, footers)
    for offset, row in enumerate(body):
        number = header.last + 2 + offset
        name = text_of(cell_at(row, header.columns.get("name")))
        reason = not_data(row, name)
        if reason or not (name or text_of(cell_at(row, _number_column(header)))):
            if reason != "blank":
                out.dropped.append(Unreadable(number, reason or "no_identity", row_text(row)[:200]))
            continue
        out.readings.extend(_person(number, row, name, header, facts, frame))
    if not facts.legend and out.readings:
        out.warnings.append(Problem("no_legend"))
    return out


def _number_column(header: GridHeader) -> int | None:
    for name in ("student_no", "staff_no", "staff_no_weak"):
        if name in header.columns:
            return header.columns[name]
    return None


def _person(
    number: int, row: Sequence[Cell], name: str, header: GridHeader, facts: Facts, frame: SessionFrame
) -> list[AttendanceReading]:
    identifier = identifier_of(cell_at(row, _number_column(header)))
    who = f"no:{identifier.text}" if identifier.text else f"name:{''.join(name.split())}"
    readings = []
    for column, day in sorted(header.days.items(), key=lambda item: item[1]):
        text = text_of(cell_at(row, column))
        claim = claim_of_mark(text, "", facts.legend)
        stated = claim.stated
        flags = [*claim.flags, *(["staff_no_damaged"] if identifier.damaged else [])]
        if not claim.known:
            flags, stated = [*flags, "unknown_symbol"], None
        elif stated is None and not claim.flags:
            flags.append("blank_mark")
        readings.append(
            AttendanceReading(
                row=number,
                name=name,
                staff_no=identifier.text,
                department=text_of(cell_at(row, header.columns.get("department"))),
                stated=stated,
                whole_session=stated in ("present", "late", "left_early"),
                late_minutes=claim.late_minutes,
                leave_type=claim.leave_type,
                flags=tuple(flags),
                other_days=day != frame.day,
                raw={"date": day.isoformat(), "student_no": identifier.text, "class_name": facts.class_name},
                external_id=f"{who[:70]}@{day.isoformat()}",
            )
        )
    return readings
