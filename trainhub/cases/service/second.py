"""Things that two people must want: asked by one with a reason, decided by another, used once, told to somebody who is neither.

Whoever asks and whoever grants are different accounts and different persons; nobody decides about a matter they stepped aside from.
A consent ends by itself. Its use is written into the access log, and the principal or the bureau is told in the same transaction
(security.md section 3: break-glass).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.models import CaseFile, CaseParty, Concern, ConcernReporter, SecondPerson
from trainhub.cases.queries.access import on_duty, seen_case
from trainhub.cases.queries.identity import PARTY
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.cases.rules.second import (
    ANSWER_WITHIN,
    ASKED_WITH,
    AT_ONCE,
    DECIDED_BY,
    FILE_OPEN_FOR,
    LASTS,
    QUOTA,
    QUOTA_DAYS,
    Hand,
    SecondKind,
    SecondRefused,
    check_request,
    same_human,
)
from trainhub.cases.service.ending import check_end, double, end_case
from trainhub.cases.service.lending import lend_case
from trainhub.cases.service.noticing import settle
from trainhub.cases.service.severity import (
    SetSeverity,
    check_extension,
    extend_investigation,
    is_reported,
    set_severity,
)
from trainhub.cases.service.steps import note_step, notify
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.access import Reading, Via, open_record
from trainhub.ledger.service import NewEntry, append

REPORTER = "reporter"
"""``object_kind`` of a reading that shows who reported; its ``object_ref`` is the concern's id."""
EXPORT = "case_export"
"""``object_kind`` of a reading that exports a file with names; its ``object_ref`` is the case's id."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. ``object_id``: a concern (reporter), a party (identity), else the case. ``words`` are sealed.

    ``parameters``: {severity} of a downgrade, {days} of an extension.
    """

    kind: str
    object_id: str
    reason: str
    words: str
    parameters: dict[str, Any] = field(default_factory=dict)


def ask(session: Session, ring: KeyRing, actor: Actor, command: Ask, now: datetime) -> str:
    """Ask for something that takes a second person; returns the request's id. Raises NotFound, Forbidden, SecondRefused.

    An extension that the rules do not allow is refused here, not after somebody consented: CaseRefused, ExtensionRefused.
    """
    kind = check_request(command.kind, command.reason, command.words)
    if not actor.can(ASKED_WITH[kind]):
        raise Forbidden
    school_id, case = _object(session, actor, kind, command.object_id, now)
    parameters = _parameters(session, actor, kind, case, {"reason": command.reason, **command.parameters}, now)
    if _open(session, actor, kind, command.object_id, now):
        raise SecondRefused("asked_already", "kind")
    row_id = new_id()
    row = SecondPerson(
        district_id=actor.district_id, id=row_id, school_id=school_id, case_id=case.id if case else None, kind=kind.value,
        object_id=command.object_id, reason=command.reason, parameters=parameters, state="asked", asked_by=actor.account_id,
        sealed_words=ring.seal(command.words.strip(), place("second_person", "sealed_words", row_id)), asked_by_person=actor.person_id,
        asked_at=now, expires_at=now + ANSWER_WITHIN,
    )
    session.add(row)
    session.flush()
    _note(session, actor, row, case, "second_asked", now)
    for org_id, role in _deciders(kind, actor, school_id):
        notify(session, actor.district_id, org_id, "second_asked", now, role=role, matter_id=row.case_id or "", link="/second")
    return row.id


def ask_unsealing(
    session: Session, ring: KeyRing, actor: Actor, school_id: str, number: str, reason: str, words: str, now: datetime
) -> str:
    """Ask that the sealed case of a number (``2025-03``) be opened; returns the request's id.

    A number nobody has, one that is not sealed, of another school or stepped aside from: the same refusal. Raises Forbidden, SecondRefused.
    """
    year, _dash, tail = number.strip().partition("-")
    found = None
    if all(part.isascii() and part.isdecimal() and len(part) <= 4 for part in (year, tail)):
        found = session.scalar(select(CaseFile.id).where(
            CaseFile.district_id == actor.district_id, CaseFile.school_id == school_id, CaseFile.year == int(year), CaseFile.number == int(tail)
        ))
    try:
        return ask(session, ring, actor, Ask(SecondKind.UNSEAL.value, found or "", reason, words), now)
    except NotFound:
        raise CaseRefused("no_sealed_case", "number") from None


