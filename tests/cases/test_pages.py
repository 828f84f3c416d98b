"""Pages of concerns and cases: they work, they name nobody, and whoever may not see a case gets what does not exist."""

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.cases.scenery import World, build
from trainhub.accounts.models import SignInThrottle
from trainhub.accounts.rules import FREE_FAILURES
from trainhub.cases.models import CaseEvidence, CaseFile, Concern, GuardianNotice
from trainhub.cases.service import opening, parties
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.ledger.models import AccessLogEntry, LedgerEntry, LedgerPayload
from trainhub.roster.models import Student
from trainhub.web.keys import key_ring

CANARIES = {
    "pupil": "贾金丝雀甲", "target": "贾金丝雀乙", "guardian": "贾金丝雀丙", "phone": "13912345678", "story": "金丝雀叙述", "talk": "金丝雀询问", "title": "金丝雀证据",
    "fact": "金丝雀经过", "report": "金丝雀线索", "who": "金丝雀当事人", "answer": "金丝雀答复", "outside": "金丝雀校外",
}


@pytest.fixture
def pages(app: Flask, session: Session, client: FlaskClient, district: Sample, sign_in: Callable[..., None]) -> tuple[World, Callable[[str], FlaskClient]]:
    """A world sealed under the application's own keys, and how to sign in by role."""
    world = build(session, now(), district)
    world.ring = key_ring()
    session.commit()

    def enter(key: str) -> FlaskClient:
        sign_in(client, key)
        return client

    return world, enter


def test_a_teacher_reports_in_one_form_and_reads_the_number_again(pages: Any, session: Session) -> None:
    _world, enter = pages
    client = enter("teacher")
    form = {"op_id": new_id(), "text": CANARIES["report"], "means": ["body", "words"], "place_kind": "corridor", "who": CANARIES["who"]}
    first = client.post("/concerns/new", data=form, follow_redirects=True)
    number = re.search(r'id="receipt">([A-Z]{4}-[A-Z]{4})<', first.text)
    assert number, first.text
    assert re.search(number[1], client.post("/concerns/new", data=form, follow_redirects=True).text)
    assert session.scalar(sa.select(sa.func.count()).select_from(Concern)) == 1
    mine = client.get("/concerns/mine").text
    assert number[1] in mine
    assert CANARIES["report"] not in mine
    for typed in (number[1], number[1].replace("-", "").lower(), f" {number[1]} "):
        assert "已收到" in client.post("/concern", data={"receipt": typed}).text
    assert "已收到" not in client.post("/concern", data={"receipt": "ZZZZ-ZZZZ"}).text
    assert client.get("/concern").status_code == 200


def test_whoever_guesses_receipt_numbers_waits_and_others_do_not(pages: Any, session: Session) -> None:
    world, enter = pages
    client, number = enter("teacher"), world.report().receipt
    session.commit()

    def ask(typed: str, address: str = "127.0.0.1") -> Any:
        return client.post("/concern", data={"receipt": typed}, environ_base={"REMOTE_ADDR": address})

    for turn in range(FREE_FAILURES):
        assert (ask(f"ZZZZ-ZZZ{'ABCDEFGHJK'[turn]}").status_code, ask(number).status_code) == (200, 200 if turn + 1 < FREE_FAILURES else 429)
    refused = ask(number)
    assert refused.status_code == 429
    assert "已收到" not in refused.text
    assert "分钟后再查询" in refused.text
    assert "已收到" in ask(number, "10.0.0.9").text
    rows = session.scalars(sa.select(SignInThrottle)).all()
    assert [row.failures for row in rows] == [FREE_FAILURES], "a right number leaves no trace"
    assert "127.0.0.1" not in rows[0].key_hash
    with time_machine.travel(now() + timedelta(minutes=2)):
        assert "已收到" in ask(number).text


def test_a_wrong_form_keeps_what_was_typed(pages: Any) -> None:
    _world, enter = pages
    answer = enter("teacher").post("/concerns/new", data={"op_id": new_id(), "text": "", "who": "某某"})
    assert answer.status_code == 422
    assert "某某" in answer.text


