"""A guardian asks to see, copy, correct or delete what is held on their child (未成年人网络保护条例 §34; 个人信息保护法 §44-47).

Answered by a deadline, refused only with a reason, in writing either way. A correction is a new version where it belongs, never a
change of what was written; nothing is deleted before its time of keeping is over (law on archives), and the answer says so.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseGuardian, CaseParty, GuardianRequest
from trainhub.cases.queries.held import REQUEST, Held, compile_held, known_of, matters_of, request_place
from trainhub.cases.rules.clocks import end_of_day_after
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service.parties import pupil_mark
from trainhub.cases.service.steps import next_number
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.access import Reading, Via, open_many
from trainhub.ledger.service import NewEntry, append
from trainhub.roster.models import Student
from trainhub.roster.queries import policy_for

KINDS = ("see", "copy", "correct", "delete")
DECISIONS = {"see": ("given",), "copy": ("given",), "correct": ("corrected", "kept"), "delete": ("by_schedule", "kept")}
"""What an answer may be. ``kept``: it stays as it is, with the guardian's words beside it; ``by_schedule``: deleted when its time is over."""
REFUSALS = ("not_guardian", "restricted", "harms_others", "law_keeps", "not_held")
WORDS_LENGTH = 1000


@dataclass(frozen=True, slots=True)
class Receive:
    """A request as it came in. Name and relation of the guardian and their words are sealed."""

    student_id: str
    kind: str
    guardian: str
    relation: str
    words: str = ""
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What becomes of it: a decision for its kind, or a refusal; anything but ``given`` needs words that the guardian reads."""

    request_id: str
    decision: str
    words: str = ""


def receive(session: Session, ring: KeyRing, actor: Actor, command: Receive, now: datetime) -> str:
    """Note a request; its deadline is counted from the day it came in. Returns its id. Raises NotFound, CaseRefused."""
    pupil = session.get(Student, (actor.district_id, command.student_id))
    if pupil is None or not actor.scope(Permission.GUARDIAN_REQUEST_WRITE).covers_school(pupil.school_id):
        raise NotFound
    if command.kind not in KINDS:
        raise CaseRefused("request_kind", "kind")
    guardian, relation = command.guardian.strip(), command.relation.strip()
    if not guardian or not relation or max(len(guardian), len(relation)) > 60:
        raise CaseRefused("guardian_name", "guardian")
    if len(command.words) > WORDS_LENGTH or (command.kind in {"correct", "delete"} and not command.words.strip()):
        raise CaseRefused("request_words", "words", limit=WORDS_LENGTH)
    came = command.received_at or now
    if came > now:
        raise CaseRefused("future_moment", "received_at")
    policy = policy_for(session, pupil.district_id, pupil.school_id, local_day(came))
    row_id = new_id()
    known = {"student_id": pupil.id, "name": pupil.name, "guardian": guardian, "relation": relation}
    row = GuardianRequest(
        district_id=pupil.district_id, id=row_id, school_id=pupil.school_id, student_mark=pupil_mark(ring, pupil.id), kind=command.kind,
        sealed_identity=ring.seal(json.dumps(known, ensure_ascii=False, sort_keys=True), request_place(row_id, "sealed_identity")),
        sealed_words=ring.seal(command.words.strip(), request_place(row_id, "sealed_words")) if command.words.strip() else "",
        received_at=came, due_at=end_of_day_after(came, int(policy["guardian_request_days"])), state="open", entered_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, actor, row, "received", now, {"kind": row.kind, "due": row.due_at.isoformat()})
    return row_id


def seen_request(session: Session, actor: Actor, request_id: str, *, write: bool = False) -> GuardianRequest:
    """One request of the actor's school. Raises NotFound."""
    scope = actor.scope(Permission.GUARDIAN_REQUEST_WRITE if write else Permission.GUARDIAN_REQUEST_READ)
    lock = {"with_for_update": True, "populate_existing": True} if write else {}
    row = session.get(GuardianRequest, (actor.district_id, request_id), **lock)  # type: ignore[arg-type]
    if row is None or not scope.covers_school(row.school_id):
        raise NotFound
    return row


