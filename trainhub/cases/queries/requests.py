"""Guardians' requests of a school: states and deadlines, no name; one with its words under a ticket."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import GuardianRequest
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in the list: what was asked for, since when, until when. ``late``: open after its deadline."""

    request_id: str
    kind: str
    state: str
    decision: str
    received_at: datetime
    due_at: datetime
    answered_at: datetime | None
    late: bool


def request_list(session: Session, actor: Actor, now: datetime) -> list[RequestRow]:
    """The requests of the actor's school, open ones by their deadline first. One statement."""
    scope = actor.scope(Permission.GUARDIAN_REQUEST_READ)
    query = select(GuardianRequest).where(
        GuardianRequest.district_id == actor.district_id, GuardianRequest.school_id.in_(scope.school_ids or frozenset())
    ).order_by(GuardianRequest.state != "open", GuardianRequest.due_at).limit(200)
    return [row_of(row, now) for row in session.scalars(query)]


def row_of(row: GuardianRequest, now: datetime) -> RequestRow:
    """A request without its words."""
    late = now > row.due_at if row.answered_at is None else row.answered_at > row.due_at
    return RequestRow(row.id, row.kind, row.state, row.decision, row.received_at, row.due_at, row.answered_at, late)
