"""Sentences of the refusals of guardians' requests. None carries a name."""

from typing import Any

from flask_babel import lazy_gettext as _l

KEEPING: dict[str, Any] = {
    "case_request_kind": _l("Choose what is asked for from the list."),
    "case_request_words": _l("Write what is to be corrected or deleted, at most %(limit)s characters."),
    "case_request_decision": _l("Choose an answer that fits what was asked for."),
    "case_request_answer_words": _l("Write the answer the guardian will read, at most %(limit)s characters."),
    "case_request_restricted": _l("This guardian may not be told. Refuse with that reason, in writing."),
    "case_request_not_whole": _l("Part of what is held is not open to you. Ask for it to be unsealed, or let somebody else answer."),
    "case_request_not_given": _l("Nothing was given on this request. Decide on it first."),
}
