"""The words of standing, coverage and closing: states, reasons, definitions. Keys come from the rules."""

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from trainhub.roster.messages import LEFT_LABELS, POST_LABELS
from trainhub.training.queries.standing import Definition
from trainhub.training.queries.turnout import Cell
from trainhub.training.rules.obligations import Obligation, State
from trainhub.web.i18n import day_text, is_chinese

_l = lazy_gettext

OBLIGATION_STATES: dict[str, Any] = {
    "open": _l("Not started"), "in_progress": _l("In progress"), "met": _l("Met"), "grace": _l("In grace"),
    "exempt": _l("Exempt"), "void": _l("Left"), "unmet": _l("Unmet"), "made_up": _l("Made up late"),
}  # fmt: skip
OBLIGATION_KINDS: dict[str, str] = {
    "open": "gap", "in_progress": "late", "met": "ok", "grace": "todo", "exempt": "leave", "void": "hold",
    "unmet": "gap", "made_up": "late",
}  # fmt: skip
"""State -> status mark of the design system."""

GROUP_WORDS: dict[str, Any] = {
    "owing": _l("Not yet met"), "unmet": _l("Unmet when the year was closed"), "grace": _l("Newcomers in grace"),
    "made_up": _l("Made up after the year (late)"), "exempt": _l("Exempt"), "void": _l("Left during the year"),
    "met": _l("Met"),
}  # fmt: skip
CHIP_WORDS: dict[str, Any] = {
    "owing": _l("Not yet met"), "met": _l("Met"), "all": _l("All"), "homeroom": _l("Homeroom teachers"), "new": _l("New this year"),
}  # fmt: skip
STATUS_WORDS: dict[str, Any] = {
    "present": _l("Present"), "late": _l("Late"), "left_early": _l("Left early"), "excused": _l("Leave"),
    "absent": _l("Absent"),
}  # fmt: skip
STATUS_KINDS: dict[str, str] = {"present": "", "late": "late", "left_early": "late", "excused": "leave", "absent": "gap"}
LEAVE_WORDS: dict[str, Any] = {
    "sick": _l("Sick leave"), "personal": _l("Personal leave"), "official": _l("Official leave"),
    "maternity": _l("Maternity leave"),
}  # fmt: skip
EXEMPTION_WORDS: dict[str, Any] = {
    "maternity": _l("Maternity leave"), "long_sick": _l("Long sick leave"), "secondment": _l("Secondment"),
    "other": _l("Other reason"),
}  # fmt: skip
EXEMPTION_STATES: dict[str, Any] = {
    "requested": _l("Waits for a decision"), "approved": _l("Approved"), "refused": _l("Refused"),
    "withdrawn": _l("Withdrawn"),
}  # fmt: skip
EXEMPTION_KINDS: dict[str, str] = {"requested": "todo", "approved": "ok", "refused": "gap", "withdrawn": "hold"}
EVIDENCE_STATES: dict[str, Any] = {
    "waiting": _l("Waits for the bureau"), "accepted": _l("Accepted by the bureau"), "returned": _l("Returned"),
    "withdrawn": _l("Withdrawn"), "superseded": _l("Replaced by a correction"), "revoked": _l("Revoked"),
}  # fmt: skip
EVIDENCE_KINDS: dict[str, str] = {
    "waiting": "todo", "accepted": "ok", "returned": "warn", "withdrawn": "hold", "superseded": "hold", "revoked": "gap",
}
PROOF_WORDS: dict[str, Any] = {
    "certificate": _l("certificate of hours"), "sign_in_sheet": _l("copy of the sign-in sheet"),
    "letter": _l("letter of the host unit"), "other": _l("other paper"),
}  # fmt: skip
BAD_EVIDENCE: dict[str, Any] = {
    "days": _l("Enter at least one day, at most six."),
    "ends": _l("A day needs a beginning and an end after it, at most twelve hours later."),
    "minutes": _l("The minutes of a day cannot be more than the time from beginning to end."),
    "future": _l("This training is not over yet. Enter it afterwards."),
    "overlap": _l("Two of the days overlap. Enter each stretch once."),
    "host_unit": _l("Write who held the training."), "title": _l("Write what the training was called."),
    "proof_kind": _l("Choose what proves it."),
    "proof_reference": _l("Add a scan, or write the number of the paper and where it is kept."),
    "reason": _l("Write a reason; it stays with the entry."),
}
"""What is wrong with an entry, by the field that the rules name."""

COUNTER_WORDS: dict[str, Any] = {
    "in_scope": _l("In scope"), "met": _l("Met"), "in_progress": _l("In progress"), "open": _l("Not started"),
    "unmet": _l("Unmet"), "made_up": _l("Made up late"), "exempt": _l("Exempt"), "grace": _l("In grace"),
    "void": _l("Left"), "counted_minutes": _l("Counted minutes"), "owed_minutes": _l("Minutes owed"),
    "homeroom_in_scope": _l("Homeroom teachers in scope"), "homeroom_met": _l("Homeroom teachers who met it"),
}  # fmt: skip

