"""The page of one case: what every reader of it sees, and what only a ticket of the access log opens."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseDuty,
    CaseEvidence,
    CaseFile,
    CaseGuardian,
    CaseNarrative,
    CaseParty,
    CaseReport,
    CaseStep,
    Concern,
    GuardianNotice,
    Interview,
)
from trainhub.cases.queries.access import parties_of, seen_case, visible
from trainhub.cases.queries.clocks import clocks_of
from trainhub.cases.queries.committee import BeforeCommittee, before_committee
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.queries.found import NOTHING, found_in
from trainhub.cases.queries.numbers import concern_label
from trainhub.cases.rules.clocks import Clock
from trainhub.cases.rules.found import annulled, shown_state, shown_tier
from trainhub.cases.rules.lifecycle import CASE_STEPS, CaseState, missing_for
from trainhub.cases.rules.next_steps import REPORTS, after_annulment, next_step
from trainhub.cases.rules.parties import BEGINNING, SIDES, About, Attempt, Standing, standing
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place

CASE = "case"
"""``object_kind`` of a reading that opens the texts of a case."""
MATRIX = (("told", BEGINNING), ("hearing", frozenset({About.HEARING})), ("determination", frozenset({About.DETERMINATION})))


@dataclass(frozen=True, slots=True)
class PartyRow:
    """A party under its code. ``told`` says for each column of the matrix how far telling its guardians has come."""

    party_id: str
    code: str
    roles: tuple[str, ...]
    grade: int | None
    stage: str
    here: bool
    left_on: date | None
    guardians: int
    restricted: int
    told: tuple[tuple[str, Standing], ...]
    owed: bool
    of_age_on: date | None = None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A step in the history: what, when, by which role."""

    step: str
    at: datetime
    role: str
    before: str
    after: str
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InterviewRow:
    """A talk. ``text`` is empty without a ticket."""

    interview_id: str
    code: str
    starts_at: datetime
    ends_at: datetime
    place_kind: str
    adult_present: str
    no_adult_reason: str
    read_back: bool
    corrects: bool
    text: str = ""
    party_id: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """A thing of evidence. ``title`` is empty without a ticket."""

    evidence_id: str
    kind: str
    received_from: str
    added_at: datetime
    withdrawn: bool
    has_file: bool
    title: str = ""
    file_id: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report upward. ``facts`` is empty without a ticket."""

    number: int
    kind: str
    form: str
    to_whom: str
    reported_at: datetime
    receiver: str
    receipt_no: str
    late: bool
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DutyRow:
    """A dated right of an account."""

    duty_id: str
    account_id: str
    duty: str
    party_id: str
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class LinkedCase:
    """A case before or after this one, of the same pupils (domain.md case 85)."""

    case_id: str
    label: str


@dataclass(frozen=True, slots=True)
class CasePage:
    """A case as its page shows it. ``leads``: the actor's school leads it, else it sees its own pupils only (case 51)."""

    case_id: str
    label: str
    version: int
    school_id: str
    state: str
    severity: str
    scale: str
    happened_on: date | None
    place_kind: str
    means: tuple[str, ...]
    discovered_at: datetime
    accepted_at: datetime
    procedure_at: datetime | None
    police_since: datetime | None
    police_document: str
    joint: bool
    high_attention: bool
    county_review: bool
    leads: bool
    relapse: bool
    concerns: tuple[str, ...]
    parties: tuple[PartyRow, ...]
    clocks: tuple[Clock, ...]
    step: str
    missing: tuple[str, ...]
    may_go: tuple[str, ...]
    steps: tuple[StepRow, ...]
    interviews: tuple[InterviewRow, ...]
    evidence: tuple[EvidenceRow, ...]
    reports: tuple[ReportRow, ...]
    duties: tuple[DutyRow, ...]
    wordings: int
    narrative: str = ""
    earlier: tuple[LinkedCase, ...] = ()
    later: tuple[LinkedCase, ...] = ()
    ended_reason: str = ""
    double_of: LinkedCase | None = None
    holding: tuple[str, ...] = ()  # what keeps a case at its follow-up from its end, as codes
    shown: str = ""  # the state in words: of a case whose finding fell, that it fell
    tier: str = ""  # how grave it is said to be: the gravest finding that stands, the working tier before there is any
    sitting: BeforeCommittee | None = None  # for what it waits while the committee has it

    @property
    def codes(self) -> dict[str, str]:
        """Codes by party id."""
        return {party.party_id: party.code for party in self.parties}


