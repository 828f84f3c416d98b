"""Several devices, two server processes, one database: nothing is lost, and whoever was second is told."""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.app.estate import Browser, Estate, make_estate, opened, served
from tests.app.world import Page, build_world
from tests.builders import Sample
from trainhub.attendance.models import AttendanceMark, AttendanceRecord
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.roster.models import PolicySetting
from trainhub.training.models import TrainingEvent
from trainhub.web.database import db

THREADS, SAVES, PEOPLE = 8, 6, 4
SignIn = Callable[[FlaskClient, str], None]


@pytest.fixture(scope="module")
def shared_url(database_url: str) -> Iterator[str]:
    """A PostgreSQL database of this module's own, or nothing on SQLite (a file of its own then)."""
    if not database_url.startswith("postgresql"):
        yield ""
        return
    name = f"trainhub_shared_{secrets.token_hex(4)}"
    admin = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield re.sub(r"/[^/?]+\?", f"/{name}?", database_url)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()


@pytest.fixture(scope="module")
def estate(shared_url: str, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return make_estate(tmp_path_factory.mktemp("shared") / "data", url=shared_url)


@pytest.fixture(scope="module")
def ports(estate: Estate) -> Iterator[list[int]]:
    """Two server processes on the one database."""
    with served(estate, 2) as running:
        yield [port for port, _ in running]


def test_eight_devices_on_one_roll_lose_no_mark(estate: Estate, ports: list[int]) -> None:
    """Every accepted mark is one version; every refused one names the value that stands and one's own."""
    address, people = f"/rolls/{estate.sheet_id}", estate.people[:PEOPLE]
    begin = threading.Barrier(THREADS)

    def device(number: int) -> list[tuple[int, str, int]]:
        browser = Browser(ports[number % 2], estate.cookies[("training_officer", "training_officer_2", "school_administrator")[number % 3]])
        opened_with, _ = browser.get(address)
        known, said = dict.fromkeys(people, 0), []
        begin.wait(60)
        assert opened_with == 200
        for turn in range(SAVES):
            person, value = people[(number + turn) % PEOPLE], ("present", "absent")[(number + turn) % 2]
            mark = {"person": person, "value": value, "seen_version": known[person], "note": f"{number}-{turn}"}
            status, answer = browser.post_json(f"{address}/marks", {"op_id": new_id(), "marks": [mark]})
            assert status in (200, 409), (status, answer)
            said.append((status, person, known[person]))
            if status == 409:
                told = answer["conflicts"][0]
                assert (told["person"], told["yours"]) == (person, value)
                assert told["theirs"]["version"] > known[person]
                assert told["theirs"]["value"] in ("present", "absent")
                assert told["by"]
                known[person] = told["theirs"]["version"]
            else:
                known[person] = answer["rows"][0]["version"]
        return said

    with ThreadPoolExecutor(THREADS) as pool:
        said = [one for result in pool.map(device, range(THREADS)) for one in result]
    accepted = Counter((person, version) for status, person, version in said if status == 200)
    assert len(said) == THREADS * SAVES
    assert max(accepted.values()) == 1, "two saves were accepted on the same version"
    with opened(estate.folder, estate.url):
        heads = dict(db.session.execute(select(AttendanceRecord.person_id, AttendanceRecord.version).where(
            AttendanceRecord.sheet_id == estate.sheet_id, AttendanceRecord.version > 0)).all())
        marks = db.session.scalar(select(func.count()).select_from(AttendanceMark).where(AttendanceMark.sheet_id == estate.sheet_id))
    assert heads == dict(Counter(person for person, _ in accepted.elements()))
    assert marks == len(accepted)
    estate.sound()


def test_two_officers_set_a_rule_at_the_same_moment(estate: Estate, ports: list[int]) -> None:
    """Both saw the same version: one sets the value, the other is shown it; nobody sees a fault."""
    address, begin = "/policy/rules/training_min_minutes", threading.Barrier(2)

    def officer(number: int, turn: int) -> int:
        browser = Browser(ports[number], estate.cookies["bureau_officer"])
        text = browser.get(address)[1]
        fields = dict(Page(text.decode(), address).forms[-1].fields)
        begin.wait(60)
        value = {"value": str(181 + 2 * turn + number), "effective_on": local_day(now()).isoformat(), "reason": "办公会决定"}
        return browser.post_form(address, {"seen_number": fields["seen_number"]} | value)[0]

    for turn in range(3):
        with ThreadPoolExecutor(2) as pool:
            found = sorted(pool.map(officer, (0, 1), (turn, turn)))
        assert found == [303, 409], found
    with opened(estate.folder, estate.url):
        assert db.session.scalars(select(PolicySetting.number).order_by(PolicySetting.number)).all() == [1, 2, 3]
    estate.sound()


def test_two_officers_publish_the_same_plan_twice(estate: Estate, ports: list[int]) -> None:
    """A double click on two tabs plans one training."""
    browser = Browser(ports[0], estate.cookies["training_officer"])
    text = browser.get("/training/new")[1].decode()
    form = next(f for f in Page(text, "/training/new").forms if any(n == "event_id" for n, _ in f.fields))
    fields = [(k, v) for k, v in form.fields if k not in ("csrf_token", "exclude")] + [("title", "同一份计划"), ("do", "draft")]
    begin = threading.Barrier(2)

    def click(port: int) -> int:
        mine = Browser(port, estate.cookies["training_officer"])
        mine.get("/training/new")
        begin.wait(60)
        return mine.post_form("/training/new", dict(fields))[0]

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(click, ports))
    assert set(found) <= {303, 409, 422}, found
    assert 303 in found
    with opened(estate.folder, estate.url):
        assert db.session.scalar(select(func.count()).select_from(TrainingEvent).where(TrainingEvent.title == "同一份计划")) == 1
    estate.sound()


