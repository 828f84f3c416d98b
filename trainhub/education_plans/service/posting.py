"""What every line of an hours ledger shares: the locked rows, the number without a gap, the sealed words, the chain, the balance.

Lock order, the same everywhere: the plans of the pupil by id, the person who teaches, the school's chain. So two lessons of one pupil in
different plans, or of one instructor at different schools, are weighed one after the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session, aliased

from trainhub.education_plans.models import EducationPlan, HourEntry, HourNote
from trainhub.education_plans.queries.access import visible
from trainhub.education_plans.rules.hours import EntryFacts, EntryKind, HourRefused
from trainhub.education_plans.service.balance import Change, move_balance
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.service import NewEntry, append_many

_E = cast("Table", HourEntry.__table__).c
_FACTS = (
    _E.plan_id, _E.number, _E.kind, _E.refers_to, _E.student_mark, _E.instructor_id, _E.starts_at, _E.ends_at, _E.minutes, _E.counted_minutes,
    _E.recorded_at,
)
_ADD_ENTRIES, _ADD_NOTES = insert(cast("Table", HourEntry.__table__)), insert(cast("Table", HourNote.__table__))
ENTRY_COLUMNS = (*_FACTS, _E.op_id, _E.lesson_id, _E.module_id, _E.guardian_present, _E.reason, _E.actor_id, _E.actor_person)
"""What a step looks at in the lines that are there already."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line to post. Times and minutes as in ``HourEntry``; ``words`` are sealed beside it."""

    kind: EntryKind
    op_id: str
    refers_to: int | None = None
    lesson_id: str | None = None
    module_id: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int = 0
    counted_minutes: int = 0
    instructor_id: str | None = None
    guardian_present: bool = False
    reached: str = ""
    product: bool = False
    reason: str = ""
    late: bool = False
    words: str = ""
    evidence: tuple[str, ...] = field(default=())


def facts_of(row: Any) -> EntryFacts:
    """A stored line as the rules see it; the first columns of :data:`ENTRY_COLUMNS`."""
    return EntryFacts(*row[: len(_FACTS)])


@cache
def _lock(role: Role, permission: Permission, *, a_person: bool) -> Any:
    """The statement that locks plans, once per role and right: whether a plan is there is a condition with a dozen parts.

    What it knows of who asks comes as parameters.
    """
    named: Any = {name: bindparam(f"by_{name}") for name in ("account_id", "district_id", "person_id", "org_id")}
    anybody = Actor(**named | {"display_name": "", "role": role, "org_name": "", **({} if a_person else {"person_id": None})})
    every, moment = aliased(EducationPlan), cast("datetime", bindparam("at_moment"))
    there = select(EducationPlan.student_mark).where(visible(anybody, permission, moment), EducationPlan.id == bindparam("of_plan"))
    return (
        select(every).where(every.district_id == bindparam("by_district_id"), every.student_mark == there.scalar_subquery())
        .order_by(every.id.concat("")).with_for_update(of=every)  # by the bare id SQLite would read the plans of the district in that order
    )


def locked_with_pupil(session: Session, actor: Actor, plan_id: str, now: datetime, permission: Permission) -> EducationPlan:
    """Return a plan the actor may post to; it and every other plan of the same pupil stay locked. One statement. Raises NotFound."""
    asks = {
        "by_account_id": actor.account_id, "by_district_id": actor.district_id, "by_org_id": actor.org_id, "at_moment": now, "of_plan": plan_id,
        **({"by_person_id": actor.person_id} if actor.person_id is not None else {}),
    }
    query = _lock(actor.role, permission, a_person=actor.person_id is not None)
    plans = session.scalars(query, asks, execution_options={"populate_existing": True})
    plan = next((p for p in plans.all() if p.id == plan_id), None)
    if plan is None:
        raise NotFound
    return cast("EducationPlan", plan)


def posted_before(rows: Sequence[Any], plan: EducationPlan, op_id: str, kinds: frozenset[str]) -> int | None:
    """The number of the line that this very operation posted; None where it has not. Raises HourRefused where it posted something else."""
    same = [r for r in rows if r.plan_id == plan.id and r.op_id == op_id]
    if same and not {r.kind for r in same} <= kinds:
        raise HourRefused("number_used")
    return same[0].number if same else None


def post(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, lines: Sequence[Line], change: Change, now: datetime) -> int:
    """Append lines to a locked plan, to the school's chain, and move its balance. Returns the number of the first.

    Ten statements at most for any number of lines: lines, words, plan, balance, chain (four), and the lesson that was changed.
    """
    first = plan.last_entry + 1
    plan.last_entry += len(lines)
    plan.updated_at = now
    session.flush()
    session.execute(_ADD_ENTRIES, [_row(actor, plan, number, line, now) for number, line in enumerate(lines, first)])
    notes = [
        {
            "district_id": plan.district_id, "plan_id": plan.id, "number": number,
            "sealed_done": ring.seal(line.words, place("hour_note", "sealed_done", plan.id, number)),
        }
        for number, line in enumerate(lines, first) if line.words
    ]
    if notes:
        session.execute(_ADD_NOTES, notes)
    append_many(session, [_entry(actor, plan, number, line, now) for number, line in enumerate(lines, first)])
    move_balance(session, plan, change, len(lines), now)
    return first


def _row(actor: Actor, plan: EducationPlan, number: int, line: Line, now: datetime) -> dict[str, Any]:
    return {
        "district_id": plan.district_id, "plan_id": plan.id, "number": number, "op_id": line.op_id, "kind": line.kind.value,
        "refers_to": line.refers_to, "lesson_id": line.lesson_id, "module_id": line.module_id, "student_mark": plan.student_mark,
        "starts_at": line.starts_at, "ends_at": line.ends_at,
        "minutes": line.minutes, "counted_minutes": line.counted_minutes, "instructor_id": line.instructor_id,
        "guardian_present": line.guardian_present, "reached": line.reached, "product": line.product, "reason": line.reason,
        "evidence": list(line.evidence), "late": line.late, "actor_id": actor.account_id, "actor_person": actor.person_id,
        "acting_role": actor.role.value, "recorded_at": now,
    }


def _entry(actor: Actor, plan: EducationPlan, number: int, line: Line, now: datetime) -> NewEntry:
    """The fact for the chain: numbers, codes and moments; never a word of what was done."""
    payload = {
        "number": number, "refers_to": line.refers_to, "minutes": line.minutes, "counted": line.counted_minutes, "late": line.late,
        "starts_at": line.starts_at.isoformat() if line.starts_at else None, "ends_at": line.ends_at.isoformat() if line.ends_at else None,
        "lesson": line.lesson_id, "instructor": line.instructor_id, "reason": line.reason,
    }
    return NewEntry(
        district_id=plan.district_id, school_id=plan.school_id, kind=f"hours.{line.kind.value}", subject_ref=plan.party_id,
        object_ref=plan.id, payload=payload, occurred_at=line.starts_at or now, recorded_at=now, actor_ref=actor.account_id,
        acting_role=actor.role.value,
    )
