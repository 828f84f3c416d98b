"""Checking in, read: the desk of a sheet, who is in, one's own check-in, what the officer should look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.check_in_rules import JUST_NOW, QR, Opening
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet, CheckIn, CheckInDesk
from trainhub.attendance.registry import SubjectFacts, facts
from trainhub.attendance.roll_rules import EARLY_MARKS, THERE
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import OrgUnit, Person


@dataclass(frozen=True, slots=True)
class Desk:
    """A sheet and its check-in. ``code`` is "" where nobody began it."""

    district_id: str
    sheet_id: str
    school_id: str
    school_name: str
    title: str
    starts_at: datetime
    ends_at: datetime
    grace_minutes: int
    state: str
    subject_kind: str
    subject_id: str
    code: str
    source_key: str
    rotation: int

    @property
    def opening(self) -> Opening:
        """When check-in opens and closes."""
        return Opening.of(self.starts_at, self.ends_at, self.grace_minutes)


def _desks() -> Any:
    sheet, desk = AttendanceSheet, CheckInDesk
    return (
        select(
            sheet.district_id, sheet.id, sheet.school_id, OrgUnit.name, sheet.title, sheet.starts_at, sheet.ends_at,
            sheet.grace_minutes, sheet.state, sheet.subject_kind, sheet.subject_id, func.coalesce(desk.code, ""),
            func.coalesce(desk.source_key, ""), func.coalesce(desk.rotation, 0),
        )
        .join(OrgUnit, (OrgUnit.district_id == sheet.district_id) & (OrgUnit.id == sheet.school_id))
        .outerjoin(desk, (desk.district_id == sheet.district_id) & (desk.sheet_id == sheet.id))
    )


_DESKS = _desks()
_BY_ID = _DESKS.where(AttendanceSheet.district_id == bindparam("district"), AttendanceSheet.id == bindparam("sheet"))
_BY_CODE = _DESKS.where(CheckInDesk.code == bindparam("code"))
"""Built once: a room of phones asks them all at the same minute."""


def desk(session: Session, scope: Scope, sheet_id: str) -> Desk:
    """Return a sheet of the scope with its check-in. Raises NotFound."""
    row = session.execute(_BY_ID, {"district": scope.district_id, "sheet": sheet_id}).one_or_none()
    if row is None or not scope.covers_school(row.school_id):
        raise NotFound
    return Desk(*row)


def desk_of_code(session: Session, code: str) -> Desk | None:
    """Return the desk that an address names: asked before anybody is signed in, so no district is known yet."""
    row = session.execute(_BY_CODE, {"code": code}).one_or_none() if code else None
    return Desk(*row) if row else None


def desks_for(session: Session, actor: Actor, now: datetime) -> list[Desk]:
    """Return the desks where six digits of this person may belong: own list first, then the own school's."""
    listed = (
        select(AttendanceRecord.sheet_id)
        .where(AttendanceRecord.district_id == actor.district_id, AttendanceRecord.person_id == actor.person_id)
    )
    rows = session.execute(
        _DESKS.where(
            AttendanceSheet.district_id == actor.district_id, CheckInDesk.code.is_not(None), AttendanceSheet.state == "open",
            AttendanceSheet.starts_at <= now + EARLY_MARKS, AttendanceSheet.ends_at > now,
            or_(AttendanceSheet.id.in_(listed), AttendanceSheet.school_id == actor.org_id),
        ).order_by(AttendanceSheet.id.not_in(listed), AttendanceSheet.starts_at)
    )
    return [Desk(*row) for row in rows]


def about(session: Session, held: Desk) -> SubjectFacts:
    """Return what the session is: title, room, trainers."""
    return facts(session, held.district_id, held.subject_kind, [held.subject_id]).get(held.subject_id, SubjectFacts(held.title))


@dataclass(frozen=True, slots=True)
class Turnout:
    """How a room fills: people there, people expected, and by department who came just now. Never a name."""

    there: int
    expected: int
    just_now: tuple[tuple[str, int], ...]


def turnout(session: Session, held: Desk, now: datetime) -> Turnout:
    """Count a room. Two statements."""
    record = AttendanceRecord
    here = (record.district_id == held.district_id, record.sheet_id == held.sheet_id)
    there, expected = session.execute(select(
        func.count().filter(record.status.in_(THERE), record.revoked_at.is_(None)), func.count().filter(record.expected),
    ).where(*here)).one()
    recent = session.execute(
        select(record.department, func.count())
        .join(CheckIn, (CheckIn.district_id == record.district_id) & (CheckIn.sheet_id == record.sheet_id)
              & (CheckIn.person_id == record.person_id))
        .where(*here, CheckIn.redeemed_at > now - JUST_NOW)
        .group_by(record.department).order_by(func.count().desc(), record.department).limit(4)
    ).all()
    return Turnout(there, expected, tuple((name, count) for name, count in recent))


@dataclass(frozen=True, slots=True)
class OwnCheckIn:
    """Somebody's own check-in, as their phone shows it."""

    name: str
    scanned_at: datetime
    late: bool
    desk: Desk
    heading: str


def own_check_in(session: Session, actor: Actor, sheet_id: str) -> OwnCheckIn:
    """Return the actor's own check-in on a sheet. Raises NotFound: nobody sees anybody else's."""
    row = session.get(CheckIn, (actor.district_id, sheet_id, actor.person_id or "", QR))
    found = session.execute(_BY_ID, {"district": actor.district_id, "sheet": sheet_id}).one_or_none()
    if row is None or found is None:
        raise NotFound
    held = Desk(*found)
    name = session.scalars(select(Person.name).where(Person.district_id == actor.district_id, Person.id == row.person_id)).one()
    late = row.scanned_at.replace(second=0, microsecond=0) > held.opening.late_after
    return OwnCheckIn(name, row.scanned_at, late, held, about(session, held).heading or held.title)


def names_of(session: Session, district_id: str, people: Sequence[str]) -> dict[str, str]:
    """Return the names of people of a district. One statement."""
    return dict(session.execute(
        select(Person.id, Person.name).where(Person.district_id == district_id, Person.id.in_(people))
    ).all())
