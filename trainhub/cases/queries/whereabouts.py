"""Where a party is in the timetable, for services of higher rooms that plan around it: class and homeroom, never the child's name."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseParty
from trainhub.cases.queries.identity import Place, places_of, unsealed_identity
from trainhub.kernel.actor import Actor
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import ClassMembership, PostAssignment, SchoolClass, Student
from trainhub.roster.queries.staff import during


def places_of_parties(session: Session, ring: KeyRing, district_id: str, party_ids: Collection[str], day: date) -> dict[str, Place]:
    """The class of each party on a day, by party id; a pupil of no school here has none. Two statements."""
    query = select(CaseParty).where(CaseParty.district_id == district_id, CaseParty.id.in_(party_ids))
    students = {row.id: str(unsealed_identity(ring, row).get("student_id", "")) for row in session.scalars(query)} if party_ids else {}
    places = places_of(session, district_id, [s for s in students.values() if s], day)
    return {party: places[student] for party, student in students.items() if student in places}


def own_pupils_of(session: Session, ring: KeyRing, actor: Actor, day: date) -> dict[str, tuple[str, str]]:
    """Pupils of the classes whose homeroom teacher the actor is on a day: (name, class) by keyed mark. One statement.

    From the roster alone: whether one of them has to do with a case does not show in it.
    """
    if actor.person_id is None:
        return {}
    query = (
        select(Student.id, Student.name, SchoolClass.name)
        .join(ClassMembership, and_(ClassMembership.district_id == Student.district_id, ClassMembership.student_id == Student.id))
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id))
        .join(PostAssignment, and_(PostAssignment.district_id == SchoolClass.district_id, PostAssignment.class_id == SchoolClass.id))
        .where(
            Student.district_id == actor.district_id, PostAssignment.person_id == actor.person_id, PostAssignment.post == "homeroom_teacher",
            PostAssignment.school_id == actor.org_id, during(PostAssignment.from_on, PostAssignment.to_on, day, day),
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
        )
    )
    return {ring.mark("pupil", row[0]): (row[1], row[2]) for row in session.execute(query)}
