"""Writing a plan in bulk: a constant number of statements, and a list of what to undo."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.ids import new_id
from trainhub.kernel.orm import Base
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.import_rules import UNKNOWN_CLASS, Change, Line, Plan
from trainhub.roster.models import (
    ClassMembership,
    Department,
    DepartmentMembership,
    Employment,
    ImportBatch,
    Person,
    PostAssignment,
    SchoolClass,
    Student,
)
from trainhub.roster.people_rules import clean_name, initials, name_key, pinyin_key
from trainhub.roster.refusals import BuiltUpon
from trainhub.roster.service.classes import class_name

MODELS: dict[str, Any] = {m.__tablename__: m for m in (
    Person, Department, SchoolClass, Employment, DepartmentMembership, PostAssignment, Student, ClassMembership,
)}
_DERIVED = frozenset({"training_obligation"})
"""Tables recomputed from what stands here: a row in them does not mean that something was built."""


@dataclass(slots=True)
class Written:
    """What was written: people whose numbers may move, what to undo, ids made by row, digests by row."""

    people: set[str] = field(default_factory=set)
    undo: dict[str, Any] = field(default_factory=lambda: {"created": {}, "updated": []})
    made: dict[int, str] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)


class _Writer:
    """Collects rows by table and writes them at the end: one INSERT and one UPDATE a table and shape."""

    def __init__(self, session: Session, batch: ImportBatch, day: date, now: datetime, *, first_list: bool) -> None:
        self.session, self.batch, self.day, self.now, self.first_list = session, batch, day, now, first_list
        self.tenant, self.school_id = batch.district_id, batch.school_id
        self.written = Written()
        self._inserts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self._updates: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
        self.classes: dict[str, SchoolClass] = {}

    def add(self, table: str, **values: Any) -> str:
        """Note a new row; returns its id."""
        key = new_id()
        self._inserts[table].append({"district_id": self.tenant, "id": key, **values})
        return key

    def change(self, row: Any, **values: Any) -> None:
        """Note a change of a row, with the values it had."""
        table, before = row.__tablename__, {}
        for column, value in values.items():
            if getattr(row, column) != value:
                before[column] = [_text(getattr(row, column)), _text(value)]
                self._updates[table][row.id][column] = value
        if before:
            self.written.undo["updated"].append([table, row.id, before])

    def flush(self) -> None:
        """Write everything noted."""
        for table, model in MODELS.items():
            if rows := self._inserts.get(table):
                self.session.execute(insert(model), rows)
                self.written.undo["created"][table] = [r["id"] for r in rows]
            changes = [{"district_id": self.tenant, "id": key} | values for key, values in self._updates[table].items()]
            if changes:
                self.session.execute(update(model), sorted(changes, key=lambda c: sorted(c)))
        self.session.flush()
        self.session.expire_all()

    def rows(self, model: Any, ids: Iterable[str]) -> dict[str, Any]:
        """Rows of a table by id. One statement."""
        wanted = list(ids)
        if not wanted:
            return {}
        query = select(model).where(model.district_id == self.tenant, model.id.in_(wanted))
        return {row.id: row for row in self.session.scalars(query)}

    def load_classes(self) -> None:
        """The classes of the school year in which the list holds, by ``grade-number``."""
        query = select(SchoolClass).where(
            SchoolClass.district_id == self.tenant, SchoolClass.school_id == self.school_id,
            SchoolClass.school_year == school_year_of(self.class_day),
        )
        self.classes = {f"{c.grade}-{c.class_no}": c for c in self.session.scalars(query)}

    @property
    def class_day(self) -> date:
        """Classes are those of today's school year, also where the list holds from an earlier day."""
        return max(self.day, self.now.date())

    def class_id(self, label: str) -> str:
        """The class of that name, noted as new where it is not there."""
        found = self.classes.get(label)
        if found is not None:
            return found.id
        grade, number = (int(part) for part in label.split("-"))
        year = school_year_of(self.class_day)
        opened = max(date(int(year[:4]), 9, 1), min(self.day, self.class_day))
        key = self.add("school_class", school_id=self.school_id, school_year=year, grade=grade, class_no=number,
                       name=class_name(grade, number), opened_on=opened)
        self.classes[label] = SchoolClass(id=key, opened_on=opened)
        return key

    def _digest(self, plan: Plan) -> None:
        raw = {e["row"]: e for e in self.batch.staged.get("entries", ())}
        from trainhub.roster.queries.imports import _entry

        for line in plan.lines:
            if line.decision:
                self.written.digests[line.entry.row] = _entry(raw[line.entry.row]).digest


