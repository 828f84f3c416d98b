"""Attendance from a file into a sheet: read in a child process, checked, written in one transaction.

Nothing of a file reaches a record before it is confirmed. The same file a second time changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from trainhub.attendance.import_rules import (
    IMPORT,
    Decisions,
    ImportPlan,
    Origin,
    PlanRow,
    content_digest,
)
from trainhub.attendance.matching import RosterPerson
from trainhub.attendance.models import AttendanceEvidence, AttendanceSheet
from trainhub.attendance.queries.claims import said_on
from trainhub.attendance.queries.staging import origin_of, place_of, plan_of, roster_for, session_frame, staged_result
from trainhub.attendance.roll_rules import Head
from trainhub.attendance.service.claims import decide, decision_facts, file_claims, record_decisions, withdraw_claims
from trainhub.attendance.service.commands import ImportReport
from trainhub.attendance.service.heads import (
    Change,
    Save,
    frame_of,
    heads_of,
    locked_sheet,
    open_for_marks,
    operation,
    reason_given,
    save,
)
from trainhub.attendance.service.marks import delete_heads, restored, staff_by_id, walk_in_head
from trainhub.attendance.service.reading import (
    KIND,
    NamedColumns,
    ReadFile,
    remember_columns,
    shape_to_plain,
)
from trainhub.evidence import wire
from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.errors import DomainError, InvalidState, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import AttendanceReading, ReadResult, SessionFrame
from trainhub.roster.models import ImportBatch
from trainhub.roster.queries.imports import remembered_mappings
from trainhub.roster.rules import name_key
from trainhub.roster.service.identifiers import Learnt, learn

WITHDRAWAL = timedelta(hours=24)
"""How long an import may be taken back as a whole, unless its roll was verified before."""


class TooLateToWithdraw(DomainError):
    """The day is over or the roll was verified; corrections go person by person."""

    code = "too_late_to_withdraw"
    status: ClassVar[int] = 409


def sheet_for_import(session: Session, actor: Actor, sheet_id: str) -> AttendanceSheet:
    """Return a sheet that the actor may import into, without locking it."""
    scope = actor.scope(Permission.ROLL_WRITE)
    sheet = session.get(AttendanceSheet, (actor.district_id, sheet_id))
    if sheet is None or not scope.covers_school(sheet.school_id):
        raise NotFound
    return sheet


def stage_import(session: Session, actor: Actor, sheet_id: str, read: ReadFile, now: datetime) -> str:
    """Keep a read file as a staged batch and return its id. No record changes."""
    sheet = sheet_for_import(session, actor, sheet_id)
    open_for_marks(sheet)
    batch = ImportBatch(
        district_id=sheet.district_id, id=new_id(), school_id=sheet.school_id, kind=KIND, state="staged",
        target_id=sheet.id, file_name=read.name[-200:], file_sha256=read.sha256, source_key=read.source_key,
        mapping=read.named.dump() if read.named else {}, staged=_staged(read), decisions={}, report={},
        uploaded_by=actor.account_id, created_at=now, version=1,
    )
    session.add(batch)
    session.flush()
    return batch.id


def _staged(read: ReadFile) -> dict[str, Any]:
    """What of a file is kept while somebody checks it."""
    return wire.pack_result(read.result) | {
        "face_to_face": read.face_to_face, "trust": read.trust, "needs_columns": read.needs_columns, "shape": shape_to_plain(read.shape),
    }


def restage_import(session: Session, actor: Actor, batch_id: str, read: ReadFile, now: datetime) -> None:
    """Put a file read by named columns in the place of what was staged, and remember the columns.

    Decisions made before fall away: they were about rows read otherwise.
    """
    batch = batch_of(session, actor, batch_id, lock=True)
    if batch.state != "staged":
        raise InvalidState(state=batch.state, step="columns")
    batch.source_key, batch.staged, batch.decisions = read.source_key, _staged(read), {}
    batch.mapping = read.named.dump() if read.named else {}
    batch.version += 1
    remember_columns(session, batch.district_id, batch.school_id, read, now)


def remembered_columns(session: Session, actor: Actor, sheet_id: str) -> dict[str, NamedColumns]:
    """Return the columns named before for the school of a sheet, by header signature. Raises NotFound."""
    sheet = sheet_for_import(session, actor, sheet_id)
    scope = actor.scope(Permission.ROLL_WRITE)
    return {k: NamedColumns.load(v) for k, v in remembered_mappings(session, scope, sheet.school_id, KIND).items()}


def batch_of(session: Session, actor: Actor, batch_id: str, sheet_id: str = "", *, lock: bool = False) -> ImportBatch:
    """Return an attendance batch of the actor's scope (of that sheet where one is named). Raises NotFound."""
    query = select(ImportBatch).where(
        ImportBatch.district_id == actor.district_id, ImportBatch.id == batch_id, ImportBatch.kind == KIND
    )
    batch = session.scalars(
        query.with_for_update() if lock else query, execution_options={"populate_existing": True}
    ).one_or_none()
    if batch is None or not actor.scope(Permission.ROLL_WRITE).covers_school(batch.school_id):
        raise NotFound
    if sheet_id not in {"", batch.target_id}:
        raise NotFound
    return batch


