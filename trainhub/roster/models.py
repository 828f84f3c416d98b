"""Tables of people and places: organisations, calendar, staff, posts, classes, pupils, imports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_MERGED = text("merged_into_id IS NOT NULL")
"""Few of many thousands: found by an index of their own."""


class OrgUnit(Base):
    """A bureau, school or teaching point. The bureau's id equals its ``district_id``."""

    __tablename__ = "org_unit"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    parent_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))  # bureau | center_school | school | teaching_point
    name: Mapped[str] = mapped_column(String(120))
    short_name: Mapped[str] = mapped_column(String(40))
    code: Mapped[str] = mapped_column(String(16), default="")
    stages: Mapped[list[Any]]  # primary | junior | senior | vocational
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    sort_key: Mapped[str] = mapped_column(String(160), default="")

    __table_args__ = (tenant_fk("parent_id", "org_unit"), Index(None, "district_id", "parent_id"))


class CalendarDay(Base):
    """A national holiday or make-up workday (调休). Reference data without tenant."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # holiday | workday
    name: Mapped[str] = mapped_column(String(40), default="")
    source: Mapped[str] = mapped_column(String(80), default="")


class SchoolTerm(Base):
    """A term of a school year as the bureau (school_id = district_id) or a school sets it."""

    __tablename__ = "school_term"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    season: Mapped[str] = mapped_column(String(8))  # autumn | spring
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "school_id", "school_year", "season"),
        CheckConstraint("ends_on > starts_on", name="term_period"),
    )


class SchoolDay(Base):
    """A school's own exception to the calendar: an extra day off or an extra school day."""

    __tablename__ = "school_day"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))  # off | school
    reason: Mapped[str] = mapped_column(String(80), default="")
    follows_weekday: Mapped[int | None]  # 1-7: the weekday whose timetable a make-up day follows (调休补周一的课)

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        CheckConstraint("follows_weekday IS NULL OR follows_weekday BETWEEN 1 AND 7", name="follows_weekday"),
    )


class LessonTime(Base):
    """When a lesson begins and ends (作息时间), in minutes from local midnight. A set holds from a day until the next set.

    ``stage`` "" holds for every stage without a set of its own.
    """

    __tablename__ = "lesson_time"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    stage: Mapped[str] = mapped_column(String(12), primary_key=True)  # "" | primary | junior | senior | vocational
    lesson_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    starts_at_minute: Mapped[int]
    ends_at_minute: Mapped[int]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        CheckConstraint(
            "starts_at_minute >= 0 AND ends_at_minute > starts_at_minute AND ends_at_minute <= 1440", name="lesson_period"
        ),
    )


class Person(Base):
    """A human being known to the district. Carries only what is needed to tell people apart."""

    __tablename__ = "person"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80))  # normalised for matching
    sort_key: Mapped[str] = mapped_column(String(160))  # pinyin
    initials: Mapped[str] = mapped_column(String(40))
    phone_tail: Mapped[str] = mapped_column(String(4), default="")
    merged_into_id: Mapped[str | None] = mapped_column(Id)
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(None, "district_id", "name_key"), Index(None, "district_id", "initials"),
        Index("ix_person_merged", "district_id", "merged_into_id", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )


class Employment(Base):
    """A person on the staff of an organisation, from a day to a day. A move closes one, opens another.

    ``is_home`` marks the staffing unit (编制所在单位) where the yearly duty is counted (cases 1, 2).
    """

    __tablename__ = "employment"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    staff_no: Mapped[str] = mapped_column(String(40), default="")
    category: Mapped[str] = mapped_column(String(24))  # full_time_teacher | administrator | support | logistics | external
    contract: Mapped[str] = mapped_column(String(24), default="staffed")  # staffed | contract | dispatched | exchange
    is_home: Mapped[bool] = mapped_column(default=True)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    left_reason: Mapped[str] = mapped_column(String(24), default="")  # moved | retired | resigned | died | other
    ce_opt_out: Mapped[bool] = mapped_column(default=False)
    hired_on: Mapped[date | None]  # first day in the profession here; decides the grace of newcomers
    created_at: Mapped[datetime]
    batch_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("person_id", "person"),
        tenant_fk("school_id", "org_unit"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="employment_period"),
        Index(None, "district_id", "school_id", "to_on"),
        Index(None, "district_id", "person_id"),
        Index(None, "district_id", "school_id", "staff_no"),
    )


