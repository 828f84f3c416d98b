"""Taking a roll in a real browser: keys, taps, two devices, no connection, paper."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.builders import add_staff
from tests.e2e.conftest import Server, Visit, violations
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceRecord
from trainhub.attendance.service import OpenSheet, SheetPerson
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.minutes import whole_minute
from trainhub.web.database import db, transaction

pytestmark = pytest.mark.e2e


@dataclass
class Held:
    """A sheet that runs now, and what the database says of it."""

    server: Server
    id: str
    people: list[str]

    @property
    def url(self) -> str:
        """The roll's page."""
        return f"/rolls/{self.id}"

    def stored(self) -> dict[str, str | None]:
        """Person -> status as saved."""
        with self.server.app.app_context():
            rows = db.session.execute(
                select(AttendanceRecord.person_id, AttendanceRecord.status).where(AttendanceRecord.sheet_id == self.id)
            ).all()
            db.session.remove()
        return {row.person_id: row.status for row in rows}

    def status(self, number: int) -> str | None:
        """The saved status of the person with a serial number."""
        return self.stored()[self.people[number - 1]]


@pytest.fixture
def held(server: Server) -> Held:
    """A fresh sheet."""
    return open_sheet(server)


@pytest.fixture(scope="module")
def looked_at(server: Server) -> Held:
    """A sheet that nobody marks."""
    return open_sheet(server)


def open_sheet(server: Server) -> Held:
    """A sheet of 24 people in two departments; the session began 20 minutes ago."""
    sample = server.sample
    with server.app.test_request_context("/", method="POST"):
        with transaction() as session:
            people = add_staff(session, sample.district_id, sample.school_id, 24, department=f"e2e-{new_id()[-6:]}", first_no=300)
            start = whole_minute(now() - timedelta(minutes=20))
            sheet = service.open_sheet(session, sample.actors["training_officer"], OpenSheet(
                sample.school_id, "training_part", new_id(), "学生欺凌预防与处置专题培训", start, start + timedelta(minutes=120),
                people=[SheetPerson(p, i + 1, "语文组" if i < 12 else "数学组", f"T{i + 300:04d}") for i, p in enumerate(people)],
            ), now())
        db.session.remove()
    return Held(server, sheet, people)


def figure(page: Page, name: str) -> int:
    """A figure at the head of the roll."""
    return int(page.locator(f"#n-{name}").inner_text())


