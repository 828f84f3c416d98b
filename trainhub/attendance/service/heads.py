"""Loading and writing the heads of a sheet: the same few statements, whatever the number of people."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql import Executable

from trainhub.attendance.models import AttendanceMark, AttendanceRecord, AttendanceSheet, AttendanceStep
from trainhub.attendance.roll_rules import HEAD_FIELDS, Frame, Head, RollStateChanged, next_state
from trainhub.attendance.service.commands import ReasonNeeded, SheetClosed
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append

_RECORD, _MARK = cast("Table", AttendanceRecord.__table__), cast("Table", AttendanceMark.__table__)
"""The plain tables: a hundred rows need no unit of work, and statements on them are built once."""

_THIS_SHEET = (_RECORD.c.district_id == bindparam("district"), _RECORD.c.sheet_id == bindparam("sheet"))
_HEAD_COLUMNS = tuple(_RECORD.c[name] for name in HEAD_FIELDS)
_HEADS = select(*_HEAD_COLUMNS).where(*_THIS_SHEET).order_by(_RECORD.c.serial_no)
_HEADS_OF_SOME = select(*_HEAD_COLUMNS).where(
    *_THIS_SHEET, _RECORD.c.person_id.in_(bindparam("people", expanding=True))
).order_by(_RECORD.c.serial_no)
_HEADS_AND_OPERATION = (
    select(*_HEAD_COLUMNS, _MARK.c.op_id)
    .select_from(_RECORD.outerjoin(
        _MARK,
        (_MARK.c.district_id == _RECORD.c.district_id) & (_MARK.c.sheet_id == _RECORD.c.sheet_id)
        & (_MARK.c.person_id == _RECORD.c.person_id) & (_MARK.c.op_id == bindparam("op")),
    ))
    .where(*_THIS_SHEET).order_by(_RECORD.c.serial_no)
)
_SHEET = (
    select(AttendanceSheet)
    .where(AttendanceSheet.district_id == bindparam("district"), AttendanceSheet.id == bindparam("sheet"))
    .with_for_update()
)


def locked_sheet(session: Session, actor: Actor, permission: Permission, sheet_id: str) -> AttendanceSheet:
    """Return a sheet of the actor's scope, locked until the end of the transaction.

    The lock makes two devices that mark the same roll wait for each other, so that the versions they
    are checked against are the latest. Raises NotFound outside the scope: the answer is the same as
    for a sheet that does not exist.
    """
    scope = actor.scope(permission)
    sheet = lock(session, actor.district_id, sheet_id)
    if sheet is None or not scope.covers_school(sheet.school_id):
        raise NotFound
    return sheet


def lock(session: Session, district_id: str, sheet_id: str) -> AttendanceSheet | None:
    """Return a sheet of a district, locked until the end of the transaction; whose it is, the caller must ask."""
    return session.scalars(
        _SHEET, {"district": district_id, "sheet": sheet_id}, execution_options={"populate_existing": True}
    ).one_or_none()


def open_for_marks(sheet: AttendanceSheet) -> None:
    """Refuse where the roll was ended, verified or cancelled."""
    if sheet.state != "open":
        raise SheetClosed(state=sheet.state)


def frame_of(sheet: AttendanceSheet) -> Frame:
    """The time of a sheet."""
    return Frame(sheet.starts_at, sheet.ends_at)


def heads_of(session: Session, sheet: AttendanceSheet, people: Collection[str] | None = None) -> dict[str, Head]:
    """Return the heads of a sheet (of some people where named) by person, by serial number. One statement."""
    where = {"district": sheet.district_id, "sheet": sheet.id}
    rows = session.execute(_HEADS, where) if people is None else session.execute(_HEADS_OF_SOME, where | {"people": list(people)})
    return {head.person_id: head for head in map(Head.of, rows)}


def heads_and_operation(session: Session, sheet: AttendanceSheet, op_id: str) -> tuple[dict[str, Head], set[str]]:
    """Return all heads of a sheet, and whom an operation changed already. One statement."""
    rows = session.execute(
        _HEADS_AND_OPERATION, {"district": sheet.district_id, "sheet": sheet.id, "op": op_id}
    ).all()
    heads = {head.person_id: head for head in map(Head.of, rows)}
    return heads, {row.person_id for row in rows if row.op_id is not None}


def operation(session: Session, sheet: AttendanceSheet, op_id: str) -> dict[str, tuple[dict[str, Any], int]]:
    """Return what an operation changed: person -> (state before, version it made). One statement."""
    rows = session.execute(
        select(AttendanceMark.person_id, AttendanceMark.before, AttendanceMark.version).where(
            AttendanceMark.district_id == sheet.district_id,
            AttendanceMark.sheet_id == sheet.id,
            AttendanceMark.op_id == op_id,
        )
    )
    return {person: (before, version) for person, before, version in rows}


@dataclass(frozen=True, slots=True)
class Change:
    """One head before and after. ``before`` None: the person was not on the sheet (a walk-in)."""

    before: Head | None
    after: Head


@dataclass(frozen=True, slots=True)
class Save:
    """Under which operation, from which source and why heads change."""

    op_id: str
    source: str
    kind: str = "roll.marked"
    device_at: datetime | None = None
    reason: str = ""
    evidence_sha256: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def save(session: Session, actor: Actor, sheet: AttendanceSheet, changes: Iterable[Change], how: Save, now: datetime) -> None:
    """Write heads, their history and one ledger entry. Six statements for any number of people."""
    listed = list(changes)
    if not listed:
        return
    write_heads(session, sheet, [c.after for c in listed])
    session.execute(insert(_MARK), [_history(actor, sheet, c, how, now) for c in listed])
    append(session, NewEntry(
        district_id=sheet.district_id, school_id=sheet.school_id, kind=how.kind, subject_ref=sheet.subject_id,
        object_ref=sheet.id,
        payload={"op": how.op_id, "revision": sheet.revision, "people": [plain(c.after) for c in listed],
                 "device_at": _iso(how.device_at), **how.details},
        occurred_at=min(how.device_at or now, now), recorded_at=now, actor_ref=actor.account_id,
        acting_role=actor.role.value, source=how.source, evidence_sha256=how.evidence_sha256, reason=how.reason,
    ))


def plain(head: Head) -> dict[str, Any]:
    """Return what the ledger keeps of a head: ids and numbers, never a name or a note."""
    return {
        "person": head.person_id, "status": head.status, "leave": head.leave_type, "minutes": head.minutes,
        "late": head.late_minutes, "arrived_at": _iso(head.arrived_at), "left_at": _iso(head.left_at),
        "version": head.version, "expected": head.expected, "revoked": head.revoked_at is not None,
        "source": head.source, "review": list(head.review),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _kept(head: Head) -> dict[str, Any]:
    """Return what the history keeps of a head: what a mark can change, without what is empty."""
    state = {
        "status": head.status, "leave": head.leave_type, "minutes": head.minutes, "late": head.late_minutes,
        "arrived_at": _iso(head.arrived_at), "left_at": _iso(head.left_at), "source": head.source, "note": head.note,
        "review": head.review, "revoked": head.revoked_at is not None,
    }
    return {name: value for name, value in state.items() if value or name == "status"}


def _history(actor: Actor, sheet: AttendanceSheet, change: Change, how: Save, now: datetime) -> dict[str, Any]:
    return {
        "district_id": sheet.district_id, "sheet_id": sheet.id, "op_id": how.op_id,
        "person_id": change.after.person_id, "before": _kept(change.before) if change.before else {},
        "after": _kept(change.after), "version": change.after.version, "source": how.source,
        "actor_id": actor.account_id, "recorded_at": now, "device_at": how.device_at, "reason": how.reason,
    }


_values_of = attrgetter(*HEAD_FIELDS)


@lru_cache(maxsize=2)
def _upsert(dialect: str) -> Executable:
    """One INSERT ... ON CONFLICT for a whole roll, new people and marked ones alike; built once per database."""
    statement = (postgresql if dialect == "postgresql" else sqlite).insert(_RECORD)
    changing = [name for name in HEAD_FIELDS if name != "person_id"]
    return statement.on_conflict_do_update(
        index_elements=["district_id", "sheet_id", "person_id"],
        set_={name: statement.excluded[name] for name in changing},
    )


def write_heads(session: Session, sheet: AttendanceSheet, heads: Iterable[Head]) -> None:
    """Write heads of a sheet. One statement for any number of people."""
    session.flush()  # a sheet made just now is there before its people
    where = {"district_id": sheet.district_id, "sheet_id": sheet.id, "school_id": sheet.school_id}
    rows = [dict(zip(HEAD_FIELDS, _values_of(head), strict=True)) | where for head in heads]
    session.execute(_upsert(session.get_bind().dialect.name), rows)


def step(
    session: Session, actor: Actor, sheet: AttendanceSheet, name: str, now: datetime,
    *, reason: str = "", details: Mapping[str, Any] | None = None, to_state: str | None = None,
    in_ledger: bool = True,
) -> None:
    """Take a step of a sheet: state, history row and ledger entry together.

    ``to_state`` is for steps that leave the state as it is; ``in_ledger`` False where the caller's save
    carries the step in its own entry. Raises InvalidState where the state does not allow the step.
    """
    after = to_state or next_state(name, sheet.state)
    if after is None:
        raise InvalidState(state=sheet.state, step=name)
    changed, sheet.state = sheet.state != after, after
    session.add(AttendanceStep(
        district_id=sheet.district_id, sheet_id=sheet.id, id=new_id(), step=name, to_state=after,
        revision=sheet.revision, reason=reason, details=dict(details or {}), actor_id=actor.account_id,
        acting_role=actor.role.value, recorded_at=now,
    ))
    if changed:
        session.flush()
        announcer.announce(session, RollStateChanged(
            sheet.district_id, sheet.school_id, sheet.id, sheet.subject_kind, sheet.subject_id, after,
            actor.account_id, actor.role.value, now,
        ))
    if not in_ledger:
        return
    append(session, NewEntry(
        district_id=sheet.district_id, school_id=sheet.school_id, kind=f"roll.{name}", subject_ref=sheet.subject_id,
        object_ref=sheet.id, payload={"state": after, "revision": sheet.revision, **dict(details or {})},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))


def reason_given(reason: str, limit: int = 200) -> str:
    """Return a reason cut to its column; refuse an empty one."""
    text = " ".join(reason.split())
    if not text:
        raise ReasonNeeded(field="reason")
    return text[:limit]
