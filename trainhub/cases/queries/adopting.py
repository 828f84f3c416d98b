"""Who may draw the consequence of the committee's vote: the secretary, and never whoever proposed (domain.md section 4; case 103)."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.committees.models import CommitteeMember, Recusal
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import POLICY, Permission

_ADOPTING = [role.value for role, held in POLICY.items() if Permission.CASE_DETERMINE in held]


@dataclass(frozen=True, slots=True)
class Adopters:
    """The accounts that may adopt in a case today, with their persons; whoever stepped aside from it is not among them."""

    hands: tuple[tuple[str, str | None], ...]

    def only(self, actor: Actor) -> bool:
        """Whether this human being is one of them and there is no other: what they proposed could never be adopted."""
        mine = [hand for hand in self.hands if hand[0] == actor.account_id or (actor.person_id is not None and hand[1] == actor.person_id)]
        return bool(mine) and len(mine) == len(self.hands)


def adopters(session: Session, district_id: str, school_id: str, case_id: str, day: date) -> Adopters:
    """Who may adopt in a case of a school on a day. Two statements."""
    query = (
        select(Account.id, Account.person_id)
        .join(AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == district_id, Account.disabled_at.is_(None), AccountGrant.org_id == school_id, AccountGrant.role.in_(_ADOPTING),
            AccountGrant.from_on <= day, or_(AccountGrant.to_on.is_(None), AccountGrant.to_on >= day),
        ).distinct()
    )
    aside = session.execute(
        select(Recusal.account_id, Recusal.person_id, CommitteeMember.account_id, CommitteeMember.person_id)
        .outerjoin(CommitteeMember, (CommitteeMember.district_id == Recusal.district_id) & (CommitteeMember.id == Recusal.member_id))
        .where(Recusal.district_id == district_id, Recusal.matter_id == case_id, Recusal.lifted_at.is_(None))
    ).all()
    gone = {key for row in aside for key in row if key is not None}
    return Adopters(tuple((row.id, row.person_id) for row in session.execute(query) if not {row.id, row.person_id} & gone))
