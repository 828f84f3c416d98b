"""What plugins are given to read JSON, days, leave and grouped headers with."""

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import workbooks
from trainhub.evidence import child, wire
from trainhub.kernel.clock import at, local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload
from trainhub.plugin_api.cells import epoch_moment
from trainhub.plugin_api.days import DayBook, Who
from trainhub.plugin_api.documents import looks_like_json, read_json, records
from trainhub.plugin_api.headers import find_header, groups_over
from trainhub.plugin_api.leave import leave_of
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.tables import Table, read_tables

pytestmark = pytest.mark.files_only


def saved(text: str, encoding: str = "utf-8") -> Upload:
    return Upload("a.json", text.encode(encoding))


@pytest.mark.parametrize("text", ['{"a": 1}', " \n[{}]", "[]", "{}", '[[{"a": 1}]]'])
def test_json_is_told_by_its_first_signs(text: str) -> None:
    assert looks_like_json(text.encode())
    assert looks_like_json(b"\xef\xbb\xbf" + text.encode())


@pytest.mark.parametrize("text", ["", "姓名,工号", "[备注] 说明", "{ 说明", '"a"', "[1,2]", "<html>", "PK\x03\x04"])
def test_a_table_is_not_taken_for_json(text: str) -> None:
    assert not looks_like_json(text.encode())


def test_several_answers_in_one_file_and_every_encoding() -> None:
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert read_json(saved('{"a": "张䶮"}\n{"a": 2},\n', encoding)) == ({"a": "张䶮"}, {"a": 2})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty_file"), ("{", "bad_json"), ('{"a": NaN}', "bad_json"), ('{"a": 1', "bad_json"), ("[" * 200_000, "bad_json"),
        ('{"a": ' * 100_000, "bad_json"), ("[" + "9" * 5_000 + "]", "bad_json"), ("{}" * 2_000, "too_many_rows"), ('{"a": "\x00"}', "nul_bytes"),
    ],
)  # fmt: skip
def test_hostile_and_broken_json_is_refused(text: str, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_json(saved(text))
    assert caught.value.code == code


def test_json_over_the_limit_is_refused() -> None:
    with pytest.raises(Refused, match="too_large"):
        read_json(saved('{"a": 1}'), replace(LIMITS, upload_bytes=3))


@pytest.mark.parametrize(
    "wrap",
    [
        lambda r: {"list": r},
        lambda r: r,
        lambda r: [{"list": r}],
        lambda r: {"x": {"list": r}},
        lambda r: [[{"list": r}]],
    ],
)
def test_records_are_found_wherever_they_stand(wrap: Any) -> None:
    rows = [{"id": 1, "more": {"a": []}}, {"id": 2, "tags": []}]
    assert list(records((wrap(rows),), ("list",))) == rows


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["list", "id", "x"]), inner, max_size=3)
        ),
    )
)
def test_any_json_yields_objects_or_nothing(value: Any) -> None:
    if not isinstance(value, (dict, list)):
        return
    found = list(records(read_json(saved(json.dumps(value))), ("list",)))
    assert all(isinstance(record, dict) for record in found)


def test_the_child_refuses_hostile_json_before_any_source_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_confine", lambda limits: None)
    header = wire.dump(
        {"op": "recognise", "name": "a", "limits": {}, "sources": {"tabular": "trainhub_tabular.source:TabularSource"}}
    )
    assert wire.load(child.run(header, b'{"a": ' * 100_000))["refused"] == ["bad_json", {}]
    assert wire.load(child.run(header, b'{"a": 1}'))["ok"] == {"tabular": 0}


@pytest.mark.parametrize("value", [1772689930, 1772689930123, "1772689930", 1772689930.9])
def test_epoch_counts(value: Any) -> None:
    found = epoch_moment(value)
    assert found is not None
    assert local(found).strftime("%Y-%m-%d %H:%M:%S") == "2026-03-05 13:52:00"


@pytest.mark.parametrize("value", [None, True, "", "2026", 20260305, 0, -1, float("nan"), float("inf"), 10**20, {}, []])
def test_what_is_no_epoch_count(value: Any) -> None:
    assert epoch_moment(value) is None


@pytest.mark.parametrize(
    ("text", "kind", "trip"),
    [
        ("事假2.0小时", "personal", False),
        ("病假", "sick", False),
        ("产假1天", "maternity", False),
        ("出差1天", "official", True),
        ("请假", "personal", False),
        ("外出2小时", "official", True),
        ("年假", "personal", False),
    ],
)
def test_leave(text: str, kind: str, trip: bool) -> None:
    assert leave_of(text) == (kind, trip)


@pytest.mark.parametrize("text", ["", "--", "正常", "补卡申请", "外出打卡", "加班", "迟到23分钟"])
def test_what_is_no_leave(text: str) -> None:
    assert leave_of(text) is None


def field_of(label: str) -> str | None:
    return {"姓名": "name", "最早": "first"}.get(label)


def test_groups_over_a_header_of_two_rows() -> None:
    rows = [["标题"], ["姓名", "概况", None, "外出", "其他"], ["姓名", "最早", "最晚", "最早", "其他"]]
    merged = ((0, 0, 0, 4), (1, 0, 2, 0), (1, 1, 1, 2))
    for table in (Table("x", tuple(map(tuple, rows)), merged), Table("x", tuple(map(tuple, rows)), ())):
        header = find_header(table, field_of, ("name",))
        assert header is not None
        assert groups_over(table, header) == ("", "概况", "概况", "外出", "")


def test_a_title_above_a_header_is_no_group() -> None:
    table = read_tables(workbooks.xlsx([["标题", None], ["姓名", "最早"], ["赵一", "13:50"]], merge=("A1:B1",))).tables[
        0
    ]
    header = find_header(table, field_of, ("name",))
    assert header is not None
    assert groups_over(table, header) == ("", "")


def test_a_day_book_keeps_the_sessions_day_and_says_what_it_left_out() -> None:
    book = DayBook(workbooks.FRAME)
    other = workbooks.DAY + timedelta(days=3)
    assert book.entry(Who("a"), 1, other) is None
    assert book.entry(Who("a"), 2, None) is None
    assert [(d.row, d.reason) for d in book.dropped] == [(1, "other_date"), (2, "date_unreadable")]
    assert [w.params["first"] for w in book.warnings()] == [other.isoformat()]
    entry = book.entry(Who("a"), 3, workbooks.DAY)
    assert entry is book.entry(Who("a"), 4, workbooks.DAY)
    assert book.warnings() == ()
    assert [r.external_id for r in book.readings()] == ["id:a@2026-03-05"]


def test_stays_and_totals_travel_unchanged() -> None:
    stay = (at(workbooks.DAY, time(14)), at(workbooks.DAY, time(15)))
    reading = AttendanceReading(1, stays=(stay,), most_minutes=40, sign_in_only=True)
    result = ReadResult("f", (reading,))
    assert wire.unpack_result(wire.load(wire.dump(wire.pack_result(result)))) == result
    frame = replace(workbooks.FRAME, place="多功能厅")
    assert wire.unpack_frame(wire.load(wire.dump(wire.pack_frame(frame)))) == frame
    assert isinstance(frame.day, date)
    assert isinstance(frame.starts_at, datetime)
