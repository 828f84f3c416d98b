"""A plan goes with its pupil: until the other school accepts it is interrupted, and the school that sent it writes no more."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.plan_scenery import ACTOR, NOW, RING, TARGET, Scene, build_scene
from trainhub.cases.models import CaseFile, CaseNotice
from trainhub.education_plans.models import EducationPlan, FollowUp, HandOver, PlanModule, PlanPause, SupportPlan
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.hand_overs import HAND_OVER, package_of
from trainhub.education_plans.rules.lifecycle import ENDED, PlanState
from trainhub.education_plans.service import handing_over, running
from trainhub.education_plans.service.follow_up import open_plans, schedule_contacts
from trainhub.education_plans.service.handing_over import HandOverRefused, Send, Sent
from trainhub.education_plans.service.scheduling import propose_lessons
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import place
from trainhub.ledger.access import Reading, open_record
from trainhub.ledger.models import LedgerEntry

LATER = NOW + timedelta(days=1)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def receiver(scene: Scene) -> Actor:
    return scene.sample.actors["committee_secretary@other"]


def send(scene: Scene, plan_id: str, reason: str = "transfer", actor: Actor | None = None) -> Sent:
    command = Send(plan_id, reason, scene.sample.other_school_id)
    return handing_over.send_plan(scene.session, actor or scene.secretary, RING, command, NOW)


def accept(scene: Scene, sent: Sent, actor: Actor | None = None, receipt: str = "") -> str:
    due = date(2027, 4, 30)
    return handing_over.accept_plan(scene.session, actor or receiver(scene), RING, sent.hand_over_id, receipt or sent.receipt, due, LATER)


def refused(scene: Scene, why: str, sent: Sent, **more: object) -> None:
    with pytest.raises(HandOverRefused) as error:
        accept(scene, sent, **more)  # type: ignore[arg-type]
    assert error.value.params["why"] == why


def test_case_75_until_it_is_accepted_it_is_interrupted_and_never_completed(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    sent = send(scene, plan_id)
    plan = scene.plan(plan_id)
    assert plan.state == "handed_over"
    assert PlanState(plan.state) not in ENDED
    assert plan.ended_at is None
    assert open_plans(session, plan.district_id, plan.case_id) == 1, "the case waits for it"
    with pytest.raises(InvalidState):
        running.move_plan(session, scene.secretary, plan, PlanState.COMPLETED, running.PlanFacts(), LATER)
    row = session.get_one(HandOver, (plan.district_id, sent.hand_over_id))
    assert (row.done_minutes, row.owed_minutes, row.list_number) == (90, 270, 1)
    assert session.scalars(select(CaseNotice.code).where(CaseNotice.org_id == scene.sample.other_school_id)).all() == ["hand_over_waiting"]


def test_case_75_accepted_by_the_receipt_number_it_goes_on_there_with_what_is_owed(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    sent = send(scene, plan_id)
    assert [row.id for row in handing_over.incoming(session, receiver(scene))] == [sent.hand_over_id]
    refused(scene, "receipt", sent, receipt="AAAA-BBBB-CCCC")
    fresh = scene.plan(accept(scene, sent))
    old = scene.plan(plan_id)
    assert (old.state, old.ended_at) == ("accepted_by_receiver", LATER)
    assert (fresh.school_id, fresh.state, fresh.total_minutes) == (scene.sample.other_school_id, "notified", 270)
    assert (fresh.student_mark, fresh.determination_id) == (old.student_mark, old.determination_id)
    modules = session.scalars(select(PlanModule).where(PlanModule.plan_id == fresh.id).order_by(PlanModule.sort_no)).all()
    assert sum(m.minutes for m in modules) == 270
    assert all(m.instructor_id is None for m in modules), "instructors of the other school are named there"
    kinds = session.scalars(select(LedgerEntry.kind).where(LedgerEntry.object_ref == fresh.id)).all()
    assert kinds == ["plan.taken_over"]
    refused(scene, "state", sent)


def test_case_75_the_school_that_sent_it_writes_no_more(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    sent = send(scene, plan_id)
    for _ in range(2):  # while it is on its way, and after it arrived
        with pytest.raises(DomainError):
            send(scene, plan_id)
        with pytest.raises(DomainError):
            running.start_plan(session, scene.secretary, plan_id, LATER)
        with pytest.raises(DomainError):
            propose_lessons(session, scene.secretary, RING, plan_id, LATER)
        with pytest.raises(DomainError):
            running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("paused", LATER.date(), "x"), LATER)
        if scene.plan(plan_id).state == "handed_over":
            fresh = accept(scene, sent)
    assert seen_plan(session, scene.secretary, Permission.PLAN_READ, plan_id, LATER), "it keeps the file"
    with pytest.raises(NotFound):
        seen_plan(session, scene.secretary, Permission.PLAN_READ, fresh, LATER)
    with pytest.raises(NotFound):
        seen_plan(session, receiver(scene), Permission.PLAN_READ, plan_id, LATER)


def test_case_75_nobody_sends_and_accepts(scene: Scene) -> None:
    sent = send(scene, scene.run())
    mover = Actor(scene.secretary.account_id, scene.sample.district_id, "", None, receiver(scene).role, scene.sample.other_school_id, "")
    refused(scene, "same_person", sent, actor=mover)
    with pytest.raises(NotFound):
        accept(scene, sent, scene.sample.actors["case_officer"])


def test_case_75_what_goes_along_tells_nothing_of_the_other_child(scene: Scene, session: Session) -> None:
    sent = send(scene, scene.run(goals=f"认清界线 {ACTOR}", protection=f"与 {TARGET} 分开"))
    row = session.get_one(HandOver, (scene.sample.district_id, sent.hand_over_id))
    package = json.loads(RING.unseal(row.sealed_package, place("plan_hand_over", "sealed_package", row.id)))
    assert set(package) == {"total_minutes", "done_minutes", "per_week", "lesson_minutes", "grade", "stage", "goals", "due_on", "modules"}
    text = json.dumps(package, ensure_ascii=False)
    for word in (TARGET, "B1", "分开", scene.target_party, scene.case_id):
        assert word not in text, word
    assert ACTOR not in row.to_outside
    assert sent.receipt not in repr({c.name: getattr(row, c.name) for c in row.__table__.columns})


def test_case_75_sent_back_it_runs_on_where_it_was(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    before = scene.plan(plan_id).state
    sent = send(scene, plan_id)
    with pytest.raises(NotFound):
        handing_over.return_plan(session, scene.secretary, sent.hand_over_id, LATER)
    handing_over.return_plan(session, receiver(scene), sent.hand_over_id, LATER)
    assert (scene.plan(plan_id).state, scene.plan(plan_id).resume_state) == (before, "")
    refused(scene, "state", sent)
    again = send(scene, plan_id)
    assert again.receipt != sent.receipt


def test_case_75_a_rest_is_still_one_after_it_came_back(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("illness", NOW.date(), "病假"), NOW)
    sent = send(scene, plan_id)
    handing_over.return_plan(session, receiver(scene), sent.hand_over_id, LATER)
    assert (scene.plan(plan_id).state, scene.plan(plan_id).resume_state) == ("paused", "active")
    running.resume_plan(session, scene.secretary, scene.plan(plan_id), LATER)
    assert scene.plan(plan_id).state == "active"
    assert session.scalars(select(PlanPause.ended_at)).one() == LATER


def test_case_75_a_stay_of_the_county_is_not_left_behind(scene: Scene) -> None:
    plan_id = scene.run()
    running.rest_plan(scene.session, scene.secretary, RING, scene.plan(plan_id), running.Rest("stayed", NOW.date(), "申诉", "a" * 32), NOW)
    with pytest.raises(HandOverRefused) as error:
        send(scene, plan_id)
    assert error.value.params["why"] == "stayed"


def test_case_75_with_nothing_owed_it_is_reviewed_and_not_sent_away(scene: Scene) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 360)
    with pytest.raises(HandOverRefused) as error:
        send(scene, plan_id)
    assert error.value.params["why"] == "nothing_owed"


def test_case_75_outside_the_district_another_one_enters_the_receipt_number(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    sent = handing_over.send_plan(session, scene.secretary, RING, Send(plan_id, "transfer", None, "邻县教育局转邻县实验学校"), NOW)
    with pytest.raises(HandOverRefused) as error:
        handing_over.confirm_outside(session, scene.secretary, RING, sent.hand_over_id, sent.receipt, LATER)
    assert error.value.params["why"] == "same_person"
    officer = scene.sample.actors["case_officer"]
    with pytest.raises(NotFound):
        handing_over.confirm_outside(session, receiver(scene), RING, sent.hand_over_id, sent.receipt, LATER)
    handing_over.confirm_outside(session, officer, RING, sent.hand_over_id, sent.receipt, LATER)
    assert scene.plan(plan_id).state == "accepted_by_receiver"
    assert len(session.scalars(select(EducationPlan)).all()) == 1


@pytest.mark.parametrize(("school", "outside"), [(None, ""), ("other", "邻县"), ("own", "")])
def test_a_hand_over_goes_to_exactly_one_other_school(scene: Scene, school: str | None, outside: str) -> None:
    plan_id = scene.run()
    to = {"other": scene.sample.other_school_id, "own": scene.sample.school_id, None: None}[school]
    with pytest.raises(HandOverRefused) as error:
        handing_over.send_plan(scene.session, scene.secretary, RING, Send(plan_id, "transfer", to, outside), NOW)
    assert error.value.params["why"] == "school"


def test_case_76_to_the_next_stage_minutes_go_along_whatever_a_lesson_lasts_there(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 100)
    fresh = scene.plan(accept(scene, send(scene, plan_id, "next_stage")))
    assert fresh.total_minutes == 260, "minutes, not lessons of 40 or 45"
    assert not session.scalars(select(SupportPlan)).all(), "the other child's plan is another matter"
    with pytest.raises(HandOverRefused):
        handing_over.send_plan(session, receiver(scene), RING, Send(fresh.id, "graduation", scene.sample.school_id), LATER)


def test_case_75_at_the_other_school_it_runs_and_its_end_carries_the_case_on(scene: Scene, session: Session) -> None:
    fresh = scene.plan(accept(scene, send(scene, scene.run())))
    running.start_plan(session, receiver(scene), fresh.id, LATER)
    assert scene.plan(fresh.id).state == "active"
    fresh.state, fresh.ended_at = "completed", LATER
    session.flush()
    schedule_contacts(session, receiver(scene), fresh, LATER)
    assert session.scalars(select(CaseFile.state).where(CaseFile.id == scene.case_id)).one() == "follow_up"
    places = {(row.side, row.school_id) for row in session.scalars(select(FollowUp))}
    assert places == {("actor", scene.sample.other_school_id), ("target", scene.sample.school_id)}


def told(scene: Scene, school_id: str) -> list[str]:
    """Notices that still stand on the pages of a school."""
    query = select(CaseNotice.code).where(CaseNotice.org_id == school_id, CaseNotice.done_at.is_(None))
    return list(scene.session.scalars(query.order_by(CaseNotice.code)))


def test_case_69_what_is_on_its_way_when_the_finding_falls_is_taken_back(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    sent, there = send(scene, plan_id), scene.sample.other_school_id
    running.revoke_plan(session, scene.secretary, scene.plan(plan_id), LATER, appeal_id="an appeal")
    row = session.get_one(HandOver, (scene.sample.district_id, sent.hand_over_id))
    assert (row.state, row.sealed_package, row.owed_minutes) == ("withdrawn", "", 0)
    assert handing_over.incoming(session, receiver(scene)) == []
    assert told(scene, there) == ["hand_over_withdrawn"], "and nobody is asked to take it over any more"
    refused(scene, "state", sent)
    with pytest.raises(HandOverRefused):
        handing_over.return_plan(session, receiver(scene), sent.hand_over_id, LATER)
    assert scene.plan(plan_id).state == "revoked"
    assert open_plans(session, scene.sample.district_id, scene.plan(plan_id).case_id) == 0
    opening = open_record(session, receiver(scene), Reading(there, HAND_OVER, row.id, Permission.PLAN_WRITE, "handling", "print"), LATER)
    with pytest.raises(NotFound):
        package_of(session, RING, opening, row.id)


def test_amended_on_its_way_the_other_school_takes_over_what_is_owed_now(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    sent = send(scene, plan_id)
    running.amend_plan(session, scene.secretary, scene.plan(plan_id), running.Amendment(180), LATER, by="an appeal")
    assert told(scene, scene.sample.other_school_id) == ["hand_over_waiting", "plan_amended"]
    reading = Reading(scene.sample.other_school_id, HAND_OVER, sent.hand_over_id, Permission.PLAN_WRITE, "handling", "print")
    package = package_of(session, RING, open_record(session, receiver(scene), reading, LATER), sent.hand_over_id)
    assert (package["total_minutes"], package["done_minutes"], sum(m[1] for m in package["modules"])) == (180, 90, 180)
    fresh = scene.plan(accept(scene, sent))
    assert (fresh.total_minutes, fresh.state) == (90, "notified")
    assert told(scene, scene.sample.other_school_id) == []


def test_amended_on_its_way_to_what_is_done_it_comes_back_with_its_hours(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 90)
    sent = send(scene, plan_id)
    running.amend_plan(session, scene.secretary, scene.plan(plan_id), running.Amendment(90), LATER, by="an appeal")
    assert scene.plan(plan_id).state == "hours_reached", "it is reviewed where it was given"
    refused(scene, "state", sent)
    assert told(scene, scene.sample.other_school_id) == ["hand_over_withdrawn"]


def test_outside_the_district_the_secretary_is_told_what_to_tell(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    handing_over.send_plan(session, scene.secretary, RING, Send(plan_id, "transfer", to_outside="邻县教育局"), NOW)
    running.revoke_plan(session, scene.secretary, scene.plan(plan_id), LATER, appeal_id="an appeal")
    assert "hand_over_wrong" in told(scene, scene.sample.school_id)
