"""The page of the access log: case numbers and readers only, within the scope, reviewed by somebody else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.migrated import migrate
from trainhub.accounts import access_log
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.access import Reading, open_many, reads_to_review

CASE = "0192aaaa00007000800000000000case"


def read(session: Session, sample: Sample, account: str, *refs: str, school: str = "", role: Role = Role.PRINCIPAL, days: int = 0) -> None:
    actor = Actor(account, sample.district_id, "x", None, role, sample.school_id, "s")
    readings = [Reading(school or sample.school_id, "case", ref, Permission.CASE_READ, "handling", "page") for ref in refs]
    open_many(session, actor, readings, now() - timedelta(days=days))
    session.commit()


@pytest.fixture
def officer(district: Sample) -> str:
    """An account that is not the principal's."""
    return district.accounts["school_administrator"]


def test_a_principal_sees_who_read_which_case_and_marks_it(
    client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None]
) -> None:
    read(session, district, officer, CASE, CASE)
    sign_in(client, "principal")
    text = client.get("/access-log").text
    assert "查阅记录" in text
    assert "ShownActor" not in text, "the filter is by the reader, not by who looks"
    assert "办理案件" in text
    assert "记为已复核" in text
    month = f"{local_day(now()):%Y-%m}"
    form = {"school_id": district.school_id, "month": month, "account_id": officer, "through": "2"}
    assert client.post("/access-log/review", data=form).status_code == 303
    assert "已复核" in client.get("/access-log").text
    (row,) = reads_to_review(session, district.actors["principal"].scope(Permission.ACCESS_LOG_READ), month)
    assert row.reviewed_by == district.accounts["principal"]


def test_nobody_marks_their_own_readings(client: FlaskClient, session: Session, district: Sample, sign_in: Callable[..., None]) -> None:
    own = district.accounts["principal"]
    read(session, district, own, CASE)
    sign_in(client, "principal")
    page = client.get("/access-log").text
    assert "记为已复核" not in page
    assert "本人的记录由别人复核" in page
    form = {"school_id": district.school_id, "month": f"{local_day(now()):%Y-%m}", "account_id": own, "through": "1"}
    answer = client.post("/access-log/review", data=form)
    assert answer.status_code in {400, 409, 422}
    assert "由别人复核" in client.get("/access-log").text


def test_another_school_is_out_of_sight_and_out_of_reach(
    client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None]
) -> None:
    read(session, district, officer, "elsewhere-ref-0001", school=district.other_school_id)
    sign_in(client, "principal")
    assert "ref-0001" not in client.get("/access-log").text
    assert "ref-0001" not in client.get("/access-log?ref=elsewhere-ref-0001").text.replace("elsewhere-ref-0001", "")
    form = {"school_id": district.other_school_id, "month": f"{local_day(now()):%Y-%m}", "account_id": officer, "through": "1"}
    assert client.post("/access-log/review", data=form).status_code == 404


def test_the_auditor_of_the_district_reads_and_marks_nothing(
    client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None]
) -> None:
    read(session, district, officer, CASE)
    read(session, district, officer, "elsewhere-ref-0001", school=district.other_school_id)
    sign_in(client, "auditor")
    text = client.get("/access-log").text
    assert "ref-0001" in text
    assert "记为已复核" not in text
    assert client.post("/access-log/review", data={}).status_code == 403


@pytest.mark.parametrize("key", ["teacher", "bureau_officer", "system_administrator", "school_administrator"])
def test_others_do_not_open_the_log(client: FlaskClient, district: Sample, sign_in: Callable[..., None], key: str) -> None:
    sign_in(client, key)
    assert client.get("/access-log").status_code == 403


