"""Whether a class can have a meeting then, what clashes with it, and which lessons are free instead. Pure.

Sources: a meeting is held on a school day of its class (domain.md section 4); the weekly lesson of class activities is its
natural place (3.2); none may be demanded in the summer rectification (case 37); a class without pupils owes none (case 43);
a substitute may lead it (case 34).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal

from trainhub.class_meetings.rules.counting import day_problem
from trainhub.class_meetings.rules.unplannable import (
    BadTimes,
    Clashes,
    ClassBusy,
    ClassClosed,
    ClassNotThere,
    ClassWithoutPupils,
    InRectification,
    InThePast,
    InVacation,
    NotHeldYet,
    OnDayOff,
    OnHoliday,
    OnWeekend,
    PackUnknown,
    TeacherMissing,
    TeacherUnknown,
    TermOver,
    TitleMissing,
    Unplannable,
    WithoutTerm,
)
from trainhub.kernel.clock import local, local_day
from trainhub.roster.calendar_rules import SchoolCalendar, Term, school_year_of
from trainhub.roster.timetable_rules import Busy, LessonTimeRow, Slot, Taught, is_meeting_subject, times_on, usual_times

OWN_ROOM = "本班教室"
"""The class's own room: it never clashes with another class's."""
OFFERED = 4
"""How many free lessons a page offers."""
UNDO_WITHIN = timedelta(minutes=2)
"""How long a meeting just planned can be taken back without a reason. The page offers it for ten seconds."""
SHORTEST, LONGEST = 5, 240

ClashKind = Literal["class_meeting", "teacher_meeting", "room_meeting", "class_lesson", "teacher_lesson", "room_lesson"]


@dataclass(frozen=True, slots=True)
class PlannedMeeting:
    """What somebody wants for one class. Times are aware UTC; both None: to be set later.

    ``held_by_id`` None: whoever is responsible; ``responsible_id`` None: the homeroom teacher of the day. ``title`` ""
    takes the pack's. ``override_reason``: wanted in spite of a clash. ``already_held``: entered afterwards (补录).
    ``names_confirmed``: a word that is also a given name means nobody.
    """

    class_id: str
    title: str
    theme: str
    pack_id: str | None
    pack_version: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    lesson_no: int | None
    room: str
    held_by_id: str | None
    responsible_id: str | None
    guest: str
    override_reason: str
    already_held: bool = False
    names_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """Somebody in a place (staff of a school, teacher or pupil of a class) from a day to a day (inclusive)."""

    id: str
    from_on: date
    to_on: date | None
    name: str = ""

    def on(self, day: date) -> bool:
        """Whether the day is covered."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class PlanClass:
    """What planning needs of a class. ``away``: internships (case 44)."""

    id: str
    name: str
    school_year: str
    grade: int
    stage: str
    opened_on: date
    closed_on: date | None
    pupils: tuple[Dated, ...] = ()
    homeroom: tuple[Dated, ...] = ()
    away: tuple[Dated, ...] = ()

    def pupils_on(self, day: date) -> int:
        """How many pupils are in the class on a day."""
        return sum(pupil.on(day) for pupil in self.pupils)

    def homeroom_on(self, day: date) -> Dated | None:
        """The homeroom teacher of a day; where two stand there, the later one."""
        return next((one for one in reversed(self.homeroom) if one.on(day)), None)


