"""Whoever decides a matter may read it: the duty of a member begins with the agenda and ends with the decision (domain.md section 6).

It follows from the committee's register and its recusals, so nobody gives it, not even to themselves; whoever steps aside loses it at
once, a substitute has it from the moment of standing in. A duty that somebody gave by hand is left alone.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.models import CaseDuty, CaseFile, CaseStep
from trainhub.cases.service.duties import AGENDA, DUTIES
from trainhub.cases.service.noticing import settle
from trainhub.cases.service.steps import notify
from trainhub.committees.queries.benches import Deciders, deciders_of, matters_on_agendas
from trainhub.committees.rules.happenings import AgendaChanged
from trainhub.kernel.actor import SYSTEM
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.ledger.service import NewEntry, append

MEMBER, NOTICE = "member", "matter_on_agenda"


def follow_agenda(session: Session, event: AgendaChanged) -> None:
    """Let the members' duties follow the agenda. A listener; a constant number of statements but for what changes."""
    held = _held(session, event)
    asked = set(event.matter_ids) or {row.case_id for row in held} | matters_on_agendas(session, event.district_id, event.school_id)
    if not asked:
        return
    deciders = deciders_of(session, event.district_id, asked)
    if not deciders and not held:
        return
    cases = {case.id: case for case in session.scalars(select(CaseFile).where(
        CaseFile.district_id == event.district_id, CaseFile.id.in_(asked), CaseFile.sealed_at.is_(None), CaseFile.closed_at.is_(None)
    ))}
    accounts = _accounts(session, event, deciders.values())
    for case_id in sorted(asked):
        rows = [row for row in held if row.case_id == case_id]
        one, case = deciders.get(case_id), cases.get(case_id)
        wanted = {a.id: a for a in accounts if one and case and (a.id in one.accounts or a.person_id in one.people)}
        _end_others(session, event, rows, wanted, one)
        _begin(session, event, case, [a for key, a in sorted(wanted.items()) if key not in {row.account_id for row in rows}])


def _held(session: Session, event: AgendaChanged) -> list[CaseDuty]:
    """Duties that stand because of an agenda: of the matters named, or of every case of the school."""
    inside: ColumnElement[bool] = CaseDuty.case_id.in_(event.matter_ids)
    if not event.matter_ids:
        inside = CaseDuty.case_id.in_(select(CaseFile.id).where(CaseFile.district_id == event.district_id, CaseFile.school_id == event.school_id))
    query = select(CaseDuty).where(
        CaseDuty.district_id == event.district_id, CaseDuty.duty == MEMBER, CaseDuty.reason == AGENDA, inside,
        or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > event.at),
    )
    return list(session.scalars(query.order_by(CaseDuty.case_id, CaseDuty.from_at, CaseDuty.id)))


def _accounts(session: Session, event: AgendaChanged, deciders: Iterable[Deciders]) -> list[Account]:
    """Accounts of these members that hold the role at the school of the sitting today: the role must carry the right as well."""
    people: set[str] = set()
    direct: set[str] = set()
    schools: set[str] = set()
    for one in deciders:
        people |= one.people
        direct |= one.accounts
        schools |= one.schools
    if not people and not direct:
        return []
    day = local_day(event.at)
    query = (
        select(Account).join(AccountGrant, and_(AccountGrant.district_id == Account.district_id, AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == event.district_id, or_(Account.person_id.in_(people), Account.id.in_(direct)), Account.disabled_at.is_(None),
            AccountGrant.org_id.in_(schools), AccountGrant.role.in_([role.value for role in DUTIES[MEMBER]]), AccountGrant.from_on <= day,
            or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        )
    )
    return list(session.scalars(query).unique())


def _begin(session: Session, event: AgendaChanged, case: CaseFile | None, accounts: Collection[Account]) -> None:
    if case is None or not accounts:
        return
    for account in accounts:
        session.add(CaseDuty(
            district_id=case.district_id, id=new_id(), case_id=case.id, account_id=account.id, person_id=account.person_id, duty=MEMBER,
            from_at=event.at, reason=AGENDA, given_by=SYSTEM,
        ))
        notify(session, case.district_id, case.school_id, NOTICE, event.at, account_id=account.id, matter_id=case.id, link="/committee/sittings")
    _note(session, event, case.id, case.school_id, "duty_given", {"accounts": [a.id for a in accounts], "duty": MEMBER, "reason": AGENDA})


def _end_others(session: Session, event: AgendaChanged, rows: Collection[CaseDuty], wanted: Collection[str], deciders: Deciders | None) -> None:
    gone = [row for row in rows if row.account_id not in wanted]
    for row in gone:
        aside = deciders is not None and bool({row.account_id, row.person_id} & deciders.aside)
        row.to_at, row.ended_by = event.at, SYSTEM
        row.reason = "done" if deciders is None else "conflict" if aside else "replaced"
    if gone:
        case_id = gone[0].case_id
        _note(session, event, case_id, event.school_id, "duty_ended", {"accounts": sorted(row.account_id for row in gone), "duty": MEMBER, "reason": AGENDA})
        if deciders is None:
            settle(session, event.district_id, [NOTICE], case_id, event.at)


def _note(session: Session, event: AgendaChanged, case_id: str, school_id: str, step: str, changes: dict[str, Any]) -> None:
    """A step of the case by itself. Its version stays: nobody's open form is about who sits on the committee."""
    session.add(CaseStep(
        district_id=event.district_id, case_id=case_id, id=new_id(), step=step, changes=changes, actor_id=SYSTEM, acting_role=SYSTEM, recorded_at=event.at,
    ))
    session.flush()
    append(session, NewEntry(
        district_id=event.district_id, school_id=school_id, kind=f"case.{step}", subject_ref=case_id, object_ref=case_id, payload=changes,
        occurred_at=event.at, recorded_at=event.at, actor_ref=SYSTEM, acting_role=SYSTEM,
    ))
