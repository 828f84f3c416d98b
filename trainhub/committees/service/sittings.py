"""Sittings of the committee: planned and numbered without gaps, members asked, the agenda, who came, minutes, the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.committees.models import CommitteeMeeting, MeetingItem, MeetingPresence
from trainhub.committees.queries.composition import OnDay, on_day
from trainhub.committees.queries.recusal import item_shown
from trainhub.committees.rules.deciding import ItemKind
from trainhub.committees.rules.happenings import SittingPlanned
from trainhub.committees.rules.refusals import CommitteeRefused
from trainhub.committees.sealed import minutes_place
from trainhub.committees.service.fitness import check_sittings, sitting_over
from trainhub.committees.service.steps import (
    agenda_changed,
    guard,
    locked_committees,
    locked_item,
    locked_meeting,
    note,
    refuse_recused,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local, local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing

CANCEL_REASONS = ("no_quorum", "nothing_to_decide", "other_day")
STATUSES = ("invited", "present", "absent", "excused")
FURTHEST = timedelta(days=366)
LONGEST_MINUTES = 20_000


@dataclass(frozen=True, slots=True)
class PlanSitting:
    """A sitting to come, or one of the past days that is entered afterwards."""

    school_id: str
    starts_at: datetime
    place: str = ""


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A matter for the agenda. ``label`` holds code names only (案 2026-03 A1). ``meeting_id`` None: the next planned sitting."""

    kind: ItemKind
    matter_id: str
    object_id: str | None
    label: str
    school_id: str
    meeting_id: str | None = None


@dataclass(frozen=True, slots=True)
class Came:
    """Whether a member came. ``stands_in_for``: the member who could not come and whose substitute this one is."""

    status: str
    stands_in_for: str | None = None


