"""Tables of appeals. Private to this room. An appeal belongs to the district: never to the school that decided."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk

_SEALED = {"sealed": True}


class Appeal(Base):
    """An appeal against a determination, or against discipline: two tracks that may run together.

    ``track``: determination (to the county), discipline (the school's appeals committee first, then review by the authority).
    ``state``: filed, school_decided (discipline only), admitted, rejected, screened, school_result_stands, re_examination, decided, served,
    executed, withdrawn. A late appeal is kept: ``in_time`` says so, ``late_reason`` why it was heard all the same.
    ``side``: actor or target; both sides of one case share a ``re_examination_id`` (case 71).
    """

    __tablename__ = "appeal"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str] = mapped_column(Id)
    party_id: Mapped[str] = mapped_column(Id)  # whose guardian appeals
    track: Mapped[str] = mapped_column(String(16))
    side: Mapped[str] = mapped_column(String(8))
    year: Mapped[int]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(24))
    channel: Mapped[str] = mapped_column(String(12))
    sealed_grounds: Mapped[str] = mapped_column(Text, info=_SEALED)
    filed_at: Mapped[datetime]
    in_time: Mapped[bool] = mapped_column(default=True)
    re_examination_id: Mapped[str | None] = mapped_column(Id)
    reject_reason: Mapped[str] = mapped_column(String(24), default="")
    late_reason: Mapped[str] = mapped_column(String(24), default="")
    school_due_on: Mapped[date | None]  # discipline: until when the school's appeals committee has the word
    school_outcome: Mapped[str] = mapped_column(String(12), default="")  # discipline: kept, withdrawn
    school_document: Mapped[str] = mapped_column(String(80), default="")
    school_heard_at: Mapped[datetime | None]
    school_heard_by: Mapped[str | None] = mapped_column(Id)
    procedure_proper: Mapped[bool | None]
    facts_clear: Mapped[bool | None]
    screen_due_at: Mapped[datetime | None]
    stayed_at: Mapped[datetime | None]
    stay_ended_at: Mapped[datetime | None]
    decision: Mapped[str] = mapped_column(String(12), default="")  # uphold, modify, overturn, return
    sealed_reply: Mapped[str] = mapped_column(Text, default="", info=_SEALED)  # what the school answered
    decided_at: Mapped[datetime | None]
    served_at: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    entered_by: Mapped[str] = mapped_column(Id)
    updated_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("case_id", "case_file"),
        tenant_fk("determination_id", "determination"),
        tenant_fk("party_id", "case_party"),
        tenant_fk("re_examination_id", "re_examination"),
        UniqueConstraint("district_id", "track", "year", "number"),
        CheckConstraint("school_heard_by IS NULL OR school_heard_by <> entered_by", name="school_word_by_another"),
        Index(None, "district_id", "state"),
        Index(None, "district_id", "case_id"),
    )


class AppealStep(Base):
    """A step of an appeal or a re-examination: append-only; ids, codes and numbers only."""

    __tablename__ = "appeal_step"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    appeal_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    step: Mapped[str] = mapped_column(String(32))
    from_state: Mapped[str] = mapped_column(String(24), default="")
    to_state: Mapped[str] = mapped_column(String(24), default="")
    changes: Mapped[dict[str, Any]]
    actor_id: Mapped[str] = mapped_column(Id)
    acting_role: Mapped[str] = mapped_column(String(32))
    recorded_at: Mapped[datetime]

    __table_args__ = (tenant_fk("appeal_id", "appeal"),)


class ReExamination(Base):
    """A county's review (复查) of one case: a group and a clock of its own. ``state``: forming, running, decided, dropped."""

    __tablename__ = "re_examination"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    track: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12))
    formed_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    opened_by: Mapped[str] = mapped_column(Id)
    opened_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (tenant_fk("case_id", "case_file"), Index(None, "district_id", "case_id"))


