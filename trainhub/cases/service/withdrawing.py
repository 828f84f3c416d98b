"""A pupil who was put into a case by mistake goes out of it, and nothing of who it was stays behind.

Only while facts are being found and nothing was done about the pupil yet: no notice, talk or finding. The step says that a code was
taken out; the code is not given again. A recusal that the pupil brought with them stays until two people lift it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseClock,
    CaseDuty,
    CaseGuardian,
    CaseParty,
    CaseRecipient,
    Determination,
    GuardianNotice,
    Interview,
)
from trainhub.cases.rules.lifecycle import CaseState
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service.parties import FACT_FINDING
from trainhub.cases.service.steps import locked_case, note_step
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound

_NOTED: tuple[Any, ...] = (GuardianNotice, Interview, Determination, CaseRecipient)


def withdraw_party(session: Session, actor: Actor, party_id: str, now: datetime) -> str:
    """Take a pupil out of a case and return the code that is free of anybody now. Raises NotFound, InvalidState, CaseRefused."""
    party = session.get(CaseParty, (actor.district_id, party_id))
    if party is None:
        raise NotFound
    case = locked_case(session, actor, party.case_id, now)
    if case.school_id != actor.org_id:
        raise NotFound
    if CaseState(case.state) not in FACT_FINDING:
        raise InvalidState(state=case.state, wanted=CaseState.INVESTIGATING.value)
    about = (party.district_id, party.id)
    if any(session.scalar(select(exists().where(t.district_id == about[0], t.party_id == about[1]))) for t in _NOTED):
        raise CaseRefused("party_used", "party")
    code = party.code
    mine: dict[str, Any] = {"synchronize_session": "fetch"}
    session.execute(
        update(CaseDuty).where(CaseDuty.district_id == about[0], CaseDuty.party_id == about[1])
        .values(party_id=None, to_at=now, reason="mistake", ended_by=actor.account_id), execution_options=mine,
    )
    session.execute(update(CaseClock).where(CaseClock.district_id == about[0], CaseClock.object_id == about[1]).values(dropped_at=now), execution_options=mine)
    session.execute(delete(CaseGuardian).where(CaseGuardian.district_id == about[0], CaseGuardian.party_id == about[1]), execution_options=mine)
    session.delete(party)
    session.flush()
    note_step(session, actor, case, "party_withdrawn", now, object_id=party_id, changes={"code": code})
    return code
