"""Small numbers cannot be worked out: tried with every table a reader could have in mind."""

from collections.abc import Sequence
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from trainhub.cases.rules.suppression import Counts, exposed, suppressed, with_sums

TABLES = st.integers(1, 3).flatmap(lambda w: st.lists(st.lists(st.integers(0, 9), min_size=w, max_size=w), min_size=1, max_size=3))


def solutions(counts: Counts, most: int) -> list[tuple[tuple[int, ...], ...]]:
    """Every table without negative numbers that shows the same."""
    height, width = len(counts.rows) - 1, len(counts.rows[0]) - 1
    inner = list(product(range(height), range(width)))
    choices = [range(most + 1) if cell in counts.hidden else (counts.rows[cell[0]][cell[1]],) for cell in inner]
    found = []
    for values in product(*choices):
        table = with_sums([[values[r * width + c] for c in range(width)] for r in range(height)], width)
        if all(table[r][c] == counts.rows[r][c] for r, c in product(range(height + 1), range(width + 1)) if (r, c) not in counts.hidden):
            found.append(table)
    return found


def small(counts: Counts) -> list[tuple[int, int]]:
    return [(r, c) for r, row in enumerate(counts.rows) for c, value in enumerate(row) if 0 < value < counts.threshold]


def check(cells: Sequence[Sequence[int]], threshold: int) -> None:
    counts = suppressed(cells, len(cells[0]), threshold)
    assert set(small(counts)) <= counts.hidden
    assert not list(exposed(counts.rows, counts.hidden))


@given(cells=TABLES, threshold=st.integers(2, 6))
def test_every_small_number_is_hidden_and_none_can_be_worked_out(cells: list[list[int]], threshold: int) -> None:
    check(cells, threshold)


@settings(deadline=None)  # each tries tens of thousands of tables
@given(cells=st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=2), min_size=2, max_size=2))
def test_a_reader_who_tries_every_table_is_left_in_doubt(cells: list[list[int]]) -> None:
    counts = suppressed(cells, 2, 3)
    possible = solutions(counts, 12)
    for r, c in small(counts):
        assert len({table[r][c] for table in possible}) > 1, (counts, (r, c))


def test_one_small_cell_takes_others_with_it() -> None:
    counts = suppressed([[1, 20], [30, 40]], 2, 5)
    assert counts.shown(0, 0) is None
    assert len(counts.hidden) == 4, "the row, the column and the corner that closes the square"
    assert counts.shown(2, 2) == 91


def test_zeros_and_large_numbers_stand_as_they_are() -> None:
    counts = suppressed([[0, 20], [30, 40]], 2, 5)
    assert not counts.hidden
    assert counts.shown(0, 0) == 0
