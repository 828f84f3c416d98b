"""Planning in a browser without scripts: pages, permissions, stale forms."""

import re
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_staff
from trainhub.attendance.models import AttendanceSheet
from trainhub.courses.models import CoursePack
from trainhub.kernel.clock import at
from trainhub.roster.models import CalendarDay, Employment
from trainhub.training.models import EventPart, EventParticipant, TrainingEvent
from trainhub.training.rules.planning import PartTime, Trainer
from trainhub.training.service.planning import PlanEvent, plan_event

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)
TOPIC = "student_bullying_prevention"
UNIT = {"id": "u1", "title": "四个要素", "minutes": 90, "delivery": "face_to_face", "file": "u1.md"}
COURSE = {
    "id": "law", "version": "1.0", "title": "法律与职责", "type": "staff_training", "delivery": "face_to_face", "topic": TOPIC,
    "class_hours": 2, "units": [UNIT], "preparation": ["打印讲义"],
}


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def pack(session: Session, friday: None) -> None:
    session.add(CoursePack(
        pack_id="law", version="1.0", digest="0" * 64, type_key="staff_training", topic=TOPIC, title="法律与职责",
        delivery_mode="face_to_face", minutes=90, class_hours=2, content={"course": COURSE, "texts": {}, "quiz": None},
        installed_at=NOW,
    ))
    session.flush()


@pytest.fixture
def officer(client: FlaskClient, district: Sample, sign_in: Any) -> FlaskClient:
    sign_in(client, "training_officer")
    return client


def fields(html: str) -> dict[str, Any]:
    """What a browser would send from the planning form as it was served."""
    form = html[html.index('id="plan"'):]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        kind = re.search(r'type="(\w+)"', tag)
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (kind is None or kind[1] != "checkbox" or " checked" in tag):
            found.setdefault(name[1], []).append(value[1] if value else "")
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', body)
        first = re.search(r'value="([^"]*)"', body)
        found[name] = chosen[1] if chosen else first[1] if first else ""
    return found


def make(session: Session, district: Sample, **changes: Any) -> str:
    command = PlanEvent(
        district.school_id, "《法律与职责》专题培训", (PartTime(at(DAY, time(14, 30)), at(DAY, time(16)), "阶梯教室"),), "law",
        trainers=(Trainer("陈立新", "区人民法院"),), **changes,
    )
    done = plan_event(session, district.actors["training_officer"], command, NOW)
    session.commit()
    return done.event_id


