"""Who a child is. Everything here takes the ticket of the access log, or stays inside a service that tells nobody."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseGuardian, CaseParty
from trainhub.cases.rules.parties import masked
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import ClassMembership, OrgUnit, PostAssignment, SchoolClass, Student
from trainhub.roster.queries.staff import during

PARTY = "party"
"""``object_kind`` of a reading that shows who a party is; its ``object_ref`` is the party's id."""
FOUND_AT_ONCE = 12
"""How many pupils a search offers; whoever finds more writes more of the name."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A child behind a code. ``student_id`` is empty for a pupil of no school here."""

    code: str
    name: str
    class_name: str
    student_id: str
    school: str


@dataclass(frozen=True, slots=True)
class GuardianIdentity:
    """A guardian as the case knows them. ``restricted``: may not be told."""

    guardian_id: str
    name: str
    relation: str
    phone: str
    note: str
    restricted: bool


@dataclass(frozen=True, slots=True)
class Found:
    """A pupil among whom the case officer picks: no whole name before it is one of the case.

    ``tail``: the end of the pupil's number, which tells two of one surname and class apart.
    """

    student_id: str
    shown: str
    class_name: str
    school_id: str
    school: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pupil is on a day: class, grade, and the homeroom teachers of that class."""

    class_id: str
    class_name: str
    grade: int
    homeroom: frozenset[str]


def party_identity_place(party_id: str) -> str:
    """Where the identity of a party is sealed for."""
    return place("case_party", "sealed_identity", party_id)


def unsealed_identity(ring: KeyRing, party: CaseParty) -> dict[str, Any]:
    """What is known of a pupil, for services of this room: nothing of it leaves them."""
    found: dict[str, Any] = json.loads(ring.unseal(party.sealed_identity, party_identity_place(party.id)))
    return found


def identity(session: Session, ring: KeyRing, opening: Opening, party_id: str) -> Identity:
    """Who a party is. ``opening`` must be for this very party. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, PARTY, party_id)
    party = session.get(CaseParty, (opening.district_id, party_id))
    if party is None:
        raise NotFound
    known = unsealed_identity(ring, party)
    return Identity(party.code, known["name"], known.get("class", ""), known.get("student_id", ""), known.get("school", ""))


def guardians(session: Session, ring: KeyRing, opening: Opening, party_id: str) -> tuple[GuardianIdentity, ...]:
    """The guardians of a party, under the same ticket as the party itself."""
    opening.require(opening.district_id, PARTY, party_id)
    query = select(CaseGuardian).where(CaseGuardian.district_id == opening.district_id, CaseGuardian.party_id == party_id)
    rows = session.scalars(query.order_by(CaseGuardian.added_at, CaseGuardian.id))
    return tuple(_guardian(ring, row) for row in rows)


def _guardian(ring: KeyRing, row: CaseGuardian) -> GuardianIdentity:
    known = json.loads(ring.unseal(row.sealed_identity, place("case_guardian", "sealed_identity", row.id)))
    return GuardianIdentity(row.id, known["name"], known.get("relation", ""), known.get("phone", ""), known.get("note", ""), row.restricted)


def find_pupils(session: Session, actor: Actor, words: str, day: date, *, elsewhere: bool = False, most: int = FOUND_AT_ONCE + 1) -> tuple[Found, ...]:
    """Pupils of the actor's school whose name begins with the words; ``elsewhere``: of other schools here, by the whole name only.

    One more than is shown, so that a page can say that there are more. One statement. The words come in a form, never in an address; what is found is masked.
    """
    wanted = "".join(words.split())
    if len(wanted) < (2 if elsewhere else 1):
        return ()
    where = (
        and_(Student.school_id != actor.org_id, Student.name == wanted) if elsewhere
        else and_(Student.school_id == actor.org_id, Student.name.startswith(wanted, autoescape=True))
    )
    query = (
        select(Student.id, Student.name, SchoolClass.name, Student.school_id, OrgUnit.short_name, Student.number_tail)
        .join(OrgUnit, and_(OrgUnit.district_id == Student.district_id, OrgUnit.id == Student.school_id))
        .outerjoin(ClassMembership, and_(
            ClassMembership.district_id == Student.district_id, ClassMembership.student_id == Student.id,
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
        ))
        .outerjoin(SchoolClass, and_(SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id))
        .where(Student.district_id == actor.district_id, where, during(Student.from_on, Student.to_on, day, day))
        .order_by(SchoolClass.grade, SchoolClass.class_no, Student.sort_key, Student.id).limit(most)
    )
    return tuple(Found(row[0], masked(row[1]), row[2] or "", row[3], row[4], row[5]) for row in session.execute(query))


def places_of(session: Session, district_id: str, student_ids: Collection[str], day: date) -> dict[str, Place]:
    """The classes of pupils on a day with their homeroom teachers. One statement."""
    if not student_ids:
        return {}
    query = (
        select(ClassMembership.student_id, SchoolClass.id, SchoolClass.name, SchoolClass.grade, PostAssignment.person_id)
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id))
        .outerjoin(PostAssignment, and_(
            PostAssignment.district_id == SchoolClass.district_id, PostAssignment.class_id == SchoolClass.id,
            PostAssignment.post == "homeroom_teacher", during(PostAssignment.from_on, PostAssignment.to_on, day, day),
        ))
        .where(
            ClassMembership.district_id == district_id, ClassMembership.student_id.in_(student_ids),
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
        )
    )
    found: dict[str, Place] = {}
    for student_id, class_id, name, grade, person_id in session.execute(query):
        known = found.get(student_id)
        teachers = (known.homeroom if known else frozenset()) | ({person_id} if person_id else frozenset())
        found[student_id] = Place(class_id, name, grade, teachers)
    return found
