"""What a teacher has to do with class meetings: the own classes of the term, meetings led for others, what to plan next."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, ClassTermStanding, MeetingReminder
from trainhub.class_meetings.queries.access import own_meetings_of
from trainhub.class_meetings.queries.facts import SUMMER, paused, term_facts
from trainhub.class_meetings.rules.counting import ClassStanding
from trainhub.class_meetings.rules.lifecycle import LIVE, MeetingState, to_record
from trainhub.class_meetings.rules.planning import fitting
from trainhub.courses.queries import LessonPack, lesson_packs
from trainhub.courses.rules import CLASS_MEETING, band_of_grade
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.roster.calendar_rules import SchoolCalendar, school_year_of
from trainhub.roster.models import Person, SchoolClass
from trainhub.roster.queries import ClassRow, calendar, policy_for
from trainhub.roster.queries.timetable import class_slots, homeroom_classes
from trainhub.roster.timetable_rules import Slot, label, season_of

AHEAD = timedelta(days=60)
"""How far the next class-meeting lesson is looked for."""
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class MeetingLine:
    """A meeting as a list shows it. ``shown`` is its state, ``to_record`` where its time is over and nobody said more.

    ``label`` is how the school names the lesson (``第12周 周一第8节``), "" without one.
    """

    id: str
    class_id: str
    class_name: str
    school_id: str
    title: str
    theme: str
    shown: str
    starts_at: datetime | None
    ends_at: datetime | None
    lesson_no: int | None
    room: str
    held_by_id: str | None
    held_by_name: str
    responsible_id: str | None
    pack_id: str | None
    pack_version: str | None
    school_year: str
    season: str
    revision: int
    version: int
    state_reason: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class of a homeroom teacher in the term, its meetings, and what could be planned next with one tap."""

    id: str
    name: str
    grade: int
    school_id: str
    pupils: int
    standing: ClassStanding
    meetings: tuple[MeetingLine, ...]
    next_slot: Slot | None
    packs: tuple[LessonPack, ...]

    @property
    def held(self) -> int:
        """Meetings that were held as far as their records say: those that count and those that wait for the check."""
        return self.standing.counted + sum(m.shown == "recorded" for m in self.meetings)

    @property
    def under_way(self) -> int:
        """Meetings that count or are on the way to it."""
        return self.standing.counted + sum(m.shown in {"planned", "scheduled", "to_record", "recorded", "returned"} for m in self.meetings)

    @property
    def wants_plan(self) -> bool:
        """Whether another meeting has to be planned for the duty to be met."""
        return self.standing.owes and self.under_way < self.standing.required


@dataclass(frozen=True, slots=True)
class Reminder:
    """An open reminder: ``about`` plan, record or returned."""

    class_id: str
    meeting_id: str | None
    about: str
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class OwnTerm:
    """A person's class meetings of the term. ``led`` are those of other people's classes that the person leads (case 34).

    ``late_days`` after a meeting its record comes late (case 38).
    """

    school_year: str
    season: str
    last: date | None
    classes: tuple[OwnClass, ...]
    led: tuple[MeetingLine, ...]
    reminders: tuple[Reminder, ...]
    late_days: int = 7

    @property
    def meetings(self) -> tuple[MeetingLine, ...]:
        """All of them, in order of time."""
        found = [*(m for klass in self.classes for m in klass.meetings), *self.led]
        return tuple(sorted(found, key=lambda m: (m.starts_at is None, m.starts_at, m.id)))


def own_term(session: Session, district_id: str, person_id: str | None, now: datetime) -> OwnTerm | None:
    """Return a person's class meetings of the present term, None where the person has nothing to do with any.

    Three statements for somebody without a class, seventeen for a homeroom teacher, nine more until the term was first worked out.
    """
    if person_id is None:
        return None
    today = local_day(now)
    classes = homeroom_classes(session, district_id, person_id, today)
    year = classes[0].school_year if classes else school_year_of(today)
    lines = _lines(session, district_id, [own_meetings_of(district_id, person_id, today), ClassMeeting.school_year == year], now)
    if not classes and not lines:
        return None
    school_id = classes[0].school_id if classes else lines[0].school_id
    days = calendar(session, district_id, school_id, date(int(year[:4]), 8, 1), date(int(year[:4]) + 1, 8, 31))
    term = days.term(today)
    season = term.season if term else season_of(today)
    ids = {klass.id for klass in classes}
    used = {klass.id: {m.pack_id for m in lines if m.class_id == klass.id and m.pack_id and m.shown != "cancelled"} for klass in classes}
    labelled = tuple(_labelled(m, days) for m in lines if m.season == season)
    policy = policy_for(session, district_id, school_id, today)
    return OwnTerm(
        year, season, term.ends_on if term else None, _own_classes(session, district_id, classes, labelled, used, season, now, term.ends_on if term else today),
        tuple(m for m in labelled if m.class_id not in ids), _reminders(session, district_id, person_id), policy["late_record_days"],
    )


