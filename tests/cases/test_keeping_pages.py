"""Pages of guardians' requests and of sealing's neighbours: who may open a file of the county, and the one command that answers."""

import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.cases.scenery import World, build
from trainhub.cases.models import GuardianRequest
from trainhub.cases.service.lending import end_lending, lend_case
from trainhub.cli.main import cli
from trainhub.kernel.clock import now
from trainhub.ledger.models import AccessLogEntry
from trainhub.roster.models import Student
from trainhub.web.keys import key_ring

OWN, OTHER = "贾金丝雀甲", "贾金丝雀乙"


@pytest.fixture
def pages(app: Flask, session: Session, client: FlaskClient, district: Sample, sign_in: Callable[..., None]) -> tuple[World, Callable[[str], FlaskClient]]:
    world = build(session, now(), district)
    world.ring = key_ring()
    for pupil, name in zip(world.pupils, (OWN, OTHER), strict=False):
        student = session.get_one(Student, (district.district_id, pupil))
        student.name = student.name_key = name
    session.commit()

    def enter(key: str) -> FlaskClient:
        sign_in(client, key)
        return client

    return world, enter


def requested(client: FlaskClient, session: Session, world: World, kind: str = "copy") -> GuardianRequest:
    found = client.post("/guardian-requests/find", data={"words": "贾"})
    assert world.pupils[0] in found.text
    assert OWN not in found.text
    form = {"student": world.pupils[0], "kind": kind, "guardian": "贾监护", "relation": "母亲", "words": "请更正" if kind == "correct" else ""}
    assert client.post("/guardian-requests", data=form).status_code == 303
    return session.scalars(sa.select(GuardianRequest)).one()


def test_from_a_request_to_its_letter_by_pages_alone(pages: Any, session: Session) -> None:
    world, enter = pages
    case = world.case()
    world.both_sides(case)
    session.commit()
    client = enter("case_officer")
    row = requested(client, session, world)
    path = f"/guardian-requests/{row.id}"
    listed = client.get("/guardian-requests").text
    for word in (OWN, "贾监护"):
        assert word not in listed
    shown = client.get(path).text
    assert OWN in shown
    title = re.search(r"<title>(.*?)</title>", shown, re.DOTALL)
    assert title
    assert OWN not in title[1]
    assert client.post(f"{path}/answer", data={"decision": "given"}).status_code == 303
    word = client.post(f"{path}/letter.docx")
    assert word.status_code == 200
    assert re.search(r"document-[0-9a-f]{32}\.docx", word.headers["Content-Disposition"])
    text = "".join(part for name in ZipFile(io.BytesIO(word.data)).namelist() if name.endswith(".xml") for part in [ZipFile(io.BytesIO(word.data)).read(name).decode()])
    assert OWN in text
    assert f"{case.year}-{case.number:02d}" in text
    assert OTHER not in text
    assert client.post(f"{path}/letter.pdf").data.startswith(b"%PDF")
    assert client.post(f"{path}/letter.exe").status_code == 404
    log = session.scalars(sa.select(AccessLogEntry.via).where(AccessLogEntry.object_ref == row.id)).all()
    assert log == ["page", "print", "print"]
    for key in ("teacher", "principal", "psychologist", "case_officer@other", "bureau_case_officer", "auditor"):
        seen = enter(key)
        assert seen.get(path).status_code in {403, 404}, key
        assert seen.post(f"{path}/letter.pdf").status_code in {403, 404}, key


def test_a_refusal_prints_its_reason_and_nothing_else(pages: Any, session: Session) -> None:
    world, enter = pages
    client = enter("committee_secretary")
    row = requested(client, session, world, "correct")
    path = f"/guardian-requests/{row.id}"
    client.post(f"{path}/answer", data={"decision": "kept", "words": ""})
    session.expire_all()
    assert row.state == "open", "words are missing"
    client.post(f"{path}/answer", data={"decision": "not_guardian", "words": "未能核实监护关系"})
    session.expire_all()
    assert row.state == "refused"
    data = client.post(f"{path}/letter.docx").data
    text = ZipFile(io.BytesIO(data)).read("word/document.xml").decode()
    assert "未能核实监护关系" in text
    assert "学生名册" not in text


def test_one_command_answers(pages: Any, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Flask) -> None:
    from contextlib import contextmanager

    from click.testing import CliRunner

    world, enter = pages
    row = requested(enter("case_officer"), session, world)

    @contextmanager
    def here(**_: Any) -> Iterator[Flask]:
        yield app

    monkeypatch.setattr("trainhub.cli.answers.application", here)
    out = tmp_path / "answer.docx"
    with app.test_request_context("/", method="POST"):
        done = CliRunner().invoke(cli, [
            "guardian-request", "answer", row.id, "--out", str(out), "--as", world.sample.usernames["case_officer"], "--json",
        ])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["state"] == "answered"
    assert told["sections"]["roster"] >= 4
    assert OWN not in done.output
    assert OWN in ZipFile(out).read("word/document.xml").decode()
    assert out.stat().st_mode & 0o077 == 0


def test_the_bureau_opens_exactly_what_was_lent_and_only_for_as_long(pages: Any, session: Session) -> None:
    world, enter = pages
    lent, other = world.case(), world.case()
    account = world.sample.accounts["bureau_case_officer"]
    session.commit()
    for key in ("bureau_officer", "auditor", "bureau_case_officer"):
        for case in (lent, other):
            assert enter(key).get(f"/cases/{case.id}").status_code in {403, 404}, key
    lend_case(session, world.officer, lent.id, account, None, "bureau", now() - timedelta(minutes=1), until=now() + timedelta(hours=1), reason="report")
    session.commit()
    client = enter("bureau_case_officer")
    assert client.get(f"/cases/{lent.id}").status_code == 200
    assert client.get(f"/cases/{other.id}").status_code == 404
    board = client.get("/cases").text
    assert lent.id in board
    assert other.id not in board
    assert enter("bureau_officer").get(f"/cases/{lent.id}").status_code == 403
    assert session.scalars(sa.select(AccessLogEntry.account_id).where(AccessLogEntry.object_ref == lent.id)).all() == [account]
    end_lending(session, world.officer, lent.id, "bureau", None, now() - timedelta(seconds=1))
    session.commit()
    assert enter("bureau_case_officer").get(f"/cases/{lent.id}").status_code == 404
