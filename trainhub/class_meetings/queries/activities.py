"""Other kinds of education: whom they concern, the list of a term, one of them, their numbers."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.class_meetings.models import SchoolActivity
from trainhub.class_meetings.queries.access import leads_class
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.rules.activities import ActivityFact, ActivityNumbers, Concerned, add_up
from trainhub.courses.models import CoursePack
from trainhub.kernel.actor import Actor
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import ClassMembership, OrgUnit, SchoolClass, Student
from trainhub.roster.queries.staff import during
from trainhub.roster.queries.timetable import homeroom_classes

PAGE = 60


@dataclass(frozen=True, slots=True)
class OwnClass:
    """A class of which somebody may enter activities, with its pupils of the day."""

    id: str
    name: str
    grade: int
    pupils: int


@dataclass(frozen=True, slots=True)
class Reach:
    """For whom an actor may see or enter activities: ``whole`` the school, else only the classes."""

    school_id: str
    whole: bool
    classes: tuple[OwnClass, ...]


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """One activity as a list, a page and a workbook show it. ``class_name`` "" where it was not one class's."""

    id: str
    kind: str
    state: str
    season: str
    school_year: str
    school_id: str
    school_name: str
    class_id: str | None
    class_name: str
    grades: tuple[int, ...]
    title: str
    pack_id: str | None
    pack_version: str | None
    pack_title: str
    starts_at: datetime
    ends_at: datetime
    place: str
    led_by: str
    topic: str
    speaker: str
    invited: int | None
    came: int | None
    took_part: int | None
    material: bool
    feedback: str
    late: bool
    reason: str
    version: int
    entered_by: str
    recorded_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ActivityList:
    """A term's activities that somebody may see: one page of them, how many of each kind, and the numbers."""

    key: TermKey
    reach: Reach
    lines: tuple[ActivityLine, ...]
    counts: dict[str, int]
    numbers: ActivityNumbers
    page: int
    pages: int


# --- who -----------------------------------------------------------------------------------------


def reach_of(session: Session, actor: Actor, day: date, *, write: bool) -> Reach:
    """Return for whom an actor may see, or enter, activities on a day. Two statements."""
    wide = Permission.MEETING_WRITE if write else Permission.MEETING_READ
    if actor.can(wide):
        return Reach(actor.org_id, whole=True, classes=_classes_on(session, actor.district_id, actor.org_id, day))
    rows = homeroom_classes(session, actor.district_id, actor.person_id, day) if actor.person_id else ()
    own = tuple(OwnClass(row.id, row.name, row.grade, row.student_count) for row in rows)
    return Reach(rows[0].school_id if rows else actor.org_id, whole=False, classes=own)


def _classes_on(session: Session, district_id: str, school_id: str, day: date) -> tuple[OwnClass, ...]:
    place = ClassMembership
    query = (
        select(SchoolClass.id, SchoolClass.name, SchoolClass.grade, func.count(place.student_id))
        .outerjoin(
            place,
            and_(
                place.district_id == SchoolClass.district_id,
                place.class_id == SchoolClass.id,
                during(place.from_on, place.to_on, day, day),
            ),
        )
        .where(
            SchoolClass.district_id == district_id,
            SchoolClass.school_id == school_id,
            during(SchoolClass.opened_on, SchoolClass.closed_on, day, day),
        )
        .group_by(SchoolClass.id, SchoolClass.name, SchoolClass.grade, SchoolClass.class_no)
        .order_by(SchoolClass.grade, SchoolClass.class_no, SchoolClass.id)
    )
    return tuple(OwnClass(*row) for row in session.execute(query))


