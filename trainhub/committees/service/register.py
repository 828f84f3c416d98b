"""The register of the committee: founding it, its seats, who fills them and for how long, a new term.

Memberships end by a date and are never deleted. Names of parents and pupils are sealed; every page says ``shown_as``.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.committees.models import Committee, CommitteeMember, CommitteeSeat, MeetingItem
from trainhub.committees.queries.composition import Book, book
from trainhub.committees.queries.resolutions import defects
from trainhub.committees.rules.composition import BY_CODE_ONLY, OWN_STAFF, SeatKind, SeatLine
from trainhub.committees.rules.happenings import ItemsDefective
from trainhub.committees.rules.recusal import contact_mark
from trainhub.committees.rules.refusals import CommitteeRefused
from trainhub.committees.sealed import name_place
from trainhub.committees.service.fitness import check_sittings
from trainhub.committees.service.recusal import find_for_school
from trainhub.committees.service.steps import guard, locked_committee, locked_committees, note
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing
from trainhub.roster.models import Employment, OrgUnit, Person

END_REASONS = ("term_over", "left", "asked", "replaced")
LONGEST_TERM_DAYS = 5 * 366


@dataclass(frozen=True, slots=True)
class FoundCommittee:
    """A new committee with its seats, from a day on; ``to_on`` where its term is known to end."""

    school_id: str
    name: str
    from_on: date
    to_on: date | None
    seats: tuple[SeatLine, ...]


@dataclass(frozen=True, slots=True)
class FillSeat:
    """Somebody takes a seat. ``person_id`` for staff and outside people of the roster; else ``name`` (sealed) and ``shown_as``.

    ``phone_tail``: last four digits, kept only as part of a keyed mark. ``account_id`` of a member without a person who signs in.
    """

    seat_id: str
    from_on: date
    to_on: date | None = None
    person_id: str | None = None
    account_id: str | None = None
    name: str = ""
    phone_tail: str = ""
    shown_as: str = ""
    organisation: str = ""


def found_committee(session: Session, actor: Actor, command: FoundCommittee, now: datetime) -> str:
    """Found the committee of a school and return its id. Raises NotFound, Forbidden, CommitteeRefused."""
    guard(actor, command.school_id)
    unit = session.get(OrgUnit, (actor.district_id, command.school_id))
    if unit is None:
        raise NotFound
    if unit.kind == "bureau":
        raise CommitteeRefused("not_a_school", "name")
    name = " ".join(command.name.split())[:80]
    if not name:
        raise CommitteeRefused("name", "name")
    _refuse_period(command.from_on, command.to_on)
    if not command.seats:
        raise CommitteeRefused("no_seats", "seats")
    for other in locked_committees(session, actor.district_id, command.school_id):
        if other.to_on is None or other.to_on >= command.from_on:
            raise CommitteeRefused("exists", "from_on")
    row = Committee(
        district_id=actor.district_id, id=new_id(), school_id=command.school_id, name=name, from_on=command.from_on, to_on=command.to_on,
        entered_by=actor.account_id, entered_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    seats = [_seat(row, line, number) for number, line in enumerate(command.seats, 1)]
    session.add_all(seats)
    note(session, actor, row.school_id, "founded", row.id, now, {
        "from": row.from_on.isoformat(), "to": row.to_on.isoformat() if row.to_on else None, "seats": [_seat_facts(s) for s in seats],
    })  # fmt: skip
    return row.id


def add_seat(session: Session, actor: Actor, committee_id: str, line: SeatLine, now: datetime) -> str:
    """Add a seat to a committee and return its id. Raises NotFound, CommitteeRefused where there is a chair already."""
    committee = locked_committee(session, actor, committee_id)
    held = session.scalars(select(CommitteeSeat).where(
        CommitteeSeat.district_id == actor.district_id, CommitteeSeat.committee_id == committee.id
    )).all()
    if line.is_chair and any(seat.is_chair and seat.closed_on is None for seat in held):
        raise CommitteeRefused("chair_there", "is_chair")
    if line.is_chair and (line.is_substitute or not line.votes):
        raise CommitteeRefused("chair_votes", "is_chair")
    seat = _seat(committee, line, max((s.sort_no for s in held), default=0) + 1)
    session.add(seat)
    note(session, actor, committee.school_id, "seat_added", seat.id, now, {"committee": committee.id, **_seat_facts(seat)}, subject=committee.id)
    check_sittings(session, actor.district_id, committee.school_id, now)
    return seat.id


def close_seat(session: Session, actor: Actor, seat_id: str, on: date, now: datetime) -> None:
    """Close a seat from a day on; whoever fills it ends the day before. Raises NotFound, CommitteeRefused."""
    seat, committee = _locked_seat(session, actor, seat_id)
    if seat.closed_on is not None:
        raise CommitteeRefused("seat_closed", "on")
    _refuse_day(committee, on)
    ended = []
    for member in _members(session, actor.district_id, [seat.id]):
        if member.to_on is None or member.to_on >= on:
            if member.from_on >= on:
                raise CommitteeRefused("member_later", "on")
            member.to_on, member.end_reason = on - timedelta(days=1), "term_over"
            ended.append(member.id)
    seat.closed_on = on
    note(session, actor, committee.school_id, "seat_closed", seat.id, now, {"on": on.isoformat(), "ended": ended}, subject=committee.id)
    note_defects(session, actor, committee.school_id, now)


def fill_seat(session: Session, actor: Actor, command: FillSeat, now: datetime, *, ring: KeyRing) -> str:
    """Let somebody take a seat and return the membership's id. Open matters are looked through for conflicts at once.

    Raises NotFound, CommitteeRefused: seat taken or closed, outside the committee's term, on it already, not on the staff, a name in
    the words that pages show.
    """
    seat, committee = _locked_seat(session, actor, command.seat_id)
    kind = SeatKind(seat.kind)
    _refuse_period(command.from_on, command.to_on)
    _refuse_day(committee, command.from_on)
    if seat.closed_on is not None:
        raise CommitteeRefused("seat_closed", "from_on")
    if committee.to_on is not None and (command.to_on or committee.to_on) > committee.to_on:
        raise CommitteeRefused("outside_term", "to_on")
    _refuse_taken(session, actor.district_id, seat, command)
    member = CommitteeMember(
        district_id=actor.district_id, id=new_id(), school_id=committee.school_id, seat_id=seat.id, person_id=None, account_id=None,
        shown_as="", organisation=" ".join(command.organisation.split())[:80], from_on=command.from_on, to_on=command.to_on,
        entered_by=actor.account_id, entered_at=now,
    )  # fmt: skip
    if command.person_id:
        _take_person(session, actor, member, command, kind)
    else:
        _take_sealed(session, actor, member, command, kind, ring)
    _refuse_on_it_already(session, member, committee)
    session.add(member)
    note(session, actor, committee.school_id, "member_joined", member.id, now, {
        "seat": seat.id, "kind": seat.kind, "person": member.person_id, "account": member.account_id, "from": member.from_on.isoformat(),
        "to": member.to_on.isoformat() if member.to_on else None,
    }, subject=committee.id)  # fmt: skip
    find_for_school(session, actor, committee.school_id, now, ring=ring)
    check_sittings(session, actor.district_id, committee.school_id, now)
    return member.id


def end_membership(session: Session, actor: Actor, member_id: str, last_day: date, reason: str, now: datetime) -> None:
    """End a membership with its last day. A day in the past may show earlier resolutions to be defective: they are marked (case 45).

    Raises NotFound, CommitteeRefused.
    """
    member, committee = _locked_member(session, actor, member_id)
    if reason not in END_REASONS:
        raise CommitteeRefused("end_reason", "reason")
    if last_day < member.from_on or (member.to_on is not None and last_day > member.to_on):
        raise CommitteeRefused("end_day", "last_day")
    before = member.to_on
    member.to_on, member.end_reason = last_day, reason
    note(session, actor, committee.school_id, "member_ended", member.id, now, {
        "seat": member.seat_id, "last_day": last_day.isoformat(), "before": before.isoformat() if before else None, "reason": reason,
    }, subject=committee.id)  # fmt: skip
    note_defects(session, actor, committee.school_id, now)


def declare_interests(session: Session, actor: Actor, member_id: str, now: datetime) -> None:
    """Note that a member declared their interests (利害关系申报): the member's own account, or the secretary from paper. Raises NotFound."""
    member = session.get(CommitteeMember, (actor.district_id, member_id))
    if member is None:
        raise NotFound
    own = (actor.person_id is not None and member.person_id == actor.person_id) or member.account_id == actor.account_id
    if not own:
        if not actor.can(Permission.COMMITTEE_WRITE):
            raise NotFound  # whose membership it is shows in no answer
        guard(actor, member.school_id)
    member.declared_at = now
    note(session, actor, member.school_id, "interests_declared", member.id, now, {"own": own}, subject=member.id)


