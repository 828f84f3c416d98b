"""A re-examination: who is in the group, its clock, what it decides, and carrying that out (domain.md 3.4, section 4; cases 67-71).

Where both sides appeal there is one re-examination and a decision for each finding (case 71). Nobody sits in the group who decided at the
school, took a step in the case, stepped aside from it, or names themselves; a school's representative comes from another school.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.appeals.models import Appeal, AppealDecision, AppealStep, ReExamination, Reviewer
from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState, Outcome
from trainhub.appeals.service.executing import carry_out
from trainhub.appeals.service.filing import AppealRefused
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step
from trainhub.cases.queries.refs import determination_ref
from trainhub.cases.service.lending import end_lending, handled_by, lend_case
from trainhub.cases.service.steps import next_number
from trainhub.committees.queries.recusal import is_recused
from trainhub.documents.numbering import document_number
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.staff import employments_of

KINDS = ("officer", "school_rep", "parent_rep", "expert")


@dataclass(frozen=True, slots=True)
class NameReviewer:
    """Somebody for the group. ``account_id`` where they sign in; parents and experts may sit without an account, under ``shown_as``."""

    kind: str
    shown_as: str
    account_id: str | None = None
    is_lead: bool = False


def form_group(session: Session, actor: Actor, appeal_id: str, people: Sequence[NameReviewer], now: datetime) -> str:
    """Name the group of an appeal that was screened and return the re-examination's id. Another appeal of the same case joins it.

    Raises AppealRefused, SeparationOfDuties, NotFound.
    """
    appeal = locked_appeal(session, actor, appeal_id, now)
    review = _running(session, appeal)
    if review is None:
        review = ReExamination(district_id=appeal.district_id, id=new_id(), case_id=appeal.case_id, state="forming", opened_by=actor.account_id, opened_at=now)
        session.add(review)
        session.flush()
    appeal.re_examination_id = review.id
    barred = handled_by(session, appeal.district_id, appeal.case_id)
    for one in people:
        _add(session, actor, appeal, review, one, barred, now)
    session.flush()
    note_step(session, actor, appeal, "group_formed", now, changes={"re_examination": review.id, "kinds": [p.kind for p in people]})
    return review.id


def _running(session: Session, appeal: Appeal) -> ReExamination | None:
    query = select(ReExamination).where(
        ReExamination.district_id == appeal.district_id, ReExamination.case_id == appeal.case_id, ReExamination.state != "decided"
    ).with_for_update()
    return session.scalars(query).first()


def _add(
    session: Session, actor: Actor, appeal: Appeal, review: ReExamination, one: NameReviewer, barred: frozenset[str], now: datetime
) -> None:
    if one.kind not in KINDS or not one.shown_as.strip():
        raise AppealRefused(field="people", why="kind")
    if one.account_id == actor.account_id:
        raise SeparationOfDuties(field="people")
    person_id = None
    if one.account_id is not None:
        account = session.get(Account, (appeal.district_id, one.account_id))
        if account is None or account.disabled_at is not None:
            raise NotFound
        person_id = account.person_id
        if account.id in barred or is_recused(session, appeal.district_id, appeal.case_id, person_id=person_id, account_id=account.id):
            raise AppealRefused(field="people", why="conflict")
        if one.kind == "school_rep" and _works_at(session, actor, person_id, appeal.school_id, now):
            raise AppealRefused(field="people", why="own_school")
    session.add(Reviewer(
        district_id=appeal.district_id, id=new_id(), re_examination_id=review.id, account_id=one.account_id, person_id=person_id,
        shown_as=one.shown_as.strip()[:60], kind=one.kind, is_lead=one.is_lead, added_by=actor.account_id, added_at=now,
    ))


def _works_at(session: Session, actor: Actor, person_id: str | None, school_id: str, now: datetime) -> bool:
    if person_id is None:
        return False
    day = local_day(now)
    spans = employments_of(session, actor.scope(Permission.APPEAL_WRITE), [person_id])
    return any(s.school_id == school_id and s.from_on <= day and (s.to_on is None or day <= s.to_on) for s in spans)


def step_aside(session: Session, actor: Actor, reviewer_id: str, now: datetime) -> None:
    """Somebody of the group steps aside: by themselves, or taken out by who formed it. The appeal is gone for them at once."""
    row = session.get(Reviewer, (actor.district_id, reviewer_id))
    if row is None or not (row.account_id == actor.account_id or actor.can(Permission.APPEAL_WRITE)):
        raise NotFound
    row.recused_at = row.recused_at or now
    for appeal in _appeals(session, actor, row.re_examination_id):
        note_step(session, actor, appeal, "reviewer_aside", now, changes={"reviewer": row.id})
        if row.account_id is not None:
            end_lending(session, actor, appeal.case_id, "reviewer", [row.account_id], now)


def begin(session: Session, actor: Actor, appeal_id: str, now: datetime) -> datetime:
    """Start the re-examination: the group may read the case from now on, and its clock runs. Returns when it is due.

    Raises AppealStepRefused, InvalidState.
    """
    appeal = locked_appeal(session, actor, appeal_id, now)
    review = _review(session, appeal)
    group = _group(session, review)
    move_appeal(session, actor, appeal, AppealState.RE_EXAMINATION, _group_facts(group), now)
    if review.state == "forming":
        days = int(policy_for(session, appeal.district_id, appeal.district_id, local_day(now))["re_examination_days"])
        review.state, review.formed_at, review.due_at = "running", now, now + timedelta(days=days)
    for one in group:
        if one.account_id is not None:
            lend_case(session, actor, appeal.case_id, one.account_id, one.person_id, "reviewer", now)
    assert review.due_at is not None
    return review.due_at


def _group_facts(group: Sequence[Reviewer], **more: Any) -> AppealFacts:
    return AppealFacts(group_kinds=frozenset(g.kind for g in group), group_has_lead=any(g.is_lead for g in group), **more)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the group decided of one finding. Votes are counts. ``tier``, ``measures``, ``plan_minutes`` where it is modified."""

    determination_id: str
    outcome: Outcome
    reasons: str
    clauses: tuple[str, ...]
    for_count: int
    against_count: int
    tier: str = ""
    measures: tuple[str, ...] = ()
    plan_minutes: int = 0
    finding: str = "bullying"
    extra: dict[str, Any] = field(default_factory=dict)


