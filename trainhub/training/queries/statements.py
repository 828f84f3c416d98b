"""Hours statements as pages show them. The public page finds one by its code and shows what is printed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.roster.models import Employment
from trainhub.training.models import HoursStatement
from trainhub.training.rules.statements import code_digest, is_code


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement: exactly what was printed, when, and whether it was revoked."""

    id: str
    district_id: str
    school_id: str
    person_id: str
    year_key: str
    printed: Mapping[str, Any]
    issued_at: datetime
    revoked_at: datetime | None


def statement_by_code(session: Session, code: str) -> Statement | None:
    """The statement of a code as typed, in whatever district. None for anything else. One statement."""
    if not is_code(code):
        return None
    row = session.scalars(select(HoursStatement).where(HoursStatement.code_hash == code_digest(code))).one_or_none()
    return _statement(row) if row else None


def staff_no_of(session: Session, statement: Statement) -> str:
    """The staff number at the school that issued a statement, "" where there is none. One statement."""
    query = (
        select(Employment.staff_no)
        .where(
            Employment.district_id == statement.district_id, Employment.school_id == statement.school_id,
            Employment.person_id == statement.person_id,
        )
        .order_by(Employment.from_on.desc())
        .limit(1)
    )
    return session.scalar(query) or ""


def statements_of(session: Session, district_id: str, person_id: str, year_key: str) -> list[Statement]:
    """Statements issued for a person in a year, newest first. One statement."""
    query = (
        select(HoursStatement)
        .where(
            HoursStatement.district_id == district_id, HoursStatement.person_id == person_id,
            HoursStatement.year_key == year_key,
        )
        .order_by(HoursStatement.issued_at.desc(), HoursStatement.id.desc())
    )
    return [_statement(row) for row in session.scalars(query)]


def _statement(row: HoursStatement) -> Statement:
    return Statement(row.id, row.district_id, row.school_id, row.person_id, row.year_key, dict(row.printed), row.issued_at, row.revoked_at)
