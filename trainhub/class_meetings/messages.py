"""Sentences of the refusals of this room."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trainhub.class_meetings.activity_messages import ACTIVITY
from trainhub.class_meetings.checking_messages import CHECKING
from trainhub.class_meetings.planning_messages import PLANNING
from trainhub.class_meetings.recording_messages import RECORDING

MESSAGES: dict[str, Any] = {
    "meeting_reason_missing": _l("Write one sentence why. Others must be able to understand it later."),
    "text_names_pupil": _l("Sentence %(sentence)s names a pupil of this class. Write what happened without the name; nothing was saved yet."),
    "text_may_name": _l("A word in sentence %(sentence)s is also a pupil's given name. If nobody is meant, confirm it below; otherwise write it without the name."),
    **PLANNING,
    **RECORDING,
    **CHECKING,
    **ACTIVITY,
}
