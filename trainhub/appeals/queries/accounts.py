"""Accounts from which somebody chooses: reviewers for a group, witnesses of a refusal to sign. Names of staff, never of pupils."""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Role


def holders(session: Session, district_id: str, role: Role, now: datetime) -> list[Account]:
    """Accounts that hold a role at the bureau today. One statement."""
    return accounts_at(session, district_id, district_id, now, role)


def accounts_at(session: Session, district_id: str, org_id: str, now: datetime, role: Role | None = None) -> list[Account]:
    """Accounts that hold any role, or this one, at an office today, by name. One statement."""
    day = local_day(now)
    granted = select(AccountGrant.account_id).where(
        AccountGrant.district_id == district_id, AccountGrant.org_id == org_id, AccountGrant.from_on <= day,
        or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day), *([AccountGrant.role == role.value] if role else []),
    )
    query = select(Account).where(Account.district_id == district_id, Account.disabled_at.is_(None), Account.id.in_(granted))
    return list(session.scalars(query.order_by(Account.display_name, Account.id)))
