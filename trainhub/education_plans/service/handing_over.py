"""A plan goes with its pupil to another school: sealed package, receipt, acceptance (domain.md cases 75, 76).

Until the receiver accepts, the plan is interrupted and never completed. The package says what is owed and what was taught; of the other
child it says nothing. The school that sent it keeps a file it can no longer change.
"""

import json
import secrets
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.service.noticing import settle
from trainhub.cases.service.steps import next_number, notify
from trainhub.education_plans.models import EducationPlan, HandOver, PlanBalance, PlanLesson, PlanModule
from trainhub.education_plans.rules.lifecycle import PlanFacts, PlanState
from trainhub.education_plans.service.balance import lessons_changed
from trainhub.education_plans.service.follow_up import schedule_contacts
from trainhub.education_plans.service.running import done_minutes
from trainhub.education_plans.service.steps import locked_plan, move_plan, note_step
from trainhub.education_plans.service.transit import TOLD, bring_back
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place

REASONS = ("transfer", "next_stage", "special_school")
_SIGNS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class HandOverRefused(DomainError):
    """It cannot be handed over so; ``why``: reason, school, receipt, state, same_person, stayed, nothing_owed."""

    code = "hand_over_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class Send:
    """A plan to hand over: to a school of this district by its id, or to one outside through its bureau."""

    plan_id: str
    reason: str
    to_school_id: str | None = None
    to_outside: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """The hand-over and the receipt number that the receiver gives back. It is shown once."""

    hand_over_id: str
    receipt: str


def send_plan(session: Session, actor: Actor, ring: KeyRing, command: Send, now: datetime) -> Sent:
    """Seal what the next school needs, stop the plan here, and tell the receiver. Raises HandOverRefused, NotFound, InvalidState."""
    plan = locked_plan(session, actor, command.plan_id, now)
    if command.reason not in REASONS:
        raise HandOverRefused(field="reason", why="reason")
    if bool(command.to_school_id) == bool(command.to_outside.strip()) or command.to_school_id == plan.school_id:
        raise HandOverRefused(field="to_school_id", why="school")
    if plan.state == PlanState.STAYED.value:
        raise HandOverRefused(why="stayed")  # the county's stay holds here; elsewhere the plan would run on without it
    done = done_minutes(session, plan)
    if done >= plan.total_minutes:
        raise HandOverRefused(why="nothing_owed")
    receipt, hand_over_id, year = make_receipt(), new_id(), local_day(now).year
    cancelled = _cancel_coming(session, plan, now)
    package = _package(session, ring, plan, done)
    session.add(HandOver(
        district_id=plan.district_id, id=hand_over_id, plan_id=plan.id, from_school_id=plan.school_id, to_school_id=command.to_school_id,
        to_outside=command.to_outside.strip()[:120], reason=command.reason, consent="not_needed", done_minutes=done,
        owed_minutes=max(0, plan.total_minutes - done), receipt_mark=ring.mark("hand_over", receipt), state="sent", sent_at=now,
        sent_by=actor.account_id, sealed_package=ring.seal(package, place("plan_hand_over", "sealed_package", hand_over_id)),
        list_year=year, list_number=next_number(session, plan.district_id, plan.school_id, "transfer_list", year),
    ))
    rested_from, plan.resume_state = plan.resume_state, plan.state
    move_plan(session, actor, plan, PlanState.HANDED_OVER, PlanFacts(), now, changes={
        "hand_over": hand_over_id, "to": command.to_school_id or "outside", "done": done, "cancelled": cancelled, "resume": rested_from,
    })
    if command.to_school_id:
        notify(session, plan.district_id, command.to_school_id, "hand_over_waiting", now, role=Role.CASE_OFFICER, matter_id=plan.case_id, link="/hand-overs")
    return Sent(hand_over_id, receipt)


def _cancel_coming(session: Session, plan: EducationPlan, now: datetime) -> int:
    rows = session.scalars(select(PlanLesson).where(
        PlanLesson.district_id == plan.district_id, PlanLesson.plan_id == plan.id, PlanLesson.state == "planned"
    )).all()
    for row in rows:
        row.state = "cancelled"
        row.version += 1
    if rows:
        lessons_changed(session, plan, now)
    return len(rows)


