"""A notice was read, or what it asked for was done: it leaves the first page of whoever it was for."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
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


def settle(session: Session, district_id: str, codes: Collection[str], matter_id: str, now: datetime, *, link: str | None = None) -> None:
    """Take notices about a matter off everybody's page, for what they asked for was done; of one way only where ``link`` is given."""
    query = update(CaseNotice).where(
        CaseNotice.district_id == district_id, CaseNotice.code.in_(codes), CaseNotice.matter_id == matter_id, CaseNotice.done_at.is_(None)
    )
    if link is not None:
        query = query.where(CaseNotice.link == link)
    session.flush()
    session.execute(query.values(done_at=now), execution_options={"synchronize_session": "fetch"})


def waits(session: Session, district_id: str, code: str, matter_id: str) -> bool:
    """Whether somebody was told of this already and it still stands."""
    query = select(CaseNotice.id).where(
        CaseNotice.district_id == district_id, CaseNotice.code == code, CaseNotice.matter_id == matter_id, CaseNotice.done_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None
