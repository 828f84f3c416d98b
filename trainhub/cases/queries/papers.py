"""What a numbered paper prints: from data, under the tickets of the access log. A paper names one child at most, the one of its reader.

Everybody else stands in it under a code. Names come in here only for the side the paper goes to, and only with that party's ticket.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseClock,
    CaseFile,
    CaseGuardian,
    CaseNarrative,
    CaseParty,
    CaseRecipient,
    CaseReport,
    Determination,
    GuardianNotice,
    Interview,
    IssuedDocument,
)
from trainhub.cases.queries.access import parties_of, seen_case
from trainhub.cases.queries.determinations import DETERMINATION
from trainhub.cases.queries.found import Ending, ending_of
from trainhub.cases.queries.identity import PARTY, unsealed_identity
from trainhub.cases.rules.determining import owed_to
from trainhub.cases.rules.lifecycle import STANDING
from trainhub.cases.rules.parties import SIDES, PartyRole
from trainhub.cases.rules.scales import scale
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.opening import Opening
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import KeyRing, place
from trainhub.ledger.access import Reading, open_many
from trainhub.roster.models import OrgUnit
from trainhub.roster.queries import policy_for

PAPER = "paper"
"""``object_kind`` of a reading that prints a paper without a name; its ``object_ref`` is the paper's id."""
_NAMED = frozenset({"acceptance_notice", "investigation_notice", "determination"})
_STANDING = tuple(state.value for state in STANDING)


@dataclass(frozen=True, slots=True)
class PaperHead:
    """What every paper has. ``name`` is the reader's own child's, "" on papers that name nobody."""

    document_id: str
    kind: str
    year: int
    number: int
    version: int
    issued_at: datetime
    school: str
    school_short: str
    bureau: str
    case_label: str
    code: str
    name: str
    class_name: str


@dataclass(frozen=True, slots=True)
class Notice:
    """An acceptance or investigation notice to one side."""

    head: PaperHead
    accepted_at: datetime
    procedure_at: datetime | None
    due_on: datetime | None
    side: str


@dataclass(frozen=True, slots=True)
class FindingPaper:
    """A determination as it goes to one side. ``own``: the reader's child is the one it is about."""

    head: PaperHead
    about: str
    own: bool
    version: int
    outcome: str
    tier_words: str
    scale_label: str
    measures: tuple[str, ...]
    plan_minutes: int
    facts: str
    grounds: str
    clauses: tuple[str, ...]
    meeting: str
    adopted_at: datetime | None
    appeal_days: int
    appeal_day_kind: str
    appeal_until: date | None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class ReportPaper:
    """A report upward: codes and numbers only."""

    head: PaperHead
    sequence: int
    report_kind: str
    form: str
    to_whom: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    receiver: str
    receipt_no: str
    reported_at: datetime
    late: bool


@dataclass(frozen=True, slots=True)
class InterviewPaper:
    """The record of a talk under a code."""

    head: PaperHead
    with_code: str
    starts_at: datetime
    ends_at: datetime
    place_kind: str
    adult_present: str
    no_adult_reason: str
    read_back: bool
    text: str


@dataclass(frozen=True, slots=True)
class CorrectionPaper:
    """To somebody who was told of a finding that fell. ``state``: what became of it; ``fresh_no`` the version that stands instead."""

    head: PaperHead
    recipient_kind: str
    who: str
    determination_no: str
    told_at: datetime
    state: str
    ended_at: datetime | None
    fresh_no: str


Paper = Notice | FindingPaper | ReportPaper | InterviewPaper | CorrectionPaper


@dataclass(frozen=True, slots=True)
class IssuedRow:
    """A paper in the list: number, kind, about which code; ``readers``: sides it is printed for, as (party id, code)."""

    document_id: str
    kind: str
    year: int
    number: int
    version: int
    issued_at: datetime
    code: str
    readers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """The papers of a case, and what may get one: kind to (object id, words: a code or a running number)."""

    case_id: str
    case_label: str
    school_short: str
    issued: tuple[IssuedRow, ...]
    open: Mapping[str, tuple[tuple[str, str], ...]]


