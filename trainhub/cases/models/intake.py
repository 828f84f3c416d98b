"""Concerns on their way in, and the numbers that are given out."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class Counter(Base):
    """The last number given out in a school, per kind (case, concern, plan, a kind of document) and year. Locked while counting: no gaps."""

    __tablename__ = "case_counter"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Concern(Base):
    """Something somebody reported (线索). ``state``: clue, accepted, not_accepted, joined (to a case that was there already).

    ``channel``: staff, box, hotline, survey, guardian, superior, other. ``receipt_mark`` is the keyed mark of the receipt number, with
    which also somebody who gave no name can ask what became of it (domain.md case 52). ``about_staff``: a member of staff is said
    to have done it: another procedure, not in these numbers (case 63).
    """

    __tablename__ = "concern"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    receipt_mark: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(12))
    anonymous: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    about_staff: Mapped[bool] = mapped_column(default=False)
    happened_on: Mapped[date | None]
    place_kind: Mapped[str] = mapped_column(String(16), default="")
    means: Mapped[list[Any]]  # body, words, property, exclusion, network
    sealed_text: Mapped[str] = mapped_column(Text, info=_SEALED)
    state: Mapped[str] = mapped_column(String(12))
    decision_reason: Mapped[str] = mapped_column(String(24), default="")
    sealed_decision: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    case_id: Mapped[str | None] = mapped_column(Id)
    op_id: Mapped[str] = mapped_column(String(48))
    received_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    told_at: Mapped[datetime | None]  # when whoever reported could read what became of it

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("case_id", "case_file"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        UniqueConstraint("district_id", "receipt_mark"),
        UniqueConstraint("district_id", "received_by", "op_id"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "case_id"),
        Index(None, "receipt_mark"),
    )


class ConcernReporter(Base):
    """Who reported: apart from concern and case, sealed, opened by break-glass only. No row for anonymous ones.

    ``account_mark`` lets whoever reported read their own receipts without anybody else being able to tell.
    """

    __tablename__ = "concern_reporter"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    concern_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)
    account_mark: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (tenant_fk("concern_id", "concern"), Index(None, "district_id", "account_mark"))
