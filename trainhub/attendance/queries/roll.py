"""The roll of one sheet: a sheet, its subject, its people, whatever their number.

Two more statements where the sheet has evidence that lost or was ended once. Statements stand on the
plain tables and are built once: building one costs more than running it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceEvidence, AttendanceRecord, AttendanceSheet, AttendanceStep
from trainhub.attendance.registry import SubjectFacts, facts
from trainhub.attendance.roll_rules import HEAD_FIELDS, Frame, Head, Tally, tally
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import OrgUnit, Person
from trainhub.roster.queries import staff_on

_OVERLAP = timedelta(seconds=10)
_NEVER = datetime.min.replace(tzinfo=UTC)
_ENDINGS = ("submit", "return", "take_back", "reopen")

_sheet, _record, _step = AttendanceSheet.__table__, AttendanceRecord.__table__, AttendanceStep.__table__
_evidence, _org, _person, _account = (model.__table__ for model in (AttendanceEvidence, OrgUnit, Person, Account))
_submitter, _verifier = _account.alias(), _account.alias()
_LOST = (
    _evidence.c.district_id == bindparam("district"), _evidence.c.sheet_id == bindparam("sheet"),
    _evidence.c.outcome == "superseded",
)
_ENDED = (
    _step.c.district_id == bindparam("district"), _step.c.sheet_id == bindparam("sheet"), _step.c.step.in_(_ENDINGS),
)
_SHEET = (
    select(
        _sheet, _org.c.name.label("school_name"), _submitter.c.display_name.label("submitter"),
        _verifier.c.display_name.label("verifier"), exists().where(*_LOST).label("has_lost"),
        exists().where(*_ENDED).label("was_ended"),
    )
    .select_from(
        _sheet.join(_org, (_org.c.district_id == _sheet.c.district_id) & (_org.c.id == _sheet.c.school_id))
        .outerjoin(_submitter, (_submitter.c.district_id == _sheet.c.district_id) & (_submitter.c.id == _sheet.c.submitted_by))
        .outerjoin(_verifier, (_verifier.c.district_id == _sheet.c.district_id) & (_verifier.c.id == _sheet.c.verified_by))
    )
    .where(_sheet.c.district_id == bindparam("district"), _sheet.c.id == bindparam("sheet"))
)
_PEOPLE = (
    select(*(_record.c[name] for name in HEAD_FIELDS), _person.c.name, _person.c.initials, _account.c.display_name)
    .select_from(
        _record.join(_person, (_person.c.district_id == _record.c.district_id) & (_person.c.id == _record.c.person_id))
        .outerjoin(_account, (_account.c.district_id == _record.c.district_id) & (_account.c.id == _record.c.marked_by))
    )
    .where(_record.c.district_id == bindparam("district"), _record.c.sheet_id == bindparam("sheet"))
    .order_by(_record.c.serial_no)
)
_CONTRADICTIONS = select(_evidence.c.person_id, _evidence.c.reading).where(*_LOST)
_LAST_ENDING = (
    select(_step.c.step, _account.c.display_name, _step.c.recorded_at, _step.c.reason)
    .select_from(_step.outerjoin(
        _account, (_account.c.district_id == _step.c.district_id) & (_account.c.id == _step.c.actor_id)
    ))
    .where(*_ENDED).order_by(_step.c.recorded_at.desc(), _step.c.id.desc()).limit(1)
)


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
    row = _found(session, scope, sheet_id)
    sheet = _facts(session, row)
    people = _people(session, row)
    last = max((p for p in people if p.head.marked_at), key=lambda p: p.head.marked_at or _NEVER, default=None)
    opened = _opened_again(session, sheet) if row.was_ended and sheet.state == "open" else None
    return Roll(sheet, _departments(people), tally(p.head for p in people), last, opened)


def _opened_again(session: Session, sheet: SheetFacts) -> OpenedAgain | None:
    row = session.execute(_LAST_ENDING, {"district": sheet.district_id, "sheet": sheet.id}).one_or_none()
    if row is None or row.step == "submit":
        return None
    return OpenedAgain(row.step, row.display_name or "", row.recorded_at, row.reason)


def sheet_facts(session: Session, scope: Scope, sheet_id: str) -> SheetFacts:
    """Return a sheet with the names around it. Raises NotFound outside the scope."""
    return _facts(session, _found(session, scope, sheet_id))


def _found(session: Session, scope: Scope, sheet_id: str) -> Row[Any]:
    row = session.execute(_SHEET, {"district": scope.district_id, "sheet": sheet_id}).one_or_none()
    if row is None or not scope.covers_school(row.school_id):
        raise NotFound
    return row


def _facts(session: Session, row: Row[Any]) -> SheetFacts:
    known = facts(session, row.district_id, row.subject_kind, [row.subject_id])
    return SheetFacts(
        row.id, row.district_id, row.school_id, row.school_name, row.title, row.starts_at, row.ends_at, row.state,
        row.revision, row.default_roll, row.subject_kind, row.subject_id,
        known.get(row.subject_id, SubjectFacts()), row.head_count, row.submitted_by, row.submitter or "",
        row.submitted_at, row.verifier or "", row.verified_at,
    )


def _people(session: Session, sheet: Row[Any]) -> list[RollPerson]:
    this = {"district": sheet.district_id, "sheet": sheet.id}
    rows = session.execute(_PEOPLE, this).all()
    against = _contradictions(session, this) if sheet.has_lost else {}
    names = Counter(row[-3] for row in rows)
    found = []
    for row in rows:
        head, name = Head.of(row), row[-3]
        weaker = against.get(head.person_id, "")
        found.append(RollPerson(
            head, name, row[-2], row[-1] or "", names[name] > 1, weaker if weaker != head.status else "",
        ))
    return found


def _contradictions(session: Session, sheet: dict[str, str]) -> dict[str, str]:
    """What sources said that lost against a stronger one: person -> status."""
    rows = session.execute(_CONTRADICTIONS, sheet)
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
    sheet = _found(session, scope, sheet_id)
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
