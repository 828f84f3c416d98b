"""The same list once more in another dress, a database that is busy, a disk that is full."""

import io
import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from flask import Flask, current_app
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.app.estate import COOKIE, Estate, make_estate, opened
from tests.app.world import contents, table_of
from tests.attendance.sheets import build_sheet
from tests.builders import Sample, person_name
from trainhub.attendance.service import imports as rolls
from trainhub.attendance.service.reading import read_attendance
from trainhub.kernel.clock import local, now
from trainhub.kernel.ids import new_id
from trainhub.plugin_api import Upload
from trainhub.roster import service as roster
from trainhub.roster.service.importing import import_file

Rows = Sequence[Sequence[str]]


# --- the same list again ----------------------------------------------------------------------------


def book_of(rows: Rows) -> bytes:
    """Rows as a workbook of text cells."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("花名册")
    for r, row in enumerate(rows):
        for c, value in enumerate(row):
            sheet.write_string(r, c, value)
    book.close()
    return buffer.getvalue()


def shuffled(rows: Rows) -> list[Sequence[str]]:
    """The header and the other rows in another order, always the same one."""
    body = list(rows[1:])
    random.Random(7).shuffle(body)
    return [rows[0], *body]


def spaced(rows: Rows) -> list[list[str]]:
    """Headers with spaces and a full-width space, as typed by hand."""
    return [[f" {h[0]}　{h[1:]} " for h in rows[0]], *[[f"{v} " for v in row] for row in rows[1:]]]


def dresses(rows: Rows) -> dict[str, Upload]:
    """One table in every container and order that somebody may save it in."""
    return {
        "renamed": Upload("最终版(3).csv", table_of(rows)),
        "rows in another order": Upload("名单.csv", table_of(shuffled(rows))),
        "GB18030": Upload("名单.csv", table_of(rows, "gb18030")),
        "UTF-8 without mark": Upload("名单.csv", table_of(rows, "utf-8")),
        "workbook": Upload("名单.xlsx", book_of(rows)),
        "workbook in another order": Upload("名单.xlsx", book_of(shuffled(rows))),
        "spaces in headers and cells": Upload("名单.csv", table_of(spaced(rows))),
    }


def test_a_staff_list_in_another_dress_changes_nothing(session: Session, district: Sample) -> None:
    clerk, moment = district.actors["school_administrator"], now()
    rows = [("姓名", "工号", "部门", "类别", "入校日期")]
    rows += [(person_name(40 + n), f"D{n:03d}", f"教研{n % 3}组", "专任教师", "2021-09-01") for n in range(30)]
    rows[5] = ("阿不都·克里木", "D004", "教研1组", "专任教师", "2021-09-01")

    def bring_in(upload: Upload) -> Any:
        facts = roster.school_facts(session, clerk.district_id, clerk.org_id, moment)
        reading = roster.read_file("staff", upload, facts, b"k" * 32, {})
        assert not reading.needs_mapping
        report = import_file(session, clerk, "staff", reading, moment, key=b"k" * 32)
        session.flush()
        return report

    first = bring_in(Upload("名单.csv", table_of(rows)))
    assert (first.applied, first.counts["new"], first.counts["problem"]) == (True, 30, 0), first.open_rows
    before = contents(session.connection())
    for dress, upload in dresses(rows).items():
        report = bring_in(upload)
        assert (report.written, report.counts["new"], report.counts["changed"]) == (0, 0, 0), dress
        assert report.counts["unchanged"] == 30, (dress, report.counts)
        assert contents(session.connection()) == before, dress


def test_an_attendance_file_in_another_dress_changes_nothing(app: Flask, session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, began=timedelta(hours=4))
    officer, moment = district.actors["training_officer"], now()
    came = f"{local(sheet.starts_at - timedelta(minutes=3)):%Y-%m-%d %H:%M}"
    rows = [("姓名", "工号", "部门", "签到时间")]
    rows += [(person_name(n + 1), f"T{n + 1:04d}", "语文组", came) for n in range(len(district.people))]
    sources = current_app.extensions["trainhub.sources"]

    def bring_in(upload: Upload) -> Any:
        read = read_attendance(upload, sources, rolls.frame_for(session, officer, sheet.sheet_id))
        report = rolls.import_read_file(session, officer, sheet.sheet_id, read, moment)
        session.flush()
        return report

    first = bring_in(Upload("签到.csv", table_of(rows)))
    assert first.changed == len(district.people), first
    heads = [(sheet.head(n).status, sheet.head(n).version) for n in range(len(district.people))]
    for dress, upload in dresses(rows).items():
        report = bring_in(upload)
        assert (report.changed, report.walk_ins, report.unchanged) == (0, 0, len(district.people)), (dress, report)
        assert [(sheet.head(n).status, sheet.head(n).version) for n in range(len(district.people))] == heads, dress


# --- a busy database, a full disk -------------------------------------------------------------------


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return make_estate(tmp_path_factory.mktemp("luck") / "data")


@contextmanager
def browsing(estate: Estate, key: str = "training_officer") -> Iterator[FlaskClient]:
    """A browser of the application in this process, on the estate's file."""
    with opened(estate.folder, WTF_CSRF_ENABLED=False) as app:
        client = app.test_client()
        client.set_cookie(COOKIE, estate.cookies[key])
        yield client


