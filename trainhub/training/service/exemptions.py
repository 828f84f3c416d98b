"""Exemptions: asked for with a document by one person, decided by another (domain.md case 5)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.service import NewEntry, append
from trainhub.training.models import TrainingExemption, TrainingObligation
from trainhub.training.queries.facts import requirement_of
from trainhub.training.service.standing import recompute

KINDS = ("maternity", "long_sick", "secondment", "other")


class BadExemption(DomainError):
    """A field of the request is missing or wrong; ``field`` says which."""

    code = "bad_exemption"


class ExemptionPending(InvalidState):
    """An undecided or approved exemption of the person and year is there already."""

    code = "exemption_pending"


@dataclass(frozen=True, slots=True)
class RequestExemption:
    """Ask for the exemption of one or several people of one unit, on one document. Days inclusive."""

    person_ids: tuple[str, ...]
    year_key: str
    kind: str
    document: str
    from_on: date
    to_on: date


@dataclass(frozen=True, slots=True)
class DecideExemption:
    """Approve or refuse; a refusal needs its reason."""

    exemption_id: str
    approve: bool
    reason: str = ""


def request_exemption(session: Session, actor: Actor, command: RequestExemption, now: datetime) -> list[str]:
    """Record the request and return the ids. Nothing changes for anybody until it is approved.

    Raises :class:`BadExemption`, :class:`ExemptionPending`, NotFound for people outside the scope.
    """
    document = _checked(command)
    requirement = requirement_of(session, actor.district_id)
    if requirement is None:
        raise NotFound
    units = _units(session, actor, command, requirement.id)
    pending = session.scalars(
        select(TrainingExemption.person_id).where(
            TrainingExemption.district_id == actor.district_id, TrainingExemption.requirement_id == requirement.id,
            TrainingExemption.year_key == command.year_key, TrainingExemption.person_id.in_(command.person_ids),
            TrainingExemption.state == "requested",
        )
    ).first()
    if pending is not None:
        raise ExemptionPending
    rows = [
        TrainingExemption(
            district_id=actor.district_id, id=new_id(), requirement_id=requirement.id, year_key=command.year_key,
            person_id=person, school_id=units[person], kind=command.kind, document=document, from_on=command.from_on,
            to_on=command.to_on, requested_by=actor.account_id, requested_at=now,
        )
        for person in dict.fromkeys(command.person_ids)
    ]
    session.add_all(rows)
    session.flush()
    _record(session, actor, rows, "exemption.requested", now)
    return [row.id for row in rows]


def _checked(command: RequestExemption) -> str:
    year = RequirementYear.parse(command.year_key)
    document = " ".join(command.document.split())
    if not command.person_ids:
        raise BadExemption(field="person_ids")
    if command.kind not in KINDS:
        raise BadExemption(field="kind")
    if not document:
        raise BadExemption(field="document")
    if not year.first_day <= command.from_on <= command.to_on <= year.last_day:
        raise BadExemption(field="from_on")
    return document[:160]


def _units(session: Session, actor: Actor, command: RequestExemption, requirement_id: str) -> dict[str, str]:
    """Home unit of each person, as the obligation has it; all of one unit in the actor's scope."""
    scope = actor.scope(Permission.TRAINING_WRITE)
    query = select(TrainingObligation.person_id, TrainingObligation.school_id).where(
        TrainingObligation.district_id == actor.district_id, TrainingObligation.requirement_id == requirement_id,
        TrainingObligation.year_key == command.year_key, TrainingObligation.person_id.in_(command.person_ids),
    )
    units = dict(session.execute(query).all())
    if set(units) != set(command.person_ids) or not all(scope.covers_school(u) for u in units.values()):
        raise NotFound
    return units


def decide_exemption(session: Session, actor: Actor, command: DecideExemption, now: datetime) -> None:
    """Approve or refuse a request. Not by whoever asked, and never one's own.

    Raises SeparationOfDuties, InvalidState, NotFound, :class:`BadExemption` without a reason to refuse.
    """
    row = _row(session, actor, command.exemption_id, Permission.EXEMPTION_APPROVE)
    if actor.account_id == row.requested_by or actor.person_id == row.person_id:
        raise SeparationOfDuties
    if row.state != "requested":
        raise InvalidState(state=row.state)
    reason = " ".join(command.reason.split())[:200]
    if not command.approve and not reason:
        raise BadExemption(field="reason")
    row.state = "approved" if command.approve else "refused"
    row.decided_by, row.decided_at, row.reason = actor.account_id, now, reason
    _record(session, actor, [row], f"exemption.{row.state}", now, reason)
    if command.approve:
        recompute(session, actor.district_id, RequirementYear.parse(row.year_key), now, person_ids=[row.person_id])


def withdraw_exemption(session: Session, actor: Actor, exemption_id: str, reason: str, now: datetime) -> None:
    """Take a request back, or end an approved exemption; the person owes again from then on.

    An approved one can be ended only by somebody who may approve. The reason is kept.
    """
    row = _row(session, actor, exemption_id, Permission.TRAINING_WRITE, Permission.EXEMPTION_APPROVE)
    if row.state not in {"requested", "approved"}:
        raise InvalidState(state=row.state)
    approved = row.state == "approved"
    if approved:
        actor.require(Permission.EXEMPTION_APPROVE, row.school_id)
    why = " ".join(reason.split())[:200]
    if approved and not why:
        raise BadExemption(field="reason")
    row.state, row.withdrawn_at, row.reason = "withdrawn", now, why
    _record(session, actor, [row], "exemption.withdrawn", now, why)
    if approved:
        recompute(session, actor.district_id, RequirementYear.parse(row.year_key), now, person_ids=[row.person_id])


def _row(session: Session, actor: Actor, exemption_id: str, *permissions: Permission) -> TrainingExemption:
    row = session.scalars(
        select(TrainingExemption)
        .where(TrainingExemption.district_id == actor.district_id, TrainingExemption.id == exemption_id)
        .with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    scopes = [actor.scope(p) for p in permissions if actor.can(p)]
    if row is None or not any(scope.covers_school(row.school_id) for scope in scopes):
        raise NotFound
    return row


def _record(
    session: Session, actor: Actor, rows: list[TrainingExemption], kind: str, now: datetime, reason: str = ""
) -> None:
    first = rows[0]
    people: list[dict[str, Any]] = [{"person": r.person_id, "exemption": r.id, "unit": r.school_id} for r in rows]
    append(session, NewEntry(
        district_id=first.district_id, school_id=first.school_id, kind=kind,
        subject_ref=first.person_id if len(rows) == 1 else "", object_ref=first.id,
        payload={"people": people, "year": first.year_key, "kind": first.kind, "document": first.document,
                 "from": first.from_on.isoformat(), "to": first.to_on.isoformat()},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, reason=reason,
    ))
