"""A plan that falls behind: told once per stretch to who keeps it, later to the principal; and what the calendar says of its days."""

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample, add_term
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import DUE, NOW, STARTS, Scene, build_scene
from trainhub.app.work import registry
from trainhub.cases.models import CaseNotice
from trainhub.education_plans.models import PlanStep
from trainhub.education_plans.rules.drafting import runs_past, spread, stage_ends_on
from trainhub.education_plans.rules.pace import Alarm, alarm_of, last_day_by
from trainhub.education_plans.service import running
from trainhub.education_plans.service.watching import watch_plans
from trainhub.kernel.clock import at
from trainhub.roster.models import SchoolDay
from trainhub.web.keys import key_ring

LATE = at(STARTS + timedelta(days=28), time(9))
"""Half of the plan is gone, nothing is done: a quarter of it is missing for sure."""


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    return build_scene(session, district, ring=key_ring())


def watch(scene: Scene, moment: datetime) -> int:
    found = watch_plans(scene.session, scene.sample.district_id, moment)
    scene.session.flush()
    return found


def told(scene: Scene, *, still_there: bool = True) -> list[tuple[str, str]]:
    query = sa.select(CaseNotice).where(CaseNotice.code.in_(("plan_behind", "plan_behind_still"))).order_by(CaseNotice.created_at, CaseNotice.id)
    return [(n.code, n.role) for n in scene.session.scalars(query) if (n.done_at is None) is still_there]


def test_who_keeps_a_plan_is_told_once_per_stretch_and_then_the_principal(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    assert watch(scene, NOW + timedelta(days=4)) == 0
    assert watch(scene, LATE) == 1
    assert watch(scene, LATE + timedelta(hours=12)) == 0
    assert told(scene) == [("plan_behind", "committee_secretary")]
    assert watch(scene, LATE + timedelta(days=4)) == 0
    assert watch(scene, LATE + timedelta(days=5)) == 1  # the policy's days
    assert watch(scene, LATE + timedelta(days=9)) == 0
    assert told(scene) == [("plan_behind", "committee_secretary"), ("plan_behind_still", "principal")]
    notice = session.scalars(sa.select(CaseNotice).where(CaseNotice.code == "plan_behind")).one()
    assert notice.link == f"/plans/{plan_id}"


def test_a_stretch_ends_when_the_plan_has_caught_up_and_another_may_begin(scene: Scene) -> None:
    plan_id = scene.run()
    watch(scene, LATE)
    scene.count(plan_id, 270, LATE)
    assert watch(scene, LATE + timedelta(hours=12)) == 1
    assert told(scene) == []
    assert scene.steps(plan_id)[-1] == "caught_up"
    assert watch(scene, at(DUE + timedelta(days=1), time(9))) == 1
    assert told(scene) == [("plan_behind", "committee_secretary")]


def test_nobody_is_told_of_a_plan_that_rests_and_what_was_said_is_taken_back(scene: Scene) -> None:
    plan_id = scene.run()
    watch(scene, LATE)
    with time_machine.travel(LATE, tick=False):
        rest = running.Rest("illness", LATE.date(), "病假")
        running.rest_plan(scene.session, scene.secretary, scene.ring, scene.plan(plan_id), rest, LATE)
    assert told(scene) == []
    assert watch(scene, LATE + timedelta(days=9)) == 0


def test_the_steps_hold_no_word_and_the_job_is_known(app: Flask, scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    watch(scene, LATE)
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "fell_behind")).one()
    assert (step.changes, step.actor_id) == ({}, "system")
    assert "plans.watch" in {one.kind for one in registry(app).periodic}


@pytest.mark.parametrize(("late", "told_", "raised", "days", "wanted"), [
    (False, False, False, 0, Alarm.NONE), (False, True, False, 2, Alarm.END), (False, True, True, 9, Alarm.END), (True, False, False, 0, Alarm.TELL),
    (True, True, False, 4, Alarm.NONE), (True, True, False, 5, Alarm.RAISE), (True, True, True, 50, Alarm.NONE),
])
def test_what_is_said_of_a_pace(late: bool, told_: bool, raised: bool, days: int, wanted: Alarm) -> None:
    assert alarm_of(late=late, told=told_, raised=raised, days=days, after=5) is wanted


# --- the calendar --------------------------------------------------------------------------------------------


def weekdays(first: date, last: date) -> list[date]:
    return [d for n in range((last - first).days + 1) if (d := first + timedelta(days=n)).weekday() < 5]


