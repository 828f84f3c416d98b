"""Contacts after the end: both children separately, never one beside the other. Codes only; the notes stay sealed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there
from trainhub.cases.queries.refs import case_refs, party_codes
from trainhub.education_plans.models import FollowUp
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


def contacts_of(session: Session, actor: Actor, now: datetime) -> tuple[ContactRow, ...]:
    """Contacts of the actor's school that are to come or were made lately, soonest first. Three statements."""
    if reach(actor.role, Permission.PLAN_READ) is not Reach.SCHOOL:
        return ()
    today = local_day(now)
    rows = session.scalars(
        select(FollowUp).where(
            FollowUp.district_id == actor.district_id, FollowUp.school_id == actor.org_id, case_there(actor, FollowUp.case_id, now),
            (FollowUp.done_at.is_(None)) | (FollowUp.done_at > now - SHOWN_AFTER),
        ).order_by(FollowUp.due_on, FollowUp.side, FollowUp.id)
    ).all()
    cases = case_refs(session, actor.district_id, {r.case_id for r in rows})
    codes = party_codes(session, actor.district_id, {r.party_id for r in rows})
    return tuple(
        ContactRow(
            r.id, r.case_id, cases[r.case_id].label, cases[r.case_id].state, codes[r.party_id], r.side, r.due_on, r.state, r.finding, r.done_at,
            r.new_case_id, max(0, (today - r.due_on).days) if r.state == "scheduled" else 0,
        )
        for r in rows
    )
