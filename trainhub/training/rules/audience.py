"""Who must come to a training, with the reason that is shown, and who is left out and why.

SA50: every member of staff, bureau administrators included, every year; SA21: homeroom teachers above
all; SB23: principals and teachers within in-service training. The requirement row narrows by category,
post and contract; an empty list does not narrow.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

AudienceKind = Literal["owing", "everyone", "homeroom", "missed"]
AUDIENCE_KINDS: tuple[AudienceKind, ...] = ("owing", "everyone", "homeroom", "missed")
HOMEROOM = "homeroom_teacher"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member of staff on the day of the training.

    ``homeroom_since`` is the first day of the present homeroom post; ``from_on``/``to_on`` bound the
    employment here; ``is_home`` says that the yearly duty is counted here (cases 1, 2).
    """

    person_id: str
    name: str
    sort_key: str = ""
    staff_no: str = ""
    department: str = ""
    department_sort: str = ""
    posts: tuple[str, ...] = ()
    homeroom_since: date | None = None
    category: str = "full_time_teacher"
    contract: str = "staffed"
    is_home: bool = True
    from_on: date | None = None
    to_on: date | None = None
    hired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """Where a person stands in the year: obligation state and minutes (required, counted)."""

    state: str
    required_minutes: int
    counted_minutes: int = 0


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """Whom a requirement addresses and from when its year runs; minutes asked where no row says so.

    ``homeroom_extra_minutes`` are owed by homeroom teachers on top (case 21); ``employed_only`` leaves
    dispatched and exchange staff out (parameter ``staff_scope``).
    """

    year_first_day: date
    required_minutes: int
    homeroom_extra_minutes: int = 0
    categories: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    contracts: frozenset[str] = frozenset()
    employed_only: bool = False

    def addresses(self, person: Candidate) -> bool:
        """Whether the requirement is about this person at all. Outside appointees (法治副校长) never owe."""
        return (
            person.category != "external"
            and (not self.employed_only or person.contract in ("staffed", "contract"))
            and (not self.categories or person.category in self.categories)
            and (not self.contracts or person.contract in self.contracts)
            and (not self.posts or bool(self.posts & set(person.posts)))
        )

    def minutes_of(self, person: Candidate) -> int:
        """Minutes the person owes in the year before anything counted."""
        extra = self.homeroom_extra_minutes if HOMEROOM in person.posts else 0
        return self.required_minutes + extra


@dataclass(frozen=True, slots=True)
class Choice:
    """What the officer chose: a kind, and who is taken out or added by hand.

    ``excluded`` maps a person to the officer's reason; ``added`` are invited whatever the rule says.
    """

    kind: AudienceKind = "owing"
    missed_event_id: str | None = None
    excluded: Mapping[str, str] = field(default_factory=dict)
    added: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody who must come. ``reason`` is the key stored and shown (see :func:`reason_parts`)."""

    person: Candidate
    reason: str
    by_hand: bool = False

    @property
    def person_id(self) -> str:
        """Id of the person."""
        return self.person.person_id


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody of the staff who need not come, and why. ``may_add``: the officer may invite anyway."""

    person: Candidate
    reason: str
    may_add: bool = True


@dataclass(frozen=True, slots=True)
class Audience:
    """Both halves of the staff, in the order in which the roll is printed."""

    invited: tuple[Invitee, ...]
    left_out: tuple[LeftOut, ...]


def reason_parts(reason: str) -> tuple[str, str]:
    """Split a stored reason ``code:parameter`` into its code and parameter ("" where none)."""
    code, _, parameter = reason.partition(":")
    return code, parameter


def roll_order(person: Candidate) -> tuple[str, str, str, str]:
    """Sort key of a roll: department, then pinyin, then staff number, so that paper and screen agree."""
    return (person.department_sort or person.department, person.sort_key or person.name, person.staff_no, person.person_id)


def audience(
    rule: AudienceRule,
    staff: Iterable[Candidate],
    day: date,
    owed: Mapping[str, Owed],
    choice: Choice | None = None,
    missed: Collection[str] = (),
) -> Audience:
    """Work out who must come on ``day``.

    ``owed`` maps a person to where they stand in the year (a person without an entry owes the
    rule's minutes); ``missed`` are those who missed a part of the training that this one makes up.
    Hand-made changes of ``choice`` come last and are shown as such.
    """
    chosen = choice or Choice()
    invited: list[Invitee] = []
    left_out: list[LeftOut] = []
    for person in sorted(staff, key=roll_order):
        standing = owed.get(person.person_id) or Owed("open", rule.minutes_of(person))
        why_not = _why_not(rule, person, day, standing, chosen.kind, missed)
        if person.person_id in chosen.excluded and not _gone(person, day):
            left_out.append(LeftOut(person, "by_hand:" + chosen.excluded[person.person_id][:38]))
        elif why_not is None:
            invited.append(Invitee(person, _why(rule, person, standing, chosen)))
        elif person.person_id in chosen.added and not _gone(person, day):
            invited.append(Invitee(person, "by_hand", by_hand=True))
        else:
            left_out.append(LeftOut(person, why_not, may_add=not _gone(person, day)))
    return Audience(tuple(invited), tuple(left_out))


def _gone(person: Candidate, day: date) -> bool:
    return (person.to_on is not None and person.to_on < day) or (person.from_on is not None and person.from_on > day)


def _why_not(  # noqa: PLR0911  one answer per reason, in the order in which they are told
    rule: AudienceRule, person: Candidate, day: date, standing: Owed, kind: AudienceKind, missed: Collection[str]
) -> str | None:
    if person.to_on is not None and person.to_on < day:
        return f"left:{person.to_on.isoformat()}"
    if person.from_on is not None and person.from_on > day:
        return f"not_yet:{person.from_on.isoformat()}"
    if standing.state == "exempt":
        return "exempt"
    if kind == "missed":
        return None if person.person_id in missed else "not_missed"
    if not person.is_home:
        return "home_elsewhere"
    if not rule.addresses(person):
        return "not_addressed"
    if kind == "homeroom" and HOMEROOM not in person.posts:
        return "not_homeroom"
    if kind == "owing" and standing.state in ("met", "made_up"):
        return f"met:{standing.counted_minutes}"
    return None


def _why(rule: AudienceRule, person: Candidate, standing: Owed, choice: Choice) -> str:
    if choice.kind == "missed":
        return f"missed:{choice.missed_event_id or ''}"
    missing = max(0, standing.required_minutes - standing.counted_minutes)
    if standing.state in ("met", "made_up") or not missing:
        return "met_again"
    if _became_homeroom_this_year(rule, person):
        return f"homeroom_since:{person.homeroom_since:%Y-%m-%d}"
    if standing.counted_minutes:
        return f"owes:{missing}"
    if person.hired_on is not None and person.hired_on >= rule.year_first_day:
        return f"new_since:{person.hired_on.isoformat()}"
    return f"yearly:{missing}"


def _became_homeroom_this_year(rule: AudienceRule, person: Candidate) -> bool:
    return (
        HOMEROOM in person.posts
        and rule.homeroom_extra_minutes > 0
        and person.homeroom_since is not None
        and person.homeroom_since >= rule.year_first_day
    )
