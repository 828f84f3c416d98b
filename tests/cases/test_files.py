"""Cases from opening to the committee (domain.md cases 50, 51, 55-58, 64-66, 74)."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import add_account, add_post
from tests.cases.scenery import World
from trainhub.cases.models import (
    CaseClock,
    CaseDuty,
    CaseFile,
    CaseGuardian,
    CaseParty,
    CaseReport,
    CaseStep,
    SecondPerson,
)
from trainhub.cases.queries.access import on_duty, seen_case
from trainhub.cases.queries.clocks import clock_of
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.queries.identity import find_pupils
from trainhub.cases.rules.clocks import ClockKind
from trainhub.cases.rules.lifecycle import StepRefused
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import duties, notices, opening, parties, reports, severity, timing
from trainhub.cases.service.withdrawing import withdraw_party
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission, Role
from trainhub.roster.models import ClassMembership, PostAssignment, Student

FACTS = dict.fromkeys(("time", "place", "cause", "course", "persons", "measures"), "代号A1与B1")


def steps(session: Session, case: CaseFile) -> list[str]:
    return list(session.scalars(sa.select(CaseStep.step).where(CaseStep.case_id == case.id).order_by(CaseStep.id)))


def report(world: World, case: CaseFile, kind: str = "first", form: str = "written", to: str = "bureau", **more: object) -> str:
    values = {"reported_at": world.now, "facts": FACTS} | more
    return reports.record_report(world.session, world.ring, world.officer, reports.RecordReport(case.id, kind, form, to, **values), world.now)


def test_case_50_one_incident_with_many_children_one_of_them_on_both_sides(world: World, session: Session) -> None:
    case = world.case()
    world.party(case, world.pupils[0], "actor")
    world.party(case, world.pupils[1], "actor")
    world.party(case, world.pupils[2], "actor", "target")
    world.party(case, world.pupils[3], "bystander")
    codes = sorted(session.scalars(sa.select(CaseParty.code).where(CaseParty.case_id == case.id)))
    assert codes == ["A1", "A2", "C1", "W1"]
    assert session.scalar(sa.select(sa.func.count()).select_from(CaseFile)) == 1
    facts = case_facts(session, case)
    assert (facts.actors, facts.targets, facts.parties) == (3, 1, 3)
    with pytest.raises(CaseRefused):
        world.party(case, world.pupils[0], "target")


def test_a_code_never_means_two_children(world: World, session: Session) -> None:
    case = world.case()
    first = world.party(case, world.pupils[0], "bystander")
    assert parties.change_roles(session, world.ring, world.officer, first, ("actor",), world.now) == "A1"
    second = world.party(case, world.pupils[1], "bystander")
    assert session.get_one(CaseParty, (case.district_id, second)).code == "W2"


def test_case_51_each_school_writes_about_its_own_pupil(world: World, session: Session) -> None:
    case = world.case()
    mine = world.party(case, world.pupils[0], "actor")
    foreign = world.actor("case_officer@other")
    with pytest.raises(NotFound):
        seen_case(session, foreign, Permission.CASE_READ, case.id, world.now)
    theirs = world.party(case, world.others[0], "target")
    assert case.joint
    assert session.get_one(CaseParty, (case.district_id, theirs)).school_id == world.sample.other_school_id
    assert seen_case(session, foreign, Permission.CASE_READ, case.id, world.now) is case
    command = notices.RecordNotice(theirs, "investigation", "phone", "acknowledged", world.now)
    notices.record_notice(session, world.ring, foreign, command, world.now)
    with pytest.raises(NotFound):
        notices.record_notice(session, world.ring, foreign, notices.RecordNotice(mine, "investigation", "phone", "acknowledged", world.now), world.now)
    for write in (
        lambda: opening.start_procedure(session, foreign, case.id, world.now),
        lambda: parties.change_roles(session, world.ring, foreign, theirs, ("actor",), world.now),
        lambda: opening.write_narrative(session, world.ring, foreign, case.id, "x", world.now),
    ):
        with pytest.raises(NotFound):
            write()


def test_case_55_police_stop_the_finding_of_facts_and_nothing_else(world: World, session: Session) -> None:
    case = world.case("serious")
    world.both_sides(case)
    opening.start_procedure(session, world.officer, case.id, world.now)
    due = timing.find(session, case, ClockKind.INVESTIGATION).due_at  # type: ignore[union-attr]
    later = world.now + timedelta(days=4)
    severity.police_take_over(session, world.officer, case.id, "云公（治）受字〔2026〕1号", later)
    rows = list(session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)))
    assert {row.kind for row in rows if row.paused_at} == {"investigation"}
    assert {"guardian_notice", "report_oral", "report_written"} <= {row.kind for row in rows if clock_of(row).running}
    with pytest.raises(CaseRefused):
        severity.police_hand_back(session, world.officer, case.id, " ", later)
    severity.police_hand_back(session, world.officer, case.id, "移送回函", later + timedelta(days=6))
    row = timing.find(session, case, ClockKind.INVESTIGATION)
    assert row is not None
    assert (row.paused_at, row.due_at) == (None, due + timedelta(days=6))


def test_case_57_a_milder_tier_takes_two_people_and_the_report_stays_owed(world: World, session: Session) -> None:
    case = world.case("serious")
    owed = {(row.kind, row.object_id) for row in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)) if "report" in row.kind}
    assert owed == {("report_oral", "bureau"), ("report_oral", "police"), ("report_written", "bureau"), ("report_written", "police")}
    lower = severity.SetSeverity(case.id, "minor", "new_facts")
    with pytest.raises(severity.SecondPersonNeeded):
        severity.set_severity(session, world.officer, lower, world.now)
    request = SecondPerson(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind="downgrade", object_id=case.id, reason="new_facts",
        parameters={"severity": "minor"}, state="asked", asked_by=world.officer.account_id, asked_at=world.now,
    )
    session.add(request)
    session.flush()
    asked = severity.SetSeverity(case.id, "minor", "new_facts", request.id)
    with pytest.raises(severity.SecondPersonNeeded):  # asked is not granted
        severity.set_severity(session, world.officer, asked, world.now)
    request.state, request.decided_by, request.decided_at = "granted", world.actor("principal").account_id, world.now
    session.flush()
    with pytest.raises(severity.SecondPersonNeeded):  # granted for another tier
        severity.set_severity(session, world.officer, severity.SetSeverity(case.id, "heavier", "new_facts", request.id), world.now)
    severity.set_severity(session, world.officer, asked, world.now)
    assert (case.severity, request.state) == ("minor", "used")
    still = [row for row in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)) if "report" in row.kind and clock_of(row).open]
    assert len(still) == 4
    severity.set_severity(session, world.officer, severity.SetSeverity(case.id, "serious"), world.now)
    with pytest.raises(severity.SecondPersonNeeded):  # used once
        severity.set_severity(session, world.officer, asked, world.now)


def test_a_milder_tier_that_nobody_had_to_report_needs_a_reason_only(world: World, session: Session) -> None:
    case = world.case("heavier")
    with pytest.raises(CaseRefused):
        severity.set_severity(session, world.officer, severity.SetSeverity(case.id, "minor"), world.now)
    severity.set_severity(session, world.officer, severity.SetSeverity(case.id, "minor", "mistaken_entry"), world.now)
    assert case.severity == "minor"


def test_an_extension_is_granted_once_by_somebody_else(world: World, session: Session) -> None:
    case = world.case()
    opening.start_procedure(session, world.officer, case.id, world.now)
    row = timing.find(session, case, ClockKind.INVESTIGATION)
    assert row is not None
    row.rule = row.rule | {"extension_days": 10}
    second = SecondPerson(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, kind="extension", object_id=case.id, reason="complex",
        parameters={"days": 10}, state="granted", asked_by=world.officer.account_id, asked_at=world.now,
        decided_by=world.actor("principal").account_id, decided_at=world.now,
    )
    session.add(second)
    session.flush()
    before = row.due_at
    opening_due = clock_of(row).due_on
    severity.extend_investigation(session, world.officer, case.id, 10, second.id, world.now)
    assert row.due_at == before + timedelta(days=10)
    assert clock_of(row).due_on == opening_due + timedelta(days=10)
    with pytest.raises(severity.SecondPersonNeeded):
        severity.extend_investigation(session, world.officer, case.id, 10, second.id, world.now)


def test_case_58_one_side_told_is_not_enough(world: World, session: Session) -> None:
    case = world.case()
    actor, target = world.both_sides(case)
    opening.start_procedure(session, world.officer, case.id, world.now)
    world.tell(actor)
    with pytest.raises(StepRefused) as refused:
        opening.submit_to_committee(session, world.officer, case.id, world.now)
    assert refused.value.params["missing"] == ("notices",)
    for days, channel in ((2, "phone"), (1, "phone"), (1, "letter")):
        assert case_facts(session, case).parties_notified == 1
        case.discovered_at = world.now - timedelta(days=3)
        world.tell(target, outcome="not_reached", channel=channel, happened_at=world.now - timedelta(days=days))
    assert case_facts(session, case).parties_notified == 2
    opening.submit_to_committee(session, world.officer, case.id, world.now)
    assert case.state == "submitted_to_committee"
    assert timing.find(session, case, ClockKind.INVESTIGATION).met_at == world.now  # type: ignore[union-attr]


def test_case_58_a_refusal_to_sign_needs_two_who_saw_it(world: World, session: Session) -> None:
    case = world.case()
    actor, _target = world.both_sides(case)
    people = world.sample.people
    for witnesses in ((), (people[4],), (people[4], people[4]), (people[4], world.officer.person_id), (people[4], new_id())):
        with pytest.raises(CaseRefused):
            world.tell(actor, outcome="refused_to_sign", witnesses=witnesses)
    world.tell(actor, outcome="refused_to_sign", witnesses=(people[4], people[5]))
    assert timing.find(session, case, ClockKind.GUARDIAN_NOTICE, actor).met_at == world.now  # type: ignore[union-attr]


def test_a_restricted_guardian_is_never_told(world: World, session: Session) -> None:
    case = world.case()
    actor, _target = world.both_sides(case)
    command = parties.AddGuardian(actor, "王某", "父", "13900001111", restricted=True)
    guardian = parties.add_guardian(session, world.ring, world.officer, command, world.now)
    with pytest.raises(CaseRefused):
        world.tell(actor, guardian_id=guardian)


def test_case_47_a_guardian_on_the_staff_loses_the_case_at_once(world: World, session: Session) -> None:
    case = world.case()
    actor, _target = world.both_sides(case)
    principal = world.actor("principal")
    assert seen_case(session, principal, Permission.CASE_READ, case.id, world.now)
    command = parties.AddGuardian(actor, "父亲", "父", staff_person_id=principal.person_id)
    parties.add_guardian(session, world.ring, world.officer, command, world.now)
    with pytest.raises(NotFound):
        seen_case(session, principal, Permission.CASE_READ, case.id, world.now)


def test_case_56_police_punish_what_was_called_no_bullying(world: World, session: Session) -> None:
    from trainhub.cases.models import Determination

    case = world.case()
    actor, _target = world.both_sides(case)
    found = Determination(
        district_id=case.district_id, id=new_id(), school_id=case.school_id, case_id=case.id, party_id=actor, version=1, outcome="not_bullying",
        measures=[], basis={}, defects=[], state="adopted", entered_by=world.officer.account_id, entered_at=world.now,
    )
    session.add(found)
    session.flush()
    severity.note_police_finding(session, world.officer, case.id, "行政处罚决定书1号", "punished", world.now)
    assert case.county_review
    assert (found.outcome, found.state) == ("not_bullying", "adopted")
    assert "county_review" in steps(session, case)


@pytest.mark.parametrize("key", ["teacher", "homeroom_teacher", "training_officer", "school_administrator", "moral_education_head"])
def test_case_64_who_may_not_see_it_gets_what_does_not_exist(world: World, session: Session, key: str) -> None:
    from trainhub.kernel.errors import Forbidden

    case = world.case()
    for case_id in (case.id, new_id()):
        with pytest.raises(Forbidden):
            seen_case(session, world.actor(key), Permission.CASE_READ, case_id, world.now)
    for key_ in ("case_officer@other", "committee_member", "psychologist", "bureau_case_officer"):
        for case_id in (case.id, new_id()):
            with pytest.raises(NotFound):
                seen_case(session, world.actor(key_), Permission.CASE_READ, case_id, world.now)


def test_case_65_a_pupil_who_came_of_age_and_left_is_as_protected(world: World, session: Session) -> None:
    case = world.case()
    actor, _target = world.both_sides(case)
    before = session.get_one(CaseParty, (case.district_id, actor))
    kept = (before.code, before.grade, before.stage, before.sealed_identity)
    session.get_one(Student, (case.district_id, world.pupils[0])).to_on = local_day(world.now)
    today = local_day(world.now)
    for wrong in (today + timedelta(days=1), today - timedelta(days=1)):  # still to come, or of age when it happened
        with pytest.raises(CaseRefused):
            parties.note_of_age(session, world.officer, actor, wrong, world.now)
    parties.note_of_age(session, world.officer, actor, today, world.now)
    with pytest.raises(CaseRefused):  # once
        parties.note_of_age(session, world.officer, actor, today, world.now)
    parties.note_left(session, world.officer, actor, local_day(world.now), world.now)
    after = session.get_one(CaseParty, (case.district_id, actor))
    assert (after.code, after.grade, after.stage, after.sealed_identity) == kept
    assert after.left_on == local_day(world.now)
    assert case_facts(session, case).parties == 2  # still owed everything that a minor is owed


def test_case_66_the_target_moves_and_the_case_goes_on(world: World, session: Session) -> None:
    case = world.case()
    _actor, target = world.both_sides(case)
    with pytest.raises(CaseRefused):
        parties.note_left(session, world.officer, target, local_day(world.now) + timedelta(days=1), world.now)
    parties.note_left(session, world.officer, target, local_day(world.now), world.now)
    opening.start_procedure(session, world.officer, case.id, world.now)
    assert case.state == "investigating"
    assert case_facts(session, case).targets == 1


def test_case_74_the_need_to_know_follows_the_class(world: World, session: Session) -> None:
    case = world.case()
    world.both_sides(case)
    old = world.actor("homeroom_teacher")
    held = session.scalars(sa.select(CaseDuty).where(CaseDuty.case_id == case.id, CaseDuty.duty == "homeroom")).all()
    assert {row.account_id for row in held} == {old.account_id}
    add_account(session, world.sample, "homeroom_2", Role.HOMEROOM_TEACHER, world.sample.school_id, world.sample.people[4])
    day = local_day(world.now)
    add_post(session, case.district_id, case.school_id, world.sample.people[4], "homeroom_teacher", date(2020, 9, 1), class_id=world.class_b)
    for student in world.pupils[:2]:
        row = session.scalars(sa.select(ClassMembership).where(ClassMembership.student_id == student)).one()
        row.to_on = day - timedelta(days=1)
        session.add(ClassMembership(district_id=case.district_id, id=new_id(), student_id=student, class_id=world.class_b, from_on=day))
    session.flush()
    assert duties.follow_classes(session, world.ring, case.district_id, world.now) == 4
    new = world.actor("homeroom_2")
    for actor, there in ((old, False), (new, True)):
        query = sa.select(CaseFile.id).where(CaseFile.id == case.id, on_duty(actor, world.now, "homeroom"))
        assert (session.scalar(query) is not None) is there
    assert duties.follow_classes(session, world.ring, case.district_id, world.now) == 0
    assert session.scalars(sa.select(PostAssignment)).all()


def test_nobody_gives_themselves_a_duty_and_an_ended_one_is_over_at_once(world: World, session: Session) -> None:
    case = world.case()
    with pytest.raises(SeparationOfDuties):
        duties.give_duty(session, world.officer, duties.GiveDuty(case.id, world.officer.account_id, "officer"), world.now)
    with pytest.raises(CaseRefused):  # not a psychologist
        duties.give_duty(session, world.officer, duties.GiveDuty(case.id, world.actor("teacher").account_id, "psychologist"), world.now)
    psychologist = world.actor("psychologist")
    duty = duties.give_duty(session, world.officer, duties.GiveDuty(case.id, psychologist.account_id, "psychologist"), world.now)
    assert seen_case(session, psychologist, Permission.CASE_READ, case.id, world.now)
    duties.end_duty(session, world.officer, duty, "done", world.now)
    with pytest.raises(NotFound):
        seen_case(session, psychologist, Permission.CASE_READ, case.id, world.now)


def test_the_bureau_gets_a_case_by_name_once_it_was_reported(world: World, session: Session) -> None:
    case = world.case("serious")
    bureau = world.actor("bureau_case_officer")
    give = duties.GiveDuty(case.id, bureau.account_id, "bureau")
    with pytest.raises(CaseRefused):
        duties.give_duty(session, world.officer, give, world.now)
    report(world, case)
    duties.give_duty(session, world.officer, give, world.now)
    assert seen_case(session, bureau, Permission.CASE_READ, case.id, world.now)


def test_reports_come_in_their_row_and_lateness_stays(world: World, session: Session) -> None:
    case = world.case("serious")  # heard of two hours ago: word of mouth was due after 30 minutes, writing after 120
    with pytest.raises(CaseRefused):
        report(world, case, "follow_up")
    with pytest.raises(CaseRefused) as refused:
        report(world, case, facts=FACTS | {"cause": " "})
    assert refused.value.field == "cause"
    oral = report(world, case, form="oral", facts={"time": "下午", "place": "操场", "course": "推搡"})
    written = report(world, case)
    late = {row.id: (row.number, row.late) for row in session.scalars(sa.select(CaseReport))}
    assert late[oral] == (1, True)
    assert late[written] == (2, False)
    follow = timing.find(session, case, ClockKind.REPORT_FOLLOW_UP, "bureau", open_only=True)
    assert follow is not None
    report(world, case, "final")
    assert follow.met_at == world.now
    with pytest.raises(CaseRefused):
        report(world, case, "follow_up")


def test_pupils_are_found_masked_and_elsewhere_by_the_whole_name_only(world: World, session: Session) -> None:
    day = local_day(world.now)
    name = session.get_one(Student, (world.sample.district_id, world.pupils[0])).name
    found = find_pupils(session, world.officer, name[:1], day)
    assert found
    assert all(name not in repr(row) and row.shown == f"{row.shown[0]}*" for row in found)
    theirs = session.get_one(Student, (world.sample.district_id, world.others[0])).name
    assert not find_pupils(session, world.officer, theirs[:1], day, elsewhere=True)
    assert {row.student_id for row in find_pupils(session, world.officer, theirs, day, elsewhere=True)} == {world.others[0]}
    assert not find_pupils(session, world.officer, "%", day)


def test_wordings_are_kept(world: World, session: Session) -> None:
    from trainhub.cases.models import CaseNarrative

    case = world.case()
    for text in ("第一次", "第二次"):
        opening.write_narrative(session, world.ring, world.officer, case.id, text, world.now)
    rows = session.scalars(sa.select(CaseNarrative).where(CaseNarrative.case_id == case.id)).all()
    assert len(rows) == 2
    assert not any("次" in row.sealed_text for row in rows)


def test_a_closed_case_takes_nothing_new(world: World, session: Session) -> None:
    case = world.case()
    case.state = "closed"
    session.flush()
    with pytest.raises(InvalidState):
        opening.write_narrative(session, world.ring, world.officer, case.id, "x", world.now)


def test_a_pupil_put_in_by_mistake_leaves_no_trace_of_who_it_was(world: World, session: Session) -> None:
    case = world.case()
    wrong = world.party(case, world.pupils[0], "actor")
    parties.add_guardian(session, world.ring, world.officer, parties.AddGuardian(wrong, "误加家长", "母亲", "13900001111"), world.now)
    assert withdraw_party(session, world.officer, wrong, world.now) == "A1"
    assert session.get(CaseParty, (case.district_id, wrong)) is None
    assert not session.scalars(sa.select(CaseGuardian).where(CaseGuardian.party_id == wrong)).all()
    assert session.get_one(CaseParty, (case.district_id, world.party(case, world.pupils[0], "actor"))).code == "A2"
    told = world.party(case, world.pupils[1], "actor")
    notices.record_notice(session, world.ring, world.officer, notices.RecordNotice(told, "investigation", "phone", "acknowledged", world.now), world.now)
    with pytest.raises(CaseRefused):
        withdraw_party(session, world.officer, told, world.now)
