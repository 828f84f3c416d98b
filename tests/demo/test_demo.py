"""The fictional district: the same for a seed, told through the services, figures that follow from the rolls."""

import dataclasses
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.demo import Manifest, build
from trainhub.demo import people as plan
from trainhub.demo.accounts import passphrase
from trainhub.demo.calendar import Story
from trainhub.demo.history import tell_history
from trainhub.demo.names import NameMaker
from trainhub.demo.places import Place
from trainhub.demo.world import DEMO_PLACES, World, found_district, open_accounts
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.years import RequirementYear
from trainhub.ledger.queries import verify
from trainhub.roster.models import Employment, OrgUnit, Person, Student
from trainhub.training.models import SchoolYearTotal, TrainingEvent, TrainingObligation, YearSnapshot
from trainhub.training.service.standing import rebuild

from .cases_of_the_demo import the_cases_of_the_demo
from .meetings_of_the_demo import (
    install_packs,
    no_text_names_a_pupil,
    standings_equal_a_rebuild,
    the_class_meetings_of_the_demo,
)

NOON = datetime(2026, 11, 20, 4, tzinfo=UTC)
SMALL = (
    Place("bureau", "小区教育局", "教育局", "bureau", (), 6, code="360100", progress="half"),
    Place("chenxi", "一校", "一校", "school", ("junior",), 40, 20, {7: 2, 8: 2}, progress="good", code="360101"),
    Place("shiyan", "二校", "二校", "school", ("primary",), 30, 20, {1: 2}, progress="met", code="360103"),
    Place("qixia", "三校", "三校", "school", ("primary",), 30, 20, {1: 2}, progress="half", code="360106"),
)


def plan_people(seed: int) -> dict[str, list[plan.Somebody]]:
    random = Random(seed)
    ids, story = plan.Ids(random), Story(NOON)
    staffing = plan.Staffing(story, ids, random)
    staff = {place.key: staffing.fill(place, plan.classes_of(place, story, ids, random)) for place in DEMO_PLACES}
    plan.happenings(staffing, staff)
    plan.namesakes(staff)
    return staff


def test_the_same_seed_gives_the_same_people() -> None:
    first, second, other = (
        [dataclasses.asdict(p) for people in plan_people(seed).values() for p in people] for seed in (7, 7, 8)
    )
    assert first == second
    assert first != other


def test_the_district_has_the_size_and_the_hard_cases_it_promises() -> None:
    staff = plan_people(2026)
    everybody = [p for people in staff.values() for p in people]
    assert 1250 <= len(everybody) <= 1350
    assert len(staff) == 13
    assert staff["fengshu"] == []
    names = [p.name for p in everybody]
    assert sum(p.name == "王伟" and p.jobs[0].to_on is None for p in staff["chenxi"]) >= 2
    assert any("·" in name for name in names)
    assert any(name.startswith(("欧阳", "司马", "上官", "诸葛", "夏侯", "尉迟", "令狐", "皇甫")) for name in names)
    posts = Counter(q.name for p in everybody for job in p.jobs for q in job.posts if q.to_on is None)
    assert posts["principal"] == 11
    assert posts["homeroom_teacher"] > 200
    moved = [p for p in everybody if any(job.left_reason == "moved" for job in p.jobs)]
    assert all(len(p.jobs) == 2 and p.jobs[1].from_on == p.jobs[0].to_on + timedelta(days=1) for p in moved)  # type: ignore[operator]
    assert len(moved) >= 5
    assert any(job.from_on > NOON.date() - timedelta(days=90) for p in everybody for job in p.jobs)


def test_names_of_every_kind() -> None:
    maker = NameMaker(Random(1))
    names = [maker.person(generation) for generation in ("elder", "middle", "young") * 2000]
    assert all(2 <= len(name) <= 16 for name in names)
    assert len(set(names)) > 2000


def test_no_password_is_a_default() -> None:
    drawn = {passphrase() for _ in range(200)}
    assert len(drawn) == 200
    assert all(len(p) >= 16 for p in drawn)


def test_a_manifest_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text("old")
    path.chmod(0o644)
    Manifest("demo", 1, NOON.isoformat()).write(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["profile"] == "demo"


def small_world(session: Session, moment: datetime) -> World:
    world = found_district(session, Story(moment), Random(3), SMALL, "小区")
    open_accounts(world, {})
    tell_history(world)
    session.flush()
    return world


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        datetime(2026, 1, 4, 1, tzinfo=UTC),  # the closed year is barely over
        datetime(2026, 8, 15, 15, 58, tzinfo=UTC),  # summer, two minutes to midnight
        datetime(2026, 10, 1, 16, 5, tzinfo=UTC),  # a holiday, five past midnight
    ],
)
@pytest.mark.files_only
def test_the_story_can_be_told_on_any_day(session: Session, moment: datetime) -> None:
    world = small_world(session, moment)
    running = session.scalars(
        select(AttendanceSheet).where(
            AttendanceSheet.district_id == world.district_id, AttendanceSheet.starts_at <= moment,
            AttendanceSheet.ends_at > moment, AttendanceSheet.state == "open",
        )
    ).all()
    assert [sheet.school_id for sheet in running] == [world.orgs["chenxi"]]
    assert local_day(running[0].starts_at) == local_day(moment)
    assert not session.scalars(select(AttendanceSheet.id).where(
        AttendanceSheet.district_id == world.district_id, AttendanceSheet.starts_at > moment,
        AttendanceSheet.state.in_(("submitted", "verified")),
    )).all()
    assert verify(session).fault is None
    standings_equal_a_rebuild(session, world.district_id, moment)
    no_text_names_a_pupil(session, world.district_id)


