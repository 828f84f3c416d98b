"""Times of an appeal that are no policy of a county, each with its source and how well it is known. Pure.

The window of an appeal against a determination and the days of a re-examination are policy (``appeal_days``, ``re_examination_days``).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A number of days with where it comes from. ``seen``: statute, secondary, memory, proposed; ``day_kind``: working or calendar."""

    days: int
    day_kind: str
    source: str
    seen: str


DISCIPLINE_FILING = Term(15, "working", "教育部令第49号第十七条", "memory")
"""Within this time after the measure an appeal goes to the school's own appeals committee. UNVERIFIED: kept from memory."""
DISCIPLINE_ANSWER = Term(15, "working", "", "proposed")
"""Within this time the school has its word; after it the authority may be asked. No text found says so: ours."""


def label_of(track: str, year: int, number: int) -> str:
    """How every page and paper calls an appeal: 申 2026-3 against a determination, 处申 2026-3 against discipline."""
    return f"{'申' if track == 'determination' else '处申'} {year}-{number}"
