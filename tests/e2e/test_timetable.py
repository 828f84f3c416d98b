"""A timetable from the workbook to the week, in a browser: at the desk, on the phone, on paper, without scripts."""

import io
import os
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page
from sqlalchemy import select

from tests.builders import add_class, add_pupils, add_term, person_name
from tests.e2e.conftest import Server, Visit
from trainhub.kernel.clock import local_day, now
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.models import SchoolClass
from trainhub.web.database import transaction

pytestmark = pytest.mark.e2e
ADMIN = "school_administrator"
SHOTS = os.environ.get("TRAINHUB_SHOTS", "")


def workbook(names: list[str]) -> bytes:
    """A sheet for each class: title, weekdays, lessons; the last one without a class-meeting lesson."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for index, name in enumerate(names):
        sheet = book.add_worksheet(name)
        sheet.merge_range(0, 0, 0, 6, f"{name}课程表")
        for place, word in enumerate(["时段", "节次", *(f"星期{d}" for d in "一二三四五")]):
            sheet.write(1, place, word)
        for number in range(1, 9):
            sheet.write(number + 1, 1, f"第{number}节")
            for weekday in range(5):
                subject = ["语文", "数学", "英语", "道德与法治", "体育"][(number + weekday) % 5]
                sheet.write(number + 1, weekday + 2, f"{subject}\n{person_name(weekday + 1)}")
        if index < len(names) - 1:
            sheet.write(9, 2, "班会(单)/心理(双)" if index else "班会")
    sheet.write(12, 2, "制表人：教务处")
    book.close()
    return target.getvalue()


@pytest.fixture(scope="module")
def classes(server: Server) -> list[str]:
    """Three classes with pupils, in a term that runs now."""
    sample, today = server.sample, local_day(now())
    season = "autumn" if today.month >= 8 or today.month < 2 else "spring"
    with server.app.app_context(), transaction() as session:
        year = school_year_of(today)
        add_term(session, sample, season, year, starts_on=today - timedelta(days=40), ends_on=today + timedelta(days=90))
        ids = [add_class(session, sample.district_id, sample.school_id, 4, n, year) for n in (1, 2, 3)]
        for row in session.scalars(select(SchoolClass).where(SchoolClass.id.in_(ids))):
            row.opened_on = today - timedelta(days=40)
        add_pupils(session, sample, ids[0], 6, date(2020, 9, 1))
    return ids


def looked_at(page: Page, name: str) -> None:
    """Nothing overflows, nothing inaccessible; a picture where somebody asked for one."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}).then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
    assert found == [], name


def test_from_the_workbook_to_the_week(visit: Visit, classes: list[str], tmp_path: Path) -> None:
    """Upload, look, write, see the week; on the phone too."""
    empty = visit("/roster/timetable", ADMIN)
    looked_at(empty, "tt-empty")
    page = visit("/roster/timetable/import", ADMIN)
    looked_at(page, "tt-upload")
    page.set_input_files("#file", {"name": "全校课表.xlsx", "mimeType": "application/octet-stream", "buffer": workbook(["四（1）班", "四（2）班", "四（3）班", "六（9）班"])})
    page.click("button.pri")
    page.wait_for_url("**/import/*")
    assert page.get_by_text("本学年没有").count() == 1
    looked_at(page, "tt-check")
    looked_at(visit(urlsplit(page.url).path, ADMIN, width=390, dark=True), "tt-check-phone")
    page.click("button.pri")
    page.wait_for_selector("[data-dialog=withdraw]")
    looked_at(page, "tt-written")
    overview = visit("/roster/timetable", ADMIN)
    assert overview.get_by_text("星期一第8节（单周）").count() >= 1
    looked_at(overview, "tt-overview")
    week = visit(f"/roster/timetable?class={classes[0]}", ADMIN)
    assert week.locator(".tt .meet").count() == 1
    looked_at(week, "tt-week")
    looked_at(visit(f"/roster/timetable?class={classes[0]}", ADMIN, width=390, dark=True), "tt-week-phone")
    plain = visit(f"/roster/timetable?class={classes[0]}", ADMIN, scripts=False)
    plain.emulate_media(media="print")
    assert plain.locator(".tt").is_visible()
    assert not plain.locator(".tools").first.is_visible()


def test_lesson_times_and_the_page_of_a_class(visit: Visit, classes: list[str]) -> None:
    """Both open, fit and are accessible; a split is recorded and undone without scripts."""
    for width, name in ((1440, "desk"), (390, "phone")):
        looked_at(visit("/roster/timetable/times", ADMIN, width=width), f"tt-times-{name}")
        looked_at(visit("/roster/calendar/import", ADMIN, width=width), f"cal-import-{name}")
        looked_at(visit("/roster/calendar", ADMIN, width=width), f"cal-{name}")
        page = visit(f"/roster/classes/{classes[0]}", ADMIN, width=width)
        page.click("#change summary")
        looked_at(page, f"class-{name}")
    page = visit(f"/roster/classes/{classes[0]}", ADMIN, scripts=False)
    page.click("#change summary")
    page.locator("input[name=student]").first.check()
    page.fill("#new_class_no", "12")
    page.fill("#change-reason", "人数过多")
    page.click("#change button.btn")
    assert page.get_by_text("人数过多").count() == 1
    page.click("text=撤销")
    assert page.get_by_text("没有分过班").count() == 1
