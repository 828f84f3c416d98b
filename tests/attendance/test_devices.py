"""Devices that push: nothing is wrongly accepted, nothing counts twice, a wrong clock is set aside, and a roll follows."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from trainhub_push.source import signature

from tests.attendance.sheets import Built, build_sheet
from tests.builders import Sample, add_account, add_staff, build_district
from tests.conftest import FreshClient, SignIn
from tests.migrated import migrate
from trainhub.app import create_app
from trainhub.attendance.device_rules import KEEP, REQUESTS
from trainhub.attendance.models import (
    AttendanceClaim,
    AttendanceDevice,
    AttendanceSheet,
    DeviceEvent,
    DeviceNonce,
)
from trainhub.attendance.reconciliation import Claim, Decision, reconcile
from trainhub.attendance.service import device_events, devices
from trainhub.attendance.service.devices import AddDevice
from trainhub.kernel.clock import local, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.plugin_api import PushBatch, PushEvent
from trainhub.plugin_host.models import PluginChoice, PluginSetting
from trainhub.roster.models import PersonIdentifier
from trainhub.web.errors import sentence
from trainhub.web.keys import key_ring

PUSHING = frozenset({"push", "device"})
SAMPLE = Path(__file__).parent.parent / "data" / "samples" / "13-zk-push-http"


@pytest.fixture(scope="module")
def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application with the two plugins that take pushes loaded; CSRF is on, as it is for real."""
    application = create_app(
        {
            "SECRET_KEY": secrets.token_urlsafe(48),
            "SQLALCHEMY_DATABASE_URI": database_url,
            "TESTING": True,
            "TRAINHUB_LOG": "off",
            "TRAINHUB_DATA": str(tmp_path_factory.mktemp("data")),
            "PROPAGATE_FAULTS": True,
        }
    )
    application.test_client_class = FreshClient
    migrate(application)
    host = application.extensions["trainhub.plugins"]
    host.apply(host.defaults | PUSHING)
    yield application
    from trainhub.web.database import db

    with application.app_context():
        db.engine.dispose()


@pytest.fixture(autouse=True)
def switched_on(session: Session, district: Sample) -> None:
    """The district has switched on what takes pushes."""
    session.add_all(
        PluginChoice(district_id=district.district_id, plugin_key=key, is_on=True, changed_at=now(), changed_by="x")
        for key in PUSHING
    )
    session.commit()


@dataclass
class Device:
    """A device as it stands at the door, and all it ever sent."""

    client: FlaskClient
    id: str
    key: str
    sent: list[Any] = field(default_factory=list)

    def push(
        self,
        *events: dict[str, Any],
        key: str = "",
        at: datetime | None = None,
        nonce: str = "",
        body: bytes = b"",
        device: str = "",
        more: dict[str, str] | None = None,
    ) -> int:
        content = body or json.dumps({"events": list(events)}).encode()
        stamp, once = str(int((at or now()).timestamp())), nonce or secrets.token_urlsafe(18)
        headers = {
            "X-TrainHub-Timestamp": stamp,
            "X-TrainHub-Nonce": once,
            "X-TrainHub-Signature": signature((key or self.key).encode(), stamp, once, content),
        } | (more or {})
        answer = self.client.post(
            f"/push/{device or self.id}", data=content, headers={"Content-Type": "application/json"} | headers
        )
        self.sent.append(answer)
        return answer.status_code


def said(number: int | str, at: datetime, event_id: str = "", **more: str) -> dict[str, str]:
    staff = {"staff_no": f"T{number:04d}"} if isinstance(number, int) else {"device_pin": number}
    return {"id": event_id or new_id(), "at": at.isoformat()} | (more or staff)


def add(
    session: Session,
    sample: Sample,
    *,
    serial: str = "",
    enabled: bool = True,
    source: str = "",
    actor: str = "school_administrator",
) -> Any:
    made = devices.add_device(
        session,
        sample.actors[actor],
        AddDevice("南门闸机", "南门", source or ("zkteco" if serial else "push"), serial),
        key_ring(),
        now(),
    )
    if enabled:
        devices.switch_device(session, sample.actors[actor], made.device_id, enabled=True, now=now())
    session.commit()
    return made


