"""Moodle's activity attendance: people down, one column per session, acronyms of states in the cells.

Acronyms are each course's own: P, L, E and A are taken only where the columns behind the sessions list exactly
them. The export says nothing of minutes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from trainhub.plugin_api import AttendanceReading, Problem, ReadResult, SessionFrame, Unreadable
from trainhub.plugin_api.cells import local_day_of, text_of
from trainhub.plugin_api.days import session_days
from trainhub.plugin_api.headers import Header, cell_at, find_header, labels_to_fields, rows_below
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_lms.people import LABELS, Keys, Person, moment_in, other_days, person_of

_FIELDS = labels_to_fields(LABELS)
_POINTS = re.compile(r"\s*\([^)]*\)\s*$")
Stated = Literal["present", "late", "excused", "absent"]
_STATES: dict[str, Stated] = {"P": "present", "L": "late", "E": "excused", "A": "absent"}


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of sessions. ``sessions`` is column -> start; ``acronyms`` are those the table itself lists."""

    table: Table
    header: Header
    sessions: Mapping[int, datetime]
    acronyms: frozenset[str]

    def rows(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        """Yield the rows under the header with their 1-based number."""
        return rows_below(self.table, self.header)


def find(tables: Tables, mapping: Mapping[str, str] | None = None) -> list[Grid]:
    """Return the tables of sessions in a file."""
    return [grid for table in tables if (grid := _grid(table, mapping)) is not None]


def _grid(table: Table, mapping: Mapping[str, str] | None) -> Grid | None:
    header = find_header(table, _FIELDS.get, ("surname", "first_name", "name"), mapping)
    if header is None:
        return None
    sessions = {c: m for c, text in enumerate(header.texts) if header.fields[c] is None and (m := moment_in(text))}
    if not sessions:
        return None
    last = max(sessions)
    behind = [t for c, t in enumerate(header.texts) if c > last and header.fields[c] is None and t]
    return Grid(table, header, sessions, frozenset(t for t in behind if len(t) <= 3))


def read(tables: Tables, grids: Sequence[Grid], frame: SessionFrame) -> ReadResult:
    """Return one reading per person of the session's column; an empty cell is a session not meant for the person."""
    readings: list[AttendanceReading] = []
    dropped: list[Unreadable] = []
    warnings = [*tables.warnings, *other_days([m for grid in grids for m in grid.sessions.values()], frame)]
    for grid in grids:
        columns = _columns_of_session(grid, frame)
        if not columns and not warnings:
            warnings.append(Problem("session_column_unsure", params={"day": frame.day.isoformat()}))
        _read_rows(grid, columns, readings, dropped, frame)
    header = grids[0].header
    return ReadResult(
        format="moodle.attendance",
        readings=tuple(readings),
        dropped=tuple(dropped),
        warnings=tuple(warnings),
        encoding=tables.encoding,
        columns=header.columns(),
        unmapped=tuple(
            t for c, t in enumerate(header.texts) if t and header.fields[c] is None and c not in grids[0].sessions
        ),
        confidence=98,
    )


def _columns_of_session(grid: Grid, frame: SessionFrame) -> list[int]:
    """Return the columns of the session: those of its day that start nearest to it, within its window."""
    near = {
        c: abs((m - frame.starts_at).total_seconds()) // 60
        for c, m in grid.sessions.items()
        if local_day_of(m) in session_days(frame)
    }
    best = min(near.values(), default=None)
    return [c for c, away in near.items() if away == best and away <= frame.window_before]


def _read_rows(
    grid: Grid,
    columns: Sequence[int],
    readings: list[AttendanceReading],
    dropped: list[Unreadable],
    frame: SessionFrame,
) -> None:
    at = grid.header.places()
    keys = Keys("moodle")
    for number, row in grid.rows():
        person = person_of(row, at)
        if not person:
            if any(cell is not None for cell in row):
                dropped.append(Unreadable(number, "no_identity"))
            continue
        cells = list(dict.fromkeys(t for c in columns if (t := text_of(cell_at(row, c)))))
        if columns and not cells:
            dropped.append(Unreadable(number, "not_for_this_person"))
        # A person of two groups may have been taken in one of them only.
        taken = [t for t in cells if t != "?"] or cells
        day = frame.day.isoformat()
        readings.extend(_reading(number, person, text, grid.acronyms, keys.key(person, day)) for text in taken)


def _reading(number: int, person: Person, text: str, acronyms: frozenset[str], key: str) -> AttendanceReading:
    hidden = text.startswith("-") and len(text) > 1
    state = _POINTS.sub("", text.removeprefix("-") if hidden else text)
    stated = _STATES.get(state) if acronyms == frozenset(_STATES) else None
    flags = ["hidden_status_set"] if hidden else []
    if state == "?":
        flags.append("not_taken")
    elif stated is None:
        flags.append("unknown_symbol")
    return AttendanceReading(
        row=number,
        name=person.name,
        staff_no=person.staff_no,
        department=person.department,
        email=person.email,
        stated=stated,
        whole_session=stated in ("present", "late"),
        flags=tuple(flags),
        external_id=key,
    )
