"""Marks on an open roll: one key, a whole form, the rest of a department, a walk-in, and undo."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceMark, AttendanceRecord, AttendanceSheet
from trainhub.attendance.roll_rules import (
    UNDO,
    Frame,
    Head,
    Stamp,
    Statement,
    apply,
    attended_minutes,
    moment_of,
    page_keys,
    problems,
    tally,
    too_early,
)
from trainhub.attendance.service.commands import (
    AddWalkIn,
    AssertRest,
    BadHeadCount,
    BadMark,
    Conflict,
    Mark,
    MarkRoll,
    MarksResult,
    NothingToUndo,
    NotOnSheet,
    NotStaff,
    TooEarly,
)
from trainhub.attendance.service.heads import (
    Change,
    Save,
    frame_of,
    heads_and_operation,
    heads_of,
    locked_sheet,
    open_for_marks,
    save,
    step,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import Employment, Person


def record_marks(session: Session, actor: Actor, command: MarkRoll, now: datetime) -> MarksResult:
    """Record marks of one operation, each against the version its marker saw.

    A mark whose record somebody else changed is refused for that person only and comes back as a
    conflict with both values; the others are written. The same ``op_id`` again writes nothing and
    gives the same answer. Ids that are not on the sheet refuse the whole request.
    Raises NotFound, SheetClosed, NotOnSheet, BadMark, TooEarly.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, command.sheet_id)
    heads, done = heads_and_operation(session, sheet, command.op_id)
    if not done:
        open_for_marks(sheet)
    marks = _marks_by_person(command.marks, heads)
    frame = frame_of(sheet)
    stated = {person: mark.statement for person, mark in marks.items()}
    _check(stated, frame, now)
    moment, flags = moment_of(command.device_at, now)
    stamp = Stamp(command.source, actor.account_id, now)
    changes: list[Change] = []
    stale: dict[str, Mark] = {}
    for person, mark in marks.items() if sheet.state == "open" else ():
        head, statement = heads[person], stated[person]
        if person in done or _says_the_same(head, statement):
            continue
        if mark.seen_version != head.version:
            stale[person] = mark
            continue
        after = apply(head, statement, frame, moment, flags, stamp)
        if after.state != head.state or head.revoked_at:
            changes.append(Change(head, after))
    save(session, actor, sheet, changes,
         Save(command.op_id, command.source, device_at=command.device_at, reason=command.reason), now)
    heads |= {c.after.person_id: c.after for c in changes}
    touched = marks.keys() - stale.keys()
    return MarksResult(
        applied=tuple(h for p, h in heads.items() if p in touched), conflicts=_conflicts(session, sheet, stale, heads),
        tally=tally(heads.values()), saved_at=now, replayed=bool(done) and not changes,
    )


def _marks_by_person(marks: Sequence[Mark], heads: Mapping[str, Head]) -> dict[str, Mark]:
    """Return the marks by person id; pages name people by the shorter keys of :func:`page_keys`."""
    ids = {key: person for person, key in page_keys(heads).items()}
    found: dict[str, Mark] = {}
    for mark in marks:
        found[mark.person_id if mark.person_id in heads else ids.get(mark.person_id, "")] = mark
    if "" in found or len(found) != len(marks):
        raise NotOnSheet(count=len(marks) - len(found) + ("" in found))
    return found


def _says_the_same(head: Head, statement: Statement) -> bool:
    return head.status == statement.value and statement.bare and head.revoked_at is None


def _check(stated: Mapping[str, Statement], frame: Frame, now: datetime) -> None:
    for person, statement in stated.items():
        wrong = problems(statement, frame)
        if wrong:
            raise BadMark(field=f"mark-{person}", problem=wrong[0])
        if too_early(statement.value, frame, now):
            raise TooEarly


