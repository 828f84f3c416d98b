"""Events of controllers and lists of passages, with other people, order, damage and whatever the file hides."""

import json
import random
from dataclasses import replace
from typing import Any

import pytest
from trainhub_access import AccessSource

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = AccessSource()
HEADER = ["流水号", "卡号", "学工号", "姓名", "部门", "刷卡时间", "设备名称", "设备位置", "进出方向", "状态"]


def read(upload: Upload, place: str = "") -> ReadResult:
    return SOURCE.read(upload, replace(workbooks.FRAME, place=place))


def clock(moment: Any) -> str:
    return local(moment).strftime("%H:%M")


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (
        reading.staff_no,
        [clock(p) for p in reading.punches],
        [(clock(a), clock(b)) for a, b in reading.stays],
        reading.flags,
    )


def event(number: int, time: str, **more: Any) -> dict[str, Any]:
    return {
        "major": 5,
        "minor": 75,
        "time": time,
        "serialNo": number,
        "employeeNoString": "0001",
        "name": "赵一",
        "pictureURL": "http://x/p.jpg",
    } | more


def answer(*events: dict[str, Any]) -> Upload:
    return Upload(
        "x",
        json.dumps({"AcsEvent": {"responseStatusStrg": "OK", "InfoList": list(events)}}, ensure_ascii=False).encode(),
    )


def test_times_are_converted_and_never_stripped() -> None:
    found = read(
        answer(event(1, "2026-03-05T05:50:30Z"), event(2, "2026-03-05T15:00:00+09:00"), event(3, "2026-03-05T16:00:00"))
    )
    assert [told(r)[1] for r in found.readings] == [["13:50", "14:00", "16:00"]]


def test_only_whoever_was_let_in_and_each_event_once() -> None:
    at = "2026-03-05T13:50:00+08:00"
    found = read(answer(
        event(1, at), event(1, at), event(2, at, minor=76), event(3, at, minor=9), event(4, at, major=1), event(5, at, employeeNoString=""),
        event(6, "2026-03-04T13:50:00+08:00"), event(7, "nonsense"), event(8, None), event(9, at, minor=True),
    ))  # fmt: skip
    assert [told(r)[:2] for r in found.readings] == [("0001", ["13:50"])]
    assert [d.reason for d in found.dropped] == [
        "repeated_row", "not_let_in", "not_let_in", "not_let_in", "no_identity", "other_date", "date_unreadable", "date_unreadable", "not_let_in",
    ]  # fmt: skip
    assert "p.jpg" not in repr(found)


def alert(number: int, time: str, device: str = "00:00:5e:00:53:01") -> dict[str, Any]:
    return {"macAddress": device, "dateTime": time, "eventType": "AccessControllerEvent", "AccessControllerEvent": {
        "majorEventType": 5, "subEventType": 1, "name": "赵一", "employeeNoString": "0001", "serialNo": number, "cardNo": "0009912301", "faceRect": {},
    }}  # fmt: skip


def test_pushed_events_in_parts_with_pictures_between() -> None:
    parts = b"".join(
        b'--B1\r\nContent-Disposition: form-data; name="event_log"\r\nContent-Type: application/json\r\n\r\n'
        + json.dumps(a).encode()
        + b'\r\n--B1\r\nContent-Disposition: form-data; name="Picture"\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\xff\x00\x01{not json\r\n'
        for a in (
            alert(1, "2026-03-05T13:50:00+08:00"),
            alert(2, "2026-03-05T16:00:00+08:00"),
            alert(1, "2026-03-05T13:50:00+08:00"),
        )
    )
    upload = Upload("x", parts + b"--B1--\r\n")
    assert SOURCE.recognise(upload) == 98
    found = read(upload)
    assert [(told(r)[1], r.card_no) for r in found.readings] == [(["13:50", "16:00"], "0009912301")]
    as_list = Upload("x", json.dumps([{"EventNotificationAlert": alert(1, "2026-03-05T13:50:00+08:00")}]).encode())
    assert [told(r)[1] for r in read(as_list).readings] == [["13:50"]]