@pytest.fixture
def sheet(session: Session, district: Sample) -> Built:
    """A session that began 70 minutes ago and lasts an hour; its people are T0001 to T0006."""
    built = build_sheet(session, district, began=timedelta(minutes=70), minutes=60)
    return built


@pytest.fixture
def door(session: Session, district: Sample, client: FlaskClient) -> Device:
    made = add(session, district)
    return Device(client, made.device_id, made.key)


def states(session: Session) -> dict[str, int]:
    session.expire_all()
    return dict(session.execute(select(DeviceEvent.state, func.count()).group_by(DeviceEvent.state)).all())


def test_a_passage_becomes_a_claim_and_the_second_one_the_minutes(session: Session, sheet: Built, door: Device) -> None:
    assert door.push(said(1, sheet.starts_at - timedelta(minutes=3))) == 200
    head = sheet.head(0)
    assert (head.status, head.source, head.review) == ("present", "device:push", ["single_punch"])
    assert door.push(said(1, sheet.starts_at + timedelta(minutes=40))) == 200
    head = sheet.head(0)
    assert (head.status, head.minutes, head.review) == ("left_early", 40, [])
    claims = session.scalars(select(AttendanceClaim)).all()
    assert {(c.source, c.trust, c.minutes) for c in claims} == {
        ("device:push", "device", None),
        ("device:push", "device", 40),
    }
    assert door.sent[-1].get_json() == {"ok": 1}


def test_a_sender_that_calls_its_body_a_form_is_understood(session: Session, sheet: Built, door: Device) -> None:
    assert door.push(said(1, sheet.starts_at), more={"Content-Type": "application/x-www-form-urlencoded"}) == 200
    assert states(session) == {"taken": 1}


def test_times_that_come_late_and_out_of_order_lead_to_the_same(session: Session, sheet: Built, door: Device) -> None:
    times = [sheet.starts_at + timedelta(minutes=m) for m in (55, 8, 30)]
    for at in times:
        assert door.push(said(2, at)) == 200
    head = sheet.head(1)
    assert (head.status, head.minutes, head.late_minutes) == ("late", 47, 8)


def test_a_mark_by_hand_stays(session: Session, sheet: Built, door: Device) -> None:
    sheet.mark((0, "absent", 0))
    session.commit()
    assert door.push(said(1, sheet.starts_at)) == 200
    assert (sheet.head(0).status, sheet.head(0).source) == ("absent", "manual")
    assert session.scalars(select(AttendanceClaim.source)).all() == ["device:push"]


def test_the_end_of_one_part_is_the_beginning_of_the_next(
    session: Session, sheet: Built, door: Device, district: Sample
) -> None:
    following = build_sheet(session, district, began=timedelta(minutes=0), minutes=60)
    between = sheet.ends_at + timedelta(minutes=2)
    for at in (sheet.starts_at, between):
        assert door.push(said(1, at)) == 200
    assert (sheet.head(0).minutes, sheet.head(0).status) == (60, "present")
    assert following.head(0).status == "present"


def test_two_hundred_pushes_three_times_over(session: Session, sheet: Built, door: Device) -> None:
    """D1: every push three times with a nonce of its own, mixed; each event counts once."""
    events = [said(1 + n % 6, sheet.starts_at + timedelta(minutes=n % 60), f"e{n}") for n in range(200)]
    rng = secrets.SystemRandom()
    for event in rng.sample(events * 3, 600)[:REQUESTS]:
        assert door.push(event) == 200
    assert states(session) == {"taken": 200}
    assert session.scalar(select(func.count()).select_from(DeviceNonce)) == 600
    for index in range(6):
        at = sorted(n % 60 for n in range(200) if n % 6 == index)
        assert sheet.head(index).minutes == at[-1] - at[0]