def decide_import(
    session: Session, actor: Actor, batch_id: str, decided: Decisions, *, sheet_id: str = "", seen_version: int | None = None
) -> int:
    """Keep what a human decided about rows and people of a staged batch; return its new version.

    Raises NotFound, StaleVersion where somebody decided in another window since, InvalidState.
    """
    batch = batch_of(session, actor, batch_id, sheet_id, lock=True)
    if batch.state != "staged":
        raise InvalidState(state=batch.state, step="decide")
    if seen_version is not None and seen_version != batch.version:
        raise StaleVersion(seen=seen_version, now=batch.version)
    held = Decisions.load(batch.decisions)
    batch.decisions = Decisions(
        {**held.rows, **decided.rows}, {**held.people, **decided.people}, {**held.reasons, **decided.reasons}
    ).dump()
    batch.version += 1
    return batch.version


def discard_import(session: Session, actor: Actor, batch_id: str, *, sheet_id: str = "") -> str:
    """Drop a staged batch; return its sheet. What it held of the file is erased. Raises NotFound, InvalidState."""
    batch = batch_of(session, actor, batch_id, sheet_id, lock=True)
    if batch.state != "staged":
        raise InvalidState(state=batch.state, step="discard")
    batch.state, batch.staged = "discarded", {}
    return str(batch.target_id)


def apply_import(
    session: Session, actor: Actor, batch_id: str, now: datetime, *, seen_version: int | None = None
) -> ImportReport:
    """Write a staged batch: heads, history, evidence and one ledger entry, in the caller's transaction.

    The plan is made anew on the locked roll, so that what was marked since the check is respected.
    Raises StaleVersion where the decisions changed in another window, SheetClosed, InvalidState.
    """
    batch = batch_of(session, actor, batch_id)
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, str(batch.target_id))
    batch = batch_of(session, actor, batch_id, lock=True)
    if batch.state == "applied":
        return _stored_report(batch)
    if batch.state != "staged":
        raise InvalidState(state=batch.state, step="apply")
    if seen_version is not None and seen_version != batch.version:
        raise StaleVersion(seen=seen_version, now=batch.version)
    open_for_marks(sheet)
    heads = heads_of(session, sheet)
    people = roster_for(session, sheet, heads)
    result = staged_result(batch)
    made = plan_of(result, people.values(), heads, session_frame(sheet), Decisions.load(batch.decisions), origin_of(batch),
                   said_on(session, sheet.district_id, sheet.id))
    changes = _changes(session, actor, sheet, batch, made, heads, now)
    taken = {x.person_id: (x.conflict, x.side) for x in made.lines if x.conflict and x.side}
    save(session, actor, sheet, changes, Save(
        f"import-{batch.id}", IMPORT, kind="roll.imported", evidence_sha256=batch.file_sha256,
        details={"batch": batch.id, "source": batch.source_key, "decisions": decision_facts(taken)},
    ), now)
    listed = {*heads, *(c.after.person_id for c in changes)}
    file_claims(session, sheet, [(x.person_id, x.claim) for x in made.lines if x.claim and x.person_id in listed], actor.account_id, now)
    decide(session, actor, sheet, taken, IMPORT, now)
    if taken and not changes:
        record_decisions(session, actor, sheet, taken, now)
    _write_evidence(session, sheet, batch, result, made, now)
    learn(session, actor, sheet.school_id, _taught(result, made, people, Decisions.load(batch.decisions)), now)
    report = _report(batch, made, result, changes)
    batch.state, batch.applied_at, batch.version = "applied", now, batch.version + 1
    batch.report = {
        "changed": [c.after.person_id for c in changes],
        "counts": {k: getattr(report, k) for k in _COUNTS},
        "open": [[list(x.rows), list(x.raw), x.code, list(x.review)] for x in made.of("problem") if not x.choice][:500],
    }
    batch.staged = {**batch.staged, "readings": [], "shape": {}}
    return replace(report, applied=True)


