"""Classes split, merged, or away for a term (cases 32, 44): what happened, from which day, and how it is taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import insert_many
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base, is_projection
from trainhub.roster.models import ClassChange, ClassException, ClassMembership, PostAssignment, SchoolClass
from trainhub.roster.refusals import (
    AlreadyApplied,
    BuiltUpon,
    DateBeforeStart,
    NobodyMoves,
    NotThatClass,
    ReasonMissing,
    UnknownWord,
)
from trainhub.roster.service.classes import CreateClass, create_class
from trainhub.roster.service.facts import announce, announce_classes, guard, record
from trainhub.roster.service.timetable_import import within_term


@dataclass(frozen=True, slots=True)
class ChangeClass:
    """Pupils of a class go on in another from a day: an existing one, or a new one of that number in the grade.

    ``student_ids`` None moves everybody and closes the class (a merger); else the named pupils move (a split).
    """

    from_class_id: str
    on_day: date
    reason: str
    to_class_id: str = ""
    new_class_no: int = 0
    student_ids: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class EnterException:
    """A class for which a term runs otherwise: ``kind`` internship or other, with the paper it rests on."""

    class_id: str
    school_year: str
    season: str
    kind: str
    from_on: date
    to_on: date
    note: str = ""
    document: str = ""


def _open_class(session: Session, actor: Actor, class_id: str, day: date) -> SchoolClass:
    row = session.scalars(select(SchoolClass).where(
        SchoolClass.district_id == actor.district_id, SchoolClass.id == class_id
    ).with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    guard(actor, row.school_id)
    if row.closed_on is not None and row.closed_on < day:
        raise NotThatClass
    if row.opened_on >= day:
        raise DateBeforeStart(field="on_day", from_on=row.opened_on.isoformat())
    return row


def change_class(session: Session, actor: Actor, command: ChangeClass, now: datetime) -> str:
    """Split or merge; returns the change's id. The statements do not grow with the pupils.

    Raises ReasonMissing, NotThatClass, NobodyMoves, DateBeforeStart, NameTaken, NotFound.
    """
    if not command.reason.strip():
        raise ReasonMissing(field="reason")
    source = _open_class(session, actor, command.from_class_id, command.on_day)
    made = not command.to_class_id
    target = _target(session, actor, command, source, now)
    held = _members(session, source, command)
    if not held and command.student_ids is not None:
        raise NobodyMoves
    moved = _move(session, source, target, held, command.on_day)
    closes = command.student_ids is None
    moved |= {"closed": closes, "opened": made, "posts": []}
    if closes:
        _close(session, actor, source, command.on_day, moved)
    row = ClassChange(
        district_id=actor.district_id, id=new_id(), from_class_id=source.id, to_class_id=target.id, kind="merge" if closes else "split",
        on_day=command.on_day, reason=command.reason.strip()[:200], moved=moved, entered_by=actor.account_id, entered_at=now,
    )
    session.add(row)
    record(
        session, actor, now, school_id=source.school_id, kind="roster.class_changed", subject=source.id, object_ref=row.id,
        on=command.on_day, reason=row.reason,
        payload={"kind": row.kind, "from": source.id, "to": target.id, "pupils": len(held), "closed": closes, "opened": made},
    )
    announce_classes(session, actor, source.school_id)
    return row.id


def _close(session: Session, actor: Actor, source: SchoolClass, day: date, moved: dict[str, Any]) -> None:
    """Close a class, and the homeroom posts that went with it, the day before."""
    moved["closed_on"] = _text(source.closed_on)
    source.closed_on = day - timedelta(days=1)
    posts = list(session.scalars(select(PostAssignment).where(
        PostAssignment.district_id == source.district_id, PostAssignment.class_id == source.id, PostAssignment.from_on < day,
        or_(PostAssignment.to_on.is_(None), PostAssignment.to_on >= day),
    )))
    moved["posts"] = [[post.id, _text(post.to_on)] for post in posts]
    for post in posts:
        post.to_on = day - timedelta(days=1)
    announce(session, actor, [source.school_id], [post.person_id for post in posts])


def _target(session: Session, actor: Actor, command: ChangeClass, source: SchoolClass, now: datetime) -> SchoolClass:
    key = command.to_class_id
    if not key:
        key = create_class(session, actor, CreateClass(
            source.school_id, source.school_year, source.grade, command.new_class_no, command.on_day), now)
    target = session.get(SchoolClass, (actor.district_id, key))
    if target is None or target.school_id != source.school_id:
        raise NotFound
    gone = target.opened_on > command.on_day or (target.closed_on is not None and target.closed_on < command.on_day)
    if target.id == source.id or target.school_year != source.school_year or target.grade != source.grade or gone:
        raise NotThatClass
    return target


def _members(session: Session, source: SchoolClass, command: ChangeClass) -> list[ClassMembership]:
    query = select(ClassMembership).where(
        ClassMembership.district_id == source.district_id, ClassMembership.class_id == source.id,
        ClassMembership.from_on < command.on_day, or_(ClassMembership.to_on.is_(None), ClassMembership.to_on >= command.on_day),
    )
    found = list(session.scalars(query))
    if command.student_ids is None:
        return found
    wanted = set(command.student_ids)
    chosen = [one for one in found if one.student_id in wanted]
    if {one.student_id for one in chosen} != wanted:
        raise NotFound
    return chosen


def _move(session: Session, source: SchoolClass, target: SchoolClass, held: Sequence[ClassMembership], day: date) -> dict[str, Any]:
    """End memberships the day before and begin new ones; numbers in class are given anew by the target."""
    tenant = source.district_id
    rows = [
        {"district_id": tenant, "id": new_id(), "student_id": one.student_id, "class_id": target.id, "number_in_class": "",
         "from_on": day, "to_on": one.to_on}
        for one in held
    ]
    ended = [[one.id, one.to_on.isoformat() if one.to_on else None] for one in held]
    session.flush()
    if held:
        session.execute(update(ClassMembership).where(
            ClassMembership.district_id == tenant, ClassMembership.id.in_([one.id for one in held])
        ).values(to_on=day - timedelta(days=1)).execution_options(synchronize_session=False))
    insert_many(session, insert(ClassMembership.__table__), rows)  # type: ignore[arg-type]
    for one in held:
        session.expire(one)
    return {"ended": ended, "created": [row["id"] for row in rows]}


def undo_change(session: Session, actor: Actor, change_id: str, reason: str, now: datetime) -> None:
    """Put pupils and classes back as they were before a change, where nothing was built on it.

    Raises NotFound, AlreadyApplied (undone before), BuiltUpon.
    """
    row = session.get(ClassChange, (actor.district_id, change_id), with_for_update=True)
    source = session.get(SchoolClass, (actor.district_id, row.from_class_id)) if row is not None else None
    if row is None or source is None:
        raise NotFound
    guard(actor, source.school_id)
    if row.undone_at is not None:
        raise AlreadyApplied
    target_id, opened = row.to_class_id, bool(row.moved.get("opened"))
    _refuse_if_built_upon(session, row)
    _move_back(session, row)
    if row.moved.get("closed"):
        _reopen(session, actor, source, row)
    if row.moved.get("opened"):  # a class that was open to nobody is no class; the ledger keeps what happened
        session.delete(row)
        session.flush()
        session.delete(session.get_one(SchoolClass, (actor.district_id, row.to_class_id)))
    else:
        row.undone_at = now
    record(
        session, actor, now, school_id=source.school_id, kind="roster.class_change_undone", subject=source.id, object_ref=change_id,
        payload={"from": source.id, "to": target_id, "opened": opened}, reason=reason,
    )
    announce_classes(session, actor, source.school_id)


def _reopen(session: Session, actor: Actor, source: SchoolClass, row: ClassChange) -> None:
    closed_on = row.moved.get("closed_on")
    source.closed_on = date.fromisoformat(closed_on) if closed_on else None
    before = dict(row.moved.get("posts", ()))
    people = []
    for post in session.scalars(select(PostAssignment).where(
        PostAssignment.district_id == row.district_id, PostAssignment.id.in_(list(before)),
        PostAssignment.to_on == row.on_day - timedelta(days=1),
    )):
        old = before[post.id]
        post.to_on = date.fromisoformat(old) if old else None
        people.append(post.person_id)
    announce(session, actor, [source.school_id], people)


def _refuse_if_built_upon(session: Session, row: ClassChange) -> None:
    """Every membership must stand as the change left it, no later change may follow, and a new class may have nothing of its own."""
    tenant, until = row.district_id, row.on_day - timedelta(days=1)
    ended, created = [key for key, _ in row.moved["ended"]], list(row.moved["created"])
    stands = {m.id: m for m in session.scalars(select(ClassMembership).where(
        ClassMembership.district_id == tenant, ClassMembership.id.in_([*ended, *created])
    ).execution_options(populate_existing=True))}
    before = dict(row.moved["ended"])
    wanted = dict(zip(created, before.values(), strict=True))
    count = sum(key not in stands or stands[key].to_on != until for key in ended)
    count += sum(key not in stands or _text(stands[key].to_on) != old for key, old in wanted.items())
    both = (row.from_class_id, row.to_class_id)
    count += session.scalar(select(func.count()).select_from(ClassChange).where(
        ClassChange.district_id == tenant, ClassChange.id != row.id, ClassChange.undone_at.is_(None), ClassChange.on_day >= row.on_day,
        or_(ClassChange.from_class_id.in_(both), ClassChange.to_class_id.in_(both)), ClassChange.id > row.id,
    )) or 0
    if row.moved.get("opened"):
        count += _references(session, row, set(created))
    if count:
        raise BuiltUpon(count=count)


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _references(session: Session, row: ClassChange, own: set[str]) -> int:
    """Rows of any room that refer to the class which the change opened, other than the change's own."""
    count = 0
    for table in Base.metadata.sorted_tables:
        if is_projection(table):
            continue
        for constraint in table.foreign_key_constraints:
            columns = [c for c in constraint.columns if c.name != "district_id"]
            if constraint.referred_table.name != "school_class" or len(columns) != 1:
                continue
            query = select(func.count()).select_from(table).where(table.c.district_id == row.district_id, columns[0] == row.to_class_id)
            if table.name == "class_membership":
                query = query.where(table.c.id.not_in(own))
            if table.name == "class_change":
                query = query.where(table.c.id != row.id)
            count += session.scalar(query) or 0
    return count


