"""Small invented districts for tests. People, schools and numbers are made up."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from trainhub.accounts import service as accounts
from trainhub.accounts.service import NewAccount, NewGrant
from trainhub.kernel.actor import Actor, Grant
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.roster.models import (
    ClassMembership,
    Department,
    DepartmentMembership,
    Employment,
    LessonTime,
    OrgUnit,
    Person,
    PostAssignment,
    SchoolClass,
    SchoolTerm,
    Student,
    TimetableLesson,
)
from trainhub.training.models import TrainingRequirement

TOPIC = "student_bullying_prevention"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
GIVEN = ("若兰", "明远", "思源", "晓峰", "雅琴", "建平", "慧敏", "志强", "海燕", "文博", "静怡", "国庆")


@dataclass
class Sample:
    """What a test needs to know of the district: ids by role and name."""

    district_id: str
    bureau_id: str
    school_id: str
    other_school_id: str
    requirement_id: str = ""
    people: list[str] = field(default_factory=list)  # staff of the first school, by number
    other_people: list[str] = field(default_factory=list)
    accounts: dict[str, str] = field(default_factory=dict)  # key (role or role@other) -> account id
    usernames: dict[str, str] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)


def person_name(index: int) -> str:
    """Return an invented name, distinct for the first 192 indices."""
    return SURNAMES[index % len(SURNAMES)] + GIVEN[(index // len(SURNAMES)) % len(GIVEN)]


def add_org(session: Session, district_id: str, name: str, kind: str = "school", org_id: str | None = None) -> str:
    """Add an organisation and return its id."""
    key = org_id or new_id()
    session.add(OrgUnit(
        district_id=district_id, id=key, parent_id=None if key == district_id else district_id, kind=kind, name=name,
        short_name=name, stages=[] if kind == "bureau" else ["primary"], sort_key=name,
    ))
    session.flush()
    return key


def add_staff(
    session: Session, district_id: str, school_id: str, count: int, *, department: str = "语文组", first_no: int = 1,
    from_on: date = date(2020, 9, 1), category: str = "full_time_teacher",
) -> list[str]:
    """Add ``count`` members of staff and return their person ids in staff-number order."""
    group = Department(district_id=district_id, id=new_id(), school_id=school_id, name=department, sort_key=department)
    session.add(group)
    session.flush()
    people, jobs, places, ids = [], [], [], []
    moment = now()
    for offset in range(count):
        number = first_no + offset
        person_id, job_id = new_id(), new_id()
        ids.append(person_id)
        name = person_name(number)
        people.append(Person(district_id=district_id, id=person_id, name=name, name_key=name, sort_key=f"p{number:05d}",
                             initials=f"p{number}", created_at=moment))
        jobs.append(Employment(district_id=district_id, id=job_id, person_id=person_id, school_id=school_id,
                               staff_no=f"T{number:04d}", category=category, from_on=from_on, hired_on=from_on,
                               created_at=moment))
        places.append(DepartmentMembership(district_id=district_id, id=new_id(), employment_id=job_id,
                                           department_id=group.id, from_on=from_on))
    for rows in (people, jobs, places):
        session.add_all(rows)
        session.flush()
    return ids


def add_account(
    session: Session, sample: Sample, key: str, role: Role, org_id: str, person_id: str | None = None,
    *, display_name: str | None = None, from_on: date = date(2020, 9, 1),
) -> str:
    """Add an account with one grant; remember its id and its actor under ``key``."""
    username = f"{key.replace('@', '.')}.{sample.district_id[-6:]}"
    shown = display_name or f"{key}账号"
    account = accounts.create_account(session, NewAccount(sample.district_id, username, shown, person_id), now())
    grant_id = accounts.grant_by_system(
        session, sample.district_id, NewGrant(account.id, role, org_id, from_on, None, "sample"), now()
    )
    sample.accounts[key] = account.id
    sample.usernames[key] = username
    name = session.get_one(OrgUnit, (sample.district_id, org_id)).name
    held = Grant(grant_id, role, org_id, name, from_on)
    sample.actors[key] = Actor(account.id, sample.district_id, shown, person_id, role, org_id, name, (held,), grant_id)
    return account.id


def build_district(session: Session, *, staff: int = 6, other_staff: int = 4) -> Sample:
    """Build a bureau, two schools with staff, a requirement, and one account per role.

    Account keys are role names ("training_officer"); a second officer, principal and administrator
    exist for separation of duties ("training_officer_2") and at the other school ("training_officer@other").
    """
    district_id = new_id()
    add_org(session, district_id, "云岭区教育局", "bureau", district_id)
    school_id = add_org(session, district_id, "晨曦第一中学")
    other_id = add_org(session, district_id, "松岗小学")
    sample = Sample(district_id, district_id, school_id, other_id)
    sample.people = add_staff(session, district_id, school_id, staff)
    sample.other_people = add_staff(session, district_id, other_id, other_staff, first_no=101)
    sample.requirement_id = add_requirement(session, district_id)
    people = sample.people
    for key, role, org_id, person_id in (
        ("teacher", Role.TEACHER, school_id, people[0]),
        ("homeroom_teacher", Role.HOMEROOM_TEACHER, school_id, people[1]),
        ("training_officer", Role.TRAINING_OFFICER, school_id, people[2]),
        ("training_officer_2", Role.TRAINING_OFFICER, school_id, people[3]),
        ("moral_education_head", Role.MORAL_EDUCATION_HEAD, school_id, people[4]),
        ("school_administrator", Role.SCHOOL_ADMINISTRATOR, school_id, people[4]),
        ("principal", Role.PRINCIPAL, school_id, people[5]),
        ("case_officer", Role.CASE_OFFICER, school_id, people[2]),
        ("committee_secretary", Role.COMMITTEE_SECRETARY, school_id, people[3]),
        ("committee_member", Role.COMMITTEE_MEMBER, school_id, people[0]),
        ("psychologist", Role.PSYCHOLOGIST, school_id, people[1]),
        ("plan_instructor", Role.PLAN_INSTRUCTOR, school_id, people[4]),
        ("bureau_case_officer", Role.BUREAU_CASE_OFFICER, district_id, None),
        ("appeal_reviewer", Role.APPEAL_REVIEWER, district_id, None),
        ("case_officer@other", Role.CASE_OFFICER, other_id, sample.other_people[0]),
        ("committee_secretary@other", Role.COMMITTEE_SECRETARY, other_id, sample.other_people[1]),
        ("bureau_officer", Role.BUREAU_OFFICER, district_id, None),
        ("auditor", Role.AUDITOR, district_id, None),
        ("security_administrator", Role.SECURITY_ADMINISTRATOR, district_id, None),
        ("system_administrator", Role.SYSTEM_ADMINISTRATOR, district_id, None),
        ("training_officer@other", Role.TRAINING_OFFICER, other_id, sample.other_people[0]),
        ("principal@other", Role.PRINCIPAL, other_id, sample.other_people[1]),
    ):
        add_account(session, sample, key, role, org_id, person_id)
    session.flush()
    return sample


def add_requirement(session: Session, district_id: str) -> str:
    """Add the yearly requirement of a district and return its id."""
    requirement = TrainingRequirement(
        district_id=district_id, id=new_id(), org_id=district_id, title="学生欺凌预防与处置年度专题面授培训", topic=TOPIC,
        audience={}, from_on=date(2020, 1, 1), created_at=now(),
    )
    session.add(requirement)
    session.flush()
    return requirement.id


def add_class(session: Session, district_id: str, school_id: str, grade: int, number: int, year: str = "2026-2027") -> str:
    """Add a class and return its id."""
    row = SchoolClass(district_id=district_id, id=new_id(), school_id=school_id, school_year=year, grade=grade,
                      class_no=number, name=f"{grade}（{number}）班", opened_on=date(int(year[:4]), 9, 1))
    session.add(row)
    session.flush()
    return row.id


def add_term(
    session: Session, sample: Sample, season: str = "autumn", year: str = "2026-2027", *, school_id: str = "",
    starts_on: date | None = None, ends_on: date | None = None,
) -> str:
    """Add a term (1 September to 22 January, or 1 March to 10 July), the bureau's unless a school is named; return its id."""
    start = int(year[:4])
    usual = (date(start, 9, 1), date(start + 1, 1, 22)) if season == "autumn" else (date(start + 1, 3, 1), date(start + 1, 7, 10))
    row = SchoolTerm(district_id=sample.district_id, id=new_id(), school_id=school_id or sample.district_id, school_year=year,
                     season=season, starts_on=starts_on or usual[0], ends_on=ends_on or usual[1])
    session.add(row)
    session.flush()
    return row.id


