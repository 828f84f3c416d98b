"""Who owes the yearly training, how much, by when, and where each obligation stands.

One obligation per person, requirement and year (SA50), counted in the unit that staffs the person
(cases 1, 2); homeroom teachers may owe more (SA21). Pure: the day of judgement is an argument, and the same
facts give the same answer whenever they are asked.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.training.rules.audience import HOMEROOM
from trainhub.training.rules.counting import PersonYear

DIRECTLY_EMPLOYED = frozenset({"staffed", "contract"})
"""Contracts meant by ``staff_scope`` = employed: dispatched workers are then left out."""


class State(StrEnum):
    """Where an obligation stands (domain.md section 4)."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    MET = "met"
    GRACE = "grace"
    EXEMPT = "exempt"
    VOID = "void"
    UNMET = "unmet"
    MADE_UP = "made_up"


IN_SCOPE = frozenset({State.OPEN, State.IN_PROGRESS, State.MET, State.EXEMPT, State.UNMET, State.MADE_UP})
"""Counted in the denominator. Newcomers in grace and people who left stand apart (cases 3, 4)."""

STILL_OWING = frozenset({State.OPEN, State.IN_PROGRESS, State.UNMET})
"""Something is missing and somebody has to act."""


@dataclass(frozen=True, slots=True)
class Employment:
    """A person on the staff of a unit, from a day to a day, both inclusive.

    ``ce_opt_out`` concerns the continuing-education register only, never this duty (case 26).
    """

    school_id: str
    from_on: date
    to_on: date | None = None
    is_home: bool = True
    category: str = "full_time_teacher"
    contract: str = "staffed"
    hired_on: date | None = None
    left_reason: str = ""
    ce_opt_out: bool = False
    staff_no: str = ""
    department: str = ""

    def on(self, day: date) -> bool:
        """Whether the person is on this staff on a local day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class PostHeld:
    """A post, from a day to a day, both inclusive."""

    post: str
    school_id: str
    from_on: date
    to_on: date | None = None

    def on(self, day: date) -> bool:
        """Whether the post is held on a local day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class Exemption:
    """An approved exemption with its document, from a day to a day, both inclusive."""

    kind: str
    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class Person:
    """What the duty of one person depends on."""

    person_id: str
    employments: tuple[Employment, ...]
    posts: tuple[PostHeld, ...] = ()
    exemptions: tuple[Exemption, ...] = ()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom the requirement addresses; an empty set does not narrow."""

    categories: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class DutyRule:
    """What a unit's people owe in one year, with the version of the policy it comes from. Minutes whole."""

    year: RequirementYear
    required_minutes: int
    homeroom_extra_minutes: int = 0
    new_hire_grace_days: int = 90
    homeroom_grace_days: int = 60
    staff_scope: str = "all"
    audience: Audience = field(default_factory=Audience)
    version: int = 0

    @classmethod
    def of(cls, policy: Policy, year: RequirementYear, audience: Audience | None = None) -> "DutyRule":
        """Read the rule of a year from the policy in force on its first day."""
        return cls(
            year=year,
            required_minutes=policy["training_min_minutes"],
            homeroom_extra_minutes=policy["homeroom_extra_minutes"],
            new_hire_grace_days=policy["new_hire_grace_days"],
            homeroom_grace_days=policy["homeroom_grace_days"],
            staff_scope=policy["staff_scope"],
            audience=audience or Audience(),
            version=policy.version,
        )

    def owes(self, job: Employment) -> bool:
        """Whether somebody in this job owes the duty here: home unit, on the staff, addressed."""
        return (
            job.is_home
            and job.category != "external"
            and (self.staff_scope == "all" or job.contract in DIRECTLY_EMPLOYED)
            and (not self.audience.categories or job.category in self.audience.categories)
            and (not self.audience.contracts or job.contract in self.audience.contracts)
        )


