"""Import batches: what was staged, what it would change now, what was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.import_rules import UNKNOWN_CLASS, Decision, Entry, Known, Note, Plan, plan
from trainhub.roster.models import (
    ClassMembership,
    ColumnMapping,
    Employment,
    ImportBatch,
    Person,
    SchoolClass,
    Student,
)
from trainhub.roster.queries.staff import EmploymentSpan, during, people_in_year


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch in a list."""

    id: str
    school_id: str
    kind: str
    state: str
    file_name: str
    created_at: datetime
    applied_at: datetime | None
    uploaded_by: str
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch with everything its pages show. ``plan`` is worked out against the roster as it stands."""

    id: str
    school_id: str
    kind: str
    state: str
    file_name: str
    file_sha256: str
    version: int
    created_at: datetime
    applied_at: datetime | None
    staged: Mapping[str, Any]
    decisions: Mapping[str, Any]
    report: Mapping[str, Any]
    columns: Mapping[str, str]
    first_day: date
    plan: Plan
    seen_before: str


def find_batch(session: Session, scopes: Mapping[str, Scope], batch_id: str, *, lock: bool = False) -> ImportBatch:
    """The row of a batch whose kind and school are in scope. ``scopes`` maps kind to what may be seen.

    ``lock`` reads it anew and holds it to the end of the transaction. Raises NotFound.
    """
    for scope in list(scopes.values())[:1]:
        row = session.get(ImportBatch, (scope.district_id, batch_id), populate_existing=lock, with_for_update=lock or None)
        if row is not None and row.kind in scopes and scopes[row.kind].covers_school(row.school_id):
            return row
    raise NotFound


def batch_page(session: Session, scopes: Mapping[str, Scope], batch_id: str) -> BatchPage:
    """A batch as a page. At most five statements, however many rows it has."""
    row = find_batch(session, scopes, batch_id)
    current = plan_of(session, row) if row.state == "staged" else Plan(())
    return BatchPage(
        row.id, row.school_id, row.kind, row.state, row.file_name, row.file_sha256, row.version, row.created_at, row.applied_at,
        row.staged, row.decisions, row.report, row.mapping, first_day(row), current, _seen_before(session, row),
    )


def first_day(row: ImportBatch) -> date:
    """From which day the list holds."""
    return date.fromisoformat(row.decisions.get("first_day") or row.staged["first_day"])


def plan_of(session: Session, row: ImportBatch, entries: Sequence[Entry] | None = None) -> Plan:
    """Work out what a batch would change now. Three statements. ``entries`` where they are not staged."""
    if entries is None:
        entries = [staged_entry(data) for data in row.staged.get("entries", ())]
    known = known_people(session, row.district_id, row.school_id, row.kind, first_day(row))
    return plan(row.kind, entries, known, row.decisions, _carried(session, row))


def has_list(session: Session, district_id: str, school_id: str, kind: str) -> bool:
    """Whether anybody is or was on the school's list. One statement."""
    query: Select[str]
    if kind == "staff":
        query = select(Person.id).join(
            Employment, and_(Employment.district_id == Person.district_id, Employment.person_id == Person.id)
        ).where(
            Employment.district_id == district_id, Employment.school_id == school_id, Person.merged_into_id.is_(None)
        )
    else:
        query = select(Student.id).where(Student.district_id == district_id, Student.school_id == school_id)
    return session.scalar(query.limit(1)) is not None


def known_people(session: Session, district_id: str, school_id: str, kind: str, day: date) -> list[Known]:
    """Everybody on (or once on) the school's list, as of a day. Two statements for staff, one for pupils."""
    if kind == "staff":
        spans = people_in_year(session, Scope(district_id, frozenset({school_id})), [school_id], date.min, date.max)
        latest = {span.person_id: span for span in spans}
        return [_known_staff(span, day) for span in latest.values()]
    query = (
        select(Student, SchoolClass.grade, SchoolClass.class_no, ClassMembership.number_in_class)
        .outerjoin(ClassMembership, and_(
            ClassMembership.district_id == Student.district_id, ClassMembership.student_id == Student.id,
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
        ))
        .outerjoin(SchoolClass, and_(
            SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id,
        ))
        .where(Student.district_id == district_id, Student.school_id == school_id)
    )
    return [
        Known(
            s.id, s.id, s.name, s.number_hash, f"{s.number_kind}…{s.number_tail}", f"{grade}-{number}" if grade else "",
            s.to_on is None or s.to_on >= day, values={"sex": s.sex, "seat_no": seat or ""},
        )
        for s, grade, number, seat in session.execute(query)
    ]


