"""The daily report with its blocks in any order, any of them switched off, and whatever happens to it on the way."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_wecom import WeComSource

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = WeComSource()
Block = tuple[str, tuple[str, ...]]
BLOCKS: tuple[Block, ...] = (
    ("", ("时间",)), ("", ("姓名",)), ("", ("账号",)), ("基础信息", ("部门", "职务")),
    ("考勤概况", ("所属规则", "班次", "最早", "最晚", "打卡次数(次)", "假勤申请", "考勤结果")), ("异常统计", ("异常合计(次)", "迟到次数(次)")),
    ("外出打卡", ("外出打卡次数(次)", "最早", "最晚")), ("加班统计", ("加班状态",)), ("上班1", ("打卡时间", "打卡状态")), ("下班1", ("打卡时间", "打卡状态")),
    ("", ("打卡时间记录",)),
)  # fmt: skip


def row(name: str, came: str, left: str, **more: str) -> dict[str, str]:
    """A row by ``group/label``; nothing is written as WeCom writes it."""
    record = " ".join(t for t in (came, left) if t[:1].isdigit()) or "--"
    first, last = record.split()[0], record.split()[-1]
    base = {
        "时间": "2026/03/05 星期四", "姓名": name, "账号": f"id{name}", "基础信息/部门": "示例学校/语文组", "考勤概况/所属规则": "专题培训", "考勤概况/班次": "14:00-16:00",
        "考勤概况/最早": first, "考勤概况/最晚": last, "考勤概况/假勤申请": "--", "考勤概况/考勤结果": "正常", "外出打卡/最早": "--", "外出打卡/最晚": "--", "上班1/打卡时间": came or "未打卡",
        "上班1/打卡状态": "正常" if came else "缺卡", "下班1/打卡时间": left or "未打卡", "下班1/打卡状态": "正常" if left else "缺卡", "打卡时间记录": record,
    }  # fmt: skip
    return base | {k.replace("__", "/"): v for k, v in more.items()}


def report(
    rows: Sequence[dict[str, str]],
    blocks: Sequence[Block] = BLOCKS,
    *,
    titles: int = 2,
    sheet: str = "概况统计与打卡明细",
) -> Upload:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    page = book.add_worksheet(sheet)
    width = sum(len(labels) for _g, labels in blocks)
    for index in range(titles):
        page.merge_range(
            index, 0, index, width, "统计时间:2026-03-05 ～ 2026-03-05     制表时间:2026-03-06 08:30(UTC+8)"
        )
    column = 0
    for group, labels in blocks:
        if group and len(labels) > 1:
            page.merge_range(titles, column, titles, column + len(labels) - 1, group)
        elif group:
            page.write_string(titles, column, group)
        else:
            page.merge_range(titles, column, titles + 1, column, labels[0])
        for label in labels:
            if group:
                page.write_string(titles + 1, column, label)
            for index, item in enumerate(rows, titles + 2):
                page.write_string(index, column, item.get(f"{group}/{label}" if group else label, "0"))
            column += 1
    book.close()
    return Upload("日报.xlsx", buffer.getvalue())


def read(upload: Upload, **more: Any) -> ReadResult:
    return SOURCE.read(upload, workbooks.FRAME, **more)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (reading.name, [local(p).strftime("%H:%M") for p in reading.punches], reading.stated, reading.flags)


PEOPLE = [
    row("赵一", "13:52", "16:03"),
    row("钱二", "13:58", ""),
    row("孙三", "", ""),
    row("李四", "", "", 考勤概况__假勤申请="病假2.0小时", 考勤概况__考勤结果="请假"),
    row("周五", "08:01", "17:31", 外出打卡__最早="14:30", 外出打卡__最晚="14:30"),
]
WANTED = [
    ("赵一", ["13:52", "16:03"], None, ()),
    ("钱二", ["13:58"], None, ()),
    ("孙三", [], None, ()),
    ("李四", [], "excused", ()),
    ("周五", ["08:01", "17:31"], None, ("outdoor_checkin_during_session",)),
]


@given(order=st.permutations(BLOCKS), titles=st.integers(0, 4))
@settings(max_examples=25, deadline=None)
def test_order_of_blocks_and_titles_do_not_matter(order: list[Block], titles: int) -> None:
    upload = report(PEOPLE, order, titles=titles)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert [told(r) for r in result.readings] == WANTED
    assert result.readings[3].leave_type == "sick"


@given(st.sets(st.sampled_from(["账号", "基础信息", "异常统计", "加班统计", "上班1", "下班1", "打卡时间记录"])))
@settings(max_examples=25, deadline=None)
def test_blocks_that_somebody_switched_off(left_out: set[str]) -> None:
    blocks = [b for b in BLOCKS if b[0] not in left_out and b[1][0] not in left_out]
    upload = report(PEOPLE, blocks)
    assert SOURCE.recognise(upload) == 98
    assert [told(r) for r in read(upload).readings] == WANTED


def test_the_outdoor_block_is_never_taken_for_presence() -> None:
    blocks = [b for b in BLOCKS if b[0] not in ("考勤概况", "上班1", "下班1")]
    people = [row("赵一", "", "", 外出打卡__最早="14:10", 外出打卡__最晚="15:10")]
    assert [told(r) for r in read(report(people, blocks)).readings] == [
        ("赵一", [], None, ("outdoor_checkin_during_session",))
    ]
    early = [row("赵一", "", "", 外出打卡__最早="09:10", 外出打卡__最晚="10:10")]
    assert read(report(early, blocks)).readings[0].flags == ()


def test_states_and_corrections() -> None:
    people = [
        row("赵一", "14:00", "16:05", 上班1__打卡状态="补卡", 考勤概况__考勤结果="补卡"),
        row("钱二", "13:55", "16:02", 上班1__打卡状态="地点异常"),
        row("孙三", "13:55", "16:02", 下班1__打卡状态="早退5分钟;非常用设备"),
        row("李四", "13:55", "16:02", 上班1__打卡状态="正常(管理员校准)"),
    ]
    assert [told(r)[3] for r in read(report(people)).readings] == [
        ("approved_makeup",),
        ("out_of_range",),
        ("unusual_device",),
        ("admin_override",),
    ]


def test_leave_beside_other_punches_is_looked_up_by_a_human() -> None:
    (away,) = read(report([row("赵一", "08:00", "12:00", 考勤概况__假勤申请="事假2.0小时")])).readings
    assert (away.stated, away.flags) == (None, ("linked_approval_needs_check",))
    (came,) = read(report([row("赵一", "13:50", "16:00", 考勤概况__假勤申请="事假2.0小时")])).readings
    assert (came.stated, came.flags) == (None, ())
    (trip,) = read(report([row("赵一", "", "", 考勤概况__假勤申请="出差1.0天")])).readings
    assert (trip.stated, trip.leave_type, trip.flags) == ("excused", "official", ("excused_business_trip",))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_the_older_csv_with_one_header_row(encoding: str) -> None:
    rows = [
        ["概况统计与打卡明细"], [], ["时间", "姓名", "账号", "部门", "所属规则", "班次", "最早", "最晚", "打卡次数(次)", "考勤结果"],
        ["２０２６/０３/０５ 星期四", "张䶮", "zy", "a/b", "x", "14:00-16:00", "１３：５２", "16:03", "2", "正常"], [],
        ["2026/03/06 星期五", "张䶮", "zy", "a/b", "x", "--", "08:00", "17:00", "2", "正常"], ["2026/03/05 星期四", "赵一", "zz", "a/b", "x", "休息", "--", "--", "0", "--"],
    ]  # fmt: skip
    upload = workbooks.text(rows, encoding)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "wecom.daily.csv"
    assert [told(r) for r in result.readings] == [("张䶮", ["13:52", "16:03"], None, ())]
    assert [d.reason for d in result.dropped] == ["other_date", "rest_day"]


def test_the_sheet_of_details_is_read_only_where_it_stands_alone() -> None:
    head = ["时间", "姓名", "账号", "打卡类型", "实际打卡时间", "打卡状态", "打卡地点", "备注"]
    punches = [
        ("上班打卡", "13:52", "正常"),
        ("下班打卡", "16:03", "地点异常"),
        ("外出打卡", "14:30", "正常"),
        ("下班打卡", "16:00", "缺卡"),
    ]
    rows = [
        ["打卡详情"],
        head,
        *[["2026/03/05 星期四", "赵一", "z", kind, at, state, "某地", ""] for kind, at, state in punches],
    ]
    upload = workbooks.xlsx(rows, sheet="打卡详情")
    assert SOURCE.recognise(upload) == 98
    assert [told(r) for r in read(upload).readings] == [
        ("赵一", ["13:52", "16:03"], None, ("out_of_range", "outdoor_checkin_during_session"))
    ]


def test_other_days_only_are_said() -> None:
    result = read(report([row("赵一", "13:50", "16:00", 时间="2026/03/12 星期四")]))
    assert result.readings == ()
    assert [w.code for w in result.warnings] == ["no_rows_for_the_day"]


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "时间", "部门"], ["赵一", "13:50", "x"]],
        [
            ["姓名", "UserId", "日期", "班次", "上班1打卡时间", "上班1打卡结果"],
            ["赵一", "a", "26-03-05", "x", "13:50", "正常"],
        ],
        [["姓名", "账号", "部门"], ["赵一", "z", "x"]],
    ],
)
def test_tables_of_others_are_not_taken(rows: Any) -> None:
    upload = workbooks.xlsx(rows)
    assert SOURCE.recognise(upload) == 0
    with pytest.raises(Refused):
        read(upload)


@pytest.mark.parametrize("content", [b"", b"{", b'{"checkindata": [', b"\x00\x01", b"PK\x03\x04broken"])
def test_recognising_never_raises(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x.xlsx", content)) == 0
