"""Saved answers of the attendance and check-in interfaces, however they were saved."""

import json
import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_dingtalk import DingTalkSource

from tests import workbooks
from trainhub.kernel.clock import at, local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
DAY = workbooks.DAY
SOURCE = DingTalkSource()


def ms(clock: str, day: date = DAY) -> int:
    return int(at(day, time.fromisoformat(clock)).timestamp() * 1000)


def punch(user: str, clock: str, *, day: date = DAY, **more: Any) -> dict[str, Any]:
    return {
        "userId": user, "userCheckTime": ms(clock, day), "workDate": ms("00:00", day), "checkType": "OnDuty", "timeResult": "Normal",
        "locationResult": "Normal", "sourceType": "USER", "id": abs(hash((user, clock, day))),
    } | more  # fmt: skip


def saved(value: Any, encoding: str = "utf-8") -> Upload:
    return Upload("answer.json", json.dumps(value, ensure_ascii=False).encode(encoding))


def read(value: Any, **frame: Any) -> ReadResult:
    return SOURCE.read(saved(value), replace(workbooks.FRAME, **frame))


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    return (reading.platform_id, [local(p).strftime("%H:%M") for p in reading.punches], reading.flags)


def test_a_row_of_somebody_who_did_not_punch_is_no_punch() -> None:
    absent = punch("a", "14:00", timeResult="NotSigned", locationResult="NotSigned", sourceType="SYSTEM")
    leave = punch("b", "14:00", timeResult="NotSigned", approveId=7)
    assert [told(r) for r in read({"recordresult": [absent, leave]}).readings] == [
        ("a", [], ()),
        ("b", [], ("linked_approval_needs_check",)),
    ]


@given(st.data())
@settings(max_examples=30, deadline=None)
def test_pages_order_and_wrapping_do_not_matter(data: st.DataObject) -> None:
    people = data.draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True))
    rows = [punch(p, clock) for p in people for clock in ("13:50", "16:01")]
    rows += [punch(people[0], "13:50", day=DAY + timedelta(days=n)) for n in (-1, 1)]
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    pages = [
        {"errcode": 0, "recordresult": shuffled[:cut], "hasMore": True},
        {"errcode": 0, "recordresult": shuffled[cut:]},
    ]
    wrapped = data.draw(
        st.sampled_from([pages, shuffled, {"recordresult": shuffled}, {"result": {"recordresult": shuffled}}])
    )
    upload = saved(wrapped, data.draw(st.sampled_from(["utf-8", "utf-8-sig"])))
    assert SOURCE.recognise(upload) == 98
    result = SOURCE.read(upload, workbooks.FRAME)
    assert sorted(told(r) for r in result.readings) == [(p, ["13:50", "16:01"], ()) for p in sorted(people)]
    assert [d.reason for d in result.dropped] == ["other_date"] * 2


def test_pages_saved_one_after_another_and_rows_that_repeat() -> None:
    page = json.dumps({"recordresult": [punch("a", "13:50")]})
    result = SOURCE.read(Upload("x.json", f"{page}\n{page}\n".encode()), workbooks.FRAME)
    assert [told(r) for r in result.readings] == [("a", ["13:50"], ())]
    assert [d.reason for d in result.dropped] == ["repeated_row"]


def test_corrected_and_outside_punches_stay_with_a_flag_and_invalid_ones_go() -> None:
    rows = [
        punch("a", "13:50", sourceType="BOSS"), punch("b", "13:50", sourceType="APPROVE"), punch("c", "13:50", locationResult="Outside"),
        punch("d", "13:50", invalidRecordType="Security", isLegal="N"), punch("e", "13:50", isLegal="N"),
        punch("f", "13:50", isLegal="N", locationResult="Outside"),
    ]  # fmt: skip
    result = read({"recordresult": rows})
    assert result.format == "dingtalk.listrecord.json"
    assert [told(r)[1:] for r in result.readings] == [
        (["13:50"], ("admin_override",)), (["13:50"], ("approved_makeup",)), (["13:50"], ("out_of_range",)),
        ([], ("invalid_punch_dropped",)), ([], ("invalid_punch_dropped",)), (["13:50"], ("out_of_range",)),
    ]  # fmt: skip


def checkin(user: str, clock: str, place: str = "多功能厅", **more: Any) -> dict[str, Any]:
    return {
        "userId": user,
        "checkinTime": ms(clock),
        "place": place,
        "detailPlace": "某路1号",
        "remark": "",
        "imageList": ["x"],
    } | more


def test_check_ins_compare_the_place_with_the_room_and_remarks_create_nobody() -> None:
    rows = [
        checkin("a", "13:50"),
        checkin("b", "13:45", "商场"),
        checkin("b", "09:00", "学校"),
        checkin("c", "14:00", remark="代王芳签"),
    ]
    answer = {"result": {"nextToken": None, "pageList": rows}}
    assert [told(r)[2] for r in read(answer, place="多功能厅").readings] == [(), ("place_mismatch",), ()]
    assert [r.platform_id for r in read(answer).readings] == ["a", "b", "c"]
    assert all(r.flags == () for r in read(answer).readings)
    elsewhere = read(
        {"result": {"pageList": [checkin("a", "09:00", "商场"), checkin("a", "13:59")]}}, place="三楼 多功能厅"
    )
    assert [told(r) for r in elsewhere.readings] == [("a", ["09:00", "13:59"], ())]


def test_older_check_in_calls() -> None:
    old = {
        "errcode": 0,
        "data": [{"userId": "a", "name": "赵一", "timestamp": ms("13:50"), "place": "多功能厅", "detailPlace": ""}],
    }
    other = {
        "result": {"page_list": [{"userid": "a", "checkin_time": ms("13:50"), "place": "多功能厅", "detail_place": ""}]}
    }
    for answer in (old, other):
        assert [told(r) for r in read(answer).readings] == [("a", ["13:50"], ())]


def test_addresses_and_devices_leave_no_trace() -> None:
    row = punch("a", "13:50", userAddress="某酒店", deviceId="67da", userLatitude=38.46, outsideRemark="教研")
    assert not {"某酒店", "67da", "教研"} & set(str(read({"recordresult": [row]})).replace("'", " ").split())


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        {"recordresult": []},
        {"checkindata": [{"userid": "a", "checkin_time": 1772690400, "checkin_type": "上班打卡"}]},
        [{"id": 1}],
        [1],
    ],
)
def test_answers_of_others_are_not_taken(value: Any) -> None:
    assert SOURCE.recognise(saved(value)) == 0
    with pytest.raises(Refused):
        read(value)


@pytest.mark.parametrize("value", [None, True, "x", -1, 0, 1e300, {"a": 1}, [1], 10**20])
def test_times_that_are_none_never_become_punches(value: Any) -> None:
    rows = [punch("a", "13:50"), punch("b", "13:50", userCheckTime=value)]
    result = read({"recordresult": random.Random(1).sample(rows, 2)})
    assert {r.platform_id: len(r.punches) for r in result.readings} == {"a": 1, "b": 0}


def test_other_days_only_are_said() -> None:
    result = read({"recordresult": [punch("a", "13:50", day=date(2026, 2, 3))]})
    assert result.readings == ()
    assert [w.code for w in result.warnings] == ["no_rows_for_the_day"]
    assert isinstance(datetime.fromisoformat(result.warnings[0].params["first"]), datetime)
