"""A term of themed class meetings: how each school keeps up, told for the most part in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from trainhub.class_meetings.queries.facts import SUMMER
from trainhub.class_meetings.service.standing import rebuild
from trainhub.courses.queries import lesson_packs
from trainhub.courses.rules import CLASS_MEETING, PARENT_MEETING
from trainhub.demo.activities import tell_activities
from trainhub.demo.chronicle import Chronicle, Fate
from trainhub.demo.class_cases import MERGE_WEEK, MERGED, ON_INTERNSHIP, find_class, monday_of
from trainhub.demo.homerooms import homeroom_teachers, open_homerooms
from trainhub.demo.main_school import tell_main_school
from trainhub.demo.people import ClassRow
from trainhub.demo.term import MAIN, SECOND, THEMES, Term, add_meeting, live, plan_time, tell_wave
from trainhub.demo.timeline import Storyteller
from trainhub.demo.timetables import enter_timetables, term_of_story
from trainhub.kernel.actor import Scope
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.timetable import class_slots
from trainhub.roster.service import ChangeClass, EnterException, change_class, enter_exception

AHEAD = timedelta(days=14)
"""How far ahead of now teachers plan."""


@dataclass(frozen=True, slots=True)
class Habit:
    """How a school keeps up. ``first`` and ``second``: number of the lesson each meeting is for; the others per mille of classes.

    ``held`` of the first and of the second meeting; of those held ``late`` are recorded late, ``waiting`` not checked yet,
    ``returned`` sent back; of those not held half were planned and missed where ``plans``.
    """

    first: int = 2
    second: int = 8
    held: tuple[int, int] = (950, 750)
    late: int = 60
    waiting: int = 60
    returned: int = 40
    plans: bool = True


HABITS: dict[str, Habit] = {
    "shiyan": Habit(2, 6, (1000, 930), late=20, waiting=40, returned=30),
    "gaozhong": Habit(3, 8, (930, 620), late=120),
    "qinghe": Habit(2, 7, (960, 780)),
    "erzhong": Habit(2, 9, (720, 250), late=200),
    "qixia": Habit(3, 8, (850, 480), waiting=150),
    "zhixiao": Habit(4, 9, (620, 260), late=160, returned=90),
    "liuhe": Habit(2, 7, (960, 820), late=30),
    "songxi": Habit(1, 5, (1000, 1000), late=0, waiting=0, returned=0),
    "shiqiao": Habit(5, 10, (260, 0), late=300, waiting=200, plans=False),
    "baiyang": Habit(3, 8, (820, 400)),
}


def tell_meetings(teller: Storyteller) -> Term | None:
    """Put a term of class meetings on the timeline: timetables first, and from them all the rest. None before any term."""
    world, bounds = teller.world, term_of_story(teller.world)
    if bounds is None:
        return None
    random = Random(world.random.getrandbits(64))  # noqa: S311  (a story, not a secret)
    teachers = homeroom_teachers(world)
    year = [row for row in world.classes if row.start_year == world.story.school_year]
    lead = {row.id: teachers[row.id] for row in year if row.id in teachers}
    chronicle = Chronicle(world, teller.timeline, random)
    term = Term(world, teller, bounds, random, chronicle, lead, open_homerooms(world, lead.values()))
    begins = world.story.moment(bounds.first, 7, 20)
    teller.timeline.at(begins, lambda moment: _begin(term, moment))
    return term


def _begin(term: Term, moment: datetime) -> None:
    """The first morning: timetables are entered, and everything that follows from them is put on the timeline."""
    world = term.world
    enter_timetables(world, term.bounds, moment)
    year = [row for row in world.classes if row.start_year == world.story.school_year]
    term.chronicle.know_pupils([row.id for row in year])
    term.chronicle.policy_version = policy_for(world.session, world.district_id, world.district_id, term.bounds.first).version
    for pack in lesson_packs(world.session, Scope(world.district_id, None), CLASS_MEETING):
        term.packs |= {(band, pack.theme): pack for band in pack.grade_bands}
    parents = lesson_packs(world.session, Scope(world.district_id, None), PARENT_MEETING)
    term.parents_pack = parents[0].id if parents else None
    first_classes = {row.place: row.id for row in reversed(year) if row.late_on is None and row.pupils}
    lessons = class_slots(world.session, world.district_id, list(first_classes.values()), term.bounds.first, term.bounds.last)
    for key, class_id in first_classes.items():  # none may be demanded in the summer rectification (case 37)
        term.slots[key] = tuple(slot for slot in lessons[class_id] if slot.day.month not in SUMMER)
    _class_changes(term, moment)
    for row in year:
        if row.pupils and row.id in term.teachers:
            term.led.setdefault(row.place, []).append(row)
    if world.story.now < world.story.moment(term.bounds.first, 10):
        return  # the first morning of a term: nothing has happened yet
    for place in world.places:
        if place.key == MAIN:
            tell_main_school(term)
        elif world.staff[place.key] and place.kind != "bureau":
            _tell_school(term, place.key)
    tell_activities(term)


def _class_changes(term: Term, moment: datetime) -> None:
    """A class on internship all term, and one that goes on in another (cases 32, 44)."""
    world, bounds = term.world, term.bounds
    away = find_class(world.classes, world.story.school_year, ON_INTERNSHIP)
    if away is not None:
        enter_exception(world.session, world.actor(away.place, "clerk"), EnterException(
            away.id, bounds.school_year, bounds.season, "internship", bounds.first, bounds.last, "整班到合作企业岗位实习", "岗位实习三方协议",
        ), moment)
        term.teachers.pop(away.id, None)
    place, grade, number = MERGED
    gone, target = (find_class(world.classes, world.story.school_year, (place, grade, n)) for n in (number, number - 1))
    day = monday_of(bounds.first, MERGE_WEEK)
    moment = world.story.moment(day, 7, 50)
    if gone is None or target is None or moment > world.story.now:
        return
    command = ChangeClass(gone.id, day, "班额不足，按片区调整并入五班", target.id)
    term.chronicle.joined[target.id] = (day, gone.id)
    term.chronicle.names[target.id] |= term.chronicle.names[gone.id]
    teller, clerk = term.teller, world.actor(place, "clerk")
    teller.timeline.at(moment, lambda at: change_class(world.session, clerk, command, at))


# --- schools told in bulk ----------------------------------------------------------------------------


def _tell_school(term: Term, place: str) -> None:
    """Two meetings for every class that gets that far; those of shown accounts are planned by their dean's form."""
    habit, classes = HABITS.get(place, Habit()), term.led.get(place, [])
    if place == SECOND and classes and len(term.past(place)) > habit.first:
        told = tell_wave(term, place, term.slots[place][habit.first])
        for row in classes:
            live(term, row, told[row.id], _fate(term, habit, 0), _substitute(term, row))
    else:
        _bulk(term, place, classes, habit, 0)
    _bulk(term, place, classes, habit, 1)


