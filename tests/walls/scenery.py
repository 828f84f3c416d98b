"""Two schools, another district and a sealed file, with a canary in every sealed column. Everybody is invented.

A canary is ``雀Kq<place>_<table>_<column>Kq``: what it stands for is read from the word itself wherever it turns up.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import Sample, add_account, add_staff, build_district
from trainhub.appeals import models as appeals
from trainhub.cases import models as cases
from trainhub.cases.service.intake import account_mark
from trainhub.committees import models as committees
from trainhub.education_plans import models as plans
from trainhub.evidence.sealed_files import keep_sealed
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base, sealed_columns
from trainhub.kernel.permissions import Role
from trainhub.kernel.sealing import KeyRing, place

CANARY = re.compile(r"Kq([a-z]+)_([a-z0-9_]+)Kq")
ROOMS = ("cases", "committees", "education_plans", "appeals")
SHAPES: Mapping[str, Mapping[str, Any]] = {
    "case_party.sealed_identity": {"student_id": "", "name": "", "class": "八（3）班"},
    "case_guardian.sealed_identity": {"name": "", "relation": "母亲", "phone": "13900000000", "note": ""},
    "concern.sealed_text": {"text": "", "who": ""},
    "concern_reporter.sealed_identity": {"account_id": "", "name": "", "person_id": ""},
    "case_report.sealed_facts": {"cause": "", "course": ""},
    "guardian_request.sealed_identity": {"student_id": "", "name": "", "guardian": "", "relation": "父亲"},
    "plan_hand_over.sealed_package": {"goals": "", "total_minutes": 180, "done_minutes": 45, "modules": []},
}
"""Sealed columns that hold JSON, with its keys; an empty text is where the canary goes."""


def canary(where: str, table: str, column: str) -> str:
    """The word that stands in one sealed column at one place."""
    return f"雀Kq{where}_{table}_{column}Kq"


@dataclass
class File:
    """One case with everything that hangs on it: ids by the names that addresses use."""

    where: str
    ids: dict[str, Any] = field(default_factory=dict)


@dataclass
class Estate:
    """The whole scenery. ``accounts``: who -> (district, account)."""

    session: Session
    ring: KeyRing
    now: datetime
    sample: Sample
    far: Sample
    files: dict[str, File] = field(default_factory=dict)
    planted: set[str] = field(default_factory=set)

    @property
    def own(self) -> File:
        """The file at the first school."""
        return self.files["own"]

    def account(self, who: str) -> tuple[str, str]:
        """District and account of somebody; ``@far`` is the other district."""
        if who.endswith("@far"):
            return self.far.district_id, self.far.accounts[who.removesuffix("@far")]
        return self.sample.district_id, self.sample.accounts[who]


class Planter:
    """Adds rows of one place; every sealed column that is not given gets its canary."""

    def __init__(self, estate: Estate, where: str, district_id: str) -> None:
        self.estate, self.where, self.base = estate, where, {"district_id": district_id}

    def words(self, table: str, column: str) -> str:
        """What is sealed in a column."""
        word, shape = canary(self.where, table, column), SHAPES.get(f"{table}.{column}")
        if shape is None:
            return word
        return json.dumps({k: word if v == "" and not k.endswith("_id") else v for k, v in shape.items()}, ensure_ascii=False, sort_keys=True)

    def __call__(self, model: type[Base], **columns: Any) -> str:
        """Add a row and return its id."""
        table = model.__table__
        row = self.base | columns
        if "id" in table.c:
            row.setdefault("id", new_id())
        key = ("id",) if "id" in table.c else tuple(c.name for c in table.primary_key.columns if c.name != "district_id")
        for column in table.c:
            if column.info.get("sealed") and column.name not in columns:
                text = self.words(table.name, column.name)
                row[column.name] = self.estate.ring.seal(text, place(table.name, column.name, *(row[k] for k in key)))
                self.estate.planted.add(f"{table.name}.{column.name}")
        self.estate.session.add(model(**row))
        self.estate.session.flush()
        return str(row.get("id", ""))


def unplanted(estate: Estate) -> list[str]:
    """Sealed columns of the rooms of cases in which no canary stands."""
    tables = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.__module__.startswith(tuple(f"trainhub.{r}" for r in ROOMS))}
    return sorted({f"{c.table.name}.{c.name}" for c in sealed_columns() if c.table.name in tables} - estate.planted)


def build_estate(session: Session, ring: KeyRing, now: datetime) -> Estate:
    """Build it: about a hundred and fifty rows."""
    estate = Estate(session, ring, now, build_district(session), build_district(session))
    sample = estate.sample
    add_people(session, estate)
    estate.files["own"] = add_file(estate, "own", sample, sample.school_id, sample.people, 1, "")
    estate.files["sealed"] = add_file(estate, "sealed", sample, sample.school_id, sample.people, 2, "")
    estate.files["other"] = add_file(estate, "other", sample, sample.other_school_id, sample.other_people, 1, "@other")
    estate.files["far"] = add_file(estate, "far", estate.far, estate.far.school_id, estate.far.people, 1, "")
    shut = session.get_one(cases.CaseFile, (sample.district_id, estate.files["sealed"].ids["case_id"]))
    shut.state, shut.sealed_at, shut.closed_at = "sealed", now, now - timedelta(days=200)
    steps_aside(estate)
    ended_and_moved(estate)
    session.commit()
    return estate


EXTRA = (
    ("officer_aside", Role.CASE_OFFICER), ("secretary_aside", Role.COMMITTEE_SECRETARY), ("principal_aside", Role.PRINCIPAL),
    ("member_aside", Role.COMMITTEE_MEMBER), ("psychologist_aside", Role.PSYCHOLOGIST), ("instructor_aside", Role.PLAN_INSTRUCTOR),
    ("member_ended", Role.COMMITTEE_MEMBER), ("member_early", Role.COMMITTEE_MEMBER), ("member_none", Role.COMMITTEE_MEMBER),
    ("psychologist_ended", Role.PSYCHOLOGIST), ("instructor_none", Role.PLAN_INSTRUCTOR), ("officer_left", Role.CASE_OFFICER),
)  # fmt: skip
OTHERS = (
    ("committee_member@other", Role.COMMITTEE_MEMBER), ("psychologist@other", Role.PSYCHOLOGIST), ("plan_instructor@other", Role.PLAN_INSTRUCTOR),
)
MOVED = (
    ("moved_member@other", Role.COMMITTEE_MEMBER), ("moved_psychologist@other", Role.PSYCHOLOGIST), ("moved_instructor@other", Role.PLAN_INSTRUCTOR),
    ("moved_officer@other", Role.CASE_OFFICER),
)  # fmt: skip
BUREAU = (
    ("bureau_aside", Role.BUREAU_CASE_OFFICER), ("bureau_ended", Role.BUREAU_CASE_OFFICER), ("bureau_none", Role.BUREAU_CASE_OFFICER),
    ("reviewer_aside", Role.APPEAL_REVIEWER), ("reviewer_none", Role.APPEAL_REVIEWER),
)  # fmt: skip


def add_people(session: Session, estate: Estate) -> None:
    """Accounts beside those of the small district: who stepped aside, whose time is over, who moved."""
    sample = estate.sample
    here = add_staff(session, sample.district_id, sample.school_id, len(EXTRA), department="第二办公室", first_no=30)
    there = add_staff(session, sample.district_id, sample.other_school_id, len(OTHERS) + len(MOVED), department="第二办公室", first_no=140)
    for (key, role), person in zip(EXTRA, here, strict=True):
        add_account(session, sample, key, role, sample.school_id, person)
    for (key, role), person in zip(OTHERS + MOVED, there, strict=True):
        add_account(session, sample, key, role, sample.other_school_id, person)
    for key, role in BUREAU:
        add_account(session, sample, key, role, sample.bureau_id)


def person_of(estate: Estate, who: str) -> str:
    """The person behind an account."""
    person = estate.sample.actors[who].person_id
    assert person is not None
    return person


def add_file(estate: Estate, where: str, sample: Sample, school: str, people: list[str], number: int, at: str) -> File:
    """A case in execution with concern, parties, committee, determination, plan, support, appeal, hand-over, requests."""
    put, now = Planter(estate, where, sample.district_id), estate.now
    account = lambda key: sample.accounts.get(f"{key}{at}") or sample.accounts["case_officer@other"]  # noqa: E731
    officer, secretary = account("case_officer"), account("committee_secretary")
    ids: dict[str, Any] = {"number": 1}
    ids["case_id"] = case_id = put(
        cases.CaseFile, school_id=school, year=now.year, number=number, state="in_execution", scale="plan_2024", severity="minor", means=["body"],
        happened_on=local_day(now) - timedelta(days=70), discovered_at=now - timedelta(days=70), accepted_at=now - timedelta(days=69),
        procedure_at=now - timedelta(days=69), opened_by=officer, updated_at=now,
    )
    put(cases.CaseNarrative, case_id=case_id, written_by=officer, written_at=now)
    if where != "sealed":
        for kind in ("case", "concern", "plan", "support"):
            put(cases.Counter, school_id=school, kind=kind, year=now.year, last=50)
    _intake(put, ids, estate, school, officer, sample, at, number)
    _parties(put, ids, estate, school, officer, where)
    _handling(put, ids, estate, school, officer, people)
    _committee(put, ids, estate, school, secretary, people)
    _finding(put, ids, estate, school, secretary, sample)
    _plan(put, ids, estate, school, secretary, people, number)
    _review(put, ids, estate, sample, school, people, secretary, account("psychologist"))
    _keeping(put, ids, estate, school, officer, number)
    _appeal(put, ids, estate, school, sample, number)
    return File(where, ids)


def _intake(put: Planter, ids: dict[str, Any], estate: Estate, school: str, officer: str, sample: Sample, at: str, number: int) -> None:
    now, reporter = estate.now, sample.accounts["teacher" if not at else "training_officer@other"]
    mark = account_mark(estate.ring, reporter)
    ids["concern_id"] = put(
        cases.Concern, school_id=school, year=now.year, number=number, receipt_mark=estate.ring.mark("receipt", new_id()), channel="staff",
        means=["body"], state="accepted", case_id=ids["case_id"], op_id=new_id(), received_at=now - timedelta(days=70), received_by=mark[:32],
        decided_at=now, decided_by=officer,
    )
    put(cases.ConcernReporter, concern_id=ids["concern_id"], account_mark=mark)
    ids["clue_id"] = put(
        cases.Concern, school_id=school, year=now.year, number=number + 10, receipt_mark=estate.ring.mark("receipt", new_id()), channel="box",
        anonymous=True, means=[], state="clue", op_id=new_id(), received_at=now, received_by=officer,
    )


def _parties(put: Planter, ids: dict[str, Any], estate: Estate, school: str, officer: str, where: str) -> None:
    now = estate.now
    for name, code, roles in (("party_id", "A1", ["actor"]), ("second_actor", "A2", ["actor"]), ("target_id", "B1", ["target"]), ("witness_id", "W1", ["bystander"])):
        ids[name] = put(
            cases.CaseParty, case_id=ids["case_id"], school_id=school, code=code, roles=roles, grade=8, stage="junior", added_by=officer, added_at=now,
            student_mark=estate.ring.mark("student", f"{where} {code}"),
        )
    ids["guardian_id"] = put(cases.CaseGuardian, party_id=ids["party_id"], added_at=now)
    put(cases.CaseGuardian, party_id=ids["target_id"], added_at=now)
    put(cases.CaseClock, school_id=school, case_id=ids["case_id"], kind="investigation", started_at=now, due_at=now + timedelta(days=10), rule={})


def _handling(put: Planter, ids: dict[str, Any], estate: Estate, school: str, officer: str, people: list[str]) -> None:
    now, case_id = estate.now, ids["case_id"]
    put(
        cases.GuardianNotice, case_id=case_id, party_id=ids["party_id"], guardian_id=ids["guardian_id"], about="investigation", channel="face",
        outcome="acknowledged", witnesses=[], happened_at=now, recorded_by=officer, recorded_at=now,
    )
    put(
        cases.Interview, case_id=case_id, party_id=ids["party_id"], starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1),
        asked_by=people[:2], adult_present="guardian", recorded_by=officer, recorded_at=now,
    )
    content = canary(put.where, "sealed_file", "sealed_content").encode()
    kept = keep_sealed(estate.session, estate.ring, put.base["district_id"], content, officer, now)
    ids["file_id"] = kept.file_id
    ids["evidence_id"] = put(cases.CaseEvidence, case_id=case_id, file_id=kept.file_id, kind="document", received_from="school", added_by=officer, added_at=now)
    put(
        cases.CaseReport, school_id=school, case_id=case_id, number=1, kind="first", form="written", to_whom="bureau", counts={}, receiver="值班室",
        reported_at=now, reported_by=officer, recorded_at=now,
    )


def _committee(put: Planter, ids: dict[str, Any], estate: Estate, school: str, secretary: str, people: list[str]) -> None:
    now, first = estate.now, date(2021, 9, 1)
    held = put(committees.Committee, school_id=school, name="学生欺凌治理委员会", from_on=first, entered_by=secretary, entered_at=now) if put.where != "sealed" else ""
    if not held:  # one committee per school: the sealed case was before the same one
        ids |= {k: v for k, v in estate.files["own"].ids.items() if k in {"committee_id", "seat_id", "member_id", "members"}}
    else:
        ids["committee_id"], ids["members"] = held, []
        for sort, kind in enumerate(("principal", "teacher", "parent"), 1):
            ids["seat_id"] = put(committees.CommitteeSeat, committee_id=held, kind=kind, is_chair=sort == 1, sort_no=sort)
            named = {"person_id": people[sort], "sealed_name": ""} if kind != "parent" else {}
            ids["member_id"] = put(
                committees.CommitteeMember, school_id=school, seat_id=ids["seat_id"], shown_as=f"成员 {sort}", from_on=first, entered_by=secretary, entered_at=now, **named
            )
            ids["members"].append(ids["member_id"])
    ids["meeting_id"] = put(
        committees.CommitteeMeeting, school_id=school, committee_id=ids["committee_id"], year=now.year, number=1 if held else 2, state="held",
        starts_at=now - timedelta(days=60), ends_at=now - timedelta(days=60) + timedelta(hours=1), place="会议室", entered_by=secretary, entered_at=now,
        held_recorded_at=now,
    )
    for member in ids["members"]:
        put(committees.MeetingPresence, meeting_id=ids["meeting_id"], member_id=member, status="present")
    ids["item_id"] = put(
        committees.MeetingItem, school_id=school, meeting_id=ids["meeting_id"], matter_id=ids["case_id"], kind="determination", object_id=ids["party_id"],
        label=f"案 {now.year}-0{1 if held else 2} A1", entitled_count=3, present_count=3, recused_count=0, for_count=3, against_count=0, abstained_count=0,
        outcome="adopted", basis={"clauses": ["第二十一条"]}, composition=[], guardians={}, resolved_at=now, resolved_by=secretary,
    )
    ids["open_meeting"] = put(
        committees.CommitteeMeeting, school_id=school, committee_id=ids["committee_id"], year=now.year, number=3 if held else 4, state="planned",
        starts_at=now + timedelta(days=3), place="会议室", sealed_minutes="", entered_by=secretary, entered_at=now,
    )
    ids["open_item"] = put(
        committees.MeetingItem, school_id=school, meeting_id=ids["open_meeting"], matter_id=ids["case_id"], kind="plan_change", object_id=ids["party_id"],
        label=f"案 {now.year}-0{1 if held else 2} A1", basis={}, composition=[], guardians={}, sealed_grounds="",
    )


def _finding(put: Planter, ids: dict[str, Any], estate: Estate, school: str, secretary: str, sample: Sample) -> None:
    now, case_id = estate.now, ids["case_id"]
    ids["determination_id"] = put(
        cases.Determination, school_id=school, case_id=case_id, party_id=ids["party_id"], version=1, item_id=ids["item_id"], outcome="bullying", tier="minor",
        measures=["apology"], plan_minutes=180, basis={}, defects=[], state="effective", adopted_at=now, effective_at=now, entered_by=secretary,
        entered_at=now, number=f"认〔{now.year}〕1 号",
    )
    ids["recipient_id"] = put(
        cases.CaseRecipient, case_id=case_id, party_id=ids["party_id"], determination_id=ids["determination_id"], kind="guardian", told_at=now
    )
    ids["entry_id"] = put(
        cases.EvaluationEntry, case_id=case_id, party_id=ids["party_id"], determination_id=ids["determination_id"], entered_at=now, entered_by=secretary
    )


def _plan(put: Planter, ids: dict[str, Any], estate: Estate, school: str, secretary: str, people: list[str], number: int) -> None:
    now, today = estate.now, local_day(estate.now)
    teacher = people[4] if len(people) > 4 else people[2]
    mark = estate.ring.mark("student", f"{put.where} A1")
    ids["plan_id"] = put(
        plans.EducationPlan, school_id=school, case_id=ids["case_id"], party_id=ids["party_id"], determination_id=ids["determination_id"], student_mark=mark,
        year=now.year, number=number, grade=8, stage="junior", state="active", resume_state="active", total_minutes=180, starts_on=today - timedelta(days=50),
        due_on=today + timedelta(days=30), lead_person_id=people[3], made_by=secretary, active_since=now - timedelta(days=50), last_entry=1,
        created_at=now, updated_at=now,
    )
    ids["module_id"] = put(plans.PlanModule, plan_id=ids["plan_id"], sort_no=1, kind="law", minutes=180, instructor_id=teacher)
    started = now - timedelta(days=2)
    ids["lesson_id"] = put(
        plans.PlanLesson, plan_id=ids["plan_id"], module_id=ids["module_id"], state="planned", starts_at=started, ends_at=started + timedelta(minutes=45),
        minutes=45, room="法治教室", instructor_id=teacher, planned_by=secretary, planned_at=now,
    )
    put(
        plans.HourEntry, plan_id=ids["plan_id"], number=1, op_id=new_id(), kind="log", module_id=ids["module_id"], student_mark=mark,
        starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=9) + timedelta(minutes=45), minutes=45, instructor_id=teacher, evidence=[],
        actor_id=new_id(), actor_person=teacher, acting_role="plan_instructor", recorded_at=now - timedelta(days=9),
    )
    put(plans.HourNote, plan_id=ids["plan_id"], number=1)
    content = canary(put.where, "sealed_file", "sealed_content").encode()
    kept = keep_sealed(estate.session, estate.ring, put.base["district_id"], content, secretary, now)
    ids["proof_id"] = put(
        plans.HourProof, plan_id=ids["plan_id"], number=1, kind="sheet", file_id=kept.file_id, added_by=estate.sample.accounts["plan_instructor"], added_at=now
    )
    put(plans.PlanBalance, plan_id=ids["plan_id"], waiting_minutes=45, waiting_count=1, entries=1, updated_at=now)


def _review(
    put: Planter, ids: dict[str, Any], estate: Estate, sample: Sample, school: str, people: list[str], secretary: str, psychologist: str
) -> None:
    now, today, plan_id = estate.now, local_day(estate.now), ids["plan_id"]
    ids["pause_id"] = put(
        plans.PlanPause, plan_id=plan_id, kind="illness", from_on=today - timedelta(days=40), to_on=today - timedelta(days=38), entered_by=secretary,
        entered_at=now, ended_by=secretary, ended_at=now,
    )
    ids["summary_id"] = put(plans.PlanSummary, plan_id=plan_id, kind="mid_term", said_on=today, entered_by=secretary, entered_at=now)
    put(
        plans.CompletionReview, plan_id=plan_id, item_id=new_id(), aims={}, outcome="extended", extra_minutes=45, decided_at=now, entered_by=secretary
    )
    ids["escalation_id"] = put(
        plans.Escalation, plan_id=plan_id, item_id=new_id(), kind="guardian_duty", state="decided", decided_at=now, entered_by=secretary
    )
    ids["part_id"] = put(plans.GuardianPart, plan_id=plan_id, kind="talk", due_on=today)
    for side, party in (("actor", ids["party_id"]), ("target", ids["target_id"])):
        ids[f"follow_{side}"] = put(
            plans.FollowUp, school_id=school, case_id=ids["case_id"], party_id=party, side=side, due_on=today, state="done", finding="well", done_at=now,
            done_by=secretary,
        )
    ids["follow_up_id"] = ids["follow_actor"]
    ids["support_id"] = put(
        plans.SupportPlan, school_id=school, case_id=ids["case_id"], party_id=ids["target_id"], code=f"S-{put.where}", state="open",
        lead_account_id=psychologist, opened_at=now, opened_by=secretary,
    )
    ids["step_id"] = put(plans.SupportStep, support_id=ids["support_id"], kind="counselling", done_at=now, entered_by=psychologist, entered_at=now)
    ids["hand_over_id"] = put(
        plans.HandOver, plan_id=plan_id, from_school_id=school, to_school_id=sample.other_school_id if school != sample.other_school_id else sample.school_id,
        reason="transfer", consent="given", done_minutes=45, owed_minutes=135, list_year=now.year, list_number=1, state="sent", sent_at=now, sent_by=secretary,
        receipt_mark=estate.ring.mark("hand_over", new_id()),
    )


def _keeping(put: Planter, ids: dict[str, Any], estate: Estate, school: str, officer: str, number: int) -> None:
    now = estate.now
    ids["second_id"] = put(
        cases.SecondPerson, school_id=school, case_id=ids["case_id"], kind="reporter", object_id=ids["concern_id"], reason="safety", parameters={},
        state="asked", asked_by=officer, asked_at=now, expires_at=now + timedelta(days=7),
    )
    ids["request_id"] = put(
        cases.GuardianRequest, school_id=school, student_mark=estate.ring.mark("student", f"{put.where} A1"), kind="see", received_at=now,
        due_at=now + timedelta(days=15), letter_year=now.year, letter_number=number, state="answered", answered_at=now, answered_by=officer, decision="given", entered_by=officer,
    )
    ids["document_id"] = put(
        cases.IssuedDocument, school_id=school, case_id=ids["case_id"], kind="investigation_notice", object_id=ids["party_id"], year=now.year, number=number,
        issued_by=officer, issued_at=now,
    )


def _appeal(put: Planter, ids: dict[str, Any], estate: Estate, school: str, sample: Sample, number: int) -> None:
    now, clerk = estate.now, sample.accounts["bureau_case_officer"]
    ids["re_examination_id"] = put(
        appeals.ReExamination, case_id=ids["case_id"], track="determination", state="running", formed_at=now, due_at=now + timedelta(days=20), opened_by=clerk, opened_at=now
    )
    ids["reviewer_id"] = put(
        appeals.Reviewer, re_examination_id=ids["re_examination_id"], account_id=sample.accounts["appeal_reviewer"] if put.where in {"own", "far"} else None,
        shown_as="复查成员一", kind="officer", is_lead=True, added_by=clerk, added_at=now,
    )
    ids["appeal_id"] = put(
        appeals.Appeal, school_id=school, case_id=ids["case_id"], determination_id=ids["determination_id"], party_id=ids["party_id"], track="determination",
        side="actor", year=now.year, number=number if put.where in {"own", "far", "sealed"} else 9, state="re_examination", channel="letter", filed_at=now,
        re_examination_id=ids["re_examination_id"], entered_by=clerk, updated_at=now, screen_due_at=now + timedelta(days=5),
    )
    decided = put(
        appeals.AppealDecision, appeal_id=ids["appeal_id"], determination_id=ids["determination_id"], outcome="uphold", measures=[], basis={},
        decided_at=now, decided_by=sample.accounts["appeal_reviewer"], filed_by=clerk, instance="school",
    )
    ids["object_id"] = ids["determination_id"]
    ids["effect_id"] = put(appeals.AppealEffect, decision_id=decided, kind="serve", object_id=ids["party_id"], due_at=now)
    ids["letter_id"] = put(
        appeals.AppealLetter, effect_id=ids["effect_id"], org_id=sample.bureau_id, year=now.year, number={"own": 1, "sealed": 2, "other": 3}.get(put.where, 1),
        issued_by=clerk, issued_at=now,
    )
    ids["notice_id"] = put(
        cases.CaseNotice, org_id=school, account_id=sample.accounts["case_officer"], code="second_asked", matter_id=ids["case_id"], link="/second", created_at=now
    )


def give(estate: Estate, who: str, duty: str, file: File, *, start: datetime | None = None, end: datetime | None = None) -> str:
    """A dated duty for one case."""
    _district, account = estate.account(who)
    put = Planter(estate, file.where, estate.session.get_one(cases.CaseFile, (_district, file.ids["case_id"])).district_id)
    giver = estate.far.accounts["committee_secretary"] if who.endswith("@far") else estate.sample.accounts["committee_secretary"]
    return put(
        cases.CaseDuty, case_id=file.ids["case_id"], account_id=account, duty=duty, from_at=start or estate.now - timedelta(days=60), to_at=end, given_by=giver
    )


def steps_aside(estate: Estate) -> None:
    """Who stepped aside from the file of the first school: by account, by person, as a member."""
    own, put = estate.own, Planter(estate, "own", estate.sample.district_id)
    base = {"school_id": estate.sample.school_id, "matter_id": own.ids["case_id"], "entered_by": estate.sample.accounts["case_officer"], "entered_at": estate.now}
    for who in ("officer_aside", "principal_aside", "psychologist_aside", "instructor_aside"):
        own.ids["recusal_id"] = put(committees.Recusal, person_id=person_of(estate, who), ground="relative", found_by="declared", **base)
    for who in ("secretary_aside", "bureau_aside", "reviewer_aside"):
        put(committees.Recusal, account_id=estate.account(who)[1], ground="relative", found_by="declared", **base)
    seat = put(committees.CommitteeSeat, committee_id=own.ids["committee_id"], kind="teacher", sort_no=9)
    member = put(
        committees.CommitteeMember, school_id=estate.sample.school_id, seat_id=seat, person_id=person_of(estate, "member_aside"), sealed_name="",
        shown_as="成员 9", from_on=date(2021, 9, 1), entered_by=base["entered_by"], entered_at=estate.now,
    )
    put(committees.Recusal, member_id=member, ground="class_teacher", found_by="system", **base)
    put(
        appeals.Reviewer, re_examination_id=own.ids["re_examination_id"], account_id=estate.account("reviewer_aside")[1], shown_as="复查成员二", kind="officer",
        recused_at=estate.now, added_by=estate.sample.accounts["bureau_case_officer"], added_at=estate.now,
    )
    put(plans.PlanModule, plan_id=own.ids["plan_id"], sort_no=2, kind="conduct", minutes=45, instructor_id=person_of(estate, "instructor_aside"))
    for who, duty in (
        ("committee_member", "member"), ("psychologist", "psychologist"), ("bureau_case_officer", "bureau"), ("appeal_reviewer", "reviewer"),
        ("member_aside", "member"), ("psychologist_aside", "psychologist"), ("bureau_aside", "bureau"), ("reviewer_aside", "reviewer"),
    ):  # fmt: skip
        own.ids["duty_id"] = give(estate, who, duty, own)
    for who, duty in (("bureau_case_officer@far", "bureau"), ("appeal_reviewer@far", "reviewer"), ("psychologist@far", "psychologist"), ("committee_member@far", "member")):
        estate.files["far"].ids["duty_id"] = give(estate, who, duty, estate.files["far"])
    for who in ("committee_member", "psychologist", "bureau_case_officer", "appeal_reviewer"):
        give(estate, who, {"committee_member": "member", "bureau_case_officer": "bureau", "appeal_reviewer": "reviewer"}.get(who, who), estate.files["sealed"])
    for where, school in (("other", estate.sample.other_school_id), ("sealed", estate.sample.school_id)):
        file = estate.files[where]
        row = base | {"matter_id": file.ids["case_id"], "school_id": school}
        file.ids["recusal_id"] = put(committees.Recusal, account_id=estate.account("training_officer")[1], ground="relative", found_by="declared", **row)
        file.ids["duty_id"] = give(estate, "member_none", "member", file, end=estate.now - timedelta(days=1))
    far = estate.files["far"]
    far.ids["recusal_id"] = Planter(estate, "far", estate.far.district_id)(
        committees.Recusal, account_id=estate.far.accounts["training_officer"], ground="relative", found_by="declared",
        **(base | {"matter_id": far.ids["case_id"], "school_id": estate.far.school_id, "entered_by": estate.far.accounts["case_officer"]}),
    )


def ended_and_moved(estate: Estate) -> None:
    """Duties that are over or have not begun; a right that is over; people who went to the other school, their old duties forgotten."""
    own, now = estate.own, estate.now
    for who, duty in (("member_ended", "member"), ("psychologist_ended", "psychologist"), ("bureau_ended", "bureau")):
        give(estate, who, duty, own, end=now - timedelta(seconds=1))
    give(estate, "member_early", "member", own, start=now + timedelta(days=1))
    for who, duty in (("moved_member@other", "member"), ("moved_psychologist@other", "psychologist"), ("moved_officer@other", "officer"), ("moved_instructor@other", "instructor")):
        give(estate, who, duty, own)
    put = Planter(estate, "own", estate.sample.district_id)
    for sort, who in enumerate(("moved_instructor@other", "moved_psychologist@other"), 3):
        put(plans.PlanModule, plan_id=own.ids["plan_id"], sort_no=sort, kind="law", minutes=45, instructor_id=person_of(estate, who))
    from trainhub.accounts.models import AccountGrant

    _, left = estate.account("officer_left")
    for grant in estate.session.query(AccountGrant).filter_by(district_id=estate.sample.district_id, account_id=left):
        grant.to_on = local_day(now) - timedelta(days=1)
    give(estate, "officer_left", "officer", own)
