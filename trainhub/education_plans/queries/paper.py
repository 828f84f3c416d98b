"""A plan in full, unsealed under a ticket: for its draft, its steps, its review and its papers. The pupil is a code here too."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.cases.queries.refs import CaseRef, DeterminationRef, PartyRef, case_ref, determination_ref, party_ref
from trainhub.committees.queries.resolutions import Resolution, resolutions_about
from trainhub.education_plans.models import (
    CompletionReview,
    EducationPlan,
    Escalation,
    GuardianPart,
    PlanAvoid,
    PlanModule,
    PlanPause,
    PlanSummary,
)
from trainhub.education_plans.queries.ledger import PLAN, names_of
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place

FORMER = "protection"
"""Kind of the summary that keeps how the other child was protected before: sealed, added, never changed, and no voice of the review."""


@dataclass(frozen=True, slots=True)
class PlanPaper:
    """A plan with everything it is made of; ``names`` of staff by id; ``about``: what the committee has about it, oldest first."""

    plan: EducationPlan
    case: CaseRef
    party: PartyRef
    finding: DeterminationRef
    goals: str
    protection: str
    modules: tuple[PlanModule, ...]
    parts: tuple[GuardianPart, ...]
    avoid: tuple[PlanAvoid, ...]
    names: dict[str, str]
    about: tuple[Resolution, ...]

    def usable(self, kind: str) -> tuple[Resolution, ...]:
        """Adopted resolutions of a kind that nobody drew a consequence from yet."""
        return tuple(r for r in self.about if r.kind == kind and r.usable)

    def waiting(self, kind: str) -> Resolution | None:
        """The item of a kind that is on an agenda and not decided."""
        return next((r for r in self.about if r.kind == kind and r.outcome is None), None)


def plan_paper(session: Session, ring: KeyRing, opening: Opening, plan: EducationPlan) -> PlanPaper:
    """The plan in full. Eight statements. Raises UnloggedRead."""
    opening.require(plan.district_id, PLAN, plan.id)
    of = {"district_id": plan.district_id, "plan_id": plan.id}
    modules = tuple(session.scalars(select(PlanModule).filter_by(**of).where(PlanModule.dropped_at.is_(None)).order_by(PlanModule.sort_no)))
    avoid = tuple(session.scalars(select(PlanAvoid).filter_by(**of).where(PlanAvoid.dropped_at.is_(None)).order_by(PlanAvoid.entered_at, PlanAvoid.id)))
    people = {m.instructor_id for m in modules} | {a.person_id for a in avoid} | {plan.lead_person_id, plan.psychologist_id}
    return PlanPaper(
        plan, case_ref(session, plan.district_id, plan.case_id), party_ref(session, plan.district_id, plan.party_id),
        determination_ref(session, plan.district_id, plan.determination_id),
        ring.unseal(plan.sealed_goals, place("education_plan", "sealed_goals", plan.id)) if plan.sealed_goals else "",
        ring.unseal(plan.sealed_protection, place("education_plan", "sealed_protection", plan.id)) if plan.sealed_protection else "",
        modules, tuple(session.scalars(select(GuardianPart).filter_by(**of).order_by(GuardianPart.due_on, GuardianPart.id))), avoid,
        names_of(session, plan.district_id, {p for p in people if p}),
        tuple(resolutions_about(session, plan.district_id, [plan.id]).get(plan.id, ())),
    )


@dataclass(frozen=True, slots=True)
class Said:
    """A voice of the review."""

    kind: str
    conclusion: str
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReviewFile:
    """What was said and decided about the end of a plan, unsealed."""

    voices: tuple[Said, ...]
    decisions: tuple[tuple[CompletionReview, str], ...]
    escalations: tuple[tuple[Escalation, str], ...]


def review_file(session: Session, ring: KeyRing, opening: Opening, plan: EducationPlan) -> ReviewFile:
    """The file of the review. Three statements. Raises UnloggedRead."""
    opening.require(plan.district_id, PLAN, plan.id)
    of = {"district_id": plan.district_id, "plan_id": plan.id}
    voices = session.scalars(select(PlanSummary).filter_by(**of).where(PlanSummary.kind != FORMER).order_by(PlanSummary.said_on, PlanSummary.entered_at)).all()
    decisions = session.scalars(select(CompletionReview).filter_by(**of).order_by(CompletionReview.decided_at)).all()
    escalations = session.scalars(select(Escalation).filter_by(**of).order_by(Escalation.decided_at)).all()
    return ReviewFile(
        tuple(
            Said(v.kind, v.conclusion, ring.unseal(v.sealed_text, place("plan_summary", "sealed_text", v.id)) if v.sealed_text else "", v.entered_at)
            for v in voices
        ),
        tuple((d, ring.unseal(d.sealed_reasons, place("completion_review", "sealed_reasons", d.id)) if d.sealed_reasons else "") for d in decisions),
        tuple((e, ring.unseal(e.sealed_reasons, place("plan_escalation", "sealed_reasons", e.id)) if e.sealed_reasons else "") for e in escalations),
    )


def former_protection(session: Session, ring: KeyRing, opening: Opening, plan: EducationPlan) -> tuple[Said, ...]:
    """How the other child was protected before, newest first: every wording that was replaced. One statement. Raises UnloggedRead."""
    opening.require(plan.district_id, PLAN, plan.id)
    rows = session.scalars(select(PlanSummary).filter_by(district_id=plan.district_id, plan_id=plan.id, kind=FORMER).order_by(PlanSummary.entered_at.desc()))
    return tuple(Said(v.kind, "", ring.unseal(v.sealed_text, place("plan_summary", "sealed_text", v.id)), v.entered_at) for v in rows)


def rests_of(session: Session, plan: EducationPlan) -> Sequence[PlanPause]:
    """The rests of a plan, newest first. One statement. Their reasons stay sealed."""
    return session.scalars(
        select(PlanPause).filter_by(district_id=plan.district_id, plan_id=plan.id).order_by(PlanPause.entered_at.desc())
    ).all()
