"""Keeping true where classes and schools stand. Both tables are projections: rows follow from facts, never by hand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassTermStanding, SchoolTermTotal
from trainhub.class_meetings.queries.board import term_of
from trainhub.class_meetings.queries.facts import TermFacts, frame_of, meeting_facts, term_facts
from trainhub.class_meetings.rules.counting import ClassStanding, Coverage, counts, cover
from trainhub.class_meetings.rules.happenings import MeetingsChanged
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.jobs.service import enqueue
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.clock import now as clock_now
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.events import ClassesChanged, PolicyChanged
from trainhub.roster.models import ClassChange, SchoolClass, SchoolTerm

REFRESH = "meetings.refresh"
"""Job: the present term of every school of a district is worked out anew."""

RULES = frozenset({"sessions_per_class_term", "late_class_week", "late_class_rule", "internship_rule"})
"""Parameters that change what is owed."""


def rebuild(session: Session, district_id: str, school_id: str, school_year: str, season: str, now: datetime) -> TermFacts:
    """Make the standings of a school's term anew from the facts. Fourteen statements, however many classes there are."""
    session.flush()
    held = select(ClassTermStanding.class_id).where(*_term(ClassTermStanding, district_id, school_id, school_year, season))
    session.execute(held.order_by(ClassTermStanding.class_id).with_for_update()).all()  # facts read before a step commits would forget it
    facts = term_facts(session, Scope(district_id, frozenset({school_id})), school_id, school_year, season, local_day(now))
    session.execute(delete(ClassTermStanding).where(*_term(ClassTermStanding, district_id, school_id, school_year, season)))
    session.execute(delete(SchoolTermTotal).where(*_term(SchoolTermTotal, district_id, school_id, school_year, season)))
    key = {"district_id": district_id, "school_id": school_id, "school_year": school_year, "season": season}
    common = key | {"policy_version": facts.rule.version, "updated_at": now}
    if facts.standings:
        session.execute(insert(ClassTermStanding), [common | {"class_id": s.class_id, **_columns(s)} for s in facts.standings])
        session.execute(insert(SchoolTermTotal), [common | _totals(cover(facts.standings))])
    return facts


def refresh(session: Session, district_id: str, now: datetime) -> int:
    """Work out the present term of every school of a district that has classes, and what else of the year is known.

    Returns how many schools; run daily.
    """
    today = local_day(now)
    schools = session.scalars(select(SchoolClass.school_id).where(
        SchoolClass.district_id == district_id, SchoolClass.school_year == school_year_of(today)
    ).distinct()).all()
    for school_id in schools:
        _rebuild_year(session, district_id, school_id, now)
    return len(schools)


def _rebuild_year(session: Session, district_id: str, school_id: str, now: datetime) -> None:
    """Work out the present term, and the other one of the school year where it stands in pages already."""
    key = term_of(session, district_id, school_id, local_day(now))
    known = session.scalars(select(SchoolTermTotal.season).where(
        SchoolTermTotal.district_id == district_id, SchoolTermTotal.school_id == school_id, SchoolTermTotal.school_year == key.school_year,
    )).all()
    for season in sorted({key.season, *known}):
        rebuild(session, district_id, school_id, key.school_year, season, now)


def _term(table: Any, district_id: str, school_id: str, school_year: str, season: str) -> tuple[Any, ...]:
    return (table.district_id == district_id, table.school_id == school_id, table.school_year == school_year, table.season == season)


def _columns(s: ClassStanding) -> dict[str, Any]:
    return {
        "standing": s.standing, "required": s.required, "counted": s.counted, "recorded": s.recorded, "returned": s.returned,
        "scheduled": s.scheduled, "missed": s.missed, "late": s.late, "inherited": s.inherited,
    }


def _totals(c: Coverage) -> dict[str, Any]:
    return {
        "classes": c.owed, "met": c.met, "none": c.none, "required": c.required, "counted": c.counted, "waiting": c.waiting,
        "late": c.late, "apart": dict(c.apart),
    }


