"""A staged import beside the roll as it stands: what the check page shows."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.attendance.import_rules import COLUMN_FIELDS, Decisions, ImportPlan, Origin, Said, plan
from trainhub.attendance.matching import RosterPerson
from trainhub.attendance.models import AttendanceSheet
from trainhub.attendance.outcomes import weigh
from trainhub.attendance.queries.claims import said_on
from trainhub.attendance.queries.roll import Roll, SheetFacts, roll, sheet_facts
from trainhub.attendance.registry import facts
from trainhub.attendance.roll_rules import Frame, Head
from trainhub.evidence import wire
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.plugin_api import ReadResult, SessionFrame
from trainhub.plugin_api.contracts import Trust
from trainhub.roster.models import ImportBatch, Person
from trainhub.roster.queries import staff_on
from trainhub.roster.queries.identifiers import Identifier, identifiers_of_school


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One import of a sheet in its list."""

    id: str
    file_name: str
    source_key: str
    state: str
    created_at: datetime
    applied_at: datetime | None
    changed: int
    needs_columns: bool = False


@dataclass(frozen=True, slots=True)
class ImportPage:
    """The check page of one batch. ``known_since``: the same file was imported here before."""

    batch: BatchLine
    version: int
    roll: Roll
    people: Mapping[str, RosterPerson]
    plan: ImportPlan
    result: ReadResult
    read: int
    known_since: datetime | None
    has_columns: bool = False
    open_rows: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnsPage:
    """What a file shows of its columns, and what they are taken for (field -> header).

    ``samples`` maps a header to a few cells below it; ``kept``: the table itself is kept, so that the
    file need not be chosen again. ``needed``: nothing was read yet.
    """

    sheet: SheetFacts
    batch: BatchLine
    headers: tuple[str, ...]
    samples: Mapping[str, tuple[str, ...]]
    named: Mapping[str, str]
    kept: str
    needed: bool
    file_sha256: str


def session_frame(sheet: AttendanceSheet, place: str = "") -> SessionFrame:
    """Return what a reader may know of a sheet. ``place`` matters only while a file is read: :func:`place_of`."""
    return SessionFrame(
        sheet.starts_at, sheet.ends_at, local_day(sheet.starts_at), grace=sheet.grace_minutes,
        early_leave_grace=sheet.early_leave_grace_minutes, place=place,
    )


def place_of(session: Session, sheet: AttendanceSheet) -> str:
    """Return the room that a sheet's session is held in, "" where nobody said."""
    known = facts(session, sheet.district_id, sheet.subject_kind, [sheet.subject_id]).get(sheet.subject_id)
    return known.room if known else ""


def staged_result(batch: ImportBatch) -> ReadResult:
    """Return what was read of a staged batch's file."""
    return wire.unpack_result(deepcopy(batch.staged))


def roster_for(session: Session, sheet: AttendanceSheet, heads: Mapping[str, Head]) -> dict[str, RosterPerson]:
    """Return everybody a row may be about: the people on the sheet and the school's staff of that day."""
    scope = Scope(sheet.district_id, frozenset({sheet.school_id}))
    named = identifiers_of_school(session, scope, sheet.school_id)
    found = {
        s.person_id: RosterPerson(
            s.person_id, s.name, s.staff_no, s.department, phone_tail=s.phone_tail, **_named(named.get(s.person_id, ()))
        )
        for s in staff_on(session, scope, sheet.school_id, local_day(sheet.starts_at))
    }
    rest = [p for p in heads if p not in found]
    if rest:
        rows = session.execute(
            select(Person.id, Person.name).where(Person.district_id == sheet.district_id, Person.id.in_(rest))
        )
        found |= {p: RosterPerson(p, name, heads[p].staff_no, heads[p].department) for p, name in rows}
    return found


def _named(identifiers: Iterable[Identifier]) -> dict[str, Any]:
    """The identifiers of a person as the directory wants them; of cards, PINs and e-mails the newest counts."""
    by_kind: dict[str, list[str]] = {}
    for one in identifiers:
        by_kind.setdefault(one.kind, []).append(one.value)
    return {
        "platform_ids": tuple(by_kind.get("platform", ())), "device_pin": by_kind.get("device_pin", [""])[0],
        "card_no": by_kind.get("card", [""])[0], "email": by_kind.get("email", [""])[0],
    }