class Reviewer(Base):
    """A member of a re-examination group. ``kind``: officer, school_rep, parent_rep, expert. Nobody who decided or handled the case."""

    __tablename__ = "re_examination_reviewer"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    re_examination_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    shown_as: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(12))
    is_lead: Mapped[bool] = mapped_column(default=False)
    recused_at: Mapped[datetime | None]
    added_by: Mapped[str] = mapped_column(Id)
    added_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("re_examination_id", "re_examination"),
        CheckConstraint("account_id IS NULL OR account_id <> added_by", name="reviewer_not_self_named"),
        UniqueConstraint("district_id", "re_examination_id", "account_id"),
        Index(None, "district_id", "re_examination_id"),
    )


class AppealDecision(Base):
    """What was decided on one determination, once even where both sides appealed. ``outcome``: uphold, modify, overturn, return.

    ``instance``: county, or school where its own appeals committee had the first word on discipline. Who decided is none of those who
    made the determination, handed the appeal in or named the group: the database holds that itself. ``fresh_id``: the new version.
    """

    __tablename__ = "appeal_decision"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    re_examination_id: Mapped[str | None] = mapped_column(Id)
    appeal_id: Mapped[str] = mapped_column(Id)
    determination_id: Mapped[str] = mapped_column(Id)
    instance: Mapped[str] = mapped_column(String(8), default="county")
    outcome: Mapped[str] = mapped_column(String(12))
    fresh_id: Mapped[str | None] = mapped_column(Id)
    tier: Mapped[str] = mapped_column(String(12), default="")
    measures: Mapped[list[Any]]
    plan_minutes: Mapped[int | None]
    for_count: Mapped[int | None]
    against_count: Mapped[int | None]
    sealed_reasons: Mapped[str] = mapped_column(Text, default="", info=_SEALED)
    basis: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(Id)
    filed_by: Mapped[str] = mapped_column(Id)
    named_by: Mapped[str] = mapped_column(Id, default="")
    determined_by: Mapped[str] = mapped_column(Id, default="")

    __table_args__ = (
        tenant_fk("appeal_id", "appeal"),
        tenant_fk("determination_id", "determination"),
        tenant_fk("re_examination_id", "re_examination"),
        UniqueConstraint("district_id", "appeal_id", "determination_id", "instance"),
        CheckConstraint("decided_by <> filed_by", name="decided_by_another"),
        CheckConstraint("decided_by <> named_by", name="decided_by_who_was_named"),
        CheckConstraint("decided_by <> determined_by", name="decided_by_who_did_not_determine"),
    )


class AppealEffect(Base):
    """One consequence of a decision, done or still owed: a wrong record cannot survive anywhere.

    ``kind``: those of :mod:`rules.effects`. ``object_id``: what it reaches: a determination, a plan, an entry, a recipient, the party
    whose guardian is served. ``minutes``: what a changed plan had beyond its new total, noted and not banked. ``proof``: a paper's
    number, or how it was served.
    """

    __tablename__ = "appeal_effect"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    decision_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(Id, default="")
    due_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    done_by: Mapped[str | None] = mapped_column(Id)
    minutes: Mapped[int] = mapped_column(default=0)
    proof: Mapped[str] = mapped_column(String(120), default="")

    __table_args__ = (tenant_fk("decision_id", "appeal_decision"), Index(None, "district_id", "decision_id"))


class AppealLetter(Base):
    """A decision's letter to one side, numbered per issuing office and year without gaps. Its file is made anew from data."""

    __tablename__ = "appeal_letter"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    effect_id: Mapped[str] = mapped_column(Id)
    org_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    issued_by: Mapped[str] = mapped_column(Id)
    issued_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("effect_id", "appeal_effect"),
        tenant_fk("org_id", "org_unit"),
        UniqueConstraint("district_id", "org_id", "year", "number"),
        UniqueConstraint("district_id", "effect_id"),
    )
