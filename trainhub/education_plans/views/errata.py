"""An hour was taken back after the end of a plan: put before the committee, and what it decided recorded."""

from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.committees.rules.deciding import ItemKind
from trainhub.committees.service.sittings import AgendaItem, add_item
from trainhub.education_plans import hour_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.plan_messages import ERRATA
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import plan_paper
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import REOPENABLE, PlanState
from trainhub.education_plans.service.errata import DecideErratum, ErratumRefused, decide_erratum
from trainhub.education_plans.service.running import done_minutes
from trainhub.education_plans.service.steps import locked_plan
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import done
from trainhub.education_plans.views.steps import label_of
from trainhub.kernel.clock import now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, redirect_to, toast


@blueprint.route("/plans/<plan_id>/erratum", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def erratum(plan_id: str) -> Any:
    """What fell short after the end, and what the committee says to it."""
    if request.method == "GET":
        return _page(plan_id, "", "")
    said = request.form.get("decision", "")[:12]
    command = DecideErratum(plan_id, id_of(request.form.get("item", "")), said, plausible_day(request.form.get("due_on", "")))
    try:
        with transaction() as session:
            decide_erratum(session, current_actor(), command, now())
    except NotFound:
        raise
    except ErratumRefused as error:
        return _page(plan_id, str(ERRATA.get(str(error.params.get("why")), sentence(error))), error.field or "")
    except DomainError as error:
        return _page(plan_id, sentence(error), "")
    toast(_("The plan runs again. Book what is missing.") if said == "reopened" else _("Recorded: it stays over."))
    return redirect_to("education_plans.plan", plan_id=plan_id)


def _page(plan_id: str, problem: str, field: str) -> Response:
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "committee"), moment)
        held, code = plan_paper(session, key_ring(), opening, row), code_of(row.year, row.number)
        return form_page(
            "education_plans/erratum.html", 422 if problem else 200, held=held, plan=row, code=code, title=_("Erratum of plan %(code)s", code=code),
            problem=problem, field=field, given=request.form, done=done_minutes(session, row), states=hour_wording.STATES,
            may=actor.can(Permission.PLAN_WRITE), again=PlanState(row.state) in REOPENABLE,
        )


@blueprint.post("/plans/<plan_id>/erratum/agenda")
@needs(Permission.PLAN_WRITE)
def erratum_agenda(plan_id: str) -> Any:
    """Put the erratum on the next sitting."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        row = locked_plan(session, actor, plan_id, moment)
        if row.erratum_at is None:
            raise ErratumRefused(why="nothing_open")
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "committee"), moment)
        label = label_of(plan_paper(session, key_ring(), opening, row))
        add_item(session, actor, AgendaItem(ItemKind.PLAN_CHANGE, row.case_id, row.id, label, row.school_id), moment)

    return done(write, _("It stands on the agenda of the next sitting."), "education_plans.erratum", plan_id=plan_id)