def saver(client: FlaskClient, estate: Estate) -> Callable[[int, str, int], Any]:
    """Save the mark of one person of the roll."""

    def save(number: int, value: str, version: int) -> Any:
        mark = {"person": estate.people[number], "value": value, "seen_version": version}
        return client.post(f"/rolls/{estate.sheet_id}/marks", json={"op_id": new_id(), "marks": [mark]})

    return save


def head(estate: Estate, number: int) -> tuple[Any, ...]:
    return estate.ask("SELECT status, version FROM attendance_record WHERE sheet_id = ? AND person_id = ?",
                      estate.sheet_id, estate.people[number])[0]


@pytest.mark.files_only
def test_a_roll_save_on_a_busy_database_is_asked_to_come_again(estate: Estate, tmp_path: Path) -> None:
    mine = estate.copy_to(tmp_path / "busy")
    with browsing(mine) as client:
        save = saver(client, mine)
        assert save(0, "present", 0).status_code == 200
        with closing(sqlite3.connect(mine.database, isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            begun = time.monotonic()
            refused = save(1, "present", 0)
            lasted = time.monotonic() - begun
            assert client.get(f"/rolls/{mine.sheet_id}").status_code == 200
            stranger.execute("ROLLBACK")
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1
        assert refused.get_json()["message"]
        assert 4 < lasted < 8, "the database waits five seconds for its turn, then says so"
        assert save(1, "present", 0).status_code == 200
    assert head(mine, 0) == head(mine, 1) == ("present", 1)
    mine.sound()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(folder)], capture_output=True, check=False).returncode == 0
    if not mounted:
        pytest.skip("mounting a small disk is not permitted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.files_only
def test_a_full_disk_refuses_writes_serves_reads_and_loses_nothing(estate: Estate, small_disk: Path) -> None:
    mine = estate.copy_to(small_disk / "data")
    with browsing(mine) as client:
        save = saver(client, mine)
        assert client.get(f"/rolls/{mine.sheet_id}").status_code == 200
        version = 0
        filler = small_disk / "filler"
        with filler.open("wb") as stream:
            free = shutil.disk_usage(small_disk).free
            stream.write(b"\0" * (free - 96 * 1024))
        for _ in range(400):
            answer = save(0, ("present", "absent")[version % 2], version)
            if answer.status_code != 200:
                break
            version += 1
        assert answer.status_code == 503, (answer.status_code, version)
        assert answer.headers["Retry-After"]
        assert head(mine, 0)[1] == version, "what was acknowledged is there, what was refused is not"
        for path in ("/", f"/rolls/{mine.sheet_id}", "/training/events", "/healthz"):
            assert client.get(path).status_code == 200, path
        assert client.get("/readyz").status_code == 503
        filler.unlink()
        assert save(0, "present" if version % 2 == 0 else "absent", version).status_code == 200
    assert head(mine, 0)[1] == version + 1
    mine.sound()