class StaffWriter(_Writer):
    """Writes a staff plan."""

    def write(self, plan: Plan) -> Written:
        """Write all new and changed rows, and the people let go."""
        self._digest(plan)
        touched = [line.known.id for line in plan.lines if line.known] + [k.id for k, _ in plan.leaving]
        self.jobs = self.rows(Employment, touched)
        self.persons = self.rows(Person, {job.person_id for job in self.jobs.values()})
        self.load_classes()
        self._load_departments()
        self._load_dated(list(self.jobs), list(self.persons))
        for line in plan.lines:
            if line.outcome == "new":
                self._hire(line)
            elif line.outcome == "changed":
                self._revise(line)
            if line.known is not None:
                self.written.made.setdefault(line.entry.row, line.known.id)
        for known, why in plan.leaving:
            self._end_job(self.jobs[known.id], self.day - timedelta(days=1), why)
        self.flush()
        return self.written

    def _load_departments(self) -> None:
        query = select(Department).where(Department.district_id == self.tenant, Department.school_id == self.school_id)
        self.departments = {name_key(d.name): d.id for d in self.session.scalars(query)}

    def _load_dated(self, jobs: list[str], people: list[str]) -> None:
        self.places: dict[str, list[DepartmentMembership]] = defaultdict(list)
        self.posts: dict[str, list[PostAssignment]] = defaultdict(list)
        for place in self.session.scalars(select(DepartmentMembership).where(
            DepartmentMembership.district_id == self.tenant, DepartmentMembership.employment_id.in_(jobs),
            or_(DepartmentMembership.to_on.is_(None), DepartmentMembership.to_on >= self.day),
        )):
            self.places[place.employment_id].append(place)
        self.homeroom: dict[str, PostAssignment] = {}
        for post in self.session.scalars(select(PostAssignment).where(
            PostAssignment.district_id == self.tenant, PostAssignment.school_id == self.school_id,
            or_(PostAssignment.to_on.is_(None), PostAssignment.to_on >= self.day),
        )):
            self.posts[post.person_id].append(post)
            if post.class_id:
                self.homeroom[post.class_id] = post

    def _department(self, name: str) -> str:
        key = name_key(name)
        if key not in self.departments:
            self.departments[key] = self.add(
                "department", school_id=self.school_id, name=name, sort_key=pinyin_key(name)[:120]
            )
        return self.departments[key]

    def _hire(self, line: Line) -> None:
        entry = line.entry
        person_id = self.add(
            "person", name=clean_name(entry.name), name_key=name_key(entry.name), sort_key=pinyin_key(entry.name),
            initials=initials(entry.name), phone_tail=entry.values.get("phone_tail", ""), merged_into_id=None,
            created_at=self.now,
        )
        self._open_job(line, person_id)

    def _open_job(self, line: Line, person_id: str) -> None:
        entry = line.entry
        hired = entry.values.get("hired_on")
        hired_on = date.fromisoformat(hired) if hired else None if self.first_list else self.day
        from_on = max(self.day, hired_on) if hired_on and hired_on <= self.now.date() else self.day
        category = entry.values.get("category") or "full_time_teacher"
        job_id = self.add(
            "employment", person_id=person_id, school_id=self.school_id, staff_no=entry.number, category=category,
            contract="contract" if category == "external" else "staffed", is_home=category != "external",
            from_on=from_on, to_on=None, left_reason="", ce_opt_out=False, hired_on=hired_on, created_at=self.now,
            batch_id=self.batch.id,
        )
        if entry.group:
            self.add("department_membership", employment_id=job_id, department_id=self._department(entry.group),
                     from_on=from_on, to_on=None)
        for post in entry.posts:
            self._give_post(person_id, post, None, from_on)
        if entry.homeroom:
            self._give_homeroom(person_id, entry.homeroom, from_on)
        self.written.people.add(person_id)
        self.written.made[entry.row] = job_id

    def _give_post(self, person_id: str, post: str, class_id: str | None, from_on: date) -> None:
        self.add("post_assignment", person_id=person_id, school_id=self.school_id, post=post, class_id=class_id,
                 from_on=from_on, to_on=None, batch_id=self.batch.id)

    def _give_homeroom(self, person_id: str, label: str, from_on: date) -> None:
        if label == UNKNOWN_CLASS:
            self._give_post(person_id, "homeroom_teacher", None, from_on)
            return
        class_id = self.class_id(label)
        start = max(from_on, self.classes[label].opened_on)
        holder = self.homeroom.pop(class_id, None)
        if holder is not None and holder.person_id != person_id:
            self.change(holder, to_on=max(holder.from_on, start - timedelta(days=1)))
            self.written.people.add(holder.person_id)
        self._give_post(person_id, "homeroom_teacher", class_id, start)

    def _revise(self, line: Line) -> None:
        assert line.known is not None
        job = self.jobs[line.known.id]
        person = self.persons[job.person_id]
        fields = {c.field for c in line.changes}
        self.written.people.add(person.id)
        if "state" in fields and not line.entry.stays:
            left_on = line.entry.values.get("left_on")
            last = date.fromisoformat(left_on) if left_on else self.day - timedelta(days=1)
            self._end_job(job, last, line.entry.values.get("why", "other"))
            return
        if "state" in fields:
            self._open_job(line, person.id)
            return
        for change in line.changes:
            self._revise_field(line, change, job, person)

    def _revise_field(self, line: Line, change: Change, job: Employment, person: Person) -> None:
        entry = line.entry
        if change.field == "name":
            self.change(person, name=clean_name(entry.name), name_key=name_key(entry.name),
                        sort_key=pinyin_key(entry.name), initials=initials(entry.name))
        elif change.field == "phone_tail":
            self.change(person, phone_tail=entry.values["phone_tail"])
        elif change.field == "number":
            self.change(job, staff_no=entry.number)
        elif change.field == "category":
            self.change(job, category=entry.values["category"])
        elif change.field == "hired_on":
            self.change(job, hired_on=date.fromisoformat(entry.values["hired_on"]))
        elif change.field == "group":
            self._change_department(job, entry.group)
        elif change.field == "posts":
            held = {p.post for p in self.posts[person.id]}
            for post in entry.posts:
                if post not in held:
                    self._give_post(person.id, post, None, max(self.day, job.from_on))
        elif change.field == "homeroom":
            self._change_homeroom(person.id, entry.homeroom or "", max(self.day, job.from_on))

    def _change_department(self, job: Employment, name: str) -> None:
        start = max(self.day, job.from_on)
        department_id = self._department(name)
        for place in self.places[job.id]:
            if place.from_on >= start:  # entered the same day: a correction, not a change
                self.change(place, department_id=department_id)
                return
            self.change(place, to_on=start - timedelta(days=1))
        self.add("department_membership", employment_id=job.id, department_id=department_id, from_on=start, to_on=None)

    def _change_homeroom(self, person_id: str, label: str, start: date) -> None:
        for post in self.posts[person_id]:
            if post.post == "homeroom_teacher" and label and label != UNKNOWN_CLASS and post.from_on >= start:
                self.change(post, class_id=self.class_id(label))  # the same day: a correction
                return
            if post.post == "homeroom_teacher":
                self.change(post, to_on=max(post.from_on, start - timedelta(days=1)))
                self.homeroom.pop(post.class_id or "", None)
        if label:
            self._give_homeroom(person_id, label, start)

    def _end_job(self, job: Employment, last: date, why: str) -> None:
        last = max(last, job.from_on)
        self.written.people.add(job.person_id)
        self.change(job, to_on=last, left_reason=why)
        for place in self.places[job.id]:
            self.change(place, to_on=max(last, place.from_on))
        for post in self.posts[job.person_id]:
            self.change(post, to_on=max(last, post.from_on))


