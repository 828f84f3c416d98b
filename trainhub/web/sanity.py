"""Refuses requests that no browser of ours sends, before any view sees them.

NUL characters (PostgreSQL stores none), bytes that are no UTF-8, JSON that is no object or nested
beyond reason, and days outside any school's lifetime: each is a 400 with a sentence, never a fault.
"""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import Flask, abort, request
from werkzeug.exceptions import BadRequest

FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2150, 12, 31)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")
_MONTH = re.compile(r"\d{4}-\d{2}$")


def _far_day(key: str, text: str) -> bool:
    """Whether a value is written like a day (or, under ``month``, a month) of another age."""
    shaped = _DAY.match(text) or (key == "month" and _MONTH.match(text))
    return bool(shaped) and not FIRST_DAY.year <= int(text[:4]) <= LAST_DAY.year


def _pairs() -> Iterable[tuple[str, str]]:
    for source in (request.args, request.form):
        yield from source.items(multi=True)


def install(app: Flask) -> None:
    """Put the check before every request that has input."""

    @app.before_request
    def sane() -> None:
        if request.endpoint == "static":
            return
        if "\0" in request.path or "\ufffd" in request.path or any("\ufffd" in v for v in request.args.values()):
            abort(400)
        if any("\0" in key or "\0" in value or _far_day(key, value) for key, value in _pairs()):
            abort(400)
        if request.is_json:
            _object_only()


def _object_only() -> None:
    try:
        body: Any = request.get_json()
    except (BadRequest, RecursionError):
        abort(400)
    if not isinstance(body, dict):
        abort(400)
