"""Planning: the sentence form, its check without saving, drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.courses.queries import CatalogueFilter, PackPage, catalogue, pack_page
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.roster.queries import staff_on
from trainhub.training.forms import PlanForm, StaffLabel, part_data, staff_labels
from trainhub.training.queries import planning as queries
from trainhub.training.queries.events import EventPage, event_page, events_of
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.rules.planning import PartTime, PlanBlocked, PlanNeedsAnswer, moved_to, with_part_more
from trainhub.training.service.planning import BadPlan, PlannedEvent, choice_in, default_title, plan_event, sketch_of
from trainhub.training.views import blueprint
from trainhub.training.views.plan_model import PlanView, plan_view
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

PLAN, WRITE = Permission.TRAINING_PLAN_READ, Permission.TRAINING_WRITE


@dataclass(frozen=True, slots=True)
class Desk:
    """What the form offers: staff for the trainer's name, rooms and guests used before, choices."""

    staff: tuple[StaffLabel, ...]
    rooms: tuple[str, ...]
    guests: tuple[tuple[str, str], ...]
    packs: tuple[tuple[str, str], ...]
    missed: tuple[tuple[str, str], ...]
    years: tuple[tuple[str, str], ...]


def _desk(actor: Actor) -> Desk:
    session, scope, today = read_session(), actor.scope(WRITE), local_day(now())
    staff = queries.candidates(session, scope, actor.org_id, today)
    duty = queries.duty_on(session, actor.district_id, actor.org_id, today)
    past = [
        e for e in events_of(session, scope, actor.org_id, last=today)
        if e.state not in (EventState.DRAFT, EventState.CANCELLED, EventState.POSTPONED)
    ]
    cards = [c for _type, group in catalogue(session, actor.scope(Permission.CATALOGUE_READ), CatalogueFilter()).groups for c in group]
    before = RequirementYear(duty.frame.year.start_year - 1, duty.frame.year.kind)
    late = (today - before.last_day).days <= duty.policy["make_up_days"]
    return Desk(
        tuple(staff_labels((s.person_id, s.name, s.staff_no) for s in staff)),
        tuple(queries.rooms_used(session, scope, actor.org_id)), tuple(queries.guests_used(session, scope, actor.org_id)),
        tuple((c.id, c.title) for c in cards),
        tuple((e.id, f"{local_day(e.starts_at):%Y-%m-%d} {e.title}") for e in reversed(past)),
        ((before.key, _("the year %(year)s", year=before.key)),) if late else (),
    )


def _form(desk: Desk, **data: Any) -> PlanForm:
    form = PlanForm(data=data) if data else PlanForm()
    form.offer(desk.packs, desk.missed, desk.years)
    return form


@blueprint.get("/training/new")
@needs(PLAN)
def plan() -> Any:
    """A plan that is filled in already: ``?pack=`` names the course pack."""
    actor = current_actor()
    desk = _desk(actor)
    form = _form(desk, **_opening(actor, desk, request.args.get("pack", "")))
    return _plan_page(actor, form, desk)


def _opening(actor: Actor, desk: Desk, pack_id: str) -> dict[str, Any]:
    session, scope = read_session(), actor.scope(WRITE)
    pack = queries.pack_facts(session, pack_id) if pack_id in dict(desk.packs) else None
    missed = request.args.get("missed", "")
    room = desk.rooms[0] if desk.rooms else ""
    parts = queries.first_slot(session, scope, actor.org_id, pack.minutes if pack else 90, room, now())
    return {
        "event_id": new_id(), "version": "", "pack": pack.id if pack else "", "parts": [part_data(p) for p in parts],
        "delivery_mode": pack.delivery_mode if pack else "face_to_face", "venue_kind": "room",
        "audience": "missed" if missed in dict(desk.missed) else "owing", "missed": missed, "trainers": [{}],
    } | _for_people(actor, request.args.getlist("people"))


def _for_people(actor: Actor, chosen: Sequence[str]) -> dict[str, Any]:
    """The plan for people chosen in the standing list: they are invited, the rest of the staff is not."""
    if not chosen:
        return {}
    staff = {s.person_id for s in staff_on(read_session(), actor.scope(WRITE), actor.org_id, local_day(now()))}
    return {
        "add": sorted(staff & set(chosen)), "exclude": sorted(staff - set(chosen)),
        "exclude_reason": _("not chosen in the standing list"),
    }


@blueprint.get("/training/events/<event_id>/edit")
@needs(PLAN)
def edit(event_id: str) -> Any:
    """A draft in the same form."""
    actor = current_actor()
    held = event_page(read_session(), actor.scope(WRITE), event_id)
    if held.row.state is not EventState.DRAFT:
        return redirect_to("training.event", event_id=event_id)
    desk = _desk(actor)
    return _plan_page(actor, _form(desk, **_stored(held)), desk)


