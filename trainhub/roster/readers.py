"""Staff and pupil sheets: from typed tables to rows with a verdict. Pure; nothing is saved here.

Columns outside the allow-list are dropped while reading: id numbers, addresses, family, health never
reach a row. Pass ``mapping`` (field -> header text) to override what was recognised. Keep the rows of
the result, not the uploaded file: the file holds what must not be stored.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from trainhub.plugin_api.cells import day_of, identifier_of, text_of
from trainhub.plugin_api.contracts import Problem
from trainhub.plugin_api.tables import Cell, Tables
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
from trainhub.roster.sheets import (
    STAFF_BY_LABEL,
    STAFF_FIELDS,
    STAFF_LABELS,
    STUDENT_FIELDS,
    STUDENT_LABELS,
    STUDENTS_BY_LABEL,
    Body,
    Kind,
    RosterSheet,
    StaffRow,
    StudentRow,
    Verdict,
    choose,
    header_texts,
    recognise_kind,
)


def read_staff(
    tables: Tables, mapping: Mapping[str, str] | None = None, *, school_code: str = ""
) -> RosterSheet[StaffRow]:
    """Read a staff sheet. Raises ``Refused("no_header")`` where no name column is found or mapped.

    With ``school_code``, rows of another school are rejected.
    """
    table, header = choose(tables, STAFF_BY_LABEL, mapping)
    sheet = Body(table, header, STAFF_FIELDS)
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
    table, header = choose(tables, STUDENTS_BY_LABEL, mapping)
    sheet = Body(table, header, STUDENT_FIELDS)
    rows = [
        _student_row(number, row, cells, sheet, school_code, school_year, stage) for number, row, cells in sheet.body()
    ]
    rows = _student_repeats(rows)
    return RosterSheet(
        "students", rows=tuple(rows), encoding=tables.encoding, problems=sheet.problems(rows), **sheet.about()
    )


def _typed(cell: Cell) -> str:
    return cell if isinstance(cell, str) else text_of(cell)


_NO_PROBLEMS: tuple[tuple[Problem, ...], bool] = ((), False)


def _person_problems(name: str, code: str, school_code: str) -> tuple[tuple[Problem, ...], bool]:
    """Return problems of name and school code, and whether they reject the row."""
    wrong = name_problem(name)
    if not wrong and not code:
        return _NO_PROBLEMS
    problems = (Problem(wrong, "name"),) if wrong else ()
    rejected = wrong not in ("", "name_private_character")
    if code and not is_school_code(code):
        problems = (*problems, Problem("school_code_format", "school_code"))
    elif code and school_code and code != school_code:
        problems = (*problems, Problem("other_school", "school_code", {"code": code}))
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


def _staff_row(number: int, cells: tuple[Cell, ...], sheet: Body, school_code: str) -> StaffRow:
    name_cell, no_cell, *_, school, hired, left = cells
    _, _, department, category, homeroom, klass, posts, state, phone, email, code, _, _ = [
        "" if cell is None else text_of(cell) for cell in cells
    ]
    name = clean_name(_typed(name_cell))
    code = identifier_of(school).text if code else ""
    problems, rejected = _person_problems(name, code, school_code)
    staff_no = identifier_of(no_cell)
    if staff_no.damaged:
        problems = (*problems, Problem("staff_no_damaged", "staff_no"))
        rejected = True
    elif staff_no.numeric:
        sheet.numeric_numbers.add(number)
    said = _standing(category, state, posts, klass, homeroom)
    return StaffRow(  # in the order of its fields: by name would cost as much again
        number, name, "" if staff_no.damaged else staff_no.text, "rejected" if rejected else "accepted",
        problems + said.problems, department, category, said.category_code, state, said.left_reason,
        not said.left_reason, said.homeroom, said.klass.grade, said.klass.class_no, said.posts, email,
        phone_tail(phone) if phone else "", code, None if hired is None else day_of(hired),
        None if left is None else day_of(left),
    )


def _zeros_lost(rows: list[StaffRow], sheet: Body) -> list[StaffRow]:
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
            out.append(row._replace(problems=(*row.problems, hint)))
        else:
            out.append(row)
    return out


def _staff_repeats(rows: Sequence[StaffRow]) -> list[StaffRow]:
    """Find repeats and namesakes (domain.md cases 99 and 100): said, asked about, never merged here."""
    by_number: dict[str, StaffRow] = {}
    by_name: dict[str, list[StaffRow]] = defaultdict(list)
    out: list[StaffRow] = []
    for row in rows:
        judged = row
        if row.verdict == "accepted":
            others, first = by_name[name_key(row.name)], by_number.get(row.staff_no)
            if first is not None:
                judged = _repeated_number(row, first)
            elif others:
                judged = _against_namesakes(row, others)
            if judged.verdict == "accepted":
                others.append(judged)
                if row.staff_no:
                    by_number[row.staff_no] = judged
        out.append(judged)
    return out


def _repeated_number(row: StaffRow, first: StaffRow) -> StaffRow:
    same = name_key(first.name) == name_key(row.name)
    problem = Problem("same_staff_no" if same else "staff_no_conflict", "staff_no", {"row": first.row})
    return row._replace(verdict="duplicate" if same else "rejected", problems=(*row.problems, problem))


def _against_namesakes(row: StaffRow, others: Sequence[StaffRow]) -> StaffRow:
    problems = list(row.problems)
    for other in others:
        alike = (row.department, row.phone_tail) == (other.department, other.phone_tail)
        if not row.staff_no and not other.staff_no and alike:
            problems.append(Problem("same_row", "name", {"row": other.row}))
            return row._replace(verdict="duplicate", problems=tuple(problems))
        if not row.staff_no or not other.staff_no:
            problems.append(Problem("namesake_without_number", "staff_no", {"row": other.row}))
        elif row.phone_tail and row.phone_tail == other.phone_tail:
            problems.append(Problem("possible_same_person", "staff_no", {"row": other.row}))
    return row._replace(problems=tuple(problems))


def _student_row(
    number: int,
    row: Sequence[Cell],
    cells: tuple[Cell, ...],
    sheet: Body,
    school_code: str,
    year: int | None,
    stage: Stage,
) -> StudentRow:
    school, no_cell, name_cell, sex, grade, klass_cell, seat = cells
    typed, name = _typed(name_cell), clean_name(_typed(name_cell))
    code = identifier_of(school).text if school is not None else ""
    found, rejected = _person_problems(name, code, school_code)
    problems = list(found)
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
        judged = row if len(problems) == len(row.problems) else row._replace(verdict=verdict, problems=tuple(problems))
        out.append(judged)
    return out


__all__ = [
    "STAFF_FIELDS",
    "STAFF_LABELS",
    "STUDENT_FIELDS",
    "STUDENT_LABELS",
    "Kind",
    "RosterSheet",
    "StaffRow",
    "StudentRow",
    "Verdict",
    "header_texts",
    "read_staff",
    "read_students",
    "recognise_kind",
]
