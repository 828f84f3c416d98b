"""What the tests of this room share."""

import secrets
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.hall import Hall, open_hall
from tests.cases.scenery import RING, World, build
from tests.seeds import plant_scene
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import UserSession
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring


@pytest.fixture
def world(session: Session) -> World:
    found = plant_scene(session, "world", lambda fresh: build(fresh, now()), lambda world: world.sample.district_id, RING)
    found.now = now()
    return found


Enter = Callable[[FlaskClient, Actor], None]


@pytest.fixture
def sealed_hall(session: Session) -> Hall:
    """A case room before a whole committee, sealed under the application's own keys."""
    found = open_hall(session)
    found.world.ring = key_ring()
    return found


@pytest.fixture
def enter(session: Session) -> Enter:
    """Open a session for an actor of the hall, password and second factor just passed."""

    def opened(client: FlaskClient, who: Actor) -> None:
        token, moment = secrets.token_urlsafe(16), now()
        session.add(UserSession(
            token_hash=account_rules.token_digest(token), district_id=who.district_id, id=new_id(), account_id=who.account_id, created_at=moment,
            used_at=moment, expires_at=moment + account_rules.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment,
        ))
        session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True

    return opened
