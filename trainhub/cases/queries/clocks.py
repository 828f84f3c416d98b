"""Deadlines as the pages see them."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseClock
from trainhub.cases.rules.clocks import Clock, ClockKind


def clock_of(row: CaseClock) -> Clock:
    """A kept deadline as the rules know it."""
    return Clock(
        ClockKind(row.kind), row.started_at, row.due_at, row.object_id, row.paused_at, row.extended_days, row.met_at, row.dropped_at, row.rule
    )


def clocks_of(session: Session, district_id: str, case_ids: Collection[str], *, open_only: bool = False) -> dict[str, list[Clock]]:
    """Deadlines of this room's kinds by case, the first due before the others. One statement."""
    if not case_ids:
        return {}
    query = select(CaseClock).where(
        CaseClock.district_id == district_id, CaseClock.case_id.in_(case_ids), CaseClock.kind.in_([kind.value for kind in ClockKind])
    )
    if open_only:
        query = query.where(CaseClock.met_at.is_(None), CaseClock.dropped_at.is_(None))
    found: dict[str, list[Clock]] = {}
    for row in session.scalars(query.order_by(CaseClock.due_at, CaseClock.id)):
        found.setdefault(row.case_id, []).append(clock_of(row))
    return found
