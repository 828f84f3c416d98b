"""Timetables as schools keep them: from typed tables to lessons with their place in the file. Pure; nothing is saved here.

Two layouts: a grid of weekdays and lessons for each class (one a sheet, or one below the other), and a flat list.
A cell may say ``语文``, ``语文/张三``, two lines, ``语文（张三）``, a room behind, and 单 or 双 for alternating weeks.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from trainhub.plugin_api.cells import text_of
from trainhub.plugin_api.contracts import Refused
from trainhub.plugin_api.headers import Header, cell_at, find_header, labels_to_fields
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub.roster.rules import name_key, numeral, parse_class, parse_grade
from trainhub.roster.timetable_rules import LAST_LESSON, Weeks

MOST_LESSONS = 20_000
"""Lessons of one file at most: 300 classes of 60 lessons a week."""

LABELS: dict[str, tuple[str, ...]] = {
    "grade": ("年级", "所在年级"),
    "class": ("班级", "班级名称", "班别", "行政班", "上课班级"),
    "weekday": ("星期", "周几", "星期几", "上课星期", "周次星期", "weekday"),
    "lesson_no": ("节次", "第几节", "节", "课节", "上课节次", "lesson"),
    "subject": ("课程", "科目", "课程名称", "学科", "课程名", "subject"),
    "teacher": ("教师", "任课教师", "任课老师", "老师", "授课教师", "教师姓名", "teacher"),
    "room": ("教室", "上课地点", "地点", "场地", "上课教室", "room"),
    "weeks": ("单双周", "周次", "单双", "单/双周", "上课周次", "weeks"),
}
_FIELD_OF = labels_to_fields(LABELS)

_WEEKDAY = re.compile(r"^(?:星期|周|礼拜)?([一二三四五六日天1-7])$")
_ENGLISH = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
_NUMERAL = "[0-9]{1,2}|[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]"
_LESSON = re.compile(rf"^(?:上午|下午|晚上|晚)?第?({_NUMERAL})(?:节课?)?(?=$|[^0-9一二三四五六七八九十:年月级.])")
_LESSONS = re.compile(rf"第?({_NUMERAL})节?(?:[-~至到,、;和]第?({_NUMERAL}))?节?")
_MARK = re.compile(r"[(\[]?(单|双)(?:周|星期)?[)\]]?")
_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_NOTHING = frozenset({"", "-", "--", "—", "/", "\\", "无", "空", "x", "×", "*"})
_PLACE = re.compile(r"室|楼|馆|场|厅|房|[0-9]{2,}")
_SUBJECT = re.compile(
    "语文|数学|英语|道德|法治|思想|政治|历史|地理|物理|化学|生物|科学|体育|音乐|美术|信息|劳动|心理|班会|班队|班团|队会|综合|阅读|写字|书法|"
    "社团|校本|实践|艺术|自习|健康|安全|作文|口语|听力|实验|活动|课"
)
"""Words that only a subject has: what stands beside a mark is then a lesson and no teacher."""
_NOISE = re.compile(r"[0-9]{4}\s*[-~—–至/]\s*[0-9]{2,4}\s*学?年?度?|第?[一二上下]学期|[0-9]{4}年[春秋]?季?|学年|课程表|课表|总表|班级|班主任")
_CLASS = re.compile(
    rf"(?:小学|初中|高中|初|高|小)?(?:(?:20)?[0-9]{{2}}级|(?:{_NUMERAL})(?:年级|年)?)\s*[(.\-]?\s*(?:{_NUMERAL})?\s*\)?\s*班"
)
_FIND_HEADER_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class RawLesson:
    """A lesson as the file says it. ``place`` is sheet and cell (五3班 C4) or row; ``class_text`` is read later."""

    place: str
    class_text: str
    weekday: int
    lesson_no: int
    subject: str
    weeks: Weeks = "all"
    teacher: str = ""
    room: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong at a place of a file. ``blocks``: what stands there is not written."""

    place: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)
    blocks: bool = True


