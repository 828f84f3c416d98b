"""The county's dated rights to one case: for whoever handles its appeal, and for a re-examination group. Given by name, ended with it.

A school gives its own duties (``service.duties``); these are given by the room of the appeals, which checked why.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseDuty, CaseFile, CaseStep
from trainhub.cases.service.steps import note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role


def lend_case(
    session: Session, actor: Actor, case_id: str, account_id: str, person_id: str | None, duty: str, now: datetime, *,
    until: datetime | None = None, reason: str = "appeal", given_by: str | None = None,
) -> str:
    """Give an account of the county a dated right to a case and return its id. Raises NotFound, SeparationOfDuties.

    ``given_by``: who consented, where its holder takes it up.
    """
    case, giver = _locked(session, actor, case_id), given_by or actor.account_id
    if account_id == giver:
        raise SeparationOfDuties(field="account")
    query = select(CaseDuty).where(
        CaseDuty.district_id == case.district_id, CaseDuty.case_id == case.id, CaseDuty.account_id == account_id, CaseDuty.duty == duty,
        or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now),
    )
    there = session.scalars(query).first()
    if there is not None:
        return there.id
    row = CaseDuty(
        district_id=case.district_id, id=new_id(), case_id=case.id, account_id=account_id, person_id=person_id, duty=duty, from_at=now,
        to_at=until, reason=reason, given_by=giver,
    )
    session.add(row)
    session.flush()
    note_step(session, actor, case, "duty_given", now, object_id=row.id, changes={
        "account": account_id, "duty": duty, "reason": reason, "given_by": giver, "until": until.isoformat() if until else "",
    })
    return row.id


def end_lending(
    session: Session, actor: Actor, case_id: str, duty: str, account_ids: Collection[str] | None, now: datetime, *, reason: str = ""
) -> int:
    """End these rights: the case is gone for their holders at once. Returns how many ended.

    ``account_ids`` None: everybody's. ``reason``: only those given for it.
    """
    case = _locked(session, actor, case_id)
    query = select(CaseDuty).where(
        CaseDuty.district_id == case.district_id, CaseDuty.case_id == case.id, CaseDuty.duty == duty,
        or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now),
    )
    if account_ids is not None:
        query = query.where(CaseDuty.account_id.in_(account_ids))
    if reason:
        query = query.where(CaseDuty.reason == reason)
    rows = session.scalars(query).all()
    for row in rows:
        row.to_at, row.ended_by = now, actor.account_id
    if rows:
        note_step(session, actor, case, "duty_ended", now, changes={"duty": duty, "accounts": sorted(r.account_id for r in rows)})
    return len(rows)


_COUNTY = (Role.BUREAU_CASE_OFFICER.value, Role.APPEAL_REVIEWER.value)


def handled_by(session: Session, district_id: str, case_id: str, *, school_only: bool = False) -> frozenset[str]:
    """Accounts that took any step in a case, or held a duty in it as one of the school: they re-examine nothing of it.

    ``school_only`` leaves out the steps that the county's people took as such.
    """
    query = select(CaseStep.actor_id).where(CaseStep.district_id == district_id, CaseStep.case_id == case_id)
    steps = session.scalars((query.where(CaseStep.acting_role.not_in(_COUNTY)) if school_only else query).distinct())
    duties = session.scalars(select(CaseDuty.account_id).where(
        CaseDuty.district_id == district_id, CaseDuty.case_id == case_id, CaseDuty.duty != "reviewer", CaseDuty.duty != "bureau"
    ).distinct())
    return frozenset(steps) | frozenset(duties)


def _locked(session: Session, actor: Actor, case_id: str) -> CaseFile:
    case = session.get(CaseFile, (actor.district_id, case_id), with_for_update=True, populate_existing=True)
    if case is None or case.sealed_at is not None:
        raise NotFound
    return case
