"""What higher rooms may know of a case without opening it: ids, codes, numbers, states. Nothing sealed passes through here.

These reads check no right: whoever calls has found the case through ``queries.access``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, Determination, GuardianNotice
from trainhub.cases.queries.access import visible
from trainhub.cases.rules.lifecycle import STANDING, CaseState, DeterminationState
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission, Reach, reach


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
    county_review: bool = False

    @property
    def label(self) -> str:
        """``2026-03``: year and number, nothing else."""
        return f"{self.year}-{self.number:02d}"


_FLAGGED_MOST = 50
_FOLLOWED_MOST = 200


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
    effective_at: datetime | None = None
    appeal_id: str | None = None
    entered_by: str = ""

    @property
    def stands(self) -> bool:
        """Whether the version stands today."""
        return DeterminationState(self.state) in STANDING


def case_ref(session: Session, district_id: str, case_id: str) -> CaseRef:
    """One case. One statement. Raises NotFound."""
    row = session.get(CaseFile, (district_id, case_id))
    if row is None:
        raise NotFound
    return _case(row)


def case_refs(session: Session, district_id: str, case_ids: Collection[str]) -> dict[str, CaseRef]:
    """Several cases by id. One statement."""
    query = select(CaseFile).where(CaseFile.district_id == district_id, CaseFile.id.in_(case_ids))
    return {row.id: _case(row) for row in session.scalars(query)} if case_ids else {}


def case_numbered(session: Session, district_id: str, school_id: str, year: int, number: int) -> CaseRef:
    """The case of a school by its number, where it is not sealed. One statement. Raises NotFound."""
    row = session.scalars(select(CaseFile).where(
        CaseFile.district_id == district_id, CaseFile.school_id == school_id, CaseFile.year == year, CaseFile.number == number,
        CaseFile.sealed_at.is_(None),
    )).one_or_none()
    if row is None:
        raise NotFound
    return _case(row)


def followed_up(session: Session, actor: Actor) -> tuple[CaseRef, ...]:
    """Cases at their follow-up that the actor's own school leads and the actor may change, oldest first. One statement, none for others."""
    if reach(actor.role, Permission.CASE_WRITE) is not Reach.SCHOOL:
        return ()
    query = select(CaseFile).where(
        CaseFile.district_id == actor.district_id, CaseFile.school_id == actor.org_id, CaseFile.state == CaseState.FOLLOW_UP.value,
        not_recused(actor, CaseFile.id),
    ).order_by(CaseFile.year, CaseFile.number, CaseFile.id).limit(_FOLLOWED_MOST)
    return tuple(_case(row) for row in session.scalars(query))


def flagged_for_county(session: Session, district_id: str) -> tuple[CaseRef, ...]:
    """Cases in which police or court found otherwise, and that ask for another look by the county (case 56). One statement."""
    query = select(CaseFile).where(
        CaseFile.district_id == district_id, CaseFile.county_review.is_(True), CaseFile.sealed_at.is_(None)
    ).order_by(CaseFile.year, CaseFile.number, CaseFile.id).limit(_FLAGGED_MOST)
    return tuple(_case(row) for row in session.scalars(query))


def _case(row: CaseFile) -> CaseRef:
    return CaseRef(
        row.district_id, row.id, row.school_id, row.year, row.number, row.state, row.scale, row.joint, row.sealed_at is not None,
        row.county_review,
    )


def party_codes(session: Session, district_id: str, party_ids: Collection[str]) -> dict[str, str]:
    """The codes of parties by id. One statement."""
    query = select(CaseParty.id, CaseParty.code).where(CaseParty.district_id == district_id, CaseParty.id.in_(party_ids))
    return {row.id: row.code for row in (session.execute(query) if party_ids else ())}


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


def guardians_told(session: Session, district_id: str, about: str, object_ids: Collection[str]) -> frozenset[str]:
    """Of which of these objects (plans, say) a guardian knows, as :func:`guardian_told`. One statement."""
    query = select(GuardianNotice.object_id).where(
        GuardianNotice.district_id == district_id, GuardianNotice.about == about, GuardianNotice.object_id.in_(object_ids),
        GuardianNotice.outcome.in_(("acknowledged", "refused_to_sign", "heard")),
    )
    return frozenset(session.scalars(query)) if object_ids else frozenset()


@dataclass(frozen=True, slots=True)
class StandingFinding:
    """A standing finding of bullying with its case and the code of its party."""

    finding: DeterminationRef
    case_label: str
    code: str
    grade: int | None
    party_school_id: str


def standing_findings(session: Session, actor: Actor, now: datetime, *, without: Select[Any] | None = None) -> list[StandingFinding]:
    """Standing findings of bullying of the cases that exist for the actor, oldest first, ``without`` those of some parties. One statement."""
    query = (
        select(Determination, CaseFile.year, CaseFile.number, CaseParty.code, CaseParty.grade, CaseParty.school_id)
        .join(CaseFile, and_(CaseFile.district_id == Determination.district_id, CaseFile.id == Determination.case_id))
        .join(CaseParty, and_(CaseParty.district_id == Determination.district_id, CaseParty.id == Determination.party_id))
        .where(
            visible(actor, Permission.CASE_READ, now), Determination.outcome == "bullying",
            Determination.state.in_([s.value for s in STANDING]), *([] if without is None else [Determination.party_id.not_in(without)]),
        ).order_by(Determination.adopted_at, Determination.id)
    )
    return [
        StandingFinding(_determination(row[0]), f"{row[1]}-{row[2]:02d}", row[3], row[4], row[5]) for row in session.execute(query)
    ]


_GUARDIAN = select(CaseGuardian.id).where(
    CaseGuardian.district_id == bindparam("of_district"), CaseGuardian.party_id == bindparam("of_party"),
    CaseGuardian.person_mark == bindparam("of_person"),
).limit(1)


def is_guardian(session: Session, district_id: str, party_id: str, person_mark: str) -> bool:
    """Whether a member of staff (by keyed mark, kind ``person``) is a guardian of the party. One statement."""
    return session.execute(_GUARDIAN, {"of_district": district_id, "of_party": party_id, "of_person": person_mark}).first() is not None


def _determination(row: Any) -> DeterminationRef:
    return DeterminationRef(
        row.district_id, row.id, row.case_id, row.party_id, row.school_id, row.version, row.number, row.outcome, row.tier,
        tuple(row.measures), row.plan_minutes, row.state, row.appeal_until, row.adopted_at, row.effective_at, row.appeal_id, row.entered_by,
    )
