"""Leave known before a session: entered once, it excuses on every open roll of those days that says nothing yet.

It is a claim like any other: a mark made before stays, a scan that contradicts it waits for a person.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet, KnownLeave
from trainhub.attendance.queries.claims import said_on
from trainhub.attendance.queries.leave import leaves_on
from trainhub.attendance.reconciliation import Claim
from trainhub.attendance.roll_rules import LEAVE_TYPES, Statement, apply
from trainhub.attendance.service.claims import state_claims, withdraw_claims
from trainhub.attendance.service.commands import BadLeave, EnterLeave, LeaveEffect, LeaveOverlaps, NotStaff
from trainhub.attendance.service.heads import Change, Save, frame_of, heads_of, lock, reason_given, save
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append
from trainhub.roster.models import Employment
from trainhub.roster.queries import aliases
from trainhub.roster.service.facts import lock_person

LEAVE = "leave"
LONGEST = timedelta(days=366)


def enter_leave(session: Session, actor: Actor, command: EnterLeave, now: datetime) -> LeaveEffect:
    """Enter a leave of somebody on the staff of the actor's school, and excuse them where a roll is open.

    Raises BadLeave, NotStaff, LeaveOverlaps.
    """
    actor.require(Permission.LEAVE_WRITE, actor.org_id)
    if command.leave_type not in LEAVE_TYPES or not timedelta(0) <= command.to_on - command.from_on <= LONGEST:
        raise BadLeave(field="to_on")
    if not _on_staff(session, actor, command):
        raise NotStaff(field="person_id")
    _refuse_overlap(session, actor, command)
    row = KnownLeave(
        district_id=actor.district_id, id=new_id(), school_id=actor.org_id, person_id=command.person_id,
        leave_type=command.leave_type, from_on=command.from_on, to_on=command.to_on, note=command.note[:80],
        entered_by=actor.account_id, entered_at=now, revoked_reason="",
    )
    session.add(row)
    session.flush()
    _tell(session, actor, row, "leave.entered", now)
    return _refresh(session, actor, row, now)


def _refuse_overlap(session: Session, actor: Actor, command: EnterLeave) -> None:
    """Lock the person and refuse days that this school entered already; leave of another school is not told."""
    ids = lock_person(session, actor.district_id, command.person_id)
    other = session.scalars(select(KnownLeave).where(
        KnownLeave.district_id == actor.district_id, KnownLeave.school_id == actor.org_id, KnownLeave.person_id.in_(ids),
        KnownLeave.revoked_at.is_(None), KnownLeave.from_on <= command.to_on, KnownLeave.to_on >= command.from_on,
    ).order_by(KnownLeave.from_on).limit(1)).one_or_none()
    if other is not None:
        raise LeaveOverlaps(field="from_on", from_on=other.from_on.isoformat(), to_on=other.to_on.isoformat())


def revoke_leave(session: Session, actor: Actor, leave_id: str, reason: str, now: datetime) -> LeaveEffect:
    """Let a leave hold no longer. It stays readable; open rolls that it alone excused are unmarked again.

    Raises NotFound, ReasonNeeded. Revoking twice changes nothing.
    """
    scope = actor.scope(Permission.LEAVE_WRITE)
    row = session.get(KnownLeave, (actor.district_id, leave_id), with_for_update=True, populate_existing=True)
    if row is None or not scope.covers_school(row.school_id):
        raise NotFound
    why = reason_given(reason)
    if row.revoked_at is not None:
        return LeaveEffect()
    row.revoked_at, row.revoked_by, row.revoked_reason = now, actor.account_id, why
    session.flush()
    _tell(session, actor, row, "leave.revoked", now, why)
    return _refresh(session, actor, row, now)


def _on_staff(session: Session, actor: Actor, command: EnterLeave) -> bool:
    return session.scalars(select(Employment.id).where(
        Employment.district_id == actor.district_id, Employment.school_id == actor.org_id,
        Employment.person_id == command.person_id, Employment.from_on <= command.to_on,
        or_(Employment.to_on.is_(None), Employment.to_on >= command.from_on),
    ).limit(1)).one_or_none() is not None


def _tell(session: Session, actor: Actor, row: KnownLeave, kind: str, now: datetime, reason: str = "") -> None:
    """The ledger keeps who and when, never the note."""
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=kind, subject_ref=row.person_id, object_ref=row.id,
        payload={"type": row.leave_type, "from": row.from_on.isoformat(), "to": row.to_on.isoformat()}, occurred_at=now,
        recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))


def _refresh(session: Session, actor: Actor, row: KnownLeave, now: datetime) -> LeaveEffect:
    """Bring the open rolls of the days of a leave in line with it, at whatever school; tell of the school's own."""
    effect = LeaveEffect()
    for sheet_id in _open_sheets(session, row):
        sheet = lock(session, row.district_id, sheet_id)  # whoever may enter the leave was asked before
        if sheet is None or sheet.state != "open":
            continue
        done = refresh_leave(session, actor, sheet, now)
        if sheet.school_id == row.school_id:
            effect += done
    return effect


