"""Who is on the staff: on a day, within a year, and found by name, pinyin or number."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.kernel.errors import NotFound
from trainhub.roster.models import Department, DepartmentMembership, Employment, Person, PostAssignment, SchoolClass
from trainhub.roster.people_rules import name_key


@dataclass(frozen=True, slots=True)
class StaffOnDay:
    """A member of staff as of one day. One row per employment; a person has at most one per school.

    ``department_sort`` and ``sort_key`` give the order of a printed list. ``posts`` are keys such as
    ``homeroom_teacher``; ``class_name`` is the class of the homeroom post, "" without one.
    """

    employment_id: str
    person_id: str
    name: str
    initials: str
    sort_key: str
    staff_no: str
    department_id: str
    department: str
    department_sort: str
    posts: tuple[str, ...]
    class_name: str
    category: str
    contract: str
    is_home: bool
    from_on: date
    to_on: date | None
    hired_on: date | None
    left_reason: str
    school_id: str
    phone_tail: str


@dataclass(frozen=True, slots=True)
class PostSpan:
    """A post from a day to a day (inclusive)."""

    post: str
    school_id: str
    class_id: str | None
    class_name: str
    from_on: date
    to_on: date | None
    assignment_id: str = ""
    grade: int = 0
    class_no: int = 0

    def covers(self, day: date) -> bool:
        """Whether the post is held on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


@dataclass(frozen=True, slots=True)
class EmploymentSpan:
    """One employment that touches the year, with all posts at that organisation that touch it.

    ``department`` is the one at the end of the span within the year. ``ce_opt_out`` says nothing
    about the anti-bullying duty (case 26).
    """

    employment_id: str
    person_id: str
    name: str
    initials: str
    sort_key: str
    school_id: str
    staff_no: str
    category: str
    contract: str
    is_home: bool
    from_on: date
    to_on: date | None
    hired_on: date | None
    left_reason: str
    ce_opt_out: bool
    department: str
    department_sort: str
    posts: tuple[PostSpan, ...]
    phone_tail: str = ""

    def covers(self, day: date) -> bool:
        """Whether the person is on that staff on a day."""
        return self.from_on <= day and (self.to_on is None or day <= self.to_on)


def during(from_on: Any, to_on: Any, first: date, last: date) -> ColumnElement[bool]:
    """SQL condition: the dated row touches ``first``..``last``."""
    return and_(from_on <= last, or_(to_on.is_(None), to_on >= first))


def _visible(scope: Scope) -> ColumnElement[bool]:
    clause = and_(Employment.district_id == scope.district_id, Person.merged_into_id.is_(None))
    if scope.school_ids is not None and not scope.school_ids and scope.person_id:
        return and_(clause, Employment.person_id == scope.person_id)
    if scope.school_ids is not None:
        return and_(clause, Employment.school_id.in_(scope.school_ids))
    return clause


def _joined(first: date, last: date) -> Select[Employment, Person, Department, date]:
    """Employments with their person and the departments that touch the days."""
    return (
        select(Employment, Person, Department, DepartmentMembership.from_on.label("since"))
        .join(Person, and_(Person.district_id == Employment.district_id, Person.id == Employment.person_id))
        .outerjoin(
            DepartmentMembership,
            and_(
                DepartmentMembership.district_id == Employment.district_id,
                DepartmentMembership.employment_id == Employment.id,
                during(DepartmentMembership.from_on, DepartmentMembership.to_on, first, last),
            ),
        )
        .outerjoin(
            Department,
            and_(
                Department.district_id == DepartmentMembership.district_id,
                Department.id == DepartmentMembership.department_id,
            ),
        )
        .where(during(Employment.from_on, Employment.to_on, first, last))
    )


def _posts(
    session: Session, scope: Scope, first: date, last: date,
    school_ids: Collection[str] | None, person_ids: Collection[str] | None,
) -> dict[tuple[str, str], list[PostSpan]]:
    query = (
        select(PostAssignment, SchoolClass.name, SchoolClass.grade, SchoolClass.class_no)
        .outerjoin(
            SchoolClass,
            and_(SchoolClass.district_id == PostAssignment.district_id, SchoolClass.id == PostAssignment.class_id),
        )
        .where(
            PostAssignment.district_id == scope.district_id,
            during(PostAssignment.from_on, PostAssignment.to_on, first, last),
        )
        .order_by(PostAssignment.from_on, PostAssignment.id)
    )
    if scope.school_ids:
        query = query.where(PostAssignment.school_id.in_(scope.school_ids))
    if school_ids is not None:
        query = query.where(PostAssignment.school_id.in_(school_ids))
    if person_ids is not None:
        query = query.where(PostAssignment.person_id.in_(person_ids))
    found: dict[tuple[str, str], list[PostSpan]] = defaultdict(list)
    for post, class_name, grade, class_no in session.execute(query):
        found[post.person_id, post.school_id].append(
            PostSpan(post.post, post.school_id, post.class_id, class_name or "", post.from_on, post.to_on, post.id,
                     grade or 0, class_no or 0)
        )
    return found


