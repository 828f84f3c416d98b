"""Tables of attendance: sheets, records (one head per person), marks (history), raw readings."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import SEALED, Base, Id, tenant_fk

STATUSES = ("present", "late", "left_early", "excused", "absent")


class AttendanceSheet(Base):
    """The roll of one part of a training (or one meeting).

    States: ``open`` (marks allowed) > ``submitted`` (roll ended, head count given) > ``verified`` (by
    another person; minutes count) ; ``void`` when the event was cancelled. ``amended`` rolls go back to
    ``open`` with a reason and a new revision.
    ``subject_kind``/``subject_id`` name what it is the roll of: ``training_part`` and the part's id.
    """

    __tablename__ = "attendance_sheet"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    subject_kind: Mapped[str] = mapped_column(String(24))
    subject_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(200))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    default_roll: Mapped[str] = mapped_column(String(12), default="unmarked")
    grace_minutes: Mapped[int] = mapped_column(default=5)
    early_leave_grace_minutes: Mapped[int] = mapped_column(default=5)
    state: Mapped[str] = mapped_column(String(12), default="open")
    revision: Mapped[int] = mapped_column(default=1)
    head_count: Mapped[int | None]
    submitted_by: Mapped[str | None] = mapped_column(Id)
    submitted_at: Mapped[datetime | None]
    verified_by: Mapped[str | None] = mapped_column(Id)
    verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "subject_kind", "subject_id"),
        CheckConstraint("ends_at > starts_at", name="sheet_period"),
        Index(None, "district_id", "school_id", "starts_at"),
    )


class AttendanceRecord(Base):
    """The head of one person on one sheet. ``status`` None is undecided, never absent.

    ``minutes`` are the attended minutes inside the sheet's time; they count only once the sheet is
    verified and while ``revoked_at`` is None. ``version`` grows with every mark (optimistic locking).
    """

    __tablename__ = "attendance_record"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    serial_no: Mapped[int]
    department: Mapped[str] = mapped_column(String(60), default="")
    staff_no: Mapped[str] = mapped_column(String(40), default="")
    expected: Mapped[bool] = mapped_column(default=True)  # False: walked in, was not on the list
    status: Mapped[str | None] = mapped_column(String(12))
    leave_type: Mapped[str] = mapped_column(String(16), default="")  # sick | personal | official | maternity
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    late_minutes: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int] = mapped_column(default=0)
    source: Mapped[str] = mapped_column(String(48), default="")
    note: Mapped[str] = mapped_column(String(200), default="")
    review: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=0)
    marked_by: Mapped[str | None] = mapped_column(Id)
    marked_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("sheet_id", "attendance_sheet"),
        tenant_fk("person_id", "person"),
        CheckConstraint("minutes >= 0 AND late_minutes >= 0", name="minutes_not_negative"),
        Index(None, "district_id", "person_id"),
    )


class AttendanceMark(Base):
    """One change of one record: old value, new value, who, when, from which source. Append-only.

    ``op_id`` is made by the client, so a repeated request changes nothing.
    """

    __tablename__ = "attendance_mark"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    op_id: Mapped[str] = mapped_column(String(48), primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    version: Mapped[int]
    source: Mapped[str] = mapped_column(String(48))
    actor_id: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]
    device_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("sheet_id", "attendance_sheet"),
        {"sqlite_with_rowid": False},  # the key is the table: a save of a whole roll writes each row once
    )


class AttendanceStep(Base):
    """A step of a sheet: opened, assertion, submit, return, verify, reopen, revoke, void ... Append-only.

    ``details`` holds the numbers of the step (head count, tally, department of an assertion).
    """

    __tablename__ = "attendance_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    step: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    revision: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("sheet_id", "attendance_sheet"),)


class AttendanceEvidence(Base):
    """A raw reading kept beside the record it led to, or did not lead to (the loser stays visible).

    The natural key (sheet, source, external id) makes a second import of the same file change nothing.
    """

    __tablename__ = "attendance_evidence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(48), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(96), primary_key=True)
    batch_id: Mapped[str] = mapped_column(Id)
    row: Mapped[int]
    row_sha256: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str | None] = mapped_column(Id)
    reading: Mapped[dict[str, Any]]
    outcome: Mapped[str] = mapped_column(String(24))  # applied | superseded | unmatched | review | ignored
    review: Mapped[list[Any]]
    created_at: Mapped[datetime]

    __table_args__ = (tenant_fk("sheet_id", "attendance_sheet"), tenant_fk("batch_id", "import_batch"))


class AttendanceClaim(Base):
    """What one source states about one person on one sheet, kept whether it holds or not. Never deleted.

    ``external_id`` names the line it rests on, ``raw_sha256`` what the line says: the same line again
    changes nothing, a corrected one is a claim beside the old. Of one source the newest (``said_at``) that
    is not withdrawn counts. ``cells`` are the words of the line, ``file_name`` and ``row`` where it stands.
    """

    __tablename__ = "attendance_claim"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(48), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(96), primary_key=True)
    raw_sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    trust: Mapped[str] = mapped_column(String(12))  # witnessed | device | self_report | online
    status: Mapped[str] = mapped_column(String(12))
    leave_type: Mapped[str] = mapped_column(String(16), default="")
    arrived_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    late_minutes: Mapped[int] = mapped_column(default=0)
    minutes: Mapped[int | None]  # None: the evidence does not say
    face_to_face: Mapped[bool] = mapped_column(default=True)
    stated: Mapped[bool] = mapped_column(default=True)  # False: concluded from times outside the session
    batch_id: Mapped[str | None] = mapped_column(Id)
    file_name: Mapped[str] = mapped_column(String(200), default="")
    row: Mapped[int] = mapped_column(default=0)
    cells: Mapped[list[Any]]
    said_at: Mapped[datetime]
    filed_by: Mapped[str | None] = mapped_column(Id)
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("sheet_id", "attendance_sheet"),
        tenant_fk("person_id", "person"),
        tenant_fk("batch_id", "import_batch"),
        CheckConstraint("late_minutes >= 0 AND (minutes IS NULL OR minutes >= 0)", name="claim_minutes_not_negative"),
    )


class AttendanceDecision(Base):
    """Which side of a conflict somebody took: by whom, when, and the evidence as it stood. Append-only.

    ``conflict_sha256`` names the conflict by its evidence; new evidence makes another conflict.
    """

    __tablename__ = "attendance_decision"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id)
    conflict_sha256: Mapped[str] = mapped_column(String(64))
    code: Mapped[str] = mapped_column(String(24))  # presence | leave_but_there | came_after_mark
    side: Mapped[str] = mapped_column(String(80))  # key of the claim taken
    source: Mapped[str] = mapped_column(String(48))
    raw_sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(12))
    sides: Mapped[list[Any]]  # source, status, times, file and row of every side, for the record
    how: Mapped[str] = mapped_column(String(12))  # one | all | import
    decided_by: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    decided_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("sheet_id", "attendance_sheet"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "sheet_id", "person_id"),
    )


class KnownLeave(Base):
    """Leave known before a session: who, what kind, from which day to which (both included). Never deleted.

    ``note`` is one line without medical detail. A revoked leave excuses nobody any more and stays readable.
    """

    __tablename__ = "known_leave"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str] = mapped_column(Id)
    leave_type: Mapped[str] = mapped_column(String(16))  # sick | personal | official | maternity
    from_on: Mapped[date]
    to_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(80), default="")
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    revoked_by: Mapped[str | None] = mapped_column(Id)
    revoked_at: Mapped[datetime | None]
    revoked_reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("person_id", "person"),
        CheckConstraint("to_on >= from_on", name="leave_period"),
        Index(None, "district_id", "school_id", "from_on"),
        Index(None, "district_id", "person_id"),
    )


class CheckInDesk(Base):
    """Check-in by code on one sheet: begun by an officer. The key is derived, never stored.

    ``code`` names the desk in the address that a phone opens; ``rotation`` grows when all codes shown so far
    shall be worthless; ``source_key`` is the check-in source that makes and judges the codes.
    """

    __tablename__ = "check_in_desk"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(16))
    source_key: Mapped[str] = mapped_column(String(40))
    rotation: Mapped[int] = mapped_column(default=1)
    opened_by: Mapped[str] = mapped_column(Id)
    opened_at: Mapped[datetime]

    __table_args__ = (tenant_fk("sheet_id", "attendance_sheet"), Index(None, "code"))


class CheckIn(Base):
    """One person checked in on one sheet by a code or a badge: once each. Append-only but for ``review``.

    The claim on the roll rests on it. ``ticket`` names the scan, so that one scan serves one person; ``device_mark``
    tells apart the phones of this session and no other; ``review`` holds codes for the officer to look at.
    """

    __tablename__ = "check_in"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sheet_id: Mapped[str] = mapped_column(Id, primary_key=True)
    person_id: Mapped[str] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(String(16), primary_key=True)  # qr | badge
    school_id: Mapped[str] = mapped_column(Id)
    how: Mapped[str] = mapped_column(String(8))  # token | digits | badge
    scanned_at: Mapped[datetime]
    redeemed_at: Mapped[datetime]
    account_id: Mapped[str] = mapped_column(Id)
    ticket: Mapped[str | None] = mapped_column(String(48))
    device_mark: Mapped[str] = mapped_column(String(32), default="")
    review: Mapped[list[Any]]

    __table_args__ = (
        tenant_fk("sheet_id", "attendance_sheet"),
        tenant_fk("person_id", "person"),
        UniqueConstraint("district_id", "sheet_id", "ticket"),
    )


def sealed_place(district_id: str, device_id: str) -> str:
    """Name where the sealed key of a device belongs, so that it opens nowhere else."""
    return f"attendance_device/{district_id}/{device_id}/key"


def _key_place(row: Mapping[str, Any], name: str) -> str:
    return sealed_place(row["district_id"], row["id"])


class AttendanceDevice(Base):
    """A device of a school that sends passages by itself. Off until somebody switches it on.

    ``sealed_key`` is its secret, sealed for this row; a device that has none is known by ``serial_no`` only, because
    its protocol carries no signature. ``window_*`` count its requests of the running minute; ``skew_seconds`` is how
    far its clock was ahead when it last said the time.
    """

    __tablename__ = "attendance_device"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(80), default="")
    source_key: Mapped[str] = mapped_column(String(40))
    serial_no: Mapped[str | None] = mapped_column(String(40))
    sealed_key: Mapped[str] = mapped_column(String(255), default="", info={SEALED: True, "place": _key_place})
    enabled: Mapped[bool] = mapped_column(default=False)
    last_seen_at: Mapped[datetime | None]
    last_refused_at: Mapped[datetime | None]
    refused_code: Mapped[str] = mapped_column(String(24), default="")
    skew_seconds: Mapped[int] = mapped_column(default=0)
    window_started_at: Mapped[datetime | None]
    window_requests: Mapped[int] = mapped_column(default=0)
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "serial_no"),
        Index(None, "id"),  # a device that calls knows its own id or serial number, and no district
        Index(None, "serial_no"),
        Index(None, "district_id", "school_id"),
    )


class DeviceEvent(Base):
    """A passage that a device sent, once each. ``device_at`` is its clock, ``received_at`` the server's, ``at`` what counts.

    ``state``: ``taken`` (rests under a claim), ``quarantined`` (its clock cannot be trusted), ``no_session``,
    ``unmatched`` (nobody's number), ``discarded`` (by somebody, with a reason). Names are not kept.
    """

    __tablename__ = "device_event"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    device_id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    source_key: Mapped[str] = mapped_column(String(40))
    device_at: Mapped[datetime]
    received_at: Mapped[datetime]
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(24), default="")
    staff_no: Mapped[str] = mapped_column(String(40), default="")
    device_pin: Mapped[str] = mapped_column(String(24), default="")
    card_no: Mapped[str] = mapped_column(String(40), default="")
    flags: Mapped[list[Any]]
    sheet_id: Mapped[str | None] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_reason: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        tenant_fk("device_id", "attendance_device"),
        tenant_fk("sheet_id", "attendance_sheet"),
        tenant_fk("person_id", "person"),
        Index(None, "district_id", "school_id", "at"),
        Index(None, "district_id", "device_id", "state"),
    )


class DeviceNonce(Base):
    """A nonce that a device used. A request older than the store is held back by its time, not by its nonce."""

    __tablename__ = "device_nonce"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    device_id: Mapped[str] = mapped_column(Id, primary_key=True)
    nonce: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime]

    __table_args__ = (tenant_fk("device_id", "attendance_device"), Index(None, "district_id", "used_at"))
