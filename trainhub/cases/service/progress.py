"""Steps of a case that follow from what higher rooms know: plans, follow-ups, appeals. They hand the numbers in; the guards are here."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile
from trainhub.cases.rules.lifecycle import CaseFacts, CaseState
from trainhub.cases.service.steps import locked_case, move_case
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
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


def in_execution(session: Session, actor: Actor, case_id: str, now: datetime) -> None:
    """A plan of a served case runs: the case is being carried out. Nothing happens in any other state."""
    case: CaseFile = locked_case(session, actor, case_id, now)
    if case.state == CaseState.SERVED.value:
        move_case(session, actor, case, CaseState.IN_EXECUTION, CaseFacts(), now)
