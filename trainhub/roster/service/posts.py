"""Posts: held from a day to a day, a homeroom post with its class."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Employment, Person, PostAssignment, SchoolClass
from trainhub.roster.people_rules import Span, post_of
from trainhub.roster.queries.staff import during
from trainhub.roster.refusals import ClassNeeded, DateBeforeStart, HomeroomTaken, PeriodsOverlap, UnknownWord
from trainhub.roster.service.facts import announce, guard, record


@dataclass(frozen=True, slots=True)
class AssignPost:
    """Give somebody a post from a day on. ``post`` is a key or a school's own word."""

    person_id: str
    school_id: str
    post: str
    from_on: date
    class_id: str | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class EndPost:
    """End a post; ``last_on`` is its last day."""

    school_id: str
    assignment_id: str
    last_on: date
    reason: str = ""


def assign_post(session: Session, actor: Actor, command: AssignPost, now: datetime) -> str:
    """Assign a post; returns its id. Raises ClassNeeded, HomeroomTaken, PeriodsOverlap, NotFound.

    An extra duty that goes with a post starts with its first day (case 21).
    """
    guard(actor, command.school_id)
    row = place_post(session, actor.district_id, command)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.post_assigned", subject=command.person_id,
        object_ref=row.id, on=command.from_on,
        payload={"post": row.post, "class_id": row.class_id, "from_on": row.from_on, "to_on": row.to_on},
    )
    announce(session, actor, [command.school_id], [command.person_id])
    return row.id


def end_post(session: Session, actor: Actor, command: EndPost, now: datetime) -> None:
    """End a post on a day. Raises DateBeforeStart, NotFound."""
    guard(actor, command.school_id)
    row = session.get(PostAssignment, (actor.district_id, command.assignment_id))
    if row is None or row.school_id != command.school_id:
        raise NotFound
    if command.last_on < row.from_on:
        raise DateBeforeStart(field="last_on", from_on=row.from_on.isoformat())
    row.to_on = command.last_on
    record(
        session, actor, now, school_id=command.school_id, kind="roster.post_ended", subject=row.person_id,
        object_ref=row.id, on=command.last_on, payload={"post": row.post, "last_on": command.last_on},
        reason=command.reason,
    )
    announce(session, actor, [command.school_id], [row.person_id])


def place_post(session: Session, district_id: str, command: AssignPost) -> PostAssignment:
    """Write a post without entry or announcement: part of a larger step."""
    post = post_of(command.post)
    if not post:
        raise UnknownWord(field="post", value=command.post)
    if post == "homeroom_teacher" and command.class_id is None:
        raise ClassNeeded(field="class_id")
    if command.to_on is not None and command.to_on < command.from_on:
        raise DateBeforeStart(field="to_on", from_on=command.from_on.isoformat())
    _on_staff(session, district_id, command)
    class_id = command.class_id if post == "homeroom_teacher" else None
    _not_held(session, district_id, command, post, class_id)
    row = PostAssignment(
        district_id=district_id, id=new_id(), person_id=command.person_id, school_id=command.school_id, post=post,
        class_id=class_id, from_on=command.from_on, to_on=command.to_on,
    )
    session.add(row)
    session.flush()
    return row


def _on_staff(session: Session, district_id: str, command: AssignPost) -> None:
    held = session.scalars(select(Employment).where(
        Employment.district_id == district_id, Employment.person_id == command.person_id,
        Employment.school_id == command.school_id,
    ))
    if not any(Span(e.from_on, e.to_on).touches(Span(command.from_on, command.to_on)) for e in held):
        raise NotFound


def _not_held(session: Session, district_id: str, command: AssignPost, post: str, class_id: str | None) -> None:
    if class_id is not None:
        group = session.get(SchoolClass, (district_id, class_id))
        if group is None or group.school_id != command.school_id:
            raise NotFound
    last = command.to_on or date.max
    rows = session.execute(
        select(PostAssignment, Person.name).join(
            Person, (Person.district_id == PostAssignment.district_id) & (Person.id == PostAssignment.person_id)
        ).where(
            PostAssignment.district_id == district_id, PostAssignment.school_id == command.school_id,
            PostAssignment.post == post, during(PostAssignment.from_on, PostAssignment.to_on, command.from_on, last),
        )
    ).all()
    for row, name in rows:
        if row.person_id == command.person_id and row.class_id == class_id:
            raise PeriodsOverlap(field="from_on")
        if class_id is not None and row.class_id == class_id:
            raise HomeroomTaken(field="class_id", name=name)
