"""Detail fields of a kind of course: read by the declared kind, judged, stored, shown, and readable when the plugin is gone."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.training.scenery import add_training
from tests.training.test_planning_pages import fields
from trainhub.kernel.clock import at
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.models import LedgerPayload
from trainhub.plugin_api.contracts import (
    CourseCredit,
    CourseTypeSpec,
    DetailField,
    Mode,
    Problem,
    UnknownCourseType,
)
from trainhub.training import registry
from trainhub.training.models import EventHistory, TrainingEvent, TrainingObligation
from trainhub.training.queries.planning import review
from trainhub.training.rules.details import Details, keeps_no_draft, plan_problems, read_details
from trainhub.training.rules.planning import PartTime, PlanBlocked
from trainhub.training.service.events import AmendEvent, amend_event
from trainhub.training.service.planning import (
    BadPlan,
    CourseTypeGone,
    PlanEvent,
    PublishEvent,
    plan_event,
    publish,
    sketch_of,
)
from trainhub.training.service.standing import recompute

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)


class Drill:
    """A kind of course from outside, with one field of every kind."""

    spec = CourseTypeSpec(
        key="drill", label="Drill", audience="staff", modes=("face_to_face", "online"), default_roll="unmarked",
        detail_fields=(
            DetailField("place", "Place of the drill", required=True, help="Where people gather."),
            DetailField("alarms", "Alarms", kind="integer"),
            DetailField("leader", "Leader", kind="choice", required=True, choices=(("inside", "Inside"), ("outside", "Outside"))),
            DetailField("told", "Neighbours were told", kind="boolean"),
            DetailField("last_on", "Last drill", kind="date"),
        ),
        report_columns=("leader", "alarms"),
    )

    def problems(self, details: Mapping[str, Any]) -> list[Problem]:
        """One rule of its own."""
        if details.get("alarms", 0) > 9:
            return [Problem("too_loud", "alarms", {"text": "Nobody hears ten alarms apart."})]
        return []

    def credit(self, *, attended_minutes: int, scheduled_minutes: int, mode: Mode) -> CourseCredit:
        """Everything."""
        return CourseCredit(min(attended_minutes, scheduled_minutes))


class ForPupils(Drill):
    """A kind that is not for the staff."""

    spec = CourseTypeSpec(key="pupils", label="Pupils", audience="class", modes=("face_to_face",), default_roll="present")


GOOD = {"place": "操场", "leader": "inside", "alarms": "2", "told": "y", "last_on": "2026-03-01"}


def codes(read: Details) -> set[tuple[str, str]]:
    return {(problem.code, problem.field) for problem in read.problems}


class TestReading:
    def test_text_of_a_form_becomes_plain_values(self) -> None:
        read = read_details(Drill(), GOOD)
        assert read == Details({"place": "操场", "alarms": 2, "leader": "inside", "told": True, "last_on": "2026-03-01"})
        assert read_details(Drill(), read.values) == read

    def test_full_width_digits_are_digits(self) -> None:
        assert read_details(Drill(), GOOD | {"alarms": "３"}).values["alarms"] == 3

    @pytest.mark.parametrize(
        ("name", "value", "code"),
        [
            ("place", "", "required"), ("place", "  ", "required"), ("place", None, "required"), ("place", "长" * 201, "too_long"),
            ("place", "a\x00b", "bad_character"), ("place", "a\nb", "bad_character"), ("leader", "", "required"), ("leader", "boss", "not_a_choice"),
            ("alarms", "two", "not_a_number"), ("alarms", "1.5", "not_a_number"), ("alarms", "1e3", "not_a_number"),
            ("alarms", "9" * 30, "out_of_range"), ("last_on", "gestern", "not_a_date"), ("last_on", "2026-02-30", "not_a_date"),
            ("last_on", "0001-01-01", "not_a_date"), ("alarms", "12", "too_loud"), ("content", "x", "unknown_field"),
        ],
    )
    def test_what_cannot_be_read_is_named_and_not_kept(self, name: str, value: Any, code: str) -> None:
        read = read_details(Drill(), GOOD | {name: value})
        assert codes(read) == {(code, name)}
        assert name not in read.values or code == "too_loud"

    def test_a_required_tick_must_be_set(self) -> None:
        class Agreed(Drill):
            spec = CourseTypeSpec("a", "A", "staff", ("face_to_face",), "unmarked", (), (DetailField("ok", "OK", "boolean", required=True),))

        assert codes(read_details(Agreed(), {})) == {("required", "ok")}
        assert codes(read_details(Agreed(), {"ok": False})) == {("required", "ok")}
        assert read_details(Agreed(), {"ok": "y"}).values == {"ok": True}

    @given(st.dictionaries(st.sampled_from(["place", "alarms", "leader", "told", "last_on", "other"]), st.text() | st.integers() | st.none() | st.booleans()))
    def test_never_raises_and_only_keeps_what_is_declared(self, sent: dict[str, Any]) -> None:
        read = read_details(Drill(), sent)
        assert set(read.values) <= {"place", "alarms", "leader", "told", "last_on"}
        again = read_details(Drill(), read.values)
        assert again.values == read.values

    def test_a_missing_value_keeps_a_draft_and_a_wrong_one_does_not(self) -> None:
        missing = plan_problems(Drill(), read_details(Drill(), {}).problems)
        assert {p.field for p in missing} == {"details-place", "details-leader"}
        assert not any(keeps_no_draft(p) for p in missing)
        wrong = plan_problems(Drill(), read_details(Drill(), GOOD | {"alarms": "x"}).problems)
        assert all(keeps_no_draft(p) and p.severity == "block" for p in wrong)

    def test_a_lost_kind_keeps_what_it_had_and_takes_nothing(self) -> None:
        read = read_details(UnknownCourseType("lost"), {"place": "操场"})
        assert read.values == {"place": "操场"}
        assert codes(read) == {("course_type_unavailable", "")}


def test_declarations_that_contradict_themselves_do_not_start() -> None:
    with pytest.raises(ValueError, match="identifier"):
        DetailField("Kein Name", "x")
    with pytest.raises(ValueError, match="choices"):
        DetailField("x", "x", kind="choice")
    field = DetailField("x", "x")
    with pytest.raises(ValueError, match="same name"):
        CourseTypeSpec("k", "K", "staff", ("face_to_face",), "unmarked", (), (field, field))
    with pytest.raises(ValueError, match="no detail field"):
        CourseTypeSpec("k", "K", "staff", ("face_to_face",), "unmarked", (), (field,), ("y",))


@pytest.fixture
def kinds(app: Flask, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The built-in kinds and the two of this module; take one out to lose its plugin."""
    offered = dict(app.extensions["trainhub.course_types"]) | {"drill": Drill(), "pupils": ForPupils()}

    def resolve(key: str) -> Any:
        return offered.get(key) or UnknownCourseType(key)

    class Offered(dict[str, Any]):
        def resolve(self, key: str) -> Any:
            return resolve(key)

        def values(self) -> Any:
            return offered.values()

    monkeypatch.setattr(registry, "_resolve", resolve)
    monkeypatch.setitem(app.extensions, "trainhub.course_types", Offered())
    return offered


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def plan(district: Sample, **changes: Any) -> PlanEvent:
    parts = (PartTime(at(DAY, time(14, 30)), at(DAY, time(16)), "操场"),)
    return PlanEvent(district.school_id, "疏散演练", parts, **{"type_key": "drill", "details": GOOD} | changes)


