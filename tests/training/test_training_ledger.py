"""The ledger of trainings: one row a training, with the columns of its kind."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.training.scenery import add_training
from trainhub.kernel.errors import NotFound
from trainhub.training.queries.training_ledger import training_ledger

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def friday() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def sheet(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def rows_under(table: list[list[Any]], header: str) -> list[dict[str, Any]]:
    at = next(n for n, row in enumerate(table) if header in row)
    return [dict(zip(table[at], row, strict=True)) for row in table[at + 1:]]


def test_every_training_with_the_columns_of_its_kind(client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
    details = {"fields": {"organiser": "区教师发展中心", "level": "county", "test": "quiz"}}
    add_training(session, district, date(2026, 10, 16), district.people, title="=校外培训", details=details)
    add_training(session, district, date(2026, 9, 18), district.people[:2], attended={district.people[0]: 0}, state="cancelled")
    add_training(session, district, date(2026, 9, 25), [], state="draft", verified=False)
    session.commit()
    sign_in(client, "training_officer")
    assert "/training/events.xlsx?year=2026" in client.get("/training/events?year=2026").text
    answer = client.get("/training/events.xlsx?year=2026")
    assert answer.status_code == 200
    rows = rows_under(sheet(answer.data), "主办单位")
    assert [(r["主办单位"], r["培训级别"], r["考核方式"]) for r in rows] == [("", "", ""), ("区教师发展中心", "县级", "结业检测")]
    assert [(r["应到"], r["实到"], r["分钟"], r["学时"]) for r in rows] == [(2, 1, 90, 2), (6, 6, 90, 2)]
    assert rows[1]["培训"] == "=校外培训"


def test_the_other_school_is_not_found(client: FlaskClient, session: Session, district: Sample, sign_in: Any) -> None:
    sign_in(client, "training_officer@other")
    assert client.get(f"/training/events.xlsx?school={district.school_id}").status_code == 404
    with pytest.raises(NotFound):
        training_ledger(session, district.actors["training_officer@other"].scope("training.read"), district.school_id, "2026")


def test_statements_do_not_grow_with_trainings(session: Session, district: Sample, count_statements: Any) -> None:
    scope = district.actors["training_officer"].scope("training.read")
    add_training(session, district, date(2026, 10, 16), district.people)
    with count_statements() as few:
        training_ledger(session, scope, district.school_id, "2026")
    for day in range(1, 20):
        add_training(session, district, date(2026, 9, day), district.people)
    with count_statements() as many:
        training_ledger(session, scope, district.school_id, "2026")
    assert few.count == many.count == 5
