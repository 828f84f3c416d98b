"""Evidence of training at other units: as it counts, as lists show it, and one entry with its history."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.evidence.store import Proof, proof
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Employment, OrgUnit, Person
from trainhub.training.models import HostEvidence
from trainhub.training.rules.hosted import EvidenceState, HostDay, HostedTraining

SHOWN = 200
"""Entries in a list; those that wait come first."""


def as_hosted(row: HostEvidence) -> HostedTraining:
    """A stored row as the rules know it."""
    days = tuple(
        HostDay(datetime.fromisoformat(d["from"]), datetime.fromisoformat(d["to"]), d["minutes"]) for d in row.days
    )
    return HostedTraining(
        row.id, row.person_id, row.school_id, row.host_unit, row.title, row.topic, days, EvidenceState(row.state),
        row.entered_at, row.accepted_by or "", row.accepted_at, row.ended_at, row.reason,
    )


def hosted_trainings(
    session: Session, district_id: str, first: datetime, last: datetime, person_ids: Collection[str] | None
) -> dict[str, list[HostedTraining]]:
    """Everything entered of these people (None: of everybody) that touches a stretch of time. One statement."""
    query = select(HostEvidence).where(
        HostEvidence.district_id == district_id, HostEvidence.ends_at > first, HostEvidence.starts_at < last
    )
    if person_ids is not None:
        query = query.where(HostEvidence.person_id.in_(person_ids))
    found: dict[str, list[HostedTraining]] = defaultdict(list)
    for row in session.scalars(query.order_by(HostEvidence.starts_at, HostEvidence.id)):
        found[row.person_id].append(as_hosted(row))
    return found


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One entry as pages show it. Names of accounts; ``own`` unit by name."""

    hosted: HostedTraining
    name: str
    school: str
    minutes: int
    proof_kind: str
    proof_reference: str
    proof_sha256: str
    corrects_id: str | None
    entered_by_id: str
    entered_by: str
    accepted_by: str
    ended_by: str

    @property
    def id(self) -> str:
        """The entry."""
        return self.hosted.id


def evidence_list(session: Session, scope: Scope) -> list[EvidenceRow]:
    """Entries of the units in the scope: those that wait first, then the latest. Two statements."""
    query = _rows(scope).order_by(
        case((HostEvidence.state == EvidenceState.WAITING.value, 0), else_=1), HostEvidence.entered_at.desc()
    )
    return _named(session, scope.district_id, session.execute(query.limit(SHOWN)).all())


def evidence_of_person(session: Session, district_id: str, person_id: str) -> list[EvidenceRow]:
    """Everything ever entered of one person, the latest first. Two statements."""
    query = _rows(Scope(district_id, None)).where(HostEvidence.person_id == person_id)
    return _named(session, district_id, session.execute(query.order_by(HostEvidence.entered_at.desc())).all())


def evidence(session: Session, scope: Scope, evidence_id: str) -> EvidenceRow:
    """One entry. Two statements. Raises NotFound outside the scope."""
    found = session.execute(_rows(scope).where(HostEvidence.id == evidence_id)).all()
    if not found:
        raise NotFound
    return _named(session, scope.district_id, found)[0]


def scan_of(session: Session, scope: Scope, evidence_id: str) -> Proof:
    """The kept scan of an entry. Raises NotFound outside the scope, and where the paper was not scanned."""
    row = evidence(session, scope, evidence_id)
    if not row.proof_sha256:
        raise NotFound
    return proof(session, scope.district_id, row.proof_sha256)


def waiting_count(session: Session, scope: Scope) -> int:
    """How many entries wait for their decision in the scope. One statement."""
    query = select(func.count()).select_from(HostEvidence).where(
        HostEvidence.district_id == scope.district_id, HostEvidence.state == EvidenceState.WAITING.value
    )
    if scope.school_ids is not None:
        query = query.where(HostEvidence.school_id.in_(scope.school_ids))
    return session.scalars(query).one()


def staff_to_choose(session: Session, scope: Scope, school_id: str) -> list[tuple[str, str, str]]:
    """(id, name, staff number) of everybody now staffed by a school, by name. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(Person.id, Person.name, Employment.staff_no)
        .join(Employment, and_(Employment.district_id == Person.district_id, Employment.person_id == Person.id))
        .where(
            Employment.district_id == scope.district_id, Employment.school_id == school_id,
            Employment.is_home.is_(True), Employment.to_on.is_(None), Employment.category != "external",
        )
        .order_by(Person.sort_key, Employment.staff_no)
    )
    return [(i, n, no) for i, n, no in session.execute(query)]


def _rows(scope: Scope) -> Select[HostEvidence, str, str]:
    query = (
        select(HostEvidence, Person.name, OrgUnit.name)
        .join(Person, and_(Person.district_id == HostEvidence.district_id, Person.id == HostEvidence.person_id))
        .join(OrgUnit, and_(OrgUnit.district_id == HostEvidence.district_id, OrgUnit.id == HostEvidence.school_id))
        .where(HostEvidence.district_id == scope.district_id)
    )
    return query if scope.school_ids is None else query.where(HostEvidence.school_id.in_(scope.school_ids))


def _named(session: Session, district_id: str, found: Iterable[Any]) -> list[EvidenceRow]:
    found = list(found)
    wanted = {a for row, _, _ in found for a in (row.entered_by, row.accepted_by, row.ended_by) if a}
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(wanted))
    names = dict(session.execute(query).all()) if wanted else {}
    return [
        EvidenceRow(
            as_hosted(r), name, school, r.minutes, r.proof_kind, r.proof_reference, r.proof_sha256, r.corrects_id,
            r.entered_by, names.get(r.entered_by, ""), names.get(r.accepted_by or "", ""), names.get(r.ended_by or "", ""),
        )
        for r, name, school in found
    ]
