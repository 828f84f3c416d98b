"""How tables and readings travel from the reading child to the server: as JSON, never as pickles.

A child that was taken over by a hostile file can then lie about cells, and do nothing else.
"""

import dataclasses
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from trainhub.plugin_api.contracts import AttendanceReading, Problem, ReadResult, SessionFrame, Unreadable
from trainhub.plugin_api.exchange import RosterTable
from trainhub.plugin_api.tables import Table, Tables

_DEFAULTS: dict[str, Any] = {
    field.name: field.default if field.default is not dataclasses.MISSING else {} if field.name == "raw" else None
    for field in dataclasses.fields(AttendanceReading)
}
_MOMENTS = ("arrived_at", "left_at")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"@m": value.isoformat()}
    if isinstance(value, date):
        return {"@d": value.isoformat()}
    if isinstance(value, time):
        return {"@t": value.isoformat()}
    raise TypeError(type(value).__name__)


def _typed(value: dict[str, Any]) -> Any:
    """Turn the one-key objects of :func:`_plain` back; every other object stays as it is."""
    if len(value) != 1:
        return value
    ((key, text),) = value.items()
    if not isinstance(text, str):
        return value
    if key == "@d":
        return date.fromisoformat(text)
    if key == "@m":
        return datetime.fromisoformat(text)
    return time.fromisoformat(text) if key == "@t" else value


def load(data: bytes) -> Any:
    """Read back what :func:`dump` wrote, dates and times included."""
    return json.loads(data, object_hook=_typed)


def dump(value: Any) -> bytes:
    """Return JSON bytes of plain values, dates and times."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode("utf-8", "surrogatepass")


def pack_problems(problems: tuple[Problem, ...]) -> list[Any]:
    """Return problems as plain lists."""
    return [[p.code, p.field, dict(p.params)] for p in problems]


def unpack_problems(data: list[Any]) -> tuple[Problem, ...]:
    """Read back what :func:`pack_problems` wrote."""
    return tuple(Problem(str(code), str(name), dict(params)) for code, name, params in data)


def pack_tables(tables: Tables) -> dict[str, Any]:
    """Return tables as plain values; dates and times are left to :func:`dump`."""
    return {
        "container": tables.container,
        "encoding": tables.encoding,
        "tables": [[t.sheet, t.rows, t.merged] for t in tables.tables],
        "warnings": pack_problems(tables.warnings),
    }


def unpack_tables(data: Mapping[str, Any]) -> Tables:
    """Read back what :func:`pack_tables` wrote."""
    tables = tuple(
        Table(sheet, tuple(map(tuple, rows)), tuple((a, b, c, d) for a, b, c, d in merged))
        for sheet, rows, merged in data["tables"]
    )
    return Tables(data["container"], data["encoding"], tables, unpack_problems(data["warnings"]))


def _pack_reading(reading: AttendanceReading) -> dict[str, Any]:
    values = {name: getattr(reading, name) for name in _DEFAULTS}
    packed = {k: v for k, v in values.items() if v != _DEFAULTS[k]}
    if "raw" in packed:
        packed["raw"] = dict(packed["raw"])
    if "punches" in packed:
        packed["punches"] = [p.isoformat() for p in packed["punches"]]
    if "stays" in packed:
        packed["stays"] = [[a.isoformat(), b.isoformat()] for a, b in packed["stays"]]
    for name in _MOMENTS:
        if name in packed:
            packed[name] = packed[name].isoformat()
    return packed


def _unpack_reading(data: dict[str, Any]) -> AttendanceReading:
    if "punches" in data:
        data["punches"] = tuple(datetime.fromisoformat(p) for p in data["punches"])
    if "stays" in data:
        data["stays"] = tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in data["stays"])
    for name in _MOMENTS:
        if name in data:
            data[name] = datetime.fromisoformat(data[name])
    if "flags" in data:
        data["flags"] = tuple(data["flags"])
    return AttendanceReading(**data)


def pack_result(result: ReadResult) -> dict[str, Any]:
    """Return a reading result as plain values."""
    return {
        "format": result.format,
        "readings": [_pack_reading(r) for r in result.readings],
        "dropped": [[d.row, d.reason, d.text] for d in result.dropped],
        "warnings": pack_problems(result.warnings),
        "encoding": result.encoding,
        "columns": dict(result.columns),
        "unmapped": list(result.unmapped),
        "confidence": result.confidence,
    }


def unpack_result(data: Mapping[str, Any]) -> ReadResult:
    """Read back what :func:`pack_result` wrote."""
    return ReadResult(
        format=data["format"],
        readings=tuple(_unpack_reading(r) for r in data["readings"]),
        dropped=tuple(Unreadable(row, reason, text) for row, reason, text in data["dropped"]),
        warnings=unpack_problems(data["warnings"]),
        encoding=data["encoding"],
        columns=data["columns"],
        unmapped=tuple(data["unmapped"]),
        confidence=data["confidence"],
    )


def pack_frame(frame: SessionFrame) -> dict[str, Any]:
    """Return a session frame as plain values."""
    values = dataclasses.asdict(frame)
    return values | {k: values[k].isoformat() for k in ("starts_at", "ends_at", "day")}


def unpack_frame(data: Mapping[str, Any]) -> SessionFrame:
    """Read back what :func:`pack_frame` wrote."""
    return SessionFrame(
        **{
            **data,
            "starts_at": datetime.fromisoformat(data["starts_at"]),
            "ends_at": datetime.fromisoformat(data["ends_at"]),
            "day": date.fromisoformat(data["day"]),
        }
    )


def pack_roster(table: RosterTable) -> dict[str, Any]:
    """Return a roster as plain values."""
    return {
        "kind": table.kind,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "numbers": list(table.numbers),
        "dropped": [[d.row, d.reason, d.text] for d in table.dropped],
        "warnings": pack_problems(table.warnings),
    }


def unpack_roster(data: Mapping[str, Any]) -> RosterTable:
    """Read back what :func:`pack_roster` wrote."""
    return RosterTable(
        kind=data["kind"],
        columns=tuple(map(str, data["columns"])),
        rows=tuple(tuple(map(str, row)) for row in data["rows"]),
        numbers=tuple(map(int, data["numbers"])),
        dropped=tuple(Unreadable(row, reason, text) for row, reason, text in data["dropped"]),
        warnings=unpack_problems(data["warnings"]),
    )