@dataclass(frozen=True, slots=True)
class Held:
    """A meeting that takes up a class's, a teacher's and a room's time."""

    id: str
    class_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    room: str
    held_by_id: str | None


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around plans of one school, read once: days, lessons, meetings, people.

    ``paused_days`` are days of the summer rectification among those asked for. ``packs`` are (id, version) of lesson packs
    for class meetings that are installed, with their titles and themes.
    """

    school_id: str
    calendar: SchoolCalendar
    classes: Mapping[str, PlanClass]
    staff: Mapping[str, tuple[Dated, ...]]
    held: tuple[Held, ...] = ()
    busy: Busy = field(default_factory=Busy)
    times: tuple[LessonTimeRow, ...] = ()
    paused_days: frozenset[date] = frozenset()
    packs: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    class_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Clash:
    """What stands in the way: ``what`` is the other meeting's title or the lesson's subject, ``of`` the other class's name."""

    kind: ClashKind
    what: str
    of: str = ""

    @property
    def hard(self) -> bool:
        """Whether no reason overrides it: a class cannot be in two meetings at once."""
        return self.kind == "class_meeting"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one wish: ``refusal`` where it cannot be; ``clashes`` it has, overridden or not.

    ``plan`` is the wish with title, teacher and responsible teacher filled in; ``school_year`` and ``season`` are its term's.
    """

    plan: PlannedMeeting
    refusal: Unplannable | None
    clashes: tuple[Clash, ...] = ()
    school_year: str = ""
    season: str = ""


# --- judging -----------------------------------------------------------------------------------------


def judge_all(around: Around, plans: Iterable[PlannedMeeting], now: datetime, but: str = "") -> tuple[Verdict, ...]:
    """Judge plans of one school in order; each also meets those before it. ``but``: a meeting that is being moved."""
    held = [one for one in around.held if one.id != but]
    verdicts = []
    for plan in plans:
        verdict = _judge(replace(around, held=tuple(held)), plan, now)
        verdicts.append(verdict)
        done = verdict.plan
        if verdict.refusal is None and done.starts_at is not None and done.ends_at is not None:
            held.append(Held("", done.class_id, done.title, done.starts_at, done.ends_at, done.room, done.held_by_id))
    return tuple(verdicts)


def _judge(around: Around, plan: PlannedMeeting, now: datetime) -> Verdict:
    klass = around.classes[plan.class_id]
    day = local_day(plan.starts_at or now)
    plan = _filled(around, klass, plan, day)
    term = _term(around.calendar, klass, day, timeless=plan.starts_at is None)
    refusal = _refusal(around, klass, plan, day, now)
    clashes = clashes_of(around, klass, plan) if refusal is None else ()
    if refusal is None and any(clash.hard for clash in clashes):
        refusal = ClassBusy(class_name=klass.name, title=clashes[0].what)
    elif clashes and not plan.override_reason and not plan.already_held:  # what was held was held
        refusal = Clashes(class_name=klass.name, count=len(clashes), field="override_reason")
    year, season = (term.school_year, term.season) if term else (klass.school_year, "autumn")
    return Verdict(plan, refusal, clashes, year, season)


def _filled(around: Around, klass: PlanClass, plan: PlannedMeeting, day: date) -> PlannedMeeting:
    homeroom = klass.homeroom_on(day)
    responsible = plan.responsible_id or (homeroom.id if homeroom else None)
    title, theme = around.packs.get((plan.pack_id or "", plan.pack_version or ""), ("", ""))
    return replace(
        plan, responsible_id=responsible, held_by_id=plan.held_by_id or responsible, title=" ".join((plan.title or title).split())[:80],
        theme=plan.theme or theme, room=" ".join(plan.room.split())[:60] or OWN_ROOM, guest=" ".join(plan.guest.split())[:80],
        override_reason=" ".join(plan.override_reason.split())[:200],
    )


def _term(calendar: SchoolCalendar, klass: PlanClass, day: date, *, timeless: bool) -> Term | None:
    """The term of the day; for a meeting without a time in the vacation the next term of the class's year."""
    found = calendar.term(day)
    if found is None and timeless:
        found = next((t for t in calendar.terms if t.school_year == klass.school_year and t.ends_on >= day), None)
    return found


def _refusal(around: Around, klass: PlanClass, plan: PlannedMeeting, day: date, now: datetime) -> Unplannable | None:
    if plan.pack_id and (plan.pack_id, plan.pack_version or "") not in around.packs:
        return PackUnknown(class_name=klass.name, field="pack")
    if not plan.title:
        return TitleMissing(class_name=klass.name, field="title")
    if plan.starts_at is not None and plan.ends_at is not None:
        found = _bad_times(klass, plan.starts_at, plan.ends_at) or _bad_day(around, klass, day)
        found = found or _bad_moment(around, klass, plan, plan.starts_at, plan.ends_at, now)
    else:
        found = _bad_class(klass, day) or (WithoutTerm(class_name=klass.name, day=day) if not around.calendar.terms else None)
    if found is None and not klass.pupils_on(max(day, klass.opened_on)):
        found = ClassWithoutPupils(class_name=klass.name, day=day)
    return found or _bad_teacher(around, klass, plan, day)


