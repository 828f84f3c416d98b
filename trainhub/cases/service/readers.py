"""Whoever a plan names reads its case: the duty follows the plan, so nobody gives it, not even to themselves (domain.md section 6)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.models import CaseDuty, CaseFile, CaseStep
from trainhub.cases.service.duties import DUTIES
from trainhub.cases.service.steps import notify
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import SYSTEM
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.ledger.service import NewEntry, append

PLAN, NOTICE = "plan", "plan_to_read"
"""Why a duty stands that follows a plan; what its holder is told."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a plan names: as what, at which school, and where the plan is read."""

    person_id: str
    duty: str
    school_id: str
    link: str


def follow_plans(session: Session, district_id: str, case_id: str, named: Collection[Named], now: datetime) -> None:
    """Let the duties that follow the plans of a case be those of whom they name.

    One that somebody gave by hand is left alone; who stepped aside gets none; who is named no more loses it at once.
    """
    case = session.get(CaseFile, (district_id, case_id))
    if case is None:
        return
    standing = list(session.scalars(select(CaseDuty).where(
        CaseDuty.district_id == district_id, CaseDuty.case_id == case_id, or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now)
    )))
    wanted = {(one.person_id, one.duty) for one in named}
    for row in [r for r in standing if r.reason == PLAN and (r.person_id or "", r.duty) not in wanted]:
        standing.remove(row)
        row.to_at, row.ended_by, row.reason = now, SYSTEM, "done"
        _note(session, case, "duty_ended", row, now)
    held = {(row.account_id, row.duty) for row in standing}
    for one in sorted(named, key=lambda n: (n.person_id, n.duty)):
        if is_recused(session, district_id, case_id, person_id=one.person_id):
            continue
        for account_id in [key for key in _accounts(session, district_id, one, now) if (key, one.duty) not in held]:
            row = CaseDuty(
                district_id=district_id, id=new_id(), case_id=case_id, account_id=account_id, person_id=one.person_id, duty=one.duty,
                from_at=now, reason=PLAN, given_by=SYSTEM,
            )
            session.add(row)
            held.add((account_id, one.duty))
            _note(session, case, "duty_given", row, now)
            notify(session, district_id, one.school_id, NOTICE, now, account_id=account_id, matter_id=case_id, link=one.link)


def _accounts(session: Session, district_id: str, one: Named, now: datetime) -> list[str]:
    """Accounts of a person that act in a fitting role at the school today."""
    day = local_day(now)
    query = (
        select(Account.id).join(AccountGrant, and_(AccountGrant.district_id == Account.district_id, AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == district_id, Account.person_id == one.person_id, Account.disabled_at.is_(None),
            AccountGrant.org_id == one.school_id, AccountGrant.role.in_([role.value for role in DUTIES[one.duty]]), AccountGrant.from_on <= day,
            or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        ).distinct().order_by(Account.id)
    )
    return list(session.scalars(query))


def _note(session: Session, case: CaseFile, step: str, row: CaseDuty, now: datetime) -> None:
    """A step of the case by itself. Its version stays: nobody's open form is about who reads a plan."""
    changes = {"account": row.account_id, "duty": row.duty, "reason": PLAN}
    session.add(CaseStep(
        district_id=case.district_id, case_id=case.id, id=new_id(), step=step, object_id=row.id, changes=changes, actor_id=SYSTEM,
        acting_role=SYSTEM, recorded_at=now,
    ))
    session.flush()
    append(session, NewEntry(
        district_id=case.district_id, school_id=case.school_id, kind=f"case.{step}", subject_ref=case.id, object_ref=row.id, payload=changes,
        occurred_at=now, recorded_at=now, actor_ref=SYSTEM, acting_role=SYSTEM,
    ))
