"""What every step of an appeal shares: the locked row, the step, the ledger."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal, AppealStep
from trainhub.appeals.queries.access import seen_appeal
from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState, check_appeal_step
from trainhub.appeals.service.involved import refuse_school_side
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append

_COUNTY = frozenset({Permission.APPEAL_WRITE, Permission.APPEAL_DECIDE})


def locked_appeal(
    session: Session, actor: Actor, appeal_id: str, now: datetime, *, permission: Permission = Permission.APPEAL_WRITE,
    seen_version: int | None = None,
) -> Appeal:
    """Return an appeal the actor may change, locked until the end of the transaction. Raises NotFound, StaleVersion, SeparationOfDuties.

    The county's rights are refused to whoever decided or handled the case at the school.
    """
    appeal = seen_appeal(session, actor, permission, appeal_id, now, lock=True)
    if seen_version is not None and appeal.version != seen_version:
        raise StaleVersion(seen=seen_version, current=appeal.version)
    if permission in _COUNTY:
        refuse_school_side(session, actor, appeal)
    return appeal


def schools_appeal(session: Session, actor: Actor, appeal_id: str, now: datetime) -> Appeal:
    """Return an appeal of the actor's own school, locked: what only the school does. Raises NotFound."""
    appeal = locked_appeal(session, actor, appeal_id, now, permission=Permission.APPEAL_FILE)
    if appeal.school_id != actor.org_id:
        raise NotFound
    return appeal


def note_step(
    session: Session, actor: Actor, appeal: Appeal, step: str, now: datetime, *, before: str = "", after: str = "",
    changes: Mapping[str, Any] | None = None, occurred_at: datetime | None = None,
) -> None:
    """Write one step of an appeal down, in its history and in the school's chain. ``changes``: ids, codes, numbers; never words."""
    facts = dict(changes or {})
    appeal.version += 1
    appeal.updated_at = now
    session.add(AppealStep(
        district_id=appeal.district_id, appeal_id=appeal.id, id=new_id(), step=step, from_state=before, to_state=after, changes=facts,
        actor_id=actor.account_id, acting_role=actor.role.value, recorded_at=now,
    ))
    append(session, NewEntry(
        district_id=appeal.district_id, school_id=appeal.school_id, kind=f"appeal.{step}", subject_ref=appeal.party_id, object_ref=appeal.id,
        payload={"from": before, "to": after, "version": appeal.version, **facts}, occurred_at=occurred_at or now, recorded_at=now,
        actor_ref=actor.account_id, acting_role=actor.role.value,
    ))


def move_appeal(
    session: Session, actor: Actor, appeal: Appeal, after: AppealState, facts: AppealFacts, now: datetime, *,
    changes: Mapping[str, Any] | None = None,
) -> None:
    """Move an appeal to a state. Raises InvalidState, AppealStepRefused."""
    before = AppealState(appeal.state)
    check_appeal_step(before, after, facts)
    appeal.state = after.value
    note_step(session, actor, appeal, "moved", now, before=before.value, after=after.value, changes=changes)
