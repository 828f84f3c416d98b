"""The words of planning: states, findings, reasons of invitation. Keys come from the rules."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext

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
    "already_planned": _l("The same course pack is already planned on %(day)s (“%(title)s”). Plan it twice?"),
}

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
    for key, value in told.items():
        if isinstance(value, date) and not isinstance(value, datetime):
            told[key] = day_text(value)
        elif isinstance(value, tuple):
            told[key] = ("、" if is_chinese() else ", ").join(value)
    if "starts_at" in told:
        told["span"] = f"{time_text(told['starts_at'])}–{time_text(told['ends_at'])}"
        told["title"] = told["title"] or _("a training of another school")
    return str(PROBLEMS[problem.code]) % told


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
