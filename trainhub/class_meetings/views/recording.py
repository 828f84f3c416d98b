"""Recording a meeting: the page, its photos, and what a phone needs to do it without a network."""

from typing import Any

from flask import Response, make_response, request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings import record_forms
from trainhub.class_meetings.queries.record import RecordForm, Revision, photo_of, record_form, revision_of
from trainhub.class_meetings.record_wording import role_word
from trainhub.class_meetings.rules.naming import TextMayName
from trainhub.class_meetings.service.photos import PHOTO_BYTES, PhotoTooLarge, add_photos, remove_photo
from trainhub.class_meetings.service.recording import Recorded, RecordedElsewhere, record_meeting
from trainhub.class_meetings.service.roll_import import roll_marks
from trainhub.class_meetings.views import blueprint
from trainhub.evidence.store import proof
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import error_page, sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import moment_text
from trainhub.web.pages import as_json, page, redirect_path, redirect_to, safe_path, toast, wants_json

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE
_TAKES_PHOTOS = frozenset({"class_meetings.record", "class_meetings.send_photos"})
_MOST_BYTES = 3 * PHOTO_BYTES + 2**20


@blueprint.url_value_preprocessor
def _take_photos(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Three photos are more than other forms may send; said before anything reads the body."""
    if endpoint in _TAKES_PHOTOS:
        request.max_content_length = _MOST_BYTES


@blueprint.errorhandler(413)
def _too_large(_error: Exception) -> Any:
    """A body too large to be read at all."""
    words = sentence(PhotoTooLarge(limit_mb=PHOTO_BYTES // 2**20))
    return as_json({"error": PhotoTooLarge.code, "message": words}, 413) if wants_json() else error_page(413, words)


@blueprint.route("/meetings/<meeting_id>/record", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def record(meeting_id: str) -> Any:
    """The page that records a meeting, filled in as far as the plan goes; a POST writes it."""
    if request.method == "GET":
        return _record_page(meeting_id)
    try:
        done = _write(meeting_id)
    except NotFound:
        raise
    except RecordedElsewhere as stale:
        return _elsewhere(meeting_id, stale)
    except DomainError as error:
        return _refused(meeting_id, error)
    words = _recorded_words(done)
    if wants_json():
        return as_json({"revision": done.revision, "message": words, "url": url_for("class_meetings.meeting", meeting_id=meeting_id)})
    toast(words)
    return redirect_to("class_meetings.meeting", meeting_id=meeting_id)


def _write(meeting_id: str) -> Recorded:
    """The record and its photos in one transaction: all of it is kept, or nothing."""
    command = record_forms.record_command(request.form, request.files, meeting_id)
    with transaction() as session:
        return record_meeting(session, current_actor(), command, now())


def _recorded_words(done: Recorded) -> str:
    if done.late:
        return str(_("Recorded. It came after the days the rules give and is marked as late."))
    if done.times_unsure:
        return str(_("Recorded. Your phone's clock was wrong, so the times are marked as unsure."))
    return str(_("Recorded. It counts once the school has checked it."))


def _record_page(meeting_id: str, status: int = 200, **more: Any) -> Any:
    actor = current_actor()
    found = record_form(read_session(), actor, meeting_id, local_day(now()))
    if not found.meeting.recordable and not more:
        return redirect_to("class_meetings.meeting", meeting_id=meeting_id)
    marks: dict[str, str] = dict(found.marks)
    roll = request.args.get("roll", "")
    if roll:
        marks = roll_marks(read_session(), actor, meeting_id, roll, local_day(now()))
    shown: dict[str, Any] = {"values": _values(found), "marks": marks, "problem": "", "theirs": None, "doubtful": False, "roll": roll}
    return page("class_meetings/record.html", status, found=found, meeting=found.meeting, op_id=new_id(), **(shown | more))


def _values(found: RecordForm) -> dict[str, Any]:
    """What the fields hold before anybody touched them: the record that stands, else the plan."""
    held, meeting = found.revision, found.meeting
    steps = held.steps if held else ()
    planned = found.pack.steps if found.pack else ()
    return {
        "starts_at": meeting.starts_at, "ends_at": meeting.ends_at, "held_by": meeting.held_by_id or meeting.responsible_id or "",
        "steps": [(title, minutes, *(_done(steps, n, minutes))) for n, (title, minutes, _kind) in enumerate(planned)],
        "engagement": held.engagement if held else "", "worked": held.worked if held else "", "again": held.again if held else "",
        "agreed": held.agreed if held else "", "reason": "",
    }


def _done(steps: Any, number: int, minutes: int) -> tuple[bool, int]:
    return (steps[number].done, steps[number].minutes or minutes) if number < len(steps) else (True, minutes)


def _sent_values(found: dict[str, Any]) -> dict[str, Any]:
    """The fields as they came, so that nothing typed is lost."""
    form = request.form
    steps = [
        (title, planned, form.get(f"step-{n}") == "yes", form.get(f"minutes-{n}", planned, int))
        for n, (title, planned, _done, _minutes) in enumerate(found["steps"])
    ]
    texts = {name: form.get(name, "")[:4000] for name in ("engagement", "worked", "again", "agreed", "reason", "held_by", "day", "starts", "ends")}
    return found | {"steps": steps} | texts


def _refused(meeting_id: str, error: DomainError) -> Any:
    if wants_json():
        return as_json({"error": error.code, "message": sentence(error), "field": error.field or ""}, error.status)
    found = record_form(read_session(), current_actor(), meeting_id, local_day(now()))
    return _record_page(
        meeting_id, error.status, problem=sentence(error), wrong=error.field or "", values=_sent_values(_values(found)),
        marks=record_forms.marks_of(request.form), doubtful=isinstance(error, TextMayName),
    )


def _elsewhere(meeting_id: str, stale: RecordedElsewhere) -> Any:
    """Somebody else's record stands: both are shown, the one just typed is not lost, and a person chooses."""
    theirs = revision_of(read_session(), current_actor(), meeting_id, local_day(now()))
    if theirs is None:
        raise stale
    if wants_json():
        return as_json({"error": stale.code, "message": sentence(stale), "theirs": _told(theirs)}, stale.status)
    found = record_form(read_session(), current_actor(), meeting_id, local_day(now()))
    return _record_page(
        meeting_id, stale.status, problem=sentence(stale), theirs=theirs, values=_sent_values(_values(found)), marks=record_forms.marks_of(request.form),
    )


def _told(theirs: Revision) -> dict[str, Any]:
    """Somebody's record as the phone shows it beside its own: counts and texts, the role and the time, no account."""
    return {
        "revision": theirs.revision, "who": role_word(theirs.role), "at": moment_text(theirs.recorded_at), "expected": theirs.expected,
        "there": theirs.there, "done": theirs.done, "steps": len(theirs.steps), "minutes": theirs.minutes, "engagement": theirs.engagement,
        "worked": theirs.worked, "again": theirs.again, "agreed": theirs.agreed,
    }


# --- photos ------------------------------------------------------------------------------------------


@blueprint.post("/meetings/<meeting_id>/photos")
@needs(WRITE)
def send_photos(meeting_id: str) -> Any:
    """Add photos to a record that waits for its check, without making it anew."""
    pictures = record_forms.pictures_of(request.files, request.form)
    return _changed(meeting_id, lambda session, actor: add_photos(session, actor, meeting_id, pictures, now()), _("The photos are kept with the record."))


@blueprint.get("/meetings/<meeting_id>/photos/<sha256>")
@needs(READ)
def photo(meeting_id: str, sha256: str) -> Response:
    """One photo, to whoever may see the meeting; never stored by a browser, never made smaller for a list."""
    actor = current_actor()
    if not photo_of(read_session(), actor, meeting_id, sha256, local_day(now())):
        raise NotFound
    kept = proof(read_session(), actor.district_id, sha256)
    answer = make_response(kept.content)
    answer.headers["Content-Type"] = kept.media_type
    answer.headers["Content-Disposition"] = "inline"
    return answer


@blueprint.post("/meetings/<meeting_id>/photos/<sha256>/remove")
@needs(WRITE)
def take_photo_off(meeting_id: str, sha256: str) -> Any:
    """Take a photo off before the check."""
    return _changed(meeting_id, lambda session, actor: remove_photo(session, actor, meeting_id, sha256, now()), _("The photo was taken off."))


def _changed(meeting_id: str, write: Any, words: str) -> Any:
    try:
        with transaction() as session:
            write(session, current_actor())
        toast(words)
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_path(safe_path(request.form.get("next")) if request.form.get("next") else url_for("class_meetings.meeting", meeting_id=meeting_id))
