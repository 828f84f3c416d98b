"""Class meetings as their users do them: planned with a tap, made for a whole grade, checked, sent back; parents and conventions."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from tests.builders import Sample
from tests.e2e.conftest import Server, Visit, violations
from tests.e2e.meetings import DEAN, HOMEROOM, OTHER_HOMEROOM, PUPILS, MeetingSchool, add_meeting_school, weekday_before
from tests.e2e.school import Hand, found_district
from trainhub.class_meetings.models import ClassMeeting
from trainhub.kernel.clock import local_day, now
from trainhub.web.database import db

pytestmark = pytest.mark.e2e


@dataclass(frozen=True)
class Place:
    """The school in the running application."""

    server: Server
    sample: Sample
    made: MeetingSchool

    def ahead(self, *class_ids: str) -> int:
        """How many meetings of these classes are scheduled for days to come."""
        query = (
            select(func.count())
            .select_from(ClassMeeting)
            .where(
                ClassMeeting.class_id.in_(class_ids), ClassMeeting.state == "scheduled", ClassMeeting.starts_at > now()
            )
        )
        with self.server.app.app_context():
            found = db.session.scalar(query)
            db.session.remove()
            return found or 0


@pytest.fixture(scope="module")
def place(server: Server) -> Place:
    made: list[MeetingSchool] = []
    sample = found_district(
        server, staff=6, more=lambda session, sample: made.append(add_meeting_school(session, sample))
    )
    return Place(server, sample, made[0])


@pytest.fixture
def at_school(place: Place, visit: Visit) -> Callable[..., Page]:
    """Open a page as one of the school's accounts."""

    def opened(path: str, who: str, **more: object) -> Page:
        return visit(path, f"{place.sample.district_id}:{who}", **more)

    return opened


