"""The pages without scripts, the endpoints of the script, and who may see or do what."""

import json
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample, add_staff
from tests.conftest import SignIn
from trainhub.attendance import queries, service
from trainhub.attendance.service import Mark, MarkRoll, SheetPerson, SubmitRoll
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    return build_sheet(session, district)


@pytest.fixture
def officer(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "training_officer")
    return client


def ended(sheet: Built) -> Built:
    sheet.mark(*[(i, "present", 0) for i in range(len(sheet.people))])
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 6), sheet.ends_at)
    sheet.session.commit()
    return sheet


def test_the_roll_shows_everybody_with_a_radio_and_a_version(officer: FlaskClient, sheet: Built) -> None:
    text = officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)
    for place, person in enumerate(sheet.people, 1):
        assert f'name="mark-{place}"' in text
        assert f"{person[-8:]}.0" in text.split('name="seen" value="')[1].split('"')[0].split()[place - 1]
    assert "语文组" in text
    assert "style=" not in text.replace("data-style=", "")
    assert "<script>" not in text


def test_the_plain_form_saves_only_what_was_changed(officer: FlaskClient, sheet: Built) -> None:
    a, b, c = sheet.people[:3]
    data = {"seen": f"{a[-8:]}.0 {b[-8:]}.0 {c[-8:]}.0l", "mark-1": "present", "mark-3": "late"}
    assert officer.post(f"/rolls/{sheet.sheet_id}", data=data).status_code == 303
    assert [sheet.head(i).status for i in range(3)] == ["present", None, None]


def test_two_stale_forms_one_wins_and_the_other_is_shown_both_values(officer: FlaskClient, sheet: Built) -> None:
    a, b = sheet.people[:2]
    sheet.mark((0, "absent", 0), key="training_officer_2")
    sheet.session.commit()
    data = {"seen": f"{a[-8:]}.0 {b[-8:]}.0", "mark-1": "present", "mark-2": "present"}
    answer = officer.post(f"/rolls/{sheet.sheet_id}", data=data)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "training_officer_2账号" in text
    assert 'name="mark-1" value="present"' in text
    assert f'name="seen" value="{a}.1a"' in text
    assert (sheet.head(0).status, sheet.head(1).status) == ("absent", "present")
    taken = officer.post(f"/rolls/{sheet.sheet_id}", data={"seen": f"{a}.1a", "mark-1": "present"})
    assert taken.status_code == 303
    assert sheet.head(0).status == "present"


def test_a_script_gets_409_with_both_values_for_a_single_stale_mark(officer: FlaskClient, sheet: Built) -> None:
    sheet.mark((0, "late", 0), key="training_officer_2")
    sheet.session.commit()
    body = {"op_id": "abcd-1", "marks": [{"person": sheet.people[0], "value": "present", "seen_version": 0}]}
    answer = officer.post(f"/rolls/{sheet.sheet_id}/marks", json=body)
    found = answer.get_json()["conflicts"][0]
    assert answer.status_code == 409
    assert (found["yours"], found["theirs"]["value"], found["theirs"]["version"]) == ("present", "late", 1)
    assert "training_officer_2账号" in found["text"]


def test_a_script_is_answered_with_rows_figures_and_the_servers_time(officer: FlaskClient, sheet: Built) -> None:
    body = {"op_id": "abcd-1", "marks": [{"person": sheet.people[0], "value": "excused", "seen_version": 0, "leave_type": "sick"}]}
    answer = officer.post(f"/rolls/{sheet.sheet_id}/marks", json=body).get_json()
    assert answer["rows"][0]["version"] == 1
    assert answer["tally"]["excused"] == 1
    assert len(answer["saved_at"]) == 8


@pytest.mark.parametrize("damage", [
    {"seen": "{a}.0", "mark-2": "present"}, {"seen": "{a}", "mark-1": "present"}, {"seen": "{a}.0", "mark-1": "there"},
    {"mark-1": "present"}, {"seen": "../.0", "mark-1": "present"}, {"seen": "{a}.0", "mark-x": "present"},
])
def test_a_damaged_form_is_refused_whole(officer: FlaskClient, sheet: Built, damage: dict[str, str]) -> None:
    form = {name: value.replace("{a}", sheet.people[0][-8:]) for name, value in damage.items()}
    assert officer.post(f"/rolls/{sheet.sheet_id}", data=form).status_code == 400
    assert sheet.head(0).status is None


