"""Planning a training: drafting, editing, publishing. ``(session, actor, command, now) -> result``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from trainhub.attendance.service import OpenSheet, SheetPerson, open_sheet
from trainhub.kernel.actor import Actor
from trainhub.kernel.clock import at
from trainhub.kernel.errors import DomainError, InvalidState, NotFound
from trainhub.kernel.ids import new_id
from trainhub.kernel.permissions import Permission
from trainhub.training.models import EventPart, EventParticipant, EventTrainer, TrainingEvent
from trainhub.training.queries.planning import Review, Sketch, pack_facts, review
from trainhub.training.registry import course_type, is_gone
from trainhub.training.rules.audience import AUDIENCE_KINDS, AudienceKind, Choice
from trainhub.training.rules.details import keeps_no_draft, read_details
from trainhub.training.rules.lifecycle import EventState, step
from trainhub.training.rules.planning import (
    Course,
    PartTime,
    PlanBlocked,
    Trainer,
    decide,
    default_parts,
    mode_of,
    mode_of_all,
    part_problems,
)
from trainhub.training.service.steps import announce, locked_event, note_step, parts_of

TYPE_KEY = "staff_training"
MODES = ("face_to_face", "blended", "online", "on_the_job")
VENUES = ("room", "satellite_room", "desk")


class BadPlan(DomainError):
    """A value that no form of ours sends: mode, venue, audience, kind of course or title out of range."""

    code = "bad_plan"


class CourseTypeGone(InvalidState):
    """The plugin that brought this kind of course is not there: the training is read and counted only (case 104)."""

    code = "course_type_gone"


@dataclass(frozen=True, slots=True)
class PlanEvent:
    """A plan as the form (or the command line) holds it.

    ``event_id`` is made by whoever starts the plan, so that sending the form twice plans one training;
    ``version`` is set where a draft is changed. ``accepted`` holds the keys of the questions that were
    ticked. ``publish`` False keeps a draft. ``delivery_mode`` is that of every part which names none; with a
    pack its kind stands for ``type_key``. ``details`` are the detail fields of the kind, as text or plain values.
    """

    school_id: str
    title: str
    parts: Sequence[PartTime]
    pack_id: str | None = None
    pack_version: str | None = None
    topic: str = ""
    type_key: str = TYPE_KEY
    delivery_mode: str = "face_to_face"
    venue_kind: str = "room"
    trainers: Sequence[Trainer] = ()
    choice: Choice = dataclass_field(default_factory=Choice)
    make_up_year: str | None = None
    details: Mapping[str, Any] = dataclass_field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    publish: bool = True
    event_id: str | None = None
    version: int | None = None
    source: str = "web"


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """What became of a plan. ``replayed``: the same form had been sent before, nothing was done again."""

    event_id: str
    state: EventState
    version: int
    invited: int
    replayed: bool = False


def sketch_of(command: PlanEvent, pack_minutes: int | None = None) -> Sketch:
    """The part of a plan that the rules judge."""
    course = Course(command.pack_id, pack_minutes, command.delivery_mode, command.venue_kind)
    return Sketch(
        command.school_id, command.parts, course, command.topic, command.trainers, command.choice,
        command.make_up_year, command.event_id, None, command.type_key, command.details,
    )


def plan_event(session: Session, actor: Actor, command: PlanEvent, now: datetime) -> PlannedEvent:
    """Plan a training: keep it as a draft, or publish it at once.

    Raises PlanBlocked or PlanNeedsAnswer with the findings, NotFound for another school or an unknown
    pack, StaleVersion where the draft was changed in the meantime.
    """
    actor.require(Permission.TRAINING_WRITE)
    if not actor.scope(Permission.TRAINING_WRITE).covers_school(command.school_id):
        raise NotFound
    _check_values(command)
    held = session.get(TrainingEvent, (actor.district_id, command.event_id or ""))
    if held is not None and command.version is None:
        if held.created_by != actor.account_id:
            raise NotFound
        return PlannedEvent(held.id, EventState(held.state), held.version, 0, replayed=True)
    pack_minutes, command = _with_pack(session, actor, command)
    _check_kind(command)
    judged = review(session, actor.scope(Permission.TRAINING_WRITE), sketch_of(command, pack_minutes), now)
    _decide(command, judged)
    if command.version is None:
        event = _create(session, actor, command, judged, now)
    else:
        event = _edit(session, actor, command, judged, now)
    if command.publish:
        return _publish(session, actor, event, judged, now, command.source)
    return PlannedEvent(event.id, EventState(event.state), event.version, len(judged.audience.invited))


def _check_values(command: PlanEvent) -> None:
    wrong = (
        command.delivery_mode not in MODES or command.venue_kind not in VENUES
        or any(part.mode not in ("", *MODES) for part in command.parts)
        or command.choice.kind not in AUDIENCE_KINDS or not command.title.strip()
    )
    if wrong:
        raise BadPlan(field="title" if not command.title.strip() else None)


def _check_kind(command: PlanEvent) -> None:
    """A training of the staff is of a kind for the staff, and of one that is there."""
    kind = course_type(command.type_key)
    if is_gone(kind):
        raise CourseTypeGone(field="pack", type=command.type_key)
    if kind.spec.audience != "staff":
        raise BadPlan(field="pack")


def _with_pack(session: Session, actor: Actor, command: PlanEvent) -> tuple[int | None, PlanEvent]:
    """Store the version that is taught: the one named, or the one that is current now."""
    if command.pack_id is None:
        return None, command
    actor.require(Permission.CATALOGUE_READ)
    pack = pack_facts(session, command.pack_id, command.pack_version or "")
    return pack.minutes, replace(command, pack_version=pack.version, topic=pack.topic, type_key=pack.type_key)


_NO_DRAFT = frozenset({"two_years", "outside_duty", "outside_make_up", "mode_not_offered"})


def _decide(command: PlanEvent, judged: Review) -> None:
    """A draft needs parts that can be stored; everything else may be settled later."""
    if command.publish:
        decide(judged.problems, command.accepted)
        return
    blocking = [p for p in part_problems(command.parts) if p.severity == "block"]
    blocking += [p for p in judged.problems if p.code in _NO_DRAFT or keeps_no_draft(p)]
    if blocking:
        raise PlanBlocked(problems=tuple(blocking))


def _create(session: Session, actor: Actor, command: PlanEvent, judged: Review, now: datetime) -> TrainingEvent:
    event = TrainingEvent(
        district_id=actor.district_id, id=command.event_id or new_id(), school_id=command.school_id, version=1,
        state=EventState.DRAFT.value, state_reason="", created_by=actor.account_id, created_at=now, updated_at=now,
        **_columns(command, judged),
    )
    session.add(event)
    session.flush()
    _write_parts(session, event, command)
    note_step(session, actor, event, "planned", "", now, changes=_told(command), source=command.source)
    return event


def _edit(session: Session, actor: Actor, command: PlanEvent, judged: Review, now: datetime) -> TrainingEvent:
    event = locked_event(session, actor, command.event_id or "", command.version)
    if event.state != EventState.DRAFT:
        raise InvalidState(state=event.state, wanted="edited")
    for name, value in _columns(command, judged).items():
        setattr(event, name, value)
    for table in (EventPart, EventTrainer):
        session.execute(delete(table).where(table.district_id == event.district_id, table.event_id == event.id))
    _write_parts(session, event, command)
    note_step(session, actor, event, "edited", EventState.DRAFT, now, changes=_told(command), source=command.source)
    return event


def _columns(command: PlanEvent, judged: Review) -> dict[str, Any]:
    frame = judged.duty.frame
    return {
        "requirement_id": judged.duty.id, "year_key": frame.year.key, "title": " ".join(command.title.split())[:160],
        "pack_id": command.pack_id, "pack_version": command.pack_version, "type_key": command.type_key,
        "topic": command.topic or judged.duty.topic, "delivery_mode": mode_of_all(command.parts, command.delivery_mode),
        "venue_kind": command.venue_kind, "is_make_up": command.make_up_year is not None,
        "make_up_year_key": command.make_up_year,
        "details": {
            "fields": dict(read_details(course_type(command.type_key), command.details).values),
            "audience": _choice_out(command.choice),
        },
        "starts_at": min(p.starts_at for p in command.parts), "ends_at": max(p.ends_at for p in command.parts),
    }


def _write_parts(session: Session, event: TrainingEvent, command: PlanEvent) -> None:
    key = {"district_id": event.district_id, "event_id": event.id}
    ordered = sorted(command.parts, key=lambda p: p.starts_at)
    rows: list[dict[str, Any]] = [
        key | {"id": new_id(), "position": number, "title": part_title(part.title), "starts_at": part.starts_at,
               "ends_at": part.ends_at, "room": part.room.strip()[:80],
               "delivery_mode": mode_of(part, command.delivery_mode), "sheet_id": None}
        for number, part in enumerate(ordered, 1)
    ]
    session.execute(insert(EventPart), rows)
    write_trainers(session, event, command.trainers)


def part_title(text: str) -> str:
    """The title of a part as it is stored: one line, at most 120 characters."""
    return " ".join(text.split())[:120]


def write_trainers(session: Session, event: TrainingEvent, trainers: Sequence[Trainer]) -> None:
    """Add the trainers of a training, in their order. At most one statement."""
    ids = sorted(new_id() for _ in trainers)
    if trainers:
        session.execute(insert(EventTrainer), [
            {"district_id": event.district_id, "event_id": event.id, "id": key, "person_id": t.person_id,
             "name": t.name.strip()[:80], "affiliation": t.affiliation.strip()[:120]}
            for key, t in zip(ids, trainers, strict=True)
        ])


def _told(command: PlanEvent) -> dict[str, Any]:
    return {
        "pack": command.pack_id, "pack_version": command.pack_version, "mode": command.delivery_mode, "type": command.type_key,
        "parts": [
            [p.starts_at.isoformat(), p.ends_at.isoformat(), p.room.strip()[:80], mode_of(p, command.delivery_mode)]
            for p in command.parts
        ],
        "trainers": len(command.trainers), "accepted": sorted(command.accepted),
    }


def _choice_out(choice: Choice) -> dict[str, Any]:
    return {
        "kind": choice.kind, "missed": choice.missed_event_id, "excluded": dict(choice.excluded), "added": sorted(choice.added),
    }


def choice_in(details: Mapping[str, Any]) -> Choice:
    """Read the audience that a draft was saved with; the default where there is none."""
    held = details.get("audience") or {}
    return Choice(audience_kind(held.get("kind")), held.get("missed"), dict(held.get("excluded") or {}), frozenset(held.get("added") or ()))


def fields_in(details: Mapping[str, Any]) -> dict[str, Any]:
    """Read the detail fields that a training was saved with."""
    return dict(details.get("fields") or {})


def audience_kind(text: str | None) -> AudienceKind:
    """Return the kind of audience a text names, the usual one for any other text."""
    return next((kind for kind in AUDIENCE_KINDS if kind == text), "owing")


# --- publishing ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PublishEvent:
    """Publish a draft as it stands. ``accepted`` as in :class:`PlanEvent`."""

    event_id: str
    version: int
    accepted: frozenset[str] = frozenset()


def publish(session: Session, actor: Actor, command: PublishEvent, now: datetime) -> PlannedEvent:
    """Publish a draft: the list of those who must come is frozen, each part gets its roll.

    Raises PlanBlocked, PlanNeedsAnswer, StaleVersion, InvalidState, NotFound.
    """
    event = locked_event(session, actor, command.event_id, command.version)
    step(EventState(event.state), EventState.PUBLISHED)
    if is_gone(course_type(event.type_key)):
        raise CourseTypeGone(type=event.type_key)
    judged = review_draft(session, actor, event, now)
    decide(judged.problems, command.accepted)
    return _publish(session, actor, event, judged, now)


def review_draft(session: Session, actor: Actor, event: TrainingEvent, now: datetime) -> Review:
    """Judge a stored draft by the facts of now."""
    scope = actor.scope(Permission.TRAINING_WRITE)
    minutes = pack_facts(session, event.pack_id, event.pack_version or "").minutes if event.pack_id else None
    parts = [PartTime(p.starts_at, p.ends_at, p.room, p.title, p.delivery_mode) for p in parts_of(session, event)]
    sketch = Sketch(
        event.school_id, parts, Course(event.pack_id, minutes, event.delivery_mode, event.venue_kind), event.topic,
        trainers_of(session, event), choice_in(event.details), event.make_up_year_key, event.id, None, event.type_key,
        fields_in(event.details),
    )
    return review(session, scope, sketch, now)


def trainers_of(session: Session, event: TrainingEvent) -> list[Trainer]:
    """The trainers of a training. One statement."""
    rows = session.query(EventTrainer).filter_by(district_id=event.district_id, event_id=event.id).order_by(EventTrainer.id)
    return [Trainer(r.name, r.affiliation, r.person_id) for r in rows]


def _publish(
    session: Session, actor: Actor, event: TrainingEvent, judged: Review, now: datetime, source: str = "web"
) -> PlannedEvent:
    step(EventState(event.state), EventState.PUBLISHED)
    invited = judged.audience.invited
    session.execute(insert(EventParticipant), [
        {"district_id": event.district_id, "event_id": event.id, "person_id": i.person_id, "serial_no": number,
         "reason": i.reason[:48], "added_by_hand": i.by_hand, "excluded_reason": ""}
        for number, i in enumerate(invited, 1)
    ])
    people = [
        SheetPerson(i.person_id, number, i.person.department, i.person.staff_no) for number, i in enumerate(invited, 1)
    ]
    parts = parts_of(session, event)
    for part in parts:
        part.sheet_id = open_sheet(session, actor, _sheet(event, part, len(parts), people, judged), now)
    event.state = EventState.PUBLISHED.value
    left_out = [[o.person.person_id, o.reason[:48]] for o in judged.audience.left_out]
    event.details = {**event.details, "left_out": left_out}
    note_step(session, actor, event, "published", EventState.DRAFT, now, source=source, changes={
        "invited": [[i.person_id, i.reason] for i in invited], "left_out": left_out,
        "sheets": [part.sheet_id for part in parts], "policy": judged.duty.policy.version,
    })
    session.flush()
    announce(session, event, "planned")
    return PlannedEvent(event.id, EventState.PUBLISHED, event.version, len(invited))


def _sheet(event: TrainingEvent, part: EventPart, count: int, people: Sequence[SheetPerson], judged: Review) -> OpenSheet:
    number = f"{part.position}/{count} {part.title[:30]}".strip()
    title = event.title if count == 1 else f"{event.title}（{number}）"
    policy = judged.duty.policy
    return OpenSheet(
        event.school_id, "training_part", part.id, title, part.starts_at, part.ends_at, "unmarked", people,
        policy["grace_minutes"], policy["early_leave_grace_minutes"],
    )


# --- the command line ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlanArguments:
    """What ``trainhub training plan`` was given. Times are wall-clock; ``minutes`` 0 means the pack's."""

    school_id: str
    pack_id: str
    on: date
    at: time | None = None
    minutes: int = 0
    room: str = ""
    trainers: Sequence[str] = ()
    audience: str = "owing"
    title: str = ""
    accept_all: bool = False
    publish: bool = True
    event_id: str | None = None