@dataclass(frozen=True, slots=True)
class TimetableSheet:
    """What a file gave: lessons in the file's order and what is wrong with it. ``layout`` is grid or list."""

    layout: str
    lessons: tuple[RawLesson, ...]
    troubles: tuple[Trouble, ...] = ()
    encoding: str = ""


def read_timetable(tables: Tables, staff_names: frozenset[str] = frozenset()) -> TimetableSheet:
    """Read a timetable. ``staff_names`` are name keys of the staff: they tell a teacher in brackets from a remark.

    Raises ``Refused("no_header")`` where neither layout is found, ``too_many_rows`` beyond :data:`MOST_LESSONS`.
    """
    listed = [(table, header) for table in tables if (header := _list_header(table)) is not None]
    reader = _Reader(staff_names)
    if listed:
        for table, header in listed:
            reader.flat(table, header)
    else:
        for table in tables:
            reader.grids(table)
    if not reader.found:
        raise Refused("no_header")
    return TimetableSheet("list" if listed else "grid", tuple(reader.lessons), tuple(reader.troubles), tables.encoding)


def _list_header(table: Table) -> Header | None:
    header = find_header(table, _FIELD_OF.get, ("class",))
    wanted = {"class", "weekday", "lesson_no", "subject"}
    return header if header is not None and wanted <= set(header.columns()) else None


# --- words ------------------------------------------------------------------------------------------


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=4096)
def weekday_of(text: str) -> int | None:
    """1 for 星期一, 周一, 一, 1 or Mon, up to 7; None for anything else."""
    plain = re.sub(r"\s+", "", _folded(text))
    found = _WEEKDAY.match(plain)
    if found is None:
        return _ENGLISH.get(plain[:3].lower()) if plain.isalpha() and plain.isascii() else None
    word = found.group(1)
    return int(word) if word.isdecimal() else "一二三四五六日".find(word.replace("天", "日")) + 1


@lru_cache(maxsize=4096)
def lesson_no_of(text: str) -> int | None:
    """The number in 第1节, 第一节, 3, ``第二节 8:50-9:30``; None for 早读, 午休, a class or a bare time."""
    if "班" in text:
        return None
    found = _LESSON.match(re.sub(r"\s+", "", _folded(text).replace("\n", " ")) if "节" in text else _folded(text).strip())
    number = numeral(found.group(1)) if found else None
    return number if number and 1 <= number <= LAST_LESSON else None


def lesson_nos_of(text: str) -> tuple[int, ...]:
    """Lesson numbers of a list's cell: 3, 第3节, 1-2, 第五、六节; () where it says something else."""
    found = _LESSONS.fullmatch(re.sub(r"\s+", "", _folded(text)).rstrip("课"))
    numbers = [numeral(g) for g in found.groups() if g] if found else []
    if not numbers or any(not n or n > LAST_LESSON for n in numbers):
        return ()
    first, last = int(numbers[0] or 0), int(numbers[-1] or 0)
    return tuple(range(first, last + 1))


def weeks_of(text: str) -> Weeks | None:
    """What a 单双周 cell says: odd, even or all; None where it says something else."""
    plain = re.sub(r"\s+", "", _folded(text))
    if plain in ("", "全", "全部", "每周", "单双周", "单双", "all", "-", "不限") or re.fullmatch(r"1?-?[0-9]{1,2}周?", plain):
        return "all"
    return {"单": "odd", "单周": "odd", "odd": "odd", "双": "even", "双周": "even", "even": "even"}.get(plain)  # type: ignore[return-value]


def class_in(text: str) -> str:
    """The name of a class in a title such as ``2026-2027学年第一学期 五（3）班课程表``, or ""."""
    plain = _NOISE.sub(" ", _folded(text))
    found = _CLASS.search(plain)
    return re.sub(r"\s+", "", found.group(0)) if found else ""


