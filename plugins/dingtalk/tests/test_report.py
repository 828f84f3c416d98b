"""The workbook 考勤报表 in any order of columns, with any people and days, and whatever happens to it on the way."""

import random
import time
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_dingtalk import DingTalkSource
from trainhub_dingtalk.results import approval_of, result_of

from tests import dingtalk_month as month
from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
DAY = workbooks.DAY
SOURCE = DingTalkSource()


def read(upload: Upload, **more: Any) -> ReadResult:
    return SOURCE.read(upload, workbooks.FRAME, **more)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (reading.staff_no, [local(p).strftime("%d %H:%M") for p in reading.punches], reading.stated, reading.flags)


def one(
    came: str | None, left: str | None, records: list[dict[str, Any]] | None = None, **more: Any
) -> AttendanceReading:
    (reading,) = read(month.workbook([month.row(month.person(1), DAY, came, left, **more)], records)).readings
    return reading


PEOPLE = [
    month.row(month.person(1), DAY, "13:52", "16:03"),
    month.row(month.person(2), DAY, "14:23", None),
    month.row(month.person(3), DAY, None, None),
    month.rest(month.person(4), DAY),
    month.rest(month.person(1), DAY - timedelta(days=4)),
    month.row(month.person(2), DAY + timedelta(days=1), "13:00", "15:00"),
]
WANTED = [("0001", ["05 13:52", "05 16:03"], None, ()), ("0002", ["05 14:23"], None, ()), ("0003", [], None, ())]


@given(
    order=st.permutations(month.DAILY),
    titles=st.integers(0, 4),
    levels=st.sampled_from([1, 2]),
    seed=st.integers(0, 99),
)
@settings(max_examples=25, deadline=None)
def test_order_of_columns_titles_and_rows_do_not_matter(order: list[str], titles: int, levels: int, seed: int) -> None:
    rows = random.Random(seed).sample(PEOPLE, len(PEOPLE))
    upload = month.workbook(rows, columns=order, titles=titles, levels=levels)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert sorted(map(told, result.readings)) == WANTED
    assert sorted(d.reason for d in result.dropped if d.reason != "header_again") == [
        "other_date",
        "other_date",
        "rest_day",
    ]


@given(
    left_out=st.sets(
        st.sampled_from(
            [c for c in month.DAILY if c not in ("姓名", "UserId", "日期", "上班1打卡时间", "下班1打卡时间")]
        )
    )
)
@settings(max_examples=25, deadline=None)
def test_columns_that_somebody_switched_off(left_out: set[str]) -> None:
    upload = month.workbook(PEOPLE[:2], columns=[c for c in month.DAILY if c not in left_out])
    assert SOURCE.recognise(upload) == 98
    assert [r.platform_id for r in read(upload).readings] == ["u00001x", "u00002x"]
    assert [told(r)[1] for r in read(upload).readings] == [w[1] for w in WANTED[:2]]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_the_csv_flavour_in_every_encoding(encoding: str) -> None:
    rows = [month.DAILY, *[[p.get(c) for c in month.DAILY] for p in PEOPLE], [None], ["合计", None, None]]
    upload = workbooks.text(rows, encoding)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "dingtalk.report.csv"
    assert sorted(map(told, result.readings)) == WANTED


@pytest.mark.parametrize(
    "cell", ["２６-０３-０５ 星期四", "2026-03-05", "2026年3月5日", "2026/3/5 星期四", 46086, date(2026, 3, 5)]
)
def test_every_style_of_day(cell: Any) -> None:
    upload = workbooks.text(
        [
            ["姓名", "UserId", "日期", "班次", "上班1打卡时间", "下班1打卡时间"],
            ["赵一", "a", cell, "x", "13:50", "16:00"],
        ]
    )
    assert [told(r)[1] for r in read(upload).readings] == [["05 13:50", "05 16:00"]]


def test_the_day_may_stand_in_work_date_only_or_in_the_title_only() -> None:
    who = month.row(month.person(1), DAY, "13:50", "16:00", workDate="1772640000000", 日期=None)
    assert told(read(month.workbook([who])).readings[0])[1] == ["05 13:50", "05 16:00"]
    columns = [c for c in month.DAILY if c not in ("日期", "workDate")]
    single = month.workbook([who], columns=columns, span="2026-03-05 至 2026-03-05")
    assert len(read(single).readings) == 1
    several = read(month.workbook([who], columns=columns))
    assert several.readings == ()
    assert several.dropped[-1].reason == "date_unreadable"


