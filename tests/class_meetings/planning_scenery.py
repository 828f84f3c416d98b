"""A school with classes, pupils, a timetable with class-meeting lessons, terms, a dean and lesson packs: for tests of planning."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import (
    Sample,
    add_account,
    add_class,
    add_lesson_times,
    add_post,
    add_pupils,
    add_staff,
    add_term,
    add_timetable,
)
from trainhub.class_meetings.models import ClassMeeting
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.roster.models import SchoolClass

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
"""Friday, 20 November 2026, 14:00 where the schools are; the twelfth week of the term."""
MONDAY = date(2026, 11, 23)
YEAR = "2026-2027"


@dataclass
class Classes:
    """The first school's classes: ids in order, their homeroom teachers, and who acts."""

    sample: Sample
    ids: list[str] = field(default_factory=list)
    teachers: list[str] = field(default_factory=list)
    packs: list[str] = field(default_factory=list)
    pupils: list[list[str]] = field(default_factory=list)

    @property
    def district_id(self) -> str:
        """The tenant."""
        return self.sample.district_id

    @property
    def school_id(self) -> str:
        """The school of all these classes."""
        return self.sample.school_id

    @property
    def dean(self) -> Actor:
        """The moral education head of the school (account key ``dean``)."""
        return self.sample.actors["dean"]

    @property
    def homeroom(self) -> Actor:
        """The homeroom teacher of the first class (account key ``homeroom_teacher``)."""
        return self.sample.actors["homeroom_teacher"]


def build_classes(session: Session, sample: Sample, count: int = 2, *, grade: int = 8, pupils: int = 3, packs: int = 4) -> Classes:
    """Give the first school ``count`` classes of a grade: terms, lesson times, Monday lesson 8, pupils, homeroom teachers."""
    made = Classes(sample)
    add_term(session, sample)
    add_term(session, sample, "spring")
    add_lesson_times(session, sample)
    extra = add_staff(session, sample.district_id, sample.school_id, max(0, count - 1), department="数学组", first_no=21)
    made.teachers = [sample.people[1], *extra][:count]
    add_account(session, sample, "dean", Role.MORAL_EDUCATION_HEAD, sample.school_id, sample.people[2])
    for number, teacher in enumerate(made.teachers, start=1):
        class_id = add_class(session, sample.district_id, sample.school_id, grade, number)
        add_post(session, sample.district_id, sample.school_id, teacher, "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
        add_timetable(session, sample, class_id)
        made.pupils.append(add_pupils(session, sample, class_id, pupils) if pupils else [])
        made.ids.append(class_id)
    themes = ("recognise", "bystander", "internet", "ask_for_help")[:packs]
    made.packs = [add_pack(session, f"lesson-{number}", theme=theme) for number, theme in enumerate(themes, start=1)]
    session.commit()
    return made


def add_pack(
    session: Session, pack_id: str, version: str = "1.0", *, bands: tuple[str, ...] = ("junior",), theme: str = "bystander",
    current: bool = True, type_key: str = "class_meeting",
) -> str:
    """Install a lesson pack of 40 minutes in five steps, titled by its id; return the id."""
    steps = [("导入", 5), ("看见", 8), ("演练", 15), ("约定", 7), ("小结", 5)]
    course = {
        "grade_bands": list(bands), "theme": theme, "lesson_minutes": 40,
        "run_of_show": [{"title": title, "minutes": minutes, "kind": "talk"} for title, minutes in steps],
        "handouts": [{"title": "活动单", "file": "a.md", "kind": "activity_sheet"}],
    }
    session.add(CoursePack(
        pack_id=pack_id, version=version, digest="0" * 64, type_key=type_key, topic="student_bullying_prevention",
        title=f"课《{pack_id}》", summary="只用于测试。", delivery_mode="face_to_face", minutes=40, class_hours=1,
        content={"course": course}, installed_at=NOW, is_current=current,
    ))
    session.flush()
    return pack_id


def add_meeting(
    session: Session, classes: Classes, number: int = 0, day: date = MONDAY, *, start: time = time(16, 30), **columns: Any
) -> ClassMeeting:
    """Write a scheduled meeting of the class with that index straight into the table: 40 minutes, led by its homeroom teacher."""
    class_id, teacher, starts_at = classes.ids[number], classes.teachers[number], at(day, start)
    values: dict[str, Any] = {
        "school_year": session.get_one(SchoolClass, (classes.district_id, class_id)).school_year,
        "season": "spring" if 2 <= day.month <= 7 else "autumn", "state": "scheduled", "title": "旁观者可以做什么", "theme": "bystander",
        "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=40), "lesson_no": 8, "room": "本班教室",
        "responsible_id": teacher, "held_by_id": teacher, "planned_by": classes.homeroom.account_id, "created_at": NOW, "updated_at": NOW,
    }
    row = ClassMeeting(
        district_id=classes.district_id, id=new_id(), school_id=classes.school_id, class_id=class_id, **(values | columns)
    )
    session.add(row)
    session.flush()
    return row
