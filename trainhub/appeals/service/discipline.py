"""Appeals against discipline: the school's own appeals committee has the first word, then the authority reviews (domain.md 3.4).

This track never touches what was found: its effects are on measures alone. Both tracks may run together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.appeals.rules.lifecycle import AppealFacts, AppealState, Outcome
from trainhub.appeals.service.examining import keep_decision
from trainhub.appeals.service.executing import carry_out
from trainhub.appeals.service.filing import LONGEST, AppealRefused, disciplines
from trainhub.appeals.service.steps import move_appeal, schools_appeal
from trainhub.cases.queries.refs import case_ref, determination_ref
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, SeparationOfDuties
from trainhub.kernel.sealing import KeyRing

LEAST_MEMBERS = 3
"""How many of the school's appeals committee must have sat. No text found gives a number: ours."""


@dataclass(frozen=True, slots=True)
class SchoolWord:
    """What the school's appeals committee decided. ``withdrawn``: measures taken back; empty: all are kept. ``document``: its minutes."""

    appeal_id: str
    withdrawn: tuple[str, ...]
    reasons: str
    document: str
    members: int
    clauses: Sequence[str] = ()


def hear_at_school(session: Session, actor: Actor, ring: KeyRing, command: SchoolWord, now: datetime) -> str:
    """Note the word of the school's appeals committee and carry it out; return the decision's id.

    Never by whoever took the appeal in or entered the determination. Raises AppealRefused, SeparationOfDuties, InvalidState.
    """
    appeal = schools_appeal(session, actor, command.appeal_id, now)
    if appeal.track != "discipline":
        raise InvalidState(state=appeal.state, wanted=AppealState.SCHOOL_DECIDED.value)
    if actor.account_id == appeal.entered_by:
        raise SeparationOfDuties(field="appeal")
    found = determination_ref(session, appeal.district_id, appeal.determination_id)
    open_to = disciplines(found, case_ref(session, appeal.district_id, appeal.case_id))
    if not set(command.withdrawn) <= set(open_to):
        raise AppealRefused(field="withdrawn", why="measures")
    if command.members < LEAST_MEMBERS or not command.document.strip() or len(command.document) > 80:
        raise AppealRefused(field="document", why="school_committee")
    if len(command.reasons) > LONGEST:
        raise AppealRefused(field="reasons", why="grounds")
    facts = AppealFacts(reasons_written=bool(command.reasons.strip()))
    move_appeal(session, actor, appeal, AppealState.SCHOOL_DECIDED, facts, now, changes={"withdrawn": list(command.withdrawn), "members": command.members})
    appeal.school_outcome = "withdrawn" if command.withdrawn else "kept"
    appeal.school_document, appeal.school_heard_at, appeal.school_heard_by = command.document.strip(), now, actor.account_id
    outcome = Outcome.MODIFY if command.withdrawn else Outcome.UPHOLD
    new = (found.tier, [m for m in found.measures if m not in command.withdrawn], found.plan_minutes) if command.withdrawn else None
    row = keep_decision(session, actor, ring, appeal, found, outcome, command.reasons, now, clauses=command.clauses, new=new, instance="school")
    carry_out(session, actor, ring, appeal, row, command.reasons.strip(), now)
    if row.fresh_id is not None:
        appeal.determination_id = row.fresh_id  # the authority reviews what is left
    return row.id