def _bad_times(klass: PlanClass, starts_at: datetime, ends_at: datetime) -> Unplannable | None:
    minutes = (ends_at - starts_at) // timedelta(minutes=1)
    same_day = local_day(starts_at) == local_day(ends_at)
    return None if same_day and SHORTEST <= minutes <= LONGEST else BadTimes(class_name=klass.name, field="starts")


def _bad_class(klass: PlanClass, day: date) -> Unplannable | None:
    if klass.closed_on is not None and day > klass.closed_on:
        return ClassClosed(class_name=klass.name, day=klass.closed_on)
    return None


def _bad_day(around: Around, klass: PlanClass, day: date) -> Unplannable | None:
    kind = around.calendar.kind(day)
    term = around.calendar.term(day)
    in_year = klass.school_year == (term.school_year if term else school_year_of(day))
    problem = day_problem(
        day, teaching=kind.teaching, in_term=term is not None, paused=day in around.paused_days,
        opened_on=klass.opened_on, closed_on=klass.closed_on,
    )
    told: dict[str, Any] = {"class_name": klass.name, "day": day}
    if problem == "class_not_there" or not in_year:
        return _bad_class(klass, day) or ClassNotThere(**told)
    if problem == "rectification":
        return InRectification(**told)
    if not around.calendar.terms:
        return WithoutTerm(**told)
    if not problem:
        return None
    by_code: dict[str, Unplannable] = {
        "holiday": OnHoliday(**told, label=kind.label), "own_day_off": OnDayOff(**told, label=kind.label), "weekend": OnWeekend(**told),
    }
    return by_code.get(kind.code) or InVacation(**told)


def _bad_moment(
    around: Around, klass: PlanClass, plan: PlannedMeeting, starts_at: datetime, ends_at: datetime, now: datetime
) -> Unplannable | None:
    day = local_day(starts_at)
    if not plan.already_held:
        return InThePast(class_name=klass.name, day=day) if ends_at <= now else None
    if ends_at > now:
        return NotHeldYet(class_name=klass.name, day=day)
    term = around.calendar.term(day)
    return TermOver(class_name=klass.name, day=day) if term is None or local_day(now) > term.ends_on else None


def _bad_teacher(around: Around, klass: PlanClass, plan: PlannedMeeting, day: date) -> Unplannable | None:
    if plan.held_by_id is None:
        return TeacherMissing(class_name=klass.name, field="held_by")
    for person_id in {plan.held_by_id, plan.responsible_id} - {None}:
        if not any(one.on(day) for one in around.staff.get(person_id or "", ())):
            return TeacherUnknown(class_name=klass.name, day=day, field="held_by")
    return None


# --- clashes -----------------------------------------------------------------------------------------


def clashes_of(around: Around, klass: PlanClass, plan: PlannedMeeting) -> tuple[Clash, ...]:
    """Return what else has the class, the one who leads or the room at that time; the class's own other meeting first."""
    if plan.starts_at is None or plan.ends_at is None:
        return ()
    meetings = [one for one in around.held if one.starts_at < plan.ends_at and plan.starts_at < one.ends_at]
    day = local_day(plan.starts_at)
    numbers = lessons_at(around.times, klass.stage, plan.starts_at, plan.ends_at) if plan.lesson_no is None else (plan.lesson_no,)
    lessons = [taught for number in numbers for taught in around.busy.at(day, number)]
    found = [*_meeting_clashes(around, plan, meetings), *_lesson_clashes(around, plan, lessons)]
    return tuple(dict.fromkeys(sorted(found, key=lambda clash: not clash.hard)))


def _meeting_clashes(around: Around, plan: PlannedMeeting, meetings: Sequence[Held]) -> list[Clash]:
    found = []
    for one in meetings:
        of = around.class_names.get(one.class_id, "")
        if one.class_id == plan.class_id:
            found.append(Clash("class_meeting", one.title))
            continue
        if one.held_by_id == plan.held_by_id and plan.held_by_id is not None:
            found.append(Clash("teacher_meeting", one.title, of))
        if same_room(one.room, plan.room):
            found.append(Clash("room_meeting", one.title, of))
    return found