def test_namesakes_keep_their_own_ids_and_a_spoilt_number_is_not_used() -> None:
    twins = [month.row(month.person(n) | {"姓名": "王芳"}, DAY, "13:50", "16:00") for n in (1, 2)]
    assert len({r.external_id for r in read(month.workbook(twins)).readings}) == 2
    damaged = month.row(month.person(1) | {"工号": "8.86E+11", "UserId": None}, DAY, "13:50", "16:00")
    assert read(month.workbook([damaged])).readings[0].staff_no == ""


@pytest.mark.parametrize(
    ("text", "counts", "flags"),
    [
        ("正常", True, ()), ("迟到", True, ()), ("旷工迟到", True, ()), ("早退 40分钟", True, ()), ("缺卡", False, ()), ("旷工", False, ()),
        ("外勤", True, ("out_of_range",)), ("补卡审批通过", True, ("approved_makeup",)), ("管理员周某改为正常", True, ("admin_override",)),
        ("管理员周某改为缺卡", False, ("admin_override",)), ("打卡无效：此记录已被系统判定无效", False, ("invalid_punch_dropped",)),
        ("从没见过的词", True, ("remark_needs_check",)), ("", True, ()),
    ],
)  # fmt: skip
def test_results(text: str, counts: bool, flags: tuple[str, ...]) -> None:
    found = result_of(text)
    assert (found.counts, found.flags, found.leave) == (counts, flags, None)


def test_the_day_after_and_several_shifts() -> None:
    late = one("13:50", "次日 00:10")
    assert told(late)[1] == ["05 13:50", "06 00:10"]
    both = one(
        "08:00", "12:01", 上班2打卡时间="13:55", 上班2打卡结果="正常", 下班2打卡时间="16:02", 下班2打卡结果="正常"
    )
    assert told(both)[1] == ["05 08:00", "05 12:01", "05 13:55", "05 16:02"]


def test_leave_by_results_and_by_approval() -> None:
    leave = {"上班1打卡结果": "请假", "下班1打卡结果": "请假", "关联的审批单": "病假03-05 14:00到03-05 16:00 0.5天"}
    assert (one(None, None, **leave).stated, one(None, None, **leave).leave_type) == ("excused", "sick")
    trip = one(None, None, 上班1打卡结果="出差", 下班1打卡结果="出差")
    assert (trip.stated, trip.leave_type, trip.flags) == ("excused", "official", ("excused_business_trip",))
    by_approval = one("07:58", "12:00", 关联的审批单="事假2026-03-05 13:00到2026-03-05 17:30")
    assert (by_approval.stated, by_approval.leave_type) == ("excused", "personal")
    half = one("07:58", "12:00", 关联的审批单="事假03-05 15:00到03-05 17:30")
    assert (half.stated, half.flags) == (None, ("linked_approval_needs_check",))
    came = one("13:58", "16:00", 关联的审批单="事假03-05 13:00到03-05 17:30")
    assert (came.stated, came.flags) == (None, ("linked_approval_needs_check",))
    assert one(None, None, 关联的审批单="补卡申请 03-05 14:00").flags == ()


@pytest.mark.parametrize(
    ("text", "covers", "touches"),
    [
        ("事假03-05到03-06", True, True), ("事假 03-05 下午到03-05 下午 0.5天", True, True), ("事假03-05 上午到03-05 上午", False, False),
        ("事假03-04 14:00到03-04 16:00", False, False), ("事假03-05 15:00到03-05 18:00", False, True), ("事假一天", False, True),
    ],
)  # fmt: skip
def test_what_an_approval_covers(text: str, covers: bool, touches: bool) -> None:
    found = approval_of(text, DAY, workbooks.FRAME)
    assert found is not None
    assert (found.covers, found.touches) == (covers, touches)


def record(clock: str, result: str = "正常", **more: Any) -> dict[str, Any]:
    return (
        month.person(1)
        | {
            "考勤日期": month.said(DAY),
            "打卡时间": f"2026-03-05 {clock}",
            "打卡结果": result,
            "打卡地址": "某校 多功能厅",
        }
        | more
    )


