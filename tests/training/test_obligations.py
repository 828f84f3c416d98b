"""Who owes what, by when, and where it stands: the hard cases, one by one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from trainhub.kernel.policy import PolicyVersion, resolve
from trainhub.kernel.years import RequirementYear
from trainhub.training.rules.counting import PersonYear
from trainhub.training.rules.coverage import flips
from trainhub.training.rules.obligations import (
    Audience,
    DutyRule,
    Employment,
    Exemption,
    Obligation,
    Person,
    PostHeld,
    State,
    held_since,
    obligation,
    registers_for_ce,
)

YEAR = RequirementYear(2026)
RULE = DutyRule(YEAR, required_minutes=180, new_hire_grace_days=90, homeroom_grace_days=60)
END = date(2026, 12, 31)
A, B, BUREAU = "school-a", "school-b", "bureau"
NOTHING = PersonYear()


def did(counted: int, made_up: int = 0, on: date = date(2026, 3, 20)) -> PersonYear:
    return PersonYear(counted=counted, made_up=made_up, by_day=((on, counted),))


def at_school(school: str = A, start: date = date(2020, 9, 1), **more: object) -> Employment:
    return Employment(school, start, **more)  # type: ignore[arg-type]


def person(*jobs: Employment, posts: tuple[PostHeld, ...] = (), exemptions: tuple[Exemption, ...] = ()) -> Person:
    return Person("p1", jobs, posts, exemptions)


def judge(
    who: Person, done: PersonYear = NOTHING, on: date = END, closed: tuple[str, ...] = (), rule: DutyRule = RULE
) -> Obligation | None:
    return obligation(who, on, lambda _: rule, done, closed)


def judged(
    who: Person, done: PersonYear = NOTHING, on: date = END, closed: tuple[str, ...] = (), rule: DutyRule = RULE
) -> Obligation:
    found = judge(who, done, on, closed, rule)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("done", "closed", "state"),
    [(0, False, State.OPEN), (90, False, State.IN_PROGRESS), (180, False, State.MET),
     (0, True, State.UNMET), (90, True, State.UNMET), (180, True, State.MET)],
)
def test_the_plain_ladder(done: int, closed: bool, state: State) -> None:
    found = judged(person(at_school()), did(done), closed=(A,) if closed else ())
    assert (found.state, found.missing, found.due_on) == (state, 180 - done, END)


def test_case_01_minutes_follow_a_teacher_who_moves_in_march() -> None:
    mover = person(at_school(A, to_on=date(2026, 3, 14), left_reason="moved"), at_school(B, date(2026, 3, 15)))
    before = judged(mover, did(90, on=date(2026, 3, 1)), on=date(2026, 3, 10))
    after = judged(mover, did(90, on=date(2026, 3, 1)))
    assert (before.school_id, before.counted) == (A, 90)
    assert (after.school_id, after.counted, after.state) == (B, 90, State.IN_PROGRESS)


def test_case_02_one_obligation_at_the_home_unit() -> None:
    part_timer = person(at_school(A), at_school(B, date(2026, 2, 1), is_home=False))
    found = judged(part_timer)
    assert (found.school_id, found.required) == (A, 180), "no pro-rata"


def test_case_02_whose_home_is_outside_owes_nothing_here() -> None:
    assert judge(person(at_school(B, is_home=False, contract="exchange"))) is None


def test_case_03_hired_on_20_december_is_in_grace_even_when_the_year_is_closed() -> None:
    hired = date(2026, 12, 20)
    newcomer = person(at_school(A, hired, hired_on=hired))
    found = judged(newcomer, closed=(A,), on=date(2027, 1, 10))
    assert (found.state, found.due_on, found.is_new) == (State.GRACE, hired + timedelta(days=90), True)
    assert not found.overdue(date(2027, 1, 10))


def test_case_03_after_its_due_day_grace_ends() -> None:
    hired = date(2026, 12, 20)
    found = judged(person(at_school(A, hired, hired_on=hired)), closed=(A,), on=date(2027, 3, 21))
    assert found.state is State.UNMET


def test_case_03_hired_in_spring_owes_by_the_end_of_the_year() -> None:
    hired = date(2026, 3, 1)
    found = judged(person(at_school(A, hired, hired_on=hired)))
    assert (found.state, found.due_on, found.is_new) == (State.OPEN, END, True)


def test_case_03_moving_from_another_school_is_not_being_new() -> None:
    mover = person(at_school(A, date(2026, 12, 1), hired_on=date(2011, 9, 1)))
    assert judged(mover).is_new is False


@pytest.mark.parametrize("reason", ["retired", "died", "resigned"])
def test_case_04_who_left_is_void_and_keeps_the_minutes(reason: str) -> None:
    gone = person(at_school(A, to_on=date(2026, 6, 30), left_reason=reason))
    found = judged(gone, did(90))
    assert (found.state, found.reason, found.counted, found.missing) == (State.VOID, reason, 90, 0)
    assert judged(gone, did(90), on=date(2026, 6, 30)).state is State.IN_PROGRESS


def test_case_04_who_left_before_the_year_never_owed() -> None:
    assert judge(person(at_school(A, to_on=date(2025, 12, 31)))) is None


def test_case_04_who_leaves_after_the_year_stays_counted() -> None:
    assert judged(person(at_school(A, to_on=date(2027, 1, 31))), on=date(2027, 6, 1)).state is State.OPEN


LEAVE = Exemption("maternity", date(2026, 1, 1), END)


def test_case_05_exempt_all_year() -> None:
    found = judged(person(at_school(), exemptions=(LEAVE,)), closed=(A,))
    assert (found.state, found.reason, found.missing) == (State.EXEMPT, "maternity", 0)


def test_case_05_half_a_year_of_leave_is_no_exemption() -> None:
    half = replace(LEAVE, to_on=date(2026, 6, 30))
    assert judged(person(at_school(), exemptions=(half,))).state is State.OPEN


def test_case_05_two_leaves_without_a_gap_are_one() -> None:
    halves = (Exemption("maternity", date(2026, 1, 1), date(2026, 6, 30)), Exemption("long_sick", date(2026, 7, 1), END))
    assert judged(person(at_school(), exemptions=halves)).state is State.EXEMPT
    gap = (halves[0], replace(halves[1], from_on=date(2026, 7, 2)))
    assert judged(person(at_school(), exemptions=gap)).state is State.OPEN


def test_case_13_a_revoked_presence_takes_met_back() -> None:
    assert judged(person(at_school()), did(180)).state is State.MET
    assert judged(person(at_school()), did(90)).state is State.IN_PROGRESS
    assert judged(person(at_school()), did(90), closed=(A,)).state is State.UNMET


def test_case_19_a_bureau_official_owes_too() -> None:
    official = person(at_school(BUREAU, category="administrator"), posts=(PostHeld("bureau_administrator", BUREAU, date(2020, 1, 1)),))
    assert (judged(official).school_id, judged(official).state) == (BUREAU, State.OPEN)


def test_case_20_principal_becomes_bureau_official_and_what_was_met_stays_met() -> None:
    moved = person(at_school(A, to_on=date(2026, 5, 10)), at_school(BUREAU, date(2026, 5, 11)))

    def rule_of(unit: str) -> DutyRule:
        return replace(RULE, required_minutes=270 if unit == BUREAU else 180)

    met = obligation(moved, END, rule_of, did(180, on=date(2026, 4, 1)))
    assert met is not None
    assert (met.school_id, met.state) == (BUREAU, State.MET)
    later = obligation(moved, END, rule_of, did(180, on=date(2026, 6, 1)))
    assert later is not None
    assert (later.state, later.missing) == (State.IN_PROGRESS, 90), "reached only under the new unit's rule"


def test_case_20_duties_of_the_old_post_stop() -> None:
    moved = person(
        at_school(A, to_on=date(2026, 5, 10)), at_school(BUREAU, date(2026, 5, 11)),
        posts=(PostHeld("homeroom_teacher", A, date(2025, 9, 1), date(2026, 5, 10)),),
    )
    assert judged(moved, rule=replace(RULE, homeroom_extra_minutes=90)).required == 180


HOMEROOM = replace(RULE, homeroom_extra_minutes=90)


def test_case_21_a_new_homeroom_teacher_owes_more_from_that_day() -> None:
    new = person(at_school(), posts=(PostHeld("homeroom_teacher", A, date(2026, 4, 10)),))
    assert judged(new, on=date(2026, 4, 9), rule=HOMEROOM).required == 180
    found = judged(new, rule=HOMEROOM)
    assert found.required == 270
    assert [(d.kind, d.from_on) for d in found.duties][1] == ("homeroom", date(2026, 4, 10))


def test_case_21_the_extra_duty_has_its_grace() -> None:
    new = person(at_school(), posts=(PostHeld("homeroom_teacher", A, date(2026, 12, 1)),))
    found = judged(new, did(180), rule=HOMEROOM, closed=(A,), on=date(2027, 1, 5))
    assert (found.state, found.due_on) == (State.GRACE, date(2027, 1, 30))
    assert judged(new, did(90), rule=HOMEROOM, closed=(A,), on=date(2027, 1, 5)).state is State.UNMET


def test_case_21_the_duty_of_a_former_homeroom_teacher_stops() -> None:
    former = person(at_school(), posts=(PostHeld("homeroom_teacher", A, date(2025, 9, 1), date(2026, 4, 9)),))
    assert judged(former, on=date(2026, 4, 9), rule=HOMEROOM).required == 270
    assert judged(former, rule=HOMEROOM).required == 180


def test_case_21_a_new_class_on_1_september_is_no_new_post() -> None:
    posts = (
        PostHeld("homeroom_teacher", A, date(2025, 9, 1), date(2026, 8, 31)),
        PostHeld("homeroom_teacher", A, date(2026, 9, 1)),
    )
    assert held_since(posts, "homeroom_teacher", END) == date(2025, 9, 1)
    assert judged(person(at_school(), posts=posts), did(180), rule=HOMEROOM).state is State.IN_PROGRESS


def test_case_21_a_post_that_is_known_to_end_later_began_when_it_began() -> None:
    posts = (PostHeld("homeroom_teacher", A, date(2025, 9, 1), date(2026, 11, 30)),)
    found = judged(person(at_school(), posts=posts), on=date(2026, 6, 1), rule=HOMEROOM)
    assert found.duties[1].from_on == YEAR.first_day


def test_case_25_a_version_of_october_applies_to_the_next_year() -> None:
    raised = [PolicyVersion(BUREAU, "training_min_minutes", 270, date(2026, 10, 15), 7)]
    this = DutyRule.of(resolve(raised, [A, BUREAU], YEAR.first_day), YEAR)
    following = DutyRule.of(resolve(raised, [A, BUREAU], YEAR.next().first_day), YEAR.next())
    assert (this.required_minutes, this.version) == (180, 0)
    assert (following.required_minutes, following.version) == (270, 7)


def test_case_25_applied_now_it_first_shows_who_would_flip() -> None:
    done = {"p1": did(180), "p2": did(300)}
    people = [replace(person(at_school()), person_id=p) for p in done]

    def all_under(rule: DutyRule) -> list[Obligation]:
        return [found for who in people if (found := obligation(who, END, lambda _: rule, done[who.person_id]))]

    changed = flips(all_under(RULE), all_under(replace(RULE, required_minutes=270)))
    assert [(f.person_id, f.before, f.after) for f in changed] == [("p1", State.MET, State.IN_PROGRESS)]


def test_case_26_opting_out_of_the_register_is_no_exemption() -> None:
    job = at_school(ce_opt_out=True)
    assert registers_for_ce(job) is False
    assert judged(person(job)).state is State.OPEN
    assert judged(person(job)) == judged(person(replace(job, ce_opt_out=False)))


def test_case_30_made_up_is_its_own_state_and_never_met() -> None:
    late = judged(person(at_school()), did(90, made_up=90), closed=(A,), on=date(2027, 1, 20))
    assert (late.state, late.missing) == (State.MADE_UP, 0)
    assert judged(person(at_school()), did(90, made_up=45), closed=(A,)).state is State.UNMET


def test_people_from_outside_and_outside_the_audience_owe_nothing() -> None:
    assert judge(person(at_school(category="external"))) is None
    assert judge(person(at_school(contract="dispatched")), rule=replace(RULE, staff_scope="employed")) is None
    teachers = replace(RULE, audience=Audience(categories=frozenset({"full_time_teacher"})))
    assert judge(person(at_school(category="logistics")), rule=teachers) is None
    heads = replace(RULE, audience=Audience(posts=frozenset({"principal"})))
    assert judge(person(at_school()), rule=heads) is None
    assert judge(person(at_school(), posts=(PostHeld("principal", A, date(2020, 9, 1)),)), rule=heads) is not None


def test_before_the_year_begins_nothing_is_owed() -> None:
    assert judge(person(at_school()), on=date(2025, 12, 31)) is None
