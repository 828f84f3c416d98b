"""Who tells this room what only higher ones know: whether the county has ordered a stay. Filled by the composition root."""

from collections.abc import Collection
from typing import Protocol

from sqlalchemy.orm import Session


class StaySource(Protocol):
    """Says on which of these determinations a stay runs. It checks no right and answers with ids only."""

    def __call__(self, session: Session, district_id: str, determination_ids: Collection[str]) -> frozenset[str]:
        """Return those under a stay. One statement at most."""


_sources: dict[str, StaySource] = {}


def know_stays(key: str, source: StaySource) -> None:
    """Let a room say where a stay runs. The same key again replaces the earlier source."""
    _sources[key] = source


def under_stay(session: Session, district_id: str, determination_ids: Collection[str]) -> frozenset[str]:
    """Of these determinations those under a stay; without ids nobody is asked."""
    if not determination_ids:
        return frozenset()
    return frozenset().union(*(source(session, district_id, determination_ids) for source in _sources.values()))
