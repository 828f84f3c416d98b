"""A wrong hour found after the end of a plan is taken back all the same: two people, a red line, an erratum, the committee's word (case 83)."""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.plan_scenery import NOW, Scene, build_scene
from trainhub.cases.models import CaseFile, CaseNotice
from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.service import progress
from trainhub.committees.models import MeetingItem
from trainhub.committees.rules.refusals import ResolutionNotUsable
from trainhub.education_plans.models import FollowUp, HandOver, HourEntry, PlanBalance, PlanStep
from trainhub.education_plans.queries.blocking import blocking
from trainhub.education_plans.rules.hours import AnotherPersonWanted, HourRefused
from trainhub.education_plans.rules.review import ReviewOutcome
from trainhub.education_plans.service import errata, handing_over, review, running
from trainhub.education_plans.service.corrections import AskCorrection, ask_correction, reverse_hours
from trainhub.education_plans.service.hours import Confirmed, Verdict, refuse_hours
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.sealing import place
from trainhub.ledger.models import LedgerEntry
from trainhub.web.keys import key_ring

LATER = NOW + timedelta(days=1)
WRONG = 4
"""The confirmation of the last 45 minutes."""


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with time_machine.travel(LATER + timedelta(minutes=1), tick=False):
        yield


@pytest.fixture
def scene(app: Flask, session: Session, district: Sample) -> Scene:
    found = build_scene(session, district, ring=key_ring())
    counted = found.count

    def in_two(plan_id: str, minutes: int, now: object = NOW) -> None:
        counted(plan_id, minutes - 45, now)  # type: ignore[arg-type]
        counted(plan_id, 45, now)  # type: ignore[arg-type]

    found.count = in_two  # type: ignore[method-assign]
    return found


def ask(scene: Scene, plan_id: str, number: int = WRONG) -> int:
    officer = scene.sample.actors["case_officer"]
    command = AskCorrection(plan_id, number, new_id(), "not_held", "没有上课")
    return ask_correction(scene.session, officer, scene.ring, command, LATER, permission=Permission.HOURS_CONFIRM).number


def take_back(scene: Scene, plan_id: str, number: int = WRONG) -> Confirmed:
    asked = ask(scene, plan_id, number)
    return reverse_hours(scene.session, scene.secretary, scene.ring, Verdict(plan_id, asked, new_id()), LATER)


def completed(scene: Scene) -> str:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    return plan_id


def erratum_of(scene: Scene, plan_id: str) -> dict[str, int]:
    scene.session.flush()
    return dict(scene.session.scalars(sa.select(PlanStep.changes).where(PlanStep.plan_id == plan_id, PlanStep.step == "erratum")).one())


def duties(scene: Scene) -> list[tuple[str, str]]:
    scene.session.flush()
    query = sa.select(CaseNotice.code, CaseNotice.role).where(CaseNotice.done_at.is_(None), CaseNotice.code.in_((errata.FELL_SHORT, errata.SENT_WRONG, "plan_amended")))
    return [tuple(row) for row in scene.session.execute(query)]


def case_of(scene: Scene) -> CaseFile:
    return scene.session.get_one(CaseFile, (scene.sample.district_id, scene.case_id), populate_existing=True)


def test_case_83_after_the_end_two_people_take_a_wrong_hour_back_and_the_committee_is_asked(scene: Scene, session: Session) -> None:
    plan_id = completed(scene)
    asked = ask(scene, plan_id)
    assert running.done_minutes(session, scene.plan(plan_id)) == 360, "asked for is not done"
    for row in session.scalars(sa.select(FollowUp)):
        row.state = "done"
    session.flush()
    assert blocking(session, scene.sample.district_id, [scene.case_id]) == {scene.case_id}, "no seal falls on a question that is open"
    with pytest.raises(AnotherPersonWanted):
        reverse_hours(session, scene.sample.actors["case_officer"], scene.ring, Verdict(plan_id, asked, new_id()), LATER)
    reverse_hours(session, scene.secretary, scene.ring, Verdict(plan_id, asked, new_id()), LATER)
    plan = scene.plan(plan_id)
    assert (plan.state, running.done_minutes(session, plan), plan.erratum_at) == ("completed", 315, LATER), "nothing moves by itself"
    assert session.get_one(PlanBalance, (plan.district_id, plan_id), populate_existing=True).done_minutes == 315
    last = session.scalars(sa.select(HourEntry).order_by(HourEntry.number.desc())).first()
    assert last is not None
    assert (last.kind, last.counted_minutes, last.refers_to) == ("reversal", -45, WRONG)
    assert erratum_of(scene, plan_id) == {"line": 6, "before": 360, "done": 315, "total_minutes": 360, "short": 45}
    assert session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.kind == "plan.erratum")).all()
    assert duties(scene) == [(errata.FELL_SHORT, "committee_secretary")]
    with pytest.raises(StepRefused) as held:
        progress.close_case(session, scene.secretary, scene.case_id, LATER)
    assert held.value.params["missing"] == ("plans_open",)
    assert blocking(session, plan.district_id, [scene.case_id]) == {scene.case_id}, "nor is it sealed before"


