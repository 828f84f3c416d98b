"""What the story of a term of class meetings shares: lessons, packs, who leads which class, and how a meeting is put down."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from trainhub.class_meetings.models import ClassMeeting, MeetingWave
from trainhub.class_meetings.rules.planning import OWN_ROOM, PlannedMeeting
from trainhub.courses.queries import LessonPack
from trainhub.courses.rules import band_of_grade
from trainhub.demo import wording
from trainhub.demo.chronicle import Chronicle, Fate
from trainhub.demo.people import ClassRow, Somebody
from trainhub.demo.timeline import Storyteller
from trainhub.demo.timetables import TermOfStory
from trainhub.demo.world import World
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.roster.timetable_rules import Slot

THEMES = ("recognise", "bystander", "internet", "ask_for_help")
MAIN, SECOND = "chenxi", "shiyan"
"""Schools whose accounts are shown: there most of the story happens."""


@dataclass(slots=True)
class Term:
    """What the story of a term needs: who leads which class, the lessons of each school, the packs, the pen."""

    world: World
    teller: Storyteller
    bounds: TermOfStory
    random: Random
    chronicle: Chronicle
    teachers: dict[str, Somebody]
    actors: dict[str, Actor]
    slots: dict[str, tuple[Slot, ...]] = field(default_factory=dict)
    packs: dict[tuple[str, str], LessonPack] = field(default_factory=dict)

    parents_pack: str | None = None
    conventions: dict[str, int] = field(default_factory=dict)
    """Newest revision of the convention of each class that has one."""
    led: dict[str, list[ClassRow]] = field(default_factory=dict)
    """Classes of each school this year in which there is somebody to lead them and somebody to listen."""

    def teacher(self, row: ClassRow) -> Actor:
        """Who leads a class, as somebody who acts."""
        return self.actors[self.teachers[row.id].id]

    def pack(self, row: ClassRow, theme: str) -> LessonPack | None:
        """The pack of a theme for the grade of a class, None where none is installed."""
        return self.packs.get((band_of_grade(row.grade), theme))

    def wish(self, row: ClassRow, theme: str, slot: Slot | None) -> PlannedMeeting:
        """What somebody asks for: the pack of the theme at a lesson of the class, or at no time yet."""
        pack = self.pack(row, theme)
        return PlannedMeeting(
            row.id, "" if pack else wording.THEME_TITLES[theme], theme, pack.id if pack else None, pack.version if pack else None,
            slot.starts_at if slot else None, slot.ends_at if slot else None, slot.lesson_no if slot else None, room="", held_by_id=None, responsible_id=None, guest="", override_reason="", names_confirmed=True,
        )

    def past(self, place: str) -> list[Slot]:
        """Lessons of a school that are over."""
        return [slot for slot in self.slots.get(place, ()) if slot.ends_at < self.world.story.now]

    def coming(self, place: str, after: date) -> list[Slot]:
        """Lessons of a school from a day on that are still to come."""
        return [slot for slot in self.slots.get(place, ()) if slot.day >= after and slot.starts_at > self.world.story.now]


def tell_wave(term: Term, place: str, slot: Slot) -> dict[str, ClassMeeting]:
    """A meeting for every class of a school at one lesson, made by its dean's form some days before; by class."""
    world, dean, theme = term.world, term.world.actor(place, "dean"), THEMES[0]
    day = world.story.working_day(max(slot.day - timedelta(days=8), term.bounds.first), -1)
    moment = max(world.story.moment(day, 10, 20), world.story.moment(term.bounds.first, 8, 30))
    wave = MeetingWave(
        district_id=world.district_id, id=new_id(), school_id=world.orgs[place], title=wording.WHOLE_SCHOOL, theme=theme,
        made_by=dean.account_id, made_at=moment,
    )
    world.session.add(wave)
    world.session.flush()
    return {row.id: add_meeting(term, row, theme, slot, dean, moment, wave.id) for row in term.led[place]}


def live(term: Term, row: ClassRow, meeting: ClassMeeting, fate: Fate, held_by: str | None = None) -> None:
    """Let a meeting of a class become what it does; ``held_by`` a substitute."""
    dean, pack = term.world.actor(row.place, "dean"), term.pack(row, meeting.theme)
    term.chronicle.live(meeting, fate, term.teacher(row), dean, pack, held_by)


def plan_time(term: Term, slot: Slot) -> datetime:
    """When a teacher plans a meeting: some days before, and not before the second morning hour of the term."""
    story = term.world.story
    moment = story.moment(story.working_day(slot.day - timedelta(days=6), -1), 11, 30)
    return max(min(moment, story.now - timedelta(minutes=20)), story.moment(term.bounds.first, 8, 40))


def add_meeting(
    term: Term, row: ClassRow, theme: str, slot: Slot, actor: Actor, moment: datetime, wave_id: str | None = None
) -> ClassMeeting:
    """Write a meeting as somebody planned it."""
    world, teacher, pack = term.world, term.teacher(row), term.pack(row, theme)
    meeting = ClassMeeting(
        district_id=world.district_id, id=new_id(), school_id=world.orgs[row.place], class_id=row.id, school_year=term.bounds.school_year,
        season=term.bounds.season, state="", title=pack.title if pack else wording.THEME_TITLES[theme], theme=theme,
        pack_id=pack.id if pack else None, pack_version=pack.version if pack else None, starts_at=slot.starts_at, ends_at=slot.ends_at,
        lesson_no=slot.lesson_no, room=OWN_ROOM, guest="", responsible_id=teacher.person_id, held_by_id=teacher.person_id, wave_id=wave_id,
        revision=0, late_recorded=False, times_unsure=False, state_reason="", override_reason="", version=0,
        planned_by=actor.account_id, created_at=moment, updated_at=moment,
    )
    world.session.add(meeting)
    term.chronicle.note(meeting, "scheduled", "scheduled", actor, moment, {
        "pack": meeting.pack_id, "pack_version": meeting.pack_version, "starts_at": slot.starts_at.isoformat(timespec="minutes"),
        "ends_at": slot.ends_at.isoformat(timespec="minutes"), "lesson": slot.lesson_no, "held_by": meeting.held_by_id,
        "responsible": meeting.responsible_id, "wave": wave_id, "overrides": False,
    })
    return meeting
