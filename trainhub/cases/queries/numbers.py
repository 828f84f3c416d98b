"""How references to a case, a concern or something in a case read in the access log: numbers, never names."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseParty, Concern


def reference_numbers(session: Session, district_id: str, refs: Collection[str]) -> dict[str, str]:
    """References among ``refs`` that are of this room, as they are written: 2026-03, 2026-03 A1, 线 2026-07. Three statements."""
    cases = select(CaseFile.id, CaseFile.year, CaseFile.number).where(CaseFile.district_id == district_id, CaseFile.id.in_(refs))
    parties = (
        select(CaseParty.id, CaseFile.year, CaseFile.number, CaseParty.code)
        .join(CaseFile, (CaseFile.district_id == CaseParty.district_id) & (CaseFile.id == CaseParty.case_id))
        .where(CaseParty.district_id == district_id, CaseParty.id.in_(refs))
    )
    concerns = select(Concern.id, Concern.year, Concern.number).where(Concern.district_id == district_id, Concern.id.in_(refs))
    return (
        {row.id: f"{row.year}-{row.number:02d}" for row in session.execute(cases)}
        | {row.id: f"{row.year}-{row.number:02d} {row.code}" for row in session.execute(parties)}
        | {row.id: concern_label(row.year, row.number) for row in session.execute(concerns)}
    )


def concern_label(year: int, number: int) -> str:
    """How a concern is numbered everywhere: 线 2026-04, so that nobody takes it for a case."""
    return f"线 {year}-{number:02d}"


def matter_labels(session: Session, district_id: str, refs: Collection[str]) -> dict[str, str]:
    """The numbers of cases and concerns among ``refs``, as notices name them. Two statements, none without references."""
    if not refs:
        return {}
    cases = select(CaseFile.id, CaseFile.year, CaseFile.number).where(CaseFile.district_id == district_id, CaseFile.id.in_(refs))
    concerns = select(Concern.id, Concern.year, Concern.number).where(Concern.district_id == district_id, Concern.id.in_(refs))
    return {row.id: f"案 {row.year}-{row.number:02d}" for row in session.execute(cases)} | {
        row.id: concern_label(row.year, row.number) for row in session.execute(concerns)
    }