def test_nothing_is_wrongly_accepted(session: Session, sheet: Built, door: Device, district: Sample) -> None:
    """D1: wrong key, somebody else's key, changed body, replayed nonce, no signature, shut out."""
    other = add(session, district, actor="school_administrator")
    add_account(session, district, "school_administrator@other", Role.SCHOOL_ADMINISTRATOR, district.other_school_id)
    elsewhere = add(session, district, actor="school_administrator@other")
    closed = add(session, district, enabled=False)
    event = said(1, sheet.starts_at)
    assert door.push(event, key=secrets.token_urlsafe(32)) == 401
    assert door.push(event, key=other.key) == 401
    assert door.push(event, key=elsewhere.key) == 401
    assert door.push(event, key=" ") == 401
    assert door.push(event, key=door.key, device=other.device_id) == 401
    assert door.push(event, key=closed.key, device=closed.device_id) == 404
    assert door.push(event, device=new_id()) == 404
    assert door.push(event, more={"X-TrainHub-Nonce": "another-nonce-0123456789"}) == 401
    assert door.push(event, more={"X-TrainHub-Timestamp": "1"}) == 401
    assert door.push(event, more={"X-TrainHub-Signature": ""}) == 401
    assert door.push(event, nonce="short") == 400
    assert states(session) == {}
    nonce = secrets.token_urlsafe(18)
    assert door.push(event, nonce=nonce) == 200
    assert door.push(event, nonce=nonce) == 409
    assert door.push(said(2, sheet.starts_at), nonce=nonce) == 409
    assert states(session) == {"taken": 1}
    # The other school's device is genuine, and says nothing about this school's roll.
    assert door.push(event, key=elsewhere.key, device=elsewhere.device_id) == 200
    assert states(session) == {"taken": 1, "no_session": 1}
    assert sheet.head(1).status is None


@pytest.mark.parametrize("body", [
    b"[]", b"{", b'{"events": 1}', b'{"events": [1]}', b'{"events": [{"id": "a"}]}',
    b'{"events": [{"id": "a", "at": "2026-03-05T13:00:00", "staff_no": "1"}]}',
    b'{"events": [{"id": "a", "at": "2026-03-05T13:00:00+08:00", "name": "x"}]}',
    b'{"events": [{"id": "a b", "at": "2026-03-05T13:00:00+08:00", "staff_no": "1"}]}',
    b'{"events": [{"id": "a", "at": "2026-03-05T13:00:00+08:00", "staff_no": ["1"]}]}',
])  # fmt: skip
def test_a_batch_that_makes_no_sense_is_refused_whole(
    session: Session, sheet: Built, door: Device, body: bytes
) -> None:
    assert door.push(body=body) == 400
    good = json.dumps(said(1, sheet.starts_at)).encode()
    assert door.push(body=b'{"events": [' + good + b', {"id": 1}]}') == 400
    assert states(session) == {}


def test_a_setting_sealed_under_another_key_is_said_and_nothing_is_taken(
    session: Session, sheet: Built, door: Device, administrator: FlaskClient
) -> None:
    session.add(PluginSetting(
        district_id=sheet.sample.district_id, plugin_key="push", scope="bureau", scope_id=sheet.sample.district_id, values={},
        secrets={"token": "s1.00000000.AAAA"}, version=1, changed_at=now(), changed_by="x",
    ))  # fmt: skip
    session.commit()
    assert door.push(said(1, sheet.starts_at)) == 409
    assert door.sent[-1].get_json() == {"error": "secret_unreadable"}
    assert states(session) == {}
    assert "插件设置里的密钥打不开" in administrator.get("/roster/devices").text


def test_a_body_over_the_limit_is_refused_before_it_is_read(session: Session, sheet: Built, door: Device) -> None:
    many = [said(1, sheet.starts_at) for _ in range(3_000)]
    assert len(json.dumps(many)) > 256 * 1024
    assert door.push(*many) == 413
    assert door.push(*[said(1, sheet.starts_at, f"{n}") for n in range(1_001)]) == 413
    assert states(session) == {}