def _deciders(kind: SecondKind, actor: Actor, school_id: str) -> list[tuple[str, Role]]:
    if actor.org_id == actor.district_id:
        return [(actor.district_id, Role.BUREAU_CASE_OFFICER), (school_id, Role.PRINCIPAL)]
    return [(school_id, Role.PRINCIPAL)] if kind in DECIDED_BY else [(school_id, Role.PRINCIPAL), (school_id, Role.COMMITTEE_SECRETARY)]


def _object(session: Session, actor: Actor, kind: SecondKind, object_id: str, now: datetime) -> tuple[str, CaseFile | None]:
    """The school and the case of what is asked for, if it exists for the actor. Raises NotFound."""
    if kind is SecondKind.REPORTER:
        return _concern(session, actor, object_id, now)
    if kind is SecondKind.UNSEAL:
        case = session.get(CaseFile, (actor.district_id, object_id))
        scope = actor.scope(Permission.BREAK_GLASS_WRITE)
        if case is None or case.sealed_at is None or not scope.covers_school(case.school_id) or _recused(session, actor, case.id):
            raise NotFound
        return case.school_id, case
    if kind is SecondKind.FILE:
        return _reported(session, actor, object_id, now)
    case_id = object_id
    if kind is SecondKind.IDENTITY:
        party = session.get(CaseParty, (actor.district_id, object_id))
        if party is None:
            raise NotFound
        case_id = party.case_id
    right = ASKED_WITH[kind] if kind in AT_ONCE else Permission.CASE_FILE_READ
    case = seen_case(session, actor, right, case_id, now)
    if kind is not SecondKind.IDENTITY and case.school_id != actor.org_id:
        raise NotFound
    return case.school_id, case


def _reported(session: Session, actor: Actor, case_id: str, now: datetime) -> tuple[str, CaseFile]:
    """A case that was reported to the bureau, for an officer of it who has it not open and did not step aside from it. Raises NotFound, SecondRefused."""
    case = session.get(CaseFile, (actor.district_id, case_id))
    if case is None or case.sealed_at is not None or not is_reported(session, case) or _recused(session, actor, case.id):
        raise NotFound
    if session.scalar(select(CaseFile.id).where(CaseFile.district_id == actor.district_id, CaseFile.id == case.id, on_duty(actor, now))):
        raise SecondRefused("asked_already", "kind")
    return case.school_id, case


def _concern(session: Session, actor: Actor, concern_id: str, now: datetime) -> tuple[str, CaseFile | None]:
    """A concern of the actor's school somebody stands behind; it is not there where its case is not: stepped aside from, or sealed."""
    concern = session.get(Concern, (actor.district_id, concern_id))
    if concern is None or not actor.can(Permission.CONCERN_READ) or not actor.scope(Permission.CONCERN_READ).covers_school(concern.school_id):
        raise NotFound
    if concern.case_id is not None:
        seen_case(session, actor, Permission.CASE_READ, concern.case_id, now)
    if session.get(ConcernReporter, (actor.district_id, concern_id)) is None:
        raise SecondRefused("nobody_there", "kind")
    return concern.school_id, session.get(CaseFile, (actor.district_id, concern.case_id)) if concern.case_id else None


