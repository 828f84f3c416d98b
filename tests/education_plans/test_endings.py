"""Every case comes to its end, however its last plan ended or its finding fell: follow-up, closed, sealed (domain.md cases 65, 69, 75, 85)."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.appeals.scenery import AppealScene
from tests.appeals.scenery import add_finding as add_actor
from tests.appeals.scenery import build as build_appeal
from tests.builders import Sample
from tests.cases.hall import NOW as HALL_NOW
from tests.cases.hall import Hall, open_hall
from tests.education_plans.hour_scenery import add_plan
from tests.education_plans.plan_scenery import NOW, RING, Scene, build_scene
from trainhub.appeals.queries.blocking import blocking as appeals_block
from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.appeals.service import executing
from trainhub.cases.models import CaseFile, CaseParty, Determination
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.page import case_page
from trainhub.cases.queries.refs import determination_ref
from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.service import parties, progress
from trainhub.cases.service.sealing import seal_due
from trainhub.education_plans.models import EducationPlan, FollowUp, PlanStep, SupportPlan
from trainhub.education_plans.queries.blocking import blocking as plans_block
from trainhub.education_plans.queries.follow_ups import contacts_of, nobody_left
from trainhub.education_plans.rules.review import ReviewOutcome
from trainhub.education_plans.service import follow_up, handing_over, staying
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.models import LedgerEntry


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


@pytest.fixture
def appeal(session: Session, district: Sample) -> AppealScene:
    return build_appeal(session, district)


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


def case_of(session: Session, district_id: str, case_id: str) -> CaseFile:
    return session.get_one(CaseFile, (district_id, case_id), populate_existing=True)


def seal(session: Session, district_id: str, moment: datetime) -> int:
    """One night's sealing, as the worker does it."""
    return seal_due(session, district_id, moment, lambda s, d, ids: plans_block(s, d, ids) | appeals_block(s, d, ids)).count


def ask_everybody(session: Session, actor: Actor, moment: datetime) -> int:
    """Make every contact that is still to come."""
    rows = session.scalars(sa.select(FollowUp).where(FollowUp.state == "scheduled")).all()
    for row in rows:
        follow_up.record_contact(session, actor, RING, follow_up.Record(row.id, "done", "well"), moment)
    session.flush()
    return len(rows)


def close_and_seal(session: Session, actor: Actor, case_id: str, moment: datetime) -> None:
    """The way the pages offer: the case stands on the list, is closed from there, and the night seals it."""
    assert [row.case_id for row in nobody_left(session, actor)] == [case_id]
    assert progress.close_case(session, actor, case_id, moment)
    assert nobody_left(session, actor) == ()
    assert seal(session, actor.district_id, moment) == 1
    assert case_of(session, actor.district_id, case_id).state == "sealed"


def contacts(session: Session, side: str) -> dict[str, int]:
    """How many contacts of a side are in which state."""
    rows = session.execute(sa.select(FollowUp.state, sa.func.count()).where(FollowUp.side == side).group_by(FollowUp.state))
    return {row[0]: row[1] for row in rows}


# --- cases without a plan, and old ones ---------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["not_bullying", "not_proven"])
def test_a_case_without_a_plan_is_closed_and_sealed(hall: Hall, session: Session, outcome: str) -> None:
    case, actor, target, _found = hall.determined(outcome=outcome, tier="", measures=(), plan_minutes=0)
    hall.serve_all(actor, target)
    assert case.state == "follow_up"
    assert contacts_of(session, hall.officer, HALL_NOW) == (), "nobody is to be asked, and still it is on the list to be closed"
    close_and_seal(session, hall.officer, case.id, HALL_NOW)


def test_a_case_is_on_the_list_however_long_ago_the_last_contact_was(scene: Scene, session: Session) -> None:
    scene.decide(scene.to_review(), ReviewOutcome.COMPLETED)
    assert nobody_left(session, scene.secretary) == (), "contacts are to come"
    ask_everybody(session, scene.secretary, NOW)
    later = NOW + timedelta(days=400)
    assert contacts_of(session, scene.secretary, later) == ()
    close_and_seal(session, scene.secretary, scene.case_id, later)


