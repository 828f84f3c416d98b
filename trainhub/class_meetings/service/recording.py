"""Recording a meeting, correcting the record, taking a name out of it, and following up whoever was not there.

One transaction each. A record is added, never changed: the same operation sent again is the same record, a newer one of somebody
else stands until a person chose (domain.md cases 34, 38, 40, 41, 102).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingAbsence, MeetingPhoto, MeetingRecord
from trainhub.class_meetings.queries.access import leads_meeting, seen_meeting
from trainhub.class_meetings.queries.facts import paused
from trainhub.class_meetings.rules.counting import day_problem
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing, MeetingState, is_late, may
from trainhub.class_meetings.rules.naming import refuse_names
from trainhub.class_meetings.rules.recording import (
    Absence,
    StepDone,
    device_clock_wrong,
    minutes_held,
    record_problems,
    there_count,
    time_problem,
)
from trainhub.class_meetings.service.photos import Picture, keep_photos
from trainhub.class_meetings.service.steps import locked_meeting, note_steps, take_step
from trainhub.courses.queries import lesson_pack
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.policy import Policy
from trainhub.roster.models import Employment, ImportBatch, SchoolClass
from trainhub.roster.queries import calendar, policy_for
from trainhub.roster.queries.timetable import PupilRow, pupils_of_class, term_bounds

ROLL = "meeting_roll"
"""Kind of an import batch whose target is a meeting."""


class RecordRefused(DomainError):
    """A record that cannot be right; which of the problems is part of the code."""

    def __init__(self, problem: str, field: str | None = None, **params: Any) -> None:
        super().__init__(field=field, **params)
        self.code = f"record_{problem}"  # type: ignore[misc]  # the sentence differs by problem


class RecordedElsewhere(DomainError):
    """Somebody recorded the meeting since this page was opened. ``params`` hold the revisions: seen and current."""

    code = "meeting_recorded_elsewhere"
    status = 409


@dataclass(frozen=True, slots=True)
class RecordMeeting:
    """A record as a teacher made it. ``op_id`` is made where it was typed in and makes repeats idempotent.

    ``seen_revision`` is the record that was on the page (0: none). ``steps`` are (done, minutes) of every step of the pack, in
    its order. ``photos`` are digests of photos already kept with the meeting, ``pictures`` those that come with the record. ``device_at`` and ``sent_at`` are the phone's
    clock when the record was made and when it was sent. ``reason`` is asked for where a checked record is corrected.
    """

    meeting_id: str
    op_id: str
    seen_revision: int
    held_by_id: str | None
    starts_at: datetime
    ends_at: datetime
    absences: tuple[Absence, ...] = ()
    steps: tuple[tuple[bool, int], ...] = ()
    engagement: str = ""
    worked: str = ""
    again: str = ""
    agreed: str = ""
    photos: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    reason: str = ""
    confirmed_words: bool = False
    device_at: datetime | None = None
    sent_at: datetime | None = None
    roll_id: str = ""

    @property
    def texts(self) -> dict[str, str]:
        """The free texts by field."""
        return {"worked": self.worked, "again": self.again, "agreed": self.agreed}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a record. ``repeated``: it had come before and nothing changed."""

    revision: int
    late: bool
    times_unsure: bool
    repeated: bool


def record_meeting(session: Session, actor: Actor, command: RecordMeeting, now: datetime) -> Recorded:
    """Write a record as the next revision. Statements do not grow with pupils or photos.

    Raises NotFound, RecordRefused, RecordedElsewhere, TextNamesPupil, TextMayName, MeetingReasonMissing, and as keep_photos.
    """
    meeting = locked_meeting(session, actor, command.meeting_id, now)
    held = _records(session, meeting, command.op_id)
    same = next((r for r in held if r.op_id == command.op_id), None)
    if same is not None:
        return Recorded(same.revision, meeting.late_recorded, meeting.times_unsure, repeated=True)
    if meeting.revision != command.seen_revision:
        raise RecordedElsewhere(seen=command.seen_revision, revision=meeting.revision)
    last = next((r for r in held if r.revision == meeting.revision), None)
    pupils, steps, policy = _checked(session, actor, meeting, command, now)
    photos = {*command.photos, *keep_photos(session, actor, meeting, command.pictures, now)}
    revision = _add(session, actor, meeting, command, steps, len(pupils), now)
    _carry_absences(session, meeting, command, revision, last)
    roll = _take_roll(session, meeting, command, now)
    changes = _apply(meeting, command, policy, revision, now) | {
        "expected": len(pupils), "there": there_count(len(pupils), command.absences), "minutes": minutes_held(steps, _minutes(command)),
        "steps": len(steps), "done": sum(s.done for s in steps), "photos": len(photos), **roll,
    }
    kind = "amended" if meeting.state == MeetingState.CHECKED else "recorded"
    take_step(session, actor, meeting, MeetingState.RECORDED, kind, now, reason=command.reason, changes=changes)
    return Recorded(revision, meeting.late_recorded, meeting.times_unsure, repeated=False)


