"""Classes of a school year, and the rollover into the next (case 31: 5(3) becomes 6(3) as a new record)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.roster.models import ClassMembership, PostAssignment, SchoolClass, Student
from trainhub.roster.queries.staff import during
from trainhub.roster.refusals import NameTaken, UnknownWord
from trainhub.roster.service.facts import announce, announce_classes, guard, record

_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class CreateClass:
    """A class: grade 1-12 and number within the grade."""

    school_id: str
    school_year: str
    grade: int
    class_no: int
    opened_on: date
    name: str = ""


@dataclass(frozen=True, slots=True)
class Rollover:
    """Carry every class of a school year into the next. ``last_grade`` leaves the school.

    ``keep_homeroom`` lets homeroom teachers go up with their class.
    """

    school_id: str
    from_year: str
    to_year: str
    starts_on: date
    last_grade: int
    keep_homeroom: bool = True


@dataclass(frozen=True, slots=True)
class RolledOver:
    """What a rollover did."""

    classes: int
    pupils: int
    graduated: int


def class_name(grade: int, class_no: int) -> str:
    """The name schools write: grade 8 class 3 is 八年级（3）班, grade 10 is 高一."""
    if not 1 <= grade <= 12:
        raise UnknownWord(field="grade", value=str(grade))
    head = f"{_DIGITS[grade]}年级" if grade <= 9 else f"高{_DIGITS[grade - 9]}"
    return f"{head}（{class_no}）班"


def new_class(district_id: str, command: CreateClass) -> SchoolClass:
    """Return a class, not added to a session."""
    if not 1 <= command.class_no <= 99:
        raise UnknownWord(field="class_no", value=str(command.class_no))
    return SchoolClass(
        district_id=district_id, id=new_id(), school_id=command.school_id, school_year=command.school_year,
        grade=command.grade, class_no=command.class_no,
        name=(command.name or class_name(command.grade, command.class_no))[:40], opened_on=command.opened_on,
    )


def create_class(session: Session, actor: Actor, command: CreateClass, now: datetime) -> str:
    """Open a class; returns its id. Raises NameTaken."""
    guard(actor, command.school_id)
    row = new_class(actor.district_id, command)
    taken = session.scalars(select(SchoolClass.id).where(
        SchoolClass.district_id == actor.district_id, SchoolClass.school_id == command.school_id,
        SchoolClass.school_year == command.school_year, SchoolClass.grade == command.grade,
        SchoolClass.class_no == command.class_no,
    )).first()
    if taken:
        raise NameTaken(field="class_no", name=row.name)
    session.add(row)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.class_opened", subject=row.id, object_ref=row.id,
        on=command.opened_on,
        payload={"school_year": row.school_year, "grade": row.grade, "class_no": row.class_no},
    )
    announce_classes(session, actor, command.school_id)
    return row.id


def roll_over(session: Session, actor: Actor, command: Rollover, now: datetime) -> RolledOver:
    """Open next year's classes, link them, carry pupils and (if asked) homeroom teachers. Idempotent.

    Old classes close the day before; their records stay as they were. The statements do not grow
    with the pupils.
    """
    guard(actor, command.school_id)
    tenant, last_on = actor.district_id, command.starts_on - timedelta(days=1)
    old = [c for c in _classes(session, tenant, command.school_id, command.from_year)
           if c.closed_on is None or c.closed_on >= last_on]  # one that was merged away has no successor (case 32)
    there = {(c.grade, c.class_no) for c in _classes(session, tenant, command.school_id, command.to_year)}
    successor: dict[str, str] = {}
    for group in old:
        group.closed_on = group.closed_on or last_on
        if group.grade < command.last_grade and (group.grade + 1, group.class_no) not in there:
            row = new_class(tenant, CreateClass(command.school_id, command.to_year, group.grade + 1, group.class_no, command.starts_on))
            row.previous_id = group.id
            session.add(row)
            successor[group.id] = row.id
    session.flush()
    leaving = {c.id for c in old if c.grade >= command.last_grade}
    pupils = _carry_pupils(session, tenant, successor, command.starts_on)
    graduated = _graduate(session, tenant, leaving, command.starts_on)
    teachers = _carry_homeroom(session, tenant, successor, leaving, command)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.rollover", subject=command.school_id,
        object_ref=command.to_year, on=command.starts_on,
        payload={"from": command.from_year, "to": command.to_year, "classes": len(successor), "pupils": pupils,
                 "graduated": graduated},
    )
    announce(session, actor, [command.school_id], teachers)
    announce_classes(session, actor, command.school_id)
    return RolledOver(len(successor), pupils, graduated)


def _classes(session: Session, tenant: str, school_id: str, year: str) -> list[SchoolClass]:
    return list(session.scalars(select(SchoolClass).where(
        SchoolClass.district_id == tenant, SchoolClass.school_id == school_id, SchoolClass.school_year == year
    )))


def _open_memberships(session: Session, tenant: str, class_ids: set[str], day: date) -> list[ClassMembership]:
    if not class_ids:
        return []
    return list(session.scalars(select(ClassMembership).where(
        ClassMembership.district_id == tenant, ClassMembership.class_id.in_(class_ids),
        ClassMembership.from_on < day, ClassMembership.to_on.is_(None),
    )))


def _carry_pupils(session: Session, tenant: str, successor: dict[str, str], day: date) -> int:
    held = _open_memberships(session, tenant, set(successor), day)
    rows = [
        {"district_id": tenant, "id": new_id(), "student_id": m.student_id, "class_id": successor[m.class_id],
         "number_in_class": m.number_in_class, "from_on": day}
        for m in held
    ]
    if rows:
        _end(session, tenant, set(successor), day)
        session.execute(insert(ClassMembership), rows)
    return len(rows)


def _graduate(session: Session, tenant: str, leaving: set[str], day: date) -> int:
    held = _open_memberships(session, tenant, leaving, day)
    if held:
        _end(session, tenant, leaving, day)
        session.execute(
            update(Student).where(Student.district_id == tenant, Student.id.in_([m.student_id for m in held]))
            .values(to_on=day - timedelta(days=1)).execution_options(synchronize_session=False)
        )
    return len(held)


def _end(session: Session, tenant: str, class_ids: set[str], day: date) -> None:
    session.execute(
        update(ClassMembership).where(
            ClassMembership.district_id == tenant, ClassMembership.class_id.in_(class_ids),
            ClassMembership.to_on.is_(None), ClassMembership.from_on < day,
        ).values(to_on=day - timedelta(days=1)).execution_options(synchronize_session=False)
    )


def _carry_homeroom(
    session: Session, tenant: str, successor: dict[str, str], leaving: set[str], command: Rollover
) -> list[str]:
    class_ids = set(successor) | leaving
    if not class_ids:
        return []
    posts = list(session.scalars(select(PostAssignment).where(
        PostAssignment.district_id == tenant, PostAssignment.class_id.in_(class_ids),
        during(PostAssignment.from_on, PostAssignment.to_on, command.starts_on - timedelta(days=1), date.max),
        PostAssignment.to_on.is_(None),
    )))
    for post in posts:
        post.to_on = max(post.from_on, command.starts_on - timedelta(days=1))
        if command.keep_homeroom and post.class_id in successor:
            session.add(PostAssignment(
                district_id=tenant, id=new_id(), person_id=post.person_id, school_id=post.school_id, post=post.post,
                class_id=successor[post.class_id], from_on=command.starts_on,
            ))
    return [post.person_id for post in posts]
