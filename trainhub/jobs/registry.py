"""Who does which kind of work. Rooms register handlers once, at start-up."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed piece of work, as its handler sees it. ``attempt`` counts from 1."""

    district_id: str
    dedup: str
    kind: str
    payload: dict[str, Any]
    attempt: int


Handler = Callable[[Session, Job, datetime], None]
"""``(session, job, now)``. Its changes commit together with the note that the job is done, so changes
of the database happen once; anything outside the database may happen again and must bear it."""


OutsideHandler = Callable[[Job, datetime], None]
"""``(job, now)``. Runs without a transaction: it speaks to the outside, which may take seconds, and holds no lock
meanwhile. It may be run again after a crash and must bear it."""


@dataclass(frozen=True, slots=True)
class Periodic:
    """Work that recurs for every district: one job of ``kind`` per stretch of ``every``."""

    kind: str
    every: timedelta

    def slot(self, now: datetime) -> int:
        """Number of the stretch in which ``now`` lies; part of the key that keeps a tick single."""
        return int(now.timestamp() // self.every.total_seconds())


@dataclass(slots=True)
class JobRegistry:
    """Handlers by kind, and what recurs."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    periodic: list[Periodic] = field(default_factory=list)
    outside: dict[str, OutsideHandler] = field(default_factory=dict)

    def register(self, kind: str, handler: Handler, *, every: timedelta | None = None) -> None:
        """Add a handler; with ``every`` the work recurs. Raises ValueError on a taken kind."""
        self._claim(kind)
        self.handlers[kind] = handler
        if every is not None:
            self.periodic.append(Periodic(kind, every))

    def register_outside(self, kind: str, handler: OutsideHandler) -> None:
        """Add a handler that speaks to the outside. Raises ValueError on a taken kind."""
        self._claim(kind)
        self.outside[kind] = handler

    def _claim(self, kind: str) -> None:
        if kind in self.handlers or kind in self.outside:
            raise ValueError(f"job kind {kind!r} is registered twice")
