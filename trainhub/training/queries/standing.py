"""Where the people of one school stand, and where one person stands and why.

For the present the stored obligations are read; for a past day they are judged anew from the facts of that
day. Statement counts do not grow with people.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.clock import now as clock_now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import Department, Employment, OrgUnit, Person
from trainhub.roster.queries import policies_for
from trainhub.training.models import EventPart, TrainingEvent, TrainingObligation
from trainhub.training.queries.facts import (
    Moment,
    Requirement,
    closed_units,
    judge,
    load,
    requirement_of,
    unit_names,
    year_of,
)
from trainhub.training.rules.counting import ATTENDED
from trainhub.training.rules.coverage import CountingBasis, Totals, tally, tally_by
from trainhub.training.rules.obligations import STILL_OWING, Obligation, State

COLUMNS_SHOWN = 5
"""Trainings shown as columns: the latest ones that can count. All of them stand on a person's page."""


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
class Cell:
    """One person at one training. ``status`` of the part that says most; ``state`` of its roll."""

    status: str | None
    leave_type: str
    minutes: int
    state: str
    revoked: bool
    expected: bool

    @property
    def attended(self) -> bool:
        """Whether the person was there for some of it."""
        return self.status in ATTENDED and not self.revoked


@dataclass(frozen=True, slots=True)
class Column:
    """One training of the year. ``minutes`` of all its parts; ``there`` of ``expected`` heads came."""

    event_id: str
    title: str
    starts_at: datetime
    minutes: int
    is_make_up: bool
    upcoming: bool
    there: int = 0
    expected: int = 0
    verified: bool = False

    @property
    def mark(self) -> str:
        """Kind of mark: still to come, waiting for the second person, or counted."""
        return "todo" if self.upcoming else "ok" if self.verified else "hold"


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


def standing_page(
    session: Session, scope: Scope, school_id: str, now: datetime, *,
    year_key: str | None = None, as_of: date | None = None,
) -> StandingPage:
    """The standing of one school. Raises NotFound outside the scope or without a requirement."""
    if not scope.covers_school(school_id):
        raise NotFound
    requirement = requirement_of(session, scope.district_id)
    names = unit_names(session, scope.district_id, [school_id])
    if requirement is None or school_id not in names:
        raise NotFound
    moment = Moment.of(as_of, now)
    year = year_of(session, scope.district_id, moment.day, year_key)
    known_by = None if moment.live else moment.known_at
    policy = policies_for(session, scope.district_id, [school_id], year.first_day, known_by=known_by)[school_id]
    if moment.live:
        rows = _from_rows(session, scope.district_id, school_id, requirement, year)
    else:
        rows = _from_facts(session, scope.district_id, school_id, requirement, year, moment)
    parts = _parts(session, scope.district_id, school_id, requirement, year, moment)
    records = _records(session, scope.district_id, parts)
    columns = _columns(parts, records, {r.obligation.person_id for r in rows}, now)
    filled = _with_cells(rows, parts, records)
    closed = school_id in closed_units(session, scope.district_id, requirement.id, year, moment)
    definition = Definition.of(policy, year, requirement.title, moment, closed=closed)
    totals = tally((r.obligation for r in rows), CountingBasis("home_staff", year.key, policy.version))
    return StandingPage(school_id, names[school_id], definition, tuple(sorted(filled, key=lambda r: r.order)), columns, totals)


def _from_rows(
    session: Session, district_id: str, school_id: str, requirement: Requirement, year: RequirementYear
) -> list[StandingRow]:
    o = TrainingObligation
    query = (
        select(
            *o.__table__.columns, Person.name, Person.initials, Person.sort_key, Employment.staff_no,
            Department.sort_key.label("department_sort"),
        )
        .join(Person, and_(Person.district_id == o.district_id, Person.id == o.person_id))
        .outerjoin(
            Employment,
            and_(
                Employment.district_id == o.district_id, Employment.person_id == o.person_id,
                Employment.school_id == o.school_id, Employment.is_home.is_(True), Employment.from_on <= year.last_day,
            ),
        )
        .outerjoin(
            Department,
            and_(
                Department.district_id == o.district_id, Department.school_id == o.school_id,
                Department.name == o.department,
            ),
        )
        .where(
            o.district_id == district_id, o.requirement_id == requirement.id, o.year_key == year.key,
            o.school_id == school_id,
        )
        .order_by(Employment.from_on)
    )
    found = {row.person_id: row for row in session.execute(query)}
    return [
        StandingRow(
            as_obligation(row), row.name, row.initials, row.sort_key, row.staff_no or "", row.department_sort or ""
        )
        for row in found.values()
    ]


