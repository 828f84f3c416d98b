"""The school's check of records: somebody other than who recorded looks at it, counts it or sends it back.

Source: domain.md section 4 ("Themed session"): ``recorded`` > ``checked`` > counted, ``returned`` where evidence or topic is not
enough or a pupil is named; cases 35 (the same photo on two records) and 39 (the content was something else).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import ClassMeeting, MeetingPhoto, MeetingRecord, MeetingReminder
from trainhub.class_meetings.queries.photos import duplicate_photos
from trainhub.class_meetings.rules.lifecycle import MeetingState
from trainhub.class_meetings.rules.naming import refuse_names
from trainhub.class_meetings.service.steps import note_steps, take_step
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.timetable import pupils_of_class

RETURN_REASONS = ("topic", "photo_same", "photo_missing", "too_short", "names_pupil", "other")
"""Why a record is sent back; ``other`` wants a sentence."""


class OwnRecord(DomainError):
    """Nobody checks a meeting they recorded or led themselves."""

    code = "meeting_own_record"
    status = 409


class PhotoMissing(DomainError):
    """The bureau asks for a photo as proof and there is none; a reason may stand in its place."""

    code = "meeting_photo_missing"


class PhotoTwice(DomainError):
    """The same photo stands on the record of another class; it is returned until that is explained (case 35)."""

    code = "meeting_photo_twice"


@dataclass(frozen=True, slots=True)
class CheckRecord:
    """Count a record. ``revision`` is the one that was looked at; ``reason`` says why one without a photo may count.

    ``seen_version`` is that of the meeting on the page: photos put on or taken off meanwhile were not looked at. None: not asked.
    """

    meeting_id: str
    revision: int
    reason: str = ""
    seen_version: int | None = None


@dataclass(frozen=True, slots=True)
class ReturnRecord:
    """Send a record back. ``why`` is one of :data:`RETURN_REASONS`; ``words`` go to whoever recorded it."""

    meeting_id: str
    revision: int
    why: str
    words: str = ""


def check_record(session: Session, actor: Actor, command: CheckRecord, now: datetime) -> None:
    """Count a meeting's record. Raises OwnRecord, PhotoMissing, PhotoTwice, TextNamesPupil, InvalidState, StaleVersion, NotFound."""
    meeting, record = _looked_at(session, actor, command.meeting_id, command.revision)
    if command.seen_version is not None and meeting.version != command.seen_version:
        raise StaleVersion(seen=command.seen_version, current=meeting.version)
    if record.recorded_by == actor.account_id or (actor.person_id is not None and actor.person_id == record.held_by_id):
        raise OwnRecord
    photos = _photos(session, meeting)
    policy = policy_for(session, meeting.district_id, meeting.school_id, local_day(record.starts_at))
    if not photos and policy["meeting_proof"] == "photo" and not command.reason.strip():
        raise PhotoMissing(field="reason")
    scope = actor.scope(Permission.MEETING_CHECK)
    if any(not p.explained for p in photos) and duplicate_photos(session, scope, meeting.school_id, [meeting.id]).get(meeting.id):
        raise PhotoTwice(field="reason")
    _refuse_names(session, meeting, "reason", command.reason)
    changes = {"revision": record.revision, "photos": len(photos), "photo_sha256": sorted(p.sha256 for p in photos), "policy_version": policy.version}
    take_step(session, actor, meeting, MeetingState.CHECKED, "checked", now, reason=command.reason, changes=changes)
    _close_reminders(session, meeting, now)


