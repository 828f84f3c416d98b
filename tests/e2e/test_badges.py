"""Badges in a real browser: a reader that types, the network cut and back, nothing doubled and nothing lost."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import select

from tests.e2e.conftest import Server, Visit
from tests.e2e.test_check_in import Held, make
from trainhub.attendance.check_in_rules import badge_key
from trainhub.attendance.models import AttendanceMark, CheckIn
from trainhub.web.database import db
from trainhub.web.keys import stable_key

pytestmark = pytest.mark.e2e


@pytest.fixture
def held(server: Server) -> Held:
    return make(server)


@pytest.fixture
def door(browser: Browser, held: Held) -> Iterator[Page]:
    """The page at the door in a context of its own: without network a browser logs errors."""
    context = browser.new_context(base_url=held.server.url)
    name = str(held.server.app.config["SESSION_COOKIE_NAME"])
    context.add_cookies([{"name": name, "value": held.server.cookies["training_officer"], "url": held.server.url, "httpOnly": True}])
    page = context.new_page()
    page.goto(f"/rolls/{held.id}/badges")
    page.locator("#door[data-ready=yes]").wait_for()
    yield page
    context.close()


def badge(held: Held, number: int) -> str:
    sample = held.server.sample
    with held.server.app.test_request_context():
        key = badge_key(stable_key(), sample.district_id, sample.school_id)
        return held.server.app.extensions["trainhub.badges"]["badge"].badge(held.people[number], key)


def read(page: Page, text: str) -> None:
    """Play keyboard, as a reader does: the signs, then Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def stored(held: Held) -> tuple[list[str], int]:
    """People checked in by badge, and how many marks there are."""
    with held.server.app.app_context():
        people = db.session.scalars(select(CheckIn.person_id).where(CheckIn.sheet_id == held.id)).all()
        marks = db.session.scalars(select(AttendanceMark.person_id).where(AttendanceMark.sheet_id == held.id)).all()
        db.session.remove()
    return sorted(people), len(marks)


def kept(page: Page) -> str:
    """Everything the browser keeps of scans, as text."""
    return str(page.evaluate("""() => new Promise(done => {
        const open = indexedDB.open('trainhub-badges', 1);
        open.onsuccess = () => {
            const all = open.result.transaction('scans').objectStore('scans').getAll();
            all.onsuccess = () => done(JSON.stringify(all.result.map(e => [e.op, e.sheet, String.fromCharCode(...new Uint8Array(e.sealed))])));
        };
    })"""))


def test_a_reader_types_and_the_name_stands_large(door: Page, held: Held) -> None:
    read(door, badge(held, 0))
    expect(door.locator("#last-scan")).to_have_attribute("data-kind", "in")
    expect(door.locator("#pending")).to_have_text("全部已同步")
    expect(door.locator("#here")).to_contain_text("已到 1 /")
    read(door, badge(held, 0))
    expect(door.locator("#last-scan")).to_have_attribute("data-kind", "again")
    read(door, "6901234567892")
    expect(door.locator("#last-scan")).to_have_attribute("data-kind", "bad")
    assert stored(held) == ([held.people[0]], 1)
    assert Axe().run(door).violations_count == 0


def test_scans_without_network_are_kept_and_sent_once_it_is_back(door: Page, held: Held) -> None:
    door.context.set_offline(True)
    for number in range(6):
        read(door, badge(held, number))
        expect(door.locator("#last-scan")).to_have_attribute("data-kind", "in")
    read(door, badge(held, 2))
    expect(door.locator("#last-scan")).to_have_attribute("data-kind", "again")
    expect(door.locator("#pending")).to_have_text("未同步 6 条")
    assert stored(held) == ([], 0)
    box = kept(door)
    assert len(json.loads(box)) == 6
    assert badge(held, 0) not in box
    door.context.set_offline(False)
    expect(door.locator("#pending")).to_have_text("全部已同步", timeout=20000)
    assert stored(held) == (sorted(held.people[:6]), 6)
    assert json.loads(kept(door)) == []


def test_the_key_of_the_queue_cannot_be_taken_out(door: Page, held: Held) -> None:
    read(door, badge(held, 0))
    assert door.evaluate("""() => new Promise(done => {
        const open = indexedDB.open('trainhub-badges', 1);
        open.onsuccess = () => {
            const get = open.result.transaction('keys').objectStore('keys').get('own');
            get.onsuccess = () => done([get.result.extractable, get.result.algorithm.name]);
        };
    })""") == [False, "AES-GCM"]


def test_an_answer_that_gets_lost_doubles_nothing(door: Page, held: Held) -> None:
    """The server files the scan, the network dies before the answer: the same scan is sent again."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    door.route("**/badges/batch", lose, times=1)
    with door.expect_event("requestfailed"):
        read(door, badge(held, 0))
    expect(door.locator("#pending")).to_have_text("未同步 1 条")
    assert stored(held) == ([held.people[0]], 1)
    read(door, badge(held, 1))
    expect(door.locator("#pending")).to_have_text("全部已同步")
    assert stored(held) == (sorted(held.people[:2]), 2)


def test_scans_survive_closing_the_page(door: Page, held: Held) -> None:
    door.context.set_offline(True)
    for number in (3, 4):
        read(door, badge(held, number))
    expect(door.locator("#pending")).to_have_text("未同步 2 条")
    context = door.context
    door.close()
    context.set_offline(False)
    page = context.new_page()
    page.goto(f"/rolls/{held.id}/badges")
    expect(page.locator("#pending")).to_have_text("全部已同步")
    assert stored(held) == (sorted(held.people[3:5]), 2)


def test_without_scripts_one_by_one(visit: Visit, held: Held) -> None:
    page = visit(f"/rolls/{held.id}/badges", "training_officer", scripts=False)
    page.get_by_label("工牌编码").fill(badge(held, 5))
    page.get_by_role("button", name="签到", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="已到").first).to_be_visible()
    assert stored(held) == ([held.people[5]], 1)


def test_printed_badges_read_well(visit: Visit, held: Held) -> None:
    page = visit("/rolls/badges", "training_officer")
    page.get_by_label("语文组").first.check()
    page.get_by_role("button", name="显示工牌").click()
    expect(page.locator(".badge-card").first).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.emulate_media(media="print")
    box = page.locator(".badge-card").first.bounding_box()
    assert box is not None
    assert abs(box["width"] / 96 * 25.4 - 90) < 1