# --- the last plan ends otherwise ----------------------------------------------------------------------------


def second_actor(scene: AppealScene, session: Session) -> EducationPlan:
    """Another pupil of the same case whose plan was completed while the first one's still runs."""
    party_id, early = add_actor(scene, "A2")
    session.get_one(Determination, (scene.sample.district_id, early)).state = "superseded"
    mark = session.get_one(CaseParty, (scene.sample.district_id, party_id)).student_mark
    plan_id, _module = add_plan(session, scene.sample, scene.case_id, party_id, mark, number=9, version=2)
    plan = session.get_one(EducationPlan, (scene.sample.district_id, plan_id))
    plan.state, plan.ended_at = "completed", scene.now
    follow_up.schedule_contacts(session, scene.actor("committee_secretary"), plan, scene.now)
    assert scene.case.state == "in_execution", "the other plan runs"
    return plan


@pytest.mark.parametrize("how", ["overturned", "found_anew"])
def test_of_two_plans_one_completed_and_one_fallen_the_case_goes_on(appeal: AppealScene, session: Session, how: str) -> None:
    scene, secretary = appeal, appeal.actor("committee_secretary")
    second_actor(scene, session)
    if how == "overturned":
        key = scene.through(Outcome.OVERTURN)
        scene.serve(key)
        scene.correct(key)
        executing.close_appeal(session, scene.county, key, scene.later())
    else:
        fresh = replace(determination_ref(session, scene.sample.district_id, scene.finding_id), determination_id=new_id(), outcome="not_bullying")
        session.add(Determination(
            district_id=scene.sample.district_id, id=fresh.determination_id, school_id=scene.sample.school_id, case_id=scene.case_id,
            party_id=scene.party_id, version=2, outcome="not_bullying", tier="", measures=[], plan_minutes=0, basis={}, defects=[], state="effective",
            entered_by=secretary.account_id, entered_at=scene.now,
        ))
        scene.finding().state = "superseded"
        assert staying.follow_finding(session, secretary, fresh, scene.later())
    assert (scene.plan.state, scene.case.state) == ("revoked", "follow_up")
    assert contacts(session, "actor") == {"scheduled": 3}, "those after the other pupil's plan"
    with pytest.raises(StepRefused) as refused:
        progress.close_case(session, secretary, scene.case_id, scene.later())
    assert refused.value.params["missing"] == ("follow_ups",)
    ask_everybody(session, secretary, scene.later())
    close_and_seal(session, secretary, scene.case_id, scene.later())


def test_case_75_handed_over_to_another_district_the_case_goes_on_and_the_other_child_is_asked(scene: Scene, session: Session) -> None:
    plan_id = scene.run()
    sent = handing_over.send_plan(session, scene.secretary, RING, handing_over.Send(plan_id, "transfer", None, "邻县实验学校"), NOW)
    assert case_of(session, scene.sample.district_id, scene.case_id).state == "in_execution"
    officer = scene.sample.actors["case_officer"]
    handing_over.confirm_outside(session, officer, RING, sent.hand_over_id, sent.receipt, NOW)
    assert case_of(session, scene.sample.district_id, scene.case_id).state == "follow_up"
    assert (contacts(session, "actor"), contacts(session, "target")) == ({}, {"scheduled": 3}), "who is gone is asked where they are"
    ask_everybody(session, officer, NOW + timedelta(days=200))
    close_and_seal(session, officer, scene.case_id, NOW + timedelta(days=200))


