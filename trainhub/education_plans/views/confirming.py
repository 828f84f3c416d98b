"""The second person's queue: every line by itself, nothing together."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.education_plans import hour_wording as words
from trainhub.education_plans.hour_forms import operation_of
from trainhub.education_plans.queries.own import reading_of, waiting_lines, waiting_plans
from trainhub.education_plans.queries.proofs import proofs_of
from trainhub.education_plans.rules.hours import REFUSAL_REASONS
from trainhub.education_plans.service.corrections import reverse_hours
from trainhub.education_plans.service.hours import Verdict, confirm_hours, refuse_hours
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import correction_page, done
from trainhub.kernel.clock import now
from trainhub.kernel.errors import NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_many
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import page


@blueprint.get("/plans/confirm")
@needs(Permission.PLAN_READ)
def confirm_queue() -> Response:
    """Lines that wait for a second person, oldest first; each plan's opening is written down."""
    actor, moment = current_actor(), now()
    if not actor.can(Permission.HOURS_CONFIRM):  # who reads plans and confirms nothing has no queue
        raise NotFound
    with transaction() as session:
        plans = waiting_plans(session, actor, moment)
        tickets = open_many(session, actor, [reading_of(p, Permission.HOURS_CONFIRM, "confirming") for p in plans], moment)
        openings = {plan.id: ticket for plan, ticket in zip(plans, tickets, strict=True)}
        lines = waiting_lines(session, key_ring(), openings, actor, plans)
        proofs = proofs_of(session, actor, [p.id for p in plans])
    return page("education_plans/confirm.html", lines=lines, proofs=proofs, words=words, op_id=new_id,
                reasons=[(k, words.REASONS[k]) for k in REFUSAL_REASONS])


def _decide(step: Callable[..., Any], plan_id: str, number: int, said: str, *, on_plan: bool = False) -> Any:
    def write(session: Any, actor: Any, moment: Any) -> None:
        step(session, actor, key_ring(), Verdict(plan_id, number, operation_of(request.form), request.form.get("reason", "")[:24]), moment)

    if on_plan:
        return done(write, said, "education_plans.plan", plan_id=plan_id)
    return done(write, said, "education_plans.confirm_queue")


@blueprint.post("/plans/<plan_id>/lines/<int:number>/confirm")
@needs(Permission.HOURS_CONFIRM)
def confirm(plan_id: str, number: int) -> Any:
    """Confirm one logged lesson: it counts."""
    return _decide(confirm_hours, plan_id, number, _("Confirmed."))


@blueprint.post("/plans/<plan_id>/lines/<int:number>/refuse")
@needs(Permission.HOURS_CONFIRM)
def refuse(plan_id: str, number: int) -> Any:
    """Refuse one line, with a reason."""
    return _decide(refuse_hours, plan_id, number, _("Refused. It stays in the ledger and counts nothing."))


@blueprint.post("/plans/<plan_id>/lines/<int:number>/take-back")
@needs(Permission.HOURS_CONFIRM)
def take_back(plan_id: str, number: int) -> Any:
    """An absence was noted by mistake: refuse it, and stay on the plan's page."""
    return _decide(refuse_hours, plan_id, number, _("Taken back. The lesson is to be logged."), on_plan=True)


@blueprint.post("/plans/<plan_id>/lines/<int:number>/settle")
@needs(Permission.HOURS_CONFIRM)
def settle(plan_id: str, number: int) -> Any:
    """Settle a correction somebody else asked for."""
    return _decide(reverse_hours, plan_id, number, _("Corrected by a red line."))


@blueprint.route("/plans/<plan_id>/lines/<int:number>/correction", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.HOURS_CONFIRM)
def correction(plan_id: str, number: int) -> Any:
    """Ask for the correction of a confirmed hour."""
    return correction_page(plan_id, number, Permission.PLAN_READ, Permission.HOURS_CONFIRM, "education_plans.plan")
