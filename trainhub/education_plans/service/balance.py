"""How a plan stands, kept beside its entries: moved in the transaction of every line, and rebuilt from scratch by one call.

Minutes. Of missed lessons those count as ``make_up`` that no later lesson has taken up: it was held, or missed in its turn and is owed
itself. ``next_at`` is the first lesson that is still planned, also one whose day has gone by unrecorded.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, HourEntry, PlanBalance, PlanLesson
from trainhub.education_plans.rules.hours import EntryFacts, tally
from trainhub.kernel.bulk import upsert

ABSENT = ("absent_excused", "absent_unexcused")


@dataclass(frozen=True, slots=True)
class Change:
    """By how much lines move a balance: minutes that count, minutes that wait, lines that wait; when minutes were last counted."""

    done: int = 0
    waiting: int = 0
    waiting_count: int = 0
    counted_at: datetime | None = None


_LESSON, _BALANCE = cast("Table", PlanLesson.__table__), cast("Table", PlanBalance.__table__)
_DISTRICT: Any = bindparam("of_district")
_PLAN: Any = bindparam("of_plan")


def _of_lessons() -> dict[str, Any]:
    """The columns of a balance that follow from lessons, each as a subquery."""
    lesson, later = _LESSON.alias(), _LESSON.alias()
    own = (lesson.c.district_id == _DISTRICT, lesson.c.plan_id == _PLAN)
    follows = select(later.c.id).where(later.c.district_id == _DISTRICT, later.c.plan_id == _PLAN, later.c.makes_up_id == lesson.c.id)
    taken_up = follows.where(later.c.state.in_(("attended", *ABSENT))).correlate(lesson).exists()
    booked = follows.where(later.c.state == "planned").correlate(lesson).exists()
    minutes = select(func.coalesce(func.sum(lesson.c.minutes), 0)).where(*own)
    missed = minutes.where(lesson.c.state.in_(ABSENT), ~taken_up)
    coming = select(lesson.c.starts_at).where(*own, lesson.c.state == "planned").order_by(lesson.c.starts_at, lesson.c.id).limit(1)
    return {
        "booked_minutes": minutes.where(lesson.c.state == "planned", lesson.c.makes_up_id.is_(None)).scalar_subquery(),
        "make_up_minutes": missed.scalar_subquery(),
        "make_up_booked_minutes": missed.where(booked).scalar_subquery(),
        "next_at": coming.scalar_subquery(),
        "next_instructor_id": coming.with_only_columns(lesson.c.instructor_id).scalar_subquery(),
    }


_LESSONS = _of_lessons()
_MOVE = (
    update(_BALANCE).where(_BALANCE.c.district_id == _DISTRICT, _BALANCE.c.plan_id == _PLAN).values(
        done_minutes=_BALANCE.c.done_minutes + bindparam("by_done"), waiting_minutes=_BALANCE.c.waiting_minutes + bindparam("by_waiting"),
        waiting_count=_BALANCE.c.waiting_count + bindparam("by_count"), entries=_BALANCE.c.entries + bindparam("by_entries"),
        last_counted_at=func.coalesce(bindparam("counted_at", type_=_BALANCE.c.updated_at.type), _BALANCE.c.last_counted_at),
        updated_at=bindparam("moved_at"), **_LESSONS,
    )
)
"""Built once: putting it together costs more than the database's work on it."""


def move_balance(session: Session, plan: EducationPlan, change: Change, entries: int, now: datetime) -> None:
    """Move the balance of a locked plan by what ``entries`` new lines say, and take its lessons anew. One statement where there is one.

    What was changed is flushed before.
    """
    moved: Any = session.execute(_MOVE, {
        "of_district": plan.district_id, "of_plan": plan.id, "by_done": change.done, "by_waiting": change.waiting,
        "by_count": change.waiting_count, "by_entries": entries, "counted_at": change.counted_at, "moved_at": now,
    })
    if moved.rowcount == 0:
        rebuild_balance(session, plan.district_id, plan.id, now)


def lessons_changed(session: Session, plan: EducationPlan, now: datetime) -> None:
    """Take the lessons of a locked plan anew after they were planned, moved or cancelled. One statement. For whoever plans lessons."""
    session.flush()
    move_balance(session, plan, Change(), 0, now)


def rebuild_balance(session: Session, district_id: str, plan_id: str, now: datetime) -> None:
    """Write the balance of a plan anew from its entries and lessons, whatever stands there. Two statements."""
    session.flush()
    columns = (
        HourEntry.plan_id, HourEntry.number, HourEntry.kind, HourEntry.refers_to, HourEntry.student_mark, HourEntry.instructor_id,
        HourEntry.starts_at, HourEntry.ends_at, HourEntry.minutes, HourEntry.counted_minutes, HourEntry.recorded_at,
    )
    query = select(*columns).where(HourEntry.district_id == district_id, HourEntry.plan_id == plan_id).order_by(HourEntry.number)
    found = tally([EntryFacts(*row) for row in session.execute(query)])
    values = {
        "done_minutes": found.done, "waiting_minutes": found.waiting, "waiting_count": found.waiting_count, "entries": found.entries,
        "last_counted_at": found.last_counted_at, "updated_at": now, **_LESSONS,
    }
    statement = upsert(session, PlanBalance).values(district_id=district_id, plan_id=plan_id, **values)
    of_plan = {"of_district": district_id, "of_plan": plan_id}
    session.execute(statement.on_conflict_do_update(index_elements=["district_id", "plan_id"], set_=values), of_plan)


def rebuild_all(session: Session, district_id: str, now: datetime) -> int:
    """Rebuild the balance of every plan of a district; returns how many there are."""
    plans = session.scalars(select(EducationPlan.id).where(EducationPlan.district_id == district_id).order_by(EducationPlan.id)).all()
    for plan_id in plans:
        rebuild_balance(session, district_id, plan_id, now)
    return len(plans)
