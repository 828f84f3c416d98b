"""Claims of sources about people: filed once, reconciled by rule, or kept waiting until somebody decides.

The only way by which a source other than a mark by hand reaches a record. Imports file what they were
checked to state; a scan, a device or a leave states it here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceClaim, AttendanceDecision, AttendanceSheet
from trainhub.attendance.queries.claims import open_conflicts, said_on
from trainhub.attendance.reconciliation import (
    Claim,
    Conflict,
    Decision,
    about,
    current_claims,
    reconcile,
    settled,
)
from trainhub.attendance.roll_rules import LEAVE_TYPES, THERE, Frame, Head, Statement, apply
from trainhub.attendance.service.commands import NothingToSettle, SettleConflicts
from trainhub.attendance.service.heads import Change, Save, frame_of, heads_of, locked_sheet, open_for_marks, save
from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import upsert
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.service import NewEntry, append

Statements = Sequence[tuple[str, Claim]]
"""(person, what a source states about them)."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What became of statements: heads that changed, people whose sources disagree now, claims known before."""

    changed: tuple[Head, ...]
    waiting: tuple[str, ...]
    unchanged: int
    kept: tuple[str, ...] = ()


def file_claims(session: Session, sheet: AttendanceSheet, statements: Statements, filed_by: str, now: datetime) -> list[str]:
    """Keep claims beside the records, and return whose claims are new. Two statements for any number.

    The same line of the same source again changes nothing; one that says something else than the last
    becomes the newest statement of its source. The sheet must be locked by the caller.
    """
    held = said_on(session, sheet.district_id, sheet.id, {person for person, _ in statements}).claims
    rows = {}
    for person, claim in statements:
        newest = next((c for c in current_claims(held.get(person, ())) if c.source == claim.source), None)
        if newest is None or _says(newest) != _says(claim):
            rows[person, claim.source, claim.external_id, claim.raw_sha256] = _row(sheet, person, claim, filed_by, now)
    if rows:
        statement = upsert(session, AttendanceClaim)
        keys = ("district_id", "sheet_id", "person_id", "source", "external_id", "raw_sha256")
        values = list(rows.values())
        session.execute(statement.on_conflict_do_update(
            index_elements=list(keys), set_={k: statement.excluded[k] for k in values[0] if k not in keys}
        ), values, execution_options={"render_nulls": True})  # one statement, whichever times are known
    return list(dict.fromkeys(key[0] for key in rows))


def _says(claim: Claim) -> tuple[Any, ...]:
    return claim.external_id, claim.raw_sha256, claim.status, claim.minutes


def _row(sheet: AttendanceSheet, person: str, claim: Claim, filed_by: str, now: datetime) -> dict[str, Any]:
    return {
        "district_id": sheet.district_id, "sheet_id": sheet.id, "person_id": person, "source": claim.source,
        "external_id": claim.external_id[:96], "raw_sha256": claim.raw_sha256, "trust": claim.trust, "status": claim.status,
        "leave_type": claim.leave_type, "arrived_at": claim.arrived_at, "left_at": claim.left_at,
        "late_minutes": claim.late_minutes, "minutes": claim.minutes, "face_to_face": claim.face_to_face, "stated": claim.stated,
        "batch_id": claim.batch_id or None, "file_name": claim.file_name[-200:], "row": claim.row,
        "cells": [c[:80] for c in claim.cells[:12]], "said_at": now, "filed_by": filed_by or None, "withdrawn_at": None,
    }


def withdraw_claims(
    session: Session, sheet: AttendanceSheet, now: datetime, *, batch_id: str = "", external_id: str = ""
) -> None:
    """Let claims of a batch, or of one line, stand no longer. They stay readable."""
    query = update(AttendanceClaim).where(
        AttendanceClaim.district_id == sheet.district_id, AttendanceClaim.sheet_id == sheet.id, AttendanceClaim.withdrawn_at.is_(None)
    )
    named = AttendanceClaim.batch_id == batch_id if batch_id else AttendanceClaim.external_id == external_id
    session.execute(query.where(named).values(withdrawn_at=now))


def state_claims(
    session: Session, actor: Actor, sheet: AttendanceSheet, statements: Statements, how: Save, now: datetime,
    *, only_unmarked: bool = False,
) -> Stated:
    """File what a source states about people of an open sheet, and let the rules decide.

    A winner by precedence becomes the record; a contradiction waits and changes nothing; a loser stays
    as evidence. ``only_unmarked``: the statement never takes the place of a mark (leave entered late).
    The caller has locked the sheet and checked the permission. Raises SheetClosed. People who are not on
    the sheet are left out. Seven statements for any number of people.
    """
    open_for_marks(sheet)
    heads = heads_of(session, sheet, {p for p, _ in statements})  # a scan needs one row of three hundred
    here = [(p, c) for p, c in statements if p in heads]
    new = file_claims(session, sheet, here, actor.account_id, now)
    said = said_on(session, sheet.district_id, sheet.id, {p for p, _ in here})
    changes, waiting, kept = [], [], []
    for person in dict.fromkeys(p for p, _ in here):
        head, claims = heads[person], said.claims.get(person, ())
        found = settled(reconcile(about(head, claims)), said.decisions.get(person, ()))
        if isinstance(found, Conflict):
            waiting.append(person)
            continue
        after = _winning(head, found, frame_of(sheet), actor, now)
        if after is None:
            continue
        if only_unmarked and head.status is not None:
            kept.append(person)
        else:
            changes.append(Change(head, after))
    save(session, actor, sheet, changes, how, now)
    return Stated(tuple(c.after for c in changes), tuple(waiting), len({p for p, _ in here}) - len(new), tuple(kept))


