"""What was done in a case: guardians told, talks, evidence, reports upward."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class GuardianNotice(Base):
    """A guardian was told, or an attempt to tell: written once, never changed.

    ``about``: accepted, investigation, hearing, determination, plan, missed_lesson, review, appeal, correction. ``outcome``: acknowledged, refused_to_sign (two witnesses),
    not_reached (an attempt), heard (took part and was heard).
    """

    __tablename__ = "guardian_notice"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    guardian_id: Mapped[str | None] = mapped_column(Id)
    about: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[str] = mapped_column(Id, default="")
    channel: Mapped[str] = mapped_column(String(12))  # face, phone, letter, message
    outcome: Mapped[str] = mapped_column(String(16))
    sealed_note: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    witnesses: Mapped[list[Any]]  # account or person ids
    document_no: Mapped[str] = mapped_column(String(40), default="")
    happened_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), Index(None, "district_id", "case_id"))


class Interview(Base):
    """A talk with a party or witness (询问笔录): two of the school, a guardian or fitting adult present. Text sealed, never changed."""

    __tablename__ = "case_interview"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str | None] = mapped_column(Id)
    witness_code: Mapped[str] = mapped_column(String(8), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place_kind: Mapped[str] = mapped_column(String(16), default="")
    asked_by: Mapped[list[Any]]  # two person ids
    adult_present: Mapped[str] = mapped_column(String(16))  # guardian, other_adult, none (with reason)
    no_adult_reason: Mapped[str] = mapped_column(String(24), default="")
    sealed_text: Mapped[str] = mapped_column(Text, info=_SEALED)
    read_back: Mapped[bool] = mapped_column(default=False)
    corrects_id: Mapped[str | None] = mapped_column(Id)
    recorded_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        CheckConstraint("ends_at > starts_at", name="interview_period"),
        Index(None, "district_id", "case_id"),
    )


class CaseEvidence(Base):
    """A sealed file of a case. ``kind``: picture, document, chat, injury, video_note, police_receipt, other. Withdrawn, never deleted.

    Intimate pictures are not stored, only the fact and the receipt of the police (domain.md section 6).
    """

    __tablename__ = "case_evidence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    file_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    sealed_title: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    received_from: Mapped[str] = mapped_column(String(16), default="")
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("case_id", "case_file"), Index(None, "district_id", "case_id"))


class CaseReport(Base):
    """A report upward (首报, 续报, 终报): versions are added, never changed. ``to_whom``: bureau, police, city, joint.

    Its required facts (SB17-18: time, place, cause, course, persons, measures) are sealed JSON; ``counts`` are numbers only.
    """

    __tablename__ = "case_report"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))  # first, follow_up, final
    form: Mapped[str] = mapped_column(String(8))  # oral, written
    to_whom: Mapped[str] = mapped_column(String(12))
    sealed_facts: Mapped[str] = mapped_column(Text, info=_SEALED)
    counts: Mapped[dict[str, Any]]
    receiver: Mapped[str] = mapped_column(String(80), default="")  # office that took it, no private person
    receipt_no: Mapped[str] = mapped_column(String(60), default="")
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (tenant_fk("case_id", "case_file"), UniqueConstraint("district_id", "case_id", "number"))
