"""A plan that was approved is changed: as the committee resolved; its people and what keeps the children apart by who keeps it."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from flask_babel import gettext as _

from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.plan_forms import (
    ADDED_ROWS,
    AVOID_KINDS,
    AVOID_ROWS,
    Written,
    apart_command,
    change_command,
    fields_of,
)
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import former_protection, plan_paper
from trainhub.education_plans.rules.drafting import GUARDIAN_KINDS, MODULE_KINDS
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import CHANGEABLE, ENDED, RUNNING, PlanState
from trainhub.education_plans.service.apart import keep_apart, name_people
from trainhub.education_plans.service.changing import barred_people, change_plan, name_instructor
from trainhub.education_plans.service.scheduling import lessons_astray
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.roster.queries import staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, redirect_to, toast


@blueprint.route("/plans/<plan_id>/change", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def change(plan_id: str) -> Any:
    """What may be changed, and by whose word."""
    if request.method == "GET":
        return _page(plan_id, None)
    try:
        with transaction() as session:
            seen_plan(session, current_actor(), Permission.PLAN_WRITE, plan_id, now())
            total = change_plan(session, current_actor(), key_ring(), change_command(request.form, plan_id), now())
    except NotFound:
        raise
    except DomainError as error:
        return _page(plan_id, error)
    toast(_("The plan is changed: %(n)s minutes in all. What was done counts on.", n=total))
    return redirect_to("education_plans.plan", plan_id=plan_id)


def _page(plan_id: str, problem: DomainError | None, given: Mapping[str, str] | None = None) -> Response:
    """``given``: the form of the protection as it was typed."""
    actor, moment, ring = current_actor(), now(), key_ring()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "handling"), moment)
        held = plan_paper(session, ring, opening, row)
        code, may = code_of(row.year, row.number), actor.can(Permission.PLAN_WRITE)
        former = former_protection(session, ring, opening, row) if may else ()
        named = {m.instructor_id for m in held.modules} | {row.lead_person_id, row.psychologist_id}
        barred = barred_people(session, ring, row, {p for p in named if p}) if may else frozenset()
        astray = len(lessons_astray(session, ring, row, moment)) if may and PlanState(row.state) in RUNNING else 0
        field, said = plan_wording.draft_fault(problem)
        kept = given or fields_of(Written(row, held.goals, held.protection, held.modules, held.parts, held.avoid))
        return form_page(
            "education_plans/change.html", 422 if problem else 200, held=held, plan=row, code=code, title=_("Change plan %(code)s", code=code),
            problem=said, field=field, given=request.form, rows=ADDED_ROWS, people=_people(), modules=hour_wording.MODULES, may=may, former=former,
            kept=kept, barred=barred, astray=astray, words=plan_wording, part_rows=ADDED_ROWS, avoid_rows=max(AVOID_ROWS, len(held.avoid) + 1),
            kinds=[("", "–")] + [(k, hour_wording.MODULES[k]) for k in MODULE_KINDS], changeable=PlanState(row.state) in CHANGEABLE,
            parts=[("", "–")] + [(k, plan_wording.GUARDIAN_PARTS[k]) for k in GUARDIAN_KINDS], avoids=[("", "–")] + [(k, plan_wording.AVOIDED[k]) for k in AVOID_KINDS],
            teachable=PlanState(row.state) not in ENDED | {PlanState.DRAFTED},
        )


def _people() -> list[tuple[str, str]]:
    """Who may teach: staff of the school, and who comes from outside."""
    actor = current_actor()
    if not actor.can(Permission.PLAN_WRITE):
        return []
    staff = staff_on(read_session(), actor.scope(Permission.PLAN_WRITE), actor.org_id, local_day(now()))
    return [("", "–")] + [(s.person_id, s.name + (f"（{s.department}）" if s.department else "")) for s in staff]


@blueprint.post("/plans/<plan_id>/modules/<module_id>/instructor")
@needs(Permission.PLAN_WRITE)
def instructor(plan_id: str, module_id: str) -> Any:
    """Somebody else teaches a module from now on."""
    try:
        with transaction() as session:
            left = name_instructor(
                session, current_actor(), key_ring(), plan_id, id_of(module_id), id_of(request.form.get("person", "")), now(),
                with_lessons=request.form.get("with_lessons") == "yes",
            )
        toast(_("Named. %(n)s booked lessons stay with whom they were, for the time does not suit. Cancel them and book others.", n=left) if left else _("Named."))
    except NotFound:
        raise
    except DomainError as error:
        toast(plan_wording.draft_fault(error)[1], "error")
    return redirect_to("education_plans.change", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/people")
@needs(Permission.PLAN_WRITE)
def people(plan_id: str) -> Any:
    """Who is in charge, and which psychologist reads and concludes."""
    lead, psychologist = (id_of(request.form.get(name, "")) or None for name in ("lead", "psychologist"))
    try:
        with transaction() as session:
            name_people(session, current_actor(), key_ring(), plan_id, lead, psychologist, now())
        toast(_("Named. The psychologist reads the plan from now on."))
    except NotFound:
        raise
    except DomainError as error:
        toast(plan_wording.draft_fault(error)[1], "error")
    return redirect_to("education_plans.change", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/apart")
@needs(Permission.PLAN_WRITE)
def apart(plan_id: str) -> Any:
    """What keeps the two children apart is written anew; the wording before is kept."""
    try:
        with transaction() as session:
            seen_plan(session, current_actor(), Permission.PLAN_WRITE, plan_id, now())
            astray = keep_apart(session, current_actor(), key_ring(), apart_command(request.form, plan_id), now())
    except NotFound:
        raise
    except DomainError as error:
        return _page(plan_id, error, dict(request.form.items()))
    if astray:
        toast(_("Written down. %(n)s booked lessons lie where they may not any more: cancel them and book others.", n=astray), "error")
    else:
        toast(_("Written down. From now on lessons keep clear of it."))
    return redirect_to("education_plans.change", plan_id=plan_id)
