"""What a decision does, at once where it can and as owed work where people must do it; an appeal is executed when nothing is left open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision, AppealEffect, AppealLetter
from trainhub.appeals.queries.accounts import accounts_at
from trainhub.appeals.rules.effects import Below, Effect, effects_of
from trainhub.appeals.rules.lifecycle import (
    BEFORE_DECISION,
    AppealFacts,
    AppealState,
    AppealStepRefused,
    Outcome,
)
from trainhub.appeals.rules.terms import label_of
from trainhub.appeals.service.county import end_county
from trainhub.appeals.service.filing import MOOT, AppealRefused, drop, end_stay
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step, schools_appeal
from trainhub.cases.queries.corrections import corrections
from trainhub.cases.queries.refs import determination_ref, party_refs
from trainhub.cases.service import outcomes
from trainhub.cases.service.documents import issue_paper
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.service import staying
from trainhub.education_plans.service.running import done_minutes
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing

OWED_DAYS = outcomes.CORRECTION_DAYS
OWED_BY_SCHOOL = frozenset({"evaluation_entry", "recipient"})
"""Effects that the school settles, each with its paper."""


def below_of(session: Session, appeal: Appeal, decision: AppealDecision) -> Below:
    """What hangs on a determination at this moment, and whose guardians are served: its own side and the other child's."""
    held = outcomes.holders_of(session, appeal.district_id, decision.determination_id)
    keeps_entry = decision.outcome == Outcome.MODIFY.value and outcomes.ENTRY in decision.measures
    entries = () if keeps_entry else held.evaluation_ids
    found = determination_ref(session, appeal.district_id, decision.determination_id)
    others = party_refs(session, appeal.district_id, appeal.case_id) if appeal.track == "determination" else ()
    served = (found.party_id, *(p.party_id for p in others if "target" in p.roles and p.party_id != found.party_id))
    plan = staying.plan_under(session, appeal.district_id, decision.determination_id)
    if plan is None:
        contacts = staying.contacts_under(session, appeal.district_id, decision.determination_id) or ""
        return Below(decision.determination_id, evaluation_ids=entries, recipient_ids=held.recipient_ids, served_ids=served, contacts_of=contacts)
    stayed = plan.state == PlanState.STAYED.value and appeal.track == "determination"
    return Below(
        decision.determination_id, plan.id, PlanState(plan.state) in ENDED, stayed, staying.planned_lessons(session, plan),
        done_minutes(session, plan), entries, held.recipient_ids, served, staying.contacts_under(session, appeal.district_id, decision.determination_id) or "",
    )


def carry_out(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, decision: AppealDecision, reasons: str, now: datetime
) -> None:
    """Carry a decision out: every effect is a row, done now or owed by a day."""
    effects = effects_of(Outcome(decision.outcome), below_of(session, appeal, decision))
    surplus = _at_once(session, actor, ring, appeal, decision, reasons, now)
    due = now + timedelta(days=OWED_DAYS)
    session.add_all(_row(decision, effect, actor, now, due, surplus) for effect in effects)
    session.flush()


def _row(decision: AppealDecision, effect: Effect, actor: Actor, now: datetime, due: datetime, surplus: int) -> AppealEffect:
    return AppealEffect(
        district_id=decision.district_id, id=new_id(), decision_id=decision.id, kind=effect.kind, object_id=effect.object_id,
        due_at=None if effect.at_once else due, done_at=now if effect.at_once else None, done_by=actor.account_id if effect.at_once else None,
        minutes=surplus if effect.kind == "plan_amend" else 0,
    )


def _at_once(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, decision: AppealDecision, reasons: str, now: datetime
) -> int:
    """Do what a decision does by itself and return the minutes beyond a plan's new total."""
    outcome, target = Outcome(decision.outcome), decision.determination_id
    if outcome is Outcome.RETURN:
        staying.stay_plan(session, actor, ring, target, appeal_id=appeal.id, words=reasons, now=now)
        outcomes.send_back(session, actor, target, appeal.id, now, decision_no=label_of(appeal.track, appeal.year, appeal.number))
        _end_moot(session, actor, appeal, target, now)
        return 0
    if appeal.track == "determination":
        for one in _against(session, appeal.district_id, target):
            end_stay(session, actor, one, now)
    if outcome is Outcome.UPHOLD:
        if appeal.track == "determination":
            outcomes.uphold(session, actor, target, appeal.id, now)
        return 0
    if outcome is Outcome.OVERTURN:
        outcomes.overturn(session, actor, target, appeal.id, now, decision_no=label_of(appeal.track, appeal.year, appeal.number))
        staying.revoke_under(session, actor, target, appeal_id=appeal.id, now=now)
        _end_moot(session, actor, appeal, target, now)
        return 0
    return _modify(session, actor, ring, appeal, decision, reasons, now)


