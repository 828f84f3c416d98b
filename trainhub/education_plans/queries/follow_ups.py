"""Contacts after the end: both children separately, never one beside the other. Codes only; the notes stay sealed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there
from trainhub.cases.queries.refs import case_refs, followed_up, party_codes
from trainhub.education_plans.models import EducationPlan, FollowUp
from trainhub.education_plans.queries.access import visible
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Permission, Reach, reach

SHOWN_AFTER = timedelta(days=60)
"""A contact that was made stays on the list so long."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact under the code of its case and party. ``late`` in days."""

    id: str
    case_id: str
    label: str
    case_state: str
    code: str
    side: str
    due_on: date
    state: str
    finding: str
    done_at: datetime | None
    new_case_id: str | None
    late: int
    plan_id: str = ""  # of the pupil who acted; never of the other child


def contacts_of(session: Session, actor: Actor, now: datetime) -> tuple[ContactRow, ...]:
    """Contacts of the actor's school that are to come or were made lately, soonest first. Four statements."""
    if reach(actor.role, Permission.PLAN_READ) is not Reach.SCHOOL:
        return ()
    today = local_day(now)
    rows = session.scalars(
        select(FollowUp).where(
            FollowUp.district_id == actor.district_id, FollowUp.school_id == actor.org_id, case_there(actor, FollowUp.case_id, now),
            (FollowUp.done_at.is_(None)) | (FollowUp.done_at > now - SHOWN_AFTER), FollowUp.state != "dropped",
        ).order_by(FollowUp.due_on, FollowUp.side, FollowUp.id)
    ).all()
    cases = case_refs(session, actor.district_id, {r.case_id for r in rows})
    codes = party_codes(session, actor.district_id, {r.party_id for r in rows})
    plans = _plans(session, actor, {r.party_id for r in rows if r.side == "actor"}, now)
    return tuple(
        ContactRow(
            r.id, r.case_id, cases[r.case_id].label, cases[r.case_id].state, codes[r.party_id], r.side, r.due_on, r.state, r.finding, r.done_at,
            r.new_case_id, max(0, (today - r.due_on).days) if r.state == "scheduled" else 0,
            plans.get(r.party_id, "") if r.side == "actor" else "",
        )
        for r in rows
    )


def _plans(session: Session, actor: Actor, parties: set[str], now: datetime) -> dict[str, str]:
    """The newest plan of each of these pupils that is there for the actor."""
    query = select(EducationPlan.party_id, EducationPlan.id).where(
        visible(actor, Permission.PLAN_READ, now), EducationPlan.party_id.in_(parties), EducationPlan.state != PlanState.REVOKED.value
    ).order_by(EducationPlan.created_at)
    return {row.party_id: row.id for row in session.execute(query)} if parties else {}


@dataclass(frozen=True, slots=True)
class OverRow:
    """A case of which nobody is left to be asked: it waits to be closed, whether it ever had a plan or not."""

    case_id: str
    label: str


def nobody_left(session: Session, actor: Actor) -> tuple[OverRow, ...]:
    """Cases at their follow-up that the actor may close, without a contact to come: by the state of the case, however old it is. Two statements."""
    cases = followed_up(session, actor)
    waiting = set(session.scalars(select(FollowUp.case_id).where(
        FollowUp.district_id == actor.district_id, FollowUp.case_id.in_([c.case_id for c in cases]), FollowUp.state == "scheduled"
    ))) if cases else set()
    return tuple(OverRow(c.case_id, c.label) for c in cases if c.case_id not in waiting)