def looked_at(page: Page) -> None:
    """Nothing is wider than the screen, nothing inaccessible: what only stands there in the middle of a job."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []


def test_today_one_tap_schedules_a_pack_and_one_takes_it_back(place: Place, at_school: Callable[..., Page]) -> None:
    page = at_school("/", HOMEROOM, width=390)
    hand, offers = Hand(page), page.locator(".suggest button")
    expect(offers).to_have_count(3)
    title = offers.first.locator("b").inner_text()
    hand.click(offers.first)
    toast = page.locator(".toast")
    expect(toast).to_contain_text(title)
    assert (hand.clicks, hand.keys) == (1, 0)
    assert place.ahead(place.made.class_id) == 1
    looked_at(page)
    toast.locator("form button").click()
    expect(page.locator(".toast")).to_contain_text("空出来")
    assert place.ahead(place.made.class_id) == 0
    page.goto("/")
    expect(page.locator(".suggest button")).to_have_count(3)

    hand = Hand(page)
    hand.click(".agenda li:has(.suggest) .agenda-do a")
    hand.click("#plan button[value=save]")
    expect(page.locator(".toast form button")).to_be_visible()
    assert (hand.clicks, hand.keys) == (2, 0)
    assert place.ahead(place.made.class_id) == 1


def test_the_dean_plans_a_whole_grade_with_one_form_and_takes_it_back(
    place: Place, at_school: Callable[..., Page]
) -> None:
    hand = Hand(at_school("/meetings/board", DEAN))
    page, classes = hand.page, place.made.wave_classes
    hand.click("main a[href='/meetings/waves/new']")
    hand.click("input[name=grade][value='9']")
    hand.click("form.wave-pick button")
    hand.click("main form[method=post] .btn.pri")
    expect(page).to_have_url(re.compile(r"/meetings/waves/[0-9a-f]{32}$"))
    assert (hand.clicks, hand.keys) == (4, 0)
    expect(page.locator("tbody tr")).to_have_count(len(classes))
    expect(page.locator("tbody tr").filter(has_text="已安排")).to_have_count(len(classes))
    assert place.ahead(*classes) == len(classes)
    looked_at(page)
    page.locator(".toast form button").click()
    expect(page.locator("tbody tr").filter(has_text="已取消")).to_have_count(len(classes))
    assert place.ahead(*classes) == 0


def test_the_dean_reminds_checks_and_sends_back_and_the_teachers_see_it(
    place: Place, at_school: Callable[..., Page]
) -> None:
    good, poor = place.made.recorded
    hand = Hand(at_school("/meetings/board?show=record", DEAN))
    page = hand.page
    expect(page.locator(".meetings th.nm")).to_have_count(2)  # the head and one class
    hand.click("#board .btn.pri")
    expect(page.locator(".toast")).to_contain_text("1 位")
    told = at_school("/", HOMEROOM)
    expect(told.locator(".agenda li").filter(has_text="待补记录")).to_contain_text(re.compile(r"月\d+日.*提醒"))

    page.goto("/meetings/check")
    hand = Hand(page)
    expect(page.locator(".queue-row")).to_have_count(2)
    hand.click(f"#r-{good} form[action$='/check'] button")
    expect(page.locator(".queue-row")).to_have_count(1)
    hand.click(f"[data-dialog=back-{poor}]")
    looked_at(page)
    page.fill(f"#words-{poor}", "请写清演练怎样做的")
    hand.click(f"dialog#back-{poor} input[value=other]")
    hand.click(f"dialog#back-{poor} .btn.pri")
    expect(page.locator(".queue-row")).to_have_count(0)
    assert hand.clicks == 4, "one to check; three to send back"
    home = at_school("/", OTHER_HOMEROOM, width=390)
    job = home.locator(".agenda li").filter(has_text="请写清演练怎样做的")
    expect(job.locator(".btn.pri")).to_have_attribute("href", f"/meetings/{poor}/record")
    looked_at(home)


def test_a_parent_meeting_is_entered_on_the_phone(place: Place, at_school: Callable[..., Page]) -> None:
    page = at_school("/meetings/activities", OTHER_HOMEROOM, width=390)
    page.click("main .btn.pri")
    expect(page.locator("#invited")).to_have_value(str(PUPILS))
    page.fill("#day", weekday_before(local_day(now())).isoformat())
    page.fill("#came", str(PUPILS - 3))
    looked_at(page)
    page.click("main form .btn.pri")
    expect(page).to_have_url(re.compile(r"/meetings/activities/[0-9a-f]{32}$"))
    expect(page.locator(".act-facts")).to_contain_text(str(PUPILS - 3))
    expect(page.locator(".toast form button")).to_be_visible()
    looked_at(page)
    page.goto("/meetings/activities")
    expect(page.locator(".stats")).to_contain_text(str(PUPILS - 3))
    page.goto("/meetings")
    expect(page.locator("main")).not_to_contain_text("家长会")


def test_a_class_agrees_its_convention_and_opens_the_poster(place: Place, at_school: Callable[..., Page]) -> None:
    page = at_school(f"/meetings/classes/{place.made.other_class_id}/convention", OTHER_HOMEROOM, width=390)
    page.click("button[value=examples]")
    clauses = [text for text in (box.input_value() for box in page.locator(".clause-list input").all()) if text]
    assert len(clauses) >= 3
    page.click(".form-acts button[value=save]")
    page.fill("#in_favour", str(PUPILS - 1))
    page.fill("#against", "1")
    looked_at(page)
    page.click("#vote .btn.pri")
    expect(page.locator(".toast")).to_contain_text("生效")
    page.click(".mast a[href$='/convention/poster'], main a[href$='/convention/poster']")
    expect(page.locator(".poster li")).to_have_count(len(clauses))
    expect(page.locator(".poster")).to_contain_text(clauses[0])
    expect(page.locator(".poster-agreed")).to_have_text(re.compile(r"^\s*\d{4}年\d+月\d+日 全班表决通过\s*$"))  # that, and no count of votes
    looked_at(page)
