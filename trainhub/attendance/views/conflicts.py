"""The queue of a roll: whose sources contradict each other, with the evidence side by side."""

from typing import Any

from flask import request
from flask_babel import ngettext

from trainhub.attendance import forms, messages, queries, service
from trainhub.attendance.views import blueprint
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE


@blueprint.route("/rolls/<sheet_id>/conflicts", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def conflicts(sheet_id: str) -> Any:
    """Show what waits and what was decided; a POST takes a side, in one conflict or in all."""
    actor = current_actor()
    problem: DomainError | None = None
    if request.method == "POST":
        try:
            command = forms.settle_of_form(sheet_id, request.form)
            with transaction() as session:
                count = service.settle_conflicts(session, actor, command, now())
            toast(ngettext("%(num)s decided. The other evidence is kept.", "%(num)s decided. The other evidence is kept.", count))
            return redirect_to("attendance.conflicts", sheet_id=sheet_id)
        except NotFound:
            raise
        except DomainError as refused:
            problem = refused
    found = queries.conflicts(read_session(), actor.scope(READ), sheet_id)
    return page(
        "attendance/conflicts.html", problem.status if problem else 200, page=found, sheet=found.sheet, words=messages,
        problem=sentence(problem) if problem else "", editable=found.sheet.state == "open" and actor.can(WRITE),
    )