WHY: dict[str, Any] = {
    "cancelled": _l("The training was cancelled."),
    "revoked": _l("The presence was revoked."),
    "not_verified": _l("Not verified yet: somebody other than the recorder has to confirm the roll."),
    "host_not_accepted": _l("Trained elsewhere: your own bureau has not accepted the evidence yet."),
    "wrong_topic": _l("Another topic: hours yes, but not toward this duty."),
    "online": _l("Online: goes to the continuing-education account, not toward the face-to-face duty."),
    "not_face_to_face": _l("Not face to face."),
    "satellite_room": _l("Live stream to another room: by your bureau's rules it does not count."),
    "desk": _l("Watched alone at a desk: never counts as face to face."),
    "below_threshold": _l("Below the share of the session that must be attended."),
    "course_type": _l("The kind of course gives no more credit."),
    "beyond_schedule": _l("Beyond the planned time."),
    "outside_year": _l("Outside the year."),
    "other_year": _l("Credited to another year as made up."),
    "outside_make_up": _l("After the time in which minutes could be made up."),
    "duplicate_content": _l("The same content was counted already."),
    "overlap": _l("The same minutes were counted at another session."),
}
SOURCES: dict[str, Any] = {
    "manual": _l("Entered on the roll"), "assertion": _l("Asserted by department with a head count"),
    "leave": _l("Approved leave"), "closing": _l("When the roll was ended"), "qr": _l("QR code"),
    "import": _l("Imported from a file"), "host": _l("Paper of the host unit"), "": _l("Not recorded"),
}  # fmt: skip
ROUNDING: dict[str, Any] = {"session": _l("per training"), "day": _l("per day"), "course": _l("per course")}


def post_word(post: str) -> str:
    """Name of a post; a school's own word stays as it is."""
    return str(POST_LABELS.get(post, post))


def source_word(source: str) -> str:
    """Where a mark came from; a plugin's source keeps its key."""
    return str(SOURCES.get(source, source))


def why_text(code: str) -> str:
    """Why minutes do not count; a reason of a course type keeps its key."""
    return str(WHY.get(code, code))


def year_text(definition: Definition) -> str:
    """``2026年度`` or ``2026-2027学年``."""
    key = definition.year.key
    return str(_("year %(key)s", key=key) if definition.year.kind == "calendar" else _("school year %(key)s", key=key))


def definition_text(definition: Definition) -> str:
    """What the figures mean, as printed beside them: year, minimum, rule version, basis, day."""
    year = definition.year
    parts = [
        _("Year: %(first)s to %(last)s", first=day_text(year.first_day, year=True, weekday=False),
          last=day_text(year.last_day, year=True, weekday=False)),
        _("at least %(n)s minutes face to face (%(p)s periods of %(m)s minutes)", n=definition.required_minutes,
          p=definition.required_minutes // definition.period_minutes, m=definition.period_minutes),
    ]
    if definition.homeroom_extra_minutes:
        parts.append(_("homeroom teachers %(n)s minutes more", n=definition.homeroom_extra_minutes))
    parts.append(version_text(definition.version))
    parts.append(_("counted: everybody staffed by the unit, head by head"))
    parts.append(_("as of %(day)s", day=day_text(definition.moment.day, year=True, weekday=False)))
    return ("；" if is_chinese() else "; ").join(str(part) for part in parts)


def version_text(version: int) -> str:
    """The rule version behind a figure; 0 is the platform's proposal."""
    if not version:
        return str(_("rules as proposed by the platform (no version set yet)"))
    return str(_("rules of version %(n)s", n=version))


def reason_text(obligation: Obligation) -> str:
    """Why somebody stands apart, "" for the ordinary states."""
    if obligation.state is State.VOID:
        day = day_text(obligation.due_on, weekday=False)
        return str(_("%(why)s, %(day)s", why=LEFT_LABELS.get(obligation.reason, _("left")), day=day))
    if obligation.state is State.EXEMPT:
        return str(EXEMPTION_WORDS.get(obligation.reason, obligation.reason))
    if obligation.state is State.GRACE:
        return str(_("due %(day)s", day=day_text(obligation.due_on, weekday=False)))
    if obligation.state is State.MADE_UP:
        return str(_("%(n)s minutes after the year", n=obligation.made_up))
    return ""


def cell_word(cell: Cell) -> str:
    """One short word for a cell of the table."""
    if cell.revoked:
        return str(_("Revoked"))
    if cell.status == "excused":
        return str(LEAVE_WORDS.get(cell.leave_type, STATUS_WORDS["excused"]))
    if cell.status is None:
        return str(_("On the list")) if cell.expected else "–"
    return str(STATUS_WORDS[cell.status])


def cell_kind(cell: Cell) -> str:
    """Status mark of a cell, "" for quiet ones."""
    if cell.revoked:
        return "gap"
    return "todo" if cell.status is None else STATUS_KINDS[cell.status]


def short_title(title: str) -> str:
    """A title where there is little room: without what stands before the colon, cut with a sign."""
    told = title.rpartition("：")[2].rpartition(": ")[2]
    return told if len(told) <= 9 else told[:8] + "…"


def list_comma() -> str:
    """What stands between the items of a list."""
    return "、" if is_chinese() else ", "


def iso_day(text: str) -> str:
    """A frozen ISO day as people read it."""
    try:
        return day_text(date.fromisoformat(text), year=True, weekday=False)
    except ValueError:
        return text


WORDS: dict[str, Any] = {
    "obligation_states": OBLIGATION_STATES, "obligation_kinds": OBLIGATION_KINDS, "group_words": GROUP_WORDS,
    "presence_words": STATUS_WORDS, "presence_kinds": STATUS_KINDS, "leave_words": LEAVE_WORDS,
    "exemption_words": EXEMPTION_WORDS, "exemption_states": EXEMPTION_STATES, "exemption_kinds": EXEMPTION_KINDS,
    "evidence_states": EVIDENCE_STATES, "evidence_kinds": EVIDENCE_KINDS, "proof_words": PROOF_WORDS,
    "counter_words": COUNTER_WORDS, "why_text": why_text, "post_word": post_word, "source_word": source_word,
    "year_text": year_text, "definition_text": definition_text, "version_text": version_text,
    "standing_reason": reason_text, "cell_word": cell_word, "cell_kind": cell_kind, "iso_day": iso_day,
    "rounding_words": ROUNDING, "list_comma": list_comma, "short_title": short_title,
}  # fmt: skip
"""What the templates of these pages use."""
