"""Neutral words that wait for somebody: to their account, or to everybody in their role at their place."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseNotice
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One notice: a code of ``wording.NOTICES``, since when, where it leads, about how many matters. Nothing says whom it is about."""

    notice_id: str
    code: str
    link: str
    created_at: datetime
    matters: int = 1
    matter_ids: tuple[str, ...] = ()


def addressed(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a notice is the actor's: theirs by account, or by role and place; never about what they stepped aside from."""
    here = CaseNotice.district_id == actor.district_id  # in both branches: each has its index
    by_role = and_(here, CaseNotice.role == actor.role.value, CaseNotice.org_id == actor.org_id)
    return and_(or_(and_(here, CaseNotice.account_id == actor.account_id), by_role), not_recused(actor, CaseNotice.matter_id))


def notices_for(session: Session, actor: Actor, *, most: int = 8) -> tuple[NoticeRow, ...]:
    """What waits for the actor, newest first; the same words about several matters stand once, with the newest. One statement."""
    query = select(CaseNotice).where(addressed(actor), CaseNotice.done_at.is_(None)).order_by(CaseNotice.created_at.desc(), CaseNotice.id)
    found: dict[tuple[str, str], list[CaseNotice]] = {}
    for row in session.scalars(query.limit(100)):
        found.setdefault((row.code, row.link), []).append(row)
    return tuple(
        NoticeRow(rows[0].id, code, link, rows[0].created_at, len({row.matter_id or row.id for row in rows}), tuple(dict.fromkeys(row.matter_id for row in rows if row.matter_id))) for (code, link), rows in found.items()
    )[:most]
