"""Tables of education plans. Private to this room.

Whose plan it is stands in the case (``party_id``); here it is a code. Minutes are integers; what counts is what somebody other than
the instructor confirmed, and it only ever follows from append-only entries.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import PROJECTION, Base, Id, tenant_fk

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


class HourEntry(Base):
    """One line of the hours ledger of a plan (学时台账): append-only, numbered without gaps.

    ``kind``: log (what the instructor says: ``minutes``, nothing counted yet), confirm (of a log, by somebody else: counts),
    refuse (of a log), reversal (of a confirm: counts negative), absence (nothing counted). ``counted_minutes`` is signed; their sum
    is what was done.
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
    """A later contact (跟踪回访) with one child, separately for each side. ``state``: scheduled, done, relapse, not_reachable."""

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

    ``state``: prepared, sent, accepted, returned. Until accepted the plan is interrupted, never completed.
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