# --- cells ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Taught:
    """What one cell of a grid says for all, odd or even weeks."""

    subject: str
    weeks: Weeks = "all"
    teacher: str = ""
    room: str = ""


@lru_cache(maxsize=16_384)
def read_cell(text: str, staff_names: frozenset[str] = frozenset()) -> tuple[Taught, ...]:
    """What a cell of a grid says: nothing, one lesson, or one for odd and one for even weeks."""
    plain = _folded(text).strip()
    if plain in _NOTHING:
        return ()
    found = [_lesson_of(segment, staff_names) for segment in _segments(_marked(_parts(plain)), staff_names)]
    if len(found) == 2 and {one.weeks for one in found} in ({"all", "odd"}, {"all", "even"}):
        other: Weeks = "even" if any(one.weeks == "odd" for one in found) else "odd"
        found = [replace(one, weeks=other) if one.weeks == "all" else one for one in found]
    return tuple(_in_order(one, staff_names) for one in found if one.subject)


_Part = tuple[str, Weeks | None]


def _parts(plain: str) -> list[str]:
    parts = [p.strip() for p in re.split(r"[/|\n\r;、]+", plain) if p.strip()]
    if len(parts) > 1:
        return parts
    words = plain.split()
    return words if len(words) > 1 and all(len(w) > 1 for w in words) else ["".join(words)]


def _marked(parts: Sequence[str]) -> list[_Part]:
    """Each part with its week. A bare 单 or 双 at an edge counts only where two parts stand against each other: 单 is a surname."""
    said = [_without_mark(part) for part in parts]
    if len(parts) == 2 and not any(mark for _, mark in said):
        for edge in (0, -1):
            signs = {parts[0][edge], parts[1][edge]}
            if signs == {"单", "双"} and min(map(len, parts)) > 1:
                return [(p[1:] if edge == 0 else p[:-1], "odd" if p[edge] == "单" else "even") for p in parts]
    return said


def _without_mark(part: str) -> _Part:
    for found in _MARK.finditer(part):
        whole = found.group(0)
        if whole[0] in "([" or len(whole) > 1 or part == whole:
            rest = (part[: found.start()] + part[found.end() :]).strip(" :-")
            return rest, "odd" if found.group(1) == "单" else "even"
    return part, None


def _segments(parts: list[_Part], staff_names: frozenset[str]) -> list[list[_Part]]:
    """Parts that belong to one lesson. A mark stands at the first part of a lesson, or behind its teacher."""
    first = next((i for i, (_, mark) in enumerate(parts) if mark), None)
    if first is None:
        return [parts]
    people = {i for i in (0, first) if name_key(parts[i][0]) in staff_names}
    leads = first == 0 or (not people and _SUBJECT.search(parts[first][0]) is not None)
    found: list[list[_Part]] = [[]]
    for part in parts:
        if leads and part[1] and found[-1] and any(m != part[1] for _, m in found[-1]):
            found.append([])
        found[-1].append(part)
        if not leads and part[1]:
            found.append([])
    return [segment for segment in found if segment]


def _lesson_of(segment: list[_Part], staff_names: frozenset[str]) -> Taught:
    weeks = next((mark for _, mark in segment if mark), None)
    subject = teacher = room = ""
    for words in (words for words, _ in segment if words):
        plain, named, place = _without_brackets(words, staff_names)
        teacher, room = teacher or named, room or place
        if not subject:
            subject = plain
        elif _PLACE.search(plain) or teacher:
            room = room or plain
        else:
            teacher = plain
    return Taught(subject, weeks or "all", teacher, room)


def _without_brackets(words: str, staff_names: frozenset[str]) -> tuple[str, str, str]:
    teacher = room = ""
    for found in list(_BRACKETS.finditer(words)):
        inner = found.group(1).strip()
        if name_key(inner) in staff_names:
            teacher = inner
        elif inner and _PLACE.search(inner):
            room = inner
        else:
            continue
        words = words.replace(found.group(0), "", 1)
    return words.strip(), teacher, room