def test_records_say_which_punches_were_invalid_and_are_never_counted_twice() -> None:
    records = [
        record("13:51:10"),
        record("13:34:12", "打卡无效：此记录已被系统判定无效", 异常打卡原因="模拟定位"),
        record("16:02:00"),
    ]
    assert told(one("13:51", "16:02", records)) == ("0001", ["05 13:51", "05 16:02"], None, ())
    assert told(one("13:34", "16:02", records)) == ("0001", ["05 16:02"], None, ("invalid_punch_dropped",))


def test_records_fill_in_for_people_on_another_shift() -> None:
    records = [record("07:58:00"), record("13:51:10"), record("16:02:00"), record("17:30:00")]
    assert told(one("07:58", "17:30", records))[1] == ["05 07:58", "05 13:51", "05 16:02", "05 17:30"]


def test_records_alone_and_punch_times_alone() -> None:
    alone = read(
        month.workbook(
            None, [record("13:51:10"), record("13:40:00", 异常打卡原因="模拟定位"), record("16:02:00", "外勤")]
        )
    )
    assert [told(r) for r in alone.readings] == [
        ("0001", ["05 13:51", "05 16:02"], None, ("invalid_punch_dropped", "out_of_range"))
    ]
    days = ["1", *map(str, range(2, 7)), "六"]
    times = [month.person(1) | {"5": "13:52  \n14:50  \n16:03 ", "六": "08:00"}, month.person(2)]
    upload = month.workbook(None, extra=[("打卡时间", [*month.PERSON, *days], times)], span="2026-03-01 至 2026-03-07")
    assert SOURCE.recognise(upload) == 96
    assert [told(r)[:2] for r in read(upload).readings] == [("0001", ["05 13:52", "05 14:50", "05 16:03"])]


def test_sums_alone_are_refused_with_the_sheet_to_export() -> None:
    upload = month.workbook(
        None, extra=[("月度汇总", [*month.PERSON, "出勤天数", "迟到次数"], [month.person(1) | {"出勤天数": 20}])]
    )
    assert SOURCE.recognise(upload) == 96
    with pytest.raises(Refused, match="only_totals"):
        read(upload)


def test_a_file_of_another_month_is_said() -> None:
    result = read(month.workbook(month.whole_month(2, date(2026, 2, 1), 3)))
    assert result.readings == ()
    assert [(w.code, w.params["last"]) for w in result.warnings] == [("no_rows_for_the_day", "2026-02-03")]


def test_a_mapping_names_a_column_that_was_renamed() -> None:
    rows = [
        ["员工", "UserId", "日期", "班次", "上班1打卡时间", "下班1打卡时间"],
        ["赵一", "a", "26-03-05", "x", "13:50", "16:00"],
    ]
    assert read(workbooks.xlsx(rows)).readings[0].name == ""
    assert read(workbooks.xlsx(rows), mapping={"name": "员工"}).readings[0].name == "赵一"


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "工号", "签到时间"], ["赵一", "1", "13:50"]],
        [["姓名", "部门", "打卡时间", "打卡结果"], ["赵一", "1", "13:50", "正常"]],
        [
            ["时间", "姓名", "账号", "部门", "上班1打卡时间", "上班1打卡状态"],
            ["2026/03/05", "赵一", "x", "y", "13:50", "正常"],
        ],
        [["教职工花名册"], ["姓名", "工号", "部门", "职位"], ["赵一", "1", "x", "y"]],
    ],
)
def test_tables_of_others_are_not_taken(rows: Any) -> None:
    assert SOURCE.recognise(workbooks.xlsx(rows)) == 0


@pytest.mark.parametrize("content", [b"", b"{", b'{"a": [', b"\x00\x01", b"PK\x03\x04broken", b"[" * 100_000, b"{" * 9])
def test_recognising_never_raises(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x.xlsx", content)) == 0


def test_reading_twice_and_in_another_order_gives_the_same_keys() -> None:
    a, b = read(month.workbook(PEOPLE)), read(month.workbook(PEOPLE[::-1]))
    assert read(month.workbook(PEOPLE)) == a
    assert {r.external_id for r in a.readings} == {r.external_id for r in b.readings}
    assert len({r.external_id for r in a.readings}) == len(a.readings)


def test_a_month_of_130_people_reads_in_under_a_second() -> None:
    upload = month.workbook(month.whole_month(130, date(2026, 3, 1), 31))
    began = time.process_time()
    result = read(upload)
    assert time.process_time() - began < 1
    assert len(result.readings) == 130
