"""The samples as expected, calendars as they come, and our own file read back."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from trainhub_ical import IcalExporter, reading
from trainhub_ical.reading import read_feed, shown, zone_of
from trainhub_ical.writing import FOLD, folded, text

from trainhub.plugin_api import CalendarFeed, CalendarItem, Refused, Upload
from trainhub.plugin_api.limits import LIMITS

pytestmark = pytest.mark.files_only
SAMPLES = Path(__file__).resolve().parents[3] / "tests" / "data" / "samples" / "43-icalendar"
EXPECTED = json.loads((SAMPLES / "expected.json").read_text(encoding="utf-8"))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def read(content: bytes | str) -> Any:
    return read_feed(Upload("x.ics", content.encode() if isinstance(content, str) else content))


def event(*lines: str, head: str = "") -> str:
    return "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            *([head] if head else []),
            "BEGIN:VEVENT",
            "UID:u1",
            *lines,
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
    )


@pytest.mark.parametrize("name", EXPECTED["files"])
def test_what_is_expected_of_the_samples(name: str) -> None:
    feed = read((SAMPLES / name).read_bytes())
    assert [shown(s) for s in feed.sessions] == EXPECTED["events"][name]
    assert feed.warnings == ()


@pytest.mark.parametrize("name", EXPECTED["files"])
@pytest.mark.parametrize("bent", ["bom", "lf", "gb18030"])
def test_the_same_in_other_bytes(name: str, bent: str) -> None:
    whole = (SAMPLES / name).read_bytes().replace(b"\r\n ", b"")
    content = {
        "bom": b"\xef\xbb\xbf" + whole,
        "lf": whole.replace(b"\r\n", b"\n"),
        "gb18030": whole.decode().encode("gb18030"),
    }[bent]
    feed = read(content)
    assert [shown(s) for s in feed.sessions] == EXPECTED["events"][name]
    assert [p.code for p in feed.warnings] == (["encoding_ambiguous"] if bent == "gb18030" else [])


def test_a_calendar_is_explained_and_a_table_is_none() -> None:
    upload = Upload("school_good.ics", (SAMPLES / "school_good.ics").read_bytes())
    assert IcalExporter().knows(upload) == 97
    said = IcalExporter().explain(upload)
    assert (said["kind"], said["format"]) == ("calendar", "icalendar")
    assert said["events"] == {upload.name: EXPECTED["events"][upload.name]}
    assert "warnings" not in said
    assert IcalExporter().knows(Upload("x.ics", "姓名,工号\n".encode())) == 0


@pytest.mark.parametrize(
    "zone",
    [
        '"Asia/Shanghai"',
        "China Standard Time",
        "/freeassociation.sourceforge.net/Asia/Shanghai",
        "/vendor.example/1/Asia/Shanghai",
    ],
)
def test_names_of_zones(zone: str) -> None:
    [session] = read(event(f"DTSTART;TZID={zone}:20260305T140000", f"DTEND;TZID={zone}:20260305T160000")).sessions
    assert session.starts_at == datetime(2026, 3, 5, 14, tzinfo=SHANGHAI)


def test_a_zone_nobody_knows_is_school_time_and_said() -> None:
    feed = read(event("DTSTART;TZID=Atlantis/Deep:20260305T140000"))
    assert feed.sessions[0].starts_at == datetime(2026, 3, 5, 14, tzinfo=SHANGHAI)
    assert [(p.code, p.params) for p in feed.warnings] == [("unknown_zone", {"zone": "Atlantis/Deep"})]
    assert zone_of("../../etc/passwd") is None


def test_floating_utc_and_durations() -> None:
    assert read(event("DTSTART:20260305T140000", "DURATION:PT90M")).sessions[0].ends_at == datetime(
        2026, 3, 5, 15, 30, tzinfo=SHANGHAI
    )
    assert read(event("DTSTART:20260305T060000Z")).sessions[0].starts_at == datetime(2026, 3, 5, 14, tzinfo=SHANGHAI)


def test_a_whole_day_ends_before_the_day_it_names() -> None:
    [session] = read(event("DTSTART;VALUE=DATE:20260305", "DTEND;VALUE=DATE:20260307")).sessions
    assert session.all_day
    assert session.ends_at - session.starts_at == timedelta(days=2)
    [one] = read(event("DTSTART;VALUE=DATE:20260305")).sessions
    assert one.ends_at - one.starts_at == timedelta(days=1)


def test_one_of_a_series_moved_another_cancelled_a_third_left_out() -> None:
    series = event(
        "SUMMARY:班会",
        "DTSTART;TZID=Asia/Shanghai:20260302T152000",
        "DTEND;TZID=Asia/Shanghai:20260302T160000",
        "RRULE:FREQ=WEEKLY;UNTIL=20260330T072000Z",
        "EXDATE;TZID=Asia/Shanghai:20260316T152000",
    )
    moved = [
        "BEGIN:VEVENT",
        "UID:u1",
        "RECURRENCE-ID;TZID=Asia/Shanghai:20260309T152000",
        "DTSTART;TZID=Asia/Shanghai:20260310T152000",
        "DTEND;TZID=Asia/Shanghai:20260310T160000",
        "SUMMARY:班会",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:u1",
        "RECURRENCE-ID;TZID=Asia/Shanghai:20260323T152000",
        "DTSTART;TZID=Asia/Shanghai:20260323T152000",
        "SUMMARY:班会",
        "STATUS:CANCELLED",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
    feed = read(series.replace("END:VCALENDAR\r\n", "\r\n".join(moved)))
    assert [(f"{s.starts_at:%m-%d}", s.cancelled) for s in feed.sessions] == [
        ("03-02", False),
        ("03-10", False),
        ("03-23", True),
        ("03-30", False),
    ]


def test_a_series_without_an_end_is_cut() -> None:
    assert len(read(event("DTSTART:20260302T152000", "RRULE:FREQ=DAILY")).sessions) == 400
    assert len(read(event("DTSTART:20260302T152000", "RRULE:FREQ=YEARLY")).sessions) == 3


@pytest.mark.parametrize(("content", "code"), [
    (b"", "not_a_table"), (b"hello", "not_a_table"), (b"BEGIN:VCALENDAR\r\n\x00", "nul_bytes"), (b"BEGIN:VCALENDAR\r\nSUMMARY:\xff\xff\r\n", "undecodable"),
    (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\n", "no_data"), (b"x" * (LIMITS.upload_bytes + 1), "too_large"),
])  # fmt: skip
def test_what_is_no_calendar_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refused, match=code):
        read(content)


def test_an_event_that_cannot_be_read_costs_itself_only() -> None:
    broken = (
        event("SUMMARY:没有时间").replace("END:VCALENDAR\r\n", "")
        + event("DTSTART:20260305T140000").partition("VERSION:2.0\r\n")[2]
    )
    feed = read(broken)
    assert len(feed.sessions) == 1
    assert [p.code for p in feed.warnings] == ["events_unreadable"]


# --- out --------------------------------------------------------------------------------------------

AT = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
ITEM = CalendarItem("s1@school.example", "防治学生欺凌专题面授培训，全体教职工；请带《指引》\\及台账, 谢谢" * 3, AT, AT + timedelta(hours=2), "综合楼 3 层; 多功能厅",
                    sequence=2, changed_at=AT - timedelta(days=9), url="https://hub.example/training/events/1")  # fmt: skip


def export(*items: CalendarItem) -> bytes:
    return IcalExporter().export(CalendarFeed("王芳的培训", items), {}).content


def test_our_file_comes_back_as_it_went() -> None:
    gone = CalendarItem("s2@school.example", "取消的一场\n第二行", AT, AT + timedelta(minutes=90), cancelled=True)
    feed = read(export(ITEM, gone))
    assert [(s.uid, s.title, s.place, s.cancelled, s.sequence) for s in feed.sessions] == [
        (ITEM.uid, ITEM.title, ITEM.place, False, 2),
        (gone.uid, gone.title, "", True, 0),
    ]
    assert all(s.starts_at == AT for s in feed.sessions)
    assert export(ITEM) == export(ITEM)


def test_the_sessions_of_years_come_back_each_by_itself() -> None:
    items = [
        CalendarItem(
            f"s{n}@school.example",
            f"第{n}场",
            AT + timedelta(days=n),
            AT + timedelta(days=n, hours=2),
            cancelled=n % 50 == 0,
            sequence=n,
        )
        for n in range(201)
    ]
    found = read(export(*items)).sessions
    assert [(s.uid, s.starts_at, s.cancelled, s.sequence) for s in found] == [
        (i.uid, i.starts_at, i.cancelled, i.sequence) for i in items
    ]


def test_a_calendar_of_more_events_than_anybody_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    items = [CalendarItem(f"s{n}", "x", AT, AT + timedelta(hours=1)) for n in range(201)]
    monkeypatch.setattr(reading, "MOST_EVENTS", 201)
    assert len(read(export(*items)).sessions) == 201
    monkeypatch.setattr(reading, "MOST_EVENTS", 200)
    with pytest.raises(Refused, match="too_many_rows"):
        read(export(*items))


def test_every_line_is_folded_between_characters() -> None:
    content = export(ITEM)
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= FOLD
    assert all(line.decode() is not None for line in lines)
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_another_reader_understands_it() -> None:
    calendar = Calendar.from_ical(export(ITEM))
    [found] = calendar.walk("VEVENT")
    assert found["DTSTART"].dt == AT
    assert str(found["SUMMARY"]) == ITEM.title
    assert str(found["STATUS"]) == "CONFIRMED"
    assert len(calendar.walk("VTIMEZONE")) == 1


@given(st.text(max_size=300))
def test_any_text_survives_and_no_line_is_smuggled_in(value: str) -> None:
    line = folded(f"SUMMARY:{text(value)}")
    assert max(map(len, line.split(b"\r\n"))) <= FOLD
    assert b"\n" not in line.replace(b"\r\n ", b"").removesuffix(b"\r\n")


def test_a_title_cannot_add_a_property() -> None:
    evil = CalendarItem(
        "u\r\nATTACH:x", "a\r\nATTENDEE:mailto:x@y.example", AT, AT, "b\nEND:VEVENT", url="javascript:alert(1)"
    )
    [found] = Calendar.from_ical(export(evil)).walk("VEVENT")
    assert "ATTENDEE" not in found
    assert "ATTACH" not in found
    assert "URL" not in found


def test_the_command_shows_a_calendar() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "trainhub_ical", str(SAMPLES / "outlook_windows_tz_lf_only.ics")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[0].split("\t")[:3] == [
        "2026-03-09T15:20:00+08:00",
        "2026-03-09T16:00:00+08:00",
        "三（1）班主题班会：拒绝校园欺凌",
    ]
