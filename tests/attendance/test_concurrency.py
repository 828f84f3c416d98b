"""Two devices on one roll at the same time, on a real file database with real connections."""

import os
import secrets
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.attendance.sheets import build_sheet
from tests.builders import Sample, build_district
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceMark, AttendanceRecord
from trainhub.attendance.service import Mark, MarkRoll
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.files_only

PAIRS = int(os.environ.get("TRAINHUB_STALE_PAIRS", "40"))


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[Flask]:
    app = create_app({
        "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "TESTING": True,
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / 'busy.sqlite3'}",
    })
    migrate(app)
    yield app
    with app.app_context():
        db.engine.dispose()


def prepared(app: Flask) -> tuple[Sample, str, list[str], object]:
    with app.app_context():
        with transaction() as session:
            sample = build_district(session, staff=8)
        sheet = build_sheet(db.session(), sample)
        built = (sample, sheet.sheet_id, sheet.people, sheet.starts_at + timedelta(minutes=10))
        db.session.remove()
        return built


def test_stale_pairs_accept_exactly_one_and_report_the_other(busy: Flask) -> None:
    sample, sheet_id, people, moment = prepared(busy)
    barrier = threading.Barrier(2)
    outcomes: dict[str, list[tuple[int, int]]] = {"training_officer": [], "training_officer_2": []}

    def device(key: str, value: str) -> None:
        with busy.app_context():
            for round_no in range(PAIRS):
                barrier.wait()
                with transaction() as session:
                    result = service.record_marks(session, sample.actors[key], MarkRoll(
                        sheet_id, [Mark(people[0], value if round_no % 2 else {"present": "late", "absent": "excused"}[value], round_no)],
                        new_id()), moment)
                    taken = (len(result.applied), len(result.conflicts))
                outcomes[key].append(taken)
                barrier.wait()
            db.session.remove()

    threads = [threading.Thread(target=device, args=pair) for pair in (("training_officer", "present"), ("training_officer_2", "absent"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pairs = list(zip(*outcomes.values(), strict=True))
    assert len(pairs) == PAIRS
    assert all(sorted(pair) == [(0, 1), (1, 0)] for pair in pairs)
    with busy.app_context():
        assert db.session.scalar(select(func.count()).select_from(AttendanceMark)) == PAIRS
        assert db.session.get_one(AttendanceRecord, (sample.district_id, sheet_id, people[0])).version == PAIRS


def test_writers_on_different_people_lose_nothing_and_the_ledger_has_no_gap(busy: Flask) -> None:
    sample, sheet_id, people, moment = prepared(busy)

    def device(index: int) -> None:
        key = ("training_officer", "training_officer_2")[index % 2]
        with busy.app_context():
            for version in range(12):
                with transaction() as session:
                    result = service.record_marks(session, sample.actors[key], MarkRoll(
                        sheet_id, [Mark(people[index], "present" if version % 2 else "absent", version)], new_id()), moment)
                assert not result.conflicts
            db.session.remove()

    threads = [threading.Thread(target=device, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with busy.app_context():
        heads = [db.session.get_one(AttendanceRecord, (sample.district_id, sheet_id, p)) for p in people[:4]]
        assert [h.version for h in heads] == [12] * 4
        numbers = list(db.session.scalars(select(LedgerEntry.seq).where(LedgerEntry.school_id == sample.school_id).order_by(LedgerEntry.seq)))
        assert numbers == list(range(1, len(numbers) + 1))
