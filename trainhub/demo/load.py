"""The load profile: as many schools as asked for, written in bulk, with figures that follow from the rolls.

The first school and the bureau are built as in the demo, with accounts and empty rolls to save; the
others hold one verified roll each and the obligations that result from it.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import Table
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceRecord, AttendanceSheet
from trainhub.demo.calendar import Story
from trainhub.demo.history import AFTERCARE, TITLES, plan_training
from trainhub.demo.manifest import Manifest
from trainhub.demo.names import NameMaker
from trainhub.demo.people import Ids
from trainhub.demo.places import Place
from trainhub.demo.timeline import Storyteller, Training
from trainhub.demo.world import TOPIC, World, found_district, open_accounts
from trainhub.kernel.bulk import refresh_statistics
from trainhub.kernel.orm import Base
from trainhub.roster.models import Employment, OrgUnit, Person
from trainhub.roster.people_rules import initials, name_key, pinyin_key
from trainhub.training.models import EventPart, SchoolYearTotal, TrainingEvent, TrainingObligation
from trainhub.training.rules.audience import Choice
from trainhub.training.service.standing import recompute

STAFF = 130
REQUIRED = 180
ROLLS = 8
"""Empty rolls of each size: one for each client of a load test."""
_TABLES = (OrgUnit, Person, Employment, TrainingEvent, AttendanceSheet, EventPart, AttendanceRecord,
           TrainingObligation, SchoolYearTotal)
_BATCH = 20
Row = dict[str, Any]


def build_load(session: Session, manifest: Manifest, random: Random, now: datetime, schools: int) -> None:
    """Fill the database with one district of ``schools`` schools (1 to 10,000) of 130 staff."""
    if not 1 <= schools <= 10_000:
        raise ValueError("schools must lie between 1 and 10,000")
    places = (
        Place("bureau", "负载区教育局", "教育局", "bureau", (), 10, code="990000"),
        Place("first", "第1学校", "第1学校", "school", ("junior",), STAFF, 0, {7: 5, 8: 5, 9: 5}, code="990001"),
    )
    world = found_district(session, Story(now), random, places, "负载区")
    world.manifest = manifest
    open_accounts(world, {"bureau": ("bureau",), "first": ("officer", "officer2", "principal", "clerk", "teacher")})
    teller = _rolls(world)
    session.flush()
    _others(session, world, random, schools - 1)
    session.expire_all()
    recompute(session, world.district_id, world.story.year, now, school_ids=[world.orgs["first"], world.district_id])
    if world.seeded is not None:
        world.seeded.events = dict(teller.events)
        world.seeded.sheets = {key: teller.sheet_of(training, 0) for key, training in teller.told.items()}
        manifest.districts.append(world.seeded)


def _rolls(world: World) -> Storyteller:
    """Verified history of the first school, then open rolls of 130 and of 45 that run now."""
    teller, today = Storyteller(world), world.story.today
    teller.tell_roster()
    teller.tell(plan_training(teller, "first", "held", AFTERCARE, today - timedelta(days=30), 0))
    people = [person.id for person in world.staff["first"]]
    for size in (STAFF, 45):
        left_out = dict.fromkeys(people[size:], "另一批")
        for number in range(ROLLS):
            teller.tell(_open_roll(teller, f"roll-{size}-{number}", Choice("everyone", excluded=left_out), number))
    teller.timeline.run()
    return teller


def _open_roll(teller: Storyteller, key: str, choice: Choice, number: int) -> Training:
    story = teller.world.story
    training = plan_training(teller, "first", key, AFTERCARE, story.today, number, choice=choice, notice_days=2,
                             ends="planned", parts=[story.running(100, 30)],
                             title=f"{TITLES[AFTERCARE]} {key}")
    training.key = key
    return training


def _others(session: Session, world: World, random: Random, count: int) -> None:
    names = _names(random)
    batch: dict[type[Base], list[Row]] = {table: [] for table in _TABLES}
    for number, rows in enumerate(_schools(world, random, names, count), start=1):
        for table, found in rows.items():
            batch[table] += found
        if number % _BATCH == 0 or number == count:
            for table in _TABLES:
                session.connection().execute(_core(table).insert(), batch[table])
                batch[table] = []
    refresh_statistics(session, _TABLES)


def _core(table: type[Base]) -> Table:
    """The plain table behind a model: half a million rows need no unit of work."""
    return Base.metadata.tables[table.__tablename__]


def _names(random: Random) -> list[tuple[str, str, str, str]]:
    """A stock of names with their keys, so that a million people cost no million look-ups."""
    maker = NameMaker(random)
    stock = [maker.person(random.choice(("elder", "middle", "young"))) for _ in range(3_000)]
    return [(name, name_key(name), pinyin_key(name), initials(name)) for name in stock]


def _schools(
    world: World, random: Random, names: list[tuple[str, str, str, str]], count: int
) -> Iterator[dict[type[Base], list[Row]]]:
    story, ids = world.story, world.ids
    held_on = story.working_day(story.today - timedelta(days=40), -1)
    starts = story.moment(held_on, 9)
    for number in range(2, count + 2):
        yield _school(world, ids, random, names, number, starts)


def _school(
    world: World, ids: Ids, random: Random, names: list[tuple[str, str, str, str]], number: int, starts: datetime
) -> dict[type[Base], list[Row]]:
    """All rows of one school: people, one verified roll of 180 minutes, and what follows from it."""
    tenant, org, sheet, event, part = world.district_id, ids(), ids(), ids(), ids()
    moment, name = world.began_at, f"第{number}学校"
    rows: dict[type[Base], list[Row]] = {
        OrgUnit: [_org(tenant, org, name, number)],
        AttendanceSheet: [_sheet(world, org, sheet, part, starts)],
        TrainingEvent: [_event(world, org, event, starts)],
        EventPart: [{
            "district_id": tenant, "id": part, "event_id": event, "position": 1, "title": "", "starts_at": starts,
            "ends_at": starts + timedelta(minutes=REQUIRED), "room": "礼堂", "delivery_mode": "face_to_face",
            "sheet_id": sheet,
        }],
        Person: [], Employment: [], AttendanceRecord: [], TrainingObligation: [],
    }
    counts = {"met": 0, "in_progress": 0, "open": 0}
    minutes_sum = 0
    for serial in range(1, STAFF + 1):
        person, (shown, key, sort, letters) = ids(), random.choice(names)
        draw = random.random()
        status, late, state = (
            ("present", 0, "met") if draw < 0.86 else ("late", 20, "in_progress") if draw < 0.93 else ("absent", 0, "open")
        )
        minutes = {"met": REQUIRED, "in_progress": REQUIRED - 20, "open": 0}[state]
        counts[state] += 1
        minutes_sum += minutes
        rows[Person].append({
            "district_id": tenant, "id": person, "name": shown, "name_key": key, "sort_key": sort, "initials": letters,
            "phone_tail": "", "merged_into_id": None, "created_at": moment,
        })
        rows[Employment].append(_employment(tenant, ids(), person, org, serial, moment))
        rows[AttendanceRecord].append(_record(tenant, sheet, person, org, serial, status, late, minutes, starts))
        rows[TrainingObligation].append(_obligation(world, person, org, state, minutes))
    rows[SchoolYearTotal] = [_total(world, org, counts, minutes_sum)]
    return rows


def _org(tenant: str, org: str, name: str, number: int) -> Row:
    return {
        "district_id": tenant, "id": org, "parent_id": tenant, "kind": "school", "name": name, "short_name": name,
        "code": f"99{number:05d}", "stages": ["primary"], "opened_on": None, "closed_on": None,
        "sort_key": f"di {number:05d}",
    }


def _sheet(world: World, org: str, sheet: str, part: str, starts: datetime) -> Row:
    ends = starts + timedelta(minutes=REQUIRED)
    return {
        "district_id": world.district_id, "id": sheet, "school_id": org, "subject_kind": "training_part",
        "subject_id": part, "title": "年度培训", "starts_at": starts, "ends_at": ends, "default_roll": "unmarked",
        "grace_minutes": 5, "early_leave_grace_minutes": 5, "state": "verified", "revision": 1, "head_count": STAFF,
        "submitted_by": None, "submitted_at": ends, "verified_by": world.actor("first", "principal").account_id,
        "verified_at": ends + timedelta(days=1), "created_at": starts - timedelta(days=5),
    }


def _event(world: World, org: str, event: str, starts: datetime) -> Row:
    return {
        "district_id": world.district_id, "id": event, "school_id": org, "requirement_id": world.requirement_id,
        "year_key": world.story.year.key, "title": "年度培训", "pack_id": None, "pack_version": None,
        "type_key": "staff_training", "topic": TOPIC, "delivery_mode": "face_to_face", "venue_kind": "room",
        "is_make_up": False, "make_up_year_key": None, "state": "verified", "state_reason": "", "details": {},
        "starts_at": starts, "ends_at": starts + timedelta(minutes=REQUIRED), "version": 1,
        "created_by": world.actor("first", "officer").account_id, "created_at": starts, "updated_at": starts,
    }


def _employment(tenant: str, made: str, person: str, org: str, serial: int, moment: datetime) -> Row:
    since = date(2015, 9, 1)
    return {
        "district_id": tenant, "id": made, "person_id": person, "school_id": org, "staff_no": f"{serial:04d}",
        "category": "full_time_teacher", "contract": "staffed", "is_home": True, "from_on": since, "to_on": None,
        "left_reason": "", "ce_opt_out": False, "hired_on": since, "created_at": moment, "batch_id": None,
    }


def _record(
    tenant: str, sheet: str, person: str, org: str, serial: int, status: str, late: int, minutes: int, starts: datetime
) -> Row:
    arrived = starts + timedelta(minutes=late) if late else None
    return {
        "district_id": tenant, "sheet_id": sheet, "person_id": person, "school_id": org, "serial_no": serial,
        "department": "", "staff_no": f"{serial:04d}", "expected": True, "status": status, "leave_type": "",
        "arrived_at": arrived, "left_at": None, "late_minutes": late, "minutes": minutes, "source": "seed", "note": "",
        "review": [], "version": 1, "marked_by": None, "marked_at": starts, "revoked_at": None, "revoked_reason": "",
    }


def _obligation(world: World, person: str, org: str, state: str, minutes: int) -> Row:
    return {
        "district_id": world.district_id, "requirement_id": world.requirement_id, "year_key": world.story.year.key,
        "person_id": person, "school_id": org, "state": state, "required_minutes": REQUIRED,
        "counted_minutes": minutes, "other_minutes": 0, "made_up_minutes": 0, "due_on": world.story.year.last_day,
        "reason": "", "department": "", "posts": [], "is_new": False, "updated_at": world.story.now,
    }


def _total(world: World, org: str, counts: dict[str, int], minutes: int) -> Row:
    return {
        "district_id": world.district_id, "requirement_id": world.requirement_id, "year_key": world.story.year.key,
        "school_id": org, "in_scope": STAFF, "unmet": 0, "made_up": 0, "exempt": 0, "grace": 0, "void": 0,
        "counted_minutes": minutes, "owed_minutes": STAFF * REQUIRED - minutes, "homeroom_in_scope": 0, "homeroom_met": 0,
        "policy_version": 2, "updated_at": world.story.now,
    } | counts

