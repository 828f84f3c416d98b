"""Tables of the yearly training: what is owed, what was planned and held, what counted, what is closed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk


class TrainingRequirement(Base):
    """A yearly duty issued by a bureau: topic, audience, mode (SA50, SA21, SB23).

    ``audience`` holds the rule: ``{"categories": [...], "posts": [...], "contracts": [...]}``; an empty
    list does not narrow. Minutes come from the policy of the home organisation, not from here.
    """

    __tablename__ = "training_requirement"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    org_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(160))
    topic: Mapped[str] = mapped_column(String(64))
    audience: Mapped[dict[str, Any]]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (tenant_fk("org_id", "org_unit"),)


class TrainingObligation(Base):
    """One person x one requirement x one year, and where it stands. A projection: rebuildable.

    ``state``: open, in_progress, met, grace, exempt, void, unmet, made_up (domain.md section 4).
    ``school_id`` is the home unit that counts the person.
    """

    __tablename__ = "training_obligation"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    requirement_id: Mapped[str] = mapped_column(Id, primary_key=True)
    year_key: Mapped[str] = mapped_column(String(12), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(12))
    required_minutes: Mapped[int]
    counted_minutes: Mapped[int] = mapped_column(default=0)
    other_minutes: Mapped[int] = mapped_column(default=0)  # attended, verified, but not counting here
    made_up_minutes: Mapped[int] = mapped_column(default=0)
    due_on: Mapped[date]
    reason: Mapped[str] = mapped_column(String(48), default="")
    department: Mapped[str] = mapped_column(String(60), default="")
    posts: Mapped[list[Any]]
    is_new: Mapped[bool] = mapped_column(default=False)
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("requirement_id", "training_requirement"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "school_id", "year_key", "state"),
        CheckConstraint("counted_minutes >= 0", name="counted_not_negative"),
    )


class TrainingExemption(Base):
    """An exemption with document and approver; requested by one person, approved by another (case 5)."""

    __tablename__ = "training_exemption"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    requirement_id: Mapped[str] = mapped_column(Id)
    year_key: Mapped[str] = mapped_column(String(12))
    person_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))  # maternity | long_sick | secondment | other
    document: Mapped[str] = mapped_column(String(160))
    from_on: Mapped[date]
    to_on: Mapped[date]
    state: Mapped[str] = mapped_column(String(12), default="requested")  # requested | approved | refused | withdrawn
    requested_by: Mapped[str] = mapped_column(Id)
    requested_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("requirement_id", "training_requirement"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "school_id", "year_key"),
    )


class HostEvidence(Base):
    """Training that a person attended at another unit, on the paper of that unit (支教, 交流, 跟岗; case 23).

    ``days`` lists ``{"from", "to", "minutes"}`` (ISO moments, whole minutes). ``state``: waiting > accepted by the
    home bureau, or returned; withdrawn before that; superseded by a correction (``corrects_id`` of the newer row);
    revoked where it was found wrong. Rows are never deleted, and minutes count from ``accepted_at`` to ``ended_at``.
    ``proof_sha256`` names the kept scan, "" where the paper itself stays with the school.
    """

    __tablename__ = "host_evidence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    host_unit: Mapped[str] = mapped_column(String(120))
    title: Mapped[str] = mapped_column(String(160))
    topic: Mapped[str] = mapped_column(String(64))
    days: Mapped[list[Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    minutes: Mapped[int]
    proof_kind: Mapped[str] = mapped_column(String(24))  # certificate | sign_in_sheet | letter | other
    proof_reference: Mapped[str] = mapped_column(String(160), default="")
    proof_sha256: Mapped[str] = mapped_column(String(64), default="")
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    corrects_id: Mapped[str | None] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    accepted_by: Mapped[str | None] = mapped_column(Id)
    accepted_at: Mapped[datetime | None]
    ended_by: Mapped[str | None] = mapped_column(Id)
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    ledger_seq: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        tenant_fk("person_id", "person"),
        tenant_fk("school_id", "org_unit"),
        tenant_fk("corrects_id", "host_evidence"),
        CheckConstraint("minutes > 0", name="evidence_minutes"),
        CheckConstraint("ends_at > starts_at", name="evidence_period"),
        Index(None, "district_id", "person_id"),
        Index(None, "district_id", "school_id", "state"),
    )


class TrainingEvent(Base):
    """One training.

    States (domain.md section 4): draft, published, held, submitted, verified, locked; postponed,
    cancelled, amended. A state change keeps its reason in :class:`EventHistory`.
    """

    __tablename__ = "training_event"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    requirement_id: Mapped[str | None] = mapped_column(Id)
    year_key: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(160))
    pack_id: Mapped[str | None] = mapped_column(String(64))
    pack_version: Mapped[str | None] = mapped_column(String(32))
    type_key: Mapped[str] = mapped_column(String(48))
    topic: Mapped[str] = mapped_column(String(64))
    delivery_mode: Mapped[str] = mapped_column(String(20))
    venue_kind: Mapped[str] = mapped_column(String(20), default="room")  # room | satellite_room | desk
    is_make_up: Mapped[bool] = mapped_column(default=False)
    make_up_year_key: Mapped[str | None] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    state_reason: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str] = mapped_column(Id)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("requirement_id", "training_requirement"),
        ForeignKeyConstraint(["pack_id", "pack_version"], ["course_pack.pack_id", "course_pack.version"]),
        Index(None, "district_id", "school_id", "starts_at"),
    )


class EventPart(Base):
    """A part of a training (morning, afternoon) with its own roll, room and time."""

    __tablename__ = "event_part"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id)
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(120), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    room: Mapped[str] = mapped_column(String(80), default="")
    delivery_mode: Mapped[str] = mapped_column(String(20))
    sheet_id: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("event_id", "training_event"),
        tenant_fk("sheet_id", "attendance_sheet"),
        CheckConstraint("ends_at > starts_at", name="part_period"),
        Index(None, "district_id", "event_id"),
        Index(None, "district_id", "sheet_id"),
    )


class EventTrainer(Base):
    """Who teaches: a member of staff (``person_id``) or somebody from outside by name and unit."""

    __tablename__ = "event_trainer"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(80))
    affiliation: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (tenant_fk("event_id", "training_event"), tenant_fk("person_id", "person"))


class EventParticipant(Base):
    """Who must come, worked out when the event was published, with the reason that is shown."""

    __tablename__ = "event_participant"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    serial_no: Mapped[int]
    reason: Mapped[str] = mapped_column(String(48))
    added_by_hand: Mapped[bool] = mapped_column(default=False)
    excluded_reason: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (tenant_fk("event_id", "training_event"), tenant_fk("person_id", "person"))


class EventHistory(Base):
    """Every step of an event: planned, moved, cancelled, held, amended, with reason. Append-only."""

    __tablename__ = "event_history"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id)
    from_state: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(200), default="")
    changes: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("event_id", "training_event"), Index(None, "district_id", "event_id"))


class SchoolYearTotal(Base):
    """How one organisation stands in one year: counters kept in the transaction that changes them.

    A bureau's page reads one row per school. ``rebuild`` must give the same numbers.
    """

    __tablename__ = "school_year_total"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    requirement_id: Mapped[str] = mapped_column(Id, primary_key=True)
    year_key: Mapped[str] = mapped_column(String(12), primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    in_scope: Mapped[int] = mapped_column(default=0)  # open + in_progress + met + unmet + made_up (+ exempt)
    met: Mapped[int] = mapped_column(default=0)
    in_progress: Mapped[int] = mapped_column(default=0)
    open: Mapped[int] = mapped_column(default=0)
    unmet: Mapped[int] = mapped_column(default=0)
    made_up: Mapped[int] = mapped_column(default=0)
    exempt: Mapped[int] = mapped_column(default=0)
    grace: Mapped[int] = mapped_column(default=0)
    void: Mapped[int] = mapped_column(default=0)
    counted_minutes: Mapped[int] = mapped_column(default=0)
    owed_minutes: Mapped[int] = mapped_column(default=0)
    homeroom_in_scope: Mapped[int] = mapped_column(default=0)
    homeroom_met: Mapped[int] = mapped_column(default=0)
    policy_version: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[datetime]

    __table_args__ = (tenant_fk("requirement_id", "training_requirement"), tenant_fk("school_id", "org_unit"))


class YearSnapshot(Base):
    """The frozen figure of a closed year. An amendment is a new row that names what it amends (case 24).

    States: ``closed`` (figures frozen); ``requested`` (somebody asks for an amendment); ``refused``. Rows
    are only added: a decision about a request is the row after it. ``number`` counts rows.
    """

    __tablename__ = "year_snapshot"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    requirement_id: Mapped[str] = mapped_column(Id)
    year_key: Mapped[str] = mapped_column(String(12))
    school_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12), default="closed")
    amends_id: Mapped[str | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(200), default="")
    closed_by: Mapped[str] = mapped_column(Id)
    approved_by: Mapped[str | None] = mapped_column(Id)
    closed_at: Mapped[datetime]
    roster_on: Mapped[date]
    policy_version: Mapped[int]
    totals: Mapped[dict[str, Any]]
    people: Mapped[list[Any]]
    digest: Mapped[str] = mapped_column(String(64))

    __table_args__ = (
        tenant_fk("requirement_id", "training_requirement"),
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "requirement_id", "year_key", "school_id", "number"),
    )


class HoursStatement(Base):
    """A printed statement of hours. Its code lets a page confirm exactly what is printed, no more."""

    __tablename__ = "hours_statement"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    year_key: Mapped[str] = mapped_column(String(12))
    printed: Mapped[dict[str, Any]]
    issued_by: Mapped[str] = mapped_column(Id)
    issued_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("person_id", "person"), UniqueConstraint("district_id", "code_hash"), Index(None, "code_hash"))


class CalendarSubscription(Base):
    """The address under which a member of staff subscribed to their own trainings. A new address ends the old one."""

    __tablename__ = "calendar_subscription"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    token_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("person_id", "person"), tenant_fk("account_id", "account"), Index(None, "token_hash", unique=True),
    )
