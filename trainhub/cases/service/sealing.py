"""Sealing (封存): a closed case whose follow-up is over leaves every list, search, export and count by name, and stays in anonymous numbers.

Automatic, by the day on which it was to be sealed; in batches, each a transaction of its own, so that a worker killed at any point
leaves whole batches behind and the next one goes on. Sealing deletes nothing. Sources: 预防未成年人犯罪法 §3, §59; domain.md section 6.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseClock, CaseDuty, CaseFile, CaseNotice, CaseRecipient, CaseStep, EvaluationEntry
from trainhub.cases.rules.lifecycle import CaseState
from trainhub.committees.service.sealing import seal_matters
from trainhub.kernel.actor import SYSTEM
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.ledger.service import NewEntry, append_many

BATCH = 500
Blocked = Callable[[Session, str, Collection[str]], Collection[str]]
"""(session, district, case ids) -> those that something above the case still needs: a plan, a follow-up, an appeal."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a batch did: how many were sealed, the last case it looked at ("" where nothing was left)."""

    count: int
    last_id: str


def seal_due(session: Session, district_id: str, now: datetime, blocked: Blocked, *, after: str = "", batch: int = BATCH) -> Sealed:
    """Seal one batch of the cases that are due, in order of their ids after ``after``. A constant number of statements per school.

    A case that something still needs, or that owes a correction to anybody, is left for another day.
    """
    due = select(CaseFile.id, CaseFile.school_id, CaseFile.version).where(
        CaseFile.district_id == district_id, CaseFile.state == CaseState.CLOSED.value, CaseFile.seal_due_on <= local_day(now), CaseFile.id > after,
    ).order_by(CaseFile.id).limit(batch).with_for_update()
    found = session.execute(due).all()
    if not found:
        return Sealed(0, "")
    ids = [row.id for row in found]
    held = set(blocked(session, district_id, ids)) | _owing(session, district_id, ids)
    rows = [row for row in found if row.id not in held]
    if rows:
        _seal(session, district_id, rows, now)
    return Sealed(len(rows), ids[-1] if len(found) == batch else "")


def _owing(session: Session, district_id: str, ids: Sequence[str]) -> set[str]:
    """Cases in which somebody still holds a finding that fell."""
    told = session.scalars(select(CaseRecipient.case_id).where(
        CaseRecipient.district_id == district_id, CaseRecipient.case_id.in_(ids), CaseRecipient.correction_due_at.is_not(None),
        CaseRecipient.corrected_at.is_(None),
    ))
    entries = session.scalars(select(EvaluationEntry.case_id).where(
        EvaluationEntry.district_id == district_id, EvaluationEntry.case_id.in_(ids), EvaluationEntry.recall_due_at.is_not(None),
        EvaluationEntry.recalled_at.is_(None),
    ))
    return set(told) | set(entries)


def _seal(session: Session, district_id: str, rows: Sequence[Any], now: datetime) -> None:
    ids = [row.id for row in rows]
    mine = {"synchronize_session": False}
    session.execute(
        update(CaseFile).where(CaseFile.district_id == district_id, CaseFile.id.in_(ids))
        .values(state=CaseState.SEALED.value, sealed_at=now, updated_at=now, version=CaseFile.version + 1), execution_options=mine,
    )
    session.execute(
        update(CaseDuty).where(CaseDuty.district_id == district_id, CaseDuty.case_id.in_(ids), CaseDuty.to_at.is_(None))
        .values(to_at=now, reason="sealed", ended_by=SYSTEM), execution_options=mine,
    )
    session.execute(
        update(CaseClock).where(CaseClock.district_id == district_id, CaseClock.case_id.in_(ids), CaseClock.met_at.is_(None), CaseClock.dropped_at.is_(None))
        .values(dropped_at=now), execution_options=mine,
    )
    session.execute(
        update(CaseNotice).where(CaseNotice.district_id == district_id, CaseNotice.matter_id.in_(ids), CaseNotice.done_at.is_(None))
        .values(done_at=now), execution_options=mine,
    )
    seal_matters(session, district_id, ids, now)
    before, after = CaseState.CLOSED.value, CaseState.SEALED.value
    session.execute(insert(CaseStep), [
        {
            "district_id": district_id, "case_id": row.id, "id": new_id(), "step": "moved", "object_id": "", "from_state": before,
            "to_state": after, "changes": {}, "actor_id": SYSTEM, "acting_role": "system", "policy_version": 0, "recorded_at": now,
        }
        for row in rows
    ])
    by_school: dict[str, list[NewEntry]] = defaultdict(list)
    for row in rows:
        by_school[row.school_id].append(NewEntry(
            district_id=district_id, school_id=row.school_id, kind="case.moved", subject_ref=row.id, object_ref=row.id,
            payload={"from": before, "to": after, "version": row.version + 1}, occurred_at=now, recorded_at=now, actor_ref=SYSTEM,
            acting_role="system", source="job",
        ))
    for school_id in sorted(by_school):
        append_many(session, by_school[school_id])
