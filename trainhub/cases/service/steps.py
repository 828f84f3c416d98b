"""What every step of a case shares: the locked row, the version that was seen, the step, the ledger, the announcement, numbers without gaps."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseNotice, CaseStep, Counter
from trainhub.cases.queries.access import seen_case
from trainhub.cases.rules.happenings import CaseMoved
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState, check_case_step
from trainhub.cases.service.noticing import settle
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.events import announcer
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.service import NewEntry, append


def locked_case(
    session: Session, actor: Actor, case_id: str, now: datetime, *, permission: Permission = Permission.CASE_WRITE, seen_version: int | None = None
) -> CaseFile:
    """Return a case the actor may change, locked until the end of the transaction. Raises NotFound, StaleVersion."""
    case = seen_case(session, actor, permission, case_id, now, lock=True)
    if seen_version is not None and case.version != seen_version:
        raise StaleVersion(seen=seen_version, current=case.version)
    return case


def note_step(
    session: Session, actor: Actor | None, case: CaseFile, step: str, now: datetime, *, object_id: str = "", before: str = "", after: str = "",
    changes: Mapping[str, Any] | None = None, occurred_at: datetime | None = None,
) -> None:
    """Write one step of a case down, in its history and in the school's chain. ``changes``: ids, codes, numbers, ISO times; never words.

    Without an actor the calendar or the register brought it about.
    """
    facts = dict(changes or {})
    who, role = (actor.account_id, actor.role.value) if actor else (SYSTEM, SYSTEM)
    case.version += 1
    case.updated_at = now
    session.add(CaseStep(
        district_id=case.district_id, case_id=case.id, id=new_id(), step=step, object_id=object_id, from_state=before, to_state=after,
        changes=facts, actor_id=who, acting_role=role, policy_version=case.policy_version, recorded_at=now,
    ))
    append(session, NewEntry(
        district_id=case.district_id, school_id=case.school_id, kind=f"case.{step}", subject_ref=case.id, object_ref=object_id or case.id,
        payload={"from": before, "to": after, "version": case.version, **facts}, occurred_at=occurred_at or now, recorded_at=now,
        actor_ref=who, acting_role=role,
    ))


DONE_WITH: Mapping[CaseState, tuple[str, ...]] = {
    CaseState.DETERMINED: ("to_be_served",), CaseState.CLOSED: ("to_be_served", "report_due", "duty_given", "county_review"),
}
"""Notices that are done with when a case leaves a state; with its end those that nobody needs to follow any more."""


def move_case(
    session: Session, actor: Actor, case: CaseFile, after: CaseState, facts: CaseFacts, now: datetime, *,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Move a case to a state. Raises InvalidState, StepRefused; announces CaseMoved."""
    before = CaseState(case.state)
    check_case_step(before, after, facts)
    case.state = after.value
    note_step(session, actor, case, "moved", now, before=before.value, after=after.value, changes=changes)
    if gone := DONE_WITH.get(before if after is not CaseState.CLOSED else after, ()):
        settle(session, case.district_id, gone, case.id, now)
    announcer.announce(session, CaseMoved(case.district_id, case.school_id, case.id, before.value, after.value))


def next_number(session: Session, district_id: str, school_id: str, kind: str, year: int) -> int:
    """The next number of a kind in a school and year. Its row stays locked until the end of the transaction: numbers have no gaps."""
    where = (Counter.district_id == district_id, Counter.school_id == school_id, Counter.kind == kind, Counter.year == year)
    locked = select(Counter).where(*where).with_for_update()
    row = session.scalars(locked, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        fresh = {"district_id": district_id, "school_id": school_id, "kind": kind, "year": year, "last": 0}
        session.execute(upsert(session, Counter).values(**fresh).on_conflict_do_nothing())
        row = session.scalars(locked, execution_options={"populate_existing": True}).one()
    row.last += 1
    session.flush()
    return row.last


def notify(
    session: Session, district_id: str, org_id: str, code: str, now: datetime, *, role: Role | None = None, account_id: str | None = None,
    matter_id: str = "", link: str = "",
) -> None:
    """Leave a neutral word for an account, or for everybody in a role at a place. ``code`` is one of ``messages.NOTICES``."""
    session.add(CaseNotice(
        district_id=district_id, id=new_id(), org_id=org_id, role=role.value if role else "", account_id=account_id, code=code,
        matter_id=matter_id, link=link, created_at=now,
    ))
