"""Closing a year as pages show it: what closing would do, what is frozen, what was amended and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceSheet
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds
from trainhub.kernel.errors import NotFound
from trainhub.kernel.years import RequirementYear
from trainhub.training.models import EventPart, TrainingEvent, YearSnapshot
from trainhub.training.queries.facts import Judged, Moment, judge, load, requirement_of
from trainhub.training.rules.coverage import COUNTERS, CountingBasis, Totals, tally
from trainhub.training.rules.obligations import State


@dataclass(frozen=True, slots=True)
class OpenRoll:
    """A roll of the year that nobody verified: its minutes count nothing."""

    event_id: str
    sheet_id: str
    title: str
    starts_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One row of a closed year: a version (``number`` counts from 1), a request or a refusal (0).

    ``changes`` are (counter, before, after) against the version that it amends.
    """

    id: str
    number: int
    state: str
    reason: str
    closed_by: str
    closed_by_id: str
    approved_by: str
    closed_at: datetime
    roster_on: date
    policy_version: int
    totals: Totals
    rules: Mapping[str, Any]
    digest: str
    people: tuple[Mapping[str, Any], ...]
    amends: int | None
    changes: tuple[tuple[str, int, int], ...]
    changed_people: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What closing would do: who becomes unmet, who stands apart, what is still unverified."""

    unmet: tuple[Judged, ...]
    grace: tuple[Judged, ...]
    totals: Totals
    unverified: tuple[OpenRoll, ...]


@dataclass(frozen=True, slots=True)
class Closing:
    """The page: versions newest first, a waiting request, and the live figures beside the frozen ones."""

    year: RequirementYear
    closable: bool
    versions: tuple[SnapshotRow, ...]
    waiting: SnapshotRow | None
    preview: Preview

    @property
    def current(self) -> SnapshotRow | None:
        """The published version, None while the year is open."""
        return next((v for v in self.versions if v.state == "closed"), None)

    @property
    def drift(self) -> tuple[tuple[str, int, int], ...]:
        """Where the live figures no longer say what was published."""
        return _changes(self.current.totals, self.preview.totals) if self.current else ()


def unverified_rolls(session: Session, scope: Scope, school_id: str, year: RequirementYear) -> list[OpenRoll]:
    """Rolls of a unit in the year that are open or wait for verification. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(TrainingEvent.id, AttendanceSheet.id, TrainingEvent.title, AttendanceSheet.starts_at, AttendanceSheet.state)
        .join(EventPart, and_(EventPart.district_id == TrainingEvent.district_id, EventPart.event_id == TrainingEvent.id))
        .join(
            AttendanceSheet,
            and_(AttendanceSheet.district_id == EventPart.district_id, AttendanceSheet.id == EventPart.sheet_id),
        )
        .where(
            TrainingEvent.district_id == scope.district_id, TrainingEvent.school_id == school_id,
            AttendanceSheet.state.in_(("open", "submitted")),
            AttendanceSheet.starts_at >= day_bounds(year.first_day)[0],
            AttendanceSheet.starts_at < day_bounds(year.last_day)[1],
        )
        .order_by(AttendanceSheet.starts_at)
    )
    return [OpenRoll(*row) for row in session.execute(query)]


def closing(session: Session, scope: Scope, school_id: str, year: RequirementYear, now: datetime) -> Closing:
    """Everything the closing page shows, in a constant number of statements. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    requirement = requirement_of(session, scope.district_id)
    if requirement is None:
        raise NotFound
    moment = Moment.of(None, now)
    facts = load(session, scope.district_id, requirement, year, moment, school_ids=[school_id])
    mine = [j for j in judge(facts).values() if j.obligation.school_id == school_id]
    ordered = sorted(mine, key=lambda j: (j.card.department_sort, j.card.sort_key, j.card.person_id))
    owing = (State.OPEN, State.IN_PROGRESS, State.UNMET)
    preview = Preview(
        tuple(j for j in ordered if j.obligation.state in owing),
        tuple(j for j in ordered if j.obligation.state is State.GRACE),
        tally(j.obligation for j in mine),
        tuple(unverified_rolls(session, scope, school_id, year)),
    )
    versions = snapshots(session, scope, school_id, year, requirement.id)
    waiting = versions[0] if versions and versions[0].state == "requested" else None
    shown = tuple(v for v in versions if v.state != "requested")
    return Closing(year, moment.day > year.last_day, shown, waiting, preview)


def snapshots(
    session: Session, scope: Scope, school_id: str, year: RequirementYear, requirement_id: str
) -> tuple[SnapshotRow, ...]:
    """All versions of a closed year, newest first, each with what it changed. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(YearSnapshot)
        .where(
            YearSnapshot.district_id == scope.district_id, YearSnapshot.requirement_id == requirement_id,
            YearSnapshot.year_key == year.key, YearSnapshot.school_id == school_id,
        )
        .order_by(YearSnapshot.number.desc())
    )
    rows = session.scalars(query).all()
    accounts = {a for row in rows for a in (row.closed_by, row.approved_by) if a}
    names = dict(
        session.execute(
            select(Account.id, Account.display_name).where(
                Account.district_id == scope.district_id, Account.id.in_(accounts)
            )
        ).all()
    )
    by_id = {row.id: row for row in rows}
    published = sorted(row.number for row in rows if row.state == "closed")
    version = {number: n for n, number in enumerate(published, start=1)}
    return tuple(_row(row, by_id.get(row.amends_id or ""), names, version) for row in rows)


def _row(
    row: YearSnapshot, amended: YearSnapshot | None, names: Mapping[str, str], version: Mapping[int, int]
) -> SnapshotRow:
    frozen = row.state == "closed" and amended is not None
    return SnapshotRow(
        row.id, version.get(row.number, 0), row.state, row.reason, names.get(row.closed_by, ""), row.closed_by,
        names.get(row.approved_by or "", ""), row.closed_at, row.roster_on, row.policy_version,
        totals_of(row.totals, row.year_key), dict(row.totals.get("rules", {})), row.digest, tuple(row.people),
        version.get(amended.number) if amended else None,
        _changes(totals_of(amended.totals), totals_of(row.totals)) if frozen and amended else (),
        _changed_people(amended, row) if frozen and amended else (),
    )


def totals_of(frozen: Mapping[str, Any], year_key: str = "") -> Totals:
    """Read frozen figures back."""
    basis = CountingBasis(frozen.get("basis", "home_staff"), year_key, frozen.get("policy_version", 0))
    return Totals(**{name: frozen.get(name, 0) for name in COUNTERS}, basis=basis)


def _changes(before: Totals, after: Totals) -> tuple[tuple[str, int, int], ...]:
    names = ("in_scope", *COUNTERS)
    return tuple(
        (name, getattr(before, name), getattr(after, name)) for name in names if getattr(before, name) != getattr(after, name)
    )


def _changed_people(before: YearSnapshot, after: YearSnapshot) -> tuple[tuple[str, str, str], ...]:
    """(name, state before, state after) of everybody whose state the amendment changed."""
    old = {p["person"]: p["state"] for p in before.people}
    found = [(p["name"], old.get(p["person"], ""), p["state"]) for p in after.people if old.get(p["person"]) != p["state"]]
    now_there = {p["person"] for p in after.people}
    return (*found, *((p["name"], p["state"], "") for p in before.people if p["person"] not in now_there))
