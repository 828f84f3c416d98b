"""What a room holds on one pupil, for the answer to a guardian (未成年人网络保护条例 §34). Every room that keeps any says so here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from trainhub.kernel.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class HeldSubject:
    """On whom. ``case_ids`` and ``party_ids``: the matters that may be read for this answer, and what the pupil is called there."""

    district_id: str
    school_id: str
    student_id: str
    case_ids: frozenset[str] = frozenset()
    party_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class HeldRow:
    """One thing that is held. ``what``: a code of the catalogue; ``codes``: words of it too; ``text``: words of people, not yet masked."""

    what: str
    day: date | None = None
    text: str = ""
    codes: tuple[str, ...] = ()


Holder = Callable[[Session, KeyRing, HeldSubject], list[HeldRow]]
"""Returns everything a room holds on the pupil in a constant number of statements. It leaves out whatever is another child's."""