def staff_on(session: Session, scope: Scope, school_id: str, day: date) -> list[StaffOnDay]:
    """Everybody on the staff of an organisation on a day, by department, then name. Two statements.

    Raises :class:`NotFound` outside the scope.
    """
    if not scope.covers_school(school_id):
        raise NotFound
    query = _joined(day, day).where(_visible(scope), Employment.school_id == school_id)
    rows = session.execute(query).all()
    posts = _posts(session, scope, day, day, {school_id}, None)
    return sorted(_on_day(rows, posts), key=staff_order)


def staff_order(row: StaffOnDay) -> tuple[bool, str, str, str]:
    """Order of a printed list: department, then name; people without a department last."""
    return (not row.department, row.department_sort, row.sort_key, row.employment_id)


def _on_day(rows: Any, posts: dict[tuple[str, str], list[PostSpan]]) -> list[StaffOnDay]:
    seen: dict[str, StaffOnDay] = {}
    for employment, person, department, _since in rows:
        held = posts.get((person.id, employment.school_id), [])
        seen[employment.id] = StaffOnDay(
            employment_id=employment.id, person_id=person.id, name=person.name, initials=person.initials,
            sort_key=person.sort_key, staff_no=employment.staff_no,
            department_id=department.id if department else "",
            department=department.name if department else "",
            department_sort=department.sort_key if department else "",
            posts=tuple(dict.fromkeys(p.post for p in held)),
            class_name=next((p.class_name for p in held if p.post == "homeroom_teacher"), ""),
            category=employment.category, contract=employment.contract, is_home=employment.is_home,
            from_on=employment.from_on, to_on=employment.to_on, hired_on=employment.hired_on,
            left_reason=employment.left_reason, school_id=employment.school_id, phone_tail=person.phone_tail,
        )
    return list(seen.values())


def people_in_year(
    session: Session, scope: Scope, school_ids: Collection[str] | None, first_day: date, last_day: date,
    *, person_ids: Collection[str] | None = None,
) -> list[EmploymentSpan]:
    """All employments that touch the days, each with its posts. Two statements.

    ``school_ids`` None means all in scope; ``person_ids`` narrows to people (for recomputing). A
    person with several employments comes several times, in order of their first day.
    """
    query = _span_columns(first_day, last_day).where(_visible(scope))
    if school_ids is not None:
        query = query.where(Employment.school_id.in_(school_ids))
    if person_ids is not None:
        query = query.where(Employment.person_id.in_(person_ids))
    rows = session.execute(query).all()
    posts = _posts(session, scope, first_day, last_day, school_ids, person_ids)
    last: dict[str, Any] = {}
    for row in rows:
        held = last.get(row[0])
        if held is None or (row[-1] is not None and (held[-1] is None or row[-1] > held[-1])):
            last[row[0]] = row
    spans = [_span(row, posts) for row in last.values()]
    return sorted(spans, key=lambda s: (s.person_id, s.from_on, s.employment_id))


def _span(row: Any, posts: dict[tuple[str, str], list[PostSpan]]) -> EmploymentSpan:
    (job_id, person_id, name, short, key, school_id, number, category, contract, is_home, from_on, to_on, hired_on,
     left_reason, opted_out, department, department_sort, phone_tail, _since) = row
    return EmploymentSpan(
        job_id, person_id, name, short, key, school_id, number, category, contract, is_home, from_on, to_on, hired_on,
        left_reason, opted_out, department or "", department_sort or "", tuple(posts.get((person_id, school_id), ())),
        phone_tail,
    )


def _span_columns(first: date, last: date) -> Select[*tuple[Any, ...]]:
    """The columns of a span in its order, then phone tail and the day the department was entered.

    Columns, not rows of the classes: a district has thousands of spans.
    """
    return _joined(first, last).with_only_columns(
        Employment.id, Person.id, Person.name, Person.initials, Person.sort_key, Employment.school_id,
        Employment.staff_no, Employment.category, Employment.contract, Employment.is_home, Employment.from_on,
        Employment.to_on, Employment.hired_on, Employment.left_reason, Employment.ce_opt_out, Department.name,
        Department.sort_key, Person.phone_tail, DepartmentMembership.from_on, maintain_column_froms=True,
    )


def employments_of(session: Session, scope: Scope, person_ids: Collection[str]) -> list[EmploymentSpan]:
    """Every employment of these people in scope, whenever it was. Two statements."""
    return people_in_year(session, scope, None, date.min, date.max, person_ids=person_ids)


