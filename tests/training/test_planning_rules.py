"""Planning by the rules alone: states, who must come, parts, calendar, clashes, proposals."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from trainhub.kernel.clock import at, local
from trainhub.kernel.errors import InvalidState
from trainhub.kernel.years import RequirementYear
from trainhub.training.rules.audience import AudienceRule, Candidate, Choice, Owed, audience, reason_parts
from trainhub.training.rules.lifecycle import AlreadyCounted, EventState, ReasonMissing, may, state_from_rolls, step
from trainhub.training.rules.planning import (
    Course,
    DayFact,
    Draft,
    Engagement,
    Frame,
    PartTime,
    PlanBlocked,
    PlanNeedsAnswer,
    Trainer,
    add_half_day,
    decide,
    default_parts,
    minutes_by_day,
    moved_to,
    part_problems,
    planned_minutes,
    problems,
    proposals,
    with_part_more,
)

S = EventState
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
DAY = date(2026, 11, 27)
YEAR = RequirementYear(2026)
FRAME = Frame(YEAR)
RULE = AudienceRule(YEAR.first_day, 180, homeroom_extra_minutes=45)


def part(day: date = DAY, start: str = "14:30", end: str = "17:30", room: str = "阶梯教室") -> PartTime:
    return PartTime(at(day, time.fromisoformat(start)), at(day, time.fromisoformat(end)), room)


def calendar(day: date) -> DayFact:
    """The published calendar around the days used here."""
    special = {
        date(2026, 2, 14): DayFact(day, "make_up_workday", "春节调休上班", in_term=False),
        date(2026, 10, 10): DayFact(day, "make_up_workday", "国庆节调休上班"),
        date(2026, 10, 1): DayFact(day, "holiday", "国庆节"),
    }
    if day in special:
        return special[day]
    if day.weekday() >= 5:
        return DayFact(day, "weekend")
    return DayFact(day, in_term=day.month not in (7, 8))


def person(key: str, **changes: object) -> Candidate:
    return replace(Candidate(key, f"教师{key}", sort_key=key), **changes)  # type: ignore[arg-type]


def plan(**changes: object) -> Draft:
    base = Draft((part(),), Course("law", 180), (Trainer("陈立新", "云岭区人民法院"),), {"a": "教师a", "b": "教师b"})
    return replace(base, **changes)  # type: ignore[arg-type]


def codes(draft: Draft, *, frame: Frame = FRAME, engaged: tuple[Engagement, ...] = ()) -> dict[str, str]:
    return {p.code: p.severity for p in problems(draft, frame, calendar, engaged, NOW)}


class TestLife:
    def test_the_straight_way(self) -> None:
        way = [S.DRAFT, S.PUBLISHED, S.HELD, S.SUBMITTED, S.VERIFIED, S.LOCKED]
        for before, after in pairwise(way):
            assert step(before, after).after is after

    @pytest.mark.parametrize("wanted", [S.POSTPONED, S.CANCELLED])
    def test_moving_and_cancelling_need_a_reason(self, wanted: EventState) -> None:
        with pytest.raises(ReasonMissing):
            step(S.PUBLISHED, wanted, "  ")
        assert step(S.PUBLISHED, wanted, " 暴雨停课 ").reason == "暴雨停课"

    def test_a_cancelled_training_stays_cancelled(self) -> None:
        with pytest.raises(InvalidState):
            step(S.CANCELLED, S.PUBLISHED)
        assert not any(may(S.CANCELLED, state) for state in S)

    @pytest.mark.parametrize("state", [S.VERIFIED, S.LOCKED, S.AMENDED])
    def test_verified_minutes_cannot_be_cancelled_away(self, state: EventState) -> None:
        with pytest.raises(AlreadyCounted):
            step(state, S.CANCELLED, "填错了")

    @pytest.mark.parametrize(
        ("current", "sheets", "after"),
        [
            (S.PUBLISHED, ["open", "open"], S.PUBLISHED),
            (S.PUBLISHED, ["submitted", "open"], S.HELD),
            (S.HELD, ["submitted", "submitted"], S.SUBMITTED),
            (S.SUBMITTED, ["verified", "submitted"], S.SUBMITTED),
            (S.SUBMITTED, ["verified", "verified"], S.VERIFIED),
            (S.SUBMITTED, ["open", "submitted"], S.HELD),
            (S.VERIFIED, ["open", "verified"], S.AMENDED),
            (S.AMENDED, ["submitted", "verified"], S.AMENDED),
            (S.AMENDED, ["verified", "verified"], S.VERIFIED),
            (S.SUBMITTED, ["verified", "void"], S.VERIFIED),
            (S.CANCELLED, ["void"], S.CANCELLED),
            (S.POSTPONED, ["submitted"], S.POSTPONED),
            (S.LOCKED, ["open"], S.LOCKED),
        ],
    )
    def test_state_follows_the_rolls(self, current: EventState, sheets: list[str], after: EventState) -> None:
        assert state_from_rolls(current, sheets) is after


class TestAudience:
    def test_everybody_owes_and_the_order_is_that_of_the_roll(self) -> None:
        staff = [
            person("z", department="语文组", department_sort="yuwen"),
            person("a", department="语文组", department_sort="yuwen"),
            person("m", department="后勤", department_sort="houqin", category="logistics"),
        ]
        found = audience(RULE, staff, DAY, {})
        assert [i.person_id for i in found.invited] == ["m", "a", "z"]
        assert {i.reason for i in found.invited} == {"yearly:180"}

    def test_who_still_owes_is_told_how_much_and_who_is_done_stays_home(self) -> None:
        owed = {"a": Owed("in_progress", 180, 90), "b": Owed("met", 180, 200)}
        found = audience(RULE, [person("a"), person("b")], DAY, owed)
        assert [(i.person_id, i.reason) for i in found.invited] == [("a", "owes:90")]
        assert [(o.person.person_id, o.reason) for o in found.left_out] == [("b", "met:200")]
        everyone = audience(RULE, [person("a"), person("b")], DAY, owed, Choice("everyone"))
        assert [reason_parts(i.reason)[0] for i in everyone.invited] == ["owes", "met_again"]

    def test_case_02_counted_at_home_and_invited_elsewhere_only_by_hand(self) -> None:
        staff = [person("a", is_home=False)]
        assert audience(RULE, staff, DAY, {}).left_out[0].reason == "home_elsewhere"
        added = audience(RULE, staff, DAY, {}, Choice(added=frozenset({"a"})))
        assert added.invited[0].by_hand

    def test_case_23_exchange_teacher_may_join_at_the_host_school_by_hand(self) -> None:
        guest = person("a", contract="exchange", is_home=False)
        found = audience(RULE, [guest], DAY, {})
        assert (found.left_out[0].reason, found.left_out[0].may_add) == ("home_elsewhere", True)
        assert audience(RULE, [guest], DAY, {}, Choice(added=frozenset({"a"}))).invited[0].reason == "by_hand"

    def test_outside_appointees_and_dispatched_staff_by_rule(self) -> None:
        staff = [person("a", category="external"), person("b", contract="dispatched")]
        assert [i.person_id for i in audience(RULE, staff, DAY, {}).invited] == ["b"]
        assert not audience(replace(RULE, employed_only=True), staff, DAY, {}).invited

    def test_case_04_left_before_the_day_cannot_even_be_added(self) -> None:
        gone = person("a", to_on=date(2026, 10, 31))
        found = audience(RULE, [gone], DAY, {}, Choice(added=frozenset({"a"})))
        assert not found.invited
        assert found.left_out[0].reason == "left:2026-10-31"
        assert not found.left_out[0].may_add

    def test_case_05_exempt_is_left_out_with_its_reason(self) -> None:
        found = audience(RULE, [person("a")], DAY, {"a": Owed("exempt", 180)}, Choice("everyone"))
        assert found.left_out[0].reason == "exempt"

    def test_case_03_newcomer_is_invited_as_new(self) -> None:
        found = audience(RULE, [person("a", hired_on=date(2026, 9, 1))], DAY, {"a": Owed("grace", 180)})
        assert found.invited[0].reason == "new_since:2026-09-01"

    def test_case_19_bureau_staff_are_invited_like_everybody(self) -> None:
        official = person("a", category="administrator", posts=("bureau_administrator",))
        assert audience(RULE, [official], DAY, {}).invited[0].reason == "yearly:180"

    def test_case_21_homeroom_duty_since_april_is_the_reason_and_ends_with_the_post(self) -> None:
        now_homeroom = person("a", posts=("homeroom_teacher",), homeroom_since=date(2026, 4, 13))
        former = person("b")
        owed = {"a": Owed("in_progress", 225, 180), "b": Owed("met", 180, 180)}
        found = audience(RULE, [now_homeroom, former], DAY, owed)
        assert [(i.person_id, i.reason) for i in found.invited] == [("a", "homeroom_since:2026-04-13")]

    def test_homeroom_teachers_only(self) -> None:
        staff = [person("a", posts=("homeroom_teacher",)), person("b")]
        found = audience(RULE, staff, DAY, {}, Choice("homeroom"))
        assert [i.person_id for i in found.invited] == ["a"]
        assert found.left_out[0].reason == "not_homeroom"

    def test_make_up_invites_exactly_those_who_missed_a_part(self) -> None:
        found = audience(RULE, [person("a"), person("b")], DAY, {}, Choice("missed", "e1"), missed={"b"})
        assert [(i.person_id, i.reason) for i in found.invited] == [("b", "missed:e1")]
        assert found.left_out[0].reason == "not_missed"

    def test_requirement_narrows_by_category_contract_and_post(self) -> None:
        narrow = replace(RULE, categories=frozenset({"full_time_teacher"}), contracts=frozenset({"staffed"}))
        staff = [person("a"), person("b", category="logistics"), person("c", contract="dispatched")]
        assert [i.person_id for i in audience(narrow, staff, DAY, {}).invited] == ["a"]
        leaders = replace(RULE, posts=frozenset({"principal"}))
        assert [i.person_id for i in audience(leaders, [person("a", posts=("principal",)), person("b")], DAY, {}).invited] == ["a"]

    def test_taken_out_by_hand_keeps_the_officers_reason(self) -> None:
        found = audience(RULE, [person("a")], DAY, {}, Choice(excluded={"a": "外出培训"}))
        assert not found.invited
        assert found.left_out[0].reason == "by_hand:外出培训"

    def test_stored_reasons_fit_their_column(self) -> None:
        found = audience(RULE, [person("a")], DAY, {}, Choice("missed", "f" * 32), missed={"a"})
        assert len(found.invited[0].reason) <= 48


class TestParts:
    def test_no_part_or_backwards_or_overlapping_parts_block(self) -> None:
        assert [p.code for p in part_problems([])] == ["no_parts"]
        assert [p.code for p in part_problems([part(start="16:00", end="15:00")])] == ["part_ends_before_start"]
        overlap = part_problems([part(start="14:00", end="16:00"), part(start="15:30", end="17:00")])
        assert [(p.code, p.severity, p.part) for p in overlap] == [("parts_overlap", "block", 2)]
        assert not part_problems([part(start="09:00", end="11:00"), part(start="11:00", end="12:00")])

    def test_parts_long_apart_are_mentioned(self) -> None:
        found = part_problems([part(), part(DAY + timedelta(days=40))])
        assert [(p.code, p.severity) for p in found] == [("parts_far_apart", "note")]

    def test_case_07_past_midnight_is_noted_and_split_by_local_day(self) -> None:
        late = PartTime(at(DAY, time(20)), at(DAY + timedelta(days=1), time(1)))
        assert minutes_by_day([late]) == {DAY: 240, DAY + timedelta(days=1): 60}
        assert codes(plan(parts=(late,)))["past_midnight"] == "note"

    def test_case_16_more_than_eight_periods_a_day_is_noted(self) -> None:
        long = (part(start="08:00", end="12:00"), part(start="13:00", end="17:30"))
        assert codes(plan(parts=long))["over_daily_cap"] == "note"
        assert planned_minutes(long) == 510


class TestCalendar:
    def test_an_ordinary_afternoon_has_nothing_against_it(self) -> None:
        assert codes(plan()) == {}

    def test_holiday_asks_and_make_up_workday_is_a_working_day(self) -> None:
        now = datetime(2026, 1, 5, tzinfo=UTC)
        for day, expected in [
            (date(2026, 10, 1), {"day_is_holiday": "ask"}),
            (date(2026, 10, 10), {"make_up_workday": "note"}),
            (date(2026, 2, 14), {"make_up_workday": "note", "outside_term": "ask"}),
            (date(2026, 11, 28), {"day_is_weekend": "ask"}),
            (date(2026, 7, 15), {"outside_term": "ask"}),
        ]:
            found = problems(plan(parts=(part(day),)), FRAME, calendar, (), now)
            assert {p.code: p.severity for p in found} == expected, day
        assert calendar(date(2026, 10, 10)).working
        assert not calendar(date(2026, 10, 1)).working

    def test_past_days_ask_and_long_past_ones_say_so(self) -> None:
        assert codes(plan(parts=(part(date(2026, 11, 19)),)))["in_the_past"] == "ask"
        assert codes(plan(parts=(part(date(2026, 11, 2)),)))["long_past"] == "ask"

    def test_an_evening_hour_asks(self) -> None:
        assert codes(plan(parts=(part(start="19:00", end="22:00"),)))["odd_hour"] == "ask"


class TestYear:
    def test_parts_in_two_years_are_two_trainings(self) -> None:
        draft = plan(parts=(part(date(2026, 12, 31)), part(date(2027, 1, 4))))
        assert codes(draft)["two_years"] == "block"

    def test_before_the_duty_begins(self) -> None:
        frame = replace(FRAME, duty_from=date(2026, 12, 1))
        assert codes(plan(), frame=frame)["outside_duty"] == "block"

    def test_case_30_make_up_in_january_for_last_year(self) -> None:
        last_year = RequirementYear(2025)
        frame = Frame(last_year, make_up_of=last_year, make_up_days=60)
        now = datetime(2026, 1, 5, tzinfo=UTC)
        inside = problems(plan(parts=(part(date(2026, 1, 14)),)), frame, calendar, (), now)
        assert [(p.code, p.severity) for p in inside] == [("make_up", "note")]
        too_late = problems(plan(parts=(part(date(2026, 3, 11)),)), frame, calendar, (), now)
        assert ("outside_make_up", "block") in [(p.code, p.severity) for p in too_late]


class TestCourse:
    def test_case_09_online_is_asked_about(self) -> None:
        assert codes(plan(course=Course("law", 180, "online")))["not_face_to_face"] == "ask"

    def test_case_11_satellite_room_by_policy_and_desk_never(self) -> None:
        room = Course("law", 180, venue_kind="satellite_room")
        assert codes(plan(course=room))["satellite_not_counted"] == "ask"
        assert codes(plan(course=replace(room, satellite_counts=True))) == {}
        assert "not_face_to_face" in codes(plan(course=replace(room, venue_kind="desk", satellite_counts=True)))

    def test_case_12_other_topic_is_asked_about(self) -> None:
        assert codes(plan(course=Course("fire", 180, right_topic=False)))["other_topic"] == "ask"

    def test_shorter_than_the_pack(self) -> None:
        found = problems(plan(parts=(part(end="16:00"),)), FRAME, calendar, (), NOW)
        assert [(p.code, dict(p.params)) for p in found] == [("shorter_than_pack", {"planned": 90, "pack": 180})]

    def test_nobody_and_no_trainer(self) -> None:
        assert codes(plan(invited={}, trainers=())) == {"nobody_invited": "block", "no_trainer": "note"}


class TestClashes:
    other = Engagement("e2", "消防演练", at(DAY, time(16)), at(DAY, time(17)), "阶梯教室 ", frozenset({"b"}), frozenset({"陈立新"}))

    def test_room_trainer_and_people(self) -> None:
        found = {p.code: p for p in problems(plan(), FRAME, calendar, (self.other,), NOW)}
        assert set(found) == {"room_busy", "trainer_busy", "people_busy"}
        assert all(p.severity == "ask" for p in found.values())
        assert found["people_busy"].params["names"] == ("教师b",)
        assert found["people_busy"].params["count"] == 1

    def test_touching_times_do_not_clash(self) -> None:
        after = replace(self.other, starts_at=at(DAY, time(17, 30)), ends_at=at(DAY, time(18)))
        assert codes(plan(), engaged=(after,)) == {}

    def test_another_schools_training_keeps_its_title(self) -> None:
        away = replace(self.other, here=False)
        found = problems(plan(trainers=(Trainer("教师b", person_id="b"),)), FRAME, calendar, (away,), NOW)
        assert [p.code for p in found] == ["trainer_busy"]
        assert found[0].params["title"] == ""

    def test_same_pack_on_the_same_day(self) -> None:
        twin = Engagement("e3", "法与责任", at(DAY, time(9)), at(DAY, time(11)), pack_id="law")
        assert codes(plan(), engaged=(twin,)) == {"already_planned": "ask"}


class TestDecision:
    def test_questions_need_a_tick_each_and_blocks_cannot_be_ticked_away(self) -> None:
        found = problems(plan(parts=(part(date(2026, 11, 28), end="16:00"),)), FRAME, calendar, (), NOW)
        assert {p.key for p in found} == {"day_is_weekend-1", "shorter_than_pack"}
        with pytest.raises(PlanNeedsAnswer):
            decide(found, ["day_is_weekend-1"])
        decide(found, ["day_is_weekend-1", "shorter_than_pack"])
        with pytest.raises(PlanBlocked):
            decide(problems(plan(invited={}), FRAME, calendar, (), NOW), ["nobody_invited"])


class TestProposals:
    def test_default_parts_fill_the_pack_exactly(self) -> None:
        one = default_parts(DAY, 180)
        assert [(local(p.starts_at).strftime("%H:%M"), local(p.ends_at).strftime("%H:%M")) for p in one] == [("14:30", "17:30")]
        two = default_parts(DAY, 270)
        assert len(two) == 2
        assert planned_minutes(two) == 270
        assert not part_problems(two)

    def test_adding_half_a_day(self) -> None:
        morning = part(start="09:00", end="11:00")
        afternoon = add_half_day([morning], 90)
        assert local(afternoon.starts_at).strftime("%m-%d %H:%M") == "11-27 14:00"
        assert afternoon.minutes == 90
        assert local(add_half_day([morning, afternoon], 90).starts_at).strftime("%m-%d %H:%M") == "11-28 09:00"

    def test_add_a_part_splits_a_full_pack_and_fills_up_a_short_one(self) -> None:
        split = with_part_more([part()], 180)
        assert [(local(p.starts_at).hour, p.minutes) for p in split] == [(9, 90), (14, 90)]
        filled = with_part_more([part(end="16:30")], 180)
        assert [p.minutes for p in filled] == [120, 60]
        assert not part_problems(filled)

    def test_nearest_free_days_skip_weekends_holidays_and_clashes_but_not_make_up_workdays(self) -> None:
        start = (part(date(2026, 9, 30)),)
        taken = Engagement("e2", "例会", at(date(2026, 10, 9), time(15)), at(date(2026, 10, 9), time(16)))
        golden_week = {date(2026, 10, day) for day in range(1, 8)}

        def october(day: date) -> DayFact:
            return DayFact(day, "holiday", "国庆节") if day in golden_week else calendar(day)

        days = proposals(start, october, [taken], date(2026, 10, 1), date(2026, 10, 31))
        assert days == [date(2026, 10, 8), date(2026, 10, 10), date(2026, 10, 12)]

    def test_all_parts_move_together(self) -> None:
        moved = moved_to((part(), part(DAY + timedelta(days=3))), date(2026, 12, 1))
        assert [local(p.starts_at).date() for p in moved] == [date(2026, 12, 1), date(2026, 12, 4)]
