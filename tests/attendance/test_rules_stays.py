"""Scoring of stretches of presence, of sign-in-only sources, and of what other systems left open."""

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import workbooks
from trainhub.attendance.matching import Directory, RosterPerson
from trainhub.attendance.rules import Score, score
from trainhub.kernel.clock import at
from trainhub.plugin_api import AttendanceReading

pytestmark = pytest.mark.files_only
FRAME = workbooks.FRAME


def stayed(*spans: str, **more: Any) -> AttendanceReading:
    def clock(text: str) -> Any:
        return at(workbooks.DAY, time.fromisoformat(text))

    return AttendanceReading(
        1, stays=tuple((clock(a), clock(b)) for a, _, b in (s.partition("-") for s in spans)), **more
    )


def brief(found: Score) -> tuple[Any, ...]:
    return (found.status, found.minutes, found.late_minutes, found.left_early, found.review)


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        (("13:50-16:05",), ("present", 120, 0, False, ())),
        (("14:00-14:30", "15:00-16:00"), ("present", 90, 0, False, ())),
        (("14:10-15:10", "15:05-16:00"), ("late", 110, 10, False, ())),
        (("08:00-17:30",), ("present", 120, 0, False, ())),
        (("14:00-15:00",), ("present", 60, 0, True, ())),
        (("13:30-13:55",), ("absent", 0, 0, True, ())),
        (("16:10-16:30",), ("absent", 0, 0, False, ("sign_in_missing",))),
        (("08:00-09:00",), ("absent", 0, 0, False, ("only_workday_punch",))),
    ],
)
def test_stays(spans: tuple[str, ...], wanted: tuple[Any, ...]) -> None:
    assert brief(score([stayed(*spans)], FRAME)) == wanted


def test_a_total_of_the_source_holds_minutes_down_and_never_up() -> None:
    assert score([stayed("14:00-16:00", most_minutes=70)], FRAME).minutes == 70
    assert score([stayed("14:00-15:00", most_minutes=500)], FRAME).minutes == 60
    both = [stayed("14:00-15:00", most_minutes=30), stayed("15:00-16:00")]
    assert score(both, FRAME).minutes == 90


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(0, 1439)), max_size=6), st.none() | st.integers(0, 2000))
def test_never_more_minutes_than_the_session_has(pairs: list[tuple[int, int]], most: int | None) -> None:
    midnight = at(workbooks.DAY, time())
    stays = tuple((midnight + timedelta(minutes=min(p)), midnight + timedelta(minutes=max(p))) for p in pairs)
    found = score([AttendanceReading(1, stays=stays, most_minutes=most)], FRAME)
    assert found.minutes is not None
    assert 0 <= found.minutes <= min(120, most if most is not None else 120)
    assert (
        score([AttendanceReading(1, stays=s, most_minutes=None) for s in ((x,) for x in stays)], FRAME).minutes
        == score([AttendanceReading(1, stays=stays)], FRAME).minutes
    )


def test_a_later_submission_is_never_a_sign_out() -> None:
    def sent(*clocks: str) -> AttendanceReading:
        return AttendanceReading(
            1, punches=tuple(at(workbooks.DAY, time.fromisoformat(c)) for c in clocks), sign_in_only=True
        )

    credited = replace(FRAME, single_punch="credit_to_end")
    assert brief(score([sent("13:58", "15:00")], credited)) == (
        "present",
        120,
        0,
        False,
        ("duplicate_submission_ignored",),
    )
    assert brief(score([sent("13:58"), sent("15:00")], credited)) == (
        "present",
        120,
        0,
        False,
        ("duplicate_submission_ignored",),
    )
    assert brief(score([sent("13:58")], FRAME)) == ("present", 120, 0, False, ())  # R6: a form takes no time of leaving
    assert brief(score([sent("17:45")], FRAME)) == ("absent", 0, 0, False, ("submitted_outside_window",))
    mixed = [sent("13:58"), AttendanceReading(2, punches=(at(workbooks.DAY, time(15)),))]
    assert brief(score(mixed, FRAME))[1:4] == (60, 0, True)


def test_presence_without_minutes_and_rolls_nobody_took() -> None:
    assert brief(score([AttendanceReading(1, stated="present", flags=("partially_attended",))], FRAME)) == (
        "present",
        None,
        0,
        False,
        ("partially_attended",),
    )
    assert brief(score([AttendanceReading(1, flags=("not_taken",))], FRAME)) == (None, None, 0, False, ("not_taken",))
    assert score([AttendanceReading(1, flags=("unknown_symbol",))], FRAME).late_minutes is None


PEOPLE = [
    RosterPerson("A", "王芳", "0101", "语文组", platform_ids=("u1",), phone_tail="0101"),
    RosterPerson("B", "王芳", "0102", "数学组", platform_ids=("u2",), phone_tail="0102"),
]


def test_a_device_is_nobody_and_an_unknown_account_is_not_on_the_roster() -> None:
    directory = Directory(PEOPLE)
    assert directory.match(AttendanceReading(1, name="iPad", flags=("no_person_name",))).reason == "no_person_name"
    assert directory.match(AttendanceReading(1, platform_id="stranger")).reason == "not_on_roster"
    assert directory.match(AttendanceReading(1, email="x@y")).reason == "not_on_roster"
    assert directory.match(AttendanceReading(1)).reason == "no_identity"


def test_namesakes_by_phone_before_department_and_not_at_all_where_both_disagree() -> None:
    directory = Directory(PEOPLE)

    def match(department: str, tail: str) -> tuple[str | None, tuple[str, ...], str]:
        found = directory.match(AttendanceReading(1, name="王芳", department=department, raw={"phone_tail": tail}))
        return (found.person_key, found.review, found.reason)

    assert match("数学组", "0102") == ("B", ("matched_by_name_and_phone_tail",), "")
    assert match("数学组", "") == ("B", ("matched_by_name_and_dept",), "")
    assert match("语文组", "0102") == (None, (), "ambiguous_name")
