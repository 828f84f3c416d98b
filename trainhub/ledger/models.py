"""Tables of the ledger: append-only entries, one chain per school, erasable payloads beside them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id


class LedgerEntry(Base):
    """One fact, chained to the one before it. Guarded by triggers: no UPDATE, no DELETE, no REPLACE."""

    __tablename__ = "ledger_entry"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(48))
    subject_ref: Mapped[str] = mapped_column(String(64))
    object_ref: Mapped[str] = mapped_column(String(64))
    payload_commitment: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_ref: Mapped[str] = mapped_column(String(64))
    acting_role: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(48))
    evidence_sha256: Mapped[str] = mapped_column(String(64), default="")
    corrects_seq: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    schema_version: Mapped[int] = mapped_column(default=1)
    alg: Mapped[str] = mapped_column(String(8), default="sha256")
    prev_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))


class LedgerHead(Base):
    """The last entry of a school's chain; locked while an entry is appended."""

    __tablename__ = "ledger_head"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int]
    entry_hash: Mapped[str] = mapped_column(String(64))


class LedgerPayload(Base):
    """The content behind a commitment. Erasing salt and payload leaves the chain whole."""

    __tablename__ = "ledger_payload"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[str] = mapped_column(String(32))
    payload: Mapped[dict[str, Any]]

    __table_args__ = (
        ForeignKeyConstraint(
            ["district_id", "school_id", "seq"],
            ["ledger_entry.district_id", "ledger_entry.school_id", "ledger_entry.seq"],
        ),
    )
