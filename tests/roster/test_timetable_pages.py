"""The pages of timetables, lesson times, calendar files and of one class."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_lesson_times, add_pupils, add_term, add_timetable
from tests.roster.conftest import csv_upload
from trainhub.roster.models import ClassChange, ClassException, ImportBatch, SchoolClass, SchoolDay, TimetableLesson

WEEK = "2026-09-07"


@pytest.fixture(autouse=True)
def in_term() -> Iterator[None]:
    """A Wednesday morning of the autumn term, whatever the day of the run: a page opens with the week that it is."""
    with time_machine.travel(datetime(2026, 9, 9, 2, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def desk_client(client: FlaskClient, sign_in: Any) -> FlaskClient:
    """A browser signed in as the school's administrator."""
    sign_in(client, "school_administrator")
    return client


@pytest.fixture
def group(session: Session, district: Sample) -> str:
    """A class in a term."""
    add_term(session, district)
    add_term(session, district, "spring")
    key = add_class(session, district.district_id, district.school_id, 5, 3)
    session.commit()
    return key


def words_of(text: str) -> str:
    return re.sub(r"<[^>]+>|&\w+;", " ", text.split("<main", 1)[1])


def test_every_page_opens_and_is_chinese(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    add_timetable(session, district, group, [(1, 8, "班会"), (1, 1, "语文")], teacher_id=district.people[0], room="503")
    add_lesson_times(session, district)
    session.commit()
    for path in ("/roster/timetable", f"/roster/timetable?class={group}&week={WEEK}", f"/roster/timetable?teacher={district.people[0]}&week={WEEK}",
                 "/roster/timetable/times", "/roster/timetable/import", "/roster/calendar/import", f"/roster/classes/{group}", "/roster/classes",
                 "/roster/calendar?month=2026-09"):
        answer = desk_client.get(path)
        assert answer.status_code == 200, path
        assert not re.findall(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", words_of(answer.text)), path


def test_without_a_class_the_page_says_what_to_do(desk_client: FlaskClient) -> None:
    assert "/roster/classes" in desk_client.get("/roster/timetable").text.split("<main", 1)[1]


def test_the_week_of_a_class_shows_moments_and_days_off(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    add_timetable(session, district, group, [(1, 8, "班会"), (2, 1, "语文")])
    session.add(SchoolDay(district_id=district.district_id, school_id=district.school_id, day=date(2026, 9, 8),
                          kind="off", reason="运动会"))
    session.commit()
    html = desk_client.get(f"/roster/timetable?class={group}&week={WEEK}").text
    assert "班会" in html
    assert "运动会" in html
    assert "语文" not in html.split("<tbody>", 1)[1]  # Tuesday is off
    assert "估计" in html
    add_lesson_times(session, district)
    session.commit()
    assert "16:30–17:10" in desk_client.get(f"/roster/timetable?class={group}&week={WEEK}").text


def test_the_class_meeting_lesson_is_set_for_ticked_classes(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    data = {"class": [group], "weekday": "1", "lesson_no": "8", "weeks": "odd", "from_on": "2026-09-01"}
    assert desk_client.post("/roster/timetable/meetings", data=data).status_code == 303
    assert "星期一" in desk_client.get(f"/roster/timetable?week={WEEK}").text
    [row] = session.scalars(select(TimetableLesson).where(TimetableLesson.district_id == district.district_id))
    assert (row.weekday, row.lesson_no, row.weeks, row.subject, row.season) == (1, 8, "odd", "班会", "autumn")
    answer = desk_client.post("/roster/timetable/meetings", data={**data, "class": []}, follow_redirects=True)
    assert "勾选" in answer.text


def test_lesson_times_are_entered_corrected_and_taken_back(desk_client: FlaskClient, district: Sample, group: str) -> None:
    data = {"from_on": "2026-09-01", "stage": "", "start-1": "08:00", "end-1": "08:40", "start-2": "08:50", "end-2": "09:30"}
    assert desk_client.post("/roster/timetable/times", data=data).status_code == 303
    assert "08:00–09:30" in desk_client.get("/roster/timetable/times").text
    wrong = desk_client.post("/roster/timetable/times", data=data | {"start-2": "08:30"})
    assert wrong.status_code == 422
    assert "08:30" in wrong.text
    half = desk_client.post("/roster/timetable/times", data=data | {"end-2": ""})
    assert half.status_code == 422
    assert desk_client.post("/roster/timetable/times", data={"from_on": "2026-09-01", "stage": ""}).status_code == 303
    assert "08:00–09:30" not in desk_client.get("/roster/timetable/times").text


GRID = [["五（3）班课程表"], ["节次", "星期一", "星期二", "星期三", "星期四", "星期五"], ["1", "语文/赵若兰", "数学", "英语", "体育", "语文"],
        ["8", "班会(单)", "", "", "", ""]]


def send(client: FlaskClient, path: str, rows: list[list[str]], **data: str) -> Any:
    file = csv_upload(rows)
    return client.post(path, data={"file": (io.BytesIO(file.content), file.name), **data}, content_type="multipart/form-data")


def test_a_timetable_goes_from_file_to_week_and_back(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    """Nothing saved before confirming; the same file again changes nothing; withdrawing puts it back."""
    term = {"term": "2026-2027|autumn", "first_day": "2026-09-01"}
    path = send(desk_client, "/roster/timetable/import", GRID, **term).headers["Location"]
    html = desk_client.get(path).text
    assert "写入 6 处变化" in html
    assert not re.findall(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", words_of(html))
    lessons = select(TimetableLesson).where(TimetableLesson.district_id == district.district_id)
    assert session.scalars(lessons).all() == []
    assert desk_client.post(path, data={"version": "1"}).status_code == 303
    assert len(session.scalars(lessons).all()) == 6
    assert "撤回" in desk_client.get(path).text
    again = send(desk_client, "/roster/timetable/import", GRID, **term).headers["Location"]
    assert "0 处变化" in desk_client.get(again).text
    assert desk_client.post(again, data={"version": "1"}).status_code in (400, 409)
    assert desk_client.post(f"{path}/withdraw", data={"reason": "错了"}).status_code == 303
    session.expire_all()
    assert session.scalars(lessons).all() == []
    assert desk_client.post(f"{again}/discard").status_code == 303


def test_a_file_without_a_timetable_is_refused_with_words(desk_client: FlaskClient, group: str) -> None:
    answer = send(desk_client, "/roster/timetable/import", [["姓名", "工号"], ["甲", "1"]], term="2026-2027|autumn")
    assert answer.status_code == 422
    assert "星期一" in answer.text
    assert send(desk_client, "/roster/timetable/import", GRID, term="2030-2031|autumn").status_code == 422
    assert send(desk_client, "/roster/timetable/import", GRID, term="2026-2027|autumn", first_day="2027-06-01").status_code == 422


@pytest.mark.parametrize("content", [
    b"", b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"MZ\x90\x00", b"\x00" * 64, b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
    b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:" + "休".encode() * 100_000,
])  # fmt: skip
def test_hostile_files_are_refused_with_a_sentence(desk_client: FlaskClient, session: Session, district: Sample, group: str, content: bytes) -> None:
    for path in ("/roster/timetable/import", "/roster/calendar/import"):
        answer = desk_client.post(path, data={"file": (io.BytesIO(content), "课表.xlsx"), "term": "2026-2027|autumn"},
                                  content_type="multipart/form-data")
        assert answer.status_code == 422
        assert 'id="file-err"' in answer.text
    assert session.scalars(select(ImportBatch).where(ImportBatch.district_id == district.district_id)).all() == []


def test_what_a_file_says_is_shown_as_text(desk_client: FlaskClient, district: Sample, group: str) -> None:
    rows = [["班级", "星期", "节次", "课程", "教师"], ["五（3）班", "一", "1", "<script>alert(1)", "=cmd|' /C calc'!A0"], ["<img src=x>", "一", "2", "语文", ""]]
    path = send(desk_client, "/roster/timetable/import", rows, term="2026-2027|autumn", first_day="2026-09-01").headers["Location"]
    html = desk_client.get(path).text
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    assert desk_client.post(path, data={"version": "1"}).status_code == 303
    assert "<script>alert" not in desk_client.get(f"/roster/timetable?class={group}&week={WEEK}").text


def test_days_go_from_file_to_calendar_and_back(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    rows = [["日期", "安排", "说明"], ["2026-10-10", "上周一的课", "国庆节调休"], ["2026-11-06", "放假", "校运会"], ["2026-11-09", "调休", ""]]
    path = send(desk_client, "/roster/calendar/import", rows).headers["Location"]
    html = desk_client.get(path).text
    assert "没有说" in html
    assert not re.findall(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}", words_of(html))
    assert desk_client.post(path, data={"version": "1"}).status_code == 303
    days = select(SchoolDay).where(SchoolDay.district_id == district.district_id).order_by(SchoolDay.day)
    assert [(d.kind, d.follows_weekday) for d in session.scalars(days)] == [("school", 1), ("off", None)]
    assert "星期一的课" in desk_client.get("/roster/calendar?month=2026-10").text
    assert desk_client.post(f"{path}/withdraw").status_code == 303
    session.expire_all()
    assert session.scalars(days).all() == []


def test_a_class_is_split_and_the_split_undone(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    pupils = add_pupils(session, district, group, 4)
    session.commit()
    data = {"who": "some", "to_class_id": "", "new_class_no": "9", "on_day": "2026-11-02", "reason": "人数过多", "student": pupils[:2]}
    assert desk_client.post(f"/roster/classes/{group}/change", data=data).status_code == 303
    [change] = session.scalars(select(ClassChange).where(ClassChange.district_id == district.district_id))
    assert "人数过多" in desk_client.get(f"/roster/classes/{change.to_class_id}").text
    assert desk_client.post(f"/roster/classes/{group}/changes/{change.id}/undo").status_code == 303
    session.expire_all()
    assert [c.class_no for c in session.scalars(select(SchoolClass).where(SchoolClass.district_id == district.district_id))] == [3]


def test_case_44_an_internship_is_entered_and_taken_back(desk_client: FlaskClient, session: Session, district: Sample, group: str) -> None:
    data = {"kind": "internship", "term": "2026-2027|autumn", "from_on": "2026-09-07", "to_on": "2026-12-31", "document": "实习〔2026〕3号"}
    assert desk_client.post(f"/roster/classes/{group}/exceptions", data=data).status_code == 303
    assert "实习〔2026〕3号" in desk_client.get(f"/roster/classes/{group}").text
    [row] = session.scalars(select(ClassException).where(ClassException.district_id == district.district_id))
    path = f"/roster/classes/{group}/exceptions/{row.id}/revoke"
    assert "原因" in desk_client.post(path, data={"reason": ""}, follow_redirects=True).text
    desk_client.post(path, data={"reason": "实习取消"})
    session.expire_all()
    assert row.revoked_reason == "实习取消"


def test_who_may_open_and_write(client: FlaskClient, sign_in: Any, session: Session, district: Sample, group: str) -> None:
    """Teachers see nothing; officers read; another school's class and file are not there."""
    foreign = add_class(session, district.district_id, district.other_school_id, 2, 1)
    session.commit()
    sign_in(client, "teacher")
    assert client.get("/roster/timetable").status_code == 403
    sign_in(client, "training_officer")
    html = client.get(f"/roster/classes/{group}").text
    assert 'name="student"' not in html
    assert client.get("/roster/timetable").status_code == 200
    assert client.post("/roster/timetable/import").status_code == 403
    sign_in(client, "school_administrator")
    assert client.get(f"/roster/classes/{foreign}").status_code == 404
    data = {"class": [foreign], "weekday": "1", "lesson_no": "8", "weeks": "all", "from_on": "2026-09-01"}
    assert client.post("/roster/timetable/meetings", data=data).status_code == 404
    assert client.post(f"/roster/classes/{foreign}/change", data={"who": "all", "on_day": "2026-11-02", "reason": "x", "new_class_no": "5"}).status_code == 404
    staff = send(client, "/roster/import/staff", [["姓名", "工号"], ["甲乙", "Z1"]]).headers["Location"]
    key = session.scalars(select(ImportBatch.id).where(ImportBatch.district_id == district.district_id)).one()
    assert key in staff
    assert client.get(f"/roster/timetable/import/{key}").status_code == 404


def test_pages_cost_the_same_for_many_classes(desk_client: FlaskClient, session: Session, district: Sample, group: str, count_statements: Any) -> None:
    add_timetable(session, district, group, teacher_id=district.people[0])
    session.commit()
    desk_client.get("/roster/timetable")
    costs = []
    for step in range(2):
        session.expire_all()
        with count_statements() as seen:
            desk_client.get(f"/roster/timetable?week={WEEK}")
            desk_client.get(f"/roster/timetable?class={group}&week={WEEK}")
        costs.append(seen.count)
        if not step:
            for number in range(4, 14):
                key = add_class(session, district.district_id, district.school_id, 5, number)
                add_timetable(session, district, key, [(1, 8, "班会"), (2, 1, "语文")], teacher_id=district.people[number % 3])
            session.commit()
    assert costs[0] == costs[1]
