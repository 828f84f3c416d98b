"""The dean's pages: the board, the one form for all classes, the queue of the check, the ledger; coverage for school and bureau."""

from datetime import date
from io import BytesIO
from typing import Any

import pytest
import python_calamine
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_post, add_pupils, add_staff, add_timetable
from tests.class_meetings.record_scenery import NOW, SEASON, YEAR, Scene, build_scene, planned
from tests.class_meetings.test_checking import recorded
from tests.conftest import SignIn
from trainhub.class_meetings.models import ClassMeeting, MeetingReminder, MeetingWave
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.service.standing import rebuild
from trainhub.class_meetings.views.terms import neighbour
from trainhub.kernel.clock import local_day
from trainhub.roster.models import Student

TERM = f"{YEAR}-{SEASON}"


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


def test_the_board_says_who_has_nothing_and_what_wants_doing(session: Session, scene: Scene, dean: FlaskClient) -> None:
    recorded(session, scene)
    page = dean.get(f"/meetings/board?term={TERM}").get_data(as_text=True)
    assert "2 个班本学期还没有计入" in page
    assert "1 份记录等你核对" in page
    assert "玩笑的边界" in page
    waiting = dean.get(f"/meetings/board?term={TERM}&show=check").get_data(as_text=True)
    assert "8（3）班" in waiting
    assert "8（4）班" not in waiting


def test_the_board_costs_the_same_for_two_classes_and_for_twenty(session: Session, scene: Scene, dean: FlaskClient, count_statements: Any) -> None:
    dean.get("/meetings/board")
    with count_statements() as few:
        dean.get("/meetings/board")
    for number in range(5, 23):
        class_id = add_class(session, scene.district_id, scene.school_id, 8, number)
        add_pupils(session, scene.sample, class_id, 2)
        planned(session, scene, class_id=class_id)
    with count_statements() as many:
        dean.get("/meetings/board")
    assert many.count == few.count <= 22


def test_one_tap_reminds_whoever_has_something_to_do(session: Session, scene: Scene, dean: FlaskClient) -> None:
    planned(session, scene, day=date(2026, 11, 16))
    dean.post(f"/meetings/board/remind?term={TERM}", data={"show": "record", "about": "record", "next": "/meetings/board"})
    reminder = session.scalars(select(MeetingReminder)).one()
    assert (reminder.about, reminder.person_id, reminder.class_id) == ("record", scene.teacher.person_id, scene.class_id)
    dean.post(f"/meetings/board/remind?term={TERM}", data={"class": [scene.other_class_id], "about": "plan", "next": "/meetings/board"})
    assert {r.about for r in session.scalars(select(MeetingReminder))} == {"record", "plan"}


def test_one_form_makes_a_meeting_for_every_class_of_a_grade_and_takes_it_back(session: Session, scene: Scene, dean: FlaskClient) -> None:
    empty = add_class(session, scene.district_id, scene.school_id, 8, 9)
    session.commit()
    form = dean.get("/meetings/waves/new?grade=8&week=2026-11-23").get_data(as_text=True)
    assert "没有学生" in form
    assert form.count('name="slot-') == 3
    data = {"grade": "8", "week": "2026-11-23", "theme": "", "title": "", f"on-{scene.class_id}": "1", f"on-{scene.other_class_id}": "1",
            f"teacher-{scene.other_class_id}": scene.substitute.person_id, f"room-{scene.other_class_id}": "录播教室"}
    answer = dean.post("/meetings/waves/new", data=data)
    assert answer.status_code == 303
    rows = {m.class_id: m for m in session.scalars(select(ClassMeeting))}
    assert set(rows) == {scene.class_id, scene.other_class_id}
    assert empty not in rows
    assert rows[scene.class_id].held_by_id == scene.teacher.person_id
    assert (rows[scene.other_class_id].held_by_id, rows[scene.other_class_id].room) == (scene.substitute.person_id, "录播教室")
    assert {(m.title, m.state, local_day(m.starts_at)) for m in rows.values() if m.starts_at} == {("玩笑的边界", "scheduled", date(2026, 11, 23))}
    wave = session.scalars(select(MeetingWave)).one()
    assert "8（4）班" in dean.get(f"/meetings/waves/{wave.id}").get_data(as_text=True)
    dean.post(f"/meetings/waves/{wave.id}/undo")
    session.expire_all()
    assert {m.state for m in session.scalars(select(ClassMeeting))} == {"cancelled"}