def test_marking_one_person_under_two_names_writes_nothing(officer: FlaskClient, sheet: Built) -> None:
    a = sheet.people[0]
    form = {"seen": f"{a[-8:]}.0 {a}.0", "mark-1": "present", "mark-2": "absent"}
    assert officer.post(f"/rolls/{sheet.sheet_id}", data=form).status_code == 422
    assert sheet.head(0).status is None


def test_a_form_opened_before_the_list_was_numbered_anew_marks_the_same_people(
    officer: FlaskClient, sheet: Built, session: Session
) -> None:
    page = officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)
    seen = page.split('name="seen" value="')[1].split('"')[0]
    people = [SheetPerson(p, number, "语文组") for number, p in enumerate(reversed(sheet.people), 1)]
    service.sync_people(session, sheet.actor(), sheet.sheet_id, people, now())
    session.commit()
    assert officer.post(f"/rolls/{sheet.sheet_id}", data={"seen": seen, "mark-1": "late"}).status_code == 303
    assert [sheet.head(i).status for i in range(6)] == ["late", None, None, None, None, None]


def test_a_person_is_found_by_the_key_of_the_page(officer: FlaskClient, sheet: Built) -> None:
    page = officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)
    path = f"/rolls/{sheet.sheet_id}/people/{sheet.people[2][-8:]}"
    assert f'href="{path}"' in page
    assert officer.get(path).status_code == 200
    assert officer.get(f"/rolls/{sheet.sheet_id}/people/00000000").status_code == 404


def test_the_rest_of_a_department_has_a_page_for_readers_without_scripts(officer: FlaskClient, sheet: Built) -> None:
    url = f"/rolls/{sheet.sheet_id}/rest"
    assert f'href="{url}"' in officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)
    assert '<option value="语文组">' in officer.get(url).get_data(as_text=True)


def test_the_script_comes_with_its_words_in_either_language(officer: FlaskClient, sheet: Built) -> None:
    page = officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)
    address = page.split('<script src="/rolls/')[1].split('"')[0]
    answer = officer.get(f"/rolls/{address}")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.mimetype == "text/javascript"
    chinese, english = (json.loads(officer.get(f"/rolls/desk.{x}.js").get_data(as_text=True).split(" = ", 1)[1].split(";\n", 1)[0])
                        for x in ("zh_Hans_CN", "en"))
    assert (chinese["words"]["status"]["late"], english["words"]["status"]["late"]) == ("迟到", "Late")
    assert 'id="details"' in english["html"]
    assert officer.get("/rolls/desk.fr.js").status_code == 404


@pytest.mark.parametrize("body", [
    None, [], {}, {"marks": []}, {"marks": ["x"]}, {"marks": [{"person": 1, "value": "present", "seen_version": 0}]},
    {"marks": [{"person": "p", "value": "present", "seen_version": True}]}, {"op_id": "undo-1234", "marks": [{"person": "p", "value": "present", "seen_version": 0}]},
    {"marks": [{"person": "p", "value": "present", "seen_version": 0, "late_minutes": 1.5}]},
    {"marks": [{"person": "p", "value": "present", "seen_version": 0}], "device_at": "yesterday"},
])
def test_damaged_requests_are_refused_without_a_fault(officer: FlaskClient, sheet: Built, body: object) -> None:
    assert officer.post(f"/rolls/{sheet.sheet_id}/marks", json=body).status_code == 400


def test_added_fields_change_nothing_but_the_mark(officer: FlaskClient, sheet: Built) -> None:
    mark = {"person": sheet.people[0], "value": "absent", "seen_version": 0, "minutes": 999, "version": 7, "source": "leave",
            "marked_by": "x", "verified_at": "2026-01-01", "expected": False}
    officer.post(f"/rolls/{sheet.sheet_id}/marks", json={"op_id": "abcd-1", "marks": [mark], "school_id": "x", "state": "verified"})
    head = sheet.head(0)
    assert (head.minutes, head.version, head.source, head.expected) == (0, 1, "manual", True)


