"""What is sealed in this room, opened against a ticket of the access log: names of parents and pupils, minutes, grounds."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting, CommitteeMember, CommitteeSeat, MeetingItem
from trainhub.committees.queries.recusal import not_recused
from trainhub.committees.sealed import grounds_place, minutes_place, name_place
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing

COMMITTEE, SITTING, ITEM = "committee", "sitting", "committee_item"
"""Kinds of object in the access log."""


def member_names(session: Session, district_id: str, committee_id: str, opening: Opening, *, ring: KeyRing) -> dict[str, str]:
    """Return the sealed names of a committee by member id, those of the past too. One statement."""
    opening.require(district_id, COMMITTEE, committee_id)
    rows = session.scalars(
        select(CommitteeMember)
        .join(CommitteeSeat, and_(CommitteeSeat.district_id == CommitteeMember.district_id, CommitteeSeat.id == CommitteeMember.seat_id))
        .where(CommitteeMember.district_id == district_id, CommitteeSeat.committee_id == committee_id, CommitteeMember.sealed_name != "")
    )
    return {row.id: ring.unseal(row.sealed_name, name_place(row.id)) for row in rows}


def minutes_readable(session: Session, actor: Actor, meeting_id: str) -> bool:
    """Whether the actor stepped aside from no matter of a sitting: minutes speak of all of them. One statement."""
    hidden = select(func.count()).select_from(MeetingItem).where(
        MeetingItem.district_id == actor.district_id, MeetingItem.meeting_id == meeting_id, ~not_recused(actor, MeetingItem.matter_id)
    )
    return not session.scalar(hidden)


def minutes_of(session: Session, actor: Actor, meeting_id: str, opening: Opening, *, ring: KeyRing) -> str:
    """Return the minutes of a sitting, "" before there are any. Raises NotFound where the actor stepped aside from one of its matters."""
    opening.require(actor.district_id, SITTING, meeting_id)
    row = session.get(CommitteeMeeting, (actor.district_id, meeting_id))
    if row is None or not minutes_readable(session, actor, meeting_id):
        raise NotFound
    return ring.unseal(row.sealed_minutes, minutes_place(row.id)) if row.sealed_minutes else ""


def grounds_of(session: Session, actor: Actor, item_ids: Collection[str], openings: Sequence[Opening], *, ring: KeyRing) -> dict[str, str]:
    """Return the grounds of resolutions by item, without those of matters from which the actor stepped aside. One statement."""
    held = {opening.object_ref: opening for opening in openings}
    rows = session.scalars(select(MeetingItem).where(
        MeetingItem.district_id == actor.district_id, MeetingItem.id.in_(item_ids), not_recused(actor, MeetingItem.matter_id)
    ))
    found = {}
    for row in rows:
        if row.id not in held:
            raise NotFound
        held[row.id].require(actor.district_id, ITEM, row.id)
        found[row.id] = ring.unseal(row.sealed_grounds, grounds_place(row.id)) if row.sealed_grounds else ""
    return found
