"""What the forms of a case share: one transaction, a sentence, and the way back."""

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.parts import require_part
from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.wording import MISSING
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.pages import redirect_path, redirect_to, toast

Write = Callable[[Session, Actor], Any]


def refusal(error: DomainError) -> str:
    """The sentence of a refusal; what is missing for a step in words."""
    if isinstance(error, StepRefused):
        missing = [str(MISSING.get(code, code)) for code in error.params["missing"]]
        return _("Still missing: %(what)s.", what=_(", ").join(missing))
    return sentence(error)


def done(write: Write, said: str, endpoint: str, **values: Any) -> Any:
    """Write in one transaction and go to a page, with a sentence either way. What does not exist stays a 404."""
    try:
        with transaction() as session:
            write(session, current_actor())
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
    return redirect_path(url_for(endpoint, **values))


def done_to(case_id: str, kind: str, part_id: str, write: Write, said: str, endpoint: str) -> Any:
    """As :func:`done`, about a part of a case: one of another case is not there under this address."""

    def checked(session: Session, actor: Actor) -> None:
        require_part(session, actor, case_id, kind, part_id)
        write(session, actor)

    return done(checked, said, endpoint, case_id=case_id)


def case_or_board(case_id: str) -> Any:
    """Back to a case; to the board where whoever wrote stepped aside from it, for then it is not there for them any more."""
    try:
        seen_case(read_session(), current_actor(), Permission.CASE_READ, case_id, now())
    except NotFound:
        return redirect_to("cases.case_board")
    return redirect_to("cases.case", case_id=case_id)


def seen_version() -> int | None:
    """The version of the case that the form was made from."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
