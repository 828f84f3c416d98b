"""A confirmed hour that is wrong: asked for by one with the right times, settled by another with a red line. Nothing is edited (case 83)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, GuardianPart, HourEntry, PlanLesson
from trainhub.education_plans.rules.hours import (
    AFTER_END,
    CORRECTION_REASONS,
    EntryKind,
    HourRefused,
    LineState,
    Stated,
    check_correctable,
    check_correction_state,
    check_free,
    check_stated,
    to_count,
)
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.service.balance import Change
from trainhub.education_plans.service.errata import Erratum, note_erratum
from trainhub.education_plans.service.hours import (
    Confirmed,
    Logged,
    Verdict,
    after_counting,
    checked_words,
    limits,
    seen_line,
    taken_times,
    verdict_line,
)
from trainhub.education_plans.service.posting import (
    ENTRY_COLUMNS,
    Line,
    facts_of,
    locked_with_pupil,
    post,
    posted_before,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import Person
from trainhub.roster.queries import policy_for


@dataclass(frozen=True, slots=True)
class AskCorrection:
    """Ask that a confirmed line be reversed. ``number`` of the confirmation; without times the hour was none at all.

    With ``starts_at``, ``ends_at`` and ``minutes`` the right ones count in its place once somebody else has settled it.
    """

    plan_id: str
    number: int
    op_id: str
    reason: str
    words: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    minutes: int = 0


def ask_correction(
    session: Session, actor: Actor, ring: KeyRing, command: AskCorrection, now: datetime, *, permission: Permission = Permission.HOURS_OWN_WRITE
) -> Logged:
    """Ask for the reversal of a confirmed hour. It changes nothing until another person settles it. Raises NotFound, HourRefused.

    ``permission``: the instructor's own right, or that of who confirms hours.
    """
    plan = locked_with_pupil(session, actor, command.plan_id, now, permission)
    rows = _entries(session, plan)
    if (number := posted_before(rows, plan, command.op_id, frozenset({EntryKind.CORRECTION}))) is not None:
        return Logged(number, repeated=True)
    check_correction_state(PlanState(plan.state))
    if command.reason not in CORRECTION_REASONS:
        raise HourRefused("reason", "reason")
    wrong = check_correctable([facts_of(r) for r in rows], command.number)
    row = next(r for r in rows if r.number == wrong.number)
    if permission is Permission.HOURS_OWN_WRITE and row.instructor_id != actor.person_id:
        raise HourRefused("not_instructor")
    late = False
    if command.starts_at and command.ends_at:
        stated = Stated(command.starts_at, command.ends_at, command.minutes, plan.student_mark, row.instructor_id or "")
        late = check_stated(stated, limits(plan, policy_for(session, plan.district_id, plan.school_id, local_day(now))), now)
    line = Line(
        EntryKind.CORRECTION, command.op_id, refers_to=command.number, lesson_id=row.lesson_id, module_id=row.module_id,
        starts_at=command.starts_at, ends_at=command.ends_at, minutes=command.minutes if command.starts_at else 0,
        instructor_id=row.instructor_id, guardian_present=row.guardian_present, reason=command.reason, late=late,
        words=checked_words(command.words),
    )
    return Logged(post(session, actor, ring, plan, [line], Change(waiting_count=1), now), late)


def _entries(session: Session, plan: EducationPlan) -> list[Any]:
    query = select(*ENTRY_COLUMNS).where(HourEntry.district_id == plan.district_id, HourEntry.plan_id == plan.id).order_by(HourEntry.number)
    return list(session.execute(query))


def reverse_hours(session: Session, actor: Actor, ring: KeyRing, command: Verdict, now: datetime) -> Confirmed:
    """Settle a correction (``number``) somebody else asked for: a red line takes the hour back, the right times count if there are any.

    All in one transaction. A plan whose hours were reached owes again where they no longer are; after its end that is an erratum.
    Raises NotFound, HourRefused, AnotherPersonWanted.
    """
    seen = seen_line(session, actor, ring, command.plan_id, command.number, command.op_id, frozenset({EntryKind.REVERSAL}), now)
    plan, asked = seen.plan, seen.row
    if seen.repeated is not None:
        return Confirmed(seen.repeated, 0, 0, plan.state, repeated=True)
    if asked.kind != EntryKind.CORRECTION or seen.state is not LineState.WAITING:
        raise HourRefused("settled_already")
    rows = _entries(session, plan)
    facts = [facts_of(r) for r in rows]
    wrong = check_correctable([f for f in facts if f.number != asked.number], asked.refers_to)
    confirm = next(r for r in rows if r.number == asked.refers_to)
    lines = [verdict_line(confirm, EntryKind.REVERSAL, command.op_id, -confirm.counted_minutes, asked.reason)]
    done, counts = seen.done - confirm.counted_minutes, 0
    if asked.minutes:
        _check_times(session, plan, asked, (plan.id, wrong.number), command.op_id, now)
        counts = to_count(asked.minutes, done, plan.total_minutes)
        kind = EntryKind.CONFIRM if counts else EntryKind.OVERRUN
        lines.append(verdict_line(asked, kind, command.op_id + "+", counts))
    else:
        _lesson_open(session, plan, confirm.lesson_id)
    change = Change(counts - confirm.counted_minutes, 0, -1, now if counts else None)
    number = post(session, actor, ring, plan, lines, change, now)
    after_counting(session, actor, plan, done + counts, now)
    if PlanState(plan.state) in AFTER_END:
        note_erratum(session, actor, ring, plan, Erratum(number, seen.done, done + counts), now)
    return Confirmed(number, counts, max(0, asked.minutes - counts), plan.state)


def _check_times(session: Session, plan: EducationPlan, asked: Any, wrong: tuple[str, int], op_id: str, now: datetime) -> None:
    """The right times as any other: nobody in two places, not too many a day. The wrong line does not stand against them."""
    stated = Stated(asked.starts_at, asked.ends_at, asked.minutes, plan.student_mark, asked.instructor_id or "")
    session.execute(select(Person.id).where(
        Person.district_id == plan.district_id, Person.id == stated.instructor_id
    ).with_for_update(key_share=True)).first()
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    check_stated(stated, limits(plan, policy), now)
    others = [facts_of(r) for r in taken_times(session, plan, stated, op_id)]
    check_free(stated, [f for f in others if (f.plan_id, f.number) not in {wrong, (plan.id, asked.number)}], policy["plan_daily_minutes"])


def _lesson_open(session: Session, plan: EducationPlan, lesson_id: str | None) -> None:
    """A lesson that was not held after all may be logged or noted as missed again; the guardian's part of it is open too.

    After the end of a plan nothing is logged any more: the lesson is off.
    """
    if lesson_id is None:
        return
    after = "cancelled" if PlanState(plan.state) in AFTER_END else "planned"
    session.execute(update(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.id == lesson_id, PlanLesson.state == "attended"
    ).values(state=after, version=PlanLesson.version + 1))
    session.execute(update(GuardianPart).where(
        GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id, GuardianPart.lesson_id == lesson_id,
        GuardianPart.kind == "lesson_with",
    ).values(done_at=None, done_entered_by=None))
