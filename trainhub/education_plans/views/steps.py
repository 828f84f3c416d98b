"""The steps of a plan on one page: committee, guardian, start, rest. Each step is done by who may, from what was decided elsewhere."""

from datetime import datetime
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.cases.queries.refs import guardian_told
from trainhub.cases.service.notices import RecordNotice, record_notice
from trainhub.committees.rules.deciding import ItemKind
from trainhub.committees.service.sittings import AgendaItem, add_item
from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.models import EducationPlan
from trainhub.education_plans.plan_forms import clock_of
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import PlanPaper, plan_paper, rests_of
from trainhub.education_plans.queries.plan_page import time_over
from trainhub.education_plans.registry import under_stay
from trainhub.education_plans.rules.drafting import runs_past
from trainhub.education_plans.rules.fields import code_of, fields_for, tenths
from trainhub.education_plans.rules.lifecycle import (
    BEFORE,
    CHANGEABLE,
    ENDED,
    RUNNING,
    PlanState,
    PlanStepRefused,
    may_follow,
)
from trainhub.education_plans.service.drafting import refuse_unknown
from trainhub.education_plans.service.running import (
    Rest,
    approve_plan,
    note_guardian_knows,
    rest_plan,
    resume_plan,
    start_plan,
    stop_for_safety,
)
from trainhub.education_plans.service.steps import locked_plan
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import done
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at, local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.roster.queries import policy_for, staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.i18n import time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import page, redirect_to, toast

AGENDA: dict[str, ItemKind] = {
    PlanState.DRAFTED.value: ItemKind.PLAN, PlanState.REVIEW.value: ItemKind.COMPLETION, PlanState.NOT_COMPLETED.value: ItemKind.ESCALATION,
}
"""What the committee is asked in a state of a plan."""


