"""What the page of one plan shows beside the plan itself: free lessons, packs, who can lead, rooms."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, ClassTermStanding
from trainhub.class_meetings.queries.access import ClassAccess
from trainhub.class_meetings.queries.planning import around, other_slots
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.class_meetings.rules.planning import (
    OFFERED,
    OWN_ROOM,
    Around,
    Dated,
    PlanClass,
    PlannedMeeting,
    Verdict,
    fitting,
    free_slots,
    judge_all,
    lesson_spans,
)
from trainhub.courses.queries import LessonPack, lesson_packs
from trainhub.courses.rules import CLASS_MEETING, band_of_grade
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.roster.models import SchoolClass
from trainhub.roster.queries.staff import during
from trainhub.roster.queries.timetable import class_slots, homeroom_classes
from trainhub.roster.timetable_rules import Slot

WINDOW = timedelta(days=42)


@dataclass(frozen=True, slots=True)
class OfferedSlot:
    """A lesson that is offered; ``verdict`` says why not where it is taken already."""

    slot: Slot
    verdict: Verdict

    @property
    def free(self) -> bool:
        """Whether the plan can be then."""
        return self.verdict.refusal is None

    @property
    def key(self) -> str:
        """The lesson as a form carries it: ``2026-11-23.8``."""
        return f"{self.slot.day.isoformat()}.{self.slot.lesson_no}"


@dataclass(frozen=True, slots=True)
class PlanDesk:
    """What stands around one plan. ``nth`` of ``required`` this term it would be; ``lessons`` are the lesson numbers of a day."""

    facts: Around
    klass: PlanClass
    offers: tuple[OfferedSlot, ...]
    packs: tuple[LessonPack, ...]
    used: frozenset[str]
    staff: tuple[Dated, ...]
    rooms: tuple[str, ...]
    lessons: tuple[int, ...]
    nth: int
    required: int

    def judge(self, plan: PlannedMeeting, now: datetime, but: str = "") -> Verdict:
        """Judge a plan for the day that the page was read for, or one of the lessons it offers."""
        return judge_all(self.facts, [plan], now, but)[0]

    @property
    def first_free(self) -> OfferedSlot | None:
        """The nearest lesson that is free."""
        return next((one for one in self.offers if one.free), None)


def plan_desk(
    session: Session, district_id: str, access: ClassAccess, plan: PlannedMeeting, now: datetime, wanted: date | None = None, but: str = ""
) -> PlanDesk:
    """Return what stands around a plan of a class the actor may see, for the day ``wanted``. Forty statements at most.

    Lessons are looked for in the next six weeks, and until the end of the term where fewer than three are free there.
    ``but`` is the meeting that is being moved.
    """
    today = local_day(now)
    packs = lesson_packs(session, Scope(district_id, None), CLASS_MEETING)
    wanted = wanted if wanted is not None and abs(wanted - today) < timedelta(days=370) else today
    facts, offers = _offers(session, district_id, access, plan, now, today + WINDOW, but, wanted, packs)
    term = facts.calendar.term(today) or next((t for t in facts.calendar.terms if t.ends_on >= today), None)
    if sum(one.free for one in offers) < 3 and term is not None and term.ends_on > today + WINDOW:
        facts, offers = _offers(session, district_id, access, plan, now, term.ends_on, but, wanted, packs)
    klass = facts.classes[access.class_id]
    used = frozenset(_used(session, district_id, access.class_id, but))
    counted, required, under_way = _standing(session, district_id, access.class_id, term.season if term else "autumn", but)
    order = fitting([(p.id, p.grade_bands) for p in packs], band_of_grade(klass.grade), used)
    by_id = {p.id: p for p in packs}
    spans = lesson_spans(facts.times, max(wanted, klass.opened_on), klass.stage)
    return PlanDesk(
        facts, klass, offers, tuple(by_id[key] for key in order), used,
        tuple(one for spell in facts.staff.values() for one in spell if one.on(wanted)), _rooms(facts),
        tuple(spans), counted + under_way + 1, required,
    )


def _offers(
    session: Session, district_id: str, access: ClassAccess, plan: PlannedMeeting, now: datetime, last: date, but: str, wanted: date,
    packs: Iterable[LessonPack],
) -> tuple[Around, tuple[OfferedSlot, ...]]:
    today = local_day(now)
    facts = around(
        session, district_id, access.school_id, [access.class_id], min(today, wanted), max(last, wanted),
        pack_ids=[*(p.id for p in packs), *([plan.pack_id] if plan.pack_id else ())],
    )
    own = class_slots(session, district_id, [access.class_id], today, last)[access.class_id]
    klass = facts.classes[access.class_id]
    probe = replace(plan, pack_id=None, pack_version=None, title=plan.title or "-")
    free = free_slots(facts, probe, own, tuple(other_slots(facts, klass, today, last)), now, but=but)
    ahead = [slot for slot in own if slot.starts_at > now]
    until = max([slot.starts_at for slot in (*free[-1:], *ahead[:2])], default=now)
    slots = {slot.starts_at: slot for slot in (*free, *(s for s in ahead if s.starts_at <= until))}
    judged = ((slots[key], judge_all(facts, [_at(probe, slots[key])], now, but)[0]) for key in sorted(slots))
    return facts, tuple(OfferedSlot(slot, verdict) for slot, verdict in judged)[: OFFERED + 3]


def _at(plan: PlannedMeeting, slot: Slot) -> PlannedMeeting:
    return replace(plan, starts_at=slot.starts_at, ends_at=slot.ends_at, lesson_no=slot.lesson_no, override_reason="", already_held=False)


def _rooms(facts: Around) -> tuple[str, ...]:
    taught = {t.room for row in facts.busy.lessons.values() for t in row if t.room}
    return (OWN_ROOM, *sorted((taught | {h.room for h in facts.held if h.room}) - {OWN_ROOM}))


def _used(session: Session, district_id: str, class_id: str, but: str) -> set[str]:
    """Packs the class has had or planned; a class is of one school year."""
    query = select(ClassMeeting.pack_id).where(
        ClassMeeting.district_id == district_id, ClassMeeting.class_id == class_id, ClassMeeting.id != but,
        ClassMeeting.state != MeetingState.CANCELLED.value, ClassMeeting.pack_id.is_not(None),
    )
    return {key for key in session.scalars(query) if key}


def _standing(session: Session, district_id: str, class_id: str, season: str, but: str) -> tuple[int, int, int]:
    """Meetings of the term that count, that are asked for (0: not worked out), and that are on the way."""
    row = session.get(ClassTermStanding, (district_id, class_id, season))
    if row is None:
        return 0, 0, 0
    moving = 1 if but else 0
    return row.counted, row.required, max(0, row.recorded + row.returned + row.scheduled - moving)


def plannable_classes(session: Session, actor: Actor, school_id: str, day: date, *, whole_school: bool) -> tuple[tuple[str, str], ...]:
    """Classes (id, name) that somebody may plan for on a day: the school's, or those led as homeroom teacher. Two statements at most."""
    if not whole_school:
        return tuple((row.id, row.name) for row in homeroom_classes(session, actor.district_id, actor.person_id or "", day))
    query = (
        select(SchoolClass.id, SchoolClass.name)
        .where(
            SchoolClass.district_id == actor.district_id, SchoolClass.school_id == school_id,
            during(SchoolClass.opened_on, SchoolClass.closed_on, day, day),
        )
        .order_by(SchoolClass.grade, SchoolClass.class_no)
    )
    return tuple((row.id, row.name) for row in session.execute(query))