def _records(session: Session, meeting: ClassMeeting, op_id: str) -> Sequence[MeetingRecord]:
    """The record of this operation and the one that stands, where there are any. One statement."""
    query = select(MeetingRecord).where(
        MeetingRecord.district_id == meeting.district_id, MeetingRecord.meeting_id == meeting.id,
        or_(MeetingRecord.op_id == op_id, MeetingRecord.revision == meeting.revision),
    )
    return session.scalars(query).all()


def _checked(
    session: Session, actor: Actor, meeting: ClassMeeting, command: RecordMeeting, now: datetime
) -> tuple[tuple[PupilRow, ...], tuple[StepDone, ...], Policy]:
    """Everything that may refuse a record, before anything of it is written."""
    _may_record(meeting, command)
    if problem := time_problem(command.starts_at, command.ends_at, now):
        raise RecordRefused(problem, "starts")
    day = local_day(command.starts_at)
    policy = policy_for(session, meeting.district_id, meeting.school_id, day)
    if meeting.starts_at is None or day != local_day(meeting.starts_at):
        _check_day(session, meeting, day, policy)
    pupils = pupils_of_class(session, Scope(meeting.district_id, frozenset({meeting.school_id})), meeting.class_id, day)
    refuse_names([*command.texts.items(), ("reason", command.reason)], [p.name for p in pupils], confirmed=command.confirmed_words)
    steps = _steps(session, actor, meeting, command)
    problems = record_problems(steps, command.absences, {p.student_id for p in pupils}, command.engagement, command.texts)
    if problems:
        raise RecordRefused(problems[0])
    _check_holder(session, meeting, command)
    _check_photos(session, meeting, command)
    _check_hour(session, meeting, command)
    return pupils, steps, policy


def _may_record(meeting: ClassMeeting, command: RecordMeeting) -> None:
    state = MeetingState(meeting.state)
    if not may(state, MeetingState.RECORDED):
        raise RecordRefused("cancelled" if state is MeetingState.CANCELLED else "not_scheduled")
    if state is MeetingState.CHECKED and not command.reason.strip():
        raise MeetingReasonMissing(field="reason")


def _check_hour(session: Session, meeting: ClassMeeting, command: RecordMeeting) -> None:
    """A class is in one meeting at a time: an hour that another record has told of is not told of twice."""
    query = select(ClassMeeting.title).where(
        ClassMeeting.district_id == meeting.district_id, ClassMeeting.class_id == meeting.class_id, ClassMeeting.id != meeting.id,
        ClassMeeting.state.in_([state.value for state in (MeetingState.RECORDED, MeetingState.RETURNED, MeetingState.CHECKED)]),
        ClassMeeting.starts_at < command.ends_at, ClassMeeting.ends_at > command.starts_at,
    )
    other = session.scalar(query.limit(1))
    if other is not None:
        raise RecordRefused("class_busy", "starts", title=other)


def _check_day(session: Session, meeting: ClassMeeting, day: Any, policy: Policy) -> None:
    """A meeting is held on a school day of its class's term only (domain.md section 4). Five statements, on another day only."""
    klass = session.get_one(SchoolClass, (meeting.district_id, meeting.class_id))
    first, last = term_bounds(session, meeting.district_id, meeting.school_id, meeting.school_year, meeting.season)
    kind = calendar(session, meeting.district_id, meeting.school_id, day, day).kind(day)
    problem = day_problem(
        day, teaching=kind.teaching, in_term=first <= day <= last, paused=paused(policy, day), opened_on=klass.opened_on,
        closed_on=klass.closed_on,
    )
    if problem:
        raise RecordRefused(problem, "day", what=kind.label)


