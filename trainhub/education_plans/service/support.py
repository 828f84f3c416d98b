"""The other child's own plan, behind its own wall (features H8): whoever opens it gives it to its lead, and from then on it is the lead's.

It never stops for anybody's appeal, pause or end of hours, and nothing of it stands beside a plan of hours (domain.md 3.4, section 6).
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.queries.access import case_there, seen_case
from trainhub.cases.queries.refs import party_ref
from trainhub.cases.service.steps import next_number
from trainhub.committees.queries.recusal import is_recused
from trainhub.education_plans.models import HandOver, SupportPlan, SupportStep
from trainhub.education_plans.service.handing_over import Sent, make_receipt
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.service import NewEntry, append

STEP_KINDS = ("safety_plan", "counselling", "class_arrangement", "guardian_contact", "medical", "learning", "other")
CONSENTS = ("given", "refused")
LEADS = (Role.PSYCHOLOGIST, Role.CASE_OFFICER)


class SupportRefused(DomainError):
    """It cannot be done so; ``why``: not_target, there_already, lead, kind, closed, consent, school, receipt, same_person, state."""

    code = "support_refused"
    status = 409


@dataclass(frozen=True, slots=True)
class OpenSupport:
    """A plan of support for one target. ``needs`` are sealed and read by the lead alone."""

    party_id: str
    lead_account_id: str
    needs: str = ""


def open_support(session: Session, actor: Actor, ring: KeyRing, command: OpenSupport, now: datetime) -> str:
    """Open the plan of a child it was done to and hand it to its lead; returns its id. Raises NotFound, SupportRefused."""
    party = party_ref(session, actor.district_id, command.party_id)
    seen_case(session, actor, Permission.CASE_WRITE, party.case_id, now)
    if "target" not in party.roles:
        raise SupportRefused(field="party_id", why="not_target")
    _refuse_lead(session, actor, party.case_id, party.school_id, command.lead_account_id, now)
    there = session.scalars(select(SupportPlan).where(
        SupportPlan.district_id == party.district_id, SupportPlan.school_id == party.school_id, SupportPlan.party_id == party.party_id
    ).with_for_update()).first()
    if there is not None:
        return _without_lead(session, actor, there, command.lead_account_id, now)
    support_id, year = new_id(), local_day(now).year
    number = next_number(session, party.district_id, party.school_id, "support", year)
    row = SupportPlan(
        district_id=party.district_id, id=support_id, school_id=party.school_id, case_id=party.case_id, party_id=party.party_id,
        code=f"S{year % 100:02d}-{number:02d}", state="open", lead_account_id=command.lead_account_id,
        sealed_needs=ring.seal(command.needs, place("support_plan", "sealed_needs", support_id)) if command.needs.strip() else "",
        opened_at=now, opened_by=actor.account_id,
    )
    session.add(row)
    session.flush()
    _note(session, actor, row, "opened", now, {"lead": command.lead_account_id})
    return support_id


def _without_lead(session: Session, actor: Actor, row: SupportPlan, account_id: str, now: datetime) -> str:
    """A plan whose lead stepped aside or left gets another one; one that has its lead is theirs alone to pass on."""
    if row.state == "closed" or _may_lead(session, actor, row.case_id, row.school_id, row.lead_account_id, now):
        raise SupportRefused(field="party_id", why="there_already")
    row.lead_account_id = account_id
    _note(session, actor, row, "passed_on", now, {"lead": account_id, "without_lead": True})
    return row.id


def _refuse_lead(session: Session, actor: Actor, case_id: str, school_id: str, account_id: str, now: datetime) -> None:
    if not _may_lead(session, actor, case_id, school_id, account_id, now):
        raise SupportRefused(field="lead_account_id", why="lead")


def _may_lead(session: Session, actor: Actor, case_id: str, school_id: str, account_id: str, now: datetime) -> bool:
    day = local_day(now)
    query = (
        select(Account.person_id).join(AccountGrant, and_(AccountGrant.district_id == Account.district_id, AccountGrant.account_id == Account.id))
        .where(
            Account.district_id == actor.district_id, Account.id == account_id, Account.disabled_at.is_(None), AccountGrant.org_id == school_id,
            AccountGrant.role.in_([role.value for role in LEADS]), AccountGrant.from_on <= day,
            AccountGrant.to_on.is_(None) | (AccountGrant.to_on >= day),
        )
    )
    found = session.execute(query).first()
    return found is not None and not is_recused(session, actor.district_id, case_id, person_id=found.person_id, account_id=account_id)


def seen_support(session: Session, actor: Actor, support_id: str, now: datetime, *, write: bool = False) -> SupportPlan:
    """One plan of support that exists for the actor: its lead, and nobody else. Raises NotFound."""
    actor.require(Permission.SUPPORT_WRITE if write else Permission.SUPPORT_READ)
    query = select(SupportPlan).where(
        SupportPlan.district_id == actor.district_id, SupportPlan.id == support_id, SupportPlan.lead_account_id == actor.account_id,
        case_there(actor, SupportPlan.case_id, now),
    )
    row = session.scalars(query.with_for_update(of=SupportPlan) if write else query).one_or_none()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class AddStep:
    """A step of support: planned by a day, or done. The note is sealed: what was arranged, never what was confided."""

    support_id: str
    kind: str
    note: str = ""
    due_on: date | None = None
    done: bool = False


def add_step(session: Session, actor: Actor, ring: KeyRing, command: AddStep, now: datetime) -> str:
    """Add a step and return its id. Raises NotFound, SupportRefused."""
    row = seen_support(session, actor, command.support_id, now, write=True)
    if row.state == "closed" or command.kind not in STEP_KINDS:
        raise SupportRefused(field="kind", why="closed" if row.state == "closed" else "kind")
    step_id = new_id()
    session.add(SupportStep(
        district_id=row.district_id, id=step_id, support_id=row.id, kind=command.kind, due_on=command.due_on, done_at=now if command.done else None,
        sealed_note=ring.seal(command.note, place("support_step", "sealed_note", step_id)) if command.note.strip() else "",
        entered_by=actor.account_id, entered_at=now,
    ))
    _note(session, actor, row, "step", now, {"kind": command.kind, "step": step_id, "done": command.done})
    return step_id


def finish_step(session: Session, actor: Actor, step_id: str, now: datetime) -> None:
    """A planned step was done. Raises NotFound."""
    step = session.get(SupportStep, (actor.district_id, step_id))
    row = seen_support(session, actor, step.support_id if step else "", now, write=True)
    if step is not None and step.done_at is None:
        step.done_at = now
        _note(session, actor, row, "step_done", now, {"step": step.id})


def pass_on(session: Session, actor: Actor, support_id: str, account_id: str, now: datetime) -> None:
    """Give a plan of support to another lead; whoever had it sees it no more. Raises NotFound, SupportRefused."""
    row = seen_support(session, actor, support_id, now, write=True)
    if row.state == "closed":
        raise SupportRefused(why="closed")
    _refuse_lead(session, actor, row.case_id, row.school_id, account_id, now)
    row.lead_account_id = account_id
    _note(session, actor, row, "passed_on", now, {"lead": account_id})


def close_support(session: Session, actor: Actor, support_id: str, now: datetime) -> None:
    """End the support when the child says it is enough. Raises NotFound, SupportRefused."""
    row = seen_support(session, actor, support_id, now, write=True)
    if row.state == "closed":
        raise SupportRefused(why="closed")
    row.state, row.closed_at = "closed", now
    _note(session, actor, row, "closed", now, {})


@dataclass(frozen=True, slots=True)
class Offer:
    """Where the child goes and what the guardian said to handing the support on: given or refused."""

    support_id: str
    consent: str
    to_school_id: str | None = None
    to_outside: str = ""


def offer_to_new_school(session: Session, actor: Actor, ring: KeyRing, command: Offer, now: datetime) -> Sent | None:
    """Offer the support to the child's new school, only with the guardian's consent (domain.md case 66); returns hand-over and receipt number.

    A refusal is recorded and nothing is sent. Raises NotFound, SupportRefused.
    """
    row = seen_support(session, actor, command.support_id, now, write=True)
    if row.state != "open":
        raise SupportRefused(why="closed")
    if command.consent not in CONSENTS:
        raise SupportRefused(field="consent", why="consent")
    outside = command.to_outside.strip()[:120]
    if command.consent == "given" and (bool(command.to_school_id) == bool(outside) or command.to_school_id == row.school_id):
        raise SupportRefused(field="to_school_id", why="school")
    _note(session, actor, row, "offered", now, {"consent": command.consent})
    return _send(session, actor, ring, row, command.to_school_id, outside, now) if command.consent == "given" else None


def _send(session: Session, actor: Actor, ring: KeyRing, row: SupportPlan, to_school_id: str | None, outside: str, now: datetime) -> Sent:
    steps = session.scalars(select(SupportStep).where(SupportStep.district_id == row.district_id, SupportStep.support_id == row.id)).all()
    hand_over_id, receipt, year = new_id(), make_receipt(), local_day(now).year
    needs = ring.unseal(row.sealed_needs, place("support_plan", "sealed_needs", row.id)) if row.sealed_needs else ""
    package = "\n".join([needs, *(f"{s.kind} {s.entered_at:%Y-%m-%d}" for s in steps)])
    session.add(HandOver(
        district_id=row.district_id, id=hand_over_id, support_id=row.id, from_school_id=row.school_id, to_school_id=to_school_id or None,
        to_outside=outside, reason="transfer", consent="given", state="sent", sent_at=now, sent_by=actor.account_id,
        receipt_mark=ring.mark("hand_over", receipt), sealed_package=ring.seal(package, place("plan_hand_over", "sealed_package", hand_over_id)),
        list_year=year, list_number=next_number(session, row.district_id, row.school_id, "transfer_list", year),
    ))
    row.state = "offered_on"
    return Sent(hand_over_id, receipt)


def offered_here(session: Session, actor: Actor) -> list[HandOver]:
    """Support that another school offers to the actor's, for those who may lead one. One statement."""
    actor.require(Permission.SUPPORT_WRITE)
    return list(session.scalars(select(HandOver).where(
        HandOver.district_id == actor.district_id, HandOver.to_school_id == actor.org_id, HandOver.support_id.is_not(None),
        HandOver.state == "sent",
    ).order_by(HandOver.sent_at)))


