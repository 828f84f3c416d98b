"""Moodle's activity facetoface: sheet attendance, one row per person and session.

Its column Date holds the text of the state (a slip of the export), so the day is taken from the start time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from trainhub.plugin_api import AttendanceReading, ReadResult, SessionFrame, Unreadable
from trainhub.plugin_api.cells import local_day_of, text_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.headers import Header, cell_at, find_header, fold_label, labels_to_fields, rows_below
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_lms.people import LABELS, Keys, Person, moment_in, moment_of_cell, other_days, person_of

_FIELDS = labels_to_fields(
    LABELS
    | {
        "start": ("Start time", "开始时间"),
        "finish": ("Finish time", "结束时间"),
        "attendance": ("Attendance", "出席", "出勤"),
        "verdict": ("Current status", "当前状态"),
        "signed_up": ("Date Signed Up", "报名日期", "Time Signed Up"),
    }
)
_VERDICTS = {"fullyattended": 100.0, "partiallyattended": 50.0, "noshow": 0.0}


@dataclass(frozen=True, slots=True)
class Rows:
    """A table of people. ``start`` is what the lines above the header say, where the rows say nothing."""

    table: Table
    header: Header
    start: datetime | None

    def __iter__(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        return rows_below(self.table, self.header)


def find(tables: Tables, mapping: Mapping[str, str] | None = None) -> list[Rows]:
    """Return the tables of the activity in a file."""
    return [rows for table in tables if (rows := _rows(table, mapping)) is not None]


def _rows(table: Table, mapping: Mapping[str, str] | None) -> Rows | None:
    header = find_header(table, _FIELDS.get, ("surname", "first_name", "name"), mapping)
    if header is None:
        return None
    fields = set(header.fields)
    above = next((m for row in table.rows[: header.first] for c in row if (m := moment_in(text_of(c)))), None)
    if "attendance" in fields and "start" in fields and fields & {"finish", "signed_up"}:
        return Rows(table, header, above)
    return Rows(table, header, above) if "verdict" in fields and above is not None else None


def read(tables: Tables, found: Sequence[Rows], frame: SessionFrame) -> ReadResult:
    """Return one reading per person of the session."""
    readings: list[AttendanceReading] = []
    keys = Keys("facetoface")
    dropped: list[Unreadable] = []
    seen: list[datetime] = []
    for rows in found:
        at = rows.header.places()
        for number, row in rows:
            person = person_of(row, at)
            start = moment_of_cell(cell_at(row, at.get("start"))) or rows.start
            reason = _not_ours(person, start, row, frame)
            if start is not None:
                seen.append(start)
            if reason:
                dropped.extend([Unreadable(number, reason)] if reason != "blank" else [])
                continue
            readings.append(_reading(number, person, _worth(row, at), keys.key(person, frame.day.isoformat())))
    header = found[0].header
    return ReadResult(
        format=f"moodle.facetoface.{tables.container}",
        readings=tuple(readings),
        dropped=tuple(dropped),
        warnings=(*tables.warnings, *other_days(seen, frame)),
        encoding=tables.encoding,
        columns=header.columns(),
        unmapped=header.unmapped(),
        confidence=98,
    )


def _not_ours(person: Person, start: datetime | None, row: Sequence[Cell], frame: SessionFrame) -> str:
    if not person:
        return "no_identity" if any(cell is not None for cell in row) else "blank"
    if start is None:
        return "date_unreadable"
    if local_day_of(start) not in session_days(frame):
        return "other_date"
    return "other_session" if abs((start - frame.starts_at).total_seconds()) > frame.window_before * 60 else ""


def _worth(row: Sequence[Cell], at: Mapping[str, int]) -> float | None:
    """Return how much was attended in percent; None where nobody took attendance."""
    cell = cell_at(row, at.get("attendance"))
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return float(cell)
    text = text_of(cell).rstrip("%")
    try:
        return float(text)
    except ValueError:
        return _VERDICTS.get(fold_label(text_of(cell_at(row, at.get("verdict")))))


def _reading(number: int, person: Person, worth: float | None, key: str) -> AttendanceReading:
    flags = ("attendance_not_taken",) if worth is None else ("partially_attended",) if 0 < worth < 100 else ()
    return AttendanceReading(
        row=number,
        name=person.name,
        staff_no=person.staff_no,
        department=person.department,
        email=person.email,
        stated=None if worth is None else "present" if worth > 0 else "absent",
        whole_session=worth is not None and worth >= 100,
        flags=flags,
        external_id=key,
    )
