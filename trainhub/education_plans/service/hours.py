"""Hours of a plan: an instructor logs a lesson, somebody else confirms or refuses it; only what is confirmed counts.

All under the locked plan (security.md section 2 number 4; R6): number without a gap, the same operation posts once, nobody is in two
places, no minute past the total counts. There is no bulk step here: every hour is looked at by itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import is_guardian
from trainhub.education_plans.models import EducationPlan, GuardianPart, HourEntry, PlanLesson, PlanModule, PlanPause
from trainhub.education_plans.rules.hours import (
    LONGEST_TEXT,
    REACHED,
    REFUSAL_REASONS,
    EntryFacts,
    EntryKind,
    Hand,
    HourRefused,
    Limits,
    LineState,
    Stated,
    check_correction_state,
    check_free,
    check_second_person,
    check_state,
    check_stated,
    check_verdict,
    line_states,
    to_count,
)
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.rules.pace import nth_school_day
from trainhub.education_plans.service.balance import Change
from trainhub.education_plans.service.posting import (
    ENTRY_COLUMNS,
    Line,
    facts_of,
    locked_with_pupil,
    post,
    posted_before,
)
from trainhub.education_plans.service.running import settle_hours
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import Policy
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import Person
from trainhub.roster.queries import calendar, policy_for

_E = cast("Table", HourEntry.__table__).c


@dataclass(frozen=True, slots=True)
class LogLesson:
    """What an instructor says of a lesson.

    ``lesson_id`` None: one that was not planned, of a module. ``minutes`` of teaching, at most the length. ``done_text``: what was
    done, never what was confided. ``reached``: full, part, not. ``op_id``: the form's own number.
    """

    plan_id: str
    lesson_id: str | None
    module_id: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    done_text: str
    guardian_present: bool
    reached: str
    product: bool
    op_id: str


@dataclass(frozen=True, slots=True)
class Logged:
    """A posted line: its number, whether it is marked late, whether this very operation had posted it before."""

    number: int
    late: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What a confirmation did: its number, minutes counted (0: nothing was owed any more), minutes past the total, the plan's state."""

    number: int
    counted: int
    overrun: int
    state: str
    repeated: bool = False


def log_lesson(session: Session, actor: Actor, ring: KeyRing, command: LogLesson, now: datetime) -> Logged:
    """Log a lesson the actor gave; nothing counts yet. Raises NotFound, HourRefused."""
    plan = locked_with_pupil(session, actor, command.plan_id, now, Permission.HOURS_OWN_WRITE)
    found = _given(session, actor, plan, command)
    stated = Stated(command.starts_at, command.ends_at, command.minutes, plan.student_mark, actor.person_id or "")
    rows = taken_times(session, plan, stated, command.op_id)
    if (number := posted_before(rows, plan, command.op_id, frozenset({EntryKind.LOG}))) is not None:
        return Logged(number, repeated=True)
    check_state(PlanState(plan.state))
    words = checked_words(command.done_text)
    if command.reached not in REACHED:
        raise HourRefused("reached", "reached")
    lesson, module_id = _lesson_of(actor, command, found)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    late = check_stated(stated, limits(plan, policy), now)
    check_free(stated, [facts_of(r) for r in rows], policy["plan_daily_minutes"])
    if lesson is not None:
        lesson.state = "attended"
        lesson.version += 1
    line = Line(
        EntryKind.LOG, command.op_id, lesson_id=lesson.id if lesson else None, module_id=module_id, starts_at=command.starts_at,
        ends_at=command.ends_at, minutes=command.minutes, instructor_id=actor.person_id, guardian_present=command.guardian_present,
        reached=command.reached, product=command.product, late=late, words=words,
    )
    return Logged(post(session, actor, ring, plan, [line], Change(waiting=command.minutes, waiting_count=1), now), late)


def limits(plan: EducationPlan, policy: Policy) -> Limits:
    """What policy says for a plan."""
    return Limits(policy["plan_daily_minutes"], policy["hour_entry_late_days"], plan.starts_on)


def checked_words(text: str) -> str:
    """The words of a lesson, tidied. Raises HourRefused where there are none or too many."""
    words = text.replace("\r\n", "\n").strip()
    if not words or len(words) > LONGEST_TEXT:
        raise HourRefused("words" if not words else "words_long", "done_text", most=LONGEST_TEXT)
    return words


