"""A running plan with hours, an entry in the evaluation and people who were told; both sides, and a group at the county. All invented."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample, add_account
from tests.education_plans.hour_scenery import RING, HourScene, build_hours, lesson, plan_of
from trainhub.appeals.models import Appeal, AppealEffect
from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.appeals.service import examining, executing, filing, group, letters
from trainhub.cases.models import CaseFile, CaseParty, CaseRecipient, Determination, EvaluationEntry
from trainhub.education_plans.models import EducationPlan, HourEntry
from trainhub.education_plans.service.balance import rebuild_balance
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at, local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing, place

GROUNDS = "申诉理由：第三次的证据不足，涉及 A1 与 B1。"
REASONS = "复查查明：A1 第三次索要仅有一方陈述，B1 一方亦无其他证据。"
MEASURES = ["admonition", "conduct_course", "quality_evaluation"]


@dataclass(repr=False)
class AppealScene:
    """What a test needs: ids of the case, both parties, the finding, the plan; who acts."""

    session: Session
    sample: Sample
    hours: HourScene
    ring: KeyRing
    now: datetime
    target_id: str
    finding_id: str
    entry_id: str
    told: tuple[str, ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """A short word in the report of a failed property."""
        printer.text("scene")

    @property
    def case_id(self) -> str:
        return self.hours.case_id

    @property
    def party_id(self) -> str:
        return self.hours.party_id

    def actor(self, key: str) -> Actor:
        return self.sample.actors[key]

    @property
    def county(self) -> Actor:
        return self.actor("bureau_case_officer")

    @property
    def lead(self) -> Actor:
        return self.actor("appeal_reviewer")

    def get(self, model: Any, key: str) -> Any:
        return self.session.get_one(model, (self.sample.district_id, key), populate_existing=True)

    @property
    def case(self) -> CaseFile:
        return self.get(CaseFile, self.case_id)

    @property
    def plan(self) -> EducationPlan:
        return plan_of(self.session, self.hours)

    def finding(self, key: str = "") -> Determination:
        return self.get(Determination, key or self.finding_id)

    def appeal(self, key: str) -> Appeal:
        return self.get(Appeal, key)

    def later(self, **more: float) -> datetime:
        """A later moment; the scene's own clock goes on."""
        self.now += timedelta(**(more or {"minutes": 5}))
        return self.now

    # --- steps -------------------------------------------------------------------------------------

    def file(self, who: str = "actor", *, by: str = "case_officer", track: str = "determination", finding: str = "", **more: Any) -> str:
        command = filing.FileAppeal(**{
            "determination_id": finding or self.finding_id, "party_id": self.party_id if who == "actor" else self.target_id, "track": track,
            "channel": "paper", "grounds": GROUNDS, "filed_at": self.now, **more,
        })
        return filing.file_appeal(self.session, self.actor(by), self.ring, command, self.later())

    def screened(self, appeal_id: str, *, proper: bool = False, clear: bool = False, late: str = "") -> str:
        filing.admit_appeal(self.session, self.county, appeal_id, self.later(), late_reason=late)
        filing.screen_appeal(self.session, self.county, appeal_id, procedure_proper=proper, facts_clear=clear, now=self.later())
        return appeal_id

    def people(self) -> list[group.NameReviewer]:
        accounts = self.sample.accounts
        return [
            group.NameReviewer("officer", "陈组长", accounts["appeal_reviewer"], is_lead=True),
            group.NameReviewer("school_rep", "松岗小学代表", accounts["appeal_reviewer_2"]),
            group.NameReviewer("parent_rep", "家长代表"), group.NameReviewer("expert", "校外专家"),
        ]

    def examined(self, appeal_id: str, *, people: bool = True) -> str:
        group.form_group(self.session, self.county, appeal_id, self.people() if people else [], self.later())
        group.begin(self.session, self.county, appeal_id, self.later())
        return appeal_id

    def verdict(self, outcome: Outcome, finding: str = "", **more: Any) -> examining.Decision:
        values: dict[str, Any] = {"tier": "minor", "measures": ("warning_talk",), "plan_minutes": 135} if outcome is Outcome.MODIFY else {}
        votes = {"for_count": 3, "against_count": 1}
        return examining.Decision(finding or self.finding_id, outcome, REASONS, ("2017年方案",), **{**votes, **values, **more})

    def decided(self, appeal_id: str, outcome: Outcome, **more: Any) -> tuple[str, ...]:
        return examining.decide(self.session, self.lead, self.ring, appeal_id, [self.verdict(outcome, **more)], self.later())

    def through(self, outcome: Outcome, **more: Any) -> str:
        """From the filing to the decision."""
        appeal_id = self.examined(self.screened(self.file()))
        self.decided(appeal_id, outcome, **more)
        return appeal_id

    def effects(self, appeal_id: str, *, kind: str = "", still_open: bool = True) -> list[AppealEffect]:
        self.session.flush()
        if still_open:
            return [e for e in executing.open_effects(self.session, self.appeal(appeal_id)) if not kind or e.kind == kind]
        ids = [d.id for d in executing.decisions_of(self.session, self.appeal(appeal_id))]
        rows = self.session.scalars(sa.select(AppealEffect).where(AppealEffect.decision_id.in_(ids)))
        return [e for e in rows if not kind or e.kind == kind]

    def serve(self, appeal_id: str, by: str = "bureau_case_officer") -> list[str]:
        """Letters to every side, handed over."""
        found = []
        for effect in self.effects(appeal_id, kind="service"):
            found.append(letters.issue_letter(self.session, self.actor(by), effect.id, self.later()))
            command = executing.ServeDecision(effect.id, "face", "acknowledged", self.now)
            executing.note_served(self.session, self.actor(by), command, "〔2026〕复 1 号", self.later())
        return found

    def correct(self, appeal_id: str) -> None:
        """The school recalls the entry and corrects whoever was told."""
        for effect in self.effects(appeal_id):
            if effect.kind in executing.OWED_BY_SCHOOL:
                executing.settle_effect(self.session, self.actor("case_officer"), effect.id, "撤回回执 12 号", self.later())


