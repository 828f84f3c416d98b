"""What a re-examination decides (domain.md 3.4, section 4; cases 67-71), and when the school's result stands without one.

Where both sides appeal there is one re-examination and one decision for each finding, served on both sides (case 71).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision, ReExamination, Reviewer
from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState, Outcome
from trainhub.appeals.service.county import end_county
from trainhub.appeals.service.executing import carry_out
from trainhub.appeals.service.filing import LONGEST, AppealRefused, disciplines
from trainhub.appeals.service.group import appeals_of, group_facts, members, review_of
from trainhub.appeals.service.steps import locked_appeal, move_appeal
from trainhub.cases.queries.refs import DeterminationRef, case_ref, determination_ref, party_ref
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place

MOST_MINUTES = 6000
MOST_CLAUSES, CLAUSE_LENGTH = 12, 120


@dataclass(frozen=True, slots=True)
class Decision:
    """What the group decided of one finding. Votes are counts. ``tier``, ``measures``, ``plan_minutes`` where it is modified.

    A modified finding is one of bullying; what is none any more is overturned.
    """

    determination_id: str
    outcome: Outcome
    reasons: str
    clauses: tuple[str, ...]
    for_count: int
    against_count: int
    tier: str = ""
    measures: tuple[str, ...] = ()
    plan_minutes: int = 0


def decide(
    session: Session, actor: Actor, ring: KeyRing, appeal_id: str, decisions: Sequence[Decision], now: datetime, *, seen_version: int | None = None
) -> tuple[str, ...]:
    """Decide a re-examination: each finding appealed against once, and carry out at once what can be. Returns the decisions' ids.

    Only the lead of the group decides, and never whoever decided before. Every appeal of the re-examination is decided with it.
    Raises AppealRefused, AppealStepRefused, SeparationOfDuties, NotFound.
    """
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_DECIDE, seen_version=seen_version)
    review = review_of(session, appeal)
    there = members(session, review)
    if not any(g.account_id == actor.account_id and g.is_lead for g in there):
        raise AppealRefused(field="decisions", why="not_lead")
    if appeal.state != AppealState.RE_EXAMINATION.value:
        raise InvalidState(state=appeal.state, wanted=AppealState.DECIDED.value)
    joined = [a for a in appeals_of(session, appeal.district_id, review.id) if a.state == AppealState.RE_EXAMINATION.value]
    _refuse_unfit(session, appeal, joined, there, decisions)
    facts = group_facts(
        session, appeal, there, decisions=len(decisions), determinations=len({a.determination_id for a in joined}),
        reasons_written=all(d.reasons.strip() for d in decisions), basis_cited=all(d.clauses for d in decisions),
    )
    by_finding = {a.determination_id: a for a in reversed(joined)}
    for key, one in by_finding.items():
        _refuse_decider(actor, one, determination_ref(session, appeal.district_id, key), review)
    for one in joined:
        one.decision, one.decided_at = next(d.outcome.value for d in decisions if d.determination_id == one.determination_id), now
        move_appeal(session, actor, one, AppealState.DECIDED, facts, now, changes={
            "decisions": [[d.determination_id, d.outcome.value] for d in decisions],
        })
    rows = [_keep(session, actor, ring, by_finding.get(d.determination_id, appeal), review, d, now) for d in decisions]
    for row, said in zip(rows, decisions, strict=True):
        carry_out(session, actor, ring, by_finding.get(said.determination_id, appeal), row, said.reasons.strip(), now)
    review.state, review.decided_at = "decided", now
    end_county(session, actor, appeal, now, with_group=True)
    return tuple(row.id for row in rows)


def _refuse_unfit(
    session: Session, appeal: Appeal, joined: Sequence[Appeal], there: Sequence[Reviewer], decisions: Sequence[Decision]
) -> None:
    ids = [d.determination_id for d in decisions]
    if len(ids) != len(set(ids)) or not {a.determination_id for a in joined} <= set(ids):
        raise AppealRefused(field="decisions", why="determination")
    for one in decisions:
        found = determination_ref(session, appeal.district_id, one.determination_id)
        if found.case_id != appeal.case_id or not found.stands:
            raise AppealRefused(field="decisions", why="determination")
        if min(one.for_count, one.against_count) < 0 or one.for_count + one.against_count > len(there) or one.for_count <= one.against_count:
            raise AppealRefused(field="for_count", why="votes")
        if len(one.reasons) > LONGEST or len(one.clauses) > MOST_CLAUSES or any(len(c) > CLAUSE_LENGTH for c in one.clauses):
            raise AppealRefused(field="reasons", why="grounds")
        _refuse_outcome(session, appeal, found, one)
    _refuse_other_side(session, appeal, set(ids))


def _refuse_outcome(session: Session, appeal: Appeal, found: DeterminationRef, one: Decision) -> None:
    """Only what this track, this finding and the case's own scale allow. Raises AppealRefused."""
    case = case_ref(session, found.district_id, found.case_id)
    if appeal.track == "discipline":
        gone = set(found.measures) - set(one.measures)
        if one.outcome not in {Outcome.UPHOLD, Outcome.MODIFY}:
            raise AppealRefused(field="outcome", why="track_outcome")
        if one.outcome is Outcome.MODIFY and (not gone or not set(one.measures) <= set(found.measures) or not gone <= set(disciplines(found, case))):
            raise AppealRefused(field="measures", why="measures")
        return
    if one.outcome is Outcome.OVERTURN and found.outcome != "bullying":
        raise AppealRefused(field="outcome", why="nothing_to_overturn")
    if one.outcome is not Outcome.MODIFY:
        return
    if case.state == "closed" and found.outcome != "bullying":
        raise AppealRefused(field="outcome", why="case_closed")
    if one.tier not in TIERS or not 0 < one.plan_minutes <= MOST_MINUTES:
        raise AppealRefused(field="tier", why="tier")
    party = party_ref(session, found.district_id, found.party_id)
    if not set(one.measures) <= {m.key for m in scale(case.scale).measures_for(one.tier, party.stage, party.grade)}:
        raise AppealRefused(field="measures", why="measures")


