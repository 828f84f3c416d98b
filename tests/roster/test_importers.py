"""A roster in a format of a plugin: recognised or chosen, read in the child, then previewed and written as any list."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from trainhub_oneroster import OneRosterImporter

from tests.builders import Sample
from tests.roster.conftest import KEY, NOW, Desk
from trainhub.plugin_api import Problem, RosterTable, Unreadable, Upload
from trainhub.roster import service
from trainhub.roster.models import Employment, Person
from trainhub.roster.refusals import UnreadableFile
from trainhub.roster.service.importers import read_any
from trainhub.roster.service.reading import SchoolFacts, read_table

SAMPLES = Path(__file__).resolve().parents[1] / "data" / "samples"
ONEROSTER = {"oneroster": OneRosterImporter()}
FACTS = SchoolFacts("d1", "2199000001", 2025, "primary")


def sample(folder: str = "33-oneroster-1.2") -> Upload:
    return Upload("导出.zip", (SAMPLES / folder / "oneroster.zip").read_bytes())


def read(upload: Upload, kind: Any = "staff", chosen: str = "", importers: Any = None) -> service.Reading:
    return read_any(kind, upload, FACTS, KEY, {}, ONEROSTER if importers is None else importers, chosen)


def test_it_is_recognised_and_rows_keep_their_numbers() -> None:
    found = read(sample())
    assert found.sheet == "OneRoster 1.1 / 1.2"
    assert not found.needs_mapping
    assert [(e.row, e.name, e.number, e.homeroom, e.posts) for e in found.entries] == [
        (2, "王芳", "0101", "3-1", ()), (3, "欧阳若彤", "0104", "", ()), (4, "李建国", "0103", "", ("principal",)),
    ]
    assert [(n.code, n.params) for n in found.notes] == [("broken_references", {"count": 1}), ("dropped_orphan", {"count": 1})]
    pupils = read(sample(), "students")
    [entry] = pupils.entries
    assert (entry.row, entry.name, entry.group, entry.shown_number) == (5, "陈一诺", "3-1", "G…0125")
    assert "G990101201709120125" not in repr(pupils)
    assert pupils.dropped == {"inactive": 1, "orphan": 1}


def test_a_sheet_is_read_as_a_sheet_whatever_is_installed() -> None:
    sheet = Upload("名单.csv", "姓名,工号\n王芳,0101\n".encode())
    assert [e.number for e in read(sheet).entries] == ["0101"]
    assert read(sheet) == read(sheet, importers={}) == read(sheet, chosen="sheet")


def test_a_chosen_importer_that_cannot_read_says_why() -> None:
    with pytest.raises(UnreadableFile) as caught:
        read(Upload("名单.csv", b"a,b\n1,2\n"), chosen="oneroster")
    assert caught.value.params["reason"] == "no_header"
    with pytest.raises(UnreadableFile):
        read(Upload("x.zip", b"PK\x03\x04junk"))


def table(*rows: tuple[str, ...], **more: Any) -> service.Reading:
    columns = more.pop("columns", ("name", "staff_no"))
    return read_table("staff", RosterTable("staff", columns, rows, **more), Upload("x", b"x"), "x", FACTS, KEY)


def test_numbers_that_do_not_rise_are_not_believed() -> None:
    assert [e.row for e in table(("王芳", "1"), ("李建国", "2"), numbers=(9, 4)).entries] == [2, 3]
    assert [e.row for e in table(("王芳", "1"), ("李建国", "2"), numbers=(4, 9)).entries] == [4, 9]
    assert [e.row for e in table(("王芳", "1"), numbers=(10**9,)).entries] == [2]


def test_what_a_plugin_should_not_say_is_refused_or_named() -> None:
    for columns in (("staff_no", "name", "more"), ("staff_no",)):
        with pytest.raises(UnreadableFile):
            table(("王芳", "1"), columns=columns)
    odd = table(("王芳", "1", "42"), columns=("name", "staff_no", "shoe_size"), dropped=(Unreadable(3, "because"),), warnings=(Problem("delta_file"),))
    assert odd.unmapped == ("shoe_size",)
    assert [n.code for n in odd.notes] == ["delta_file", "dropped_other"]


def test_the_preview_and_the_writing_are_the_usual_ones(desk: Desk, session: Session) -> None:
    facts = service.school_facts(session, desk.actor.district_id, desk.school_id, NOW)
    reading = read_any("staff", sample(), SchoolFacts(facts.district_id, "2199000001"), KEY, {}, ONEROSTER)
    page = desk.page(service.stage(session, desk.actor, desk.school_id, reading, NOW))
    assert page.plan.counts["new"] >= 2


SignIn = Callable[[FlaskClient, str], None]


@pytest.fixture
def switched_on(app: Flask) -> Iterator[None]:
    host = app.extensions["trainhub.plugins"]
    before = app.extensions["trainhub.plugins_forced"]
    forced = type(before)(frozenset({"oneroster"}))
    app.extensions["trainhub.plugins_forced"] = forced
    host.apply(host.defaults | {"oneroster"})
    yield
    app.extensions["trainhub.plugins_forced"] = before
    host.apply(host.defaults)


def test_the_page_offers_it_only_where_it_is_on(client: FlaskClient, sign_in: SignIn, district: Sample) -> None:
    sign_in(client, "school_administrator")
    assert "OneRoster" not in client.get("/roster/import/staff").get_data(as_text=True)


def test_from_the_page_to_the_list(client: FlaskClient, sign_in: SignIn, session: Session, switched_on: None, district: Sample) -> None:
    sign_in(client, "school_administrator")
    page = client.get("/roster/import/staff").get_data(as_text=True)
    assert "OneRoster 1.1 / 1.2" in page
    assert ",.zip" in page
    content = sample().content
    answer = client.post("/roster/import/staff", data={"file": (BytesIO(content), "导出.zip"), "importer": ""})
    assert answer.status_code == 303
    shown = client.get(answer.location).get_data(as_text=True)
    assert "欧阳若彤" in shown
    assert "有 1 行提到的人或班级不在文件里" in shown
    refused = client.post("/roster/import/staff", data={"file": (BytesIO(b"a,b\n1,2\n"), "x.csv"), "importer": "oneroster"})
    assert refused.status_code == 422
    assert "姓名" in refused.get_data(as_text=True)
    assert session.scalars(select(Person.id).join(Employment, Employment.person_id == Person.id).where(Person.name == "欧阳若彤")).all() == []