def _stored(held: EventPage) -> dict[str, Any]:
    choice = choice_in(held.details)
    packs_title = default_title(held.pack_title)
    return {
        "event_id": held.row.id, "version": str(held.version), "pack": held.row.pack_id or "",
        "title": "" if held.row.title == packs_title else held.row.title,
        "parts": [part_data(PartTime(p.starts_at, p.ends_at, p.room)) for p in held.row.parts],
        "trainers": [{"name": t.name, "affiliation": t.affiliation} for t in held.row.trainers] or [{}],
        "audience": choice.kind, "missed": choice.missed_event_id or "", "delivery_mode": held.row.delivery_mode,
        "venue_kind": held.venue_kind, "topic": "other" if held.topic == "other" else "", "make_up_year": held.make_up_year_key or "",
        "exclude": list(choice.excluded), "add": sorted(choice.added),
        "exclude_reason": next(iter(choice.excluded.values()), ""),
    }


@blueprint.post("/training/new")
@needs(WRITE)
def save_plan() -> Any:
    """Publish, keep as a draft, or only show the plan after a change of its parts (``do`` says which)."""
    actor = current_actor()
    desk = _desk(actor)
    form = _form(desk)
    do = request.form.get("do", "check")
    if not form.validate_on_submit():
        return _plan_page(actor, form, desk, status=422)
    if do not in ("publish", "draft"):
        return _plan_page(actor, _reshaped(form, desk, do), desk)
    try:
        with transaction() as session:
            command = form.to_command(actor.org_id, desk.staff, publish=do == "publish")
            done = plan_event(session, actor, command, now())
    except (BadPlan, PlanBlocked, PlanNeedsAnswer) as refusal:
        return _plan_page(actor, form, desk, status=422, refusal=refusal)
    except StaleVersion as refusal:
        return _plan_page(actor, form, desk, status=409, refusal=refusal)
    return _planned(done)


def _planned(done: PlannedEvent) -> Any:
    if done.state is EventState.DRAFT:
        toast(_("Draft kept. Nobody was told yet."))
    else:
        toast(_("Published: %(n)s people find it on their home page.", n=done.invited))
    return redirect_to("training.event", event_id=done.event_id)


def _reshaped(form: PlanForm, desk: Desk, do: str) -> PlanForm:
    """Apply the button that changes the form itself: another part, another trainer, another day."""
    verb, _colon, value = do.partition(":")
    parts, data = form.to_parts(), {k: v for k, v in form.data.items() if k != "csrf_token"}
    if verb == "add_part":
        pack = dict(desk.packs).get(form.pack.data or "")
        minutes = queries.pack_facts(read_session(), form.pack.data).minutes if pack else None
        parts = list(with_part_more(parts, minutes))
    elif verb == "drop_part" and len(parts) > 1 and value.isdecimal():
        parts = [p for number, p in enumerate(parts) if number != int(value)]
    elif verb == "day":
        parts = list(moved_to(parts, _day(value)))
    elif verb == "add_trainer":
        data["trainers"] = [*data["trainers"], {}]
    data["parts"] = [part_data(p) for p in parts]
    shaped = PlanForm(formdata=None, data=data)
    shaped.offer(desk.packs, desk.missed, desk.years)
    return shaped


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotFound from None


@blueprint.post("/training/new/check")
@needs(WRITE)
def check_plan() -> Any:
    """The part of the page that follows from the plan, for the script; nothing is saved."""
    actor = current_actor()
    desk = _desk(actor)
    form = _form(desk)
    if not form.validate_on_submit():
        return page("training/event_plan_check.html", 422, form=form, view=None)
    return page("training/event_plan_check.html", form=form, view=_view(actor, form, desk))


def _view(actor: Actor, form: PlanForm, desk: Desk) -> PlanView:
    command = form.to_command(actor.org_id, desk.staff, publish=True)
    minutes = None
    if command.pack_id:
        pack = queries.pack_facts(read_session(), command.pack_id)
        minutes, command = pack.minutes, replace(command, topic=pack.topic)
    judged = queries.review(read_session(), actor.scope(WRITE), sketch_of(command, minutes), now())
    return plan_view(judged, command.parts, command.accepted, local_day(now()))


def _plan_page(
    actor: Actor, form: PlanForm, desk: Desk, *, status: int = 200, refusal: DomainError | None = None
) -> Any:
    view = _view(actor, form, desk) if not form.errors else None
    theirs = event_page(read_session(), actor.scope(WRITE), form.event_id.data) if isinstance(refusal, StaleVersion) else None
    return page(
        "training/event_plan.html", status=status, form=form, desk=desk, view=view, theirs=theirs,
        pack=_pack(actor, form), problem=sentence(refusal) if refusal else "", check_url=url_for("training.check_plan"),
    )


def _pack(actor: Actor, form: PlanForm) -> PackPage | None:
    if not form.pack.data:
        return None
    return pack_page(read_session(), actor.scope(Permission.CATALOGUE_READ), form.pack.data)
