"""A confirmed case of two children with timetables, and a committee whose resolutions a test may lay down. Everybody is invented."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample, add_class, add_lesson_times, add_pupils, add_term, add_timetable
from trainhub.cases.models import CaseFile, CaseParty, Determination, GuardianNotice
from trainhub.committees.models import Committee, CommitteeMeeting, MeetingItem
from trainhub.education_plans.models import EducationPlan, GuardianPart, HourEntry, PlanStep
from trainhub.education_plans.rules.drafting import GuardianDraft, ModuleDraft
from trainhub.education_plans.rules.review import AIMS, ReviewOutcome, Voice
from trainhub.education_plans.service import drafting, review, running
from trainhub.education_plans.service.balance import rebuild_balance
from trainhub.kernel.actor import Actor
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, key_of, place

RING = KeyRing(key_of("a long random text for tests of plans"))
ACTOR, TARGET = "卡娜莉·金丝雀", "卡娜罗·雪雀"
NOW = datetime.fromisoformat("2026-11-20T09:00:00+08:00")
STARTS, DUE = date(2026, 11, 23), date(2027, 1, 15)
ALL_FULL = dict.fromkeys(AIMS, "full")


@dataclass
class Scene:
    """What a test needs of the case and its people."""

    session: Session
    sample: Sample
    case_id: str
    actor_party: str
    target_party: str
    determination_id: str
    actor_class: str
    target_class: str
    ring: KeyRing = RING

    @property
    def secretary(self) -> Actor:
        return self.sample.actors["committee_secretary"]

    def command(self, **changes: Any) -> drafting.DraftPlan:
        """A draft that nothing is wrong with: 360 minutes in three modules, given by the plan instructor."""
        teacher = self.sample.people[4]
        modules = (
            ModuleDraft("law", 135, None, teacher), ModuleDraft("psychology", 135, None, self.sample.people[1]),
            ModuleDraft("family", 90, None, teacher, guardian_with=True),
        )
        base = drafting.DraftPlan(
            self.determination_id, 360, STARTS, DUE, "认清界线", "分开路线", modules, (GuardianDraft("talk", DUE),), per_week=2,
            lead_person_id=self.sample.people[3], psychologist_id=self.sample.people[1],
        )
        return replace(base, **changes)

    def draft(self, now: datetime = NOW, **changes: Any) -> str:
        return drafting.draft_plan(self.session, self.secretary, self.ring, self.command(**changes), now)

    def resolve(self, kind: str, object_id: str, *, at: datetime = NOW, outcome: str | None = "adopted") -> str:
        """A resolution of the committee, laid down as a row."""
        committee, meeting, item = new_id(), new_id(), new_id()
        base = {"district_id": self.sample.district_id, "school_id": self.sample.school_id}
        by = self.sample.accounts["committee_secretary"]
        number = 1 + len(self.session.scalars(select(CommitteeMeeting.id)).all())
        self.session.add(Committee(**base, id=committee, name="委员会", from_on=date(2026, 9, 1), entered_by=by, entered_at=at))
        self.session.flush()
        self.session.add(CommitteeMeeting(
            **base, id=meeting, committee_id=committee, year=2026, number=number, state="held", starts_at=at, entered_by=by, entered_at=at,
        ))
        self.session.flush()
        self.session.add(MeetingItem(
            **base, id=item, meeting_id=meeting, matter_id=self.case_id, kind=kind, object_id=object_id, label="案 2026-21", basis={},
            composition=[], guardians={}, outcome=outcome, resolved_at=at if outcome else None,
        ))
        self.session.flush()
        return item

    def tell(self, plan_id: str, outcome: str = "acknowledged") -> None:
        """The guardian was told of the plan."""
        plan = self.plan(plan_id)
        self.session.add(GuardianNotice(
            district_id=plan.district_id, id=new_id(), case_id=plan.case_id, party_id=plan.party_id, about="plan", object_id=plan.id,
            channel="face", outcome=outcome, witnesses=[], happened_at=NOW, recorded_by=self.sample.accounts["case_officer"], recorded_at=NOW,
        ))
        self.session.flush()

    def run(self, now: datetime = NOW, **changes: Any) -> str:
        """A plan that was approved, told and started."""
        plan_id = self.draft(now, **changes)
        running.approve_plan(self.session, self.secretary, plan_id, self.resolve("plan", plan_id, at=now), now)
        self.tell(plan_id)
        running.note_guardian_knows(self.session, self.secretary, plan_id, now)
        running.start_plan(self.session, self.secretary, plan_id, now)
        return plan_id

    def plan(self, plan_id: str) -> EducationPlan:
        return self.session.get_one(EducationPlan, (self.sample.district_id, plan_id), populate_existing=True)

    def count(self, plan_id: str, minutes: int, now: datetime = NOW) -> None:
        """Let minutes count, as entries, and bring the plan's state in line."""
        plan = self.plan(plan_id)
        start = now - timedelta(days=2)
        base = {
            "district_id": plan.district_id, "plan_id": plan_id, "student_mark": plan.student_mark, "evidence": [], "recorded_at": now,
            "starts_at": start, "ends_at": start + timedelta(minutes=minutes), "minutes": minutes,
        }
        first = plan.last_entry + 1
        plan.last_entry += 2
        self.session.add(HourEntry(**base, number=first, op_id=new_id(), kind="log", actor_id=self.sample.accounts["plan_instructor"], acting_role="plan_instructor"))
        self.session.flush()
        self.session.add(HourEntry(
            **base, number=first + 1, op_id=new_id(), kind="confirm", refers_to=first, counted_minutes=minutes,
            actor_id=self.sample.accounts["committee_secretary"], acting_role="committee_secretary",
        ))
        self.session.flush()
        rebuild_balance(self.session, plan.district_id, plan_id, now)
        running.settle_hours(self.session, self.secretary, plan, running.done_minutes(self.session, plan), now)

    def to_review(self, now: datetime = NOW, **changes: Any) -> str:
        """A plan at its review: hours there, every voice heard, the guardian's parts done."""
        plan_id = self.run(now, **changes)
        self.count(plan_id, self.plan(plan_id).total_minutes, now)
        for voice in (Voice.MID_TERM, Voice.PUPIL, Voice.GUARDIAN):
            review.add_voice(self.session, self.secretary, self.ring, review.Say(plan_id, voice, "一句话", now.date()), now)
        said = review.Say(plan_id, Voice.PSYCHOLOGIST, "", now.date(), "enough")
        review.add_voice(self.session, self.secretary, self.ring, said, now)
        for part in self.session.scalars(select(GuardianPart).where(GuardianPart.plan_id == plan_id)):
            part.done_at = now
        self.session.flush()
        review.open_review(self.session, self.secretary, plan_id, now)
        return plan_id

    def decide(self, plan_id: str, outcome: ReviewOutcome, now: datetime = NOW, **changes: Any) -> tuple[str, ...]:
        command = review.Decide(plan_id, self.resolve("completion", plan_id, at=now), outcome, ALL_FULL, "safe", "理由", **changes)
        return review.decide_review(self.session, self.secretary, self.ring, command, now)

    def steps(self, plan_id: str) -> list[str]:
        rows = self.session.scalars(select(PlanStep).where(PlanStep.plan_id == plan_id).order_by(PlanStep.id))
        return [row.to_state or row.step for row in rows]


