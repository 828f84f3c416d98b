"""What a dialog about columns shows of a table: its headers, a few cells of each, nothing sensitive. Pure.

Columns that hold identity numbers, addresses or family data are named, but their cells are neither
shown nor kept (FORMATS.md R12).
"""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from trainhub.plugin_api.cells import text_of
from trainhub.plugin_api.tables import Cell, Table, Tables

SENSITIVE = re.compile(
    "证件|身份|住址|地址|住所|籍贯|出生|户口|家庭|成员|父|母|监护|健康|血型|残疾|民族|政治|婚姻|照片|银行|微信|QQ|国籍|邮编|邮政"
)
"""Headers of columns whose cells must not be kept."""
LONG_NUMBER = re.compile(r"\d{15}(\d{2}[\dXx])?")
"""A number as long as a citizen's."""

HEADER_ROWS = 15
SAMPLES = 3
SAMPLE_LENGTH = 24
KEPT_CHARACTERS = 400_000
"""A larger table is not kept; the clerk chooses the file once more."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The likeliest header of a file. ``row`` is its 1-based row.

    ``samples`` maps a header to up to three cells below it; ``kept`` is the table as CSV without its
    sensitive columns, "" where it cannot be kept whole (several sheets, or too large).
    """

    row: int
    headers: tuple[str, ...]
    samples: Mapping[str, tuple[str, ...]]
    kept: str = ""


def outline(tables: Tables, expected: Collection[str] = ()) -> Outline | None:
    """Return the outline of a file, or None where no row could be a header.

    ``expected`` are header texts that a reader found already: the row that holds most of them is the
    header. Without them it is the first of the rows with the most different words.
    """
    wanted = {" ".join(t.split()) for t in expected}
    best: tuple[tuple[int, int], Table, int] | None = None
    for table in tables:
        for index, row in enumerate(table.rows[:HEADER_ROWS]):
            words = {text_of(c) for c in row if isinstance(c, str) and text_of(c)}
            score = (len(wanted.intersection(words)), len(words))
            if len(words) > 1 and (best is None or score > best[0]):
                best = (score, table, index)
    if best is None:
        return None
    _score, table, index = best
    texts = _texts(table, index)
    shown = {i: t for i, t in enumerate(texts) if t and not _is_sensitive(table, index, i, t)}
    samples: dict[str, tuple[str, ...]] = {}
    for place, text in shown.items():
        samples.setdefault(text, _cells(table, index, place))
    return Outline(index + 1, tuple(dict.fromkeys(t for t in texts if t)), samples, _kept(tables, table, tuple(shown)))


def _texts(table: Table, index: int) -> list[str]:
    """The header texts; a blank below a group takes the group's name."""
    row = table.rows[index]
    above = table.rows[index - 1] if index and sum(1 for c in table.rows[index - 1] if text_of(c)) > 1 else ()
    width = max(len(row), len(above))
    return [_words(row, i) or _words(above, i) for i in range(width)]


def _words(row: Sequence[Cell], place: int) -> str:
    cell = row[place] if place < len(row) else None
    return text_of(cell) if isinstance(cell, str) else ""


def _is_sensitive(table: Table, index: int, place: int, header: str) -> bool:
    if SENSITIVE.search(header):
        return True
    return any(LONG_NUMBER.search(text_of(r[place])) for r in table.rows[index + 1 :] if place < len(r))


def _cells(table: Table, index: int, place: int) -> tuple[str, ...]:
    found: list[str] = []
    for row in table.rows[index + 1 :]:
        text = _plain(row[place]) if place < len(row) else ""
        if text and text not in found:
            found.append(text[:SAMPLE_LENGTH])
            if len(found) == SAMPLES:
                break
    return tuple(found)


def _kept(tables: Tables, table: Table, places: Sequence[int]) -> str:
    if sum(1 for t in tables if len(t.rows) > 1) > 1:
        return ""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for row in table.rows:
        writer.writerow([_plain(row[i]) if i < len(row) else "" for i in places])
        if out.tell() > KEPT_CHARACTERS:
            return ""
    return out.getvalue()


def _plain(cell: Cell) -> str:
    """A cell as a person would type it, so that it reads the same the second time."""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return f"{cell:%H:%M:%S}"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    return "" if cell is None else str(cell)
