"""Two records of one person become one, and can be taken apart again (case 100).

Nothing is deleted: the merged record points to the kept one and is no longer listed. Attendance
stays where it was written; whoever counts minutes asks ``queries.aliases`` and takes the union.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import Employment, Person, PersonMerge, PostAssignment
from trainhub.roster.people_rules import Span
from trainhub.roster.queries.staff import employments_of
from trainhub.roster.refusals import ReasonMissing, SamePerson
from trainhub.roster.service.facts import announce, guard, record


@dataclass(frozen=True, slots=True)
class Merge:
    """Let ``kept_id`` stand for ``merged_id`` too."""

    school_id: str
    kept_id: str
    merged_id: str
    reason: str


def merge(session: Session, actor: Actor, command: Merge, now: datetime) -> str:
    """Merge two records; returns the merge's id. Raises SamePerson, ReasonMissing, NotFound."""
    guard(actor, command.school_id)
    if not command.reason.strip():
        raise ReasonMissing(field="reason")
    kept, merged = (_in_scope(session, actor, key) for key in (command.kept_id, command.merged_id))
    if kept.id == merged.id or kept.merged_into_id or merged.merged_into_id:
        raise SamePerson
    moved = _move_employments(session, actor.district_id, kept.id, merged.id)
    moved["posts"] = _move_posts(session, actor.district_id, kept.id, merged.id)
    merged.merged_into_id = kept.id
    row = PersonMerge(
        district_id=actor.district_id, id=new_id(), kept_id=kept.id, merged_id=merged.id, moved=moved,
        reason=command.reason.strip()[:200], merged_by=actor.account_id, merged_at=now,
    )
    session.add(row)
    record(
        session, actor, now, school_id=command.school_id, kind="roster.merged", subject=kept.id, object_ref=row.id,
        payload={"kept": kept.id, "merged": merged.id, "moved": moved}, reason=row.reason,
    )
    _tell(session, actor, kept.id, merged.id)
    return row.id


def undo_merge(session: Session, actor: Actor, school_id: str, merge_id: str, reason: str, now: datetime) -> None:
    """Take a merge back: every employment and post returns to where it was. Raises NotFound, InvalidState."""
    guard(actor, school_id)
    row = session.get(PersonMerge, (actor.district_id, merge_id))
    if row is None:
        raise NotFound
    _in_scope(session, actor, row.kept_id)
    if row.undone_at is not None:
        raise InvalidState
    tenant, moved = actor.district_id, row.moved
    for model, ids in ((Employment, moved["employments"]), (PostAssignment, moved["posts"])):
        if ids:
            session.execute(
                update(model).where(model.district_id == tenant, model.id.in_(ids)).values(person_id=row.merged_id)
                .execution_options(synchronize_session="fetch")
            )
    for employment_id, before in moved["stretched"].items():
        held = session.get_one(Employment, (tenant, employment_id))
        held.from_on = date.fromisoformat(before["from_on"])
        held.to_on = date.fromisoformat(before["to_on"]) if before["to_on"] else None
        held.hired_on = date.fromisoformat(before["hired_on"]) if before["hired_on"] else None
    for employment_id in moved["not_home"]:
        session.get_one(Employment, (tenant, employment_id)).is_home = True
    session.get_one(Person, (tenant, row.merged_id)).merged_into_id = None
    row.undone_at = now
    record(
        session, actor, now, school_id=school_id, kind="roster.merge_undone", subject=row.kept_id, object_ref=row.id,
        payload={"kept": row.kept_id, "merged": row.merged_id}, reason=reason,
    )
    _tell(session, actor, row.kept_id, row.merged_id)


def _in_scope(session: Session, actor: Actor, person_id: str) -> Person:
    person = session.get(Person, (actor.district_id, person_id))
    if person is None or not (
        employments_of(session, actor.scope(Permission.ROSTER_WRITE), [person_id]) or person.merged_into_id
    ):
        raise NotFound
    return person


def _move_employments(session: Session, tenant: str, kept_id: str, merged_id: str) -> dict[str, Any]:
    """Employments that do not overlap one of the kept record go over; an overlapping one stretches it."""
    rows = list(session.scalars(select(Employment).where(
        Employment.district_id == tenant, Employment.person_id.in_((kept_id, merged_id))
    ).order_by(Employment.from_on)))
    mine = [row for row in rows if row.person_id == kept_id]
    moved: dict[str, Any] = {"employments": [], "stretched": {}, "not_home": []}
    for row in (r for r in rows if r.person_id == merged_id):
        span = Span(row.from_on, row.to_on)
        twin = next((m for m in mine if m.school_id == row.school_id and Span(m.from_on, m.to_on).touches(span)), None)
        if twin is not None:
            _stretch(twin, row, moved["stretched"])
            continue
        if row.is_home and any(m.is_home and Span(m.from_on, m.to_on).touches(span) for m in mine):
            row.is_home = False
            moved["not_home"].append(row.id)
        row.person_id = kept_id
        moved["employments"].append(row.id)
    session.flush()
    return moved


def _stretch(twin: Employment, row: Employment, before: dict[str, Any]) -> None:
    before.setdefault(twin.id, {
        "from_on": twin.from_on.isoformat(), "to_on": twin.to_on.isoformat() if twin.to_on else None,
        "hired_on": twin.hired_on.isoformat() if twin.hired_on else None,
    })
    hull = Span(twin.from_on, twin.to_on).hull(Span(row.from_on, row.to_on))
    twin.from_on, twin.to_on = hull.from_on, hull.to_on
    hired = [day for day in (twin.hired_on, row.hired_on) if day is not None]
    twin.hired_on = min(hired) if hired else None


def _move_posts(session: Session, tenant: str, kept_id: str, merged_id: str) -> list[str]:
    rows = list(session.scalars(select(PostAssignment).where(
        PostAssignment.district_id == tenant, PostAssignment.person_id.in_((kept_id, merged_id))
    )))
    held = {(r.school_id, r.post, r.class_id) for r in rows if r.person_id == kept_id and r.to_on is None}
    moved = []
    for row in rows:
        if row.person_id == merged_id and (row.school_id, row.post, row.class_id) not in held:
            row.person_id = kept_id
            moved.append(row.id)
    session.flush()
    return moved


def _tell(session: Session, actor: Actor, kept_id: str, merged_id: str) -> None:
    session.flush()
    schools = set(session.scalars(select(Employment.school_id).where(
        Employment.district_id == actor.district_id, Employment.person_id.in_((kept_id, merged_id))
    )))
    announce(session, actor, schools, [kept_id, merged_id])
