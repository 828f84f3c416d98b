"""What every step of the committee shares: who may, the locked rows, the ledger."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.committees.models import Committee, CommitteeMeeting, MeetingItem
from trainhub.committees.queries.recusal import is_recused
from trainhub.committees.rules.happenings import AgendaChanged
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound, StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append


def guard(actor: Actor, school_id: str, permission: Permission = Permission.COMMITTEE_WRITE) -> None:
    """Refuse without the right (Forbidden) or outside its reach (NotFound)."""
    if not actor.can(permission):
        raise Forbidden
    if not actor.scope(permission).covers_school(school_id):
        raise NotFound


def note(
    session: Session, actor: Actor, school_id: str, kind: str, object_ref: str, now: datetime, payload: dict[str, Any], *, subject: str = ""
) -> None:
    """Write one fact of the committee into the chain of its school. ``payload`` holds ids, codes and numbers, never free text."""
    append(session, NewEntry(
        district_id=actor.district_id, school_id=school_id, kind=f"committee.{kind}", subject_ref=subject or object_ref, object_ref=object_ref,
        payload=payload, occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))  # fmt: skip


def agenda_changed(session: Session, district_id: str, school_id: str, now: datetime, *matter_ids: str) -> None:
    """Announce that the agenda, or who decides what is on it, changed; without matters: of any of the school's."""
    session.flush()
    announcer.announce(session, AgendaChanged(district_id, school_id, matter_ids, now))


def locked_committees(session: Session, district_id: str, school_id: str) -> list[Committee]:
    """Return the committees of a school, held until the end of the transaction: one change of them at a time."""
    query = select(Committee).where(Committee.district_id == district_id, Committee.school_id == school_id).order_by(Committee.id)
    return list(session.scalars(query.with_for_update(), execution_options={"populate_existing": True}))


def locked_committee(session: Session, actor: Actor, committee_id: str) -> Committee:
    """Return a committee that the actor may change, held. Raises NotFound."""
    query = select(Committee).where(Committee.district_id == actor.district_id, Committee.id == committee_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    guard(actor, row.school_id)
    return row


def locked_meeting(session: Session, actor: Actor, meeting_id: str, seen_version: int | None = None) -> CommitteeMeeting:
    """Return a sitting that the actor may change, held. Raises NotFound, StaleVersion where it moved on since it was shown."""
    query = select(CommitteeMeeting).where(CommitteeMeeting.district_id == actor.district_id, CommitteeMeeting.id == meeting_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise NotFound
    guard(actor, row.school_id)
    if seen_version is not None and row.version != seen_version:
        raise StaleVersion(seen=seen_version, current=row.version)
    return row


def refuse_recused(session: Session, actor: Actor, matter_id: str) -> None:
    """To somebody who stepped aside the matter does not exist. Raises NotFound."""
    if is_recused(session, actor.district_id, matter_id, person_id=actor.person_id, account_id=actor.account_id):
        raise NotFound


def locked_item(session: Session, actor: Actor, item_id: str) -> MeetingItem:
    """Return an item of the district, held, if the actor did not step aside from its matter. Raises NotFound."""
    query = select(MeetingItem).where(MeetingItem.district_id == actor.district_id, MeetingItem.id == item_id).with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.sealed_at is not None:
        raise NotFound
    refuse_recused(session, actor, row.matter_id)
    return row
