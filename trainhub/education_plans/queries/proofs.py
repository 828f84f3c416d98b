"""What proves the hours of plans: which files there are, and which of them somebody may open. The content takes a ticket of its own."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, HourEntry, HourProof
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.rules.fields import fields_for
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission

Key = tuple[str, int]
"""A line: the id of its plan and its number."""


@dataclass(frozen=True, slots=True)
class ProofRow:
    """A file of a line, by kind only. ``own``: who asks added it."""

    proof_id: str
    kind: str
    added_at: datetime
    own: bool


def proofs_of(session: Session, actor: Actor, plan_ids: Collection[str]) -> Mapping[Key, tuple[ProofRow, ...]]:
    """The files of every line of these plans, oldest first. One statement, none without plans. The caller has found the plans."""
    if not plan_ids:
        return {}
    query = select(HourProof).where(
        HourProof.district_id == actor.district_id, HourProof.plan_id.in_(plan_ids), HourProof.withdrawn_at.is_(None)
    ).order_by(HourProof.added_at, HourProof.id)
    found: dict[Key, list[ProofRow]] = defaultdict(list)
    for row in session.scalars(query):
        found[row.plan_id, row.number].append(ProofRow(row.id, row.kind, row.added_at, row.added_by == actor.account_id))
    return {key: tuple(rows) for key, rows in found.items()}


def proof_file(
    session: Session, actor: Actor, permission: Permission, plan_id: str, number: int, proof_id: str, now: datetime
) -> tuple[EducationPlan, HourProof]:
    """A plan and a file of one of its lines that the actor may open: whoever sees what was done sees what proves it.

    Two statements. Raises NotFound.
    """
    plan = seen_plan(session, actor, permission, plan_id, now)
    query = select(HourProof, HourEntry.instructor_id).join(HourEntry, and_(
        HourEntry.district_id == HourProof.district_id, HourEntry.plan_id == HourProof.plan_id, HourEntry.number == HourProof.number,
    )).where(
        HourProof.district_id == plan.district_id, HourProof.id == proof_id, HourProof.plan_id == plan.id, HourProof.number == number,
        HourProof.withdrawn_at.is_(None),
    )
    row = session.execute(query).one_or_none()
    everything = permission is not Permission.HOURS_OWN_READ and fields_for(actor.role).ledger == "all"
    own = permission is Permission.HOURS_OWN_READ or fields_for(actor.role).ledger == "own"
    if row is None or not (everything or (own and actor.person_id is not None and row.instructor_id == actor.person_id)):
        raise NotFound
    return plan, row.HourProof
