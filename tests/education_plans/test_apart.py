"""People and protection of a plan that was approved, what is asked of the guardian, who reads a plan and who may stop it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.conftest import SignIn
from tests.education_plans.plan_scenery import ACTOR, DUE, NOW, STARTS, Scene, build_scene
from tests.education_plans.test_changing import change, modules
from tests.education_plans.test_time_over import AFTER, book, missed
from trainhub.cases.models import CaseDuty, CaseGuardian, CaseNotice
from trainhub.committees.models import Recusal
from trainhub.education_plans.models import (
    Escalation,
    FollowUp,
    GuardianPart,
    PlanAvoid,
    PlanLesson,
    PlanPause,
    PlanStep,
    PlanSummary,
)
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.board import board
from trainhub.education_plans.queries.own import conclusions_owed
from trainhub.education_plans.rules.drafting import GuardianDraft
from trainhub.education_plans.rules.review import ReviewOutcome, Voice
from trainhub.education_plans.rules.scheduling import Avoid
from trainhub.education_plans.service import absences, apart, changing, review, running, scheduling
from trainhub.education_plans.service.drafting import DraftRefused, InstructorConflict
from trainhub.education_plans.views.board import _chips
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.errors import InvalidState, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry
from trainhub.web.keys import key_ring

NOON = time(12, 30)


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    return build_scene(session, district, ring=key_ring())


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        yield


def keep(scene: Scene, plan_id: str, protection: str = "分开路线", *avoid: Avoid, **values: int) -> int:
    return apart.keep_apart(scene.session, scene.secretary, scene.ring, apart.KeepApart(plan_id, protection, avoid, **values), NOW)


def psychologist_of(scene: Scene) -> Actor:
    return scene.sample.actors["psychologist"]


# --- what keeps the two apart ------------------------------------------------------------------------------


def test_case_81_a_new_club_of_the_other_child_is_kept_clear_of_and_finds_the_lessons_in_it(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    book(scene, plan_id, at(STARTS, NOON))
    club = Avoid("slot", weekday=1, from_minute=12 * 60, to_minute=13 * 60)
    assert keep(scene, plan_id, "分开路线", club) == 1
    row = session.scalars(sa.select(PlanAvoid).where(PlanAvoid.plan_id == plan_id, PlanAvoid.dropped_at.is_(None))).one()
    assert (row.kind, row.weekday) == ("slot", 1)
    with pytest.raises(scheduling.LessonRefused) as refused:
        book(scene, plan_id, at(STARTS + timedelta(days=7), NOON))
    assert refused.value.params["objections"] == ("other_child",)
    plan = scene.plan(plan_id)
    assert (plan.revision, scene.steps(plan_id)[-1]) == (2, "kept_apart")
    entry = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.kind == "plan.kept_apart")).one()
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "kept_apart")).one()
    assert (entry.object_ref, step.changes["added"], step.changes["astray"]) == (plan_id, ["slot"], 1)
    assert keep(scene, plan_id, "分开路线，放学错开") == 0  # the line is gone, the lesson may stay
    assert session.scalars(sa.select(PlanAvoid).where(PlanAvoid.plan_id == plan_id, PlanAvoid.dropped_at.is_(None))).all() == []


def test_the_wording_before_is_kept_sealed_and_is_no_voice_of_the_review(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    keep(scene, plan_id, "分开路线，放学错开")
    row = session.scalars(sa.select(PlanSummary).where(PlanSummary.plan_id == plan_id)).one()
    assert row.kind == "protection"
    assert "分开路线" not in row.sealed_text
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "kept_apart")).one()
    assert "分开路线" not in str(step.changes)
    assert [m.key for m in review.materials_of(session, scene.plan(plan_id)) if m.there and m.key in {v.value for v in Voice}] == []


@pytest.mark.parametrize(("words", "fault"), [("分开路线", "nothing_changed"), ("", "protection_none"), ("长" * 2001, "words_long")])
def test_a_protection_that_says_nothing_new_or_nothing_is_refused(scene: Scene, words: str, fault: str) -> None:
    plan_id = scene.run()
    with pytest.raises(DraftRefused) as refused:
        keep(scene, plan_id, words)
    assert refused.value.params["fault"] == fault


def test_nothing_is_arranged_in_a_draft_or_after_the_end_nor_over_what_somebody_else_wrote(scene: Scene, session: Session) -> None:
    draft = scene.draft()
    with pytest.raises(InvalidState):
        keep(scene, draft, "新")
    with pytest.raises(InvalidState):
        apart.name_people(session, scene.secretary, scene.ring, draft, None, None, NOW)
    plan_id = scene.plan(draft).id
    running.approve_plan(session, scene.secretary, plan_id, scene.resolve("plan", plan_id), NOW)
    with pytest.raises(StaleVersion):
        keep(scene, plan_id, "新", seen_version=1)
    with pytest.raises(NotFound):
        apart.keep_apart(session, scene.sample.actors["committee_secretary@other"], scene.ring, apart.KeepApart(plan_id, "新", ()), NOW)


# --- people --------------------------------------------------------------------------------------------------


def test_case_80_mid_plan_the_booked_lessons_go_with_the_module(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    lesson = book(scene, plan_id, at(STARTS, NOON))
    law = modules(scene, plan_id)["law"].id
    assert changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law, scene.sample.people[0], NOW, with_lessons=True) == 0
    assert session.get_one(PlanLesson, (scene.sample.district_id, lesson)).instructor_id == scene.sample.people[0]
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "instructor_named")).one()
    assert (step.changes["lessons"], step.changes["left"]) == ([lesson], 0)


def test_who_has_something_else_then_does_not_take_the_lesson(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    lesson = book(scene, plan_id, at(STARTS, NOON))
    busy = scene.sample.people[1]
    row = session.get_one(PlanLesson, (scene.sample.district_id, lesson))
    other = modules(scene, plan_id)["psychology"].id
    session.add(PlanLesson(
        district_id=row.district_id, id=new_id(), plan_id=plan_id, module_id=other, state="planned", starts_at=row.starts_at + timedelta(minutes=15),
        ends_at=row.ends_at, minutes=30, instructor_id=busy, planned_by=scene.secretary.account_id, planned_at=NOW,
    ))
    session.flush()
    law = modules(scene, plan_id)["law"].id
    assert changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law, busy, NOW, with_lessons=True) == 1
    assert session.get_one(PlanLesson, (scene.sample.district_id, lesson)).instructor_id == scene.sample.people[4]


def test_a_plan_taken_over_names_its_people_before_anything_is_booked(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    law = modules(scene, plan_id)["law"]
    law.instructor_id = None
    session.flush()
    with pytest.raises(scheduling.LessonRefused) as refused:
        book(scene, plan_id, at(STARTS, NOON))
    assert refused.value.params["objections"] == ("no_instructor",)
    changing.name_instructor(session, scene.secretary, scene.ring, plan_id, law.id, scene.sample.people[4], NOW)
    book(scene, plan_id, at(STARTS, NOON))


def test_case_80_no_relative_is_put_in_charge(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    session.add(CaseGuardian(
        district_id=scene.sample.district_id, id=new_id(), party_id=scene.target_party, sealed_identity="", added_at=NOW,
        person_mark=scene.ring.mark("person", scene.sample.people[2]),
    ))
    session.flush()
    with pytest.raises(InstructorConflict):
        apart.name_people(session, scene.secretary, scene.ring, plan_id, scene.sample.people[2], None, NOW)


# --- what the committee changes besides ----------------------------------------------------------------------


def test_cadence_and_guardian_parts_change_by_the_committees_word(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    change(scene, plan_id, lesson_minutes=40, per_week=3, parts=(GuardianDraft("reading", DUE),))
    plan = scene.plan(plan_id)
    assert (plan.lesson_minutes, plan.per_week, plan.total_minutes) == (40, 3, 360)
    assert sorted(session.scalars(sa.select(GuardianPart.kind).where(GuardianPart.plan_id == plan_id))) == ["reading", "talk"]
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "amended")).one()
    assert (step.changes["per_week"], step.changes["guardian_parts"]) == (3, [["reading", DUE.isoformat()]])


# --- the guardian's parts ------------------------------------------------------------------------------------


def test_a_guardian_who_refuses_their_part_does_not_keep_a_plan_open_for_ever(scene: Scene, session: Session) -> None:
    plan_id = scene.to_review()
    part = session.scalars(sa.select(GuardianPart).where(GuardianPart.plan_id == plan_id)).one()
    part.done_at = None
    session.flush()
    with pytest.raises(running.PlanStepRefused) as refused:
        scene.decide(plan_id, ReviewOutcome.COMPLETED)
    assert refused.value.params["missing"] == ("guardian_parts",)
    session.expire_all()
    for reason in ("", "whatever"):
        with pytest.raises(review.ReviewRefused):
            review.waive_part(session, scene.secretary, plan_id, part.id, reason, NOW)
    review.waive_part(session, scene.secretary, plan_id, part.id, "refused", NOW)
    assert scene.steps(plan_id)[-1] == "guardian_part_waived"
    with pytest.raises(review.ReviewRefused):
        review.waive_part(session, scene.secretary, plan_id, part.id, "not_able", NOW)
    review.note_part_done(session, scene.secretary, plan_id, part.id, NOW)
    assert part.done_at is None  # settled is not done
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    assert scene.plan(plan_id).state == "completed"


# --- who reads ------------------------------------------------------------------------------------------------


def duties(scene: Scene) -> list[CaseDuty]:
    return list(scene.session.scalars(sa.select(CaseDuty).where(CaseDuty.case_id == scene.case_id, CaseDuty.to_at.is_(None))))


def test_the_psychologist_of_a_plan_reads_it_from_its_approval_to_its_end(scene: Scene, session: Session) -> None:
    with time_machine.travel(NOW, tick=False):
        plan_id = scene.run()
    actor = psychologist_of(scene)
    assert [(d.account_id, d.duty, d.reason) for d in duties(scene)] == [(actor.account_id, "psychologist", "plan")]
    assert seen_plan(session, actor, Permission.PLAN_READ, plan_id, NOW).id == plan_id
    assert conclusions_owed(session, actor, NOW) == [plan_id]
    review.conclude(session, actor, scene.ring, plan_id, "enough", "", NOW)
    assert conclusions_owed(session, actor, NOW) == []
    with time_machine.travel(NOW, tick=False):
        running.revoke_plan(session, scene.secretary, scene.plan(plan_id), NOW, appeal_id="")
    assert duties(scene) == []
    with pytest.raises(NotFound):
        seen_plan(session, actor, Permission.PLAN_READ, plan_id, NOW + timedelta(minutes=1))


def test_another_psychologist_takes_the_first_ones_place_and_who_stepped_aside_gets_none(scene: Scene, session: Session) -> None:
    with time_machine.travel(NOW, tick=False):
        plan_id = scene.run()
    apart.name_people(session, scene.secretary, scene.ring, plan_id, None, None, NOW)
    assert duties(scene) == []
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id, person_id=scene.sample.people[1],
        ground="relative", found_by="declared", entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.flush()
    with pytest.raises(InstructorConflict):
        apart.name_people(session, scene.secretary, scene.ring, plan_id, None, scene.sample.people[1], NOW)
    assert duties(scene) == []


def test_the_teacher_in_charge_sees_whose_plan_it_is_and_nothing_else_of_the_case(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    lead = replace(scene.sample.actors["plan_instructor"], person_id=scene.sample.people[3])
    assert seen_plan(session, lead, Permission.HOURS_OWN_READ, plan_id, NOW).id == plan_id
    with pytest.raises(NotFound):
        seen_plan(session, lead, Permission.HOURS_OWN_WRITE, plan_id, NOW)
    other = replace(lead, person_id=scene.sample.people[5])
    with pytest.raises(NotFound):
        seen_plan(session, other, Permission.HOURS_OWN_READ, plan_id, NOW)


# --- stopping ---------------------------------------------------------------------------------------------------


def test_case_84_the_psychologist_stops_a_plan_at_once_and_nobody_is_told_why(scene: Scene, session: Session) -> None:
    with time_machine.travel(NOW, tick=False):
        plan_id = scene.run()
    actor = psychologist_of(scene)
    with pytest.raises(running.PauseRefused):
        running.stop_for_safety(session, actor, scene.ring, plan_id, " ", NOW)
    running.stop_for_safety(session, actor, scene.ring, plan_id, "住院", NOW)
    pause = session.scalars(sa.select(PlanPause).where(PlanPause.plan_id == plan_id)).one()
    assert (scene.plan(plan_id).state, pause.kind, pause.from_on) == ("paused", "safety", NOW.date())
    notice = session.scalars(sa.select(CaseNotice).where(CaseNotice.code == "plan_stopped")).one()
    assert (notice.role, notice.link) == ("committee_secretary", f"/plans/{plan_id}/steps")
    step = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.to_state == "paused")).one()
    assert step.changes["on_word_of"] == actor.person_id


def test_case_84_the_secretary_stops_it_for_safety_on_the_psychologists_word_only(scene: Scene, session: Session) -> None:
    with time_machine.travel(NOW, tick=False):
        plan_id = scene.run()
    with pytest.raises(running.PauseRefused) as refused:
        running.rest_plan(session, scene.secretary, scene.ring, scene.plan(plan_id), running.Rest("safety", NOW.date(), "住院"), NOW)
    assert refused.value.field == "on_word_of"
    stranger = replace(psychologist_of(scene), person_id=scene.sample.people[5])
    with pytest.raises(NotFound):
        running.stop_for_safety(session, stranger, scene.ring, plan_id, "住院", NOW)
    with pytest.raises(NotFound):
        running.stop_for_safety(session, scene.sample.actors["plan_instructor"], scene.ring, plan_id, "住院", NOW)


# --- special school ---------------------------------------------------------------------------------------------


def test_case_86_the_bureaus_answer_is_noted_once_and_only_a_return_follows(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    review.open_review(session, scene.secretary, plan_id, AFTER)
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED, AFTER)
    item = scene.resolve("escalation", plan_id, at=AFTER)
    key = review.escalate(session, scene.secretary, scene.ring, review.Escalate(plan_id, item, "special_school_referral", "理由"), AFTER)
    review.answer_referral(session, scene.secretary, key, "placed", "教 1", AFTER)
    contacts = session.scalar(sa.select(sa.func.count()).select_from(FollowUp).where(FollowUp.case_id == scene.case_id))
    for answer in ("placed", "not_placed"):
        with pytest.raises(review.ReviewRefused) as refused:
            review.answer_referral(session, scene.secretary, key, answer, "教 2", AFTER)
        assert refused.value.params["why"] == "answered"
    review.answer_referral(session, scene.secretary, key, "returned_home", "教 3", AFTER + timedelta(days=40))
    row = session.get_one(Escalation, (scene.sample.district_id, key))
    assert (row.answer, row.answer_document, scene.plan(plan_id).state) == ("returned_home", "教 3", "handed_over")
    steps = session.scalars(sa.select(PlanStep).where(PlanStep.plan_id == plan_id, PlanStep.step == "referral_answered").order_by(PlanStep.id)).all()
    assert [(s.changes["answer"], s.changes["paper"]) for s in steps] == [("placed", "教 1"), ("returned_home", "教 3")]
    assert session.scalar(sa.select(sa.func.count()).select_from(FollowUp).where(FollowUp.case_id == scene.case_id)) == contacts
    with pytest.raises(review.ReviewRefused):
        review.answer_referral(session, scene.secretary, key, "returned_home", "教 4", AFTER + timedelta(days=41))


# --- pages ------------------------------------------------------------------------------------------------------


def test_the_page_of_a_change_writes_people_and_protection(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.run()
    book(scene, plan_id, at(STARTS, NOON))
    session.commit()
    sign_in(client, "committee_secretary")
    assert f"/plans/{plan_id}/change" in client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
    form = {"protection": "分开路线，放学错开", "avoid-1": "slot", "avoid-weekday-1": "1", "avoid-from-1": "12:00", "avoid-to-1": "13:00", "seen": str(scene.plan(plan_id).version)}
    wrong = client.post(f"/plans/{plan_id}/apart", data=form | {"avoid-to-1": "11:00"})
    assert wrong.status_code == 422
    assert "放学错开" in wrong.get_data(as_text=True)  # nothing typed is lost
    assert client.post(f"/plans/{plan_id}/apart", data=form).headers["Location"] == f"/plans/{plan_id}/change"
    text = client.get(f"/plans/{plan_id}/change").get_data(as_text=True)
    assert "以前的文字" in text
    assert "已排的 1 节课" in text
    assert 'value="12:00"' in text
    assert client.post(f"/plans/{plan_id}/people", data={"lead": "", "psychologist": scene.sample.people[1]}).status_code == 303
    assert scene.plan(plan_id).lead_person_id is None
    assert ACTOR not in text
    sign_in(client, "committee_secretary@other")
    assert client.post(f"/plans/{plan_id}/apart", data=form).status_code == 404
    assert client.post(f"/plans/{plan_id}/people", data={}).status_code == 404


def test_an_overdue_plan_has_one_way_out_on_its_schedule(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    session.commit()
    with time_machine.travel(AFTER, tick=False):
        sign_in(client, "committee_secretary")
        text = client.get(f"/plans/{plan_id}/schedule").get_data(as_text=True)
        assert f'href="/plans/{plan_id}/change"' in text
        assert "没有要排的了" not in text
        assert 'id="one"' not in text  # no form that can only be refused
        steps = client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
        assert f'class="btn pri" href="/plans/{plan_id}/schedule"' not in steps
    booking = scheduling.Booking(modules(scene, plan_id)["law"].id, at(date(2027, 1, 19), NOON), 45, "法治教室")
    with pytest.raises(scheduling.LessonRefused) as refused:  # a Tuesday: there is school, only the plan is over
        scheduling.book_lessons(session, scene.secretary, scene.ring, plan_id, (booking,), AFTER)
    assert refused.value.params["objections"] == ("outside_plan",)


def test_a_make_up_lies_before_the_last_day_like_every_lesson(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    missed(scene, plan_id, at(STARTS, NOON))
    lesson = session.scalars(sa.select(PlanLesson).where(PlanLesson.plan_id == plan_id)).one()
    start = at(DUE + timedelta(days=3), NOON)
    with pytest.raises(absences.HourRefused) as refused:
        absences.plan_make_up(session, scene.secretary, absences.PlanMakeUp(plan_id, lesson.id, start, start + timedelta(minutes=45), 45), at(STARTS, time(17)))
    assert refused.value.code == "hour_make_up_after_end"


def test_plans_that_are_over_are_found_from_the_board_and_from_their_case(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    session.commit()
    sign_in(client, "committee_secretary")
    board = client.get("/plans").get_data(as_text=True)
    assert "show=done" in board
    assert f'href="/plans/{plan_id}"' not in board
    assert f'href="/plans/{plan_id}"' in client.get("/plans?show=done").get_data(as_text=True)
    assert f'href="/plans/{plan_id}"' in client.get(f"/cases/{scene.case_id}").get_data(as_text=True)
    assert f'href="/plans/{plan_id}"' in client.get("/follow-ups").get_data(as_text=True)
    assert f"/plans/{plan_id}/papers/hours.pdf" in client.get(f"/plans/{plan_id}").get_data(as_text=True)


def test_case_69_a_revoked_plan_is_on_no_list(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.run()
    running.revoke_plan(session, scene.secretary, scene.plan(plan_id), NOW, appeal_id="")
    session.commit()
    sign_in(client, "committee_secretary")
    for path in ("/plans?show=done", f"/cases/{scene.case_id}"):
        assert f"/plans/{plan_id}" not in client.get(path).get_data(as_text=True)


def test_the_psychologists_home_asks_for_the_conclusion_and_the_page_offers_the_stop(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.run()
    session.commit()
    sign_in(client, "psychologist")
    assert f'href="/plans/{plan_id}/review"' in client.get("/").get_data(as_text=True)
    assert f"/plans/{plan_id}/stop" in client.get(f"/plans/{plan_id}/steps").get_data(as_text=True)
    assert client.post(f"/plans/{plan_id}/stop", data={"words": "自伤风险"}).status_code == 303
    assert scene.plan(plan_id).state == "paused"
    home = client.get("/").get_data(as_text=True)
    assert "自伤" not in home
    sign_in(client, "plan_instructor")
    assert client.post(f"/plans/{plan_id}/stop", data={"words": "x"}).status_code == 404


def test_the_log_button_is_for_who_gives_a_lesson_of_this_plan(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.run()
    session.commit()
    sign_in(client, "committee_secretary")
    assert "/my-lessons/" not in client.get(f"/plans/{plan_id}").get_data(as_text=True)
    sign_in(client, "psychologist")
    assert f'href="/my-lessons/{plan_id}/log' in client.get(f"/plans/{plan_id}").get_data(as_text=True)


def test_a_lesson_of_a_plan_at_rest_is_marked_in_the_next_days(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    book(scene, plan_id, at(STARTS, NOON))
    running.rest_plan(session, scene.secretary, scene.ring, scene.plan(plan_id), running.Rest("illness", NOW.date(), "病假"), NOW)
    session.commit()
    with time_machine.travel(NOW, tick=False):
        sign_in(client, "committee_secretary")
        text = client.get("/plans").get_data(as_text=True)
    week = text[text.index('class="pb-wk"'):]
    assert "暂停" in week[: week.index("</ul>")]


def test_the_part_is_settled_on_the_page_of_the_review(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    plan_id = scene.run()
    part = session.scalars(sa.select(GuardianPart).where(GuardianPart.plan_id == plan_id)).one().id
    session.commit()
    sign_in(client, "committee_secretary")
    assert f"/plans/{plan_id}/parts/{part}/waive" in client.get(f"/plans/{plan_id}/review").get_data(as_text=True)
    assert client.post(f"/plans/{plan_id}/parts/{part}/waive", data={"reason": ""}).status_code == 422
    assert client.post(f"/plans/{plan_id}/parts/{part}/waive", data={"reason": "refused"}).status_code == 303
    assert "监护人拒绝" in client.get(f"/plans/{plan_id}/review").get_data(as_text=True)


def test_the_board_counts_a_plan_that_is_still_to_be_written(client: FlaskClient, sign_in: SignIn, scene: Scene, session: Session, at_now: None) -> None:
    session.commit()
    sign_in(client, "committee_secretary")
    with client.application.test_request_context():
        chips = _chips(board(session, scene.secretary, NOW), "all")
    assert [n for _word, n, _url, _on in chips][:2] == [1, 1]
