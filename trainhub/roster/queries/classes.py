"""Classes and pupils. A pupil's number is never read back: only its last digits are stored in clear."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import ClassMembership, Person, PostAssignment, SchoolClass, Student
from trainhub.roster.queries.staff import during


@dataclass(frozen=True, slots=True)
class ClassRow:
    """A class of a school year: its homeroom teacher and its number of pupils on the day."""

    id: str
    school_id: str
    school_year: str
    grade: int
    class_no: int
    name: str
    homeroom_id: str
    homeroom_name: str
    student_count: int
    previous_id: str | None
    opened_on: date
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class StudentRow:
    """A pupil as listed: ``number`` is masked, e.g. ``G…0125``."""

    id: str
    name: str
    sex: str
    number: str
    class_name: str
    number_in_class: str


def classes(session: Session, scope: Scope, school_id: str, school_year: str, day: date) -> list[ClassRow]:
    """The classes of a school year in order of grade and number. Three statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(SchoolClass)
        .where(
            SchoolClass.district_id == scope.district_id,
            SchoolClass.school_id == school_id,
            SchoolClass.school_year == school_year,
        )
        .order_by(SchoolClass.grade, SchoolClass.class_no)
    )
    rows = list(session.scalars(query))
    homeroom = _homeroom(session, scope, school_id, day)
    counts = _counts(session, scope, school_id, day)
    return [
        ClassRow(
            c.id, c.school_id, c.school_year, c.grade, c.class_no, c.name, *homeroom.get(c.id, ("", "")),
            counts.get(c.id, 0), c.previous_id, c.opened_on, c.closed_on,
        )
        for c in rows
    ]


def _homeroom(session: Session, scope: Scope, school_id: str, day: date) -> dict[str, tuple[str, str]]:
    query = (
        select(PostAssignment.class_id, Person.id, Person.name)
        .join(Person, and_(Person.district_id == PostAssignment.district_id, Person.id == PostAssignment.person_id))
        .where(
            PostAssignment.district_id == scope.district_id,
            PostAssignment.school_id == school_id,
            PostAssignment.post == "homeroom_teacher",
            during(PostAssignment.from_on, PostAssignment.to_on, day, day),
        )
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query) if row[0]}


def _counts(session: Session, scope: Scope, school_id: str, day: date) -> dict[str, int]:
    query = (
        select(ClassMembership.class_id, func.count())
        .join(
            SchoolClass,
            and_(SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id),
        )
        .where(
            ClassMembership.district_id == scope.district_id,
            SchoolClass.school_id == school_id,
            during(ClassMembership.from_on, ClassMembership.to_on, day, day),
        )
        .group_by(ClassMembership.class_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def class_page(session: Session, scope: Scope, class_id: str, day: date) -> ClassRow:
    """One class. Raises :class:`NotFound` outside the scope."""
    found = session.get(SchoolClass, (scope.district_id, class_id))
    if found is None or not scope.covers_school(found.school_id):
        raise NotFound
    rows = classes(session, scope, found.school_id, found.school_year, day)
    return next(row for row in rows if row.id == class_id)


def students(
    session: Session, scope: Scope, school_id: str, day: date, *, class_id: str = "", page: int = 1, size: int = 100
) -> tuple[list[StudentRow], int]:
    """A page of pupils with masked numbers, and how many there are. Two statements."""
    if not scope.covers_school(school_id):
        raise NotFound
    query = (
        select(Student, SchoolClass.name, SchoolClass.grade, SchoolClass.class_no, ClassMembership.number_in_class)
        .outerjoin(
            ClassMembership,
            and_(
                ClassMembership.district_id == Student.district_id,
                ClassMembership.student_id == Student.id,
                during(ClassMembership.from_on, ClassMembership.to_on, day, day),
            ),
        )
        .outerjoin(
            SchoolClass,
            and_(SchoolClass.district_id == ClassMembership.district_id, SchoolClass.id == ClassMembership.class_id),
        )
        .where(
            Student.district_id == scope.district_id,
            Student.school_id == school_id,
            during(Student.from_on, Student.to_on, day, day),
        )
    )
    if class_id:
        query = query.where(SchoolClass.id == class_id)
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Student.id).subquery())) or 0
    query = query.order_by(SchoolClass.grade, SchoolClass.class_no, Student.sort_key, Student.id)
    rows = session.execute(query.limit(size).offset((max(1, page) - 1) * size))
    return [
        StudentRow(s.id, s.name, s.sex, f"{s.number_kind}…{s.number_tail}", class_name or "", seat or "")
        for s, class_name, _grade, _no, seat in rows
    ], total
