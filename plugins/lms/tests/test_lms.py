"""Exports of Moodle and Indico in any order of columns, for other people, days and sessions."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainhub_lms import LmsSource
from trainhub_lms.people import moment_in

from tests import workbooks
from trainhub.kernel.clock import local
from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, Upload

pytestmark = pytest.mark.files_only
SOURCE = LmsSource()


def read(upload: Upload) -> ReadResult:
    return SOURCE.read(upload, workbooks.FRAME)


def told(reading: AttendanceReading) -> tuple[Any, ...]:
    clocks = [local(p).strftime("%H:%M") for p in reading.punches]
    return (reading.name, reading.staff_no, reading.email, clocks, reading.stated, reading.whole_session, reading.flags)


# --- Moodle attendance ---------------------------------------------------------------------------

IDENTITY = ["Surname", "First name", "ID number", "Department"]
SESSIONS = ["5 Mar 2026 2.00PM All students", "6 Mar 2026 9.00AM All students", "5 Mar 2026 9.00AM All students"]
BEHIND = ["P", "L", "E", "A", "Taken sessions", "Points", "Percentage"]
CELLS = [
    ("王", "芳", "P (2.0/2.0)"),
    ("李", "建国", "L (1.0/2.0)"),
    ("欧", "阳若彤", "E"),
    ("赵", "敏", "A (0/2)"),
    ("陈", "晓东", "?"),
    ("孙", "丽", "-P"),
    ("周", "强", ""),
]
WANTED = [
    ("王芳", "present", True, ()), ("李建国", "late", True, ()), ("欧阳若彤", "excused", False, ()), ("赵敏", "absent", False, ()),
    ("陈晓东", None, False, ("not_taken",)), ("孙丽", "present", True, ("hidden_status_set",)),
]  # fmt: skip


def moodle(
    identity: list[str] = IDENTITY, sessions: list[str] = SESSIONS, behind: list[str] = BEHIND, cells: Any = CELLS
) -> list[list[Any]]:
    rows: list[list[Any]] = [
        ["Course", "防治学生欺凌"],
        ["Group", "All participants"],
        [],
        [*identity, *sessions, *behind],
    ]
    for number, (surname, first, cell) in enumerate(cells):
        person = {
            "Surname": surname,
            "First name": first,
            "ID number": f"{number:04d}",
            "Department": "x",
            "Groups": "-",
            "Email address": f"{number}@x",
        }
        rows.append(
            [
                *[person[c] for c in identity],
                *[cell if s == SESSIONS[0] else "?" for s in sessions],
                *["1"] * len(behind),
            ]
        )
    return rows


@given(
    identity=st.permutations([*IDENTITY, "Groups", "Email address"]),
    sessions=st.permutations(SESSIONS),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16"]),
)
@settings(max_examples=25, deadline=None)
def test_moodle_attendance_in_any_order(identity: list[str], sessions: list[str], encoding: str) -> None:
    upload = workbooks.text(moodle(identity, sessions), encoding, "\t")
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "moodle.attendance"
    assert [(r.name, r.stated, r.whole_session, r.flags) for r in result.readings] == WANTED
    assert [d.reason for d in result.dropped] == ["not_for_this_person"]


def test_a_workbook_named_xls_with_its_blank_remark_columns() -> None:
    rows = [[*r[:5], None, *r[5:]] for r in moodle()]
    upload = Upload("x.xls", workbooks.xlsx(rows).content)
    assert SOURCE.recognise(upload) == 98
    assert [r.stated for r in read(upload).readings] == [w[1] for w in WANTED]


@pytest.mark.parametrize("behind", [["P", "L", "E", "A", "X"], ["到", "迟", "假", "缺"], [], ["P", "A"]])
def test_acronyms_of_a_course_are_asked_for_and_never_guessed(behind: list[str]) -> None:
    result = read(workbooks.text(moodle(behind=[*behind, "Taken sessions"], cells=CELLS[:1]), delimiter="\t"))
    assert [(r.stated, r.flags) for r in result.readings] == [(None, ("unknown_symbol",))]


def test_two_groups_of_one_session_and_a_session_at_another_time() -> None:
    groups = ["5 Mar 2026 2.00PM Group: A", "5 Mar 2026 2.00PM Group: B"]
    rows = moodle(sessions=groups, cells=CELLS[:2])
    rows[4][4:6] = ["P (2/2)", ""]
    rows[5][4:6] = ["", "A (0/2)"]
    assert [r.stated for r in read(workbooks.text(rows, delimiter="\t")).readings] == ["present", "absent"]
    morning = read(workbooks.text(moodle(sessions=[SESSIONS[2]]), delimiter="\t"))
    assert morning.readings == ()
    assert [w.code for w in morning.warnings] == ["session_column_unsure"]
    other = read(workbooks.text(moodle(sessions=[SESSIONS[1]]), delimiter="\t"))
    assert [w.code for w in other.warnings] == ["no_rows_for_the_day"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5 Mar 2026 2.00PM All students", "2026-03-05 14:00"), ("5 March 2026 14.00 All students", "2026-03-05 14:00"),
        ("Thursday, 5 March 2026, 2:00 PM", "2026-03-05 14:00"), ("2026年03月5日 14:00 全体", "2026-03-05 14:00"), ("2026年3月5日 星期四 下午2:00", "2026-03-05 14:00"),
        ("2026-03-05 14:00", "2026-03-05 14:00"), ("12 Xyz 2026 2.00PM", None), ("31 Feb 2026 2.00PM", None), ("Points", None),
    ],
)  # fmt: skip
def test_moments_in_headers(text: str, wanted: str | None) -> None:
    found = moment_in(text)
    assert (local(found).strftime("%Y-%m-%d %H:%M") if found else None) == wanted


# --- Moodle facetoface -----------------------------------------------------------------------------

F2F = [
    "Location",
    "Date",
    "Start time",
    "Finish time",
    "Status",
    "First name",
    "Surname",
    "Email address",
    "ID number",
    "Manager's email",
    "Attendance",
    "Date Signed Up",
]


def booking(
    first: str, surname: str, attendance: Any, start: str = "Thursday, 5 March 2026, 2:00 PM"
) -> dict[str, Any]:
    return {
        "Location": "多功能厅", "Date": "session over", "Start time": start, "Finish time": "Thursday, 5 March 2026, 4:00 PM", "Status": "session over",
        "First name": first, "Surname": surname, "Email address": f"{first}@x.example", "ID number": "0101", "Manager's email": "boss@x", "Attendance": attendance,
    }  # fmt: skip


@given(st.permutations(F2F))
@settings(max_examples=25, deadline=None)
def test_facetoface_in_any_order(order: list[str]) -> None:
    people = [
        booking("芳", "王", "100.00"), booking("建国", "李", 50), booking("敏", "赵", "0.00"), booking("若彤", "欧阳", "-"),
        booking("x", "other", "100.00", "Friday, 6 March 2026, 2:00 PM"), booking("y", "other", "100.00", "Thursday, 5 March 2026, 9:00 AM"),
    ]  # fmt: skip
    upload = workbooks.xlsx([order, *[[p.get(c) for c in order] for p in people]], sheet="attendance")
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert result.format == "moodle.facetoface.xlsx"
    assert [(r.name, r.stated, r.whole_session, r.flags) for r in result.readings] == [
        ("王芳", "present", True, ()), ("李建国", "present", False, ("partially_attended",)), ("赵敏", "absent", False, ()),
        ("欧阳若彤", None, False, ("attendance_not_taken",)),
    ]  # fmt: skip
    assert [d.reason for d in result.dropped] == ["other_date", "other_session"]
    assert "boss" not in str(result)


def test_the_sheet_of_attendees_with_its_time_above() -> None:
    rows = [
        ["防治学生欺凌"],
        ["Thursday, 5 March 2026, 2:00 PM - 4:00 PM"],
        [],
        ["First name", "Surname", "Email address", "Current status"],
    ]
    rows += [["芳", "王", "a@x", "Fully attended"], ["敏", "赵", "b@x", "No show"], ["强", "周", "c@x", "Booked"]]
    assert [(r.name, r.stated) for r in read(workbooks.xlsx(rows)).readings] == [
        ("王芳", "present"),
        ("赵敏", "absent"),
        ("周强", None),
    ]


# --- Indico ----------------------------------------------------------------------------------------

INDICO = [
    "ID",
    "Name",
    "Affiliation",
    "Email Address",
    "工号",
    "Registration date",
    "Registration state",
    "Checked in",
    "Check-in date",
]
STAMP = "2026-03-05 05:51:59.123456+00:00"


@given(order=st.permutations(INDICO), encoding=st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]))
@settings(max_examples=25, deadline=None)
def test_indico_registrations_in_any_order(order: list[str], encoding: str) -> None:
    people = [
        dict(
            zip(
                INDICO,
                ["1", "王芳", "某校", "A@x.example", "0101", "2026-02-26 06:00:00+00:00", "Completed", "Yes", STAMP],
                strict=True,
            )
        ),
        dict(
            zip(
                INDICO,
                ["2", "赵敏", "某校", "b@x.example", "0107", "2026-02-26 06:00:00+00:00", "Completed", "No", ""],
                strict=True,
            )
        ),
        dict(zip(INDICO, ["3", "钱二", "某校", "c@x.example", "0108", "", "Withdrawn", "No", ""], strict=True)),
        dict(
            zip(
                INDICO,
                ["4", "孙三", "某校", "d@x.example", "0109", "", "Completed", "Yes", "2026-03-05 06:09:00"],
                strict=True,
            )
        ),
        dict(zip(INDICO, ["5", "李四", "某校", "e@x.example", "0110", "", "Completed", "Yes", ""], strict=True)),
    ]
    upload = workbooks.text([order, *[[p[c] for c in order] for p in people]], encoding)
    assert SOURCE.recognise(upload) == 98
    assert [told(r) for r in read(upload).readings] == [
        ("王芳", "0101", "a@x.example", ["13:51"], None, False, ()), ("赵敏", "0107", "b@x.example", [], None, False, ()),
        ("孙三", "0109", "d@x.example", ["14:09"], None, False, ()), ("李四", "0110", "e@x.example", [], "present", False, ("single_punch",)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrap", [lambda r: r, lambda r: {"registrations": r}, lambda r: {"results": r}, lambda r: [{"registrations": r}]]
)
def test_indico_answers_however_wrapped(wrap: Any) -> None:
    rows = [
        {
            "id": 1,
            "full_name": "王芳",
            "email": "A@x.example",
            "checked_in": True,
            "checked_in_dt": STAMP.replace(" ", "T"),
            "checkin_secret": "geheim",
            "tags": [],
        },
        {
            "id": 2,
            "full_name": "赵敏",
            "email": "b@x.example",
            "checked_in": False,
            "checked_in_dt": None,
            "checkin_secret": "geheim",
            "tags": [],
        },
        {
            "id": 3,
            "full_name": "钱二",
            "email": "c@x.example",
            "checked_in": False,
            "state": "withdrawn",
            "checkin_secret": "geheim",
        },
    ]
    upload = Upload("x.json", json.dumps(wrap(rows)).encode())
    assert SOURCE.recognise(upload) == 98
    result = read(upload)
    assert [(r.name, len(r.punches)) for r in result.readings] == [("王芳", 1), ("赵敏", 0)]
    assert "geheim" not in str(result)


def test_a_list_and_an_answer_of_one_event_have_the_same_keys() -> None:
    table = workbooks.text([INDICO, ["1", "王芳", "", "A@x.example", "0101", "", "Completed", "Yes", STAMP]])
    answer = Upload(
        "x.json",
        json.dumps(
            [{"full_name": "王芳", "email": "a@X.example", "checked_in": True, "checked_in_dt": STAMP}]
        ).encode(),
    )
    assert read(table).readings[0].external_id == read(answer).readings[0].external_id


def test_namesakes_nobody_can_tell_apart_are_both_kept() -> None:
    moodle_rows = moodle(identity=["Surname", "First name"], cells=[CELLS[0], CELLS[0]])
    booked = [
        ["First name", "Surname", "Start time", "Finish time", "Attendance"],
        *[["芳", "王", "Thursday, 5 March 2026, 2:00 PM", "x", "100.00"]] * 2,
    ]
    registered = [["Name", "Checked in", "Check-in date"], *[["王芳", "Yes", STAMP]] * 2]
    for upload in (workbooks.text(moodle_rows, delimiter="\t"), workbooks.xlsx(booked), workbooks.text(registered)):
        readings = read(upload).readings
        assert [r.name for r in readings] == ["王芳", "王芳"]
        assert len({r.external_id for r in readings}) == 2


def test_a_person_of_two_groups_who_was_taken_in_one() -> None:
    rows = moodle(sessions=["5 Mar 2026 2.00PM Group: A", "5 Mar 2026 2.00PM Group: B"], cells=CELLS[:1])
    rows[4][4:6] = ["?", "P (2/2)"]
    assert [(r.stated, r.flags) for r in read(workbooks.text(rows, delimiter="\t")).readings] == [("present", ())]


def test_a_check_in_on_another_day_is_said() -> None:
    result = read(
        workbooks.text([INDICO, ["1", "王芳", "", "a@x", "1", "", "Completed", "Yes", "2026-03-12 05:51:00+00:00"]])
    )
    assert result.readings[0].other_days
    assert [w.code for w in result.warnings] == ["no_rows_for_the_day"]


# --- all -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "签到时间"], ["赵一", "13:50"]],
        [["Name", "Attendance"], ["a", "100"]],
        [["Surname", "First name", "Points"], ["a", "b", "1"]],
        [["姓名", "3月5日", "3月6日"], ["赵一", "√", "√"]],
    ],
)
def test_tables_of_others_are_not_taken(rows: Any) -> None:
    upload = workbooks.xlsx(rows)
    assert SOURCE.recognise(upload) == 0
    with pytest.raises(Refused, match="no_header"):
        read(upload)


@pytest.mark.parametrize("content", [b"", b"{", b"[{}]", b'[{"checked_in": true}]', b"\x00\x01", b"PK\x03\x04broken"])
def test_recognising_never_raises(content: bytes) -> None:
    assert SOURCE.recognise(Upload("x.csv", content)) == 0
