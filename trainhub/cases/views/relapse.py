"""It happened again after a finding: a case of its own, linked to the earlier one."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.cases import forms, wording
from trainhub.cases.queries.page import case_page
from trainhub.cases.service import opening
from trainhub.cases.views import blueprint
from trainhub.cases.views.steps import refusal
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.CASE_READ, Permission.CASE_WRITE


def _form(case_id: str, status: int = 200, problem: str = "", wrong: str = "") -> Any:
    found = case_page(read_session(), current_actor(), case_id, now())
    if not found.leads:
        raise NotFound
    return page(
        "cases/relapse.html", status, c=found, kept=request.form, problem=problem, wrong=wrong, ticked=request.form.getlist("means"),
        means=wording.choices(wording.MEANS), places=wording.choices(wording.PLACES, _("not known")), tiers=wording.choices(wording.TIERS),
        today=local_day(now()).isoformat(), clock=time_text(now()),
    )


@blueprint.route("/cases/<case_id>/relapse", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def relapse(case_id: str) -> Any:
    """Open the linked case. The earlier one stays as it is, hours that were closed too."""
    if request.method == "GET":
        return _form(case_id)
    try:
        start = forms.relapse_command(request.form, case_id)
        with transaction() as session:
            fresh = opening.open_linked(session, key_ring(), current_actor(), start, now())
    except NotFound:
        raise
    except DomainError as error:
        return _form(case_id, error.status, refusal(error), error.field or "")
    toast(_("A new case is open and linked. Add the pupils of both sides: their codes begin anew."))
    return redirect_to("cases.case", case_id=fresh)
