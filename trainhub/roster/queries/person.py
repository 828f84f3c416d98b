"""One person: dated history, merges."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Department, DepartmentMembership, OrgUnit, Person, PersonMerge
from trainhub.roster.queries.staff import EmploymentSpan, employments_of


@dataclass(frozen=True, slots=True)
class TimelineItem:
    """A dated line of a person's history. ``kind``: employment, department, post."""

    kind: str
    what: str
    where: str
    from_on: date
    to_on: date | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MergeRow:
    """A standing merge into this person, which can be taken back."""

    id: str
    merged_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class PersonPage:
    """What a person's page shows. ``current`` is the employment in the actor's school on the day, if any."""

    person_id: str
    name: str
    phone_tail: str
    employments: tuple[EmploymentSpan, ...]
    org_names: dict[str, str]
    timeline: tuple[TimelineItem, ...]
    current: EmploymentSpan | None
    merges: tuple[MergeRow, ...]


def person_page(session: Session, scope: Scope, person_id: str, day: date) -> PersonPage:
    """Everything dated about one person in scope. Raises :class:`NotFound` where nothing is in scope."""
    person = session.get(Person, (scope.district_id, person_id))
    spans = tuple(employments_of(session, scope, [person_id])) if person else ()
    if person is None or not spans:
        raise NotFound
    names = _org_names(session, scope.district_id, {s.school_id for s in spans})
    items = [TimelineItem("employment", s.category, names[s.school_id], s.from_on, s.to_on, s.left_reason) for s in spans]
    items += [
        TimelineItem("post", p.post, p.class_name or names[s.school_id], p.from_on, p.to_on) for s in spans for p in s.posts
    ]
    items += _departments(session, scope.district_id, {s.employment_id: names[s.school_id] for s in spans})
    return PersonPage(
        person.id, person.name, person.phone_tail, spans, names,
        tuple(sorted(items, key=lambda i: (i.from_on, i.kind), reverse=True)),
        next((s for s in reversed(spans) if s.covers(day)), None),
        _merges(session, scope.district_id, person_id),
    )


def _org_names(session: Session, district_id: str, org_ids: Collection[str]) -> dict[str, str]:
    query = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.district_id == district_id, OrgUnit.id.in_(org_ids))
    return {row.id: row.name for row in session.execute(query)}


def _departments(session: Session, district_id: str, employments: dict[str, str]) -> list[TimelineItem]:
    query = (
        select(DepartmentMembership, Department.name)
        .join(
            Department,
            and_(
                Department.district_id == DepartmentMembership.district_id,
                Department.id == DepartmentMembership.department_id,
            ),
        )
        .where(DepartmentMembership.district_id == district_id, DepartmentMembership.employment_id.in_(employments))
    )
    return [
        TimelineItem("department", name, employments[m.employment_id], m.from_on, m.to_on)
        for m, name in session.execute(query)
    ]


def _merges(session: Session, district_id: str, person_id: str) -> tuple[MergeRow, ...]:
    query = (
        select(PersonMerge, Person.name)
        .join(Person, and_(Person.district_id == PersonMerge.district_id, Person.id == PersonMerge.merged_id))
        .where(
            PersonMerge.district_id == district_id, PersonMerge.kept_id == person_id, PersonMerge.undone_at.is_(None)
        )
    )
    return tuple(MergeRow(m.id, name, m.reason) for m, name in session.execute(query))


def aliases(session: Session, district_id: str, person_ids: Collection[str]) -> dict[str, str]:
    """Map merged person ids to the id that stands for them, for these people. One statement.

    Both ways of asking work: ids that were merged away, and ids that others were merged into.
    Attendance of an alias counts for the person it stands for; overlapping minutes count once.
    """
    if not person_ids:
        return {}
    query = select(Person.id, Person.merged_into_id).where(
        Person.district_id == district_id,
        Person.merged_into_id.is_not(None),  # so few that an index of their own finds them
        or_(Person.id.in_(person_ids), Person.merged_into_id.in_(person_ids)),
    )
    return {row.id: row.merged_into_id for row in session.execute(query)}
