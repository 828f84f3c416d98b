"""What is held on one pupil, put together from every room, with all other children masked (未成年人网络保护条例 §34; domain.md section 6).

Who reported stays with who reported: what a reporter wrote is named and not given. A matter that is sealed is read only while it is
opened for whoever answers; one that is not open to them keeps the answer from being whole, and says so.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, GuardianRequest
from trainhub.cases.queries.access import case_there
from trainhub.cases.queries.identity import unsealed_identity
from trainhub.cases.registry import holders
from trainhub.cases.rules.masking import NOBODY, masker
from trainhub.kernel.actor import Actor
from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import Student

REQUEST = "guardian_request"
"""``object_kind`` of a reading that puts together what is held on a pupil; its ``object_ref`` is the request's id."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held, by room. ``whole``: nothing was left out because it is not open to whoever asked."""

    sections: tuple[tuple[str, tuple[HeldRow, ...]], ...]
    whole: bool

    @property
    def count(self) -> int:
        """How many things."""
        return sum(len(rows) for _, rows in self.sections)


def request_place(row_id: str, column: str) -> str:
    """Where a column of a request is sealed for."""
    return place("guardian_request", column, row_id)


def known_of(ring: KeyRing, row: GuardianRequest) -> dict[str, str]:
    """Pupil and guardian of a request: {student_id, name, guardian, relation}."""
    found: dict[str, str] = json.loads(ring.unseal(row.sealed_identity, request_place(row.id, "sealed_identity")))
    return found


def matters_of(session: Session, actor: Actor, row: GuardianRequest, now: datetime) -> tuple[list[CaseParty], bool]:
    """The pupil's parties in matters of this school that are open to the actor, and whether those are all. Two statements."""
    every = select(CaseParty).join(
        CaseFile, (CaseFile.district_id == CaseParty.district_id) & (CaseFile.id == CaseParty.case_id)
    ).where(
        CaseParty.district_id == row.district_id, CaseParty.student_mark == row.student_mark,
        (CaseFile.school_id == row.school_id) | (CaseParty.school_id == row.school_id),
    ).order_by(CaseFile.year, CaseFile.number)
    everything = session.scalars(every).all()
    open_ids = set(session.scalars(select(CaseParty.id).where(
        CaseParty.district_id == row.district_id, CaseParty.id.in_([p.id for p in everything]), case_there(actor, CaseParty.case_id, now),
    )))
    return [p for p in everything if p.id in open_ids], len(open_ids) == len(everything)


def compile_held(session: Session, ring: KeyRing, opening: Opening, actor: Actor, row: GuardianRequest, now: datetime) -> Held:
    """Everything that is held, masked. ``opening`` must be for this very request. Raises UnloggedRead."""
    opening.require(row.district_id, REQUEST, row.id)
    parties, whole = matters_of(session, actor, row, now)
    subject = HeldSubject(
        row.district_id, row.school_id, known_of(ring, row)["student_id"], frozenset(p.case_id for p in parties), frozenset(p.id for p in parties)
    )
    mask = _mask(session, ring, subject, known_of(ring, row))
    sections = []
    for key, holder in holders():
        rows = tuple(replace(found, text=mask(found.text)) for found in holder(session, ring, subject))
        sections.append((key, rows))
    return Held(tuple(sections), whole)


def _mask(session: Session, ring: KeyRing, subject: HeldSubject, known: dict[str, str]) -> Callable[[str], str]:
    """Names of every other child: by its code where it has one, else by nobody's. Three statements."""
    own = {known["name"], known["guardian"]}
    names = dict.fromkeys(session.scalars(select(Student.name).where(
        Student.district_id == subject.district_id, Student.school_id == subject.school_id, Student.id != subject.student_id
    )), NOBODY)
    parties = {p.id: p for p in session.scalars(select(CaseParty).where(
        CaseParty.district_id == subject.district_id, CaseParty.case_id.in_(subject.case_ids)
    ))}
    codes = {p.id: p.code for p in parties.values()}
    for party in parties.values():
        if party.id not in subject.party_ids:
            names[unsealed_identity(ring, party)["name"]] = party.code
        else:
            own.add(unsealed_identity(ring, party)["name"])
    guardians = session.scalars(select(CaseGuardian).where(
        CaseGuardian.district_id == subject.district_id, CaseGuardian.party_id.in_(list(codes))
    ))
    for guardian in guardians:
        who = json.loads(ring.unseal(guardian.sealed_identity, place("case_guardian", "sealed_identity", guardian.id)))
        if guardian.party_id in subject.party_ids:
            own |= {who["name"], who.get("phone", "")}
        else:
            names |= {word: codes[guardian.party_id] for word in (who["name"], who.get("phone", "")) if word}
    return masker(own, {name: code for name, code in names.items() if name not in own})
