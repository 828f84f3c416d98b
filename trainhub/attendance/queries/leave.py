"""Leave known beforehand: who is away when, and who of a roll it covers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from trainhub.accounts.models import Account
from trainhub.attendance.models import KnownLeave
from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Person
from trainhub.roster.queries import aliases


@dataclass(frozen=True, slots=True)
class LeaveLine:
    """One leave as it is listed. Days inclusive."""

    id: str
    person_id: str
    name: str
    leave_type: str
    from_on: date
    to_on: date
    note: str
    entered_by: str
    entered_at: datetime
    revoked_at: datetime | None
    revoked_by: str
    revoked_reason: str


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of a school: those that hold today or later by first day, then the others, newest first."""

    standing: tuple[LeaveLine, ...]
    past: tuple[LeaveLine, ...]


def leaves(session: Session, scope: Scope, school_id: str, today: date, limit: int = 200) -> Leaves:
    """Return the leaves of a school. One statement. Raises NotFound outside the scope."""
    if not scope.covers_school(school_id):
        raise NotFound
    entered, revoked = aliased(Account), aliased(Account)
    rows = session.execute(
        select(KnownLeave, Person.name, entered.display_name, revoked.display_name)
        .join(Person, and_(Person.district_id == KnownLeave.district_id, Person.id == KnownLeave.person_id))
        .outerjoin(entered, and_(entered.district_id == KnownLeave.district_id, entered.id == KnownLeave.entered_by))
        .outerjoin(revoked, and_(revoked.district_id == KnownLeave.district_id, revoked.id == KnownLeave.revoked_by))
        .where(KnownLeave.district_id == scope.district_id, KnownLeave.school_id == school_id)
        .order_by(KnownLeave.to_on.desc(), KnownLeave.id.desc()).limit(limit)
    )
    lines = [
        LeaveLine(x.id, x.person_id, name, x.leave_type, x.from_on, x.to_on, x.note, by or "", x.entered_at, x.revoked_at, taken or "",
                  x.revoked_reason)
        for x, name, by, taken in rows
    ]
    standing = sorted((x for x in lines if x.revoked_at is None and x.to_on >= today), key=lambda x: (x.from_on, x.name))
    return Leaves(tuple(standing), tuple(x for x in lines if x.revoked_at is not None or x.to_on < today))


def leaves_on(session: Session, district_id: str, people: Iterable[str], day: date) -> dict[str, KnownLeave]:
    """Return the leave that covers a day, by person; each leave stands with one of them. Two statements.

    The leave of a merged record is that of the person it stands for (case 100).
    """
    asked = list(dict.fromkeys(people))
    stands_for = aliases(session, district_id, asked)
    here = {stands_for.get(person, person): person for person in asked}
    rows = session.scalars(select(KnownLeave).where(
        KnownLeave.district_id == district_id, KnownLeave.person_id.in_({*asked, *stands_for, *stands_for.values()}), KnownLeave.revoked_at.is_(None),
        KnownLeave.from_on <= day, KnownLeave.to_on >= day,
    ).order_by(KnownLeave.entered_at.desc()))
    listed = frozenset(asked)
    return {(row.person_id if row.person_id in listed else here[stands_for.get(row.person_id, row.person_id)]): row for row in rows}
