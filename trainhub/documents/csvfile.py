"""The CSV twin of a workbook: UTF-8 with a byte order mark, so that Excel reads the characters."""

import csv
import io
from datetime import date, datetime

from trainhub.documents.cells import neutralise
from trainhub.documents.sheets import Cell, SheetSpec
from trainhub.kernel.clock import local


def write(sheet: SheetSpec, *, with_notes: bool = False) -> bytes:
    """Return the table as CSV: header, then rows; notes first where asked for.

    Text that a spreadsheet program would run is neutralised (see ``cells``); numbers stay numbers.
    """
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    if with_notes:
        writer.writerows([neutralise(note)] for note in sheet.notes)
    writer.writerow([neutralise(column.header) for column in sheet.columns])
    for values in sheet.rows:
        writer.writerow(
            [_field(value, column.kind) for column, value in zip(sheet.columns, values, strict=True)]
        )
    return buffer.getvalue().encode("utf-8-sig")


def _field(value: Cell, kind: str) -> str:
    """Return one value as text; a NUL, which no reader survives, becomes its visible sign."""
    if value is None:
        return ""
    if isinstance(value, str):
        return neutralise(value.replace("\x00", "␀"))
    if isinstance(value, datetime):
        return f"{local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:.1%}" if kind == "percent" else str(value)