def test_a_wave_is_not_taken_back_over_a_meeting_that_somebody_changed(session: Session, scene: Scene, dean: FlaskClient) -> None:
    dean.post("/meetings/waves/new", data={"grade": "8", "week": "2026-11-23", f"on-{scene.class_id}": "1", f"on-{scene.other_class_id}": "1"})
    wave = session.scalars(select(MeetingWave)).one()
    session.scalars(select(ClassMeeting).where(ClassMeeting.class_id == scene.class_id)).one().version += 1
    session.commit()
    assert "整批撤回" not in dean.get(f"/meetings/waves/{wave.id}").get_data(as_text=True)
    dean.post(f"/meetings/waves/{wave.id}/undo")
    session.expire_all()
    assert {m.state for m in session.scalars(select(ClassMeeting))} == {"scheduled"}


def test_a_reminder_stands_on_the_board_until_its_meeting_is_recorded(session: Session, scene: Scene, dean: FlaskClient) -> None:
    meeting = planned(session, scene, day=date(2026, 11, 16))
    dean.post(f"/meetings/board/remind?term={TERM}", data={"show": "record", "about": "record", "next": "/meetings/board"})
    assert "11月20日 已提醒" in dean.get(f"/meetings/board?term={TERM}").get_data(as_text=True)
    session.get_one(ClassMeeting, (scene.district_id, meeting)).state = "recorded"
    session.commit()
    assert "11月20日 已提醒" not in dean.get(f"/meetings/board?term={TERM}").get_data(as_text=True)


def test_a_form_with_no_class_ticked_says_so_and_makes_nothing(session: Session, scene: Scene, dean: FlaskClient) -> None:
    answer = dean.post("/meetings/waves/new", data={"grade": "8", "week": "2026-11-23"})
    assert answer.status_code == 422
    assert "至少勾选一个班" in answer.get_data(as_text=True)
    assert session.scalars(select(ClassMeeting)).all() == []


def test_a_class_without_a_free_lesson_is_planned_without_a_time(session: Session, scene: Scene, dean: FlaskClient) -> None:
    bare = add_class(session, scene.district_id, scene.school_id, 8, 9)
    add_pupils(session, scene.sample, bare, 2)
    add_post(session, scene.district_id, scene.school_id, scene.sample.people[0], "homeroom_teacher", date(2026, 9, 1), class_id=bare)
    session.commit()
    dean.post("/meetings/waves/new", data={"grade": "8", "week": "2026-11-23", f"on-{bare}": "1"})
    assert session.scalars(select(ClassMeeting.state)).one() == "planned"


def test_twenty_classes_are_planned_with_as_many_statements_as_two(session: Session, scene: Scene, dean: FlaskClient, count_statements: Any) -> None:
    def plan(week: str, ids: list[str]) -> int:
        with count_statements() as counted:
            answer = dean.post("/meetings/waves/new", data={"grade": "8", "week": week} | {f"on-{i}": "1" for i in ids} | {f"teacher-{i}": people[n] for n, i in enumerate(ids)})
        assert answer.status_code == 303
        return int(counted.count)

    people = [scene.teacher.person_id, scene.other_teacher.person_id, *add_staff(session, scene.district_id, scene.school_id, 18, first_no=700, department="德育组")]
    session.commit()
    few = plan("2026-11-23", [scene.class_id, scene.other_class_id])
    more = [add_class(session, scene.district_id, scene.school_id, 8, n) for n in range(5, 23)]
    for class_id in more:
        add_pupils(session, scene.sample, class_id, 2)
        add_timetable(session, scene.sample, class_id)
    session.commit()
    assert plan("2026-11-30", [scene.class_id, scene.other_class_id, *more]) <= few + 2


