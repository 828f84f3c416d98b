"""Contacts after the end (跟踪回访): with both children, separately, at the intervals of the policy; a relapse opens a case of its own.

Hours that were closed stay closed, whatever comes later (domain.md case 85).
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.queries.access import case_there
from trainhub.cases.queries.refs import PartyRef, latest_determinations, party_refs
from trainhub.cases.registry import fact_sources
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState
from trainhub.cases.service.opening import open_relapse
from trainhub.cases.service.outcomes import corrections_open
from trainhub.cases.service.progress import advance, carried_out
from trainhub.education_plans.models import EducationPlan, FollowUp
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.rules.review import contacts
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


def schedule_contacts(session: Session, actor: Actor, plan: EducationPlan, now: datetime) -> int:
    """Set the contacts that follow the end of a plan; those that are there stay. The case goes on to its follow-up once no plan is open."""
    parties = party_refs(session, plan.district_id, plan.case_id)
    policy = policy_for(session, plan.district_id, plan.school_id, local_day(now))
    made = _set(session, plan.district_id, plan.school_id, plan.case_id, [p for p in parties if p.party_id == plan.party_id], parties, policy["follow_up_plan"], now)
    append(session, NewEntry(
        district_id=plan.district_id, school_id=plan.school_id, kind="follow_up.scheduled", subject_ref=plan.party_id, object_ref=plan.id,
        payload={"contacts": made, "intervals": policy["follow_up_plan"]}, occurred_at=now, recorded_at=now, actor_ref=actor.account_id,
        acting_role=actor.role.value,
    ))
    session.flush()
    if not open_plans(session, plan.district_id, plan.case_id) and not plans_owed(session, plan.district_id, plan.case_id):
        carried_out(session, actor, plan.case_id, now)
    return made


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
    """How many plans of a case have not ended."""
    query = select(func.count()).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id == case_id, EducationPlan.state.not_in([s.value for s in ENDED]),
        EducationPlan.ended_at.is_(None),
    )
    return int(session.scalar(query) or 0)


def plans_owed(session: Session, district_id: str, case_id: str) -> int:
    """How many standing findings of bullying have no plan yet (SA42: a plan for every confirmed actor)."""
    having = set(session.scalars(select(EducationPlan.determination_id).where(
        EducationPlan.district_id == district_id, EducationPlan.case_id == case_id, EducationPlan.state != PlanState.REVOKED.value
    )))
    found = latest_determinations(session, district_id, case_id).values()
    return sum(d.stands and d.outcome == "bullying" and d.determination_id not in having for d in found)


def follow_ups_open(session: Session, district_id: str, case_id: str) -> int:
    """How many contacts of a case are still to come: one that could not be reached was tried and is written down."""
    query = select(func.count()).where(FollowUp.district_id == district_id, FollowUp.case_id == case_id, FollowUp.state == "scheduled")
    return int(session.scalar(query) or 0)


def plan_facts(session: Session, district_id: str, case_id: str, facts: CaseFacts) -> CaseFacts:
    """What this room knows for the guards of a case (``cases.registry.FactSource``)."""
    return replace(
        facts, plans_open=open_plans(session, district_id, case_id), plans_owed=plans_owed(session, district_id, case_id),
        follow_ups_open=follow_ups_open(session, district_id, case_id),
    )


def closing_facts(session: Session, district_id: str, case_id: str) -> CaseFacts:
    """Everything that may still keep a case from its end: this room's part, corrections, and what higher rooms say (appeals)."""
    facts = CaseFacts(corrections_open=corrections_open(session, district_id, case_id))
    for source in (plan_facts, *fact_sources()):
        facts = source(session, district_id, case_id, facts)
    return facts


def close_case(session: Session, actor: Actor, case_id: str, now: datetime) -> bool:
    """Close a case once every plan ended, every contact was made, no appeal runs and nobody holds a finding that fell.

    Returns False where it is closed already. Raises NotFound, InvalidState, StepRefused with what is missing.
    """
    return advance(session, actor, case_id, CaseState.CLOSED, closing_facts(session, actor.district_id, case_id), now)


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
