"""Many hands on one plan at the same moment, each with a connection of its own (security.md R6)."""

import itertools
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.builders import build_district
from tests.education_plans.hour_scenery import NOW, RING, HourScene, build_hours, said, verdict
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.education_plans.models import EducationPlan, HourEntry, PlanBalance
from trainhub.education_plans.rules.hours import HourRefused
from trainhub.education_plans.service.balance import rebuild_balance
from trainhub.education_plans.service.hours import confirm_hours, log_lesson
from trainhub.ledger.models import LedgerEntry
from trainhub.web.database import db, transaction

HANDS = 16


@pytest.fixture
def busy(database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on a database of its own, so that commits are commits."""
    url, admin, name = f"sqlite:///{tmp_path / 'busy.sqlite3'}", None, f"trainhub_hours_{secrets.token_hex(4)}"
    if database_url.startswith("postgresql"):
        admin = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
        url = re.sub(r"/[^/?]+\?", f"/{name}?", database_url)
        with admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": url, "SQLALCHEMY_ENGINE_OPTIONS": {} if admin is None else {"pool_size": 20},
    })
    migrate(app)
    yield app
    with app.app_context():
        db.engine.dispose()
    if admin is not None:
        with admin.connect() as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.dispose()


def together(app: Flask, hands: list[Callable[[Any], Any]]) -> list[Any]:
    """Let everybody act at once; what was refused comes back as its code."""
    barrier, found = threading.Barrier(len(hands)), [None] * len(hands)

    def act(place: int) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with transaction() as session:
                    found[place] = hands[place](session)
            except HourRefused as error:
                found[place] = error.code
            finally:
                db.session.remove()

    threads = [threading.Thread(target=act, args=(n,)) for n in range(len(hands))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def built(app: Flask, *numbers: int, total: int = 45) -> list[HourScene]:
    with app.app_context():
        sample = build_district(db.session())
        scenes = [build_hours(db.session(), sample, total=total, number=n) for n in numbers]
        db.session.commit()
        db.session.remove()
        return scenes


def test_r6_the_last_hour_posted_by_sixteen_hands_counts_once(busy: Flask) -> None:
    [scene] = built(busy, 3)
    same = together(busy, [lambda s: log_lesson(s, scene.instructor, RING, said(scene, date(2026, 11, 18)), NOW)] * HANDS)
    assert sum(not isinstance(x, str) for x in same) == 1
    assert {x for x in same if isinstance(x, str)} == {"hour_pupil_elsewhere"}

    def elsewhere(n: int) -> Callable[[Any], Any]:
        return lambda s: log_lesson(s, scene.instructor, RING, said(scene, date(2026, 10, 1 + n)), NOW)

    together(busy, [elsewhere(n) for n in range(HANDS - 1)])
    words = [verdict(scene, n + 1) for n in range(HANDS)]
    done = together(busy, [lambda s, w=w: confirm_hours(s, scene.secretary, RING, w, NOW) for w in words])
    assert sorted(x.counted for x in done) == [0] * (HANDS - 1) + [45]
    with busy.app_context():
        session = db.session()
        plan = session.get_one(EducationPlan, (scene.sample.district_id, scene.plan_id))
        assert (plan.state, plan.last_entry) == ("hours_reached", 2 * HANDS)
        assert session.scalar(sa.select(sa.func.sum(HourEntry.counted_minutes))) == 45
        assert sorted(session.scalars(sa.select(HourEntry.number))) == list(range(1, 2 * HANDS + 1))
        chained = session.scalar(sa.select(sa.func.count()).select_from(LedgerEntry).where(LedgerEntry.kind.startswith("hours.")))
        assert chained == 2 * HANDS
        before = _balance(session, scene)
        rebuild_balance(session, scene.sample.district_id, scene.plan_id, NOW)
        assert _balance(session, scene) == before


def _balance(session: Any, scene: HourScene) -> dict[str, Any]:
    row = session.get_one(PlanBalance, (scene.sample.district_id, scene.plan_id), populate_existing=True)
    return {c.name: getattr(row, c.name) for c in PlanBalance.__table__.c if c.name != "updated_at"}


def test_r6_one_pupil_and_one_instructor_in_two_plans_never_overlap(busy: Flask) -> None:
    first, second, third = built(busy, 3, 4, 5, total=900)
    with busy.app_context(), transaction() as session:  # the first two are plans of one pupil; the third has the same instructor
        plan = session.get_one(EducationPlan, (second.sample.district_id, second.plan_id))
        plan.student_mark = first.mark
    hands = []
    for round_no in range(4):
        for scene in (first, second, third):
            command = replace(said(scene, date(2026, 11, 3 + round_no), f"16:{20 + 5 * round_no}"))
            hands.append(lambda s, scene=scene, command=command: log_lesson(s, scene.instructor, RING, command, NOW))
    found = together(busy, hands)
    assert sum(not isinstance(x, str) for x in found) == 4  # one of three in each round
    with busy.app_context():
        times = sorted(db.session().execute(sa.select(HourEntry.starts_at, HourEntry.ends_at)).all())
        assert all(a.ends_at <= b.starts_at for a, b in itertools.pairwise(times))


def test_the_same_form_sent_twice_at_once_posts_once(busy: Flask) -> None:
    [scene] = built(busy, 3)
    command = said(scene, date(2026, 11, 18))
    found = together(busy, [lambda s: log_lesson(s, scene.instructor, RING, command, NOW)] * 2)
    assert sorted(x.repeated for x in found) == [False, True]
