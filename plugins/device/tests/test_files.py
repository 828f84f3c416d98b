"""Logs, USB reports and software lists with other people, days, columns and damage; and that logs are streamed."""

import random
import tracemalloc
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from trainhub_device import DeviceSource, attlog, software
from trainhub_device.usb_report import clocks_of

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = DeviceSource()
HEADER = ["部门", "姓名", "登记号码", "日期时间", "签到/签退", "机器号", "编号", "工种代码", "比对方式", "卡号"]


def read(content: bytes | Upload, **more: Any) -> ReadResult:
    upload = content if isinstance(content, Upload) else Upload("x", content)
    return SOURCE.read(upload, workbooks.FRAME, **more)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (reading.device_pin, [local(p).strftime("%H:%M") for p in reading.punches], reading.flags)


@pytest.mark.parametrize("line", [
    b"11\t2026-03-05 13:50:11\t1\t0\t15\t0", b"       11\t2026-03-05 13:50:11\t1\t0", b"11\t2026-03-05 13:50:11", b"11,2026/3/5 13:50:11,1,0,1",
    b"11\t2026-03-05T13:50\t1\t255\t1\t0\t0\t0",
])  # fmt: skip
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_every_flavour_of_a_log(line: bytes, end: bytes) -> None:
    content = b"\xef\xbb\xbf" + line + end + line.replace(b"13:50", b"16:01") + end
    assert SOURCE.recognise(Upload("任意.txt", content)) == 98
    assert [told(r) for r in read(content).readings] == [("11", ["13:50", "16:01"], ())]


def test_a_broken_clock_flags_only_whoever_has_no_other_time_near() -> None:
    lines = [
        "1\t2000-01-01 00:03:00\t1\t0\t1",
        "1\t2026-03-05 13:50:00\t1\t0\t1",
        "2\t2000-01-01 00:04:00\t1\t0\t1",
        "2\t2026-03-05 07:50:00\t1\t0\t1",
        "3\t2099-01-01 00:04:00\t1\t0\t1",
    ]
    flags = {r.device_pin: r.flags for r in read("\n".join(lines).encode()).readings}
    assert flags == {"1": (), "2": ("device_clock_reset",), "3": ("device_clock_reset",)}


def test_what_cannot_be_read_is_told_and_days_are_counted() -> None:
    lines = [
        b"1\t2026-03-05 13:50:00\t1\t0\t1",
        b"\x00\x01 broken",
        b"2\t2026-13-45 13:50:00\t1\t0\t1",
        b"2\t2026-03-04 13:50:00\t1\t0\t1",
    ] * 2
    result = read(b"\r\n".join([*lines, b"3\t2026-03-05 13:51:00\t1\t0\t3"]))
    assert [(d.row, d.reason, d.text) for d in result.dropped] == [
        (2, "unreadable", ""), (3, "time_unreadable", ""), (6, "unreadable", ""), (7, "time_unreadable", ""), (4, "other_date", "2026-03-04 × 2"),
    ]  # fmt: skip
    assert [r.flags for r in result.readings] == [(), ("password_verify",)]
    other = read(b"1\t2026-01-05 13:50:00\t1\t0\t1\n")
    assert [w.code for w in other.warnings] == ["no_rows_for_the_day"]


def long_log(rows: int) -> bytes:
    start = datetime(2025, 9, 1, 7)
    return b"".join(
        f"{n % 400:>9}\t{start + timedelta(minutes=n * 2.7):%Y-%m-%d %H:%M:%S}\t1\t0\t15\t0\r\n".encode()
        for n in range(rows)
    )


def long_list(rows: int) -> bytes:
    start = datetime(2025, 9, 1, 7)
    lines = (
        f"科学组,张{n % 400},{n % 400},{start + timedelta(minutes=n * 2.7):%Y/%m/%d %H:%M:%S},上班签到,1,,0,人脸,00099{n % 400:05}"
        for n in range(rows)
    )
    return "\r\n".join([",".join(HEADER), *lines]).encode("gb18030")


@pytest.mark.parametrize(("build", "most"), [(long_log, 1_500_000), (long_list, 60_000_000)])
def test_a_hundred_thousand_rows_are_streamed(build: Callable[[int], bytes], most: int) -> None:
    """What is held at once is one day (and of a list its text, in Python's own width), never an object for each row."""
    content = build(100_000)
    upload = Upload("x", content)
    assert SOURCE.recognise(upload) >= 97
    tracemalloc.start()
    result = read(upload)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.readings
    assert sum(int(d.text.rpartition(" ")[2]) for d in result.dropped) == 100_000 - sum(
        len(r.punches) for r in result.readings
    )
    assert len(result.dropped) < 250
    assert peak < most