def passages(
    *rows: tuple[str, str, str, str, str], order: list[int] | None = None, encoding: str = "gb18030"
) -> Upload:
    """Rows are (staff number, time, place, direction, state)."""
    full = [
        [f"{n}", f"00099{no}", no, f"人{no}", "语文组", time, "闸机03", place, way, state]
        for n, (no, time, place, way, state) in enumerate(rows, 1)
    ]
    columns = order or list(range(len(HEADER)))
    return workbooks.text([[row[c] for c in columns] for row in [HEADER, *full]], encoding)


def test_only_the_minutes_inside_count_in_any_order_of_rows_and_columns() -> None:
    rows = [
        ("1", "2026-03-05 13:51", "报告厅", "进", "正常"),
        ("1", "26-03-05 14:40", "报告厅", "出", "正常"),
        ("1", "20260305145000", "报告厅", "进", ""),
        ("1", "2026/3/5 16:01", "报告厅", "出", "刷卡成功"),
        ("2", "2026-03-05 13:52", "三楼报告厅", "进", "正常"),
    ]
    for seed in range(5):
        rng = random.Random(seed)
        upload = passages(*rng.sample(rows, len(rows)), order=rng.sample(range(len(HEADER)), len(HEADER)))
        assert SOURCE.recognise(upload) == 97
        found = {r.staff_no: told(r)[1:] for r in read(upload, "报告厅").readings}
        assert found == {
            "1": ([], [("13:51", "14:40"), ("14:50", "16:01")], ("left_and_returned",)),
            "2": (["13:52"], [], ()),
        }


def test_the_school_gate_makes_nobody_stay_all_day() -> None:
    rows = [("1", "2026-03-05 07:50", "校门", "进", "正常"), ("1", "2026-03-05 17:30", "校门", "出", "正常")]
    (reading,) = read(passages(*rows)).readings
    assert told(reading) == ("1", ["07:50", "17:30"], [], ())


def test_readers_elsewhere_lost_cards_and_comings_without_goings() -> None:
    rows = [
        ("1", "2026-03-05 13:55", "食堂", "进", "正常"),
        ("2", "2026-03-05 13:59", "报告厅", "进", "挂失卡"),
        ("3", "2026-03-05 13:59", "报告厅", "进", "正常"),
        ("3", "2026-03-05 13:30", "食堂", "进", "正常"),
        ("4", "2026-03-05 14:00", "报告厅", "进", "正常"),
        ("4", "2026-03-05 15:00", "报告厅", "出", "正常"),
        ("4", "2026-03-05 15:10", "报告厅", "进", "正常"),
        ("5", "2026-03-05 13:58", "报告厅", "进", "验证失败"),
        ("6", "2026-03-05 13:58", "报告厅", "进", "没见过的词"),
    ]
    found = {r.staff_no: told(r)[1:] for r in read(passages(*rows), "报告厅").readings}
    assert found == {
        "1": ([], [], ("other_location",)), "2": ([], [], ("card_not_valid",)), "3": (["13:59"], [], ()),
        "4": (["15:10"], [("14:00", "15:00")], ("sign_out_missing",)), "5": ([], [], ("card_not_valid",)), "6": ([], [], ("card_not_valid",)),
    }  # fmt: skip
    assert [w.code for w in read(passages(*rows)).warnings] == ["several_readers"]


def test_a_destroyed_card_number_is_nobodys() -> None:
    rows = [
        ["卡号", "刷卡时间", "设备名称"],
        ["2.69E+09", "2026/3/5 13:50", "闸机"],
        ["0009912301", "2026/3/5 13:51", "闸机"],
        ["合计", "2", None],
    ]
    found = read(workbooks.text(rows))
    assert [(r.card_no, r.platform_id) for r in found.readings] == [("0009912301", "")]
    assert [d.reason for d in found.dropped] == ["no_identity", "totals"]


@pytest.mark.parametrize("content", [
    b"", b"{", b"[1]", b'{"AcsEvent": {', b"--", b"--B\r\nContent-Type: application/json\r\n\r\n{", b'{"recordresult": [{"userId": "a", "userCheckTime": 1}]}',
    "姓名,工号,签到时间\n赵一,1,13:50\n".encode(),
])  # fmt: skip
def test_files_of_others_are_not_taken(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x", content)) == 0
    with pytest.raises(Refused):
        read(Upload("x", content))
