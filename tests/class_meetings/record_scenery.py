"""A small school for tests of class meetings: two classes, pupils, a timetable, a term, a dean, a lesson pack. All invented."""

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
    add_term,
    add_timetable,
)
from trainhub.class_meetings.models import ClassMeeting
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
YEAR, SEASON = "2026-2027", "autumn"
STEPS = (("热身", 5), ("情境讨论", 15), ("小组演练", 15), ("约定", 5))


@dataclass
class Scene:
    """Ids and actors of the small school. ``teacher`` leads ``class_id``, ``other_teacher`` leads ``other_class_id``."""

    district_id: str
    school_id: str
    class_id: str
    other_class_id: str
    teacher: Actor
    other_teacher: Actor
    substitute: Actor
    dean: Actor
    pack_id: str
    sample: Sample
    pupils: list[str] = field(default_factory=list)
    other_pupils: list[str] = field(default_factory=list)


def build_scene(session: Session, sample: Sample, *, pupils: int = 12) -> Scene:
    """Build it at the first school of a district. The dean's account key is ``dean``, the second teacher's ``homeroom_teacher_2``."""
    tenant, school = sample.district_id, sample.school_id
    first, second = add_class(session, tenant, school, 8, 3), add_class(session, tenant, school, 8, 4)
    add_term(session, sample)
    add_lesson_times(session, sample)
    for class_id, person in ((first, sample.people[1]), (second, sample.people[3])):
        add_post(session, tenant, school, person, "homeroom_teacher", date(2026, 9, 1), class_id=class_id)
        add_timetable(session, sample, class_id, teacher_id=person)
    add_account(session, sample, "dean", Role.MORAL_EDUCATION_HEAD, school, sample.people[4])
    add_account(session, sample, "homeroom_teacher_2", Role.HOMEROOM_TEACHER, school, sample.people[3])
    scene = Scene(
        tenant, school, first, second, sample.actors["homeroom_teacher"], sample.actors["homeroom_teacher_2"], sample.actors["teacher"],
        sample.actors["dean"], add_pack(session), sample,
    )
    scene.pupils, scene.other_pupils = add_pupils(session, sample, first, pupils), add_pupils(session, sample, second, 3)
    session.commit()
    return scene


def add_pack(session: Session, pack_id: str = "", *, theme: str = "recognise") -> str:
    """Put a lesson of four steps on the shelf and return its id."""
    key = pack_id or f"lesson-{new_id()[-8:]}"
    course: dict[str, Any] = {
        "id": key, "title": "玩笑的边界", "theme": theme, "grade_bands": ["junior"], "lesson_minutes": 40, "order": 1, "units": [],
        "run_of_show": [{"title": title, "minutes": minutes, "kind": "talk"} for title, minutes in STEPS],
        "handouts": [{"kind": "activity_sheet", "title": "我们的约定"}],
    }
    session.add(CoursePack(
        pack_id=key, version="1.0", is_current=True, title="玩笑的边界", summary="分清玩笑与欺凌。", type_key="class_meeting",
        delivery_mode="face_to_face", minutes=40, class_hours=1, content={"course": course, "texts": {}, "quiz": None}, digest="0" * 64, topic="student_bullying_prevention",
        installed_at=NOW,
    ))
    session.flush()
    return key


def planned(session: Session, scene: Scene, *, day: date = MONDAY, class_id: str = "", clock: time = time(16, 10), **changes: Any) -> str:
    """Put a scheduled meeting of a class on a day (by default 8（3）, last Monday 16:10-16:50) and return its id."""
    klass = class_id or scene.class_id
    person = scene.teacher.person_id if klass == scene.class_id else scene.other_teacher.person_id
    values: dict[str, Any] = {
        "state": "scheduled", "title": "玩笑的边界", "theme": "recognise", "pack_id": scene.pack_id, "pack_version": "1.0",
        "starts_at": at(day, clock), "ends_at": at(day, clock) + timedelta(minutes=40), "lesson_no": 8, "responsible_id": person,
        "held_by_id": person, "school_year": YEAR, "season": SEASON,
    }
    row = ClassMeeting(
        district_id=scene.district_id, id=new_id(), school_id=scene.school_id, class_id=klass, planned_by=scene.teacher.account_id,
        created_at=NOW, updated_at=NOW, **(values | changes),
    )
    session.add(row)
    session.commit()
    return row.id
