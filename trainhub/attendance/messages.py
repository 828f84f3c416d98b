"""Sentences and words of this room in the reader's language."""

from collections.abc import Mapping
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from trainhub.attendance.check_in_messages import CHECK_IN
from trainhub.attendance.device_messages import MESSAGES as DEVICES
from trainhub.attendance.file_messages import review_sentence
from trainhub.attendance.roll_rules import Anomaly, Head
from trainhub.web.i18n import day_text, time_text

MESSAGES: dict[str, Any] = {
    "not_on_sheet": _l("%(count)s of the people are not on this roll. Nothing was written; reload the page and mark again."),
    "sheet_closed": _l("This roll has been ended, so it takes no more marks. Take it back with a reason first."),
    "roll_too_early": _l("The session has not begun. Only leave can be entered now; mark the rest from two hours before it begins."),
    "bad_mark": _l("This mark is not possible: look at status, minutes and times. The time of leaving lies after the arrival, both during the session."),
    "unset_people": _l("%(count)s people are not marked yet. Choose whether they are absent or stay undecided."),
    "bad_head_count": _l("Write how many people were counted in the room, as a whole number."),
    "reason_needed": _l("Write the reason in one sentence."),
    "nothing_to_undo": _l("There is nothing left to undo here."),
    "not_on_staff": _l("This person was not on this school's staff on that day. Add them under People first."),
    "unknown_source": _l("None of the readers recognises this file. Choose the kind yourself, or save the list as .xlsx with one header row."),
    "too_late_to_withdraw": _l("An import can be taken back for 24 hours and until the roll is verified. Correct the people one by one."),
    "bad_input": _l("The request is damaged. Reload the page and try again."),
    "no_file": _l("Choose a file first."),
    "columns_missing": _l("Choose at least the column that says who it is (name or staff number) and one that says whether they were there (mark, status or times)."),
    "nothing_to_settle": _l("These conflicts were decided meanwhile, or new evidence came. Look at the list again, then decide."),
    "leave_overlaps": _l("This person has leave from %(from_on)s to %(to_on)s already. Revoke that one first, or choose other days."),
    "bad_leave": _l("Choose the kind of leave, a first day and a last day that is not before it; at most one year."),
    "open_conflicts": _l("For %(count)s people the sources contradict each other. Send the roll back, decide them under “Conflicts”, then verify."),
    **CHECK_IN,
    **DEVICES,
}

STATUS_WORDS: dict[str | None, Any] = {
    "present": _l("Present"), "late": _l("Late"), "left_early": _l("Left early"), "excused": _l("On leave"),
    "absent": _l("Absent"), None: _l("Unmarked"), "": _l("Unmarked"),
}
LETTERS: dict[str, Any] = {
    "present": _l("P"), "late": _l("L"), "left_early": _l("X"), "excused": _l("E"), "absent": _l("A"),
}
MARKS = {"present": "ok", "late": "late", "left_early": "late", "excused": "leave", "absent": "gap", None: "todo", "": "todo"}
LEAVE_WORDS: dict[str, Any] = {
    "sick": _l("Sick leave"), "personal": _l("Personal leave"), "official": _l("On duty elsewhere"),
    "maternity": _l("Maternity leave"), "": _l("On leave"),
}
SOURCE_WORDS: dict[str, Any] = {
    "manual": _l("by hand"), "assertion": _l("counted together"), "leave": _l("approved"), "import": _l("imported"),
    "qr": _l("scanned"), "badge": _l("badge"), "device": _l("device"), "closing": _l("when ended"), "revocation": _l("revoked"),
    "withdrawal": _l("import withdrawn"), "reconciled": _l("conflict decided"), "move": _l("time moved"), "default": _l("preset"), "": "",
}
STATE_WORDS: dict[str, Any] = {
    "open": _l("Not ended yet"), "submitted": _l("Awaiting verification"), "verified": _l("Verified"), "void": _l("Void"),
}
STEP_WORDS: dict[str, Any] = {
    "opened": _l("Roll opened"), "people": _l("List of people changed"), "moved": _l("Time moved"),
    "assertion": _l("Rest counted as present"), "submit": _l("Roll ended"), "take_back": _l("Taken back"),
    "return": _l("Returned for correction"), "verify": _l("Verified"), "reopen": _l("Opened for an amendment"),
    "revoke": _l("Presence revoked"), "void": _l("Voided"), "check_in": _l("Check-in by code begun"),
}
OWN_REVIEW: dict[str, Any] = {
    "late_time_missing": _l("Late, but the time of arrival is missing: counts 0 minutes until it is filled in."),
    "left_time_missing": _l("Left early, but the time is missing: counts 0 minutes until it is filled in."),
    "device_clock": _l("The clock of the device was wrong; the server's time was taken."),
    "was_revoked": _l("A presence revoked earlier was marked again."),
    "online_evidence": _l("Online evidence: it never fulfils a duty to be met face to face."),
}
CONFLICT_CODES: dict[str, Any] = {
    "presence": _l("One source says they were there, another that they were not."),
    "leave_but_there": _l("On approved leave, yet another source says they were there."),
    "came_after_mark": _l("Marked as not there; a device saw them arrive afterwards."),
}
LINE_CODES: dict[str, Any] = {
    "loses_to_mark": _l("Differs from the mark on the roll, which is stronger."),
    "replaces_mark": _l("Replaces the mark on the roll, which is weaker."),
    "not_on_list": _l("On the staff, but not on the list of this session."),
    "not_expected": _l("Not on the list and was not there."),
    "left_out": _l("Left out by your decision."),
    "dismissed": _l("Left out by your decision."),
    "undecided": _l("The file does not say enough: decide."),
    "same": _l("Same as on the roll."),
    **CONFLICT_CODES,
}
COLUMN_WORDS: dict[str, Any] = {
    "name": _l("Name"), "staff_no": _l("Staff number"), "department": _l("Department"), "mark": _l("Sign-in mark or signature"),
    "status": _l("Status in words"), "sign_in": _l("Time in"), "sign_out": _l("Time out"), "time": _l("Time (in or out)"),
    "date": _l("Day"), "remark": _l("Remark"), "card_no": _l("Card number"), "device_pin": _l("Number on the device"),
}


