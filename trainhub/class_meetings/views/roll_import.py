"""The roll of a meeting from a file: choose, check, carry into the recording page."""

from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.attendance.service.reading import UnknownSource, read_attendance
from trainhub.attendance.views import files
from trainhub.class_meetings.queries.record import meeting_facts_of
from trainhub.class_meetings.service.roll_import import (
    RollUndecided,
    decide_roll,
    frame_of_meeting,
    roll_page,
    stage_roll,
)
from trainhub.class_meetings.views import blueprint
from trainhub.evidence.messages import refusal_sentence
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE


@blueprint.route("/meetings/<meeting_id>/import", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def import_roll(meeting_id: str) -> Any:
    """Choose a roll-call sheet; a POST reads it in a child process and keeps it for checking."""
    problem, status = "", 200
    if request.method == "POST":
        try:
            return redirect_to("class_meetings.check_roll", meeting_id=meeting_id, batch_id=_staged(meeting_id))
        except Refused as refused:
            problem, status = refusal_sentence(refused, _), 422
        except UnknownSource as unknown:
            problem, status = sentence(unknown), 422
        except NotFound:
            raise
        except DomainError as error:
            problem, status = sentence(error), error.status
    session, actor, today = read_session(), current_actor(), local_day(now())
    frame_of_meeting(session, actor, meeting_id, today)
    return page("class_meetings/roll_import.html", status, meeting=meeting_facts_of(session, actor, meeting_id, today), problem=problem)


def _staged(meeting_id: str) -> str:
    """Read the upload outside the transaction, then stage it inside one; return the batch."""
    actor, upload = current_actor(), files.sent_file(request.files.get("file"))
    if upload is None:
        raise Refused("empty_file")
    session = read_session()
    frame = frame_of_meeting(session, actor, meeting_id, local_day(now()))
    session.rollback()  # reading may take seconds: hold nothing meanwhile
    read = read_attendance(upload, files.sources(), frame)
    with transaction() as session:
        return stage_roll(session, actor, meeting_id, read, now())


@blueprint.route("/meetings/<meeting_id>/import/<batch_id>", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def check_roll(meeting_id: str, batch_id: str) -> Any:
    """What the file says of this class on this day, open lines first; a POST decides them and goes on to the record."""
    problem, status = "", 200
    if request.method == "POST":
        whom, said = _chosen("whom-"), _chosen("mark-")
        try:
            with transaction() as session:
                decide_roll(session, current_actor(), meeting_id, batch_id, {"whom": whom, "marks": said}, now())
            return redirect_to("class_meetings.record", meeting_id=meeting_id, roll=batch_id)
        except RollUndecided as undecided:
            problem, status = sentence(undecided), undecided.status
    session, actor, today = read_session(), current_actor(), local_day(now())
    found = roll_page(session, actor, meeting_id, batch_id, today)
    names = {p.student_id: f"{p.number_in_class} {p.name}".strip() for p in found.pupils}
    return page(
        "class_meetings/roll_check.html", status, meeting=meeting_facts_of(session, actor, meeting_id, today), found=found, problem=problem,
        names=names, chosen=request.form, unmentioned=[names[key] for key in found.plan.unmentioned],
    )


def _chosen(prefix: str) -> dict[str, str]:
    return {key.removeprefix(prefix): value[:32] for key, value in request.form.items() if key.startswith(prefix) and value}