class TestPlan:
    def test_from_pack_to_published_in_two_clicks(self, officer: FlaskClient, session: Session) -> None:
        page = officer.get("/training/new?pack=law")
        assert page.status_code == 200
        assert "发布培训（通知 6 人）" in page.text or "tell 6 people" in page.text
        sent = fields(page.text) | {"do": "publish"}
        answer = officer.post("/training/new", data=sent)
        assert answer.status_code == 303, answer.text
        event = session.scalars(select(TrainingEvent)).one()
        assert (event.state, event.pack_version) == ("published", "1.0")
        assert event.starts_at == at(date(2026, 11, 23), time(14, 30))
        assert len(session.scalars(select(EventParticipant)).all()) == 6

    def test_names_and_reasons_stand_on_the_page(self, officer: FlaskClient) -> None:
        text = officer.get("/training/new?pack=law").text
        assert text.count('name="exclude"') == 6
        assert "180" in text

    def test_a_weekend_is_asked_about_and_published_after_the_tick(self, officer: FlaskClient, session: Session) -> None:
        sent = fields(officer.get("/training/new?pack=law").text) | {"parts-0-day": "2026-11-28", "do": "publish"}
        refused = officer.post("/training/new", data=sent)
        assert refused.status_code == 422
        assert 'value="day_is_weekend-1"' in refused.text
        assert not session.scalars(select(TrainingEvent)).all()
        answer = officer.post("/training/new", data=sent | {"accept": "day_is_weekend-1"})
        assert answer.status_code == 303

    def test_a_holiday_is_asked_about_and_a_make_up_workday_is_not(self, officer: FlaskClient, session: Session) -> None:
        session.add_all([CalendarDay(day=date(2026, 12, 3), kind="holiday", name="校庆日"), CalendarDay(day=date(2026, 12, 5), kind="workday", name="校庆日")])
        session.commit()
        sent = fields(officer.get("/training/new?pack=law").text)
        assert officer.post("/training/new", data=sent | {"parts-0-day": "2026-12-03", "do": "publish"}).status_code == 422
        assert officer.post("/training/new", data=sent | {"parts-0-day": "2026-12-05", "do": "publish"}).status_code == 303

    def test_buttons_that_reshape_the_plan_need_no_script(self, officer: FlaskClient) -> None:
        sent = fields(officer.get("/training/new?pack=law").text)
        two = officer.post("/training/new", data=sent | {"do": "add_part"})
        assert two.status_code == 200
        again = fields(two.text)
        assert (again["parts-0-starts"], again["parts-1-starts"]) == (["09:00"], ["14:00"])
        one = fields(officer.post("/training/new", data=again | {"do": "drop_part:1"}).text)
        assert "parts-1-starts" not in one
        moved = fields(officer.post("/training/new", data=sent | {"do": "day:2026-12-01"}).text)
        assert moved["parts-0-day"] == ["2026-12-01"]
        assert "trainers-1-name" in fields(officer.post("/training/new", data=sent | {"do": "add_trainer"}).text)

    def test_the_check_fragment_saves_nothing(self, officer: FlaskClient, session: Session) -> None:
        sent = fields(officer.get("/training/new?pack=law").text) | {"parts-0-day": "2026-11-29"}
        answer = officer.post("/training/new/check", data=sent, headers={"X-Fragment": "1"})
        assert answer.status_code == 200
        assert "<html" not in answer.text
        assert "day_is_weekend-1" in answer.text
        assert not session.scalars(select(TrainingEvent)).all()

    def test_taken_off_and_added_by_hand(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        sent = fields(officer.get("/training/new?pack=law").text) | {"exclude": district.people[0], "do": "publish"}
        assert officer.post("/training/new", data=sent).status_code == 303
        assert district.people[0] not in set(session.scalars(select(EventParticipant.person_id)))

    def test_inside_trainer_by_name_and_guest_with_unit(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        from trainhub.roster.models import Person
        from trainhub.training.models import EventTrainer

        name = session.get_one(Person, (district.district_id, district.people[0])).name
        sent = fields(officer.get("/training/new?pack=law").text) | {"trainers-0-name": name, "do": "publish"}
        assert officer.post("/training/new", data=sent).status_code == 303
        assert session.scalars(select(EventTrainer.person_id)).one() == district.people[0]

    def test_without_a_pack_a_title_is_asked_for(self, officer: FlaskClient) -> None:
        sent = fields(officer.get("/training/new").text) | {"do": "publish"}
        assert officer.post("/training/new", data=sent).status_code == 422
        assert officer.post("/training/new", data=sent | {"title": "校内案例研讨"}).status_code == 303

    def test_a_missing_day_is_an_error_beside_the_field(self, officer: FlaskClient) -> None:
        sent = fields(officer.get("/training/new?pack=law").text) | {"parts-0-day": "", "do": "publish"}
        assert officer.post("/training/new", data=sent).status_code == 422
        assert officer.post("/training/new/check", data=sent).status_code == 422

    def test_two_stale_drafts_the_second_is_shown_both(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        event_id = make(session, district, publish=False)
        sent = fields(officer.get(f"/training/events/{event_id}/edit").text)
        assert officer.post("/training/new", data=sent | {"title": "甲方案", "do": "draft"}).status_code == 303
        stale = officer.post("/training/new", data=sent | {"title": "乙方案", "do": "draft"})
        assert stale.status_code == 409
        assert "甲方案" in stale.text
        assert "乙方案" in stale.text
        session.expire_all()
        assert session.scalars(select(TrainingEvent.title)).one() == "甲方案"


class TestEvent:
    def test_page_with_parts_people_and_history(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        event_id = make(session, district)
        sheet_id = session.scalars(select(AttendanceSheet.id)).one()
        text = officer.get(f"/training/events/{event_id}").text
        for expected in ("《法律与职责》专题培训", "阶梯教室", "陈立新", f"/rolls/{sheet_id}"):
            assert expected in text
        assert "style=" not in text

    def test_moving_cancelling_postponing(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        event_id = make(session, district)
        assert officer.get(f"/training/events/{event_id}/move").status_code == 200
        sent = {"version": "2", "reason": "场地维修", "parts-0-day": "2026-12-02", "parts-0-starts": "14:30", "parts-0-ends": "16:00", "parts-0-room": "报告厅"}
        assert officer.post(f"/training/events/{event_id}/move", data=sent | {"reason": ""}).status_code == 422
        assert officer.post(f"/training/events/{event_id}/move", data=sent).status_code == 303
        stale = officer.post(f"/training/events/{event_id}/move", data=sent)
        assert stale.status_code == 409
        assert "报告厅" in stale.text
        assert officer.post(f"/training/events/{event_id}/postpone", data={"version": "3", "reason": "流感"}).status_code == 303
        assert officer.post(f"/training/events/{event_id}/cancel", data={"version": "4", "reason": ""}).status_code == 422
        assert officer.post(f"/training/events/{event_id}/cancel", data={"version": "4", "reason": "本学期不再安排"}).status_code == 303
        text = officer.get("/training/events?year=2026").text
        assert "本学期不再安排" in text

    def test_publishing_a_draft_from_its_page(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        event_id = make(session, district, publish=False)
        assert officer.post(f"/training/events/{event_id}/publish", data={"version": "1"}).status_code == 303
        assert session.scalars(select(TrainingEvent.state)).one() == "published"

    def test_people_and_correction(self, officer: FlaskClient, session: Session, district: Sample) -> None:
        event_id = make(session, district)
        assert officer.get(f"/training/events/{event_id}/people").status_code == 200
        sent = {"version": "2", "reason": "公出", "remove": district.people[0]}
        assert officer.post(f"/training/events/{event_id}/people", data=sent).status_code == 303
        assert "公出" in officer.get(f"/training/events/{event_id}").text
        assert officer.get(f"/training/events/{event_id}/amend").status_code == 200
        amended = {
            "version": "3", "reason": "讲师临时更换", "title": "《法律与职责》专题培训", "parts-0-mode": "face_to_face", "venue_kind": "room",
            "trainers-0-name": "赵海", "trainers-0-affiliation": "区检察院",
        }
        assert officer.post(f"/training/events/{event_id}/amend", data=amended).status_code == 303
        assert "讲师临时更换" in officer.get(f"/training/events/{event_id}").text

    def test_another_schools_officer_finds_nothing(self, client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
        event_id = make(session, district)
        sign_in(client, "training_officer@other")
        base = f"/training/events/{event_id}"
        reads = [base, f"{base}/edit", f"{base}/move", f"{base}/people", f"{base}/amend", f"/training/events?school={district.school_id}"]
        assert {path: client.get(path).status_code for path in reads} == dict.fromkeys(reads, 404)
        part = {"parts-0-day": "2026-12-02", "parts-0-starts": "14:30", "parts-0-ends": "16:00"}
        sent = {"version": "2", "reason": "x", "title": "x", "parts-0-mode": "face_to_face", "venue_kind": "room"} | part
        writes = [f"{base}/{step}" for step in ("publish", "cancel", "postpone", "move", "people", "amend")]
        assert {path: client.post(path, data=sent).status_code for path in writes} == dict.fromkeys(writes, 404)

    @pytest.mark.parametrize("role", ["teacher", "auditor", "security_administrator", "system_administrator"])
    def test_roles_without_the_right_are_refused(self, client: FlaskClient, sign_in: Any, role: str) -> None:
        sign_in(client, role)
        assert client.get("/training/events").status_code == 403
        assert client.get("/training/new").status_code == 403

    def test_a_principal_reads_but_does_not_plan(self, client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
        event_id = make(session, district)
        sign_in(client, "principal")
        assert client.get(f"/training/events/{event_id}").status_code == 200
        assert client.get("/training/new").status_code == 403
        assert client.post(f"/training/events/{event_id}/cancel", data={"version": "2", "reason": "x"}).status_code == 403

    def test_a_bureau_officer_reads_every_school(self, client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
        event_id = make(session, district)
        sign_in(client, "bureau_officer")
        assert client.get(f"/training/events/{event_id}").status_code == 200
        assert "《法律与职责》专题培训" in client.get(f"/training/events?school={district.school_id}").text

    def test_statements_do_not_grow_with_people(
        self, officer: FlaskClient, session: Session, district: Sample, count_statements: Any
    ) -> None:
        event_id = make(session, district)
        paths = ["/training/new?pack=law", f"/training/events/{event_id}", "/training/events", "/"]
        for path in paths:
            officer.get(path)
        with count_statements() as few:
            for path in paths:
                officer.get(path)
        add_staff(session, district.district_id, district.school_id, 80, department="数学组", first_no=500)
        session.commit()
        with count_statements() as many:
            for path in paths:
                officer.get(path)
        assert many.count == few.count


class TestHome:
    def test_the_roll_that_runs_now_is_one_click_away(
        self, officer: FlaskClient, session: Session, district: Sample, sign_in: Any
    ) -> None:
        make(session, district)
        sheet_id = session.scalars(select(AttendanceSheet.id)).one()
        assert f"/rolls/{sheet_id}" not in officer.get("/").text
        with time_machine.travel(at(DAY, time(14, 20)), tick=False):
            sign_in(officer, "training_officer")
            text = officer.get("/").text
        assert re.search(rf'<a class="btn pri" href="/rolls/{sheet_id}">', text)

    def test_a_teacher_sees_the_next_training_and_no_roll(self, client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
        make(session, district)
        sign_in(client, "teacher")
        text = client.get("/").text
        assert "《法律与职责》专题培训" in text
        assert "/rolls/" not in text
        assert "/training/new" not in text

    def test_an_empty_roster_asks_for_the_staff_list(self, client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
        from sqlalchemy import delete

        from trainhub.roster.models import DepartmentMembership

        session.execute(delete(DepartmentMembership))
        session.execute(delete(Employment))
        session.commit()
        sign_in(client, "school_administrator")
        assert "/roster/import" in client.get("/").text

    @pytest.mark.parametrize("role", ["bureau_officer", "auditor", "principal", "homeroom_teacher", "system_administrator"])
    def test_every_role_has_a_home(self, client: FlaskClient, sign_in: Any, role: str) -> None:
        sign_in(client, role)
        assert client.get("/").status_code == 200


def test_parts_of_a_cancelled_training_stay_readable(officer: FlaskClient, session: Session, district: Sample) -> None:
    event_id = make(session, district)
    officer.post(f"/training/events/{event_id}/cancel", data={"version": "2", "reason": "停课"})
    assert officer.get(f"/training/events/{event_id}").status_code == 200
    assert session.scalars(select(EventPart.room)).one() == "阶梯教室"
