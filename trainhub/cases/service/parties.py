"""Pupils and guardians of a case. A pupil comes in under a code; who it is is sealed before anything is written."""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, CaseStep
from trainhub.cases.queries.access import parties_of
from trainhub.cases.queries.identity import Place, party_identity_place, places_of
from trainhub.cases.rules import clocks
from trainhub.cases.rules.lifecycle import CaseState
from trainhub.cases.rules.parties import SIDES, CaseRefused, letter_of, next_code, roles_of, stage_of
from trainhub.cases.service import timing
from trainhub.cases.service.closeness import look_for_conflicts
from trainhub.cases.service.duties import refresh_homeroom
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import locked_case, note_step
from trainhub.committees.rules.recusal import contact_mark, person_mark
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import OrgUnit, Person, Student
from trainhub.roster.queries import policy_for

FACT_FINDING = frozenset({CaseState.ACCEPTED, CaseState.INVESTIGATING})
RESTRICTIONS = ("court_order", "estranged", "violence", "pupil_asks")


@dataclass(frozen=True, slots=True)
class AddPupil:
    """A pupil of the roster, of this school or another one here (then the case is joint, case 51)."""

    case_id: str
    student_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AddOutsidePupil:
    """A pupil of no school here: by name only, so that guardians and papers have somebody to speak of."""

    case_id: str
    name: str
    school: str
    roles: tuple[str, ...]
    grade: int | None = None
    stage: str = ""


@dataclass(frozen=True, slots=True)
class AddGuardian:
    """A guardian of a party. ``restricted``: may not be told, with ``restriction`` as the reason; ``staff_person_id``: on our staff."""

    party_id: str
    name: str
    relation: str
    phone: str = ""
    note: str = ""
    restricted: bool = False
    staff_person_id: str | None = None


def pupil_mark(ring: KeyRing, student_id: str) -> str:
    """The keyed mark by which cases of a pupil are found again."""
    return ring.mark("pupil", student_id)


def add_pupil(session: Session, ring: KeyRing, actor: Actor, command: AddPupil, now: datetime) -> str:
    """Bring a pupil into a case and return the party's id. Raises NotFound, InvalidState, CaseRefused (the same pupil twice)."""
    case = _finding_facts(session, actor, command.case_id, now)
    roles = roles_of(command.roles)
    day = case.happened_on or local_day(now)
    student = session.get(Student, (case.district_id, command.student_id))
    if student is None:
        raise NotFound
    where = _places(session, case, student.id, day, now)
    stage = stage_of(where.grade) if where else ""
    if where and stage == "senior" and "vocational" in _stages(session, case.district_id, student.school_id):
        stage = "vocational"
    known = {"student_id": student.id, "name": student.name, "class": where.class_name if where else ""}
    party = _put(session, ring, actor, case, known, roles, now, mark=pupil_mark(ring, student.id), school_id=student.school_id,
                 grade=where.grade if where else None, stage=stage)
    if student.school_id != case.school_id and not case.joint:
        case.joint = True
        note_step(session, actor, case, "joint", now, changes={"school": student.school_id})
    _after(session, ring, actor, case, party, now)
    return party.id


def add_outside_pupil(session: Session, ring: KeyRing, actor: Actor, command: AddOutsidePupil, now: datetime) -> str:
    """Bring in a pupil of a school that is not here. Raises NotFound, InvalidState, CaseRefused."""
    case = _finding_facts(session, actor, command.case_id, now)
    name = command.name.strip()
    if not name or len(name) > 60 or len(command.school) > 80:
        raise CaseRefused("party_name", "name")
    if command.grade is not None and not 1 <= command.grade <= 12:
        raise CaseRefused("party_grade", "grade")
    known = {"student_id": "", "name": name, "class": "", "school": command.school.strip()}
    mark = ring.mark("outside_pupil", f"{case.id}|{name}|{command.school.strip()}")
    stage = command.stage or (stage_of(command.grade) if command.grade else "")
    party = _put(session, ring, actor, case, known, roles_of(command.roles), now, mark=mark, school_id=case.school_id,
                 grade=command.grade, stage=stage)
    _after(session, ring, actor, case, party, now)
    return party.id


