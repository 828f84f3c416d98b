"""What the committee found, who was told, where it was entered."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class Determination(Base):
    """What the committee found of one party: a version that is added and never rewritten, only its ``state`` moves.

    ``outcome``: bullying, not_bullying, not_proven, other_body. ``state``: proposed, adopted, effective, upheld, modified,
    overturned, superseded. ``measures`` lists keys of the scale; ``basis`` the clauses and versions cited, frozen.
    """

    __tablename__ = "determination"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    item_id: Mapped[str | None] = mapped_column(Id)
    appeal_id: Mapped[str | None] = mapped_column(Id)  # made by a re-examination instead of a meeting
    number: Mapped[str] = mapped_column(String(40), default="")
    outcome: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str] = mapped_column(String(12), default="")
    measures: Mapped[list[Any]]
    plan_minutes: Mapped[int] = mapped_column(default=0)
    sealed_facts: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    sealed_grounds: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    basis: Mapped[dict[str, Any]]
    defects: Mapped[list[Any]]  # procedural faults found later (domain.md case 45)
    state: Mapped[str] = mapped_column(String(12))
    adopted_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]
    appeal_until: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        UniqueConstraint("district_id", "party_id", "version"),
        Index(None, "district_id", "case_id"),
        Index(None, "district_id", "school_id", "state"),
    )


class CaseRecipient(Base):
    """Somebody was told of a determination or plan: who must get the correction when it falls (domain.md case 69).

    ``kind``: guardian, bureau, police, homeroom, quality_evaluation, instructor, other_school, other.
    """

    __tablename__ = "case_recipient"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    sealed_who: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    document_no: Mapped[str] = mapped_column(String(40), default="")
    told_at: Mapped[datetime]
    correction_due_at: Mapped[datetime | None]
    corrected_at: Mapped[datetime | None]
    correction_no: Mapped[str] = mapped_column(String(40), default="")
    corrected_by: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), Index(None, "district_id", "case_id"))


class EvaluationEntry(Base):
    """An entry in the quality evaluation (综合素质评价) that a measure made. Recalled with proof, never deleted."""

    __tablename__ = "evaluation_entry"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(Id)
    recall_due_at: Mapped[datetime | None]
    recalled_at: Mapped[datetime | None]
    recalled_by: Mapped[str | None] = mapped_column(Id)
    recall_proof: Mapped[str] = mapped_column(String(120), default="")  # file id or number of the paper

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), tenant_fk("determination_id", "determination"))
