"""Who is entitled to decide a matter, quorum, majority, and who leads when the chair steps aside. Pure; counts only.

No national text fixes quorum and majority; two thirds and a simple majority are the platform's proposal (domain.md 3.3).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from trainhub.committees.rules.composition import SeatKind
from trainhub.committees.rules.refusals import CommitteeRefused, NoQuorum, RecusedPresent

Outcome = Literal["adopted", "rejected"]
TWO_THIRDS = 67
"""The percentage that means two thirds: no whole percentage is exactly that, and two of three members are two thirds."""


@dataclass(frozen=True, slots=True)
class Sitter:
    """A member as the rules see one. ``sort_no`` is the order of seats, in which the chair passes on."""

    member_id: str
    kind: SeatKind
    is_chair: bool = False
    is_substitute: bool = False
    votes: bool = True
    sort_no: int = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """Who decides one matter.

    ``acting_chair`` leads it; ``chair_passed``: not the chair of the register. ``tell_bureau``: the principal stepped aside
    (domain.md case 48).
    """

    entitled: tuple[str, ...]
    recused: tuple[str, ...]
    acting_chair: str | None
    chair_passed: bool
    tell_bureau: bool
    stands_in: tuple[tuple[str, str], ...]  # (substitute, for whom)


@dataclass(frozen=True, slots=True)
class Votes:
    """A vote as counts. Whose vote was which is kept nowhere."""

    in_favour: int
    against: int
    abstained: int

    @property
    def cast(self) -> int:
        """Votes given, abstentions among them."""
        return self.in_favour + self.against + self.abstained


def bench(sitters: Sequence[Sitter], recused: Collection[str], stands_in: Mapping[str, str], away: Collection[str] = ()) -> Bench:
    """Return who decides a matter.

    ``recused`` names members who stepped aside; ``stands_in`` maps a substitute to the voting member in whose place they sit;
    ``away`` names members who are not there (they stay entitled; the chair passes them by). A substitute who stepped aside stands
    in for nobody; one member has one substitute at most.
    """
    by_id = {sitter.member_id: sitter for sitter in sitters}
    taken: dict[str, str] = {}
    for substitute, member in sorted(stands_in.items()):
        one, other = by_id.get(substitute), by_id.get(member)
        fits = one is not None and one.is_substitute and other is not None and other.votes and not other.is_substitute
        if fits and substitute not in recused and member not in taken.values():
            taken[substitute] = member
    regular = [s for s in sorted(sitters, key=lambda s: (s.sort_no, s.member_id)) if s.votes and not s.is_substitute]
    replaced = set(taken.values())
    entitled = [s.member_id for s in regular if s.member_id not in recused and s.member_id not in replaced] + sorted(taken)
    aside = tuple(s.member_id for s in sitters if s.member_id in recused)
    chair = _chair(regular, recused, {*away, *replaced})
    named = next((s.member_id for s in regular if s.is_chair), None)
    principal_aside = any(s.kind is SeatKind.PRINCIPAL and s.member_id in recused for s in sitters)
    return Bench(tuple(entitled), aside, chair, chair != named, principal_aside, tuple(sorted(taken.items())))


def _chair(regular: Sequence[Sitter], recused: Collection[str], away: Collection[str]) -> str | None:
    """The chair, or where the chair is not to be had the first in seat order who is: of the staff before anybody from outside."""
    ready = [s for s in regular if s.member_id not in recused and s.member_id not in away and s.kind is not SeatKind.STUDENT]
    return min(ready, key=lambda s: (not s.is_chair, s.sort_no, s.member_id)).member_id if ready else None


def quorum(entitled: int, percent: int) -> int:
    """Return how many of the entitled must be there: the percentage, rounded up; 67 is two thirds. Never none."""
    wanted = -(-2 * entitled // 3) if percent == TWO_THIRDS else -(-entitled * percent // 100)
    return max(1, wanted)


def outcome(votes: Votes) -> Outcome:
    """Adopted where more than half of the votes given are in favour. A tie fails; an abstention is a vote that is not in favour."""
    return "adopted" if 2 * votes.in_favour > votes.cast else "rejected"


@dataclass(frozen=True, slots=True)
class Count:
    """What a vote came to."""

    entitled: int
    present: int
    recused: int
    quorum: int
    outcome: Outcome


def counted(who: Bench, present: Collection[str], votes: Votes, percent: int) -> Count:
    """Return what a vote came to.

    Raises RecusedPresent where somebody who stepped aside is counted present, NoQuorum, CommitteeRefused for counts that cannot be
    or where nobody of the committee is left to lead.
    """
    aside = set(who.recused) & set(present)
    if aside:
        raise RecusedPresent(field="present", seats=len(aside))
    if min(votes.in_favour, votes.against, votes.abstained) < 0:
        raise CommitteeRefused("votes", "in_favour")
    there = set(who.entitled) & set(present)
    wanted = quorum(len(who.entitled), percent)
    if len(there) < wanted:
        raise NoQuorum(field="present", present=len(there), entitled=len(who.entitled), quorum=wanted)
    if who.acting_chair is None or who.acting_chair not in there:
        raise CommitteeRefused("nobody_leads", "present")
    if votes.cast > len(there):
        raise CommitteeRefused("too_many_votes", "in_favour", votes=votes.cast, present=len(there))
    if not votes.cast:
        raise CommitteeRefused("nobody_voted", "in_favour")
    return Count(len(who.entitled), len(there), len(who.recused), wanted, outcome(votes))
