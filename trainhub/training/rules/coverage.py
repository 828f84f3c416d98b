"""Coverage (覆盖率): how many of those who owe have met it, never without saying who was counted.

A figure carries its denominator, its counting basis and the rule version. Nobody in scope gives no rate at
all: neither 0 % nor 100 % (case 27).
"""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar

from trainhub.training.rules.obligations import IN_SCOPE, Obligation, State

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class CountingBasis:
    """Whom a figure counts (统计口径). Kept with the figure; never reconciled silently (case 28).

    ``kind``: ``home_staff`` (everybody staffed by the unit, head by head) or the name of an official table
    whose own basis differs, such as ``full_time_teachers``. ``year_key`` and ``version`` name the year's
    definition and the rule version.
    """

    kind: str = "home_staff"
    year_key: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Coverage:
    """``done`` out of ``owed`` heads. ``owed`` 0 has no rate."""

    done: int
    owed: int
    basis: CountingBasis = CountingBasis()

    @property
    def rate(self) -> Fraction | None:
        """The exact rate, None where nobody owes."""
        return Fraction(self.done, self.owed) if self.owed > 0 else None

    @property
    def permille(self) -> int | None:
        """The rate in tenths of a percent, rounded half up once, None where nobody owes."""
        return None if self.rate is None else int(self.rate * 1000 + Fraction(1, 2))

    @property
    def percent(self) -> str:
        """The rate with one decimal, e.g. ``89.2%``; "" where nobody owes.

        Never 100.0% while somebody owes, never 0.0% once somebody is done.
        """
        if self.permille is None:
            return ""
        shown = self.permille
        if self.done < self.owed:
            shown = min(shown, 999)
        if self.done:
            shown = max(shown, 1)
        return f"{shown // 10}.{shown % 10}%"


@dataclass(frozen=True, slots=True)
class Totals:
    """Heads by state of one group of people, and minutes. ``homeroom_*`` count homeroom teachers only."""

    met: int = 0
    in_progress: int = 0
    open: int = 0
    unmet: int = 0
    made_up: int = 0
    exempt: int = 0
    grace: int = 0
    void: int = 0
    counted_minutes: int = 0
    owed_minutes: int = 0
    homeroom_in_scope: int = 0
    homeroom_met: int = 0
    basis: CountingBasis = CountingBasis()

    @property
    def in_scope(self) -> int:
        """Heads in the denominator: exempt included, newcomers in grace and people who left excluded."""
        return self.met + self.in_progress + self.open + self.unmet + self.made_up + self.exempt

    @property
    def coverage(self) -> Coverage:
        """Met / in scope."""
        return Coverage(self.met, self.in_scope, self.basis)

    @property
    def coverage_without_exempt(self) -> Coverage:
        """Met / (in scope minus exempt): both are reported (case 5)."""
        return Coverage(self.met, self.in_scope - self.exempt, self.basis)

    @property
    def homeroom(self) -> Coverage:
        """Met / in scope among homeroom teachers (SA21)."""
        return Coverage(self.homeroom_met, self.homeroom_in_scope, self.basis)

    @property
    def owing(self) -> int:
        """Heads that still owe something."""
        return self.open + self.in_progress + self.unmet

    def plus(self, other: "Totals") -> "Totals":
        """Add heads and minutes; keep this basis."""
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in COUNTERS})

    def minus(self, other: "Totals") -> "Totals":
        """Subtract heads and minutes; keep this basis."""
        return replace(self, **{name: getattr(self, name) - getattr(other, name) for name in COUNTERS})


STATES = tuple(state.value for state in State)
COUNTERS = (*STATES, "counted_minutes", "owed_minutes", "homeroom_in_scope", "homeroom_met")
"""Names of everything that is added up."""


def tally(obligations: Iterable[Obligation], basis: CountingBasis = CountingBasis()) -> Totals:
    """Add up one group of people."""
    heads, minutes, owed, homeroom, homeroom_met = dict.fromkeys(State, 0), 0, 0, 0, 0
    for row in obligations:
        state = row.state
        heads[state] += 1
        if state in IN_SCOPE:
            minutes += min(row.counted, row.required)
            owed += row.missing
            if row.is_homeroom:
                homeroom += 1
                homeroom_met += state is State.MET
    counts = {state.value: n for state, n in heads.items()} | {
        "counted_minutes": minutes, "owed_minutes": owed, "homeroom_in_scope": homeroom, "homeroom_met": homeroom_met,
    }
    return Totals(**counts, basis=basis)


def tally_by(obligations: Iterable[Obligation], key: Callable[[Obligation], Iterable[Key]]) -> dict[Key, Totals]:
    """Add up by group; a person with two posts is in both groups, so groups need not add up to all."""
    groups: dict[Key, list[Obligation]] = {}
    for row in obligations:
        for name in key(row):
            groups.setdefault(name, []).append(row)
    return {name: tally(rows) for name, rows in groups.items()}


def total(figures: Iterable[Coverage]) -> Coverage:
    """All heads together: schools weigh as many heads as they have."""
    figures = list(figures)
    basis = figures[0].basis if figures else CountingBasis()
    return Coverage(sum(f.done for f in figures), sum(f.owed for f in figures), basis)


def mean(figures: Iterable[Coverage]) -> Fraction | None:
    """Mean of the rates: each school weighs the same; those with nobody in scope are left out (case 27)."""
    rates = [f.rate for f in figures if f.rate is not None]
    return sum(rates, Fraction(0)) / len(rates) if rates else None


def percent(rate: Fraction | None) -> str:
    """A mean with one decimal, "" where there is none."""
    if rate is None:
        return ""
    permille = int(rate * 1000 + Fraction(1, 2))
    return f"{permille // 10}.{permille % 10}%"


@dataclass(frozen=True, slots=True)
class Flip:
    """A person whose state another rule version would change."""

    person_id: str
    school_id: str
    before: State
    after: State


def flips(before: Iterable[Obligation], after: Iterable[Obligation]) -> list[Flip]:
    """Who would change state under other rules (case 25): shown before anybody decides."""
    old = {row.person_id: row for row in before}
    return [
        Flip(row.person_id, row.school_id, old[row.person_id].state, row.state)
        for row in after
        if row.person_id in old and old[row.person_id].state is not row.state
    ]


BANDS = (36, 72, 108)
"""Upper ends of the period bands of form 教基4068 (国统制〔2021〕135号); the last band is open."""


def bands(periods: Iterable[int]) -> tuple[int, int, int, int]:
    """Heads by band: up to 36, 37-72, 73-108, 109 and more periods. Heads without any are in none."""
    counts = [0, 0, 0, 0]
    for n in periods:
        if n > 0:
            counts[sum(n > end for end in BANDS)] += 1
    return counts[0], counts[1], counts[2], counts[3]
