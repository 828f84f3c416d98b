"""What a roster sheet is: its rows, the labels of its columns, and the table under its header. Pure."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Generic, Literal, NamedTuple, TypedDict, TypeVar

from trainhub.plugin_api.cells import identifier_of, text_of
from trainhub.plugin_api.contracts import Problem, Refused
from trainhub.plugin_api.headers import Header, cell_at, find_header, fold_label, labels_to_fields
from trainhub.plugin_api.tables import Cell, Table, Tables

Verdict = Literal["accepted", "duplicate", "rejected"]
Kind = Literal["staff", "students"]


class StaffRow(NamedTuple):
    """One row of a staff sheet. ``row`` is 1-based as in the clerk's program.

    ``category`` and ``state`` are as printed; ``category_code`` is full_time_teacher, administrator,
    support, logistics, external or "" (unknown word or no column); ``left_reason`` is retired, moved,
    resigned, died, other or "". ``stays`` says whether the person belongs in the yearly denominator.
    ``posts`` are post codes (principal, homeroom_teacher, ...) or the school's own word.
    ``phone_tail`` holds the last four digits only.
    """

    row: int
    name: str
    staff_no: str
    verdict: Verdict = "accepted"
    problems: tuple[Problem, ...] = ()
    department: str = ""
    category: str = ""
    category_code: str = ""
    state: str = ""
    left_reason: str = ""
    stays: bool = True
    is_homeroom_teacher: bool = False
    homeroom_grade: int | None = None
    homeroom_class_no: int | None = None
    posts: tuple[str, ...] = ()
    email: str = ""
    phone_tail: str = ""
    school_code: str = ""
    hired_on: date | None = None
    left_on: date | None = None


class StudentRow(NamedTuple):
    """One row of a pupil sheet. ``grade`` runs 1-12, ``class_no`` from 1; None where unreadable.

    ``seat_no`` is the number within the class (班内学号); ``sex`` is 1 (male), 2 (female) or "".
    """

    row: int
    student_no: str
    name: str
    verdict: Verdict = "accepted"
    problems: tuple[Problem, ...] = ()
    sex: Literal["1", "2", ""] = ""
    grade: int | None = None
    class_no: int | None = None
    entry_year: int | None = None
    seat_no: str = ""
    school_code: str = ""


RowT = TypeVar("RowT", StaffRow, StudentRow)


@dataclass(frozen=True, slots=True)
class RosterSheet(Generic[RowT]):
    """What a sheet gave.

    ``columns`` maps field -> header text as found; ``headers`` lists all header texts (for a mapping
    dialog); ``unmapped`` those nobody took (never read); ``header_row`` is 1-based; ``problems`` are
    about the sheet as a whole; ``dropped`` counts totals, footer and repeated header rows by reason.
    """

    kind: Kind
    sheet: str
    header_row: int
    columns: Mapping[str, str]
    headers: tuple[str, ...]
    unmapped: tuple[str, ...]
    rows: tuple[RowT, ...]
    problems: tuple[Problem, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)
    encoding: str = ""

    def accepted(self) -> tuple[RowT, ...]:
        """Return the rows that may be imported."""
        return tuple(r for r in self.rows if r.verdict == "accepted")


STAFF_LABELS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "教师姓名", "教职工姓名", "教职工", "职工姓名", "员工姓名", "人员姓名", "名字", "name"),
    "staff_no": (
        "教职工号", "工号", "职工号", "职工编号", "教师编号", "教工号", "教职工编号", "人员编号", "员工号", "员工编号", "职工工号", "教师工号",
        "staff no", "staff number",
    ),
    "department": ("部门", "科室", "处室", "所在部门", "所属部门", "所在科室", "教研组", "年级组", "组别", "学科组", "部门名称", "所在教研组", "department"),
    "category": ("教职工类别", "人员类别", "类别", "岗位类别", "人员类型", "教职工类型", "身份类别", "岗位类型"),
    "is_homeroom_teacher": ("是否班主任", "班主任", "是否担任班主任", "担任班主任"),
    "homeroom_class": ("班主任班级", "所带班级", "任班主任班级", "带班", "班主任所在班级"),
    "posts": ("职务", "行政职务", "担任职务", "现任职务", "岗位", "任职", "职务名称", "校内职务"),
    "state": ("人员状态", "状态", "在职状态", "在岗状态", "在编状态", "人员现状", "当前状态", "在职情况"),
    "phone": ("联系电话", "手机", "手机号", "手机号码", "电话", "移动电话", "联系方式", "phone"),
    "email": ("邮箱", "电子邮箱", "电子信箱", "电子邮件", "email", "e-mail"),
    "school_code": ("学校标识码", "学校代码", "单位代码"),
    "hired_on": ("入职日期", "入职时间", "到岗日期", "聘用日期", "到校日期", "调入日期", "入校日期"),
    "left_on": ("离职日期", "离岗日期", "调出日期", "退休日期", "离校日期", "离职时间"),
}  # fmt: skip
STUDENT_LABELS: dict[str, tuple[str, ...]] = {
    "school_code": ("学校标识码", "学校代码"),
    "student_no": ("全国学籍号", "学籍号", "全国学籍号码", "学籍号码", "学籍主号", "qgxjh", "xjh"),
    "name": ("姓名", "学生姓名", "名字", "xm", "name"),
    "sex": ("性别", "xb"),
    "grade": ("年级", "所在年级", "年级名称", "就读年级", "nj"),
    "class": ("班级", "班级名称", "所在班级", "行政班", "班别", "班", "bj", "bh"),
    "seat_no": ("班内学号", "班内序号", "班级学号", "座号", "bnxh"),
}
STAFF_FIELDS: tuple[str, ...] = tuple(STAFF_LABELS)
"""Fields a mapping of a staff sheet may name, in the order of the dialog."""

STUDENT_FIELDS: tuple[str, ...] = tuple(STUDENT_LABELS)
"""Fields a mapping of a pupil sheet may name."""

STAFF_BY_LABEL = labels_to_fields(STAFF_LABELS)
STUDENTS_BY_LABEL = labels_to_fields(STUDENT_LABELS)
_ID_LABELS = frozenset(map(fold_label, ("身份证件号", "身份证号", "身份证号码", "公民身份号码", "身份证", "sfzjh")))
_FIRST_SIGNS = frozenset("合总小共备说注制填审负校打单联")  # of the two patterns below
_TOTALS = re.compile(r"^(?:合计|总计|小计|共计|总数|总人数)(?:$|[:\s(0-9人])")
_FOOTER = re.compile(
    r"^(?:备注|说明|注|制表人?|填表人?|审核人?|负责人|填报人|校长|制表时间|打印时间|填表说明|单位盖章|联系人)\s*:|^(?:共|合计)\s*[0-9]+\s*人"
)


def recognise_kind(tables: Tables) -> Kind | None:
    """Say whether a file looks like a staff or a pupil sheet, or None.

    A pupil sheet has names beside pupil numbers or grades; a staff sheet has names beside two columns
    that only a staff sheet has.
    """
    for table in tables:
        header = find_header(table, STUDENTS_BY_LABEL.get, ("name",))
        known = set(header.columns()) if header else set()
        if "student_no" in known or {"grade", "class"} <= known:
            return "students"
    for table in tables:
        header = find_header(table, STAFF_BY_LABEL.get, ("name",))
        known = set(header.columns()) if header else set()
        if len(known & {"category", "is_homeroom_teacher", "state", "posts", "school_code", "phone", "hired_on"}) >= 2:
            return "staff"
    return None


def header_texts(tables: Tables) -> tuple[str, ...]:
    """Return the texts of the most header-like row, for a mapping dialog when nothing was recognised."""
    best: tuple[str, ...] = ()
    for table in tables:
        for row in table.rows[:15]:
            texts = tuple(text_of(c) for c in row if isinstance(c, str) and len(c) <= 30)
            if len(set(texts)) > len(best):
                best = texts
    return best


def choose(tables: Tables, labels: Mapping[str, str], mapping: Mapping[str, str] | None) -> tuple[Table, Header]:
    """Return the sheet with the most recognised columns, and its header. Raises ``Refused("no_header")``."""
    best: tuple[int, Table, Header] | None = None
    for table in tables:
        header = find_header(table, labels.get, ("name",), mapping)
        if header is None:
            continue
        weight = len(header.columns()) * 100_000 + len(table.rows)
        if best is None or weight > best[0]:
            best = (weight, table, header)
    if best is None:
        raise Refused("no_header")
    return best[1], best[2]


class _About(TypedDict):
    """What every roster sheet says about itself."""

    sheet: str
    header_row: int
    columns: Mapping[str, str]
    headers: tuple[str, ...]
    unmapped: tuple[str, ...]
    dropped: Mapping[str, int]


class Body:
    """A table under its header: body rows, cells by field, and what was left out."""

    def __init__(self, table: Table, header: Header, fields: Sequence[str]) -> None:
        self.header = header
        self.name = table.sheet
        self.rows = table.rows[header.last + 1 :]
        column = {f: i for i, f in reversed(list(enumerate(header.fields))) if f}
        self.width = max(len(header.fields), *map(len, self.rows), 0) + 1  # the last column is always blank
        self.pick = itemgetter(*(column.get(f, self.width - 1) for f in fields))
        self.dropped: Counter[str] = Counter()
        self.id_columns = [i for i, t in enumerate(header.texts) if fold_label(t) in _ID_LABELS]
        self.numeric_numbers: set[int] = set()
        self.name_at = fields.index("name")
        self.header_name = header.texts[column["name"]] if "name" in column else ""

    def body(self) -> Iterator[tuple[int, Sequence[Cell], tuple[Cell, ...]]]:
        """Yield the rows that are about somebody: 1-based number, whole row, the fields' cells in order."""
        for number, row in enumerate(self.rows, self.header.last + 2):
            first = row[0] if row and row[0] is not None else next((c for c in row if c is not None), None)
            if first is None:
                continue
            cells = self.pick(row + (None,) * (self.width - len(row)))
            reason = self._no_person(first, cells)
            if reason:
                self.dropped[reason] += 1
            else:
                yield number, row, cells

    def _no_person(self, first: Cell, cells: Sequence[Cell]) -> str:
        name = text_of(cells[self.name_at])
        if (isinstance(first, str) and first[0] in _FIRST_SIGNS) or name[:1] in _FIRST_SIGNS:
            start = text_of(first)
            if _TOTALS.match(start) or _TOTALS.match(name):
                return "totals"
            if _FOOTER.match(start):
                return "footer"
        if name and name == self.header_name:
            return "header_again"
        return "empty_slot" if not name and not any(map(text_of, cells)) else ""

    def id_damaged(self, row: Sequence[Cell]) -> bool:
        """Whether an id number column holds 9.9E+17. The column is looked at and never taken."""
        return any(identifier_of(cell_at(row, c)).damaged for c in self.id_columns)

    def problems(self, rows: Sequence[StaffRow] | Sequence[StudentRow]) -> tuple[Problem, ...]:
        """Return what is wrong with the sheet as a whole."""
        found = []
        if not rows:
            found.append(Problem("no_rows"))
        total = _printed_total(self.rows)
        if total is not None and total != len(rows):
            found.append(Problem("printed_total_differs", params={"printed": total, "counted": len(rows)}))
        return tuple(found)

    def about(self) -> _About:
        """Return what the result says about columns and left-out rows."""
        header = self.header
        return {
            "sheet": self.name,
            "header_row": header.last + 1,
            "columns": header.columns(),
            "headers": tuple(t for t in header.texts if t),
            "unmapped": header.unmapped(),
            "dropped": dict(self.dropped),
        }


def _printed_total(rows: Sequence[Sequence[Cell]]) -> int | None:
    for row in reversed(rows[-5:]):
        text = " ".join(t for t in map(text_of, row) if t)
        found = re.match(r"^(?:合计|总计|共计|共|总人数)\s*:?\s*([0-9]{1,6})\s*人", text)
        if found:
            return int(found.group(1))
    return None
