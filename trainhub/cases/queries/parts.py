"""Parts of a case by the address they are asked for under: a part of another case does not exist there."""

from typing import Any

from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseDuty,
    CaseEvidence,
    CaseGuardian,
    CaseParty,
    CaseRecipient,
    Determination,
    EvaluationEntry,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound

_PARTS: dict[str, Any] = {
    "duty": CaseDuty, "evidence": CaseEvidence, "determination": Determination, "recipient": CaseRecipient, "entry": EvaluationEntry, "party": CaseParty,
}


def require_part(session: Session, actor: Actor, case_id: str, kind: str, part_id: str) -> None:
    """Refuse a part that is none of this case, as if there were none at all (security.md #9). One statement. Raises NotFound.

    ``kind``: duty, evidence, determination, recipient, entry, party. Whether the case exists for the actor is asked by the step.
    """
    row = session.get(_PARTS[kind], (actor.district_id, part_id))
    if row is None or row.case_id != case_id:
        raise NotFound


def require_guardian(session: Session, actor: Actor, party_id: str, guardian_id: str) -> None:
    """Refuse a guardian who is none of this party. One statement. Raises NotFound."""
    row = session.get(CaseGuardian, (actor.district_id, guardian_id))
    if row is None or row.party_id != party_id:
        raise NotFound
