"""Where lessons of a plan may lie, and the proposal that fits them in."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from trainhub.education_plans.rules.scheduling import (
    MARGIN,
    Avoid,
    Calendars,
    Need,
    Placed,
    Span,
    Window,
    objections,
    propose,
)
from trainhub.kernel.clock import at, local_day

MONDAY = date(2026, 9, 7)
DAYS = frozenset(MONDAY + timedelta(days=n) for n in range(70) if (MONDAY + timedelta(days=n)).isoweekday() < 6)
NOON, AFTER = Window(12 * 60 + 30, 13 * 60 + 30), Window(16 * 60 + 10, 17 * 60 + 30)


def moment(day: date, hour: int, minute: int = 0) -> datetime:
    return at(day, time(hour, minute))


def span(day: date, from_hour: int, to_hour: int, **more: str) -> Span:
    return Span(moment(day, from_hour), moment(day, to_hour), **more)


def calendars(**more: object) -> Calendars:
    base = Calendars(MONDAY, MONDAY + timedelta(days=69), DAYS, (NOON, AFTER))
    return replace(base, **more)  # type: ignore[arg-type]


def lesson(day: date = MONDAY, hour: int = 16, minute: int = 30, **more: str) -> Placed:
    start = moment(day, hour, minute)
    return Placed("law", start, start + timedelta(minutes=45), **more)  # type: ignore[arg-type]


def test_nothing_stands_against_a_free_afternoon() -> None:
    assert objections(lesson(), calendars()) == ()


def test_case_80_a_relative_of_the_other_child_does_not_teach() -> None:
    assert objections(lesson(instructor_id="aunt"), calendars(no_person=frozenset({"aunt"}))) == ("instructor_conflict",)
    assert objections(lesson(instructor_id="aunt"), calendars(avoid=(Avoid("person", person_id="aunt"),))) == ("instructor_conflict",)
    assert objections(lesson(instructor_id="other"), calendars(no_person=frozenset({"aunt"}))) == ()


def test_case_81_never_in_the_hour_of_the_other_childs_club_and_not_on_the_way_to_it() -> None:
    club = Avoid("slot", weekday=1, from_minute=16 * 60 + 20, to_minute=17 * 60 + 10)
    assert objections(lesson(), calendars(avoid=(club,))) == ("other_child",)
    just_after = lesson(hour=17, minute=10 + int(MARGIN.total_seconds()) // 60 - 1)
    assert "other_child" in objections(just_after, calendars(avoid=(club,)))
    assert objections(lesson(MONDAY + timedelta(days=1)), calendars(avoid=(club,))) == ()


def test_case_81_never_in_an_exam_and_never_the_same_subject_each_week() -> None:
    exam = Avoid("exam", span=span(MONDAY, 16, 18))
    assert objections(lesson(), calendars(avoid=(exam,))) == ("exam",)
    maths = tuple(span(MONDAY + timedelta(weeks=n), 10, 11, subject="数学") for n in range(6))
    first = replace(lesson(hour=10, minute=0), missed_subject="数学")
    held = calendars(pupil=maths, class_time=True, booked=(first,))
    assert objections(lesson(MONDAY + timedelta(weeks=1), 10, 0), held) == ("same_subject",)
    assert objections(lesson(MONDAY + timedelta(weeks=4), 10, 0), held) == ()
    assert objections(lesson(hour=10, minute=0), calendars(pupil=maths)) == ("class_time",)


def test_the_same_room_only_around_the_time_the_other_child_is_there() -> None:
    room = Avoid("room", weekday=1, from_minute=15 * 60, to_minute=16 * 60 + 20, room="心理室")
    assert objections(lesson(room="心理室"), calendars(avoid=(room,))) == ("same_room",)
    assert objections(lesson(room="法治教室"), calendars(avoid=(room,))) == ()
    assert objections(lesson(MONDAY + timedelta(days=2), room="心理室"), calendars(avoid=(room,))) == ()


def test_case_77_no_lesson_in_a_vacation_or_while_the_plan_rests() -> None:
    sunday = MONDAY + timedelta(days=6)
    assert objections(lesson(sunday), calendars()) == ("no_school_day",)
    assert objections(lesson(), calendars(resting=frozenset({MONDAY}))) == ("resting",)


def test_a_pupil_is_not_in_two_places_and_not_longer_than_a_day_allows() -> None:
    there = calendars(booked=(lesson(hour=16, minute=20),))
    assert "pupil_busy" in objections(lesson(), there)
    assert objections(lesson(hour=12, minute=30), calendars(booked=(lesson(),), daily_minutes=60)) == ("daily_minutes",)


def test_a_proposal_fits_in_and_says_what_it_kept_clear_of() -> None:
    club = Avoid("slot", weekday=1, from_minute=12 * 60, to_minute=18 * 60)
    busy = {"li": tuple(span(MONDAY + timedelta(weeks=n, days=1), 12, 18) for n in range(10))}
    made = propose([Need("law", 90, 45, "li"), Need("talk", 90, 45)], calendars(avoid=(club,), instructors=busy), per_week=2)
    assert sum(x.minutes for x in made.lessons) == 180
    assert made.unplaced_minutes == 0
    assert all(x.starts_at.isoweekday() != 1 for x in made.lessons)
    assert {k.code for k in made.kept_clear} >= {"other_child"}
    assert {x.module_id for x in made.lessons[:2]} == {"law", "talk"}, "modules go side by side"


def test_a_proposal_leaves_out_what_finds_no_place_before_the_plan_is_due() -> None:
    short = calendars(last=MONDAY + timedelta(days=4))
    made = propose([Need("law", 450, 45)], short, per_week=2)
    assert (len(made.lessons), made.unplaced_minutes) == (2, 360)


@given(
    per_week=st.integers(1, 4), minutes=st.lists(st.integers(1, 12).map(lambda n: n * 15), min_size=1, max_size=4),
    clubs=st.lists(st.tuples(st.integers(1, 5), st.integers(12, 17)), max_size=4), cap=st.sampled_from([45, 60, 90]),
)
def test_no_proposal_breaks_a_rule(per_week: int, minutes: list[int], clubs: list[tuple[int, int]], cap: int) -> None:
    avoid = tuple(Avoid("slot", weekday=w, from_minute=h * 60, to_minute=h * 60 + 50) for w, h in clubs)
    held = calendars(avoid=avoid, daily_minutes=cap)
    made = propose([Need(f"m{i}", m, 45) for i, m in enumerate(minutes)], held, per_week)
    for one in made.lessons:
        others = tuple(x for x in made.lessons if x is not one)
        assert objections(one, replace(held, booked=others)) == ()
    weeks = [local_day(x.starts_at).isocalendar()[:2] for x in made.lessons]
    assert all(weeks.count(w) <= per_week for w in weeks)
    assert sum(x.minutes for x in made.lessons) + made.unplaced_minutes == sum(minutes)
