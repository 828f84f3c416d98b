"""What a decision does, at once where it can and as owed work where people must do it; an appeal is executed when nothing is left open."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision, AppealEffect
from trainhub.appeals.rules.effects import Below, Effect, effects_of
from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState, Outcome
from trainhub.appeals.service.filing import AppealRefused, end_stay
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step
from trainhub.cases.service import outcomes
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.service import staying
from trainhub.education_plans.service.running import done_minutes
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing

OWED_DAYS = outcomes.CORRECTION_DAYS


def below_of(session: Session, appeal: Appeal, determination_id: str) -> Below:
    """What hangs on a determination at this moment."""
    held = outcomes.holders_of(session, appeal.district_id, determination_id)
    plan = staying.plan_under(session, appeal.district_id, determination_id)
    if plan is None:
        return Below(determination_id, evaluation_ids=held.evaluation_ids, recipient_ids=held.recipient_ids)
    return Below(
        determination_id, plan.id, PlanState(plan.state) in ENDED, plan.state == PlanState.STAYED.value, staying.planned_lessons(session, plan),
        done_minutes(session, plan), held.evaluation_ids, held.recipient_ids,
    )


def carry_out(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, decision: AppealDecision, reasons: str, finding: str, now: datetime
) -> None:
    """Carry a decision out: every effect is a row, done now or owed by a day."""
    effects = effects_of(Outcome(decision.outcome), below_of(session, appeal, decision.determination_id))
    _at_once(session, actor, ring, appeal, decision, reasons, finding, now)
    due = now + timedelta(days=OWED_DAYS)
    session.add_all(_row(decision, effect, actor, now, due) for effect in effects)
    session.flush()


def _row(decision: AppealDecision, effect: Effect, actor: Actor, now: datetime, due: datetime) -> AppealEffect:
    return AppealEffect(
        district_id=decision.district_id, id=new_id(), decision_id=decision.id, kind=effect.kind, object_id=effect.object_id,
        due_at=None if effect.at_once else due, done_at=now if effect.at_once else None, done_by=actor.account_id if effect.at_once else None,
    )


def _at_once(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, decision: AppealDecision, reasons: str, finding: str, now: datetime
) -> None:
    outcome, target = Outcome(decision.outcome), decision.determination_id
    if outcome is Outcome.UPHOLD:
        end_stay(session, actor, appeal, now)
        outcomes.uphold(session, actor, target, appeal.id, now)
    elif outcome is Outcome.OVERTURN:
        staying.revoke_under(session, actor, target, appeal_id=appeal.id, now=now)
        appeal.stay_ended_at = now if appeal.stayed_at and not appeal.stay_ended_at else appeal.stay_ended_at
        outcomes.overturn(session, actor, target, appeal.id, now)
    elif outcome is Outcome.MODIFY:
        end_stay(session, actor, appeal, now)
        minutes = int(decision.plan_minutes or 0) if finding == "bullying" else 0
        change = outcomes.Changed(finding, decision.tier, tuple(decision.measures), minutes, reasons, dict(decision.basis))
        fresh_id, _ = outcomes.modify(session, actor, ring, target, appeal.id, change, now)
        staying.amend_under(session, actor, target, fresh_id, minutes, appeal_id=appeal.id, now=now)
    else:
        staying.stay_plan(session, actor, ring, target, appeal_id=appeal.id, words=reasons, now=now)
        outcomes.send_back(session, actor, target, appeal.id, now)


Done = Callable[[Session, Actor, str, str, datetime], None]
_BY_KIND: dict[str, Done] = {"evaluation_entry": outcomes.recall_entry, "recipient": outcomes.note_corrected}


def settle_effect(session: Session, actor: Actor, effect_id: str, proof: str, now: datetime) -> None:
    """Note that owed work is done: an entry recalled with its proof, a recipient corrected with the document's number, the file sealed.

    The school does it (``APPEAL_FILE``). Raises AppealRefused, NotFound.
    """
    row = session.get(AppealEffect, (actor.district_id, effect_id), with_for_update=True, populate_existing=True)
    decision = session.get(AppealDecision, (actor.district_id, row.decision_id)) if row else None
    if row is None or decision is None:
        raise NotFound
    appeal = locked_appeal(session, actor, decision.appeal_id, now, permission=Permission.APPEAL_FILE)
    if row.done_at is not None or not proof.strip():
        raise AppealRefused(field="proof", why="reason")
    if row.kind in _BY_KIND:
        _BY_KIND[row.kind](session, actor, row.object_id, proof, now)
    row.done_at, row.done_by = now, actor.account_id
    note_step(session, actor, appeal, "effect_done", now, changes={"effect": row.id, "kind": row.kind})


def open_effects(session: Session, district_id: str, appeal_id: str) -> list[AppealEffect]:
    """What is still owed after the decisions of an appeal, soonest first."""
    query = (
        select(AppealEffect).join(AppealDecision, (AppealDecision.district_id == AppealEffect.district_id) & (AppealDecision.id == AppealEffect.decision_id))
        .where(AppealEffect.district_id == district_id, AppealDecision.appeal_id == appeal_id, AppealEffect.done_at.is_(None))
        .order_by(AppealEffect.due_at, AppealEffect.id)
    )
    return list(session.scalars(query))


def note_served(session: Session, actor: Actor, appeal_id: str, sides: int, proof: str, now: datetime) -> None:
    """Note that the decision was served on the guardians: of both sides where both are in it. Raises AppealStepRefused."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    appeal.served_at = now
    for effect in open_effects(session, appeal.district_id, appeal.id):
        if effect.kind == "service":
            effect.done_at, effect.done_by = now, actor.account_id
    move_appeal(session, actor, appeal, AppealState.SERVED, AppealFacts(sides_served=sides), now, changes={"document": proof.strip()[:40]})


def close_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime) -> None:
    """An appeal is executed once every effect is done. Raises AppealStepRefused."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    appeal.executed_at = now
    open_now = [e for e in open_effects(session, appeal.district_id, appeal.id) if e.kind != "seal"]
    move_appeal(session, actor, appeal, AppealState.EXECUTED, AppealFacts(effects_open=len(open_now)), now)
