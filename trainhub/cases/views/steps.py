"""What the forms of a case share: one transaction, a sentence, and the way back."""

from collections.abc import Callable
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.wording import MISSING
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.errors import sentence
from trainhub.web.pages import redirect_path, toast

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


def seen_version() -> int | None:
    """The version of the case that the form was made from."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else None