def _taught(
    result: ReadResult, made: ImportPlan, people: Mapping[str, RosterPerson], decided: Decisions
) -> list[Learnt]:
    """What this file teaches about accounts, PINs and cards: where somebody decided, or a staff number stands beside them."""
    readings = {reading.external_id: reading for reading in result.readings}
    taught = []
    for line in made.lines:
        person = people.get(line.person_id)
        for key in line.keys if person else ():
            reading = readings.get(key)
            if person is None or reading is None:
                continue
            sure = decided.rows.get(key) == person.person_key or (
                bool(reading.staff_no) and reading.staff_no == person.staff_no and name_key(reading.name) in ("", name_key(person.name))
            )
            if sure:
                said = (("platform", reading.platform_id), ("device_pin", reading.device_pin), ("card", reading.card_no), ("email", reading.email))
                taught += [Learnt(kind, value, person.person_key) for kind, value in said if value]
    return taught


_COUNTS = ("read", "matched", "changed", "unchanged", "superseded", "left_out", "open_rows", "walk_ins", "conflicts")


def _stored_report(batch: ImportBatch) -> ImportReport:
    return ImportReport(batch.id, batch.source_key, **batch.report["counts"], applied=True)


def _changes(
    session: Session, actor: Actor, sheet: AttendanceSheet, batch: ImportBatch, made: ImportPlan,
    heads: Mapping[str, Head], now: datetime,
) -> list[Change]:
    """Turn the lines that write into changes of heads; walk-ins must be on the school's staff."""
    staff = staff_by_id(session, sheet, [x.person_id for x in made.writing if x.before is None])
    present = dict(heads)
    changes = []
    for line in made.writing:
        if line.proposed is None:
            continue
        before, after = line.before, line.proposed
        if before is None:
            if line.person_id not in staff:
                continue
            blank = walk_in_head(line.person_id, staff[line.person_id], present)
            after = replace(after, serial_no=blank.serial_no, staff_no=blank.staff_no, expected=False)
            present[line.person_id] = after
        by_hand = before is not None and (line.code == "loses_to_mark" or (line.claim is not None and line.claim.status != after.status))
        changes.append(Change(before, replace(
            after, source="manual" if by_hand else f"{IMPORT}:{batch.source_key}", marked_by=actor.account_id, marked_at=now,
        )))
    return changes


def _write_evidence(
    session: Session, sheet: AttendanceSheet, batch: ImportBatch, result: ReadResult, made: ImportPlan, now: datetime
) -> None:
    """Keep every reading beside the record it led to or did not, in one upsert.

    A reading known from an earlier import keeps its row and is only
    judged anew.
    """
    lines = {key: line for line in made.lines for key in line.keys}
    rows = [_evidence(batch, sheet, r, lines.get(r.external_id), now) for r in result.readings]
    unique = list({row["external_id"]: row for row in rows}.values())
    if not unique:
        return
    statement = upsert(session, AttendanceEvidence)
    session.execute(statement.on_conflict_do_update(
        index_elements=["district_id", "sheet_id", "source", "external_id"],
        set_={k: statement.excluded[k] for k in ("person_id", "reading", "outcome", "review")},
    ), unique, execution_options={"render_nulls": True})  # one statement, whether or not somebody was found


def _evidence(
    batch: ImportBatch, sheet: AttendanceSheet, reading: AttendanceReading, line: PlanRow | None, now: datetime
) -> dict[str, Any]:
    proposed = line.proposed if line else None
    return {
        "district_id": sheet.district_id, "sheet_id": sheet.id, "source": batch.source_key,
        "external_id": reading.external_id[:96], "batch_id": batch.id, "row": reading.row,
        "row_sha256": content_digest(reading), "person_id": (line.person_id or None) if line else None,
        "reading": {"raw": list(line.raw) if line else [], "status": proposed.status if proposed else None,
                    "minutes": proposed.minutes if proposed else None, "reason": line.reason if line else ""},
        "outcome": _outcome(line), "review": list(line.review) if line else [], "created_at": now,
    }


def _outcome(line: PlanRow | None) -> str:
    """What became of a reading: applied, superseded, unmatched, review, ignored."""
    if line is None or line.kind == "left_out":
        return "ignored"
    if line.kind == "problem" and not line.choice:
        return "review" if line.person_id else "unmatched"
    if line.kind == "same" or line.writes:
        return "applied"
    return "superseded"