def _move_back(session: Session, row: ClassChange) -> None:
    created = list(row.moved["created"])
    if not created:
        return
    session.execute(delete(ClassMembership).where(
        ClassMembership.district_id == row.district_id, ClassMembership.id.in_(created)
    ).execution_options(synchronize_session=False))
    session.execute(update(ClassMembership), [
        {"district_id": row.district_id, "id": key, "to_on": date.fromisoformat(old) if old else None} for key, old in row.moved["ended"]
    ])
    session.expire_all()


# --- exceptions (case 44) ---------------------------------------------------------------------------


def enter_exception(session: Session, actor: Actor, command: EnterException, now: datetime) -> str:
    """Say that a term runs otherwise for a class; returns the entry's id. Raises UnknownWord, DateBeforeStart, DayOutsideTerm, ReasonMissing."""
    row = session.get(SchoolClass, (actor.district_id, command.class_id))
    if row is None:
        raise NotFound
    guard(actor, row.school_id)
    if command.kind not in ("internship", "other") or command.season not in ("autumn", "spring"):
        raise UnknownWord(field="kind", value=command.kind)
    if not (command.note.strip() or command.document.strip()):
        raise ReasonMissing(field="note")
    if command.to_on < command.from_on:
        raise DateBeforeStart(field="to_on", from_on=command.from_on.isoformat())
    if row.school_year != command.school_year:
        raise NotThatClass
    for day in (command.from_on, command.to_on):
        within_term(session, actor.district_id, row.school_id, command.school_year, command.season, day)
    made = ClassException(
        district_id=actor.district_id, id=new_id(), class_id=row.id, school_year=command.school_year, season=command.season,
        kind=command.kind, note=command.note.strip()[:200], document=command.document.strip()[:120], from_on=command.from_on,
        to_on=command.to_on, entered_by=actor.account_id, entered_at=now,
    )
    session.add(made)
    record(
        session, actor, now, school_id=row.school_id, kind="roster.class_exception", subject=row.id, object_ref=made.id, on=command.from_on,
        payload={"kind": made.kind, "document": made.document, "from_on": made.from_on, "to_on": made.to_on,
                 "school_year": made.school_year, "season": made.season},
        reason=made.note,
    )
    announce_classes(session, actor, row.school_id)
    return made.id


def revoke_exception(session: Session, actor: Actor, exception_id: str, reason: str, now: datetime) -> None:
    """Take an entry back; it stays on record. Raises NotFound, AlreadyApplied, ReasonMissing."""
    row = session.get(ClassException, (actor.district_id, exception_id), with_for_update=True)
    group = session.get(SchoolClass, (actor.district_id, row.class_id)) if row is not None else None
    if row is None or group is None:
        raise NotFound
    guard(actor, group.school_id)
    if row.revoked_at is not None:
        raise AlreadyApplied
    if not reason.strip():
        raise ReasonMissing(field="reason")
    row.revoked_at, row.revoked_by, row.revoked_reason = now, actor.account_id, reason.strip()[:200]
    record(
        session, actor, now, school_id=group.school_id, kind="roster.class_exception_revoked", subject=group.id, object_ref=row.id,
        payload={"kind": row.kind}, reason=row.revoked_reason,
    )
    announce_classes(session, actor, group.school_id)
