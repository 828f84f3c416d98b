"""A notice was read: it leaves the first page of whoever it was for."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseNotice
from trainhub.cases.queries.notices import addressed
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound


def note_read(session: Session, actor: Actor, notice_id: str, now: datetime) -> int:
    """Take a notice, and the others with the same words and way, off the page. Returns how many. Raises NotFound."""
    query = select(CaseNotice).where(addressed(actor), CaseNotice.done_at.is_(None))
    row = session.scalars(query.where(CaseNotice.id == notice_id)).one_or_none()
    if row is None:
        raise NotFound
    same = session.scalars(query.where(CaseNotice.code == row.code, CaseNotice.link == row.link)).all()
    for one in same:
        one.done_at = now
    return len(same)