def _bulk(term: Term, place: str, classes: Sequence[ClassRow], habit: Habit, which: int) -> None:
    """One meeting for each class that holds it, or at least planned it; the lessons vary by a week or two."""
    slots, now = term.slots.get(place, ()), term.world.story.now
    merged_on = monday_of(term.bounds.first, MERGE_WEEK)
    for row in classes:
        draw = term.random.randrange(1000)
        merged = (row.place, row.grade, row.number) == MERGED
        holds = draw < habit.held[which] or merged
        if not holds and not (habit.plans and draw % 2):
            continue
        number = (habit.first, habit.second)[which] + term.random.choice((0, 0, 1))
        own = [slot for slot in slots[number:] if slot.day > row.opened_on]
        if not own or own[0].starts_at > now + AHEAD:
            continue
        if merged and own[0].day >= merged_on:
            continue
        theme = THEMES[(row.number + which) % len(THEMES)]
        fate: Fate = "checked" if merged else _fate(term, habit, which) if holds else term.random.choice(("missed", "missed", "cancelled", "unrecorded"))
        meeting = add_meeting(term, row, theme, own[0], term.teacher(row), plan_time(term, own[0]))
        if own[0].ends_at < now:
            live(term, row, meeting, fate, _substitute(term, row))


def _fate(term: Term, habit: Habit, which: int) -> Fate:
    """What becomes of a meeting that is held; the first of a term is checked long ago."""
    draw = term.random.randrange(1000)
    if draw < habit.late:
        return "late"
    draw -= habit.late
    if draw < habit.returned:
        return "returned" if which else "mended"
    draw -= habit.returned
    return "waiting" if which and draw < habit.waiting else "checked"


def _substitute(term: Term, row: ClassRow) -> str | None:
    """Now and then somebody else leads it (case 34): another homeroom teacher of the school."""
    if term.random.random() > 0.06:
        return None
    others = [other for other in term.led[row.place] if other.id != row.id and other.late_on is None]
    if not others:
        return None
    return term.teachers[term.random.choice(others).id].id


def settle_meetings(term: Term | None) -> None:
    """Write what was collected and work every school's standings out anew, as of now."""
    if term is None:
        return
    term.chronicle.write()
    world = term.world
    for place in world.places:
        if any(row.place == place.key and row.start_year == world.story.school_year for row in world.classes):
            rebuild(world.session, world.district_id, world.orgs[place.key], term.bounds.school_year, term.bounds.season, world.story.now)
