"""The workbook 上下班打卡_日报: a header of two rows whose lower labels repeat, so a column is (group, label).

Blocks are tick-boxes when it is exported: any of them, even the account, may be missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Literal

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import day_of, fold_text, identifier_of, moments_of, school_moment, text_of
from trainhub.plugin_api.days import DayBook, PersonDay, Who, in_window, nobody
from trainhub.plugin_api.headers import (
    Header,
    cell_at,
    find_header,
    fold_label,
    groups_over,
    labels_to_fields,
    rows_below,
)
from trainhub.plugin_api.leave import leave_of
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_wecom.states import flags_of, says_nothing

_FIELDS = labels_to_fields(
    {
        "date": ("时间", "日期", "打卡日期"),
        "name": ("姓名", "成员姓名"),
        "platform_id": ("账号", "帐号", "成员账号"),
        "staff_no": ("工号", "员工编号"),
        "department": ("部门", "所在部门"),
        "rule": ("所属规则",),
        "shift": ("班次",),
        "first": ("最早", "最早打卡", "最早打卡时间"),
        "last": ("最晚", "最晚打卡", "最晚打卡时间"),
        "leave": ("假勤申请",),
        "verdict": ("考勤结果",),
        "record": ("打卡时间记录",),
        "kind": ("打卡类型",),
        "punch": ("实际打卡时间",),
        "state": ("打卡状态",),
    }
)
_SLOT = re.compile(r"^(上班|下班)([1-9]?)$")
_SLOT_LABEL = re.compile(r"^(上班|下班)([1-9]?)(打卡时间|打卡状态)$")
_OUTDOOR = re.compile(r"^外出")
_OUTDOOR_LABEL = re.compile(r"^外出.*(最早|最晚)")
_OWN = frozenset({"rule", "record", "leave", "punch"})
_REST = re.compile(r"^(?:休息|未排班|不在规则|无需打卡)")
_CLOCKS = re.compile(r"(次日)?\s*([0-2]?[0-9]):([0-5][0-9])")


def field_of(label: str) -> str | None:
    """Return the field of a label that stands alone: ``上班1打卡时间`` is a slot, 最早 belongs to its group."""
    found = _SLOT_LABEL.match(label)
    if found:
        return _slot(found.group(1), found.group(2), found.group(3))
    outdoor = _OUTDOOR_LABEL.match(label)
    if outdoor:
        return "outdoor_first" if outdoor.group(1) == "最早" else "outdoor_last"
    return _FIELDS.get(label)


def _slot(side: str, number: str, what: str) -> str:
    return f"{'in' if side == '上班' else 'out'}{number or 1}_{'time' if what == '打卡时间' else 'state'}"


def _grouped(group: str, label: str) -> str | None:
    """Return the field of a label under a group."""
    slot = _SLOT.match(group)
    if slot:
        return _slot(slot.group(1), slot.group(2), label) if label in ("打卡时间", "打卡状态") else None
    if _OUTDOOR.match(group):
        return {"最早": "outdoor_first", "最晚": "outdoor_last"}.get(label)
    return field_of(label)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was recognised: the daily overview, or 打卡详情 with one row per punch."""

    kind: Literal["daily", "details"]
    table: Table
    header: Header


def sheets_of(tables: Tables, mapping: Mapping[str, str] | None = None) -> list[Sheet]:
    """Return the sheets of a WeCom report, in the order of the file."""
    return [sheet for table in tables if (sheet := _sheet(table, mapping)) is not None]


def _sheet(table: Table, mapping: Mapping[str, str] | None) -> Sheet | None:
    header = find_header(table, field_of, ("name", "platform_id", "staff_no"), mapping)
    if header is None:
        return None
    labels = [fold_label(text) for text in header.texts]
    groups = [fold_label(g) if g else "" for g in groups_over(table, header)]
    fields = tuple(_grouped(g, label) if g else f for g, label, f in zip(groups, labels, header.fields, strict=True))
    header = replace(header, fields=fields)
    known = set(fields)
    own = known & _OWN or any(f and f.endswith("_state") for f in known)
    if "date" not in known or not own:
        return None
    if "punch" in known:
        return Sheet("details", table, header)
    timed = known & {"first", "last", "record", "verdict", "leave"} or any(f and f.endswith("_time") for f in known)
    return Sheet("daily", table, header) if timed else None