def case_page(
    session: Session, actor: Actor, case_id: str, now: datetime, *, ring: KeyRing | None = None, opening: Opening | None = None
) -> CasePage:
    """One case that exists for the actor. With a ticket for this very case its texts as well, else none. Raises NotFound, UnloggedRead.

    A constant number of statements.
    """
    case = seen_case(session, actor, Permission.CASE_READ, case_id, now)
    if opening is not None:
        opening.require(case.district_id, CASE, case.id)
    words = ring if opening is not None else None
    leads = case.school_id == actor.org_id or not case.joint or actor.org_id == case.district_id
    parties = [party for party in parties_of(session, case) if leads or party.school_id == actor.org_id]
    clocks = clocks_of(session, case.district_id, [case.id]).get(case.id, [])
    facts, state = case_facts(session, case), CaseState(case.state)
    found = found_in(session, case.district_id, [case.id]).get(case.id, NOTHING)
    fallen = after_annulment(state, owing=facts.corrections_open > 0) if annulled(case.state, found) else ""
    mine = {party.id for party in parties}
    sitting = before_committee(session, [case], now)[case.id] if state is CaseState.SUBMITTED else None
    earlier, later = _linked(session, actor, case, now) if leads else ((), ())
    return CasePage(
        case.id, f"{case.year}-{case.number:02d}", case.version, case.school_id, case.state, case.severity, case.scale, case.happened_on,
        case.place_kind, tuple(case.means), case.discovered_at, case.accepted_at, case.procedure_at, case.police_since,
        case.police_document if leads else "", case.joint, case.high_attention, case.county_review, leads, case.relapse_of is not None,
        _concerns(session, case) if leads else (), _party_rows(session, case, parties),
        tuple(clock for clock in clocks if leads or clock.object_id in mine),
        fallen or (sitting.step if sitting and not any(c.open and c.kind in REPORTS for c in clocks) else "") or next_step(state, facts, clocks, police=case.police_since is not None), missing_for(CaseState.SUBMITTED, facts),
        tuple(sorted(after.value for after in CASE_STEPS[state])), _steps(session, case) if leads else (),
        _interviews(session, words, case, parties, leads=leads), _evidence(session, words, case) if leads else (),
        _reports(session, words, case) if leads else (), _duties(session, case) if leads else (), _wordings(session, case) if leads else 0,
        _narrative(words, case) if leads else "", earlier, later, case.ended_reason, _double(session, actor, case, now) if leads else None,
        missing_for(CaseState.CLOSED, facts) if state is CaseState.FOLLOW_UP else (), shown_state(case.state, found),
        shown_tier(case.state, case.severity, found), sitting,
    )


def _linked(session: Session, actor: Actor, case: CaseFile, now: datetime) -> tuple[tuple[LinkedCase, ...], tuple[LinkedCase, ...]]:
    """The case that this one follows, and those that follow it, as far as they exist for the actor. One statement."""
    query = select(CaseFile.id, CaseFile.year, CaseFile.number, CaseFile.relapse_of).where(
        visible(actor, Permission.CASE_READ, now), or_(CaseFile.id == case.relapse_of, CaseFile.relapse_of == case.id)
    )
    rows = session.execute(query.order_by(CaseFile.year, CaseFile.number)).all()
    after = [row for row in rows if row.relapse_of == case.id]
    before = [row for row in rows if row.id == case.relapse_of]
    one, two = (tuple(LinkedCase(row.id, f"{row.year}-{row.number:02d}") for row in group) for group in (before, after))
    return one, two


