"""Timetables and calendars as files: choose one, see what it would change, write it, withdraw it."""

from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.evidence.messages import refusal_sentence
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api import Refused, Upload
from trainhub.roster import queries, service
from trainhub.roster.calendar_rules import next_school_year, school_year_of
from trainhub.roster.forms import CalendarUploadForm, TimetableUploadForm, options
from trainhub.roster.messages import SEASON_LABELS
from trainhub.roster.refusals import UnreadableFile
from trainhub.roster.timetable_messages import trouble_text
from trainhub.roster.views import blueprint
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import form_page, page, redirect_to, toast

SHOWN = 300
"""Rows shown of each kind; a file with more problems is better corrected in its program."""
_APPLY = {"timetable": service.apply_timetable, "calendar": service.apply_calendar}
_WITHDRAW = {"timetable": service.withdraw_timetable, "calendar": service.withdraw_calendar}
_DISCARD = {"timetable": service.discard_timetable, "calendar": service.discard_calendar}


def _upload() -> Upload | None:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return None
    return Upload(sent.filename.replace("\\", "/").rpartition("/")[2][:200], sent.stream.read())


def _why_unreadable(error: UnreadableFile, kind: str) -> str:
    cause = error.__cause__
    if isinstance(cause, Refused) and cause.code == "no_header":
        if kind == "timetable":
            return _("No timetable was found: neither a grid with 星期一 to 星期五 above and lesson numbers on the left, nor a list with the "
                     "columns 班级, 星期, 节次 and 课程. Put one of them in and choose the file again.")
        return _("No list of days was found. It needs a column 日期 and a column 安排 (放假 or 上课). Put them in and choose the file again.")
    return refusal_sentence(cause, _) if isinstance(cause, Refused) else sentence(error)


def term_choices(session: Any) -> list[tuple[str, str]]:
    """The terms one may speak of now: (``2026-2027|autumn``, words), the running or next one first."""
    actor, day = current_actor(), local_day(now())
    year = school_year_of(day)
    wanted = [(year, "autumn"), (year, "spring"), (next_school_year(year), "autumn")]
    bounds = {key: queries.term_bounds(session, actor.district_id, actor.org_id, *key) for key in wanted}
    open_ones = [key for key in wanted if bounds[key][1] >= day] or wanted
    return [(f"{key[0]}|{key[1]}", f"{key[0]} {SEASON_LABELS[key[1]]}") for key in open_ones]


# --- timetable --------------------------------------------------------------------------------------


