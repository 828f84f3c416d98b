"""What the committee may find of one pupil and what may follow from it (domain.md 3.4, section 4 "Determination", cases 60, 61). Pure.

Nothing that the law forbids for the pupil's stage and grade is offered, and nothing that was not offered is accepted.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.scales import TIERS, Measure, scale, short_plan

TEXT_LENGTH = 20_000
MOST_CLAUSES = 12
CLAUSE_LENGTH = 120
SHORT_PLAN_MOST = 270
"""Six lessons of 45 minutes: a plan for a child of the lower grades is short and held with the guardian (case 60)."""


class Finding(StrEnum):
    """What the committee may find of one pupil."""

    BULLYING = "bullying"
    NOT_BULLYING = "not_bullying"
    NOT_PROVEN = "not_proven"
    OTHER_BODY = "other_body"


class Parameters(Protocol):
    """Policy parameters by key (``kernel.policy.Policy``)."""

    def __getitem__(self, key: str) -> Any:
        """Return the value in force."""


@dataclass(frozen=True, slots=True)
class FindingDraft:
    """A finding as proposed. ``clauses``: the articles and rules cited; minutes are integers."""

    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int
    facts: str
    grounds: str
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingFrame:
    """What a finding is held against: the scale of the case, the pupil's stage and grade, the policy, what was done before."""

    scale: str
    stage: str
    grade: int | None
    least_minutes: Mapping[str, int]
    guardians_told: bool
    police_told: bool


def least_minutes(parameters: Parameters) -> dict[str, int]:
    """The least minutes of a plan by tier. A suspected offence asks for no less than a serious act."""
    by_tier = {tier: int(parameters[f"plan_minutes_{tier}"]) for tier in ("minor", "heavier", "serious")}
    return by_tier | {"suspected": by_tier["serious"]}


def offered(scale_key: str, tier: str, stage: str, grade: int | None) -> tuple[Measure, ...]:
    """The measures that a form may offer: those of the tier that the law leaves open for this pupil."""
    return scale(scale_key).measures_for(tier, stage, grade) if tier in TIERS else ()


def clauses_of(lines: Sequence[str]) -> tuple[str, ...]:
    """Clauses cited, each once, without blanks around them."""
    return tuple(dict.fromkeys(" ".join(line.split())[:CLAUSE_LENGTH] for line in lines if line.strip()))[:MOST_CLAUSES]


def check_finding(draft: FindingDraft, frame: FindingFrame) -> None:
    """Refuse a finding that cannot be right. Raises CaseRefused with the field it belongs to."""
    if draft.outcome not in set(Finding):
        raise CaseRefused("finding_outcome", "outcome")
    _check_words(draft)
    if draft.outcome != Finding.BULLYING:
        if draft.tier or draft.measures or draft.plan_minutes:
            raise CaseRefused("finding_bare", "outcome")
        return
    if draft.tier not in TIERS:
        raise CaseRefused("finding_tier", "tier")
    if draft.tier == "suspected" and not frame.police_told:
        raise CaseRefused("finding_police_first", "tier")
    _check_measures(draft, frame)
    _check_minutes(draft, frame)


def _check_words(draft: FindingDraft) -> None:
    for name, text in (("facts", draft.facts), ("grounds", draft.grounds)):
        if not text.strip() or len(text) > TEXT_LENGTH:
            raise CaseRefused(f"finding_{name}", name, limit=TEXT_LENGTH)
    if not clauses_of(draft.clauses):
        raise CaseRefused("finding_clauses", "clauses")


def _check_measures(draft: FindingDraft, frame: FindingFrame) -> None:
    open_now = {measure.key: measure for measure in offered(frame.scale, draft.tier, frame.stage, frame.grade)}
    if len(set(draft.measures)) != len(draft.measures) or not set(draft.measures) <= open_now.keys():
        raise CaseRefused("measure_not_open", "measures")
    if not frame.guardians_told and any(open_now[key].guardian_first for key in draft.measures):
        raise CaseRefused("measure_guardian_first", "measures")


def _check_minutes(draft: FindingDraft, frame: FindingFrame) -> None:
    """Every confirmed actor gets a plan (SA42); a young pupil's is short, any other has the least minutes of its tier."""
    least = frame.least_minutes[draft.tier]
    if short_plan(frame.stage, frame.grade):
        if not 0 < draft.plan_minutes <= SHORT_PLAN_MOST:
            raise CaseRefused("finding_minutes_young", "plan_minutes", most=SHORT_PLAN_MOST)
    elif draft.plan_minutes < max(least, 1):
        raise CaseRefused("finding_minutes", "plan_minutes", least=max(least, 1))


# --- service and the window of appeal --------------------------------------------------------------


def owed_to(determinations: Collection[tuple[str, str]], targets: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Who must be served what: party id to ids of determinations.

    ``determinations``: (id, party) of the versions that stand. The pupil's own side gets its own; the side it was done to gets
    every one of the case; nobody gets that of another actor.
    """
    owed: dict[str, list[str]] = {}
    for determination_id, party_id in sorted(determinations):
        for receiver in sorted({party_id, *targets}):
            owed.setdefault(receiver, []).append(determination_id)
    return {party: tuple(ids) for party, ids in owed.items()}


def last_day_of_appeal(served_on: date, days: int, day_kind: str, working: Callable[[date], bool]) -> date:
    """The last day on which an appeal is in time; the day of service is not counted.

    ``day_kind``: calendar, or working as ``working`` says of a day.
    """
    if day_kind == "calendar":
        return served_on + timedelta(days=days)
    day, left = served_on, days
    for _step in range(days * 7 + 60):  # a calendar that knows no working day must not hold us for ever
        if left == 0:
            break
        day += timedelta(days=1)
        left -= working(day)
    return day