def build(session: Session, sample: Sample, *, ring: KeyRing = RING, number: int = 3) -> AppealScene:
    """Add the scene: 90 of 180 minutes counted, two lessons to come."""
    moment = now() - timedelta(days=1)
    hours = build_hours(session, sample, ring=ring, number=number)
    plan, today, base = plan_of(session, hours), local_day(moment), {"district_id": sample.district_id}
    plan.starts_on, plan.due_on = today - timedelta(days=40), today + timedelta(days=40)
    session.get_one(CaseFile, (sample.district_id, hours.case_id)).scale = "plan_2017"
    target_id = _target(session, sample, hours, ring, number, moment)
    finding = session.get_one(Determination, (sample.district_id, plan.determination_id))
    finding.measures, finding.number, finding.adopted_at = MEASURES, f"晨曦一中〔2026〕认 {number} 号", moment - timedelta(days=12)
    finding.effective_at, finding.appeal_until = moment - timedelta(days=10), today + timedelta(days=10)
    finding.basis = {"clauses": ["2017年方案"]}
    entry_id, told = new_id(), (new_id(), new_id())
    session.add(EvaluationEntry(
        **base, id=entry_id, case_id=hours.case_id, party_id=hours.party_id, determination_id=finding.id, entered_at=moment - timedelta(days=9),
        entered_by=sample.accounts["case_officer"],
    ))
    for key, kind in zip(told, ("homeroom", "bureau"), strict=True):
        session.add(CaseRecipient(
            **base, id=key, case_id=hours.case_id, party_id=hours.party_id, determination_id=finding.id, kind=kind, told_at=moment - timedelta(days=9),
            sealed_who=ring.seal("八年级组", place("case_recipient", "sealed_who", key)),
        ))
    _hours(session, hours, moment)
    for ahead in (3, 7):
        lesson(session, hours, today + timedelta(days=ahead))
    for key, role, person in (
        ("appeal_reviewer_2", Role.APPEAL_REVIEWER, sample.other_people[0]), ("appeal_reviewer_3", Role.APPEAL_REVIEWER, None),
        ("bureau_case_officer_2", Role.BUREAU_CASE_OFFICER, None),
    ):
        if key not in sample.accounts:
            add_account(session, sample, key, role, sample.district_id, person)
    session.flush()
    return AppealScene(session, sample, hours, ring, moment, target_id, finding.id, entry_id, told)


