"""Text files: bytes to characters by a fixed rule, then CSV or HTML to rows."""

import csv
import io
import re
from html.parser import HTMLParser
from typing import Literal, NamedTuple

from trainhub.plugin_api.contracts import Problem, Refused
from trainhub.plugin_api.limits import Limits

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be", "big5")
"""What a clerk may choose in the preview instead of the rule."""

_BOMS = (
    (b"\x00\x00\xfe\xff", ""),
    (b"\xff\xfe\x00\x00", ""),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_CJK = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0e-\x1a\x1b-\x1f\x7f\ufffe\uffff]")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")


class Decoded(NamedTuple):
    """Text, the encoding that gave it, and what the clerk should look at."""

    text: str
    encoding: str
    warnings: tuple[Problem, ...] = ()


def decode(content: bytes, encoding: str | None = None) -> Decoded:
    """Decode by byte order mark, else strict UTF-8, else strict GB18030; never with replacement.

    64 % of short Chinese names in UTF-8 decode without error as GB18030, so the order matters; GBK and
    GB2312 lack rare characters of names. Raises :class:`Refused`.
    """
    for bom, name in _BOMS:
        if content.startswith(bom):
            if not name:
                raise Refused("undecodable")
            return _clean(content[len(bom) :], name)
    if encoding is not None:
        return _clean(content, encoding)
    if b"\x00" in content:
        raise Refused("nul_bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _clean(content, "gb18030")
    if _NON_ASCII.search(text) and not _CJK.search(text):
        return _clean_ambiguous(content)
    return _clean(content, "utf-8")


def _clean_ambiguous(content: bytes) -> Decoded:
    """Non-ASCII text without one Chinese character as UTF-8: perhaps GB18030 that happens to be valid."""
    try:
        other = content.decode("gb18030")
    except UnicodeDecodeError:
        return _clean(content, "utf-8")
    name = "gb18030" if _CJK.search(other) and not re.search("[\ue000-\uf8ff]", other) else "utf-8"
    return _clean(content, name)._replace(warnings=(Problem("encoding_ambiguous", params={"encoding": name}),))


def _clean(content: bytes, encoding: str) -> Decoded:
    try:
        text = content.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise Refused("undecodable") from error
    if "\x00" in text:
        raise Refused("nul_bytes")
    text = text.rstrip("\x1a")
    if _CONTROL.search(text):
        raise Refused("not_a_table")
    return Decoded(text, encoding)


def delimiter_of(text: str) -> str:
    """Return the delimiter that splits the first lines most evenly: comma, semicolon, tab."""
    lines = [line for line in text[:20_000].splitlines() if line.strip()][:20]
    best, best_score = ",", 0
    for mark in (",", "\t", ";", "\uff0c"):
        counts = sorted(line.count(mark) for line in lines)
        score = counts[len(counts) // 2] * 10 + counts[-1] if counts else 0
        if score > best_score:
            best, best_score = mark, score
    return best


def csv_rows(text: str, limits: Limits) -> tuple[list[list[str]], tuple[Problem, ...]]:
    """Split delimited text. A quote that never closes would swallow the rest, so it is then taken literally."""
    delimiter = delimiter_of(text)
    csv.field_size_limit(2**31 - 1)
    rows = _split(text, delimiter, csv.QUOTE_MINIMAL, limits)
    if '"' in text and any(
        len(cell) > limits.cell_length or cell.count("\n") > 50 for row in rows for cell in row if len(cell) > 50
    ):
        literal = _split(text, delimiter, csv.QUOTE_NONE, limits)
        return literal, (Problem("unbalanced_quotes"),)
    return rows, ()


def _split(text: str, delimiter: str, quoting: Literal[0, 3], limits: Limits) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
    try:
        for row in reader:
            rows.append(row)
            if len(rows) > limits.rows * 2:
                raise Refused("too_many_rows", limit=limits.rows)
    except csv.Error as error:
        raise Refused("not_a_table") from error
    return rows


def looks_like_html(text: str) -> bool:
    """Whether the text is a page or a bare table, whatever its file name."""
    head = text[:4000].lower()
    return head.lstrip().startswith("<") and ("<table" in text[:200_000].lower() or "<html" in head)


class _OpenTable:
    """A table that is still being read: its rows, the cell at hand, cells that reach down from above."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rows: list[list[str]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self.cell: list[str] | None = None
        self._span = (1, 1)
        self._row: list[str] | None = None
        self._held: dict[int, tuple[int, str]] = {}

    def start_row(self) -> None:
        """Begin a row; an unclosed one before it ends here."""
        self.end_row()
        self._row = []

    def start_cell(self, down: int, across: int) -> None:
        """Begin a cell that spans ``down`` rows and ``across`` columns."""
        self.end_cell()
        if self._row is None:
            self._row = []
        self._span = (down, across)
        self.cell = []

    def end_cell(self) -> None:
        """Put the cell into its row, and remember how far it reaches."""
        if self.cell is None or self._row is None:
            self.cell = None
            return
        text = "".join(self.cell).replace("\xa0", " ").strip()
        self.cell = None
        self._fill_held()
        down, across = self._span
        column, row = len(self._row), len(self.rows)
        if down > 1 or across > 1:
            self.merged.append((row, column, row + down - 1, column + across - 1))
        for offset in range(min(across, self.limits.columns + 1)):
            if down > 1:
                self._held[column + offset] = (down - 1, text if offset == 0 else "")
            self._row.append(text if offset == 0 else "")
        if len(self._row) > self.limits.columns:
            raise Refused("too_many_columns", limit=self.limits.columns)

    def end_row(self) -> None:
        """Put the row into the table."""
        self.end_cell()
        if self._row is None:
            return
        self._fill_held()
        self.rows.append(self._row)
        self._row = None
        if len(self.rows) > self.limits.rows * 2:
            raise Refused("too_many_rows", limit=self.limits.rows)

    def _fill_held(self) -> None:
        """Put the cells that a rowspan above reaches into this row."""
        assert self._row is not None
        while (held := self._held.get(len(self._row))) is not None:
            left, text = held
            column = len(self._row)
            if left <= 1:
                del self._held[column]
            else:
                self._held[column] = (left - 1, text)
            self._row.append(text)


class _TableParser(HTMLParser):
    """Collects every table, inner ones too (many pages lay out with tables). Nothing is fetched or run."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.limits = limits
        self.tables: list[_OpenTable] = []
        self._open: list[_OpenTable] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open tables, rows and cells."""
        if tag in ("script", "style"):
            self._silent += 1
        elif tag == "table":
            if len(self._open) >= 20 or len(self.tables) >= 1000:
                raise Refused("too_many_sheets", limit=self.limits.sheets)
            table = _OpenTable(self.limits)
            self.tables.append(table)
            self._open.append(table)
        elif self._open:
            table = self._open[-1]
            if tag == "tr":
                table.start_row()
            elif tag in ("td", "th"):
                values = dict(attrs)
                table.start_cell(_span(values.get("rowspan")), _span(values.get("colspan")))
            elif tag == "br" and table.cell is not None:
                table.cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Close what the tag closes."""
        if tag in ("script", "style"):
            self._silent = max(0, self._silent - 1)
        elif self._open and tag == "table":
            self._open.pop().end_row()
        elif self._open and tag in ("td", "th"):
            self._open[-1].end_cell()
        elif self._open and tag == "tr":
            self._open[-1].end_row()

    def handle_data(self, data: str) -> None:
        """Take text of the innermost open cell."""
        if self._open and self._open[-1].cell is not None and not self._silent:
            self._open[-1].cell.append(data)

    def finish(self) -> None:
        """Close what an unfinished page left open."""
        self.close()
        while self._open:
            self._open.pop().end_row()


def _span(value: str | None) -> int:
    return max(1, min(int(value), 100_000)) if value and value.strip().isdecimal() else 1


def html_tables(text: str, limits: Limits) -> list[tuple[list[list[str]], list[tuple[int, int, int, int]]]]:
    """Return rows and merged ranges of each table that has rows."""
    if re.search(r"<!ENTITY", text[:10_000], re.IGNORECASE):
        raise Refused("entities_forbidden")
    parser = _TableParser(limits)
    parser.feed(text)
    parser.finish()
    return [(t.rows, t.merged) for t in parser.tables if t.rows]
