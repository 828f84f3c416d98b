"""Timetables and calendars as files: both layouts, what schools really type, and what would hurt."""

import io
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.tables import Table, Tables, read_tables
from trainhub.roster.calendar_rules import SchoolCalendar
from trainhub.roster.calendar_sheets import day_in_year, kind_of, plan_days, read_calendar_file, read_days
from trainhub.roster.timetable_plan import ClassIndex, KnownClass, content_of, plan_timetable
from trainhub.roster.timetable_rules import Lesson
from trainhub.roster.timetable_sheets import (
    MOST_LESSONS,
    class_in,
    lesson_no_of,
    lesson_nos_of,
    read_cell,
    read_timetable,
    weekday_of,
    weeks_of,
)

STAFF = frozenset({"赵若兰", "钱明远"})
WEEK = ("节次", "星期一", "星期二", "星期三", "星期四", "星期五")
YEAR = "2026-2027"


def tables(*sheets: tuple[str, list[tuple]]) -> Tables:
    return Tables("xlsx", "xlsx", tuple(Table(name, tuple(tuple(row) for row in rows)) for name, rows in sheets))


def workbook(*sheets: tuple[str, list[tuple]], merge: tuple[int, int, int, int, str] | None = None) -> Tables:
    """A real workbook, read as an upload is."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                if cell not in (None, ""):
                    sheet.write(number, place, cell)
        if merge is not None:
            sheet.merge_range(*merge)
    book.close()
    return read_tables(Upload("课表.xlsx", target.getvalue()))


def said(cell: str) -> list[tuple[str, str, str, str]]:
    return [(one.subject, one.weeks, one.teacher, one.room) for one in read_cell(cell, STAFF)]


@pytest.mark.parametrize(("cell", "found"), [
    ("语文", [("语文", "all", "", "")]),
    ("语 文", [("语文", "all", "", "")]),
    ("语文/赵若兰", [("语文", "all", "赵若兰", "")]),
    ("语文\n赵若兰", [("语文", "all", "赵若兰", "")]),
    ("语文 赵若兰", [("语文", "all", "赵若兰", "")]),
    ("赵若兰/语文", [("语文", "all", "赵若兰", "")]),
    ("语文（赵若兰）", [("语文", "all", "赵若兰", "")]),
    ("英语(听力)", [("英语(听力)", "all", "", "")]),
    ("体育/钱明远/操场", [("体育", "all", "钱明远", "操场")]),
    ("音乐（音乐室）", [("音乐", "all", "", "音乐室")]),
    ("语文/单丽", [("语文", "all", "单丽", "")]),
    ("班会(单)", [("班会", "odd", "", "")]),
    ("班会\n（双周）", [("班会", "even", "", "")]),
    ("班会（单）/心理（双）", [("班会", "odd", "", ""), ("心理", "even", "", "")]),
    ("班会单\n心理双", [("班会", "odd", "", ""), ("心理", "even", "", "")]),
    ("单周班会 双周心理", [("班会", "odd", "", ""), ("心理", "even", "", "")]),
    ("班会\n赵若兰(单)", [("班会", "odd", "赵若兰", "")]),
    ("语文/赵若兰（单）/数学/钱明远（双）", [("语文", "odd", "赵若兰", ""), ("数学", "even", "钱明远", "")]),
    ("班会(单)/赵若兰/心理(双)/钱明远", [("班会", "odd", "赵若兰", ""), ("心理", "even", "钱明远", "")]),
    ("语文/班会(双)", [("语文", "odd", "", ""), ("班会", "even", "", "")]),
    ("", []), ("-", []), ("/", []), ("无", []),
])  # fmt: skip
def test_what_schools_write_into_a_cell(cell, found):
    assert said(cell) == found


@given(st.text(alphabet="单双周(（)）/\n 语文班会张三-123、;|", max_size=40))
def test_a_cell_never_raises_and_every_lesson_of_it_has_a_subject(cell):
    found = read_cell(cell, STAFF)
    assert all(one.subject and one.weeks in ("all", "odd", "even") for one in found)
    assert read_cell(cell.strip(), STAFF) == found


@pytest.mark.parametrize(("text", "number"), [
    ("1", 1), ("第1节", 1), ("第一节", 1), ("第\n三\n节", 3), ("第二节 8:50-9:30", 2), ("上午第2节", 2), ("1\n8:00-8:40", 1), ("10", 10),
    ("早读", None), ("8:00-8:40", None), ("午休", None), ("晚自习1", None), ("21", None), ("3月", None),
])  # fmt: skip
def test_lesson_numbers(text, number):
    assert lesson_no_of(text) == number


@pytest.mark.parametrize(("text", "numbers"), [("3", (3,)), ("1-2", (1, 2)), ("第五、六节", (5, 6)), ("第7节", (7,)), ("早读", ()), ("0", ()), ("2-30", ())])
def test_lesson_numbers_of_a_list(text, numbers):
    assert lesson_nos_of(text) == numbers


def test_weekdays_and_weeks():
    assert [weekday_of(t) for t in ("星期一", "周日", "礼拜天", "三", "5", "Mon", "8", "一月")] == [1, 7, 7, 3, 5, 1, None, None]
    assert [weeks_of(t) for t in ("", "单", "双周", "每周", "1-18周", "隔周")] == ["all", "odd", "even", "all", "all", None]


@pytest.mark.parametrize(("title", "name"), [
    ("2026-2027学年第一学期 五（3）班课程表", "五(3)班"), ("班级：五(3)班  班主任：赵若兰", "五(3)班"), ("七年级8班课表", "七年级8班"),
    ("高一(2)班", "高一(2)班"), ("2025级3班", "2025级3班"), ("课程表", ""),
])  # fmt: skip
def test_the_class_in_a_title(title, name):
    assert class_in(title) == name


def test_a_sheet_for_each_class_with_merged_cells_and_rows_that_are_no_lessons():
    rows = [
        ("五（3）班课程表",), ("", *WEEK), ("上午", "1", "语文/赵若兰", "数学", "", "", ""), ("", "2", "数学", "", "", "", ""),
        ("课间操",), ("下午", "1", "科学", "", "", "", ""), ("", "2", "班会(单)", "", "", "", "体育"),
    ]
    book = workbook(("五3班", rows), merge=(2, 3, 3, 3, "数学"))
    sheet = read_timetable(book, STAFF)
    assert sheet.layout == "grid"
    assert {(x.weekday, x.lesson_no, x.subject, x.weeks) for x in sheet.lessons} == {
        (1, 1, "语文", "all"), (2, 1, "数学", "all"), (1, 2, "数学", "all"), (2, 2, "数学", "all"), (1, 3, "科学", "all"),
        (1, 4, "班会", "odd"), (5, 4, "体育", "all"),
    }  # the afternoon, counted from 1 again, goes on behind the morning
    assert {x.class_text for x in sheet.lessons} == {"五(3)班"}
    assert sheet.lessons[0].place == "五3班 C3"


def test_several_grids_on_one_sheet_and_a_sheet_that_is_named_by_its_number():
    rows = [("五（1）班",), WEEK, ("1", "语文"), ("8", "班会"), (), ("五（2）班",), WEEK, ("1", "数学"), ("8", "班队")]
    sheet = read_timetable(tables(("总表", rows), ("503", [WEEK, ("1", "英语")])))
    assert {(x.class_text, x.subject) for x in sheet.lessons} == {
        ("五(1)班", "语文"), ("五(1)班", "班会"), ("五(2)班", "数学"), ("五(2)班", "班队"), ("503", "英语"),
    }


def test_a_grid_that_stands_on_its_side():
    rows = [("五（3）班",), ("星期", "第1节", "第2节"), ("星期一", "语文", "班会"), ("星期二", "数学", ""), ("星期三", "英语", "")]
    sheet = read_timetable(tables(("Sheet1", rows)))
    assert {(x.weekday, x.lesson_no, x.subject) for x in sheet.lessons} == {(1, 1, "语文"), (1, 2, "班会"), (2, 1, "数学"), (3, 1, "英语")}
    assert next(x.place for x in sheet.lessons if x.subject == "班会") == "Sheet1 C3"


def test_a_grid_nobody_can_place_says_so():
    sheet = read_timetable(tables(("Sheet1", [WEEK, ("1", "语文")])))
    assert [t.code for t in sheet.troubles] == ["class_not_named"]
    assert sheet.lessons == ()


def test_a_flat_list_with_troubles_in_their_rows():
    head = ("年级", "班级", "星期", "节次", "课程", "任课教师", "教室", "单双周")
    rows = [
        head, ("五年级", "3班", "星期一", "8", "班会", "赵若兰", "503", "单"), ("五年级", "3班", "二", "1-2", "美术", "", "", ""),
        ("五年级", "3班", "八", "1", "语文", "", "", ""), ("五年级", "3班", "三", "早", "语文", "", "", ""), ("五年级", "", "三", "1", "语文", "", "", ""),
        ("五年级", "3班", "三", "1", "语文", "", "", "隔周"), ("制表人：某某",), head,
    ]
    sheet = read_timetable(tables(("", rows)), STAFF)
    assert sheet.layout == "list"
    assert [(x.class_text, x.weekday, x.lesson_no, x.subject, x.weeks, x.teacher, x.room) for x in sheet.lessons] == [
        ("5年级3班", 1, 8, "班会", "odd", "赵若兰", "503"), ("5年级3班", 2, 1, "美术", "all", "", ""), ("5年级3班", 2, 2, "美术", "all", "", ""),
    ]
    assert [(t.place, t.code) for t in sheet.troubles] == [
        ("4", "weekday_unreadable"), ("5", "lesson_no_unreadable"), ("6", "class_unreadable"), ("7", "weeks_unreadable"),
    ]


@pytest.mark.parametrize("sheets", [
    [("Sheet1", [("姓名", "工号"), ("甲", "1")])], [("Sheet1", [("一", "二")])], [("x", [("星期一",)])],
])  # fmt: skip
def test_what_is_no_timetable_is_refused(sheets):
    with pytest.raises(Refused) as refused:
        read_timetable(tables(*sheets))
    assert refused.value.code == "no_header"


def test_a_file_of_too_many_lessons_is_refused():
    rows = [("班级", "星期", "节次", "课程"), *[("五（3）班", "一", "1-20", "语文")] * (MOST_LESSONS // 20 + 1)]
    with pytest.raises(Refused) as refused:
        read_timetable(tables(("", rows)))
    assert refused.value.code == "too_many_rows"


@given(st.lists(st.lists(st.one_of(st.none(), st.integers(-5, 40), st.sampled_from(["星期一", "周二", "三", "班级", "星期", "节次", "课程", "五(3)班", "第1节", "语文", "9" * 30])),
                         max_size=8), max_size=12))  # fmt: skip
def test_no_table_breaks_the_reader(rows):
    try:
        sheet = read_timetable(tables(("Sheet1", rows)))
    except Refused:
        return
    assert all(1 <= x.weekday <= 7 and 1 <= x.lesson_no <= 20 and x.subject for x in sheet.lessons)


# --- the plan ---------------------------------------------------------------------------------------

FIVE_3 = KnownClass("c53", "五（3）班", 5, 3)
FIVE_4 = KnownClass("c54", "五（4）班", 5, 4)
INDEX = ClassIndex([FIVE_3, FIVE_4], YEAR, ["primary"])
START = date(2026, 9, 1)
LISTED = [("班级", "星期", "节次", "课程", "教师"), ("五（3）班", "一", "8", "班会", "赵若兰"), ("501班", "一", "1", "语文", ""), ("5(4)班", "一", "8", "数学", "赵若兰"),
          ("五（3）班", "一", "8", "音乐", ""), ("五（3）班", "一", "8", "班会", "赵若兰"), ("五（4）班", "二", "1", "语文", "孙不在"), ("五（4）班", "三", "1", "语文", "李同名")]
PEOPLE = {"赵若兰": ["p1"], "李同名": ["p2", "p3"]}


def planned(current=(), start=START):
    return plan_timetable(read_timetable(tables(("", LISTED))).lessons, (), INDEX, PEOPLE, current, start)


def test_a_plan_says_what_is_wrong_and_goes_on_with_the_rest():
    plan = planned()
    assert {t.code: t.blocks for t in plan.troubles} == {
        "class_unknown": True, "teacher_unknown": False, "teacher_namesakes": False, "two_lessons_at_once": True, "teacher_twice": False,
        "no_class_meeting": False,
    }
    assert [(c.group.name, c.added, len(c.meetings)) for c in plan.classes] == [("五（3）班", 1, 1), ("五（4）班", 3, 0)]
    assert [o.teacher_id for o in plan.added] == ["p1", "p1", None, None]


def held(one, start=START, **more):
    return Lesson(one.group.id, one.raw.weekday, one.raw.lesson_no, one.raw.subject, YEAR, "autumn", start, None, one.raw.weeks, one.teacher_id,
                  one.raw.teacher, one.raw.room, id=more.get("id", "x"))


def test_the_same_file_again_changes_nothing_also_on_a_later_day():
    current = [held(one) for one in planned().added]
    for later in (0, 30):
        plan = planned(current, START + timedelta(later))
        assert (plan.change_count, plan.unchanged) == (0, 4)


def test_a_lesson_the_file_does_not_have_ends_and_other_classes_keep_theirs():
    gone = Lesson("c53", 5, 1, "书法", YEAR, "autumn", START, id="gone")
    kept = Lesson("c99", 5, 1, "书法", YEAR, "autumn", START, id="kept")
    assert [one.id for one in planned([gone, kept]).ended] == ["gone"]


def test_classes_are_found_by_name_number_and_year_of_entry():
    assert [INDEX.find(t) and INDEX.find(t).id for t in ("五（3）班", "五年级4班", "504", "5.3", "2022级3班", "3班", "六（3）班", "三十一班")] == [
        "c53", "c54", "c54", "c53", "c53", None, None, None,
    ]


def test_the_digest_of_a_file_does_not_depend_on_the_order_of_its_rows():
    lessons = read_timetable(tables(("", LISTED))).lessons
    assert content_of(lessons) == content_of(lessons[::-1]) != content_of(lessons[1:])


# --- calendars --------------------------------------------------------------------------------------


def days(*rows: tuple) -> tuple:
    return read_days(tables(("", [("日期", "安排", "说明"), *rows])), YEAR)


def test_days_stretches_and_whose_lessons_they_have():
    found = days(("2026年10月1日至10月3日", "放假", "国庆节"), ("10月10日", "上周一的课", ""), ("10月11日", "调休", ""), ("3月1日", "上课", ""))
    assert [(d.day.isoformat(), d.kind, d.follows_weekday) for d in found.days] == [
        ("2026-10-01", "off", None), ("2026-10-02", "off", None), ("2026-10-03", "off", None), ("2026-10-10", "school", 1),
        ("2026-10-11", "school", None), ("2027-03-01", "school", None),
    ]


@pytest.mark.parametrize(("row", "code"), [
    (("2026-13-40", "放假", ""), "day_unreadable"), (("10月12日", "调休", ""), "kind_unclear"), (("10月12日", "", ""), "kind_unclear"),
    (("2026-09-01至2027-07-01", "放假", ""), "stretch_too_long"), (("10月7日至10月1日", "放假", ""), "day_unreadable"),
])  # fmt: skip
def test_days_that_cannot_be_read_say_so(row, code):
    found = days(("10月1日", "放假", ""), row)
    assert [t.code for t in found.troubles] == [code]
    assert len(found.days) == 1


def test_two_answers_for_one_day_are_trouble_and_the_first_stands():
    found = days(("10月1日", "放假", ""), ("10月1日", "上课", ""), ("10月1日", "放假", ""))
    assert [(d.kind, t.code) for d, t in zip(found.days, found.troubles, strict=True)] == [("off", "day_twice")]


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)))
def test_a_bare_make_up_day_counts_only_at_the_weekend(day):
    assert kind_of("调休", day) == ("school" if day.weekday() >= 5 else None)


@pytest.mark.parametrize(("cell", "day"), [("10月1日", date(2026, 10, 1)), ("2月3日", date(2027, 2, 3)), ("8月31日", date(2026, 8, 31)), (46_296, date(2026, 10, 1))])
def test_a_day_without_a_year_lies_in_the_school_year(cell, day):
    assert day_in_year(cell, YEAR) == day


def ics(*events: str) -> bytes:
    return ("BEGIN:VCALENDAR\r\n" + "".join(f"BEGIN:VEVENT\r\n{e}\r\nEND:VEVENT\r\n" for e in events) + "END:VCALENDAR").encode()


def test_a_calendar_program_gives_whole_days_folded_and_with_exclusive_ends():
    found = read_calendar_file(ics(
        "DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261003\r\nSUMMARY:国庆节（休）", "DTSTART;VALUE=DATE:20261010\r\nSUMMARY:国庆节 补\r\n 班",
        "DTSTART:20261010T080000Z\r\nSUMMARY:放假通知会", "DTSTART;VALUE=DATE:20261101\r\nRRULE:FREQ=DAILY\r\nSUMMARY:放假",
        "DTSTART;VALUE=DATE:20261102\r\nSUMMARY:运动会", "DTSTART;VALUE=DATE:20261399\r\nSUMMARY:放假",
    ))
    assert [(d.day.day, d.kind) for d in found.days] == [(1, "off"), (2, "off"), (10, "school")]
    assert [(t.code, t.params) for t in found.troubles] == [("events_left_out", {"count": 4})]


@pytest.mark.parametrize("content", [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR", b"\xff\xfe\x00BEGIN:VCALENDAR\x00", ics("SUMMARY:x"), b"x" * 100])
def test_what_is_no_calendar_is_refused(content):
    with pytest.raises(Refused):
        read_calendar_file(content)


def test_what_the_calendar_says_anyway_is_not_written_again():
    calendar = SchoolCalendar(date(2026, 10, 1), date(2026, 10, 31), (), {date(2026, 10, 1): ("holiday", "国庆节")})
    found = days(("10月1日", "放假", ""), ("10月9日", "放假", "运动会"), ("10月10日", "上课", ""))
    plan = plan_days(found.days, (), calendar, {})
    assert [one.outcome for one in plan.days] == ["unchanged", "new", "new"]
    assert [t.code for t in plan.troubles] == ["follows_nothing"]
