"""Small numbers in counts of cases: hidden, and with them as many others as it takes that no total gives them away.

Pure. Source: domain.md section 6 ("counts below ``small_number_threshold`` shown as <n with complementary suppression so totals
cannot reveal the cell"), security.md #14 and A7. School, grade and month together can be enough to know a child.

A table has rows, columns and the sums of both. What is hidden is a matter of the whole table: a reader who knows that no cell is
negative must be left with more than one possible value for every hidden one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

Cell = tuple[int, int]
"""Row and column; the last row and the last column hold the sums."""


@dataclass(frozen=True, slots=True)
class Counts:
    """A table of counts as it may be shown. ``hidden`` cells are printed as “<n” whatever they hold.

    ``rows[i][j]`` are the true numbers with sums in the last row and column; nobody prints a hidden one.
    """

    rows: tuple[tuple[int, ...], ...]
    hidden: frozenset[Cell]
    threshold: int

    def shown(self, row: int, column: int) -> int | None:
        """The number of a cell, None where it is hidden."""
        return None if (row, column) in self.hidden else self.rows[row][column]


def with_sums(cells: Sequence[Sequence[int]], columns: int) -> tuple[tuple[int, ...], ...]:
    """The table with the sum of each row behind it and the sum of each column below it."""
    rows = [(*row, sum(row)) for row in cells]
    below = tuple(sum(row[c] for row in rows) for c in range(columns + 1))
    return (*rows, below)


def suppressed(cells: Sequence[Sequence[int]], columns: int, threshold: int) -> Counts:
    """Hide every number from 1 to ``threshold`` - 1, then the smallest others until none of them can be worked out."""
    rows = with_sums(cells, columns)
    height, width = len(rows), columns + 1
    hidden = {cell for cell in product(range(height), range(width)) if 0 < rows[cell[0]][cell[1]] < threshold}
    while (given_away := next(iter(exposed(rows, frozenset(hidden))), None)) is not None:
        more = _next_to_hide(rows, hidden, given_away)
        if more is None:
            hidden |= {cell for cell in product(range(height), range(width)) if rows[cell[0]][cell[1]] > 0}
            break
        hidden.add(more)
    return Counts(rows, frozenset(hidden), threshold)


def _next_to_hide(rows: Sequence[Sequence[int]], hidden: set[Cell], exposed_cell: Cell) -> Cell | None:
    """The smallest cell still shown on a line that gives its only hidden one away, else on a line of the exposed cell.

    Inner cells before sums, zeros last: a zero beside a hidden number says little, a sum says much.
    """
    height, width = len(rows), len(rows[0])
    alone = [line for line in _lines(height, width) if sum(cell in hidden for cell in line) == 1]
    near = [line for line in _lines(height, width) if exposed_cell in line]
    for lines in (alone, near):
        open_cells = sorted(
            {cell for line in lines for cell in line if cell not in hidden},
            key=lambda cell: (rows[cell[0]][cell[1]] == 0, cell[0] == height - 1 or cell[1] == width - 1, rows[cell[0]][cell[1]], cell),
        )
        if open_cells:
            return open_cells[0]
    return None


def _lines(height: int, width: int) -> list[list[Cell]]:
    """Rows and columns of a table; the last cell of each is the sum of the others."""
    return [[(r, c) for c in range(width)] for r in range(height)] + [[(r, c) for r in range(height)] for c in range(width)]


def exposed(rows: Sequence[Sequence[int]], hidden: frozenset[Cell]) -> Iterator[Cell]:
    """Hidden cells that can be worked out from what is shown: the bounds that all sums leave them close to one number."""
    bounds = _bounds(rows, hidden)
    for cell in sorted(hidden):
        low, high = bounds[cell]
        if low == high:
            yield cell


def _bounds(rows: Sequence[Sequence[int]], hidden: frozenset[Cell]) -> Mapping[Cell, tuple[int, int]]:
    """Lowest and highest value of every cell that the shown ones allow, narrowed line by line until nothing changes."""
    height, width = len(rows), len(rows[0])
    top = max(max(row) for row in rows) * (height + width) + 1  # more than any hidden cell can be
    held: dict[Cell, tuple[int, int]] = {
        (r, c): (0, top) if (r, c) in hidden else (rows[r][c], rows[r][c]) for r, c in product(range(height), range(width))
    }
    changed = True
    while changed:
        changed = False
        for *parts, total in _lines(height, width):
            changed |= _narrow(held, parts, total)
    return held


def _narrow(held: dict[Cell, tuple[int, int]], parts: Sequence[Cell], total: Cell) -> bool:
    """Narrow the bounds of one line by ``sum(parts) == total``. Returns whether anything changed."""
    changed = False
    low_sum, high_sum = sum(held[p][0] for p in parts), sum(held[p][1] for p in parts)
    fresh = (max(held[total][0], low_sum), min(held[total][1], high_sum))
    if fresh != held[total]:
        held[total], changed = fresh, True
    for part in parts:
        low, high = held[part]
        low_sum, high_sum = sum(held[p][0] for p in parts), sum(held[p][1] for p in parts)
        fresh = (max(low, held[total][0] - (high_sum - high)), min(high, held[total][1] - (low_sum - low)))
        if fresh != (low, high):
            held[part], changed = fresh, True
    return changed
