"""The list of trainings and the page of one training."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from trainhub.kernel.actor import Actor, Scope
from trainhub.kernel.clock import local_day, now
from trainhub.kernel.permissions import Permission
from trainhub.plugin_api.contracts import CourseTypeSpec
from trainhub.roster.queries import OrgRow, schools
from trainhub.training.forms import ReasonForm
from trainhub.training.queries import planning as facts
from trainhub.training.queries.events import (
    EventPage,
    EventRow,
    HistoryView,
    ParticipantView,
    event_page,
    events_of,
    years_of,
)
from trainhub.training.registry import course_type, is_gone
from trainhub.training.rules.lifecycle import FROZEN, LADDER, EventState, may
from trainhub.training.service.planning import fields_in
from trainhub.training.views import blueprint
from trainhub.training.views.formats import formats
from trainhub.training.views.outcome import ending_model
from trainhub.training.wording import (
    MODES,
    PROOFS,
    ROLL_STATES,
    STATE_KINDS,
    STATES,
    STEPS,
    VENUES,
    detail_lines,
    detail_value,
    reason_text,
)
from trainhub.web.context import current_actor
from trainhub.web.database import read_session
from trainhub.web.gate import needs
from trainhub.web.i18n import is_chinese, span_text
from trainhub.web.pages import page

READ, WRITE = Permission.TRAINING_READ, Permission.TRAINING_WRITE


@blueprint.context_processor
def words() -> dict[str, Any]:
    """Words and addresses that the room's templates use."""
    return {
        "state_words": STATES, "state_kinds": STATE_KINDS, "step_words": STEPS, "mode_words": MODES, "venue_words": VENUES,
        "roll_state_words": ROLL_STATES, "reason_text": reason_text,
    }  # fmt: skip


# --- the list -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Month:
    """Trainings of one month. ``planned`` leaves drafts out; ``held`` are over and not cancelled."""

    year: int
    month: int
    rows: tuple[EventRow, ...]
    planned: int
    held: int
    cancelled: int


_HELD = frozenset({EventState.HELD, EventState.SUBMITTED, EventState.VERIFIED, EventState.LOCKED, EventState.AMENDED})


def _months(rows: list[EventRow]) -> tuple[Month, ...]:
    found: dict[tuple[int, int], list[EventRow]] = {}
    for row in rows:
        day = local_day(row.starts_at)
        found.setdefault((day.year, day.month), []).append(row)
    return tuple(
        Month(
            year, month, tuple(group), sum(r.state is not EventState.DRAFT for r in group),
            sum(r.state in _HELD for r in group), sum(r.state is EventState.CANCELLED for r in group),
        )
        for (year, month), group in sorted(found.items())
    )


@blueprint.get("/training/events")
@needs(READ)
def events() -> Any:
    """Trainings of a school by month: planned beside held, cancelled visibly."""
    actor = current_actor()
    scope, school_id = actor.scope(READ), _school(actor)
    session, today = read_session(), local_day(now())
    this_year = facts.duty_on(session, actor.district_id, school_id, today).frame.year.key
    year = request.args.get("year", this_year)[:12]
    rows = events_of(session, scope, school_id, year_key=year)
    state = request.args.get("state", "")
    shown = [r for r in rows if not state or r.state.value == state]
    return page(
        "training/events.html", months=_months(shown), total=len(rows), shown=len(shown), year=year,
        years=sorted({this_year, year, *years_of(session, scope, school_id)}, reverse=True), states=_state_chips(rows, state, year, school_id),
        schools=_choices(scope), school_id=school_id, may_plan=actor.can(WRITE) and school_id == actor.org_id,
        held=sum(r.state in _HELD for r in rows), cancelled=sum(r.state is EventState.CANCELLED for r in rows),
        planned=sum(r.state is not EventState.DRAFT for r in rows), month_text=_month_text,
    )


def _month_text(year: int, month: int) -> str:
    return f"{year}年{month}月" if is_chinese() else date(year, month, 1).strftime("%B %Y")


def _school(actor: Actor) -> str:
    return request.args.get("school") or actor.org_id


def _choices(scope: Scope) -> list[OrgRow]:
    units = schools(read_session(), scope)
    return units if len(units) > 1 else []


def _state_chips(rows: list[EventRow], state: str, year: str, school_id: str) -> list[tuple[str, int, str, bool]]:
    counts = Counter(r.state for r in rows)
    chips = [(_("All"), len(rows), url_for("training.events", year=year, school=school_id), not state)]
    return chips + [
        (str(STATES[s.value]), counts[s], url_for("training.events", year=year, school=school_id, state=s.value), s.value == state)
        for s in EventState if counts[s]
    ]


# --- one training -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StepMark:
    """One step of the stepper: done, current or to come; branches carry their reason."""

    word: str
    mark: str
    note: str


@dataclass(frozen=True, slots=True)
class Department:
    """Participants of one department in the order of the roll."""

    name: str
    people: tuple[ParticipantView, ...]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """A step in the history: what, what changed in words, why, who, when; corrections print in red."""

    view: HistoryView
    word: str
    changes: tuple[str, ...]
    correction: bool


@dataclass(frozen=True, slots=True)
class Actions:
    """Which steps the reader may take now."""

    publish: bool = False
    edit: bool = False
    move: bool = False
    cancel: bool = False
    people: bool = False
    amend: bool = False
    make_up: bool = False


