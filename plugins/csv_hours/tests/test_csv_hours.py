"""The file as a spreadsheet program reads it, and the rule against formulas."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainhub_csv_hours import CsvHours, neutralised

from trainhub.documents.cells import neutralise
from trainhub.plugin_api import HoursLedger, HoursRow

pytestmark = pytest.mark.files_only
ROW = HoursRow(
    "p1", "张䶮", "0106", "科学组", "《法律与职责》，专题培训", date(2026, 3, 5), 100, "面授", date(2026, 3, 6), "点名"
)
LEDGER = HoursLedger(
    "青禾实验小学",
    "2199000001",
    "2026",
    45,
    datetime(2026, 3, 7, tzinfo=UTC),
    (ROW, replace(ROW, name='=HYPERLINK("x")', verified_on=None)),
)


def rows(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_one_row_a_person_and_training() -> None:
    found = CsvHours().export(LEDGER, {})
    assert (found.name, found.media_type) == ("青禾实验小学-学时明细-2026.csv", "text/csv")
    header, first, second = rows(found.content)
    assert dict(zip(header, first, strict=True)) == {
        "人员代码": "p1",
        "姓名": "张䶮",
        "工号": "0106",
        "部门": "科学组",
        "培训": "《法律与职责》，专题培训",
        "日期": "2026-03-05",
        "分钟": "100",
        "学时": "2",
        "方式": "面授",
        "核验日期": "2026-03-06",
        "来源": "点名",
    }
    assert second[1] == '\'=HYPERLINK("x")'
    assert second[9] == ""


def test_the_same_data_gives_the_same_bytes_and_no_path() -> None:
    found = CsvHours().export(replace(LEDGER, school="../../etc"), {})
    assert "/" not in found.name
    assert found == CsvHours().export(replace(LEDGER, school="../../etc"), {})


@given(st.text(alphabet=st.sampled_from("=+-@＝＋－＠'\t\r\n\x00 a1张\u3000\ufeff\u00a0"), max_size=8))
def test_the_rule_is_cores(text: str) -> None:
    assert neutralised(text) == neutralise(text).replace("\x00", "␀")
