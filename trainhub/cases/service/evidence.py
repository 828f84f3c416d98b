"""Evidence of a case: sealed files under random ids. Intimate pictures are not taken, only that they exist and the police's receipt."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseEvidence
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import note_step
from trainhub.evidence.sealed_files import keep_sealed
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, place

KINDS = ("picture", "document", "chat", "injury", "video_note", "police_receipt", "other")
SOURCES = ("school", "actor_side", "target_side", "witness", "police", "other")
WITHOUT_FILE = frozenset({"video_note", "police_receipt"})
"""A film stays where it is and an intimate picture with the police: a note of it is evidence enough."""


@dataclass(frozen=True, slots=True)
class AddEvidence:
    """A file or a note of a thing. ``intimate``: somebody says it shows a child undressed; it is not taken (domain.md section 6)."""

    case_id: str
    kind: str
    title: str
    received_from: str
    content: bytes | None = None
    intimate: bool = False


def add_evidence(session: Session, ring: KeyRing, actor: Actor, command: AddEvidence, now: datetime) -> str:
    """Seal evidence and return its id. Raises NotFound, CaseRefused, BadSealedFile, ProofTooLarge, PdfNotClean."""
    case = own_case(session, actor, command.case_id, now)
    if command.kind not in KINDS or command.received_from not in SOURCES:
        raise CaseRefused("evidence_words", "kind")
    if not command.title.strip() or len(command.title) > 200:
        raise CaseRefused("evidence_title", "title")
    if command.intimate:
        raise CaseRefused("evidence_intimate", "file")
    if command.content is None and command.kind not in WITHOUT_FILE:
        raise CaseRefused("evidence_file", "file")
    evidence_id = new_id()
    kept = keep_sealed(session, ring, case.district_id, command.content, actor.account_id, now) if command.content is not None else None
    session.add(CaseEvidence(
        district_id=case.district_id, id=evidence_id, case_id=case.id, file_id=kept.file_id if kept else None, kind=command.kind,
        sealed_title=ring.seal(command.title.strip(), place("case_evidence", "sealed_title", evidence_id)), received_from=command.received_from,
        added_by=actor.account_id, added_at=now,
    ))
    session.flush()
    note_step(session, actor, case, "evidence", now, object_id=evidence_id, changes={
        "kind": command.kind, "source": command.received_from, "file": kept.file_id if kept else None, "size": kept.size if kept else 0,
    })
    return evidence_id


def withdraw_evidence(session: Session, actor: Actor, evidence_id: str, now: datetime) -> None:
    """Take evidence out of the lists; it stays sealed and in the history. Raises NotFound, InvalidState."""
    row = session.get(CaseEvidence, (actor.district_id, evidence_id))
    if row is None:
        raise NotFound
    case = own_case(session, actor, row.case_id, now)
    if row.withdrawn_at is not None:
        raise InvalidState(state="withdrawn", wanted="withdrawn")
    row.withdrawn_at = now
    note_step(session, actor, case, "evidence_withdrawn", now, object_id=row.id)
