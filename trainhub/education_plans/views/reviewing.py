"""The completion review (结案评估): papers, voices, the committee's decision with its doubts in words, what follows."""

from datetime import datetime
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.plan_forms import decision_of
from trainhub.education_plans.plan_messages import REVIEWS
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import plan_paper, review_file
from trainhub.education_plans.queries.plan_page import time_over
from trainhub.education_plans.rules.fields import code_of, fields_for
from trainhub.education_plans.rules.lifecycle import RUNNING, PlanState, PlanStepRefused
from trainhub.education_plans.rules.review import AIMS, LEVELS, OTHER_SIDE, ReviewOutcome, Voice
from trainhub.education_plans.service.review import (
    CONCLUSIONS,
    ESCALATIONS,
    SPECIAL_SCHOOL_ANSWERS,
    Escalate,
    ReviewRefused,
    Say,
    add_voice,
    answer_referral,
    conclude,
    decide_review,
    escalate,
    materials_of,
    note_part_done,
    open_review,
    waive_part,
)
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, redirect_to, toast


@blueprint.get("/plans/<plan_id>/review")
@needs(Permission.PLAN_READ)
def review_page(plan_id: str) -> Response:
    """What the review has and lacks, and the form of its decision."""
    return _page(plan_id, None, {})


def _page(plan_id: str, problem: DomainError | None, given: dict[str, str]) -> Response:
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "review"), moment)
        held, said = plan_paper(session, key_ring(), opening, row), review_file(session, key_ring(), opening, row)
        code, may = code_of(row.year, row.number), fields_for(actor.role).file
        return form_page(
            "education_plans/review.html", 422 if problem else 200, held=held, file=said, plan=row, code=code, may=may,
            title=_("Review of plan %(code)s", code=code), materials=materials_of(session, row), words=plan_wording, hours=hour_wording, given=given,
            problem=_said(problem), aims=AIMS, levels=LEVELS, other_sides=OTHER_SIDE, outcomes=list(ReviewOutcome), today=local_day(moment),
            voices=[(v.value, plan_wording.VOICES[v.value]) for v in Voice], conclusions=[("", "–")] + [(c, plan_wording.CONCLUSION_WORDS[c]) for c in CONCLUSIONS],
            escalations=[(k, plan_wording.ESCALATIONS[k]) for k in ESCALATIONS], answers=[(k, plan_wording.ANSWERS[k]) for k in SPECIAL_SCHOOL_ANSWERS],
            running=PlanState(row.state) in RUNNING, over=PlanState(row.state) in RUNNING and time_over(session, row, local_day(moment)),
            concludes=actor.person_id is not None and actor.person_id == row.psychologist_id and actor.can(Permission.HOURS_OWN_WRITE),
        )


def _said(problem: DomainError | None) -> str:
    """What is wrong, doubts and missing things by name."""
    if problem is None:
        return ""
    if isinstance(problem, ReviewRefused):
        why = str(problem.params.get("why", ""))
        return str(plan_wording.DOUBTS.get(str(problem.params.get("doubt")), "")) if why == "doubt" else str(REVIEWS.get(why, sentence(problem)))
    if isinstance(problem, PlanStepRefused):
        return str(_("Not yet. Missing: %(what)s.", what=plan_wording.missing_words(problem.params.get("missing", ()))))
    return sentence(problem)


def _write(plan_id: str, write: Any) -> Any:
    """Write in one transaction and come back with a word, or with the form as it was typed."""
    try:
        with transaction() as session:
            said = write(session, current_actor(), now())
    except NotFound:
        raise
    except DomainError as error:
        return _page(plan_id, error, dict(request.form.items()))
    toast(said)
    return redirect_to("education_plans.review_page", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/review/open")
@needs(Permission.PLAN_WRITE)
def open_one(plan_id: str) -> Any:
    """Hours are there, or the time is over without them: the review begins, with its day."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        return str(_("The review is open; the committee decides by %(day)s.", day=day_text(open_review(session, actor, plan_id, moment))))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/review/voice")
@needs(Permission.PLAN_WRITE)
def voice(plan_id: str) -> Any:
    """Add somebody's word."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        kind = next((v for v in Voice if v.value == request.form.get("voice")), None)
        if kind is None:
            raise ReviewRefused(field="voice", why="voice")
        day = plausible_day(request.form.get("said_on", "")) or local_day(moment)
        conclusion = request.form.get("conclusion", "") if kind is Voice.PSYCHOLOGIST else ""
        add_voice(session, actor, key_ring(), Say(plan_id, kind, request.form.get("text", ""), day, conclusion), moment)
        return str(_("Added to the file."))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/conclusion")
@needs(Permission.HOURS_OWN_WRITE)
def conclusion(plan_id: str) -> Any:
    """The psychologist of a plan concludes; nothing of what was confided."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        conclude(session, actor, key_ring(), plan_id, request.form.get("conclusion", ""), request.form.get("text", ""), moment)
        return str(_("Your conclusion is in the file."))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/parts/<part_id>")
@needs(Permission.PLAN_WRITE)
def part(plan_id: str, part_id: str) -> Any:
    """A guardian's part is done."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        note_part_done(session, actor, plan_id, id_of(part_id), moment)
        return str(_("Noted: the guardian's part is done."))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/parts/<part_id>/waive")
@needs(Permission.PLAN_WRITE)
def waive(plan_id: str, part_id: str) -> Any:
    """A guardian's part is asked no longer, with a reason."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        waive_part(session, actor, plan_id, id_of(part_id), request.form.get("reason", "")[:24], moment)
        return str(_("Settled: this part is asked no longer. It does not count as done."))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/review/decision")
@needs(Permission.PLAN_WRITE)
def decide(plan_id: str) -> Any:
    """Record what the committee decided at the end; doubts come back in words."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        against = decide_review(session, actor, key_ring(), decision_of(request.form, plan_id), moment)
        doubts = " ".join(str(plan_wording.DOUBTS[d]) for d in against)
        return str(_("The decision is recorded.")) + (" " + str(_("Written down with it: %(doubts)s", doubts=doubts)) if doubts else "")

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/escalation")
@needs(Permission.PLAN_WRITE)
def escalation(plan_id: str) -> Any:
    """Record what follows a plan that did not do, by a decision of its own."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        command = Escalate(plan_id, id_of(request.form.get("item", "")), request.form.get("kind", ""), request.form.get("reasons", "")[:4000])
        escalate(session, actor, key_ring(), command, moment)
        return str(_("Recorded. A special school is only ever referred to: the bureau decides, the pupil stays on the roll here."))

    return _write(plan_id, write)


@blueprint.post("/plans/<plan_id>/escalation/<escalation_id>/answer")
@needs(Permission.PLAN_WRITE)
def answer(plan_id: str, escalation_id: str) -> Any:
    """Record the bureau's answer to a referral."""
    def write(session: Any, actor: Any, moment: datetime) -> str:
        seen_plan(session, actor, Permission.PLAN_WRITE, plan_id, moment)
        answer_referral(session, actor, id_of(escalation_id), request.form.get("answer", ""), request.form.get("document", ""), moment)
        return str(_("The bureau's answer is recorded."))

    return _write(plan_id, write)
