"""Every screen, in light at the desk and in the dark on the phone: accessible, fitting, strict, Chinese."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, ViewportSize
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_account, add_class, add_org, add_post
from tests.e2e.conftest import Server
from tests.e2e.meetings import DEAN, HOMEROOM, MeetingSchool, add_meeting_school
from tests.e2e.school import PACK, SAMPLES, add_past_training, add_sample_staff, found_district, writing
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceRecord
from trainhub.attendance.service import Mark, MarkRoll, SubmitRoll
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.training.rules.hosted import HostDay
from trainhub.training.service.exemptions import RequestExemption, request_exemption
from trainhub.training.service.hosted import EnterEvidence, enter_evidence

pytestmark = pytest.mark.e2e

OFFICER, ADMIN, PRINCIPAL, TEACHER, BUREAU = (
    "training_officer", "school_administrator", "principal", "teacher", "bureau_officer",
)
DESK, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
ENGLISH = re.compile(r"\b[A-Za-z][a-z]+(?:[ ,]+[a-z]{2,}){2,}")


@dataclass
class World:
    """A district in the middle of its year: what was held, what is being marked, what is being checked."""

    server: Server
    browser: Browser
    sample: Sample
    event: str
    ended: str
    running: str
    paper: str
    meetings: MeetingSchool

    def __post_init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.problems: list[str] = []
        self.batches: dict[str, str] = {}

    def page(self, who: str) -> Page:
        """The one page of an account, kept from screen to screen."""
        if who not in self.pages:
            context = self.browser.new_context(viewport=DESK, reduced_motion="reduce", base_url=self.server.url)
            if who:
                cookie = self.server.cookies[f"{self.sample.district_id}:{who}"]
                context.add_cookies([{"name": str(self.server.app.config["SESSION_COOKIE_NAME"]), "value": cookie,
                                      "url": self.server.url, "httpOnly": True}])
            page = context.new_page()
            page.on("pageerror", lambda error: self.problems.append(str(error)))
            page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
            self.pages[who] = page
        return self.pages[who]

    def staged(self, who: str, path: str, folder: str) -> str:
        """The page on which an uploaded sample waits to be checked."""
        if path not in self.batches:
            page = self.page(who)
            page.set_viewport_size(DESK)
            page.goto(path)
            page.set_input_files("input[type=file]", next((SAMPLES / folder).glob("*.xlsx")))
            page.click("main form .btn.pri")
            page.wait_for_url(re.compile(r"/[0-9a-f]{32}$"))
            self.batches[path] = page.url
        return self.batches[path]


def _furnish(session: Session, sample: Sample) -> MeetingSchool:
    empty = add_org(session, sample.district_id, "新建小学")
    add_account(session, sample, "empty", Role.SCHOOL_ADMINISTRATOR, empty)
    today = local_day(now())
    add_post(session, sample.district_id, sample.school_id, sample.people[1], "homeroom_teacher", today - timedelta(days=60),
             class_id=add_class(session, sample.district_id, sample.school_id, 3, 2))
    add_sample_staff(session, sample)
    return add_meeting_school(session, sample)


def _marked(session: Session, sample: Sample, sheet: str, *, verified: bool) -> None:
    """Mark everybody present but one late, one on leave and one absent; end the roll."""
    people = session.scalars(select(AttendanceRecord.person_id).where(AttendanceRecord.sheet_id == sheet)).all()
    odd = {1: "late", 2: "excused", 3: "absent"}
    officer, moment = sample.actors[OFFICER], now()
    marks = [Mark(person, odd.get(n, "present"), 0) for n, person in enumerate(people)]
    service.record_marks(session, officer, MarkRoll(sheet, marks, new_id()), moment)
    service.submit_roll(session, officer, SubmitRoll(sheet, len(people) - 2), moment)
    if verified:
        service.verify_roll(session, sample.actors[PRINCIPAL], sheet, moment)


@pytest.fixture(scope="module")
def world(server: Server, browser: Browser) -> Iterator[World]:
    meetings: list[MeetingSchool] = []
    sample = found_district(server, staff=12, more=lambda session, sample: meetings.append(_furnish(session, sample)))
    with writing(server) as session:
        event, verified = add_past_training(session, sample, days=9)
        _marked(session, sample, verified, verified=True)
        _, ended = add_past_training(session, sample, days=4)
        _marked(session, sample, ended, verified=False)
        _, running = add_past_training(session, sample, days=1)
        first = local_day(now()).replace(month=1, day=1)
        request_exemption(session, sample.actors[OFFICER], RequestExemption(
            (sample.people[10],), str(first.year), "maternity", "请假单 2026-017", first, first.replace(month=12, day=31),
        ), now())
        begins = now() - timedelta(days=40)
        paper = enter_evidence(session, sample.actors[OFFICER], EnterEvidence(
            new_id(), sample.people[3], "邻县教师发展中心", "学生欺凌防治专题培训", (HostDay(begins, begins + timedelta(minutes=90), 90),),
            "certificate", "教培证 2026-17 号，办公室柜 3",
        ), now())
    made = World(server, browser, sample, event, ended, running, paper, meetings[0])
    yield made
    for page in made.pages.values():
        page.context.close()


@dataclass(frozen=True)
class Screen:
    """A screen: who looks at it, where it is, and the words its title must hold."""

    name: str
    who: str
    path: str | Callable[[World], str]
    title: str


SCREENS = [
    Screen("sign-in", "", "/sign-in", "登录"),
    Screen("activation", "", "/activate", "设置你的密码"),
    Screen("statement check", "", "/verify", "核对学时证明"),
    Screen("home of the officer", OFFICER, "/", "今日"),
    Screen("home of a teacher", TEACHER, "/", "今日"),
    Screen("home of the principal", PRINCIPAL, "/", "今日"),
    Screen("home of the bureau", BUREAU, "/", "今日"),
    Screen("home of a homeroom teacher", HOMEROOM, "/", "今日"),
    Screen("home of the moral education office", DEAN, "/", "今日"),
    Screen("home of a school without staff", "empty", "/", "今日"),
    Screen("roster of a school without staff", "empty", "/roster", "人员"),
    Screen("rolls", OFFICER, "/rolls", "点名"),
    Screen("roll", OFFICER, lambda w: f"/rolls/{w.running}", "法律与职责"),
    Screen("roll to verify", "training_officer_2", lambda w: f"/rolls/{w.ended}/verify", "核实"),
    Screen("end of the roll", OFFICER, lambda w: f"/rolls/{w.running}/finish", "结束点名"),
    Screen("sign-in sheet", OFFICER, lambda w: f"/rolls/{w.running}/sheet", "签到表"),
    Screen("attendance file", OFFICER, lambda w: f"/rolls/{w.running}/import", "导入"),
    Screen("attendance rows", OFFICER, lambda w: w.staged(OFFICER, f"/rolls/{w.running}/import", "18-paper-signin-xlsx"), "核对"),
    Screen("staff file", ADMIN, "/roster/import/staff", "导入"),
    Screen("staff rows", ADMIN, lambda w: w.staged(ADMIN, "/roster/import/staff", "31-roster-teachers"), "教职工花名册"),
    Screen("columns of the staff file", ADMIN, lambda w: f"{w.staged(ADMIN, '/roster/import/staff', '31-roster-teachers')}/columns", "列"),
    Screen("catalogue", OFFICER, "/courses", "课程包"),
    Screen("course pack", OFFICER, f"/courses/{PACK}", "法律与职责"),
    Screen("packs to install", BUREAU, "/courses/to_install", "安装课程包"),
    Screen("plan", OFFICER, f"/training/new?pack={PACK}", "安排"),
    Screen("plan without a pack", OFFICER, "/training/new", "安排"),
    Screen("trainings", OFFICER, "/training/events", "培训"),
    Screen("training", OFFICER, lambda w: f"/training/events/{w.event}", "法律与职责"),
    Screen("correction of a training", OFFICER, lambda w: f"/training/events/{w.event}/amend", "更正"),
    Screen("overview", PRINCIPAL, "/training/overview", "一览"),
    Screen("standing", OFFICER, "/training/standing", "面授"),
    Screen("standing, a section opened", OFFICER, "/training/standing?show=met", "面授"),
    Screen("standing for paper", OFFICER, "/training/standing?show=all&whole=1", "面授"),
    Screen("standing, somebody sought", OFFICER, "/training/standing?q=T0003", "面授"),
    Screen("papers of other units", OFFICER, "/training/evidence", "外单位"),
    Screen("new paper of another unit", OFFICER, "/training/evidence/new", "录入证明"),
    Screen("one paper at the school", OFFICER, lambda w: f"/training/evidence/{w.paper}", "外单位"),
    Screen("one paper at the bureau", BUREAU, lambda w: f"/training/evidence/{w.paper}", "外单位"),
    Screen("standing of one person", OFFICER, lambda w: f"/training/standing/people/{w.sample.people[0]}", "学时"),
    Screen("own standing", TEACHER, "/training/standing/me", "我的学时"),
    Screen("coverage", BUREAU, "/training/coverage", "覆盖率"),
    Screen("coverage of a unit", BUREAU, lambda w: f"/training/coverage/{w.sample.school_id}", "覆盖率"),
    Screen("closing", PRINCIPAL, "/training/closing", "收口"),
    Screen("exemptions", PRINCIPAL, "/training/exemptions", "免训"),
    Screen("new exemption", OFFICER, "/training/exemptions/new", "免训"),
    Screen("staff list", ADMIN, "/roster", "人员"),
    Screen("one member of staff", ADMIN, lambda w: f"/roster/people/{w.sample.people[1]}", ""),
    Screen("new member of staff", ADMIN, "/roster/people/new", "添加"),
    Screen("classes", ADMIN, "/roster/classes", "班级"),
    Screen("school calendar", ADMIN, "/roster/calendar", "校历"),
    Screen("accounts of the staff", ADMIN, "/roster/accounts", "账号"),
    Screen("rules", BUREAU, "/policy", "规则"),
    Screen("one rule", BUREAU, "/policy/rules/training_min_minutes", "面授时长"),
    Screen("units", BUREAU, "/policy/schools", "学校"),
    Screen("accounts", "security_administrator", "/accounts", "账号"),
    Screen("plugins", "system_administrator", "/plugins", "插件"),
    Screen("one plugin", "system_administrator", "/plugins/dingtalk", "钉钉"),
    Screen("changes to plugins", "auditor", "/plugins/change-history", "变更记录"),
    Screen("data of a plugin", "system_administrator", "/plugins/dingtalk/purge", "删除"),
    Screen("own account", TEACHER, "/account", "账号"),
    Screen("own class meetings", HOMEROOM, "/meetings", "班会"),
    Screen("plan of a class meeting", HOMEROOM, "/meetings/new", "安排"),
    Screen("class meeting, not recorded", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}", "玩笑停在哪里"),
    Screen("class meeting, recorded", DEAN, lambda w: f"/meetings/{w.meetings.recorded[0]}", "九个人"),
    Screen("record of a class meeting", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}/record", "记录"),
    Screen("class meeting on paper", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}/print", "班会"),
    Screen("class meeting to another time", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}/move", "班会"),
    Screen("class meeting that was not held", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}/missed", "未开成"),
    Screen("roll of a class meeting", HOMEROOM, lambda w: f"/meetings/{w.meetings.to_record}/import", "导入"),
    Screen("meetings of the school", DEAN, "/meetings/board", "班会"),
    Screen("meetings for all classes", DEAN, "/meetings/waves/new?grade=9", "全校"),
    Screen("meeting records to check", DEAN, "/meetings/check", "核"),
    Screen("ledger of class meetings", DEAN, "/meetings/ledger", "台账"),
    Screen("coverage of the school's meetings", DEAN, "/meetings/coverage", "班会"),
    Screen("coverage of the bureau's meetings", BUREAU, "/meetings/coverage", "班会"),
    Screen("week of class meetings", HOMEROOM, "/meetings/calendar", "日历"),
    Screen("term of class meetings", DEAN, "/meetings/calendar?view=term&whose=school", "日历"),
    Screen("other education", DEAN, "/meetings/activities", "教育"),
    Screen("new parent meeting", HOMEROOM, "/meetings/activities/new?kind=parent_meeting", "录入"),
    Screen("new law lesson", DEAN, "/meetings/activities/new?kind=law_lesson", "录入"),
    Screen("class conventions", DEAN, "/meetings/conventions", "公约"),
    Screen("convention of a class", HOMEROOM, lambda w: f"/meetings/classes/{w.meetings.class_id}/convention", "公约"),
    Screen("timetables", ADMIN, "/roster/timetable", "课表"),
    Screen("timetable of a class", ADMIN, lambda w: f"/roster/timetable?class={w.meetings.class_id}", "课表"),
    Screen("no such page", OFFICER, "/no-such-page", "没有"),
]
OURS = {"English", "Excel", "Esc", "Enter"}
"""Words that stand in Latin letters in Chinese as well."""
PAPER = {"sign-in sheet", "class meeting on paper"}
"""Pages drawn in millimetres; on a phone they scroll like the sheet they are."""


def _words(page: Page) -> list[str]:
    """English in what the page shows or says: sentences anywhere, and any single word on a control or a heading."""
    shown: list[str] = page.evaluate("""() => [document.body.innerText, document.title,
        ...[...document.querySelectorAll('[aria-label], [placeholder], [title]')].flatMap(
            each => ['aria-label', 'placeholder', 'title'].map(name => each.getAttribute(name) || ''))]""")
    controls: list[str] = page.evaluate("""() => [...document.querySelectorAll('h1, h2, h3, th, label, button, .btn, nav a, legend')]
        .filter(each => each.offsetParent).map(each => each.innerText.trim()).filter(text => /^[A-Z][a-z]{2,}[a-z ]*$/.test(text))""")
    return sorted({found for text in shown for found in ENGLISH.findall(text)} | set(controls) - OURS)


def _violations(page: Page) -> list[list[str]]:
    """Rule and first element of what axe objects to; axe itself is in the page already."""
    found: list[list[str]] = page.evaluate(
        "async options => (await axe.run(options)).violations.map(each => [each.id, each.nodes[0].html])",
        {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]},
    )
    return found


def _overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


@pytest.mark.parametrize("screen", SCREENS, ids=lambda s: s.name)
def test_screen(world: World, screen: Screen) -> None:
    page = world.page(screen.who)
    path = screen.path if isinstance(screen.path, str) else screen.path(world)
    world.problems.clear()
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.set_viewport_size(DESK)
    page.goto(path)
    page.evaluate(AXE_SCRIPT)
    faults: dict[str, Any] = {
        "h1": page.locator("h1").count() - 1,
        "lang": page.locator("html[lang=zh-Hans-CN]").count() - 1,
        "title": "" if screen.title in page.title().replace("\u3000", "") else page.title(),
        "english": _words(page),
        "desk": _violations(page),
        "desk too wide": _overflows(page),
    }
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    faults |= {"phone": _violations(page), "phone too wide": screen.name not in PAPER and _overflows(page), "console": world.problems}
    assert {name: fault for name, fault in faults.items() if fault} == {}
