"""Which cases an appeal still holds up, and on which findings the county has ordered a stay."""

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal
from trainhub.appeals.rules.lifecycle import BEFORE_DECISION, ENDED
from trainhub.cases.rules.lifecycle import CaseFacts

_OPEN = Appeal.state.not_in([state.value for state in ENDED])


def blocking(session: Session, district_id: str, case_ids: Collection[str]) -> set[str]:
    """Case ids with an appeal that has not ended. One statement."""
    query = select(Appeal.case_id).where(Appeal.district_id == district_id, Appeal.case_id.in_(case_ids), _OPEN)
    return set(session.scalars(query))


def open_appeals(session: Session, district_id: str, case_id: str) -> int:
    """How many appeals of a case have not ended."""
    query = select(func.count()).where(Appeal.district_id == district_id, Appeal.case_id == case_id, _OPEN)
    return int(session.scalar(query) or 0)


def stays_on(session: Session, district_id: str, determination_ids: Collection[str]) -> frozenset[str]:
    """Of these findings those on which a stay runs until the appeal is decided (``education_plans.registry``). One statement."""
    query = select(Appeal.determination_id).where(
        Appeal.district_id == district_id, Appeal.determination_id.in_(determination_ids), Appeal.track == "determination",
        Appeal.stayed_at.is_not(None), Appeal.stay_ended_at.is_(None), Appeal.state.in_([state.value for state in BEFORE_DECISION]),
    )
    return frozenset(session.scalars(query))


def appeal_facts(session: Session, district_id: str, case_id: str, facts: CaseFacts) -> CaseFacts:
    """What this room knows of a case: a source of facts (``cases.registry``). One statement."""
    return replace(facts, appeals_open=open_appeals(session, district_id, case_id))
