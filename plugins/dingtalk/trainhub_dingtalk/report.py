"""The workbook 考勤报表: 每日统计 is read, 原始记录 says which punches were invalid.

Each punch stands in the workbook up to four times, so exactly one sheet gives the times: 每日统计, else 原始记录,
else 打卡时间. 月度汇总 is sums only. Columns are found by their labels, wherever they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import (
    day_of,
    epoch_moment,
    identifier_of,
    local_day_of,
    moments_of,
    school_moment,
    text_of,
)
from trainhub.plugin_api.days import DayBook, PersonDay, Who, in_window, nobody, session_days
from trainhub.plugin_api.headers import (
    Header,
    cell_at,
    find_header,
    fold_label,
    groups_over,
    labels_to_fields,
    rows_below,
)
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_dingtalk.results import approval_of, result_of, whole_day

Kind = Literal["daily", "records", "times", "sums"]
_LABELS = {
    "name": ("姓名", "员工姓名"),
    "group": ("考勤组", "考勤组名称"),
    "department": ("部门", "所在部门"),
    "staff_no": ("工号", "员工工号"),
    "platform_id": ("UserId", "员工UserID", "用户ID"),
    "date": ("日期", "考勤日期", "工作日期"),
    "epoch": ("workDate",),
    "shift": ("班次", "班次名称"),
    "approval": ("关联的审批单", "关联审批单"),
    "time": ("打卡时间",),
    "result": ("打卡结果",),
    "invalid": ("异常打卡原因",),
    "sums": ("出勤天数",),
}
_FIELDS = labels_to_fields(_LABELS)
_SLOT = re.compile(r"^(上班|下班)([1-9]?)打卡(时间|结果)$")
_OTHER_PLATFORM = frozenset(map(fold_label, ("账号", "所属规则")))
_OWN = frozenset({"group", "platform_id", "epoch", "approval"})
_PERIOD = re.compile(
    r"((?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2})日?\s*(?:至|到|~|～|—|-)\s*((?:19|20)[0-9]{2}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2})"
)
_REST = re.compile(r"^(?:休息|不在考勤组|未排班|未加入考勤组)")
_DAY_NAMES = re.compile(r"^(?:[0-9]{1,2}|[一二三四五六日])$")


def field_of(label: str) -> str | None:
    """Return the field a folded label names; punches of a shift are ``in1_time``, ``out1_result`` and so on."""
    found = _SLOT.match(label)
    if found:
        side, number, what = found.groups()
        return f"{'in' if side == '上班' else 'out'}{number or 1}_{'time' if what == '时间' else 'result'}"
    return _FIELDS.get(label)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the workbook that was recognised. ``days`` are the columns of 打卡时间."""

    kind: Kind
    table: Table
    header: Header
    days: Mapping[int, date] = field(default_factory=dict)


def sheets_of(tables: Tables, mapping: Mapping[str, str] | None = None) -> list[Sheet]:
    """Return the sheets of a report, in the order of the file."""
    return [sheet for table in tables if (sheet := _sheet(table, mapping)) is not None]


def _sheet(table: Table, mapping: Mapping[str, str] | None) -> Sheet | None:
    header = find_header(table, field_of, ("name", "staff_no", "platform_id"), mapping)
    if header is None:
        return None
    labels = [fold_label(text) for text in header.texts]
    if _OTHER_PLATFORM.intersection(labels):
        return None
    # 上班1 may stand above 打卡时间 instead of in one cell with it.
    grouped = [
        field_of(fold_label(g) + label) if g else None
        for g, label in zip(groups_over(table, header), labels, strict=True)
    ]
    header = replace(header, fields=tuple(g or f for g, f in zip(grouped, header.fields, strict=True)))
    fields = set(header.fields)
    dated = bool(fields & {"date", "epoch"})
    if any(f and f.endswith("_time") for f in fields) and (dated or fields & _OWN):
        return Sheet("daily", table, header)
    if {"time", "result"} <= fields and (fields & _OWN or "invalid" in fields):
        return Sheet("records", table, header)
    if not fields & _OWN:
        return None
    days = _day_columns(table, header)
    if days and "sums" not in fields:
        return Sheet("times", table, header, days)
    return Sheet("sums", table, header) if "sums" in fields else None


