"""The end of a plan: what the committee weighs, what it may decide, and the contacts that come after. Pure.

Sources: domain.md section 4 (``hours_reached`` can never by itself give ``completed``), case 73 (full hours without change: extension
once with reason, or escalation as a fresh decision), 3.6 ``followup_days``; section 6 (the psychologist's conclusion, never content).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

Level = Literal["full", "part", "not"]
AIMS = ("understands_conduct", "understands_harm", "controls_conduct", "made_good", "keeps_rules")
"""What a plan is for: sees what was done and why it is wrong; what it did to the other; holds back; makes good; keeps the rules."""
LEVELS: tuple[Level, ...] = ("full", "part", "not")
OTHER_SIDE = ("safe", "uneasy", "unsafe", "not_asked")


class ReviewOutcome(StrEnum):
    """What a review may end in."""

    COMPLETED = "completed"
    EXTENDED = "extended"
    NOT_COMPLETED = "not_completed"


class Voice(StrEnum):
    """Whose word a plan holds."""

    MID_TERM = "mid_term"
    PUPIL = "pupil"
    GUARDIAN = "guardian"
    INSTRUCTOR = "instructor"
    PSYCHOLOGIST = "psychologist"
    OTHER_SIDE = "other_side"


@dataclass(frozen=True, slots=True)
class Material:
    """One thing the review needs; ``there`` or still to be gathered."""

    key: str
    there: bool


def materials(
    *, determination: bool, guardian_told: bool, voices: Iterable[str], hours: bool, guardian_parts_open: int
) -> tuple[Material, ...]:
    """What must lie on the table (结案评估材料), in the order in which it comes about."""
    heard = set(voices)
    return (
        Material("determination", determination), Material("guardian_told", guardian_told), Material("mid_term", Voice.MID_TERM in heard),
        Material("hours", hours), Material("guardian_parts", guardian_parts_open == 0), Material("pupil", Voice.PUPIL in heard),
        Material("guardian", Voice.GUARDIAN in heard), Material("psychologist", Voice.PSYCHOLOGIST in heard),
    )


def doubts(outcome: ReviewOutcome, aims: Mapping[str, str], other_side: str, psychologist: str) -> tuple[str, ...]:
    """What speaks against an outcome, as codes. The committee decides; it decides knowing this, and writes why.

    ``psychologist``: enough, part, not_yet or "".
    """
    found: list[str] = []
    if outcome is ReviewOutcome.COMPLETED:
        found += ["aim_not_reached"] if any(level == "not" for level in aims.values()) else []
        found += ["aim_unrated"] if set(AIMS) - set(aims) else []
        found += ["other_side_unsafe"] if other_side == "unsafe" else ["other_side_not_asked"] if other_side in {"", "not_asked"} else []
        found += ["psychologist_not_yet"] if psychologist == "not_yet" else []
    elif all(aims.get(key) == "full" for key in AIMS) and other_side == "safe":
        found.append("all_reached")
    return tuple(found)


BLOCKING = frozenset({"aim_unrated", "other_side_unsafe"})
"""Doubts that nobody may pass over: a plan is not closed while the other child is unsafe (domain.md 3.4: protection never stops)."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A follow-up to come: which party, on which side, when."""

    party_id: str
    side: Literal["actor", "target"]
    due_on: date


def contacts(closed_on: date, intervals: str, actor_ids: Iterable[str], target_ids: Iterable[str]) -> tuple[Contact, ...]:
    """Follow-ups of both children, separately, at each interval of the policy (``30-90-180``: days after the end)."""
    days = [closed_on + timedelta(days=int(part)) for part in intervals.split("-")]
    sides: tuple[tuple[Literal["actor", "target"], Iterable[str]], ...] = (("actor", actor_ids), ("target", target_ids))
    return tuple(Contact(party, side, day) for side, parties in sides for party in parties for day in days)
