"""Concerns and cases in a browser: a report from a phone, and a name that goes away by itself."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.cases.scenery import World, build
from tests.e2e.conftest import Server
from trainhub.cases.service import opening
from trainhub.kernel.clock import now
from trainhub.roster.models import Student
from trainhub.web.database import db, transaction
from trainhub.web.keys import key_ring

pytestmark = [pytest.mark.e2e, pytest.mark.files_only]
Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def case(server: Server) -> tuple[str, str, str]:
    """A case with both sides: its id, the party of A1, and that pupil's name."""
    with server.app.test_request_context("/", method="POST"):
        with transaction() as session:
            world: World = build(session, now() - timedelta(minutes=5), server.sample)
            world.ring = key_ring()
            found = world.case("serious")
            actor, _target = world.both_sides(found)
            opening.start_procedure(session, world.officer, found.id, world.now)
            name = session.get_one(Student, (server.sample.district_id, world.pupils[0])).name
            answer = found.id, actor, name
        db.session.remove()
    return answer


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_concern_is_reported_from_a_phone(visit: Visit) -> None:
    page = visit("/concerns/new", "teacher", width=390)
    assert fits(page)
    page.get_by_label("发生了什么").fill("课间看到三个人围着一个人")
    page.get_by_label("推打身体").check()
    page.get_by_role("button", name="提交").click()
    expect(page.locator("#receipt")).to_contain_text("-")
    number = page.locator("#receipt").inner_text()
    assert number not in page.url
    page.goto("/concerns/mine")
    expect(page.get_by_text(number)).to_be_visible()


def test_a_name_is_there_for_sixty_seconds(visit: Visit, case: tuple[str, str, str]) -> None:
    case_id, party_id, name = case
    page = visit(f"/cases/{case_id}/parties/{party_id}", "case_officer")
    page.clock.install()
    expect(page.get_by_text(name)).to_have_count(0)
    page.get_by_role("button", name="显示 60 秒").click()
    expect(page.get_by_text(name)).to_be_visible()
    assert name not in page.title()
    page.clock.fast_forward(61_000)
    expect(page.get_by_text(name)).to_have_count(0)
    expect(page.get_by_role("button", name="显示 60 秒")).to_be_enabled()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["/cases", "/concerns", "/cases/{case}", "/cases/{case}/parties/{party}", "/cases/{case}/reports/new"])
def test_pages_fit_their_window(visit: Visit, case: tuple[str, str, str], path: str, width: int) -> None:
    page = visit(path.format(case=case[0], party=case[1]), "case_officer", width=width)
    assert fits(page)
    assert case[2] not in page.content()
