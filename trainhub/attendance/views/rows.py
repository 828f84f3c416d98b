"""A roll's rows as templates and scripts see them: words made here once, for page and JSON alike."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from trainhub.attendance.messages import (
    KINDS,
    LETTERS,
    STATUS_WORDS,
    day_and_time,
    review_word,
    source_line,
)
from trainhub.attendance.queries import RollPerson
from trainhub.attendance.roll_rules import Head, Tally
from trainhub.attendance.service import Conflict, MarksResult
from trainhub.kernel.clock import local
from trainhub.web.i18n import time_text


def options(*, fifth: bool = False) -> list[tuple[str, str, str, str]]:
    """Return the choices of a roll cell; leaving early is a fifth one, shown where it is set."""
    keys = ("present", "late", "excused", "absent", *(("left_early",) if fifth else ()))
    return [(k, str(LETTERS[k]), str(STATUS_WORDS[k]), KINDS[k]) for k in keys]


def row(head: Head, by: str = "", contradicted: str = "") -> dict[str, Any]:
    """Return what a row shows: value, version, the words beside the name, the details behind it."""
    title = [review_word(code) for code in head.review]
    if contradicted:
        title.append(_("Another source says: %(status)s", status=STATUS_WORDS[contradicted]))
    if head.marked_at:
        title.append(f"{by} {day_and_time(head)}".strip())
    return {
        "person": head.person_id, "value": head.status or "", "version": head.version, "source": source_line(head),
        "title": "\n".join(title), "word": str(STATUS_WORDS[head.status]), "leave": head.leave_type,
        "late": head.late_minutes or "", "left": time_text(head.left_at) if head.left_at else "", "note": head.note,
        "minutes": head.minutes, "flagged": bool(head.review or contradicted or head.revoked_at),
    }


def person_row(person: RollPerson) -> dict[str, Any]:
    """Return the row of a person of the roll."""
    return row(person.head, person.by, person.contradicted)


def conflict(found: Conflict) -> dict[str, Any]:
    """Return a refused mark: both values, who was first and when, and the row as it stands."""
    return {
        "person": found.person_id, "name": found.name, "yours": found.yours or "",
        "yours_word": str(STATUS_WORDS[found.yours]), "theirs": row(found.theirs, found.by), "by": found.by,
        "at": time_text(found.at) if found.at else "",
        "text": _("%(name)s: %(by)s marked “%(theirs)s” at %(at)s, you marked “%(yours)s”. Nothing was overwritten.",
                  name=found.name, by=found.by or _("somebody else"), at=time_text(found.at),
                  theirs=STATUS_WORDS[found.theirs.status], yours=STATUS_WORDS[found.yours]),
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
    return {
        "rows": [row(h, by) for h in result.applied], "conflicts": [conflict(c) for c in result.conflicts],
        "tally": tally(result.tally), "saved_at": f"{local(result.saved_at):%H:%M:%S}", "now": result.saved_at.isoformat(),
        "replayed": result.replayed,
    }


def status_of(result: MarksResult) -> int:
    """409 where nothing of a save could be written because others were first; else 200."""
    return 409 if result.conflicts and not result.applied else 200
