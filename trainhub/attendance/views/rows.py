"""A roll's rows as templates and scripts see them: words made here once, for page and JSON alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import get_locale
from flask_babel import gettext as _

from trainhub.attendance.messages import (
    LEAVE_WORDS,
    LETTERS,
    SOURCE_WORDS,
    STATUS_WORDS,
    day_and_time,
    review_word,
    source_line,
)
from trainhub.attendance.queries import DepartmentRoll, Roll, RollPerson
from trainhub.attendance.roll_rules import CODES, Head, Tally, page_keys
from trainhub.attendance.service import Conflict, MarksResult
from trainhub.kernel.clock import local
from trainhub.web.i18n import time_text


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a roll in the reader's language, looked up once for all its rows."""

    status: dict[str | None, str]
    leave: dict[str, str]
    source: dict[str, str]

    letters: dict[str, str]

    @classmethod
    def now(cls) -> "Words":
        """Look the words up, once per language."""
        return _words(str(get_locale()))


@lru_cache(maxsize=8)
def _words(_locale: str) -> Words:
    leave, source, letters = ({key: str(word) for key, word in words.items()} for words in (LEAVE_WORDS, SOURCE_WORDS, LETTERS))
    return Words({key: str(word) for key, word in STATUS_WORDS.items()}, leave, source, letters)


def choices(*, fifth: bool) -> list[tuple[str, str, str]]:
    """Return the choices of a row: value, letter, word. Leaving early is a fifth one, shown where it is used."""
    words, values = Words.now(), ("present", "late", "excused", "absent", "left_early")
    return [(value, words.letters[value], words.status[value]) for value in values[: 5 if fifth else 4]]


def row(head: Head, words: Words, by: str = "", contradicted: str = "") -> dict[str, Any]:
    """Return what a script shows of a row: value, version, the words beside the name, the details behind it."""
    title = _title(head, words, by, contradicted)
    return {
        "person": head.person_id, "value": head.status or "", "version": head.version,
        "source": source_line(head, words.leave, words.source), "title": title,
        "word": words.status[head.status], "minutes": head.minutes, "flagged": bool(title or head.revoked_at),
        **_details(head),
    }


def _title(head: Head, words: Words, by: str, contradicted: str) -> str:
    if not head.review and not contradicted:
        return ""
    lines = [review_word(code) for code in head.review]
    if contradicted:
        lines.append(_("Another source says: %(status)s", status=words.status[contradicted]))
    if head.marked_at:
        lines.append(f"{by} {day_and_time(head)}".strip())
    return "\n".join(lines)


def _details(head: Head) -> dict[str, Any]:
    return {
        "leave": head.leave_type, "late": head.late_minutes or "",
        "left": time_text(head.left_at) if head.left_at else "", "note": head.note,
    }


def person_row(person: RollPerson, words: Words | None = None) -> dict[str, Any]:
    """Return the row of a person of the roll."""
    return row(person.head, words or Words.now(), person.by, person.contradicted)


class Line(NamedTuple):
    """A row as the page prints it; the template takes it apart once, in this order.

    ``place`` counts the rows of the page, ``details`` are the data attributes behind the row, none for most.
    """

    place: str
    key: str
    no: int
    name: str
    badge: str
    value: str
    source: str
    flagged: bool
    title: str
    details: dict[str, Any]


class Group(NamedTuple):
    """A department as the page prints it."""

    name: str
    listed: bool
    marked: int
    unset: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Book:
    """Everybody on the roll, department by department.

    ``seen`` says whom the page showed and how; ``finds`` has a line for each of them: what the search box
    knows beside name and number.
    """

    groups: list[Group]
    seen: str
    finds: str


def book(whole: Roll) -> Book:
    """Return the roll's rows, ready to print."""
    words, keys = Words.now(), page_keys(p.id for p in whole.people)
    groups: list[Group] = []
    seen: list[str] = []
    for department in whole.departments:
        lines = [_line(str(place), p, keys[p.id], words) for place, p in enumerate(department.people, len(seen) + 1)]
        seen += [f"{keys[p.id]}.{p.head.version}{CODES[p.head.status]}" for p in department.people]
        groups.append(_group(department, lines))
    finds = (" ".join(f"{p.initials} {p.head.staff_no}".split()) for p in whole.people)
    return Book(groups, " ".join(seen), "\n".join(finds))


def _group(department: DepartmentRoll, lines: list[Line]) -> Group:
    marked = department.marked
    return Group(department.name, department.listed, marked, len(lines) - marked, lines)


def _line(place: str, person: RollPerson, key: str, words: Words) -> Line:
    head = person.head
    title = _title(head, words, person.by, person.contradicted)
    details = head.leave_type or head.late_minutes or head.left_at or head.note
    return Line(
        place, key, head.serial_no, person.name, head.staff_no if person.namesake else "",
        head.status or "", source_line(head, words.leave, words.source),
        bool(title or head.revoked_at), title,
        {f"data-{name}": value for name, value in _details(head).items() if value} if details else {},
    )


def conflict(found: Conflict) -> dict[str, Any]:
    """Return a refused mark: both values, who was first and when, and the row as it stands."""
    words = Words.now()
    return {
        "person": found.person_id, "name": found.name, "yours": found.yours or "",
        "yours_word": words.status[found.yours], "theirs": row(found.theirs, words, found.by), "by": found.by,
        "at": time_text(found.at) if found.at else "",
        "seen": f"{found.person_id}.{found.theirs.version}{CODES[found.theirs.status]}",
        "text": _("%(name)s: %(by)s marked “%(theirs)s” at %(at)s, you marked “%(yours)s”. Nothing was overwritten.",
                  name=found.name, by=found.by or _("somebody else"), at=time_text(found.at),
                  theirs=words.status[found.theirs.status], yours=words.status[found.yours]),
    }


def tally(counted: Tally) -> Mapping[str, int]:
    """Return the figures at the head of a roll."""
    return {
        "total": counted.total, "marked": counted.marked, "present": counted.present,
        "late": counted.late + counted.left_early, "excused": counted.excused, "absent": counted.absent,
        "unmarked": counted.unmarked,
    }


def answer(result: MarksResult, by: str) -> dict[str, Any]:
    """Return the answer to a save: rows, conflicts, figures, and the server's time."""
    words = Words.now()
    return {
        "rows": [row(h, words, by) for h in result.applied], "conflicts": [conflict(c) for c in result.conflicts],
        "tally": tally(result.tally), "saved_at": f"{local(result.saved_at):%H:%M:%S}", "now": result.saved_at.isoformat(),
        "replayed": result.replayed,
    }


def status_of(result: MarksResult) -> int:
    """409 where nothing of a save could be written because others were first; else 200."""
    return 409 if result.conflicts and not result.applied else 200
