"""Names of other children out of a text that goes to one child's guardian. Pure."""

import re
from collections.abc import Callable, Collection, Mapping

NOBODY = "○○"
"""Stands for a child that has no code."""


def masker(own: Collection[str], others: Mapping[str, str]) -> Callable[[str], str]:
    """A function that puts the code in the place of every other name. Names of one's own side stay, also inside a longer word.

    The longest name that fits is taken, so that a name which begins another one gives nothing away and is not cut apart.
    """
    shown = {name: code for name, code in others.items() if len(name) > 1} | {name: name for name in own if name}
    if not shown:
        return lambda text: text
    names = re.compile("|".join(re.escape(name) for name in sorted(shown, key=lambda name: (-len(name), name))))
    return lambda text: names.sub(lambda found: shown[found.group()], text)
