"""A guardian's request: everything that is held on one child and nothing of any other, in time, in writing, and in the log."""

from datetime import timedelta
from itertools import count

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.cases.scenery import World
from trainhub.appeals.models import Appeal, AppealDecision
from trainhub.cases.models import (
    CaseFile,
    CaseRecipient,
    Concern,
    Determination,
    EvaluationEntry,
    GuardianRequest,
    SecondPerson,
)
from trainhub.cases.queries.held import Held, compile_held
from trainhub.cases.registry import holders
from trainhub.cases.rules.masking import NOBODY, masker
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import evidence, interviews, notices, opening, parties, reports, requests
from trainhub.class_meetings.models import ClassMeeting, MeetingAbsence, MeetingRecord
from trainhub.education_plans.models import (
    CompletionReview,
    EducationPlan,
    Escalation,
    FollowUp,
    HourEntry,
    HourNote,
    PlanModule,
    PlanPause,
    PlanSummary,
    SupportPlan,
    SupportStep,
)
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, Forbidden, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.opening import UnloggedRead
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import place
from trainhub.ledger.access import Reading, open_record
from trainhub.ledger.models import AccessLogEntry, LedgerEntry, LedgerPayload
from trainhub.roster.models import Student

OWN, OTHER, THIRD = "卡金丝雀甲", "卡金丝雀乙", "卡金丝雀丙"
PARENT, OTHER_PARENT, PHONE, OTHER_PHONE = "卡家长甲", "卡家长乙", "13900000001", "13900000002"


class Plant:
    """Writes every field of one child with a word of its own and, where people write, with the names of others beside it."""

    def __init__(self, world: World, side: str, about: CaseFile, party: str) -> None:
        self.world, self.side, self.case, self.party, self.words, self.number = world, side, about, party, [], count(1)

    def word(self) -> str:
        found = f"{self.side}字段{next(self.number)}号"
        self.words.append(found)
        return f"{found} {OWN} {OTHER} {THIRD} {OTHER_PARENT} {OTHER_PHONE}" if self.side == "甲" else found

    def sealed(self, table: str, column: str, *key: object) -> str:
        return self.world.ring.seal(self.word(), place(table, column, *key))  # type: ignore[arg-type]

    def add(self, model: type, key: str, **columns: object) -> str:
        self.world.session.add(model(district_id=self.case.district_id, id=key, **columns))
        self.world.session.flush()
        return key


@pytest.fixture
def planted(app: Flask, world: World) -> tuple[World, CaseFile, Plant, Plant]:
    session = world.session
    for pupil, name in zip(world.pupils, (OWN, OTHER, THIRD), strict=False):
        session.get_one(Student, (world.sample.district_id, pupil)).name = name
    case = world.case()
    actor, target = world.both_sides(case)
    world.now += timedelta(minutes=1)
    for party, guardian, phone in ((actor, PARENT, PHONE), (target, OTHER_PARENT, OTHER_PHONE)):
        parties.add_guardian(session, world.ring, world.officer, parties.AddGuardian(party, guardian, "母", phone, ""), world.now)
    own, other = Plant(world, "甲", case, actor), Plant(world, "乙", case, target)
    in_case(own)
    in_case(other)
    for plant in (own, other):
        in_plans(plant)
        in_appeals(plant)
    in_meeting(own, world.pupils[0])
    in_meeting(other, world.pupils[1])
    return world, case, own, other


