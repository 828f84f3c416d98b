"""Who is close to a case: what the committee's room needs to know so that people step aside (domain.md case 47).

Read by services only: identities are unsealed for the moment of the question, and nothing but ids and marks goes out.
"""

import json
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, Concern, ConcernReporter
from trainhub.cases.queries.access import parties_of
from trainhub.cases.queries.identity import places_of, unsealed_identity
from trainhub.committees.rules.recusal import MatterFacts, RoleInMatter
from trainhub.kernel.sealing import KeyRing, place


def matter_facts(session: Session, ring: KeyRing, case: CaseFile, today: date) -> MatterFacts:
    """Class teachers of the parties (the day it happened, and today), marks of guardians, who reported. At most five statements."""
    parties = parties_of(session, case)
    student_ids = {known["student_id"] for party in parties if (known := unsealed_identity(ring, party)).get("student_id")}
    days = sorted({case.happened_on or today, today})
    teachers = {
        person for day in days for where in places_of(session, case.district_id, student_ids, day).values() for person in where.homeroom
    }
    return MatterFacts(
        class_teachers=frozenset(teachers), guardian_marks=_guardian_marks(session, case, parties), roles=_reporters(session, ring, case),
    )


def _guardian_marks(session: Session, case: CaseFile, parties: list[CaseParty]) -> frozenset[str]:
    query = select(CaseGuardian.contact_mark, CaseGuardian.person_mark).where(
        CaseGuardian.district_id == case.district_id, CaseGuardian.party_id.in_([party.id for party in parties])
    )
    return frozenset(mark for row in session.execute(query) for mark in row if mark)


def _reporters(session: Session, ring: KeyRing, case: CaseFile) -> tuple[RoleInMatter, ...]:
    """Who of the staff reported. A recusal says only that there is another role (``other_role``), never which."""
    query = (
        select(ConcernReporter)
        .join(Concern, (Concern.district_id == ConcernReporter.district_id) & (Concern.id == ConcernReporter.concern_id))
        .where(Concern.district_id == case.district_id, Concern.case_id == case.id, ConcernReporter.account_mark != "")
    )
    found = []
    for row in session.scalars(query):
        known = json.loads(ring.unseal(row.sealed_identity, place("concern_reporter", "sealed_identity", row.concern_id)))
        found.append(RoleInMatter("reporter", known.get("person_id") or None, known.get("account_id") or None))
    return tuple(found)
