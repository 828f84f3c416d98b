"""Lessons of a plan: proposed, booked, moved, cancelled; and what a homeroom teacher sees of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from flask_babel import ngettext

from trainhub.education_plans import hour_wording, plan_wording
from trainhub.education_plans.hour_forms import id_of
from trainhub.education_plans.plan_forms import booking_of, chosen_bookings
from trainhub.education_plans.queries.access import seen_plan
from trainhub.education_plans.queries.own import reading_of
from trainhub.education_plans.queries.paper import PlanPaper, plan_paper
from trainhub.education_plans.queries.slots import booked_lessons, neutral_slots
from trainhub.education_plans.rules.fields import code_of
from trainhub.education_plans.rules.scheduling import Proposal
from trainhub.education_plans.service.scheduling import LessonRefused, book_lessons, cancel_lesson, propose_lessons
from trainhub.education_plans.views import blueprint
from trainhub.education_plans.views.answers import done
from trainhub.kernel.clock import local, local_day, now
from trainhub.kernel.errors import DomainError, InvalidState
from trainhub.kernel.permissions import Permission
from trainhub.ledger.access import open_record
from trainhub.roster.queries import staff_on
from trainhub.web.context import current_actor
from trainhub.web.database import transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text, time_text
from trainhub.web.keys import key_ring
from trainhub.web.pages import form_page, page, redirect_to, toast

EMPTY = Proposal((), {}, ())


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the little calendar: column by week, row by weekday. ``kind``: les (proposed), has (booked), off, ""."""

    x: int
    y: int
    kind: str
    said: str


@blueprint.route("/plans/<plan_id>/schedule", methods=["GET", "POST"])
@needs(get=Permission.PLAN_READ, post=Permission.PLAN_WRITE)
def schedule(plan_id: str) -> Any:
    """What is booked, and a proposal for the rest: choose all or some, then book."""
    actor, moment, problem = current_actor(), now(), None
    class_time = (request.form if request.method == "POST" else request.args).get("class_time") == "yes"
    if request.method == "POST":
        try:
            with transaction() as session:
                booked = book_lessons(session, actor, key_ring(), plan_id, chosen_bookings(request.form), moment, class_time=class_time)
        except (LessonRefused, InvalidState) as error:
            problem = error
        else:
            toast(ngettext("%(num)s lesson is booked.", "%(num)s lessons are booked.", len(booked)))
            return redirect_to("education_plans.schedule", plan_id=plan_id)
    return _schedule(plan_id, problem, {}, class_time=class_time)


def _schedule(plan_id: str, problem: DomainError | None, given: dict[str, str], *, class_time: bool) -> Response:
    actor, moment = current_actor(), now()
    with transaction() as session:
        row = seen_plan(session, actor, Permission.PLAN_READ, plan_id, moment)
        opening = open_record(session, actor, reading_of(row, Permission.PLAN_READ, "handling"), moment)
        held = plan_paper(session, key_ring(), opening, row)
        try:
            found, rests = propose_lessons(session, actor, key_ring(), plan_id, moment, class_time=class_time), False
        except InvalidState:
            found, rests = EMPTY, True
        booked = booked_lessons(session, row)
        people = staff_on(session, actor.scope(Permission.PLAN_READ), actor.org_id, local_day(moment)) if actor.can(Permission.PLAN_WRITE) else []
        days = [local_day(b.starts_at) for b in booked if b.state == "planned"]
        code, over = code_of(row.year, row.number), not rests and local_day(moment) > row.due_on
        return form_page(
            "education_plans/schedule.html", 422 if problem else 200, held=held, plan=row, code=code, found=found, rests=rests, booked=booked, over=over,
            title=_("Schedule of plan %(code)s", code=code), words=plan_wording, modules=_module_words(held), names={p.person_id: p.name for p in people} | held.names,
            problem=plan_wording.refusal(problem), weeks=_weeks(found), cells=_cells(found, days, row.starts_on, row.due_on), class_time=class_time, given=given,
            people=[("", _("the one of the module"))] + [(p.person_id, p.name) for p in people], today=local_day(moment), value_of=value_of,
        )


def _module_words(held: PlanPaper) -> dict[str, str]:
    return {m.id: str(hour_wording.MODULES[m.kind]) for m in held.modules}


def value_of(lesson: Any) -> str:
    """A proposed lesson as the value of its box."""
    return f"{lesson.module_id}|{lesson.starts_at.isoformat()}|{lesson.minutes}|{lesson.instructor_id or ''}"


def _weeks(found: Proposal) -> list[tuple[date, list[Any]]]:
    """Proposed lessons by the Monday of their week."""
    weeks: dict[date, list[Any]] = {}
    for lesson in found.lessons:
        day = local_day(lesson.starts_at)
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(lesson)
    return sorted(weeks.items())


def _cells(found: Proposal, booked: Sequence[date], first: date, last: date) -> list[Cell]:
    """The little calendar: weeks side by side, Monday on top."""
    start = first - timedelta(days=first.weekday())
    proposed = {local_day(x.starts_at): f"{day_text(x.starts_at)} {time_text(x.starts_at)}" for x in found.lessons}
    cells = []
    for n in range(min((last - start).days + 1, 7 * 30)):
        day = start + timedelta(days=n)
        if day.weekday() < 5:
            kind = "les" if day in proposed else "has" if day in booked else "" if first <= day else "off"
            cells.append(Cell(n // 7, day.weekday(), kind, proposed.get(day, day_text(day))))
    return cells


@blueprint.post("/plans/<plan_id>/lessons")
@needs(Permission.PLAN_WRITE)
def book_one(plan_id: str) -> Any:
    """Book one lesson, or the one that makes up for a missed one; a refusal names every reason."""
    class_time = request.form.get("class_time") == "yes"
    try:
        with transaction() as session:
            book_lessons(session, current_actor(), key_ring(), plan_id, (booking_of(request.form),), now(), class_time=class_time)
    except (LessonRefused, InvalidState) as error:
        return _schedule(plan_id, error, dict(request.form.items()), class_time=class_time)
    toast(_("The lesson is booked."))
    return redirect_to("education_plans.schedule", plan_id=plan_id)


@blueprint.post("/plans/<plan_id>/lessons/<lesson_id>/cancel")
@needs(Permission.PLAN_WRITE)
def cancel_one(plan_id: str, lesson_id: str) -> Any:
    """Cancel a lesson that is to come; to move one, book another afterwards."""
    def write(session: Any, actor: Any, moment: Any) -> None:
        cancel_lesson(session, actor, plan_id, id_of(lesson_id), moment)

    return done(write, _("Cancelled. Its minutes are to be booked again."), "education_plans.schedule", plan_id=plan_id)


@blueprint.get("/plans/slots")
@needs(Permission.PLAN_SLOT_READ)
def slots() -> Response:
    """A homeroom teacher: when which of the own pupils is away for a matter of the school. Neither plan nor code nor kind."""
    actor, moment = current_actor(), now()
    with transaction() as session:
        rows = neutral_slots(session, actor, key_ring(), moment)
    return page("education_plans/slots.html", rows=rows, today=local(moment).date())
