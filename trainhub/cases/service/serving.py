"""A determination reaches the guardians: signed, refused before two witnesses, or not reached after documented attempts.

Each side is served what concerns it: the pupil's own side its own version, the side it was done to every one of the case. A version
takes effect with the last service it needs, and the time to appeal runs from that day; **an appeal suspends nothing by itself**
(domain.md 3.4, case 68), so nothing waits for the window to pass. A case is served once every side has everything it is owed; it goes
on to follow-up at once where no plan is owed. Everybody who was told stands as a recipient, for whoever was told is owed the
correction if the finding falls (case 69).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseGuardian, CaseParty, CaseRecipient, Determination, EvaluationEntry
from trainhub.cases.queries.determinations import owed_services, served, standing_rows, tries
from trainhub.cases.rules.clocks import ClockKind
from trainhub.cases.rules.determining import last_day_of_appeal
from trainhub.cases.rules.happenings import DeterminationMoved
from trainhub.cases.rules.lifecycle import STANDING, DeterminationState, check_determination_step
from trainhub.cases.rules.parties import About, CaseRefused, Outcome, standing
from trainhub.cases.service import timing
from trainhub.cases.service.documents import Issued, issue
from trainhub.cases.service.notices import RecordNotice, write_notice
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.outcomes import note_corrected
from trainhub.cases.service.progress import all_served
from trainhub.cases.service.severity import is_reported
from trainhub.cases.service.steps import note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import calendar, policy_for

RECIPIENTS = ("guardian", "bureau", "police", "homeroom", "quality_evaluation", "instructor", "other_school", "other")
_WHO_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Serve:
    """One attempt to serve a party's guardians everything they are owed. ``witnesses``: person ids of two who saw a refusal to sign."""

    party_id: str
    channel: str
    outcome: str
    happened_at: datetime
    guardian_id: str | None = None
    note: str = ""
    witnesses: tuple[str, ...] = ()


def serve(session: Session, ring: KeyRing, actor: Actor, command: Serve, now: datetime) -> tuple[str, ...]:
    """Record a service, or an attempt, of every determination the party is owed; returns the ids of those it covered.

    Raises NotFound, CaseRefused where nothing is owed or the moment lies before the adoption.
    """
    party = session.get(CaseParty, (actor.district_id, command.party_id))
    if party is None:
        raise NotFound
    case = own_case(session, actor, party.case_id, now)
    rows = _still_owed(session, case, party.id)
    if not rows:
        raise CaseRefused("nothing_to_serve", "party")
    if command.outcome == Outcome.HEARD or any(row.adopted_at is None or command.happened_at < row.adopted_at for row in rows):
        raise CaseRefused("service_moment", "happened_at")
    who = _guardian_name(session, ring, actor.district_id, command.guardian_id)
    for row in rows:
        write_notice(session, ring, actor, RecordNotice(
            party.id, About.DETERMINATION.value, command.channel, command.outcome, command.happened_at, command.guardian_id, command.note,
            command.witnesses, row.number, row.id,
        ), now)
        if command.outcome in {Outcome.ACKNOWLEDGED, Outcome.REFUSED_TO_SIGN}:
            _receive(session, ring, case, row, party.id, "guardian", who, row.number, command.happened_at)
    session.flush()
    _take_effect(session, ring, actor, case, rows, now)
    _finish(session, actor, case, party.id, command.happened_at, now)
    return tuple(row.id for row in rows)


def _still_owed(session: Session, case: CaseFile, party_id: str) -> list[Determination]:
    """The versions that stand and that this party's guardians do not have yet."""
    owed = owed_services(session, case.district_id, case.id).get(party_id, ())
    tried = tries(session, case.district_id, case.id)
    open_still = {one for one in owed if not standing(tried.get((party_id, one), []), [About.DETERMINATION]).counts}
    return [row for row in standing_rows(session, case.district_id, case.id) if row.id in open_still]


def _guardian_name(session: Session, ring: KeyRing, district_id: str, guardian_id: str | None) -> str:
    """Who it was handed to, to be sealed again beside the paper's number."""
    row = session.get(CaseGuardian, (district_id, guardian_id)) if guardian_id else None
    return "" if row is None else str(json.loads(ring.unseal(row.sealed_identity, place("case_guardian", "sealed_identity", row.id)))["name"])


def _take_effect(session: Session, ring: KeyRing, actor: Actor, case: CaseFile, rows: Sequence[Determination], now: datetime) -> None:
    """A version that every side it concerns now has is in effect; its time to appeal is known."""
    done = served(session, case.district_id, case.id)
    for row in rows:
        if not all(there for (_party, one), there in done.items() if one == row.id):
            continue
        row.appeal_until = _window(session, case, row)
        if row.state != DeterminationState.ADOPTED.value:
            continue
        check_determination_step(DeterminationState.ADOPTED, DeterminationState.EFFECTIVE)
        row.state, row.effective_at = DeterminationState.EFFECTIVE.value, now
        note_step(session, actor, case, "determination_moved", now, object_id=row.id, before="adopted", after=row.state, changes={
            "appeal_until": row.appeal_until.isoformat(),
        })
        announcer.announce(session, DeterminationMoved(row.district_id, row.school_id, row.case_id, row.party_id, row.id, "adopted", row.state))
        if is_reported(session, case):
            _receive(session, ring, case, row, row.party_id, "bureau", "", row.number, now)


