"""Scanning in a real browser: the scan outlives the sign-in, the projector renews itself, both read well."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.builders import add_staff
from tests.e2e.conftest import Server, Visit
from trainhub.accounts.models import Account
from trainhub.accounts.service import hash_password
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceRecord
from trainhub.attendance.queries.check_in import desk
from trainhub.attendance.service import OpenSheet, SheetPerson
from trainhub.attendance.views import codes
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.minutes import whole_minute
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.e2e
PASSWORD = "Quiet-harbour-2026"


@dataclass
class Held:
    server: Server
    id: str
    people: list[str]

    def address(self) -> str:
        with self.server.app.test_request_context():
            found = desk(db.session(), Scope(self.server.sample.district_id, None), self.id)
            token = codes.shown(found, now()).token
            db.session.remove()
        return f"/check-in/{found.code}.{token}"

    def status(self, person: str) -> str | None:
        with self.server.app.app_context():
            row = db.session.get_one(AttendanceRecord, (self.server.sample.district_id, self.id, person))
            db.session.remove()
        return row.status


def make(server: Server, began: timedelta = timedelta(minutes=2)) -> Held:
    sample = server.sample
    with server.app.test_request_context("/", method="POST"):
        with transaction() as session:
            more = add_staff(session, sample.district_id, sample.school_id, 12, department=f"e2e-{new_id()[-6:]}", first_no=500)
            people = [*sample.people, *more]
            start = whole_minute(now() - began)
            officer = sample.actors["training_officer"]
            sheet = service.open_sheet(session, officer, OpenSheet(
                sample.school_id, "training_part", new_id(), "学生欺凌预防与处置专题培训", start, start + timedelta(minutes=120),
                people=[SheetPerson(p, i + 1, "语文组" if i < 9 else "数学组", f"T{i:04d}") for i, p in enumerate(people)],
            ), now())
            service.begin_check_in(session, officer, sheet, "qr", now())
            account = session.get_one(Account, (sample.district_id, sample.accounts["teacher"]))
            account.password_hash = hash_password(PASSWORD)
        db.session.remove()
    return Held(server, sheet, people)


@pytest.fixture
def held(server: Server) -> Held:
    """A session that began two minutes ago, check-in begun."""
    return make(server)


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_signed_out_scan_survives_the_sign_in_on_the_phone(visit: Visit, held: Held, scripts: bool) -> None:
    page = visit(held.address(), width=390, scripts=scripts)
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_label("工号或用户名").fill(held.server.sample.usernames["teacher"])
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile("/check-in$"))
    expect(page.get_by_text("扫码时间")).to_be_visible()
    assert held.status(held.people[0]) is None
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page).to_have_url(re.compile("/check-in/done/"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("签到成功")
    assert held.status(held.people[0]) == "present"


@pytest.mark.parametrize("dark", [False, True])
def test_phone_pages_read_well(visit: Visit, held: Held, dark: bool) -> None:
    page = visit(held.address(), "principal", width=390, dark=dark)
    expect(page.get_by_role("button", name="签到", exact=True)).to_be_visible()
    clean(page)
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_text("签到成功")).to_be_visible()
    clean(page)
    page.goto("/check-in")
    clean(page)
    page.goto("/check-in/nowhere.nothing")
    expect(page.get_by_role("heading", level=1)).to_contain_text("不是本场的签到码")
    clean(page)


def test_the_projector_reads_well_and_renews_itself(visit: Visit, held: Held) -> None:
    page = visit(f"/rolls/{held.id}/projector", "training_officer")
    expect(page.get_by_role("img", name="签到二维码")).to_be_visible()
    clean(page)
    expect(page.locator(".cnt .num")).to_have_text("0")
    before = page.locator("[data-count]").inner_text()
    phone = visit(held.address(), "teacher", width=390)
    phone.get_by_role("button", name="签到", exact=True).click()
    expect(page.locator(".cnt .num")).to_have_text("1", timeout=9000)
    expect(page.locator(".prj-foot")).to_contain_text("语文组 1 人")
    expect(page.locator("[data-count]")).not_to_have_text(before)
    box = page.locator(".qb").bounding_box()
    assert box is not None
    assert box["width"] > 400
    assert box["y"] + box["height"] < 900
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(f"/rolls/{held.id}$"))


def test_the_projector_says_when_its_code_is_old(browser: Browser, held: Held) -> None:
    """A context of its own: a browser without network logs errors, which is what this is about."""
    context = browser.new_context(base_url=held.server.url)
    name = str(held.server.app.config["SESSION_COOKIE_NAME"])
    context.add_cookies([{"name": name, "value": held.server.cookies["training_officer"], "url": held.server.url, "httpOnly": True}])
    page = context.new_page()
    page.goto(f"/rolls/{held.id}/projector")
    page.locator("[data-live]").evaluate("e => e.setAttribute('data-left', '1')")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("网络断开", timeout=40000)
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_be_hidden(timeout=9000)
    context.close()


def test_a_scan_before_the_opening_checks_in_by_itself(visit: Visit, server: Server) -> None:
    held = make(server, began=timedelta(minutes=-31))  # whole minutes: opens within the next one
    page = visit(held.address(), "homeroom_teacher", width=390)
    form = page.locator("form[data-wait]")
    expect(form).to_be_visible()
    assert 0 < int(form.get_attribute("data-wait") or 0) <= 62
    clean(page)
    expect(page).to_have_url(re.compile("/check-in/done/"), timeout=65000)
    assert held.status(held.people[1]) == "present"
