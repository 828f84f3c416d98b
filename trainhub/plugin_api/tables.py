"""A file becomes tables of typed cells, or is refused, before anything asks what it means.

The content decides what a file is, never its name. Everything that could hurt is refused before a
parser sees it. ``trainhub.evidence.intake`` runs this in a child process; a source that reads a file
calls it directly, because core runs the source in that child too.
"""

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal

from trainhub.plugin_api.archives import OLE_MAGIC, ZIP_MAGIC, check_old_workbook, rebuild_workbook
from trainhub.plugin_api.contracts import Problem, Refused, Upload
from trainhub.plugin_api.limits import LIMITS, Limits
from trainhub.plugin_api.texts import csv_rows, decode, html_tables, looks_like_html

Cell = str | int | float | bool | date | datetime | time | None
Container = Literal["xlsx", "xls", "ods", "html", "csv"]
Merged = tuple[int, int, int, int]

_MIDNIGHT = datetime(2000, 1, 1)  # noqa: DTZ001 - only its clock is used
_EXACT_INTEGER = 10**15  # above this a float has lost digits: 1.42e17 is a damaged number, not an id
_OTHER_MAGICS = (
    b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"%PDF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BM", b"\x7fELF", b"MZ",
    b"PK\x05\x06", b"RIFF", b"BZh", b"\xfd7zXZ", b"ID3", b"{\\rtf", b"MIME-Version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet (or one HTML table, or one text file).

    ``rows`` start at the first row of the sheet, so that row ``i`` (0-based) is row ``i + 1`` in the
    program the clerk uses; blank rows at the end are cut. A cell merged over several rows carries its
    value in each of them; one merged over columns carries it in the first. Blank is None.
    ``merged`` holds 0-based inclusive ranges (top, left, bottom, right).
    """

    sheet: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """All tables of a file. ``encoding`` is the text encoding used, or the container's name."""

    container: Container
    encoding: str
    tables: tuple[Table, ...]
    warnings: tuple[Problem, ...] = ()

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables)


def read_tables(upload: Upload, limits: Limits = LIMITS, encoding: str | None = None) -> Tables:
    """Return the tables of a file.

    ``encoding`` overrides the rule (byte order mark, strict UTF-8, strict GB18030) for text files.
    Several sources look at one file in turn, so the tables of the last file are kept. Raises :class:`Refused`.
    """
    return _tables_of(upload.content, limits, encoding)


@lru_cache(maxsize=1)
def _tables_of(content: bytes, limits: Limits, encoding: str | None) -> Tables:
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refused("empty_file")
    if len(content) > limits.upload_bytes:
        raise Refused("too_large", limit_mb=limits.upload_bytes // 2**20)
    if content.startswith(ZIP_MAGIC):
        rebuilt = rebuild_workbook(content, limits)
        found = _read_workbook(rebuilt.content, "ods" if rebuilt.kind == "ods" else "xlsx", limits)
    elif content.startswith(OLE_MAGIC):
        check_old_workbook(content)
        found = _read_workbook(content, "xls", limits)
    elif content.startswith(_OTHER_MAGICS):
        raise Refused("not_a_table")
    else:
        found = _read_text(content, encoding, limits)
    if not any(table.rows for table in found.tables):
        raise Refused("no_data")
    return found


def _read_text(content: bytes, encoding: str | None, limits: Limits) -> Tables:
    decoded = decode(content, encoding)
    if looks_like_html(decoded.text):
        pages = html_tables(decoded.text, limits)
        tables = tuple(_table(str(i + 1), rows, limits, merged) for i, (rows, merged) in enumerate(pages))
        return Tables("html", decoded.encoding, tables, decoded.warnings)
    if decoded.text.lstrip()[:5].lower() in ("<?xml", "<!doc") or decoded.text.lstrip()[:1] == "{":
        raise Refused("entities_forbidden" if "<!ENTITY" in decoded.text[:10_000] else "not_a_table")
    rows, problems = csv_rows(decoded.text, limits)
    return Tables("csv", decoded.encoding, (_table("", rows, limits),), decoded.warnings + problems)


def _read_workbook(content: bytes, container: Container, limits: Limits) -> Tables:
    from python_calamine import CalamineWorkbook  # parsed in the child only; the server never loads it

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        tables = tuple(_sheet(book.get_sheet_by_name(name), name, limits) for name in _names(book, limits))
    except Refused:
        raise
    except Exception as error:
        # The parser speaks several error types, none of them in words for a clerk.
        text = str(error).lower()
        raise Refused("encrypted" if "password" in text or "encrypt" in text else "bad_archive") from error
    return Tables(container, container, tables)


def _names(book: Any, limits: Limits) -> list[str]:
    names = list(book.sheet_names)
    if len(names) > limits.sheets:
        raise Refused("too_many_sheets", limit=limits.sheets)
    return names


def _sheet(sheet: Any, name: str, limits: Limits) -> Table:
    if sheet.end is not None:
        if sheet.end[1] >= limits.columns:
            raise Refused("too_many_columns", limit=limits.columns)
        if sheet.end[0] >= limits.rows * 3 // 2:
            raise Refused("too_many_rows", limit=limits.rows)
    ranges = sheet.merged_cell_ranges or []
    merged = [(top, left, bottom, right) for (top, left), (bottom, right) in ranges[:10_000]]
    return _table(name, sheet.to_python(skip_empty_area=False), limits, merged)


def _table(name: str, rows: Iterable[Sequence[Any]], limits: Limits, merged: Sequence[Merged] = ()) -> Table:
    typed = [[(v.strip() or None) if v.__class__ is str else _cell(v) for v in row] for row in rows]
    while typed and not any(value is not None for value in typed[-1]):
        typed.pop()
    if len(typed) > limits.rows:
        raise Refused("too_many_rows", limit=limits.rows)
    for number, row in enumerate(typed, 1):
        while row and row[-1] is None:
            row.pop()
        if len(row) > limits.columns:
            raise Refused("too_many_columns", limit=limits.columns)
        if max([len(value) for value in row if value.__class__ is str], default=0) > limits.cell_length:
            raise Refused("cell_too_long", row=number, limit=limits.cell_length)
    _fill_down(typed, merged)
    return Table(name, tuple(map(tuple, typed)), tuple(merged))


def _fill_down(rows: list[list[Cell]], merged: Sequence[Merged]) -> None:
    for top, left, bottom, _right in merged:
        if bottom == top or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        for row in rows[top + 1 : bottom + 1]:
            row.extend([None] * (left + 1 - len(row)))
            if row[left] is None:
                row[left] = value


def _cell(value: Any) -> Cell:
    kind = value.__class__
    if kind is float:
        exact = math.isfinite(value) and abs(value) < _EXACT_INTEGER and value.is_integer()
        return int(value) if exact else float(value)
    if kind is timedelta:
        return (_MIDNIGHT + value).time() if timedelta() <= value < timedelta(days=1) else str(value)
    if isinstance(value, (bool, int, date, time)):
        return value
    return str(value) if value is not None else None


__all__ = ["LIMITS", "Cell", "Container", "Limits", "Problem", "Refused", "Table", "Tables", "Upload", "read_tables"]
