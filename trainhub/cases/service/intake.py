"""Concerns on their way in: anybody on the staff in a minute, the desk for paper box and telephone, and the decision on each.

Who reported stands apart and sealed; neither the concern nor the ledger names the account of somebody who reported (security.md #12).
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, Concern, ConcernReporter
from trainhub.cases.queries.access import seen_case
from trainhub.cases.rules import intake
from trainhub.cases.rules.intake import STAFF_CONDUCT, Channel, ConcernRefused, ConcernState, Told
from trainhub.cases.service.closeness import look_for_conflicts
from trainhub.cases.service.noticing import settle
from trainhub.cases.service.opening import CaseStart, open_case
from trainhub.cases.service.steps import next_number, note_step, notify
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.service import NewEntry, append

DESK = (Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY)
_SOON = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ReportConcern:
    """What somebody on the staff saw or heard. ``op_id`` makes a second sending the first one again."""

    text: str
    op_id: str
    happened_on: date | None = None
    place_kind: str = ""
    means: tuple[str, ...] = ()
    urgent: bool = False
    who: str = ""
    about_staff: bool = False


@dataclass(frozen=True, slots=True)
class EnterConcern:
    """A concern that came in another way. ``reporter`` only where somebody gave it; nobody is asked for it (case 52)."""

    channel: str
    text: str
    op_id: str
    happened_on: date | None = None
    place_kind: str = ""
    means: tuple[str, ...] = ()
    urgent: bool = False
    who: str = ""
    about_staff: bool = False
    received_at: datetime | None = None
    reporter: str = ""
    reporter_contact: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender gets: the number, and whether it went to another procedure (case 63)."""

    concern_id: str
    receipt: str
    routed: bool


@dataclass(frozen=True, slots=True)
class AcceptConcern:
    """Accept a concern: into a new case, or into the one named."""

    concern_id: str
    case_id: str | None = None
    severity: str = ""


@dataclass(frozen=True, slots=True)
class DeclineConcern:
    """Decline a concern with a reason that is told to whoever reported; ``words`` are theirs to read as well."""

    concern_id: str
    reason: str
    words: str = ""


def account_mark(ring: KeyRing, account_id: str) -> str:
    """The keyed mark by which whoever reported finds their own receipts."""
    return ring.mark("concern_account", account_id)


def report_concern(session: Session, ring: KeyRing, actor: Actor, command: ReportConcern, now: datetime) -> Receipt:
    """Keep what somebody on the staff reports and return its receipt. The same ``op_id`` again returns the same receipt.

    Raises Forbidden, ConcernRefused.
    """
    actor.require(Permission.CONCERN_OWN_WRITE)
    mark = account_mark(ring, actor.account_id)
    sent = _Sent(Channel.STAFF, mark[:32], now, command.op_id, command.urgent, command.about_staff)
    told = Told(command.text, command.happened_on, command.place_kind, command.means, command.who)
    receipt, fresh = _keep(session, ring, actor, sent, told, now)
    if fresh:
        identity = {"account_id": actor.account_id, "name": actor.display_name, "person_id": actor.person_id or ""}
        _keep_reporter(session, ring, actor.district_id, receipt.concern_id, identity, mark)
    return receipt


def enter_concern(session: Session, ring: KeyRing, actor: Actor, command: EnterConcern, now: datetime) -> Receipt:
    """Enter what came by box, hotline, survey, guardian or a superior office. Without a name it is anonymous and stays so.

    Raises Forbidden, ConcernRefused.
    """
    actor.require(Permission.CONCERN_WRITE, actor.org_id)
    if command.channel not in set(Channel) - {Channel.STAFF}:
        raise ConcernRefused("unknown_channel", "channel")
    received = command.received_at or now
    if received > now + _SOON:
        raise ConcernRefused("future_day", "received_at")
    anonymous = not command.reporter.strip()
    sent = _Sent(Channel(command.channel), actor.account_id, received, command.op_id, command.urgent, command.about_staff, anonymous=anonymous)
    told = Told(command.text, command.happened_on, command.place_kind, command.means, command.who)
    receipt, fresh = _keep(session, ring, actor, sent, told, now)
    if fresh and not anonymous:
        identity = {"name": command.reporter.strip()[:80], "contact": command.reporter_contact.strip()[:80]}
        _keep_reporter(session, ring, actor.district_id, receipt.concern_id, identity, "")
    return receipt


