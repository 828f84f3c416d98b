"""A file of days off and make-up workdays on its way into a school's calendar."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from trainhub.kernel.actor import Actor
from trainhub.kernel.bulk import insert_many
from trainhub.kernel.clock import local_day
from trainhub.plugin_api import Refused, Upload
from trainhub.plugin_api.limits import LIMITS
from trainhub.roster.calendar_sheets import (
    CalendarSheet,
    PlannedDay,
    content_of,
    day_to_json,
    read_calendar_file,
    read_days,
)
from trainhub.roster.models import SchoolDay
from trainhub.roster.queries.sheets import calendar_plan_of
from trainhub.roster.refusals import BuiltUpon, NothingToWrite
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


def read_calendar_upload(upload: Upload, school_year: str) -> CalendarSheet:
    """Read a sheet of days, or an iCalendar file of whole days. Raises UnreadableFile."""
    try:
        if b"BEGIN:VCALENDAR" in upload.content[:2000].upper() and len(upload.content) <= LIMITS.upload_bytes:
            return read_calendar_file(upload.content)
        return read_days(tables_of(upload), school_year)
    except Refused as refused:
        raise unreadable(refused) from refused


def stage_calendar(session: Session, actor: Actor, school_id: str, upload: Upload, sheet: CalendarSheet, now: datetime) -> str:
    """Keep what was read; returns the batch's id. The calendar does not change."""
    first = sheet.days[0].day if sheet.days else local_day(now)
    staged = {
        "days": [day_to_json(one) for one in sheet.days], "first_day": first.isoformat(), "content": content_of(sheet.days),
        "troubles": [[t.place, t.code, dict(t.params), t.blocks] for t in sheet.troubles],
    }
    return new_batch(session, actor, school_id, "calendar", upload, staged, now).id


def apply_calendar(session: Session, actor: Actor, batch_id: str, version: int | None, now: datetime) -> int:
    """Write a staged calendar; returns how many days it wrote. Raises NothingToWrite, AlreadyApplied, StaleVersion."""
    row = staged_batch(session, actor, "calendar", batch_id, version)
    plan = calendar_plan_of(session, row)
    if not plan.changes:
        raise NothingToWrite
    wanted = [_values(row.district_id, row.school_id, one) for one in plan.changes]
    before = _replace(session, row.district_id, row.school_id, [one["day"] for one in wanted], wanted)
    close_as_written(row, now, plan.counts, {"before": before, "after": [_plain(one) for one in wanted]})
    record(
        session, actor, now, school_id=row.school_id, kind="calendar.import", subject=row.school_id, object_ref=row.id,
        evidence_sha256=row.file_sha256, payload={"counts": plan.counts, "days": [one["day"].isoformat() for one in wanted]},
    )
    return len(wanted)


def _values(district_id: str, school_id: str, one: PlannedDay) -> dict[str, Any]:
    said = one.said
    return {"district_id": district_id, "school_id": school_id, "day": said.day, "kind": said.kind, "reason": said.reason,
            "follows_weekday": said.follows_weekday}


def _replace(
    session: Session, district_id: str, school_id: str, days: Sequence[date], wanted: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put rows in the place of those that stand on the days; returns what stood there. Three statements."""
    here = (SchoolDay.district_id == district_id, SchoolDay.school_id == school_id, SchoolDay.day.in_(days))
    before = [
        {"day": row.day.isoformat(), "kind": row.kind, "reason": row.reason, "follows_weekday": row.follows_weekday}
        for row in session.execute(select(SchoolDay.day, SchoolDay.kind, SchoolDay.reason, SchoolDay.follows_weekday).where(*here))
    ]
    session.execute(delete(SchoolDay).where(*here).execution_options(synchronize_session=False))
    insert_many(session, insert(SchoolDay.__table__), wanted)  # type: ignore[arg-type]
    session.expire_all()
    return before


def _plain(one: dict[str, Any]) -> dict[str, Any]:
    return {"day": one["day"].isoformat(), "kind": one["kind"], "reason": one["reason"], "follows_weekday": one["follows_weekday"]}


def withdraw_calendar(session: Session, actor: Actor, batch_id: str, reason: str, now: datetime) -> None:
    """Put the days back as they were before a file, where nobody changed them since.

    Raises TooLateToWithdraw, AlreadyApplied, BuiltUpon.
    """
    row = written_batch(session, actor, "calendar", batch_id, now)
    undo = row.report["undo"]
    after = {one["day"]: one for one in undo["after"]}
    days = [date.fromisoformat(day) for day in after]
    back = [one | {"district_id": row.district_id, "school_id": row.school_id, "day": date.fromisoformat(one["day"])} for one in undo["before"]]
    stood = {one["day"]: one for one in _replace(session, row.district_id, row.school_id, days, back)}
    changed = sum(stood.get(day) != one for day, one in after.items())
    if changed:
        raise BuiltUpon(count=changed)
    row.state, row.version = "withdrawn", row.version + 1
    record(
        session, actor, now, school_id=row.school_id, kind="calendar.import.withdrawn", subject=row.school_id, object_ref=row.id,
        payload={"days": sorted(after)}, reason=reason,
    )


def discard_calendar(session: Session, actor: Actor, batch_id: str) -> None:
    """Drop a staged calendar."""
    discard_sheet(session, actor, "calendar", batch_id)
