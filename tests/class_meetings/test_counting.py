"""What a class owes in a term and what counts: the hard cases by number, and properties of the sums."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.class_meetings.rules.counting import (
    APART,
    ClassFact,
    MeetingFact,
    MeetingRule,
    TermFrame,
    counts,
    cover,
    day_problem,
    required_of,
    stand,
)
from trainhub.class_meetings.rules.lifecycle import MeetingState

S = MeetingState
TERM = TermFrame("2026-2027", "autumn", date(2026, 9, 1), date(2027, 1, 31), 22)
RULE = MeetingRule(2, 10, "pro_rata", "apart", 3)


def klass(**changes: Any) -> ClassFact:
    return ClassFact(**{"id": "c", "pupils": 45, "opened_on": TERM.first, **changes})


def meeting(state: MeetingState = S.CHECKED, day: date | None = date(2026, 10, 12), class_id: str = "c", *, late: bool = False) -> MeetingFact:
    return MeetingFact(f"m-{class_id}-{day}", class_id, state, day, late)


@pytest.mark.parametrize("state", [s for s in S if s is not S.CHECKED])
def test_only_a_checked_record_counts(state: MeetingState) -> None:
    assert not counts(meeting(state), TERM)
    assert counts(meeting(), TERM)


@pytest.mark.parametrize("day", [date(2026, 8, 31), date(2027, 2, 1), None])
def test_a_meeting_outside_the_term_does_not_count(day: date | None) -> None:
    assert not counts(meeting(day=day), TERM)


def test_case_31_a_new_school_year_starts_at_nothing() -> None:
    """5(3) of last year became 6(3): another class, to which nothing is linked but the pupils."""
    last_year = {"c5": [meeting(class_id="c5", day=date(2026, 5, 11)), meeting(class_id="c5", day=date(2026, 6, 8))]}
    assert stand(klass(id="c6"), [], last_year, TERM, RULE).counted == 0
    assert stand(klass(id="c6"), [], last_year, TERM, RULE).standing == "none"


def test_case_32_meetings_before_a_split_credit_each_successor_and_missing_ones_are_required_from_each() -> None:
    day = date(2026, 11, 2)
    before, after = meeting(class_id="old"), meeting(class_id="old", day=day)
    for successor in ("a", "b"):
        found = stand(klass(id=successor, opened_on=day, opened_week=10, came_from=(("old", day),)), [], {"old": [before, after]}, TERM, RULE)
        assert (found.required, found.counted, found.inherited, found.standing) == (2, 1, 1, "short")
    gone = stand(klass(id="old", closed_on=day - timedelta(days=1), becomes=(("a", day), ("b", day))), [before], {}, TERM, RULE)
    assert (gone.required, gone.standing) == (0, "merged")


def test_case_39_a_returned_record_leaves_the_class_uncovered_again() -> None:
    covered = [meeting(), meeting(day=date(2026, 11, 9))]
    assert stand(klass(), covered, {}, TERM, RULE).standing == "met"
    found = stand(klass(), [covered[0], meeting(S.RETURNED, date(2026, 11, 9))], {}, TERM, RULE)
    assert (found.standing, found.counted, found.returned, found.to_hold) == ("short", 1, 1, 0)


def test_case_43_a_class_without_pupils_is_out_of_scope() -> None:
    assert required_of(klass(pupils=0), TERM, RULE) == (0, "no_pupils")


@pytest.mark.parametrize(
    ("week", "late_opening", "wanted"),
    [(9, "pro_rata", (2, None)), (10, "pro_rata", (1, None)), (13, "pro_rata", (0, "opened_late")), (10, "apart", (0, "opened_late"))],
)
def test_case_43_a_class_opened_late_owes_its_share_or_nothing_by_policy(week: int, late_opening: Any, wanted: tuple[int, Any]) -> None:
    opened = TERM.first + timedelta(weeks=week - 1)
    rule = MeetingRule(2, 10, late_opening, "apart")
    assert required_of(klass(opened_on=opened, opened_week=week), TERM, rule) == wanted


def test_case_44_a_class_on_internship_stands_apart_or_owes_by_policy() -> None:
    assert required_of(klass(internship=True), TERM, RULE) == (0, "internship")
    assert required_of(klass(internship=True), TERM, MeetingRule(2, 10, "pro_rata", "owed")) == (2, None)


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        ({}, ""),
        ({"teaching": False}, "no_school_day"),
        ({"teaching": False, "in_term": False}, "no_term"),
        ({"paused": True, "in_term": False}, "rectification"),
        ({"opened_on": date(2026, 11, 24)}, "class_not_there"),
        ({"closed_on": date(2026, 11, 22)}, "class_not_there"),
    ],
)
def test_case_37_and_its_neighbours_why_a_day_is_none(facts: dict[str, Any], wanted: str) -> None:
    usual: dict[str, Any] = {"teaching": True, "in_term": True, "paused": False, "opened_on": TERM.first, "closed_on": None}
    assert day_problem(date(2026, 11, 23), **{**usual, **facts}) == wanted


def test_a_duty_of_none_is_met_by_nobody_and_owed_by_nobody() -> None:
    """A bureau that asks for nothing has no coverage, not one of 100 %."""
    found = cover([stand(klass(), [meeting()], {}, TERM, MeetingRule(0, 10, "pro_rata", "apart"))])
    assert (found.owed, found.met, found.apart) == (0, 0, {"paused": 1})


meetings = st.lists(st.builds(
    MeetingFact, st.uuids().map(str), st.just("c"), st.sampled_from(list(S)),
    st.dates(date(2026, 8, 20), date(2027, 2, 10)) | st.none(), st.booleans(),
), max_size=8)
classes = st.builds(
    klass, pupils=st.integers(0, 3), opened_week=st.integers(1, 22), internship=st.booleans(),
    opened_on=st.dates(date(2026, 8, 1), date(2027, 1, 31)),
)
rules = st.builds(MeetingRule, st.integers(0, 4), st.integers(2, 22), st.sampled_from(("pro_rata", "apart")), st.sampled_from(("apart", "owed")))


@given(st.lists(st.tuples(classes, meetings), max_size=6), rules)
def test_the_coverage_adds_up_and_nobody_stands_in_two_places(rows: list[tuple[ClassFact, list[MeetingFact]]], rule: MeetingRule) -> None:
    standings = [stand(k, held, {}, TERM, rule) for k, held in rows]
    found = cover(standings)
    assert found.owed + sum(found.apart.values()) == len(rows)
    assert 0 <= found.met <= found.owed
    assert found.met + found.none <= found.owed
    assert found.counted <= found.required
    for one in standings:
        assert one.late <= one.counted
        assert one.required <= rule.per_term
        assert one.owes == (one.required > 0)
        assert one.standing not in APART or one.required == 0


@given(meetings, st.randoms())
def test_the_order_of_meetings_does_not_matter(held: list[MeetingFact], random: Any) -> None:
    shuffled = random.sample(held, len(held))
    assert stand(klass(), held, {}, TERM, RULE) == stand(klass(), shuffled, {}, TERM, RULE)
