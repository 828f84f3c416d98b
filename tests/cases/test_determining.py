"""From proposal to adoption (domain.md cases 45, 47, 57-61, 67; section 4, "Determination")."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.cases.hall import NOW, Hall, open_hall
from trainhub.accounts.models import Account, AccountGrant
from trainhub.cases.models import (
    CaseClock,
    CaseFile,
    CaseNotice,
    CaseParty,
    Determination,
    GuardianNotice,
    SecondPerson,
)
from trainhub.cases.queries.determinations import findings_of, with_determinations
from trainhub.cases.queries.facts import case_facts
from trainhub.cases.rules.determining import SHORT_PLAN_MOST, FindingDraft, FindingFrame, check_finding, offered
from trainhub.cases.rules.lifecycle import (
    DETERMINATION_STEPS,
    DeterminationState,
    StepRefused,
    check_determination_step,
)
from trainhub.cases.rules.parties import CaseRefused
from trainhub.cases.rules.scales import KEYS, TIERS
from trainhub.cases.service import determining, opening, reports, second, severity
from trainhub.committees.models import CommitteeMember, MeetingItem
from trainhub.committees.rules.happenings import ItemsDefective
from trainhub.committees.rules.refusals import (
    CommitteeNotConstituted,
    CommitteeRefused,
    GuardiansNotTold,
    RecusalNotRecorded,
    ResolutionNotUsable,
)
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import Forbidden, InvalidState, NotFound, SeparationOfDuties
from trainhub.kernel.ids import new_id
from trainhub.ledger.models import LedgerEntry

Counting = Callable[[], Any]
STAGES = ("primary", "junior", "senior", "vocational")


@pytest.fixture
def hall(session: Session) -> Hall:
    return open_hall(session)


def refused(error: pytest.ExceptionInfo[CaseRefused]) -> str:
    return error.value.code


def test_a_proposal_a_vote_and_another_hand_make_a_determination(hall: Hall, session: Session) -> None:
    case, actor, target = hall.submitted()
    found = hall.propose(actor)
    with pytest.raises(CaseRefused) as nothing:
        determining.put_on_agenda(session, hall.officer, case.id, (target,), NOW)
    assert refused(nothing) == "case_no_proposal"
    items = hall.vote(case, actor)
    assert session.get_one(MeetingItem, (case.district_id, items[0])).label == f"案 {case.year}-{case.number:02d} A1"
    number = hall.adopt(found)
    row = hall.row(found)
    assert (row.state, row.version, row.number, case.state) == ("adopted", 1, number, "determined")
    assert number.endswith("〔2026〕认 1 号")
    assert row.basis["resolution"]["for"] == 9
    assert (row.basis["scale"], row.basis["clauses"]) == ("plan_2017", list(row.basis["clauses"]))
    clocks = {(clock.kind, clock.object_id) for clock in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id))}
    assert {("service", actor), ("service", target)} <= clocks
    kinds = set(session.scalars(sa.select(LedgerEntry.kind).where(LedgerEntry.subject_ref == case.id)))
    assert {"case.proposed", "case.on_agenda", "case.determination_moved", "case.moved", "case.issued"} <= kinds
    with pytest.raises(InvalidState):
        hall.adopt(found)


def test_whoever_proposed_does_not_adopt_and_only_the_secretary_does(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    with pytest.raises(CaseRefused) as alone:  # nobody else could adopt it, ever
        hall.propose(actor, by=hall.secretary)
    assert refused(alone) == "case_proposer_adopts"
    second = second_secretary(hall, session)
    found = hall.propose(actor, by=hall.secretary)
    hall.vote(case, actor)
    with pytest.raises(SeparationOfDuties):
        hall.adopt(found)
    session.get_one(Account, (case.district_id, second.account_id)).person_id = hall.secretary.person_id
    session.flush()
    with pytest.raises(SeparationOfDuties):  # another account of the same human being (case 103)
        hall.adopt(found, by=replace(second, person_id=hall.secretary.person_id))
    for key, error in (("case_officer", Forbidden), ("principal", Forbidden), ("committee_member", Forbidden), ("committee_secretary@other", NotFound)):
        with pytest.raises(error):
            hall.adopt(found, by=hall.world.actor(key))
    assert hall.row(found).state == "proposed"


def second_secretary(hall: Hall, session: Session) -> Actor:
    """Another account with the role at the same school."""
    first = hall.secretary
    account = Account(district_id=first.district_id, id=new_id(), username="another-secretary", display_name="另一位秘书", created_at=NOW)
    session.add(account)
    session.flush()
    session.add(AccountGrant(
        district_id=first.district_id, id=new_id(), account_id=account.id, role="committee_secretary", org_id=first.org_id,
        from_on=local_day(NOW) - timedelta(days=1), granted_by=first.account_id, created_at=NOW,
    ))
    session.flush()
    return replace(first, account_id=account.id, person_id=None, display_name="另一位秘书")


@pytest.mark.parametrize("sent_back", [False, True])
def test_what_was_voted_on_and_never_used_is_taken_back_and_voted_on_anew(hall: Hall, session: Session, sent_back: bool) -> None:
    case, actor, _target = hall.submitted()
    first = hall.propose(actor)
    (item,) = hall.vote(case, actor)
    assert findings_of(session, case)[0].waits_for(True) == "adopt"
    if sent_back:
        determining.investigate_again(session, hall.officer, case.id, "committee_asks", NOW)
    determining.withdraw_proposal(session, hall.officer, first, NOW)
    assert (hall.row(first).state, session.get_one(MeetingItem, (case.district_id, item)).lapsed_at) == ("superseded", NOW)
    if sent_back:
        opening.submit_to_committee(session, hall.officer, case.id, NOW)
    fresh = hall.propose(actor)
    with pytest.raises(CaseRefused):  # nothing follows from the vote on what was taken back
        hall.adopt(fresh)
    with pytest.raises(ResolutionNotUsable):
        determining.adopt_determination(session, hall.secretary, hall.world.ring, fresh, NOW, item_id=item)
    (again,) = hall.vote(case, actor)
    assert again != item
    hall.adopt(fresh)
    assert case.state == "determined"
    told = session.scalars(sa.select(CaseNotice.code).where(CaseNotice.matter_id == case.id)).all()
    assert "resolution_lapsed" in told


def test_a_rejected_or_used_resolution_adopts_nothing(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    found = hall.propose(actor)
    hall.vote(case, actor, in_favour=4)
    with pytest.raises(ResolutionNotUsable):
        hall.adopt(found)
    again = hall.propose(actor, outcome="not_proven", tier="", measures=(), plan_minutes=0)
    assert hall.row(found).state == "superseded"
    hall.vote(case, actor)
    hall.adopt(again)
    assert case.state == "determined"


def test_nothing_is_put_under_a_vote_that_was_taken(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    found = hall.propose(actor)
    hall.vote(case, actor)
    with pytest.raises(CaseRefused) as late:
        hall.propose(actor, outcome="not_bullying", tier="", measures=(), plan_minutes=0)
    assert refused(late) == "case_voted_already"
    hall.row(found).entered_at = NOW + timedelta(minutes=1)
    with pytest.raises(CaseRefused) as swapped:
        hall.adopt(found)
    assert refused(swapped) == "case_proposed_after_vote"


def test_case_45_a_committee_that_is_none_determines_nothing(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    hall.propose(actor)
    principal = session.get_one(CommitteeMember, (case.district_id, hall.scene.members[0]))
    principal.to_on = NOW.date() - timedelta(days=30)
    session.commit()
    with pytest.raises((CommitteeNotConstituted, CommitteeRefused)):
        hall.vote(case, actor)
    assert case.state == "submitted_to_committee"


def test_case_45_a_defect_found_later_stops_the_adoption_and_marks_what_was_adopted(hall: Hall, session: Session) -> None:
    case, _actor, _target, found = hall.determined()
    item = session.get_one(MeetingItem, (case.district_id, hall.row(found).item_id))
    for _twice in range(2):
        determining.note_defects(session, ItemsDefective(case.district_id, case.school_id, (item.id,)))
    assert hall.row(found).defects == ["committee"]
    item.composition = ["no_principal"]
    session.flush()
    assert not with_determinations(session, case.district_id, case.id, case_facts(session, case)).committee_valid
    other, second_actor, _ = hall.submitted()
    proposed = hall.propose(second_actor)
    (item_id,) = hall.vote(other, second_actor)
    session.get_one(MeetingItem, (case.district_id, item_id)).composition = ["no_parent"]
    session.flush()
    with pytest.raises(ResolutionNotUsable):
        hall.adopt(proposed)


def test_case_47_a_conflict_that_nobody_wrote_down_stops_vote_and_adoption(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    found = hall.propose(actor)
    hall.vote(case, actor)
    member = session.get_one(CommitteeMember, (case.district_id, hall.scene.members[1]))
    from trainhub.cases.models import CaseGuardian
    from trainhub.committees.rules.recusal import person_mark
    from trainhub.kernel.ids import new_id

    session.add(CaseGuardian(  # found out of the ordinary way: nobody has looked for conflicts since
        district_id=case.district_id, id=new_id(), party_id=actor, sealed_identity="x", person_mark=person_mark(hall.world.ring.mark, member.person_id or ""),
        added_at=NOW,
    ))
    session.flush()
    with pytest.raises(StepRefused) as missing:
        hall.adopt(found)
    assert missing.value.params["missing"] == ("recusal",)
    session.rollback()
    case2, actor2, _ = hall.submitted()
    hall.propose(actor2)
    session.add(CaseGuardian(
        district_id=case2.district_id, id=new_id(), party_id=actor2, sealed_identity="x", person_mark=person_mark(hall.world.ring.mark, member.person_id or ""),
        added_at=NOW,
    ))
    session.flush()
    with pytest.raises(RecusalNotRecorded):
        hall.vote(case2, actor2)


@pytest.mark.parametrize(("about", "missing"), [(("investigation", "hearing"), {"notices", "hearings"}), (("hearing",), {"hearings"})])
def test_case_58_one_side_that_was_not_told_or_heard_stops_the_determination(hall: Hall, session: Session, about: tuple[str, ...], missing: set[str]) -> None:
    case, actor, target = hall.submitted()
    found = hall.propose(actor)
    hall.vote(case, actor)
    session.execute(sa.delete(GuardianNotice).where(GuardianNotice.party_id == target, GuardianNotice.about.in_(about)))
    with pytest.raises(StepRefused) as still:
        hall.adopt(found)
    assert set(still.value.params["missing"]) == missing


def test_case_58_the_committee_does_not_vote_while_one_side_does_not_know(hall: Hall, session: Session) -> None:
    case, actor, target = hall.submitted()
    hall.propose(actor)
    session.execute(sa.delete(GuardianNotice).where(GuardianNotice.party_id == target))
    with pytest.raises(GuardiansNotTold):
        hall.vote(case, actor)


@pytest.mark.parametrize("key", KEYS)
def test_case_61_nothing_expels_a_child_of_the_compulsory_stage(key: str) -> None:
    for tier in TIERS:
        for stage in ("primary", "junior"):
            for grade in (None, *range(1, 10)):
                assert all(m.key != "sanction_expulsion" and "转学" not in m.label and "劝退" not in m.label for m in offered(key, tier, stage, grade))
    assert any(m.key == "sanction_expulsion" for m in offered("plan_2017", "serious", "senior", 10))


def test_case_60_measures_of_the_upper_grades_are_neither_offered_nor_accepted_for_a_young_pupil(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted("serious")
    party = session.get_one(CaseParty, (case.district_id, actor))
    party.grade = 2
    offers = {m.key for m in offered(case.scale, "serious", party.stage, party.grade)}
    assert not offers & {"suspension_home", "law_admonition", "special_course", "special_school_referral", "sanction_warning"}
    for measure in ("suspension_home", "special_course", "special_school_referral", "sanction_expulsion", "expulsion", "persuaded_transfer"):
        with pytest.raises(CaseRefused) as wrong:
            hall.propose(actor, tier="serious", measures=(measure,), plan_minutes=180)
        assert refused(wrong) == "case_measure_not_open"
    with pytest.raises(CaseRefused) as long:
        hall.propose(actor, tier="serious", measures=("apology",), plan_minutes=SHORT_PLAN_MOST + 1)
    assert refused(long) == "case_finding_minutes_young"
    assert hall.propose(actor, tier="serious", measures=("apology",), plan_minutes=90)


def test_case_61_expulsion_is_refused_at_the_compulsory_stage_even_by_hand(hall: Hall, session: Session) -> None:
    _case, actor, _target = hall.submitted("serious")
    with pytest.raises(CaseRefused) as wrong:
        hall.propose(actor, tier="serious", measures=("sanction_expulsion",), plan_minutes=540)
    assert refused(wrong) == "case_measure_not_open"


@given(
    key=st.sampled_from(KEYS), tier=st.sampled_from(TIERS), stage=st.sampled_from(STAGES), grade=st.one_of(st.none(), st.integers(1, 12)),
    measures=st.lists(st.sampled_from(["apology", "suspension_home", "sanction_expulsion", "quality_evaluation", "police_warning", "invented"]), max_size=3),
    minutes=st.integers(-10, 900), told=st.booleans(), police=st.booleans(),
    outcome=st.sampled_from(["bullying", "not_bullying", "not_proven", "other_body", "guilty"]),
)
def test_what_is_accepted_was_offered(
    key: str, tier: str, stage: str, grade: int | None, measures: list[str], minutes: int, told: bool, police: bool, outcome: str
) -> None:
    least = {"minor": 180, "heavier": 360, "serious": 540, "suspected": 540}
    draft = FindingDraft(outcome, tier, tuple(measures), minutes, "x", "y", ("z",))
    try:
        check_finding(draft, FindingFrame(key, stage, grade, least, told, police))
    except CaseRefused:
        return
    assert outcome == "bullying"  # anything else with a tier is refused
    known = {m.key: m for m in offered(key, tier, stage, grade)}
    assert set(measures) <= known.keys()
    assert told or not any(known[m].guardian_first for m in measures)
    assert minutes > 0
    assert police or tier != "suspected"


def test_a_finding_of_no_bullying_carries_nothing(hall: Hall, session: Session) -> None:
    _case, actor, _target = hall.submitted()
    for more in ({"tier": "minor"}, {"measures": ("apology",)}, {"plan_minutes": 60}):
        with pytest.raises(CaseRefused) as wrong:
            hall.propose(actor, **({"outcome": "not_bullying", "tier": "", "measures": (), "plan_minutes": 0} | more))
        assert refused(wrong) == "case_finding_bare"


def test_a_suspected_offence_needs_the_report_to_the_police(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted("suspected")
    with pytest.raises(CaseRefused) as early:
        hall.propose(actor, tier="suspected", measures=("apology",), plan_minutes=540)
    assert refused(early) == "case_finding_police_first"
    facts = dict.fromkeys(("time", "place", "cause", "course", "persons", "measures"), "A1 B1")
    reports.record_report(session, hall.world.ring, hall.officer, reports.RecordReport(case.id, "first", "written", "police", NOW, facts), NOW)
    assert hall.propose(actor, tier="suspected", measures=("apology",), plan_minutes=540)


def test_the_least_minutes_follow_the_policy(hall: Hall, session: Session) -> None:
    _case, actor, _target = hall.submitted()
    with pytest.raises(CaseRefused) as short:
        hall.propose(actor, plan_minutes=179)
    assert short.value.params["least"] == 180


def test_a_graver_finding_brings_the_duty_to_report_at_once(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted("minor")
    found = hall.propose(actor, tier="serious", measures=("apology",), plan_minutes=540)
    hall.vote(case, actor)
    hall.adopt(found)
    assert case.severity == "serious"
    owed = {(c.kind, c.object_id) for c in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id)) if c.kind.startswith("report")}
    assert ("report_written", "bureau") in owed


def test_case_57_a_downgrade_takes_a_reason_and_another_person_and_stays_reported(hall: Hall, session: Session) -> None:
    case, _actor, _target = hall.submitted("serious")
    facts = dict.fromkeys(("time", "place", "cause", "course", "persons", "measures"), "A1 B1")
    reports.record_report(session, hall.world.ring, hall.officer, reports.RecordReport(case.id, "first", "oral", "bureau", NOW, facts), NOW)
    asked = second.ask(session, hall.world.ring, hall.officer, second.Ask("downgrade", case.id, "new_facts", "两份笔录", {"severity": "minor"}), NOW)
    with pytest.raises(InvalidState):
        second.carry_out(session, hall.officer, asked, NOW)
    with pytest.raises(severity.SecondPersonNeeded):
        severity.set_severity(session, hall.officer, severity.SetSeverity(case.id, "minor", "new_facts", asked), NOW)
    second.grant(session, hall.world.actor("principal"), asked, NOW)
    second.carry_out(session, hall.officer, asked, NOW)
    assert case.severity == "minor"
    row = session.get_one(SecondPerson, (case.district_id, asked))
    assert row.state == "used"
    still = [c for c in session.scalars(sa.select(CaseClock).where(CaseClock.case_id == case.id, CaseClock.kind == "report_written")) if c.met_at is None]
    assert {c.object_id for c in still} == {"bureau", "police"}
    told = {tuple(row) for row in session.execute(sa.select(CaseNotice.code, CaseNotice.role).where(CaseNotice.matter_id == case.id))}
    assert ("case_lowered", "bureau_case_officer") in told
    assert ("second_used", "bureau_case_officer") in told  # the principal granted it: somebody else hears of it


def test_two_actors_are_determined_one_by_one_and_the_case_waits_for_both(hall: Hall, session: Session) -> None:
    case, first, _target = hall.investigated()
    other = hall.world.party(case, hall.world.pupils[2], "actor")
    hall.world.tell(other)
    hall.world.tell(other, "hearing", "heard")
    opening.submit_to_committee(session, hall.officer, case.id, NOW)
    one, two = hall.propose(first), hall.propose(other)
    hall.vote(case, first, other)
    hall.adopt(one)
    assert case.state == "submitted_to_committee"
    hall.adopt(two)
    assert case.state == "determined"
    assert [hall.row(x).number[-3] for x in (one, two)] == ["1", "2"]


def test_the_committee_sends_a_case_back(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    with pytest.raises(CaseRefused):
        determining.investigate_again(session, hall.officer, case.id, "because", NOW)
    determining.investigate_again(session, hall.officer, case.id, "committee_asks", NOW)
    assert case.state == "investigating"
    hall.propose(actor)
    with pytest.raises(InvalidState):
        determining.put_on_agenda(session, hall.officer, case.id, (actor,), NOW)


@given(moves=st.lists(st.sampled_from(list(DeterminationState)), max_size=10))
def test_no_version_goes_where_the_table_does_not_lead(moves: list[DeterminationState]) -> None:
    state, seen = DeterminationState.PROPOSED, [DeterminationState.PROPOSED]
    for after in moves:
        try:
            check_determination_step(state, after)
        except InvalidState:
            assert after not in DETERMINATION_STEPS[state]
            continue
        state = after
        seen.append(after)
    assert len(seen) == len(set(seen))  # nothing is visited twice: a version never goes back
    if DeterminationState.EFFECTIVE in seen:
        assert seen.index(DeterminationState.ADOPTED) < seen.index(DeterminationState.EFFECTIVE)


def test_the_page_of_findings_costs_the_same_for_one_and_for_many(hall: Hall, session: Session, count_statements: Counting) -> None:
    case, actor, _target = hall.submitted()
    counts, key = [], (case.district_id, case.id)
    for _round in range(3):
        hall.propose(actor)
        session.flush()
        session.expire_all()
        with count_statements() as one:
            found = findings_of(session, session.get_one(CaseFile, key))
        counts.append(len(one.texts))
    assert len(found[0].versions) == 3
    assert found[0].proposed is not None
    assert counts[1] == counts[2]


def test_versions_stay_as_they_were_written(hall: Hall, session: Session) -> None:
    case, actor, _target = hall.submitted()
    first = hall.propose(actor)
    before = (hall.row(first).sealed_facts, list(hall.row(first).measures), hall.row(first).plan_minutes)
    hall.propose(actor, measures=(), plan_minutes=200)
    row = hall.row(first)
    assert ((row.sealed_facts, list(row.measures), row.plan_minutes), row.state) == (before, "superseded")
    assert [v.version for v in findings_of(session, case)[0].versions] == [2, 1]
    assert not any("推搡" in str(value) for r in session.scalars(sa.select(Determination)) for value in r.__dict__.values())
