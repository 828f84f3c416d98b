"""The states of a case and of a determination, and what each step asks for (domain.md section 4, "Incident" and "Determination").

Pure. Whoever makes a step hands in the facts; the answer is the list of what is missing, and nothing moves while it is not empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from trainhub.kernel.errors import DomainError, InvalidState


class CaseState(StrEnum):
    """Where a case stands. A concern that was not accepted never becomes one."""

    ACCEPTED = "accepted"
    INVESTIGATING = "investigating"
    SUBMITTED = "submitted_to_committee"
    DETERMINED = "determined"
    SERVED = "served"
    IN_EXECUTION = "in_execution"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    SEALED = "sealed"


_S = CaseState

CASE_STEPS: Mapping[CaseState, frozenset[CaseState]] = {
    _S.ACCEPTED: frozenset({_S.INVESTIGATING, _S.CLOSED}),  # ended without a determination, by two people
    _S.INVESTIGATING: frozenset({_S.SUBMITTED, _S.CLOSED}),
    _S.SUBMITTED: frozenset({_S.INVESTIGATING, _S.DETERMINED}),  # the committee may send it back for more facts
    _S.DETERMINED: frozenset({_S.SERVED, _S.INVESTIGATING}),  # new evidence before service
    _S.SERVED: frozenset({_S.IN_EXECUTION, _S.FOLLOW_UP, _S.INVESTIGATING}),  # returned by the county, or new evidence (case 67)
    _S.IN_EXECUTION: frozenset({_S.FOLLOW_UP, _S.INVESTIGATING}),
    _S.FOLLOW_UP: frozenset({_S.CLOSED, _S.INVESTIGATING, _S.IN_EXECUTION}),  # a plan is taken up again after an erratum
    _S.CLOSED: frozenset({_S.SEALED, _S.INVESTIGATING, _S.IN_EXECUTION}),  # an overturn, or an erratum, may come after the end
    _S.SEALED: frozenset(),
}
"""From a state to those that may follow it. Sealing has no way back: unsealing lends a look, it does not change the state."""


_FINDING_FACTS = frozenset({_S.ACCEPTED, _S.INVESTIGATING})
END_REASONS = ("nobody_identified", "other_body", "double_of", "staff_conduct")
"""Why a case ends without a determination: nobody could be identified, another body's (domain.md case 63 for staff), the same as another case."""


class DeterminationState(StrEnum):
    """Where a version of a determination stands. Versions are added; one never goes back."""

    PROPOSED = "proposed"
    ADOPTED = "adopted"
    EFFECTIVE = "effective"
    UPHELD = "upheld"
    MODIFIED = "modified"
    OVERTURNED = "overturned"
    SUPERSEDED = "superseded"


_D = DeterminationState
_AFTER_APPEAL = frozenset({_D.UPHELD, _D.MODIFIED, _D.OVERTURNED, _D.SUPERSEDED})
DETERMINATION_STEPS: Mapping[DeterminationState, frozenset[DeterminationState]] = {
    _D.PROPOSED: frozenset({_D.ADOPTED, _D.SUPERSEDED}),
    _D.ADOPTED: frozenset({_D.EFFECTIVE}) | _AFTER_APPEAL,
    _D.EFFECTIVE: _AFTER_APPEAL,
    _D.UPHELD: frozenset({_D.SUPERSEDED, _D.OVERTURNED, _D.MODIFIED}),
    _D.MODIFIED: frozenset(),
    _D.OVERTURNED: frozenset(),
    _D.SUPERSEDED: frozenset(),
}
STANDING = frozenset({_D.ADOPTED, _D.EFFECTIVE, _D.UPHELD})
"""Versions that stand today: only these reach counts, plans and anybody outside."""


class StepRefused(DomainError):
    """What a step asks for is not there yet; ``missing`` names it by codes of :func:`missing_for`."""

    code = "case_step_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the guards look at. Numbers of parties and of what each of them already has."""

    actors: int = 0
    targets: int = 0
    parties_without_side: int = 0
    parties_notified: int = 0  # guardians told of the investigation, or every attempt documented (case 58)
    parties_heard: int = 0  # had their chance to be heard
    parties: int = 0
    committee_valid: bool = False
    recusal_open: bool = False  # a conflict known and nobody recused
    determined_actors: int = 0
    basis_cited: bool = False
    vote_recorded: bool = False
    parties_served: int = 0  # both sides, a recorded refusal to sign included
    plans_open: int = 0
    plans_owed: int = 0  # determinations that ask for a plan and have none yet
    follow_ups_open: int = 0
    appeals_open: int = 0
    corrections_open: int = 0  # recipients and entries that still hold an overturned finding
    two_ended_it: bool = False  # one person asked, another agreed that it ends without a determination


def missing_for(after: CaseState, facts: CaseFacts, before: CaseState | None = None) -> tuple[str, ...]:
    """What a case lacks to reach a state, as codes; empty when it may go there. Order is the order in which a person would mend it.

    ``before``: where it stands. Before anything was found a case ends only by two people, and never past a finding that stands.
    """
    wanted: dict[CaseState, tuple[tuple[str, bool], ...]] = {
        _S.SUBMITTED: (
            ("party_actor", facts.actors > 0),
            ("party_target", facts.targets > 0),
            ("party_role", facts.parties_without_side == 0),
            ("notices", facts.parties_notified >= facts.parties),
        ),
        _S.DETERMINED: (
            ("notices", facts.parties_notified >= facts.parties),
            ("hearings", facts.parties_heard >= facts.parties),
            ("committee", facts.committee_valid),
            ("recusal", not facts.recusal_open),
            ("vote", facts.vote_recorded),
            ("basis", facts.basis_cited),
            ("all_actors", facts.actors > 0 and facts.determined_actors >= facts.actors),
        ),
        _S.SERVED: (("service", facts.parties > 0 and facts.parties_served >= facts.parties),),
        _S.FOLLOW_UP: (("plans_owed", facts.plans_owed == 0), ("plans_open", facts.plans_open == 0)),
        _S.CLOSED: (
            ("follow_ups", facts.follow_ups_open == 0), ("plans_open", facts.plans_open == 0), ("appeals", facts.appeals_open == 0),
            ("corrections", facts.corrections_open == 0),
        ),
        _S.SEALED: (
            ("follow_ups", facts.follow_ups_open == 0), ("appeals", facts.appeals_open == 0),
            ("corrections", facts.corrections_open == 0),
        ),
    }
    asked = wanted.get(after, ())
    if after is _S.CLOSED and before in _FINDING_FACTS:
        asked = (("second", facts.two_ended_it), ("nothing_found", facts.determined_actors == 0), *asked)
    return tuple(code for code, there in asked if not there)


def check_case_step(before: CaseState, after: CaseState, facts: CaseFacts) -> None:
    """Raise InvalidState where no such step exists, StepRefused where something is missing."""
    if after not in CASE_STEPS[before]:
        raise InvalidState(state=before.value, wanted=after.value)
    if missing := missing_for(after, facts, before):
        raise StepRefused(wanted=after.value, missing=missing)


def check_determination_step(before: DeterminationState, after: DeterminationState) -> None:
    """Raise InvalidState where a version may not go there."""
    if after not in DETERMINATION_STEPS[before]:
        raise InvalidState(state=before.value, wanted=after.value)
