"""Files of cases: cleaned, sealed under a random id, and opened only with a ticket of the access log.

What is cleaned: pictures lose place, device and remarks; a PDF loses author, programs, dates and XMP, or is refused
(``trainhub.evidence.pdf_metadata``); a text is decoded and kept as UTF-8. What a page or picture shows is not looked at:
whether a picture may be kept at all is for the person who puts it in to decide.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.evidence.models import SealedFile
from trainhub.evidence.pdf_metadata import without_pdf_metadata
from trainhub.evidence.proofs import SUFFIXES, BadProof, media_type_of, without_metadata
from trainhub.evidence.rules import content_hash
from trainhub.evidence.store import Proof
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import CannotUnseal, KeyRing, place

FILE = "file"
"""``object_kind`` of a reading that opens a sealed file; its ``object_ref`` is the file's id."""

TEXT = "text/plain"
SEALED_SUFFIXES = SUFFIXES | {TEXT: ".txt"}
"""Kinds of sealed files, with the ending they are given back with."""

_TRIED = 3
_CODECS = ("utf-8-sig", "gb18030")
_CONTROLS = {chr(n) for n in range(32)} - {"\t", "\r", "\n", "\f"}


class BadSealedFile(BadProof):
    """The file is empty or damaged, or neither PDF, JPEG, PNG nor plain text."""

    code = "bad_sealed_file"


@dataclass(frozen=True, slots=True)
class SealedFileRef:
    """A file that was kept: its id, its kind, its size in bytes, and the mark by which equal files are found."""

    file_id: str
    media_type: str
    size: int
    content_mark: str


def clean(content: bytes) -> tuple[str, bytes]:
    """Return the kind of a file and what of it is kept. Raises BadSealedFile, ProofTooLarge, PdfNotClean."""
    try:
        media_type = media_type_of(content)
    except BadProof:
        return TEXT, _text(content)
    if media_type == "application/pdf":
        return media_type, without_pdf_metadata(content)
    try:
        return media_type, without_metadata(content, media_type)
    except BadProof as error:
        raise BadSealedFile(field="file") from error


def _text(content: bytes) -> bytes:
    for codec in _CODECS:
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if text.strip() and not _CONTROLS.intersection(text):
            return text.encode()
    raise BadSealedFile(field="file")


def keep_sealed(
    session: Session, ring: KeyRing, district_id: str, content: bytes, account_id: str, now: datetime
) -> SealedFileRef:
    """Clean a file, seal it under a random id and keep it. Raises BadSealedFile, ProofTooLarge, PdfNotClean.

    The same file twice is kept twice: each belongs to its case, and one may be removed without the other.
    """
    media_type, kept = clean(content)
    file_id = new_id()
    mark = ring.mark("sealed_file", f"{district_id}:{content_hash(kept)}")
    session.add(SealedFile(
        district_id=district_id, id=file_id, content_mark=mark, media_type=media_type, size=len(kept),
        sealed_content=ring.seal_bytes(kept, place("sealed_file", "sealed_content", file_id)),
        stored_by=account_id, stored_at=now,
    ))
    session.flush()
    return SealedFileRef(file_id, media_type, len(kept), mark)


def equal_files(session: Session, district_id: str, content_mark: str) -> tuple[str, ...]:
    """Return the ids of the files with this content. Only ids of the caller's own case may be told to anybody."""
    query = select(SealedFile.id).where(SealedFile.district_id == district_id, SealedFile.content_mark == content_mark)
    return tuple(session.scalars(query.order_by(SealedFile.id)))


def marks_fit(session: Session, ring: KeyRing) -> bool | None:
    """Whether the ring makes the marks that stand in the database, judged by the last file that opens; None without any.

    Nothing of the file is told. With another mark key pupils, guardians and files would silently not be found again.
    """
    for row in session.scalars(select(SealedFile).order_by(SealedFile.id.desc()).limit(_TRIED)):
        try:
            content = ring.unseal_bytes(row.sealed_content, place("sealed_file", "sealed_content", row.id))
        except CannotUnseal:
            continue
        return ring.mark("sealed_file", f"{row.district_id}:{content_hash(content)}") == row.content_mark
    return None


def sealed_file(session: Session, ring: KeyRing, opening: Opening, file_id: str) -> Proof:
    """Open a kept file. ``opening`` must be for this very file (kind ``file``), else UnloggedRead.

    Raises NotFound; CannotUnseal where what is stored was changed or moved, or its key is not in the ring.
    """
    opening.require(opening.district_id, FILE, file_id)
    row = session.get(SealedFile, (opening.district_id, file_id))
    if row is None:
        raise NotFound
    content = ring.unseal_bytes(row.sealed_content, place("sealed_file", "sealed_content", row.id))
    if ring.mark("sealed_file", f"{row.district_id}:{content_hash(content)}") != row.content_mark:
        raise CannotUnseal("the mark is of another content, or of another mark key")
    return Proof(content_hash(content), row.media_type, content)