def _modify(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, decision: AppealDecision, reasons: str, now: datetime
) -> int:
    """A new version in force, the plan under it, open appeals on the other track too."""
    target, old = decision.determination_id, determination_ref(session, appeal.district_id, decision.determination_id)
    measures_only = appeal.track == "discipline"
    finding = old.outcome if measures_only else "bullying"
    change = outcomes.Changed(
        finding, decision.tier, tuple(decision.measures), int(decision.plan_minutes or 0), reasons, dict(decision.basis),
        old.appeal_until if measures_only else None, f"{label_of(appeal.track, appeal.year, appeal.number)} 复查决定",
    )
    decision.fresh_id, _held = outcomes.modify(session, actor, ring, target, appeal.id, change, now)
    plan = staying.plan_under(session, appeal.district_id, target)
    total = plan.total_minutes if plan is not None and measures_only else change.plan_minutes
    surplus = staying.amend_under(session, actor, target, decision.fresh_id, total, appeal_id=appeal.id, now=now)
    for other in _against(session, appeal.district_id, target):
        if other.id != appeal.id and AppealState(other.state) in BEFORE_DECISION:
            other.determination_id = decision.fresh_id
            note_step(session, actor, other, "follows_version", now, changes={"determination": decision.fresh_id, "by": appeal.id})
    return surplus


def _against(session: Session, district_id: str, determination_id: str) -> list[Appeal]:
    query = select(Appeal).where(Appeal.district_id == district_id, Appeal.determination_id == determination_id)
    return list(session.scalars(query.order_by(Appeal.filed_at, Appeal.id).with_for_update()))


def _end_moot(session: Session, actor: Actor, appeal: Appeal, determination_id: str, now: datetime) -> None:
    """Appeals on the other track lose what they were against."""
    for other in _against(session, appeal.district_id, determination_id):
        if other.id != appeal.id and other.track != appeal.track and AppealState(other.state) in BEFORE_DECISION:
            drop(session, actor, other, AppealState.REJECTED, MOOT, now)


# --- what is owed ---------------------------------------------------------------------------------------


def _of(appeal: Appeal) -> object:
    """The decisions that an appeal has part in: its own, and those of its re-examination."""
    own = AppealDecision.appeal_id == appeal.id
    if appeal.re_examination_id is None:
        return own
    return or_(own, AppealDecision.re_examination_id == appeal.re_examination_id)


def decisions_of(session: Session, appeal: Appeal) -> list[AppealDecision]:
    """Every decision an appeal has part in, the first before the others."""
    query = select(AppealDecision).where(AppealDecision.district_id == appeal.district_id, _of(appeal))  # type: ignore[arg-type]
    return list(session.scalars(query.order_by(AppealDecision.decided_at, AppealDecision.id)))


def open_effects(session: Session, appeal: Appeal) -> list[AppealEffect]:
    """What is still owed after the decisions an appeal has part in, soonest first."""
    query = (
        select(AppealEffect)
        .join(AppealDecision, and_(AppealDecision.district_id == AppealEffect.district_id, AppealDecision.id == AppealEffect.decision_id))
        .where(AppealEffect.district_id == appeal.district_id, _of(appeal), AppealEffect.done_at.is_(None))  # type: ignore[arg-type]
        .order_by(AppealEffect.due_at, AppealEffect.id)
    )
    return list(session.scalars(query))


def settle_effect(session: Session, actor: Actor, effect_id: str, proof: str, now: datetime) -> str:
    """Note that owed work is done and return its proof: an entry recalled with a paper, a recipient corrected by a numbered notice.

    The school does it. What it noted on the page of the case counts here as well. Raises AppealRefused, NotFound.
    """
    row, appeal = _effect(session, actor, effect_id, now, OWED_BY_SCHOOL)
    there = corrections(session, appeal.district_id, [row.object_id]).get(row.object_id)
    if there is not None and there.settled_at is not None:
        row.proof = there.proof
    elif row.kind == "recipient":
        row.proof = issue_correction(session, actor, appeal, row.object_id, now)
        outcomes.note_corrected(session, actor, row.object_id, row.proof, now)
    elif not proof.strip():
        raise AppealRefused(field="proof", why="proof")
    else:
        outcomes.recall_entry(session, actor, row.object_id, proof, now)
        row.proof = proof.strip()[:120]
    row.done_at, row.done_by = now, actor.account_id
    note_step(session, actor, appeal, "effect_done", now, changes={"effect": row.id, "kind": row.kind, "object": row.object_id})
    return row.proof