def _actions(actor: Actor, held: EventPage) -> Actions:
    if not actor.can(WRITE) or not actor.scope(WRITE).covers_school(held.row.school_id):
        return Actions()
    state, whole = held.row.state, not is_gone(course_type(held.type_key))
    return Actions(
        publish=whole and state is EventState.DRAFT, edit=whole and state is EventState.DRAFT,
        move=state in (EventState.PUBLISHED, EventState.POSTPONED), cancel=may(state, EventState.CANCELLED),
        people=state in (EventState.PUBLISHED, EventState.HELD, EventState.POSTPONED)
        and all(p.sheet_state == "open" for p in held.row.parts),
        amend=whole and state not in (EventState.DRAFT, EventState.CANCELLED, EventState.LOCKED),
        make_up=state in _HELD,
    )


def _stepper(held: EventPage) -> tuple[StepMark, ...]:
    state, row = held.row.state, held.row
    on_ladder = {EventState.POSTPONED: EventState.PUBLISHED, EventState.CANCELLED: EventState.PUBLISHED, EventState.AMENDED: EventState.SUBMITTED}
    reached = LADDER.index(on_ladder.get(state, state))
    marks = [
        StepMark(str(STATES[s.value]), "done" if number < reached else "on" if number == reached else "", "")
        for number, s in enumerate(LADDER)
    ]
    if state in on_ladder:
        marks[reached:] = [StepMark(str(STATES[state.value]), "on", row.state_reason)]
    return tuple(marks)


def by_department(people: tuple[ParticipantView, ...]) -> tuple[Department, ...]:
    """Participants by department, in the order of the roll."""
    groups: dict[str, list[ParticipantView]] = {}
    for person in people:
        groups.setdefault(person.department or _("Without department"), []).append(person)
    return tuple(Department(name, tuple(group)) for name, group in groups.items())


def _history(held: EventPage) -> tuple[HistoryLine, ...]:
    return tuple(
        HistoryLine(
            view, str(STEPS.get(view.changes.get("kind", ""), view.to_state)), _changed(view, course_type(held.type_key).spec),
            view.changes.get("kind") in ("moved", "postponed", "cancelled", "amended", "participants", "reopened"),
        )
        for view in held.history
    )


def _changed(view: HistoryView, spec: CourseTypeSpec) -> tuple[str, ...]:
    told, kind = view.changes, view.changes.get("kind")
    if kind == "moved":
        return tuple(
            _("Part %(part)s: %(before)s → %(after)s", part=p["part"], before=_times(p["from"]), after=_times(p["to"]))
            for p in told["parts"] if p["from"] != p["to"]
        )
    if kind == "participants":
        return (_("%(added)s added, %(removed)s taken off", added=len(told["added"]), removed=len(told["removed"])),)
    if kind == "published":
        return (_("%(n)s people invited", n=len(told["invited"])),)
    if kind == "amended":
        return tuple(f"{_field(name, spec)}: {_value(name, old, spec)} → {_value(name, new, spec)}" for name, (old, new) in _pairs(told))
    return ()


def _pairs(told: dict[str, Any]) -> list[tuple[str, tuple[Any, Any]]]:
    return [(name, (pair[0], pair[1])) for name, pair in told.items() if isinstance(pair, list) and len(pair) == 2]


def _field(name: str, spec: CourseTypeSpec) -> str:
    """``delivery_mode.2`` is the mode of the second part, ``details.level`` a detail field."""
    words = {
        "title": _("Title"), "topic": _("Topic"), "delivery_mode": _("Mode"), "venue_kind": _("Place of the participants"),
        "trainers": _("Trainers"), "part_title": _("What this part is about"),
    }
    head, _dot, rest = name.partition(".")
    if head == "details":
        return next((str(_(field.label)) for field in spec.detail_fields if field.name == rest), rest)
    return f"{_('Part %(part)s', part=rest)} {words.get(head, head)}" if rest else str(words.get(head, head))


def _value(name: str, value: Any, spec: CourseTypeSpec) -> str:
    head, _dot, rest = name.partition(".")
    field = next((f for f in spec.detail_fields if head == "details" and f.name == rest), None)
    if value in (None, ""):
        return "–"
    return detail_value(field, value) if field else str({"delivery_mode": MODES, "venue_kind": VENUES}.get(head, {}).get(value, value))


def _times(told: list[str]) -> str:
    start, end = datetime.fromisoformat(told[0]), datetime.fromisoformat(told[1])
    return f"{span_text(start, end)} {told[2]}".strip()


@blueprint.get("/training/events/<event_id>")
@needs(READ)
def event(event_id: str) -> Any:
    """One training: state, parts with their rolls, people with reasons, history."""
    actor = current_actor()
    held = event_page(read_session(), actor.scope(READ), event_id)
    return page("training/event.html", **event_model(actor, held))


def event_model(actor: Actor, held: EventPage) -> dict[str, Any]:
    """What the page of a training shows to this reader."""
    kind = course_type(held.type_key)
    policy = facts.duty_on(read_session(), actor.district_id, held.row.school_id, local_day(held.row.starts_at)).policy
    return {
        "event": held, "row": held.row, "actions": _actions(actor, held), "stepper": _stepper(held),
        "departments": by_department(held.participants), **ending_model(actor, held), "history": _history(held), "may_roll": actor.can(Permission.ROLL_READ),
        "periods": policy.periods.periods(held.row.minutes), "formula": policy.periods.formula(held.row.minutes),
        "policy_version": policy.version, "kind": kind.spec.label, "gone": is_gone(kind), "proofs": [PROOFS.get(p, p) for p in kind.spec.required_proofs],
        "detail_lines": detail_lines(kind, fields_in(held.details)), "reason_form": ReasonForm(data={"version": held.version}),
        "calendars": [] if held.row.state is EventState.DRAFT else formats("calendar", actor.district_id),
        "counts": Counter(p.sheet_state for p in held.row.parts), "frozen": held.row.state in FROZEN,
    }
