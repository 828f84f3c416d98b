"""What must be true of the class meetings that the demo tells, looked at from outside."""

from collections import Counter, defaultdict
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from trainhub.class_meetings.models import (
    ClassConvention,
    ClassMeeting,
    ClassTermStanding,
    MeetingAbsence,
    MeetingPhoto,
    MeetingRecord,
    MeetingStep,
    MeetingWave,
    SchoolActivity,
    SchoolTermTotal,
)
from trainhub.class_meetings.queries.photos import duplicate_photos
from trainhub.class_meetings.rules.naming import name_hits
from trainhub.class_meetings.service.standing import rebuild
from trainhub.courses.packs import pack_folders, read_folder
from trainhub.courses.service import install_pack
from trainhub.demo.manifest import SeededDistrict
from trainhub.evidence.store import proof
from trainhub.kernel.actor import Scope
from trainhub.kernel.clock import local_day
from trainhub.ledger.models import LedgerEntry
from trainhub.roster.models import ClassMembership, Student, TimetableLesson
from trainhub.roster.queries.timetable import class_slots

COURSES = Path(__file__).parents[2] / "courses"
LESSONS = ("class-", "parents-")


def install_packs(session: Session) -> None:
    """Put the shipped packs for classes and parents on the shelf."""
    known = frozenset({"staff_training", "class_meeting", "parent_meeting"})
    for path in pack_folders(COURSES):
        if path.name.startswith(LESSONS):
            pack, problems = read_folder(path, known)
            assert pack is not None, problems
            install_pack(session, None, pack, datetime.now().astimezone(), known)


def standings_equal_a_rebuild(session: Session, district_id: str, moment: datetime) -> None:
    """Both projections are what the facts say."""
    def rows() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
        s, t = ClassTermStanding, SchoolTermTotal
        one = select(s.class_id, s.season, s.standing, s.required, s.counted, s.recorded, s.returned, s.scheduled, s.missed, s.late, s.inherited)
        other = select(t.school_id, t.season, t.classes, t.met, t.none, t.required, t.counted, t.waiting, t.late)
        return (
            [tuple(r) for r in session.execute(one.where(s.district_id == district_id).order_by(s.class_id, s.season))],
            [tuple(r) for r in session.execute(other.where(t.district_id == district_id).order_by(t.school_id, t.season))],
        )

    before = rows()
    terms = session.execute(select(
        ClassTermStanding.school_id, ClassTermStanding.school_year, ClassTermStanding.season
    ).where(ClassTermStanding.district_id == district_id).distinct()).all()
    for term in terms:
        rebuild(session, district_id, *term, moment)
    assert rows() == before


def no_text_names_a_pupil(session: Session, district_id: str) -> None:
    """No free text holds the name, or a given name, of anybody in its class (domain.md case 40)."""
    names: dict[str, list[str]] = defaultdict(list)
    for class_id, name in session.execute(
        select(ClassMembership.class_id, Student.name)
        .join(Student, (Student.district_id == ClassMembership.district_id) & (Student.id == ClassMembership.student_id))
        .where(ClassMembership.district_id == district_id)
    ):
        names[class_id].append(name)
    meetings = {m.id: m.class_id for m in session.scalars(select(ClassMeeting).where(ClassMeeting.district_id == district_id))}
    texts = [
        (meetings[r.meeting_id], text)
        for r in session.scalars(select(MeetingRecord).where(MeetingRecord.district_id == district_id)) for text in (r.worked, r.again, r.agreed)
    ]
    texts += [
        (meetings[s.meeting_id], s.reason)
        for s in session.scalars(select(MeetingStep).where(MeetingStep.district_id == district_id)) if s.step in {"missed", "cancelled"}
    ]
    texts += [(c.class_id, text) for c in session.scalars(select(ClassConvention).where(ClassConvention.district_id == district_id))
              for text in c.clauses]
    whole = [name for row in names.values() for name in row]
    for row in session.scalars(select(SchoolActivity).where(SchoolActivity.district_id == district_id)):
        texts += [(row.class_id, text) for text in (row.title, row.place, row.feedback) if row.class_id and text]
        assert not any(hit.certain for hit in name_hits(row.title, whole))
    assert not [(class_id, text) for class_id, text in texts if text and name_hits(text, names[class_id])]


def the_class_meetings_of_the_demo(session: Session, district: SeededDistrict, moment: datetime) -> None:
    """The whole district: every state, every way to stand apart, one school at a hundred per cent and one far behind."""
    tenant, schools = district.district_id, district.schools
    standings_equal_a_rebuild(session, tenant, moment)
    no_text_names_a_pupil(session, tenant)
    _every_state(session, tenant, schools["chenxi"])
    _every_standing(session, schools)
    _history_and_ledger_agree(session, tenant, moment)
    _records_fit(session, tenant)
    _next_week(session, schools["chenxi"], moment)
    _lessons(session, tenant, schools, moment)
    _other_kinds(session, schools["chenxi"])


def _every_state(session: Session, tenant: str, main: str) -> None:
    states = Counter(session.scalars(select(ClassMeeting.state)))
    assert set(states) == {"planned", "scheduled", "recorded", "returned", "checked", "missed", "cancelled"}
    here = Counter(session.scalars(select(ClassMeeting.state).where(ClassMeeting.school_id == main)))
    assert set(here) == set(states), "every state can be seen with the accounts that are printed"
    assert session.scalar(select(func.count()).where(ClassMeeting.late_recorded.is_(True)))
    assert session.scalar(select(func.count()).where(ClassMeeting.held_by_id != ClassMeeting.responsible_id)), "a substitute"
    assert len(duplicate_photos(session, Scope(tenant, frozenset({main})), main)) == 2, "one photo on two records"
    digest = session.scalars(select(MeetingPhoto.sha256)).first()
    assert proof(session, tenant, digest or "").content.startswith(b"\x89PNG")


