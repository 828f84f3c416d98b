"""Words of what the bureau hears: reported cases, the way to a file, a matter on the committee's agenda."""

from typing import Any

from flask_babel import lazy_gettext as _l

KINDS: dict[str, Any] = {"file": _l("Open a reported file")}
REASONS: dict[str, Any] = {
    "reported": _l("to follow a report"), "lowered": _l("the tier was lowered"), "late_report": _l("it was reported late"),
    "complaint": _l("somebody complained"), "sampled": _l("drawn for a check"),
}  # fmt: skip
NOTICES: dict[str, Any] = {
    "case_reported": _l("A school reported a matter to the bureau."),
    "matter_on_agenda": _l("A matter is on the agenda of your committee. Read it before the sitting."),
}  # fmt: skip
ASKED: dict[str, Any] = {"asked": _l("asked for, waits for a second person"), "granted": _l("granted, not taken up yet")}
