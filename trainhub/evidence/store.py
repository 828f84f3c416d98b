"""Keeping uploaded proof and giving it back. Whoever calls has checked who may do so."""

import base64
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.evidence.models import StoredProof
from trainhub.evidence.proofs import media_type_of, without_metadata
from trainhub.evidence.rules import content_hash
from trainhub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class Proof:
    """A kept file: its digest, its kind, its bytes."""

    sha256: str
    media_type: str
    content: bytes


def keep_proof(session: Session, district_id: str, content: bytes, account_id: str, now: datetime) -> str:
    """Keep a PDF, JPEG or PNG without its metadata and return the SHA-256 of what is kept.

    The same file twice is kept once. Raises BadProof, ProofTooLarge.
    """
    media_type = media_type_of(content)
    clean = without_metadata(content, media_type)
    digest = content_hash(clean)
    if session.get(StoredProof, (district_id, digest)) is None:
        session.add(StoredProof(
            district_id=district_id, sha256=digest, media_type=media_type, size=len(clean),
            content=base64.b64encode(clean).decode("ascii"), stored_by=account_id, stored_at=now,
        ))
        session.flush()
    return digest


def proof(session: Session, district_id: str, sha256: str) -> Proof:
    """A kept file. Raises NotFound, also where what is stored is not what its digest says."""
    row = session.get(StoredProof, (district_id, sha256))
    if row is None:
        raise NotFound
    content = base64.b64decode(row.content)
    if content_hash(content) != sha256:
        raise NotFound
    return Proof(sha256, row.media_type, content)
