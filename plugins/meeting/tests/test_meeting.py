"""Lists of participants: any order of columns and of day and month, rejoining, shared devices, nicknames."""

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_meeting import MeetingSource
from trainhub_meeting.moments import minutes_of, order_of
from trainhub_meeting.names import Named, people_of

from tests import workbooks
from trainhub.attendance.rules import score
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = MeetingSource()
TENCENT = ["用户昵称（入会昵称）", "首次入会时间", "最后退会时间", "入会次数", "累计参会时长", "身份"]
ZOOM = [
    "Name (Original Name)",
    "User Email",
    "Join Time",
    "Leave Time",
    "Duration (Minutes)",
    "Guest",
    "In Waiting Room",
]


def read(upload: Upload) -> ReadResult:
    return SOURCE.read(upload, workbooks.FRAME)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    stays = [f"{local(a):%H:%M}-{local(b):%H:%M}" for a, b in reading.stays]
    return (reading.name, reading.department, reading.email, stays, reading.flags)


def minutes(reading: AttendanceReading) -> tuple[str | None, int | None]:
    found = score([reading], workbooks.FRAME)
    return (found.status, found.minutes)


def tencent(*rows: list[Any], order: list[str] = TENCENT, preamble: int = 8) -> Upload:
    head = (
        [["会议主题", "线上学习"], ["会议号", "987 654 321"]][:preamble]
        + [["x", "y"]] * max(0, preamble - 3)
        + [[]] * (preamble > 2)
    )
    return workbooks.xlsx(
        [*head, order, *[[dict(zip(TENCENT, r, strict=True))[c] for c in order] for r in rows]], sheet="成员参会概况"
    )


def row(nick: str, joined: str, left: str, total: str) -> list[Any]:
    return [nick, f"2026-03-05 {joined}:00", f"2026-03-05 {left}:00", "1", total, "普通参会者"]


@given(order=st.permutations(TENCENT), preamble=st.integers(0, 12))
@settings(max_examples=25, deadline=None)
def test_tencent_meeting_in_any_order(order: list[str], preamble: int) -> None:
    upload = tencent(row("王芳(语文组王芳)", "13:50", "16:05", "2:15:00"), row("赵敏(赵敏)", "14:00", "14:30", "0:30:00"),
                     row("赵敏(赵敏)", "15:00", "16:00", "1:00:00"), order=order, preamble=preamble)  # fmt: skip
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "tencent.meeting.xlsx"
    assert [told(r) for r in result.readings] == [
        ("王芳", "语文组", "", ["13:50-16:05"], ()),
        ("赵敏", "", "", ["14:00-14:30", "15:00-16:00"], ()),
    ]
    assert [minutes(r) for r in result.readings] == [("present", 120), ("present", 90)]


def test_somebody_who_rejoined_gets_the_platforms_total_and_never_more_than_the_session() -> None:
    rows = [row("赵敏(赵敏)", "13:50", "16:05", "1:10:00"), row("王芳(王芳)", "12:00", "18:00", "6:00:00")]
    assert [minutes(r) for r in read(tencent(*rows)).readings] == [("present", 70), ("present", 120)]


def test_two_people_on_one_device_and_a_device_without_a_name() -> None:
    result = read(
        tencent(
            row("陈晓东&孙丽(陈晓东＆孙丽)", "13:58", "16:00", "2:02:00"),
            row("iPad(iPad)", "14:00", "16:00", "2:00:00"),
        )
    )
    assert [(r.name, r.flags) for r in result.readings] == [
        ("陈晓东", ("shared_device",)),
        ("孙丽", ("shared_device",)),
        ("iPad(iPad)", ("no_person_name",)),
    ]
    assert len({r.external_id for r in result.readings}) == 3


