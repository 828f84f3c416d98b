"""The plan itself: its content, its lessons, what it keeps clear of, its rests and steps."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class EducationPlan(Base):
    """An hour-based plan (一定学时的专门教育实施方案) for one pupil after a determination. Never a placement in a special school.

    ``state``: drafted, approved, notified, active, hours_reached, completion_review, completed, extended, not_completed, escalated,
    stayed, paused, handed_over, accepted_by_receiver, revoked. ``resume_state``: where a stay or pause goes back to.
    ``student_mark`` is the pupil's keyed mark: a pupil is never in two places. ``code`` like 26-03.
    """

    __tablename__ = "education_plan"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)  # that keeps the plan: the pupil's own school
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str] = mapped_column(Id)
    student_mark: Mapped[str] = mapped_column(String(64))
    year: Mapped[int]
    number: Mapped[int]
    grade: Mapped[int | None]
    stage: Mapped[str] = mapped_column(String(12), default="")
    state: Mapped[str] = mapped_column(String(20))
    resume_state: Mapped[str] = mapped_column(String(20), default="")
    total_minutes: Mapped[int]
    starts_on: Mapped[date]
    due_on: Mapped[date]
    per_week: Mapped[int] = mapped_column(default=1)
    lesson_minutes: Mapped[int] = mapped_column(default=45)
    sealed_goals: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    sealed_protection: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    assessment: Mapped[str] = mapped_column(String(24), default="committee")
    lead_person_id: Mapped[str | None] = mapped_column(Id)  # 负责教师
    psychologist_id: Mapped[str | None] = mapped_column(Id)
    approval_item_id: Mapped[str | None] = mapped_column(Id)
    approved_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    active_since: Mapped[datetime | None]
    hours_reached_at: Mapped[datetime | None]
    review_due_on: Mapped[date | None]
    extended_count: Mapped[int] = mapped_column(default=0)
    ended_at: Mapped[datetime | None]
    erratum_at: Mapped[datetime | None]  # since when an hour taken back after the end waits for the committee
    revision: Mapped[int] = mapped_column(default=1)  # content version: changed by decision only
    version: Mapped[int] = mapped_column(default=1)
    last_entry: Mapped[int] = mapped_column(default=0)  # number of the last hour entry; the row is locked while one is added
    policy_version: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        tenant_fk("determination_id", "determination"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        CheckConstraint("total_minutes > 0", name="minutes_owed"),
        CheckConstraint("due_on >= starts_on", name="plan_period"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "student_mark"),
        Index(None, "district_id", "case_id"),
    )


class PlanStep(Base):
    """A step of a plan: append-only. ``changes`` holds ids, codes and numbers only; a reason that is private stands sealed elsewhere."""

    __tablename__ = "plan_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    step: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str] = mapped_column(String(20), default="")
    to_state: Mapped[str] = mapped_column(String(20), default="")
    changes: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("plan_id", "education_plan"),)


class PlanModule(Base):
    """A module of a plan. ``kind``: law, psychology, conduct, service, family. Dropped by a decision, never deleted."""

    __tablename__ = "plan_module"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    sort_no: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    minutes: Mapped[int]
    pack_id: Mapped[str | None] = mapped_column(String(64))
    pack_version: Mapped[str | None] = mapped_column(String(32))
    instructor_id: Mapped[str | None] = mapped_column(Id)  # person of the roster, outside experts included
    guardian_with: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=1)
    dropped_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("plan_id", "education_plan"),
        tenant_fk("instructor_id", "person"),
        ForeignKeyConstraint(["pack_id", "pack_version"], ["course_pack.pack_id", "course_pack.version"]),
        CheckConstraint("minutes > 0", name="module_minutes"),
        Index(None, "district_id", "plan_id"),
        Index(None, "district_id", "instructor_id"),
    )


class PlanLesson(Base):
    """One planned lesson. ``state``: planned, attended, absent_excused, absent_unexcused, cancelled.

    A missed one opens a make-up (``made_up_by`` empty until it is planned). Others see ordinary leave and a neutral title.
    """

    __tablename__ = "plan_lesson"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    module_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(20))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    minutes: Mapped[int]
    room: Mapped[str] = mapped_column(String(60), default="")
    instructor_id: Mapped[str | None] = mapped_column(Id)
    makes_up_id: Mapped[str | None] = mapped_column(Id)
    make_up_due_on: Mapped[date | None]
    guardian_told_at: Mapped[datetime | None]
    planned_by: Mapped[str] = mapped_column(Id)
    planned_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (
        tenant_fk("plan_id", "education_plan"),
        tenant_fk("module_id", "plan_module"),
        tenant_fk("instructor_id", "person"),
        tenant_fk("makes_up_id", "plan_lesson"),
        CheckConstraint("ends_at > starts_at AND minutes > 0", name="lesson_period"),
        Index(None, "district_id", "plan_id", "starts_at"),
        Index(None, "district_id", "instructor_id", "starts_at"),
    )


class PlanAvoid(Base):
    """What lessons of a plan keep clear of: a club of the other child, an exam, a room, a way, a person. No name; times or a room only.

    ``kind``: slot, room, route, person, exam. ``weekday`` with minutes from midnight for what recurs, moments for what does not.
    """

    __tablename__ = "plan_avoid"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))
    weekday: Mapped[int | None]
    from_minute: Mapped[int | None]
    to_minute: Mapped[int | None]
    from_at: Mapped[datetime | None]
    to_at: Mapped[datetime | None]
    room: Mapped[str] = mapped_column(String(60), default="")
    person_id: Mapped[str | None] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    dropped_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("plan_id", "education_plan"), tenant_fk("person_id", "person"), Index(None, "district_id", "plan_id"))


class GuardianPart(Base):
    """What a plan asks of the guardian: open until done, whatever the pupil's minutes say (domain.md case 79)."""

    __tablename__ = "plan_guardian_part"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))  # lesson_with, talk, home_task, reading
    due_on: Mapped[date | None]
    lesson_id: Mapped[str | None] = mapped_column(Id)
    done_at: Mapped[datetime | None]
    done_entered_by: Mapped[str | None] = mapped_column(Id)
    waived_reason: Mapped[str] = mapped_column(String(24), default="")

    __table_args__ = (tenant_fk("plan_id", "education_plan"), tenant_fk("lesson_id", "plan_lesson"), Index(None, "district_id", "plan_id"))


class PlanPause(Base):
    """A time in which a plan does not run. ``kind``: stayed, vacation, illness, safety. The reason is sealed; schedules show a pause only."""

    __tablename__ = "plan_pause"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    sealed_reason: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    appeal_id: Mapped[str | None] = mapped_column(Id)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    ended_by: Mapped[str | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("plan_id", "education_plan"), Index(None, "district_id", "plan_id"))
