"""The states of an appeal and of a re-examination, and what each step asks for (domain.md section 4, "Appeal"; 3.4). Pure.

Whoever decided at the school, handled the case or is recused from it decides nothing here: an appeal belongs to the district.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from trainhub.kernel.errors import DomainError, InvalidState


class AppealState(StrEnum):
    """Where an appeal stands."""

    FILED = "filed"
    SCHOOL_DECIDED = "school_decided"  # discipline: the school's own appeals committee had its word
    ADMITTED = "admitted"
    REJECTED = "rejected"
    SCREENED = "screened"
    SCHOOL_RESULT_STANDS = "school_result_stands"
    RE_EXAMINATION = "re_examination"
    DECIDED = "decided"
    SERVED = "served"
    EXECUTED = "executed"
    WITHDRAWN = "withdrawn"


_S = AppealState
APPEAL_STEPS: Mapping[AppealState, frozenset[AppealState]] = {
    _S.FILED: frozenset({_S.SCHOOL_DECIDED, _S.ADMITTED, _S.REJECTED, _S.WITHDRAWN}),
    _S.SCHOOL_DECIDED: frozenset({_S.ADMITTED, _S.SERVED, _S.REJECTED}),
    _S.ADMITTED: frozenset({_S.SCREENED, _S.REJECTED, _S.WITHDRAWN}),
    _S.SCREENED: frozenset({_S.SCHOOL_RESULT_STANDS, _S.RE_EXAMINATION, _S.REJECTED, _S.WITHDRAWN}),
    _S.SCHOOL_RESULT_STANDS: frozenset({_S.SERVED}),
    _S.RE_EXAMINATION: frozenset({_S.DECIDED, _S.REJECTED, _S.WITHDRAWN}),
    _S.DECIDED: frozenset({_S.SERVED}),
    _S.SERVED: frozenset({_S.EXECUTED}),
    _S.REJECTED: frozenset(),
    _S.EXECUTED: frozenset(),
    _S.WITHDRAWN: frozenset(),
}
ENDED = frozenset({_S.REJECTED, _S.EXECUTED, _S.WITHDRAWN})
"""States in which an appeal holds nothing up any more. After it was admitted an appeal is rejected only where what it was against is gone."""
BEFORE_DECISION = frozenset({_S.FILED, _S.SCHOOL_DECIDED, _S.ADMITTED, _S.SCREENED, _S.RE_EXAMINATION})
"""States in which an appeal waits for somebody's word."""


class Outcome(StrEnum):
    """What a re-examination may decide of one determination."""

    UPHOLD = "uphold"
    MODIFY = "modify"
    OVERTURN = "overturn"
    RETURN = "return"


class AppealStepRefused(DomainError):
    """What a step asks for is not there; ``missing`` names it by codes of :func:`missing_for`."""

    code = "appeal_step_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class AppealFacts:
    """What the guards look at."""

    in_time: bool = True
    late_accepted_reason: bool = False
    determination_stands: bool = True
    school_heard: bool = True  # discipline: the school had its word, or let its time pass
    reason_given: bool = False
    procedure_proper: bool | None = None  # screening: was the school's procedure proper
    facts_clear: bool | None = None  # screening: are the facts clear
    group_kinds: frozenset[str] = frozenset()
    group_conflicts: int = 0
    group_has_lead: bool = False
    reasons_written: bool = False
    basis_cited: bool = False
    decisions: int = 0
    determinations: int = 1
    sides_served: int = 0
    sides: int = 2
    effects_open: int = 0


GROUP_KINDS = frozenset({"school_rep", "parent_rep", "expert"})
"""Who must be in a re-examination group (national plan of 2017: school and parent representatives, outside experts)."""


def missing_for(after: AppealState, facts: AppealFacts) -> tuple[str, ...]:
    """What an appeal lacks to reach a state, as codes, in the order in which a person would mend it."""
    wanted: dict[AppealState, tuple[tuple[str, bool], ...]] = {
        _S.ADMITTED: (
            ("determination", facts.determination_stands), ("school_first", facts.school_heard), ("in_time", facts.in_time or facts.late_accepted_reason),
        ),
        _S.SCHOOL_DECIDED: (("reasons", facts.reasons_written),),
        _S.REJECTED: (("reason", facts.reason_given),),
        _S.SCREENED: (("procedure", facts.procedure_proper is not None), ("facts", facts.facts_clear is not None)),
        _S.SCHOOL_RESULT_STANDS: (
            ("procedure", facts.procedure_proper is True), ("facts", facts.facts_clear is True), ("reason", facts.reason_given),
        ),
        _S.RE_EXAMINATION: (
            ("group", facts.group_kinds >= GROUP_KINDS), ("lead", facts.group_has_lead), ("conflict", facts.group_conflicts == 0),
        ),
        _S.DECIDED: (
            ("group", facts.group_kinds >= GROUP_KINDS), ("conflict", facts.group_conflicts == 0),
            ("decisions", facts.decisions >= facts.determinations > 0), ("reasons", facts.reasons_written), ("basis", facts.basis_cited),
        ),
        _S.SERVED: (("service", facts.sides_served >= facts.sides),),
        _S.EXECUTED: (("effects", facts.effects_open == 0),),
    }
    return tuple(code for code, there in wanted.get(after, ()) if not there)


def replayed(steps: Iterable[tuple[str, str]]) -> AppealState | None:
    """The state that follows from the moves (before, after) of a history, in their order. Raises InvalidState where it is broken."""
    state: AppealState | None = None
    for before, after in steps:
        if before != (state.value if state else "") or (state is not None and AppealState(after) not in APPEAL_STEPS[state]):
            raise InvalidState(state=state.value if state else "", wanted=after)
        state = AppealState(after)
    return state


def check_appeal_step(before: AppealState, after: AppealState, facts: AppealFacts) -> None:
    """Raise InvalidState where no such step exists, AppealStepRefused where something is missing."""
    if after not in APPEAL_STEPS[before]:
        raise InvalidState(state=before.value, wanted=after.value)
    if missing := missing_for(after, facts):
        raise AppealStepRefused(wanted=after.value, missing=missing)
