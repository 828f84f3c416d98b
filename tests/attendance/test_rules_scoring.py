"""Scoring R1-R8: window, in and out, grace, overlap, single punches, words."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.attendance.rules import Score, score
from trainhub.kernel.clock import at
from trainhub.plugin_api import AttendanceReading, SessionFrame

pytestmark = pytest.mark.files_only
DAY = date(2026, 3, 5)
FRAME = SessionFrame(at(DAY, time(14)), at(DAY, time(16)), DAY)


def punched(*clocks: str, **more: Any) -> AttendanceReading:
    return AttendanceReading(row=1, punches=tuple(at(DAY, time.fromisoformat(c)) for c in clocks), **more)


def said(stated: str | None, **more: Any) -> AttendanceReading:
    return AttendanceReading(row=1, stated=stated, whole_session=stated in ("present", "late", "left_early"), **more)  # type: ignore[arg-type]


def brief(result: Score) -> tuple[Any, ...]:
    return (result.status, result.minutes, result.late_minutes, result.left_early, result.review)


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        (("13:52", "16:03"), ("present", 120, 0, False, ())),
        (("14:04", "16:01"), ("present", 116, 4, False, ())),
        (("14:05:59", "16:00"), ("present", 115, 5, False, ())),
        (("14:06", "16:00"), ("late", 114, 6, False, ())),
        (("13:59", "15:20"), ("present", 80, 0, True, ())),
        (("13:59", "15:55"), ("present", 115, 0, False, ())),
        (("14:16", "15:30"), ("late", 74, 16, True, ())),
        (("13:50", "14:30", "15:59"), ("present", 119, 0, False, ())),
        (("13:58",), ("present", None, 0, False, ("single_punch",))),
        (("13:58", "14:07"), ("present", None, 0, False, ("single_punch",))),
        (("14:10",), ("late", None, 10, False, ("single_punch",))),
        (("16:20",), ("absent", 0, 0, False, ("sign_in_missing",))),
        (("07:50", "17:30"), ("absent", 0, 0, False, ("only_workday_punch",))),
        (("12:59", "17:01"), ("absent", 0, 0, False, ("only_workday_punch",))),
        (("13:00", "17:00"), ("present", 120, 0, False, ())),
        (("07:50", "13:52", "16:03", "17:30"), ("present", 120, 0, False, ())),
    ],
)
def test_punches(clocks: tuple[str, ...], expected: tuple[Any, ...]) -> None:
    assert brief(score([punched(*clocks)], FRAME)) == expected


def test_a_source_with_sign_in_only_is_credited_to_the_end() -> None:
    result = score([punched("14:09")], replace(FRAME, single_punch="credit_to_end"))
    assert brief(result) == ("late", 111, 9, False, ())
    assert result.check_out is None


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        (said("present"), ("present", 120, 0, False, ())),
        (said("late", late_minutes=20), ("late", 100, 20, False, ())),
        (said("late", late_minutes=4), ("present", 116, 4, False, ())),
        (said("late"), ("late", None, None, False, ("late_minutes_unknown",))),
        (said("present", arrived_at=at(DAY, time(14, 30))), ("late", 90, 30, False, ())),
        (said("left_early", left_at=at(DAY, time(15, 20))), ("present", 80, 0, True, ())),
        (said("left_early"), ("present", None, 0, True, ("left_minutes_unknown",))),
        (said("late", late_minutes=10, left_at=at(DAY, time(15, 30))), ("late", 80, 10, True, ())),
        (said("late", late_minutes=300), ("absent", 0, 0, False, ("sign_in_missing",))),
        (said("excused"), ("excused", 0, 0, False, ())),
        (said("absent"), ("absent", 0, 0, False, ())),
        (said("absent", flags=("proxy_signature",)), ("absent", 0, 0, False, ("proxy_signature",))),
        (said(None, flags=("unknown_symbol",)), (None, None, None, False, ("unknown_symbol",))),
        (said(None, flags=("blank_mark",)), (None, None, None, False, ("blank_mark",))),
        (said(None), ("absent", 0, 0, False, ())),
    ],
)
def test_words(reading: AttendanceReading, expected: tuple[Any, ...]) -> None:
    assert brief(score([reading], FRAME)) == expected


def test_times_beat_words_and_the_disagreement_is_said() -> None:
    assert score([punched("14:20", "16:00", stated="late")], FRAME).review == ()
    assert score([punched("14:20", "16:00", stated="present")], FRAME).review == ("result_time_conflict",)
    result = score([punched("13:50", "16:00", stated="absent")], FRAME)
    assert (result.status, result.minutes, result.review) == ("present", 120, ("result_time_conflict",))
    assert score([punched("13:50", "15:00", stated="left_early")], FRAME).review == ()


def test_no_row_is_absent_and_another_day_is_said() -> None:
    assert brief(score([], FRAME)) == ("absent", 0, 0, False, ())
    assert brief(score([punched("13:00", other_days=True)], FRAME)) == ("absent", 0, 0, False, ("other_date",))
    both = [punched("09:00", other_days=True), punched("13:50", "16:00")]
    assert brief(score(both, FRAME)) == ("present", 120, 0, False, ())


def test_rows_that_contradict_each_other_are_left_to_a_human() -> None:
    assert brief(score([said("present"), said("absent")], FRAME)) == (None, None, None, False, ("conflicting_rows",))


def test_in_and_out_on_two_rows_are_one_stay() -> None:
    assert brief(score([punched("13:50"), punched("16:00")], FRAME)) == ("present", 120, 0, False, ())


def test_case_07_a_session_past_midnight_counts_through() -> None:
    frame = SessionFrame(at(DAY, time(23)), at(DAY + timedelta(days=1), time(1)), DAY)
    reading = AttendanceReading(1, punches=(at(DAY, time(22, 50)), at(DAY + timedelta(days=1), time(1, 2))))
    assert score([reading], frame).minutes == 120


moments = st.integers(-600, 900).map(lambda m: FRAME.starts_at + timedelta(minutes=m, seconds=m % 60))


@given(st.lists(moments, max_size=6), st.sampled_from(["credit_to_end", "review"]))
def test_minutes_never_exceed_the_session(punches: list[datetime], policy: Any) -> None:
    result = score([AttendanceReading(1, punches=tuple(punches))], replace(FRAME, single_punch=policy))
    assert result.minutes is None or 0 <= result.minutes <= 120
    assert result.late_minutes is None or 0 <= result.late_minutes < 120
    assert result.status in ("present", "late", "absent")


@given(st.lists(moments, min_size=1, max_size=5), st.integers(61, 3000), st.booleans())
def test_a_punch_outside_the_window_changes_nothing(punches: list[datetime], away: int, before: bool) -> None:
    far = FRAME.starts_at - timedelta(minutes=away) if before else FRAME.ends_at + timedelta(minutes=away)
    inside = [p for p in punches if FRAME.starts_at - timedelta(hours=1) <= p <= FRAME.ends_at + timedelta(hours=1)]
    if inside:
        base = score([AttendanceReading(1, punches=tuple(inside))], FRAME)
        assert score([AttendanceReading(1, punches=(*inside, far))], FRAME) == base


@given(
    st.permutations([said("present"), said("excused"), punched("13:50"), punched("16:01"), punched("08:00")]),
    st.integers(0, 5),
)
def test_the_order_of_rows_does_not_matter(rows: list[AttendanceReading], count: int) -> None:
    some = rows[:count]
    assert brief(score(some, FRAME))[:4] == brief(score(some[::-1], FRAME))[:4]
