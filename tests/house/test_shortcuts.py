"""What the tests do to be quick gives what the long way gives."""

import os
import secrets
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session
from trainhub_access import AccessSource
from trainhub_device import DeviceSource
from trainhub_dingtalk import DingTalkSource
from trainhub_forms import FormsSource
from trainhub_lms import LmsSource
from trainhub_meeting import MeetingSource
from trainhub_tabular import TabularSource
from trainhub_wecom import WeComSource

from tests import seeds, warm_command, workbooks
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.app.schema import upgrade
from trainhub.evidence import intake
from trainhub.kernel.clock import at
from trainhub.kernel.orm import Base
from trainhub.plugin_api import AttendanceSource, Upload
from trainhub.web.database import db

SAMPLES = Path(__file__).parents[1] / "data" / "samples"


def sample(pattern: str) -> Upload:
    """The first file of a folder of samples."""
    path = min(SAMPLES.glob(pattern))
    return Upload(path.name, path.read_bytes())


FILES: tuple[tuple[AttendanceSource, Upload], ...] = (
    (TabularSource(), sample("18-*/*.xlsx")),
    (DingTalkSource(), sample("01-*/*.xlsx")),
    (WeComSource(), sample("05-*/*.xlsx")),
    (FormsSource(), sample("10-*/*.xlsx")),
    (MeetingSource(), sample("07-*/*.xlsx")),
    (DeviceSource(), sample("12-*/*.dat")),
    (AccessSource(), sample("16-*/a*.json")),
    (LmsSource(), sample("21-*/*.txt")),
)


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table as the database holds it."""
    found = {}
    for table in Base.metadata.sorted_tables:
        rows = session.execute(sa.text(f'SELECT * FROM "{table.name}"')).all()
        found[table.name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def test_a_copied_file_has_what_migrations_make(tmp_path: Path) -> None:
    held = {}
    for name, make in (("copied", migrate), ("migrated", upgrade)):
        app = create_app({
            "SECRET_KEY": secrets.token_urlsafe(48), "TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "TRAINHUB_PLUGINS": "robot",
            "SQLALCHEMY_DATABASE_URI": f"sqlite:///{tmp_path / name}.sqlite3",
        })
        make(app)
        with app.app_context():
            db.engine.dispose()
        with closing(sqlite3.connect(tmp_path / f"{name}.sqlite3")) as connection:
            held[name] = (connection.execute("PRAGMA journal_mode").fetchone(), list(connection.iterdump()))
    assert held["copied"] == held["migrated"]
    assert any("px_robot_delivery" in line for line in held["copied"][1])


def test_a_district_put_back_is_the_district_that_was_built(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeds, "_seeds", [])
    built, rows = seeds.plant(session), everything(session)
    session.rollback()
    again = seeds.plant(session)
    assert everything(session) == rows
    assert again == built
    assert again.accounts is not built.accounts


def test_a_district_is_of_the_tests_own_time(session: Session) -> None:
    ours = seeds.plant(session)
    for day in (date(2031, 5, 1), date(2001, 5, 1)):
        with time_machine.travel(at(day, time(9)), tick=False):
            assert seeds.plant(session).district_id != ours.district_id


@pytest.mark.files_only
def test_a_forked_child_answers_as_a_new_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file of every source that comes along; each source is loaded by an interpreter that knows nothing yet."""
    warm = [(source, upload, intake.read_attendance(upload, source, workbooks.FRAME)) for source, upload in FILES]
    upload, sources = FILES[0][1], [source for source, _ in FILES]
    sure = intake.recognise(upload, sources)
    monkeypatch.setattr(intake, "subprocess", subprocess)
    assert intake.recognise(upload, sources) == sure
    for source, upload, result in warm:
        assert intake.read_attendance(upload, source, workbooks.FRAME) == result, source


@pytest.mark.files_only
def test_a_forked_command_answers_as_a_new_interpreter(tmp_path: Path) -> None:
    """What it prints, where it prints it and how it ends."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("TRAINHUB_")}
    environ |= {"TRAINHUB_DATA": str(tmp_path), "TRAINHUB_LOG": "off", "TRAINHUB_SECRET_KEY": "k" * 48}
    for words in (["routes", "--json"], ["plugins", "enable", "qr"]):
        done, known = warm_command.run(words, environ), warm_command.cold(words, environ)
        assert (done.returncode, done.stdout, done.stderr) == (known.returncode, known.stdout, known.stderr), words
    assert known.returncode == 2
    assert known.stderr
