"""Steps taken from the page of a training: publish, postpone, cancel, move, change the list, correct."""

from datetime import date
from typing import Any

from flask import request
from flask_babel import gettext as _

from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.roster.queries import staff_on
from trainhub.training.forms import AmendForm, MoveForm, PeopleForm, ReasonForm, StaffLabel, part_data, staff_labels
from trainhub.training.queries.events import EventPage, event_page
from trainhub.training.registry import course_type, is_gone
from trainhub.training.rules.lifecycle import ReasonMissing
from trainhub.training.rules.planning import PartTime, PlanBlocked, PlanNeedsAnswer, moved_to
from trainhub.training.service.events import amend_event, cancel_event, change_participants, move_event, review_move
from trainhub.training.service.planning import CourseTypeGone, PublishEvent, fields_in, publish
from trainhub.training.views import blueprint
from trainhub.training.views.events import by_department, event_model
from trainhub.training.views.plan_model import DayOffer, ProblemLine, offers, problem_lines
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

PLAN, WRITE = Permission.TRAINING_PLAN_READ, Permission.TRAINING_WRITE


def _refused(actor: Actor, event_id: str, refusal: DomainError) -> Any:
    """Show the training as it stands now, with what stands against the step."""
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    problems = problem_lines(refusal.params.get("problems", ()), ())
    model = event_model(actor, held) | {"problem": sentence(refusal), "problems": problems}
    return page("training/event.html", refusal.status, **model)


@blueprint.post("/training/events/<event_id>/publish")
@needs(WRITE)
def publish_event(event_id: str) -> Any:
    """Publish a draft as it stands."""
    actor = current_actor()
    seen = request.form.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    command = PublishEvent(event_id, version, frozenset(request.form.getlist("accept")))
    try:
        with transaction() as session:
            done = publish(session, actor, command, now())
    except (CourseTypeGone, PlanBlocked, PlanNeedsAnswer, StaleVersion) as refusal:
        return _refused(actor, event_id, refusal)
    toast(_("Published: %(n)s people find it on their home page.", n=done.invited))
    return redirect_to("training.event", event_id=event_id)


@blueprint.post("/training/events/<event_id>/cancel")
@needs(WRITE)
def cancel(event_id: str) -> Any:
    """Cancel with a reason; the record stays."""
    actor, form = current_actor(), ReasonForm()
    if not form.validate_on_submit():
        return _missing_reason(actor, event_id)
    try:
        with transaction() as session:
            cancel_event(session, actor, form.to_cancel(event_id), now())
    except StaleVersion as refusal:
        return _refused(actor, event_id, refusal)
    toast(_("Cancelled. The training stays in the list with its reason."))
    return redirect_to("training.event", event_id=event_id)


@blueprint.post("/training/events/<event_id>/postpone")
@needs(WRITE)
def postpone(event_id: str) -> Any:
    """Postpone without a new date."""
    actor, form = current_actor(), ReasonForm()
    if not form.validate_on_submit():
        return _missing_reason(actor, event_id)
    try:
        with transaction() as session:
            move_event(session, actor, form.to_postpone(event_id), now())
    except StaleVersion as refusal:
        return _refused(actor, event_id, refusal)
    toast(_("Postponed. Set a new time as soon as it is known."))
    return redirect_to("training.event", event_id=event_id)


def _missing_reason(actor: Actor, event_id: str) -> Any:
    return _refused(actor, event_id, ReasonMissing(field="reason"))


# --- moving -------------------------------------------------------------------------------------


@blueprint.get("/training/events/<event_id>/move")
@needs(PLAN)
def move(event_id: str) -> Any:
    """New times for every part; ``?day=`` proposes a day."""
    actor = current_actor()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    parts = [PartTime(p.starts_at, p.ends_at, p.room) for p in held.row.parts]
    wanted = request.args.get("day", "")
    if wanted:
        parts = list(moved_to(parts, _day(wanted) or local_day(parts[0].starts_at)))
    form = MoveForm(data={"version": held.version, "parts": [part_data(p) for p in parts], "reason": request.args.get("reason", "")})
    return _move_page(actor, held, form, parts)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@blueprint.post("/training/events/<event_id>/move")
@needs(WRITE)
def save_move(event_id: str) -> Any:
    """Move, or show what stands against it."""
    actor, form = current_actor(), MoveForm()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    if not form.validate_on_submit():
        return _move_page(actor, held, form, [], status=422)
    command = form.to_command(event_id)
    try:
        with transaction() as session:
            move_event(session, actor, command, now())
    except (PlanBlocked, PlanNeedsAnswer, StaleVersion) as refusal:
        fresh = event_page(read_session(), actor.scope(WRITE), event_id)
        return _move_page(actor, fresh, form, list(command.parts), status=refusal.status, refusal=refusal)
    toast(_("Moved. The rolls moved with it, and the reason stands in the history."))
    return redirect_to("training.event", event_id=event_id)


