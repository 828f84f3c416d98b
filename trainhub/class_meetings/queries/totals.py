"""How a school stands in the present term, for the page everybody sees first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.class_meetings.models import SchoolTermTotal
from trainhub.class_meetings.queries.board import term_of
from trainhub.class_meetings.queries.facts import term_facts
from trainhub.class_meetings.rules.counting import cover
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day


@dataclass(frozen=True, slots=True)
class TermTotals:
    """Classes that owe meetings, those that met the duty and those with none; meetings asked for, counted, waiting for the check."""

    school_year: str
    season: str
    classes: int
    met: int
    none: int
    required: int
    counted: int
    waiting: int


def term_totals(session: Session, scope: Scope, school_id: str, now: datetime) -> TermTotals | None:
    """Return the totals of the present term, None outside the scope. Four statements; thirteen until it was first worked out."""
    if not scope.covers_school(school_id):
        return None
    today = local_day(now)
    key = term_of(session, scope.district_id, school_id, today)
    row = session.get(SchoolTermTotal, (scope.district_id, school_id, key.school_year, key.season))
    if row is None:
        c = cover(term_facts(session, scope, school_id, key.school_year, key.season, today).standings)
        return TermTotals(key.school_year, key.season, c.owed, c.met, c.none, c.required, c.counted, c.waiting)
    return TermTotals(key.school_year, key.season, row.classes, row.met, row.none, row.required, row.counted, row.waiting)
