"""Lists of card passages (流水): no standard, so columns are found by their labels.

With a direction, only the minutes between in and out count. Only readers of the room count, where the session says
which room it is in. A card that was reported lost is nobody's punch.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from trainhub.plugin_api import AttendanceReading, Problem, ReadResult, Refused, SessionFrame
from trainhub.plugin_api.cells import identifier_of, moment_of, school_moment, text_of
from trainhub.plugin_api.days import DayBook, Who
from trainhub.plugin_api.headers import Header, cell_at, find_header, fold_label, labels_to_fields, rows_below
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub_access.passages import Direction, paired, same_place

LABELS = {
    "row_id": ("流水号", "记录编号", "交易流水号", "事件编号"),
    "card_no": ("卡号", "刷卡卡号", "卡片号", "物理卡号", "逻辑卡号"),
    "staff_no": ("学工号", "工号", "人员编号", "职工号", "教工号"),
    "name": ("姓名", "刷卡人员", "人员姓名", "持卡人"),
    "department": ("部门", "所属部门", "部门名称", "组织"),
    "kind": ("人员类型", "人员类别", "身份"),
    "time": ("刷卡时间", "通行时间", "事件时间", "打卡时间", "刷卡日期时间"),
    "date": ("刷卡日期", "通行日期", "日期"),
    "device": ("设备名称", "读卡器", "读头名称", "门禁点", "通道名称", "控制器"),
    "place": ("设备位置", "位置", "安装位置", "地点", "区域"),
    "direction": ("进出方向", "方向", "进出", "进出类型", "出入方向", "出入"),
    "state": ("状态", "卡状态", "事件类型", "通行结果", "验证结果"),
}
_FIELDS = labels_to_fields(LABELS)
_OWN = frozenset({"device", "place", "direction"})
_IN, _OUT = re.compile(r"^(?:进|入|in)", re.IGNORECASE), re.compile(r"^(?:出|离|out)", re.IGNORECASE)
_GOOD = re.compile(r"正常|成功|有效|合法|通过|允许|已开门|刷卡开门|刷脸开门|^$")
_BAD = re.compile(r"失败|无效|挂失|拒绝|非法|未授权|过期|不通过|禁止|不允许|异常|黑名单")
_TOTALS = re.compile(r"^(?:合计|总计|小计|备注|制表)")


def _header(table: Table, mapping: Mapping[str, str] | None = None) -> Header | None:
    header = find_header(table, _FIELDS.get, ("card_no", "staff_no", "name"), mapping)
    if header is None:
        return None
    fields = set(header.fields)
    told = "time" in fields and bool(fields & {"card_no", "staff_no"})
    return header if told and (fields & _OWN or mapping) else None


def confidence(tables: Tables) -> int:
    """Return how sure the tables are a list of passages."""
    return 97 if any(_header(table) for table in tables) else 0


@dataclass(slots=True)
class _Passages:
    row: int
    card: str
    times: list[tuple[datetime, Direction]] = field(default_factory=list)


class _Reader:
    """Reads the passages of the session's day."""

    def __init__(self, frame: SessionFrame, *, mapped: bool) -> None:
        self.frame, self.mapped = frame, mapped
        self.book = DayBook(frame)
        self.held: dict[tuple[str, date], _Passages] = {}
        self.ids: set[str] = set()

    def row(self, number: int, row: Sequence[Cell], at: Mapping[str, int]) -> None:
        def cell(name: str) -> Cell:
            return cell_at(row, at.get(name))

        key, card = identifier_of(cell("row_id")).text, identifier_of(cell("card_no"))
        who = Who(
            staff_no=identifier_of(cell("staff_no")).text,
            name=text_of(cell("name")),
            department=text_of(cell("department")),
        )
        if not (who.staff_no or who.name) and card.text:
            who = replace(who, platform_id=f"card {card.text}")
        reason = self._no_passage(row, who, card.text, key)
        if reason:
            self.book.drop(number, reason)
            return
        self.ids.add(key)
        year = self.frame.day.year
        moment = moment_of(cell("time"), year)
        entry = self.book.entry(who, number, moment.day or moment_of(cell("date"), year, short=True).day)
        if entry is None:
            return
        held = self.held.setdefault((who.key, entry.day), _Passages(number, card.text))
        held.card = held.card or card.text
        if moment.clock is None:
            entry.flag("time_unreadable")
        elif _BAD.search(state := text_of(cell("state"))) or not _GOOD.search(state):
            entry.flag("card_not_valid")
        elif self.mapped and not same_place((text_of(cell("place")), text_of(cell("device"))), self.frame.place):
            entry.flag("other_location")
        else:
            held.times.append((school_moment(entry.day, moment.clock), _direction(text_of(cell("direction")))))

    def _no_passage(self, row: Sequence[Cell], who: Who, card: str, key: str) -> str:
        if key and key in self.ids:
            return "repeated_row"
        if _TOTALS.match(next((text_of(c) for c in row if c is not None), "")):
            return "totals"
        if not (who.staff_no or who.name or card):
            return "no_identity"
        return "header_again" if fold_label(who.name) in _FIELDS or fold_label(card) in _FIELDS else ""

    def readings(self) -> Iterator[AttendanceReading]:
        """Yield one reading per person; whoever passed a reader of the room is not flagged for passing others."""
        for reading, (key, _entry) in zip(self.book.readings(), self.book.held.items(), strict=True):
            held = self.held[key]
            found = paired(held.times, self.frame)
            flags = tuple(f for f in reading.flags if f != "other_location" or not held.times)
            flags += ("left_and_returned",) if len(found.pairs) > 1 else ()
            flags += ("sign_out_missing",) if found.pairs and any(a > found.pairs[-1][1] for a in found.alone) else ()
            platform = "" if reading.platform_id.startswith("card ") else reading.platform_id
            yield replace(
                reading, punches=found.alone, stays=found.pairs, flags=flags, card_no=held.card, platform_id=platform
            )


def _direction(text: str) -> Direction:
    if _OUT.match(text):
        return "out"
    return "in" if _IN.match(text) else ""


def read(tables: Tables, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
    """Return one reading per person who passed a reader on the session's day. Raises :class:`Refused`."""
    found = next(((t, h) for t in tables if (h := _header(t, mapping))), None)
    if found is None:
        raise Refused("no_header")
    table, header = found
    at, rows = header.places(), list(rows_below(table, header))
    places = {(text_of(cell_at(r, at.get("place"))), text_of(cell_at(r, at.get("device")))) for _n, r in rows}
    # Names of devices (闸机03) need not name a room: without a column of places they decide only where one does.
    mapped = bool(frame.place) and ("place" in at or any(same_place(p, frame.place) for p in places))
    reader = _Reader(frame, mapped=mapped)
    for number, row in rows:
        reader.row(number, row, at)
    told = reader.book.warnings()
    if not mapped and len({place or device for place, device in places}) > 1:
        told += (Problem("several_readers", params={"count": len({place or device for place, device in places})}),)
    return ReadResult(
        format=f"campuscard.{tables.container}",
        readings=tuple(reader.readings()),
        dropped=tuple(reader.book.dropped),
        warnings=told,
        encoding=tables.encoding,
        columns=header.columns(),
        unmapped=header.unmapped(),
        confidence=97,
    )