def test_the_queue_checks_the_plain_ones_together_and_leaves_the_others(session: Session, scene: Scene, dean: FlaskClient) -> None:
    plain, bare = recorded(session, scene), recorded(session, scene, photo="", class_id=scene.other_class_id)
    page = dean.get("/meetings/check").get_data(as_text=True)
    assert "没有照片" in page
    dean.post("/meetings/check", data={"record": [f"{plain}.1.1", f"{bare}.1.1"]})
    session.expire_all()
    states = {m.id: m.state for m in session.scalars(select(ClassMeeting))}
    assert states == {plain: "checked", bare: "recorded"}
    dean.post(f"/meetings/{bare}/return", data={"revision": 1, "why": "photo_missing", "words": "补一张板书"})
    session.expire_all()
    assert session.get_one(ClassMeeting, (scene.district_id, bare)).state == "returned"


def test_the_ledger_holds_counts_and_no_pupil(session: Session, scene: Scene, dean: FlaskClient) -> None:
    recorded(session, scene)
    assert "11 / 12" in dean.get(f"/meetings/ledger?term={TERM}").get_data(as_text=True)
    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(dean.get(f"/meetings/ledger.xlsx?term={TERM}").data))
    cells = [str(cell) for row in book.get_sheet_by_index(0).to_python() for cell in row]
    assert "玩笑的边界" in cells
    names = set(session.scalars(select(Student.name)))
    assert not names & set(cells)


@pytest.mark.parametrize("who", ["teacher", "homeroom_teacher", "training_officer", "bureau_officer"])
def test_the_schools_board_is_the_schools(client: FlaskClient, scene: Scene, sign_in: SignIn, who: str) -> None:
    sign_in(client, who)
    for path in ("/meetings/board", "/meetings/check", "/meetings/ledger", "/meetings/waves/new"):
        assert client.get(path).status_code == 403


def test_another_schools_meeting_and_wave_are_not_found(session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    meeting = recorded(session, scene)
    sign_in(client, "principal@other")
    assert client.get("/meetings/waves/" + "0" * 32).status_code == 404
    assert meeting not in client.get("/meetings/board").get_data(as_text=True)


def test_the_bureau_sees_every_school_with_the_rule_and_never_a_name(session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    recorded(session, scene)
    rebuild(session, scene.district_id, scene.school_id, YEAR, SEASON, NOW)
    session.commit()
    sign_in(client, "bureau_officer")
    page = client.get(f"/meetings/coverage?term={TERM}").get_data(as_text=True)
    assert "晨曦第一中学" in page
    assert "每班每学期 2 次" in page
    one = client.get(f"/meetings/coverage/{scene.school_id}?term={TERM}").get_data(as_text=True)
    assert "8（3）班" in one
    assert client.get(f"/meetings/coverage.xlsx?term={TERM}").status_code == 200


def test_a_school_without_classes_shows_no_rate(session: Session, scene: Scene, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "principal@other")
    page = client.get("/meetings/coverage", follow_redirects=True).get_data(as_text=True)
    assert "不适用" in page
    assert "0%" not in page


def test_terms_follow_each_other_and_come_back() -> None:
    key = TermKey("2026-2027", "autumn")
    assert [neighbour(key, 1), neighbour(key, -1)] == [TermKey("2026-2027", "spring"), TermKey("2025-2026", "spring")]
    assert neighbour(neighbour(key, 1), -1) == key == neighbour(neighbour(key, -1), 1)
    assert [TermKey.parse(text) for text in ("2026-2027-autumn", "2026-2028-autumn", "x", "", "2026-2027-winter")] == [key, None, None, None, None]


def test_a_term_nobody_has_entered_is_an_empty_board(scene: Scene, dean: FlaskClient) -> None:
    assert dean.get("/meetings/board?term=2031-2032-spring").status_code == 200