def _in_order(one: Taught, staff_names: frozenset[str]) -> Taught:
    if one.teacher and name_key(one.subject) in staff_names and name_key(one.teacher) not in staff_names:
        one = replace(one, subject=one.teacher, teacher=one.subject)
    return replace(one, subject=one.subject[:40], teacher=one.teacher[:80], room=one.room[:40])


# --- whole tables -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Grid:
    """A grid found in a table: its header row, the columns of the weekdays, and what names its class."""

    table: Table
    header: int
    columns: dict[int, int]
    class_text: str
    last: int


class _Reader:
    def __init__(self, staff_names: frozenset[str]) -> None:
        self.staff_names = staff_names
        self.lessons: list[RawLesson] = []
        self.troubles: list[Trouble] = []
        self.found = 0

    def _add(self, lesson: RawLesson) -> None:
        if len(self.lessons) >= MOST_LESSONS:
            raise Refused("too_many_rows", limit=MOST_LESSONS)
        self.lessons.append(lesson)

    # a flat list

    def flat(self, table: Table, header: Header) -> None:
        """Read the rows below a header."""
        self.found += 1
        places = header.places()
        for number, row in enumerate(table.rows[header.last + 1 :], header.last + 2):
            cells = {name: text_of(cell_at(row, place)) for name, place in places.items()}
            said = sum(bool(cells[name]) for name in ("class", "weekday", "lesson_no", "subject"))
            if said >= 2 and cells != {f: text_of(header.texts[c]) for f, c in places.items()}:  # no footer, no header again
                self._row(f"{table.sheet} {number}".strip(), cells)

    def _row(self, place: str, cells: dict[str, str]) -> None:
        weekday, numbers, weeks = weekday_of(cells["weekday"]), lesson_nos_of(cells["lesson_no"]), weeks_of(cells.get("weeks", ""))
        group = _with_grade(cells["class"], cells.get("grade", ""))
        missing = next((name for name, value in (("class", group), ("weekday", weekday), ("lesson_no", numbers), ("subject", cells["subject"]))
                        if not value), "")
        if missing:
            self.troubles.append(Trouble(place, f"{missing}_unreadable", {"text": cells[missing][:40]}))
            return
        if weeks is None:
            self.troubles.append(Trouble(place, "weeks_unreadable", {"text": cells.get("weeks", "")[:40]}))
            return
        found = read_cell(cells["subject"].replace("/", "·"), self.staff_names)
        for one in found[:1]:
            for number in numbers:
                self._add(RawLesson(
                    place, group, weekday or 0, number, one.subject, weeks if weeks != "all" else one.weeks,
                    cells.get("teacher", "")[:80] or one.teacher, cells.get("room", "")[:40] or one.room,
                ))

    # grids

    def grids(self, table: Table) -> None:
        """Read every grid of a table; one that stands on its side is turned first."""
        found = list(_grids(table))
        if not found:
            turned = _turned(table)
            found = list(_grids(turned)) if turned is not None else []
        self.found += len(found)
        for grid in found:
            self._grid(grid, turned=grid.table is not table)

    def _grid(self, grid: _Grid, *, turned: bool) -> None:
        sheet, named = grid.table.sheet, grid.class_text
        first = min(grid.columns)
        if not named:
            self.troubles.append(Trouble(sheet or _cell_name(grid.header, 0), "class_not_named", {}))
            return
        offset = highest = 0
        for number in range(grid.header + 1, grid.last):
            row = grid.table.rows[number]
            said = next((n for c in reversed(row[:first]) if (n := _number_in(c)) is not None), None)
            if said is None:
                continue
            if said + offset <= highest:  # the afternoon counts from 1 again
                offset = highest
            highest = said + offset
            if highest > LAST_LESSON:
                self.troubles.append(Trouble(f"{sheet} {number + 1}".strip(), "lesson_no_unreadable", {"text": str(highest)}))
                break
            for column, weekday in grid.columns.items():
                at = _cell_name(column, number) if turned else _cell_name(number, column)
                self._cell(f"{sheet} {at}".strip(), named, weekday, highest, cell_at(row, column))

    def _cell(self, place: str, named: str, weekday: int, lesson_no: int, cell: Cell) -> None:
        text = text_of(cell) if not isinstance(cell, str) else cell
        for one in read_cell(text, self.staff_names):
            self._add(RawLesson(place, named, weekday, lesson_no, one.subject, one.weeks, one.teacher, one.room))


