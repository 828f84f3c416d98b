"""Recording a class meeting on a phone: what it costs in taps, and that nothing is lost or doubled without a network."""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from tests.builders import build_district, today
from tests.class_meetings.record_scenery import Scene, build_scene, planned
from tests.e2e.conftest import Server, sign_in_cookies
from trainhub.class_meetings.models import MeetingAbsence, MeetingPhoto, MeetingRecord
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.e2e


def picture() -> bytes:
    """A PNG of 2400 x 1800 grey pixels, larger than a record keeps."""
    rows = b"".join(b"\0" + bytes([120 + y % 40]) * 2400 for y in range(1800))

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2400, 1800, 8, 0, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@dataclass
class Phone:
    """A phone of 390 px with somebody signed in; ``problems`` are errors its pages logged while there was a network."""

    context: BrowserContext
    page: Page
    scene: Scene
    meeting_id: str
    server: Server
    cookies: dict[str, str]
    problems: list[str]

    def become(self, who: str) -> None:
        """Carry on as another account on the same device."""
        name = str(self.server.app.config["SESSION_COOKIE_NAME"])
        self.context.clear_cookies()
        self.context.add_cookies([{"name": name, "value": self.cookies[who], "url": self.server.url, "httpOnly": True}])

    def rows(self, model: Any) -> list[Any]:
        """What the server holds of this meeting."""
        with self.server.app.app_context():
            found = list(db.session.scalars(select(model).where(model.meeting_id == self.meeting_id)))
            db.session.remove()
            return found


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Phone]:
    app = server.app
    with app.test_request_context("/", method="POST"):
        with transaction() as session:
            sample = build_district(session)
            scene = build_scene(session, sample, pupils=46)
            meeting_id = planned(session, scene, day=today() - timedelta(days=1))  # recorded in time, whatever the day of the run
        cookies = sign_in_cookies(app, sample)
        db.session.remove()
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, base_url=server.url)
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda m: problems.append(m.text) if m.type == "error" and "status of" not in m.text and "ERR_INTERNET" not in m.text else None)
    one = Phone(context, page, scene, meeting_id, server, cookies, problems)
    one.become("homeroom_teacher")
    yield one
    context.close()
    assert problems == []


def ready(phone: Phone) -> Page:
    phone.page.wait_for_selector("#unsent[data-ready=yes]", state="attached")
    return phone.page


def controlled(phone: Phone) -> None:
    phone.page.evaluate("() => navigator.serviceWorker.ready.then(() => new Promise(done => { const look = () => navigator.serviceWorker.controller ? done() : setTimeout(look, 50); look(); }))")


def test_recording_takes_seven_taps_and_twenty_characters(phone: Phone, tmp_path: Path) -> None:
    taps: list[str] = []

    def tap(find: Callable[[Page], Any], what: str) -> None:
        find(phone.page).tap()
        taps.append(what)

    phone.page.goto(f"/meetings/{phone.meeting_id}")
    tap(lambda p: p.locator("a.btn.pri"), "open")
    ready(phone)
    tap(lambda p: p.locator("#rec-list > summary"), "list of seats")
    tap(lambda p: p.locator('.rec-seats li[data-number="18"]'), "number 18")
    (tmp_path / "board.png").write_bytes(picture())
    with phone.page.expect_file_chooser() as chooser:
        tap(lambda p: p.locator("#rec-shot"), "photo")
    chooser.value.set_files(tmp_path / "board.png")
    expect(phone.page.locator("#rec-photos figure")).to_have_count(1)
    tap(lambda p: p.locator("#worked"), "sentence")
    words = "全班表决通过三条约定，讨论充分。"
    phone.page.keyboard.insert_text(words)
    tap(lambda p: p.locator("#rec-submit"), "submit")
    phone.page.wait_for_url(f"**/meetings/{phone.meeting_id}")
    assert len(taps) <= 7
    assert len(words) <= 20
    [record] = phone.rows(MeetingRecord)
    assert (record.expected_count, record.there_count, record.worked, record.minutes_held) == (46, 45, words, 40)
    assert phone.rows(MeetingAbsence)[0].student_id == phone.scene.pupils[17]
    [photo] = phone.rows(MeetingPhoto)
    assert len(photo.original_sha256) == 64
    size = phone.page.evaluate("() => { const i = document.querySelector('.mdoc-photos img'); return i.decode().then(() => [i.naturalWidth, i.naturalHeight]); }")
    assert size == [1600, 1200]


def test_a_record_made_without_a_network_comes_once_and_whole(phone: Phone, tmp_path: Path) -> None:
    page = phone.page
    page.goto(f"/meetings/{phone.meeting_id}/record")
    ready(phone)
    controlled(phone)
    phone.context.set_offline(True)
    page.reload()
    ready(phone)
    assert page.locator("#rec h1").inner_text() == "玩笑的边界"
    page.locator("#rec-list > summary").tap()
    page.locator('.rec-seats li[data-number="7"]').tap()
    page.locator('[name="step-2"]').tap()
    page.locator("#worked").fill("离线写的一句话")
    (tmp_path / "board.png").write_bytes(picture())
    page.locator("#rec-shot input").set_input_files(tmp_path / "board.png")
    expect(page.locator("#rec-photos figure")).to_have_count(1)
    expect(page.locator("#rec-saved")).not_to_be_empty()
    page.wait_for_timeout(1200)
    page.reload()  # the draft survives
    ready(phone)
    expect(page.locator("#worked")).to_have_value("离线写的一句话")
    expect(page.locator("#rec-photos figure")).to_have_count(1)
    page.locator("#rec-submit").tap()
    expect(page.locator("#unsent-n")).to_contain_text("1")
    assert phone.rows(MeetingRecord) == []
    page.goto("/meetings")  # the list of meetings says it too
    ready(phone)
    expect(page.locator("#unsent-n")).to_contain_text("1")
    page.locator("#rec-kept a").tap()
    ready(phone)
    page.reload()  # and so does what was submitted
    ready(phone)
    expect(page.locator("#unsent-n")).to_contain_text("1")
    phone.context.set_offline(False)
    page.wait_for_url(f"**/meetings/{phone.meeting_id}")
    page.goto(f"/meetings/{phone.meeting_id}")
    ready(phone)
    [record] = phone.rows(MeetingRecord)
    assert (record.worked, record.there_count, record.minutes_held) == ("离线写的一句话", 45, 25)
    assert len(phone.rows(MeetingPhoto)) == 1
    expect(page.locator("#unsent")).to_be_hidden()
    assert page.evaluate(KEPT) == {"drafts": 0, "queue": 0, "shots": 0}


