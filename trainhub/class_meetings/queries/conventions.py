"""A class's convention against bullying: in force, being drafted, earlier; which classes of a school have one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.accounts.models import Account
from trainhub.class_meetings.models import ClassConvention, ClassMeeting, MeetingRecord
from trainhub.class_meetings.queries.access import ClassAccess, class_access, leads_class
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.rules.conventions import Vote, clauses_from, shown
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import NotFound
from trainhub.kernel.permissions import Permission
from trainhub.roster.models import OrgUnit, SchoolClass
from trainhub.roster.queries.timetable import ClassInTerm, classes_of_term, pupils_of_class

SOURCES = 8
"""How many meetings of a class are offered to take clauses from or to have voted at."""


@dataclass(frozen=True, slots=True)
class Convention:
    """One revision. ``vote`` and ``pupils`` (of the class that day) are None before the vote; ``meeting`` is "" without one."""

    revision: int
    state: str
    clauses: tuple[str, ...]
    vote: Vote | None
    pupils: int | None
    agreed_on: date | None
    meeting_id: str | None
    meeting: str
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class MeetingSource:
    """A meeting of the class that is over: its day, title, and what the class agreed there as clauses."""

    id: str
    title: str
    day: date
    clauses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConventionPage:
    """A class with every revision of its convention, newest first. ``may_write``: the actor may draft and record the vote."""

    klass: ClassAccess
    school_name: str
    revisions: tuple[Convention, ...]
    in_force: Convention | None
    draft: Convention | None
    sources: tuple[MeetingSource, ...]
    last_year: tuple[str, ...]
    pupils: int
    may_write: bool

    @property
    def latest(self) -> int:
        """The number of the newest revision, 0 without one."""
        return self.revisions[0].revision if self.revisions else 0


def convention_page(session: Session, actor: Actor, class_id: str, today: date) -> ConventionPage:
    """Return a class's convention. At most eleven statements. Raises NotFound for a class outside the actor's reach."""
    klass = class_access(session, actor, class_id, today, write=False)
    revisions = _revisions(session, actor.district_id, class_id)
    force, draft = shown([(r.revision, r.state) for r in revisions])  # type: ignore[misc]
    by_number = {r.revision: r for r in revisions}
    scope = Scope(actor.district_id, frozenset({klass.school_id}))
    school = session.get_one(OrgUnit, (actor.district_id, klass.school_id))
    return ConventionPage(
        klass,
        school.name,
        revisions,
        by_number.get(force or 0),
        by_number.get(draft or 0),
        _sources(session, actor.district_id, class_id),
        _last_year(session, actor.district_id, class_id),
        len(pupils_of_class(session, scope, class_id, today)),
        _may_write(session, actor, klass, today),
    )


def _may_write(session: Session, actor: Actor, klass: ClassAccess, today: date) -> bool:
    wide, own = Permission.MEETING_WRITE, Permission.MEETING_OWN_WRITE
    if actor.can(wide) and actor.scope(wide).covers_school(klass.school_id):
        return True
    return actor.can(own) and leads_class(session, actor.district_id, actor.person_id, klass.class_id, today)


def convention_of(
    session: Session, actor: Actor, class_id: str, revision: int, today: date
) -> tuple[ClassAccess, str, Convention]:
    """Return one revision with its class and school, the one in force (else the newest) where ``revision`` is 0, for paper.

    At most five statements. Raises NotFound.
    """
    klass = class_access(session, actor, class_id, today, write=False)
    revisions = _revisions(session, actor.district_id, class_id)
    force, draft = shown([(r.revision, r.state) for r in revisions])  # type: ignore[misc]
    number = revision or force or draft or 0
    found = next((r for r in revisions if r.revision == number), None)
    if found is None:
        raise NotFound
    return klass, session.get_one(OrgUnit, (actor.district_id, klass.school_id)).name, found


def _revisions(session: Session, district_id: str, class_id: str) -> tuple[Convention, ...]:
    c = ClassConvention
    query = (
        select(c, ClassMeeting.title, Account.display_name)
        .outerjoin(ClassMeeting, and_(ClassMeeting.district_id == c.district_id, ClassMeeting.id == c.meeting_id))
        .outerjoin(Account, and_(Account.district_id == c.district_id, Account.id == c.entered_by))
        .where(c.district_id == district_id, c.class_id == class_id)
        .order_by(c.revision.desc())
    )
    return tuple(_convention(row, title or "", name or "") for row, title, name in session.execute(query))


def _convention(row: ClassConvention, meeting: str, entered_by: str) -> Convention:
    vote = None
    if row.for_count is not None and row.against_count is not None and row.abstained_count is not None:
        vote = Vote(row.for_count, row.against_count, row.abstained_count)
    return Convention(
        row.revision,
        row.state,
        tuple(row.clauses),
        vote,
        row.pupil_count,
        row.agreed_on,
        row.meeting_id,
        meeting,
        entered_by,
        row.entered_at,
    )


def _sources(session: Session, district_id: str, class_id: str) -> tuple[MeetingSource, ...]:
    """Meetings with a record, newest first; a text that was emptied because it named somebody offers nothing."""
    query = (
        select(ClassMeeting.id, ClassMeeting.title, MeetingRecord.starts_at, MeetingRecord.agreed)
        .join(
            MeetingRecord,
            and_(
                MeetingRecord.district_id == ClassMeeting.district_id,
                MeetingRecord.meeting_id == ClassMeeting.id,
                MeetingRecord.revision == ClassMeeting.revision,
            ),
        )
        .where(ClassMeeting.district_id == district_id, ClassMeeting.class_id == class_id)
        .order_by(MeetingRecord.starts_at.desc(), ClassMeeting.id)
    )
    return tuple(
        MeetingSource(row[0], row[1], local_day(row[2]), clauses_from(row[3]))
        for row in session.execute(query.limit(SOURCES))
    )


def _last_year(session: Session, district_id: str, class_id: str) -> tuple[str, ...]:
    """What the same pupils agreed the year before, as the class they were then."""
    query = (
        select(ClassConvention.clauses)
        .join(
            SchoolClass,
            and_(
                SchoolClass.district_id == ClassConvention.district_id,
                SchoolClass.previous_id == ClassConvention.class_id,
            ),
        )
        .where(SchoolClass.district_id == district_id, SchoolClass.id == class_id, ClassConvention.state == "agreed")
        .order_by(ClassConvention.revision.desc())
    )
    found = session.scalars(query.limit(1)).first()
    return tuple(found or ())


# --- which classes have one ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConventionMark:
    """What a list says of a class: the revision in force (None without one), whether a draft is being talked about."""

    clauses: int = 0
    agreed_on: date | None = None
    vote: Vote | None = None
    revision: int | None = None
    drafted: bool = False


@dataclass(frozen=True, slots=True)
class ConventionOverview:
    """The classes of a term with their conventions. ``owing`` are those that have pupils; ``having`` of them have one in force."""

    key: TermKey
    rows: tuple[tuple[ClassInTerm, ConventionMark], ...]
    owing: int
    having: int


def convention_marks(session: Session, district_id: str, class_ids: Collection[str]) -> dict[str, ConventionMark]:
    """Return what lists and the pages of classes say of conventions; every class asked for is a key. One statement."""
    found = {class_id: ConventionMark() for class_id in class_ids}
    if not found:
        return found
    c = ClassConvention
    query = (
        select(c.class_id, c.state, c.revision, c.clauses, c.agreed_on, c.for_count, c.against_count, c.abstained_count)
        .where(c.district_id == district_id, c.class_id.in_(class_ids), c.state.in_(("agreed", "draft")))
        .order_by(c.revision)
    )
    for row in session.execute(query):
        if row.state == "draft":
            held = found[row.class_id]
            found[row.class_id] = ConventionMark(held.clauses, held.agreed_on, held.vote, held.revision, drafted=True)
        else:
            vote = Vote(row.for_count or 0, row.against_count or 0, row.abstained_count or 0)
            found[row.class_id] = ConventionMark(len(row.clauses), row.agreed_on, vote, row.revision)
    return found


def convention_overview(
    session: Session, scope: Scope, school_id: str, key: TermKey, today: date
) -> ConventionOverview:
    """Return every class of a term with its convention. Seven statements. Raises NotFound outside the scope."""
    classes = [
        k
        for k in classes_of_term(session, scope, school_id, key.school_year, key.season, today)
        if k.closed_on is None or k.closed_on >= today
    ]
    marks = convention_marks(session, scope.district_id, [k.class_id for k in classes])
    rows = tuple((k, marks[k.class_id]) for k in classes)
    owing = [row for row in rows if row[0].pupil_count]
    return ConventionOverview(key, rows, len(owing), sum(mark.revision is not None for _, mark in owing))


def convention_count(session: Session, district_id: str, school_id: str, school_year: str) -> int:
    """How many classes of a school year have a convention in force. One statement."""
    query = (
        select(func.count(ClassConvention.class_id.distinct()))
        .join(
            SchoolClass,
            and_(SchoolClass.district_id == ClassConvention.district_id, SchoolClass.id == ClassConvention.class_id),
        )
        .where(
            ClassConvention.district_id == district_id,
            ClassConvention.school_id == school_id,
            ClassConvention.state == "agreed",
            SchoolClass.school_year == school_year,
        )
    )
    return session.scalar(query) or 0