def test_from_a_concern_to_the_committee_by_pages_alone(pages: Any, session: Session) -> None:
    world, enter = pages
    enter("teacher").post("/concerns/new", data={"op_id": new_id(), "text": "看到两人推一人", "means": "body"})
    concern = session.scalars(sa.select(Concern)).one()
    client = enter("case_officer")
    assert "待决定" in client.get("/concerns").text or concern.id in client.get("/concerns").text
    assert "看到两人推一人" in client.get(f"/concerns/{concern.id}").text
    done = client.post(f"/concerns/{concern.id}/accept", data={"severity": "minor"})
    assert done.status_code == 303
    case = session.scalars(sa.select(CaseFile)).one()
    base = f"/cases/{case.id}"
    assert client.get(base).status_code == 200
    assert client.post(f"{base}/procedure", data={"version": case.version}).status_code == 303
    for number, role in ((0, "actor"), (1, "target")):
        student = session.get_one(Student, (world.sample.district_id, world.pupils[number]))
        found = client.post(f"{base}/parties/find", data={"words": student.name[:2]})
        assert student.id in found.text
        assert f"{student.name[0]}*" in found.text
        assert f"…{student.number_tail}" in found.text  # two of one surname and class are told apart
        sideless = client.post(f"{base}/parties", data={"student": student.id, "words": student.name[:2]})
        assert sideless.status_code == 422
        assert student.id in sideless.text, "who was found stays found"
        assert client.post(f"{base}/parties", data={"student": student.id, "roles": role}).status_code == 303
    page = client.get(base).text
    assert "A1" in page
    assert "B1" in page
    today = f"{now().astimezone():%Y-%m-%d}"
    for party in session.scalars(sa.select(parties.CaseParty)):
        assert client.get(f"{base}/parties/{party.id}").status_code == 200
        local = now() + timedelta(hours=8)
        told = {"about": "investigation", "channel": "face", "outcome": "acknowledged", "told_on": f"{local:%Y-%m-%d}", "told_at": f"{local:%H:%M:%S}"}
        case.discovered_at = now() - timedelta(hours=3)
        session.commit()
        answer = client.post(f"{base}/parties/{party.id}/notices", data=told)
        assert answer.status_code == 303, answer.text
    assert session.scalar(sa.select(sa.func.count()).select_from(GuardianNotice)) == 2
    assert client.post(f"{base}/submit", data={}).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(CaseFile.state)).one() == "submitted_to_committee"
    assert today


def plant(world: World, session: Session) -> CaseFile:
    """A case with a canary in every protected field."""
    from trainhub.cases.service import evidence, intake, interviews, reports

    officer, ring, moment = world.officer, world.ring, now()
    for number, key in ((0, "pupil"), (1, "target")):
        student = session.get_one(Student, (world.sample.district_id, world.pupils[number]))
        student.name = student.name_key = CANARIES[key]
    session.flush()
    sent = intake.report_concern(session, ring, world.actor("teacher"), intake.ReportConcern(CANARIES["report"], "op-c", who=CANARIES["who"]), moment)
    case = session.get_one(CaseFile, (world.sample.district_id, intake.accept_concern(session, ring, officer, intake.AcceptConcern(sent.concern_id), moment)))
    other = intake.report_concern(session, ring, world.actor("teacher"), intake.ReportConcern(CANARIES["report"], "op-d"), moment)
    intake.decline_concern(session, ring, officer, intake.DeclineConcern(other.concern_id, "other", CANARIES["answer"]), moment)
    actor, _target = world.both_sides(case)
    outside = parties.AddOutsidePupil(case.id, CANARIES["outside"], "外校", ("bystander",))
    parties.add_outside_pupil(session, ring, officer, outside, moment)
    parties.add_guardian(session, ring, officer, parties.AddGuardian(actor, CANARIES["guardian"], "母", CANARIES["phone"], CANARIES["guardian"]), moment)
    opening.write_narrative(session, ring, officer, case.id, CANARIES["story"], moment)
    case.discovered_at = moment - timedelta(hours=3)
    people = tuple(world.sample.people[4:6])
    interviews.record_interview(session, ring, officer, interviews.RecordInterview(
        case.id, moment - timedelta(hours=2), moment - timedelta(hours=1), people, "other_adult", CANARIES["talk"], party_id=actor,
    ), moment)
    evidence.add_evidence(session, ring, officer, evidence.AddEvidence(case.id, "document", CANARIES["title"], "school", "金丝雀文件".encode()), moment)
    facts = dict.fromkeys(("time", "place", "cause", "course", "persons", "measures"), CANARIES["fact"])
    reports.record_report(session, ring, officer, reports.RecordReport(case.id, "first", "written", "bureau", moment, facts), moment)
    session.commit()
    return case


def test_canaries_stand_in_no_open_column_of_the_room(pages: Any, session: Session) -> None:
    world, _enter = pages
    plant(world, session)
    tables = {mapper.local_table for mapper in Base.registry.mappers if mapper.class_.__module__.startswith("trainhub.cases.")}
    assert len(tables) > 15
    for table in (*tables, LedgerEntry.__table__, LedgerPayload.__table__, AccessLogEntry.__table__):
        for row in session.execute(sa.select(table)):
            for word in ("金丝雀", CANARIES["phone"]):
                assert word not in repr(tuple(row)), table.name


