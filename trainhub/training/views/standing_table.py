"""The table of the standing list, arranged for drawing.

Most people of a school share most of what their rows say: the same trainings with the same marks, the same
minutes. Such pieces are drawn once; a row names them by number.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from flask import url_for
from flask_babel import gettext as _

from trainhub.training.queries.standing import StandingRow
from trainhub.training.queries.standing_list import StandingList
from trainhub.training.queries.turnout import Cell
from trainhub.training.rules.obligations import STILL_OWING, Obligation, State
from trainhub.training.views.words import list_comma, post_word, reason_text

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """Minutes of a row, and the bar that shows them: widths in percent of what is required.

    ``owes`` says that somebody has to act.
    """

    required: int
    done: int
    missing: int
    owes: bool
    remark: str
    overdue: bool
    done_width: float
    owed_width: float
    booked_width: float


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a person works: department, posts in words, new in this year."""

    department: str
    posts: str
    is_new: bool


class Line(NamedTuple):
    """One row: who, what finds it, where it leads, and the numbers of the pieces it shares with others."""

    id: str
    name: str
    staff_no: str
    find: str
    href: str
    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Group:
    """A section of the table: its name, all its people, the rows of this page."""

    name: str
    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """All groups, and the pieces they share.

    ``begins`` are (figures, placed), ``ends`` (cells, figures): what stands before and behind in a row, by the
    numbers in the lists beside. ``ticks``: where a bar is marked, period by period, by minutes required.
    """

    groups: tuple[Group, ...]
    placed: tuple[Placed, ...]
    cells: tuple[tuple[Cell | None, ...], ...]
    figures: tuple[Figures, ...]
    begins: tuple[tuple[int, int], ...]
    ends: tuple[tuple[int, int], ...]
    ticks: Mapping[int, tuple[float, ...]]


class _Pieces(Generic[T]):
    """Different pieces in the order of their first use; each is made once, whoever shares it."""

    def __init__(self) -> None:
        self.made: list[T] = []
        self._numbers: dict[Hashable, int] = {}

    def number(self, key: Hashable, make: Callable[[], T]) -> int:
        """The number of the piece of a key."""
        held = self._numbers.get(key)
        if held is None:
            held = self._numbers[key] = len(self.made)
            self.made.append(make())
        return held


@dataclass(slots=True)
class _Drawing:
    found: StandingList
    today: date
    page: list[str]
    nothing: str
    no_marks: tuple[None, ...]
    placed: _Pieces[Placed] = field(default_factory=_Pieces)
    cells: _Pieces[tuple[Cell | None, ...]] = field(default_factory=_Pieces)
    figures: _Pieces[Figures] = field(default_factory=_Pieces)
    begins: _Pieces[tuple[int, int]] = field(default_factory=_Pieces)
    ends: _Pieces[tuple[int, int]] = field(default_factory=_Pieces)
    posts: dict[tuple[str, ...], str] = field(default_factory=dict)

    def line(self, row: StandingRow, events: list[str]) -> Line:
        o, shown = row.obligation, self.found.turnout
        mine, booked = shown.cells.get(o.person_id), shown.booked.get(o.person_id, 0)
        marks = tuple(map(mine.get, events)) if mine else self.no_marks
        minutes = (o.state, o.reason, o.required, o.counted, o.made_up, booked, o.due_on)
        figures = self.figures.number(minutes, lambda: self._figures(o, booked))
        begins = (figures, self.placed.number((o.department, o.posts, o.is_new), lambda: self._placed(o)))
        ends = (self.cells.number(marks, lambda: marks), figures)
        return Line(
            o.person_id, row.name, row.staff_no, f"{row.name} {row.initials} {row.staff_no}",
            f"{self.page[0]}{o.person_id}{self.page[1]}", self.begins.number(begins, lambda: begins),
            self.ends.number(ends, lambda: ends),
        )

    def _figures(self, o: Obligation, arranged: int) -> Figures:
        total, done = o.required, o.counted + o.made_up
        filled = min(done, total)
        owed = min(max(0, o.missing - arranged), total - filled)
        booked = min(arranged, o.missing, total - filled - owed)
        widths = (round(part * 100 / total, 2) if total else 0.0 for part in (filled, owed, booked))
        return Figures(total, done, o.missing, o.state in STILL_OWING, self._remark(o, arranged), o.overdue(self.today), *widths)

    def _remark(self, o: Obligation, arranged: int) -> str:
        if o.state in _EXPLAINED:
            return reason_text(o)
        if arranged and o.missing:
            return str(_("%(n)s minutes booked", n=arranged))
        return self.nothing if o.state in STILL_OWING and o.missing and not self.found.definition.closed else ""

    def _placed(self, o: Obligation) -> Placed:
        if o.posts not in self.posts:
            self.posts[o.posts] = list_comma().join(post_word(p) for p in o.posts) if o.posts else ""
        return Placed(o.department, self.posts[o.posts], o.is_new)


_EXPLAINED = frozenset({State.VOID, State.EXEMPT, State.GRACE, State.MADE_UP})


def table_of(found: StandingList, today: date, address: Mapping[str, Any]) -> Table:
    """Arrange the list; ``address`` holds the parameters that the page of a person keeps."""
    page_of = url_for("training.person", person_id=_PERSON, **address).split(_PERSON)
    events, period = [c.event_id for c in found.turnout.columns], found.definition.period_minutes
    drawing = _Drawing(found, today, page_of, str(_("nothing booked yet")), (None,) * len(events))
    groups = tuple(
        Group(s.name, s.count, tuple(drawing.line(row, events) for row in s.rows)) for s in found.sections
    )
    totals = {f.required for f in drawing.figures.made if 0 < f.required <= _MAX_TICKS * period}
    return Table(
        groups, tuple(drawing.placed.made), tuple(drawing.cells.made), tuple(drawing.figures.made),
        tuple(drawing.begins.made), tuple(drawing.ends.made),
        {total: tuple(round(at * 100 / total, 2) for at in range(period, total, period)) for total in sorted(totals)},
    )


_MAX_TICKS = 40
_PERSON = "0" * 32
"""Stands for a person while an address is built."""
