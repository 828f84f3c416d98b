"""Hours statements: frozen when issued, confirmed by a code, revocable. Only the hash of the code is kept."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.service import NewEntry, append
from trainhub.training.models import HoursStatement
from trainhub.training.queries.facts import Judged, Moment, YearFacts, judge, load, requirement_of, unit_names
from trainhub.training.rules.counting import CountedPresence, Presence
from trainhub.training.rules.statements import code_digest, new_code


class NothingToState(DomainError):
    """The person was never in scope in the year: there is nothing to state."""

    code = "nothing_to_state"


@dataclass(frozen=True, slots=True)
class IssueStatement:
    """Issue the statement of one person for one year."""

    person_id: str
    year_key: str


def issue_statement(session: Session, actor: Actor, command: IssueStatement, now: datetime) -> str:
    """Freeze what the statement prints and return its code, which is shown this once.

    Officers issue for their unit's people; everybody may issue their own. Raises NotFound outside the
    scope, :class:`NothingToState`.
    """
    requirement = requirement_of(session, actor.district_id)
    try:
        year = RequirementYear.parse(command.year_key)
    except ValueError as error:
        raise NotFound from error
    if requirement is None:
        raise NotFound
    own = actor.person_id == command.person_id
    facts = load(
        session, actor.district_id, requirement, year, Moment.of(None, now), person_ids=[command.person_id]
    )
    judged = judge(facts).get(command.person_id)
    if judged is None:
        raise NothingToState if own else NotFound
    unit = judged.obligation.school_id
    if not own and not (actor.can(Permission.TRAINING_WRITE) and actor.scope(Permission.TRAINING_WRITE).covers_school(unit)):
        raise NotFound
    code = new_code()
    row = HoursStatement(
        district_id=actor.district_id, id=new_id(), code_hash=code_digest(code), person_id=command.person_id,
        school_id=unit, year_key=year.key,
        printed=printed(facts, judged, unit_names(session, actor.district_id, [unit]).get(unit, ""), now),
        issued_by=actor.account_id, issued_at=now,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "statement.issued", now)
    return code


def printed(facts: YearFacts, judged: Judged, school: str, now: datetime) -> dict[str, Any]:
    """Everything the paper says, and nothing that it does not say. Integers and text only."""
    did, duty = judged.did, judged.obligation
    rule = facts.counting(duty.school_id)
    return {
        "name": judged.card.name, "school": school, "title": facts.requirement.title, "year": facts.year.key,
        "year_from": facts.year.first_day.isoformat(), "year_to": facts.year.last_day.isoformat(),
        "minutes": did.counted, "required": duty.required, "periods": did.periods.count,
        "formula": did.periods.formula, "period_minutes": rule.periods.period_minutes,
        "daily_cap": rule.periods.daily_cap, "rounding": rule.periods.rounding, "made_up": did.made_up,
        "state": duty.state.value, "version": duty.version, "issued_on": local_day(now).isoformat(),
        "rows": _rows((line for line in did.lines if line.counted or line.made_up), rule.periods.period_minutes),
        "others": [
            [line.by_day[0][0].isoformat() if line.by_day else local_day(line.presence.starts_at).isoformat(),
             _named(line.presence), n.minutes, str(n.why)]
            for line in did.lines for n in line.not_counted if n.minutes
        ],
    }


def _named(presence: Presence) -> str:
    """The training as the paper names it: with the unit that held it, where that was another one."""
    return f"{presence.title}（{presence.host}）" if presence.host else presence.title


def _rows(lines: Iterable[CountedPresence], period_minutes: int) -> list[list[Any]]:
    """One row a training: first day, title, minutes, whole periods of these minutes."""
    rows: dict[str, list[Any]] = {}
    for line in lines:
        row = rows.setdefault(
            line.presence.event_id, [local_day(line.presence.starts_at).isoformat(), _named(line.presence), 0, 0]
        )
        row[2] += line.counted + line.made_up
        row[3] = row[2] // period_minutes
    return list(rows.values())


def revoke_statement(session: Session, actor: Actor, statement_id: str, now: datetime) -> None:
    """Revoke a statement: its page says so from now on. Raises NotFound, InvalidState."""
    row = session.scalars(
        select(HoursStatement)
        .where(HoursStatement.district_id == actor.district_id, HoursStatement.id == statement_id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if row is None or not actor.scope(Permission.TRAINING_WRITE).covers_school(row.school_id):
        raise NotFound
    if row.revoked_at is not None:
        raise InvalidState(state="revoked")
    row.revoked_at = now
    _record(session, actor, row, "statement.revoked", now)


def _record(session: Session, actor: Actor, row: HoursStatement, kind: str, now: datetime) -> None:
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=kind, subject_ref=row.person_id, object_ref=row.id,
        payload={"year": row.year_key, "minutes": row.printed["minutes"], "periods": row.printed["periods"],
                 "version": row.printed["version"]},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
