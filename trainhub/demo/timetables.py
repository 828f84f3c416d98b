"""Lesson times and timetables: a class-meeting lesson for every class, a whole weekly grid where the story plays."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import insert

from trainhub.demo.calendar import school_year_key, terms
from trainhub.demo.people import ClassRow, Somebody
from trainhub.demo.places import Place
from trainhub.demo.world import World
from trainhub.kernel.bulk import insert_many
from trainhub.roster.models import TimetableLesson
from trainhub.roster.service.timetable import SetLessonTimes, SetMeetingLesson, set_lesson_times, set_meeting_lesson
from trainhub.roster.timetable_rules import stage_of

GRIDS = frozenset({"chenxi", "shiyan"})
"""Schools with every lesson of the week; elsewhere only the lesson of class meetings is entered."""
SELF_STUDY = "自习"
_BREAK = 10

_PRIMARY = {"语文": 7, "数学": 5, "英语": 2, "道德与法治": 2, "科学": 2, "音乐": 2, "美术": 2, "体育": 4, "信息科技": 1, "劳动": 1}
_JUNIOR = {"语文": 6, "数学": 6, "英语": 5, "道德与法治": 2, "历史": 2, "地理": 2, "生物": 2, "体育": 3, "音乐": 1, "美术": 1,
           "信息科技": 1, "劳动": 1}
_FROM_GRADE: dict[int, dict[str, int]] = {8: {"物理": 3}, 9: {"化学": 3}}
"""Subjects that begin in a grade; those of the ninth take the place of geography and biology."""
_GROUP = {
    "语文": "语文组", "数学": "数学组", "英语": "英语组", "道德与法治": ("道法组", "道德与法治组"), "历史": "历史组", "地理": "地理组",
    "物理": "物理组", "化学": "化学组", "生物": "生物组", "体育": "体育组", "音乐": ("音乐组", "艺术组"), "美术": ("美术组", "艺术组"),
    "信息科技": "信息组", "劳动": "信息组", "科学": "科学组",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TermOfStory:
    """The term in which the demo plays: the present one, or in the vacation the one before."""

    school_year: str
    season: str
    first: date
    last: date


def term_of_story(world: World) -> TermOfStory | None:
    """The latest term of the school year that has begun, None where none has."""
    start = world.story.school_year
    begun = [(season, first, last) for season, first, last in terms(start) if first <= world.story.today]
    return TermOfStory(school_year_key(start), *begun[-1]) if begun else None


def lesson_of(place: Place) -> tuple[int, int]:
    """Weekday and number of the class-meeting lesson of a school."""
    if "primary" in place.stages and "junior" not in place.stages:
        return 5, 6
    return 1, 8 if place.key == "chenxi" else 7


def enter_timetables(world: World, term: TermOfStory, now: datetime) -> None:
    """Enter lesson times and the class-meeting lesson of every school, and the grids of :data:`GRIDS`."""
    for place in world.places:
        classes = [row for row in world.classes if row.place == place.key and row.start_year == world.story.school_year]
        if not classes or not world.staff[place.key]:  # a teaching point is run by its centre school
            continue
        _lesson_times(world, place, term, now)
        clerk = world.actor(place.key, "clerk")
        weekday, number = lesson_of(place)
        set_meeting_lesson(world.session, clerk, SetMeetingLesson(
            world.orgs[place.key], [row.id for row in classes], term.school_year, term.season, term.first, weekday, number,
        ), now)
        if place.key in GRIDS:
            _write_grid(world, place, classes, term)


def _lesson_times(world: World, place: Place, term: TermOfStory, now: datetime) -> None:
    """One set for a school of one stage; a school of several has a set for each."""
    single = len(place.stages) == 1
    for stage in place.stages:
        length, morning, afternoon = (40, 8 * 60 + 10, 14 * 60) if stage == "primary" else (45, 8 * 60, 14 * 60 + 10)
        starts = [morning + number * (length + _BREAK) for number in range(4)]
        starts += [afternoon + number * (length + _BREAK) for number in range(4)]
        spans = {number: (start, start + length) for number, start in enumerate(starts, start=1)}
        command = SetLessonTimes(world.orgs[place.key], term.first, "" if single else stage, spans)
        set_lesson_times(world.session, world.actor(place.key, "clerk"), command, now)


# --- the weekly grid ---------------------------------------------------------------------------------


def _write_grid(world: World, place: Place, classes: Sequence[ClassRow], term: TermOfStory) -> None:
    teachers = _Teachers(world.staff[place.key], term.first)
    lessons = 8 if "junior" in place.stages else 6
    insert_many(world.session, insert(TimetableLesson.__table__), [  # type: ignore[arg-type]
        {
            "district_id": world.district_id, "id": world.ids(), "school_id": world.orgs[place.key], "class_id": row.id,
            "school_year": term.school_year, "season": term.season, "weekday": weekday, "lesson_no": number, "weeks": "all",
            "subject": subject, "teacher_id": who.id if who else None, "teacher_name": who.name if who else "", "room": "",
            "from_on": term.first, "to_on": None,
        }
        for weekday, number, row, subject, who in fill_grid(classes, teachers, lessons, lesson_of(place))
    ])


class _Teachers:
    """Who teaches which subject to which class: one for the whole term, the load spread over the group."""

    def __init__(self, staff: Sequence[Somebody], day: date) -> None:
        self._groups: dict[str, list[Somebody]] = {}
        self._load: Counter[str] = Counter()
        for person in staff:
            job = person.jobs[0]
            if job.category == "full_time_teacher" and job.to_on is None and job.from_on <= day:
                self._groups.setdefault(job.department, []).append(person)

    def of(self, subject: str, hours: int) -> Somebody | None:
        """The one of the subject's group with the fewest lessons so far, who takes these too."""
        names = _GROUP.get(subject, ())
        group = [p for name in ((names,) if isinstance(names, str) else names) for p in self._groups.get(name, ())]
        if not group:
            return None
        found = min(group, key=lambda person: self._load[person.id])
        self._load[found.id] += hours
        return found


