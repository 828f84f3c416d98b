"""The push protocol, against the recorded requests and against what a hostile network sends."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from trainhub_device import ZktecoPush

from trainhub.kernel.clock import local
from trainhub.plugin_api import PushBatch, Pushed, PushRefused

pytestmark = pytest.mark.files_only
SAMPLE = Path(__file__).parents[3] / "tests" / "data" / "samples" / "13-zk-push-http"
NOW = datetime(2026, 3, 5, 9, tzinfo=UTC)


def send(
    method: Any, path: str, body: bytes = b"", content_type: str = "text/plain", **query: str
) -> PushBatch | PushRefused:
    return ZktecoPush().receive(Pushed(method, path, query, {"content-type": content_type}, body, NOW), b"", {})


def recorded(name: str) -> PushBatch:
    head, _, body = (SAMPLE / name).read_bytes().partition(b"\r\n\r\n")
    method, target, _version = head.split(b"\r\n")[0].decode().split(" ")
    parts = urlsplit(target)
    found = send(method, parts.path.removeprefix("/iclock/"), body, **dict(parse_qsl(parts.query)))
    assert isinstance(found, PushBatch)
    return found


def punches(body: str) -> PushBatch:
    found = send("POST", "cdata", body.encode(), SN="A", table="ATTLOG")
    assert isinstance(found, PushBatch)
    return found


def test_the_recorded_requests() -> None:
    wanted = json.loads((SAMPLE / "expected.json").read_text("utf-8"))
    assert (
        recorded("001_register.http").answer.decode().splitlines()[0]
        == wanted["responses"]["001_register.http"].partition(": ")[2]
    )
    seen: set[str] = set()
    for name, new in wanted["new_punches"].items():
        batch = recorded(name)
        assert batch.answer.decode() == wanted["responses"][name]
        assert len({e.event_id for e in batch.events} - seen) == new
        seen |= {e.event_id for e in batch.events}
    assert recorded("006_getrequest.http").answer == b"OK"
    users = recorded("002_operlog_users.http")
    assert users == PushBatch(answer=users.answer)  # nothing of it is handed on
    assert {local(e.at).strftime("%H:%M") for e in recorded("003_attlog.http").events} == {"13:50", "14:08", "13:59"}


def test_newer_firmware_and_the_form_flavour() -> None:
    line = "11\t2026-03-05 13:50:09\t0\t3\t0\t0\t0\t1\t36.5\t\t28800\teyJhIjoxfQ==\n"
    (event,) = punches(line).events
    assert (event.device_pin, local(event.at).strftime("%H:%M"), event.flags) == ("11", "13:50", ("password_verify",))
    form = send(
        "POST",
        "cdata.aspx",
        urlencode({"data": line}).encode(),
        "application/x-www-form-urlencoded",
        SN="A",
        table="ATTLOG",
    )
    assert isinstance(form, PushBatch)
    assert form.events == (event,)


def test_identity_numbers_are_neither_taken_nor_handed_on() -> None:
    number = "99010119900101001X"
    for kind, taken in (("1", 0), ("0", 1)):
        batch = punches(f"11\t2026-03-05 13:50:00\t0\t15\t0\t0\t0\t{number}\t{kind}\n")
        assert (len(batch.events), batch.answer) == (taken, b"OK:1")
        assert number not in repr(batch)
    assert punches(f"{number}\t2026-03-05 13:50:00\t0\t15\t0\t0\t0\n").events == ()


@pytest.mark.parametrize(
    ("line", "records"),
    [
        ("", 1),
        ("\0\0", 1),
        ("\t\t", 2),
        ("11", 2),
        ("11\tyesterday", 2),
        ("11\t2026-13-45 13:50:00\t0\t15", 2),
        ("a b\t2026-03-05 13:50:00\t0", 2),
        ("\0\1\2", 2),
        ("=1+1\t2026-03-05 13:50:00", 2),
        ("11\t2026-03-05 13:50:00\t0\t15\t0\t0\t0", 2),  # the same once more
    ],
)
def test_broken_records_are_acknowledged_and_left_out(line: str, records: int) -> None:
    """A device repeats what it was not told OK for, for ever; an empty line is no record."""
    batch = punches(f"11\t2026-03-05 13:50:00\t0\t15\t0\t0\t0\n{line}\n")
    assert len(batch.events) == 1
    assert batch.answer == f"OK:{records}".encode()


def test_a_reset_clock_is_flagged() -> None:
    (event,) = punches("11\t2000-01-01 00:03:12\t0\t15\t0\t0\t0\n").events
    assert event.flags == ("device_clock_reset",)


def test_pictures_and_fingerprints_are_heard_and_not_read() -> None:
    for table in ("ATTPHOTO", "BIODATA", "options", ""):
        batch = send("POST", "cdata", b"\xff\xd8\xff" * 100, SN="A", table=table)
        assert isinstance(batch, PushBatch)
        assert batch == PushBatch(answer=b"OK")
    assert (
        "ATTPHOTO"
        not in recorded("001_register.http").answer.decode().partition("TransFlag")[2].splitlines()[0].upper()
    )


def test_other_paths_and_floods_are_refused() -> None:
    assert send("GET", "../etc") == PushRefused(404, "unknown_path")
    assert send("POST", "cdata", b"1\t2026-03-05 13:50:00\n" * 6_000, table="ATTLOG") == PushRefused(
        413, "too_many_records"
    )
    answer = send("GET", "cdata", SN="A\nSERVER: x")
    assert isinstance(answer, PushBatch)
    assert answer.answer.startswith(b"GET OPTION FROM: ASERVERx\n")