def _own_classes(
    session: Session, district_id: str, classes: Sequence[ClassRow], lines: Sequence[MeetingLine], used: dict[str, set[str]],
    season: str, now: datetime, last: date,
) -> tuple[OwnClass, ...]:
    if not classes:
        return ()
    today = local_day(now)
    standings = _standings(session, district_id, classes, season, today)
    slots = class_slots(session, district_id, [klass.id for klass in classes], today, min(last, today + AHEAD)) if last >= today else {}
    if today.month in {*SUMMER, 6} and paused(policy_for(session, district_id, classes[0].school_id, date(today.year, 7, 1)), date(today.year, 7, 1)):
        slots = {key: tuple(s for s in held if s.day.month not in SUMMER) for key, held in slots.items()}
    packs = {pack.id: pack for pack in lesson_packs(session, Scope(district_id, None), CLASS_MEETING)}
    found = []
    for klass in classes:
        own = tuple(m for m in lines if m.class_id == klass.id)
        offered = fitting([(p.id, p.grade_bands) for p in packs.values()], band_of_grade(klass.grade), used[klass.id])[:SUGGESTED]
        found.append(OwnClass(
            klass.id, klass.name, klass.grade, klass.school_id, klass.student_count, standings[klass.id], own,
            next_free(slots.get(klass.id, ()), own, now), tuple(packs[key] for key in offered),
        ))
    return tuple(found)


def next_free(slots: Iterable[Slot], meetings: Iterable[MeetingLine], now: datetime) -> Slot | None:
    """The next lesson that has not begun and at which the class has no meeting yet."""
    live = {state.value for state in LIVE} | {"to_record"}
    taken = [(m.starts_at, m.ends_at) for m in meetings if m.shown in live and m.starts_at and m.ends_at]
    return next((s for s in slots if s.starts_at > now and not any(a < s.ends_at and s.starts_at < b for a, b in taken)), None)


def _standings(session: Session, district_id: str, classes: Sequence[ClassRow], season: str, today: date) -> dict[str, ClassStanding]:
    """As the projection holds them; worked out where the school's term never was."""
    query = select(ClassTermStanding).where(
        ClassTermStanding.district_id == district_id, ClassTermStanding.class_id.in_([klass.id for klass in classes]),
        ClassTermStanding.season == season,
    )
    found = {
        r.class_id: ClassStanding(
            r.class_id, r.standing, r.required, r.counted, r.recorded, r.returned, r.scheduled, r.missed, r.late, r.inherited  # type: ignore[arg-type]
        )
        for r in session.scalars(query)
    }
    for school_id, year in {(k.school_id, k.school_year) for k in classes if k.id not in found}:
        facts = term_facts(session, Scope(district_id, frozenset({school_id})), school_id, year, season, today)
        found |= {s.class_id: s for s in facts.standings if s.class_id not in found}
    return {k.id: found.get(k.id) or ClassStanding(k.id, "no_pupils", 0, 0) for k in classes}


def _lines(session: Session, district_id: str, wanted: Collection[ColumnElement[bool]], now: datetime) -> list[MeetingLine]:
    query = (
        select(ClassMeeting, SchoolClass.name.label("class_name"), Person.name.label("held_by_name"))
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMeeting.district_id, SchoolClass.id == ClassMeeting.class_id))
        .outerjoin(Person, and_(Person.district_id == ClassMeeting.district_id, Person.id == ClassMeeting.held_by_id))
        .where(
            ClassMeeting.district_id == district_id, *wanted,
            or_(ClassMeeting.state != MeetingState.CANCELLED.value, ClassMeeting.state_reason != ""),  # taken back at once: not shown
        )
        .order_by(ClassMeeting.starts_at.is_(None), ClassMeeting.starts_at, ClassMeeting.id)
    )
    return [_line(row, class_name, held_by_name or "", now) for row, class_name, held_by_name in session.execute(query)]


def _line(row: ClassMeeting, class_name: str, held_by_name: str, now: datetime) -> MeetingLine:
    state = MeetingState(row.state)
    shown = "to_record" if state is MeetingState.SCHEDULED and to_record(state, row.ends_at, now) else row.state
    return MeetingLine(
        row.id, row.class_id, class_name, row.school_id, row.title, row.theme, shown, row.starts_at, row.ends_at, row.lesson_no, row.room,
        row.held_by_id, held_by_name, row.responsible_id, row.pack_id, row.pack_version, row.school_year, row.season, row.revision, row.version,
        row.state_reason,
    )


def _labelled(line: MeetingLine, days: SchoolCalendar) -> MeetingLine:
    if line.starts_at is None or line.lesson_no is None:
        return line
    return replace(line, label=label(local_day(line.starts_at), days, line.lesson_no))


def _reminders(session: Session, district_id: str, person_id: str) -> tuple[Reminder, ...]:
    query = select(MeetingReminder).where(
        MeetingReminder.district_id == district_id, MeetingReminder.person_id == person_id, MeetingReminder.done_at.is_(None)
    ).order_by(MeetingReminder.sent_at)
    return tuple(Reminder(r.class_id, r.meeting_id, r.about, r.sent_at) for r in session.scalars(query))


# --- calendars ---------------------------------------------------------------------------------------


def meetings_between(
    session: Session, district_id: str, first: date, last: date, now: datetime, *, school_id: str = "", person_id: str = "", today: date | None = None
) -> list[MeetingLine]:
    """Meetings with a time between two days (inclusive): a school's, or a person's own. One statement."""
    own = own_meetings_of(district_id, person_id, today or local_day(now)) if not school_id else ClassMeeting.school_id == school_id
    return _lines(session, district_id, [own, ClassMeeting.starts_at >= day_bounds(first)[0], ClassMeeting.starts_at < day_bounds(last)[1]], now)


def line_of(session: Session, district_id: str, meeting_id: str, now: datetime) -> MeetingLine | None:
    """One meeting as lists show it. One statement; whoever asks has checked that it may be seen."""
    lines = _lines(session, district_id, [ClassMeeting.id == meeting_id], now)
    return lines[0] if lines else None

