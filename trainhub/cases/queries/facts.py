"""What the guards of a case look at, gathered from this room and asked of those who know the rest."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, GuardianNotice
from trainhub.cases.queries.access import parties_of
from trainhub.cases.registry import fact_sources
from trainhub.cases.rules.lifecycle import CaseFacts
from trainhub.cases.rules.parties import BEGINNING, SIDES, About, Attempt, PartyRole, Standing, standing


def case_facts(session: Session, case: CaseFile) -> CaseFacts:
    """What the guards of the lifecycle look at. Two statements and those of the sources."""
    parties = parties_of(session, case)
    told = attempts_of(session, case)
    facts = CaseFacts(
        actors=sum(PartyRole.ACTOR in party.roles for party in parties), targets=sum(PartyRole.TARGET in party.roles for party in parties),
        parties=len(on_a_side(parties)), parties_without_side=sum(not party.roles for party in parties),
        parties_notified=sum(standing(told.get(party.id, []), BEGINNING).counts for party in on_a_side(parties)),
        parties_heard=sum(standing(told.get(party.id, []), [About.HEARING]).counts for party in on_a_side(parties)),
        parties_served=sum(standing(told.get(party.id, []), [About.DETERMINATION]).counts for party in on_a_side(parties)),
    )
    for source in fact_sources():
        facts = source(session, case.district_id, case.id, facts)
    return facts


def on_a_side(parties: list[CaseParty]) -> list[CaseParty]:
    """Those who acted or to whom it was done: their guardians are owed notices, not those of who looked on."""
    return [party for party in parties if SIDES & set(party.roles)]


def attempts_of(session: Session, case: CaseFile) -> dict[str, list[Attempt]]:
    """What was tried to tell the guardians, by party. One statement."""
    query = select(GuardianNotice).where(GuardianNotice.district_id == case.district_id, GuardianNotice.case_id == case.id)
    found: dict[str, list[Attempt]] = {}
    for row in session.scalars(query.order_by(GuardianNotice.happened_at, GuardianNotice.id)):
        found.setdefault(row.party_id, []).append(Attempt(row.about, row.outcome, row.channel, row.happened_at, len(row.witnesses)))
    return found


def standing_of(attempts: dict[str, list[Attempt]], party_id: str, about: frozenset[About] | set[About]) -> Standing:
    """How far telling one party's guardians of something has come."""
    return standing(attempts.get(party_id, []), about)