def _finding_facts(session: Session, actor: Actor, case_id: str, now: datetime) -> CaseFile:
    case = own_case(session, actor, case_id, now)
    if CaseState(case.state) not in FACT_FINDING:
        raise InvalidState(state=case.state, wanted=CaseState.INVESTIGATING.value)
    return case


def _places(session: Session, case: CaseFile, student_id: str, day: date, now: datetime) -> Place | None:
    """The class of the day it happened, else today's."""
    for moment in (day, local_day(now)):
        found = places_of(session, case.district_id, [student_id], moment).get(student_id)
        if found is not None:
            return found
    return None


def _stages(session: Session, district_id: str, school_id: str) -> tuple[str, ...]:
    unit = session.get(OrgUnit, (district_id, school_id))
    return tuple(unit.stages) if unit else ()


def _put(
    session: Session, ring: KeyRing, actor: Actor, case: CaseFile, known: dict[str, str], roles: tuple[str, ...], now: datetime, *,
    mark: str, school_id: str, grade: int | None, stage: str,
) -> CaseParty:
    there = parties_of(session, case)
    if any(party.student_mark == mark for party in there):
        raise CaseRefused("party_twice", "student")
    party_id = new_id()
    party = CaseParty(
        district_id=case.district_id, id=party_id, case_id=case.id, school_id=school_id, code=next_code(letter_of(roles), _codes(session, case, there)),
        roles=list(roles), sealed_identity=ring.seal(json.dumps(known, ensure_ascii=False, sort_keys=True), party_identity_place(party_id)),
        student_mark=mark, grade=grade, stage=stage, added_by=actor.account_id, added_at=now,
    )
    session.add(party)
    session.flush()
    note_step(session, actor, case, "party_added", now, object_id=party.id, changes={"code": party.code, "roles": list(roles)})
    return party


def _codes(session: Session, case: CaseFile, parties: list[CaseParty]) -> set[str]:
    """Every code ever given in a case: none is given twice."""
    query = select(CaseStep.changes).where(
        CaseStep.district_id == case.district_id, CaseStep.case_id == case.id, CaseStep.step.in_(["party_added", "party_roles"])
    )
    given = {str(changes[key]) for changes in session.scalars(query) for key in ("code", "code_before") if key in changes}
    return given | {party.code for party in parties}


def _after(session: Session, ring: KeyRing, actor: Actor, case: CaseFile, party: CaseParty, now: datetime) -> None:
    """What a new party, or one on another side, brings with it: the duty to tell guardians, conflicts, the homeroom teacher's need to know."""
    if SIDES & set(party.roles) and timing.find(session, case, clocks.ClockKind.GUARDIAN_NOTICE, party.id) is None:
        policy = policy_for(session, case.district_id, case.school_id, local_day(now))
        timing.start(session, case, clocks.guardian_notice(policy, policy.version, party.id, now))
    refresh_homeroom(session, ring, case, now)
    look_for_conflicts(session, ring, actor, case, now)


def change_roles(session: Session, ring: KeyRing, actor: Actor, party_id: str, roles: tuple[str, ...], now: datetime) -> str:
    """Put a pupil on another side while facts are being found, and return the code: a new one where its letter changes."""
    party, case = _party(session, actor, party_id, now)
    if case.school_id != actor.org_id:
        raise NotFound
    if CaseState(case.state) not in FACT_FINDING:
        raise InvalidState(state=case.state, wanted=CaseState.INVESTIGATING.value)
    fresh, before = roles_of(roles), party.code
    if letter_of(fresh) != before[:1]:
        party.code = next_code(letter_of(fresh), _codes(session, case, parties_of(session, case)))
    party.roles = list(fresh)
    session.flush()
    note_step(session, actor, case, "party_roles", now, object_id=party.id, changes={"code_before": before, "code": party.code, "roles": list(fresh)})
    _after(session, ring, actor, case, party, now)
    return party.code


