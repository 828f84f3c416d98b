"""Hand-overs of a school: what it sent, what waits for it. The words of a package are read with a ticket by whoever takes it over."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there
from trainhub.education_plans.models import EducationPlan, HandOver, PlanModule
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import OrgUnit

HAND_OVER = "hand_over"
"""``object_kind`` of a reading that opens what goes along with a plan."""


@dataclass(frozen=True, slots=True)
class HandOverRow:
    """One hand-over of a plan of hours. ``code``: of the plan at the school that sent it. ``mine``: whether the actor sent it."""

    hand_over_id: str
    plan_id: str
    case_id: str
    code: str
    incoming: bool
    other: str
    outside: bool
    reason: str
    state: str
    done_minutes: int
    owed_minutes: int
    sent_at: datetime
    received_at: datetime | None
    list_year: int
    list_number: int
    receipt_year: int | None
    receipt_number: int | None
    from_school_id: str
    to_school_id: str
    mine: bool
    new_plan_id: str


def hand_overs(session: Session, actor: Actor, now: datetime) -> list[HandOverRow]:
    """Hand-overs from and to the actor's school, those that wait first. Two statements."""
    return [_row(session, actor, *found) for found in session.execute(_query(actor, now).order_by(HandOver.state != "sent", HandOver.sent_at.desc()).limit(200))]


def hand_over(session: Session, actor: Actor, hand_over_id: str, now: datetime) -> HandOverRow:
    """One of them. Raises NotFound."""
    found = session.execute(_query(actor, now).where(HandOver.id == hand_over_id)).one_or_none()
    if found is None:
        raise NotFound
    return _row(session, actor, *found)


def _query(actor: Actor, now: datetime) -> Any:
    ids = actor.scope(Permission.PLAN_READ).school_ids or frozenset()
    return select(HandOver, EducationPlan).join(
        EducationPlan, and_(EducationPlan.district_id == HandOver.district_id, EducationPlan.id == HandOver.plan_id)
    ).where(
        HandOver.district_id == actor.district_id, or_(HandOver.from_school_id.in_(ids), HandOver.to_school_id.in_(ids)),
        case_there(actor, EducationPlan.case_id, now),
    )


def _row(session: Session, actor: Actor, row: HandOver, plan: EducationPlan) -> HandOverRow:
    incoming = row.to_school_id == actor.org_id
    unit = session.get(OrgUnit, (row.district_id, row.from_school_id if incoming else row.to_school_id or ""))
    return HandOverRow(
        row.id, plan.id, plan.case_id, f"{plan.year % 100:02d}-{plan.number:02d}", incoming, unit.name if unit else row.to_outside, not row.to_school_id,
        row.reason, row.state, row.done_minutes, row.owed_minutes, row.sent_at or plan.updated_at, row.received_at, row.list_year or 0,
        row.list_number or 0, row.receipt_year, row.receipt_number, row.from_school_id, row.to_school_id or "", row.sent_by == actor.account_id,
        row.new_plan_id or "",
    )


def package_of(session: Session, ring: KeyRing, opening: Opening, hand_over_id: str) -> dict[str, Any]:
    """What goes along: goals, modules, minutes. ``opening`` must be for this very hand-over. Raises NotFound, UnloggedRead.

    Modules and minutes are those of the plan as it was left to the other school: an amendment on the way is in them.
    """
    opening.require(opening.district_id, HAND_OVER, hand_over_id)
    row = session.get(HandOver, (opening.district_id, hand_over_id))
    if row is None or not row.sealed_package:
        raise NotFound
    found: dict[str, Any] = json.loads(ring.unseal(row.sealed_package, place("plan_hand_over", "sealed_package", row.id)))
    modules = session.scalars(select(PlanModule).where(
        PlanModule.district_id == row.district_id, PlanModule.plan_id == row.plan_id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no))
    return found | {"modules": [[m.kind, m.minutes, m.pack_id or ""] for m in modules], "total_minutes": row.done_minutes + row.owed_minutes,
                    "done_minutes": row.done_minutes}