def make_receipt() -> str:
    """A receipt number of three groups of four signs that nobody confuses."""
    return "-".join("".join(secrets.choice(_SIGNS) for _ in range(4)) for _ in range(3))


def _package(session: Session, ring: KeyRing, plan: EducationPlan, done: int) -> str:
    """What the next school needs to go on: goals, modules, minutes. Nothing of the other child, of grounds, of anybody's words."""
    modules = session.scalars(select(PlanModule).where(
        PlanModule.district_id == plan.district_id, PlanModule.plan_id == plan.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no))
    goals = ring.unseal(plan.sealed_goals, place("education_plan", "sealed_goals", plan.id)) if plan.sealed_goals else ""
    return json.dumps({
        "total_minutes": plan.total_minutes, "done_minutes": done, "per_week": plan.per_week, "lesson_minutes": plan.lesson_minutes,
        "grade": plan.grade, "stage": plan.stage, "goals": goals, "due_on": plan.due_on.isoformat(),
        "modules": [[m.kind, m.minutes, m.pack_id or ""] for m in modules],
    }, ensure_ascii=False, sort_keys=True)


def incoming(session: Session, actor: Actor) -> list[HandOver]:
    """Hand-overs that wait for the actor's school, oldest first. One statement."""
    scope = actor.scope(Permission.PLAN_WRITE)
    query = select(HandOver).where(
        HandOver.district_id == actor.district_id, HandOver.to_school_id.in_(scope.school_ids or frozenset()), HandOver.state == "sent",
        HandOver.plan_id.is_not(None),
    ).order_by(HandOver.sent_at)
    return list(session.scalars(query))


def accept_plan(session: Session, actor: Actor, ring: KeyRing, hand_over_id: str, receipt: str, due_on: date, now: datetime) -> str:
    """Take a plan over with its receipt number; what is still owed becomes a plan of this school. Returns the new plan's id.

    Raises NotFound, HandOverRefused.
    """
    old, row = _waiting(session, actor, hand_over_id)
    _check_receipt(ring, row, receipt, actor)
    known = json.loads(ring.unseal(row.sealed_package, place("plan_hand_over", "sealed_package", row.id)))
    fresh = _continued(session, actor, ring, old, row, known["goals"], due_on, now)
    row.state, row.received_at, row.received_by, row.new_plan_id = "accepted", now, actor.account_id, fresh.id
    _number_receipt(session, row, row.to_school_id or "", now)
    old.ended_at = now
    move_plan(session, actor, old, PlanState.ACCEPTED, PlanFacts(receiver_accepted=True), now, changes={"hand_over": row.id, "new_plan": fresh.id})
    settle(session, row.district_id, TOLD, old.case_id, now)
    note_step(session, actor, fresh, "taken_over", now, after=fresh.state, changes={"hand_over": row.id, "owed": fresh.total_minutes, "from": old.id})
    return fresh.id


def return_plan(session: Session, actor: Actor, hand_over_id: str, now: datetime) -> None:
    """Send a hand-over back: it is not this school's pupil. The plan runs on where it was. Raises NotFound."""
    old, row = _waiting(session, actor, hand_over_id)
    row.state, row.received_at, row.received_by = "returned", now, actor.account_id
    bring_back(session, actor, old, row, now)
    settle(session, row.district_id, TOLD, old.case_id, now)
    notify(session, row.district_id, row.from_school_id, "hand_over_returned", now, role=Role.COMMITTEE_SECRETARY, matter_id=old.case_id, link="/plans")