def decide(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, decisions: Sequence[Decision], now: datetime) -> tuple[str, ...]:
    """Decide an appeal: write down each decision and carry out at once what can be. Returns the numbers of the decisions.

    Only the lead of the group decides, and never whoever decided before. Raises AppealRefused, AppealStepRefused, NotFound.
    """
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_DECIDE)
    review = _review(session, appeal)
    group = _group(session, review)
    if not any(g.account_id == actor.account_id and g.is_lead for g in group):
        raise AppealRefused(field="decisions", why="not_lead")
    _refuse_unfit(session, appeal, group, decisions)
    facts = _group_facts(
        group, decisions=len(decisions), reasons_written=all(d.reasons.strip() for d in decisions), basis_cited=all(d.clauses for d in decisions)
    )
    appeal.decision, appeal.decided_at = decisions[0].outcome.value, now
    numbers = []
    for one in decisions:
        row = _keep(session, actor, ring, appeal, review, one, now)
        numbers.append(row.number)
        carry_out(session, actor, ring, appeal, row, one.reasons, one.finding, now)
    move_appeal(session, actor, appeal, AppealState.DECIDED, facts, now, changes={
        "decisions": [[d.determination_id, d.outcome.value] for d in decisions],
    })
    if all(a.state != AppealState.RE_EXAMINATION.value for a in _appeals(session, actor, review.id)):
        review.state, review.decided_at = "decided", now
        end_lending(session, actor, appeal.case_id, "reviewer", [g.account_id for g in group if g.account_id], now)
    return tuple(numbers)