def _parameters(
    session: Session, actor: Actor, kind: SecondKind, case: CaseFile | None, given: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """What exactly is asked for: a consent for one tier is none for another."""
    if kind is SecondKind.END_CASE and case is not None:
        check_end(session, actor, case, str(given["reason"]), given.get("double_of"), now)
        if given["reason"] != "double_of":
            return {}
        other = double(session, actor, case, given.get("double_of"), now)
        return {"double_of": other.id, "double_no": f"{other.year}-{other.number:02d}"}
    if kind is SecondKind.DOWNGRADE:
        tier = given.get("severity")
        if case is None or tier not in TIERS or not scale(case.scale).is_lower(str(tier), case.severity):
            raise SecondRefused("tier", "severity")
        return {"severity": tier}
    if kind is SecondKind.EXTENSION:
        days = given.get("days")
        if not isinstance(days, int) or not 0 < days <= 60:
            raise SecondRefused("days", "days")
        if case is not None:
            check_extension(session, case, days)
        return {"days": days}
    return {}


def _open(session: Session, actor: Actor, kind: SecondKind, object_id: str, now: datetime) -> bool:
    """Whether the same account waits for, or holds, the same already."""
    query = select(SecondPerson.id).where(
        SecondPerson.district_id == actor.district_id, SecondPerson.kind == kind.value, SecondPerson.object_id == object_id,
        SecondPerson.asked_by == actor.account_id, SecondPerson.state.in_(("asked", "granted")), SecondPerson.expires_at > now,
    )
    return session.scalar(query.limit(1)) is not None


# --- the other person --------------------------------------------------------------------------------


def grant(session: Session, actor: Actor, second_id: str, now: datetime) -> None:
    """Consent. Raises NotFound, Forbidden, SeparationOfDuties, InvalidState."""
    row, case = _decidable(session, actor, second_id, now)
    row.state, row.decided_by, row.decided_at = "granted", actor.account_id, now
    row.expires_at = now + LASTS[SecondKind(row.kind)]
    _note(session, actor, row, case, "second_granted", now)
    _answered(session, row, now)
    if row.kind == SecondKind.UNSEAL.value:  # from here on the case can be opened; every opening is in the log by itself
        _tell(session, row, now)
    notify(session, row.district_id, row.school_id, "second_granted", now, account_id=row.asked_by, matter_id=row.case_id or "", link="/second")


def refuse(session: Session, actor: Actor, second_id: str, now: datetime) -> None:
    """Do not consent. Raises NotFound, Forbidden, SeparationOfDuties, InvalidState."""
    row, case = _decidable(session, actor, second_id, now)
    row.state, row.decided_by, row.decided_at = "refused", actor.account_id, now
    _note(session, actor, row, case, "second_refused", now)
    _answered(session, row, now)
    notify(session, row.district_id, row.school_id, "second_refused", now, account_id=row.asked_by, matter_id=row.case_id or "", link="/second")


def _answered(session: Session, row: SecondPerson, now: datetime) -> None:
    """With the last request on a matter that waits for an answer its notice goes."""
    others = select(SecondPerson.id).where(
        SecondPerson.district_id == row.district_id, SecondPerson.case_id == row.case_id if row.case_id else SecondPerson.case_id.is_(None),
        SecondPerson.state == "asked", SecondPerson.expires_at > now, SecondPerson.id != row.id,
    )
    if session.scalar(others.limit(1)) is None:
        settle(session, row.district_id, ["second_asked"], row.case_id or "", now)


def _decidable(session: Session, actor: Actor, second_id: str, now: datetime) -> tuple[SecondPerson, CaseFile | None]:
    if not actor.can(Permission.CASE_SECOND):
        raise Forbidden
    row = _locked(session, actor, second_id)
    if not actor.scope(Permission.CASE_SECOND).covers_school(row.school_id):
        raise NotFound
    case = _case_of(session, row)
    if case is not None and (_recused(session, actor, case.id) or (case.sealed_at is not None and row.kind != SecondKind.UNSEAL.value)):
        raise NotFound  # about a sealed case nothing is decided but whether it is opened
    if same_human(Hand(actor.account_id, actor.person_id), Hand(row.asked_by, row.asked_by_person)):
        raise SeparationOfDuties(field="second")
    allowed = DECIDED_BY.get(SecondKind(row.kind))
    if allowed is not None and actor.role not in allowed:
        raise Forbidden
    if row.state != "asked" or (row.expires_at is not None and row.expires_at <= now):
        raise InvalidState(state=row.state, wanted="granted")
    return row, case


# --- use -----------------------------------------------------------------------------------------------


def carry_out(session: Session, actor: Actor, second_id: str, now: datetime) -> None:
    """Carry a granted step of the case out: a milder tier, more days. Only by whoever asked. Raises NotFound, InvalidState, CaseRefused."""
    row = _usable(session, actor, second_id, now)
    if row.kind == SecondKind.DOWNGRADE.value and row.case_id:
        set_severity(session, actor, SetSeverity(row.case_id, str(row.parameters["severity"]), row.reason, row.id), now)
    elif row.kind == SecondKind.EXTENSION.value and row.case_id:
        extend_investigation(session, actor, row.case_id, int(row.parameters["days"]), row.id, now)
    elif row.kind == SecondKind.END_CASE.value and row.case_id:
        end_case(session, actor, row.case_id, row.reason, row.parameters.get("double_of"), row.id, now)
    else:
        raise NotFound
    _tell(session, row, now)


def use(session: Session, actor: Actor, second_id: str, now: datetime, *, via: Via = "page") -> Opening:
    """Use a consent to look, once: marked, logged, told to principal or bureau. Returns the ticket for exactly what was granted.

    Only by whoever asked, in time. Raises NotFound, InvalidState, SecondRefused where the quota of exports is used up.
    """
    row = _usable(session, actor, second_id, now)
    kind = SecondKind(row.kind)
    reading = _reading(row, kind, via)
    if reading is None:
        raise NotFound
    if row.case_id is not None:
        seen_case(session, actor, Permission.CASE_READ, row.case_id, now)  # stepped aside or sealed meanwhile: the consent opens nothing
    if kind is SecondKind.IDENTIFIED_EXPORT and exports_left(session, actor, now) <= 0:
        raise SecondRefused("quota", "kind", most=QUOTA, days=QUOTA_DAYS)
    row.state, row.used_at = "used", now
    opening = open_record(session, actor, reading, now)
    _note(session, actor, row, _case_of(session, row), "second_used", now)
    _tell(session, row, now)
    return opening


def take_up(session: Session, actor: Actor, second_id: str, now: datetime) -> str:
    """Open a reported file for four hours on another's consent and return the case's id; the school's principal is told in the same step.

    What is read in it is logged at each opening; when the time is over the case is not there any more. Only by whoever asked. Raises
    NotFound, InvalidState.
    """
    row = _usable(session, actor, second_id, now)
    case = _case_of(session, row)
    if row.kind != SecondKind.FILE.value or case is None or case.sealed_at is not None or _recused(session, actor, case.id):
        raise NotFound
    row.state, row.used_at, row.expires_at = "used", now, now + FILE_OPEN_FOR
    lend_case(
        session, actor, case.id, actor.account_id, actor.person_id, "bureau", now, until=row.expires_at, reason="report", given_by=row.decided_by
    )
    _note(session, actor, row, case, "second_used", now)
    _tell(session, row, now)
    return case.id


def _reading(row: SecondPerson, kind: SecondKind, via: Via) -> Reading | None:
    about = row.case_id or row.object_id
    if kind is SecondKind.REPORTER:
        return Reading(row.school_id, REPORTER, row.object_id, Permission.BREAK_GLASS_WRITE, "break_glass", via, about_ref=about)
    if kind is SecondKind.IDENTITY:
        return Reading(row.school_id, PARTY, row.object_id, Permission.BREAK_GLASS_WRITE, "break_glass", via, about_ref=about)
    if kind is SecondKind.IDENTIFIED_EXPORT:
        return Reading(row.school_id, EXPORT, row.object_id, Permission.CASE_IDENTIFIED_EXPORT, "identified_export", "export", about_ref=about)
    return None


def exports_left(session: Session, actor: Actor, now: datetime) -> int:
    """How many exports with names the account still has in this span of days. One statement."""
    query = select(func.count()).select_from(SecondPerson).where(
        SecondPerson.district_id == actor.district_id, SecondPerson.asked_by == actor.account_id,
        SecondPerson.kind == SecondKind.IDENTIFIED_EXPORT.value, SecondPerson.used_at > now - timedelta(days=QUOTA_DAYS),
    )
    return QUOTA - (session.scalar(query) or 0)


def _usable(session: Session, actor: Actor, second_id: str, now: datetime) -> SecondPerson:
    row = _locked(session, actor, second_id)
    if row.asked_by != actor.account_id or not actor.can(ASKED_WITH[SecondKind(row.kind)]):
        raise NotFound
    if row.state != "granted" or row.expires_at is None or row.expires_at <= now or row.decided_by in {None, row.asked_by}:
        raise InvalidState(state=row.state, wanted="used")
    return row


def _tell(session: Session, row: SecondPerson, now: datetime) -> None:
    """Tell somebody who neither asked nor granted: the principal, or the bureau where the principal did or stepped aside."""
    concerned = {row.asked_by, row.decided_by}
    if not _held_by(session, row, concerned) and not _principal_aside(session, row, now):
        notify(session, row.district_id, row.school_id, "second_used", now, role=Role.PRINCIPAL, matter_id=row.case_id or "", link="/second")
    else:
        notify(session, row.district_id, row.district_id, "second_used", now, role=Role.BUREAU_CASE_OFFICER, matter_id=row.case_id or "", link="/second")


def _principals(session: Session, row: SecondPerson, day: Any) -> list[Any]:
    query = (
        select(Account.id, Account.person_id)
        .join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == row.district_id, AccountGrant.org_id == row.school_id, AccountGrant.role == Role.PRINCIPAL.value,
            AccountGrant.from_on <= day, or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        )
    )
    return list(session.execute(query))