def renew(
    session: Session, actor: Actor, committee_id: str, name: str, from_on: date, to_on: date | None, keep: Collection[str], now: datetime,
    *, ring: KeyRing,
) -> str:
    """Begin a new term with the same open seats; members in ``keep`` go on. The old committee ends the day before. Returns the new id."""
    old = locked_committee(session, actor, committee_id)
    day_before = from_on - timedelta(days=1)
    _refuse_period(from_on, to_on)
    if day_before < old.from_on or (old.to_on is not None and old.to_on < old.from_on):
        raise CommitteeRefused("new_term_day", "from_on")
    seats = session.scalars(select(CommitteeSeat).where(
        CommitteeSeat.district_id == actor.district_id, CommitteeSeat.committee_id == old.id, CommitteeSeat.closed_on.is_(None)
    ).order_by(CommitteeSeat.sort_no, CommitteeSeat.id)).all()
    members = _members(session, actor.district_id, [s.id for s in seats])
    if any(m.from_on > day_before for m in members):
        raise CommitteeRefused("member_later", "from_on")
    standing = {m.seat_id: m for m in members if m.to_on is None or m.to_on >= day_before}
    for member in standing.values():
        member.to_on, member.end_reason = day_before, "term_over"
    old.to_on = day_before
    session.flush()
    lines = tuple(SeatLine(SeatKind(s.kind), s.is_chair, s.is_substitute, s.votes) for s in seats)
    new = found_committee(session, actor, FoundCommittee(old.school_id, name, from_on, to_on, lines), now)
    fresh = session.scalars(select(CommitteeSeat).where(
        CommitteeSeat.district_id == actor.district_id, CommitteeSeat.committee_id == new
    ).order_by(CommitteeSeat.sort_no)).all()
    for seat, place in zip(seats, fresh, strict=True):
        goes_on = standing.get(seat.id)
        if goes_on is not None and goes_on.id in keep:
            _carry(session, actor, goes_on, place, from_on, to_on, now, ring)
    session.flush()
    check_sittings(session, actor.district_id, old.school_id, now)
    return new