def settled(page: Page) -> None:
    """Wait until the last mark was saved."""
    expect(page.locator("#saved")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    page.wait_for_function("!document.querySelector('.seg.pending')")
    page.wait_for_load_state("networkidle")


def ready(page: Page) -> Page:
    """Wait for the script."""
    page.locator("#book[data-ready=yes]").wait_for()
    return page


def row(page: Page, number: int) -> Any:
    """The row with a serial number."""
    return page.locator(".person").filter(has=page.locator(f'legend i:text-is("{number}")'))


def test_one_key_per_person_counts_and_saves_at_once(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    assert (figure(page, "marked"), figure(page, "unmarked")) == (0, 24)
    row(page, 1).focus()
    for key in "1121314":
        page.keyboard.press(key)
    expect(page.locator("#n-present")).to_have_text("4")
    expect(page.locator("#finish")).to_contain_text("17")
    settled(page)
    assert [held.status(n) for n in range(1, 9)] == ["present", "present", "late", "present", "excused", "present", "absent", None]
    expect(page.locator(".person.cur")).to_have_attribute("data-no", "8")


def test_cursor_find_undo_and_fifth_key(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    row(page, 1).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".person.cur")).to_have_attribute("data-no", "6")
    page.keyboard.press("/")
    page.keyboard.type("20")
    page.keyboard.press("Enter")
    expect(page.locator(".person.cur")).to_have_attribute("data-no", "20")
    page.keyboard.press("5")
    settled(page)
    assert held.status(20) == "left_early"
    page.keyboard.press("n")
    page.keyboard.press("z")
    settled(page)
    assert held.status(20) is None
    expect(page.locator("#n-unmarked")).to_have_text("24")


def test_details_open_with_space_and_keep_the_minutes(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    row(page, 3).focus()
    page.keyboard.press("Space")
    page.select_option("#d-value", "late")
    page.fill("#d-late", "25")
    page.fill("#d-note", "堵车")
    page.click("#details-form button[type=submit]")
    settled(page)
    assert held.status(3) == "late"
    page.reload()
    expect(row(ready(page), 3)).to_have_attribute("data-late", "25")


def test_the_rest_of_a_department_with_the_counted_heads_and_one_undo(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    row(page, 1).focus()
    page.keyboard.press("4")
    settled(page)
    page.click(".book-rest >> nth=0")
    page.fill("dialog[open] input[name=head_count]", "11")
    page.click("dialog[open] .btn.pri")
    expect(page.locator("#n-present")).to_have_text("11")
    settled(page)
    assert [held.status(n) for n in (1, 2, 12, 13)] == ["absent", "present", "present", None]
    page.click("#undo")
    expect(page.locator("#n-present")).to_have_text("0")
    settled(page)
    assert held.status(2) is None


def test_two_devices_never_overwrite_each_other_in_silence(visit: Visit, held: Held) -> None:
    first, second = (ready(visit(held.url, who)) for who in ("training_officer", "training_officer_2"))
    row(first, 2).focus()
    first.keyboard.press("4")
    settled(first)
    row(second, 2).focus()
    second.keyboard.press("1")
    note = second.locator("#conflicts .note")
    expect(note).to_contain_text("training_officer账号")
    assert held.status(2) == "absent"
    expect(row(second, 2).locator("input:checked")).to_have_value("absent")
    note.locator("button").nth(1).click()
    expect(note).to_have_count(0)
    settled(second)
    assert held.status(2) == "present"


def test_the_other_device_sees_marks_within_its_poll(visit: Visit, held: Held) -> None:
    first, second = (ready(visit(held.url, who)) for who in ("training_officer", "training_officer_2"))
    row(first, 5).focus()
    first.keyboard.press("1")
    settled(first)
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row(second, 5).locator("input:checked")).to_have_value("present")
    expect(second.locator("#n-present")).to_have_text("1")


def test_without_a_connection_marks_are_kept_and_sent_later(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no connection')); }")
    row(page, 1).focus()
    page.keyboard.press("1")
    page.keyboard.press("1")
    expect(page.locator("#strip")).to_contain_text("2", timeout=8000)
    expect(page.locator("#n-present")).to_have_text("2")
    assert held.status(1) is None
    kept = page.evaluate("""() => new Promise(done => { const r = indexedDB.open('trainhub-roll', 1);
        r.onsuccess = () => { const all = r.result.transaction('ops').objectStore('ops').getAll(); all.onsuccess = () => done(all.result.length); }; })""")
    assert kept == 2
    page.reload()
    ready(page)
    page.wait_for_function("document.getElementById('strip').hidden")
    expect(page.locator("#n-present")).to_have_text("2")
    page.wait_for_load_state("networkidle")
    assert [held.status(n) for n in (1, 2)] == ["present", "present"]


def test_on_the_phone_every_status_is_one_tap_of_44_pixels(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer", width=390))
    cells = row(page, 1).locator(".seg label")
    for index in range(4):
        box = cells.nth(index).bounding_box()
        assert box is not None
        assert (round(box["width"]), round(box["height"])) >= (46, 44)
    cells.nth(1).tap()
    settled(page)
    assert held.status(1) == "late"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_scripts_the_form_saves_everything(visit: Visit, held: Held) -> None:
    page = visit(held.url, "training_officer", scripts=False)
    row(page, 1).locator("input[value=present]").check(force=True)
    row(page, 2).locator("input[value=excused]").check(force=True)
    page.click("#plain-save")
    assert [held.status(n) for n in (1, 2, 3)] == ["present", "excused", None]


def test_from_marks_to_verified_by_two_people(visit: Visit, held: Held) -> None:
    page = ready(visit(held.url, "training_officer"))
    row(page, 1).focus()
    for _ in range(24):
        page.keyboard.press("1")
    settled(page)
    page.click("#finish")
    page.fill("#head_count", "24")
    page.click("form .btn.pri")
    expect(page.locator(".note-info")).to_be_visible()
    other = visit(f"{held.url}/verify", "principal")
    other.click(".go .btn.pri")
    expect(other.locator(".mast .lede")).to_contain_text("已核")


PATHS: list[tuple[str, str, Callable[[Held], str]]] = [
    ("list", "principal", lambda h: "/rolls"), ("roll", "training_officer", lambda h: h.url),
    ("read-only roll", "principal", lambda h: h.url), ("verify", "principal", lambda h: f"{h.url}/verify"),
    ("finish", "training_officer", lambda h: f"{h.url}/finish"), ("import", "training_officer", lambda h: f"{h.url}/import"),
    ("walk-in", "training_officer", lambda h: f"{h.url}/walk-in?q=T"),
    ("person", "training_officer", lambda h: f"{h.url}/people/{h.people[0]}"), ("sheet", "training_officer", lambda h: f"{h.url}/sheet"),
]


@pytest.mark.parametrize(("width", "dark"), [(1440, False), (1440, True), (390, False)])
@pytest.mark.parametrize(("name", "who", "path"), PATHS, ids=[p[0] for p in PATHS])
def test_pages_are_accessible_and_fit(
    look: Visit, looked_at: Held, name: str, who: str, path: Callable[[Held], str], width: int, dark: bool
) -> None:
    page = look(path(looked_at), who, width=width, dark=dark)
    assert violations(page) == []
    if name != "sheet":
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_mark_made_after_the_session_ended_is_kept_and_sent_after_signing_in(visit: Visit, held: Held, server: Server) -> None:
    page = ready(visit(held.url, "training_officer"))
    name = str(server.app.config["SESSION_COOKIE_NAME"])
    page.context.clear_cookies()
    row(page, 1).focus()
    page.keyboard.press("1")
    page.wait_for_url("**/sign-in**")
    assert held.status(1) is None
    page.context.add_cookies([{"name": name, "value": server.cookies["training_officer"], "url": server.url, "httpOnly": True}])
    page.goto(held.url)
    ready(page)
    expect(page.locator("#n-present")).to_have_text("1")
    settled(page)
    assert held.status(1) == "present"
