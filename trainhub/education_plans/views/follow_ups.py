"""Contacts after the end of a plan, with both children separately; a relapse opens a linked case; a case whose all is done is closed."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.service.progress import close_case
from trainhub.education_plans import plan_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.queries.follow_ups import contacts_of, nobody_left
from trainhub.education_plans.service.follow_up import FINDINGS, Record, record_contact
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, toast


@blueprint.get("/follow-ups")
@needs(Permission.PLAN_READ)
def follow_ups() -> Response:
    """Contacts to come and those made lately: two lists, one per side, neither shows the other. And the cases nobody is left to be asked of."""
    rows = contacts_of(read_session(), current_actor(), now())
    return page(
        "education_plans/follow_ups.html", sides=[(side, [r for r in rows if r.side == side]) for side in ("actor", "target")],
        over=nobody_left(read_session(), current_actor()),
        words=plan_wording, findings=[(f, plan_wording.FINDINGS[f]) for f in FINDINGS],
    )


@blueprint.post("/follow-ups/<follow_up_id>")
@needs(Permission.PLAN_WRITE)
def record_follow_up(follow_up_id: str) -> Any:
    """Record a contact. What was said is sealed."""
    state = request.form.get("state", "")[:16]
    command = Record(id_of(follow_up_id), state, request.form.get("finding", "")[:12] if state != "not_reachable" else "", request.form.get("note", ""))
    try:
        with transaction() as session:
            fresh = record_contact(session, current_actor(), key_ring(), command, now())
        toast(_("Recorded. A new case is open and linked; what was closed stays closed.") if fresh else _("Recorded."))
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("education_plans.follow_ups")


@blueprint.post("/follow-ups/close/<case_id>")
@needs(Permission.PLAN_WRITE)
def close_one(case_id: str) -> Any:
    """Close a case once nothing is left; otherwise say what is."""
    try:
        with transaction() as session:
            close_case(session, current_actor(), id_of(case_id), now())
        toast(_("The case is closed. It is sealed by itself when its time comes."))
    except StepRefused as error:
        toast(_("Not yet: %(what)s.", what=plan_wording.missing_words(error.params.get("missing", ()))), "error")
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("education_plans.follow_ups")
