"""From whom somebody chooses: staff who ask or witness, accounts that may get a duty. Names of staff, never of pupils."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.permissions import Role
from trainhub.roster.queries import staff_on

_AT_SCHOOL = (
    Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.COMMITTEE_MEMBER, Role.PRINCIPAL, Role.PSYCHOLOGIST, Role.PLAN_INSTRUCTOR, Role.HOMEROOM_TEACHER,
)


def staff_choices(session: Session, actor: Actor, day: date) -> list[tuple[str, str]]:
    """The staff of the actor's school as (person id, name with department)."""
    rows = staff_on(session, Scope(actor.district_id, frozenset({actor.org_id})), actor.org_id, day)
    return list({row.person_id: f"{row.name} {row.department}".strip() for row in rows}.items())


def duty_choices(session: Session, actor: Actor, day: date) -> list[tuple[str, str, str]]:
    """Accounts that may get a duty, as (account id, name shown, role): of the actor's school, and case officers of the bureau."""
    roles = [role.value for role in _AT_SCHOOL]
    query = (
        select(Account.id, Account.display_name, AccountGrant.role)
        .join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == actor.district_id, Account.id != actor.account_id, AccountGrant.from_on <= day,
            or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
            or_(
                (AccountGrant.org_id == actor.org_id) & AccountGrant.role.in_(roles),
                (AccountGrant.org_id == actor.district_id) & (AccountGrant.role == Role.BUREAU_CASE_OFFICER.value),
            ),
        ).order_by(AccountGrant.role, Account.display_name, Account.id).limit(400)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def account_names(session: Session, district_id: str, account_ids: Collection[str]) -> dict[str, str]:
    """Names shown of accounts. One statement."""
    if not account_ids:
        return {}
    query = select(Account.id, Account.display_name).where(Account.district_id == district_id, Account.id.in_(account_ids))
    return {row[0]: row[1] for row in session.execute(query)}
