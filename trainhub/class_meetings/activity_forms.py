"""From requests to entries: other kinds of education, and class conventions."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.class_meetings.rules.activities import KINDS, Activity, ActivityRefused, Kind, week_of
from trainhub.class_meetings.rules.conventions import MOST_CLAUSES, ConventionRefused, Vote
from trainhub.kernel.clock import at

_ID = re.compile(r"[0-9a-f]{32}")
SPARE_LINES = 2
"""Empty lines a convention's form shows below its clauses."""


def kind_of(text: str) -> Kind:
    """Return the kind a request names. Raises ActivityRefused for any other word."""
    found = next((kind for kind in KINDS if kind == text), None)
    if found is None:
        raise ActivityRefused("kind", "kind")
    return found


def activity_id_of(form: Mapping[str, str]) -> str:
    """Return the id the form was made with: sent again it is the same entry. Raises ActivityRefused without one."""
    found = form.get("id", "")
    if not _ID.fullmatch(found):
        raise ActivityRefused("form")
    return found


def entry_of(form: MultiDict[str, str], kind: Kind) -> Activity:
    """Return what a form says. Raises ActivityRefused where a day, a time or a number cannot be read."""
    starts_at, ends_at = _times(form, kind)
    class_id = form.get("class", "")
    return Activity(
        kind=kind, starts_at=starts_at, ends_at=ends_at, class_id=class_id if _ID.fullmatch(class_id) else None,
        grades=tuple(int(g) for g in form.getlist("grade") if g.isascii() and g.isdecimal() and len(g) <= 2 and 1 <= int(g) <= 12),
        title=form.get("title", ""), place=form.get("place", ""), led_by=form.get("led_by", ""), topic=form.get("topic", "")[:40],
        speaker=form.get("speaker", "")[:40], pack_id=form.get("pack", "")[:64] or None, invited=_number(form, "invited"),
        came=_number(form, "came"), took_part=_number(form, "took_part"), material="material" in form,
        feedback=form.get("feedback", "").replace("\r\n", "\n"), names_confirmed="confirmed" in form,
    )  # fmt: skip


def _times(form: Mapping[str, str], kind: Kind) -> tuple[datetime, datetime]:
    try:
        day = date.fromisoformat(form.get("day", ""))
        if kind == "heart_talk":
            return week_of(day)
        starts, ends = (time.fromisoformat(form.get(name, "")).replace(tzinfo=None) for name in ("starts", "ends"))
        return at(day, starts), at(day, ends)
    except (ValueError, OverflowError) as error:
        raise ActivityRefused("when", "day") from error


def _number(form: Mapping[str, str], name: str) -> int | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise ActivityRefused("number", name)
    return int(text)


def whole_number(form: Mapping[str, str], name: str) -> int:
    """Return a number that the page itself put into the form, 0 for anything else."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0


# --- conventions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Press:
    """Which button of the convention's form was pressed: ``save``, ``up``, ``down``, ``drop``, ``more`` or a source of clauses."""

    what: str
    number: int = 0
    source: str = ""

    @classmethod
    def parse(cls, text: str) -> "Press":
        """Read the value of a button; anything unknown only shows the form again."""
        what, _dash, rest = text.partition("-")
        if what in {"up", "down", "drop"} and rest.isascii() and rest.isdecimal() and len(rest) < 3:
            return cls(what, int(rest))
        if what == "meeting":
            return cls(what, source=rest[:32])
        return cls(what if what in {"save", "more", "examples", "last"} else "show")


def clauses_of(form: Mapping[str, str]) -> list[str]:
    """Return the lines of a convention's form as typed, in order; empty ones too, so that buttons keep their numbers."""
    return [
        form.get(f"clause-{number}", "")[:400]
        for number in range(1, MOST_CLAUSES + SPARE_LINES + 1)
        if f"clause-{number}" in form
    ]


def vote_of(form: Mapping[str, str]) -> Vote:
    """Return the votes a form says. Raises ConventionRefused where one is no number."""
    counts = []
    for name in ("in_favour", "against", "abstained"):
        text = form.get(name, "").strip() or ("" if name == "in_favour" else "0")
        if not (text.isascii() and text.isdecimal() and len(text) < 5):
            raise ConventionRefused("votes", name)
        counts.append(int(text))
    return Vote(*counts)


def vote_day_of(form: Mapping[str, str]) -> date:
    """Return the day of a vote. Raises ConventionRefused where it cannot be read."""
    try:
        return date.fromisoformat(form.get("day", ""))
    except ValueError as error:
        raise ConventionRefused("when", "day") from error


def meeting_of(form: Mapping[str, str]) -> str | None:
    """Return the meeting a vote was held at, None for none."""
    found = form.get("meeting", "")
    return found if _ID.fullmatch(found) else None
