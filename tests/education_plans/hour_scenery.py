"""A case, a party, a determination and a running plan of three hours as rows, for tests of hours. Everybody is invented."""

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import Sample
from trainhub.cases.models import CaseFile, CaseParty, Determination
from trainhub.education_plans.models import EducationPlan, PlanBalance, PlanLesson, PlanModule
from trainhub.education_plans.service.hours import LogLesson, Verdict
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.kernel.sealing import KeyRing, key_of, place

RING = KeyRing(key_of("a long random text for tests of hours"))
CANARY = "卡娜莉·金丝雀"
NOW = datetime.fromisoformat("2026-11-20T18:00:00+08:00")
STARTS, DUE = date(2026, 9, 23), date(2026, 12, 18)


@dataclass
class HourScene:
    """What a test needs: the plan, its module, the instructor's person, the pupil's mark."""

    sample: Sample
    case_id: str
    party_id: str
    plan_id: str
    module_id: str
    mark: str

    @property
    def instructor(self) -> Actor:
        return self.sample.actors["plan_instructor"]

    @property
    def secretary(self) -> Actor:
        return self.sample.actors["committee_secretary"]

    @property
    def officer(self) -> Actor:
        return self.sample.actors["case_officer"]


def build_hours(session: Session, sample: Sample, *, ring: KeyRing = RING, total: int = 180, state: str = "active", number: int = 3) -> HourScene:
    """Add a case with one plan of ``total`` minutes, given by the plan instructor (person 4)."""
    case_id, mark = new_id(), ring.mark("student", f"pupil {number}")
    base = {"district_id": sample.district_id}
    session.add(CaseFile(
        **base, id=case_id, school_id=sample.school_id, year=2026, number=number, state="in_execution", scale="plan_2024", means=[],
        discovered_at=NOW - timedelta(days=90), accepted_at=NOW - timedelta(days=90), opened_by=sample.accounts["case_officer"], updated_at=NOW,
    ))
    session.flush()
    party_id = new_id()
    identity = json.dumps({"student_id": "x", "name": CANARY, "class": "八年级"}, ensure_ascii=False, sort_keys=True)
    session.add(CaseParty(
        **base, id=party_id, case_id=case_id, school_id=sample.school_id, code="A1", roles=["actor"], student_mark=mark, grade=8,
        sealed_identity=ring.seal(identity, place("case_party", "sealed_identity", party_id)), stage="junior",
        added_by=sample.accounts["case_officer"], added_at=NOW,
    ))
    session.flush()
    return HourScene(sample, case_id, party_id, *add_plan(session, sample, case_id, party_id, mark, total=total, state=state, number=number), mark)


def add_plan(
    session: Session, sample: Sample, case_id: str, party_id: str, mark: str, *, total: int = 180, state: str = "active", number: int = 3,
    version: int = 1,
) -> tuple[str, str]:
    """Add a plan with one module for a party; return the ids of both."""
    base = {"district_id": sample.district_id}
    finding, plan_id, module_id = new_id(), new_id(), new_id()
    session.add(Determination(
        **base, id=finding, school_id=sample.school_id, case_id=case_id, party_id=party_id, version=version, outcome="bullying",
        tier="heavier", measures=["plan"], plan_minutes=total, basis={}, defects=[], state="effective",
        entered_by=sample.accounts["committee_secretary"], entered_at=NOW,
    ))
    session.flush()
    session.add(EducationPlan(
        **base, id=plan_id, school_id=sample.school_id, case_id=case_id, party_id=party_id, determination_id=finding, student_mark=mark,
        year=2026, number=number, grade=8, stage="junior", state=state, total_minutes=total, starts_on=STARTS, due_on=DUE,
        lead_person_id=sample.people[3], made_by=sample.accounts["committee_secretary"], active_since=at(STARTS, NOW.time().replace(hour=8)),
        created_at=NOW, updated_at=NOW,
    ))
    session.flush()
    session.add_all((
        PlanModule(**base, id=module_id, plan_id=plan_id, sort_no=1, kind="law", minutes=total, instructor_id=sample.people[4]),
        PlanBalance(**base, plan_id=plan_id, updated_at=NOW),
    ))
    session.flush()
    return plan_id, module_id


def lesson(session: Session, scene: HourScene, day: date, clock: str = "16:20", minutes: int = 45, **columns: Any) -> str:
    """Plan a lesson and return its id."""
    from datetime import time

    from trainhub.education_plans.service.balance import lessons_changed

    key, start = new_id(), at(day, time.fromisoformat(clock))
    session.add(PlanLesson(**{
        "district_id": scene.sample.district_id, "id": key, "plan_id": scene.plan_id, "module_id": scene.module_id, "state": "planned",
        "starts_at": start, "ends_at": start + timedelta(minutes=minutes), "minutes": minutes, "room": "法治教室",
        "instructor_id": scene.sample.people[4], "planned_by": scene.sample.accounts["committee_secretary"], "planned_at": NOW, **columns,
    }))
    session.flush()
    lessons_changed(session, plan_of(session, scene), NOW)
    return key


def plan_of(session: Session, scene: HourScene) -> EducationPlan:
    """The plan as it stands."""
    return session.get_one(EducationPlan, (scene.sample.district_id, scene.plan_id), populate_existing=True)


def balance_of(session: Session, scene: HourScene) -> PlanBalance:
    """Its balance as it stands."""
    return session.get_one(PlanBalance, (scene.sample.district_id, scene.plan_id), populate_existing=True)


def said(scene: HourScene, day: date, clock: str = "16:20", minutes: int = 45, lesson_id: str | None = None, **changes: Any) -> LogLesson:
    """What the instructor says of a lesson."""
    from datetime import time

    start = at(day, time.fromisoformat(clock))
    return LogLesson(**{
        "plan_id": scene.plan_id, "lesson_id": lesson_id, "module_id": scene.module_id, "starts_at": start,
        "ends_at": start + timedelta(minutes=minutes), "minutes": minutes, "done_text": f"学习规则与责任 {CANARY}", "guardian_present": False,
        "reached": "full", "product": False, "op_id": new_id(), **changes,
    })


def verdict(scene: HourScene, number: int, reason: str = "") -> Verdict:
    """Somebody else's word on a line."""
    return Verdict(scene.plan_id, number, new_id(), reason)
