"""Workbooks are read back with another program than the one that wrote them."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime

import pytest
from python_calamine import CalamineWorkbook

from trainhub.documents import csvfile, xlsx
from trainhub.documents.cells import TRIGGERS, download_name, neutralise, restore
from trainhub.documents.sheets import Cell, Column, SheetSpec

pytestmark = pytest.mark.files_only

COLUMNS = [
    Column("姓名", width=14),
    Column("分钟", "int", 8),
    Column("日期", "date", 12),
    Column("签到时间", "datetime", 18),
    Column("覆盖率", "percent", 10),
]
ROW: list[Cell] = ["阿不都·克里木", 80, date(2026, 3, 5), datetime(2026, 3, 5, 16, 30, tzinfo=UTC), 0.895]
HOSTILE = [f"{lead}1+1|cmd" for lead in sorted(TRIGGERS)] + ['=HYPERLINK("http://example.invalid")', "'=1", "''=1"]


def sheet_of(rows: list[list[Cell]], *notes: str) -> SheetSpec:
    return SheetSpec("年度培训", COLUMNS, rows, notes)


def read_back(content: bytes, name: str = "年度培训") -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(name).to_python()


def test_values_keep_their_types() -> None:
    rows = read_back(xlsx.write([sheet_of([ROW])]))
    assert rows[1] == [column.header for column in COLUMNS]
    name, minutes, day, moment, rate = rows[2]
    assert name == "阿不都·克里木"
    assert minutes == 80
    assert day == date(2026, 3, 5)
    assert moment == datetime(2026, 3, 6, 0, 30)  # (the wall clock of the schools)
    assert rate == pytest.approx(0.895)


def test_text_in_a_typed_column_and_empty_cells() -> None:
    rows = read_back(xlsx.write([sheet_of([["䶮𬭎㛃", "不适用", None, None, "不适用"]])]))
    assert rows[2] == ["䶮𬭎㛃", "不适用", "", "", "不适用"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula_or_a_link(text: str) -> None:
    content = xlsx.write([sheet_of([[text, text, text, text, text]], text)], filter_note=text, created_by=text)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        relations = [name for name in archive.namelist() if "worksheets/_rels" in name]
    assert not re.search(r"<f[ >]|<hyperlink", page)
    assert relations == []


@pytest.mark.parametrize("text", [t for t in HOSTILE if not t.startswith(("\x00", "\r", "\n", "\t"))])
def test_workbook_gives_text_back(text: str) -> None:
    assert read_back(xlsx.write([sheet_of([[text, None, None, None, None]])]))[2][0] == text


def test_header_is_frozen_filtered_and_repeated_on_a4() -> None:
    content = xlsx.write(
        [sheet_of([ROW], "年度：日历年")], created_by="王芳", created_at=datetime(2026, 11, 21, 1, tzinfo=UTC)
    )
    rows = read_back(content)
    assert rows[1][0] == "年度：日历年"
    assert rows[2][0] == "王芳　2026-11-21 09:00"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        page = archive.read("xl/worksheets/sheet1.xml").decode()
        book = archive.read("xl/workbook.xml").decode()
    assert 'state="frozen"' in page
    assert '<autoFilter ref="A4:E5"/>' in page
    assert 'paperSize="9"' in page
    assert 'orientation="landscape"' in page
    assert "_xlnm.Print_Titles" in book


def test_sheet_names_are_made_acceptable_and_unique() -> None:
    long = "一" * 40
    content = xlsx.write([SheetSpec(title, COLUMNS, []) for title in ("a/b:c", "a b c", "A B C", long, long)])
    names = CalamineWorkbook.from_filelike(io.BytesIO(content)).sheet_names
    assert names[0] == "a b c"
    assert len({name.lower() for name in names}) == 5
    assert all(len(name) <= 31 for name in names)


def test_too_many_columns_in_a_row_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        xlsx.write([sheet_of([[*ROW, "x"]])])


@pytest.mark.parametrize("text", [*HOSTILE, "普通", "", "'quoted'", "' =1", "　=1", "5-3", "'", "\ufeff=1"])
def test_csv_neutralises_and_restores(text: str) -> None:
    assert restore(neutralise(text)) == text
    field = neutralise(text)
    assert field[:1] not in TRIGGERS or not field


def test_csv_round_trip_and_numbers_stay_numbers() -> None:
    rows: list[list[Cell]] = [[text, -5, None, None, 0.5] for text in HOSTILE]
    content = csvfile.write(sheet_of(rows))
    assert content.startswith(b"\xef\xbb\xbf")
    assert b"\x00" not in content
    table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))[1:]
    assert [restore(line[0]).replace("␀", "\x00") for line in table] == HOSTILE
    assert {line[1] for line in table} == {"-5"}
    assert {line[4] for line in table} == {"50.0%"}


def test_download_names_hold_nothing_dangerous() -> None:
    assert download_name("晨曦第一中学", "年度培训", day=date(2026, 11, 21)) == "晨曦第一中学-年度培训-20261121.xlsx"
    assert download_name("../../a\r\nb", "\u202egpj", extension="csv") == "ab-gpj.csv"
    assert download_name("///") == "trainhub.xlsx"
