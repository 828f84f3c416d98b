"""Who has stepped aside from which matter. Recusal beats every right: what is recused does not exist for that person."""

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from trainhub.committees.models import CommitteeMember, Recusal
from trainhub.kernel.actor import Actor


def _of(district_id: str, person_id: str | None, account_id: str) -> ColumnElement[bool]:
    """Recusals in force of an account, or of the person behind it in whatever role and by whatever account (domain.md case 103)."""
    whose: list[ColumnElement[bool]] = [Recusal.account_id == account_id]
    if person_id is not None:
        seats = select(CommitteeMember.id).where(CommitteeMember.district_id == district_id, CommitteeMember.person_id == person_id)
        whose += [Recusal.person_id == person_id, Recusal.member_id.in_(seats)]
    return (Recusal.district_id == district_id) & Recusal.lifted_at.is_(None) & or_(*whose)


def not_recused(actor: Actor, matter: "InstrumentedAttribute[str]") -> ColumnElement[bool]:
    """A condition for selects of other rooms: the actor has not stepped aside from the matter in that column."""
    return ~exists().where(_of(actor.district_id, actor.person_id, actor.account_id), Recusal.matter_id == matter).correlate(matter.class_)


def recused_matters(session: Session, actor: Actor) -> frozenset[str]:
    """Every matter the actor has stepped aside from. One statement."""
    return frozenset(session.scalars(select(Recusal.matter_id).where(_of(actor.district_id, actor.person_id, actor.account_id))))


def is_recused(session: Session, district_id: str, matter_id: str, *, person_id: str | None, account_id: str = "") -> bool:
    """Whether a person or an account has stepped aside from one matter. One statement."""
    query = select(Recusal.id).where(_of(district_id, person_id, account_id), Recusal.matter_id == matter_id).limit(1)
    return session.execute(query).first() is not None
