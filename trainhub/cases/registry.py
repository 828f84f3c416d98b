"""Who fills in what this room does not know: the vote, plans, follow-ups, appeals of a case; what others hold on a pupil.

Filled by the composition root.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from trainhub.cases.rules.lifecycle import CaseFacts
from trainhub.kernel.actor import Actor
from trainhub.kernel.held import Holder


class FactSource(Protocol):
    """Fills in what it knows of a case. It checks no right and never answers with a name."""

    def __call__(self, session: Session, district_id: str, case_id: str, facts: CaseFacts) -> CaseFacts:
        """Return the facts with what this source knows."""


_sources: dict[str, FactSource] = {}


def know_facts(key: str, source: FactSource) -> None:
    """Let a part of this room or a higher room say what it knows of a case. The same key again replaces the earlier source."""
    _sources[key] = source


def fact_sources() -> tuple[FactSource, ...]:
    """Everybody who knows something, in the order in which they came."""
    return tuple(_sources.values())


_holders: dict[str, Holder] = {}


def hold(key: str, holder: Holder) -> None:
    """Let a room say what it holds on a pupil. The same key again replaces the earlier holder."""
    _holders[key] = holder


def holders() -> tuple[tuple[str, Holder], ...]:
    """Every room that holds something on pupils, with its key, in the order in which they came."""
    return tuple(_holders.items())


@dataclass(frozen=True, slots=True)
class PlanCount:
    """Plans of one school: how many run, were completed, ended otherwise; their counted minutes."""

    row: tuple[tuple[int, int, int]]
    minutes: int


class PlanCounter(Protocol):
    """Counts the plans made between two moments, by school."""

    def __call__(self, session: Session, district_id: str, first: datetime, end: datetime) -> Mapping[str, PlanCount]:
        """Return the counts by school id."""


@dataclass(frozen=True, slots=True)
class PlanLink:
    """A plan of a case under its code, with the word for how it stands and where it is read."""

    code: str
    word: str
    href: str


class PlanLister(Protocol):
    """Lists the plans of a case that are there for the actor, by code. It opens nothing."""

    def __call__(self, session: Session, actor: Actor, case_id: str, now: datetime) -> Sequence[PlanLink]:
        """Return the links, oldest first."""


_plan_lister: list[PlanLister] = []


def list_plans_with(lister: PlanLister) -> None:
    """Let the room of the plans list those of a case."""
    _plan_lister[:] = [lister]


def plans_of_case(session: Session, actor: Actor, case_id: str, now: datetime) -> Sequence[PlanLink]:
    """The plans of a case as far as they are there for the actor; nothing where nobody lists."""
    return _plan_lister[0](session, actor, case_id, now) if _plan_lister else ()


_plan_counter: list[PlanCounter] = []


def count_plans_with(counter: PlanCounter) -> None:
    """Let the room of the plans count them."""
    _plan_counter[:] = [counter]


def plan_counts(session: Session, district_id: str, first: datetime, end: datetime) -> Mapping[str, PlanCount]:
    """The plans made between two moments, by school; nothing where nobody counts."""
    return _plan_counter[0](session, district_id, first, end) if _plan_counter else {}