def _given_statement(*, planned: bool) -> Any:
    district: Any = bindparam("of_district")
    plan: Any = bindparam("of_plan")
    rested = exists().where(
        PlanPause.district_id == district, PlanPause.plan_id == plan, PlanPause.from_on <= bindparam("last_day"),
        or_(PlanPause.to_on.is_(None), PlanPause.to_on > bindparam("first_day")),
    )
    of_lesson = and_(PlanLesson.district_id == district, PlanLesson.plan_id == plan, PlanLesson.id == bindparam("of_lesson"))
    return (
        select(PlanModule, PlanLesson, rested.label("rested")).join(Person, Person.district_id == PlanModule.district_id)
        .join(PlanLesson, of_lesson, isouter=True)
        .where(
            PlanModule.district_id == district, PlanModule.plan_id == plan, Person.id == bindparam("by_person"),
            PlanModule.id == (PlanLesson.module_id if planned else bindparam("of_module")),
        )
        .with_for_update(of=Person, key_share=True)
    )


_GIVEN_LESSON, _GIVEN_MODULE = _given_statement(planned=True), _given_statement(planned=False)
"""Built once, as the others below: putting a statement together costs more than the database's work on it."""


def _given(session: Session, actor: Actor, plan: EducationPlan, command: LogLesson) -> Any:
    """The module, the planned lesson if one is named, and whether the plan rested then. Holds the row of who teaches.

    One statement. Raises HourRefused where there is none.
    """
    if actor.person_id is None:
        raise HourRefused("no_person")
    row = session.execute(_GIVEN_LESSON if command.lesson_id else _GIVEN_MODULE, {
        "of_district": plan.district_id, "of_plan": plan.id, "of_lesson": command.lesson_id or "", "of_module": command.module_id,
        "by_person": actor.person_id, "first_day": local_day(command.starts_at), "last_day": local_day(command.ends_at),
    }, execution_options={"populate_existing": True}).one_or_none()
    if row is None or (command.lesson_id and row.PlanLesson is None):
        raise HourRefused("no_such_lesson", "lesson")
    return row


def _lesson_of(actor: Actor, command: LogLesson, row: Any) -> tuple[PlanLesson | None, str]:
    """The lesson to mark as held and the module. Raises HourRefused where it is not the actor's, or no lesson to log any more."""
    module, lesson = row.PlanModule, row.PlanLesson
    if row.rested:
        raise HourRefused("rested_then", "day")
    if (lesson.instructor_id if lesson else None) not in {None, actor.person_id} or (
        (lesson is None or lesson.instructor_id is None) and module.instructor_id != actor.person_id
    ):
        raise HourRefused("not_instructor")
    if lesson is not None and lesson.state != "planned":
        raise HourRefused("lesson_settled", "lesson")
    if lesson is None and module.dropped_at is not None:
        raise HourRefused("no_such_lesson", "lesson")
    return lesson, module.id


def _taken_statement() -> Any:
    here = _E.district_id == bindparam("of_district")  # in every branch: each has an index that begins with it, together they have none
    window = and_(_E.starts_at >= bindparam("from_at"), _E.starts_at < bindparam("before"), _E.ends_at > bindparam("after"))
    return select(*ENTRY_COLUMNS).where(or_(
        and_(here, _E.student_mark == bindparam("of_pupil"), window), and_(here, _E.instructor_id == bindparam("by_person"), window),
        and_(here, _E.plan_id == bindparam("of_plan"), _E.op_id == bindparam("by_op")),
    ))


_TAKEN = _taken_statement()


def taken_times(session: Session, plan: EducationPlan, stated: Stated, op_id: str) -> list[Any]:
    """Lines of this pupil and this instructor, in whatever plan, on the days of a lesson; and what this operation posted. One statement."""
    if stated.ends_at <= stated.starts_at:
        raise HourRefused("times", "ends")
    first, last = day_bounds(local_day(stated.starts_at))[0], day_bounds(local_day(stated.ends_at))[1]
    return list(session.execute(_TAKEN, {
        "of_district": plan.district_id, "of_plan": plan.id, "by_op": op_id, "of_pupil": plan.student_mark, "by_person": stated.instructor_id,
        "from_at": first - timedelta(days=1), "after": first, "before": last,
    }))


