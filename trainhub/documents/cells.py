"""Text that leaves for a spreadsheet stays text.

A spreadsheet program runs a CSV field that begins with ``=`` and its relatives as a formula. Such a
field gets one apostrophe in front; :func:`restore` takes exactly that one away, so that a file we
wrote reads back as it was.
"""

import re
from datetime import date

TRIGGERS = frozenset("=+-@\t\r\n\x00＝＋－＠")
"""First characters that some spreadsheet program takes as the start of a formula."""

_SKIPPED = "' \u3000\u00a0\ufeff"
_UNSAFE_IN_NAMES = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u202a-\u202e\u2066-\u2069]')
_LONGEST_NAME = 120


def is_risky(text: str) -> bool:
    """Tell whether a program could run ``text`` as a formula; leading blanks and apostrophes are skipped."""
    return text.lstrip(_SKIPPED)[:1] in TRIGGERS if text.strip(_SKIPPED) else False


def neutralise(text: str) -> str:
    """Return ``text`` as it may stand in a CSV field; the inverse is :func:`restore`."""
    return f"'{text}" if is_risky(text) else text


def restore(text: str) -> str:
    """Take away the apostrophe that :func:`neutralise` put in front, and nothing else."""
    return text[1:] if text.startswith("'") and is_risky(text[1:]) else text


def download_name(*parts: str, day: date | None = None, extension: str = "xlsx") -> str:
    """Return a file name for a download: the parts joined by hyphens, the day at the end.

    Characters that no file system takes, and those that change the reading direction, are dropped.
    """
    words = [_UNSAFE_IN_NAMES.sub("", part).strip(" .") for part in parts]
    if day is not None:
        words.append(f"{day:%Y%m%d}")
    stem = "-".join(word for word in words if word)[:_LONGEST_NAME] or "trainhub"
    return f"{stem}.{extension}"
