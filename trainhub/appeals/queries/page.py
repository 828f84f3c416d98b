"""One appeal as its page shows it: texts under a ticket of the access log, everything else as codes and numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from trainhub.appeals.models import (
    Appeal,
    AppealDecision,
    AppealEffect,
    AppealLetter,
    AppealStep,
    ReExamination,
    Reviewer,
)
from trainhub.appeals.queries.desk import clock_of, next_for
from trainhub.appeals.rules.desk import Next
from trainhub.appeals.rules.lifecycle import AppealState
from trainhub.appeals.rules.terms import label_of
from trainhub.cases.queries.corrections import Correction, corrections
from trainhub.cases.queries.refs import DeterminationRef, PartyRef, case_ref, determination_ref, party_refs
from trainhub.cases.rules.scales import Measure, scale
from trainhub.kernel.opening import Opening
from trainhub.kernel.sealing import KeyRing, place
from trainhub.roster.models import OrgUnit

APPEAL = "appeal"
"""``object_kind`` of a reading that shows the texts of an appeal."""


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step of the history."""

    step: str
    after: str
    role: str
    at: datetime
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the group."""

    reviewer_id: str
    account_id: str | None
    shown_as: str
    kind: str
    is_lead: bool
    aside: bool


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One consequence: what, about which code, done or owed, by whom, with which proof, and its letter."""

    effect_id: str
    kind: str
    code: str
    told: str
    done_at: datetime | None
    due_at: datetime | None
    by: str
    proof: str
    minutes: int
    letter_id: str
    number: int | None
    year: int | None
    document_id: str

    def late(self, now: datetime) -> bool:
        """Whether its time is over and it is still owed."""
        return self.done_at is None and self.due_at is not None and now > self.due_at


@dataclass(frozen=True, slots=True)
class DecisionPart:
    """What was decided of one finding, and everything that follows from it."""

    decision_id: str
    code: str
    outcome: str
    instance: str
    tier: str
    measures: tuple[str, ...]
    plan_minutes: int | None
    for_count: int | None
    against_count: int | None
    clauses: tuple[str, ...]
    reasons: str
    decided_at: datetime
    effects: tuple[EffectLine, ...]


@dataclass(frozen=True, slots=True)
class AppealPage:
    """Everything the page shows."""

    appeal_id: str
    label: str
    track: str
    side: str
    state: str
    channel: str
    case_id: str
    case_label: str
    case_scale: str
    school: str
    school_id: str
    code: str
    finding: DeterminationRef
    filed_at: datetime
    in_time: bool
    late_reason: str
    reject_reason: str
    due_at: datetime | None
    school_due_on: date | None
    school_outcome: str
    school_document: str
    procedure_proper: bool | None
    facts_clear: bool | None
    stayed_at: datetime | None
    stay_ended_at: datetime | None
    grounds: str
    reply: str
    entered_by: str
    version: int
    next: Next
    group: tuple[Member, ...]
    group_state: str
    joined: tuple[tuple[str, str], ...]
    others: tuple[tuple[str, str], ...]
    decisions: tuple[DecisionPart, ...]
    steps: tuple[StepLine, ...]
    opened_at: datetime

    @property
    def stayed(self) -> bool:
        """Whether the plan rests by order at this moment."""
        return self.stayed_at is not None and self.stay_ended_at is None

    @property
    def effects(self) -> tuple[EffectLine, ...]:
        """Every consequence of every decision."""
        return tuple(line for part in self.decisions for line in part.effects)


def appeal_page(session: Session, ring: KeyRing, opening: Opening, row: Appeal, now: datetime) -> AppealPage:
    """The page of an appeal. ``opening`` must be for this very appeal. A constant number of statements. Raises UnloggedRead."""
    opening.require(row.district_id, APPEAL, row.id)
    case, parties = case_ref(session, row.district_id, row.case_id), {p.party_id: p for p in party_refs(session, row.district_id, row.case_id)}
    review = session.get(ReExamination, (row.district_id, row.re_examination_id)) if row.re_examination_id else None
    school = session.get(OrgUnit, (row.district_id, row.school_id))
    decisions = decision_parts(session, ring, row, parties)
    owed = Counter((row.id, e.kind) for part in decisions for e in part.effects if e.done_at is None)
    joined, others = _beside(session, row)
    return AppealPage(
        row.id, label_of(row.track, row.year, row.number), row.track, row.side, row.state, row.channel, row.case_id, case.label, case.scale,
        school.short_name if school else "", row.school_id, parties[row.party_id].code,
        determination_ref(session, row.district_id, row.determination_id), row.filed_at, row.in_time, row.late_reason, row.reject_reason,
        clock_of(row, review), row.school_due_on, row.school_outcome, row.school_document, row.procedure_proper, row.facts_clear,
        row.stayed_at, row.stay_ended_at, ring.unseal(row.sealed_grounds, place("appeal", "sealed_grounds", row.id)),
        ring.unseal(row.sealed_reply, place("appeal", "sealed_reply", row.id)) if row.sealed_reply else "", row.entered_by, row.version,
        next_for(row, owed, now), _group(session, row), review.state if review else "", joined, others, decisions, _steps(session, row),
        opening.at,
    )


def _group(session: Session, row: Appeal) -> tuple[Member, ...]:
    if row.re_examination_id is None:
        return ()
    query = select(Reviewer).where(Reviewer.district_id == row.district_id, Reviewer.re_examination_id == row.re_examination_id)
    return tuple(
        Member(r.id, r.account_id, r.shown_as, r.kind, r.is_lead, r.recused_at is not None)
        for r in session.scalars(query.order_by(Reviewer.added_at, Reviewer.id))
    )