def _day_columns(table: Table, header: Header) -> dict[int, date]:
    """Return the columns of 打卡时间: day numbers, with weekends called 六 and 日, from the printed first day on."""
    days = whole_day(*(_period(table, header) or (date.max, date.min)))
    columns = [
        c for c, (f, t) in enumerate(zip(header.fields, header.texts, strict=True)) if f is None and _DAY_NAMES.match(t)
    ]
    if len(columns) != len(days):
        return {}
    pairs = dict(zip(columns, days, strict=True))
    fits = all(not header.texts[c].isdecimal() or int(header.texts[c]) == day.day for c, day in pairs.items())
    return pairs if fits else {}


def _period(table: Table, header: Header) -> tuple[date, date] | None:
    """Return the days a sheet says it covers: ``统计日期：2026-03-02 至 2026-03-06``."""
    for row in table.rows[: header.first]:
        for cell in row:
            found = _PERIOD.search(text_of(cell))
            if found:
                first, last = (day_of(text) for text in found.groups())
                if first and last:
                    return first, last
    return None


def confidence(tables: Tables) -> int:
    """Return how sure the tables are a DingTalk report."""
    kinds = {sheet.kind for sheet in sheets_of(tables)}
    if kinds & {"daily", "records"}:
        return 98
    return 96 if kinds else 0


