"""What the findings of cases come to today, and what is still owed to those who were told of one that fell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseRecipient, CaseStep, Determination, EvaluationEntry
from trainhub.cases.rules.found import FoundNow, found_now
from trainhub.cases.rules.lifecycle import STANDING, DeterminationState

NOTHING = FoundNow()


def found_in(session: Session, district_id: str, case_ids: Collection[str]) -> dict[str, FoundNow]:
    """What was found, by case; cases without any version are not in it. One statement."""
    query = select(Determination.case_id, Determination.state, Determination.outcome, Determination.tier).where(
        Determination.district_id == district_id, Determination.case_id.in_(case_ids)
    )
    rows: dict[str, list[tuple[str, str, str]]] = {}
    for case_id, state, outcome, tier in session.execute(query) if case_ids else ():
        rows.setdefault(case_id, []).append((state, outcome, tier))
    return {case_id: found_now(versions) for case_id, versions in rows.items()}


def uncorrected(session: Session, district_id: str, case_ids: Collection[str]) -> frozenset[str]:
    """The cases in which somebody still holds a finding that fell. Two statements, none without cases."""
    if not case_ids:
        return frozenset()

    def owing(model: Any, due: Any, done: Any) -> set[str]:
        query = select(model.case_id).where(model.district_id == district_id, model.case_id.in_(case_ids), due.is_not(None), done.is_(None))
        return set(session.scalars(query.distinct()))

    return frozenset(
        owing(CaseRecipient, CaseRecipient.correction_due_at, CaseRecipient.corrected_at)
        | owing(EvaluationEntry, EvaluationEntry.recall_due_at, EvaluationEntry.recalled_at)
    )


@dataclass(frozen=True, slots=True)
class Ending:
    """How a version ended: its state, when, by which decision of the county, by which version it was followed; "" where there is none."""

    state: str
    at: datetime | None
    decision_no: str
    fresh_no: str


_AWAY = frozenset(DeterminationState) - STANDING - {DeterminationState.PROPOSED}


def ending_of(session: Session, district_id: str, determination_id: str) -> Ending | None:
    """How a version ended, None of one that stands or is only proposed. At most three statements."""
    row = session.get(Determination, (district_id, determination_id))
    if row is None or DeterminationState(row.state) not in _AWAY:
        return None
    step = session.scalars(select(CaseStep.changes).where(
        CaseStep.district_id == district_id, CaseStep.case_id == row.case_id, CaseStep.object_id == row.id, CaseStep.to_state == row.state
    ).order_by(CaseStep.recorded_at.desc()).limit(1)).first() or {}
    fresh = session.get(Determination, (district_id, str(step.get("by") or ""))) if step.get("by") else None
    return Ending(row.state, row.ended_at, str(step.get("decision_no") or ""), fresh.number if fresh is not None else "")
