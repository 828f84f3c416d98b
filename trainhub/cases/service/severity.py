"""How grave a case is taken to be, who else handles it, and what stands beside its state (domain.md cases 53, 55-57).

A graver tier brings duties to report at once. A milder one ends none of them, and where the tier had to be reported it needs a
second person: the request lies in ``second_person`` (kind ``downgrade``), and only a granted one is carried out here, once.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseReport, SecondPerson
from trainhub.cases.queries.clocks import clock_of
from trainhub.cases.queries.refs import latest_determinations
from trainhub.cases.rules.clocks import PAUSED_BY_POLICE, ClockKind, report
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.scales import TIERS, scale
from trainhub.cases.service import timing
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import note_step, notify
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState
from trainhub.kernel.permissions import Role
from trainhub.roster.queries import policy_for

LOWER_REASONS = ("new_facts", "mistaken_entry", "police_finding", "committee_finding")


class SecondPersonNeeded(DomainError):
    """The step needs a request and another person's consent first: ``second.ask`` of kind ``kind``."""

    code = "case_second_needed"
    status = 409


@dataclass(frozen=True, slots=True)
class SetSeverity:
    """A tier of the case's scale. ``reason``: one of LOWER_REASONS where it is milder than the one before."""

    case_id: str
    severity: str
    reason: str = ""
    second_id: str = ""


def set_severity(session: Session, actor: Actor, command: SetSeverity, now: datetime, *, seen_version: int | None = None) -> None:
    """Set the working tier. Graver: at once, with its duties to report.

    Milder: with a reason; from a tier that must be reported only with a granted request. Raises NotFound, CaseRefused,
    SecondPersonNeeded, StaleVersion.
    """
    case = own_case(session, actor, command.case_id, now, seen_version=seen_version)
    if command.severity not in TIERS:
        raise CaseRefused("severity", "severity")
    if command.severity == case.severity:
        return
    words = scale(case.scale)
    lower = words.is_lower(command.severity, case.severity)
    second = None
    if lower:
        if command.reason not in LOWER_REASONS:
            raise CaseRefused("lower_reason", "reason")
        if words.reports_to(case.severity):
            second = granted_request(session, case, "downgrade", command.second_id, now, {"severity": command.severity})
    before, case.severity = case.severity, command.severity
    note_step(session, actor, case, "severity_lowered" if lower else "severity", now, changes={
        "before": before, "after": command.severity, "reason": command.reason if lower else "",
        "second": second.id if second else "", "second_by": (second.decided_by or "") if second else "",
    })
    if second is not None:
        use_request(second, now)
    _follow(session, case, lower=lower, now=now)


def _follow(session: Session, case: CaseFile, *, lower: bool, now: datetime) -> None:
    """What a new tier brings: duties to report; a milder one on a case that was reported is told to the bureau."""
    policy = policy_for(session, case.district_id, case.school_id, local_day(now))
    offices = timing.owe_reports(session, case, policy, since=now)
    if offices:
        for role in (Role.CASE_OFFICER, Role.PRINCIPAL):
            notify(session, case.district_id, case.school_id, "report_due", now, role=role, matter_id=case.id, link="/cases")
    if lower and is_reported(session, case):
        notify(session, case.district_id, case.district_id, "case_lowered", now, role=Role.BUREAU_CASE_OFFICER, matter_id=case.id, link="/cases/reported")


def is_reported(session: Session, case: CaseFile) -> bool:
    """Whether the bureau has heard of a case."""
    query = select(CaseReport.id).where(
        CaseReport.district_id == case.district_id, CaseReport.case_id == case.id, CaseReport.to_whom == "bureau"
    )
    return session.scalar(query.limit(1)) is not None


def granted_request(session: Session, case: CaseFile, kind: str, second_id: str, now: datetime, parameters: dict[str, Any]) -> SecondPerson:
    """The request that another person granted for exactly this step, unused and in force, locked. Raises SecondPersonNeeded."""
    query = select(SecondPerson).where(
        SecondPerson.district_id == case.district_id, SecondPerson.case_id == case.id, SecondPerson.kind == kind, SecondPerson.id == second_id
    )
    row = session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.state != "granted" or (row.expires_at is not None and row.expires_at <= now):
        raise SecondPersonNeeded(kind=kind)
    if any(row.parameters.get(key) != value for key, value in parameters.items()) or row.decided_by in {None, row.asked_by}:
        raise SecondPersonNeeded(kind=kind)
    return row


def use_request(row: SecondPerson, now: datetime) -> None:
    """Mark a granted request as used: it holds once."""
    row.state, row.used_at = "used", now