def _target(session: Session, sample: Sample, hours: HourScene, ring: KeyRing, number: int, moment: datetime) -> str:
    key = new_id()
    identity = json.dumps({"student_id": "y", "name": "金丝雀·卡娜莉", "class": "八年级"}, ensure_ascii=False, sort_keys=True)
    session.add(CaseParty(
        district_id=sample.district_id, id=key, case_id=hours.case_id, school_id=sample.school_id, code="B1", roles=["target"], grade=8,
        student_mark=ring.mark("student", f"other pupil {number}"), sealed_identity=ring.seal(identity, place("case_party", "sealed_identity", key)),
        stage="junior", added_by=sample.accounts["case_officer"], added_at=moment,
    ))
    session.flush()
    return key


def _hours(session: Session, hours: HourScene, moment: datetime) -> None:
    """Two lessons of 45 minutes, logged by the instructor and confirmed by the secretary."""
    sample, number = hours.sample, 0
    for back in (20, 13):
        start = at(local_day(moment) - timedelta(days=back), datetime.min.time().replace(hour=16))
        for kind, counted in (("log", 0), ("confirm", 45)):
            number += 1
            session.add(HourEntry(
                district_id=sample.district_id, plan_id=hours.plan_id, number=number, op_id=new_id(), kind=kind, minutes=45, counted_minutes=counted,
                refers_to=number - 1 if kind == "confirm" else None, module_id=hours.module_id, student_mark=hours.mark, starts_at=start,
                ends_at=start + timedelta(minutes=45), instructor_id=sample.people[4], evidence=[],
                actor_id=sample.accounts["plan_instructor" if kind == "log" else "committee_secretary"], acting_role=kind, recorded_at=start,
            ))
            session.flush()
    plan_of(session, hours).last_entry = number
    rebuild_balance(session, sample.district_id, hours.plan_id, moment)


def add_finding(scene: AppealScene, code: str, outcome: str = "not_bullying") -> tuple[str, str]:
    """Another pupil who acted, with a finding of their own; return party and determination."""
    session, base, party_id, finding_id = scene.session, {"district_id": scene.sample.district_id}, new_id(), new_id()
    identity = json.dumps({"student_id": code, "name": "某人", "class": "八年级"}, ensure_ascii=False, sort_keys=True)
    session.add(CaseParty(
        **base, id=party_id, case_id=scene.case_id, school_id=scene.sample.school_id, code=code, roles=["actor"], grade=8, stage="junior",
        student_mark=scene.ring.mark("student", code), sealed_identity=scene.ring.seal(identity, place("case_party", "sealed_identity", party_id)),
        added_by=scene.sample.accounts["case_officer"], added_at=scene.now,
    ))
    session.flush()
    session.add(Determination(
        **base, id=finding_id, school_id=scene.sample.school_id, case_id=scene.case_id, party_id=party_id, version=1, outcome=outcome, tier="",
        measures=[], plan_minutes=0, basis={"clauses": ["2017年方案"]}, defects=[], state="effective", adopted_at=scene.now - timedelta(days=5),
        effective_at=scene.now - timedelta(days=4), appeal_until=local_day(scene.now) + timedelta(days=9),
        entered_by=scene.sample.accounts["committee_secretary"], entered_at=scene.now - timedelta(days=6),
    ))
    session.flush()
    return party_id, finding_id


def future(days: int) -> date:
    return local_day(now()) + timedelta(days=days)