def test_an_hour_that_leaves_enough_is_an_erratum_and_asks_nobody(scene: Scene, session: Session) -> None:
    plan_id = completed(scene)
    scene.plan(plan_id).total_minutes = 300
    take_back(scene, plan_id)
    assert (erratum_of(scene, plan_id)["short"], scene.plan(plan_id).erratum_at, duties(scene)) == (0, None, [])


def test_a_correction_after_the_end_may_be_refused_and_other_entries_are_not_taken(scene: Scene, session: Session) -> None:
    plan_id = completed(scene)
    asked = ask(scene, plan_id)
    refuse_hours(session, scene.secretary, scene.ring, Verdict(plan_id, asked, new_id(), "other"), LATER)
    assert running.done_minutes(session, scene.plan(plan_id)) == 360
    session.execute(sa.update(FollowUp).values(state="done"))
    assert blocking(session, scene.sample.district_id, [scene.case_id]) == set()
    scene.plan(plan_id).state = "revoked"
    with pytest.raises(HourRefused) as refused:
        ask(scene, plan_id)
    assert refused.value.code == "hour_plan_ended"


def test_the_committee_lets_it_run_again_until_the_hours_are_there(scene: Scene, session: Session) -> None:
    plan_id = completed(scene)
    early = scene.resolve("plan_change", plan_id, at=NOW)
    take_back(scene, plan_id)
    until = date(2027, 1, 29)

    def decide(item: str, decision: str = "reopened", day: date | None = until) -> None:
        errata.decide_erratum(session, scene.secretary, errata.DecideErratum(plan_id, item, decision, day), LATER)

    for item, decision, day, why in (("x", "away", until, "decision"), ("x", "reopened", None, "due_on"), ("x", "reopened", NOW.date(), "due_on")):
        with pytest.raises(errata.ErratumRefused) as error:
            decide(item, decision, day)
        assert error.value.params["why"] == why
    with pytest.raises(errata.ErratumRefused) as error, session.begin_nested():
        decide(early)
    assert error.value.params["why"] == "resolution"
    with pytest.raises(ResolutionNotUsable):
        decide(scene.resolve("plan_change", plan_id, at=LATER, outcome="rejected"))
    decide(scene.resolve("plan_change", plan_id, at=LATER))
    plan = scene.plan(plan_id)
    assert (plan.state, plan.due_on, plan.ended_at, plan.erratum_at) == ("active", until, None, None)
    assert (case_of(scene).state, duties(scene)) == ("in_execution", [])
    states = session.execute(sa.select(FollowUp.side, FollowUp.state).distinct().order_by(FollowUp.side)).all()
    assert [tuple(row) for row in states] == [("actor", "dropped"), ("target", "scheduled")]
    late = session.execute(sa.select(PlanStep.step, PlanStep.to_state).where(PlanStep.plan_id == plan_id, PlanStep.recorded_at == LATER)).all()
    assert {tuple(row) for row in late} == {("erratum", ""), ("erratum_decided", ""), ("moved", "active"), ("contacts_dropped", "")}
    with pytest.raises(errata.ErratumRefused):
        decide("x")
    Scene.count(scene, plan_id, 45, LATER)
    review.open_review(session, scene.secretary, plan_id, LATER)
    scene.decide(plan_id, ReviewOutcome.COMPLETED, LATER)
    assert (scene.plan(plan_id).state, case_of(scene).state) == ("completed", "follow_up")


def test_the_committee_lets_it_stand_and_the_case_goes_on(scene: Scene, session: Session) -> None:
    plan_id = completed(scene)
    take_back(scene, plan_id)
    item = scene.resolve("plan_change", plan_id, at=LATER)
    errata.decide_erratum(session, scene.secretary, errata.DecideErratum(plan_id, item, "stands"), LATER)
    assert (scene.plan(plan_id).state, scene.plan(plan_id).erratum_at, case_of(scene).state, duties(scene)) == ("completed", None, "follow_up", [])
    assert erratum_of(scene, plan_id)["short"] == 45, "it stays in the history"


