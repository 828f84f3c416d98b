"""Writing a plan in bulk: a constant number of statements, and a list of what to undo."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.bulk import insert_many, refresh_statistics
from trainhub.kernel.clock import local_day
from trainhub.kernel.ids import new_id
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.import_rules import Line, Plan
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
from trainhub.roster.service.classes import class_name

BATCH = 1_000
"""Rows of a file that are written together, so that memory does not grow with the file."""

MANY = 500
"""New rows that change what the database should know of a table before it is joined again."""

MODELS: dict[str, Any] = {m.__tablename__: m for m in (
    Person, Department, SchoolClass, Employment, DepartmentMembership, PostAssignment, Student, ClassMembership,
)}

@dataclass(slots=True)
class Written:
    """What was written: people whose numbers may move, what to undo, ids made by row, digests by row."""

    people: set[str] = field(default_factory=set)
    undo: dict[str, Any] = field(default_factory=lambda: {"created": {}, "updated": []})
    made: dict[int, str] = field(default_factory=dict)
    digests: dict[int, str] = field(default_factory=dict)


class Writer:
    """Collects rows by table and writes them in batches: one INSERT a table and batch, one UPDATE a table and shape."""

    def __init__(self, session: Session, batch: ImportBatch, day: date, now: datetime, *, first_list: bool) -> None:
        self.session, self.batch, self.day, self.now, self.first_list = session, batch, day, now, first_list
        self.tenant, self.school_id, self.today = batch.district_id, batch.school_id, local_day(now)
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
                before[column] = [as_text(getattr(row, column)), as_text(value)]
                self._updates[table][row.id][column] = value
        if before:
            self.written.undo["updated"].append([table, row.id, before])

    def lines(self, plan: Plan) -> Iterator[Line]:
        """The lines of a plan; what was noted as new is written after every batch of them."""
        for number, line in enumerate(plan.lines, 1):
            yield line
            if number % BATCH == 0:
                self._insert()

    def _insert(self) -> None:
        """Write the new rows noted so far, tables that others point to first."""
        created: dict[str, list[str]] = self.written.undo["created"]
        for table, model in MODELS.items():
            if rows := self._inserts.pop(table, None):
                insert_many(self.session, insert(model.__table__), rows)
                created.setdefault(table, []).extend([r["id"] for r in rows])

    def flush(self) -> None:
        """Write everything noted."""
        self._insert()
        for table, model in MODELS.items():
            changes = [{"district_id": self.tenant, "id": key} | values for key, values in self._updates[table].items()]
            if changes:
                self.session.execute(update(model), sorted(changes, key=sorted))
        self.session.flush()
        self.session.expire_all()
        created: dict[str, list[str]] = self.written.undo["created"]
        if max(map(len, created.values()), default=0) >= MANY:
            refresh_statistics(self.session, [MODELS[table] for table in created])

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
        return max(self.day, self.today)

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

    def note_decisions(self, plan: Plan) -> None:
        """Remember decided rows by what the file said, before any correction."""
        self.written.digests = {line.entry.row: line.digest for line in plan.lines if line.decision}


def as_text(value: Any) -> Any:
    """A value as it is kept for undoing."""
    return value.isoformat() if isinstance(value, date) else value