ANOMALIES: dict[str, Any] = {
    "head_count_differs": _l("%(head_count)s heads were counted in the room, the marks say %(there)s."),
    "overlap": _l("%(count)s people were marked present in another session at the same time; overlapping minutes count once."),
    "late_entry": _l("%(count)s marks were entered more than %(days)s days after the session."),
    "assertion": _l("%(count)s people were counted together, not one by one."),
    "walk_in": _l("%(count)s people came who were not on the list."),
    "time_missing": _l("For %(count)s people the time of arriving or leaving is missing; they count 0 minutes."),
    "device_clock": _l("For %(count)s people the device clock was wrong."),
    "shared_device": _l("%(count)s people checked in on a phone that others used as well."),
    "unmarked": _l("%(count)s people are undecided and count nothing."),
    "revoked": _l("%(count)s presences were revoked."),
    "was_revoked": _l("%(count)s revoked presences were marked again."),
}


def source_word(source: str) -> str:
    """Return the word of a source; an import names the kind only."""
    return str(SOURCE_WORDS.get(source.partition(":")[0], source))


def origin_word(source: str) -> str:
    """Return the word of a source and, where one of the kind is meant, its label: ``imported (typed table)``.

    A source whose plugin is gone is called by its key.
    """
    kind, _colon, key = source.partition(":")
    word = str(SOURCE_WORDS.get(kind, kind))
    if not key:
        return word
    found = current_app.extensions["trainhub.sources"].get(key)
    return f"{word}（{_(found.spec.label) if found else key}）"


def source_line(head: Head, leave: Mapping[str, str], source: Mapping[str, str]) -> str:
    """Return what stands beside a name: time and source, or what is missing.

    ``leave`` and ``source`` are :data:`LEAVE_WORDS` and :data:`SOURCE_WORDS` in the reader's language.
    """
    if head.revoked_at:
        return source["revocation"]
    if head.status is None:
        return ""
    if "late_time_missing" in head.review or "left_time_missing" in head.review:
        return str(_("fill in the time"))
    word = source.get(head.source.partition(":")[0], head.source)
    if head.status == "excused":
        kind = leave.get(head.leave_type, head.leave_type)
        return f"{kind} {word}" if head.source == "leave" else kind
    at = head.arrived_at if head.status == "late" else head.left_at if head.status == "left_early" else head.marked_at
    return f"{time_text(at)} {word}"


def review_word(code: str) -> str:
    """Return the sentence of a review code, of a file or of a mark."""
    return str(OWN_REVIEW[code]) if code in OWN_REVIEW else review_sentence(code, _)


def line_sentence(code: str) -> str:
    """Return why a line of an import stands where it stands."""
    return str(LINE_CODES[code]) if code in LINE_CODES else review_sentence(code, _)


def anomaly_sentence(found: Anomaly) -> str:
    """Return one sentence about something that stands out, with its numbers."""
    return str(ANOMALIES[found.code]) % ({"count": found.count} | dict(found.params))


def day_and_time(head: Head) -> str:
    """Return when a head was marked, for a tooltip."""
    return f"{day_text(head.marked_at, weekday=False)} {time_text(head.marked_at)}" if head.marked_at else ""
