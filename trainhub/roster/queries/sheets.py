"""Files of timetables and calendars on their way: what they would change now, what was written."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Scope
from trainhub.roster import calendar_sheets, timetable_plan
from trainhub.roster.calendar_sheets import CalendarPlan, plan_days
from trainhub.roster.models import Employment, ImportBatch, OrgUnit, Person, SchoolClass, TimetableLesson
from trainhub.roster.queries.calendar import calendar, own_days
from trainhub.roster.queries.imports import find_batch
from trainhub.roster.queries.staff import during
from trainhub.roster.queries.timetable import lesson_of
from trainhub.roster.rules import name_key
from trainhub.roster.timetable_plan import ClassIndex, KnownClass, TimetablePlan, plan_timetable
from trainhub.roster.timetable_rules import Lesson, stage_of
from trainhub.roster.timetable_sheets import Trouble

NO_PLAN = TimetablePlan((), (), 0, (), ())
NO_DAYS = CalendarPlan((), ())


@dataclass(frozen=True, slots=True)
class SheetBatch:
    """An uploaded file with what it would do; the plans are empty once it is written, withdrawn or dropped."""

    id: str
    school_id: str
    kind: str
    state: str
    file_name: str
    version: int
    created_at: datetime
    applied_at: datetime | None
    first_day: date
    school_year: str
    season: str
    seen_before: str
    counts: Mapping[str, int]
    timetable: TimetablePlan = NO_PLAN
    days: CalendarPlan = NO_DAYS


def sheet_batch(session: Session, scope: Scope, kind: str, batch_id: str) -> SheetBatch:
    """A file of a timetable or a calendar as a page. At most seven statements. Raises NotFound."""
    row = find_batch(session, {kind: scope}, batch_id)
    staged = row.state == "staged"
    return SheetBatch(
        row.id, row.school_id, row.kind, row.state, row.file_name, row.version, row.created_at, row.applied_at,
        date.fromisoformat(row.staged["first_day"]), row.staged.get("school_year", ""), row.staged.get("season", ""),
        _seen_before(session, row) if staged else "", row.report.get("counts", {}),
        timetable_plan_of(session, row) if staged and kind == "timetable" else NO_PLAN,
        calendar_plan_of(session, row) if staged and kind == "calendar" else NO_DAYS,
    )


def _seen_before(session: Session, row: ImportBatch) -> str:
    query = select(ImportBatch.file_name).where(
        ImportBatch.district_id == row.district_id, ImportBatch.school_id == row.school_id, ImportBatch.kind == row.kind,
        ImportBatch.state == "applied", ImportBatch.report["content"].as_string() == str(row.staged.get("content", "")),
    )
    return session.scalars(query.limit(1)).first() or ""


def troubles_of(row: ImportBatch) -> list[Trouble]:
    """What was wrong with the file itself."""
    return [Trouble(place, code, params, blocks) for place, code, params, blocks in row.staged.get("troubles", ())]


def timetable_plan_of(session: Session, row: ImportBatch) -> TimetablePlan:
    """What a staged timetable would change now. Four statements."""
    start, year, season = date.fromisoformat(row.staged["first_day"]), row.staged["school_year"], row.staged["season"]
    unit = session.get_one(OrgUnit, (row.district_id, row.school_id))
    groups = known_classes(session, row.district_id, row.school_id, year, start, unit.stages)
    lessons = [timetable_plan.lesson_from_json(data) for data in row.staged.get("lessons", ())]
    return plan_timetable(
        lessons, troubles_of(row), ClassIndex(groups, year, unit.stages), teachers(session, row.district_id, row.school_id, start),
        lessons_from(session, row.district_id, row.school_id, year, season, start), start,
    )


def known_classes(
    session: Session, district_id: str, school_id: str, school_year: str, day: date, stages: list[str]
) -> list[KnownClass]:
    """Classes of a school year that are open on a day or later. One statement."""
    query = select(SchoolClass).where(
        SchoolClass.district_id == district_id, SchoolClass.school_id == school_id, SchoolClass.school_year == school_year,
        during(SchoolClass.opened_on, SchoolClass.closed_on, day, date.max),
    ).order_by(SchoolClass.grade, SchoolClass.class_no)
    return [KnownClass(c.id, c.name, c.grade, c.class_no, stage_of(c.grade, stages)) for c in session.scalars(query)]


def teachers(session: Session, district_id: str, school_id: str, day: date) -> dict[str, list[str]]:
    """Ids of the staff by name key, on a day or later. One statement."""
    query = select(Person.name_key, Person.id).join(
        Employment, (Employment.district_id == Person.district_id) & (Employment.person_id == Person.id)
    ).where(
        Employment.district_id == district_id, Employment.school_id == school_id, Person.merged_into_id.is_(None),
        during(Employment.from_on, Employment.to_on, day, date.max),
    ).distinct()
    found: dict[str, list[str]] = defaultdict(list)
    for key, person_id in session.execute(query):
        found[name_key(key)].append(person_id)
    return found


def lessons_from(
    session: Session, district_id: str, school_id: str, school_year: str, season: str, day: date
) -> list[Lesson]:
    """Lessons of a term in force on a day or later. One statement."""
    query = select(TimetableLesson).where(
        TimetableLesson.district_id == district_id, TimetableLesson.school_id == school_id,
        TimetableLesson.school_year == school_year, TimetableLesson.season == season,
        during(TimetableLesson.from_on, TimetableLesson.to_on, day, date.max),
    ).order_by(TimetableLesson.id)
    return [lesson_of(row, row.teacher_id, "") for row in session.scalars(query)]


def calendar_plan_of(session: Session, row: ImportBatch) -> CalendarPlan:
    """What a staged calendar would change now. Four statements."""
    said = [calendar_sheets.day_from_json(data) for data in row.staged.get("days", ())]
    if not said:
        return CalendarPlan((), tuple(troubles_of(row)))
    first, last = said[0].day, said[-1].day
    days = calendar(session, row.district_id, row.school_id, first, last)
    held = own_days(session, Scope(row.district_id, frozenset({row.school_id})), row.school_id, first, last)
    own: dict[date, Any] = {day: one for day, one in held.items() if one.org_id == row.school_id}
    return plan_days(said, troubles_of(row), days, own)
