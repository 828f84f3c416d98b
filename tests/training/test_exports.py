"""What plugins' formats carry away, and who may: hours, one training, one's own calendar, a certificate."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from trainhub_ical.reading import read_feed

from tests.builders import Sample
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training
from trainhub.accounts.models import Account
from trainhub.courses.models import CoursePack
from trainhub.kernel.clock import at
from trainhub.plugin_api import Certificate, ExportFile, Upload
from trainhub.plugin_host.manifest import Setting
from trainhub.plugin_host.models import PluginChoice, PluginSetting
from trainhub.roster.models import Employment
from trainhub.training.models import CalendarSubscription, EventPart, EventParticipant, HoursStatement, TrainingEvent
from trainhub.training.service.standing import recompute
from trainhub.training.service.statements import IssueStatement, issue_statement, revoke_statement

NOW = at(date(2026, 11, 20), time(18))
SignIn = Callable[[FlaskClient, str], None]
FORMATS = ("ical", "badges", "csv_hours")


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Iterator[Sample]:
    """Two trainings, and the three formats switched on in this district."""
    add_training(session, district, SPRING, district.people[:3], title="第一期", minutes=180)
    add_training(session, district, AUTUMN, district.people[:1], title="=第二期", attended={district.people[0]: 80})
    recompute(session, district.district_id, YEAR, NOW, school_ids=[district.bureau_id, district.school_id, district.other_school_id])
    session.add_all(
        PluginChoice(district_id=district.district_id, plugin_key=key, is_on=True, changed_at=NOW, changed_by=district.accounts["system_administrator"])
        for key in FORMATS
    )
    session.commit()
    host = app.extensions["trainhub.plugins"]
    host.apply(host.defaults | {*FORMATS})
    yield district
    host.apply(host.defaults)


def invite(session: Session, sample: Sample, person: str, title: str = "第一期") -> TrainingEvent:
    event = session.scalars(select(TrainingEvent).where(TrainingEvent.title == title)).one()
    session.add(EventParticipant(
        district_id=sample.district_id, event_id=event.id, person_id=person, serial_no=1, reason="owing", added_by_hand=False, excluded_reason="",
    ))
    session.commit()
    return event


# --- hours -------------------------------------------------------------------------------------------


def test_hours_of_a_school(client: FlaskClient, sign_in: SignIn, scene: Sample) -> None:
    sign_in(client, "training_officer")
    page = client.get("/training/standing?show=all").get_data(as_text=True)
    assert "/training/standing/exports/csv_hours?year=2026" in page
    answer = client.get("/training/standing/exports/csv_hours?year=2026")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rows = [line.split(",") for line in answer.get_data().decode("utf-8-sig").splitlines()]
    assert len(rows) == 1 + 4
    assert {(row[4], row[6], row[7], row[8]) for row in rows[1:]} == {("第一期", "180", "4", "面授"), ("'=第二期", "80", "1", "面授")}


def test_hours_only_for_whom_they_are(client: FlaskClient, sign_in: SignIn, scene: Sample) -> None:
    sign_in(client, "teacher")
    assert client.get("/training/standing/exports/csv_hours").status_code == 403
    sign_in(client, "training_officer@other")
    assert client.get(f"/training/standing/exports/csv_hours?school={scene.school_id}").status_code == 404
    sign_in(client, "training_officer")
    for key in ("ical", "nonesuch"):
        assert client.get(f"/training/standing/exports/{key}").status_code == 404


def test_a_secret_of_another_key_is_a_sentence(client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session) -> None:
    session.add(PluginSetting(
        district_id=scene.district_id, plugin_key="csv_hours", scope="bureau", scope_id=scene.district_id, values={},
        secrets={"token": "s1.00000000.AAAA"}, version=1, changed_at=NOW, changed_by="x",
    ))
    session.commit()
    sign_in(client, "training_officer")
    answer = client.get("/training/standing/exports/csv_hours?year=2026")
    assert answer.status_code == 409
    assert "重新填写" in answer.get_data(as_text=True)


def test_where_it_is_off_there_is_nothing(client: FlaskClient, sign_in: SignIn, district: Sample) -> None:
    sign_in(client, "training_officer")
    assert "csv_hours" not in client.get("/training/standing?show=all").get_data(as_text=True)
    assert client.get("/training/standing/exports/csv_hours").status_code == 404
    assert client.get("/account/calendar").status_code == 404
    assert "/account/calendar" not in client.get("/account").get_data(as_text=True)


# --- calendars ---------------------------------------------------------------------------------------


def feed(client: FlaskClient, path: str) -> Any:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status_code
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return read_feed(Upload("x.ics", answer.get_data()))


def unfolded(answer: Any) -> list[str]:
    text: str = answer.get_data(as_text=True)
    return text.replace("\r\n ", "").split("\r\n")


def test_one_training_as_a_file(client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session) -> None:
    event = invite(session, scene, scene.people[0])
    sign_in(client, "training_officer")
    path = f"/training/events/{event.id}/exports/ical"
    assert path in client.get(f"/training/events/{event.id}").get_data(as_text=True)
    [found] = feed(client, path).sessions
    assert (found.title, found.starts_at, found.cancelled) == ("第一期", at(SPRING, time(14, 30)), False)
    assert f"URL:http://localhost/training/events/{event.id}" in unfolded(client.get(path))
    sign_in(client, "training_officer@other")
    assert client.get(path).status_code == 404


def test_a_setting_of_the_course_reaches_the_format(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, held = app.extensions["trainhub.plugins"].cards["ical"], scene.district_id
    declared = replace(card.found.manifest, settings=(Setting("note", "x", "text", ("bureau", "course")),))
    monkeypatch.setattr(card, "found", replace(card.found, manifest=declared))
    got: list[object] = []
    exporter = app.extensions["trainhub.plugins"].exporters["ical"].__wrapped__
    monkeypatch.setattr(
        exporter, "export", lambda _data, settings: got.append(settings) or ExportFile("a", "text/calendar", b""), raising=False
    )
    session.add(CoursePack(
        pack_id="p1", version="1", digest="0" * 64, type_key="staff_training", topic="x", title="x", delivery_mode="face_to_face",
        minutes=90, class_hours=2, content={}, installed_at=NOW,
    ))
    session.add_all(
        PluginSetting(district_id=held, plugin_key="ical", scope=scope, scope_id=at_, values={"note": scope}, secrets={}, version=1, changed_at=NOW, changed_by="x")
        for scope, at_ in (("bureau", held), ("course", "p1"))
    )
    event = session.scalars(select(TrainingEvent).where(TrainingEvent.title == "第一期")).one()
    session.commit()
    sign_in(client, "training_officer")
    path = f"/training/events/{event.id}/exports/ical"
    assert client.get(path).status_code == 200
    session.flush()
    event.pack_id, event.pack_version = "p1", "1"
    session.commit()
    assert client.get(path).status_code == 200
    assert got == [{"note": "bureau"}, {"note": "course"}]


def make_address(client: FlaskClient) -> str:
    page = client.post("/account/calendar").get_data(as_text=True)
    found = re.search(r'value="http://[^/"]+(/calendar/[A-Za-z0-9_-]{43}\.ics)"', page)
    assert found is not None
    return found[1]


def test_ones_own_calendar_is_read_without_signing_in_until_it_ends(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session
) -> None:
    sign_in(client, "teacher")
    me = session.get_one(Account, (scene.district_id, scene.accounts["teacher"])).person_id
    assert me is not None
    invite(session, scene, me)
    assert "/account/calendar" in client.get("/account").get_data(as_text=True)
    address = make_address(client)
    stored = session.scalars(select(CalendarSubscription)).one()
    token = address.removeprefix("/calendar/").removesuffix(".ics")
    assert token not in repr(vars(stored))
    assert token not in client.get("/account/calendar").get_data(as_text=True)  # shown once
    phone = app.test_client()
    [found] = feed(phone, address).sessions  # the second training invites somebody else
    assert "URL:http://localhost/training/standing/me" in unfolded(phone.get(address))  # a page that a teacher may open
    assert found.title == "第一期"
    renewed = make_address(client)
    assert phone.get(address).status_code == 404
    assert feed(phone, renewed).sessions == (found,)
    assert client.post("/account/calendar/end").status_code == 303
    assert phone.get(renewed).status_code == 404
    assert phone.get("/calendar/x.ics").status_code == 404


def test_a_calendar_names_nobody_and_follows_what_happens(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session
) -> None:
    sign_in(client, "teacher")
    me = session.get_one(Account, (scene.district_id, scene.accounts["teacher"])).person_id or ""
    event = invite(session, scene, me)
    address, phone = make_address(client), app.test_client()
    text = phone.get(address).get_data(as_text=True)
    assert "ATTENDEE" not in text
    assert "ORGANIZER" not in text
    part = session.scalars(select(EventPart).where(EventPart.event_id == event.id)).one()
    part.starts_at, part.ends_at, event.version = part.starts_at + timedelta(days=1), part.ends_at + timedelta(days=1), event.version + 1
    session.commit()
    [moved] = feed(phone, address).sessions
    assert (moved.starts_at, moved.sequence) == (at(SPRING + timedelta(days=1), time(14, 30)), event.version)
    event.state = "cancelled"
    session.commit()
    assert [s.cancelled for s in feed(phone, address).sessions] == [True]
    session.scalars(select(EventParticipant).where(EventParticipant.person_id == me)).one().excluded_reason = "excused"
    session.commit()
    assert feed(phone, address).sessions == ()


def test_a_closed_account_and_a_plugin_switched_off_end_the_feed(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session
) -> None:
    sign_in(client, "teacher")
    address, phone = make_address(client), app.test_client()
    choice = session.get_one(PluginChoice, (scene.district_id, "ical"))
    choice.is_on = False
    session.commit()
    assert phone.get(address).status_code == 404
    choice.is_on = True
    session.get_one(Account, (scene.district_id, scene.accounts["teacher"])).disabled_at = NOW
    session.commit()
    assert phone.get(address).status_code == 404


def test_the_number_of_statements_does_not_grow(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session, count_statements: Callable[[], Any]
) -> None:
    sign_in(client, "teacher")
    me = session.get_one(Account, (scene.district_id, scene.accounts["teacher"])).person_id or ""
    address, phone, counts = make_address(client), app.test_client(), []
    for number in range(2):
        for day in range(1 + 8 * number):
            add_training(session, scene, AUTUMN + timedelta(days=day + 10 * number), [], title=f"第{number}-{day}场")
            invite(session, scene, me, f"第{number}-{day}场")
        with count_statements() as seen:
            assert feed(phone, address).sessions
        counts.append(seen.count)
    assert counts[0] == counts[1]


# --- certificates ------------------------------------------------------------------------------------


def issue(session: Session, sample: Sample, person: str) -> str:
    code = issue_statement(session, sample.actors["training_officer"], IssueStatement(person, "2026"), NOW)
    session.commit()
    return code


def test_a_certificate_of_somebody_who_met_the_duty(client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session) -> None:
    code = issue(session, scene, scene.people[0])
    sign_in(client, "training_officer")
    page = client.get(f"/verify/{code}").get_data(as_text=True)
    found = re.search(r'href="(/verify/[^"]+/exports/badges)"', page)
    assert found is not None
    badge = json.loads(client.get(found[1]).get_data())
    assert badge["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert badge["id"].endswith(found[1].removesuffix("/exports/badges"))
    assert client.get(badge["id"].partition("localhost")[2]).status_code == 200
    name = session.scalars(select(HoursStatement)).one().printed["name"]
    assert name in page
    assert name not in json.dumps(badge, ensure_ascii=False)


def test_a_certificate_knows_the_staff_number(
    app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[Certificate] = []
    exporter = app.extensions["trainhub.plugins"].exporters["badges"].__wrapped__
    monkeypatch.setattr(exporter, "export", lambda data, _settings: got.append(data) or ExportFile("a", "application/json", b"{}"), raising=False)
    sign_in(client, "training_officer")
    assert client.get(f"/verify/{issue(session, scene, scene.people[0])}/exports/badges").status_code == 200
    wanted = session.scalars(select(Employment.staff_no).where(Employment.person_id == scene.people[0])).one()
    assert (got[0].staff_no, bool(wanted)) == (wanted, True)


def test_who_may_take_it(app: Flask, client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session) -> None:
    code = issue(session, scene, scene.people[0])
    path = f"/verify/{code}/exports/badges"
    assert app.test_client().get(path).status_code == 302  # sign in first
    assert "exports/badges" not in app.test_client().get(f"/verify/{code}").get_data(as_text=True)
    sign_in(client, "training_officer@other")
    assert client.get(path).status_code == 404
    sign_in(client, "teacher")  # the teacher is the first of the staff
    assert client.get(path).status_code == 200
    assert client.get(f"/verify/{issue(session, scene, scene.people[1])}/exports/badges").status_code == 404


def test_none_for_a_duty_not_met_and_none_once_revoked(client: FlaskClient, sign_in: SignIn, scene: Sample, session: Session) -> None:
    sign_in(client, "training_officer")
    owing = issue(session, scene, scene.people[4])
    assert "exports/badges" not in client.get(f"/verify/{owing}").get_data(as_text=True)
    assert client.get(f"/verify/{owing}/exports/badges").status_code == 404
    code = issue(session, scene, scene.people[0])
    row = session.scalars(select(HoursStatement).where(HoursStatement.person_id == scene.people[0])).one()
    revoke_statement(session, scene.actors["training_officer"], row.id, NOW)
    session.commit()
    assert client.get(f"/verify/{code}/exports/badges").status_code == 404
