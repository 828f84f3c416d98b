"""A lesson that was missed, the guardian's notice of it, and the lesson that makes up for it.

Nothing is counted; the missed minutes are owed until a lesson that makes up for them is held. Source: domain.md section 4 and case 79.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.cases.service.notices import RecordNotice, record_notice
from trainhub.cases.service.steps import notify
from trainhub.education_plans.models import EducationPlan, HourEntry, PlanLesson, PlanModule
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.rules.hours import EXCUSED, UNEXCUSED, EntryKind, HourRefused, check_state
from trainhub.education_plans.rules.lifecycle import RUNNING, PlanState
from trainhub.education_plans.rules.pace import nth_school_day
from trainhub.education_plans.rules.scheduling import Placed
from trainhub.education_plans.service.balance import ABSENT, Change, lessons_changed
from trainhub.education_plans.service.hours import Logged
from trainhub.education_plans.service.posting import ENTRY_COLUMNS, Line, locked_with_pupil, post, posted_before
from trainhub.education_plans.service.scheduling import refuse_unprotected
from trainhub.education_plans.service.steps import note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.queries import calendar, policy_for

TO_BE_TOLD = "guardian_to_be_told"
"""The notice that asks the secretary to tell a guardian of missed lessons; one way leads to one plan."""


@dataclass(frozen=True, slots=True)
class MarkAbsent:
    """The pupil did not come. ``reason``: a code of ``EXCUSED`` or ``UNEXCUSED``; which of the two it is follows from it."""

    plan_id: str
    lesson_id: str
    reason: str
    op_id: str


def mark_absent(
    session: Session, actor: Actor, ring: KeyRing, command: MarkAbsent, now: datetime, *, permission: Permission = Permission.HOURS_OWN_WRITE
) -> Logged:
    """Note that a planned lesson was missed: its minutes are to be made up, and the secretary is asked to tell the guardian.

    ``permission``: the instructor's own right, or ``PLAN_WRITE`` of who keeps the plan. Raises NotFound, HourRefused.
    """
    plan = locked_with_pupil(session, actor, command.plan_id, now, permission)
    before = session.execute(select(*ENTRY_COLUMNS).where(
        HourEntry.district_id == plan.district_id, HourEntry.plan_id == plan.id, HourEntry.op_id == command.op_id
    )).all()
    if (number := posted_before(before, plan, command.op_id, frozenset({EntryKind.ABSENCE}))) is not None:
        return Logged(number, repeated=True)
    check_state(PlanState(plan.state))
    if command.reason not in EXCUSED + UNEXCUSED:
        raise HourRefused("reason", "reason")
    lesson = _lesson(session, plan, command.lesson_id)
    if permission is Permission.HOURS_OWN_WRITE and not _gives(session, actor, plan, lesson):
        raise HourRefused("not_instructor")
    if lesson.state != "planned":
        raise HourRefused("lesson_settled", "lesson")
    if lesson.starts_at > now:
        raise HourRefused("future", "lesson")
    lesson.state = "absent_excused" if command.reason in EXCUSED else "absent_unexcused"
    lesson.make_up_due_on, lesson.guardian_told_at = _make_up_by(session, plan, now), None
    lesson.version += 1
    line = Line(
        EntryKind.ABSENCE, command.op_id, lesson_id=lesson.id, module_id=lesson.module_id, starts_at=lesson.starts_at,
        ends_at=lesson.ends_at, minutes=lesson.minutes, instructor_id=lesson.instructor_id, reason=command.reason,
    )
    notify(
        session, plan.district_id, plan.school_id, TO_BE_TOLD, now, role=Role.COMMITTEE_SECRETARY, matter_id=plan.case_id,
        link=f"/plans/{plan.id}",
    )
    return Logged(post(session, actor, ring, plan, [line], Change(), now))


def _lesson(session: Session, plan: EducationPlan, lesson_id: str) -> PlanLesson:
    lesson = session.get(PlanLesson, (plan.district_id, lesson_id), populate_existing=True)
    if lesson is None or lesson.plan_id != plan.id:
        raise HourRefused("no_such_lesson", "lesson")
    return lesson


def _gives(session: Session, actor: Actor, plan: EducationPlan, lesson: PlanLesson) -> bool:
    if lesson.instructor_id is not None:
        return lesson.instructor_id == actor.person_id
    module = session.get(PlanModule, (plan.district_id, lesson.module_id))
    return module is not None and actor.person_id is not None and module.instructor_id == actor.person_id


def _make_up_by(session: Session, plan: EducationPlan, now: datetime) -> date:
    today = local_day(now)
    days = policy_for(session, plan.district_id, plan.school_id, today)["make_up_working_days"]
    last = today + timedelta(days=3 * days + 60)
    book = calendar(session, plan.district_id, plan.school_id, today, last)
    teaching = [d for n in range(1, (last - today).days + 1) if book.kind(d := today + timedelta(days=n)).teaching]
    return nth_school_day(teaching, days, last)


@dataclass(frozen=True, slots=True)
class TellGuardian:
    """A guardian was told of a missed lesson. ``channel``: face, phone, letter, message."""

    plan_id: str
    lesson_id: str
    told_at: datetime
    channel: str


def guardian_told(session: Session, actor: Actor, ring: KeyRing, command: TellGuardian, now: datetime) -> None:
    """Note that a guardian was told of a missed lesson: the notice is the case's, its time stands beside the lesson.

    Told once; attempts that reached nobody are noted on the case. Raises NotFound, HourRefused, CaseRefused.
    """
    plan = seen_plan(session, actor, Permission.PLAN_WRITE, command.plan_id, now)
    lesson = _lesson(session, plan, command.lesson_id)
    if lesson.state not in ABSENT:
        raise HourRefused("no_such_lesson", "lesson")
    if command.told_at > now or command.told_at < lesson.starts_at:
        raise HourRefused("told_when", "told_at")
    if lesson.guardian_told_at is not None:
        return
    record_notice(session, ring, actor, RecordNotice(  # locks the case, which comes before its plans everywhere
        party_id=plan.party_id, about="missed_lesson", channel=command.channel, outcome="acknowledged", happened_at=command.told_at,
        object_id=lesson.id,
    ), now)
    plan = locked_with_pupil(session, actor, command.plan_id, now, Permission.PLAN_WRITE)
    lesson.guardian_told_at = command.told_at
    lesson.version += 1
    note_step(session, actor, plan, "guardian_told", now, changes={"lesson": lesson.id}, occurred_at=command.told_at)


def nobody_left_to_tell(session: Session, district_id: str, lesson_id: str) -> str | None:
    """The plan of a missed lesson that a guardian just heard of, where it was the last one; None where others wait. Two statements."""
    lesson = session.get(PlanLesson, (district_id, lesson_id))
    if lesson is None:
        return None
    others = select(PlanLesson.id).where(
        PlanLesson.district_id == district_id, PlanLesson.plan_id == lesson.plan_id, PlanLesson.state.in_(ABSENT),
        PlanLesson.guardian_told_at.is_(None), PlanLesson.id != lesson.id,
    )
    return lesson.plan_id if session.scalar(others.limit(1)) is None else None


@dataclass(frozen=True, slots=True)
class PlanMakeUp:
    """A lesson that makes up for a missed one. ``instructor_id`` "" keeps the one of the missed lesson."""

    plan_id: str
    missed_id: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    room: str = ""
    instructor_id: str = ""


def plan_make_up(session: Session, actor: Actor, command: PlanMakeUp, now: datetime, *, ring: KeyRing | None = None) -> str:
    """Plan the lesson that makes up for a missed one and return its id. Raises NotFound, HourRefused, LessonRefused.

    With ``ring`` it keeps clear of the other child and of exams like every lesson (domain.md case 81).
    """
    plan = locked_with_pupil(session, actor, command.plan_id, now, Permission.PLAN_WRITE)
    if PlanState(plan.state) not in RUNNING:
        raise HourRefused("plan_rests" if plan.state in {PlanState.PAUSED, PlanState.STAYED} else "plan_ended")
    missed = _lesson(session, plan, command.missed_id)
    if missed.state not in ABSENT:
        raise HourRefused("no_such_lesson", "lesson")
    length = int((command.ends_at - command.starts_at).total_seconds()) // 60
    if length <= 0 or command.starts_at <= now:
        raise HourRefused("make_up_times", "starts")
    if local_day(command.starts_at) > plan.due_on:
        raise HourRefused("make_up_after_end", "day")
    if not 0 < command.minutes <= length:
        raise HourRefused("minutes", "minutes", length=length)
    instructor = command.instructor_id or missed.instructor_id
    _check_planned(session, plan, missed, command, instructor)
    if ring is not None:
        refuse_unprotected(session, ring, plan, Placed(missed.module_id, command.starts_at, command.ends_at, instructor, command.room), now)
    lesson = PlanLesson(
        district_id=plan.district_id, id=new_id(), plan_id=plan.id, module_id=missed.module_id, state="planned",
        starts_at=command.starts_at, ends_at=command.ends_at, minutes=command.minutes, room=command.room[:60], instructor_id=instructor,
        makes_up_id=missed.id, planned_by=actor.account_id, planned_at=now,
    )
    session.add(lesson)
    lessons_changed(session, plan, now)
    note_step(session, actor, plan, "make_up_planned", now, changes={
        "lesson": lesson.id, "missed": missed.id, "starts_at": command.starts_at.isoformat(), "minutes": command.minutes,
    })
    return lesson.id


def _check_planned(session: Session, plan: EducationPlan, missed: PlanLesson, command: PlanMakeUp, instructor: str | None) -> None:
    """Nobody is planned into two places, and a missed lesson is made up for once. One statement. Raises HourRefused."""
    pupil = select(EducationPlan.id).where(EducationPlan.district_id == plan.district_id, EducationPlan.student_mark == plan.student_mark)
    here = PlanLesson.district_id == plan.district_id  # in every branch: each has its index
    overlap = (PlanLesson.starts_at < command.ends_at) & (PlanLesson.ends_at > command.starts_at) & (PlanLesson.state == "planned")
    rows = session.execute(
        select(PlanLesson.plan_id, PlanLesson.instructor_id, PlanLesson.makes_up_id, EducationPlan.student_mark)
        .join(EducationPlan, (EducationPlan.district_id == PlanLesson.district_id) & (EducationPlan.id == PlanLesson.plan_id))
        .where(PlanLesson.state != "cancelled", or_(
            here & (PlanLesson.makes_up_id == missed.id) & (PlanLesson.plan_id == plan.id),
            here & overlap & PlanLesson.plan_id.in_(pupil), here & overlap & (PlanLesson.instructor_id == (instructor or "")),
        ))
    ).all()
    for row in rows:
        if row.makes_up_id == missed.id:
            raise HourRefused("make_up_there")
        raise HourRefused("pupil_elsewhere" if row.student_mark == plan.student_mark else "instructor_elsewhere", "starts")
