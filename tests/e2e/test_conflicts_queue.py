"""The queue of conflicts and the dialog about columns in a real browser: keys, phone, dark, without scripts."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.attendance.sheets import Built, build_sheet
from tests.e2e.conftest import Server, Visit
from trainhub.attendance import service
from trainhub.attendance.reconciliation import Claim
from trainhub.attendance.service.heads import Save, locked_sheet
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.web.database import transaction

pytestmark = [pytest.mark.e2e, pytest.mark.files_only]


def state(session: Any, built: Built, source: str, status: str, count: int, **more: Any) -> None:
    held = locked_sheet(session, built.actor(), Permission.ROLL_WRITE, built.sheet_id)
    claims = [
        (p, Claim(source, f"{source}-{i}", hashlib.sha256(f"{p}{source}".encode()).hexdigest(), status, row=i + 2, **more))
        for i, p in enumerate(built.people[:count])
    ]
    service.state_claims(session, built.actor(), held, claims, Save(new_id(), source), built.now)


def violations(page: Page) -> list[str]:
    """What the accessibility checker finds on a page."""
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run(document).then(r => r.violations.map(v => v.id + ': ' + v.nodes[0].html))")
    return list(found)


@pytest.fixture
def built(server: Server) -> Built:
    with server.app.test_request_context("/", method="POST"), transaction() as session:
        session.commit = session.flush  # the sheet is committed with everything else
        made = build_sheet(session, server.sample)
        del session.commit
        state(session, made, "qr", "late", 3, trust="device", arrived_at=made.starts_at + timedelta(minutes=12), late_minutes=12, minutes=108)
        state(session, made, "import:tabular", "absent", 3, file_name="签到表.xlsx", cells=("许晓燕", "T0102", "×"))
        state(session, made, "import:meeting", "present", 1, trust="online", face_to_face=False)
    return made


def test_keys_take_sides_until_nothing_waits(visit: Visit, built: Built) -> None:
    page = visit(f"/rolls/{built.sheet_id}/conflicts", "training_officer")
    assert page.locator(".conflict").count() == 3
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("2")
    assert page.locator(".conflict").count() == 2
    with page.expect_navigation():
        page.keyboard.press("1")
    assert page.locator(".conflict").count() == 1
    assert page.locator(".timeline li").count() == 2
    assert violations(page) == []


def test_the_queue_fits_a_phone_and_works_without_scripts(visit: Visit, built: Built) -> None:
    page = visit(f"/rolls/{built.sheet_id}/conflicts", "training_officer", width=390, dark=True, scripts=False)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("[data-side]").first.click()
    assert page.locator(".conflict").count() == 2


def test_a_file_with_columns_of_its_own(visit: Visit, built: Built, tmp_path: Path) -> None:
    file = tmp_path / "考勤.csv"
    file.write_text("谁,牌子,来的钟点,走的钟点\n许晓燕,T0001,14:00,16:00\n王芳,T0002,14:20,\n", encoding="utf-8")
    page = visit(f"/rolls/{built.sheet_id}/import", "training_officer")
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="读取文件").click()
    assert page.url.endswith("/columns")
    assert violations(page) == []
    page.select_option("#column-name", "谁")
    page.select_option("#column-staff_no", "牌子")
    page.select_option("#column-sign_in", "来的钟点")
    page.locator(".go .btn.pri").click()
    assert "/columns" not in page.url
    assert violations(page) == []
    page.goto("/training/leave")
    assert violations(page) == []
