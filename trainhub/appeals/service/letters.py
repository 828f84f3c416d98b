"""Numbers of the letters of a decision: per issuing office and calendar year, without gaps, once to each side."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import AppealLetter
from trainhub.appeals.service.executing import issuing_appeal
from trainhub.appeals.service.steps import note_step
from trainhub.cases.service.steps import next_number
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id


def issue_letter(session: Session, actor: Actor, effect_id: str, now: datetime) -> str:
    """Give the letter to one side its number, once, and return the letter's id. Raises NotFound."""
    row, decision, appeal = issuing_appeal(session, actor, effect_id, now)
    there = session.scalars(select(AppealLetter).where(
        AppealLetter.district_id == row.district_id, AppealLetter.effect_id == row.id
    )).one_or_none()
    if there is not None:
        return there.id
    org_id, year = (appeal.district_id if decision.instance == "county" else appeal.school_id), local_day(now).year
    letter = AppealLetter(
        district_id=row.district_id, id=new_id(), effect_id=row.id, org_id=org_id, year=year,
        number=next_number(session, row.district_id, org_id, "appeal_decision", year), issued_by=actor.account_id, issued_at=now,
    )
    session.add(letter)
    session.flush()
    note_step(session, actor, appeal, "letter_issued", now, changes={"effect": row.id, "letter": letter.id, "number": letter.number, "year": year})
    return letter.id