def confirm_outside(session: Session, actor: Actor, ring: KeyRing, hand_over_id: str, receipt: str, now: datetime) -> None:
    """A school of another district gave the receipt number back: the plan is theirs. Noted by somebody other than who sent it.

    Raises NotFound, HandOverRefused.
    """
    row = session.get(HandOver, (actor.district_id, hand_over_id))
    if row is None or row.plan_id is None or row.to_school_id or not actor.scope(Permission.PLAN_WRITE).covers_school(row.from_school_id):
        raise NotFound
    old = locked_plan(session, actor, row.plan_id, now)
    session.refresh(row, with_for_update=True)
    if row.state != "sent":
        raise HandOverRefused(why="state")
    _check_receipt(ring, row, receipt, actor)
    row.state, row.received_at, row.received_by = "accepted", now, actor.account_id
    _number_receipt(session, row, row.from_school_id, now)
    old.ended_at = now
    move_plan(session, actor, old, PlanState.ACCEPTED, PlanFacts(receiver_accepted=True), now, changes={"hand_over": row.id, "outside": True})
    schedule_contacts(session, actor, old, now, gone=True)


def _check_receipt(ring: KeyRing, row: HandOver, receipt: str, actor: Actor) -> None:
    if row.sent_by == actor.account_id:
        raise HandOverRefused(why="same_person")
    if row.receipt_mark != ring.mark("hand_over", receipt.strip().upper()):
        raise HandOverRefused(field="receipt", why="receipt")


def _number_receipt(session: Session, row: HandOver, school_id: str, now: datetime) -> None:
    row.receipt_year = local_day(now).year
    row.receipt_number = next_number(session, row.district_id, school_id, "transfer_receipt", row.receipt_year)


def _waiting(session: Session, actor: Actor, hand_over_id: str) -> tuple[EducationPlan, HandOver]:
    """The plan and its hand-over, locked in this order as everywhere: whoever revokes a plan comes the same way."""
    row = session.get(HandOver, (actor.district_id, hand_over_id))
    if row is None or row.plan_id is None or not actor.scope(Permission.PLAN_WRITE).covers_school(row.to_school_id or ""):
        raise NotFound
    old = session.get_one(EducationPlan, (row.district_id, row.plan_id), with_for_update=True, populate_existing=True)
    session.refresh(row, with_for_update=True)
    if row.state != "sent":
        raise HandOverRefused(why="state")
    return old, row


def _continued(
    session: Session, actor: Actor, ring: KeyRing, old: EducationPlan, row: HandOver, goals: str, due_on: date, now: datetime
) -> EducationPlan:
    """The plan of the receiving school: the same finding, the minutes still owed, the modules by their share, instructors to be named."""
    plan_id, year = new_id(), local_day(now).year
    fresh = EducationPlan(
        district_id=old.district_id, id=plan_id, school_id=row.to_school_id or "", case_id=old.case_id, party_id=old.party_id,
        determination_id=old.determination_id, student_mark=old.student_mark, year=year,
        number=next_number(session, old.district_id, row.to_school_id or "", "plan", year), grade=old.grade, stage=old.stage,
        state=PlanState.NOTIFIED.value, total_minutes=max(1, row.owed_minutes), starts_on=local_day(now), due_on=max(due_on, local_day(now)),
        per_week=old.per_week, lesson_minutes=old.lesson_minutes, approval_item_id=old.approval_item_id, approved_at=old.approved_at,
        notified_at=old.notified_at, policy_version=old.policy_version, made_by=actor.account_id, created_at=now, updated_at=now,
        sealed_goals=ring.seal(goals, place("education_plan", "sealed_goals", plan_id)) if goals else "",
    )
    session.add(fresh)
    session.flush()
    session.add(PlanBalance(district_id=fresh.district_id, plan_id=fresh.id, updated_at=now))
    modules = session.scalars(select(PlanModule).where(
        PlanModule.district_id == old.district_id, PlanModule.plan_id == old.id, PlanModule.dropped_at.is_(None)
    ).order_by(PlanModule.sort_no)).all()
    whole, left = sum(m.minutes for m in modules) or 1, fresh.total_minutes
    for n, module in enumerate(modules, start=1):
        share = left if n == len(modules) else min(left, max(1, module.minutes * fresh.total_minutes // whole))
        left -= share
        if share > 0:
            session.add(PlanModule(
                district_id=fresh.district_id, id=new_id(), plan_id=fresh.id, sort_no=n, kind=module.kind, minutes=share, pack_id=module.pack_id,
                pack_version=module.pack_version, guardian_with=module.guardian_with,
            ))
    session.flush()
    return fresh
