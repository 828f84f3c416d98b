"""What the sources said about the people of a sheet, and which conflicts are open. Two statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.import_rules import Said
from trainhub.attendance.models import AttendanceClaim, AttendanceDecision, AttendanceRecord
from trainhub.attendance.queries.roll import Roll, RollPerson, SheetFacts, roll
from trainhub.attendance.reconciliation import Claim, Conflict, about, current_claims, reconcile, settled
from trainhub.attendance.roll_rules import Head
from trainhub.kernel.actor import Scope
from trainhub.plugin_api.contracts import Trust


def claim_from(row: AttendanceClaim) -> Claim:
    """A stored claim as the rules see it."""
    return Claim(
        source=row.source, external_id=row.external_id, raw_sha256=row.raw_sha256, status=row.status, said_at=row.said_at,
        trust=cast("Trust", row.trust), leave_type=row.leave_type, arrived_at=row.arrived_at, left_at=row.left_at,
        late_minutes=row.late_minutes, minutes=row.minutes, face_to_face=row.face_to_face, stated=row.stated, file_name=row.file_name,
        row=row.row, cells=tuple(row.cells), batch_id=row.batch_id or "",
    )


def said_on(session: Session, district_id: str, sheet_id: str, people: Iterable[str] | None = None) -> Said:
    """Return what was said about the people of a sheet: claims that stand, and decisions, oldest first."""
    claims: dict[str, list[Claim]] = defaultdict(list)
    query = select(AttendanceClaim).where(
        AttendanceClaim.district_id == district_id, AttendanceClaim.sheet_id == sheet_id, AttendanceClaim.withdrawn_at.is_(None)
    ).order_by(AttendanceClaim.said_at)
    if people is not None:
        query = query.where(AttendanceClaim.person_id.in_(list(people)))
    for row in session.scalars(query):
        claims[row.person_id].append(claim_from(row))
    if not claims:
        return Said()
    decisions: dict[str, list[tuple[str, str]]] = defaultdict(list)
    made = select(AttendanceDecision.person_id, AttendanceDecision.conflict_sha256, AttendanceDecision.side).where(
        AttendanceDecision.district_id == district_id, AttendanceDecision.sheet_id == sheet_id
    ).order_by(AttendanceDecision.decided_at, AttendanceDecision.id)
    for person, digest, side in session.execute(made):
        decisions[person].append((digest, side))
    return Said(dict(claims), dict(decisions))


def open_conflicts(said: Said, heads: Mapping[str, Head]) -> dict[str, Conflict]:
    """Return the conflicts that nobody decided, by person, in the order of the roll."""
    found: dict[str, Conflict] = {}
    for person, claims in said.claims.items():
        head = heads.get(person)
        if head is None or head.revoked_at is not None:
            continue
        result = settled(reconcile(about(head, claims)), said.decisions.get(person, ()))
        if isinstance(result, Conflict):
            found[person] = result
    order = {person: index for index, person in enumerate(heads)}
    return dict(sorted(found.items(), key=lambda item: order[item[0]]))


def open_conflict_count(session: Session, scope: Scope, whole: Roll) -> int:
    """Return how many people of a roll wait for a decision."""
    said = said_on(session, scope.district_id, whole.sheet.id)
    return len(open_conflicts(said, {p.id: p.head for p in whole.people}))


@dataclass(frozen=True, slots=True)
class OpenConflict:
    """One person whose sources disagree. ``sheet_side`` is the side of a typed list, where there is one."""

    person: RollPerson
    conflict: Conflict
    others: tuple[Claim, ...]

    @property
    def sheet_side(self) -> Claim | None:
        """What the typed sheet says."""
        return next((c for c in self.conflict.sides if c.source.startswith("import") and c.trust == "witnessed"), None)


@dataclass(frozen=True, slots=True)
class Settled:
    """One decision as it was made: who took which side, and the evidence as it stood."""

    person_id: str
    name: str
    code: str
    source: str
    status: str
    raw_sha256: str
    sides: Sequence[Mapping[str, Any]]
    how: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ConflictPage:
    """The queue of a sheet: what waits, and what was decided, newest first."""

    sheet: SheetFacts
    waiting: tuple[OpenConflict, ...]
    settled: tuple[Settled, ...]

    @property
    def by_sheet(self) -> int:
        """How many of the waiting have a side of a typed list."""
        return sum(1 for c in self.waiting if c.sheet_side)


def conflicts(session: Session, scope: Scope, sheet_id: str) -> ConflictPage:
    """Return the queue of a sheet. Raises NotFound outside the scope."""
    whole = roll(session, scope, sheet_id)
    people = {p.id: p for p in whole.people}
    said = said_on(session, scope.district_id, sheet_id)
    found = open_conflicts(said, {p: person.head for p, person in people.items()})
    waiting = tuple(
        OpenConflict(people[p], c, tuple(x for x in current_claims(said.claims[p]) if x not in c.sides)) for p, c in found.items()
    )
    return ConflictPage(whole.sheet, waiting, tuple(
        s for s in decisions_on(session, scope.district_id, sheet_id, {p: x.name for p, x in people.items()})
    ))


def decisions_on(
    session: Session, district_id: str, sheet_id: str, names: Mapping[str, str], person_id: str = ""
) -> list[Settled]:
    """Return the decisions about the conflicts of a sheet, newest first. One statement."""
    query = (
        select(AttendanceDecision, Account.display_name)
        .outerjoin(Account, (Account.district_id == AttendanceDecision.district_id) & (Account.id == AttendanceDecision.decided_by))
        .where(AttendanceDecision.district_id == district_id, AttendanceDecision.sheet_id == sheet_id)
        .order_by(AttendanceDecision.decided_at.desc(), AttendanceDecision.id.desc())
    )
    if person_id:
        query = query.where(AttendanceDecision.person_id == person_id)
    return [
        Settled(d.person_id, names.get(d.person_id, ""), d.code, d.source, d.status, d.raw_sha256, d.sides, d.how, by or "", d.decided_at)
        for d, by in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One claim in the history of a record: what it states, and whether it was withdrawn."""

    claim: Claim
    filed_by: str
    withdrawn_at: datetime | None