def _winning(head: Head, found: Decision, frame: Frame, actor: Actor, now: datetime) -> Head | None:
    """The record that follows from a decision; None where it stands already."""
    winner = found.winner
    if winner is None or winner.source == "manual":
        return None
    after = head_of(winner, head, frame, actor, now)
    if (after.state, after.minutes, after.source) == (head.state, head.minutes, head.source):
        return None
    return after


def head_of(claim: Claim, head: Head, frame: Frame, actor: Actor, now: datetime) -> Head:
    """Return the record as a claim would have it. Minutes are those the evidence was scored with."""
    leave = claim.leave_type if claim.leave_type in LEAVE_TYPES else ""
    after = apply(head, Statement(claim.status, leave, claim.arrived_at, None, claim.left_at), frame, frame.ends_at)
    minutes = after.minutes if claim.minutes is None else claim.minutes
    online = () if claim.face_to_face else ("online_evidence",)
    once = ("single_punch",) if claim.source.startswith("device") and claim.minutes is None and claim.status in THERE else ()
    return replace(after, minutes=minutes, source=claim.source, review=(*after.review, *online, *once),
                   marked_by=actor.account_id, marked_at=now)


def settle_conflicts(session: Session, actor: Actor, command: SettleConflicts, now: datetime) -> int:
    """Take sides in conflicts of an open roll, and return how many were decided.

    Each choice names the conflict as it was shown; one whose evidence changed since, or which is no
    conflict any more, is left alone. Records, history, decisions and one ledger entry are written
    together. Raises NothingToSettle, SheetClosed, NotFound.
    """
    sheet = locked_sheet(session, actor, Permission.ROLL_WRITE, command.sheet_id)
    open_for_marks(sheet)
    heads = heads_of(session, sheet)
    waiting = open_conflicts(said_on(session, sheet.district_id, sheet.id), heads)
    taken: dict[str, tuple[Conflict, Claim]] = {}
    for choice in command.choices:
        conflict = waiting.get(choice.person_id)
        side = conflict.side(choice.side) if conflict and conflict.digest == choice.conflict else None
        if conflict is not None and side is not None:
            taken[choice.person_id] = (conflict, side)
    if not taken:
        raise NothingToSettle
    changes = []
    for person, (_conflict, side) in taken.items():
        after = head_of(side, heads[person], frame_of(sheet), actor, now)
        if side.source != heads[person].source or after.state != heads[person].state:
            changes.append(Change(heads[person], after))
    decide(session, actor, sheet, taken, command.how, now)
    if changes:
        details = {"decisions": decision_facts(taken)}
        save(session, actor, sheet, changes, Save(f"settle-{new_id()}", "reconciled", kind="roll.reconciled", details=details), now)
    else:
        record_decisions(session, actor, sheet, taken, now)
    return len(taken)


def decide(
    session: Session, actor: Actor, sheet: AttendanceSheet, taken: Mapping[str, tuple[Conflict, Claim]], how: str, now: datetime
) -> None:
    """Write who took which side, with the evidence as it stood. One statement."""
    if not taken:
        return
    session.execute(insert(AttendanceDecision), [
        {
            "district_id": sheet.district_id, "sheet_id": sheet.id, "id": new_id(), "person_id": person,
            "conflict_sha256": conflict.digest, "code": conflict.code, "side": side.key, "source": side.source,
            "raw_sha256": side.raw_sha256, "status": side.status, "sides": [_shown(c) for c in conflict.sides], "how": how,
            "decided_by": actor.account_id, "acting_role": actor.role.value, "decided_at": now,
        }
        for person, (conflict, side) in taken.items()
    ])


def _shown(claim: Claim) -> dict[str, Any]:
    return {
        "source": claim.source, "status": claim.status, "leave": claim.leave_type, "minutes": claim.minutes,
        "arrived_at": claim.arrived_at.isoformat() if claim.arrived_at else None,
        "left_at": claim.left_at.isoformat() if claim.left_at else None,
        "file": claim.file_name, "row": claim.row, "sha256": claim.raw_sha256,
    }


def decision_facts(taken: Mapping[str, tuple[Conflict, Claim]]) -> list[dict[str, Any]]:
    """What the ledger keeps of decisions: ids, sources and hashes, never a name or a cell."""
    return [
        {"person": person, "code": conflict.code, "took": side.source, "sha256": side.raw_sha256, "status": side.status,
         "against": [{"source": c.source, "sha256": c.raw_sha256, "status": c.status} for c in conflict.sides if c != side]}
        for person, (conflict, side) in taken.items()
    ]


def record_decisions(
    session: Session, actor: Actor, sheet: AttendanceSheet, taken: Mapping[str, tuple[Conflict, Claim]], now: datetime
) -> None:
    """The ledger entry of decisions that left every record as it stood."""
    append(session, NewEntry(
        district_id=sheet.district_id, school_id=sheet.school_id, kind="roll.reconciled", subject_ref=sheet.subject_id,
        object_ref=sheet.id, payload={"revision": sheet.revision, "people": [], "decisions": decision_facts(taken)},
        occurred_at=now, recorded_at=now, actor_ref=actor.account_id, acting_role=actor.role.value, source="reconciled",
    ))
