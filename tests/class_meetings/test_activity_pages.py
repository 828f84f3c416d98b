"""Pages of other kinds of education and of class conventions, as people see them."""

import re
from io import BytesIO
from typing import Any

import pytest
import python_calamine
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_pupils
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, build_scene
from tests.class_meetings.test_activities import entry
from tests.class_meetings.test_checking import recorded
from tests.conftest import SignIn
from trainhub.class_meetings.activity_forms import Press, clauses_of
from trainhub.class_meetings.models import ClassConvention, MeetingRecord, SchoolActivity
from trainhub.class_meetings.rules.conventions import LONGEST_CLAUSE, width
from trainhub.class_meetings.service.activities import enter_activity
from trainhub.class_meetings.service.conventions import save_draft
from trainhub.documents import pdf
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Student

TERM = f"{YEAR}-{SEASON}"
LIST, NEW = "/meetings/activities", "/meetings/activities/new"


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


@pytest.fixture
def dean(client: FlaskClient, scene: Scene, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "dean")
    return client


@pytest.fixture
def teacher(client: FlaskClient, scene: Scene, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "homeroom_teacher")
    return client


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def filled(page: str, **changes: Any) -> dict[str, Any]:
    """The fields of the form on a page as a browser sends them, with changes."""
    form = max(re.findall(r'<form method="post"[^>]*class="form".*?</form>', page, re.DOTALL), key=len)
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            data[name[1]] = value[1] if value else ""
    for name, body in re.findall(r'<select[^>]*name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body) or re.search(r'value="([^"]*)"', body)
        data[name] = chosen[1] if chosen else ""
    return data | changes


# --- activities ----------------------------------------------------------------------------------


def test_a_prefilled_form_needs_one_number_for_a_weeks_talks(
    session: Session, scene: Scene, teacher: FlaskClient
) -> None:
    page = text(teacher, f"{NEW}?kind=heart_talk")
    assert "第12周" in page
    assert 'name="title"' not in page
    assert 'name="feedback"' not in page
    answer = teacher.post(NEW, data=filled(page, took_part="6"))
    assert answer.status_code == 303
    held = session.scalars(select(SchoolActivity)).one()
    assert (held.kind, held.class_id, held.took_part_count, held.state) == ("heart_talk", scene.class_id, 6, "recorded")


def test_a_prefilled_form_needs_one_number_for_a_parent_meeting(
    session: Session, scene: Scene, teacher: FlaskClient
) -> None:
    page = text(teacher, f"{NEW}?kind=parent_meeting")
    data = filled(page, starts="08:00", ends="08:40", came="11")
    assert (data["invited"], data["day"], data["topic"]) == ("12", "2026-11-20", "recognise")
    there = teacher.post(NEW, data=data).headers["Location"]
    page = text(teacher, there)
    assert "11 / 12 户" in page
    assert "已录入" in page
    assert "撤销" in page
    assert teacher.post(NEW, data=data).headers["Location"] == there
    assert len(session.scalars(select(SchoolActivity)).all()) == 1


def test_the_list_adds_up_and_shows_the_law_lessons_with_their_rule(
    session: Session, scene: Scene, dean: FlaskClient
) -> None:
    assert "还没有录入" in text(dean, LIST)
    for what in (
        entry("parent_meeting"),
        entry("assembly", title="宪法日集会"),
        entry("law_lesson"),
        entry("heart_talk", grades=(8,)),
    ):
        enter_activity(session, scene.dean, new_id(), what, NOW)
    session.commit()
    page = text(dean, f"{LIST}?term={TERM}")
    for words in ("宪法日集会", "36 / 40 户", " / 4", "教育部令第52号", "全校", "8 年级"):
        assert words in page, words
    filtered = text(dean, f"{LIST}?term={TERM}&kind=law_lesson")
    assert "宪法日集会" not in filtered
    assert "法治副校长" in filtered
    assert "本学期没有这一类" in text(dean, f"{LIST}?term=2026-2027-spring&kind=assembly")