def plan_from_arguments(session: Session, actor: Actor, arguments: PlanArguments, now: datetime) -> PlannedEvent:
    """Plan a training from the command line, by the same path as the page.

    ``trainers`` are written ``name`` or ``name/unit``. With ``accept_all`` every open question counts as
    answered; without it PlanNeedsAnswer names them.
    """
    actor.require(Permission.CATALOGUE_READ)
    pack = pack_facts(session, arguments.pack_id)
    minutes = arguments.minutes or pack.minutes
    scope = actor.scope(Permission.TRAINING_WRITE)
    if not scope.covers_school(arguments.school_id):
        raise NotFound
    if arguments.at is None:
        parts = list(default_parts(arguments.on, minutes, arguments.room))
    else:
        start = at(arguments.on, arguments.at)
        parts = [PartTime(start, start + timedelta(minutes=minutes), arguments.room)]
    guests = [Trainer(*(t.split("/", 1) if "/" in t else (t, ""))) for t in arguments.trainers]
    command = PlanEvent(
        arguments.school_id, arguments.title or default_title(pack.title), parts, pack.id, pack.version, pack.topic,
        pack.type_key, pack.delivery_mode, trainers=guests,
        choice=Choice(audience_kind(arguments.audience)),
        publish=arguments.publish, event_id=arguments.event_id, source="cli",
    )
    if arguments.accept_all:
        judged = review(session, scope, sketch_of(command, pack.minutes), now)
        command = replace(command, accepted=frozenset(p.key for p in judged.problems if p.severity == "ask"))
    return plan_event(session, actor, command, now)


def default_title(pack_title: str) -> str:
    """The title a plan opens with."""
    return f"《{pack_title}》专题培训"