def in_case(plant: Plant) -> None:
    world, case = plant.world, plant.case
    session, ring, officer, moment = world.session, world.ring, world.officer, world.now
    if plant.side == "甲":  # of the matter as a whole
        opening.write_narrative(session, ring, officer, case.id, plant.word(), moment)
        evidence.add_evidence(session, ring, officer, evidence.AddEvidence(case.id, "document", plant.word(), "school", b"x"), moment)
        facts = {key: plant.word() for key in ("time", "place", "cause", "course", "persons", "measures")}
        reports.record_report(session, ring, officer, reports.RecordReport(case.id, "first", "written", "bureau", moment, facts), moment)
    told = notices.RecordNotice(plant.party, "investigation", outcome="acknowledged", channel="face", happened_at=moment, note=plant.word())
    notices.record_notice(session, ring, officer, told, moment)
    case.discovered_at = moment - timedelta(hours=3)
    interviews.record_interview(session, ring, officer, interviews.RecordInterview(
        case.id, moment - timedelta(hours=2), moment - timedelta(hours=1), tuple(world.sample.people[4:6]), "other_adult", plant.word(),
        party_id=plant.party,
    ), moment)
    key = new_id()
    plant.finding = plant.add(  # type: ignore[attr-defined]
        Determination, key, school_id=case.school_id, case_id=case.id, party_id=plant.party, version=1, outcome="bullying", tier="heavier",
        measures=["plan"], basis={}, defects=[], state="effective", entered_by=officer.account_id, entered_at=moment,
        sealed_facts=plant.sealed("determination", "sealed_facts", key), sealed_grounds=plant.sealed("determination", "sealed_grounds", key),
    )
    key = new_id()
    plant.add(CaseRecipient, key, case_id=case.id, party_id=plant.party, kind="homeroom", told_at=moment, sealed_who=plant.sealed("case_recipient", "sealed_who", key))
    plant.add(EvaluationEntry, new_id(), case_id=case.id, party_id=plant.party, determination_id=plant.finding, entered_at=moment, entered_by=officer.account_id)  # type: ignore[attr-defined]


def in_plans(plant: Plant) -> None:
    world, case, plan, moment, by = plant.world, plant.case, new_id(), plant.world.now, plant.world.officer.account_id
    day, base = local_day(moment), {"district_id": plant.case.district_id, "plan_id": plan}
    plant.add(
        EducationPlan, plan, school_id=case.school_id, case_id=case.id, party_id=plant.party, determination_id=plant.finding, student_mark="m" * 64,  # type: ignore[attr-defined]
        year=2026, number=1 if plant.side == "甲" else 2, state="active", total_minutes=90, starts_on=day, due_on=day, made_by=by, created_at=moment,
        updated_at=moment, sealed_goals=plant.sealed("education_plan", "sealed_goals", plan),
        sealed_protection=world.ring.seal("保护安排不外传", place("education_plan", "sealed_protection", plan)),
    )
    plant.add(PlanModule, new_id(), plan_id=plan, sort_no=1, kind="law", minutes=90)
    world.session.add(HourEntry(**base, number=1, op_id=new_id(), kind="log", student_mark="m" * 64, minutes=45, evidence=[], actor_id=by, acting_role="x", recorded_at=moment))
    world.session.flush()
    world.session.add(HourNote(**base, number=1, sealed_done=plant.sealed("hour_note", "sealed_done", plan, 1)))
    for model, table, column, more in (
        (PlanPause, "plan_pause", "sealed_reason", {"kind": "illness", "from_on": day, "entered_by": by, "entered_at": moment}),
        (PlanSummary, "plan_summary", "sealed_text", {"kind": "pupil", "said_on": day, "entered_by": by, "entered_at": moment}),
        (CompletionReview, "completion_review", "sealed_reasons", {"item_id": new_id(), "aims": {}, "outcome": "completed", "decided_at": moment, "entered_by": by}),
        (Escalation, "plan_escalation", "sealed_reasons", {"item_id": new_id(), "kind": "police", "state": "referred", "decided_at": moment, "entered_by": by}),
    ):
        key = new_id()
        plant.add(model, key, plan_id=plan, **{column: plant.sealed(table, column, key)}, **more)  # type: ignore[arg-type]
    key = new_id()
    plant.add(PlanSummary, key, plan_id=plan, kind="other_side", said_on=day, entered_by=by, entered_at=moment, sealed_text=world.ring.seal("另一方的话", place("plan_summary", "sealed_text", key)))
    key = new_id()
    plant.add(FollowUp, key, school_id=case.school_id, case_id=case.id, party_id=plant.party, side="actor", due_on=day, state="done", sealed_note=plant.sealed("follow_up", "sealed_note", key))
    support, step = new_id(), new_id()
    plant.add(
        SupportPlan, support, school_id=case.school_id, case_id=case.id, party_id=plant.party, code=f"S26-{plant.side}", state="open", opened_at=moment,
        opened_by=by, lead_account_id=world.sample.accounts["psychologist"], sealed_needs=plant.sealed("support_plan", "sealed_needs", support),
    )
    plant.add(SupportStep, step, support_id=support, kind="counselling", entered_by=by, entered_at=moment, sealed_note=plant.sealed("support_step", "sealed_note", step))


