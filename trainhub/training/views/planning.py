"""Planning: the sentence form, its check without saving, drafts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext as _

from trainhub.courses.queries import PackOutline, pack_outline
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, NotFound, StaleVersion
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.kernel.years import RequirementYear
from trainhub.training.forms import PlanForm, StaffLabel, part_data, staff_labels
from trainhub.training.queries import planning as queries
from trainhub.training.queries.events import EventPage, event_page
from trainhub.training.queries.planning import Duty, Earlier, PackFacts, Surroundings
from trainhub.training.registry import course_type, is_gone
from trainhub.training.rules.lifecycle import EventState
from trainhub.training.rules.planning import PartTime, PlanBlocked, PlanNeedsAnswer, moved_to, with_part_more
from trainhub.training.service.planning import (
    TYPE_KEY,
    BadPlan,
    CourseTypeGone,
    PlannedEvent,
    choice_in,
    default_title,
    fields_in,
    plan_event,
    sketch_of,
)
from trainhub.training.views import blueprint
from trainhub.training.views.plan_model import PlanView, plan_view
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.errors import sentence
from trainhub.web.fields import plausible_day
from trainhub.web.gate import needs
from trainhub.web.pages import page, redirect_to, toast

PLAN, WRITE = Permission.TRAINING_PLAN_READ, Permission.TRAINING_WRITE
AHEAD = timedelta(days=queries.SLOT_DAYS + 2 * queries.AHEAD_DAYS)


@dataclass
class Desk:
    """What the form offers, read once a request: packs, rooms and guests used before, the staff of the day."""

    around: Surroundings
    packs: dict[str, PackFacts]
    before: Earlier
    day: date = field(default_factory=lambda: local_day(now()))

    @property
    def missed(self) -> dict[str, str]:
        """Trainings that somebody can have missed, latest first."""
        return {key: f"{local_day(starts_at):%Y-%m-%d} {title}" for key, starts_at, title in self.before.trainings}

    @property
    def rooms(self) -> tuple[str, ...]:
        """Rooms used before, latest first."""
        return self.before.rooms

    @property
    def guests(self) -> tuple[tuple[str, str], ...]:
        """Guests and their units."""
        return self.before.guests

    @property
    def staff(self) -> tuple[StaffLabel, ...]:
        """Who can teach on the day of the plan."""
        return tuple(staff_labels((s.person_id, s.name, s.staff_no) for s in self.around.staff(self.day)))

    @property
    def duty(self) -> Duty:
        """The duty on the day of the plan."""
        return self.around.duty(self.day)

    def years(self) -> dict[str, str]:
        """The year before, as long as its minutes can be made up."""
        before = RequirementYear(self.duty.frame.year.start_year - 1, self.duty.frame.year.kind)
        late = (self.around.today - before.last_day).days <= self.duty.policy["make_up_days"]
        return {before.key: _("the year %(year)s", year=before.key)} if late else {}

    def type_key(self, form: PlanForm) -> str:
        """The kind of course: that of the pack, else the chosen one."""
        pack = self.packs.get(form.pack.data or "")
        return pack.type_key if pack else form.kind.data or TYPE_KEY


def _desk(actor: Actor) -> Desk:
    session, scope = read_session(), actor.scope(WRITE)
    return Desk(
        Surroundings(session, scope, actor.org_id, local_day(now()), AHEAD.days),
        {p.id: p for p in queries.packs_to_plan(session)}, queries.earlier(session, scope, actor.org_id, now()),
    )


def _kinds(form: PlanForm) -> list[tuple[str, str]]:
    """Kinds of course for the staff, the yearly training first; a pack brings its own."""
    if form.pack.data:
        return [(form.kind.data or TYPE_KEY, "")]
    specs = [kind.spec for kind in current_app.extensions["trainhub.course_types"].values() if kind.spec.audience == "staff"]
    return [(s.key, str(_(s.label))) for s in sorted(specs, key=lambda s: (s.key != TYPE_KEY, s.label))]


def _form(desk: Desk, held: dict[str, Any] | None = None, **data: Any) -> PlanForm:
    """The form as it was sent, or filled with ``data`` and the detail fields ``held``."""
    form = PlanForm(data=data) if data else PlanForm()
    desk.day = next((entry.form.day.data for entry in form.parts if entry.form.day.data), desk.day)
    return _offered(form, desk, None if data else request.form, held)


def _offered(form: PlanForm, desk: Desk, sent: Any, held: dict[str, Any] | None) -> PlanForm:
    form.offer([(p.id, p.title) for p in desk.packs.values()], list(desk.missed.items()), list(desk.years().items()), _kinds(form))
    form.ask(course_type(desk.type_key(form)).spec, sent, held)
    return form


@blueprint.get("/training/new")
@needs(PLAN)
def plan() -> Any:
    """A plan that is filled in already: ``?pack=`` names the course pack."""
    actor = current_actor()
    desk = _desk(actor)
    form = _form(desk, {}, **_opening(actor, desk, request.args.get("pack", "")))
    return _plan_page(actor, form, desk)


def _opening(actor: Actor, desk: Desk, pack_id: str) -> dict[str, Any]:
    pack = desk.packs.get(pack_id)
    missed = request.args.get("missed", "")
    room = desk.rooms[0] if desk.rooms else ""
    parts = queries.first_slot(
        read_session(), actor.scope(WRITE), actor.org_id, pack.minutes if pack else 90, room, now(), desk.around
    )
    return {
        "event_id": new_id(), "version": "", "pack": pack.id if pack else "", "parts": [part_data(p) for p in parts],
        "delivery_mode": pack.delivery_mode if pack else "face_to_face", "venue_kind": "room", "kind": TYPE_KEY,
        "audience": "missed" if missed in desk.missed else "owing", "missed": missed, "trainers": [{}],
    } | _for_people(desk, request.args.getlist("people"))


def _for_people(desk: Desk, chosen: Sequence[str]) -> dict[str, Any]:
    """The plan for people chosen in the standing list: they are invited, the rest of the staff is not."""
    if not chosen:
        return {}
    staff = {s.person_id for s in desk.around.staff(local_day(now()))}
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
    if held.row.state is not EventState.DRAFT or is_gone(course_type(held.type_key)):
        return redirect_to("training.event", event_id=event_id)
    desk = _desk(actor)
    return _plan_page(actor, _form(desk, fields_in(held.details), **_stored(held)), desk)


def _stored(held: EventPage) -> dict[str, Any]:
    choice = choice_in(held.details)
    packs_title = default_title(held.pack_title)
    parts = [PartTime(p.starts_at, p.ends_at, p.room, p.title, p.delivery_mode) for p in held.row.parts]
    return {
        "event_id": held.row.id, "version": str(held.version), "pack": held.row.pack_id or "", "kind": held.type_key,
        "title": "" if held.row.title == packs_title else held.row.title, "parts": [part_data(p) for p in parts],
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
            command = form.to_command(actor.org_id, desk.staff, desk.type_key(form), publish=do == "publish")
            done = plan_event(session, actor, command, now())
    except (BadPlan, CourseTypeGone, PlanBlocked, PlanNeedsAnswer) as refusal:
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
        pack = desk.packs.get(form.pack.data or "")
        parts = list(with_part_more(parts, pack.minutes if pack else None))
    elif verb == "drop_part" and len(parts) > 1 and value.isdecimal():
        parts = [p for number, p in enumerate(parts) if number != int(value)]
        data["delivery_mode"] = parts[0].mode or data["delivery_mode"]
    elif verb == "day":
        parts = list(moved_to(parts, _day(value)))
    elif verb == "add_trainer":
        data["trainers"] = [*data["trainers"], {}]
    data["parts"] = [part_data(p) for p in parts]
    return _offered(PlanForm(formdata=None, data=data), desk, None, form.details.values())


def _day(text: str) -> date:
    day = plausible_day(text)
    if day is None:
        raise NotFound
    return day


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
    command = form.to_command(actor.org_id, desk.staff, desk.type_key(form), publish=True)
    pack = desk.packs.get(command.pack_id or "")
    if pack is not None:
        command = replace(command, topic=pack.topic)
    sketch = sketch_of(command, pack.minutes if pack else None)
    judged = queries.review(read_session(), actor.scope(WRITE), sketch, now(), desk.around)
    return plan_view(judged, command.parts, command.accepted, local_day(now()))


def _plan_page(
    actor: Actor, form: PlanForm, desk: Desk, *, status: int = 200, refusal: DomainError | None = None
) -> Any:
    view = _view(actor, form, desk) if not form.errors else None
    theirs = event_page(read_session(), actor.scope(WRITE), form.event_id.data) if isinstance(refusal, StaleVersion) else None
    if refusal is not None and view is not None:
        for line in view.problems:
            form.details.blame(line.field, line.text)
    return page(
        "training/event_plan.html", status=status, form=form, desk=desk, view=view, theirs=theirs,
        pack=_pack(actor, form), problem=sentence(refusal) if refusal else "", check_url=url_for("training.check_plan"),
    )


def _pack(actor: Actor, form: PlanForm) -> PackOutline | None:
    if not form.pack.data:
        return None
    return pack_outline(read_session(), actor.scope(Permission.CATALOGUE_READ), form.pack.data)
