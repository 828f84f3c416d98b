"""Taking an appeal in: the case by its number, then who appeals against what. No id and no name stands in an address."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.appeals import forms, wording
from trainhub.appeals.queries.filing import Against, against, case_asked_for, schools_to_choose
from trainhub.appeals.service.filing import file_appeal
from trainhub.appeals.views import blueprint
from trainhub.appeals.views.steps import refusal
from trainhub.kernel.clock import local, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

READ, FILE = Permission.APPEAL_READ, Permission.APPEAL_FILE


@blueprint.get("/appeals/new")
@needs(READ)
def new() -> Any:
    """Which case it is about."""
    return page("appeals/find.html", schools=schools_to_choose(read_session(), current_actor()), given={}, problem="")


@blueprint.post("/appeals/new")
@needs(FILE)
def choose() -> Any:
    """Who appeals against what in that case: by its number, or straight from its page."""
    actor, session, moment = current_actor(), read_session(), now()
    try:
        case_id = forms.an_id(request.form, "case") or case_asked_for(
            session, actor, forms.an_id(request.form, "school") or actor.org_id, forms.case_number(request.form), moment
        )
        found = against(session, actor, case_id, moment)
    except NotFound:
        return form_page("appeals/find.html", schools=schools_to_choose(session, actor), given=request.form,
                         problem=_("There is no case with this number, or none you may take an appeal for. Look at the paper again."))
    return page("appeals/file.html", **_model(found, {}, ""))


@blueprint.post("/appeals")
@needs(FILE)
def file() -> Any:
    """Take the appeal in."""
    actor, moment = current_actor(), now()
    try:
        with transaction() as session:
            appeal_id = file_appeal(session, actor, key_ring(), forms.file_command(request.form), moment)
    except NotFound:
        raise
    except DomainError as error:
        found = against(read_session(), actor, forms.an_id(request.form, "case"), moment)
        return form_page("appeals/file.html", **_model(found, request.form, refusal(error)))
    toast(_("Taken in. Give the guardian its number."))
    return redirect_to("appeals.appeal", appeal_id=appeal_id)


def _model(found: Against, given: Any, problem: str) -> dict[str, Any]:
    moment = local(now())
    may_look = current_actor().can(Permission.APPEAL_WRITE) and found.county_review
    return {
        "found": found, "given": given, "problem": problem, "day": moment.date().isoformat(), "clock": f"{moment:%H:%M}",
        "channel_choices": wording.choices(wording.CHANNELS, *([] if may_look else ["authority"])), **wording.tables(),
    }
