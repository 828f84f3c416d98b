"""Packs for classes in the catalogue, on their page, as sheets to print, and as planners read them."""

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.courses.conftest import COURSE, LESSON, WriteFolder
from trainhub.courses.packs import read_folder
from trainhub.courses.queries import (
    CatalogueFilter,
    catalogue,
    lesson_pack,
    lesson_packs,
)
from trainhub.courses.service import install_pack
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import POLICY, Permission, Reach, Role

SCOPE = Scope("any", None)


@pytest.fixture
def shelf(session: Session, district: Sample, folder: WriteFolder, lesson_folder: WriteFolder) -> Callable[..., None]:
    """Two class meetings and one training for the staff; returns a function that installs more."""

    def install(path: Any) -> None:
        pack, problems = read_folder(path)
        assert pack is not None, problems
        install_pack(session, None, pack, now())
        session.commit()

    install(folder())
    install(lesson_folder())
    junior = LESSON.replace("id: small-lesson", "id: junior-lesson").replace("[upper_primary, lower_primary]", "[junior]")
    junior = junior.replace("theme: bystander", "theme: internet").replace("title: 小班会", "title: 群里的话").replace("order: 5", "order: 4")
    install(lesson_folder(junior, "junior-lesson"))
    return install


def shown(text: str) -> set[str]:
    return set(re.findall(r'<h3><a href="/courses/([\w-]+)"', text))


def choices(text: str) -> dict[str, tuple[str, str]]:
    """The filters as word -> (count, address)."""
    nav = text.split('class="cat-nav"')[1].split("</nav>", maxsplit=1)[0]
    return {word: (count, href.replace("&amp;", "&")) for href, word, count in re.findall(r'<a href="([^"]*)"[^>]*>([^<]+)<span>(\d+)', nav)}


def test_filters_of_grades_and_themes_live_in_the_address_with_counts(client: FlaskClient, sign_in: SignIn, shelf: Any) -> None:
    sign_in(client, "homeroom_teacher")
    everything = choices(client.get("/courses").text)
    assert (everything["小学低段"][0], everything["初中"][0], everything["全部年级"][0]) == ("1", "1", "3")
    assert "高中" not in everything, "what no pack is for is no choice"
    text = client.get(everything["小学高段"][1]).text
    assert shown(text) == {"small-lesson"}
    beside = choices(text)
    assert beside["初中"][0] == "1", "a group counts what its other choices would show"
    assert (beside["旁观者怎么做"], beside.get("网络上的话与图")) == (("1", "/courses?band=upper_primary&theme=bystander"), None)
    assert beside["主题班会"][0] == "1"
    assert shown(client.get("/courses?theme=internet&type=class_meeting").text) == {"junior-lesson"}
    assert shown(client.get("/courses?length=lesson&q=群里").text) == {"junior-lesson"}
    assert shown(client.get("/courses?band=pottery&theme=x&length=y").text) == {"small-lesson", "junior-lesson", "small-pack"}
    assert '<input type="hidden" name="band" value="junior">' in client.get("/courses?band=junior").text


def test_counts_are_those_beside_the_other_filters(session: Session, shelf: Any) -> None:
    facets = catalogue(session, SCOPE, CatalogueFilter(band="junior")).facets
    assert facets["band"].all == 3
    assert facets["band"].counts == {"lower_primary": 1, "upper_primary": 1, "junior": 1}
    assert facets["theme"].counts == {"internet": 1}
    assert facets["length"].counts == {"lesson": 1}
    assert facets["type_key"].counts == {"class_meeting": 1}


def test_a_card_says_for_whom_how_long_and_what_to_print(client: FlaskClient, sign_in: SignIn, shelf: Any) -> None:
    sign_in(client, "homeroom_teacher")
    text = client.get("/courses?band=lower_primary").text
    meta = re.sub(r"<[^>]+>", " ", text.split('class="pack-meta"')[1].split("</div>")[0])
    for word in ("小学低段", "小学高段", "40 分钟", "旁观者怎么做", "活动单 1 张", "含家长信"):
        assert word in meta
    assert "学时" not in meta