def _steps(session: Session, row: Appeal) -> tuple[StepLine, ...]:
    query = select(AppealStep).where(AppealStep.district_id == row.district_id, AppealStep.appeal_id == row.id)
    return tuple(StepLine(s.step, s.to_state, s.acting_role, s.recorded_at, s.changes) for s in session.scalars(query.order_by(AppealStep.recorded_at, AppealStep.id)))


def _beside(session: Session, row: Appeal) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Other appeals of the case as (id, label): those of the same re-examination, and the rest."""
    query = select(Appeal).where(Appeal.district_id == row.district_id, Appeal.case_id == row.case_id, Appeal.id != row.id)
    found = list(session.scalars(query.order_by(Appeal.filed_at, Appeal.id)))
    same = [a for a in found if row.re_examination_id is not None and a.re_examination_id == row.re_examination_id]
    return _labels(same), _labels([a for a in found if a not in same])


def _labels(rows: Sequence[Appeal]) -> tuple[tuple[str, str], ...]:
    return tuple((a.id, label_of(a.track, a.year, a.number)) for a in rows)


def decision_parts(session: Session, ring: KeyRing, row: Appeal, parties: dict[str, PartyRef]) -> tuple[DecisionPart, ...]:
    """The decisions an appeal has part in, with their effects. Four statements."""
    mine = AppealDecision.appeal_id == row.id
    query = select(AppealDecision).where(
        AppealDecision.district_id == row.district_id,
        or_(mine, AppealDecision.re_examination_id == row.re_examination_id) if row.re_examination_id else mine,
    ).order_by(AppealDecision.decided_at, AppealDecision.id)
    decisions = list(session.scalars(query))
    if not decisions:
        return ()
    effects = session.execute(
        select(AppealEffect, AppealLetter)
        .outerjoin(AppealLetter, and_(AppealLetter.district_id == AppealEffect.district_id, AppealLetter.effect_id == AppealEffect.id))
        .where(AppealEffect.district_id == row.district_id, AppealEffect.decision_id.in_([d.id for d in decisions])).order_by(AppealEffect.id)
    ).all()
    told = corrections(session, row.district_id, [e.object_id for e, _letter in effects if e.kind in {"recipient", "evaluation_entry"}])
    return tuple(_part(session, ring, d, [(e, le) for e, le in effects if e.decision_id == d.id], told, parties) for d in decisions)


def _part(
    session: Session, ring: KeyRing, row: AppealDecision, effects: Sequence[tuple[AppealEffect, AppealLetter | None]],
    told: dict[str, Correction], parties: dict[str, PartyRef],
) -> DecisionPart:
    found = determination_ref(session, row.district_id, row.determination_id)
    return DecisionPart(
        row.id, parties[found.party_id].code, row.outcome, row.instance, row.tier, tuple(row.measures), row.plan_minutes, row.for_count,
        row.against_count, tuple(row.basis.get("clauses", ())), ring.unseal(row.sealed_reasons, place("appeal_decision", "sealed_reasons", row.id)),
        row.decided_at, tuple(_effect(e, letter, row.instance, told.get(e.object_id), parties) for e, letter in effects),
    )


def _effect(
    row: AppealEffect, letter: AppealLetter | None, instance: str, told: Correction | None, parties: dict[str, PartyRef]
) -> EffectLine:
    done_at, proof = row.done_at, row.proof
    if done_at is None and told is not None and told.settled_at is not None:  # noted on the page of the case
        done_at, proof = told.settled_at, told.proof
    by = "school" if row.kind in {"recipient", "evaluation_entry"} or (row.kind == "service" and instance == "school") else "county"
    if row.kind == "seal":
        by = "system"
    party = parties.get(row.object_id) or parties.get(told.party_id if told else "")
    return EffectLine(
        row.id, row.kind, party.code if party else "", told.kind if told else "", done_at, row.due_at, by, proof, row.minutes,
        letter.id if letter else "", letter.number if letter else None, letter.year if letter else None, told.document_id if told else "",
    )


@dataclass(frozen=True, slots=True)
class FindingToDecide:
    """A finding on the decision's form: as it stands, and what the case's own scale allows for this pupil."""

    finding: DeterminationRef
    code: str
    tiers: tuple[tuple[str, str, tuple[Measure, ...]], ...]
    discipline: tuple[Measure, ...]


def findings_to_decide(session: Session, row: Appeal) -> tuple[FindingToDecide, ...]:
    """The findings that a re-examination decides: each once, whoever appealed. Few statements."""
    query = select(Appeal.determination_id).where(
        Appeal.district_id == row.district_id, Appeal.re_examination_id == row.re_examination_id, Appeal.state == AppealState.RE_EXAMINATION.value
    ).order_by(Appeal.filed_at, Appeal.id)
    case, parties = case_ref(session, row.district_id, row.case_id), {p.party_id: p for p in party_refs(session, row.district_id, row.case_id)}
    words = scale(case.scale)
    found = []
    for key in dict.fromkeys(session.scalars(query)):
        one = determination_ref(session, row.district_id, key)
        party = parties[one.party_id]
        tiers = tuple((t.key, t.words, words.measures_for(t.key, party.stage, party.grade)) for t in words.tiers)
        kinds = {"discipline", "sanction", "record"}
        found.append(FindingToDecide(one, party.code, tiers, tuple(m for m in words.measures if m.key in one.measures and m.kind in kinds)))
    return tuple(found)
