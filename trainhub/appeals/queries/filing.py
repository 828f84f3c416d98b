"""What the form of an appeal offers: the case by its number, its findings that stand, the sides that may appeal. Codes only."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.refs import DeterminationRef, case_numbered, case_ref, latest_determinations, party_refs
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission, Role
from trainhub.roster.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Side:
    """Who may appeal against a finding: the pupil it is about, or the other child."""

    party_id: str
    code: str
    side: str


@dataclass(frozen=True, slots=True)
class AppealableFinding:
    """A finding that stands, with its sides."""

    finding: DeterminationRef
    code: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Against:
    """A case on the form."""

    case_id: str
    label: str
    school: str
    county_review: bool
    findings: tuple[AppealableFinding, ...]


def schools_to_choose(session: Session, actor: Actor) -> list[tuple[str, str]]:
    """The schools among which the county chooses; none for a school. One statement."""
    if actor.role is not Role.BUREAU_CASE_OFFICER:
        return []
    query = select(OrgUnit.id, OrgUnit.short_name).where(OrgUnit.district_id == actor.district_id, OrgUnit.kind != "bureau")
    return [(key, name) for key, name in session.execute(query.order_by(OrgUnit.sort_key, OrgUnit.id))]


def case_asked_for(session: Session, actor: Actor, school_id: str, number: tuple[int, int] | None, now: datetime) -> str:
    """The id of a case by school and number. Raises NotFound, also where the actor may take no appeal for it."""
    if number is None or not actor.scope(Permission.APPEAL_FILE).covers_school(school_id):
        raise NotFound
    return case_numbered(session, actor.district_id, school_id, *number).case_id


def against(session: Session, actor: Actor, case_id: str, now: datetime) -> Against:
    """The findings of a case that may be appealed against. Raises NotFound.

    The school must be able to see the case; the county takes an appeal in before it may read it, but never one it stepped aside from.
    """
    case = case_ref(session, actor.district_id, case_id)
    if actor.role is not Role.BUREAU_CASE_OFFICER:
        seen_case(session, actor, Permission.CASE_READ, case_id, now)
    aside = is_recused(session, actor.district_id, case_id, person_id=actor.person_id, account_id=actor.account_id)
    if case.sealed or aside or not actor.scope(Permission.APPEAL_FILE).covers_school(case.school_id):
        raise NotFound
    parties = {p.party_id: p for p in party_refs(session, actor.district_id, case_id)}
    targets = [p for p in parties.values() if "target" in p.roles]
    found = []
    for one in latest_determinations(session, actor.district_id, case_id).values():
        if one.stands:
            own = parties[one.party_id]
            sides = [Side(own.party_id, own.code, "actor" if "actor" in own.roles else "target")]
            sides += [Side(p.party_id, p.code, "target") for p in targets if p.party_id != own.party_id]
            found.append(AppealableFinding(one, own.code, tuple(sides)))
    school = session.get(OrgUnit, (actor.district_id, case.school_id))
    return Against(case_id, case.label, school.short_name if school else "", case.county_review, tuple(sorted(found, key=lambda f: f.code)))
