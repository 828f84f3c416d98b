"""Steps that take two people, neutral notices, numbered papers, requests of guardians."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class SecondPerson(Base):
    """Something that two people must want: asked by one with a reason, granted or refused by another (break-glass and its kin).

    ``kind``: reporter, identity, unseal, identified_export, downgrade, extension, lift_recusal. Valid until ``expires_at``.
    """

    __tablename__ = "second_person"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(24))
    sealed_words: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12))  # asked, granted, refused, used, expired
    asked_by: Mapped[str] = mapped_column(Id)
    asked_by_person: Mapped[str | None] = mapped_column(Id)
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_is_another"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "object_id"),
    )


class CaseNotice(Base):
    """A neutral word to an account, or to everybody in a role at a place: a code and numbers, never a name, a class or what it is about."""

    __tablename__ = "case_notice"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    org_id: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(32), default="")
    account_id: Mapped[str | None] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(40))
    matter_id: Mapped[str] = mapped_column(Id, default="")
    link: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("org_id", "org_unit"),
        Index(None, "district_id", "org_id", "role", "done_at"),
        Index(None, "district_id", "account_id", "done_at"),
        Index(None, "district_id", "matter_id"),
    )


class IssuedDocument(Base):
    """A numbered paper that was printed from data: what, for whom (code), when, by whom, its digest. Its file is made anew from data."""

    __tablename__ = "issued_document"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    issued_by: Mapped[str] = mapped_column(Id)
    issued_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        UniqueConstraint("district_id", "school_id", "kind", "year", "number"),
        UniqueConstraint("district_id", "kind", "object_id", "version"),
        Index(None, "district_id", "case_id"),
    )


class GuardianRequest(Base):
    """A guardian asks to see, copy, correct or delete what is held on their child; answered by a deadline, refused only with a reason."""

    __tablename__ = "guardian_request"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    student_mark: Mapped[str] = mapped_column(String(64))
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)  # JSON {student_id, name, guardian, relation}
    kind: Mapped[str] = mapped_column(String(12))  # see, copy, correct, delete
    sealed_words: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))  # open, answered, refused
    sealed_answer: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(Id)
    decision: Mapped[str] = mapped_column(String(24), default="")  # given, corrected, kept, by_schedule, or why it was refused
    letter_year: Mapped[int | None]
    letter_number: Mapped[int | None]
    entered_by: Mapped[str] = mapped_column(Id)

    __table_args__ = (tenant_fk("school_id", "org_unit"), Index(None, "district_id", "school_id", "state"))
