"""A data folder of its own, made by ``trainhub init``, with a school and accounts; and its processes."""

import atexit
import copy
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests import warm_command
from tests.attendance.sheets import build_sheet
from tests.builders import Sample, add_account, add_org, build_district
from trainhub.accounts import rules as account_rules
from trainhub.accounts.models import Account, UserSession
from trainhub.app import create_app
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.ledger.models import LedgerEntry
from trainhub.ledger.queries import verify
from trainhub.web.database import db, set_read_only, transaction

COOKIE = "trainhub_session"


@dataclass
class Estate:
    """A prepared data folder. ``cookies`` are sessions by account key; ``sheet_id`` is an open roll."""

    folder: Path
    sample: Sample
    sheet_id: str
    people: list[str]
    cookies: dict[str, str] = field(default_factory=dict)
    empty_school_clerk: str = ""
    url: str = ""  # of another database than the file in the folder

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "trainhub.sqlite3"

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs to know."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TRAINHUB_")}
        kept |= {"TRAINHUB_DATA": str(self.folder), "TRAINHUB_LOG": "off"}
        return kept | {"TRAINHUB_DATABASE_URL": self.url} if self.url else kept

    def copy_to(self, folder: Path) -> "Estate":
        """The same folder once more, while nobody writes to it."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shutil.copytree(self.folder, folder)
        return Estate(folder, self.sample, self.sheet_id, self.people, self.cookies, self.empty_school_clerk)

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the SQLite file as it is, with a connection of its own."""
        with closing(sqlite3.connect(self.database, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()

    def sound(self) -> None:
        """Neither the file nor the ledger is damaged, and no chain has a gap."""
        if not self.url:
            assert self.ask("PRAGMA integrity_check") == [("ok",)]
            assert self.ask("PRAGMA foreign_key_check") == []
        with opened(self.folder, self.url):
            rows = db.session.execute(
                select(LedgerEntry.school_id, func.count(), func.max(LedgerEntry.seq))
                .group_by(LedgerEntry.district_id, LedgerEntry.school_id)
            ).all()
            assert rows
            assert all(entries == last for _school, entries, last in rows), rows
            result = verify(db.session())
            assert result.fault is None, result

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return warm_command.run([*words], self.environ)

    def start(self, *words: str) -> warm_command.Running:
        """Start a command and go on."""
        return warm_command.launch([*words], self.environ)


@contextmanager
def opened(folder: Path, url: str = "", **config: Any) -> Iterator[Flask]:
    """The application on a data folder, in this process; its connections are closed at the end."""
    key = (folder / "secret.key").read_text(encoding="ascii").strip()
    app = create_app({
        "SECRET_KEY": key, "SQLALCHEMY_DATABASE_URI": url or f"sqlite:///{folder / 'trainhub.sqlite3'}",
        "TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off", **config,
    })
    with app.app_context():
        set_read_only(False)
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def make_estate(folder: Path, *, extra: int = 0, url: str = "") -> Estate:
    """A folder with a district, an open roll, an empty school and sessions: made once, then copied.

    A database that is no file (``url``) is made anew.
    """
    if url:
        return _made(folder, extra, url)
    if extra not in _estates:
        _estates[extra] = _made(_BASES / f"with-{extra}", extra, "")
    return copy.deepcopy(_estates[extra]).copy_to(folder)


_BASES = Path(tempfile.mkdtemp(prefix="trainhub-estates-"))
_estates: dict[int, Estate] = {}
atexit.register(shutil.rmtree, _BASES, ignore_errors=True)


def _made(folder: Path, extra: int, url: str) -> Estate:
    """Run ``trainhub init`` and furnish what it made."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TRAINHUB_")}
    environ |= {"TRAINHUB_DATA": str(folder), "TRAINHUB_LOG": "off"} | ({"TRAINHUB_DATABASE_URL": url} if url else {})
    done = warm_command.run(["init", "--bureau", "石桥区教育局", "--admin", "first", "--json"], environ)
    assert done.returncode == 0, done.stderr[-2000:]
    with opened(folder, url) as app:
        with transaction() as session:
            estate = _furnish(session, folder, extra)
        estate.url = url
        _cookies(app, estate)
    return estate


def _furnish(session: Session, folder: Path, extra: int) -> Estate:
    sample = build_district(session)
    empty = add_org(session, sample.district_id, "新城实验小学")
    add_account(session, sample, "clerk", Role.SCHOOL_ADMINISTRATOR, empty)
    built = build_sheet(session, sample, extra=extra, began=timedelta(hours=3))
    return Estate(folder, sample, built.sheet_id, built.people, empty_school_clerk=sample.usernames["clerk"])


def _cookies(app: Flask, estate: Estate) -> None:
    """A session and its signed cookie for every account."""
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    moment = now()
    with transaction() as session:
        for key, account_id in estate.sample.accounts.items():
            account = session.get_one(Account, (estate.sample.district_id, account_id))
            token = secrets.token_urlsafe(16)
            session.add(UserSession(
                token_hash=account_rules.token_digest(token), district_id=account.district_id, id=new_id(), account_id=account.id,
                created_at=moment, used_at=moment, expires_at=moment + account_rules.SESSION_LIFETIME,
                proved_at=moment, second_factor_at=moment,
            ))
            estate.cookies[key] = str(signer.dumps({"_user_id": token, "_fresh": True}))


# --- a served estate --------------------------------------------------------------------------------


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(estate: Estate, count: int = 1, **environ: str) -> Iterator[list[tuple[int, warm_command.Running]]]:
    """Serve the folder from ``count`` processes; yields (port, process) of each."""
    running = []
    try:
        for _ in range(count):
            port = free_port()
            running.append((port, warm_command.launch(["serve", "--port", str(port), "--threads", "8"], estate.environ | environ)))
        for port, process in running:
            _wait(port, process)
        yield running
    finally:
        for _port, process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)


def _wait(port: int, process: warm_command.Running) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended by itself"
        try:
            if Browser(port, "").get("/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


class Browser:
    """One keep-alive connection with the cookie and the CSRF token of an account."""

    def __init__(self, port: int, cookie: str, *, timeout: float = 60) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.cookies = {COOKIE: cookie} if cookie else {}
        self.token = ""

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Send a request and read the whole answer."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())} | {k.replace("_", "-"): v for k, v in headers.items()}
        self.connection.request(method, path, body, sent)
        answer = self.connection.getresponse()
        text = answer.read()
        for value in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.split(";")[0]
        self.headers = answer.headers
        return answer.status, text

    def get(self, path: str) -> tuple[int, bytes]:
        """Read a page; keeps its CSRF token."""
        status, text = self.send("GET", path)
        found = re.search(rb'name="csrf-token" content="([^"]+)"', text)
        if found:
            self.token = found[1].decode()
        return status, text

    def post_json(self, path: str, value: Any) -> tuple[int, Any]:
        """Send JSON as the page's script does."""
        status, text = self.send("POST", path, json.dumps(value).encode(), Content_Type="application/json",
                                 Accept="application/json", X_CSRFToken=self.token)
        return status, json.loads(text) if text[:1] == b"{" else text

    def post_form(self, path: str, fields: Mapping[str, str]) -> tuple[int, bytes]:
        """Send a form as a page without scripts does."""
        body = urlencode({"csrf_token": self.token, **fields}).encode()
        return self.send("POST", path, body, Content_Type="application/x-www-form-urlencoded")
