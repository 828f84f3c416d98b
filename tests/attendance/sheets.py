"""Sheets for tests: a session that began an hour ago, with the staff of the first school on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from tests.builders import Sample, add_staff
from trainhub.attendance import service
from trainhub.attendance.models import AttendanceRecord
from trainhub.attendance.service import Mark, MarkRoll, OpenSheet, SheetPerson
from trainhub.kernel.clock import now
from trainhub.kernel.ids import new_id
from trainhub.kernel.minutes import whole_minute

ON_TIME, LATE, ABSENT = "present", "late", "absent"


@dataclass
class Built:
    """A sheet and what a test asks of it."""

    session: Session
    sample: Sample
    sheet_id: str
    people: list[str]
    starts_at: datetime
    ends_at: datetime

    def actor(self, key: str = "training_officer"):
        """The actor of an account of the sample."""
        return self.sample.actors[key]

    def mark(self, *marks: tuple[int, str | None, int], key: str = "training_officer", op_id: str = "", **more):
        """Record marks given as (index of the person, value, seen version)."""
        command = MarkRoll(
            self.sheet_id, [Mark(self.people[i], value, version, **more) for i, value, version in marks], op_id or new_id()
        )
        result = service.record_marks(self.session, self.actor(key), command, self.now)
        self.session.flush()
        return result

    @property
    def now(self) -> datetime:
        """A moment in the middle of the session."""
        return self.starts_at + timedelta(minutes=40)

    def head(self, index: int) -> AttendanceRecord:
        """The record of a person as stored."""
        self.session.expire_all()
        return self.session.get_one(AttendanceRecord, (self.sample.district_id, self.sheet_id, self.people[index]))


def build_sheet(session: Session, sample: Sample, *, extra: int = 0, minutes: int = 120, began: timedelta = timedelta(hours=3)) -> Built:
    """Open a sheet with the first school's staff (and ``extra`` more people)."""
    people = list(sample.people)
    if extra:
        people += add_staff(session, sample.district_id, sample.school_id, extra, department=f"数学组{extra}", first_no=201)
    starts_at = whole_minute(now() - began)
    ends_at = starts_at + timedelta(minutes=minutes)
    sheet_id = service.open_sheet(session, sample.actors["training_officer"], OpenSheet(
        sample.school_id, "training_part", new_id(), "学生欺凌预防与处置专题培训", starts_at, ends_at,
        people=[SheetPerson(p, i + 1, "语文组" if i < len(sample.people) else f"数学组{extra}", f"T{i:04d}") for i, p in enumerate(people)],
    ), now())
    session.commit()
    return Built(session, sample, sheet_id, people, starts_at, ends_at)