def _every_standing(session: Session, schools: dict[str, str]) -> None:
    rows = list(session.scalars(select(ClassTermStanding)))
    of = {key: [row for row in rows if row.school_id == school] for key, school in schools.items()}
    assert {row.standing for row in rows} == {"met", "short", "none", "no_pupils", "internship", "merged"}
    assert {row.standing for row in of["songxi"]} == {"met"}
    assert sum(row.standing == "met" for row in of["shiqiao"]) == 0
    assert [row.standing for row in of["fengshu"]].count("no_pupils") == 1
    assert [row.standing for row in of["zhixiao"]].count("internship") == 1
    assert [row.standing for row in of["erzhong"]].count("merged") == 1
    assert sum(row.inherited for row in of["erzhong"]) == 1
    assert [row.required for row in of["gaozhong"]].count(1) == 1, "opened in the eleventh week: half of it is asked"
    shares = {key: sum(r.standing == "met" for r in of[key]) / len(of[key]) for key in of if of[key]}
    assert len({round(share, 1) for share in shares.values()}) >= 4, "schools differ"


def _history_and_ledger_agree(session: Session, tenant: str, moment: datetime) -> None:
    """Every step is in the history of its meeting and in the ledger once, none of them in the future."""
    steps = Counter(f"meeting.{step}" for step in session.scalars(select(MeetingStep.step).where(MeetingStep.district_id == tenant)))
    told = Counter(session.scalars(select(LedgerEntry.kind).where(LedgerEntry.kind.like("meeting.%"))))
    assert steps == told
    assert (session.scalar(select(func.max(MeetingStep.recorded_at))) or moment) <= moment
    counts = dict(session.execute(select(MeetingStep.meeting_id, func.count()).group_by(MeetingStep.meeting_id)).all())
    last: dict[str, MeetingStep] = {}
    for step in session.scalars(select(MeetingStep).order_by(MeetingStep.recorded_at)):
        assert step.from_state == (last[step.meeting_id].to_state if step.meeting_id in last else "")
        last[step.meeting_id] = step
    for meeting in session.scalars(select(ClassMeeting)):
        assert (meeting.version, meeting.state) == (counts[meeting.id], last[meeting.id].to_state)


def _records_fit(session: Session, tenant: str) -> None:
    """Heads, absences, steps and lateness of each record are those of its meeting."""
    query = select(MeetingAbsence.meeting_id, MeetingAbsence.revision).where(MeetingAbsence.status.in_(("absent", "excused")))
    away = Counter(tuple(row) for row in session.execute(query))
    meetings = {m.id: m for m in session.scalars(select(ClassMeeting))}
    for record in session.scalars(select(MeetingRecord)):
        meeting = meetings[record.meeting_id]
        assert record.there_count == record.expected_count - away[record.meeting_id, record.revision]
        assert record.minutes_held == sum(step["minutes"] for step in record.steps if step["done"]) > 0
        assert record.starts_at < record.recorded_at
        assert meeting.pack_id
        assert meeting.pack_id.startswith("class-")
        if record.revision == 1:
            assert meeting.late_recorded == ((record.recorded_at - record.ends_at).days >= 7)


def _next_week(session: Session, main: str, moment: datetime) -> None:
    wave = session.scalars(select(MeetingWave).where(MeetingWave.school_id == main).order_by(MeetingWave.made_at.desc())).first()
    assert wave is not None
    days = {local_day(m.starts_at) for m in session.scalars(select(ClassMeeting).where(ClassMeeting.wave_id == wave.id)) if m.starts_at}
    assert [(day - local_day(moment)).days for day in days] == [3], "Monday after the Friday of the story"


def _lessons(session: Session, tenant: str, schools: dict[str, str], moment: datetime) -> None:
    """Every class with somebody to run it has its class-meeting lesson; where accounts are printed the week is full and nobody is in two rooms."""
    day = local_day(moment)
    open_classes = [
        row.class_id for row in session.scalars(select(ClassTermStanding).where(ClassTermStanding.standing.notin_(("merged", "internship", "no_pupils"))))
        if row.school_id != schools["fengshu"]
    ]
    slots = class_slots(session, tenant, open_classes, day, day.replace(month=12, day=20))
    assert len(open_classes) > 200
    assert all(slots[class_id] for class_id in open_classes)
    for key in ("chenxi", "shiyan"):
        taught = select(TimetableLesson.weekday, TimetableLesson.lesson_no, TimetableLesson.teacher_id)
        taught = taught.where(TimetableLesson.school_id == schools[key], TimetableLesson.teacher_id.is_not(None))
        places = Counter(tuple(row) for row in session.execute(taught))
        assert len(places) > 500
        assert max(places.values()) == 1


def _other_kinds(session: Session, main: str) -> None:
    rows = list(session.scalars(select(SchoolActivity).where(SchoolActivity.school_id == main)))
    assert {row.kind for row in rows} == {"parent_meeting", "heart_talk", "assembly", "law_lesson"}
    assert {row.state for row in rows} == {"planned", "recorded"}
    conventions = Counter(session.scalars(select(ClassConvention.state)))
    assert conventions["agreed"] >= 2
    assert conventions["draft"] == 1
