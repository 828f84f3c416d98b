"""Who must sit on a committee: dated rule sets as data, and what a committee lacks on a day. Pure.

Sources (domain.md 3.3): the 2024 plan says who the members are and that schools of the senior stage must add representatives of
the pupils; article 19 of Order 50 of the Ministry lists law vice-principal, legal adviser, experts, parents and pupils for schools
generally; one county's rule of 2024 adds safety vice-principal and moral-education head. Odd size is the platform's proposal.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal


class SeatKind(StrEnum):
    """What kind of person fills a seat, in the order in which a register lists them."""

    PRINCIPAL = "principal"
    VICE_PRINCIPAL = "vice_principal"
    MORAL_EDUCATION_HEAD = "moral_education_head"
    SAFETY_VICE_PRINCIPAL = "safety_vice_principal"
    TEACHER = "teacher"
    YOUNG_PIONEER_COUNSELLOR = "young_pioneer_counsellor"
    PSYCHOLOGIST = "psychologist"
    STAFF = "staff"
    LAW_VICE_PRINCIPAL = "law_vice_principal"
    LEGAL_ADVISER = "legal_adviser"
    COMMUNITY_WORKER = "community_worker"
    PARENT = "parent"
    OUTSIDE_EXPERT = "outside_expert"
    STUDENT = "student"


K = SeatKind
OWN_STAFF: frozenset[SeatKind] = frozenset({
    K.PRINCIPAL, K.VICE_PRINCIPAL, K.MORAL_EDUCATION_HEAD, K.SAFETY_VICE_PRINCIPAL, K.TEACHER, K.YOUNG_PIONEER_COUNSELLOR, K.PSYCHOLOGIST, K.STAFF,
})  # fmt: skip
"""Seats that only somebody on the staff of the school fills: whoever left it fills none any more."""
BY_CODE_ONLY: frozenset[SeatKind] = frozenset({K.PARENT, K.STUDENT})
"""Seats whose members every page names neutrally; their names are sealed."""
_STAGES_WITH_PUPILS = frozenset({"senior", "vocational"})
_STAGES_WITH_PIONEERS = frozenset({"primary", "junior"})
Level = Literal["hard", "warning"]


@dataclass(frozen=True, slots=True)
class Need:
    """One demand: at least ``least`` members of any of the ``kinds``. ``stages`` empty: every school. ``source`` is a key of the wording."""

    code: str
    kinds: frozenset[SeatKind]
    level: Level
    source: str
    stages: frozenset[str] = frozenset()
    least: int = 1

    def asked_of(self, stages: Collection[str]) -> bool:
        """Whether a school with these stages owes it."""
        return not self.stages or bool(self.stages & set(stages))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """A rule set from a day on. ``chair_kinds``: who may lead it; empty: anybody."""

    key: str
    from_on: date
    needs: tuple[Need, ...]
    chair_kinds: frozenset[SeatKind]
    chair_source: str


@dataclass(frozen=True, slots=True)
class FilledSeat:
    """A seat that somebody fills on the day. Substitutes do not count for composition."""

    kind: SeatKind
    is_chair: bool = False
    votes: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: its code, how bad, where it is written, whom it is about, how many are wanted and there."""

    code: str
    level: Level
    source: str
    kinds: tuple[SeatKind, ...] = ()
    wanted: int = 1
    found: int = 0


