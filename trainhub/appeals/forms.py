"""Forms of this room as commands. What cannot be read is refused by the rules, never guessed."""

import re
from datetime import datetime, time

from werkzeug.datastructures import MultiDict

from trainhub.appeals.rules.lifecycle import Outcome
from trainhub.appeals.service.discipline import SchoolWord
from trainhub.appeals.service.examining import Decision
from trainhub.appeals.service.executing import ServeDecision
from trainhub.appeals.service.filing import AppealRefused, FileAppeal
from trainhub.appeals.service.group import NameReviewer
from trainhub.kernel.clock import at
from trainhub.web.fields import plausible_day

Form = MultiDict[str, str]
_ID = re.compile(r"[0-9a-f]{32}")
_CASE_NO = re.compile(r"(?:案\s*)?(?P<year>20\d\d)\s*[-–—]\s*0*(?P<number>\d{1,5})")
SEATS = 9
"""How many people the group's form takes at once."""


def words(form: Form, name: str, most: int = 8001) -> str:
    """One field as text; one sign more than is allowed is kept, so that the rule says so."""
    return form.get(name, "").replace("\r\n", "\n").strip()[:most]


def an_id(form: Form, name: str) -> str:
    """An id, or nothing."""
    found = form.get(name, "")
    return found if _ID.fullmatch(found) else ""


def ids(form: Form, name: str) -> tuple[str, ...]:
    """Several ids."""
    return tuple(found for found in form.getlist(name) if _ID.fullmatch(found))


def whole(form: Form, name: str) -> int:
    """A small whole number; -1 where there is none, so that the rule refuses it."""
    found = form.get(name, "").strip()
    return int(found) if found.isascii() and found.isdecimal() and len(found) < 6 else -1


def version(form: Form) -> int | None:
    """The version of the appeal that the form was made from."""
    found = whole(form, "version")
    return found if found >= 0 else None


def yes_no(form: Form, name: str) -> bool | None:
    """What was ticked: yes, no, or nothing yet."""
    return {"yes": True, "no": False}.get(form.get(name, ""))


def moment(form: Form, name: str) -> datetime:
    """Day and wall-clock time of two fields (``name_on``, ``name_at``). Raises AppealRefused."""
    day = plausible_day(form.get(f"{name}_on", ""))
    try:
        clock = time.fromisoformat(form.get(f"{name}_at", ""))
    except ValueError:
        clock = None
    if day is None or clock is None or clock.tzinfo is not None:
        raise AppealRefused(field=f"{name}_on", why="moment")
    return at(day, clock)


def case_number(form: Form) -> tuple[int, int] | None:
    """A case's number as somebody writes it: 2026-03, 案 2026-3."""
    found = _CASE_NO.fullmatch(form.get("case_no", "").strip())
    return (int(found["year"]), int(found["number"])) if found else None


def clauses(form: Form, name: str = "clauses") -> tuple[str, ...]:
    """Clauses, one a line."""
    return tuple(" ".join(line.split()) for line in words(form, name).splitlines() if line.strip())


def file_command(form: Form) -> FileAppeal:
    """What a guardian handed in. ``against`` names finding and party in one choice."""
    finding, _sep, party = form.get("against", "").partition(".")
    if not (_ID.fullmatch(finding) and _ID.fullmatch(party)):
        raise AppealRefused(field="against", why="determination")
    return FileAppeal(finding, party, form.get("track", ""), form.get("channel", ""), words(form, "grounds"), moment(form, "filed"))


def group_people(form: Form) -> tuple[NameReviewer, ...]:
    """The rows of the group's form that were filled in; an account comes with its name by ``shown``."""
    lead = form.get("lead", "")
    found = []
    for number in range(SEATS):
        account, shown, kind = an_id(form, f"account_{number}"), words(form, f"shown_{number}", 60), form.get(f"kind_{number}", "")
        if account or shown:
            found.append(NameReviewer(kind, shown, account or None, is_lead=lead == str(number)))
    return tuple(found)


def decisions(form: Form) -> tuple[Decision, ...]:
    """A decision for each finding on the form. Raises AppealRefused for an outcome that does not exist."""
    found = []
    for finding in ids(form, "finding"):
        try:
            outcome = Outcome(form.get(f"outcome_{finding}", ""))
        except ValueError:
            raise AppealRefused(field="outcome", why="determination") from None
        changed = outcome is Outcome.MODIFY
        found.append(Decision(
            finding, outcome, words(form, f"reasons_{finding}"), clauses(form, f"clauses_{finding}"), whole(form, f"for_{finding}"),
            whole(form, f"against_{finding}"), form.get(f"tier_{finding}", "") if changed else "",
            tuple(form.getlist(f"measure_{finding}")) if changed else (), whole(form, f"minutes_{finding}") if changed else 0,
        ))
    return tuple(found)


def serve_command(form: Form, effect_id: str) -> ServeDecision:
    """How one side got its letter."""
    return ServeDecision(effect_id, form.get("channel", ""), form.get("outcome", ""), moment(form, "served"), ids(form, "witness"))


def school_word(form: Form, appeal_id: str) -> SchoolWord:
    """What the school's appeals committee decided."""
    return SchoolWord(
        appeal_id, tuple(form.getlist("withdrawn")), words(form, "reasons"), words(form, "document", 81), whole(form, "members"), clauses(form)
    )
