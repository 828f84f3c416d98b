"""The outbox: enqueue with the cause, claim under a lease, finish only while the lease is held."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session

from trainhub.jobs.models import OutboxJob
from trainhub.jobs.registry import Job, Periodic
from trainhub.kernel.bulk import upsert

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 5
KEPT_DAYS = 7
ENQUEUED = "trainhub.jobs.enqueued"
"""Mark in ``session.info``: after the commit somebody should wake a worker."""


class LeaseLost(RuntimeError):
    """Another worker took the job over; this one's changes must be rolled back."""


def enqueue(
    session: Session, district_id: str, kind: str, payload: dict[str, Any], run_at: datetime, dedup: str,
    now: datetime | None = None,
) -> None:
    """Add work in the caller's transaction; a second request with the same ``dedup`` changes nothing.

    ``payload`` is JSON and names records by id. ``run_at`` aware; ``now`` defaults to it.
    """
    _insert(session, [_row(district_id, kind, payload, run_at, dedup, now or run_at)])


def tick(session: Session, districts: Iterable[str], periodic: Iterable[Periodic], now: datetime) -> None:
    """Add the recurring work that is due; every worker may call it, one row per stretch results."""
    periodic = list(periodic)
    rows = [
        _row(district_id, item.kind, {}, now, f"{item.kind}:{item.slot(now)}", now)
        for district_id in districts
        for item in periodic
    ]
    if rows:
        _insert(session, rows)


def _row(
    district_id: str, kind: str, payload: dict[str, Any], run_at: datetime, dedup: str, now: datetime
) -> dict[str, Any]:
    return {
        "district_id": district_id, "dedup": dedup, "kind": kind, "payload": payload, "run_at": run_at,
        "state": "waiting", "attempt": 0, "error": "", "created_at": now,
    }


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    session.execute(upsert(session, OutboxJob).on_conflict_do_nothing(), rows)
    session.info[ENQUEUED] = True


def _due(now: datetime) -> Any:
    """Waiting and due, or running under a lease that ran out (the worker was killed)."""
    return or_(
        and_(OutboxJob.state == "waiting", OutboxJob.run_at <= now),
        and_(OutboxJob.state == "running", OutboxJob.lease_until < now),
    )


def has_due(session: Session, now: datetime) -> bool:
    """Whether a worker would find something; a read, so that polling takes no write lock."""
    return session.execute(select(OutboxJob.kind).where(_due(now)).limit(1)).first() is not None


def claim(session: Session, owner: str, now: datetime, lease: timedelta = LEASE) -> Job | None:
    """Take the oldest due job under a lease, or return None.

    A job whose worker died MAX_ATTEMPTS times is set to ``failed`` instead of being tried for ever.
    """
    while True:
        row = session.scalars(
            select(OutboxJob).where(_due(now)).order_by(OutboxJob.run_at, OutboxJob.dedup).limit(1)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        ).first()
        if row is None:
            return None
        if row.attempt >= MAX_ATTEMPTS:
            row.state, row.done_at, row.error = "failed", now, row.error or "the worker died in every attempt"
            session.flush()
            continue
        row.state, row.owner, row.lease_until, row.attempt = "running", owner, now + lease, row.attempt + 1
        session.flush()
        return Job(row.district_id, row.dedup, row.kind, row.payload, row.attempt)


def finish(session: Session, job: Job, owner: str, now: datetime) -> None:
    """Note that the job is done. Raises :class:`LeaseLost` where the lease went to another."""
    _settle(session, job, owner, state="done", done_at=now, lease_until=None, error="")


def fail(session: Session, job: Job, owner: str, error: str, now: datetime) -> None:
    """Note an error: try again later, twice as long each time, until MAX_ATTEMPTS."""
    if job.attempt >= MAX_ATTEMPTS:
        _settle(session, job, owner, state="failed", done_at=now, lease_until=None, error=error[:2000])
    else:
        later = now + timedelta(seconds=30 * 2**job.attempt)
        _settle(session, job, owner, state="waiting", run_at=later, lease_until=None, error=error[:2000])


def _settle(session: Session, job: Job, owner: str, **values: Any) -> None:
    done = session.execute(
        update(OutboxJob)
        .where(
            OutboxJob.district_id == job.district_id, OutboxJob.dedup == job.dedup,
            OutboxJob.state == "running", OutboxJob.owner == owner, OutboxJob.attempt == job.attempt,
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise LeaseLost(job.dedup)


def forget_done(session: Session, district_id: str, now: datetime) -> None:
    """Delete rows of work done more than KEPT_DAYS ago; failed ones stay for somebody to look at."""
    session.execute(
        delete(OutboxJob)
        .where(
            OutboxJob.district_id == district_id, OutboxJob.state == "done",
            OutboxJob.done_at < now - timedelta(days=KEPT_DAYS),
        )
        .execution_options(synchronize_session=False)
    )
