"""Parent meetings, heart talks, assemblies, law lessons: the list of a term, entering, recording, cancelling, the workbook."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings import activity_wording as wording
from trainhub.class_meetings.activity_forms import activity_id_of, entry_of, kind_of, whole_number
from trainhub.class_meetings.queries.activities import (
    ActivityLine,
    ActivityList,
    Reach,
    activity_line,
    activity_list,
    all_activities,
    last_of,
    reach_of,
    seen_activity,
)
from trainhub.class_meetings.queries.board import TermKey
from trainhub.class_meetings.rules.activities import CLASS_KINDS, KINDS, ActivityRefused, Kind
from trainhub.class_meetings.rules.naming import TextMayName
from trainhub.class_meetings.service.activities import (
    Entered,
    cancel_activity,
    enter_activity,
    record_activity,
    undo_activity,
)
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.terms import term_asked, term_choices
from trainhub.class_meetings.wording import term_words
from trainhub.courses.queries import lesson_packs
from trainhub.courses.rules import PARENT_MEETING
from trainhub.documents import xlsx
from trainhub.documents.sheets import Cell, Column, SheetSpec
from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import calendar, org
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.pages import attachment, form_page, page, redirect_to, toast

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE
WEEKS = 5
TIMES: Mapping[str, tuple[str, str]] = {
    "parent_meeting": ("18:30", "19:30"),
    "assembly": ("08:00", "08:40"),
    "law_lesson": ("14:00", "14:40"),
}
Fields = Mapping[str, Any]


@blueprint.get("/meetings/activities")
@needs(READ)
def activities() -> Response:
    """The term's activities, filtered by kind, with the numbers on top."""
    actor = current_actor()
    key, kind = term_asked(actor, actor.org_id), request.args.get("kind", "")
    kind = kind if kind in KINDS else ""
    found = activity_list(read_session(), actor, key, kind, request.args.get("page", 1, int), local_day(now()))
    return page(
        "class_meetings/activities.html", found=found, key=key, kind=kind, words=wording, shown=shown_state, chips=_chips(found, kind),
        terms=term_choices(key, "class_meetings.activities", kind=kind or None), term_text=term_words(key.school_year, key.season),
        may_enter=_may_enter(actor, found.reach), turn=_turn(found, kind),
    )  # fmt: skip


def shown_state(line: ActivityLine) -> str:
    """The state as people see it: what is over and has no numbers yet is to be recorded."""
    return "to_record" if line.state == "planned" and line.ends_at <= now() else line.state


def _chips(found: ActivityList, kind: str) -> list[tuple[str, int, str, bool]]:
    term, counts = found.key.text, found.counts
    all_of = (_("All"), sum(counts.values()), url_for("class_meetings.activities", term=term), not kind)
    return [all_of, *(
        (str(wording.KIND_WORDS[one]), counts.get(one, 0), url_for("class_meetings.activities", term=term, kind=one), kind == one) for one in KINDS
    )]  # fmt: skip


def _turn(found: ActivityList, kind: str) -> Callable[[int], str]:
    def to(number: int) -> str:
        inside = 1 <= number <= found.pages
        return (
            url_for("class_meetings.activities", term=found.key.text, kind=kind or None, page=number) if inside else ""
        )

    return to


def _may_enter(actor: Actor, reach: Reach) -> bool:
    return actor.can(Permission.MEETING_WRITE) or (bool(reach.classes) and not reach.whole and actor.can(WRITE))


# --- entering and recording ----------------------------------------------------------------------


