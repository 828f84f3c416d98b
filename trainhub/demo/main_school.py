"""The school where the demo plays: its dean's forms for all classes, and records that wait, come back and are missing today.

The services do most of the last two weeks, each step by whoever does it; the rest is written in bulk.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle

from trainhub.class_meetings.models import ClassMeeting
from trainhub.class_meetings.rules.recording import Absence
from trainhub.class_meetings.service.checking import CheckRecord, ReturnRecord, check_record, remind, return_record
from trainhub.class_meetings.service.photos import Picture
from trainhub.class_meetings.service.planning import plan_meetings
from trainhub.class_meetings.service.recording import RecordMeeting, mark_caught_up, record_meeting
from trainhub.class_meetings.service.waves import make_wave
from trainhub.demo import wording
from trainhub.demo.chronicle import Fate
from trainhub.demo.drawing import classroom
from trainhub.demo.people import ClassRow
from trainhub.demo.term import MAIN, THEMES, Term, add_meeting, live, plan_time, tell_wave
from trainhub.kernel.actor import Actor
from trainhub.roster.timetable_rules import Slot

_FIRST = 2
"""The lesson of the term at which every class has its first meeting."""
_FATES: dict[int, Fate] = {4: "missed", 7: "late", 12: "late", 21: "missed"}


@dataclass(frozen=True, slots=True)
class _School:
    """The school in its term: classes, the lessons that are over, its dean, and the class of the shown homeroom teacher."""

    term: Term
    classes: list[ClassRow]
    past: list[Slot]
    dean: Actor
    own: ClassRow | None

    def grade(self, number: int) -> list[ClassRow]:
        """The classes of the n-th grade, but for that of the shown teacher; none where there are not so many grades."""
        grades = sorted({row.grade for row in self.classes})
        return [row for row in self.classes if number < len(grades) and row.grade == grades[number] and row is not self.own]

    def at(self, moment: datetime, step: Callable[[datetime], object]) -> None:
        """Do a step at a moment."""
        self.term.teller.timeline.at(moment, step)

    def before(self, slot: Slot, days: int, hour: int, minute: int = 0) -> datetime:
        """A working hour some days before a lesson, not before the second morning hour of the term."""
        story = self.term.world.story
        day = story.working_day(slot.day - timedelta(days=days), -1)
        return max(story.moment(day, hour, minute), story.moment(self.term.bounds.first, 8, 40))


def tell_main_school(term: Term) -> None:
    """One form for all classes early in the term, each grade's second meeting its own way, and a form for next week."""
    classes = term.led.get(MAIN, [])
    if not classes:
        return
    shown = term.world.actors.get((MAIN, "homeroom"))
    own = next((row for row in classes if shown is not None and term.teachers[row.id].id == shown.person_id), None)
    school = _School(term, classes, term.past(MAIN), term.world.actor(MAIN, "dean"), own)
    if len(school.past) >= _FIRST + 3:
        _first_wave(school, school.past[_FIRST])
        _by_themselves(school)
        _last_weeks(school, school.past[-2], school.past[-1])
    elif school.past:
        _first_wave(school, school.past[0])
    _next_week(school)


def _first_wave(school: _School, slot: Slot) -> None:
    """Every class at one lesson; two are led by a substitute, two are missed, two recorded late."""
    term = school.term
    told = tell_wave(term, MAIN, slot)
    for number, row in enumerate(school.classes):
        fate = "checked" if row is school.own else _FATES.get(number, "checked")
        live(term, row, told[row.id], fate, term.teachers[school.classes[number - 1].id].id if number in {5, 14} else None)


def _by_themselves(school: _School) -> None:
    """The last grade planned its second meeting itself, and is through."""
    term = school.term
    for number, row in enumerate(school.grade(2)):
        theme = THEMES[1 + number % 3]
        slot = school.past[min(_FIRST + 3 + number % 2, len(school.past) - 3)] if len(school.past) > _FIRST + 3 else school.past[-3]
        if slot.day <= school.past[_FIRST].day:
            continue
        fate: Fate = "mended" if number == 3 else "late" if number == 6 else "checked"
        live(term, row, add_meeting(term, row, theme, slot, term.teacher(row), plan_time(term, slot)), fate)


# --- the last two weeks, step by step ----------------------------------------------------------------


