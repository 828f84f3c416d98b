"""What a record is made from and what it shows: the meeting, its pack, its class, every revision, photos, history.

Names of pupils leave this module only for the class's own teacher (domain.md case 41); everybody else gets counts.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, aliased

from trainhub.accounts.models import Account
from trainhub.class_meetings.models import MeetingAbsence, MeetingPhoto, MeetingRecord, MeetingStep
from trainhub.class_meetings.queries.access import leads_meeting, may_meeting, seen_meeting
from trainhub.class_meetings.rules.lifecycle import MeetingState, may
from trainhub.class_meetings.rules.recording import StepDone
from trainhub.courses.queries import LessonPack, lesson_pack
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.roster.models import Employment, OrgUnit, Person, SchoolClass
from trainhub.roster.queries import policy_for
from trainhub.roster.queries.timetable import PupilRow, pupils_of_class


@dataclass(frozen=True, slots=True)
class MeetingFacts:
    """A meeting with the names a page needs. ``own``: the actor leads it or its class, so that pupils are shown by name."""

    id: str
    district_id: str
    school_id: str
    school_name: str
    class_id: str
    class_name: str
    grade: int
    school_year: str
    season: str
    title: str
    pack_id: str | None
    pack_version: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    lesson_no: int | None
    room: str
    guest: str
    responsible_id: str | None
    responsible: str
    held_by_id: str | None
    held_by: str
    state: MeetingState
    state_reason: str
    revision: int
    version: int
    recorded_at: datetime | None
    late_recorded: bool
    times_unsure: bool
    override_reason: str
    own: bool
    may_write: bool

    @property
    def day(self) -> date | None:
        """The local day, None while the meeting has no time."""
        return local_day(self.starts_at) if self.starts_at else None

    @property
    def substituted(self) -> bool:
        """Whether somebody else led it than the one responsible (case 34)."""
        return bool(self.held_by_id and self.responsible_id and self.held_by_id != self.responsible_id)

    @property
    def recordable(self) -> bool:
        """Whether a record or a correction may be written."""
        return self.may_write and may(self.state, MeetingState.RECORDED)


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """Who was not there all the time. ``name`` is "" for everybody but the class's own teacher."""

    student_id: str
    number: str
    name: str
    status: str
    leave_type: str
    caught_up_on: date | None


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a record. ``absences`` counts statuses and leave types; ``role`` is the acting role that wrote it."""

    revision: int
    starts_at: datetime
    ends_at: datetime
    held_by_id: str | None
    held_by: str
    expected: int
    there: int
    steps: tuple[StepDone, ...]
    minutes: int
    engagement: str
    worked: str
    again: str
    agreed: str
    role: str
    recorded_at: datetime
    device_at: datetime | None
    redacted_at: datetime | None
    absences: Mapping[str, int]

    @property
    def done(self) -> int:
        """How many steps of the pack were done."""
        return sum(s.done for s in self.steps)


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """A photo that stands on the record."""

    sha256: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step of the meeting: what, who in which role, when, why."""

    step: str
    name: str
    role: str
    recorded_at: datetime
    reason: str
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RecordForm:
    """What the recording page is filled with. ``revision`` is the record that stands, None for the first one.

    ``teachers`` are (person id, name) of the school's staff on the day; ``pupils`` carry names only where the meeting is the
    actor's own. ``marks`` maps a pupil to ``absent``, ``excused.sick``, ``late`` ...
    """

    meeting: MeetingFacts
    pack: LessonPack | None
    pupils: tuple[PupilRow, ...]
    revision: Revision | None
    marks: Mapping[str, str]
    photos: tuple[PhotoLine, ...]
    teachers: tuple[tuple[str, str], ...]
    photo_wanted: bool
    late_record_days: int


@dataclass(frozen=True, slots=True)
class MeetingDocument:
    """A meeting with everything its record shows, newest revision first. ``missing`` is for the class's own teacher alone."""

    meeting: MeetingFacts
    pack: LessonPack | None
    revisions: tuple[Revision, ...]
    photos: tuple[PhotoLine, ...]
    history: tuple[HistoryLine, ...]
    missing: tuple[AbsenceLine, ...]

    @property
    def record(self) -> Revision | None:
        """The revision that stands."""
        return self.revisions[0] if self.revisions else None


