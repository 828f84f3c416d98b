"""How references to an appeal read in the access log: numbers, never names."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.appeals.models import Appeal


def reference_numbers(session: Session, district_id: str, refs: Collection[str]) -> dict[str, str]:
    """References among ``refs`` that are appeals, as they are written: 2026-3. One statement."""
    query = select(Appeal.id, Appeal.year, Appeal.number).where(Appeal.district_id == district_id, Appeal.id.in_(refs))
    return {row.id: f"{row.year}-{row.number}" for row in session.execute(query)}