def return_record(session: Session, actor: Actor, command: ReturnRecord, now: datetime) -> None:
    """Send a record back to whoever recorded it: the class is uncovered again until it is mended (cases 35, 39).

    A checked record may be returned too. Raises InvalidState, MeetingReasonMissing, TextNamesPupil, StaleVersion, NotFound.
    """
    meeting, record = _looked_at(session, actor, command.meeting_id, command.revision)
    if command.why not in RETURN_REASONS:
        raise InvalidState(state=command.why, wanted="reason")
    words = " ".join(command.words.split())[:180]
    _refuse_names(session, meeting, "words", words)
    reason = words if command.why == "other" else f"{command.why}: {words}" if words else command.why
    take_step(session, actor, meeting, MeetingState.RETURNED, "returned", now, reason=reason, changes={"revision": record.revision, "why": command.why})
    teacher = meeting.held_by_id or meeting.responsible_id
    if teacher is not None:
        _remind(session, actor, [(meeting, teacher)], "returned", now)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of checking many records: how many count now, and why each of the others does not (meeting id -> code)."""

    checked: int
    refused: dict[str, str]


def check_many(session: Session, actor: Actor, commands: Sequence[CheckRecord], now: datetime) -> Outcome:
    """Count every record that can be counted; the others stay as they are and say why."""
    refused: dict[str, str] = {}
    for command in commands:
        try:
            check_record(session, actor, command, now)
        except DomainError as error:
            refused[command.meeting_id] = error.code
    return Outcome(len(commands) - len(refused), refused)


def explain_photo(session: Session, actor: Actor, meeting_id: str, sha256: str, words: str, now: datetime) -> None:
    """Say why the same photo may stand on two records: two classes held their meetings together, say."""
    meeting = _to_check(session, actor, meeting_id)
    photo = session.get(MeetingPhoto, (meeting.district_id, meeting.id, sha256))
    why = " ".join(words.split())[:200]
    if photo is None:
        raise NotFound
    if not why:
        raise PhotoTwice(field="reason")
    _refuse_names(session, meeting, "words", why)
    photo.explained = why
    note_steps(session, actor, [(meeting, "photo", meeting.state, why, {"sha256": sha256})], now)


def _to_check(session: Session, actor: Actor, meeting_id: str) -> ClassMeeting:
    query = select(ClassMeeting).where(ClassMeeting.district_id == actor.district_id, ClassMeeting.id == meeting_id).with_for_update()
    meeting = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if meeting is None or not actor.scope(Permission.MEETING_CHECK).covers_school(meeting.school_id):
        raise NotFound
    return meeting


def _looked_at(session: Session, actor: Actor, meeting_id: str, revision: int) -> tuple[ClassMeeting, MeetingRecord]:
    """The meeting, locked, with the record that was looked at. Raises StaleVersion where a newer one came in meanwhile."""
    meeting = _to_check(session, actor, meeting_id)
    if meeting.revision != revision:
        raise StaleVersion(seen=revision, current=meeting.revision)
    record = session.get(MeetingRecord, (meeting.district_id, meeting.id, revision))
    if record is None:
        raise InvalidState(state=meeting.state, wanted=MeetingState.CHECKED.value)
    return meeting, record


def _refuse_names(session: Session, meeting: ClassMeeting, field: str, text: str) -> None:
    """What the check writes goes into history and ledger for good: no pupil's full name does (case 40)."""
    if not text.strip() or meeting.starts_at is None:
        return
    scope = Scope(meeting.district_id, frozenset({meeting.school_id}))
    pupils = pupils_of_class(session, scope, meeting.class_id, local_day(meeting.starts_at))
    refuse_names([(field, text)], [p.name for p in pupils], confirmed=True)


def _photos(session: Session, meeting: ClassMeeting) -> Sequence[MeetingPhoto]:
    return session.scalars(select(MeetingPhoto).where(
        MeetingPhoto.district_id == meeting.district_id, MeetingPhoto.meeting_id == meeting.id, MeetingPhoto.removed_at.is_(None)
    )).all()


# --- reminders ----------------------------------------------------------------------------------


def remind(session: Session, actor: Actor, targets: Sequence[tuple[str, str, str | None]], about: str, now: datetime) -> int:
    """Remind teachers of their classes: (class, person, meeting or None) each. Returns how many were reminded.

    Somebody reminded today of the same thing is not reminded again. ``about``: plan or record.
    """
    school_id = actor.org_id
    actor.require(Permission.MEETING_WRITE, school_id)
    held = {
        (row.class_id, row.person_id, row.meeting_id)
        for row in session.scalars(select(MeetingReminder).where(
            MeetingReminder.district_id == actor.district_id, MeetingReminder.school_id == school_id, MeetingReminder.about == about,
            MeetingReminder.done_at.is_(None),
        ))
        if local_day(row.sent_at) == local_day(now)
    }
    fresh = [target for target in dict.fromkeys(targets) if target not in held]
    session.add_all(_reminder(actor, school_id, class_id, person, meeting, about, now) for class_id, person, meeting in fresh)
    session.flush()
    return len(fresh)


def _remind(session: Session, actor: Actor, targets: Sequence[tuple[ClassMeeting, str]], about: str, now: datetime) -> None:
    session.add_all(_reminder(actor, m.school_id, m.class_id, person, m.id, about, now) for m, person in targets)
    session.flush()


def _reminder(actor: Actor, school_id: str, class_id: str, person: str, meeting: str | None, about: str, now: datetime) -> MeetingReminder:
    return MeetingReminder(
        district_id=actor.district_id, id=new_id(), school_id=school_id, class_id=class_id, meeting_id=meeting, person_id=person,
        about=about, sent_by=actor.account_id, sent_at=now,
    )


def _close_reminders(session: Session, meeting: ClassMeeting, now: datetime) -> None:
    for row in session.scalars(select(MeetingReminder).where(
        MeetingReminder.district_id == meeting.district_id, MeetingReminder.meeting_id == meeting.id, MeetingReminder.done_at.is_(None)
    )):
        row.done_at = now