KEPT = """() => new Promise(done => { const r = indexedDB.open('trainhub-meetings'); r.onsuccess = () => {
  const found = {}, names = ['drafts', 'queue', 'shots']; let left = names.length;
  names.forEach(name => { const q = r.result.transaction(name).objectStore(name).count(); q.onsuccess = () => { found[name] = q.result; if (!--left) { r.result.close(); done(found); } }; });
}; })"""


def test_somebody_elses_record_is_shown_beside_and_a_person_chooses(phone: Phone, browser: Browser) -> None:
    page = phone.page
    page.goto(f"/meetings/{phone.meeting_id}/record")
    ready(phone)
    controlled(phone)
    phone.context.set_offline(True)
    page.locator("#worked").fill("班主任离线记的")
    page.locator("#rec-submit").tap()
    expect(page.locator("#unsent-n")).to_contain_text("1")
    dean = browser.new_context(base_url=phone.server.url)
    name = str(phone.server.app.config["SESSION_COOKIE_NAME"])
    dean.add_cookies([{"name": name, "value": phone.cookies["dean"], "url": phone.server.url, "httpOnly": True}])
    theirs = dean.new_page()
    theirs.goto(f"/meetings/{phone.meeting_id}/record")
    theirs.locator("#worked").fill("德育处记的")
    theirs.locator("#rec-submit").click()
    theirs.wait_for_url(f"**/meetings/{phone.meeting_id}")
    dean.close()
    phone.context.set_offline(False)
    two = page.locator(".unsent-two")
    expect(two).to_contain_text("班主任离线记的")
    expect(two).to_contain_text("德育处记的")
    assert len(phone.rows(MeetingRecord)) == 1
    page.locator("#unsent .btn.pri").tap()
    page.wait_for_url(f"**/meetings/{phone.meeting_id}")
    assert [r.worked for r in sorted(phone.rows(MeetingRecord), key=lambda r: r.revision)] == ["德育处记的", "班主任离线记的"]


def test_another_account_on_the_same_phone_reads_nothing_and_the_first_loses_nothing(phone: Phone) -> None:
    page = phone.page
    page.goto(f"/meetings/{phone.meeting_id}/record")
    ready(phone)
    controlled(phone)
    pupil = str(page.locator(".rec-seats label").first.text_content()).split()[-1]
    assert len(pupil) >= 2
    phone.context.set_offline(True)
    page.locator("#worked").fill("先留在手机里")
    page.locator("#rec-submit").tap()
    expect(page.locator("#unsent-n")).to_contain_text("1")
    phone.context.clear_cookies()  # the session is over before the network is back
    phone.context.set_offline(False)
    page.goto("/sign-in")
    page.wait_for_timeout(300)
    assert phone.rows(MeetingRecord) == []
    phone.become("homeroom_teacher_2")
    phone.context.set_offline(True)
    page.goto(f"/meetings/{phone.meeting_id}/record")
    ready(phone)
    assert pupil not in page.content()
    assert "先留在手机里" not in page.content()
    phone.context.set_offline(False)
    phone.become("homeroom_teacher")
    page.goto(f"/meetings/{phone.meeting_id}")
    ready(phone)
    assert [r.worked for r in phone.rows(MeetingRecord)] == ["先留在手机里"]


def test_signing_out_wipes_the_device(phone: Phone) -> None:
    page = phone.page
    page.goto(f"/meetings/{phone.meeting_id}/record")
    ready(phone)
    controlled(phone)
    phone.context.set_offline(True)
    page.locator("#worked").fill("没有送出去")
    page.locator("#rec-submit").tap()
    expect(page.locator("#unsent-n")).to_contain_text("1")
    # Barred before the network is back: the page sends at once, and would leave for the meeting in the midst of the next step.
    page.route("**/record", lambda route: route.abort("internetdisconnected") if route.request.method == "POST" else route.continue_())
    phone.context.set_offline(False)
    page.goto("/account")
    page.locator("details.menu > summary").tap()
    page.locator('form[action$="/sign-out"] button').tap()
    expect(page.locator("dialog")).to_contain_text("1")
    page.locator("dialog .btn.dng, dialog .btn.pri").tap()
    page.wait_for_url("**/sign-in*")
    assert page.evaluate("""() => new Promise(done => { const r = indexedDB.open('trainhub-meetings'); r.onsuccess = () => {
        const n = r.result.objectStoreNames.length; if (!n) { r.result.close(); return done(0); }
        const q = r.result.transaction('pages').objectStore('pages').count(); q.onsuccess = () => { r.result.close(); done(q.result); }; }; })""") == 0