def _with_grade(group: str, grade: str) -> str:
    """A class of a list with a column for the grade: 五年级 and 3班 are 五年级3班."""
    found, level = parse_class(group or ""), parse_grade(grade)
    if found.class_no is None or found.grade or found.entry_year or not (level.grade or level.entry_year):
        return group
    return f"{level.grade}年级{found.class_no}班" if level.grade else f"{level.entry_year}级{found.class_no}班"


def _with_class(text: str) -> str:
    return text if text.endswith("班") else f"{text}班"


def _number_in(cell: Cell) -> int | None:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell if 1 <= cell <= LAST_LESSON else None
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() and 1 <= cell <= LAST_LESSON else None
    return lesson_no_of(cell) if isinstance(cell, str) else None


def _grids(table: Table) -> Iterator[_Grid]:
    heads = [(n, days) for n, row in enumerate(table.rows[:_FIND_HEADER_ROWS]) if len(days := _weekdays(row)) >= 3]
    after = 0
    for index, (number, columns) in enumerate(heads):
        ends = heads[index + 1][0] if index + 1 < len(heads) else len(table.rows)
        title = _title(table.rows[after : number + 1])
        yield _Grid(table, number, columns, title or _sheet_class(table.sheet), ends)
        after = _last_lesson_row(table, number, ends, min(columns)) + 1


def _weekdays(row: Sequence[Cell]) -> dict[int, int]:
    """Columns of weekdays: words such as 星期一, or 一 to 五 in a row (bare digits are lesson numbers)."""
    found: dict[int, int] = {}
    for column, cell in enumerate(row):
        weekday = weekday_of(cell) if isinstance(cell, str) and not cell.strip().isdecimal() else None
        if weekday is not None and weekday not in found.values():
            found[column] = weekday
    return found


def _title(rows: Sequence[Sequence[Cell]]) -> str:
    """The class named nearest above a grid, or in the corner of its header."""
    for row in reversed(rows):
        for cell in row:
            if isinstance(cell, str) and weekday_of(cell) is None and (named := class_in(cell)):
                return named
    return ""


def _last_lesson_row(table: Table, header: int, ends: int, first: int) -> int:
    rows = [n for n in range(header + 1, ends) if any(_number_in(c) is not None for c in table.rows[n][:first])]
    return rows[-1] if rows else header


def _sheet_class(sheet: str) -> str:
    """The class a sheet is named after: 五3班, 501, 5.3; Sheet1 names none."""
    plain = re.sub(r"\s+", "", _NOISE.sub(" ", _folded(sheet)))
    if re.fullmatch(r"[1-9][0-9]{2}|[0-9]{1,2}[.\-][0-9]{1,2}", plain):
        return plain
    named = class_in(_with_class(plain))
    return named if named == _with_class(plain) else ""


def _turned(table: Table) -> Table | None:
    """A table of at most 60 rows with its rows as columns."""
    if not table.rows or len(table.rows) > 60:
        return None
    width = max(len(row) for row in table.rows)
    return Table(table.sheet, tuple(tuple(cell_at(row, c) for row in table.rows) for c in range(width)))


def _cell_name(row: int, column: int) -> str:
    """``C4`` for row 3, column 2 (both 0-based)."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
