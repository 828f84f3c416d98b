"""Timetables expanded over a calendar, lesson times, and what split and merged classes inherit."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.kernel.clock import local_day
from trainhub.roster.calendar_rules import SchoolCalendar, Term, each_day
from trainhub.roster.timetable_rules import (
    ClassLink,
    Lesson,
    LessonTimeRow,
    busy_of,
    expand,
    inherited,
    is_meeting_subject,
    label,
    problem_of_times,
    runs_in_week,
    stage_of,
    taught,
    times_on,
    usual_times,
)

FIRST, LAST = date(2026, 9, 1), date(2027, 1, 22)
TERM = Term("t", "s", "2026-2027", "autumn", FIRST, LAST)
NATIONAL = {
    date(2026, 10, 1): ("holiday", "国庆节"), date(2026, 10, 5): ("holiday", "国庆节"), date(2026, 10, 10): ("workday", "国庆节"),
}
SATURDAY = date(2026, 10, 10)


def calendar(**more) -> SchoolCalendar:
    return SchoolCalendar(FIRST, LAST, (TERM,), NATIONAL, **more)


def lesson(weekday: int = 1, lesson_no: int = 8, **more) -> Lesson:
    return Lesson("c1", weekday, lesson_no, "班会", "2026-2027", "autumn", FIRST, **more)


def test_a_weekly_lesson_becomes_slots_of_school_days_in_school_time():
    times = (LessonTimeRow(FIRST, "", 8, 16 * 60, 16 * 60 + 40),)
    slots = expand([lesson()], calendar(), times, FIRST, date(2026, 10, 31))
    assert [s.day for s in slots] == [date(2026, 9, d) for d in (7, 14, 21, 28)] + [date(2026, 10, d) for d in (12, 19, 26)]
    assert slots[0].starts_at == datetime(2026, 9, 7, 8, 0, tzinfo=UTC)
    assert slots[0].ends_at - slots[0].starts_at == timedelta(minutes=40)
    assert slots[0].label == "第2周 周一第8节"
    assert not slots[0].estimated


def test_a_make_up_workday_teaches_nothing_until_somebody_says_which_weekday_it_follows():
    assert expand([lesson(1), lesson(6)], calendar(), (), SATURDAY, SATURDAY) == ()
    stated = calendar(own={SATURDAY: ("school", "国庆节调休")}, follows={SATURDAY: 1})
    slots = expand([lesson(1), lesson(6, 3)], stated, (), SATURDAY, SATURDAY)
    assert [(s.lesson_no, s.follows_weekday) for s in slots] == [(8, 1)]
    assert slots[0].label == "第6周 周六（调休日，上周一的课）第8节"


def test_an_own_day_off_teaches_nothing_whatever_it_follows():
    day = date(2026, 9, 7)
    assert expand([lesson()], calendar(own={day: ("off", "运动会")}), (), day, day) == ()


def test_an_own_school_day_on_a_weekend_has_the_weekend_lessons_of_the_timetable():
    saturday = date(2026, 9, 12)
    assert len(expand([lesson(6)], calendar(own={saturday: ("school", "")}), (), saturday, saturday)) == 1


def test_a_lesson_of_another_term_or_year_is_not_taught():
    day = date(2026, 9, 7)
    assert taught(lesson(), day, calendar())
    spring = Lesson("c1", 1, 8, "班会", "2026-2027", "spring", FIRST)
    assert not taught(spring, day, calendar())
    nothing_entered = SchoolCalendar(FIRST, LAST)
    last_year = Lesson("c1", 1, 8, "班会", "2025-2026", "autumn", date(2025, 9, 1))
    assert taught(lesson(), day, nothing_entered)
    assert not taught(last_year, day, nothing_entered)


def test_case_37_no_lesson_lies_in_the_vacation():
    summer = SchoolCalendar(date(2027, 7, 1), date(2027, 8, 31), (TERM,))
    assert expand([Lesson("c1", n, 8, "班会", "2026-2027", "spring", FIRST) for n in range(1, 8)], summer, (),
                  summer.first, summer.last) == ()


def test_without_lesson_times_usual_ones_stand_in_and_say_so():
    [slot] = expand([lesson(stage="primary")], calendar(), (), date(2026, 9, 7), date(2026, 9, 7))
    assert slot.estimated
    assert slot.ends_at - slot.starts_at == timedelta(minutes=40)
    assert len(usual_times("junior")) == 10


def test_a_stage_with_times_of_its_own_does_not_use_those_for_all():
    rows = (LessonTimeRow(FIRST, "", 1, 480, 520), LessonTimeRow(FIRST, "junior", 1, 470, 515),
            LessonTimeRow(date(2026, 10, 8), "", 1, 490, 530))
    assert [r.starts_at_minute for r in times_on(rows, date(2026, 11, 1), "junior")] == [470]
    assert [r.starts_at_minute for r in times_on(rows, date(2026, 9, 2), "primary")] == [480]
    assert [r.starts_at_minute for r in times_on(rows, date(2026, 11, 1), "primary")] == [490]
    assert times_on(rows, date(2026, 8, 1), "primary") == ()


@pytest.mark.parametrize(("spans", "wrong"), [
    ({}, "none"), ({1: (480, 480)}, "order"), ({1: (480, 1441)}, "order"), ({1: (480, 520), 2: (510, 560)}, "overlap"),
    ({2: (480, 520), 1: (530, 560)}, "overlap"), ({1: (480, 520), 2: (520, 560)}, ""),
])  # fmt: skip
def test_lesson_times_follow_each_other(spans, wrong):
    assert problem_of_times(spans) == wrong


@pytest.mark.parametrize("word", ["班会", "主题班会", "班队", "班队会", "班团队活动", "班会课", "班队活动", "班会(单)", "班会（双）", "班会/心理", "班队会课"])
def test_words_of_the_class_meeting_lesson(word):
    assert is_meeting_subject(word)


@pytest.mark.parametrize("word", ["语文", "", "班主任例会", "升旗", "社团", "大扫除", "早读"])
def test_other_words_are_no_class_meeting(word):
    assert not is_meeting_subject(word)


def test_stages_of_grades():
    assert [stage_of(g) for g in (1, 6, 7, 9, 10, 12)] == ["primary", "primary", "junior", "junior", "senior", "senior"]
    assert stage_of(11, ["vocational"]) == "vocational"
    assert stage_of(11, ["vocational", "senior"]) == "senior"


def test_the_label_outside_a_term_names_the_day():
    assert label(date(2027, 2, 3), SchoolCalendar(FIRST, LAST, (TERM,)), 2) == "2月3日 周三第2节"


@given(
    weekday=st.integers(1, 7), weeks=st.sampled_from(["all", "odd", "even"]), off=st.sets(st.integers(0, 143), max_size=20),
    follows=st.dictionaries(st.integers(0, 143), st.integers(1, 7), max_size=10), start=st.integers(0, 143), length=st.integers(0, 143),
)  # fmt: skip
def test_slots_lie_on_taught_days_of_the_right_weekday_and_week(weekday, weeks, off, follows, start, length):
    own = {FIRST + timedelta(d): ("school", "") for d in follows} | {FIRST + timedelta(d): ("off", "") for d in off}
    days = calendar(own=own, follows={FIRST + timedelta(d): w for d, w in follows.items() if d not in off})
    first = FIRST + timedelta(start)
    last = min(LAST, first + timedelta(length))
    slots = expand([lesson(weekday, weeks=weeks)], days, (), first, last)
    wanted = [
        day for day in each_day(first, last)
        if days.kind(day).teaching
        and days.follows.get(day, None if days.kind(day).code == "make_up" else day.isoweekday()) == weekday
        and (weeks == "all" or days.week(day) % 2 == (weeks == "odd"))
    ]
    assert [slot.day for slot in slots] == wanted
    for slot in slots:
        assert slot.starts_at.tzinfo is UTC
        assert slot.starts_at < slot.ends_at
        assert local_day(slot.starts_at) == slot.day


@given(week=st.integers(1, 30))
def test_odd_and_even_weeks_share_the_year(week):
    assert runs_in_week("all", week)
    assert runs_in_week("odd", week) != runs_in_week("even", week)
    assert not runs_in_week("odd", None)


@given(
    places=st.lists(st.tuples(st.integers(1, 7), st.integers(1, 8), st.sampled_from("ab"), st.sampled_from(["t1", "t2", None])), max_size=12),
    start=st.integers(0, 100), length=st.integers(0, 30),
)  # fmt: skip
def test_busy_says_the_same_as_the_slots(places, start, length):
    lessons = [Lesson(c, w, n, "语文", "2026-2027", "autumn", FIRST, teacher_id=t, room=f"{c}室") for w, n, c, t in places]
    first = FIRST + timedelta(start)
    last = min(LAST, first + timedelta(length))
    slots, occupied = expand(lessons, calendar(), (), first, last), busy_of(lessons, calendar(), first, last)
    for slot in slots:
        assert slot.class_id in occupied.classes(slot.day, slot.lesson_no)
        assert slot.room in occupied.rooms(slot.day, slot.lesson_no)
        assert slot.teacher_id is None or slot.teacher_id in occupied.teachers(slot.day, slot.lesson_no)
        assert slot.class_id not in {t.class_id for t in occupied.at(slot.day, slot.lesson_no, but=slot.class_id)}
    assert sum(len(v) for v in occupied.lessons.values()) == len(slots)


def test_case_32_what_was_held_before_a_split_counts_for_each_successor():
    day = date(2026, 11, 2)
    links = [ClassLink("old", "new_a", day), ClassLink("old", "new_b", day)]
    assert inherited("new_a", links) == inherited("new_b", links) == {"old": day}
    assert inherited("old", links) == {}


def test_case_32_a_merger_brings_what_both_held_and_a_chain_counts_what_lay_before_each_change():
    october, december = date(2026, 10, 12), date(2026, 12, 1)
    links = [ClassLink("a", "b", october, "merge"), ClassLink("b", "c", december)]
    assert inherited("c", links) == {"b": december, "a": october}
    assert inherited("c", [ClassLink("a", "b", december), ClassLink("b", "c", october)]) == {"b": october, "a": october}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 100)), max_size=15))
def test_inheritance_ends_and_never_counts_a_class_for_itself(edges):
    links = [ClassLink(str(a), str(b), FIRST + timedelta(d)) for a, b, d in edges if a != b]
    for key in map(str, range(6)):
        found = inherited(key, links)
        assert key not in found
        direct = {}
        for link in links:
            if link.to_class_id == key:
                direct[link.from_class_id] = max(direct.get(link.from_class_id, date.min), link.on_day)
        assert all(found[k] >= v for k, v in direct.items() if k != key)
        assert max(found.values(), default=FIRST) <= max((one.on_day for one in links if one.to_class_id == key), default=FIRST)
