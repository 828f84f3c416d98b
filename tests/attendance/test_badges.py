"""Badges: printed by department, read by their own school, filed once however often a device sends them."""

import hashlib
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.attendance import service
from trainhub.attendance.check_in_rules import badge_key
from trainhub.attendance.models import AttendanceMark, CheckIn
from trainhub.attendance.service import SubmitRoll
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.models import PersonIdentifier
from trainhub.roster.queries.identifiers import identifiers_of, identifiers_of_school
from trainhub.web.keys import stable_key


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district, extra=20, began=timedelta(minutes=30))


@pytest.fixture
def officer(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "training_officer")
    return client


def badge(app: Flask, sample: Sample, person: str, school: str = "") -> str:
    with app.test_request_context():
        key = badge_key(stable_key(), sample.district_id, school or sample.school_id)
        return app.extensions["trainhub.badges"]["badge"].badge(person, key)


def batch(client: FlaskClient, sheet: Built, scans: list[dict]) -> dict[str, str]:
    answer = client.post(f"/rolls/{sheet.sheet_id}/badges/batch", json={"scans": scans})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return {r["op_id"]: r["outcome"] for r in answer.json["results"]}


def test_a_badge_by_the_plain_form(app, officer, sheet: Built) -> None:
    code = badge(app, sheet.sample, sheet.people[0])
    with time_machine.travel(sheet.starts_at + timedelta(minutes=31, seconds=40), tick=False):
        answer = officer.post(f"/rolls/{sheet.sheet_id}/badges", data={"code": code.lower(), "op_id": new_id()})
        assert answer.status_code == 303
        assert "已到" in officer.get(answer.location).get_data(as_text=True)
    head = sheet.head(0)
    assert (head.status, head.source) == ("late", "badge")
    assert head.late_minutes == 31


def test_a_batch_sent_three_times_files_everybody_once_with_the_time_of_the_scan(app, officer, sheet: Built) -> None:
    came = sheet.starts_at + timedelta(minutes=3)
    scans = [
        {"op_id": new_id(), "code": badge(app, sheet.sample, p), "at": (came + timedelta(seconds=i)).isoformat()}
        for i, p in enumerate(sheet.people)
    ]
    scans.append({"op_id": new_id(), "code": scans[0]["code"], "at": now().isoformat()})  # the same badge once more
    first = batch(officer, sheet, scans)
    assert list(first.values()).count("in") == len(sheet.people)
    assert first[scans[-1]["op_id"]] == "again"
    for _ in range(2):
        assert set(batch(officer, sheet, scans).values()) == {"again"}
    for half in (scans[:7], scans[5:]):
        batch(officer, sheet, half)
    session = sheet.session
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(CheckIn)) == len(sheet.people)
    assert session.scalar(select(func.count()).select_from(AttendanceMark)) == len(sheet.people)
    assert {sheet.head(i).status for i in range(len(sheet.people))} == {"present"}
    assert sheet.head(0).minutes == 117


def test_a_device_whose_clock_is_wrong_gets_the_servers_time(app, officer, sheet: Built) -> None:
    code = badge(app, sheet.sample, sheet.people[0])
    batch(officer, sheet, [{"op_id": new_id(), "code": code, "at": (now() + timedelta(days=30)).isoformat()}])
    row = sheet.session.scalars(select(CheckIn)).one()
    assert abs(row.scanned_at - now()) < timedelta(minutes=2)


def test_a_scan_after_the_end_is_answered_as_closed(app, officer, session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, began=timedelta(minutes=70), minutes=60)
    in_time, after, early, late = (badge(app, district, sheet.people[i]) for i in (0, 1, 2, 2))
    ids = [new_id() for _ in range(4)]
    moments = [sheet.ends_at - timedelta(minutes=1), sheet.ends_at, sheet.starts_at, now()]
    found = batch(officer, sheet, [
        {"op_id": i, "code": c, "at": at.isoformat()} for i, c, at in zip(ids, [in_time, after, early, late], moments, strict=True)
    ])
    assert [found[i] for i in ids] == ["in", "closed", "in", "again"]
    assert sheet.head(1).status is None
    answer = officer.post(f"/rolls/{sheet.sheet_id}/badges", data={"code": after, "op_id": new_id()})
    assert "已经结束" in officer.get(answer.location).get_data(as_text=True)


def test_one_operation_is_one_person_and_the_rest_of_the_batch_is_filed(app, officer, sheet: Built) -> None:
    same, own = new_id(), new_id()
    codes = [badge(app, sheet.sample, p) for p in sheet.people[:4]]
    scans = [{"op_id": i, "code": c, "at": now().isoformat()} for i, c in zip((same, same, own), codes, strict=False)]
    answer = officer.post(f"/rolls/{sheet.sheet_id}/badges/batch", json={"scans": scans})
    assert answer.status_code == 200
    assert [r["outcome"] for r in answer.json["results"]] == ["in", "refused", "in"]
    later = {"op_id": same, "code": codes[3], "at": now().isoformat()}
    assert batch(officer, sheet, [later]) == {same: "refused"}
    assert [sheet.head(i).status is None for i in range(4)] == [False, True, False, True]