@pytest.mark.parametrize(
    ("minutes", "state"),
    [(-6, "quarantined"), (6, "quarantined"), (-4, "taken"), (4, "taken"), (-60 * 24 * 400, "quarantined")],
)
def test_a_wrong_clock_is_set_aside_with_both_times(
    session: Session, sheet: Built, door: Device, minutes: int, state: str
) -> None:
    wrong = timedelta(minutes=minutes)
    assert door.push(said(1, sheet.starts_at + wrong), at=now() + wrong) == 200
    assert states(session) == {state: 1}
    event = session.scalars(select(DeviceEvent)).one()
    assert event.device_at == sheet.starts_at + wrong
    assert abs(event.received_at - now()) < timedelta(minutes=1)
    assert abs(event.at - sheet.starts_at) <= (timedelta(minutes=1) if state == "quarantined" else timedelta(minutes=4))
    assert (sheet.head(0).status is None) == (state == "quarantined")


def test_a_time_ahead_of_the_server_is_set_aside(session: Session, sheet: Built, door: Device) -> None:
    assert door.push(said(1, now() + timedelta(minutes=7))) == 200
    assert states(session) == {"quarantined": 1}


def test_an_old_request_overheard_and_sent_again_leads_to_nothing(session: Session, sheet: Built, door: Device) -> None:
    then, nonce, event = now() - timedelta(days=3), secrets.token_urlsafe(18), said(1, sheet.starts_at)
    assert door.push(event, at=then, nonce=nonce) == 200
    devices.forget_old(session, sheet.sample.district_id, now() + timedelta(days=3))
    session.commit()
    assert session.scalar(select(func.count()).select_from(DeviceNonce)) == 0
    assert door.push(event, at=then, nonce=nonce) == 200
    assert states(session) == {"quarantined": 1}
    assert sheet.head(0).status is None


def test_events_before_the_roll_is_opened_are_kept_and_found(session: Session, district: Sample, door: Device) -> None:
    at = now() - timedelta(minutes=65)
    assert door.push(said(1, at)) == 200
    assert states(session) == {"no_session": 1}
    sheet = build_sheet(session, district, began=timedelta(minutes=60), minutes=59)
    assert door.push(said(2, at)) == 200
    assert states(session) == {"taken": 2}
    assert sheet.head(0).status == "present"


def test_events_of_no_session_are_forgotten_after_the_window(session: Session, district: Sample, door: Device) -> None:
    assert door.push(said(1, now() - timedelta(minutes=5))) == 200
    devices.forget_old(session, district.district_id, now() + KEEP - timedelta(minutes=1))
    assert states(session) == {"no_session": 1}
    devices.forget_old(session, district.district_id, now() + KEEP + timedelta(minutes=1))
    assert states(session) == {}


def test_a_roll_that_was_ended_takes_nothing(session: Session, sheet: Built, door: Device) -> None:
    session.execute(update(AttendanceSheet).values(state="submitted"))
    session.commit()
    assert door.push(said(1, sheet.starts_at)) == 200
    assert states(session) == {"no_session": 1}


def test_a_number_of_nobody_waits_and_a_colleague_who_is_not_expected_is_left_out(
    session: Session, sheet: Built, door: Device
) -> None:
    add_staff(session, sheet.sample.district_id, sheet.sample.school_id, 1, department="后来", first_no=301)
    session.commit()
    assert door.push(said("77", sheet.starts_at), said(101, sheet.starts_at), said(301, sheet.starts_at)) == 200
    assert states(session) == {"unmatched": 2, "no_session": 1}
    assert session.scalar(select(func.count()).select_from(AttendanceClaim)) == 0


