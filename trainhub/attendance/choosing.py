"""Which source a file belongs to, where several were asked. Pure."""

from collections.abc import Callable, Mapping

from trainhub.plugin_api import AttendanceSource, Refused

Translate = Callable[[str], str]
NEAR = 5
"""Two sources this close may both be right: a human says which."""


def choose(scores: Mapping[str, int], sources: Mapping[str, AttendanceSource], translate: Translate = str) -> str:
    """Return the source that recognises a file best.

    ``scores`` is how sure each is (0-100). Raises :class:`Refused`: ``no_header`` where none recognises it,
    ``could_be_several`` with their labels where two are about equally sure.
    """
    best = max(scores.values(), default=0)
    if best <= 0:
        raise Refused("no_header")
    near = sorted((k for k, score in scores.items() if score > 0 and best - score <= NEAR), key=lambda k: -scores[k])
    if len(near) > 1:
        raise Refused("could_be_several", kinds="、".join(f"{translate(sources[k].spec.label)} ({k})" for k in near))
    return near[0]