def test_errors_stand_beside_their_field_and_nothing_typed_is_lost(
    session: Session, scene: Scene, dean: FlaskClient
) -> None:
    page = text(dean, f"{NEW}?kind=parent_meeting")
    answer = dean.post(NEW, data=filled(page, day="2026-11-19", invited="40", came="41", title="话题很多", grade="8"))
    shown = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "实到户数多于应到户数" in shown
    assert 'value="话题很多"' in shown
    assert re.search(r'name="grade" value="8" checked', shown)
    name = session.get_one(Student, (scene.district_id, scene.pupils[0])).name
    answer = dean.post(NEW, data=filled(page, day="2026-11-19", invited="40", came="4", title=f"{name[1:]}的话"))
    assert 'name="confirmed"' in answer.get_data(as_text=True)
    for changes in ({"day": "x"}, {"starts": "25:00"}, {"came": "三"}, {"id": "x"}, {"kind": "party"}):
        assert dean.post(NEW, data=filled(page, **changes)).status_code == 422, changes
    assert session.scalars(select(SchoolActivity)).all() == []


def test_a_planned_one_asks_for_its_numbers_when_it_is_over(
    session: Session, scene: Scene, teacher: FlaskClient, sign_in: SignIn
) -> None:
    page = text(teacher, f"{NEW}?kind=parent_meeting")
    there = teacher.post(NEW, data=filled(page, day="2026-11-20", starts="18:30", ends="19:30")).headers["Location"]
    assert "已安排" in text(teacher, there)
    with time_machine.travel("2026-11-21T01:00:00Z", tick=False):
        sign_in(teacher, "homeroom_teacher")
        assert "待补记录" in text(teacher, LIST)
        form = text(teacher, f"{there}/record")
        assert teacher.post(f"{there}/record", data=filled(form, came="9")).status_code == 303
        correcting = text(teacher, f"{there}/record")
        assert teacher.post(f"{there}/record", data=filled(correcting, came="8")).status_code == 422
        assert teacher.post(f"{there}/record", data=filled(correcting, came="8", reason="数错了")).status_code == 303
        assert teacher.post(f"{there}/record", data=filled(correcting, came="7", reason="数错了")).status_code == 422
    assert session.scalars(select(SchoolActivity.came_count)).one() == 8


def test_cancelling_and_taking_back(session: Session, scene: Scene, dean: FlaskClient) -> None:
    one = enter_activity(session, scene.dean, new_id(), entry("assembly"), NOW).id
    session.commit()
    assert dean.post(f"{LIST}/{one}/cancel", data={"version": "1"}).status_code == 422
    assert dean.post(f"{LIST}/{one}/cancel", data={"version": "1", "reason": "下雨改期"}).status_code == 303
    assert "下雨改期" in text(dean, f"{LIST}/{one}")
    other = enter_activity(session, scene.dean, new_id(), entry("assembly"), NOW).id
    session.commit()
    dean.post(f"{LIST}/{other}/undo")
    assert other not in text(dean, LIST)


def test_the_workbook_holds_numbers_and_no_pupil(session: Session, scene: Scene, dean: FlaskClient) -> None:
    for what in (entry("parent_meeting"), entry("heart_talk", class_id=scene.class_id), entry("law_lesson")):
        enter_activity(session, scene.dean, new_id(), what, NOW)
    session.commit()
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(dean.get(f"{LIST}.xlsx?term={TERM}").data))
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert any("1 / 4" in cell for cell in cells)
    assert not set(session.scalars(select(Student.name))) & set(cells)


