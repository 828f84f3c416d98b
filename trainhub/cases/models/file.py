"""A case: its states and steps, the children in it under codes, who may see it, its clocks."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class CaseFile(Base):
    """One incident under handling: many persons, both sides (domain.md case 50). No delete.

    ``state``: accepted, investigating, submitted_to_committee, determined, served, in_execution, follow_up, closed, sealed,
    handed_over. Flags beside it: ``police_since`` (fact-finding paused, nothing else), ``joint``, ``high_attention``.
    ``severity``: the working tier of the scale ``scale`` (kept from the day it was opened). ``procedure_at``: when the
    investigation procedure was started. ``relapse_of``: the case whose follow-up found it (case 85).
    """

    __tablename__ = "case_file"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(24))
    scale: Mapped[str] = mapped_column(String(24))
    severity: Mapped[str] = mapped_column(String(12), default="")
    happened_on: Mapped[date | None]
    place_kind: Mapped[str] = mapped_column(String(16), default="")
    means: Mapped[list[Any]]
    sealed_narrative: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    discovered_at: Mapped[datetime]
    accepted_at: Mapped[datetime]
    procedure_at: Mapped[datetime | None]
    police_since: Mapped[datetime | None]
    police_document: Mapped[str] = mapped_column(String(120), default="")
    joint: Mapped[bool] = mapped_column(default=False)
    high_attention: Mapped[bool] = mapped_column(default=False)
    county_review: Mapped[bool] = mapped_column(default=False)  # police or court found otherwise (case 56)
    policy_version: Mapped[int] = mapped_column(default=0)
    relapse_of: Mapped[str | None] = mapped_column(Id)
    ended_reason: Mapped[str] = mapped_column(String(24), default="")  # ended without a determination: a code
    double_of: Mapped[str | None] = mapped_column(Id)  # the case that goes on where this one was the same
    closed_at: Mapped[datetime | None]
    seal_due_on: Mapped[date | None]
    sealed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    opened_by: Mapped[str] = mapped_column(Id)
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("relapse_of", "case_file"),
        tenant_fk("double_of", "case_file"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "sealed_at"),
    )


class CaseNarrative(Base):
    """A wording of what happened as known that day: every one is kept, sealed; the newest also stands in the case."""

    __tablename__ = "case_narrative"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    sealed_text: Mapped[str] = mapped_column(Text, info=_SEALED)
    written_by: Mapped[str] = mapped_column(Id)
    written_at: Mapped[datetime]

    __table_args__ = (tenant_fk("case_id", "case_file"), Index(None, "district_id", "case_id"))


class CaseStep(Base):
    """A step of a case, a party, a determination: append-only. ``changes`` holds ids, codes and numbers, never a name or free text."""

    __tablename__ = "case_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    step: Mapped[str] = mapped_column(String(32))
    object_id: Mapped[str] = mapped_column(Id, default="")
    from_state: Mapped[str] = mapped_column(String(24), default="")
    to_state: Mapped[str] = mapped_column(String(24), default="")
    changes: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    policy_version: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("case_id", "case_file"),)


class CaseParty(Base):
    """A pupil in a case under a code. ``roles``: actor, target, bystander; one child may be two of them (case 50).

    ``sealed_identity`` is JSON {student_id, name, class}; ``student_mark`` the keyed mark of the pupil. ``school_id`` is the pupil's own
    school, which sees this pupil's plan only (case 51). ``grade`` and ``stage`` are of the day it happened (case 65).
    """

    __tablename__ = "case_party"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    school_id: Mapped[str] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(8))
    roles: Mapped[list[Any]]
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)
    student_mark: Mapped[str] = mapped_column(String(64))
    grade: Mapped[int | None]
    stage: Mapped[str] = mapped_column(String(12), default="")
    born_on_known_minor: Mapped[bool] = mapped_column(default=True)
    left_on: Mapped[date | None]  # moved to another school during the case (case 66)
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("school_id", "org_unit"),
        UniqueConstraint("district_id", "case_id", "code"),
        UniqueConstraint("district_id", "case_id", "student_mark"),
        Index(None, "district_id", "student_mark"),
    )


class CaseGuardian(Base):
    """A guardian of a party: sealed JSON {name, relation, phone, note}. ``restricted``: may not be told (estranged, court order).

    ``person_mark``: keyed mark of a member of staff who is this guardian; recusal is found by it.
    """

    __tablename__ = "case_guardian"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    party_id: Mapped[str] = mapped_column(Id)
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)
    contact_mark: Mapped[str] = mapped_column(String(64), default="")  # of name and telephone tail
    person_mark: Mapped[str] = mapped_column(String(64), default="")
    restricted: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime]

    __table_args__ = (tenant_fk("party_id", "case_party"), Index(None, "district_id", "party_id"))


class CaseDuty(Base):
    """A dated right to one case for one account: the need to know by name (features K5). Ended by a moment, never deleted.

    ``duty``: officer, member, principal, psychologist, homeroom, instructor, bureau, reviewer, support.
    """

    __tablename__ = "case_duty"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    duty: Mapped[str] = mapped_column(String(16))
    party_id: Mapped[str | None] = mapped_column(Id)
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(24), default="")
    given_by: Mapped[str] = mapped_column(Id)
    ended_by: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("account_id", "account"),
        tenant_fk("party_id", "case_party"),
        CheckConstraint("given_by <> account_id", name="duty_not_self_given"),
        Index(None, "district_id", "case_id"),
        Index(None, "district_id", "account_id"),
    )


class CaseClock(Base):
    """A deadline that runs: kind, when it started, when it is due, when it was met. Late is derived.

    ``kind``: investigation, guardian_notice (party), report_oral, report_written, report_follow_up, service (party), appeal (party),
    follow_up... ``paused_at`` stands while it does not run (police, stay); ``due_at`` moves by rule when it runs again.
    """

    __tablename__ = "case_clock"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[str] = mapped_column(Id, default="")
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    extended_days: Mapped[int] = mapped_column(default=0)
    met_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    rule: Mapped[dict[str, Any]]  # start, days, policy version: what the page prints beside it

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        Index(None, "district_id", "case_id"),
        Index(None, "district_id", "school_id", "met_at", "due_at"),
    )
