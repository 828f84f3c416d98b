"""Words of planning: why a lesson is taken, what a refusal says, where the pages of one meeting are."""

from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.class_meetings.queries.desk import OfferedSlot
from trainhub.class_meetings.rules.planning import Clash
from trainhub.kernel.errors import DomainError
from trainhub.web.errors import sentence
from trainhub.web.i18n import day_text


def meeting_url(meeting_id: str, page: str = "") -> str:
    """The address of a page of one meeting: its document, or ``record``, ``move``, ``cancel``, ``missed``."""
    return f"{request.script_root}/meetings/{meeting_id}" + (f"/{page}" if page else "")


def refusal_words(error: DomainError) -> str:
    """The sentence of a refusal, its day written as the page writes days."""
    error.params = {key: day_text(value) if isinstance(value, date) else value for key, value in error.params.items()}
    return sentence(error)


def clash_words(clash: Clash) -> str:
    """What stands in the way, in words."""
    told: dict[str, Any] = {"what": clash.what, "of": clash.of}
    return str({
        "class_meeting": _("the class has its meeting %(what)s then", **told),
        "teacher_meeting": _("whoever leads it leads %(what)s of %(of)s then", **told),
        "room_meeting": _("the room is taken by %(what)s of %(of)s", **told),
        "class_lesson": _("the class has %(what)s then", **told),
        "teacher_lesson": _("whoever leads it teaches %(what)s to %(of)s then", **told),
        "room_lesson": _("the room is taken by %(what)s of %(of)s (timetable)", **told),
    }[clash.kind])


def taken_words(offer: OfferedSlot) -> str:
    """Why a lesson that is shown cannot be chosen."""
    if offer.verdict.clashes:
        return "；".join(clash_words(clash) for clash in offer.verdict.clashes)
    return refusal_words(offer.verdict.refusal) if offer.verdict.refusal else ""
