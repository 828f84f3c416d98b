"""A plan follows the committee's newer finding (domain.md case 67)."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.plan_scenery import NOW, Scene, add_finding, build_scene
from trainhub.cases.queries.refs import determination_ref
from trainhub.education_plans.service.staying import follow_finding


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


@pytest.mark.parametrize(("outcome", "minutes", "state", "total"), [
    ("bullying", 450, "active", 450), ("bullying", 180, "active", 360), ("not_bullying", 0, "revoked", 360),
])
def test_case_67_the_plan_goes_under_the_newer_version_or_ends_with_the_finding(
    scene: Scene, session: Session, outcome: str, minutes: int, state: str, total: int
) -> None:
    plan_id = scene.run()
    fresh = add_finding(session, scene.sample, scene.case_id, scene.actor_party, minutes=minutes, version=2)
    found = replace(determination_ref(session, scene.sample.district_id, fresh), outcome=outcome)
    assert follow_finding(session, scene.secretary, found, NOW)
    plan = scene.plan(plan_id)
    assert (plan.state, plan.total_minutes, plan.determination_id) == (state, total, fresh)
    assert not follow_finding(session, scene.secretary, found, NOW), "once is enough"
