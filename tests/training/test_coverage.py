"""Coverage: figures that say who was counted, and that no rate is invented where nobody owes."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from trainhub.training.rules.coverage import (
    CountingBasis,
    Coverage,
    Totals,
    bands,
    mean,
    percent,
    tally,
    tally_by,
    total,
)
from trainhub.training.rules.obligations import Obligation, State


def row(state: State, school: str = "a", counted: int = 0, posts: tuple[str, ...] = (), department: str = "") -> Obligation:
    return Obligation("p", school, state, 180, counted, 0, 0, date(2026, 12, 31), "", department, posts)


def test_case_05_both_rates_are_reported() -> None:
    figures = tally([row(State.MET)] * 3 + [row(State.OPEN)] + [row(State.EXEMPT)])
    assert (figures.coverage.done, figures.coverage.owed, figures.coverage.percent) == (3, 5, "60.0%")
    assert (figures.coverage_without_exempt.owed, figures.coverage_without_exempt.percent) == (4, "75.0%")


def test_cases_03_and_04_newcomers_in_grace_and_people_who_left_stand_apart() -> None:
    figures = tally([row(State.MET), row(State.GRACE), row(State.VOID)])
    assert (figures.in_scope, figures.grace, figures.void) == (1, 1, 1)


def test_case_19_a_bureau_is_a_unit_with_obligations() -> None:
    by_unit = tally_by([row(State.OPEN, "bureau"), row(State.MET, "a")], lambda o: [o.school_id])
    assert (by_unit["bureau"].coverage.done, by_unit["bureau"].coverage.owed) == (0, 1)


def test_case_27_nobody_in_scope_gives_no_rate_and_no_weight() -> None:
    empty = Totals().coverage
    assert (empty.rate, empty.permille, empty.percent) == (None, None, "")
    figures = [Coverage(1, 2), empty, Coverage(2, 2)]
    assert mean(figures) == Fraction(3, 4)
    assert (total(figures).done, total(figures).owed) == (3, 4)
    assert (mean([empty]), percent(mean([empty]))) == (None, "")


def test_case_27_a_school_of_exempt_people_only_has_no_second_rate() -> None:
    figures = tally([row(State.EXEMPT)])
    assert figures.coverage.percent == "0.0%"
    assert figures.coverage_without_exempt.rate is None


def test_case_28_more_full_time_teachers_than_staff_keeps_both_bases() -> None:
    staff = Coverage(90, 100, CountingBasis("home_staff", "2026", 3))
    official = Coverage(0, 112, CountingBasis("full_time_teachers", "2026"))
    assert official.owed > staff.owed
    assert (staff.basis.kind, official.basis.kind) == ("home_staff", "full_time_teachers")
    assert total([staff]).basis == staff.basis


def test_case_30_made_up_is_in_the_denominator_but_not_met() -> None:
    figures = tally([row(State.MADE_UP), row(State.MET)])
    assert (figures.coverage.done, figures.coverage.owed, figures.made_up) == (1, 2, 1)


def test_rounding_never_claims_all_or_nothing() -> None:
    assert Coverage(9999, 10000).percent == "99.9%"
    assert Coverage(1, 10000).percent == "0.1%"
    assert (Coverage(2, 2).percent, Coverage(0, 2).percent) == ("100.0%", "0.0%")
    assert Coverage(116, 130).percent == "89.2%"


def test_homeroom_teachers_are_a_figure_of_their_own() -> None:
    figures = tally([row(State.MET, posts=("homeroom_teacher",)), row(State.OPEN, posts=("homeroom_teacher",)), row(State.MET)])
    assert (figures.homeroom.done, figures.homeroom.owed) == (1, 2)


def test_bands_of_the_official_form_count_distinct_heads() -> None:
    assert bands([0, 1, 36, 37, 72, 73, 108, 109, 400]) == (2, 2, 2, 2)


states = st.sampled_from(list(State))


@given(st.lists(st.builds(row, states, st.sampled_from("abc"), st.integers(0, 400))))
def test_the_sum_of_schools_is_the_whole(rows: list[Obligation]) -> None:
    parts = tally_by(rows, lambda o: [o.school_id])
    whole = Totals()
    for part in parts.values():
        whole = whole.plus(part)
    assert whole == tally(rows)
    assert whole.minus(whole) == Totals()