def papers_of(session: Session, actor: Actor, case_id: str, now: datetime) -> Papers:
    """The papers of a case that exists for the actor. Seven statements. Raises NotFound."""
    case = seen_case(session, actor, Permission.CASE_EXPORT, case_id, now)
    if case.school_id != actor.org_id:
        raise NotFound
    rows = list(session.scalars(select(IssuedDocument).where(
        IssuedDocument.district_id == case.district_id, IssuedDocument.case_id == case.id
    ).order_by(IssuedDocument.issued_at, IssuedDocument.id)))
    parties = parties_of(session, case)
    may = _may_get(session, case, parties)
    codes = {key: code for pairs in may.values() for key, code in pairs}
    findings = {row.id: row for row in _of(session, case, Determination)}
    targets = [party.id for party in parties if PartyRole.TARGET in party.roles]
    by_id = {party.id: party.code for party in parties}
    unit = session.get_one(OrgUnit, (case.district_id, case.school_id))
    done = {(row.kind, row.object_id) for row in rows}
    issued = tuple(
        IssuedRow(
            row.id, row.kind, row.year, row.number, row.version, row.issued_at, codes.get(row.object_id, ""),
            tuple((key, by_id[key]) for key in _readers(findings[row.object_id], targets)) if row.kind == "determination" else (),
        )
        for row in rows
    )
    waiting = {kind: tuple(pair for pair in pairs if (kind, pair[0]) not in done) for kind, pairs in may.items()}
    return Papers(case.id, f"{case.year}-{case.number:02d}", unit.short_name, issued, {kind: pairs for kind, pairs in waiting.items() if pairs})


def _readers(row: Determination, targets: Sequence[str]) -> list[str]:
    return sorted(owed_to([(row.id, row.party_id)], targets))


def _may_get(session: Session, case: CaseFile, parties: Sequence[CaseParty]) -> dict[str, tuple[tuple[str, str], ...]]:
    sides = tuple((party.id, party.code) for party in parties if SIDES & set(party.roles))
    codes = {party.id: party.code for party in parties}
    return {
        "acceptance_notice": sides, "investigation_notice": sides if case.procedure_at else (),
        "determination": tuple((row.id, codes[row.party_id]) for row in _of(session, case, Determination) if row.number),
        "incident_report": tuple((row.id, str(row.number)) for row in _of(session, case, CaseReport)),
        "interview_record": tuple((row.id, codes.get(row.party_id or "") or row.witness_code) for row in _of(session, case, Interview)),
        "correction_notice": tuple((row.id, codes[row.party_id]) for row in _of(session, case, CaseRecipient) if row.correction_due_at),
    }


def _of(session: Session, case: CaseFile, model: Any) -> list[Any]:
    return list(session.scalars(select(model).where(model.district_id == case.district_id, model.case_id == case.id).order_by(model.id)))


def open_paper(
    session: Session, ring: KeyRing, actor: Actor, case_id: str, document_id: str, now: datetime, *, reader: str | None = None
) -> Paper:
    """Open a paper to print it: logged (via print), then read. ``reader``: the party whose guardians get a determination.

    Belongs inside ``transaction()``. Raises NotFound.
    """
    case = seen_case(session, actor, Permission.CASE_EXPORT, case_id, now)
    row = session.get(IssuedDocument, (case.district_id, document_id))
    if row is None or row.case_id != case.id or case.school_id != actor.org_id:
        raise NotFound
    party = _reader(session, case, row, reader)
    readings = [Reading(case.school_id, PAPER, row.id, Permission.CASE_EXPORT, "print", "print", about_ref=case.id)]
    if row.kind == "determination":
        readings.append(Reading(case.school_id, DETERMINATION, row.object_id, Permission.CASE_EXPORT, "print", "print", about_ref=case.id))
    if party is not None:
        readings.append(Reading(case.school_id, PARTY, party.id, Permission.CASE_EXPORT, "print", "print", about_ref=case.id))
    openings = open_many(session, actor, readings, now)
    head = _head(session, ring, case, row, party, openings[-1])
    if not actor.can(Permission.CASE_IDENTIFIED_EXPORT):  # a principal prints what goes to the file: code names
        head = replace(head, name="", class_name="")
    return _paper(session, ring, case, row, head, openings)


