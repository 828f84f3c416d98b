"""A school in the middle of a term with class meetings: planned, to be recorded, waiting for the check. Days follow today."""

import struct
import zlib
from dataclasses import dataclass
from datetime import date, time, timedelta

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
from trainhub.class_meetings.service.photos import Picture
from trainhub.class_meetings.service.recording import RecordMeeting, record_meeting
from trainhub.courses.queries import lesson_pack
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import at, local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Role
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.models import PolicySetting, SchoolClass
from trainhub.roster.timetable_rules import season_of

DEAN, HOMEROOM, OTHER_HOMEROOM = "moral_education_head", "homeroom_teacher", "homeroom_teacher_2"
PUPILS = 24
GRADE, WAVE_GRADE = 8, 9


@dataclass
class MeetingSchool:
    """Two classes of grade 8, led by the accounts ``homeroom_teacher`` and ``homeroom_teacher_2``, and three of grade 9.

    The first class has a meeting that waits for its record, the second two records that wait for the check.
    """

    class_id: str
    other_class_id: str
    wave_classes: list[str]
    to_record: str
    recorded: list[str]


def weekday_before(day: date) -> date:
    """The last Monday to Friday before a day."""
    return day - timedelta(days={0: 3, 6: 2}.get(day.weekday(), 1))


def picture(shade: int) -> bytes:
    """A small PNG of one shade of grey."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = (b"\0" + bytes([shade]) * 320) * 240
    head = struct.pack(">IIBBBBB", 320, 240, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def add_meeting_school(session: Session, sample: Sample) -> MeetingSchool:
    """Build it at the first school of a district that has the shipped packs on its shelf."""
    today = local_day(now())
    year, season, begun = school_year_of(today), season_of(today), today - timedelta(days=42)
    add_term(session, sample, season, year, starts_on=begun, ends_on=today + timedelta(days=90))
    add_lesson_times(session, sample)
    session.add(
        PolicySetting(
            district_id=sample.district_id,
            number=1,
            org_id=sample.bureau_id,
            key="meeting_pause",
            value={"value": "none"},
            effective_on=date(2020, 1, 1),
            set_by="x",
            set_at=now(),
        )
    )  # a test run in summer is no summer rectification
    add_account(session, sample, OTHER_HOMEROOM, Role.HOMEROOM_TEACHER, sample.school_id, sample.people[3])
    extra = add_staff(session, sample.district_id, sample.school_id, 3, department="九年级组", first_no=61)
    places = [
        (GRADE, 1, sample.people[1]),
        (GRADE, 2, sample.people[3]),
        *((WAVE_GRADE, n, who) for n, who in enumerate(extra, 1)),
    ]
    ids = [
        _add_class(session, sample, grade, number, teacher, year, season, begun) for grade, number, teacher in places
    ]
    first, second = (sample.actors[HOMEROOM], sample.actors[OTHER_HOMEROOM])
    last = weekday_before(today)
    waiting = _held(session, sample, ids[0], first, "class-junior-recognise", last)
    packs = (("class-junior-bystander", last), ("class-junior-help", weekday_before(last)))
    done = [_held(session, sample, ids[1], second, pack, day) for pack, day in packs]
    for shade, meeting_id in zip((90, 160), done, strict=True):
        _record(session, second, meeting_id, shade)
    return MeetingSchool(ids[0], ids[1], ids[2:], waiting, done)


def _add_class(
    session: Session, sample: Sample, grade: int, number: int, teacher: str, year: str, season: str, begun: date
) -> str:
    key = add_class(session, sample.district_id, sample.school_id, grade, number, year)
    session.get_one(SchoolClass, (sample.district_id, key)).opened_on = begun
    add_post(session, sample.district_id, sample.school_id, teacher, "homeroom_teacher", begun, class_id=key)
    add_timetable(session, sample, key, teacher_id=teacher, season=season, year=year, from_on=begun)
    add_pupils(session, sample, key, PUPILS, begun)
    return key


def _held(session: Session, sample: Sample, class_id: str, teacher: Actor, pack_id: str, day: date) -> str:
    """A meeting that took place on a day at 16:10, of which nothing is recorded yet."""
    pack = lesson_pack(session, Scope(sample.district_id, None), pack_id)
    moment, starts_at = now(), at(day, time(16, 10))
    row = ClassMeeting(
        district_id=sample.district_id,
        id=new_id(),
        school_id=sample.school_id,
        class_id=class_id,
        state="scheduled",
        title=pack.title,
        theme=pack.theme,
        pack_id=pack.id,
        pack_version=pack.version,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=pack.minutes),
        lesson_no=8,
        room="本班教室",
        responsible_id=teacher.person_id,
        held_by_id=teacher.person_id,
        school_year=school_year_of(local_day(moment)),
        season=season_of(local_day(moment)),
        planned_by=teacher.account_id,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    session.flush()
    return row.id


def _record(session: Session, teacher: Actor, meeting_id: str, shade: int) -> None:
    """Its teacher's record: every step done, one photo, one sentence."""
    meeting = session.get_one(ClassMeeting, (teacher.district_id, meeting_id))
    assert meeting.starts_at is not None
    assert meeting.ends_at is not None
    assert meeting.pack_id is not None
    steps = lesson_pack(session, Scope(teacher.district_id, None), meeting.pack_id).steps
    record_meeting(
        session,
        teacher,
        RecordMeeting(
            meeting_id,
            new_id(),
            0,
            teacher.person_id,
            meeting.starts_at,
            meeting.ends_at,
            steps=tuple((True, minutes) for _, minutes, _ in steps),
            worked="小组演练时大家都开口了，约定当堂表决。",
            pictures=(Picture(picture(shade)),),
        ),
        now(),
    )