def in_appeals(plant: Plant) -> None:
    case, appeal, decision, moment, accounts = plant.case, new_id(), new_id(), plant.world.now, plant.world.sample.accounts
    plant.add(
        Appeal, appeal, school_id=case.school_id, case_id=case.id, determination_id=plant.finding, party_id=plant.party, track="determination",  # type: ignore[attr-defined]
        side="actor", year=2026, number=1 if plant.side == "甲" else 2, state="decided", channel="letter", filed_at=moment,
        sealed_grounds=plant.sealed("appeal", "sealed_grounds", appeal), sealed_reply=plant.sealed("appeal", "sealed_reply", appeal),
        entered_by=accounts["bureau_case_officer"], updated_at=moment,
    )
    plant.add(
        AppealDecision, decision, appeal_id=appeal, determination_id=plant.finding, outcome="uphold", measures=[], basis={}, decided_at=moment,  # type: ignore[attr-defined]
        sealed_reasons=plant.sealed("appeal_decision", "sealed_reasons", decision), decided_by=accounts["appeal_reviewer"], filed_by=accounts["bureau_case_officer"],
    )


def in_meeting(plant: Plant, student: str) -> None:
    world, meeting, moment = plant.world, new_id(), plant.world.now
    plant.add(
        ClassMeeting, meeting, school_id=plant.case.school_id, class_id=world.class_a, school_year="2026-2027", season="autumn", state="held",
        title=plant.word()[:40], starts_at=moment, ends_at=moment + timedelta(minutes=40), planned_by=world.officer.account_id, created_at=moment,
        updated_at=moment,
    )
    base = {"district_id": plant.case.district_id, "meeting_id": meeting, "revision": 1}
    world.session.add(MeetingRecord(
        **base, op_id=new_id(), starts_at=moment, ends_at=moment + timedelta(minutes=40), expected_count=4, there_count=3, steps=[], minutes_held=40,
        recorded_by=world.officer.account_id, acting_role="homeroom_teacher", recorded_at=moment,
    ))
    world.session.flush()
    world.session.add(MeetingAbsence(**base, student_id=student, status="absent", leave_type="sick"))
    world.session.flush()


def received(world: World, number: int = 0, kind: str = "copy", guardian: str = PARENT, words: str = "") -> str:
    command = requests.Receive(world.pupils[number], kind, guardian, "母", words)
    return requests.receive(world.session, world.ring, world.officer, command, world.now)


def given(world: World, number: int = 0, guardian: str = PARENT) -> Held:
    key = received(world, number, guardian=guardian)
    requests.answer(world.session, world.ring, world.officer, requests.Answer(key, "given"), world.now)
    return requests.read_held(world.session, world.ring, world.officer, key, "export", world.now)


def text_of(held: Held) -> str:
    return "\n".join(f"{row.what} {row.text} {' '.join(row.codes)}" for _, rows in held.sections for row in rows)


def test_every_field_of_the_child_is_found_and_nothing_of_any_other(planted: tuple[World, CaseFile, Plant, Plant]) -> None:
    world, _case, own, other = planted
    text = text_of(given(world))
    assert len(own.words) > 20
    for word in (*own.words, OWN, PARENT, PHONE):
        assert word in text, word
    for word in (*other.words, OTHER, THIRD, OTHER_PARENT, OTHER_PHONE, "保护安排不外传", "另一方的话"):
        assert word not in text, word
    assert "B1" in text
    assert NOBODY in text