def meeting_facts_of(session: Session, actor: Actor, meeting_id: str, today: date) -> MeetingFacts:
    """Return a meeting the actor may see. At most five statements. Raises NotFound for every other."""
    row = seen_meeting(session, actor, meeting_id, today)
    responsible, holder = aliased(Person), aliased(Person)
    named = session.execute(
        select(SchoolClass.name, SchoolClass.grade, OrgUnit.name.label("school"), responsible.name.label("responsible"), holder.name.label("holder"))
        .join(OrgUnit, and_(OrgUnit.district_id == SchoolClass.district_id, OrgUnit.id == SchoolClass.school_id))
        .outerjoin(responsible, and_(responsible.district_id == SchoolClass.district_id, responsible.id == row.responsible_id))
        .outerjoin(holder, and_(holder.district_id == SchoolClass.district_id, holder.id == row.held_by_id))
        .where(SchoolClass.district_id == row.district_id, SchoolClass.id == row.class_id)
    ).one()
    leads = leads_meeting(session, actor, row, today)
    return MeetingFacts(
        row.id, row.district_id, row.school_id, named.school, row.class_id, named.name, named.grade, row.school_year, row.season, row.title,
        row.pack_id, row.pack_version, row.starts_at, row.ends_at, row.lesson_no, row.room, row.guest, row.responsible_id,
        named.responsible or "", row.held_by_id, named.holder or "", MeetingState(row.state), row.state_reason, row.revision, row.version,
        row.recorded_at, row.late_recorded, row.times_unsure, row.override_reason, leads, may_meeting(session, actor, row, today, write=True),
    )


def record_form(session: Session, actor: Actor, meeting_id: str, today: date) -> RecordForm:
    """Return what the recording page needs. At most thirteen statements, however large the class is. Raises NotFound."""
    meeting = meeting_facts_of(session, actor, meeting_id, today)
    day = meeting.day or today
    pupils = pupils_of_class(session, Scope(meeting.district_id, frozenset({meeting.school_id})), meeting.class_id, day)
    if not meeting.own:
        pupils = tuple(_nameless(p) for p in pupils)
    held = _revisions(session, meeting, only=meeting.revision)
    lines = _absences(session, meeting, pupils) if held else ()
    policy = policy_for(session, meeting.district_id, meeting.school_id, day)
    return RecordForm(
        meeting, _pack(session, meeting), pupils, held[0] if held else None,
        {line.student_id: ".".join(filter(None, (line.status, line.leave_type))) for line in lines}, _photos(session, meeting),
        _teachers(session, meeting, day), policy["meeting_proof"] == "photo", int(policy["late_record_days"]),
    )


def meeting_document(session: Session, actor: Actor, meeting_id: str, today: date) -> MeetingDocument:
    """Return the record document of a meeting. At most eleven statements. Raises NotFound."""
    meeting = meeting_facts_of(session, actor, meeting_id, today)
    missing: tuple[AbsenceLine, ...] = ()
    if meeting.own and meeting.revision:
        scope = Scope(meeting.district_id, frozenset({meeting.school_id}))
        missing = _absences(session, meeting, pupils_of_class(session, scope, meeting.class_id, meeting.day or today))
    return MeetingDocument(meeting, _pack(session, meeting), _revisions(session, meeting), _photos(session, meeting), _history(session, meeting), missing)


def revision_of(session: Session, actor: Actor, meeting_id: str, today: date) -> Revision | None:
    """The record that stands, for somebody who found that theirs is not the newest. Raises NotFound."""
    found = _revisions(session, meeting_facts_of(session, actor, meeting_id, today))
    return found[0] if found else None


def photo_of(session: Session, actor: Actor, meeting_id: str, sha256: str, today: date) -> bool:
    """Whether a photo stands on a meeting that the actor may see. Raises NotFound for a meeting they may not."""
    meeting = seen_meeting(session, actor, meeting_id, today)
    photo = session.get(MeetingPhoto, (meeting.district_id, meeting.id, sha256))
    return photo is not None and photo.removed_at is None


def _pack(session: Session, meeting: MeetingFacts) -> LessonPack | None:
    if meeting.pack_id is None:
        return None
    return lesson_pack(session, Scope(meeting.district_id, None), meeting.pack_id, meeting.pack_version or "")


