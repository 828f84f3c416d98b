"""Whether the sittings to come can be held under the rule set: looked at when one is planned and whenever the register changes."""

from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMeeting
from trainhub.committees.queries.composition import book
from trainhub.committees.rules.happenings import SittingChecked
from trainhub.committees.service.steps import agenda_changed
from trainhub.kernel.clock import local_day
from trainhub.kernel.events import announcer


def check_sittings(session: Session, district_id: str, school_id: str, now: datetime) -> int:
    """Announce of every planned sitting of a school from now on whether its committee will be one. Returns how many will not.

    Seven statements at most, and none for the register where no sitting is planned; beside what listeners to the agenda ask.
    """
    agenda_changed(session, district_id, school_id, now)
    rows = session.execute(select(CommitteeMeeting.id, CommitteeMeeting.starts_at).where(
        CommitteeMeeting.district_id == district_id, CommitteeMeeting.school_id == school_id, CommitteeMeeting.state == "planned",
        CommitteeMeeting.starts_at >= now,
    ).order_by(CommitteeMeeting.starts_at, CommitteeMeeting.id)).all()
    if not rows:
        return 0
    held, unfit = book(session, district_id, school_id), 0
    for row in rows:
        fit = held.on(local_day(row.starts_at)).constitution.valid
        unfit += not fit
        announcer.announce(session, SittingChecked(district_id, school_id, row.id, "" if fit else "not_constituted"))
    return unfit


def sitting_over(session: Session, row: CommitteeMeeting, why: Literal["no_quorum", "over"]) -> None:
    """Announce that a sitting was cancelled or held: too few could come, or there is nothing more to say of it."""
    announcer.announce(session, SittingChecked(row.district_id, row.school_id, row.id, why))
