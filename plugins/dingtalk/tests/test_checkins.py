"""The Excel list of 签到: told by its labels, worth what people say of themselves, the first check-in counts."""

from datetime import date, time

import pytest
from trainhub_dingtalk import DingTalkCheckIns, DingTalkSource
from trainhub_tabular import TabularSource

from tests import workbooks
from trainhub.attendance.choosing import choose
from trainhub.attendance.matching import RosterPerson
from trainhub.attendance.outcomes import weigh
from trainhub.kernel.clock import local
from trainhub.plugin_api import ReadResult, Refused, Upload
from trainhub.testing.contracts import AttendanceSourceContract, frame

pytestmark = pytest.mark.files_only
HALL = frame(place="多功能厅")
HEADER = ["姓名", "部门", "工号", "签到时间", "签到地点", "详细地址", "备注"]
ROWS = [
    HEADER,
    ["张䶮", "语文组", "0101", "2026-03-05 13:52:10", "多功能厅", "示例路1号", ""],
    ["赵一", "数学组", "0102", "2026-03-05 14:20", "多功能厅", "", ""],
    ["赵一", "数学组", "0102", "2026-03-05 15:58", "多功能厅", "", ""],
    ["钱二", "数学组", "0103", "2026-03-05 13:55", "东门", "示例路1号东门", "代孙三签到"],
    ["李四", "英语组", "0104", "2026-03-04 13:55", "多功能厅", "", ""],
    ["合计", "", "", "5", "", "", ""],
    ["", "", "", "2026-03-05 13:50", "多功能厅", "", ""],
]
LIST = workbooks.xlsx(ROWS)
CSV = Upload("签到.csv", "\n".join(",".join(row) for row in ROWS[:5]).encode("gb18030"))


def read(upload: Upload = LIST, **mapping: str) -> ReadResult:
    return DingTalkCheckIns().read(upload, HALL, mapping or None)


class TestCheckIns(AttendanceSourceContract):
    source = DingTalkCheckIns()
    samples = (LIST, CSV)


def test_one_reading_a_person_with_what_must_be_looked_at() -> None:
    found = read()
    assert found.format == "dingtalk.checkin.xlsx"
    assert [
        (r.name, r.staff_no, r.department, [f"{local(p):%H:%M}" for p in r.punches], r.flags) for r in found.readings
    ] == [
        ("张䶮", "0101", "语文组", ["13:52"], ()),
        ("赵一", "0102", "数学组", ["14:20", "15:58"], ()),
        ("钱二", "0103", "数学组", ["13:55"], ("place_mismatch", "remark_needs_check")),
    ]
    assert all(r.sign_in_only and r.stated is None for r in found.readings)
    assert [(d.row, d.reason) for d in found.dropped] == [(6, "other_date"), (7, "totals"), (8, "no_identity")]
    assert "示例路" not in repr(found.readings)  # where somebody was is compared and not kept
    assert [r.flags for r in DingTalkCheckIns().read(LIST, frame()).readings][2] == (
        "remark_needs_check",
    )  # no room, nothing differs


def test_it_counts_from_the_check_in_on_and_a_second_one_is_no_sign_out() -> None:
    people = [
        RosterPerson(f"p{n}", name, number)
        for n, (name, number) in enumerate([("张䶮", "0101"), ("赵一", "0102"), ("孙三", "0105")])
    ]
    trust = DingTalkCheckIns.spec.trust
    found = {o.name: o for o in weigh(read(), people, HALL, ["p0", "p1", "p2"], trust=trust).people}
    assert (found["张䶮"].status, found["张䶮"].minutes) == ("present", 120)
    assert (found["赵一"].status, found["赵一"].minutes, found["赵一"].late_minutes) == ("late", 100, 20)
    assert "duplicate_submission_ignored" in found["赵一"].review
    assert found["孙三"].minutes is None or found["孙三"].status != "present"  # 代签 gives nobody a presence
    assert trust == "self_report"


def test_days_and_times_may_stand_apart() -> None:
    header = ["员工姓名", "员工UserID", "签到日期", "签到时间", "签到位置"]
    rows = [
        header,
        ["张䶮", "u1", date(2026, 3, 5), time(13, 52), "多功能厅"],
        header,
        ["赵一", "u2", date(2026, 3, 5), "", "多功能厅"],
    ]
    found = read(workbooks.xlsx(rows))
    assert [(r.platform_id, len(r.punches), r.flags) for r in found.readings] == [
        ("u1", 1, ()),
        ("u2", 0, ("time_unreadable",)),
    ]
    assert [d.reason for d in found.dropped] == ["header_again"]


def test_no_list_of_another_kind_is_taken() -> None:
    typed = workbooks.xlsx([["姓名", "工号", "部门", "签到时间", "备注"], ["张䶮", "0101", "语文组", "13:52", ""]])
    other = workbooks.xlsx([["姓名", "地点"], ["张䶮", "多功能厅"]])
    assert [DingTalkCheckIns().recognise(upload) for upload in (typed, other)] == [0, 0]
    with pytest.raises(Refused):
        read(typed)
    named = {"name": "姓名", "staff_no": "工号", "sign_in": "签到时间", "date": ""}
    assert [d.reason for d in read(typed, **named).dropped] == ["date_unreadable"]


def test_it_is_chosen_before_a_typed_list() -> None:
    sources = {s.spec.key: s for s in (DingTalkSource(), DingTalkCheckIns(), TabularSource())}
    for upload in (LIST, CSV):
        assert choose({key: source.recognise(upload) for key, source in sources.items()}, sources) == "dingtalk_checkin"
