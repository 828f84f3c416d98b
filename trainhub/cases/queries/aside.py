"""In how many open matters of a district the principal or the chair stepped aside: numbers for the bureau, nothing else (domain.md case 48)."""

from dataclasses import dataclass

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile
from trainhub.committees.models import CommitteeMember, CommitteeSeat, Recusal
from trainhub.kernel.actor import Scope


@dataclass(frozen=True, slots=True)
class AsideCounts:
    """Open matters from which the principal stepped aside, and those from which a chair did who is not the principal."""

    principal: int
    chair: int


def aside_counts(session: Session, scope: Scope) -> AsideCounts:
    """Count them over the whole district; a single school is never told apart. One statement."""
    principal = case((Recusal.is_principal.is_(True), Recusal.matter_id))
    chair = case((and_(Recusal.is_principal.is_(False), CommitteeSeat.is_chair.is_(True)), Recusal.matter_id))
    query = (
        select(func.count(principal.distinct()), func.count(chair.distinct())).select_from(Recusal)
        .join(CaseFile, and_(CaseFile.district_id == Recusal.district_id, CaseFile.id == Recusal.matter_id))
        .outerjoin(CommitteeMember, and_(CommitteeMember.district_id == Recusal.district_id, CommitteeMember.id == Recusal.member_id))
        .outerjoin(CommitteeSeat, and_(CommitteeSeat.district_id == Recusal.district_id, CommitteeSeat.id == CommitteeMember.seat_id))
        .where(Recusal.district_id == scope.district_id, Recusal.lifted_at.is_(None), CaseFile.closed_at.is_(None), CaseFile.sealed_at.is_(None))
    )
    row = session.execute(query).one()
    return AsideCounts(int(row[0]), int(row[1]))
