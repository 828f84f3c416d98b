"""What every step of a plan shares: the locked row, the step, the ledger, the announcement."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, PlanStep
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.rules.happenings import PlanMoved
from trainhub.education_plans.rules.lifecycle import PlanFacts, PlanState, check_plan_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append


def locked_plan(
    session: Session, actor: Actor, plan_id: str, now: datetime, *, permission: Permission = Permission.PLAN_WRITE, seen_version: int | None = None
) -> EducationPlan:
    """Return a plan the actor may change, locked until the end of the transaction. Raises NotFound, StaleVersion."""
    plan = seen_plan(session, actor, permission, plan_id, now, lock=True)
    if seen_version is not None and plan.version != seen_version:
        raise StaleVersion(seen=seen_version, current=plan.version)
    return plan


def note_step(
    session: Session, actor: Actor, plan: EducationPlan, step: str, now: datetime, *, before: str = "", after: str = "",
    changes: Mapping[str, Any] | None = None, occurred_at: datetime | None = None,
) -> None:
    """Write one step of a plan down, in its history and in the school's chain. ``changes``: ids, codes, numbers, ISO times; never words."""
    facts = dict(changes or {})
    plan.version += 1
    plan.updated_at = now
    session.add(PlanStep(
        district_id=plan.district_id, plan_id=plan.id, id=new_id(), step=step, from_state=before, to_state=after, changes=facts,
        actor_id=actor.account_id, acting_role=actor.role.value, recorded_at=now,
    ))
    append(session, NewEntry(
        district_id=plan.district_id, school_id=plan.school_id, kind=f"plan.{step}", subject_ref=plan.party_id, object_ref=plan.id,
        payload={"from": before, "to": after, "version": plan.version, **facts}, occurred_at=occurred_at or now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value,
    ))


def move_plan(
    session: Session, actor: Actor, plan: EducationPlan, after: PlanState, facts: PlanFacts, now: datetime, *,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Move a plan to a state. Raises InvalidState, PlanStepRefused; announces PlanMoved."""
    before = PlanState(plan.state)
    check_plan_step(before, after, facts)
    plan.state = after.value
    note_step(session, actor, plan, "moved", now, before=before.value, after=after.value, changes=changes)
    announcer.announce(session, PlanMoved(plan.district_id, plan.school_id, plan.id, plan.case_id, before.value, after.value))
