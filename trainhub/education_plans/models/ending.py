"""The end of a plan and what comes after it: voices, review, what follows, contacts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class PlanSummary(Base):
    """A mid-term word on a plan (阶段小结), or one of the voices of its completion review. Sealed, added, never changed.

    ``kind``: mid_term, pupil, guardian, instructor, psychologist (conclusion only), other_side. ``conclusion``: enough, part, not_yet, "".
    """

    __tablename__ = "plan_summary"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    conclusion: Mapped[str] = mapped_column(String(12), default="")
    sealed_text: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    said_on: Mapped[date]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (tenant_fk("plan_id", "education_plan"), Index(None, "district_id", "plan_id"))


class CompletionReview(Base):
    """What the committee decided at the end (结案评估). ``outcome``: completed, extended, not_completed. One row per review."""

    __tablename__ = "completion_review"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    aims: Mapped[dict[str, Any]]  # aim key -> full, part, not
    other_side: Mapped[str] = mapped_column(String(12), default="")  # safe, uneasy, unsafe, not_asked
    outcome: Mapped[str] = mapped_column(String(16))
    extra_minutes: Mapped[int] = mapped_column(default=0)
    new_due_on: Mapped[date | None]
    sealed_reasons: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    decided_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(Id)

    __table_args__ = (tenant_fk("plan_id", "education_plan"), Index(None, "district_id", "plan_id"))


class Escalation(Base):
    """What follows where a plan did not do: each a decision of its own.

    ``kind``: stronger_measure, guardian_duty, police, special_school_referral (a referral only: the bureau decides after the guidance committee; the pupil stays on the home roll).
    """

    __tablename__ = "plan_escalation"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    item_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))
    sealed_reasons: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    state: Mapped[str] = mapped_column(String(12))  # decided, referred, answered
    answer: Mapped[str] = mapped_column(String(16), default="")
    answer_document: Mapped[str] = mapped_column(String(80), default="")
    decided_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    entered_by: Mapped[str] = mapped_column(Id)

    __table_args__ = (tenant_fk("plan_id", "education_plan"), Index(None, "district_id", "plan_id"))


class FollowUp(Base):
    """A later contact (跟踪回访) with one child, separately for each side. ``state``: scheduled, done, relapse, not_reachable, dropped."""

    __tablename__ = "follow_up"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    side: Mapped[str] = mapped_column(String(8))  # actor, target
    due_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(16))
    finding: Mapped[str] = mapped_column(String(12), default="")  # well, uneasy, unsafe
    sealed_note: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    new_case_id: Mapped[str | None] = mapped_column(Id)
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        UniqueConstraint("district_id", "party_id", "side", "due_on"),
        Index(None, "district_id", "school_id", "state", "due_on"),
    )
