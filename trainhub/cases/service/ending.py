"""A case ends before anything was found: nobody could be identified, it is another body's, the same as another case, or about staff (case 63).

Asked by one person and agreed to by another (kind ``end_case``). What the committee once found, or what stands proposed, is never passed
by this way; a report upward that is owed is made first (case 57). Deadlines are dropped; whoever reported reads it on the receipt.
"""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, Determination
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.clocks import clock_of
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.rules.clocks import ClockKind
from trainhub.cases.rules.lifecycle import END_REASONS, CaseState, DeterminationState
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import timing
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.severity import granted_request, is_reported, use_request
from trainhub.cases.service.steps import move_case, notify
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.permissions import Permission, Role

_ENDABLE = frozenset({CaseState.ACCEPTED, CaseState.INVESTIGATING})
_OWED = (ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN)


def check_end(session: Session, actor: Actor, case: CaseFile, reason: str, double_of: str | None, now: datetime) -> None:
    """Refuse an end that cannot be, before anybody is asked for it. Raises InvalidState, CaseRefused."""
    if CaseState(case.state) not in _ENDABLE:
        raise InvalidState(state=case.state, wanted=CaseState.CLOSED.value)
    if reason not in END_REASONS:
        raise CaseRefused("second_reason", "reason")
    _refuse_passed(session, case)
    if reason == "double_of":
        double(session, actor, case, double_of, now)
    elif any(clock_of(row).open for row in timing.rows_of(session, case, _OWED)):
        raise CaseRefused("end_reports", "reason")


def _refuse_passed(session: Session, case: CaseFile) -> None:
    """What was found, or waits to be voted on, is not passed by."""
    d = Determination
    query = select(d.adopted_at).where(
        d.district_id == case.district_id, d.case_id == case.id, or_(d.adopted_at.is_not(None), d.state == DeterminationState.PROPOSED.value)
    )
    rows = list(session.scalars(query))
    if any(row is not None for row in rows):
        raise CaseRefused("end_found", "reason")
    if rows:
        raise CaseRefused("end_proposed", "reason")


def double(session: Session, actor: Actor, case: CaseFile, other_id: str | None, now: datetime) -> CaseFile:
    """The case of the same school that this one is the double of: one that goes on, or was found on. Raises CaseRefused."""
    try:
        other = seen_case(session, actor, Permission.CASE_READ, other_id or "", now)
    except NotFound:
        raise CaseRefused("end_double", "double_of") from None
    if other.id == case.id or other.school_id != case.school_id or other.ended_reason:
        raise CaseRefused("end_double", "double_of")
    return other


def end_case(session: Session, actor: Actor, case_id: str, reason: str, double_of: str | None, second_id: str, now: datetime) -> None:
    """End a case without a determination on another's consent. Raises NotFound, InvalidState, CaseRefused, SecondPersonNeeded, StepRefused."""
    case = own_case(session, actor, case_id, now)
    check_end(session, actor, case, reason, double_of, now)
    second = granted_request(session, case, "end_case", second_id, now, {})
    use_request(second, now)
    case.ended_reason, case.double_of = reason, double_of if reason == "double_of" else None
    case.closed_at, case.seal_due_on = now, local_day(now)
    move_case(session, actor, case, CaseState.CLOSED, replace(case_facts(session, case), two_ended_it=True), now, changes={
        "why": reason, "double_of": case.double_of, "second": second.id, "second_by": second.decided_by or "",
    })
    for row in timing.rows_of(session, case):
        if clock_of(row).open:
            row.dropped_at, row.paused_at = now, None
    if reason == "staff_conduct":
        notify(session, case.district_id, case.school_id, "concern_routed", now, role=Role.PRINCIPAL, matter_id=case.id, link="/cases")
    if is_reported(session, case):
        notify(session, case.district_id, case.district_id, "case_ended", now, role=Role.BUREAU_CASE_OFFICER, matter_id=case.id, link="/cases/reported")
