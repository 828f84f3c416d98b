"""Who sits on the committee of a school on a day, and whether that makes a committee."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.committees.models import Committee, CommitteeMember, CommitteeSeat
from trainhub.committees.rules.composition import (
    OWN_STAFF,
    Constitution,
    FilledSeat,
    SeatKind,
    constitution,
    rule_set_on,
)
from trainhub.committees.rules.voting import Sitter
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Employment, OrgUnit
from trainhub.roster.queries.policy import PolicyBook, policy_book


@dataclass(frozen=True, slots=True)
class MemberRow:
    """Who fills a seat. ``shown_as`` is all that a page says; ``by_code``: the name is sealed."""

    id: str
    seat_id: str
    person_id: str | None
    account_id: str | None
    shown_as: str
    by_code: bool
    organisation: str
    from_on: date
    to_on: date | None
    end_reason: str
    declared_at: datetime | None
    entered_by: str

    def covers(self, day: date) -> bool:
        """Whether the membership holds on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A seat on a day with whoever fills it. ``left``: whoever fills it is not on the staff any more, so the seat is empty."""

    id: str
    committee_id: str
    kind: SeatKind
    is_chair: bool
    is_substitute: bool
    votes: bool
    sort_no: int
    closed_on: date | None
    member: MemberRow | None
    left: bool = False

    @property
    def filled(self) -> bool:
        """Whether the seat counts."""
        return self.member is not None and not self.left


@dataclass(frozen=True, slots=True)
class CommitteeRow:
    """A committee from a day to a day."""

    id: str
    school_id: str
    name: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class OnDay:
    """The committee of a school on a day: its seats in order, what it lacks, the policy it was judged by."""

    school_id: str
    day: date
    committee: CommitteeRow | None
    seats: tuple[SeatRow, ...]
    constitution: Constitution
    quorum_percent: int
    policy_version: int

    @property
    def sitters(self) -> tuple[Sitter, ...]:
        """The filled seats as the rules of voting see them."""
        return tuple(
            Sitter(s.member.id, s.kind, s.is_chair, s.is_substitute, s.votes, s.sort_no) for s in self.seats if s.member is not None and not s.left
        )

    def member(self, member_id: str) -> MemberRow | None:
        """The member of the day with an id."""
        return next((s.member for s in self.seats if s.member is not None and s.member.id == member_id), None)


@dataclass(frozen=True, slots=True)
class Book:
    """All committees a school ever had, for any day: one reading serves every day a page asks for."""

    school_id: str
    stages: tuple[str, ...]
    committees: tuple[CommitteeRow, ...]
    seats: tuple[SeatRow, ...]  # without a member
    members: tuple[MemberRow, ...]
    staffed: dict[str, tuple[tuple[date, date | None], ...]]  # person -> stretches of employment here
    policies: PolicyBook

    def on(self, day: date) -> OnDay:
        """The committee on a day."""
        held = [c for c in self.committees if c.from_on <= day and (c.to_on is None or day <= c.to_on)]
        current = max(held, key=lambda c: (c.from_on, c.id), default=None)
        seats = tuple(self._seat(seat, day) for seat in self.seats if current and seat.committee_id == current.id and _open(seat, day))
        policy = self.policies.of(self.school_id, day)
        rules = rule_set_on(str(policy["committee_rule_set"]), day)
        filled = [FilledSeat(s.kind, s.is_chair, s.votes) for s in seats if s.filled and not s.is_substitute]
        return OnDay(
            self.school_id, day, current, seats, constitution(rules, self.stages, filled, day), int(policy["quorum_percent"]), policy.version
        )

    def _seat(self, seat: SeatRow, day: date) -> SeatRow:
        here = [m for m in self.members if m.seat_id == seat.id and m.covers(day)]
        member = max(here, key=lambda m: (m.from_on, m.id), default=None)
        left = member is not None and seat.kind in OWN_STAFF and not self._on_staff(member.person_id, day)
        return SeatRow(
            seat.id, seat.committee_id, seat.kind, seat.is_chair, seat.is_substitute, seat.votes, seat.sort_no, seat.closed_on, member, left
        )

    def _on_staff(self, person_id: str | None, day: date) -> bool:
        spans = self.staffed.get(person_id or "", ())
        return any(first <= day and (last is None or day <= last) for first, last in spans)


def _open(seat: SeatRow, day: date) -> bool:
    return seat.closed_on is None or day < seat.closed_on


def book(session: Session, district_id: str, school_id: str) -> Book:
    """Return every committee of a school with its seats and members. Six statements, however many there are.

    For the room's own steps and for higher rooms; pages go through :func:`register`. Raises NotFound without such a school.
    """
    unit = session.get(OrgUnit, (district_id, school_id))
    if unit is None:
        raise NotFound
    committees = session.scalars(
        select(Committee).where(Committee.district_id == district_id, Committee.school_id == school_id).order_by(Committee.from_on, Committee.id)
    ).all()
    ids = [one.id for one in committees]
    seats = session.scalars(
        select(CommitteeSeat).where(CommitteeSeat.district_id == district_id, CommitteeSeat.committee_id.in_(ids))
        .order_by(CommitteeSeat.is_substitute, CommitteeSeat.sort_no, CommitteeSeat.id)
    ).all()
    members = session.scalars(
        select(CommitteeMember).where(CommitteeMember.district_id == district_id, CommitteeMember.school_id == school_id)
        .order_by(CommitteeMember.from_on, CommitteeMember.id)
    ).all()
    people = {m.person_id for m in members if m.person_id}
    return Book(
        school_id, tuple(unit.stages), tuple(CommitteeRow(c.id, c.school_id, c.name, c.from_on, c.to_on) for c in committees),
        tuple(_seat_row(s) for s in seats), tuple(_member_row(m) for m in members), _staffed(session, district_id, school_id, people),
        policy_book(session, district_id, school_id),
    )


def _seat_row(s: CommitteeSeat) -> SeatRow:
    return SeatRow(s.id, s.committee_id, SeatKind(s.kind), s.is_chair, s.is_substitute, s.votes, s.sort_no, s.closed_on, None)


def _member_row(m: CommitteeMember) -> MemberRow:
    return MemberRow(
        m.id, m.seat_id, m.person_id, m.account_id, m.shown_as, bool(m.sealed_name), m.organisation, m.from_on, m.to_on, m.end_reason,
        m.declared_at, m.entered_by,
    )


def _staffed(
    session: Session, district_id: str, school_id: str, people: Collection[str]
) -> dict[str, tuple[tuple[date, date | None], ...]]:
    rows = session.execute(select(Employment.person_id, Employment.from_on, Employment.to_on).where(
        Employment.district_id == district_id, Employment.school_id == school_id, Employment.person_id.in_(people)
    )) if people else ()
    spans: dict[str, tuple[tuple[date, date | None], ...]] = {}
    for person_id, first, last in rows:
        spans[person_id] = (*spans.get(person_id, ()), (first, last))
    return spans


def on_day(session: Session, district_id: str, school_id: str, day: date) -> OnDay:
    """Return the committee of a school on a day: for steps of this room and higher ones. Six statements."""
    return book(session, district_id, school_id).on(day)


def register(session: Session, scope: Scope, school_id: str, day: date) -> OnDay:
    """Return the committee of a school on a day with its seats. Six statements. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    return on_day(session, scope.district_id, school_id, day)


def constitution_on(session: Session, scope: Scope, school_id: str, day: date) -> Constitution:
    """Return whether the committee of a school is constituted on a day and what it lacks. Raises NotFound outside the scope."""
    return register(session, scope, school_id, day).constitution


def memberships_of(session: Session, district_id: str, *, person_id: str | None, account_id: str, day: date) -> list[tuple[str, str, SeatKind]]:
    """Return the seats somebody holds in the district on a day, as (member id, school id, kind). One statement."""
    who = [CommitteeMember.account_id == account_id]
    if person_id is not None:
        who.append(CommitteeMember.person_id == person_id)
    rows = session.execute(
        select(CommitteeMember.id, CommitteeMember.school_id, CommitteeSeat.kind)
        .join(CommitteeSeat, and_(CommitteeSeat.district_id == CommitteeMember.district_id, CommitteeSeat.id == CommitteeMember.seat_id))
        .where(
            CommitteeMember.district_id == district_id, or_(*who), CommitteeMember.from_on <= day,
            or_(CommitteeMember.to_on.is_(None), CommitteeMember.to_on >= day),
        ).order_by(CommitteeMember.id)
    )
    return [(row.id, row.school_id, SeatKind(row.kind)) for row in rows]
