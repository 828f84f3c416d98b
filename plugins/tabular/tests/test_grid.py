"""Roll-call grids: dates across, signs by the printed legend."""

from datetime import date
from typing import Any

import pytest
from trainhub_tabular import TabularSource

from tests import workbooks
from trainhub.plugin_api import ReadResult, Upload

pytestmark = pytest.mark.files_only


def read(upload: Upload) -> ReadResult:
    return TabularSource().read(upload, workbooks.FRAME)


def marks(result: ReadResult) -> dict[tuple[str, str], Any]:
    return {(r.raw["student_no"] or r.name, r.raw["date"]): (r.stated, r.flags) for r in result.readings}


def test_every_kind_of_date_header() -> None:
    rows = [
        ["四（2）班 2025—2026学年第二学期主题班会点名册", *[None] * 7],
        ["座号", "学号", "姓名", date(2026, 3, 2), "3月9日", "2026/3/16", 46104, "备注"],
        [1, "20220201", "赵一", "○", "△", "×", "", "x"],
        ["合计", None, None, 1, 0, 0, 0, None],
        ["说明：○出勤 △迟到 ×缺勤 空白：事假", *[None] * 7],
    ]
    result = read(workbooks.xlsx(rows))
    found = marks(result)
    assert found["20220201", "2026-03-02"] == ("present", ())
    assert found["20220201", "2026-03-09"][0] == "late"
    assert found["20220201", "2026-03-16"][0] == "absent"
    assert found["20220201", "2026-03-23"][0] == "excused"
    assert len(found) == 4
    assert result.readings[0].raw["class_name"] == "四(2)班"
    assert result.format == "class.rollcall.xlsx"


def test_bare_days_under_months_and_the_year_from_the_term() -> None:
    rows = [
        ["2025-2026学年第一学期 点名册", *[None] * 5],
        ["学号", "姓名", "12月", None, "1月", None],
        [None, None, 22, 29, 5, 12],
        ["01", "赵一", "√", "√", "×", "√"],
    ]
    expected = {"2025-12-22", "2025-12-29", "2026-01-05", "2026-01-12"}
    merged = read(workbooks.xlsx(rows, merge=["A2:A3", "B2:B3", "C2:D2", "E2:F2"]))
    assert {d for _n, d in marks(merged)} == expected
    assert {d for _n, d in marks(read(workbooks.text(rows, "gb18030")))} == expected


def test_without_a_legend_only_ticks_and_crosses_are_taken() -> None:
    rows = [["学号", "姓名", "2026/3/2", "2026/3/9", "2026/3/16"], ["1", "赵一", "√", "○", ""]]
    result = read(workbooks.text(rows))
    found = marks(result)
    assert found["1", "2026-03-02"][0] == "present"
    assert found["1", "2026-03-09"] == (None, ("unknown_symbol",))
    assert found["1", "2026-03-16"] == (None, ("blank_mark",))
    assert [w.code for w in result.warnings] == ["no_legend"]


def test_words_in_cells_and_pupils_who_left() -> None:
    rows = [
        ["学号", "姓名", "2026/3/2", "2026/3/9"],
        ["1", "赵一", "病假", "转出"],
        ["2", "赵一", "迟到5分钟", "√"],
        ["图例：√到", None, None, None],
    ]
    found = marks(read(workbooks.text(rows)))
    assert found["1", "2026-03-02"] == ("excused", ())
    assert found["1", "2026-03-09"] == (None, ("transferred_out",))
    assert found["2", "2026-03-02"][0] == "late"


def test_only_the_sessions_own_day_is_evidence_for_it() -> None:
    rows = [["工号", "姓名", "3月4日", "3月5日"], ["0101", "赵一", "×", "√"]]
    readings = read(workbooks.text(rows)).readings
    assert [(r.other_days, r.stated) for r in readings] == [(True, "absent"), (False, "present")]
