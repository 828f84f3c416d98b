"""Where the people of one school stand: everybody with what they owe, did, and are booked for.

For the present the stored obligations are read; for a past day they are judged anew from the facts of that
day. Statement counts do not grow with people.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now as clock_now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import Department, Employment, OrgUnit, Person
from trainhub.roster.queries import policy_book
from trainhub.training.models import TrainingObligation
from trainhub.training.queries.facts import (
    Moment,
    Requirement,
    closed_units,
    judge,
    load,
    requirement_of,
    year_named,
)
from trainhub.training.queries.turnout import Cell, Column, Turnout, parts_of, tallied_columns, turnout_of
from trainhub.training.rules.coverage import CountingBasis, Totals, tally, tally_by
from trainhub.training.rules.obligations import STILL_OWING, Obligation, State


@dataclass(frozen=True, slots=True)
class Definition:
    """What a figure means: the year, the rule version, the numbers used. Printed beside every figure."""

    year: RequirementYear
    requirement: str
    version: int
    required_minutes: int
    homeroom_extra_minutes: int
    period_minutes: int
    moment: Moment
    closed: bool = False

    @property
    def previous_key(self) -> str:
        """Key of the year before."""
        return RequirementYear(self.year.start_year - 1, self.year.kind).key

    @classmethod
    def of(cls, policy: Policy, year: RequirementYear, title: str, moment: Moment, *, closed: bool = False) -> "Definition":
        """The definition that a policy gives."""
        return cls(
            year, title, policy.version, policy["training_min_minutes"], policy["homeroom_extra_minutes"],
            policy["period_minutes"], moment, closed,
        )


@dataclass(frozen=True, slots=True)
class StandingRow:
    """One person in the list of a school."""

    obligation: Obligation
    name: str
    initials: str
    sort_key: str
    staff_no: str
    department_sort: str
    cells: Mapping[str, Cell] = field(default_factory=dict)
    booked: int = 0

    @property
    def out_of_reach(self) -> bool:
        """More is missing than is planned for the person: somebody must arrange something (in time)."""
        return self.obligation.state in STILL_OWING and self.booked < self.obligation.missing

    @property
    def order(self) -> tuple[Any, ...]:
        """Order of a printed list: department, then name; people without a department last."""
        return (not self.obligation.department, self.department_sort, self.sort_key, self.obligation.person_id)


@dataclass(frozen=True, slots=True)
class StandingPage:
    """Everybody of a school with the trainings of the year."""

    school_id: str
    school_name: str
    definition: Definition
    rows: tuple[StandingRow, ...]
    columns: tuple[Column, ...]
    totals: Totals

    def by_department(self) -> list[tuple[str, Totals]]:
        """Totals by department, the largest gap first, then the largest department."""
        sort = {r.obligation.department: r.department_sort for r in self.rows}
        groups = tally_by((r.obligation for r in self.rows), lambda o: [o.department])
        shown = [(name, t) for name, t in groups.items() if t.in_scope]
        return sorted(shown, key=lambda g: (-(g[1].in_scope - g[1].met), -g[1].in_scope, sort.get(g[0], "")))

    def by_post(self) -> list[tuple[str, Totals]]:
        """Totals by post; a person with two posts is in both."""
        groups = tally_by((r.obligation for r in self.rows), lambda o: o.posts)
        return sorted(((n, t) for n, t in groups.items() if t.in_scope), key=lambda g: (-g[1].in_scope, g[0]))


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """What every figure of a school is judged by."""

    district_id: str
    school_id: str
    school_name: str
    requirement: Requirement
    definition: Definition

    @property
    def basis(self) -> CountingBasis:
        """Whom the figures count."""
        return CountingBasis("home_staff", self.definition.year.key, self.definition.version)


def school_year(
    session: Session, scope: Scope, school_id: str, now: datetime, year_key: str | None, as_of: date | None
) -> SchoolYear:
    """Three statements. Raises NotFound outside the scope or without a requirement."""
    if not scope.covers_school(school_id):
        raise NotFound
    district_id = scope.district_id
    moment = Moment.of(as_of, now)
    requirement = requirement_of(session, district_id)
    book = policy_book(session, district_id, school_id, known_by=None if moment.live else moment.known_at)
    if requirement is None or school_id not in book.names:
        raise NotFound
    year = year_named(year_key) if year_key else RequirementYear.of(
        moment.day, book.of(district_id, moment.day).requirement_year
    )
    closed = school_id in closed_units(session, district_id, requirement.id, year, moment)
    policy = book.of(school_id, year.first_day)
    definition = Definition.of(policy, year, requirement.title, moment, closed=closed)
    return SchoolYear(district_id, school_id, book.names[school_id], requirement, definition)


def standing_page(
    session: Session, scope: Scope, school_id: str, now: datetime, *,
    year_key: str | None = None, as_of: date | None = None, cells: bool = True,
) -> StandingPage:
    """Everybody of one school, with all trainings of the year. Raises NotFound outside the scope.

    ``cells`` False leaves out who did what at which training: figures, booked minutes and turnouts remain.
    """
    frame = school_year(session, scope, school_id, now, year_key, as_of)
    rows = people_of(session, frame)
    people = [r.obligation.person_id for r in rows]
    definition = frame.definition
    parts = parts_of(
        session, frame.district_id, school_id, frame.requirement.topic, definition.year, definition.moment, people
    )
    columns = tallied_columns(session, frame.district_id, parts, people, now)
    shown = turnout_of(session, frame.district_id, parts, columns if cells else (), people)
    return StandingPage(
        school_id, frame.school_name, definition, tuple(sorted(filled(rows, shown), key=lambda r: r.order)), columns,
        tally((r.obligation for r in rows), frame.basis),
    )


def filled(rows: Iterable[StandingRow], shown: Turnout) -> list[StandingRow]:
    """The rows with what their people did and are booked for."""
    cells, booked, none = shown.cells, shown.booked, dict[str, Cell]()
    return [
        StandingRow(
            r.obligation, r.name, r.initials, r.sort_key, r.staff_no, r.department_sort,
            cells.get(r.obligation.person_id, none), booked.get(r.obligation.person_id, 0),
        )
        for r in rows
    ]


# --- people ----------------------------------------------------------------------------------------


def people_of(session: Session, frame: SchoolYear) -> list[StandingRow]:
    """Everybody whom the school counts in the year, in no order, without cells. Two statements for the present."""
    if frame.definition.moment.live:
        return _from_rows(session, frame)
    return _from_facts(session, frame)


_STATES = {state.value: state for state in State}


_duty, _person, _job, _group = (t.__table__.c for t in (TrainingObligation, Person, Employment, Department))
_HERE: dict[str, BindParameter[str]] = {"district_id": bindparam("district_id"), "school_id": bindparam("school_id")}
_PEOPLE = (
    select(
        _duty.person_id, _duty.state, _duty.required_minutes, _duty.counted_minutes, _duty.other_minutes,
        _duty.made_up_minutes, _duty.due_on, _duty.reason, _duty.department, _duty.posts, _duty.is_new, _person.name,
        _person.initials, _person.sort_key, _group.sort_key,
    )
    .join_from(
        TrainingObligation.__table__, Person.__table__,
        and_(_person.district_id == _duty.district_id, _person.id == _duty.person_id),
    )
    .outerjoin(
        Department.__table__,
        and_(
            _group.district_id == _duty.district_id, _group.school_id == _duty.school_id, _group.name == _duty.department
        ),
    )
    .where(
        _duty.district_id == _HERE["district_id"], _duty.requirement_id == bindparam("requirement_id"),
        _duty.year_key == bindparam("year_key"), _duty.school_id == _HERE["school_id"],
    )
)  # fmt: skip
"""On the plain tables and made once, as the two below: building a statement costs more than running it."""
_NUMBERS = (
    select(_job.person_id, _job.staff_no)
    .where(
        _job.district_id == _HERE["district_id"], _job.school_id == _HERE["school_id"], _job.is_home.is_(True),
        _job.from_on <= bindparam("last_day"),
    )
    .order_by(_job.from_on)
)  # fmt: skip
"""Apart from the obligations: joined to them, a database without statistics reads the whole staff once for each person."""


def _from_rows(session: Session, frame: SchoolYear) -> list[StandingRow]:
    run, school, year = session.connection().execute, frame.school_id, frame.definition.year
    unit = {"district_id": frame.district_id, "school_id": school}
    numbers = dict(run(_NUMBERS, unit | {"last_day": year.last_day}).all())
    found = run(_PEOPLE, unit | {"requirement_id": frame.requirement.id, "year_key": year.key}).all()
    return [
        StandingRow(
            Obligation(
                person, school, _STATES[state], required, counted, other, made_up, due, reason, department,
                tuple(posts), is_new,
            ),
            name, initials, sort_key, numbers.get(person, ""), order or "",
        )
        for (
            person, state, required, counted, other, made_up, due, reason, department, posts, is_new, name, initials,
            sort_key, order,
        ) in found
    ]  # fmt: skip


def as_obligation(row: Any) -> Obligation:
    """A stored row as the rules know it."""
    return Obligation(
        row.person_id, row.school_id, State(row.state), row.required_minutes, row.counted_minutes, row.other_minutes,
        row.made_up_minutes, row.due_on, row.reason, row.department, tuple(row.posts), row.is_new,
    )


def _from_facts(session: Session, frame: SchoolYear) -> list[StandingRow]:
    definition = frame.definition
    facts = load(
        session, frame.district_id, frame.requirement, definition.year, definition.moment, school_ids=[frame.school_id]
    )
    return [
        StandingRow(
            replace(j.obligation, duties=(), version=0), j.card.name, j.card.initials, j.card.sort_key, j.card.staff_no,
            j.card.department_sort,
        )
        for j in judge(facts).values()
        if j.obligation.school_id == frame.school_id
    ]


# --- others who name people of a school -------------------------------------------------------------


def people_named(
    session: Session, scope: Scope, school_id: str, year: RequirementYear, person_ids: Iterable[str]
) -> list[tuple[str, str, str]]:
    """(id, name, department) of those of these people whom the school counts in the year. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(Person.id, Person.name, TrainingObligation.department)
        .join(
            TrainingObligation,
            and_(TrainingObligation.district_id == Person.district_id, TrainingObligation.person_id == Person.id),
        )
        .where(
            Person.district_id == scope.district_id, TrainingObligation.school_id == school_id,
            TrainingObligation.year_key == year.key,
        )
        .order_by(TrainingObligation.department, Person.sort_key)
    )
    wanted = list(person_ids)
    if wanted:
        query = query.where(Person.id.in_(wanted))
    return [(row.id, row.name, row.department) for row in session.execute(query)]


