"""What this room holds on a pupil: every matter under its number, what was said, found and told of this child."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.models import (
    CaseEvidence,
    CaseFile,
    CaseGuardian,
    CaseNarrative,
    CaseParty,
    CaseRecipient,
    CaseReport,
    Concern,
    Determination,
    EvaluationEntry,
    GuardianNotice,
    Interview,
)
from trainhub.cases.queries.found import NOTHING, found_in
from trainhub.cases.rules.found import shown_state
from trainhub.kernel.clock import local_day
from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.sealing import KeyRing, place


def held_in_cases(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """Everything under the subject's matters that is of this child, and the account of what happened. Thirteen statements."""

    def opened(row: Any, table: str, column: str) -> str:
        sealed = getattr(row, column)
        return ring.unseal(sealed, place(table, column, row.id)) if sealed else ""

    def rows(model: Any, order: Any, *, own: bool) -> Sequence[Any]:
        ids, column = (subject.party_ids, "party_id") if own else (subject.case_ids, "case_id")
        query = select(model).where(model.district_id == subject.district_id, getattr(model, column).in_(ids)).order_by(order)
        return session.scalars(query).all()

    cases = session.scalars(select(CaseFile).where(
        CaseFile.district_id == subject.district_id, CaseFile.id.in_(subject.case_ids)
    ).order_by(CaseFile.year, CaseFile.number)).all()
    parties = session.scalars(select(CaseParty).where(CaseParty.district_id == subject.district_id, CaseParty.id.in_(subject.party_ids)))
    fell = found_in(session, subject.district_id, subject.case_ids)
    found = [
        HeldRow("case", c.happened_on, f"{c.year}-{c.number:02d}", (shown_state(c.state, fell.get(c.id, NOTHING)), *(str(m) for m in c.means)))
        for c in cases
    ]
    found += [HeldRow("party", local_day(p.added_at), p.code, tuple(str(r) for r in p.roles)) for p in parties]
    found += [HeldRow("narrative", local_day(n.written_at), opened(n, "case_narrative", "sealed_text")) for n in rows(CaseNarrative, CaseNarrative.written_at, own=False)]
    found += [_guardian(ring, g) for g in rows(CaseGuardian, CaseGuardian.added_at, own=True)]
    found += [
        HeldRow("notice", local_day(n.happened_at), " ".join(filter(None, (n.document_no, opened(n, "guardian_notice", "sealed_note")))), (n.about, n.channel, n.outcome))
        for n in rows(GuardianNotice, GuardianNotice.happened_at, own=True)
    ]
    found += [HeldRow("interview", local_day(i.starts_at), opened(i, "case_interview", "sealed_text")) for i in rows(Interview, Interview.starts_at, own=True)]
    found += [HeldRow("evidence", local_day(e.added_at), opened(e, "case_evidence", "sealed_title"), (e.kind,)) for e in rows(CaseEvidence, CaseEvidence.added_at, own=False)]
    found += [
        HeldRow("report", local_day(r.reported_at), _facts(opened(r, "case_report", "sealed_facts")), (r.kind, r.form, r.to_whom))
        for r in rows(CaseReport, CaseReport.reported_at, own=False)
    ]
    for d in rows(Determination, Determination.version, own=True):
        if d.state == "proposed" or (d.state == "superseded" and d.adopted_at is None):  # proposed, or taken back before anything came of it: nothing was found
            continue
        found.append(HeldRow("determination", local_day(d.entered_at), d.number, tuple(filter(None, (d.outcome, d.tier, f"determination_{d.state}", *d.measures)))))
        found += [HeldRow(f"determination_{part}", None, text) for part in ("facts", "grounds") if (text := opened(d, "determination", f"sealed_{part}"))]
    found += [
        HeldRow("recipient", local_day(r.told_at), opened(r, "case_recipient", "sealed_who"), (f"told_{r.kind}", *(("corrected",) if r.corrected_at else ())))
        for r in rows(CaseRecipient, CaseRecipient.told_at, own=True)
    ]
    found += [
        HeldRow("evaluation", local_day(e.entered_at), "", ("recalled",) if e.recalled_at else ()) for e in rows(EvaluationEntry, EvaluationEntry.entered_at, own=True)
    ]
    found += [HeldRow("concern", local_day(c.received_at), "", ("withheld",)) for c in rows(Concern, Concern.received_at, own=False)]
    return found


def _guardian(ring: KeyRing, row: CaseGuardian) -> HeldRow:
    """A guardian; of one who may not be told nothing but the fact: whoever asks may be the one they are kept from."""
    known = json.loads(ring.unseal(row.sealed_identity, place("case_guardian", "sealed_identity", row.id)))
    if row.restricted:
        return HeldRow("guardian", local_day(row.added_at), known.get("relation", ""), ("restricted",))
    return HeldRow("guardian", local_day(row.added_at), " ".join(filter(None, (known["name"], known.get("relation"), known.get("phone"), known.get("note")))))


def _facts(text: str) -> str:
    return "；".join(str(value) for value in json.loads(text).values() if value) if text else ""
