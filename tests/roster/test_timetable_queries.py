"""Lessons as moments, who is occupied, and the classes of a term; statements stay the same however many rows there are."""

from datetime import UTC, date, datetime

import pytest

from tests.builders import add_class, add_lesson_times, add_post, add_pupils, add_term, add_timetable
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.roster import queries
from trainhub.roster.models import ClassChange, ClassException, Person, SchoolClass, SchoolDay
from trainhub.roster.timetable_rules import inherited

FIRST, LAST = date(2026, 9, 1), date(2026, 9, 30)


@pytest.fixture
def scope(district):
    return Scope(district.district_id, frozenset({district.school_id}))


@pytest.fixture
def school(session, district):
    """A class with a timetable, in a term, with lesson times."""
    add_term(session, district)
    add_lesson_times(session, district)
    return add_class(session, district.district_id, district.school_id, 5, 3)


def slots(session, district, ids, first=FIRST, last=LAST):
    return queries.class_slots(session, district.district_id, ids, first, last)


def test_class_meeting_lessons_become_moments(session, district, school):
    add_timetable(session, district, school, [(1, 8, "班会"), (2, 1, "语文")], room="503")
    found = slots(session, district, [school])[school]
    assert [s.day.day for s in found] == [7, 14, 21, 28]
    assert found[0].starts_at == datetime(2026, 9, 7, 8, 30, tzinfo=UTC)
    assert (found[0].room, found[0].label, found[0].estimated) == ("503", "第2周 周一第8节", False)


def test_every_class_asked_for_is_answered_even_without_a_timetable(session, district, school):
    assert slots(session, district, [school]) == {school: ()}
    assert slots(session, district, []) == {}


def test_a_closed_class_is_offered_nothing_after_its_last_day(session, district, school):
    add_timetable(session, district, school)
    session.get_one(SchoolClass, (district.district_id, school)).closed_on = date(2026, 9, 15)
    session.flush()
    assert [s.day.day for s in slots(session, district, [school])[school]] == [7, 14]


def test_case_44_a_class_on_internship_is_offered_no_lesson_but_stays_in_the_list(session, district, school, scope):
    add_timetable(session, district, school)
    row = ClassException(
        district_id=district.district_id, id=new_id(), class_id=school, school_year="2026-2027", season="autumn", kind="internship",
        note="顶岗实习", document="实习〔2026〕3号", from_on=date(2026, 9, 10), to_on=date(2026, 9, 24), entered_by=new_id(),
        entered_at=datetime(2026, 9, 1, tzinfo=UTC),
    )
    session.add(row)
    session.flush()
    assert [s.day.day for s in slots(session, district, [school])[school]] == [7, 28]
    [found] = queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", date(2026, 9, 15))
    assert [(e.kind, e.document) for e in found.exceptions] == [("internship", "实习〔2026〕3号")]
    row.revoked_at = datetime(2026, 9, 2, tzinfo=UTC)
    session.flush()
    assert len(slots(session, district, [school])[school]) == 4


def test_the_school_says_which_weekday_a_make_up_day_follows(session, district, school):
    add_timetable(session, district, school)
    session.add(SchoolDay(district_id=district.district_id, school_id=district.district_id, day=date(2026, 9, 20), kind="school",
                          reason="调休", follows_weekday=1))
    session.flush()
    [made_up] = [s for s in slots(session, district, [school])[school] if s.follows_weekday]
    assert (made_up.day, made_up.label) == (date(2026, 9, 20), "第3周 周日（调休日，上周一的课）第8节")


def test_busy_knows_teachers_rooms_and_classes_and_the_record_that_stands_after_a_merger(session, district, school, scope):
    teacher, other = district.people[:2]
    add_timetable(session, district, school, [(1, 2, "语文")], teacher_id=teacher, room="503")
    second = add_class(session, district.district_id, district.school_id, 5, 4)
    add_timetable(session, district, second, [(1, 2, "数学")], teacher_id=other)
    session.get_one(Person, (district.district_id, other)).merged_into_id = district.people[2]
    session.flush()
    found = queries.busy(session, scope, district.school_id, FIRST, LAST)
    monday = date(2026, 9, 7)
    assert found.teachers(monday, 2) == {teacher, district.people[2]}
    assert found.teachers(monday, 2, but=school) == {district.people[2]}
    assert found.rooms(monday, 2) == {"503"}
    assert found.classes(monday, 2) == {school, second}
    assert found.classes(monday, 3) == frozenset()
    assert found.classes(date(2026, 9, 5), 2) == frozenset()


def test_lesson_times_of_the_bureau_hold_for_a_school_without_its_own(session, district):
    add_lesson_times(session, district, school_id=district.district_id, count=6)
    found = queries.lesson_times(session, district.district_id, district.school_id, FIRST, "primary")
    assert [r.lesson_no for r in found] == [1, 2, 3, 4, 5, 6]
    add_lesson_times(session, district, count=8)
    assert len(queries.lesson_times(session, district.district_id, district.school_id, FIRST, "primary")) == 8