@dataclass(frozen=True, slots=True)
class StaffFilter:
    """What a list shows: words to find, department, post, category; ``state`` current, left or all."""

    words: str = ""
    department_id: str = ""
    post: str = ""
    category: str = ""
    state: str = "current"
    page: int = 1
    size: int = 100


@dataclass(frozen=True, slots=True)
class StaffPage:
    """One page of a list and the counts beside its filters."""

    rows: tuple[StaffOnDay, ...]
    total: int
    page: int
    pages: int
    current_count: int
    left_count: int


def staff_list(session: Session, scope: Scope, school_id: str, day: date, wanted: StaffFilter) -> StaffPage:
    """A page of the staff of a school as of a day. Four statements, however many people there are."""
    if not scope.covers_school(school_id):
        raise NotFound
    current = during(Employment.from_on, Employment.to_on, day, day)
    base = and_(_visible(scope), Employment.school_id == school_id, Employment.from_on <= day)
    counts = session.execute(
        select(func.count(), func.count().filter(current))
        .select_from(Employment)
        .join(Person, and_(Person.district_id == Employment.district_id, Person.id == Employment.person_id))
        .where(base)
    ).one()
    query = _listing(base, day).where(*_conditions(wanted, scope, school_id, day))
    if wanted.state != "all":
        query = query.where(current if wanted.state == "current" else ~current)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // wanted.size))
    page = min(max(1, wanted.page), pages)
    query = query.order_by(
        Department.name.is_(None), Department.sort_key, Person.sort_key, Employment.id
    ).limit(wanted.size).offset((page - 1) * wanted.size)
    rows = session.execute(query).all()
    posts = _posts(session, scope, day, day, {school_id}, [row[1].id for row in rows])
    return StaffPage(tuple(_on_day(rows, posts)), total, page, pages, counts[1], counts[0] - counts[1])


def _listing(base: ColumnElement[bool], day: date) -> Select[Employment, Person, Department, date]:
    """Employments with the department of the day, or of their last day where they ended."""
    return (
        select(Employment, Person, Department, DepartmentMembership.from_on)
        .join(Person, and_(Person.district_id == Employment.district_id, Person.id == Employment.person_id))
        .outerjoin(
            DepartmentMembership,
            and_(
                DepartmentMembership.district_id == Employment.district_id,
                DepartmentMembership.employment_id == Employment.id,
                DepartmentMembership.from_on <= day,
                or_(
                    DepartmentMembership.to_on.is_(None),
                    DepartmentMembership.to_on >= day,
                    DepartmentMembership.to_on == Employment.to_on,
                ),
            ),
        )
        .outerjoin(
            Department,
            and_(
                Department.district_id == DepartmentMembership.district_id,
                Department.id == DepartmentMembership.department_id,
            ),
        )
        .where(base)
    )


def _conditions(wanted: StaffFilter, scope: Scope, school_id: str, day: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.words:
        found.append(matches(wanted.words))
    if wanted.department_id:
        found.append(Department.id == wanted.department_id)
    if wanted.category:
        found.append(Employment.category == wanted.category)
    if wanted.post:
        found.append(
            select(PostAssignment.id)
            .where(
                PostAssignment.district_id == scope.district_id,
                PostAssignment.school_id == school_id,
                PostAssignment.person_id == Employment.person_id,
                PostAssignment.post == wanted.post,
                during(PostAssignment.from_on, PostAssignment.to_on, day, day),
            )
            .exists()
        )
    return found


def matches(words: str) -> ColumnElement[bool]:
    """SQL condition: name begins with or contains the words, initials or staff number begin with them."""
    text = name_key(words)
    plain = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(
        Person.name_key.like(f"{plain}%" if text.isascii() else f"%{plain}%", escape="\\"),
        Person.initials.like(f"{plain}%", escape="\\"),
        Person.sort_key.like(f"{plain}%", escape="\\"),
        func.lower(Employment.staff_no).like(f"{plain}%", escape="\\"),
    )


def search(
    session: Session, scope: Scope, words: str, day: date, *, school_id: str | None = None, limit: int = 20
) -> list[StaffOnDay]:
    """Find current staff by name, pinyin initials or staff number. Two statements; at most ``limit`` rows."""
    if not name_key(words) or (school_id is not None and not scope.covers_school(school_id)):
        return []
    query = _joined(day, day).where(_visible(scope), matches(words))
    if school_id is not None:
        query = query.where(Employment.school_id == school_id)
    rows = session.execute(query.order_by(Person.sort_key, Employment.id).limit(limit)).all()
    people = [row[1].id for row in rows]
    return _on_day(rows, _posts(session, scope, day, day, None, people))