def _known_staff(span: EmploymentSpan, day: date) -> Known:
    held = [p for p in span.posts if p.covers(day) or p.from_on > day]
    homeroom = next((p for p in held if p.post == "homeroom_teacher"), None)
    return Known(
        span.employment_id, span.person_id, span.name, span.staff_no, span.staff_no, span.department,
        span.to_on is None or span.to_on >= day, frozenset(p.post for p in held),
        (class_key(homeroom.grade, homeroom.class_no) or UNKNOWN_CLASS) if homeroom else "",
        {"category": span.category, "hired_on": span.hired_on.isoformat() if span.hired_on else "",
         "phone_tail": span.phone_tail},
    )


def class_key(grade: int, class_no: int) -> str:
    """A class as imports name it: ``grade-number``."""
    return f"{grade}-{class_no}" if grade else ""


def staged_entry(data: list[Any]) -> Entry:
    """A row as it was staged."""
    notes = tuple(Note(code, name, params) for code, name, params in data[7])
    row, name, number, shown, group, text, verdict, _notes, stays, state, posts, homeroom, values = data
    return Entry(row, name, number, shown, group, text, verdict, notes, stays, state, tuple(posts), homeroom, values)


def _carried(session: Session, row: ImportBatch) -> dict[str, Decision]:
    """What was decided for the same rows in the last applied files of the school."""
    query = (
        select(ImportBatch.report["carried"])
        .where(
            ImportBatch.district_id == row.district_id, ImportBatch.school_id == row.school_id,
            ImportBatch.kind == row.kind, ImportBatch.state == "applied",
        )
        .order_by(ImportBatch.applied_at.desc())
        .limit(20)
    )
    carried: dict[str, Decision] = {}
    for found in reversed(list(session.scalars(query))):
        carried.update(found or {})
    return carried


def _seen_before(session: Session, row: ImportBatch) -> str:
    """The name under which a file of the same content was written before, "" if it was not."""
    query = select(ImportBatch.file_name).where(
        ImportBatch.district_id == row.district_id, ImportBatch.school_id == row.school_id, ImportBatch.kind == row.kind,
        ImportBatch.state == "applied", ImportBatch.report["content"].as_string() == str(row.staged.get("content", "")),
    )
    return session.scalars(query.limit(1)).first() or ""


def batches(session: Session, scope: Scope, school_id: str, kinds: Sequence[str], limit: int = 10) -> list[BatchRow]:
    """The latest batches of a school. One statement."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(ImportBatch.id, ImportBatch.school_id, ImportBatch.kind, ImportBatch.state, ImportBatch.file_name,
               ImportBatch.created_at, ImportBatch.applied_at, ImportBatch.uploaded_by, ImportBatch.report["counts"].label("counts"))
        .where(ImportBatch.district_id == scope.district_id, ImportBatch.school_id == school_id, ImportBatch.kind.in_(kinds))
        .order_by(ImportBatch.created_at.desc())
        .limit(limit)
    )
    return [
        BatchRow(r.id, r.school_id, r.kind, r.state, r.file_name, r.created_at, r.applied_at, r.uploaded_by, r.counts or {})
        for r in session.execute(query)
    ]


def remembered_mappings(session: Session, scope: Scope, school_id: str, kind: str) -> dict[str, dict[str, str]]:
    """Mappings of a school by header digest. One statement."""
    query = select(ColumnMapping.header_digest, ColumnMapping.mapping).where(
        ColumnMapping.district_id == scope.district_id, ColumnMapping.school_id == school_id, ColumnMapping.kind == kind
    )
    return {row.header_digest: row.mapping for row in session.execute(query)}
