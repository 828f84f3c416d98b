"""Sittings of the committee and their agenda, without the matters from which the reader stepped aside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting, MeetingItem, MeetingPresence
from trainhub.committees.queries.composition import OnDay, on_day
from trainhub.committees.queries.recusal import RecusalRow, item_shown, recusals_of, recused_by_matter
from trainhub.committees.rules.voting import Bench, bench
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class MeetingRow:
    """A sitting of the list."""

    id: str
    school_id: str
    committee_id: str
    year: int
    number: int
    state: str
    starts_at: datetime
    ends_at: datetime | None
    place: str
    state_reason: str
    version: int
    held_recorded_at: datetime | None

    @property
    def no(self) -> str:
        """The number as it is said: 2026-03."""
        return f"{self.year}-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class PresenceRow:
    """Who was asked and came."""

    member_id: str
    status: str
    stands_in_for: str | None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of the agenda with who decides it."""

    id: str
    kind: str
    matter_id: str
    object_id: str | None
    label: str
    outcome: str | None
    entitled: int | None
    present: int | None
    recused: int | None
    in_favour: int | None
    against: int | None
    abstained: int | None
    basis: dict[str, Any]
    faults: tuple[str, ...]
    guardians: dict[str, Any]
    used_at: datetime | None
    bench: Bench
    recusals: tuple[RecusalRow, ...]
    lapsed: bool = False


@dataclass(frozen=True, slots=True)
class MeetingPage:
    """A sitting with the committee of its day, presence and agenda. ``all_seen``: the reader stepped aside from no item of it."""

    meeting: MeetingRow
    committee: OnDay
    presence: tuple[PresenceRow, ...]
    items: tuple[ItemRow, ...]
    all_seen: bool
    has_minutes: bool
    chaired_by: str | None

    @property
    def present(self) -> frozenset[str]:
        """Ids of the members who are there."""
        return frozenset(p.member_id for p in self.presence if p.status == "present")


def _row(m: CommitteeMeeting) -> MeetingRow:
    return MeetingRow(
        m.id, m.school_id, m.committee_id, m.year, m.number, m.state, m.starts_at, m.ends_at, m.place, m.state_reason, m.version, m.held_recorded_at
    )


def meetings(session: Session, scope: Scope, actor: Actor, school_id: str, limit: int = 60) -> list[tuple[MeetingRow, int, int]]:
    """Return the sittings of a school, newest first, each with how many items the reader may see and how many are decided. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    rows = session.scalars(
        select(CommitteeMeeting).where(CommitteeMeeting.district_id == scope.district_id, CommitteeMeeting.school_id == school_id)
        .order_by(CommitteeMeeting.year.desc(), CommitteeMeeting.number.desc()).limit(limit)
    ).all()
    counts = {row.meeting_id: (row.items, row.decided) for row in session.execute(
        select(MeetingItem.meeting_id, func.count().label("items"), func.count(MeetingItem.outcome).label("decided"))
        .where(
            MeetingItem.district_id == scope.district_id, MeetingItem.meeting_id.in_([m.id for m in rows]),
            item_shown(actor),
        ).group_by(MeetingItem.meeting_id)
    )}
    return [(_row(m), *counts.get(m.id, (0, 0))) for m in rows]


def next_meeting(session: Session, scope: Scope, school_id: str, now: datetime) -> MeetingRow | None:
    """Return the next planned sitting of a school, None where none is planned. One statement. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    found = session.scalars(
        select(CommitteeMeeting).where(
            CommitteeMeeting.district_id == scope.district_id, CommitteeMeeting.school_id == school_id, CommitteeMeeting.state == "planned",
            CommitteeMeeting.starts_at > now,
        ).order_by(CommitteeMeeting.starts_at, CommitteeMeeting.id).limit(1)
    ).one_or_none()
    return _row(found) if found is not None else None


def meeting(session: Session, scope: Scope, actor: Actor, meeting_id: str) -> MeetingPage:
    """Return a sitting. Matters from which the reader stepped aside are not there at all. Thirteen statements, however much is on it.

    Raises NotFound for every sitting outside the scope.
    """
    row = session.get(CommitteeMeeting, (scope.district_id, meeting_id))
    if row is None or not scope.covers_school(row.school_id):
        raise NotFound
    committee = on_day(session, scope.district_id, row.school_id, local_day(row.starts_at))
    presence = session.scalars(
        select(MeetingPresence).where(MeetingPresence.district_id == scope.district_id, MeetingPresence.meeting_id == row.id)
        .order_by(MeetingPresence.member_id)
    ).all()
    base = select(MeetingItem).where(MeetingItem.district_id == scope.district_id, MeetingItem.meeting_id == row.id)
    items = session.scalars(base.where(item_shown(actor)).order_by(MeetingItem.id)).all()
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    matters = {item.matter_id for item in items}
    recusals, aside = recusals_of(session, scope.district_id, matters), recused_by_matter(session, scope.district_id, matters)
    lines = tuple(PresenceRow(p.member_id, p.status, p.stands_in_for) for p in presence)
    return MeetingPage(
        _row(row), committee, lines, tuple(_item(i, committee, lines, recusals, aside) for i in items), len(items) == total,
        bool(row.sealed_minutes), row.chaired_by,
    )


def _item(
    i: MeetingItem, committee: OnDay, presence: tuple[PresenceRow, ...], recusals: list[RecusalRow], aside: dict[str, frozenset[str]]
) -> ItemRow:
    own = tuple(r for r in recusals if r.matter_id == i.matter_id)
    who = bench_of(committee, aside.get(i.matter_id, frozenset()), presence, own)
    return ItemRow(
        i.id, i.kind, i.matter_id, i.object_id, i.label, i.outcome, i.entitled_count, i.present_count, i.recused_count, i.for_count,
        i.against_count, i.abstained_count, dict(i.basis), tuple(i.composition), dict(i.guardians), i.used_at, who, own, i.lapsed_at is not None,
    )  # fmt: skip


def bench_of(committee: OnDay, recused: frozenset[str], presence: tuple[PresenceRow, ...], recusals: tuple[RecusalRow, ...]) -> Bench:
    """Return who decides a matter: substitutes named at its recusals, and those who sit for members who could not come."""
    stands_in = {r.substitute_id: r.member_id for r in recusals if r.substitute_id and r.member_id}
    stands_in |= {p.member_id: p.stands_in_for for p in presence if p.stands_in_for and p.status == "present"}
    away = {p.member_id for p in presence if p.status in {"absent", "excused"}}
    return bench(committee.sitters, recused, stands_in, away)
