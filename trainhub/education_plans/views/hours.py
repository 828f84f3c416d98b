"""Pages of who gives lessons: what is to be logged, the form, one's own lines. Neutral titles; a phone is enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from trainhub.accounts.fresh import reauthenticated
from trainhub.education_plans import hour_wording as words
from trainhub.education_plans.hour_forms import id_of, log_command
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.ledger import hours_ledger, own_lines
from trainhub.education_plans.queries.own import (
    OwnLesson,
    conclusions_owed,
    led_plans,
    own_lessons,
    own_modules,
    reading_of,
    waiting_count,
)
from trainhub.education_plans.queries.proofs import proofs_of
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.hours import REACHED, HourRefused
from trainhub.education_plans.service.absences import mark_absent
from trainhub.education_plans.service.hours import log_lesson
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import absent_command, correction_page, done, shown_name
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local, now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast
from trainhub.web.today import Contribution, Job, Say, WeekItem


@blueprint.get("/my-lessons")
@needs(Permission.HOURS_OWN_READ)
def mine() -> Response:
    """Lessons to log, of today and of the next two weeks."""
    actor, moment, session = current_actor(), now(), read_session()
    lessons, modules = own_lessons(session, actor, moment), own_modules(session, actor, moment)
    plans = sorted({(x.code, x.plan_id) for x in lessons} | {(x.code, x.plan_id) for x in modules} | set(led_plans(session, actor, moment)))
    return page(
        "education_plans/my_lessons.html", lessons=lessons, modules=modules, plans=plans, words=words, op_id=new_id,
        absence_reasons=words.absence_reasons(),
    )


@dataclass(frozen=True, slots=True)
class Offered:
    """What the form of a lesson is about: a planned one with its time, or a module for one that was not planned."""

    plan_id: str
    code: str
    module: str
    room: str
    guardian_with: bool
    starts_at: datetime | None = None


@blueprint.route("/my-lessons/<plan_id>/log", methods=["GET", "POST"])
@needs(get=Permission.HOURS_OWN_READ, post=Permission.HOURS_OWN_WRITE)
def log(plan_id: str) -> Any:
    """Log a lesson: times stand there already, one choice and one sentence are asked for."""
    actor, moment, problem = current_actor(), now(), None
    form: MultiDict[str, str] = request.form if request.method == "POST" else request.args
    if request.method == "POST":
        try:
            with transaction() as session:
                logged = log_lesson(session, actor, key_ring(), log_command(form, plan_id), moment)
        except HourRefused as error:
            problem = error
        else:
            late = _("Logged, and marked as late. It counts once somebody else has confirmed it.")
            toast(late if logged.late else _("Logged. It counts once somebody else has confirmed it."))
            if form.get("product") == "yes":  # straight to where its photo is added, if there is to be one
                return redirect_to("education_plans.own_line", plan_id=plan_id, number=logged.number)
            return redirect_to("education_plans.mine")
    offered, given = _offered(actor, plan_id, form, moment)
    return form_page(
        "education_plans/log.html", 422 if problem else 200, words=words, offered=offered, given=given,
        problem=sentence(problem) if problem else "", reached=[(k, words.REACHED_WORDS[k]) for k in REACHED],
    )


def _offered(actor: Actor, plan_id: str, form: MultiDict[str, str], moment: datetime) -> tuple[Offered, dict[str, str]]:
    """What the form is about and what stands in it. Raises NotFound where it is not the actor's."""
    session, lesson_id, module_id = read_session(), id_of(form.get("lesson", "")), id_of(form.get("module", ""))
    lesson = next((x for x in own_lessons(session, actor, moment) if x.plan_id == plan_id and x.lesson_id == lesson_id), None)
    typed = {k: v for k, v in form.items() if k != "csrf_token"} if request.method == "POST" else {}
    if lesson is not None:
        return Offered(plan_id, lesson.code, lesson.module, lesson.room, lesson.guardian_with, lesson.starts_at), _given(lesson) | typed
    module = next((x for x in own_modules(session, actor, moment) if x.plan_id == plan_id and x.module_id == module_id), None)
    if module is None:
        if not typed:
            raise NotFound
        row = seen_plan(session, actor, Permission.HOURS_OWN_READ, plan_id, moment)
        return Offered(plan_id, code_of(row.year, row.number), "", "", guardian_with=False), typed
    ends = moment.replace(second=0, microsecond=0)
    starts = ends - timedelta(minutes=module.lesson_minutes)
    fresh = {
        "op_id": new_id(), "lesson": "", "module": module_id, "day": local(starts).date().isoformat(), "starts": time_text(starts),
        "ends": time_text(ends), "minutes": str(module.lesson_minutes),
    }
    return Offered(plan_id, module.code, module.module, "", guardian_with=False), fresh | typed


def _given(lesson: OwnLesson) -> dict[str, str]:
    return {
        "op_id": new_id(), "lesson": lesson.lesson_id, "module": lesson.module_id, "day": local(lesson.starts_at).date().isoformat(),
        "starts": time_text(lesson.starts_at), "ends": time_text(lesson.ends_at), "minutes": str(lesson.minutes),
    }


