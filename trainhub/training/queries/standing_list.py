"""The list of a school as a page shows it: who still owes comes first and in full, the others in counted sections.

Statement counts are constant; what people did at trainings is read of those on the page only.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.training.queries.standing import Definition, StandingRow, people_of, school_year
from trainhub.training.queries.turnout import Turnout, latest_columns, parts_of, turnout_of
from trainhub.training.rules.coverage import Totals, tally
from trainhub.training.rules.obligations import STILL_OWING, State

COLUMNS_SHOWN = 5
"""Trainings shown as columns: the latest ones that can count. All of them stand on a person's page."""

GROUPS: tuple[tuple[str, frozenset[State]], ...] = (
    ("owing", frozenset({State.OPEN, State.IN_PROGRESS})),
    ("unmet", frozenset({State.UNMET})),
    ("grace", frozenset({State.GRACE})),
    ("made_up", frozenset({State.MADE_UP})),
    ("exempt", frozenset({State.EXEMPT})),
    ("void", frozenset({State.VOID})),
    ("met", frozenset({State.MET})),
)
"""Groups of the list, in the order in which somebody has to act; everybody is in exactly one."""

GROUP_OF = {state: name for name, states in GROUPS for state in states}
_PLACE = {name: place for place, (name, _) in enumerate(GROUPS)}

CHIPS: dict[str, Callable[[StandingRow], bool]] = {
    "owing": lambda r: r.obligation.state in STILL_OWING,
    "met": lambda r: r.obligation.state is State.MET,
    "grace": lambda r: r.obligation.state is State.GRACE,
    "made_up": lambda r: r.obligation.state is State.MADE_UP,
    "exempt": lambda r: r.obligation.state is State.EXEMPT,
    "void": lambda r: r.obligation.state is State.VOID,
    "homeroom": lambda r: r.obligation.is_homeroom,
    "new": lambda r: r.obligation.is_new,
    "all": lambda _: True,
}
"""What the list may be narrowed to: one section of it, or people across all sections."""

ACROSS = frozenset({"homeroom", "new", "all"})
"""Choices that take people of every section."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What the list shows: a choice of :data:`CHIPS`, one department, one post, a name; "" does not narrow.

    ``find`` looks among everybody: part of a name, pinyin initials, or a staff number. ``after`` is the person with
    whom the page before ended; ``whole`` (for paper) shows all pages as one.
    """

    show: str = "owing"
    department: str = ""
    post: str = ""
    find: str = ""
    after: str = ""
    whole: bool = False

    def leaves(self, rows: Collection[StandingRow]) -> Collection[StandingRow]:
        """The people whom department, post and name leave in."""
        if self.department:
            rows = [r for r in rows if r.obligation.department == self.department]
        if self.post:
            rows = [r for r in rows if self.post in r.obligation.posts]
        sought = self.find.casefold()
        if sought:
            rows = [r for r in rows if sought in r.name.casefold() or r.initials.startswith(sought) or sought in r.staff_no.casefold()]
        return rows


def chosen(rows: Iterable[StandingRow], chip: str, department: str = "", post: str = "") -> list[StandingRow]:
    """The rows that the filters leave."""
    return list(filter(CHIPS.get(chip, CHIPS["owing"]), Pick(chip, department, post).leaves(list(rows))))


def grouped(rows: Iterable[StandingRow]) -> list[tuple[str, list[StandingRow]]]:
    """The rows by group; empty groups are left out."""
    rows = list(rows)
    found = [(name, [r for r in rows if r.obligation.state in states]) for name, states in GROUPS]
    return [(name, members) for name, members in found if members]


# --- the list --------------------------------------------------------------------------------------

PAGE = 50
"""People on one page. Those who owe come first, so that up to so many of them are always there in full."""


@dataclass(frozen=True, slots=True)
class Section:
    """One group of the list. ``count`` of all its people that the filters leave; ``rows`` those on this page."""

    name: str
    count: int
    rows: tuple[StandingRow, ...] = ()


