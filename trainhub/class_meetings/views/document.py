"""The record document of a meeting, its sheet of paper, the name taken out of it, and who is still to be told."""

from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings.queries.board import shown_as
from trainhub.class_meetings.queries.record import MeetingDocument, Revision, meeting_document
from trainhub.class_meetings.record_wording import ENGAGEMENT_WORDS, MARKS, STEP_WORDS, role_word
from trainhub.class_meetings.service.recording import RedactRecord, mark_caught_up, redact_record
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.wording import MEETING_STATES, STATE_KINDS, reason_words
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE


@blueprint.context_processor
def _words() -> dict[str, Any]:
    """Words that the pages of a meeting share."""
    return {
        "mark_words": [(key, word) for key, word in MARKS.items() if key != "excused"], "mark_words_by_key": MARKS,
        "engagement_words": list(ENGAGEMENT_WORDS.items()), "engagement_by_key": ENGAGEMENT_WORDS, "meeting_states": MEETING_STATES,
        "state_kinds": STATE_KINDS, "step_words": STEP_WORDS, "role_word": role_word, "reason_words": reason_words,
    }


@blueprint.get("/meetings/<meeting_id>")
@needs(READ)
def meeting(meeting_id: str) -> Response:
    """What was planned and held, with its history and its corrections."""
    return _document("class_meetings/meeting.html", meeting_id)


@blueprint.get("/meetings/<meeting_id>/print")
@needs(READ)
def print_meeting(meeting_id: str) -> Response:
    """The record form (主题班会记录表) for the file."""
    return _document("class_meetings/meeting_sheet.html", meeting_id)


def _document(template: str, meeting_id: str) -> Response:
    actor = current_actor()
    found = meeting_document(read_session(), actor, meeting_id, local_day(now()))
    checked = next((line for line in reversed(found.history) if line.step == "checked"), None)
    return page(
        template, found=found, meeting=found.meeting, record=found.record, may_check=actor.can(Permission.MEETING_CHECK), fixes=corrections(found),
        checked=checked if found.meeting.state == "checked" else None, planned=next(iter(found.history), None), sheets=_sheets(found),
        recorder=next((line for line in reversed(found.history) if line.step in {"recorded", "amended"}), None), now=now(),
        shown=shown_as(found.meeting.state, found.meeting.ends_at, now()),
    )


def _sheets(found: MeetingDocument) -> list[str]:
    """Where the pack's activity sheets are printed from: the version the meeting was planned with."""
    if found.pack is None or not found.pack.activity_sheet_count:
        return []
    return [url_for("courses.pack", pack_id=found.pack.id, version=found.pack.version, _anchor="handouts")]


def corrections(found: MeetingDocument) -> list[tuple[Revision, Revision, list[tuple[str, str, str]]]]:
    """Newest first: (new, old, [(field, old value, new value)]) of every revision after the first."""
    return [(new, old, _changes(old, new)) for new, old in zip(found.revisions, found.revisions[1:], strict=False)]


def _changes(old: Revision, new: Revision) -> list[tuple[str, str, str]]:
    pairs = (
        (_("There"), f"{old.there} / {old.expected}", f"{new.there} / {new.expected}"),
        (_("Steps"), f"{old.done} / {len(old.steps)}", f"{new.done} / {len(new.steps)}"),
        (_("Minutes"), str(old.minutes), str(new.minutes)), (_("Led by"), old.held_by, new.held_by),
        (_("In a sentence"), old.worked, new.worked), (_("To take up again"), old.again, new.again), (_("Agreed"), old.agreed, new.agreed),
    )  # fmt: skip
    return [(word, a, b) for word, a, b in pairs if a != b]


@blueprint.post("/meetings/<meeting_id>/redact")
@needs(WRITE)
def redact(meeting_id: str) -> Any:
    """Empty the texts of a revision in which a pupil is named."""
    command = RedactRecord(meeting_id, request.form.get("revision", 0, int), request.form.get("reason", ""))
    return _done(meeting_id, lambda session, actor: redact_record(session, actor, command, now()), _("The texts of that version were emptied."))


@blueprint.post("/meetings/<meeting_id>/told/<student_id>")
@needs(WRITE)
def told(meeting_id: str, student_id: str) -> Any:
    """Note that a pupil who was not there was told the content; once more takes it back."""
    done = request.form.get("done") != "no"
    words = _("Noted. It stays in the class.") if done else _("Taken back.")
    return _done(meeting_id, lambda session, actor: mark_caught_up(session, actor, meeting_id, student_id, now(), done=done), words)


def _done(meeting_id: str, write: Any, words: str) -> Any:
    try:
        with transaction() as session:
            write(session, current_actor())
        toast(words)
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("class_meetings.meeting", meeting_id=meeting_id)
