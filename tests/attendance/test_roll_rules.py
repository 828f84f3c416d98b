"""The pure rules of a roll: times, minutes, precedence, steps."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.attendance.roll_rules import (
    VALUES,
    Frame,
    Head,
    Statement,
    apply,
    attended_minutes,
    next_state,
    page_keys,
    problems,
    rank,
    retimed,
    tally,
)

START = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
FRAME = Frame(START, START + timedelta(minutes=120))


def minute(n: int) -> datetime:
    return START + timedelta(minutes=n)


def test_times_far_outside_the_session_are_refused() -> None:
    assert problems(Statement("late", arrived_at=minute(600)), FRAME) == ["time_outside_session"]


def test_somebody_may_come_late_and_leave_early() -> None:
    late = apply(Head("p", 1), Statement("late"), FRAME, minute(10))
    both = apply(late, Statement("left_early"), FRAME, minute(100))
    assert (both.status, both.minutes, both.late_minutes) == ("left_early", 90, 10)


def test_a_second_bare_late_keeps_the_time_of_the_first() -> None:
    late = apply(Head("p", 1), Statement("late"), FRAME, minute(10))
    assert apply(late, Statement("late"), FRAME, minute(50)).late_minutes == 10


def test_leaving_early_without_a_time_after_the_end_counts_nothing() -> None:
    head = apply(Head("p", 1), Statement("left_early"), FRAME, minute(200))
    assert (head.minutes, head.review) == (0, ("left_time_missing",))


def test_a_revoked_presence_marked_again_stays_flagged() -> None:
    revoked = Head("p", 1, status="present", revoked_at=START, revoked_reason="代签")
    head = apply(revoked, Statement("present"), FRAME, minute(10))
    assert (head.revoked_at, head.review) == (None, ("was_revoked",))
    assert apply(head, Statement("present", note="x"), FRAME, minute(20)).review == ("was_revoked",)


def test_moving_a_session_keeps_the_times_and_counts_anew() -> None:
    late = apply(Head("p", 1), Statement("late"), FRAME, minute(30))
    moved = retimed(late, Frame(minute(15), minute(105)))
    assert (moved.arrived_at, moved.late_minutes, moved.minutes) == (minute(30), 15, 75)


def test_the_stronger_source_is_the_witnessed_one() -> None:
    order = ["manual", "leave", "qr", "device:gate", "import:tabular", "assertion", ""]
    assert sorted(order, key=rank, reverse=True) == order


@pytest.mark.parametrize(("step", "state", "after"), [
    ("submit", "open", "submitted"), ("submit", "verified", None), ("verify", "open", None), ("verify", "submitted", "verified"),
    ("reopen", "submitted", None), ("take_back", "verified", None), ("void", "void", None), ("revoke", "verified", "submitted"),
])
def test_steps_of_a_sheet(step: str, state: str, after: str | None) -> None:
    assert next_state(step, state) == after


@given(
    value=st.sampled_from([*VALUES, None]), late=st.none() | st.integers(0, 120), left=st.none() | st.integers(-60, 240),
    moment=st.integers(-300, 900),
)
def test_minutes_lie_within_the_session_whatever_is_stated(value: str | None, late: int | None, left: int | None, moment: int) -> None:
    head = apply(Head("p", 1), Statement(value, late_minutes=late, left_at=minute(left) if left is not None else None), FRAME, minute(moment))
    assert 0 <= head.minutes <= FRAME.minutes
    assert 0 <= attended_minutes(head.status, FRAME, head.arrived_at, head.left_at) == head.minutes
    assert tally([head]).minutes == head.minutes


def test_people_are_named_by_the_end_of_their_id_unless_two_end_alike() -> None:
    first, second, twin = "0" * 24 + "1f00c3d2", "0" * 24 + "1f00c3d3", "a" * 24 + "1f00c3d2"
    assert page_keys([first, second]) == {first: "1f00c3d2", second: "1f00c3d3"}
    assert page_keys([first, second, twin]) == {first: first, second: second, twin: twin}
