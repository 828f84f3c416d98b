"""Which appeals somebody may see.

The school its own (to answer them), the bureau's case officer those of the district, a reviewer those of a group they were named to.
Nobody who stepped aside from the case; nobody sees an appeal of a sealed one.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, Reviewer
from trainhub.cases.queries.access import case_there
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.permissions import Permission, Reach, Role, reach


def visible(actor: Actor, permission: Permission, now: datetime) -> ColumnElement[bool]:
    """The condition under which an appeal exists for the actor under a right. Raises Forbidden where the role does not carry it."""
    how_far = reach(actor.role, permission)
    if how_far is None or how_far is Reach.PUBLIC:
        raise Forbidden
    there = and_(Appeal.district_id == actor.district_id, case_there(actor, Appeal.case_id, now))
    if how_far is Reach.SCHOOL:
        return and_(there, Appeal.school_id == actor.org_id)
    if actor.role is Role.APPEAL_REVIEWER:
        return and_(there, in_group(actor))
    return there


def in_group(actor: Actor) -> ColumnElement[bool]:
    """The actor was named to the group that re-examines the appeal and has not stepped aside."""
    return exists().where(
        Reviewer.district_id == Appeal.district_id, Reviewer.re_examination_id == Appeal.re_examination_id,
        Reviewer.account_id == actor.account_id, Reviewer.recused_at.is_(None),
    )


def seen_appeal(session: Session, actor: Actor, permission: Permission, appeal_id: str, now: datetime, *, lock: bool = False) -> Appeal:
    """Return one appeal that exists for the actor; ``lock`` holds its row until the end of the transaction. Raises NotFound."""
    query = select(Appeal).where(visible(actor, permission, now), Appeal.id == appeal_id)
    if lock:
        query = query.with_for_update(of=Appeal)
    appeal = session.scalars(query, execution_options={"populate_existing": True} if lock else {}).one_or_none()
    if appeal is None:
        raise NotFound
    return appeal
