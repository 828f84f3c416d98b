"""Which cases somebody may see. Every read and write of this room and of those above comes through here.

A right alone opens nothing: the acting role must carry it, the case must lie at the actor's school or a dated duty must name the
account, nobody sees a matter they stepped aside from, and a sealed case is not there unless it was unsealed for this account for a
time. Whoever may not see it gets the answer of a case that does not exist (domain.md case 64).
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from trainhub.cases.models import CaseDuty, CaseFile, CaseParty, SecondPerson
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.permissions import Permission, Reach, reach


def visible(actor: Actor, permission: Permission, now: datetime) -> ColumnElement[bool]:
    """The condition under which a case exists for the actor under a right. Raises Forbidden where the role does not carry it."""
    how_far = reach(actor.role, permission)
    if how_far is None or how_far is Reach.PUBLIC:
        raise Forbidden
    return and_(
        CaseFile.district_id == actor.district_id,
        or_(CaseFile.sealed_at.is_(None), _unsealed_for(actor, now)),
        _within(actor, how_far, now),
        not_recused(actor, CaseFile.id),
    )


def _within(actor: Actor, how_far: Reach, now: datetime) -> ColumnElement[bool]:
    if how_far is Reach.DISTRICT:
        return on_duty(actor, now)
    own_pupil = exists().where(
        CaseParty.district_id == CaseFile.district_id, CaseParty.case_id == CaseFile.id, CaseParty.school_id == actor.org_id
    ).correlate(CaseFile)  # and to nothing else that the select around it may name
    here = or_(CaseFile.school_id == actor.org_id, and_(CaseFile.joint.is_(True), own_pupil))
    return here if how_far is Reach.SCHOOL else and_(here, on_duty(actor, now))  # a duty follows nobody to another school


def on_duty(actor: Actor, now: datetime, *duties: str) -> ColumnElement[bool]:
    """A dated duty names this account today; one of ``duties`` where any are given."""
    named = [CaseDuty.duty.in_(duties)] if duties else []
    return exists().where(
        CaseDuty.district_id == CaseFile.district_id, CaseDuty.case_id == CaseFile.id, CaseDuty.account_id == actor.account_id,
        CaseDuty.from_at <= now, or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now), *named,
    ).correlate(CaseFile)


def _unsealed_for(actor: Actor, now: datetime) -> ColumnElement[bool]:
    return exists().where(
        SecondPerson.district_id == CaseFile.district_id, SecondPerson.object_id == CaseFile.id, SecondPerson.kind == "unseal",
        SecondPerson.state.in_(("granted", "used")), SecondPerson.asked_by == actor.account_id, SecondPerson.expires_at > now,
    ).correlate(CaseFile)


def case_there(actor: Actor, case_id: "InstrumentedAttribute[str]", now: datetime) -> ColumnElement[bool]:
    """For selects of higher rooms: the case in that column is not sealed (or unsealed for the actor) and not recused for the actor."""
    inside = exists().where(
        CaseFile.district_id == actor.district_id, CaseFile.id == case_id, or_(CaseFile.sealed_at.is_(None), _unsealed_for(actor, now))
    ).correlate(case_id.class_)
    return and_(inside, not_recused(actor, case_id))


def duty_for(actor: Actor, case_id: "InstrumentedAttribute[str]", now: datetime, *duties: str) -> ColumnElement[bool]:
    """For selects of higher rooms: a dated duty names this account for the case in that column."""
    named = [CaseDuty.duty.in_(duties)] if duties else []
    return exists().where(
        CaseDuty.district_id == actor.district_id, CaseDuty.case_id == case_id, CaseDuty.account_id == actor.account_id,
        CaseDuty.from_at <= now, or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now), *named,
    ).correlate(case_id.class_)


def seen_case(session: Session, actor: Actor, permission: Permission, case_id: str, now: datetime, *, lock: bool = False) -> CaseFile:
    """Return one case that exists for the actor. ``lock`` holds its row until the end of the transaction. Raises NotFound."""
    query = select(CaseFile).where(visible(actor, permission, now), CaseFile.id == case_id)
    if lock:
        query = query.with_for_update(of=CaseFile)
    case = session.scalars(query, execution_options={"populate_existing": True} if lock else {}).one_or_none()
    if case is None:
        raise NotFound
    return case


def parties_of(session: Session, case: CaseFile) -> list[CaseParty]:
    """The parties of a case in order of their codes. One statement."""
    query = select(CaseParty).where(CaseParty.district_id == case.district_id, CaseParty.case_id == case.id).order_by(CaseParty.code)
    return list(session.scalars(query))