class StudentWriter(_Writer):
    """Writes a pupil plan: only the allowed columns, the number as keyed hash and tail."""

    def write(self, plan: Plan) -> Written:
        """Write all new and changed rows, and the pupils let go."""
        self._digest(plan)
        self.pupils = self.rows(Student, [line.known.id for line in plan.lines if line.known] + [k.id for k, _ in plan.leaving])
        self.load_classes()
        self.places: dict[str, list[ClassMembership]] = defaultdict(list)
        for place in self.session.scalars(select(ClassMembership).where(
            ClassMembership.district_id == self.tenant, ClassMembership.student_id.in_(list(self.pupils)),
            or_(ClassMembership.to_on.is_(None), ClassMembership.to_on >= self.day),
        )):
            self.places[place.student_id].append(place)
        for line in plan.lines:
            if line.outcome == "new":
                self._enrol(line)
            elif line.outcome == "changed":
                self._revise(line)
            if line.known is not None:
                self.written.made.setdefault(line.entry.row, line.known.id)
        for known, _why in plan.leaving:
            self._leave(self.pupils[known.id])
        self.flush()
        return self.written

    def _enrol(self, line: Line) -> None:
        entry, values = line.entry, line.entry.values
        key = self.add(
            "student", school_id=self.school_id, name=clean_name(entry.name), name_key=name_key(entry.name),
            sort_key=pinyin_key(entry.name), sex=values.get("sex", ""), number_hash=entry.number,
            number_tail=values.get("number_tail", ""), number_kind=values.get("number_kind", ""), from_on=self.day,
            to_on=None, created_at=self.now,
        )
        if entry.group:
            self._seat(key, entry.group, values.get("seat_no", ""), self.day)
        self.written.made[entry.row] = key

    def _seat(self, student_id: str, label: str, seat_no: str, start: date) -> None:
        class_id = self.class_id(label)
        self.add("class_membership", student_id=student_id, class_id=class_id, number_in_class=seat_no[:8],
                 from_on=max(start, self.classes[label].opened_on), to_on=None)

    def _revise(self, line: Line) -> None:
        assert line.known is not None
        entry, pupil = line.entry, self.pupils[line.known.id]
        fields = {c.field for c in line.changes}
        if "name" in fields:
            self.change(pupil, name=clean_name(entry.name), name_key=name_key(entry.name), sort_key=pinyin_key(entry.name))
        if "sex" in fields:
            self.change(pupil, sex=entry.values["sex"])
        if "state" in fields:
            self.change(pupil, to_on=None)
        if fields & {"group", "state"} and entry.group:
            for place in self.places[pupil.id]:
                self.change(place, to_on=max(place.from_on, self.day - timedelta(days=1)))
            self._seat(pupil.id, entry.group, entry.values.get("seat_no", ""), self.day)
        elif "seat_no" in fields:
            for place in self.places[pupil.id]:
                self.change(place, number_in_class=entry.values["seat_no"][:8])

    def _leave(self, pupil: Student) -> None:
        last = max(pupil.from_on, self.day - timedelta(days=1))
        self.change(pupil, to_on=last)
        for place in self.places[pupil.id]:
            self.change(place, to_on=max(last, place.from_on))


