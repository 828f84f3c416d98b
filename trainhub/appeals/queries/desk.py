"""The list of appeals: clock, state, what is next, by whom. Numbers and codes only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealDecision, AppealEffect, ReExamination
from trainhub.appeals.queries.access import visible
from trainhub.appeals.rules.desk import By, Group, Next, group_of, next_of
from trainhub.appeals.rules.lifecycle import ENDED, AppealState
from trainhub.appeals.rules.terms import label_of
from trainhub.cases.queries.refs import CaseRef, case_refs, flagged_for_county
from trainhub.committees.queries.recusal import recused_matters
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import OrgUnit

OWED = ("evaluation_entry", "recipient")
OLD_MOST = 50
"""Ended appeals on one page."""


@dataclass(frozen=True, slots=True)
class AppealRow:
    """An appeal in the list."""

    appeal_id: str
    label: str
    track: str
    side: str
    state: str
    case_label: str
    school: str
    filed_at: datetime
    in_time: bool
    due_at: datetime | None
    stayed: bool
    decision: str
    answered: bool
    school_owes: int
    next: Next
    group: Group

    def late(self, now: datetime) -> bool:
        """Whether its clock has run out."""
        return self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class Flagged:
    """A case in which police or court found otherwise; ``appeal_id`` where the county looks already."""

    label: str
    school: str
    school_id: str
    year: int
    number: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything the list shows: rows, and for the county the cases that ask for another look."""

    rows: tuple[AppealRow, ...]
    flagged: tuple[Flagged, ...]

    def group(self, key: str) -> tuple[AppealRow, ...]:
        """One group, the first due before the others."""
        return tuple(row for row in self.rows if row.group == key)


def steps_of(actor: Actor) -> frozenset[By]:
    """Whose steps are the actor's: the county's, those of a group, the school's."""
    if not actor.can(Permission.APPEAL_READ):
        return frozenset()
    if actor.can(Permission.APPEAL_WRITE):
        return frozenset({"county"})
    if actor.can(Permission.APPEAL_DECIDE):
        return frozenset({"group"})
    return frozenset({"school"}) if actor.can(Permission.APPEAL_FILE) else frozenset()


def desk(session: Session, actor: Actor, now: datetime, *, ended: bool = True) -> Desk:
    """The appeals that exist for the actor, the first due before the others. A constant number of statements."""
    query = select(Appeal).where(visible(actor, Permission.APPEAL_READ, now))
    open_ones = session.scalars(query.where(Appeal.state.not_in([s.value for s in ENDED])).order_by(Appeal.filed_at, Appeal.id)).all()
    over = session.scalars(query.where(Appeal.state.in_([s.value for s in ENDED])).order_by(Appeal.updated_at.desc()).limit(OLD_MOST)).all() if ended else ()
    rows = [*open_ones, *over]
    cases = case_refs(session, actor.district_id, {row.case_id for row in rows})
    flagged = _flagged(session, actor, {row.case_id for row in open_ones}) if actor.can(Permission.APPEAL_WRITE) else ()
    schools = _schools(session, actor.district_id, {row.school_id for row in rows} | {c.school_id for c in flagged})
    reviews = {r.id: r for r in session.scalars(select(ReExamination).where(
        ReExamination.district_id == actor.district_id, ReExamination.id.in_([row.re_examination_id for row in rows if row.re_examination_id])
    ))} if rows else {}
    owed = _owed(session, actor.district_id, open_ones)
    mine = steps_of(actor)
    found = [_row(row, cases[row.case_id], schools, reviews.get(row.re_examination_id or ""), owed, now, mine) for row in rows]
    found.sort(key=lambda r: (r.due_at is None, r.due_at or r.filed_at, r.appeal_id))
    return Desk(tuple(found), tuple(Flagged(c.label, schools.get(c.school_id, ""), c.school_id, c.year, c.number) for c in flagged))


def _flagged(session: Session, actor: Actor, busy: set[str]) -> tuple[CaseRef, ...]:
    aside = recused_matters(session, actor.district_id, actor.person_id, actor.account_id)
    return tuple(c for c in flagged_for_county(session, actor.district_id) if c.case_id not in busy | aside)


def _schools(session: Session, district_id: str, ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    query = select(OrgUnit.id, OrgUnit.short_name).where(OrgUnit.district_id == district_id, OrgUnit.id.in_(ids))
    return {row.id: row.short_name for row in session.execute(query)}


def _owed(session: Session, district_id: str, rows: Sequence[Appeal]) -> Counter[tuple[str, str]]:
    """How many effects are open, by appeal and kind. One statement."""
    if not rows:
        return Counter()
    query = (
        select(Appeal.id, AppealEffect.kind, func.count())
        .join(AppealDecision, and_(AppealDecision.district_id == Appeal.district_id, or_(
            AppealDecision.appeal_id == Appeal.id, AppealDecision.re_examination_id == Appeal.re_examination_id
        )))
        .join(AppealEffect, and_(AppealEffect.district_id == AppealDecision.district_id, AppealEffect.decision_id == AppealDecision.id))
        .where(Appeal.district_id == district_id, Appeal.id.in_([r.id for r in rows]), AppealEffect.done_at.is_(None))
        .group_by(Appeal.id, AppealEffect.kind)
    )
    return Counter({(key, kind): count for key, kind, count in session.execute(query)})


def clock_of(row: Appeal, review: ReExamination | None) -> datetime | None:
    """When the next word is due: of the screening, of the re-examination, of the school's committee."""
    state = AppealState(row.state)
    if state is AppealState.FILED and row.school_due_on is not None and row.school_heard_at is None:
        return day_bounds(row.school_due_on)[1]
    if state in {AppealState.ADMITTED, AppealState.SCREENED}:
        return row.screen_due_at
    return review.due_at if state is AppealState.RE_EXAMINATION and review is not None else None


def next_for(row: Appeal, owed: Counter[tuple[str, str]], now: datetime) -> Next:
    """What comes next for one appeal."""
    heard = row.school_heard_at is not None or (row.school_due_on is not None and now >= day_bounds(row.school_due_on)[1])
    fit = None if row.procedure_proper is None else bool(row.procedure_proper and row.facts_clear)
    return next_of(
        AppealState(row.state), row.track, school_heard=heard, owed=sum(owed[row.id, kind] for kind in OWED), fit=fit,
        grouped=row.re_examination_id is not None, served=row.state == AppealState.SCHOOL_DECIDED.value and not owed[row.id, "service"],
    )


def _row(
    row: Appeal, case: CaseRef, schools: dict[str, str], review: ReExamination | None, owed: Counter[tuple[str, str]], now: datetime,
    mine: frozenset[By],
) -> AppealRow:
    following, due = next_for(row, owed, now), clock_of(row, review)
    return AppealRow(
        row.id, label_of(row.track, row.year, row.number), row.track, row.side, row.state, case.label, schools.get(row.school_id, ""), row.filed_at,
        row.in_time, due, row.stayed_at is not None and row.stay_ended_at is None, row.decision, bool(row.sealed_reply),
        sum(owed[row.id, kind] for kind in OWED), following, group_of(AppealState(row.state), following.by, due, now, mine),
    )