def _last_weeks(school: _School, before: Slot, last: Slot) -> None:
    """The middle grade: at the last lesson but one most of it, at the last one the rest and the shown teacher's class."""
    middle = school.grade(1)
    split = max(1, len(middle) * 7 // 10)
    school.at(school.before(before, 6, 15, 10), partial(_plan, school, middle[:split], middle[split:], before, last))


def _plan(
    school: _School, earlier: Sequence[ClassRow], later: Sequence[ClassRow], before: Slot, last: Slot, moment: datetime
) -> None:
    """Plan by one call of the service, and put on the timeline what becomes of each meeting."""
    term = school.term
    mine = [school.own] if school.own is not None else []
    wishes = [term.wish(row, THEMES[3], slot) for rows, slot in ((earlier, before), ([*later, *mine], last)) for row in rows]
    wishes += [term.wish(row, THEMES[2], None) for row in mine]
    if not wishes:
        return
    ids = iter(plan_meetings(term.world.session, school.dean, wishes, moment))
    shared = classroom(term.random)
    for row, way in zip(earlier, cycle((_checked, _same_photo, _photo_back, _off_topic, _waiting, _told, _missed)), strict=False):
        way(school, row, next(ids), before, shared)
    for row, way in zip(later, cycle((_moved, _cancelled, _waiting)), strict=False):
        way(school, row, next(ids), last, shared)
    for row in mine:
        _owed(school, row, next(ids), last)


def _record(school: _School, row: ClassRow, meeting_id: str, slot: Slot, photo: bytes, moment: datetime) -> None:
    """Record a meeting as its teacher does on the phone: exceptions, steps, two lines, a photo."""
    term, session, teacher = school.term, school.term.world.session, school.term.teacher(row)
    pack, words = term.pack(row, THEMES[3]), partial(term.chronicle.line, row.id)
    away = term.random.sample(term.chronicle.present(row.id, slot.day), min(2, row.pupils // 4))
    record_meeting(session, teacher, RecordMeeting(
        meeting_id, f"seed-{meeting_id[-20:]}", 0, teacher.person_id, slot.starts_at, slot.ends_at,
        absences=tuple(Absence(student, "excused", "sick") for student in away),
        steps=tuple((True, max(1, minutes + term.random.choice((-1, 0, 0, 2)))) for _, minutes, _ in (pack.steps if pack else ())),
        engagement=term.random.choice(("high", "middle")), worked=words(wording.WORKED), again=words(wording.AGAIN),
        agreed=words(wording.AGREED), pictures=(Picture(photo),), confirmed_words=True, device_at=moment - timedelta(minutes=1), sent_at=moment,
    ), moment)
    if away:
        school.at(moment + timedelta(days=1), lambda at: mark_caught_up(session, teacher, meeting_id, away[0], at))


def _recorded(school: _School, row: ClassRow, meeting_id: str, slot: Slot, photo: bytes = b"", minutes: int = 30) -> None:
    moment = slot.ends_at + timedelta(minutes=minutes + row.number)
    school.at(moment, partial(_record, school, row, meeting_id, slot, photo or classroom(school.term.random)))


def _check_time(school: _School, slot: Slot, row: ClassRow) -> datetime:
    story = school.term.world.story
    return story.moment(story.working_day(slot.day + timedelta(days=2)), 9, 30 + row.number)


def _checked(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    _recorded(school, row, meeting_id, slot)
    school.at(_check_time(school, slot, row), lambda at: check_record(school.term.world.session, school.dean, CheckRecord(meeting_id, 1), at))


def _same_photo(school: _School, row: ClassRow, meeting_id: str, slot: Slot, shared: bytes) -> None:
    """Two classes hand in one picture (case 35): the first record waits."""
    _recorded(school, row, meeting_id, slot, shared)


def _photo_back(school: _School, row: ClassRow, meeting_id: str, slot: Slot, shared: bytes) -> None:
    """The second one comes back."""
    _recorded(school, row, meeting_id, slot, shared)
    command = ReturnRecord(meeting_id, 1, "photo_same", wording.RETURN_PHOTO)
    school.at(_check_time(school, slot, row), lambda at: return_record(school.term.world.session, school.dean, command, at))


def _off_topic(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    """Something else was done in the lesson, or far too little (case 39)."""
    _becomes(school, row, meeting_id, "returned")


def _waiting(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    _recorded(school, row, meeting_id, slot, minutes=90)


def _told(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    """Recorded long after: late for ever (case 38)."""
    _becomes(school, row, meeting_id, "late")


def _missed(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    _becomes(school, row, meeting_id, "missed")


def _cancelled(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    _becomes(school, row, meeting_id, "cancelled")


def _becomes(school: _School, row: ClassRow, meeting_id: str, fate: Fate) -> None:
    world = school.term.world
    live(school.term, row, world.session.get_one(ClassMeeting, (world.district_id, meeting_id)), fate)


def _moved(school: _School, row: ClassRow, meeting_id: str, slot: Slot, _: bytes) -> None:
    """Put off to the next lesson that is still to come."""
    coming = school.term.coming(MAIN, school.term.world.story.today)
    if not coming:
        return
    world, new = school.term.world, coming[0]
    meeting = world.session.get_one(ClassMeeting, (world.district_id, meeting_id))
    meeting.starts_at, meeting.ends_at, meeting.lesson_no = new.starts_at, new.ends_at, new.lesson_no
    school.term.chronicle.note(
        meeting, "moved", "scheduled", school.term.teacher(row), slot.starts_at - timedelta(hours=5),
        {"starts_at": new.starts_at.isoformat(timespec="minutes"), "ends_at": new.ends_at.isoformat(timespec="minutes")}, wording.MOVED,
    )


def _owed(school: _School, row: ClassRow, meeting_id: str, slot: Slot) -> None:
    """The shown teacher's own meeting was held and is not recorded yet: the dean reminds."""
    story, teacher = school.term.world.story, school.term.teacher(row)
    morning = max(story.moment(story.working_day(slot.day + timedelta(days=2)), 8, 20), slot.ends_at + timedelta(hours=12))
    target = (row.id, teacher.person_id or "", meeting_id)
    school.at(morning, lambda at: remind(school.term.world.session, school.dean, [target], "record", at))


# --- next week ---------------------------------------------------------------------------------------


def _next_week(school: _School) -> None:
    """A form for the first grade's classes, planned for the first lesson of next week, yesterday or today."""
    term, story = school.term, school.term.world.story
    monday = story.today + timedelta(days=7 - story.today.weekday())
    coming = term.coming(MAIN, monday)
    rows = school.grade(0)
    if not coming or not rows:
        return
    day = story.working_day(story.today - timedelta(days=1), -1)
    moment = min(max(story.moment(day, 15, 40), story.moment(term.bounds.first, 9, 30)), story.now - timedelta(minutes=1))
    theme = THEMES[1]
    school.at(moment, lambda at: make_wave(
        term.world.session, school.dean, wording.NEXT_WAVE, theme, [term.wish(row, theme, coming[0]) for row in rows], at
    ))