def _party(session: Session, actor: Actor, party_id: str, now: datetime) -> tuple[CaseParty, CaseFile]:
    """A party and its locked case: of the school that leads it, or the actor's own pupil in a joint one. Raises NotFound."""
    party = session.get(CaseParty, (actor.district_id, party_id))
    if party is None:
        raise NotFound
    case = locked_case(session, actor, party.case_id, now)
    if actor.org_id not in {case.school_id, party.school_id}:
        raise NotFound
    return party, case


def add_guardian(session: Session, ring: KeyRing, actor: Actor, command: AddGuardian, now: datetime) -> str:
    """Note a guardian of a party and return its id; whoever of the staff this is steps aside. Raises NotFound, CaseRefused."""
    party, case = _party(session, actor, command.party_id, now)
    name, phone = command.name.strip(), command.phone.strip()
    if not name or len(name) > 60 or len(command.relation) > 20 or len(phone) > 20 or len(command.note) > 400:
        raise CaseRefused("guardian_name", "guardian_name")
    guardian_id = new_id()
    known = {"name": name, "relation": command.relation.strip(), "phone": phone, "note": command.note.strip()}
    session.add(CaseGuardian(
        district_id=case.district_id, id=guardian_id, party_id=party.id,
        sealed_identity=ring.seal(json.dumps(known, ensure_ascii=False, sort_keys=True), place("case_guardian", "sealed_identity", guardian_id)),
        contact_mark=contact_mark(ring.mark, name, phone), person_mark=_staff_mark(session, ring, case, command.staff_person_id),
        restricted=command.restricted, added_at=now,
    ))
    session.flush()
    note_step(session, actor, case, "guardian_added", now, object_id=guardian_id, changes={"party": party.id, "restricted": command.restricted})
    look_for_conflicts(session, ring, actor, case, now)
    return guardian_id


def _staff_mark(session: Session, ring: KeyRing, case: CaseFile, person_id: str | None) -> str:
    if not person_id:
        return ""
    known = select(Person.id).where(Person.district_id == case.district_id, Person.id == person_id)
    if session.scalar(known.limit(1)) is None:
        raise NotFound
    return person_mark(ring.mark, person_id)


def restrict_guardian(session: Session, actor: Actor, guardian_id: str, restricted: bool, reason: str, now: datetime) -> None:
    """Say that a guardian may not be told any more (estranged, court order), or may again. Raises NotFound, CaseRefused."""
    row = session.get(CaseGuardian, (actor.district_id, guardian_id))
    if row is None:
        raise NotFound
    party, case = _party(session, actor, row.party_id, now)
    if restricted and reason not in RESTRICTIONS:
        raise CaseRefused("restriction_reason", "reason")
    row.restricted = restricted
    note_step(session, actor, case, "guardian_restricted" if restricted else "guardian_free", now, object_id=row.id, changes={
        "party": party.id, "reason": reason if restricted else "",
    })


def note_left(session: Session, actor: Actor, party_id: str, left_on: date, now: datetime) -> None:
    """A pupil moved to another school or left during the case, which goes on (case 66). Raises NotFound, CaseRefused."""
    party, case = _party(session, actor, party_id, now)
    if left_on > local_day(now):
        raise CaseRefused("future_moment", "left_on")
    party.left_on = left_on
    note_step(session, actor, case, "party_left", now, object_id=party.id, changes={"code": party.code, "left_on": left_on.isoformat()})


def note_of_age(session: Session, actor: Actor, party_id: str, on: date, now: datetime) -> None:
    """A pupil came of age on a day during the case: protected as before, as the minor of the day it happened (case 65).

    Grade and stage stay those of that day, and with them the measures that are open. Noted once. Raises NotFound, CaseRefused.
    """
    party, case = _party(session, actor, party_id, now)
    if not (case.happened_on or local_day(case.discovered_at)) < on <= local_day(now):
        raise CaseRefused("of_age_day", "of_age_on")
    noted = select(CaseStep.id).where(
        CaseStep.district_id == case.district_id, CaseStep.case_id == case.id, CaseStep.step == "party_of_age", CaseStep.object_id == party.id
    )
    if session.scalar(noted.limit(1)) is not None:
        raise CaseRefused("of_age_noted", "of_age_on")
    note_step(session, actor, case, "party_of_age", now, object_id=party.id, changes={"code": party.code, "of_age_on": on.isoformat()})
