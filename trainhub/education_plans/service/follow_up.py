"""Contacts after the end (跟踪回访): with both children, separately, at the intervals of the policy; a relapse opens a case of its own.

Hours that were closed stay closed, whatever comes later (domain.md case 85).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there
from trainhub.cases.queries.refs import PartyRef, latest_determinations, party_refs
from trainhub.cases.rules.lifecycle import CaseFacts
from trainhub.cases.service.opening import open_relapse
from trainhub.cases.service.progress import being_carried_out, carried_out
from trainhub.education_plans.models import EducationPlan, FollowUp
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.rules.review import contacts
from trainhub.education_plans.service.steps import note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.service import NewEntry, append
from trainhub.roster.queries import policy_for

FINDINGS = ("well", "uneasy", "unsafe")
NOTE_LENGTH = 1000


class FollowUpRefused(DomainError):
    """The contact was recorded already, or what is said does not fit."""

    code = "follow_up_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class Record:
    """What a contact found. ``state``: done, not_reachable, relapse. The note is sealed."""

    follow_up_id: str
    state: str
    finding: str = ""
    note: str = ""


def schedule_contacts(session: Session, actor: Actor, plan: EducationPlan, now: datetime, *, gone: bool = False) -> int:
    """Set the contacts that follow the end of a plan; those that are there stay. The case goes on to its follow-up once no plan is open.

    ``gone``: the pupil is at a school outside, which asks by itself; the other child is asked here.
    """
    parties = party_refs(session, plan.district_id, plan.case_id)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    made = _set(session, plan.district_id, plan.school_id, plan.case_id, [p for p in parties if p.party_id == plan.party_id and not gone], parties, policy["follow_up_plan"], now)
    append(session, NewEntry(
        district_id=plan.district_id, school_id=plan.school_id, kind="follow_up.scheduled", subject_ref=plan.party_id, object_ref=plan.id,
        payload={"contacts": made, "intervals": policy["follow_up_plan"]}, occurred_at=now, recorded_at=now, actor_ref=actor.account_id,
        acting_role=actor.role.value,
    ))
    settle_case(session, actor, plan.case_id, now)
    return made


def settle_case(session: Session, actor: Actor, case_id: str, now: datetime) -> bool:
    """Carry a case on to its follow-up once no plan of it is open or owed any more, however the last one ended. Returns whether it went.

    What ends a plan calls this, and what ends a finding: a case never waits for a plan that will not come. Plans of support are not
    asked; they go on behind their wall and hold up the sealing only.
    """
    session.flush()
    if not being_carried_out(session, actor, case_id):
        return False
    if open_plans(session, actor.district_id, case_id) or plans_owed(session, actor.district_id, case_id):
        return False
    return carried_out(session, actor, case_id, now)


def drop_contacts(session: Session, actor: Actor, plan: EducationPlan, now: datetime) -> int:
    """Drop the contacts to come with a pupil about whom nothing stands any more; those with the other child go on. Returns how many.

    What was recorded stays in the file. Sources: domain.md case 69, and 3.4: protection never stops.
    """
    rows = session.scalars(select(FollowUp).where(
        FollowUp.district_id == plan.district_id, FollowUp.case_id == plan.case_id, FollowUp.party_id == plan.party_id, FollowUp.side == "actor",
        FollowUp.state == "scheduled",
    ).with_for_update()).all()
    for row in rows:
        row.state = "dropped"
    if rows:
        note_step(session, actor, plan, "contacts_dropped", now, changes={"contacts": len(rows)})
    return len(rows)


def _set(
    session: Session, district_id: str, school_id: str, case_id: str, actors: list[PartyRef], parties: tuple[PartyRef, ...], intervals: str,
    now: datetime,
) -> int:
    """Add the contacts that are not there yet and return how many: the other child is asked once per interval, not once per plan."""
    targets = [p for p in parties if "target" in p.roles and p.left_on is None]
    there = {
        (row.party_id, row.side, row.due_on) for row in session.execute(select(FollowUp.party_id, FollowUp.side, FollowUp.due_on).where(
            FollowUp.district_id == district_id, FollowUp.case_id == case_id
        ))
    }
    sides = {(party, side) for party, side, _ in there if side == "target"}
    own_school = {p.party_id: p.school_id for p in parties}  # each child is asked by its own school
    fresh = [
        c for c in contacts(local_day(now), intervals, [p.party_id for p in actors], [p.party_id for p in targets])
        if (c.party_id, c.side, c.due_on) not in there and (c.party_id, c.side) not in sides
    ]
    session.add_all(
        FollowUp(
            district_id=district_id, id=new_id(), school_id=own_school[c.party_id] if c.side == "target" else school_id, case_id=case_id, party_id=c.party_id, side=c.side, due_on=c.due_on,
            state="scheduled",
        )
        for c in fresh
    )
    return len(fresh)


def open_plans(session: Session, district_id: str, case_id: str) -> int:
    """How many plans of a case have not ended, or have and wait for the committee again after an erratum."""
    query = select(func.count()).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id == case_id, or_(
            and_(EducationPlan.state.not_in([s.value for s in ENDED]), EducationPlan.ended_at.is_(None)), EducationPlan.erratum_at.is_not(None),
        ),
    )
    return int(session.scalar(query) or 0)


def plans_owed(session: Session, district_id: str, case_id: str) -> int:
    """How many standing findings of bullying have no plan yet (SA42: a plan for every confirmed actor).

    A plan that ended under an earlier version is enough where it asked for as many minutes: what was done carries over.
    """
    rows = session.execute(select(EducationPlan.determination_id, EducationPlan.party_id, EducationPlan.state, EducationPlan.total_minutes).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id == case_id, EducationPlan.state != PlanState.REVOKED.value
    )).all()
    having = {row.determination_id for row in rows}
    done = {row.party_id: row.total_minutes for row in rows if row.state == PlanState.COMPLETED.value}
    found = latest_determinations(session, district_id, case_id).values()
    return sum(
        d.stands and d.outcome == "bullying" and d.determination_id not in having and done.get(d.party_id, 0) < max(1, d.plan_minutes) for d in found
    )


def follow_ups_open(session: Session, district_id: str, case_id: str) -> int:
    """How many contacts of a case are still to come: one that could not be reached was tried and is written down."""
    query = select(func.count()).where(FollowUp.district_id == district_id, FollowUp.case_id == case_id, FollowUp.state == "scheduled")
    return int(session.scalar(query) or 0)


def contacts_to_come(session: Session, district_id: str, party_id: str) -> int:
    """How many contacts with a pupil on the side of those who acted are still to come. One statement."""
    query = select(func.count()).where(
        FollowUp.district_id == district_id, FollowUp.party_id == party_id, FollowUp.side == "actor", FollowUp.state == "scheduled"
    )
    return int(session.scalar(query) or 0)


def plan_facts(session: Session, district_id: str, case_id: str, facts: CaseFacts) -> CaseFacts:
    """What this room knows for the guards of a case (``cases.registry.FactSource``)."""
    return replace(
        facts, plans_open=open_plans(session, district_id, case_id), plans_owed=plans_owed(session, district_id, case_id),
        follow_ups_open=follow_ups_open(session, district_id, case_id),
    )


def record_contact(session: Session, actor: Actor, ring: KeyRing, command: Record, now: datetime) -> str | None:
    """Record a contact; returns the id of the linked new case where it found a relapse. Raises NotFound, FollowUpRefused."""
    row = _locked(session, actor, command.follow_up_id, now)
    if row.state not in {"scheduled", "not_reachable"} or command.state not in {"done", "not_reachable", "relapse"}:
        raise FollowUpRefused(why="state")
    if command.state != "not_reachable" and command.finding not in FINDINGS:
        raise FollowUpRefused(field="finding", why="finding")
    if len(command.note) > NOTE_LENGTH:
        raise FollowUpRefused(field="note", why="note")
    row.state, row.finding, row.done_at, row.done_by = command.state, command.finding, now, actor.account_id
    if command.note.strip():
        row.sealed_note = ring.seal(command.note.strip(), place("follow_up", "sealed_note", row.id))
    if command.state == "relapse":
        row.new_case_id = open_relapse(session, ring, actor, row.case_id, now)
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind="follow_up.recorded", subject_ref=row.party_id, object_ref=row.id,
        payload={"state": row.state, "finding": row.finding, "side": row.side, "new_case": row.new_case_id or ""}, occurred_at=now,
        recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
    return row.new_case_id


def _locked(session: Session, actor: Actor, follow_up_id: str, now: datetime) -> FollowUp:
    query = select(FollowUp).where(
        FollowUp.district_id == actor.district_id, FollowUp.id == follow_up_id,
        FollowUp.school_id.in_(actor.scope(Permission.PLAN_WRITE).school_ids or frozenset()), case_there(actor, FollowUp.case_id, now),
    ).with_for_update(of=FollowUp)
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    return row
