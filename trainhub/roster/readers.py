"""Staff and pupil sheets: from typed tables to rows with a verdict. Pure; nothing is saved here.

Columns outside the allow-list are dropped while reading: id numbers, addresses, family, health never
reach a row. Pass ``mapping`` (field -> header text) to override what was recognised. Keep the rows of
the result, not the uploaded file: the file holds what must not be stored.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Generic, Literal, TypedDict, TypeVar

from trainhub.plugin_api.cells import day_of, identifier_of, text_of
from trainhub.plugin_api.contracts import Problem, Refused
from trainhub.plugin_api.headers import Header, cell_at, find_header, fold_label, labels_to_fields
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub.roster.rules import (
    CATEGORIES,
    ClassName,
    Stage,
    clean_name,
    clean_student_no,
    grade_from_entry,
    is_school_code,
    left_reason,
    name_key,
    name_problem,
    parse_class,
    parse_grade,
    phone_tail,
    posts_of,
    sex_code,
    student_no_problem,
    yes_or_no,
)

Verdict = Literal["accepted", "duplicate", "rejected"]
Kind = Literal["staff", "students"]


@dataclass(frozen=True, slots=True)
class StaffRow:
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


@dataclass(frozen=True, slots=True)
class StudentRow:
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

_STAFF = labels_to_fields(STAFF_LABELS)
_STUDENTS = labels_to_fields(STUDENT_LABELS)
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
        header = find_header(table, _STUDENTS.get, ("name",))
        known = set(header.columns()) if header else set()
        if "student_no" in known or {"grade", "class"} <= known:
            return "students"
    for table in tables:
        header = find_header(table, _STAFF.get, ("name",))
        known = set(header.columns()) if header else set()
        if len(known & {"category", "is_homeroom_teacher", "state", "posts", "school_code", "phone", "hired_on"}) >= 2:
            return "staff"
    return None


def read_staff(
    tables: Tables, mapping: Mapping[str, str] | None = None, *, school_code: str = ""
) -> RosterSheet[StaffRow]:
    """Read a staff sheet. Raises ``Refused("no_header")`` where no name column is found or mapped.

    With ``school_code``, rows of another school are rejected.
    """
    table, header = _choose(tables, _STAFF, mapping)
    sheet = _Sheet(table, header, STAFF_FIELDS)
    rows = [_staff_row(number, cells, sheet, school_code) for number, _row, cells in sheet.body()]
    rows = _zeros_lost(rows, sheet)
    rows = _staff_repeats(rows)
    return RosterSheet(
        "staff", rows=tuple(rows), encoding=tables.encoding, problems=sheet.problems(rows), **sheet.about()
    )


def read_students(
    tables: Tables,
    mapping: Mapping[str, str] | None = None,
    *,
    school_code: str = "",
    school_year: int | None = None,
    stage: Stage = "",
) -> RosterSheet[StudentRow]:
    """Read a pupil sheet. Raises ``Refused("no_header")``.

    ``school_year`` is the year in which the running school year began; with ``stage`` it turns
    "2023级1班" into a grade where the sheet has no grade column.
    """
    table, header = _choose(tables, _STUDENTS, mapping)
    sheet = _Sheet(table, header, STUDENT_FIELDS)
    rows = [
        _student_row(number, row, cells, sheet, school_code, school_year, stage) for number, row, cells in sheet.body()
    ]
    rows = _student_repeats(rows)
    return RosterSheet(
        "students", rows=tuple(rows), encoding=tables.encoding, problems=sheet.problems(rows), **sheet.about()
    )


def header_texts(tables: Tables) -> tuple[str, ...]:
    """Return the texts of the most header-like row, for a mapping dialog when nothing was recognised."""
    best: tuple[str, ...] = ()
    for table in tables:
        for row in table.rows[:15]:
            texts = tuple(text_of(c) for c in row if isinstance(c, str) and len(c) <= 30)
            if len(set(texts)) > len(best):
                best = texts
    return best


def _choose(tables: Tables, labels: Mapping[str, str], mapping: Mapping[str, str] | None) -> tuple[Table, Header]:
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


class _Sheet:
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
            first = next((c for c in row if c is not None), None)
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
        found = []
        if not rows:
            found.append(Problem("no_rows"))
        total = _printed_total(self.rows)
        if total is not None and total != len(rows):
            found.append(Problem("printed_total_differs", params={"printed": total, "counted": len(rows)}))
        return tuple(found)

    def about(self) -> _About:
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


def _typed(cell: Cell) -> str:
    return cell if isinstance(cell, str) else text_of(cell)


def _person_problems(name: str, code: str, school_code: str) -> tuple[list[Problem], bool]:
    """Return problems of name and school code, and whether they reject the row."""
    problems: list[Problem] = []
    wrong = name_problem(name)
    if wrong:
        problems.append(Problem(wrong, "name"))
    rejected = wrong not in ("", "name_private_character")
    if code and not is_school_code(code):
        problems.append(Problem("school_code_format", "school_code"))
    elif code and school_code and code != school_code:
        problems.append(Problem("other_school", "school_code", {"code": code}))
        rejected = True
    return problems, rejected


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the words of a staff row say; most rows of a sheet say the same."""

    category_code: str
    left_reason: str
    homeroom: bool
    klass: ClassName
    posts: tuple[str, ...]
    problems: tuple[Problem, ...]


