"""Reports upward: to bureau, police, city. Versions are added, never changed; what was late stays late (SB17-21, case 57)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.cases.models import CaseFile, CaseReport
from trainhub.cases.queries.access import parties_of
from trainhub.cases.rules import clocks
from trainhub.cases.rules.clocks import ClockKind
from trainhub.cases.rules.parties import CaseRefused, PartyRole
from trainhub.cases.rules.reporting import FACTS, Made, ReportForm, ReportKind, check_report
from trainhub.cases.service import timing
from trainhub.cases.service.noticing import settle, waits
from trainhub.cases.service.opening import own_case
from trainhub.cases.service.steps import note_step, notify
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.queries import policy_for

FACT_LENGTH = 4000
BUREAU = "bureau"
REPORTED_PAGE = "/cases/reported"
"""Where an officer of the bureau finds what was reported."""


@dataclass(frozen=True, slots=True)
class RecordReport:
    """A report that was made: which, how, to whom, what it said. ``facts`` by the names of ``rules.reporting.FACTS``."""

    case_id: str
    kind: str
    form: str
    to_whom: str
    reported_at: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    receiver: str = ""
    receipt_no: str = ""


def record_report(session: Session, ring: KeyRing, actor: Actor, command: RecordReport, now: datetime) -> str:
    """Write a report down and return its id; meets the duty it answers and starts the next one. Raises NotFound, CaseRefused."""
    case = own_case(session, actor, command.case_id, now, ended=True)
    if not case.discovered_at <= command.reported_at <= now:
        raise CaseRefused("report_moment", "reported_at")
    if len(command.receiver) > 80 or len(command.receipt_no) > 60 or any(len(text) > FACT_LENGTH for text in command.facts.values()):
        raise CaseRefused("report_words", "receiver")
    check_report(command.kind, command.form, command.to_whom, command.facts, _before(session, case))
    late = _answer(session, case, command)
    report_id = new_id()
    facts = {fact: command.facts.get(fact, "").strip() for fact in FACTS}
    session.add(CaseReport(
        district_id=case.district_id, id=report_id, school_id=case.school_id, case_id=case.id, number=_next(session, case), kind=command.kind,
        form=command.form, to_whom=command.to_whom, counts=_counts(session, case), receiver=command.receiver.strip(),
        sealed_facts=ring.seal(json.dumps(facts, ensure_ascii=False, sort_keys=True), place("case_report", "sealed_facts", report_id)),
        receipt_no=command.receipt_no.strip(), reported_at=command.reported_at, reported_by=actor.account_id, recorded_at=now, late=late,
    ))
    session.flush()
    note_step(session, actor, case, "reported", now, object_id=report_id, occurred_at=command.reported_at, changes={
        "kind": command.kind, "form": command.form, "office": command.to_whom, "late": late,
    })
    if not any(row.met_at is None and row.dropped_at is None for row in timing.rows_of(session, case, [ClockKind.REPORT_ORAL, ClockKind.REPORT_WRITTEN])):
        settle(session, case.district_id, ["report_due"], case.id, now)
    if command.to_whom == BUREAU and not waits(session, case.district_id, "case_reported", case.id):
        notify(session, case.district_id, case.district_id, "case_reported", now, role=Role.BUREAU_CASE_OFFICER, matter_id=case.id, link=REPORTED_PAGE)
    return report_id


def _before(session: Session, case: CaseFile) -> list[Made]:
    query = select(CaseReport.kind, CaseReport.form, CaseReport.to_whom).where(
        CaseReport.district_id == case.district_id, CaseReport.case_id == case.id
    )
    return [Made(*row) for row in session.execute(query)]


def _next(session: Session, case: CaseFile) -> int:
    """The case's row is locked: two reports never get one number."""
    query = select(func.max(CaseReport.number)).where(CaseReport.district_id == case.district_id, CaseReport.case_id == case.id)
    return (session.scalar(query) or 0) + 1


def _counts(session: Session, case: CaseFile) -> dict[str, int]:
    parties = parties_of(session, case)
    return {role.value: sum(role in party.roles for party in parties) for role in PartyRole}


def _answer(session: Session, case: CaseFile, command: RecordReport) -> bool:
    """Meet the deadline a report answers, start the one that follows. Returns whether it was late."""
    at, to_whom = command.reported_at, command.to_whom
    late = False
    if command.kind == ReportKind.FIRST:
        written = command.form == ReportForm.WRITTEN
        late = timing.meet(session, case, ClockKind.REPORT_WRITTEN if written else ClockKind.REPORT_ORAL, at, to_whom) or False
        if written:  # what was told in writing at once needs no telephone call beside it
            late = (timing.meet(session, case, ClockKind.REPORT_ORAL, at, to_whom) or False) or late
    else:
        late = timing.meet(session, case, ClockKind.REPORT_FOLLOW_UP, at, to_whom) or False
    if command.form == ReportForm.WRITTEN and command.kind != ReportKind.FINAL:
        policy = policy_for(session, case.district_id, case.school_id, local_day(at))
        timing.start(session, case, clocks.follow_up(policy, policy.version, to_whom, at))
    return late
