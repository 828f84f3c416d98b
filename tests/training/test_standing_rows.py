"""Obligations and totals as rows: they follow the facts, twice is once, and a rebuild finds nothing new."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.builders import Sample, add_org, add_post, add_staff
from tests.training.scenery import AUTUMN, SPRING, YEAR, add_training, live_rows, set_policy
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.attendance.roll_rules import RecordsChanged, RollVerified
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.roster.models import Employment
from trainhub.training.models import SchoolYearTotal, TrainingObligation
from trainhub.training.queries.facts import Moment, judge, load, requirement_of
from trainhub.training.rules.obligations import State
from trainhub.training.service.standing import (
    ensure_requirement,
    on_records_changed,
    on_roll_verified,
    rebuild,
    recompute,
)

NOW = at(date(2026, 11, 20), time(18))


def row(session: Session, sample: Sample, person: str, year: str = "2026") -> TrainingObligation:
    session.expire_all()
    return session.get_one(TrainingObligation, (sample.district_id, sample.requirement_id, year, person))


def totals(session: Session, sample: Sample, school: str, year: str = "2026") -> SchoolYearTotal:
    session.expire_all()
    return session.get_one(SchoolYearTotal, (sample.district_id, sample.requirement_id, year, school))


def everybody(session: Session, sample: Sample, now: datetime = NOW) -> None:
    recompute(session, sample.district_id, YEAR, now, school_ids=[sample.bureau_id, sample.school_id, sample.other_school_id])


def as_of(session: Session, sample: Sample, day: date, now: datetime) -> dict[str, Any]:
    requirement = requirement_of(session, sample.district_id)
    assert requirement is not None
    facts = load(session, sample.district_id, requirement, YEAR, Moment.of(day, now))
    return {p: (j.obligation.school_id, j.obligation.state, j.obligation.counted) for p, j in judge(facts).items()}


def test_a_verified_roll_makes_rows_and_totals(session: Session, district: Sample) -> None:
    people = district.people
    add_training(session, district, SPRING, people, attended={people[0]: 0, people[1]: 60})
    add_training(session, district, AUTUMN, people[2:], minutes=90)
    everybody(session, district)
    assert (row(session, district, people[0]).state, row(session, district, people[1]).counted_minutes) == ("open", 60)
    assert row(session, district, people[2]).state == "met"
    of_school = totals(session, district, district.school_id)
    assert (of_school.in_scope, of_school.met, of_school.in_progress, of_school.open) == (6, 4, 1, 1)
    assert of_school.owed_minutes == 180 + 120


def test_case_01_after_the_move_the_person_counts_at_the_new_school_once(session: Session, district: Sample) -> None:
    mover = district.people[0]
    add_training(session, district, date(2026, 3, 2), district.people)
    everybody(session, district)
    before = totals(session, district, district.school_id).in_scope
    session.execute(
        update(Employment).where(Employment.person_id == mover).values(to_on=date(2026, 3, 14), left_reason="moved")
    )
    session.add(Employment(
        district_id=district.district_id, id=new_id(), person_id=mover, school_id=district.other_school_id, staff_no="N1",
        category="full_time_teacher", from_on=date(2026, 3, 15), hired_on=date(2020, 9, 1), created_at=NOW,
    ))
    session.flush()
    recompute(session, district.district_id, YEAR, NOW, person_ids=[mover])
    moved = row(session, district, mover)
    assert (moved.school_id, moved.counted_minutes) == (district.other_school_id, 90)
    assert totals(session, district, district.school_id).in_scope == before - 1
    assert totals(session, district, district.other_school_id).in_scope == 5
    then = as_of(session, district, date(2026, 3, 10), NOW)
    assert then[mover] == (district.school_id, State.IN_PROGRESS, 90), "the figure of that day stays true"


def test_case_02_someone_serving_two_schools_is_one_row_and_one_head(session: Session, district: Sample) -> None:
    session.add(Employment(
        district_id=district.district_id, id=new_id(), person_id=district.people[0], school_id=district.other_school_id,
        staff_no="P1", category="full_time_teacher", is_home=False, from_on=date(2026, 2, 1), created_at=NOW,
    ))
    session.flush()
    everybody(session, district)
    rows = session.scalars(select(TrainingObligation).where(TrainingObligation.person_id == district.people[0])).all()
    assert [r.school_id for r in rows] == [district.school_id]
    assert sum(totals(session, district, s).in_scope for s in (district.school_id, district.other_school_id)) == 10


def test_case_19_the_bureau_has_a_total_of_its_own(session: Session, district: Sample) -> None:
    add_staff(session, district.district_id, district.bureau_id, 2, first_no=900, category="administrator")
    everybody(session, district)
    assert (totals(session, district, district.bureau_id).in_scope, totals(session, district, district.bureau_id).met) == (2, 0)


def test_case_23_host_evidence_waits_for_the_home_bureau(session: Session, district: Sample) -> None:
    teacher = district.people[0]
    add_training(session, district, SPRING, [teacher], details={"host": "邻县教育局"})
    accepted = district.people[1]
    add_training(session, district, SPRING, [accepted], details={"host": "邻县教育局"}, school_id=district.bureau_id)
    everybody(session, district)
    assert row(session, district, teacher).counted_minutes == 0
    assert row(session, district, accepted).counted_minutes == 90


def test_case_13_revoking_a_presence_recomputes_person_and_totals(session: Session, district: Sample) -> None:
    people = district.people
    add_training(session, district, SPRING, people)
    sheet = add_training(session, district, AUTUMN, people)
    everybody(session, district)
    assert totals(session, district, district.school_id).met == 6
    session.execute(
        update(AttendanceRecord)
        .where(AttendanceRecord.sheet_id == sheet, AttendanceRecord.person_id == people[0])
        .values(revoked_at=NOW, revoked_reason="代签", minutes=0)
    )
    on_records_changed(session, RecordsChanged(
        district.district_id, district.school_id, sheet, "training_part", "x", tuple(people)
    ))
    assert (row(session, district, people[0]).state, totals(session, district, district.school_id).met) == ("in_progress", 5)


def test_case_30_make_up_reaches_last_year_and_not_the_new_one(session: Session, district: Sample) -> None:
    people = district.people
    add_training(session, district, SPRING, people)
    january = at(date(2027, 1, 20), time(18))
    sheet = add_training(
        session, district, date(2027, 1, 15), people[:1], year_key="2026", is_make_up=True, make_up_year_key="2026",
    )
    recompute(session, district.district_id, YEAR, january, school_ids=[district.school_id])
    recompute(session, district.district_id, YEAR.next(), january, school_ids=[district.school_id])
    last = row(session, district, people[0])
    assert (last.state, last.made_up_minutes, last.counted_minutes) == ("made_up", 90, 90)
    assert row(session, district, people[0], "2027").counted_minutes == 0
    assert sheet


def test_a_listener_finds_both_years_of_a_make_up(session: Session, district: Sample) -> None:
    people = district.people
    sheet = add_training(
        session, district, date(2027, 1, 15), people[:1], year_key="2026", is_make_up=True, make_up_year_key="2026",
    )
    on_roll_verified(session, RollVerified(
        district.district_id, district.school_id, sheet, "training_part", "x", tuple(people[:1])
    ))
    keys = session.scalars(select(TrainingObligation.year_key).order_by(TrainingObligation.year_key)).all()
    assert "2026" in keys


def test_other_rolls_are_none_of_its_business(session: Session, district: Sample) -> None:
    on_roll_verified(session, RollVerified(district.district_id, district.school_id, "x", "class_meeting", "y", ("p",)))
    assert session.scalars(select(TrainingObligation)).first() is None


def test_twice_is_once(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people)
    everybody(session, district)
    first = live_rows(session, district)
    assert recompute(session, district.district_id, YEAR, NOW, school_ids=[district.school_id]) == 0
    assert live_rows(session, district) == first


def test_who_leaves_the_audience_loses_the_row(session: Session, district: Sample) -> None:
    everybody(session, district)
    session.execute(
        update(Employment).where(Employment.person_id == district.people[0]).values(to_on=date(2025, 6, 30))
    )
    recompute(session, district.district_id, YEAR, NOW, person_ids=[district.people[0]])
    assert session.get(TrainingObligation, (district.district_id, district.requirement_id, "2026", district.people[0])) is None
    assert totals(session, district, district.school_id).in_scope == 5


def test_homeroom_teachers_have_their_own_counters(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people, minutes=180)
    for person in district.people[:2]:
        add_post(session, district.district_id, district.school_id, person, "homeroom_teacher", date(2025, 9, 1))
    set_policy(session, district, "homeroom_extra_minutes", 90, date(2026, 1, 1))
    everybody(session, district)
    of_school = totals(session, district, district.school_id)
    assert (of_school.homeroom_in_scope, of_school.homeroom_met, of_school.met) == (2, 0, 4)
    assert of_school.policy_version == 1


def test_the_figure_of_a_past_day_is_the_same_a_year_later(session: Session, district: Sample) -> None:
    people = district.people
    sheet = add_training(session, district, SPRING, people, minutes=180)
    day = date(2026, 6, 1)
    then = as_of(session, district, day, at(day, time(20)))
    assert {s for _, s, _ in then.values()} == {State.MET, State.OPEN}
    # afterwards: the roll is reopened, a presence revoked, the minimum raised, a training added
    session.execute(update(AttendanceSheet).where(AttendanceSheet.id == sheet).values(state="open", verified_at=None, revision=2))
    session.execute(update(AttendanceRecord).where(AttendanceRecord.sheet_id == sheet).values(minutes=0, status="absent"))
    add_training(session, district, AUTUMN, district.other_people, school_id=district.other_school_id)
    set_policy(session, district, "training_min_minutes", 400, date(2026, 1, 1), set_at=NOW)
    assert as_of(session, district, day, at(date(2027, 6, 1), time(20))) == then
    assert as_of(session, district, date(2027, 6, 1), at(date(2027, 6, 1), time(20))) != then


def test_the_number_of_statements_does_not_grow_with_people(
    session: Session, district: Sample, count_statements: Callable[[], Any]
) -> None:
    seen = []
    for size in (5, 45, 130):
        school = add_org(session, district.district_id, f"规模{size}校")
        people = add_staff(session, district.district_id, school, size, first_no=1000 + size * 10)
        sheet = add_training(session, district, SPRING, people, school_id=school)
        with count_statements() as counted:
            on_roll_verified(session, RollVerified(
                district.district_id, school, sheet, "training_part", "x", tuple(people)
            ))
        seen.append(counted.count)
    assert len(set(seen)) == 1, seen
    assert seen[0] <= 20


def test_rebuild_equals_the_live_rows(session: Session, district: Sample) -> None:
    add_training(session, district, SPRING, district.people, attended={district.people[0]: 30})
    everybody(session, district)
    add_training(session, district, AUTUMN, district.people[2:])
    everybody(session, district)
    live = live_rows(session, district)
    rebuild(session, district.district_id, YEAR, NOW)
    assert live_rows(session, district) == live


def test_a_district_without_requirement_gets_the_default_one_once(session: Session, district: Sample) -> None:
    assert ensure_requirement(session, district.district_id, NOW) == district.requirement_id
    fresh = new_id()
    add_org(session, fresh, "新区教育局", "bureau", fresh)
    made = ensure_requirement(session, fresh, NOW)
    assert ensure_requirement(session, fresh, NOW) == made


@pytest.mark.parametrize("hours", [23, 25])
def test_the_moment_of_a_past_day_is_its_local_end(hours: int) -> None:
    moment = Moment.of(date(2026, 6, 1), at(date(2026, 6, 1), time()) + timedelta(hours=hours))
    assert moment.live is (hours == 23)