def read(tables: Tables, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    sheets = sheets_of(tables, mapping)
    if not sheets:
        raise Refused("no_header")
    # 打卡详情 says each punch again: it is read only where the overview is missing.
    taken = [s for s in sheets if s.kind == "daily"] or sheets
    reader = _Reader(frame)
    for sheet in taken:
        reader.sheet(sheet)
    header = taken[0].header
    return ReadResult(
        format=f"wecom.daily.{tables.container}",
        readings=reader.book.readings(),
        dropped=tuple(reader.book.dropped),
        warnings=(*tables.warnings, *reader.book.warnings()),
        encoding=tables.encoding,
        columns=header.columns(),
        unmapped=header.unmapped(),
        confidence=98,
    )


class _Row:
    """The cells of one row by field."""

    def __init__(self, fields: Mapping[str, int], cells: Sequence[Cell]) -> None:
        self.fields = fields
        self.cells = cells

    def cell(self, field: str) -> Cell:
        return cell_at(self.cells, self.fields.get(field))

    def text(self, field: str) -> str:
        text = text_of(self.cell(field))
        return "" if text and set(text) <= set("-—") else text

    def who(self) -> Who:
        return Who(
            identifier_of(self.cell("platform_id")).text,
            identifier_of(self.cell("staff_no")).text,
            self.text("name"),
            self.text("department"),
        )


class _Reader:
    """Reads the rows of the session's day."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.book = DayBook(frame)

    def sheet(self, sheet: Sheet) -> None:
        fields = sheet.header.places()
        for number, cells in rows_below(sheet.table, sheet.header):
            row = _Row(fields, cells)
            who = row.who()
            reason = nobody(who, _FIELDS)
            day = day_of(row.cell("date"), self.frame.day.year)
            if reason:
                self.book.drop(number, reason)
            elif day in self.book.days and _rests(row):
                self.book.seen.add(day)
                self.book.drop(number, "rest_day")
            elif (entry := self.book.entry(who, number, day)) is not None:
                _detail(row, entry, self.frame) if sheet.kind == "details" else self._daily(row, entry)

    def _daily(self, row: _Row, entry: PersonDay) -> None:
        times = [f for f in row.fields if f.endswith("_time")]
        for field in (*times, "record", "first", "last"):
            entry.punches += _punches(row.cell(field), entry.day)
        entry.flag(*flags_of(row.text("verdict")))
        for field in times:
            entry.flag(*flags_of(row.text(field.replace("_time", "_state"))))
        leave = leave_of(row.text("leave")) or leave_of(row.text("verdict"))
        if leave is not None and not entry.punches:
            entry.excuse(leave)
        elif leave is not None and not in_window(entry.punches, self.frame):
            entry.flag("linked_approval_needs_check")
        outdoor = [p for f in ("outdoor_first", "outdoor_last") for p in _punches(row.cell(f), entry.day)]
        if any(self.frame.starts_at <= p <= self.frame.ends_at for p in outdoor):
            entry.flag("outdoor_checkin_during_session")


def _detail(row: _Row, entry: PersonDay, frame: SessionFrame) -> None:
    """Take one row of 打卡详情."""
    punches = _punches(row.cell("punch"), entry.day)
    if _OUTDOOR.match(row.text("kind")):
        if any(frame.starts_at <= p <= frame.ends_at for p in punches):
            entry.flag("outdoor_checkin_during_session")
    elif not (row.text("state") and says_nothing(row.text("state"))):
        entry.punches += punches
        entry.flag(*flags_of(row.text("state")))


def _punches(cell: Cell, day: date) -> list[datetime]:
    """Return the clocks of a cell; they may stand side by side (``13:52 16:03``), 次日 is the day after."""
    if isinstance(cell, str):
        found = _CLOCKS.findall(fold_text(cell))
        return [school_moment(day, time(int(h), int(m)), next_day=bool(n)) for n, h, m in found if int(h) < 24]
    return [school_moment(m.day or day, m.clock) for m in moments_of(cell, day.year) if m.clock is not None]


def _rests(row: _Row) -> bool:
    return bool(_REST.match(row.text("shift"))) and not any(
        row.text(f) and not says_nothing(row.text(f))
        for f in row.fields
        if f in ("first", "last", "record", "leave", "punch", "outdoor_first") or f.endswith("_time")
    )
