"""The county's dated look at a case while its appeal runs: given to its case officers by name, ended with the last open appeal."""

from datetime import datetime

from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal
from trainhub.appeals.queries.accounts import holders
from trainhub.appeals.queries.blocking import open_appeals
from trainhub.cases.service.lending import end_lending, lend_case
from trainhub.committees.queries.recusal import is_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Role


def lend_to_county(session: Session, actor: Actor, appeal: Appeal, now: datetime) -> int:
    """Let every case officer of the bureau read the case, except whoever asks and whoever stepped aside. Returns how many may now.

    Nobody gives the right to themselves: who entered the appeal gets it from the school with its answer, or from a colleague.
    """
    given = 0
    for account in holders(session, appeal.district_id, Role.BUREAU_CASE_OFFICER, now):
        aside = is_recused(session, appeal.district_id, appeal.case_id, person_id=account.person_id, account_id=account.id)
        if account.id != actor.account_id and not aside:
            lend_case(session, actor, appeal.case_id, account.id, account.person_id, "bureau", now)
            given += 1
    return given


def end_county(session: Session, actor: Actor, appeal: Appeal, now: datetime, *, with_group: bool = False) -> None:
    """End the county's look once no appeal of the case is open; the group's where its re-examination is over."""
    session.flush()
    if with_group:
        end_lending(session, actor, appeal.case_id, "reviewer", None, now)
    if open_appeals(session, appeal.district_id, appeal.case_id) == 0:
        end_lending(session, actor, appeal.case_id, "bureau", None, now, reason="appeal")