def _steps(session: Session, actor: Actor, meeting: ClassMeeting, command: RecordMeeting) -> tuple[StepDone, ...]:
    """The steps of the version the meeting was planned with, as they were done."""
    if meeting.pack_id is None:
        return ()
    pack = lesson_pack(session, Scope(actor.district_id, None), meeting.pack_id, meeting.pack_version or "")
    if len(pack.steps) != len(command.steps):
        raise RecordRefused("steps_differ", "steps")
    return tuple(
        StepDone(title, planned, done, minutes if done else 0)
        for (title, planned, _kind), (done, minutes) in zip(pack.steps, command.steps, strict=True)
    )


def _check_holder(session: Session, meeting: ClassMeeting, command: RecordMeeting) -> None:
    """Whoever led it is on the staff of the school on the day (case 34)."""
    if command.held_by_id in {None, meeting.held_by_id, meeting.responsible_id}:
        return
    day = local_day(command.starts_at)
    query = select(Employment.id).where(
        Employment.district_id == meeting.district_id, Employment.school_id == meeting.school_id,
        Employment.person_id == command.held_by_id, Employment.from_on <= day, or_(Employment.to_on.is_(None), Employment.to_on >= day),
    )
    if session.scalar(query.limit(1)) is None:
        raise RecordRefused("holder_unknown", "held_by")


def _check_photos(session: Session, meeting: ClassMeeting, command: RecordMeeting) -> None:
    if not command.photos:
        return
    query = select(MeetingPhoto.sha256).where(
        MeetingPhoto.district_id == meeting.district_id, MeetingPhoto.meeting_id == meeting.id, MeetingPhoto.removed_at.is_(None)
    )
    if not set(command.photos) <= set(session.scalars(query)):
        raise RecordRefused("photo_not_there", "photos")


