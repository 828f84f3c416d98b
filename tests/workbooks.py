"""Builds the same sheet in every container a school may save it in."""

import io
from collections.abc import Sequence
from datetime import date, time
from typing import Any

import xlsxwriter

from trainhub.kernel.clock import at
from trainhub.plugin_api import SessionFrame, Upload

DAY = date(2026, 3, 5)
FRAME = SessionFrame(at(DAY, time(14)), at(DAY, time(16)), DAY)
Rows = Sequence[Sequence[Any]]


def xlsx(rows: Rows, *, merge: Sequence[str] = (), sheet: str = "Sheet1") -> Upload:
    """A workbook; ``merge`` lists ranges to merge with the value of their first cell."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"default_date_format": "yyyy-mm-dd"})
    page = book.add_worksheet(sheet)
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            if isinstance(value, str):
                page.write_string(r, c, value)
            elif value is not None:
                page.write(r, c, value)
    for area in merge:
        first = area.split(":")[0]
        r, c = int(first[1:]) - 1, ord(first[0]) - 65
        page.merge_range(area, rows[r][c])
    book.close()
    return Upload("表.xlsx", buffer.getvalue())


def text(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> Upload:
    """Delimited text in any encoding."""
    body = "\r\n".join(delimiter.join("" if v is None else str(v) for v in row) for row in rows)
    return Upload("表.csv", body.encode(encoding))


def html(rows: Rows, encoding: str = "gb18030") -> Upload:
    """A page saved as .xls, as OA systems do."""
    body = "".join("<tr>" + "".join(f"<td>{'&nbsp;' if v is None else v}</td>" for v in row) + "</tr>" for row in rows)
    return Upload("表.xls", f"<html><meta charset=gb2312><body><table>{body}</table></body></html>".encode(encoding))
