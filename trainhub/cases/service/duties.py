"""Dated rights to one case: given by name, ended by a moment. Nobody gives one to themselves."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.models import CaseDuty, CaseFile, CaseReport
from trainhub.cases.queries.access import parties_of
from trainhub.cases.queries.identity import places_of, unsealed_identity
from trainhub.cases.rules.lifecycle import CaseState
from trainhub.cases.rules.parties import SIDES, CaseRefused
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import note_step, notify
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing

DUTIES: dict[str, frozenset[Role]] = {
    "officer": frozenset({Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY}),
    "member": frozenset({Role.COMMITTEE_MEMBER, Role.PRINCIPAL}),
    "psychologist": frozenset({Role.PSYCHOLOGIST}),
    "instructor": frozenset({Role.PLAN_INSTRUCTOR, Role.PSYCHOLOGIST, Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.COMMITTEE_MEMBER}),
    "homeroom": frozenset({Role.HOMEROOM_TEACHER}),
    "support": frozenset({Role.PSYCHOLOGIST, Role.CASE_OFFICER}),
    "bureau": frozenset({Role.BUREAU_CASE_OFFICER}),
    "reviewer": frozenset({Role.APPEAL_REVIEWER}),
}
"""Duties with the roles one of which the account must hold."""
AGENDA = "agenda"
"""Why a duty stands that follows the committee's agenda (``service.agenda``)."""
END_REASONS = ("done", "replaced", "left", "conflict", "changed_class", "mistake")


@dataclass(frozen=True, slots=True)
class GiveDuty:
    """A duty for an account; ``party_id`` where it reaches one pupil only."""

    case_id: str
    account_id: str
    duty: str
    party_id: str | None = None


def give_duty(session: Session, actor: Actor, command: GiveDuty, now: datetime) -> str:
    """Give a dated right to a case by name and return its id. Raises NotFound, CaseRefused, SeparationOfDuties."""
    case = own_case(session, actor, command.case_id, now)
    if command.account_id == actor.account_id:
        raise SeparationOfDuties(field="account")
    if command.duty not in DUTIES:
        raise CaseRefused("duty_words", "duty")
    if command.party_id is not None and command.party_id not in {party.id for party in parties_of(session, case)}:
        raise NotFound
    account = _holder(session, case, command.account_id, command.duty, now)
    if account.person_id is not None and account.person_id == actor.person_id:
        raise SeparationOfDuties(field="account")  # another account of the same human being (case 103)
    if command.duty == "bureau" and not _reported(session, case):
        raise CaseRefused("duty_not_reported", "duty")
    standing = _standing(session, case, now, duty=command.duty, account_id=account.id, party_id=command.party_id)
    if there := [row for row in standing if row.reason != AGENDA]:  # one of the agenda ends with the vote, this one does not
        return there[0].id
    duty_id = _give(session, actor, case, account, command.duty, command.party_id, now)
    notify(session, case.district_id, case.school_id, "duty_given", now, account_id=account.id, matter_id=case.id, link="/cases")
    return duty_id


def _holder(session: Session, case: CaseFile, account_id: str, duty: str, now: datetime) -> Account:
    """The account, where it holds a fitting role at the case's school (or the bureau, for theirs) today."""
    where = case.district_id if duty in {"bureau", "reviewer"} else case.school_id
    day = local_day(now)
    query = (
        select(Account).join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == case.district_id, Account.id == account_id, AccountGrant.org_id == where,
            AccountGrant.role.in_([role.value for role in DUTIES[duty]]), AccountGrant.from_on <= day,
            or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        ).limit(1)
    )
    found = session.scalars(query).one_or_none()
    if found is None:
        raise CaseRefused("duty_no_role", "account")
    return found


def _reported(session: Session, case: CaseFile) -> bool:
    query = select(CaseReport.id).where(
        CaseReport.district_id == case.district_id, CaseReport.case_id == case.id, CaseReport.to_whom == "bureau"
    )
    return session.scalar(query.limit(1)) is not None


def _standing(
    session: Session, case: CaseFile, now: datetime, *, duty: str, account_id: str | None = None, party_id: str | None = None
) -> list[CaseDuty]:
    query = select(CaseDuty).where(
        CaseDuty.district_id == case.district_id, CaseDuty.case_id == case.id, CaseDuty.duty == duty,
        or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now),
    )
    if account_id is not None:
        query = query.where(CaseDuty.account_id == account_id, CaseDuty.party_id == party_id if party_id else CaseDuty.party_id.is_(None))
    return list(session.scalars(query.order_by(CaseDuty.from_at, CaseDuty.id)))


