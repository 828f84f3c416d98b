"""Runs what is due. huey only rings the bell and keeps time; the outbox remembers.

huey deletes a message when it takes it, so work kept only there would be lost with a killed process.
"""

import logging
import os
import secrets
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from trainhub.jobs import service
from trainhub.jobs.registry import Job, JobRegistry
from trainhub.kernel.lean import without

if TYPE_CHECKING:
    from huey import Huey
    from huey.consumer import Consumer

log = logging.getLogger(__name__)
Begin = Callable[[], AbstractContextManager[Session]]


def _new_owner() -> str:
    return f"{os.getpid()}-{secrets.token_hex(4)}"


@dataclass(slots=True)
class Worker:
    """One runner of the outbox.

    ``write`` opens a transaction that commits at its end, ``read`` one that never writes, ``clock``
    tells the time, ``districts`` lists the tenants for recurring work.
    """

    registry: JobRegistry
    write: Begin
    read: Begin
    clock: Callable[[], datetime]
    districts: Callable[[Session], Iterable[str]]
    owner: str = field(default_factory=_new_owner)
    lease: timedelta = service.LEASE
    _ticked: dict[str, int] = field(default_factory=dict)

    def run_due(self, limit: int = 1000) -> int:
        """Run due jobs one after another and return how many were run (done or failed)."""
        count = 0
        while count < limit:
            now = self.clock()
            with self.read() as session:
                if not service.has_due(session, now):
                    return count
            with self.write() as session:
                job = service.claim(session, self.owner, now, self.lease)
            if job is None:
                return count
            self._run(job)
            count += 1
        return count

    def tick(self) -> None:
        """Add recurring work that is due since the last call of this worker."""
        now = self.clock()
        due = [item for item in self.registry.periodic if self._ticked.get(item.kind) != item.slot(now)]
        if not due:
            return
        with self.write() as session:
            service.tick(session, self.districts(session), due, now)
        self._ticked.update({item.kind: item.slot(now) for item in due})

    def _run(self, job: Job) -> None:
        """Run one job; its changes and the note that it is done commit together."""
        try:
            if job.kind in self.registry.outside:
                self.registry.outside[job.kind](job, self.clock())
            with self.write() as session:
                if job.kind not in self.registry.outside:
                    self.registry.handlers[job.kind](session, job, self.clock())
                session.flush()
                service.finish(session, job, self.owner, self.clock())
        except service.LeaseLost:
            log.warning("job %s was taken over by another worker", job.kind)
        except Exception as error:  # noqa: BLE001  (a broken job must not stop the others)
            log.warning("job %s failed in attempt %s: %s", job.kind, job.attempt, type(error).__name__)
            try:
                with self.write() as session:
                    service.fail(session, job, self.owner, f"{type(error).__name__}: {error}", self.clock())
            except service.LeaseLost:
                log.warning("job %s was taken over by another worker", job.kind)


def make_bell(directory: Path, redis_url: str | None) -> "Huey":
    """Return the huey that wakes workers: Redis where configured, else a SQLite file of its own.

    huey loads every store that is installed; each costs more than all of the page shell.
    """
    if redis_url:
        with without("psycopg"):
            from huey import RedisHuey

        return RedisHuey("trainhub", url=redis_url, results=False)
    with without("psycopg", "redis"):
        from huey import SqliteHuey

    return SqliteHuey("trainhub", filename=str(directory / "bell.db"), results=False)


def hang(bell: "Huey", worker: Worker) -> Callable[[], Any]:
    """Tie the worker to the bell: a minute's sweep, and a ring whenever work was added.

    Returns the function that rings.
    """
    from huey import crontab

    @bell.task(name="trainhub.wake")  # type: ignore[untyped-decorator]
    def wake() -> None:
        worker.run_due()

    @bell.periodic_task(crontab(minute="*"), name="trainhub.sweep")  # type: ignore[untyped-decorator]
    def sweep() -> None:
        worker.tick()
        worker.run_due()

    ring: Callable[[], Any] = wake
    return ring


def ring_after_commit(session_target: Any, ring: Callable[[], Any]) -> None:
    """Ring once a transaction that enqueued work is committed; a silent bell only delays the work."""

    @event.listens_for(session_target, "after_commit")
    def on_commit(session: Session) -> None:
        if session.info.pop(service.ENQUEUED, False):
            try:
                ring()
            except Exception:  # the minute's sweep finds the job anyway
                log.warning("the bell is out of order; work waits for the next sweep", exc_info=True)

    @event.listens_for(session_target, "after_rollback")
    def on_rollback(session: Session) -> None:
        session.info.pop(service.ENQUEUED, None)


def make_consumer(bell: "Huey") -> "Consumer":
    """Return a consumer with one thread. ``run()`` blocks and obeys signals (``trainhub work``)."""
    return bell.create_consumer(workers=1, worker_type="thread", periodic=True, check_worker_health=True)


def start_thread(bell: "Huey") -> "Consumer":
    """Start a consumer inside the serving process; ``stop()`` it at the end.

    Under a forking server this must happen after the fork, once per worker process.
    """
    consumer = make_consumer(bell)
    # Signals belong to the server that this thread lives in.
    consumer._set_signal_handlers = lambda: None  # noqa: SLF001
    consumer.start()
    return consumer