def _refuse_other_side(session: Session, appeal: Appeal, ids: set[str]) -> None:
    """Both sides, one re-examination: nothing is decided while another appeal against the same finding waits outside (case 71)."""
    waiting = select(Appeal.id).where(
        Appeal.district_id == appeal.district_id, Appeal.case_id == appeal.case_id, Appeal.track == appeal.track,
        Appeal.determination_id.in_(ids),
        Appeal.state.in_([AppealState.FILED.value, AppealState.ADMITTED.value, AppealState.SCREENED.value]),
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise AppealRefused(field="decisions", why="other_side_open")


def _keep(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, review: ReExamination, one: Decision, now: datetime
) -> AppealDecision:
    found = determination_ref(session, appeal.district_id, one.determination_id)
    changed = one.outcome is Outcome.MODIFY
    kept = (found.tier, tuple(one.measures), found.plan_minutes) if appeal.track == "discipline" else (one.tier, one.measures, one.plan_minutes)
    return keep_decision(
        session, actor, ring, appeal, found, one.outcome, one.reasons, now, clauses=one.clauses, review=review,
        new=kept if changed else None, votes=(one.for_count, one.against_count),
    )


def keep_decision(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, found: DeterminationRef, outcome: Outcome, reasons: str, now: datetime, *,
    clauses: Sequence[str] = (), review: ReExamination | None = None, new: tuple[str, Sequence[str], int] | None = None,
    votes: tuple[int, int] | None = None, instance: str = "county",
) -> AppealDecision:
    """Write a decision down. ``new``: tier, measures and minutes of a modified finding. Raises SeparationOfDuties."""
    named_by = _refuse_decider(actor, appeal, found, review)
    row_id = new_id()
    tier, measures, minutes = new if new is not None else ("", (), None)
    row = AppealDecision(
        district_id=appeal.district_id, id=row_id, re_examination_id=review.id if review is not None else None, appeal_id=appeal.id,
        determination_id=found.determination_id, instance=instance, outcome=outcome.value, tier=tier, measures=list(measures),
        plan_minutes=minutes, for_count=votes[0] if votes else None, against_count=votes[1] if votes else None,
        sealed_reasons=ring.seal(reasons.strip(), place("appeal_decision", "sealed_reasons", row_id)), basis={"clauses": list(clauses)},
        decided_at=now, decided_by=actor.account_id, filed_by=appeal.entered_by, named_by=named_by, determined_by=found.entered_by,
    )
    session.add(row)
    session.flush()
    return row


def _refuse_decider(actor: Actor, appeal: Appeal, found: DeterminationRef, review: ReExamination | None) -> str:
    """Who decides neither took the appeal in, nor named the group, nor made the determination. Returns who named it."""
    named_by = review.opened_by if review is not None else ""
    if actor.account_id in {appeal.entered_by, named_by, found.entered_by}:
        raise SeparationOfDuties(field="decisions")
    return named_by


def let_stand(
    session: Session, actor: Actor, ring: KeyRing, appeal_id: str, reasons: str, now: datetime, *, clauses: Sequence[str] = (),
    seen_version: int | None = None,
) -> str:
    """After a screening that found procedure proper and facts clear: the school's result stands without a re-examination.

    Never by whoever took the appeal in: somebody else of the bureau's decides. Raises AppealStepRefused, SeparationOfDuties.
    """
    appeal = locked_appeal(session, actor, appeal_id, now, seen_version=seen_version)
    if appeal.re_examination_id is not None:
        raise AppealRefused(field="reasons", why="group_there")
    facts = AppealFacts(procedure_proper=appeal.procedure_proper, facts_clear=appeal.facts_clear, reason_given=bool(reasons.strip()))
    move_appeal(session, actor, appeal, AppealState.SCHOOL_RESULT_STANDS, facts, now)
    appeal.decision, appeal.decided_at = Outcome.UPHOLD.value, now
    found = determination_ref(session, appeal.district_id, appeal.determination_id)
    row = keep_decision(session, actor, ring, appeal, found, Outcome.UPHOLD, reasons, now, clauses=clauses)
    carry_out(session, actor, ring, appeal, row, reasons, now)
    return row.id
