"""What one side may read of a text that speaks of several children: its own child's code, and nobody else's. Pure."""

import re
from collections.abc import Collection

_WHOLE = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"


def own_only(text: str, own: str, codes: Collection[str], other: str) -> str:
    """The text with every code but ``own`` replaced by the word ``other``: A1 stays in the letter to A1's guardian, B1 does not."""
    for code in sorted(set(codes) - {own}, key=len, reverse=True):
        text = re.sub(_WHOLE.format(re.escape(code)), other, text)
    return text
