"""Two people, or a person and the daily run, at the same moment on one database with connections of their own."""

import re
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select

from tests.builders import build_district
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, build_scene, planned
from tests.class_meetings.test_checking import recorded
from tests.class_meetings.test_recording import command
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.class_meetings.models import ClassMeeting, ClassTermStanding, MeetingRecord, SchoolTermTotal
from trainhub.class_meetings.service.checking import CheckRecord, check_record
from trainhub.class_meetings.service.recording import record_meeting
from trainhub.class_meetings.service.standing import rebuild, refresh
from trainhub.kernel.errors import DomainError
from trainhub.web.database import db, transaction


@pytest.fixture
def busy(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own, so that commits are commits."""
    url, admin, name = f"sqlite:///{tmp_path / 'busy.sqlite3'}", None, f"trainhub_once_{secrets.token_hex(4)}"
    if database_url.startswith("postgresql"):
        admin, url = (
            sa.create_engine(database_url, isolation_level="AUTOCOMMIT"),
            re.sub(r"/[^/?]+\?", f"/{name}?", database_url),
        )
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "TESTING": True, "SQLALCHEMY_DATABASE_URI": url,
    })  # fmt: skip
    migrate(app)
    yield app
    with app.app_context():
        db.engine.dispose()
    if admin is not None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()


def built(app: Flask, make: Callable[[Any, Scene], Any]) -> tuple[Scene, Any]:
    with app.app_context():
        scene = build_scene(db.session(), build_district(db.session()))
        found = make(db.session(), scene)
        db.session.commit()
        rebuild(db.session(), scene.district_id, scene.school_id, YEAR, SEASON, NOW)
        db.session.commit()
        db.session.remove()
    return scene, found


def run(app: Flask, *steps: Callable[[Any], Any]) -> list[str]:
    """Run each step in a transaction and thread of its own; return what each was refused with, "" for nothing."""
    said = [""] * len(steps)
    begin = threading.Barrier(len(steps))

    def one(number: int, step: Callable[[Any], Any]) -> None:
        with app.app_context():
            begin.wait(30)
            try:
                with transaction() as session:
                    step(session)
            except DomainError as error:
                said[number] = error.code
            except Exception as error:  # noqa: BLE001  a thread's fault is the test's to see
                said[number] = type(error).__name__
            finally:
                db.session.remove()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(steps)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return said


def figures(app: Flask, scene: Scene) -> tuple[Any, ...]:
    with app.app_context():
        session = db.session()
        total = session.scalars(select(SchoolTermTotal).where(SchoolTermTotal.season == SEASON)).one()
        class_ = session.get_one(ClassTermStanding, (scene.district_id, scene.class_id, SEASON))
        found = (class_.counted, class_.recorded, class_.standing, total.counted, total.waiting, total.none)
        db.session.remove()
        return found


def test_the_daily_run_forgets_no_check_that_comes_in_meanwhile(busy: Flask) -> None:
    scene, meeting_id = built(busy, recorded)
    assert figures(busy, scene) == (0, 1, "none", 0, 1, 2)
    checked, begun = threading.Event(), threading.Event()

    def check(session: Any) -> None:
        check_record(session, scene.dean, CheckRecord(meeting_id, 1), NOW)
        checked.set()
        assert begun.wait(30)
        time.sleep(1)  # the daily run has read its facts by then, if it waits for nobody

    def daily() -> None:
        with busy.app_context():
            assert checked.wait(30)
            begun.set()
            with transaction() as session:  # only now: with the lock in its hand it would wait for a check that waits for it
                refresh(session, scene.district_id, NOW)
            db.session.remove()

    with ThreadPoolExecutor(1) as other:
        late = other.submit(daily)
        assert run(busy, check) == [""]
        late.result()
    assert figures(busy, scene) == (1, 0, "short", 1, 0, 1)


def test_the_same_record_sent_at_once_from_two_places_is_one_record(busy: Flask) -> None:
    scene, meeting_id = built(busy, planned)
    made = command(scene, meeting_id)
    assert run(busy, *[lambda session: record_meeting(session, scene.teacher, made, NOW)] * 4) == [""] * 4
    other = command(scene, meeting_id)
    assert run(busy, lambda session: record_meeting(session, scene.teacher, other, NOW)) == [
        "meeting_recorded_elsewhere"
    ]
    with busy.app_context():
        assert len(db.session.scalars(select(MeetingRecord)).all()) == 1
        assert db.session.scalars(select(ClassMeeting)).one().revision == 1
        db.session.remove()
    assert figures(busy, scene)[1] == 1


def test_two_records_and_a_check_at_once_leave_one_truth(busy: Flask) -> None:
    scene, meeting_id = built(busy, recorded)
    made = command(scene, meeting_id, seen_revision=1, reason="")
    said = run(
        busy,
        lambda session: record_meeting(session, scene.teacher, made, NOW),
        lambda session: check_record(session, scene.dean, CheckRecord(meeting_id, 1), NOW),
    )
    assert sorted(said) in (["", "meeting_reason_missing"], ["", "stale_version"])
    with busy.app_context():
        live = [
            (r.class_id, r.counted, r.recorded)
            for r in db.session.scalars(select(ClassTermStanding).order_by(ClassTermStanding.class_id))
        ]
        rebuild(db.session(), scene.district_id, scene.school_id, YEAR, SEASON, NOW)
        db.session.expire_all()
        assert live == [
            (r.class_id, r.counted, r.recorded)
            for r in db.session.scalars(select(ClassTermStanding).order_by(ClassTermStanding.class_id))
        ]
        db.session.remove()