def _double(session: Session, actor: Actor, case: CaseFile, now: datetime) -> LinkedCase | None:
    """The case that goes on where this one was the same, if it exists for the actor. One statement, and only for a double."""
    if case.double_of is None:
        return None
    query = select(CaseFile.id, CaseFile.year, CaseFile.number).where(visible(actor, Permission.CASE_READ, now), CaseFile.id == case.double_of)
    row = session.execute(query).one_or_none()
    return LinkedCase(row.id, f"{row.year}-{row.number:02d}") if row else None


def _narrative(ring: KeyRing | None, case: CaseFile) -> str:
    return ring.unseal(case.sealed_narrative, place("case_file", "sealed_narrative", case.id)) if ring and case.sealed_narrative else ""


def _wordings(session: Session, case: CaseFile) -> int:
    query = select(func.count()).select_from(CaseNarrative).where(CaseNarrative.district_id == case.district_id, CaseNarrative.case_id == case.id)
    return session.scalar(query) or 0


def _concerns(session: Session, case: CaseFile) -> tuple[str, ...]:
    query = select(Concern.year, Concern.number).where(Concern.district_id == case.district_id, Concern.case_id == case.id)
    return tuple(concern_label(year, number) for year, number in session.execute(query.order_by(Concern.year, Concern.number)))


def _party_rows(session: Session, case: CaseFile, parties: Sequence[CaseParty]) -> tuple[PartyRow, ...]:
    counts: dict[str, list[bool]] = {}
    query = select(CaseGuardian.party_id, CaseGuardian.restricted).where(
        CaseGuardian.district_id == case.district_id, CaseGuardian.party_id.in_([party.id for party in parties])
    )
    for party_id, restricted in session.execute(query):
        counts.setdefault(party_id, []).append(restricted)
    told: dict[str, list[Attempt]] = {}
    for row in session.scalars(select(GuardianNotice).where(GuardianNotice.district_id == case.district_id, GuardianNotice.case_id == case.id)):
        told.setdefault(row.party_id, []).append(Attempt(row.about, row.outcome, row.channel, row.happened_at, len(row.witnesses)))
    of_age = _of_age(session, case)
    return tuple(
        PartyRow(
            party.id, party.code, tuple(party.roles), party.grade, party.stage, party.school_id == case.school_id, party.left_on,
            len(counts.get(party.id, [])), sum(counts.get(party.id, [])),
            tuple((name, standing(told.get(party.id, []), about)) for name, about in MATRIX), bool(SIDES & set(party.roles)),
            of_age.get(party.id),
        )
        for party in parties
    )


def _of_age(session: Session, case: CaseFile) -> dict[str, date]:
    """The day on which a pupil came of age, where it was noted. One statement."""
    query = select(CaseStep.object_id, CaseStep.changes, CaseStep.recorded_at).where(
        CaseStep.district_id == case.district_id, CaseStep.case_id == case.id, CaseStep.step == "party_of_age"
    )
    return {row.object_id: date.fromisoformat(row.changes["of_age_on"]) for row in session.execute(query) if "of_age_on" in row.changes}


def _steps(session: Session, case: CaseFile) -> tuple[StepRow, ...]:
    query = select(CaseStep).where(CaseStep.district_id == case.district_id, CaseStep.case_id == case.id)
    rows = session.scalars(query.order_by(CaseStep.recorded_at, CaseStep.id))
    return tuple(StepRow(row.step, row.recorded_at, row.acting_role, row.from_state, row.to_state, row.changes) for row in rows)


