"""Background work: which handlers exist, and how they get a session."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import SignInThrottle, UserSession
from trainhub.app import happenings
from trainhub.appeals.queries import blocking as appeals_open
from trainhub.attendance.service.devices import forget_old
from trainhub.cases.service.duties import follow_classes
from trainhub.cases.service.sealing import seal_due
from trainhub.class_meetings.service import standing as meetings
from trainhub.education_plans.queries import blocking as plans_open
from trainhub.education_plans.service.watching import watch_plans
from trainhub.jobs import service as jobs
from trainhub.jobs.registry import Job, JobRegistry
from trainhub.jobs.worker import Worker, hang, make_bell, make_consumer, ring_after_commit, start_thread
from trainhub.kernel.clock import local_day, now
from trainhub.ledger.anchors import anchor_all
from trainhub.roster.models import ImportBatch, OrgUnit
from trainhub.training.queries.facts import year_of
from trainhub.training.service import standing
from trainhub.web.database import db, set_read_only, transaction
from trainhub.web.keys import key_ring

KEEP_SESSIONS = timedelta(days=7)
KEEP_STAGED = timedelta(hours=24)
SEAL = "cases.seal"


def registry(app: Flask) -> JobRegistry:
    """Return every handler of this release."""
    found = JobRegistry()
    found.register("ledger.anchor", _anchor, every=timedelta(hours=1))
    found.register("clean", _clean, every=timedelta(hours=6))
    found.register("training.refresh", _refresh, every=timedelta(hours=12))
    found.register(meetings.REFRESH, _refresh_meetings, every=timedelta(hours=12))
    found.register(standing.REBUILD, _rebuild)
    found.register(SEAL, _seal, every=timedelta(hours=6))
    found.register("cases.homeroom", _homeroom, every=timedelta(hours=1))
    found.register("plans.watch", _watch, every=timedelta(hours=12))
    happenings.register(found, app)
    return found


def _anchor(session: Session, job: Job, moment: datetime) -> None:
    anchor_all(session, moment, job.district_id)


def _refresh(session: Session, job: Job, moment: datetime) -> None:
    """Moves and posts entered for a later day take effect when the day has come."""
    standing.refresh(session, job.district_id, local_day(moment) - timedelta(days=3), moment)


def _refresh_meetings(session: Session, job: Job, moment: datetime) -> None:
    """Pupils come and go, classes open, a new term begins: what classes owe follows by the calendar alone."""
    meetings.refresh(session, job.district_id, moment)


def _rebuild(session: Session, job: Job, moment: datetime) -> None:
    standing.rebuild(session, job.district_id, year_of(session, job.district_id, local_day(moment)), moment)


def _homeroom(session: Session, job: Job, moment: datetime) -> None:
    """Pupils change classes and classes their teachers: the need to know of a case follows (domain.md case 74)."""
    follow_classes(session, key_ring(), job.district_id, moment)


def _watch(session: Session, job: Job, moment: datetime) -> None:
    """Plans fall behind by the calendar alone: who keeps them is told while there is still time."""
    watch_plans(session, job.district_id, moment)


def _seal(session: Session, job: Job, moment: datetime) -> None:
    """Seal a batch of closed cases; the next batch is a job of its own, so that a worker may be stopped between any two."""
    done = seal_due(session, job.district_id, moment, _still_needed, after=str(job.payload.get("after", "")))
    if done.last_id:
        jobs.enqueue(session, job.district_id, SEAL, {"after": done.last_id}, moment, f"{job.dedup.partition('+')[0]}+{done.last_id}")


def _still_needed(session: Session, district_id: str, case_ids: Collection[str]) -> set[str]:
    return plans_open.blocking(session, district_id, case_ids) | appeals_open.blocking(session, district_id, case_ids)


def _clean(session: Session, job: Job, moment: datetime) -> None:
    """Forget ended sessions, old throttles, files never written, and events of devices that belong to no session."""
    session.execute(delete(UserSession).where(
        UserSession.district_id == job.district_id, UserSession.expires_at < moment - KEEP_SESSIONS
    ))
    session.execute(delete(SignInThrottle).where(SignInThrottle.window_started_at < moment - KEEP_SESSIONS))
    session.execute(delete(ImportBatch).where(
        ImportBatch.district_id == job.district_id, ImportBatch.state == "staged",
        ImportBatch.created_at < moment - KEEP_STAGED,
    ))
    forget_old(session, job.district_id, moment)
    jobs.forget_done(session, job.district_id, moment)
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA optimize")  # no server here keeps statistics by itself


def _districts(session: Session) -> Iterable[str]:
    return session.scalars(select(OrgUnit.district_id).where(OrgUnit.kind == "bureau")).all()


def make_worker(app: Flask) -> Worker:
    """Return a worker whose sessions are the application's."""

    @contextmanager
    def write() -> Iterator[Session]:
        with app.app_context(), transaction() as session:
            yield session

    @contextmanager
    def read() -> Iterator[Session]:
        with app.app_context():
            set_read_only(True)
            try:
                yield db.session()
            finally:
                db.session.remove()
                set_read_only(False)

    return Worker(registry(app), write, read, now, _districts)


def _hung(app: Flask) -> tuple[Any, Worker]:
    worker = make_worker(app)
    bell = make_bell(Path(app.config["TRAINHUB_DATA"]), app.config["TRAINHUB_REDIS_URL"] or None)
    ring: Callable[[], Any] = hang(bell, worker)
    ring_after_commit(Session, ring)
    return bell, worker


def start_in_background(app: Flask) -> Any:
    """Run background work in a thread of the serving process."""
    return start_thread(_hung(app)[0])


def run_once(app: Flask) -> int:
    """Do what is due now; return how many jobs ran."""
    worker = make_worker(app)
    worker.tick()
    return worker.run_due()


def run_forever(app: Flask) -> None:
    """Run background work until stopped (``trainhub work``)."""
    make_consumer(_hung(app)[0]).run()