def _reader(session: Session, case: CaseFile, row: IssuedDocument, reader: str | None) -> CaseParty | None:
    """Whose guardians a paper goes to: one side, or nobody's. Raises NotFound for a side it does not concern."""
    if row.kind == "correction_notice":
        told = session.get_one(CaseRecipient, (case.district_id, row.object_id))
        return session.get_one(CaseParty, (case.district_id, told.party_id)) if told.kind == "guardian" else None
    if row.kind not in _NAMED:
        return None
    if row.kind != "determination":
        return session.get_one(CaseParty, (case.district_id, row.object_id))
    found = session.get_one(Determination, (case.district_id, row.object_id))
    parties = {party.id: party for party in parties_of(session, case)}
    sides = _readers(found, [key for key, party in parties.items() if PartyRole.TARGET in party.roles])
    key = reader or found.party_id
    if key not in sides:
        raise NotFound
    return parties[key]


def _head(session: Session, ring: KeyRing, case: CaseFile, row: IssuedDocument, party: CaseParty | None, opening: Opening) -> PaperHead:
    known: dict[str, Any] = {}
    if party is not None:
        opening.require(case.district_id, PARTY, party.id)
        known = unsealed_identity(ring, party)
    school = session.get_one(OrgUnit, (case.district_id, case.school_id))
    bureau = session.get_one(OrgUnit, (case.district_id, case.district_id))
    return PaperHead(
        row.id, row.kind, row.year, row.number, row.version, row.issued_at, school.name, school.short_name, bureau.name,
        f"{case.year}-{case.number:02d}", party.code if party else "", known.get("name", ""), known.get("class", ""),
    )


def _paper(session: Session, ring: KeyRing, case: CaseFile, row: IssuedDocument, head: PaperHead, openings: Sequence[Opening]) -> Paper:
    key = (case.district_id, row.object_id)
    match row.kind:
        case "acceptance_notice" | "investigation_notice":
            return _notice(session, case, row, head)
        case "determination":
            openings[1].require(case.district_id, DETERMINATION, row.object_id)
            return _finding(session, ring, case, session.get_one(Determination, key), head)
        case "incident_report":
            return _report(ring, session.get_one(CaseReport, key), head)
        case "interview_record":
            return _interview(session, ring, session.get_one(Interview, key), head)
    return _correction(session, ring, session.get_one(CaseRecipient, key), head)


def _notice(session: Session, case: CaseFile, row: IssuedDocument, head: PaperHead) -> Notice:
    due = session.scalars(select(CaseClock.due_at).where(
        CaseClock.district_id == case.district_id, CaseClock.case_id == case.id, CaseClock.kind == "investigation"
    ).order_by(CaseClock.started_at.desc()).limit(1)).first()
    party = session.get_one(CaseParty, (case.district_id, row.object_id))
    return Notice(head, case.accepted_at, case.procedure_at, due, "acting" if PartyRole.ACTOR in party.roles else "harmed")


def _finding(session: Session, ring: KeyRing, case: CaseFile, found: Determination, head: PaperHead) -> FindingPaper:
    about = session.get_one(CaseParty, (case.district_id, found.party_id))
    words = scale(str(found.basis.get("scale") or case.scale))
    labels = {measure.key: measure.label for measure in words.measures}
    policy = policy_for(session, case.district_id, case.school_id, head.issued_at.date())
    facts, grounds = _texts(ring, found)
    return FindingPaper(
        head, about.code, about.code == head.code, found.version, found.outcome, words.tier(found.tier).words if found.tier else "", words.label,
        tuple(labels.get(key, key) for key in found.measures), found.plan_minutes, facts, grounds, tuple(found.basis.get("clauses", ())),
        str(found.basis.get("resolution", {}).get("meeting", "")), found.adopted_at, int(policy["appeal_days"]), str(policy["appeal_day_kind"]),
        found.appeal_until, ending_of(session, found.district_id, found.id),
    )


def _report(ring: KeyRing, row: CaseReport, head: PaperHead) -> ReportPaper:
    facts: dict[str, str] = json.loads(ring.unseal(row.sealed_facts, place("case_report", "sealed_facts", row.id)))
    return ReportPaper(
        head, row.number, row.kind, row.form, row.to_whom, tuple(facts.items()), tuple(row.counts.items()), row.receiver, row.receipt_no,
        row.reported_at, row.late,
    )


