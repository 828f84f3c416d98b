"""The attendance source ``tabular``: picks the profile by what the sheet shows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trainhub.plugin_api import (
    AttendanceReading,
    Problem,
    ReadResult,
    Refused,
    SessionFrame,
    SourceSpec,
    Unreadable,
    Upload,
)
from trainhub.plugin_api.headers import Header, find_header
from trainhub.plugin_api.tables import Table, Tables, read_tables
from trainhub_tabular.grid import GridHeader, find_grid, read_grid
from trainhub_tabular.labels import field_of
from trainhub_tabular.listing import Listing, ListingReader

_IDENTITY = ("name", "staff_no", "student_no", "card_no", "device_pin")
_EVIDENCE = frozenset({"mark", "status", "sign_in", "sign_out", "time", "remark", "date"})


class TabularSource:
    """Typed tables: paper sign-in sheets, lists, roll-call grids, HTML saved as .xls."""

    spec = SourceSpec(
        key="tabular",
        label="Typed table (Excel, CSV)",
        kind="file",
        trust="witnessed",
        extensions=(".xlsx", ".xls", ".ods", ".csv", ".txt", ".tsv", ".html", ".htm"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 90 for a grid, 80 for a sheet of marks, 70 for a list with times, 30 for names alone."""
        try:
            return max((_confidence(table) for table in read_tables(upload)), default=0)
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Read every sheet that has the layout of the best one. Raises :class:`Refused`."""
        tables = read_tables(upload)
        grids = [
            (i, t, g)
            for i, t in enumerate(tables.tables)
            if not mapping and (g := find_grid(t, frame)) and _is_grid(t, g)
        ]
        if grids:
            return _grid_result(tables, [(t, g) for _i, t, g in grids], frame)
        lists = [(i, t, h) for i, t in enumerate(tables.tables) if (h := _list_header(t, mapping))]
        if not lists:
            raise Refused("no_header")
        rich = [item for item in lists if _EVIDENCE.intersection(item[2].columns())]
        return _list_result(tables, rich or lists[:1], frame)


def _list_header(table: Table, mapping: Mapping[str, str] | None) -> Header | None:
    return find_header(table, field_of, _IDENTITY, mapping)


def _is_grid(table: Table, grid: GridHeader) -> bool:
    """A table with its own time or mark columns is a list, even if one header happens to be a day."""
    header = _list_header(table, None)
    return header is None or not _EVIDENCE.difference({"remark"}).intersection(header.columns()) or len(grid.days) > 1


def _confidence(table: Table) -> int:
    grid = find_grid(table, None)
    if grid is not None and _is_grid(table, grid):
        return 90
    header = _list_header(table, None)
    if header is None:
        return 0
    known = set(header.columns())
    if "mark" in known:
        return 80
    return 70 if known & _EVIDENCE.difference({"remark"}) else 30


def _grid_result(tables: Tables, grids: Sequence[tuple[Table, GridHeader]], frame: SessionFrame) -> ReadResult:
    parts = [read_grid(table, header, frame) for table, header in grids]
    first = grids[0][1]
    columns = {name: first.texts[c] for name, c in first.columns.items()}
    used = {*first.columns.values(), *first.days}
    unmapped = tuple(t for c, t in enumerate(first.texts) if t and c not in used)
    extension = "xls" if tables.container == "html" else tables.container
    return _result(tables, f"class.rollcall.{extension}", parts, columns, unmapped, 90)


def _list_result(tables: Tables, lists: Sequence[tuple[int, Table, Header]], frame: SessionFrame) -> ReadResult:
    parts = [ListingReader(table, header, frame).read() for _i, table, header in lists]
    header = lists[0][2]
    if tables.container == "html":
        name = "html.xls"
    elif any(p.by_mark or p.blocks > 1 for p in parts):
        name = f"paper.signin.{tables.container}"
    else:
        name = f"generic.{tables.container}"
    return _result(tables, name, parts, header.columns(), header.unmapped(), _confidence(lists[0][1]))


def _result(
    tables: Tables,
    name: str,
    parts: Sequence[Listing],
    columns: Mapping[str, str],
    unmapped: tuple[str, ...],
    confidence: int,
) -> ReadResult:
    dropped: tuple[Unreadable, ...] = tuple(d for p in parts for d in p.dropped)
    warnings: tuple[Problem, ...] = tables.warnings + tuple(w for p in parts for w in p.warnings)
    return ReadResult(
        format=name,
        readings=_distinct(tuple(r for p in parts for r in p.readings)),
        dropped=dropped,
        warnings=warnings,
        encoding=tables.encoding,
        columns=columns,
        unmapped=unmapped,
        confidence=confidence,
    )


def _distinct(readings: tuple[AttendanceReading, ...]) -> tuple[AttendanceReading, ...]:
    """Make natural keys unique over several sheets."""
    seen: set[str] = set()
    out = []
    for reading in readings:
        key, n = reading.external_id, 1
        while key in seen:
            n += 1
            key = f"{reading.external_id}#{n}"
        seen.add(key)
        out.append(reading if key == reading.external_id else replace(reading, external_id=key))
    return tuple(out)