def _nameless(pupil: PupilRow) -> PupilRow:
    return PupilRow(pupil.student_id, pupil.number_in_class, "", "", pupil.from_on, pupil.to_on)


def _revisions(session: Session, meeting: MeetingFacts, only: int | None = None) -> tuple[Revision, ...]:
    """Revisions, newest first; that one alone where ``only`` is given. At most two statements."""
    if not meeting.revision:
        return ()
    here = (MeetingRecord.district_id == meeting.district_id, MeetingRecord.meeting_id == meeting.id)
    query = (
        select(MeetingRecord, Person.name)
        .outerjoin(Person, and_(Person.district_id == MeetingRecord.district_id, Person.id == MeetingRecord.held_by_id))
        .where(*here, *([MeetingRecord.revision == only] if only is not None else [])).order_by(MeetingRecord.revision.desc())
    )
    rows = session.execute(query).all()
    counts: dict[int, Counter[str]] = {r.revision: Counter() for r, _name in rows}
    told = select(MeetingAbsence.revision, MeetingAbsence.status, MeetingAbsence.leave_type).where(
        MeetingAbsence.district_id == meeting.district_id, MeetingAbsence.meeting_id == meeting.id, MeetingAbsence.revision.in_(list(counts))
    )
    for line in session.execute(told):
        counts[line.revision][".".join(filter(None, (line.status, line.leave_type)))] += 1
    return tuple(
        Revision(
            r.revision, r.starts_at, r.ends_at, r.held_by_id, name or "", r.expected_count, r.there_count, _steps(r.steps), r.minutes_held,
            r.engagement, r.worked, r.again, r.agreed, r.acting_role, r.recorded_at, r.device_at, r.redacted_at, dict(counts[r.revision]),
        )
        for r, name in rows
    )


def _steps(stored: Sequence[Any]) -> tuple[StepDone, ...]:
    return tuple(StepDone(s["title"], s["planned"], s["done"], s["minutes"]) for s in stored)


def _absences(session: Session, meeting: MeetingFacts, pupils: Sequence[PupilRow]) -> tuple[AbsenceLine, ...]:
    """Who was not there in the revision that stands, in order of the class."""
    query = select(MeetingAbsence).where(
        MeetingAbsence.district_id == meeting.district_id, MeetingAbsence.meeting_id == meeting.id, MeetingAbsence.revision == meeting.revision
    )
    held = {row.student_id: row for row in session.scalars(query)}
    return tuple(
        AbsenceLine(p.student_id, p.number_in_class, p.name, row.status, row.leave_type, row.caught_up_on)
        for p in pupils if (row := held.get(p.student_id)) is not None
    )


def _photos(session: Session, meeting: MeetingFacts) -> tuple[PhotoLine, ...]:
    query = select(MeetingPhoto.sha256, MeetingPhoto.added_at).where(
        MeetingPhoto.district_id == meeting.district_id, MeetingPhoto.meeting_id == meeting.id, MeetingPhoto.removed_at.is_(None)
    ).order_by(MeetingPhoto.added_at, MeetingPhoto.sha256)
    return tuple(PhotoLine(row.sha256, row.added_at) for row in session.execute(query))


def _teachers(session: Session, meeting: MeetingFacts, day: date) -> tuple[tuple[str, str], ...]:
    query = (
        select(Person.id, Person.name)
        .join(Employment, and_(Employment.district_id == Person.district_id, Employment.person_id == Person.id))
        .where(
            Employment.district_id == meeting.district_id, Employment.school_id == meeting.school_id, Employment.from_on <= day,
            or_(Employment.to_on.is_(None), Employment.to_on >= day),
        ).order_by(Person.sort_key, Person.id)
    )
    return tuple(dict.fromkeys((row.id, row.name) for row in session.execute(query)))


def _history(session: Session, meeting: MeetingFacts) -> tuple[HistoryLine, ...]:
    query = (
        select(MeetingStep, Account.display_name)
        .outerjoin(Account, and_(Account.district_id == MeetingStep.district_id, Account.id == MeetingStep.actor_id))
        .where(MeetingStep.district_id == meeting.district_id, MeetingStep.meeting_id == meeting.id)
        .order_by(MeetingStep.recorded_at, MeetingStep.id)
    )
    return tuple(HistoryLine(s.step, name or "", s.acting_role, s.recorded_at, s.reason, s.changes) for s, name in session.execute(query))
