"""One estate for all tests of this folder; what a test writes is taken back."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.walls.reading import Told, canaries_in
from tests.walls.scenery import Estate, build_estate
from trainhub.accounts import rules
from trainhub.accounts.models import UserSession
from trainhub.app import shell
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.web.database import db
from trainhub.web.keys import key_ring


@dataclass
class Walls:
    """The estate and a browser for everybody in it."""

    app: Flask
    estate: Estate
    session: Session
    connection: Any
    browsers: dict[str, FlaskClient]
    told: list[Told] = field(default_factory=list)
    """Every canary that any answer held."""

    def browser(self, who: str) -> FlaskClient:
        """The browser of somebody who just proved who they are."""
        if who not in self.browsers:
            self.browsers[who] = self.app.test_client()
            if who != "nobody":
                self._sign_in(who)
        return self.browsers[who]

    def _sign_in(self, who: str) -> None:
        district_id, account_id = self.estate.account(who)
        token, moment = secrets.token_urlsafe(16), now()
        self.session.add(UserSession(
            token_hash=rules.token_digest(token), district_id=district_id, id=new_id(), account_id=account_id, created_at=moment, used_at=moment,
            expires_at=moment + rules.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment,
        ))
        self.session.commit()
        with self.browsers[who].session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = token, True

    def ask(self, who: str, method: str, url: str, **more: Any) -> Any:
        """One request; whatever it writes is taken back."""
        browser = self.browser(who)
        point = self.connection.begin_nested()
        try:
            answer = browser.open(url, method=method, **more)
            self.told += canaries_in(who, method, url, answer)
            return answer
        except Exception as error:  # noqa: BLE001  a fault is an answer too: the walk goes on and says where it was
            return Response(f"{type(error).__name__}: {error}", 500)
        finally:
            self.session.rollback()
            self.session.expunge_all()
            point.rollback()


@pytest.fixture(autouse=True)
def _remembered_weeks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of pages are asked for; the label of the week is not what is tried."""
    monkeypatch.setattr(shell, "WEEK_SECONDS", 60)


@pytest.fixture(scope="package")
def standing(app: Flask) -> Iterator[Walls]:
    """The estate in one transaction that is never committed."""
    with app.app_context():
        engines = db.engines
        real = engines[None]
        connection = real.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            session = db.session()
            yield Walls(app, build_estate(session, key_ring(), now()), session, connection, {})
        finally:
            db.session.remove()
            engines[None] = real
            outer.rollback()
            connection.close()


@pytest.fixture
def walls(standing: Walls) -> Iterator[Walls]:
    """The estate as it was built."""
    point = standing.connection.begin_nested()
    standing.told.clear()
    yield standing
    db.session.remove()
    standing.session = db.session()
    standing.estate.session = standing.session
    standing.browsers.clear()
    if point.is_active:
        point.rollback()