# --- the second person -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineSeen:
    """A line of a locked plan with what was said to it, and the minutes that count so far."""

    plan: EducationPlan
    row: Any
    state: LineState | None
    done: int
    repeated: int | None


def _line_statement() -> Any:
    """A line, what refers to it, and what counts in the plan: always the sum of the lines themselves, never a projection."""
    every = cast("Table", HourEntry.__table__).alias()
    done = select(func.coalesce(func.sum(every.c.counted_minutes), 0)).where(
        every.c.district_id == bindparam("of_district"), every.c.plan_id == bindparam("of_plan")
    )
    return select(*ENTRY_COLUMNS, done.scalar_subquery().label("done")).where(
        _E.district_id == bindparam("of_district"), _E.plan_id == bindparam("of_plan"),
        or_(_E.number == bindparam("of_number"), _E.refers_to == bindparam("of_number"), _E.op_id == bindparam("by_op")),
    )


_LINE = _line_statement()


def seen_line(session: Session, actor: Actor, ring: KeyRing, plan_id: str, number: int, op_id: str, kinds: frozenset[str], now: datetime) -> LineSeen:
    """Lock a plan and look at one of its lines, as somebody who may confirm it. Three statements. Raises NotFound, HourRefused."""
    plan = locked_with_pupil(session, actor, plan_id, now, Permission.HOURS_CONFIRM)
    rows = list(session.execute(_LINE, {"of_district": plan.district_id, "of_plan": plan.id, "of_number": number, "by_op": op_id}))
    row = next((r for r in rows if r.number == number), None)
    if row is None:
        raise HourRefused("no_such_line")
    if (before := posted_before(rows, plan, op_id, kinds)) is not None:
        return LineSeen(plan, row, None, row.done, before)
    (check_correction_state if row.kind == EntryKind.CORRECTION else check_state)(PlanState(plan.state))
    guardian = actor.person_id is not None and is_guardian(session, plan.district_id, plan.party_id, ring.mark("person", actor.person_id))
    check_second_person(Hand(actor.account_id, actor.person_id), Hand(row.actor_id, row.actor_person), row.instructor_id, guardian=guardian)
    facts = [facts_of(r) for r in rows if number in {r.number, r.refers_to}]
    return LineSeen(plan, row, _state_of(facts, plan.id, number), row.done, None)


def _state_of(facts: list[EntryFacts], plan_id: str, number: int) -> LineState | None:
    """A line's state from itself and what refers to it; a reversal refers to the confirmation and is not needed to refuse a second word."""
    return line_states(facts).get((plan_id, number))


@dataclass(frozen=True, slots=True)
class Verdict:
    """A word on a line. ``number`` of the log; ``reason`` a code of ``REFUSAL_REASONS`` where it is refused."""

    plan_id: str
    number: int
    op_id: str
    reason: str = ""


def confirm_hours(session: Session, actor: Actor, ring: KeyRing, command: Verdict, now: datetime) -> Confirmed:
    """Confirm a logged lesson: its minutes count, up to the total; reaching it moves the plan to ``hours_reached`` and never further.

    Raises NotFound, HourRefused, AnotherPersonWanted.
    """
    kinds = frozenset({EntryKind.CONFIRM, EntryKind.OVERRUN})
    seen = seen_line(session, actor, ring, command.plan_id, command.number, command.op_id, kinds, now)
    plan, row = seen.plan, seen.row
    if seen.repeated is not None:
        return Confirmed(seen.repeated, 0, 0, plan.state, repeated=True)
    check_verdict(row.kind, seen.state, confirming=True)
    counts = to_count(row.minutes, seen.done, plan.total_minutes)
    if not counts and seen.state is LineState.OVERRUN:
        raise HourRefused("settled_already")
    line = verdict_line(row, EntryKind.CONFIRM if counts else EntryKind.OVERRUN, command.op_id, counts)
    waited = seen.state is LineState.WAITING
    change = Change(counts, -row.minutes * waited, -1 * waited, now if counts else None)
    number = post(session, actor, ring, plan, [line], change, now)
    if row.guardian_present and row.lesson_id:
        guardian_was_there(session, actor, plan, row.lesson_id, now)
    after_counting(session, actor, plan, seen.done + counts, now)
    return Confirmed(number, counts, row.minutes - counts, plan.state)