@blueprint.post("/my-lessons/<plan_id>/lessons/<lesson_id>/absent")
@needs(Permission.HOURS_OWN_WRITE)
def own_absent(plan_id: str, lesson_id: str) -> Any:
    """The pupil did not come."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        mark_absent(session, actor, key_ring(), absent_command(plan_id, lesson_id), moment)

    return done(write, words.said_absent(), "education_plans.mine")


@blueprint.get("/my-lessons/<plan_id>")
@needs(Permission.HOURS_OWN_READ)
def own_plan(plan_id: str) -> Response:
    """One's own lines of a plan; never the grounds, never what others did."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.HOURS_OWN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.HOURS_OWN_READ, "lesson"), moment)
        lines = own_lines(hours_ledger(session, key_ring(), opening, row, moment), actor.person_id)
        proofs = proofs_of(session, actor, [row.id])
        title = code_of(row.year, row.number)
    return page("education_plans/own_plan.html", rows=lines.rows, proofs=proofs, title=title, plan_id=plan_id, words=words)


@blueprint.post("/my-lessons/<plan_id>/name")
@needs(Permission.HOURS_OWN_WRITE)
@reauthenticated
def own_name(plan_id: str) -> Response:
    """Whom one teaches, for sixty seconds."""
    with transaction() as session:
        row = seen_plan(session, current_actor(), Permission.HOURS_OWN_READ, plan_id, now())
        return shown_name(session, row, Permission.HOURS_OWN_READ, "lesson", url_for("education_plans.own_plan", plan_id=row.id))


@blueprint.route("/my-lessons/<plan_id>/lines/<int:number>/correction", methods=["GET", "POST"])
@needs(get=Permission.HOURS_OWN_READ, post=Permission.HOURS_OWN_WRITE)
def own_correction(plan_id: str, number: int) -> Any:
    """Ask for the correction of an hour one gave."""
    return correction_page(plan_id, number, Permission.HOURS_OWN_READ, Permission.HOURS_OWN_WRITE, "education_plans.own_plan")


# --- the page everybody sees first -------------------------------------------------------------------


def contribute(session: Any, actor: Actor, moment: datetime) -> Contribution | None:
    """A neutral word: so many activities to log, so many to confirm. No name, no code, no subject: others look over one's shoulder."""
    lessons = own_lessons(session, actor, moment) if actor.can(Permission.HOURS_OWN_READ) else []
    waiting = waiting_count(session, actor, moment) if actor.can(Permission.HOURS_CONFIRM) else 0
    lessons = [x for x in lessons if x.shown != "rests"]
    owed = [x for x in lessons if x.shown == "to_log"]
    wanted = conclusions_owed(session, actor, moment)
    if not lessons and not waiting and not wanted:
        return None
    said, jobs = [], []
    if wanted:
        text = ngettext("%(num)s conclusion is asked of you", "%(num)s conclusions are asked of you", len(wanted))
        jobs.append(Job(_("To conclude"), "", text, (), url_for("education_plans.review_page", plan_id=wanted[0]), _("Look at it")))
    if owed:
        text = ngettext("%(num)s activity to log", "%(num)s activities to log", len(owed))
        said.append(Say(text, url_for("education_plans.mine"), bad=True))
        why = _("Times stand there already; one choice and one sentence.")
        jobs.append(Job(_("To be logged"), day_text(owed[0].starts_at), text, ((why,),), _log_url(owed[0]), _("Log it"), primary=True))
    if waiting:
        text = ngettext("%(num)s entry to confirm", "%(num)s entries to confirm", waiting)
        jobs.append(Job(_("To confirm"), "", text, (), url_for("education_plans.confirm_queue"), _("Look at it")))
    week = tuple(
        WeekItem(
            local(x.starts_at).date(), "late" if x.shown == "to_log" else "todo", _("%(time)s activity", time=time_text(x.starts_at)),
            url_for("education_plans.mine"),
        )
        for x in lessons
    )
    return Contribution(say=tuple(said), jobs=tuple(jobs), week=week)


def log_address(session: Any, actor: Actor, plan_id: str, moment: datetime) -> str:
    """Where the actor logs an hour of this plan: the lesson that waits, or a module of theirs; "" for who gives none, or while it does not run."""
    if not actor.can(Permission.HOURS_OWN_WRITE) or not actor.can(Permission.HOURS_OWN_READ):
        return ""
    lesson = next((x for x in own_lessons(session, actor, moment) if x.plan_id == plan_id and x.shown in {"to_log", "today"}), None)
    if lesson is not None:
        return _log_url(lesson)
    module = next((x for x in own_modules(session, actor, moment) if x.plan_id == plan_id), None)
    return url_for("education_plans.log", plan_id=plan_id, module=module.module_id) if module is not None else ""


def _log_url(lesson: OwnLesson) -> str:
    return url_for("education_plans.log", plan_id=lesson.plan_id, lesson=lesson.lesson_id)