def build_scene(session: Session, sample: Sample, *, ring: KeyRing = RING, grade: int = 8, tier: str = "heavier", minutes: int = 360) -> Scene:
    """Add the case with both children in classes of their own, a term, lesson times and timetables."""
    add_term(session, sample)
    add_lesson_times(session, sample)
    own, other = (add_class(session, sample.district_id, sample.school_id, grade, n) for n in (21, 22))
    add_timetable(session, sample, own, [(d, n, "数学" if n == 8 else "语文") for d in range(1, 6) for n in range(1, 9)], teacher_id=sample.people[0])
    add_timetable(session, sample, other, [(2, 5, "音乐")], room="音乐教室")
    students = [add_pupils(session, sample, class_id, 1)[0] for class_id in (own, other)]
    case_id, base = new_id(), {"district_id": sample.district_id}
    session.add(CaseFile(
        **base, id=case_id, school_id=sample.school_id, year=2026, number=21, state="served", scale="plan_2024", means=[],
        discovered_at=NOW - timedelta(days=40), accepted_at=NOW - timedelta(days=40), opened_by=sample.accounts["case_officer"], updated_at=NOW,
    ))
    session.flush()
    parties = [
        _party(session, sample, ring, case_id, code, role, name, student, grade)
        for code, role, name, student in (("A1", "actor", ACTOR, students[0]), ("B1", "target", TARGET, students[1]))
    ]
    finding = add_finding(session, sample, case_id, parties[0], tier=tier, minutes=minutes)
    return Scene(session, sample, case_id, parties[0], parties[1], finding, own, other, ring)


def add_finding(session: Session, sample: Sample, case_id: str, party_id: str, *, tier: str = "heavier", minutes: int = 360, version: int = 1) -> str:
    """A standing finding of bullying; returns its id."""
    key = new_id()
    session.add(Determination(
        district_id=sample.district_id, id=key, school_id=sample.school_id, case_id=case_id, party_id=party_id, version=version, number=f"认 {version}",
        outcome="bullying", tier=tier, measures=["plan"], plan_minutes=minutes, basis={}, defects=[], state="effective",
        entered_by=sample.accounts["committee_secretary"], entered_at=NOW,
    ))
    session.flush()
    return key


def _party(
    session: Session, sample: Sample, ring: KeyRing, case_id: str, code: str, role: str, name: str, student: str, grade: int
) -> str:
    party_id = new_id()
    identity = json.dumps({"student_id": student, "name": name, "class": "卡娜莉班"}, ensure_ascii=False, sort_keys=True)
    session.add(CaseParty(
        district_id=sample.district_id, id=party_id, case_id=case_id, school_id=sample.school_id, code=code, roles=[role],
        student_mark=ring.mark("pupil", student), grade=grade, stage="junior" if grade > 6 else "primary",
        sealed_identity=ring.seal(identity, place("case_party", "sealed_identity", party_id)), added_by=sample.accounts["case_officer"], added_at=NOW,
    ))
    session.flush()
    return party_id
