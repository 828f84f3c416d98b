"""What the room of the cases tells this one of a matter; registered by the composition root, for this room knows no case."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from trainhub.committees.rules.deciding import ItemFacts
from trainhub.committees.rules.recusal import MatterFacts


class MatterSource(Protocol):
    """Asked inside the transaction of the step. It answers for matters of one district."""

    def item_facts(self, session: Session, district_id: str, matter_id: str, kind: str, object_id: str | None, now: datetime) -> ItemFacts | None:
        """Return what holds before an item is decided; None where there is no such matter."""

    def open_matters(self, session: Session, district_id: str, school_id: str, now: datetime) -> Sequence[tuple[str, MatterFacts]]:
        """Return every open matter of a school with who is close to it: asked when somebody joins the committee."""


_source: MatterSource | None = None


def use_matters(source: MatterSource | None) -> None:
    """Let matters be described by ``source``."""
    global _source  # noqa: PLW0603  one registry per process, set by the composition root
    _source = source


def matters() -> MatterSource | None:
    """Return who knows the matters, None while nobody does: then nothing about a case can be decided."""
    return _source
