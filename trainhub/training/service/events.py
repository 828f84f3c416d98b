"""What happens to a training after it was published: people, time, cancellation, correction, its rolls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from trainhub.attendance.models import AttendanceSheet
from trainhub.attendance.roll_rules import RecordsChanged, RollStateChanged
from trainhub.attendance.service import SheetPerson, move_sheet, sync_people, void_sheets
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import local_day
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.events import announcer
from trainhub.kernel.permissions import Permission
from trainhub.training.models import EventPart, EventParticipant, EventTrainer, TrainingEvent
from trainhub.training.queries.planning import (
    Review,
    Sketch,
    candidates,
    names_of,
    pack_facts,
    review,
)
from trainhub.training.registry import course_type, is_gone
from trainhub.training.rules.audience import Candidate, Choice
from trainhub.training.rules.details import plan_problems, read_details
from trainhub.training.rules.lifecycle import FROZEN, EventState, ReasonMissing, may, state_from_rolls, step
from trainhub.training.rules.planning import Course, PartTime, PlanBlocked, Trainer, decide, mode_of_all
from trainhub.training.service.planning import (
    MODES,
    VENUES,
    BadPlan,
    CourseTypeGone,
    fields_in,
    part_title,
    trainers_of,
    write_trainers,
)
from trainhub.training.service.steps import announce, locked_event, note_for, note_step, parts_of

_MOVABLE = frozenset({EventState.PUBLISHED, EventState.POSTPONED})
_LIST_OPEN = frozenset({EventState.PUBLISHED, EventState.HELD, EventState.POSTPONED})


class UnknownPeople(DomainError):
    """Somebody to be added who is not on the staff on that day, or to be taken off who is not on the list."""

    code = "unknown_people"


class RollAlreadyEnded(InvalidState):
    """The list of a roll that was ended cannot change; the roll has to be taken back first."""

    code = "event_roll_ended"


class NothingChanged(DomainError):
    """A change that changes nothing."""

    code = "event_nothing_changed"


@dataclass(frozen=True, slots=True)
class ChangeParticipants:
    """Add people to the list or take them off it; nobody is deleted, the reason stays visible."""

    event_id: str
    version: int
    add: Sequence[str] = ()
    remove: Sequence[str] = ()
    reason: str = ""


def change_participants(session: Session, actor: Actor, command: ChangeParticipants, now: datetime) -> int:
    """Change who must come and bring every open roll in line. Returns the new number of invited.

    Serial numbers never move: a newcomer gets the next one. Raises ReasonMissing, UnknownPeople,
    RollAlreadyEnded, InvalidState, StaleVersion, NotFound.
    """
    event = locked_event(session, actor, command.event_id, command.version)
    if EventState(event.state) not in _LIST_OPEN:
        raise InvalidState(state=event.state, wanted="participants")
    reason = " ".join(command.reason.split())[:120]
    if not reason:
        raise ReasonMissing(field="reason")
    listed = _listed(session, event)
    staff = {c.person_id: c for c in candidates(session, _scope(actor), event.school_id, local_day(event.starts_at))}
    adding = [p for p in dict.fromkeys(command.add) if p not in listed or listed[p].excluded_reason]
    removing = [p for p in dict.fromkeys(command.remove) if p in listed and not listed[p].excluded_reason]
    if not adding and not removing:
        raise NothingChanged(field="add")
    unknown = [p for p in adding if p not in staff] + [p for p in command.remove if p not in listed]
    if unknown:
        raise UnknownPeople(field="add", count=len(unknown))
    _apply_list(session, event, listed, adding, removing, reason)
    _sync_rolls(session, actor, event, listed, staff, now)
    note_step(session, actor, event, "participants", event.state, now, reason=reason, changes={"added": adding, "removed": removing})
    return sum(not row.excluded_reason for row in _listed(session, event).values())


def _scope(actor: Actor) -> Any:
    return actor.scope(Permission.TRAINING_WRITE)


def _listed(session: Session, event: TrainingEvent) -> dict[str, EventParticipant]:
    query = (
        select(EventParticipant)
        .where(EventParticipant.district_id == event.district_id, EventParticipant.event_id == event.id)
        .order_by(EventParticipant.serial_no)
    )
    return {row.person_id: row for row in session.scalars(query)}


def _apply_list(
    session: Session, event: TrainingEvent, listed: dict[str, EventParticipant],
    adding: Sequence[str], removing: Sequence[str], reason: str,
) -> None:
    for person_id in removing:
        listed[person_id].excluded_reason = reason
    following = max((row.serial_no for row in listed.values()), default=0)
    for person_id in adding:
        if person_id in listed:
            listed[person_id].excluded_reason = ""
            continue
        following += 1
        listed[person_id] = EventParticipant(
            district_id=event.district_id, event_id=event.id, person_id=person_id, serial_no=following,
            reason="by_hand", added_by_hand=True, excluded_reason="",
        )
        session.add(listed[person_id])
    session.flush()


def _sync_rolls(
    session: Session, actor: Actor, event: TrainingEvent, listed: Mapping[str, EventParticipant],
    staff: Mapping[str, Candidate], now: datetime,
) -> None:
    people = [
        SheetPerson(row.person_id, row.serial_no, *_place(staff.get(row.person_id)))
        for row in sorted(listed.values(), key=lambda r: r.serial_no)
        if not row.excluded_reason
    ]
    states = _roll_states(session, event)
    if any(state != "open" for state in states.values()):
        raise RollAlreadyEnded(state=event.state)
    for sheet_id in states:
        sync_people(session, actor, sheet_id, people, now)


def _place(person: Candidate | None) -> tuple[str, str]:
    return (person.department, person.staff_no) if person else ("", "")


def _roll_states(session: Session, event: TrainingEvent) -> dict[str, str]:
    """Rolls of a training with their states, in the order of the parts. One statement."""
    query = (
        select(AttendanceSheet.id, AttendanceSheet.state)
        .join(EventPart, (EventPart.district_id == AttendanceSheet.district_id) & (EventPart.sheet_id == AttendanceSheet.id))
        .where(EventPart.district_id == event.district_id, EventPart.event_id == event.id)
        .order_by(EventPart.position)
    )
    return {row.id: row.state for row in session.execute(query)}


# --- moving and cancelling ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MoveEvent:
    """Move a training, or postpone it without a date (``parts`` empty). Parts in order, as many as there are."""

    event_id: str
    version: int
    reason: str
    parts: Sequence[PartTime] = ()
    accepted: frozenset[str] = frozenset()


def review_move(session: Session, actor: Actor, event_id: str, parts: Sequence[PartTime], now: datetime) -> Review:
    """Judge new times for a training as a plan is judged, with the people already invited."""
    event = session.get(TrainingEvent, (actor.district_id, event_id))
    if event is None or not _scope(actor).covers_school(event.school_id):
        raise NotFound
    return _review_times(session, actor, event, parts, now)


def _review_times(session: Session, actor: Actor, event: TrainingEvent, parts: Sequence[PartTime], now: datetime) -> Review:
    minutes = pack_facts(session, event.pack_id, event.pack_version or "").minutes if event.pack_id else None
    listed = [p for p, row in _listed(session, event).items() if not row.excluded_reason]
    held = parts_of(session, event)
    if len(held) == len(parts):
        ordered = sorted(parts, key=lambda p: p.starts_at)
        parts = [replace(new, title=old.title, mode=old.delivery_mode) for new, old in zip(ordered, held, strict=True)]
    sketch = Sketch(
        event.school_id, parts, Course(event.pack_id, minutes, event.delivery_mode, event.venue_kind), event.topic,
        trainers_of(session, event), Choice(), event.make_up_year_key, event.id, names_of(session, event.district_id, listed),
    )
    return review(session, _scope(actor), sketch, now)


def move_event(session: Session, actor: Actor, command: MoveEvent, now: datetime) -> EventState:
    """Give a training another time, or postpone it until there is one. The rolls move with it.

    Returns the new state. Raises ReasonMissing, PlanBlocked, PlanNeedsAnswer, InvalidState, StaleVersion,
    NotFound.
    """
    event = locked_event(session, actor, command.event_id, command.version)
    before = EventState(event.state)
    if before not in _MOVABLE:
        raise InvalidState(state=event.state, wanted="moved")
    if before is EventState.PUBLISHED:
        step(before, EventState.POSTPONED, command.reason)
    if not command.reason.strip():
        raise ReasonMissing(field="reason")
    reason = " ".join(command.reason.split())[:200]
    if not command.parts:
        event.state = EventState.POSTPONED.value
        note_step(session, actor, event, "postponed", before, now, reason=reason)
        announce(session, event, "moved")
        return EventState.POSTPONED
    held = parts_of(session, event)
    if len(held) != len(command.parts):
        raise BadPlan(field="parts")
    decide(_review_times(session, actor, event, command.parts, now).problems, command.accepted)
    event.state = EventState.PUBLISHED.value
    changes = _retime(session, actor, event, held, command.parts, now)
    note_step(session, actor, event, "moved", before, now, reason=reason, changes=changes | {"accepted": sorted(command.accepted)})
    announce(session, event, "moved")
    return EventState.PUBLISHED


def _retime(
    session: Session, actor: Actor, event: TrainingEvent, held: Sequence[EventPart], wanted: Sequence[PartTime], now: datetime
) -> dict[str, Any]:
    told = []
    for part, new in zip(held, sorted(wanted, key=lambda p: p.starts_at), strict=True):
        before = [part.starts_at.isoformat(), part.ends_at.isoformat(), part.room]
        part.starts_at, part.ends_at, part.room = new.starts_at, new.ends_at, new.room.strip()[:80]
        told.append({"part": part.position, "from": before, "to": [part.starts_at.isoformat(), part.ends_at.isoformat(), part.room]})
        if part.sheet_id is not None:
            move_sheet(session, actor, part.sheet_id, part.starts_at, part.ends_at, now)
    event.starts_at = min(p.starts_at for p in held)
    event.ends_at = max(p.ends_at for p in held)
    return {"parts": told}


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """Cancel a training. Its record stays; what was marked on its rolls counts nothing."""

    event_id: str
    version: int
    reason: str


def cancel_event(session: Session, actor: Actor, command: CancelEvent, now: datetime) -> None:
    """Cancel a training that is not verified yet and void its rolls.

    Raises ReasonMissing, AlreadyCounted, InvalidState, StaleVersion, NotFound.
    """
    event = locked_event(session, actor, command.event_id, command.version)
    before = EventState(event.state)
    reason = step(before, EventState.CANCELLED, command.reason).reason[:200]
    event.state = EventState.CANCELLED.value
    session.flush()
    sheets = [sheet_id for sheet_id, state in _roll_states(session, event).items() if state != "void"]
    if sheets:
        void_sheets(session, actor, sheets, reason, now)
    note_step(session, actor, event, "cancelled", before, now, reason=reason, changes={"sheets": sheets})
    if before is not EventState.DRAFT:  # nobody was told of a draft
        announce(session, event, "cancelled")


# --- correcting ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PartAs:
    """What a part was: its title and mode."""

    title: str
    mode: str


@dataclass(frozen=True, slots=True)
class AmendEvent:
    """Correct what a training was: None leaves a value. Times and presence are corrected on the roll.

    ``delivery_mode`` is set for every part; ``parts`` (in their order, all of them) sets title and mode of each.
    ``trainers`` replaces all trainers, ``details`` all detail fields.
    """

    event_id: str
    version: int
    reason: str
    title: str | None = None
    topic: str | None = None
    delivery_mode: str | None = None
    venue_kind: str | None = None
    trainers: Sequence[Trainer] | None = None
    details: Mapping[str, Any] | None = None
    parts: Sequence[PartAs] | None = None


def amend_event(session: Session, actor: Actor, command: AmendEvent, now: datetime) -> None:
    """Correct a training visibly: old and new value, who, when, why; what counts is worked out again.

    A closed year is amended by reopening it, not here. Raises ReasonMissing, InvalidState, CourseTypeGone,
    StaleVersion, NotFound, BadPlan, PlanBlocked (details), NothingChanged.
    """
    event = locked_event(session, actor, command.event_id, command.version)
    before = EventState(event.state)
    if before in (EventState.LOCKED, EventState.CANCELLED, EventState.DRAFT):
        raise InvalidState(state=event.state, wanted="amended")
    if is_gone(course_type(event.type_key)):
        raise CourseTypeGone(type=event.type_key)
    reason = " ".join(command.reason.split())[:200]
    if not reason:
        raise ReasonMissing(field="reason")
    changes = _amend_values(event, command)
    changes |= _amend_parts(session, event, command)
    changes |= _amend_details(event, command)
    if command.trainers is not None:
        changes |= _replace_trainers(session, event, command.trainers)
    if not changes:
        raise NothingChanged(field="title")
    note_step(session, actor, event, "amended", before, now, reason=reason, changes=changes)
    if before in FROZEN and _COUNTS & {name.partition(".")[0] for name in changes}:
        _tell_listeners(session, event)


_COUNTS = frozenset({"topic", "delivery_mode", "venue_kind"})
"""Changes after which minutes are counted anew."""


def _amend_values(event: TrainingEvent, command: AmendEvent) -> dict[str, Any]:
    if command.venue_kind not in (None, *VENUES) or (command.title is not None and not command.title.strip()):
        raise BadPlan
    wanted = {"title": command.title, "topic": command.topic, "venue_kind": command.venue_kind}
    changes = {n: [getattr(event, n), v] for n, v in wanted.items() if v is not None and v != getattr(event, n)}
    for name, (_, value) in changes.items():
        setattr(event, name, value)
    return changes


def _amend_parts(session: Session, event: TrainingEvent, command: AmendEvent) -> dict[str, Any]:
    """Set title and mode of the parts. Minutes are counted by the mode of the part, so that is what is corrected."""
    held = parts_of(session, event)
    wanted = command.parts
    if wanted is None and command.delivery_mode is not None:
        wanted = [PartAs(part.title, command.delivery_mode) for part in held]
    if wanted is None:
        return {}
    allowed = {*course_type(event.type_key).spec.modes} & {*MODES}
    if len(wanted) != len(held) or any(new.mode not in allowed | {old.delivery_mode} for new, old in zip(wanted, held, strict=True)):
        raise BadPlan(field="delivery_mode")
    changes: dict[str, Any] = {}
    for part, new in zip(held, wanted, strict=True):
        where = f".{part.position}" if len(held) > 1 else ""
        title = part_title(new.title)
        if title != part.title:
            changes[f"part_title{where}"] = [part.title, title]
        if new.mode != part.delivery_mode:
            changes[f"delivery_mode{where}"] = [part.delivery_mode, new.mode]
        part.title, part.delivery_mode = title, new.mode
    event.delivery_mode = mode_of_all([PartTime(p.starts_at, p.ends_at, mode=p.delivery_mode) for p in held], event.delivery_mode)
    return changes


def _amend_details(event: TrainingEvent, command: AmendEvent) -> dict[str, Any]:
    if command.details is None:
        return {}
    kind, before = course_type(event.type_key), fields_in(event.details)
    read = read_details(kind, command.details)
    if read.problems:
        raise PlanBlocked(problems=tuple(plan_problems(kind, read.problems)))
    declared = [f.name for f in kind.spec.detail_fields]
    names = [name for name in declared if before.get(name) != read.values.get(name)]
    undeclared = {name: value for name, value in before.items() if name not in declared}  # of an older plugin: kept
    event.details = {**event.details, "fields": undeclared | dict(read.values)}
    return {f"details.{name}": [before.get(name), read.values.get(name)] for name in names}


def _replace_trainers(session: Session, event: TrainingEvent, trainers: Sequence[Trainer]) -> dict[str, Any]:
    held = trainers_of(session, event)
    if held == list(trainers):
        return {}
    session.execute(delete(EventTrainer).where(EventTrainer.district_id == event.district_id, EventTrainer.event_id == event.id))
    write_trainers(session, event, trainers)
    return {"trainers": [len(held), len(trainers)]}


def _tell_listeners(session: Session, event: TrainingEvent) -> None:
    """What a verified roll counts for depends on the training: say that its records changed."""
    session.flush()
    people = tuple(_listed(session, event))
    for part in parts_of(session, event):
        if part.sheet_id is not None:
            announcer.announce(session, RecordsChanged(
                event.district_id, event.school_id, part.sheet_id, "training_part", part.id, people
            ))


# --- following the rolls ------------------------------------------------------------------------


def follow_roll(session: Session, told: RollStateChanged) -> None:
    """Let the training follow its rolls: held, submitted, verified, amended.

    A listener: runs in the transaction of the roll; three statements where nothing changes.
    """
    if told.subject_kind != "training_part":
        return
    part = session.get(EventPart, (told.district_id, told.subject_id))
    if part is None:
        return
    event = session.get_one(TrainingEvent, (told.district_id, part.event_id))
    current = EventState(event.state)
    after = state_from_rolls(current, list(_roll_states(session, event).values()))
    if after is current or not may(current, after):
        return
    event.state = after.value
    kind = after.value if after is not EventState.PUBLISHED else "reopened"
    note_for(session, event, kind, current, told.at, told.actor_id, told.acting_role, changes={"sheet": told.sheet_id, "roll": told.state})


def lock_events(session: Session, actor: Actor, school_id: str, year_key: str, now: datetime) -> int:
    """Lock the verified trainings of a closed year. Returns how many. Called when the year is closed."""
    query = select(TrainingEvent).where(
        TrainingEvent.district_id == actor.district_id, TrainingEvent.school_id == school_id,
        TrainingEvent.year_key == year_key, TrainingEvent.state == EventState.VERIFIED.value,
    )
    events = list(session.scalars(query))
    for event in events:
        event.state = step(EventState.VERIFIED, EventState.LOCKED).after.value
        note_step(session, actor, event, "locked", EventState.VERIFIED, now)
    return len(events)