@blueprint.get("/plans/<plan_id>/steps")
@needs(Permission.PLAN_READ)
def steps(plan_id: str) -> Response:
    """What was written, what is decided, and the next step."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "handling"), moment)
        held = plan_paper(session, key_ring(), opening, row)
        policy = policy_for(session, row.district_id, row.school_id, local_day(moment))
        return page(
            "education_plans/steps.html", held=held, plan=row, code=code_of(row.year, row.number), title=_("Steps of plan %(code)s", code=code_of(row.year, row.number)),
            per=lambda minutes: tenths(minutes, int(policy["period_minutes"])), words=plan_wording, modules=hour_wording.MODULES, states=hour_wording.STATES,
            kind=AGENDA.get(row.state, ItemKind.OTHER).value, told=guardian_told(session, row.district_id, row.party_id, "plan", row.id),
            rests=rests_of(session, row), today=local_day(moment), witnesses=_witnesses(actor), may=_may(actor), changeable=PlanState(row.state) not in ENDED | {PlanState.DRAFTED, PlanState.HANDED_OVER},
            stage_end=runs_past(row.grade, row.starts_on, row.due_on) if PlanState(row.state) not in ENDED else None, unmanned=_unmanned(held),
            clock_now=time_text(moment), may_stop=_may_stop(actor, row),
            stay=row.state in BEFORE and bool(under_stay(session, row.district_id, (row.determination_id,))),
            over=PlanState(row.state) in RUNNING and time_over(session, row, local_day(moment)),
        )


def _unmanned(held: PlanPaper) -> int:
    """How many modules nobody teaches (a plan that was taken over names nobody yet); at least one where no protection is written."""
    missing = sum(m.instructor_id is None for m in held.modules) or int(not held.protection)
    return missing if PlanState(held.plan.state) not in ENDED | {PlanState.DRAFTED, PlanState.HANDED_OVER} else 0


def _may_stop(actor: Actor, row: EducationPlan) -> bool:
    """The psychologist of a plan that runs may stop it at once."""
    named = actor.person_id is not None and actor.person_id == row.psychologist_id and actor.can(Permission.HOURS_OWN_WRITE)
    return named and may_follow(PlanState(row.state), PlanState.PAUSED)


def _may(actor: Actor) -> bool:
    """Whether the texts of a plan are for this role: who keeps or decides the case."""
    return fields_for(actor.role).file


def _witnesses(actor: Any) -> list[tuple[str, str]]:
    """Staff who may have seen a refusal to sign."""
    if not actor.can(Permission.PLAN_WRITE):
        return []
    return [(s.person_id, s.name) for s in staff_on(read_session(), actor.scope(Permission.PLAN_WRITE), actor.org_id, local_day(now())) if s.person_id != actor.person_id]


def label_of(held: PlanPaper) -> str:
    """What the agenda calls a plan: codes only."""
    return str(_("Plan %(code)s, case %(label)s %(party)s", code=code_of(held.plan.year, held.plan.number), label=held.case.label, party=held.party.code))


@blueprint.post("/plans/<plan_id>/agenda")
@needs(Permission.PLAN_WRITE)
def agenda(plan_id: str) -> Any:
    """Put what the plan needs from the committee on its next sitting."""
    def write(session: Any, actor: Any, moment: datetime) -> None:
        row = locked_plan(session, actor, plan_id, moment)
        wants_change = request.form.get("kind") == ItemKind.PLAN_CHANGE.value and row.state in CHANGEABLE
        kind = ItemKind.PLAN_CHANGE if wants_change else AGENDA.get(row.state)
        if kind is None:
            raise PlanStepRefused(wanted="agenda", missing=("state",))
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "committee"), moment)
        held = plan_paper(session, key_ring(), opening, row)
        add_item(session, actor, AgendaItem(kind, row.case_id, row.id, label_of(held), row.school_id), moment)

    return done(write, _("It stands on the agenda of the next sitting."), "education_plans.steps", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/approve")
@needs(Permission.PLAN_WRITE)
def approve(plan_id: str) -> Any:
    """Record the approval by an adopted resolution."""
    return _step(plan_id, lambda s, a, at_: approve_plan(s, a, plan_id, id_of(request.form.get("item", "")), at_), _("The plan is approved. Now the guardian is told."))


@blueprint.post("/plans/<plan_id>/tell")
@needs(Permission.PLAN_WRITE)
def tell(plan_id: str) -> Any:
    """Record that the guardian was told of the plan; where that is enough, the plan goes on."""
    def write(session: Any, actor: Any, moment: datetime) -> None:
        row = locked_plan(session, actor, plan_id, moment)
        record_notice(session, key_ring(), actor, _notice(row, moment), moment)
        session.flush()
        if row.state == PlanState.APPROVED.value and guardian_told(session, row.district_id, row.party_id, "plan", row.id):
            note_guardian_knows(session, actor, plan_id, moment)

    return _step(plan_id, write, _("Recorded."))


def _notice(row: EducationPlan, moment: datetime) -> RecordNotice:
    day, clock = plausible_day(request.form.get("day", "")), clock_of(request.form.get("clock", ""))
    witnesses = tuple(w for w in (id_of(request.form.get(f"witness-{n}", "")) for n in (1, 2)) if w)
    return RecordNotice(
        row.party_id, "plan", request.form.get("channel", "")[:12], request.form.get("outcome", "")[:16], at(day, clock) if day and clock else moment,
        note=request.form.get("note", ""), witnesses=witnesses, object_id=row.id,
    )


@blueprint.post("/plans/<plan_id>/told-plan")
@needs(Permission.PLAN_WRITE)
def told_plan(plan_id: str) -> Any:
    """The guardian was told on the page of the case: take note of it."""
    return _step(plan_id, lambda s, a, at_: note_guardian_knows(s, a, plan_id, at_), _("Noted: the guardian knows of the plan."))


@blueprint.post("/plans/<plan_id>/start")
@needs(Permission.PLAN_WRITE)
def start(plan_id: str) -> Any:
    """Let the plan run."""
    return _step(plan_id, lambda s, a, at_: start_plan(s, a, plan_id, at_), _("The plan runs. Book its lessons."))


@blueprint.post("/plans/<plan_id>/rest")
@needs(Permission.PLAN_WRITE)
def rest(plan_id: str) -> Any:
    """Let the plan rest. The reason is sealed; schedules show a rest only."""
    def write(session: Any, actor: Any, moment: datetime) -> None:
        row = locked_plan(session, actor, plan_id, moment)
        kind = request.form.get("kind", "")
        since = plausible_day(request.form.get("from_on", "")) or local_day(moment)
        word_of = id_of(request.form.get("word_of", "")) if kind == "safety" else ""
        refuse_unknown(session, row.district_id, {word_of} - {""})
        rest = Rest(kind if kind in plan_wording.RESTS else "", since, request.form.get("words", ""), on_word_of=word_of)
        rest_plan(session, actor, key_ring(), row, rest, moment)

    return _step(plan_id, write, _("The plan rests. Its last day moves by as long as the rest lasts."))


@blueprint.post("/plans/<plan_id>/stop")
@needs(Permission.HOURS_OWN_WRITE)
def stop(plan_id: str) -> Any:
    """The psychologist of a plan stops it at once; why is sealed, and told to nobody."""
    return _step(
        plan_id, lambda s, a, at_: stop_for_safety(s, a, key_ring(), plan_id, request.form.get("words", ""), at_),
        _("The plan rests from now on. Who keeps it has been told that, and not why."),
    )


@blueprint.post("/plans/<plan_id>/resume")
@needs(Permission.PLAN_WRITE)
def resume(plan_id: str) -> Any:
    """Let the plan run on. A stay by the county is ended by the county."""
    def write(session: Any, actor: Any, moment: datetime) -> None:
        row = locked_plan(session, actor, plan_id, moment)
        if row.state != PlanState.PAUSED.value:
            raise PlanStepRefused(wanted="resume", missing=("state",))
        resume_plan(session, actor, row, moment)

    return _step(plan_id, write, _("The plan runs again; its last day has moved."))


def _step(plan_id: str, write: Any, said: str) -> Any:
    """Do one step; a refusal says what is missing."""
    try:
        with transaction() as session:
            write(session, current_actor(), now())
        toast(said)
    except NotFound:
        raise
    except PlanStepRefused as error:
        what = plan_wording.missing_words(error.params.get("missing", ()))
        toast(_("Not yet. Missing: %(what)s.", what=what) if what else sentence(error), "error")
    except DomainError as error:
        toast(sentence(error), "error")
    return redirect_to("education_plans.steps", plan_id=plan_id)


def schedule_url(plan_id: str) -> str:
    """Where lessons are booked."""
    return url_for("education_plans.schedule", plan_id=plan_id)
