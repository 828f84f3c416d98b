"""States of an appeal, and what a decision does below it."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.appeals.rules.effects import Below, amended, effects_of
from trainhub.appeals.rules.lifecycle import (
    APPEAL_STEPS,
    ENDED,
    GROUP_KINDS,
    AppealFacts,
    AppealState,
    AppealStepRefused,
    Outcome,
    check_appeal_step,
    missing_for,
)
from trainhub.kernel.errors import InvalidState

FULL = Below("d", "p", planned_lessons=3, done_minutes=270, evaluation_ids=("e1",), recipient_ids=("r1", "r2"))


def kinds(outcome: Outcome, below: Below = FULL) -> list[str]:
    return [e.kind for e in effects_of(outcome, below)]


def test_case_69_an_overturn_reaches_everything_that_held_the_finding() -> None:
    assert kinds(Outcome.OVERTURN) == [
        "determination", "plan_revoke", "lessons", "counts", "evaluation_entry", "recipient", "recipient", "service", "seal",
    ]
    assert [e.object_id for e in effects_of(Outcome.OVERTURN, FULL) if e.kind == "recipient"] == ["r1", "r2"]
    assert "plan_revoke" in kinds(Outcome.OVERTURN, Below("d", "p", plan_ended=True)), "a finished plan is revoked as well"


def test_case_68_an_upheld_appeal_changes_nothing_but_ends_the_stay() -> None:
    assert kinds(Outcome.UPHOLD) == ["service"]
    assert kinds(Outcome.UPHOLD, Below("d", "p", stayed=True)) == ["end_stay", "service"]


def test_a_modified_finding_carries_minutes_over_and_banks_none() -> None:
    assert kinds(Outcome.MODIFY) == [
        "determination", "plan_amend", "counts", "evaluation_entry", "recipient", "recipient", "service",
    ]
    assert amended(180, 270) == amended(180, 270).__class__(180, 0, hours_reached=True, surplus_minutes=90)
    assert amended(360, 270).owed_minutes == 90


def test_a_return_sends_the_case_back_and_the_plan_waits() -> None:
    assert kinds(Outcome.RETURN) == ["return_case", "plan_stay", "evaluation_entry", "recipient", "recipient", "service"]
    assert kinds(Outcome.RETURN, Below("d")) == ["return_case", "service"]


@pytest.mark.parametrize(("before", "after"), list(product(AppealState, AppealState)))
def test_no_step_outside_the_table(before: AppealState, after: AppealState) -> None:
    ready = AppealFacts(
        procedure_proper=True, facts_clear=True, group_kinds=GROUP_KINDS, group_has_lead=True, reason_given=True, reasons_written=True,
        basis_cited=True, decisions=1, sides_served=2,
    )
    if after in APPEAL_STEPS[before]:
        check_appeal_step(before, after, ready)
    else:
        with pytest.raises(InvalidState):
            check_appeal_step(before, after, ready)


@given(facts=st.builds(
    AppealFacts, in_time=st.booleans(), late_accepted_reason=st.booleans(), reason_given=st.booleans(),
    procedure_proper=st.sampled_from([None, True, False]), facts_clear=st.sampled_from([None, True, False]),
    group_kinds=st.sets(st.sampled_from(sorted(GROUP_KINDS | {"officer"}))).map(frozenset), group_conflicts=st.integers(0, 1),
    group_has_lead=st.booleans(), reasons_written=st.booleans(), basis_cited=st.booleans(), decisions=st.integers(0, 2),
    determinations=st.integers(1, 2), sides_served=st.integers(0, 2), effects_open=st.integers(0, 2),
), moves=st.lists(st.sampled_from(AppealState), max_size=12))
def test_no_path_reaches_a_state_its_guards_forbid(facts: AppealFacts, moves: list[AppealState]) -> None:
    state = AppealState.FILED
    for after in moves:
        try:
            check_appeal_step(state, after, facts)
        except (InvalidState, AppealStepRefused):
            continue
        assert not missing_for(after, facts)
        assert state not in ENDED
        state = after


def test_a_school_result_stands_only_after_proper_procedure_and_clear_facts() -> None:
    assert missing_for(AppealState.SCHOOL_RESULT_STANDS, AppealFacts(procedure_proper=False, facts_clear=True)) == ("procedure", "reason")
