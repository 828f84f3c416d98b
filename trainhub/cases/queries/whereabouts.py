"""Where a party is in the timetable, for services of higher rooms that plan around it: class and homeroom, never the child's name."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseParty
from trainhub.cases.queries.identity import Place, places_of, unsealed_identity
from trainhub.kernel.sealing import KeyRing


def places_of_parties(session: Session, ring: KeyRing, district_id: str, party_ids: Collection[str], day: date) -> dict[str, Place]:
    """The class of each party on a day, by party id; a pupil of no school here has none. Two statements."""
    query = select(CaseParty).where(CaseParty.district_id == district_id, CaseParty.id.in_(party_ids))
    students = {row.id: str(unsealed_identity(ring, row).get("student_id", "")) for row in session.scalars(query)} if party_ids else {}
    places = places_of(session, district_id, [s for s in students.values() if s], day)
    return {party: places[student] for party, student in students.items() if student in places}
