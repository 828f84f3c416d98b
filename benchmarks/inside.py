"""What measurements inside one process share: a browser of somebody, the statements of a piece of work, a median."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from trainhub.accounts import rules as accounts
from trainhub.accounts.models import UserSession
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.web.database import db

REPEATS = 15


def add_token(session: Any, sample: Any, key: str) -> str:
    """Sign somebody in who has just passed password and second factor; returns the token of :func:`signed_in`."""
    token, moment = secrets.token_urlsafe(16), now()
    session.add(UserSession(
        token_hash=accounts.token_digest(token), district_id=sample.district_id, id=new_id(), account_id=sample.accounts[key], created_at=moment,
        used_at=moment, expires_at=moment + accounts.SESSION_LIFETIME, proved_at=moment, second_factor_at=moment,
    ))
    return token


def signed_in(app: Flask, token: str) -> FlaskClient:
    """A browser of somebody."""
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The SQL statements of a piece of work."""
    with app.app_context():
        engine = db.engine
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def medians_ms(*pieces: Callable[[int], Any], repeats: int = REPEATS, clock: Callable[[], float] = time.perf_counter) -> list[float]:
    """Median milliseconds of each piece of work after two warm-ups. ``clock``: on the wall, or of the processor.

    The pieces take turns, so that a busy moment of the machine is a moment of all of them.
    """
    times: list[list[float]] = [[] for _ in pieces]
    for number in range(-2, repeats):
        for piece, held in zip(pieces, times, strict=True):
            began = clock()
            piece(number)
            held.append((clock() - began) * 1000)
    return [round(statistics.median(held[2:]), 2) for held in times]


def median_ms(do: Callable[[int], Any], repeats: int = REPEATS, *, clock: Callable[[], float] = time.perf_counter) -> float:
    """Median milliseconds of a piece of work after two warm-ups. ``clock``: on the wall, or of the processor."""
    return medians_ms(do, repeats=repeats, clock=clock)[0]
