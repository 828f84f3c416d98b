"""Terms, national holidays, a school's own days."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.calendar_rules import SchoolCalendar, Term
from trainhub.roster.models import CalendarDay, SchoolDay, SchoolTerm

__all__ = ["OwnDay", "SchoolCalendar", "calendar", "national_days", "own_days", "terms"]


def calendar(session: Session, district_id: str, school_id: str, first: date, last: date) -> SchoolCalendar:
    """Return the calendar of a school between two days, both inclusive. Three statements.

    A school's own terms and days stand before the bureau's.
    """
    national = national_days(session, first.year, last.year)
    own = _own_days(session, district_id, school_id, first, last)
    return SchoolCalendar(
        first,
        last,
        _terms(session, district_id, school_id, first, last),
        {day: (kind, name) for day, kind, name in national},
        {day: (row.kind, row.reason) for day, row in own.items()},
        tuple(y for y in range(first.year, last.year + 1) if not any(day.year == y for day, _, _ in national)),
        {day: row.follows_weekday for day, row in own.items() if row.follows_weekday and row.kind == "school"},
    )


def national_days(session: Session, first_year: int, last_year: int) -> list[tuple[date, str, str]]:
    """Stored holidays and make-up workdays of the years as (day, kind, name), in order."""
    query = (
        select(CalendarDay.day, CalendarDay.kind, CalendarDay.name)
        .where(CalendarDay.day >= date(first_year, 1, 1), CalendarDay.day <= date(last_year, 12, 31))
        .order_by(CalendarDay.day)
    )
    return [(row.day, row.kind, row.name) for row in session.execute(query)]


def terms(session: Session, scope: Scope, school_id: str, first: date, last: date) -> tuple[Term, ...]:
    """Terms that touch the days, the school's own before the bureau's."""
    if not scope.covers_school(school_id):
        raise NotFound
    return _terms(session, scope.district_id, school_id, first, last)


def _terms(session: Session, district_id: str, school_id: str, first: date, last: date) -> tuple[Term, ...]:
    query = select(SchoolTerm).where(
        SchoolTerm.district_id == district_id,
        SchoolTerm.school_id.in_({school_id, district_id}),
        SchoolTerm.ends_on >= first,
        SchoolTerm.starts_on <= last,
    )
    chosen: dict[tuple[str, str], SchoolTerm] = {}
    for term in session.scalars(query):
        key = (term.school_year, term.season)
        if key not in chosen or term.school_id == school_id:
            chosen[key] = term
    return tuple(
        Term(t.id, t.school_id, t.school_year, "autumn" if t.season == "autumn" else "spring", t.starts_on, t.ends_on)
        for t in sorted(chosen.values(), key=lambda t: t.starts_on)
    )


@dataclass(frozen=True, slots=True)
class OwnDay:
    """A day as the school (or the bureau for all) set it. ``follows_weekday`` 1-7 where its timetable is another weekday's."""

    day: date
    org_id: str
    kind: str
    reason: str
    follows_weekday: int | None


def own_days(session: Session, scope: Scope, school_id: str, first: date, last: date) -> dict[date, OwnDay]:
    """Days off and extra school days set by the school (or by the bureau for all), by day. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    return _own_days(session, scope.district_id, school_id, first, last)


def _own_days(session: Session, district_id: str, school_id: str, first: date, last: date) -> dict[date, OwnDay]:
    query = select(SchoolDay).where(
        SchoolDay.district_id == district_id,
        SchoolDay.school_id.in_({school_id, district_id}),
        SchoolDay.day >= first,
        SchoolDay.day <= last,
    )
    return {
        row.day: OwnDay(row.day, row.school_id, row.kind, row.reason, row.follows_weekday)
        for row in sorted(session.scalars(query), key=lambda r: r.school_id == school_id)
    }
