"""The queue of the check: records counted or sent back, one by one or all the plain ones together."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.class_meetings.queries.board import waiting
from trainhub.class_meetings.service.checking import (
    RETURN_REASONS,
    CheckRecord,
    ReturnRecord,
    check_many,
    check_record,
    explain_photo,
    return_record,
)
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.wording import RETURN_WORDS
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_path, safe_path, toast

QUEUE = "/meetings/check"


@blueprint.get(QUEUE)
@needs(Permission.MEETING_READ)
def check_queue() -> Response:
    """Records that wait for the check, oldest first, with what wants a second look."""
    actor = current_actor()
    found = waiting(read_session(), actor.scope(Permission.MEETING_READ), actor.org_id, actor.account_id, actor.person_id)
    reasons = [(key, RETURN_WORDS.get(key) or _("Something else")) for key in RETURN_REASONS]
    return page("class_meetings/check.html", found=found, plain=[w for w in found if w.plain], reasons=reasons, may_check=actor.can(Permission.MEETING_CHECK))


@blueprint.post("/meetings/<meeting_id>/check")
@needs(Permission.MEETING_CHECK)
def check_one(meeting_id: str) -> Any:
    """Count one record. ``reason`` says why one without a photo may count."""
    form = request.form
    command = CheckRecord(meeting_id, _number(form.get("revision", "")), form.get("reason", "")[:200], _number(form.get("version", "")))
    return _done(lambda session, actor, moment: check_record(session, actor, command, moment), _("Checked. It counts for the class."))


@blueprint.post("/meetings/<meeting_id>/return")
@needs(Permission.MEETING_CHECK)
def return_one(meeting_id: str) -> Any:
    """Send one record back with a reason; the teacher finds it on the home page."""
    form = request.form
    command = ReturnRecord(meeting_id, form.get("revision", 0, int), form.get("why", "")[:20], form.get("words", "")[:200])
    return _done(lambda session, actor, moment: return_record(session, actor, command, moment), _("Sent back. The teacher sees why on the home page."))


@blueprint.post("/meetings/<meeting_id>/photos/<sha256>/explain")
@needs(Permission.MEETING_CHECK)
def explain_one(meeting_id: str, sha256: str) -> Any:
    """Say why the same photo may stand on two records."""
    words = request.form.get("words", "")
    return _done(lambda session, actor, moment: explain_photo(session, actor, meeting_id, sha256, words, moment), _("Noted on the record."))


def _done(write: Any, words: str) -> Any:
    """Write, say what happened, and go back to where the button was."""
    try:
        with transaction() as session:
            write(session, current_actor(), now())
        toast(words)
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_path(safe_path(request.form.get("next")) if request.form.get("next") else QUEUE)


@blueprint.post(QUEUE)
@needs(Permission.MEETING_CHECK)
def check_plain() -> Any:
    """Count every ticked record; those that cannot be counted stay and say why."""
    commands = [_named(text) for text in request.form.getlist("record")[:500]]
    with transaction() as session:
        outcome = check_many(session, current_actor(), commands, now())
    toast(ngettext("%(num)s record was checked and counts.", "%(num)s records were checked and count.", outcome.checked))
    if outcome.refused:
        toast(ngettext("%(num)s record stays: open it to see why.", "%(num)s records stay: open them to see why.", len(outcome.refused)), "warn")
    return redirect_path(QUEUE)


def _named(text: str) -> CheckRecord:
    meeting_id, revision, version = [*text.split("."), "", ""][:3]
    return CheckRecord(meeting_id[:32], _number(revision), seen_version=_number(version))


def _number(text: str) -> int:
    """A number of the page; 0 for anything else, which fits no record and no meeting."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0
