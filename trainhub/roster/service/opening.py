"""Accounts for the staff: opened from the roster, ended with the employment."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts import service as accounts
from trainhub.accounts.models import Account, AccountGrant, LoginName
from trainhub.accounts.service import NewAccount, NewGrant
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission, Role
from trainhub.roster.events import StaffChanged
from trainhub.roster.models import Employment, OrgUnit
from trainhub.roster.people_rules import initials
from trainhub.roster.queries.accounts import without_account
from trainhub.roster.service.facts import guard

AT_ONCE = 200
NAMED = 500
"""People named in a query; of more, all rights at the school are read instead."""


@dataclass(frozen=True, slots=True)
class OpenedAccount:
    """A new account and the one-time code its owner sets a password with; the code is shown once."""

    name: str
    department: str
    username: str
    code: str


def open_accounts(
    session: Session, actor: Actor, school_id: str, person_ids: Collection[str], now: datetime
) -> list[OpenedAccount]:
    """Open accounts for members of the staff who have none yet, at most :data:`AT_ONCE` in one step.

    Each gets the right of a teacher at the school (own hours only) and a one-time code. Ids that are not
    on the staff or already have an account are passed over.
    """
    guard(actor, school_id, Permission.ACCOUNT_MANAGE)
    day = local_day(now)
    scope = actor.scope(Permission.ACCOUNT_MANAGE)
    chosen = [row for row in without_account(session, scope, school_id, day) if row.person_id in set(person_ids)][:AT_ONCE]
    unit = session.get_one(OrgUnit, (actor.district_id, school_id))
    prefix = unit.code or initials(unit.short_name)
    names = _free_names(session, prefix, [row.staff_no or initials(row.name) for row in chosen])
    opened = []
    for row, username in zip(chosen, names, strict=True):
        account = accounts.create_account(session, NewAccount(actor.district_id, username, row.name, row.person_id), now)
        accounts.grant_by_system(
            session, actor.district_id, NewGrant(account.id, Role.TEACHER, school_id, day, None, "staff"), now
        )
        code = accounts.issue_activation_code(session, actor.district_id, account.id, now)
        opened.append(OpenedAccount(row.name, row.department, account.username, code))
    return opened


def _free_names(session: Session, prefix: str, numbers: Iterable[str]) -> list[str]:
    """Sign-in names ``prefix.number``; a taken one gets the next free digit."""
    wanted = [accounts.normal_username(f"{prefix}.{number}") for number in numbers]
    taken = set(session.scalars(select(LoginName.username).where(
        or_(LoginName.username.in_(wanted), LoginName.username.like(f"{prefix.casefold()}.%"))
    )))
    names = []
    for base in wanted:
        name, turn = base, 1
        while name in taken:
            turn += 1
            name = f"{base}-{turn}"
        taken.add(name)
        names.append(name)
    return names


def end_rights_with_employment(session: Session, event: StaffChanged) -> None:
    """End the rights at a school of people whose employment there has ended (a leaver keeps no access).

    Rights of people who never were on that staff (outside members) are not touched. Two statements, one
    where none of these people has a right there, none where all of them are new.
    """
    people = set(event.person_ids) - event.newcomers
    if not people:
        return
    rights = session.execute(_rights_at(event, people)).all()
    grants = [(grant, holder) for grant, holder in rights if holder is not None and holder in people]
    if not grants:
        return
    last = _last_days(session, event, {holder for _, holder in grants})
    for grant, holder in grants:
        day = last.get((holder, grant.org_id), date.max)
        if day < local_day(now()) and (grant.to_on is None or grant.to_on > day):
            grant.to_on = max(grant.from_on, day)


def _rights_at(event: StaffChanged, people: Collection[str]) -> Select[AccountGrant, str | None]:
    """The rights of staff at these schools; of these people only, where naming them costs less than reading all."""
    query = select(AccountGrant, Account.person_id).join(
        Account, (Account.district_id == AccountGrant.district_id) & (Account.id == AccountGrant.account_id)
    ).where(
        AccountGrant.district_id == event.district_id, AccountGrant.org_id.in_(event.school_ids),
        Account.person_id.is_not(None),
    )
    return query.where(Account.person_id.in_(people)) if len(people) <= NAMED else query


def _last_days(session: Session, event: StaffChanged, people: Collection[str]) -> dict[tuple[str, str], date]:
    """The last day of these people on the staff of each of the schools; no end is the last day there is."""
    rows = session.execute(
        select(Employment.person_id, Employment.school_id, Employment.to_on).where(
            Employment.district_id == event.district_id, Employment.person_id.in_(people),
            Employment.school_id.in_(event.school_ids),
        )
    )
    last: dict[tuple[str, str], date] = {}
    for person, school, to_on in rows:
        last[person, school] = max(last.get((person, school), date.min), to_on or date.max)
    return last
