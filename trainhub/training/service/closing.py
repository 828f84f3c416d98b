"""Closing a year: figures are frozen once; later corrections amend them visibly (domain.md cases 13, 24)."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.models import LedgerEntry
from trainhub.ledger.service import NewEntry, append
from trainhub.training.models import YearSnapshot
from trainhub.training.queries.closing import unverified_rolls
from trainhub.training.queries.facts import Judged, Moment, Requirement, YearFacts, judge, load, requirement_of
from trainhub.training.rules.coverage import COUNTERS, tally
from trainhub.training.service.events import lock_events
from trainhub.training.service.standing import recompute


class YearNotOver(InvalidState):
    """A year can be closed only after its last day; ``last`` is that day."""

    code = "year_not_over"


class YearAlreadyClosed(InvalidState):
    """The year is closed: a change is an amendment."""

    code = "year_already_closed"


class YearNotClosed(InvalidState):
    """Nothing is frozen yet, so nothing can be amended."""

    code = "year_not_closed"


class UnverifiedRolls(InvalidState):
    """Rolls of the year are not verified: closing without their minutes must be confirmed. ``count``."""

    code = "unverified_rolls"


class AmendmentPending(InvalidState):
    """A request to amend waits for its decision."""

    code = "amendment_pending"


class AmendmentReason(DomainError):
    """An amendment is published with its reason."""

    code = "amendment_reason"


@dataclass(frozen=True, slots=True)
class CloseYear:
    """Close the year of one unit. ``without_unverified`` confirms that open rolls count nothing."""

    school_id: str
    year_key: str
    without_unverified: bool = False


@dataclass(frozen=True, slots=True)
class RequestAmendment:
    """Ask for a closed year to be amended, with the reason that will be published."""

    school_id: str
    year_key: str
    reason: str


@dataclass(frozen=True, slots=True)
class DecideAmendment:
    """Approve (freeze a new version) or refuse a request."""

    snapshot_id: str
    approve: bool


def close_year(session: Session, actor: Actor, command: CloseYear, now: datetime) -> str:
    """Freeze the year: who had met it, who had not, under which rules. Returns the snapshot's id.

    Raises :class:`YearNotOver`, :class:`YearAlreadyClosed`, :class:`UnverifiedRolls`, NotFound.
    """
    actor.require(Permission.SNAPSHOT_WRITE, command.school_id)
    requirement, year = _duty(session, actor, command.year_key)
    if local_day(now) <= year.last_day:
        raise YearNotOver(last=year.last_day.isoformat())
    if _latest(session, actor, requirement, year, command.school_id) is not None:
        raise YearAlreadyClosed
    waiting = unverified_rolls(session, actor.scope(Permission.SNAPSHOT_WRITE), command.school_id, year)
    if waiting and not command.without_unverified:
        raise UnverifiedRolls(field="without_unverified", count=len(waiting))
    row = _new_row(actor, requirement, year, command.school_id, 1, now)
    _freeze(session, row, requirement, year, now)
    lock_events(session, actor, command.school_id, year.key, now)
    _record(session, actor, row, "year.closed", now)
    return row.id


def request_amendment(session: Session, actor: Actor, command: RequestAmendment, now: datetime) -> str:
    """Ask for a new version of a closed year. Nothing changes until somebody else approves."""
    actor.require(Permission.TRAINING_WRITE, command.school_id)
    requirement, year = _duty(session, actor, command.year_key)
    reason = " ".join(command.reason.split())[:200]
    if not reason:
        raise AmendmentReason(field="reason")
    latest = _latest(session, actor, requirement, year, command.school_id)
    if latest is None:
        raise YearNotClosed
    last = _last(session, actor, requirement, year, command.school_id)
    if last.state == "requested":
        raise AmendmentPending
    row = _new_row(actor, requirement, year, command.school_id, last.number + 1, now)
    row.state, row.amends_id, row.reason = "requested", latest.id, reason
    session.add(row)
    session.flush()
    _record(session, actor, row, "year.amendment_requested", now)
    return row.id


def decide_amendment(session: Session, actor: Actor, command: DecideAmendment, now: datetime) -> str:
    """Approve or refuse an amendment; never by whoever asked for it. Returns the id of the decision's row.

    Approval freezes the figures anew as a further row. The version it amends stays readable and the
    difference is published with the reason (erratum). Rows are only ever added.
    """
    asked = session.get(YearSnapshot, (actor.district_id, command.snapshot_id))
    if asked is None or not actor.scope(Permission.SNAPSHOT_WRITE).covers_school(asked.school_id):
        raise NotFound
    requirement, year = _duty(session, actor, asked.year_key)
    last = _last(session, actor, requirement, year, asked.school_id)
    if asked.state != "requested" or last.id != asked.id:
        raise InvalidState(state=last.state)
    if asked.closed_by == actor.account_id:
        raise SeparationOfDuties
    row = _new_row(actor, requirement, year, asked.school_id, asked.number + 1, now)
    row.closed_by, row.approved_by = asked.closed_by, actor.account_id
    row.amends_id, row.reason = asked.amends_id, asked.reason
    if command.approve:
        _freeze(session, row, requirement, year, now)
    else:
        row.state = "refused"
        session.add(row)
        session.flush()
    _record(session, actor, row, "year.amended" if command.approve else "year.amendment_refused", now)
    return row.id


# --- freezing --------------------------------------------------------------------------------------


def _duty(session: Session, actor: Actor, year_key: str) -> tuple[Requirement, RequirementYear]:
    requirement = requirement_of(session, actor.district_id)
    if requirement is None:
        raise NotFound
    try:
        return requirement, RequirementYear.parse(year_key)
    except ValueError as error:
        raise NotFound from error


def _of(actor: Actor, requirement: Requirement, year: RequirementYear, school_id: str) -> tuple[Any, ...]:
    return (
        YearSnapshot.district_id == actor.district_id, YearSnapshot.requirement_id == requirement.id,
        YearSnapshot.year_key == year.key, YearSnapshot.school_id == school_id,
    )


def _latest(
    session: Session, actor: Actor, requirement: Requirement, year: RequirementYear, school_id: str
) -> YearSnapshot | None:
    query = (
        select(YearSnapshot)
        .where(*_of(actor, requirement, year, school_id), YearSnapshot.state == "closed")
        .order_by(YearSnapshot.number.desc())
        .limit(1)
    )
    return session.scalars(query).one_or_none()


def _last(
    session: Session, actor: Actor, requirement: Requirement, year: RequirementYear, school_id: str
) -> YearSnapshot:
    """The row added last: a closed version, a request, or a refusal."""
    query = select(YearSnapshot).where(*_of(actor, requirement, year, school_id)).order_by(YearSnapshot.number.desc())
    return session.scalars(query.limit(1)).one()


def _new_row(
    actor: Actor, requirement: Requirement, year: RequirementYear, school_id: str, number: int, now: datetime
) -> YearSnapshot:
    return YearSnapshot(
        district_id=actor.district_id, id=new_id(), requirement_id=requirement.id, year_key=year.key,
        school_id=school_id, number=number, closed_by=actor.account_id, closed_at=now, roster_on=year.last_day,
        policy_version=0, totals={}, people=[], digest="", reason="",
    )


def _freeze(
    session: Session, row: YearSnapshot, requirement: Requirement, year: RequirementYear, now: datetime
) -> None:
    """Judge everybody with the year closed, keep names and figures as they are now, then the live rows."""
    session.flush()
    facts = load(session, row.district_id, requirement, year, Moment.of(None, now), school_ids=[row.school_id])
    facts = replace(facts, closed=facts.closed | {row.school_id})
    mine = [j for j in judge(facts).values() if j.obligation.school_id == row.school_id]
    row.state = "closed"
    row.totals = frozen_totals(facts, row.school_id, mine)
    row.people = frozen_people(mine)
    row.policy_version = row.totals["policy_version"]
    row.digest = digest(row.totals, row.people)
    session.add(row)
    session.flush()
    recompute(session, row.district_id, year, now, school_ids=[row.school_id])


def frozen_totals(facts: YearFacts, school_id: str, judged: Iterable[Judged]) -> dict[str, Any]:
    """Figures of a closed year with everything needed to read them later: definition, rules, basis."""
    totals = tally(j.obligation for j in judged)
    policy = facts.policies.get(school_id) or facts.policies[next(iter(facts.policies))]
    return {name: getattr(totals, name) for name in COUNTERS} | {
        "in_scope": totals.in_scope, "basis": totals.basis.kind, "policy_version": policy.version,
        "year_from": facts.year.first_day.isoformat(), "year_to": facts.year.last_day.isoformat(),
        "rules": {
            "training_min_minutes": policy["training_min_minutes"], "period_minutes": policy["period_minutes"],
            "daily_period_cap": policy["daily_period_cap"], "rounding_scope": policy["rounding_scope"],
            "presence_threshold": policy["presence_threshold"],
            "homeroom_extra_minutes": policy["homeroom_extra_minutes"],
        },
    }


def frozen_people(judged: Iterable[Judged]) -> list[dict[str, Any]]:
    """One row a person, in the order of a printed list."""
    ordered = sorted(judged, key=lambda j: (j.card.department_sort, j.card.sort_key, j.card.person_id))
    return [
        {
            "person": j.obligation.person_id, "name": j.card.name, "staff_no": j.card.staff_no,
            "department": j.obligation.department, "posts": list(j.obligation.posts),
            "state": j.obligation.state.value, "required": j.obligation.required, "counted": j.obligation.counted,
            "made_up": j.obligation.made_up, "periods": j.did.periods.count, "reason": j.obligation.reason,
        }
        for j in ordered
    ]


def digest(totals: dict[str, Any], people: list[dict[str, Any]]) -> str:
    """SHA-256 over the canonical text of the frozen figures, for paper and ledger."""
    text = json.dumps([totals, people], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _record(session: Session, actor: Actor, row: YearSnapshot, kind: str, now: datetime) -> None:
    corrects = None
    if row.amends_id:
        corrects = session.scalars(
            select(func.max(LedgerEntry.seq)).where(
                LedgerEntry.district_id == row.district_id, LedgerEntry.school_id == row.school_id,
                LedgerEntry.object_ref == row.amends_id, LedgerEntry.kind.in_(("year.closed", "year.amended")),
            )
        ).one()
    append(session, NewEntry(
        district_id=row.district_id, school_id=row.school_id, kind=kind, subject_ref=row.requirement_id,
        object_ref=row.id,
        payload={"year": row.year_key, "number": row.number, "totals": row.totals, "digest": row.digest,
                 "amends": row.amends_id, "requested_by": row.closed_by},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value,
        corrects_seq=corrects, reason=row.reason,
    ))
