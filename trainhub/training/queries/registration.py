"""The continuing-education register of a school's year: verified hours of everybody, with who confirmed them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.kernel.minutes import PeriodRule
from trainhub.training.models import HostEvidence
from trainhub.training.queries.facts import YearFacts, judge, load, unit_names
from trainhub.training.queries.standing import Definition, school_year
from trainhub.training.rules.obligations import registers_for_ce
from trainhub.training.rules.registration import Registration, register


@dataclass(frozen=True, slots=True)
class RegisteredPerson:
    """One person of the school. ``expected``: the register expects hours; ``opted_out``: by the person's own choice."""

    name: str
    staff_no: str
    department: str
    posts: tuple[str, ...]
    order: tuple[bool, str, str]
    expected: bool
    opted_out: bool
    registration: Registration


@dataclass(frozen=True, slots=True)
class Register:
    """The register of one school and year. Names by id: units, accounts; papers of host units by entry."""

    school_id: str
    school_name: str
    definition: Definition
    rule: PeriodRule
    people: tuple[RegisteredPerson, ...]
    units: Mapping[str, str]
    accounts: Mapping[str, str]
    papers: Mapping[str, str]


def register_of(session: Session, scope: Scope, school_id: str, now: datetime, year_key: str | None = None) -> Register:
    """The register as it stands now. A constant number of statements. Raises NotFound outside the scope."""
    frame = school_year(session, scope, school_id, now, year_key, None)
    definition = frame.definition
    facts = load(
        session, frame.district_id, frame.requirement, definition.year, definition.moment, school_ids=[school_id]
    )
    people = _people(facts, school_id)
    items = [item for p in people for item in p.registration.items]
    district = frame.district_id
    accounts = select(Account.id, Account.display_name).where(
        Account.district_id == district, Account.id.in_({i.verified_by for i in items if i.verified_by})
    )
    papers = select(HostEvidence.id, HostEvidence.proof_reference).where(
        HostEvidence.district_id == district, HostEvidence.id.in_({i.event_id for i in items if i.host})
    )
    return Register(
        school_id, frame.school_name, definition, facts.counting(school_id).periods, people,
        unit_names(session, district, {i.unit for i in items}), dict(session.execute(accounts).all()),
        dict(session.execute(papers).all()),
    )


def _people(facts: YearFacts, school_id: str) -> tuple[RegisteredPerson, ...]:
    rule = facts.counting(school_id)
    found = []
    for person_id, judged in judge(facts).items():
        duty, card = judged.obligation, judged.card
        if duty.school_id != school_id:
            continue
        job = next(j for j in reversed(facts.people[person_id].employments) if j.school_id == school_id and j.is_home)
        found.append(RegisteredPerson(
            card.name, job.staff_no, duty.department, duty.posts, (not duty.department, card.department_sort, card.sort_key),
            registers_for_ce(job), job.ce_opt_out, register(facts.presences.get(person_id, ()), rule),
        ))
    return tuple(sorted(found, key=lambda p: p.order))
