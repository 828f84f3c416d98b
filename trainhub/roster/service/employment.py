"""Hire, move, leave, change of department: dated records, nothing deleted."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Department, DepartmentMembership, Employment, OrgUnit, Person, PostAssignment
from trainhub.roster.people_rules import (
    CATEGORIES,
    CONTRACTS,
    LEFT_REASONS,
    Span,
    clean_name,
    initials,
    name_key,
    pinyin_key,
)
from trainhub.roster.refusals import (
    DateBeforeStart,
    NameMissing,
    PeriodsOverlap,
    SameSchool,
    StaffNumberTaken,
    UnknownWord,
)
from trainhub.roster.service.facts import announce, guard, record
from trainhub.roster.service.posts import AssignPost, place_post


@dataclass(frozen=True, slots=True)
class Hire:
    """Put somebody on the staff. ``posts`` are keys; ``phone_tail`` the last four digits only."""

    school_id: str
    name: str
    category: str
    from_on: date
    staff_no: str = ""
    contract: str = "staffed"
    department: str = ""
    hired_on: date | None = None
    is_home: bool = True
    phone_tail: str = ""
    posts: tuple[str, ...] = ()
    class_id: str | None = None
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Hired:
    """The ids made by hiring."""

    person_id: str
    employment_id: str


@dataclass(frozen=True, slots=True)
class Move:
    """Move somebody to another organisation; ``on`` is the first day there."""

    person_id: str
    school_id: str
    to_school_id: str
    on: date
    department: str = ""
    staff_no: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """End an employment; ``last_on`` is the last day. ``why`` is one of LEFT_REASONS."""

    person_id: str
    school_id: str
    last_on: date
    why: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ChangeDepartment:
    """Put somebody into another department from a day on; "" takes them out of any."""

    person_id: str
    school_id: str
    department: str
    on: date


@dataclass(frozen=True, slots=True)
class CorrectDetails:
    """Correct what was written wrongly: this changes the record, not the history."""

    person_id: str
    school_id: str
    name: str
    staff_no: str
    category: str
    contract: str
    hired_on: date | None
    ce_opt_out: bool
    reason: str = ""


def new_person(district_id: str, name: str, now: datetime, *, phone_tail: str = "") -> Person:
    """Return a person with the keys under which it is found and sorted. Not added to a session."""
    return Person(
        district_id=district_id, id=new_id(), name=clean_name(name), name_key=name_key(name),
        sort_key=pinyin_key(name), initials=initials(name), phone_tail=phone_tail[-4:], created_at=now,
    )


def hire(session: Session, actor: Actor, command: Hire, now: datetime) -> Hired:
    """Open an employment, for a new person or (``person_id``) for one known to the school.

    Raises NameMissing, UnknownWord, StaffNumberTaken, PeriodsOverlap.
    """
    guard(actor, command.school_id)
    _check_words(command.category, command.contract)
    if not name_key(command.name) and command.person_id is None:
        raise NameMissing(field="name")
    _free_number(session, actor.district_id, command.school_id, command.staff_no, command.from_on)
    if command.person_id is None:
        person = new_person(actor.district_id, command.name, now, phone_tail=command.phone_tail)
        session.add(person)
        session.flush()
    else:
        person = _known_person(session, actor, command.person_id)
    employment = _open(
        session, actor.district_id, person.id, command.school_id, Span(command.from_on), now,
        staff_no=command.staff_no.strip(), category=command.category, contract=command.contract,
        is_home=command.is_home, hired_on=command.hired_on,
    )
    _enter_department(session, actor.district_id, employment, command.department, command.from_on)
    for post in command.posts:
        place_post(session, actor.district_id, AssignPost(person.id, command.school_id, post, command.from_on, command.class_id))
    record(
        session, actor, now, school_id=command.school_id, kind="roster.hired", subject=person.id,
        object_ref=employment.id, on=command.from_on,
        payload={"category": command.category, "contract": command.contract, "from_on": command.from_on,
                 "hired_on": command.hired_on, "is_home": command.is_home, "posts": list(command.posts)},
    )
    announce(session, actor, [command.school_id], [person.id])
    return Hired(person.id, employment.id)


def move(session: Session, actor: Actor, command: Move, now: datetime) -> Hired:
    """Close the employment the day before and open one elsewhere in the district (case 1).

    Minutes follow the person. An entry goes into both schools' chains. Raises SameSchool,
    DateBeforeStart, PeriodsOverlap, NotFound.
    """
    guard(actor, command.school_id)
    if command.to_school_id == command.school_id:
        raise SameSchool(field="to_school_id")
    target = session.get(OrgUnit, (actor.district_id, command.to_school_id))
    if target is None or (target.closed_on is not None and target.closed_on < command.on):
        raise NotFound
    old = employment_on(session, actor.district_id, command.person_id, command.school_id, command.on)
    if command.on <= old.from_on:
        raise DateBeforeStart(field="on", from_on=old.from_on.isoformat())
    _free_number(session, actor.district_id, command.to_school_id, command.staff_no, command.on)
    _close(session, old, command.on - timedelta(days=1), "moved")
    opened = _open(
        session, actor.district_id, old.person_id, command.to_school_id, Span(command.on), now,
        staff_no=command.staff_no.strip(), category=old.category, contract=old.contract, is_home=old.is_home,
        hired_on=old.hired_on, ce_opt_out=old.ce_opt_out,
    )
    _enter_department(session, actor.district_id, opened, command.department, command.on)
    payload = {"from_school": command.school_id, "to_school": command.to_school_id, "on": command.on}
    for school_id, kind, row in (
        (command.school_id, "roster.moved_away", old), (command.to_school_id, "roster.moved_in", opened),
    ):
        record(session, actor, now, school_id=school_id, kind=kind, subject=old.person_id, object_ref=row.id,
               on=command.on, payload=payload, reason=command.reason)
    announce(session, actor, [command.school_id, command.to_school_id], [old.person_id])
    return Hired(old.person_id, opened.id)


def leave(session: Session, actor: Actor, command: Leave, now: datetime) -> None:
    """End an employment with its departments and posts on its last day (case 4). Raises DateBeforeStart."""
    guard(actor, command.school_id)
    if command.why not in LEFT_REASONS:
        raise UnknownWord(field="why", value=command.why)
    old = employment_on(session, actor.district_id, command.person_id, command.school_id, command.last_on)
    _close(session, old, command.last_on, command.why)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.left", subject=old.person_id,
        object_ref=old.id, on=command.last_on, payload={"last_on": command.last_on, "why": command.why},
        reason=command.reason,
    )
    announce(session, actor, [command.school_id], [old.person_id])


def change_department(session: Session, actor: Actor, command: ChangeDepartment, now: datetime) -> None:
    """Close one department and enter another on the day. The same department again changes nothing."""
    guard(actor, command.school_id)
    held = employment_on(session, actor.district_id, command.person_id, command.school_id, command.on)
    _leave_department(session, held, command.on - timedelta(days=1))
    _enter_department(session, actor.district_id, held, command.department, command.on)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.department", subject=held.person_id,
        object_ref=held.id, on=command.on, payload={"department": command.department, "on": command.on},
    )
    announce(session, actor, [command.school_id], [held.person_id])


def correct(session: Session, actor: Actor, command: CorrectDetails, now: datetime) -> None:
    """Correct name, number, category, contract or hiring day. The ledger keeps which fields changed."""
    guard(actor, command.school_id)
    _check_words(command.category, command.contract)
    if not name_key(command.name):
        raise NameMissing(field="name")
    held = latest_employment(session, actor.district_id, command.person_id, command.school_id)
    person = session.get_one(Person, (actor.district_id, held.person_id))
    number = command.staff_no.strip()
    if number != held.staff_no:
        _free_number(session, actor.district_id, command.school_id, number, held.from_on, but=held.id)
    wanted = {"staff_no": number, "category": command.category, "contract": command.contract,
              "hired_on": command.hired_on, "ce_opt_out": command.ce_opt_out}
    changed = [key for key, value in wanted.items() if getattr(held, key) != value]
    for key in changed:
        setattr(held, key, wanted[key])
    if person.name != clean_name(command.name):
        rename(person, command.name)
        changed.append("name")
    if not changed:
        return
    record(
        session, actor, now, school_id=command.school_id, kind="roster.corrected", subject=person.id,
        object_ref=held.id, payload={"fields": sorted(changed), "category": command.category,
                                     "contract": command.contract, "hired_on": command.hired_on},
        reason=command.reason,
    )
    announce(session, actor, [command.school_id], [person.id])


def rename(person: Person, name: str) -> None:
    """Give a person another spelling and the keys that go with it."""
    person.name, person.name_key = clean_name(name), name_key(name)
    person.sort_key, person.initials = pinyin_key(name), initials(name)


def employment_on(session: Session, district_id: str, person_id: str, school_id: str, day: date) -> Employment:
    """The employment of a person at a school that covers a day. Raises NotFound, DateBeforeStart."""
    rows = list(session.scalars(
        select(Employment).where(
            Employment.district_id == district_id, Employment.person_id == person_id,
            Employment.school_id == school_id,
        ).order_by(Employment.from_on)
    ))
    for row in rows:
        if Span(row.from_on, row.to_on).covers(day):
            return row
    if rows and day < rows[0].from_on:
        raise DateBeforeStart(field="on", from_on=rows[0].from_on.isoformat())
    raise NotFound


def latest_employment(session: Session, district_id: str, person_id: str, school_id: str) -> Employment:
    """The last employment of a person at a school. Raises NotFound."""
    row = session.scalars(
        select(Employment).where(
            Employment.district_id == district_id, Employment.person_id == person_id,
            Employment.school_id == school_id,
        ).order_by(Employment.from_on.desc()).limit(1)
    ).first()
    if row is None:
        raise NotFound
    return row


def _check_words(category: str, contract: str) -> None:
    if category not in CATEGORIES:
        raise UnknownWord(field="category", value=category)
    if contract not in CONTRACTS:
        raise UnknownWord(field="contract", value=contract)


def _known_person(session: Session, actor: Actor, person_id: str) -> Person:
    """A person whom the actor's school has employed before: nobody else's people can be pulled in."""
    from trainhub.kernel.permissions import Permission
    from trainhub.roster.queries.staff import employments_of

    if not employments_of(session, actor.scope(Permission.ROSTER_WRITE), [person_id]):
        raise NotFound
    return session.get_one(Person, (actor.district_id, person_id))


def _free_number(
    session: Session, district_id: str, school_id: str, staff_no: str, day: date, but: str = ""
) -> None:
    if not staff_no.strip():
        return
    taken = session.execute(
        select(Person.name).join(
            Employment, (Employment.district_id == Person.district_id) & (Employment.person_id == Person.id)
        ).where(
            Employment.district_id == district_id, Employment.school_id == school_id,
            func.lower(Employment.staff_no) == staff_no.strip().lower(), Employment.id != but,
            or_(Employment.to_on.is_(None), Employment.to_on >= day), Person.merged_into_id.is_(None),
        )
    ).first()
    if taken is not None:
        raise StaffNumberTaken(field="staff_no", staff_no=staff_no.strip(), name=taken.name)


def _open(
    session: Session, district_id: str, person_id: str, school_id: str, span: Span, now: datetime, *,
    staff_no: str, category: str, contract: str, is_home: bool, hired_on: date | None, ce_opt_out: bool = False,
) -> Employment:
    others = list(session.scalars(
        select(Employment).where(Employment.district_id == district_id, Employment.person_id == person_id)
    ))
    for other in others:
        if other.school_id == school_id and Span(other.from_on, other.to_on).touches(span):
            raise PeriodsOverlap(field="from_on")
    elsewhere = any(o.is_home and Span(o.from_on, o.to_on).touches(span) for o in others if o.school_id != school_id)
    row = Employment(
        district_id=district_id, id=new_id(), person_id=person_id, school_id=school_id, staff_no=staff_no,
        category=category, contract=contract, is_home=is_home and not elsewhere, from_on=span.from_on,
        to_on=span.to_on, left_reason="", ce_opt_out=ce_opt_out, hired_on=hired_on, created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def _close(session: Session, row: Employment, last_on: date, why: str) -> None:
    if last_on < row.from_on:
        raise DateBeforeStart(field="last_on", from_on=row.from_on.isoformat())
    row.to_on, row.left_reason = last_on, why
    _leave_department(session, row, last_on)
    for post in session.scalars(
        select(PostAssignment).where(
            PostAssignment.district_id == row.district_id, PostAssignment.person_id == row.person_id,
            PostAssignment.school_id == row.school_id,
            or_(PostAssignment.to_on.is_(None), PostAssignment.to_on > last_on),
        )
    ):
        post.to_on = max(last_on, post.from_on)
    session.flush()


def _leave_department(session: Session, row: Employment, last_on: date) -> None:
    for member in session.scalars(
        select(DepartmentMembership).where(
            DepartmentMembership.district_id == row.district_id, DepartmentMembership.employment_id == row.id,
            or_(DepartmentMembership.to_on.is_(None), DepartmentMembership.to_on > last_on),
        )
    ):
        if member.from_on > last_on:
            session.delete(member)  # entered and left within the same day: never came true
        else:
            member.to_on = last_on
    session.flush()


def _enter_department(session: Session, district_id: str, row: Employment, name: str, on: date) -> None:
    if not name.strip():
        return
    department = department_named(session, district_id, row.school_id, name)
    session.add(DepartmentMembership(
        district_id=district_id, id=new_id(), employment_id=row.id, department_id=department.id,
        from_on=max(on, row.from_on), to_on=None,
    ))
    session.flush()


def department_named(session: Session, district_id: str, school_id: str, name: str) -> Department:
    """The department of that name, opened again or created where it is not there."""
    text = clean_name(name)[:60]
    found = session.scalars(select(Department).where(
        Department.district_id == district_id, Department.school_id == school_id, Department.name == text
    )).one_or_none()
    if found is None:
        found = Department(
            district_id=district_id, id=new_id(), school_id=school_id, name=text, sort_key=pinyin_key(text)[:120]
        )
        session.add(found)
        session.flush()
    found.closed_on = None
    return found