def check_extension(session: Session, case: CaseFile, days: int) -> None:
    """Refuse an extension that the rules do not know, before anybody is asked for it. Raises CaseRefused, ExtensionRefused."""
    row = timing.find(session, case, ClockKind.INVESTIGATION, open_only=True)
    if row is None:
        raise CaseRefused("no_clock", "days")
    clock_of(row).extended(days)


def extend_investigation(session: Session, actor: Actor, case_id: str, days: int, second_id: str, now: datetime) -> None:
    """Give the investigation more days, once, as far as the rules allow, on the principal's consent (kind ``extension``).

    Raises NotFound, SecondPersonNeeded, ExtensionRefused.
    """
    case = own_case(session, actor, case_id, now)
    second = granted_request(session, case, "extension", second_id, now, {"days": days})
    row = timing.find(session, case, ClockKind.INVESTIGATION, open_only=True)
    if row is None:
        raise CaseRefused("no_clock", "days")
    timing.put(row, clock_of(row).extended(days))
    use_request(second, now)
    note_step(session, actor, case, "extended", now, object_id=row.id, changes={
        "days": days, "due_at": row.due_at.isoformat(), "second": second.id, "second_by": second.decided_by or "",
    })


def police_take_over(session: Session, actor: Actor, case_id: str, document: str, now: datetime, *, since: datetime | None = None) -> None:
    """The police lead from now on, by a paper of theirs: finding facts rests; notices, reports and help go on. Raises CaseRefused."""
    case = own_case(session, actor, case_id, now)
    if case.police_since is not None:
        raise InvalidState(state="police", wanted="police")
    if not document.strip() or len(document) > 120:
        raise CaseRefused("police_document", "document")
    moment = since or now
    if moment > now or moment < case.discovered_at:
        raise CaseRefused("future_moment", "since")
    case.police_since, case.police_document = moment, document.strip()
    moved = timing.pause(session, case, PAUSED_BY_POLICE, moment)
    note_step(session, actor, case, "police_took_over", now, changes={"since": moment.isoformat(), "paused": moved}, occurred_at=moment)


def police_hand_back(session: Session, actor: Actor, case_id: str, document: str, now: datetime, *, finding: str = "") -> None:
    """The police are done: facts are found again, as much later as it rested. ``finding``: punished, not_punished, left_open.

    Where they punished what the committee did not call bullying, both records stand and the county looks again (case 56).
    """
    case = own_case(session, actor, case_id, now, ended=True)
    if case.police_since is None:
        raise InvalidState(state="no_police", wanted="handed_back")
    if not document.strip() or len(document) > 120 or finding not in {"", "punished", "not_punished", "left_open"}:
        raise CaseRefused("police_document", "document")
    case.police_since, case.police_document = None, document.strip()
    moved = timing.resume(session, case, PAUSED_BY_POLICE, now)
    note_step(session, actor, case, "police_handed_back", now, changes={"finding": finding, "running": moved})
    if finding == "punished":
        flag_if_contradicted(session, actor, case, now)


def note_police_finding(session: Session, actor: Actor, case_id: str, document: str, finding: str, now: datetime) -> None:
    """Note what police or a court found, at whatever point. Both records stand; a contradiction asks the county to look (case 56)."""
    case = own_case(session, actor, case_id, now, ended=True)
    if finding not in {"punished", "not_punished"} or not document.strip() or len(document) > 120:
        raise CaseRefused("police_document", "document")
    case.police_document = document.strip()
    note_step(session, actor, case, "police_found", now, changes={"finding": finding})
    if finding == "punished":
        flag_if_contradicted(session, actor, case, now)


def flag_if_contradicted(session: Session, actor: Actor, case: CaseFile, now: datetime) -> None:
    """Ask the county to look where the committee found no bullying and police or court punished. Nothing else changes."""
    found = latest_determinations(session, case.district_id, case.id).values()
    if case.county_review or not any(one.stands and one.outcome in {"not_bullying", "not_proven"} for one in found):
        return
    case.county_review = True
    note_step(session, actor, case, "county_review", now)
    notify(session, case.district_id, case.district_id, "county_review", now, role=Role.BUREAU_CASE_OFFICER, matter_id=case.id, link="/cases/reported")


def set_high_attention(session: Session, actor: Actor, case_id: str, high: bool, now: datetime) -> None:
    """Much attention: the city's education authority hears as well (SB18). Raises NotFound."""
    case = own_case(session, actor, case_id, now)
    if case.high_attention == high:
        return
    case.high_attention = high
    note_step(session, actor, case, "high_attention" if high else "no_high_attention", now)
    if high and not timing.rows_of(session, case, [ClockKind.REPORT_WRITTEN], "city"):
        policy = policy_for(session, case.district_id, case.school_id, local_day(now))
        timing.start(session, case, report(policy, policy.version, ClockKind.REPORT_WRITTEN, "city", now))

