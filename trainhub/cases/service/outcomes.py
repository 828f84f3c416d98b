"""What a re-examination does to determinations: upheld, changed by a new version, overturned, sent back (domain.md section 4; cases 67-71).

Called by the room of the appeals inside its own transaction; the appeal was checked there. What was found stays readable to those who
may read it; what was told outside is owed a correction, each recipient and each entry by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseRecipient, Determination, EvaluationEntry, GuardianNotice
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.queries.found import NOTHING, found_in
from trainhub.cases.rules import clocks
from trainhub.cases.rules.happenings import DeterminationMoved
from trainhub.cases.rules.lifecycle import (
    STANDING,
    CaseFacts,
    CaseState,
    DeterminationState,
    check_determination_step,
    missing_for,
)
from trainhub.cases.service import timing
from trainhub.cases.service.progress import all_served
from trainhub.cases.service.steps import locked_case, move_case, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import policy_for

CORRECTION_DAYS = 7
"""Days in which whoever was told of a finding that fell is told so. The plans name none; the page says whose task it is and since when."""


class CorrectionRefused(DomainError):
    """A recall needs its proof, and is noted once."""

    code = "case_correction_refused"


@dataclass(frozen=True, slots=True)
class Holders:
    """Who and what still holds a finding: entries in the quality evaluation not recalled, recipients not corrected. Ids."""

    evaluation_ids: tuple[str, ...] = ()
    recipient_ids: tuple[str, ...] = ()


def holders_of(session: Session, district_id: str, determination_id: str) -> Holders:
    """What hangs on a version. Two statements."""
    entries = session.scalars(select(EvaluationEntry.id).where(
        EvaluationEntry.district_id == district_id, EvaluationEntry.determination_id == determination_id, EvaluationEntry.recalled_at.is_(None)
    ).order_by(EvaluationEntry.entered_at)).all()
    told = session.scalars(select(CaseRecipient.id).where(
        CaseRecipient.district_id == district_id, CaseRecipient.determination_id == determination_id, CaseRecipient.corrected_at.is_(None)
    ).order_by(CaseRecipient.told_at)).all()
    return Holders(tuple(entries), tuple(told))


def uphold(session: Session, actor: Actor, determination_id: str, appeal_id: str, now: datetime) -> None:
    """The version stands, now after a review."""
    row, case = _locked(session, actor, determination_id)
    if row.state != DeterminationState.UPHELD.value:
        _move(session, actor, case, row, DeterminationState.UPHELD, now, {"appeal": appeal_id})


def overturn(session: Session, actor: Actor, determination_id: str, appeal_id: str, now: datetime, *, decision_no: str = "") -> Holders:
    """The version falls; everybody who holds it owes a correction or is owed one. Returns them.

    ``decision_no``: the number under which it fell, for the banner on its papers.
    """
    row, case = _locked(session, actor, determination_id)
    found = holders_of(session, row.district_id, row.id)
    _move(session, actor, case, row, DeterminationState.OVERTURNED, now, {
        "appeal": appeal_id, "decision_no": decision_no, "recalls": len(found.evaluation_ids), "told": len(found.recipient_ids),
    })
    row.ended_at = now
    _owe(session, row.district_id, found, now)
    session.flush()
    _follow_findings(session, actor, case, appeal_id, now)
    all_served(session, actor, case, now)
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """A finding as the re-examination put it. ``basis``: clauses and versions cited; ``reasons`` are sealed.

    ``appeal_until``: where only measures changed, the time to appeal against the finding itself goes on.
    """

    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int
    reasons: str
    basis: dict[str, Any] = field(default_factory=dict)
    appeal_until: date | None = None
    number: str = ""


ENTRY = "quality_evaluation"


def modify(
    session: Session, actor: Actor, ring: KeyRing, determination_id: str, appeal_id: str, change: Changed, now: datetime
) -> tuple[str, Holders]:
    """Replace the version by a new one, in force at once. Returns its id, and who holds the old one and must not.

    An entry in the quality evaluation that the new version orders as well goes over to it; every other is to be recalled.
    """
    old, case = _locked(session, actor, determination_id)
    found = holders_of(session, old.district_id, old.id)
    latest = session.scalar(select(func.max(Determination.version)).where(
        Determination.district_id == old.district_id, Determination.party_id == old.party_id
    ))
    fresh_id = new_id()
    session.add(Determination(
        district_id=old.district_id, id=fresh_id, school_id=old.school_id, case_id=old.case_id, party_id=old.party_id,
        version=(latest or old.version) + 1, item_id=None, appeal_id=appeal_id, outcome=change.outcome, tier=change.tier,
        measures=list(change.measures), plan_minutes=change.plan_minutes, sealed_facts=_again(ring, old, fresh_id),
        sealed_grounds=ring.seal(change.reasons, place("determination", "sealed_grounds", fresh_id)), basis=change.basis, defects=[],
        state=DeterminationState.EFFECTIVE.value, adopted_at=now, effective_at=now, appeal_until=change.appeal_until, number=change.number[:40],
        entered_by=actor.account_id, entered_at=now,
    ))
    session.flush()
    if ENTRY in change.measures:
        for entry in _rows(session, EvaluationEntry, old.district_id, found.evaluation_ids):
            entry.determination_id = fresh_id
        found = replace(found, evaluation_ids=())
    _move(session, actor, case, old, DeterminationState.MODIFIED, now, {"appeal": appeal_id, "by": fresh_id, "decision_no": change.number})
    old.ended_at = now
    _owe(session, old.district_id, found, now)
    note_step(session, actor, case, "determined", now, object_id=fresh_id, after=DeterminationState.EFFECTIVE.value, changes={
        "appeal": appeal_id, "outcome": change.outcome, "tier": change.tier, "plan_minutes": change.plan_minutes,
    })
    session.flush()
    _follow_findings(session, actor, case, appeal_id, now)
    return fresh_id, found


def _follow_findings(session: Session, actor: Actor, case: CaseFile, appeal_id: str, now: datetime) -> None:
    """After the county's word the case is as grave as the gravest finding that stands, or nothing is said of it; a graver one is reported."""
    tier = found_in(session, case.district_id, [case.id]).get(case.id, NOTHING).tier
    if tier == case.severity:
        return
    before, case.severity = case.severity, tier
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    timing.owe_reports(session, case, policy, since=now)
    note_step(session, actor, case, "severity_followed", now, changes={"before": before, "after": tier, "appeal": appeal_id})


