"""What the actions of these pages share: write, say what happened, go back; a refusal becomes a toast on the same page."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.committees.wording import refusal_words
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.pages import redirect_path, toast

Step = Callable[[Session, Actor, datetime], Any]


def done(step: Step, words: str, path: str) -> Any:
    """Run a step and go to ``path``; a refusal is said there. NotFound stays what it is."""
    try:
        with transaction() as session:
            step(session, current_actor(), now())
        toast(words)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal_words(error), "error")
    return redirect_path(path)