def test_badges_of_others_are_told_apart(app, officer, sheet: Built, district: Sample) -> None:
    stranger = district.other_people[0]
    ids = [new_id() for _ in range(3)]
    codes = [badge(app, district, stranger, district.other_school_id), badge(app, district, stranger), "TBnonsense"]
    found = batch(officer, sheet, [{"op_id": i, "code": c, "at": now().isoformat()} for i, c in zip(ids, codes, strict=True)])
    assert [found[i] for i in ids] == ["unknown", "not_on_list", "unknown"]
    assert sheet.session.scalar(select(func.count()).select_from(CheckIn)) == 0


def test_a_roll_that_was_ended_takes_no_badge_and_the_device_keeps_its_scans(app, officer, sheet: Built) -> None:
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 0, "keep"), now())
    sheet.session.commit()
    scan = {"op_id": new_id(), "code": badge(app, sheet.sample, sheet.people[0]), "at": now().isoformat()}
    answer = officer.post(f"/rolls/{sheet.sheet_id}/badges/batch", json={"scans": [scan]}, headers={"Accept": "application/json"})
    assert answer.status_code == 409


@pytest.mark.parametrize("body", [None, [], {}, {"scans": []}, {"scans": ["x"]}, {"scans": "x"}, {"scans": [{"op_id": "!" * 60}]}])
def test_a_damaged_batch_is_refused_whole(officer, sheet: Built, body) -> None:
    assert officer.post(f"/rolls/{sheet.sheet_id}/badges/batch", json=body).status_code == 400


def test_statements_do_not_grow_with_the_batch(app, officer, sheet: Built, session, district, count_statements) -> None:
    other = build_sheet(session, district, began=timedelta(minutes=30))
    counts = []
    for held, people in ((other, sheet.people[:1]), (sheet, sheet.people)):
        scans = [{"op_id": new_id(), "code": badge(app, sheet.sample, p), "at": now().isoformat()} for p in people]
        with count_statements() as seen:
            batch(officer, held, scans)
        counts.append(seen.count)
    assert counts[0] == counts[1]


def test_the_page_names_people_without_holding_their_badges(app, officer, sheet: Built) -> None:
    page = officer.get(f"/rolls/{sheet.sheet_id}/badges").get_data(as_text=True)
    assert page.count("data-badge=") == len(sheet.people)
    assert badge(app, sheet.sample, sheet.people[0]) not in page


def test_badges_are_printed_for_the_departments_ticked(officer, sheet: Built) -> None:
    empty = officer.get("/rolls/badges").get_data(as_text=True)
    assert "badge-card" not in empty
    page = officer.get("/rolls/badges?department=数学组20").get_data(as_text=True)
    assert page.count('class="badge-card"') == 20
    assert page.count('class="badge-sheet"') == 2
    assert not re.search(r"T0\d\d\d", page)


def test_a_new_badge_makes_the_old_one_of_that_person_worthless(app, officer, sheet: Built, session: Session) -> None:
    lost, others = badge(app, sheet.sample, sheet.people[0]), badge(app, sheet.sample, sheet.people[1])
    assert officer.post("/rolls/badges/renew", data={"person_id": sheet.people[0]}).status_code == 303
    first = officer.get(f"/rolls/badges?person={sheet.people[0]}").get_data(as_text=True)
    assert first.count('class="badge-card"') == 1
    ids = [new_id() for _ in range(2)]
    found = batch(officer, sheet, [{"op_id": i, "code": c, "at": now().isoformat()} for i, c in zip(ids, (lost, others), strict=True)])
    assert [found[i] for i in ids] == ["unknown", "in"]
    assert officer.post("/rolls/badges/renew", data={"person_id": sheet.people[0]}).status_code == 303
    [kept] = session.scalars(select(PersonIdentifier).where(PersonIdentifier.kind == "badge"))
    new = badge(app, sheet.sample, kept.value)
    assert hashlib.sha256(new.encode()).hexdigest()[:24] in officer.get(f"/rolls/{sheet.sheet_id}/badges").get_data(as_text=True)
    assert list(batch(officer, sheet, [{"op_id": new_id(), "code": new, "at": now().isoformat()}]).values()) == ["in"]
    assert sheet.head(0).source == "badge"
    told = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "badge.renewed")).all()
    assert [entry.subject_ref for entry in told] == [sheet.people[0]] * 2
    scope = sheet.actor().scope(Permission.ROLL_READ)
    assert identifiers_of(session, scope, sheet.sample.school_id, sheet.people[0]) == []  # it stands on no page
    assert identifiers_of_school(session, scope, sheet.sample.school_id) == {}


def test_only_ones_own_school_makes_badges_anew(app, officer, sheet: Built, district: Sample, sign_in: SignIn) -> None:
    assert officer.post("/rolls/badges/renew", data={"person_id": district.other_people[0]}).status_code == 404
    assert officer.post("/rolls/badges/renew", data={}).status_code == 404
    client = app.test_client()
    sign_in(client, "principal")
    assert client.post("/rolls/badges/renew", data={"person_id": sheet.people[0]}).status_code == 403


def test_only_whoever_marks_rolls_prints_and_scans(app, sheet: Built, sign_in: SignIn) -> None:
    url = f"/rolls/{sheet.sheet_id}/badges"
    for who, status in (("principal", 403), ("teacher", 403), ("training_officer@other", 404)):
        client = app.test_client()
        sign_in(client, who)
        assert client.get(url).status_code == status, who
        assert client.post(f"{url}/batch", json={"scans": [{"code": "x"}]}).status_code == (403 if status == 403 else 404), who
