"""Saved answers of ``getcheckindata``, however they were saved."""

import json
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_wecom import WeComSource

from tests import workbooks
from trainhub.kernel.clock import at, local
from trainhub.plugin_api import AttendanceReading, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = WeComSource()


def seconds(clock: str, day: date = workbooks.DAY) -> int:
    return int(at(day, time.fromisoformat(clock)).timestamp())


def punch(user: str, clock: str, kind: str = "上班打卡", exception: str = "", **more: Any) -> dict[str, Any]:
    return {
        "userid": user, "checkin_type": kind, "exception_type": exception, "checkin_time": seconds(clock), "sch_checkin_time": seconds("14:00"),
        "location_title": "某小区", "notes": "家访", "lat": 38461234, "deviceid": "E5FA",
    } | more  # fmt: skip


def saved(value: Any, encoding: str = "utf-8") -> Upload:
    return Upload("answer.json", json.dumps(value, ensure_ascii=False).encode(encoding))


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (reading.platform_id, [local(p).strftime("%H:%M") for p in reading.punches], reading.flags)


def read(*rows: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [told(r) for r in SOURCE.read(saved({"errcode": 0, "checkindata": list(rows)}), workbooks.FRAME).readings]


def test_a_row_of_somebody_who_did_not_punch_is_no_punch() -> None:
    assert read(punch("a", "14:00", exception="未打卡"), punch("b", "14:00", exception="时间异常;未打卡")) == [
        ("a", [], ()),
        ("b", [], ()),
    ]


def test_outdoor_sign_ins_are_no_presence() -> None:
    assert read(punch("a", "14:30", "外出打卡")) == [("a", [], ("outdoor_checkin_during_session",))]
    assert read(punch("a", "11:30", "外出打卡")) == [("a", [], ())]


def test_exceptions() -> None:
    rows = [
        punch("a", "14:23", exception="时间异常"),
        punch("b", "13:55", exception="地点异常；wifi异常"),
        punch("c", "13:55", exception="非常用设备"),
    ]
    assert read(*rows) == [
        ("a", ["14:23"], ()),
        ("b", ["13:55"], ("out_of_range",)),
        ("c", ["13:55"], ("unusual_device",)),
    ]


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_order_wrapping_and_repeats_do_not_matter(data: st.DataObject) -> None:
    rows = [punch(u, c, k) for u in "abc" for c, k in (("13:50:10", "上班打卡"), ("16:01:59", "下班打卡"))]
    rows.append(punch("a", "13:50:10"))
    rows.append(punch("a", "08:00") | {"checkin_time": seconds("13:50", date(2026, 3, 6)), "sch_checkin_time": 0})
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    pages = [{"checkindata": shuffled[:cut]}, {"checkindata": shuffled[cut:]}]
    upload = saved(
        data.draw(st.sampled_from([pages, shuffled, {"checkindata": shuffled}])),
        data.draw(st.sampled_from(["utf-8", "gb18030"])),
    )
    assert SOURCE.recognise(upload) == 98
    result = SOURCE.read(upload, workbooks.FRAME)
    assert sorted(told(r) for r in result.readings) == [(u, ["13:50", "16:01"], ()) for u in "abc"]
    assert sorted(d.reason for d in result.dropped) == ["other_date", "repeated_row"]


def test_places_and_devices_leave_no_trace() -> None:
    shown = str(SOURCE.read(saved({"checkindata": [punch("a", "13:50")]}), workbooks.FRAME))
    assert not [word for word in ("某小区", "家访", "E5FA", "3846") if word in shown]


@pytest.mark.parametrize(
    "value", [{}, [], {"checkindata": []}, {"recordresult": [{"userId": "a"}]}, {"checkindata": [1, None, "x"]}]
)
def test_answers_of_others_are_not_taken(value: Any) -> None:
    assert SOURCE.recognise(saved(value)) == 0
    with pytest.raises(Refused):
        SOURCE.read(saved(value), workbooks.FRAME)


@pytest.mark.parametrize("value", [None, "", True, -5, 10**18, {"a": 1}])
def test_times_that_are_none_never_become_punches(value: Any) -> None:
    assert read(punch("a", "13:50") | {"checkin_time": value}) == [("a", [], ("time_unreadable",))]