@blueprint.route("/roster/timetable/import", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def timetable_upload() -> Any:
    """Choose a timetable. It is read in a process of its own, before any transaction."""
    actor, form, upload = current_actor(), TimetableUploadForm(), _upload()
    if request.method == "GET":
        return _upload_page("timetable", form)
    year, _bar, season = request.form.get("term", "").partition("|")
    if upload is None or not form.validate() or f"{year}|{season}" not in dict(term_choices(read_session())):
        return _upload_page("timetable", form, _("Choose the file with the timetable and its term first."), 422)
    try:
        command = _read_timetable(upload, year, season, form.first_day.data)
        with transaction() as session:
            batch_id = service.stage_timetable(session, actor, command, now())
    except UnreadableFile as error:
        return _upload_page("timetable", form, _why_unreadable(error, "timetable"), 422)
    except DomainError as error:
        return _upload_page("timetable", form, sentence(error), error.status)
    return redirect_to("roster.timetable_check", batch_id=batch_id)


def _read_timetable(upload: Upload, year: str, season: str, first_day: date | None) -> service.StageTimetable:
    actor, session = current_actor(), read_session()
    first, last = queries.term_bounds(session, actor.district_id, actor.org_id, year, season)
    day = first_day or min(max(local_day(now()), first), last)
    names = frozenset(queries.teachers(session, actor.district_id, actor.org_id, day))
    session.rollback()  # reading may take seconds: hold nothing meanwhile
    return service.StageTimetable(actor.org_id, upload, service.read_timetable_file(upload, names), year, season, day)


@blueprint.route("/roster/timetable/import/<batch_id>", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def timetable_check(batch_id: str) -> Any:
    """What the timetable would change; writing it is the POST."""
    return _check("timetable", batch_id)


@blueprint.post("/roster/timetable/import/<batch_id>/withdraw")
@needs(Permission.ROSTER_WRITE)
def timetable_withdraw(batch_id: str) -> Any:
    """Put the timetable back."""
    return _withdraw("timetable", batch_id)


@blueprint.post("/roster/timetable/import/<batch_id>/discard")
@needs(Permission.ROSTER_WRITE)
def timetable_discard(batch_id: str) -> Any:
    """Drop a staged timetable."""
    return _discard("timetable", batch_id)


# --- calendar ---------------------------------------------------------------------------------------


@blueprint.route("/roster/calendar/import", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def calendar_upload() -> Any:
    """Choose a file of days off and make-up workdays."""
    actor, form, upload = current_actor(), CalendarUploadForm(), _upload()
    if request.method == "GET":
        return _upload_page("calendar", form)
    if upload is None or not form.validate():
        return _upload_page("calendar", form, _("Choose the file with the days first."), 422)
    try:
        sheet = service.read_calendar_upload(upload, school_year_of(local_day(now())))
    except UnreadableFile as error:
        return _upload_page("calendar", form, _why_unreadable(error, "calendar"), 422)
    with transaction() as session:
        batch_id = service.stage_calendar(session, actor, actor.org_id, upload, sheet, now())
    return redirect_to("roster.calendar_check", batch_id=batch_id)


@blueprint.route("/roster/calendar/import/<batch_id>", methods=["GET", "POST"])
@needs(get=Permission.ROSTER_READ, post=Permission.ROSTER_WRITE)
def calendar_check(batch_id: str) -> Any:
    """What the file would change; writing it is the POST."""
    return _check("calendar", batch_id)


@blueprint.post("/roster/calendar/import/<batch_id>/withdraw")
@needs(Permission.ROSTER_WRITE)
def calendar_withdraw(batch_id: str) -> Any:
    """Put the days back."""
    return _withdraw("calendar", batch_id)


@blueprint.post("/roster/calendar/import/<batch_id>/discard")
@needs(Permission.ROSTER_WRITE)
def calendar_discard(batch_id: str) -> Any:
    """Drop a staged calendar."""
    return _discard("calendar", batch_id)


# --- both -------------------------------------------------------------------------------------------


def _upload_page(kind: str, form: Any, error: str = "", status: int = 200) -> Any:
    actor, session = current_actor(), read_session()
    if kind == "timetable":
        form.term.choices = options(term_choices(session))
    found = queries.batches(session, actor.scope(Permission.ROSTER_READ), actor.org_id, [kind])
    return page("roster/sheet_upload.html", status, kind=kind, form=form, form_error=error, batches=found,
                may_write=actor.can(Permission.ROSTER_WRITE))


def _batch(kind: str, batch_id: str) -> queries.SheetBatch:
    return queries.sheet_batch(read_session(), current_actor().scope(Permission.ROSTER_READ), kind, batch_id)


def _model(batch: queries.SheetBatch, error: str = "") -> dict[str, Any]:
    plan = batch.timetable if batch.kind == "timetable" else batch.days
    said = [(one.place, *trouble_text(one), one.blocks) for one in sorted(plan.troubles, key=lambda t: not t.blocks)]
    return {"batch": batch, "plan": plan, "troubles": said[:SHOWN], "trouble_count": len(said), "error": error, "moment": now(), "shown": SHOWN,
            "may_write": current_actor().can(Permission.ROSTER_WRITE)}


def _check(kind: str, batch_id: str) -> Any:
    batch = _batch(kind, batch_id)
    if request.method == "GET" or batch.state != "staged":
        return page("roster/sheet_check.html", **_model(batch))
    version = request.form.get("version", "")
    try:
        with transaction() as session:
            count = _APPLY[kind](session, current_actor(), batch_id, int(version) if version.isdecimal() and len(version) < 9 else 0, now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return form_page("roster/sheet_check.html", error.status, **_model(_batch(kind, batch_id), sentence(error)))
    toast(_("%(n)s changes are written. You can withdraw them for 24 hours.", n=count))
    return redirect_to(f"roster.{kind}_check", batch_id=batch_id)


def _withdraw(kind: str, batch_id: str) -> Any:
    reason = request.form.get("reason", "")[:200]
    try:
        with transaction() as session:
            _WITHDRAW[kind](session, current_actor(), batch_id, reason, now())
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(_("The file is withdrawn: everything is as it was before. The withdrawal stays on record."))
    return redirect_to(f"roster.{kind}_check", batch_id=batch_id)


def _discard(kind: str, batch_id: str) -> Any:
    try:
        with transaction() as session:
            _DISCARD[kind](session, current_actor(), batch_id)
    except DomainError as error:
        if error.status in (403, 404):
            raise
        toast(sentence(error), "error")
    else:
        toast(_("The file is dropped. Nothing was written."))
    return redirect_to(f"roster.{kind}_upload")


