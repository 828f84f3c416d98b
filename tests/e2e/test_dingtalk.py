"""A school that uses DingTalk: switch the plugin on, drop the report on the roll, settle two conflicts, close the roll."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests import dingtalk_month as month
from tests.attendance.sheets import Built, build_sheet
from tests.e2e.conftest import Server, Visit
from trainhub.attendance import service
from trainhub.attendance.reconciliation import Claim
from trainhub.attendance.service.heads import Save, locked_sheet
from trainhub.kernel.clock import local
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import Employment, Person
from trainhub.web.database import transaction

pytestmark = [pytest.mark.e2e, pytest.mark.files_only]


@pytest.fixture
def built(server: Server) -> Built:
    """A session of two hours in which a signed sheet already says of two people that they were not there."""
    with server.app.test_request_context("/", method="POST"), transaction() as session:
        session.commit = session.flush
        made = build_sheet(session, server.sample)
        del session.commit
        held = locked_sheet(session, made.actor(), Permission.ROLL_WRITE, made.sheet_id)
        said = [
            (person, Claim("import:tabular", f"row-{n}", hashlib.sha256(person.encode()).hexdigest(), "absent", row=n + 2,
                           file_name="签到表.xlsx", cells=("×",)))
            for n, person in enumerate(made.people[:2])
        ]  # fmt: skip
        service.state_claims(session, made.actor(), held, said, Save(new_id(), "import:tabular"), made.now)
    return made


def report(server: Server, built: Built) -> bytes:
    """The DingTalk day: everybody came five minutes early and stayed to the end."""
    came, left = local(built.starts_at - timedelta(minutes=5)), local(built.ends_at)
    with server.app.app_context(), transaction() as session:
        rows = [
            month.row({
                "姓名": session.get_one(Person, (server.sample.district_id, person)).name, "工号": job.staff_no, "部门": "语文组",
                "考勤组": "专题培训", "职位": "教师", "UserId": f"u{n:04d}",
            }, local(built.starts_at).date(), f"{came:%H:%M}", f"{left:%H:%M}")
            for n, person in enumerate(built.people)
            for job in session.query(Employment).filter_by(district_id=server.sample.district_id, person_id=person).limit(1)
        ]  # fmt: skip
    return month.workbook(rows).content


def test_enable_import_settle_and_close(visit: Visit, server: Server, built: Built, tmp_path: Path) -> None:
    admin = visit("/plugins/dingtalk", "system_administrator")
    admin.get_by_role("button", name="启用", exact=True).first.click()
    assert "运行正常" in admin.locator("main").inner_text()

    file = tmp_path / "报表.xlsx"
    file.write_bytes(report(server, built))
    page = visit(f"/rolls/{built.sheet_id}/import", "training_officer")
    page.set_input_files("#file", str(file))
    page.get_by_role("button", name="读取文件").click()
    page.wait_for_load_state("networkidle")
    assert "钉钉" in page.locator("main").inner_text()
    with page.expect_navigation():
        page.locator(".go .btn.pri").click()

    page.goto(f"/rolls/{built.sheet_id}/conflicts")
    assert page.locator(".conflict").count() == 2
    assert "钉钉" in page.locator(".conflict").first.inner_text()
    for _ in range(2):
        with page.expect_navigation():
            page.locator(".conflict").first.locator("[data-side]").first.click()
    assert page.locator(".conflict").count() == 0

    page.goto(f"/rolls/{built.sheet_id}")
    page.click("#finish")
    page.fill("#head_count", str(len(built.people)))
    with page.expect_navigation():
        page.locator("form:has(#head_count) button.pri").click()
    assert "核实" in page.locator("main").inner_text()
