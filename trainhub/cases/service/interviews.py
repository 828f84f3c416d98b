"""Talks with parties and witnesses: two of the school ask, a guardian or fitting adult is there. Written once; a correction stands beside."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, Interview
from trainhub.cases.rules.intake import PLACES
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import note_step
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import staff_on

ADULTS = ("guardian", "other_adult", "none")
NO_ADULT = ("guardian_unreachable", "guardian_refused", "pupil_asks", "urgent")
TEXT_LENGTH = 20_000


@dataclass(frozen=True, slots=True)
class RecordInterview:
    """A talk: with a party, or with a witness under a code of its own. ``asked_by``: person ids of two of the staff."""

    case_id: str
    starts_at: datetime
    ends_at: datetime
    asked_by: tuple[str, ...]
    adult_present: str
    text: str
    party_id: str | None = None
    witness_code: str = ""
    place_kind: str = ""
    no_adult_reason: str = ""
    read_back: bool = False
    corrects_id: str | None = None


def record_interview(session: Session, ring: KeyRing, actor: Actor, command: RecordInterview, now: datetime) -> str:
    """Write a talk down and return its id. Raises NotFound, CaseRefused, InvalidState.

    While the police lead, the school asks nobody (case 55): what was said before may still be written down.
    """
    case = own_case(session, actor, command.case_id, now)
    _check_form(command, now)
    _check_where(session, actor, case, command)
    interview_id = new_id()
    session.add(Interview(
        district_id=case.district_id, id=interview_id, case_id=case.id, party_id=command.party_id, witness_code=command.witness_code.strip(),
        starts_at=command.starts_at, ends_at=command.ends_at, place_kind=command.place_kind, asked_by=list(command.asked_by),
        adult_present=command.adult_present, no_adult_reason=command.no_adult_reason if command.adult_present == "none" else "",
        sealed_text=ring.seal(command.text.strip(), place("case_interview", "sealed_text", interview_id)), read_back=command.read_back,
        corrects_id=command.corrects_id, recorded_by=actor.account_id, recorded_at=now,
    ))
    session.flush()
    note_step(session, actor, case, "interview", now, object_id=interview_id, occurred_at=command.starts_at, changes={
        "party": command.party_id, "adult": command.adult_present, "minutes": int((command.ends_at - command.starts_at).total_seconds() // 60),
        "corrects": command.corrects_id,
    })
    return interview_id


def _check_form(command: RecordInterview, now: datetime) -> None:
    """What can be said of the record by itself. Raises CaseRefused."""
    if not command.starts_at < command.ends_at <= now:
        raise CaseRefused("interview_period", "ends_at")
    if not command.text.strip() or len(command.text) > TEXT_LENGTH:
        raise CaseRefused("interview_text", "text", limit=TEXT_LENGTH)
    if len(set(command.asked_by)) != 2 or len(command.asked_by) != 2:
        raise CaseRefused("two_ask", "asked_by")
    if command.adult_present not in ADULTS or (command.adult_present == "none" and command.no_adult_reason not in NO_ADULT):
        raise CaseRefused("no_adult", "no_adult_reason")
    if (command.party_id is None) == (not command.witness_code.strip()) or len(command.witness_code) > 8:
        raise CaseRefused("interview_with", "party")
    if command.place_kind and command.place_kind not in PLACES:
        raise CaseRefused("interview_place", "place_kind")


def _check_where(session: Session, actor: Actor, case: CaseFile, command: RecordInterview) -> None:
    """What must be true of the case and the staff. Raises NotFound, CaseRefused."""
    if case.police_since is not None and command.starts_at >= case.police_since:
        raise CaseRefused("police_lead", "starts_at")
    if case.happened_on is not None and local_day(command.starts_at) < case.happened_on:  # before it was typed in is as usual as not
        raise CaseRefused("interview_before", "starts_on")
    if command.party_id is not None:
        party = session.get(CaseParty, (case.district_id, command.party_id))
        if party is None or party.case_id != case.id:
            raise NotFound
    if command.corrects_id is not None:
        earlier = session.get(Interview, (case.district_id, command.corrects_id))
        if earlier is None or earlier.case_id != case.id:
            raise NotFound
    staff = {row.person_id for row in staff_on(session, Scope(actor.district_id, frozenset({actor.org_id})), actor.org_id, local_day(command.starts_at))}
    if not set(command.asked_by) <= staff:
        raise CaseRefused("two_ask", "asked_by")
