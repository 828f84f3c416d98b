"""Appeals from filing to the last recipient (domain.md cases 67-71; security.md abuse case 13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.appeals.scenery import GROUNDS, REASONS, AppealScene, add_finding
from tests.builders import Sample, add_account
from trainhub.appeals.models import Appeal, AppealDecision, AppealLetter, AppealStep, ReExamination, Reviewer
from trainhub.appeals.queries.blocking import blocking
from trainhub.appeals.rules.lifecycle import AppealStepRefused, Outcome, replayed
from trainhub.appeals.service import examining, executing, filing, group, letters
from trainhub.appeals.service.filing import AppealRefused
from trainhub.appeals.service.group import NameReviewer
from trainhub.cases.models import (
    CaseDuty,
    CaseRecipient,
    CaseStep,
    Determination,
    EvaluationEntry,
    GuardianNotice,
    IssuedDocument,
)
from trainhub.cases.queries.access import seen_case
from trainhub.cases.queries.determinations import standing_rows
from trainhub.cases.queries.refs import flagged_for_county
from trainhub.cases.service.sealing import seal_due
from trainhub.cases.service.severity import note_police_finding
from trainhub.education_plans.models import HourEntry, PlanLesson, PlanPause, PlanStep
from trainhub.education_plans.queries.blocking import blocking as plans_open
from trainhub.education_plans.service.running import done_minutes
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.permissions import Permission, Role
from trainhub.ledger.models import LedgerEntry, LedgerPayload


def why(error: pytest.ExceptionInfo[DomainError]) -> object:
    return error.value.params.get("why")


# --- filing -------------------------------------------------------------------------------------------------


def test_either_side_files_at_the_school_or_at_the_county(scene: AppealScene, session: Session) -> None:
    first = scene.appeal(scene.file())
    second = scene.appeal(scene.file("target", by="bureau_case_officer"))
    assert (first.side, first.number, first.in_time) == ("actor", 1, True)
    assert (second.side, second.number) == ("target", 2)
    assert GROUNDS not in first.sealed_grounds
    for key, param in (("case_officer@other", None), ("bureau_case_officer", "elsewhere")):
        with pytest.raises((NotFound, AppealRefused)):
            scene.file(by=key) if param is None else scene.file(by=key, channel="pigeon")
    with pytest.raises(AppealRefused) as error:
        scene.file()
    assert why(error) == "open_already"
    with pytest.raises(Forbidden):
        scene.file(by="principal")
    for change, code in (({"grounds": " "}, "grounds"), ({"filed_at": scene.now + timedelta(days=2)}, "moment"), ({"channel": "authority", "by": "bureau_case_officer"}, "no_review")):
        with pytest.raises(AppealRefused) as error:
            scene.file(**change)  # type: ignore[arg-type]
        assert why(error) == code


def test_a_pupil_who_only_acted_beside_has_no_side_in_anothers_finding(scene: AppealScene) -> None:
    party, _finding = add_finding(scene, "A2")
    with pytest.raises(AppealRefused) as error:
        scene.file(party_id=party)
    assert why(error) == "not_a_guardian_side"


def test_a_late_appeal_is_kept_and_heard_only_by_a_decision_with_a_reason(scene: AppealScene) -> None:
    scene.finding().appeal_until = local_day(scene.now) - timedelta(days=1)
    appeal = scene.file()
    assert not scene.appeal(appeal).in_time
    with pytest.raises(AppealStepRefused) as error:
        filing.admit_appeal(scene.session, scene.county, appeal, scene.later())
    assert error.value.params["missing"] == ("in_time",)
    with pytest.raises(AppealRefused):
        filing.admit_appeal(scene.session, scene.county, appeal, scene.later(), late_reason="because")
    filing.admit_appeal(scene.session, scene.county, appeal, scene.later(), late_reason="illness")
    assert scene.appeal(appeal).late_reason == "illness"
    other = scene.file("target")
    filing.reject_appeal(scene.session, scene.county, other, "out_of_time", scene.later())
    assert scene.appeal(other).state == "rejected"
    assert scene.appeal(other).reject_reason == "out_of_time"


def test_an_appeal_in_time_is_not_rejected_as_late_nor_without_a_known_reason(scene: AppealScene) -> None:
    appeal = scene.file()
    for reason in ("out_of_time", "", "moot"):
        with pytest.raises(AppealRefused):
            filing.reject_appeal(scene.session, scene.county, appeal, reason, scene.later())
    filing.reject_appeal(scene.session, scene.county, appeal, "litigation", scene.later())
    with pytest.raises(InvalidState):
        filing.admit_appeal(scene.session, scene.county, appeal, scene.later())


def test_the_school_answers_and_the_county_may_read_the_case(scene: AppealScene, session: Session) -> None:
    appeal = scene.file(by="bureau_case_officer")
    officer = scene.county
    with pytest.raises(NotFound):  # nobody lends to themselves
        seen_case(session, officer, Permission.CASE_READ, scene.case_id, scene.now)
    assert seen_case(session, scene.actor("bureau_case_officer_2"), Permission.CASE_READ, scene.case_id, scene.now).id == scene.case_id
    filing.answer_for_school(session, scene.actor("case_officer"), scene.ring, appeal, "学校认为程序无误。", scene.later())
    assert seen_case(session, officer, Permission.CASE_READ, scene.case_id, scene.now).id == scene.case_id
    with pytest.raises(NotFound):
        filing.answer_for_school(session, scene.actor("case_officer@other"), scene.ring, appeal, "x", scene.later())
    with pytest.raises(NotFound):
        filing.answer_for_school(session, officer, scene.ring, appeal, "x", scene.later())
    filing.withdraw_appeal(session, scene.actor("case_officer"), appeal, scene.later())
    with pytest.raises(NotFound):  # its look ended with the last open appeal
        seen_case(session, officer, Permission.CASE_READ, scene.case_id, scene.now)


def test_the_school_result_stands_only_after_a_clean_screening_and_by_somebody_else(scene: AppealScene, session: Session) -> None:
    appeal = scene.screened(scene.file(), proper=True, clear=False)
    with pytest.raises(AppealStepRefused) as error:
        examining.let_stand(session, scene.county, scene.ring, appeal, REASONS, scene.later())
    assert error.value.params["missing"] == ("facts",)
    own = scene.screened(scene.file("target", by="bureau_case_officer"), proper=True, clear=True)
    with pytest.raises(SeparationOfDuties):
        examining.let_stand(session, scene.county, scene.ring, own, REASONS, scene.later())


def test_what_the_school_found_stands_and_everybody_gets_a_letter(scene: AppealScene, session: Session) -> None:
    appeal = scene.screened(scene.file(), proper=True, clear=True)
    filing.order_stay(session, scene.county, scene.ring, appeal, "待查", scene.later())
    examining.let_stand(session, scene.county, scene.ring, appeal, REASONS, scene.later())
    assert scene.finding().state == "upheld"
    assert scene.plan.state == "active"
    with pytest.raises(AppealStepRefused):
        executing.close_appeal(session, scene.county, appeal, scene.later())
    assert len(scene.serve(appeal)) == 2
    executing.close_appeal(session, scene.county, appeal, scene.later())
    assert scene.appeal(appeal).state == "executed"
    assert scene.case.state == "in_execution", "an upheld finding closes nothing"


# --- the group ------------------------------------------------------------------------------------------------


def test_nobody_sits_in_the_group_who_decided_handled_or_named_themselves(scene: AppealScene, session: Session) -> None:
    sample = scene.sample
    appeal = scene.screened(scene.file())
    officer_person = sample.people[2]  # the case officer, who took steps in the case and works at the school
    note_police_finding(session, scene.actor("case_officer"), scene.case_id, "公安 1 号", "not_punished", scene.later())
    for key, person, kind, code in (
        ("reviewer_who_handled", officer_person, "expert", "conflict"), ("reviewer_of_the_school", sample.people[0], "school_rep", "own_school"),
    ):
        add_account(session, sample, key, Role.APPEAL_REVIEWER, sample.district_id, person)
        with pytest.raises(AppealRefused) as error:
            group.form_group(session, scene.county, appeal, [NameReviewer(kind, "某人", sample.accounts[key])], scene.later())
        assert why(error) == code
    both = add_account(session, sample, "both_roles", Role.BUREAU_CASE_OFFICER, sample.district_id)
    from trainhub.accounts.service import NewGrant, grant_by_system

    grant_by_system(session, sample.district_id, NewGrant(both, Role.APPEAL_REVIEWER, sample.district_id, local_day(scene.now) - timedelta(days=3), None, "x"), scene.now)
    with pytest.raises(SeparationOfDuties):
        group.form_group(session, sample.actors["both_roles"], appeal, [NameReviewer("officer", "自己", both)], scene.later())
    with pytest.raises(NotFound):  # no reviewer's role
        group.form_group(session, scene.county, appeal, [NameReviewer("officer", "某人", sample.accounts["bureau_case_officer_2"])], scene.later())
    first = scene.people()[0]
    with pytest.raises(AppealRefused) as error:
        group.form_group(session, scene.county, appeal, [first, replace(first, is_lead=False)], scene.later())
    assert why(error) == "twice"


def test_the_database_itself_holds_that_nobody_names_themselves(scene: AppealScene, session: Session) -> None:
    appeal = scene.screened(scene.file())
    review = group.form_group(session, scene.county, appeal, scene.people(), scene.later())
    row = session.scalars(sa.select(Reviewer).where(Reviewer.re_examination_id == review, Reviewer.is_lead)).one()
    with pytest.raises(IntegrityError), session.begin_nested():
        session.execute(sa.update(Reviewer).where(Reviewer.id == row.id).values(added_by=row.account_id))


def test_a_group_needs_its_kinds_and_a_lead_before_its_clock_runs(scene: AppealScene, session: Session) -> None:
    appeal = scene.screened(scene.file())
    with pytest.raises(InvalidState):
        group.form_group(session, scene.county, scene.file("target"), [], scene.later())
    group.form_group(session, scene.county, appeal, scene.people()[1:3], scene.later())
    with pytest.raises(AppealStepRefused) as error:
        group.begin(session, scene.county, appeal, scene.later())
    assert error.value.params["missing"] == ("group", "lead")
    group.form_group(session, scene.county, appeal, [scene.people()[0], scene.people()[3]], scene.later())
    due = group.begin(session, scene.county, appeal, scene.later())
    assert local_day(due - timedelta(seconds=1)) == local_day(scene.now) + timedelta(days=15)


def test_whoever_steps_aside_loses_appeal_and_case_at_once(scene: AppealScene, session: Session) -> None:
    appeal = scene.examined(scene.screened(scene.file()))
    second = scene.actor("appeal_reviewer_2")
    assert seen_case(session, second, Permission.CASE_READ, scene.case_id, scene.now)
    mine = session.scalars(sa.select(Reviewer).where(Reviewer.account_id == second.account_id)).one()
    with pytest.raises(NotFound):  # not somebody else's seat
        group.step_aside(session, scene.lead, appeal, mine.id, scene.later())
    group.step_aside(session, second, appeal, mine.id, scene.later())
    for reading in (lambda: seen_case(session, second, Permission.CASE_READ, scene.case_id, scene.now),
                    lambda: group.seen_appeal(session, second, Permission.APPEAL_READ, appeal, scene.now)):
        with pytest.raises(NotFound):
            reading()
    with pytest.raises(AppealStepRefused) as error:
        scene.decided(appeal, Outcome.UPHOLD, against_count=0)
    assert error.value.params["missing"] == ("group",), "without a school's representative nothing is decided"
    group.form_group(session, scene.county, appeal, [NameReviewer("school_rep", "另一校代表", scene.sample.accounts["appeal_reviewer_3"])], scene.later())
    assert seen_case(session, scene.actor("appeal_reviewer_3"), Permission.CASE_READ, scene.case_id, scene.now)
    scene.decided(appeal, Outcome.UPHOLD)
    with pytest.raises(NotFound):  # the group's look ends with its decision
        seen_case(session, scene.lead, Permission.CASE_READ, scene.case_id, scene.later())


def test_only_the_lead_decides_and_never_anybody_of_the_school(scene: AppealScene, session: Session) -> None:
    appeal = scene.examined(scene.screened(scene.file()))
    for key, error in (("appeal_reviewer_2", AppealRefused), ("appeal_reviewer_3", NotFound), ("bureau_case_officer", Forbidden), ("case_officer", Forbidden), ("principal", Forbidden)):
        with pytest.raises(error):
            examining.decide(session, scene.actor(key), scene.ring, appeal, [scene.verdict(Outcome.UPHOLD)], scene.later())
    # the lead turns out to be somebody of the school's own decision
    scene.finding().entered_by = scene.sample.accounts["appeal_reviewer"]
    with pytest.raises(DomainError) as refused:
        scene.decided(appeal, Outcome.UPHOLD)
    assert isinstance(refused.value, SeparationOfDuties)
    # and the database holds it too
    scene.finding().entered_by = scene.sample.accounts["committee_secretary"]
    (row,) = scene.decided(appeal, Outcome.UPHOLD)
    for column in ("filed_by", "named_by", "determined_by"):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(sa.update(AppealDecision).where(AppealDecision.id == row).values({column: AppealDecision.decided_by}))


def test_a_county_officer_who_handled_the_case_at_the_school_has_no_say(scene: AppealScene, session: Session) -> None:
    add_account(session, scene.sample, "moved_up", Role.BUREAU_CASE_OFFICER, scene.sample.district_id, scene.sample.people[2])
    note_police_finding(session, scene.actor("case_officer"), scene.case_id, "公安 1 号", "not_punished", scene.later())
    with pytest.raises(SeparationOfDuties):
        filing.admit_appeal(session, scene.actor("moved_up"), scene.file(), scene.later())


def test_votes_tiers_and_measures_must_be_possible(scene: AppealScene) -> None:
    appeal = scene.examined(scene.screened(scene.file()))
    bad = [
        ({"outcome": Outcome.UPHOLD, "for_count": 2, "against_count": 2}, "votes"), ({"outcome": Outcome.UPHOLD, "for_count": 5}, "votes"),
        ({"outcome": Outcome.MODIFY, "tier": ""}, "tier"), ({"outcome": Outcome.MODIFY, "plan_minutes": 0}, "tier"),
        ({"outcome": Outcome.MODIFY, "measures": ("sanction_expulsion",)}, "measures"),
        ({"outcome": Outcome.UPHOLD, "determination_id": add_finding(scene, "A2")[1]}, "determination"),
    ]
    for change, code in bad:
        scene_verdict = replace(scene.verdict(change["outcome"]), **change)  # type: ignore[arg-type]
        with pytest.raises(AppealRefused) as error:
            examining.decide(scene.session, scene.lead, scene.ring, appeal, [scene_verdict], scene.later())
        assert why(error) == code, change
    with pytest.raises(AppealStepRefused) as refused:
        examining.decide(scene.session, scene.lead, scene.ring, appeal, [replace(scene.verdict(Outcome.UPHOLD), clauses=(), reasons=" ")], scene.later())
    assert refused.value.params["missing"] == ("reasons", "basis")


# --- effects -----------------------------------------------------------------------------------------------


def test_case_68_a_stay_rests_plan_and_clock_and_is_no_delay(scene: AppealScene, session: Session) -> None:
    appeal = scene.file()
    due = scene.plan.due_on
    assert scene.plan.state == "active", "an appeal stops nothing by itself"
    with pytest.raises(Forbidden):
        filing.order_stay(session, scene.actor("case_officer"), scene.ring, appeal, "请求", scene.later())
    stayed_on = local_day(scene.later())
    filing.order_stay(session, scene.county, scene.ring, appeal, "待查清", scene.now)
    assert scene.plan.state == "stayed"
    with pytest.raises(AppealRefused):
        filing.order_stay(session, scene.county, scene.ring, appeal, "再次", scene.later())
    scene.later(days=6)
    scene.examined(scene.screened(appeal))
    scene.decided(appeal, Outcome.UPHOLD)
    plan = scene.plan
    assert plan.state == "active"
    assert plan.due_on == due + (local_day(scene.now) - stayed_on), "the time at rest was no delay"
    assert scene.finding().state == "upheld"
    states = session.scalars(sa.select(PlanLesson.state).where(PlanLesson.plan_id == plan.id).order_by(PlanLesson.starts_at)).all()
    assert list(states) == ["cancelled", "planned"], "what lay in the rest was not missed"
    assert done_minutes(session, plan) == 90


def test_a_stay_ends_with_rejection_withdrawal_or_by_order(scene: AppealScene, session: Session) -> None:
    for end in ("reject", "withdraw", "lift"):
        appeal = scene.file()
        filing.order_stay(session, scene.county, scene.ring, appeal, "待查", scene.later())
        assert scene.plan.state == "stayed"
        if end == "lift":
            filing.lift_stay(session, scene.county, appeal, scene.later())
        elif end == "reject":
            filing.reject_appeal(session, scene.county, appeal, "repeated", scene.later())
        else:
            filing.withdraw_appeal(session, scene.actor("case_officer"), appeal, scene.later())
        assert scene.plan.state == "active", end
    scene.plan.state = "completed"
    with pytest.raises(AppealRefused) as error:
        filing.order_stay(session, scene.county, scene.ring, appeal, "待查", scene.later())
    assert why(error) == "nothing_to_stay"


def test_case_69_an_overturn_after_half_the_hours_leaves_nothing_standing(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.OVERTURN)
    assert scene.finding().state == "overturned"
    plan = scene.plan
    assert (plan.state, done_minutes(session, plan)) == ("revoked", 90), "hours stay inside the file"
    assert session.scalar(sa.select(sa.func.count()).select_from(HourEntry)) == 4
    assert set(session.scalars(sa.select(PlanLesson.state).where(PlanLesson.plan_id == plan.id))) == {"cancelled"}
    assert standing_rows(session, plan.district_id, scene.case_id) == [], "no count reads it any more"
    kinds = sorted(e.kind for e in scene.effects(appeal))
    assert kinds == ["evaluation_entry", "recipient", "recipient", "seal", "service", "service"]
    assert scene.get(EvaluationEntry, scene.entry_id).recall_due_at is not None
    scene.serve(appeal)
    assert scene.appeal(appeal).state == "served"
    with pytest.raises(AppealStepRefused):
        executing.close_appeal(session, scene.county, appeal, scene.later())
    entry = scene.effects(appeal, kind="evaluation_entry")[0]
    with pytest.raises(AppealRefused):
        executing.settle_effect(session, scene.actor("case_officer"), entry.id, " ", scene.later())
    with pytest.raises(Forbidden):
        executing.settle_effect(session, scene.actor("principal"), entry.id, "x", scene.later())
    with pytest.raises(NotFound):  # a service is not settled by saying so
        executing.settle_effect(session, scene.actor("case_officer"), scene.effects(appeal, kind="seal")[0].id, "x", scene.later())
    scene.correct(appeal)
    recalled = scene.get(EvaluationEntry, scene.entry_id)
    assert recalled.recall_proof == "撤回回执 12 号"
    numbers = sorted(r.correction_no for r in session.scalars(sa.select(CaseRecipient)))
    assert [n[-8:] for n in numbers] == ["〕正 1 号"[-8:], "〕正 2 号"[-8:]] or all("正" in n for n in numbers)
    assert session.scalars(sa.select(IssuedDocument.number).where(IssuedDocument.kind == "correction_notice").order_by(IssuedDocument.number)).all() == [1, 2]
    executing.close_appeal(session, scene.county, appeal, scene.later())
    assert scene.appeal(appeal).state == "executed"
    assert scene.effects(appeal) == []
    assert scene.case.state == "closed"
    sealed = seal_due(session, plan.district_id, scene.later(), lambda s, d, ids: plans_open(s, d, ids) | blocking(s, d, ids))
    assert sealed.count == 1
    assert scene.case.state == "sealed"
    with pytest.raises(NotFound):
        group.seen_appeal(session, scene.county, Permission.APPEAL_READ, appeal, scene.now)


def test_an_overturn_waits_with_sealing_for_what_else_holds_the_case(scene: AppealScene, session: Session) -> None:
    _party, finding = add_finding(scene, "A2", "bullying")
    appeal = scene.through(Outcome.OVERTURN)
    scene.serve(appeal)
    scene.correct(appeal)
    executing.close_appeal(session, scene.county, appeal, scene.later())
    assert scene.case.state == "in_execution", "another pupil's finding stands"
    assert scene.finding(finding).state == "effective"
    assert scene.effects(appeal, kind="seal", still_open=False)[0].proof == "with_case"


def test_what_the_school_corrects_on_the_page_of_the_case_counts_here(scene: AppealScene, session: Session) -> None:
    from trainhub.cases.service import outcomes

    appeal = scene.through(Outcome.OVERTURN)
    scene.serve(appeal)
    officer = scene.actor("case_officer")
    outcomes.recall_entry(session, officer, scene.entry_id, "回执", scene.later())
    for key in scene.told:
        outcomes.note_corrected(session, officer, key, "正 9 号", scene.later())
    executing.close_appeal(session, scene.county, appeal, scene.later())
    assert scene.appeal(appeal).state == "executed"
    assert {e.proof for e in scene.effects(appeal, still_open=False, kind="recipient")} == {"正 9 号"}


def test_case_67_a_modified_finding_is_a_new_version_and_minutes_carry_over(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.MODIFY, plan_minutes=60)
    old, plan = scene.finding(), scene.plan
    fresh = scene.finding(plan.determination_id)
    assert (old.state, fresh.state, fresh.version, fresh.tier, fresh.appeal_id) == ("modified", "effective", 2, "minor", appeal)
    assert (old.tier, old.plan_minutes) == ("heavier", 180), "the old version stays readable"
    assert (plan.total_minutes, plan.state, done_minutes(session, plan)) == (60, "hours_reached", 90)
    assert scene.effects(appeal, kind="plan_amend", still_open=False)[0].minutes == 30, "a surplus is noted, not banked"
    assert sorted(e.kind for e in scene.effects(appeal)) == ["evaluation_entry", "recipient", "recipient", "service", "service"]
    amended = session.scalars(sa.select(PlanStep.changes).where(PlanStep.plan_id == plan.id, PlanStep.step == "amended")).one()
    assert amended["surplus"] == 30
    scene.serve(appeal)
    told = session.scalars(sa.select(GuardianNotice.object_id).where(GuardianNotice.about == "determination")).all()
    assert list(told) == [fresh.id, fresh.id], "the new version was served on both sides"
    with pytest.raises(AppealRefused) as error:
        scene.file("target", finding=fresh.id)
    assert why(error) == "decided_here"


def test_a_modified_finding_may_ask_for_more_and_keep_its_entry(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.MODIFY, tier="serious", plan_minutes=300, measures=("quality_evaluation",))
    assert (scene.plan.total_minutes, scene.plan.state) == (300, "active")
    entry = scene.get(EvaluationEntry, scene.entry_id)
    assert entry.recall_due_at is None
    assert entry.determination_id == scene.plan.determination_id
    assert "evaluation_entry" not in {e.kind for e in scene.effects(appeal)}


def test_a_return_sends_the_case_back_and_rests_the_plan(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.RETURN)
    assert scene.finding().state == "superseded"
    assert (scene.case.state, scene.plan.state) == ("investigating", "stayed")
    assert session.scalars(sa.select(PlanPause.appeal_id).where(PlanPause.ended_at.is_(None))).one() == appeal
    scene.serve(appeal)
    scene.correct(appeal)
    executing.close_appeal(session, scene.county, appeal, scene.later())
    assert scene.plan.state == "stayed", "it waits for what the school finds now"


def test_a_finding_of_no_bullying_is_changed_not_overturned(scene: AppealScene, session: Session) -> None:
    party, finding = add_finding(scene, "A2")
    appeal = scene.examined(scene.screened(scene.file("target", finding=finding)))
    with pytest.raises(AppealRefused) as error:
        scene.decided(appeal, Outcome.OVERTURN, finding=finding)
    assert why(error) == "nothing_to_overturn"
    scene.decided(appeal, Outcome.MODIFY, finding=finding)
    rows = {d.party_id: d for d in standing_rows(session, scene.sample.district_id, scene.case_id)}
    assert (rows[party].outcome, rows[party].plan_minutes) == ("bullying", 135)


def test_case_71_both_sides_appeal_one_re_examination_two_outcomes_served(scene: AppealScene, session: Session) -> None:
    _party, other = add_finding(scene, "A2")
    first = scene.examined(scene.screened(scene.file()))
    second = scene.file("target", finding=other)
    third = scene.file("target")
    with pytest.raises(AppealRefused) as error:
        scene.decided(first, Outcome.OVERTURN)
    assert why(error) == "other_side_open"
    for appeal in (second, third):
        scene.examined(scene.screened(appeal), people=False)
    assert session.scalar(sa.select(sa.func.count()).select_from(ReExamination)) == 1
    with pytest.raises(AppealRefused) as error:
        scene.decided(first, Outcome.OVERTURN)
    assert why(error) == "determination", "each finding gets its outcome"
    rows = examining.decide(
        session, scene.lead, scene.ring, first, [scene.verdict(Outcome.OVERTURN), scene.verdict(Outcome.MODIFY, other)], scene.later()
    )
    assert len(rows) == 2
    assert [scene.appeal(a).decision for a in (first, second, third)] == ["overturn", "modify", "overturn"]
    served = scene.serve(first)
    assert len(served) == 4, "each finding on its own side and on the other child's"
    numbers = session.scalars(sa.select(AppealLetter.number).order_by(AppealLetter.number)).all()
    assert list(numbers) == [1, 2, 3, 4]
    assert {scene.appeal(a).state for a in (first, second, third)} == {"served"}
    scene.correct(first)
    executing.close_appeal(session, scene.county, first, scene.later())
    assert {scene.appeal(a).state for a in (first, second, third)} == {"executed"}


def test_a_letter_is_numbered_once_and_handed_over_with_its_number(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.UPHOLD)
    effect = scene.effects(appeal, kind="service")[0]
    command = executing.ServeDecision(effect.id, "face", "acknowledged", scene.now)
    with pytest.raises(AppealRefused) as error:
        executing.note_served(session, scene.county, command, "", scene.later())
    assert why(error) == "no_letter"
    one = letters.issue_letter(session, scene.county, effect.id, scene.later())
    assert letters.issue_letter(session, scene.county, effect.id, scene.later()) == one
    with pytest.raises(AppealRefused) as error:
        executing.note_served(session, scene.county, replace(command, outcome="refused_to_sign", happened_at=scene.now), "1", scene.later())
    assert why(error) == "witnesses"
    pair = (scene.sample.accounts["bureau_case_officer_2"], scene.sample.accounts["bureau_officer"])
    executing.note_served(session, scene.county, replace(command, outcome="refused_to_sign", happened_at=scene.now, witnesses=pair), "1", scene.later())
    notice = session.scalars(sa.select(GuardianNotice)).one()
    assert (notice.about, notice.outcome, len(notice.witnesses)) == ("appeal", "refused_to_sign", 2)
    with pytest.raises(Forbidden):
        letters.issue_letter(session, scene.actor("principal"), effect.id, scene.later())
    with pytest.raises(Forbidden):
        letters.issue_letter(session, scene.actor("case_officer"), effect.id, scene.later())


def test_case_56_police_find_otherwise_and_the_county_looks_of_its_own_accord(scene: AppealScene, session: Session) -> None:
    _party, finding = add_finding(scene, "A2")
    assert flagged_for_county(session, scene.sample.district_id) == ()
    note_police_finding(session, scene.actor("case_officer"), scene.case_id, "公安 7 号", "punished", scene.later())
    assert [c.case_id for c in flagged_for_county(session, scene.sample.district_id)] == [scene.case_id]
    assert scene.finding(finding).state == "effective", "no silent change: both records stand"
    with pytest.raises(AppealRefused):
        scene.file("target", finding=finding, channel="authority")
    appeal = scene.file("target", by="bureau_case_officer", finding=finding, channel="authority")
    scene.examined(scene.screened(appeal))
    scene.decided(appeal, Outcome.MODIFY, finding=finding)
    assert scene.finding(finding).state == "modified"


def test_every_step_is_in_the_history_and_the_ledger_and_rebuilds_the_state(scene: AppealScene, session: Session) -> None:
    appeal = scene.through(Outcome.OVERTURN)
    scene.serve(appeal)
    scene.correct(appeal)
    executing.close_appeal(session, scene.county, appeal, scene.later())
    steps = session.scalars(sa.select(AppealStep).where(AppealStep.appeal_id == appeal).order_by(AppealStep.id)).all()
    moves = [(s.from_state, s.to_state) for s in steps if s.to_state]
    assert replayed(moves) == scene.appeal(appeal).state == "executed"
    entries = session.scalars(sa.select(LedgerEntry).where(LedgerEntry.object_ref == appeal).order_by(LedgerEntry.seq)).all()
    assert [e.kind for e in entries] == [f"appeal.{s.step}" for s in steps]
    told = session.scalars(sa.select(LedgerPayload.payload).where(LedgerPayload.seq.in_([e.seq for e in entries]))).all()
    words = str(told) + str([s.changes for s in steps])
    assert "证据" not in words
    assert "A1" not in words
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseStep).where(CaseStep.step == "evaluation_recalled")) == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseDuty).where(CaseDuty.to_at.is_(None))) == 0


def test_states_of_other_districts_are_not_touched(scene: AppealScene, session: Session, district: Sample) -> None:
    from tests.builders import build_district

    stranger = build_district(session).actors["bureau_case_officer"]
    appeal = scene.file()
    with pytest.raises(NotFound):
        filing.admit_appeal(session, stranger, appeal, scene.later())
    assert session.scalar(sa.select(Appeal.state).where(Appeal.id == appeal)) == "filed"
    assert session.scalar(sa.select(sa.func.count()).select_from(Determination)) == 1
