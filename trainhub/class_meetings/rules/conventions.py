"""A class's convention against bullying (反欺凌公约, domain.md SB28): its clauses and the vote on it. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from trainhub.kernel.errors import DomainError

State = Literal["draft", "agreed", "rejected", "replaced", "withdrawn"]
MOST_CLAUSES = 12
LONGEST_CLAUSE = 45
"""Chinese characters in a clause; two Latin letters take the place of one. Twelve such clauses fit on one A4 page."""
_LEADING = re.compile(r"^(?:\s*(?:[（(]?\s*(?:\d{1,2}|[一二三四五六七八九十]{1,3})\s*[)）.．、:：]\s*|[-•·*—]+\s*))+")
_BREAKS = re.compile(r"[\n；;。]+")


class ConventionRefused(DomainError):
    """A convention or vote that cannot be right; which of the problems is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: Any) -> None:
        self.code = f"convention_{problem}"  # type: ignore[misc]  # the sentence differs by problem
        super().__init__(field=field, **params)


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote as counts. ``in_favour`` + ``against`` + ``abstained`` are the pupils who voted; nobody's vote is kept."""

    in_favour: int
    against: int
    abstained: int

    @property
    def voters(self) -> int:
        """Pupils who voted, those who abstained among them."""
        return self.in_favour + self.against + self.abstained


def agreed(vote: Vote) -> bool:
    """Whether more than half of the pupils who voted were for it."""
    return 2 * vote.in_favour > vote.voters


def refuse_vote(vote: Vote, pupils: int) -> None:
    """Refuse counts that cannot be: negative, nobody voted, more votes than pupils of the class that day. Raises ConventionRefused."""
    if min(vote.in_favour, vote.against, vote.abstained) < 0:
        raise ConventionRefused("votes", "in_favour")
    if not vote.voters:
        raise ConventionRefused("nobody_voted", "in_favour")
    if vote.voters > pupils:
        raise ConventionRefused("too_many_votes", "in_favour", votes=vote.voters, pupils=pupils)


def tidied(clauses: Iterable[str]) -> tuple[str, ...]:
    """Return clauses without empty ones, leading numbers and repeats; in their order."""
    found = (" ".join(_LEADING.sub("", clause).split()) for clause in clauses)
    return tuple(dict.fromkeys(clause for clause in found if clause))


def width(clause: str) -> int:
    """Return the room a clause takes on paper, in Chinese characters."""
    return (sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in clause) + 1) // 2


def refuse_clauses(clauses: Sequence[str]) -> None:
    """Refuse a text that is no convention: no clause, too many, one too long for a poster. Raises ConventionRefused."""
    if not clauses:
        raise ConventionRefused("empty", "clause-1")
    if len(clauses) > MOST_CLAUSES:
        raise ConventionRefused("too_many", "clause-1", most=MOST_CLAUSES)
    for number, clause in enumerate(clauses, 1):
        if width(clause) > LONGEST_CLAUSE:
            raise ConventionRefused("clause_long", f"clause-{number}", number=number, most=LONGEST_CLAUSE)


def clauses_from(text: str) -> tuple[str, ...]:
    """Return what a class agreed in a meeting as clauses: one for each line or sentence, at most as many as fit."""
    return tidied(_BREAKS.split(text))[:MOST_CLAUSES]


def added(held: Sequence[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return clauses with more of them behind, without repeats, at most as many as fit."""
    return tidied([*held, *more])[:MOST_CLAUSES]


def moved(clauses: Sequence[str], number: int, step: int) -> tuple[str, ...]:
    """Return clauses with the one of a number (from 1) moved by ``step`` places; where it cannot move they stay as they are."""
    here, there = number - 1, number - 1 + step
    done = list(clauses)
    if 0 <= here < len(done) and 0 <= there < len(done):
        done[here], done[there] = done[there], done[here]
    return tuple(done)


def shown(states: Collection[tuple[int, State]]) -> tuple[int | None, int | None]:
    """Return which revisions a page shows, of (revision, state): the one in force, and the draft that is being talked about."""
    in_force = max((revision for revision, state in states if state == "agreed"), default=None)
    draft = max((revision for revision, state in states if state == "draft"), default=None)
    return in_force, draft
