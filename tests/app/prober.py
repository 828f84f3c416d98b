"""Sends requests whose writes are taken back again, and notes what went wrong with each."""

import re
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException

from tests.app.world import Form, Page
from trainhub.kernel.permissions import PROTECTED
from trainhub.web import gate
from trainhub.web.database import db

COOKIE = "trainhub_session"
SLOW = 2.0
VAIN = frozenset({"INSERT INTO access_log_head", "INSERT INTO access_log_entry", "UPDATE access_log_head SET"})
"""What is written when a protected page was asked for in vain: one entry of the access log."""


@dataclass
class Answer:
    """What came back. ``seconds`` is processor time; ``fault`` is the place of an unhandled exception, ``wrote`` tables that were written."""

    status: int
    body: bytes
    seconds: float
    fault: str
    wrote: tuple[str, ...]
    headers: Any = None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Prober:
    """A browser of one account. Every request runs inside a savepoint that is rolled back afterwards."""

    def __init__(self, app: Flask, client: FlaskClient, sign_in: Callable[[FlaskClient, str], None], key: str) -> None:
        self.app, self.client, self.key = app, client, key
        client.delete_cookie(COOKIE)
        sign_in(client, key)
        cookie = client.get_cookie(COOKIE)
        assert cookie is not None
        self.cookie = cookie.value

    @property
    def connection(self) -> sa.Connection:
        """The connection of the test."""
        found: Any = db.engines[None]
        return found

    def send(self, method: str, path: str, *, keep: bool = False, **sent: Any) -> Answer:
        """Send one request; ``keep`` leaves its writes."""
        self.client.delete_cookie(COOKIE)
        self.client.set_cookie(COOKIE, self.cookie)
        guard = self.connection.begin_nested()
        fault, answer = "", None
        with self._writes() as wrote:
            begun = time.thread_time()
            try:
                answer = self.client.open(path, method=method, **sent)
            except Exception as error:  # noqa: BLE001 - every fault is a finding
                fault = place_of(error)
            seconds = time.thread_time() - begun
        db.session.remove()
        (guard.commit if keep else guard.rollback)()
        if answer is None:
            return Answer(500, b"", seconds, fault, tuple(wrote))
        if answer.status_code in (403, 404) and self._protected(path, method):
            wrote = [words for words in wrote if words not in VAIN]  # that somebody asked in vain is written down, and nothing else
        return Answer(answer.status_code, answer.get_data(), seconds, "", tuple(wrote), answer.headers)

    def _protected(self, path: str, method: str) -> bool:
        """Whether an address asks for a protected right."""
        try:
            endpoint, _ = self.app.url_map.bind("localhost").match(path.partition("?")[0], method)
        except HTTPException:
            return False
        needs = gate.declared(self.app, str(endpoint))
        return needs is not None and needs.for_method(method) in PROTECTED

    @contextmanager
    def _writes(self) -> Iterator[list[str]]:
        seen: list[str] = []

        def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                seen.append(" ".join(statement.split()[:3]))

        sa.event.listen(self.connection, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            sa.event.remove(self.connection, "before_cursor_execute", note)

    def forms(self, paths: Iterator[str] | list[str]) -> list[tuple[str, Form]]:
        """Every form of the pages, once per (address without ids, fields)."""
        found: dict[tuple[str, ...], tuple[str, Form]] = {}
        for path in paths:
            answer = self.send("GET", path)
            if answer.status != 200 or "html" not in answer.headers.get("Content-Type", ""):
                continue
            for form in Page(answer.text, path).forms:
                for name, value, action in form.buttons or [("", "", form.action)]:
                    pressed = Form(action, form.method, form.fields + ([(name, value)] if name else []), [], form.has_file)
                    key = (_without_ids(action), form.method, value.partition(":")[0], *sorted({_without_ids(n) for n, _ in pressed.fields}))
                    found.setdefault(key, (path, pressed))
        return list(found.values())


def _without_ids(text: str) -> str:
    return re.sub(r"[0-9a-f]{32}|[0-9a-f-]{36}|\d+", "*", text)


def place_of(error: Exception) -> str:
    """Where an exception came from, in our own code."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "/trainhub/" in f.filename]
    last = frames[-1] if frames else traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {str(error)[:100]!r} at {last.filename.split('/trainhub/')[-1]}:{last.lineno} {last.name}"