def issue_correction(session: Session, actor: Actor, appeal: Appeal, recipient_id: str, now: datetime) -> str:
    """Give a recipient's correction its number, once. Raises NotFound."""
    return issue_paper(session, actor, appeal.case_id, "correction_notice", recipient_id, now).number


def number_correction(session: Session, actor: Actor, effect_id: str, now: datetime) -> str:
    """Give the correction that a recipient is owed its number before it is printed. Raises NotFound, AppealRefused."""
    row, appeal = _effect(session, actor, effect_id, now, frozenset({"recipient"}))
    return issue_correction(session, actor, appeal, row.object_id, now)


def _effect(session: Session, actor: Actor, effect_id: str, now: datetime, kinds: frozenset[str]) -> tuple[AppealEffect, Appeal]:
    """An effect the school owes, open and locked, with its appeal. Raises NotFound, InvalidState."""
    row, decision = _open_effect(session, actor, effect_id, kinds)
    appeal = schools_appeal(session, actor, decision.appeal_id, now)
    if row.done_at is not None:
        raise InvalidState(state="done", wanted="done")
    return row, appeal


def _open_effect(session: Session, actor: Actor, effect_id: str, kinds: frozenset[str]) -> tuple[AppealEffect, AppealDecision]:
    row = session.get(AppealEffect, (actor.district_id, effect_id), with_for_update=True, populate_existing=True)
    decision = session.get(AppealDecision, (actor.district_id, row.decision_id)) if row is not None and row.kind in kinds else None
    if row is None or decision is None:
        raise NotFound
    return row, decision


# --- letters and their service ----------------------------------------------------------------------------

SERVICE = frozenset({"service"})


@dataclass(frozen=True, slots=True)
class ServeDecision:
    """How one side got its letter. ``outcome``: acknowledged, or refused_to_sign before two witnesses (account ids of the same office)."""

    effect_id: str
    channel: str
    outcome: str
    happened_at: datetime
    witnesses: tuple[str, ...] = ()


def issuing_appeal(session: Session, actor: Actor, effect_id: str, now: datetime) -> tuple[AppealEffect, AppealDecision, Appeal]:
    """The service that the actor's own office owes, with decision and appeal: the county its own, the school its own."""
    row, decision = _open_effect(session, actor, effect_id, SERVICE)
    appeal = (
        locked_appeal(session, actor, decision.appeal_id, now) if decision.instance == "county"
        else schools_appeal(session, actor, decision.appeal_id, now)
    )
    return row, decision, appeal


def note_served(session: Session, actor: Actor, command: ServeDecision, document_no: str, now: datetime) -> None:
    """Note that one side has its letter; with the last of them the appeal is served. Raises AppealRefused, InvalidState."""
    row, decision, appeal = issuing_appeal(session, actor, command.effect_id, now)
    letter = session.scalars(select(AppealLetter).where(
        AppealLetter.district_id == row.district_id, AppealLetter.effect_id == row.id
    )).one_or_none()
    if letter is None:
        raise AppealRefused(field="effect", why="no_letter")
    if row.done_at is not None:
        raise InvalidState(state="done", wanted="served")
    witnesses = set(command.witnesses) & {a.id for a in accounts_at(session, actor.district_id, actor.org_id, now)} - {actor.account_id}
    if command.outcome not in {"acknowledged", "refused_to_sign"} or command.channel not in {"face", "letter", "message", "phone"}:
        raise AppealRefused(field="outcome", why="service")
    if command.outcome == "refused_to_sign" and len(witnesses) < 2:
        raise AppealRefused(field="witnesses", why="witnesses")
    if not decision.decided_at <= command.happened_at <= now:
        raise AppealRefused(field="happened_at", why="moment")
    outcomes.note_handed(session, actor, appeal.case_id, outcomes.Handed(
        row.object_id, letter.id, decision.fresh_id, command.channel, command.outcome, document_no, command.happened_at, tuple(sorted(witnesses)),
    ), now)
    row.done_at, row.done_by, row.proof = now, actor.account_id, command.outcome
    note_step(session, actor, appeal, "served_on", now, occurred_at=command.happened_at, changes={
        "effect": row.id, "party": row.object_id, "outcome": command.outcome, "letter": letter.id,
    })
    session.flush()
    if decision.instance == "county":
        _serve_all(session, actor, appeal, now)


