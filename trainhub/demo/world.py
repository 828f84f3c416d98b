"""Builds a fictional district: places, people, accounts, then a year of training through the services."""

from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from trainhub.demo import people as plan
from trainhub.demo import roster
from trainhub.demo.accounts import Wanted, open_account
from trainhub.demo.calendar import Story
from trainhub.demo.class_cases import special_classes
from trainhub.demo.manifest import Manifest, SeededDistrict
from trainhub.demo.places import BUREAU, DISTRICT_NAME, SCHOOLS, Place
from trainhub.kernel.actor import SYSTEM, Actor
from trainhub.kernel.bulk import refresh_statistics
from trainhub.kernel.permissions import Role
from trainhub.ledger.service import NewEntry
from trainhub.roster.models import (
    CalendarDay,
    DepartmentMembership,
    Employment,
    Person,
    PolicySetting,
    PostAssignment,
)
from trainhub.training.models import TrainingRequirement

TOPIC = "student_bullying_prevention"
REQUIREMENT_TITLE = "学生欺凌预防与处置年度专题面授培训"
ROLE_WORDS = {
    Role.TEACHER.value: "教师", Role.HOMEROOM_TEACHER.value: "班主任", Role.TRAINING_OFFICER.value: "培训负责人",
    Role.MORAL_EDUCATION_HEAD.value: "德育主任",
    Role.SCHOOL_ADMINISTRATOR.value: "学校管理员", Role.PRINCIPAL.value: "校长", Role.BUREAU_OFFICER.value: "教育局工作人员",
    Role.CASE_OFFICER.value: "欺凌事件经办人", Role.COMMITTEE_SECRETARY.value: "治理委员会秘书", Role.COMMITTEE_MEMBER.value: "治理委员会委员",
    Role.PSYCHOLOGIST.value: "心理教师", Role.PLAN_INSTRUCTOR.value: "方案教育人", Role.BUREAU_CASE_OFFICER.value: "教育局案件专办",
    Role.APPEAL_REVIEWER.value: "申诉复查人员", Role.AUDITOR.value: "审计员", Role.SECURITY_ADMINISTRATOR.value: "安全管理员",
    Role.SYSTEM_ADMINISTRATOR.value: "系统管理员",
}


@dataclass(slots=True)
class World:
    """A district while it is being built: ids, people by place, who may act, and the dice."""

    session: Session
    story: Story
    random: Random
    ids: plan.Ids
    district_id: str
    places: tuple[Place, ...]
    orgs: dict[str, str]
    prefix: str = ""
    requirement_id: str = ""
    staff: dict[str, list[plan.Somebody]] = field(default_factory=dict)
    classes: list[plan.ClassRow] = field(default_factory=list)
    happened: plan.Happenings = field(default_factory=plan.Happenings)
    later: list[NewEntry] = field(default_factory=list)
    actors: dict[tuple[str, str], Actor] = field(default_factory=dict)
    manifest: Manifest | None = None
    seeded: SeededDistrict | None = None

    @property
    def began_at(self) -> datetime:
        """When the story's records begin: the first working morning of the closed year."""
        return self.story.moment(self.story.working_day(date(self.story.last_year.start_year, 1, 2)), 8, 30)

    def actor(self, place: str, key: str) -> Actor:
        """Who acts at a place: key as in :func:`open_accounts`."""
        return self.actors[place, key]


def found_district(
    session: Session, story: Story, random: Random, places: tuple[Place, ...], name: str, *, prefix: str = ""
) -> World:
    """Write places, people, calendar, policy and requirement of one district."""
    ids = plan.Ids(random)
    district_id = ids()
    world = World(session, story, random, ids, district_id, places, roster.org_ids(places, district_id, ids), prefix)
    roster.write_places(session, district_id, places, world.orgs)
    roster.write_terms(session, district_id, story, ids)
    staffing = plan.Staffing(story, ids, random)
    for place in places:
        classes = plan.classes_of(place, story, ids, random)
        world.classes += classes
        world.staff[place.key] = staffing.fill(place, classes)
    if places is DEMO_PLACES:
        world.happened = plan.happenings(staffing, world.staff)
        plan.namesakes(world.staff)
        world.classes = special_classes(world.classes, world.staff, story, ids)
    plan.outsiders(staffing, [p for p in places if p.kind != "bureau"], world.staff["bureau"] if places is DEMO_PLACES else [])
    roster.write_classes(session, district_id, world.orgs, world.classes)
    world.later = roster.write_people(session, district_id, world.orgs, staffing.people, ids, world.began_at)
    pupils = roster.write_students(session, district_id, world.orgs, world.classes, ids, random, world.began_at)
    refresh_statistics(session, (Person, Employment, DepartmentMembership, PostAssignment))
    _calendar(session, story)
    _duty(world)
    world.seeded = SeededDistrict(
        district_id, name, world.requirement_id, dict(world.orgs), staff=sum(len(s) for s in world.staff.values()),
        pupils=pupils, people={key: [p.id for p in staff] for key, staff in world.staff.items()},
    )
    return world


DEMO_PLACES: tuple[Place, ...] = (BUREAU, *SCHOOLS)


def _calendar(session: Session, story: Story) -> None:
    """Store the published notices of the years of the story; a year not yet published stays out."""
    from trainhub.roster.refusals import NotKnownYet
    from trainhub.roster.service import seed_calendar

    present = {day.year for (day,) in session.execute(select(CalendarDay.day))}
    for year in range(story.last_year.start_year, story.today.year + 2):
        if year not in present:
            try:
                seed_calendar(session, year)
            except NotKnownYet:
                continue


