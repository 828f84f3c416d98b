"""What counts toward the yearly duty: the hard cases, one by one, and properties of the arithmetic."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainhub.kernel.clock import at
from trainhub.kernel.minutes import Interval, PeriodRule, union
from trainhub.kernel.years import RequirementYear
from trainhub.plugin_api.contracts import CourseCredit, Mode
from trainhub.training.rules.counting import CountingRule, PersonYear, Presence, Why, count

TOPIC = "bullying_prevention"
RULE = CountingRule(RequirementYear(2026), TOPIC)


def roll(day: date, start: time, minutes: int, sheet: str = "s1", **more: object) -> Presence:
    """A fully attended, verified, face-to-face part of the right topic."""
    begins = at(day, start)
    facts: dict[str, object] = {"event_id": sheet, "topic": TOPIC, "minutes": minutes} | more
    return Presence(sheet, starts_at=begins, ends_at=begins + timedelta(minutes=minutes), **facts)  # type: ignore[arg-type]


def reasons(result: PersonYear) -> list[tuple[int, str]]:
    return [(n.minutes, str(n.why)) for line in result.lines for n in line.not_counted]


DAY = date(2026, 3, 20)


def test_a_verified_session_of_the_topic_counts_in_full() -> None:
    result = count([roll(DAY, time(14), 90)], RULE)
    assert (result.counted, result.other, reasons(result)) == (90, 0, [])
    assert result.periods.formula == "90 ÷ 45 = 2"


def test_case_07_an_event_past_midnight_is_split_by_local_date() -> None:
    late = roll(date(2026, 5, 8), time(22), 180)
    result = count([late], RULE)
    assert result.by_day == ((date(2026, 5, 8), 120), (date(2026, 5, 9), 60))
    assert result.counted == 180


def test_case_07_the_cap_of_a_day_takes_only_the_minutes_of_that_day() -> None:
    rule = replace(RULE, periods=PeriodRule(45, 8, "session"))
    day = [roll(date(2026, 5, 8), time(8), 360, "a"), roll(date(2026, 5, 8), time(22), 210, "b")]
    result = count(day, rule)
    # 8 on the 8th already; 120 of 210 minutes fall on the 8th (2 periods over the cap), 2 on the 9th.
    assert result.periods.count == 10
    assert result.periods.capped == ((date(2026, 5, 8), 10, 8),)


def test_case_07_new_year_is_local_midnight_not_utc() -> None:
    eve = roll(date(2026, 12, 31), time(23), 120)
    assert eve.starts_at == datetime(2026, 12, 31, 15, tzinfo=UTC)
    assert count([eve], RULE).counted == 60
    assert count([eve], CountingRule(RequirementYear(2027), TOPIC)).counted == 60


def test_case_08_overlapping_presence_is_flagged_and_counts_once_by_the_minute() -> None:
    result = count([roll(DAY, time(14), 90, "a"), roll(DAY, time(15), 90, "b")], RULE)
    assert result.counted == 150
    assert [line.overlaps for line in result.lines] == [("b",), ("a",)]
    assert reasons(result) == [(30, Why.OVERLAP)]


def test_case_08_the_flag_also_shows_when_only_one_of_them_counts() -> None:
    drill = roll(DAY, time(14), 90, "drill", topic="fire_drill")
    result = count([drill, roll(DAY, time(14), 90, "a")], RULE)
    assert result.counted == 90
    assert all(line.overlaps for line in result.lines)


def test_case_08_the_verifier_decides_by_revoking_one() -> None:
    a, b = roll(DAY, time(14), 90, "a"), roll(DAY, time(15), 90, "b", revoked=True)
    result = count([a, b], RULE)
    assert result.counted == 90
    assert not any(line.overlaps for line in result.lines)


def test_case_09_online_keeps_its_minutes_for_the_other_account() -> None:
    result = count([roll(DAY, time(14), 90, mode="online")], RULE)
    assert (result.counted, result.other) == (0, 90)
    assert reasons(result) == [(90, Why.ONLINE)]


@pytest.mark.parametrize("mode", ["blended", "on_the_job"])
def test_case_09_other_modes_are_not_face_to_face_either(mode: Mode) -> None:
    assert reasons(count([roll(DAY, time(14), 90, mode=mode)], RULE)) == [(90, Why.NOT_FACE_TO_FACE)]


def test_case_11_a_satellite_room_counts_only_by_policy() -> None:
    room = roll(DAY, time(14), 90, mode="online", venue_kind="satellite_room")
    assert reasons(count([room], RULE)) == [(90, Why.SATELLITE_ROOM)]
    assert count([room], replace(RULE, satellite_room_counts=True)).counted == 90


def test_case_11_a_single_viewer_at_a_desk_never_counts() -> None:
    desk = roll(DAY, time(14), 90, venue_kind="desk")
    assert reasons(count([desk], replace(RULE, satellite_room_counts=True))) == [(90, Why.DESK)]


def test_case_12_wrong_topic_keeps_the_hours_but_not_the_duty() -> None:
    result = count([roll(DAY, time(14), 90, topic="fire_drill")], RULE)
    assert (result.counted, result.other, reasons(result)) == (0, 90, [(90, Why.WRONG_TOPIC)])


def test_case_13_a_revoked_presence_counts_nowhere() -> None:
    signed = roll(DAY, time(14), 90)
    assert count([signed], RULE).counted == 90
    result = count([replace(signed, revoked=True, revoked_reason="proxy")], RULE)
    assert (result.counted, result.other, reasons(result)) == (0, 0, [(90, Why.REVOKED)])


def lessons(rounding: str, *, same_event: bool) -> PersonYear:
    first = roll(DAY, time(8), 40, "a", event_id="e1")
    second = roll(DAY, time(9), 40, "b", event_id="e1" if same_event else "e2")
    return count([first, second], replace(RULE, periods=PeriodRule(45, 8, rounding)))  # type: ignore[arg-type]


def test_case_15_two_lessons_of_40_minutes_are_80_minutes_and_one_period() -> None:
    result = lessons("session", same_event=True)
    assert (result.counted, result.periods.count) == (80, 1)
    assert result.periods.formula == "80 ÷ 45 = 1"


def test_case_15_the_scope_decides_where_remainders_drop() -> None:
    assert lessons("session", same_event=False).periods.count == 0
    assert lessons("day", same_event=False).periods.count == 1


def test_case_15_within_a_course_remainders_of_several_days_meet() -> None:
    rule = replace(RULE, periods=PeriodRule(45, 8, "course"))
    parts = [
        roll(DAY, time(8), 40, "a", pack_id="p", content_key="p/1"),
        roll(DAY + timedelta(days=7), time(8), 50, "b", pack_id="p", content_key="p/2"),
    ]
    result = count(parts, rule)
    assert result.periods.count == 2
    assert result.periods.formula == "90 ÷ 45 = 2"


def test_case_16_ten_periods_claimed_in_one_day_are_capped_at_eight() -> None:
    day = [roll(DAY, time(8), 180, "a"), roll(DAY, time(13), 135, "b"), roll(DAY, time(18), 135, "c")]
    result = count(day, RULE)
    assert result.periods.count == 8
    assert result.periods.capped == ((DAY, 10, 8),)
    assert result.periods.formula.endswith("4 + 3 + 3 = 10; 2026-03-20: 10 → 8; = 8")
    assert result.counted == 450, "minutes stay; only periods are capped"


def test_case_17_the_same_content_counts_once() -> None:
    first = roll(DAY, time(14), 90, "a", content_key="law/1")
    again = roll(DAY + timedelta(days=30), time(14), 90, "b", content_key="law/1")
    result = count([first, again], RULE)
    assert (result.counted, result.other) == (90, 90)
    assert reasons(result) == [(90, Why.DUPLICATE_CONTENT)]


def test_case_17_a_repetition_completes_a_half_attended_first_time() -> None:
    half = roll(DAY, time(14), 90, "a", content_key="law/1")
    half = replace(half, minutes=30, left_at=half.starts_at + timedelta(minutes=30), status="left_early")
    again = roll(DAY + timedelta(days=30), time(14), 90, "b", content_key="law/1")
    result = count([half, again], RULE)
    assert [line.counted for line in result.lines] == [30, 60]


def test_case_17_making_up_never_takes_counted_minutes_away() -> None:
    """Somebody who repeats content in the make-up window keeps what counted in the year."""
    first = roll(DAY, time(14), 75, "a", content_key="law/1")
    repeated = roll(date(2027, 1, 15), time(14), 90, "b", content_key="law/1", make_up_year="2026")
    result = count([first, repeated], RULE)
    assert (result.counted, result.made_up) == (75, 15)


def test_case_23_host_evidence_counts_after_the_home_bureau_accepted_it() -> None:
    hosted = roll(DAY, time(14), 90, host="another county", host_accepted=False)
    assert reasons(count([hosted], RULE)) == [(90, Why.HOST_NOT_ACCEPTED)]
    accepted = count([replace(hosted, host_accepted=True)], RULE)
    assert accepted.counted == 90
    assert accepted.lines[0].presence.host == "another county", "provenance is kept"


def test_case_30_make_up_in_january_is_credited_to_last_year_only() -> None:
    january = roll(date(2027, 1, 15), time(14), 90, make_up_year="2026")
    last = count([january], RULE)
    assert (last.counted, last.made_up) == (0, 90)
    new = count([january], CountingRule(RequirementYear(2027), TOPIC))
    assert (new.counted, new.made_up, reasons(new)) == (0, 0, [(90, Why.OTHER_YEAR)])


def test_case_30_after_the_window_nothing_can_be_made_up() -> None:
    april = roll(date(2027, 4, 1), time(14), 90, make_up_year="2026")
    assert reasons(count([april], RULE)) == [(90, Why.OUTSIDE_MAKE_UP)]


def test_unverified_minutes_do_not_count() -> None:
    assert reasons(count([roll(DAY, time(14), 90, verified=False)], RULE)) == [(90, Why.NOT_VERIFIED)]


def test_below_the_presence_threshold_nothing_counts() -> None:
    brief = replace(roll(DAY, time(14), 100), minutes=79)
    rule = replace(RULE, presence_threshold=80)
    assert reasons(count([brief], rule)) == [(79, Why.BELOW_THRESHOLD)]
    assert count([replace(brief, minutes=80)], rule).counted == 80


def test_late_and_early_count_by_the_minute() -> None:
    planned = roll(DAY, time(14), 90)
    late = replace(planned, arrived_at=planned.starts_at + timedelta(minutes=17, seconds=40), minutes=73, status="late")
    assert count([late], RULE).counted == 73


def test_the_course_type_says_what_attendance_is_worth() -> None:
    def half(key: str, attended: int, scheduled: int, mode: Mode) -> CourseCredit:
        assert (key, attended, scheduled, mode) == ("visit", 90, 90, "face_to_face")
        return CourseCredit(attended // 2, ("practice_counts_half",))

    result = count([roll(DAY, time(14), 90, type_key="visit")], RULE, half)
    assert (result.counted, reasons(result)) == (45, [(45, "practice_counts_half")])


def test_a_course_type_cannot_give_more_than_was_attended() -> None:
    result = count([roll(DAY, time(14), 90)], RULE, lambda *_: CourseCredit(10_000))
    assert result.counted == 90


# --- properties ------------------------------------------------------------------------------------

modes = st.sampled_from(["face_to_face", "online", "blended"])


@st.composite
def presences(draw: st.DrawFn, verified: bool | None = None) -> Presence:
    start = at(date(2025, 12, 28), time(8)) + timedelta(minutes=draw(st.integers(0, 15 * 24 * 60)))
    if draw(st.booleans()):
        start = at(date(2026, 6, 1), time(8)) + timedelta(minutes=draw(st.integers(0, 600)))
    length = draw(st.integers(1, 300))
    name = draw(st.integers(0, 10**9))
    return Presence(
        f"s{name}", f"e{draw(st.integers(0, 3))}", start, start + timedelta(minutes=length),
        minutes=draw(st.integers(0, length)),
        status=draw(st.sampled_from(["present", "late", "left_early", "excused", "absent", None])),
        arrived_at=draw(st.none() | st.integers(-30, 300).map(lambda m: start + timedelta(minutes=m))),
        late_minutes=draw(st.integers(0, 40)),
        verified=draw(st.booleans()) if verified is None else verified,
        revoked=draw(st.booleans()), topic=draw(st.sampled_from([TOPIC, TOPIC, TOPIC, "other"])),
        mode=draw(modes), venue_kind=draw(st.sampled_from(["room", "room", "satellite_room", "desk"])),
        pack_id=draw(st.sampled_from(["", "p"])), content_key=draw(st.sampled_from(["", "", "k1", "k2"])),
        make_up_year=draw(st.sampled_from([None, None, "2026", "2025"])),
    )


def minutes_of(stretches: list[Interval]) -> int:
    return sum(s.minutes for s in union(stretches))


rules = st.builds(
    CountingRule,
    year=st.just(RequirementYear(2026)), topic=st.just(TOPIC),
    periods=st.builds(PeriodRule, st.sampled_from([40, 45, 60]), st.integers(1, 8), st.sampled_from(["session", "day", "course"])),
    presence_threshold=st.integers(0, 100), satellite_room_counts=st.booleans(),
)


@given(st.lists(presences(), max_size=8), rules)
def test_counted_never_exceeds_attended_or_scheduled_minutes(found: list[Presence], rule: CountingRule) -> None:
    result = count(found, rule)
    assert result.counted + result.made_up <= minutes_of([p.attended() for p in found])
    assert result.counted + result.made_up <= minutes_of([p.scheduled for p in found])
    assert result.other >= 0
    assert result.counted == sum(m for _, m in result.by_day)
    assert result.periods.count * rule.periods.period_minutes <= result.counted
    for line in result.lines:
        assert line.attended == line.counted + line.made_up + sum(n.minutes for n in line.not_counted)
        assert all(n.minutes > 0 or n.why == Why.REVOKED for n in line.not_counted)


@given(st.lists(presences(), max_size=6), presences(verified=False), rules)
def test_an_unverified_presence_never_raises_the_count(found: list[Presence], extra: Presence, rule: CountingRule) -> None:
    before, after = count(found, rule), count([*found, extra], rule)
    assert (after.counted, after.made_up, after.periods.count) == (before.counted, before.made_up, before.periods.count)


@given(st.lists(presences(), max_size=6, unique_by=lambda p: p.sheet_id), rules, st.randoms())
def test_the_order_of_arrival_does_not_matter(found: list[Presence], rule: CountingRule, random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert count(shuffled, rule) == count(found, rule)
