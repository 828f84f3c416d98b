"""From an uploaded file to entries: the file is read in a child process, nothing is stored here.

Pupils' numbers leave this module only as keyed hash, tail and kind. What a mapping dialog needs of a
file whose columns nobody recognised is kept without its sensitive columns, and only until then.
"""

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any, Literal

from trainhub.evidence import intake
from trainhub.plugin_api import Problem, Refused, RosterTable, Upload
from trainhub.plugin_api.limits import LIMITS
from trainhub.plugin_api.tables import Cell, Table, Tables
from trainhub.roster import readers
from trainhub.roster.import_rules import UNKNOWN_CLASS, Entry, Note, content_digest, header_digest
from trainhub.roster.people_rules import category_of
from trainhub.roster.refusals import UnreadableFile
from trainhub.roster.rules import check_digit, clean_name, clean_student_no, student_no_problem

Kind = Literal["staff", "students"]
_SENSITIVE = re.compile(
    "证件|身份|住址|地址|住所|籍贯|出生|户口|家庭|成员|父|母|监护|健康|血型|残疾|民族|政治|婚姻|照片|银行|微信|QQ|国籍|邮编|邮政"
)
_LOOKS_LIKE_NUMBER = re.compile("号|编码|代码|no\\b|id\\b", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\d{15}(\d{2}[\dXx])?")
_PUPIL_NUMBER = re.compile(r"[GJLgjl]\s*\d{17}[\dXx]")
_FIELD_OF = {"post": "posts", "class_name": "class"}
"""Fields of a roster importer whose name in a sheet is another."""
_DROPPED = frozenset({"inactive", "orphan", "no_role", "same_id", "not_on_roster"})
WANTED: dict[str, tuple[str, ...]] = {"staff": ("name", "staff_no", "department"), "students": ("name", "student_no", "class")}


@dataclass(frozen=True, slots=True)
class SchoolFacts:
    """What a reader may know of the school: its code, running school year, stage."""

    district_id: str
    code: str = ""
    year: int | None = None
    stage: Literal["primary", "junior", "senior", ""] = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as read. ``kept`` holds the filtered table where the columns must be mapped by the clerk.

    ``columns`` maps field -> header text; ``samples`` header text -> a few cells (never of a sensitive
    column).
    """

    kind: Kind
    file_name: str
    file_sha256: str
    encoding: str = ""
    sheet: str = ""
    header_row: int = 0
    headers: tuple[str, ...] = ()
    columns: Mapping[str, str] = None  # type: ignore[assignment]
    unmapped: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    notes: tuple[Note, ...] = ()
    dropped: Mapping[str, int] = None  # type: ignore[assignment]
    needs_mapping: bool = False
    samples: Mapping[str, list[str]] = None  # type: ignore[assignment]
    kept: dict[str, Any] | None = None

    @property
    def header_digest(self) -> str:
        """Under which the mapping of these headers is remembered."""
        return header_digest(self.headers)

    @property
    def content(self) -> str:
        """The digest of what the file says."""
        return content_digest(self.entries)


class NumberKey:
    """Turns a pupil's national number into what may be stored. The key never leaves memory."""

    def __init__(self, key: bytes, district_id: str) -> None:
        if not key:
            raise ValueError("a key is needed")
        self._key = hmac.new(key, b"trainhub/pupil-number/1:" + district_id.encode(), hashlib.sha256).digest()

    def hashed(self, number: str) -> str:
        """The keyed hash under which a number is found again."""
        return hmac.new(self._key, number.strip().upper().encode(), hashlib.sha256).hexdigest()

    def stand_in(self, number: str) -> str:
        """A number of the same shape and the same validity that tells nothing about the real one."""
        plain = "".join(number.split()).upper()
        seed = int(self.hashed("stand-in:" + plain), 16)
        body = f"{seed % 10**17:017d}"
        good = plain[0] == "L" or plain[18] == check_digit(plain[1:18])
        check = check_digit(body)
        return plain[0] + body + (check if good else "0" if check != "0" else "1")


def read_file(
    kind: Kind, upload: Upload, school: SchoolFacts, key: bytes,
    remembered: Mapping[str, Mapping[str, str]] | None = None, mapping: Mapping[str, str] | None = None,
    *, keep: bool = True,
) -> Reading:
    """Read an upload. ``remembered`` maps header digests to mappings used before.

    Raises :class:`UnreadableFile` for a file that cannot or must not be read.
    """
    sha = hashlib.sha256(upload.content).hexdigest()
    try:
        tables = intake.read_tables(upload)
    except Refused as refused:
        raise _unreadable(refused) from refused
    cipher = NumberKey(key, school.district_id)
    base = Reading(kind, upload.name[:200], sha, columns={}, dropped={}, samples={})
    return _understood(kind, tables, school, cipher, remembered or {}, mapping, base, keep=keep)


def read_table(kind: Kind, table: RosterTable, upload: Upload, label: str, school: SchoolFacts, key: bytes) -> Reading:
    """Turn what a roster importer read into entries, by the same rules as a sheet; ``label`` is the importer's name.

    Rows keep the numbers of the file where these rise. Raises :class:`UnreadableFile`.
    """
    labels = readers.STAFF_LABELS if kind == "staff" else readers.STUDENT_LABELS
    fields = [_FIELD_OF.get(column, column) for column in table.columns]
    if "name" not in fields or table.kind != kind or any(len(row) != len(fields) for row in table.rows):
        refused = Refused("source_failed", error="RosterTable")
        raise _unreadable(refused) from refused
    header: tuple[Cell, ...] = tuple(labels[field][0] if field in labels else field for field in fields)
    mapping = {field: labels[field][0] for field in fields if field in labels}
    tables = Tables("csv", "", (Table(label, (header, *_placed(table))),), table.warnings + _left_out(table))
    base = Reading(kind, upload.name[:200], hashlib.sha256(upload.content).hexdigest(), columns={}, dropped={}, samples={})
    reading = _understood(kind, tables, school, NumberKey(key, school.district_id), {}, mapping, base, keep=False)
    return replace(reading, dropped=dict(Counter(d.reason for d in table.dropped)) | dict(reading.dropped))


def _placed(table: RosterTable) -> list[tuple[Cell, ...]]:
    """The rows where their numbers say, blank rows between them; one after the other where the numbers do not rise."""
    rows: list[tuple[Cell, ...]] = [tuple(cell or None for cell in row) for row in table.rows]
    numbers = table.numbers
    rising = len(numbers) == len(rows) and all(a < b for a, b in pairwise((1, *numbers)))
    if not rising or (numbers and numbers[-1] > 10 * LIMITS.rows):
        return rows
    placed: list[tuple[Cell, ...]] = [()] * (numbers[-1] - 1 if numbers else 0)
    for number, row in zip(numbers, rows, strict=True):
        placed[number - 2] = row
    return placed


def _left_out(table: RosterTable) -> tuple[Problem, ...]:
    counts = Counter(d.reason if d.reason in _DROPPED else "other" for d in table.dropped)
    return tuple(Problem(f"dropped_{reason}", params={"count": count}) for reason, count in counts.items())


def read_again(kind: Kind, kept: Mapping[str, Any], school: SchoolFacts, key: bytes, mapping: Mapping[str, str],
               file_name: str, sha: str) -> Reading:
    """Read a kept table with the clerk's mapping. Raises UnreadableFile."""
    tables = Tables(kept["container"], kept["encoding"], tuple(
        Table(t["sheet"], tuple(tuple(_cell_back(c) for c in row) for row in t["rows"])) for t in kept["tables"]
    ))
    base = Reading(kind, file_name, sha, columns={}, dropped={}, samples={})
    cipher = NumberKey(key, school.district_id)
    reading = _understood(kind, tables, school, cipher, {}, mapping, base, keep=False)
    numbers = kept.get("numbers", {})
    return replace(reading, entries=tuple(_real_number(e, numbers) for e in reading.entries))


def _understood(
    kind: Kind, tables: Tables, school: SchoolFacts, cipher: NumberKey,
    remembered: Mapping[str, Mapping[str, str]], mapping: Mapping[str, str] | None, base: Reading, *, keep: bool,
) -> Reading:
    guess = _headers_of(tables)
    mapping = mapping or remembered.get(header_digest(guess[1]))
    try:
        sheet = _sheet(kind, tables, mapping, school)
    except Refused as refused:
        if refused.code != "no_header" or mapping is not None or not guess[1]:
            raise _unreadable(refused) from refused
        return replace(
            base, encoding=tables.encoding, headers=guess[1], unmapped=guess[1], needs_mapping=True,
            samples=_samples(guess), kept=_kept(tables, kind, cipher) if keep else None,
        )
    if mapping is None and (known := remembered.get(header_digest(sheet.headers))):
        sheet = _sheet(kind, tables, known, school)
        mapping = known
    entries = _entries(kind, sheet, cipher)
    missing = mapping is None and bool(sheet.unmapped) and _key_column_missing(kind, sheet.columns, sheet.unmapped)
    return replace(
        base, encoding=sheet.encoding or tables.encoding, sheet=sheet.sheet, header_row=sheet.header_row,
        headers=tuple(sheet.headers), columns=dict(sheet.columns), unmapped=tuple(sheet.unmapped), entries=entries,
        notes=tuple(_note(p) for p in (*tables.warnings, *sheet.problems)), dropped=dict(sheet.dropped or {}),
        needs_mapping=missing, samples=_samples(guess) if missing else {},
        kept=_kept(tables, kind, cipher) if missing and keep else None,
    )


def _sheet(kind: Kind, tables: Tables, mapping: Mapping[str, str] | None, school: SchoolFacts) -> Any:
    if kind == "staff":
        return readers.read_staff(tables, mapping, school_code=school.code)
    return readers.read_students(tables, mapping, school_code=school.code, school_year=school.year, stage=school.stage)


def _key_column_missing(kind: Kind, columns: Mapping[str, str], unmapped: Iterable[str]) -> bool:
    """Whether the sheet seems to hold a column without which people are hard to tell apart."""
    if kind == "students" and "student_no" not in columns:
        return True
    free = [h for h in unmapped if not _SENSITIVE.search(h)]
    if kind == "staff":
        return "staff_no" not in columns and any(_LOOKS_LIKE_NUMBER.search(h) for h in free)
    return "class" not in columns and any("班" in h for h in free)


def _unreadable(refused: Refused) -> UnreadableFile:
    return UnreadableFile(field="file", reason=refused.code, **{k: v for k, v in refused.params.items() if k != "reason"})


def _note(problem: Problem) -> Note:
    params = {k: v for k, v in problem.params.items() if isinstance(v, str | int | bool)}
    return Note(problem.code, problem.field, params)


# --- rows ---------------------------------------------------------------------------------------


def _entries(kind: Kind, sheet: readers.RosterSheet[Any], cipher: NumberKey) -> tuple[Entry, ...]:
    if kind == "students":
        return tuple([_student_entry(row, cipher) for row in sheet.rows])
    speaks = not {"is_homeroom_teacher", "homeroom_class"}.isdisjoint(sheet.columns)
    return tuple([_staff_entry(row, "" if speaks else None) for row in sheet.rows])


def _staff_entry(row: readers.StaffRow, no_class: str | None) -> Entry:
    """``no_class``: what a row says that names no homeroom, "" or (the sheet does not speak of it) None."""
    notes = [_note(p) for p in row.problems]
    category = row.category_code or (category_of(row.category) if row.category else "") or ""
    if category and notes:
        notes = [n for n in notes if n.code != "category_unknown"]
    homeroom = _homeroom(row, no_class)
    if homeroom == UNKNOWN_CLASS and row.stays:
        notes.append(Note("homeroom_without_class", "homeroom"))
    return Entry(
        row.row, clean_name(row.name), row.staff_no, row.staff_no, clean_name(row.department)[:60], row.department,
        row.verdict, tuple(notes), row.stays, row.state, tuple([p for p in row.posts if p != "homeroom_teacher"]),
        homeroom, _staff_values(row, category),
    )


def _staff_values(row: readers.StaffRow, category: str) -> dict[str, str]:
    if not row.stays:
        return {"why": row.left_reason or "other"} | ({"left_on": row.left_on.isoformat()} if row.left_on else {})
    values: dict[str, str] = {}
    if category:
        values["category"] = category
    if row.hired_on:
        values["hired_on"] = row.hired_on.isoformat()
    if row.phone_tail:
        values["phone_tail"] = row.phone_tail
    return values


def _homeroom(row: readers.StaffRow, no_class: str | None) -> str | None:
    """The class somebody is homeroom teacher of."""
    if row.homeroom_grade and row.homeroom_class_no:
        return f"{row.homeroom_grade}-{row.homeroom_class_no}"
    return UNKNOWN_CLASS if row.is_homeroom_teacher else no_class


def _student_entry(row: readers.StudentRow, cipher: NumberKey) -> Entry:
    number = clean_student_no(row.student_no)
    usable = row.verdict != "rejected" and bool(number)
    values: dict[str, str] = {"sex": row.sex} if row.sex else {}
    if row.seat_no:
        values["seat_no"] = row.seat_no
    if usable:
        values |= {"number_kind": number[0] if number[0].isalpha() else "", "number_tail": number[-4:]}
    group = f"{row.grade}-{row.class_no}" if row.grade and row.class_no else ""
    return Entry(
        row=row.row, name=clean_name(row.name), number=cipher.hashed(number) if usable else "",
        shown_number=masked(number), group=group, group_text=group, verdict=row.verdict,
        notes=tuple(_note(p) for p in row.problems), values=values,
    )


def _real_number(entry: Entry, numbers: Mapping[str, Mapping[str, str]]) -> Entry:
    """A kept table holds stand-ins: put the stored facts of the real number in their place."""
    facts = numbers.get(entry.number)
    if facts is None:
        return entry
    values = dict(entry.values) | {"number_kind": facts["kind"], "number_tail": facts["tail"]}
    return replace(entry, number=facts["hash"], shown_number=f"{facts['kind']}…{facts['tail']}", values=values)


def masked(number: str) -> str:
    """A pupil's number as it may be shown: its first letter and its last four characters."""
    if len(number) < 8:
        return "…" if number else ""
    return (number[0] if number[0].isalpha() else "") + "…" + number[-4:]


def fixed_number(number: str, cipher: NumberKey) -> dict[str, str] | None:
    """What is stored of a number the clerk typed, or None where its shape or check digit is wrong."""
    plain = clean_student_no(number)
    if student_no_problem(plain):
        return None
    return {"number": cipher.hashed(plain), "shown_number": masked(plain), "number_kind": plain[0], "number_tail": plain[-4:]}


# --- what a mapping dialog needs ------------------------------------------------------------------


def _headers_of(tables: Tables) -> tuple[Table | None, tuple[str, ...], int]:
    """The likeliest header row of a file nobody recognised: the fullest row of words among the first 15."""
    best: tuple[int, Table | None, tuple[str, ...], int] = (1, None, (), 0)
    for table in tables:
        for index, row in enumerate(table.rows[:15]):
            words = [str(c).strip() for c in row if isinstance(c, str) and c.strip()]
            if len(set(words)) == len(words) > best[0]:
                best = (len(words), table, tuple(words), index)
    return best[1], best[2], best[3]


def _samples(guess: tuple[Table | None, tuple[str, ...], int]) -> dict[str, list[str]]:
    table, headers, index = guess
    if table is None:
        return {}
    found: dict[str, list[str]] = {}
    for place, cell in enumerate(table.rows[index]):
        header = str(cell).strip() if isinstance(cell, str) else ""
        if header in headers and not _SENSITIVE.search(header):
            column = [str(r[place]) for r in table.rows[index + 1 :] if place < len(r) and r[place] not in (None, "")][:3]
            found[header] = [_LONG_NUMBER.sub("…", text)[:24] for text in column]
    return found


def _kept(tables: Tables, kind: Kind, cipher: NumberKey) -> dict[str, Any] | None:
    table, _, index = _headers_of(tables)
    if table is None:
        return None
    width = max(len(r) for r in table.rows)
    numbers: dict[str, dict[str, str]] = {}
    kept = [i for i in range(width) if not _is_sensitive(table, i, index, kind)]
    rows = [[_cell_out(row[i] if i < len(row) else None, kind, cipher, numbers) for i in kept] for row in table.rows]
    return {"container": tables.container, "encoding": tables.encoding, "numbers": numbers,
            "tables": [{"sheet": table.sheet, "rows": rows}]}


def _is_sensitive(table: Table, place: int, header_row: int, kind: Kind) -> bool:
    header = table.rows[header_row][place] if place < len(table.rows[header_row]) else None
    if not isinstance(header, str) or _SENSITIVE.search(header):
        return True
    cells = [str(r[place]) for r in table.rows[header_row + 1 :] if place < len(r) and r[place] is not None]
    return any(_LONG_NUMBER.search(c) and not (kind == "students" and _PUPIL_NUMBER.fullmatch("".join(c.split()))) for c in cells)


def _cell_out(cell: Cell, kind: Kind, cipher: NumberKey, numbers: dict[str, dict[str, str]]) -> Any:
    if isinstance(cell, datetime | date | time):
        return {"t": type(cell).__name__, "v": cell.isoformat()}
    if kind == "students" and isinstance(cell, str) and _PUPIL_NUMBER.fullmatch("".join(cell.split())):
        plain = "".join(cell.split()).upper()
        stand_in = cipher.stand_in(plain)
        numbers[cipher.hashed(stand_in)] = {"hash": cipher.hashed(plain), "kind": plain[0], "tail": plain[-4:]}
        return stand_in
    return cell


def _cell_back(cell: Any) -> Cell:
    if isinstance(cell, dict):
        return {"date": date, "datetime": datetime, "time": time}[cell["t"]].fromisoformat(cell["v"])  # type: ignore[attr-defined]
    return cell


# --- staged form --------------------------------------------------------------------------------


def to_json(entry: Entry) -> list[Any]:
    """An entry as it is staged: its fields in order."""
    return [
        entry.row, entry.name, entry.number, entry.shown_number, entry.group, entry.group_text, entry.verdict,
        [[n.code, n.field, dict(n.params)] for n in entry.notes], entry.stays, entry.state, list(entry.posts),
        entry.homeroom, dict(entry.values),
    ]


__all__ = ["WANTED", "Kind", "NumberKey", "Reading", "SchoolFacts", "fixed_number", "masked",
           "read_again", "read_file", "read_table", "to_json"]