class Department(Base):
    """A department or teaching group of a school (语文组, 总务处)."""

    __tablename__ = "department"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(60))
    sort_key: Mapped[str] = mapped_column(String(120), default="")
    closed_on: Mapped[date | None]

    __table_args__ = (tenant_fk("school_id", "org_unit"), UniqueConstraint("district_id", "school_id", "name"))


class DepartmentMembership(Base):
    """An employment in a department, from a day to a day."""

    __tablename__ = "department_membership"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    employment_id: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    from_on: Mapped[date]
    to_on: Mapped[date | None]

    __table_args__ = (
        tenant_fk("employment_id", "employment"),
        tenant_fk("department_id", "department"),
        Index(None, "district_id", "employment_id"),
    )


class SchoolClass(Base):
    """A class in one school year: 5(3) becomes 6(3) on 1 September as a new record (case 31)."""

    __tablename__ = "school_class"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    grade: Mapped[int]
    class_no: Mapped[int]
    name: Mapped[str] = mapped_column(String(40))
    previous_id: Mapped[str | None] = mapped_column(Id)
    opened_on: Mapped[date]
    closed_on: Mapped[date | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "school_id", "school_year", "grade", "class_no"),
    )


class ClassChange(Base):
    """Pupils of one class went on in another on a day: a split, or a merger that closed the first (case 32).

    ``moved`` says what to put back; an undone change stays on record and counts for nothing.
    """

    __tablename__ = "class_change"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    from_class_id: Mapped[str] = mapped_column(Id)
    to_class_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(8))  # split | merge
    on_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200))
    moved: Mapped[dict[str, Any]]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("from_class_id", "school_class"),
        tenant_fk("to_class_id", "school_class"),
        CheckConstraint("from_class_id <> to_class_id", name="two_classes"),
        Index(None, "district_id", "from_class_id"),
        Index(None, "district_id", "to_class_id"),
    )


class ClassException(Base):
    """A class for which a term runs otherwise, such as an internship (case 44): shown, never hidden. Revoked, not deleted."""

    __tablename__ = "class_exception"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    class_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    season: Mapped[str] = mapped_column(String(8))  # autumn | spring
    kind: Mapped[str] = mapped_column(String(12))  # internship | other
    note: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[str] = mapped_column(String(120), default="")  # number or title of the paper it rests on
    from_on: Mapped[date]
    to_on: Mapped[date]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    revoked_by: Mapped[str | None] = mapped_column(Id)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("class_id", "school_class"),
        CheckConstraint("to_on >= from_on", name="exception_period"),
        Index(None, "district_id", "class_id"),
    )


class TimetableLesson(Base):
    """A weekly lesson of a class in a term. A new timetable ends the old rows and adds new ones.

    ``weeks`` is all, odd (单周) or even (双周), counted in weeks of the term. ``teacher_name`` is the name as the
    timetable writes it, also where it names nobody on the staff; ``teacher_id`` is set where it names exactly one.
    """

    __tablename__ = "timetable_lesson"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    class_id: Mapped[str] = mapped_column(Id)
    school_year: Mapped[str] = mapped_column(String(12))
    season: Mapped[str] = mapped_column(String(8))  # autumn | spring
    weekday: Mapped[int]
    lesson_no: Mapped[int]
    weeks: Mapped[str] = mapped_column(String(4), default="all")  # all | odd | even
    subject: Mapped[str] = mapped_column(String(40))
    teacher_id: Mapped[str | None] = mapped_column(Id)
    teacher_name: Mapped[str] = mapped_column(String(80), default="")
    room: Mapped[str] = mapped_column(String(40), default="")
    from_on: Mapped[date]
    to_on: Mapped[date | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("class_id", "school_class"),
        tenant_fk("teacher_id", "person"),
        CheckConstraint("weekday BETWEEN 1 AND 7 AND lesson_no BETWEEN 1 AND 20", name="lesson_place"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="lesson_span"),
        Index(None, "district_id", "school_id", "school_year"),
        Index(None, "district_id", "class_id"),
        Index(None, "district_id", "teacher_id"),
    )


class PostAssignment(Base):
    """A post held by a person at an organisation, from a day to a day.

    Posts: principal, vice_principal, moral_education_head, homeroom_teacher (with class), grade_head,
    psychologist, young_pioneer_counsellor, safety_head, law_vice_principal (outside person),
    responsible_inspector, bureau_administrator, or a school's own word.
    """

    __tablename__ = "post_assignment"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    post: Mapped[str] = mapped_column(String(40))
    class_id: Mapped[str | None] = mapped_column(Id)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    batch_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("person_id", "person"),
        tenant_fk("school_id", "org_unit"),
        tenant_fk("class_id", "school_class"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="post_period"),
        Index(None, "district_id", "school_id"),
        Index(None, "district_id", "person_id"),
    )