def _report(
    batch: ImportBatch, made: ImportPlan, result: ReadResult, changes: Sequence[Change]
) -> ImportReport:
    return ImportReport(
        batch_id=batch.id, source_key=batch.source_key, read=len(result.readings),
        matched=len({line.person_id for line in made.lines if line.person_id}), changed=len(changes),
        unchanged=len(made.of("same")), superseded=sum(1 for x in made.lines if _outcome(x) == "superseded"),
        left_out=len(made.of("left_out")), open_rows=made.waiting,
        walk_ins=sum(1 for c in changes if c.before is None),
        conflicts=sum(1 for x in made.lines if x.conflict and not x.side),
        rows=tuple({"rows": list(x.rows), "kind": x.kind, "code": x.code, "person": x.person_id, "choice": x.choice,
                    "status": x.proposed.status if x.proposed else None} for x in made.lines),
    )


def withdraw_import(
    session: Session, actor: Actor, batch_id: str, reason: str, now: datetime, *, sheet_id: str = ""
) -> int:
    """Take a whole import back within a day, unless its roll was verified; return how many went back.

    People marked again since keep the newer mark. Marks, evidence and the ledger keep the import and
    its withdrawal. Raises NotFound, TooLateToWithdraw, InvalidState, ReasonNeeded.
    """
    batch = batch_of(session, actor, batch_id, sheet_id)
    why = reason_given(reason)
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, str(batch.target_id))
    batch = batch_of(session, actor, batch_id, lock=True)
    if batch.state != "applied":
        raise InvalidState(state=batch.state, step="withdraw")
    if batch.applied_at is None or now - batch.applied_at > WITHDRAWAL or sheet.state in {"verified", "void"}:
        raise TooLateToWithdraw
    heads = heads_of(session, sheet)
    changes, gone = _withdrawn(session, actor, sheet, batch, heads, now)
    save(session, actor, sheet, changes + gone, Save(
        f"undo-{batch.id}", "withdrawal", kind="roll.import_withdrawn", reason=why, details={"batch": batch.id},
    ), now)
    if gone:
        delete_heads(session, sheet, [c.after.person_id for c in gone])
    session.execute(update(AttendanceEvidence).where(
        AttendanceEvidence.district_id == sheet.district_id, AttendanceEvidence.batch_id == batch.id
    ).values(outcome="ignored"))
    withdraw_claims(session, sheet, now, batch_id=batch.id)
    batch.state, batch.version = "withdrawn", batch.version + 1
    return len(changes) + len(gone)


def _withdrawn(
    session: Session, actor: Actor, sheet: AttendanceSheet, batch: ImportBatch, heads: Mapping[str, Head], now: datetime
) -> tuple[list[Change], list[Change]]:
    back: list[Change] = []
    gone: list[Change] = []
    for person, (before, version) in operation(session, sheet, f"import-{batch.id}").items():
        head = heads.get(person)
        if head is None or head.version != version:
            continue
        after = restored(head, before, frame_of(sheet), actor, now)
        (back if before else gone).append(Change(head, after))
    return back, gone


def frame_for(session: Session, actor: Actor, sheet_id: str) -> SessionFrame:
    """Return time and place within which a file for this sheet is read. Raises NotFound, SheetClosed."""
    sheet = sheet_for_import(session, actor, sheet_id)
    open_for_marks(sheet)
    return session_frame(sheet, place_of(session, sheet))


def import_read_file(
    session: Session, actor: Actor, sheet_id: str, read: ReadFile, now: datetime,
    *, dry_run: bool = False, decisions: Decisions | None = None,
) -> ImportReport:
    """Check and write a file that was read before, by the same steps as the pages. As a dry run nothing is written.

    It was read before so that no lock is held while the child reads. Raises SheetClosed, NotFound.
    """
    decided = decisions or Decisions({}, {}, {})
    if dry_run:
        sheet = sheet_for_import(session, actor, sheet_id)
        heads = heads_of(session, sheet)
        origin = Origin(read.source_key, read.trust, read.face_to_face, file_name=read.name)
        made = plan_of(read.result, roster_for(session, sheet, heads).values(), heads, session_frame(sheet), decided, origin,
                       said_on(session, sheet.district_id, sheet.id))
        return _dry_report(read, made)
    batch_id = stage_import(session, actor, sheet_id, read, now)
    decide_import(session, actor, batch_id, decided)
    session.flush()
    return apply_import(session, actor, batch_id, now)


def _dry_report(read: ReadFile, made: ImportPlan) -> ImportReport:
    blank = ImportBatch(id="", source_key=read.source_key)
    would = [Change(line.before, line.proposed) for line in made.writing if line.proposed]
    return _report(blank, made, read.result, would)


__all__ = [
    "TooLateToWithdraw", "apply_import", "batch_of", "decide_import", "discard_import", "frame_for", "import_read_file",
    "remembered_columns", "restage_import", "sheet_for_import", "stage_import",
    "withdraw_import",
]
