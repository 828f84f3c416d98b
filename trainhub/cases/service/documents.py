"""Numbered papers: a number per school, kind and calendar year without gaps, given once to one object.

The paper itself is made anew from data each time it is printed; the same object keeps its number and version.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseFile,
    CaseParty,
    CaseRecipient,
    CaseReport,
    Determination,
    Interview,
    IssuedDocument,
)
from trainhub.cases.queries.access import visible
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service.steps import next_number, note_step
from trainhub.documents.numbering import document_number
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import OrgUnit

KINDS = ("acceptance_notice", "investigation_notice", "determination", "incident_report", "interview_record", "correction_notice")
"""Papers of this room. An acceptance and an investigation notice belong to a party, a correction to a recipient, the others to
the record they print."""
ADOPTED_ONLY = frozenset({"adopted", "effective", "upheld", "modified", "overturned"})


@dataclass(frozen=True, slots=True)
class Issued:
    """A paper with its number as it is printed."""

    document_id: str
    kind: str
    object_id: str
    number: str
    version: int
    issued_at: datetime


def issue(session: Session, actor: Actor, case: CaseFile, kind: str, object_id: str, now: datetime) -> Issued:
    """Give an object of a locked case its paper's number, once; the same again returns what it has."""
    there = session.scalars(select(IssuedDocument).where(
        IssuedDocument.district_id == case.district_id, IssuedDocument.kind == kind, IssuedDocument.object_id == object_id
    )).first()
    if there is None:
        year = local(now).year
        there = IssuedDocument(
            district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind=kind, object_id=object_id, year=year,
            number=next_number(session, case.district_id, case.school_id, kind, year), version=1, issued_by=actor.account_id, issued_at=now,
        )
        session.add(there)
        session.flush()
        note_step(session, actor, case, "issued", now, object_id=there.id, changes={"kind": kind, "object": object_id, "number": there.number, "year": year})
    return shown(session, there)


def shown(session: Session, row: IssuedDocument) -> Issued:
    """A paper with its number in words. One statement."""
    unit = session.get(OrgUnit, (row.district_id, row.school_id))
    number = number_text(row.kind, row.year, row.number, unit.short_name if unit is not None else "")
    return Issued(row.id, row.kind, row.object_id, number, row.version, row.issued_at)


def number_text(kind: str, year: int, number: int, school_short: str) -> str:
    """A paper's number as it is printed; brackets and blanks of a school's short name have no place in it."""
    return document_number(kind, year, number, re.sub(r"[\s\[\]()]+", "", unicodedata.normalize("NFKC", school_short)))


def issue_paper(session: Session, actor: Actor, case_id: str, kind: str, object_id: str, now: datetime) -> Issued:
    """Give a record of a case its paper, for the page. Raises NotFound, CaseRefused.

    Also of a closed case: a correction goes out after its end.
    """
    query = select(CaseFile).where(visible(actor, Permission.CASE_WRITE, now), CaseFile.id == case_id).with_for_update(of=CaseFile)
    case = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if case is None or case.school_id != actor.org_id:
        raise NotFound
    if kind not in KINDS:
        raise CaseRefused("paper_kind", "kind")
    _check(session, case, kind, object_id)
    return issue(session, actor, case, kind, object_id, now)


def issue_for_plan(session: Session, actor: Actor, case_id: str, kind: str, object_id: str, now: datetime) -> Issued:
    """Give a paper of a plan its number: education_plan, hour_ledger, completion_review. The room of the plans found the plan. Raises NotFound."""
    query = select(CaseFile).where(visible(actor, Permission.CASE_WRITE, now), CaseFile.id == case_id).with_for_update(of=CaseFile)
    case = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if case is None or kind not in {"education_plan", "hour_ledger", "completion_review"}:
        raise NotFound
    return issue(session, actor, case, kind, object_id, now)


def _check(session: Session, case: CaseFile, kind: str, object_id: str) -> None:
    """What the paper prints is of this case, and is there already. Raises NotFound, CaseRefused."""
    models: dict[str, Any] = {
        "acceptance_notice": CaseParty, "investigation_notice": CaseParty, "determination": Determination, "incident_report": CaseReport,
        "interview_record": Interview, "correction_notice": CaseRecipient,
    }
    row = session.get(models[kind], (case.district_id, object_id))
    if row is None or row.case_id != case.id:
        raise NotFound
    if isinstance(row, Determination) and row.state not in ADOPTED_ONLY and not row.number:
        raise CaseRefused("paper_not_yet", "kind")
    if kind == "correction_notice" and isinstance(row, CaseRecipient) and row.correction_due_at is None:
        raise CaseRefused("paper_not_yet", "kind")
    if kind == "investigation_notice" and case.procedure_at is None:
        raise CaseRefused("paper_not_yet", "kind")
