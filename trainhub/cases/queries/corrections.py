"""What became of the corrections and recalls that a fallen finding owes: asked by the room of the appeals, which must see the last one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseRecipient, EvaluationEntry, IssuedDocument


@dataclass(frozen=True, slots=True)
class Correction:
    """A recipient or an entry: what it is, whether it is settled, when, by whom, with which paper. ``kind``: of the recipient, or entry."""

    object_id: str
    kind: str
    document_no: str
    told_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    proof: str
    document_id: str = ""  # of its numbered notice, where it has one
    party_id: str = ""  # whose finding fell


def corrections(session: Session, district_id: str, ids: Collection[str]) -> dict[str, Correction]:
    """Recipients and entries by id. Three statements."""
    if not ids:
        return {}
    issued = session.execute(select(IssuedDocument.object_id, IssuedDocument.id).where(
        IssuedDocument.district_id == district_id, IssuedDocument.kind == "correction_notice", IssuedDocument.object_id.in_(ids)
    )).all()
    papers = {row.object_id: row.id for row in issued}
    found = {
        row.id: Correction(
            row.id, row.kind, row.document_no, row.told_at, row.corrected_at, row.corrected_by, row.correction_no, papers.get(row.id, ""),
            row.party_id,
        )
        for row in session.scalars(select(CaseRecipient).where(CaseRecipient.district_id == district_id, CaseRecipient.id.in_(ids)))
    }
    return found | {
        row.id: Correction(row.id, "entry", "", row.entered_at, row.recalled_at, row.recalled_by, row.recall_proof, party_id=row.party_id)
        for row in session.scalars(select(EvaluationEntry).where(EvaluationEntry.district_id == district_id, EvaluationEntry.id.in_(ids)))
    }
