"""Deadlines in the database: started, met, dropped, at rest and running again. The rules are in ``rules.clocks``."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseClock, CaseFile
from trainhub.cases.queries.clocks import clock_of
from trainhub.cases.rules import clocks
from trainhub.cases.rules.clocks import Clock, ClockKind
from trainhub.cases.rules.scales import scale
from trainhub.kernel.ids import new_id
from trainhub.kernel.policy import Policy


def start(session: Session, case: CaseFile, clock: Clock | None, *, paused_at: datetime | None = None) -> None:
    """Let a deadline run; None starts nothing."""
    if clock is None:
        return
    session.add(CaseClock(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind=clock.kind.value, object_id=clock.object_id,
        started_at=clock.started_at, due_at=clock.due_at, paused_at=paused_at, rule=dict(clock.rule),
    ))
    session.flush()


def rows_of(session: Session, case: CaseFile, kinds: Collection[ClockKind] = (), object_id: str | None = None) -> list[CaseClock]:
    """The deadlines of a case, the oldest first."""
    query = select(CaseClock).where(CaseClock.district_id == case.district_id, CaseClock.case_id == case.id)
    if kinds:
        query = query.where(CaseClock.kind.in_([kind.value for kind in kinds]))
    if object_id is not None:
        query = query.where(CaseClock.object_id == object_id)
    return list(session.scalars(query.order_by(CaseClock.started_at, CaseClock.id)))


def find(session: Session, case: CaseFile, kind: ClockKind, object_id: str = "", *, open_only: bool = False) -> CaseClock | None:
    """The newest deadline of a kind."""
    rows = [row for row in rows_of(session, case, [kind], object_id) if not open_only or clock_of(row).open]
    return rows[-1] if rows else None


def put(row: CaseClock, clock: Clock) -> None:
    """Write back what moved."""
    row.due_at, row.paused_at, row.extended_days = clock.due_at, clock.paused_at, clock.extended_days
    row.met_at, row.dropped_at = clock.met_at, clock.dropped_at


def meet(session: Session, case: CaseFile, kind: ClockKind, at: datetime, object_id: str = "") -> bool | None:
    """What a deadline asked for was done at a moment. Returns whether it was late, None where nothing was owed."""
    row = find(session, case, kind, object_id, open_only=True)
    if row is None:
        return None
    row.met_at = at
    session.flush()
    return clock_of(row).late(at)


def pause(session: Session, case: CaseFile, kinds: Collection[ClockKind], now: datetime) -> list[str]:
    """Let the running deadlines of these kinds rest; returns their ids."""
    moved = [row for row in rows_of(session, case, kinds) if clock_of(row).running]
    for row in moved:
        put(row, clock_of(row).paused(now))
    session.flush()
    return [row.id for row in moved]


def resume(session: Session, case: CaseFile, kinds: Collection[ClockKind], now: datetime) -> list[str]:
    """Let the resting deadlines of these kinds run again, due as much later as they rested; returns their ids."""
    moved = [row for row in rows_of(session, case, kinds) if clock_of(row).open and row.paused_at is not None]
    for row in moved:
        put(row, clock_of(row).resumed(now))
    session.flush()
    return [row.id for row in moved]


def owe_reports(session: Session, case: CaseFile, policy: Policy, *, since: datetime) -> list[str]:
    """Start the duties to report that the tier brings and that do not stand yet; returns the offices. A lower tier ends none (case 57)."""
    if not case.severity:
        return []
    there = {(row.kind, row.object_id) for row in rows_of(session, case, [ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN])}
    fresh = []
    for office in scale(case.scale).reports_to(case.severity):
        for kind in (ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN):
            if (kind.value, office) not in there:
                start(session, case, clocks.report(policy, policy.version, kind, office, since))
                fresh.append(office)
    return sorted(set(fresh))
