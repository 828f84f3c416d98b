"""Matters that were sealed leave the committee's pages too: agenda, recusals, and the minutes of the sittings that dealt with them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from trainhub.committees.models import MeetingItem


def seal_matters(session: Session, district_id: str, matter_ids: Collection[str], now: datetime) -> None:
    """Take the items of sealed matters off every page. One statement; called by the room of the cases, which notes the sealing."""
    session.execute(
        update(MeetingItem).where(MeetingItem.district_id == district_id, MeetingItem.matter_id.in_(matter_ids), MeetingItem.sealed_at.is_(None))
        .values(sealed_at=now),
        execution_options={"synchronize_session": False},
    )
