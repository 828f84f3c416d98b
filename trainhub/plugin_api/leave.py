"""What kind of leave words name; official exports write them in much the same way."""

import re
from functools import lru_cache
from typing import NamedTuple

from trainhub.plugin_api.cells import fold_text


class Leave(NamedTuple):
    """``kind`` is sick, personal, maternity or official; ``trip`` says that the person was away on duty."""

    kind: str
    trip: bool = False


_TRIP = re.compile(r"出差|公差|公出|因公|公务|外出(?!打卡)")
_KINDS = (
    (re.compile(r"病假|住院|就医"), "sick"),
    (re.compile(r"产假|陪产|产检|护理假|育儿假|哺乳"), "maternity"),
    (re.compile(r"公假|调休"), "official"),
    (re.compile(r"[事婚丧年]假|探亲假|工伤假|请假|休假|假期"), "personal"),
)


@lru_cache(maxsize=4_096)
def leave_of(text: str) -> Leave | None:
    """Return the leave that words name, or None: ``事假2.0小时`` is personal, ``出差`` is official and a trip."""
    folded = fold_text(text)
    for pattern, kind in _KINDS:
        if pattern.search(folded):
            return Leave(kind)
    return Leave("official", trip=True) if _TRIP.search(folded) else None
