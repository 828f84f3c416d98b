"""Settings of plugins: declared fields only, places, secrets that are never seen again, two administrators at once."""

import json
import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from trainhub.ledger.models import LedgerEntry, LedgerPayload
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.manifest import Setting
from trainhub.plugin_host.models import PluginSetting
from trainhub.plugin_host.queries import settings_for
from trainhub.plugin_host.rules import declared_at, read_settings
from trainhub.web.keys import key_ring

SignIn = Callable[[FlaskClient, str], None]
ADMIN = "system_administrator"
PATH = "/plugins/rooms/settings"
SECRET = "sehr-geheim-4711"
GOOD = {
    "set-webhook": "https://robot.example/hook",
    "set-token": SECRET,
    "set-seats": "30",
    "set-strict": "",
    "version": "0",
}


@pytest.fixture
def admin(client: FlaskClient, sign_in: SignIn, plugin_host: PluginHost) -> FlaskClient:
    sign_in(client, ADMIN)
    return client


def in_force(app: Flask, session: Session, host: PluginHost, district: Sample, **where: str) -> dict[str, object]:
    with app.test_request_context():
        return settings_for(session, host, "rooms", district.district_id, key_ring(), **where)


def test_saved_settings_reach_the_plugin_and_the_secret_nobody(
    app: Flask, admin: FlaskClient, session: Session, district: Sample, plugin_host: PluginHost
) -> None:
    assert admin.post(PATH, data=GOOD).status_code == 303
    assert in_force(app, session, plugin_host, district) == {
        "webhook": "https://robot.example/hook",
        "token": SECRET,
        "seats": 30,
        "strict": True,
    }
    for path in (PATH, "/plugins/rooms", "/plugins", "/plugins/change-history"):
        page = admin.get(path).get_data(as_text=True)
        assert SECRET not in page, path
    assert "已填写，留空则不变" in admin.get(PATH).get_data(as_text=True)
    row = session.scalars(select(PluginSetting)).one()
    assert SECRET not in json.dumps([row.values, row.secrets])
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "plugin.settings")).one()
    payload = (
        session.scalars(
            select(LedgerPayload).where(LedgerPayload.school_id == entry.school_id, LedgerPayload.seq == entry.seq)
        )
        .one()
        .payload
    )
    assert SECRET not in json.dumps(payload)
    assert payload["secrets_set"] == ["token"]
    assert payload["after"] == {"webhook": "https://robot.example/hook", "seats": 30}