def verdict_line(row: Any, kind: EntryKind, op_id: str, counts: int = 0, reason: str = "") -> Line:
    """A line that says something to another one; it carries that one's times, so that one look at a day sees both."""
    return Line(
        kind, op_id, refers_to=row.number, lesson_id=row.lesson_id, module_id=row.module_id, starts_at=row.starts_at, ends_at=row.ends_at,
        minutes=row.minutes, counted_minutes=counts, instructor_id=row.instructor_id, guardian_present=row.guardian_present, reason=reason,
    )


def guardian_was_there(session: Session, actor: Actor, plan: EducationPlan, lesson_id: str, now: datetime) -> None:
    """Close what the plan asks of the guardian for this lesson; the pupil's minutes never wait for it (case 79)."""
    session.execute(update(GuardianPart).where(
        GuardianPart.district_id == plan.district_id, GuardianPart.plan_id == plan.id, GuardianPart.lesson_id == lesson_id,
        GuardianPart.kind == "lesson_with", GuardianPart.done_at.is_(None),
    ).values(done_at=now, done_entered_by=actor.account_id))


def after_counting(session: Session, actor: Actor, plan: EducationPlan, done: int, now: datetime) -> None:
    """Bring the plan's state in line with its hours; reaching the total sets the day by which the committee reviews."""
    before = plan.hours_reached_at
    settle_hours(session, actor, plan, done, now)
    if before is None and plan.hours_reached_at is not None:
        today = local_day(now)
        days = policy_for(session, plan.district_id, plan.school_id, today)["review_working_days"]
        last = today + timedelta(days=3 * days + 30)
        book = calendar(session, plan.district_id, plan.school_id, today, last)
        teaching = [d for n in range(1, (last - today).days + 1) if book.kind(d := today + timedelta(days=n)).teaching]
        plan.review_due_on = nth_school_day(teaching, days, last)
        session.flush()


def refuse_hours(session: Session, actor: Actor, ring: KeyRing, command: Verdict, now: datetime) -> Logged:
    """Refuse a log, a correction or a noted absence: it counts nothing, stays in the ledger, and its lesson is open again.

    Raises NotFound, HourRefused, AnotherPersonWanted.
    """
    seen = seen_line(session, actor, ring, command.plan_id, command.number, command.op_id, frozenset({EntryKind.REFUSE}), now)
    if seen.repeated is not None:
        return Logged(seen.repeated, repeated=True)
    plan, row = seen.plan, seen.row
    if command.reason not in REFUSAL_REASONS:
        raise HourRefused("reason", "reason")
    if row.kind == EntryKind.ABSENCE:
        _open_again(session, plan, row.lesson_id, absent=True)
    else:
        check_verdict(row.kind, seen.state, confirming=False)
    if row.kind == EntryKind.LOG and row.lesson_id:
        _open_again(session, plan, row.lesson_id, absent=False)
    line = verdict_line(row, EntryKind.REFUSE, command.op_id, reason=command.reason)
    waited = seen.state is LineState.WAITING
    change = Change(waiting=-row.minutes * (waited and row.kind == EntryKind.LOG), waiting_count=-1 * waited)
    return Logged(post(session, actor, ring, plan, [line], change, now))


def _open_again(session: Session, plan: EducationPlan, lesson_id: str, *, absent: bool) -> None:
    """Let a lesson be logged anew. An absence is taken back only while nothing makes up for it. Raises HourRefused."""
    lesson = session.get(PlanLesson, (plan.district_id, lesson_id), populate_existing=True)
    if lesson is None or lesson.plan_id != plan.id or lesson.state.startswith("absent") is not absent:
        raise HourRefused("settled_already")
    if absent:
        followed = select(PlanLesson.id).where(
            PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.makes_up_id == lesson.id,
            PlanLesson.state != "cancelled",
        )
        if session.execute(followed.limit(1)).first() is not None:
            raise HourRefused("make_up_there")
        lesson.make_up_due_on = None
    lesson.state = "planned"
    lesson.version += 1
    session.flush()
