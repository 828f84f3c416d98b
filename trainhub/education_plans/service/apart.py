"""Who has to do with a plan that was approved, and what keeps the two children apart: kept by the secretary, written down as a step.

What the committee decided (minutes, cadence, days, the guardian's parts) is not touched here. Sources: domain.md cases 80 and 81,
section 6 (never the same room, slot or route), and the common rule of section 4: nothing is overwritten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, PlanAvoid, PlanSummary
from trainhub.education_plans.queries.paper import FORMER
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.rules.scheduling import Avoid
from trainhub.education_plans.service.changing import refuse_people
from trainhub.education_plans.service.drafting import WORDS_LENGTH, DraftRefused, avoid_row
from trainhub.education_plans.service.readers import name_readers
from trainhub.education_plans.service.scheduling import lessons_astray
from trainhub.education_plans.service.steps import locked_plan, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place


@dataclass(frozen=True, slots=True)
class KeepApart:
    """How the other child is protected from now on: words, and everything lessons keep clear of. No name."""

    plan_id: str
    protection: str
    avoid: tuple[Avoid, ...]
    seen_version: int | None = None


def keep_apart(session: Session, actor: Actor, ring: KeyRing, command: KeepApart, now: datetime) -> int:
    """Write the protection of an approved plan anew and return how many booked lessons lie where they may not any more.

    Raises NotFound, StaleVersion, InvalidState, DraftRefused.
    """
    plan = _changeable(session, actor, command.plan_id, now, command.seen_version)
    if len(command.protection) > WORDS_LENGTH:
        raise DraftRefused(field="protection", fault="words_long", most=WORDS_LENGTH)
    if not command.protection.strip():
        raise DraftRefused(field="protection", fault="protection_none")
    there = list(session.scalars(select(PlanAvoid).where(
        PlanAvoid.district_id == plan.district_id, PlanAvoid.plan_id == plan.id, PlanAvoid.dropped_at.is_(None)
    )))
    kept, fresh = _sorted(plan, there, command.avoid, actor, now)
    dropped = [row for row in there if row not in kept]
    before = ring.unseal(plan.sealed_protection, place("education_plan", "sealed_protection", plan.id)) if plan.sealed_protection else ""
    if not fresh and not dropped and before == command.protection:
        raise DraftRefused(field="protection", fault="nothing_changed")
    for row in dropped:
        row.dropped_at = now
    session.add_all(fresh)
    if before and before != command.protection:
        _keep_former(session, actor, ring, plan, before, now)
    plan.sealed_protection = ring.seal(command.protection, place("education_plan", "sealed_protection", plan.id))
    plan.revision += 1
    session.flush()
    astray = lessons_astray(session, ring, plan, now)
    note_step(session, actor, plan, "kept_apart", now, changes={
        "revision": plan.revision, "words": before != command.protection, "added": [row.kind for row in fresh],
        "dropped": [row.id for row in dropped], "astray": len(astray),
    })
    return len(astray)


def name_people(
    session: Session, actor: Actor, ring: KeyRing, plan_id: str, lead_id: str | None, psychologist_id: str | None, now: datetime
) -> None:
    """Say who is in charge of a plan and which psychologist concludes. Raises NotFound, InvalidState, DraftRefused, InstructorConflict."""
    plan = _changeable(session, actor, plan_id, now, None)
    refuse_people(session, ring, plan, {p for p in (lead_id, psychologist_id) if p})
    if (lead_id, psychologist_id) == (plan.lead_person_id, plan.psychologist_id):
        return
    before = [plan.lead_person_id or "", plan.psychologist_id or ""]
    plan.lead_person_id, plan.psychologist_id, plan.revision = lead_id, psychologist_id, plan.revision + 1
    note_step(session, actor, plan, "people_named", now, changes={
        "before": before, "lead": lead_id or "", "psychologist": psychologist_id or "", "revision": plan.revision,
    })
    name_readers(session, plan.district_id, plan.case_id, now)


def _changeable(session: Session, actor: Actor, plan_id: str, now: datetime, seen: int | None) -> EducationPlan:
    plan = locked_plan(session, actor, plan_id, now, seen_version=seen)
    if PlanState(plan.state) in ENDED | {PlanState.DRAFTED}:  # a draft is written anew
        raise InvalidState(state=plan.state, wanted="changed")
    return plan


def _sorted(
    plan: EducationPlan, there: Sequence[PlanAvoid], wanted: Sequence[Avoid], actor: Actor, now: datetime
) -> tuple[list[PlanAvoid], list[PlanAvoid]]:
    """Lines that stay as they are, and those that are new."""
    kept: list[PlanAvoid] = []
    fresh: list[PlanAvoid] = []
    for one in wanted:
        row = avoid_row(plan, one, actor, now)
        same = next((old for old in there if old not in kept and _said(old) == _said(row)), None)
        if same is not None:
            kept.append(same)
        else:
            fresh.append(row)
    return kept, fresh


def _said(row: PlanAvoid) -> tuple[object, ...]:
    return (row.kind, row.weekday, row.from_minute, row.to_minute, row.from_at, row.to_at, row.room, row.person_id)


def _keep_former(session: Session, actor: Actor, ring: KeyRing, plan: EducationPlan, words: str, now: datetime) -> None:
    key = new_id()
    session.add(PlanSummary(
        district_id=plan.district_id, id=key, plan_id=plan.id, kind=FORMER, conclusion="", said_on=local_day(now), entered_by=actor.account_id,
        sealed_text=ring.seal(words, place("plan_summary", "sealed_text", key)), entered_at=now,
    ))
