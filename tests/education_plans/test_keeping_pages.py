"""Pages of support and of hand-overs: neutral titles, one receipt number, nothing for anybody else."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import ACTOR, TARGET, Scene, build_scene
from trainhub.education_plans.models import EducationPlan, HandOver, SupportPlan, SupportStep
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import AccessLogEntry
from trainhub.web.keys import key_ring

NEEDS = "金丝雀的需要"


@pytest.fixture
def pages(app: Flask, session: Session, client: FlaskClient, district: Sample, sign_in: SignIn) -> Any:
    scene = build_scene(session, district, ring=key_ring())
    session.commit()

    def enter(key: str) -> FlaskClient:
        sign_in(client, key)
        return client

    return scene, enter


def receipt_of(text: str) -> str:
    found = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", text)
    assert found, text
    return found[0]


def title_of(text: str) -> str:
    found = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
    assert found
    return found[1]


def test_support_from_its_opening_to_its_end(pages: tuple[Scene, Any], session: Session) -> None:
    scene, enter = pages
    client = enter("case_officer")
    path = f"/support/open/{scene.target_party}"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"lead": scene.sample.accounts["teacher"]}).status_code == 422
    assert client.post(path, data={"lead": scene.sample.accounts["psychologist"], "needs": NEEDS}).status_code == 303
    row = session.scalars(sa.select(SupportPlan)).one()
    page = f"/support/{row.id}"
    assert client.get(page).status_code == 404, "whoever opened it does not read it"
    client = enter("psychologist")
    assert row.code in client.get("/support").text
    shown = client.get(page).text
    assert NEEDS in shown
    assert "/plans/" not in shown
    assert row.code in title_of(shown)
    for word in (ACTOR, TARGET, "A1", NEEDS):
        assert word not in title_of(shown)
    assert session.scalars(sa.select(AccessLogEntry.object_kind).where(AccessLogEntry.object_ref == row.id)).all() == ["support"]
    client.post(f"{page}/steps", data={"kind": "counselling", "note": "约好周三", "due_on": "2020-01-08"})
    step = session.scalars(sa.select(SupportStep)).one()
    assert "逾期" in client.get("/support").text
    client.post(f"{page}/steps/{step.id}/done")
    refused = client.post(f"{page}/offer", data={"consent": "refused", "to_school": scene.sample.other_school_id})
    assert refused.status_code == 303
    assert not session.scalars(sa.select(HandOver)).all()
    sent = client.post(f"{page}/offer", data={"consent": "given", "to_school": scene.sample.other_school_id})
    assert receipt_of(sent.text) not in client.get(page).text
    client = enter("case_officer@other")
    assert client.post(f"/support/offered/{session.scalars(sa.select(HandOver.id)).one()}/accept", data={"receipt": receipt_of(sent.text)}).status_code == 303
    assert session.scalar(sa.select(sa.func.count()).select_from(SupportPlan)) == 2
    for key in ("committee_secretary", "principal", "teacher", "plan_instructor", "committee_member", "bureau_case_officer", "case_officer@other"):
        assert enter(key).get(page).status_code in {403, 404}, key


def test_a_plan_goes_to_another_school_by_pages_alone(pages: tuple[Scene, Any], session: Session) -> None:
    scene, enter = pages
    plan_id = scene.run()
    session.commit()
    client = enter("committee_secretary")
    path = f"/plans/{plan_id}/hand-over"
    assert client.get(path).status_code == 200
    assert client.post(path, data={"reason": "transfer"}).status_code == 422
    sent = client.post(path, data={"reason": "transfer", "to_school": scene.sample.other_school_id})
    receipt, row = receipt_of(sent.text), session.scalars(sa.select(HandOver)).one()
    assert receipt not in client.get("/hand-overs").text
    letter = client.post(f"/hand-overs/{row.id}/papers/list.pdf")
    assert letter.data.startswith(b"%PDF")
    assert re.search(r"list-[0-9a-f]{32}\.pdf", letter.headers["Content-Disposition"])
    assert client.post(f"/hand-overs/{row.id}/papers/receipt.pdf").status_code == 404, "nothing was received yet"
    client.post(f"/hand-overs/{row.id}/accept", data={"receipt": receipt})
    session.expire_all()
    assert row.state == "sent", "not by who sent it"
    client = enter("committee_secretary@other")
    shown = client.get("/hand-overs").text
    for word in (ACTOR, TARGET, scene.case_id, receipt):
        assert word not in shown
    client.post(f"/hand-overs/{row.id}/accept", data={"receipt": "AAAA-AAAA-AAAA", "due_on": "2027-12-01"})
    client.post(f"/hand-overs/{row.id}/accept", data={"receipt": receipt, "due_on": "2027-12-01"})
    session.expire_all()
    assert row.state == "accepted"
    fresh = session.get_one(EducationPlan, (scene.sample.district_id, row.new_plan_id))
    assert fresh.school_id == scene.sample.other_school_id
    for kind in ("list", "receipt"):
        assert client.post(f"/hand-overs/{row.id}/papers/{kind}.docx").data.startswith(b"PK")
    for key in ("teacher", "psychologist", "principal@other", "bureau_case_officer", "plan_instructor"):
        seen = enter(key)
        assert seen.post(f"/hand-overs/{row.id}/papers/list.pdf").status_code in {403, 404}, key
        assert seen.post(f"/hand-overs/{new_id()}/accept", data={"receipt": receipt}).status_code in {403, 404}, key
