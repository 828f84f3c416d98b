"""Tables of the committee: who sits on it and for how long, who steps aside from which matter, what it met about and how it voted.

A *matter* is what a meeting decides about: the id of a case. This room knows nothing of a case but that id.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from trainhub.kernel.orm import Base, Id, tenant_fk


class Committee(Base):
    """The committee of a school, from a day to a day. A school has one at a time."""

    __tablename__ = "committee"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    name: Mapped[str] = mapped_column(String(80))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="committee_period"),
        Index(None, "district_id", "school_id"),
    )


class CommitteeSeat(Base):
    """A seat: what kind of person must fill it. ``kind`` is one of ``rules.composition.SeatKind``; ``votes`` False: advises only."""

    __tablename__ = "committee_seat"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    committee_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(32))
    is_chair: Mapped[bool] = mapped_column(default=False)
    is_substitute: Mapped[bool] = mapped_column(default=False)
    votes: Mapped[bool] = mapped_column(default=True)
    sort_no: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]

    __table_args__ = (tenant_fk("committee_id", "committee"), Index(None, "district_id", "committee_id"))


class CommitteeMember(Base):
    """Who fills a seat, from a day to a day. Ended by a date, never deleted.

    ``person_id`` names staff and outside experts of the roster; parents and pupils have none: ``sealed_name`` holds their name
    and ``shown_as`` what every page says instead. A pupil on the committee sees no names, ever.
    """

    __tablename__ = "committee_member"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    seat_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)  # of a member without a person of the roster who signs in; never a pupil's
    sealed_name: Mapped[str] = mapped_column(Text, default="", info={"sealed": True})
    contact_mark: Mapped[str] = mapped_column(String(64), default="")  # of name and telephone tail: finds the guardian of a party
    shown_as: Mapped[str] = mapped_column(String(60))
    organisation: Mapped[str] = mapped_column(String(80), default="")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(String(24), default="")  # a code: term_over, left, asked, replaced
    declared_at: Mapped[datetime | None]  # when the member last declared their interests (利害关系申报)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("seat_id", "committee_seat"),
        tenant_fk("person_id", "person"),
        tenant_fk("account_id", "account"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="member_period"),
        Index(None, "district_id", "school_id"),
        Index(None, "district_id", "seat_id"),
        Index(None, "district_id", "person_id"),
        Index(None, "district_id", "account_id"),
    )


class Recusal(Base):
    """Somebody steps aside from one matter (回避): from then on it does not exist for them. Lifted only by a second person.

    ``person_id`` or ``account_id`` names who; ``member_id`` where it is a member. ``found_by``: declared, system, objection.
    """

    __tablename__ = "recusal"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    matter_id: Mapped[str] = mapped_column(Id)
    person_id: Mapped[str | None] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)
    member_id: Mapped[str | None] = mapped_column(Id)
    ground: Mapped[str] = mapped_column(String(24))
    found_by: Mapped[str] = mapped_column(String(12))
    is_principal: Mapped[bool] = mapped_column(default=False)  # the chair passes on and the bureau is told (domain.md case 48)
    substitute_id: Mapped[str | None] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    lift_asked_by: Mapped[str | None] = mapped_column(Id)
    lifted_by: Mapped[str | None] = mapped_column(Id)
    lifted_at: Mapped[datetime | None]
    lift_reason: Mapped[str] = mapped_column(String(24), default="")  # a code: mistake, ground_gone, objection_unfounded

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("person_id", "person"),
        tenant_fk("member_id", "committee_member"),
        tenant_fk("substitute_id", "committee_member"),
        CheckConstraint("person_id IS NOT NULL OR account_id IS NOT NULL OR member_id IS NOT NULL", name="recusal_of_somebody"),
        CheckConstraint("lifted_by IS NULL OR (lift_asked_by IS NOT NULL AND lifted_by <> lift_asked_by)", name="recusal_lifted_by_second"),
        Index(None, "district_id", "matter_id"),
        Index(None, "district_id", "person_id"),
        Index(None, "district_id", "account_id"),
    )


class CommitteeMeeting(Base):
    """A sitting of the committee. ``state``: planned, held, cancelled. Numbered per school and year without gaps."""

    __tablename__ = "committee_meeting"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    committee_id: Mapped[str] = mapped_column(Id)
    year: Mapped[int]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    place: Mapped[str] = mapped_column(String(60), default="")
    chaired_by: Mapped[str | None] = mapped_column(Id)
    sealed_minutes: Mapped[str] = mapped_column(Text, default="", info={"sealed": True})
    state_reason: Mapped[str] = mapped_column(String(24), default="")  # a code: no_quorum, nothing_to_decide, other_day
    version: Mapped[int] = mapped_column(default=1)
    entered_by: Mapped[str] = mapped_column(Id)
    entered_at: Mapped[datetime]
    held_recorded_at: Mapped[datetime | None]

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("committee_id", "committee"),
        tenant_fk("chaired_by", "committee_member"),
        UniqueConstraint("district_id", "school_id", "year", "number"),
        CheckConstraint("ends_at IS NULL OR ends_at > starts_at", name="sitting_period"),
        Index(None, "district_id", "committee_id"),
    )


class MeetingPresence(Base):
    """Who was at a sitting. ``status``: invited, present, absent, excused. ``stands_in_for``: the member whose substitute this one is."""

    __tablename__ = "committee_presence"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    meeting_id: Mapped[str] = mapped_column(Id, primary_key=True)
    member_id: Mapped[str] = mapped_column(Id, primary_key=True)
    status: Mapped[str] = mapped_column(String(12))
    stands_in_for: Mapped[str | None] = mapped_column(Id)

    __table_args__ = (tenant_fk("meeting_id", "committee_meeting"), tenant_fk("member_id", "committee_member"))


class MeetingItem(Base):
    """One matter on the agenda and what was resolved. Votes are counts: the vote of a single member is never kept.

    ``kind``: determination, plan, plan_change, completion, escalation, other. ``object_id``: the party or plan it is about.
    ``basis`` holds the rule set, the policy version and the clauses cited; ``composition`` the faults found that day (empty when
    constituted); ``guardians`` how each side took part. ``outcome``: adopted, rejected, adjourned; None before the vote.
    """

    __tablename__ = "committee_item"

    district_id: Mapped[str] = mapped_column(Id, primary_key=True)
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    school_id: Mapped[str] = mapped_column(Id)
    meeting_id: Mapped[str] = mapped_column(Id)
    matter_id: Mapped[str] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(16))
    object_id: Mapped[str | None] = mapped_column(Id)
    label: Mapped[str] = mapped_column(String(40))  # code names only: 案 2026-03 A1
    entitled_count: Mapped[int | None]
    present_count: Mapped[int | None]
    recused_count: Mapped[int | None]
    for_count: Mapped[int | None]
    against_count: Mapped[int | None]
    abstained_count: Mapped[int | None]
    outcome: Mapped[str | None] = mapped_column(String(12))
    sealed_grounds: Mapped[str] = mapped_column(Text, default="", info={"sealed": True})
    basis: Mapped[dict[str, Any]]
    composition: Mapped[list[Any]]
    guardians: Mapped[dict[str, Any]]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(Id)
    sealed_at: Mapped[datetime | None]  # the matter was sealed: no page of the committee shows the item any more
    used_at: Mapped[datetime | None]  # when another room drew its consequence from it: a resolution is used once
    lapsed_at: Mapped[datetime | None]  # what was voted on was taken back before anybody drew a consequence: none is drawn any more

    __table_args__ = (
        tenant_fk("school_id", "org_unit"),
        tenant_fk("meeting_id", "committee_meeting"),
        CheckConstraint(
            "for_count IS NULL OR for_count + against_count + abstained_count <= present_count", name="votes_of_those_present"
        ),
        Index(None, "district_id", "meeting_id"),
        Index(None, "district_id", "matter_id"),
    )