@blueprint.route("/meetings/activities/new", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def new_activity() -> Any:
    """One form for what is to come and for what was held."""
    actor = current_actor()
    try:
        kind = kind_of(request.values.get("kind", "parent_meeting"))
        if request.method == "GET":
            return _entry_page(page, actor, kind, None)
        with transaction() as session:
            done = enter_activity(session, actor, activity_id_of(request.form), entry_of(request.form, kind), now())
    except NotFound:
        raise
    except DomainError as error:
        return _entry_page(form_page, actor, _kind_or_first(), None, error)
    _say(done)
    return redirect_to("class_meetings.activity", activity_id=done.id)


def _kind_or_first() -> Kind:
    try:
        return kind_of(request.values.get("kind", ""))
    except ActivityRefused:
        return KINDS[0]


@blueprint.route("/meetings/activities/<activity_id>/record", methods=["GET", "POST"])
@needs(get=READ, post=WRITE)
def record_one_activity(activity_id: str) -> Any:
    """Write the numbers of what was planned, or correct what was recorded."""
    actor = current_actor()
    row = seen_activity(read_session(), actor, activity_id, local_day(now()), write=True)
    line = activity_line(read_session(), actor.district_id, row.id)
    kind = kind_of(line.kind)
    if request.method == "GET":
        return _entry_page(page, actor, kind, line)
    try:
        with transaction() as session:
            done = record_activity(
                session, actor, activity_id, entry_of(request.form, kind), now(), seen_version=whole_number(request.form, "version"),
                reason=request.form.get("reason", ""),
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _entry_page(form_page, actor, kind, line, error)
    _say(done, undo=False)
    return redirect_to("class_meetings.activity", activity_id=done.id)


def _say(done: Entered, *, undo: bool = True) -> None:
    undo_url = url_for("class_meetings.undo_one_activity", activity_id=done.id) if undo and not done.repeated else ""
    toast(_("Recorded.") if done.state == "recorded" else _("Planned."), undo_url=undo_url, undo_label=_("Undo"))
    if done.late:
        toast(_("It came after the days the rule gives and is marked as recorded late."), "info")
    if done.warning == "no_school_day":
        toast(_("That day is no school day. For parents that is fine; check that the date is right."), "warn")


def _entry_page(
    answer: Any, actor: Actor, kind: Kind, line: ActivityLine | None, error: DomainError | None = None
) -> Response:
    session, today = read_session(), local_day(now())
    reach = reach_of(session, actor, today, write=True)
    fields = (
        request.form if request.method == "POST" else _of_line(line) if line else _proposed(actor, reach, kind, today)
    )
    grades = sorted(Counter(one.grade for one in reach.classes).items())
    packs = lesson_packs(session, Scope(actor.district_id, None), PARENT_MEETING) if kind == "parent_meeting" else ()
    shown: Response = answer(
        "class_meetings/activity_form.html", kind=kind, line=line, reach=reach, fields=fields, words=wording, packs=packs,
        kinds=[one for one in KINDS if reach.whole or one in CLASS_KINDS], id=request.form.get("id") or new_id(), today=today,
        chosen=request.form.getlist("grade") if request.method == "POST" else request.args.getlist("grade"),
        grades=[(grade, count, sum(one.pupils for one in reach.classes if one.grade == grade)) for grade, count in grades],
        topics=wording.choices(kind, wording.TOPIC_FIELD.get(kind, "")), speakers=wording.choices(kind, "speaker"),
        weeks=_weeks(actor, reach, today, str(fields.get("day", ""))) if kind == "heart_talk" else (),
        error=sentence(_worded(error)) if error else "", field=error.field if error else "", may_name=isinstance(error, TextMayName),
    )  # fmt: skip
    return shown


def _worded(error: DomainError) -> DomainError:
    """A refusal of a plugin's own says it in a sentence of the plugin, translated where we have it."""
    if error.code == "activity_other":
        error.params = {"text": _(str(error.params.get("text") or "?"))}
    return error


def _proposed(actor: Actor, reach: Reach, kind: Kind, today: date) -> Fields:
    """What a new form is filled with: today, the usual times, and what the last one of its kind was like."""
    last = last_of(read_session(), actor, reach, kind)
    own = reach.classes[0] if reach.classes and not reach.whole else None
    asked = next((one for one in reach.classes if one.id == request.args.get("class")), own)
    starts, ends = TIMES.get(kind, ("", ""))
    fields: dict[str, Any] = {
        "day": today.isoformat(),
        "starts": starts,
        "ends": ends,
        "class": asked.id if asked else "",
    }
    if asked and kind == "parent_meeting":
        fields["invited"] = asked.pupils or ""
    if last is not None and kind != "heart_talk":
        fields |= {
            "starts": time_text(last.starts_at),
            "ends": time_text(last.ends_at),
            "place": last.place,
            "led_by": last.led_by,
            "speaker": last.speaker,
        }
    return fields


def _of_line(line: ActivityLine) -> Fields:
    return {
        "day": local_day(line.starts_at).isoformat(), "starts": time_text(line.starts_at), "ends": time_text(line.ends_at), "title": line.title,
        "place": line.place, "led_by": line.led_by, "topic": line.topic, "speaker": line.speaker, "pack": line.pack_id or "",
        "invited": "" if line.invited is None else line.invited, "came": "" if line.came is None else line.came,
        "took_part": "" if line.took_part is None else line.took_part, "material": line.material or None, "feedback": line.feedback,
    }  # fmt: skip


def _weeks(actor: Actor, reach: Reach, today: date, chosen: str) -> list[tuple[str, str]]:
    """The last weeks as choices, named as schools name them; the chosen one among them."""
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=n) for n in range(WEEKS)]
    days = calendar(read_session(), actor.district_id, reach.school_id, mondays[-1], monday + timedelta(days=6))
    found = []
    for one in mondays:
        span = f"{day_text(one, weekday=False)}–{day_text(one + timedelta(days=6), weekday=False)}"
        found.append(((today if one == monday else one).isoformat(), f"{days.week_label(one)} {span}".strip()))
    if chosen and chosen not in dict(found):
        found.append((chosen, chosen))
    return found


# --- one of them ---------------------------------------------------------------------------------