def test_whoever_leads_no_class_enters_nothing(scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    for who in ("teacher", "principal", "bureau_officer"):
        sign_in(client, who)
        assert client.get(LIST).status_code == 200
        page = text(client, NEW)
        assert 'name="came"' not in page, who
        data = {"id": new_id(), "kind": "assembly", "day": "2026-11-19", "starts": "08:00", "ends": "08:40"}
        assert client.post(NEW, data=data).status_code == 404, who


def test_another_classs_activity_is_not_found(
    session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    own = enter_activity(session, scene.dean, new_id(), entry("heart_talk", class_id=scene.other_class_id), NOW).id
    whole = enter_activity(session, scene.dean, new_id(), entry("assembly"), NOW).id
    session.commit()
    for who in ("homeroom_teacher", "principal@other", "bureau_officer"):
        sign_in(client, who)
        for key in (own, whole, "0" * 32):
            for method, path in (("GET", f"{LIST}/{key}"), ("GET", f"{LIST}/{key}/record"), ("POST", f"{LIST}/{key}/record"),
                                 ("POST", f"{LIST}/{key}/cancel"), ("POST", f"{LIST}/{key}/undo")):  # fmt: skip
                assert client.open(path, method=method).status_code == 404, (who, method, path)
    sign_in(client, "principal")
    assert client.get(f"{LIST}/{own}").status_code == 200
    assert client.get(f"{LIST}/{own}/record").status_code == 404
    assert client.post(f"{LIST}/{own}/cancel", data={"reason": "x", "version": "1"}).status_code == 404


def test_the_list_costs_the_same_for_three_and_for_fifty(
    session: Session, scene: Scene, dean: FlaskClient, count_statements: Any
) -> None:
    enter_activity(session, scene.dean, new_id(), entry("assembly"), NOW)
    session.commit()
    dean.get(LIST)
    with count_statements() as few:
        dean.get(LIST)
    for number in range(5, 25):
        class_id = add_class(session, scene.district_id, scene.school_id, 8, number)
        add_pupils(session, scene.sample, class_id, 2)
        enter_activity(session, scene.dean, new_id(), entry("parent_meeting", class_id=class_id), NOW)
    session.commit()
    with count_statements() as many:
        dean.get(LIST)
    assert many.count == few.count <= 15


# --- conventions ---------------------------------------------------------------------------------


def convention_url(scene: Scene) -> str:
    return f"/meetings/classes/{scene.class_id}/convention"


def test_a_draft_grows_from_examples_is_reordered_and_saved_without_scripts(
    session: Session, scene: Scene, teacher: FlaskClient
) -> None:
    url = convention_url(scene)
    assert "还没有公约" in text(teacher, url)
    page = teacher.post(url, data={"revision": "0", "clause-1": "先说这一条", "do": "examples"}).get_data(as_text=True)
    data = filled(page, do="down-1")
    assert data["clause-1"] == "先说这一条"
    assert "玩笑" in data["clause-2"]
    second = data["clause-2"]
    page = teacher.post(url, data=data).get_data(as_text=True)
    data = filled(page, do="drop-3")
    assert (data["clause-1"], data["clause-2"]) == (second, "先说这一条")
    page = teacher.post(url, data=data).get_data(as_text=True)
    assert session.scalars(select(ClassConvention)).all() == []
    assert teacher.post(url, data=filled(page, do="save")).status_code == 303
    saved = session.scalars(select(ClassConvention)).one()
    assert saved.clauses[:2] == [second, "先说这一条"]
    assert len(saved.clauses) == 7


def test_what_a_meeting_agreed_becomes_clauses(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    held = recorded(session, scene)
    session.scalars(select(MeetingRecord)).one().agreed = "1. 不给同学起外号\n2. 看见先喊停"
    session.commit()
    page = teacher.post(convention_url(scene), data={"revision": "0", "do": f"meeting-{held}"}).get_data(as_text=True)
    data = filled(page)
    assert (data["clause-1"], data["clause-2"]) == ("不给同学起外号", "看见先喊停")


def test_vote_poster_and_history(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    url = convention_url(scene)
    assert teacher.get(f"{url}/poster").status_code == 404
    teacher.post(url, data={"revision": "0", "clause-1": "不围观", "clause-2": "找老师", "do": "save"})
    assert "草案，尚未表决" in text(teacher, f"{url}/poster")
    votes = {"revision": "1", "in_favour": "9", "against": "2", "abstained": "2", "day": "2026-11-20"}
    refused = teacher.post(f"{url}/vote", data=votes)
    assert refused.status_code == 422
    assert "13 票" in refused.get_data(as_text=True)
    assert teacher.post(f"{url}/vote", data=votes | {"abstained": "1"}).status_code == 303
    page = text(teacher, url)
    assert "9 票同意" in page
    poster = text(teacher, f"{url}/poster")
    assert "8（3）班反欺凌公约" in poster
    assert "2026年11月20日" in poster
    assert "9" not in re.sub(
        r"<[^>]+>|[0-9a-f]{32}|2026年\d+月\d+日", "", poster.split('class="doc-sheet')[1].split("</section>")[0]
    )


@pytest.mark.skipif(not pdf.available(), reason="PDF output is not installed")
@pytest.mark.parametrize("count", [1, 12])
def test_the_poster_is_one_page_of_pdf(session: Session, scene: Scene, teacher: FlaskClient, count: int) -> None:
    clauses = [
        f"{n}看见同学被起哄的时候，我们不围观、不转发，马上去找老师，也陪着那个同学一起走出去"
        for n in "甲乙丙丁戊己庚辛壬癸子丑"[:count]
    ]
    assert 40 <= max(width(c) for c in clauses) <= LONGEST_CLAUSE
    save_draft(session, scene.teacher, scene.class_id, clauses, NOW, seen_revision=0)
    session.commit()
    content = teacher.get(f"/meetings/classes/{scene.class_id}/convention.pdf").data
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 1


def test_two_drafts_at_once_show_both(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    save_draft(session, scene.dean, scene.class_id, ["不围观"], NOW, seen_revision=0)
    session.commit()
    answer = teacher.post(convention_url(scene), data={"revision": "0", "clause-1": "不起哄", "do": "save"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "不围观" in page
    assert 'value="不起哄"' in page


def test_a_clause_that_names_a_pupil_says_which(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    name = session.get_one(Student, (scene.district_id, scene.pupils[0])).name
    answer = teacher.post(
        convention_url(scene), data={"revision": "0", "clause-1": "不围观", "clause-2": f"不笑{name}", "do": "save"}
    )
    assert answer.status_code == 422
    assert "第 2 条写到了本班学生的名字" in answer.get_data(as_text=True)


def test_the_classs_page_says_whether_it_has_a_convention(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    assert "本班还没有公约" in text(teacher, "/meetings")
    teacher.post(convention_url(scene), data={"revision": "0", "clause-1": "不围观", "do": "save"})
    assert "草案讨论中" in text(teacher, "/meetings")
    teacher.post(f"{convention_url(scene)}/vote", data={"revision": "1", "in_favour": "9", "day": "2026-11-20"})
    page = text(teacher, "/meetings")
    assert "自 11月20日 起生效" in page
    assert convention_url(scene) in page


def test_a_draft_is_taken_back(session: Session, scene: Scene, teacher: FlaskClient) -> None:
    url = convention_url(scene)
    teacher.post(url, data={"revision": "0", "clause-1": "不围观", "do": "save"})
    assert teacher.post(f"{url}/undo").status_code == 303
    assert session.scalars(select(ClassConvention.state)).all() == ["withdrawn"]
    assert "不围观" in text(teacher, url)


def test_a_foreign_classs_convention_is_not_found(
    session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn
) -> None:
    save_draft(session, scene.teacher, scene.class_id, ["不围观"], NOW, seen_revision=0)
    session.commit()
    url = convention_url(scene)
    for who in ("homeroom_teacher_2", "teacher", "principal@other", "bureau_officer"):
        sign_in(client, who)
        for path in (url, f"{url}/poster", f"{url}.pdf"):
            assert client.get(path).status_code == 404, (who, path)
        for path in (url, f"{url}/vote", f"{url}/undo"):
            data = {
                "revision": "1",
                "clause-1": "x",
                "in_favour": "1",
                "day": "2026-11-20",
                "do": "examples" if path == url else "save",
            }
            assert client.post(path, data=data).status_code == 404, (who, path)
    sign_in(client, "principal")
    page = text(client, url)
    assert "不围观" in page
    assert 'name="clause-1"' not in page
    assert client.post(url, data={"revision": "1", "do": "examples"}).status_code == 404


def test_the_overview_says_how_many_of_all(session: Session, scene: Scene, dean: FlaskClient) -> None:
    page = text(dean, "/meetings/conventions")
    assert "2 个有学生的班中，0 个" in page
    book = python_calamine.CalamineWorkbook.from_filelike(
        BytesIO(dean.get(f"/meetings/conventions.xlsx?term={TERM}").data)
    )
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert "8（3）班" in cells
    assert "还没有" in cells
    assert "这个学期没有班级" in text(dean, "/meetings/conventions?term=2031-2032-spring")


def test_the_overview_is_the_schools(scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    for who in ("teacher", "homeroom_teacher", "bureau_officer"):
        sign_in(client, who)
        assert client.get("/meetings/conventions").status_code == 403


def test_buttons_and_lines_are_read_as_sent() -> None:
    assert [Press.parse(t).what for t in ("save", "up-3", "down-x", "drop-12", "meeting-ab", "nonsense", "")] == [
        "save", "up", "show", "drop", "meeting", "show", "show",
    ]  # fmt: skip
    assert clauses_of({"clause-2": "b", "clause-1": "", "clause-99": "z"}) == ["", "b"]