def test_each_line_of_a_log_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = 0

    def counting(book: Any, number: int, line: bytes) -> None:
        nonlocal seen
        seen += 1
        assert len(line) <= 1_000

    monkeypatch.setattr(attlog, "_take", counting)
    read(long_log(3_000) + b"x" * 50_000)
    assert seen == 3_001


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
def test_software_lists_in_any_order_of_columns(encoding: str) -> None:
    rows = [
        ["科学组", "张䶮", '="00016"', "2026/3/5 13:50:05", "上班签到", "1", None, "0", "人脸", '="0009912306"'],
        ["科学组", "张䶮", "00016", "2026-3-5 16:00", "下班签退", "1", None, "0", "密码", "0009912306"],
        ["体育组", "周　强", "20", "20260305140600", "上班签到", "1", None, "0", "指纹", "8.86E+11"],
        ["体育组", "周　强", "20", "2026/3/4 14:06", "上班签到", "1", None, "0", "指纹", None],
        HEADER, [None], ["合计", None, None, "6 条"],
    ]  # fmt: skip
    order = random.Random(3).sample(range(len(HEADER)), len(HEADER))
    shuffled = [[(row + [None] * 10)[c] for c in order] for row in [HEADER, *rows[:-1]]]
    upload = workbooks.text(shuffled, encoding)
    assert SOURCE.recognise(upload) == 97
    result = read(upload)
    assert [(told(r), r.card_no) for r in result.readings] == [
        (("00016", ["13:50", "16:00"], ("password_verify",)), "0009912306"), (("20", ["14:06"], ()), ""),
    ]  # fmt: skip
    assert {d.reason for d in result.dropped} >= {"other_date", "header_again"}
    assert read(workbooks.xlsx([HEADER, *rows])).format == "device.software.xlsx"
    assert "totals" in {d.reason for d in read(workbooks.xlsx([HEADER, *rows])).dropped}


def test_lists_of_others_are_not_taken() -> None:
    for rows in (
        [["姓名", "工号", "签到时间"], ["赵一", "1", "13:50"]],
        [["姓名", "卡号", "刷卡时间", "设备位置", "进出方向"], ["赵一", "1", "2026/3/5 13:50", "报告厅", "进"]],
        [["姓名", "部门", "UserId", "日期", "上班1打卡时间"], ["赵一", "x", "a", "26-03-05", "13:50"]],
    ):  # fmt: skip
        assert SOURCE.recognise(workbooks.xlsx(rows)) == 0
        assert SOURCE.recognise(workbooks.text(rows)) == 0


def test_too_many_rows_of_a_list_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "MOST_ROWS", 50)
    with pytest.raises(Refused, match="too_many_rows"):
        read(long_list(60))


def month(
    people: list[tuple[int, str, dict[int, str]]], period: str, days: list[int], *, joined: bool = False
) -> Upload:
    rows: list[list[Any]] = [["刷 卡 记 录 表"], ["考勤时间", None, period], days]
    for pin, name, punches in people:
        if joined:
            rows.append([f"工号：{pin}", None, f"姓名：{name}", None, "部门：语文组"])
        else:
            rows.append(["工 号：", None, pin, None, "姓 名：", name, None, "部 门：", "语文组"])
        rows.append([punches.get(d) for d in days])
    return workbooks.xlsx(rows, sheet="记录")


@pytest.mark.parametrize("joined", [False, True])
def test_usb_reports_of_any_period(joined: bool) -> None:
    people = [(11, "赵一", {5: "13:52\n16:02\n", 4: "08:00"}), (12, "钱二", {5: "13:5216:0217:31"}), (13, "孙三", {})]
    upload = month(people, "2026-03-01 ~ 03-31", list(range(1, 32)), joined=joined)
    assert SOURCE.recognise(upload) == 98
    found = read(upload)
    assert [told(r) for r in found.readings] == [
        ("11", ["13:52", "16:02"], ()),
        ("12", ["13:52", "16:02", "17:31"], ()),
    ]
    assert [(r.name, r.department) for r in found.readings] == [("赵一", "语文组"), ("钱二", "语文组")]
    over = month(people, "2026/02/26～2026/03/08", [26, 27, 28, *range(1, 9)], joined=joined)
    assert [told(r)[0] for r in read(over).readings] == ["11", "12"]


@pytest.mark.parametrize(("cell", "times"), [
    ("08:01\n17:33", 2), ("8:01 17:33 ", 2), ("08:0117:33", 2), ("08：01", 1), ("", 0), (None, 0), ("请假", 0), (8.5, 0), ("25:01", 0),
    (datetime(2026, 3, 5, 8, 1), 1),
])  # fmt: skip
def test_cells_of_punches(cell: Any, times: int) -> None:
    assert len(clocks_of(cell)) == times


def test_days_do_not_have_to_be_those_of_a_month() -> None:
    assert read(month([(1, "赵", {5: "13:50"})], "2025-12-01 ~ 12-31", list(range(1, 32)))).warnings[0].params[
        "first"
    ] == str(date(2025, 12, 5))