def _conflicts(
    session: Session, sheet: AttendanceSheet, stale: Mapping[str, Mark], heads: Mapping[str, Head]
) -> tuple[Conflict, ...]:
    """Name who marked first and whom; one statement, and none where nothing is stale."""
    if not stale:
        return ()
    markers = {heads[person].marked_by for person in stale}
    names: dict[str, str] = dict(session.execute(
        select(Person.id, Person.name).where(Person.district_id == sheet.district_id, Person.id.in_(list(stale)))
    ).all())
    accounts: dict[str, str] = dict(session.execute(
        select(Account.id, Account.display_name).where(
            Account.district_id == sheet.district_id, Account.id.in_([m for m in markers if m])
        )
    ).all())
    return tuple(
        Conflict(person, names.get(person, ""), mark.statement.value, heads[person],
                 accounts.get(heads[person].marked_by or "", ""), heads[person].marked_at)
        for person, mark in stale.items()
    )


def assert_rest(session: Session, actor: Actor, command: AssertRest, now: datetime) -> MarksResult:
    """Mark the unmarked people of a department as present, as an assertion with the counted heads.

    It is no default: the officer counts and types the number, the roll and the verification show the
    assertion as such, and one undo takes it back. Raises BadHeadCount, SheetClosed, TooEarly.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, command.sheet_id)
    heads, done = heads_and_operation(session, sheet, command.op_id)
    if command.head_count < 0:
        raise BadHeadCount(field="head_count")
    if not done:
        open_for_marks(sheet)
        if too_early("present", frame_of(sheet), now):
            raise TooEarly
    moment, flags = moment_of(command.device_at, now)
    stamp = Stamp("assertion", actor.account_id, now)
    changes = [] if done else [
        Change(h, apply(h, Statement("present"), frame_of(sheet), moment, flags, stamp))
        for h in heads.values() if h.department == command.department and h.status is None
    ]
    heads |= {c.after.person_id: c.after for c in changes}
    if changes:
        details = {
            "department": command.department, "head_count": command.head_count, "marked": len(changes),
            "there": tally(h for h in heads.values() if h.department == command.department).there,
            "op": command.op_id,
        }
        step(session, actor, sheet, "assertion", now, to_state="open", details=details, in_ledger=False)
        how = Save(command.op_id, "assertion", "roll.assertion", command.device_at, details=details)
        save(session, actor, sheet, changes, how, now)
    touched = done | {c.after.person_id for c in changes}
    return MarksResult(
        tuple(h for p, h in heads.items() if p in touched), (), tally(heads.values()), now, replayed=bool(done)
    )


def undo(session: Session, actor: Actor, sheet_id: str, op_id: str, now: datetime) -> MarksResult:
    """Take back an operation as long as the roll is open.

    People whom somebody marked again since keep the newer mark and come back as conflicts. Taking the
    same operation back twice changes nothing the second time. Raises NothingToUndo, SheetClosed.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, sheet_id)
    heads = heads_of(session, sheet)
    rows = _operation_and_undo(session, sheet, op_id)
    made = {p: (b, v) for op, p, b, v in rows if op == op_id}
    undone = {p for op, p, _, _ in rows if op != op_id}
    open_for_marks(sheet)
    if op_id.startswith(UNDO) or not made:
        raise NothingToUndo
    changes, gone, stale = _reversals(sheet, heads, made, undone, actor, now)
    save(session, actor, sheet, changes + gone, Save(UNDO + op_id, "manual", kind="roll.undone"), now)
    if gone:
        delete_heads(session, sheet, [c.after.person_id for c in gone])
    heads |= {c.after.person_id: c.after for c in changes}
    for change in gone:
        heads.pop(change.after.person_id)
    return MarksResult(
        tuple(h for p, h in heads.items() if p in made and p not in stale),
        _conflicts(session, sheet, stale, heads), tally(heads.values()), now, replayed=bool(undone) and not changes,
    )


def _operation_and_undo(session: Session, sheet: AttendanceSheet, op_id: str) -> list[tuple[str, str, dict[str, Any], int]]:
    rows = session.execute(
        select(AttendanceMark.op_id, AttendanceMark.person_id, AttendanceMark.before, AttendanceMark.version).where(
            AttendanceMark.district_id == sheet.district_id, AttendanceMark.sheet_id == sheet.id,
            or_(AttendanceMark.op_id == op_id, AttendanceMark.op_id == UNDO + op_id),
        )
    )
    return [tuple(row) for row in rows]


