"""The words of planning: states, findings, reasons of invitation. Keys come from the rules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from trainhub.plugin_api.contracts import CourseType, DetailField
from trainhub.training.rules.audience import LeftOut, reason_parts
from trainhub.training.rules.planning import PlanProblem
from trainhub.web.i18n import day_text, is_chinese, time_text

_l = lazy_gettext

STATES: dict[str, Any] = {
    "draft": _l("Draft"), "published": _l("Arranged"), "held": _l("Held"), "submitted": _l("Awaiting verification"),
    "verified": _l("Verified"), "locked": _l("Closed with the year"), "postponed": _l("Postponed"),
    "cancelled": _l("Cancelled"), "amended": _l("Being corrected"),
}  # fmt: skip
STATE_KINDS: dict[str, str] = {
    "draft": "todo", "published": "leave", "held": "late", "submitted": "hold", "verified": "ok", "locked": "ok",
    "postponed": "warn", "cancelled": "gap", "amended": "hold",
}  # fmt: skip
"""State -> status mark of the design system."""

STEPS: dict[str, Any] = {
    "planned": _l("Planned"), "edited": _l("Draft changed"), "published": _l("Published"), "moved": _l("Moved"),
    "postponed": _l("Postponed"), "cancelled": _l("Cancelled"), "participants": _l("List changed"),
    "amended": _l("Corrected"), "held": _l("Held"), "submitted": _l("All rolls ended"), "verified": _l("Verified"),
    "reopened": _l("Roll opened again"), "locked": _l("Closed with the year"),
}  # fmt: skip
MODES: dict[str, Any] = {
    "face_to_face": _l("Face to face"), "blended": _l("Blended"), "online": _l("Online"), "on_the_job": _l("On the job"),
}  # fmt: skip
VENUES: dict[str, Any] = {
    "room": _l("Everybody in the room"), "satellite_room": _l("Live stream to a supervised room"), "desk": _l("Each at their own desk"),
}  # fmt: skip
AUDIENCES: dict[str, Any] = {
    "owing": _l("staff who still owe minutes this year"), "everyone": _l("all staff of the duty, also those who are done"),
    "homeroom": _l("homeroom teachers"), "missed": _l("those who missed an earlier training"),
}  # fmt: skip
ROLL_STATES: dict[str, Any] = {
    "": _l("No roll yet"), "open": _l("Roll open"), "submitted": _l("Awaiting verification"), "verified": _l("Verified"), "void": _l("Void"),
}  # fmt: skip

PROBLEMS: dict[str, Any] = {
    "no_parts": _l("Add at least one part with day and time."),
    "part_ends_before_start": _l("Part %(part)s ends before it begins. Correct the time."),
    "part_too_long": _l("Part %(part)s lasts %(hours)s hours. Split it into several parts."),
    "parts_overlap": _l("Part %(part)s begins before the part before it has ended. Move one of them."),
    "parts_far_apart": _l("Part %(part)s comes %(days)s days after the part before it; the same people are expected."),
    "nobody_invited": _l("Nobody has to come by this choice. Choose another circle of people, or add some by hand."),
    "no_trainer": _l("No trainer is named yet. You can add one later."),
    "make_up_workday": _l("%(day)s is a make-up workday (%(label)s): staff are at work."),
    "day_is_holiday": _l("%(day)s is a public holiday (%(label)s). Hold it all the same?"),
    "day_is_weekend": _l("%(day)s is a weekend. Hold it all the same?"),
    "day_is_school_off": _l("The school is closed on %(day)s (%(label)s). Hold it all the same?"),
    "outside_term": _l("%(day)s lies outside the term. Hold it all the same?"),
    "odd_hour": _l("Part %(part)s begins before 7:00 or ends after 21:00. Is that right?"),
    "past_midnight": _l("Part %(part)s goes past midnight; the minutes are counted on two days."),
    "in_the_past": _l("%(day)s is over. Record a training that was already held?"),
    "long_past": _l("%(day)s is long over; it will be marked as recorded late. Record it all the same?"),
    "outside_duty": _l("On %(day)s the requirement is not in force. Choose another day."),
    "two_years": _l("Part %(part)s lies outside the year %(year)s (until %(last)s). Plan it as a training of its own."),
    "outside_make_up": _l("Minutes for %(year)s can be made up until %(last)s only. Choose an earlier day, or do not make it a make-up."),
    "make_up": _l("Counts for %(year)s as made up (reported as late), not for the present year."),
    "not_face_to_face": _l("This is not face to face, so it will not count toward the yearly duty. Plan it all the same?"),
    "satellite_not_counted": _l("By the rules of your bureau a live stream does not count toward the yearly duty. Plan it all the same?"),
    "other_topic": _l("The topic is not that of the yearly duty, so the minutes will not count toward it. Plan it all the same?"),
    "shorter_than_pack": _l("Planned are %(planned)s minutes; the course pack needs %(pack)s. Leave it so?"),
    "over_daily_cap": _l("%(day)s would give %(periods)s periods; at most %(cap)s a day are counted."),
    "room_busy": _l("%(room)s is taken by “%(title)s” %(span)s. Use it all the same?"),
    "trainer_busy": _l("%(names)s is engaged %(span)s (%(title)s). Leave it so?"),
    "people_busy": _l("%(count)s of those invited are engaged %(span)s (%(title)s): %(names)s. Invite them all the same?"),
    "part_not_face_to_face": _l("%(name)s is %(mode)s: its %(minutes)s minutes do not count toward the yearly duty."),
    "not_for_staff": _l("The kind of course “%(label)s” is not for the staff. Choose another course pack."),
    "mode_not_offered": _l("The kind of course “%(label)s” is not held in the mode %(mode)s. Choose another mode."),
    "already_planned": _l("The same course pack is already planned on %(day)s (“%(title)s”). Plan it twice?"),
}

DETAIL_PROBLEMS: dict[str, Any] = {
    "required": _l("“%(label)s” is missing. Fill it in."),
    "not_a_choice": _l("“%(label)s” has a value that is not among the choices. Choose again."),
    "not_a_number": _l("“%(label)s” must be a whole number, written in digits."),
    "not_a_date": _l("“%(label)s” must be a day such as 2026-09-01."),
    "too_long": _l("“%(label)s” is longer than %(limit)s characters. Shorten it."),
    "out_of_range": _l("“%(label)s” must lie between %(lowest)s and %(highest)s."),
    "bad_character": _l("“%(label)s” holds an invisible control character. Type the text again."),
    "unknown_field": _l("This kind of course has no field “%(name)s”. Reload the page."),
    "content_not_stored": _l("This kind of course keeps no content, so “%(name)s” is not accepted."),
    "course_type_unavailable": _l("The plugin that brought this kind of course is not there. Enable it again, or choose another kind."),
}
PROOFS: dict[str, Any] = {
    "sign_in_sheet": _l("sign-in sheet"), "record_sheet": _l("record sheet"), "photo": _l("photo"), "slides": _l("slides"),
    "hour_record": _l("record of hours"),
}  # fmt: skip

REASONS: dict[str, Any] = {
    "yearly": _l("Owes %(n)s minutes this year"),
    "owes": _l("Still owes %(n)s minutes"),
    "homeroom_since": _l("Homeroom teacher since %(day)s, extra duty"),
    "new_since": _l("New since %(day)s"),
    "missed": _l("Missed an earlier training"),
    "met_again": _l("Already done this year, invited as well"),
    "by_hand": _l("Added by hand"),
}
LEFT_OUT: dict[str, Any] = {
    "left": _l("Left on %(day)s"),
    "not_yet": _l("Joins on %(day)s"),
    "exempt": _l("Exempt"),
    "home_elsewhere": _l("Counted at another unit"),
    "not_addressed": _l("Not meant by the requirement"),
    "not_homeroom": _l("Not a homeroom teacher"),
    "not_missed": _l("Missed nothing"),
    "met": _l("Done: %(n)s minutes"),
    "by_hand": _l("Taken off: %(text)s"),
}


def problem_text(problem: PlanProblem) -> str:
    """Return the sentence of a finding."""
    told: dict[str, Any] = dict(problem.params) | {"part": problem.part}
    if problem.code.startswith("detail_"):
        return _detail_text(problem.code.removeprefix("detail_"), told)
    for key, value in told.items():
        if isinstance(value, date) and not isinstance(value, datetime):
            told[key] = day_text(value)
        elif isinstance(value, tuple):
            told[key] = ("、" if is_chinese() else ", ").join(value)
    if "starts_at" in told:
        told["span"] = f"{time_text(told['starts_at'])}–{time_text(told['ends_at'])}"
        told["title"] = told["title"] or _("a training of another school")
    if "mode" in told:
        told["mode"] = MODES.get(told["mode"], told["mode"])
    if "label" in told:
        told["label"] = _worded_by_plugin(told["label"])
    if problem.code == "part_not_face_to_face":
        told["name"] = _("part %(part)s “%(title)s”", part=problem.part, title=told["title"]) if told["title"] else _("Part %(part)s", part=problem.part)
    return str(PROBLEMS[problem.code]) % told


def _detail_text(code: str, told: dict[str, Any]) -> str:
    """The sentence about a detail field: core's own, else the one that the kind of course gave."""
    told["label"] = _worded_by_plugin(told["label"]) or told["name"]
    if code in DETAIL_PROBLEMS:
        return str(DETAIL_PROBLEMS[code]) % told
    return str(_("“%(label)s”: %(text)s", label=told["label"], text=_worded_by_plugin(str(told.get("text") or code))))