def _carry(
    session: Session, actor: Actor, member: CommitteeMember, seat: CommitteeSeat, from_on: date, to_on: date | None, now: datetime, ring: KeyRing
) -> None:
    """The same member in the new term's seat; a sealed name is sealed anew for its new place, interests are declared anew."""
    key = new_id()
    sealed = ring.seal(ring.unseal(member.sealed_name, name_place(member.id)), name_place(key)) if member.sealed_name else ""
    session.add(CommitteeMember(
        district_id=member.district_id, id=key, school_id=member.school_id, seat_id=seat.id, person_id=member.person_id,
        account_id=member.account_id, sealed_name=sealed, contact_mark=member.contact_mark, shown_as=member.shown_as,
        organisation=member.organisation, from_on=from_on, to_on=to_on, entered_by=actor.account_id, entered_at=now,
    ))  # fmt: skip
    note(session, actor, member.school_id, "member_joined", key, now, {
        "seat": seat.id, "kind": seat.kind, "person": member.person_id, "account": member.account_id, "from": from_on.isoformat(),
        "to": to_on.isoformat() if to_on else None, "again": member.id,
    }, subject=seat.committee_id)  # fmt: skip


def note_defects(session: Session, actor: Actor, school_id: str, now: datetime) -> tuple[str, ...]:
    """Mark the adopted resolutions whose committee, as recorded now, was not constituted on their day (case 45); return newly marked ids.

    The mark stays on the resolution with what was missing; it cannot be used any more, and higher rooms hear of it.
    """
    session.flush()
    check_sittings(session, actor.district_id, school_id, now)
    held: Book = book(session, actor.district_id, school_id)
    fresh = [one for one in defects(session, actor.district_id, held) if not one.noted]
    if not fresh:
        return ()
    rows = {row.id: row for row in session.scalars(select(MeetingItem).where(
        MeetingItem.district_id == actor.district_id, MeetingItem.id.in_([one.item_id for one in fresh])
    ))}
    for one in fresh:
        rows[one.item_id].composition = list(one.faults)
        note(session, actor, school_id, "item_defective", one.item_id, now, {"matter": one.matter_id, "missing": list(one.faults)}, subject=one.matter_id)
    ids = tuple(one.item_id for one in fresh)
    announcer.announce(session, ItemsDefective(actor.district_id, school_id, ids))
    return ids


# --- shared --------------------------------------------------------------------------------------


def _seat(committee: Committee, line: SeatLine, number: int) -> CommitteeSeat:
    return CommitteeSeat(
        district_id=committee.district_id, id=new_id(), committee_id=committee.id, kind=line.kind.value, is_chair=line.is_chair,
        is_substitute=line.is_substitute, votes=line.votes, sort_no=number,
    )  # fmt: skip


def _seat_facts(s: CommitteeSeat) -> dict[str, object]:
    return {"seat": s.id, "kind": s.kind, "chair": s.is_chair, "substitute": s.is_substitute, "votes": s.votes}


def _refuse_period(from_on: date, to_on: date | None) -> None:
    if to_on is not None and to_on < from_on:
        raise CommitteeRefused("period", "to_on")
    if to_on is not None and (to_on - from_on).days > LONGEST_TERM_DAYS:
        raise CommitteeRefused("long_term", "to_on")


