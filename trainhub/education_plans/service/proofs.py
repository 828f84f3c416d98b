"""Files that prove an hour: a photo or scan of the signed sheet or of what the pupil made. Sealed; they count nothing by themselves.

Whoever gave the lesson adds them after it was logged; the second person may look before confirming. Sources: features H6 and H7 (each kind
of lesson brings its proof), domain.md section 6 (sealed, without metadata, each opening in the access log).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import EducationPlan, HourEntry, HourProof
from trainhub.education_plans.rules.hours import MOST_PROOFS, PROOF_KINDS, EntryKind, HourRefused
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.service.steps import locked_plan, note_step
from trainhub.evidence.sealed_files import keep_sealed
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing


@dataclass(frozen=True, slots=True)
class AddProof:
    """A file for the line ``number`` of a plan. ``kind``: one of ``PROOF_KINDS``; ``content`` None or empty: nothing was chosen."""

    plan_id: str
    number: int
    kind: str
    content: bytes | None


def add_proof(session: Session, actor: Actor, ring: KeyRing, command: AddProof, now: datetime) -> str:
    """Seal a file for an hour the actor gave and return the id of the proof.

    Raises NotFound, HourRefused, BadSealedFile, ProofTooLarge, PdfNotClean.
    """
    plan = locked_plan(session, actor, command.plan_id, now, permission=Permission.HOURS_OWN_WRITE)
    entry = _own_line(session, actor, plan, command.number)
    if PlanState(plan.state) in ENDED | {PlanState.NOT_COMPLETED}:
        raise HourRefused("plan_ended")
    if command.kind not in PROOF_KINDS:
        raise HourRefused("proof_kind", "kind")
    if not command.content:
        raise HourRefused("proof_file", "file")
    if _count(session, entry) >= MOST_PROOFS:
        raise HourRefused("proofs_most", "file", most=MOST_PROOFS)
    kept = keep_sealed(session, ring, plan.district_id, command.content, actor.account_id, now)
    proof_id = new_id()
    session.add(HourProof(
        district_id=plan.district_id, id=proof_id, plan_id=plan.id, number=entry.number, kind=command.kind, file_id=kept.file_id,
        added_by=actor.account_id, added_at=now,
    ))
    session.flush()
    note_step(session, actor, plan, "proof_added", now, changes={
        "proof": proof_id, "number": entry.number, "kind": command.kind, "file": kept.file_id, "size": kept.size,
    })
    return proof_id


def withdraw_proof(session: Session, actor: Actor, plan_id: str, number: int, proof_id: str, now: datetime) -> None:
    """Take a wrong file out of the lists; it stays sealed and in the history. Only who added it. Raises NotFound."""
    plan = locked_plan(session, actor, plan_id, now, permission=Permission.HOURS_OWN_WRITE)
    row = session.get(HourProof, (plan.district_id, proof_id), populate_existing=True)
    if row is None or row.plan_id != plan.id or row.number != number or row.added_by != actor.account_id:
        raise NotFound
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        note_step(session, actor, plan, "proof_withdrawn", now, changes={"proof": row.id, "number": row.number})


def _own_line(session: Session, actor: Actor, plan: EducationPlan, number: int) -> HourEntry:
    """A lesson the actor logged as the one who gave it. Raises NotFound."""
    entry = session.get(HourEntry, (plan.district_id, plan.id, number))
    if entry is None or entry.kind != EntryKind.LOG or actor.person_id is None or entry.instructor_id != actor.person_id:
        raise NotFound
    return entry


def _count(session: Session, entry: HourEntry) -> int:
    query = select(func.count()).select_from(HourProof).where(
        HourProof.district_id == entry.district_id, HourProof.plan_id == entry.plan_id, HourProof.number == entry.number,
        HourProof.withdrawn_at.is_(None),
    )
    return int(session.scalar(query) or 0)