def _worded_by_plugin(text: str) -> str:
    """A label or sentence of a plugin in the reader's language, where core has it."""
    return str(_(text)) if text else ""


def detail_value(field: DetailField, value: Any) -> str:
    """A stored detail value as people read it: the word of a choice, yes or no, a day."""
    if field.kind == "boolean":
        return str(_("yes") if value else _("no"))
    if field.kind == "choice":
        return str(_(dict(field.choices).get(str(value), str(value))))
    if field.kind == "date":
        return day_text(date.fromisoformat(value), year=True, weekday=False)
    return str(value)


def detail_lines(kind: CourseType, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The detail fields of a training as (label, text); what nobody declares (any more) keeps its name."""
    known = {field.name: field for field in kind.spec.detail_fields}
    lines = [(str(_(f.label)), detail_value(f, values[name])) for name, f in known.items() if values.get(name) not in (None, "")]
    return lines + [(name, str(value)) for name, value in values.items() if name not in known]


def reason_text(reason: str) -> str:
    """Return why somebody must come, from the stored reason."""
    return _worded(REASONS, reason)


def left_out_text(left_out: LeftOut) -> str:
    """Return why somebody need not come."""
    return _worded(LEFT_OUT, left_out.reason)


def _worded(words: Mapping[str, Any], reason: str) -> str:
    code, value = reason_parts(reason)
    text = words.get(code)
    if text is None:
        return reason
    told: dict[str, Any] = {"n": value, "text": value, "day": value}
    if code in ("homeroom_since", "new_since", "left", "not_yet"):
        told["day"] = day_text(date.fromisoformat(value), weekday=False)
    return str(text) % told