def _give(session: Session, actor: Actor | None, case: CaseFile, account: Account, duty: str, party_id: str | None, now: datetime) -> str:
    row = CaseDuty(
        district_id=case.district_id, id=new_id(), case_id=case.id, account_id=account.id, person_id=account.person_id, duty=duty,
        party_id=party_id, from_at=now, given_by=actor.account_id if actor else SYSTEM,
    )
    session.add(row)
    session.flush()
    note_step(session, actor, case, "duty_given", now, object_id=row.id, changes={"account": account.id, "duty": duty, "party": party_id})
    return row.id


def end_duty(session: Session, actor: Actor, duty_id: str, reason: str, now: datetime) -> None:
    """End a duty with a reason: the case is gone for its holder at once. Raises NotFound, CaseRefused."""
    row = session.get(CaseDuty, (actor.district_id, duty_id))
    if row is None or row.to_at is not None:
        raise NotFound
    case = own_case(session, actor, row.case_id, now, ended=True)
    if reason not in END_REASONS:
        raise CaseRefused("duty_reason", "reason")
    _end(session, actor, case, row, reason, now)


def _end(session: Session, actor: Actor | None, case: CaseFile, row: CaseDuty, reason: str, now: datetime) -> None:
    row.to_at, row.reason, row.ended_by = now, reason, actor.account_id if actor else SYSTEM
    note_step(session, actor, case, "duty_ended", now, object_id=row.id, changes={"account": row.account_id, "duty": row.duty, "reason": reason})


def refresh_homeroom(session: Session, ring: KeyRing, case: CaseFile, now: datetime) -> int:
    """Let the homeroom duties of a case follow the pupils' classes of today (case 74). Returns how many began or ended.

    Who leads a pupil's class needs to know; who no longer does loses it. Only pupils on a side, only while the case is open. It
    follows from the register, so nobody gives it, not even to themselves.
    """
    if CaseState(case.state) in {CaseState.CLOSED, CaseState.SEALED}:
        return 0
    wanted = _homerooms(session, ring, case, now)
    held = {(row.account_id, row.party_id): row for row in _standing(session, case, now, duty="homeroom")}
    gone = [row for key, row in held.items() if key not in wanted]
    for row in gone:
        _end(session, None, case, row, "changed_class", now)
    fresh = [(account, party_id) for (account_id, party_id), account in wanted.items() if (account_id, party_id) not in held]
    for account, party_id in fresh:
        _give(session, None, case, account, "homeroom", party_id, now)
    return len(gone) + len(fresh)


def _homerooms(session: Session, ring: KeyRing, case: CaseFile, now: datetime) -> dict[tuple[str, str | None], Account]:
    """Accounts of today's homeroom teachers by party. Three statements."""
    parties = [party for party in parties_of(session, case) if SIDES & set(party.roles) and party.left_on is None]
    students = {party.id: str(unsealed_identity(ring, party).get("student_id") or "") for party in parties}
    places = places_of(session, case.district_id, {key for key in students.values() if key}, local_day(now))
    teachers = {party.id: places[students[party.id]].homeroom for party in parties if students[party.id] in places}
    accounts = _accounts(session, case.district_id, {person for people in teachers.values() for person in people}, now)
    return {
        (account.id, party_id): account for party_id, people in teachers.items() for person in people for account in accounts.get(person, ())
    }


def _accounts(session: Session, district_id: str, person_ids: Collection[str], now: datetime) -> dict[str, list[Account]]:
    if not person_ids:
        return {}
    day = local_day(now)
    query = (
        select(Account).join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == district_id, Account.person_id.in_(person_ids), AccountGrant.role == Role.HOMEROOM_TEACHER.value,
            AccountGrant.from_on <= day, or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        )
    )
    found: dict[str, list[Account]] = {}
    for account in session.scalars(query).unique():
        found.setdefault(account.person_id or "", []).append(account)
    return found


def follow_classes(session: Session, ring: KeyRing, district_id: str, now: datetime) -> int:
    """Let the homeroom duties of every open case of a district follow the register. Returns how many began or ended."""
    query = select(CaseFile).where(
        CaseFile.district_id == district_id, CaseFile.state.notin_([CaseState.CLOSED.value, CaseState.SEALED.value])
    ).order_by(CaseFile.id)
    return sum(refresh_homeroom(session, ring, case, now) for case in list(session.scalars(query)))