@pytest.mark.parametrize("reason", ["transfer", "next_stage"])
def test_case_65_of_age_or_gone_the_case_is_closed_or_handed_over_by_rule_and_then_sealed(scene: Scene, session: Session, reason: str) -> None:
    officer, today = scene.sample.actors["case_officer"], local_day(NOW)
    parties.note_of_age(session, officer, scene.actor_party, today, NOW)
    if reason == "transfer":  # came of age and stayed: the plan ran to its end, nothing of it was let off
        scene.decide(scene.to_review(), ReviewOutcome.COMPLETED)
    else:  # left for the next stage: handed over, with what is owed
        plan_id = scene.run()
        sent = handing_over.send_plan(session, scene.secretary, RING, handing_over.Send(plan_id, "next_stage", scene.sample.other_school_id), NOW)
        parties.note_left(session, officer, scene.actor_party, today, NOW)
        receiver = scene.sample.actors["committee_secretary@other"]
        fresh = handing_over.accept_plan(session, receiver, RING, sent.hand_over_id, sent.receipt, date(2027, 4, 30), NOW)
        plan = scene.plan(fresh)
        assert (plan.state, plan.total_minutes) == ("notified", 360)
        assert case_of(session, scene.sample.district_id, scene.case_id).state == "in_execution", "handed over is not over"
        plan.state, plan.ended_at = "completed", NOW
        follow_up.schedule_contacts(session, receiver, plan, NOW)
        for row in session.scalars(sa.select(FollowUp).where(FollowUp.school_id == scene.sample.other_school_id)):
            follow_up.record_contact(session, receiver, RING, follow_up.Record(row.id, "done", "well"), NOW)
    ask_everybody(session, officer, NOW + timedelta(days=200))
    close_and_seal(session, officer, scene.case_id, NOW + timedelta(days=200))
    with pytest.raises(NotFound):
        seen_case(session, officer, Permission.CASE_READ, scene.case_id, NOW + timedelta(days=201))
    party = session.get_one(CaseParty, (scene.sample.district_id, scene.actor_party))
    assert (party.grade, bool(party.sealed_identity)) == (8, True), "kept as it was, behind the seal"


# --- a finding falls -----------------------------------------------------------------------------------------


def add_support(scene: AppealScene, session: Session) -> SupportPlan:
    row = SupportPlan(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, case_id=scene.case_id, party_id=scene.target_id,
        code="S26-01", state="open", lead_account_id=scene.sample.accounts["psychologist"], opened_at=scene.now,
        opened_by=scene.sample.accounts["case_officer"],
    )
    session.add(row)
    session.flush()
    return row


@pytest.mark.parametrize("before", ["in_execution", "served", "determined"])
def test_case_69_with_support_running_the_overturned_case_is_closed_and_sealed_once_support_ends(
    appeal: AppealScene, session: Session, before: str
) -> None:
    scene = appeal
    support, scene.case.state = add_support(scene, session), before
    if before != "in_execution":
        session.flush()
    key = scene.through(Outcome.OVERTURN)
    assert (scene.plan.state, scene.case.state) == ("revoked", "follow_up")
    scene.serve(key)
    scene.correct(key)
    executing.close_appeal(session, scene.county, key, scene.later())
    assert (scene.case.state, support.state) == ("closed", "open"), "protection goes on, and holds the case open for nobody"
    assert scene.effects(key, kind="seal", still_open=False)[0].proof == "closed"
    assert seal(session, scene.sample.district_id, scene.later()) == 0, "the file of the other child is still in use"
    support.state = "closed"
    session.flush()
    assert seal(session, scene.sample.district_id, scene.later()) == 1
    assert scene.case.state == "sealed"


