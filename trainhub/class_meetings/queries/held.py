"""What class meetings hold on a pupil: when it was not there, late, or left early. Whoever was there is not listed anywhere."""

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingAbsence, MeetingRecord
from trainhub.kernel.clock import local_day
from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.sealing import KeyRing


def held_in_meetings(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """Absences with their kind of leave, in every version of a record. One statement."""
    absence, record = MeetingAbsence, MeetingRecord
    query = select(record.starts_at, ClassMeeting.title, absence.status, absence.leave_type, absence.caught_up_on).join(
        record, and_(record.district_id == absence.district_id, record.meeting_id == absence.meeting_id, record.revision == absence.revision)
    ).join(ClassMeeting, and_(ClassMeeting.district_id == absence.district_id, ClassMeeting.id == absence.meeting_id)).where(
        absence.district_id == subject.district_id, absence.student_id == subject.student_id
    ).order_by(record.starts_at, absence.revision)
    seen: dict[HeldRow, None] = {}
    for starts_at, title, status, leave, caught_up in session.execute(query):
        codes = (status, *((f"leave_{leave}",) if leave else ()), *(("caught_up",) if caught_up else ()))
        seen[HeldRow("meeting_absence", local_day(starts_at), title, codes)] = None
    return list(seen)
