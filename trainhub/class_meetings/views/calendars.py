"""The calendar of class meetings: a week, a term, and what stands under a person's private address."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings.queries.own import MeetingLine, meetings_between
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.plan_words import meeting_url
from trainhub.class_meetings.wording import MEETING_STATES, STATE_KINDS
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import CalendarItem
from trainhub.roster.calendar_rules import SchoolCalendar
from trainhub.roster.queries import calendar
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.pages import page

LOOKS_BACK = timedelta(days=400)
LOOKS_AHEAD = timedelta(days=370)
SPECIAL = ("holiday", "make_up", "own_day_off", "own_school_day")


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One day of a calendar with its meetings. ``label`` names a holiday, a make-up workday, a day off."""

    day: date
    now: bool
    off: bool
    label: str
    meetings: tuple[MeetingLine, ...]


@dataclass(frozen=True, slots=True)
class CalendarWeek:
    """A week from Monday, with its name in the term."""

    label: str
    days: tuple[CalendarDay, ...]


@blueprint.get("/meetings/calendar")
@needs(Permission.MEETING_OWN_READ)
def calendar_page() -> Any:
    """A week (``?day=``) or a term (``?view=term``): one's own meetings, the whole school's for those who may see them."""
    actor, moment = current_actor(), now()
    today = local_day(moment)
    day = plausible_day(request.args.get("day", "")) or today
    whole = actor.can(Permission.MEETING_READ) and request.args.get("whose") != "own"
    days = calendar(read_session(), actor.district_id, actor.org_id, day - timedelta(days=220), day + timedelta(days=220))
    whole_term = request.args.get("view") == "term"
    first, last = _span(days, day, whole_term=whole_term)
    lines = meetings_between(
        read_session(), actor.district_id, first, last, moment, school_id=actor.org_id if whole else "", person_id=actor.person_id or "", today=today
    )
    weeks = _weeks(days, first, last, [m for m in lines if m.shown != "cancelled"], today)
    return page(
        "class_meetings/calendar.html", weeks=weeks, whole_term=whole_term, whole=whole, may_whole=actor.can(Permission.MEETING_READ), day=day, today=today,
        title=_title(days, day, first, last, whole_term=whole_term), around=_around(days, day, first, last, whole_term=whole_term), states=MEETING_STATES, kinds=STATE_KINDS, url=meeting_url, weekdays=_weekdays(),
        count=sum(len(one.meetings) for week in weeks for one in week.days), whose="" if whole else "own",
    )


def _span(days: SchoolCalendar, day: date, *, whole_term: bool) -> tuple[date, date]:
    """Monday to Sunday, or the term of the day from its first Monday; in the vacation the next term, or the last."""
    if whole_term:
        term = days.term(day) or next((t for t in days.terms if t.starts_on >= day), days.terms[-1] if days.terms else None)
        if term is not None:
            return _monday(term.starts_on), _monday(term.ends_on) + timedelta(days=6)
    return _monday(day), _monday(day) + timedelta(days=6 if not whole_term else 20 * 7 - 1)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(days: SchoolCalendar, first: date, last: date, lines: list[MeetingLine], today: date) -> tuple[CalendarWeek, ...]:
    by_day: dict[date, list[MeetingLine]] = {}
    for line in lines:
        if line.starts_at is not None:
            by_day.setdefault(local_day(line.starts_at), []).append(line)
    weeks = []
    for week in range((last - first).days // 7 + 1):
        monday = first + timedelta(days=7 * week)
        shown = [_day(days, monday + timedelta(days=offset), by_day, today) for offset in range(7)]
        label = next((text for one in shown if (text := days.week_label(one.day))), "")
        weeks.append(CalendarWeek(label, tuple(shown)))
    return tuple(weeks)


def _day(days: SchoolCalendar, day: date, by_day: dict[date, list[MeetingLine]], today: date) -> CalendarDay:
    kind = days.kind(day)
    return CalendarDay(day, day == today, not kind.teaching, kind.label if kind.code in SPECIAL else "", tuple(by_day.get(day, ())))


def _title(days: SchoolCalendar, day: date, first: date, last: date, *, whole_term: bool) -> str:
    span = f"{day_text(first, weekday=False)}–{day_text(last, weekday=False)}"
    return span if whole_term else f"{days.week_label(day) or ''} {span}".strip()


def _around(days: SchoolCalendar, day: date, first: date, last: date, *, whole_term: bool) -> tuple[date, date]:
    """The day that leads to the page before and the one that leads to the page after."""
    return (first - timedelta(days=45), last + timedelta(days=45)) if whole_term else (day - timedelta(days=7), day + timedelta(days=7))


def _weekdays() -> tuple[str, ...]:
    return tuple(str(word) for word in (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")))


def own_items(session: Any, district_id: str, person_id: str, moment: datetime) -> tuple[CalendarItem, ...]:
    """A person's class meetings for a calendar: title, class, room. No pupil is named: texts that name one are never saved.

    One statement.
    """
    today = local_day(moment)
    lines = meetings_between(session, district_id, today - LOOKS_BACK, today + LOOKS_AHEAD, moment, person_id=person_id, today=today)
    return tuple(
        CalendarItem(
            f"{line.id}@trainhub", _("Class meeting: %(title)s (%(name)s)", title=line.title, name=line.class_name), line.starts_at, line.ends_at,
            line.room, line.shown in {"cancelled", "missed"}, line.version, None, url_for("class_meetings.mine", _external=True),
        )
        for line in lines if line.starts_at is not None and line.ends_at is not None
    )