def _again(ring: KeyRing, old: Determination, fresh_id: str) -> str:
    """The same facts, sealed for the new version's own place."""
    if not old.sealed_facts:
        return ""
    text = ring.unseal(old.sealed_facts, place("determination", "sealed_facts", old.id))
    return ring.seal(text, place("determination", "sealed_facts", fresh_id))


def send_back(session: Session, actor: Actor, determination_id: str, appeal_id: str, now: datetime, *, decision_no: str = "") -> None:
    """The school investigates again: the version no longer stands, the case is where it was before the committee."""
    row, case = _locked(session, actor, determination_id)
    if row.state != DeterminationState.SUPERSEDED.value:
        _owe(session, row.district_id, holders_of(session, row.district_id, row.id), now)
        _move(session, actor, case, row, DeterminationState.SUPERSEDED, now, {"appeal": appeal_id, "returned": True, "decision_no": decision_no})
        row.ended_at = now
    if case.state != CaseState.INVESTIGATING.value:
        move_case(session, actor, case, CaseState.INVESTIGATING, CaseFacts(), now, changes={"appeal": appeal_id})
        case.closed_at = case.seal_due_on = None
        policy = policy_for(session, case.district_id, case.school_id, local_day(now))
        fresh = clocks.investigation(policy, policy.version, discovered=now, accepted=now, procedure=now)
        timing.start(session, case, fresh, paused_at=case.police_since)


def close_without_finding(session: Session, actor: Actor, case_id: str, now: datetime) -> bool:
    """After an overturn: a case in which no bullying is found any more, and that nothing holds, is over and due to be sealed.

    What holds a case from its end is what :func:`progress.close_case` asks for; a plan of support holds up the sealing only. Returns False
    where the case goes its ordinary way: it is closed by hand once the last of it is done.
    """
    case = _case(session, actor, case_id)
    standing = session.scalar(select(func.count()).where(
        Determination.district_id == case.district_id, Determination.case_id == case.id, Determination.outcome == "bullying",
        Determination.state.in_([state.value for state in STANDING]),
    ))
    facts = case_facts(session, case)
    if standing or CaseState(case.state) not in _CLOSABLE or missing_for(CaseState.CLOSED, facts):
        return False
    if case.state != CaseState.FOLLOW_UP.value:
        move_case(session, actor, case, CaseState.FOLLOW_UP, facts, now, changes={"why": "overturned"})
    case.closed_at, case.seal_due_on = now, local_day(now)
    move_case(session, actor, case, CaseState.CLOSED, facts, now, changes={"why": "overturned"})
    return True


_CLOSABLE = frozenset({CaseState.SERVED, CaseState.IN_EXECUTION, CaseState.FOLLOW_UP})


@dataclass(frozen=True, slots=True)
class Handed:
    """How a decision of the county reached a party's guardian. ``outcome``: acknowledged or refused_to_sign; witnesses as person ids."""

    party_id: str
    object_id: str
    fresh_id: str | None
    channel: str
    outcome: str
    document_no: str
    happened_at: datetime
    witnesses: tuple[str, ...] = ()


