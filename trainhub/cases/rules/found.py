"""What the findings of a case come to today: the gravest that stands, or that what was found fell (domain.md cases 67, 69). Pure.

Every page that says how grave a case is, or how far it has come, asks here: a finding that fell is said nowhere any more.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from trainhub.cases.rules.lifecycle import STANDING, CaseState, DeterminationState
from trainhub.cases.rules.scales import TIERS

_OPEN_AGAIN = frozenset({CaseState.ACCEPTED, CaseState.INVESTIGATING, CaseState.SUBMITTED})
"""States in which nothing is decided yet, or not any more: the school's working tier holds."""

NO_BULLYING, FELL = "no_bullying", "fell"


@dataclass(frozen=True, slots=True)
class FoundNow:
    """The versions of a case summed up. ``stands``: one stands; ``fell``: one was overturned; ``tier``: the gravest that stands, "" none."""

    stands: bool = False
    fell: bool = False
    tier: str = ""


def found_now(versions: Iterable[tuple[str, str, str]]) -> FoundNow:
    """Sum versions up, given as (state, outcome, tier)."""
    rows = list(versions)
    standing = [row for row in rows if DeterminationState(row[0]) in STANDING]
    tiers = [tier for _state, outcome, tier in standing if outcome == "bullying" and tier in TIERS]
    fell = any(state == DeterminationState.OVERTURNED.value for state, _outcome, _tier in rows)
    return FoundNow(bool(standing), fell, max(tiers, key=TIERS.index, default=""))


def annulled(state: str, found: FoundNow) -> bool:
    """Whether what was found of a case fell and nothing stands in its place."""
    return found.fell and not found.stands and CaseState(state) not in _OPEN_AGAIN


def shown_tier(state: str, working: str, found: FoundNow) -> str:
    """How grave a case is said to be, as a key of ``wording.SHOWN_TIERS``.

    The school's working tier until the committee has found, then the gravest finding that stands: NO_BULLYING where none is of bullying,
    FELL (no word at all) where what was found fell.
    """
    if CaseState(state) in _OPEN_AGAIN or not (found.stands or found.fell):
        return working
    return found.tier or (NO_BULLYING if found.stands else FELL)


def shown_state(state: str, found: FoundNow) -> str:
    """The state of a case as a key of ``wording.STATES``; of one whose finding fell that it fell."""
    if not annulled(state, found):
        return state
    return "annulled_over" if CaseState(state) in {CaseState.CLOSED, CaseState.SEALED} else "annulled"