# --- taking back ---------------------------------------------------------------------------------


def take_back(session: Session, batch: ImportBatch) -> set[str]:
    """Put every changed row back and remove every row made; returns the people concerned.

    Raises :class:`BuiltUpon` where a changed row was changed again, or where another room refers to
    what would go.
    """
    tenant, undo = batch.district_id, batch.report["undo"]
    people = _people_of(session, tenant, undo)
    _refuse_if_changed(session, tenant, undo["updated"])
    _refuse_if_used(session, tenant, undo)
    _restore(session, tenant, undo["updated"])
    for table in reversed(list(MODELS)):
        ids = undo["created"].get(table)
        if ids and table == "person":
            _remove_unreferenced(session, tenant, ids)
        elif ids:
            model = MODELS[table]
            session.execute(delete(model).where(model.district_id == tenant, model.id.in_(ids))
                            .execution_options(synchronize_session=False))
    session.flush()
    session.expire_all()
    return people


def _people_of(session: Session, tenant: str, undo: dict[str, Any]) -> set[str]:
    people = set(undo["created"].get("person", ())) | {key for table, key, _ in undo["updated"] if table == "person"}
    for model in (Employment, PostAssignment):
        ids = {key for table, key, _ in undo["updated"] if table == model.__tablename__} | set(
            undo["created"].get(model.__tablename__, ())
        )
        if ids:
            people |= set(session.scalars(select(model.person_id).where(model.district_id == tenant, model.id.in_(ids))))
    return people


