"""Counts of cases for those who see no case: fixed dimensions, closed terms, nothing that tells of few children.

A case belongs to the term in which it was accepted; terms follow each other without a gap, so no two tables share a case and none can
be subtracted from another. A table is as things stood when its term ended, whatever day it is read on; only a finding that fell is
taken out later. Sealed cases stay in. Nothing here is drilled into, exported, or told by school but two shares in broad bands.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import zip_longest
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseClock, CaseFile, Determination
from trainhub.cases.registry import plan_counts
from trainhub.cases.rules.disclosure import band, inside, single
from trainhub.cases.rules.lifecycle import STANDING
from trainhub.cases.rules.scales import TIERS
from trainhub.cases.rules.suppression import Counts, suppressed
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.queries import policy_for, schools, terms

ROWS = (*TIERS, "undecided", "not_found", "ended")
COLUMNS = ("in_time", "late", "running")
PLAN_COLUMNS = ("running", "completed", "ended")
_FIRST = date(2020, 9, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A closed term with the days up to the next one: ``first`` to ``last``, both inside."""

    key: str
    school_year: str
    season: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class SchoolShares:
    """How a school kept to two kinds of deadlines: bands, "" where it has too few cases to say."""

    school: str
    reports: str
    notices: str


@dataclass(frozen=True, slots=True)
class TermCounts:
    """What may be shown of one closed term. ``plan_minutes`` None: hidden."""

    period: Period
    cases: Counts
    plans: Counts
    plan_minutes: int | None
    shares: tuple[SchoolShares, ...]


def closed_terms(session: Session, scope: Scope, today: date) -> list[Period]:
    """The district's terms that are over, newest first, each reaching to the day before the next."""
    every = terms(session, Scope(scope.district_id, None), scope.district_id, _FIRST, today + timedelta(days=400))
    found = sorted(every, key=lambda t: t.starts_on)
    periods = []
    for term, after in zip_longest(found, found[1:]):
        last = after.starts_on - timedelta(days=1) if after else term.ends_on
        if last < today:
            periods.append(Period(f"{term.school_year}-{term.season}", term.school_year, term.season, term.starts_on, last))
    return periods[::-1]


def overdue_now(session: Session, scope: Scope, now: datetime) -> int | None:
    """How many cases have a deadline that is over and not met, None where that would tell of few. Of the whole scope, nothing finer."""
    def overdue(school_ids: frozenset[str] | None) -> int:
        query = select(func.count(CaseClock.case_id.distinct())).where(
            CaseClock.district_id == scope.district_id, CaseClock.met_at.is_(None), CaseClock.dropped_at.is_(None), CaseClock.paused_at.is_(None),
            CaseClock.due_at < now,
        )
        return session.scalar(query if school_ids is None else query.where(CaseClock.school_id.in_(school_ids))) or 0

    threshold = _threshold(session, scope.district_id, now)
    return single(overdue(scope.school_ids), threshold, None if scope.school_ids is None else overdue(None))


def term_counts(session: Session, scope: Scope, key: str, now: datetime) -> TermCounts:
    """One closed term: the district's table, or a school's own that tells nothing beside it. Raises NotFound."""
    period = next((p for p in closed_terms(session, scope, local_day(now)) if p.key == key), None)
    if period is None:
        raise NotFound
    threshold = _threshold(session, scope.district_id, now)
    by_school = _tables(session, scope.district_id, period)
    whole, own = _sum(by_school.values(), len(ROWS), len(COLUMNS)), scope.school_ids
    if own is None:
        cases = suppressed(whole, len(COLUMNS), threshold)
    else:
        cases = inside(_sum((by_school[s] for s in own if s in by_school), len(ROWS), len(COLUMNS)), whole, len(COLUMNS), threshold)
    plans, minutes = _plans(session, scope, period, threshold)
    return TermCounts(period, cases, plans, minutes, _shares(session, scope, period, threshold) if own is None else ())


def _threshold(session: Session, district_id: str, now: datetime) -> int:
    """The district's figure: a school of its own could not be given another one without telling the difference."""
    return int(policy_for(session, district_id, district_id, local_day(now))["small_number_threshold"])


def _within(period: Period) -> tuple[datetime, datetime]:
    return day_bounds(period.first)[0], day_bounds(period.last)[1]


