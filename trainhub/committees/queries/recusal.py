"""Who stepped aside from what: a condition for every room's selects, and what the committee's own pages list.

A recusal follows the human being: it holds for every role, every account and every record of that person (domain.md case 103).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from trainhub.accounts.models import Account
from trainhub.committees.models import CommitteeMember, MeetingItem, Recusal
from trainhub.kernel.actor import Actor
from trainhub.roster.models import Person

_MEMBER, _ONE, _OTHER = aliased(CommitteeMember), aliased(Person), aliased(Person)
"""Made once: every select about a case asks for recusals, and aliases are dear to make."""


def _of(district_id: str, person_id: str | None, account_id: str | None) -> ColumnElement[bool]:
    """SQL condition: the recusal is that of a human being, whichever of their ids it names."""
    r, m = Recusal, _MEMBER
    ways: list[ColumnElement[bool]] = []
    if account_id is not None:
        ways.append(r.account_id == account_id)
        ways.append(r.member_id.in_(select(m.id).where(m.district_id == district_id, m.account_id == account_id)))
    if person_id is not None:
        one, other = _ONE, _OTHER
        kept = select(one.merged_into_id).where(one.district_id == district_id, one.id == person_id).scalar_subquery()
        ways += [
            r.person_id == person_id, r.person_id == kept,
            exists().where(other.district_id == district_id, other.id == r.person_id, other.merged_into_id == person_id),
            r.account_id.in_(select(Account.id).where(Account.district_id == district_id, Account.person_id == person_id)),
            r.member_id.in_(select(m.id).where(m.district_id == district_id, m.person_id == person_id)),
        ]
    return or_(*ways) if ways else literal(value=False)


def not_recused(actor: Actor, matter_column: Any) -> ColumnElement[bool]:
    """SQL condition for selects of any room: the actor did not step aside from the matter named by ``matter_column``.

    ``select(CaseFile).where(..., not_recused(actor, CaseFile.id))``. A null matter is nobody's.
    """
    return ~exists().where(
        Recusal.district_id == actor.district_id, Recusal.matter_id == matter_column, Recusal.lifted_at.is_(None),
        _of(actor.district_id, actor.person_id, actor.account_id),
    ).correlate_except(Recusal)  # fmt: skip


def item_shown(actor: Actor) -> ColumnElement[bool]:
    """SQL condition: an item of an agenda is there for the actor, who did not step aside from its matter, and the matter is not sealed."""
    return and_(not_recused(actor, MeetingItem.matter_id), MeetingItem.sealed_at.is_(None))


def is_recused(session: Session, district_id: str, matter_id: str, *, person_id: str | None, account_id: str | None = None) -> bool:
    """Whether somebody stepped aside from a matter. One statement."""
    query = select(Recusal.id).where(
        Recusal.district_id == district_id, Recusal.matter_id == matter_id, Recusal.lifted_at.is_(None), _of(district_id, person_id, account_id)
    )
    return session.scalar(query.limit(1)) is not None


def recused_matters(session: Session, district_id: str, person_id: str | None, account_id: str | None) -> frozenset[str]:
    """Return the matters somebody stepped aside from. One statement."""
    query = select(Recusal.matter_id).where(Recusal.district_id == district_id, Recusal.lifted_at.is_(None), _of(district_id, person_id, account_id))
    return frozenset(session.scalars(query))


@dataclass(frozen=True, slots=True)
class RecusalRow:
    """A recusal. ``shown_as`` names a member as pages do; "" for somebody who is no member. ``substitute``: who sits instead, shown so."""

    id: str
    matter_id: str
    school_id: str
    person_id: str | None
    account_id: str | None
    member_id: str | None
    shown_as: str
    ground: str
    found_by: str
    is_principal: bool
    substitute_id: str | None
    substitute: str
    entered_by: str
    entered_at: datetime
    lift_asked_by: str | None
    lifted_at: datetime | None


def recusals_of(session: Session, district_id: str, matters: Collection[str], *, lifted: bool = False) -> list[RecusalRow]:
    """Return the recusals from some matters, those lifted too where ``lifted``. One statement.

    The caller has made sure that the reader may know of these matters.
    """
    if not matters:
        return []
    member, instead, person = aliased(CommitteeMember), aliased(CommitteeMember), aliased(Person)
    query = (
        select(Recusal, member.shown_as, instead.shown_as, person.name)
        .outerjoin(member, and_(member.district_id == Recusal.district_id, member.id == Recusal.member_id))
        .outerjoin(instead, and_(instead.district_id == Recusal.district_id, instead.id == Recusal.substitute_id))
        .outerjoin(person, and_(person.district_id == Recusal.district_id, person.id == Recusal.person_id))
        .where(Recusal.district_id == district_id, Recusal.matter_id.in_(matters))
        .order_by(Recusal.entered_at, Recusal.id)
    )
    if not lifted:
        query = query.where(Recusal.lifted_at.is_(None))
    return [
        RecusalRow(
            r.id, r.matter_id, r.school_id, r.person_id, r.account_id, r.member_id, shown or name or "", r.ground, r.found_by, r.is_principal,
            r.substitute_id, other or "", r.entered_by, r.entered_at, r.lift_asked_by, r.lifted_at,
        )
        for r, shown, other, name in session.execute(query)
    ]


def recused_by_matter(session: Session, district_id: str, matters: Collection[str]) -> dict[str, frozenset[str]]:
    """Return, by matter, the ids of every membership whose holder stepped aside, by whichever of their ids. One statement.

    Somebody who stepped aside as case officer is recused in their seat as well.
    """
    if not matters:
        return {}
    m, account, person = CommitteeMember, aliased(Account), aliased(Person)
    same = or_(
        Recusal.member_id == m.id,
        and_(m.person_id.is_not(None), or_(
            Recusal.person_id == m.person_id,
            exists().where(account.district_id == district_id, account.id == Recusal.account_id, account.person_id == m.person_id),
            exists().where(person.district_id == district_id, or_(
                and_(person.id == Recusal.person_id, person.merged_into_id == m.person_id),
                and_(person.id == m.person_id, person.merged_into_id == Recusal.person_id),
            )),
        )),
        and_(m.account_id.is_not(None), Recusal.account_id == m.account_id),
    )
    query = select(Recusal.matter_id, m.id).join(m, and_(m.district_id == Recusal.district_id, same)).where(
        Recusal.district_id == district_id, Recusal.matter_id.in_(matters), Recusal.lifted_at.is_(None)
    )
    found: dict[str, set[str]] = {}
    for matter_id, member_id in session.execute(query):
        found.setdefault(matter_id, set()).add(member_id)
    return {matter_id: frozenset(members) for matter_id, members in found.items()}


def lifted_findings(session: Session, district_id: str, matter_id: str) -> frozenset[tuple[str, str]]:
    """Return what two people found not to be a conflict in a matter: (member or person id, ground). One statement."""
    rows = session.execute(select(Recusal.member_id, Recusal.person_id, Recusal.ground).where(
        Recusal.district_id == district_id, Recusal.matter_id == matter_id, Recusal.lifted_at.is_not(None)
    ))
    return frozenset((key, ground) for member, person, ground in rows for key in (member, person) if key)


def recused_members(session: Session, district_id: str, matter_id: str) -> frozenset[str]:
    """Return the ids of every membership whose holder stepped aside from a matter. One statement."""
    return recused_by_matter(session, district_id, [matter_id]).get(matter_id, frozenset())