def test_case_69_after_a_completed_plan_nobody_asks_the_pupil_and_the_other_child_is_still_asked(
    appeal: AppealScene, session: Session, client: FlaskClient
) -> None:
    scene, secretary = appeal, appeal.actor("committee_secretary")
    scene.plan.state, scene.plan.ended_at = "completed", scene.now
    follow_up.schedule_contacts(session, secretary, scene.plan, scene.now)
    assert (contacts(session, "actor"), contacts(session, "target"), scene.case.state) == ({"scheduled": 3}, {"scheduled": 3}, "follow_up")
    first = session.scalars(sa.select(FollowUp).where(FollowUp.side == "actor").order_by(FollowUp.due_on)).first()
    assert first is not None
    follow_up.record_contact(session, secretary, RING, follow_up.Record(first.id, "done", "well"), scene.later())
    key = scene.through(Outcome.OVERTURN)
    assert contacts(session, "actor") == {"done": 1, "dropped": 2}, "what was recorded stays"
    assert contacts(session, "target") == {"scheduled": 3}, "protection never stops"
    assert [e.object_id for e in scene.effects(key, kind="contacts", still_open=False)] == [scene.plan.id]
    changes = session.scalars(sa.select(PlanStep.changes).where(PlanStep.step == "contacts_dropped")).one()
    assert changes == {"contacts": 2}
    assert session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.kind == "plan.contacts_dropped")).all()
    shown = contacts_of(session, secretary, scene.now)
    assert {(row.side, row.state) for row in shown} == {("actor", "done"), ("target", "scheduled")}
    dropped = session.scalars(sa.select(FollowUp).where(FollowUp.state == "dropped")).first()
    assert dropped is not None
    with pytest.raises(follow_up.FollowUpRefused):
        follow_up.record_contact(session, secretary, RING, follow_up.Record(dropped.id, "done", "well"), scene.later())
    scene.serve(key)
    scene.correct(key)
    executing.close_appeal(session, scene.county, key, scene.later())
    assert (scene.case.state, scene.effects(key, kind="seal", still_open=False)[0].proof) == ("follow_up", "with_case")
    assert case_page(session, secretary, scene.case_id, scene.now).holding == ("follow_ups",)
    ask_everybody(session, secretary, scene.later())
    assert case_page(session, secretary, scene.case_id, scene.now).holding == ()
    close_and_seal(session, secretary, scene.case_id, scene.later())


def test_a_finding_of_no_bullying_after_a_completed_plan_drops_the_contacts_too(scene: Scene, session: Session) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    fresh = replace(determination_ref(session, scene.sample.district_id, scene.determination_id), determination_id=new_id(), outcome="not_bullying")
    assert not staying.follow_finding(session, scene.secretary, fresh, NOW), "no open plan moved"
    assert (scene.plan(plan_id).state, contacts(session, "actor"), contacts(session, "target")) == ("completed", {"dropped": 3}, {"scheduled": 3})


def test_a_milder_finding_after_a_completed_plan_owes_no_second_plan(scene: Scene, session: Session) -> None:
    scene.decide(scene.to_review(), ReviewOutcome.COMPLETED)
    session.get_one(Determination, (scene.sample.district_id, scene.determination_id)).state = "modified"
    for version, minutes, owed in ((2, 180, 0), (3, 720, 1)):
        session.add(Determination(
            district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, case_id=scene.case_id, party_id=scene.actor_party,
            version=version, outcome="bullying", tier="minor", measures=[], plan_minutes=minutes, basis={}, defects=[], state="effective",
            entered_by=scene.secretary.account_id, entered_at=NOW,
        ))
        session.flush()
        assert follow_up.plans_owed(session, scene.sample.district_id, scene.case_id) == owed, minutes


def test_the_list_of_what_may_be_closed_costs_the_same_for_many(scene: Scene, session: Session, count_statements: Any) -> None:
    costs = []
    for more in (1, 12):
        for n in range(more):
            session.add(CaseFile(
                district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, year=2025, number=100 * more + n, state="follow_up",
                scale="plan_2024", means=[], discovered_at=NOW, accepted_at=NOW, opened_by=scene.secretary.account_id, updated_at=NOW,
            ))
        session.flush()
        with count_statements() as seen:
            rows = nobody_left(session, scene.secretary)
        costs.append((len(rows), len(seen.texts)))
    assert costs == [(1, 2), (13, 2)]
    assert nobody_left(session, scene.sample.actors["case_officer@other"]) == ()
    assert nobody_left(session, scene.sample.actors["bureau_case_officer"]) == ()
