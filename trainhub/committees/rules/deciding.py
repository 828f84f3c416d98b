"""What must be true before the committee decides, beside the vote itself. Pure.

Source: law on the protection of minors §39 (guardians of both sides are told and take part); domain.md section 4, guards of ``determined``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from trainhub.committees.rules.recusal import MatterFacts
from trainhub.committees.rules.refusals import CommitteeRefused, GuardiansNotTold

Side = Literal["acting", "harmed"]


class ItemKind(StrEnum):
    """What an item of the agenda decides."""

    DETERMINATION = "determination"
    PLAN = "plan"
    PLAN_CHANGE = "plan_change"
    COMPLETION = "completion"
    ESCALATION = "escalation"
    OTHER = "other"


BOTH_SIDES = frozenset({ItemKind.DETERMINATION})
"""Items for which both sides must be accounted for; for the others those whom the case names."""


@dataclass(frozen=True, slots=True)
class GuardianSide:
    """A party's guardians before the decision. ``why_not`` is a code where they cannot be told (restricted, unknown, grown_up)."""

    side: Side
    code: str
    notified: bool
    heard: bool = False
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """What the room of the cases says of a matter before it is decided. ``blocked``: codes of what the case lacks (``investigation``...)."""

    sides: tuple[GuardianSide, ...] = ()
    matter: MatterFacts = field(default_factory=MatterFacts)
    blocked: tuple[str, ...] = ()


def refuse_unready(kind: ItemKind, facts: ItemFacts) -> None:
    """Refuse a decision that the law or the case does not allow yet. Raises GuardiansNotTold, CommitteeRefused."""
    silent = [side.code for side in facts.sides if not side.notified and not side.why_not]
    if silent:
        raise GuardiansNotTold(codes="、".join(silent))
    if kind in BOTH_SIDES and {side.side for side in facts.sides} != {"acting", "harmed"}:
        raise GuardiansNotTold(codes="–")
    if facts.blocked:
        raise CommitteeRefused("case_not_ready", codes="、".join(facts.blocked))


def refuse_bare(clauses: tuple[str, ...], grounds: str) -> None:
    """Refuse a resolution without the clauses it rests on or without grounds. Raises CommitteeRefused."""
    if not clauses:
        raise CommitteeRefused("no_basis", "clauses")
    if not grounds.strip():
        raise CommitteeRefused("no_grounds", "grounds")


def guardians_record(facts: ItemFacts) -> dict[str, Any]:
    """Return how each side took part, by code: what the minutes keep."""
    return {
        side.code: {"side": side.side, "notified": side.notified, "heard": side.heard, "why_not": side.why_not} for side in facts.sides
    }
