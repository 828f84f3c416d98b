"""The timetable of a week, lesson times, and the class-meeting lesson of classes without a timetable file."""

from datetime import date, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.roster import queries, service
from trainhub.roster.calendar_rules import school_year_of
from trainhub.roster.forms import LessonTimesForm, MeetingLessonForm
from trainhub.roster.timetable_messages import minute_of
from trainhub.roster.timetable_rules import season_of, times_on, usual_times
from trainhub.roster.views import blueprint, say_errors
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

LESSONS_SHOWN = 12


@blueprint.get("/roster/timetable")
@needs(Permission.ROSTER_READ)
def timetable() -> Any:
    """The week of a class or a teacher, and the class-meeting lessons of all classes."""
    actor, session = current_actor(), read_session()
    day = plausible_day(request.args.get("week", "")) or local_day(now())
    chosen, person = request.args.get("class", "")[:32], request.args.get("teacher", "")[:32]
    scope = actor.scope(Permission.ROSTER_READ)
    found = queries.timetable_page(session, scope, actor.org_id, day, class_id=chosen, teacher_id="" if chosen else person)
    return page(
        "roster/timetable.html", found=found, class_id=chosen, teacher_id="" if chosen else person, day=day,
        before=found.week_first - timedelta(days=7), after=found.week_first + timedelta(days=7),
        may_write=actor.can(Permission.ROSTER_WRITE), form=_meeting_form(found),
    )


def _meeting_form(found: queries.TimetablePage) -> MeetingLessonForm:
    today = local_day(now())
    first, last = found.term or (today, date.max)
    return MeetingLessonForm(formdata=None, from_on=min(max(today, first), last), weekday="1", weeks="all")


@blueprint.post("/roster/timetable/meetings")
@needs(Permission.ROSTER_WRITE)
def meeting_lesson() -> Any:
    """Give the ticked classes their weekly class-meeting lesson."""
    actor, form = current_actor(), MeetingLessonForm()
    ids = tuple(dict.fromkeys(request.form.getlist("class")))
    if not ids:
        toast(_("Tick the classes first."), "error")
        return redirect_to("roster.timetable")
    if not form.validate():
        say_errors(form)
        return redirect_to("roster.timetable")
    year, season = _term_on(form.from_on.data)
    command = service.SetMeetingLesson(actor.org_id, ids, year, season, form.from_on.data, int(form.weekday.data), form.lesson_no.data,
                                       form.weeks.data)
    try:
        with transaction() as session:
            count = service.set_meeting_lesson(session, actor, command, now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(_("%(n)s classes have this class-meeting lesson now.", n=count) if count else _("These classes had this lesson already."))
    return redirect_to("roster.timetable", week=form.from_on.data.isoformat())


def _term_on(day: date) -> tuple[str, str]:
    """The school year and season of a day, by the stored terms or the months."""
    actor, session = current_actor(), read_session()
    days = queries.calendar(session, actor.district_id, actor.org_id, day, day)
    session.rollback()
    term = days.term(day)
    return (term.school_year, term.season) if term else (school_year_of(day), season_of(day))


@blueprint.route("/roster/timetable/times", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def lesson_times() -> Any:
    """The lesson times of the school; a set holds from a day until the next one."""
    actor, form = current_actor(), LessonTimesForm()
    if request.method == "GET":
        return _times_page(form)
    spans, unreadable = _spans()
    if not form.validate() or unreadable:
        return _times_page(form, _("Lesson %(n)s needs a beginning and an end, as in 08:00.", n=unreadable) if unreadable else "", 422)
    command = service.SetLessonTimes(actor.org_id, form.from_on.data, form.stage.data, spans)
    try:
        with transaction() as session:
            service.set_lesson_times(session, actor, command, now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _times_page(form, sentence(error), error.status)
    toast(_("The lesson times are recorded.") if spans else _("This set of lesson times is taken back."))
    return redirect_to("roster.lesson_times")


def _spans() -> tuple[dict[int, tuple[int, int]], int]:
    """The times typed, and the number of the first lesson that cannot be read (0 where all can)."""
    spans: dict[int, tuple[int, int]] = {}
    for number in range(1, LESSONS_SHOWN + 1):
        texts = [request.form.get(f"{edge}-{number}", "").strip() for edge in ("start", "end")]
        if any(texts):
            start, end = (minute_of(text) for text in texts)
            if start is None or end is None:
                return spans, number
            spans[number] = (start, end)
    return spans, 0


def _times_page(form: LessonTimesForm, error: str = "", status: int = 200) -> Any:
    actor, day = current_actor(), local_day(now())
    rows = queries.lesson_time_sets(read_session(), actor.scope(Permission.ROSTER_READ), actor.org_id)
    sets: dict[tuple[date, str], list[queries.LessonTimeRow]] = {}
    for row in rows:
        sets.setdefault((row.from_on, row.stage), []).append(row)
    current = times_on(rows, day, "")
    shown = {row.lesson_no: (row.starts_at_minute, row.ends_at_minute) for row in current} or dict(enumerate(usual_times("primary")[:8], 1))
    if request.method == "POST":
        shown = _spans()[0]
    if request.method == "GET" and form.from_on.data is None:
        form.from_on.data = day
    return page("roster/lesson_times.html", status, form=form, error=error, shown=shown, numbers=range(1, LESSONS_SHOWN + 1),
                sets=sorted(sets.items(), reverse=True), entered=bool(current), may_write=actor.can(Permission.ROSTER_WRITE))
