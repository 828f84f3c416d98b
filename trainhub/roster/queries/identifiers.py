"""By what platforms and devices name the people of a school."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.roster.models import PersonIdentifier


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
        select(PersonIdentifier.person_id, PersonIdentifier.kind, PersonIdentifier.value, PersonIdentifier.origin)
        .where(PersonIdentifier.district_id == scope.district_id, PersonIdentifier.school_id == school_id)
        .order_by(PersonIdentifier.set_at.desc(), PersonIdentifier.value)
    )
    for person_id, kind, value, origin in rows:
        found.setdefault(person_id, []).append(Identifier(kind, value, origin))
    return found


def identifiers_of(session: Session, scope: Scope, school_id: str, person_id: str) -> list[Identifier]:
    """Return what names one person at a school."""
    if not scope.covers_school(school_id):
        return []
    rows = session.execute(
        select(PersonIdentifier.kind, PersonIdentifier.value, PersonIdentifier.origin)
        .where(
            PersonIdentifier.district_id == scope.district_id, PersonIdentifier.school_id == school_id,
            PersonIdentifier.person_id == person_id,
        )
        .order_by(PersonIdentifier.kind, PersonIdentifier.value)
    )
    return [Identifier(*row) for row in rows]
