"""Guardians were told, or somebody tried: written once, never changed (domain.md case 58)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, GuardianNotice
from trainhub.cases.queries.facts import attempts_of
from trainhub.cases.rules.clocks import ClockKind
from trainhub.cases.rules.happenings import GuardianTold
from trainhub.cases.rules.parties import BEGINNING, About, Attempt, CaseRefused, Outcome, check_attempt, standing
from trainhub.cases.service import timing
from trainhub.cases.service.steps import locked_case, note_step
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import staff_on

NOTE_LENGTH = 2000
_CLOCKS = {About.ACCEPTED: ClockKind.GUARDIAN_NOTICE, About.INVESTIGATION: ClockKind.GUARDIAN_NOTICE}
_ENDS = {ClockKind.GUARDIAN_NOTICE: BEGINNING}
"""Service of a determination is counted by version (``service.serving``): an earlier version's service meets nothing."""
SERVED = frozenset({About.DETERMINATION, About.APPEAL})
"""What is never merely told, but served."""


@dataclass(frozen=True, slots=True)
class RecordNotice:
    """One attempt to tell a guardian of a party of something. ``witnesses``: person ids of staff who saw a refusal to sign."""

    party_id: str
    about: str
    channel: str
    outcome: str
    happened_at: datetime
    guardian_id: str | None = None
    note: str = ""
    witnesses: tuple[str, ...] = ()
    document_no: str = ""
    object_id: str = ""


def record_notice(session: Session, ring: KeyRing, actor: Actor, command: RecordNotice, now: datetime) -> str:
    """Write a notice down and return its id. A restricted guardian is never told. Raises NotFound, CaseRefused.

    The school that leads the case records every side's; another school of a joint case its own pupil's. A determination is
    served (``service.serving``), for more follows from that than from being told; a decision on an appeal is handed over with it.
    """
    if command.about in SERVED:
        raise CaseRefused("notice_is_served", "about")
    return write_notice(session, ring, actor, command, now)


def write_notice(session: Session, ring: KeyRing, actor: Actor, command: RecordNotice, now: datetime) -> str:
    """Write a notice of any kind down, for steps that bring one with them; announces GuardianTold. Raises NotFound, CaseRefused."""
    party, case = _party(session, actor, command.party_id, now)
    witnesses = tuple(dict.fromkeys(command.witnesses))
    check_attempt(Attempt(command.about, command.outcome, command.channel, command.happened_at, len(witnesses)))
    _check(session, case, command, now)
    if witnesses:
        _refuse_strangers(session, actor, witnesses, now)
    notice_id = new_id()
    note = command.note.strip()
    session.add(GuardianNotice(
        district_id=case.district_id, id=notice_id, case_id=case.id, party_id=party.id, guardian_id=_guardian(session, party, command),
        about=command.about, object_id=command.object_id, channel=command.channel, outcome=command.outcome,
        sealed_note=ring.seal(note, place("guardian_notice", "sealed_note", notice_id)) if note else "", witnesses=list(witnesses),
        document_no=command.document_no.strip(), happened_at=command.happened_at, recorded_by=actor.account_id, recorded_at=now,
    ))
    session.flush()
    note_step(session, actor, case, "guardian_notice", now, object_id=notice_id, occurred_at=command.happened_at, changes={
        "party": party.id, "about": command.about, "outcome": command.outcome, "channel": command.channel, "witnesses": len(witnesses),
    })
    _meet(session, case, party, About(command.about), command.happened_at)
    if command.outcome != Outcome.NOT_REACHED:
        announcer.announce(session, GuardianTold(case.district_id, case.school_id, case.id, party.id, command.about, command.object_id))
    return notice_id


def _party(session: Session, actor: Actor, party_id: str, now: datetime) -> tuple[CaseParty, CaseFile]:
    party = session.get(CaseParty, (actor.district_id, party_id))
    if party is None:
        raise NotFound
    case = locked_case(session, actor, party.case_id, now)
    if actor.org_id not in {case.school_id, party.school_id}:
        raise NotFound
    return party, case


def _check(session: Session, case: CaseFile, command: RecordNotice, now: datetime) -> None:
    if not case.discovered_at <= command.happened_at <= now:
        raise CaseRefused("notice_moment", "happened_at")
    if len(command.note) > NOTE_LENGTH or len(command.document_no) > 40:
        raise CaseRefused("notice_words", "note")


def _guardian(session: Session, party: CaseParty, command: RecordNotice) -> str | None:
    """The guardian named, who must be of this party and may be told. Raises NotFound, CaseRefused."""
    if command.guardian_id is None:
        return None
    row = session.get(CaseGuardian, (party.district_id, command.guardian_id))
    if row is None or row.party_id != party.id:
        raise NotFound
    if row.restricted:
        raise CaseRefused("guardian_restricted", "guardian")
    return row.id


def _refuse_strangers(session: Session, actor: Actor, witnesses: Sequence[str], now: datetime) -> None:
    """Witnesses are of the school's staff that day, and none of them writes the record. Raises CaseRefused."""
    known = {row.person_id for row in staff_on(session, Scope(actor.district_id, frozenset({actor.org_id})), actor.org_id, local_day(now))}
    if not set(witnesses) <= known or actor.person_id in witnesses:
        raise CaseRefused("witnesses_unknown", "witnesses")


def _meet(session: Session, case: CaseFile, party: CaseParty, about: About, at: datetime) -> None:
    """The duty to tell is done with the attempt that makes it so."""
    kind = _CLOCKS.get(about)
    if kind is not None and standing(attempts_of(session, case).get(party.id, []), _ENDS[kind]).counts:
        timing.meet(session, case, kind, at, party.id)

