"""Who sat where a matter was decided: other rooms bar them from deciding on it again."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.committees.models import CommitteeMember, MeetingItem, MeetingPresence


def sat_on(session: Session, district_id: str, matter_id: str) -> tuple[frozenset[str], frozenset[str]]:
    """Accounts and persons of the members present at sittings whose agenda held the matter. One statement."""
    query = (
        select(CommitteeMember.account_id, CommitteeMember.person_id)
        .join(MeetingPresence, and_(MeetingPresence.district_id == CommitteeMember.district_id, MeetingPresence.member_id == CommitteeMember.id))
        .join(MeetingItem, and_(MeetingItem.district_id == MeetingPresence.district_id, MeetingItem.meeting_id == MeetingPresence.meeting_id))
        .where(CommitteeMember.district_id == district_id, MeetingItem.matter_id == matter_id, MeetingPresence.status == "present").distinct()
    )
    rows = session.execute(query).all()
    return frozenset(a for a, _p in rows if a), frozenset(p for _a, p in rows if p)