def _duty(world: World) -> None:
    """The bureau's requirement and its first version of the rule: 180 minutes in a calendar year."""
    first = date(world.story.last_year.start_year, 1, 1)
    world.requirement_id = world.ids()
    world.session.execute(insert(TrainingRequirement), [{
        "district_id": world.district_id, "id": world.requirement_id, "org_id": world.district_id,
        "title": REQUIREMENT_TITLE, "topic": TOPIC, "audience": {"categories": [
            "full_time_teacher", "administrator", "support", "logistics"], "posts": [], "contracts": []},
        "from_on": first, "to_on": None, "created_at": world.began_at,
    }])
    world.session.execute(insert(PolicySetting), [
        {
            "district_id": world.district_id, "number": number, "org_id": world.district_id, "key": key,
            "value": {"value": value}, "effective_on": first, "reason": reason, "set_by": SYSTEM,
            "set_at": world.began_at,
        }
        for number, (key, value, reason) in enumerate((
            ("requirement_year", "calendar", "区教育局年度培训通知：按日历年统计"),
            ("training_min_minutes", 180, "区教育局年度培训通知：每人每年不少于4学时"),
        ), start=1)
    ])


def _holder(world: World, place: str, post: str, skip: int = 0) -> plan.Somebody | None:
    holders = [
        p for p in world.staff[place]
        if any(q.name == post and q.to_on is None for q in p.jobs[0].posts) and p.jobs[0].to_on is None
    ]
    return holders[skip] if len(holders) > skip else None


def _ordinary(world: World, place: str, count: int) -> list[plan.Somebody]:
    """Staff without posts who are here for long: they take the ordinary accounts."""
    since = date(world.story.school_year - 1, 1, 1)
    found = [
        p for p in world.staff[place]
        if {q.name for q in p.jobs[0].posts} <= {"bureau_administrator"} and len(p.jobs) == 1 and p.jobs[0].to_on is None and p.jobs[0].from_on < since
    ]
    return found[:count]


SCHOOL_ROLES: tuple[tuple[str, Role], ...] = (
    ("officer", Role.TRAINING_OFFICER), ("officer2", Role.TRAINING_OFFICER), ("principal", Role.PRINCIPAL),
    ("dean", Role.MORAL_EDUCATION_HEAD), ("clerk", Role.SCHOOL_ADMINISTRATOR), ("teacher", Role.TEACHER),
    ("homeroom", Role.HOMEROOM_TEACHER), ("case", Role.CASE_OFFICER), ("secretary", Role.COMMITTEE_SECRETARY),
    ("member", Role.COMMITTEE_MEMBER), ("psych", Role.PSYCHOLOGIST), ("instructor", Role.PLAN_INSTRUCTOR),
)
NEEDED = frozenset({"officer", "officer2", "principal", "dean", "clerk"})
"""Accounts that every school has, for they carry its story; the others only where they are shown."""
BUREAU_ROLES: tuple[tuple[str, Role], ...] = (
    ("bureau", Role.BUREAU_OFFICER), ("auditor", Role.AUDITOR), ("security", Role.SECURITY_ADMINISTRATOR),
    ("system", Role.SYSTEM_ADMINISTRATOR), ("officer", Role.TRAINING_OFFICER), ("officer2", Role.TRAINING_OFFICER),
    ("principal", Role.PRINCIPAL), ("cases", Role.BUREAU_CASE_OFFICER), ("review", Role.APPEAL_REVIEWER), ("review2", Role.APPEAL_REVIEWER),
)


def open_accounts(world: World, shown: dict[str, tuple[str, ...]]) -> None:
    """Open one account per role and place; ``shown`` lists per place whose password is printed."""
    for place in world.places:
        if not world.staff[place.key]:
            continue
        roles = BUREAU_ROLES if place.kind == "bureau" else SCHOOL_ROLES
        ordinary = _ordinary(world, place.key, len(roles))
        for key, role in roles:
            if place.kind != "bureau" and key not in NEEDED | set(shown.get(place.key, ())):
                continue
            person = _holder_for(world, place.key, key) or (ordinary.pop(0) if ordinary else world.staff[place.key][-1])
            _open(world, place, key, role, person, shown=key in shown.get(place.key, ()))


def _holder_for(world: World, place: str, key: str) -> plan.Somebody | None:
    """The person whose post goes with the account; small schools double up."""
    post = {"principal": "principal", "dean": "moral_education_head", "homeroom": "homeroom_teacher", "psych": "psychologist"}.get(key)
    return _holder(world, place, post) if post else None


def _open(world: World, place: Place, key: str, role: Role, person: plan.Somebody, *, shown: bool) -> None:
    desk = role in {Role.AUDITOR, Role.SECURITY_ADMINISTRATOR, Role.SYSTEM_ADMINISTRATOR}
    wanted = Wanted(
        key=f"{place.key}.{key}", role=role, org_id=world.orgs[place.key], org_name=place.name,
        username=f"{world.prefix}{place.key}.{key}", display_name=person.name,
        person_id=None if desk else person.id, shown=shown,
    )
    actor, seeded = open_account(world.session, world.district_id, wanted, world.began_at.date(), world.began_at)
    world.actors[place.key, key] = actor
    if world.manifest is not None:
        world.manifest.accounts.append(seeded)


__all__ = ["BUREAU_ROLES", "DEMO_PLACES", "DISTRICT_NAME", "ROLE_WORDS", "SCHOOL_ROLES", "World", "found_district", "open_accounts"]