def test_not_completed_plans_are_corrected_too_and_what_was_escalated_is_not_taken_up_again(scene: Scene, session: Session) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED)
    take_back(scene, plan_id)
    assert duties(scene) == [(errata.FELL_SHORT, "committee_secretary")], "it was decided on full hours"
    review.escalate(session, scene.secretary, scene.ring, review.Escalate(plan_id, scene.resolve("escalation", plan_id, at=LATER), "stronger_measure", "再议"), LATER)
    command = errata.DecideErratum(plan_id, scene.resolve("plan_change", plan_id, at=LATER), "reopened", date(2027, 1, 29))
    with pytest.raises(errata.ErratumRefused) as error:
        errata.decide_erratum(session, scene.secretary, command, LATER)
    assert error.value.params["why"] == "state"


@pytest.mark.parametrize("accepted", [False, True])
def test_case_75_hours_that_were_handed_over_wrong_are_owed_where_the_pupil_is_now(scene: Scene, session: Session, *, accepted: bool) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 135)
    sent = handing_over.send_plan(session, scene.secretary, scene.ring, handing_over.Send(plan_id, "transfer", scene.sample.other_school_id), NOW)
    receiver = scene.sample.actors["committee_secretary@other"]
    due = date(2027, 4, 30)
    fresh = handing_over.accept_plan(session, receiver, scene.ring, sent.hand_over_id, sent.receipt, due, NOW) if accepted else ""
    take_back(scene, plan_id)
    row = session.get_one(HandOver, (scene.sample.district_id, sent.hand_over_id), populate_existing=True)
    assert (row.done_minutes, row.owed_minutes) == (90, 270)
    package = json.loads(scene.ring.unseal(row.sealed_package, place("plan_hand_over", "sealed_package", row.id)))
    assert (package["done_minutes"], package["goals"]) == (90, "认清界线")
    assert erratum_of(scene, plan_id)["short"] == 270
    if not accepted:
        assert duties(scene) == []
        fresh = handing_over.accept_plan(session, receiver, scene.ring, sent.hand_over_id, sent.receipt, due, LATER)
    else:
        assert duties(scene) == [("plan_amended", "committee_secretary")]
        assert "amended" in scene.steps(fresh)
    assert scene.plan(fresh).total_minutes == 270


def test_case_75_a_school_outside_is_told_by_the_secretary(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 135)
    sent = handing_over.send_plan(session, scene.secretary, scene.ring, handing_over.Send(plan_id, "transfer", None, "邻县实验学校"), NOW)
    handing_over.confirm_outside(session, scene.sample.actors["case_officer"], scene.ring, sent.hand_over_id, sent.receipt, NOW)
    take_back(scene, plan_id)
    assert duties(scene) == [(errata.SENT_WRONG, "committee_secretary")]
    with pytest.raises(InvalidState):
        running.amend_plan(session, scene.secretary, scene.plan(plan_id), running.Amendment(60), LATER, by="x")


def test_the_page_of_an_erratum_leads_from_the_first_page_to_the_decision(
    scene: Scene, session: Session, client: FlaskClient, sign_in: Callable[..., None]
) -> None:
    plan_id = completed(scene)
    take_back(scene, plan_id)
    session.commit()
    sign_in(client, "committee_secretary")
    page = f"/plans/{plan_id}/erratum"
    shown = client.get(f"/plans/{plan_id}").text
    assert page in shown
    assert "更正" in shown
    assert "还差 45 分钟" in client.get(page).text
    assert client.post(f"{page}/agenda").status_code == 303  # no sitting is planned: said so, and nothing breaks
    item = scene.resolve("plan_change", plan_id, at=LATER)
    session.commit()
    form = {"item": item, "decision": "reopened"}
    assert client.post(page, data=form).status_code == 422
    assert client.post(page, data=form | {"due_on": "2027-01-29"}).status_code == 303
    assert scene.plan(plan_id).state == "active"
    assert session.get_one(MeetingItem, (scene.sample.district_id, item), populate_existing=True).used_at is not None
    assert page not in client.get(f"/plans/{plan_id}").text
    assert "没有等待委员会决定的事项" in client.get(page).text
    assert client.get(f"/plans/{new_id()}/erratum").status_code == 404
