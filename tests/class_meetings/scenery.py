"""A small school for tests of class meetings: classes with pupils and homeroom teachers, a timetable, a term, a dean, packs."""

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

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
STEPS = (("热身", 5), ("情境讨论", 15), ("小组演练", 15), ("约定", 5))


@dataclass
class Classes:
    """Classes of the first school; ``homeroom`` is the actor who leads the first one, ``dean`` the one of the school."""

    district_id: str
    school_id: str
    sample: Sample
    ids: list[str] = field(default_factory=list)
    teachers: list[str] = field(default_factory=list)
    pupils: list[list[str]] = field(default_factory=list)

    @property
    def homeroom(self) -> Actor:
        """Who leads the first class."""
        return self.sample.actors["homeroom_teacher"]

    @property
    def dean(self) -> Actor:
        """Who answers for class meetings at the school."""
        return self.sample.actors["dean"]


def build_classes(session: Session, sample: Sample, count: int = 2, *, pupils: int = 3) -> Classes:
    """Give the first school ``count`` classes of grade 8 with a class-meeting lesson on Mondays, and two lesson packs."""
    tenant, school = sample.district_id, sample.school_id
    classes = Classes(tenant, school, sample)
    add_term(session, sample)
    add_lesson_times(session, sample)
    teachers = [sample.people[1], sample.people[3], *(add_staff(session, tenant, school, count - 2, first_no=500) if count > 2 else [])]
    add_account(session, sample, "dean", Role.MORAL_EDUCATION_HEAD, school, sample.people[4])
    for number in range(count):
        class_id = add_class(session, tenant, school, 8, number + 1)
        add_post(session, tenant, school, teachers[number], "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
        add_timetable(session, sample, class_id, teacher_id=teachers[number])
        classes.ids.append(class_id)
        classes.pupils.append(add_pupils(session, sample, class_id, pupils))
    classes.teachers = teachers[:count]
    add_pack(session, "lesson-1")
    add_pack(session, "lesson-2")
    return classes


def add_pack(session: Session, pack_id: str, version: str = "1.0", *, type_key: str = "class_meeting", theme: str = "recognise") -> str:
    """Put a lesson of four steps for junior classes on the shelf and return its id."""
    course: dict[str, Any] = {
        "id": pack_id, "title": f"课《{pack_id}》", "theme": theme, "grade_bands": ["junior"], "lesson_minutes": 40, "order": 1, "units": [],
        "run_of_show": [{"title": title, "minutes": minutes, "kind": "talk"} for title, minutes in STEPS],
        "handouts": [{"kind": "activity_sheet", "title": "我们的约定"}],
    }
    session.add(CoursePack(
        pack_id=pack_id, version=version, is_current=True, title=f"课《{pack_id}》", summary="", type_key=type_key,
        topic="student_bullying_prevention", delivery_mode="face_to_face", minutes=40, class_hours=1,
        content={"course": course, "texts": {}, "quiz": None}, digest="0" * 64, installed_at=NOW,
    ))
    session.flush()
    return pack_id


def add_meeting(session: Session, classes: Classes, number: int = 0, day: date = MONDAY, *, start: time = time(17, 20), **columns: Any) -> str:
    """Put a scheduled meeting of a class on a day and return its id."""
    values: dict[str, Any] = {
        "state": "scheduled", "title": "旁观者可以做什么", "theme": "bystander", "pack_id": "lesson-1", "pack_version": "1.0",
        "starts_at": at(day, start), "ends_at": at(day, start) + timedelta(minutes=40), "lesson_no": 8,
        "responsible_id": classes.teachers[number], "held_by_id": classes.teachers[number], "school_year": "2026-2027", "season": "autumn",
    }
    row = ClassMeeting(
        district_id=classes.district_id, id=new_id(), school_id=classes.school_id, class_id=classes.ids[number],
        planned_by=classes.homeroom.account_id, created_at=NOW, updated_at=NOW, **(values | columns),
    )
    session.add(row)
    session.flush()
    return row.id
