"""Coverage per class and term: one row per school for the bureau, every class for the school."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import SchoolActivity, SchoolTermTotal
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.queries.facts import TermFacts, term_facts
from trainhub.class_meetings.rules.counting import Coverage, cover
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.kernel.policy import Policy
from trainhub.roster.models import OrgUnit
from trainhub.roster.queries import policies_for

SCHOOL_KINDS = ("school", "center_school", "teaching_point")


@dataclass(frozen=True, slots=True)
class SchoolCoverage:
    """One school. ``coverage`` None: its classes were never worked out. ``per_term`` and ``version`` are the rule in force."""

    school_id: str
    name: str
    stages: tuple[str, ...]
    coverage: Coverage | None
    per_term: int
    version: int


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """Every school in scope and their sum. ``versions``: more than one rule version makes rates hard to compare."""

    key: TermKey
    rows: tuple[SchoolCoverage, ...]
    total: Coverage
    versions: tuple[int, ...]


def coverage_page(session: Session, scope: Scope, key: TermKey, today: date) -> CoveragePage:
    """Return the coverage of every school in scope. Four statements, however many schools and classes."""
    schools = _schools(session, scope)
    policies = policies_for(session, scope.district_id, [s.id for s in schools], today)
    held = {
        row.school_id: _coverage(row)
        for row in session.scalars(select(SchoolTermTotal).where(
            SchoolTermTotal.district_id == scope.district_id, SchoolTermTotal.school_year == key.school_year, SchoolTermTotal.season == key.season,
        ))
    }
    rows = tuple(_row(s, held.get(s.id), policies[s.id]) for s in schools)
    return CoveragePage(key, rows, add_up(r.coverage for r in rows if r.coverage), tuple(sorted({r.version for r in rows})))


def _schools(session: Session, scope: Scope) -> list[OrgUnit]:
    query = select(OrgUnit).where(OrgUnit.district_id == scope.district_id, OrgUnit.kind.in_(SCHOOL_KINDS)).order_by(OrgUnit.sort_key, OrgUnit.id)
    if scope.school_ids is not None:
        query = query.where(OrgUnit.id.in_(scope.school_ids))
    return list(session.scalars(query))


def _row(school: OrgUnit, coverage: Coverage | None, policy: Policy) -> SchoolCoverage:
    return SchoolCoverage(school.id, school.name, tuple(school.stages), coverage, policy["sessions_per_class_term"], policy.version)


def _coverage(row: SchoolTermTotal) -> Coverage:
    return Coverage(row.classes, row.met, row.none, row.required, row.counted, row.waiting, row.late, dict(row.apart))


def add_up(rows: Iterable[Coverage]) -> Coverage:
    """The sum of schools; classes that stand apart are added by reason."""
    listed = list(rows)
    apart: dict[str, int] = {}
    for row in listed:
        for reason, count in row.apart.items():
            apart[reason] = apart.get(reason, 0) + count
    return Coverage(
        sum(r.owed for r in listed), sum(r.met for r in listed), sum(r.none for r in listed), sum(r.required for r in listed),
        sum(r.counted for r in listed), sum(r.waiting for r in listed), sum(r.late for r in listed), apart,
    )


@dataclass(frozen=True, slots=True)
class SchoolPage:
    """One school by class, and what it did besides, by kind of activity."""

    school_id: str
    name: str
    key: TermKey
    facts: TermFacts
    coverage: Coverage
    activities: Mapping[str, int]


def school_page(session: Session, scope: Scope, school_id: str, key: TermKey, today: date) -> SchoolPage:
    """Return one school: where its classes stand, no name of anybody. Twelve statements. Raises NotFound outside the scope."""
    school = session.get(OrgUnit, (scope.district_id, school_id))
    if school is None or not scope.covers_school(school_id):
        raise NotFound
    facts = term_facts(session, scope, school_id, key.school_year, key.season, today)
    return SchoolPage(school_id, school.name, key, facts, cover(facts.standings), activity_counts(session, scope, school_id, key))


def activity_counts(session: Session, scope: Scope, school_id: str, key: TermKey) -> dict[str, int]:
    """How many activities of each kind were recorded in a term. One statement."""
    query = select(SchoolActivity.kind).where(
        SchoolActivity.district_id == scope.district_id, SchoolActivity.school_id == school_id, SchoolActivity.school_year == key.school_year,
        SchoolActivity.season == key.season, SchoolActivity.state == "recorded",
    )
    kinds = session.scalars(query).all()
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