def note_handed(session: Session, actor: Actor, case_id: str, handed: Handed, now: datetime) -> None:
    """Write down that a guardian has the decision on an appeal, and with it the new version where there is one."""
    case = _case(session, actor, case_id)
    for about, object_id in (("appeal", handed.object_id), *([("determination", handed.fresh_id)] if handed.fresh_id else [])):
        notice_id = new_id()
        session.add(GuardianNotice(
            district_id=case.district_id, id=notice_id, case_id=case.id, party_id=handed.party_id, about=about, object_id=object_id,
            channel=handed.channel, outcome=handed.outcome, witnesses=list(handed.witnesses), document_no=handed.document_no[:40],
            happened_at=handed.happened_at, recorded_by=actor.account_id, recorded_at=now,
        ))
        note_step(session, actor, case, "guardian_notice", now, object_id=notice_id, occurred_at=handed.happened_at, changes={
            "party": handed.party_id, "about": about, "outcome": handed.outcome, "channel": handed.channel, "witnesses": len(handed.witnesses),
        })
    session.flush()
    all_served(session, actor, case, now)


def recall_entry(session: Session, actor: Actor, entry_id: str, proof: str, now: datetime) -> None:
    """Note that an entry in the quality evaluation is gone, with the paper that shows it. Raises CorrectionRefused, NotFound."""
    row = session.get(EvaluationEntry, (actor.district_id, entry_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    case = locked_case(session, actor, row.case_id, now)
    if row.recalled_at is not None or not proof.strip():
        raise CorrectionRefused(field="proof")
    row.recalled_at, row.recalled_by, row.recall_proof = now, actor.account_id, proof.strip()[:120]
    note_step(session, actor, case, "evaluation_recalled", now, object_id=row.id)


def note_corrected(session: Session, actor: Actor, recipient_id: str, document_no: str, now: datetime) -> None:
    """Note that a recipient has the correction, by its document number. Raises CorrectionRefused, NotFound."""
    row = session.get(CaseRecipient, (actor.district_id, recipient_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    case = locked_case(session, actor, row.case_id, now)
    if row.corrected_at is not None or not document_no.strip():
        raise CorrectionRefused(field="document_no")
    row.corrected_at, row.corrected_by, row.correction_no = now, actor.account_id, document_no.strip()[:40]
    note_step(session, actor, case, "recipient_corrected", now, object_id=row.id)


def corrections_open(session: Session, district_id: str, case_id: str) -> int:
    """How many recipients and entries of a case still hold a finding that fell. Two statements."""
    told = session.scalar(select(func.count()).where(
        CaseRecipient.district_id == district_id, CaseRecipient.case_id == case_id, CaseRecipient.correction_due_at.is_not(None),
        CaseRecipient.corrected_at.is_(None),
    ))
    entries = session.scalar(select(func.count()).where(
        EvaluationEntry.district_id == district_id, EvaluationEntry.case_id == case_id, EvaluationEntry.recall_due_at.is_not(None),
        EvaluationEntry.recalled_at.is_(None),
    ))
    return int(told or 0) + int(entries or 0)


def _owe(session: Session, district_id: str, found: Holders, now: datetime) -> None:
    due = now + timedelta(days=CORRECTION_DAYS)
    for entry in _rows(session, EvaluationEntry, district_id, found.evaluation_ids):
        entry.recall_due_at = due
    for told in _rows(session, CaseRecipient, district_id, found.recipient_ids):
        told.correction_due_at = due


def _rows(session: Session, model: Any, district_id: str, ids: Sequence[str]) -> Sequence[Any]:
    return session.scalars(select(model).where(model.district_id == district_id, model.id.in_(ids))).all() if ids else []


def _locked(session: Session, actor: Actor, determination_id: str) -> tuple[Determination, CaseFile]:
    row = session.get(Determination, (actor.district_id, determination_id), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row, _case(session, actor, row.case_id)


def _case(session: Session, actor: Actor, case_id: str) -> CaseFile:
    return session.get_one(CaseFile, (actor.district_id, case_id), with_for_update=True, populate_existing=True)


def _move(
    session: Session, actor: Actor, case: CaseFile, row: Determination, after: DeterminationState, now: datetime, changes: dict[str, Any]
) -> None:
    before = DeterminationState(row.state)
    check_determination_step(before, after)
    row.state = after.value
    note_step(session, actor, case, "determination_moved", now, object_id=row.id, before=before.value, after=after.value, changes=changes)
    announcer.announce(session, DeterminationMoved(row.district_id, row.school_id, row.case_id, row.party_id, row.id, before.value, after.value))
