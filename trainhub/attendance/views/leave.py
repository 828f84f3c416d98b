"""Leave known before a training: list, enter, revoke. Nothing is deleted."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.attendance import messages, queries, service
from trainhub.attendance.forms import LeaveForm
from trainhub.attendance.service import LeaveEffect
from trainhub.attendance.views import blueprint
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.ROLL_READ, Permission.LEAVE_WRITE


@blueprint.route("/training/leave", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def leave() -> Any:
    """Who is away when; a POST enters one leave."""
    actor, problem = current_actor(), ""
    session = read_session()
    staff = staff_on(session, Scope(actor.district_id, frozenset({actor.org_id})), actor.org_id, local_day(now()))
    form = LeaveForm(formdata=request.form if request.method == "POST" else None)
    form.person_id.choices = [("", _("please choose"))] + [(s.person_id, f"{s.name}（{s.department}，{s.staff_no}）") for s in staff]
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                effect = service.enter_leave(session, actor, form.to_command(), now())
            toast(_told(_("The leave is entered."), effect))
            return redirect_to("attendance.leave")
        except DomainError as refused:
            problem = sentence(refused)
    found = queries.leaves(read_session(), actor.scope(READ), actor.org_id, local_day(now()))
    refused_form = bool(problem or form.errors)
    return page("attendance/leave.html", 422 if refused_form else 200, form=form, problem=problem, leaves=found, words=messages,
                may_write=actor.can(WRITE), today=local_day(now()))


@blueprint.route("/training/leave/<leave_id>/revoke", methods=["POST"])
@needs(WRITE)
def revoke_leave(leave_id: str) -> Any:
    """Let a leave hold no longer, with a reason."""
    try:
        with transaction() as session:
            effect = service.revoke_leave(session, current_actor(), leave_id, request.form.get("reason", ""), now())
        toast(_told(_("The leave is revoked. It stays on record."), effect))
    except DomainError as refused:
        if refused.status == 404:
            raise
        toast(sentence(refused), "error")
    return redirect_to("attendance.leave")


def _told(done: str, effect: LeaveEffect) -> str:
    """Say what it did to open rolls."""
    parts = [done]
    if effect.excused:
        parts.append(_("Excused on %(n)s open rolls.", n=effect.excused))
    if effect.kept:
        parts.append(_("%(n)s rolls keep the mark they have.", n=effect.kept))
    if effect.waiting:
        parts.append(_("On %(n)s rolls another source contradicts it: decide under “Conflicts”.", n=effect.waiting))
    if effect.undone:
        parts.append(_("Unmarked again on %(n)s open rolls.", n=effect.undone))
    return " ".join(parts)
