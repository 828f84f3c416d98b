"""What higher rooms may know of a case without opening it: ids, codes, numbers, states. Nothing sealed passes through here.

These reads check no right: whoever calls has found the case through ``queries.access``.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, Determination, GuardianNotice
from trainhub.cases.rules.lifecycle import STANDING, DeterminationState
from trainhub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class CaseRef:
    """A case by number and state. ``label`` is what every page and paper calls it."""

    district_id: str
    case_id: str
    school_id: str
    year: int
    number: int
    state: str
    scale: str
    joint: bool
    sealed: bool

    @property
    def label(self) -> str:
        """``2026-03``: year and number, nothing else."""
        return f"{self.year}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class PartyRef:
    """A party under its code. ``school_id`` is the pupil's own school."""

    district_id: str
    party_id: str
    case_id: str
    school_id: str
    code: str
    roles: tuple[str, ...]
    student_mark: str
    grade: int | None
    stage: str
    left_on: date | None


@dataclass(frozen=True, slots=True)
class DeterminationRef:
    """A version of what the committee found of a party. ``stands``: nothing has overturned, changed or replaced it."""

    district_id: str
    determination_id: str
    case_id: str
    party_id: str
    school_id: str
    version: int
    number: str
    outcome: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int
    state: str
    appeal_until: date | None
    adopted_at: datetime | None

    @property
    def stands(self) -> bool:
        """Whether the version stands today."""
        return DeterminationState(self.state) in STANDING


def case_ref(session: Session, district_id: str, case_id: str) -> CaseRef:
    """One case. One statement. Raises NotFound."""
    row = session.get(CaseFile, (district_id, case_id))
    if row is None:
        raise NotFound
    return CaseRef(row.district_id, row.id, row.school_id, row.year, row.number, row.state, row.scale, row.joint, row.sealed_at is not None)


def party_ref(session: Session, district_id: str, party_id: str) -> PartyRef:
    """One party. One statement. Raises NotFound."""
    row = session.get(CaseParty, (district_id, party_id))
    if row is None:
        raise NotFound
    return _party(row)


def party_refs(session: Session, district_id: str, case_id: str) -> tuple[PartyRef, ...]:
    """The parties of a case by code. One statement."""
    query = select(CaseParty).where(CaseParty.district_id == district_id, CaseParty.case_id == case_id).order_by(CaseParty.code)
    return tuple(_party(row) for row in session.scalars(query))


def _party(row: CaseParty) -> PartyRef:
    return PartyRef(
        row.district_id, row.id, row.case_id, row.school_id, row.code, tuple(row.roles), row.student_mark, row.grade, row.stage, row.left_on
    )


def determination_ref(session: Session, district_id: str, determination_id: str) -> DeterminationRef:
    """One version of a determination. One statement. Raises NotFound."""
    row = session.get(Determination, (district_id, determination_id))
    if row is None:
        raise NotFound
    return _determination(row)


def latest_determinations(session: Session, district_id: str, case_id: str) -> dict[str, DeterminationRef]:
    """The newest version of each party of a case, by party id. One statement."""
    newest = (
        select(Determination.party_id, func.max(Determination.version).label("version"))
        .where(Determination.district_id == district_id, Determination.case_id == case_id).group_by(Determination.party_id).subquery()
    )
    query = select(Determination).join(
        newest, (newest.c.party_id == Determination.party_id) & (newest.c.version == Determination.version)
    ).where(Determination.district_id == district_id)
    return {row.party_id: _determination(row) for row in session.scalars(query)}


def guardian_told(session: Session, district_id: str, party_id: str, about: str, object_id: str = "") -> bool:
    """Whether a guardian of the party knows of something: acknowledged, or refused to sign before witnesses. One statement."""
    query = select(GuardianNotice.id).where(
        GuardianNotice.district_id == district_id, GuardianNotice.party_id == party_id, GuardianNotice.about == about,
        GuardianNotice.object_id == object_id, GuardianNotice.outcome.in_(("acknowledged", "refused_to_sign", "heard")),
    )
    return session.execute(query.limit(1)).first() is not None


def _determination(row: Any) -> DeterminationRef:
    return DeterminationRef(
        row.district_id, row.id, row.case_id, row.party_id, row.school_id, row.version, row.number, row.outcome, row.tier,
        tuple(row.measures), row.plan_minutes, row.state, row.appeal_until, row.adopted_at,
    )