@lru_cache(maxsize=4096)
def _standing(category: str, state: str, posts_text: str, homeroom_class: str, is_homeroom: str) -> _Standing:
    problems: list[Problem] = []
    code = CATEGORIES.get(category, "")
    if category and not code:
        problems.append(Problem("category_unknown", "category", {"text": category[:20]}))
    reason = left_reason(state)
    if reason:
        problems.append(Problem("not_on_duty", "state", {"state": state[:20]}))
    posts = posts_of(posts_text)
    klass, answer = parse_class(homeroom_class), yes_or_no(is_homeroom)
    if answer is None:  # the column may hold the class itself instead of 是
        own = parse_class(is_homeroom)
        if own.class_no is not None:
            klass, answer = own, True
    homeroom = bool(answer) or klass != ClassName() or "homeroom_teacher" in posts
    if homeroom and "homeroom_teacher" not in posts:
        posts = (*posts, "homeroom_teacher")
    return _Standing(code, reason, homeroom, klass, posts, tuple(problems))


def _staff_row(number: int, cells: tuple[Cell, ...], sheet: _Sheet, school_code: str) -> StaffRow:
    (
        name_cell,
        no_cell,
        department,
        category,
        is_homeroom,
        homeroom_class,
        posts,
        state,
        phone,
        email,
        school,
        hired,
        left,
    ) = cells
    name = clean_name(_typed(name_cell))
    code = identifier_of(school).text if school is not None else ""
    problems, rejected = _person_problems(name, code, school_code)
    staff_no = identifier_of(no_cell)
    if staff_no.damaged:
        problems.append(Problem("staff_no_damaged", "staff_no"))
        rejected = True
    elif staff_no.numeric:
        sheet.numeric_numbers.add(number)
    said = _standing(text_of(category), text_of(state), text_of(posts), text_of(homeroom_class), text_of(is_homeroom))
    problems.extend(said.problems)
    return StaffRow(
        row=number,
        name=name,
        staff_no="" if staff_no.damaged else staff_no.text,
        verdict="rejected" if rejected else "accepted",
        problems=tuple(problems),
        department=text_of(department),
        category=text_of(category),
        category_code=said.category_code,
        state=text_of(state),
        left_reason=said.left_reason,
        stays=not said.left_reason,
        is_homeroom_teacher=said.homeroom,
        homeroom_grade=said.klass.grade,
        homeroom_class_no=said.klass.class_no,
        posts=said.posts,
        email=text_of(email),
        phone_tail=phone_tail(text_of(phone)) if phone is not None else "",
        school_code=code,
        hired_on=day_of(hired),
        left_on=day_of(left),
    )


def _zeros_lost(rows: list[StaffRow], sheet: _Sheet) -> list[StaffRow]:
    """Mark numbers that were stored as a number while their neighbours begin with a zero."""
    texts = [r.staff_no for r in rows if r.staff_no.isdecimal() and r.row not in sheet.numeric_numbers]
    widths = {len(t) for t in texts if t.startswith("0")}
    if len(widths) != 1:
        return rows
    (width,) = widths
    out = []
    for row in rows:
        if row.row in sheet.numeric_numbers and row.staff_no and len(row.staff_no) < width:
            hint = Problem(
                "staff_no_zeros_lost", "staff_no", {"typed": row.staff_no, "suggested": row.staff_no.zfill(width)}
            )
            out.append(replace(row, problems=(*row.problems, hint)))
        else:
            out.append(row)
    return out


def _staff_repeats(rows: Sequence[StaffRow]) -> list[StaffRow]:
    """Find repeats and namesakes (domain.md cases 99 and 100): said, asked about, never merged here."""
    by_number: dict[str, StaffRow] = {}
    by_name: dict[str, list[StaffRow]] = defaultdict(list)
    out: list[StaffRow] = []
    for row in rows:
        key = name_key(row.name)
        problems = list(row.problems)
        verdict = row.verdict
        first = by_number.get(row.staff_no) if row.staff_no else None
        if verdict == "accepted" and first is not None:
            same = name_key(first.name) == key
            verdict = "duplicate" if same else "rejected"
            problems.append(Problem("same_staff_no" if same else "staff_no_conflict", "staff_no", {"row": first.row}))
        elif verdict == "accepted":
            verdict = _against_namesakes(row, by_name[key], problems)
        judged = row if len(problems) == len(row.problems) else replace(row, verdict=verdict, problems=tuple(problems))
        if verdict == "accepted":
            by_name[key].append(judged)
            if row.staff_no:
                by_number[row.staff_no] = judged
        out.append(judged)
    return out