def as_obligation(row: Any) -> Obligation:
    """A stored row as the rules know it."""
    return Obligation(
        row.person_id, row.school_id, State(row.state), row.required_minutes, row.counted_minutes, row.other_minutes,
        row.made_up_minutes, row.due_on, row.reason, row.department, tuple(row.posts), row.is_new,
    )


def _from_facts(
    session: Session, district_id: str, school_id: str, requirement: Requirement, year: RequirementYear, moment: Moment
) -> list[StandingRow]:
    facts = load(session, district_id, requirement, year, moment, school_ids=[school_id])
    return [
        StandingRow(
            replace(j.obligation, duties=(), version=0), j.card.name, j.card.initials, j.card.sort_key, j.card.staff_no,
            j.card.department_sort,
        )
        for j in judge(facts).values()
        if j.obligation.school_id == school_id
    ]


# --- trainings as columns --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of a training of the year, by its roll. ``scheduled`` in minutes."""

    sheet_id: str
    event_id: str
    title: str
    starts_at: datetime
    scheduled: int
    state: str
    is_make_up: bool
    bookable: bool


_RECORD = (
    AttendanceRecord.sheet_id, AttendanceRecord.person_id, AttendanceRecord.status, AttendanceRecord.leave_type,
    AttendanceRecord.minutes, AttendanceRecord.expected, AttendanceRecord.revoked_at.is_not(None).label("revoked"),
)  # fmt: skip