def test_filters_by_reader_case_and_month(
    client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None], app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = district.accounts["teacher"]
    read(session, district, officer, "first-case-11111111", "second-case-22222222")
    read(session, district, other, "first-case-11111111")
    monkeypatch.setitem(app.extensions, "trainhub.reference_numbers", [])
    access_log.describe_with(app, lambda s, d, refs: {r: f"号{r[:5]}" for r in refs if r.startswith("first")})
    sign_in(client, "principal")
    whole = client.get("/access-log").text
    assert (whole.count(">号first</a>"), whole.count(">22222222</a>")) == (2, 1)
    assert client.get(f"/access-log?account={other}").text.count(">号first</a>") == 1
    assert ">22222222</a>" not in client.get("/access-log?ref=first-case-11111111").text
    assert ">号first</a>" not in client.get("/access-log?month=2024-01").text
    for month in ("2024-13", "abc", "", "2027-12"):
        assert client.get("/access-log", query_string={"month": month}).status_code == 200


def test_statements_do_not_grow_with_readings(
    client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None], count_statements: Callable[[], Any]
) -> None:
    sign_in(client, "principal")
    counts = []
    for many in (1, 60):
        read(session, district, officer, *(f"{n:032}" for n in range(many)))
        client.get("/access-log")
        with count_statements() as seen:
            client.get("/access-log")
        counts.append(seen.count)
    assert counts[0] == counts[1]


def test_many_readings_have_pages(client: FlaskClient, session: Session, district: Sample, officer: str, sign_in: Callable[..., None]) -> None:
    read(session, district, officer, *(f"{n:032}" for n in range(access_log.PAGE + 1)))
    sign_in(client, "principal")
    first, second = client.get("/access-log").text, client.get("/access-log?page=2").text
    assert (first.count("办理案件"), second.count("办理案件")) == (access_log.PAGE, 1)


def test_who_saw_by_command(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import json
    import secrets
    import time

    from click.testing import CliRunner

    from tests.builders import build_district
    from trainhub.app import create_app
    from trainhub.cli.main import cli
    from trainhub.web.database import db, transaction

    monkeypatch.setenv("TRAINHUB_DATA", str(tmp_path))
    monkeypatch.setenv("TRAINHUB_SECRET_KEY", secrets.token_urlsafe(48))
    monkeypatch.setenv("TRAINHUB_LOG", "off")
    app = create_app({"TESTING": True})
    migrate(app)
    with app.test_request_context(), transaction() as session:
        sample = build_district(session)
        actors = [Actor(sample.accounts[k], sample.district_id, "x", None, Role.PRINCIPAL, sample.school_id, "s") for k in ("principal", "teacher")]
        for actor in actors:
            open_many(session, actor, [Reading(sample.school_id, "file", f"f{n}", Permission.CASE_READ, "handling", "file", about_ref=CASE)
                                       for n in range(250)], now())
    began = time.process_time()
    result = CliRunner().invoke(cli, ["case", "who-saw", CASE, "--json"])
    assert time.process_time() - began < 10
    report = json.loads(result.stdout)
    assert (result.exit_code, report["reads"], report["people"]) == (0, 500, 2)
    assert {row["via"] for row in report["rows"]} == {"file"}
    assert CliRunner().invoke(cli, ["case", "who-saw", "nothing"]).exit_code == 0
    verified = json.loads(CliRunner().invoke(cli, ["ledger", "verify", "--json"]).stdout)
    assert (verified["status"], verified["access_entries"]) == ("sound", 500)
    with app.app_context():
        session = db.session()
        session.connection().exec_driver_sql("DROP TRIGGER access_log_entry_no_update")
        session.connection().exec_driver_sql("UPDATE access_log_entry SET via = 'page' WHERE seq = 77")
        session.connection().exec_driver_sql("COMMIT")
        db.session.remove()
    result = CliRunner().invoke(cli, ["ledger", "verify", "--json"])
    assert result.exit_code == 1
    assert {k: v for k, v in json.loads(result.stdout).items() if k != "school"} == {"status": "broken", "seq": 77, "kind": "hash", "chain": "access"}
    with app.app_context():
        db.engine.dispose()
