"""Cases as the committee's room sees them: matters with facts, neither names nor texts (``committees.registry.MatterSource``)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty
from trainhub.cases.queries.access import parties_of
from trainhub.cases.queries.closeness import matter_facts
from trainhub.cases.queries.facts import attempts_of, on_a_side
from trainhub.cases.rules.lifecycle import CaseState
from trainhub.cases.rules.parties import BEGINNING, About, Attempt, PartyRole, Standing, standing
from trainhub.committees.rules.deciding import GuardianSide, ItemFacts, ItemKind
from trainhub.committees.rules.recusal import MatterFacts
from trainhub.kernel.clock import local_day
from trainhub.kernel.sealing import KeyRing

_OPEN = [state.value for state in CaseState if state not in {CaseState.CLOSED, CaseState.SEALED}]


def schools_of(session: Session, case: CaseFile) -> tuple[str, ...]:
    """The school that leads a case, and those of its other pupils. One statement."""
    query = select(CaseParty.school_id).where(CaseParty.district_id == case.district_id, CaseParty.case_id == case.id).distinct()
    return (case.school_id, *sorted(set(session.scalars(query)) - {case.school_id}))


@dataclass(frozen=True, slots=True)
class CaseMatters:
    """Describes cases to the committee's room. ``ring`` gives the keys of the moment: nothing of them is kept here."""

    ring: Callable[[], KeyRing]

    def item_facts(self, session: Session, district_id: str, matter_id: str, kind: str, object_id: str | None, now: datetime) -> ItemFacts | None:
        """What holds before an item on a case is decided; None where there is no such case."""
        case = session.get(CaseFile, (district_id, matter_id))
        if case is None or case.sealed_at is not None:
            return None
        facts = matter_facts(session, self.ring(), case, local_day(now))
        blocked = () if kind != ItemKind.DETERMINATION or case.state == CaseState.SUBMITTED else ("not_submitted",)
        sides = _sides(session, case) if kind == ItemKind.DETERMINATION else ()
        return ItemFacts(sides, facts, blocked)

    def open_matters(self, session: Session, district_id: str, school_id: str, now: datetime) -> Sequence[tuple[str, MatterFacts]]:
        """Every open case of a school with who is close to it."""
        query = select(CaseFile).where(CaseFile.district_id == district_id, CaseFile.school_id == school_id, CaseFile.state.in_(_OPEN))
        return [(case.id, matter_facts(session, self.ring(), case, local_day(now))) for case in session.scalars(query.order_by(CaseFile.id))]


def _sides(session: Session, case: CaseFile) -> tuple[GuardianSide, ...]:
    parties = on_a_side(parties_of(session, case))
    told = attempts_of(session, case)
    closed = _only_restricted(session, case, [party.id for party in parties])
    return tuple(side for party in parties for side in _of_party(party, told.get(party.id, []), party.id in closed))


def _of_party(party: CaseParty, attempts: list[Attempt], restricted: bool) -> list[GuardianSide]:
    """One line for each side a party is on: a child may be on both (case 50)."""
    notified = standing(attempts, BEGINNING).counts
    heard = standing(attempts, [About.HEARING]) is Standing.HEARD
    why_not = "restricted" if restricted and not notified else ""
    sides = [("acting", PartyRole.ACTOR), ("harmed", PartyRole.TARGET)]
    return [GuardianSide(side, party.code, notified, heard, why_not) for side, role in sides if role in party.roles]  # type: ignore[arg-type]


def _only_restricted(session: Session, case: CaseFile, party_ids: Sequence[str]) -> frozenset[str]:
    """Parties whose guardians may none of them be told: somebody else must stand by the child."""
    rows = session.execute(select(CaseGuardian.party_id, CaseGuardian.restricted).where(
        CaseGuardian.district_id == case.district_id, CaseGuardian.party_id.in_(party_ids)
    )).all()
    return frozenset(party for party, _ in rows) - frozenset(party for party, restricted in rows if not restricted)
