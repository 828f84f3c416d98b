"""A timetable file on its way into the roster; nothing changes before it is written, and writing is one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import insert_many
from trainhub.kernel.ids import new_id
from trainhub.plugin_api import Refused, Upload
from trainhub.roster.models import ImportBatch, TimetableLesson
from trainhub.roster.queries.sheets import timetable_plan_of
from trainhub.roster.queries.timetable import term_bounds
from trainhub.roster.refusals import BuiltUpon, DayOutsideTerm, NothingToWrite, UnknownWord
from trainhub.roster.service.facts import record
from trainhub.roster.service.sheet_batches import (
    close_as_written,
    discard_sheet,
    new_batch,
    staged_batch,
    tables_of,
    unreadable,
    written_batch,
)
from trainhub.roster.service.writing import as_text
from trainhub.roster.timetable_plan import PlannedLesson, content_of, lesson_to_json
from trainhub.roster.timetable_rules import Lesson
from trainhub.roster.timetable_sheets import TimetableSheet, read_timetable

_COLUMNS = tuple(TimetableLesson.__table__.c.keys())
_DATES = ("from_on", "to_on")


@dataclass(frozen=True, slots=True)
class StageTimetable:
    """A timetable of a term that holds from a day, read from an upload."""

    school_id: str
    upload: Upload
    sheet: TimetableSheet
    school_year: str
    season: str
    first_day: date


def read_timetable_file(upload: Upload, staff_names: frozenset[str]) -> TimetableSheet:
    """Read an upload; the file is opened in a process of its own. Raises UnreadableFile."""
    try:
        return read_timetable(tables_of(upload), staff_names)
    except Refused as refused:
        raise unreadable(refused) from refused


def stage_timetable(session: Session, actor: Actor, command: StageTimetable, now: datetime) -> str:
    """Keep what was read; returns the batch's id. The timetable does not change. Raises UnknownWord, DayOutsideTerm."""
    if command.season not in ("autumn", "spring"):
        raise UnknownWord(field="season", value=command.season)
    within_term(session, actor.district_id, command.school_id, command.school_year, command.season, command.first_day)
    sheet = command.sheet
    staged = {
        "lessons": [lesson_to_json(one) for one in sheet.lessons], "layout": sheet.layout, "encoding": sheet.encoding,
        "troubles": [[t.place, t.code, dict(t.params), t.blocks] for t in sheet.troubles], "school_year": command.school_year,
        "season": command.season, "first_day": command.first_day.isoformat(), "content": content_of(sheet.lessons),
    }
    return new_batch(session, actor, command.school_id, "timetable", command.upload, staged, now).id


def within_term(session: Session, district_id: str, school_id: str, school_year: str, season: str, day: date) -> None:
    """Refuse a day outside its term. Raises DayOutsideTerm."""
    first, last = term_bounds(session, district_id, school_id, school_year, season)
    if not first <= day <= last:
        raise DayOutsideTerm(field="from_on", first=first.isoformat(), last=last.isoformat())


def apply_timetable(session: Session, actor: Actor, batch_id: str, version: int | None, now: datetime) -> int:
    """Write a staged timetable; returns how many lessons began or ended. The statements do not grow with the lessons.

    Raises NothingToWrite, AlreadyApplied, StaleVersion.
    """
    row = staged_batch(session, actor, "timetable", batch_id, version)
    plan = timetable_plan_of(session, row)
    if not plan.change_count:
        raise NothingToWrite
    start = date.fromisoformat(row.staged["first_day"])
    undo = end_lessons(session, row.district_id, plan.ended, start)
    undo["created"] = _insert(session, row, plan.added, start)
    year, season = row.staged["school_year"], row.staged["season"]
    close_as_written(row, now, plan.counts, undo)
    record(
        session, actor, now, school_id=row.school_id, kind="roster.timetable.import", subject=row.school_id, object_ref=row.id, on=start,
        evidence_sha256=row.file_sha256, payload={"counts": plan.counts, "school_year": year, "season": season},
    )
    return plan.change_count


