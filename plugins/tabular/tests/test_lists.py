"""Clerks' lists: any header, any date and time style, any order, any damage."""

import random
from datetime import date, datetime, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_tabular import TabularSource
from trainhub_tabular.labels import LABELS, field_of

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import ReadResult, Refused, Upload
from trainhub.plugin_api.headers import fold_label

pytestmark = pytest.mark.files_only


def read(upload: Upload, **more: Any) -> ReadResult:
    return TabularSource().read(upload, workbooks.FRAME, **more)


def clocks(result: ReadResult) -> list[list[str]]:
    return [[local(p).strftime("%m-%d %H:%M") for p in r.punches] for r in result.readings]


@pytest.mark.parametrize(
    "typed",
    [
        "2026/3/5", "2026-3-5", "2026.3.5", "2026。3。5", "26-03-05", "2026年3月5日", "3月5日", "20260305", "46086", "2026-03-05T00:00:00",
        "２０２６／３／５", "2026年3月5日（星期四）", "26-03-05 星期四", "3/5", "3.5", date(2026, 3, 5), datetime(2026, 3, 5), 46086,
    ],
)  # fmt: skip
def test_every_style_of_date(typed: Any) -> None:
    rows = [["姓名", "日期", "签到时间", "签退时间"], ["赵一", typed, "13:50", "16:00"]]
    assert clocks(read(workbooks.xlsx(rows))) == [["03-05 13:50", "03-05 16:00"]]


@pytest.mark.parametrize(
    "typed",
    [
        "13:50", "13：50", "１３：５０", "下午1:50", "下午1时50分", "1:50 PM", "下午 1:50", "13:50:59", "13时50分", "1350", time(13, 50),
        datetime(2026, 3, 5, 13, 50, 7), "2026-3-5 13:50", "2026年3月5日 下午1:50", "20260305135000", 13.8333333 / 24, "2026-03-05T05:50:00Z",
        "13.50",
    ],
)  # fmt: skip
def test_every_style_of_clock(typed: Any) -> None:
    rows = [["姓名", "签到时间"], ["赵一", typed]]
    assert clocks(read(workbooks.xlsx(rows))) == [["03-05 13:50"]]


def test_two_clocks_in_one_cell_and_in_several_columns() -> None:
    rows = [["姓名", "打卡时间"], ["赵一", "13:52\n16:03 "], ["钱二", "13:52-16:03"]]
    assert clocks(read(workbooks.xlsx(rows))) == [["03-05 13:52", "03-05 16:03"]] * 2
    rows = [["姓名", "上午签到时间", "下午签到时间", "下午签退时间"], ["赵一", "08:01", "13:52", "16:03"]]
    assert clocks(read(workbooks.xlsx(rows))) == [["03-05 08:01", "03-05 13:52", "03-05 16:03"]]


def test_a_date_or_clock_that_cannot_be_read_is_said() -> None:
    rows = [
        ["姓名", "日期", "签到时间"],
        ["赵一", "上周四", "13:50"],
        ["钱二", "3/5/2026", "13:50"],
        ["孙三", "2026/3/5", "两点左右"],
    ]
    flags = [r.flags for r in read(workbooks.text(rows)).readings]
    assert flags == [("date_unreadable",), ("date_unreadable",), ("time_unreadable",)]


def test_numbers_that_a_program_spoilt() -> None:
    rows = [
        ["姓名", "工号", "签到时间"],
        ["赵一", "2001.0", "13:50"],
        ["钱二", '="00123"', "13:50"],
        ["孙三", "8.86E+11", "13:50"],
    ]
    readings = read(
        workbooks.text([[str(v).replace('"', '""') if '"' in str(v) else v for v in r] for r in rows])
    ).readings
    assert next(r.staff_no for r in readings) == "2001"
    assert readings[2].staff_no == ""
    assert "staff_no_damaged" in readings[2].flags
    assert read(workbooks.xlsx(rows)).readings[1].staff_no == "00123"
    number = read(
        workbooks.xlsx([["姓名", "工号", "签到时间"], ["赵一", 2001, "13:50"], ["钱二", 1.23e17, "13:50"]])
    ).readings
    assert number[0].staff_no == "2001"
    assert "staff_no_damaged" in number[1].flags


@given(
    order=st.permutations(["姓名", "教职工号", "所属部门", "签到时间", "签退时间", "备注说明", "无关的列"]),
    titles=st.integers(0, 5),
)
@settings(max_examples=30, deadline=None)
def test_column_order_and_title_rows_do_not_matter(order: list[str], titles: int) -> None:
    people = [
        {
            "姓名": "赵一",
            "教职工号": "0101",
            "所属部门": "语文组",
            "签到时间": "13:50",
            "签退时间": "16:00",
            "备注说明": "",
            "无关的列": "x",
        },
        {
            "姓名": "钱二",
            "教职工号": "0102",
            "所属部门": "数学组",
            "签到时间": "14:20",
            "签退时间": "16:01",
            "备注说明": "",
            "无关的列": "y",
        },
    ]
    rows = [[f"第{i}行标题", *[None] * 6] for i in range(titles)] + [order] + [[p[c] for c in order] for p in people]
    result = read(workbooks.text(rows, random.Random(titles).choice(["utf-8", "gb18030", "utf-16"])))
    assert [(r.name, r.staff_no, r.department) for r in result.readings] == [
        ("赵一", "0101", "语文组"),
        ("钱二", "0102", "数学组"),
    ]
    assert clocks(result) == [["03-05 13:50", "03-05 16:00"], ["03-05 14:20", "03-05 16:01"]]
    assert result.unmapped == ("无关的列",)