@blueprint.get("/meetings/activities/<activity_id>")
@needs(READ)
def activity(activity_id: str) -> Response:
    """One activity, as a page that prints."""
    return _activity_page(page, activity_id)


def _activity_page(answer: Any, activity_id: str, error: DomainError | None = None) -> Response:
    actor, today = current_actor(), local_day(now())
    seen_activity(read_session(), actor, activity_id, today)
    line = activity_line(read_session(), actor.district_id, activity_id)
    reach = reach_of(read_session(), actor, today, write=True)
    mine = reach.whole and reach.school_id == line.school_id
    may_write = (
        line.state != "cancelled" and actor.can(WRITE) and (mine or line.class_id in {one.id for one in reach.classes})
    )
    shown: Response = answer(
        "class_meetings/activity.html", line=line, words=wording, shown=shown_state(line), may_write=may_write, key=TermKey(line.school_year, line.season),
        error=sentence(error) if error else "", may_name=isinstance(error, TextMayName), reason=request.form.get("reason", ""),
    )  # fmt: skip
    return shown


@blueprint.post("/meetings/activities/<activity_id>/cancel")
@needs(WRITE)
def cancel_one_activity(activity_id: str) -> Any:
    """Cancel it with a reason."""
    form = request.form
    try:
        with transaction() as session:
            cancel_activity(
                session, current_actor(), activity_id, form.get("reason", ""), now(), seen_version=whole_number(form, "version"),
                names_confirmed="confirmed" in form,
            )  # fmt: skip
    except NotFound:
        raise
    except DomainError as error:
        return _activity_page(form_page, activity_id, error)
    toast(_("Cancelled. It counts for nothing and stays readable."))
    return redirect_to("class_meetings.activity", activity_id=activity_id)


@blueprint.post("/meetings/activities/<activity_id>/undo")
@needs(WRITE)
def undo_one_activity(activity_id: str) -> Any:
    """Take back what was just entered."""
    try:
        with transaction() as session:
            undo_activity(session, current_actor(), activity_id, now())
        toast(_("Taken back."))
    except NotFound:
        raise
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("class_meetings.activities")


# --- the workbook --------------------------------------------------------------------------------


@blueprint.get("/meetings/activities.xlsx")
@needs(Permission.MEETING_EXPORT)
def activities_xlsx() -> Response:
    """The term's activities as a workbook: counts, never a person."""
    actor, moment = current_actor(), now()
    key = term_asked(actor, actor.org_id)
    _reach, lines, numbers = all_activities(read_session(), actor, key, local_day(moment))
    unit = org(read_session(), actor.scope(Permission.MEETING_EXPORT), actor.org_id)
    title = _("Other education against bullying, %(term)s", term=term_words(key.school_year, key.season))
    duty = _(
        "Law lessons by law vice-principals this school year: %(n)s of %(owed)s",
        n=numbers.year_lessons,
        owed=numbers.year_owed,
    )
    sheet = SheetSpec(
        title, _columns(), (_cells(number, line) for number, line in enumerate(lines, 1)), (unit.name, duty)
    )
    content = xlsx.write([sheet], created_by=actor.display_name, created_at=moment)
    return attachment(
        content, xlsx.download_name(unit.name, _("other education"), key.text, day=local_day(moment)), xlsx.MEDIA_TYPE
    )


def _columns() -> list[Column]:
    return [
        Column(_("No."), "int", 6), Column(_("Kind"), width=12), Column(_("Time"), width=30), Column(_("Whom it concerns"), width=18),
        Column(_("Topic"), width=30), Column(_("Topic or law"), width=24), Column(_("Led by"), width=20), Column(_("Speaker"), width=20),
        Column(_("Place"), width=14), Column(_("Course pack"), width=26), Column(_("Households invited"), "int", 10),
        Column(_("Households that came"), "int", 10), Column(_("Talks"), "int", 8), Column(_("Pupils"), "int", 8),
        Column(_("Material given"), width=10), Column(_("State"), width=12), Column(_("Recorded"), "date", 14),
        Column(_("Recorded late"), width=10), Column(_("Reason"), width=30),
    ]  # fmt: skip


def _cells(number: int, line: ActivityLine) -> list[Cell]:
    talks = line.kind == "heart_talk"
    return [
        number, str(wording.KIND_WORDS[line.kind]), wording.when_words(line, year=True), wording.whom_words(line), wording.title_words(line),
        wording.topic_words(line), line.led_by, wording.speaker_words(line), line.place, f"{line.pack_id} {line.pack_version}" if line.pack_id else "",
        line.invited, line.came, line.took_part if talks else None, None if talks else line.took_part, _("yes") if line.material else "",
        str(wording.STATE_WORDS[shown_state(line)]), local_day(line.recorded_at) if line.recorded_at else None,
        _("late") if line.late else "", line.reason,
    ]  # fmt: skip
