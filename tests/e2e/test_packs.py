"""Course packs on paper and on small screens: every sheet is one A4 page, no page scrolls sideways."""

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import Server, Visit
from trainhub.cli.data import install_folder
from trainhub.courses.packs import SHIPPED, pack_folders, read_folder

pytestmark = pytest.mark.e2e

PACKS = [pack for pack, _ in (read_folder(path) for path in pack_folders(SHIPPED)) if pack is not None]
SHEETS = [f"/courses/{pack.id}/handouts/{number}" for pack in PACKS for number in range(1, len(pack.handouts) + 1)]


@pytest.fixture(autouse=True, scope="module")
def shelf(server: Server) -> None:
    """The shipped packs, installed."""
    with server.app.app_context():
        install_folder(server.app, Path(SHIPPED))


def test_every_sheet_prints_on_one_page(visit: Visit) -> None:
    page = visit(SHEETS[0], "teacher")
    lengths = {}
    for address in SHEETS:
        page.goto(address)
        paper = page.pdf(prefer_css_page_size=True)
        lengths[address] = len(re.findall(rb"/Type\s*/Page\b(?!s)", paper))
    assert {address: pages for address, pages in lengths.items() if pages != 1} == {}


def test_the_button_prints_and_the_bar_stays_on_the_screen(visit: Visit) -> None:
    page = visit(SHEETS[0], "teacher")
    page.evaluate("window.print = () => { document.body.dataset.printed = 'yes' }")
    page.locator("[data-print]").click()
    assert page.evaluate("document.body.dataset.printed") == "yes"
    assert page.locator(".doc-bar").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".doc-bar").is_hidden()


@pytest.mark.parametrize("width", [390, 1440])
def test_no_page_of_a_pack_scrolls_sideways(visit: Visit, width: int) -> None:
    lesson = next(pack for pack in PACKS if pack.lesson_minutes)
    page = visit("/courses", "homeroom_teacher", width=width)
    for address in ("/courses", "/courses?band=junior&theme=internet", f"/courses/{lesson.id}", f"/courses/{lesson.id}/handouts/1"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address


def test_a_filter_is_a_click_and_can_be_taken_back(visit: Visit) -> None:
    page = visit("/courses", "homeroom_teacher")
    every = page.locator("article.pack").count()  # other tests of the run may have installed packs of their own
    assert every >= len(PACKS)
    filters = page.get_by_label("课程包筛选")
    filters.get_by_role("link", name=re.compile("^小学低段")).click()
    shown = int(re.findall(r"\d+", filters.locator("[aria-current]", has_text="小学低段").inner_text())[-1])
    assert every > page.locator("article.pack").count() == shown > 0
    filters.get_by_role("link", name=re.compile("^全部年级")).click()
    assert page.locator("article.pack").count() == every
