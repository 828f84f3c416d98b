"""The list that the software beside a machine exports: a row for each punch, columns by their labels.

Text is read row by row, because such a list may hold the punches of a year; a workbook keeps the limits of tables.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice

from trainhub.plugin_api import ReadResult, Refused, SessionFrame
from trainhub.plugin_api.archives import OLE_MAGIC, ZIP_MAGIC
from trainhub.plugin_api.cells import identifier_of, moment_of, school_moment, text_of
from trainhub.plugin_api.contracts import Upload
from trainhub.plugin_api.headers import HEADER_ROWS, Header, cell_at, find_header, fold_label, labels_to_fields
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.tables import Cell, Table, read_tables
from trainhub.plugin_api.texts import decode, delimiter_of, looks_like_html
from trainhub_device.punches import Holder, PunchBook

MOST_ROWS = 300_000
"""A list of punches may have so many rows; a table of people has no more than ``limits.rows``."""
LABELS = {
    "device_pin": ("登记号码", "登记号", "考勤号码", "考勤号", "人员编号", "登记ID", "PIN"),
    "name": ("姓名", "员工姓名"),
    "department": ("部门", "部门名称", "所属部门"),
    "time": ("日期时间", "打卡时间", "刷卡时间", "签到时间", "考勤时间", "时间"),
    "date": ("日期", "考勤日期", "刷卡日期"),
    "state": ("签到/签退", "签到签退", "考勤状态", "状态"),
    "machine": ("机器号", "设备号", "机号"),
    "verify": ("比对方式", "验证方式", "比对方式名称"),
    "work_code": ("工种代码", "工作代码", "工作号码"),
    "card_no": ("卡号", "卡片号码"),
    "number": ("编号",),
}
FIELDS = labels_to_fields(LABELS)
_HEAD = 65_536
_OWN = frozenset({"machine", "verify", "work_code"})
_DAY = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_PASSWORD = ("密码", "password")
_TOTALS = ("合计", "总计", "小计", "备注", "制表")


def header_of(rows: Sequence[Sequence[Cell]], mapping: Mapping[str, str] | None = None) -> Header | None:
    """Return the header of such a list, or None: a number of the machine, a time, and what only machines say."""
    header = find_header(Table("", tuple(map(tuple, rows))), FIELDS.get, ("device_pin", "card_no"), mapping)
    if header is None:
        return None
    fields = set(header.fields)
    told = {"device_pin", "time"} <= fields or {"card_no", "time"} <= fields
    return header if told and (fields & _OWN or mapping) else None


def _rows(upload: Upload) -> tuple[Iterator[Sequence[Cell]], str, str]:
    """Return the rows one by one, the container and the encoding. Raises :class:`Refused`."""
    content = upload.content
    if len(content) > LIMITS.upload_bytes:
        raise Refused("too_large", limit_mb=LIMITS.upload_bytes // 2**20)
    if content.startswith((ZIP_MAGIC, OLE_MAGIC)):
        tables = read_tables(upload)
        table = next((t for t in tables if header_of(t.rows[:HEADER_ROWS])), tables.tables[0])
        return iter(table.rows), tables.container, tables.encoding
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise Refused("empty_file")
    decoded = decode(content)
    if looks_like_html(decoded.text):
        tables = read_tables(upload)
        return iter(tables.tables[0].rows), tables.container, tables.encoding
    return _split(decoded.text), "csv", decoded.encoding


def _split(text: str) -> Iterator[Sequence[Cell]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    try:
        for number, row in enumerate(reader, 1):
            if number > MOST_ROWS:
                raise Refused("too_many_rows", limit=MOST_ROWS)
            if len(row) > LIMITS.columns:
                raise Refused("too_many_columns", limit=LIMITS.columns)
            yield [cell if cell and cell.strip() else None for cell in row]
    except csv.Error as error:
        raise Refused("not_a_table") from error


def confidence(upload: Upload) -> int:
    """Return how sure a file is such a list, by its first rows only."""
    content = upload.content
    if not content.startswith((ZIP_MAGIC, OLE_MAGIC, b"\xff\xfe", b"\xfe\xff")):
        content = content[: content.rfind(b"\n", 0, _HEAD) + 1] if len(content) > _HEAD else content
    rows, _container, _encoding = _rows(Upload(upload.name, content))
    head = list(islice(rows, HEADER_ROWS + 1))
    return 97 if header_of(head) else 0


def read(upload: Upload, frame: SessionFrame, mapping: Mapping[str, str] | None = None) -> ReadResult:
    """Return one reading per person of the session's day. Raises :class:`Refused`."""
    rows, container, encoding = _rows(upload)
    head = list(islice(rows, HEADER_ROWS))
    header = header_of(head, mapping)
    if header is None:
        raise Refused("no_header")
    book = PunchBook(frame)
    columns = header.places()
    _take_all(book, enumerate(head[header.last + 1 :], header.last + 2), columns)
    _take_all(book, enumerate(rows, len(head) + 1), columns)
    return ReadResult(
        f"device.software.{container}",
        book.readings(),
        dropped=book.told(),
        warnings=book.warnings(),
        encoding=encoding,
        columns=header.columns(),
        unmapped=header.unmapped(),
        confidence=97,
    )


def _take_all(book: PunchBook, rows: Iterable[tuple[int, Sequence[Cell]]], columns: Mapping[str, int]) -> None:
    """Take the rows; of those that plainly are of another day only the day is looked at."""
    at, known = columns["time"], dict[str, date | None]()
    for number, row in rows:
        said = row[at] if at < len(row) else None
        text = said.partition(" ")[0] if isinstance(said, str) else ""
        if text not in known:
            known[text] = _plain_day(text)
        day = known[text]
        if day is not None and day not in book.days and not book.wrong_year(day.year):
            book.other(day, number)
        elif any(cell is not None for cell in row):
            _take(book, number, row, columns)


def _plain_day(text: str) -> date | None:
    """Return the day of ``2026/3/5`` or ``2026-03-05``; anything else is looked at cell by cell."""
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _take(book: PunchBook, number: int, row: Sequence[Cell], columns: Mapping[str, int]) -> None:
    def cell(field: str) -> Cell:
        return cell_at(row, columns.get(field))

    pin, card = identifier_of(cell("device_pin")).text, identifier_of(cell("card_no")).text
    name = text_of(cell("name"))
    first = next((text_of(c) for c in row if c is not None), "")
    if first.startswith(_TOTALS) and not pin:
        book.drop(number, "totals")
        return
    if fold_label(pin) in FIELDS or fold_label(name) in FIELDS:
        book.drop(number, "header_again")
        return
    if not (pin or card or name):
        book.drop(number, "no_identity")
        return
    moment = moment_of(cell("time"), book.frame.day.year)
    day = moment.day or moment_of(cell("date"), book.frame.day.year, short=True).day
    holder = Holder(pin, card, name, text_of(cell("department")))
    if day is None or moment.clock is None:
        book.drop(number, "time_unreadable")
    elif book.wrong_year(day.year):
        book.clock_was_reset(holder, number)
    elif day not in book.days:
        book.other(day, number)
    else:
        verified = text_of(cell("verify")).lower()
        flags = ("password_verify",) if verified in _PASSWORD else ()
        book.take(holder, school_moment(day, moment.clock), day, number, flags)
