"""Refuses requests that no browser of ours sends, before any view sees them.

NUL characters (PostgreSQL stores none), bytes that are no UTF-8, JSON that is no object or nested
beyond reason, and addresses with days outside any school's lifetime: each is a 400 with a sentence, never
a fault. What a person types into a form is for its field to judge (``trainhub.web.fields``).
"""

import json
import re
from datetime import date
from typing import Any

from flask import Flask, abort, request
from werkzeug.exceptions import BadRequest

FIRST_DAY = date(1950, 1, 1)
LAST_DAY = date(2150, 12, 31)
_WORDS = {"q", "code", "pack", "people"}
"""Query parameters that hold words or ids, where eight digits are no day."""
_ADDRESS_DAY = re.compile(r"\s*(\d{4})(-?\d{2}(-?\d{2})?|-?W\d{2}(-?\d)?)\s*$")
"""Every way of writing a day or month that a reader of addresses takes."""


def _far(text: str) -> bool:
    """Whether a value is written like a day of another age."""
    found = _ADDRESS_DAY.match(text)
    return found is not None and not FIRST_DAY.year <= int(found[1]) <= LAST_DAY.year


def _senseless() -> bool:
    for source in (request.args, request.form):
        if any("\0" in key or "\0" in value for key, value in source.items(multi=True)):
            return True
    return any(key not in _WORDS and _far(value) for key, value in request.args.items(multi=True))


def install(app: Flask) -> None:
    """Put the check before every request that has input."""

    @app.before_request
    def sane() -> None:
        if request.endpoint == "static":
            return
        if "\0" in request.path or "\ufffd" in request.path or any("\ufffd" in v for v in request.args.values()):
            abort(400)
        if _senseless():
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
    try:
        text = json.dumps(body, ensure_ascii=False)
        text.encode()  # a lone surrogate is no character
    except (UnicodeEncodeError, RecursionError):
        abort(400)
    if "\\u0000" in text:
        abort(400)