def seen_activity(
    session: Session, actor: Actor, activity_id: str, day: date, *, write: bool = False, lock: bool = False
) -> SchoolActivity:
    """Return an activity that the actor may see, or change where ``write``: by a right at the school, or of the own class.

    One or two statements. Raises NotFound for every other one.
    """
    query = select(SchoolActivity).where(
        SchoolActivity.district_id == actor.district_id, SchoolActivity.id == activity_id
    )
    if lock:
        query = query.with_for_update()
    row = session.scalars(query, execution_options={"populate_existing": lock}).one_or_none()
    if row is None:
        raise NotFound
    wide, own = _permissions(write=write)
    if actor.can(wide) and actor.scope(wide).covers_school(row.school_id):
        return row
    if row.class_id and actor.can(own) and leads_class(session, actor.district_id, actor.person_id, row.class_id, day):
        return row
    raise NotFound


def _permissions(*, write: bool) -> tuple[Permission, Permission]:
    if write:
        return Permission.MEETING_WRITE, Permission.MEETING_OWN_WRITE
    return Permission.MEETING_READ, Permission.MEETING_OWN_READ


# --- whom it concerns ----------------------------------------------------------------------------


def concerned(
    session: Session,
    district_id: str,
    school_id: str,
    class_id: str | None,
    grades: Collection[int],
    day: date,
    today: date,
) -> Concerned:
    """Return the pupils whom an activity of a class, of grades or of the school concerns. One statement.

    They are counted on the day; the names are of everybody who was there between that day and today, so that no text names one.
    """
    first, last = min(day, today), max(day, today)
    place = ClassMembership
    query = (
        select(Student.name, place.class_id, place.from_on, place.to_on)
        .join(place, and_(place.district_id == Student.district_id, place.student_id == Student.id))
        .join(SchoolClass, and_(SchoolClass.district_id == place.district_id, SchoolClass.id == place.class_id))
        .where(
            SchoolClass.district_id == district_id,
            SchoolClass.school_id == school_id,
            during(place.from_on, place.to_on, first, last),
            during(Student.from_on, Student.to_on, first, last),
        )
    )
    if class_id:
        query = query.where(SchoolClass.id == class_id)
    elif grades:
        query = query.where(SchoolClass.grade.in_(grades))
    rows = session.execute(query).all()
    there = [row for row in rows if row.from_on <= day and (row.to_on is None or day <= row.to_on)]
    return Concerned(len(there), len({row.class_id for row in there}), tuple({row.name for row in rows}))


# --- lists ---------------------------------------------------------------------------------------