@pytest.mark.parametrize(
    ("nickname", "wanted"),
    [
        ("王芳", [Named("王芳")]), ("王 芳", [Named("王芳")]), ("王芳老师", [Named("王芳")]), ("数学组-王芳", [Named("王芳", "数学组")]),
        ("语文组王芳", [Named("王芳", "语文组")]), ("李建国(主持人-李建国)", [Named("李建国")]), ("青禾实验小学 王芳", [Named("王芳")]),
        ("ZK(郑凯)", [Named("郑凯")]), ("郑凯 (Zheng Kai)", [Named("郑凯")]), ("小芳(王芳)", [Named("王芳")]), ("买买提·艾力", [Named("买买提·艾力")]),
        ("王芳(语文组)", [Named("王芳", "语文组")]), ("Zheng Kai", [Named("Zheng Kai")]), ("张䶮", [Named("张䶮")]), ("欧阳若彤", [Named("欧阳若彤")]),
        ("王芳、李科", [Named("王芳"), Named("李科")]), ("李科", [Named("李科")]), ("校务办/李建国", [Named("李建国", "校务办")]),
        ("iPad", []), ("Galaxy S21", []), ("张三的iPhone", []), ("HUAWEI Mate 60", []), ("用户123456", []), ("多媒体教室2", []), ("DESKTOP-7Q2", []),
        ("微信用户(微信用户)", []), ("13800000000", []), ("", []), ("主持人", []),
    ],
)  # fmt: skip
def test_nicknames(nickname: str, wanted: list[Named]) -> None:
    assert list(people_of(nickname, inner_first=True)) == wanted


def zoom(*rows: list[Any], order: list[str] = ZOOM, preamble: bool = True, encoding: str = "utf-8-sig") -> Upload:
    head = [
        ["Meeting ID", "Topic", "Start Time", "User Email", "Duration (Minutes)"],
        ["987", "学习", "03/05/2026 01:50:00 PM", "a@b", "135"],
        [],
    ]
    body = [order, *[[dict(zip(ZOOM, r, strict=True))[c] for c in order] for r in rows]]
    return workbooks.text([*(head if preamble else []), *body], encoding)


