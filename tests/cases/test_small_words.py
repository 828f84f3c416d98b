"""Small things that everybody reads: one form of a deadline, numbers that cannot be mixed up, a receipt that survives a reload."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.cases.conftest import Enter
from tests.cases.hall import Hall
from trainhub.app.shell import navigation
from trainhub.appeals import wording as appeals
from trainhub.appeals.rules.desk import group_of
from trainhub.appeals.rules.lifecycle import AppealState
from trainhub.cases import wording
from trainhub.cases.rules.clocks import Clock, ClockKind
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.web.i18n import deadline_parts

MIDNIGHT = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)  # 28 November 00:00 where the schools are
NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


@pytest.fixture
def hall(sealed_hall: Hall) -> Hall:
    return sealed_hall


@time_machine.travel(NOW)
def test_a_deadline_at_midnight_is_the_end_of_the_day_before_everywhere(app: Flask) -> None:
    with app.test_request_context("/"):
        clock = Clock(ClockKind.INVESTIGATION, NOW, MIDNIGHT)
        for text in (appeals.due_words(MIDNIGHT, NOW), wording.due_words(clock, NOW), appeals.due_words(MIDNIGHT, MIDNIGHT + timedelta(days=2))):
            assert "11月27日 24:00" in text
            assert "00:00" not in text
        assert deadline_parts(MIDNIGHT) == ("11月27日", "24:00")
        assert deadline_parts(MIDNIGHT + timedelta(hours=10)) == ("11月28日", "10:00")


def test_the_number_of_a_concern_is_none_of_a_case(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    receipt = hall.world.report()
    session.commit()
    enter(client, hall.officer)
    number = f"线 {local_day(hall.world.now).year}-01"
    assert number in client.get("/concerns").text
    page = client.get(f"/concerns/{receipt.concern_id}").text
    assert number in page
    case = hall.world.case()
    session.commit()
    assert f"案 {case.year}-{case.number:02d}</option>" in client.get(f"/concerns/{receipt.concern_id}").text


def test_a_receipt_is_shown_once_after_a_redirect_and_stands_in_no_address(hall: Hall, session: Session, client: FlaskClient, enter: Enter) -> None:
    session.commit()
    enter(client, hall.world.actor("teacher"))
    answer = client.post("/concerns/new", data={"op_id": new_id(), "text": "走廊里有人被推", "means": ["body"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/concerns/receipt")
    shown = client.get("/concerns/receipt")
    assert 'id="receipt"' in shown.text
    again = client.get("/concerns/receipt")
    assert (again.status_code, again.headers["Location"]) == (303, "/concerns/mine")


@pytest.mark.parametrize("path", ["/cases/reported", "/cases/counts"])
def test_the_bureau_stands_in_no_list_of_schools(hall: Hall, session: Session, client: FlaskClient, enter: Enter, path: str) -> None:
    session.commit()
    enter(client, hall.world.actor("bureau_case_officer"))
    page = client.get(path)
    assert page.status_code == 200
    main = page.text.split("<main", 1)[1].split("</main>", 1)[0]
    assert f'value="{hall.world.sample.district_id}"' not in main
    assert hall.world.actor("bureau_case_officer").org_name not in main


def test_what_waits_for_me_stands_under_now() -> None:
    assert group_of(AppealState.FILED, "county", None, NOW, {"county"}) == "now"
    assert group_of(AppealState.FILED, "county", None, NOW, {"school"}) == "on_time"
    assert group_of(AppealState.RE_EXAMINATION, "group", None, NOW, {"group"}) == "now"
    assert group_of(AppealState.RE_EXAMINATION, "group", None, NOW, {"county"}) == "waiting"
    assert group_of(AppealState.EXECUTED, "county", None, NOW, {"county"}) == "over"


@pytest.mark.parametrize("key", ["case_officer", "committee_secretary"])
def test_the_tab_bar_of_who_handles_cases_has_cases_and_plans(app: Flask, hall: Hall, key: str) -> None:
    with app.test_request_context("/"):
        four = [item.key for item in navigation(app, hall.world.actor(key))][:4]
    assert four[:3] == ["today", "cases", "plans"]


def test_the_word_for_reporting_is_one(app: Flask, hall: Hall) -> None:
    with app.test_request_context("/"):
        labels = {item.key: str(item.label) for item in navigation(app, hall.world.actor("teacher"))}
    assert labels["concerns"] == "反映"
    readme = (app.config.get("ROOT") or __import__("pathlib").Path(__file__).resolve().parents[2]) / "README.md"
    assert "*反映*" in readme.read_text(encoding="utf-8")