def test_requests_are_counted_per_device(
    session: Session, sheet: Built, door: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_events, "REQUESTS", 3)
    for _ in range(3):
        assert door.push(said(1, sheet.starts_at)) == 200
    assert door.push(said(1, sheet.starts_at)) == 429
    assert 1 <= int(door.sent[-1].headers["Retry-After"]) <= 60
    for _ in range(9):  # whoever has no key cannot use up the device's share
        assert door.push(said(1, sheet.starts_at), key="wrong") == 401
    session.execute(update(AttendanceDevice).values(window_started_at=now() - timedelta(minutes=2)))
    session.commit()
    assert door.push(said(1, sheet.starts_at)) == 200
    other = add(session, sheet.sample)
    assert door.push(said(1, sheet.starts_at), key=other.key, device=other.device_id) == 200


def test_the_number_of_statements_does_not_grow_with_events(
    session: Session, sheet: Built, door: Device, count_statements: Any
) -> None:
    door.push(said(1, sheet.starts_at))
    with count_statements() as few:
        door.push(said(2, sheet.starts_at))
    with count_statements() as many:
        door.push(*[said(n, sheet.starts_at + timedelta(minutes=m)) for n in (3, 4, 5, 6) for m in range(20)])
    assert many.count <= few.count + 1, (few.texts, many.texts)


# --- ZKTeco ------------------------------------------------------------------------------------------

SERIAL = "CKJF000000001"


def replay(client: FlaskClient, name: str, old: str = "", new: str = "") -> Any:
    """Send a recorded request; ``old`` day in it becomes ``new``."""
    head, _, body = (SAMPLE / name).read_bytes().replace(old.encode(), new.encode()).partition(b"\r\n\r\n")
    method, target, _version = head.split(b"\r\n")[0].decode().split(" ")
    parts = urlsplit(target)
    return client.open(
        parts.path,
        method=method,
        query_string=dict(parse_qsl(parts.query)),
        data=body or None,
        content_type="text/plain",
    )


def test_zkteco_is_off_until_a_device_is_let_in(session: Session, district: Sample, client: FlaskClient) -> None:
    assert replay(client, "001_register.http").status_code == 404
    add(session, district, serial=SERIAL, enabled=False)
    assert replay(client, "003_attlog.http").status_code == 404
    assert states(session) == {}


def test_the_recorded_requests_of_zkteco_give_what_they_should(
    session: Session, district: Sample, client: FlaskClient
) -> None:
    """The times of the record are moved to a session of today, because a roll of long ago takes nothing."""
    wanted = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    add(session, district, serial=SERIAL)
    people = {p["person_key"]: i for i, p in enumerate(wanted["people"])}
    for key, index in people.items():
        session.add(
            PersonIdentifier(
                district_id=district.district_id,
                school_id=district.school_id,
                kind="device_pin",
                value=str(10 + int(key[1:])),
                person_id=district.people[index],
                origin="hand",
                set_by="x",
                set_at=now(),
            )
        )
    day = local(now()).date() - timedelta(days=0 if local(now()).hour >= 16 else 1)
    start = datetime.fromisoformat(f"{day}T14:00:00+08:00")
    sheet = build_sheet(session, district, began=now() - start, minutes=120)
    answers = {f: replay(client, f, "2026-03-05", day.isoformat()) for f in wanted["files"]}
    assert all(a.status_code == 200 for a in answers.values())
    assert answers["001_register.http"].text.splitlines()[0] == "GET OPTION FROM: CKJF000000001"
    assert {f: answers[f].text for f in ("003_attlog.http", "004_attlog_retry.http", "006_getrequest.http")} == {
        "003_attlog.http": "OK:3", "004_attlog_retry.http": "OK:6", "006_getrequest.http": "OK",
    }  # fmt: skip
    assert states(session) == {"taken": 6}  # the unknown device's punch is not kept
    for p in wanted["people"]:
        head = sheet.head(people[p["person_key"]])
        there = p["status"] != "absent"
        status = "left_early" if p["left_early"] and p["status"] == "present" else p["status"]
        assert (head.status, head.minutes if there else None) == (
            status if there else None,
            p["minutes"] if there else None,
        ), p
        assert head.late_minutes == p["late_minutes"]
    kept = session.execute(select(DeviceEvent)).scalars().all()
    assert "王芳" not in str([vars(e) for e in kept])
    again = replay(client, "004_attlog_retry.http", "2026-03-05", day.isoformat())
    assert (again.text, states(session)) == ("OK:6", {"taken": 6})