@given(
    order=st.permutations(ZOOM),
    preamble=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
@settings(max_examples=25, deadline=None)
def test_zoom_in_any_order(order: list[str], preamble: bool, encoding: str) -> None:
    upload = zoom(
        ["郑凯 (Zheng Kai)", "Z@x.example", "03/05/2026 01:50:00 PM", "03/05/2026 04:05:00 PM", "135", "No", "No"],
        ["王芳", "w@x.example", "2026-03-05 14:10:00", "2026-03-05 15:10:00", "60", "No", "No"],
        ["王芳", "w@x.example", "2026-03-05 15:05:00", "2026-03-05 16:00:00", "55", "No", "No"],
        ["王芳", "w@x.example", "2026-03-05 13:05:00", "2026-03-05 13:55:00", "50", "No", "Yes"],
        order=order, preamble=preamble, encoding=encoding,
    )  # fmt: skip
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "zoom.participants.csv"
    assert [told(r)[:4] for r in result.readings] == [
        ("郑凯", "", "z@x.example", ["13:50-16:05"]),
        ("王芳", "", "w@x.example", ["14:10-15:10", "15:05-16:00"]),
    ]
    assert [minutes(r) for r in result.readings] == [("present", 120), ("late", 110)]
    assert [d.reason for d in result.dropped] == ["waiting_room"]


def test_zooms_sums_without_times_are_held_to_their_total() -> None:
    rows = [
        ["Name (Original Name)", "User Email", "Total Duration (Minutes)", "Guest"],
        ["郑凯", "z@x.example", "83", "No"],
        ["赵敏", "", "500", "No"],
    ]
    assert [minutes(r) for r in read(workbooks.text(rows)).readings] == [("present", 83), ("present", 120)]


def teams(
    rows: list[tuple[str, str, str]], *, activities: bool = True, slash: str = "3/5/26, ", lower: bool = False
) -> Upload:
    people = list(dict.fromkeys(n for n, _a, _b in rows))
    spans = {n: (min(a for m, a, _b in rows if m == n), max(b for m, _a, b in rows if m == n)) for n in people}
    lines = [["1. Summary"], ["Meeting title", "学习"], ["Start time", f"{slash}2:00:00 PM"], [], ["2. Participants"]]
    lines.append(["Name", "First Join", "Last Leave", "In-Meeting Duration", "Email", "Participant ID (UPN)", "Role"])
    lines += [
        [n, slash + spans[n][0], slash + spans[n][1], "1h 30m 0s", f"{i}@x.example", f"{i}@x.example", "Presenter"]
        for i, n in enumerate(people)
    ]
    if activities:
        lines += [
            [],
            ["3. In-Meeting Activities"],
            [
                "Name",
                "Join time" if lower else "Join Time",
                "Leave time" if lower else "Leave Time",
                "Duration",
                "Email",
                "Role",
            ],
        ]
        lines += [[n, slash + a, slash + b, "1m 0s", f"{people.index(n)}@x.example", "Presenter"] for n, a, b in rows]
    body = "\r\n".join("\t".join(line) for line in lines)
    return Upload("report.csv", body.encode("utf-16"))


STAYS = [
    ("郑凯", "1:58:00 PM", "4:00:00 PM"),
    ("陈晓东", "2:20:00 PM", "3:00:00 PM"),
    ("陈晓东", "3:10:00 PM", "4:01:00 PM"),
]


@pytest.mark.parametrize("slash", ["3/5/26, ", "5/3/26, ", "03/05/2026, ", "2026/3/5 ", "5.3.2026, "])
@pytest.mark.parametrize("lower", [True, False])
def test_teams_activities_whatever_the_locale(slash: str, lower: bool) -> None:
    upload = teams(STAYS, slash=slash, lower=lower)
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "teams.attendance.tsv"
    assert [told(r)[3] for r in result.readings] == [["13:58-16:00"], ["14:20-15:00", "15:10-16:01"]]
    assert [minutes(r) for r in result.readings] == [("present", 120), ("late", 90)]
    assert result.warnings == ()


def test_teams_without_activities_is_held_to_its_totals() -> None:
    assert [minutes(r) for r in read(teams(STAYS, activities=False)).readings] == [("present", 90), ("late", 90)]


def test_a_hundred_people_before_the_activities() -> None:
    many = [(f"教师{chr(0x4E00 + n)}", "1:58:00 PM", "4:00:00 PM") for n in range(100)]
    assert len(read(teams(many)).readings) == 100


def test_the_order_of_day_and_month_is_shown_by_the_file_or_the_session_or_said_to_be_unsure() -> None:
    day = frozenset({date(2026, 3, 5)})
    assert order_of(["3/5/26, 1:00 PM"], day) == ("mdy", True)
    assert order_of(["5/3/26, 1:00 PM"], day) == ("dmy", True)
    assert order_of(["4/5/26, 1:00 PM", "14/5/26, 1:00 PM"], day) == ("dmy", True)
    assert order_of(["4/6/26, 1:00 PM"], day) == ("mdy", False)
    assert order_of(["4/4/26, 1:00 PM"], day) == ("mdy", True)
    other = read(teams(STAYS, slash="4/6/26, "))
    assert [w.code for w in other.warnings] == ["date_order_unsure"]
    assert all(r.other_days for r in other.readings)


def test_somebody_still_in_the_meeting_and_times_nobody_can_read() -> None:
    result = read(
        zoom(
            ["赵一", "", "03/05/2026 02:00:00 PM", None, "", "No", "No"], ["钱二", "", "soon", "later", "", "No", "No"]
        )
    )
    assert [(len(r.punches), r.stays, r.flags) for r in result.readings] == [(1, (), ()), (0, (), ("time_unreadable",))]


@pytest.mark.parametrize(
    ("cell", "wanted"),
    [
        ("2:15:00", 135),
        ("0:30:59", 30),
        ("1h 13m 42s", 73),
        ("40m 0s", 40),
        ("90分钟", 90),
        ("1小时30分", 90),
        ("135", 135),
        (135, 135),
        (0.0625, 90),
        (time(1, 30), 90),
        ("", None),
        ("x", None),
        (None, None),
    ],
)
def test_totals(cell: Any, wanted: int | None) -> None:
    assert minutes_of(cell) == wanted


def test_it_is_never_face_to_face() -> None:
    assert SOURCE.spec.face_to_face is False
    assert SOURCE.spec.trust == "online"


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "签到时间", "签退时间"], ["赵一", "13:50", "16:00"]],
        [["Name", "Join Time", "Leave Time"], ["a", "b", "c"]],
        [["姓名", "时长"], ["赵一", "90"]],
        [["1. 说明"], ["姓名", "时长"], ["赵一", "90"]],
    ],
)
def test_tables_of_others_are_not_taken(rows: Any) -> None:
    upload = workbooks.xlsx(rows)
    assert SOURCE.recognise(upload) == 0
    with pytest.raises(Refused, match="no_header"):
        read(upload)


@pytest.mark.parametrize("content", [b"", b"{", b"[{}]", b"\x00\x01", b"PK\x03\x04broken"])
def test_recognising_never_raises(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x.csv", content)) == 0
