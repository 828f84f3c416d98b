"""Which plans somebody may see. A plan follows its case: sealed or recused, it is not there."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there, duty_for
from trainhub.education_plans.models import EducationPlan, PlanLesson, PlanModule
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.permissions import Permission, Reach, Role, reach

_NO_LEAD = [s.value for s in (PlanState.DRAFTED, *ENDED)]
_TEACHES = frozenset({Permission.HOURS_OWN_READ, Permission.HOURS_OWN_WRITE})


def visible(actor: Actor, permission: Permission, now: datetime) -> ColumnElement[bool]:
    """The condition under which a plan exists for the actor under a right. Raises Forbidden where the role does not carry it."""
    how_far = reach(actor.role, permission)
    if how_far is None or how_far is Reach.PUBLIC:
        raise Forbidden
    return and_(
        EducationPlan.district_id == actor.district_id, _within(actor, permission, how_far, now), case_there(actor, EducationPlan.case_id, now)
    )


def _within(actor: Actor, permission: Permission, how_far: Reach, now: datetime) -> ColumnElement[bool]:
    if permission in _TEACHES:
        own = teaches(actor)
        return or_(own, leads(actor)) if permission is Permission.HOURS_OWN_READ and actor.role is Role.PLAN_INSTRUCTOR else own
    if how_far is Reach.SCHOOL:
        return EducationPlan.school_id == actor.org_id
    if how_far is Reach.OWN:  # a duty follows nobody to another school
        return and_(duty_for(actor, EducationPlan.case_id, now), EducationPlan.school_id == actor.org_id)
    return duty_for(actor, EducationPlan.case_id, now)


def teaches(actor: Actor) -> ColumnElement[bool]:
    """The actor gives a module or a lesson of the plan (security.md section 3: an educator sees the own plan's pupil only), as one of its school."""
    if actor.person_id is None:
        return EducationPlan.id.is_(None)
    module = exists().where(
        PlanModule.district_id == EducationPlan.district_id, PlanModule.plan_id == EducationPlan.id,
        PlanModule.instructor_id == actor.person_id, PlanModule.dropped_at.is_(None),
    )
    lesson = exists().where(
        PlanLesson.district_id == EducationPlan.district_id, PlanLesson.plan_id == EducationPlan.id,
        PlanLesson.instructor_id == actor.person_id, PlanLesson.state != "cancelled",
    )
    return and_(or_(module, lesson), EducationPlan.school_id == actor.org_id)


def leads(actor: Actor) -> ColumnElement[bool]:
    """The actor is the teacher in charge (负责教师) of a plan that was approved and is not over: sees whose it is, and of its lines the own."""
    if actor.person_id is None:
        return EducationPlan.id.is_(None)
    return and_(
        EducationPlan.lead_person_id == actor.person_id, EducationPlan.state.not_in(_NO_LEAD), EducationPlan.school_id == actor.org_id
    )


def seen_plan(session: Session, actor: Actor, permission: Permission, plan_id: str, now: datetime, *, lock: bool = False) -> EducationPlan:
    """Return one plan that exists for the actor; ``lock`` holds its row until the end of the transaction. Raises NotFound."""
    query = select(EducationPlan).where(visible(actor, permission, now), EducationPlan.id == plan_id)
    if lock:
        query = query.with_for_update(of=EducationPlan)
    plan = session.scalars(query, execution_options={"populate_existing": True} if lock else {}).one_or_none()
    if plan is None:
        raise NotFound
    return plan


def those_seen(session: Session, actor: Actor, permission: Permission, plan_ids: Collection[str], now: datetime) -> frozenset[str]:
    """Which of these plans exist for the actor. One statement."""
    return frozenset(session.scalars(select(EducationPlan.id).where(visible(actor, permission, now), EducationPlan.id.in_(plan_ids))))
