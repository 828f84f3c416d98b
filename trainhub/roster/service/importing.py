"""A list on its way into the roster: staged, decided row by row, written in one step, withdrawn in one step.

Only the staged batch exists before :func:`apply`. Everything runs in the caller's transaction, so a
killed process leaves all of a file or nothing of it, and the second try finishes it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.roster.import_rules import Decision, Line, Plan, class_label, default_first_day
from trainhub.roster.models import ColumnMapping, ImportBatch, OrgUnit
from trainhub.roster.people_rules import LEFT_REASONS, clean_name
from trainhub.roster.queries.imports import find_batch, first_day, has_list, plan_of
from trainhub.roster.queries.policy import policy_for
from trainhub.roster.refusals import AlreadyApplied, NothingToWrite, OpenQuestions, TooLateToWithdraw, UnknownWord
from trainhub.roster.service.facts import announce, announce_classes, guard, record
from trainhub.roster.service.reading import Kind, NumberKey, Reading, SchoolFacts, fixed_number, to_json
from trainhub.roster.service.staff_writing import StaffWriter
from trainhub.roster.service.student_writing import StudentWriter
from trainhub.roster.service.withdrawing import take_back
from trainhub.roster.service.writing import Written

READS: dict[str, Permission] = {"staff": Permission.ROSTER_READ, "students": Permission.STUDENT_READ}
WITHDRAW_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Decide:
    """What the clerk decided. ``rows`` maps row number to {"do", "id", "fix"}; ``gone`` id to {"do", "why"}.

    ``first_day`` is the day from which the list holds. ``version`` is the batch's version as seen.
    """

    batch_id: str
    version: int
    rows: Mapping[str, Decision]
    gone: Mapping[str, Decision]
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a batch did or would do: counts by outcome, rows that wait, whether it was written."""

    batch_id: str
    kind: str
    applied: bool
    counts: Mapping[str, int]
    written: int
    open_rows: tuple[Line, ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def school_facts(session: Session, district_id: str, school_id: str, now: datetime) -> SchoolFacts:
    """What a reader may know of a school."""
    unit = session.get_one(OrgUnit, (district_id, school_id))
    day = local_day(now)
    stages = [s for s in unit.stages if s in ("primary", "junior", "senior")]
    stage: Any = stages[0] if len(stages) == 1 else ""
    return SchoolFacts(district_id, unit.code, day.year if day.month >= 9 else day.year - 1, stage)


def stage(session: Session, actor: Actor, school_id: str, reading: Reading, now: datetime) -> str:
    """Keep what was read; returns the batch's id. The roster does not change."""
    row = _new_batch(session, actor, school_id, reading, now)
    row.staged = row.staged | _said(reading)
    session.add(row)
    session.flush()
    return row.id


def _new_batch(session: Session, actor: Actor, school_id: str, reading: Reading, now: datetime) -> ImportBatch:
    """A batch without its rows, not added to the session."""
    guard(actor, school_id)
    guard(actor, school_id, READS[reading.kind])
    return ImportBatch(
        district_id=actor.district_id, id=new_id(), school_id=school_id, kind=reading.kind, state="staged",
        file_name=reading.file_name, file_sha256=reading.file_sha256, mapping=dict(reading.columns),
        staged=_staged(session, actor.district_id, school_id, reading, now), decisions={}, report={},
        uploaded_by=actor.account_id, created_at=now, version=1,
    )


def _staged(session: Session, district_id: str, school_id: str, reading: Reading, now: datetime) -> dict[str, Any]:
    day = local_day(now)
    first_list = not has_list(session, district_id, school_id, reading.kind)
    year = RequirementYear.of(day, policy_for(session, district_id, school_id, day).requirement_year)
    start = year.first_day if reading.kind == "staff" else RequirementYear.of(day, "school").first_day
    return {
        "entries": [], "headers": list(reading.headers),
        "unmapped": list(reading.unmapped), "sheet": reading.sheet, "header_row": reading.header_row,
        "encoding": reading.encoding, "notes": [[n.code, n.field, dict(n.params)] for n in reading.notes],
        "dropped": dict(reading.dropped), "header_digest": reading.header_digest, "needs_mapping": reading.needs_mapping,
        "samples": dict(reading.samples), "kept": reading.kept, "first_list": first_list,
        "first_day": default_first_day(day, start, first_list=first_list).isoformat(),
    }


def _said(reading: Reading) -> dict[str, Any]:
    """What a staged batch keeps of the rows: every row, and the digest of them all."""
    return {"entries": [to_json(e) for e in reading.entries], "content": reading.content}


def restage(session: Session, actor: Actor, batch_id: str, reading: Reading, now: datetime, *, remember: bool = True) -> None:
    """Put a file read with the clerk's columns in the place of what was staged; remember the columns."""
    row = _staged_batch(session, actor, batch_id)
    row.mapping = dict(reading.columns)
    row.staged = _staged(session, actor.district_id, row.school_id, reading, now) | {
        "needs_mapping": False, "kept": None,
    } | _said(reading)
    row.decisions, row.version = {}, row.version + 1
    if remember:
        remember_mapping(session, actor.district_id, row.school_id, reading, now)
    session.flush()


def remember_mapping(session: Session, district_id: str, school_id: str, reading: Reading, now: datetime) -> None:
    """Remember a mapping under the digest of the file's headers."""
    key = (district_id, school_id, reading.kind, reading.header_digest)
    held = session.get(ColumnMapping, key)
    if held is None:
        session.add(ColumnMapping(
            district_id=district_id, school_id=school_id, kind=reading.kind, header_digest=reading.header_digest,
            mapping=dict(reading.columns), updated_at=now,
        ))
    else:
        held.mapping, held.updated_at = dict(reading.columns), now


def decide(session: Session, actor: Actor, command: Decide, key: bytes) -> Plan:
    """Store decisions, checked against what each row allows; returns the plan as it is now.

    Raises StaleVersion, UnknownWord.
    """
    row = _staged_batch(session, actor, command.batch_id)
    if row.version != command.version:
        raise StaleVersion
    current = plan_of(session, row)
    _decide(row, current, command.rows, command.gone, command.first_day, key)
    row.version += 1
    session.flush()
    return plan_of(session, row)


def _decide(
    row: ImportBatch, current: Plan, said: Mapping[str, Decision], let_go: Mapping[str, Decision],
    day: date | None, key: bytes,
) -> None:
    lines = {str(line.entry.row): line for line in current.lines}
    rows = dict(row.decisions.get("rows", {}))
    for number, decision in said.items():
        line = lines.get(number)
        if line is None:
            continue
        checked = _checked(row.kind, line, decision, NumberKey(key, row.district_id))
        rows.pop(number, None)
        if checked:
            rows[number] = checked
    gone = {k.id for k in current.gone}
    row.decisions = {
        "rows": rows,
        "gone": {k: {"do": "leave", "why": _why(v)} for k, v in let_go.items() if k in gone and v.get("do") == "leave"},
        "first_day": (day or first_day(row)).isoformat(),
    }


def _why(decision: Decision) -> str:
    why = str(decision.get("why") or "other")
    if why not in LEFT_REASONS:
        raise UnknownWord(field="why", value=why)
    return why


def _checked(kind: str, line: Line, decision: Decision, cipher: NumberKey) -> dict[str, Any]:
    """A decision with nothing in it but what this row may be decided by."""
    do = str(decision.get("do") or "")
    kept: dict[str, Any] = {}
    candidates = {k.id for k in line.candidates} | {str(line.decision.get("id") or "")}
    if do == "same" and decision.get("id") in candidates:
        kept = {"do": "same", "id": decision["id"]}
    elif do in ("new", "skip", "ask"):
        kept = {"do": do}
    fix = _fix(kind, decision.get("fix") or {}, cipher)
    if fix and do != "skip":
        kept["fix"] = fix
        kept.setdefault("do", "fix")
    return kept


def _fix(kind: str, typed: Mapping[str, str], cipher: NumberKey) -> dict[str, str]:
    fix: dict[str, str] = {}
    if typed.get("name", "").strip():
        fix["name"] = clean_name(typed["name"])
    if kind == "staff":
        if typed.get("staff_no", "").strip():
            fix["number"] = fix["shown_number"] = typed["staff_no"].strip()[:40]
        if typed.get("department", "").strip():
            fix["group"] = fix["group_text"] = clean_name(typed["department"])[:60]
        return fix
    if typed.get("student_no", "").strip():
        fix.update(fixed_number(typed["student_no"], cipher) or {})
    if typed.get("class", "").strip():
        fix["group"] = fix["group_text"] = class_label(typed["class"])
    return {k: v for k, v in fix.items() if v}


def apply(
    session: Session, actor: Actor, batch_id: str, version: int | None, now: datetime, *, leave_open: bool = False,
    source: str = "web",
) -> Report:
    """Write a batch: all of it in this transaction. Applying an applied batch again changes nothing.

    Rows that wait for a decision are left out with ``leave_open``, else refused (OpenQuestions).
    Raises NothingToWrite, StaleVersion, AlreadyApplied.
    """
    row = _batch(session, actor, batch_id)
    if row.state == "applied":
        return Report(row.id, row.kind, True, row.report.get("counts", {}), 0)
    if row.state != "staged":
        raise AlreadyApplied
    if version is not None and version != row.version:
        raise StaleVersion
    current = plan_of(session, row)
    if current.open_count and not leave_open:
        raise OpenQuestions(count=current.open_count)
    if not current.write_count:
        raise NothingToWrite
    return _write(session, actor, row, current, now, source)


def _write(session: Session, actor: Actor, row: ImportBatch, current: Plan, now: datetime, source: str) -> Report:
    day = first_day(row)
    writer = StaffWriter if row.kind == "staff" else StudentWriter
    written = writer(session, row, day, now, first_list=bool(row.staged.get("first_list"))).write(current)
    row.state, row.applied_at, row.version = "applied", now, row.version + 1
    row.report = {"counts": current.counts, "content": row.staged.get("content", ""), "undo": written.undo,
                  "carried": _carried(current, written), "people": len(written.people)}
    row.staged = {"first_day": day.isoformat(), "sheet": row.staged.get("sheet", ""), "content": row.staged.get("content", "")}
    _tell(session, actor, row, written, now, kind=f"roster.import.{row.kind}", source=source, counts=current.counts,
          newcomers=written.undo["created"].get("person", ()))
    return Report(row.id, row.kind, True, current.counts, current.write_count)


def _tell(
    session: Session, actor: Actor, row: ImportBatch, written: Written, now: datetime, *, kind: str, source: str,
    counts: Mapping[str, int], reason: str = "", newcomers: Iterable[str] = (),
) -> None:
    record(
        session, actor, now, school_id=row.school_id, kind=kind, subject=row.school_id, object_ref=row.id,
        on=first_day(row), evidence_sha256=row.file_sha256, source=source, reason=reason,
        payload={"counts": dict(counts), "created": {k: list(v) for k, v in written.undo["created"].items()},
                 "changed": sorted({key for _, key, _ in written.undo["updated"]})},
    )
    if row.kind == "staff":
        announce(session, actor, [row.school_id], written.people, newcomers)
    else:
        announce_classes(session, actor, row.school_id)


def _carried(current: Plan, written: Written) -> dict[str, Any]:
    """Decisions under the digest of their row, so that the same file asks nothing a second time."""
    carried: dict[str, Any] = {}
    for line in current.lines:
        if not line.decision:
            continue
        decision = {k: v for k, v in line.decision.items() if k in ("do", "id", "fix")}
        made = written.made.get(line.entry.row)
        if made and decision.get("do") != "skip":
            decision |= {"do": "same", "id": made}
        carried[written.digests[line.entry.row]] = decision
    return carried


def withdraw(session: Session, actor: Actor, batch_id: str, reason: str, now: datetime) -> Report:
    """Take a written batch back within 24 hours, where nothing was built on it.

    Raises TooLateToWithdraw, BuiltUpon, AlreadyApplied.
    """
    row = _batch(session, actor, batch_id)
    if row.state != "applied" or row.applied_at is None:
        raise AlreadyApplied
    if now - row.applied_at > WITHDRAW_WITHIN:
        raise TooLateToWithdraw
    people = take_back(session, row)
    row.state, row.version = "withdrawn", row.version + 1
    undone = Written(people=people, undo=row.report["undo"])
    _tell(session, actor, row, undone, now, kind="roster.import.withdrawn", source="web",
          counts=row.report.get("counts", {}), reason=reason)
    return Report(row.id, row.kind, False, row.report.get("counts", {}), 0)


def discard(session: Session, actor: Actor, batch_id: str) -> None:
    """Drop a staged batch; its rows are erased."""
    row = _staged_batch(session, actor, batch_id)
    row.state, row.staged, row.decisions = "discarded", {"first_day": row.staged["first_day"]}, {}
    session.flush()


def _batch(session: Session, actor: Actor, batch_id: str) -> ImportBatch:
    scopes = {kind: actor.scope(p) for kind, p in READS.items() if actor.can(p)}
    row = find_batch(session, scopes, batch_id, lock=True)
    guard(actor, row.school_id)
    return row


def _staged_batch(session: Session, actor: Actor, batch_id: str) -> ImportBatch:
    row = _batch(session, actor, batch_id)
    if row.state != "staged":
        raise AlreadyApplied
    return row


def import_file(
    session: Session, actor: Actor, kind: Kind, reading: Reading, now: datetime, *, school_id: str | None = None,
    dry_run: bool = False, decisions: Mapping[str, Any] | None = None, key: bytes = b"", source: str = "cli",
) -> Report:
    """Import a file in one step, as the command line does: the same plan and the same writing as the pages.

    Without a decision for every question nothing is written: the report lists them (``applied``
    False, ``open_rows``). ``decisions`` is {"rows": ..., "gone": ..., "first_day": date}.
    """
    row = _new_batch(session, actor, school_id or actor.org_id, reading, now)
    current = plan_of(session, row, reading.entries)
    if decisions:
        _decide(row, current, decisions.get("rows", {}), decisions.get("gone", {}), decisions.get("first_day"), key)
        current = plan_of(session, row, reading.entries)
    waiting = tuple(line for line in current.lines if line.outcome in ("problem", "question"))
    gone = tuple(k.name for k in current.gone)
    if dry_run or waiting or not current.write_count:
        return Report("", kind, False, current.counts, 0, waiting, gone)
    row.staged = row.staged | {"content": reading.content}
    session.add(row)
    session.flush()
    report = _write(session, actor, row, current, now, source)
    return Report(report.batch_id, kind, True, report.counts, report.written, (), gone)
