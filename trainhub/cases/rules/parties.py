"""Pupils in a case: sides, codes, and what it takes for their guardians to count as told (domain.md cases 47, 50, 58, 65). Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError


class PartyRole(StrEnum):
    """What a child was in it. One child may be two of them."""

    ACTOR = "actor"
    TARGET = "target"
    BYSTANDER = "bystander"


SIDES = frozenset({PartyRole.ACTOR, PartyRole.TARGET})
_LETTER = {PartyRole.ACTOR: "A", PartyRole.TARGET: "B", PartyRole.BYSTANDER: "W"}


class CaseRefused(DomainError):
    """Something about a case that cannot be right; which problem is part of the code. Never carries a name."""

    def __init__(self, problem: str, field: str | None = None, **params: object) -> None:
        self.code = f"case_{problem}"  # type: ignore[misc]  # the sentence differs by problem
        super().__init__(field=field, **params)


def roles_of(words: Collection[str]) -> tuple[str, ...]:
    """Roles in their order, each once. Raises CaseRefused where there is none, or an unknown one."""
    known = tuple(role.value for role in PartyRole if role.value in words)
    if not known or len(known) != len(set(words)):
        raise CaseRefused("party_roles", "roles")
    return known


def letter_of(roles: Collection[str]) -> str:
    """A acted, B it was done to, C both (case 50), W looked on."""
    if PartyRole.ACTOR in roles and PartyRole.TARGET in roles:
        return "C"
    return next(_LETTER[role] for role in PartyRole if role in roles)


def next_code(letter: str, used: Collection[str]) -> str:
    """The next code of a letter: one more than the highest ever given in the case, so that none means two children."""
    taken = [int(code[1:]) for code in used if code[:1] == letter and code[1:].isdecimal()]
    return f"{letter}{max(taken, default=0) + 1}"


def stage_of(grade: int) -> str:
    """The stage of a grade: 1-6 primary, 7-9 junior, then senior."""
    return "primary" if grade <= 6 else "junior" if grade <= 9 else "senior"


class Outcome(StrEnum):
    """What came of telling a guardian."""

    ACKNOWLEDGED = "acknowledged"
    REFUSED_TO_SIGN = "refused_to_sign"
    NOT_REACHED = "not_reached"
    HEARD = "heard"


class About(StrEnum):
    """What a guardian was told of."""

    ACCEPTED = "accepted"
    INVESTIGATION = "investigation"
    HEARING = "hearing"
    DETERMINATION = "determination"
    PLAN = "plan"
    MISSED_LESSON = "missed_lesson"
    REVIEW = "review"
    APPEAL = "appeal"
    CORRECTION = "correction"


CHANNELS = ("face", "phone", "letter", "message")
BEGINNING = frozenset({About.ACCEPTED, About.INVESTIGATION})
"""What counts as being told of the investigation."""
ATTEMPTS, CHANNELS_TRIED, DAYS_TRIED, WITNESSES = 3, 2, 2, 2
"""Attempts, by how many channels, on how many days, that stand for a notice where nobody is reached (case 58: documented attempts);
witnesses of a refusal to sign. No national figure was found: these are the platform's, printed with the matrix."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to tell a guardian of something."""

    about: str
    outcome: str
    channel: str
    at: datetime
    witnesses: int = 0


class Standing(StrEnum):
    """How far telling one party's guardians of one thing has come."""

    NOT_YET = "not_yet"
    TRYING = "trying"
    ATTEMPTED = "attempted"  # nobody was reached, and enough was tried
    REFUSED = "refused"
    TOLD = "told"
    HEARD = "heard"

    @property
    def counts(self) -> bool:
        """Whether the duty to tell is done."""
        return self in {Standing.TOLD, Standing.HEARD, Standing.REFUSED, Standing.ATTEMPTED}


def check_attempt(attempt: Attempt) -> None:
    """Refuse words that do not exist and a refusal nobody else saw. Raises CaseRefused."""
    if attempt.about not in set(About) or attempt.outcome not in set(Outcome) or attempt.channel not in CHANNELS:
        raise CaseRefused("notice_words", "outcome")
    if attempt.outcome == Outcome.REFUSED_TO_SIGN and attempt.witnesses < WITNESSES:
        raise CaseRefused("two_witnesses", "witnesses", count=WITNESSES)


def standing(attempts: Sequence[Attempt], about: Collection[str]) -> Standing:
    """How far it has come for one party and one thing, the best of all attempts."""
    mine = [attempt for attempt in attempts if attempt.about in about]
    outcomes = {attempt.outcome for attempt in mine}
    if Outcome.HEARD in outcomes:
        return Standing.HEARD
    if Outcome.ACKNOWLEDGED in outcomes:
        return Standing.TOLD
    if Outcome.REFUSED_TO_SIGN in outcomes:
        return Standing.REFUSED
    if not mine:
        return Standing.NOT_YET
    days = {local_day(attempt.at) for attempt in mine}
    tried = len(mine) >= ATTEMPTS and len({attempt.channel for attempt in mine}) >= CHANNELS_TRIED and len(days) >= DAYS_TRIED
    return Standing.ATTEMPTED if tried else Standing.TRYING


def masked(name: str) -> str:
    """``张*``: the first sign of a name, for lists from which somebody picks."""
    return f"{name[:1]}*" if name else ""


def minor_on(day: date, born_on: date | None) -> bool:
    """Whether a child was under 18 that day; without a day of birth it is taken to be one."""
    if born_on is None:
        return True
    return (day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))) < 18
