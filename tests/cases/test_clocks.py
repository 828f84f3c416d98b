"""Deadlines: what starts them, that holidays count, that police stop one of them only (domain.md cases 53-55)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.cases.rules.clocks import (
    Clock,
    ClockKind,
    ExtensionRefused,
    follow_up,
    guardian_notice,
    investigation,
    report,
)
from trainhub.kernel.clock import at, local_day
from trainhub.kernel.policy import Policy

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))


def test_case_53_days_run_on_through_the_october_holiday() -> None:
    start = at(date(2026, 9, 28), time(15, 30))
    clock = investigation(Policy(), 0, discovered=start, accepted=start, procedure=start)
    assert clock is not None
    assert clock.due_on == date(2026, 10, 8)
    assert clock.due_at == at(date(2026, 10, 9), time())
    with pytest.raises(ExtensionRefused):  # no rule set allows it by itself
        clock.extended(10)
    allowed = replace(clock, rule=clock.rule | {"extension_days": 10})
    assert allowed.extension_left == 10
    with pytest.raises(ExtensionRefused):  # no more than it allows
        allowed.extended(11)
    longer = allowed.extended(10)
    assert longer.due_on == date(2026, 10, 18)
    with pytest.raises(ExtensionRefused):  # once
        longer.extended(1)
    assert longer.extension_left == 0


def test_case_54_the_same_facts_under_two_provinces() -> None:
    discovered, accepted, procedure = (at(date(2026, 11, day), time(10)) for day in (2, 4, 6))
    shandong = Policy({"clock_start": "discovery", "investigation_days": 10, "extension_days": 0})
    guangdong = Policy({"clock_start": "procedure", "investigation_days": 10, "extension_days": 10})
    facts = {"discovered": discovered, "accepted": accepted, "procedure": procedure}
    first, second = investigation(shandong, 3, **facts), investigation(guangdong, 4, **facts)
    assert first
    assert second
    assert (first.due_on, second.due_on) == (date(2026, 11, 12), date(2026, 11, 16))
    assert investigation(guangdong, 4, discovered=discovered, accepted=accepted, procedure=None) is None
    assert second.extended(10).due_on == date(2026, 11, 26)
    with pytest.raises(ExtensionRefused):
        first.extended(10)


@given(start=MOMENTS, waits=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), max_size=5))
def test_rest_moves_a_deadline_by_exactly_as_much(start: datetime, waits: list[tuple[int, int]]) -> None:
    clock = investigation(Policy(), 0, discovered=start, accepted=start, procedure=start)
    assert clock
    due, moment, rested = clock.due_at, start, timedelta()
    for running, resting in waits:
        moment += timedelta(minutes=running)
        left = clock.remaining(moment)
        clock = clock.paused(moment)
        assert not clock.running
        assert clock.remaining(moment + timedelta(minutes=resting)) == left  # no time passes
        moment += timedelta(minutes=resting)
        rested += timedelta(minutes=resting)
        clock = clock.resumed(moment)
        assert clock.remaining(moment) == left
    assert clock.due_at == due + rested


@given(start=MOMENTS, after=st.integers(-20_000, 20_000), kind=st.sampled_from(["notice", "oral", "written", "follow_up"]))
def test_late_is_what_was_met_after_its_time(start: datetime, after: int, kind: str) -> None:
    policy = Policy()
    clock = {
        "notice": guardian_notice(policy, 0, "p", start), "oral": report(policy, 0, ClockKind.REPORT_ORAL, "bureau", start),
        "written": report(policy, 0, ClockKind.REPORT_WRITTEN, "bureau", start), "follow_up": follow_up(policy, 0, "bureau", start),
    }[kind]
    moment = clock.due_at + timedelta(minutes=after)
    met = Clock(clock.kind, clock.started_at, clock.due_at, met_at=moment)
    assert met.late(moment + timedelta(days=400)) == (after > 0)
    assert clock.late(moment) == (after > 0)


@given(start=MOMENTS, days=st.integers(1, 60))
def test_days_end_with_a_local_day(start: datetime, days: int) -> None:
    clock = investigation(Policy({"investigation_days": days}), 0, discovered=start, accepted=start, procedure=start)
    assert clock
    assert clock.due_on == local_day(start) + timedelta(days=days)
    assert clock.days_left(start) == days
    assert not clock.late(clock.due_at)
    assert clock.late(clock.due_at + timedelta(seconds=1))
