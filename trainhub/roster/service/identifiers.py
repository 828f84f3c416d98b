"""By what platforms and devices name people: learnt from decisions, entered by hand, given to another person."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Employment, PersonIdentifier
from trainhub.roster.queries.identifiers import BADGE
from trainhub.roster.queries.person import aliases
from trainhub.roster.refusals import UnknownWord
from trainhub.roster.service.facts import guard, record

KINDS = ("platform", "device_pin", "card", "email")
LENGTH = 120


@dataclass(frozen=True, slots=True)
class Learnt:
    """A value that names a person, as a decision or a staff number beside it showed."""

    kind: str
    value: str
    person_id: str


def normal(kind: str, value: str) -> str:
    """Return a value in the form in which it is compared: e-mails in lower case, PINs without zeros in front."""
    text = "".join(value.split())
    if kind == "email":
        return text.casefold()
    return (text.lstrip("0") or text) if kind == "device_pin" else text


def learn(session: Session, actor: Actor, school_id: str, found: Iterable[Learnt], now: datetime) -> int:
    """Remember what names whom; a value that names somebody else already stays with them. Returns how many are new.

    No ledger entry of its own: it belongs to the import that taught it.
    """
    rows = {
        (one.kind, value): {
            "district_id": actor.district_id, "school_id": school_id, "kind": one.kind, "value": value,
            "person_id": one.person_id, "origin": "import", "set_by": actor.account_id, "set_at": now,
        }
        for one in found
        if one.kind in KINDS and (value := normal(one.kind, one.value)) and len(value) <= LENGTH
    }
    if not rows:
        return 0
    known = set(session.execute(select(PersonIdentifier.kind, PersonIdentifier.value).where(
        PersonIdentifier.district_id == actor.district_id, PersonIdentifier.school_id == school_id,
    )).all())
    fresh = [row for key, row in rows.items() if key not in known]
    if fresh:
        session.execute(upsert(session, PersonIdentifier).on_conflict_do_nothing(), fresh)
    return len(fresh)


@dataclass(frozen=True, slots=True)
class SetIdentifier:
    """A value typed for a person; it is taken from whoever had it."""

    school_id: str
    person_id: str
    kind: str
    value: str


def set_identifier(session: Session, actor: Actor, command: SetIdentifier, now: datetime) -> None:
    """Let a value name a person from now on. Raises NotFound, UnknownWord."""
    guard(actor, command.school_id)
    value = normal(command.kind, command.value)
    if command.kind not in KINDS or not value or len(value) > LENGTH:
        raise UnknownWord(field="value", value=command.kind)
    if not _works_here(session, actor, command):
        raise NotFound
    row = session.get(PersonIdentifier, (actor.district_id, command.school_id, command.kind, value))
    before = row.person_id if row else ""
    if before == command.person_id:
        return
    if row is None:
        session.add(PersonIdentifier(
            district_id=actor.district_id, school_id=command.school_id, kind=command.kind, value=value,
            person_id=command.person_id, origin="typed", set_by=actor.account_id, set_at=now,
        ))
    else:
        row.person_id, row.origin, row.set_by, row.set_at = command.person_id, "typed", actor.account_id, now
    record(session, actor, now, school_id=command.school_id, kind="identifier.set", subject=command.person_id,
           object_ref=f"identifier/{command.kind}", payload={"kind": command.kind, "tail": _tail(value), "from_person": before})


def new_badge(session: Session, actor: Actor, school_id: str, person_id: str, now: datetime) -> None:
    """Give a person's badge a new code; what was printed before is worthless. Raises NotFound for nobody of the school.

    The caller has checked that the actor may: whoever scans badges prints them.
    """
    if not _works_here(session, actor, SetIdentifier(school_id, person_id, BADGE, "")):
        raise NotFound
    session.execute(delete(PersonIdentifier).where(
        PersonIdentifier.district_id == actor.district_id, PersonIdentifier.school_id == school_id,
        PersonIdentifier.kind == BADGE, PersonIdentifier.person_id == person_id,
    ))
    session.add(PersonIdentifier(
        district_id=actor.district_id, school_id=school_id, kind=BADGE, value=secrets.token_hex(16), person_id=person_id,
        origin="made", set_by=actor.account_id, set_at=now,
    ))
    record(session, actor, now, school_id=school_id, kind="badge.renewed", subject=person_id, object_ref="identifier/badge", payload={})


def forget_identifier(session: Session, actor: Actor, command: SetIdentifier, now: datetime) -> None:
    """Let a value name nobody any more. Raises NotFound where it does not name the person."""
    guard(actor, command.school_id)
    value = normal(command.kind, command.value)
    row = session.get(PersonIdentifier, (actor.district_id, command.school_id, command.kind, value))
    if row is None or aliases(session, actor.district_id, [row.person_id]).get(row.person_id, row.person_id) != command.person_id:
        raise NotFound
    session.execute(delete(PersonIdentifier).where(
        PersonIdentifier.district_id == actor.district_id, PersonIdentifier.school_id == command.school_id,
        PersonIdentifier.kind == command.kind, PersonIdentifier.value == value,
    ))
    record(session, actor, now, school_id=command.school_id, kind="identifier.forgotten", subject=command.person_id,
           object_ref=f"identifier/{command.kind}", payload={"kind": command.kind, "tail": _tail(value)})


def _tail(value: str) -> str:
    """What the ledger, which cannot forget, keeps of a value: its last four characters, nothing of a short one."""
    return value[-4:] if len(value) > 6 else ""


def _works_here(session: Session, actor: Actor, command: SetIdentifier) -> bool:
    return session.scalar(select(Employment.id).where(
        Employment.district_id == actor.district_id, Employment.school_id == command.school_id,
        Employment.person_id == command.person_id,
    ).limit(1)) is not None
