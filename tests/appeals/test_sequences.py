"""No order of steps leaves a wrong record behind: random sequences over appeal, finding and plan (property)."""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.appeals.scenery import AppealScene
from tests.appeals.test_discipline import word
from trainhub.appeals.models import Appeal, AppealDecision, AppealEffect, AppealStep
from trainhub.appeals.rules.lifecycle import Outcome, replayed
from trainhub.appeals.service import examining, executing, filing
from trainhub.cases.models import CaseRecipient, Determination, EvaluationEntry
from trainhub.cases.rules.lifecycle import STANDING, DeterminationState
from trainhub.education_plans.models import EducationPlan, PlanLesson
from trainhub.education_plans.rules.lifecycle import ENDED, RESTING, PlanState
from trainhub.kernel.errors import DomainError
from trainhub.ledger.models import LedgerEntry

STEPS = (
    "file_actor", "file_target", "file_discipline", "school_word", "admit", "screen", "stand", "stay", "lift", "withdraw", "reject", "group",
    "uphold", "modify", "overturn", "return", "serve", "correct", "close", "wait",
)
MOVES = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), min_size=4, max_size=18)
AHEAD = st.sampled_from(["", "overturn", "modify", "uphold", "return"])


@given(moves=MOVES, ahead=AHEAD)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_sequence_of_steps_leaves_a_wrong_record(scene: AppealScene, session: Session, moves: list[tuple[str, int]], ahead: str) -> None:
    outer, clock = session.begin_nested(), scene.now
    try:
        if ahead:
            _try(scene, session, lambda: scene.through(Outcome(ahead)))
        for step, which in moves:
            _try(scene, session, lambda step=step, which=which: _do(scene, step, which))  # type: ignore[misc]
            _check(session)
    finally:
        outer.rollback()
        session.expire_all()
        scene.now = clock


def _try(scene: AppealScene, session: Session, act: Any) -> None:
    inner = session.begin_nested()
    try:
        act()
        session.flush()
        inner.commit()
    except DomainError:
        inner.rollback()
        session.expire_all()


def _do(scene: AppealScene, step: str, which: int) -> None:
    session = scene.session
    finding = session.scalars(sa.select(Determination.id).where(Determination.ended_at.is_(None)).order_by(Determination.version.desc())).first()
    appeals = session.scalars(sa.select(Appeal.id).order_by(Appeal.id)).all()
    if step.startswith("file"):
        track = "discipline" if step == "file_discipline" else "determination"
        scene.file("target" if step == "file_target" else "actor", track=track, finding=finding or scene.finding_id)
        return
    if step == "wait" or not appeals:
        scene.later(days=which)
        return
    appeal, county = appeals[which % len(appeals)], scene.county
    if step in {"uphold", "modify", "overturn", "return"}:
        target = scene.appeal(appeal)
        more: dict[str, Any] = {"measures": ("conduct_course",)} if step == "modify" and target.track == "discipline" else {}
        scene.decided(appeal, Outcome(step), finding=target.determination_id, **more)
        return
    later = scene.later()
    done: dict[str, Any] = {
        "school_word": lambda: word(scene, appeal, *(("admonition",) if which else ())),
        "admit": lambda: filing.admit_appeal(session, county, appeal, later, late_reason="other"),
        "screen": lambda: filing.screen_appeal(session, county, appeal, procedure_proper=True, facts_clear=which > 0, now=later),
        "stand": lambda: examining.let_stand(session, county, scene.ring, appeal, "x", later),
        "stay": lambda: filing.order_stay(session, county, scene.ring, appeal, "x", later),
        "lift": lambda: filing.lift_stay(session, county, appeal, later),
        "withdraw": lambda: filing.withdraw_appeal(session, scene.actor("case_officer"), appeal, later),
        "reject": lambda: filing.reject_appeal(session, county, appeal, "litigation", later),
        "group": lambda: scene.examined(appeal, people=which < 2),
        "serve": lambda: scene.serve(appeal, by="bureau_case_officer" if scene.appeal(appeal).state != "school_decided" else "committee_secretary"),
        "correct": lambda: scene.correct(appeal),
        "close": lambda: executing.close_appeal(
            session, county if scene.appeal(appeal).state != "school_decided" else scene.actor("case_officer"), appeal, later),
    }
    done[step]()


def _check(session: Session) -> None:
    findings = {d.id: d for d in session.scalars(sa.select(Determination))}
    standing = {key for key, d in findings.items() if DeterminationState(d.state) in STANDING}
    for plan in session.scalars(sa.select(EducationPlan)):
        state = PlanState(plan.state)
        assert plan.determination_id in standing or state in ENDED | RESTING, (state, findings[plan.determination_id].state)
        if findings[plan.determination_id].state == "overturned":
            assert state is PlanState.REVOKED
        if state is PlanState.REVOKED:
            planned = sa.select(PlanLesson.id).where(PlanLesson.plan_id == plan.id, PlanLesson.state == "planned")
            assert session.scalar(planned) is None, "planned lessons under a revoked plan"
        if state is PlanState.STAYED:
            held = session.scalars(sa.select(Appeal).where(Appeal.stayed_at.is_not(None), Appeal.stay_ended_at.is_(None))).all()
            assert held or plan.determination_id not in standing, "a rest that nobody ordered any more"
    for row in session.scalars(sa.select(EvaluationEntry)):
        assert row.determination_id in standing or row.recall_due_at is not None, "an entry stands without a recall"
    for told in session.scalars(sa.select(CaseRecipient)):
        fell = findings[told.determination_id or ""].state in {"overturned", "modified", "superseded"}
        assert not fell or told.correction_due_at is not None, "somebody was told and is owed nothing"
    _check_appeals(session)


def _check_appeals(session: Session) -> None:
    for appeal in session.scalars(sa.select(Appeal)):
        steps = session.scalars(sa.select(AppealStep).where(AppealStep.appeal_id == appeal.id).order_by(AppealStep.id)).all()
        assert replayed([(s.from_state, s.to_state) for s in steps if s.to_state]) == appeal.state
        told = session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry).where(LedgerEntry.object_ref == appeal.id))
        assert told == len(steps), "a step outside the ledger"
        if appeal.state == "executed":
            left = sa.select(AppealEffect.id).join(AppealDecision, AppealDecision.id == AppealEffect.decision_id).where(
                AppealDecision.appeal_id == appeal.id, AppealEffect.done_at.is_(None)
            )
            assert session.scalar(left) is None, "executed with something owed"


def test_the_sequences_reach_the_end(scene: AppealScene, session: Session) -> None:
    """The moves above are able to go all the way: else the property would hold for nothing."""
    for step, which in (("file_actor", 0), ("admit", 0), ("screen", 0), ("group", 0), ("overturn", 0), ("serve", 0), ("correct", 0), ("close", 0)):
        _do(scene, step, which)
        scene.later(seconds=int(timedelta(minutes=1).total_seconds()))
        _check(session)
    assert session.scalars(sa.select(Appeal.state)).one() == "executed"
    _do(scene, "file_discipline", 0)
