"""Where one person stands in one year, and why: every presence with what became of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.years import RequirementYear
from trainhub.training.models import TrainingExemption
from trainhub.training.queries.facts import (
    Judged,
    Moment,
    Requirement,
    judge,
    load,
    requirement_of,
    unit_names,
    year_of,
)
from trainhub.training.queries.hosted import EvidenceRow, evidence_of_person
from trainhub.training.queries.standing import Definition
from trainhub.training.queries.statements import Statement, statements_of
from trainhub.training.rules.counting import CountedPresence


@dataclass(frozen=True, slots=True)
class ExemptionView:
    """An exemption of the person in the year."""

    kind: str
    document: str
    from_on: date
    to_on: date
    state: str


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """One person's year: what is owed, every presence with what became of it, and who vouched for it."""

    person_id: str
    name: str
    school_id: str
    school_name: str
    definition: Definition
    judged: Judged
    accounts: Mapping[str, str]
    units: Mapping[str, str]
    upcoming: tuple[CountedPresence, ...]
    past: tuple[CountedPresence, ...]
    exemptions: tuple[ExemptionView, ...]
    statements: tuple[Statement, ...]
    booked: int
    evidence: tuple[EvidenceRow, ...] = ()


def person_standing(
    session: Session, scope: Scope, person_id: str, now: datetime, *,
    year_key: str | None = None, as_of: date | None = None,
) -> PersonStanding | None:
    """One person's standing; None where the person was never in scope in the year.

    Seen by the person, and by every unit in the scope on whose staff the person was in the year. Raises
    NotFound for anybody else. A constant number of statements.
    """
    requirement = requirement_of(session, scope.district_id)
    if requirement is None:
        raise NotFound
    moment = Moment.of(as_of, now)
    year = year_of(session, scope.district_id, moment.day, year_key)
    facts = load(session, scope.district_id, requirement, year, moment, person_ids=[person_id])
    person = facts.people.get(person_id)
    own = scope.person_id == person_id
    if not own and (person is None or not any(scope.covers_school(e.school_id) for e in person.employments)):
        raise NotFound
    judged = judge(facts).get(person_id)
    if judged is None:
        return None
    lines = judged.did.lines
    unit = judged.obligation.school_id
    units = unit_names(session, scope.district_id, {unit, *(line.presence.unit for line in lines)})
    upcoming = tuple(line for line in lines if line.presence.starts_at > moment.known_at)
    booked = sum(
        int(line.presence.scheduled.minutes) for line in upcoming
        if line.presence.status is None and line.presence.topic == requirement.topic and line.presence.mode == "face_to_face"
    )
    return PersonStanding(
        person_id, judged.card.name, unit, units.get(unit, ""),
        Definition.of(facts.policies[unit], year, requirement.title, moment, closed=unit in facts.closed), judged,
        _account_names(session, scope.district_id, lines), units, upcoming,
        tuple(line for line in lines if line.presence.starts_at <= moment.known_at),
        _exemptions(session, scope.district_id, requirement, year, person_id),
        tuple(statements_of(session, scope.district_id, person_id, year.key)), booked,
        tuple(
            e for e in evidence_of_person(session, scope.district_id, person_id)
            if any(year.contains(local_day(d.starts_at)) for d in e.hosted.days)
        ),
    )


def _account_names(session: Session, district_id: str, lines: Iterable[CountedPresence]) -> dict[str, str]:
    wanted = {line.presence.verified_by for line in lines if line.presence.verified_by}
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(wanted))
    return dict(session.execute(query).all())


def _exemptions(
    session: Session, district_id: str, requirement: Requirement, year: RequirementYear, person_id: str
) -> tuple[ExemptionView, ...]:
    query = (
        select(TrainingExemption)
        .where(
            TrainingExemption.district_id == district_id, TrainingExemption.requirement_id == requirement.id,
            TrainingExemption.year_key == year.key, TrainingExemption.person_id == person_id,
        )
        .order_by(TrainingExemption.requested_at)
    )
    return tuple(ExemptionView(r.kind, r.document, r.from_on, r.to_on, r.state) for r in session.scalars(query))
