"""A plan from its draft to its end: what the committee must have decided, rests, changes, review, contacts afterwards."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.plan_scenery import ALL_FULL, DUE, NOW, RING, STARTS, Scene, add_finding, build_scene
from trainhub.cases.models import CaseFile, CaseGuardian
from trainhub.cases.service import progress
from trainhub.committees.models import Recusal
from trainhub.committees.rules.refusals import ResolutionNotUsable
from trainhub.education_plans.models import Escalation, FollowUp, PlanBalance, PlanLesson, PlanModule, PlanPause
from trainhub.education_plans.rules.drafting import ModuleDraft
from trainhub.education_plans.rules.lifecycle import PlanStepRefused
from trainhub.education_plans.rules.review import AIMS, ReviewOutcome, Voice
from trainhub.education_plans.service import drafting, follow_up, review, running, scheduling, staying
from trainhub.kernel.errors import InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry, LedgerPayload

LATER = NOW + timedelta(days=3)


@pytest.fixture
def scene(session: Session, district: Sample) -> Scene:
    return build_scene(session, district)


def hold_lesson(scene: Scene, plan_id: str, at: object) -> str:
    """A lesson that is planned, as a row."""
    module = scene.session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    key = new_id()
    scene.session.add(PlanLesson(
        district_id=module.district_id, id=key, plan_id=plan_id, module_id=module.id, state="planned", starts_at=at,
        ends_at=at + timedelta(minutes=45), minutes=45, planned_by=scene.secretary.account_id, planned_at=NOW,  # type: ignore[operator]
    ))
    scene.session.flush()
    return key


def test_a_plan_goes_from_draft_to_its_end_and_every_step_is_in_the_ledger(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    assert scene.decide(plan_id, ReviewOutcome.COMPLETED) == ()
    assert scene.plan(plan_id).state == "completed"
    assert [s for s in scene.steps(plan_id) if s != "voice"] == [
        "drafted", "approved", "notified", "active", "hours_reached", "completion_review", "completed",
    ]
    in_ledger = session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.object_ref == plan_id, LedgerEntry.kind == "plan.moved")).all()
    assert len(in_ledger) == 6
    assert session.get_one(CaseFile, (scene.sample.district_id, scene.case_id), populate_existing=True).state == "follow_up"


def test_nothing_private_is_in_clear(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    everything = str(session.execute(sa.select(LedgerPayload)).all()) + str(vars(scene.plan(plan_id)))
    for word in ("卡娜莉", "卡娜罗", "认清界线", "分开路线", "理由"):
        assert word not in everything


def test_a_draft_is_not_approved_without_a_resolution_about_it(scene: Scene) -> None:
    plan_id = scene.draft()
    for item in (scene.resolve("plan", plan_id, outcome="rejected"), scene.resolve("plan", new_id()), scene.resolve("completion", plan_id)):
        with pytest.raises(ResolutionNotUsable):
            running.approve_plan(scene.session, scene.secretary, plan_id, item, NOW)


def test_a_resolution_about_an_earlier_draft_does_not_carry_a_later_one(scene: Scene) -> None:
    plan_id = scene.draft()
    item = scene.resolve("plan", plan_id, at=NOW)
    command = scene.command(total_minutes=450, modules=(ModuleDraft("law", 450, None, scene.sample.people[4]),))
    drafting.redraft(scene.session, scene.secretary, RING, plan_id, command, LATER)
    with pytest.raises(PlanStepRefused) as refused:
        running.approve_plan(scene.session, scene.secretary, plan_id, item, LATER)
    assert refused.value.params["missing"] == ("resolution",)
    assert scene.plan(plan_id).revision == 2


def test_one_plan_for_one_finding(scene: Scene) -> None:
    scene.draft()
    with pytest.raises(drafting.NoPlanForIt):
        scene.draft()


@pytest.mark.parametrize(("changes", "fault"), [
    ({"total_minutes": 300}, "minutes_few"), ({"lesson_minutes": 95}, "lesson_long"), ({"due_on": STARTS}, "days"), ({"modules": ()}, "modules_none"),
    ({"total_minutes": 400}, "modules_sum"),
])
def test_a_draft_with_a_fault_names_it(scene: Scene, changes: dict[str, object], fault: str) -> None:
    with pytest.raises(drafting.DraftRefused) as refused:
        scene.draft(**changes)
    assert refused.value.params["fault"] == fault


def test_a_plan_waits_for_the_guardian_and_a_refused_signature_is_enough(scene: Scene) -> None:
    plan_id = scene.draft()
    running.approve_plan(scene.session, scene.secretary, plan_id, scene.resolve("plan", plan_id), NOW)
    with pytest.raises(PlanStepRefused):
        running.note_guardian_knows(scene.session, scene.secretary, plan_id, NOW)
    with pytest.raises(InvalidState):
        running.start_plan(scene.session, scene.secretary, plan_id, NOW)
    scene.tell(plan_id, "not_reached")
    with pytest.raises(PlanStepRefused):
        running.note_guardian_knows(scene.session, scene.secretary, plan_id, NOW)
    scene.tell(plan_id, "refused_to_sign")
    running.note_guardian_knows(scene.session, scene.secretary, plan_id, NOW)
    running.start_plan(scene.session, scene.secretary, plan_id, NOW)
    assert scene.plan(plan_id).state == "active"


def test_case_60_a_young_pupil_has_a_short_plan_with_the_family(session: Session, district: Sample) -> None:
    scene = build_scene(session, district, grade=2, tier="minor", minutes=180)
    teacher = district.people[4]
    without = (ModuleDraft("law", 90, None, teacher), ModuleDraft("conduct", 90, None, teacher))
    with pytest.raises(drafting.DraftRefused) as refused:
        scene.draft(total_minutes=180, modules=without)
    assert refused.value.params["fault"] == "guardian_young"
    with pytest.raises(drafting.DraftRefused) as refused:
        scene.draft(total_minutes=360)
    assert (refused.value.params["fault"], refused.value.params["most"]) == ("minutes_young", 270)
    with_family = (ModuleDraft("conduct", 90, None, teacher), ModuleDraft("family", 45, None, teacher, guardian_with=True))
    plan_id = scene.draft(total_minutes=135, modules=with_family)  # below the tier's least: the dose of a child is smaller
    assert scene.plan(plan_id).total_minutes == 135


def test_case_68_time_under_a_stay_is_no_delay_and_no_absence(session: Session, scene: Scene) -> None:
    plan_id = scene.run(total_minutes=540, modules=(ModuleDraft("law", 540, None, scene.sample.people[4]),))
    scene.count(plan_id, 270)  # six of twelve periods
    in_rest, later = hold_lesson(scene, plan_id, NOW + timedelta(days=5)), hold_lesson(scene, plan_id, NOW + timedelta(days=40))
    reviewer = scene.sample.actors["appeal_reviewer"]
    assert staying.stay_plan(session, reviewer, RING, scene.determination_id, appeal_id=new_id(), words="县里受理", now=NOW)
    assert scene.plan(plan_id).state == "stayed"
    with pytest.raises(InvalidState):
        scheduling.book_lessons(session, scene.secretary, RING, plan_id, (), NOW)
    end = NOW + timedelta(days=12)
    assert staying.unstay_plan(session, reviewer, scene.determination_id, now=end) == 12
    plan = scene.plan(plan_id)
    assert (plan.state, plan.due_on, running.done_minutes(session, plan)) == ("active", DUE + timedelta(days=12), 270)
    states = {key: session.get_one(PlanLesson, (plan.district_id, key)).state for key in (in_rest, later)}
    assert states == {in_rest: "cancelled", later: "planned"}
    balance = session.get_one(PlanBalance, (plan.district_id, plan_id), populate_existing=True)
    assert (balance.make_up_minutes, balance.booked_minutes) == (0, 45)


def test_without_a_stay_an_appeal_changes_nothing(scene: Scene) -> None:
    """Case 68, the other half: the plan goes on."""
    plan_id = scene.run()
    assert staying.unstay_plan(scene.session, scene.sample.actors["appeal_reviewer"], scene.determination_id, now=LATER) == 0
    assert (scene.plan(plan_id).state, scene.plan(plan_id).due_on) == ("active", DUE)


def test_an_order_of_the_county_goes_before_the_schools_own_rest(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("vacation", NOW.date()), NOW)
    assert staying.stay_plan(session, scene.secretary, RING, scene.determination_id, appeal_id=new_id(), words="", now=LATER)
    assert (scene.plan(plan_id).state, scene.plan(plan_id).resume_state) == ("stayed", "active")


def test_a_changed_total_counts_when_the_plan_runs_again(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 180)
    staying.stay_plan(session, scene.secretary, RING, scene.determination_id, appeal_id=new_id(), words="", now=NOW)
    fresh = add_finding(session, scene.sample, scene.case_id, scene.actor_party, tier="minor", minutes=150, version=2)
    assert staying.amend_under(session, scene.secretary, scene.determination_id, fresh, 150, appeal_id=new_id(), now=NOW) == 30
    assert staying.unstay_plan(session, scene.secretary, fresh, now=LATER) == 3
    assert scene.plan(plan_id).state == "hours_reached"
    modules = session.scalars(sa.select(PlanModule.minutes).where(PlanModule.plan_id == plan_id)).all()
    assert sum(modules) == 150


def test_an_amended_total_may_leave_hours_owed_again(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 360)
    assert scene.plan(plan_id).state == "hours_reached"
    assert running.amend_plan(session, scene.secretary, scene.plan(plan_id), running.Amendment(450), NOW, by=new_id()) == 0
    assert (scene.plan(plan_id).state, scene.plan(plan_id).revision) == ("active", 2)


def test_an_overturned_finding_revokes_its_plan_and_nothing_is_booked_any_more(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    hold_lesson(scene, plan_id, NOW + timedelta(days=5))
    assert staying.revoke_under(session, scene.sample.actors["appeal_reviewer"], scene.determination_id, appeal_id=new_id(), now=NOW) == 1
    balance = session.get_one(PlanBalance, (scene.sample.district_id, plan_id), populate_existing=True)
    assert (scene.plan(plan_id).state, balance.booked_minutes, balance.next_at) == ("revoked", 0, None)
    assert staying.revoke_under(session, scene.secretary, scene.determination_id, appeal_id=new_id(), now=NOW) == 0


def test_case_76_the_debt_is_kept_in_minutes(session: Session, scene: Scene) -> None:
    """540 minutes are 12 periods of 45 in one school and 13.5 of 40 in the next: nothing is rounded."""
    plan_id = scene.run(total_minutes=540, modules=(ModuleDraft("law", 540, None, scene.sample.people[4]),))
    scene.count(plan_id, 270)
    plan = scene.plan(plan_id)
    plan.lesson_minutes = 40
    session.flush()
    assert plan.total_minutes - running.done_minutes(session, plan) == 270
    proposal = scheduling.propose_lessons(session, scene.secretary, RING, plan_id, NOW)
    assert sum(x.minutes for x in proposal.lessons) + proposal.unplaced_minutes == 540  # loose entries name no module here
    assert {x.minutes for x in proposal.lessons} <= {40, 20}


def test_case_77_a_vacation_moves_the_due_day_by_its_length_and_never_by_hand(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("vacation", date(2027, 1, 1)), NOW)
    assert scene.plan(plan_id).state == "paused"
    back = NOW.replace(year=2027, month=2, day=20)
    assert running.resume_plan(session, scene.secretary, scene.plan(plan_id), back) == 50
    assert scene.plan(plan_id).due_on == DUE + timedelta(days=50)


def test_case_84_the_reason_of_a_rest_is_sealed_and_asked_for(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    with pytest.raises(running.PauseRefused):
        running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("safety", NOW.date(), "  "), NOW)
    running.rest_plan(session, scene.secretary, RING, scene.plan(plan_id), running.Rest("safety", NOW.date(), "住院两周", on_word_of=scene.sample.people[1]), NOW)
    row = session.scalars(sa.select(PlanPause)).one()
    assert "住院" not in row.sealed_reason
    assert "住院" not in str([(s.changes, s.payload) for s in session.execute(sa.text("select changes, null as payload from plan_step"))])
    with pytest.raises(InvalidState):
        scheduling.propose_lessons(session, scene.secretary, RING, plan_id, NOW)


# --- review and what follows --------------------------------------------------------------------------


def test_case_73_full_hours_without_change_extend_once_and_then_a_fresh_decision(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    until = DUE + timedelta(days=30)
    scene.decide(plan_id, ReviewOutcome.EXTENDED, extra_minutes=90, new_due_on=until)
    plan = scene.plan(plan_id)
    assert (plan.state, plan.total_minutes, plan.due_on, plan.extended_count) == ("extended", 450, until, 1)
    assert session.scalar(sa.select(sa.func.sum(PlanModule.minutes)).where(PlanModule.plan_id == plan_id)) == 450
    scene.count(plan_id, 90, LATER)
    review.open_review(session, scene.secretary, plan_id, LATER)
    with pytest.raises(PlanStepRefused) as refused:
        scene.decide(plan_id, ReviewOutcome.EXTENDED, LATER, extra_minutes=45, new_due_on=until + timedelta(days=9))
    assert refused.value.params["missing"] == ("extended_once",)
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED, LATER)
    assert scene.plan(plan_id).state == "not_completed"
    command = review.Escalate(plan_id, scene.resolve("completion", plan_id, at=LATER), "stronger_measure", "仍未改变")
    with pytest.raises(ResolutionNotUsable):  # the decision about the end does not carry a further one
        review.escalate(session, scene.secretary, RING, command, LATER)
    review.escalate(session, scene.secretary, RING, review.Escalate(plan_id, scene.resolve("escalation", plan_id), "stronger_measure", "仍未改变"), LATER)
    assert scene.plan(plan_id).state == "escalated"


def test_a_plan_is_not_closed_while_the_other_child_is_unsafe(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    for aims, other, why in ((ALL_FULL, "unsafe", "doubt"), ({AIMS[0]: "full"}, "safe", "doubt"), ({"x": "full"}, "safe", "aims")):
        command = review.Decide(plan_id, scene.resolve("completion", plan_id), ReviewOutcome.COMPLETED, aims, other, "理由")
        with pytest.raises(review.ReviewRefused) as refused:
            review.decide_review(session, scene.secretary, RING, command, NOW)
        assert refused.value.params["why"] == why


def test_a_doubt_passed_over_is_written_down_with_its_reason(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    item = scene.resolve("completion", plan_id)
    command = review.Decide(plan_id, item, ReviewOutcome.COMPLETED, ALL_FULL | {AIMS[3]: "not"}, "not_asked", "")
    with pytest.raises(review.ReviewRefused) as refused:
        review.decide_review(session, scene.secretary, RING, command, NOW)
    assert refused.value.params["why"] == "reasons"
    from dataclasses import replace

    assert review.decide_review(session, scene.secretary, RING, replace(command, reasons="已约定补做"), NOW) == (
        "aim_not_reached", "other_side_not_asked",
    )


def test_the_psychologist_gives_a_conclusion_and_never_a_long_text(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    for text, conclusion in (("x" * 201, "enough"), ("短", "fine"), ("短", "")):
        with pytest.raises(review.ReviewRefused):
            review.add_voice(session, scene.secretary, RING, review.Say(plan_id, Voice.PSYCHOLOGIST, text, NOW.date(), conclusion), NOW)
    review.add_voice(session, scene.secretary, RING, review.Say(plan_id, Voice.PSYCHOLOGIST, "", NOW.date(), "part"), NOW)


def test_a_missing_voice_or_an_open_part_of_the_guardian_keeps_a_plan_from_closing(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    scene.count(plan_id, 360)
    review.open_review(session, scene.secretary, plan_id, NOW)
    with pytest.raises(PlanStepRefused) as refused:
        scene.decide(plan_id, ReviewOutcome.COMPLETED)
    assert refused.value.params["missing"] == ("pupil_heard", "guardian_heard", "psychologist", "guardian_parts")


def test_case_86_a_special_school_is_a_referral_and_the_bureau_answers(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.NOT_COMPLETED)
    command = review.Escalate(plan_id, scene.resolve("escalation", plan_id), "special_school_referral", "专门教育指导委员会评估")
    escalation = review.escalate(session, scene.secretary, RING, command, NOW)
    row = session.get_one(Escalation, (scene.sample.district_id, escalation))
    assert (row.state, scene.plan(plan_id).state, scene.plan(plan_id).ended_at) == ("referred", "escalated", None)
    for answer, paper in (("moved", "文1"), ("placed", " ")):
        with pytest.raises(review.ReviewRefused):
            review.answer_referral(session, scene.secretary, escalation, answer, paper, LATER)
    review.answer_referral(session, scene.secretary, escalation, "placed", "云教函〔2026〕7号", LATER)
    assert (scene.plan(plan_id).state, follow_up.open_plans(session, scene.sample.district_id, scene.case_id)) == ("handed_over", 0)
    review.answer_referral(session, scene.secretary, escalation, "returned_home", "云教函〔2027〕2号", LATER)  # the return is never refused


def test_contacts_with_both_children_are_set_separately_at_the_intervals(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    rows = session.scalars(sa.select(FollowUp).order_by(FollowUp.side, FollowUp.due_on)).all()
    assert [(r.side, r.party_id, (r.due_on - NOW.date()).days) for r in rows] == [
        *(("actor", scene.actor_party, n) for n in (30, 90, 180)), *(("target", scene.target_party, n) for n in (30, 90, 180)),
    ]


def test_case_85_a_relapse_opens_a_linked_case_and_the_closed_hours_stay_closed(session: Session, scene: Scene) -> None:
    plan_id = scene.to_review()
    scene.decide(plan_id, ReviewOutcome.COMPLETED)
    first = session.scalars(sa.select(FollowUp).order_by(FollowUp.due_on, FollowUp.side)).first()
    assert first is not None
    officer = scene.sample.actors["case_officer"]
    when = NOW + timedelta(days=30)
    record = follow_up.Record(first.id, "relapse", "unsafe", "又发生一次")
    fresh = follow_up.record_contact(session, officer, RING, record, when)
    case = session.get_one(CaseFile, (scene.sample.district_id, fresh))
    assert (case.relapse_of, case.state, case.id != scene.case_id) == (scene.case_id, "accepted", True)
    assert (scene.plan(plan_id).state, running.done_minutes(session, scene.plan(plan_id))) == ("completed", 360)
    assert "又发生" not in session.get_one(FollowUp, (scene.sample.district_id, first.id)).sealed_note
    with pytest.raises(follow_up.FollowUpRefused):
        follow_up.record_contact(session, officer, RING, record, when)


def test_a_contact_is_not_there_for_another_school_or_for_who_stepped_aside(session: Session, scene: Scene) -> None:
    scene.decide(scene.to_review(), ReviewOutcome.COMPLETED)
    first = session.scalars(sa.select(FollowUp)).first()
    assert first is not None
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id,
        person_id=scene.sample.actors["case_officer"].person_id, ground="relative", found_by="declared",
        entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.flush()
    for key in ("case_officer", "committee_secretary@other"):
        with pytest.raises(NotFound):
            follow_up.record_contact(session, scene.sample.actors[key], RING, follow_up.Record(first.id, "done", "well"), LATER)


def test_a_case_is_closed_only_when_everything_is_done(session: Session, scene: Scene) -> None:
    scene.decide(scene.to_review(), ReviewOutcome.COMPLETED)
    from trainhub.cases.rules.lifecycle import StepRefused

    with pytest.raises(StepRefused) as refused:
        progress.close_case(session, scene.secretary, scene.case_id, LATER)
    assert refused.value.params["missing"] == ("follow_ups",)
    for row in session.scalars(sa.select(FollowUp)).all():
        follow_up.record_contact(session, scene.secretary, RING, follow_up.Record(row.id, "done", "well"), LATER)
    assert progress.close_case(session, scene.secretary, scene.case_id, LATER)
    assert session.get_one(CaseFile, (scene.sample.district_id, scene.case_id), populate_existing=True).state == "closed"


# --- who teaches, and when ----------------------------------------------------------------------------


def test_case_80_a_guardian_of_the_other_child_does_not_teach(session: Session, scene: Scene) -> None:
    teacher = scene.sample.people[4]
    session.add(CaseGuardian(
        district_id=scene.sample.district_id, id=new_id(), party_id=scene.target_party, sealed_identity="", added_at=NOW,
        person_mark=RING.mark("person", teacher),
    ))
    session.flush()
    with pytest.raises(drafting.InstructorConflict) as refused:
        scene.draft()
    assert refused.value.field == "modules"
    other = tuple(ModuleDraft(m.kind, m.minutes, None, scene.sample.people[1], m.guardian_with) for m in scene.command().modules)
    plan_id = scene.run(modules=other)
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    booking = scheduling.Booking(module.id, NOW.replace(day=25, hour=12, minute=30), 45, instructor_id=teacher)
    with pytest.raises(scheduling.LessonRefused) as against:
        scheduling.book_lessons(session, scene.secretary, RING, plan_id, (booking,), NOW)
    assert against.value.params["objections"] == ("instructor_conflict",)


def test_case_80_who_stepped_aside_does_not_teach(session: Session, scene: Scene) -> None:
    session.add(Recusal(
        district_id=scene.sample.district_id, id=new_id(), school_id=scene.sample.school_id, matter_id=scene.case_id,
        person_id=scene.sample.people[4], ground="relative", found_by="declared", entered_by=scene.secretary.account_id, entered_at=NOW,
    ))
    session.flush()
    with pytest.raises(drafting.InstructorConflict):
        scene.draft()


def test_case_81_the_same_subject_is_not_taken_week_after_week(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    maths = NOW.replace(day=23, hour=16, minute=35)  # Monday, the eighth lesson of the class: 16:30-17:10
    first = scheduling.Booking(module.id, maths, 30, "法治教室")
    scheduling.book_lessons(session, scene.secretary, RING, plan_id, (first,), NOW, class_time=True)
    again = scheduling.Booking(module.id, maths + timedelta(days=7), 30, "法治教室")
    with pytest.raises(scheduling.LessonRefused) as refused:
        scheduling.book_lessons(session, scene.secretary, RING, plan_id, (again,), NOW, class_time=True)
    assert refused.value.params["objections"] == ("same_subject",)
    with pytest.raises(scheduling.LessonRefused) as refused:
        scheduling.book_lessons(session, scene.secretary, RING, plan_id, (again,), NOW)
    assert refused.value.params["objections"] == ("class_time",)


def test_case_81_the_room_of_the_other_childs_class_is_kept_clear_of(session: Session, scene: Scene) -> None:
    plan_id = scene.run()
    module = session.scalars(sa.select(PlanModule).where(PlanModule.plan_id == plan_id)).first()
    assert module is not None
    music = NOW.replace(day=24, hour=13, minute=0)  # the other class has music there at 14:00
    free = scheduling.Booking(module.id, music, 40, "音乐教室")
    near = scheduling.Booking(module.id, music + timedelta(minutes=10), 40, "音乐教室")
    with pytest.raises(scheduling.LessonRefused) as refused:
        scheduling.book_lessons(session, scene.secretary, RING, plan_id, (near,), NOW)
    assert refused.value.params["objections"] == ("same_room",)
    assert len(scheduling.book_lessons(session, scene.secretary, RING, plan_id, (free,), NOW)) == 1


def test_a_proposal_fits_the_whole_plan_and_says_what_it_kept_clear_of(session: Session, scene: Scene) -> None:
    from trainhub.education_plans.rules.scheduling import Avoid

    club = Avoid("slot", weekday=1, from_minute=16 * 60, to_minute=17 * 60 + 30)
    plan_id = scene.run(avoid=(club,))
    proposal = scheduling.propose_lessons(session, scene.secretary, RING, plan_id, NOW)
    assert sum(x.minutes for x in proposal.lessons) == 360
    assert proposal.unplaced_minutes == 0
    bookings = [scheduling.Booking(x.module_id, x.starts_at, x.minutes, x.room, x.instructor_id) for x in proposal.lessons]
    assert len(scheduling.book_lessons(session, scene.secretary, RING, plan_id, bookings, NOW)) == len(proposal.lessons)
    assert scheduling.propose_lessons(session, scene.secretary, RING, plan_id, NOW).lessons == ()
    balance = session.get_one(PlanBalance, (scene.sample.district_id, plan_id), populate_existing=True)
    assert (balance.booked_minutes, balance.next_at) == (360, proposal.lessons[0].starts_at)
    lesson = session.scalars(sa.select(PlanLesson).order_by(PlanLesson.starts_at)).first()
    assert lesson is not None
    scheduling.cancel_lesson(session, scene.secretary, plan_id, lesson.id, NOW)
    assert session.get_one(PlanBalance, (scene.sample.district_id, plan_id), populate_existing=True).booked_minutes == 360 - lesson.minutes


def test_case_74_a_change_of_class_leaves_the_plan_as_it_is(session: Session, scene: Scene) -> None:
    from tests.builders import add_class
    from trainhub.roster.models import ClassMembership

    plan_id = scene.run()
    row = session.scalars(sa.select(ClassMembership).where(ClassMembership.class_id == scene.actor_class)).one()
    fresh = add_class(session, scene.sample.district_id, scene.sample.school_id, 8, 23)
    row.to_on = NOW.date()
    session.add(ClassMembership(
        district_id=row.district_id, id=new_id(), student_id=row.student_id, class_id=fresh, number_in_class="1", from_on=NOW.date() + timedelta(days=1),
    ))
    session.flush()
    plan = scene.plan(plan_id)
    assert (plan.state, plan.school_id, plan.total_minutes) == ("active", scene.sample.school_id, 360)
    assert scheduling.propose_lessons(session, scene.secretary, RING, plan_id, NOW).unplaced_minutes == 0
