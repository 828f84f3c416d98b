"""An approved plan changes: its content by a resolution, who teaches it by who keeps it; every number that was done stays."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import DUE, NOW, STARTS, Scene, build_scene
from tests.education_plans.test_time_over import book
from trainhub.cases.models import CaseGuardian
from trainhub.committees.service.resolving import ResolutionNotUsable
from trainhub.education_plans.models import PlanModule, PlanStep
from trainhub.education_plans.rules.drafting import ModuleDraft
from trainhub.education_plans.rules.lifecycle import PlanStepRefused
from trainhub.education_plans.rules.review import ReviewOutcome
from trainhub.education_plans.service import changing
from trainhub.education_plans.service.drafting import DraftRefused, InstructorConflict
from trainhub.kernel.clock import at
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.web.keys import key_ring


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    return build_scene(session, district, ring=key_ring())


def modules(scene: Scene, plan_id: str) -> dict[str, PlanModule]:
    rows = scene.session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id, PlanModule.dropped_at.is_(None)).order_by(PlanModule.sort_no))
    return {row.kind: row for row in rows}


def change(scene: Scene, plan_id: str, **values: Any) -> int:
    item = values.pop("item_id", None) or scene.resolve("plan_change", plan_id)
    command = changing.ChangePlan(plan_id, item, values.pop("due_on", DUE), **values)
    return changing.change_plan(scene.session, scene.secretary, scene.ring, command, NOW)


def test_a_change_follows_the_committees_word_once(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    law = modules(scene, plan_id)["law"].id
    item = scene.resolve("plan_change", plan_id)
    assert change(scene, plan_id, item_id=item, minutes={law: 180}, added=(ModuleDraft("service", 45, None, scene.sample.people[1]),)) == 450
    plan = scene.plan(plan_id)
    assert (plan.total_minutes, plan.revision, plan.state, plan.extended_count) == (450, 2, "active", 0)
    assert {kind: m.minutes for kind, m in modules(scene, plan_id).items()} == {"law": 180, "psychology": 135, "family": 90, "service": 45}
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "amended")).one()
    assert (step.changes["before"], step.changes["by"]) == (360, item)
    with pytest.raises(ResolutionNotUsable):
        change(scene, plan_id, item_id=item, minutes={law: 200})
    with pytest.raises((ResolutionNotUsable, NotFound)):
        change(scene, plan_id, item_id=scene.resolve("plan", plan_id), minutes={law: 200})


def test_minutes_done_carry_over_and_may_be_enough(scene: Scene) -> None:
    plan_id = scene.run(total_minutes=405, modules=(
        ModuleDraft("law", 360, None, scene.sample.people[4]), ModuleDraft("family", 45, None, scene.sample.people[4], guardian_with=True),
    ))
    scene.count(plan_id, 360)
    assert change(scene, plan_id, minutes={modules(scene, plan_id)["family"].id: 0}) == 360
    assert scene.plan(plan_id).state == "hours_reached"
    law = modules(scene, plan_id)["law"].id
    assert change(scene, plan_id, minutes={law: 450}) == 450
    assert scene.plan(plan_id).state == "active"


def test_what_is_booked_is_not_taken_away(scene: Scene) -> None:
    plan_id = scene.run()
    book(scene, plan_id, at(STARTS, NOW.time().replace(hour=12, minute=30)))
    found = modules(scene, plan_id)
    with pytest.raises(DraftRefused) as refused:
        change(scene, plan_id, minutes={found["law"].id: 30, found["psychology"].id: 300})
    assert (refused.value.params["fault"], refused.value.params["taken"]) == ("module_taken", 45)


@pytest.mark.parametrize(("minutes", "fault"), [(30, "minutes_few"), (None, "nothing_changed")])
def test_a_change_that_cannot_be_is_refused(scene: Scene, minutes: int | None, fault: str) -> None:
    plan_id = scene.run()
    with pytest.raises(DraftRefused) as refused:
        change(scene, plan_id, minutes={} if minutes is None else {modules(scene, plan_id)["law"].id: minutes})
    assert refused.value.params["fault"] == fault


def test_case_73_a_later_day_is_the_one_extension(scene: Scene) -> None:
    plan_id = scene.run()
    change(scene, plan_id, due_on=DUE + timedelta(days=30))
    assert (scene.plan(plan_id).due_on, scene.plan(plan_id).extended_count) == (DUE + timedelta(days=30), 1)
    with pytest.raises(PlanStepRefused) as refused:
        change(scene, plan_id, due_on=DUE + timedelta(days=60))
    assert refused.value.params["missing"] == ("extended_once",)


def test_nothing_changes_before_approval_under_review_or_after_the_end(scene: Scene) -> None:
    plan_id = scene.to_review()
    with pytest.raises(InvalidState):
        change(scene, plan_id, due_on=DUE + timedelta(days=30))
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    with pytest.raises(InvalidState):
        change(scene, plan_id, due_on=DUE + timedelta(days=30))
    with pytest.raises(InvalidState):
        changing.name_instructor(scene.session, scene.secretary, scene.ring, plan_id, modules(scene, plan_id)["law"].id, scene.sample.people[1], NOW)


def test_case_80_who_takes_a_module_over_is_no_relative_and_known(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    law = modules(scene, plan_id)["law"].id
    session.add(CaseGuardian(
        district_id=scene.sample.district_id, id=new_id(), party_id=scene.target_party, sealed_identity="", added_at=NOW,
        person_mark=scene.ring.mark("person", scene.sample.people[2]),
    ))
    session.flush()
    with pytest.raises(InstructorConflict):
        changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law, scene.sample.people[2], NOW)
    for unknown in ("", "0" * 32):
        with pytest.raises(DraftRefused) as refused:
            changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law, unknown, NOW)
        assert refused.value.params["fault"] == "person_unknown"
    changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law, scene.sample.people[1], NOW)
    assert modules(scene, plan_id)["law"].instructor_id == scene.sample.people[1]
    assert scene.steps(plan_id)[-1] == "instructor_named"


def test_a_person_who_is_nobody_is_refused_in_a_draft_too(scene: Scene) -> None:
    with pytest.raises(DraftRefused) as refused:
        scene.draft(lead_person_id="0" * 32)
    assert refused.value.params["fault"] == "person_unknown"


def test_the_page_leads_from_the_agenda_to_the_change(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    law = modules(scene, plan_id)["law"].id
    session.commit()
    path = f"/plans/{plan_id}/change"
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        sign_in(client, "committee_secretary")
        assert path in client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
        first = client.get(path).get_data(as_text=True)
        assert 'value="plan_change"' in first
        assert f"/plans/{plan_id}/modules/{law}/instructor" in first
        item = scene.resolve("plan_change", plan_id)
        session.commit()
        form = {"item": item, "due_on": DUE.isoformat(), f"minutes-{law}": "180", "kind-1": "service", "minutes-1": "45", "person-1": scene.sample.people[1]}
        refused = client.post(path, data=form | {"person-1": "f" * 32})
        assert refused.status_code == 422
        assert "请从列表中选择人员" in refused.get_data(as_text=True)
        assert client.post(path, data=form).status_code == 303
        named = client.post(f"/plans/{plan_id}/modules/{law}/instructor", data={"person": scene.sample.people[1]})
        assert named.headers["Location"] == path
        sign_in(client, "committee_secretary@other")
        assert client.get(path).status_code == 404
        assert client.post(f"/plans/{plan_id}/modules/{law}/instructor", data={"person": scene.sample.people[1]}).status_code == 404
    assert scene.plan(plan_id).total_minutes == 450
    assert modules(scene, plan_id)["law"].instructor_id == scene.sample.people[1]


def test_the_agenda_takes_a_change_of_a_plan_that_runs(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    from trainhub.committees.models import Committee, CommitteeMeeting, MeetingItem

    plan_id = scene.run()
    base = {"district_id": scene.sample.district_id, "school_id": scene.sample.school_id}
    by = scene.secretary.account_id
    committee = session.scalars(sa.select(Committee)).first()
    assert committee is not None
    session.add(CommitteeMeeting(
        **base, id=new_id(), committee_id=committee.id, year=2026, number=40, state="planned", starts_at=NOW + timedelta(days=3), entered_by=by, entered_at=NOW,
    ))
    session.commit()
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        sign_in(client, "committee_secretary")
        client.post(f"/plans/{plan_id}/agenda", data={"kind": "plan_change"})
    kinds = session.scalars(sa.select(MeetingItem.kind).where(MeetingItem.object_id == plan_id, MeetingItem.outcome.is_(None))).all()
    assert kinds == ["plan_change"]