@dataclass(frozen=True, slots=True)
class _Sent:
    """How a concern came in."""

    channel: Channel
    by: str  # an account, or the mark of one who reports for themselves
    at: datetime
    op_id: str
    urgent: bool
    about_staff: bool
    anonymous: bool = field(default=False)


def _keep(session: Session, ring: KeyRing, actor: Actor, sent: _Sent, told: Told, now: datetime) -> tuple[Receipt, bool]:
    """The concern as kept, and whether it is new."""
    if not sent.op_id or len(sent.op_id) > 48:
        raise ConcernRefused("no_op_id")
    held = session.scalars(select(Concern).where(
        Concern.district_id == actor.district_id, Concern.received_by == sent.by, Concern.op_id == sent.op_id
    )).one_or_none()
    if held is not None:
        return Receipt(held.id, _receipt_again(ring, held), held.decision_reason == STAFF_CONDUCT), False
    today = local_day(now)
    intake.check(told, today)
    row = _row(session, ring, actor, sent, told, now)
    receipt, row.receipt_mark = _fresh_receipt(session, ring, actor.district_id, sent)
    session.add(row)
    session.flush()
    _record(session, row, "concern.received", now, {
        "channel": row.channel, "urgent": row.urgent, "anonymous": row.anonymous, "about_staff": row.about_staff, "number": row.number,
    })
    _tell_desk(session, row, now)
    return Receipt(row.id, receipt, sent.about_staff), True


def _row(session: Session, ring: KeyRing, actor: Actor, sent: _Sent, told: Told, now: datetime) -> Concern:
    """A concern about staff is kept, routed and decided at once: it is no clue of this procedure."""
    concern_id, year = new_id(), RequirementYear.of(local_day(now), "school").start_year
    text = json.dumps({"text": told.text.strip(), "who": told.who.strip()}, ensure_ascii=False, sort_keys=True)
    routed = sent.about_staff
    return Concern(
        district_id=actor.district_id, id=concern_id, school_id=actor.org_id, year=year,
        number=next_number(session, actor.district_id, actor.org_id, "concern", year), receipt_mark="", channel=sent.channel.value,
        anonymous=sent.anonymous, urgent=sent.urgent, about_staff=routed, happened_on=told.happened_on, place_kind=told.place_kind,
        means=[word for word in intake.MEANS if word in told.means], sealed_text=ring.seal(text, place("concern", "sealed_text", concern_id)),
        state=(ConcernState.NOT_ACCEPTED if routed else ConcernState.CLUE).value, decision_reason=STAFF_CONDUCT if routed else "",
        op_id=sent.op_id, received_at=sent.at, received_by=sent.by, decided_at=now if routed else None, told_at=now if routed else None,
    )


def _fresh_receipt(session: Session, ring: KeyRing, district_id: str, sent: _Sent) -> tuple[str, str]:
    for attempt in range(8):
        receipt = intake.receipt_of(ring.mark, sent.by, sent.op_id, attempt)
        mark = ring.mark("receipt_number", receipt)
        if session.scalar(select(Concern.id).where(Concern.district_id == district_id, Concern.receipt_mark == mark)) is None:
            return receipt, mark
    raise ConcernRefused("no_receipt")


def receipt_for(ring: KeyRing, received_by: str, op_id: str, receipt_mark: str) -> str:
    """The number of a concern, made again for its sender; only its mark is kept."""
    for attempt in range(8):
        receipt = intake.receipt_of(ring.mark, received_by, op_id, attempt)
        if ring.mark("receipt_number", receipt) == receipt_mark:
            return receipt
    return ""


def _receipt_again(ring: KeyRing, row: Concern) -> str:
    return receipt_for(ring, row.received_by, row.op_id, row.receipt_mark)


def _keep_reporter(session: Session, ring: KeyRing, district_id: str, concern_id: str, identity: dict[str, str], mark: str) -> None:
    sealed = ring.seal(json.dumps(identity, ensure_ascii=False, sort_keys=True), place("concern_reporter", "sealed_identity", concern_id))
    session.add(ConcernReporter(district_id=district_id, concern_id=concern_id, sealed_identity=sealed, account_mark=mark))
    session.flush()


