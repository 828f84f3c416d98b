"""What a class owes in a term, what counts, and where it stands. Pure.

Sources: at least two anti-bullying class meetings per class and term (domain.md 3.2, a policy parameter here); the unit is
class x term; assemblies and parent meetings never count (case 33); splits and mergers (case 32); classes that stand apart
(cases 43, 44).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from trainhub.class_meetings.rules.lifecycle import MeetingState

Standing = Literal["met", "short", "none", "no_pupils", "internship", "opened_late", "merged", "paused"]
APART: tuple[Standing, ...] = ("no_pupils", "internship", "opened_late", "merged", "paused")
"""Why a class owes nothing; shown beside the rate, never inside it."""


@dataclass(frozen=True, slots=True)
class MeetingFact:
    """What counting needs of one meeting. ``day`` is its local day; None while it has no time."""

    id: str
    class_id: str
    state: MeetingState
    day: date | None
    late: bool = False


@dataclass(frozen=True, slots=True)
class TermFrame:
    """A term, both days inclusive. ``weeks`` as schools count them."""

    school_year: str
    season: str
    first: date
    last: date
    weeks: int


@dataclass(frozen=True, slots=True)
class ClassFact:
    """What counting needs of a class.

    ``opened_on``/``closed_on`` are days of the class, ``opened_week`` the teaching week it opened in (1 from the start).
    ``pupils`` on the day that is looked at. ``internship``: excepted for the whole term. ``becomes``: classes it was merged
    into or split into, with the day; ``came_from``: the other direction.
    """

    id: str
    pupils: int
    opened_on: date
    closed_on: date | None = None
    opened_week: int = 1
    internship: bool = False
    becomes: Sequence[tuple[str, date]] = ()
    came_from: Sequence[tuple[str, date]] = ()


@dataclass(frozen=True, slots=True)
class MeetingRule:
    """The policy in force: meetings per class and term, from which week a class opens late, what then is asked.

    ``late_opening``: ``pro_rata`` asks for the share of the weeks left, rounded down; ``apart`` asks for nothing.
    ``internship``: ``apart`` or ``owed`` (online or on return).
    """

    per_term: int
    late_week: int
    late_opening: Literal["pro_rata", "apart"]
    internship: Literal["apart", "owed"]
    version: int = 0


@dataclass(frozen=True, slots=True)
class ClassStanding:
    """Where a class stands. ``required`` 0 with a standing of :data:`APART`; ``inherited`` is part of ``counted``."""

    class_id: str
    standing: Standing
    required: int
    counted: int
    recorded: int = 0
    returned: int = 0
    scheduled: int = 0
    missed: int = 0
    late: int = 0
    inherited: int = 0

    @property
    def owes(self) -> bool:
        """Whether the class is part of the coverage."""
        return self.required > 0

    @property
    def to_hold(self) -> int:
        """Meetings that are neither counted, nor waiting for the check, nor scheduled."""
        return max(0, self.required - self.counted - self.recorded - self.returned - self.scheduled)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Classes that met the duty of those that owe it; ``apart`` counts the others by reason. No rate where nobody owes."""

    owed: int
    met: int
    none: int
    required: int
    counted: int
    waiting: int
    late: int
    apart: Mapping[str, int] = field(default_factory=dict)


def counts(fact: MeetingFact, term: TermFrame) -> bool:
    """Whether a meeting counts: its record was checked by the school, and its day lies in the term."""
    return fact.state is MeetingState.CHECKED and fact.day is not None and term.first <= fact.day <= term.last


def required_of(klass: ClassFact, term: TermFrame, rule: MeetingRule) -> tuple[int, Standing | None]:
    """Return how many meetings a class owes in the term, and why it owes none where it stands apart.

    Nothing asked for by the policy: paused. No pupils: nothing (case 43). Closed during the term because it became other classes: its successors owe (case 32).
    All term on internship: as the policy says (case 44). Opened in or after ``late_week``: pro rata, or nothing.
    """
    if rule.per_term == 0:
        return 0, "paused"
    if klass.closed_on is not None and klass.closed_on < term.last and klass.becomes:
        return 0, "merged"
    if klass.pupils == 0:
        return 0, "no_pupils"
    if klass.internship and rule.internship == "apart":
        return 0, "internship"
    if klass.opened_week >= rule.late_week and klass.opened_on > term.first and not klass.came_from:
        if rule.late_opening == "apart":
            return 0, "opened_late"
        share = rule.per_term * max(0, term.weeks - klass.opened_week + 1) // max(1, term.weeks)
        return (share, None) if share else (0, "opened_late")
    return rule.per_term, None


def stand(
    klass: ClassFact, meetings: Iterable[MeetingFact], earlier: Mapping[str, Sequence[MeetingFact]], term: TermFrame, rule: MeetingRule
) -> ClassStanding:
    """Return where a class stands in a term.

    ``meetings`` are its own of the term; ``earlier`` maps a class it came from to that class's meetings: those held before the
    day of the change count for every successor (case 32). Meetings of last year's class never do (case 31).
    """
    own = list(meetings)
    states = Counter(m.state for m in own)
    held = [m for m in own if counts(m, term)]
    inherited = [
        m for before, day in klass.came_from for m in earlier.get(before, ()) if counts(m, term) and m.day is not None and m.day < day
    ]
    done = len(held) + len(inherited)
    required, apart = required_of(klass, term, rule)
    standing: Standing = apart or ("met" if done >= required else "short" if done else "none")
    return ClassStanding(
        klass.id, standing, required, done, states[MeetingState.RECORDED], states[MeetingState.RETURNED],
        states[MeetingState.SCHEDULED] + states[MeetingState.PLANNED], states[MeetingState.MISSED],
        sum(m.late for m in (*held, *inherited)), len(inherited),
    )


def cover(standings: Iterable[ClassStanding]) -> Coverage:
    """Add classes up to the coverage of a school. A class that stands apart is neither owed nor met (cases 27, 43, 44)."""
    listed = list(standings)
    owing = [s for s in listed if s.owes]
    return Coverage(
        len(owing), sum(s.standing == "met" for s in owing), sum(s.standing == "none" for s in owing), sum(s.required for s in owing),
        sum(min(s.counted, s.required) for s in owing), sum(s.recorded for s in owing), sum(s.late for s in owing),
        dict(Counter(s.standing for s in listed if not s.owes)),
    )


def day_problem(day: date, *, teaching: bool, in_term: bool, paused: bool, opened_on: date, closed_on: date | None) -> str:
    """Return why no meeting of a class can be on a day, "" where it can.

    ``paused``: the summer rectification of a campaign, in which none may be demanded (case 37). Codes: ``class_not_there``,
    ``rectification``, ``no_term``, ``no_school_day``.
    """
    if day < opened_on or (closed_on is not None and day > closed_on):
        return "class_not_there"
    if paused:
        return "rectification"
    if not in_term:
        return "no_term"
    return "" if teaching else "no_school_day"