@dataclass(frozen=True, slots=True)
class StandingList:
    """The list as a page shows it: those who owe first, groups that are not asked for folded to their counts.

    ``counts`` of each choice under the department and post chosen; ``earlier`` trainings have no column.
    ``first`` to ``last`` of ``paged`` people are on this page; ``following`` starts the next one.
    """

    school_id: str
    school_name: str
    definition: Definition
    totals: Totals
    turnout: Turnout
    earlier: int
    counts: Mapping[str, int]
    departments: tuple[str, ...]
    posts: tuple[str, ...]
    sections: tuple[Section, ...]
    folded: tuple[Section, ...]
    first: int = 0
    last: int = 0
    paged: int = 0
    following: str = ""

    @property
    def everybody(self) -> int:
        """People whom the school counts in the year, in whatever state."""
        t = self.totals
        return t.in_scope + t.grace + t.void


def standing_list(
    session: Session, scope: Scope, school_id: str, now: datetime, pick: Pick, *,
    year_key: str | None = None, as_of: date | None = None,
) -> StandingList:
    """One page of the list of a school. Seven statements, however many people; records are read of those shown only.

    Raises NotFound outside the scope.
    """
    frame = school_year(session, scope, school_id, now, year_key, as_of)
    rows = people_of(session, frame)
    left = pick.leaves(rows)
    picked = left if pick.show == "all" or pick.find else list(filter(CHIPS[pick.show], left))
    start, page = _page(picked, pick)
    people = [r.obligation.person_id for r in page]
    all_people = [r.obligation.person_id for r in rows]
    parts = parts_of(
        session, frame.district_id, school_id, frame.requirement.topic, frame.definition.year, frame.definition.moment, all_people
    )
    columns, earlier = latest_columns(parts, now, COLUMNS_SHOWN)
    sizes = _sizes(picked)
    over = start + len(page)
    return StandingList(
        school_id, frame.school_name, frame.definition, tally((r.obligation for r in rows), frame.basis),
        turnout_of(session, frame.district_id, parts, columns, people), earlier, _counts(left),
        tuple(sorted({r.obligation.department for r in rows} - {""})),
        tuple({p: None for r in rows for p in r.obligation.posts}),
        tuple(Section(name, sizes[name], tuple(members)) for name, members in grouped(page)),
        () if pick.show in ACROSS or pick.find else _folded(left, sizes), start + 1 if page else 0, over, len(picked),
        people[-1] if over < len(picked) else "",
    )


def _page(picked: Collection[StandingRow], pick: Pick) -> tuple[int, list[StandingRow]]:
    """Where the page begins, and its people: by group in the order of action, then as a printed list."""
    ordered = sorted(picked, key=lambda r: (_PLACE[GROUP_OF[r.obligation.state]], r.order))
    if pick.whole:
        return 0, ordered
    start = next((n for n, r in enumerate(ordered, 1) if r.obligation.person_id == pick.after), 0) if pick.after else 0
    return start, ordered[start:start + PAGE]


def _counts(rows: Collection[StandingRow]) -> dict[str, int]:
    """People under each choice of :data:`CHIPS`."""
    sizes = _sizes(rows)
    return {key: sizes.get(key, 0) for key in CHIPS} | {
        "owing": sizes.get("owing", 0) + sizes.get("unmet", 0), "all": len(rows),
        "homeroom": sum(r.obligation.is_homeroom for r in rows), "new": sum(r.obligation.is_new for r in rows),
    }


def _sizes(rows: Iterable[StandingRow]) -> dict[str, int]:
    return Counter(GROUP_OF[r.obligation.state] for r in rows)


def _folded(left: Collection[StandingRow], opened: Mapping[str, int]) -> tuple[Section, ...]:
    """Groups that the choice leaves out, with the people they hold."""
    sizes = _sizes(left)
    return tuple(Section(name, sizes[name]) for name, _ in GROUPS if name in sizes and name not in opened)
