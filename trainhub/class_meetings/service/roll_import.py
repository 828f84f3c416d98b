"""The roll of a meeting from a file: read in a child process, checked by a person, then the marks of the recording page.

Nothing of a file reaches a record before somebody submits it; the record then keeps the digest of the file in the ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from trainhub.attendance.service.reading import ReadFile
from trainhub.class_meetings.models import ClassMeeting
from trainhub.class_meetings.queries.access import seen_meeting
from trainhub.class_meetings.roll_rules import RollPlan, decided, marks, plan_roll
from trainhub.class_meetings.service.recording import ROLL, RecordRefused, own_teacher
from trainhub.evidence import wire
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.plugin_api import SessionFrame
from trainhub.roster.models import ImportBatch
from trainhub.roster.queries.timetable import PupilRow, pupils_of_class


class RollDayMissing(DomainError):
    """The file has no column for the day of the meeting."""

    code = "roll_day_missing"


class RollEmpty(DomainError):
    """The file speaks of nobody in the class."""

    code = "roll_empty"


class RollUndecided(DomainError):
    """Lines are still open."""

    code = "roll_undecided"


@dataclass(frozen=True, slots=True)
class RollPage:
    """A staged roll as it is checked: what it says, the class to choose from, the name of the file."""

    batch_id: str
    meeting_id: str
    file_name: str
    plan: RollPlan
    pupils: tuple[PupilRow, ...]


def frame_of_meeting(session: Session, actor: Actor, meeting_id: str, today: date) -> SessionFrame:
    """What a reader may know of the meeting. Raises NotFound, RecordRefused without a time."""
    meeting = _own(session, actor, meeting_id, today)
    if meeting.starts_at is None or meeting.ends_at is None:
        raise RecordRefused("not_scheduled")
    return SessionFrame(meeting.starts_at, meeting.ends_at, local_day(meeting.starts_at), place=meeting.room)


def stage_roll(session: Session, actor: Actor, meeting_id: str, read: ReadFile, now: datetime) -> str:
    """Keep a read file for checking and return its id. Raises NotFound, RollDayMissing, RollEmpty."""
    meeting = _own(session, actor, meeting_id, local_day(now))
    pupils = _pupils(session, meeting)
    day = _day(meeting)
    plan = plan_roll(read.result.readings, _triples(pupils), day)
    if not plan.lines and plan.days:
        raise RollDayMissing(day=day.isoformat(), days="、".join(d.isoformat() for d in plan.days[:12]))
    if not any(line.student_id or line.candidates for line in plan.lines):
        raise RollEmpty
    batch = ImportBatch(
        district_id=meeting.district_id, id=new_id(), school_id=meeting.school_id, kind=ROLL, state="staged", target_id=meeting.id,
        file_name=read.name[-200:], file_sha256=read.sha256, source_key=read.source_key, mapping={}, staged=wire.pack_result(read.result),
        decisions={}, report={}, uploaded_by=actor.account_id, created_at=now, version=1,
    )
    session.add(batch)
    session.flush()
    return batch.id


def roll_page(session: Session, actor: Actor, meeting_id: str, batch_id: str, today: date) -> RollPage:
    """Return a staged roll with what was decided so far. Raises NotFound."""
    meeting = _own(session, actor, meeting_id, today)
    batch = _batch(session, meeting, batch_id)
    pupils = _pupils(session, meeting)
    plan = plan_roll(wire.unpack_result(batch.staged).readings, _triples(pupils), _day(meeting))
    whom, said = batch.decisions.get("whom", {}), batch.decisions.get("marks", {})
    plan = decided(plan, _by_row(whom), _by_row(said), [p.student_id for p in pupils])
    return RollPage(batch.id, meeting.id, batch.file_name, plan, pupils)


def decide_roll(session: Session, actor: Actor, meeting_id: str, batch_id: str, decisions: Mapping[str, Mapping[str, str]], now: datetime) -> None:
    """Keep what a person decided about open lines. Raises NotFound, RollUndecided while one is open."""
    meeting = _own(session, actor, meeting_id, local_day(now))
    _batch(session, meeting, batch_id).decisions = {"whom": dict(decisions["whom"]), "marks": dict(decisions["marks"])}
    session.flush()
    if roll_page(session, actor, meeting_id, batch_id, local_day(now)).plan.open:
        raise RollUndecided


def roll_marks(session: Session, actor: Actor, meeting_id: str, batch_id: str, today: date) -> dict[str, str]:
    """Pupil -> mark of a staged roll, for the recording page. Raises NotFound."""
    return marks(roll_page(session, actor, meeting_id, batch_id, today).plan.lines)


def _own(session: Session, actor: Actor, meeting_id: str, today: date) -> ClassMeeting:
    """A roll has names: the class's own teacher imports it, nobody else."""
    meeting = seen_meeting(session, actor, meeting_id, today, write=True)
    if not own_teacher(session, actor, meeting, today):
        raise NotFound
    return meeting


def _batch(session: Session, meeting: ClassMeeting, batch_id: str) -> ImportBatch:
    batch = session.get(ImportBatch, (meeting.district_id, batch_id))
    if batch is None or batch.kind != ROLL or batch.target_id != meeting.id or batch.state != "staged":
        raise NotFound
    return batch


def _pupils(session: Session, meeting: ClassMeeting) -> tuple[PupilRow, ...]:
    return pupils_of_class(session, Scope(meeting.district_id, frozenset({meeting.school_id})), meeting.class_id, _day(meeting))


def _day(meeting: ClassMeeting) -> date:
    return local_day(meeting.starts_at) if meeting.starts_at else local_day(meeting.created_at) - timedelta(days=1)


def _triples(pupils: tuple[PupilRow, ...]) -> list[tuple[str, str, str]]:
    return [(p.student_id, p.number_in_class, p.name) for p in pupils]


def _by_row(stored: Mapping[str, Any]) -> dict[int, str]:
    return {int(row): str(value) for row, value in stored.items() if row.isdecimal() and len(row) < 9}
