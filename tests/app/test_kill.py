"""A process killed in the middle: all of a step or nothing of it, and nothing acknowledged is lost."""

import http.client
import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import xlsxwriter

from tests.app.estate import Browser, Estate, make_estate, opened, served
from tests.builders import GIVEN, SURNAMES
from tests.warm_command import Running
from trainhub.app.imports import import_roster
from trainhub.cli.answers import actor_named
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.plugin_api import Upload
from trainhub.web.database import db

pytestmark = pytest.mark.files_only
ROWS = 2000
AT_COMMIT = 0.0
MOMENTS = (0.5, 0.7, 0.8, 0.9, 0.97, AT_COMMIT)  # shares of the time that a whole run takes
VALUES = ("present", "absent")
STAFF = "SELECT count(*) FROM employment WHERE school_id = (SELECT id FROM org_unit WHERE name = '新城实验小学')"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return make_estate(tmp_path_factory.mktemp("kill") / "data", extra=34)


@pytest.fixture(scope="module")
def staff_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 invented people with numbers, departments and first days."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet()
    for column, header in enumerate(("姓名", "工号", "部门", "类别", "入校日期")):
        sheet.write_string(0, column, header)
    for row in range(1, ROWS + 1):
        name = SURNAMES[row % 16] + GIVEN[row // 16 % 12] + GIVEN[row // 192 % 12][0]
        for column, value in enumerate((name, f"K{row:05d}", f"第{row % 40}组", "专任教师", "2020-09-01")):
            sheet.write_string(row, column, value)
    book.close()
    path = tmp_path_factory.mktemp("files") / "staff.xlsx"
    path.write_bytes(buffer.getvalue())
    return path


def staff(estate: Estate) -> int:
    return int(estate.ask(STAFF)[0][0])


def again(estate: Estate, file: Path) -> dict[str, object]:
    """The same command in this process."""
    with opened(estate.folder) as app, app.test_request_context("/"):
        actor = actor_named(db.session(), estate.empty_school_clerk)
        return import_roster(actor, "staff", Upload(file.name, file.read_bytes()), now(), dry_run=False)


def _wait_for_the_first_page(mine: Estate, process: Running) -> None:
    """Until the write-ahead log begins to grow: the middle of the commit."""
    log = mine.database.with_name(mine.database.name + "-wal")
    while process.poll() is None and not (log.exists() and log.stat().st_size):
        time.sleep(0.0005)


def test_an_import_killed_at_any_moment_is_whole_or_absent(estate: Estate, staff_file: Path, tmp_path: Path) -> None:
    command = ("import", "staff", str(staff_file), "--as", estate.empty_school_clerk, "--json")
    whole = estate.copy_to(tmp_path / "whole")
    begun = time.monotonic()
    done = whole.run(*command)
    lasts = time.monotonic() - begun
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    assert staff(whole) == ROWS
    whole.sound()

    copies = {share: estate.copy_to(tmp_path / f"at-{share}") for share in MOMENTS}

    def killed(share: float) -> Estate:
        mine = copies[share]
        process = mine.start(*command)
        if share == AT_COMMIT:
            _wait_for_the_first_page(mine, process)
        else:
            time.sleep(lasts * share)
        process.kill()
        process.wait(10)
        return mine

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(killed, MOMENTS))
    for mine in found:
        assert staff(mine) in (0, ROWS)
        mine.sound()
    again(mine, staff_file)
    assert staff(mine) == ROWS
    entries = mine.ask("SELECT count(*) FROM ledger_entry")
    third = again(mine, staff_file)
    assert third["written"] == 0
    assert not third["applied"]
    assert mine.ask("SELECT count(*) FROM ledger_entry") == entries
    assert staff(mine) == ROWS
    mine.sound()


def test_a_killed_server_loses_no_acknowledged_mark(estate: Estate, tmp_path: Path) -> None:
    """Every save marks all forty people of a roll at once; the server dies while saves run."""
    mine = estate.copy_to(tmp_path / "served")
    version = 0
    for after in (0.2, 0.5):
        version = _saves_until_killed(mine, after=after, already=version)
        mine.sound()


def _saves_until_killed(mine: Estate, *, after: float, already: int) -> int:
    """Save until the server is dead; check what stands in the file; return the roll's version."""
    said: list[int] = []

    def save(port: int) -> None:
        browser, version = Browser(port, mine.cookies["training_officer"]), already
        try:
            browser.get(f"/rolls/{mine.sheet_id}")
            while True:
                value = VALUES[version % 2]
                marks = [{"person": p, "value": value, "seen_version": version} for p in mine.people]
                status, answer = browser.post_json(f"/rolls/{mine.sheet_id}/marks", {"op_id": new_id(), "marks": marks})
                assert status == 200, answer
                version += 1
                said.append(version)
        except (OSError, http.client.HTTPException):
            return  # the server is gone

    with served(mine) as running, ThreadPoolExecutor(1) as pool:
        (port, process), = running
        work = pool.submit(save, port)
        deadline = time.monotonic() + 30
        while not said and time.monotonic() < deadline and not work.done():
            time.sleep(0.01)
        time.sleep(after)
        process.kill()
        process.wait(10)
        work.result(60)
    assert said, "no save was acknowledged"
    heads = mine.ask("SELECT DISTINCT version, status FROM attendance_record WHERE sheet_id = ?", mine.sheet_id)
    assert len(heads) == 1, f"half a roll: {heads}"
    version, status = heads[0]
    assert version in (said[-1], said[-1] + 1), "an acknowledged save is lost"
    assert status == VALUES[(version - 1) % 2]
    return int(version)