def _tables(session: Session, district_id: str, period: Period) -> dict[str, list[list[int]]]:
    """Cases by school, tier found and how the investigation kept its time, as at the end of the period. Three statements."""
    first, end = _within(period)
    taken = (CaseFile.district_id == district_id, CaseFile.accepted_at >= first, CaseFile.accepted_at < end)
    cases = {row.id: row for row in session.execute(select(CaseFile.id, CaseFile.school_id, CaseFile.ended_reason, CaseFile.closed_at).where(*taken))}
    ids = select(CaseFile.id).where(*taken)
    clocks: dict[str, Any] = {}
    over = func.coalesce(CaseClock.met_at, CaseClock.dropped_at).label("met_at")
    for clock in session.execute(select(CaseClock.case_id, CaseClock.due_at, over).where(
        CaseClock.district_id == district_id, CaseClock.kind == "investigation", CaseClock.case_id.in_(ids), CaseClock.started_at < end
    ).order_by(CaseClock.started_at)):
        clocks[clock.case_id] = clock
    found: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(select(Determination.case_id, Determination.outcome, Determination.tier, Determination.state).where(
        Determination.district_id == district_id, Determination.case_id.in_(ids), Determination.adopted_at < end
    )):
        found[row.case_id].append(row)
    tables: dict[str, list[list[int]]] = defaultdict(lambda: [[0] * len(COLUMNS) for _ in ROWS])
    for case_id, case in cases.items():
        ended = bool(case.ended_reason) and case.closed_at is not None and case.closed_at < end
        tables[case.school_id][ROWS.index("ended" if ended else _tier(found[case_id]))][COLUMNS.index(_outcome(clocks.get(case_id), end, ended=ended))] += 1
    return tables


_STANDS = frozenset(state.value for state in STANDING)


def _tier(rows: Sequence[Any]) -> str:
    """The highest tier that stands; a finding that fell counts for nothing (domain.md case 69)."""
    standing = [row.tier for row in rows if row.outcome == "bullying" and row.state in _STANDS and row.tier in TIERS]
    if standing:
        return max(standing, key=TIERS.index)
    return "not_found" if rows else "undecided"


def _outcome(clock: Any, end: datetime, *, ended: bool = False) -> str:
    if clock is None:
        return "in_time" if ended else "running"  # ended before anything let the time run
    if clock.met_at is not None and clock.met_at < end:
        return "in_time" if clock.met_at <= clock.due_at else "late"
    return "late" if clock.due_at < end else "running"


def _sum(tables: Iterable[Sequence[Sequence[int]]], height: int, width: int) -> list[list[int]]:
    total = [[0] * width for _ in range(height)]
    for table in tables:
        for r, row in enumerate(table):
            for c, value in enumerate(row):
                total[r][c] += value
    return total


def _plans(session: Session, scope: Scope, period: Period, threshold: int) -> tuple[Counts, int | None]:
    """Plans made in the period by what became of them, and their counted minutes; the minutes only where the number of plans may stand."""
    found = plan_counts(session, scope.district_id, *_within(period))
    every = _sum((table.row for table in found.values()), 1, len(PLAN_COLUMNS))
    if scope.school_ids is None:
        counts = suppressed(every, len(PLAN_COLUMNS), threshold)
        minutes = sum(table.minutes for table in found.values())
    else:
        mine = [found[s] for s in scope.school_ids if s in found]
        counts = inside(_sum((table.row for table in mine), 1, len(PLAN_COLUMNS)), every, len(PLAN_COLUMNS), threshold)
        minutes = sum(table.minutes for table in mine)
    return counts, minutes if counts.shown(0, len(PLAN_COLUMNS)) is not None else None


def _shares(session: Session, scope: Scope, period: Period, threshold: int) -> tuple[SchoolShares, ...]:
    """Every school by name, never by number: how many of its reports and notices were in time, in bands. Three statements."""
    first, end = _within(period)
    counted = select(CaseFile.school_id, func.count()).where(
        CaseFile.district_id == scope.district_id, CaseFile.accepted_at >= first, CaseFile.accepted_at < end
    ).group_by(CaseFile.school_id)
    cases = Counter({row[0]: row[1] for row in session.execute(counted)})
    kept: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for clock in session.execute(select(CaseClock.school_id, CaseClock.kind, CaseClock.due_at, CaseClock.met_at).where(
        CaseClock.district_id == scope.district_id, CaseClock.kind.in_(("report_oral", "report_written", "guardian_notice")),
        CaseClock.started_at >= first, CaseClock.due_at < end, CaseClock.dropped_at.is_(None),
    )):
        group = "notices" if clock.kind == "guardian_notice" else "reports"
        kept[clock.school_id, group].append(clock.met_at is not None and clock.met_at <= clock.due_at)

    def share(school_id: str, group: str) -> str:
        marks = kept[school_id, group]
        return band(sum(marks), len(marks), threshold) if cases[school_id] >= threshold else ""

    return tuple(SchoolShares(s.name, share(s.id, "reports"), share(s.id, "notices")) for s in sorted(schools(session, scope), key=lambda s: (s.name, s.id)) if s.kind != "bureau")
