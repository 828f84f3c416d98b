"""The roll of one sheet. Four statements, whatever the number of people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceEvidence, AttendanceRecord, AttendanceSheet, AttendanceStep
from trainhub.attendance.registry import SubjectFacts, facts
from trainhub.attendance.roll_rules import Frame, Head, Tally, tally
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import OrgUnit, Person
from trainhub.roster.queries import staff_on

_HEAD_FIELDS = tuple(f.name for f in fields(Head))
_OVERLAP = timedelta(seconds=10)


_SUBMITTER, _VERIFIER = aliased(Account), aliased(Account)
"""Made once: an alias costs more than the statement that uses it."""


@dataclass(frozen=True, slots=True)
class SheetFacts:
    """A sheet as pages show it. Times aware; names are display names of accounts."""

    id: str
    district_id: str
    school_id: str
    school_name: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str
    revision: int
    default_roll: str
    subject_kind: str
    subject_id: str
    subject: SubjectFacts
    head_count: int | None
    submitted_by: str | None
    submitted_by_name: str
    submitted_at: datetime | None
    verified_by_name: str
    verified_at: datetime | None

    @property
    def frame(self) -> Frame:
        """The time of the sheet."""
        return Frame(self.starts_at, self.ends_at)

    @property
    def heading(self) -> str:
        """The title a page shows: the training and, where it has several, the part."""
        if not self.subject.heading:
            return self.title
        return f"{self.subject.heading} {self.subject.part}".strip()


@dataclass(frozen=True, slots=True)
class RollPerson:
    """One row of the roll.

    ``by`` is who marked; ``namesake``: another person here has the same name; ``contradicted`` the
    status a weaker source states, "" where none does.
    """

    head: Head
    name: str
    initials: str
    by: str
    namesake: bool = False
    contradicted: str = ""

    @property
    def id(self) -> str:
        """The person."""
        return self.head.person_id


@dataclass(frozen=True, slots=True)
class DepartmentRoll:
    """The people of one department in the order of their serial numbers. ``listed`` False: walk-ins."""

    name: str
    people: tuple[RollPerson, ...]
    listed: bool = True

    @property
    def marked(self) -> int:
        """People with a status."""
        return sum(1 for p in self.people if p.head.status is not None)

    @property
    def unset(self) -> int:
        """People without a status."""
        return len(self.people) - self.marked


@dataclass(frozen=True, slots=True)
class OpenedAgain:
    """Why an ended roll is open again: returned, taken back or reopened, by whom, when, for what reason."""

    step: str
    by: str
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Roll:
    """The whole roll of a sheet."""

    sheet: SheetFacts
    departments: tuple[DepartmentRoll, ...]
    tally: Tally
    last: RollPerson | None
    opened_again: "OpenedAgain | None" = None

    @property
    def people(self) -> tuple[RollPerson, ...]:
        """Everybody, department by department."""
        return tuple(p for d in self.departments for p in d.people)


def roll(session: Session, scope: Scope, sheet_id: str) -> Roll:
    """Return the roll of a sheet. Raises NotFound outside the scope."""
    sheet = sheet_facts(session, scope, sheet_id)
    people = _people(session, sheet)
    last = max((p for p in people if p.head.marked_at), key=lambda p: str(p.head.marked_at), default=None)
    return Roll(sheet, _departments(people), tally(p.head for p in people), last, _opened_again(session, sheet))


def _opened_again(session: Session, sheet: SheetFacts) -> OpenedAgain | None:
    row = session.execute(
        select(AttendanceStep, Account.display_name)
        .outerjoin(Account, (Account.district_id == AttendanceStep.district_id) & (Account.id == AttendanceStep.actor_id))
        .where(AttendanceStep.district_id == sheet.district_id, AttendanceStep.sheet_id == sheet.id,
               AttendanceStep.step.in_(("submit", "return", "take_back", "reopen")))
        .order_by(AttendanceStep.recorded_at.desc(), AttendanceStep.id.desc()).limit(1)
    ).one_or_none()
    if row is None or row[0].step == "submit":
        return None
    return OpenedAgain(row[0].step, row[1] or "", row[0].recorded_at, row[0].reason)


def sheet_facts(session: Session, scope: Scope, sheet_id: str) -> SheetFacts:
    """Return a sheet with the names around it. Raises NotFound outside the scope."""
    submitter, verifier = _SUBMITTER, _VERIFIER
    row = session.execute(
        select(AttendanceSheet, OrgUnit.name, submitter.display_name, verifier.display_name)
        .join(OrgUnit, (OrgUnit.district_id == AttendanceSheet.district_id) & (OrgUnit.id == AttendanceSheet.school_id))
        .outerjoin(submitter, (submitter.district_id == AttendanceSheet.district_id)
                   & (submitter.id == AttendanceSheet.submitted_by))
        .outerjoin(verifier, (verifier.district_id == AttendanceSheet.district_id)
                   & (verifier.id == AttendanceSheet.verified_by))
        .where(AttendanceSheet.district_id == scope.district_id, AttendanceSheet.id == sheet_id)
    ).one_or_none()
    if row is None or not scope.covers_school(row[0].school_id):
        raise NotFound
    sheet, school, submitted_by, verified_by = row
    known = facts(session, sheet.district_id, sheet.subject_kind, [sheet.subject_id])
    return SheetFacts(
        sheet.id, sheet.district_id, sheet.school_id, school, sheet.title, sheet.starts_at, sheet.ends_at, sheet.state,
        sheet.revision, sheet.default_roll, sheet.subject_kind, sheet.subject_id,
        known.get(sheet.subject_id, SubjectFacts()), sheet.head_count, sheet.submitted_by, submitted_by or "",
        sheet.submitted_at, verified_by or "", sheet.verified_at,
    )


def _people(session: Session, sheet: SheetFacts) -> list[RollPerson]:
    columns = [getattr(AttendanceRecord, name) for name in _HEAD_FIELDS]
    rows = session.execute(
        select(*columns, Person.name, Person.initials, Account.display_name)
        .join(Person, (Person.district_id == AttendanceRecord.district_id) & (Person.id == AttendanceRecord.person_id))
        .outerjoin(Account, (Account.district_id == AttendanceRecord.district_id)
                   & (Account.id == AttendanceRecord.marked_by))
        .where(AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.sheet_id == sheet.id)
        .order_by(AttendanceRecord.serial_no)
    ).all()
    against = _contradictions(session, sheet)
    names = Counter(row.name for row in rows)
    width = len(_HEAD_FIELDS)
    found = []
    for row in rows:
        values = dict(zip(_HEAD_FIELDS, row[:width], strict=True))
        head = Head(**values | {"review": tuple(values["review"])})
        weaker = against.get(head.person_id, "")
        found.append(RollPerson(
            head, row.name, row.initials, row.display_name or "", names[row.name] > 1,
            weaker if weaker != head.status else "",
        ))
    return found


def _contradictions(session: Session, sheet: SheetFacts) -> dict[str, str]:
    """What sources said that lost against a stronger one: person -> status."""
    rows = session.execute(
        select(AttendanceEvidence.person_id, AttendanceEvidence.reading).where(
            AttendanceEvidence.district_id == sheet.district_id, AttendanceEvidence.sheet_id == sheet.id,
            AttendanceEvidence.outcome == "superseded",
        )
    )
    return {person: str(reading.get("status") or "") for person, reading in rows if person}


def _departments(people: Sequence[RollPerson]) -> tuple[DepartmentRoll, ...]:
    groups: dict[str, list[RollPerson]] = {}
    for person in people:
        if person.head.expected:
            groups.setdefault(person.head.department, []).append(person)
    listed = [DepartmentRoll(name, tuple(members)) for name, members in groups.items()]
    others = tuple(p for p in people if not p.head.expected)
    return tuple(listed + ([DepartmentRoll("", others, listed=False)] if others else []))


@dataclass(frozen=True, slots=True)
class Changes:
    """What another device did since ``since``: rows to repaint, the tally, the state of the sheet."""

    people: tuple[RollPerson, ...]
    tally: Tally
    state: str
    total: int


def changes_since(session: Session, scope: Scope, sheet_id: str, since: datetime) -> Changes:
    """Return rows marked since a moment of the server's clock.

    The window reaches back a little further, because a transaction that began earlier may have been
    committed later; a row seen twice has the same version and repaints nothing.
    """
    sheet = sheet_facts(session, scope, sheet_id)
    people = _people(session, sheet)
    recent = tuple(p for p in people if p.head.marked_at and p.head.marked_at >= since - _OVERLAP)
    return Changes(recent, tally(p.head for p in people), sheet.state, len(people))


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody of the school's staff who is not on the sheet."""

    person_id: str
    name: str
    staff_no: str
    department: str


def candidates(session: Session, scope: Scope, sheet: SheetFacts, search: str, limit: int = 12) -> list[Candidate]:
    """Return staff of the sheet's school, on its day, who are not on it, by name, initials or number."""
    wanted = search.strip().casefold()
    if not wanted:
        return []
    on_sheet = set(session.scalars(select(AttendanceRecord.person_id).where(
        AttendanceRecord.district_id == sheet.district_id, AttendanceRecord.sheet_id == sheet.id
    )))
    staff = staff_on(session, Scope(scope.district_id, frozenset({sheet.school_id})), sheet.school_id, local_day(sheet.starts_at))
    hits = [
        s for s in staff
        if s.person_id not in on_sheet
        and (wanted in s.name.casefold() or s.initials.casefold().startswith(wanted) or s.staff_no.casefold() == wanted)
    ]
    return [Candidate(s.person_id, s.name, s.staff_no, s.department) for s in hits[:limit]]