def _serve_all(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> None:
    """Move every appeal of the decision on once each side has its letter."""
    services = _services(session, appeal)
    done = sum(effect.done_at is not None for effect in services)
    if done < len(services):
        return
    for one in _together(session, appeal):
        if AppealState(one.state) in {AppealState.DECIDED, AppealState.SCHOOL_RESULT_STANDS}:
            one.served_at = now
            move_appeal(session, actor, one, AppealState.SERVED, AppealFacts(sides=len(services), sides_served=done), now)


def _services(session: Session, appeal: Appeal) -> Sequence[AppealEffect]:
    ids = [d.id for d in decisions_of(session, appeal) if d.instance == "county" or appeal.state == AppealState.SCHOOL_DECIDED.value]
    return session.scalars(select(AppealEffect).where(
        AppealEffect.district_id == appeal.district_id, AppealEffect.decision_id.in_(ids), AppealEffect.kind == "service"
    )).all()


def _together(session: Session, appeal: Appeal) -> list[Appeal]:
    """The appeal with those decided in the same re-examination."""
    if appeal.re_examination_id is None:
        return [appeal]
    return list(session.scalars(select(Appeal).where(
        Appeal.district_id == appeal.district_id, Appeal.re_examination_id == appeal.re_examination_id
    ).order_by(Appeal.filed_at, Appeal.id).with_for_update()))


# --- the end ---------------------------------------------------------------------------------------------


def close_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime) -> None:
    """An appeal is executed once every effect is done; an overturned case with nothing left is closed, to be sealed.

    The county closes; where the school's own committee had the last word on discipline, the school. Raises AppealStepRefused.
    """
    appeal = (
        schools_appeal(session, actor, appeal_id, now) if not actor.can(Permission.APPEAL_WRITE) else locked_appeal(session, actor, appeal_id, now)
    )
    own = appeal.state == AppealState.SCHOOL_DECIDED.value
    if own != (not actor.can(Permission.APPEAL_WRITE)):
        raise InvalidState(state=appeal.state, wanted=AppealState.EXECUTED.value)
    _catch_up(session, actor, appeal, now)
    left = [effect for effect in open_effects(session, appeal) if effect.kind != "seal"]
    if left:
        raise AppealStepRefused(wanted=AppealState.EXECUTED.value, missing=("effects",))
    if own:
        services = _services(session, appeal)
        done = sum(effect.done_at is not None for effect in services)
        appeal.served_at = now
        move_appeal(session, actor, appeal, AppealState.SERVED, AppealFacts(sides=len(services), sides_served=done), now)
    for one in _together(session, appeal):
        if one.state == AppealState.SERVED.value or one.id == appeal.id:
            one.executed_at = now
            move_appeal(session, actor, one, AppealState.EXECUTED, AppealFacts(effects_open=len(left)), now)
    _release(session, actor, appeal, now)


def _catch_up(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> None:
    """What the school settled on the page of the case is done here as well."""
    rows = [effect for effect in open_effects(session, appeal) if effect.kind in OWED_BY_SCHOOL]
    there = corrections(session, appeal.district_id, [row.object_id for row in rows])
    for row in rows:
        found = there.get(row.object_id)
        if found is not None and found.settled_at is not None:
            row.done_at, row.done_by, row.proof = found.settled_at, found.settled_by, found.proof
            note_step(session, actor, appeal, "effect_done", now, changes={"effect": row.id, "kind": row.kind, "object": row.object_id})
    session.flush()


def _release(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> None:
    """Let the case go: the county's look at it ends, and an overturned one that nothing holds is closed and due to be sealed.

    The other child's support goes on behind its wall and holds up the sealing only. What holds the case itself (another plan, contacts,
    another appeal) is in the open there, and the school closes it afterwards.
    """
    end_county(session, actor, appeal, now)
    seals = [effect for effect in open_effects(session, appeal) if effect.kind == "seal"]
    overturned = select(AppealDecision.id).join(Appeal, and_(Appeal.district_id == AppealDecision.district_id, Appeal.id == AppealDecision.appeal_id)).where(
        AppealDecision.district_id == appeal.district_id, Appeal.case_id == appeal.case_id, AppealDecision.outcome == Outcome.OVERTURN.value
    )
    closed = False
    if session.scalar(overturned.limit(1)) is not None:
        closed = outcomes.close_without_finding(session, actor, appeal.case_id, now)
    for row in seals:
        row.done_at, row.done_by, row.proof = now, actor.account_id, "closed" if closed else "with_case"
        note_step(session, actor, appeal, "effect_done", now, changes={"effect": row.id, "kind": "seal", "closed": closed})
    session.flush()
