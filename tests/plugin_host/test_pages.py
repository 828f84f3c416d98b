"""The plugin page: who may open it, what it shows, switching on and off, trying again."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, build_district
from trainhub.kernel.permissions import Role
from trainhub.ledger.models import LedgerEntry
from trainhub.plugin_host.host import PluginHost
from trainhub.plugin_host.models import PluginChoice, PluginFailure
from trainhub.plugin_host.queries import on_here
from trainhub.plugin_host.rules import Forced

SignIn = Callable[[FlaskClient, str], None]
ADMIN = "system_administrator"


@pytest.fixture(autouse=True)
def clean(plugin_host: PluginHost) -> None:
    """Every test here leaves the host as it was."""


def text_of(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_administrators_change_auditors_read_nobody_else_opens(client: FlaskClient, sign_in: SignIn, role: str) -> None:
    sign_in(client, role)
    may_read = role in {ADMIN, "auditor"}
    paths = (
        "/plugins",
        "/plugins/dingtalk",
        "/plugins/change-history",
        "/plugins/rooms/settings",
        "/plugins/rooms/purge",
    )
    for path in paths:
        assert client.get(path).status_code == (200 if may_read else 403), path
    assert client.post("/plugins/rooms/export").status_code == (200 if role == ADMIN else 403)
    for step in ("on", "off", "retry"):
        assert client.post(f"/plugins/dingtalk/{step}").status_code == (303 if role == ADMIN else 403), step
    page = text_of(client, "/plugins") if may_read else ""
    assert ('action="/plugins/dingtalk/on"' in page) == (role == ADMIN)


@pytest.mark.parametrize(
    "path",
    [
        "/plugins/nonesuch",
        "/plugins/nonesuch/settings",
        "/plugins/nonesuch/purge",
        "/plugins/dingtalk/settings",
        "/plugins/rooms/settings?scope=moon",
        "/plugins/rooms/settings?scope=course",
        "/plugins/rooms/settings?scope=school&at=x",
    ],
)
def test_what_is_not_there_is_404(client: FlaskClient, sign_in: SignIn, path: str) -> None:
    sign_in(client, ADMIN)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("step", ["on", "off", "retry", "export", "purge"])
def test_a_step_with_an_unknown_plugin_is_404(client: FlaskClient, sign_in: SignIn, step: str) -> None:
    sign_in(client, ADMIN)
    assert client.post(f"/plugins/nonesuch/{step}").status_code == 404


def test_the_list_says_what_each_gives_and_how_it_is(client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ADMIN)
    page = text_of(client, "/plugins")
    order = [page.index(word) for word in ("决定能开什么课", "出勤从哪里来", "怎么提醒、怎么报")]
    assert order == sorted(order)
    assert "内置，不可停用" in page
    assert "钉钉" in page
    assert "未启用" in page
    assert 'action="/plugins/tabular/' not in page


def test_showing_a_plugin_imports_nothing_of_it(client: FlaskClient, sign_in: SignIn, plugin_host: PluginHost) -> None:
    card = plugin_host.cards["grumble"]
    card.module = None
    sign_in(client, "auditor")
    text_of(client, "/plugins/grumble")
    assert card.module is None


def test_switching_on_says_what_to_do_next_and_is_recorded(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, plugin_host: PluginHost
) -> None:
    sign_in(client, ADMIN)
    answer = client.post("/plugins/dingtalk/on")
    assert answer.status_code == 303
    page = text_of(client, answer.headers["Location"])
    assert "点“导入”" in page
    assert "运行正常" in page
    assert plugin_host.cards["dingtalk"].on
    assert "dingtalk" in plugin_host.sources
    entry = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "plugin.enabled")).one()
    assert (entry.subject_ref, entry.actor_ref) == ("plugin/dingtalk", district.accounts[ADMIN])
    assert client.post("/plugins/dingtalk/off").status_code == 303
    page = text_of(client, "/plugins/dingtalk")
    assert "照常计算" in page
    assert "重新启用" in page
    assert not plugin_host.cards["dingtalk"].on
    history = text_of(client, "/plugins/change-history?plugin=dingtalk")
    assert history.count("钉钉") >= 3
    assert "system_administrator账号" in history


def test_switching_on_twice_is_recorded_once(client: FlaskClient, sign_in: SignIn, session: Session) -> None:
    sign_in(client, ADMIN)
    for _ in range(2):
        assert client.post("/plugins/dingtalk/on").status_code == 303
    assert len(session.scalars(select(LedgerEntry).where(LedgerEntry.kind == "plugin.enabled")).all()) == 1


def test_one_district_switching_changes_nothing_for_another(
    app: Flask, client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, plugin_host: PluginHost
) -> None:
    other = build_district(session)
    session.commit()
    sign_in(client, ADMIN)
    client.post("/plugins/dingtalk/on")
    forced = Forced()
    assert "dingtalk" in on_here(session, plugin_host, district.district_id, forced)
    assert "dingtalk" not in on_here(session, plugin_host, other.district_id, forced)
    session.add(
        PluginChoice(
            district_id=other.district_id,
            plugin_key="dingtalk",
            is_on=True,
            changed_at=session.get_one(PluginChoice, (district.district_id, "dingtalk")).changed_at,
            changed_by=other.accounts[ADMIN],
        )
    )
    session.commit()
    client.post("/plugins/dingtalk/off")
    assert "dingtalk" in on_here(session, plugin_host, other.district_id, forced)
    assert plugin_host.cards["dingtalk"].on  # it stays loaded for them
    assert "system_administrator账号" in text_of(client, "/plugins/dingtalk")


def test_core_stays_on(client: FlaskClient, sign_in: SignIn, session: Session) -> None:
    sign_in(client, ADMIN)
    answer = client.post("/plugins/tabular/off")
    assert answer.status_code == 422
    assert "不能停用" in answer.get_data(as_text=True)
    assert client.post("/plugins/tabular/purge", data={"typed": "tabular"}).status_code == 422


@pytest.mark.parametrize(("key", "words"), [("silent", "怎样查看、更正和删除"), ("wide_open", "open to everybody")])
def test_what_may_not_be_switched_on_says_why(
    client: FlaskClient, sign_in: SignIn, session: Session, key: str, words: str
) -> None:
    sign_in(client, ADMIN)
    answer = client.post(f"/plugins/{key}/on")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "插件没有启用，什么都没有改动" in page
    assert words in page
    assert session.scalars(select(PluginChoice).where(PluginChoice.plugin_key == key)).all() == []


def test_configuration_goes_before_the_page(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ADMIN)
    before = app.extensions["trainhub.plugins_forced"]
    app.extensions["trainhub.plugins_forced"] = Forced.read("-dingtalk")
    try:
        page = text_of(client, "/plugins/dingtalk")
        assert "配置停用" in page
        assert "TRAINHUB_PLUGINS" in page
        assert 'action="/plugins/dingtalk/on"' not in page
        assert client.post("/plugins/dingtalk/on").status_code == 409
    finally:
        app.extensions["trainhub.plugins_forced"] = before


def test_safe_mode_is_said(app: Flask, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, ADMIN)
    assert "安全模式" not in text_of(client, "/plugins")
    app.config["TRAINHUB_SAFE_MODE"] = True
    try:
        assert "安全模式" in text_of(client, "/plugins")
    finally:
        app.config["TRAINHUB_SAFE_MODE"] = False


def test_a_failing_plugin_is_broken_off_named_and_tried_again(
    client: FlaskClient, sign_in: SignIn, session: Session, plugin_host: PluginHost
) -> None:
    sign_in(client, ADMIN)
    client.post("/plugins/grumble/on")
    for _ in range(4):
        answer = client.get("/plugins/grumble/at/")
        assert answer.status_code == 503
        assert "13800000000" not in answer.get_data(as_text=True)
    note = session.scalars(select(PluginFailure)).one()
    assert (note.plugin_key, note.failures, note.reason) == ("grumble", 3, "failed")
    assert "13800000000" not in note.error
    page = text_of(client, "/plugins")
    assert "“grumble 0.1”已自动停用" in page
    assert "KeyError in bad" in text_of(client, "/plugins/grumble")
    assert client.post("/plugins/grumble/retry").status_code == 303
    assert session.scalars(select(PluginFailure)).all() == []
    assert not plugin_host.cards["grumble"].guard.records.get("GET /")
    assert "已自动停用" not in text_of(client, "/plugins")
    assert session.scalars(select(LedgerEntry.kind).where(LedgerEntry.kind == "plugin.retried")).all() == [
        "plugin.retried"
    ]


def test_a_plugin_that_is_gone_is_still_listed_with_what_it_left(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample
) -> None:
    sign_in(client, ADMIN)
    client.post("/plugins/dingtalk/on")
    row = session.get_one(PluginChoice, (district.district_id, "dingtalk"))
    session.add(
        PluginChoice(
            district_id=district.district_id,
            plugin_key="departed",
            is_on=True,
            changed_at=row.changed_at,
            changed_by=row.changed_by,
        )
    )
    session.commit()
    page = text_of(client, "/plugins")
    assert "已卸载的插件：departed" in page
    assert "删除数据" in text_of(client, "/plugins/departed")


def test_the_navigation_leads_there(client: FlaskClient, sign_in: SignIn) -> None:
    for role, there in ((ADMIN, True), ("auditor", True), ("principal", False)):
        sign_in(client, role)
        assert ('href="/plugins"' in text_of(client, "/")) == there, role


def test_the_page_asks_the_database_no_more_often_for_more_plugins(
    client: FlaskClient, sign_in: SignIn, session: Session, district: Sample, count_statements: Callable[[], object]
) -> None:
    sign_in(client, ADMIN)
    text_of(client, "/plugins/forms")
    with count_statements() as few:  # type: ignore[attr-defined]
        text_of(client, "/plugins/forms")
    client.post("/plugins/dingtalk/on")
    client.post("/plugins/wecom/on")
    text_of(client, "/plugins/forms")
    with count_statements() as many:  # type: ignore[attr-defined]
        text_of(client, "/plugins/forms")
    assert many.count == few.count
