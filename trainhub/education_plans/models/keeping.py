"""The other child's support, and hand-overs to another school."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class SupportPlan(Base):
    """The other child's own plan, behind its own wall: never listed with a plan of hours, opened only by its own duty."""

    __tablename__ = "support_plan"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))  # open, offered_on, closed
    lead_account_id: Mapped[str] = mapped_column(Id)
    sealed_needs: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    opened_at: Mapped[datetime]
    opened_by: Mapped[str] = mapped_column(Id)
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("party_id", "case_party"),
        tenant_fk("lead_account_id", "account"),
        UniqueConstraint("district_id", "school_id", "party_id"),
        UniqueConstraint("district_id", "school_id", "code"),
    )


class SupportStep(Base):
    """A step of support: safety_plan, counselling, class_arrangement, guardian_contact, medical, learning, offer_to_new_school, other."""

    __tablename__ = "support_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    support_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))
    due_on: Mapped[date | None]
    done_at: Mapped[datetime | None]
    sealed_note: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (tenant_fk("support_id", "support_plan"), Index(None, "district_id", "support_id"))


class HandOver(Base):
    """A sealed hand-over of a plan to another school (case 75), or of a support plan with the guardian's consent (case 66).

    ``state``: prepared, sent, accepted, returned, withdrawn (its finding fell, or nothing is owed any more). Until accepted the plan is interrupted, never completed.
    """

    __tablename__ = "plan_hand_over"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str | None] = mapped_column(Id)
    support_id: Mapped[str | None] = mapped_column(Id)
    from_school_id: Mapped[str] = mapped_column(Id)
    to_school_id: Mapped[str | None] = mapped_column(Id)
    to_outside: Mapped[str] = mapped_column(String(120), default="")  # a school of another district: its bureau receives
    reason: Mapped[str] = mapped_column(String(16))  # transfer, next_stage, special_school
    consent: Mapped[str] = mapped_column(String(12), default="")  # given, refused, not_needed
    done_minutes: Mapped[int] = mapped_column(default=0)
    owed_minutes: Mapped[int] = mapped_column(default=0)
    sealed_package: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    receipt_mark: Mapped[str] = mapped_column(String(64), default="")
    list_year: Mapped[int | None]  # number of the list that goes with it, and of the receipt that comes back
    list_number: Mapped[int | None]
    receipt_year: Mapped[int | None]
    receipt_number: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(12))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[str | None] = mapped_column(Id)
    received_at: Mapped[datetime | None]
    received_by: Mapped[str | None] = mapped_column(Id)
    new_plan_id: Mapped[str | None] = mapped_column(Id)
    new_support_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("plan_id", "education_plan"),
        tenant_fk("support_id", "support_plan"),
        tenant_fk("from_school_id", "org_unit"),
        tenant_fk("to_school_id", "org_unit"),
        CheckConstraint("received_by IS NULL OR received_by <> sent_by", name="received_by_another"),
        Index(None, "district_id", "to_school_id", "state"),
    )