def add_lesson_times(session: Session, sample: Sample, *, school_id: str = "", from_on: date = date(2020, 9, 1), count: int = 8) -> None:
    """Add a school's lesson times: ``count`` lessons of 40 minutes, four from 08:00, the others from 14:00."""
    session.add_all([
        LessonTime(district_id=sample.district_id, school_id=school_id or sample.school_id, from_on=from_on, stage="",
                   lesson_no=number, starts_at_minute=start, ends_at_minute=start + 40)
        for number, start in enumerate([*range(480, 680, 50), *range(840, 1340, 50)][:count], 1)
    ])
    session.flush()


def add_timetable(
    session: Session, sample: Sample, class_id: str, lessons: Iterable[tuple[int, int, str]] = ((1, 8, "班会"),), *,
    teacher_id: str | None = None, weeks: str = "all", room: str = "", season: str = "autumn", year: str = "2026-2027",
    from_on: date | None = None, to_on: date | None = None,
) -> list[str]:
    """Give a class weekly lessons as (weekday 1-7, lesson number, subject); by default a class meeting, Monday lesson 8."""
    school_id = session.get_one(SchoolClass, (sample.district_id, class_id)).school_id
    start = from_on or date(int(year[:4]) + (season == "spring"), 9 if season == "autumn" else 2, 1)
    rows = [
        TimetableLesson(
            district_id=sample.district_id, id=new_id(), school_id=school_id, class_id=class_id, school_year=year, season=season,
            weekday=weekday, lesson_no=number, weeks=weeks, subject=subject, teacher_id=teacher_id, room=room, from_on=start, to_on=to_on,
        )
        for weekday, number, subject in lessons
    ]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def add_pupils(session: Session, sample: Sample, class_id: str, count: int, from_on: date = date(2026, 9, 1)) -> list[str]:
    """Put ``count`` invented pupils into a class, numbered from 1; return their ids."""
    school_id = session.get_one(SchoolClass, (sample.district_id, class_id)).school_id
    moment, pupils, places = now(), [], []
    for number in range(1, count + 1):
        key, name = new_id(), person_name(number + 40)
        pupils.append(Student(district_id=sample.district_id, id=key, school_id=school_id, name=name, name_key=name,
                              sort_key=f"s{number:05d}", number_hash=key * 2, number_tail=f"{number:04d}", number_kind="G",
                              from_on=from_on, created_at=moment))
        places.append(ClassMembership(district_id=sample.district_id, id=new_id(), student_id=key, class_id=class_id,
                                      number_in_class=str(number), from_on=from_on))
    for rows in (pupils, places):
        session.add_all(rows)
        session.flush()
    return [pupil.id for pupil in pupils]


def add_post(
    session: Session, district_id: str, school_id: str, person_id: str, post: str, from_on: date,
    to_on: date | None = None, class_id: str | None = None,
) -> str:
    """Give a post and return the assignment's id."""
    row = PostAssignment(district_id=district_id, id=new_id(), person_id=person_id, school_id=school_id, post=post,
                         class_id=class_id, from_on=from_on, to_on=to_on)
    session.add(row)
    session.flush()
    return row.id


def today() -> date:
    """The local day of the test run."""
    return local_day(now())


def hours_ago(hours: float) -> datetime:
    """A moment in the past, aware."""
    return now() - timedelta(hours=hours)