def _parts(
    session: Session, district_id: str, school_id: str, requirement: Requirement, year: RequirementYear, moment: Moment
) -> dict[str, _Part]:
    """Parts of the unit's own and the bureau's trainings that can count in the year. One statement.

    Trainings of another topic or online have their place on a person's page.
    """
    query = (
        select(
            AttendanceSheet.id, TrainingEvent.id, TrainingEvent.title, AttendanceSheet.starts_at, AttendanceSheet.ends_at,
            AttendanceSheet.state, TrainingEvent.is_make_up, EventPart.delivery_mode,
        )
        .join(
            EventPart,
            and_(EventPart.district_id == AttendanceSheet.district_id, EventPart.sheet_id == AttendanceSheet.id),
        )
        .join(
            TrainingEvent,
            and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id),
        )
        .where(
            AttendanceSheet.district_id == district_id, AttendanceSheet.school_id.in_({school_id, district_id}),
            AttendanceSheet.state != "void", AttendanceSheet.starts_at >= day_bounds(year.first_day)[0],
            AttendanceSheet.starts_at < (day_bounds(year.last_day)[1] if moment.live else moment.known_at),
            TrainingEvent.topic == requirement.topic, EventPart.delivery_mode != "online",
            or_(TrainingEvent.make_up_year_key.is_(None), TrainingEvent.make_up_year_key == year.key),
        )
        .order_by(AttendanceSheet.starts_at, EventPart.position)
    )
    return {
        sheet: _Part(
            sheet, event, title, starts, int((ends - starts).total_seconds() // 60), state, make_up,
            mode == "face_to_face" and starts > moment.known_at,
        )
        for sheet, event, title, starts, ends, state, make_up, mode in session.execute(query)
    }


def _records(session: Session, district_id: str, parts: Mapping[str, _Part]) -> list[Row[Any]]:
    """What these rolls say, in the order of the parts. One statement."""
    query = select(*_RECORD).where(AttendanceRecord.district_id == district_id, AttendanceRecord.sheet_id.in_(parts))
    order = {sheet: n for n, sheet in enumerate(parts)}
    return sorted(session.execute(query), key=lambda r: order[r.sheet_id])


def _columns(parts: Mapping[str, _Part], records: Iterable[Row[Any]], people: Collection[str], now: datetime) -> tuple[Column, ...]:
    """The trainings in order, with how many of these people came."""
    there: dict[str, set[str]] = defaultdict(set)
    expected: dict[str, set[str]] = defaultdict(set)
    for row in records:
        event = parts[row.sheet_id].event_id
        if row.person_id in people and row.status in ATTENDED and not row.revoked:
            there[event].add(row.person_id)
        if row.person_id in people and row.expected:
            expected[event].add(row.person_id)
    grouped_parts: dict[str, list[_Part]] = defaultdict(list)
    for part in parts.values():
        grouped_parts[part.event_id].append(part)
    return tuple(
        Column(
            event, found[0].title, found[0].starts_at, sum(p.scheduled for p in found), found[0].is_make_up,
            found[0].starts_at > now, len(there[event]), len(expected[event]),
            all(p.state == "verified" for p in found),
        )
        for event, found in grouped_parts.items()
        if expected[event] or there[event]
    )


_SAYS_MOST = {"absent": 0, "excused": 1, None: 2, "left_early": 3, "late": 4, "present": 5}


def _with_cells(rows: Iterable[StandingRow], parts: Mapping[str, _Part], records: Iterable[Row[Any]]) -> list[StandingRow]:
    cells: dict[str, dict[str, Cell]] = defaultdict(dict)
    booked: dict[str, int] = defaultdict(int)
    for r in records:
        part = parts[r.sheet_id]
        mine = cells[r.person_id]
        cell = Cell(r.status, r.leave_type, r.minutes, part.state, r.revoked, r.expected)
        held = mine.get(part.event_id)
        if held is not None:
            worse = min(held, cell, key=lambda c: _SAYS_MOST[c.status])
            cell = replace(worse, minutes=held.minutes + cell.minutes)
        mine[part.event_id] = cell
        if part.bookable and r.expected and r.status is None:
            booked[r.person_id] += part.scheduled
    return [
        replace(row, cells=cells.get(row.obligation.person_id, {}), booked=booked.get(row.obligation.person_id, 0))
        for row in rows
    ]


# --- filters ---------------------------------------------------------------------------------------

CHIPS: dict[str, Callable[[StandingRow], bool]] = {
    "owing": lambda r: r.obligation.state in STILL_OWING,
    "met": lambda r: r.obligation.state is State.MET,
    "all": lambda _: True,
    "homeroom": lambda r: r.obligation.is_homeroom,
    "new": lambda r: r.obligation.is_new,
}

GROUPS: tuple[tuple[str, frozenset[State]], ...] = (
    ("owing", frozenset({State.OPEN, State.IN_PROGRESS})),
    ("unmet", frozenset({State.UNMET})),
    ("grace", frozenset({State.GRACE})),
    ("made_up", frozenset({State.MADE_UP})),
    ("exempt", frozenset({State.EXEMPT})),
    ("void", frozenset({State.VOID})),
    ("met", frozenset({State.MET})),
)
"""Groups of the list, in the order in which somebody has to act; everybody is in exactly one."""


def chosen(rows: Iterable[StandingRow], chip: str, department: str = "", post: str = "") -> list[StandingRow]:
    """The rows that the filters leave."""
    wanted = CHIPS.get(chip, CHIPS["owing"])
    return [
        r
        for r in rows
        if wanted(r)
        and (not department or r.obligation.department == department)
        and (not post or post in r.obligation.posts)
    ]


def grouped(rows: Iterable[StandingRow]) -> list[tuple[str, list[StandingRow]]]:
    """The rows by group; empty groups are left out."""
    rows = list(rows)
    found = [(name, [r for r in rows if r.obligation.state in states]) for name, states in GROUPS]
    return [(name, members) for name, members in found if members]


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
