"""Steps of a case that follow from what higher rooms know: plans, follow-ups, appeals. They hand the numbers in; the guards are here."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile
from trainhub.cases.queries.determinations import served
from trainhub.cases.queries.facts import case_facts
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


_WITH_PLANS = frozenset({CaseState.SERVED.value, CaseState.IN_EXECUTION.value})


def being_carried_out(session: Session, actor: Actor, case_id: str) -> bool:
    """Whether a case is at its plans. Its row stays locked: of two plans that end at once, the later one sees that it is the last."""
    case = session.get(CaseFile, (actor.district_id, case_id), with_for_update=True, populate_existing=True)
    return case is not None and case.state in _WITH_PLANS


def carried_out(session: Session, actor: Actor, case_id: str, now: datetime) -> bool:
    """The last plan of a case ended: the case goes on to its follow-up. Nothing happens in any other state. Returns whether it went."""
    case = _of_plan(session, actor, case_id)
    if case.state not in _WITH_PLANS:
        return False
    move_case(session, actor, case, CaseState.FOLLOW_UP, CaseFacts(), now)
    return True


def in_execution(session: Session, actor: Actor, case_id: str, now: datetime) -> None:
    """A plan of a served case runs: the case is being carried out. Nothing happens in any other state."""
    case = _of_plan(session, actor, case_id)
    if case.state == CaseState.SERVED.value:
        move_case(session, actor, case, CaseState.IN_EXECUTION, CaseFacts(), now)


def taken_up_again(session: Session, actor: Actor, case_id: str, now: datetime) -> None:
    """A plan that was over runs again after an erratum: the case is carried out again. Nothing happens in any other state."""
    case = _of_plan(session, actor, case_id)
    if case.state in {CaseState.FOLLOW_UP.value, CaseState.CLOSED.value}:
        case.closed_at = case.seal_due_on = None
        move_case(session, actor, case, CaseState.IN_EXECUTION, CaseFacts(), now, changes={"why": "erratum"})


def all_served(session: Session, actor: Actor, case: CaseFile, now: datetime) -> None:
    """Move a determined case on once every side has what it is owed; where no plan is open or owed it goes on to its follow-up at once.

    A finding that fell is owed to nobody: with the last open service gone that way the case goes on as well.
    """
    if case.state != CaseState.DETERMINED.value or not all(served(session, case.district_id, case.id).values()):
        return
    facts = case_facts(session, case)
    move_case(session, actor, case, CaseState.SERVED, facts, now)
    if not facts.plans_owed and not facts.plans_open:
        move_case(session, actor, case, CaseState.FOLLOW_UP, facts, now)


def close_case(session: Session, actor: Actor, case_id: str, now: datetime) -> bool:
    """Close a case once every plan ended, every contact was made, no appeal runs and nobody holds a finding that fell.

    Plans of support hold up the sealing only. Returns False where it is closed already. Raises NotFound, InvalidState, StepRefused with
    what is missing.
    """
    case = locked_case(session, actor, case_id, now)
    return advance(session, actor, case_id, CaseState.CLOSED, case_facts(session, case), now)
