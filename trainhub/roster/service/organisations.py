"""Organisations and departments are opened and closed by date."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import Department, DepartmentMembership, Employment, OrgUnit
from trainhub.roster.people_rules import clean_name, pinyin_key
from trainhub.roster.refusals import DateBeforeStart, NameMissing, NameTaken, StillInUse, UnknownWord
from trainhub.roster.service.employment import department_named
from trainhub.roster.service.facts import guard, record

KINDS = ("bureau", "center_school", "school", "teaching_point")
STAGES = ("primary", "junior", "senior", "vocational")


@dataclass(frozen=True, slots=True)
class CreateOrg:
    """A school (or, with kind ``bureau`` and id = district_id, the bureau itself)."""

    name: str
    kind: str
    stages: tuple[str, ...] = ()
    short_name: str = ""
    code: str = ""
    parent_id: str | None = None
    opened_on: date | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class CloseOrg:
    """Close an organisation; ``last_on`` is its last day. Everybody must have left or moved before."""

    org_id: str
    last_on: date
    reason: str = ""


def new_org(district_id: str, command: CreateOrg) -> OrgUnit:
    """Return an organisation with its keys, not added to a session (for seeds and first set-up)."""
    name = clean_name(command.name)
    if not name:
        raise NameMissing(field="name")
    if command.kind not in KINDS:
        raise UnknownWord(field="kind", value=command.kind)
    if any(stage not in STAGES for stage in command.stages):
        raise UnknownWord(field="stages", value=", ".join(command.stages))
    return OrgUnit(
        district_id=district_id, id=command.id or new_id(), parent_id=command.parent_id, kind=command.kind,
        name=name, short_name=clean_name(command.short_name)[:40] or name[:40], code=command.code.strip(),
        stages=list(command.stages), opened_on=command.opened_on, sort_key=pinyin_key(name),
    )


def create_org(session: Session, actor: Actor, command: CreateOrg, now: datetime) -> str:
    """Open a school under the bureau; returns its id. Bureau officers only. Raises NameTaken."""
    guard(actor, actor.district_id, Permission.POLICY_WRITE)
    unit = new_org(actor.district_id, command)
    taken = session.scalar(select(func.count()).select_from(OrgUnit).where(
        OrgUnit.district_id == actor.district_id, OrgUnit.name == unit.name, OrgUnit.closed_on.is_(None)
    ))
    if taken:
        raise NameTaken(field="name", name=unit.name)
    unit.parent_id = unit.parent_id or actor.district_id
    session.add(unit)
    record(
        session, actor, now, school_id=unit.id, kind="roster.org_opened", subject=unit.id, object_ref=unit.id,
        on=command.opened_on, payload={"kind": unit.kind, "stages": list(unit.stages), "code": unit.code},
    )
    return unit.id


def close_org(session: Session, actor: Actor, command: CloseOrg, now: datetime) -> None:
    """Close an organisation on a day. Raises StillInUse while somebody is on its staff after that day."""
    guard(actor, command.org_id, Permission.POLICY_WRITE)
    unit = session.get(OrgUnit, (actor.district_id, command.org_id))
    if unit is None or unit.id == actor.district_id:
        raise NotFound
    if unit.opened_on is not None and command.last_on < unit.opened_on:
        raise DateBeforeStart(field="last_on", from_on=unit.opened_on.isoformat())
    staff = session.scalar(select(func.count()).select_from(Employment).where(
        Employment.district_id == actor.district_id, Employment.school_id == unit.id,
        or_(Employment.to_on.is_(None), Employment.to_on > command.last_on),
    ))
    if staff:
        raise StillInUse(field="last_on", count=staff)
    unit.closed_on = command.last_on
    record(
        session, actor, now, school_id=unit.id, kind="roster.org_closed", subject=unit.id, object_ref=unit.id,
        on=command.last_on, payload={"last_on": command.last_on}, reason=command.reason,
    )


def create_department(session: Session, actor: Actor, school_id: str, name: str, now: datetime) -> str:
    """Open a department (or open a closed one again); returns its id."""
    guard(actor, school_id)
    if not clean_name(name):
        raise NameMissing(field="name")
    row = department_named(session, actor.district_id, school_id, name)
    record(session, actor, now, school_id=school_id, kind="roster.department_opened", subject=school_id,
           object_ref=row.id, payload={"name": row.name})
    return row.id


def close_department(
    session: Session, actor: Actor, school_id: str, department_id: str, last_on: date, now: datetime
) -> None:
    """Close a department. Raises StillInUse while somebody belongs to it after that day."""
    guard(actor, school_id)
    row = session.get(Department, (actor.district_id, department_id))
    if row is None or row.school_id != school_id:
        raise NotFound
    members = session.scalar(select(func.count()).select_from(DepartmentMembership).where(
        DepartmentMembership.district_id == actor.district_id, DepartmentMembership.department_id == department_id,
        or_(DepartmentMembership.to_on.is_(None), DepartmentMembership.to_on > last_on),
    ))
    if members:
        raise StillInUse(field="last_on", count=members)
    row.closed_on = last_on
    record(session, actor, now, school_id=school_id, kind="roster.department_closed", subject=school_id,
           object_ref=row.id, on=last_on, payload={"last_on": last_on})
