"""What every step of a training shares: the locked row, the optimistic version, history and ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound, StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append
from trainhub.training.models import EventHistory, EventPart, EventParticipant, TrainingEvent
from trainhub.training.rules.happenings import TrainingAnnounced
from trainhub.training.rules.lifecycle import EventState


def locked_event(session: Session, actor: Actor, event_id: str, seen_version: int | None = None) -> TrainingEvent:
    """Return a training of the actor's school, locked until the end of the transaction.

    Raises :class:`NotFound` outside the scope, :class:`StaleVersion` where somebody changed it since
    ``seen_version`` was shown.
    """
    event = session.scalars(
        select(TrainingEvent)
        .where(TrainingEvent.district_id == actor.district_id, TrainingEvent.id == event_id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if event is None or not actor.scope(Permission.TRAINING_WRITE).covers_school(event.school_id):
        raise NotFound
    if seen_version is not None and event.version != seen_version:
        raise StaleVersion(seen=seen_version, current=event.version)
    return event


def parts_of(session: Session, event: TrainingEvent) -> list[EventPart]:
    """The parts of a training in order. One statement."""
    query = (
        select(EventPart)
        .where(EventPart.district_id == event.district_id, EventPart.event_id == event.id)
        .order_by(EventPart.position)
    )
    return list(session.scalars(query))


def note_step(
    session: Session, actor: Actor, event: TrainingEvent, kind: str, before: EventState | str, now: datetime,
    *, reason: str = "", changes: Mapping[str, Any] | None = None, source: str = "web",
) -> None:
    """Write a step down: new version, a history row that the page shows, a ledger entry.

    ``kind`` names the step (planned, edited, published, moved, postponed, cancelled, participants,
    amended); ``changes`` holds ids, numbers and ISO times, never names.
    """
    note_for(session, event, kind, before, now, actor.account_id, actor.role.value, reason=reason, changes=changes, source=source)


def note_for(
    session: Session, event: TrainingEvent, kind: str, before: EventState | str, now: datetime,
    account_id: str, role: str, *, reason: str = "", changes: Mapping[str, Any] | None = None, source: str = "web",
) -> None:
    """As :func:`note_step`, for a step that follows from what another room announced."""
    event.version = (event.version or 0) + (0 if kind == "planned" else 1)
    event.updated_at = now
    event.state_reason = reason
    session.flush()
    session.add(EventHistory(
        district_id=event.district_id, id=new_id(), event_id=event.id, from_state=str(before), to_state=event.state,
        reason=reason, changes={"kind": kind, "version": event.version, **dict(changes or {})}, actor_id=account_id, acting_role=role, recorded_at=now,
    ))
    append(session, NewEntry(
        district_id=event.district_id, school_id=event.school_id, kind=f"training.{kind}", subject_ref=event.id,
        object_ref=event.id,
        payload={"from": str(before), "to": event.state, "version": event.version, **_for_ledger(changes or {})},
        occurred_at=now, recorded_at=now, actor_ref=account_id, acting_role=role, source=source, reason=reason,
    ))


def _for_ledger(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes as the ledger keeps them, which cannot forget: of detail fields the names, never what stood in them."""
    details = sorted(name.removeprefix(_DETAIL) for name in changes if name.startswith(_DETAIL))
    told = {name: value for name, value in changes.items() if not name.startswith(_DETAIL)}
    return {**told, "details": details} if details else told


_DETAIL = "details."


def announce(session: Session, event: TrainingEvent, what: Literal["planned", "moved", "cancelled"]) -> None:
    """Announce a training as a whole: when, where and how many, never who. Two statements."""
    people = session.scalar(
        select(func.count()).select_from(EventParticipant).where(
            EventParticipant.district_id == event.district_id, EventParticipant.event_id == event.id,
            EventParticipant.excluded_reason == "",
        )
    )
    rooms = [part.room for part in parts_of(session, event) if part.room]
    starts_at = None if event.state == EventState.POSTPONED else event.starts_at
    announcer.announce(session, TrainingAnnounced(
        event.district_id, event.school_id, event.id, what, event.title, starts_at, rooms[0] if rooms else "", people or 0,
        event.pack_id or "",
    ))