TOLD_DESK = ("concern_received", "concern_urgent")
"""What the desk is told of a concern; done with once it has an answer."""


def _tell_desk(session: Session, row: Concern, now: datetime) -> None:
    code = "concern_routed" if row.about_staff else "concern_urgent" if row.urgent else "concern_received"
    roles = (Role.PRINCIPAL,) if row.about_staff else (*DESK, Role.PRINCIPAL) if row.urgent else DESK
    for role in roles:
        notify(session, row.district_id, row.school_id, code, now, role=role, matter_id=row.id, link="/concerns")


def _record(session: Session, row: Concern, kind: str, now: datetime, payload: dict[str, object], actor: Actor | None = None) -> None:
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=kind, subject_ref=row.id, object_ref=row.id, payload=dict(payload),
        occurred_at=row.received_at if actor is None else now, recorded_at=now, actor_ref=actor.account_id if actor else row.received_by,
        acting_role=actor.role.value if actor else "reporter",
    ))


def _waiting(session: Session, actor: Actor, concern_id: str) -> Concern:
    """A concern of the actor's school that nobody has decided on yet, locked. Raises NotFound, InvalidState."""
    actor.require(Permission.CONCERN_WRITE, actor.org_id)
    query = select(Concern).where(Concern.district_id == actor.district_id, Concern.school_id == actor.org_id, Concern.id == concern_id)
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    if row.state != ConcernState.CLUE:
        raise InvalidState(state=row.state, wanted=ConcernState.ACCEPTED.value)
    return row


def accept_concern(session: Session, ring: KeyRing, actor: Actor, command: AcceptConcern, now: datetime) -> str:
    """Accept a concern and return the case it went into: a new one, or the one named. Raises NotFound, InvalidState, CaseRefused."""
    row = _waiting(session, actor, command.concern_id)
    joined = command.case_id is not None
    if command.case_id is not None:
        case = seen_case(session, actor, Permission.CASE_WRITE, command.case_id, now, lock=True)
        _refuse_foreign(case, actor)
    else:
        start = CaseStart(row.happened_on, row.place_kind, tuple(row.means), row.received_at, command.severity)
        case = open_case(session, ring, actor, start, now)
    row.case_id, row.decided_at, row.decided_by, row.told_at = case.id, now, actor.account_id, now
    row.state = (ConcernState.JOINED if joined else ConcernState.ACCEPTED).value
    _record(session, row, "concern.accepted", now, {"case": case.id, "joined": joined}, actor)
    settle(session, row.district_id, TOLD_DESK, row.id, now)
    if joined:
        note_step(session, actor, case, "concern_joined", now, object_id=row.id)
    session.flush()
    look_for_conflicts(session, ring, actor, case, now)  # whoever reported may sit on the committee
    return case.id


def _refuse_foreign(case: CaseFile, actor: Actor) -> None:
    if case.school_id != actor.org_id:
        raise NotFound
    if case.closed_at is not None:
        raise InvalidState(state=case.state, wanted=ConcernState.JOINED.value)


def decline_concern(session: Session, ring: KeyRing, actor: Actor, command: DeclineConcern, now: datetime) -> None:
    """Decline a concern; the reason is there for whoever reported from this moment. Raises NotFound, InvalidState, ConcernRefused."""
    row = _waiting(session, actor, command.concern_id)
    if command.reason not in intake.DECLINE_REASONS:
        raise ConcernRefused("decline_reason", "reason")
    if command.reason == "other" and not command.words.strip():
        raise ConcernRefused("decline_words", "words")
    if len(command.words) > intake.TEXT_LENGTH:
        raise ConcernRefused("too_long", "words", limit=intake.TEXT_LENGTH)
    row.state, row.decision_reason = ConcernState.NOT_ACCEPTED.value, command.reason
    row.decided_at, row.decided_by, row.told_at = now, actor.account_id, now
    if command.words.strip():
        row.sealed_decision = ring.seal(command.words.strip(), place("concern", "sealed_decision", row.id))
    _record(session, row, "concern.declined", now, {"reason": command.reason}, actor)
    settle(session, row.district_id, TOLD_DESK, row.id, now)