def held(session: Session) -> TrainingEvent:
    session.expire_all()
    return session.scalars(select(TrainingEvent)).one()


class TestPlanning:
    def test_details_are_stored_as_plain_values(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        plan_event(session, district.actors["training_officer"], plan(district), NOW)
        assert held(session).type_key == "drill"
        assert held(session).details["fields"] == {"place": "操场", "alarms": 2, "leader": "inside", "told": True, "last_on": "2026-03-01"}

    def test_a_missing_detail_keeps_a_draft_but_is_not_published(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        officer = district.actors["training_officer"]
        with pytest.raises(PlanBlocked) as refusal:
            plan_event(session, officer, plan(district, details={"place": "操场"}), NOW)
        assert [(p.code, p.field) for p in refusal.value.params["problems"] if p.severity == "block"] == [("detail_required", "details-leader")]
        done = plan_event(session, officer, plan(district, details={"place": "操场"}, publish=False), NOW)
        with pytest.raises(PlanBlocked):
            publish(session, officer, PublishEvent(done.event_id, done.version), NOW)

    def test_a_value_that_cannot_be_kept_keeps_no_draft(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        with pytest.raises(PlanBlocked):
            plan_event(session, district.actors["training_officer"], plan(district, details=GOOD | {"alarms": "viele"}, publish=False), NOW)

    def test_only_kinds_for_the_staff_can_be_planned(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        officer = district.actors["training_officer"]
        with pytest.raises(BadPlan):
            plan_event(session, officer, plan(district, type_key="pupils", details={}, publish=False), NOW)
        judged = review(session, officer.scope("training.write"), sketch_of(plan(district, type_key="class_meeting", details={})), NOW)
        assert "not_for_staff" in {p.code for p in judged.problems}

    def test_the_kind_says_which_modes_there_are(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        with pytest.raises(PlanBlocked) as refusal:
            plan_event(session, district.actors["training_officer"], plan(district, delivery_mode="blended", publish=False), NOW)
        assert [p.code for p in refusal.value.params["problems"]] == ["mode_not_offered"]

    def test_details_are_corrected_visibly(self, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        officer = district.actors["training_officer"]
        done = plan_event(session, officer, plan(district), NOW)
        event = held(session)
        event.details = {**event.details, "fields": {**event.details["fields"], "old_field": "früher"}}
        amend_event(session, officer, AmendEvent(done.event_id, event.version, "写错了", details=GOOD | {"alarms": 3, "told": ""}), NOW)
        assert held(session).details["fields"] == {"old_field": "früher", "place": "操场", "alarms": 3, "leader": "inside", "told": False, "last_on": "2026-03-01"}
        steps = session.scalars(select(EventHistory)).all()
        last = max(steps, key=lambda h: h.changes["version"])
        assert (last.changes["details.alarms"], last.changes["details.told"]) == ([2, 3], [True, False])
        told = next(p.payload for p in session.scalars(select(LedgerPayload)) if "details" in p.payload)
        assert told["details"] == ["alarms", "told"], "the ledger cannot forget: it keeps which fields, never what stood in them"
        assert not [name for name in told if name.startswith("details.")]


class TestPages:
    @pytest.fixture
    def officer(self, client: FlaskClient, district: Sample, sign_in: Any) -> FlaskClient:
        sign_in(client, "training_officer")
        return client

    def test_the_form_is_built_from_the_declared_fields(self, officer: FlaskClient, session: Session, kinds: dict[str, Any]) -> None:
        first = officer.get("/training/new")
        assert 'value="drill"' in first.text
        assert 'value="pupils"' not in first.text
        sent = fields(first.text) | {"kind": "drill", "title": "疏散演练", "do": "check"}
        shown = officer.post("/training/new", data=sent)
        assert shown.status_code == 200
        for name, kind in (("place", "text"), ("alarms", "number"), ("told", "checkbox"), ("last_on", "date")):
            assert f'name="details-{name}"' in shown.text, name
            assert f'type="{kind}"' in shown.text, kind
        assert 'name="details-leader"' in shown.text
        assert "Where people gather." in shown.text
        refused = officer.post("/training/new", data=fields(shown.text) | {"kind": "drill", "do": "publish"})
        assert refused.status_code == 422
        assert 'id="details-place-err"' in refused.text
        assert "“Place of the drill”未填，请填写。" in refused.text
        good = {f"details-{name}": value for name, value in GOOD.items()}
        answer = officer.post("/training/new", data=fields(shown.text) | {"kind": "drill", "do": "publish"} | good)
        assert answer.status_code == 303, answer.text
        assert held(session).details["fields"]["alarms"] == 2
        page = officer.get(answer.location).text
        assert "Place of the drill" in page
        assert "操场" in page
        assert "2026年3月1日" in page

    def test_the_kinds_own_reason_is_shown(self, officer: FlaskClient, kinds: dict[str, Any]) -> None:
        sent = fields(officer.get("/training/new").text) | {"kind": "drill", "title": "疏散演练"}
        good = {f"details-{name}": value for name, value in GOOD.items()} | {"details-alarms": "12"}
        answer = officer.post("/training/new/check", data=sent | good)
        assert "Nobody hears ten alarms apart." in answer.text

    def test_a_draft_opens_with_its_details(self, officer: FlaskClient, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        done = plan_event(session, district.actors["training_officer"], plan(district, publish=False), NOW)
        session.commit()
        text = officer.get(f"/training/events/{done.event_id}/edit").text
        assert fields(text)["details-leader"] == "inside"
        assert fields(text)["details-place"] == ["操场"]
        assert fields(text)["kind"] == "drill"

    def test_markup_in_a_detail_is_shown_not_obeyed(self, officer: FlaskClient, session: Session, district: Sample, kinds: dict[str, Any]) -> None:
        done = plan_event(session, district.actors["training_officer"], plan(district, details=GOOD | {"place": "<script>alert(1)</script>"}), NOW)
        session.commit()
        text = officer.get(f"/training/events/{done.event_id}").text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


class TestLostPlugin:
    def test_case_104_a_draft_of_a_lost_kind_is_read_and_not_edited(
        self, client: FlaskClient, session: Session, district: Sample, sign_in: Any, kinds: dict[str, Any]
    ) -> None:
        officer = district.actors["training_officer"]
        done = plan_event(session, officer, plan(district, publish=False), NOW)
        session.commit()
        del kinds["drill"]
        sign_in(client, "training_officer")
        text = client.get(f"/training/events/{done.event_id}").text
        assert "提供“drill”这类课程的插件不在" in text
        assert "操场" in text
        assert f"/training/events/{done.event_id}/edit" not in text
        assert client.get(f"/training/events/{done.event_id}/edit").status_code == 303
        assert client.post(f"/training/events/{done.event_id}/publish", data={"version": "1"}).status_code == 409
        with pytest.raises(CourseTypeGone):
            plan_event(session, officer, plan(district, event_id=done.event_id, version=done.version), NOW)
        assert held(session).state == "draft"

    def test_case_104_a_held_training_of_a_lost_kind_counts_and_is_not_corrected(
        self, client: FlaskClient, session: Session, district: Sample, sign_in: Any, kinds: dict[str, Any]
    ) -> None:
        person = district.people[0]
        add_training(session, district, date(2026, 10, 16), [person], type_key="drill", details={"fields": {"place": "操场"}})
        recompute(session, district.district_id, RequirementYear(2026), NOW, person_ids=[person])
        minutes = session.scalars(select(TrainingObligation.counted_minutes).where(TrainingObligation.person_id == person)).one()
        del kinds["drill"]
        recompute(session, district.district_id, RequirementYear(2026), NOW, person_ids=[person])
        session.expire_all()
        assert session.scalars(select(TrainingObligation.counted_minutes).where(TrainingObligation.person_id == person)).one() == minutes == 90
        session.commit()
        sign_in(client, "training_officer")
        event = held(session)
        text = client.get(f"/training/events/{event.id}").text
        assert "插件不在" in text
        assert f"/training/events/{event.id}/amend" not in text
        with pytest.raises(CourseTypeGone):
            amend_event(session, district.actors["training_officer"], AmendEvent(event.id, event.version, "改名", title="别的"), NOW)
