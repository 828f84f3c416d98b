"""All verified minutes of a school and year, as an exporter gets them."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.plugin_api import HoursLedger, HoursRow
from trainhub.roster.queries import org
from trainhub.training.queries.facts import judge, load
from trainhub.training.queries.standing import school_year


def hours_ledger(session: Session, scope: Scope, school_id: str, now: datetime, year_key: str | None = None) -> HoursLedger:
    """Everybody's verified presences, in order of people and time; ``mode`` and ``origin`` are keys.

    A constant number of statements. Raises NotFound outside the scope.
    """
    frame = school_year(session, scope, school_id, now, year_key, None)
    definition = frame.definition
    facts = load(session, frame.district_id, frame.requirement, definition.year, definition.moment, school_ids=[school_id])
    people = [(p, j) for p, j in judge(facts).items() if j.obligation.school_id == school_id]
    rows = tuple(
        HoursRow(
            person_id, judged.card.name, judged.card.staff_no, judged.obligation.department, line.presence.title, local_day(line.presence.starts_at),
            line.attended, line.presence.mode, local_day(line.presence.verified_at) if line.presence.verified_at else None, line.presence.source,
        )
        for person_id, judged in sorted(people, key=lambda found: (found[1].card.department_sort, found[1].card.sort_key, found[0]))
        for line in sorted(judged.did.lines, key=lambda line: line.presence.starts_at)
        if line.attended and line.presence.verified and not line.presence.void and not line.presence.revoked
    )
    unit = org(session, scope, school_id)
    return HoursLedger(
        frame.school_name, unit.code or "", definition.year.key, facts.counting(school_id).periods.period_minutes, definition.moment.known_at, rows
    )