def origin_of(batch: ImportBatch) -> Origin:
    """Return whence the readings of a batch come."""
    return Origin(
        batch.source_key, cast("Trust", batch.staged.get("trust", "witnessed")), bool(batch.staged.get("face_to_face", True)),
        batch.id, batch.file_name,
    )


def plan_of(
    result: ReadResult, people: Iterable[RosterPerson], heads: Mapping[str, Head], frame: SessionFrame,
    decided: Decisions, origin: Origin, said: Said,
) -> ImportPlan:
    """Match, score and compare a read file with a roll as it stands, and with what other sources said."""
    expected = [h.person_id for h in heads.values() if h.expected]
    outcome = weigh(result, people, frame, expected, face_to_face=origin.face_to_face, trust=origin.trust, decisions=decided.rows)
    return plan(outcome, result.readings, heads, Frame(frame.starts_at, frame.ends_at), decided, origin, said)


def _batch(session: Session, scope: Scope, batch_id: str, sheet_id: str) -> ImportBatch:
    batch = session.scalars(select(ImportBatch).where(
        ImportBatch.district_id == scope.district_id, ImportBatch.id == batch_id, ImportBatch.kind == "attendance"
    )).one_or_none()
    if batch is None or not scope.covers_school(batch.school_id) or batch.state == "discarded":
        raise NotFound
    if sheet_id not in {"", batch.target_id}:
        raise NotFound
    return batch


def columns_page(session: Session, scope: Scope, batch_id: str, sheet_id: str = "") -> ColumnsPage:
    """Return the columns of a staged file (of that sheet where one is named).

    Raises NotFound outside the scope, and once the file was written.
    """
    batch = _batch(session, scope, batch_id, sheet_id)
    if batch.state != "staged":
        raise NotFound
    shape: Mapping[str, Any] = batch.staged.get("shape") or {}
    named = batch.mapping.get("columns") or {k: v for k, v in batch.staged.get("columns", {}).items() if k in COLUMN_FIELDS}
    return ColumnsPage(
        sheet_facts(session, scope, str(batch.target_id)), _line(batch), tuple(shape.get("headers", ())),
        {k: tuple(v) for k, v in shape.get("samples", {}).items()}, named, str(shape.get("kept", "")),
        bool(batch.staged.get("needs_columns")), batch.file_sha256,
    )


def import_page(session: Session, scope: Scope, batch_id: str, sheet_id: str = "") -> ImportPage:
    """Return the check page of a batch (of that sheet where one is named). Raises NotFound outside the scope."""
    batch = _batch(session, scope, batch_id, sheet_id)
    whole = roll(session, scope, str(batch.target_id))
    sheet = session.get_one(AttendanceSheet, (scope.district_id, str(batch.target_id)))
    heads = {p.id: p.head for p in whole.people}
    people = roster_for(session, sheet, heads)
    result = staged_result(batch)
    made = plan_of(result, people.values(), heads, session_frame(sheet), Decisions.load(batch.decisions), origin_of(batch),
                   said_on(session, sheet.district_id, sheet.id))
    before = session.scalars(select(ImportBatch.applied_at).where(
        ImportBatch.district_id == scope.district_id, ImportBatch.target_id == batch.target_id,
        ImportBatch.file_sha256 == batch.file_sha256, ImportBatch.state == "applied", ImportBatch.id != batch.id,
    ).order_by(ImportBatch.applied_at.desc()).limit(1)).one_or_none()
    read = batch.report.get("counts", {}).get("read", len(result.readings))
    return ImportPage(_line(batch), batch.version, whole, people, made, result, read, before,
                      bool(batch.staged.get("shape")), tuple(batch.report.get("open", ())))


def batches(session: Session, scope: Scope, sheet_id: str) -> list[BatchLine]:
    """Return the imports of a sheet, newest first; discarded ones are left out."""
    rows = session.scalars(select(ImportBatch).where(
        ImportBatch.district_id == scope.district_id, ImportBatch.target_id == sheet_id,
        ImportBatch.kind == "attendance", ImportBatch.state != "discarded",
    ).order_by(ImportBatch.created_at.desc()).limit(30))
    return [_line(b) for b in rows if scope.covers_school(b.school_id)]


def _line(batch: ImportBatch) -> BatchLine:
    return BatchLine(batch.id, batch.file_name, batch.source_key, batch.state, batch.created_at, batch.applied_at,
                     int(batch.report.get("counts", {}).get("changed", 0)),
                     batch.state == "staged" and bool(batch.staged.get("needs_columns")))
