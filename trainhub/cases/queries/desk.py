"""Concerns as the desk, their senders and anybody with a receipt number may see them."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, Concern, ConcernReporter
from trainhub.cases.queries.numbers import concern_label
from trainhub.cases.rules.intake import ConcernState, public_word, read_receipt
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place

CONCERN = "concern"
"""``object_kind`` of a reading that opens the text of a concern."""


@dataclass(frozen=True, slots=True)
class ConcernRow:
    """A concern in the list: nothing of what it says."""

    concern_id: str
    label: str
    channel: str
    state: str
    reason: str
    urgent: bool
    anonymous: bool
    about_staff: bool
    happened_on: date | None
    place_kind: str
    means: tuple[str, ...]
    received_at: datetime
    decided_at: datetime | None
    case_id: str | None
    case_label: str


@dataclass(frozen=True, slots=True)
class ConcernText:
    """What a concern says, opened with a ticket. Who reported is not in it."""

    text: str
    who: str
    decision: str


@dataclass(frozen=True, slots=True)
class OwnReceipt:
    """What somebody reads of a concern of their own. ``word`` is all that is told of what became of it."""

    concern_id: str
    received_by: str
    op_id: str
    receipt_mark: str
    received_at: datetime
    word: str
    reason: str
    school_id: str
    answered: bool


def desk(session: Session, actor: Actor, *, most: int = 200) -> tuple[ConcernRow, ...]:
    """The concerns of the actor's school, those that wait first, urgent ones before the others. One statement."""
    actor.require(Permission.CONCERN_READ, actor.org_id)
    query = _joined().where(there(actor))
    ordered = query.order_by((Concern.state != ConcernState.CLUE.value), Concern.urgent.desc(), Concern.received_at.desc(), Concern.id)
    return tuple(_row(*row) for row in session.execute(ordered.limit(most)))


def concern_row(session: Session, actor: Actor, concern_id: str) -> ConcernRow:
    """One concern of the actor's school. One statement. Raises NotFound."""
    actor.require(Permission.CONCERN_READ, actor.org_id)
    query = _joined().where(there(actor), Concern.id == concern_id)
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    return _row(*found)


def there(actor: Actor) -> ColumnElement[bool]:
    """The condition under which a concern exists for the desk: of its school, its case neither sealed nor one the actor stepped aside from."""
    return and_(
        Concern.district_id == actor.district_id, Concern.school_id == actor.org_id, not_recused(actor, Concern.case_id),
        or_(Concern.case_id.is_(None), CaseFile.id.is_not(None)),
    )


def _joined() -> Select[*tuple[Any, ...]]:
    """Sealed cases are named by nobody here either."""
    return select(Concern, CaseFile.year, CaseFile.number).outerjoin(
        CaseFile, and_(CaseFile.district_id == Concern.district_id, CaseFile.id == Concern.case_id, CaseFile.sealed_at.is_(None))
    )


def _row(row: Concern, year: int | None, number: int | None) -> ConcernRow:
    return ConcernRow(
        row.id, concern_label(row.year, row.number), row.channel, row.state, row.decision_reason, row.urgent, row.anonymous, row.about_staff,
        row.happened_on, row.place_kind, tuple(row.means), row.received_at, row.decided_at, row.case_id if number else None,
        f"{year}-{number:02d}" if number else "",
    )


def concern_text(session: Session, ring: KeyRing, opening: Opening, concern_id: str) -> ConcernText:
    """The words of a concern. ``opening`` must be for this very concern. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, CONCERN, concern_id)
    row = session.get(Concern, (opening.district_id, concern_id))
    if row is None:
        raise NotFound
    told = json.loads(ring.unseal(row.sealed_text, place("concern", "sealed_text", row.id)))
    return ConcernText(told["text"], told.get("who", ""), _decision(ring, row))


def _decision(ring: KeyRing, row: Concern) -> str:
    return ring.unseal(row.sealed_decision, place("concern", "sealed_decision", row.id)) if row.sealed_decision else ""


def own_receipts(session: Session, actor: Actor, account_mark: str, *, most: int = 50) -> tuple[OwnReceipt, ...]:
    """What the actor reported, newest first: found by a keyed mark. One statement."""
    query = (
        select(Concern, CaseFile.state, CaseFile.ended_reason)
        .join(ConcernReporter, and_(ConcernReporter.district_id == Concern.district_id, ConcernReporter.concern_id == Concern.id))
        .outerjoin(CaseFile, and_(CaseFile.district_id == Concern.district_id, CaseFile.id == Concern.case_id))
        .where(Concern.district_id == actor.district_id, ConcernReporter.account_mark == account_mark)
        .order_by(Concern.received_at.desc(), Concern.id).limit(most)
    )
    return tuple(
        OwnReceipt(row.id, row.received_by, row.op_id, row.receipt_mark, row.received_at, public_word(row.state, state, ended), ended or row.decision_reason,
                   row.school_id, bool(row.sealed_decision))
        for row, state, ended in session.execute(query)
    )


def own_answer(session: Session, ring: KeyRing, opening: Opening, account_mark: str, concern_id: str) -> str:
    """The words with which a concern was declined, for whoever reported it. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, CONCERN, concern_id)
    apart = session.get(ConcernReporter, (opening.district_id, concern_id))
    row = session.get(Concern, (opening.district_id, concern_id))
    if row is None or apart is None or apart.account_mark != account_mark:
        raise NotFound
    return _decision(ring, row)


@dataclass(frozen=True, slots=True)
class PublicWord:
    """All that a receipt number tells: a word, and the reason where it was declined or ended without a finding."""

    word: str
    reason: str


def by_receipt(session: Session, ring: KeyRing, typed: str) -> PublicWord | None:
    """What became of the concern with a receipt number; None for a number nobody was given. One statement, whatever was typed."""
    receipt = read_receipt(typed)
    mark = ring.mark("receipt_number", receipt or "")
    query = select(Concern.state, Concern.decision_reason, CaseFile.state, CaseFile.ended_reason).outerjoin(
        CaseFile, and_(CaseFile.district_id == Concern.district_id, CaseFile.id == Concern.case_id)
    ).where(Concern.receipt_mark == mark)
    found = session.execute(query.limit(1)).one_or_none()
    return PublicWord(public_word(found[0], found[2], found[3]), found[3] or found[1]) if found else None