def test_an_unknown_serial_number_is_answered_and_nothing_is_kept(
    session: Session, district: Sample, client: FlaskClient
) -> None:
    add(session, district, serial=SERIAL)
    answer = replay(client, "005_attlog_unknown_sn.http")
    assert (answer.status_code, answer.text) == (200, "OK")
    assert states(session) == {}
    assert client.get("/iclock/cdata").text == "OK"


def test_firmware_that_posts_a_form_field(session: Session, district: Sample, client: FlaskClient) -> None:
    add(session, district, serial=SERIAL)
    line = f"11\t{local(now()):%Y-%m-%d %H:%M:%S}\t0\t15\t0\t0\t0\n"
    answer = client.post(f"/iclock/cdata?SN={SERIAL}&table=ATTLOG", data={"data": line})
    assert (answer.text, states(session)) == ("OK:1", {"no_session": 1})


def test_a_serial_number_belongs_to_whoever_entered_it_first(session: Session, district: Sample) -> None:
    add(session, district, serial=SERIAL)
    add_account(session, district, "school_administrator@other", Role.SCHOOL_ADMINISTRATOR, district.other_school_id)
    with pytest.raises(devices.SerialTaken):
        add(session, district, serial=SERIAL, actor="school_administrator@other")


def test_a_serial_number_of_another_district_is_refused_like_any_other(
    app: Flask, session: Session, district: Sample
) -> None:
    add(session, district, serial=SERIAL)
    other = build_district(session)
    with pytest.raises(devices.SerialTaken) as refusal:
        add(session, other, serial=SERIAL)
    with app.test_request_context():
        said = sentence(refusal.value)
    assert "释放" in said
    assert "登记过" not in said


def test_an_unsigned_device_does_not_outrank_a_typed_list(session: Session, sheet: Built, client: FlaskClient) -> None:
    add(session, sheet.sample, serial=SERIAL)
    session.add(PersonIdentifier(
        district_id=sheet.sample.district_id, school_id=sheet.sample.school_id, kind="device_pin", value="11",
        person_id=sheet.people[0], origin="hand", set_by="x", set_at=now(),
    ))  # fmt: skip
    session.commit()
    line = f"11\t{local(sheet.starts_at):%Y-%m-%d %H:%M:%S}\t0\t15\t0\t0\t0\n"
    assert client.post(f"/iclock/cdata?SN={SERIAL}&table=ATTLOG", data=line, content_type="text/plain").text == "OK:1"
    claim = session.scalars(select(AttendanceClaim)).one()
    assert (claim.source, claim.trust) == ("device:zkteco", "self_report")
    unsigned = Claim(claim.source, "a", "b" * 64, "present", trust=claim.trust)
    typed = Claim("import:table", "c", "d" * 64, "late", trust="witnessed")
    found = reconcile([unsigned, typed])
    assert isinstance(found, Decision)
    assert found.winner == typed


def test_a_signed_device_outranks_a_typed_list_as_before(session: Session, sheet: Built, door: Device) -> None:
    assert door.push(said(1, sheet.starts_at)) == 200
    claim = session.scalars(select(AttendanceClaim)).one()
    signed = Claim(claim.source, "a", "b" * 64, "present", trust=claim.trust)
    assert (claim.trust, signed.strength) == ("device", 25)


def test_a_signed_device_cannot_be_reached_through_the_other_protocol(
    session: Session, district: Sample, sheet: Built, client: FlaskClient
) -> None:
    made = add(session, district, serial=SERIAL)
    assert client.post(f"/push/{made.device_id}", data=b"11\t2026-03-05 13:50:00\t0\t15\t0").status_code == 404


# --- pages ------------------------------------------------------------------------------------------


def token(client: FlaskClient) -> str:
    page = client.get("/roster/devices").text
    return page.partition('name="csrf_token" value="')[2].partition('"')[0]


