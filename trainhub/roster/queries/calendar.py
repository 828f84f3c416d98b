"""Terms, national holidays, a school's own days."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.calendar_rules import SchoolCalendar, Term
from trainhub.roster.models import CalendarDay, SchoolDay, SchoolTerm

__all__ = ["SchoolCalendar", "calendar", "national_days", "own_days", "terms"]


def calendar(session: Session, district_id: str, school_id: str, first: date, last: date) -> SchoolCalendar:
    """Return the calendar of a school between two days, both inclusive. Three statements.

    A school's own terms and days stand before the bureau's.
    """
    national = national_days(session, first.year, last.year)
    return SchoolCalendar(
        first,
        last,
        _terms(session, district_id, school_id, first, last),
        {day: (kind, name) for day, kind, name in national},
        _own_days(session, district_id, school_id, first, last),
        tuple(y for y in range(first.year, last.year + 1) if not any(day.year == y for day, _, _ in national)),
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


def own_days(session: Session, scope: Scope, school_id: str, first: date, last: date) -> dict[date, tuple[str, str]]:
    """Days off and extra school days set by the school (or by the bureau for all), as day -> (kind, reason)."""
    if not scope.covers_school(school_id):
        raise NotFound
    return _own_days(session, scope.district_id, school_id, first, last)


def _own_days(
    session: Session, district_id: str, school_id: str, first: date, last: date
) -> dict[date, tuple[str, str]]:
    query = select(SchoolDay).where(
        SchoolDay.district_id == district_id,
        SchoolDay.school_id.in_({school_id, district_id}),
        SchoolDay.day >= first,
        SchoolDay.day <= last,
    )
    days: dict[date, tuple[str, str]] = {}
    for row in sorted(session.scalars(query), key=lambda r: r.school_id == school_id):
        days[row.day] = (row.kind, row.reason)
    return days
