"""Making, feeding, moving and voiding sheets. Called by the rooms above; they hold the plan, not the roll."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.attendance.roll_rules import Head, RecordsChanged, Statement, apply, retimed
from trainhub.attendance.service.commands import OpenSheet, SheetClosed, SheetPerson
from trainhub.attendance.service.heads import (
    Change,
    Save,
    frame_of,
    heads_of,
    locked_sheet,
    reason_given,
    save,
    step,
    write_heads,
)
from trainhub.attendance.service.leave import refresh_leave
from trainhub.kernel.actor import Actor
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission


def open_sheet(session: Session, actor: Actor, command: OpenSheet, now: datetime) -> str:
    """Make the sheet of a subject and return its id. A subject has one sheet; asking again returns it.

    People with approved leave start as excused from source ``leave``; all others start unmarked, or as
    present where the course type says so (never for staff training).
    """
    actor.require(Permission.TRAINING_WRITE, command.school_id)
    held = session.scalars(select(AttendanceSheet.id).where(
        AttendanceSheet.district_id == actor.district_id, AttendanceSheet.subject_kind == command.subject_kind,
        AttendanceSheet.subject_id == command.subject_id,
    )).one_or_none()
    if held is not None:
        return held
    sheet = AttendanceSheet(
        district_id=actor.district_id, id=new_id(), school_id=command.school_id, subject_kind=command.subject_kind,
        subject_id=command.subject_id, title=command.title, starts_at=command.starts_at, ends_at=command.ends_at,
        default_roll=command.default_roll, grace_minutes=command.grace_minutes,
        early_leave_grace_minutes=command.early_leave_grace_minutes, state="open", revision=1, created_at=now,
    )
    session.add(sheet)
    session.flush()  # the heads below point at it
    step(session, actor, sheet, "opened", now, to_state="open", details={"people": len(command.people)})
    _add_people(session, actor, sheet, command.people, now)
    return sheet.id


def _add_people(
    session: Session, actor: Actor, sheet: AttendanceSheet, people: Iterable[SheetPerson], now: datetime
) -> None:
    """Put people on the sheet; those with a mark from the start get history and ledger like any mark."""
    listed = list(people)
    blank = {p.person_id: Head(p.person_id, p.serial_no, p.department, p.staff_no) for p in listed}
    if not blank:
        return
    write_heads(session, sheet, blank.values())
    leave = [Change(blank[p.person_id], _from_the_start(sheet, blank[p.person_id], Statement("excused", p.leave_type), "leave", actor, now))
             for p in listed if p.leave_type]
    save(session, actor, sheet, leave, Save(f"leave-{new_id()}", "leave"), now)
    refresh_leave(session, actor, sheet, now)
    if sheet.default_roll == "present" and sheet.subject_kind != "training_part":
        rest = [Change(blank[p.person_id], _from_the_start(sheet, blank[p.person_id], Statement("present"), "default", actor, now))
                for p in listed if not p.leave_type]
        save(session, actor, sheet, rest, Save(f"default-{new_id()}", "default"), now)


def _from_the_start(
    sheet: AttendanceSheet, head: Head, statement: Statement, source: str, actor: Actor, now: datetime
) -> Head:
    after = apply(head, statement, frame_of(sheet), now)
    return replace(after, source=source, marked_by=actor.account_id, marked_at=now)


def sync_people(
    session: Session, actor: Actor, sheet_id: str, people: Sequence[SheetPerson], now: datetime
) -> None:
    """Bring the list of an open sheet in line with the plan.

    New people are added; departments and numbers follow; people no longer expected leave the sheet
    unless somebody marked them, then they stay as not expected. Nothing marked is lost.
    """
    sheet = locked_sheet(session, actor, Permission.TRAINING_WRITE, sheet_id)
    if sheet.state != "open":
        raise SheetClosed(state=sheet.state)
    heads = heads_of(session, sheet)
    wanted = {p.person_id: p for p in people}
    kept = [
        replace(h, serial_no=wanted[p].serial_no, department=wanted[p].department, staff_no=wanted[p].staff_no, expected=True)
        if p in wanted else replace(h, expected=False)
        for p, h in heads.items() if p in wanted or h.version > 0
    ]
    changed = [h for h in kept if h != heads[h.person_id]]
    if changed:
        write_heads(session, sheet, changed)
    leaving = [p for p, h in heads.items() if p not in wanted and h.version == 0]
    if leaving:
        session.execute(delete(AttendanceRecord).where(
            AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.sheet_id == sheet.id,
            AttendanceRecord.person_id.in_(leaving),
        ))
    new = [p for p in people if p.person_id not in heads]
    _add_people(session, actor, sheet, new, now)
    if new or leaving or changed:
        step(session, actor, sheet, "people", now, to_state=sheet.state, details={
            "added": [p.person_id for p in new], "removed": leaving,
            "kept_unexpected": [h.person_id for h in changed if not h.expected],
        })


def move_sheet(
    session: Session, actor: Actor, sheet_id: str, starts_at: datetime, ends_at: datetime, now: datetime
) -> None:
    """Give an open sheet another time; minutes of marks made already are counted anew."""
    sheet = locked_sheet(session, actor, Permission.TRAINING_WRITE, sheet_id)
    if sheet.state != "open":
        raise SheetClosed(state=sheet.state)
    before = (sheet.starts_at, sheet.ends_at)
    if before == (starts_at, ends_at):
        return
    sheet.starts_at, sheet.ends_at = starts_at, ends_at
    session.flush()
    marked = [(h, retimed(h, frame_of(sheet))) for h in heads_of(session, sheet).values() if h.version > 0]
    changes = [
        Change(h, replace(after, version=h.version + 1)) for h, after in marked if after != h
    ]
    save(session, actor, sheet, changes, Save(f"move-{new_id()}", "move", kind="roll.retimed"), now)
    refresh_leave(session, actor, sheet, now)
    step(session, actor, sheet, "moved", now, to_state="open", details={
        "from": [m.isoformat() for m in before], "to": [starts_at.isoformat(), ends_at.isoformat()],
    })


def void_sheets(session: Session, actor: Actor, sheet_ids: Sequence[str], reason: str, now: datetime) -> None:
    """Void the sheets of a cancelled event: what was on them counts nothing, and stays readable."""
    why = reason_given(reason)
    for sheet_id in sheet_ids:
        sheet = locked_sheet(session, actor, Permission.TRAINING_WRITE, sheet_id)
        if sheet.state == "void":
            continue
        counted = sheet.state == "verified"
        step(session, actor, sheet, "void", now, reason=why)
        if counted:
            session.flush()
            announcer.announce(session, RecordsChanged(
                sheet.district_id, sheet.school_id, sheet.id, sheet.subject_kind, sheet.subject_id,
                tuple(heads_of(session, sheet)),
            ))
