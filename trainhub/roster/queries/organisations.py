"""Organisations and departments."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Department, OrgUnit


@dataclass(frozen=True, slots=True)
class OrgRow:
    """A bureau, centre school, school or teaching point. A bureau also has staff of its own."""

    id: str
    parent_id: str | None
    kind: str
    name: str
    short_name: str
    code: str
    stages: tuple[str, ...]
    opened_on: date | None
    closed_on: date | None
    sort_key: str

    def open_on(self, day: date) -> bool:
        """Whether the organisation exists on a day."""
        return (self.opened_on is None or self.opened_on <= day) and (self.closed_on is None or day <= self.closed_on)


def _row(unit: OrgUnit) -> OrgRow:
    return OrgRow(
        unit.id, unit.parent_id, unit.kind, unit.name, unit.short_name, unit.code, tuple(unit.stages),
        unit.opened_on, unit.closed_on, unit.sort_key,
    )


def schools(session: Session, scope: Scope) -> list[OrgRow]:
    """All organisations in scope, the bureau first, then by sort key. One statement."""
    query = select(OrgUnit).where(OrgUnit.district_id == scope.district_id)
    if scope.school_ids is not None:
        query = query.where(OrgUnit.id.in_(scope.school_ids))
    rows = [_row(unit) for unit in session.scalars(query)]
    return sorted(rows, key=lambda r: (r.kind != "bureau", r.sort_key, r.name, r.id))


def org(session: Session, scope: Scope, org_id: str) -> OrgRow:
    """One organisation. Raises :class:`NotFound` outside the scope."""
    unit = session.get(OrgUnit, (scope.district_id, org_id)) if scope.covers_school(org_id) else None
    if unit is None:
        raise NotFound
    return _row(unit)


def departments(session: Session, scope: Scope, school_id: str, *, closed: bool = False) -> list[tuple[str, str]]:
    """Departments of a school as (id, name), in pinyin order; open ones only unless ``closed``."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = select(Department.id, Department.name).where(
        Department.district_id == scope.district_id, Department.school_id == school_id
    )
    if not closed:
        query = query.where(Department.closed_on.is_(None))
    return [(row.id, row.name) for row in session.execute(query.order_by(Department.sort_key, Department.name))]
