"""The states of a case: no path reaches one that its guards forbid, and every step is in the chain (domain.md section 4)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.cases.scenery import World
from trainhub.cases.models import CaseStep
from trainhub.cases.rules.lifecycle import CASE_STEPS, CaseFacts, CaseState, StepRefused, check_case_step, missing_for
from trainhub.cases.service import opening, parties
from trainhub.cases.service.steps import move_case
from trainhub.kernel.errors import DomainError, InvalidState
from trainhub.ledger.models import LedgerEntry

COUNTS = st.integers(0, 3)
FACTS = st.builds(
    CaseFacts, actors=COUNTS, targets=COUNTS, parties_without_side=COUNTS, parties_notified=COUNTS, parties_heard=COUNTS, parties=COUNTS,
    committee_valid=st.booleans(), recusal_open=st.booleans(), determined_actors=COUNTS, basis_cited=st.booleans(), vote_recorded=st.booleans(),
    parties_served=COUNTS, plans_open=COUNTS, plans_owed=COUNTS, follow_ups_open=COUNTS, appeals_open=COUNTS, corrections_open=COUNTS, two_ended_it=st.booleans(),
)


@given(steps=st.lists(st.tuples(st.sampled_from(list(CaseState)), FACTS), max_size=30))
def test_no_path_reaches_what_its_guards_forbid(steps: list[tuple[CaseState, CaseFacts]]) -> None:
    state = CaseState.ACCEPTED
    for after, facts in steps:
        try:
            check_case_step(state, after, facts)
        except InvalidState:
            assert after not in CASE_STEPS[state]
        except StepRefused as refused:
            missing = missing_for(after, facts, state)
            assert missing
            assert refused.params["missing"] == missing  # noqa: PT017  what it names is what is asked
        else:
            if after is CaseState.DETERMINED:
                assert state is CaseState.SUBMITTED
                assert facts.committee_valid
                assert facts.vote_recorded
                assert facts.basis_cited
                assert not facts.recusal_open
                assert min(facts.parties_notified, facts.parties_heard) >= facts.parties
            if after is CaseState.CLOSED and state in {CaseState.ACCEPTED, CaseState.INVESTIGATING}:
                assert facts.two_ended_it
                assert facts.determined_actors == 0
            if after is CaseState.SUBMITTED:
                assert facts.actors
                assert facts.targets
                assert facts.parties_notified >= facts.parties
            state = after


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_whatever_is_tried_every_step_is_in_the_history_and_in_the_chain(world: World, session: Session, moves: list[int]) -> None:
    nested = session.begin_nested()
    case = world.case()
    tried: list[Callable[[], object]] = [
        lambda: opening.start_procedure(session, world.officer, case.id, world.now),
        lambda: opening.submit_to_committee(session, world.officer, case.id, world.now),
        lambda: world.party(case, world.pupils[0], "actor"),
        lambda: world.party(case, world.pupils[1], "target"),
        lambda: [world.tell(party.id) for party in session.scalars(sa.select(parties.CaseParty).where(parties.CaseParty.case_id == case.id))],
        lambda: opening.write_narrative(session, world.ring, world.officer, case.id, "x", world.now),
    ]
    for move in moves:
        before = case.state
        try:
            tried[move]()
        except DomainError:
            assert case.state == before
    history = session.scalars(sa.select(CaseStep).where(CaseStep.case_id == case.id)).all()
    chained = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.subject_ref == case.id, LedgerEntry.kind.startswith("case."))).all()
    assert len(history) == len(chained) == case.version
    assert sorted(f"case.{step.step}" for step in history) == sorted(entry.kind for entry in chained)
    path = [(step.from_state, step.to_state) for step in history if step.step == "moved"]
    assert all(CaseState(after) in CASE_STEPS[CaseState(before)] for before, after in path)
    nested.rollback()


def test_the_committee_gets_no_case_without_both_sides(world: World, session: Session) -> None:
    case = world.case()
    opening.start_procedure(session, world.officer, case.id, world.now)
    with pytest.raises(StepRefused) as refused:
        opening.submit_to_committee(session, world.officer, case.id, world.now)
    assert refused.value.params["missing"] == ("party_actor", "party_target")


def test_a_step_on_what_was_changed_meanwhile_is_refused(world: World, session: Session) -> None:
    from trainhub.kernel.errors import StaleVersion

    case = world.case()
    seen = case.version
    opening.write_narrative(session, world.ring, world.officer, case.id, "x", world.now)
    with pytest.raises(StaleVersion):
        opening.start_procedure(session, world.officer, case.id, world.now + timedelta(minutes=1), seen_version=seen)


def test_a_step_out_of_order_is_refused(world: World, session: Session) -> None:
    case = world.case()
    with pytest.raises(InvalidState):
        move_case(session, world.officer, case, CaseState.SERVED, CaseFacts(), world.now)
