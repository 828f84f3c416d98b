"""Words and sentences of timetables and calendar files, translated when they are shown."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.roster.timetable_rules import Lesson
from trainhub.roster.timetable_sheets import RawLesson, Trouble

WEEKDAY_LABELS: dict[str, Any] = {
    "1": _l("Monday"), "2": _l("Tuesday"), "3": _l("Wednesday"), "4": _l("Thursday"), "5": _l("Friday"), "6": _l("Saturday"), "7": _l("Sunday"),
}  # fmt: skip
WEEKS_LABELS: dict[str, Any] = {"all": _l("every week"), "odd": _l("odd weeks"), "even": _l("even weeks")}
EXCEPTION_LABELS: dict[str, Any] = {"internship": _l("internship"), "other": _l("other exception")}
CHANGE_LABELS: dict[str, Any] = {"split": _l("split"), "merge": _l("merged")}
OUTCOME_LABELS: dict[str, Any] = {"new": _l("new"), "changed": _l("changed"), "unchanged": _l("as in the calendar")}
DAY_KIND_LABELS: dict[str, Any] = {"off": _l("day off"), "school": _l("school day")}

TROUBLES: dict[str, tuple[Any, Any]] = {
    "class_not_named": (_l("This sheet does not say which class it is of"), _l("Write the class above the grid (五（3）班课程表) or as the name of the sheet.")),
    "class_unknown": (_l("“%(text)s” is no class of this school year (%(count)s lessons)"), _l("Open the class on the page of classes, or write its name as there.")),
    "class_unreadable": (_l("The class is missing"), _l("Write it as 五（3）班.")),
    "weekday_unreadable": (_l("“%(text)s” is no weekday"), _l("Write 星期一 to 星期日, or 1 to 7.")),
    "lesson_no_unreadable": (_l("“%(text)s” is no lesson number"), _l("Write a number from 1 to 20, as in 第3节 or 3.")),
    "subject_unreadable": (_l("The subject is missing"), _l("Write the subject, or delete the row.")),
    "weeks_unreadable": (_l("“%(text)s” does not say which weeks"), _l("Write 单, 双, or leave it blank for every week.")),
    "two_lessons_at_once": (_l("“%(subject)s” at a place where %(at)s says “%(other)s”"), _l("The first one is written. Delete one, or mark them 单 and 双.")),
    "teacher_unknown": (_l("%(name)s is not on the staff (%(count)s lessons)"), _l("The lessons are written with the name only. Correct the name, or add the person and import again.")),
    "teacher_namesakes": (_l("The school has %(people)s people called %(name)s (%(count)s lessons)"), _l("The lessons are written with the name only: the system does not guess.")),
    "teacher_twice": (_l("%(name)s teaches two classes at the same time (%(count)s places; first %(one)s and %(other)s, %(day)s, lesson %(lesson)s)"), _l("Both are written. Correct the file if it is a slip.")),
    "no_class_meeting": (_l("No class-meeting lesson in the timetable of this class"), _l("Words such as 班会 or 班队 are looked for. You can set the lesson on the timetable page.")),
    "day_unreadable": (_l("“%(text)s” is no day"), _l("Write it as 2026-10-01 or 10月1日.")),
    "stretch_too_long": (_l("“%(text)s” is longer than %(most)s days or ends before it begins"), _l("Check the dates.")),
    "kind_unclear": (_l("“%(text)s” does not say whether %(day)s is a day off or a school day"), _l("Write 放假 or 上课.")),
    "day_twice": (_l("%(day)s is said otherwise in row %(at)s"), _l("The first one is written. Delete one of the two.")),
    "follows_nothing": (_l("%(day)s is a school day at a weekend without a timetable"), _l("Say whose lessons it has, as in 上周一的课; until then no class meeting is offered on it.")),
    "events_left_out": (_l("%(count)s entries are no whole days off or school days and were left out"), ""),
}  # fmt: skip
"""Trouble code -> what is wrong, and what to do."""


class _Filled(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def trouble_text(one: Trouble) -> tuple[str, str]:
    """The sentences of a trouble: what is wrong, and ("" where nothing) what to do."""
    what, todo = TROUBLES[one.code]
    params = _Filled(one.params)
    if "weekday" in params:
        params["day"] = str(WEEKDAY_LABELS[str(params["weekday"])])
    return str(what) % params, str(todo) % params if todo else ""


def place_of(one: Lesson | RawLesson) -> str:
    """Where a lesson stands in the week: ``周一第8节`` with 单周 or 双周."""
    words = _("%(day)s, lesson %(lesson)s", day=WEEKDAY_LABELS[str(one.weekday)], lesson=one.lesson_no)
    return str(words) if one.weeks == "all" else str(_("%(place)s (%(weeks)s)", place=words, weeks=WEEKS_LABELS[one.weeks]))


def clock(minute: int) -> str:
    """``08:05`` for 485."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(text: str) -> int | None:
    """485 for ``08:05``; None for anything else."""
    hour, colon, minute = text.strip().partition(":")
    minute = minute[:2]
    if not colon or not (hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()) or len(hour) > 2:
        return None
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found <= 24 * 60 else None


def labels() -> Mapping[str, Any]:
    """Tables of words for the templates of this room."""
    return {"WEEKDAYS": WEEKDAY_LABELS, "WEEKS": WEEKS_LABELS, "EXCEPTIONS": EXCEPTION_LABELS, "CHANGES": CHANGE_LABELS,
            "OUTCOMES": OUTCOME_LABELS, "DAY_KINDS": DAY_KIND_LABELS, "place_of": place_of, "clock": clock}
