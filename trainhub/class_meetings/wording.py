"""Words for states and reasons of class meetings, beside the marks that show them."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

MEETING_STATES: dict[str, Any] = {
    "planned": _l("planned, no time yet"), "scheduled": _l("scheduled"), "to_record": _l("to be recorded"), "recorded": _l("waits for the check"),
    "returned": _l("sent back"), "checked": _l("checked"), "missed": _l("was not held"), "cancelled": _l("cancelled"),
}  # fmt: skip
STATE_KINDS: dict[str, str] = {
    "planned": "todo", "scheduled": "todo", "to_record": "late", "recorded": "leave", "returned": "gap", "checked": "ok", "missed": "gap", "cancelled": "hold",
}  # fmt: skip
STANDINGS: dict[str, Any] = {
    "met": _l("duty met"), "short": _l("some still owed"), "none": _l("nothing counted yet"), "no_pupils": _l("no pupils"),
    "internship": _l("on internship all term"), "opened_late": _l("opened late in the term"), "merged": _l("merged or split"), "paused": _l("none asked for"),
}  # fmt: skip
SEASONS: dict[str, Any] = {"autumn": _l("first term"), "spring": _l("second term")}
RETURN_WORDS: dict[str, Any] = {
    "topic": _l("The content was not this topic"), "photo_same": _l("The same photo stands on another class's record"),
    "photo_missing": _l("A photo is missing"), "too_short": _l("Too little of the pack was done"),
    "names_pupil": _l("A text or photo lets a pupil be recognised"), "wave": _l("the meetings for all classes were taken back"),
}  # fmt: skip
WAVE_PROBLEMS: dict[str, Any] = {
    "no_pupils": _l("no pupils: not ticked"), "no_slot": _l("no free class-meeting lesson: planned without a time"), "no_pack": _l("no pack fits this grade"),
    "no_teacher": _l("no homeroom teacher: choose who leads it"), "apart": _l("owes nothing this term: not ticked"),
    "planned_already": _l("has a meeting in that week already: not ticked"),
}  # fmt: skip


def said(words: dict[str, Any]) -> dict[str, str]:
    """A table of words in the reader's language, looked up once: a board shows each hundreds of times."""
    return {key: str(word) for key, word in words.items()}


def reason_words(reason: str) -> str:
    """A stored reason in words: a code, a code with a remark, or somebody's own sentence."""
    code, colon, words = reason.partition(": ")
    if code in RETURN_WORDS:
        return f"{RETURN_WORDS[code]}{_(': ')}{words}" if colon else str(RETURN_WORDS[code])
    return reason


def term_words(school_year: str, season: str) -> str:
    """``2026–2027 first term`` in the reader's language."""
    return str(_("School year %(year)s, %(season)s", year=school_year, season=SEASONS[season]))
