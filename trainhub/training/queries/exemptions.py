"""Requests for exemption of one school, undecided ones first."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.kernel.years import RequirementYear
from trainhub.roster.models import Person
from trainhub.training.models import TrainingExemption


@dataclass(frozen=True, slots=True)
class ExemptionRow:
    """A request in the list of a school."""

    id: str
    person_id: str
    name: str
    kind: str
    document: str
    from_on: date
    to_on: date
    state: str
    requested_by_id: str
    requested_by: str
    requested_at: datetime
    decided_by: str
    decided_at: datetime | None
    reason: str


def exemptions(session: Session, scope: Scope, school_id: str, year: RequirementYear) -> list[ExemptionRow]:
    """Requests and decisions of a school's year, undecided ones first. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(TrainingExemption, Person.name)
        .join(Person, and_(Person.district_id == TrainingExemption.district_id, Person.id == TrainingExemption.person_id))
        .where(
            TrainingExemption.district_id == scope.district_id, TrainingExemption.school_id == school_id,
            TrainingExemption.year_key == year.key,
        )
        .order_by(TrainingExemption.requested_at.desc(), TrainingExemption.id)
    )
    found = session.execute(query).all()
    accounts = {a for e, _ in found for a in (e.requested_by, e.decided_by) if a}
    names = dict(
        session.execute(
            select(Account.id, Account.display_name).where(Account.district_id == scope.district_id, Account.id.in_(accounts))
        ).all()
    )
    rows = [
        ExemptionRow(
            e.id, e.person_id, name, e.kind, e.document, e.from_on, e.to_on, e.state, e.requested_by,
            names.get(e.requested_by, ""), e.requested_at, names.get(e.decided_by or "", ""), e.decided_at, e.reason,
        )
        for e, name in found
    ]
    return sorted(rows, key=lambda r: r.state != "requested")