def accept_support(session: Session, actor: Actor, ring: KeyRing, hand_over_id: str, receipt: str, now: datetime) -> str:
    """Take the support of a child over with the receipt number that the guardian or the old school names; whoever does leads it.

    The old school's plan ends. Returns the new plan's id. Raises NotFound, SupportRefused.
    """
    row = session.get(HandOver, (actor.district_id, hand_over_id), with_for_update=True, populate_existing=True)
    if row is None or row.support_id is None or row.to_school_id != actor.org_id or not actor.can(Permission.SUPPORT_WRITE):
        raise NotFound
    if row.state != "sent" or row.sent_by == actor.account_id or row.receipt_mark != ring.mark("hand_over", receipt.strip().upper()):
        raise SupportRefused(field="receipt", why="state" if row.state != "sent" else "receipt")
    old = session.get_one(SupportPlan, (row.district_id, row.support_id), with_for_update=True, populate_existing=True)
    _refuse_lead(session, actor, old.case_id, actor.org_id, actor.account_id, now)
    support_id, year = new_id(), local_day(now).year
    text = ring.unseal(row.sealed_package, place("plan_hand_over", "sealed_package", row.id))
    fresh = SupportPlan(
        district_id=old.district_id, id=support_id, school_id=actor.org_id, case_id=old.case_id, party_id=old.party_id, state="open",
        code=f"S{year % 100:02d}-{next_number(session, old.district_id, actor.org_id, 'support', year):02d}", lead_account_id=actor.account_id,
        sealed_needs=ring.seal(text, place("support_plan", "sealed_needs", support_id)), opened_at=now, opened_by=actor.account_id,
    )
    session.add(fresh)
    row.state, row.received_at, row.received_by, row.new_support_id = "accepted", now, actor.account_id, support_id
    row.receipt_year, row.receipt_number = year, next_number(session, row.district_id, actor.org_id, "transfer_receipt", year)
    old.state, old.closed_at = "closed", now
    session.flush()
    _note(session, actor, old, "handed_on", now, {"hand_over": row.id})
    _note(session, actor, fresh, "taken_over", now, {"hand_over": row.id})
    return support_id


def _note(session: Session, actor: Actor, row: SupportPlan, step: str, now: datetime, changes: dict[str, object]) -> None:
    row.version = (row.version or 1) + 1
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=f"support.{step}", subject_ref=row.party_id, object_ref=row.id, payload=changes,
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
    ))