def _held_by(session: Session, row: SecondPerson, accounts: set[str | None]) -> bool:
    """Whether one of these accounts is the principal's."""
    moment = row.used_at or row.decided_at or row.asked_at
    return any(account in accounts for account, _person in _principals(session, row, local_day(moment)))


def _principal_aside(session: Session, row: SecondPerson, now: datetime) -> bool:
    """Whether there is no principal who may know of the matter."""
    held = _principals(session, row, local_day(now))
    if row.case_id is None:
        return not held
    return all(is_recused(session, row.district_id, row.case_id, person_id=person, account_id=account) for account, person in held)


# --- shared --------------------------------------------------------------------------------------------


def _locked(session: Session, actor: Actor, second_id: str) -> SecondPerson:
    query = select(SecondPerson).where(SecondPerson.district_id == actor.district_id, SecondPerson.id == second_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    return row


def _case_of(session: Session, row: SecondPerson) -> CaseFile | None:
    if row.case_id is None:
        return None
    return session.get(CaseFile, (row.district_id, row.case_id), with_for_update=True, populate_existing=True)


def _recused(session: Session, actor: Actor, case_id: str) -> bool:
    return is_recused(session, actor.district_id, case_id, person_id=actor.person_id, account_id=actor.account_id)


def _note(session: Session, actor: Actor, row: SecondPerson, case: CaseFile | None, step: str, now: datetime) -> None:
    """One step in the history of the case; of a concern without a case in the school's chain alone."""
    changes = {"kind": row.kind, "object": row.object_id, "reason": row.reason, **row.parameters}
    if case is not None:
        note_step(session, actor, case, step, now, object_id=row.id, after=row.state, changes=changes)
        return
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"case.{step}", subject_ref=row.object_id, object_ref=row.id,
        payload=changes | {"to": row.state}, occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))

