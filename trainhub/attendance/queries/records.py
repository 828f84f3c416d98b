"""The history of one record with its evidence, and what a verifier looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import (
    AttendanceEvidence,
    AttendanceMark,
    AttendanceRecord,
    AttendanceSheet,
    AttendanceStep,
)
from trainhub.attendance.queries.claims import ClaimLine, Settled, claims_about, decisions_on
from trainhub.attendance.queries.roll import Roll, RollPerson, SheetFacts, roll
from trainhub.attendance.roll_rules import NO_MARK, THERE, Anomaly, anomalies, may_verify, page_keys
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import policy_for


@dataclass(frozen=True, slots=True)
class MarkLine:
    """One change of a record: what it was, what it became, who, when (server and device), from where."""

    at: datetime
    device_at: datetime | None
    by: str
    source: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    reason: str
    op_id: str


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """What a file said about the person, and what became of it."""

    source: str
    row: int
    reading: Mapping[str, Any]
    outcome: str
    review: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Everything about one person on one sheet."""

    sheet: SheetFacts
    person: RollPerson
    marks: tuple[MarkLine, ...]
    evidence: tuple[EvidenceLine, ...]
    overlaps: tuple["Overlap", ...]
    claims: tuple[ClaimLine, ...] = ()
    decisions: tuple[Settled, ...] = ()


@dataclass(frozen=True, slots=True)
class Overlap:
    """Somebody was marked present elsewhere at the same time (domain.md case 8)."""

    person_id: str
    sheet_id: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step of a sheet."""

    step: str
    at: datetime
    by: str
    role: str
    reason: str
    revision: int
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Review:
    """The verification page.

    ``verdict`` is "" where the actor may verify, else why not: ``state``, ``submitter``, ``marker``, ``role``.
    """

    roll: Roll
    anomalies: tuple[Anomaly, ...]
    overlaps: tuple[Overlap, ...]
    assertions: tuple[StepLine, ...]
    steps: tuple[StepLine, ...]
    verdict: str


def record(session: Session, scope: Scope, sheet_id: str, person_id: str) -> RecordPage:
    """Return the record of a person, by id or by the key of the roll's page, with its history. Raises NotFound."""
    whole = roll(session, scope, sheet_id)
    keys = page_keys(p.id for p in whole.people)
    person = next((p for p in whole.people if person_id in (p.id, keys[p.id])), None)
    if person is None:
        raise NotFound
    person_id = person.id
    here = (AttendanceMark.district_id == scope.district_id, AttendanceMark.sheet_id == sheet_id,
            AttendanceMark.person_id == person_id)
    marks = session.execute(
        select(AttendanceMark, Account.display_name)
        .outerjoin(Account, and_(Account.district_id == AttendanceMark.district_id, Account.id == AttendanceMark.actor_id))
        .where(*here).order_by(AttendanceMark.version.desc())
    )
    said = session.scalars(
        select(AttendanceEvidence).where(
            AttendanceEvidence.district_id == scope.district_id, AttendanceEvidence.sheet_id == sheet_id,
            AttendanceEvidence.person_id == person_id,
        ).order_by(AttendanceEvidence.row)
    )
    return RecordPage(
        whole.sheet, person,
        tuple(MarkLine(m.recorded_at, m.device_at, name or "", m.source, m.before, m.after, m.reason, m.op_id)
              for m, name in marks),
        tuple(EvidenceLine(e.source, e.row, e.reading, e.outcome, tuple(e.review), e.created_at) for e in said),
        tuple(o for o in _overlaps(session, whole) if o.person_id == person_id),
        tuple(claims_about(session, scope.district_id, sheet_id, person_id)),
        tuple(decisions_on(session, scope.district_id, sheet_id, {}, person_id)),
    )


def steps(session: Session, scope: Scope, sheet: SheetFacts) -> tuple[StepLine, ...]:
    """Return the steps of a sheet, oldest first."""
    rows = session.execute(
        select(AttendanceStep, Account.display_name)
        .outerjoin(Account, and_(Account.district_id == AttendanceStep.district_id, Account.id == AttendanceStep.actor_id))
        .where(AttendanceStep.district_id == scope.district_id, AttendanceStep.sheet_id == sheet.id)
        .order_by(AttendanceStep.recorded_at, AttendanceStep.id)
    )
    return tuple(
        StepLine(s.step, s.recorded_at, name or "", s.acting_role, s.reason, s.revision, s.details) for s, name in rows
    )


def _overlaps(session: Session, whole: Roll) -> tuple[Overlap, ...]:
    """Where else the people of this roll were marked present at the same time. One statement."""
    sheet = whole.sheet
    people = [p.id for p in whole.people if p.head.status in THERE]
    if not people:
        return ()
    rows = session.execute(
        select(AttendanceRecord.person_id, AttendanceSheet.id, AttendanceSheet.title, AttendanceSheet.starts_at,
               AttendanceSheet.ends_at, AttendanceSheet.state)
        .join(AttendanceSheet, and_(AttendanceSheet.district_id == AttendanceRecord.district_id,
                                    AttendanceSheet.id == AttendanceRecord.sheet_id))
        .where(
            AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.person_id.in_(people),
            AttendanceRecord.status.in_(THERE), AttendanceRecord.revoked_at.is_(None),
            AttendanceSheet.id != sheet.id, AttendanceSheet.state != "void",
            AttendanceSheet.starts_at < sheet.ends_at, AttendanceSheet.ends_at > sheet.starts_at,
        )
    )
    return tuple(Overlap(*row) for row in rows)


def review(session: Session, actor: Actor, sheet_id: str) -> Review:
    """Return what a verifier looks at, and whether this actor may verify."""
    scope = actor.scope(Permission.ROLL_READ)
    whole = roll(session, scope, sheet_id)
    overlaps = _overlaps(session, whole)
    policy = policy_for(session, scope.district_id, whole.sheet.school_id, local_day(whole.sheet.starts_at))
    taken = steps(session, scope, whole.sheet)
    markers = set(session.scalars(
        select(AttendanceMark.actor_id).where(
            AttendanceMark.district_id == scope.district_id, AttendanceMark.sheet_id == sheet_id,
            AttendanceMark.source.not_in(NO_MARK),
        ).distinct()
    ))
    return Review(
        whole,
        tuple(anomalies((p.head for p in whole.people), whole.sheet.head_count, whole.sheet.ends_at,
                        int(policy["late_record_days"]), (o.person_id for o in overlaps))),
        overlaps, tuple(s for s in taken if s.step == "assertion"), taken, _verdict(actor, whole.sheet, markers),
    )


def _verdict(actor: Actor, sheet: SheetFacts, markers: set[str]) -> str:
    if not actor.can(Permission.ROLL_VERIFY):
        return "role"
    if sheet.state != "submitted":
        return "state"
    if actor.account_id == sheet.submitted_by:
        return "submitter"
    return "" if may_verify(actor.account_id, sheet.submitted_by, markers) else "marker"
