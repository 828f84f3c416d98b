"""Steps of a case that follow from what higher rooms know: plans, follow-ups, appeals. They hand the numbers in; the guards are here."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState
from trainhub.cases.service.steps import locked_case, move_case
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission


def advance(
    session: Session, actor: Actor, case_id: str, after: CaseState, facts: CaseFacts, now: datetime, *,
    permission: Permission = Permission.CASE_WRITE,
) -> bool:
    """Move a case to a state that plans, follow-ups or appeals decide about. Returns False where it is there already.

    Raises NotFound, InvalidState, StepRefused.
    """
    case = locked_case(session, actor, case_id, now, permission=permission)
    if case.state == after.value:
        return False
    if after is CaseState.CLOSED:
        case.closed_at, case.seal_due_on = now, local_day(now)  # sealed by the next night's work
    move_case(session, actor, case, after, facts, now)
    return True


def _of_plan(session: Session, actor: Actor, case_id: str) -> CaseFile:
    """The locked case of a plan that the caller found for the actor: a plan may be kept by another school than its case (51, 75)."""
    case = session.get(CaseFile, (actor.district_id, case_id), with_for_update=True, populate_existing=True)
    if case is None or case.sealed_at is not None:
        raise NotFound
    return case


def carried_out(session: Session, actor: Actor, case_id: str, now: datetime) -> None:
    """The last plan of a case ended: the case goes on to its follow-up. Nothing happens in any other state."""
    case = _of_plan(session, actor, case_id)
    if case.state in {CaseState.SERVED.value, CaseState.IN_EXECUTION.value}:
        move_case(session, actor, case, CaseState.FOLLOW_UP, CaseFacts(), now)


def in_execution(session: Session, actor: Actor, case_id: str, now: datetime) -> None:
    """A plan of a served case runs: the case is being carried out. Nothing happens in any other state."""
    case = _of_plan(session, actor, case_id)
    if case.state == CaseState.SERVED.value:
        move_case(session, actor, case, CaseState.IN_EXECUTION, CaseFacts(), now)
