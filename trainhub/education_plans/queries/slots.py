"""Lessons as others may see them: who keeps the plan sees the plan's; a homeroom teacher sees ordinary leave of the own class only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from trainhub.cases.queries.whereabouts import own_pupils_of
from trainhub.education_plans.models import EducationPlan, PlanLesson
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import day_bounds, local_day
from trainhub.kernel.sealing import KeyRing

AHEAD = timedelta(days=14)
_Of = aliased(EducationPlan)


@dataclass(frozen=True, slots=True)
class Slot:
    """A pupil of the own class is away: that is all. The words beside it are the same for every such hour."""

    pupil: str
    class_name: str
    starts_at: datetime
    ends_at: datetime


def booked_lessons(session: Session, plan: EducationPlan) -> Sequence[PlanLesson]:
    """Lessons of a plan that are booked, were missed or are over, in order of time. One statement."""
    query = select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state != "cancelled"
    ).order_by(PlanLesson.starts_at, PlanLesson.id)
    return session.scalars(query).all()


def neutral_slots(session: Session, actor: Actor, ring: KeyRing, now: datetime) -> list[Slot]:
    """Coming hours of two weeks in which a pupil of the actor's own class of that day is away. Pupils are found by their keyed mark.

    Who is homeroom teacher no longer finds nothing here from that day on (domain.md case 74). Somebody who stepped aside from a case
    sees the same: leave is all it says, of no matter. Two statements.
    """
    pupils = own_pupils_of(session, ring, actor, local_day(now))
    if not pupils:
        return []
    plans = select(_Of.id).where(_Of.district_id == actor.district_id, _Of.student_mark.in_(pupils))  # few: their lessons are found by index
    rows = session.execute(
        select(PlanLesson.starts_at, PlanLesson.ends_at, EducationPlan.student_mark)
        .join(EducationPlan, and_(EducationPlan.district_id == PlanLesson.district_id, EducationPlan.id == PlanLesson.plan_id))
        .where(
            PlanLesson.district_id == actor.district_id, PlanLesson.plan_id.in_(plans), EducationPlan.school_id == actor.org_id, EducationPlan.student_mark.in_(pupils),
            PlanLesson.state == "planned", PlanLesson.starts_at >= day_bounds(local_day(now))[0], PlanLesson.starts_at < now + AHEAD,
            EducationPlan.state.not_in(("paused", "stayed", "revoked")),
        ).order_by(PlanLesson.starts_at, PlanLesson.id)
    )
    return [Slot(*pupils[mark], starts_at, ends_at) for starts_at, ends_at, mark in rows]