def words_of(ring: KeyRing, row: GuardianRequest) -> tuple[str, str]:
    """What the guardian wrote and what was answered, for a page whose opening is in the log."""
    asked = ring.unseal(row.sealed_words, request_place(row.id, "sealed_words")) if row.sealed_words else ""
    return asked, ring.unseal(row.sealed_answer, request_place(row.id, "sealed_answer")) if row.sealed_answer else ""


def answer(session: Session, ring: KeyRing, actor: Actor, command: Answer, now: datetime) -> str:
    """Answer or refuse a request and give its letter a number; returns the state. Raises NotFound, InvalidState, CaseRefused.

    What is given must be whole: a matter that is sealed is opened by two people first, one that the actor stepped aside from is
    answered by somebody else.
    """
    row = seen_request(session, actor, command.request_id, write=True)
    if row.state != "open":
        raise InvalidState(state=row.state, wanted="answered")
    refused = command.decision in REFUSALS
    if not refused and command.decision not in DECISIONS[row.kind]:
        raise CaseRefused("request_decision", "decision")
    if len(command.words) > WORDS_LENGTH or (command.decision != "given" and not command.words.strip()):
        raise CaseRefused("request_answer_words", "words", limit=WORDS_LENGTH)
    if not refused:
        if _is_kept_from(session, ring, row):
            raise CaseRefused("request_restricted", "decision")
        if not matters_of(session, actor, row, now)[1]:
            raise CaseRefused("request_not_whole", "decision")
    row.state, row.decision, row.answered_at, row.answered_by = "refused" if refused else "answered", command.decision, now, actor.account_id
    if command.words.strip():
        row.sealed_answer = ring.seal(command.words.strip(), request_place(row.id, "sealed_answer"))
    row.letter_year = local_day(now).year
    row.letter_number = next_number(session, row.district_id, row.school_id, "guardian_answer", row.letter_year)
    _note(session, actor, row, row.state, now, {"decision": row.decision, "late": now > row.due_at, "letter": row.letter_number})
    return row.state


def _is_kept_from(session: Session, ring: KeyRing, row: GuardianRequest) -> bool:
    """Whether whoever asks is noted in a matter as a guardian who may not be told."""
    known = known_of(ring, row)
    query = select(CaseGuardian).join(
        CaseParty, (CaseParty.district_id == CaseGuardian.district_id) & (CaseParty.id == CaseGuardian.party_id)
    ).where(CaseGuardian.district_id == row.district_id, CaseParty.student_mark == row.student_mark, CaseGuardian.restricted.is_(True))
    names = {json.loads(ring.unseal(g.sealed_identity, place("case_guardian", "sealed_identity", g.id)))["name"] for g in session.scalars(query)}
    return known["guardian"] in names


def read_held(session: Session, ring: KeyRing, actor: Actor, request_id: str, via: Via, now: datetime) -> Held:
    """Put together what is held, for the answer that was given: one entry of the access log for the request and one for each matter.

    Raises NotFound, CaseRefused where nothing was given, or where it would not be whole.
    """
    row = seen_request(session, actor, request_id)
    if row.state != "answered" or _is_kept_from(session, ring, row):
        raise CaseRefused("request_not_given", "decision")
    parties, whole = matters_of(session, actor, row, now)
    if not whole:
        raise CaseRefused("request_not_whole", "decision")
    right = Permission.GUARDIAN_REQUEST_READ
    readings = [Reading(row.school_id, REQUEST, row.id, right, "guardian_request", via)] + [
        Reading(row.school_id, "case", case_id, right, "guardian_request", via) for case_id in sorted({p.case_id for p in parties})
    ]
    return compile_held(session, ring, open_many(session, actor, readings, now)[0], actor, row, now)


def _note(session: Session, actor: Actor, row: GuardianRequest, step: str, now: datetime, payload: dict[str, object]) -> None:
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"guardian_request.{step}", subject_ref=row.id, object_ref=row.id,
        payload=payload, occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
