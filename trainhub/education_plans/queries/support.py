"""Plans of support as their lead sees them. Nothing here joins a plan of hours: the two never stand beside each other (features H8)."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.queries.access import case_there
from trainhub.education_plans.models import SupportPlan, SupportStep
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place

SUPPORT = "support"
"""``object_kind`` of a reading that opens a plan of support."""


@dataclass(frozen=True, slots=True)
class SupportRow:
    """A plan in the list of its lead: its code, how many steps are open and late, when the next is due."""

    support_id: str
    code: str
    state: str
    opened_at: datetime
    open_steps: int
    late_steps: int
    next_due: date | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step, its note unsealed. ``late``: planned by a day that is over."""

    step_id: str
    kind: str
    due_on: date | None
    done_at: datetime | None
    note: str
    late: bool


@dataclass(frozen=True, slots=True)
class SupportPage:
    """One plan of support, opened under a ticket."""

    support_id: str
    code: str
    state: str
    needs: str
    opened_at: datetime
    closed_at: datetime | None
    steps: tuple[StepRow, ...]


def support_list(session: Session, actor: Actor, now: datetime) -> list[SupportRow]:
    """Every plan that the actor leads, open ones first. Two statements."""
    actor.require(Permission.SUPPORT_READ)
    query = select(SupportPlan).where(
        SupportPlan.district_id == actor.district_id, SupportPlan.lead_account_id == actor.account_id, case_there(actor, SupportPlan.case_id, now)
    ).order_by(SupportPlan.closed_at.is_not(None), SupportPlan.opened_at)
    plans, day = session.scalars(query).all(), local_day(now)
    open_steps = select(
        SupportStep.support_id, func.count(), func.min(SupportStep.due_on),
        func.count().filter(SupportStep.due_on < day),
    ).where(
        SupportStep.district_id == actor.district_id, SupportStep.support_id.in_([plan.id for plan in plans]), SupportStep.done_at.is_(None)
    ).group_by(SupportStep.support_id)
    counts = {row[0]: row[1:] for row in session.execute(open_steps)}
    return [
        SupportRow(plan.id, plan.code, plan.state, plan.opened_at, *_figures(counts.get(plan.id))) for plan in plans
    ]


def _figures(found: tuple[int, date | None, int] | None) -> tuple[int, int, date | None]:
    return (found[0], found[2], found[1]) if found else (0, 0, None)


def seen(session: Session, actor: Actor, support_id: str, now: datetime) -> SupportPlan:
    """One plan that the actor leads. Raises NotFound."""
    actor.require(Permission.SUPPORT_READ)
    row = session.scalars(select(SupportPlan).where(
        SupportPlan.district_id == actor.district_id, SupportPlan.id == support_id, SupportPlan.lead_account_id == actor.account_id,
        case_there(actor, SupportPlan.case_id, now),
    )).one_or_none()
    if row is None:
        raise NotFound
    return row


def support_page(session: Session, ring: KeyRing, opening: Opening, actor: Actor, support_id: str, now: datetime) -> SupportPage:
    """One plan with its words. ``opening`` must be for this very plan. Raises NotFound, UnloggedRead."""
    row = seen(session, actor, support_id, now)
    opening.require(row.district_id, SUPPORT, row.id)
    steps = session.scalars(select(SupportStep).where(
        SupportStep.district_id == row.district_id, SupportStep.support_id == row.id
    ).order_by(SupportStep.entered_at, SupportStep.id))
    day = local_day(now)
    return SupportPage(
        row.id, row.code, row.state, ring.unseal(row.sealed_needs, place("support_plan", "sealed_needs", row.id)) if row.sealed_needs else "",
        row.opened_at, row.closed_at, tuple(_step(ring, step, day) for step in steps),
    )


def _step(ring: KeyRing, row: SupportStep, day: date) -> StepRow:
    note = ring.unseal(row.sealed_note, place("support_step", "sealed_note", row.id)) if row.sealed_note else ""
    late = row.done_at is None and row.due_on is not None and row.due_on < day
    return StepRow(row.id, row.kind, row.due_on, row.done_at, note, late)


def lead_choices(session: Session, district_id: str, school_id: str, day: date) -> list[tuple[str, str]]:
    """Accounts of a school that may lead a plan of support: id and the name as it is shown. One statement."""
    query = (
        select(Account.id, Account.display_name).join(
            AccountGrant, (AccountGrant.district_id == Account.district_id) & (AccountGrant.account_id == Account.id)
        ).where(
            Account.district_id == district_id, Account.disabled_at.is_(None), AccountGrant.org_id == school_id,
            AccountGrant.role.in_((Role.PSYCHOLOGIST.value, Role.CASE_OFFICER.value)), AccountGrant.from_on <= day,
            AccountGrant.to_on.is_(None) | (AccountGrant.to_on >= day),
        ).distinct().order_by(Account.display_name, Account.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