def activity_list(session: Session, actor: Actor, key: TermKey, kind: str, number: int, today: date) -> ActivityList:
    """Return a page of a term's activities with the numbers. At most six statements, however many there are."""
    reach = reach_of(session, actor, today, write=False)
    scope = _scope(actor.district_id, reach)
    counts = _counts(session, scope, key)
    wanted = [scope, *_term(key), *([SchoolActivity.kind == kind] if kind else [])]
    total = counts.get(kind, 0) if kind else sum(counts.values())
    pages = max(1, -(-total // PAGE))
    number = min(max(1, number), pages)
    query = _lines(wanted).limit(PAGE).offset((number - 1) * PAGE)
    lines = tuple(_line(*row) for row in session.execute(query))
    return ActivityList(key, reach, lines, counts, numbers(session, scope, key), number, pages)


def all_activities(
    session: Session, actor: Actor, key: TermKey, today: date
) -> tuple[Reach, tuple[ActivityLine, ...], ActivityNumbers]:
    """Return every activity of a term, for the workbook. Five statements."""
    reach = reach_of(session, actor, today, write=False)
    scope = _scope(actor.district_id, reach)
    lines = tuple(_line(*row) for row in session.execute(_lines([scope, *_term(key)])))
    return reach, lines, numbers(session, scope, key)


def activity_line(session: Session, district_id: str, activity_id: str) -> ActivityLine:
    """Return one activity as pages show it. One statement; whoever asks has checked that it may be seen."""
    wanted = [SchoolActivity.district_id == district_id, SchoolActivity.id == activity_id]
    return _line(*session.execute(_lines(wanted, taken_back=True)).one())


def numbers(session: Session, scope: ColumnElement[bool], key: TermKey) -> ActivityNumbers:
    """Add up what was recorded in a school year. One statement."""
    s = SchoolActivity
    invited, came, took_part = (
        func.coalesce(func.sum(column), 0) for column in (s.invited_count, s.came_count, s.took_part_count)
    )
    query = (
        select(s.kind, s.season, s.speaker, invited, came, took_part, func.count())
        .where(scope, s.school_year == key.school_year, s.state == "recorded")
        .group_by(s.kind, s.season, s.speaker)
    )
    facts = (
        ActivityFact(row[0], row[1], row[2], row[3] or 0, row[4] or 0, row[5] or 0, row[6])
        for row in session.execute(query)
    )
    return add_up(facts, key.season)


def last_of(session: Session, actor: Actor, reach: Reach, kind: str) -> SchoolActivity | None:
    """Return the latest activity of a kind, to fill the next one's form with. One statement."""
    query = (
        select(SchoolActivity)
        .where(_scope(actor.district_id, reach), SchoolActivity.kind == kind, SchoolActivity.state != "cancelled")
        .order_by(SchoolActivity.starts_at.desc(), SchoolActivity.id.desc())
    )
    return session.scalars(query.limit(1)).first()


def _scope(district_id: str, reach: Reach) -> ColumnElement[bool]:
    ours = and_(SchoolActivity.district_id == district_id, SchoolActivity.school_id == reach.school_id)
    return ours if reach.whole else and_(ours, SchoolActivity.class_id.in_([one.id for one in reach.classes]))


def _term(key: TermKey) -> tuple[ColumnElement[bool], ...]:
    return SchoolActivity.school_year == key.school_year, SchoolActivity.season == key.season, _shown()


def _shown() -> ColumnElement[bool]:
    """Taken back at once, without a reason: as if it had never been entered."""
    return or_(SchoolActivity.state != "cancelled", SchoolActivity.state_reason != "")


def _counts(session: Session, scope: ColumnElement[bool], key: TermKey) -> dict[str, int]:
    query = select(SchoolActivity.kind, func.count()).where(scope, *_term(key)).group_by(SchoolActivity.kind)
    return {row[0]: row[1] for row in session.execute(query)}


def _lines(
    wanted: Collection[ColumnElement[bool]], *, taken_back: bool = False
) -> Select[SchoolActivity, str, str, str, str]:
    s = SchoolActivity
    query = (
        select(s, SchoolClass.name, CoursePack.title, OrgUnit.name, Account.display_name)
        .join(OrgUnit, and_(OrgUnit.district_id == s.district_id, OrgUnit.id == s.school_id))
        .outerjoin(SchoolClass, and_(SchoolClass.district_id == s.district_id, SchoolClass.id == s.class_id))
        .outerjoin(CoursePack, and_(CoursePack.pack_id == s.pack_id, CoursePack.version == s.pack_version))
        .outerjoin(Account, and_(Account.district_id == s.district_id, Account.id == s.entered_by))
        .where(*wanted)
        .order_by(case((s.state == "planned", 0), else_=1), s.starts_at.desc(), s.id.desc())
    )
    return query if taken_back else query.where(_shown())


def _line(
    row: SchoolActivity, class_name: str | None, pack: str | None, school: str, entered_by: str | None
) -> ActivityLine:
    return ActivityLine(
        row.id, row.kind, row.state, row.season, row.school_year, row.school_id, school, row.class_id, class_name or "",
        tuple(row.grades), row.title, row.pack_id, row.pack_version, pack or "", row.starts_at, row.ends_at, row.place, row.led_by,
        row.topic, row.speaker, row.invited_count, row.came_count, row.took_part_count, row.material_given, row.feedback,
        row.late_recorded, row.state_reason, row.version, entered_by or "", row.recorded_at, row.created_at,
    )  # fmt: skip
