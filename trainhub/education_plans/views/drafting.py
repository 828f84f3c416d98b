"""A plan is written for a finding: the form of the draft, new and again."""

from datetime import date, timedelta
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext as _

from trainhub.cases.queries.refs import StandingFinding, standing_findings
from trainhub.courses.queries import PlanPack, plan_packs
from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.hour_forms import id_of, number_of
from trainhub.education_plans.plan_forms import (
    AVOID_KINDS,
    AVOID_ROWS,
    MODULE_ROWS,
    PART_ROWS,
    Written,
    band_of,
    draft_command,
    fields_of,
    proposed,
)
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.board import board
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import plan_paper
from trainhub.education_plans.rules.drafting import GUARDIAN_KINDS, LESSON, MODULE_KINDS, YOUNG_GRADE, Frame, runs_past
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.lifecycle import PlanState
from trainhub.education_plans.rules.pace import last_day_by
from trainhub.education_plans.service.drafting import (
    DraftRefused,
    InstructorConflict,
    NoPlanForIt,
    draft_plan,
    frame_of,
    redraft,
)
from trainhub.education_plans.views import blueprint
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound
from trainhub.kernel.permissions import Permission
from trainhub.kernel.policy import Policy
from trainhub.ledger.access import open_record
from trainhub.roster.queries import calendar, policy_for, staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

USUAL_WEEKS, MOST_AHEAD = 10, 300
_REFUSALS = (DraftRefused, InstructorConflict, NoPlanForIt)


@blueprint.route("/plans/new", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def new() -> Any:
    """Choose a finding; write its plan. The address holds an id only."""
    actor, moment, problem = current_actor(), now(), None
    key = id_of((request.form if request.method == "POST" else request.args).get("determination", ""))
    if not key:
        return page("education_plans/new.html", owed=board(read_session(), actor, moment).owed)
    if request.method == "POST":
        try:
            with transaction() as session:
                plan_id = draft_plan(session, actor, key_ring(), draft_command(request.form, key), moment)
        except _REFUSALS as error:
            problem = error
        else:
            toast(_("The draft is saved. Put it on the next sitting."))
            return redirect_to("education_plans.steps", plan_id=plan_id)
    return _new_form(_finding(key), problem)


def _finding(key: str) -> StandingFinding:
    found = next((f for f in standing_findings(read_session(), current_actor(), now()) if f.finding.determination_id == key), None)
    if found is None:
        raise NotFound
    return found


def _new_form(found: StandingFinding, problem: DomainError | None) -> Response:
    session, moment = read_session(), now()
    policy = policy_for(session, found.finding.district_id, found.finding.school_id, local_day(moment))
    frame = frame_of(policy, found.finding, found.grade)
    packs = _packs(found.grade)
    first = local_day(moment) + timedelta(days=7 - local_day(moment).weekday())
    goals = str(plan_wording.GOALS.get(found.finding.tier, plan_wording.GOALS["serious"]))
    given = dict(request.form.items()) if problem else proposed(frame, packs, goals, first, _last_day(found, frame, first))
    title = _("A plan for %(code)s of case %(label)s", code=found.code, label=found.case_label)
    return _form(title, given | {"determination": found.finding.determination_id}, frame, policy, packs, problem, url_for("education_plans.new"))


def _last_day(found: StandingFinding, frame: Frame, first: date) -> date:
    """By the calendar of the pupil's school: vacations are no days of a plan; ten weeks where no calendar reaches that far."""
    usual = first + timedelta(weeks=USUAL_WEEKS, days=-3)
    book = calendar(read_session(), found.finding.district_id, found.party_school_id, first, first + timedelta(days=MOST_AHEAD))
    days = [d for n in range(MOST_AHEAD + 1) if book.kind(d := first + timedelta(days=n)).teaching]
    by_rule = last_day_by(days, frame.least_minutes, 1, LESSON)
    return max(usual, by_rule) if by_rule is not None else usual


def _packs(grade: int | None) -> tuple[PlanPack, ...]:
    return plan_packs(read_session(), current_actor().scope(Permission.CATALOGUE_READ), band_of(grade))


@blueprint.route("/plans/<plan_id>/draft", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def draft(plan_id: str) -> Any:
    """The draft again, until the committee has approved it."""
    actor, moment, problem = current_actor(), now(), None
    if request.method == "POST":
        try:
            with transaction() as session:
                row = seen_plan(session, actor, Permission.PLAN_WRITE, plan_id, moment)
                seen = number_of(request.form.get("seen", "")) or None
                redraft(session, actor, key_ring(), plan_id, draft_command(request.form, row.determination_id), moment, seen)
        except _REFUSALS as error:
            problem = error
        else:
            toast(_("The draft is saved. If the committee saw an earlier one, put it on a sitting again."))
            return redirect_to("education_plans.steps", plan_id=plan_id)
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        if row.state != PlanState.DRAFTED.value:
            return redirect_to("education_plans.steps", plan_id=plan_id)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "handling"), moment)
        held = plan_paper(session, key_ring(), opening, row)
        policy = policy_for(session, row.district_id, row.school_id, local_day(moment))
        stored = fields_of(Written(row, held.goals, held.protection, held.modules, held.parts, held.avoid))
        given = dict(request.form.items()) if problem else stored
        title = _("Draft of plan %(code)s", code=code_of(row.year, row.number))
        frame = frame_of(policy, held.finding, row.grade)
        return _form(title, given, frame, policy, _packs(row.grade), problem, url_for("education_plans.draft", plan_id=plan_id))


def _form(
    title: str, given: dict[str, str], frame: Frame, policy: Policy, packs: tuple[PlanPack, ...], problem: DomainError | None, action: str
) -> Response:
    field, said = plan_wording.draft_fault(problem)
    actor = current_actor()
    staff = staff_on(read_session(), actor.scope(Permission.PLAN_READ), actor.org_id, local_day(now()))
    people = [("", "–")] + [(s.person_id, s.name + (f"（{s.department}）" if s.department else "")) for s in staff if s.category != "external"]
    outside = [(s.person_id, _("%(name)s (from outside)", name=s.name)) for s in staff if s.category == "external"]
    return form_page(
        "education_plans/draft.html", 422 if problem else 200, title=title, stage_end=_stage_end(frame, given), given=given, frame=frame, policy=policy, packs=packs, action=action,
        problem=said, field=field, people=people + outside, rows=(MODULE_ROWS, PART_ROWS, AVOID_ROWS), words=plan_wording, young=_young(frame),
        kinds=[("", "–")] + [(k, hour_wording.MODULES[k]) for k in MODULE_KINDS], parts=[("", "–")] + [(k, plan_wording.GUARDIAN_PARTS[k]) for k in GUARDIAN_KINDS],
        avoids=[("", "–")] + [(k, plan_wording.AVOIDED[k]) for k in AVOID_KINDS], sum_now=sum(number_of(given.get(f"minutes-{n}", "")) for n in range(1, MODULE_ROWS + 1)),
    )


def _stage_end(frame: Frame, given: dict[str, str]) -> date | None:
    """The day on which the pupil leaves the school, where what is typed runs past it."""
    first, last = plausible_day(given.get("starts_on", "")), plausible_day(given.get("due_on", ""))
    return runs_past(frame.grade, first, last) if first and last else None


def _young(frame: Frame) -> bool:
    return frame.grade is not None and frame.grade <= YOUNG_GRADE