def test_and_the_other_way_round(planted: tuple[World, CaseFile, Plant, Plant]) -> None:
    world, _case, own, other = planted
    text = text_of(given(world, 1, OTHER_PARENT))
    for word in (*other.words, OTHER, OTHER_PARENT):
        assert word in text, word
    shared = own.words[:8]  # what was written of the matter as a whole, names masked
    for word in set(own.words) - set(shared):
        assert word not in text, word
    assert OWN not in text
    assert PARENT not in text


def test_who_reported_stays_with_who_reported(planted: tuple[World, CaseFile, Plant, Plant], session: Session) -> None:
    world, case, _own, _other = planted
    sent = world.report(who="报告人的线索")
    session.get_one(Concern, (case.district_id, sent.concern_id)).case_id = case.id
    session.flush()
    held = given(world)
    assert [row.codes for _, rows in held.sections for row in rows if row.what == "concern"] == [("withheld",)]
    for word in ("走廊里有人被推", "报告人的线索", world.sample.accounts["teacher"]):
        assert word not in text_of(held)


def test_every_compilation_is_in_the_log_with_the_matters_it_read(planted: tuple[World, CaseFile, Plant, Plant], session: Session) -> None:
    world, case, _own, _other = planted
    key = received(world)
    with pytest.raises(CaseRefused):
        requests.read_held(session, world.ring, world.officer, key, "export", world.now)
    assert not session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.purpose == "guardian_request")).all()
    requests.answer(session, world.ring, world.officer, requests.Answer(key, "given"), world.now)
    for _ in range(2):
        requests.read_held(session, world.ring, world.officer, key, "export", world.now)
    rows = session.scalars(sa.select(AccessLogEntry).where(AccessLogEntry.purpose == "guardian_request")).all()
    assert [row.object_ref for row in rows] == [key, case.id] * 2
    right = Permission.GUARDIAN_REQUEST_READ
    other = open_record(session, world.officer, Reading(case.school_id, "case", case.id, right, "guardian_request", "page"), world.now)
    with pytest.raises(UnloggedRead):
        compile_held(session, world.ring, other, world.officer, session.get_one(GuardianRequest, (case.district_id, key)), world.now)
    assert {room for room, _ in holders()} >= {"roster", "meetings", "cases", "plans", "support", "appeals"}


def test_the_deadline_is_the_policys_and_counted_in_days(world: World, session: Session) -> None:
    key = received(world)
    row = session.get_one(GuardianRequest, (world.sample.district_id, key))
    assert local_day(row.due_at - timedelta(seconds=1)) == local_day(world.now) + timedelta(days=15)
    requests.answer(session, world.ring, world.officer, requests.Answer(key, "given"), world.now + timedelta(days=20))
    payload = session.scalars(sa.select(LedgerPayload.payload).join(LedgerEntry, LedgerPayload.seq == LedgerEntry.seq).where(
        LedgerEntry.kind == "guardian_request.answered", LedgerPayload.school_id == LedgerEntry.school_id
    )).all()
    assert any("true" in str(p).lower() for p in payload), "late is written down"


def test_a_refusal_needs_its_reason_and_has_its_letter(world: World, session: Session) -> None:
    key = received(world)
    for wrong in (requests.Answer(key, "not_guardian", ""), requests.Answer(key, "because", "x"), requests.Answer(key, "corrected", "x")):
        with pytest.raises(CaseRefused):
            requests.answer(session, world.ring, world.officer, wrong, world.now)
    assert requests.answer(session, world.ring, world.officer, requests.Answer(key, "not_guardian", "与登记的监护人不符"), world.now) == "refused"
    row = session.get_one(GuardianRequest, (world.sample.district_id, key))
    assert (row.letter_number, row.letter_year) == (1, local_day(world.now).year)
    assert "与登记" not in row.sealed_answer
    with pytest.raises(InvalidState):
        requests.answer(session, world.ring, world.officer, requests.Answer(key, "given"), world.now)
    with pytest.raises(CaseRefused):
        requests.read_held(session, world.ring, world.officer, key, "export", world.now)