def test_ids_outside_the_sheet_are_refused(officer: FlaskClient, sheet: Built) -> None:
    body = {"marks": [{"person": sheet.sample.other_people[0], "value": "present", "seen_version": 0}]}
    assert officer.post(f"/rolls/{sheet.sheet_id}/marks", json=body).status_code == 422


def test_another_school_finds_nothing(client: FlaskClient, sign_in: SignIn, sheet: Built) -> None:
    sign_in(client, "training_officer@other")
    person = sheet.people[0]
    for path in ("", "/changes", "/verify", "/sheet", "/finish", "/walk-in", "/import", f"/people/{person}"):
        assert client.get(f"/rolls/{sheet.sheet_id}{path}").status_code == 404
    body = {"marks": [{"person": person, "value": "present", "seen_version": 0}]}
    assert client.post(f"/rolls/{sheet.sheet_id}/marks", json=body).status_code == 404
    assert client.post(f"/rolls/{sheet.sheet_id}/finish", data={"head_count": "1"}).status_code == 404


def test_the_rest_of_a_department_and_undo_without_scripts(officer: FlaskClient, sheet: Built) -> None:
    data = {"department": "语文组", "head_count": "6", "op_id": "rest-0001"}
    assert officer.post(f"/rolls/{sheet.sheet_id}/rest", data=data).status_code == 303
    assert sheet.head(0).source == "assertion"
    assert officer.post(f"/rolls/{sheet.sheet_id}/undo", data={"op_id": "rest-0001"}).status_code == 303
    assert sheet.head(0).status is None


def test_changes_tell_what_another_device_did(officer: FlaskClient, sheet: Built, session: Session) -> None:
    since = now().isoformat()
    command = MarkRoll(sheet.sheet_id, [Mark(sheet.people[2], "absent", 0)], new_id())
    service.record_marks(session, sheet.actor("training_officer_2"), command, now())
    session.commit()
    answer = officer.get(f"/rolls/{sheet.sheet_id}/changes", query_string={"since": since}).get_json()
    assert [(r["person"], r["value"]) for r in answer["rows"]] == [(sheet.people[2], "absent")]
    assert (answer["state"], answer["total"]) == ("open", 6)


def test_ending_asks_for_unmarked_people_and_for_heads(officer: FlaskClient, sheet: Built) -> None:
    url = f"/rolls/{sheet.sheet_id}/finish"
    assert officer.get(url).status_code == 200
    assert officer.post(url, data={"head_count": "6"}).status_code == 422
    assert officer.post(url, data={"head_count": "six", "unset": "keep"}).status_code == 422
    assert officer.post(url, data={"head_count": "０", "unset": "absent"}).status_code == 303
    assert "已结束" in officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)


def test_a_walk_in_is_found_by_name_and_added(officer: FlaskClient, sheet: Built, session: Session, district: Sample) -> None:
    guest, = add_staff(session, district.district_id, district.school_id, 1, department="后勤", first_no=55)
    session.commit()
    url = f"/rolls/{sheet.sheet_id}/walk-in"
    assert guest in officer.get(url, query_string={"q": "T0055"}).get_data(as_text=True)
    assert officer.post(url, data={"person_id": guest, "op_id": "walk-0001"}).status_code == 303
    assert "不在名单上" in officer.get(f"/rolls/{sheet.sheet_id}").get_data(as_text=True)


def test_the_details_of_one_person_without_scripts(officer: FlaskClient, sheet: Built) -> None:
    url = f"/rolls/{sheet.sheet_id}/people/{sheet.people[0]}"
    data = {"value": "late", "late_minutes": "25", "seen_version": "0", "note": "堵车", "day": sheet.starts_at.date().isoformat()}
    assert officer.post(url, data=data).status_code == 303
    assert (sheet.head(0).minutes, sheet.head(0).note) == (95, "堵车")
    text = officer.get(url).get_data(as_text=True)
    assert "training_officer账号" in text
    assert officer.post(url, data=data | {"late_minutes": "999", "seen_version": "1"}).status_code == 422