def _reversals(
    sheet: AttendanceSheet, heads: Mapping[str, Head], made: Mapping[str, tuple[dict[str, Any], int]],
    undone: set[str], actor: Actor, now: datetime,
) -> tuple[list[Change], list[Change], dict[str, Mark]]:
    """Split what an undo does: heads that go back, walk-ins that leave the sheet, marks made since."""
    back: list[Change] = []
    gone: list[Change] = []
    stale: dict[str, Mark] = {}
    for person, (before, version) in made.items():
        head = heads.get(person)
        if head is None or person in undone:
            continue
        if head.version != version:
            stale[person] = Mark(person, before.get("status"), version)
            continue
        after = restored(head, before, frame_of(sheet), actor, now)
        (back if before else gone).append(Change(head, after))
    return back, gone, stale


def restored(head: Head, before: Mapping[str, Any], frame: Frame, actor: Actor, now: datetime) -> Head:
    """Return the head with the state of an earlier moment, as a new version."""
    arrived, left = (_moment(before.get(k)) for k in ("arrived_at", "left_at"))
    status = before.get("status")
    return replace(
        head, status=status, leave_type=before.get("leave", ""), arrived_at=arrived, left_at=left,
        late_minutes=before.get("late", 0), minutes=attended_minutes(status, frame, arrived, left),
        source=before.get("source", ""), note=before.get("note", ""), review=tuple(before.get("review", ())),
        version=head.version + 1, marked_by=actor.account_id, marked_at=now,
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def delete_heads(session: Session, sheet: AttendanceSheet, people: list[str]) -> None:
    """Take walk-ins off the sheet again; their history stays in marks and ledger."""
    session.execute(delete(AttendanceRecord).where(
        AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.sheet_id == sheet.id,
        AttendanceRecord.person_id.in_(people),
    ))


def add_walk_in(session: Session, actor: Actor, command: AddWalkIn, now: datetime) -> MarksResult:
    """Put somebody of this school's staff on the sheet who was not expected, and mark them.

    Raises NotStaff where the person is not on this school's staff that day, NotFound, SheetClosed.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, command.sheet_id)
    heads = heads_of(session, sheet)
    if command.person_id in heads:
        head = heads[command.person_id]
        return MarksResult((head,), (), tally(heads.values()), now, replayed=True)
    open_for_marks(sheet)
    if too_early(command.value, frame_of(sheet), now):
        raise TooEarly
    staff = staff_by_id(session, sheet, [command.person_id])
    if command.person_id not in staff:
        raise NotStaff(field="person_id")
    blank = walk_in_head(command.person_id, staff[command.person_id], heads)
    moment, _ = moment_of(None, now)
    stamp = Stamp("manual", actor.account_id, now)
    head = apply(blank, Statement(command.value), frame_of(sheet), moment, stamp=stamp)
    save(session, actor, sheet, [Change(None, head)], Save(command.op_id, "manual", kind="roll.walk_in"), now)
    heads[head.person_id] = head
    return MarksResult((head,), (), tally(heads.values()), now)


def walk_in_head(person_id: str, staff_no: str, heads: Mapping[str, Head]) -> Head:
    """Return the blank head of somebody who came unexpected, with the next serial number."""
    last = max((h.serial_no for h in heads.values()), default=0)
    return Head(person_id, last + 1, department="", staff_no=staff_no, expected=False)


def staff_by_id(session: Session, sheet: AttendanceSheet, people: Iterable[str]) -> dict[str, str]:
    """Return the staff numbers of those among ``people`` who are on the school's staff that day."""
    day = local_day(sheet.starts_at)
    return dict(session.execute(
        select(Employment.person_id, Employment.staff_no).where(
            Employment.district_id == sheet.district_id, Employment.school_id == sheet.school_id,
            Employment.person_id.in_(list(people)), Employment.from_on <= day,
            or_(Employment.to_on.is_(None), Employment.to_on >= day),
        )
    ).all())
