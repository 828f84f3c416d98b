"""Classes that stand apart: one without pupils, one opened in the middle of the term, one merged, one on internship."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from trainhub.demo.calendar import Story, terms
from trainhub.demo.people import ClassRow, Ids, Post, Somebody

EMPTY = ("fengshu", 2, 1)
"""Place, grade and number of a class nobody is in: a teaching point whose last pupils of the grade went to the town."""
OPENED_LATE = ("gaozhong", 10, 10)
MERGED = ("erzhong", 8, 6)
"""Goes on in the class of the number before it."""
ON_INTERNSHIP = ("zhixiao", 12, 1)
LATE_WEEK, MERGE_WEEK = 11, 7
LATE_PUPILS = 26


def monday_of(first: date, week: int) -> date:
    """The Monday of a week of the term that begins on ``first``."""
    return first - timedelta(days=first.weekday()) + timedelta(weeks=week - 1)


def special_classes(classes: Sequence[ClassRow], staff: dict[str, list[Somebody]], story: Story, ids: Ids) -> list[ClassRow]:
    """Return the classes with one emptied and, once its day has come, one opened late; that one gets a homeroom teacher."""
    rows = [replace(row, pupils=0) if _key(row) == EMPTY and row.start_year == story.school_year else row for row in classes]
    first = next(first for season, first, _ in terms(story.school_year) if season == "autumn")
    opens = monday_of(first, LATE_WEEK)
    place, grade, number = OPENED_LATE
    if opens > story.today:
        return rows
    made = ClassRow(ids(), place, story.school_year, grade, number, f"高一（{number}）班", None, LATE_PUPILS, opens)
    teacher = next(
        one for one in reversed(staff[place])
        if not one.jobs[0].posts and len(one.jobs) == 1 and one.jobs[0].to_on is None and one.jobs[0].category == "full_time_teacher"
        and one.jobs[0].from_on < date(story.school_year, 1, 1)
    )
    teacher.jobs[0].posts.append(Post("homeroom_teacher", opens, None, made.id))
    return [*rows, made]


def _key(row: ClassRow) -> tuple[str, int, int]:
    return row.place, row.grade, row.number


def find_class(classes: Sequence[ClassRow], start_year: int, key: tuple[str, int, int]) -> ClassRow | None:
    """The class of a school year by place, grade and number, None where this district has none such."""
    return next((row for row in classes if row.start_year == start_year and _key(row) == key), None)