def _interviews(session: Session, ring: KeyRing | None, case: CaseFile, parties: Sequence[CaseParty], *, leads: bool) -> tuple[InterviewRow, ...]:
    codes = {party.id: party.code for party in parties}
    query = select(Interview).where(Interview.district_id == case.district_id, Interview.case_id == case.id)
    if not leads:
        query = query.where(Interview.party_id.in_(codes))
    return tuple(
        InterviewRow(
            row.id, codes.get(row.party_id or "", "") or row.witness_code, row.starts_at, row.ends_at, row.place_kind, row.adult_present,
            row.no_adult_reason, row.read_back, row.corrects_id is not None,
            ring.unseal(row.sealed_text, place("case_interview", "sealed_text", row.id)) if ring else "", row.party_id or "",
        )
        for row in session.scalars(query.order_by(Interview.starts_at, Interview.id))
    )


def _evidence(session: Session, ring: KeyRing | None, case: CaseFile) -> tuple[EvidenceRow, ...]:
    query = select(CaseEvidence).where(CaseEvidence.district_id == case.district_id, CaseEvidence.case_id == case.id)
    return tuple(
        EvidenceRow(
            row.id, row.kind, row.received_from, row.added_at, row.withdrawn_at is not None, row.file_id is not None,
            ring.unseal(row.sealed_title, place("case_evidence", "sealed_title", row.id)) if ring and row.sealed_title else "", row.file_id or "",
        )
        for row in session.scalars(query.order_by(CaseEvidence.added_at, CaseEvidence.id))
    )


def _reports(session: Session, ring: KeyRing | None, case: CaseFile) -> tuple[ReportRow, ...]:
    query = select(CaseReport).where(CaseReport.district_id == case.district_id, CaseReport.case_id == case.id)
    return tuple(
        ReportRow(
            row.number, row.kind, row.form, row.to_whom, row.reported_at, row.receiver, row.receipt_no, row.late,
            tuple(json.loads(ring.unseal(row.sealed_facts, place("case_report", "sealed_facts", row.id))).items()) if ring else (),
        )
        for row in session.scalars(query.order_by(CaseReport.number))
    )


def _duties(session: Session, case: CaseFile) -> tuple[DutyRow, ...]:
    query = select(CaseDuty).where(CaseDuty.district_id == case.district_id, CaseDuty.case_id == case.id)
    rows = session.scalars(query.order_by(CaseDuty.from_at, CaseDuty.id))
    return tuple(DutyRow(row.id, row.account_id, row.duty, row.party_id or "", row.from_at, row.to_at) for row in rows)


def evidence_file(session: Session, actor: Actor, case_id: str, evidence_id: str, now: datetime) -> tuple[CaseFile, CaseEvidence]:
    """The case and the row of a thing of evidence that has a file; the file itself takes a ticket of its own. Raises NotFound."""
    case = seen_case(session, actor, Permission.CASE_FILE_READ, case_id, now)
    row = session.get(CaseEvidence, (case.district_id, evidence_id))
    if row is None or row.case_id != case.id or row.file_id is None or (case.joint and case.school_id != actor.org_id != case.district_id):
        raise NotFound
    return case, row


def party_of(session: Session, actor: Actor, case_id: str, party_id: str, now: datetime, permission: Permission) -> tuple[CaseFile, CaseParty]:
    """A party of a case that exists for the actor: any of it at the school that leads, the own pupil elsewhere. Raises NotFound."""
    case = seen_case(session, actor, permission, case_id, now)
    party = session.get(CaseParty, (case.district_id, party_id))
    if party is None or party.case_id != case.id:
        raise NotFound
    if case.joint and actor.org_id not in {case.school_id, party.school_id, case.district_id}:
        raise NotFound
    return case, party


def guardian_choices(session: Session, party: CaseParty) -> tuple[tuple[str, bool], ...]:
    """The guardians of a party as (id, restricted), in the order in which they were noted: pages call them 1, 2, 3."""
    query = select(CaseGuardian.id, CaseGuardian.restricted).where(CaseGuardian.district_id == party.district_id, CaseGuardian.party_id == party.id)
    return tuple((row[0], row[1]) for row in session.execute(query.order_by(CaseGuardian.added_at, CaseGuardian.id)))