def end_lessons(session: Session, district_id: str, ended: Sequence[Lesson], start: date) -> dict[str, Any]:
    """Let lessons end the day before ``start``; those that would never have been are removed. Returns what to undo."""
    gone, before = [one.id for one in ended if one.from_on >= start], [one.id for one in ended if one.from_on < start]
    undo: dict[str, Any] = {"created": [], "ended": [], "removed": [], "until": (start - timedelta(days=1)).isoformat()}
    held = {row.id: row for row in session.scalars(select(TimetableLesson).where(
        TimetableLesson.district_id == district_id, TimetableLesson.id.in_(gone + before)))} if ended else {}
    undo["ended"] = [[key, as_text(held[key].to_on)] for key in before if key in held]
    undo["removed"] = [{c: as_text(getattr(held[key], c)) for c in _COLUMNS} for key in gone if key in held]
    for row in held.values():
        session.expunge(row)
    if before:
        session.execute(update(TimetableLesson).where(
            TimetableLesson.district_id == district_id, TimetableLesson.id.in_(before)
        ).values(to_on=start - timedelta(days=1)).execution_options(synchronize_session=False))
    if gone:
        session.execute(delete(TimetableLesson).where(TimetableLesson.district_id == district_id, TimetableLesson.id.in_(gone))
                        .execution_options(synchronize_session=False))
    return undo


def _insert(session: Session, row: ImportBatch, added: Sequence[PlannedLesson], start: date) -> list[str]:
    rows = [
        {"district_id": row.district_id, "id": new_id(), "school_id": row.school_id, "class_id": one.group.id,
         "school_year": row.staged["school_year"], "season": row.staged["season"], "weekday": one.raw.weekday,
         "lesson_no": one.raw.lesson_no, "weeks": one.raw.weeks, "subject": one.raw.subject, "teacher_id": one.teacher_id,
         "teacher_name": one.raw.teacher, "room": one.raw.room, "from_on": start, "to_on": None}
        for one in added
    ]
    insert_many(session, insert(TimetableLesson.__table__), rows)  # type: ignore[arg-type]
    return [str(one["id"]) for one in rows]


def withdraw_timetable(session: Session, actor: Actor, batch_id: str, reason: str, now: datetime) -> None:
    """Put the timetable back as it was before a file, where nothing changed it since.

    Raises TooLateToWithdraw, AlreadyApplied, BuiltUpon.
    """
    row = written_batch(session, actor, "timetable", batch_id, now)
    undo_lessons(session, row.district_id, row.report["undo"])
    row.state, row.version = "withdrawn", row.version + 1
    record(
        session, actor, now, school_id=row.school_id, kind="roster.timetable.withdrawn", subject=row.school_id, object_ref=row.id,
        payload={"counts": dict(row.report.get("counts", {}))}, reason=reason,
    )


def undo_lessons(session: Session, district_id: str, undo: dict[str, Any]) -> None:
    """Take back what :func:`end_lessons` and an insert did. Raises BuiltUpon."""
    ended, created = dict(undo["ended"]), list(undo["created"])
    wanted: dict[str, str | None] = dict.fromkeys(created) | dict.fromkeys(ended, undo["until"])
    stands = {row.id: as_text(row.to_on) for row in session.execute(
        select(TimetableLesson.id, TimetableLesson.to_on)
        .where(TimetableLesson.district_id == district_id, TimetableLesson.id.in_(list(wanted)))
    )}
    changed = sum(key not in stands or stands[key] != to_on for key, to_on in wanted.items())
    if changed:
        raise BuiltUpon(count=changed)
    session.execute(delete(TimetableLesson).where(TimetableLesson.district_id == district_id, TimetableLesson.id.in_(created))
                    .execution_options(synchronize_session=False))
    if ended:
        session.execute(update(TimetableLesson), [
            {"district_id": district_id, "id": key, "to_on": date.fromisoformat(old) if old else None} for key, old in ended.items()
        ])
    back = [{k: date.fromisoformat(v) if k in _DATES and v else v for k, v in one.items()} for one in undo["removed"]]
    insert_many(session, insert(TimetableLesson.__table__), back)  # type: ignore[arg-type]
    session.expire_all()


def discard_timetable(session: Session, actor: Actor, batch_id: str) -> None:
    """Drop a staged timetable."""
    discard_sheet(session, actor, "timetable", batch_id)