def _refuse_day(committee: Committee, day: date) -> None:
    if day < committee.from_on or (committee.to_on is not None and day > committee.to_on):
        raise CommitteeRefused("outside_term", "from_on")


def _locked_seat(session: Session, actor: Actor, seat_id: str) -> tuple[CommitteeSeat, Committee]:
    seat = session.get(CommitteeSeat, (actor.district_id, seat_id))
    if seat is None:
        raise NotFound
    return seat, locked_committee(session, actor, seat.committee_id)


def _locked_member(session: Session, actor: Actor, member_id: str) -> tuple[CommitteeMember, Committee]:
    member = session.get(CommitteeMember, (actor.district_id, member_id))
    if member is None:
        raise NotFound
    _held, committee = _locked_seat(session, actor, member.seat_id)
    return member, committee


def _members(session: Session, district_id: str, seat_ids: Sequence[str]) -> list[CommitteeMember]:
    query = select(CommitteeMember).where(CommitteeMember.district_id == district_id, CommitteeMember.seat_id.in_(seat_ids))
    return list(session.scalars(query.order_by(CommitteeMember.from_on)))


def _refuse_taken(session: Session, district_id: str, seat: CommitteeSeat, command: FillSeat) -> None:
    for other in _members(session, district_id, [seat.id]):
        ends_before = other.to_on is not None and other.to_on < command.from_on
        begins_after = command.to_on is not None and other.from_on > command.to_on
        if not ends_before and not begins_after:
            raise CommitteeRefused("seat_taken", "from_on")


def _take_person(session: Session, actor: Actor, member: CommitteeMember, command: FillSeat, kind: SeatKind) -> None:
    """Somebody of the roster: staff of this school for the school's own seats, also people from outside for the others."""
    person = session.get(Person, (actor.district_id, command.person_id))
    if person is None or person.merged_into_id is not None:
        raise NotFound
    if kind is SeatKind.STUDENT:
        raise CommitteeRefused("pupil_only", "person")
    here = session.scalar(select(Employment.category).where(
        Employment.district_id == actor.district_id, Employment.school_id == member.school_id, Employment.person_id == person.id,
        Employment.from_on <= command.from_on, or_(Employment.to_on.is_(None), Employment.to_on >= command.from_on),
    ).limit(1))
    if here is None:
        raise CommitteeRefused("not_on_staff", "person")
    if kind in OWN_STAFF and here == "external":
        raise CommitteeRefused("outside_person", "person")
    member.person_id, member.shown_as = person.id, person.name


def _take_sealed(session: Session, actor: Actor, member: CommitteeMember, command: FillSeat, kind: SeatKind, ring: KeyRing) -> None:
    """Somebody without a person of the roster: the name is sealed, pages say ``shown_as``."""
    name, shown = " ".join(command.name.split())[:80], " ".join(command.shown_as.split())[:60]
    if kind in OWN_STAFF:
        raise CommitteeRefused("person_needed", "person")
    if not name:
        raise CommitteeRefused("member_name", "name")
    if not shown:
        raise CommitteeRefused("shown_as", "shown_as")
    if kind in BY_CODE_ONLY and name.casefold() in shown.casefold():
        raise CommitteeRefused("shown_names", "shown_as")
    if command.account_id:
        if kind is SeatKind.STUDENT:
            raise CommitteeRefused("pupil_account", "account")
        account = session.get(Account, (actor.district_id, command.account_id))
        if account is None:
            raise NotFound
        member.account_id = account.id
    member.shown_as = shown
    member.sealed_name = ring.seal(name, name_place(member.id))
    member.contact_mark = contact_mark(ring.mark, name, command.phone_tail)


def _refuse_on_it_already(session: Session, member: CommitteeMember, committee: Committee) -> None:
    """One human being has one seat: nobody votes twice, nobody is their own substitute."""
    same = session.scalars(
        select(CommitteeMember.id)
        .join(CommitteeSeat, (CommitteeSeat.district_id == CommitteeMember.district_id) & (CommitteeSeat.id == CommitteeMember.seat_id))
        .where(
            CommitteeMember.district_id == member.district_id, CommitteeSeat.committee_id == committee.id,
            or_(CommitteeMember.to_on.is_(None), CommitteeMember.to_on >= member.from_on),
            or_(
                *([CommitteeMember.person_id == member.person_id] if member.person_id else []),
                *([CommitteeMember.account_id == member.account_id] if member.account_id else []),
                *([CommitteeMember.contact_mark == member.contact_mark] if member.contact_mark else []),
                CommitteeMember.id == member.id,
            ),
        )
    ).first()
    if same is not None:
        raise CommitteeRefused("sits_already", "person")

