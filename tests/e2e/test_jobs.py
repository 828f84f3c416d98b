"""The main jobs from beginning to end as people do them, and what each costs in clicks and keys."""

import re
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Server, Visit
from tests.e2e.school import PACK, SAMPLES, Hand, School, add_sample_staff, found_school, rename
from trainhub.attendance import service
from trainhub.attendance.service import OpenSheet, SheetPerson
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id

pytestmark = pytest.mark.e2e

STAFF = 26


@pytest.fixture
def school(server: Server, visit: Visit) -> School:
    """A school of 26, all of whom owe this year's training."""
    return found_school(server, visit, staff=STAFF)


def row(page: Page, number: int) -> Locator:
    """The line of the roll with a serial number."""
    return page.locator(".person").filter(has=page.locator(f'legend i:text-is("{number}")'))


def roll(page: Page) -> Page:
    """The roll, once its script has taken over."""
    page.locator("#book[data-ready=yes]").wait_for()
    return page


def saved(page: Page) -> None:
    """Wait until every mark is on the server: the stamp shows a time, not that it is saving."""
    expect(page.locator("#saved")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"), timeout=20_000)


def publish(hand: Hand) -> None:
    """From the pack's page to the published training."""
    hand.click("a.btn.pri[href*='/training/new']")
    for box in hand.page.locator(".plan-ask input[type=checkbox]").all():
        hand.click(box)
    hand.click("#plan button[value=publish]")


def expect_published(page: Page) -> None:
    """The training's page names the number of people and has its roll."""
    expect(page).to_have_url(re.compile(r"/training/events/[0-9a-f]{32}$"))
    expect(page.locator(".mast .lede")).to_contain_text(f"{STAFF} 人")
    expect(page.locator("main a[href^='/rolls/']").first).to_be_visible()


def test_from_the_pack_to_a_published_training_in_three_clicks(school: School) -> None:
    hand = Hand(school.visit(f"/courses/{PACK}", "training_officer"))
    publish(hand)
    expect_published(hand.page)
    assert hand.clicks <= 3, "pack, (one question), publish"
    assert hand.keys == 0
    told = school.visit("/", "teacher")
    expect(told.locator("main")).to_contain_text("法律与职责")


def test_one_key_for_each_of_26_people_until_the_minutes_count(school: School) -> None:
    with school.writing() as session:
        rename(session, school.sample, school.sample.people[8], "许晓燕", "xxy")
    _event, sheet = school.yesterdays_training()
    page = roll(school.visit(f"/rolls/{sheet}", "training_officer"))
    hand = Hand(page)
    for _ in range(STAFF):
        hand.press("1")
    expect(page.locator("#n-present")).to_have_text(str(STAFF))
    assert (hand.keys, hand.clicks) == (STAFF, 0), "the cursor stands on the first person, one key each"

    hand.press("z")
    expect(page.locator("#n-unmarked")).to_have_text("1")
    expect(page.locator(".person.un")).to_have_attribute("data-no", str(STAFF))
    hand.press("ArrowUp")
    hand.press("n")
    expect(page.locator(".person.cur")).to_have_attribute("data-no", str(STAFF))
    hand.press("4")
    hand.press("/")
    page.keyboard.type("xxy")
    hand.press("Enter")
    expect(page.locator(".person.cur legend a")).to_have_text("许晓燕")
    hand.press("3")
    expect(page.locator("#n-present")).to_have_text(str(STAFF - 2))

    hand.click("#finish")  # at once: marks still on their way are sent first, then the page goes on by itself
    page.fill("#head_count", str(STAFF - 2))
    hand.click("main form .btn.pri")
    assert hand.clicks == 2
    own = school.visit("/training/standing/me", "teacher")
    expect(own.locator("main .big")).not_to_contain_text(re.compile(r"^90"))
    verify_and_count(school, sheet)


def verify_and_count(school: School, sheet: str, *, scripts: bool = True) -> None:
    """The officer who marked cannot verify; the second one does with one click; then the minutes count."""
    first = school.visit(f"/rolls/{sheet}/verify", "training_officer", scripts=scripts)
    expect(first.locator(f"form[action='/rolls/{sheet}/verify']")).to_have_count(0)
    second = Hand(school.visit(f"/rolls/{sheet}/verify", "training_officer_2", scripts=scripts))
    second.click(f"form[action='/rolls/{sheet}/verify'] button")
    expect(second.page.locator(".mast .lede")).to_contain_text("已核")
    assert second.clicks == 1
    own = school.visit(f"/training/standing/me?year={school.held_in}", "teacher", scripts=scripts)
    expect(own.locator("main .big").first).to_have_text(re.compile(r"^90"))


def test_without_scripts_from_the_pack_to_counted_minutes(school: School) -> None:
    hand = Hand(school.visit(f"/courses/{PACK}", "training_officer", scripts=False))
    publish(hand)
    expect_published(hand.page)
    _event, sheet = school.yesterdays_training()
    page = school.visit(f"/rolls/{sheet}", "training_officer", scripts=False)
    for number in range(1, STAFF):
        row(page, number).locator("input[value=present]").check(force=True)
    row(page, STAFF).locator("input[value=absent]").check(force=True)
    page.click("#plain-save")
    expect(page.locator("#n-present")).to_have_text(str(STAFF - 1))
    page.click("#finish")
    page.fill("#head_count", str(STAFF - 1))
    page.click("main form .btn.pri")
    verify_and_count(school, sheet, scripts=False)


def choose_file(hand: Hand, file: Path) -> None:
    """Put a file into the page's field and have it read."""
    hand.page.set_input_files("input[type=file]", file)
    hand.click("main form .btn.pri")


def test_the_administrator_imports_the_staff_sheet_and_the_same_again_changes_nothing(school: School) -> None:
    file = next((SAMPLES / "31-roster-teachers").glob("*.xlsx"))
    hand = Hand(school.visit("/roster", "school_administrator"))
    page = hand.page
    hand.click("main a[href='/roster/import/staff']")
    choose_file(hand, file)
    for question in page.locator("#group-open select").all():
        question.select_option(index=1)
        hand.clicks += 1
    if page.locator("#group-open select").count():
        hand.click("button[value=keep]")
    expect(page.locator("button[value=write]")).to_have_text(re.compile(r"写入 \d+ 行"))
    hand.click("button[value=write]")
    expect(page.locator("main")).to_contain_text("撤回")
    assert hand.clicks <= 8
    page.goto("/roster")
    expect(page.locator("main")).to_contain_text("欧阳若彤")
    expect(page.locator("main")).to_contain_text("买买提·艾力")

    page.goto("/roster/import/staff")
    choose_file(hand, file)
    expect(page.locator(".mast .lede")).to_contain_text("0 处变化")
    expect(page.locator("button[value=write]")).to_have_count(0)


@pytest.fixture
def paper(school: School) -> str:
    """The roll to which the typed-up sign-in sheet of the samples belongs."""
    with school.writing() as session:
        people = list(add_sample_staff(session, school.sample).values())[:12]
        starts, ends = (at(date(2026, 3, 5), time(hour)) for hour in (14, 16))
        return service.open_sheet(session, school.sample.actors["training_officer"], OpenSheet(
            school.sample.school_id, "training_part", new_id(), "防治学生欺凌专题面授培训", starts, ends,
            people=[SheetPerson(who, n, r["dept"], r["staff_no"]) for n, (who, r) in enumerate(people, 1)],
        ), starts)


def test_a_typed_up_sign_in_sheet_goes_into_the_roll_with_its_doubts_first(school: School, paper: str) -> None:
    hand = Hand(school.visit(f"/rolls/{paper}", "training_officer"))
    page = hand.page
    hand.click(page.locator(f"a[href='/rolls/{paper}/import']:visible").first)
    choose_file(hand, next((SAMPLES / "18-paper-signin-xlsx").glob("*.xlsx")))
    groups = page.locator("tr.grp").all_inner_texts()
    order = [n for n, word in enumerate(("处理", "确认", "照此写入")) for g in groups if word in g]
    assert order == sorted(order)
    assert "写入" in groups[-1] or "不变" in groups[-1] or len(groups) > 1
    for select in page.locator("#decide select").all():
        if select.input_value() == "":
            select.select_option("skip")
            hand.clicks += 1
    hand.click("button[value=apply]")
    expect(page).to_have_url(re.compile(f"/rolls/{paper}"))
    page.goto(f"/rolls/{paper}")
    roll(page)
    assert int(page.locator("#n-present").inner_text()) > 0
    assert hand.clicks <= 8


def test_two_officers_on_one_roll_see_both_values(school: School) -> None:
    _event, sheet = school.yesterdays_training()
    first, second = (roll(school.visit(f"/rolls/{sheet}", who)) for who in ("training_officer", "training_officer_2"))
    row(first, 3).focus()
    first.keyboard.press("4")
    saved(first)
    row(second, 3).focus()
    second.keyboard.press("2")
    note = second.locator("#conflicts .note")
    expect(note).to_contain_text("记为“缺勤”")
    expect(note).to_contain_text("你记为“迟到”")
    expect(note).to_contain_text("training_officer账号")
    expect(row(second, 3).locator("input:checked")).to_have_value("absent")
    note.locator("button").first.click()
    expect(note).to_have_count(0)
    second.reload()
    expect(row(roll(second), 3).locator("input:checked")).to_have_value("absent")


TAPPED = "#book .seg label, .roll-foot .btn:visible, .tools .chip:visible, .tools input:visible, .tabbar a, #book .book-rest:visible"


def test_on_the_phone_the_roll_is_marked_with_the_thumb(school: School) -> None:
    _event, sheet = school.yesterdays_training()
    page = roll(school.visit(f"/rolls/{sheet}", "training_officer", width=390))
    for number in range(1, 6):
        row(page, number).locator(".seg label").nth(0).tap()
    row(page, 6).locator(".seg label").nth(1).tap()
    expect(page.locator("#n-present")).to_have_text("5")
    expect(page.locator("#n-late")).to_have_text("1")
    saved(page)
    small: list[Any] = page.evaluate(
        """selector => [...document.querySelectorAll(selector.replaceAll(':visible', ''))]
            .filter(each => each.offsetParent)
            .map(each => [each.textContent.trim() || each.className, each.getBoundingClientRect()])
            .filter(([, box]) => box.width < 44 || box.height < 44)
            .map(([text, box]) => [text, Math.round(box.width), Math.round(box.height)])""",
        TAPPED,
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.reload()
    expect(row(roll(page), 6).locator("input:checked")).to_have_value("late")
