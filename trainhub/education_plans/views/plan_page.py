"""The page of one plan (screen 12): figures, ledger, chart, process; who the pupil is for sixty seconds, with a reason."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, url_for

from trainhub.accounts.fresh import reauthenticated
from trainhub.education_plans import hour_wording as words
from trainhub.education_plans.hour_forms import make_up_command, moment_of
from trainhub.education_plans.plan_wording import refusal
from trainhub.education_plans.queries.access import seen_plan, those_seen
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.plan_page import PlanPage, plan_page
from trainhub.education_plans.queries.proofs import Key, ProofRow, proofs_of
from trainhub.education_plans.rules.fields import code_of, tenths
from trainhub.education_plans.rules.hours import ABSENCE_REFUSALS, HourRefused
from trainhub.education_plans.service.absences import TellGuardian, guardian_told, mark_absent, plan_make_up
from trainhub.education_plans.service.review import materials_of
from trainhub.education_plans.service.scheduling import LessonRefused
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import absent_command, done, shown_name
from trainhub.education_plans.views.chart import chart_of
from trainhub.education_plans.views.hours import log_address
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast


@blueprint.get("/plans/<plan_id>")
@needs(Permission.PLAN_READ)
def plan(plan_id: str) -> Response:
    """The plan as far as the role sees it; opening it is written down."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "handling"), moment)
        found = plan_page(session, key_ring(), opening, actor, row, moment)
        materials = materials_of(session, row) if found.fields.file else ()
        proofs = proofs_of(session, actor, [row.id] if found.fields.words else [])
        log_url = log_address(session, actor, row.id, moment)
        named = actor.can(Permission.CASE_REVEAL) and bool(those_seen(session, actor, Permission.CASE_REVEAL, [row.id], moment))
    return page("education_plans/plan.html", may_reveal=named, log_url=log_url, **_model(found, materials, proofs))


def _model(found: PlanPage, materials: Any, proofs: Mapping[Key, tuple[ProofRow, ...]]) -> dict[str, Any]:
    open_ones = found.figures.make_up - found.figures.make_up_booked
    return {
        "found": found, "materials": materials, "chart": chart_of(found, local_day(found.opened_at)), "words": words, "op_id": new_id,
        "pace_line": words.pace_words(found.pace, open_ones, found.figures.make_up, found.period),
        "proofs": proofs, "refusal_reasons": [(k, words.REASONS[k]) for k in ABSENCE_REFUSALS],
        "absence_reasons": words.absence_reasons(), "purposes": words.purposes(), "channels": list(words.CHANNELS.items()),
        "per": lambda minutes: tenths(minutes, found.period), "today": local_day(found.opened_at),
    }


@blueprint.post("/plans/<plan_id>/reveal")
@needs(Permission.CASE_REVEAL)
@reauthenticated
def reveal(plan_id: str) -> Response:
    """Who the pupil is, for sixty seconds: the page goes back by itself, with or without scripts."""
    actor, moment = current_actor(), now()
    purpose = request.form.get("purpose", "")
    with transaction() as session:
        row = seen_plan(session, actor, Permission.CASE_REVEAL, plan_id, moment)
        return shown_name(session, row, Permission.CASE_REVEAL, purpose, url_for("education_plans.plan", plan_id=row.id))


@blueprint.post("/plans/<plan_id>/lessons/<lesson_id>/absent")
@needs(Permission.PLAN_WRITE)
def absent(plan_id: str, lesson_id: str) -> Any:
    """Note that a lesson was missed."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        mark_absent(session, actor, key_ring(), absent_command(plan_id, lesson_id), moment, permission=Permission.PLAN_WRITE)

    return done(write, words.said_absent(), "education_plans.plan", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/lessons/<lesson_id>/told")
@needs(Permission.PLAN_WRITE)
def told(plan_id: str, lesson_id: str) -> Any:
    """Note when the guardian was told of a missed lesson."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        command = TellGuardian(plan_id, lesson_id, moment_of(request.form), request.form.get("channel", "")[:12])
        guardian_told(session, actor, key_ring(), command, moment)

    return done(write, words.said_told(), "education_plans.plan", plan_id=plan_id)


@blueprint.route("/plans/<plan_id>/lessons/<lesson_id>/make-up", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def make_up(plan_id: str, lesson_id: str) -> Any:
    """Plan the lesson that makes up for a missed one."""
    actor, moment, problem = current_actor(), now(), None
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        title, minutes = code_of(row.year, row.number), row.lesson_minutes
    if request.method == "POST":
        try:
            with transaction() as session:
                plan_make_up(session, actor, make_up_command(request.form, plan_id, lesson_id), moment, ring=key_ring())
        except (HourRefused, LessonRefused) as error:
            problem = error
        else:
            toast(words.said_planned())
            return redirect_to("education_plans.plan", plan_id=plan_id)
    model = {"title": title, "plan_id": plan_id, "form": request.form, "problem": refusal(problem), "minutes": minutes}
    return form_page("education_plans/make_up.html", 422 if problem else 200, **model)


