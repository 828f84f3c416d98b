"""A roll's rows as templates and scripts see them: words made here once, for page and JSON alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from trainhub.attendance.messages import (
    KINDS,
    LEAVE_WORDS,
    LETTERS,
    SOURCE_WORDS,
    STATUS_WORDS,
    day_and_time,
    review_word,
    source_line,
)
from trainhub.attendance.queries import Roll, RollPerson
from trainhub.attendance.roll_rules import Head, Tally
from trainhub.attendance.service import Conflict, MarksResult
from trainhub.kernel.clock import local
from trainhub.web.i18n import time_text


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a roll in the reader's language, looked up once for all its rows."""

    status: dict[str | None, str]
    leave: dict[str, str]
    source: dict[str, str]
    options: list[tuple[str, str, str, str]]
    fifth: list[tuple[str, str, str, str]]

    @classmethod
    def now(cls) -> "Words":
        """Look the words up."""
        status = {k: str(v) for k, v in STATUS_WORDS.items()}
        cells = [(k, str(LETTERS[k]), status[k], KINDS[k]) for k in ("present", "late", "excused", "absent", "left_early")]
        return cls(status, {k: str(v) for k, v in LEAVE_WORDS.items()}, {k: str(v) for k, v in SOURCE_WORDS.items()},
                   cells[:4], cells)


def row(head: Head, words: Words, by: str = "", contradicted: str = "") -> dict[str, Any]:
    """Return what a row shows: value, version, the words beside the name, the details behind it.

    ``options`` are the choices of its cell; leaving early is a fifth one, shown where it is set.
    """
    title = [review_word(code) for code in head.review]
    if contradicted:
        title.append(_("Another source says: %(status)s", status=words.status[contradicted]))
    if title and head.marked_at:
        title.append(f"{by} {day_and_time(head)}".strip())
    return {
        "person": head.person_id, "value": head.status or "", "version": head.version,
        "source": source_line(head, words.leave, words.source), "title": "\n".join(title),
        "word": words.status[head.status], "leave": head.leave_type, "late": head.late_minutes or "",
        "left": time_text(head.left_at) if head.left_at else "", "note": head.note, "minutes": head.minutes,
        "flagged": bool(title or head.revoked_at),
    }


def person_row(person: RollPerson, words: Words | None = None) -> dict[str, Any]:
    """Return the row of a person of the roll."""
    return row(person.head, words or Words.now(), person.by, person.contradicted)


def groups(whole: Roll) -> list[dict[str, Any]]:
    """Return the roll's departments with their rows, ready to print."""
    words = Words.now()
    return [
        {
            "name": d.name, "listed": d.listed, "marked": d.marked, "unset": d.unset,
            "people": [
                row(p.head, words, p.by, p.contradicted) | {
                    "no": p.head.serial_no, "name": p.name, "badge": p.head.staff_no if p.namesake else "",
                    "find": f"{p.initials} {p.head.staff_no} {p.head.serial_no}",
                    "options": words.fifth if p.head.status == "left_early" else words.options,
                }
                for p in d.people
            ],
        }
        for d in whole.departments
    ]


def conflict(found: Conflict) -> dict[str, Any]:
    """Return a refused mark: both values, who was first and when, and the row as it stands."""
    words = Words.now()
    return {
        "person": found.person_id, "name": found.name, "yours": found.yours or "",
        "yours_word": words.status[found.yours], "theirs": row(found.theirs, words, found.by), "by": found.by,
        "at": time_text(found.at) if found.at else "",
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