# --- two forms opened at the same time, sent one after the other -------------------------------------


def last_form(client: FlaskClient, path: str, needle: str) -> dict[str, str]:
    """The fields of the page's form that holds ``needle``."""
    forms = Page(client.get(path).get_data(as_text=True), path).forms
    return dict(next(f.fields for f in forms if any(needle in name for name, _ in f.fields)))


def test_the_second_of_two_stale_corrections_sees_both_titles(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    world = build_world(session)
    vars(district).update(vars(world.sample))
    path = f"/training/events/{world.home.ids['event_id'][1]}/amend"
    sign_in(client, "training_officer")
    mine = last_form(client, path, "title") | {"title": "我的题目", "reason": "更正"}
    first = client.post(path, data=mine | {"title": "先到的题目"})
    assert first.status_code == 303
    second = client.post(path, data=mine)
    assert second.status_code == 409
    assert "先到的题目" in second.text
    assert "我的题目" in second.text


def test_the_second_of_two_stale_rules_sees_both_values(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    path = "/policy/rules/training_min_minutes"
    sign_in(client, "bureau_officer")
    mine = last_form(client, path, "seen_number") | {"value": "217", "effective_on": local_day(now()).isoformat(), "reason": "办公会"}
    assert client.post(path, data=mine | {"value": "211"}).status_code == 303
    second = client.post(path, data=mine)
    assert second.status_code == 409
    assert "211" in second.text
    assert "217" in second.text
    again = last_form_of(second.text, path, "seen_number")
    sent: dict[str, Any] = again | {"value": "217", "effective_on": mine["effective_on"], "reason": "办公会"}
    assert client.post(path, data=sent).status_code == 303, "after seeing both values the officer may decide"


def last_form_of(text: str, path: str, needle: str) -> dict[str, str]:
    """The fields of a page at hand."""
    return dict(next(f.fields for f in Page(text, path).forms if any(needle in name for name, _ in f.fields)))


def test_the_second_of_two_stale_roll_forms_sees_both_marks(client: FlaskClient, session: Session, district: Sample, sign_in: SignIn) -> None:
    world = build_world(session)
    vars(district).update(vars(world.sample))
    path, person = f"/rolls/{world.home.ids['sheet_id'][0]}", world.home.ids["person_id"][2]
    fields = {"mark-1": "present", "seen": f"{person}.0"}
    sign_in(client, "training_officer")
    assert client.post(path, data=fields).status_code == 303
    sign_in(client, "training_officer_2")
    second = client.post(path, data=fields | {"mark-1": "absent"})
    assert second.status_code == 409
    conflict = re.search(r'id="conflicts".*?</div>\s*</div>', second.text, re.DOTALL)
    assert conflict is not None
    assert "training_officer账号" in conflict[0]
    row = session.scalars(select(AttendanceRecord).where(
        AttendanceRecord.person_id == person, AttendanceRecord.sheet_id == world.home.ids["sheet_id"][0])).one()
    assert row.status == "present"