@pytest.fixture
def administrator(client: FlaskClient, sign_in: SignIn) -> FlaskClient:
    sign_in(client, "school_administrator")
    return client


def test_a_device_is_added_its_key_shown_once_and_it_is_off(session: Session, administrator: FlaskClient) -> None:
    answer = administrator.post("/roster/devices", data={
        "csrf_token": token(administrator), "name": "北门闸机", "place": "北门", "source_key": "push",
    })  # fmt: skip
    key = answer.text.partition('id="device-key">')[2].partition("<")[0]
    assert answer.status_code == 200
    assert len(key) > 40
    device = session.scalars(select(AttendanceDevice)).one()
    assert key not in device.sealed_key
    assert not device.enabled
    page = administrator.get("/roster/devices").text
    assert key not in page
    assert "北门闸机" in page
    assert "已停用" in page
    door = Device(administrator, device.id, key)
    assert door.push(said(1, now())) == 404
    switched = administrator.post(
        f"/roster/devices/{device.id}/switch", data={"csrf_token": token(administrator), "enabled": "1"}
    )
    assert switched.status_code == 303
    assert door.push(said(1, now())) == 200
    changed = administrator.post(f"/roster/devices/{device.id}/key", data={"csrf_token": token(administrator)})
    new_key = changed.text.partition('id="device-key">')[2].partition("<")[0]
    assert new_key not in {"", key}
    assert door.push(said(1, now())) == 401
    assert Device(administrator, device.id, new_key).push(said(1, now())) == 200
    assert "密钥不对" in administrator.get("/roster/devices").text


@pytest.mark.parametrize(("form", "sentence"), [
    ({"name": "", "source_key": "push"}, "请选设备种类"),
    ({"name": "甲", "source_key": "nothing"}, "请选设备种类"),
    ({"name": "甲", "source_key": "zkteco"}, "序列号"),
    ({"name": "甲", "source_key": "zkteco", "serial_no": "a b"}, "序列号"),
])  # fmt: skip
def test_a_device_that_cannot_be_added_says_what_to_do(
    administrator: FlaskClient, form: dict[str, str], sentence: str
) -> None:
    answer = administrator.post("/roster/devices", data=form | {"csrf_token": token(administrator)})
    assert answer.status_code == 422
    assert sentence in answer.text


def test_the_list_says_how_devices_are_and_what_waits(
    session: Session, sheet: Built, door: Device, administrator: FlaskClient
) -> None:
    with time_machine.travel(now().replace(microsecond=0), tick=False):
        door.push(said(1, sheet.starts_at - timedelta(minutes=9), "skewed"), at=now() - timedelta(minutes=9))
        page = administrator.get("/roster/devices").text
    assert "南门闸机" in page
    assert "设备时钟相差超过 5 分钟" in page
    assert "相差 -9 分钟" in page
    answer = administrator.post(
        f"/roster/devices/{door.id}/events",
        data={"csrf_token": token(administrator), "event_id": "skewed", "do": "take"},
    )
    assert answer.status_code == 303
    assert states(session) == {"taken": 1}
    head = sheet.head(0)
    assert (head.status, head.source, head.marked_by) == (
        "present",
        "device:push",
        sheet.sample.accounts["school_administrator"],
    )


def test_discarding_needs_a_reason_and_holds(
    session: Session, sheet: Built, door: Device, administrator: FlaskClient
) -> None:
    door.push(said("77", sheet.starts_at, "x"))
    where, form = (
        f"/roster/devices/{door.id}/events",
        {"csrf_token": token(administrator), "event_id": "x", "do": "discard"},
    )
    administrator.post(where, data=form)
    assert states(session) == {"unmatched": 1}
    administrator.post(where, data=form | {"reason": "访客"})
    assert states(session) == {"discarded": 1}
    door.push(said("77", sheet.starts_at, "x"))
    assert states(session) == {"discarded": 1}


