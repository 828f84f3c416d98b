"""The pages of standing, coverage, closing and statements: who sees what, and what stands on them."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_org, add_post, add_staff
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training
from trainhub.kernel.clock import at
from trainhub.training.models import HoursStatement, TrainingExemption, YearSnapshot
from trainhub.training.service.standing import recompute

NOW = at(date(2026, 11, 20), time(18))
SignIn = Callable[[FlaskClient, str], None]


@pytest.fixture(autouse=True)
def november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def scene(session: Session, district: Sample) -> Sample:
    people = district.people
    add_post(session, district.district_id, district.school_id, people[1], "homeroom_teacher", date(2025, 9, 1))
    add_training(session, district, SPRING, people, attended={people[0]: 0}, title="第一期")
    add_training(session, district, AUTUMN, people[:4], title="第二期")
    add_training(session, district, date(2026, 10, 9), people[:2], title="消防演练", topic="fire_drill")
    schools = [district.bureau_id, district.school_id, district.other_school_id]
    recompute(session, district.district_id, YEAR, NOW, school_ids=schools)
    session.commit()
    return district


def text(client: FlaskClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return str(answer.get_data(as_text=True))


def test_the_school_list_shows_groups_bars_and_definition(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    page = text(client, "/training/standing?show=all")
    assert "第一期" in page
    assert "3 / 6" in page
    assert page.count('name="people"') == 6
    assert "2026年1月1日" in page, "the definition of the year stands beside the figures"
    assert "style=" not in page
    owing = text(client, "/training/standing")
    assert owing.count('name="people"') == 3


def test_the_list_of_a_past_day(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "principal")
    page = text(client, "/training/standing?show=all&as_of=2026-06-01")
    assert "0 / 6" in page
    assert text(client, "/training/standing?as_of=nonsense&show=drop&year=2026")


@pytest.mark.parametrize("year", ["abc", "2026-2030", "99999"])
def test_a_year_that_cannot_be_read_is_not_found(client: FlaskClient, scene: Sample, sign_in: SignIn, year: str) -> None:
    sign_in(client, "principal")
    text(client, f"/training/standing?year={year}", 404)


def test_the_workbook_holds_the_same_rows(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    answer = client.get("/training/standing.xlsx?show=owing")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("T000") == 3
    assert "filename*=UTF-8''" in answer.headers["Content-Disposition"]


def test_a_teacher_sees_only_their_own_year(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "teacher")
    page = text(client, "/training/standing/me")
    assert "消防演练" in page
    assert "90 / 180" in page or "90<small>/ 180" in page
    text(client, "/training/standing", 403)
    text(client, f"/training/standing/people/{scene.people[1]}", 403)
    text(client, "/training/coverage", 403)


def test_another_school_is_not_found(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "training_officer@other")
    text(client, f"/training/standing/people/{scene.people[1]}", 404)
    text(client, f"/training/standing?school={scene.school_id}", 404)
    text(client, f"/training/coverage/{scene.school_id}", 404)
    text(client, f"/training/closing?school={scene.school_id}", 404)


def test_the_person_page_says_why(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    page = text(client, f"/training/standing/people/{scene.people[0]}")
    assert "90 ÷ 45 = 2" in page
    assert "principal" in page, "who verified it"


def test_the_overview(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "principal")
    page = text(client, "/training/overview")
    assert "语文组" in page
    assert "ribbon" in page
    assert "style=" not in page


def test_the_bureau_sees_units_and_no_names(client: FlaskClient, scene: Sample, sign_in: SignIn, session: Session) -> None:
    sign_in(client, "bureau_officer")
    page = text(client, "/training/coverage?sort=name")
    assert "晨曦第一中学" in page
    assert "松岗小学" in page
    unit = text(client, f"/training/coverage/{scene.school_id}")
    assert "钱若兰" not in unit
    assert "语文组" in unit
    closing = text(client, f"/training/closing?school={scene.school_id}")
    assert "钱若兰" not in closing
    assert client.get("/training/coverage.xlsx").status_code == 200
    text(client, f"/training/standing/people/{scene.people[0]}", 403)
    rules = text(client, "/training/coverage/rules-preview?training_min_minutes=240&presence_threshold=9999")
    assert "<b>0</b>" in rules


def test_statements_do_not_grow_with_people_on_the_pages(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, count_statements: Callable[[], Any]
) -> None:
    seen: dict[str, set[int]] = {"/training/standing?show=all": set(), "/training/overview": set()}
    sign_in(client, "principal")
    first = 6
    for size in (5, 45, 130):
        people = add_staff(session, district.district_id, district.school_id, size - first, first_no=500 + first, department=f"组{size}") if size > first else []
        first = max(first, size)
        add_training(session, district, SPRING, people or district.people)
        recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id])
        session.commit()
        for path, counts in seen.items():
            session.expire_all()
            with count_statements() as counted:
                text(client, path)
            counts.add(counted.count)
    assert all(len(counts) == 1 for counts in seen.values()), seen


def test_coverage_page_statements_do_not_grow_with_schools(
    client: FlaskClient, session: Session, district: Sample, sign_in: SignIn, count_statements: Callable[[], Any]
) -> None:
    sign_in(client, "bureau_officer")
    seen = set()
    for more in (0, 18):
        for n in range(more):
            school = add_org(session, district.district_id, f"第{n}小学")
            add_staff(session, district.district_id, school, 1, first_no=3000 + n)
        session.commit()
        with count_statements() as counted:
            text(client, "/training/coverage")
        seen.add(counted.count)
    assert len(seen) == 1, seen


# --- exemptions and closing ------------------------------------------------------------------------


def test_an_exemption_from_list_to_decision(
    client: FlaskClient, app: Any, scene: Sample, sign_in: SignIn, session: Session
) -> None:
    sign_in(client, "training_officer")
    form = text(client, f"/training/exemptions/new?people={scene.people[0]}")
    assert f'value="{scene.people[0]}"' in form
    data = {"year": "2026", "people": [scene.people[0]], "kind": "maternity", "document": "", "from_on": "2026-01-01", "to_on": "2026-12-31"}
    assert client.post("/training/exemptions/new", data=data).status_code == 422
    assert client.post("/training/exemptions/new", data=data | {"document": "产假表", "to_on": "2027-12-31"}).status_code == 422
    assert client.post("/training/exemptions/new", data=data | {"document": "产假表"}).status_code == 303
    asked = session.scalars(select(TrainingExemption.id)).one()
    other = app.test_client()
    sign_in(other, "principal")
    assert "产假表" in text(other, "/training/exemptions")
    assert other.post(f"/training/exemptions/{asked}/decision", data={"decision": "approve", "year": "2026"}).status_code == 303
    assert text(other, "/training/standing?show=all").count("产假") >= 1
    assert other.post(f"/training/exemptions/{asked}/decision", data={"decision": "approve"}).status_code == 409
    assert client.post(f"/training/exemptions/{asked}/decision", data={"decision": "approve"}).status_code == 403


def test_closing_and_amending_from_the_page(
    client: FlaskClient, app: Any, scene: Sample, sign_in: SignIn, session: Session
) -> None:
    principal = app.test_client()
    sign_in(principal, "principal")
    assert principal.post("/training/closing/close", data={"year": "2026"}).status_code == 409
    with time_machine.travel(at(date(2027, 1, 5), time(9)), tick=False):
        sign_in(principal, "principal")
        sign_in(client, "training_officer")
        assert "钱若兰" in text(principal, "/training/closing?year=2026")
        assert principal.post("/training/closing/close", data={"year": "2026"}).status_code == 303
        page = text(principal, "/training/closing?year=2026")
        assert session.scalars(select(YearSnapshot)).one().digest[:16] in page
        assert client.post("/training/closing/amendment", data={"year": "2026", "reason": ""}).status_code == 422
        assert client.post("/training/closing/amendment", data={"year": "2026", "reason": "补交签到表"}).status_code == 303
        asked = session.scalars(select(YearSnapshot.id).where(YearSnapshot.state == "requested")).one()
        answer = principal.post(f"/training/closing/{asked}/decision", data={"decision": "approve", "year": "2026"})
        assert answer.status_code == 303
        assert text(principal, "/training/closing?year=2026").count("补交签到表") == 1


# --- statements ------------------------------------------------------------------------------------


def test_a_statement_is_confirmed_to_anybody_and_shows_nothing_more(
    client: FlaskClient, app: Any, scene: Sample, sign_in: SignIn, session: Session
) -> None:
    sign_in(client, "training_officer")
    answer = client.post(f"/training/standing/people/{scene.people[2]}/statement", data={"year": "2026"})
    assert answer.status_code == 303
    address = re.sub(r"^https?://[^/]+", "", answer.headers["Location"])
    stranger = app.test_client()
    page = text(stranger, address)
    row = session.scalars(select(HoursStatement)).one()
    assert row.printed["name"] in page
    assert "第一期" in page
    assert "T0003" not in page, "not printed, so not shown"
    assert "style=" not in page
    assert client.post(f"/training/statements/{row.id}/revocation", data={"person": scene.people[2]}).status_code == 303
    assert "撤销" in text(stranger, address) or "revoked" in text(stranger, address)
    assert stranger.get(address + "/pdf").status_code == 404


def test_a_wrong_code_says_so_and_tells_nothing(client: FlaskClient, scene: Sample) -> None:
    text(client, "/verify")
    text(client, "/verify/ABCD-EFGH-JKMN-PQRS", 404)
    assert client.get("/verify?code=abcd efgh jkmn pqrs").status_code == 303


def test_a_statement_as_pdf(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    from trainhub.documents import pdf

    if not pdf.available():
        pytest.skip("the pdf extra is not installed")
    sign_in(client, "teacher")
    answer = client.post("/training/standing/me/statement", data={"year": "2026"})
    code = answer.headers["Location"].rsplit("/", 1)[1]
    paper = client.get(f"/verify/{code}/pdf")
    assert paper.data.startswith(b"%PDF")


def test_the_people_chosen_in_the_list_are_those_invited(client: FlaskClient, scene: Sample, sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    page = text(client, f"/training/new?people={scene.people[0]}")
    assert "钱若兰" in page
    assert "未在达标表中选定" in page
