"""Sentences of this room's refusals."""

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

MESSAGES: dict[str, LazyString] = {
    "pdf_unavailable": _l(
        "PDF output is not installed on this server. Use the browser's print instead, "
        "or ask the administrator to install trainhub[pdf]."
    ),
    "word_unavailable": _l(
        "Word output is not installed on this server. Download the PDF instead, "
        "or ask the administrator to install trainhub[word]."
    ),
}
