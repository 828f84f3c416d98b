"""Addresses of plugins: found, guarded by their own right, framed and escaped; nothing of core goes in."""

import dataclasses
import sys
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.plugin_api import PluginRequest
from trainhub.plugin_host.calling import MOST_BODY
from trainhub.plugin_host.host import PluginHost

SignIn = Callable[[FlaskClient, str], None]
ADMIN = "system_administrator"
AT = "/plugins/rooms/at"


@pytest.fixture
def admin(client: FlaskClient, sign_in: SignIn, plugin_host: PluginHost) -> FlaskClient:
    """The administrator, with the plugin switched on."""
    sign_in(client, ADMIN)
    assert client.post("/plugins/rooms/on").status_code == 303
    return client


def seen(host: PluginHost) -> list[PluginRequest]:
    found: list[PluginRequest] = sys.modules[host.cards["rooms"].found.manifest.module].SEEN
    return found


def test_a_page_is_framed_by_core_and_every_text_escaped(admin: FlaskClient) -> None:
    answer = admin.get(f"{AT}/")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for raw in ("<b>会议室", "<script>alert", "<i>报告厅"):
        assert raw not in page
    assert "&lt;i&gt;报告厅" in page
    assert 'aria-label="主导航"' in page
    assert f'href="{AT}/list.csv"' in page
    assert "evil.example" not in page
    assert "javascript:" not in page
    assert f'action="{AT}/say"' in page


def test_what_a_plugin_gets_is_frozen_and_holds_no_name_and_no_session(
    admin: FlaskClient, plugin_host: PluginHost, district: Sample
) -> None:
    seen(plugin_host).clear()
    admin.get(f"{AT}/?q=x")
    (request,) = seen(plugin_host)
    assert request.caller == type(request.caller)(
        district.accounts[ADMIN], ADMIN, district.district_id, district.district_id
    )
    assert "账号" not in repr(dataclasses.astuple(request.caller))
    assert dict(request.query) == {"q": "x"}
    assert request.settings == {"seats": 20, "strict": True}
    with pytest.raises(dataclasses.FrozenInstanceError):
        request.method = "POST"  # type: ignore[misc]
    for mapping in (request.query, request.form, request.arguments, request.settings):
        with pytest.raises(TypeError):
            mapping["x"] = "y"  # type: ignore[index]


def test_no_transaction_is_open_while_the_plugin_takes_its_time(
    admin: FlaskClient, plugin_host: PluginHost, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_then: list[bool] = []
    guard = plugin_host.cards["rooms"].guard
    real = guard.call

    def looked(*args: Any, **kwargs: Any) -> Any:
        open_then.append(session.in_transaction())
        return real(*args, **kwargs)

    monkeypatch.setattr(guard, "call", looked)
    assert admin.get(f"{AT}/rooms/3").status_code == 200
    assert open_then == [False]


def test_arguments_and_json(admin: FlaskClient) -> None:
    answer = admin.get(f"{AT}/rooms/7?q=<b>")
    assert answer.get_json() == {"number": "7", "said": "<b>", "form": {}, "body": ""}
    assert answer.content_type == "application/json"
    posted = admin.post(f"{AT}/rooms/7", data={"a": "1", "csrf_token": "x"}).get_json()
    assert posted["form"] == {"a": "1"}
    assert admin.post(f"{AT}/rooms/7", json={"a": 1}).get_json()["body"] == '{"a": 1}'


@pytest.mark.parametrize("path", ["/nothing", "/rooms/x", "/rooms/7/8"])
def test_addresses_that_the_plugin_does_not_have_are_404(admin: FlaskClient, path: str) -> None:
    assert admin.get(AT + path).status_code == 404
    assert admin.get("/plugins/nonesuch/at/").status_code == 404


def test_the_wrong_method_is_404(admin: FlaskClient) -> None:
    assert admin.post(f"{AT}/").status_code == 404
    assert admin.get(f"{AT}/say").status_code == 404
    assert admin.delete(f"{AT}/").status_code == 405


def test_a_plugin_that_is_off_here_has_no_address_even_while_it_is_loaded(
    admin: FlaskClient, plugin_host: PluginHost
) -> None:
    admin.post("/plugins/rooms/off")
    plugin_host.apply(plugin_host.defaults | {"rooms"})
    assert admin.get(f"{AT}/").status_code == 404


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [("auditor", 200, 403), ("teacher", 403, 403), ("principal", 403, 403), (ADMIN, 200, 200)],
)
def test_each_address_demands_its_own_right(
    admin: FlaskClient, sign_in: SignIn, plugin_host: PluginHost, role: str, read: int, write: int
) -> None:
    sign_in(admin, role)
    seen(plugin_host).clear()
    assert admin.get(f"{AT}/").status_code == read
    assert len(seen(plugin_host)) == (read == 200)
    assert admin.get(f"{AT}/rooms/1").status_code == 200  # home.read is everybody's
    assert admin.post(f"{AT}/rooms/1").status_code == write


def test_nobody_who_is_signed_out_reaches_a_plugin(app: Flask, admin: FlaskClient) -> None:
    stranger = app.test_client()
    assert stranger.get(f"{AT}/rooms/1").status_code == 302
    assert stranger.post(f"{AT}/rooms/1").status_code == 303


def test_a_post_needs_the_token(app: Flask, admin: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert admin.post(f"{AT}/rooms/1").status_code == 400
        assert admin.post(f"{AT}/rooms/1", json={}).status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_a_way_on_stays_inside_and_a_file_cannot_run(admin: FlaskClient) -> None:
    answer = admin.get(f"{AT}/odd?what=home")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{AT}/rooms/7?q=x")
    answer = admin.get(f"{AT}/odd?what=html")
    assert answer.content_type == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "/" not in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer = admin.get(f"{AT}/odd?what=refuse")
    assert (answer.status_code, answer.get_json()) == (422, {"error": "no_header"})


@pytest.mark.parametrize("what", ["away", "status", "wide", "nothing", "raise"])
def test_an_answer_that_core_does_not_pass_on_counts_as_a_failure(
    admin: FlaskClient, plugin_host: PluginHost, what: str
) -> None:
    answer = admin.get(f"{AT}/odd?what={what}")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 503
    assert "evil.example" not in page
    assert "张三" not in page
    assert plugin_host.cards["rooms"].guard.records["GET /odd"].failures == 1
    assert "张三" not in plugin_host.cards["rooms"].guard.records["GET /odd"].last_error


def test_too_much_is_refused_before_the_plugin_sees_it(admin: FlaskClient) -> None:
    answer = admin.post(f"{AT}/rooms/1", data=b"x" * (MOST_BODY + 1), content_type="text/plain")
    assert answer.status_code == 413
    assert "最多接收 1024 KB" in answer.get_data(as_text=True)
    assert admin.post(f"{AT}/rooms/1", data={f"f{n}": "" for n in range(300)}).status_code == 413


def test_a_secret_of_another_key_says_what_to_do(app: Flask, admin: FlaskClient) -> None:
    admin.post(
        "/plugins/rooms/settings", data={"set-webhook": "https://a.example/", "set-token": "geheim", "version": "0"}
    )
    before = app.config["TRAINHUB_SEALING_KEY"]
    app.config["TRAINHUB_SEALING_KEY"] = "another key of this server, long enough"
    try:
        answer = admin.get(f"{AT}/")
        assert answer.status_code == 409
        assert "重新填写" in answer.get_data(as_text=True)
    finally:
        app.config["TRAINHUB_SEALING_KEY"] = before