def test_two_level_headers_and_merged_cells() -> None:
    rows = [
        ["培训考勤表", None, None, None, None],
        ["工号", "姓名", "部门", "考勤", None],
        [None, None, None, "签到时间", "签退时间"],
        ["0101", "赵一", "语文组", "13:50", "16:00"],
        ["0102", "钱二", None, "13:51", "16:00"],
    ]
    merged = read(workbooks.xlsx(rows, merge=["A1:E1", "A2:A3", "B2:B3", "C2:C3", "D2:E2", "C4:C5"]))
    assert [(r.staff_no, r.name, r.department) for r in merged.readings] == [
        ("0101", "赵一", "语文组"),
        ("0102", "钱二", "语文组"),
    ]
    assert clocks(merged)[0] == ["03-05 13:50", "03-05 16:00"]
    assert [r.name for r in read(workbooks.text(rows)).readings] == ["赵一", "钱二"]


def test_a_list_with_a_status_only_is_read_as_marks() -> None:
    rows = [
        ["姓名", "工号", "出勤情况"],
        ["赵一", "1", "出勤"],
        ["钱二", "2", "病假"],
        ["孙三", "3", "缺勤"],
        ["李四", "4", "早退"],
    ]
    assert [r.stated for r in read(workbooks.xlsx(rows)).readings] == ["present", "excused", "absent", "left_early"]


def test_traditional_headers_are_headers_too() -> None:
    rows = [["姓名", "職工編號", "部門", "簽到時間", "備註"], ["陳一", "0101", "語文組", "13:50", "遲到"]]
    result = read(workbooks.text(rows))
    assert set(result.columns) == {"name", "staff_no", "department", "sign_in", "remark"}


def test_several_sheets_of_one_layout_are_one_file_and_keys_stay_unique() -> None:
    import io

    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    for name in ("语文组", "数学组"):
        page = book.add_worksheet(name)
        for r, row in enumerate([["姓名", "签到时间"], ["赵一", "13:50"], ["钱二", "13:55"]]):
            for c, value in enumerate(row):
                page.write_string(r, c, value)
    book.add_worksheet("填写说明").write_string(0, 0, "请按实填写")
    book.close()
    result = read(Upload("a.xlsx", buffer.getvalue()))
    keys = [r.external_id for r in result.readings]
    assert len(keys) == 4 == len(set(keys))


def test_case_102_the_same_file_has_the_same_keys() -> None:
    rows = [["姓名", "工号", "签到时间"], ["赵一", "0101", "13:50"], ["钱二", "", "13:50"], ["钱二", "", "13:50"]]
    first, second = (read(workbooks.text(rows)) for _ in range(2))
    assert [r.external_id for r in first.readings] == [r.external_id for r in second.readings]
    assert len({r.external_id for r in first.readings}) == 3


def test_a_table_without_names_is_refused_in_plain_words() -> None:
    with pytest.raises(Refused) as caught:
        read(workbooks.text([["商品", "价格"], ["铅笔", "1"]]))
    assert caught.value.code == "no_header"


def test_a_mapping_reads_columns_nobody_knows() -> None:
    rows = [["谁", "啥时候来的", "签到时间"], ["赵一", "13:50", "没写"]]
    result = read(workbooks.text(rows), mapping={"name": "谁", "sign_in": "啥时候来的"})
    assert clocks(result) == [["03-05 13:50"]]
    assert result.readings[0].name == "赵一"


def test_after_midnight() -> None:
    rows = [["姓名", "签到时间", "签退时间"], ["赵一", "13:50", "次日 00:10"]]
    assert clocks(read(workbooks.text(rows))) == [["03-05 13:50", "03-06 00:10"]]


def test_no_label_names_two_fields() -> None:
    seen: dict[str, str] = {}
    for field, labels in LABELS.items():
        for label in labels:
            assert seen.setdefault(fold_label(label), field) == field, label
    assert field_of("父亲姓名") is None
    assert field_of("参训教师姓名") == "name"


def test_recognise_never_raises_and_tells_apart() -> None:
    source = TabularSource()
    assert source.recognise(Upload("x", b"\xff\xd8\xff")) == 0
    assert source.recognise(workbooks.text([["姓名", "签到"], ["赵一", "√"]])) == 80
    assert source.recognise(workbooks.text([["姓名", "签到时间"], ["赵一", "13:50"]])) == 70
    assert source.recognise(workbooks.text([["学号", "姓名", "3月2日"], ["1", "赵一", "√"]])) == 90
