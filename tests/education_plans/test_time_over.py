"""A plan whose pupil never comes: its time runs out, the committee reviews it without the hours, and it ends or is extended once."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import DUE, NOW, STARTS, Scene, build_scene
from trainhub.education_plans.models import PlanLesson, PlanModule
from trainhub.education_plans.rules.lifecycle import PlanState, PlanStepRefused
from trainhub.education_plans.rules.review import ReviewOutcome
from trainhub.education_plans.service import absences, review, scheduling
from trainhub.kernel.clock import at
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring

AFTER = at(DUE + timedelta(days=1), NOW.time())


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    return build_scene(session, district, ring=key_ring())


def book(scene: Scene, plan_id: str, start: datetime) -> str:
    module = scene.session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id, PlanModule.dropped_at.is_(None)).order_by(PlanModule.sort_no)).first()
    assert module is not None
    booking = scheduling.Booking(module.id, start, 45, "法治教室")
    return scheduling.book_lessons(scene.session, scene.secretary, scene.ring, plan_id, (booking,), NOW)[0]


def missed(scene: Scene, plan_id: str, start: datetime) -> None:
    lesson_id = book(scene, plan_id, start)
    command = absences.MarkAbsent(plan_id, lesson_id, "not_come", new_id())
    absences.mark_absent(scene.session, scene.sample.actors["plan_instructor"], scene.ring, command, start + timedelta(hours=3))


def test_case_73_without_the_hours_there_is_a_review_only_once_the_time_is_over(scene: Scene) -> None:
    plan_id = scene.run()
    with pytest.raises(PlanStepRefused) as refused:
        review.open_review(scene.session, scene.secretary, plan_id, NOW)
    assert refused.value.params["missing"] == ("hours_or_time",)
    assert scene.plan(plan_id).state == "active"
    review.open_review(scene.session, scene.secretary, plan_id, AFTER)
    assert scene.plan(plan_id).state == "completion_review"


def test_case_73_a_pupil_who_never_comes_is_reviewed_before_the_last_day_when_the_rest_does_not_fit(scene: Scene) -> None:
    plan_id = scene.run(per_week=1)
    late = at(DUE - timedelta(days=20), NOW.time())
    with pytest.raises(PlanStepRefused):  # eight lessons in eight weeks: nobody has missed anything yet
        review.open_review(scene.session, scene.secretary, plan_id, NOW)
    missed(scene, plan_id, at(STARTS, datetime(2026, 1, 1, 12, 30).time()))
    review.open_review(scene.session, scene.secretary, plan_id, late)
    assert scene.plan(plan_id).state == "completion_review"


def test_case_73_without_the_hours_it_is_not_completed_whatever_was_resolved(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    coming = book(scene, plan_id, at(STARTS, datetime(2026, 1, 1, 12, 30).time()))
    review.open_review(session, scene.secretary, plan_id, AFTER)
    with pytest.raises(PlanStepRefused) as refused:
        scene.decide(plan_id, ReviewOutcome.COMPLETED, AFTER)
    assert "hours" in refused.value.params["missing"]
    session.expire_all()
    decided = review.Decide(plan_id, scene.resolve("completion", plan_id, at=AFTER), ReviewOutcome.NOT_COMPLETED, {}, "safe", "")
    with pytest.raises(PlanStepRefused) as refused:
        review.decide_review(session, scene.secretary, scene.ring, decided, AFTER)
    assert refused.value.params["missing"] == ("reason",)
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED, AFTER)
    assert scene.plan(plan_id).state == "not_completed"
    assert session.get_one(PlanLesson, (scene.sample.district_id, coming), populate_existing=True).state == "cancelled"
    item = scene.resolve("escalation", plan_id, at=AFTER)
    review.escalate(session, scene.secretary, scene.ring, review.Escalate(plan_id, item, "guardian_duty", "从未到场"), AFTER)
    assert scene.plan(plan_id).state == "escalated"
    assert scene.steps(plan_id)[-3:] == ["completion_review", "not_completed", "escalated"]


def test_case_73_extended_once_a_later_day_is_enough_while_minutes_are_owed(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    review.open_review(session, scene.secretary, plan_id, AFTER)
    with pytest.raises(review.ReviewRefused) as refused:
        scene.decide(plan_id, ReviewOutcome.EXTENDED, AFTER)
    assert refused.value.params["why"] == "later"
    later = DUE + timedelta(days=42)
    scene.decide(plan_id, ReviewOutcome.EXTENDED, AFTER, new_due_on=later)
    plan = scene.plan(plan_id)
    assert (plan.state, plan.total_minutes, plan.due_on, plan.extended_count) == ("extended", 360, later, 1)
    again = at(later + timedelta(days=1), NOW.time())
    review.open_review(session, scene.secretary, plan_id, again)
    with pytest.raises(PlanStepRefused) as once:
        scene.decide(plan_id, ReviewOutcome.EXTENDED, again, new_due_on=later + timedelta(days=30))
    assert once.value.params["missing"] == ("extended_once",)


def test_an_hour_counted_in_such_a_review_does_not_start_the_plan_again(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    review.open_review(session, scene.secretary, plan_id, AFTER)
    scene.count(plan_id, 45, AFTER)
    assert scene.plan(plan_id).state == "completion_review"


def test_neither_a_rest_nor_a_draft_is_reviewed(scene: Scene, session: Session) -> None:
    draft = scene.draft()
    with pytest.raises(InvalidState):
        review.open_review(session, scene.secretary, draft, AFTER)
    plan = scene.plan(draft)
    plan.state, plan.resume_state = PlanState.PAUSED.value, PlanState.ACTIVE.value
    session.flush()
    with pytest.raises((InvalidState, PlanStepRefused)):
        review.open_review(session, scene.secretary, draft, AFTER)


def test_the_pages_offer_it_from_the_board_to_what_follows(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    session.commit()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "committee_secretary")
        early = client.get(f"/plans/{plan_id}/review").get_data(as_text=True)
        assert f"/plans/{plan_id}/review/open" not in early
        assert "学时满后" in early
    with time_machine.travel(AFTER, tick=False):
        sign_in(client, "committee_secretary")
        assert f'href="/plans/{plan_id}/review"' in client.get("/plans").get_data(as_text=True)
        assert f'href="/plans/{plan_id}/review"' in client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
        assert f"/plans/{plan_id}/review/open" in client.get(f"/plans/{plan_id}/review").get_data(as_text=True)
        assert client.post(f"/plans/{plan_id}/review/open").status_code == 303
        assert f"/plans/{plan_id}/agenda" in client.get(f"/plans/{plan_id}/review").get_data(as_text=True)
        item = scene.resolve("completion", plan_id, at=AFTER)
        session.commit()
        form = client.get(f"/plans/{plan_id}/review").get_data(as_text=True)
        assert 'value="completed" disabled' in form
        answer = client.post(f"/plans/{plan_id}/review/decision", data={"item": item, "outcome": "not_completed", "other_side": "safe", "reasons": "从未到场"})
        assert answer.status_code == 303, answer.get_data(as_text=True)
    assert scene.plan(plan_id).state == "not_completed"
