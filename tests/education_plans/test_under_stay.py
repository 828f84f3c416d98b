"""A stay of the county on a finding whose plan has not begun: the plan is written, and neither approved nor started while the stay runs."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.appeals.scenery import AppealScene, build
from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import NOW, Scene, build_scene
from trainhub.appeals.models import Appeal
from trainhub.appeals.rules.effects import Outcome
from trainhub.appeals.service import filing
from trainhub.cases.queries.refs import determination_ref
from trainhub.education_plans.service import running, staying
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    return build_scene(session, district, ring=key_ring())


def appeal_on(scene: Scene, *, stayed_at: datetime | None = NOW, state: str = "admitted") -> Appeal:
    """An appeal against the scene's finding, laid down as a row."""
    row = Appeal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, case_id=scene.case_id, determination_id=scene.determination_id,
        party_id=scene.actor_party, track="determination", side="actor", year=2026, number=1, state=state, channel="letter", filed_at=NOW,
        entered_by=scene.sample.accounts["bureau_case_officer"], updated_at=NOW, stayed_at=stayed_at, sealed_grounds="",
    )
    scene.session.add(row)
    scene.session.flush()
    return row


def test_case_68_under_a_stay_a_plan_is_written_and_not_approved(scene: Scene, session: Session) -> None:
    appeal = appeal_on(scene)
    plan_id = scene.draft()
    item = scene.resolve("plan", plan_id)
    with pytest.raises(running.UnderStay):
        running.approve_plan(session, scene.secretary, plan_id, item, NOW)
    assert scene.plan(plan_id).state == "drafted"
    appeal.stay_ended_at = NOW
    session.flush()
    running.approve_plan(session, scene.secretary, plan_id, item, NOW)
    assert scene.plan(plan_id).state == "approved"


def test_case_68_nor_started_wherever_it_came_from(scene: Scene, session: Session) -> None:
    plan_id = scene.draft()
    plan = scene.plan(plan_id)
    plan.state = "notified"  # as one that was taken over from another school
    appeal = appeal_on(scene)
    with pytest.raises(running.UnderStay):
        running.start_plan(session, scene.secretary, plan_id, NOW)
    appeal.state = "decided"  # a stay holds until the decision
    session.flush()
    running.start_plan(session, scene.secretary, plan_id, NOW)
    assert scene.plan(plan_id).state == "active"


def test_an_appeal_without_a_stay_holds_nothing_up(scene: Scene) -> None:
    appeal_on(scene, stayed_at=None)
    assert scene.plan(scene.run()).state == "active"


def test_the_county_may_order_it_before_a_plan_is_written(scene: Scene, session: Session) -> None:
    county = scene.sample.actors["bureau_case_officer"]
    appeal = appeal_on(scene, stayed_at=None)
    filing.order_stay(session, county, scene.ring, appeal.id, "待查清", NOW)
    plan_id = scene.draft()
    item = scene.resolve("plan", plan_id)
    with pytest.raises(running.UnderStay):
        running.approve_plan(session, scene.secretary, plan_id, item, NOW)
    filing.lift_stay(session, county, appeal.id, NOW)
    running.approve_plan(session, scene.secretary, plan_id, item, NOW)
    assert scene.plan(plan_id).state == "approved"


def test_the_pages_say_so_and_offer_no_step(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    appeal_on(scene)
    plan_id = scene.draft()
    item = scene.resolve("plan", plan_id)
    session.commit()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        sign_in(client, "committee_secretary")
        steps = client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
        assert "区县教育局决定暂缓" in steps
        assert f"/plans/{plan_id}/approve" not in steps
        assert f"/plans/{plan_id}/draft" in steps
        said = client.post(f"/plans/{plan_id}/approve", data={"item": item}, follow_redirects=True).get_data(as_text=True)
        assert "暂缓结束后再批准" in said
        assert "申诉中，计时暂停" in client.get("/plans?show=others").get_data(as_text=True)
    assert scene.plan(plan_id).state == "drafted"


# --- the end of a rest ---------------------------------------------------------------------------------


def test_a_plan_that_waited_for_the_school_runs_on_with_the_new_finding(session: Session, district: Sample, app: Flask) -> None:
    appeals = build(session, district, ring=key_ring())
    appeals.through(Outcome.RETURN)
    assert appeals.plan.state == "stayed"
    fresh = _found_again(appeals)
    assert (appeals.plan.determination_id, appeals.plan.state) == (fresh, "active")


def test_a_stay_that_still_runs_outlasts_a_newer_finding_and_ends_with_the_appeal(session: Session, district: Sample, app: Flask) -> None:
    appeals = build(session, district, ring=key_ring())
    appeal = appeals.file()
    filing.order_stay(session, appeals.county, appeals.ring, appeal, "待查清", appeals.later())
    fresh = _found_again(appeals)
    assert (appeals.plan.determination_id, appeals.plan.state) == (fresh, "stayed")
    filing.lift_stay(session, appeals.county, appeal, appeals.later())
    assert appeals.plan.state == "active"


def _found_again(appeals: AppealScene) -> str:
    """A newer version of the finding, adopted: what its announcement sets going."""
    from tests.education_plans.plan_scenery import add_finding

    fresh = add_finding(appeals.session, appeals.sample, appeals.case_id, appeals.party_id, minutes=appeals.plan.total_minutes, version=9)
    found = determination_ref(appeals.session, appeals.sample.district_id, fresh)
    staying.follow_finding(appeals.session, appeals.actor("committee_secretary"), found, appeals.later())
    return fresh