def fill_grid(
    classes: Sequence[ClassRow], teachers: _Teachers, lessons: int, meeting: tuple[int, int]
) -> Iterator[tuple[int, int, ClassRow, str, Somebody | None]]:
    """Yield (weekday, lesson, class, subject, teacher), nobody in two classes at once; the place of class meetings stays free.

    Where no teacher of what is left is free the class studies by itself.
    """
    left = {row.id: _hours(row.grade) for row in classes}
    who = {(row.id, subject): teachers.of(subject, hours) for row in classes for subject, hours in left[row.id].items()}
    for weekday in range(1, 6):
        had: dict[str, Counter[str]] = {row.id: Counter() for row in classes}
        for number in range(1, lessons + 1):
            if (weekday, number) == meeting:
                continue
            taken: set[str] = set()
            for row in (*classes[number % len(classes):], *classes[: number % len(classes)]):
                subject, teacher = _next(row, left[row.id], had[row.id], who, taken)
                if teacher is not None:
                    taken.add(teacher.id)
                yield weekday, number, row, subject, teacher


def _next(
    row: ClassRow, left: dict[str, int], had: Counter[str], who: dict[tuple[str, str], Somebody | None], taken: set[str]
) -> tuple[str, Somebody | None]:
    """The subject with most lessons left whose teacher is free and that the class did not have twice that day."""
    for subject, hours in sorted(left.items(), key=lambda item: (had[item[0]], -item[1])):
        teacher = who[row.id, subject]
        if hours and had[subject] < 2 and teacher is not None and teacher.id not in taken:
            left[subject] -= 1
            had[subject] += 1
            return subject, teacher
    return SELF_STUDY, None


def _hours(grade: int) -> dict[str, int]:
    hours: dict[str, int] = dict(_PRIMARY if stage_of(grade) == "primary" else _JUNIOR)
    for first, more in _FROM_GRADE.items():
        if grade >= first and stage_of(grade) != "primary":
            hours |= more
    if grade == 9:
        for subject in ("地理", "生物"):
            hours.pop(subject)
    return hours