@dataclass(frozen=True, slots=True)
class Constitution:
    """Whether the committee can determine on a day, by which rule set, and what is wrong with it."""

    rule_set: str
    day: date
    stages: tuple[str, ...]
    valid: bool
    faults: tuple[Fault, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Codes of what blocks it."""
        return tuple(fault.code for fault in self.faults if fault.level == "hard")


def _one(kind: SeatKind, level: Level, source: str, stages: frozenset[str] = frozenset()) -> Need:
    return Need(f"no_{kind.value}", frozenset({kind}), level, source, stages)


_TEACHER = frozenset({K.TEACHER, K.MORAL_EDUCATION_HEAD, K.PSYCHOLOGIST})

RULE_SETS: tuple[RuleSet, ...] = (
    RuleSet("plan_2024", date(2024, 3, 1), (
        _one(K.PRINCIPAL, "hard", "plan_2024"),
        Need("no_teacher", _TEACHER, "hard", "plan_2024"),
        _one(K.YOUNG_PIONEER_COUNSELLOR, "hard", "plan_2024", _STAGES_WITH_PIONEERS),
        _one(K.STAFF, "hard", "plan_2024"),
        _one(K.COMMUNITY_WORKER, "hard", "plan_2024"),
        _one(K.PARENT, "hard", "plan_2024"),
        _one(K.OUTSIDE_EXPERT, "hard", "plan_2024"),
        _one(K.STUDENT, "hard", "plan_2024", _STAGES_WITH_PUPILS),
        _one(K.LAW_VICE_PRINCIPAL, "warning", "order_50_19"),
        _one(K.LEGAL_ADVISER, "warning", "order_50_19"),
        _one(K.MORAL_EDUCATION_HEAD, "warning", "county_2024"),
        _one(K.SAFETY_VICE_PRINCIPAL, "warning", "county_2024"),
    ), frozenset({K.PRINCIPAL}), "plan_2024"),
    RuleSet("order_50", date(2021, 9, 1), (
        Need("no_own_staff", OWN_STAFF, "hard", "order_50_19"),
        _one(K.PARENT, "hard", "order_50_19"),
        _one(K.STUDENT, "hard", "order_50_19", _STAGES_WITH_PUPILS),
        _one(K.STUDENT, "warning", "order_50_19", _STAGES_WITH_PIONEERS),
        _one(K.LAW_VICE_PRINCIPAL, "warning", "order_50_19"),
        _one(K.LEGAL_ADVISER, "warning", "order_50_19"),
        _one(K.OUTSIDE_EXPERT, "warning", "order_50_19"),
    ), frozenset(), "order_50_19"),
)  # fmt: skip
"""Every rule set. A later version of one is added with its own first day; the earlier one goes on holding for the days before."""


def rule_set_on(key: str, day: date) -> RuleSet:
    """Return the version of a rule set in force on a day; before its first day the first one. Raises KeyError for an unknown key."""
    versions = sorted((one for one in RULE_SETS if one.key == key), key=lambda one: one.from_on)
    if not versions:
        raise KeyError(key)
    return next((one for one in reversed(versions) if one.from_on <= day), versions[0])


def constitution(rules: RuleSet, stages: Sequence[str], filled: Sequence[FilledSeat], day: date) -> Constitution:
    """Return whether the filled seats make a committee on a day, and every fault, the blocking ones first."""
    faults = [*_chair_faults(rules, filled)]
    kinds = [seat.kind for seat in filled]
    said: set[str] = set()
    for need in rules.needs:
        found = sum(1 for kind in kinds if kind in need.kinds)
        if need.asked_of(stages) and found < need.least and need.code not in said:
            said.add(need.code)
            faults.append(Fault(need.code, need.level, need.source, _ordered(need.kinds), need.least, found))
    voting = sum(1 for seat in filled if seat.votes)
    if voting and voting % 2 == 0:
        faults.append(Fault("even_size", "warning", "proposal", (), voting + 1, voting))
    faults.sort(key=lambda fault: fault.level != "hard")
    return Constitution(rules.key, day, tuple(stages), not any(f.level == "hard" for f in faults), tuple(faults))


def _chair_faults(rules: RuleSet, filled: Sequence[FilledSeat]) -> list[Fault]:
    chairs = [seat for seat in filled if seat.is_chair]
    if not chairs:
        return [Fault("no_chair", "hard", rules.chair_source, _ordered(rules.chair_kinds))]
    faults = []
    if len(chairs) > 1:
        faults.append(Fault("two_chairs", "hard", rules.chair_source, (), 1, len(chairs)))
    if rules.chair_kinds and any(seat.kind not in rules.chair_kinds for seat in chairs):
        faults.append(Fault("chair_is_another", "hard", rules.chair_source, _ordered(rules.chair_kinds)))
    if any(not seat.votes for seat in chairs):
        faults.append(Fault("chair_without_vote", "hard", rules.chair_source))
    return faults


def _ordered(kinds: Collection[SeatKind]) -> tuple[SeatKind, ...]:
    return tuple(kind for kind in SeatKind if kind in kinds)


@dataclass(frozen=True, slots=True)
class SeatLine:
    """A seat of a new committee as the register proposes it."""

    kind: SeatKind
    is_chair: bool = False
    is_substitute: bool = False
    votes: bool = True


def proposed_seats(rules: RuleSet, stages: Sequence[str]) -> tuple[SeatLine, ...]:
    """Return the seats a new committee starts with: one for each hard demand, the warnings' too where they make the size odd or not."""
    kinds: list[SeatKind] = []
    for need in rules.needs:
        first = _ordered(need.kinds)[0] if need.code != "no_teacher" else K.TEACHER
        if need.asked_of(stages) and first not in kinds and (need.level == "hard" or first is K.LAW_VICE_PRINCIPAL):
            kinds.append(first)
    kinds.sort(key=list(SeatKind).index)
    if len(kinds) % 2 == 0:
        kinds.insert(1, K.TEACHER if K.TEACHER in kinds else K.VICE_PRINCIPAL)
        kinds.sort(key=list(SeatKind).index)
    lead = next((kind for kind in kinds if kind in rules.chair_kinds), kinds[0])
    return tuple(SeatLine(kind, is_chair=kind is lead and kinds.index(kind) == number) for number, kind in enumerate(kinds))