def _move_page(
    actor: Actor, held: EventPage, form: MoveForm, parts: list[PartTime], *, status: int = 200, refusal: DomainError | None = None
) -> Any:
    lines: tuple[ProblemLine, ...] = ()
    days: tuple[DayOffer, ...] = ()
    if parts:
        judged = review_move(read_session(), actor, held.row.id, parts, now())
        lines = problem_lines(judged.problems, form.accept.data or ())
        days = offers(judged.proposals, local_day(now()))
    return page(
        "training/event_move.html", status=status, event=held, row=held.row, form=form, problems=lines, offers=days,
        problem=sentence(refusal) if refusal else "", stale=isinstance(refusal, StaleVersion),
    )


# --- the list of people, corrections ------------------------------------------------------------


@blueprint.get("/training/events/<event_id>/people")
@needs(PLAN)
def people(event_id: str) -> Any:
    """Add people to a published list or take them off it."""
    actor = current_actor()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    return _people_page(actor, held, PeopleForm(data={"version": held.version}))


@blueprint.post("/training/events/<event_id>/people")
@needs(WRITE)
def save_people(event_id: str) -> Any:
    """Change the list, with the reason."""
    actor, form = current_actor(), PeopleForm()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    if not form.validate_on_submit():
        return _people_page(actor, held, form, status=422)
    try:
        with transaction() as session:
            count = change_participants(session, actor, form.to_command(event_id), now())
    except DomainError as refusal:
        fresh = event_page(read_session(), actor.scope(WRITE), event_id)
        return _people_page(actor, fresh, form, status=refusal.status, refusal=refusal)
    toast(_("The list now has %(n)s people; the rolls follow.", n=count))
    return redirect_to("training.event", event_id=event_id)


def _people_page(actor: Actor, held: EventPage, form: PeopleForm, *, status: int = 200, refusal: DomainError | None = None) -> Any:
    listed = {p.person_id for p in held.participants}
    staff = staff_on(read_session(), actor.scope(WRITE), held.row.school_id, local_day(held.row.starts_at))
    return page(
        "training/event_people.html", status=status, event=held, row=held.row, form=form, departments=by_department(held.participants),
        others=[s for s in staff if s.person_id not in listed], problem=sentence(refusal) if refusal else "",
    )


@blueprint.get("/training/events/<event_id>/amend")
@needs(PLAN)
def amend(event_id: str) -> Any:
    """Correct what the training was: title, trainers, mode."""
    actor = current_actor()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    form = AmendForm(data={
        "version": held.version, "title": held.row.title, "venue_kind": held.venue_kind,
        "parts": [{"title": p.title, "mode": p.delivery_mode} for p in held.row.parts],
        "trainers": [{"name": t.name, "affiliation": t.affiliation} for t in held.row.trainers] or [{}],
    })
    return _amend_page(actor, held, _asked(form, held))


def _asked(form: AmendForm, held: EventPage) -> AmendForm:
    """The form with what the kind of course brings: modes and detail fields, as sent or as held."""
    modes = [part.delivery_mode for part in held.row.parts]
    form.ask(course_type(held.type_key).spec, modes, request.form or None, fields_in(held.details))
    return form


@blueprint.post("/training/events/<event_id>/amend")
@needs(WRITE)
def save_amend(event_id: str) -> Any:
    """Correct visibly."""
    actor, form = current_actor(), AmendForm()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    _asked(form, held)
    if not form.validate_on_submit():
        return _amend_page(actor, held, form, status=422)
    try:
        with transaction() as session:
            amend_event(session, actor, form.to_command(event_id, _labels(actor, held)), now())
    except DomainError as refusal:
        fresh = event_page(read_session(), actor.scope(WRITE), event_id)
        return _amend_page(actor, fresh, form, status=refusal.status, refusal=refusal)
    toast(_("Corrected. Old and new value stand in the history."))
    return redirect_to("training.event", event_id=event_id)


def _labels(actor: Actor, held: EventPage) -> list[StaffLabel]:
    staff = staff_on(read_session(), actor.scope(WRITE), held.row.school_id, local_day(held.row.starts_at))
    return staff_labels((s.person_id, s.name, s.staff_no) for s in staff)


def _amend_page(actor: Actor, held: EventPage, form: AmendForm, *, status: int = 200, refusal: DomainError | None = None) -> Any:
    for line in problem_lines(refusal.params.get("problems", ()) if refusal else (), ()):
        form.details.blame(line.field, line.text)
    return page(
        "training/event_amend.html", status=status, event=held, row=held.row, form=form, staff=_labels(actor, held),
        problem=sentence(refusal) if refusal else "", stale=isinstance(refusal, StaleVersion), gone=is_gone(course_type(held.type_key)),
    )
