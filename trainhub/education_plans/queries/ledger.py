"""The hours ledger of a plan as people read it (学时台账): a line per lesson, red lines for corrections, missed and coming lessons."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, HourEntry, HourNote, PlanLesson, PlanModule
from trainhub.education_plans.rules.hours import EntryFacts, EntryKind, LineState, Tally, line_states, tally
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import Person

PLAN = "plan"
"""``object_kind`` of a reading that opens a plan."""


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """A line. ``state``: waiting, confirmed, overrun, refused, reversed, reversal, asked, absent, planned, open (its day has gone by).

    ``number`` is that of the entry to act on; ``confirm_number`` of the confirmation, for a correction. ``planned`` and ``counted`` are
    minutes; ``total`` the running sum. ``about`` is the serial of the line it corrects or makes up for. ``logged``: an instructor's own word.
    """

    serial: int | None
    state: str
    number: int | None = None
    confirm_number: int | None = None
    lesson_id: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    module: str = ""
    room: str = ""
    words: str = ""
    instructor_id: str | None = None
    instructor: str = ""
    planned: int | None = None
    counted: int | None = None
    minutes: int = 0
    total: int | None = None
    late: bool = False
    reason: str = ""
    guardian_present: bool = False
    reached: str = ""
    product: bool = False
    second: str = ""
    second_at: datetime | None = None
    told_at: datetime | None = None
    make_up_due_on: date | None = None
    about: int | None = None
    logged: bool = False
    made_up: bool = False  # a make-up is booked or was held


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lines in the order in which they were written, coming lessons last; and what they add up to."""

    rows: tuple[LedgerRow, ...]
    tally: Tally


@dataclass(frozen=True, slots=True)
class _Sources:
    entries: Sequence[Any]
    facts: Sequence[EntryFacts]
    states: Mapping[tuple[str, int], LineState]
    words: Mapping[int, str]
    lessons: Mapping[str, Any]
    modules: Mapping[str, str]
    names: Mapping[str, str]


def hours_ledger(session: Session, ring: KeyRing, opening: Opening, plan: EducationPlan, now: datetime, *, words: bool = True) -> Ledger:
    """The whole ledger of a plan under the ticket for it. Five statements. ``words``: unseal what was done. Raises UnloggedRead."""
    opening.require(plan.district_id, PLAN, plan.id)
    found = _sources(session, ring, plan, words=words)
    return Ledger(tuple(_rows(found, now)), tally(found.facts))


def own_lines(ledger: Ledger, person_id: str | None) -> Ledger:
    """The same ledger with the lines of one instructor only; the running sum goes, for it would tell of the others."""
    from dataclasses import replace

    own = tuple(replace(r, total=None, about=None) for r in ledger.rows if person_id is not None and r.instructor_id == person_id)
    return Ledger(own, ledger.tally)


def _sources(session: Session, ring: KeyRing, plan: EducationPlan, *, words: bool) -> _Sources:
    of_plan = {"district_id": plan.district_id, "plan_id": plan.id}
    entries = session.scalars(select(HourEntry).filter_by(**of_plan).order_by(HourEntry.number)).all()
    notes = session.scalars(select(HourNote).filter_by(**of_plan)).all() if words else []
    lessons = session.scalars(select(PlanLesson).filter_by(**of_plan).order_by(PlanLesson.starts_at, PlanLesson.id)).all()
    modules = session.execute(select(PlanModule.id, PlanModule.kind).filter_by(**of_plan)).all()
    people = {p for e in entries for p in (e.instructor_id, e.actor_person) if p} | {x.instructor_id for x in lessons if x.instructor_id}
    facts = [
        EntryFacts(
            e.plan_id, e.number, e.kind, e.refers_to, e.student_mark, e.instructor_id, e.starts_at, e.ends_at, e.minutes, e.counted_minutes,
            e.recorded_at,
        )
        for e in entries
    ]
    return _Sources(
        entries, facts, line_states(facts),
        {n.number: ring.unseal(n.sealed_done, place("hour_note", "sealed_done", plan.id, n.number)) for n in notes},
        {x.id: x for x in lessons}, {m.id: m.kind for m in modules}, names_of(session, plan.district_id, people),
    )


def counted_line(session: Session, plan: EducationPlan, number: int, person_id: str | None) -> HourEntry | None:
    """The line with its times that a confirmation counted; ``person_id``: only where this person gave it. Two statements, nothing sealed."""
    confirmed = session.get(HourEntry, (plan.district_id, plan.id, number))
    stated = session.get(HourEntry, (plan.district_id, plan.id, confirmed.refers_to)) if confirmed is not None and confirmed.refers_to else None
    return stated if stated is not None and person_id in {None, stated.instructor_id} else None


def names_of(session: Session, district_id: str, people: Collection[str]) -> dict[str, str]:
    """Names of members of staff by id. One statement, none for nobody."""
    if not people:
        return {}
    query = select(Person.id, Person.name).where(Person.district_id == district_id, Person.id.in_(people))
    return {r.id: r.name for r in session.execute(query)}


