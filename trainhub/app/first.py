"""The first bureau of an empty database, with the three duties in three hands."""

from typing import Any

from sqlalchemy import select

from trainhub.accounts import service as accounts
from trainhub.accounts.service import NewAccount, NewGrant
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.roster.models import OrgUnit
from trainhub.training.service.standing import ensure_requirement
from trainhub.web.database import transaction

FIRST_ROLES = (
    ("", Role.SYSTEM_ADMINISTRATOR), (".rights", Role.SECURITY_ADMINISTRATOR), (".officer", Role.BUREAU_OFFICER),
)


def create_first_district(bureau: str, username: str) -> dict[str, Any]:
    """Create the bureau, its yearly requirement, and one account per administrative duty.

    Accounts, rights and oversight are never one person (security: separation of duties), so three
    accounts are made, each with its own one-time code. Refuses where a bureau already exists.
    """
    moment = now()
    with transaction() as session:
        if session.scalars(select(OrgUnit).limit(1)).first() is not None:
            raise InvalidState
        district_id = new_id()
        session.add(OrgUnit(
            district_id=district_id, id=district_id, kind="bureau", name=bureau, short_name=bureau[:40], stages=[],
            sort_key="",
        ))
        session.flush()
        ensure_requirement(session, district_id, moment)
        codes = []
        for suffix, role in FIRST_ROLES:
            account = accounts.create_account(session, NewAccount(district_id, username + suffix, username + suffix), moment)
            accounts.grant_by_system(
                session, district_id, NewGrant(account.id, role, district_id, local_day(moment), None, "first set-up"), moment
            )
            code = accounts.issue_activation_code(session, district_id, account.id, moment)
            codes.append({"username": account.username, "role": role.value, "code": code})
    return {"district_id": district_id, "codes": codes}