def test_verifying_by_somebody_else_only(client: FlaskClient, sign_in: SignIn, sheet: Built) -> None:
    ended(sheet)
    url = f"/rolls/{sheet.sheet_id}/verify"
    sign_in(client, "training_officer")
    assert client.get(url).status_code == 200
    assert client.post(url).status_code == 403
    sign_in(client, "principal")
    assert client.post(url).status_code == 303
    assert "已核" in client.get(url).get_data(as_text=True)


def test_case_13_on_the_pages(client: FlaskClient, sign_in: SignIn, sheet: Built) -> None:
    ended(sheet)
    sign_in(client, "principal")
    client.post(f"/rolls/{sheet.sheet_id}/verify")
    url = f"/rolls/{sheet.sheet_id}/people/{sheet.people[1]}/revoke"
    assert client.post(url, data={"reason": ""}).status_code == 422
    assert client.post(url, data={"reason": "代签"}).status_code == 303
    assert client.post(f"/rolls/{sheet.sheet_id}/verify").status_code == 303


def test_the_list_says_what_is_to_be_done(client: FlaskClient, sign_in: SignIn, sheet: Built, session: Session) -> None:
    old = build_sheet(session, sheet.sample, began=timedelta(days=3))
    ended(sheet)
    sign_in(client, "principal")
    text = client.get("/rolls").get_data(as_text=True)
    assert f"/rolls/{sheet.sheet_id}/verify" in text
    assert f"/rolls/{old.sheet_id}" in text


def test_the_sign_in_sheet_prints_46_46_and_38(officer: FlaskClient, session: Session, district: Sample) -> None:
    sheet = build_sheet(session, district, extra=124)
    text = officer.get(f"/rolls/{sheet.sheet_id}/sheet").get_data(as_text=True)
    pages = text.split('<section class="pg">')[1:]
    assert [page.count('<td class="no">') for page in pages] == [46, 46, 38]
    assert [page.count("pg-sig") for page in pages] == [0, 0, 1]


def test_the_sign_in_sheet_as_pdf(officer: FlaskClient, sheet: Built) -> None:
    pytest.importorskip("typst")
    answer = officer.get(f"/rolls/{sheet.sheet_id}/sheet.pdf")
    assert answer.data.startswith(b"%PDF")
    assert "attachment" in answer.headers["Content-Disposition"]


def test_rolls_of_a_day_and_rolls_awaiting_verification(sheet: Built, session: Session) -> None:
    scope = sheet.actor().scope(Permission.ROLL_READ)
    line, = queries.rolls_of_day(session, scope, local_day(sheet.starts_at))
    assert (line.sheet_id, line.phase(sheet.now), line.unmarked) == (sheet.sheet_id, "running", 6)
    assert (line.phase(sheet.starts_at - timedelta(minutes=1)), line.phase(sheet.ends_at)) == ("before", "over")
    assert queries.rolls_awaiting(session, scope) == []
    ended(sheet)
    assert [x.there for x in queries.rolls_awaiting(session, scope)] == [6]
    other = sheet.actor("training_officer@other").scope(Permission.ROLL_READ)
    assert queries.rolls_of_day(session, other, local_day(sheet.starts_at)) == []


def test_returning_taking_back_and_reopening_on_the_pages(client: FlaskClient, sign_in: SignIn, sheet: Built) -> None:
    ended(sheet)
    base = f"/rolls/{sheet.sheet_id}"
    sign_in(client, "principal")
    assert client.post(f"{base}/return", data={"reason": "人数对不上"}).status_code == 303
    assert "人数对不上" in client.get(base).get_data(as_text=True)
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 6), sheet.ends_at)
    sheet.session.commit()
    sign_in(client, "training_officer")
    assert client.post(f"{base}/take-back", data={"reason": "漏记一人"}).status_code == 303
    assert "漏记一人" in client.get(base).get_data(as_text=True)
    service.submit_roll(sheet.session, sheet.actor(), SubmitRoll(sheet.sheet_id, 6), sheet.ends_at)
    sheet.session.commit()
    sign_in(client, "principal")
    client.post(f"{base}/verify")
    assert client.post(f"{base}/reopen", data={"reason": "有人迟到未记"}).status_code == 303
    assert "有人迟到未记" in client.get(f"{base}/verify").get_data(as_text=True)
