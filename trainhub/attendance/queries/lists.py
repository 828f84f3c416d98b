"""Which rolls run, wait to be ended, wait to be verified, are done. Two statements per list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.attendance.roll_rules import THERE
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day


@dataclass(frozen=True, slots=True)
class RollLine:
    """One sheet in a list. ``there`` are present, late and left early; ``total`` everybody on it."""

    sheet_id: str
    school_id: str
    subject_kind: str
    subject_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str
    revision: int
    total: int
    marked: int
    there: int
    head_count: int | None
    submitted_by: str | None
    submitted_by_name: str
    submitted_at: datetime | None
    verified_at: datetime | None

    @property
    def unmarked(self) -> int:
        """People without a status."""
        return self.total - self.marked

    def phase(self, now: datetime) -> str:
        """``before``, ``running`` or ``over``: where the session stands, whatever the roll's state."""
        return "before" if now < self.starts_at else "running" if now < self.ends_at else "over"


@dataclass(frozen=True, slots=True)
class Rolls:
    """The list page: today's, ended sessions whose roll is still open, to verify, done, coming."""

    today: tuple[RollLine, ...]
    to_end: tuple[RollLine, ...]
    to_verify: tuple[RollLine, ...]
    done: tuple[RollLine, ...]
    coming: tuple[RollLine, ...]


def rolls(session: Session, scope: Scope, now: datetime, limit: int = 40) -> Rolls:
    """Return the rolls of a scope by what is to be done with them."""
    today = local_day(now)
    start, end = day_bounds(today)
    pending = AttendanceSheet.state.in_(("open", "submitted")) & (AttendanceSheet.starts_at < end)
    lines = _lines(session, scope, pending, limit=200)
    coming = _lines(session, scope, and_(AttendanceSheet.state == "open", AttendanceSheet.starts_at >= end),
                    limit=limit, newest_first=False)
    done = _lines(session, scope, AttendanceSheet.state.in_(("verified", "void")), limit=limit)
    return Rolls(
        today=tuple(sorted((x for x in lines + done if start <= x.starts_at < end and x.state != "void"),
                           key=lambda x: x.starts_at)),
        to_end=tuple(x for x in lines if x.state == "open" and x.starts_at < start),
        to_verify=tuple(x for x in lines if x.state == "submitted"),
        done=tuple(x for x in done if not start <= x.starts_at < end or x.state == "void"),
        coming=tuple(coming),
    )


def rolls_of_day(session: Session, scope: Scope, day: date) -> list[RollLine]:
    """Return the rolls that touch a local day, earliest first; voided ones are left out."""
    start, end = day_bounds(day)
    return _lines(session, scope, and_(
        AttendanceSheet.starts_at < end, AttendanceSheet.ends_at > start, AttendanceSheet.state != "void"
    ), limit=100, newest_first=False)


def rolls_awaiting(session: Session, scope: Scope, limit: int = 20) -> list[RollLine]:
    """Return ended rolls that nobody has verified, oldest first."""
    return _lines(session, scope, AttendanceSheet.state == "submitted", limit=limit, newest_first=False)


def _lines(
    session: Session, scope: Scope, condition: ColumnElement[bool], *, limit: int, newest_first: bool = True
) -> list[RollLine]:
    order = AttendanceSheet.starts_at.desc() if newest_first else AttendanceSheet.starts_at
    query = (
        select(AttendanceSheet, Account.display_name)
        .outerjoin(Account, and_(Account.district_id == AttendanceSheet.district_id,
                                 Account.id == AttendanceSheet.submitted_by))
        .where(AttendanceSheet.district_id == scope.district_id, condition)
        .order_by(order, AttendanceSheet.id).limit(limit)
    )
    if scope.school_ids is not None:
        query = query.where(AttendanceSheet.school_id.in_(scope.school_ids))
    sheets = session.execute(query).all()
    counts = _counts(session, scope, [s.id for s, _ in sheets])
    return [
        RollLine(s.id, s.school_id, s.subject_kind, s.subject_id, s.title, s.starts_at, s.ends_at, s.state, s.revision,
                 *counts.get(s.id, (0, 0, 0)), s.head_count, s.submitted_by, name or "", s.submitted_at, s.verified_at)
        for s, name in sheets
    ]


def _counts(session: Session, scope: Scope, sheet_ids: Sequence[str]) -> dict[str, tuple[int, int, int]]:
    if not sheet_ids:
        return {}
    was_there = case((and_(AttendanceRecord.status.in_(THERE), or_(AttendanceRecord.revoked_at.is_(None))), 1), else_=0)
    rows = session.execute(
        select(AttendanceRecord.sheet_id, func.count(), func.count(AttendanceRecord.status), func.sum(was_there))
        .where(AttendanceRecord.district_id == scope.district_id, AttendanceRecord.sheet_id.in_(sheet_ids))
        .group_by(AttendanceRecord.sheet_id)
    )
    return {sheet: (total, marked, int(there or 0)) for sheet, total, marked, there in rows}