def _rows(found: _Sources, now: datetime) -> list[LedgerRow]:
    """Lines keep their serial for good: what is added comes after. A correction that waits has none yet; settled, it stands after its red line."""
    rows: list[LedgerRow] = []
    serial_of: dict[int, int] = {}
    lesson_serial: dict[str, int] = {}
    by_number = {e.number: e for e in found.entries}
    verdicts = {e.refers_to: e for e in found.entries if e.kind in {EntryKind.CONFIRM, EntryKind.OVERRUN, EntryKind.REFUSE}}
    serial = total = 0
    for entry in found.entries:
        verdict, state = verdicts.get(entry.number), found.states.get((entry.plan_id, entry.number))
        stated = by_number.get(entry.refers_to or 0)
        if entry.kind == EntryKind.REVERSAL and stated is not None:
            serial, total = serial + 1, total + entry.counted_minutes
            rows.append(_reversal(found, entry, serial, total, serial_of.get(stated.refers_to or 0)))
        elif entry.kind == EntryKind.ABSENCE:
            serial += 1
            lesson_serial[entry.lesson_id] = serial
            rows.append(_absence(found, entry, serial, total, taken_back=verdict is not None))
        elif entry.kind == EntryKind.LOG and state is not None:
            counted = verdict.counted_minutes if verdict is not None else 0
            serial, total = serial + 1, total + counted
            serial_of[entry.number] = serial
            rows.append(_line(found, entry, state, verdict, serial, total, None))
        elif entry.kind in {EntryKind.CONFIRM, EntryKind.OVERRUN} and stated is not None and stated.kind == EntryKind.CORRECTION:
            serial, total = serial + 1, total + entry.counted_minutes
            serial_of[stated.number] = serial
            about = serial_of.get(by_number[stated.refers_to].refers_to or 0)
            rows.append(_line(found, stated, found.states[stated.plan_id, stated.number], entry, serial, total, about))
        elif entry.kind == EntryKind.CORRECTION and state is LineState.WAITING and stated is not None:
            rows.append(_line(found, entry, state, None, None, None, serial_of.get(stated.refers_to or 0)))
    coming = (x for x in found.lessons.values() if x.state == "planned")
    return rows + [_coming(found, x, lesson_serial.get(x.makes_up_id or ""), now) for x in coming]


def _line(found: _Sources, entry: Any, state: LineState, verdict: Any, serial: int | None, total: int | None, about: int | None) -> LedgerRow:
    lesson = found.lessons.get(entry.lesson_id or "")
    counts = state in {LineState.CONFIRMED, LineState.OVERRUN, LineState.REVERSED}
    asked = entry.kind == EntryKind.CORRECTION and state is LineState.WAITING
    return LedgerRow(
        serial, "asked" if asked else state.value, entry.number, verdict.number if verdict is not None and counts else None,
        entry.lesson_id or "", entry.starts_at, entry.ends_at, found.modules.get(entry.module_id or "", ""), lesson.room if lesson else "", found.words.get(entry.number, ""),
        entry.instructor_id, found.names.get(entry.instructor_id or "", ""), lesson.minutes if lesson else None,
        verdict.counted_minutes if verdict is not None and counts else None, entry.minutes, total, entry.late,
        entry.reason or (verdict.reason if verdict is not None else ""), entry.guardian_present, entry.reached, entry.product,
        found.names.get(verdict.actor_person or "", "") if verdict is not None else "", verdict.recorded_at if verdict is not None else None,
        about=about, logged=entry.kind == EntryKind.LOG,
    )


def _reversal(found: _Sources, entry: Any, serial: int, total: int, about: int | None) -> LedgerRow:
    return LedgerRow(
        serial, "reversal", entry.number, starts_at=entry.recorded_at, module=found.modules.get(entry.module_id or "", ""),
        instructor_id=entry.instructor_id, instructor=found.names.get(entry.actor_person or "", ""), counted=entry.counted_minutes,
        minutes=entry.minutes, total=total, reason=entry.reason, second=found.names.get(entry.actor_person or "", ""),
        second_at=entry.recorded_at, about=about,
    )


def _absence(found: _Sources, entry: Any, serial: int, total: int, *, taken_back: bool) -> LedgerRow:
    lesson = found.lessons[entry.lesson_id]
    return LedgerRow(
        serial, "refused" if taken_back else "absent", entry.number, lesson_id=lesson.id, starts_at=entry.starts_at, ends_at=entry.ends_at,
        module=found.modules.get(entry.module_id or "", ""), room=lesson.room, instructor_id=entry.instructor_id,
        instructor=found.names.get(entry.instructor_id or "", ""), planned=lesson.minutes, minutes=entry.minutes, total=total,
        reason=entry.reason, told_at=lesson.guardian_told_at, make_up_due_on=lesson.make_up_due_on,
        made_up=any(x.makes_up_id == lesson.id and x.state != "cancelled" for x in found.lessons.values()),
    )


def _coming(found: _Sources, lesson: Any, about: int | None, now: datetime) -> LedgerRow:
    return LedgerRow(
        None, "open" if lesson.ends_at <= now else "planned", lesson_id=lesson.id, starts_at=lesson.starts_at, ends_at=lesson.ends_at,
        module=found.modules.get(lesson.module_id, ""), room=lesson.room, instructor_id=lesson.instructor_id,
        instructor=found.names.get(lesson.instructor_id or "", ""), planned=lesson.minutes, minutes=lesson.minutes, about=about,
    )
