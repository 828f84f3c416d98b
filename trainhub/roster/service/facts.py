"""How a change of the roster is written down: one ledger entry and one announcement."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel import clock
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import Forbidden, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import LedgerRef, NewEntry, append
from trainhub.roster.events import ClassesChanged, StaffChanged
from trainhub.roster.models import Person


def guard(actor: Actor, school_id: str, permission: Permission = Permission.ROSTER_WRITE) -> None:
    """Refuse with :class:`Forbidden` without the right, with :class:`NotFound` outside its reach."""
    if not actor.can(permission):
        raise Forbidden
    if not actor.scope(permission).covers_school(school_id):
        raise NotFound


def record(
    session: Session, actor: Actor, now: datetime, *, school_id: str, kind: str, subject: str, object_ref: str,
    payload: dict[str, Any], on: date | None = None, reason: str = "", source: str = "web",
    evidence_sha256: str = "", corrects_seq: int | None = None,
) -> LedgerRef:
    """Append one fact to the school's chain. ``on`` is the local day from which it holds."""
    session.flush()
    return append(
        session,
        NewEntry(
            district_id=actor.district_id, school_id=school_id, kind=kind, subject_ref=subject,
            object_ref=object_ref, payload=_plain(payload),
            occurred_at=clock.at(on, time()) if on else now, recorded_at=now, actor_ref=actor.account_id,
            acting_role=str(actor.role), source=source, reason=reason[:300], evidence_sha256=evidence_sha256,
            corrects_seq=corrects_seq,
        ),
    )


def announce(
    session: Session, actor: Actor, school_ids: Iterable[str], person_ids: Iterable[str], newcomers: Iterable[str] = (),
) -> None:
    """Tell the rooms above whose numbers may have moved. ``newcomers`` were made by this very step."""
    session.flush()
    people = tuple(sorted(set(person_ids)))
    if people:
        announcer.announce(session, StaffChanged(
            actor.district_id, tuple(sorted(set(school_ids))), people, frozenset(newcomers),
        ))


def announce_classes(session: Session, actor: Actor, school_id: str) -> None:
    """Tell the rooms above that classes, their pupils or the term of a school changed."""
    session.flush()
    announcer.announce(session, ClassesChanged(actor.district_id, school_id))


def lock_person(session: Session, district_id: str, person_id: str) -> frozenset[str]:
    """Lock a person until the end of the transaction; return every id of theirs, merged ones too (case 100).

    For whoever looks at what a person has and then adds to it. Lock the person before any row of theirs.
    Empty where there is nobody. The lock lets others refer to the person meanwhile. Two statements.
    """
    kept = session.execute(select(Person.id, Person.merged_into_id).where(
        Person.district_id == district_id, Person.id == person_id
    )).one_or_none()
    if kept is None:
        return frozenset()
    stands = kept.merged_into_id or kept.id
    return frozenset(session.scalars(
        select(Person.id).where(or_(*(and_(Person.district_id == district_id, key == stands) for key in (Person.id, Person.merged_into_id))))
        .order_by(Person.id).with_for_update(key_share=True)
    ))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value.isoformat() if isinstance(value, date) else value