def _refuse_unfit(session: Session, appeal: Appeal, group: Sequence[Reviewer], decisions: Sequence[Decision]) -> None:
    seats = len(group)
    for one in decisions:
        found = determination_ref(session, appeal.district_id, one.determination_id)
        if found.case_id != appeal.case_id or not found.stands:
            raise AppealRefused(field="decisions", why="determination")
        if one.for_count + one.against_count > seats or one.for_count <= one.against_count:
            raise AppealRefused(field="decisions", why="votes")
        if one.outcome is Outcome.MODIFY and one.finding == "bullying" and not one.tier:
            raise AppealRefused(field="decisions", why="tier")
    if appeal.determination_id not in {d.determination_id for d in decisions}:
        raise AppealRefused(field="decisions", why="determination")


def _keep(
    session: Session, actor: Actor, ring: KeyRing, appeal: Appeal, review: ReExamination, one: Decision, now: datetime
) -> AppealDecision:
    row_id, year = new_id(), local_day(now).year
    number = document_number("appeal_decision", year, next_number(session, appeal.district_id, appeal.district_id, "appeal_decision", year))
    row = AppealDecision(
        district_id=appeal.district_id, id=row_id, re_examination_id=review.id, appeal_id=appeal.id, determination_id=one.determination_id,
        outcome=one.outcome.value, tier=one.tier, measures=list(one.measures), plan_minutes=one.plan_minutes, for_count=one.for_count,
        against_count=one.against_count, sealed_reasons=ring.seal(one.reasons.strip(), place("appeal_decision", "sealed_reasons", row_id)),
        basis={"clauses": list(one.clauses), **one.extra}, number=number, decided_at=now, decided_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    return row


def let_stand(session: Session, actor: Actor, ring: KeyRing, appeal_id: str, reasons: str, now: datetime) -> None:
    """After a screening that found procedure proper and facts clear: the school's result stands without a re-examination."""
    appeal = locked_appeal(session, actor, appeal_id, now)
    screened = _screening(session, appeal)
    facts = AppealFacts(
        procedure_proper=screened.get("procedure_proper"), facts_clear=screened.get("facts_clear"), reason_given=bool(reasons.strip())
    )
    move_appeal(session, actor, appeal, AppealState.SCHOOL_RESULT_STANDS, facts, now)
    appeal.decision, appeal.decided_at = Outcome.UPHOLD.value, now
    row_id, year = new_id(), local_day(now).year
    row = AppealDecision(
        district_id=appeal.district_id, id=row_id, appeal_id=appeal.id, determination_id=appeal.determination_id, outcome=Outcome.UPHOLD.value,
        measures=[], sealed_reasons=ring.seal(reasons.strip(), place("appeal_decision", "sealed_reasons", row_id)), basis={"screening": True},
        number=document_number("appeal_decision", year, next_number(session, appeal.district_id, appeal.district_id, "appeal_decision", year)),
        decided_at=now, decided_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    carry_out(session, actor, ring, appeal, row, reasons, "bullying", now)


def _screening(session: Session, appeal: Appeal) -> dict[str, Any]:
    query = select(AppealStep.changes).where(
        AppealStep.district_id == appeal.district_id, AppealStep.appeal_id == appeal.id, AppealStep.to_state == AppealState.SCREENED.value
    )
    return dict(session.scalars(query).first() or {})


def _review(session: Session, appeal: Appeal) -> ReExamination:
    row = session.get(ReExamination, (appeal.district_id, appeal.re_examination_id or ""), with_for_update=True)
    if row is None:
        raise AppealRefused(field="people", why="no_group")
    return row


def _group(session: Session, review: ReExamination) -> list[Reviewer]:
    return list(session.scalars(select(Reviewer).where(
        Reviewer.district_id == review.district_id, Reviewer.re_examination_id == review.id, Reviewer.recused_at.is_(None)
    )))


def _appeals(session: Session, actor: Actor, review_id: str) -> list[Appeal]:
    return list(session.scalars(select(Appeal).where(Appeal.district_id == actor.district_id, Appeal.re_examination_id == review_id)))