def test_case_77_the_last_day_follows_from_the_school_days_of_the_calendar() -> None:
    before, after = weekdays(date(2027, 1, 4), date(2027, 1, 22)), weekdays(date(2027, 2, 22), date(2027, 4, 2))
    assert last_day_by(before + after, 135, 1, 45) == date(2027, 1, 22)
    assert last_day_by(before + after, 180, 1, 45) == date(2027, 2, 26)  # four weeks later by rule: nobody counted the vacation
    assert last_day_by(weekdays(date(2027, 1, 4), date(2027, 4, 2)), 180, 1, 45) == date(2027, 1, 29)
    assert last_day_by(before + after, 200, 2, 40) == date(2027, 1, 22)
    assert last_day_by(before, 900, 1, 45) is None


def test_case_77_a_new_draft_proposes_a_day_that_the_vacation_has_moved(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    def proposed() -> str:
        with time_machine.travel(NOW, tick=False):
            sign_in(client, "committee_secretary")
            text = client.get(f"/plans/new?determination={scene.determination_id}").get_data(as_text=True)
        return text.split('name="due_on"')[1].split('value="')[1][:10]

    add_term(session, scene.sample, "spring")
    session.commit()
    usual = date.fromisoformat(proposed())
    assert usual == date(2027, 1, 29)  # ten weeks: eight lessons of the least minutes fit before the vacation
    off = {"district_id": scene.sample.district_id, "school_id": scene.sample.school_id, "kind": "off", "reason": "放假"}
    session.add_all(SchoolDay(**off, day=STARTS + timedelta(days=14 + n)) for n in range(21))
    session.commit()
    assert date.fromisoformat(proposed()) == date(2027, 3, 12)  # six weeks are left before the vacation, the last two lessons lie after it


@pytest.mark.parametrize(("grade", "day", "ends"), [
    (6, date(2026, 11, 20), date(2027, 8, 31)), (6, date(2027, 3, 1), date(2027, 8, 31)), (8, date(2026, 11, 20), date(2028, 8, 31)),
    (9, date(2027, 8, 31), date(2027, 8, 31)), (7, date(2026, 9, 1), date(2029, 8, 31)), (12, date(2026, 9, 1), date(2027, 8, 31)),
])
def test_case_76_a_pupil_leaves_the_stage_on_31_august(grade: int, day: date, ends: date) -> None:
    assert stage_ends_on(grade, day) == ends


def test_case_76_a_plan_past_31_august_is_warned_of_in_its_draft_and_on_its_steps(client: FlaskClient, sign_in: SignIn, session: Session, district: Sample) -> None:
    scene = build_scene(session, district, ring=key_ring(), grade=9)
    plan_id = scene.draft(due_on=date(2027, 9, 3))
    session.commit()
    assert runs_past(9, STARTS, date(2027, 8, 31)) is None
    assert runs_past(None, STARTS, date(2030, 1, 1)) is None
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "committee_secretary")
        for page in ("draft", "steps"):
            assert "届时学生离校升学" in client.get(f"/plans/{plan_id}/{page}").get_data(as_text=True)
        scene.plan(plan_id).due_on = date(2027, 8, 31)
        session.commit()
        assert "届时学生离校升学" not in client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)


# --- what is proposed ------------------------------------------------------------------------------------------


PACKS = {"law": 165, "psychology": 210, "conduct": 180, "service": 135, "family": 135}


@pytest.mark.parametrize(("total", "wanted"), [
    (180, {"law": 45, "family": 45, "psychology": 45, "conduct": 45}),
    (360, {"law": 90, "family": 90, "psychology": 90, "conduct": 45, "service": 45}),
    (45, {"law": 45}), (100, {"law": 55, "family": 45}), (0, {}),
])
def test_a_proposal_holds_whole_lessons_of_every_kind(total: int, wanted: dict[str, int]) -> None:
    assert spread(total, PACKS) == wanted


def test_a_proposal_holds_every_minute_and_no_more_than_the_packs_do() -> None:
    for total in range(45, 900, 5):
        found = spread(total, PACKS)
        assert sum(found.values()) == total
        if total <= sum(PACKS.values()) - 45:
            assert all(minutes <= PACKS[kind] + 15 for kind, minutes in found.items())
    assert next(iter(spread(135, PACKS, family_first=True))) == "family"
    assert spread(100, {}) == {}
