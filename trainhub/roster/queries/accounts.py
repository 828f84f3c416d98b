"""Who on the staff has no account yet."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Scope
from trainhub.roster.queries.staff import staff_on


@dataclass(frozen=True, slots=True)
class WithoutAccount:
    """A member of the staff without an account."""

    person_id: str
    name: str
    staff_no: str
    department: str


def without_account(session: Session, scope: Scope, school_id: str, day: date) -> list[WithoutAccount]:
    """Return the staff of a school on a day who cannot sign in yet, by department. Constant statements."""
    held = set(session.scalars(
        select(Account.person_id).where(Account.district_id == scope.district_id, Account.person_id.is_not(None))
    ))
    return [
        WithoutAccount(s.person_id, s.name, s.staff_no, s.department)
        for s in staff_on(session, scope, school_id, day) if s.person_id not in held
    ]
