"""Find the header of a table by its labels, wherever it stands, and say what each column holds."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trainhub.plugin_api.cells import fold_text, text_of
from trainhub.plugin_api.characters import simplified
from trainhub.plugin_api.tables import Cell, Table

HEADER_ROWS = 15
"""A header is looked for in so many first rows."""

_SUFFIX = re.compile(
    r"[(\[【](?:必填|选填|自动|单选题?|多选题?|填空题?|必选|可选|\*|格式[^)\]】]*|如[^)\]】]*|例[^)\]】]*)[)\]】]"
)
_NUMBERING = re.compile(r"^(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})\s*[、.)]\s*(?=[^0-9])")
_POLITE = re.compile(r"^(?:请(?:填写|输入|选择))?(?:您|你)?的?(?=.)")
_NOISE = re.compile(r"[\s★☆*※#_]+")


@lru_cache(maxsize=16_384)
def fold_label(text: str) -> str:
    """Return a header in one form: ``★ 姓 名（必填）`` and ``1、您的姓名：`` both become 姓名."""
    folded = _NOISE.sub("", simplified(fold_text(text)))
    folded = _SUFFIX.sub("", folded)
    folded = _NUMBERING.sub("", folded).rstrip(":?。.;,")
    return _POLITE.sub("", folded).lower()


Recogniser = Callable[[str], str | None]
"""Gives the field a folded label names, or None."""


@dataclass(frozen=True, slots=True)
class Header:
    """A header found: ``first`` and ``last`` row (0-based), the text over each column, its field."""

    first: int
    last: int
    texts: tuple[str, ...]
    fields: tuple[str | None, ...]

    def column(self, field: str) -> int | None:
        """Return the first column that holds a field."""
        return self.fields.index(field) if field in self.fields else None

    def places(self) -> dict[str, int]:
        """Return field -> column, first column wins."""
        return {f: c for c, f in reversed(list(enumerate(self.fields))) if f is not None}

    def columns(self) -> dict[str, str]:
        """Return field -> header text, first column wins."""
        found: dict[str, str] = {}
        for field, text in zip(self.fields, self.texts, strict=True):
            if field is not None:
                found.setdefault(field, text)
        return found

    def unmapped(self) -> tuple[str, ...]:
        """Return header texts that name no known field."""
        return tuple(t for f, t in zip(self.fields, self.texts, strict=True) if f is None and t)


def labels_to_fields(labels: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Turn field -> labels into folded label -> field."""
    return {fold_label(label): field for field, names in labels.items() for label in names}


def find_header(
    table: Table, recognise: Recogniser, need: Sequence[str], mapping: Mapping[str, str] | None = None
) -> Header | None:
    """Return the best header among the first rows, or None.

    A header names at least one of the fields in ``need``. It may span two rows (a group above, the
    column below). ``mapping`` (field -> header text) replaces what was recognised for its columns.
    """
    wanted = {fold_label(text): field for field, text in (mapping or {}).items() if text}

    def field_of(label: str) -> str | None:
        if label in wanted:
            return wanted[label]
        found = recognise(label)
        return None if wanted and found in (mapping or {}) else found

    best: Header | None = None
    best_score = 0
    for index in range(min(HEADER_ROWS, len(table.rows))):
        for candidate in _candidates(table, index, field_of):
            known = {f for f in candidate.fields if f}
            score = len(known) * 10 - (candidate.last - candidate.first)
            if known.intersection(need) and score > best_score and len(known) >= min(2, _filled(candidate)):
                best, best_score = candidate, score
    return best


def _filled(header: Header) -> int:
    return sum(1 for t in header.texts if t)


def _candidates(table: Table, index: int, field_of: Recogniser) -> list[Header]:
    texts = [text_of(c) for c in table.rows[index]]
    found = [_header(index, index, texts, field_of)]
    if index + 1 < len(table.rows):
        below = [text_of(c) for c in table.rows[index + 1]]
        width = max(len(texts), len(below))
        upper = texts + [""] * (width - len(texts))
        lower = below + [""] * (width - len(below))
        if _is_second_level(upper, lower, field_of):
            found.append(_header(index, index + 1, [b or a for a, b in zip(upper, lower, strict=True)], field_of))
    return found


def _is_second_level(upper: Sequence[str], lower: Sequence[str], field_of: Recogniser) -> bool:
    """A second level repeats the text above or fills columns that have only a group's name above."""
    for above, below in zip(upper, lower, strict=True):
        if below and above and below != above and field_of(fold_label(above)) and not field_of(fold_label(below)):
            return False
    return any(field_of(fold_label(b)) for a, b in zip(upper, lower, strict=True) if b and a != b)


def _header(first: int, last: int, texts: Sequence[str], field_of: Recogniser) -> Header:
    return Header(first, last, tuple(texts), tuple(field_of(fold_label(t)) if t else None for t in texts))


def rows_below(table: Table, header: Header) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows under a header with their 1-based number; blank ones are left out."""
    for number, row in enumerate(table.rows[header.last + 1 :], header.last + 2):
        if any(cell is not None for cell in row):
            yield number, row


def groups_over(table: Table, header: Header) -> tuple[str, ...]:
    """Return, for each column of a header, the text of the group it stands under in the row above, else "".

    A group reaches as far as its cell is merged; in a file without merged cells, to the next text beside it.
    A title (one text over everything) is no group.
    """
    width = len(header.texts)
    top = header.first if header.first != header.last else header.first - 1
    upper = [text_of(cell_at(table.rows[top], c)) for c in range(width)] if top >= 0 else []
    if len(set(filter(None, upper))) < 2:
        return ("",) * width
    lower = [text_of(cell_at(table.rows[header.last], c)) for c in range(width)]
    ends = {left: right for first, left, last, right in table.merged if first == last == top and right > left}
    groups: list[str] = []
    current, reach = "", -1
    for column in range(width):
        if upper[column]:
            current = "" if lower[column] in ("", upper[column]) else upper[column]
            reach = ends.get(column, column if ends else width)
        groups.append(current if column <= reach and lower[column] else "")
    return tuple(groups)


def cell_at(row: Sequence[Cell], column: int | None) -> Cell:
    """Return a cell of a row that may be shorter than its header."""
    return row[column] if column is not None and column < len(row) else None