def _window(session: Session, case: CaseFile, row: Determination) -> date:
    """The last day to appeal: counted from the last of the services, so that no side's time is shorter than the rules say."""
    last = max(
        (attempt.at for (_party, one), attempts in tries(session, case.district_id, case.id).items() if one == row.id for attempt in attempts),
    )
    return appeal_until(session, case.district_id, case.school_id, local_day(last))


def appeal_until(session: Session, district_id: str, school_id: str, served_on: date) -> date:
    """The last day to appeal after a service, by the policy of that day: working or calendar days. Few statements."""
    policy = policy_for(session, district_id, school_id, served_on)
    days, kind = int(policy["appeal_days"]), str(policy["appeal_day_kind"])
    book = calendar(session, district_id, school_id, served_on, served_on + timedelta(days=days * 7 + 60))

    def working(day: date) -> bool:
        """A weekday that is no holiday, or a make-up workday; a school's vacation stops no authority."""
        code = book.kind(day).code
        stated = book.national.get(day, ("", ""))[0]
        return code in {"school", "make_up", "own_school_day"} or (code == "vacation" and (stated == "workday" or (not stated and day.weekday() < 5)))

    return last_day_of_appeal(served_on, days, kind, working)


def _finish(session: Session, actor: Actor, case: CaseFile, party_id: str, at: datetime, now: datetime) -> None:
    """The duty to serve this party is done; with the last one the case is served, and without plans it goes on."""
    done = served(session, case.district_id, case.id)
    if all(there for (party, _one), there in done.items() if party == party_id):
        timing.meet(session, case, ClockKind.SERVICE, at, party_id)
    if all(done.values()):
        all_served(session, actor, case, now)


# --- whoever else is told ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tell:
    """Somebody else than the guardians was told of a determination. ``who``: an office or a function, sealed."""

    determination_id: str
    kind: str
    who: str = ""
    document_no: str = ""


def note_told(session: Session, ring: KeyRing, actor: Actor, command: Tell, now: datetime) -> str:
    """Write down that somebody was told of a version that stands; returns the recipient's id. Raises NotFound, CaseRefused."""
    row, case = _standing_row(session, actor, command.determination_id, now)
    if command.kind not in RECIPIENTS or command.kind in {"guardian", "quality_evaluation"}:
        raise CaseRefused("recipient_kind", "kind")
    if len(command.who) > _WHO_LENGTH or len(command.document_no) > 40:
        raise CaseRefused("recipient_words", "who")
    told = _receive(session, ring, case, row, row.party_id, command.kind, command.who.strip(), command.document_no.strip(), now)
    note_step(session, actor, case, "told", now, object_id=told.id, changes={"determination": row.id, "kind": command.kind})
    return told.id


def enter_evaluation(session: Session, ring: KeyRing, actor: Actor, determination_id: str, now: datetime) -> str:
    """Note the entry in the quality evaluation that a measure orders: only where it does, only after service, once. Returns its id."""
    row, case = _standing_row(session, actor, determination_id, now)
    if "quality_evaluation" not in row.measures or row.effective_at is None:
        raise CaseRefused("no_evaluation_entry", "determination")
    there = session.scalar(select(EvaluationEntry.id).where(
        EvaluationEntry.district_id == row.district_id, EvaluationEntry.determination_id == row.id
    ))
    if there is not None:
        raise CaseRefused("evaluation_there", "determination")
    entry = EvaluationEntry(
        district_id=row.district_id, id=new_id(), case_id=case.id, party_id=row.party_id, determination_id=row.id, entered_at=now,
        entered_by=actor.account_id,
    )
    session.add(entry)
    _receive(session, ring, case, row, row.party_id, "quality_evaluation", "", row.number, now)
    note_step(session, actor, case, "evaluation_entered", now, object_id=entry.id, changes={"determination": row.id})
    return entry.id


def send_correction(session: Session, actor: Actor, recipient_id: str, now: datetime) -> Issued:
    """Give a recipient of a finding that fell the correction: its number is drawn and noted. Raises NotFound, CorrectionRefused."""
    row = session.get(CaseRecipient, (actor.district_id, recipient_id))
    if row is None:
        raise NotFound
    case = own_case(session, actor, row.case_id, now, ended=True)
    if row.correction_due_at is None:
        raise CaseRefused("paper_not_yet", "recipient")
    paper = issue(session, actor, case, "correction_notice", row.id, now)
    note_corrected(session, actor, row.id, paper.number, now)
    return paper


def _standing_row(session: Session, actor: Actor, determination_id: str, now: datetime) -> tuple[Determination, CaseFile]:
    row = session.get(Determination, (actor.district_id, determination_id))
    if row is None:
        raise NotFound
    case = own_case(session, actor, row.case_id, now)
    if DeterminationState(row.state) not in STANDING:
        raise CaseRefused("not_standing", "determination")
    return row, case


def _receive(
    session: Session, ring: KeyRing, case: CaseFile, row: Determination, party_id: str, kind: str, who: str, document_no: str, at: datetime
) -> CaseRecipient:
    recipient_id = new_id()
    told = CaseRecipient(
        district_id=case.district_id, id=recipient_id, case_id=case.id, party_id=party_id, determination_id=row.id, kind=kind,
        sealed_who=ring.seal(who, place("case_recipient", "sealed_who", recipient_id)) if who else "", document_no=document_no, told_at=at,
    )
    session.add(told)
    session.flush()
    return told