def read(tables: Tables, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    sheets = sheets_of(tables, mapping)
    if not sheets:
        raise Refused("no_header")
    for kind in ("daily", "records", "times"):
        taken = [s for s in sheets if s.kind == kind]
        if taken:
            break
    else:
        raise Refused("only_totals")
    reader = _Reader(frame, _records(sheets, frame) if kind == "daily" else {})
    for sheet in taken:
        reader.sheet(sheet)
    header = taken[0].header
    return ReadResult(
        format=f"dingtalk.report.{tables.container}",
        readings=reader.book.readings(),
        dropped=tuple(reader.book.dropped),
        warnings=(*tables.warnings, *reader.book.warnings()),
        encoding=tables.encoding,
        columns=header.columns(),
        unmapped=header.unmapped(),
        confidence=98,
    )


@dataclass(slots=True)
class _Punches:
    """What 原始记录 says of one person and day."""

    valid: list[datetime] = field(default_factory=list)
    invalid: list[datetime] = field(default_factory=list)
    flags: dict[str, None] = field(default_factory=dict)


def _records(sheets: Sequence[Sheet], frame: SessionFrame) -> dict[tuple[str, date], _Punches]:
    """Collect 原始记录 of the session's days by person and day."""
    found: dict[tuple[str, date], _Punches] = {}
    for sheet in sheets:
        if sheet.kind != "records":
            continue
        columns = _Columns(sheet.header)
        for _number, row in rows_below(sheet.table, sheet.header):
            day = columns.day(row, frame)
            if day not in session_days(frame):
                continue
            assert day is not None
            held = found.setdefault((columns.who(row).key, day), _Punches())
            columns.record(row, day, held)
    return found


class _Columns:
    """Takes the cells of one row by what their columns hold."""

    def __init__(self, header: Header) -> None:
        self.at = {f: c for c, f in reversed(list(enumerate(header.fields))) if f is not None}
        self.slots = [
            (c, self.at.get(f.replace("_time", "_result"))) for f, c in sorted(self.at.items()) if f.endswith("_time")
        ]
        self.results = [c for f, c in sorted(self.at.items()) if f.endswith("_result")]

    def cell(self, row: Sequence[Cell], name: str) -> Cell:
        return cell_at(row, self.at.get(name))

    def who(self, row: Sequence[Cell]) -> Who:
        return Who(
            identifier_of(self.cell(row, "platform_id")).text,
            identifier_of(self.cell(row, "staff_no")).text,
            text_of(self.cell(row, "name")),
            text_of(self.cell(row, "department")),
        )

    def day(self, row: Sequence[Cell], frame: SessionFrame) -> date | None:
        day = day_of(self.cell(row, "date"), frame.day.year)
        if day is None and (moment := epoch_moment(self.cell(row, "epoch"))) is not None:
            day = local_day_of(moment)
        if day is None and "time" in self.at:
            day = next((m.day for m in moments_of(self.cell(row, "time"), frame.day.year)), None)
        return day

    def rests(self, row: Sequence[Cell]) -> bool:
        """Whether the person had no shift on the day, and the row says nothing else either."""
        if not _REST.match(text_of(self.cell(row, "shift"))):
            return False
        columns = (*(c for c, _r in self.slots), *self.results, self.at.get("approval"))
        return all(cell_at(row, c) is None for c in columns)

    def record(self, row: Sequence[Cell], day: date, into: _Punches) -> None:
        """Take one row of 原始记录."""
        result = result_of(text_of(self.cell(row, "result")))
        times = _placed(self.cell(row, "time"), day)
        if text_of(self.cell(row, "invalid")) or "invalid_punch_dropped" in result.flags:
            into.invalid += times
            into.flags["invalid_punch_dropped"] = None
        elif result.counts:
            into.valid += times
            into.flags.update(dict.fromkeys(result.flags))


def _placed(cell: Cell, day: date) -> list[datetime]:
    """Return the punches of a cell; several may stand below each other, 次日 is the day after."""
    return [
        school_moment(m.day or day, m.clock, next_day=m.next_day)
        for m in moments_of(cell, day.year)
        if m.clock is not None
    ]


class _Reader:
    """Reads the rows of the session's day out of the chosen sheets."""

    def __init__(self, frame: SessionFrame, records: Mapping[tuple[str, date], _Punches]) -> None:
        self.frame = frame
        self.records = records
        self.book = DayBook(frame)

    def sheet(self, sheet: Sheet) -> None:
        columns = _Columns(sheet.header)
        period = _period(sheet.table, sheet.header)
        only = period[0] if period and period[0] == period[1] else None
        self.book.seen.update(sheet.days.values())
        for number, row in rows_below(sheet.table, sheet.header):
            who = columns.who(row)
            reason = nobody(who, _FIELDS)
            if reason:
                self.book.drop(number, reason)
            elif sheet.kind == "times":
                self._times(number, row, who, sheet.days)
            elif sheet.kind == "daily":
                self._daily(number, row, who, columns, columns.day(row, self.frame) or only)
            else:
                self._record(number, row, who, columns, columns.day(row, self.frame) or only)

    def _record(self, number: int, row: Sequence[Cell], who: Who, columns: _Columns, day: date | None) -> None:
        entry = self.book.entry(who, number, day)
        if entry is not None:
            held = _Punches()
            columns.record(row, entry.day, held)
            entry.punches += held.valid
            entry.flag(*held.flags)

    def _times(self, number: int, row: Sequence[Cell], who: Who, days: Mapping[int, date]) -> None:
        for column, day in days.items():
            cell = cell_at(row, column)
            if cell is not None and day in self.book.days and (entry := self.book.entry(who, number, day)):
                entry.punches += _placed(cell, day)

    def _daily(self, number: int, row: Sequence[Cell], who: Who, columns: _Columns, day: date | None) -> None:
        if day in self.book.days and columns.rests(row):
            self.book.seen.add(day)
            self.book.drop(number, "rest_day")
            return
        entry = self.book.entry(who, number, day)
        if entry is None:
            return
        results = [result_of(text_of(cell_at(row, c))) for c in columns.results if cell_at(row, c) is not None]
        for time_column, result_column in columns.slots:
            result = result_of(text_of(cell_at(row, result_column)))
            if result.counts:
                entry.punches += _placed(cell_at(row, time_column), entry.day)
            entry.flag(*result.flags)
        self._compare(entry)
        leaves = [r.leave for r in results if r.leave is not None]
        approval = approval_of(text_of(columns.cell(row, "approval")), entry.day, self.frame)
        if leaves and len(leaves) == len(results):
            entry.excuse(approval.leave if approval else leaves[0])
        elif approval is not None and approval.covers and not in_window(entry.punches, self.frame):
            entry.excuse(approval.leave)
        elif leaves or (approval is not None and approval.touches):
            entry.flag("linked_approval_needs_check")

    def _compare(self, entry: PersonDay) -> None:
        """Take out punches that 原始记录 calls invalid; where the shift saw no punch near, take the records'."""
        records = self.records.get((entry.who.key, entry.day))
        if records is None:
            return
        invalid = set(records.invalid) - set(records.valid)
        if invalid.intersection(entry.punches):
            entry.punches = [p for p in entry.punches if p not in invalid]
            entry.flag("invalid_punch_dropped")
        near = in_window(records.valid, self.frame)
        if near and not in_window(entry.punches, self.frame):
            entry.punches += near
            entry.flag(*(f for f in records.flags if f != "invalid_punch_dropped"))
