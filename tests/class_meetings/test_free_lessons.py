"""Offered lessons are always free and on teaching days, whatever the timetable, the calendar and the meetings."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.class_meetings.planning_scenery import MONDAY, NOW
from trainhub.class_meetings.queries.planning import other_slots, slot_at
from trainhub.class_meetings.rules.planning import (
    OWN_ROOM,
    Around,
    Dated,
    Held,
    PlanClass,
    PlannedMeeting,
    fitting,
    free_slots,
    lesson_spans,
    lessons_at,
)
from trainhub.roster.calendar_rules import SchoolCalendar, Term
from trainhub.roster.timetable_rules import Busy, Taught

FIRST, LAST = date(2026, 9, 1), date(2027, 1, 22)
AHEAD = [MONDAY + timedelta(days=n) for n in range(28)]
TERM = Term("t", "s", "2026-2027", "autumn", FIRST, LAST)
PEOPLE = {key: (Dated(key, FIRST, None, key),) for key in ("a", "b")}
KLASS = PlanClass("c", "8（1）班", "2026-2027", 8, "junior", FIRST, None, (Dated("p", FIRST, None),), (Dated("a", FIRST, None, "a"),))

lessons = st.tuples(st.sampled_from(AHEAD), st.integers(1, 9))
taught = st.builds(Taught, st.sampled_from(["c", "d"]), st.sampled_from(["数学", "班会", "物理"]), st.sampled_from(["a", "b", None]), st.sampled_from(["", "实验室"]))


@st.composite
def surroundings(draw: st.DrawFn) -> Around:
    own = {day: (draw(st.sampled_from(["off", "school"])), "") for day in draw(st.sets(st.sampled_from(AHEAD), max_size=8))}
    holidays = dict.fromkeys(draw(st.sets(st.sampled_from(AHEAD), max_size=4)), ("holiday", "节"))
    days = SchoolCalendar(date(2026, 8, 1), date(2027, 8, 31), (TERM,), holidays, own)
    busy = Busy({key: tuple(draw(st.lists(taught, min_size=1, max_size=3))) for key in draw(st.sets(lessons, max_size=25))})
    held = []
    for number, (day, lesson) in enumerate(draw(st.lists(lessons, max_size=12))):
        span = lesson_spans((), day, "junior")[lesson]
        slot = slot_at(days, KLASS, day, lesson, span)
        held.append(Held(
            str(number), draw(st.sampled_from(["c", "d"])), "会", slot.starts_at, slot.ends_at, draw(st.sampled_from(["", OWN_ROOM, "实验室"])),
            draw(st.sampled_from(["a", "b", None])),
        ))
    return Around("s", days, {"c": KLASS}, PEOPLE, tuple(held), busy, class_names={"c": "8（1）班", "d": "8（2）班"})


@settings(max_examples=60)
@given(surroundings(), st.sampled_from(["a", "b"]), st.sampled_from([OWN_ROOM, "实验室"]))
def test_offered_lessons_are_free_and_on_teaching_days(facts: Around, teacher: str, room: str) -> None:
    plan = PlannedMeeting("c", "题", "", None, None, None, None, None, room, teacher, None, "", "")
    own = [
        slot_at(facts.calendar, KLASS, day, 8, lesson_spans((), day, "junior")[8]) for day in AHEAD if day.isoweekday() == 1 and facts.calendar.kind(day).teaching
    ]
    offered = free_slots(facts, plan, own, tuple(other_slots(facts, KLASS, AHEAD[0], AHEAD[-1])), NOW)
    assert list(offered) == sorted(offered, key=lambda slot: slot.starts_at)
    assert len({slot.starts_at for slot in offered}) == len(offered)
    for slot in offered:
        assert slot.starts_at > NOW
        assert facts.calendar.kind(slot.day).teaching
        assert facts.calendar.term(slot.day) is TERM
        for one in facts.held:
            if one.starts_at < slot.ends_at and slot.starts_at < one.ends_at:
                assert one.class_id != "c"
                assert one.held_by_id != teacher
                assert room == OWN_ROOM or one.room != room
        for lesson in facts.busy.at(slot.day, slot.lesson_no):
            if lesson.class_id == "c":
                assert lesson.subject == "班会"
            else:
                assert lesson.teacher_id != teacher
                assert room == OWN_ROOM or lesson.room != room


def test_at_least_three_free_lessons_are_found_while_the_timetable_leaves_any() -> None:
    facts = Around("s", SchoolCalendar(date(2026, 8, 1), date(2027, 8, 31), (TERM,)), {"c": KLASS}, PEOPLE)
    plan = PlannedMeeting("c", "题", "", None, None, None, None, None, "", None, None, "", "")
    assert len(free_slots(facts, plan, (), tuple(other_slots(facts, KLASS, AHEAD[0], AHEAD[-1])), NOW)) >= 3


def test_a_span_of_time_touches_its_lessons_only() -> None:
    span = lesson_spans((), MONDAY, "junior")
    one = slot_at(SchoolCalendar(FIRST, LAST, (TERM,)), KLASS, MONDAY, 3, span[3])
    assert lessons_at((), "junior", one.starts_at, one.ends_at) == (3,)
    assert lessons_at((), "junior", one.starts_at, one.ends_at + timedelta(minutes=20)) == (3, 4)


def test_packs_that_fit_and_were_not_used_come_first() -> None:
    packs = [("a", ("junior",)), ("b", ("senior",)), ("c", ("junior", "senior")), ("d", ())]
    assert fitting(packs, "junior", {"a"}) == ("c", "d", "a")
