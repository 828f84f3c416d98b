"""What the forms of an appeal share: one transaction, a sentence, and the way back."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from trainhub.appeals.messages import WHY
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.rules.lifecycle import AppealStepRefused
from trainhub.appeals.service.filing import AppealRefused
from trainhub.appeals.wording import MISSING
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.errors import sentence
from trainhub.web.pages import redirect_path, toast

Write = Callable[[Session, Actor, datetime], Any]


def refusal(error: DomainError) -> str:
    """The sentence of a refusal; what is missing for a step in words."""
    if isinstance(error, AppealStepRefused):
        return _("Still missing: %(what)s.", what=_(", ").join(str(MISSING.get(code, code)) for code in error.params["missing"]))
    if isinstance(error, AppealRefused):
        return str(WHY.get(str(error.params.get("why", "")), sentence(error)))
    return sentence(error)


def done(write: Write, said: str, appeal_id: str, anchor: str = "") -> Any:
    """Write in one transaction and go back to the appeal, with a sentence either way. What does not exist stays a 404."""
    try:
        with transaction() as session:
            actor, moment = current_actor(), now()
            seen_appeal(session, actor, Permission.APPEAL_READ, appeal_id, moment)
            write(session, actor, moment)
        toast(said)
    except NotFound:
        raise
    except DomainError as error:
        toast(refusal(error), "error")
    return redirect_path(url_for("appeals.appeal", appeal_id=appeal_id) + anchor)
