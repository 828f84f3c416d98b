"""Work is remembered with its cause, done once, and done again by another when a worker dies."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session, sessionmaker

from trainhub.jobs import service
from trainhub.jobs.models import OutboxJob
from trainhub.jobs.registry import Job, JobRegistry
from trainhub.jobs.worker import Worker, hang, make_bell, ring_after_commit, start_thread
from trainhub.kernel.orm import Base
from trainhub.web.database import prepare_sqlite

pytestmark = pytest.mark.files_only

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
DISTRICT = "d" * 32


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **by: int) -> None:
        self.moment += timedelta(**by)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'jobs.db'}")
    prepare_sqlite(made)
    Base.metadata.create_all(made, tables=[OutboxJob.__table__])
    yield made
    made.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def begin(engine: Engine):
    @contextmanager
    def opened() -> Iterator[Session]:
        with Session(engine, autoflush=False) as session, session.begin():
            yield session

    return opened


def worker_of(engine: Engine, clock: Clock, registry: JobRegistry) -> Worker:
    return Worker(registry, begin(engine), begin(engine), clock, lambda _: [DISTRICT])


def add(engine: Engine, kind: str = "note", dedup: str = "one", run_at: datetime = NOON) -> None:
    with begin(engine)() as session:
        service.enqueue(session, DISTRICT, kind, {"n": 1}, run_at, dedup)


def row(engine: Engine, dedup: str = "one") -> OutboxJob:
    with Session(engine) as session:
        return session.scalars(select(OutboxJob).where(OutboxJob.dedup == dedup)).one()


def test_a_job_runs_once_and_a_repeated_request_adds_nothing(engine: Engine, clock: Clock) -> None:
    seen: list[Job] = []
    registry = JobRegistry()
    registry.register("note", lambda _session, job, _now: seen.append(job))
    add(engine)
    add(engine)
    assert worker_of(engine, clock, registry).run_due() == 1
    add(engine)
    assert worker_of(engine, clock, registry).run_due() == 0
    assert [job.payload for job in seen] == [{"n": 1}]
    assert row(engine).state == "done"


def test_work_that_was_rolled_back_with_its_cause_never_runs(engine: Engine, clock: Clock) -> None:
    with Session(engine) as session:
        service.enqueue(session, DISTRICT, "note", {}, NOON, "one")
        session.rollback()
    assert worker_of(engine, clock, JobRegistry()).run_due() == 0


def test_work_waits_for_its_time(engine: Engine, clock: Clock) -> None:
    registry = JobRegistry()
    registry.register("note", lambda *_: None)
    add(engine, run_at=NOON + timedelta(minutes=1))
    worker = worker_of(engine, clock, registry)
    assert worker.run_due() == 0
    clock.advance(minutes=1)
    assert worker.run_due() == 1


def test_a_killed_worker_loses_its_job_to_another_after_the_lease(engine: Engine, clock: Clock) -> None:
    add(engine)
    with begin(engine)() as session:  # kill -9 right after the claim: nothing more is written
        dead = service.claim(session, "dead", clock())
    assert dead is not None
    seen: list[int] = []
    registry = JobRegistry()
    registry.register("note", lambda _session, job, _now: seen.append(job.attempt))
    worker = worker_of(engine, clock, registry)
    assert worker.run_due() == 0
    clock.advance(minutes=5, seconds=1)
    assert worker.run_due() == 1
    assert seen == [2]
    with pytest.raises(service.LeaseLost), begin(engine)() as session:
        service.finish(session, dead, "dead", clock())


def test_a_worker_that_outlived_its_lease_changes_nothing(engine: Engine, clock: Clock) -> None:
    """The slow worker's changes are rolled back: the job's effect is there once."""
    add(engine)
    registry = JobRegistry()

    def slow(session: Session, job: Job, _now: datetime) -> None:
        service.enqueue(session, DISTRICT, "effect", {}, NOON + timedelta(days=9), f"effect-{job.attempt}")
        if job.attempt == 1:
            session.execute(OutboxJob.__table__.update().where(OutboxJob.dedup == "one").values(owner="other"))

    registry.register("note", slow)
    worker_of(engine, clock, registry).run_due()
    with Session(engine) as session:
        assert session.scalars(select(OutboxJob).where(OutboxJob.kind == "effect")).all() == []
    clock.advance(minutes=6)
    worker_of(engine, clock, registry).run_due()
    with Session(engine) as session:
        assert [j.dedup for j in session.scalars(select(OutboxJob).where(OutboxJob.kind == "effect"))] == ["effect-2"]


def test_a_failing_job_is_tried_again_later_and_given_up_at_last(engine: Engine, clock: Clock) -> None:
    attempts: list[int] = []
    registry = JobRegistry()

    def broken(_session: Session, job: Job, _now: datetime) -> None:
        attempts.append(job.attempt)
        raise ValueError("boom")

    registry.register("note", broken)
    add(engine)
    worker = worker_of(engine, clock, registry)
    for _ in range(10):
        worker.run_due()
        clock.advance(hours=1)
    assert attempts == [1, 2, 3, 4, 5]
    assert row(engine).state == "failed"
    assert row(engine).error == "ValueError: boom"


def test_a_job_that_kills_every_worker_is_given_up(engine: Engine, clock: Clock) -> None:
    add(engine)
    for _ in range(service.MAX_ATTEMPTS):
        with begin(engine)() as session:
            assert service.claim(session, "dead", clock()) is not None
        clock.advance(minutes=6)
    with begin(engine)() as session:
        assert service.claim(session, "next", clock()) is None
    assert row(engine).state == "failed"


def test_a_kind_nobody_handles_is_an_error_of_that_job_only(engine: Engine, clock: Clock) -> None:
    registry = JobRegistry()
    done: list[str] = []
    registry.register("note", lambda _session, job, _now: done.append(job.dedup))
    add(engine, kind="gone", dedup="a")
    add(engine, dedup="b")
    assert worker_of(engine, clock, registry).run_due() == 2
    assert done == ["b"]
    assert row(engine, "a").state == "waiting"


def test_recurring_work_is_added_once_per_stretch_by_any_number_of_workers(engine: Engine, clock: Clock) -> None:
    registry = JobRegistry()
    seen: list[str] = []
    registry.register("hourly", lambda _session, job, _now: seen.append(job.dedup), every=timedelta(hours=1))
    first, second = worker_of(engine, clock, registry), worker_of(engine, clock, registry)
    for _ in range(3):
        for worker in (first, second):
            worker.tick()
            worker.run_due()
        clock.advance(minutes=20)
    assert len(seen) == 1
    first.tick()
    assert first.run_due() == 1
    assert len(set(seen)) == 2


def test_done_work_is_forgotten_failed_work_is_kept(engine: Engine, clock: Clock) -> None:
    registry = JobRegistry()
    registry.register("note", lambda *_: None)
    add(engine)
    worker_of(engine, clock, registry).run_due()
    clock.advance(days=8)
    add(engine, dedup="fresh", run_at=clock())
    with begin(engine)() as session:
        service.forget_done(session, DISTRICT, clock())
    with Session(engine) as session:
        assert [j.dedup for j in session.scalars(select(OutboxJob))] == ["fresh"]


def test_a_kind_can_have_one_handler_only() -> None:
    registry = JobRegistry()
    registry.register("note", lambda *_: None)
    with pytest.raises(ValueError, match="twice"):
        registry.register("note", lambda *_: None)


def test_the_bell_wakes_a_worker_after_the_commit(engine: Engine, clock: Clock, tmp_path: Path) -> None:
    rung = threading.Event()
    registry = JobRegistry()
    registry.register("note", lambda *_: rung.set())
    bell = make_bell(tmp_path, None)
    ring = hang(bell, worker_of(engine, clock, registry))
    sessions = sessionmaker(engine, autoflush=False)
    ring_after_commit(sessions, ring)
    consumer = start_thread(bell)
    try:
        with sessions.begin() as session:
            service.enqueue(session, DISTRICT, "note", {}, NOON, "one")
        assert rung.wait(10)
    finally:
        consumer.stop(graceful=True)
