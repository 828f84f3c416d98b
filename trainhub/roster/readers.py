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
from typing import Generic, Literal, TypedDict, TypeVar

from trainhub.plugin_api.cells import Identifier, day_of, identifier_of, text_of
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
_TOTALS = re.compile(r"^(?:合计|总计|小计|共计|总数|总人数)(?:$|[:\s(0-9人])")
_FOOTER = re.compile(r"^(?:备注|说明|注|制表人?|填表人?|审核人?|负责人|填报人|校长|制表时间|打印时间|填表说明|单位盖章|联系人)\s*:|^(?:共|合计)\s*[0-9]+\s*人")


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


def read_staff(tables: Tables, mapping: Mapping[str, str] | None = None, *, school_code: str = "") -> RosterSheet[StaffRow]:
    """Read a staff sheet. Raises ``Refused("no_header")`` where no name column is found or mapped.

    With ``school_code``, rows of another school are rejected.
    """
    table, header = _choose(tables, _STAFF, mapping)
    sheet = _Sheet(table, header)
    rows = [_staff_row(number, row, sheet, school_code) for number, row in sheet.body()]
    rows = _zeros_lost(rows, sheet)
    rows = _staff_repeats(rows)
    return RosterSheet("staff", rows=tuple(rows), encoding=tables.encoding, problems=sheet.problems(rows), **sheet.about())


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
    sheet = _Sheet(table, header)
    rows = [_student_row(number, row, sheet, school_code, school_year, stage) for number, row in sheet.body()]
    rows = _student_repeats(rows)
    return RosterSheet("students", rows=tuple(rows), encoding=tables.encoding, problems=sheet.problems(rows), **sheet.about())


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

    def __init__(self, table: Table, header: Header) -> None:
        self.table = table
        self.header = header
        self.column = {f: i for i, f in reversed(list(enumerate(header.fields))) if f}
        self.dropped: Counter[str] = Counter()
        self.id_columns = [i for i, t in enumerate(header.texts) if fold_label(t) in _ID_LABELS]
        self.numeric_numbers: set[int] = set()

    def body(self) -> Iterator[tuple[int, Sequence[Cell]]]:
        for index, row in enumerate(self.table.rows[self.header.last + 1 :], self.header.last + 2):
            first = next((t for t in map(text_of, row) if t), "")
            name = self.text(row, "name")
            if not first:
                continue
            if _TOTALS.match(first) or _TOTALS.match(name):
                self.dropped["totals"] += 1
            elif _FOOTER.match(first):
                self.dropped["footer"] += 1
            elif name == self.header.texts[self.column["name"]] if "name" in self.column else False:
                self.dropped["header_again"] += 1
            elif not any(text_of(cell_at(row, c)) for f, c in self.column.items()):
                self.dropped["empty_slot"] += 1
            else:
                yield index, row

    def text(self, row: Sequence[Cell], name: str) -> str:
        return text_of(cell_at(row, self.column.get(name)))

    def raw(self, row: Sequence[Cell], name: str) -> str:
        cell = cell_at(row, self.column.get(name))
        return cell if isinstance(cell, str) else text_of(cell)

    def identifier(self, row: Sequence[Cell], name: str) -> Identifier:
        return identifier_of(cell_at(row, self.column.get(name)))

    def id_damaged(self, row: Sequence[Cell]) -> bool:
        """Whether an id number column holds 9.9E+17. The column is looked at and never taken."""
        return any(identifier_of(cell_at(row, c)).damaged for c in self.id_columns)

    def problems(self, rows: Sequence[StaffRow] | Sequence[StudentRow]) -> tuple[Problem, ...]:
        found = []
        if not rows:
            found.append(Problem("no_rows"))
        total = _printed_total(self.table.rows[self.header.last + 1 :])
        if total is not None and total != len(rows):
            found.append(Problem("printed_total_differs", params={"printed": total, "counted": len(rows)}))
        return tuple(found)

    def about(self) -> _About:
        header = self.header
        return {
            "sheet": self.table.sheet,
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


def _person_problems(sheet: _Sheet, row: Sequence[Cell], name: str, school_code: str) -> tuple[list[Problem], bool, str]:
    """Return problems of name and school code, whether they reject the row, and the row's school code."""
    problems: list[Problem] = []
    wrong = name_problem(name)
    if wrong:
        problems.append(Problem(wrong, "name"))
    code = sheet.identifier(row, "school_code").text
    if code and not is_school_code(code):
        problems.append(Problem("school_code_format", "school_code"))
    elif code and school_code and code != school_code:
        problems.append(Problem("other_school", "school_code", {"code": code}))
    rejected = wrong not in ("", "name_private_character") or any(p.code == "other_school" for p in problems)
    return problems, rejected, code


def _staff_row(number: int, row: Sequence[Cell], sheet: _Sheet, school_code: str) -> StaffRow:
    name = clean_name(sheet.raw(row, "name"))
    problems, rejected, code = _person_problems(sheet, row, name, school_code)
    staff_no = sheet.identifier(row, "staff_no")
    if staff_no.damaged:
        problems.append(Problem("staff_no_damaged", "staff_no"))
        rejected = True
    elif staff_no.numeric:
        sheet.numeric_numbers.add(number)
    category, state = sheet.text(row, "category"), sheet.text(row, "state")
    category_code = CATEGORIES.get(category, "")
    if category and not category_code:
        problems.append(Problem("category_unknown", "category", {"text": category[:20]}))
    reason = left_reason(state)
    if reason:
        problems.append(Problem("not_on_duty", "state", {"state": state[:20]}))
    posts = posts_of(sheet.text(row, "posts"))
    homeroom, klass = _homeroom(sheet, row, posts)
    return StaffRow(
        row=number,
        name=name,
        staff_no="" if staff_no.damaged else staff_no.text,
        verdict="rejected" if rejected else "accepted",
        problems=tuple(problems),
        department=sheet.text(row, "department"),
        category=category,
        category_code=category_code,
        state=state,
        left_reason=reason,
        stays=not reason,
        is_homeroom_teacher=homeroom,
        homeroom_grade=klass.grade,
        homeroom_class_no=klass.class_no,
        posts=posts if not homeroom or "homeroom_teacher" in posts else (*posts, "homeroom_teacher"),
        email=sheet.text(row, "email"),
        phone_tail=phone_tail(sheet.identifier(row, "phone").text),
        school_code=code,
        hired_on=day_of(cell_at(row, sheet.column.get("hired_on"))),
        left_on=day_of(cell_at(row, sheet.column.get("left_on"))),
    )


def _homeroom(sheet: _Sheet, row: Sequence[Cell], posts: Sequence[str]) -> tuple[bool, ClassName]:
    """Whether somebody is 班主任, and of which class; the column may hold 是 or the class itself."""
    klass = parse_class(sheet.text(row, "homeroom_class"))
    said = sheet.text(row, "is_homeroom_teacher")
    answer = yes_or_no(said)
    if answer is None:
        own = parse_class(said)
        if own.class_no is not None:
            klass, answer = own, True
    known = klass.class_no is not None or klass.grade is not None
    return bool(answer) or known or "homeroom_teacher" in posts, klass


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
            hint = Problem("staff_no_zeros_lost", "staff_no", {"typed": row.staff_no, "suggested": row.staff_no.zfill(width)})
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
        judged = replace(row, verdict=verdict, problems=tuple(problems))
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
    number: int, row: Sequence[Cell], sheet: _Sheet, school_code: str, school_year: int | None, stage: Stage
) -> StudentRow:
    typed = sheet.raw(row, "name")
    name = clean_name(typed)
    problems, rejected, code = _person_problems(sheet, row, name, school_code)
    raw_no = sheet.raw(row, "student_no")
    identifier = sheet.identifier(row, "student_no")
    student_no = clean_student_no(identifier.text)
    wrong = "student_no_damaged" if identifier.damaged else student_no_problem(student_no)
    if wrong:
        problems.append(Problem(wrong, "student_no"))
        rejected = True
    elif student_no.startswith("L"):
        problems.append(Problem("temporary_number", "student_no"))
    if (student_no and raw_no.strip() != student_no) or (name and typed.strip() != name):
        problems.append(Problem("normalised_case_and_spaces"))
    if sheet.id_damaged(row):
        problems.append(Problem("id_number_damaged_not_imported"))
    klass, trouble = _class_of(sheet, row, school_year, stage)
    problems.extend(trouble)
    return StudentRow(
        row=number,
        student_no=student_no,
        name=name,
        verdict="rejected" if rejected else "accepted",
        problems=tuple(problems),
        sex=sex_code(sheet.text(row, "sex")),
        grade=klass.grade,
        class_no=klass.class_no,
        entry_year=klass.entry_year,
        seat_no=sheet.identifier(row, "seat_no").text,
        school_code=code,
    )


def _class_of(sheet: _Sheet, row: Sequence[Cell], school_year: int | None, stage: Stage) -> tuple[ClassName, list[Problem]]:
    """Put grade and class columns together; a class that cannot be read is said, not guessed."""
    grade_cell, class_cell = parse_grade(sheet.text(row, "grade")), parse_class(sheet.text(row, "class"))
    entry = class_cell.entry_year or grade_cell.entry_year
    grade = grade_cell.grade or class_cell.grade
    if grade is None and entry is not None and school_year is not None:
        grade = grade_from_entry(entry, school_year, stage)
    problems = []
    if grade_cell.grade and class_cell.grade and grade_cell.grade != class_cell.grade:
        problems.append(Problem("grade_differs", "class", {"grade": grade_cell.grade, "class_grade": class_cell.grade}))
        grade = None
    elif grade is None or class_cell.class_no is None:
        text = f"{sheet.text(row, 'grade')} {sheet.text(row, 'class')}".strip()
        problems.append(Problem("class_unreadable" if text else "class_missing", "class", {"text": text[:30]}))
    return ClassName(grade, class_cell.class_no, entry), problems


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
        out.append(replace(row, verdict=verdict, problems=tuple(problems)))
    return out
