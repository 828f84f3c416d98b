"""Uploaded proof that is kept: a scan of a certificate, a photographed sheet; and sealed files of cases."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, sealed


class StoredProof(Base):
    """One file, named by the SHA-256 of its content; rows are added and never changed.

    In the database, so that a backup holds it and a restored ledger finds what it points at. The content is text
    (base64), for a backup is written as lines of text on one of the databases.
    """

    __tablename__ = "stored_proof"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    stored_by: Mapped[str] = mapped_column(Id)
    stored_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("size > 0", name="proof_not_empty"),)


class SealedFile(Base):
    """One file of a case, sealed. Its name is a random id: neither name nor mark lets a stranger confirm a guessed file.

    ``content_mark`` is the keyed mark of its SHA-256, by which equal files are found. ``size`` is that of what is kept.
    """

    __tablename__ = "sealed_file"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    content_mark: Mapped[str] = mapped_column(String(64))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sealed_content: Mapped[str] = sealed(large=True)
    stored_by: Mapped[str] = mapped_column(Id)
    stored_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("size > 0", name="file_not_empty"), Index(None, "district_id", "content_mark"))
