"""Excel workbooks: text as text, days as days, numbers as numbers; memory flat in the rows."""

import io
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from trainhub.documents.cells import download_name, is_risky
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.clock import local

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

__all__ = ["MEDIA_TYPE", "Cell", "Column", "SheetSpec", "download_name", "write"]

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_LAST_ROW = 1_048_575
_LONGEST_TEXT = 32_767
_FONT = "微软雅黑"
_NUMBER_FORMATS = {"int": "0", "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm", "percent": "0.0%"}


def write(
    sheets: Sequence[SheetSpec], *, created_by: str = "", created_at: datetime | None = None, filter_note: str = ""
) -> bytes:
    """Return a workbook with the sheets.

    ``created_by``, ``created_at`` (aware) and ``filter_note`` are printed above every table, because
    a printed list without its date and filter is no evidence. Raises ValueError where a sheet has
    more rows than the format holds.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        properties: dict[str, Any] = {"author": created_by, "company": "", "comments": filter_note}
        if created_at is not None:
            properties["created"] = local(created_at).replace(tzinfo=None)
        book.set_properties(properties)
        formats = _formats(book)
        used: set[str] = set()
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.title, used))
            _fill(page, sheet, [*sheet.notes, *_origin(created_by, created_at, filter_note)], formats)
    return buffer.getvalue()


def _origin(created_by: str, created_at: datetime | None, filter_note: str) -> list[str]:
    """Return the lines that say from where the table comes."""
    lines = [filter_note] if filter_note else []
    stamp = f"{local(created_at):%Y-%m-%d %H:%M}" if created_at else ""
    if created_by or stamp:
        lines.append("　".join(word for word in (created_by, stamp) if word))
    return lines


def _formats(book: "Workbook") -> dict[str, Any]:
    base = {"font_name": _FONT, "font_size": 10, "valign": "vcenter"}
    body = base | {"border": 1, "border_color": "#9A9A9A"}
    made: dict[str, Any] = {
        "title": book.add_format(base | {"bold": True, "font_size": 14}),
        "note": book.add_format(base | {"font_color": "#555555"}),
        "header": book.add_format(body | {"bold": True, "bg_color": "#EEEEEE", "text_wrap": True}),
        "text": book.add_format(body | {"num_format": "@"}),
        # Editing such a cell in Excel would otherwise turn it into a formula.
        "risky": book.add_format(body | {"num_format": "@", "quote_prefix": True}),
    }
    for kind, pattern in _NUMBER_FORMATS.items():
        made[kind] = book.add_format(body | {"num_format": pattern, "align": "right"})
    return made


def _fill(page: "Worksheet", sheet: SheetSpec, notes: Sequence[str], formats: dict[str, Any]) -> None:
    """Write one sheet from the top down; constant memory forbids going back."""
    for index, column in enumerate(sheet.columns):
        page.set_column(index, index, column.width)
    page.write_string(0, 0, sheet.title, formats["title"])
    for offset, note in enumerate(notes, start=1):
        page.write_string(offset, 0, _fit(note), formats["note"])
    head = len(notes) + 1
    for index, column in enumerate(sheet.columns):
        page.write_string(head, index, column.header, formats["header"])
    row = head
    for values in sheet.rows:
        row += 1
        if row > _LAST_ROW:
            raise ValueError(f"sheet {sheet.title!r} has more rows than a workbook holds")
        for index, (column, value) in enumerate(zip(sheet.columns, values, strict=True)):
            _put(page, row, index, column, value, formats)
    _finish(page, head, row, len(sheet.columns) - 1)


def _put(page: "Worksheet", row: int, index: int, column: Column, value: Cell, formats: dict[str, Any]) -> None:
    """Write one cell by its type; only text goes through write_string, so nothing becomes a formula."""
    if value is None:
        page.write_blank(row, index, None, formats[column.kind])
    elif isinstance(value, str):
        page.write_string(row, index, _fit(value), formats["risky" if is_risky(value) else "text"])
    elif isinstance(value, datetime):
        page.write_datetime(row, index, local(value).replace(tzinfo=None), formats["datetime"])
    elif isinstance(value, date):
        page.write_datetime(row, index, datetime(value.year, value.month, value.day), formats["date"])  # noqa: DTZ001
    else:
        page.write_number(row, index, value, formats[column.kind if column.kind == "percent" else "int"])


def _finish(page: "Worksheet", head: int, last: int, last_column: int) -> None:
    """Freeze the header, filter the table, and set the page up for A4 across."""
    page.freeze_panes(head + 1, 0)
    page.autofilter(head, 0, max(last, head), max(last_column, 0))
    page.set_paper(9)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.repeat_rows(head)
    page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    page.set_footer("&L&A&R&P / &N")


def _fit(text: str) -> str:
    """Cut what no cell can hold, visibly."""
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"


def _sheet_name(title: str, used: set[str]) -> str:
    r"""Return a name that Excel accepts: at most 31 characters, none of ``[]:*?/\``, unique."""
    plain = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:31] or "Sheet"
    name, number = plain, 1
    while name.lower() in used:
        number += 1
        name = f"{plain[:27]} {number}"
    used.add(name.lower())
    return name
