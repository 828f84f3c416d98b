"""By what platforms and devices name the people of a school. What names a merged record names the kept one (case 100)."""

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.roster.models import Person, PersonIdentifier

BADGE = "badge"
"""The code on somebody's new badge: made by us, typed by nobody, and shown on no page."""
_stands_for = func.coalesce(Person.merged_into_id, PersonIdentifier.person_id)
_PERSON = and_(Person.district_id == PersonIdentifier.district_id, Person.id == PersonIdentifier.person_id)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value that names a person: its kind, itself, and whether a decision taught it or somebody typed it."""

    kind: str
    value: str
    origin: str


def identifiers_of_school(session: Session, scope: Scope, school_id: str) -> dict[str, list[Identifier]]:
    """Return what names whom at a school: person id -> identifiers, the newest first."""
    if not scope.covers_school(school_id):
        return {}
    found: dict[str, list[Identifier]] = {}
    rows = session.execute(
        select(_stands_for, PersonIdentifier.kind, PersonIdentifier.value, PersonIdentifier.origin)
        .join(Person, _PERSON)
        .where(
            PersonIdentifier.district_id == scope.district_id, PersonIdentifier.school_id == school_id,
            PersonIdentifier.kind != BADGE,
        )
        .order_by(PersonIdentifier.set_at.desc(), PersonIdentifier.value)
    )
    for person_id, kind, value, origin in rows:
        found.setdefault(person_id, []).append(Identifier(kind, value, origin))
    return found


def badge_codes(session: Session, district_id: str, school_id: str) -> dict[str, str]:
    """Return person -> code on the badge, for those of a school whose badge was made anew. One statement."""
    rows = session.execute(
        select(_stands_for, PersonIdentifier.value)
        .join(Person, _PERSON)
        .where(
            PersonIdentifier.district_id == district_id, PersonIdentifier.school_id == school_id,
            PersonIdentifier.kind == BADGE,
        )
        .order_by(PersonIdentifier.set_at, PersonIdentifier.value)
    )
    return dict(rows.all())  # the newest counts


def identifiers_of(session: Session, scope: Scope, school_id: str, person_id: str) -> list[Identifier]:
    """Return what names one person at a school."""
    if not scope.covers_school(school_id):
        return []
    rows = session.execute(
        select(PersonIdentifier.kind, PersonIdentifier.value, PersonIdentifier.origin)
        .join(Person, _PERSON)
        .where(
            PersonIdentifier.district_id == scope.district_id, PersonIdentifier.school_id == school_id,
            _stands_for == person_id, PersonIdentifier.kind != BADGE,
        )
        .order_by(PersonIdentifier.kind, PersonIdentifier.value)
    )
    return [Identifier(*row) for row in rows]
