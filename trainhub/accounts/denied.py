"""Look-ups of protected things that showed nothing are in the access log too, whatever the reason (domain.md case 64).

What exists and is somebody else's, what is gone and what was made up answer alike and are written down alike, after the answer is
made: it neither says nor takes longer for one than for another. One entry per account, kind of address and hour.
"""

from typing import Any

from flask import Flask, g, request
from sqlalchemy.exc import DBAPIError

from trainhub.kernel import permissions
from trainhub.kernel.clock import now
from trainhub.ledger.access import denied_before, note_denied
from trainhub.web.context import load_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.log import structlog

log = structlog.get_logger("trainhub.accounts")
_NOTHING_SHOWN = frozenset({403, 404})


def install(app: Flask) -> None:
    """Write them down after each request."""

    @app.after_request
    def write_down(answer: Any) -> Any:
        if answer.status_code in _NOTHING_SHOWN and g.get("permission") in permissions.PROTECTED and request.endpoint:
            _note(request.endpoint)
        return answer


def _note(endpoint: str) -> None:
    actor = load_actor()
    if actor is None:
        return
    moment = now()
    try:
        if denied_before(read_session(), actor, endpoint, moment):
            return
        with transaction() as session:
            note_denied(session, actor, endpoint, g.permission, moment)
    except DBAPIError as error:  # the answer is made: it goes out
        log.warning("denied_not_noted", kind=type(error.orig).__name__, endpoint=endpoint)