def plan_sitting(session: Session, actor: Actor, command: PlanSitting, now: datetime) -> str:
    """Plan a sitting, ask every member of that day, return its id. Raises NotFound, Forbidden, CommitteeRefused without a committee."""
    guard(actor, command.school_id)
    _refuse_moment(command.starts_at, now)
    locked_committees(session, actor.district_id, command.school_id)  # numbers are given one at a time
    committee = _committee(session, actor, command.school_id, command.starts_at)
    year = local(command.starts_at).year
    last = session.scalar(select(func.max(CommitteeMeeting.number)).where(
        CommitteeMeeting.district_id == actor.district_id, CommitteeMeeting.school_id == command.school_id, CommitteeMeeting.year == year
    ))
    row = CommitteeMeeting(
        district_id=actor.district_id, id=new_id(), school_id=command.school_id, committee_id=committee.committee.id if committee.committee else "",
        year=year, number=(last or 0) + 1, state="planned", starts_at=command.starts_at, ends_at=None, place=_line(command.place, 60),
        entered_by=actor.account_id, entered_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    _invite(session, row, committee)
    note(session, actor, row.school_id, "sitting_planned", row.id, now, {
        "committee": row.committee_id, "year": row.year, "number": row.number, "starts_at": row.starts_at.isoformat(), "asked": len(committee.sitters),
    })  # fmt: skip
    _announce(session, row, committee)
    check_sittings(session, row.district_id, row.school_id, now)
    return row.id


def move_sitting(session: Session, actor: Actor, meeting_id: str, starts_at: datetime, place: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Move a planned sitting on which nothing is decided yet; its number stays. Raises NotFound, StaleVersion, InvalidState, CommitteeRefused."""
    row = _planned(session, actor, meeting_id, seen_version)
    _refuse_moment(starts_at, now)
    if _items(session, row, decided=True):
        raise CommitteeRefused("decided_already", "starts_at")
    committee = _committee(session, actor, row.school_id, starts_at)
    row.starts_at, row.place = starts_at, _line(place, 60)
    row.committee_id = committee.committee.id if committee.committee else row.committee_id
    row.version += 1
    session.flush()
    _invite(session, row, committee)
    note(session, actor, row.school_id, "sitting_moved", row.id, now, {"starts_at": starts_at.isoformat(), "version": row.version})
    _announce(session, row, committee)
    check_sittings(session, row.district_id, row.school_id, now)


def cancel_sitting(session: Session, actor: Actor, meeting_id: str, reason: str, now: datetime, *, seen_version: int | None = None) -> None:
    """Cancel a planned sitting on which nothing is decided; its number stays used. Raises NotFound, InvalidState, CommitteeRefused."""
    row = _planned(session, actor, meeting_id, seen_version)
    if reason not in CANCEL_REASONS:
        raise CommitteeRefused("cancel_reason", "reason")
    if _items(session, row, decided=True):
        raise CommitteeRefused("decided_already", "reason")
    row.state, row.state_reason = "cancelled", reason
    row.version += 1
    note(session, actor, row.school_id, "sitting_cancelled", row.id, now, {"reason": reason, "version": row.version})
    sitting_over(session, row, "no_quorum" if reason == "no_quorum" else "over")
    agenda_changed(session, row.district_id, row.school_id, now)


def add_item(session: Session, actor: Actor, item: AgendaItem, now: datetime) -> str:
    """Put a matter on the agenda and return the item's id; the same open item once more adds nothing.

    Called by higher rooms, which have checked that the actor may act in the matter, and by the page for items without a case.
    Raises NotFound (also for a matter from which the actor stepped aside), CommitteeRefused where no sitting is planned.
    """
    guard(actor, item.school_id, Permission.COMMITTEE_READ)
    refuse_recused(session, actor, item.matter_id)
    label = _line(item.label, 40)
    if not label:
        raise CommitteeRefused("label", "label")
    meeting = _sitting_for(session, actor, item, now)
    same = session.scalars(select(MeetingItem).where(
        MeetingItem.district_id == actor.district_id, MeetingItem.meeting_id == meeting.id, MeetingItem.matter_id == item.matter_id,
        MeetingItem.kind == item.kind.value, MeetingItem.outcome.is_(None),
        MeetingItem.object_id == item.object_id if item.object_id else MeetingItem.object_id.is_(None),
    )).first()
    if same is not None:
        return same.id
    row = MeetingItem(
        district_id=actor.district_id, id=new_id(), school_id=meeting.school_id, meeting_id=meeting.id, matter_id=item.matter_id,
        kind=item.kind.value, object_id=item.object_id, label=label, basis={}, composition=[], guardians={},
    )  # fmt: skip
    session.add(row)
    note(session, actor, meeting.school_id, "item_added", row.id, now, {
        "meeting": meeting.id, "matter": row.matter_id, "item": row.kind, "object": row.object_id,
    }, subject=row.matter_id)  # fmt: skip
    agenda_changed(session, row.district_id, row.school_id, now, row.matter_id)
    return row.id


def add_other_item(session: Session, actor: Actor, meeting_id: str, label: str, now: datetime) -> str:
    """Put something without a case on the agenda (a report, the work plan); returns the item's id."""
    meeting = _planned(session, actor, meeting_id, None)
    return add_item(session, actor, AgendaItem(ItemKind.OTHER, new_id(), None, label, meeting.school_id, meeting.id), now)


def drop_item(session: Session, actor: Actor, item_id: str, now: datetime) -> None:
    """Take an undecided item from the agenda: it is adjourned, not deleted. Raises NotFound, InvalidState."""
    item = locked_item(session, actor, item_id)
    _planned(session, actor, item.meeting_id, None)
    if item.outcome is not None:
        raise InvalidState(state=item.outcome, wanted="adjourned")
    item.outcome, item.resolved_at, item.resolved_by = "adjourned", now, actor.account_id
    note(session, actor, item.school_id, "item_dropped", item.id, now, {"matter": item.matter_id}, subject=item.matter_id)
    agenda_changed(session, item.district_id, item.school_id, now, item.matter_id)


def note_presence(
    session: Session, actor: Actor, meeting_id: str, came: Mapping[str, Came], now: datetime, *, rest: str = "", seen_version: int | None = None
) -> int:
    """Note who came and return the sitting's new version. Members of the day only; a substitute sits for one who did not come.

    ``rest``: what holds for every member of whom nothing is noted yet, substitutes apart; "" leaves them open. Raises NotFound,
    StaleVersion, InvalidState, CommitteeRefused.
    """
    row = _planned(session, actor, meeting_id, seen_version)
    committee = on_day(session, actor.district_id, row.school_id, local_day(row.starts_at))
    by_id = {sitter.member_id: sitter for sitter in committee.sitters}
    held = {p.member_id: p for p in session.scalars(select(MeetingPresence).where(
        MeetingPresence.district_id == actor.district_id, MeetingPresence.meeting_id == row.id
    ))}
    if rest:
        unheard = [s.member_id for s in committee.sitters if not s.is_substitute and (held.get(s.member_id) is None or held[s.member_id].status == "invited")]
        came = {key: Came(rest) for key in unheard} | dict(came)
    after = {key: p.status for key, p in held.items()} | {key: value.status for key, value in came.items()}
    replaced: set[str] = set()
    for member_id, value in sorted(came.items()):
        one = by_id.get(member_id)
        if one is None or value.status not in STATUSES:
            raise CommitteeRefused("presence", "presence")
        if value.stands_in_for is not None:
            other = by_id.get(value.stands_in_for)
            fits = one.is_substitute and value.status == "present" and other is not None and other.votes and not other.is_substitute
            if not fits or after.get(value.stands_in_for) == "present" or value.stands_in_for in replaced:
                raise CommitteeRefused("stands_in", "presence")
            replaced.add(value.stands_in_for)
        presence = held.get(member_id)
        if presence is None:
            presence = MeetingPresence(district_id=actor.district_id, meeting_id=row.id, member_id=member_id, status="")
            session.add(presence)
        presence.status, presence.stands_in_for = value.status, value.stands_in_for
    row.version += 1
    note(session, actor, row.school_id, "presence", row.id, now, {
        "came": {key: [value.status, value.stands_in_for] for key, value in sorted(came.items())}, "version": row.version,
    })  # fmt: skip
    agenda_changed(session, row.district_id, row.school_id, now)
    return row.version


def close_sitting(
    session: Session, actor: Actor, meeting_id: str, ends_at: datetime, minutes: str, now: datetime, *, ring: KeyRing, seen_version: int | None = None
) -> None:
    """End a sitting: minutes sealed, every item decided or adjourned. Raises NotFound, StaleVersion, InvalidState, CommitteeRefused.

    Whoever stepped aside from one of its matters does not write its minutes.
    """
    row = _planned(session, actor, meeting_id, seen_version)
    everything = select(func.count()).select_from(MeetingItem).where(MeetingItem.district_id == row.district_id, MeetingItem.meeting_id == row.id)
    if session.scalar(everything) != session.scalar(everything.where(item_shown(actor))):
        raise CommitteeRefused("minutes_recused", "minutes")
    if row.starts_at > now or ends_at > now:
        raise CommitteeRefused("not_over", "ends")
    if ends_at <= row.starts_at or local_day(ends_at) != local_day(row.starts_at):
        raise CommitteeRefused("ends", "ends")
    if _items(session, row, decided=False):
        raise CommitteeRefused("items_open", "minutes")
    text = minutes.strip()
    if not text:
        raise CommitteeRefused("minutes_empty", "minutes")
    if len(text) > LONGEST_MINUTES:
        raise CommitteeRefused("minutes_long", "minutes", most=LONGEST_MINUTES)
    if not session.scalar(select(func.count()).select_from(MeetingPresence).where(
        MeetingPresence.district_id == row.district_id, MeetingPresence.meeting_id == row.id, MeetingPresence.status == "present"
    )):
        raise CommitteeRefused("nobody_came", "minutes")
    row.state, row.ends_at, row.held_recorded_at = "held", ends_at, now
    row.sealed_minutes = ring.seal(text, minutes_place(row.id))
    row.version += 1
    note(session, actor, row.school_id, "sitting_held", row.id, now, {
        "year": row.year, "number": row.number, "ends_at": ends_at.isoformat(), "chaired_by": row.chaired_by, "version": row.version,
    })  # fmt: skip
    sitting_over(session, row, "over")


# --- shared --------------------------------------------------------------------------------------


def _planned(session: Session, actor: Actor, meeting_id: str, seen_version: int | None) -> CommitteeMeeting:
    row = locked_meeting(session, actor, meeting_id, seen_version)
    if row.state != "planned":
        raise InvalidState(state=row.state, wanted="planned")
    return row


def _sitting_for(session: Session, actor: Actor, item: AgendaItem, now: datetime) -> CommitteeMeeting:
    """The sitting an item goes to, held: the one named, or the next planned one of the school."""
    query = select(CommitteeMeeting).where(
        CommitteeMeeting.district_id == actor.district_id, CommitteeMeeting.school_id == item.school_id, CommitteeMeeting.state == "planned"
    )
    query = query.where(CommitteeMeeting.id == item.meeting_id) if item.meeting_id else query.where(CommitteeMeeting.starts_at > now - timedelta(hours=12))
    found = session.scalars(
        query.order_by(CommitteeMeeting.starts_at, CommitteeMeeting.id).limit(1).with_for_update(), execution_options={"populate_existing": True}
    ).first()
    if found is None and item.meeting_id:
        raise NotFound
    if found is None:
        raise CommitteeRefused("no_sitting", "meeting")
    return found


def _items(session: Session, row: CommitteeMeeting, *, decided: bool) -> int:
    query = select(func.count()).select_from(MeetingItem).where(MeetingItem.district_id == row.district_id, MeetingItem.meeting_id == row.id)
    if decided:
        return session.scalar(query.where(MeetingItem.outcome.in_(("adopted", "rejected")))) or 0
    return session.scalar(query.where(MeetingItem.outcome.is_(None))) or 0


def _committee(session: Session, actor: Actor, school_id: str, starts_at: datetime) -> OnDay:
    committee = on_day(session, actor.district_id, school_id, local_day(starts_at))
    if committee.committee is None:
        raise CommitteeRefused("none", "day")
    return committee


def _refuse_moment(starts_at: datetime, now: datetime) -> None:
    if abs(starts_at - now) > FURTHEST:
        raise CommitteeRefused("far_day", "day")


def _invite(session: Session, row: CommitteeMeeting, committee: OnDay) -> None:
    """Ask every member of the day who was not asked yet; whoever is no member on the new day is asked no more."""
    held = {p.member_id: p for p in session.scalars(select(MeetingPresence).where(
        MeetingPresence.district_id == row.district_id, MeetingPresence.meeting_id == row.id
    ))}
    wanted = {sitter.member_id for sitter in committee.sitters}
    for member_id in sorted(wanted - held.keys()):
        session.add(MeetingPresence(district_id=row.district_id, meeting_id=row.id, member_id=member_id, status="invited"))
    for member_id in held.keys() - wanted:
        session.delete(held[member_id])
    session.flush()


def _announce(session: Session, row: CommitteeMeeting, committee: OnDay) -> None:
    members = [s.member for s in committee.seats if s.member is not None]
    people = {m.person_id for m in members if m.person_id}
    direct = {m.account_id for m in members if m.account_id}
    found = session.scalars(select(Account.id).where(
        Account.district_id == row.district_id, or_(Account.person_id.in_(people), Account.id.in_(direct)), Account.disabled_at.is_(None)
    ))
    announcer.announce(session, SittingPlanned(row.district_id, row.school_id, row.id, tuple(sorted(found))))


def _line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]
