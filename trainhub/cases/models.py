"""Tables of cases. Private to this room: others ask its queries and services.

Who a child is stands in sealed columns only (``info={"sealed": True}``, place by ``kernel.sealing.place``); what finds a child again
is a keyed mark. Everything else speaks of codes: A1, A2 for those said to have acted, B1 for those it was done to, W1 for witnesses.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class Counter(Base):
    """The last number given out in a school, per kind (case, concern, plan, a kind of document) and year. Locked while counting: no gaps."""

    __tablename__ = "case_counter"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Concern(Base):
    """Something somebody reported (线索). ``state``: clue, accepted, not_accepted, joined (to a case that was there already).

    ``channel``: staff, box, hotline, survey, guardian, superior, other. ``receipt_mark`` is the keyed mark of the receipt number, with
    which also somebody who gave no name can ask what became of it (domain.md case 52). ``about_staff``: a member of staff is said
    to have done it: another procedure, not in these numbers (case 63).
    """

    __tablename__ = "concern"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    receipt_mark: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(12))
    anonymous: Mapped[bool] = mapped_column(default=False)
    urgent: Mapped[bool] = mapped_column(default=False)
    about_staff: Mapped[bool] = mapped_column(default=False)
    happened_on: Mapped[date | None]
    place_kind: Mapped[str] = mapped_column(String(16), default="")
    means: Mapped[list[Any]]  # body, words, property, exclusion, network
    sealed_text: Mapped[str] = mapped_column(Text, info=_SEALED)
    state: Mapped[str] = mapped_column(String(12))
    decision_reason: Mapped[str] = mapped_column(String(24), default="")
    sealed_decision: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    case_id: Mapped[str | None] = mapped_column(Id)
    op_id: Mapped[str] = mapped_column(String(48))
    received_at: Mapped[datetime]
    received_by: Mapped[str] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(Id)
    told_at: Mapped[datetime | None]  # when whoever reported could read what became of it

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("case_id", "case_file"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        UniqueConstraint("district_id", "receipt_mark"),
        UniqueConstraint("district_id", "received_by", "op_id"),
        Index(None, "district_id", "school_id", "state"),
    )


class ConcernReporter(Base):
    """Who reported: apart from concern and case, sealed, opened by break-glass only. No row for anonymous ones.

    ``account_mark`` lets whoever reported read their own receipts without anybody else being able to tell.
    """

    __tablename__ = "concern_reporter"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    concern_id: Mapped[str] = mapped_column(Id, primary_key=True)
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)
    account_mark: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (tenant_fk("concern_id", "concern"), Index(None, "district_id", "account_mark"))


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
    closed_at: Mapped[datetime | None]
    seal_due_on: Mapped[date | None]
    sealed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    opened_by: Mapped[str] = mapped_column(Id)
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("relapse_of", "case_file"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "sealed_at"),
    )


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


class GuardianNotice(Base):
    """A guardian was told, or an attempt to tell: written once, never changed.

    ``about``: accepted, investigation, hearing, determination, plan, missed_lesson, review, appeal, correction. ``outcome``: acknowledged, refused_to_sign (two witnesses),
    not_reached (an attempt), heard (took part and was heard).
    """

    __tablename__ = "guardian_notice"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    guardian_id: Mapped[str | None] = mapped_column(Id)
    about: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[str] = mapped_column(Id, default="")
    channel: Mapped[str] = mapped_column(String(12))  # face, phone, letter, message
    outcome: Mapped[str] = mapped_column(String(16))
    sealed_note: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    witnesses: Mapped[list[Any]]  # account or person ids
    document_no: Mapped[str] = mapped_column(String(40), default="")
    happened_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), Index(None, "district_id", "case_id"))


class Interview(Base):
    """A talk with a party or witness (询问笔录): two of the school, a guardian or fitting adult present. Text sealed, never changed."""

    __tablename__ = "case_interview"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str | None] = mapped_column(Id)
    witness_code: Mapped[str] = mapped_column(String(8), default="")
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place_kind: Mapped[str] = mapped_column(String(16), default="")
    asked_by: Mapped[list[Any]]  # two person ids
    adult_present: Mapped[str] = mapped_column(String(16))  # guardian, other_adult, none (with reason)
    no_adult_reason: Mapped[str] = mapped_column(String(24), default="")
    sealed_text: Mapped[str] = mapped_column(Text, info=_SEALED)
    read_back: Mapped[bool] = mapped_column(default=False)
    corrects_id: Mapped[str | None] = mapped_column(Id)
    recorded_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        CheckConstraint("ends_at > starts_at", name="interview_period"),
        Index(None, "district_id", "case_id"),
    )


class CaseEvidence(Base):
    """A sealed file of a case. ``kind``: picture, document, chat, injury, video_note, police_receipt, other. Withdrawn, never deleted.

    Intimate pictures are not stored, only the fact and the receipt of the police (domain.md section 6).
    """

    __tablename__ = "case_evidence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    file_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    sealed_title: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    received_from: Mapped[str] = mapped_column(String(16), default="")
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (tenant_fk("case_id", "case_file"), Index(None, "district_id", "case_id"))


class CaseReport(Base):
    """A report upward (首报, 续报, 终报): versions are added, never changed. ``to_whom``: bureau, police, city, joint.

    Its required facts (SB17-18: time, place, cause, course, persons, measures) are sealed JSON; ``counts`` are numbers only.
    """

    __tablename__ = "case_report"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))  # first, follow_up, final
    form: Mapped[str] = mapped_column(String(8))  # oral, written
    to_whom: Mapped[str] = mapped_column(String(12))
    sealed_facts: Mapped[str] = mapped_column(Text, info=_SEALED)
    counts: Mapped[dict[str, Any]]
    receiver: Mapped[str] = mapped_column(String(80), default="")  # office that took it, no private person
    receipt_no: Mapped[str] = mapped_column(String(60), default="")
    reported_at: Mapped[datetime]
    reported_by: Mapped[str] = mapped_column(Id)
    recorded_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (tenant_fk("case_id", "case_file"), UniqueConstraint("district_id", "case_id", "number"))


class Determination(Base):
    """What the committee found of one party: a version that is added and never rewritten, only its ``state`` moves.

    ``outcome``: bullying, not_bullying, not_proven, other_body. ``state``: proposed, adopted, effective, upheld, modified,
    overturned, superseded. ``measures`` lists keys of the scale; ``basis`` the clauses and versions cited, frozen.
    """

    __tablename__ = "determination"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int]
    item_id: Mapped[str | None] = mapped_column(Id)
    appeal_id: Mapped[str | None] = mapped_column(Id)  # made by a re-examination instead of a meeting
    number: Mapped[str] = mapped_column(String(40), default="")
    outcome: Mapped[str] = mapped_column(String(16))
    tier: Mapped[str] = mapped_column(String(12), default="")
    measures: Mapped[list[Any]]
    plan_minutes: Mapped[int] = mapped_column(default=0)
    sealed_facts: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    sealed_grounds: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    basis: Mapped[dict[str, Any]]
    defects: Mapped[list[Any]]  # procedural faults found later (domain.md case 45)
    state: Mapped[str] = mapped_column(String(12))
    adopted_at: Mapped[datetime | None]
    effective_at: Mapped[datetime | None]
    appeal_until: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        tenant_fk("party_id", "case_party"),
        UniqueConstraint("district_id", "party_id", "version"),
        Index(None, "district_id", "case_id"),
        Index(None, "district_id", "school_id", "state"),
    )


class CaseRecipient(Base):
    """Somebody was told of a determination or plan: who must get the correction when it falls (domain.md case 69).

    ``kind``: guardian, bureau, police, homeroom, quality_evaluation, instructor, other_school, other.
    """

    __tablename__ = "case_recipient"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    sealed_who: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    document_no: Mapped[str] = mapped_column(String(40), default="")
    told_at: Mapped[datetime]
    correction_due_at: Mapped[datetime | None]
    corrected_at: Mapped[datetime | None]
    correction_no: Mapped[str] = mapped_column(String(40), default="")
    corrected_by: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), Index(None, "district_id", "case_id"))


class EvaluationEntry(Base):
    """An entry in the quality evaluation (综合素质评价) that a measure made. Recalled with proof, never deleted."""

    __tablename__ = "evaluation_entry"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    entered_by: Mapped[str] = mapped_column(Id)
    recall_due_at: Mapped[datetime | None]
    recalled_at: Mapped[datetime | None]
    recalled_by: Mapped[str | None] = mapped_column(Id)
    recall_proof: Mapped[str] = mapped_column(String(120), default="")  # file id or number of the paper

    __table_args__ = (tenant_fk("case_id", "case_file"), tenant_fk("party_id", "case_party"), tenant_fk("determination_id", "determination"))


class SecondPerson(Base):
    """Something that two people must want: asked by one with a reason, granted or refused by another (break-glass and its kin).

    ``kind``: reporter, identity, unseal, identified_export, downgrade, extension, lift_recusal. Valid until ``expires_at``.
    """

    __tablename__ = "second_person"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(String(24))
    sealed_words: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    parameters: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(12))  # asked, granted, refused, used, expired
    asked_by: Mapped[str] = mapped_column(Id)
    asked_by_person: Mapped[str | None] = mapped_column(Id)
    asked_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(Id)
    decided_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name="second_is_another"),
        Index(None, "district_id", "school_id", "state"),
        Index(None, "district_id", "object_id"),
    )


class CaseNotice(Base):
    """A neutral word to an account, or to everybody in a role at a place: a code and numbers, never a name, a class or what it is about."""

    __tablename__ = "case_notice"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    org_id: Mapped[str] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(32), default="")
    account_id: Mapped[str | None] = mapped_column(Id)
    code: Mapped[str] = mapped_column(String(40))
    matter_id: Mapped[str] = mapped_column(Id, default="")
    link: Mapped[str] = mapped_column(String(120), default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("org_id", "org_unit"),
        Index(None, "district_id", "org_id", "role", "done_at"),
        Index(None, "district_id", "account_id", "done_at"),
    )


class IssuedDocument(Base):
    """A numbered paper that was printed from data: what, for whom (code), when, by whom, its digest. Its file is made anew from data."""

    __tablename__ = "issued_document"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(24))
    object_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)
    issued_by: Mapped[str] = mapped_column(Id)
    issued_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("case_id", "case_file"),
        UniqueConstraint("district_id", "school_id", "kind", "year", "number"),
        UniqueConstraint("district_id", "kind", "object_id", "version"),
        Index(None, "district_id", "case_id"),
    )


class GuardianRequest(Base):
    """A guardian asks to see, copy, correct or delete what is held on their child; answered by a deadline, refused only with a reason."""

    __tablename__ = "guardian_request"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    student_mark: Mapped[str] = mapped_column(String(64))
    sealed_identity: Mapped[str] = mapped_column(Text, info=_SEALED)  # JSON {student_id, name, guardian, relation}
    kind: Mapped[str] = mapped_column(String(12))  # see, copy, correct, delete
    sealed_words: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))  # open, answered, refused
    sealed_answer: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(Id)

    __table_args__ = (tenant_fk("school_id", "org_unit"), Index(None, "district_id", "school_id", "state"))
