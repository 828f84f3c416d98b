"""The projector: the code of this moment, how the room fills, never a name."""

from typing import Any

from flask import request, url_for

from trainhub.attendance import service
from trainhub.attendance.queries.check_in import about, desk, turnout
from trainhub.attendance.service import CheckInRefused
from trainhub.attendance.views import blueprint, codes
from trainhub.documents import qr
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast, wants_fragment

READ, WRITE = Permission.ROLL_READ, Permission.ROLL_WRITE


@blueprint.route("/rolls/<sheet_id>/projector")
@needs(READ)
def projector(sheet_id: str) -> Any:
    """Show the code, once check-in was begun.

    The code is for the eyes of whoever may mark on the roll: a reader could check himself in from his desk.
    """
    actor = current_actor()
    held = desk(read_session(), actor.scope(READ), sheet_id)
    actor.require(WRITE, held.school_id)
    if wants_fragment():
        return page("attendance/projector_live.html", **_live(sheet_id))
    return page("attendance/projector.html", **_live(sheet_id), about=about(read_session(), held))


@blueprint.route("/rolls/<sheet_id>/projector/begin", methods=["POST"])
@needs(WRITE)
def begin_check_in(sheet_id: str) -> Any:
    """Begin check-in by code and go to the projector; with ``renew`` all codes are made anew."""
    renew = request.form.get("renew") == "1"
    try:
        with transaction() as session:
            service.begin_check_in(session, current_actor(), sheet_id, codes.offered_source(), now(), renew=renew)
    except CheckInRefused as refused:
        toast(sentence(refused), "warn")
        return redirect_to("attendance.roll", sheet_id=sheet_id)
    return redirect_to("attendance.projector", sheet_id=sheet_id)


def _live(sheet_id: str) -> dict[str, Any]:
    """What changes on the projector: code, countdown, figures."""
    moment = now()
    held = desk(read_session(), current_actor().scope(READ), sheet_id)
    shown, problem = None, ""
    if held.code and held.state == "open" and moment < held.ends_at:
        try:
            shown = codes.shown(held, moment)
        except DomainError as refused:
            problem = sentence(refused)
    address = url_for("attendance.scan", code=f"{held.code}.{shown.token}", _external=True) if shown else ""
    period = (shown.next_at - shown.shown_at).total_seconds() if shown else 0
    return {
        "desk": held, "shown": shown, "problem": problem, "moment": moment, "code": qr.draw(address) if shown else None,
        "left": max(1, round((shown.next_at - moment).total_seconds())) if shown else 0, "period": int(period),
        "typed_at": url_for("attendance.check_in", _external=True).partition("://")[2], "turnout": turnout(read_session(), held, moment),
    }
