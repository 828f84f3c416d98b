"""The group of a re-examination and its clock (domain.md 3.4: representatives of schools and parents, experts from outside; 15 days).

Where both sides appeal there is one re-examination (case 71). Nobody sits in the group who decided at the school, took a step in the
case or its appeals, stepped aside from it, works at the school, or names themselves; one of them leads.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, ReExamination, Reviewer
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.queries.accounts import holders
from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState
from trainhub.appeals.service.filing import AppealRefused
from trainhub.appeals.service.involved import Involved, barred_from_group, conflicts_among
from trainhub.appeals.service.steps import locked_appeal, move_appeal, note_step
from trainhub.cases.rules.clocks import end_of_day_after
from trainhub.cases.service.lending import end_lending, lend_case
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.staff import employments_of

KINDS = ("officer", "school_rep", "parent_rep", "expert")
_OPEN = ("forming", "running")


@dataclass(frozen=True, slots=True)
class NameReviewer:
    """Somebody for the group. ``account_id`` where they sign in as reviewer; others sit without an account, under ``shown_as``."""

    kind: str
    shown_as: str
    account_id: str | None = None
    is_lead: bool = False


def form_group(session: Session, actor: Actor, appeal_id: str, people: Sequence[NameReviewer], now: datetime) -> str:
    """Name people to the group of an appeal that was screened; return the re-examination's id. Another appeal of the same case joins it.

    Raises AppealRefused, InvalidState, SeparationOfDuties, NotFound.
    """
    appeal = locked_appeal(session, actor, appeal_id, now)
    if AppealState(appeal.state) not in {AppealState.SCREENED, AppealState.RE_EXAMINATION}:
        raise InvalidState(state=appeal.state, wanted=AppealState.RE_EXAMINATION.value)
    review = _running(session, appeal)
    if review is None:
        review = ReExamination(
            district_id=appeal.district_id, id=new_id(), case_id=appeal.case_id, track=appeal.track, state="forming",
            opened_by=actor.account_id, opened_at=now,
        )
        session.add(review)
        session.flush()
    appeal.re_examination_id = review.id
    barred = barred_from_group(session, appeal.district_id, appeal.case_id)
    there = members(session, review)
    for one in people:
        there.append(_add(session, actor, appeal, review, one, barred, there, now))
    note_step(session, actor, appeal, "group_formed", now, changes={"re_examination": review.id, "kinds": [p.kind for p in people]})
    session.flush()
    if review.state == "running":
        _lend(session, actor, appeal, there, now)
    return review.id


def _running(session: Session, appeal: Appeal) -> ReExamination | None:
    query = select(ReExamination).where(
        ReExamination.district_id == appeal.district_id, ReExamination.case_id == appeal.case_id, ReExamination.track == appeal.track,
        ReExamination.state.in_(_OPEN),
    ).with_for_update()
    return session.scalars(query).first()


def _add(
    session: Session, actor: Actor, appeal: Appeal, review: ReExamination, one: NameReviewer, barred: Involved, there: Sequence[Reviewer],
    now: datetime,
) -> Reviewer:
    if one.kind not in KINDS or not one.shown_as.strip():
        raise AppealRefused(field="people", why="kind")
    if one.is_lead and (one.account_id is None or any(g.is_lead for g in there)):
        raise AppealRefused(field="people", why="lead")
    person_id = _fit(session, actor, appeal, one, barred, review, now) if one.account_id is not None else None
    row = Reviewer(
        district_id=appeal.district_id, id=new_id(), re_examination_id=review.id, account_id=one.account_id, person_id=person_id,
        shown_as=one.shown_as.strip()[:60], kind=one.kind, is_lead=one.is_lead, added_by=actor.account_id, added_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _fit(
    session: Session, actor: Actor, appeal: Appeal, one: NameReviewer, barred: Involved, review: ReExamination, now: datetime
) -> str | None:
    """The person behind an account that may sit in the group. Raises AppealRefused, SeparationOfDuties, NotFound."""
    account = next((a for a in holders(session, appeal.district_id, Role.APPEAL_REVIEWER, now) if a.id == one.account_id), None)
    if one.account_id == actor.account_id or (account is not None and account.person_id is not None and account.person_id == actor.person_id):
        raise SeparationOfDuties(field="people")
    if account is None:
        raise NotFound
    twice = select(Reviewer.id).where(
        Reviewer.district_id == review.district_id, Reviewer.re_examination_id == review.id, Reviewer.account_id == account.id
    )
    if session.scalar(twice) is not None:
        raise AppealRefused(field="people", why="twice")
    aside = is_recused(session, appeal.district_id, appeal.case_id, person_id=account.person_id, account_id=account.id)
    if aside or barred.holds(account.id, account.person_id):
        raise AppealRefused(field="people", why="conflict")
    if _works_at(session, actor, account.person_id, appeal.school_id, now):
        raise AppealRefused(field="people", why="own_school")
    return account.person_id


def _works_at(session: Session, actor: Actor, person_id: str | None, school_id: str, now: datetime) -> bool:
    if person_id is None:
        return False
    day = local_day(now)
    spans = employments_of(session, actor.scope(Permission.APPEAL_WRITE), [person_id])
    return any(s.school_id == school_id and s.from_on <= day and (s.to_on is None or day <= s.to_on) for s in spans)


def step_aside(session: Session, actor: Actor, appeal_id: str, reviewer_id: str, now: datetime) -> None:
    """Somebody of the group steps aside: by themselves, or taken out by who formed it. Appeal and case are gone for them at once."""
    permission = Permission.APPEAL_DECIDE if actor.role is Role.APPEAL_REVIEWER else Permission.APPEAL_WRITE
    appeal = seen_appeal(session, actor, permission, appeal_id, now, lock=True)
    row = session.get(Reviewer, (actor.district_id, reviewer_id), with_for_update=True)
    if row is None or row.re_examination_id != appeal.re_examination_id:
        raise NotFound
    if permission is Permission.APPEAL_DECIDE and row.account_id != actor.account_id:
        raise NotFound
    if row.recused_at is not None:
        return
    row.recused_at = now
    for one in appeals_of(session, appeal.district_id, row.re_examination_id):
        note_step(session, actor, one, "reviewer_aside", now, changes={"reviewer": row.id})
    if row.account_id is not None:
        end_lending(session, actor, appeal.case_id, "reviewer", [row.account_id], now)


def begin(session: Session, actor: Actor, appeal_id: str, now: datetime) -> datetime:
    """Start the re-examination: the group may read the case from now on, and its clock runs. Returns when it is due.

    An appeal that joins a running one takes over its clock. Raises AppealStepRefused, InvalidState.
    """
    appeal = locked_appeal(session, actor, appeal_id, now)
    review = review_of(session, appeal)
    there = members(session, review)
    move_appeal(session, actor, appeal, AppealState.RE_EXAMINATION, group_facts(session, appeal, there), now, changes={"re_examination": review.id})
    if review.state == "forming":
        days = int(policy_for(session, appeal.district_id, appeal.district_id, local_day(now))["re_examination_days"])
        review.state, review.formed_at, review.due_at = "running", now, end_of_day_after(now, days)
    _lend(session, actor, appeal, there, now)
    assert review.due_at is not None
    return review.due_at


def _lend(session: Session, actor: Actor, appeal: Appeal, there: Sequence[Reviewer], now: datetime) -> None:
    for one in there:
        if one.account_id is not None:
            lend_case(session, actor, appeal.case_id, one.account_id, one.person_id, "reviewer", now)


def group_facts(session: Session, appeal: Appeal, there: Sequence[Reviewer], **more: Any) -> AppealFacts:
    """What the guards look at of a group: its kinds, its lead, whoever may not sit in it any more."""
    return AppealFacts(
        group_kinds=frozenset(g.kind for g in there), group_has_lead=any(g.is_lead for g in there),
        group_conflicts=conflicts_among(session, appeal, [(g.account_id, g.person_id) for g in there]), **more,
    )


def review_of(session: Session, appeal: Appeal) -> ReExamination:
    """The re-examination of an appeal, locked. Raises AppealRefused."""
    row = session.get(ReExamination, (appeal.district_id, appeal.re_examination_id or ""), with_for_update=True)
    if row is None:
        raise AppealRefused(field="people", why="no_group")
    return row


def members(session: Session, review: ReExamination) -> list[Reviewer]:
    """Who sits in a group and has not stepped aside."""
    return list(session.scalars(select(Reviewer).where(
        Reviewer.district_id == review.district_id, Reviewer.re_examination_id == review.id, Reviewer.recused_at.is_(None)
    ).order_by(Reviewer.added_at, Reviewer.id)))


def appeals_of(session: Session, district_id: str, review_id: str) -> list[Appeal]:
    """The appeals of one re-examination, the first filed before the others, locked."""
    return list(session.scalars(select(Appeal).where(
        Appeal.district_id == district_id, Appeal.re_examination_id == review_id
    ).order_by(Appeal.filed_at, Appeal.id).with_for_update()))