def _refuse_if_changed(session: Session, tenant: str, updated: list[Any]) -> None:
    """What the batch wrote must still be what stands there."""
    by_table: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for table, key, values in updated:
        by_table[table][key] |= {column: after for column, (_, after) in values.items()}
    count = 0
    for table, wanted in by_table.items():
        model = MODELS[table]
        rows = session.scalars(select(model).where(model.district_id == tenant, model.id.in_(list(wanted))))
        count += sum(any(_text(getattr(r, c)) != v for c, v in wanted[r.id].items()) for r in rows)
    if count:
        raise BuiltUpon(count=count)


def _refuse_if_used(session: Session, tenant: str, undo: dict[str, Any]) -> None:
    """Rows of other rooms (rolls, exemptions, accounts) that refer to what the batch made."""
    created: dict[str, list[str]] = undo["created"]
    own: dict[str, set[str]] = defaultdict(set, {table: set(ids) for table, ids in created.items()})
    for table, key, _ in undo["updated"]:
        own[table].add(key)
    count = 0
    for table, column, target in _references():
        ids = created.get(target)
        if not ids or table.name in _DERIVED:
            continue
        query = select(func.count()).select_from(table).where(table.c.district_id == tenant, column.in_(ids))
        if table.name in own:
            query = query.where(table.c.id.not_in(own[table.name]))
        count += session.scalar(query) or 0
    if count:
        raise BuiltUpon(count=count)


def _references() -> list[tuple[Any, Any, str]]:
    """Every foreign key into the tables an import writes, as (table, column, table referred to)."""
    found = []
    for table in Base.metadata.sorted_tables:
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table.name
            columns = [c for c in constraint.columns if c.name != "district_id"]
            if target in MODELS and len(columns) == 1:
                found.append((table, columns[0], target))
    return found


def _restore(session: Session, tenant: str, updated: list[Any]) -> None:
    before: dict[str, dict[str, dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for table, key, values in reversed(updated):
        columns = MODELS[table].__table__.c
        before[table][key] |= {c: _typed(columns[c].type.python_type, old) for c, (old, _) in values.items()}
    for table, rows in before.items():
        session.execute(update(MODELS[table]), [{"district_id": tenant, "id": k} | v for k, v in rows.items()])


def _remove_unreferenced(session: Session, tenant: str, ids: list[str]) -> None:
    """Remove people nobody refers to; one whose obligation was worked out stays, without employment."""
    free = [
        ~exists().where(table.c.district_id == tenant, column == Person.id)
        for table, column, target in _references() if target == "person"
    ]
    session.execute(delete(Person).where(Person.district_id == tenant, Person.id.in_(ids), *free)
                    .execution_options(synchronize_session=False))


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _typed(kind: type, value: Any) -> Any:
    return date.fromisoformat(value) if kind is date and isinstance(value, str) else value