def claims_about(session: Session, district_id: str, sheet_id: str, person_id: str) -> list[ClaimLine]:
    """Return every claim about a person on a sheet, withdrawn ones too, newest first. One statement."""
    rows = session.execute(
        select(AttendanceClaim, Account.display_name)
        .outerjoin(Account, (Account.district_id == AttendanceClaim.district_id) & (Account.id == AttendanceClaim.filed_by))
        .where(AttendanceClaim.district_id == district_id, AttendanceClaim.sheet_id == sheet_id,
               AttendanceClaim.person_id == person_id)
        .order_by(AttendanceClaim.said_at.desc(), AttendanceClaim.source)
    )
    return [ClaimLine(claim_from(c), by or "", c.withdrawn_at) for c, by in rows]


@dataclass(frozen=True, slots=True)
class OriginRecord:
    """One record and where it came from, for reports by origin."""

    sheet_id: str
    person_id: str
    status: str | None
    minutes: int
    source: str


def records_by_origin(session: Session, scope: Scope, sheet_ids: Sequence[str], origin: str) -> list[OriginRecord]:
    """Return the records of sheets whose source is of a kind: ``manual``, ``import``, ``qr``, ``device`` ...

    ``import:tabular`` names one source of the kind. One statement.
    """
    query = select(
        AttendanceRecord.sheet_id, AttendanceRecord.person_id, AttendanceRecord.status, AttendanceRecord.minutes, AttendanceRecord.source
    ).where(
        AttendanceRecord.district_id == scope.district_id, AttendanceRecord.sheet_id.in_(list(sheet_ids)),
        (AttendanceRecord.source == origin) | AttendanceRecord.source.startswith(f"{origin}:", autoescape=True),
    ).order_by(AttendanceRecord.sheet_id, AttendanceRecord.serial_no)
    if scope.school_ids is not None:
        query = query.where(AttendanceRecord.school_id.in_(scope.school_ids))
    return [OriginRecord(*row) for row in session.execute(query)]