def test_a_lesson_page_holds_bar_table_questions_and_what_not_to_do(client: FlaskClient, sign_in: SignIn, shelf: Any) -> None:
    sign_in(client, "homeroom_teacher")
    text = client.get("/courses/small-lesson").text
    bar = text.split('class="show-bar"')[1].split("</svg>\n")[0]
    places = re.findall(r'<svg x="([\d.]+)%" width="([\d.]+)%"', bar)
    assert places == [("0.0", "25.0"), ("25.0", "37.5"), ("62.5", "25.0"), ("87.5", "12.5")]
    assert "<td>10–25</td>" in text
    for word in ("这节课不要做", "不要让学生举手承认", "小鹿站在哪里？", "小学低段", "旁观者怎么做"):
        assert word in text
    assert "结业检测" not in text
    assert "style=" not in text
    levels = [int(n) for n in re.findall(r"<h([1-6])[ >]", text)]
    assert all(b - a <= 1 for a, b in pairwise(levels)), levels


@pytest.mark.parametrize("held", [{Permission.MEETING_WRITE}, {Permission.MEETING_OWN_WRITE}, set()])
def test_who_may_plan_a_class_meeting_is_offered_to(
    client: FlaskClient, sign_in: SignIn, shelf: Any, held: set[Permission], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = {Permission.HOME_READ: Reach.OWN, Permission.CATALOGUE_READ: Reach.SCHOOL} | dict.fromkeys(held, Reach.OWN)
    monkeypatch.setitem(POLICY, Role.HOMEROOM_TEACHER, own)
    sign_in(client, "homeroom_teacher")
    for address in ("/courses", "/courses/small-lesson"):
        text = client.get(address).text
        assert ('href="/meetings/new?pack=small-lesson"' in text) is bool(held)
        assert "/meetings/new?pack=small-pack" not in text
        assert "/training/new?pack=small-lesson" not in text
    assert "/meetings/new" not in client.get("/courses/small-pack").text


def test_a_training_is_never_planned_with_a_lesson(client: FlaskClient, sign_in: SignIn, shelf: Any) -> None:
    sign_in(client, "training_officer")
    text = client.get("/courses").text
    assert "/training/new?pack=small-pack" in text
    assert "/training/new?pack=small-lesson" not in text


def test_a_sheet_prints_alone(client: FlaskClient, sign_in: SignIn, shelf: Any, count_statements: Callable[[], Any]) -> None:
    sign_in(client, "homeroom_teacher")
    page = client.get("/courses/small-lesson").text
    assert 'href="/courses/small-lesson/handouts/1"' in page
    client.get("/courses/small-lesson/handouts/1")
    with count_statements() as few:
        text = client.get("/courses/small-lesson/handouts/1").text
    with count_statements() as many:
        client.get("/courses/small-lesson")
    assert few.count == many.count, "a sheet costs no more than its pack"
    assert re.findall(r"<h1>([^<]*)</h1>", text) == ["我的图画单"]
    assert "data-print" in text
    assert 'class="doc-bar noprint"' in text
    assert 'class="bar"' not in text
    assert 'class="tabbar"' not in text
    assert "从前有一只小熊" not in text
    assert "style=" not in text
    assert "<h1>给家长的一页纸</h1>" in client.get("/courses/small-lesson/handouts/2").text, "a letter without a head gets its title"


def test_a_sheet_that_is_not_there_is_not_found(client: FlaskClient, sign_in: SignIn, shelf: Any) -> None:
    sign_in(client, "homeroom_teacher")
    for address in ("small-lesson/handouts/0", "small-lesson/handouts/3", "no-lesson/handouts/1", "small-lesson/handouts/1?version=9"):
        assert client.get(f"/courses/{address}").status_code == 404
    sign_in(client, "system_administrator")
    assert client.get("/courses/small-lesson/handouts/1").status_code == 403


def test_an_older_version_prints_its_own_sheet(client: FlaskClient, sign_in: SignIn, shelf: Any, lesson_folder: WriteFolder) -> None:
    path = lesson_folder(LESSON.replace('version: "1.0"', 'version: "1.1"'))
    (path / "handouts/01-sheet.md").write_text("# 新的图画单\n\n画。\n", "utf-8")
    shelf(path)
    sign_in(client, "homeroom_teacher")
    assert 'href="/courses/small-lesson/handouts/1?version=1.0"' in client.get("/courses/small-lesson?version=1.0").text
    assert "/meetings/new" not in client.get("/courses/small-lesson?version=1.0").text
    old = client.get("/courses/small-lesson/handouts/1?version=1.0").text
    assert "我的图画单" in old
    assert "1.0 版" in old
    assert "<h1>新的图画单</h1>" in client.get("/courses/small-lesson/handouts/1").text


def test_hostile_words_of_a_sheet_are_shown_not_obeyed(client: FlaskClient, sign_in: SignIn, shelf: Any, lesson_folder: WriteFolder) -> None:
    path = lesson_folder(LESSON.replace("id: small-lesson", "id: bad-lesson").replace("title: 我的图画单", 'title: "<b>x"'), "bad-lesson")
    (path / "handouts/01-sheet.md").write_text("<script>alert(1)</script>\n\n![图](https://tracker.invalid/x.png)\n", "utf-8")
    shelf(path)
    sign_in(client, "homeroom_teacher")
    text = client.get("/courses/bad-lesson/handouts/1").text
    assert "<script>alert" not in text
    assert "<b>x" not in text
    assert "tracker.invalid" not in text


class TestForPlanners:
    def test_packs_come_in_order_and_by_band(self, session: Session, shelf: Any) -> None:
        assert [pack.id for pack in lesson_packs(session, SCOPE, "class_meeting")] == ["junior-lesson", "small-lesson"]
        assert [pack.id for pack in lesson_packs(session, SCOPE, "class_meeting", "upper_primary")] == ["small-lesson"]
        assert lesson_packs(session, SCOPE, "class_meeting", "senior") == ()
        assert lesson_packs(session, SCOPE, "parent_meeting") == ()

    def test_a_pack_tells_what_a_plan_needs(self, session: Session, shelf: Any) -> None:
        pack = lesson_pack(session, SCOPE, "small-lesson")
        assert (pack.version, pack.title, pack.theme, pack.minutes) == ("1.0", "小班会", "bystander", 40)
        assert pack.grade_bands == ("lower_primary", "upper_primary")
        assert pack.steps[1] == ("说一说", 15, "discussion")
        assert (pack.activity_sheet_count, pack.has_parent_letter) == (1, True)

    def test_a_meeting_keeps_the_version_it_used(self, session: Session, shelf: Any, lesson_folder: WriteFolder) -> None:
        shelf(lesson_folder(LESSON.replace('version: "1.0"', 'version: "2.0"').replace("title: 小班会", "title: 新班会")))
        assert [pack.version for pack in lesson_packs(session, SCOPE, "class_meeting", "lower_primary")] == ["2.0"]
        assert lesson_pack(session, SCOPE, "small-lesson").title == "新班会"
        assert lesson_pack(session, SCOPE, "small-lesson", "1.0").title == "小班会"
        for pack_id, version in (("small-lesson", "3.0"), ("no-lesson", "")):
            with pytest.raises(NotFound):
                lesson_pack(session, SCOPE, pack_id, version)

    def test_one_statement_without_texts_however_many_packs(
        self, session: Session, shelf: Any, lesson_folder: WriteFolder, count_statements: Callable[[], Any]
    ) -> None:
        for number in range(6):
            shelf(lesson_folder(LESSON.replace("id: small-lesson", f"id: lesson-{number}"), f"lesson-{number}"))
        for read in (lambda: lesson_packs(session, SCOPE, "class_meeting"), lambda: lesson_pack(session, SCOPE, "lesson-3")):
            with count_statements() as seen:
                read()
            assert seen.count == 1
            assert not re.search(r"(?<!\()course_pack\.content(?! ->)", seen.texts[0]), "the whole content is never asked for"

    def test_a_pack_of_the_staff_is_read_too(self, session: Session, shelf: Any) -> None:
        pack = lesson_pack(session, SCOPE, "small-pack")
        assert (pack.theme, pack.grade_bands, pack.activity_sheet_count, pack.has_parent_letter) == ("", (), 0, False)
        assert COURSE.count("kind: talk") == 1
