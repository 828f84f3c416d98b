"""Two tables that overlap: what one of them must hide so that nobody who holds both works a small number out. Pure.

A school's own table lies inside the county's. Subtracted from it, it gives the other schools' numbers, which nobody prints; so the
school's table is hidden further, cell by cell, until no small number of its own, and none of the rest, can be worked out from the two
(security.md #14, A7). The county's table is the same for everybody and is never changed by whoever looks at another one.
"""

from collections.abc import Iterator, Sequence
from itertools import product

from trainhub.cases.rules.suppression import Cell, Counts, suppressed, with_sums

Rows = Sequence[Sequence[int]]
Key = tuple[str, int, int]


def inside(part: Rows, whole: Rows, columns: int, threshold: int) -> Counts:
    """The inner table as it may be shown to somebody who may come to hold the outer one, :func:`suppression.suppressed` of ``whole``."""
    outer, inner = suppressed(whole, columns, threshold), suppressed(part, columns, threshold)
    hidden = set(inner.hidden)
    while (given_away := next(given_away_by(Counts(inner.rows, frozenset(hidden), threshold), outer), None)) is not None:
        shown = [cell for cell in product(range(len(inner.rows)), range(columns + 1)) if cell not in hidden]
        if not shown:
            break
        _, row, column = given_away
        hidden.add(min(shown, key=lambda cell: ((cell[0] != row) + (cell[1] != column), inner.rows[cell[0]][cell[1]] == 0, inner.rows[cell[0]][cell[1]], cell)))
    return Counts(inner.rows, frozenset(hidden), threshold)


def given_away_by(inner: Counts, outer: Counts) -> Iterator[Key]:
    """Small numbers of either table, or of the rest between them, that the two together leave no doubt about."""
    rest = [[w - p for w, p in zip(wide, narrow, strict=True)] for wide, narrow in zip(outer.rows, inner.rows, strict=True)]
    tables: dict[str, Rows] = {"part": inner.rows, "whole": outer.rows, "rest": rest}
    held: dict[Key, tuple[int, int]] = {}
    top = 1 + sum(sum(row) for row in outer.rows)
    for name, rows in tables.items():
        for r, c in product(range(len(rows)), range(len(rows[0]))):
            known = (name == "part" and (r, c) not in inner.hidden) or (name == "whole" and (r, c) not in outer.hidden)
            held[name, r, c] = (rows[r][c], rows[r][c]) if known else (0, top)
    lines = list(_lines(tables))
    changed = True
    while changed:
        changed = False
        for parts, total in lines:
            changed |= _narrow(held, parts, total)
    for (name, r, c), (low, high) in sorted(held.items()):
        if low == high and 0 < tables[name][r][c] < inner.threshold:
            yield name, r, c


def _lines(tables: dict[str, Rows]) -> Iterator[tuple[list[Key], Key]]:
    """Sums that every reader knows: rows and columns of each table, and part + rest = whole of each cell."""
    height, width = len(tables["whole"]), len(tables["whole"][0])
    for name in tables:
        for r in range(height):
            yield [(name, r, c) for c in range(width - 1)], (name, r, width - 1)
        for c in range(width):
            yield [(name, r, c) for r in range(height - 1)], (name, height - 1, c)
    for r, c in product(range(height), range(width)):
        yield [("part", r, c), ("rest", r, c)], ("whole", r, c)


def _narrow(held: dict[Key, tuple[int, int]], parts: Sequence[Key], total: Key) -> bool:
    before = [held[key] for key in (*parts, total)]
    low_sum, high_sum = sum(held[p][0] for p in parts), sum(held[p][1] for p in parts)
    held[total] = (max(held[total][0], low_sum), min(held[total][1], high_sum))
    for part in parts:
        low, high = held[part]
        others_low, others_high = low_sum - low, high_sum - high
        held[part] = (max(low, held[total][0] - others_high), min(high, held[total][1] - others_low))
        low_sum, high_sum = others_low + held[part][0], others_high + held[part][1]
    return before != [held[key] for key in (*parts, total)]


def small(value: int, threshold: int) -> bool:
    """Whether a number is one that is hidden."""
    return 0 < value < threshold


def single(value: int, threshold: int, whole: int | None = None) -> int | None:
    """A number that stands alone, None where it or what is left of ``whole`` without it is small."""
    if small(value, threshold) or (whole is not None and small(whole - value, threshold)):
        return None
    return value


BANDS = ((90, "high"), (70, "middle"), (0, "low"))


def band(good: int, of: int, threshold: int) -> str:
    """In which band a share lies, "" where there are too few to say: a percentage of few would tell how many."""
    if of < threshold:
        return ""
    return next(name for least, name in BANDS if good * 100 >= least * of)


__all__ = ["Cell", "Counts", "band", "given_away_by", "inside", "single", "small", "suppressed", "with_sums"]
