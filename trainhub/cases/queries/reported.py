"""What was reported to the bureau: headers of cases without a name, a code or a place (security.md section 3: case header, masked, district).

The file behind a header is opened by a consent of two people only; what is sealed is on no list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseDuty, CaseFile, CaseReport, CaseStep, Determination, SecondPerson
from trainhub.cases.queries.found import NOTHING, found_in
from trainhub.cases.rules.found import shown_state, shown_tier
from trainhub.cases.rules.lifecycle import STANDING
from trainhub.cases.rules.scales import TIERS
from trainhub.cases.rules.second import SecondKind
from trainhub.committees.queries.recusal import not_recused
from trainhub.kernel.actor import Actor
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import schools

PAGE = 50
_STANDS = [state.value for state in STANDING]
_SCHOOLS_STEP = "severity_lowered"


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A reported case by its header. ``late``: one of its reports came late; ``lowered``: it was given a milder tier.

    ``asked``: "" nothing asked by the reader, asked, granted; ``open_until``: the reader may open the file until then.
    """

    case_id: str
    school: str
    label: str
    state: str
    tier: str
    scale: str
    reported_at: datetime
    reports: int
    late: bool
    lowered: bool
    county_review: bool
    asked: str
    is_open: bool
    open_until: datetime | None


@dataclass(frozen=True, slots=True)
class ReportedPage:
    """One page of them, newest report first; ``after``: the key of the next page, "" on the last."""

    rows: tuple[ReportedRow, ...]
    after: str


def reported(session: Session, actor: Actor, now: datetime, *, after: str = "", school_id: str = "") -> ReportedPage:
    """Cases of the district that were reported to the bureau, without those from which the reader stepped aside. Six statements.

    Raises Forbidden.
    """
    scope = actor.scope(Permission.CASE_REPORTED_READ)
    first = _first_reports(actor.district_id)
    query = (
        select(CaseFile, first.c.at, first.c.reports, first.c.late)
        .join(first, first.c.case_id == CaseFile.id)
        .where(CaseFile.district_id == actor.district_id, CaseFile.sealed_at.is_(None), not_recused(actor, CaseFile.id))
    )
    if school_id:
        query = query.where(CaseFile.school_id == school_id)
    if after:
        query = query.where(CaseFile.id < after)
    found = session.execute(query.order_by(CaseFile.id.desc()).limit(PAGE + 1)).all()
    ids = [row[0].id for row in found[:PAGE]]
    names = {school.id: school.name for school in schools(session, scope)}
    lowered, asked, lent = _lowered(session, actor.district_id, found[:PAGE]), _asked(session, actor, ids, now), _lent(session, actor, ids, now)
    found_of = found_in(session, actor.district_id, ids)
    rows = tuple(
        ReportedRow(
            case.id, names.get(case.school_id, ""), f"{case.year}-{case.number:02d}", shown_state(case.state, found_of.get(case.id, NOTHING)),
            shown_tier(case.state, case.severity, found_of.get(case.id, NOTHING)), case.scale, at, reports, bool(late),
            case.id in lowered, case.county_review, asked.get(case.id, ""), case.id in lent, lent.get(case.id),
        )
        for case, at, reports, late in found[:PAGE]
    )
    return ReportedPage(rows, ids[-1] if len(found) > PAGE else "")


def _first_reports(district_id: str) -> Any:
    """When each case was first reported to the bureau, how often, and whether ever late."""
    return (
        select(
            CaseReport.case_id, func.min(CaseReport.reported_at).label("at"), func.count().label("reports"),
            func.count().filter(CaseReport.late.is_(True)).label("late"),
        )
        .where(CaseReport.district_id == district_id, CaseReport.to_whom == "bureau").group_by(CaseReport.case_id).subquery()
    )


def _lowered(session: Session, district_id: str, found: Sequence[Any]) -> frozenset[str]:
    """Cases whose school set a milder tier, or whose committee found a milder one than the school had set (domain.md case 57). Two statements."""
    ids = [row[0].id for row in found]
    steps = session.scalars(select(CaseStep.case_id).where(
        CaseStep.district_id == district_id, CaseStep.case_id.in_(ids), CaseStep.step == _SCHOOLS_STEP
    ).distinct())
    lowered = set(steps)
    highest: dict[str, int] = {}
    for case_id, tier in session.execute(select(Determination.case_id, Determination.tier).where(
        Determination.district_id == district_id, Determination.case_id.in_(ids), Determination.state.in_(_STANDS)
    )):
        highest[case_id] = max(highest.get(case_id, -1), TIERS.index(tier) if tier in TIERS else -1)
    for row in found:
        case = row[0]
        if case.id in highest and case.severity in TIERS and highest[case.id] < TIERS.index(case.severity):
            lowered.add(case.id)
    return frozenset(lowered)


def _asked(session: Session, actor: Actor, ids: Sequence[str], now: datetime) -> dict[str, str]:
    """What the reader asked for and may still get, by case. One statement."""
    query = select(SecondPerson.object_id, SecondPerson.state).where(
        SecondPerson.district_id == actor.district_id, SecondPerson.kind == SecondKind.FILE.value, SecondPerson.object_id.in_(ids),
        SecondPerson.asked_by == actor.account_id, SecondPerson.state.in_(("asked", "granted")), SecondPerson.expires_at > now,
    )
    return {row.object_id: row.state for row in session.execute(query)}


def _lent(session: Session, actor: Actor, ids: Sequence[str], now: datetime) -> dict[str, datetime | None]:
    """Until when the reader may open the file, by case; None: no end was set. One statement."""
    query = select(CaseDuty.case_id, CaseDuty.to_at).where(
        CaseDuty.district_id == actor.district_id, CaseDuty.case_id.in_(ids), CaseDuty.account_id == actor.account_id, CaseDuty.from_at <= now,
        or_(CaseDuty.to_at.is_(None), CaseDuty.to_at > now),
    )
    return {row.case_id: row.to_at for row in session.execute(query.order_by(CaseDuty.to_at.is_(None), CaseDuty.to_at))}
