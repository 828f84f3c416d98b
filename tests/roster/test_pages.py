"""The pages of the roster: who may open them, what they say, how many statements they cost."""

import io
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_staff, person_name
from tests.roster.conftest import csv_upload
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day, now
from trainhub.roster.models import ImportBatch, PolicySetting
from trainhub.roster.queries import policy_for, staff_on

HEAD = ["姓名", "工号", "部门"]


@pytest.fixture
def desk_client(client: FlaskClient, sign_in: Any) -> FlaskClient:
    """A browser signed in as the school's administrator."""
    sign_in(client, "school_administrator")
    return client


def upload(client: FlaskClient, rows: list[list[str]], kind: str = "staff") -> str:
    """Upload rows; returns the path of the next page."""
    file = csv_upload(rows)
    answer = client.post(f"/roster/import/{kind}", data={"file": (io.BytesIO(file.content), file.name)},
                         content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def fields_of(html: str) -> dict[str, str]:
    """Hidden and date fields of the check form."""
    return {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', html)[1]  # type: ignore[index]
            for name in ("version", "count", "first_day")}


@pytest.mark.parametrize("path", [
    "/roster", "/roster?q=p1&state=left", "/roster/people/new", "/roster/people/external", "/roster/classes",
    "/roster/students", "/roster/import/staff", "/roster/import/students", "/roster/calendar",
    "/roster/calendar?month=2030-02", "/policy", "/policy/rules/requirement_year", "/policy/rules/training_min_minutes", "/policy/schools",
])  # fmt: skip
def test_every_page_opens_for_the_administrator(desk_client: FlaskClient, district: Sample, path: str) -> None:
    """And is Chinese: no English sentence of ours is left in the body."""
    answer = desk_client.get(path)
    assert answer.status_code == 200
    main = answer.text.split("<main", 1)[1]
    words = re.sub(r"<[^>]+>|&\w+;", " ", main)
    assert not re.findall(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", words)


def test_who_may_open_and_write(client: FlaskClient, sign_in: Any, district: Sample) -> None:
    """Teachers see nothing of the roster; officers read; only the administrator writes; pupils apart."""
    sign_in(client, "teacher")
    assert client.get("/roster").status_code == 403
    sign_in(client, "training_officer")
    assert client.get("/roster").status_code == 200
    assert client.get("/roster/students").status_code == 403
    assert client.get("/roster/import/students").status_code == 404
    assert client.post(f"/roster/people/{district.people[0]}/leave").status_code == 403
    sign_in(client, "bureau_officer")
    assert client.get("/roster").status_code == 403
    assert client.get("/policy").status_code == 200


def test_another_schools_person_is_not_there(desk_client: FlaskClient, district: Sample) -> None:
    """404, the same as for an id that never was."""
    assert desk_client.get(f"/roster/people/{district.other_people[0]}").status_code == 404
    assert desk_client.get(f"/roster/people/{'0' * 32}").status_code == 404
    data = {"why": "retired", "last_on": "2026-11-20"}
    assert desk_client.post(f"/roster/people/{district.other_people[0]}/leave", data=data).status_code == 404


def test_lists_cost_the_same_for_many(desk_client: FlaskClient, district: Sample, session: Session, count_statements: Any) -> None:
    """The list of people and the page of classes: statements do not grow with rows."""
    desk_client.get("/roster")  # the shell's week of term is remembered after the first page
    costs = []
    for step in range(2):
        session.expire_all()
        with count_statements() as people:
            desk_client.get("/roster")
        with count_statements() as classes:
            desk_client.get("/roster/classes")
        costs.append((people.count, classes.count))
        if not step:
            add_staff(session, district.district_id, district.school_id, 60, department="数学组", first_no=300)
            for number in range(1, 12):
                add_class(session, district.district_id, district.school_id, 4, number)
            session.commit()
    assert costs[0] == costs[1]


def test_a_list_goes_from_file_to_roster(desk_client: FlaskClient, district: Sample, session: Session) -> None:
    """Choose, check, write; the second time it says that nothing changes; withdrawing puts it back."""
    rows = [HEAD, ["林若兰", "S001", "英语组"], ["张䶮", "S003", "总务处"]]
    path = upload(desk_client, rows)
    html = desk_client.get(path).text
    assert "写入 2 行" in html
    assert "张䶮" in html
    answer = desk_client.post(path, data={**fields_of(html), "step": "write"})
    assert answer.status_code == 303
    assert "撤回" in desk_client.get(path).text
    names = {s.name for s in staff_on(session, Scope(district.district_id, None), district.school_id, local_day(now()))}
    assert {"林若兰", "张䶮"} <= names
    again = desk_client.get(upload(desk_client, rows)).text
    assert "0 处变化" in again
    assert "写入 " not in re.sub(r"\s+", " ", again.split('class="go"')[1])
    desk_client.post(path + "/withdraw", data={"reason": "试一下"})
    names = {s.name for s in staff_on(session, Scope(district.district_id, None), district.school_id, local_day(now()))}
    assert "林若兰" not in names


def test_questions_are_answered_on_the_page(desk_client: FlaskClient, district: Sample, session: Session) -> None:
    """Candidates stand side by side; a changed number of rows is shown before it is written."""
    path = upload(desk_client, [["姓名", "工号"], [person_name(1), "NEW1"], ["", "NEW2"], ["新老师", "NEW3"]])
    html = desk_client.get(path).text
    assert "需要处理 2 行" in html
    assert "T0001" in html
    choice = re.search(r'value="(same:[0-9a-f]{32})"', html)[1]  # type: ignore[index]
    data = {**fields_of(html), "step": "write", "do-2": choice, "do-3": "", "fix-3-name": "补上的名字"}
    assert desk_client.post(path, data=data).status_code == 303
    html = desk_client.get(path).text
    assert "写入 3 行" in html, "the number changed from 1 to 3, so nothing was written yet"
    assert desk_client.post(path, data={**fields_of(html), "step": "write"}).status_code == 303
    names = {s.name: s.staff_no for s in staff_on(session, Scope(district.district_id, None), district.school_id, local_day(now()))}
    assert names[person_name(1)] == "NEW1"
    assert names["补上的名字"] == "NEW2"


def test_a_stale_check_page_is_told(desk_client: FlaskClient, district: Sample) -> None:
    """The older form does not win silently."""
    path = upload(desk_client, [HEAD, ["林若兰", "S001", "英语组"]])
    old = fields_of(desk_client.get(path).text)
    desk_client.post(path, data={**old, "step": "keep"})
    assert desk_client.post(path, data={**old, "step": "write"}).status_code == 409


def test_columns_are_mapped_on_the_page(desk_client: FlaskClient, district: Sample, session: Session) -> None:
    """Unknown headers lead to the dialog, then to the check."""
    path = upload(desk_client, [["谁", "胸牌", "哪个组"], ["罗文博", "B7", "音乐组"]])
    assert path.endswith("/columns")
    assert "胸牌" in desk_client.get(path).text
    assert desk_client.post(path, data={"column-staff_no": "胸牌"}).status_code == 422
    answer = desk_client.post(path, data={"column-name": "谁", "column-staff_no": "胸牌", "column-department": "哪个组"})
    assert answer.status_code == 303
    assert "写入 1 行" in desk_client.get(answer.headers["Location"]).text


def test_hostile_files_are_refused_with_a_sentence(desk_client: FlaskClient, district: Sample, session: Session) -> None:
    """A picture named xlsx, an empty file, no file: 422, a Chinese sentence, nothing staged."""
    for content, name in ((b"\xff\xd8\xff\xe0 photo", "名单.xlsx"), (b"", "名单.csv"), (b"a\x00b,c\n", "名单.csv")):
        answer = desk_client.post("/roster/import/staff", data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert "note-error" in answer.text
    assert desk_client.post("/roster/import/staff").status_code == 422
    assert session.scalars(select(ImportBatch)).all() == []


def test_problem_rows_are_downloaded_without_formulas(desk_client: FlaskClient, district: Sample) -> None:
    """U3: what looks like a formula is text in the sheet."""
    import python_calamine

    path = upload(desk_client, [HEAD, ["", "=1+1", "@语文组"]])
    answer = desk_client.get(path + "/problems.xlsx")
    assert answer.status_code == 200
    sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0)
    cells = [cell for row in sheet.to_python() for cell in row]
    assert any("这一行没有姓名" in str(cell) for cell in cells)


def test_a_batch_of_pupils_is_hidden_from_who_may_not_see_pupils(
    client: FlaskClient, sign_in: Any, district: Sample
) -> None:
    """The address of a pupil batch is not there for a training officer."""
    sign_in(client, "school_administrator")
    path = upload(client, [["姓名", "全国学籍号", "班级"], ["陈一诺", "G990101201709120125", "三（1）班"]], "students")
    assert "G…0125" in client.get(path).text
    assert "201709120125" not in client.get(path).text
    sign_in(client, "training_officer")
    assert client.get(path).status_code == 404


def test_a_person_moves_leaves_and_gets_posts_on_the_page(desk_client: FlaskClient, district: Sample, session: Session) -> None:
    """The short forms of the person's page, and a refusal said as a sentence."""
    base = f"/roster/people/{district.people[0]}"
    class_id = add_class(session, district.district_id, district.school_id, 3, 1, "2026-2027")
    session.commit()
    assert desk_client.get(base).status_code == 200
    desk_client.post(base + "/post", data={"post": "homeroom_teacher", "class_id": class_id, "from_on": "2026-10-01"})
    assert "3（1）" in desk_client.get(base).text
    answer = desk_client.post(base + "/post", data={"post": "homeroom_teacher", "class_id": "", "from_on": "2026-10-01"}, follow_redirects=True)
    assert "请选择班级" in answer.text
    desk_client.post(base + "/department", data={"department": "德育处", "on": "2026-10-01"})
    desk_client.post(base + "/move", data={"to_school_id": district.other_school_id, "on": "2026-11-01", "reason": "调动"})
    text = desk_client.get(base).text
    assert "调出" in text
    assert "德育处" in text


def test_the_bureau_sets_a_rule_with_before_and_after(client: FlaskClient, sign_in: Any, district: Sample, session: Session) -> None:
    """A new version with reason; a wrong value is refused beside the field; a stale form gets 409."""
    sign_in(client, "bureau_officer")
    path = "/policy/rules/training_min_minutes"
    form = {"value": "240", "effective_on": "2026-11-01", "reason": "本年度要求", "seen_number": "0"}
    assert client.post(path, data={**form, "value": "abc"}).status_code == 422
    assert client.post(path, data=form).status_code == 303
    assert policy_for(session, district.district_id, district.school_id, local_day(now()))["training_min_minutes"] == 240
    assert client.post(path, data=form).status_code == 409
    text = client.get("/policy").text
    assert "240" in text
    assert "180" in text
    assert len(session.scalars(select(PolicySetting)).all()) == 1
    assert client.get("/policy/rules/nonsense").status_code == 404
