"""Minutes, years, policy, ids and the clock."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.kernel import clock
from trainhub.kernel.actor import Actor, Grant, Scope
from trainhub.kernel.errors import Forbidden
from trainhub.kernel.ids import is_id, new_id
from trainhub.kernel.minutes import Interval, PeriodRule, split_by_local_day, union, whole_minute
from trainhub.kernel.permissions import Permission, Reach, Role, reach
from trainhub.kernel.policy import PARAMETERS, PolicyVersion, resolve
from trainhub.kernel.years import RequirementYear, week_of_term

BASE = datetime(2026, 3, 5, 6, 0, tzinfo=UTC)
spans = st.tuples(st.integers(0, 3000), st.integers(0, 600)).map(
    lambda p: Interval(BASE + timedelta(minutes=p[0]), BASE + timedelta(minutes=p[0] + p[1]))
)


@given(st.lists(spans, max_size=12))
def test_union_counts_no_minute_twice_and_loses_none(items: list[Interval]) -> None:
    covered = {i.start + timedelta(minutes=m) for i in items for m in range(i.minutes)}
    merged = union(items)
    assert sum(i.minutes for i in merged) == len(covered)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(spans, spans)
def test_overlap_is_symmetric_and_inside_both(a: Interval, b: Interval) -> None:
    common = a.overlap(b)
    assert common == b.overlap(a)
    if common:
        assert 0 < common.minutes <= min(a.minutes, b.minutes)


@given(spans)
def test_splitting_by_day_keeps_every_minute(item: Interval) -> None:
    pieces = split_by_local_day(item)
    assert sum(p.minutes for _, p in pieces) == item.minutes
    assert all(clock.local_day(p.start) == day for day, p in pieces)


def test_midnight_is_that_of_the_schools() -> None:
    late = Interval(clock.at(date(2026, 3, 5), datetime(2026, 1, 1, 23, 30).time()), clock.at(date(2026, 3, 6), datetime(2026, 1, 1, 0, 30).time()))
    assert [(d.day, p.minutes) for d, p in split_by_local_day(late)] == [(5, 30), (6, 30)]
    assert clock.local_day(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)) == date(2027, 1, 1)


def test_naive_times_are_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        clock.local(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="naive"):
        Interval(datetime(2026, 1, 1), datetime(2026, 1, 2))


@given(st.integers(0, 6000), st.integers(30, 90))
def test_periods_drop_the_remainder(minutes: int, length: int) -> None:
    rule = PeriodRule(length)
    assert rule.periods(minutes) * length <= minutes < (rule.periods(minutes) + 1) * length
    assert str(rule.periods(minutes)) in rule.formula(minutes)


def test_seconds_do_not_score() -> None:
    assert whole_minute(BASE + timedelta(seconds=59, microseconds=5)) == BASE


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.sampled_from(["calendar", "school"]))
def test_every_day_lies_in_its_year_and_keys_read_back(day: date, kind: str) -> None:
    year = RequirementYear.of(day, kind)  # type: ignore[arg-type]
    assert year.contains(day)
    assert not year.next().contains(day)
    assert RequirementYear.parse(year.key) == year
    assert year.next().first_day == year.last_day + timedelta(days=1)


@pytest.mark.parametrize("key", ["", "26", "2026-2026", "2026-2028", "2026-", "abcd", "2026-27"])
def test_bad_year_keys_are_refused(key: str) -> None:
    with pytest.raises(ValueError):
        RequirementYear.parse(key)


def test_week_of_term() -> None:
    first = date(2026, 9, 1)  # a Tuesday
    assert week_of_term(first, date(2026, 9, 6)) == 1
    assert week_of_term(first, date(2026, 9, 7)) == 2
    assert week_of_term(first, date(2026, 11, 20)) == 12


def version(org: str, key: str, value: object, day: date, number: int) -> PolicyVersion:
    return PolicyVersion(org, key, value, day, number)


def test_the_nearest_organisation_wins_and_versions_are_dated() -> None:
    versions = [
        version("bureau", "training_min_minutes", 240, date(2026, 1, 1), 1),
        version("school", "training_min_minutes", 300, date(2026, 9, 1), 2),
        version("bureau", "training_min_minutes", 400, date(2027, 1, 1), 3),
        version("other", "period_minutes", 40, date(2026, 1, 1), 4),
    ]
    path = ["school", "bureau"]
    assert resolve(versions, path, date(2025, 12, 31))["training_min_minutes"] == 180
    assert resolve(versions, path, date(2026, 3, 1))["training_min_minutes"] == 240
    assert resolve(versions, path, date(2026, 10, 1))["training_min_minutes"] == 300
    assert resolve(versions, ["bureau"], date(2027, 1, 1))["training_min_minutes"] == 400
    assert resolve(versions, path, date(2026, 10, 1)).version == 2
    assert resolve(versions, path, date(2026, 10, 1)).periods.period_minutes == 45


def test_defaults_lie_in_their_own_bounds() -> None:
    for parameter in PARAMETERS.values():
        if parameter.choices:
            assert parameter.default in parameter.choices
        else:
            assert parameter.low is not None
            assert parameter.high is not None
            assert parameter.low <= parameter.default <= parameter.high


def test_ids_are_opaque_sortable_and_distinct() -> None:
    made = [new_id() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert all(is_id(i) for i in made)
    assert [m[:12] for m in made] == sorted(m[:12] for m in made)
    assert not is_id("G99")


def actor(role: Role) -> Actor:
    return Actor("a", "d", "甲", "p", role, "s", "校", (Grant("g", role, "s", "校", date(2026, 1, 1)),))


def test_scopes_follow_the_reach() -> None:
    assert actor(Role.BUREAU_OFFICER).scope(Permission.COVERAGE_READ) == Scope("d", None)
    assert actor(Role.PRINCIPAL).scope(Permission.STANDING_READ) == Scope("d", frozenset({"s"}))
    assert actor(Role.TEACHER).scope(Permission.STANDING_OWN_READ) == Scope("d", frozenset(), "p")
    with pytest.raises(Forbidden):
        actor(Role.TEACHER).scope(Permission.ROLL_WRITE)
    with pytest.raises(Forbidden):
        actor(Role.PRINCIPAL).require(Permission.STANDING_READ, "other")


def test_a_grant_is_valid_on_both_its_days_only() -> None:
    held = Grant("g", Role.TEACHER, "s", "校", date(2026, 3, 1), date(2026, 3, 31))
    assert held.valid_on(date(2026, 3, 1))
    assert held.valid_on(date(2026, 3, 31))
    assert not held.valid_on(date(2026, 4, 1))
    assert not held.valid_on(date(2026, 2, 28))


def test_the_system_administrator_sees_no_content() -> None:
    for permission in (Permission.ROLL_READ, Permission.STANDING_READ, Permission.ROSTER_READ, Permission.STUDENT_READ):
        assert reach(Role.SYSTEM_ADMINISTRATOR, permission) is None
    assert reach(Role.BUREAU_OFFICER, Permission.STANDING_READ) is None
    assert reach(Role.BUREAU_OFFICER, Permission.COVERAGE_READ) is Reach.DISTRICT
