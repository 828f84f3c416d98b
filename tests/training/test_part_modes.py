"""Parts with a title and a mode of their own: what is shown before saving, what counts, what is corrected."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import TOPIC, Sample
from tests.training.test_planning_pages import COURSE, fields
from trainhub.attendance.models import AttendanceSheet
from trainhub.attendance.service import Mark, MarkRoll, SubmitRoll, record_marks, submit_roll, verify_roll
from trainhub.courses.models import CoursePack
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.training.models import EventHistory, EventPart, TrainingEvent, TrainingObligation
from trainhub.training.queries.planning import review
from trainhub.training.rules.planning import (
    Course,
    PartTime,
    add_half_day,
    face_to_face_minutes,
    mode_of_all,
    moved_to,
    with_part_more,
)
from trainhub.training.service.events import AmendEvent, MoveEvent, PartAs, amend_event, move_event
from trainhub.training.service.planning import BadPlan, PlanEvent, plan_event, sketch_of

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)
MORNING = PartTime(at(DAY, time(9)), at(DAY, time(10, 30)), "阶梯教室", "法律与职责", "face_to_face")
AFTERNOON = PartTime(at(DAY, time(14)), at(DAY, time(15, 30)), "", "线上案例研讨", "online")


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def pack(session: Session, friday: None) -> None:
    session.add(CoursePack(
        pack_id="law", version="1.0", digest="0" * 64, type_key="staff_training", topic=TOPIC, title="法律与职责",
        delivery_mode="face_to_face", minutes=180, class_hours=4, content={"course": COURSE, "texts": {}, "quiz": None}, installed_at=NOW,
    ))
    session.flush()


def plan(district: Sample, *parts: PartTime, **changes: Any) -> PlanEvent:
    base = PlanEvent(district.school_id, "《法律与职责》专题培训", parts or (MORNING, AFTERNOON), "law")
    return replace(base, **changes)


class TestRules:
    def test_minutes_that_can_count_are_those_of_the_parts_held_face_to_face(self) -> None:
        parts = [MORNING, AFTERNOON]
        assert face_to_face_minutes(parts, Course()) == 90
        assert face_to_face_minutes(parts, Course(venue_kind="desk")) == 0
        assert face_to_face_minutes(parts, Course(venue_kind="satellite_room")) == 0
        assert face_to_face_minutes(parts, Course(venue_kind="satellite_room", satellite_counts=True)) == 180

    def test_a_training_of_different_modes_is_blended(self) -> None:
        assert mode_of_all([MORNING, AFTERNOON], "face_to_face") == "blended"
        assert mode_of_all([AFTERNOON, AFTERNOON], "face_to_face") == "online"
        assert mode_of_all([replace(MORNING, mode="")], "online") == "online"

    def test_title_and_mode_move_with_their_part(self) -> None:
        moved = moved_to([MORNING, AFTERNOON], date(2026, 12, 4))
        assert [(p.title, p.mode) for p in moved] == [("法律与职责", "face_to_face"), ("线上案例研讨", "online")]
        assert add_half_day([AFTERNOON], 60).mode == "online"
        assert {p.mode for p in with_part_more([replace(AFTERNOON, ends_at=at(DAY, time(17)))], 180)} == {"online"}


class TestPlanning:
    def test_an_online_part_is_named_with_its_minutes_before_saving(self, session: Session, district: Sample) -> None:
        officer = district.actors["training_officer"]
        judged = review(session, officer.scope("training.write"), sketch_of(plan(district), 180), NOW)
        [note] = [p for p in judged.problems if p.code == "part_not_face_to_face"]
        assert (note.severity, note.part, note.params) == ("note", 2, {"title": "线上案例研讨", "minutes": 90, "mode": "online"})

    @pytest.mark.parametrize("mode", ["online", "blended", "on_the_job"])
    def test_a_training_without_any_face_to_face_part_asks(self, session: Session, district: Sample, mode: str) -> None:
        officer = district.actors["training_officer"]
        parts = [replace(MORNING, mode=mode), replace(AFTERNOON, mode=mode)]
        judged = review(session, officer.scope("training.write"), sketch_of(plan(district, *parts), 180), NOW)
        assert {p.code for p in judged.problems if p.severity == "ask"} == {"not_face_to_face"}

    def test_parts_keep_title_and_mode_and_the_rolls_are_called_after_them(self, session: Session, district: Sample) -> None:
        plan_event(session, district.actors["training_officer"], plan(district), NOW)
        parts = session.scalars(select(EventPart).order_by(EventPart.position)).all()
        assert [(p.title, p.delivery_mode) for p in parts] == [("法律与职责", "face_to_face"), ("线上案例研讨", "online")]
        assert session.scalars(select(TrainingEvent.delivery_mode)).one() == "blended"
        titles = session.scalars(select(AttendanceSheet.title).order_by(AttendanceSheet.starts_at)).all()
        assert titles == ["《法律与职责》专题培训（1/2 法律与职责）", "《法律与职责》专题培训（2/2 线上案例研讨）"]

    def test_a_mode_that_is_none_is_refused(self, session: Session, district: Sample) -> None:
        with pytest.raises(BadPlan):
            plan_event(session, district.actors["training_officer"], plan(district, MORNING, replace(AFTERNOON, mode="beamed")), NOW)

    def test_moving_keeps_title_and_mode_and_names_the_online_part_again(self, session: Session, district: Sample) -> None:
        officer = district.actors["training_officer"]
        done = plan_event(session, officer, plan(district), NOW)
        times = [PartTime(at(date(2026, 12, 3), time(9)), at(date(2026, 12, 3), time(10, 30))), PartTime(at(date(2026, 12, 3), time(14)), at(date(2026, 12, 3), time(15, 30)))]
        move_event(session, officer, MoveEvent(done.event_id, done.version, "场地维修", times), NOW)
        parts = session.scalars(select(EventPart).order_by(EventPart.position)).all()
        assert [(p.title, p.delivery_mode) for p in parts] == [("法律与职责", "face_to_face"), ("线上案例研讨", "online")]


def hold(session: Session, district: Sample) -> None:
    after = at(DAY, time(18))
    for sheet_id in session.scalars(select(AttendanceSheet.id)).all():
        marks = [Mark(person, "present", 0) for person in district.people]
        record_marks(session, district.actors["training_officer"], MarkRoll(sheet_id, marks, new_id()), after)
        submit_roll(session, district.actors["training_officer"], SubmitRoll(sheet_id, len(district.people), "absent"), after)
        verify_roll(session, district.actors["principal"], sheet_id, after)


def counted(session: Session, person_id: str) -> int:
    session.expire_all()
    return session.scalars(select(TrainingObligation.counted_minutes).where(TrainingObligation.person_id == person_id)).one()


class TestCounting:
    def test_case_9_the_online_part_does_not_count_toward_the_duty(self, session: Session, district: Sample) -> None:
        plan_event(session, district.actors["training_officer"], plan(district), NOW)
        hold(session, district)
        assert counted(session, district.people[0]) == 90

    def test_correcting_the_mode_of_a_part_counts_anew(self, session: Session, district: Sample) -> None:
        officer = district.actors["training_officer"]
        done = plan_event(session, officer, plan(district), NOW)
        hold(session, district)
        session.expire_all()
        event = session.scalars(select(TrainingEvent)).one()
        parts = [PartAs("法律与职责", "face_to_face"), PartAs("现场案例研讨", "face_to_face")]
        amend_event(session, officer, AmendEvent(done.event_id, event.version, "改为现场举行", parts=parts), at(DAY, time(19)))
        assert counted(session, district.people[0]) == 180
        last = max(session.scalars(select(EventHistory)).all(), key=lambda h: h.changes["version"]).changes
        assert (last["part_title.2"], last["delivery_mode.2"]) == (["线上案例研讨", "现场案例研讨"], ["online", "face_to_face"])
        session.expire_all()
        event = session.scalars(select(TrainingEvent)).one()
        assert event.delivery_mode == "face_to_face"
        amend_event(session, officer, AmendEvent(done.event_id, event.version, "其实是线上", delivery_mode="online"), at(DAY, time(20)))
        assert counted(session, district.people[0]) == 0

    def test_parts_are_corrected_all_or_none(self, session: Session, district: Sample) -> None:
        officer = district.actors["training_officer"]
        done = plan_event(session, officer, plan(district), NOW)
        with pytest.raises(BadPlan):
            amend_event(session, officer, AmendEvent(done.event_id, done.version, "x", parts=[PartAs("", "online")]), NOW)


class TestPages:
    @pytest.fixture
    def officer(self, client: FlaskClient, district: Sample, sign_in: Any) -> FlaskClient:
        sign_in(client, "training_officer")
        return client

    def test_title_and_mode_are_typed_on_the_form_and_named_before_saving(self, officer: FlaskClient, session: Session) -> None:
        two = officer.post("/training/new", data=fields(officer.get("/training/new?pack=law").text) | {"do": "add_part"})
        sent = fields(two.text) | {"parts-0-title": "法律与职责", "parts-1-title": "线上案例研讨", "parts-1-mode": "online"}
        check = officer.post("/training/new/check", data=sent)
        assert "第 2 个时段“线上案例研讨”为“网络研修”，90 分钟不计入年度面授要求。" in check.text
        assert "180 分钟中面授 90 分钟" in check.text
        answer = officer.post("/training/new", data=sent | {"do": "publish"})
        assert answer.status_code == 303, answer.text
        parts = session.scalars(select(EventPart).order_by(EventPart.position)).all()
        assert [(p.title, p.delivery_mode) for p in parts] == [("法律与职责", "face_to_face"), ("线上案例研讨", "online")]
        page = officer.get(answer.location).text
        assert "线上案例研讨" in page

    def test_what_was_typed_survives_the_buttons(self, officer: FlaskClient) -> None:
        two = officer.post("/training/new", data=fields(officer.get("/training/new?pack=law").text) | {"do": "add_part"})
        sent = fields(two.text) | {"parts-1-title": "案例研讨", "parts-1-mode": "online", "do": "add_trainer"}
        again = fields(officer.post("/training/new", data=sent).text)
        assert (again["parts-1-title"], again["parts-1-mode"], again["parts-0-mode"]) == (["案例研讨"], "online", "face_to_face")
        one = fields(officer.post("/training/new", data=again | {"do": "drop_part:0"}).text)
        assert one["delivery_mode"] == "online"

    def test_a_draft_opens_with_titles_and_modes_and_is_corrected_part_by_part(
        self, officer: FlaskClient, session: Session, district: Sample
    ) -> None:
        draft = plan_event(session, district.actors["training_officer"], plan(district, publish=False), NOW)
        session.commit()
        opened = fields(officer.get(f"/training/events/{draft.event_id}/edit").text)
        assert (opened["parts-1-title"], opened["parts-1-mode"]) == (["线上案例研讨"], "online")
        done = plan_event(session, district.actors["training_officer"], plan(district, event_id=draft.event_id, version=draft.version), NOW)
        session.commit()
        base = f"/training/events/{done.event_id}"
        form = officer.get(f"{base}/amend").text
        assert 'name="parts-1-mode"' in form
        sent = {
            "version": str(done.version), "reason": "改为现场", "title": "《法律与职责》专题培训", "venue_kind": "room", "parts-0-mode": "face_to_face",
            "parts-0-title": "法律与职责", "parts-1-mode": "face_to_face", "parts-1-title": "现场研讨",
        }
        assert officer.post(f"{base}/amend", data=sent).status_code == 303
        text = officer.get(base).text
        assert "第 2 个时段 方式: 网络研修 → 面授" in text
        assert "现场研讨" in text

    def test_the_page_takes_at_most_twenty_statements(self, officer: FlaskClient, session: Session, district: Sample, count_statements: Any) -> None:
        plan_event(session, district.actors["training_officer"], plan(district), NOW)
        session.commit()
        officer.get("/training/new?pack=law")
        with count_statements() as seen:
            page = officer.get("/training/new?pack=law")
        assert seen.count <= 20, "\n".join(seen.texts)
        with count_statements() as seen:
            officer.post("/training/new/check", data=fields(page.text))
        assert seen.count <= 20, "\n".join(seen.texts)