def on_meetings_changed(session: Session, event: MeetingsChanged) -> None:
    """Follow meetings of some classes. Four statements where what they owe is known and nothing is inherited from them.

    A school whose term was never worked out, a class that stands apart and one that became others are worked out whole.
    """
    session.flush()
    found = _held(session, event)
    held = {row.class_id: row for row, *_ in found}
    simple = len(held) == len(event.class_ids) and all(row.required and not row.inherited and not became for row, became, *_ in found)
    if not simple:
        rebuild(session, event.district_id, event.school_id, event.school_year, event.season, clock_now())
        return
    term = frame_of(event.school_year, event.season, [(school, first, last) for _, _, school, first, last in found if first], event.school_id)
    facts = meeting_facts(session, event.district_id, event.school_id, event.school_year, event.season, event.class_ids)
    before = cover(_standing(row) for row in held.values())
    for class_id, row in held.items():
        own = facts.get(class_id, [])
        done = [m for m in own if counts(m, term)]
        states = [m.state for m in own]
        row.counted, row.late = len(done), sum(m.late for m in done)
        row.recorded, row.returned = states.count(MeetingState.RECORDED), states.count(MeetingState.RETURNED)
        row.scheduled = states.count(MeetingState.SCHEDULED) + states.count(MeetingState.PLANNED)
        row.missed = states.count(MeetingState.MISSED)
        row.standing = "met" if row.counted >= row.required else "short" if row.counted else "none"
        row.updated_at = clock_now()
    _move_totals(session, event, before, cover(_standing(row) for row in held.values()))


def on_classes_changed(session: Session, event: ClassesChanged) -> None:
    """Work the terms of a school's year out anew; where a bureau's own data changed, all its schools in the background."""
    moment = clock_now()
    if event.school_id == event.district_id:
        enqueue(session, event.district_id, REFRESH, {}, moment, f"{REFRESH}/{moment.isoformat()}", moment)
        return
    _rebuild_year(session, event.district_id, event.school_id, moment)


def on_policy_changed(session: Session, event: PolicyChanged) -> None:
    """A rule of class meetings was set: every school is worked out anew in the background."""
    if event.key in RULES:
        moment = clock_now()
        enqueue(session, event.district_id, REFRESH, {}, moment, f"{REFRESH}/{moment.isoformat()}", moment)


def _held(session: Session, event: MeetingsChanged) -> Sequence[Any]:
    """The standings, locked, each with whether the class became others, and the entered days of the term. One statement."""
    became = select(ClassChange.id).where(
        ClassChange.district_id == ClassTermStanding.district_id, ClassChange.from_class_id == ClassTermStanding.class_id,
        ClassChange.undone_at.is_(None),
    ).exists()
    query = (
        select(ClassTermStanding, became, SchoolTerm.school_id, SchoolTerm.starts_on, SchoolTerm.ends_on)
        .outerjoin(SchoolTerm, and_(
            SchoolTerm.district_id == ClassTermStanding.district_id, SchoolTerm.school_id.in_([event.school_id, event.district_id]),
            SchoolTerm.school_year == ClassTermStanding.school_year, SchoolTerm.season == ClassTermStanding.season,
        ))
        .where(
            *_term(ClassTermStanding, event.district_id, event.school_id, event.school_year, event.season),
            ClassTermStanding.class_id.in_(event.class_ids),
        )
        .with_for_update(of=ClassTermStanding)
    )
    return session.execute(query).all()


def _standing(row: ClassTermStanding) -> ClassStanding:
    standing: Any = row.standing
    return ClassStanding(
        row.class_id, standing, row.required, row.counted, row.recorded, row.returned, row.scheduled, row.missed, row.late, row.inherited
    )


def _move_totals(session: Session, event: MeetingsChanged, before: Coverage, after: Coverage) -> None:
    """Change the school's counters by the difference, so that two meetings checked at once do not overwrite each other."""
    moved = {
        name: getattr(SchoolTermTotal, name) + getattr(after, name) - getattr(before, name)
        for name in ("met", "none", "counted", "waiting", "late")
        if getattr(after, name) != getattr(before, name)
    }
    if moved:
        session.execute(
            update(SchoolTermTotal).where(*_term(SchoolTermTotal, event.district_id, event.school_id, event.school_year, event.season)).values(**moved),
            execution_options={"synchronize_session": False},
        )