def _minutes(command: RecordMeeting) -> int:
    return int((command.ends_at - command.starts_at).total_seconds() // 60)


def _add(
    session: Session, actor: Actor, meeting: ClassMeeting, command: RecordMeeting, steps: tuple[StepDone, ...], expected: int, now: datetime
) -> int:
    revision = meeting.revision + 1
    session.execute(insert(MeetingRecord).values(
        district_id=meeting.district_id, meeting_id=meeting.id, revision=revision, op_id=command.op_id,
        held_by_id=command.held_by_id or meeting.held_by_id or meeting.responsible_id, starts_at=command.starts_at, ends_at=command.ends_at,
        expected_count=expected, there_count=there_count(expected, command.absences),
        steps=[{"title": s.title, "planned": s.planned, "done": s.done, "minutes": s.minutes} for s in steps],
        minutes_held=minutes_held(steps, _minutes(command)), engagement=command.engagement, worked=command.worked.strip(),
        again=command.again.strip(), agreed=command.agreed.strip(), recorded_by=actor.account_id, acting_role=actor.role.value,
        recorded_at=now, device_at=command.device_at,
    ))
    return revision


def _carry_absences(
    session: Session, meeting: ClassMeeting, command: RecordMeeting, revision: int, last: MeetingRecord | None
) -> None:
    """Write who was not there; whoever was told the content before stays told."""
    if not command.absences:
        return
    told = {}
    if last is not None:
        query = select(MeetingAbsence.student_id, MeetingAbsence.caught_up_on).where(
            MeetingAbsence.district_id == meeting.district_id, MeetingAbsence.meeting_id == meeting.id, MeetingAbsence.revision == last.revision
        )
        told = {row.student_id: row.caught_up_on for row in session.execute(query)}
    session.execute(insert(MeetingAbsence).values([
        {"district_id": meeting.district_id, "meeting_id": meeting.id, "revision": revision, "student_id": a.student_id, "status": a.status,
         "leave_type": a.leave_type, "caught_up_on": told.get(a.student_id)}
        for a in command.absences
    ]))


def _take_roll(session: Session, meeting: ClassMeeting, command: RecordMeeting, now: datetime) -> dict[str, Any]:
    """Mark the imported roll that was the ground of this record as used; the ledger keeps its digest."""
    if not command.roll_id:
        return {}
    batch = session.get(ImportBatch, (meeting.district_id, command.roll_id))
    if batch is None or batch.kind != ROLL or batch.target_id != meeting.id or batch.state != "staged":
        return {}
    batch.state, batch.applied_at, batch.report = "applied", now, {"revision": meeting.revision + 1}
    batch.staged = {}  # the names of the file have done their work
    return {"roll": batch.id, "roll_sha256": batch.file_sha256}


def _apply(meeting: ClassMeeting, command: RecordMeeting, policy: Policy, revision: int, now: datetime) -> dict[str, Any]:
    """Bring the meeting up to its new record. Late is what was entered late the first time, and stays so (case 38)."""
    moved = (meeting.starts_at, meeting.ends_at) != (command.starts_at, command.ends_at)
    changes: dict[str, Any] = {
        "revision": revision, "starts_at": command.starts_at.isoformat(), "ends_at": command.ends_at.isoformat(),
        "held_by": command.held_by_id or meeting.held_by_id or meeting.responsible_id,
    }
    if moved and meeting.starts_at is not None and meeting.ends_at is not None:
        changes |= {"planned_from": meeting.starts_at.isoformat(), "planned_to": meeting.ends_at.isoformat()}
    meeting.recorded_at = meeting.recorded_at or now
    meeting.late_recorded = meeting.late_recorded or is_late(command.ends_at, meeting.recorded_at, int(policy["late_record_days"]))
    unsure = device_clock_wrong(command.device_at, now, command.sent_at)
    meeting.times_unsure = meeting.times_unsure or unsure
    if moved:
        meeting.lesson_no = None
    meeting.starts_at, meeting.ends_at, meeting.revision = command.starts_at, command.ends_at, revision
    meeting.held_by_id = command.held_by_id or meeting.held_by_id or meeting.responsible_id
    if command.device_at is not None:
        changes["device_at"] = command.device_at.isoformat()
    return changes | {"late": meeting.late_recorded, "times_unsure": unsure}


# --- a name found later, pupils to be told ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RedactRecord:
    """Empty the texts of one revision because a pupil is named there (case 40)."""

    meeting_id: str
    revision: int
    reason: str


def redact_record(session: Session, actor: Actor, command: RedactRecord, now: datetime) -> None:
    """Empty the texts of a revision for good; that it was done, by whom and why stays. By the school or the class's teacher.

    Raises NotFound, MeetingReasonMissing, TextNamesPupil where the reason names somebody again.
    """
    meeting = locked_meeting(session, actor, command.meeting_id, now)
    known = 1 <= command.revision <= meeting.revision
    record = session.get(MeetingRecord, (meeting.district_id, meeting.id, command.revision)) if known else None
    if record is None:
        raise NotFound
    why = " ".join(command.reason.split())[:200]
    if not why:
        raise MeetingReasonMissing(field="reason")
    scope = Scope(meeting.district_id, frozenset({meeting.school_id}))
    pupils = pupils_of_class(session, scope, meeting.class_id, local_day(record.starts_at))
    refuse_names([("reason", why)], [p.name for p in pupils], confirmed=True)
    record.worked = record.again = record.agreed = ""
    record.redacted_at = now
    meeting.version += 1
    note_steps(session, actor, [(meeting, "redacted", meeting.state, why, {"revision": command.revision})], now)


def mark_caught_up(session: Session, actor: Actor, meeting_id: str, student_id: str, now: datetime, *, done: bool = True) -> None:
    """Note that a pupil who was not there was told the content, or take that back. The class's own teacher only (case 41).

    It stays in the class: no ledger entry, no history, no export. Raises NotFound.
    """
    day = local_day(now)
    meeting = seen_meeting(session, actor, meeting_id, day, write=False)
    if not own_teacher(session, actor, meeting, day):
        raise NotFound
    found: Any = session.execute(
        update(MeetingAbsence).where(
            MeetingAbsence.district_id == meeting.district_id, MeetingAbsence.meeting_id == meeting.id,
            MeetingAbsence.revision == meeting.revision, MeetingAbsence.student_id == student_id,
        ).values(caught_up_on=day if done else None), execution_options={"synchronize_session": False},
    )
    if found.rowcount != 1:
        raise NotFound


def own_teacher(session: Session, actor: Actor, meeting: ClassMeeting, day: Any) -> bool:
    """Whether the actor leads the class or this meeting: only they see which pupils were not there."""
    return leads_meeting(session, actor, meeting, day)
