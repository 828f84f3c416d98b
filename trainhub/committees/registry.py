"""What the room of the cases tells this one of a matter; registered by the composition root, for this room knows no case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from trainhub.committees.rules.deciding import ItemFacts
from trainhub.committees.rules.recusal import MatterFacts
from trainhub.kernel.actor import Actor


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


@dataclass(frozen=True, slots=True)
class Listed:
    """An item of an agenda, as the rooms above are asked where it can be read."""

    item_id: str
    kind: str
    matter_id: str
    object_id: str | None


class PathSource(Protocol):
    """Where items can be read, by item id: only those that exist for the actor. A constant number of statements."""

    def __call__(self, session: Session, actor: Actor, items: Sequence[Listed], now: datetime) -> Mapping[str, str]:
        """Return paths of this site."""


_paths: dict[str, PathSource] = {}


def lead_to(key: str, source: PathSource) -> None:
    """Let a higher room say where what is voted on can be read. The same key again replaces the earlier source."""
    _paths[key] = source


def paths_of(session: Session, actor: Actor, items: Sequence[Listed], now: datetime) -> dict[str, str]:
    """Where the items of an agenda can be read by the actor; what is left out is not there for them."""
    found: dict[str, str] = {}
    for source in _paths.values() if items else ():
        found |= source(session, actor, items, now)
    return found