def _interview(session: Session, ring: KeyRing, row: Interview, head: PaperHead) -> InterviewPaper:
    party = session.get(CaseParty, (row.district_id, row.party_id)) if row.party_id else None
    return InterviewPaper(
        head, party.code if party else row.witness_code, row.starts_at, row.ends_at, row.place_kind, row.adult_present, row.no_adult_reason,
        row.read_back, ring.unseal(row.sealed_text, place("case_interview", "sealed_text", row.id)),
    )


def _correction(session: Session, ring: KeyRing, row: CaseRecipient, head: PaperHead) -> CorrectionPaper:
    old = session.get(Determination, (row.district_id, row.determination_id)) if row.determination_id else None
    fresh = session.scalars(select(Determination.number).where(
        Determination.district_id == row.district_id, Determination.party_id == old.party_id, Determination.state.in_(_STANDING)
    )).first() if old is not None else None
    who = ring.unseal(row.sealed_who, place("case_recipient", "sealed_who", row.id)) if row.sealed_who else ""
    return CorrectionPaper(
        head, row.kind, who, old.number if old else "", row.told_at, old.state if old else "", old.ended_at if old else None, fresh or ""
    )


# --- one file with names, by two people ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A case with names, as two people let it out: lines of one table each."""

    case_label: str
    school: str
    parties: tuple[tuple[str, str, str, str], ...]
    guardians: tuple[tuple[str, str, str, str], ...]
    narratives: tuple[tuple[datetime, str], ...]
    interviews: tuple[tuple[str, datetime, str], ...]
    findings: tuple[tuple[str, int, str, str, str], ...]
    notices: tuple[tuple[str, str, str, datetime], ...]


def exported(session: Session, ring: KeyRing, opening: Opening, case_id: str) -> ExportedFile:
    """Everything of one case with names, against the ticket of a used consent for this very case. Raises NotFound, UnloggedRead."""
    opening.require(opening.district_id, "case_export", case_id)
    case = session.get(CaseFile, (opening.district_id, case_id))
    if case is None:
        raise NotFound
    school = session.get_one(OrgUnit, (case.district_id, case.school_id))
    parties = parties_of(session, case)
    codes = {party.id: party.code for party in parties}
    known = [(party, unsealed_identity(ring, party)) for party in parties]
    guardians = session.scalars(select(CaseGuardian).where(
        CaseGuardian.district_id == case.district_id, CaseGuardian.party_id.in_(codes)
    ).order_by(CaseGuardian.added_at)).all()
    opened = [(row, json.loads(ring.unseal(row.sealed_identity, place("case_guardian", "sealed_identity", row.id)))) for row in guardians]
    return ExportedFile(
        f"{case.year}-{case.number:02d}", school.name,
        tuple((party.code, who["name"], who.get("class", ""), "、".join(party.roles)) for party, who in known),
        tuple((codes[row.party_id], who["name"], who.get("relation", ""), who.get("phone", "")) for row, who in opened),
        tuple((row.written_at, ring.unseal(row.sealed_text, place("case_narrative", "sealed_text", row.id))) for row in _of(session, case, CaseNarrative)),
        tuple(
            (codes.get(row.party_id or "") or row.witness_code, row.starts_at, ring.unseal(row.sealed_text, place("case_interview", "sealed_text", row.id)))
            for row in _of(session, case, Interview)
        ),
        tuple(_finding_line(ring, row, codes) for row in _of(session, case, Determination)),
        tuple((codes[row.party_id], row.about, row.outcome, row.happened_at) for row in _of(session, case, GuardianNotice)),
    )


def _finding_line(ring: KeyRing, row: Determination, codes: Mapping[str, str]) -> tuple[str, int, str, str, str]:
    return codes[row.party_id], row.version, row.outcome, row.state, "\n".join(_texts(ring, row))


def _texts(ring: KeyRing, row: Determination) -> tuple[str, str]:
    """Facts and grounds of a version."""
    facts = ring.unseal(row.sealed_facts, place("determination", "sealed_facts", row.id)) if row.sealed_facts else ""
    grounds = ring.unseal(row.sealed_grounds, place("determination", "sealed_grounds", row.id)) if row.sealed_grounds else ""
    return facts, grounds
