"""Timetables as data: which lesson of which class lies at which moment, and what a split or merged class inherits. Pure.

Lessons are weekly, optionally of odd (单周) or even (双周) weeks of the term. A make-up workday (调休) teaches the
weekday somebody said it follows; where nobody said so nothing is taught from the timetable.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Literal

from trainhub.kernel.clock import at
from trainhub.roster.calendar_rules import SchoolCalendar, each_day, school_year_of

Weeks = Literal["all", "odd", "even"]
WEEKS: tuple[Weeks, ...] = ("all", "odd", "even")
Season = Literal["autumn", "spring"]
LAST_LESSON = 20
MEETING_SUBJECTS = frozenset({
    "班会", "主题班会", "班队", "班队会", "班团队活动", "班会课", "班队活动", "班团活动", "班团队会", "班团会",
})  # fmt: skip
"""Words of a timetable that mean the weekly lesson of class meetings."""

_WEEKDAYS = "一二三四五六日"
_PARTS = re.compile(r"[/、,+&和与及\s]+")


@dataclass(frozen=True, slots=True)
class Lesson:
    """A weekly lesson of a class. ``weekday`` 1-7, ``lesson_no`` from 1; both days inclusive, no end: to the end of term.

    ``stage`` (primary, junior, senior, vocational or "") chooses among the lesson times of a school.
    """

    class_id: str
    weekday: int
    lesson_no: int
    subject: str
    school_year: str
    season: str
    from_on: date
    to_on: date | None = None
    weeks: Weeks = "all"
    teacher_id: str | None = None
    teacher_name: str = ""
    room: str = ""
    stage: str = ""
    id: str = ""

    def covers(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True, order=True)
class LessonTimeRow:
    """One lesson of a set of lesson times, in minutes from local midnight."""

    from_on: date
    stage: str
    lesson_no: int
    starts_at_minute: int
    ends_at_minute: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A lesson at a moment. ``starts_at`` and ``ends_at`` are aware UTC.

    ``label`` is as schools say it (``第12周 周一第8节``); ``follows_weekday`` is set on a day that follows another
    weekday's timetable; ``estimated`` where the school has entered no lesson times and usual ones stand in.
    """

    class_id: str
    day: date
    lesson_no: int
    starts_at: datetime
    ends_at: datetime
    subject: str
    label: str
    teacher_id: str | None = None
    room: str = ""
    follows_weekday: int | None = None
    estimated: bool = False
    teacher_name: str = ""


# --- lesson times -----------------------------------------------------------------------------------


def usual_times(stage: str) -> tuple[tuple[int, int], ...]:
    """Usual lesson times of a day (start, end in minutes) where a school has entered none.

    Lessons of 40 minutes in primary schools and 45 elsewhere (domain.md 3.2), ten minutes between them, four
    from 08:00 and six from 14:00 on.
    """
    length = 40 if stage == "primary" else 45
    starts = [8 * 60 + n * (length + 10) for n in range(4)] + [14 * 60 + n * (length + 10) for n in range(6)]
    return tuple((start, start + length) for start in starts)


def times_on(rows: Iterable[LessonTimeRow], day: date, stage: str) -> tuple[LessonTimeRow, ...]:
    """The set of lesson times in force on a day: the stage's own where there is one, else the one for all stages."""
    by_stage: dict[str, list[LessonTimeRow]] = defaultdict(list)
    for row in rows:
        if row.from_on <= day and row.stage in (stage, ""):
            by_stage[row.stage].append(row)
    held = by_stage.get(stage) or by_stage.get("") or []
    latest = max((row.from_on for row in held), default=None)
    return tuple(sorted(row for row in held if row.from_on == latest))


def problem_of_times(spans: Mapping[int, tuple[int, int]]) -> str:
    """What is wrong with a set of times by lesson number, or "": ``none``, ``order``, ``overlap``."""
    if not spans:
        return "none"
    ordered = [spans[number] for number in sorted(spans)]
    if any(not 0 <= start < end <= 24 * 60 for start, end in ordered):
        return "order"
    return "overlap" if any(after[0] < before[1] for before, after in pairwise(ordered)) else ""


