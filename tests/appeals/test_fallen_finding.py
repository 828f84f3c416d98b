"""An overturned finding lives on nowhere: every page of the case, for everybody who may open one, from the moment of the decision."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.appeals.scenery import AppealScene, build
from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.cases.models import CaseReport
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import place
from trainhub.web.keys import key_ring

READERS = ("case_officer", "committee_secretary", "principal", "bureau_case_officer", "plan_instructor")
OLD = ("情节较重", "较重", "构成欺凌", "方案执行中", "已送达", "制定方案", "按计划进行", "在执行")
"""What pages said of the case while its finding stood."""


@pytest.fixture
def fallen(app: Flask, session: Session, district: Sample) -> AppealScene:
    scene = build(session, district, ring=key_ring())
    scene.case.severity, scene.finding().tier = "heavier", "heavier"
    key = new_id()
    session.add(CaseReport(
        district_id=district.district_id, id=key, school_id=district.school_id, case_id=scene.case_id, number=1, kind="first", form="written", to_whom="bureau",
        reported_at=scene.now - timedelta(days=5), receiver="值班室", receipt_no="1", sealed_facts=key_ring().seal("{}", place("case_report", "sealed_facts", key)),
        counts={}, late=False, reported_by=district.accounts["case_officer"], recorded_at=scene.now,
    ))
    return scene


def pages(scene: AppealScene) -> Iterator[str]:
    case, plan = f"/cases/{scene.case_id}", f"/plans/{scene.plan.id}"
    yield from ("/", "/cases", case, f"{case}/determinations", f"{case}/papers", "/cases/reported", "/cases/counts", "/second", "/concerns")
    yield from (f"{case}/parties/{party}" for party in (scene.party_id, scene.target_id))
    yield from ("/plans", plan, f"{plan}/steps", "/follow-ups", "/committee/sittings", "/support", "/lessons", "/cases/own-class", "/plans/confirm")


def said(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    text = str(answer.get_data(as_text=True)).split("<main", 1)[-1] if answer.status_code == 200 else ""
    return re.sub(r"<select.*?</select>", "", text, flags=re.DOTALL)  # what one may choose is not said of the case


def test_case_69_no_page_says_a_word_of_a_finding_that_fell(client: FlaskClient, sign_in: SignIn, session: Session, fallen: AppealScene) -> None:
    session.commit()
    before: set[str] = set()
    for who in READERS:
        sign_in(client, who)
        before |= {path for path in pages(fallen) if any(word in said(client, path) for word in OLD)}
    assert {"/cases", f"/cases/{fallen.case_id}", "/cases/reported"} <= before, "the pages did say it"
    fallen.through(Outcome.OVERTURN)
    session.commit()
    left, read = {}, set()
    for who in READERS:
        sign_in(client, who)
        for path in pages(fallen):
            text = said(client, path)
            read |= {path} if text else set()
            if found := [word for word in OLD if word in text]:
                left[who, path] = found
    assert left == {}
    assert {f"/cases/{fallen.case_id}/parties/{fallen.party_id}", f"/plans/{fallen.plan.id}", "/plans"} <= read
    sign_in(client, "case_officer")
    for path in ("/cases", f"/cases/{fallen.case_id}", f"/cases/{fallen.case_id}/determinations"):
        assert "认定已撤销" in said(client, path)
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseReport)) == 1


def test_papers_of_a_revoked_plan_say_so_at_the_head_of_every_page(client: FlaskClient, sign_in: SignIn, session: Session, fallen: AppealScene) -> None:
    session.commit()
    sign_in(client, "committee_secretary")
    path = f"/plans/{fallen.plan.id}/papers/plan.docx"

    def heads() -> str:
        answer = client.post(path)
        assert answer.status_code == 200, answer.text[:300]
        package = zipfile.ZipFile(io.BytesIO(answer.data))
        return "".join(package.read(name).decode() for name in package.namelist() if name.startswith("word/header"))

    assert "撤销" not in heads()
    appeal = fallen.appeal(fallen.through(Outcome.OVERTURN))
    session.commit()
    assert f"申 {appeal.year}-{appeal.number}" in heads()
    assert "本方案已撤销" in heads()
