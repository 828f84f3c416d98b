"""Words of the recording page and the record document."""

from typing import Any

from flask_babel import lazy_gettext as _l

from trainhub.accounts.messages import ROLE_LABELS

ENGAGEMENT_WORDS: dict[str, Any] = {"high": _l("lively"), "middle": _l("middling"), "low": _l("quiet")}
MARKS: dict[str, Any] = {
    "absent": _l("absent without leave"), "excused.sick": _l("sick leave"), "excused.personal": _l("personal leave"),
    "excused.official": _l("official leave"), "excused": _l("on leave"), "late": _l("came late"), "left_early": _l("left early"),
}  # fmt: skip
"""What may be noted of a pupil; present needs no word."""
MARK_KINDS: dict[str, str] = {
    "absent": "gap", "excused.sick": "leave", "excused.personal": "leave", "excused.official": "leave", "excused": "leave", "late": "late",
    "left_early": "late",
}  # fmt: skip
STEP_WORDS: dict[str, Any] = {
    "planned": _l("Planned"), "scheduled": _l("Scheduled"), "moved": _l("Moved"), "missed": _l("Not held"), "cancelled": _l("Cancelled"),
    "recorded": _l("Record submitted"), "amended": _l("Corrected after the check"), "returned": _l("Sent back"), "checked": _l("Checked by the school"),
    "redacted": _l("A text was emptied"), "photo": _l("A photo was explained"), "undone": _l("Plan taken back"),
}  # fmt: skip


def role_word(role: str) -> str:
    """The role somebody acted in, in the reader's language."""
    return str(ROLE_LABELS.get(role, role))
