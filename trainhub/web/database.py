"""The database session of a request, and the only place that commits."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from threading import RLock

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from trainhub.kernel.orm import Base
from trainhub.web.log import structlog

log = structlog.get_logger("trainhub.web")
db = SQLAlchemy(model_class=Base, disable_autonaming=True)

_read_only: ContextVar[bool] = ContextVar("read_only", default=False)


def set_read_only(value: bool) -> None:
    """Say whether the transactions that follow only read (GET, HEAD, OPTIONS).

    On SQLite a transaction that will write must begin IMMEDIATE: upgrading a read lock later fails
    with "database is locked" whatever the timeout.
    """
    _read_only.set(value)


@contextmanager
def reading() -> Iterator[None]:
    """Let transactions begun inside only read: on SQLite they take no write lock."""
    before = _read_only.get()
    set_read_only(True)
    try:
        yield
    finally:
        set_read_only(before)


def session() -> Session:
    """Return the request's session."""
    return db.session()


read_session = session


_one_writer = RLock()


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a business step: everything inside is committed once, or nothing is.

    Pending reads of the request are ended first, so that the write begins with its lock; what is read
    afterwards is a reading transaction again. On SQLite the threads of this process queue here: its own
    lock is polled, and under many writers a thread would starve into "database is locked".
    """
    current = db.session()
    if current.in_transaction():
        current.rollback()
    reading = _read_only.get()
    with _one_writer if current.get_bind().dialect.name == "sqlite" else nullcontext():
        set_read_only(False)
        try:
            yield current
            current.commit()
        except BaseException:
            current.rollback()
            raise
        finally:
            set_read_only(reading)


_patience: ContextVar[int | None] = ContextVar("patience", default=None)
"""Milliseconds to wait for SQLite's lock, where it is not the usual time."""


def write_in_passing(work: Callable[[Session], None], wait_ms: int = 20) -> bool:
    """Run a small write that may be left out: it gives way to whoever else is writing, and never fails.

    For notes that the next request would make as well; nothing that anybody was promised belongs here.
    Returns whether it was written.
    """
    if not _one_writer.acquire(timeout=wait_ms / 1000):
        return False
    usual = _patience.set(wait_ms)
    try:
        with transaction() as current:
            work(current)
    except DBAPIError as error:
        log.info("left_out", kind=type(error.orig).__name__)
        return False
    finally:
        _patience.reset(usual)
        _one_writer.release()
    return True


def prepare_sqlite(engine: Engine, *, synchronous: str = "FULL", busy_timeout_ms: int = 5000) -> None:
    """Attach the settings without which SQLite loses or refuses writes (WAL, IMMEDIATE, keys on).

    ``synchronous`` FULL keeps an acknowledged ledger entry through a power cut.
    """

    @event.listens_for(engine, "connect")
    def on_connect(raw: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        raw.isolation_level = None
        cursor = raw.cursor()
        for pragma in (
            "journal_mode=WAL", f"busy_timeout={busy_timeout_ms}", "foreign_keys=ON",
            f"synchronous={synchronous}", "secure_delete=ON", "cache_size=-2000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        patience = _patience.get()
        if _read_only.get():
            # Takes no lock and so cannot fail; past SQLAlchemy's machinery it costs a tenth.
            connection.connection.cursor().execute("BEGIN")
        elif patience is None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={busy_timeout_ms}")
