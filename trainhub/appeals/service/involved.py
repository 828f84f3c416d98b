"""Who decided or handled a case and therefore decides nothing about it again (security.md, abuse case 13). A human being, not an account."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.appeals.models import Appeal, AppealStep
from trainhub.cases.service.lending import handled_by
from trainhub.committees.queries.benches import sat_on
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import SeparationOfDuties


@dataclass(frozen=True, slots=True)
class Involved:
    """Accounts and persons that are barred."""

    accounts: frozenset[str]
    people: frozenset[str]

    def holds(self, account_id: str | None, person_id: str | None) -> bool:
        """Whether an account, or the human being behind it, is barred."""
        return account_id in self.accounts or (person_id is not None and person_id in self.people)


def school_side(session: Session, district_id: str, case_id: str) -> Involved:
    """Everybody of the school who took a step in the case, held a duty in it, or sat where it was decided. Four statements."""
    return _with_people(session, district_id, case_id, handled_by(session, district_id, case_id, school_only=True))


def barred_from_group(session: Session, district_id: str, case_id: str) -> Involved:
    """Who re-examines nothing of a case: whoever handled it anywhere, decided it, or took a step in one of its appeals. Five statements."""
    steps = session.scalars(
        select(AppealStep.actor_id)
        .join(Appeal, (Appeal.district_id == AppealStep.district_id) & (Appeal.id == AppealStep.appeal_id))
        .where(Appeal.district_id == district_id, Appeal.case_id == case_id).distinct()
    )
    return _with_people(session, district_id, case_id, handled_by(session, district_id, case_id) | frozenset(steps))


def _with_people(session: Session, district_id: str, case_id: str, accounts: frozenset[str]) -> Involved:
    sat_accounts, sat_people = sat_on(session, district_id, case_id)
    every = accounts | sat_accounts
    people = session.scalars(select(Account.person_id).where(
        Account.district_id == district_id, Account.id.in_(every), Account.person_id.is_not(None)
    ))
    return Involved(every, sat_people | frozenset(person for person in people if person))


def refuse_school_side(session: Session, actor: Actor, appeal: Appeal) -> None:
    """Nobody who decided or handled the case at the school has a say of the county's in its appeal. Raises SeparationOfDuties."""
    if school_side(session, appeal.district_id, appeal.case_id).holds(actor.account_id, actor.person_id):
        raise SeparationOfDuties(field="appeal")


def conflicts_among(session: Session, appeal: Appeal, members: list[tuple[str | None, str | None]]) -> int:
    """How many of a group (account, person) may not sit in it: involved, or stepped aside from the case."""
    barred = barred_from_group(session, appeal.district_id, appeal.case_id)
    return sum(
        barred.holds(account, person) or is_recused(session, appeal.district_id, appeal.case_id, person_id=person, account_id=account)
        for account, person in members if account is not None or person is not None
    )