def school_name(session: Session, scope: Scope, school_id: str) -> str:
    """Name of a unit in the scope. One statement. Raises NotFound outside it."""
    query = select(OrgUnit.name).where(OrgUnit.district_id == scope.district_id, OrgUnit.id == school_id)
    found = session.scalars(query).one_or_none() if scope.covers_school(school_id) else None
    if found is None:
        raise NotFound
    return found


# --- for the command line --------------------------------------------------------------------------


def standing_json(
    session: Session, scope: Scope, school_id: str, as_of: date | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """The standing of one school as plain data: definition, totals, one object a person."""
    page = standing_page(session, scope, school_id, now or clock_now(), as_of=as_of)
    return {
        "school": {"id": page.school_id, "name": page.school_name},
        "definition": definition_json(page.definition),
        "totals": totals_json(page.totals),
        "people": [
            {
                "person_id": r.obligation.person_id, "name": r.name, "staff_no": r.staff_no,
                "department": r.obligation.department, "posts": list(r.obligation.posts),
                "state": r.obligation.state.value, "required_minutes": r.obligation.required,
                "counted_minutes": r.obligation.counted, "made_up_minutes": r.obligation.made_up,
                "other_minutes": r.obligation.other, "missing_minutes": r.obligation.missing,
                "booked_minutes": r.booked, "due_on": r.obligation.due_on.isoformat(), "is_new": r.obligation.is_new,
                "reason": r.obligation.reason,
            }
            for r in page.rows
        ],
    }


def definition_json(definition: Definition) -> dict[str, Any]:
    """What the figures mean, as plain data."""
    year = definition.year
    return {
        "year": year.key, "year_kind": year.kind, "from": year.first_day.isoformat(), "to": year.last_day.isoformat(),
        "as_of": definition.moment.day.isoformat(), "policy_version": definition.version,
        "training_min_minutes": definition.required_minutes, "closed": definition.closed,
    }


def totals_json(totals: Totals) -> dict[str, Any]:
    """Totals as plain data; a rate is a text with one decimal, None where nobody is in scope."""
    return {
        "in_scope": totals.in_scope, "met": totals.met, "in_progress": totals.in_progress, "open": totals.open,
        "unmet": totals.unmet, "made_up": totals.made_up, "exempt": totals.exempt, "grace": totals.grace,
        "void": totals.void, "coverage": totals.coverage.percent or None,
        "coverage_without_exempt": totals.coverage_without_exempt.percent or None,
        "homeroom_in_scope": totals.homeroom_in_scope, "homeroom_met": totals.homeroom_met,
        "owed_minutes": totals.owed_minutes, "basis": totals.basis.kind, "policy_version": totals.basis.version,
    }
