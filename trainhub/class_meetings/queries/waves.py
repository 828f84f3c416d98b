"""What the one form for all classes is filled with, and what became of a wave. Statements never grow with classes."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingWave
from trainhub.class_meetings.queries.board import BoardCell, TermKey, shown_state
from trainhub.class_meetings.queries.facts import term_facts
from trainhub.class_meetings.rules.lifecycle import LIVE, OPEN, MeetingState
from trainhub.class_meetings.rules.waves import PackChoice, Proposal, WaveClass, propose
from trainhub.courses.queries import lesson_packs
from trainhub.courses.rules import band_of_grade
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Person, SchoolClass
from trainhub.roster.queries import staff_on
from trainhub.roster.queries.timetable import class_slots
from trainhub.roster.timetable_rules import Slot

WEEKS = 4
"""How many weeks of class-meeting lessons the form offers."""


@dataclass(frozen=True, slots=True)
class WaveForm:
    """The form: grades of the school with their number of classes, a proposal for each class of the chosen ones."""

    grades: tuple[tuple[int, int], ...]
    proposals: tuple[Proposal, ...]
    teachers: tuple[tuple[str, str], ...]
    themes: tuple[str, ...]


def wave_form(session: Session, scope: Scope, school_id: str, key: TermKey, grades: Collection[int], theme: str, week: date, now: datetime) -> WaveForm:
    """Return the filled form. Some twenty statements, however many classes. Raises NotFound outside the scope."""
    facts = term_facts(session, scope, school_id, key.school_year, key.season, local_day(now))
    packs = lesson_packs(session, scope, "class_meeting")
    chosen = [(k, s) for k, s in zip(facts.classes, facts.standings, strict=True) if k.grade in grades and s.standing != "merged"]
    slots = class_slots(session, scope.district_id, [k.class_id for k, _ in chosen], week, min(facts.term.last, week + timedelta(weeks=WEEKS))) if chosen else {}
    taken, used = _taken_and_used(session, scope, school_id, key)
    proposals = []
    for klass, standing in chosen:
        band = band_of_grade(klass.grade)
        fitting = [PackChoice(p.id, p.version, p.title, p.theme, p.minutes) for p in packs if band in p.grade_bands]
        proposals.append(propose(WaveClass(
            klass.class_id, klass.name, klass.grade, klass.homeroom_person_id, klass.pupil_count, standing.owes,
            [s for s in slots.get(klass.class_id, ()) if s.starts_at > now], fitting, used[klass.class_id], taken[klass.class_id],
        ), theme, week))
    counted = sorted({k.grade for k in facts.classes})
    teachers = tuple((row.person_id, row.name) for row in staff_on(session, scope, school_id, local_day(now))) if chosen else ()
    return WaveForm(
        tuple((g, sum(k.grade == g for k in facts.classes)) for g in counted), tuple(proposals), teachers,
        tuple(dict.fromkeys(p.theme for p in packs if p.theme)),
    )


def _taken_and_used(
    session: Session, scope: Scope, school_id: str, key: TermKey
) -> tuple[dict[str, set[datetime]], dict[str, set[str]]]:
    """Times at which classes have a meeting, and packs they had this school year. One statement."""
    query = select(ClassMeeting.class_id, ClassMeeting.starts_at, ClassMeeting.pack_id, ClassMeeting.state).where(
        ClassMeeting.district_id == scope.district_id, ClassMeeting.school_id == school_id, ClassMeeting.school_year == key.school_year,
        ClassMeeting.state.in_([s.value for s in LIVE]),
    )
    taken: dict[str, set[datetime]] = defaultdict(set)
    used: dict[str, set[str]] = defaultdict(set)
    for row in session.execute(query):
        if row.starts_at is not None:
            taken[row.class_id].add(row.starts_at)
        if row.pack_id is not None:
            used[row.class_id].add(row.pack_id)
    return taken, used


@dataclass(frozen=True, slots=True)
class WavePage:
    """A wave with its meetings: (class name, meeting). ``may_undo``: nothing of it was recorded yet."""

    id: str
    title: str
    made_at: datetime
    undone_at: datetime | None
    rows: tuple[tuple[str, BoardCell], ...]
    may_undo: bool


def wave_page(session: Session, scope: Scope, wave_id: str, now: datetime) -> WavePage:
    """Return a wave. Two statements. Raises NotFound outside the scope."""
    wave = session.get(MeetingWave, (scope.district_id, wave_id))
    if wave is None or not scope.covers_school(wave.school_id):
        raise NotFound
    query = (
        select(ClassMeeting, SchoolClass.name, Person.name)
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMeeting.district_id, SchoolClass.id == ClassMeeting.class_id))
        .outerjoin(Person, and_(Person.district_id == ClassMeeting.district_id, Person.id == ClassMeeting.held_by_id))
        .where(ClassMeeting.district_id == scope.district_id, ClassMeeting.wave_id == wave_id)
        .order_by(SchoolClass.grade, SchoolClass.class_no)
    )
    rows = session.execute(query).all()
    cells = tuple(
        (class_name, BoardCell(m.id, m.title, shown_state(m, now), m.starts_at, m.lesson_no, name or "", m.late_recorded, m.state_reason))
        for m, class_name, name in rows
    )
    untouched = all(m.state == MeetingState.CANCELLED or (m.state in OPEN and m.version == 1) for m, *_ in rows)
    return WavePage(wave.id, wave.title, wave.made_at, wave.undone_at, cells, untouched and wave.undone_at is None)


def slot_key(slot: Slot) -> str:
    """How a form names a slot."""
    return f"{slot.day.isoformat()}.{slot.lesson_no}"
