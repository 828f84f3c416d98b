"""Who may see or change a class and its meetings: the school's own people, its homeroom teacher, whoever leads the meeting."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import Employment, PostAssignment, SchoolClass


@dataclass(frozen=True, slots=True)
class ClassAccess:
    """A class that the actor may see: ``own`` where it is by leading it, not by a right at the school."""

    class_id: str
    school_id: str
    school_year: str
    grade: int
    name: str
    opened_on: date
    closed_on: date | None
    own: bool


def leads_class(session: Session, district_id: str, person_id: str | None, class_id: str, day: date) -> bool:
    """Whether somebody is the homeroom teacher of a class on a day. One statement."""
    if person_id is None:
        return False
    query = select(PostAssignment.id).where(
        PostAssignment.district_id == district_id, PostAssignment.person_id == person_id, PostAssignment.class_id == class_id,
        PostAssignment.post == "homeroom_teacher", PostAssignment.from_on <= day,
        or_(PostAssignment.to_on.is_(None), PostAssignment.to_on >= day),
    )
    return session.scalar(query.limit(1)) is not None


def class_access(session: Session, actor: Actor, class_id: str, day: date, *, write: bool) -> ClassAccess:
    """Return a class that the actor may see, or plan for where ``write``. One or two statements.

    Raises NotFound for every other class: the answer does not tell whether it exists.
    """
    row = session.get(SchoolClass, (actor.district_id, class_id))
    if row is None:
        raise NotFound
    wide, own = _permissions(write=write)
    by_right = actor.can(wide) and actor.scope(wide).covers_school(row.school_id)
    if not by_right and not (actor.can(own) and leads_class(session, actor.district_id, actor.person_id, class_id, day)):
        raise NotFound
    return ClassAccess(row.id, row.school_id, row.school_year, row.grade, row.name, row.opened_on, row.closed_on, not by_right)


def seen_meeting(
    session: Session, actor: Actor, meeting_id: str, day: date, *, write: bool = False, lock: bool = False
) -> ClassMeeting:
    """Return a meeting that the actor may see, or change where ``write``; ``lock`` holds it until the end of the transaction.

    By a right at the school, as its homeroom teacher on ``day``, as the one responsible or the one who leads it (case 34). One
    or two statements. Raises NotFound for every other meeting.
    """
    query = select(ClassMeeting).where(ClassMeeting.district_id == actor.district_id, ClassMeeting.id == meeting_id)
    if lock:
        query = query.with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": lock}).one_or_none()
    if row is None or not may_meeting(session, actor, row, day, write=write):
        raise NotFound
    return row


def may_meeting(session: Session, actor: Actor, meeting: ClassMeeting, day: date, *, write: bool) -> bool:
    """Whether the actor may see, or change where ``write``, a meeting of the district. At most one statement."""
    wide, own = _permissions(write=write)
    if actor.can(wide) and actor.scope(wide).covers_school(meeting.school_id):
        return True
    if not actor.can(own) or actor.person_id is None:
        return False
    return leads_meeting(session, actor, meeting, day)


def leads_meeting(session: Session, actor: Actor, meeting: ClassMeeting, day: date) -> bool:
    """Whether the actor leads a meeting, answers for it, or leads its class on the day. At most one statement.

    Whoever acts for another school by now has left this one's pupils behind, whatever they once led here.
    """
    if actor.org_id == meeting.school_id and actor.person_id is not None and actor.person_id in {meeting.responsible_id, meeting.held_by_id}:
        return True
    return leads_class(session, actor.district_id, actor.person_id, meeting.class_id, day)


def _permissions(*, write: bool) -> tuple[Permission, Permission]:
    if write:
        return Permission.MEETING_WRITE, Permission.MEETING_OWN_WRITE
    return Permission.MEETING_READ, Permission.MEETING_OWN_READ


def own_meetings_of(district_id: str, person_id: str, day: date) -> ColumnElement[bool]:
    """SQL condition: the meeting is somebody's own, by leading it or its class on the day. Meetings led at a school that one left are not."""
    classes = select(PostAssignment.class_id).where(
        PostAssignment.district_id == district_id, PostAssignment.person_id == person_id, PostAssignment.post == "homeroom_teacher",
        PostAssignment.class_id.is_not(None), PostAssignment.from_on <= day, or_(PostAssignment.to_on.is_(None), PostAssignment.to_on >= day),
    )
    schools = select(Employment.school_id).where(
        Employment.district_id == district_id, Employment.person_id == person_id, Employment.from_on <= day,
        or_(Employment.to_on.is_(None), Employment.to_on >= day),
    )
    return and_(ClassMeeting.district_id == district_id, or_(
        and_(or_(ClassMeeting.responsible_id == person_id, ClassMeeting.held_by_id == person_id), ClassMeeting.school_id.in_(schools)),
        ClassMeeting.class_id.in_(classes),
    ))
