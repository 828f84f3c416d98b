"""Requests that two people must want: what waits for the reader, what the reader asked for; and what a consent opens, once."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.cases.models import CaseFile, CaseParty, Concern, ConcernReporter, SecondPerson
from trainhub.cases.queries.numbers import concern_label
from trainhub.cases.rules.second import DECIDED_BY, SecondKind
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place

MOST = 60


@dataclass(frozen=True, slots=True)
class SecondRow:
    """A request by codes and numbers. ``may_decide``: it waits for this reader. ``words`` only for who asked or decides."""

    second_id: str
    kind: str
    case_id: str | None
    case_label: str
    concern_no: str
    code: str
    reason: str
    parameters: dict[str, Any]
    state: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    expires_at: datetime | None
    used_at: datetime | None
    mine: bool
    may_decide: bool
    words: str


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits for the reader's decision; what the reader asked for; what was decided lately."""

    waiting: tuple[SecondRow, ...]
    asked: tuple[SecondRow, ...]
    decided: tuple[SecondRow, ...]


def queue(session: Session, ring: KeyRing, actor: Actor, now: datetime, *, case_id: str | None = None) -> Queue:
    """The requests the actor asked for, and those of the actor's reach where the role decides. One statement.

    The words of a request were written for whoever decides: they are shown to nobody else but who wrote them.
    """
    rows = [_row(ring, actor, now, *found) for found in session.execute(_query(actor, case_id))]
    waiting = tuple(row for row in rows if row.may_decide)
    asked = tuple(row for row in rows if row.mine)
    decided = tuple(row for row in rows if not row.mine and not row.may_decide and row.state != "asked")
    return Queue(waiting, asked, decided)


def waiting_for(session: Session, ring: KeyRing, actor: Actor, now: datetime) -> int:
    """How many requests wait for the actor. One statement."""
    return len(queue(session, ring, actor, now).waiting) if actor.can(Permission.CASE_SECOND) else 0


def _query(actor: Actor, case_id: str | None) -> Any:
    asker, decider = Account.__table__.alias("asker"), Account.__table__.alias("decider")
    s = SecondPerson
    query = (
        select(s, CaseFile.year, CaseFile.number, Concern.year, Concern.number, CaseParty.code, asker.c.display_name, decider.c.display_name)
        .outerjoin(CaseFile, and_(CaseFile.district_id == s.district_id, CaseFile.id == s.case_id))
        .outerjoin(Concern, and_(Concern.district_id == s.district_id, Concern.id == s.object_id))
        .outerjoin(CaseParty, and_(CaseParty.district_id == s.district_id, CaseParty.id == s.object_id))
        .outerjoin(asker, and_(asker.c.district_id == s.district_id, asker.c.id == s.asked_by))
        .outerjoin(decider, and_(decider.c.district_id == s.district_id, decider.c.id == s.decided_by))
        .where(s.district_id == actor.district_id, or_(s.asked_by == actor.account_id, _within(actor)), or_(s.case_id.is_(None), not_recused(actor, s.case_id)),
               or_(s.case_id.is_(None), CaseFile.sealed_at.is_(None), s.kind == SecondKind.UNSEAL.value))  # of a sealed case only whether to open it
    )
    if case_id is not None:
        query = query.where(s.case_id == case_id)
    return query.order_by(s.asked_at.desc(), s.id).limit(MOST)


def _within(actor: Actor) -> ColumnElement[bool]:
    """The reach of the role's right to decide; nothing for a role without it."""
    s = SecondPerson
    if not actor.can(Permission.CASE_SECOND_READ):
        return s.id.is_(None)
    scope = actor.scope(Permission.CASE_SECOND_READ)
    return s.id.is_not(None) if scope.school_ids is None else s.school_id.in_(scope.school_ids)


def _row(ring: KeyRing, actor: Actor, now: datetime, row: SecondPerson, *named: Any) -> SecondRow:
    year, number, concern_year, concern_no, code, asker, decider = named
    over = row.expires_at is not None and row.expires_at <= now
    state = "expired" if over and row.state in {"asked", "granted"} else row.state
    mine = row.asked_by == actor.account_id
    same = mine or (actor.person_id is not None and row.asked_by_person == actor.person_id)
    allowed = DECIDED_BY.get(SecondKind(row.kind))
    decides = actor.can(Permission.CASE_SECOND) and not same and (allowed is None or actor.role in allowed)
    may = state == "asked" and decides
    words = ring.unseal(row.sealed_words, place("second_person", "sealed_words", row.id)) if row.sealed_words and (mine or may) else ""
    return SecondRow(
        row.id, row.kind, row.case_id, f"{year}-{number:02d}" if year else "", concern_label(concern_year, concern_no) if concern_year else "",
        code or "", row.reason, dict(row.parameters), state, asker or "", row.asked_at, decider or "", row.decided_at, row.expires_at, row.used_at,
        mine, may, words,
    )


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported: what was sealed when the concern came in."""

    concern_no: str
    name: str
    contact: str
    account_name: str


def reporter(session: Session, ring: KeyRing, opening: Opening, concern_id: str) -> Reporter:
    """Who reported a concern, against the ticket of a used consent. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, "reporter", concern_id)
    apart = session.get(ConcernReporter, (opening.district_id, concern_id))
    concern = session.get(Concern, (opening.district_id, concern_id))
    if apart is None or concern is None:
        raise NotFound
    known = json.loads(ring.unseal(apart.sealed_identity, place("concern_reporter", "sealed_identity", concern_id)))
    account = session.get(Account, (opening.district_id, known["account_id"])) if known.get("account_id") else None
    return Reporter(
        concern_label(concern.year, concern.number), str(known.get("name") or ""), str(known.get("contact") or ""),
        account.display_name if account is not None else "",
    )


def request_of(session: Session, actor: Actor, second_id: str) -> SecondPerson:
    """The actor's own request. Raises NotFound."""
    row = session.get(SecondPerson, (actor.district_id, second_id))
    if row is None or row.asked_by != actor.account_id:
        raise NotFound
    return row
