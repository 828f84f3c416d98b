"""Lesson times, and the class-meeting lesson of classes without a timetable file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import insert_many
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.roster.models import LessonTime, SchoolClass, TimetableLesson
from trainhub.roster.queries.sheets import lessons_from
from trainhub.roster.refusals import BadLessonTimes, UnknownWord
from trainhub.roster.service.facts import guard, record
from trainhub.roster.service.timetable_import import end_lessons, within_term
from trainhub.roster.timetable_rules import LAST_LESSON, WEEKS, is_meeting_subject, meet, problem_of_times

STAGES = ("", "primary", "junior", "senior", "vocational")


@dataclass(frozen=True, slots=True)
class SetLessonTimes:
    """A school's lesson times from a day: lesson number -> (start, end) in minutes from local midnight. No lessons: take the set back."""

    school_id: str
    from_on: date
    stage: str
    spans: Mapping[int, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class SetMeetingLesson:
    """The weekly class-meeting lesson of some classes in a term, from a day. ``weeks`` is all, odd or even."""

    school_id: str
    class_ids: Sequence[str]
    school_year: str
    season: str
    from_on: date
    weekday: int
    lesson_no: int
    weeks: str = "all"


def set_lesson_times(session: Session, actor: Actor, command: SetLessonTimes, now: datetime) -> None:
    """Write a set of lesson times in the place of one from the same day. Raises BadLessonTimes, UnknownWord."""
    guard(actor, command.school_id)
    if command.stage not in STAGES:
        raise UnknownWord(field="stage", value=command.stage)
    wrong = problem_of_times(command.spans) if command.spans else ""
    if wrong or any(not 1 <= number <= LAST_LESSON for number in command.spans):
        raise BadLessonTimes(why=wrong or "order")
    session.execute(delete(LessonTime).where(
        LessonTime.district_id == actor.district_id, LessonTime.school_id == command.school_id, LessonTime.from_on == command.from_on,
        LessonTime.stage == command.stage,
    ).execution_options(synchronize_session=False))
    insert_many(session, insert(LessonTime.__table__), [  # type: ignore[arg-type]
        {"district_id": actor.district_id, "school_id": command.school_id, "from_on": command.from_on, "stage": command.stage,
         "lesson_no": number, "starts_at_minute": start, "ends_at_minute": end}
        for number, (start, end) in sorted(command.spans.items())
    ])
    session.expire_all()
    record(
        session, actor, now, school_id=command.school_id, kind="roster.lesson_times", subject=command.school_id,
        object_ref=command.stage or "all", on=command.from_on,
        payload={"stage": command.stage, "lessons": [[number, *span] for number, span in sorted(command.spans.items())]},
    )


def set_meeting_lesson(session: Session, actor: Actor, command: SetMeetingLesson, now: datetime) -> int:
    """Give classes their weekly class-meeting lesson; returns how many it changed.

    The former one ends the day before, and so does what else stood at that place. Raises UnknownWord, DayOutsideTerm, NotFound.
    """
    guard(actor, command.school_id)
    if command.weeks not in WEEKS or not 1 <= command.weekday <= 7 or not 1 <= command.lesson_no <= LAST_LESSON:
        raise UnknownWord(field="lesson_no", value=f"{command.weekday}-{command.lesson_no}-{command.weeks}")
    within_term(session, actor.district_id, command.school_id, command.school_year, command.season, command.from_on)
    wanted = _own_classes(session, actor.district_id, command)
    held = [one for one in lessons_from(
        session, actor.district_id, command.school_id, command.school_year, command.season, command.from_on
    ) if one.class_id in wanted]
    place = (command.weekday, command.lesson_no, command.weeks)
    same = {one.class_id for one in held if is_meeting_subject(one.subject) and (one.weekday, one.lesson_no, one.weeks) == place
            and one.from_on <= command.from_on and one.to_on is None}
    todo = [key for key in wanted if key not in same]
    ended = [one for one in held if one.class_id in todo and (
        is_meeting_subject(one.subject) or ((one.weekday, one.lesson_no) == place[:2] and meet(one.weeks, command.weeks))
    )]
    end_lessons(session, actor.district_id, ended, command.from_on)
    insert_many(session, insert(TimetableLesson.__table__), [  # type: ignore[arg-type]
        {"district_id": actor.district_id, "id": new_id(), "school_id": command.school_id, "class_id": key,
         "school_year": command.school_year, "season": command.season, "weekday": command.weekday, "lesson_no": command.lesson_no,
         "weeks": command.weeks, "subject": "班会", "teacher_id": None, "teacher_name": "", "room": "", "from_on": command.from_on,
         "to_on": None}
        for key in todo
    ])
    if todo:
        record(
            session, actor, now, school_id=command.school_id, kind="roster.meeting_lesson", subject=command.school_id,
            object_ref=f"{command.school_year}-{command.season}", on=command.from_on,
            payload={"classes": sorted(todo), "weekday": command.weekday, "lesson_no": command.lesson_no, "weeks": command.weeks},
        )
    return len(todo)


def _own_classes(session: Session, district_id: str, command: SetMeetingLesson) -> set[str]:
    found = set(session.scalars(select(SchoolClass.id).where(
        SchoolClass.district_id == district_id, SchoolClass.school_id == command.school_id,
        SchoolClass.school_year == command.school_year, SchoolClass.id.in_(command.class_ids),
    )))
    if not found or found != set(command.class_ids):
        raise NotFound
    return found