def test_whoever_is_named_for_a_number_is_known_from_then_on(
    session: Session, sheet: Built, door: Device, administrator: FlaskClient
) -> None:
    door.push(said("77", sheet.starts_at, "a"), said("77", sheet.ends_at, "b"))
    assert "本校没有人用这个号码" in administrator.get("/roster/devices").text
    form = {"csrf_token": token(administrator), "event_id": "a", "do": "take", "person_id": sheet.people[3]}
    administrator.post(f"/roster/devices/{door.id}/events", data=form)
    assert states(session) == {"taken": 2}
    assert (sheet.head(3).status, sheet.head(3).minutes) == ("present", 60)
    door.push(said("77", sheet.starts_at + timedelta(minutes=1), "c"))
    assert states(session) == {"taken": 3}


def test_nobody_of_another_school_can_be_named_for_a_number(
    session: Session, sheet: Built, door: Device, administrator: FlaskClient
) -> None:
    door.push(said("77", sheet.starts_at, "a"))
    form = {
        "csrf_token": token(administrator),
        "event_id": "a",
        "do": "take",
        "person_id": sheet.sample.other_people[0],
    }
    assert administrator.post(f"/roster/devices/{door.id}/events", data=form).status_code == 404
    assert states(session) == {"unmatched": 1}


@pytest.mark.parametrize(("role", "read", "write"), [
    ("school_administrator", 200, 303), ("principal", 200, 403), ("training_officer", 200, 403), ("teacher", 403, 403),
    ("bureau_officer", 403, 403), ("auditor", 403, 403), ("system_administrator", 403, 403),
])  # fmt: skip
def test_who_may_look_and_who_may_act(
    session: Session,
    client: FlaskClient,
    sign_in: SignIn,
    district: Sample,
    door: Device,
    role: str,
    read: int,
    write: int,
) -> None:
    sign_in(client, role)
    client.application.config["WTF_CSRF_ENABLED"] = False
    try:
        assert client.get("/roster/devices").status_code == read
        assert client.post(f"/roster/devices/{door.id}/switch", data={"enabled": "0"}).status_code == write
        assert client.post(f"/roster/devices/{new_id()}/switch").status_code == (404 if write == 303 else 403)
    finally:
        client.application.config["WTF_CSRF_ENABLED"] = True


def test_the_device_of_another_school_is_not_there(
    session: Session, client: FlaskClient, sign_in: SignIn, district: Sample, door: Device
) -> None:
    add_account(session, district, "school_administrator@other", Role.SCHOOL_ADMINISTRATOR, district.other_school_id)
    session.commit()
    sign_in(client, "school_administrator@other")
    page = client.get("/roster/devices").text
    assert "南门闸机" not in page
    for what in ("switch", "key", "events"):
        assert client.post(f"/roster/devices/{door.id}/{what}", data={"csrf_token": token(client)}).status_code == 404


def test_other_pages_still_want_their_token(administrator: FlaskClient, door: Device) -> None:
    assert administrator.post(f"/roster/devices/{door.id}/switch", data={"enabled": "0"}).status_code == 400


def test_a_plugin_that_is_off_in_the_district_takes_nothing(
    session: Session, app: Flask, sheet: Built, door: Device
) -> None:
    choice = session.get_one(PluginChoice, (sheet.sample.district_id, "push"))
    choice.is_on = False
    session.commit()
    assert "push" in app.extensions["trainhub.plugins"].sources  # another district may use it in the same process
    assert door.push(said(1, sheet.starts_at)) == 404
    assert states(session) == {}
    choice.is_on = True
    session.commit()
    assert door.push(said(1, sheet.starts_at)) == 200


def test_receive_is_one_step_for_the_service_too(session: Session, sheet: Built, door: Device) -> None:
    batch = PushBatch((PushEvent("a", sheet.starts_at, staff_no="T0001"),), nonce="n" * 20, sent_at=now())
    taken = device_events.receive(session, sheet.sample.district_id, door.id, batch, now())
    assert (taken.fresh, taken.states) == (1, {"taken": 1})
    with pytest.raises(device_events.NonceUsed):
        device_events.receive(session, sheet.sample.district_id, door.id, batch, now())
