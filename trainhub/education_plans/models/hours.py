"""The hours of a plan: append-only lines, their words and files, and how the plan stands by them."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import PROJECTION, Base, Id, tenant_fk

_SEALED = {"sealed": True}


class HourEntry(Base):
    """One line of the hours ledger of a plan (学时台账): append-only, numbered without gaps.

    ``kind``: a value of :class:`rules.hours.EntryKind`, which says what each is and what it refers to. ``counted_minutes`` is signed and
    0 but for a confirmation (above) and a reversal (below); their sum is what was done.
    """

    __tablename__ = "hour_entry"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    op_id: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(12))
    refers_to: Mapped[int | None]
    lesson_id: Mapped[str | None] = mapped_column(Id)
    module_id: Mapped[str | None] = mapped_column(Id)
    student_mark: Mapped[str] = mapped_column(String(64))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    minutes: Mapped[int] = mapped_column(default=0)
    counted_minutes: Mapped[int] = mapped_column(default=0)
    instructor_id: Mapped[str | None] = mapped_column(Id)
    guardian_present: Mapped[bool] = mapped_column(default=False)
    reached: Mapped[str] = mapped_column(String(8), default="")  # aim of the lesson: full, part, not
    product: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(24), default="")
    evidence: Mapped[list[Any]]
    late: Mapped[bool] = mapped_column(default=False)
    actor_id: Mapped[str] = mapped_column(Id)
    actor_person: Mapped[str | None] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("plan_id", "education_plan"),
        tenant_fk("lesson_id", "plan_lesson"),
        tenant_fk("module_id", "plan_module"),
        ForeignKeyConstraint(
            ["district_id", "plan_id", "refers_to"], ["hour_entry.district_id", "hour_entry.plan_id", "hour_entry.number"]
        ),
        UniqueConstraint("district_id", "plan_id", "op_id"),
        CheckConstraint("minutes >= 0", name="entry_minutes"),
        CheckConstraint("(kind = 'confirm' AND counted_minutes > 0) OR (kind = 'reversal' AND counted_minutes < 0) OR "
                        "(kind NOT IN ('confirm', 'reversal') AND counted_minutes = 0)", name="counted_by_kind"),
        Index(None, "district_id", "student_mark", "starts_at"),
        Index(None, "district_id", "instructor_id", "starts_at"),
    )


class HourNote(Base):
    """The words of an hour entry, apart from it so that they can be sealed anew: what was done, never what was confided."""

    __tablename__ = "hour_note"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_done: Mapped[str] = mapped_column(Text, info=_SEALED)

    __table_args__ = (
        ForeignKeyConstraint(["district_id", "plan_id", "number"], ["hour_entry.district_id", "hour_entry.plan_id", "hour_entry.number"]),
    )


class HourProof(Base):
    """A file that proves an hour, sealed. ``number`` is that of the log; ``kind``: sheet, work. It counts nothing; withdrawn, never deleted."""

    __tablename__ = "hour_proof"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    file_id: Mapped[str] = mapped_column(Id)
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("plan_id", "education_plan"),
        ForeignKeyConstraint(["district_id", "plan_id", "number"], ["hour_entry.district_id", "hour_entry.plan_id", "hour_entry.number"]),
        Index(None, "district_id", "plan_id"),
    )


class PlanBalance(Base):
    """How a plan stands: a projection of its entries and lessons, rebuildable. Minutes throughout.

    ``done`` counted; ``waiting`` logged and not yet confirmed; ``booked`` planned ahead; ``make_up`` missed and not made up.
    """

    __tablename__ = "plan_balance"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id, primary_key=True)
    done_minutes: Mapped[int] = mapped_column(default=0)
    waiting_minutes: Mapped[int] = mapped_column(default=0)
    waiting_count: Mapped[int] = mapped_column(default=0)
    booked_minutes: Mapped[int] = mapped_column(default=0)
    make_up_minutes: Mapped[int] = mapped_column(default=0)
    make_up_booked_minutes: Mapped[int] = mapped_column(default=0)
    entries: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime | None]
    next_instructor_id: Mapped[str | None] = mapped_column(Id)
    last_counted_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]

    __table_args__ = (tenant_fk("plan_id", "education_plan"), {"info": PROJECTION})
