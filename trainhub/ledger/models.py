"""Tables of the ledger: append-only entries, one chain per school, erasable payloads beside them; and of the access log."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, String
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


class AccessLogEntry(Base):
    """One opening of protected content: who, in which role and by which right, what, why, how. Never what was in it.

    ``about_ref`` is the case that the object belongs to (of a case: itself), so that "who saw this case" finds its files and
    plans as well. ``words`` explain ``purpose`` and name nobody. ``month`` is the local month, e.g. 2026-11, by which reads are
    reviewed. Guarded by triggers: no UPDATE, no DELETE, no REPLACE.
    """

    __tablename__ = "access_log_entry"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    account_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    grant_id: Mapped[str] = mapped_column(Id)
    permission: Mapped[str] = mapped_column(String(48))
    object_kind: Mapped[str] = mapped_column(String(24))
    object_ref: Mapped[str] = mapped_column(String(64))
    about_ref: Mapped[str] = mapped_column(String(64))
    purpose: Mapped[str] = mapped_column(String(32))
    words: Mapped[str] = mapped_column(String(120))
    via: Mapped[str] = mapped_column(String(8))
    month: Mapped[str] = mapped_column(String(7))
    recorded_at: Mapped[datetime]
    schema_version: Mapped[int] = mapped_column(default=1)
    alg: Mapped[str] = mapped_column(String(8), default="sha256")
    prev_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        Index(None, "district_id", "object_ref"),
        Index(None, "district_id", "about_ref"),
        Index(None, "district_id", "school_id", "month", "account_id"),
    )


class AccessHead(Base):
    """The last entry of a school's access log; locked while an entry is appended."""

    __tablename__ = "access_log_head"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int]
    entry_hash: Mapped[str] = mapped_column(String(64))


class AccessReview(Base):
    """Somebody else looked through one account's reads of a month, up to entry ``through_seq``. Append-only."""

    __tablename__ = "access_review"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    account_id: Mapped[str] = mapped_column(Id)
    through_seq: Mapped[int]
    reads: Mapped[int]
    reviewed_by: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    reviewed_at: Mapped[datetime]

    __table_args__ = (Index(None, "district_id", "school_id", "month", "account_id"),)