def test_case_31_a_class_of_the_next_school_year_is_another_class(session, district, school, scope):
    following = add_class(session, district.district_id, district.school_id, 6, 3, year="2027-2028")
    session.get_one(SchoolClass, (district.district_id, following)).previous_id = school
    session.flush()
    [now] = queries.classes_of_term(session, scope, district.school_id, "2027-2028", "autumn", date(2027, 9, 5))
    assert now.class_id == following
    assert (now.predecessors, now.successors) == ((), ())
    assert inherited(following, now.predecessors) == {}


def test_case_32_a_change_of_classes_is_seen_from_both_sides(session, district, school, scope):
    split_off = add_class(session, district.district_id, district.school_id, 5, 9)
    change = ClassChange(district_id=district.district_id, id=new_id(), from_class_id=school, to_class_id=split_off, kind="split",
                         on_day=date(2026, 11, 2), reason="人数过多", moved={}, entered_by=new_id(), entered_at=datetime(2026, 11, 1, tzinfo=UTC))
    session.add(change)
    session.flush()
    old, new = queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", date(2026, 11, 5))
    assert [link.to_class_id for link in old.successors] == [split_off]
    assert inherited(split_off, new.predecessors) == {school: date(2026, 11, 2)}
    change.undone_at = datetime(2026, 11, 3, tzinfo=UTC)
    session.flush()
    assert queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", date(2026, 11, 5))[1].predecessors == ()


def test_case_43_empty_and_late_classes_are_listed_with_what_makes_them_so(session, district, school, scope):
    late = add_class(session, district.district_id, district.school_id, 5, 4)
    session.get_one(SchoolClass, (district.district_id, late)).opened_on = date(2026, 11, 9)
    add_pupils(session, district, late, 3, date(2026, 11, 9))
    found = queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", date(2026, 11, 10))
    assert [(c.pupil_count, c.opened_on) for c in found] == [(0, date(2026, 9, 1)), (3, date(2026, 11, 9))]
    session.get_one(SchoolClass, (district.district_id, late)).closed_on = date(2026, 12, 1)
    session.flush()
    assert len(queries.classes_of_term(session, scope, district.school_id, "2026-2027", "spring", date(2027, 3, 1))) == 1


def test_a_class_shows_its_homeroom_teacher_of_the_day(session, district, school, scope):
    add_post(session, district.district_id, district.school_id, district.people[0], "homeroom_teacher", FIRST, date(2026, 10, 31), school)
    add_post(session, district.district_id, district.school_id, district.people[1], "homeroom_teacher", date(2026, 11, 1), None, school)
    for day, person in ((FIRST, 0), (date(2026, 11, 1), 1)):
        [found] = queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", day)
        assert found.homeroom_person_id == district.people[person]
    [mine] = queries.homeroom_classes(session, district.district_id, district.people[1], date(2026, 11, 2))
    assert (mine.id, mine.student_count) == (school, 0)
    assert queries.homeroom_classes(session, district.district_id, district.people[0], date(2026, 11, 2)) == ()


def test_pupils_stand_in_order_of_their_number(session, district, school, scope):
    add_pupils(session, district, school, 11)
    found = queries.pupils_of_class(session, scope, school, date(2026, 9, 10))
    assert [p.number_in_class for p in found] == [str(n) for n in range(1, 12)]
    assert found[0].initials
    assert queries.pupils_of_class(session, scope, school, date(2026, 8, 1)) == ()


def test_another_school_sees_nothing(session, district, school):
    elsewhere = Scope(district.district_id, frozenset({district.other_school_id}))
    for read in (
        lambda: queries.pupils_of_class(session, elsewhere, school, FIRST),
        lambda: queries.classes_of_term(session, elsewhere, district.school_id, "2026-2027", "autumn", FIRST),
        lambda: queries.busy(session, elsewhere, district.school_id, FIRST, LAST),
        lambda: queries.lesson_time_sets(session, elsewhere, district.school_id),
    ):
        with pytest.raises(NotFound):
            read()


def test_statements_do_not_grow_with_classes(session, district, school, scope, count_statements):
    def measured() -> list[int]:
        session.expire_all()
        ids = [c.id for c in queries.classes(session, scope, district.school_id, "2026-2027", FIRST)]
        counts = []
        for read in (
            lambda: queries.class_slots(session, district.district_id, ids, FIRST, LAST),
            lambda: queries.busy(session, scope, district.school_id, FIRST, LAST),
            lambda: queries.classes_of_term(session, scope, district.school_id, "2026-2027", "autumn", FIRST),
            lambda: queries.pupils_of_class(session, scope, school, FIRST),
        ):
            session.expunge_all()
            with count_statements() as seen:
                assert read()
            counts.append(len(seen.texts))
        return counts

    add_timetable(session, district, school)
    add_pupils(session, district, school, 1)
    few = measured()
    for number in range(4, 12):
        key = add_class(session, district.district_id, district.school_id, 5, number)
        add_timetable(session, district, key, [(1, 8, "班会"), (2, 1, "语文"), (3, 2, "数学")])
        add_pupils(session, district, key, 5)
    assert measured() == few == [7, 5, 6, 2]
