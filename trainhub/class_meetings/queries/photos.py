"""Photos of meetings: which stand on more than one record (case 35)."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from trainhub.class_meetings.models import ClassMeeting, MeetingPhoto
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import SchoolClass


@dataclass(frozen=True, slots=True)
class SamePhoto:
    """A photo of one meeting that also stands on the record of another class or another meeting."""

    sha256: str
    other_meeting_id: str
    other_class: str
    explained: str


def duplicate_photos(
    session: Session, scope: Scope, school_id: str, meeting_ids: Collection[str] | None = None
) -> dict[str, tuple[SamePhoto, ...]]:
    """Return meeting id -> its photos that stand elsewhere in the school as well, those explained left out.

    Compared by what is kept and by the digest of the picture before a phone made it smaller. Photos taken off a record do not
    count. One statement. Raises NotFound outside the scope.
    """
    if not scope.covers_school(school_id):
        raise NotFound
    mine, other = aliased(MeetingPhoto), aliased(MeetingPhoto)
    same = or_(mine.sha256 == other.sha256, and_(mine.original_sha256 != "", mine.original_sha256 == other.original_sha256))
    query = (
        select(mine.meeting_id, mine.sha256, other.meeting_id.label("other"), SchoolClass.name, mine.explained)
        .join(other, and_(other.district_id == mine.district_id, other.school_id == mine.school_id, other.meeting_id != mine.meeting_id, same))
        .join(ClassMeeting, and_(ClassMeeting.district_id == other.district_id, ClassMeeting.id == other.meeting_id))
        .join(SchoolClass, and_(SchoolClass.district_id == ClassMeeting.district_id, SchoolClass.id == ClassMeeting.class_id))
        .where(
            mine.district_id == scope.district_id, mine.school_id == school_id, mine.removed_at.is_(None), other.removed_at.is_(None),
            mine.explained == "",
        )
        .order_by(mine.meeting_id, mine.sha256, other.meeting_id)
    )
    if meeting_ids is not None:
        query = query.where(mine.meeting_id.in_(meeting_ids))
    found: dict[str, list[SamePhoto]] = defaultdict(list)
    for row in session.execute(query):
        found[row.meeting_id].append(SamePhoto(row.sha256, row.other, row.name, row.explained))
    return {key: tuple(rows) for key, rows in found.items()}