@pytest.mark.files_only
def test_the_whole_demo(session: Session) -> None:
    moment = NOON
    install_packs(session)
    manifest = build(session, "demo", 2026, moment)
    session.flush()
    district = manifest.districts[0]
    assert session.scalar(select(func.count()).select_from(OrgUnit).where(OrgUnit.kind != "bureau")) == 12
    assert 8_500 <= (session.scalar(select(func.count()).select_from(Student)) or 0) <= 9_500
    _accounts_can_sign_in(session, manifest)
    states = Counter(session.scalars(select(TrainingEvent.state)))
    assert {"draft", "published", "submitted", "verified", "cancelled"} <= set(states)
    sources = dict(session.execute(select(AttendanceRecord.status, func.count()).group_by(AttendanceRecord.status)).all())
    assert {"present", "late", "excused", "absent", None} <= set(sources)
    year = Story(moment).year
    totals = {
        row.school_id: row for row in session.scalars(select(SchoolYearTotal).where(SchoolYearTotal.year_key == year.key))
    }
    assert district.schools["fengshu"] not in totals
    assert district.district_id in totals
    people = dict(session.execute(select(TrainingObligation.state, func.count()).where(
        TrainingObligation.year_key == year.key).group_by(TrainingObligation.state)).all())
    assert people.keys() >= {"open", "exempt", "grace"}
    snapshots = session.scalars(select(YearSnapshot.school_id).where(YearSnapshot.state == "closed")).all()
    assert len(set(snapshots)) == 12
    assert verify(session).fault is None
    _live_rows_equal_a_rebuild(session, district.district_id, year, moment)
    the_class_meetings_of_the_demo(session, district, moment)
    the_cases_of_the_demo(session, district, moment)


def _accounts_can_sign_in(session: Session, manifest: Manifest) -> None:
    from trainhub.accounts.service import SignedIn, SignIn, sign_in

    shown = [a for a in manifest.accounts if a.password]
    assert {a.role for a in shown} >= {
        "teacher", "homeroom_teacher", "moral_education_head", "training_officer", "school_administrator", "principal", "bureau_officer",
        "auditor", "security_administrator", "system_administrator",
    }
    officer = next(a for a in shown if a.key == "chenxi.officer")
    assert isinstance(sign_in(session, SignIn(officer.username, officer.password, "test"), now()), SignedIn)
    hidden = {a.account_id for a in manifest.accounts if not a.password}
    assert not session.scalars(select(Account.id).where(Account.id.in_(hidden), Account.password_hash.is_not(None))).all()


def _live_rows_equal_a_rebuild(session: Session, district_id: str, year: RequirementYear, moment: datetime) -> None:
    def rows() -> list[tuple[object, ...]]:
        found = select(
            TrainingObligation.person_id, TrainingObligation.school_id, TrainingObligation.state,
            TrainingObligation.counted_minutes,
        ).where(TrainingObligation.year_key == year.key).order_by(TrainingObligation.person_id)
        return [tuple(row) for row in session.execute(found)]

    before = rows()
    rebuild(session, district_id, year, moment)
    assert rows() == before


@pytest.mark.files_only
def test_acceptance_has_two_districts_every_role_and_canaries(session: Session) -> None:
    manifest = build(session, "acceptance", 1, now())
    session.flush()
    assert len(manifest.districts) == 2
    assert all(district.staff == 400 and len(district.schools) == 4 for district in manifest.districts)
    for number in (1, 2):
        roles = {a.role for a in manifest.accounts if a.username.startswith(f"d{number}.")}
        assert len(roles) == 17
    assert [a.key for a in manifest.accounts if a.activation_code] == ["alpha.newcomer"] * 2
    assert len(set(manifest.canaries.values())) == len(manifest.canaries) == 24
    name = manifest.canaries["d1.alpha.staff_name"]
    holder = session.scalars(select(Person).where(Person.name == name)).one()
    assert holder.district_id == manifest.districts[0].district_id
    assert verify(session).fault is None


@pytest.mark.files_only
def test_load_rows_say_what_the_rolls_say(session: Session) -> None:
    moment = now()
    manifest = build(session, "load", 1, moment, schools=3)
    session.flush()
    district = manifest.districts[0]
    homes = select(func.count()).select_from(Employment).where(Employment.category == "full_time_teacher")
    assert (session.scalar(homes) or 0) > 260
    assert {key.split("-")[1] for key in district.sheets if "roll" in key} == {"45", "130"}
    for key, size in (("roll-45-0", 45), ("roll-130-7", 130)):
        count = select(func.count()).select_from(AttendanceRecord).where(AttendanceRecord.sheet_id == district.sheets[key])
        assert session.scalar(count) == size
    _live_rows_equal_a_rebuild(session, district.district_id, Story(moment).year, moment)


def test_classes_grow_with_the_year() -> None:
    rows = plan.classes_of(SMALL[1], Story(NOON), plan.Ids(Random(1)), Random(1))
    this_year = [row for row in rows if row.start_year == 2026]
    grown = next(row for row in this_year if (row.grade, row.number) == (8, 1))
    before = next(row for row in rows if row.id == grown.previous_id)
    assert (before.start_year, before.grade, before.number) == (2025, 7, 1)
    assert next(row for row in this_year if row.grade == 7).previous_id is None
    assert date(grown.start_year, 9, 1) == date(2026, 9, 1)
