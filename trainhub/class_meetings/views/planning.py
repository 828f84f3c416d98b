"""Planning one meeting: the tap, the sentence page, and what follows: moved, cancelled, not held, taken back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.class_meetings.plan_forms import OTHER, PlanFields, plan_of
from trainhub.class_meetings.queries.access import ClassAccess, class_access, seen_meeting
from trainhub.class_meetings.queries.desk import PlanDesk, plan_desk, plannable_classes
from trainhub.class_meetings.queries.own import MeetingLine, line_of
from trainhub.class_meetings.rules.lifecycle import MeetingReasonMissing
from trainhub.class_meetings.rules.naming import TextMayName, TextNamesPupil
from trainhub.class_meetings.rules.planning import Clash, PlannedMeeting
from trainhub.class_meetings.rules.unplannable import BadTimes, UndoTooLate, Unplannable
from trainhub.class_meetings.service.planning import (
    EndMeeting,
    MoveMeeting,
    cancel_meeting,
    miss_meeting,
    move_meeting,
    plan_meetings,
    undo_plan,
)
from trainhub.class_meetings.views import blueprint
from trainhub.class_meetings.views.plan_words import clash_words, meeting_url, refusal_words, taken_words
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.errors import DomainError, InvalidState, NotFound, StaleVersion
from trainhub.kernel.permissions import Permission
from trainhub.web.context import current_actor
from trainhub.web.database import read_session, transaction
from trainhub.web.gate import needs
from trainhub.web.i18n import day_text
from trainhub.web.pages import page, redirect_path, redirect_to, safe_path, toast

READ, WRITE = Permission.MEETING_OWN_READ, Permission.MEETING_OWN_WRITE
REFUSALS = (Unplannable, TextNamesPupil, TextMayName, MeetingReasonMissing, StaleVersion, InvalidState)


# --- one tap, and the sentence page ------------------------------------------------------------------


@blueprint.get("/meetings/new")
@needs(READ)
def plan_meeting() -> Any:
    """A plan that is filled in already; ``?class=``, ``?pack=``, ``?slot=`` name what is known."""
    actor, moment = current_actor(), now()
    classes = _classes(actor, moment)
    if not classes:
        return page("class_meetings/plan_nobody.html", 404)
    fields = PlanFields.sent(request.args)
    fields = replace(fields, class_id=fields.class_id or classes[0][0])
    access, desk = _desk(actor, fields, moment)
    return _plan_page(actor, _opened(fields, desk), desk, access, moment)


def _opened(fields: PlanFields, desk: PlanDesk) -> PlanFields:
    """Fill in what the address left open: the next free lesson, the pack not used yet, the homeroom teacher."""
    first = desk.first_free
    homeroom = desk.klass.homeroom_on(max(desk.klass.opened_on, fields.day_chosen or desk.klass.opened_on))
    return replace(
        fields, slot=fields.slot or (first.key if first else OTHER), pack=fields.pack or (desk.packs[0].id if desk.packs else ""),
        held_by=fields.held_by or (homeroom.id if homeroom else ""),
    )


@blueprint.post("/meetings/schedule")
@needs(WRITE)
def schedule() -> Any:
    """One tap: this pack in this lesson of this class. What cannot be ends on the sentence page, filled in."""
    return _saved(PlanFields.sent(request.form))


@blueprint.post("/meetings/new")
@needs(WRITE)
def save_meeting() -> Any:
    """Schedule as the sentence says; ``do=look`` only shows the page again for what was chosen."""
    fields = PlanFields.sent(request.form)
    if request.form.get("do") == "look":
        actor, moment = current_actor(), now()
        access, desk = _desk(actor, fields, moment)
        return _plan_page(actor, _opened(fields, desk), desk, access, moment)
    return _saved(fields)


def _saved(fields: PlanFields) -> Any:
    actor, moment = current_actor(), now()
    access, desk = _desk(actor, fields, moment)
    plan = plan_of(fields, desk)
    try:
        if plan.starts_at is None:
            raise BadTimes(class_name=access.name, field="slot")
        with transaction() as session:
            [meeting_id] = plan_meetings(session, actor, [plan], moment)
    except REFUSALS as refusal:
        return _plan_page(actor, fields, desk, access, moment, refusal=refusal)
    if plan.already_held:
        return redirect_path(meeting_url(meeting_id, "record"))
    line = line_of(read_session(), actor.district_id, meeting_id, moment)
    assert line is not None  # just written
    told = _("Scheduled: %(title)s, %(day)s. Meeting %(nth)s of %(required)s this term.", title=line.title, day=_when(line), nth=desk.nth, required=max(desk.nth, desk.required))
    toast(told, undo_url=url_for("class_meetings.undo_meeting", meeting_id=meeting_id), undo_label=_("Undo"))
    return redirect_path(safe_path(request.form.get("next") or url_for("class_meetings.mine")))


def _when(line: MeetingLine) -> str:
    return day_text(line.starts_at) + (" " + _("lesson %(n)s", n=line.lesson_no) if line.lesson_no else "")


def _desk(actor: Actor, fields: PlanFields, moment: datetime, *, but: str = "") -> tuple[ClassAccess, PlanDesk]:
    access = class_access(read_session(), actor, fields.class_id, local_day(moment), write=True)
    return access, plan_desk(read_session(), actor.district_id, access, plan_of(fields), moment, fields.day_chosen, but)


def _classes(actor: Actor, moment: datetime) -> tuple[tuple[str, str], ...]:
    return plannable_classes(read_session(), actor, actor.org_id, local_day(moment), whole_school=actor.can(Permission.MEETING_WRITE))


def _plan_page(
    actor: Actor, fields: PlanFields, desk: PlanDesk, access: ClassAccess, moment: datetime, *, refusal: DomainError | None = None,
    meeting: MeetingLine | None = None,
) -> Any:
    plan = plan_of(fields, desk)
    if meeting is not None and fields.pack == meeting.pack_id:
        plan = replace(plan, pack_version=meeting.pack_version)
    verdict = desk.judge(plan, moment, meeting.id if meeting else "") if plan.starts_at is not None else None
    clashes: tuple[Clash, ...] = verdict.clashes if verdict else ()
    shown = refusal or (verdict.refusal if verdict and fields.day_chosen else None)
    pack = next((p for p in desk.packs if p.id == fields.pack), None)
    return page(
        "class_meetings/plan.html", 200 if refusal is None else 409 if isinstance(refusal, StaleVersion) else 422, fields=fields, desk=desk,
        klass=desk.klass, classes=_with(_classes(actor, moment) if meeting is None else (), access), pack=pack, meeting=meeting,
        problem=refusal_words(shown) if shown else "", problem_field=shown.field if shown else "", clashes=[clash_words(c) for c in clashes],
        may_name=isinstance(refusal, TextMayName), chosen=next((o for o in desk.offers if o.key == fields.slot), None), taken_words=taken_words,
        plan=plan, today=local_day(moment), next_url=safe_path(request.values.get("next") or url_for("class_meetings.mine")),
        lesson_choices=[(str(n), _("lesson %(n)s", n=n)) for n in desk.lessons], needs_reason=meeting is not None and meeting.starts_at is not None,
    )


def _with(classes: tuple[tuple[str, str], ...], access: ClassAccess) -> tuple[tuple[str, str], ...]:
    """The classes to choose from; the one that is planned for is always among them."""
    return classes if any(key == access.class_id for key, _name in classes) else (*classes, (access.class_id, access.name))


# --- what follows ------------------------------------------------------------------------------------


@blueprint.post("/meetings/<meeting_id>/undo")
@needs(WRITE)
def undo_meeting(meeting_id: str) -> Any:
    """Take back what was just planned."""
    try:
        with transaction() as session:
            undo_plan(session, current_actor(), meeting_id, now())
        toast(_("Taken back. The lesson is free again."), "info")
    except UndoTooLate as refusal:
        toast(refusal_words(refusal), "error")
    return redirect_to("class_meetings.mine")


def _meeting(actor: Actor, meeting_id: str, moment: datetime) -> MeetingLine:
    """The meeting as lists show it, where the actor may change it. Raises NotFound."""
    seen_meeting(read_session(), actor, meeting_id, local_day(moment), write=True)
    line = line_of(read_session(), actor.district_id, meeting_id, moment)
    if line is None:
        raise NotFound
    return line


def _access_of(line: MeetingLine) -> ClassAccess:
    """Whoever leads a meeting may move it, without leading the class (case 34)."""
    return ClassAccess(line.class_id, line.school_id, line.school_year, 0, line.class_name, date.min, None, own=True)


@blueprint.get("/meetings/<meeting_id>/move")
@needs(READ)
def move(meeting_id: str) -> Any:
    """Another time, leader, room or pack."""
    actor, moment = current_actor(), now()
    line = _meeting(actor, meeting_id, moment)
    fields = PlanFields.held(line)
    desk = _desk_of(actor, line, fields, moment)
    return _plan_page(actor, fields if fields.slot else _opened(fields, desk), desk, _access_of(line), moment, meeting=line)


@blueprint.post("/meetings/<meeting_id>/move")
@needs(WRITE)
def save_move(meeting_id: str) -> Any:
    """Move it; ``do=look`` only shows the page again for what was chosen."""
    actor, moment = current_actor(), now()
    line = _meeting(actor, meeting_id, moment)
    fields = PlanFields.sent(request.form, line.class_id)
    desk = _desk_of(actor, line, fields, moment)
    if request.form.get("do") == "look":
        return _plan_page(actor, fields, desk, _access_of(line), moment, meeting=line)
    plan: PlannedMeeting = plan_of(fields, desk)
    try:
        if plan.starts_at is None:
            raise BadTimes(class_name=line.class_name, field="slot")
        with transaction() as session:
            move_meeting(session, actor, MoveMeeting(meeting_id, plan, fields.reason, _number(fields.version)), moment)
    except REFUSALS as refusal:
        return _plan_page(actor, fields, desk, _access_of(line), moment, refusal=refusal, meeting=line)
    moved = line_of(read_session(), actor.district_id, meeting_id, moment)
    toast(_("Changed: %(title)s, %(day)s.", title=moved.title if moved else "", day=_when(moved) if moved else ""))
    return redirect_to("class_meetings.mine")


def _desk_of(actor: Actor, line: MeetingLine, fields: PlanFields, moment: datetime) -> PlanDesk:
    return plan_desk(read_session(), actor.district_id, _access_of(line), plan_of(fields), moment, fields.day_chosen, line.id)


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


@blueprint.get("/meetings/<meeting_id>/cancel")
@needs(READ)
def cancel(meeting_id: str) -> Any:
    """Ask for the reason."""
    return _end_page(_meeting(current_actor(), meeting_id, now()), "cancel")


@blueprint.get("/meetings/<meeting_id>/missed")
@needs(READ)
def missed(meeting_id: str) -> Any:
    """Ask for the reason."""
    return _end_page(_meeting(current_actor(), meeting_id, now()), "missed")


@blueprint.post("/meetings/<meeting_id>/cancel")
@needs(WRITE)
def save_cancel(meeting_id: str) -> Any:
    """Cancel with a reason."""
    return _ended(meeting_id, "cancel", cancel_meeting, _("Cancelled. It stays on record with your reason."))


@blueprint.post("/meetings/<meeting_id>/missed")
@needs(WRITE)
def save_missed(meeting_id: str) -> Any:
    """Say that it was not held, and why."""
    return _ended(meeting_id, "missed", miss_meeting, _("Noted as not held. Set another time, so that the class is not forgotten."))


def _ended(meeting_id: str, kind: str, do: Callable[..., None], told: str) -> Any:
    actor, moment = current_actor(), now()
    line = _meeting(actor, meeting_id, moment)
    form = request.form
    command = EndMeeting(meeting_id, form.get("reason", ""), _number(form.get("version", "")), bool(form.get("names_confirmed")))
    try:
        with transaction() as session:
            do(session, actor, command, moment)
    except REFUSALS as refusal:
        return _end_page(line, kind, refusal)
    toast(told)
    return redirect_to("class_meetings.mine")


def _end_page(line: MeetingLine, kind: str, refusal: DomainError | None = None) -> Any:
    return page(
        "class_meetings/end.html", refusal.status if refusal else 200, meeting=line, kind=kind, when=_when(line) if line.starts_at else "",
        problem=refusal_words(refusal) if refusal else "", reason=request.form.get("reason", ""), may_name=isinstance(refusal, TextMayName),
    )