def _open_sheets(session: Session, row: KnownLeave) -> list[str]:
    """The open rolls with the person on them, at any of their schools, in the days of the leave. Two statements."""
    stands_for = aliases(session, row.district_id, [row.person_id])
    first, last = day_bounds(row.from_on)[0], day_bounds(row.to_on)[1]
    return list(session.scalars(
        select(AttendanceSheet.id)
        .join(AttendanceRecord, (AttendanceRecord.district_id == AttendanceSheet.district_id)
              & (AttendanceRecord.sheet_id == AttendanceSheet.id))
        .where(AttendanceSheet.district_id == row.district_id, AttendanceSheet.state == "open", AttendanceSheet.starts_at >= first, AttendanceSheet.starts_at < last,
               AttendanceRecord.person_id.in_({row.person_id, *stands_for, *stands_for.values()}))
        .distinct()
        .order_by(AttendanceSheet.id)
    ))


def refresh_leave(session: Session, actor: Actor, sheet: AttendanceSheet, now: datetime) -> LeaveEffect:
    """Excuse the people of an open, locked roll whose leave covers its day, and take back what covers it no longer.

    Whoever has a mark keeps it. A constant number of statements for any number of people.
    """
    session.flush()
    heads = heads_of(session, sheet)
    covering = leaves_on(session, sheet.district_id, heads, local_day(sheet.starts_at))
    said = said_on(session, sheet.district_id, sheet.id).claims
    stated = {c.external_id: person for person, claims in said.items() for c in claims if c.source == LEAVE and c.external_id}
    valid = {row.id for row in covering.values()}
    over = {leave_id: person for leave_id, person in stated.items() if leave_id not in valid}
    for leave_id in over:
        withdraw_claims(session, sheet, now, external_id=leave_id)
    undone = _unmarked(session, actor, sheet, over.values(), now)
    new = [(person, claim_of_leave(row, sheet.school_id)) for person, row in covering.items() if row.id not in stated]
    if not new:
        return LeaveEffect(undone=undone)
    result = state_claims(session, actor, sheet, new, Save(f"leave-{new_id()}", LEAVE), now, only_unmarked=True)
    return LeaveEffect(len(result.changed), len(new) - len(result.changed) - len(result.waiting), len(result.waiting), undone)


def _unmarked(session: Session, actor: Actor, sheet: AttendanceSheet, people: Iterable[str], now: datetime) -> int:
    """Take the excuse off people whose record rests on a leave that holds no longer."""
    heads = heads_of(session, sheet)
    changes = [
        Change(heads[p], replace(apply(heads[p], Statement(None), frame_of(sheet), now), source="", marked_by=actor.account_id, marked_at=now))
        for p in people if p in heads and heads[p].source == LEAVE and heads[p].status == "excused"
    ]
    save(session, actor, sheet, changes, Save(f"leave-{new_id()}", LEAVE, kind="roll.leave_ended"), now)
    return len(changes)


def claim_of_leave(row: KnownLeave, school_id: str) -> Claim:
    """What a leave states about its person on a roll of a school; its days are shown at the school that entered it."""
    cells = (_span(row.from_on, row.to_on),) if row.school_id == school_id else ()
    said = [row.id, row.leave_type, row.from_on.isoformat(), row.to_on.isoformat()]
    return Claim(LEAVE, row.id, hashlib.sha256(json.dumps(said).encode()).hexdigest(), "excused", leave_type=row.leave_type, minutes=0,
                 cells=cells)


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()} – {last.isoformat()}"
