"""Tables of class meetings: what was planned, what was recorded, who checked it, how classes stand.

A pupil stands here only as absent from one meeting, under the pupil's id. Free text never names one (domain.md case 40).
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import PROJECTION, Base, Id, tenant_fk


class MeetingWave(Base):
    """One form that made a meeting for every class of chosen grades (全校主题班会). ``undone_at``: taken back as a whole."""

    __tablename__ = "meeting_wave"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(80))
    theme: Mapped[str] = mapped_column(String(32), default="")
    made_by: Mapped[str] = mapped_column(Id)
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("school_id", "org_unit"), Index(None, "district_id", "school_id", "made_at"))


class ClassMeeting(Base):
    """A themed meeting of one class. The version of the pack is the one it was planned with.

    ``state``: planned (no time yet), scheduled, recorded, returned, checked, missed, cancelled (domain.md section 4; that it
    was held is what its record says, that it counts is derived). ``responsible_id`` is the homeroom teacher of the day,
    ``held_by_id`` whoever leads it (case 34). ``revision`` numbers its records, 0 without one. ``times_unsure``: a phone with
    a wrong clock recorded it. ``override_reason``: planned in spite of a clash.
    """

    __tablename__ = "class_meeting"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    class_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    season: Mapped[str] = mapped_column(String(8))  # autumn | spring
    state: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(80))
    theme: Mapped[str] = mapped_column(String(32), default="")
    pack_id: Mapped[str | None] = mapped_column(String(64))
    pack_version: Mapped[str | None] = mapped_column(String(32))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    lesson_no: Mapped[int | None]
    room: Mapped[str] = mapped_column(String(60), default="")
    guest: Mapped[str] = mapped_column(String(80), default="")  # an outside speaker: unit and office, as typed
    responsible_id: Mapped[str | None] = mapped_column(Id)
    held_by_id: Mapped[str | None] = mapped_column(Id)
    wave_id: Mapped[str | None] = mapped_column(Id)
    revision: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime | None]
    late_recorded: Mapped[bool] = mapped_column(default=False)
    times_unsure: Mapped[bool] = mapped_column(default=False)
    state_reason: Mapped[str] = mapped_column(String(200), default="")
    override_reason: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    planned_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("class_id", "school_class"),
        tenant_fk("responsible_id", "person"),
        tenant_fk("held_by_id", "person"),
        tenant_fk("wave_id", "meeting_wave"),
        ForeignKeyConstraint(["pack_id", "pack_version"], ["course_pack.pack_id", "course_pack.version"]),
        CheckConstraint("(starts_at IS NULL) = (ends_at IS NULL)", name="both_times"),
        CheckConstraint("ends_at > starts_at", name="meeting_period"),
        Index(None, "district_id", "school_id", "school_year", "season"),
        Index(None, "district_id", "class_id", "starts_at"),
        Index(None, "district_id", "responsible_id"),
        Index(None, "district_id", "held_by_id"),
        Index(None, "district_id", "wave_id"),
    )


class MeetingStep(Base):
    """A step of a meeting: planned, moved, missed, cancelled, recorded, returned, checked, amended. Append-only."""

    __tablename__ = "meeting_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    step: Mapped[str] = mapped_column(String(12))
    from_state: Mapped[str] = mapped_column(String(12), default="")
    to_state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(200), default="")
    changes: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("meeting_id", "class_meeting"),)


class MeetingRecord(Base):
    """What was recorded of a meeting: one row per revision, added and never changed.

    ``op_id`` is made by the phone: the same record sent again is the same row. ``steps`` lists every step of the pack as
    ``{"title", "planned", "done", "minutes"}``. ``worked``/``again`` are the two lines of feedback, ``agreed`` what the class
    agreed. ``device_at`` is the phone's clock, kept beside the server's (domain.md case 102). ``redacted_at``: a name was found
    later and the texts were emptied, the reason stays.
    """

    __tablename__ = "meeting_record"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    op_id: Mapped[str] = mapped_column(String(48))
    held_by_id: Mapped[str | None] = mapped_column(Id)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    expected_count: Mapped[int]
    there_count: Mapped[int]
    steps: Mapped[list[Any]]
    minutes_held: Mapped[int]
    engagement: Mapped[str] = mapped_column(String(8), default="")  # high | middle | low
    worked: Mapped[str] = mapped_column(Text, default="")
    again: Mapped[str] = mapped_column(Text, default="")
    agreed: Mapped[str] = mapped_column(Text, default="")
    recorded_by: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("meeting_id", "class_meeting"),
        UniqueConstraint("district_id", "meeting_id", "op_id"),
        CheckConstraint("there_count >= 0 AND there_count <= expected_count", name="there_of_expected"),
        CheckConstraint("minutes_held >= 0", name="minutes_not_negative"),
    )


class MeetingAbsence(Base):
    """A pupil who was not there, late or left early, in one revision of a record. Everybody else of the class was there.

    ``caught_up_on``: the day the pupil was told the content later; seen by the class's own teacher only (case 41).
    """

    __tablename__ = "meeting_absence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    student_id: Mapped[str] = mapped_column(Id, primary_key=True)
    status: Mapped[str] = mapped_column(String(12))  # absent | excused | late | left_early
    leave_type: Mapped[str] = mapped_column(String(16), default="")  # sick | personal | official
    caught_up_on: Mapped[date | None]

    __table_args__ = (
        ForeignKeyConstraint(
            ["district_id", "meeting_id", "revision"],
            ["meeting_record.district_id", "meeting_record.meeting_id", "meeting_record.revision"],
        ),
        tenant_fk("student_id", "student"),
        Index(None, "district_id", "student_id"),
    )


class MeetingPhoto(Base):
    """A photo of a meeting, kept without place and camera data under its digest. Taken off, never deleted.

    ``original_sha256`` is the digest of the picture before a phone made it smaller: the same photo handed in for two classes
    is found by either (case 35). ``explained``: why the same photo may stand on two records.
    """

    __tablename__ = "meeting_photo"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    original_sha256: Mapped[str] = mapped_column(String(64), default="")
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    explained: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("meeting_id", "class_meeting"),
        ForeignKeyConstraint(["district_id", "sha256"], ["stored_proof.district_id", "stored_proof.sha256"]),
        Index(None, "district_id", "sha256"),
        Index(None, "district_id", "original_sha256"),
    )


class MeetingReminder(Base):
    """A reminder to whoever leads a class: to plan, to record, to mend. ``done_at``: what it asked for has been done."""

    __tablename__ = "meeting_reminder"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    class_id: Mapped[str] = mapped_column(Id)
    meeting_id: Mapped[str | None] = mapped_column(Id)
    person_id: Mapped[str] = mapped_column(Id)
    about: Mapped[str] = mapped_column(String(12))  # plan | record | returned
    sent_by: Mapped[str] = mapped_column(Id)
    sent_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("class_id", "school_class"),
        tenant_fk("meeting_id", "class_meeting"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "person_id", "done_at"),
        Index(None, "district_id", "class_id"),
    )


class SchoolActivity(Base):
    """Another kind of education with its own numbers: it never fills a class's count (domain.md 3.2, case 33).

    ``kind``: parent_meeting, heart_talk, assembly, law_lesson. ``invited_count``/``came_count`` are households of a parent
    meeting; ``took_part_count`` pupils of an assembly or lesson, or talks held; nobody is listed. ``class_id`` where it was one
    class's; without it and without ``grades`` it was the whole school's. ``topic`` is the topic of a parent meeting or the law of
    a lesson, ``speaker`` who gave the lesson: choices of the course type; ``led_by`` is then the speaker's unit. Heart talks lie
    between a Monday and the next and have no text at all. ``state``: planned, recorded, cancelled.
    """

    __tablename__ = "school_activity"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    class_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(12))
    school_year: Mapped[str] = mapped_column(String(12))
    season: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(String(80))
    grades: Mapped[list[Any]]
    pack_id: Mapped[str | None] = mapped_column(String(64))
    pack_version: Mapped[str | None] = mapped_column(String(32))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(60), default="")
    led_by: Mapped[str] = mapped_column(String(80), default="")
    topic: Mapped[str] = mapped_column(String(40), default="", server_default="")
    speaker: Mapped[str] = mapped_column(String(40), default="", server_default="")
    invited_count: Mapped[int | None]
    came_count: Mapped[int | None]
    took_part_count: Mapped[int | None]
    material_given: Mapped[bool] = mapped_column(default=False)
    feedback: Mapped[str] = mapped_column(Text, default="")
    late_recorded: Mapped[bool] = mapped_column(default=False)
    state_reason: Mapped[str] = mapped_column(String(200), default="")
    version: Mapped[int] = mapped_column(default=1)
    entered_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    recorded_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("class_id", "school_class"),
        ForeignKeyConstraint(["pack_id", "pack_version"], ["course_pack.pack_id", "course_pack.version"]),
        CheckConstraint("ends_at > starts_at", name="activity_period"),
        CheckConstraint("came_count IS NULL OR invited_count IS NULL OR came_count <= invited_count", name="came_of_invited"),
        Index(None, "district_id", "school_id", "school_year", "season"),
    )


class ClassConvention(Base):
    """What a class agreed on against bullying (反欺凌公约, SB28): one row per revision, its text never changes.

    ``state``: draft (being talked about), agreed (voted), rejected (voted down), replaced by a later revision, withdrawn. Votes
    are counts, out of ``pupil_count`` pupils of the class that day; nobody's vote is kept.
    """

    __tablename__ = "class_convention"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    class_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(12))
    clauses: Mapped[list[Any]]
    for_count: Mapped[int | None]
    against_count: Mapped[int | None]
    abstained_count: Mapped[int | None]
    pupil_count: Mapped[int | None]
    agreed_on: Mapped[date | None]
    meeting_id: Mapped[str | None] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("class_id", "school_class"),
        tenant_fk("school_id", "org_unit"),
        tenant_fk("meeting_id", "class_meeting"),
        Index(None, "district_id", "school_id"),
    )


class ClassTermStanding(Base):
    """How one class stands in one term. A projection: rebuildable from meetings and the roster.

    ``standing``: met, short, none, or why it stands apart: no_pupils, internship, opened_late, merged, paused.
    ``required`` is 0 where nothing is owed.
    """

    __tablename__ = "class_term_standing"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    class_id: Mapped[str] = mapped_column(Id, primary_key=True)
    season: Mapped[str] = mapped_column(String(8), primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    standing: Mapped[str] = mapped_column(String(12))
    required: Mapped[int]
    counted: Mapped[int] = mapped_column(default=0)
    recorded: Mapped[int] = mapped_column(default=0)  # waiting for the check
    returned: Mapped[int] = mapped_column(default=0)
    scheduled: Mapped[int] = mapped_column(default=0)
    missed: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)  # of those counted: recorded after the days the policy gives
    inherited: Mapped[int] = mapped_column(default=0)  # of those counted: held by a class before it was split or merged
    policy_version: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("class_id", "school_class", ondelete="CASCADE"),
        tenant_fk("school_id", "org_unit"),
        Index(None, "district_id", "school_id", "school_year", "season"),
        CheckConstraint("required >= 0 AND counted >= 0", name="counts_not_negative"),
        {"info": PROJECTION},
    )


class SchoolTermTotal(Base):
    """How one school stands in one term: a bureau's page reads one row per school. A projection: rebuildable.

    ``apart`` counts classes that owe nothing, by reason.
    """

    __tablename__ = "school_term_total"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_year: Mapped[str] = mapped_column(String(12), primary_key=True)
    season: Mapped[str] = mapped_column(String(8), primary_key=True)
    classes: Mapped[int] = mapped_column(default=0)  # that owe something
    met: Mapped[int] = mapped_column(default=0)
    none: Mapped[int] = mapped_column(default=0)  # of those: nothing counted yet
    required: Mapped[int] = mapped_column(default=0)
    counted: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    late: Mapped[int] = mapped_column(default=0)
    apart: Mapped[dict[str, Any]]
    policy_version: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]

    __table_args__ = (tenant_fk("school_id", "org_unit"),)