@dataclass(frozen=True, slots=True)
class Duty:
    """One part of what is owed: the yearly base, or what a post adds. ``due_on`` inclusive."""

    kind: str
    minutes: int
    from_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Obligation:
    """Where one person stands in one year. ``school_id`` is the unit that counts the person."""

    person_id: str
    school_id: str
    state: State
    required: int
    counted: int
    other: int
    made_up: int
    due_on: date
    reason: str = ""
    department: str = ""
    posts: tuple[str, ...] = ()
    is_new: bool = False
    duties: tuple[Duty, ...] = ()
    version: int = 0

    @property
    def missing(self) -> int:
        """Minutes still owed; nothing where nothing can be asked any more."""
        if self.state in (State.VOID, State.EXEMPT):
            return 0
        return max(0, self.required - self.counted - self.made_up)

    @property
    def is_homeroom(self) -> bool:
        """Whether the person is a homeroom teacher on the day of judgement."""
        return HOMEROOM in self.posts

    def overdue(self, today: date) -> bool:
        """Whether the due day has passed with something still missing. Derived, never stored."""
        return self.missing > 0 and today > self.due_on and self.state in STILL_OWING | {State.GRACE}


RuleOf = Callable[[str], DutyRule]
"""Unit id -> its rule for the year."""


def obligation(
    person: Person, on: date, rule_of: RuleOf, did: PersonYear, closed: Collection[str] = ()
) -> Obligation | None:
    """Judge one person on a local day.

    ``closed`` holds the units whose year is closed. Returns None where the person was never in scope on
    any day of the year up to ``on`` (the entry guard).
    """
    found = _spells(person, on, rule_of)
    if found is None:
        return None
    day, spells = found
    home = next((j for j in reversed(spells) if j.on(day)), None)
    posts = tuple(sorted({p.post for p in person.posts if p.on(day)}))
    last = home or max(spells, key=lambda j: j.to_on or day)
    rule = rule_of(last.school_id)
    if rule.audience.posts and not rule.audience.posts & set(posts):
        return None
    return _judged(person, home, last, spells, posts, rule_of, did, closed, on)


def home_unit(person: Person, on: date, rule_of: RuleOf) -> str | None:
    """The unit that counts the person on a day of the year; None where the person was never in scope."""
    found = _spells(person, on, rule_of)
    if found is None:
        return None
    day, spells = found
    return (next((j for j in reversed(spells) if j.on(day)), None) or max(spells, key=lambda j: j.to_on or day)).school_id


def _spells(person: Person, on: date, rule_of: RuleOf) -> tuple[date, list[Employment]] | None:
    """The day judged, and the home employments of the year up to it, in order of their first day."""
    jobs = sorted((j for j in person.employments if rule_of(j.school_id).owes(j)), key=lambda j: j.from_on)
    if not jobs:
        return None
    year = rule_of(jobs[-1].school_id).year
    day = min(on, year.last_day)
    spells = [j for j in jobs if j.from_on <= day and (j.to_on is None or j.to_on >= year.first_day)]
    return (day, spells) if spells and day >= year.first_day else None


def _judged(
    person: Person, home: Employment | None, last: Employment, spells: Sequence[Employment],
    posts: tuple[str, ...], rule_of: RuleOf, did: PersonYear, closed: Collection[str], on: date,
) -> Obligation:
    rule = rule_of(last.school_id)
    is_new = last.hired_on is not None and rule.year.contains(last.hired_on)
    duties = _duties(person, last, spells, posts, rule_of, did, min(on, rule.year.last_day))
    state, reason = (
        (State.VOID, last.left_reason or "left")
        if home is None
        else _state(person, home, spells[0].from_on, duties, rule.year, did, closed, on)
    )
    first_due = [d.due_on for d in duties if did.counted < sum(x.minutes for x in duties if x.due_on <= d.due_on)]
    due_on = last.to_on if home is None and last.to_on else min(first_due, default=max(d.due_on for d in duties))
    return Obligation(
        person.person_id, last.school_id, state, sum(d.minutes for d in duties), did.counted, did.other,
        did.made_up, due_on, reason, last.department, posts, is_new, duties, rule.version,
    )


