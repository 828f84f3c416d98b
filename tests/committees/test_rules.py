"""Composition, voting and recusal as pure rules."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.committees.rules.composition import (
    RULE_SETS,
    FilledSeat,
    SeatKind,
    constitution,
    proposed_seats,
    rule_set_on,
)
from trainhub.committees.rules.deciding import GuardianSide, ItemFacts, ItemKind, refuse_bare, refuse_unready
from trainhub.committees.rules.recusal import (
    Candidate,
    Ground,
    MatterFacts,
    RoleInMatter,
    contact_mark,
    found,
    substitute_for,
)
from trainhub.committees.rules.refusals import CommitteeRefused, GuardiansNotTold, NoQuorum, RecusedPresent
from trainhub.committees.rules.voting import Sitter, Votes, bench, counted, outcome, quorum

DAY = date(2026, 11, 20)
K = SeatKind
PLAN = rule_set_on("plan_2024", DAY)
STAGES = st.lists(st.sampled_from(("primary", "junior", "senior", "vocational")), max_size=4, unique=True)
SEATS = st.lists(st.builds(FilledSeat, st.sampled_from(list(K)), st.booleans(), st.booleans()), max_size=14)
WHOLE = (
    FilledSeat(K.PRINCIPAL, is_chair=True), FilledSeat(K.TEACHER), FilledSeat(K.YOUNG_PIONEER_COUNSELLOR), FilledSeat(K.STAFF),
    FilledSeat(K.COMMUNITY_WORKER), FilledSeat(K.PARENT), FilledSeat(K.OUTSIDE_EXPERT),
)  # fmt: skip


def test_a_whole_committee_of_a_junior_school_is_one_and_misses_only_what_is_advised() -> None:
    done = constitution(PLAN, ("junior",), WHOLE, DAY)
    assert done.valid
    assert {f.code for f in done.faults} == {"no_law_vice_principal", "no_legal_adviser", "no_moral_education_head", "no_safety_vice_principal"}
    assert all(f.source for f in done.faults)


@pytest.mark.parametrize("stage", ["senior", "vocational"])
@pytest.mark.parametrize("key", ["plan_2024", "order_50"])
def test_case_45_a_senior_stage_school_without_pupils_has_no_committee(stage: str, key: str) -> None:
    rules = rule_set_on(key, DAY)
    assert "no_student" in constitution(rules, ("junior", stage), WHOLE, DAY).missing
    assert constitution(rules, (stage,), [*WHOLE, FilledSeat(K.STUDENT)], DAY).valid


def test_pioneer_counsellors_are_asked_only_of_primary_and_junior_schools() -> None:
    without = [s for s in (*WHOLE, FilledSeat(K.STUDENT)) if s.kind is not K.YOUNG_PIONEER_COUNSELLOR]
    assert constitution(PLAN, ("senior",), without, DAY).valid
    assert constitution(PLAN, ("primary",), without, DAY).missing == ("no_young_pioneer_counsellor",)


def test_the_principal_leads_and_one_leads() -> None:
    nobody = [FilledSeat(s.kind) for s in WHOLE]
    assert constitution(PLAN, ("junior",), nobody, DAY).missing == ("no_chair",)
    teacher = [FilledSeat(s.kind, s.kind is K.TEACHER) for s in WHOLE]
    assert constitution(PLAN, ("junior",), teacher, DAY).missing == ("chair_is_another",)
    two = [FilledSeat(s.kind, s.kind in {K.TEACHER, K.PRINCIPAL}) for s in WHOLE]
    assert "two_chairs" in constitution(PLAN, ("junior",), two, DAY).missing


def test_an_even_number_of_voices_is_a_warning_only() -> None:
    done = constitution(PLAN, ("junior",), [*WHOLE, FilledSeat(K.TEACHER)], DAY)
    assert done.valid
    assert "even_size" in {f.code for f in done.faults}


def test_rule_sets_are_dated_and_an_unknown_one_is_none() -> None:
    assert rule_set_on("plan_2024", date(2019, 1, 1)) is PLAN
    with pytest.raises(KeyError):
        rule_set_on("invented", DAY)


@given(STAGES, SEATS, st.sampled_from(RULE_SETS))
def test_somebody_more_never_breaks_a_committee_but_a_second_chair(stages: list[str], seats: list[FilledSeat], rules: object) -> None:
    for one in RULE_SETS:
        before = constitution(one, stages, seats, DAY)
        assert before.valid == (not before.missing)
        for kind in K:
            after = constitution(one, stages, [*seats, FilledSeat(kind)], DAY)
            assert set(after.missing) <= set(before.missing)


@given(STAGES)
def test_the_proposed_seats_filled_make_a_committee(stages: list[str]) -> None:
    for rules in RULE_SETS:
        lines = proposed_seats(rules, stages)
        assert sum(line.is_chair for line in lines) == 1
        assert len(lines) % 2 == 1
        assert constitution(rules, stages, [FilledSeat(x.kind, x.is_chair, x.votes) for x in lines], DAY).valid


# --- voting --------------------------------------------------------------------------------------

SITTERS = (*tuple(Sitter(f"m{n}", kind, is_chair=n == 0, sort_no=n) for n, kind in enumerate((K.PRINCIPAL, K.VICE_PRINCIPAL, K.TEACHER, K.STUDENT, K.PARENT, K.COMMUNITY_WORKER, K.OUTSIDE_EXPERT))), Sitter("s1", K.TEACHER, is_substitute=True, sort_no=9), Sitter("a1", K.LEGAL_ADVISER, votes=False, sort_no=10))
IDS = [s.member_id for s in SITTERS]


def test_quorum_is_two_thirds_rounded_up() -> None:
    assert [quorum(n, 67) for n in (0, 1, 3, 5, 7, 9)] == [1, 1, 2, 4, 5, 6]
    assert [quorum(7, p) for p in (50, 60, 80, 100)] == [4, 5, 6, 7]


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
def test_a_majority_is_more_than_half_of_the_votes_given(favour: int, against: int, abstained: int) -> None:
    done = outcome(Votes(favour, against, abstained))
    assert (done == "adopted") == (favour > against + abstained)
    if favour == against:
        assert done == "rejected"
    if done == "adopted":
        assert outcome(Votes(favour + 1, against, abstained)) == "adopted"


@given(st.sets(st.sampled_from(IDS)), st.sets(st.sampled_from(IDS)), st.integers(50, 100), st.integers(0, 9), st.integers(0, 9), st.integers(0, 9))
def test_a_vote_that_is_counted_had_its_quorum_and_nobody_recused(
    recused: set[str], present: set[str], percent: int, favour: int, against: int, abstained: int
) -> None:
    who = bench(SITTERS, recused, {"s1": "m2"}, set(IDS) - present)
    assert not set(who.entitled) & recused
    assert len(set(who.entitled)) == len(who.entitled)
    assert "a1" not in who.entitled
    try:
        count = counted(who, present, Votes(favour, against, abstained), percent)
    except (NoQuorum, RecusedPresent, CommitteeRefused):
        return
    assert not present & recused
    assert count.present >= quorum(count.entitled, percent)
    assert favour + against + abstained <= count.present <= count.entitled
    assert who.acting_chair in present
    assert who.acting_chair not in recused


def test_case_47_quorum_is_over_the_rest_and_the_substitute_has_the_seat() -> None:
    who = bench(SITTERS, {"m2", "m4"}, {"s1": "m2"})
    assert set(who.entitled) == {"m0", "m1", "m3", "m5", "m6", "s1"}
    assert counted(who, {"m0", "m1", "m3", "s1"}, Votes(3, 1, 0), 67).quorum == 4
    with pytest.raises(NoQuorum):
        counted(who, {"m0", "m1", "m3"}, Votes(3, 0, 0), 67)
    with pytest.raises(RecusedPresent):
        counted(who, {"m0", "m1", "m2", "m3", "s1"}, Votes(3, 1, 0), 67)
    assert bench(SITTERS, {"m2", "s1"}, {"s1": "m2"}).stands_in == ()


def test_case_48_the_chair_passes_on_in_seat_order_and_never_to_a_pupil() -> None:
    assert bench(SITTERS, (), {}).acting_chair == "m0"
    who = bench(SITTERS, {"m0"}, {})
    assert (who.acting_chair, who.chair_passed, who.tell_bureau) == ("m1", True, True)
    late = bench(SITTERS, {"m0", "m1", "m2"}, {})
    assert late.acting_chair == "m4"
    away = bench(SITTERS, (), {}, {"m0"})
    assert (away.acting_chair, away.tell_bureau) == ("m1", False)


def test_counts_that_cannot_be_are_refused() -> None:
    who, there = bench(SITTERS, (), {}), {f"m{n}" for n in range(7)}
    for votes, problem in ((Votes(-1, 2, 0), "votes"), (Votes(8, 0, 0), "too_many_votes"), (Votes(0, 0, 0), "nobody_voted")):
        with pytest.raises(CommitteeRefused) as refused:
            counted(who, there, votes, 67)
        assert refused.value.code == f"committee_{problem}"


# --- recusal -------------------------------------------------------------------------------------


def _mark(kind: str, text: str) -> str:
    return f"{kind}:{text}"


def test_case_47_conflicts_are_found_from_plain_facts() -> None:
    guardian = contact_mark(_mark, "王 伟", "13800004321")
    facts = MatterFacts(
        frozenset({"p1"}), frozenset({guardian}), frozenset({"p2"}), frozenset({"p3"}),
        (RoleInMatter("reporter", account_id="acc"), RoleInMatter("investigator", "p5")),
    )  # fmt: skip
    people = [
        Candidate("1", "p1", member_id="1"), Candidate("2", "p2", member_id="2"), Candidate("3", "p3", member_id="3"),
        Candidate("4", member_id="4", account_ids=frozenset({"acc"})), Candidate("5", "p5", member_id="5"),
        Candidate("6", member_id="6", marks=frozenset({contact_mark(_mark, "王伟", "４３２１")})),
        Candidate("7", member_id="7", marks=frozenset({contact_mark(_mark, "王伟", "1234")})), Candidate("8", "p1"), Candidate("9", "p2", is_principal=True),
    ]  # fmt: skip
    done = {f.who.key: f.ground for f in found(facts, people)}
    assert done == {
        "1": Ground.HOMEROOM_TEACHER, "2": Ground.GUARDIAN_OF_PARTY, "3": Ground.RELATIVE, "4": Ground.OTHER_ROLE, "5": Ground.OTHER_ROLE,
        "6": Ground.GUARDIAN_OF_PARTY, "9": Ground.OWN_CHILD,
    }  # fmt: skip


def test_a_ground_never_tells_who_reported() -> None:
    assert "reporter" not in {ground.value for ground in Ground}


@given(st.text(max_size=6), st.text(max_size=6))
def test_a_name_without_four_digits_is_nobody(name: str, phone: str) -> None:
    assert contact_mark(_mark, name, phone) == "" or sum(c.isdecimal() for c in phone) >= 4 or not phone.isascii()
    assert contact_mark(_mark, "", "1234") == ""


def test_the_substitute_is_of_the_same_kind_and_free() -> None:
    roster = [("s1", K.TEACHER, 9), ("s2", K.PARENT, 10), ("s3", K.TEACHER, 8)]
    assert substitute_for(K.TEACHER, roster, ()) == "s3"
    assert substitute_for(K.TEACHER, roster, {"s3"}) == "s1"
    assert substitute_for(K.TEACHER, roster, {"s3", "s1"}) is None
    assert substitute_for(K.STUDENT, roster, ()) is None


# --- before the vote -----------------------------------------------------------------------------


def test_both_sides_are_told_before_a_determination() -> None:
    acting, harmed = GuardianSide("acting", "A1", notified=True), GuardianSide("harmed", "B1", notified=True)
    refuse_unready(ItemKind.DETERMINATION, ItemFacts((acting, harmed)))
    for sides in ((acting,), (), (acting, GuardianSide("harmed", "B1", notified=False))):
        with pytest.raises(GuardiansNotTold):
            refuse_unready(ItemKind.DETERMINATION, ItemFacts(sides))
    refuse_unready(ItemKind.DETERMINATION, ItemFacts((acting, GuardianSide("harmed", "B1", notified=False, why_not="unknown"))))
    refuse_unready(ItemKind.COMPLETION, ItemFacts((acting,)))
    with pytest.raises(CommitteeRefused, match="committee_case_not_ready"):
        refuse_unready(ItemKind.DETERMINATION, ItemFacts((acting, harmed), blocked=("investigation",)))


def test_nothing_is_resolved_without_a_basis_or_grounds() -> None:
    for clauses, grounds in (((), "事实清楚"), (("第十九条",), "  ")):
        with pytest.raises(CommitteeRefused):
            refuse_bare(clauses, grounds)