@dataclass(slots=True)
class _Clock:
    """When a lesson of a day begins and ends; each (day, stage) is worked out once."""

    rows: Sequence[LessonTimeRow]
    _sets: dict[tuple[date, str], dict[int, tuple[int, int]]] = field(default_factory=dict)

    def span(self, day: date, stage: str, lesson_no: int) -> tuple[datetime, datetime, bool]:
        key = (day, stage)
        if key not in self._sets:
            self._sets[key] = {r.lesson_no: (r.starts_at_minute, r.ends_at_minute) for r in times_on(self.rows, day, stage)}
        known = self._sets[key].get(lesson_no)
        usual = usual_times(stage)
        start, end = known or (usual[lesson_no - 1] if lesson_no <= len(usual) else usual[-1])
        return _moment(day, start), _moment(day, end), known is None


def _moment(day: date, minute: int) -> datetime:
    return at(day, time()) + timedelta(minutes=minute)


def stage_of(grade: int, stages: Sequence[str] = ()) -> str:
    """The stage of a grade (1-12); grades 10-12 of a school with vocational classes only are vocational."""
    if grade <= 6:
        return "primary"
    if grade <= 9:
        return "junior"
    return "vocational" if "vocational" in stages and "senior" not in stages else "senior"


# --- words ------------------------------------------------------------------------------------------


def is_meeting_subject(subject: str) -> bool:
    """Whether a timetable's word means the lesson of class meetings: 班会, 班会/队会, 主题班会课."""
    folded = re.sub(r"\([^()]*\)", "", unicodedata.normalize("NFKC", subject))
    return any(part in MEETING_SUBJECTS or part.removesuffix("课") in MEETING_SUBJECTS for part in _PARTS.split(folded) if part)


def weekday_word(weekday: int) -> str:
    """``周一`` for 1 up to ``周日`` for 7."""
    return f"周{_WEEKDAYS[weekday - 1]}"


def label(day: date, calendar: SchoolCalendar, lesson_no: int) -> str:
    """How a school names a lesson: ``第12周 周一第8节``; a make-up day says whose lessons it has.

    Outside a term the date stands in for the week.
    """
    week = calendar.week_label(day) or f"{day.month}月{day.day}日"
    follows = calendar.follows.get(day)
    made_up = f"（调休日，上{weekday_word(follows)}的课）" if follows and follows != day.isoweekday() else ""
    return f"{week} {weekday_word(day.isoweekday())}{made_up}第{lesson_no}节"


def season_of(day: date) -> Season:
    """The term season of a day without a stored term: autumn from August to January, spring from February to July."""
    return "spring" if 2 <= day.month <= 7 else "autumn"


# --- expanding --------------------------------------------------------------------------------------


def taught(lesson: Lesson, day: date, calendar: SchoolCalendar) -> bool:
    """Whether a lesson is taught on a day: right weekday, week and term, and a day that is taught at all."""
    if not lesson.covers(day) or calendar.timetable_weekday(day) != lesson.weekday:
        return False
    term = calendar.term(day)
    if term is not None and (term.school_year, term.season) != (lesson.school_year, lesson.season):
        return False
    if term is None and lesson.school_year != school_year_of(day):
        return False
    return runs_in_week(lesson.weeks, calendar.week(day))


def runs_in_week(weeks: Weeks, week: int | None) -> bool:
    """Whether a lesson of all, odd or even weeks runs in a week; without a numbered week only one of all weeks does."""
    return weeks == "all" or (week is not None and (week % 2 == 1) == (weeks == "odd"))


def meet(one: str, other: str) -> bool:
    """Whether lessons of these weeks (all, odd, even) ever fall into the same week."""
    return one == other or "all" in (one, other)


