"""Timetables written and withdrawn, classes split and merged, terms that run otherwise."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.builders import add_class, add_post, add_pupils, add_term, add_timetable
from tests.roster.conftest import csv_upload
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import Forbidden, NotFound, StaleVersion
from trainhub.ledger.models import LedgerEntry
from trainhub.roster import queries, service
from trainhub.roster.models import ClassMembership, ImportBatch, PostAssignment, SchoolClass, SchoolDay, TimetableLesson
from trainhub.roster.refusals import (
    AlreadyApplied,
    BadLessonTimes,
    BuiltUpon,
    DateBeforeStart,
    DayOutsideTerm,
    NameTaken,
    NobodyMoves,
    NothingToWrite,
    NotThatClass,
    ReasonMissing,
    TooLateToWithdraw,
    UnknownWord,
)
from trainhub.roster.timetable_rules import inherited

NOW = datetime(2026, 9, 2, 2, 0, tzinfo=UTC)
YEAR, START, SPLIT = "2026-2027", date(2026, 9, 1), date(2026, 11, 2)
HEAD = ["班级", "星期", "节次", "课程", "教师"]


@pytest.fixture
def group(session, district):
    add_term(session, district)
    add_term(session, district, "spring")
    return add_class(session, district.district_id, district.school_id, 5, 3)


@pytest.fixture
def scope(district):
    return Scope(district.district_id, frozenset({district.school_id}))


def staged(session, clerk, rows, first_day=START, name="课表.csv"):
    upload = csv_upload([HEAD, *rows], name)
    sheet = service.read_timetable_file(upload, frozenset())
    return service.stage_timetable(session, clerk, service.StageTimetable(clerk.org_id, upload, sheet, YEAR, "autumn", first_day), NOW)


def written(session, clerk, rows, first_day=START, now=NOW):
    key = staged(session, clerk, rows, first_day)
    return key, service.apply_timetable(session, clerk, key, 1, now)


def lessons(session, district):
    session.expire_all()
    rows = session.scalars(select(TimetableLesson).where(TimetableLesson.district_id == district.district_id))
    return sorted((r.weekday, r.lesson_no, r.subject, r.from_on, r.to_on) for r in rows)


A = ["五（3）班", "一", "8", "班会", ""]
B = ["五（3）班", "二", "1", "语文", ""]
C = ["五（3）班", "三", "1", "数学", ""]
OCTOBER = date(2026, 10, 12)


def test_a_new_timetable_ends_the_old_one_the_day_before_and_withdrawing_opens_it_again(session, district, clerk, group):
    written(session, clerk, [A, B])
    before = lessons(session, district)
    key, count = written(session, clerk, [A, C], OCTOBER)
    assert count == 2
    assert lessons(session, district) == [
        (1, 8, "班会", START, None), (2, 1, "语文", START, OCTOBER - timedelta(1)), (3, 1, "数学", OCTOBER, None),
    ]
    service.withdraw_timetable(session, clerk, key, "错了", NOW)
    assert lessons(session, district) == before


def test_a_timetable_of_the_same_day_replaces_it_and_comes_back(session, district, clerk, group):
    written(session, clerk, [A, B])
    before = lessons(session, district)
    key, _ = written(session, clerk, [A, C])
    assert lessons(session, district) == [(1, 8, "班会", START, None), (3, 1, "数学", START, None)]
    service.withdraw_timetable(session, clerk, key, "", NOW)
    assert lessons(session, district) == before


def test_nothing_is_written_twice_or_from_a_page_that_is_old(session, district, clerk, group):
    key, _ = written(session, clerk, [A, B])
    with pytest.raises(AlreadyApplied):
        service.apply_timetable(session, clerk, key, None, NOW)
    again = staged(session, clerk, [B, A])
    assert queries.sheet_batch(session, Scope(district.district_id, None), "timetable", again).seen_before == "课表.csv"
    with pytest.raises(NothingToWrite):
        service.apply_timetable(session, clerk, again, 1, NOW)
    with pytest.raises(StaleVersion):
        service.apply_timetable(session, clerk, again, 9, NOW)
    service.discard_timetable(session, clerk, again)
    with pytest.raises(AlreadyApplied):
        service.apply_timetable(session, clerk, again, None, NOW)
    assert session.get_one(ImportBatch, (district.district_id, again)).staged == {"first_day": START.isoformat()}


def test_what_was_built_upon_or_is_older_than_a_day_is_not_withdrawn(session, district, clerk, group):
    first, _ = written(session, clerk, [A, B])
    second, _ = written(session, clerk, [A, C], OCTOBER)
    with pytest.raises(BuiltUpon):
        service.withdraw_timetable(session, clerk, first, "", NOW)
    with pytest.raises(TooLateToWithdraw):
        service.withdraw_timetable(session, clerk, second, "", NOW + timedelta(hours=25))
    service.withdraw_timetable(session, clerk, second, "", NOW)
    service.withdraw_timetable(session, clerk, first, "", NOW)
    assert lessons(session, district) == []
    with pytest.raises(AlreadyApplied):
        service.withdraw_timetable(session, clerk, first, "", NOW)


def test_a_timetable_of_a_day_outside_its_term_or_of_another_school_is_refused(session, district, clerk, group):
    with pytest.raises(DayOutsideTerm):
        staged(session, clerk, [A], date(2027, 6, 1))
    key = staged(session, clerk, [A])
    with pytest.raises(Forbidden):
        service.apply_timetable(session, district.actors["training_officer"], key, 1, NOW)
    with pytest.raises(NotFound):
        queries.sheet_batch(session, Scope(district.district_id, frozenset({district.other_school_id})), "timetable", key)


def test_writing_and_withdrawing_costs_the_same_for_many_lessons(session, district, clerk, group, count_statements):
    costs = []
    for number in (1, 60):
        rows = [["五（3）班", str(n % 5 + 1), str(n // 5 + 1), f"课{n}{number}", ""] for n in range(number)]
        written(session, clerk, rows)
        key = staged(session, clerk, [[*row[:3], row[3] + "新", ""] for row in rows])
        session.expunge_all()
        with count_statements() as seen:
            service.apply_timetable(session, clerk, key, 1, NOW)
            service.withdraw_timetable(session, clerk, key, "", NOW)
        costs.append(len(seen.texts))
    assert costs[0] == costs[1]


def test_days_are_written_and_put_back(session, district, clerk, group):
    def brought(*rows):
        upload = csv_upload([["日期", "安排"], *rows])
        sheet = service.read_calendar_upload(upload, YEAR)
        key = service.stage_calendar(session, clerk, clerk.org_id, upload, sheet, NOW)
        return key, service.apply_calendar(session, clerk, key, 1, NOW)

    def days():
        session.expire_all()
        return sorted((d.day.day, d.kind, d.follows_weekday) for d in session.scalars(select(SchoolDay).where(
            SchoolDay.district_id == district.district_id)))

    first, _ = brought(["2026-11-06", "放假"])
    second, count = brought(["2026-11-06", "上周二的课"], ["2026-11-07", "上周一的课"])
    assert (count, days()) == (2, [(6, "school", 2), (7, "school", 1)])
    with pytest.raises(BuiltUpon), session.begin_nested():
        service.withdraw_calendar(session, clerk, first, "", NOW)
    service.withdraw_calendar(session, clerk, second, "", NOW)
    assert days() == [(6, "off", None)]
    service.withdraw_calendar(session, clerk, first, "", NOW)
    assert days() == []


# --- lesson times and the class-meeting lesson ------------------------------------------------------


def test_lesson_times_are_checked_and_replaced(session, district, clerk):
    def record(spans, stage=""):
        service.set_lesson_times(session, clerk, service.SetLessonTimes(district.school_id, START, stage, spans), NOW)

    for spans in ({1: (480, 470)}, {1: (480, 520), 2: (510, 550)}, {21: (480, 520)}):
        with pytest.raises(BadLessonTimes):
            record(spans)
    with pytest.raises(UnknownWord):
        record({1: (480, 520)}, "university")
    record({1: (480, 520), 2: (530, 570)})
    record({1: (490, 530)})
    assert [r.starts_at_minute for r in queries.lesson_times(session, district.district_id, district.school_id, START, "primary")] == [490]
    record({})
    assert queries.lesson_times(session, district.district_id, district.school_id, START, "primary") == ()


def test_the_class_meeting_lesson_takes_the_place_of_the_former_one_and_of_what_stood_there(session, district, clerk, group):
    add_timetable(session, district, group, [(1, 8, "班会"), (3, 7, "体育"), (3, 6, "语文")])

    def put(**more):
        given = {"weekday": 3, "lesson_no": 7, "from_on": OCTOBER} | more
        return service.set_meeting_lesson(session, clerk, service.SetMeetingLesson(district.school_id, [group], YEAR, "autumn", **given), NOW)

    assert put() == 1
    assert put() == 0
    open_now = [(w, n, s) for w, n, s, _, to_on in lessons(session, district) if to_on is None]
    assert open_now == [(3, 6, "语文"), (3, 7, "班会")]
    for wrong in ({"weekday": 8}, {"lesson_no": 0}, {"weeks": "third"}):
        with pytest.raises(UnknownWord):
            put(**wrong)
    with pytest.raises(DayOutsideTerm):
        put(from_on=date(2027, 5, 1))


# --- classes ----------------------------------------------------------------------------------------


def split(session, clerk, group, pupils, **more):
    given = {"new_class_no": 9, "student_ids": pupils} | more
    return service.change_class(session, clerk, service.ChangeClass(group, SPLIT, "人数过多", **given), NOW)


def sizes(session, scope, day):
    return {c.class_no: c.pupil_count for c in queries.classes_of_term(session, scope, next(iter(scope.school_ids)), YEAR, "autumn", day)}


def test_case_32_a_split_moves_pupils_from_the_day_and_credits_the_new_class(session, district, clerk, group, scope):
    pupils = add_pupils(session, district, group, 4)
    split(session, clerk, group, pupils[:1])
    assert sizes(session, scope, SPLIT - timedelta(1)) == {3: 4, 9: 0}
    assert sizes(session, scope, SPLIT) == {3: 3, 9: 1}
    old, new = queries.classes_of_term(session, scope, district.school_id, YEAR, "autumn", SPLIT)
    assert inherited(new.class_id, new.predecessors) == {group: SPLIT}
    assert (old.closed_on, new.opened_on) == (None, SPLIT)


def test_case_32_a_merger_closes_the_class_its_homeroom_post_and_its_lessons(session, district, clerk, group, scope):
    other = add_class(session, district.district_id, district.school_id, 5, 4)
    add_pupils(session, district, group, 2)
    add_timetable(session, district, group)
    post = add_post(session, district.district_id, district.school_id, district.people[0], "homeroom_teacher", START, None, group)
    key = split(session, clerk, group, None, to_class_id=other, new_class_no=0)
    assert sizes(session, scope, SPLIT) == {3: 0, 4: 2}
    last = SPLIT - timedelta(1)
    session.expire_all()
    assert session.get_one(PostAssignment, (district.district_id, post)).to_on == last
    slots = queries.class_slots(session, district.district_id, [group], date(2026, 10, 26), date(2026, 11, 30))[group]
    assert [s.day for s in slots] == [date(2026, 10, 26)]
    assert queries.busy(session, scope, district.school_id, SPLIT, date(2026, 11, 30)).lessons == {}
    service.undo_change(session, clerk, key, "", NOW)
    session.expire_all()
    assert session.get_one(PostAssignment, (district.district_id, post)).to_on is None
    assert sizes(session, scope, SPLIT) == {3: 2, 4: 0}
    assert queries.classes_of_term(session, scope, district.school_id, YEAR, "autumn", SPLIT)[1].predecessors == ()
    with pytest.raises(AlreadyApplied):
        service.undo_change(session, clerk, key, "", NOW)


def test_case_32_a_class_that_was_merged_away_has_no_successor_next_year(session, district, clerk, group):
    other = add_class(session, district.district_id, district.school_id, 5, 4)
    split(session, clerk, group, None, to_class_id=other, new_class_no=0)
    done = service.roll_over(session, clerk, service.Rollover(district.school_id, YEAR, "2027-2028", date(2027, 9, 1), 6), NOW)
    assert done.classes == 1


def test_an_undone_split_leaves_no_class_and_its_number_is_free_again(session, district, clerk, group, scope):
    pupils = add_pupils(session, district, group, 3)
    key = split(session, clerk, group, pupils[:2])
    service.undo_change(session, clerk, key, "记错了", NOW)
    assert sizes(session, scope, SPLIT) == {3: 3}
    held = session.scalars(select(ClassMembership).where(ClassMembership.district_id == district.district_id)).all()
    assert [m.to_on for m in held] == [None] * 3
    kinds = session.scalars(select(LedgerEntry.kind).where(LedgerEntry.district_id == district.district_id).order_by(LedgerEntry.seq)).all()
    assert list(kinds)[-2:] == ["roster.class_changed", "roster.class_change_undone"]
    split(session, clerk, group, pupils[:2])
    assert sizes(session, scope, SPLIT) == {3: 1, 9: 2}


def test_a_split_on_which_something_rests_is_not_undone(session, district, clerk, group):
    pupils = add_pupils(session, district, group, 3)
    key = split(session, clerk, group, pupils[:1])
    new = session.scalars(select(SchoolClass.id).where(SchoolClass.class_no == 9, SchoolClass.district_id == district.district_id)).one()
    add_timetable(session, district, new, from_on=SPLIT)
    with pytest.raises(BuiltUpon):
        service.undo_change(session, clerk, key, "", NOW)


def test_a_later_change_is_undone_first(session, district, clerk, group):
    pupils = add_pupils(session, district, group, 3)
    first = split(session, clerk, group, pupils[:1])
    second = split(session, clerk, group, pupils[1:2], new_class_no=10)
    with pytest.raises(BuiltUpon):
        service.undo_change(session, clerk, first, "", NOW)
    service.undo_change(session, clerk, second, "", NOW)
    service.undo_change(session, clerk, first, "", NOW)


def test_changes_that_make_no_sense_are_refused(session, district, clerk, group):
    pupils = add_pupils(session, district, group, 2)
    sixth = add_class(session, district.district_id, district.school_id, 6, 1)
    foreign = add_class(session, district.district_id, district.other_school_id, 5, 1)
    for error, more in (
        (NobodyMoves, {"student_ids": []}), (NotFound, {"student_ids": ["0" * 32]}), (NotThatClass, {"to_class_id": sixth}),
        (NotThatClass, {"to_class_id": group}), (NotFound, {"to_class_id": foreign}), (NameTaken, {"new_class_no": 3}), (UnknownWord, {"new_class_no": 0}),
    ):
        with pytest.raises(error), session.begin_nested():
            split(session, clerk, group, more.pop("student_ids", pupils[:1]), **more)
    with pytest.raises(ReasonMissing):
        service.change_class(session, clerk, service.ChangeClass(group, SPLIT, " ", new_class_no=9), NOW)
    with pytest.raises(DateBeforeStart):
        service.change_class(session, clerk, service.ChangeClass(group, START, "x", new_class_no=9), NOW)
    with pytest.raises(NotFound):
        service.change_class(session, clerk, service.ChangeClass(foreign, SPLIT, "x", new_class_no=9), NOW)


def test_a_split_costs_the_same_for_many_pupils(session, district, clerk, group, count_statements):
    costs = []
    for number, count in ((4, 2), (5, 40)):
        key = add_class(session, district.district_id, district.school_id, 5, number)
        pupils = add_pupils(session, district, key, count)
        session.expire_all()
        with count_statements() as seen:
            change = split(session, clerk, key, pupils[1:], new_class_no=20 + number)
            service.undo_change(session, clerk, change, "", NOW)
        costs.append(len(seen.texts))
    assert costs[0] == costs[1]


def test_case_44_an_exception_says_what_it_rests_on_and_lies_in_its_term(session, district, clerk, group):
    def enter(**more):
        given = {"class_id": group, "school_year": YEAR, "season": "autumn", "kind": "internship", "from_on": START, "to_on": date(2026, 12, 31),
                 "document": "实习〔2026〕3号"} | more
        return service.enter_exception(session, clerk, service.EnterException(**given), NOW)

    for error, more in (
        (UnknownWord, {"kind": "holiday"}), (ReasonMissing, {"document": " "}), (DateBeforeStart, {"to_on": date(2026, 8, 1)}),
        (DayOutsideTerm, {"to_on": date(2027, 6, 1)}), (NotThatClass, {"school_year": "2027-2028"}), (NotFound, {"class_id": "0" * 32}),
    ):
        with pytest.raises(error):
            enter(**more)
    key = enter()
    with pytest.raises(ReasonMissing):
        service.revoke_exception(session, clerk, key, "", NOW)
    service.revoke_exception(session, clerk, key, "取消", NOW)
    with pytest.raises(AlreadyApplied):
        service.revoke_exception(session, clerk, key, "取消", NOW)
    [row] = queries.exceptions_of(session, district.district_id, group)
    assert row.revoked_reason == "取消"
