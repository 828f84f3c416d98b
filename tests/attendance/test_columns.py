"""Files whose columns have names of their own: asked once, remembered for the school, read by them."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.attendance.test_import import LATER, Desk
from tests.builders import Sample
from tests.conftest import SignIn
from trainhub.attendance import service
from trainhub.attendance.import_rules import columns_suffice
from trainhub.attendance.service import ColumnsMissing, NamedColumns, UnknownSource
from trainhub.evidence.outline import outline
from trainhub.plugin_api import Upload
from trainhub.plugin_api.tables import read_tables
from trainhub.roster.models import ColumnMapping, ImportBatch

STRANGE = "谁,牌子,来的钟点,走的钟点,身份证号码\n王芳,0101,14:00,16:00,990101199001010018\n李建国,0103,14:20,16:00,990101199001010026\n"
MAPPING = {"name": "谁", "staff_no": "牌子", "sign_in": "来的钟点", "sign_out": "走的钟点"}


@pytest.fixture
def desk(app: Flask, session: Session, district: Sample) -> Iterator[Any]:
    return lambda name, **more: Desk(app, session, district, name, **more)


@pytest.fixture
def strange(desk: Any) -> Desk:
    it = desk("24-generic-csv")
    it.upload = Upload("考勤.csv", STRANGE.encode("gb18030"))
    return it


def workbook(*rows: tuple[Any, ...], sheets: int = 1) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        for number in range(sheets):
            page = book.add_worksheet(f"第{number + 1}页")
            for index, row in enumerate(rows):
                page.write_row(index, 0, row)
    return out.getvalue()


def cells_of(content: bytes) -> list[list[str]]:
    return [["" if c is None else str(c) for c in row] for row in read_tables(Upload("a.xlsx", content)).tables[0].rows]


def test_an_outline_shows_headers_and_cells_but_nothing_sensitive() -> None:
    shape = outline(read_tables(Upload("a.csv", STRANGE.encode())))
    assert shape is not None
    assert shape.headers == ("谁", "牌子", "来的钟点", "走的钟点", "身份证号码")
    assert shape.samples["来的钟点"] == ("14:00", "14:20")
    assert "身份证号码" not in shape.samples
    assert "9901011990" not in shape.kept
    assert shape.kept.startswith("谁,牌子")


def test_a_number_as_long_as_a_citizens_is_not_shown_under_an_innocent_header() -> None:
    shape = outline(read_tables(Upload("a.csv", "名,串,到\n王芳,990101199001010018,√\n李建国,无,√\n".encode())))
    assert shape is not None
    assert "串" not in shape.samples


def test_an_outline_finds_the_header_below_titles_and_keeps_no_book_of_several_sheets() -> None:
    rows = [("示例小学",), (), ("谁", "部", "来的钟点"), ("王芳", "语文组", "14:00"), ("李建国", "校务办", "14:05")]
    one = outline(read_tables(Upload("a.xlsx", workbook(*rows))))
    two = outline(read_tables(Upload("a.xlsx", workbook(*rows, sheets=2))))
    assert one is not None
    assert two is not None
    assert (one.row, one.headers) == (3, ("谁", "部", "来的钟点"))
    assert "示例小学" in one.kept
    assert two.kept == ""


@pytest.mark.parametrize(("mapping", "enough"), [
    ({"name": "谁"}, False), ({"mark": "到"}, False), ({"name": "谁", "mark": ""}, False), ({"name": "谁", "mark": "到"}, True),
    ({"card_no": "卡", "time": "刷"}, True), ({"department": "部", "status": "况"}, False),
])
def test_columns_must_say_who_and_what(mapping: dict[str, str], enough: bool) -> None:
    assert columns_suffice(mapping) is enough


def test_a_file_nobody_recognises_is_refused_unless_somebody_can_be_asked(strange: Desk) -> None:
    sheet = service.imports.sheet_for_import(strange.session, strange.actor, strange.sheet_id)
    frame = service.imports.session_frame(sheet)
    with pytest.raises(UnknownSource):
        service.read_attendance(strange.upload, strange.sources, frame)
    read = service.read_attendance(strange.upload, strange.sources, frame, ask=True)
    assert (read.needs_columns, read.source_key, read.result.readings) == (True, "tabular", ())


def test_named_columns_are_read_remembered_and_used_for_the_next_file(strange: Desk, session: Session) -> None:
    frame = service.imports.frame_for(session, strange.actor, strange.sheet_id)
    read = service.read_attendance(strange.upload, strange.sources, frame, ask=True)
    batch = service.stage_import(session, strange.actor, strange.sheet_id, read, LATER)
    kept = service.kept_upload("考勤.csv", read.shape.kept)
    again = service.read_with_columns(kept, strange.sources, frame, NamedColumns("tabular", MAPPING), shape=read.shape, sha256=read.sha256)
    service.restage_import(session, strange.actor, batch, again, LATER)
    service.apply_import(session, strange.actor, batch, LATER)
    session.commit()
    assert (strange.head("T001").status, strange.head("T003").status) == ("present", "late")
    assert session.scalars(select(ColumnMapping.mapping)).one() == {"source": "tabular", "columns": MAPPING}
    other = Upload("四月.csv", STRANGE.replace("14:20", "14:00").encode())
    remembered = service.remembered_columns(session, strange.actor, strange.sheet_id)
    known = service.read_attendance(other, strange.sources, frame, remembered=remembered)
    assert (known.needs_columns, len(known.result.readings), known.named.mapping) == (False, 2, MAPPING)
    strange.upload = other
    assert strange.run().changed == 1


def test_columns_of_another_school_are_not_used(strange: Desk, session: Session) -> None:
    session.add(ColumnMapping(district_id=strange.district.district_id, school_id=strange.district.other_school_id, kind="attendance",
                              header_digest="x", mapping={}, updated_at=LATER))
    session.flush()
    assert service.remembered_columns(session, strange.actor, strange.sheet_id) == {}


def test_a_field_said_to_be_in_no_column_is_not_looked_for(strange: Desk, session: Session) -> None:
    frame = service.imports.frame_for(session, strange.actor, strange.sheet_id)
    upload = Upload("a.csv", "姓名,工号,情况,到场\n王芳,0101,支部书记,√\n".encode())
    read = service.read_with_columns(upload, strange.sources, frame, NamedColumns("tabular", {"name": "姓名", "mark": "到场"}))
    assert (read.result.readings[0].staff_no, read.result.readings[0].flags) == ("", ())
    with pytest.raises(ColumnsMissing):
        service.read_with_columns(upload, strange.sources, frame, NamedColumns("tabular", {"name": "姓名"}))


def test_sample_24_reads_the_same_by_columns_somebody_named(desk: Any, session: Session) -> None:
    it = desk("24-generic-csv")
    text = it.upload.content.decode("gb18030")
    header, rest = text.split("\n", 1)
    renamed = "甲,乙,丙,丁,戊,己,庚,辛"
    mapping = dict(zip(["name", "staff_no", "department", "date", "sign_in", "sign_out", "status", "remark"], renamed.split(","), strict=True))
    assert len(header.strip().split(",")) == 8
    frame = service.imports.frame_for(session, it.actor, it.sheet_id)
    read = service.read_attendance(Upload("x.csv", f"{renamed}\n{rest}".encode()), it.sources, frame, ask=True)
    assert read.needs_columns
    kept = service.kept_upload("x.csv", read.shape.kept)
    again = service.read_with_columns(kept, it.sources, frame, NamedColumns("tabular", mapping), shape=read.shape)
    service.imports.import_read_file(session, it.actor, it.sheet_id, again, LATER)
    session.commit()
    want = {p["person_key"]: p["status"] for p in it.expected["people"]}
    assert {k: "present" if it.head(k).status == "left_early" else it.head(k).status for k in want} == want


def test_the_dialog_from_an_unknown_file_to_the_check(strange: Desk, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    sign_in(client, "training_officer")
    url = f"/rolls/{strange.sheet_id}/import"
    sent = client.post(url, data={"file": (io.BytesIO(strange.upload.content), "考勤.csv"), "source": "auto"})
    check = sent.location
    dialog = client.get(check).location
    assert dialog.endswith("/columns")
    shown = client.get(dialog).get_data(as_text=True)
    assert "来的钟点" in shown
    assert "14:20" in shown
    assert "990101" not in shown
    assert 'name="column-sign_in"' in shown
    refused = client.post(dialog, data={"column-name": "谁"})
    assert refused.status_code == 422
    assert '<option value="谁" selected>谁（王芳…）' in refused.get_data(as_text=True)
    assert client.post(dialog, data={"column-name": "没有这一列", "column-mark": "来的钟点"}).status_code == 422
    assert client.post(dialog, data={f"column-{k}": v for k, v in MAPPING.items()}).status_code == 303
    page = client.get(check).get_data(as_text=True)
    assert "王芳" in page
    assert f"{check}/columns" in page
    batch = session.scalars(select(ImportBatch)).one()
    assert batch.version == 2
    second = client.post(url, data={"file": (io.BytesIO(strange.upload.content), "又一次.csv"), "source": "auto"}).location
    assert client.get(second).status_code == 200


def test_a_recognised_file_may_be_read_by_other_columns(desk: Any, client: FlaskClient, sign_in: SignIn) -> None:
    it = desk("18-paper-signin-xlsx")
    sign_in(client, "training_officer")
    content = workbook(("姓名", "签到", "补签"), ("王芳", "×", "√"), ("李建国", "√", "√"))
    url = f"/rolls/{it.sheet_id}/import"
    check = client.post(url, data={"file": (io.BytesIO(content), "a.xlsx"), "source": "tabular"}).location
    dialog = f"{check}/columns"
    assert '<option value="签到" selected>' in client.get(dialog).get_data(as_text=True)
    client.post(dialog, data={"column-name": "姓名", "column-mark": "补签"})
    assert '<option value="补签" selected>' in client.get(dialog).get_data(as_text=True)
    client.post(check, data={"version": "2", "then": "apply"})
    assert it.head("T003").status == "present"


def test_a_book_of_several_sheets_is_chosen_once_more(desk: Any, client: FlaskClient, sign_in: SignIn) -> None:
    it = desk("18-paper-signin-xlsx")
    sign_in(client, "training_officer")
    content = workbook(("谁", "到了没"), ("李建国", "√"), sheets=2)
    check = client.post(f"/rolls/{it.sheet_id}/import", data={"file": (io.BytesIO(content), "a.xlsx")}).location
    data = {"column-name": "谁", "column-mark": "到了没"}
    assert client.post(f"{check}/columns", data=data).status_code == 422
    assert client.post(f"{check}/columns", data=data | {"file": (io.BytesIO(content), "a.xlsx")}).status_code == 303


def test_another_school_finds_no_columns(strange: Desk, session: Session, client: FlaskClient, sign_in: SignIn) -> None:
    frame = service.imports.frame_for(session, strange.actor, strange.sheet_id)
    batch = service.stage_import(session, strange.actor, strange.sheet_id, service.read_attendance(
        strange.upload, strange.sources, frame, ask=True), LATER)
    session.commit()
    sign_in(client, "training_officer@other")
    url = f"/rolls/{strange.sheet_id}/import/{batch}"
    assert client.get(f"{url}/columns").status_code == 404
    assert client.post(f"{url}/columns", data={"column-name": "谁", "column-mark": "牌子"}).status_code == 404
    assert client.get(f"{url}/problems.xlsx").status_code == 404


def test_the_problem_rows_are_a_sheet_in_words_and_formulas_stay_text(desk: Any, client: FlaskClient, sign_in: SignIn) -> None:
    it = desk("18-paper-signin-xlsx")
    sign_in(client, "training_officer")
    text = "姓名,工号,签到\n=HYPERLINK(1),,√\n王芳,,√\n李建国,0103,√\n"
    check = client.post(f"/rolls/{it.sheet_id}/import", data={"file": (io.BytesIO(text.encode()), "a.csv")}).location
    assert f"{check}/problems.xlsx" in client.get(check).get_data(as_text=True)
    answer = client.get(f"{check}/problems.xlsx")
    assert answer.mimetype.endswith("spreadsheetml.sheet")
    assert "filename" in answer.headers["Content-Disposition"]
    cells = cells_of(answer.data)
    head = next(i for i, row in enumerate(cells) if row[0] == "行")
    rows = cells[head + 1:]
    assert [r[0] for r in rows] == ["2", "3"]
    assert all(r[4] and r[5] for r in rows)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    client.post(check, data={"version": "1", "then": "apply"})
    after = cells_of(client.get(f"{check}/problems.xlsx").data)
    assert [r[0] for r in after[head + 1:]] == ["2", "3"]
