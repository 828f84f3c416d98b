"""The signature, the events, and that the senders of the README speak the protocol."""

import json
import re
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from trainhub_push import SignedPush
from trainhub_push.source import MOST_EVENTS, signature

from trainhub.plugin_api import PushBatch, Pushed, PushRefused

pytestmark = pytest.mark.files_only
KEY = b"a key of a device that nobody else has"
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
NOW = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
EVENT = {"id": "e1", "at": "2026-03-05T13:52:40+08:00", "staff_no": "0001"}


def request(body: bytes, *, key: bytes = KEY, method: Any = "POST", **headers: str) -> Pushed:
    stamp, nonce = str(int(NOW.timestamp())), secrets.token_hex(16)
    signed = {
        "x-trainhub-timestamp": stamp, "x-trainhub-nonce": nonce, "x-trainhub-signature": signature(key, stamp, nonce, body),
    }  # fmt: skip
    return Pushed(method, "", {}, signed | {f"x-trainhub-{k}": v for k, v in headers.items()}, body, NOW)


def receive(body: bytes, key: bytes = KEY, **more: Any) -> PushBatch | PushRefused:
    return SignedPush().receive(request(body, **more), key, {})


def batch(*events: Any) -> bytes:
    return json.dumps({"events": list(events)}).encode()


def test_a_signed_batch_is_read() -> None:
    found = receive(batch(EVENT, EVENT | {"id": "e2", "device_pin": "12", "staff_no": ""}))
    assert isinstance(found, PushBatch)
    assert [(e.event_id, e.staff_no, e.device_pin) for e in found.events] == [("e1", "0001", ""), ("e2", "", "12")]
    assert found.events[0].at == datetime(2026, 3, 5, 5, 52, tzinfo=UTC)
    assert (found.answer, found.sent_at, len(found.nonce)) == (b'{"ok": 2}', NOW, 32)


def test_an_event_that_stands_twice_is_one() -> None:
    found = receive(batch(EVENT, EVENT))
    assert isinstance(found, PushBatch)
    assert len(found.events) == 1


def test_every_change_of_a_request_breaks_its_signature() -> None:
    good = request(batch(EVENT))
    forged = [
        request(batch(EVENT), key=b"another"), request(batch(EVENT), key=b""), request(batch(EVENT), timestamp="1772690401"),
        request(batch(EVENT), nonce="0" * 32), request(batch(EVENT), signature=""), request(batch(EVENT), signature="v1="),
        request(batch(EVENT), signature="v1=" + "0" * 64), request(batch(EVENT), signature="v1=\u00e9"),
        Pushed("POST", "", {}, good.headers, batch(EVENT | {"staff_no": "0002"}), NOW), Pushed("POST", "", {}, {}, good.body, NOW),
        Pushed("POST", "", {}, {**good.headers, "x-trainhub-signature": good.headers["x-trainhub-signature"][3:]}, good.body, NOW),
    ]  # fmt: skip
    assert [SignedPush().receive(p, KEY, {}) for p in forged] == [PushRefused(401, "bad_signature")] * len(forged)
    assert SignedPush().receive(request(batch(EVENT), key=b""), b"", {}) == PushRefused(401, "bad_signature")
    assert isinstance(SignedPush().receive(good, KEY, {}), PushBatch)


def test_the_parts_of_the_signature_cannot_be_shifted() -> None:
    """A dot in the body or the nonce moves nothing from one part to the next."""
    assert signature(KEY, "1", "2", b"x") != signature(KEY, "1", "", b"2.x")
    nonce = "a" * 16
    moved = Pushed("POST", "", {}, {
        "x-trainhub-timestamp": "1772690400", "x-trainhub-nonce": f"{nonce}.b",
        "x-trainhub-signature": signature(KEY, "1772690400", nonce, b"b." + batch(EVENT)),
    }, batch(EVENT), NOW)  # fmt: skip
    assert SignedPush().receive(moved, KEY, {}) == PushRefused(400, "bad_nonce")


@pytest.mark.parametrize("event", [
    1, {}, EVENT | {"id": ""}, EVENT | {"id": 1}, EVENT | {"id": "x" * 65}, EVENT | {"id": "a b"}, EVENT | {"at": "13:52"},
    EVENT | {"at": "2026-03-05T13:52:00"}, EVENT | {"at": 1}, EVENT | {"at": "0001-01-01T00:00:00+14:00"}, EVENT | {"staff_no": ""},
    EVENT | {"staff_no": 1}, EVENT | {"staff_no": "x" * 41}, EVENT | {"staff_no": "a\x00"}, EVENT | {"card_no": None},
])  # fmt: skip
def test_one_bad_event_refuses_the_batch(event: Any) -> None:
    assert receive(batch(EVENT, event)) == PushRefused(400, "bad_event")


def test_bodies_that_are_no_batch() -> None:
    for body in (b"", b"{", b"[]", b"1", b'{"events": {}}', b"\xff\xfe", b"[" * 100_000):
        assert receive(body) == PushRefused(400, "bad_json")
    assert receive(batch(*[EVENT] * (MOST_EVENTS + 1))) == PushRefused(413, "too_many_events")
    assert receive(batch(EVENT), method="GET") == PushRefused(404, "unknown_path")


@pytest.fixture
def server() -> Iterator[tuple[str, list[Any]]]:
    """A server that does with a request what core does: hands it to the plugin."""
    seen: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            found = SignedPush().receive(Pushed("POST", "", {}, headers, body, datetime.now(UTC)), KEY, {})
            seen.append(found)
            self.send_response(200 if isinstance(found, PushBatch) else found.status)
            self.end_headers()
            self.wfile.write(found.answer if isinstance(found, PushBatch) else found.code.encode())

        def log_message(self, *args: Any) -> None:
            pass

    listening = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listening.server_port}/push/x", seen
    listening.shutdown()
    listening.server_close()
    thread.join()


def example(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(found)


@pytest.mark.parametrize("language", ["python", "sh"])
def test_the_senders_of_the_readme_are_understood(server: tuple[str, list[Any]], language: str) -> None:
    if language == "sh" and not (shutil.which("curl") and shutil.which("openssl")):
        pytest.skip("curl or openssl is missing")
    command = [sys.executable, "-"] if language == "python" else ["sh", "-s", "--"]
    url, seen = server
    done = subprocess.run(
        [*command, url, KEY.decode()], input=example(language), capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.strip() == '{"ok": 1}', done.stderr
    assert [(e.staff_no, e.event_id[:6]) for e in seen[0].events] == [("0001", "gate-1")]
    assert len(example("python").strip().splitlines()) <= 11
