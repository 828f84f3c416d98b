"""Service of a determination and what hangs on it (domain.md cases 56, 58, 67, 69)."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.cases.hall import NOW, Hall, open_hall
from trainhub.cases.models import CaseClock, CaseFile, CaseRecipient, EvaluationEntry, GuardianNotice
from trainhub.cases.queries.determinations import findings_of, owed_corrections, with_determinations
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.rules.determining import last_day_of_appeal, owed_to
from trainhub.cases.rules.lifecycle import CaseState, StepRefused, check_case_step
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.service import determining, opening, outcomes, serving, severity
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.roster.models import PolicySetting


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


def recipients(session: Session, case: CaseFile) -> list[str]:
    return sorted(session.scalars(sa.select(CaseRecipient.kind).where(CaseRecipient.case_id == case.id)))


def test_both_sides_have_it_before_the_case_is_served(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined()
    hall.serve(actor)
    assert (case.state, hall.row(found).state, hall.row(found).appeal_until) == ("determined", "adopted", None)
    with pytest.raises(CaseRefused) as again:
        hall.serve(actor)
    assert again.value.code == "case_nothing_to_serve"
    hall.serve(target)
    row = hall.row(found)
    assert (case.state, row.state, row.effective_at) == ("served", "effective", NOW)
    assert recipients(session, case) == ["guardian", "guardian"]
    clocks = session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id, CaseClock.kind == "service")).all()
    assert {clock.met_at for clock in clocks} == {NOW}
    notices = session.scalars(sa.select(GuardianNotice).where(GuardianNotice.about == "determination")).all()
    assert {(n.object_id, n.document_no) for n in notices} == {(found, row.number)}


def test_a_refusal_to_sign_serves_and_an_attempt_alone_does_not(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined()
    people = hall.world.sample.people
    with pytest.raises(CaseRefused) as alone:
        hall.serve(actor, "refused_to_sign", witnesses=(people[4],))
    assert alone.value.code == "case_two_witnesses"
    hall.serve(actor, "refused_to_sign", witnesses=(people[4], people[6] if len(people) > 6 else people[5]))
    hall.serve(target, "not_reached", channel="phone")
    assert (case.state, hall.row(found).state) == ("determined", "adopted")
    assert len(findings_of(session, case)[1].unserved) == 1
    case.discovered_at = NOW - timedelta(days=3)
    for channel, days in (("phone", 1), ("letter", 0)):
        hall.row(found).adopted_at = NOW - timedelta(days=2)
        hall.serve(target, "not_reached", channel=channel, happened_at=NOW - timedelta(days=days))
    assert case.state == "served"
    assert recipients(session, case) == ["guardian"]  # who was never reached holds nothing that must be corrected


def test_a_service_before_the_adoption_is_none(hall: Hall, session: Session) -> None:
    _case, actor, _target, _found = hall.determined()
    with pytest.raises(CaseRefused) as early:
        hall.serve(actor, happened_at=NOW - timedelta(minutes=1))
    assert early.value.code == "case_service_moment"
    with pytest.raises(NotFound):
        serving.serve(session, hall.world.ring, hall.world.actor("case_officer@other"), serving.Serve(actor, "face", "acknowledged", NOW), NOW)


def test_without_a_plan_the_case_goes_on_to_follow_up(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined(outcome="not_proven", tier="", measures=(), plan_minutes=0)
    hall.serve_all(actor, target)
    assert (case.state, hall.row(found).state) == ("follow_up", "effective")


def test_the_time_to_appeal_is_the_policys(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined()
    session.add(PolicySetting(
        district_id=case.district_id, number=900, org_id=case.district_id, key="appeal_day_kind", value={"value": "calendar"}, effective_on=date(2026, 1, 1),
        set_by=hall.officer.account_id, set_at=NOW,
    ))
    hall.serve_all(actor, target)
    assert hall.row(found).appeal_until == date(2026, 12, 5)
    assert serving.appeal_until(session, case.district_id, case.school_id, date(2026, 11, 20)) == date(2026, 12, 5)


def test_working_days_are_the_rule_without_a_word_of_the_bureau(hall: Hall, session: Session) -> None:
    _case, actor, target, found = hall.determined()
    hall.serve_all(actor, target)
    assert hall.row(found).appeal_until == date(2026, 12, 11)  # fifteen weekdays after Friday 20 November


@given(start=st.dates(date(2026, 1, 1), date(2027, 12, 31)), days=st.integers(1, 60))
def test_the_last_day_of_appeal_is_a_working_day_and_exactly_as_many_lie_between(start: date, days: int) -> None:
    last = last_day_of_appeal(start, days, "working", lambda day: day.weekday() < 5)
    between = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]
    assert last.weekday() < 5
    assert sum(day.weekday() < 5 for day in between) == days
    assert last_day_of_appeal(start, days, "calendar", lambda _day: False) == start + timedelta(days=days)


@given(actors=st.sets(st.integers(0, 5), min_size=1), targets=st.sets(st.integers(6, 9), max_size=3))
def test_nobody_is_served_the_finding_of_another_actor(actors: set[int], targets: set[int]) -> None:
    owed = owed_to([(f"d{n}", f"p{n}") for n in actors], [f"p{n}" for n in targets])
    for n in actors:
        assert owed[f"p{n}"] == (f"d{n}",)
    for n in targets:
        assert set(owed[f"p{n}"]) == {f"d{m}" for m in actors}


def test_case_67_new_evidence_after_service_makes_a_new_version_and_a_new_window(hall: Hall, session: Session) -> None:
    case, actor, target, first = hall.determined()
    hall.serve_all(actor, target)
    told = serving.note_told(session, hall.world.ring, hall.officer, serving.Tell(first, "homeroom"), NOW)
    before = (hall.row(first).sealed_facts, hall.row(first).number, hall.row(first).appeal_until)
    determining.investigate_again(session, hall.officer, case.id, "new_evidence", NOW)
    assert (case.state, hall.row(first).state) == ("investigating", "effective")  # it stands until another is adopted
    opening.submit_to_committee(session, hall.officer, case.id, NOW)
    second = hall.propose(actor, outcome="not_bullying", tier="", measures=(), plan_minutes=0)
    hall.vote(case, actor)
    number = hall.adopt(second)
    old, new = hall.row(first), hall.row(second)
    assert (old.state, old.ended_at, new.version, case.state) == ("superseded", NOW, 2, "determined")
    assert (old.sealed_facts, old.number, old.appeal_until) == before
    assert number != old.number
    assert all(findings.unserved == (second,) for findings in findings_of(session, case))  # the earlier service serves nothing now
    assert session.get_one(CaseRecipient, (case.district_id, told)).correction_due_at is not None
    facts = with_determinations(session, case.district_id, case.id, case_facts(session, case))
    with pytest.raises(StepRefused):
        check_case_step(CaseState(case.state), CaseState.SERVED, facts)
    hall.serve_all(actor, target)
    assert (case.state, hall.row(second).state) == ("follow_up", "effective")
    assert hall.row(second).appeal_until is not None


def test_case_69_whoever_was_told_is_owed_the_correction(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined("serious", tier="serious", measures=("apology", "quality_evaluation"), plan_minutes=540)
    with pytest.raises(CaseRefused):  # only after service
        serving.enter_evaluation(session, hall.world.ring, hall.officer, found, NOW)
    hall.serve_all(actor, target)
    entry = serving.enter_evaluation(session, hall.world.ring, hall.officer, found, NOW)
    with pytest.raises(CaseRefused):  # once
        serving.enter_evaluation(session, hall.world.ring, hall.officer, found, NOW)
    for kind in ("homeroom", "police"):
        serving.note_told(session, hall.world.ring, hall.officer, serving.Tell(found, kind, "某办"), NOW)
    assert recipients(session, case) == ["guardian", "guardian", "homeroom", "police", "quality_evaluation"]
    assert not owed_corrections(session, hall.officer, NOW)
    outcomes.overturn(session, hall.officer, found, new_id(), NOW)
    owed = owed_corrections(session, hall.officer, NOW, case.id)
    assert sorted(one.kind for one in owed) == ["entry", "guardian", "guardian", "homeroom", "police", "quality_evaluation"]
    assert not any(one.late(NOW) for one in owed)
    assert all(one.late(NOW + timedelta(days=8)) for one in owed)
    numbers = [serving.send_correction(session, hall.officer, one.object_id, NOW).number for one in owed if one.kind != "entry"]
    assert len(set(numbers)) == 5
    assert all("正" in number for number in numbers)
    outcomes.recall_entry(session, hall.officer, entry, "综评撤回单1号", NOW)
    assert not owed_corrections(session, hall.officer, NOW)
    assert outcomes.corrections_open(session, case.district_id, case.id) == 0
    assert session.get_one(EvaluationEntry, (case.district_id, entry)).recalled_at == NOW
    with pytest.raises(CaseRefused):  # a finding that fell is told to nobody any more
        serving.note_told(session, hall.world.ring, hall.officer, serving.Tell(found, "other"), NOW)


def test_an_entry_in_the_evaluation_only_where_a_measure_says_so(hall: Hall, session: Session) -> None:
    _case, actor, target, found = hall.determined()
    hall.serve_all(actor, target)
    with pytest.raises(CaseRefused) as none:
        serving.enter_evaluation(session, hall.world.ring, hall.officer, found, NOW)
    assert none.value.code == "case_no_evaluation_entry"


def test_case_56_police_punish_after_no_bullying_was_found(hall: Hall, session: Session) -> None:
    case, actor, target, found = hall.determined(outcome="not_bullying", tier="", measures=(), plan_minutes=0)
    hall.serve_all(actor, target)
    severity.note_police_finding(session, hall.officer, case.id, "行政处罚决定书1号", "punished", NOW)
    assert (case.county_review, hall.row(found).state, hall.row(found).outcome) == (True, "effective", "not_bullying")


def test_the_owed_corrections_of_many_cost_as_many_statements_as_of_one(hall: Hall, session: Session, count_statements: object) -> None:
    _case, actor, target, found = hall.determined()
    hall.serve_all(actor, target)
    outcomes.overturn(session, hall.officer, found, new_id(), NOW)
    session.flush()
    with count_statements() as counted:  # type: ignore[operator]
        assert len(owed_corrections(session, hall.officer, NOW)) == 2
    assert len(counted.texts) == 2