def test_an_empty_secret_keeps_the_old_one_and_a_tick_forgets_it(
    app: Flask, admin: FlaskClient, session: Session, district: Sample, plugin_host: PluginHost
) -> None:
    admin.post(PATH, data=GOOD)
    assert admin.post(PATH, data=GOOD | {"set-token": "", "set-seats": "40", "version": "1"}).status_code == 303
    assert in_force(app, session, plugin_host, district)["token"] == SECRET
    answer = admin.post(PATH, data=GOOD | {"set-token": "", "version": "2", "forget": "token"})
    assert answer.status_code == 422  # it is required
    assert in_force(app, session, plugin_host, district)["token"] == SECRET
    assert (
        admin.post(
            PATH, data=GOOD | {"set-token": "neues-geheimnis", "version": "2", "forget": ["token", "nonesuch"]}
        ).status_code
        == 303
    )
    assert in_force(app, session, plugin_host, district)["token"] == "neues-geheimnis"
    chain = select(LedgerPayload).where(LedgerPayload.school_id == district.district_id)
    last = session.scalars(chain.order_by(LedgerPayload.seq.desc())).first()
    assert last is not None
    assert last.payload["secrets_forgotten"] == ["token"]


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("set-webhook", "http://robot.example", "https://"),
        ("set-webhook", "", "请填写"),
        ("set-seats", "0", "1 到 500"),
        ("set-seats", "dreißig", "请填整数"),
        ("set-strict", "maybe", "请从给出的选项里选"),
        ("set-token", "x" * 501, "最多 500"),
        ("set-color", "red", "没有名为“color”的设置"),
        ("colour", "red", "没有名为“colour”的设置"),
        ("set-token", "", "请填写"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(
    admin: FlaskClient, session: Session, field: str, value: str, sentence: str
) -> None:
    answer = admin.post(PATH, data=GOOD | {field: value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert sentence in page
    typed = GOOD | {field: value}
    for name in ("set-webhook", "set-seats"):  # what was typed stays in its control, right or wrong
        control = next(tag for tag in re.findall(r"<input[^>]*>", page) if f'name="{name}"' in tag)
        assert f'value="{typed[name]}"' in control
    beside = [part for part in re.split(r'(?=name="set-)', page) if part.startswith(f'name="{field}"')]
    assert [sentence in part for part in beside] == ([True] if field in GOOD else [])
    assert SECRET not in page
    assert session.scalars(select(PluginSetting)).all() == []


def test_markup_in_a_setting_is_shown_as_text(admin: FlaskClient) -> None:
    page = admin.post(PATH, data=GOOD | {"set-webhook": '"><script>alert(1)</script>'}).get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_school_goes_before_its_district_and_says_where_a_value_comes_from(
    app: Flask, admin: FlaskClient, session: Session, district: Sample, plugin_host: PluginHost
) -> None:
    admin.post(PATH, data=GOOD)
    at = {"scope": "school", "at": district.school_id, "version": "0"}
    page = admin.get(f"{PATH}?scope=school&at={district.school_id}").get_data(as_text=True)
    assert "现在生效：30（区级设置）" in page
    assert "现在生效：是（插件默认）" in page
    assert "签名密钥" not in page
    assert admin.post(PATH, data=at | {"set-webhook": "", "set-seats": "12", "set-strict": "off"}).status_code == 303
    assert "现在生效：12（本校设置）" in admin.get(f"{PATH}?scope=school&at={district.school_id}").get_data(
        as_text=True
    )
    own = in_force(app, session, plugin_host, district, school_id=district.school_id)
    assert (own["seats"], own["strict"], own["webhook"]) == (12, False, "https://robot.example/hook")
    other = in_force(app, session, plugin_host, district, school_id=district.other_school_id)
    assert (other["seats"], other["strict"]) == (30, True)


def test_places_of_others_are_404(admin: FlaskClient, session: Session, district: Sample) -> None:
    stranger = build_district(session)
    session.commit()
    for place in (
        {"scope": "school", "at": stranger.school_id},
        {"scope": "school", "at": "x" * 70},
        {"scope": "course", "at": "p"},
        {"scope": "moon"},
    ):
        assert admin.post(PATH, data=GOOD | place).status_code == 404, place
    assert admin.post(PATH, data=GOOD | {"scope": "bureau", "at": stranger.district_id}).status_code == 303
    assert session.scalars(select(PluginSetting.district_id)).all() == [district.district_id]


def test_two_administrators_never_overwrite_each_other_silently(admin: FlaskClient, session: Session) -> None:
    admin.post(PATH, data=GOOD)
    assert admin.post(PATH, data=GOOD | {"set-seats": "50", "version": "1"}).status_code == 303
    answer = admin.post(PATH, data=GOOD | {"set-seats": "60", "version": "1"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "现在存的是：50。你填的是：60" in page
    assert session.scalars(select(PluginSetting)).one().values["seats"] == 50
    assert 'name="version" value="2"' in page
    assert admin.post(PATH, data=GOOD | {"set-seats": "60", "version": "2"}).status_code == 303
    assert session.scalars(select(PluginSetting)).one().values["seats"] == 60


def test_one_district_never_sees_anothers_settings(
    app: Flask, admin: FlaskClient, session: Session, plugin_host: PluginHost
) -> None:
    admin.post(PATH, data=GOOD)
    stranger = build_district(session)
    session.commit()
    assert in_force(app, session, plugin_host, stranger) == {"seats": 20, "strict": True}


def test_a_required_setting_is_demanded_at_its_widest_place_only() -> None:
    webhook = Setting("webhook", "x", "url", ("bureau", "school"), required=True)
    pupil = Setting("room", "x", "text", ("school",), required=True)
    assert [s.required for s in declared_at([webhook, pupil], "bureau")] == [True]
    assert [s.required for s in declared_at([webhook, pupil], "school")] == [False, True]


def test_yes_no_and_left_open_are_three_things() -> None:
    strict = Setting("strict", "x", "boolean")
    assert read_settings([strict], {"strict": ""}).values == {}
    assert read_settings([strict], {"strict": "off"}).values == {"strict": False}
    assert read_settings([strict], {"strict": "on"}).values == {"strict": True}
    assert [p.code for p in read_settings([strict], {"strict": "perhaps"}).problems] == ["not_a_choice"]