def _duties(
    person: Person, last: Employment, spells: Sequence[Employment], posts: tuple[str, ...],
    rule_of: RuleOf, did: PersonYear, day: date,
) -> tuple[Duty, ...]:
    """The base, due at the end of the year (later for somebody hired late), and what the post adds."""
    rule = rule_of(last.school_id)
    end = rule.year.last_day
    start = max(rule.year.first_day, last.hired_on or rule.year.first_day)
    is_new = last.hired_on is not None and rule.year.contains(last.hired_on)
    due = max(end, start + timedelta(days=rule.new_hire_grace_days)) if is_new else end
    duties = [Duty("base", _base(last, spells, rule, rule_of, did), start, due)]
    if HOMEROOM in posts and rule.homeroom_extra_minutes:
        since = held_since(person.posts, HOMEROOM, day)
        due_extra = due
        if since > rule.year.first_day:
            due_extra = max(due, since + timedelta(days=rule.homeroom_grace_days))
        duties.append(Duty("homeroom", rule.homeroom_extra_minutes, max(since, rule.year.first_day), due_extra))
    return tuple(duties)


def _base(
    last: Employment, spells: Sequence[Employment], rule: DutyRule, rule_of: RuleOf, did: PersonYear
) -> int:
    """The yearly minimum. A part met in a former unit stays met when the new one asks more (case 20)."""
    base = rule.required_minutes
    for spell in spells:
        former = rule_of(spell.school_id)
        left = spell.to_on
        if spell is last or spell.school_id == last.school_id or left is None:
            continue
        if former.required_minutes < base and did.counted_until(left) >= former.required_minutes:
            base = former.required_minutes
    return base


def held_since(posts: Iterable[PostHeld], post: str, day: date) -> date:
    """First day of the unbroken holding of a post that reaches ``day`` (a new class is no break)."""
    held = sorted((p for p in posts if p.post == post and p.from_on <= day), key=lambda p: p.from_on, reverse=True)
    since = day
    for p in held:
        if p.to_on is None or p.to_on >= since - timedelta(days=1):
            since = min(since, p.from_on)
    return since


def _state(
    person: Person, home: Employment, first: date, duties: tuple[Duty, ...], year: RequirementYear,
    did: PersonYear, units_closed: Collection[str], on: date,
) -> tuple[State, str]:
    closed = home.school_id in units_closed
    required = sum(d.minutes for d in duties)
    if did.counted >= required:
        return State.MET, ""
    exempt = _exempt_all_year(person.exemptions, max(year.first_day, first), year.last_day)
    if exempt:
        return State.EXEMPT, exempt
    due_in_year = sum(d.minutes for d in duties if d.due_on <= year.last_day)
    if did.counted + did.made_up >= required:
        return State.MADE_UP, ""
    later = [d for d in duties if d.due_on > year.last_day]
    if later and did.counted >= due_in_year and not (closed and on > max(d.due_on for d in later)):
        return State.GRACE, f"{later[-1].kind}_grace"
    if closed:
        return State.UNMET, ""
    return (State.IN_PROGRESS if did.counted else State.OPEN), ""


def _exempt_all_year(exemptions: Iterable[Exemption], first: date, last: date) -> str:
    """Kind of the exemption that covers every day owed, "" where a day is left uncovered (case 5)."""
    reached, kind = first, ""
    for e in sorted(exemptions, key=lambda e: e.from_on):
        if e.from_on <= reached <= e.to_on:
            reached, kind = e.to_on + timedelta(days=1), kind or e.kind
    return kind if reached > last else ""


def registers_for_ce(job: Employment) -> bool:
    """Whether the continuing-education register expects hours. Says nothing about this duty (case 26)."""
    return job.category == "full_time_teacher" and not job.ce_opt_out
