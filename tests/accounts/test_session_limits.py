"""A sign-in ends after twelve hours, and after an hour of rest; both say so. Noting the use disturbs nobody."""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.accounts import rules
from trainhub.accounts.models import Account, UserSession
from trainhub.accounts.rules import IDLE_LIMIT, SESSION_LIFETIME, SessionEnd, SessionTimes, session_end, use_is_stale
from trainhub.app import create_app
from trainhub.app.settings import idle_limit
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.web.database import db, set_read_only, transaction

SignIn = Callable[[FlaskClient, str], None]
NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def ended(rest: timedelta, age: timedelta = timedelta(0), limit: timedelta = IDLE_LIMIT) -> SessionEnd | None:
    times = SessionTimes(used_at=NOON - rest, expires_at=NOON - max(age, rest) + SESSION_LIFETIME)
    return session_end(times, NOON, limit)


def test_a_session_rests_for_an_hour_and_lasts_for_twelve() -> None:
    assert ended(IDLE_LIMIT - MINUTE) is None
    assert ended(IDLE_LIMIT) is SessionEnd.IDLE
    assert ended(MINUTE, age=SESSION_LIFETIME) is SessionEnd.LIFETIME
    assert ended(MINUTE, age=SESSION_LIFETIME - MINUTE) is None
    assert ended(10 * MINUTE, limit=10 * MINUTE) is SessionEnd.IDLE
    revoked = SessionTimes(NOON, NOON + SESSION_LIFETIME, revoked_at=NOON)
    assert session_end(revoked, NOON, IDLE_LIMIT) is SessionEnd.REVOKED


def test_the_use_is_noted_every_five_minutes_and_oftener_where_the_limit_is_short() -> None:
    assert not use_is_stale(NOON - 4 * MINUTE, NOON, IDLE_LIMIT)
    assert use_is_stale(NOON - 5 * MINUTE, NOON, IDLE_LIMIT)
    assert use_is_stale(NOON - 2 * MINUTE, NOON, 5 * MINUTE)


@pytest.mark.parametrize("text", ["4", "721", "an hour", "-30", "３０"])
def test_a_senseless_limit_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="TRAINHUB_IDLE_MINUTES"):
        idle_limit({"TRAINHUB_IDLE_MINUTES": text})


def test_the_limit_is_a_setting() -> None:
    assert idle_limit({}) == rules.IDLE_LIMIT
    assert idle_limit({"TRAINHUB_IDLE_MINUTES": "15"}) == timedelta(minutes=15)


def test_an_hour_of_rest_ends_the_session_and_the_page_says_why(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "teacher")
    with time_machine.travel(now() + timedelta(minutes=61)):
        answer = client.get("/account")
        assert answer.status_code == 302
        page = client.get(answer.headers["Location"])
        assert page.status_code == 200
        assert "60 分钟" in page.get_data(as_text=True)


def test_twelve_hours_end_the_session_even_in_constant_use(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "teacher")
    start = now()
    for minutes in range(30, 12 * 60, 30):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert client.get("/account").status_code == 200, minutes
    with time_machine.travel(start + timedelta(hours=12, minutes=1)):
        answer = client.get("/account")
        assert answer.status_code == 302
        assert "12 小时" in client.get(answer.headers["Location"]).get_data(as_text=True)


def test_a_stranger_is_told_nothing_about_sessions(client: FlaskClient, district: Sample) -> None:
    assert "note-info" not in client.get("/sign-in").get_data(as_text=True)


def test_a_session_ended_elsewhere_says_so(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "teacher")
    session.scalars(select(UserSession)).one().revoked_at = now()
    session.commit()
    assert client.get("/account").status_code == 302
    assert "note-info" in client.get("/sign-in").get_data(as_text=True)


def test_the_use_is_written_once_in_five_minutes(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, count_statements: Callable[[], Any]
) -> None:
    sign_in(client, "teacher")
    client.get("/account")
    first = session.scalars(select(UserSession.used_at)).one()
    with count_statements() as seen:
        client.get("/account")
    assert not [text for text in seen.texts if text.startswith("UPDATE")]
    with time_machine.travel(now() + 6 * MINUTE):
        with count_statements() as seen:
            client.get("/account")
        assert len([text for text in seen.texts if text.startswith("UPDATE")]) == 1
        with count_statements() as seen:
            client.get("/account")
        assert not [text for text in seen.texts if text.startswith("UPDATE")]
    assert session.scalars(select(UserSession.used_at)).one() >= first + 6 * MINUTE


def test_a_rested_session_is_not_among_the_open_ones(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn
) -> None:
    sign_in(client, "teacher")
    held = session.scalars(select(UserSession)).one()
    session.add(
        UserSession(
            token_hash="f" * 64,
            district_id=held.district_id,
            id=new_id(),
            account_id=held.account_id,
            created_at=now(),
            used_at=now() - timedelta(hours=2),
            expires_at=now() + timedelta(hours=9),
            agent="Firefox/130 Windows",
        )
    )
    session.commit()
    assert "Firefox" not in client.get("/account").get_data(as_text=True)


@pytest.fixture
def apart(tmp_path: Path) -> Iterator[tuple[FlaskClient, Path]]:
    """An application on a database file of its own, with a signed-in browser that was last used an hour ago."""
    app = create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "TRAINHUB_LOG": "off",
            "TRAINHUB_DATA": str(tmp_path),
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3",
            "PROPAGATE_FAULTS": True,
        }
    )
    migrate(app)
    browser, token, moment = app.test_client(), secrets.token_urlsafe(16), now()
    with app.app_context(), transaction() as session:
        sample = build_district(session)
        account = session.get_one(Account, (sample.district_id, sample.accounts["teacher"]))
        session.add(
            UserSession(
                token_hash=rules.token_digest(token),
                district_id=account.district_id,
                id=new_id(),
                account_id=account.id,
                created_at=moment,
                used_at=moment - timedelta(minutes=50),
                expires_at=moment + SESSION_LIFETIME,
            )
        )
    with browser.session_transaction() as cookie:
        cookie["_user_id"] = token
    yield browser, tmp_path / "x.sqlite3"
    with app.app_context():
        db.engine.dispose()
    set_read_only(False)


@pytest.mark.files_only
def test_a_page_neither_waits_nor_fails_while_somebody_else_writes(apart: tuple[FlaskClient, Path]) -> None:
    browser, path = apart
    browser.get("/account")  # templates and connections are made
    stranger = sqlite3.connect(path, isolation_level=None)
    stale = (now() - timedelta(minutes=50)).strftime("%Y-%m-%d %H:%M:%S.%f")
    stranger.execute("UPDATE user_session SET used_at = ?", (stale,))
    stranger.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert browser.get("/account").status_code == 200
    assert time.monotonic() - began < 2  # far below the five seconds that a real write waits
    assert stranger.execute("SELECT used_at FROM user_session").fetchone()[0] == stale
    stranger.execute("ROLLBACK")
    assert browser.get("/account").status_code == 200
    assert stranger.execute("SELECT used_at FROM user_session").fetchone()[0] > stale
    stranger.close()


@pytest.mark.files_only
def test_a_real_write_still_waits_for_the_lock_after_a_note_was_left_out(apart: tuple[FlaskClient, Path]) -> None:
    browser, path = apart
    stranger = sqlite3.connect(path, isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    assert browser.get("/account").status_code == 200
    with browser.application.app_context(), db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 5000
    stranger.execute("ROLLBACK")
    stranger.close()