def _lesson_clashes(around: Around, plan: PlannedMeeting, lessons: Sequence[Taught]) -> list[Clash]:
    found = []
    for one in lessons:
        of = around.class_names.get(one.class_id, "")
        if one.class_id == plan.class_id:
            if not is_meeting_subject(one.subject):
                found.append(Clash("class_lesson", one.subject))
            continue
        if one.teacher_id == plan.held_by_id and plan.held_by_id is not None:
            found.append(Clash("teacher_lesson", one.subject, of))
        if same_room(one.room, plan.room):
            found.append(Clash("room_lesson", one.subject, of))
    return found


def same_room(one: str, other: str) -> bool:
    """Whether two rooms are one: not where a class stays in its own, or nothing is entered."""
    plain = "".join(one.split()).casefold()
    return bool(plain) and plain != OWN_ROOM and plain == "".join(other.split()).casefold()


def lessons_at(times: Sequence[LessonTimeRow], stage: str, starts_at: datetime, ends_at: datetime) -> tuple[int, ...]:
    """Return the numbers of the lessons that a span of time touches; both moments on one local day."""
    first, last = (local(moment).hour * 60 + local(moment).minute for moment in (starts_at, ends_at))
    spans = lesson_spans(times, local_day(starts_at), stage)
    return tuple(number for number, (start, end) in spans.items() if start < last and first < end)


def lesson_spans(times: Sequence[LessonTimeRow], day: date, stage: str) -> dict[int, tuple[int, int]]:
    """Return begin and end of each lesson of a day in minutes from midnight; the usual ones where none are entered."""
    known = {row.lesson_no: (row.starts_at_minute, row.ends_at_minute) for row in times_on(times, day, stage)}
    return known or dict(enumerate(usual_times(stage), start=1))


# --- free lessons ------------------------------------------------------------------------------------


def free_slots(
    around: Around, plan: PlannedMeeting, own: Sequence[Slot], others: Sequence[Slot], now: datetime, count: int = OFFERED, but: str = ""
) -> tuple[Slot, ...]:
    """Return the nearest lessons at which the plan could be, in order of time.

    ``own`` are the class's lessons of class meetings, ``others`` lessons at which it has nothing: they are looked at only where
    the first do not suffice. Every slot returned is free of clashes and on a day that can be.
    """
    found: list[Slot] = []
    for slots, most_a_day in ((own, count), (others, 2)):
        for slot in slots:
            if len(found) >= count:
                break
            same_day = [one for one in found if one.day == slot.day]
            if len(same_day) < most_a_day and all(slot.starts_at != one.starts_at for one in same_day) and _free(around, plan, slot, now, but):
                found.append(slot)
        if len(found) >= max(3, count - 1):
            break
    return tuple(sorted(found, key=lambda slot: slot.starts_at))


def _free(around: Around, plan: PlannedMeeting, slot: Slot, now: datetime, but: str) -> bool:
    if slot.starts_at < now:
        return False
    wanted = replace(
        plan, starts_at=slot.starts_at, ends_at=slot.ends_at, lesson_no=slot.lesson_no, override_reason="", already_held=False,
        title=plan.title or "-",
    )
    return judge_all(around, [wanted], now, but)[0].refusal is None


def nearest(slots: Iterable[Slot], starts_at: datetime | None) -> tuple[Slot, ...]:
    """Return slots by their distance from a moment, in the given order without one."""
    return tuple(slots) if starts_at is None else tuple(sorted(slots, key=lambda s: (abs(s.starts_at - starts_at), s.starts_at)))


def fitting(packs: Iterable[tuple[str, Collection[str]]], band: str, used: Collection[str]) -> tuple[str, ...]:
    """Return the ids of packs, given as (id, grade bands), that fit a band: those not used yet this school year first."""
    fit = [key for key, bands in packs if not bands or band in bands]
    return tuple(sorted(fit, key=lambda key: key in used))