def test_names_stand_on_no_page_and_the_texts_on_the_file_alone(pages: Any, session: Session) -> None:
    world, enter = pages
    case = plant(world, session)
    client = enter("case_officer")
    party = session.scalars(sa.select(parties.CaseParty.id).where(parties.CaseParty.code == "A1")).one()
    for path in ("/", "/cases", "/concerns", f"/cases/{case.id}", f"/cases/{case.id}/parties/{party}", f"/cases/{case.id}/parties",
                 f"/cases/{case.id}/interviews/new", f"/cases/{case.id}/evidence/new", f"/cases/{case.id}/reports/new"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        for key in ("pupil", "target", "guardian", "phone", "outside", "report", "who"):
            assert CANARIES[key] not in answer.text, (path, key)
        title = re.search(r"<title>(.*?)</title>", answer.text, re.DOTALL)
        assert title
        assert "金丝雀" not in title[1]
    file_page = client.get(f"/cases/{case.id}").text
    for key in ("story", "talk", "title", "fact"):
        assert CANARIES[key] in file_page
    assert session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_ref == case.id)).all()
    for key in ("teacher", "homeroom_teacher", "training_officer", "school_administrator", "case_officer@other", "committee_member", "psychologist",
                "bureau_officer", "bureau_case_officer", "auditor", "system_administrator"):
        seen = enter(key)
        for path in ("/", "/cases", f"/cases/{case.id}", f"/cases/{case.id}/parties/{party}", "/concerns", "/concerns/mine"):
            answer = seen.get(path, follow_redirects=False)
            texts = set(CANARIES) - ({"answer"} if path == "/concerns/mine" and key == "teacher" else set())
            for word in texts:
                assert CANARIES[word] not in answer.text, (key, path, word)
            if path.startswith("/cases/"):
                assert answer.status_code in {403, 404}, (key, path)


def test_a_name_is_shown_once_with_a_reason_and_is_in_the_log_first(pages: Any, session: Session) -> None:
    world, enter = pages
    case = plant(world, session)
    party = session.scalars(sa.select(parties.CaseParty.id).where(parties.CaseParty.code == "A1")).one()
    client = enter("case_officer")
    path = f"/cases/{case.id}/parties/{party}/reveal"
    answer = client.post(path, data={"reason": "notice"}, headers={"X-Fragment": "1"})
    assert answer.status_code == 200
    assert CANARIES["pupil"] in answer.text
    assert CANARIES["phone"] in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    entry = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_ref == party)).one()
    assert (entry.purpose, entry.about_ref) == ("reveal_notice", case.id)
    assert client.post(path, data={"reason": "curiosity"}).status_code == 404
    assert client.get(path).status_code == 405
    page = client.post(path, data={"reason": "identify"})
    assert page.headers["Refresh"].startswith("60;")
    assert CANARIES["pupil"] in page.text  # without scripts as well
    for key in ("principal", "committee_member", "case_officer@other", "teacher"):
        assert enter(key).post(path, data={"reason": "notice"}).status_code in {403, 404}, key


def test_each_opening_of_a_file_is_one_entry(pages: Any, session: Session) -> None:
    world, enter = pages
    case = plant(world, session)
    row = session.scalars(sa.select(CaseEvidence)).one()
    client = enter("case_officer")
    for _ in range(2):
        answer = client.get(f"/cases/{case.id}/evidence/{row.id}")
        assert answer.data == "金丝雀文件".encode()
        assert "金丝雀" not in answer.headers["Content-Disposition"]
    assert len(session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.object_ref == row.file_id)).all()) == 2


def test_an_intimate_picture_is_not_taken(pages: Any, session: Session) -> None:
    world, enter = pages
    case = world.case()
    session.commit()
    client = enter("case_officer")
    form = {"kind": "picture", "title": "一张图", "received_from": "school", "intimate": "yes", "file": (io.BytesIO(b"x"), "a.txt")}
    answer = client.post(f"/cases/{case.id}/evidence/new", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseEvidence)) == 0
    form = {"kind": "police_receipt", "title": "接收单", "received_from": "police"}
    assert client.post(f"/cases/{case.id}/evidence/new", data=form).status_code == 303


def test_the_board_asks_the_database_as_often_for_one_case_as_for_twelve(pages: Any, session: Session, count_statements: Any) -> None:
    world, enter = pages
    world.both_sides(world.case())
    session.commit()
    client = enter("case_officer")
    client.get("/cases")
    with count_statements() as one:
        assert client.get("/cases").status_code == 200
    for _ in range(11):
        world.both_sides(world.case("heavier"))
    session.commit()
    with count_statements() as many:
        assert client.get("/cases").status_code == 200
    assert many.count == one.count


def test_case_47_whoever_finds_out_that_they_are_a_guardian_is_led_away(pages: Any, session: Session) -> None:
    world, enter = pages
    case = world.case()
    actor, _target = world.both_sides(case)
    session.commit()
    client = enter("case_officer")
    form = {"guardian_name": "自己", "relation": "父", "staff": world.officer.person_id}
    answer = client.post(f"/cases/{case.id}/parties/{actor}/guardians", data=form)
    assert answer.headers["Location"].endswith("/cases")
    assert client.get(f"/cases/{case.id}").status_code == 404
    assert case.id not in client.get("/cases").text