def _against_namesakes(row: StaffRow, others: Sequence[StaffRow], problems: list[Problem]) -> Verdict:
    for other in others:
        alike = (row.department, row.phone_tail) == (other.department, other.phone_tail)
        if not row.staff_no and not other.staff_no and alike:
            problems.append(Problem("same_row", "name", {"row": other.row}))
            return "duplicate"
        if not row.staff_no or not other.staff_no:
            problems.append(Problem("namesake_without_number", "staff_no", {"row": other.row}))
        elif row.phone_tail and row.phone_tail == other.phone_tail:
            problems.append(Problem("possible_same_person", "staff_no", {"row": other.row}))
    return "accepted"


def _student_row(
    number: int,
    row: Sequence[Cell],
    cells: tuple[Cell, ...],
    sheet: _Sheet,
    school_code: str,
    year: int | None,
    stage: Stage,
) -> StudentRow:
    school, no_cell, name_cell, sex, grade, klass_cell, seat = cells
    typed, name = _typed(name_cell), clean_name(_typed(name_cell))
    code = identifier_of(school).text if school is not None else ""
    problems, rejected = _person_problems(name, code, school_code)
    identifier = identifier_of(no_cell)
    student_no = clean_student_no(identifier.text)
    wrong = "student_no_damaged" if identifier.damaged else student_no_problem(student_no)
    if wrong:
        problems.append(Problem(wrong, "student_no"))
        rejected = True
    elif student_no.startswith("L"):
        problems.append(Problem("temporary_number", "student_no"))
    if (student_no and _typed(no_cell) != student_no) or (name and typed != name):
        problems.append(Problem("normalised_case_and_spaces"))
    if sheet.id_columns and sheet.id_damaged(row):
        problems.append(Problem("id_number_damaged_not_imported"))
    klass, trouble = _class_of(text_of(grade), text_of(klass_cell), year, stage)
    problems.extend(trouble)
    return StudentRow(
        row=number,
        student_no=student_no,
        name=name,
        verdict="rejected" if rejected else "accepted",
        problems=tuple(problems),
        sex=sex_code(text_of(sex)),
        grade=klass.grade,
        class_no=klass.class_no,
        entry_year=klass.entry_year,
        seat_no=identifier_of(seat).text,
        school_code=code,
    )


@lru_cache(maxsize=4096)
def _class_of(
    grade_text: str, class_text: str, school_year: int | None, stage: Stage
) -> tuple[ClassName, tuple[Problem, ...]]:
    """Put grade and class columns together; a class that cannot be read is said, not guessed."""
    grade_cell, class_cell = parse_grade(grade_text), parse_class(class_text)
    entry = class_cell.entry_year or grade_cell.entry_year
    grade = grade_cell.grade or class_cell.grade
    if grade is None and entry is not None and school_year is not None:
        grade = grade_from_entry(entry, school_year, stage)
    if grade_cell.grade and class_cell.grade and grade_cell.grade != class_cell.grade:
        differs = Problem("grade_differs", "class", {"grade": grade_cell.grade, "class_grade": class_cell.grade})
        return ClassName(None, class_cell.class_no, entry), (differs,)
    known = ClassName(grade, class_cell.class_no, entry)
    if grade is not None and class_cell.class_no is not None:
        return known, ()
    text = f"{grade_text} {class_text}".strip()
    return known, (Problem("class_unreadable" if text else "class_missing", "class", {"text": text[:30]}),)


def _student_repeats(rows: Sequence[StudentRow]) -> list[StudentRow]:
    by_number: dict[str, int] = {}
    in_class: dict[tuple[str, int | None, int | None], int] = {}
    out: list[StudentRow] = []
    for row in rows:
        problems = list(row.problems)
        verdict = row.verdict
        if verdict == "accepted" and row.student_no in by_number:
            verdict = "duplicate"
            problems.append(Problem("same_student_no", "student_no", {"row": by_number[row.student_no]}))
        elif verdict == "accepted":
            by_number[row.student_no] = row.row
            key = (name_key(row.name), row.grade, row.class_no)
            if key in in_class:
                problems.append(Problem("namesake_in_class", "name", {"row": in_class[key]}))
            in_class.setdefault(key, row.row)
        judged = row if len(problems) == len(row.problems) else replace(row, verdict=verdict, problems=tuple(problems))
        out.append(judged)
    return out
