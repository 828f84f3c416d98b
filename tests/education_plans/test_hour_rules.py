"""Rules of hours and pace without a database; the balance under any sequence of steps; the states of a plan under any path."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from tests.builders import Sample
from tests.education_plans.hour_scenery import NOW, RING, balance_of, build_hours, lesson, plan_of, said, verdict
from trainhub.education_plans.models import PlanBalance, PlanLesson
from trainhub.education_plans.rules.fields import Fields, fields_for, tenths
from trainhub.education_plans.rules.hours import (
    EntryFacts,
    HourRefused,
    Stated,
    check_free,
    minutes_by_day,
    tally,
    to_count,
)
from trainhub.education_plans.rules.lifecycle import (
    ENDED,
    PLAN_STEPS,
    REOPENABLE,
    RUNNING,
    PlanFacts,
    PlanState,
    PlanStepRefused,
    check_plan_step,
    may_follow,
)
from trainhub.education_plans.rules.pace import Fit, Planned, Standing, expected_by, pace, still_reachable
from trainhub.education_plans.service.absences import MarkAbsent, PlanMakeUp, mark_absent, plan_make_up
from trainhub.education_plans.service.balance import rebuild_balance
from trainhub.education_plans.service.corrections import AskCorrection, ask_correction, reverse_hours
from trainhub.education_plans.service.hours import confirm_hours, log_lesson, refuse_hours
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.ids import new_id
from trainhub.kernel.minutes import Interval
from trainhub.kernel.permissions import Role

EVENING = datetime.fromisoformat("2026-11-18T23:30:00+08:00")


def test_minutes_past_midnight_are_split_and_none_is_lost() -> None:
    split = minutes_by_day(Interval(EVENING, EVENING + timedelta(minutes=61)), 60)
    assert list(split.values()) == [29, 31]
    assert list(split) == [date(2026, 11, 18), date(2026, 11, 19)]


def test_the_most_a_day_counts_each_day_by_itself() -> None:
    held = EntryFacts("p", 1, "log", None, "m", "i", EVENING - timedelta(hours=3), EVENING - timedelta(hours=2), 60, 0)
    stated = Stated(EVENING, EVENING + timedelta(minutes=60), 60, "m", "j")
    check_free(stated, [held], 90)  # 60 and 30 on the one day, 30 on the next
    with pytest.raises(HourRefused) as refused:
        check_free(stated, [held], 89)
    assert refused.value.params["day"] == "2026-11-18"


@given(st.integers(1, 300), st.integers(0, 600), st.integers(1, 540))
def test_what_counts_never_passes_the_total(minutes: int, done: int, total: int) -> None:
    counts = to_count(minutes, done, total)
    assert 0 <= counts <= minutes
    assert done + counts <= max(done, total)


def test_periods_are_for_the_eye_only() -> None:
    assert [tenths(m, 45) for m in (0, 45, 67, 68, 472, 472 + 1, -22)] == ["0", "1", "1.5", "1.5", "10.5", "10.5", "−0.5"]


def test_deny_by_default_for_every_role_that_is_not_named() -> None:
    seeing = {role for role in Role if fields_for(role) != Fields()}
    assert seeing == {
        Role.CASE_OFFICER, Role.COMMITTEE_SECRETARY, Role.COMMITTEE_MEMBER, Role.BUREAU_CASE_OFFICER, Role.APPEAL_REVIEWER, Role.PSYCHOLOGIST,
        Role.PLAN_INSTRUCTOR,
    }


# --- pace --------------------------------------------------------------------------------------------

SCHOOL_DAYS = [d for n in range(100) if (d := date(2026, 9, 23) + timedelta(days=n)).weekday() < 5 and d <= date(2026, 12, 18)]


def test_expected_follows_the_planned_lessons_then_the_school_days() -> None:
    lessons = [Planned(date(2026, 9, 23), 90), Planned(date(2026, 9, 30), 90)]
    assert expected_by(date(2026, 9, 22), 540, lessons, SCHOOL_DAYS) == 0
    assert expected_by(date(2026, 9, 25), 540, lessons, SCHOOL_DAYS) == 90
    assert expected_by(date(2026, 9, 30), 540, lessons, SCHOOL_DAYS) == 180
    assert 180 < expected_by(date(2026, 11, 2), 540, lessons, SCHOOL_DAYS) < 540
    assert expected_by(date(2026, 12, 18), 540, lessons, SCHOOL_DAYS) == 540


def test_case_77_vacations_and_rests_do_not_count() -> None:
    without = [d for d in SCHOOL_DAYS if not date(2026, 10, 1) <= d <= date(2026, 10, 30)]
    before, after = (expected_by(day, 540, [], without) for day in (date(2026, 9, 30), date(2026, 10, 30)))
    assert before == after
    assert expected_by(date(2026, 10, 30), 540, [], SCHOOL_DAYS) > after


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 120)), max_size=12), st.integers(1, 900))
def test_expected_never_falls_and_ends_at_the_total(found: list[tuple[int, int]], total: int) -> None:
    lessons = [Planned(date(2026, 9, 23) + timedelta(days=n), m) for n, m in found]
    line = [expected_by(day, total, lessons, SCHOOL_DAYS) for day in SCHOOL_DAYS]
    assert line == sorted(line)
    assert line[-1] == total or any(p.day in SCHOOL_DAYS and p.day == SCHOOL_DAYS[-1] for p in lessons)


def test_it_warns_while_there_is_still_time() -> None:
    weeks = [d for d in SCHOOL_DAYS if d >= date(2026, 11, 23)]  # four school weeks
    assert still_reachable(180, weeks, 1, 45) == Fit(4, 4)
    assert still_reachable(180, weeks, 1, 45, [date(2026, 11, 25)]).fits is False
    today, due = date(2026, 11, 20), date(2026, 12, 18)
    assert pace(today, due, 585, Standing(810, 472, 90, 180, 90), Fit(2, 6)).level == "watch"
    assert pace(today, due, 585, Standing(810, 472, 0, 180, 90), Fit(7, 6)).level == "late"
    assert pace(today, due, 585, Standing(810, 585, 0, 0, 90), Fit(0, 6)).level == "ok"
    assert pace(due + timedelta(days=1), due, 810, Standing(810, 765, 0, 45, 90), Fit(1, 1)).level == "late"
    assert pace(due + timedelta(days=1), due, 810, Standing(810, 810, 0, 0, 90), Fit(0, 0)).level == "ok"


# --- the balance under any sequence ------------------------------------------------------------------

KINDS = ("log", "lesson", "confirm", "refuse", "ask", "settle", "absent", "make_up")
STEPS = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 6)), max_size=14)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_the_balance_equals_the_rebuilt_sum_after_any_sequence(session: Session, district: Sample, steps: list[tuple[str, int]]) -> None:
    with session.begin_nested() as savepoint:
        scene = build_hours(session, district)
        planned: list[tuple[str, date]] = []
        for n, (what, pick) in enumerate(steps):
            day = date(2026, 10, 1) + timedelta(days=n)
            try:
                if what == "log":
                    key = planned[pick % len(planned)] if planned and pick % 2 else (None, day)
                    log_lesson(session, scene.instructor, RING, said(scene, key[1], minutes=40 + pick, lesson_id=key[0]), NOW)
                elif what == "lesson":
                    planned.append((lesson(session, scene, day, minutes=45 + pick), day))
                elif what == "confirm":
                    confirm_hours(session, scene.secretary, RING, verdict(scene, pick + 1), NOW)
                elif what == "refuse":
                    refuse_hours(session, scene.secretary, RING, verdict(scene, pick + 1, "other"), NOW)
                elif what == "ask":
                    times = said(scene, day, minutes=30)
                    right = (times.starts_at, times.ends_at, 30) if pick % 2 else (None, None, 0)
                    ask_correction(session, scene.instructor, RING, AskCorrection(scene.plan_id, pick + 1, new_id(), "times", "改", *right), NOW)
                elif what == "settle":
                    reverse_hours(session, scene.secretary, RING, verdict(scene, pick + 1), NOW)
                elif what == "absent" and planned:
                    missed = MarkAbsent(scene.plan_id, planned[pick % len(planned)][0], "illness", new_id())
                    mark_absent(session, scene.instructor, RING, missed, NOW)
                elif planned:
                    start = NOW + timedelta(days=1 + n)
                    again = PlanMakeUp(scene.plan_id, planned[pick % len(planned)][0], start, start + timedelta(minutes=45), 45)
                    plan_make_up(session, scene.secretary, again, NOW)
            except HourRefused:
                session.flush()
        moved = _columns(balance_of(session, scene))
        rebuild_balance(session, district.district_id, scene.plan_id, NOW)
        assert _columns(balance_of(session, scene)) == moved
        plan = plan_of(session, scene)
        assert 0 <= moved["done_minutes"] <= plan.total_minutes
        assert plan.state == ("hours_reached" if moved["done_minutes"] >= plan.total_minutes else "active")
        assert plan.last_entry == moved["entries"]
        owed = session.query(PlanLesson).filter_by(plan_id=plan.id).filter(PlanLesson.state.startswith("absent")).count()
        assert (moved["make_up_minutes"] > 0) == (owed > 0)
        savepoint.rollback()


def _columns(row: PlanBalance) -> dict[str, object]:
    return {c.name: getattr(row, c.name) for c in PlanBalance.__table__.c if c.name != "updated_at"}


def test_a_ledger_adds_up_with_reversals_and_overrun() -> None:
    at = NOW - timedelta(days=2)

    def line(number: int, kind: str, refers: int | None, minutes: int, counts: int = 0) -> EntryFacts:
        return EntryFacts("p", number, kind, refers, "m", "i", at, at + timedelta(minutes=minutes), minutes, counts, NOW)

    entries = [
        line(1, "log", None, 60), line(2, "confirm", 1, 60, 60), line(3, "correction", 2, 45), line(4, "reversal", 2, 60, -60),
        line(5, "confirm", 3, 45, 45), line(6, "log", None, 30), line(7, "overrun", 6, 30), line(8, "log", None, 20),
    ]
    found = tally(entries)
    assert (found.done, found.waiting, found.waiting_count, found.overrun, found.entries) == (45, 20, 1, 30, 8)


# --- the states of a plan ----------------------------------------------------------------------------

FACTS = st.builds(
    PlanFacts, total_minutes=st.integers(1, 3), module_minutes=st.integers(0, 4), done_minutes=st.integers(0, 4),
    instructors_missing=st.integers(0, 1), protection_written=st.booleans(), resolution_adopted=st.booleans(), guardian_told=st.booleans(),
    determination_stands=st.booleans(), guardian_parts_open=st.integers(0, 1), pupil_heard=st.booleans(), guardian_heard=st.booleans(),
    psychologist_concluded=st.booleans(), extended_count=st.integers(0, 1), reason_given=st.booleans(), receiver_accepted=st.booleans(),
    resume_state=st.sampled_from([s.value for s in PlanState]), time_over=st.booleans(),
)


@given(st.lists(st.tuples(st.sampled_from(list(PlanState)), FACTS), max_size=60))
def test_no_path_reaches_a_state_its_guards_forbid(tried: list[tuple[PlanState, PlanFacts]]) -> None:
    state = PlanState.DRAFTED
    for wanted, facts in tried:
        try:
            check_plan_step(state, wanted, facts)
        except (InvalidState, PlanStepRefused):
            continue
        assert may_follow(state, wanted)
        placed = state is PlanState.ESCALATED and wanted is PlanState.HANDED_OVER  # case 86
        again = state is PlanState.COMPLETED and wanted is PlanState.ACTIVE  # an erratum after the end
        assert state not in ENDED or wanted is PlanState.REVOKED or placed or again
        if state in REOPENABLE and wanted is PlanState.ACTIVE:
            assert facts.resolution_adopted
            assert facts.done_minutes < facts.total_minutes
        if wanted is PlanState.COMPLETED:  # case 73: hours alone never complete a plan
            assert state is PlanState.REVIEW
            assert facts.resolution_adopted
            assert facts.done_minutes >= facts.total_minutes
            assert facts.pupil_heard
            assert facts.guardian_heard
        if wanted is PlanState.REVIEW and state in RUNNING:  # a review without the hours: only once the time is over
            assert facts.time_over or facts.done_minutes >= facts.total_minutes
        if wanted is PlanState.EXTENDED and state is PlanState.REVIEW:
            assert facts.extended_count == 0
            assert facts.reason_given
        state = wanted


@pytest.mark.parametrize("facts", [
    PlanFacts(total_minutes=45, done_minutes=45), PlanFacts(total_minutes=45, done_minutes=900, resolution_adopted=True),
])
def test_case_73_hours_alone_lead_nowhere_but_to_the_review(facts: PlanFacts) -> None:
    assert PLAN_STEPS[PlanState.HOURS_REACHED] == {PlanState.REVIEW, PlanState.ACTIVE}
    for state in PlanState:
        with pytest.raises((InvalidState, PlanStepRefused)):
            check_plan_step(state, PlanState.COMPLETED, facts)
