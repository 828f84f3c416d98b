"""What this room holds on a pupil: plans and their hours, voices, contacts, and the child's own plan of support.

What a plan says of the other child (what it keeps clear of, how that child is) is not this one's and stays out.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.education_plans.models import (
    CompletionReview,
    EducationPlan,
    Escalation,
    FollowUp,
    GuardianPart,
    HandOver,
    HourEntry,
    HourNote,
    HourProof,
    PlanLesson,
    PlanModule,
    PlanPause,
    PlanSummary,
    SupportPlan,
    SupportStep,
)
from trainhub.kernel.clock import local_day
from trainhub.kernel.held import HeldRow, HeldSubject
from trainhub.kernel.sealing import KeyRing, place

_NOT_OWN = frozenset({"other_side", "protection"})


def held_in_plans(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """Plans with everything on them, and contacts. Thirteen statements."""
    mine = select(EducationPlan).where(EducationPlan.district_id == subject.district_id, EducationPlan.party_id.in_(subject.party_ids))
    plans = session.scalars(mine.order_by(EducationPlan.created_at)).all()
    ids = [plan.id for plan in plans]

    def rows(model: Any, *order: Any) -> Sequence[Any]:
        return session.scalars(select(model).where(model.district_id == subject.district_id, model.plan_id.in_(ids)).order_by(*order)).all()

    def opened(row: Any, table: str, column: str) -> str:
        sealed = getattr(row, column)
        return ring.unseal(sealed, place(table, column, row.id)) if sealed else ""

    found = []
    for plan in plans:
        found.append(HeldRow("plan", plan.starts_on, f"{plan.year % 100:02d}-{plan.number:02d} · {plan.total_minutes} min", (f"plan_{plan.state}",)))
        found += [HeldRow("plan_goals", None, text) for text in (opened(plan, "education_plan", "sealed_goals"),) if text]
    found += [HeldRow("plan_module", None, f"{m.minutes} min", (f"module_{m.kind}",)) for m in rows(PlanModule, PlanModule.plan_id, PlanModule.sort_no)]
    found += [HeldRow("plan_lesson", local_day(x.starts_at), f"{x.minutes} min {x.room}".strip(), (x.state,)) for x in rows(PlanLesson, PlanLesson.starts_at)]
    notes = {(n.plan_id, n.number): n for n in rows(HourNote, HourNote.plan_id, HourNote.number)}
    found += [_entry(ring, e, notes.get((e.plan_id, e.number))) for e in rows(HourEntry, HourEntry.plan_id, HourEntry.number)]
    found += [HeldRow("evidence", local_day(x.added_at), "", (x.kind,)) for x in rows(HourProof, HourProof.added_at)]
    found += [HeldRow("guardian_part", p.due_on, "", (p.kind, *(("done",) if p.done_at else ()))) for p in rows(GuardianPart, GuardianPart.due_on)]
    found += [HeldRow("pause", p.from_on, opened(p, "plan_pause", "sealed_reason"), (f"pause_{p.kind}",)) for p in rows(PlanPause, PlanPause.from_on)]
    found += [
        HeldRow("voice", v.said_on, opened(v, "plan_summary", "sealed_text"), tuple(filter(None, (f"voice_{v.kind}", v.conclusion))))
        for v in rows(PlanSummary, PlanSummary.said_on) if v.kind not in _NOT_OWN
    ]
    found += [HeldRow("review", local_day(r.decided_at), opened(r, "completion_review", "sealed_reasons"), (f"plan_{r.outcome}",)) for r in rows(CompletionReview, CompletionReview.decided_at)]
    found += [HeldRow("escalation", local_day(e.decided_at), opened(e, "plan_escalation", "sealed_reasons"), (e.kind,)) for e in rows(Escalation, Escalation.decided_at)]
    found += [HeldRow("hand_over", _day(h.sent_at), h.to_outside, (f"hand_over_{h.state}",)) for h in rows(HandOver, HandOver.sent_at)]
    contacts = select(FollowUp).where(FollowUp.district_id == subject.district_id, FollowUp.party_id.in_(subject.party_ids)).order_by(FollowUp.due_on)
    found += [HeldRow("contact", f.due_on, opened(f, "follow_up", "sealed_note"), tuple(filter(None, (f.state, f.finding)))) for f in session.scalars(contacts)]
    return found


def _entry(ring: KeyRing, row: HourEntry, note: HourNote | None) -> HeldRow:
    words = ring.unseal(note.sealed_done, place("hour_note", "sealed_done", note.plan_id, note.number)) if note is not None else ""
    minutes = row.counted_minutes or row.minutes
    return HeldRow("hours", local_day(row.starts_at or row.recorded_at), f"{minutes} min {words}".strip(), (f"entry_{row.kind}",))


def _day(moment: Any) -> date | None:
    return local_day(moment) if moment is not None else None


def held_in_support(session: Session, ring: KeyRing, subject: HeldSubject) -> list[HeldRow]:
    """The child's own plan of support with its steps. Two statements."""
    plans = session.scalars(select(SupportPlan).where(
        SupportPlan.district_id == subject.district_id, SupportPlan.party_id.in_(subject.party_ids), SupportPlan.school_id == subject.school_id
    ).order_by(SupportPlan.opened_at)).all()
    found = []
    for plan in plans:
        needs = ring.unseal(plan.sealed_needs, place("support_plan", "sealed_needs", plan.id)) if plan.sealed_needs else ""
        found.append(HeldRow("support", local_day(plan.opened_at), needs, (f"support_{plan.state}",)))
    steps = session.scalars(select(SupportStep).where(
        SupportStep.district_id == subject.district_id, SupportStep.support_id.in_([plan.id for plan in plans])
    ).order_by(SupportStep.entered_at, SupportStep.id))
    for step in steps:
        note = ring.unseal(step.sealed_note, place("support_step", "sealed_note", step.id)) if step.sealed_note else ""
        found.append(HeldRow("support_step", step.due_on or local_day(step.entered_at), note, (f"step_{step.kind}",)))
    return found
