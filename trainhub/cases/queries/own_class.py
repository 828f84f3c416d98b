"""What a homeroom teacher may know: that an own pupil is in a case, and who it is (domain.md section 6, need to know; case 74).

A dated duty that follows the register names the teacher; nothing of the other children, the words or the finding is here.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseDuty, CaseFile, CaseParty
from trainhub.cases.queries.found import NOTHING, found_in
from trainhub.cases.rules.found import shown_state
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound


@dataclass(frozen=True, slots=True)
class OwnPupil:
    """An own pupil in a case, by number and code."""

    duty_id: str
    label: str
    code: str
    state: str
    since: datetime


def own_pupils_in_cases(session: Session, actor: Actor, now: datetime) -> tuple[OwnPupil, ...]:
    """The cases in which pupils of the actor's own class are, as long as they are open. Two statements."""
    rows = session.execute(_duties(actor, now).order_by(CaseFile.year.desc(), CaseFile.number.desc(), CaseParty.code)).all()
    found = found_in(session, actor.district_id, {case.id for _duty, case, _party in rows})
    return tuple(
        OwnPupil(duty.id, f"{case.year}-{case.number:02d}", party.code, shown_state(case.state, found.get(case.id, NOTHING)), duty.from_at)
        for duty, case, party in rows
    )


def own_pupil(session: Session, actor: Actor, duty_id: str, now: datetime) -> tuple[CaseFile, CaseParty]:
    """The case and the pupil behind the actor's own duty. Raises NotFound."""
    row = session.execute(_duties(actor, now).where(CaseDuty.id == duty_id)).one_or_none()
    if row is None:
        raise NotFound
    return row[1], row[2]


def _duties(actor: Actor, now: datetime) -> Any:
    return (
        select(CaseDuty, CaseFile, CaseParty)
        .join(CaseFile, and_(CaseFile.district_id == CaseDuty.district_id, CaseFile.id == CaseDuty.case_id))
        .join(CaseParty, and_(CaseParty.district_id == CaseDuty.district_id, CaseParty.id == CaseDuty.party_id))
        .where(
            CaseDuty.district_id == actor.district_id, CaseDuty.account_id == actor.account_id, CaseDuty.duty == "homeroom", CaseDuty.from_at <= now,
            or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now), CaseParty.school_id == actor.org_id, CaseFile.sealed_at.is_(None),
            CaseFile.closed_at.is_(None), not_recused(actor, CaseFile.id),
        )
    )
