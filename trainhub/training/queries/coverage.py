"""Coverage of every unit in scope: one row a unit, read from its totals, never from the rolls.

For a past day the totals are made anew from the facts of that day; the number of statements is the same
for two units and for two hundred.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now as clock_now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import OrgUnit
from trainhub.roster.queries import policies_for
from trainhub.training.models import SchoolYearTotal, YearSnapshot
from trainhub.training.queries.facts import Moment, Requirement, YearFacts, judge, load, requirement_of, year_of
from trainhub.training.queries.standing import Definition, StandingPage, definition_json, standing_page, totals_json
from trainhub.training.rules.coverage import (
    COUNTERS,
    CountingBasis,
    Coverage,
    Flip,
    Totals,
    flips,
    mean,
    percent,
    tally_by,
)


class Sort(StrEnum):
    """Orders of the table that an address may ask for; anything else is :attr:`GAP`."""

    GAP = "gap"
    RATE = "rate"
    NAME = "name"
    OWING = "owing"
    SIZE = "size"
    HOMEROOM = "homeroom"

    @classmethod
    def parse(cls, text: str | None) -> "Sort":
        """Read a value from an address."""
        return cls(text) if text in set(cls) else cls.GAP


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit: its figures with their basis, the definition they were made under, and its last closing."""

    school_id: str
    name: str
    kind: str
    sort_key: str
    totals: Totals
    definition: Definition
    snapshot_version: int = 0


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """All units in scope. ``total`` weighs heads, ``mean`` weighs units; both leave out empty units."""

    definition: Definition
    rows: tuple[UnitRow, ...]
    total: Totals

    @property
    def mean(self) -> Fraction | None:
        """Mean of the units' rates; units with nobody in scope are left out (case 27)."""
        return mean(row.totals.coverage for row in self.rows)

    @property
    def mean_percent(self) -> str:
        """The mean with one decimal, "" where there is none."""
        return percent(self.mean)

    @property
    def not_applicable(self) -> int:
        """Units with nobody in scope."""
        return sum(row.totals.coverage.rate is None for row in self.rows)

    @property
    def complete(self) -> int:
        """Units where everybody has met it."""
        return sum(row.totals.coverage.rate == 1 for row in self.rows)

    @property
    def versions(self) -> list[int]:
        """Rule versions behind the figures; more than one means that units differ."""
        return sorted({row.definition.version for row in self.rows})


def coverage_page(
    session: Session, scope: Scope, now: datetime, *,
    year_key: str | None = None, as_of: date | None = None, sort: Sort = Sort.GAP,
) -> CoveragePage:
    """Coverage of every unit in scope. Raises NotFound without a requirement."""
    requirement = requirement_of(session, scope.district_id)
    if requirement is None:
        raise NotFound
    moment = Moment.of(as_of, now)
    year = year_of(session, scope.district_id, moment.day, year_key)
    units = _units(session, scope, year)
    ids = [u.id for u in units]
    known_by = None if moment.live else moment.known_at
    policies = policies_for(session, scope.district_id, {*ids, scope.district_id}, year.first_day, known_by=known_by)
    if moment.live:
        totals = _stored(session, scope.district_id, requirement, year)
    else:
        totals = _judged(session, scope.district_id, requirement, year, moment)
    closed = _versions(session, scope.district_id, requirement, year, moment)
    rows = [_row(u, totals.get(u.id, Totals()), policies[u.id], requirement, year, moment, closed.get(u.id, 0)) for u in units]
    whole = Totals(basis=CountingBasis("home_staff", year.key, max((r.definition.version for r in rows), default=0)))
    for row in rows:
        whole = whole.plus(row.totals)
    definition = Definition.of(policies[scope.district_id], year, requirement.title, moment)
    return CoveragePage(definition, tuple(sorted(rows, key=_ORDERS[sort])), whole)


def _units(session: Session, scope: Scope, year: RequirementYear) -> list[OrgUnit]:
    query = (
        select(OrgUnit)
        .where(
            OrgUnit.district_id == scope.district_id,
            or_(OrgUnit.closed_on.is_(None), OrgUnit.closed_on >= year.first_day),
            or_(OrgUnit.opened_on.is_(None), OrgUnit.opened_on <= year.last_day),
        )
        .order_by(OrgUnit.sort_key, OrgUnit.id)
    )
    if scope.school_ids is not None:
        query = query.where(OrgUnit.id.in_(scope.school_ids))
    return list(session.scalars(query))


def _row(
    unit: OrgUnit, totals: Totals, policy: Policy, requirement: Requirement, year: RequirementYear, moment: Moment,
    version: int,
) -> UnitRow:
    basis = CountingBasis("home_staff", year.key, policy.version)
    definition = Definition.of(policy, year, requirement.title, moment, closed=version > 0)
    return UnitRow(unit.id, unit.name, unit.kind, unit.sort_key, replace(totals, basis=basis), definition, version)


def _rate(row: UnitRow) -> Fraction:
    return row.totals.coverage.rate if row.totals.coverage.rate is not None else Fraction(2)


