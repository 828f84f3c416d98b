"""Headers, CSRF, hosts and the key: true of every answer."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.app.settings import WeakKey
from trainhub.web.database import db, set_read_only

SignIn = Callable[[FlaskClient, str], None]


@pytest.mark.parametrize("path", ["/sign-in", "/nothing-here", "/account", "/healthz", "/static/css/app.css"])
def test_every_answer_carries_the_headers(client: FlaskClient, district: Sample, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Server" not in headers
    if not path.startswith("/static"):
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("key", ["", "short", "changeme" * 8, "a" * 64])
def test_a_weak_key_stops_the_start(key: str, tmp_path: Path) -> None:
    with pytest.raises(WeakKey):
        create_app({"SECRET_KEY": key, "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3"})


def test_a_post_without_token_changes_nothing(app: Flask, client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert client.post("/account/preferences", data={"theme": "dark"}).status_code == 400
        assert client.post("/sign-in", data={"username": "a", "password": "b"}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_foreign_host_is_refused(client: FlaskClient) -> None:
    assert client.get("/sign-in", headers={"Host": "evil.example"}).status_code == 400


def test_error_pages_say_what_to_do_and_show_no_trace(client: FlaskClient, district: Sample) -> None:
    answer = client.get("/nothing-here")
    assert answer.status_code == 404
    body = answer.get_data(as_text=True)
    assert "Traceback" not in body
    assert "html" in body


def test_sqlite_connections_are_safe(app: Flask, tmp_path: Path) -> None:
    """WAL, full sync, keys on, a busy timeout: on every pooled connection."""
    own = create_app({"SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_LOG": "off",
                      "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3"})
    with own.app_context():
        for _ in range(3):
            with db.engine.connect() as connection:
                def pragma(name: str) -> Any:
                    return connection.execute(text(f"PRAGMA {name}")).scalar_one()

                assert pragma("journal_mode") == "wal"
                assert pragma("synchronous") == 2
                assert pragma("foreign_keys") == 1
                assert pragma("busy_timeout") >= 5000
        db.engine.dispose()


def test_a_locked_database_answers_503(tmp_path: Path) -> None:
    own = create_app({"SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_LOG": "off", "WTF_CSRF_ENABLED": False,
                      "TRAINHUB_DATA": str(tmp_path), "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path}/x.sqlite3"})

    migrate(own)
    import sqlite3

    from sqlalchemy import event

    with own.app_context():
        engine = db.engine

        @event.listens_for(engine, "connect")
        def impatient(raw: Any, _: Any) -> None:
            raw.execute("PRAGMA busy_timeout=50")

        engine.dispose()
    stranger = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)
    stranger.execute("BEGIN IMMEDIATE")
    answer = own.test_client().post("/sign-in", data={"username": "a", "password": "b"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert own.test_client().get("/sign-in").status_code == 200
    stranger.close()
    with own.app_context():
        db.engine.dispose()
    set_read_only(False)


def test_readiness(client: FlaskClient, district: Sample) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.get_json()