def expand(
    lessons: Iterable[Lesson], calendar: SchoolCalendar, times: Sequence[LessonTimeRow], first: date, last: date
) -> tuple[Slot, ...]:
    """Every lesson between two days (both inclusive) as a slot, in order of time and class.

    Days outside the calendar's own days are not looked at.
    """
    by_weekday: dict[int, list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        by_weekday[lesson.weekday].append(lesson)
    clock = _Clock(times)
    slots: list[Slot] = []
    for day in each_day(max(first, calendar.first), min(last, calendar.last)):
        weekday = calendar.timetable_weekday(day)
        slots += [_slot(lesson, day, calendar, clock) for lesson in by_weekday.get(weekday or 0, ()) if taught(lesson, day, calendar)]
    return tuple(sorted(slots, key=lambda s: (s.starts_at, s.lesson_no, s.class_id)))


def _slot(lesson: Lesson, day: date, calendar: SchoolCalendar, clock: _Clock) -> Slot:
    starts_at, ends_at, estimated = clock.span(day, lesson.stage, lesson.lesson_no)
    return Slot(
        lesson.class_id, day, lesson.lesson_no, starts_at, ends_at, lesson.subject, label(day, calendar, lesson.lesson_no),
        lesson.teacher_id, lesson.room, calendar.follows.get(day), estimated, lesson.teacher_name,
    )


@dataclass(frozen=True, slots=True)
class Taught:
    """What occupies a class, a teacher and a room at one lesson."""

    class_id: str
    subject: str
    teacher_id: str | None
    room: str


@dataclass(frozen=True, slots=True)
class Busy:
    """Who and what the timetable occupies, by (day, lesson number). ``but`` leaves out lessons of one class."""

    lessons: Mapping[tuple[date, int], tuple[Taught, ...]] = field(default_factory=dict)

    def at(self, day: date, lesson_no: int, but: str = "") -> tuple[Taught, ...]:
        """What is taught then, other than to the class ``but``."""
        return tuple(t for t in self.lessons.get((day, lesson_no), ()) if t.class_id != but)

    def teachers(self, day: date, lesson_no: int, but: str = "") -> frozenset[str]:
        """Ids of the people who teach then."""
        return frozenset(t.teacher_id for t in self.at(day, lesson_no, but) if t.teacher_id)

    def rooms(self, day: date, lesson_no: int, but: str = "") -> frozenset[str]:
        """Names of the rooms in use then."""
        return frozenset(t.room for t in self.at(day, lesson_no, but) if t.room)

    def classes(self, day: date, lesson_no: int) -> frozenset[str]:
        """Ids of the classes with a lesson then."""
        return frozenset(t.class_id for t in self.at(day, lesson_no))


def busy_of(lessons: Sequence[Lesson], calendar: SchoolCalendar, first: date, last: date) -> Busy:
    """What the timetable occupies between two days, both inclusive."""
    found: dict[tuple[date, int], list[Taught]] = defaultdict(list)
    by_weekday: dict[int, list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        by_weekday[lesson.weekday].append(lesson)
    for day in each_day(max(first, calendar.first), min(last, calendar.last)):
        for lesson in by_weekday.get(calendar.timetable_weekday(day) or 0, ()):
            if taught(lesson, day, calendar):
                found[day, lesson.lesson_no].append(Taught(lesson.class_id, lesson.subject, lesson.teacher_id, lesson.room))
    return Busy({key: tuple(rows) for key, rows in found.items()})


# --- classes split and merged (case 32) -------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ClassLink:
    """Pupils of ``from_class_id`` went on in ``to_class_id`` from ``on_day``. ``kind`` is split or merge."""

    from_class_id: str
    to_class_id: str
    on_day: date
    kind: str = "split"
    reason: str = ""


def inherited(class_id: str, links: Iterable[ClassLink]) -> dict[str, date]:
    """Classes whose meetings count for a class too, each with the day before which they must have been held (case 32).

    What a predecessor held before the change is credited to every successor; a chain of changes counts only
    what lay before each of them. The class itself is not among them. Links of another school year do not occur:
    going up a grade is no change (case 31).
    """
    into: dict[str, list[ClassLink]] = defaultdict(list)
    for link in links:
        into[link.to_class_id].append(link)
    found: dict[str, date] = {}
    waiting = [(class_id, date.max)]
    while waiting:
        current, until = waiting.pop()
        for link in into[current]:
            before = min(until, link.on_day)
            if link.from_class_id != class_id and before > found.get(link.from_class_id, date.min):
                found[link.from_class_id] = before
                waiting.append((link.from_class_id, before))
    return found