class Student(Base):
    """A pupil. The national number is stored encrypted, looked up by a keyed hash, shown by its tail."""

    __tablename__ = "student"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(80))
    name_key: Mapped[str] = mapped_column(String(80))
    sort_key: Mapped[str] = mapped_column(String(160))
    sex: Mapped[str] = mapped_column(String(8), default="")
    number_hash: Mapped[str] = mapped_column(String(64))
    number_tail: Mapped[str] = mapped_column(String(4))
    number_kind: Mapped[str] = mapped_column(String(1))  # G | J | L (temporary)
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "school_id", "number_hash"),
    )


class ClassMembership(Base):
    """A pupil in a class, from a day to a day."""

    __tablename__ = "class_membership"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    student_id: Mapped[str] = mapped_column(Id)
    class_id: Mapped[str] = mapped_column(Id)
    number_in_class: Mapped[str] = mapped_column(String(8), default="")
    from_on: Mapped[date]
    to_on: Mapped[date | None]

    __table_args__ = (
        tenant_fk("student_id", "student"),
        tenant_fk("class_id", "school_class"),
        Index(None, "district_id", "class_id"),
        Index(None, "district_id", "student_id"),
    )


class ImportBatch(Base):
    """An uploaded file on its way: staged rows, decisions, and after confirmation what it changed.

    States: staged > applied > withdrawn; staged > discarded. Nothing is saved before ``applied``.
    ``target_id`` is the attendance sheet of an attendance import.
    """

    __tablename__ = "import_batch"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))  # staff | students | attendance | timetable | calendar
    state: Mapped[str] = mapped_column(String(12), default="staged")
    target_id: Mapped[str | None] = mapped_column(Id)
    file_name: Mapped[str] = mapped_column(String(200))
    file_sha256: Mapped[str] = mapped_column(String(64))
    source_key: Mapped[str] = mapped_column(String(48), default="")
    mapping: Mapped[dict[str, Any]]
    staged: Mapped[dict[str, Any]]  # rows as read, problems, proposals
    decisions: Mapped[dict[str, Any]]  # row number -> what the clerk decided
    report: Mapped[dict[str, Any]]  # what was written
    uploaded_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (tenant_fk("school_id", "org_unit"), Index(None, "district_id", "school_id", "kind"))


class ColumnMapping(Base):
    """What a clerk's headers mean, remembered per school and kind by the digest of the headers."""

    __tablename__ = "column_mapping"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    header_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping: Mapped[dict[str, Any]]
    updated_at: Mapped[datetime]


class PersonMerge(Base):
    """Two records found to be one person (case 100): what moved, so that it can be undone."""

    __tablename__ = "person_merge"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kept_id: Mapped[str] = mapped_column(Id)
    merged_id: Mapped[str] = mapped_column(Id)
    moved: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(200))
    merged_by: Mapped[str] = mapped_column(Id)
    merged_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("kept_id", "person"), tenant_fk("merged_id", "person"))


class PersonIdentifier(Base):
    """By what a platform or device names a person of a school: ``platform`` account, ``device_pin``, ``card`` or ``email``.

    ``badge`` is the code on a badge that was made anew for somebody; without one it is the person's own id. One value names one person at a time; a card that changes hands is given anew, the ledger keeps who had it.
    ``origin`` is ``import`` where somebody's decision taught it, ``typed`` where somebody entered it.
    """

    __tablename__ = "person_identifier"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    value: Mapped[str] = mapped_column(String(120), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    origin: Mapped[str] = mapped_column(String(8))
    set_by: Mapped[str] = mapped_column(Id)
    set_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "person_id"),
    )


class PolicySetting(Base):
    """A policy parameter set by an organisation from a day on; rows are added, never changed."""

    __tablename__ = "policy_setting"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    org_id: Mapped[str] = mapped_column(Id)
    key: Mapped[str] = mapped_column(String(48))
    value: Mapped[dict[str, Any]]  # {"value": ...}: one shape for numbers and words
    effective_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(200), default="")
    set_by: Mapped[str] = mapped_column(Id)
    set_at: Mapped[datetime]

    __table_args__ = (tenant_fk("org_id", "org_unit"),)