_ORDERS: Mapping[Sort, Any] = {
    Sort.GAP: lambda r: (_rate(r), -r.totals.owing, r.sort_key),
    Sort.RATE: lambda r: (r.totals.coverage.rate is None, -_rate(r), r.sort_key),
    Sort.NAME: lambda r: (r.kind != "bureau", r.sort_key),
    Sort.OWING: lambda r: (-r.totals.owing, r.sort_key),
    Sort.SIZE: lambda r: (-r.totals.in_scope, r.sort_key),
    Sort.HOMEROOM: lambda r: (
        r.totals.homeroom.rate if r.totals.homeroom.rate is not None else Fraction(2), r.sort_key,
    ),
}


def _stored(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear
) -> dict[str, Totals]:
    query = select(SchoolYearTotal).where(
        SchoolYearTotal.district_id == district_id, SchoolYearTotal.requirement_id == requirement.id,
        SchoolYearTotal.year_key == year.key,
    )
    return {row.school_id: Totals(**{name: getattr(row, name) for name in COUNTERS}) for row in session.scalars(query)}


def _judged(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear, moment: Moment
) -> dict[str, Totals]:
    facts = load(session, district_id, requirement, year, moment)
    return tally_by((j.obligation for j in judge(facts).values()), lambda o: [o.school_id])


def _versions(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear, moment: Moment
) -> dict[str, int]:
    """How many versions of its closed year each unit has published by then. One statement."""
    query = select(YearSnapshot.school_id).where(
        and_(
            YearSnapshot.district_id == district_id, YearSnapshot.requirement_id == requirement.id,
            YearSnapshot.year_key == year.key, YearSnapshot.state == "closed", YearSnapshot.closed_at <= moment.known_at,
        )
    )
    found: dict[str, int] = {}
    for school_id in session.scalars(query):
        found[school_id] = found.get(school_id, 0) + 1
    return found


# --- one unit, in aggregates -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class UnitPage:
    """One unit without any person: totals by department and post, and its trainings."""

    page: StandingPage
    departments: tuple[tuple[str, Totals], ...]
    posts: tuple[tuple[str, Totals], ...]


def unit_page(
    session: Session, scope: Scope, school_id: str, now: datetime, *,
    year_key: str | None = None, as_of: date | None = None,
) -> UnitPage:
    """The drill-down of the table: where in a unit the gap is. Raises NotFound outside the scope."""
    page = standing_page(session, scope, school_id, now, year_key=year_key, as_of=as_of, cells=False)
    return UnitPage(page, tuple(page.by_department()), tuple(page.by_post()))


# --- what another rule would do --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RulePreview:
    """Before and after of other parameters in the present year, by unit (case 25). Nothing is changed."""

    definition: Definition
    changes: Mapping[str, Any]
    before: Totals
    after: Totals
    flips: tuple[Flip, ...]
    units: tuple[tuple[str, Coverage, Coverage], ...]


def rule_preview(
    session: Session, scope: Scope, changes: Mapping[str, Any], now: datetime, *, year_key: str | None = None
) -> RulePreview:
    """Judge everybody in scope twice: under the rules in force, and with ``changes`` on top of them."""
    requirement = requirement_of(session, scope.district_id)
    if requirement is None:
        raise NotFound
    moment = Moment.of(None, now)
    year = year_of(session, scope.district_id, moment.day, year_key)
    ids = None if scope.school_ids is None else list(scope.school_ids)
    facts = load(session, scope.district_id, requirement, year, moment, school_ids=ids)
    names = {u.id: u.name for u in _units(session, scope, year)}
    old, new = _obligations(facts, names), _obligations(_under(facts, changes), names)
    before, after = tally_by(old, lambda o: [o.school_id]), tally_by(new, lambda o: [o.school_id])
    units = tuple(
        (name, before.get(u, Totals()).coverage, after.get(u, Totals()).coverage)
        for u, name in names.items()
        if before.get(u, Totals()).coverage != after.get(u, Totals()).coverage
    )
    return RulePreview(
        Definition.of(facts.policies[scope.district_id], year, requirement.title, moment), dict(changes),
        _sum(before), _sum(after), tuple(flips(old, new)), units,
    )


def _under(facts: YearFacts, changes: Mapping[str, Any]) -> YearFacts:
    policies = {u: Policy(dict(p.values) | dict(changes), p.version) for u, p in facts.policies.items()}
    return replace(facts, policies=policies)


def _obligations(facts: YearFacts, units: Mapping[str, str]) -> list[Any]:
    return [j.obligation for j in judge(facts).values() if j.obligation.school_id in units]


def _sum(groups: Mapping[str, Totals]) -> Totals:
    whole = Totals()
    for group in groups.values():
        whole = whole.plus(group)
    return whole


# --- for the command line --------------------------------------------------------------------------


def coverage_json(
    session: Session, scope: Scope, year: str | None = None, as_of: date | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Coverage as plain data: the definition, the whole, and one object a unit with its own definition."""
    page = coverage_page(session, scope, now or clock_now(), year_key=year, as_of=as_of, sort=Sort.NAME)
    return {
        "definition": definition_json(page.definition),
        "total": totals_json(page.total),
        "mean": page.mean_percent or None,
        "not_applicable": page.not_applicable,
        "units": [
            {
                "id": row.school_id, "name": row.name, "kind": row.kind, **totals_json(row.totals),
                "training_min_minutes": row.definition.required_minutes, "closed_version": row.snapshot_version or None,
            }
            for row in page.rows
        ],
    }
