"""The channel by itself: signature, addresses, texts, answers; and the page out of its own tables."""

import json
import urllib.error
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import Message
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from trainhub_robot.channel import MOST_BYTES, Robot, destination, message, signature
from trainhub_robot.record import KEPT, remember, show

from trainhub.plugin_api import Caller, Happening, Notice, PluginRequest

pytestmark = pytest.mark.files_only
DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token=abc"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0-1"
AT = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
NOTICE = Notice(
    "n1", "training.planned", "培训通知：《法律与职责》", "时间：03月05日 14:00\n应到：86 人", "/training/events/1", AT
)


def sent(
    settings: Mapping[str, Any], answer: bytes | Exception = b'{"errcode":0}'
) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
    calls: list[tuple[str, dict[str, Any]]] = []

    def post(address: str, body: bytes, seconds: float) -> bytes:
        calls.append((address, json.loads(body)))
        if isinstance(answer, Exception):
            raise answer
        return answer

    (delivery,) = Robot(post, lambda: 1700000000.0).deliver([NOTICE], settings)
    assert delivery.key == "n1"
    return delivery.error, calls


def test_the_signature_is_dingtalks() -> None:
    """Worked out with openssl: printf '%s\\n%s' 1700000000000 SECx | openssl dgst -sha256 -hmac SECx -binary | base64."""
    assert signature(1700000000000, "SECx") == "rgcjbH+yFyES+S0llX+cAPCwVRpsr7sbiX5Lnyo/ocU="


def test_a_signed_address_and_a_plain_one() -> None:
    error, [(address, body)] = sent({"webhook": DINGTALK, "secret": "SECx"})
    query = parse_qs(urlsplit(address).query)
    assert not error
    assert query == {
        "access_token": ["abc"],
        "timestamp": ["1700000000000"],
        "sign": [signature(1700000000000, "SECx")],
    }
    assert body == {
        "msgtype": "text",
        "text": {"content": "培训通知：《法律与职责》\n时间：03月05日 14:00\n应到：86 人"},
    }
    error, [(address, _)] = sent({"webhook": WECOM, "secret": "SECx"})
    assert (error, address) == ("", WECOM)


@pytest.mark.parametrize("webhook", [
    "http://oapi.dingtalk.com/robot/send?access_token=abc", "http://127.0.0.1:8000/robot/send?access_token=abc", "https://127.0.0.1/robot/send?x=1",
    "https://oapi.dingtalk.com:8443/robot/send?access_token=abc", "https://oapi.dingtalk.com@evil.example/robot/send?a=1",
    "https://evil.example@oapi.dingtalk.com/robot/send?a=1", "https://oapi.dingtalk.com/other?access_token=abc", "https://oapi.dingtalk.com/robot/send",
    "https://oapi.dingtalk.com.evil.example/robot/send?a=1", "file:///etc/passwd", "https://[", "x",
])  # fmt: skip
def test_nothing_but_a_robot_is_spoken_to(webhook: str) -> None:
    assert sent({"webhook": webhook}) == ("bad_webhook", [])
    assert destination(webhook, "", 0) == ""


def test_without_an_address_nothing_is_sent() -> None:
    assert sent({}) == ("no_webhook", [])


@pytest.mark.parametrize(("answer", "error"), [
    (b'{"errcode":310000,"errmsg":"sign not match abc"}', "errcode_310000"), (b"<html>", "bad_answer"), (b"[]", "bad_answer"), (b"{}", "bad_answer"),
    (b'{"errcode":"0"}', "bad_answer"), (urllib.error.URLError("no route to abc"), "unreachable"), (TimeoutError(), "unreachable"),
    (urllib.error.HTTPError(DINGTALK, 502, "abc", Message(), None), "http_502"),
])  # fmt: skip
def test_what_went_wrong_is_a_code_without_the_key(answer: bytes | Exception, error: str) -> None:
    found, _ = sent({"webhook": DINGTALK}, answer)
    assert found == error
    assert "abc" not in found


def test_a_long_text_is_cut_between_characters_and_keeps_its_link() -> None:
    long = replace(NOTICE, body="训" * 3000)
    text = message(long, "https://hub.example/")["text"]["content"]
    assert len(text.encode()) <= MOST_BYTES
    assert text.endswith("训\nhttps://hub.example/training/events/1")
    assert "hub.example" not in message(replace(NOTICE, link="@evil.example"), "https://hub.example")["text"]["content"]


class Tables:
    """A store in memory."""

    def __init__(self) -> None:
        self.held: dict[str, list[dict[str, Any]]] = {"delivery": [], "happening": []}

    def rows(self, table: str, where: Mapping[str, Any] | None = None, *, limit: int = 1000) -> list[dict[str, Any]]:
        return [r for r in self.held[table] if all(r[k] == v for k, v in (where or {}).items())][:limit]

    def add(self, table: str, rows: Any) -> int:
        self.held[table] += [dict(row) for row in rows]
        return len(rows)

    def remove(self, table: str, where: Mapping[str, Any]) -> int:
        gone = self.rows(table, where)
        self.held[table] = [r for r in self.held[table] if r not in gone]
        return len(gone)


def happening(store: Tables, key: str, kind: str, at: datetime = AT, **facts: Any) -> Happening:
    return Happening(key, kind, "d", "s", at, facts, store)


def page(store: Tables) -> Any:
    return show(PluginRequest("GET", {}, {}, {}, b"", Caller("a", "system_administrator", "d", "d"), {}, store, AT))


def test_a_second_attempt_replaces_the_first_on_the_page() -> None:
    store = Tables()
    assert "还没有通知" in page(store).paragraphs[0]
    told = {"channel": "robot", "notice": "n1", "about": "training.moved"}
    remember(happening(store, "n1:1", "notice.failed", **told, attempt=1, error="errcode_310000"))
    assert page(store).rows == (
        ("03-05 14:00", "培训改期", "没有送到：签名、关键词或 IP 不符，核对机器人的安全设置", "1"),
    )
    remember(happening(store, "n1:2", "notice.delivered", **told, attempt=2, error=""))
    remember(happening(store, "n2:1", "notice.delivered", channel="mail", notice="n2", about="x", attempt=1, error=""))
    assert page(store).rows == (("03-05 14:00", "培训改期", "已送到", "2"),)


def test_what_happened_is_counted_once_each_and_the_oldest_is_forgotten() -> None:
    store = Tables()
    for _ in range(2):
        remember(happening(store, "e1", "roll.verified", sheet="x", people=3))
    remember(happening(store, "e2", "staff.changed"))
    assert page(store).paragraphs[-1] == "最近发生：点名核验 1 次，人员变动 1 次。"
    for number in range(KEPT + 5):
        remember(happening(store, f"f{number:03}", "roll.verified", AT.replace(microsecond=number + 1)))
    assert len(store.held["happening"]) == KEPT
    assert not store.rows("happening", {"key": "e1"})


def test_without_tables_nothing_is_kept() -> None:
    remember(Happening("e", "roll.verified", "d", "s", AT))
