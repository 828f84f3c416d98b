"""One's own calendar address: made, renewed, revoked."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.training.models import CalendarSubscription
from trainhub.training.rules.calendar import new_token, token_digest


def renew_subscription(session: Session, actor: Actor, now: datetime) -> str:
    """Make a new address and end the one before; returns the token, which is shown this once.

    Raises NotFound for an account that belongs to nobody on the staff.
    """
    actor.require(Permission.ACCOUNT_OWN_WRITE)
    if actor.person_id is None:
        raise NotFound
    end_subscription(session, actor)
    token = new_token()
    session.add(CalendarSubscription(
        district_id=actor.district_id, person_id=actor.person_id, account_id=actor.account_id, token_hash=token_digest(token), created_at=now,
    ))
    session.flush()
    return token


def end_subscription(session: Session, actor: Actor) -> None:
    """End the address: whoever fetches it gets nothing any more."""
    actor.require(Permission.ACCOUNT_OWN_WRITE)
    session.execute(delete(CalendarSubscription).where(
        CalendarSubscription.district_id == actor.district_id, CalendarSubscription.person_id == actor.person_id
    ))
