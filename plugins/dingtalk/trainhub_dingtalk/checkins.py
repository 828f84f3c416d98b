"""The Excel list of 签到: what people sent from their phones, one row for each time.

Nobody has published its columns, so it is told by its labels and nothing else: who, 签到时间, and where. Whoever checks in says
it of himself: the list is as strong as a form, and a later row repeats the first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from trainhub.plugin_api import AttendanceReading, ReadResult, Refused, SessionFrame, SourceSpec, Upload
from trainhub.plugin_api.cells import day_of, fold_text, identifier_of, moment_of, school_moment, text_of
from trainhub.plugin_api.days import DayBook, Who, in_window, nobody
from trainhub.plugin_api.headers import Header, cell_at, find_header, labels_to_fields, rows_below
from trainhub.plugin_api.leave import leave_of
from trainhub.plugin_api.tables import Cell, Table, Tables, read_tables
from trainhub_dingtalk.answers import same_place

SURE = 80
"""More than a typed list with times (70), less than a layout that is known."""
_FIELDS = labels_to_fields({
    "name": ("姓名", "员工姓名", "签到人"),
    "department": ("部门", "所在部门"),
    "staff_no": ("工号", "员工工号"),
    "platform_id": ("UserId", "员工UserID", "用户ID"),
    "date": ("日期", "签到日期"),
    "sign_in": ("签到时间",),
    "place": ("签到地点", "签到位置", "签到地址"),
    "detail": ("详细地址", "签到详细地址", "详细位置", "具体位置"),
    "remark": ("备注", "签到备注"),
})  # fmt: skip
_TELLING = re.compile(
    r"代.{0,6}签|替.{0,6}签|帮.{0,6}签|补签|线上|网上|远程|视频|迟到|早退|提前(?:走|离)|未到|没到|缺席|外出"
)


class DingTalkCheckIns:
    """The list of 签到 as a workbook or CSV. Its times are what people say of themselves."""

    spec = SourceSpec(
        key="dingtalk_checkin",
        label="DingTalk (list of check-ins)",
        kind="file",
        trust="self_report",
        extensions=(".xlsx", ".xls", ".csv"),
    )

    def recognise(self, upload: Upload) -> int:
        """Return 80 for a list that says who, 签到时间 and where; else 0."""
        try:
            return SURE if any(_lists(read_tables(upload))) else 0
        except Refused:
            return 0

    def read(self, upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
        """Return one reading per person of the session's day. Raises :class:`Refused`."""
        tables = read_tables(upload)
        found = list(_lists(tables, mapping))
        if not found:
            raise Refused("no_header")
        reader = _Reader(frame)
        for table, header in found:
            reader.table(table, header)
        header = found[0][1]
        return ReadResult(
            format=f"dingtalk.checkin.{tables.container}",
            readings=tuple(reader.readings()),
            dropped=tuple(reader.book.dropped),
            warnings=(*tables.warnings, *reader.book.warnings()),
            encoding=tables.encoding,
            columns=header.columns(),
            unmapped=header.unmapped(),
            confidence=SURE,
        )


def _lists(tables: Tables, mapping: Mapping[str, str] | None = None) -> Iterator[tuple[Table, Header]]:
    """Yield the tables that are such a list; columns that somebody named need no place."""
    for table in tables:
        header = find_header(table, _FIELDS.get, ("name", "staff_no", "platform_id"), mapping)
        fields = set(header.fields) if header else set()
        if header is not None and "sign_in" in fields and (mapping or fields & {"place", "detail"}):
            yield table, header


class _Reader:
    """Puts the rows about one person and day together."""

    def __init__(self, frame: SessionFrame) -> None:
        self.frame = frame
        self.book = DayBook(frame)
        self.remarks: dict[str, dict[str, None]] = {}

    def table(self, table: Table, header: Header) -> None:
        at = header.places()
        for number, row in rows_below(table, header):
            self._row(number, row, at)

    def _row(self, number: int, row: Sequence[Cell], at: Mapping[str, int]) -> None:
        staff_no = identifier_of(cell_at(row, at.get("staff_no")))
        who = Who(
            identifier_of(cell_at(row, at.get("platform_id"))).text,
            staff_no.text,
            text_of(cell_at(row, at.get("name"))),
            text_of(cell_at(row, at.get("department"))),
        )
        reason = nobody(who, _FIELDS)
        if reason:
            self.book.drop(number, reason)
            return
        year = self.frame.day.year
        moment = moment_of(cell_at(row, at.get("sign_in")), year)
        entry = self.book.entry(who, number, moment.day or day_of(cell_at(row, at.get("date")), year))
        if entry is None:
            return
        if staff_no.damaged:
            entry.flag("staff_no_damaged")
        if moment.clock is None:
            entry.flag("time_unreadable")
            return
        came = school_moment(entry.day, moment.clock)
        entry.punches.append(came)
        places = [text_of(cell_at(row, at.get(field))) for field in ("place", "detail")]
        if in_window([came], self.frame) and not same_place(places, self.frame.place):
            entry.flag("place_mismatch")
        if remark := text_of(cell_at(row, at.get("remark"))):
            self.remarks.setdefault(entry.who.key, {})[remark] = None

    def readings(self) -> Iterator[AttendanceReading]:
        """Yield the readings. A later check-in is no signing out: core takes the first one near the session."""
        for reading, entry in zip(self.book.readings(), self.book.held.values(), strict=True):
            remark = " ".join(self.remarks.get(entry.who.key, ()))[:200]
            told = ("remark_needs_check",) if _needs_check(remark) else ()
            yield replace(reading, sign_in_only=True, remark=remark, flags=(*reading.flags, *told))


def _needs_check(remark: str) -> bool:
    """Whether a remark may change the result, so that somebody has to read it: it never gives anybody a presence."""
    words = "".join(fold_text(remark).split())
    return bool(leave_of(words) or _TELLING.search(words))
