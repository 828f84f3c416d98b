"""Trainings as a calendar shows them: when, where, what. Nobody is named in it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.errors import NotFound
from trainhub.plugin_api import CalendarItem
from trainhub.training.models import CalendarSubscription, EventPart, EventParticipant, TrainingEvent
from trainhub.training.rules.calendar import is_token, token_digest
from trainhub.training.rules.lifecycle import EventState

LOOKS_BACK = timedelta(days=400)
_PART = (
    EventPart.id, EventPart.title, EventPart.position, EventPart.starts_at, EventPart.ends_at, EventPart.room, TrainingEvent.title.label("event"),
    TrainingEvent.state, TrainingEvent.version, TrainingEvent.updated_at,
)  # fmt: skip
_OFF = frozenset({EventState.CANCELLED.value, EventState.POSTPONED.value})
"""States in which nobody has to come at the time that is on record."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whose calendar an address is."""

    district_id: str
    person_id: str


@dataclass(frozen=True, slots=True)
class TrainingSessions:
    """One training for a calendar. ``course_id`` is the course pack it is planned with, "" for one of its own."""

    title: str
    school_id: str
    course_id: str
    items: tuple[CalendarItem, ...]


def subscribed_at(session: Session, actor: Actor) -> datetime | None:
    """When the actor's address was made, None without one. One statement."""
    query = select(CalendarSubscription.created_at).where(
        CalendarSubscription.district_id == actor.district_id, CalendarSubscription.person_id == (actor.person_id or "")
    )
    return session.scalar(query)


def subscriber_of(session: Session, token: str) -> Subscriber | None:
    """Whose address a token is, in whatever district; None for an ended one and for a closed account. One statement."""
    if not is_token(token):
        return None
    row = session.execute(
        select(CalendarSubscription.district_id, CalendarSubscription.person_id)
        .join(Account, and_(Account.district_id == CalendarSubscription.district_id, Account.id == CalendarSubscription.account_id))
        .where(CalendarSubscription.token_hash == token_digest(token), Account.disabled_at.is_(None))
    ).one_or_none()
    return Subscriber(row.district_id, row.person_id) if row else None


def trainings_of(session: Session, subscriber: Subscriber, now: datetime, url: str) -> tuple[CalendarItem, ...]:
    """The trainings that somebody is invited to, of the last year and all to come, with the page to look at. One statement."""
    query = (
        select(*_PART)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .join(EventParticipant, and_(EventParticipant.district_id == EventPart.district_id, EventParticipant.event_id == EventPart.event_id))
        .where(
            EventPart.district_id == subscriber.district_id, EventParticipant.person_id == subscriber.person_id,
            EventParticipant.excluded_reason == "", EventPart.starts_at > now - LOOKS_BACK,
        )
        .order_by(EventPart.starts_at, EventPart.id)
    )
    return _items(session.execute(query), url)


def training_sessions(session: Session, scope: Scope, event_id: str, url: str) -> TrainingSessions:
    """One training, with its page. Two statements. Raises NotFound outside the scope and for a draft."""
    event = session.get(TrainingEvent, (scope.district_id, event_id))
    if event is None or not scope.covers_school(event.school_id) or event.state == EventState.DRAFT:
        raise NotFound
    query = (
        select(*_PART)
        .join(TrainingEvent, and_(TrainingEvent.district_id == EventPart.district_id, TrainingEvent.id == EventPart.event_id))
        .where(EventPart.district_id == scope.district_id, EventPart.event_id == event_id)
        .order_by(EventPart.position)
    )
    return TrainingSessions(event.title, event.school_id, event.pack_id or "", _items(session.execute(query), url))


def _items(rows: Iterable[Any], url: str) -> tuple[CalendarItem, ...]:
    return tuple(
        CalendarItem(
            f"{row.id}@trainhub", f"{row.event}（{row.title}）" if row.title else row.event, row.starts_at, row.ends_at, row.room,
            row.state in _OFF, row.version, row.updated_at, url,
        )
        for row in rows
    )