def test_nothing_is_deleted_or_rewritten_by_an_answer(planted: tuple[World, CaseFile, Plant, Plant], session: Session) -> None:
    world, _case, _own, _other = planted
    before = {t.name: session.scalar(sa.select(sa.func.count()).select_from(t)) for t in sa.inspect(GuardianRequest).mapper.registry.metadata.sorted_tables}
    for kind, decision in (("correct", "corrected"), ("delete", "by_schedule")):
        with pytest.raises(CaseRefused):
            received(world, kind=kind)
        key = received(world, kind=kind, words="请更正")
        with pytest.raises(CaseRefused):
            requests.answer(session, world.ring, world.officer, requests.Answer(key, "given"), world.now)
        requests.answer(session, world.ring, world.officer, requests.Answer(key, decision, "依法保管到期后处理"), world.now)
    after = {t.name: session.scalar(sa.select(sa.func.count()).select_from(t)) for t in sa.inspect(GuardianRequest).mapper.registry.metadata.sorted_tables}
    assert all(after[name] >= number for name, number in before.items())


def test_a_guardian_who_may_not_be_told_is_told_nothing(planted: tuple[World, CaseFile, Plant, Plant], session: Session) -> None:
    world, _case, own, _other = planted
    parties.add_guardian(session, world.ring, world.officer, parties.AddGuardian(own.party, "卡被禁止者", "父", "", "", restricted=True), world.now)
    with pytest.raises(CaseRefused) as refused:
        given(world, guardian="卡被禁止者")
    assert refused.value.code == "case_request_restricted"
    assert "卡被禁止者" not in text_of(given(world))


def test_what_is_sealed_is_opened_by_two_first(planted: tuple[World, CaseFile, Plant, Plant], session: Session) -> None:
    world, case, own, _other = planted
    case.state, case.sealed_at = "sealed", world.now
    session.flush()
    with pytest.raises(CaseRefused) as refused:
        given(world)
    assert refused.value.code == "case_request_not_whole"
    session.add(SecondPerson(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind="unseal", object_id=case.id, parameters={},
        reason="guardian_request", state="granted", asked_by=world.officer.account_id, asked_at=world.now,
        decided_by=world.sample.accounts["principal"], expires_at=world.now + timedelta(days=7),
    ))
    session.flush()
    assert own.words[0] in text_of(given(world))


@pytest.mark.parametrize("key", ["case_officer@other", "committee_secretary@other"])
def test_another_school_finds_neither_pupil_nor_request(world: World, session: Session, key: str) -> None:
    request = received(world)
    for act in (
        lambda: requests.receive(session, world.ring, world.actor(key), requests.Receive(world.pupils[0], "see", "某", "母"), world.now),
        lambda: requests.seen_request(session, world.actor(key), request),
        lambda: requests.answer(session, world.ring, world.actor(key), requests.Answer(request, "given"), world.now),
        lambda: requests.read_held(session, world.ring, world.actor(key), request, "page", world.now),
    ):
        with pytest.raises(NotFound):
            act()


@pytest.mark.parametrize("key", ["teacher", "principal", "psychologist", "bureau_officer", "system_administrator"])
def test_no_other_role_may(world: World, session: Session, key: str) -> None:
    with pytest.raises((Forbidden, DomainError)):
        requests.seen_request(session, world.actor(key), received(world))


def test_names_are_masked_longest_first_and_ones_own_are_not() -> None:
    mask = masker({"王明"}, {"王明亮": "B1", "李": "B2", "王小": NOBODY})
    assert mask("王明、王明亮、李、王小、139") == f"王明、B1、李、{NOBODY}、139"
    assert masker((), {})("无") == "无"
