"""Accounts opened from the roster, and ended with the employment."""

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, today
from trainhub.accounts.models import Account, AccountGrant
from trainhub.kernel.clock import now
from trainhub.roster.events import StaffChanged
from trainhub.roster.models import Employment
from trainhub.roster.queries.accounts import without_account
from trainhub.roster.service.opening import end_rights_with_employment, open_accounts

SignIn = Callable[[FlaskClient, str], None]


def test_accounts_open_once_with_the_right_of_a_teacher(session: Session, district: Sample) -> None:
    from trainhub.kernel.permissions import Permission

    actor = district.actors["system_administrator"]
    free = without_account(session, actor.scope(Permission.ACCOUNT_READ), district.other_school_id, today())
    assert len(free) == 2
    opened = open_accounts(session, actor, district.other_school_id, [r.person_id for r in free], now())
    session.commit()
    assert len({row.username for row in opened}) == 2
    assert not without_account(session, actor.scope(Permission.ACCOUNT_READ), district.other_school_id, today())
    assert open_accounts(session, actor, district.other_school_id, [r.person_id for r in free], now()) == []
    role = session.scalars(
        select(AccountGrant.role).join(Account, Account.id == AccountGrant.account_id).where(Account.username == opened[0].username)
    ).one()
    assert role == "teacher"


def test_an_administrator_opens_accounts_at_their_own_school_only(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "school_administrator")
    answer = client.post("/roster/accounts", data={"person": district.other_people})
    assert answer.status_code == 200
    held = session.scalars(select(Account.person_id).where(Account.person_id.in_(district.other_people[2:]))).all()
    assert not held


def test_a_leaver_keeps_no_access(session: Session, district: Sample) -> None:
    person = district.people[0]
    job = session.scalars(select(Employment).where(Employment.person_id == person)).one()
    job.to_on = today() - timedelta(days=1)
    session.flush()
    end_rights_with_employment(session, StaffChanged(district.district_id, (district.school_id,), (person,)))
    session.flush()
    grant = session.scalars(select(AccountGrant).where(AccountGrant.account_id == district.accounts["teacher"])).one()
    assert grant.to_on == job.to_on
    other = session.scalars(select(AccountGrant).where(AccountGrant.account_id == district.accounts["principal"])).one()
    assert other.to_on is None
